"""Lesson 5.2.2: its exercises, and the tool whose record it reads, with toys."""

import numpy as np
import pytest
import torch

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.published import learning_curves as curves
from tools import publish_learning_curves as tool

EXERCISES = exercises_of("5_2_2")


@pytest.fixture(autouse=True)
def smoke(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("line", 0, "MINUS"),
        ("line", 1, "c comes first"),
        ("line", 2, "column of ones"),
        ("line", 3, "[0]"),
        ("line", 4, "dots"),
        ("right_order", 0, "root"),
        ("right_order", 1, "More voters"),
        ("right_order", 2, "add 1/2"),
        ("right_order", 3, "arcsin(1)"),
        ("right_order", 4, "dots"),
    ],
)
def test_each_mistake_gets_its_hint(name, number, words):
    assert words in verdict(EXERCISES[name], EXERCISES[name].wrong_examples[number])


def test_the_order_of_two_pictures_is_right_as_often_as_in_a_simulation():
    rng, k, between, within = np.random.default_rng(0), 5, 0.5, 2.0
    truth = rng.normal(0, between**0.5, (100_000, 2))
    means = truth + rng.normal(0, (within / k) ** 0.5, truth.shape)
    agree = np.mean((truth[:, 0] > truth[:, 1]) == (means[:, 0] > means[:, 1]))
    assert EXERCISES["right_order"].answer(k, between, within) == pytest.approx(agree, abs=0.006)


def test_numbers_of_the_exercises():
    assert np.ceil(1.96**2 * 2.0988 / 0.1**2) == EXERCISES["voters"].answer
    assert EXERCISES["times"].answer ** (-1 / 4) == 0.5


def test_answers_are_kept_one_by_one():
    right = torch.tensor([False, True, True, False, True])
    assert curves.as_hex(right) == "0d" and curves.from_hex("0d", 5).equal(right)


def test_smaller_parts_lie_in_larger_ones_and_whole_ideas_have_all_their_drawings():
    few, many = curves.chosen_rows(8, 1), curves.chosen_rows(2, 1)
    assert many[: len(few)].equal(few) and not few.equal(curves.chosen_rows(8, 0))
    whole, names = curves.whole_ideas(4, 1), curves.drawings("train").names
    assert len(whole) == len(curves.chosen_rows(4, 1)) == len(set(whole.tolist()))
    complete = {names[i] for i in whole.tolist()} - {names[int(whole[-1])]}
    assert {i for i, name in enumerate(names) if name in complete} <= set(whole.tolist())


def test_longer_has_four_times_the_steps_and_only_what_is_moved_moves(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "full")
    plain, longer = (curves.settings_of(f"{way}", 16) for way in ("plain", "moved, longer"))
    assert longer.steps == 4 * plain.steps and (plain.shift, longer.shift) == (0, 3)
    ways = curves.planned(curves.PARTS)
    assert len(ways) == len(set(ways)) == 7 * 5 - 1 + 2 * 2


def test_an_unknown_way_is_named():
    with pytest.raises(ValueError, match="'guess'; use one of plain, moved"):
        curves.logits_of("guess", 4, 0)


def test_the_record_has_a_row_for_every_point(monkeypatch, tmp_path):
    written = {}
    monkeypatch.setattr(tool, "refusal", lambda: None)
    monkeypatch.setattr(tool, "write_result", lambda name, record: written.update({name: record}))
    assert tool.main(tmp_path) == 0
    first = dict(written)
    monkeypatch.setattr(curves, "logits_of", lambda *_: pytest.fail("trained again"))
    assert tool.main(tmp_path) == 0 and first == written
    record = written["learning_curves"]
    assert [row["way"] for row in record["rows"]] == [*curves.WAYS, *curves.LONGER]
    for row in record["rows"]:
        share = float(curves.from_hex(row["right"], record["n"]).float().mean())
        assert row["accuracy"] == pytest.approx(share, abs=1e-5) and row["ideas"] <= row["drawings"]
    assert record["means"]["moved_longer"] == {"of_4": record["rows"][-1]["accuracy"]}


def test_means_are_over_seeds():
    rows = [{"way": "plain", "part": 16, "accuracy": a} for a in (0.4, 0.5, 0.6)]
    assert tool.means(rows) == {"plain": {"of_16": 0.5}}
