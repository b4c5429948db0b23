"""Answers and hints for lesson 4.6, Learning to judge."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.exercises import Exercise

Loss = Callable[[Tensor, Tensor], Tensor]


def per_image(p: Tensor, q: Tensor) -> Tensor:
    """The earth mover's distance with r = 2 of each image, then the mean."""
    gaps = p.cumsum(1) - q.cumsum(1)
    return gaps.square().mean(1).sqrt().mean()


def one_root(p: Tensor, q: Tensor) -> Tensor:
    """The published slip: one square root over the whole batch."""
    return (p.cumsum(1) - q.cumsum(1)).square().mean().sqrt()


def no_root(p: Tensor, q: Tensor) -> Tensor:
    """Takes the mean square for the distance: r = 2 has a root, too."""
    return (p.cumsum(1) - q.cumsum(1)).square().mean()


def not_cumulative(p: Tensor, q: Tensor) -> Tensor:
    """Compares vote by vote, so that 5 is as far from 6 as from 10."""
    return (p - q).square().mean(1).sqrt().mean()


def sum_not_mean(p: Tensor, q: Tensor) -> Tensor:
    """Adds up over the ten votes, so that a longer scale means a larger loss."""
    return (p.cumsum(1) - q.cumsum(1)).square().sum(1).sqrt().mean()


def across_images(p: Tensor, q: Tensor) -> Tensor:
    """Cumulates over the images instead of the votes."""
    return (p.cumsum(0) - q.cumsum(0)).square().mean(1).sqrt().mean()


def first_power(p: Tensor, q: Tensor) -> Tensor:
    """Takes the distance with r = 1 for that with r = 2."""
    return (p.cumsum(1) - q.cumsum(1)).abs().mean(1).mean()


EMD_MISTAKES = (
    (one_root, "This takes one root over the whole batch. Take it for each image, then the mean."),
    (no_root, "The square root is missing: r = 2 takes it for each image."),
    (not_cumulative, "Compare cumulative shares, so that 5 is nearer to 6 than to 10."),
    (sum_not_mean, "Within an image the mean over the ten votes is taken, not the sum."),
    (across_images, "Cumulate over the votes, dimension 1, and not over the images."),
    (first_power, "That is r = 1. Square the gaps, and take the root of their mean."),
)


def verify_emd(loss: Loss) -> str | None:
    """A hint for the first mistake that shows on a batch with one image right and one far off."""
    p = torch.tensor([[0.1] * 10, [1.0] + [0.0] * 9, [0.0] * 5 + [0.2] * 5], dtype=torch.float64)
    q = torch.tensor([[0.1] * 10, [0.0] * 9 + [1.0], [0.0] * 4 + [0.5, 0.5] + [0.0] * 4])
    return _compare(loss, per_image, EMD_MISTAKES, p, q.double())


def ranking(winners: Tensor, losers: Tensor) -> Tensor:
    """Mean of -log sigmoid of the difference."""
    return F.softplus(losers - winners).mean()


def turned_round(winners: Tensor, losers: Tensor) -> Tensor:
    """Rewards a higher score for the loser."""
    return F.softplus(winners - losers).mean()


def summed(winners: Tensor, losers: Tensor) -> Tensor:
    """Adds up over the pairs, so that a larger batch means a larger loss."""
    return F.softplus(losers - winners).sum()


def probability(winners: Tensor, losers: Tensor) -> Tensor:
    """Forgets the logarithm."""
    return torch.sigmoid(winners - losers).mean()


def hinge(winners: Tensor, losers: Tensor) -> Tensor:
    """Takes another loss that pushes scores apart for the logarithm of a chance."""
    return F.relu(1 - (winners - losers)).mean()


RANKING_MISTAKES = (
    (turned_round, "The sign is turned: this loss rewards scoring the loser higher."),
    (summed, "Take the mean over the pairs, not the sum."),
    (probability, "That is the chance itself. The loss is minus its logarithm."),
    (hinge, "That is a hinge. Here the chance is a sigmoid: take minus its logarithm."),
)


def verify_ranking(loss: Loss) -> str | None:
    """A hint for the first mistake; large scores too, where a naive logarithm gives infinity."""
    winners, losers = torch.tensor([2.0, -1.0, 0.5]), torch.tensor([0.5, 1.0, 0.5])
    hint = _compare(loss, ranking, RANKING_MISTAKES, winners, losers)
    if hint is None and not torch.isfinite(loss(torch.tensor([-200.0]), torch.tensor([200.0]))):
        return "Right for small scores; for -200 against 200 it overflows. softplus does not."
    return hint


def _compare(loss: Loss, right: Loss, mistakes: tuple, *inputs: Tensor) -> str | None:
    given = loss(*inputs)
    if given is ...:
        return "Replace the dots in the function."
    given = torch.as_tensor(given).double()
    if given.numel() != 1:
        return f"One number is wanted for the batch, and this has the shape {list(given.shape)}."
    if abs(given.item() - right(*inputs).item()) < 1e-5:
        return None
    for mistake, hint in mistakes:
        if abs(given.item() - mistake(*inputs).item()) < 1e-5:
            return hint
    return f"On a small batch it should be {right(*inputs):.4f}, and is {given.item():.4f}."


EXERCISES = {
    "emd": Exercise(
        answer=per_image,
        verify=verify_emd,
        wrong_examples=(*(mistake for mistake, _ in EMD_MISTAKES), lambda p, q: (p - q).sum()),
    ),
    "ranking": Exercise(
        answer=ranking,
        verify=verify_ranking,
        wrong_examples=(
            *(mistake for mistake, _ in RANKING_MISTAKES),
            lambda a, b: -torch.log(torch.sigmoid(a - b)).mean(),
            lambda a, b: (a - b).mean(),
        ),
    ),
    "claim": Exercise(
        answer=("baseline", "voter", "siblings"),
        hints={
            ("voter", "baseline", "siblings"): "Turn the first two round: which claim is an EMD?",
            (
                "baseline",
                "siblings",
                "voter",
            ): "Which of the last two speaks of frames of one film?",
            ("siblings", "voter", "baseline"): "An EMD needs the constant answer beside it.",
        },
        default_hint="For each ask: what would somebody score who does not look, or a single person?",
    ),
    "ceiling": Exercise(
        answer=0.5**0.5,
        tolerance=5e-3,
        hints={
            0.5: "The reliability is a squared correlation: take its root.",
            0.25: "Take the root of the reliability, not its square.",
            1.0: "Even a perfect predictor cannot follow the chance in the votes.",
        },
        default_hint="The observed mean is truth and chance; which share of its variance is truth?",
    ),
}
