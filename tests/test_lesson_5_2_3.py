"""Lesson 5.2.3: its exercises."""

import pytest

from aesthetic_utils.exercises import exercises_of, verdict

EXERCISES = exercises_of("5_2_3")


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("within", 0, "clamp(min=0)"),
        ("within", 1, "clamp(min=0)"),
        ("within", 2, "divide by"),
        ("within", 3, "number of its own"),
        ("integrated", 0, "slope at the picture alone"),
        ("integrated", 1, "images - baseline"),
        ("integrated", 2, "this is their sum"),
        ("integrated", 3, "begins at the baseline"),
        ("integrated", 4, "summed over the channels"),
    ],
)
def test_each_mistake_gets_its_hint(name, number, words):
    assert words in verdict(EXERCISES[name], EXERCISES[name].wrong_examples[number])


@pytest.mark.parametrize("name", ["within", "integrated"])
def test_dots_are_asked_for(name):
    assert "Replace the dots" in verdict(EXERCISES[name], lambda *given: ...)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_answers_are_right(name):
    assert verdict(EXERCISES[name], EXERCISES[name].answer) == "Right."
