"""Answers and hints for lesson 4.7, One ruler."""

from collections.abc import Callable

import numpy as np

from aesthetic_utils.exercises import Exercise

Exceeds = Callable[[np.ndarray, np.ndarray], float]


def exceeds(a: np.ndarray, b: np.ndarray) -> float:
    """Share of the pairs of a [N] and b [M] in which a is larger, ties counted half."""
    difference = np.asarray(a)[:, None] - np.asarray(b)
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


def without_ties(a: np.ndarray, b: np.ndarray) -> float:
    """Ties counted as nothing."""
    return float((a[:, None] > b).mean())


def whole_ties(a: np.ndarray, b: np.ndarray) -> float:
    """Ties counted whole."""
    return float((a[:, None] >= b).mean())


def turned(a: np.ndarray, b: np.ndarray) -> float:
    """How often b is larger."""
    return exceeds(b, a)


def counted(a: np.ndarray, b: np.ndarray) -> float:
    """The number of pairs, and not their share."""
    return exceeds(a, b) * len(a) * len(b)


def of_means(a: np.ndarray, b: np.ndarray) -> float:
    """Whether the mean is larger, which one far value can decide."""
    return float(a.mean() > b.mean())


def verify_exceeds(given: Exceeds) -> str | None:
    """A hint for the first mistake that shows on three small pairs of sets."""
    a, b = np.array([1.0, 2.0, 2.0, 5.0]), np.array([2.0, 3.0, 0.0, 40.0, -1.0])
    value = given(a, b)
    if value is ...:
        return "Replace the dots in the function."
    if np.size(value) != 1:
        return "One number is wanted: the share of all pairs."
    for mistake, hint in (
        (without_ties, "What of the pairs that are equal? Half of them count."),
        (whole_ties, "Pairs that are equal count half, not whole."),
        (turned, "This is how often the value of b is the larger one."),
        (counted, "This is a number of pairs. Divide by N times M."),
    ):
        if abs(float(value) - mistake(a, b)) < 1e-9:
            return hint
    for x, y in ((a, b), (b, a), (a, a), (a + 9, a)):
        if abs(float(given(x, y)) - exceeds(x, y)) > 1e-9:
            x, y = x.tolist(), y.tolist()
            return f"For {x} and {y} it should be {exceeds(np.array(x), np.array(y)):.3f}."
    return None


EXERCISES: dict[str, Exercise] = {
    "grain": Exercise(
        answer=float(-10 * np.log10(10**-2.82 + (5 / 255) ** 2)),
        tolerance=0.06,
        hints={
            34.2: "That is the noise alone. The errors of the network are still there.",
            28.2: "The noise costs something. By how much does the mean squared error grow?",
            -6.0: "Decibels cannot be subtracted. Go back to mean squared errors first.",
            6.0: "Decibels cannot be subtracted. Go back to mean squared errors first.",
            25.1: "Square the standard deviation, and do not double it.",
        },
        default_hint="PSNR is -10 log10 of the mean squared error. Which two errors add?",
    ),
    "exceeds": Exercise(
        answer=exceeds,
        verify=verify_exceeds,
        wrong_examples=(without_ties, whole_ties, turned, counted, of_means),
        default_hint="Compare every value of a with every value of b.",
    ),
    "dominated": Exercise(
        answer="BCE",
        hints={
            "ABCE": "A is beaten in both respects: by which?",
            "BCDE": "D is beaten in both respects: compare it with C, and with E.",
            "AD": "Those are the ones that are dominated.",
            "BE": "Is any method at least as good as C in both respects?",
            "B": "Nothing is as accurate as B. But what is as lifelike as E?",
            "E": "Nothing is as lifelike as E. But what is as accurate as B?",
        },
        default_hint="For each method look for another that is higher in PSNR and lower in distance.",
    ),
    "smallest_p": Exercise(
        answer=1 / 720,
        tolerance=2e-5,
        hints={
            0: "The order as it is counts as one of the orders, so it is never zero.",
            1 / 15: "Fifteen is the number of distances. How many orders have six names?",
            1 / 120: "That is for five designers.",
            0.05: "That is a level that people chose. How many orders are there?",
            720: "That is the number of orders. What share of them is one?",
            1 / 36: "Six names can be put in more orders than that.",
        },
        default_hint="In how many orders can six names be dealt? One of them is the true one.",
    ),
}
