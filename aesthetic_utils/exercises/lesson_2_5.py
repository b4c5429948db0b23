"""Answers and hints for lesson 2.5, Votes and taste."""

from collections.abc import Callable, Sequence

import numpy as np

from aesthetic_utils.exercises import Exercise

Means = Sequence[float] | np.ndarray
Judge = Callable[[Means, float], float]


def lazy(means: Means, threshold: float) -> float:
    """Accuracy of always giving the commoner of the two answers."""
    good = float((np.asarray(means) > threshold).mean())
    return max(good, 1 - good)


def always_good(means: Means, threshold: float) -> float:
    """The usual slip: always "good", even where most are not."""
    return float((np.asarray(means) > threshold).mean())


def with_ties(means: Means, threshold: float) -> float:
    """Counts a mean exactly at the threshold as good."""
    good = float((np.asarray(means) >= threshold).mean())
    return max(good, 1 - good)


def coin(means: Means, threshold: float) -> float:
    """Answers at random with the right proportions, which is not the best one can do blindly."""
    good = always_good(means, threshold)
    return good**2 + (1 - good) ** 2


def in_per_cent(means: Means, threshold: float) -> float:
    """Gives per cent where a share is asked for."""
    return 100 * lazy(means, threshold)


def verify_lazy(lazy_accuracy: Judge) -> str | None:
    """A hint for the first mistake that shows on means below, above and at the threshold."""
    mostly_good = np.array([4.0, 5.5, 6.0, 7.0])
    mostly_bad = np.array([3.0, 4.0, 4.5, 4.8, 6.0])
    at_it = np.array([5.0, 5.0, 6.0, 6.0, 4.0])
    for means in (mostly_good, mostly_bad, at_it):
        given = lazy_accuracy(means, 5.0)
        if given is ...:
            return "Replace the dots in the function."
        given, wanted = float(given), lazy(means, 5.0)
        for mistake, hint in (
            (in_per_cent, "Give a share from 0 to 1, not per cent."),
            (
                coin,
                "That is guessing with the right proportions. Always the same answer is better.",
            ),
            (
                always_good,
                "Most of these are not good, and 'always good' is not the best answer then.",
            ),
            (with_ties, "Above the threshold is good; a mean exactly at it is not."),
        ):
            if abs(given - wanted) > 1e-9 and abs(given - mistake(means, 5.0)) < 1e-9:
                return hint
        if abs(given - wanted) > 1e-9:
            return f"For means {means.tolist()} and threshold 5 it should be {wanted:.3f}, and is {given:.3f}."
    return None


EXERCISES = {
    "voters": Exercise(
        answer=197,
        hints={
            196: "With 196 voters it is still a hair more than 0.2. Round up.",
            14: "The standard error is the spread over the square root of n: square the ratio.",
            15: "The standard error is the spread over the square root of n: square the ratio.",
            52: "That takes one standard error for the 0.2. A 95 % interval reaches 1.96 of them.",
            51: "That takes one standard error for the 0.2. A 95 % interval reaches 1.96 of them.",
            50: "That makes the whole interval 0.8 wide. It has to reach 0.2 to each side.",
            786: "That makes the whole interval 0.2 wide. It may reach 0.2 to each side.",
        },
        default_hint="1.96 times 1.43 over the square root of n has to be 0.2 or less. Solve for n.",
    ),
    "camps": Exercise(
        answer=(0.4, 0.4**0.5),
        tolerance=2e-3,
        hints={
            (4.0, 4.0): "Four steps, yes; but the sum over the ten places is divided by ten.",
            (4.0, 2.0): "Four steps, yes; but the sum over the ten places is divided by ten.",
            (0.4, 0.4): "For r = 2 the root is taken at the end. What is the root of 0.4?",
            (0.4, 0.16): "For r = 2 take the root of 0.4, not its square.",
            (
                0.2,
                0.2**0.5,
            ): "Compare the cumulative shares P and Q, not the histograms themselves.",
            (
                0.5,
                0.5**0.5,
            ): "In how many of the ten places do the cumulative shares differ? Count again.",
        },
        default_hint="Write down the cumulative shares of both: in four of ten places they differ by 1.",
    ),
    "lazy": Exercise(
        answer=lazy,
        verify=verify_lazy,
        wrong_examples=(always_good, with_ties, coin, in_per_cent, lambda means, threshold: 0.703),
        default_hint="There are two answers that do not look. Take the better one.",
    ),
    "classes": Exercise(
        answer=("tastes", "agrees", "wavers"),
        hints={
            ("wavers", "agrees", "tastes"): "A rater who says the same again does not waver.",
            ("agrees", "tastes", "wavers"): "In which class do two different raters say the same?",
            (
                "tastes",
                "wavers",
                "agrees",
            ): "In class B two raters correlate .80, nearly as one with oneself.",
        },
        default_hint="First ask whether a rater repeats the answers, then whether another one gives them.",
    ),
    "sealed": Exercise(
        answer=("camps", "hill", "mixed"),
        hints={
            (
                "mixed",
                "hill",
                "camps",
            ): "In a class of camps everybody has a steep slope. Count them.",
            (
                "hill",
                "camps",
                "mixed",
            ): "Where all share a hill, the slopes of odd and even pictures do not go together.",
            (
                "camps",
                "mixed",
                "hill",
            ): "In one class hardly anybody has a steep slope. Which is it?",
        },
        default_hint="Draw a histogram of `direction(sealed(k), slice(None))` for each class: one heap, "
        "two heaps, or three?",
    ),
}
