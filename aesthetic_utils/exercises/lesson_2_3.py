"""Answers and hints for lesson 2.3, A GAN in two dimensions."""

from collections.abc import Callable

import torch
from torch import Tensor

from aesthetic_utils.exercises import Exercise

Coverage = Callable[[Tensor, Tensor, float], float]


def covered(samples: Tensor, centres: Tensor, radius: float) -> float:
    """Share of centres [K, 2] with one of the samples [N, 2] within the radius."""
    return (torch.cdist(centres, samples).amin(1) <= radius).double().mean().item()


def covering(samples: Tensor, centres: Tensor, radius: float) -> float:
    """The other way round, and a usual mistake: share of samples that lie near a centre."""
    return covered(centres, samples, radius)


def count_covered(samples: Tensor, centres: Tensor, radius: float) -> float:
    """A number of centres where a share is wanted."""
    return covered(samples, centres, radius) * len(centres)


def any_covered(samples: Tensor, centres: Tensor, radius: float) -> float:
    """Says that all is well as soon as one centre is reached."""
    return float(covered(samples, centres, radius) > 0)


def verify_coverage(coverage: Coverage) -> str | None:
    """A hint for the first mistake that shows on four centres and seven samples."""
    centres = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [4.0, 4.0]])
    close = [[0.1, 0.2], [0.0, -0.3], [0.2, 0.0], [-0.1, 0.1], [4.2, 0.3]]
    samples = torch.tensor([*close, [2.0, 2.0], [9.0, 9.0]])
    given = coverage(samples, centres, 0.5)
    if given is ...:
        return "Replace the dots in the function."
    given = float(given)
    for mistake, hint in (
        (count_covered, "That is how many centres are covered; a share of all centres is wanted."),
        (covering, "This counts the samples that are near a centre; count the centres instead."),
        (any_covered, "One covered centre out of four does not make the share 1."),
    ):
        if abs(given - mistake(samples, centres, 0.5)) < 1e-6:
            return hint
    if abs(given - 0.5) > 1e-6:
        return (
            f"Seven samples near two of four centres should give 0.5, and this gives {given:.3g}."
        )
    if abs(float(coverage(samples, centres, 9.0)) - 1.0) > 1e-6:
        return (
            "With a radius as large as the sheet all centres are covered, and this says otherwise."
        )
    return None


EXERCISES = {
    "verdict": Exercise(
        answer=0.75,
        tolerance=1e-3,
        hints={
            3.0: "That is the ratio of the densities. The answer is a probability: of four points that "
            "fall there, how many are real?",
            0.25: "That is the chance that a point there is generated.",
            1 / 3: "Divide by the sum of both densities; and which of them is real?",
            0.5: "One half is the answer where both are equally dense.",
        },
        default_hint="Imagine a small square with three real points and one generated point in it.",
    ),
    "parameters": Exercise(
        answer=205_057,
        hints={
            204_864: "Every layer has a bias for each of its outputs too.",
            8_577: "That is the discriminator of the lesson. Now the input has 3 x 32 x 32 numbers.",
            200_897: "There are two matrices of 64 x 64 between three hidden layers.",
            73_985: "A colour picture has three channels.",
        },
        default_hint="Weights of a layer: inputs times outputs, and one bias for each output.",
    ),
    "logbooks": Exercise(
        answer=("won", "collapsed", "learned"),
        hints={
            (
                "collapsed",
                "won",
                "learned",
            ): "With a loss of 0.02 it is hardly ever wrong. Who won?",
            (
                "won",
                "learned",
                "collapsed",
            ): "B has the losses of a tie, but where are its samples?",
            ("learned", "collapsed", "won"): "Whose success is a small loss of the discriminator?",
        },
        default_hint="Look at the samples first and at the losses afterwards.",
    ),
    "coverage": Exercise(
        answer=covered,
        verify=verify_coverage,
        wrong_examples=(covering, count_covered, any_covered, lambda *_: 0.4),
        default_hint="Measure from each centre to its nearest sample.",
    ),
}
