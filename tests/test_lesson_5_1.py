"""Lesson 5.1: its exercises."""

import pytest
import torch

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.exercises.lesson_5_1 import bent
from aesthetic_utils.training import flow

EXERCISES = exercises_of("5_1")


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("pair", 0, "t = 0 is the drawing"),
        ("pair", 1, "wrong way"),
        ("pair", 2, "no straight line"),
        ("pair", 3, "left of the way"),
        ("pair", 4, "two things"),
        ("pair", 5, "a quarter of the place"),
        ("pair", 6, "dots"),
        ("euler", 0, "away from the drawing"),
        ("euler", 1, "How long"),
        ("euler", 2, "where and when"),
        ("euler", 3, "Heun's step"),
        ("euler", 4, "dots"),
        ("euler", 5, "by hand"),
        ("heun", 0, "Euler's step"),
        ("heun", 1, "twice"),
        ("heun", 2, "reaches"),
        ("heun", 3, "midpoint"),
        ("guide", 0, "strength 1"),
        ("guide", 1, "away"),
        ("guide", 2, "faster"),
        ("guide", 3, "dots"),
        ("guide", 4, "strength 0"),
    ],
)
def test_each_mistake_gets_its_hint(name, number, words):
    assert words in verdict(EXERCISES[name], EXERCISES[name].wrong_examples[number])


def test_the_answers_are_what_the_package_does():
    clean, noise, t = torch.randn(5, 2), torch.randn(5, 2), torch.rand(5)
    ours = EXERCISES["pair"].answer(clean, noise, t)
    for one, other in zip(ours, flow.flow_pair(clean, noise, t), strict=True):
        assert torch.equal(one, other)
    x = torch.randn(4, 2)
    for name, last in (("euler", "euler"), ("heun", "euler")):  # Heun's last step is Euler's
        y = x
        for now, then, step in ((1.0, 0.5, name), (0.5, 0.0, last)):
            y = EXERCISES[step].answer(bent, y, now, then)
        torch.testing.assert_close(y, flow.SOLVERS[name](bent, x, 2))


def test_numbers():
    assert EXERCISES["evaluations"].answer == 100 * 2 * flow.evaluations("heun", 20)
