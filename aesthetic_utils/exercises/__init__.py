"""Self-checks for the exercises of the lessons.

A notebook asks with one line, `check("3_1/output_size", answer)`, and reads a verdict: right, not
yet (with a hint), or no answer yet. The part of the key before the slash names the lesson; what is
right and what is wrong there stands in `lesson_3_1.py` as `EXERCISES: dict[str, Exercise]`, and is
loaded when it is first asked for.
"""

import difflib
import importlib
import math
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

__all__ = ["Exercise", "UnknownExerciseError", "check", "exercises_of", "lesson_names", "verdict"]

NO_ANSWER = "No answer yet: replace the dots."
RELATIVE_ERROR = 1e-6  # 0.1 + 0.2 is 0.3 to a learner, and float32 is close enough to float64


class UnknownExerciseError(LookupError):
    """The key given to `check` names no exercise."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Exercise:
    """What counts as right, and what to say when it is not.

    Give `answer`, or `verify` for answers that have to be tried out, such as functions.

    answer          number, string, bool, tuple (may be nested) or tensor. Beside `verify` it is
                    optional, and serves the tests as an example of a right answer
    hints           wrong answer -> what to say to whoever gives it
    tolerance       largest absolute difference that is still right, for numbers and tensors
    default_hint    what to say to any other wrong answer
    verify          takes the answer; gives None if it is right, a hint if it is not
    wrong_examples  more wrong answers for the tests; they get the default hint or that of `verify`
    """

    answer: Any = None
    hints: Mapping[Any, str] = field(default_factory=dict)
    tolerance: float = 0.0
    default_hint: str = "Look at the section above once more, and try again."
    verify: Callable[[Any], str | None] | None = None
    wrong_examples: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if self.answer is None and self.verify is None:
            raise ValueError("an Exercise needs an answer, or a function that verifies answers")
        if self.tolerance < 0:
            raise ValueError(f"tolerance is a distance and cannot be {self.tolerance}")


def check(key: str, answer: Any) -> None:
    """Print whether `answer` solves the exercise `key`, for example "3_1/output_size".

    Raises UnknownExerciseError when there is no such exercise.
    """
    print(verdict(_find(key), answer))


def verdict(exercise: Exercise, answer: Any) -> str:
    """The line that `check` prints: "Right.", "Not yet. <hint>" or "No answer yet: ..."."""
    if answer is ... or (isinstance(answer, tuple | list) and any(part is ... for part in answer)):
        return NO_ANSWER
    hint = _hint(exercise, answer)
    return "Right." if hint is None else f"Not yet. {hint}"


def lesson_names() -> list[str]:
    """The lessons that have checked exercises, as in the keys: ["1", "2_1", ...]."""
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name.removeprefix("lesson_") for name in modules if name.startswith("lesson_"))


def exercises_of(lesson: str) -> dict[str, Exercise]:
    """All exercises of one lesson, by their names without the lesson in front."""
    return importlib.import_module(f"{__name__}.lesson_{lesson}").EXERCISES


def _find(key: str) -> Exercise:
    lesson, slash, name = key.partition("/")
    lessons = lesson_names()
    if not slash or lesson not in lessons:
        near = difflib.get_close_matches(lesson, lessons) or lessons
        known = ", ".join(near) if near else "none yet"
        raise UnknownExerciseError(
            f"no exercise {key!r}: a key is a lesson, a slash and a name, such as "
            f"'3_1/output_size'; lessons with checked exercises: {known}"
        )
    exercises = exercises_of(lesson)
    if name not in exercises:
        near = difflib.get_close_matches(name, exercises) or sorted(exercises)
        raise UnknownExerciseError(
            f"no exercise {key!r}; lesson {lesson} has: {', '.join(f'{lesson}/{n}' for n in near)}"
        )
    return exercises[name]


def _hint(exercise: Exercise, answer: Any) -> str | None:
    """None for a right answer; else the most particular thing there is to say about it."""
    if exercise.verify is not None:
        complaint = _try_out(exercise.verify, answer)
    elif _matches(answer, exercise.answer, exercise.tolerance):
        complaint = None
    else:
        complaint = _wrong_kind(answer, exercise.answer) or exercise.default_hint
    if complaint is None:
        return None
    for wrong, hint in exercise.hints.items():
        if _matches(answer, wrong, exercise.tolerance):
            return hint
    return complaint


def _try_out(verify: Callable[[Any], str | None], answer: Any) -> str | None:
    if answer is None:
        return "The answer is None. Did you forget to return something, or to keep the result?"
    try:
        return verify(answer)
    except Exception as error:  # the learner's code may fail in any way, and wants to know how
        return f"Trying out the answer raised {type(error).__name__}: {error}"


def _matches(given: Any, wanted: Any, tolerance: float) -> bool:
    """Whether two answers are the same, forgiving what a learner would call the same."""
    given, wanted = _plain(given, wanted), _plain(wanted, wanted)
    if isinstance(wanted, bool) or isinstance(given, bool):
        return given is wanted
    if isinstance(wanted, int | float):
        return isinstance(given, int | float) and _near(given, wanted, tolerance)
    if isinstance(wanted, str):
        return isinstance(given, str) and _words(given) == _words(wanted)
    if isinstance(wanted, tuple):
        return (
            isinstance(given, tuple)
            and len(given) == len(wanted)
            and all(_matches(g, w, tolerance) for g, w in zip(given, wanted, strict=True))
        )
    if isinstance(wanted, torch.Tensor):
        return _tensors_match(given, wanted, tolerance)
    return given is wanted


def _plain(value: Any, wanted: Any) -> Any:
    """Bring lists, sizes, arrays and one-number tensors to the kind of value that is wanted."""
    if isinstance(wanted, torch.Tensor):
        return _as_tensor(value)
    if hasattr(value, "item") and math.prod(getattr(value, "shape", ())) == 1:
        if not isinstance(wanted, tuple | list):
            return value.item()
    if isinstance(wanted, tuple | list) and hasattr(value, "tolist"):
        value = value.tolist()
    return tuple(value) if isinstance(value, list | tuple) else value


def _as_tensor(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().cpu()
    try:
        return torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):
        return value


def _near(given: float, wanted: float, tolerance: float) -> bool:
    relative = 0 if isinstance(wanted, int) else RELATIVE_ERROR  # a count is exact at any size
    return math.isclose(given, wanted, rel_tol=relative, abs_tol=tolerance)


def _words(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")


def _tensors_match(given: Any, wanted: torch.Tensor, tolerance: float) -> bool:
    if not isinstance(given, torch.Tensor) or given.shape != wanted.shape:
        return False
    atol = max(tolerance, RELATIVE_ERROR)  # around zero a relative error alone forgives nothing
    return torch.allclose(given.double(), wanted.double(), rtol=RELATIVE_ERROR, atol=atol)


def _wrong_kind(given: Any, wanted: Any) -> str | None:
    """What is the matter when the answer is not even of the right kind; None when it is."""
    if given is None:
        return "The answer is None. Did you forget to return something, or to keep the result?"
    if callable(given) and not isinstance(given, torch.Tensor):
        return "This is a function, not what it returns: call it, with parentheses."
    if isinstance(wanted, torch.Tensor):
        return _wrong_tensor(_as_tensor(given), wanted)
    given = _plain(given, wanted)
    if isinstance(wanted, bool):
        return None if isinstance(given, bool) else "Answer True or False, without quotes."
    if isinstance(wanted, int | float):
        return _wrong_number(given)
    if isinstance(wanted, str):
        return None if isinstance(given, str) else "Answer with words between quotes."
    return _wrong_tuple(given, wanted)


def _wrong_number(given: Any) -> str | None:
    if isinstance(given, bool):
        return "Answer with a number, not True or False."
    if isinstance(given, str):
        return "Answer with a number, without quotes."
    if isinstance(given, tuple) or hasattr(given, "shape"):
        return "One number is wanted here, and this holds several."
    if isinstance(given, float) and math.isnan(given):
        return "This is NaN, not a number: something was divided by zero or overflowed."
    return None if isinstance(given, int | float) else "Answer with a number."


def _wrong_tuple(given: Any, wanted: tuple[Any, ...]) -> str | None:
    if not isinstance(given, tuple):
        return f"Answer with {len(wanted)} values in parentheses, such as (1, 2)."
    if len(given) != len(wanted):
        return f"{len(wanted)} values are wanted here, and this has {len(given)}."
    return None


def _wrong_tensor(given: Any, wanted: torch.Tensor) -> str | None:
    if not isinstance(given, torch.Tensor):
        return "Answer with a tensor."
    if given.shape != wanted.shape:
        return f"The shape should be {list(wanted.shape)}, and this has {list(given.shape)}."
    if given.is_floating_point() and given.isnan().any():
        return "There are NaNs in this tensor: something was divided by zero or overflowed."
    return None
