"""Answers and hints for lesson 2.4, Measuring beauty."""

from collections.abc import Callable

import numpy as np

from aesthetic_utils.exercises import Exercise

Symmetry = Callable[[np.ndarray], float]


def symmetry(lightness: np.ndarray) -> float:
    """Correlation of an image [H, W] with its left-right mirror image."""
    deviation = lightness - lightness.mean()
    return float((deviation * deviation[:, ::-1]).sum() / (deviation**2).sum())


def upside_down(lightness: np.ndarray) -> float:
    """The wrong axis."""
    return symmetry(lightness.T)


def with_brightness(lightness: np.ndarray) -> float:
    """Without taking off the mean: bright pictures become symmetric."""
    return float((lightness * lightness[:, ::-1]).sum() / (lightness**2).sum())


def not_normalised(lightness: np.ndarray) -> float:
    """A covariance, which grows with the contrast."""
    deviation = lightness - lightness.mean()
    return float((deviation * deviation[:, ::-1]).mean())


def turned(lightness: np.ndarray) -> float:
    """Flipped about both axes, which is half a turn."""
    deviation = lightness - lightness.mean()
    return float((deviation * deviation[::-1, ::-1]).sum() / (deviation**2).sum())


def differences(lightness: np.ndarray) -> float:
    """One minus the mean difference: high for every pale picture."""
    return float(1 - np.abs(lightness - lightness[:, ::-1]).mean())


def verify_symmetry(given: Symmetry) -> str | None:
    """A hint for the first mistake that shows on noise, on a mirrored image and on a ramp."""
    noise = np.random.default_rng(0).random((12, 17))
    value = given(noise)
    if value is ...:
        return "Replace the dots in the function."
    if np.size(value) != 1:
        return "One number is wanted: sum over all pixels."
    for mistake, hint in (
        (
            upside_down,
            "This is the symmetry from top to bottom. Which axis of [H, W] is the width?",
        ),
        (turned, "You flipped both axes, which is half a turn. Flip the columns alone."),
        (with_brightness, "Take the mean off first, or every bright picture looks symmetric."),
        (not_normalised, "This grows with the contrast. Divide by the same sum without a flip."),
    ):
        if abs(float(value) - mistake(noise)) < 1e-9:
            return hint
    mirrored, ramp = np.hstack([noise, noise[:, ::-1]]), np.tile(np.linspace(0, 1, 9), (4, 1))
    for image, name in ((mirrored, "a mirrored picture"), (ramp, "a ramp"), (noise, "noise")):
        wanted, value = symmetry(image), float(given(image))
        if abs(value - wanted) > 1e-6:
            return f"For {name} it should be {wanted:.3f}, and is {value:.3f}."
    return None


EXERCISES: dict[str, Exercise] = {
    "triangle": Exercise(
        answer=7 / 6,
        tolerance=2e-3,
        hints={
            1.5: "That is the square. How much of a turn brings the triangle onto itself?",
            1.25: "That is a rectangle.",
            3.5: "That is its order. Divide by the complexity.",
            11 / 6: "HV belongs to figures whose sides are upright or level. Are these?",
            5 / 3: "R is half the number of turns: q / 2 for a q-th of a turn.",
            7 / 8: "On how many straight lines do its sides lie?",
        },
        default_hint="V = 1, E = 1, R = q / 2 for the q-th of a turn that it can be given, HV = 0.",
    ),
    "slope": Exercise(
        answer=-1.4,
        tolerance=1e-3,
        hints={
            -2.8: "Power is the square of the amplitude. What does squaring do to a logarithm?",
            -5.6: "The other way round: the power falls more steeply.",
            1.4: "The amplitude falls, too. Mind the sign.",
            -7.84: "The amplitude is squared, and not its slope.",
        },
        default_hint="log(a squared) is 2 log(a).",
    ),
    "symmetry": Exercise(
        answer=symmetry,
        verify=verify_symmetry,
        wrong_examples=(upside_down, turned, with_brightness, not_normalised, differences),
        default_hint="Take the mean off, multiply with the flipped array, and add up.",
    ),
    "corrections": Exercise(
        answer=(4, 3, 2),
        hints={
            (4, 2, 3): "Holm is the stricter of the two.",
            (4, 2, 2): "The third value has to be below 0.05 * 3/5 for Benjamini and Hochberg.",
            (4, 4, 2): "The fourth value would have to be below 0.05 * 4/5.",
            (4, 3, 3): "The third value has to be below 0.05/3 for Holm.",
            (4, 3, 1): "The second value has to be below 0.05/4 for Holm.",
            (4, 1, 1): "0.05/5 for all alike is Bonferroni. Both methods relax it step by step.",
            (5, 3, 2): "One of the five is not below .05 at all.",
        },
        default_hint="Write the five limits of each method beside the five p-values.",
    ),
    "at_least_one": Exercise(
        answer=1 - 0.95**20,
        tolerance=6e-3,
        hints={
            1.0: "One is the *mean* number of false alarms. Some papers have two, and some none.",
            0.05: "That is the chance with one test.",
            0.95**20: "That is the chance of none at all.",
            0.95: "That is the chance that one test is silent. All twenty?",
            64: "Give a share from 0 to 1.",
        },
        default_hint="What is the chance that all twenty are silent?",
    ),
}
