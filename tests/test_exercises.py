"""A right answer is called right and a wrong one gets its hint, in every lesson there is."""

from types import FunctionType

import numpy as np
import pytest
import torch

from aesthetic_utils import exercises
from aesthetic_utils.exercises import (
    NO_ANSWER,
    Exercise,
    UnknownExerciseError,
    check,
    exercises_of,
    lesson_names,
    verdict,
)

ALL = [
    pytest.param(exercise, id=f"{lesson}/{name}")
    for lesson in lesson_names()
    for name, exercise in exercises_of(lesson).items()
]
# questions that can be answered in only two or three ways
FEW_ANSWERS = {"1/can_say_nothing", "2_1/zero_start", "4_2/diagnosis"}


# --------------------------------------------------------------------------------------------------
# the exercises of the lessons


@pytest.mark.parametrize("exercise", ALL)
def test_its_own_answer_is_right(exercise):
    assert exercise.answer is not None, "give `answer` an example of a right answer for this test"
    assert verdict(exercise, exercise.answer) == "Right."


@pytest.mark.parametrize("exercise", ALL)
def test_every_wrong_answer_gets_its_hint(exercise):
    assert exercise.hints or exercise.wrong_examples, "an exercise lists a wrong answer"
    for wrong, hint in exercise.hints.items():
        assert verdict(exercise, wrong) == f"Not yet. {hint}"
    for wrong in exercise.wrong_examples:
        assert verdict(exercise, wrong).startswith("Not yet. ")


@pytest.mark.parametrize("exercise", ALL)
def test_no_wrong_answer_breaks_the_check(exercise):
    given = [verdict(exercise, wrong) for wrong in (*exercise.hints, *exercise.wrong_examples)]
    assert not any("raised" in text for text in given)


@pytest.mark.parametrize("exercise", [p for p in ALL if p.id not in FEW_ANSWERS])
def test_different_mistakes_get_different_hints(exercise):
    mistakes = (*exercise.hints, *exercise.wrong_examples)
    assert len({verdict(exercise, wrong) for wrong in mistakes}) >= 3


@pytest.mark.parametrize("exercise", ALL)
def test_a_wrong_answer_with_a_name_says_what_is_misunderstood(exercise):
    """A lambda stands beside its hint; a function stands alone."""
    for wrong in exercise.wrong_examples:
        if isinstance(wrong, FunctionType) and wrong.__name__ != "<lambda>":
            assert wrong.__doc__, wrong.__name__


@pytest.mark.parametrize("exercise", ALL)
def test_dots_are_no_answer(exercise):
    assert verdict(exercise, ...) == NO_ANSWER


@pytest.mark.parametrize("exercise", ALL)
def test_hints_are_sentences_that_do_not_give_the_answer_away(exercise):
    for hint in (*exercise.hints.values(), exercise.default_hint):
        assert hint == hint.strip() and hint[-1] in ".?!)", hint


# --------------------------------------------------------------------------------------------------
# what counts as the same answer

WRONG = "Not yet. Look at the section above once more, and try again."
WORDS = Exercise(answer="the discriminator", hints={"the generator": "That one forges."})
SHAPE = Exercise(answer=(1, 64, 8, 8), hints={(64, 8, 8): "The batch has an axis too."})
MATRIX = Exercise(answer=torch.eye(2), hints={((0, 1), (1, 0)): "Turned over."}, tolerance=0.01)
SQUARE = Exercise(
    verify=lambda f: None if [f(x) for x in (0, 2, 3)] == [0, 4, 9] else "Try it with 3.",
    answer=lambda x: x * x,
    wrong_examples=(lambda x: 2 * x,),
)


@pytest.mark.parametrize(
    "given", [32, 32.0, np.int64(32), np.float32(32), torch.tensor(32), torch.tensor([32.0])]
)
def test_numbers_of_every_kind(given):
    assert verdict(Exercise(answer=32), given) == "Right."


def test_rounding_is_forgiven_and_counting_is_not():
    assert verdict(Exercise(answer=0.3), 0.1 + 0.2) == "Right."
    assert verdict(Exercise(answer=0.3), torch.tensor(0.3)) == "Right."
    assert verdict(Exercise(answer=0.3), 0.301) == WRONG
    assert verdict(Exercise(answer=3_000_000), 3_000_001) == WRONG
    assert verdict(Exercise(answer=2.3, tolerance=0.1), 2.25) == "Right."


