"""Lesson 5.2.5: its exercises."""

import numpy as np
import pytest

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.judgements import fingerprints
from aesthetic_utils.statistics import membership

EXERCISES = exercises_of("5_2_5")


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("auc", 0, "other way round"),
        ("auc", 1, "every"),
        ("auc", 2, "a tie counts half"),
        ("auc", 3, "Ten of the twelve"),
        ("auc", 4, "dots"),
        ("gradient", 0, "Nothing is clipped"),
        ("gradient", 1, "before"),
        ("gradient", 2, "only those"),
        ("gradient", 3, "Add the noise"),
        ("gradient", 4, "sigma * clip = 6"),
        ("gradient", 5, "sigma * clip = 6"),
        ("gradient", 6, "dots"),
        ("names", 0, "largest correlation"),
        ("names", 1, "Nine nameless"),
        ("names", 2, "mean rater"),
        ("names", 3, "mean rater"),
        ("names", 4, "dots"),
    ],
)
def test_each_mistake_gets_its_hint(name, number, words):
    assert words in verdict(EXERCISES[name], EXERCISES[name].wrong_examples[number])


def test_the_answers_are_those_of_the_package():
    rng = np.random.default_rng(0)
    members, others = rng.integers(0, 9, 40).astype(float), rng.integers(0, 9, 30).astype(float)
    ours = EXERCISES["auc"].answer(members, others)
    assert ours == pytest.approx(membership.auc(members, others))
    assert EXERCISES["bound"].answer == pytest.approx(membership.most_found(0.01, 1.0, 1e-4))
    known, nameless = rng.normal(size=(2, 9, 14))
    likeness = fingerprints.likeness(known, nameless)
    assert EXERCISES["names"].answer(known, nameless).tolist() == likeness.argmax(0).tolist()
