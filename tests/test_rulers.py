"""Classifiers as rulers: which network a name stands for, what it sees, and the record of the generators."""

import pytest
import torch

from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.generator_metrics import judge_generator, small_pixels, yardstick
from aesthetic_utils.models import ConvNet, ResNet
from aesthetic_utils.published.registry import RUNS
from aesthetic_utils.published.results import load_result
from aesthetic_utils.training.gan import BROKEN
from aesthetic_utils.training.rulers import RULERS, load_classifier, seen_by
from aesthetic_utils.training.weights import WeightsError, weights_info
from tools import publish_distances
from tools.publish_distances import COPIES, DRAWS, GENERATORS, HELD_OUT, NOISE, OTHERS


@pytest.mark.parametrize("name", RULERS)
def test_a_ruler_is_the_network_of_its_name_and_sees_256_numbers(name):
    network = load_classifier(name)
    assert isinstance(network, ConvNet if name.startswith("convnet") else ResNet)
    assert not network.training and RUNS[name].ships_network
    with torch.no_grad():
        seen = network.features(torch.rand(2, 3, 32, 32))
    assert seen.shape == (2, 256) and seen.isfinite().all()


def test_what_is_no_classifier_or_has_no_weights_is_refused():
    with pytest.raises(WeightsError, match="'gan_emoji' is no classifier; names begin with cnn"):
        load_classifier("gan_emoji")
    with pytest.raises(WeightsError, match="no weights are called 'resnet_of_nothing'"):
        load_classifier("resnet_of_nothing")


class Sums(torch.nn.Module):
    """Features of two numbers that change with the mode, to notice a network that is not evaluated."""

    def features(self, x):
        assert len(x) <= 4
        seen = torch.stack([x.mean((1, 2, 3)), x[:, 0].amax((1, 2))], 1)
        return seen + 100 * self.training


def test_it_looks_in_evaluation_mode_a_chunk_at_a_time_and_in_order():
    images, network = torch.rand(10, 3, 8, 8), Sums()
    seen = seen_by(network, images, chunk=4)
    assert torch.allclose(seen[:, 0], images.mean((1, 2, 3))) and seen.shape == (10, 2)
    assert network.training, "left as it was"


def test_the_record_is_of_the_shipped_networks():
    record = load_result("generator_distances")
    assert set(record["source"]["weights"]) == {*RULERS, *GENERATORS}
    for name, digest in record["source"]["weights"].items():
        assert weights_info(name)["sha256"] == digest, f"measure again: {name} is another one now"
    assert set(record["rulers"]) == {*RULERS} and set(record["generators"]) == {*GENERATORS}
    for ruler, sets in (record["rulers"] | {"pixels": record["pixels"]}).items():
        assert set(sets) == {*OTHERS, *GENERATORS}, ruler
    for name, split in (("reference", "train"), ("held_out", "validation")):
        assert record[name] == len(load_emoji(split, ideas="all"))
    assert (record["n"], record["draws"]) == (500, DRAWS)
    assert record["expected_coverage"] == pytest.approx(0.9692, abs=5e-5)


def test_what_the_pages_say_of_the_table():
    """By each ruler: copies are best but for being copies; what is broken is far out and covers nothing."""
    record = load_result("generator_distances")
    for ruler, sets in record["rulers"].items():
        of = {
            name: {k: v["mean"] for k, v in row.items() if k != "in_floors"}
            for name, row in sets.items()
        }
        floor = of[HELD_OUT]["frechet"]
        for name, row in sets.items():
            assert row["in_floors"] == pytest.approx(of[name]["frechet"] / floor, abs=0.01)
        assert of[COPIES]["frechet"] < floor < of["gan_emoji"]["frechet"] < of[NOISE]["frechet"]
        assert of[COPIES]["coverage"] > 0.98 and of[NOISE]["coverage"] < 0.05
        assert (
            of[COPIES]["memorised"] > 0.9
            and of["gan_emoji"]["memorised"] < of[HELD_OUT]["memorised"]
        )
        for broken in (gan_of(kind) for kind in BROKEN):
            assert of[broken]["frechet"] > 3 * of["gan_emoji"]["frechet"], (ruler, broken)
            assert of[broken]["coverage"] < 0.05, (ruler, broken)
    pixels = {name: row["memorised"]["mean"] for name, row in record["pixels"].items()}
    assert pixels[COPIES] > 0.9 and pixels["gan_emoji"] < pixels[HELD_OUT] < 0.15


def gan_of(kind: str) -> str:
    return f"gan_{kind.replace(' ', '_')}"


def test_copies_are_training_drawings_mirrored_or_moved():
    train = torch.rand(9, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    drawn = publish_distances.copies(train, 6, 0)
    assert drawn.shape == (6, 3, 8, 8) and torch.equal(drawn, publish_distances.copies(train, 6, 0))
    inner = [image[:, 2:6, 2:6] for image in drawn]  # what no move pushes out, or in
    windows = [
        x[:, y : y + 4, z : z + 4]
        for t in train
        for x in (t, t.flip(2))
        for y in range(5)
        for z in range(5)
    ]
    assert all(any(torch.equal(a, b) for b in windows) for a in inner)
    assert len({image.numpy().tobytes() for image in drawn}) == 6


def test_a_row_of_the_table_is_measured_once_for_what_it_was_made_of(monkeypatch, tmp_path):
    """The yardstick is not laid where everything is known, and is where the sizes are others."""
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    chance = torch.Generator().manual_seed(0)
    train, held_out = torch.rand(2, 60, 3, 32, 32, generator=chance)
    laid = []

    def drawn():
        laid.append(1)
        return yardstick({"small": small_pixels}, train, held_out)

    monkeypatch.setattr(publish_distances, "drawn", drawn)
    row = publish_distances.row(NOISE, tmp_path, 16, 2)
    assert publish_distances.row(NOISE, tmp_path, 16, 2) == row and len(laid) == 1
    publish_distances.row(NOISE, tmp_path, 14, 2)
    assert len(laid) == 2
    by = yardstick({"small": small_pixels}, train, held_out)
    found = [
        judge_generator(publish_distances.noise(16, seed), by, seed=seed, shift=0)
        for seed in (0, 1)
    ]
    assert set(row["rulers"]) == {"pixels", "small"} and 0 < row["seconds"] < 1
    frechet = row["rulers"]["small"]["frechet"]
    assert frechet["mean"] == pytest.approx(sum(f["small"]["frechet"] for f in found) / 2, abs=1e-4)
    assert frechet["n"] == 2 and frechet["half_error"] > 0
