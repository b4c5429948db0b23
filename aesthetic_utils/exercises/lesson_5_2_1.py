"""Answers and hints for lesson 5.2.1, trained on its own samples."""

from collections.abc import Callable

import torch
from torch import Tensor

from aesthetic_utils.exercises import Exercise

Redraw = Callable[[Tensor, int, torch.Generator], Tensor]
Mixtures = Callable[[Tensor, int, torch.Generator], Tensor]


def redrawn(counts: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """A right answer: n pictures, each of a hand drawn by its share."""
    hands = torch.multinomial(counts.double(), n, replacement=True, generator=generator)
    return torch.bincount(hands, minlength=len(counts))


def without_missing(counts: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Counts only as far as the last hand that came up."""
    hands = torch.multinomial(counts.double(), n, replacement=True, generator=generator)
    return torch.bincount(hands)


def evenly(counts: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Forgets the shares."""
    hands = torch.randint(len(counts), (n,), generator=generator)
    return torch.bincount(hands, minlength=len(counts))


def rounded(counts: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """The shares themselves: nothing is drawn."""
    return (counts * n / counts.sum()).round().long()


def verify_redrawn(given: Redraw) -> str | None:
    """A hint for the first mistake that shows on three hands, of which one is gone."""
    counts = torch.tensor([60, 40, 0])
    draws = [given(counts, 50, torch.Generator().manual_seed(i)) for i in range(40)]
    if draws[0] is ...:
        return "Replace the dots in the function."
    if any(draw.shape != counts.shape for draw in draws):
        return "Every hand needs a number, also one that came up no more: minlength=len(counts)."
    every = torch.stack(draws).double()  # [40, 3]
    if bool((every.sum(1) != 50).any()):
        return f"50 pictures are wanted, and these are {int(every[0].sum())}."
    if bool((every[:, 2] > 0).any()):
        return "A hand without a picture cannot come back: draw with the counts as weights."
    if float(every[:, 0].std()) == 0:
        return "Draw the pictures one by one, by chance: torch.multinomial(..., replacement=True)."
    if abs(float(every[:, 0].mean()) - 30) > 3:
        return "Three of five pictures should be by the first hand, on average."
    return None


def mixed(images: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """A right answer: the mean, and random shares of how each picture differs from it."""
    mean = images.mean(0)
    shares = torch.randn(n, len(images), generator=generator, dtype=images.dtype)
    return mean + shares @ (images - mean) / len(images) ** 0.5


def unscaled(images: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Forgets that many differences are added."""
    mean = images.mean(0)
    shares = torch.randn(n, len(images), generator=generator, dtype=images.dtype)
    return mean + shares @ (images - mean)


def off_centre(images: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Mixes the pictures themselves."""
    shares = torch.randn(n, len(images), generator=generator, dtype=images.dtype)
    return images.mean(0) + shares @ images / len(images) ** 0.5


def averaged(images: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Divides by the number of pictures, as for a mean."""
    mean = images.mean(0)
    shares = torch.randn(n, len(images), generator=generator, dtype=images.dtype)
    return mean + shares @ (images - mean) / len(images)


def verify_mixed(given: Mixtures) -> str | None:
    """A hint for the first mistake that shows in mean and covariance of many mixtures of four points."""
    points = torch.tensor([[3.0, 1.0], [5.0, 1.0], [3.0, 2.0], [5.0, 2.0]]).double()
    made = given(points, 20_000, torch.Generator().manual_seed(0))
    if made is ...:
        return "Replace the dots in the function."
    if made.shape != (20_000, 2):
        return f"The shape should be [20000, 2], and this has {list(made.shape)}."
    if float((made.mean(0) - points.mean(0)).abs().max()) > 0.1:
        return "The mean of the new pictures should be that of the old ones."
    variance = made.var(0)
    if bool((variance > 3 * points.var(0, unbiased=False)).any()):
        if float(variance[0]) > 10:
            return "Mix the differences from the mean, images - mean, and not the pictures."
        return (
            "With random shares of size 1 the variances add up: divide by the root of their number."
        )
    if bool((variance < 0.5 * points.var(0, unbiased=False)).any()):
        return (
            "This is too narrow: divide by the root of the number of pictures, not by the number."
        )
    if not torch.allclose(variance, points.var(0, unbiased=False), rtol=0.08):
        return "The covariance of the new pictures should be that of the old ones."
    return None


EXERCISES = {
    "lost": Exercise(
        answer=0.366,
        tolerance=0.002,
        hints={
            0.634: "That is the chance that it is drawn at least once.",
            0.01: "That is its share. How likely is it that a hundred draws in a row miss it?",
            0.99: "That is one draw. There are a hundred.",
        },
        default_hint="One draw misses it with 0.99; a hundred draws, which know nothing of each other?",
    ),
    "redrawn": Exercise(
        answer=redrawn, verify=verify_redrawn, wrong_examples=(without_missing, evenly, rounded)
    ),
    "halving": Exercise(
        answer=35,
        tolerance=1,
        hints={
            25: "That is half of n. (1 - 1/n)^g is 1/2 when g is about n times the logarithm of 2.",
            50: "That is n. By then a factor of about 1/e = 0.37 is left.",
            100: "That is 2 n.",
        },
        default_hint="Solve (1 - 1/50)^g = 1/2 for g.",
    ),
    "picked": Exercise(
        answer=0.36,
        tolerance=0.01,
        hints={
            0.8: "That is by how much the mean moves, in standard deviations.",
            0.6: "That is the factor of the standard deviation. Square it.",
            0.5: "Half of the pictures go, but more than half of the variance.",
            0.64: "That is the square of the mean. The variance is 1 less that.",
        },
        default_hint="The mean of the upper half is sqrt(2/pi) and the mean of its squares is 1.",
    ),
    "mixed": Exercise(
        answer=mixed, verify=verify_mixed, wrong_examples=(unscaled, off_centre, averaged)
    ),
}
