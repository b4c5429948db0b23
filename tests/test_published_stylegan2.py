"""The published StyleGAN2 in miniature: what it learns from, what it keeps on its way, that it goes on."""

import json

import pytest
import torch

from aesthetic_utils import runtime
from aesthetic_utils.data.augment_drawings import mirror_images
from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.data.images import read_image
from aesthetic_utils.models.stylegan2 import StyleDiscriminator, StyleGAN2Config, StyleGenerator
from aesthetic_utils.published import registry, stylegan2
from aesthetic_utils.runtime import Precision
from aesthetic_utils.training.stylegan2 import sample
from aesthetic_utils.training.weights import load_weights


@pytest.fixture(scope="module")
def few():
    """The training drawings of smoke mode, made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AESTHETIC_MODE", "smoke")
        return stylegan2.training_drawings()


@pytest.fixture
def smoke(monkeypatch, few):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    monkeypatch.setattr(runtime, "choose_precision", lambda *a, **k: Precision())
    monkeypatch.setattr(stylegan2, "training_drawings", few.clone)


def test_it_learns_from_the_training_drawings_of_all_hands_and_true_mirror_images(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "full")
    train, images = load_emoji("train", ideas="all"), stylegan2.training_drawings()
    n = len(train)
    assert torch.equal(images[:n], train.images)
    assert torch.equal(images[n:], mirror_images(train)[0]) and len(images) > 1.5 * n


def test_what_it_asks_on_its_way_tells_known_drawings_from_held_out_ones(smoke):
    """Of a generator that draws white pictures, and a discriminator that knows white from anything else."""
    settings = stylegan2.settings_by_mode()
    train = stylegan2.training_drawings()
    train[:] = 255  # the drawings that are known are white
    generator, judge = StyleGenerator(settings.config), StyleDiscriminator(settings.config)
    for colours in generator.to_image:
        torch.nn.init.zeros_(colours.weight)
    torch.nn.init.ones_(generator.to_image[-1].bias)
    judge.forward = lambda images: images.mean((1, 2, 3))
    found = stylegan2.look_at_held_out(settings, train)(generator, judge)
    assert found["known"] == found["samples"] == 1 and found["held_out"] < 0.9
    assert found["nearest"] == 0 and found["nearest_held_out"] > 5


def test_a_run_keeps_rows_and_weights_and_is_read_again(smoke, tmp_path, monkeypatch):
    monkeypatch.setattr(stylegan2, "KEPT_EVERY", 2)
    run = registry.RUNS["stylegan2_emoji"]
    result = run(run_dir=tmp_path)
    folder = tmp_path / "stylegan2_emoji" / "seed_0"
    assert result["steps"] == 2 and result["history"] and len(result["validation"]) == 2
    assert set(result["metrics"]) == {"nearest", "variety", "closest", "detail"}
    again = run(run_dir=tmp_path)
    assert again == result, "nothing is trained anew"
    config = StyleGAN2Config(**result["settings"]["config"])
    average = load_weights(StyleGenerator(config), folder / "average_2.safetensors")
    last = load_weights(StyleGenerator(config), folder / "weights.safetensors")
    assert torch.equal(sample(average, 2), sample(last, 2))
    assert (folder / "row_0.png").exists()


def test_published_it_has_weights_a_record_and_a_sheet(smoke, tmp_path, monkeypatch):
    monkeypatch.setattr(stylegan2, "SHEET_STEPS", (0, 2))
    (tmp_path / "out").mkdir()
    result = registry.RUNS["stylegan2_emoji"].publish(tmp_path / "runs", into=tmp_path / "out")
    record = json.loads((tmp_path / "out" / "stylegan2_emoji.json").read_text(encoding="utf-8"))
    assert record["metrics"]["sheet_steps"] == [0, 2] == result["metrics"]["sheet_steps"]
    config = StyleGAN2Config(**record["settings"]["config"])
    load_weights(StyleGenerator(config), tmp_path / "out" / "stylegan2_emoji.safetensors")
    one, two = (
        read_image(tmp_path / name)
        for name in (f"out/{stylegan2.SHEET}", "runs/stylegan2_emoji/seed_0/row_0.png")
    )
    assert one.shape[1] == 2 * (two.shape[1] + 2)


def test_the_defaults_are_what_a_full_run_takes(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "full")
    monkeypatch.setattr(runtime, "default_device", lambda: torch.device("cpu"))
    assert stylegan2.settings_by_mode() == stylegan2.StyleGAN2Settings()
    assert stylegan2.SHEET_STEPS[-1] == stylegan2.settings_by_mode().steps
