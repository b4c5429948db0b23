"""Answers and hints for lesson 5.2.3, what did it look at?"""

from collections.abc import Callable

import torch
from torch import Tensor

from aesthetic_utils.exercises import Exercise

Share = Callable[[Tensor, Tensor], Tensor]
Score = Callable[[Tensor], Tensor]
Path = Callable[[Score, Tensor, float, int], Tensor]


def within(maps: Tensor, region: Tensor) -> Tensor:
    """A right answer: what is positive in the region over all that is positive."""
    positive = maps.clamp(min=0)
    return positive[:, region].sum(1) / positive.sum((1, 2))


def with_negatives(maps: Tensor, region: Tensor) -> Tensor:
    """Lets what speaks against the answer cancel what speaks for it."""
    return maps[:, region].sum(1) / maps.sum((1, 2))


def by_size(maps: Tensor, region: Tensor) -> Tensor:
    """Counts what speaks against the answer as if it spoke for it."""
    return within(maps.abs(), region)


def not_divided(maps: Tensor, region: Tensor) -> Tensor:
    """The sum in the region, which grows with the map."""
    return maps.clamp(min=0)[:, region].sum(1)


def of_all(maps: Tensor, region: Tensor) -> Tensor:
    """One number for all maps."""
    positive = maps.clamp(min=0)
    return positive[:, region].sum() / positive.sum()


def verify_within(given: Share) -> str | None:
    """A hint for the first mistake that shows on two maps of four pixels."""
    maps = torch.tensor([[[3.0, 1.0], [-2.0, 0.0]], [[2.0, 6.0], [2.0, -5.0]]])
    region = torch.tensor([[True, False], [True, False]])
    found = given(maps, region)
    if found is ...:
        return "Replace the dots in the function."
    if found.shape != (2,):
        return f"Each map gets a number of its own, [2]; this has the shape {list(found.shape)}."
    if torch.allclose(found, with_negatives(maps, region)) or torch.allclose(found, by_size(maps, region)):  # fmt: skip
        return "Only what is positive speaks for the answer: maps.clamp(min=0) first."
    if torch.allclose(found, not_divided(maps, region)):
        return "A share: divide by all that is positive in the map."
    if not torch.allclose(found, torch.tensor([0.75, 0.4])):
        return "For [[3, 1], [-2, 0]] and the left column it should be 3 / 4."
    return None


def integrated(score: Score, images: Tensor, baseline: float, steps: int) -> Tensor:
    """A right answer: the mean slope on the way, times the way."""
    way, slopes = images - baseline, torch.zeros_like(images)
    for k in range(steps):
        x = (baseline + (k + 0.5) / steps * way).requires_grad_()
        slopes += torch.autograd.grad(score(x).sum(), x)[0] / steps
    return (slopes * way).sum(1)


def end_only(score: Score, images: Tensor, baseline: float, steps: int) -> Tensor:
    """The slope at the picture alone: gradient times input."""
    x = images.clone().requires_grad_()
    return (torch.autograd.grad(score(x).sum(), x)[0] * (images - baseline)).sum(1)


def slopes_only(score: Score, images: Tensor, baseline: float, steps: int) -> Tensor:
    """Forgets to multiply by the way."""
    way, slopes = images - baseline, torch.zeros_like(images)
    for k in range(steps):
        x = (baseline + (k + 0.5) / steps * way).requires_grad_()
        slopes += torch.autograd.grad(score(x).sum(), x)[0] / steps
    return slopes.sum(1)


def summed(score: Score, images: Tensor, baseline: float, steps: int) -> Tensor:
    """The sum of the slopes in place of their mean."""
    return steps * integrated(score, images, baseline, steps)


def from_black(score: Score, images: Tensor, baseline: float, steps: int) -> Tensor:
    """Begins at 0, whatever the baseline is."""
    return integrated(score, images, 0.0, steps)


def channels_left(score: Score, images: Tensor, baseline: float, steps: int) -> Tensor:
    """Forgets to add up the channels."""
    return integrated(score, images, baseline, steps)[:, None].expand(-1, 3, -1, -1)


def verify_integrated(given: Path) -> str | None:
    """A hint for the first mistake that shows with a score whose slope changes on the way."""
    images = torch.rand(2, 3, 2, 2, generator=torch.Generator().manual_seed(0))

    def score(x: Tensor) -> Tensor:
        return x.pow(3).sum((1, 2, 3))

    found = given(score, images, 1.0, 200)
    if found is ...:
        return "Replace the dots in the function."
    if found.shape != (2, 2, 2):
        return f"One number a pixel, summed over the channels, [2, 2, 2]; this has the shape {list(found.shape)}."
    wanted = (images.pow(3) - 1).sum(1)
    if torch.allclose(found, wanted, atol=0.02):
        return None
    if torch.allclose(found, end_only(score, images, 1.0, 200), atol=1e-4):
        return "That is the slope at the picture alone. Take the mean over points on the way."
    if torch.allclose(found, slopes_only(score, images, 1.0, 200), atol=1e-3):
        return "Multiply the mean slope by the way, images - baseline."
    if torch.allclose(found, 200 * wanted, rtol=0.05):
        return "The mean of the slopes is wanted, and this is their sum: divide by the steps."
    if torch.allclose(found, images.pow(3).sum(1), atol=0.02):
        return "The way begins at the baseline and not at 0."
    return "For the score sum(x ** 3) a pixel should get the sum of x ** 3 - baseline ** 3."


EXERCISES = {
    "within": Exercise(
        answer=within,
        verify=verify_within,
        wrong_examples=(with_negatives, by_size, not_divided, of_all),
    ),
    "integrated": Exercise(
        answer=integrated,
        verify=verify_integrated,
        wrong_examples=(end_only, slopes_only, summed, from_black, channels_left),
    ),
    "pairs": Exercise(
        answer=194,
        tolerance=6,
        hints={
            783: "The distance between 0.6 and 0.5 is 0.1, and not 0.05.",
            48: "Take the roots of 0.25 and 0.24 before you multiply.",
            96: "That would find it half of the time: 1.96 alone, without 0.84.",
        },
        default_hint="(1.96 sqrt(0.25) + 0.84 sqrt(0.24))^2 / 0.1^2.",
    ),
}
