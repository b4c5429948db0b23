"""Answers and hints for lesson 5.2.5, who was in it."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from aesthetic_utils.exercises import Exercise
from aesthetic_utils.training.private import private_gradient

Area = Callable[[np.ndarray, np.ndarray], float]
Gradient = Callable[[Tensor, float, float, torch.Generator], Tensor]
Names = Callable[[np.ndarray, np.ndarray], np.ndarray]


# ---- how much better than guessing


def auc(members: np.ndarray, others: np.ndarray) -> float:
    """A right answer: every member against every non-member."""
    apart = members[:, None] - others[None]
    return ((apart > 0) + 0.5 * (apart == 0)).mean()


def pairs_in_order(members: np.ndarray, others: np.ndarray) -> float:
    """Compares the first with the first, the second with the second."""
    n = min(len(members), len(others))
    return (members[:n] > others[:n]).mean()


def turned_round(members: np.ndarray, others: np.ndarray) -> float:
    """Counts the non-members that lie above."""
    return 1 - auc(members, others)


def without_ties(members: np.ndarray, others: np.ndarray) -> float:
    """A tie counts as nothing."""
    return (members[:, None] > others[None]).mean()


def difference(members: np.ndarray, others: np.ndarray) -> float:
    """How far the means are apart."""
    return members.mean() - others.mean()


def verify_auc(given: Area) -> str | None:
    """A hint for the first mistake that shows on a few scores."""
    found = given(np.array([5.0, 4.0, 1.0]), np.array([3.0, 2.0, 0.0, 0.5]))
    if found is ...:
        return "Replace the dots in the function."
    if abs(found - 10 / 12) > 1e-6:
        if abs(found - 2 / 12) < 1e-6:
            return (
                "That is the other way round: a member counts when its score is the *larger* one."
            )
        return f"Ten of the twelve pairs are in order, 0.833, and this says {found:.3f}: compare *every* member with *every* other."
    tied = given(np.array([1.0, 1.0]), np.array([1.0, 1.0, 1.0]))
    if abs(tied - 0.5) > 1e-6:
        return f"Where all scores are the same nothing is known: a tie counts half, and this says {tied:.3f}."
    return None


# ---- private gradients


def unclipped(gradients: Tensor, clip: float, sigma: float, generator: torch.Generator) -> Tensor:
    """Adds noise and forgets to clip."""
    noise = torch.randn(gradients.shape[1], generator=generator, dtype=gradients.dtype)
    return gradients.sum(0) + sigma * clip * noise


def clipped_together(
    gradients: Tensor, clip: float, sigma: float, generator: torch.Generator
) -> Tensor:
    """Clips the sum."""
    total = gradients.sum(0)
    noise = torch.randn(gradients.shape[1], generator=generator, dtype=gradients.dtype)
    return total * min(1.0, clip / float(total.norm())) + sigma * clip * noise


def all_of_one_length(
    gradients: Tensor, clip: float, sigma: float, generator: torch.Generator
) -> Tensor:
    """Lengthens the short ones, too."""
    noise = torch.randn(gradients.shape[1], generator=generator, dtype=gradients.dtype)
    length = gradients.norm(dim=1, keepdim=True)
    return (gradients * clip / length).sum(0) + sigma * clip * noise


def silent(gradients: Tensor, clip: float, sigma: float, generator: torch.Generator) -> Tensor:
    """No noise."""
    return private_gradient(gradients, clip, 0.0, generator)


def noise_each(gradients: Tensor, clip: float, sigma: float, generator: torch.Generator) -> Tensor:
    """Noise for every picture."""
    noise = torch.randn(gradients.shape, generator=generator, dtype=gradients.dtype)
    return private_gradient(gradients, clip, 0.0, generator) + sigma * clip * noise.sum(0)


def noise_unscaled(
    gradients: Tensor, clip: float, sigma: float, generator: torch.Generator
) -> Tensor:
    """Forgets that noise is counted in clipping lengths."""
    noise = torch.randn(gradients.shape[1], generator=generator, dtype=gradients.dtype)
    return private_gradient(gradients, clip, 0.0, generator) + sigma * noise


def verify_gradient(given: Gradient) -> str | None:
    """A hint for the first mistake that shows on three gradients."""
    steep = torch.tensor([[3.0, 4.0], [-0.3, 0.4], [0.0, -0.2]], dtype=torch.float64)
    quiet = given(steep, 2.0, 0.0, torch.Generator().manual_seed(0))
    if quiet is ...:
        return "Replace the dots in the function."
    if tuple(quiet.shape) != (2,):
        return (
            f"One gradient is wanted, of shape [2], the sum over pictures; got {list(quiet.shape)}."
        )
    right = torch.tensor([0.9, 1.8], dtype=torch.float64)  # [1.2, 1.6] + [-0.3, 0.4] + [0, -0.2]
    if torch.allclose(quiet, steep.sum(0)):
        return "Nothing is clipped: the first gradient is 5 long and should be shortened to 2."
    if abs(float(quiet.norm()) - 2) < 1e-6:
        return "Clip each picture's gradient *before* they are added: dim=1, keepdim=True."
    if not torch.allclose(quiet, right):
        return "Shorten only those that are too long: a factor of clip / length, at most 1."
    many = torch.stack(
        [given(steep, 2.0, 3.0, torch.Generator().manual_seed(i)) - quiet for i in range(400)]
    )
    spread = float(many.std())
    if spread < 1e-6:
        return "Add the noise: torch.randn(..., generator=generator), once for the sum."
    if abs(spread - 6) > 0.6:
        return f"With clip = 2 and sigma = 3 the noise has the spread sigma * clip = 6, once, and this has {spread:.1f}."
    return None


# ---- names to votes


def names(known: np.ndarray, nameless: np.ndarray) -> np.ndarray:
    """A right answer: the row that correlates most, without the mean rater."""
    return correlations(known - known.mean(0), nameless - nameless.mean(0)).argmax(0)


def correlations(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Correlations between rows: [R, k] and [Q, k] -> [R, Q]."""
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    return (a @ b.T) / np.outer(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1))


