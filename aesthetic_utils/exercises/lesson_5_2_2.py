"""Answers and hints for lesson 5.2.2, too little data."""

import math
from collections.abc import Callable

import numpy as np

from aesthetic_utils.exercises import Exercise

Line = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
Order = Callable[[float, float, float], float]
DOTS = "Replace the dots in the function."


# ---- the offset and the scale of a power law


def line(sizes: np.ndarray, errors: np.ndarray, exponent: float) -> np.ndarray:
    """A right answer: the least squares of errors = c + a sizes^-b for a given b; [2] or [2, B]."""
    design = np.stack([np.ones(len(sizes)), sizes**-exponent], 1)  # [P, 2]
    return np.linalg.lstsq(design, errors, rcond=None)[0]


def rising(sizes: np.ndarray, errors: np.ndarray, exponent: float) -> np.ndarray:
    """Forgets the minus."""
    return line(sizes, errors, -exponent)


def turned_round(sizes: np.ndarray, errors: np.ndarray, exponent: float) -> np.ndarray:
    """a first, then c."""
    return line(sizes, errors, exponent)[::-1]


def without_offset(sizes: np.ndarray, errors: np.ndarray, exponent: float) -> np.ndarray:
    """Has no column of ones: the error goes to 0."""
    power = sizes**-exponent
    scale = power @ errors / (power @ power)
    return np.stack([0 * scale, scale])


def with_the_rest(sizes: np.ndarray, errors: np.ndarray, exponent: float) -> tuple:
    """All that lstsq gives, not its first part."""
    design = np.stack([np.ones(len(sizes)), sizes**-exponent], 1)
    return np.linalg.lstsq(design, errors, rcond=None)


def verify_line(given: Line) -> str | None:
    """A hint for the first mistake that shows on two curves of which c and a are known."""
    sizes = np.array([100.0, 200.0, 400.0, 800.0, 1600.0])
    right = np.array([[0.3, 0.1], [2.0, 5.0]])  # [2, B]: c and a
    errors = right[0] + right[1] * sizes[:, None] ** -0.4  # [P, B]
    found = given(sizes, errors[:, 0], 0.4)
    if found is ...:
        return DOTS
    if isinstance(found, tuple) and len(found) != 2:
        return "lstsq gives four things; the first is the solution: [0]."
    both = np.asarray(found, dtype=float)
    if both.shape != (2,):
        return f"Two numbers are wanted, c and a; this has the shape {list(both.shape)}."
    if np.allclose(both, right[::-1, 0], rtol=1e-6):
        return "These are a and c; c comes first."
    if abs(both[0]) < 1e-9:
        return "An offset of 0 is only right if the error goes to 0: add a column of ones."
    if not np.allclose(both, right[:, 0], rtol=1e-6):
        if np.allclose(both, line(sizes, errors[:, 0], -0.4)):
            return "More drawings make the error smaller: sizes to the power of MINUS the exponent."
        return "For errors 0.3 + 2 n^-0.4 without any noise it should find exactly 0.3 and 2."
    many = np.asarray(given(sizes, errors, 0.4), dtype=float)
    if many.shape != (2, 2) or not np.allclose(many, right, rtol=1e-6):
        return "Give lstsq the errors as they are, so that many curves can be fitted at once."
    return None


# ---- the order of two pictures


def right_order(voters: float, between: float, within: float) -> float:
    """A right answer: how often the means of so many voters put two pictures in the order that all voters would."""
    share = voters * between / (voters * between + within)
    return 0.5 + math.asin(math.sqrt(share)) / math.pi


def without_root(voters: float, between: float, within: float) -> float:
    """Takes the reliability for the correlation with the truth."""
    share = voters * between / (voters * between + within)
    return 0.5 + math.asin(share) / math.pi


def of_one_voter(voters: float, between: float, within: float) -> float:
    """Forgets the voters."""
    return right_order(1, between, within)


def from_zero(voters: float, between: float, within: float) -> float:
    """Forgets that guessing is right half of the time."""
    return right_order(voters, between, within) - 0.5


def in_degrees(voters: float, between: float, within: float) -> float:
    """Divides by the wrong full turn."""
    return 0.5 + (right_order(voters, between, within) - 0.5) / 2


def verify_right_order(given: Order) -> str | None:
    """A hint for the first mistake that shows on some numbers of voters."""
    if given(10, 1.0, 4.0) is ...:
        return DOTS
    cases = [(1, 1.0, 4.0), (10, 1.0, 4.0), (50, 0.5, 2.0)]
    found = [float(given(*case)) for case in cases]
    if found[0] == found[1]:
        return "More voters have to matter."
    if float(given(10**9, 1.0, 4.0)) < 0.6:
        return "Guessing is right half of the time: add 1/2."
    if float(given(10**9, 1.0, 4.0)) < 0.99:
        return "Very many voters are nearly always right: arcsin(1) / pi should be 1/2."
    if np.allclose(found, [without_root(*case) for case in cases]):
        return (
            "The share is the SQUARE of the correlation of the mean with the truth: take its root."
        )
    if not np.allclose(found, [right_order(*case) for case in cases], atol=1e-6):
        return f"For 10 voters, 1 between and 4 within it should be {right_order(*cases[1]):.3f}."
    return None


EXERCISES = {
    "times": Exercise(
        answer=16,
        tolerance=0.01,
        hints={
            2: "That would be right for the exponent 1.",
            4: "That is for the exponent 1/2. Here it is 1/4.",
            8: "Close: solve m^(-1/4) = 1/2 for m.",
        },
        default_hint="m times the drawings multiply a n^(-1/4) by m^(-1/4). When is that one half?",
    ),
    "line": Exercise(
        answer=line,
        verify=verify_line,
        wrong_examples=(rising, turned_round, without_offset, with_the_rest, lambda s, e, b: ...),
    ),
    "voters": Exercise(
        answer=807,
        tolerance=4,
        hints={
            210: "That makes the standard error 0.1. An interval of 95 % reaches 1.96 of them.",
            557: "That takes the spread for the variance: square it.",
            29: "1.96 is squared, too: (1.96 * spread / 0.1) ** 2.",
            9: "That is for half a width of 1.",
            3228: "That is for the whole width of 0.1; half of it is 0.1 here.",
        },
        default_hint="The mean of k votes has the standard error sqrt(within / k); 1.96 of them should be 0.1.",
    ),
    "right_order": Exercise(
        answer=right_order,
        verify=verify_right_order,
        wrong_examples=(without_root, of_one_voter, from_zero, in_degrees, lambda k, b, w: ...),
    ),
}
