"""Where in a picture a score comes from: two answers, which need not agree.

`score` is a function from images, float [N, C, H, W] in [0, 1], to one number each, [N]. Other images, and
scores of another shape, are refused with a ValueError.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from aesthetic_utils.checks import require_unit_images

Score = Callable[[Tensor], Tensor]


def gradient_times_input(score: Score, images: Tensor, *, baseline: float = 1.0) -> Tensor:
    """Each pixel's gradient times its distance from the baseline, summed over channels: [N, H, W].

    For a score that is linear in the pixels the map adds up exactly to score(image) - score(baseline);
    for any other it is the first term of that difference. baseline: 1 is white paper, on which the
    drawings lie, and 0 black, the usual choice (Shrikumar et al. 2017 discuss both method and choice).
    """
    require_unit_images(images)
    x = images.detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(
        _one_each(score(x), x).sum(), x
    )  # and none for the weights behind the score
    return (slope * (x.detach() - baseline)).sum(1)  # [N, H, W]


@torch.no_grad()
def occlusion(
    score: Score, images: Tensor, *, size: int = 8, stride: int = 4, fill: float = 1.0
) -> Tensor:
    """How much the score falls when a square is covered, at each place: [N, rows, columns].

    Zeiler & Fergus (2014), "Occlusion sensitivity". size, stride: of the square, in pixels. fill: its colour; white
    takes something away from a drawing on white, while on a photograph it adds a white square.
    """
    require_unit_images(images)
    if size < 1 or stride < 1:
        raise ValueError(f"size and stride are 1 or more; got {size} and {stride}")
    h, w = images.shape[-2:]
    if size > min(h, w):
        raise ValueError(f"a square of {size} does not fit into {h} x {w} pixels")
    whole = _one_each(score(images), images)  # [N]
    rows, columns = range(0, h - size + 1, stride), range(0, w - size + 1, stride)
    falls = torch.zeros(len(images), len(rows), len(columns))
    for i, y in enumerate(rows):
        for j, x in enumerate(columns):
            covered = images.clone()
            covered[..., y : y + size, x : x + size] = fill
            falls[:, i, j] = whole - score(covered)
    return falls


def _one_each(scores: Tensor, images: Tensor) -> Tensor:
    if scores.shape != images.shape[:1]:
        raise ValueError(
            f"score must give one number an image, [{len(images)}]; it gave {tuple(scores.shape)}"
        )
    return scores
