"""Step functions, loops and the published runs in miniature."""

import copy
import json
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aesthetic_utils import losses, runtime
from aesthetic_utils.models import DCGANConfig, Discriminator, Generator, SRResNet, SRResNetConfig
from aesthetic_utils.published import gan as published_gan
from aesthetic_utils.published import registry
from aesthetic_utils.published import super_resolution as published_sr
from aesthetic_utils.published.results import load_result
from aesthetic_utils.runtime import Precision
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training import gan
from aesthetic_utils.training import super_resolution as sr
from aesthetic_utils.training.classification import ClassifierSettings, train_classifier
from aesthetic_utils.training.optimization import update_ema, warmup_cosine
from aesthetic_utils.training.run import Run


def test_discriminator_loss_is_binary_cross_entropy():
    real, fake = torch.randn(8), torch.randn(8)
    expected = F.binary_cross_entropy_with_logits(real, torch.ones(8))
    expected += F.binary_cross_entropy_with_logits(fake, torch.zeros(8))
    torch.testing.assert_close(losses.discriminator_loss(real, fake), expected)


def test_both_generator_losses_pull_the_same_way_but_not_equally_hard():
    logits = torch.tensor([-6.0], requires_grad=True)
    (slope,) = torch.autograd.grad(losses.generator_loss(logits), logits)
    (vanishing,) = torch.autograd.grad(losses.generator_loss_saturating(logits), logits)
    assert slope < -0.99 and -0.01 < vanishing < 0


@pytest.fixture
def players():
    torch.manual_seed(0)
    config = DCGANConfig(image_size=16, base_channels=4, latent_dim=8)
    g, d = Generator(config), Discriminator(config)
    return g, d, torch.optim.Adam(g.parameters(), 1e-2), torch.optim.Adam(d.parameters(), 1e-2)


def state(module):
    return copy.deepcopy(dict(module.named_parameters()))


def unchanged(module, before):
    return all(torch.equal(p, before[n]) for n, p in module.named_parameters())


def test_each_step_moves_its_own_network_and_leaves_no_gradient_in_the_other(players):
    g, d, adam_g, adam_d = players
    real, z = torch.rand(8, 3, 16, 16) * 2 - 1, torch.randn(8, 8)
    before_g, before_d = state(g), state(d)
    gan.discriminator_step(g, d, adam_d, real, z)
    assert unchanged(g, before_g) and not unchanged(d, before_d)
    assert all(p.grad is None for p in g.parameters())
    for p in d.parameters():
        p.grad = None
    before_d = state(d)
    gan.generator_step(g, d, adam_g, z)
    assert unchanged(d, before_d) and not unchanged(g, before_g)
    assert all(p.grad is None for p in d.parameters())
    assert all(p.requires_grad for p in d.parameters())


def test_the_discriminator_learns_real_from_fake_and_the_wrong_one_the_reverse(players):
    g, d, _, adam_d = players
    real, z = torch.ones(32, 3, 16, 16), torch.randn(32, 8)
    for _ in range(30):
        gan.discriminator_step(g, d, adam_d, real, z)
    assert d(real).mean() > d(g(z)).mean()
    for _ in range(60):
        gan.discriminator_step(g, d, adam_d, real, z, loss_function=gan.wrong_loss)
    assert d(real).mean() < d(g(z)).mean()


def test_samples_are_repeatable_and_do_not_move_the_norms(players):
    g, *_ = players
    g.train()
    statistics = {n: b.clone() for n, b in g.named_buffers()}
    a, b = gan.sample(g, 5, seed=3), gan.sample(g, 5, seed=3)
    assert torch.equal(a, b) and a.min() >= 0 and a.max() <= 1
    assert g.training
    assert all(torch.equal(b, statistics[n]) for n, b in g.named_buffers())


def test_shifts_move_real_and_fake_by_whole_pixels():
    torch.manual_seed(0)
    images = torch.rand(4, 1, 8, 8)
    padded = F.pad(images, [3] * 4, value=1.0)
    for image, frame in zip(gan.shift_together(images, 3), padded, strict=True):
        windows = [frame[:, y : y + 8, x : x + 8] for y in range(7) for x in range(7)]
        assert any(torch.equal(image, w) for w in windows)


def test_ema_is_the_weighted_mean():
    a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    expected = 0.9 * a.weight + 0.1 * b.weight
    update_ema(a, b, 0.9)
    torch.testing.assert_close(a.weight, expected)


def test_learning_rate_rises_then_falls_to_zero():
    values = [warmup_cosine(i / 100) for i in range(101)]
    assert max(values) == values[5] == 1 and values[-1] == pytest.approx(0, abs=1e-9)
    assert values[5:] == sorted(values[5:], reverse=True)


# --------------------------------------------------------------------------------------------------
# runs


