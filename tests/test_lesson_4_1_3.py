"""Lesson 4.1.3: its exercises."""

import pytest

from aesthetic_utils.exercises import exercises_of, verdict

EXERCISES = exercises_of("4_1_3")


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("rates", 0, "Turned round"),
        ("rates", 1, "equal steps"),
        ("rates", 2, "n - 1 factors"),
        ("rates", 3, "All alike"),
        ("rates", 4, "five rates"),
        ("rates", 5, "should be 0.0001"),
        ("hold", 0, "Dropout stands still"),
        ("hold", 1, "follow the mode"),
        ("hold", 2, "inside a block"),
        ("hold", 3, "only set modes"),
        ("hold", 4, "dots"),
    ],
)
def test_each_mistake_gets_its_hint(name, number, words):
    assert words in verdict(EXERCISES[name], EXERCISES[name].wrong_examples[number])


def test_no_answer_yet():
    assert "dots" in verdict(EXERCISES["rates"], lambda *_: ...)
    assert verdict(EXERCISES["trap"], (..., ..., ...)).startswith("No answer yet")


def test_a_factor_in_place_of_a_loop_is_the_same_answer():
    def rates(layers, top, lowest):
        factor = lowest ** (1 / (layers - 1))
        return [top * factor**i for i in reversed(range(layers))]

    assert verdict(EXERCISES["rates"], rates) == "Right."