@pytest.mark.parametrize(
    ("exercise", "given"),
    [
        (WORDS, "  The  Discriminator."),
        (SHAPE, [1, 64, 8, 8]),
        (SHAPE, torch.zeros(1, 64, 8, 8).shape),
        (SHAPE, np.array([1, 64, 8, 8])),
        (MATRIX, [[1, 0], [0, 1]]),
        (MATRIX, np.eye(2)),
        (MATRIX, torch.eye(2).double() + 0.005),
        (MATRIX, torch.eye(2, requires_grad=True)),
        (SQUARE, lambda x: x**2),
        (Exercise(answer=True), np.bool_(True)),
    ],
)
def test_other_answers_that_are_the_same(exercise, given):
    assert verdict(exercise, given) == "Right."


@pytest.mark.parametrize(
    ("exercise", "given", "hint"),
    [
        (WORDS, "the generator", "That one forges."),
        (WORDS, 3, "Answer with words between quotes."),
        (SHAPE, (64, 8, 8), "The batch has an axis too."),
        (SHAPE, torch.Size([64, 8, 8]), "The batch has an axis too."),
        (SHAPE, (1, 2, 3), "4 values are wanted here, and this has 3."),
        (SHAPE, 7, "Answer with 4 values in parentheses, such as (1, 2)."),
        (MATRIX, torch.eye(2).flip(0), "Turned over."),
        (MATRIX, torch.eye(3), "The shape should be [2, 2], and this has [3, 3]."),
        (MATRIX, "eye", "Answer with a tensor."),
        (
            MATRIX,
            torch.full((2, 2), torch.nan),
            "There are NaNs in this tensor: something was divided by zero or overflowed.",
        ),
        (Exercise(answer=3), "3", "Answer with a number, without quotes."),
        (Exercise(answer=1), True, "Answer with a number, not True or False."),
        (Exercise(answer=1), torch.zeros(2), "One number is wanted here, and this holds several."),
        (
            Exercise(answer=1),
            float("nan"),
            "This is NaN, not a number: something was divided by zero or overflowed.",
        ),
        (
            Exercise(answer=1),
            len,
            "This is a function, not what it returns: call it, with parentheses.",
        ),
        (
            Exercise(answer=1),
            None,
            "The answer is None. Did you forget to return something, or to keep the result?",
        ),
        (Exercise(answer=1), {1}, "Answer with a number."),
        (Exercise(answer=True), 1, "Answer True or False, without quotes."),
        (SQUARE, lambda x: 2 * x, "Try it with 3."),
        (
            SQUARE,
            lambda x: x / 0,
            "Trying out the answer raised ZeroDivisionError: division by zero",
        ),
        (
            SQUARE,
            None,
            "The answer is None. Did you forget to return something, or to keep the result?",
        ),
    ],
)
def test_hints(exercise, given, hint):
    assert verdict(exercise, given) == f"Not yet. {hint}"


def test_a_hint_of_its_own_goes_before_that_of_the_kind():
    exercise = Exercise(answer=10, hints={"ten": "In digits."}, default_hint="Count again.")
    assert verdict(exercise, "ten") == "Not yet. In digits."
    assert verdict(exercise, 11) == "Not yet. Count again."


@pytest.mark.parametrize("given", [..., (1, ..., 8, 8), [...]])
def test_no_answer_yet(given):
    assert verdict(SHAPE, given) == "No answer yet: replace the dots."


def test_an_exercise_that_makes_no_sense():
    with pytest.raises(ValueError, match="needs an answer"):
        Exercise(hints={})
    with pytest.raises(ValueError, match="tolerance"):
        Exercise(answer=1, tolerance=-1)


# --------------------------------------------------------------------------------------------------
# keys


@pytest.fixture
def lessons(monkeypatch):
    made_up = {"9_1": {"output_size": Exercise(answer=16), "parameters": Exercise(answer=896)}}
    monkeypatch.setattr(exercises, "lesson_names", lambda: list(made_up))
    monkeypatch.setattr(exercises, "exercises_of", made_up.__getitem__)


def test_check_prints_the_verdict(lessons, capsys):
    assert check("9_1/output_size", 16) is None
    check("9_1/output_size", 15)
    check("9_1/output_size", ...)
    assert capsys.readouterr().out.splitlines() == ["Right.", WRONG, NO_ANSWER]


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("9_1/outputsize", "lesson 9_1 has: 9_1/output_size$"),
        ("9_1/xyz", "lesson 9_1 has: 9_1/output_size, 9_1/parameters$"),
        ("9_2/output_size", "lessons with checked exercises: 9_1$"),
        ("output_size", "a key is a lesson, a slash and a name"),
    ],
)
def test_unknown_keys(lessons, key, says):
    with pytest.raises(UnknownExerciseError, match=says):
        check(key, 1)
