"""Lesson 5.1.4: its exercises."""

import numpy as np
import pytest

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.judgements import label_experiment, personal_taste
from aesthetic_utils.statistics.groups import mean_of_the_others

EXERCISES = exercises_of("5_1_4")


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("others", 0, "Leave it out"),
        ("others", 1, "divide by one less"),
        ("others", 2, "same noun"),
        ("others", 3, "not a number"),
        ("others", 4, "not itself"),
        ("others", 5, "it should be [4.0, 3.5"),
        ("others", 6, "dots"),
        ("ceiling", 0, "its root"),
        ("ceiling", 1, "Spearman and Brown"),
        ("ceiling", 2, "and then the root"),
        ("ceiling", 3, "should be 0.811"),
        ("ceiling", 4, "dots"),
        ("ridge", 0, "towards 0"),
        ("ridge", 1, "does nothing"),
        ("ridge", 2, "Add the prior"),
        ("ridge", 3, "what the prior leaves"),
        ("ridge", 4, "not its square"),
        ("ridge", 5, "derivative"),
        ("ridge", 6, "dots"),
    ],
)
def test_each_mistake_gets_its_hint(name, number, words):
    assert words in verdict(EXERCISES[name], EXERCISES[name].wrong_examples[number])


def test_the_answers_are_those_of_the_package():
    rng = np.random.default_rng(0)
    values, nouns = rng.normal(size=20), list("aabbbcccddefghiijjjk")
    np.testing.assert_allclose(EXERCISES["others"].answer(values, nouns), mean_of_the_others(values, nouns))  # fmt: skip
    for rho, rounds in ((0.3, 1), (0.3, 2), (0.8, 5)):
        ours = EXERCISES["ceiling"].answer(rho, rounds)
        assert ours == pytest.approx(float(personal_taste.ceiling(rho, rounds)))
    x, y, prior = rng.normal(size=(7, 4)), rng.normal(size=7), rng.normal(size=4)
    np.testing.assert_allclose(
        EXERCISES["ridge"].answer(x, y, prior, 0.7), personal_taste.ridge_towards(x, y, prior, 0.7)
    )
    assert EXERCISES["raters"].answer == label_experiment.raters_needed(3, 24)


def test_nobody_knows_without_an_answer():
    assert verdict(EXERCISES["raters"], ...).startswith("No answer yet")
    assert verdict(EXERCISES["sealed"], (..., ..., ...)).startswith("No answer yet")