def with_the_crowd(known: np.ndarray, nameless: np.ndarray) -> np.ndarray:
    """Leaves in what all like."""
    return correlations(known, nameless).argmax(0)


def the_wrong_way(known: np.ndarray, nameless: np.ndarray) -> np.ndarray:
    """For each known person the most alike nameless row."""
    return correlations(known - known.mean(0), nameless - nameless.mean(0)).argmax(1)


def least_alike(known: np.ndarray, nameless: np.ndarray) -> np.ndarray:
    """Takes the smallest."""
    return correlations(known - known.mean(0), nameless - nameless.mean(0)).argmin(0)


def verify_names(given: Names) -> str | None:
    """A hint for the first mistake that shows on twelve made-up people, of whom nine come back in another order."""
    rng = np.random.default_rng(3)
    crowd, own = 12 * rng.normal(size=30), rng.normal(size=(12, 30))
    known = crowd + own + 0.4 * rng.normal(size=own.shape)
    back = rng.permutation(12)[:9]
    other_day = 12 * rng.normal(size=30)  # what all like has changed
    nameless = (other_day + own + 0.4 * rng.normal(size=own.shape))[back]
    nameless += np.linspace(-3, 3, 9)[:, None]  # some rate high
    found = given(known, nameless)
    if found is ...:
        return "Replace the dots in the function."
    found = np.asarray(found)
    if found.shape != (9,):
        return f"Nine nameless rows want nine numbers, and these are {list(found.shape)}: argmax(0) of [R, Q]."
    right = int((found == back).sum())
    if (found == least_alike(known, nameless)).all():
        return f"{right} of 9 are right. The most alike is wanted, so the largest correlation."
    if right < 9:
        return f"{right} of 9 are right. Take the mean rater away first, from each side: known - known.mean(0)."
    return None


def wrong_order(known: np.ndarray, nameless: np.ndarray) -> np.ndarray:
    """Removes the mean of each person alone."""
    a, b = known - known.mean(1, keepdims=True), nameless - nameless.mean(1, keepdims=True)
    return (a @ b.T).argmax(0)


EXERCISES = {
    "auc": Exercise(
        answer=auc,
        verify=verify_auc,
        wrong_examples=(turned_round, pairs_in_order, without_ties, difference, lambda a, b: ...),
    ),
    "gradient": Exercise(
        answer=private_gradient,
        verify=verify_gradient,
        wrong_examples=(
            unclipped,
            clipped_together,
            all_of_one_length,
            silent,
            noise_each,
            noise_unscaled,
            lambda g, c, s, r: ...,
        ),
    ),  # fmt: skip
    "bound": Exercise(
        answer=math.e * 0.01 + 1e-4,
        tolerance=1e-4,
        hints={
            0.0101: "That would be epsilon = 0. Multiply the false alarms by e to the epsilon.",
            1.0: "A share above 1 is no bound, and here it is far below.",
            2.73: "Of a hundred, yes. As a share, divide by 100.",
        },
        default_hint="e to the epsilon, times the share of false alarms, plus delta.",
    ),
    "names": Exercise(
        answer=names,
        verify=verify_names,
        wrong_examples=(least_alike, the_wrong_way, with_the_crowd, wrong_order, lambda a, b: ...),
    ),
}
