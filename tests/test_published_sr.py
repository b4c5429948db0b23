"""The published super-resolution runs: their data, their plan, and what their records say."""

import json
import math

import pytest
import torch
from PIL import Image

from aesthetic_utils.data import load_photos
from aesthetic_utils.data.photos import photo_names
from aesthetic_utils.models import SRResNet, SRResNetConfig
from aesthetic_utils.published import super_resolution as sr
from aesthetic_utils.published import super_resolution_tables as tables
from aesthetic_utils.published.registry import RUNS
from aesthetic_utils.runtime import Precision, step_generator
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.super_resolution import (
    DamageSettings,
    damage,
    super_resolution_step,
)
from aesthetic_utils.training.weights import WeightsError, save_weights

KINDS = ("x4", "x4 light", "restore")


@pytest.fixture(autouse=True)
def smoke(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which a held-out photograph lies among others."""
    place = tmp_path_factory.mktemp("photographs")
    photos = load_photos("train")[:2] + load_photos("test")[:1] + load_photos("validation")[:1]
    for photo in photos:
        pixels = photo.image[:, :300, :340].permute(1, 2, 0).contiguous().numpy()
        Image.fromarray(pixels).save(place / f"{photo.name}.png")
    return place


def test_held_out_photographs_are_no_training_data_wherever_they_lie(folder):
    settings = sr.settings_by_mode("x4")
    pool, described = sr.training_pool(settings, folder)
    files = {f.stem for f in folder.iterdir()}
    held_out = files & {*photo_names("test"), *photo_names("validation")}
    assert len(held_out) == 2 and described["photographs"] == len(files) - 2 == 2
    assert described.keys() == {"photographs", "megapixels", "sha256"} and str(folder) not in str(
        described
    )
    only = sr.training_pool(settings)[1]
    assert only == {"photographs": 3, "embedded": True}
    assert pool.scale == 4 and pool.patch == settings.patch


def test_a_photograph_from_which_no_patch_can_be_cut_is_none_to_train_on(tmp_path):
    settings = sr.settings_by_mode("x4")
    side = settings.scale * settings.patch
    Image.new("RGB", (side + 40, side - 1), "gray").save(tmp_path / "low.png")
    with pytest.raises(AestheticError, match=f"at least {side} "):
        sr.training_pool(settings, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_plan_keeps_to_the_settings_without_a_time_and_to_the_time_with_one(
    kind, monkeypatch, tmp_path
):
    settings = sr.replace(sr.settings_by_mode(kind), steps=40)
    pool, _ = sr.training_pool(settings)
    before = torch.random.get_rng_state()
    assert sr.planned(settings, pool, Precision(), None) == settings
    asked = []
    monkeypatch.setattr(sr, "steps_that_fit", lambda step, *a, **k: (step(), asked.append(k)) and 7)
    planned = sr.planned(settings, pool, Precision(), 1.5, tmp_path / "checkpoint")
    assert planned == sr.replace(settings, steps=7)
    assert asked == [{"at_most": 40, "path": tmp_path / "checkpoint"}]
    assert before.shape == torch.random.get_rng_state().shape


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_says_what_it_was_trained_on_and_how_it_went(kind, folder, tmp_path):
    run = RUNS[f"srresnet {kind}".replace(" ", "_")]
    result = run(run_dir=tmp_path, photos=folder, time_budget_s=600, precision="float32")
    assert result["data"]["photographs"] == 2 and len(result["data"]["sha256"]) == 64
    assert result["planned_steps"] == result["steps"] == 2
    assert [set(row) for row in result["history"]] == [{"step", "loss"}] * 2
    assert [row["step"] for row in result["validation"]] == [0, 1]
    kept = json.loads((tmp_path / run.name / "seed_0" / "validation.json").read_text("utf-8"))
    assert [row["psnr_y"] for row in kept] == pytest.approx(
        [row["psnr_y"] for row in result["validation"]], abs=1e-4
    )
    again = run(run_dir=tmp_path, photos=folder, time_budget_s=600)
    assert again["metrics"] == result["metrics"] and again["steps"] == 2
    assert json.dumps(result)
    if kind == "restore":
        kinds = {*tables.DAMAGES, *tables.MORE_DAMAGES}
        assert result["metrics"]["by_damage"].keys() == kinds
        assert result["metrics"]["clean"].keys() == {"n", "srresnet_psnr_y", "srresnet_ssim_y"}
        assert {f"{kind}: gain" for kind in kinds} < result["validation"][0].keys()
        assert result["damage"]["strongest_blur"] == DamageSettings().strongest_blur


def test_damages_of_the_table_are_those_named():
    photo = load_photos("test", 128)[0].image[None] / 255
    blurred = tables.damaged(photo, "blur 1.2", step_generator(0, 0))
    expected = damage(photo, torch.tensor([1.2]), torch.tensor([0.0]), step_generator(0, 0))
    assert torch.equal(blurred, expected)
    compressed = tables.damaged(photo, "JPEG 10", step_generator(0, 0))
    assert torch.equal(compressed[0], tables.as_jpeg(photo[0], 10))
    errors = [
        (tables.damaged(photo, kind, step_generator(0, 0)) - photo).square().mean()
        for kind in ("JPEG 30", "JPEG 10", "noise 50")
    ]
    assert errors == sorted(errors)


def test_a_network_that_adds_nothing_leaves_clean_pictures_as_they_are():
    settings = sr.settings_by_mode("restore")
    photos = {p.name: p.image for p in load_photos("test", 128)[:1]}
    rows = tables.clean_table(sr.build(settings).eval(), photos)
    assert rows[0]["srresnet_psnr_y"] == float("inf") and rows[0]["srresnet_ssim_y"] == 1


def test_a_run_whose_loss_is_no_number_ends_at_once(monkeypatch):
    settings = sr.replace(sr.settings_by_mode("x4"), steps=200)
    pool, _ = sr.training_pool(settings)
    broken = torch.tensor(float("nan"))
    monkeypatch.setattr(sr, "fastest_step", lambda *_, **__: lambda low, high: broken)
    with pytest.raises(AestheticError, match="loss of step 0 is nan"):
        sr.train_super_resolution(settings, pool, precision=Precision())


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_never_looks_at_a_value_and_leaves_nothing_on_the_processor(kind):
    """On the device "meta" there are no values: what looks at one, or adds a tensor from elsewhere, raises."""
    settings = sr.settings_by_mode(kind)
    pool = sr.training_pool(settings)[0].to("meta")
    model, average = (sr.build(settings).to("meta") for _ in range(2))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    low, high = pool.sample(batch_size=3, seed=0, step=0)
    if settings.scale == 1:
        low = sr.random_damage(low, step_generator(0, 0))
    assert low.is_meta and high.is_meta
    loss = super_resolution_step(model, optimizer, low, high)
    sr.update_ema(average, model, 0.9)
    assert loss.is_meta and loss.shape == ()


# ---- what restoration learns from


def test_restoration_learns_from_small_sharp_copies_and_enlarging_from_every_size(
    tmp_path, monkeypatch
):
    photo = Image.fromarray(load_photos("train")[0].image.permute(1, 2, 0).contiguous().numpy())
    photo.resize((1200, 400)).save(tmp_path / "large.png")
    restore, x4 = (sr.settings_by_mode(kind) for kind in ("restore", "x4"))

    def widths(settings, folder=None):
        pool, described = sr.training_pool(settings, folder)
        return set((pool.places[:, 2] * settings.scale).tolist()), described["photographs"]

    assert widths(restore, tmp_path) == ({600, 424}, 1), "1200 and 849 are above LONGEST"
    assert widths(x4, tmp_path) == ({1200, 848, 600, 424}, 1)
    whole = load_photos("train")[0].image[:, :120]
    monkeypatch.setattr(sr, "training_photos", lambda: [whole])
    w = whole.shape[2]
    assert widths(x4) == ({w}, 1)
    assert w == 768 and widths(restore) == ({768, 542, 384}, 1), "543, cut to a multiple of 2"


def test_the_validation_photographs_are_seen_twelve_times_and_after_the_last_step(monkeypatch):
    settings = sr.replace(sr.settings_by_mode("x4"), steps=37)
    pool, _ = sr.training_pool(settings)
    monkeypatch.setattr(sr, "fastest_step", lambda *_, **__: lambda low, high: torch.tensor(1.0))
    options = {"precision": Precision(), "validate": lambda average: {"psnr_y": 30.0}}
    _, run = sr.train_super_resolution(settings, pool, **options)
    seen = [row["step"] for row in run.history if "psnr_y" in row]
    assert seen == [*range(2, 36, 3), 36]


# ---- a network that learns on


def small_network(**changes) -> SRResNet:
    config = {"scale": 1, "blocks": 2, "channels": 16, "edge_kernel": 5, "image_skip": True}
    torch.manual_seed(3)
    network = SRResNet(SRResNetConfig(**config | {"batch_norm": False} | changes))
    for weights in network.parameters():  # the last layer starts at zero
        torch.nn.init.normal_(weights, std=0.02)
    return network.half().float()  # as a file keeps it


def test_training_begins_with_the_weights_it_is_given_and_leaves_them_as_they_are():
    start = small_network()
    kept = {name: value.clone() for name, value in start.state_dict().items()}
    settings = sr.replace(sr.settings_by_mode("restore"), learning_rate=0.0, steps=1)
    pool, _ = sr.training_pool(settings)
    options = {"precision": Precision(), "seed": 5}
    still, _ = sr.train_super_resolution(settings, pool, start=start, **options)
    assert all(torch.equal(kept[name], value) for name, value in still.state_dict().items())
    moving = sr.replace(settings, learning_rate=1e-2, steps=2)
    moved, _ = sr.train_super_resolution(moving, pool, start=start, **options)
    assert not torch.equal(kept["head.0.weight"], moved.state_dict()["head.0.weight"])
    assert all(torch.equal(kept[name], value) for name, value in start.state_dict().items())


def test_a_run_that_learns_on_says_with_what_it_began(tmp_path, monkeypatch):
    for name in ("sr_metrics", "restoration_table"):
        monkeypatch.setattr(sr, name, lambda *a: [{"srresnet_psnr_y": 1.0, "srresnet_ssim_y": 1.0}])
    file = tmp_path / "earlier.safetensors"
    start = small_network()
    info = save_weights(start, file, config=start.config, metadata={"results": "results/x.json"})
    run = RUNS["srresnet_restore"]
    result = run(run_dir=tmp_path / "runs", start=file, precision="float32")
    assert result["start"] == {"name": "x", "sha256": info["sha256"]}
    usual = sr.settings_by_mode("restore").learning_rate
    assert result["settings"]["learning_rate"] == pytest.approx(0.4 * usual)
    other = small_network()
    other.head[0].weight.data += 0.01
    save_weights(other, file, config=other.config)
    with pytest.raises(AestheticError, match="start"):
        run(run_dir=tmp_path / "runs", start=file, precision="float32")
    with pytest.raises(AestheticError, match="takes no start"):
        RUNS["srresnet_x4"](run_dir=tmp_path / "runs", start=file)
    larger = small_network(channels=24)
    save_weights(larger, file, config=larger.config)
    with pytest.raises(WeightsError, match="another architecture"):
        run(run_dir=tmp_path / "others", start=file)


def test_the_earlier_run_is_quoted_from_its_record_if_that_is_of_the_same_weights(tmp_path):
    published = sr.begun_with("srresnet_x4_light")
    record = sr.load_result("srresnet_x4_light")
    assert published["name"] == "srresnet_x4_light"
    assert published["sha256"] == record["weights"]["sha256"]
    for key in ("hardware", "steps", "minutes", "data"):
        assert published[key] == record[key]
    assert published["metrics"]["test"] == record["metrics"]["test"]
    assert "test_images" not in published["metrics"]
    file = tmp_path / "mine.safetensors"
    network = small_network()
    options = {"config": network.config, "metadata": {"results": "results/srresnet_x4_light.json"}}
    info = save_weights(network, file, **options)
    assert sr.begun_with(file).keys() == {"name", "sha256"}, "the package's is of other weights"
    beside = record | {"weights": info, "steps": 7}
    file.with_suffix(".json").write_text(json.dumps(beside), encoding="utf-8")
    assert sr.begun_with(file)["steps"] == 7


# ---- what is compared with it


def test_the_open_number_of_a_baseline_is_chosen_on_the_validation_photographs(monkeypatch):
    grey = dict.fromkeys(("a", "b"), torch.full((3, 32, 32), 128, dtype=torch.uint8))
    dark = {"c": torch.full((3, 32, 32), 10, dtype=torch.uint8)}
    fill = tables.Baseline(
        name="fill", told="nothing", number="level", choices=(1.0, 30.0, 120.0),
        restore=lambda image, level: torch.full_like(image, level / 255),
    )  # fmt: skip
    monkeypatch.setattr(tables, "BASELINES", {"JPEG 10": (fill,)})
    (row,) = tables.baseline_means(dark, grey)["JPEG 10"]
    assert row["level"] == 120 and row["n"] == 1 and row["told"] == "nothing"
    luma = 219 / 255  # the range of 8-bit luma
    assert row["psnr_y"] == pytest.approx(-20 * math.log10(luma * 110 / 255), abs=0.1)
    (row,) = tables.baseline_means(dark, grey, choices=2)["JPEG 10"]
    assert row["level"] == 30


def test_baselines_are_measured_once_and_anew_when_they_have_changed(tmp_path, monkeypatch):
    found = sr.kept_baselines(tmp_path, 0, {})["baselines"]
    assert found.keys() == {*tables.BASELINES} < {*tables.DAMAGES, *tables.MORE_DAMAGES}
    assert all(row["n"] == 1 and row["psnr_y"] > 15 for rows in found.values() for row in rows)
    monkeypatch.setattr(sr, "published_baselines", lambda: {"other": []})
    assert sr.kept_baselines(tmp_path, 0, {})["baselines"] == found
    monkeypatch.setattr(sr, "BASELINES", {"JPEG 10": tables.BASELINES["JPEG 10"]})
    assert sr.kept_baselines(tmp_path, 0, {}) == {"baselines": {"other": []}}
