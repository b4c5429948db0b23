"""Runs that are stopped and go on: the same weights, in the format they began with, and they say so."""

import json
import signal
from functools import partial

import pytest
import torch

from aesthetic_utils import runtime
from aesthetic_utils.models import ConvNet, ConvNetConfig, SRResNet, SRResNetConfig
from aesthetic_utils.published import cnn, registry, srgan
from aesthetic_utils.published import gan as published_gan
from aesthetic_utils.published import results as records
from aesthetic_utils.published import run as published_run
from aesthetic_utils.published import super_resolution as published_sr
from aesthetic_utils.runtime import Precision
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training import gan, precision
from aesthetic_utils.training import srgan as training_srgan
from aesthetic_utils.training.checkpoint import CheckpointError, checkpoint_config, fingerprint
from aesthetic_utils.training.classification import ClassifierSettings, train_classifier
from aesthetic_utils.training.optimization import update_weights
from aesthetic_utils.training.patches import patch_pool
from aesthetic_utils.training.run import Run, seed_step

BFLOAT16 = precision.PRECISIONS["bfloat16"]
STEPS, STOP = 8, 3  # planned; the number of the step in which the run is stopped


def images(n: int, size: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.randint(0, 256, (n, 3, size, size), dtype=torch.uint8, generator=generator)


def train_cnn(**options):
    labels = torch.arange(16) % 2
    settings = ClassifierSettings(epochs=STEPS // 2, batch_size=8, dropout=0.5, shift=1)
    return train_classifier(settings, images(16, 8), labels, 2, **options)


def train_gan(**options):
    settings = gan.GANSettings(steps=STEPS, batch_size=4, base_channels=4, latent_dim=8, shift=2)
    average, _, run = gan.train_gan(settings, images(16, 16), **options)
    return average, run


def train_sr(scale: int, **options):
    settings = published_sr.SuperResolutionSettings(
        scale=scale, blocks=1, channels=4, batch_norm=True, patch=8, batch_size=2, steps=STEPS
    )
    pool = patch_pool([*images(2, 40)], scale, 8)
    return published_sr.train_super_resolution(settings, pool, **options)


def train_small_srgan(seed_of_start: int = 0, **options):
    torch.manual_seed(seed_of_start)
    start = SRResNet(SRResNetConfig(blocks=1, channels=4, scale=2))
    eyes = ConvNet(ConvNetConfig(widths=(4, 4, 4)))
    settings = training_srgan.SRGANSettings(
        steps=STEPS, patch=8, batch_size=2, channels=4, shrink=1
    )
    pool = patch_pool([*images(2, 40)], 2, 8)
    return training_srgan.train_srgan(settings, start, eyes, pool, **options)


FAMILIES = {
    "cnn": train_cnn,
    "gan": train_gan,
    "srresnet": partial(train_sr, 2),
    "restore": partial(train_sr, 1),
    "srgan": train_small_srgan,
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint.safetensors"


@pytest.fixture
def press(monkeypatch):
    """press(action): whatever trains next does that at the end of step STOP, before it is counted."""

    def press(action):
        def log(self, step, **values):
            if step == STOP:
                monkeypatch.undo()
                action()

        monkeypatch.setattr(Run, "log", log)

    return press


def ctrl_c():
    signal.raise_signal(signal.SIGINT)


def failure():
    raise KeyboardInterrupt


def everything(run) -> dict[str, torch.Tensor]:
    """All tensors of all networks of a run."""
    return {f"{n}.{k}": v for n, m in run.models.items() for k, v in m.state_dict().items()}


def assert_equal(a: dict, b: dict):
    assert a.keys() == b.keys()
    assert not [name for name in a if not torch.equal(a[name], b[name])]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("format", [Precision(), BFLOAT16], ids=str)
def test_a_run_stopped_by_ctrl_c_ends_like_an_unbroken_one(family, format, path, press, capsys):
    train = partial(FAMILIES[family], precision=format, seed=1)
    _, unbroken = train()
    press(ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        train(path=path)
    said = capsys.readouterr().err
    assert f"begins in {format}; checkpoints go to {path}" in said
    assert f"stopped after {STOP + 1} of {STEPS} steps; saved in {path}" in said
    torch.manual_seed(99)  # another process has other numbers
    _, resumed = train(path=path)
    said = capsys.readouterr().err
    assert f"goes on after {STOP + 1} of {STEPS} steps in {format}, as it began: {path}" in said
    assert_equal(everything(unbroken), everything(resumed))
    assert resumed.step == STEPS and resumed.stopped_by == "steps"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_run_killed_in_a_step_ends_like_an_unbroken_one(family, path, press, monkeypatch):
    """What a torn step did to the weights is not saved: the checkpoint before it counts."""
    train = partial(FAMILIES[family], precision=Precision(), seed=1)
    _, unbroken = train()
    press(failure)
    every = Run.__init__.__kwdefaults__ | {"checkpoint_every_s": 0.0}
    monkeypatch.setattr(Run.__init__, "__kwdefaults__", every)
    with pytest.raises(KeyboardInterrupt):
        train(path=path)
    _, resumed = train(path=path)
    assert_equal(everything(unbroken), everything(resumed))


def scaled_run(path=None) -> Run:
    """A scale that doubles after every three steps without an overflow."""
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 1)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=3)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    parts = {"models": {"m": model}, "optimizers": {"sgd": optimizer}}
    run = Run(steps=STEPS, **parts, scalers={"sgd": scaler}, path=path)
    for step, _ in run:
        update_weights(model(torch.ones(2, 3)).square().mean(), optimizer, scaler)
        run.log(step)
    return run


def test_the_scale_of_the_loss_goes_on_as_it_was(path, press):
    unbroken = scaled_run()
    press(ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        scaled_run(path)
    assert scaled_run(path).scalers["sgd"].state_dict() == unbroken.scalers["sgd"].state_dict()
    assert unbroken.scalers["sgd"].get_scale() == 8 * 2 ** (STEPS // 3)


@pytest.fixture
def float16(monkeypatch):
    """A format whose scalers do something on the CPU, where torch computes in float16 slowly but does."""
    made = []

    def scaler(self, device):
        made.append(torch.amp.GradScaler("cpu", init_scale=4.0, growth_interval=2))
        return made[-1]

    monkeypatch.setattr(Precision, "scaler", scaler)
    return Precision(dtype=torch.float16), made


@pytest.mark.parametrize("family", ["gan", "srgan"])
def test_each_player_has_a_scale_of_its_own_which_goes_on(family, path, press, float16):
    """They grow every two steps; resumed, both end where they would have, and so do the weights."""
    format, made = float16
    train = partial(FAMILIES[family], precision=format, seed=1)
    _, unbroken = train()
    assert made == [unbroken.scalers["generator"], unbroken.scalers["discriminator"]]
    assert {scaler.get_scale() for scaler in made} == {4.0 * 2 ** (STEPS // 2)}
    press(ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        train(path=path)
    _, resumed = train(path=path)
    assert [s.get_scale() for s in resumed.scalers.values()] == [s.get_scale() for s in made[:2]]
    assert_equal(everything(unbroken), everything(resumed))


def test_a_second_ctrl_c_does_not_wait_and_the_handler_is_given_back(path):
    before = signal.getsignal(signal.SIGINT)
    run = Run(steps=3, models={}, optimizers={}, path=path)
    with pytest.raises(KeyboardInterrupt):
        for _ in run:
            ctrl_c()
            after_the_first = run.step
            ctrl_c()
    assert after_the_first == run.step == 0 and not path.exists()
    assert signal.getsignal(signal.SIGINT) == before


def test_without_a_path_ctrl_c_is_nothing_special_and_nothing_is_said(capsys):
    with pytest.raises(KeyboardInterrupt):
        for _ in Run(steps=3, models={}, optimizers={}):
            ctrl_c()
            pytest.fail("Ctrl-C waited")
    assert "begins" not in capsys.readouterr().err


def test_the_time_used_before_a_restart_counts(path, capsys):
    for _ in (first := Run(steps=10**9, models={}, optimizers={}, path=path, minutes=0.001)):
        pass
    again = Run(steps=10**9, models={}, optimizers={}, path=path, minutes=0.001)
    assert list(again) == [] and again.elapsed == first.elapsed
    assert again.stopped_by == first.stopped_by == "clock"
    assert (
        f"was finished before, after {first.step:,} of 1,000,000,000 steps"
        in capsys.readouterr().err
    )
    assert Run(steps=2, models={}, optimizers={}, minutes=1).stopped_by is None


def test_a_run_goes_on_with_the_time_that_is_left(path):
    for _ in Run(steps=2, models={}, optimizers={}, path=path, elapsed=50.0):
        pass
    again = Run(steps=4, models={}, optimizers={}, path=path, minutes=1)
    progress = [p for _, p in again]
    assert len(progress) == 2 and min(progress) >= 50 / 60 and again.elapsed >= 50


def test_processor_time_counts_what_is_computed_and_not_what_is_waited_for(path, monkeypatch):
    used, wall = iter([10.0, 13.0, 15.0, 100.0, 102.5]), iter(range(1000))
    monkeypatch.setattr("time.process_time", lambda: next(used))
    monkeypatch.setattr("time.monotonic", lambda: float(next(wall)))
    for _ in (first := Run(steps=2, models={}, optimizers={}, path=path)):
        pass
    assert first.processor_s == 5 and first.elapsed != first.processor_s
    for _ in (again := Run(steps=3, models={}, optimizers={}, path=path)):
        pass
    assert again.processor_s == 7.5, "what was computed before the restart counts"


def test_what_a_step_draws_depends_on_seed_and_step():
    def draws(*which):
        seed_step(*which)
        return torch.rand(3)

    first = draws(0, 6)
    torch.rand(5)
    assert torch.equal(draws(0, 6), first)
    torch.manual_seed(6)
    assert torch.equal(torch.rand(3), first), "as torch.manual_seed would"
    assert not torch.equal(draws(1, 5), first) and not torch.equal(draws(0, 7), first)


# --------------------------------------------------------------------------------------------------
# what makes it another run


def test_a_checkpoint_of_another_run_is_refused(path):
    train_cnn(path=path)
    train_cnn(path=path)
    with pytest.raises(
        CheckpointError, match="setting precision is 'float32, channels_first' there"
    ):
        train_cnn(path=path, precision=BFLOAT16)
    with pytest.raises(CheckpointError, match="setting seed is 0 there and 1 here.*--run-dir"):
        train_cnn(path=path, seed=1)
    settings = ClassifierSettings(epochs=STEPS // 2, batch_size=8, dropout=0.5, shift=1)
    with pytest.raises(CheckpointError, match="setting data is"):
        train_classifier(settings, images(16, 8), 1 - torch.arange(16) % 2, 2, path=path)


def test_a_run_from_another_start_is_another_run(path):
    train_small_srgan(path=path, precision=Precision())
    with pytest.raises(CheckpointError, match="setting start is"):
        train_small_srgan(seed_of_start=1, path=path, precision=Precision())


def test_a_fingerprint_sees_values_shapes_and_kinds():
    x = torch.arange(12.0).view(3, 4)
    different = [x, x + 1e-6, x.view(4, 3), x.long(), torch.cat([x, x]), x[:0], torch.tensor(1.0)]
    assert len({fingerprint(y) for y in different}) == len(different)
    assert (
        fingerprint(x.clone()) == fingerprint(x) and len({fingerprint(x), fingerprint(x, x)}) == 2
    )


# --------------------------------------------------------------------------------------------------
# number formats


def never():
    raise AssertionError("the clock is not asked")


def test_the_format_is_the_named_one_or_the_fastest(path):
    for name, value in precision.PRECISIONS.items():
        assert precision.run_precision(name, path, never) == value
        assert precision.stated(str(value)) == value
    assert precision.run_precision("auto", path, lambda: BFLOAT16) == BFLOAT16
    with pytest.raises(AestheticError, match="no number format 'int8'; there are auto, float32"):
        precision.run_precision("int8", path, never)


def test_a_run_goes_on_in_the_format_it_began_with(path):
    train_cnn(path=path, precision=BFLOAT16)
    assert checkpoint_config(path)["precision"] == "bfloat16, channels_last"
    assert precision.run_precision("auto", path, never) == BFLOAT16
    assert precision.run_precision("bfloat16", path, never) == BFLOAT16
    with pytest.raises(
        CheckpointError, match="begun in the format bfloat16 and cannot go on in float32"
    ):
        precision.run_precision("float32", path, never)


# --------------------------------------------------------------------------------------------------
# the published runs


@pytest.fixture
def smoke(monkeypatch):
    """Small runs without their measures; the clock would choose bfloat16."""
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    for module in (runtime, published_sr):
        monkeypatch.setattr(module, "choose_precision", lambda *a, **k: BFLOAT16)
    data = cnn.cnn_data
    few = [slice(600)] * 2 + [slice(100)] * 2 + [slice(None)]
    monkeypatch.setattr(
        cnn, "cnn_data", lambda kind: [x[part] for x, part in zip(data(kind), few, strict=True)]
    )
    monkeypatch.setattr(cnn, "linear_baseline", lambda *data: 0.5)
    monkeypatch.setattr(published_gan, "gan_metrics", lambda generator: {})
    monkeypatch.setattr(published_sr, "sr_metrics", lambda model: {})
    monkeypatch.setattr(srgan, "srgan_metrics", lambda start, end: {})


@pytest.mark.parametrize("name", ["cnn_emoji_designer", "gan_emoji", "srresnet_x4", "srgan_x4"])
def test_each_seed_has_a_folder_and_each_run_its_record(name, smoke, tmp_path):
    first = registry.RUNS[name](seed=0, run_dir=tmp_path)
    second = registry.RUNS[name](seed=1, run_dir=tmp_path, precision="float32")
    for seed, result in enumerate((first, second)):
        folder = tmp_path / name / f"seed_{seed}"
        assert result["file"] == str(folder / "weights.safetensors")
        assert {"checkpoint.safetensors", "weights.safetensors"} <= {
            p.name for p in folder.iterdir()
        }
        assert result["seeds"] == [seed] and json.dumps(result)
        assert result["planned_steps"] == result["steps"] > 1 and result["stopped_by"] == "steps"
    assert first["precision"] == str(BFLOAT16) and second["precision"] == str(Precision())
    with pytest.raises(CheckpointError, match="begun in the format float32 "):
        registry.RUNS[name](seed=1, run_dir=tmp_path, precision="bfloat16")
    assert registry.RUNS[name](seed=1, run_dir=tmp_path)["precision"] == second["precision"]


def test_a_run_ended_by_the_clock_says_so(smoke, tmp_path):
    result = registry.RUNS["cnn_emoji_designer"](run_dir=tmp_path, time_budget_s=1e-3)
    assert result["stopped_by"] == "clock" and result["steps"] < result["planned_steps"]


def test_a_place_that_cannot_be_written_is_named_before_any_work(monkeypatch, tmp_path):
    monkeypatch.setattr(cnn, "cnn_data", lambda kind: never())
    (tmp_path / "file").write_text("")
    for run_dir in (tmp_path / "file", "/proc/none"):
        with pytest.raises(AestheticError, match="seed_0"):
            registry.RUNS["cnn_emoji_designer"](run_dir=run_dir)
    (tmp_path / "gan_emoji").mkdir()
    (tmp_path / "gan_emoji" / "seed_0").write_text("")
    with pytest.raises(AestheticError, match="a file is there"):
        registry.RUNS["gan_emoji"](run_dir=tmp_path)


def test_a_classifier_is_published_with_the_record_of_its_first_seed(smoke, monkeypatch, tmp_path):
    monkeypatch.setattr(published_run, "publish", lambda name, model, result, into: result)
    result = registry.RUNS["cnn_emoji_designer"].publish(tmp_path)
    folder = published_run.run_folder(tmp_path, "cnn_emoji_designer", 0)
    _, first = cnn.train_cnn("emoji designer", 0, folder, None, "auto")
    differ = {key for key in result if result[key] != first.get(key)}
    assert result.keys() == first.keys() and differ == {"seeds", "metrics"}
    by_seed = result["metrics"]["by_seed"]
    assert result["seeds"] == [row["seed"] for row in by_seed] == [0, 1, 2]
    assert by_seed[0] == {"seed": 0} | first["metrics"]["scores"]
    mean = sum(row["accuracy"] for row in by_seed) / 3
    assert result["metrics"]["accuracy"]["mean"] == pytest.approx(mean)
    assert sum(map(sum, result["metrics"]["confusion"])) == by_seed[0]["n"]
    published = records.load_result("cnn_emoji_designer")["metrics"]
    assert result["metrics"].keys() == published.keys()


def test_the_sheet_has_the_rows_of_this_run_only(smoke, monkeypatch, tmp_path):
    from aesthetic_utils.data.images import read_image, save_image

    monkeypatch.setattr(published_run, "publish", lambda name, model, result, into: result)
    monkeypatch.setattr(published_gan, "SHEET_STEPS", (0, 2, 4))
    monkeypatch.setattr(published_gan.join_rows, "__defaults__", ((0, 2, 4),))
    own = records.results_folder() / "gan_emoji_sheets.webp"
    before = own.read_bytes()
    folder = published_run.run_folder(tmp_path, "gan_emoji", 0)
    for step in (0, 1, 4):  # of an earlier and longer run
        save_image(torch.zeros(3, 40, 400, dtype=torch.uint8), folder / f"row_{step}.png")
    out = tmp_path / "out"
    out.mkdir()
    result = registry.RUNS["gan_emoji"].publish(tmp_path, into=out)
    assert result["steps"] == 2 and result["metrics"]["sheet_steps"] == [0, 2]
    assert own.read_bytes() == before, "the package's own was touched"
    sheet = read_image(out / "gan_emoji_sheets.webp")
    rows = [read_image(folder / f"row_{step}.png") for step in (0, 2)]
    assert sheet.shape[1:] == (sum(row.shape[1] + 2 for row in rows), rows[0].shape[2])


def test_short_runs_are_kept_for_their_settings_alone(smoke, monkeypatch, tmp_path):
    calls = []

    def short_runs(seed, format):
        calls.append((seed, format))
        return [{"variant": len(calls)}]

    monkeypatch.setattr(published_sr, "short_runs", short_runs)
    kept = partial(published_sr.kept_short_runs, tmp_path)
    fast, plain = {"precision": str(BFLOAT16)}, {"precision": str(Precision())}
    assert kept(0, fast) == kept(0, fast) == {"short_runs": [{"variant": 1}]}
    assert kept(0, plain) == {"short_runs": [{"variant": 2}]}
    monkeypatch.setenv("AESTHETIC_MODE", "laptop")
    assert kept(0, plain) == {"short_runs": [{"variant": 3}]}
    assert calls == [(0, BFLOAT16), (0, Precision()), (0, Precision())]


def test_one_list_names_all_runs():
    published = {
        p.stem for p in (records.results_folder().parent / "weights").glob("*.safetensors")
    }
    assert {name for name, run in registry.RUNS.items() if run.ships_network} == published
    assert all(run.name == name for name, run in registry.RUNS.items())
    assert registry.SHORT_NAMES.keys() == {"cnn", "convnet", "gan", "srresnet"}
    assert set(registry.SHORT_NAMES.values()) <= set(registry.RUNS)
    assert list(registry.RUNS).index(srgan.START) < list(registry.RUNS).index("srgan_x4")


def test_published_records_with_and_without_the_new_keys_are_read(monkeypatch, tmp_path):
    for name, run in registry.RUNS.items():
        if run.ships_network:
            assert records.load_result(name)["steps"] > 0
    monkeypatch.setattr(records, "results_folder", lambda: tmp_path)
    new = {"steps": 5, "planned_steps": 9, "stopped_by": "clock"}
    (tmp_path / "gan_emoji.json").write_text(json.dumps(new))
    assert records.load_result("gan_emoji") == new


def test_sampling_draws_nothing_from_the_steps_generator():
    """`watch` may look at samples between the steps without changing what they draw."""
    generator = gan.Generator(gan.DCGANConfig(image_size=16, base_channels=4, latent_dim=8))
    seed_step(0, 3)
    expected = torch.rand(2)
    seed_step(0, 3)
    gan.sample(generator, 2)
    assert torch.equal(torch.rand(2), expected)


def test_a_run_that_should_become_longer_is_told_why_not(tmp_path):
    path, labels = tmp_path / "run.safetensors", torch.arange(16) % 2
    train_classifier(ClassifierSettings(epochs=1), images(16, 8), labels, 2, path=path)
    with pytest.raises(CheckpointError, match="epochs is 1 there and 2 here.*cannot be lengthened"):
        train_classifier(ClassifierSettings(epochs=2), images(16, 8), labels, 2, path=path)
    other = images(16, 8).flip(0)
    with pytest.raises(CheckpointError, match="setting data is") as caught:
        train_classifier(ClassifierSettings(epochs=1), other, labels, 2, path=path)
    assert "lengthened" not in str(caught.value)
