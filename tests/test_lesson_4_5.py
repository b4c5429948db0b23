"""Lesson 4.5: its exercises."""

import pytest
import torch.nn.functional as F

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.models.stylizer import adaptive_instance_norm
from aesthetic_utils.training.style import gram_matrix

EXERCISES = exercises_of("4_5")


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("gram", 0, "sums"),
        ("gram", 1, "places with places"),
        ("gram", 2, "matrix of its own"),
        ("gram", 3, "covariance"),
        ("gram", 4, "places alone"),
        ("adain", 0, "Turned round"),
        ("adain", 1, "square root"),
        ("adain", 2, "is the style's"),
        ("adain", 3, "not over the batch"),
    ],
)
def test_each_mistake_gets_its_hint(name, number, words):
    assert words in verdict(EXERCISES[name], EXERCISES[name].wrong_examples[number])


def test_no_answer_yet():
    assert "dots" in verdict(EXERCISES["gram"], lambda maps: ...)
    assert verdict(EXERCISES["stack"], (..., ...)).startswith("No answer yet")


def test_what_the_package_computes_is_right():
    assert verdict(EXERCISES["gram"], gram_matrix) == "Right."
    assert verdict(EXERCISES["adain"], adaptive_instance_norm) == "Right."
    assert verdict(EXERCISES["gram"], lambda maps: F.relu(gram_matrix(maps))) != "Right."
