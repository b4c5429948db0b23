"""Lesson 3.3: its exercises."""

import pytest

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.exercises.lesson_3_3 import HEAD_MISTAKES, LSTM_MISTAKES, RNN_MISTAKES

EXERCISES = exercises_of("3_3")
MISTAKES = {"rnn_step": RNN_MISTAKES, "lstm_step": LSTM_MISTAKES, "head": HEAD_MISTAKES}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_gets_its_hint(name):
    for mistake, hint in MISTAKES[name]:
        assert verdict(EXERCISES[name], mistake) == f"Not yet. {hint}"


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("rnn_step", 4, "RNNCell gives another"),
        ("rnn_step", 5, "shape [3, 4], and this has [3, 5]"),
        ("rnn_step", 6, "dots"),
        ("lstm_step", 5, "in the other order"),
        ("lstm_step", 6, "LSTMCell gives another"),
        ("lstm_step", 7, "two tensors"),
        ("lstm_step", 8, "The new state should have the shape"),
        ("lstm_step", 9, "dots"),
        ("head", 6, "gives something else"),
        ("head", 7, "shape [7, 4], and this has [7, 6]"),
        ("head", 8, "this is NoneType"),
    ],
)
def test_each_other_answer_gets_its_hint(name, number, words):
    assert words in verdict(EXERCISES[name], EXERCISES[name].wrong_examples[number])