def little_run(path, steps, stop_after=None):
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    optimizer = torch.optim.Adam(model.parameters(), 0.1)
    run = Run(
        steps=steps,
        models={"m": model},
        optimizers={"a": optimizer},
        path=path,
        checkpoint_every_s=0,
    )
    for step, _ in run:
        x = torch.randn(4, 3, generator=torch.Generator().manual_seed(step))
        loss = model(x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.log(step, every=1, loss=loss)
        if stop_after is not None and step == stop_after:
            break
    return model, run


def test_an_interrupted_run_ends_where_an_unbroken_one_does(tmp_path):
    whole, _ = little_run(None, 20)
    little_run(tmp_path / "c.safetensors", 20, stop_after=8)
    resumed, run = little_run(tmp_path / "c.safetensors", 20)
    assert torch.equal(whole.weight, resumed.weight)
    assert run.step == 20


def test_a_run_stops_on_time_and_says_how_far_it_is():
    run = Run(steps=10**9, models={}, optimizers={}, minutes=0.002)
    progress = [p for _, p in run]
    assert 0.05 < run.elapsed < 5
    assert progress == sorted(progress) and run.progress == 1


class Clock:
    """A clock that goes on only when it is told to."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def process_time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("aesthetic_utils.training.run.time", clock)
    return clock


def timed(clock, path, *, stop_after=None, **options):
    """A run whose steps take 6 seconds each: what it yields, and the run."""
    run = Run(steps=100, models={"m": nn.Linear(1, 1)}, optimizers={}, path=path, **options)
    seen = []
    for step, progress in run:
        seen.append((step, progress))
        clock.now += 6
        if len(seen) == stop_after:
            break
    return seen, run


def test_the_time_before_a_restart_counts(clock, tmp_path):
    """Two minutes are 20 steps, whether a run is broken off or not."""
    path = tmp_path / "c.safetensors"
    options = {"minutes": 2, "checkpoint_every_s": 0}
    unbroken, run = timed(clock, None, **options)
    assert len(unbroken) == run.step == 20 and run.elapsed == 120 and run.progress == 1
    assert unbroken[5] == (5, pytest.approx(0.25)), "by the clock, which is ahead of 5 of 100"
    timed(clock, path, stop_after=8, **options)  # the eighth is not saved any more
    clock.now += 3600  # nobody computes
    rest, run = timed(clock, path, **options)
    assert [step for step, _ in rest] == list(range(7, 20))
    assert rest[0][1] == pytest.approx(7 / 20)
    assert run.elapsed == 120
    assert timed(clock, path, **options)[0] == [], "the time is used up"


def test_steps_that_are_ahead_of_the_clock_say_the_progress(clock):
    seen, run = timed(clock, None, minutes=100)
    assert [p for _, p in seen] == pytest.approx([i / 100 for i in range(100)])
    assert run.progress == 1 and run.elapsed == 600


def test_a_checkpoint_is_written_once_a_minute_and_at_the_end(clock, monkeypatch):
    saved = []
    monkeypatch.setattr(Run, "save", lambda run: saved.append(run.step))
    timed(clock, None)
    assert saved == [*range(11, 100, 11), 100], "the first step after more than 60 s"


def test_every_so_many_steps_and_the_last_are_kept():
    run = Run(steps=10, models={}, optimizers={})
    for step, _ in run:
        run.log(step, every=4, loss=torch.tensor(float(step), requires_grad=True), lr=0.5)
    assert run.history == [{"step": s, "loss": s, "lr": 0.5} for s in (0, 4, 8, 9)]


def test_a_classifier_learns_what_can_be_learned():
    torch.manual_seed(0)
    labels = torch.randint(2, (256,))
    images = torch.randint(0, 120, (256, 3, 16, 16), dtype=torch.uint8)
    images[labels == 1] += 100
    settings = ClassifierSettings(epochs=6, dropout=0.0)
    model, run = train_classifier(settings, images, labels, 2)
    from aesthetic_utils.training.classification import evaluate_classifier

    assert evaluate_classifier(model, images, labels)["accuracy"] > 0.95
    assert run.history[0]["loss"] > run.history[-1]["loss"]


# --------------------------------------------------------------------------------------------------
# super-resolution


def test_blur_keeps_the_mean_and_zero_changes_nothing():
    images = torch.rand(2, 3, 16, 16)
    nothing = sr.blur(images, torch.tensor([0.0, 0.0]))
    torch.testing.assert_close(nothing, images)
    flat = torch.full((1, 3, 16, 16), 0.4)
    torch.testing.assert_close(sr.blur(flat, torch.tensor([1.5])), flat)


def test_damage_has_the_strength_it_names():
    images = torch.full((1, 3, 64, 64), 0.5)
    noise = torch.tensor([25 / 255])
    bad = sr.damage(images, torch.zeros(1), noise, torch.Generator().manual_seed(0))
    assert (bad - images).std().item() == pytest.approx(25 / 255, rel=0.05)


def test_tiling_gives_what_the_whole_image_gives():
    torch.manual_seed(0)
    model = SRResNet(SRResNetConfig(blocks=1, channels=8, scale=2)).eval()
    image = torch.rand(3, 37, 50)
    with torch.no_grad():
        whole = model(image[None])[0].clamp(0, 1)
    torch.testing.assert_close(
        sr.upscale(model, image, tile=20, overlap=16), whole, atol=1e-5, rtol=1e-4
    )
    with pytest.raises(ValueError, match="overlap"):
        sr.upscale(model, image, tile=8, overlap=8)


class Recording(torch.nn.Module):
    """Enlarges by repeating pixels, and keeps the sizes of what it was given."""

    def __init__(self, channels: int = 64):
        super().__init__()
        self.config = SRResNetConfig(channels=channels)
        self.weight, self.seen = torch.nn.Parameter(torch.zeros(1)), []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(tuple(x.shape[2:]))
        return x.repeat_interleave(4, 2).repeat_interleave(4, 3) + self.weight


@pytest.mark.parametrize("size", [(30, 41), (97, 203), (210, 90)])
@pytest.mark.parametrize("memory", [10**5, 10**7, 10**8, 10**9])
def test_a_photograph_is_cut_into_few_tiles_that_fit_into_the_memory(monkeypatch, size, memory):
    monkeypatch.setattr(sr, "WORKING_MEMORY", memory)
    model, image = Recording(), torch.rand(3, *size)
    large = sr.upscale(model, image)
    torch.testing.assert_close(large, image.repeat_interleave(4, 1).repeat_interleave(4, 2))
    pixels = memory / (2.5 * 64 * 16 * 4)
    for height, width in model.seen:
        assert height * width <= max(pixels, 66 * 66), "a tile of 32 to 34 and its borders"
    if image[0].numel() <= pixels:
        assert model.seen == [size]


def test_little_is_computed_twice():
    """Half the bytes a number, twice the pixels at once."""
    half = Precision(dtype=torch.bfloat16)
    for precision, most in [(Precision(), 1.2), (half, 1.07)]:
        model = Recording()
        sr.upscale(model, torch.rand(3, 512, 512), precision=precision)
        assert sum(h * w for h, w in model.seen) <= most * 512 * 512


def test_bytes_are_the_nearest_levels_and_the_format_changes_little():
    torch.manual_seed(0)
    model = SRResNet(SRResNetConfig(blocks=1, channels=8, scale=2)).eval()
    image = torch.rand(3, 37, 50)
    large = sr.upscale(model, image)
    levels = sr.upscale(model, image, as_bytes=True, tile=20)
    assert levels.dtype == torch.uint8 and torch.equal(levels, (large * 255).round().byte())
    half = Precision(dtype=torch.bfloat16, channels_last=True)
    other = sr.upscale(half.place(model, "cpu"), image, precision=half)
    assert 0 < (other - large).abs().max() < 2 / 255
    with torch.no_grad():
        model.to_image.bias += math.nan
    with pytest.raises(AestheticError, match="no numbers"):
        sr.upscale(model, image, as_bytes=True)


def test_super_resolution_learns_on_one_batch():
    torch.manual_seed(0)
    model = SRResNet(SRResNetConfig(blocks=1, channels=8, scale=2))
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    high = torch.rand(4, 3, 6, 6).repeat_interleave(2, 2).repeat_interleave(2, 3)
    low = high[..., ::2, ::2]
    values = [sr.super_resolution_step(model, optimizer, low, high).item() for _ in range(40)]
    assert values[-1] < 0.5 * values[0]


# --------------------------------------------------------------------------------------------------
# the published runs


def test_a_run_of_each_kind_works_in_smoke_mode(tmp_path, monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    for module in (runtime, published_sr):
        monkeypatch.setattr(module, "choose_precision", lambda *a, **k: Precision())
    monkeypatch.setattr(published_gan, "gan_metrics", lambda generator: {})
    for name in ("gan_emoji", "srresnet_restore", "srgan_x4"):
        result = registry.RUNS[name](seed=0, run_dir=tmp_path)
        assert result["steps"] == 2
        assert json.dumps(result)


def test_the_short_runs_compare_the_variants_on_the_same_photographs(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    monkeypatch.setattr(published_sr, "choose_precision", lambda *a, **k: Precision())
    rows = published_sr.short_runs()
    assert [r["variant"] for r in rows] == list(published_sr.VARIANTS)
    assert len({(r["steps"], r["bicubic_psnr_y"]) for r in rows}) == 1
    start = rows[0]["bicubic_psnr_y"]  # two steps cannot leave it, but for the network without skip
    assert rows[0]["srresnet_psnr_y"] < start - 5
    assert all(abs(r["srresnet_psnr_y"] - start) < 1 for r in rows[1:])


def test_means_are_over_the_rows_of_the_group():
    rows = [{"image": "a", "x": 1.0}, {"image": "b", "x": 3.0}]
    assert published_sr.means(rows) == {"n": 2, "x": 2.0}
    assert published_sr.means(rows, lambda r: r["image"] == "b") == {"n": 1, "x": 3.0}


def test_a_missing_result_is_named():
    with pytest.raises(FileNotFoundError, match="no result 'gan_marble'"):
        load_result("gan_marble")
