"""The record on what a network looked at: which parts it has, with a training that is as small as can be."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from aesthetic_utils.data import load_emoji
from aesthetic_utils.published.results import load_result
from aesthetic_utils.statistics.additive import AdditiveModel
from aesthetic_utils.training.attribution import METHODS
from tools import publish_looked_at as tool


@pytest.fixture(scope="module")
def record() -> dict:
    return load_result(tool.NAME)


def test_a_planted_run_answers_all_questions():
    pytest.importorskip("captum")
    every, held = load_emoji("train"), load_emoji("test")
    few = replace(every, images=every.images[::40], designer=every.designer[::40])
    some = replace(held, images=held.images[::10], designer=held.designer[::10])
    found = tool.planted_run(0, few, some, epochs=1, n=2)
    assert found["n"] == 2 and set(METHODS) < set(found["methods"])
    for name in METHODS:
        row = found["methods"][name]
        assert 0 <= row["mass"] <= 1 and 0 <= row["mass_clean"] <= 1
        assert set(row["rank"]) == {"signed", "size", "size_on_ink"}
        assert row["fall"]["n"] == 2 and "maps" not in row


def test_only_one_hand_is_marked():
    images = torch.full((4, 3, 32, 32), 255, dtype=torch.uint8)
    marked = tool.planted(images, torch.tensor([0, 3, 1, 3]), 3)
    assert (marked != images).flatten(1).any(1).tolist() == [False, True, False, True]


def test_the_glass_box_of_the_record_reads_itself(record):
    box = record["glass_box"]
    model = AdditiveModel.from_dict(box["model"])
    assert model.knots.shape[0] == len(box["columns"]) == len(tool.COLUMNS)
    test = load_emoji("test", size=64)
    rows = torch.arange(0, len(test), 25)
    right = model.logits(tool.measured(test.images[rows])).argmax(1) == test.designer[rows].numpy()
    assert abs(right.mean() - box["accuracy"]["accuracy"]) < 0.3


def test_the_record_holds_every_seed_and_the_advice(record):
    assert [run["seed"] for run in record["runs"]] == list(tool.SEEDS)
    assert [row["crops"] for row in record["advice"]["rows"]] == list(tool.TRIES)
    first = record["advice"]["rows"][0]
    assert first["promised"]["value"] == first["kept"]["value"] == 0
    promised = [row["promised"]["value"] for row in record["advice"]["rows"]]
    assert np.all(np.diff(promised) >= 0)


def test_without_captum_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(tool, "refusal", lambda: None)
    monkeypatch.setattr(tool.maps_by, "has_captum", lambda: False)
    assert tool.main() == 1
    assert "pip install captum" in capsys.readouterr().err
