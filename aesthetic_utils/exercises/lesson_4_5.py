"""Answers and hints for lesson 4.5, Perceptual losses and style."""

from collections.abc import Callable

import torch
from torch import Tensor

from aesthetic_utils.exercises import Exercise

Matrix = Callable[[Tensor], Tensor]
Norm = Callable[[Tensor, Tensor], Tensor]


def gram(maps: Tensor) -> Tensor:
    """[N, C, H, W] -> [N, C, C], means over the places."""
    flat = maps.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def sums(maps: Tensor) -> Tensor:
    """Forgets to divide by the number of places."""
    flat = maps.flatten(2)
    return flat @ flat.transpose(1, 2)


def by_place(maps: Tensor) -> Tensor:
    """Compares places instead of maps: [N, H W, H W]."""
    flat = maps.flatten(2)
    return flat.transpose(1, 2) @ flat / flat.shape[1]


def batch_in_one(maps: Tensor) -> Tensor:
    """One matrix for the whole batch."""
    flat = maps.transpose(0, 1).flatten(1)
    return flat @ flat.T / flat.shape[1]


def centred(maps: Tensor) -> Tensor:
    """The covariance: the means are taken away first."""
    return gram(maps - maps.mean((2, 3), keepdim=True))


def all_numbers(maps: Tensor) -> Tensor:
    """Divides by the number of maps, too."""
    return gram(maps) / maps.shape[1]


GRAM_MISTAKES = (
    (
        sums,
        "These are sums. Divide by the number of places, H times W, or large pictures count more.",
    ),
    (by_place, "This compares places with places. The rows of the matrix are maps: [N, C, C]."),
    (batch_in_one, "Each picture has a matrix of its own: [N, C, C]."),
    (centred, "This is the covariance: do not take the means away."),
    (all_numbers, "Divide by the number of places alone, not by the number of maps, too."),
)


def verify_gram(function: Matrix) -> str | None:
    """A hint for the first mistake that shows on two pictures of three maps."""
    maps = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0)) + 0.5
    return _judged(function(maps), gram(maps), [(f(maps), hint) for f, hint in GRAM_MISTAKES])


def adain(content: Tensor, style: Tensor) -> Tensor:
    """The maps of the content with the mean and spread of the style's."""
    mean, spread = _statistics(style)
    own_mean, own_spread = _statistics(content)
    return spread * (content - own_mean) / own_spread + mean


def turned_round(content: Tensor, style: Tensor) -> Tensor:
    """Gives the style the statistics of the content."""
    return adain(style, content)


def variance_for_spread(content: Tensor, style: Tensor) -> Tensor:
    """Multiplies and divides by variances."""
    mean, spread = _statistics(style)
    own_mean, own_spread = _statistics(content)
    return spread**2 * (content - own_mean) / own_spread**2 + mean


def own_mean_kept(content: Tensor, style: Tensor) -> Tensor:
    """Adds the content's own mean again."""
    return adain(content, style) - _statistics(style)[0] + _statistics(content)[0]


def over_the_batch(content: Tensor, style: Tensor) -> Tensor:
    """Takes the statistics over all pictures, as batch normalisation does."""
    own, other = (
        (x.mean((0, 2, 3), keepdim=True), x.std((0, 2, 3), correction=0, keepdim=True))
        for x in (content, style)
    )
    return other[1] * (content - own[0]) / own[1] + other[0]


ADAIN_MISTAKES = (
    (turned_round, "Turned round: it is the content that is normalised, and the style that gives mean and spread."),
    (variance_for_spread, "These are variances; the spread is the square root of one."),
    (own_mean_kept, "The mean that is added at the end is the style's."),
    (over_the_batch, "Each picture has statistics of its own: means over height and width, not over the batch."),
)  # fmt: skip


def verify_adain(function: Norm) -> str | None:
    """A hint for the first mistake that shows on two pictures of three maps, of equal sizes."""
    draw = torch.Generator().manual_seed(0)
    content = torch.randn(2, 3, 4, 4, generator=draw)
    style = 3 * torch.randn(2, 3, 4, 4, generator=draw) + 1
    mistakes = [(f(content, style), hint) for f, hint in ADAIN_MISTAKES]
    return _judged(function(content, style), adain(content, style), mistakes)


def _statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    return x.mean((2, 3), keepdim=True), x.std((2, 3), correction=0, keepdim=True)


def _judged(given: Tensor, wanted: Tensor, mistakes: list[tuple[Tensor, str]]) -> str | None:
    """None for what is wanted, up to a small constant in a root; else the hint of the mistake."""
    if given is ...:
        return "Replace the dots in the function."
    if not isinstance(given, Tensor):
        return "The function should return a tensor."
    for found, hint in [(wanted, None), *mistakes]:
        if given.shape == found.shape and torch.allclose(given, found, rtol=1e-3, atol=1e-3):
            return hint
    if given.shape != wanted.shape:
        return f"The shape should be {list(wanted.shape)}, and this has {list(given.shape)}."
    return "The shape is right, the numbers are not: compute one of them by hand."


EXERCISES = {
    "stack": Exercise(
        answer=(7, 27 * 64**2),
        hints={
            (9, 27 * 64**2): "Each 3 x 3 layer adds one pixel on each side: 3, 5, 7.",
            (7, 49 * 64**2): "These are the weights of one layer of 7 x 7.",
            (7, 9 * 64**2): "This is one layer; there are three.",
            (7, 27 * 64): "Every one of 64 maps looks at all 64 maps.",
        },
        default_hint="Side of the window in pixels; then the weights of three layers of 3 x 3 x 64 x 64.",
    ),
    "gram": Exercise(
        answer=gram, verify=verify_gram, wrong_examples=tuple(f for f, _ in GRAM_MISTAKES)
    ),
    "shuffled": Exercise(
        answer=("same", "other"),
        hints={
            ("other", "same"): "Turned round: one sum runs over all places; which distance compares place by place?",
            ("same", "same"): "The content distance takes differences at each place. Shuffle the places of one picture.",
            ("other", "other"): "A sum does not depend on the order of what is added.",
        },
        default_hint="Two words, each 'same' or 'other'.",
    ),
    "adain": Exercise(
        answer=adain, verify=verify_adain, wrong_examples=tuple(f for f, _ in ADAIN_MISTAKES)
    ),
}  # fmt: skip
