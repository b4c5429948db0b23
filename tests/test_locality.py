"""What locality buys: the parts of the published comparison."""

import dataclasses
import json

import pytest
import torch
from small_images import smooth_images

from aesthetic_utils.models import ViT, ViTConfig
from aesthetic_utils.published import locality, registry
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.drawings import DrawingSettings, train_on_drawings
from aesthetic_utils.training.weights import load_weights


def test_all_networks_are_about_as_large():
    sizes = [
        sum(p.numel() for p in locality.build(n, 0).parameters()) for n in locality.ARCHITECTURES
    ]
    assert 100_000 < min(sizes) and max(sizes) < 1.2 * min(sizes) and len(sizes) == 4


def test_reordering_moves_patches_and_changes_none():
    images = smooth_images(3, 16)
    moved = locality.reordered(images)

    def patches(of):
        return of.unfold(2, 4, 4).unfold(3, 4, 4).permute(0, 2, 3, 1, 4, 5).flatten(1, 2)

    before, after = patches(images), patches(moved)  # [3, 16, 3, 4, 4]
    order = locality.other_order(4)
    assert torch.equal(after, before[:, order]) and sorted(order.tolist()) == list(range(16))
    assert (order != torch.arange(16)).any() and moved.dtype == torch.uint8
    assert torch.equal(locality.reordered(images[1:2]), moved[1:2])  # all alike


def test_a_seed_learns_from_more_and_more_of_the_same():
    few, many, every = (locality.chosen_rows(n, 1) for n in (5, 20, None))
    assert torch.equal(few, many[:5]) and torch.equal(every[:20], many)
    assert len(every.unique()) == len(locality.drawings("train"))
    assert not torch.equal(few, locality.chosen_rows(5, 2))


def test_equal_time_is_the_transformers():
    costs = {"vision transformer": 0.06, "LSTM": 0.012}
    assert locality.steps_in_equal_time(costs, "LSTM") == 5 * locality.STEPS[None]


def test_every_cell_has_a_file_of_its_own(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "full")
    cells = locality.cells()
    assert len({cell.file for cell in cells}) == len(cells) == 17
    assert sum(map(locality.ships, cells)) == 1


def test_what_was_measured_is_taken_from_its_file(tmp_path, monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    one = locality.Cell(network=locality.TRANSFORMER, drawings=None)
    monkeypatch.setattr(locality, "cells", lambda: [one])
    monkeypatch.setattr(locality, "step_cost", lambda name: 1.0)
    model, first = locality.train_locality("curves", 0, tmp_path, None, "auto")
    file = tmp_path / one.file
    row = json.loads(file.read_text())
    row["measured"]["accuracy"] = 2.0
    file.write_text(json.dumps(row))
    again, second = locality.train_locality("curves", 0, tmp_path, None, "auto")
    assert (
        second["metrics"]["rows"][0]["accuracy"] == 2.0 != first["metrics"]["rows"][0]["accuracy"]
    )
    assert torch.equal(again.places, model.places)
    assert first["planned_steps"] == first["steps"] == 2
    (tmp_path / "transformer.safetensors").unlink()  # a weight file that is lost is trained anew
    third = locality.train_locality("curves", 0, tmp_path, None, "auto")[0]
    assert torch.equal(third.places, model.places)


def test_publishing_writes_means_over_the_seeds_and_the_first_seeds_transformer(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    small = [
        locality.Cell(network="LSTM", drawings=500),
        locality.Cell(network="LSTM", drawings=None, budget="time"),
        locality.Cell(network="CNN", drawings=2000, order="patches reordered"),
        locality.Cell(network=locality.TRANSFORMER, drawings=None),
    ]
    monkeypatch.setattr(locality, "cells", lambda: small)
    run = dataclasses.replace(registry.RUNS["locality_curves"], seeds=(0, 1))
    result = run.publish(tmp_path / "runs", into=tmp_path)
    rows = {(r["network"], r["budget"], r["seed"]): r for r in result["metrics"]["rows"]}
    assert len(rows) == len(result["metrics"]["rows"]) == 8
    found = result["metrics"]["means"]["as drawn"]["steps"]["LSTM"]["500"]
    both = [rows["LSTM", "steps", seed]["accuracy"] for seed in (0, 1)]
    assert found["mean"] == pytest.approx(sum(both) / 2) and found["n"] == 2
    assert result["metrics"]["means"]["patches reordered"]["steps"].keys() == {"CNN"}
    assert result["metrics"]["means"]["as drawn"]["time"].keys() == {"LSTM"}
    first = run(seed=0, run_dir=tmp_path / "runs")
    shipped = load_weights(
        locality.build(locality.TRANSFORMER, 5), tmp_path / "locality_curves.safetensors"
    )
    trained = load_weights(locality.build(locality.TRANSFORMER, 6), first["file"])
    assert torch.equal(shipped.places, trained.places)
    assert shipped.places.abs().max() > 0 and result["weights_of"]["LSTM"] == 117_002


def test_too_little_time_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    monkeypatch.setattr(locality, "step_cost", lambda name: 1.0)
    trained = []

    def train_cell(cell, settings, seed):
        trained.append(cell)
        return torch.nn.Linear(1, 1), {"steps": 1}

    monkeypatch.setattr(locality, "train_cell", train_cell)
    with pytest.raises(AestheticError, match="give more minutes"):
        locality.train_locality("curves", 0, tmp_path, 0.0, "auto")
    assert len(trained) == 1
    with pytest.raises(AestheticError, match="float32 alone"):
        locality.train_locality("curves", 0, tmp_path, None, "bfloat16")


# ---- the recipe


SMALL = ViTConfig(classes=2, image_size=8, width=8, depth=1, heads=2)


def light_or_dark(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(0)
    labels = torch.arange(n) % 2
    images = torch.randint(0, 100, (n, 3, 8, 8), generator=g) + 150 * labels[:, None, None, None]
    return images.to(torch.uint8), labels


def test_a_network_learns_what_can_be_learned():
    torch.manual_seed(0)
    settings = DrawingSettings(steps=60, batch_size=16, learning_rate=1e-2, shift=0)
    model, run = train_on_drawings(ViT(SMALL), settings, *light_or_dark(32), 2)
    assert run.history[-1]["loss"] < 0.3 < run.history[0]["loss"]


def test_changes_come_after_the_shift():
    seen = []

    def look(images, generator):
        seen.append(images)
        return images

    settings = DrawingSettings(steps=2, batch_size=4, shift=2)
    train_on_drawings(ViT(SMALL), settings, *light_or_dark(8), 2, changes=(look,))
    assert len(seen) == 2 and seen[0].dtype == torch.uint8
    assert (seen[0][:, :, [0, -1]] == 255).any()  # white has moved in


def test_labels_that_are_no_classes_are_refused():
    images, labels = light_or_dark(8)
    with pytest.raises(ValueError, match="from 0 to 1"):
        train_on_drawings(ViT(SMALL), DrawingSettings(steps=1), images, labels + 1, 2)
    with pytest.raises(ValueError, match="at least 1"):
        DrawingSettings(steps=0)
