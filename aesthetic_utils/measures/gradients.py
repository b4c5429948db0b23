"""Pyramids of histograms of oriented gradients (PHOG): is the part like the whole, how much changes, which way.

Bosch, Zisserman & Munoz (2007) made the descriptor, to recognise objects; Braun, Amirshahi, Denzler &
Redies (2013, doi:10.3389/fpsyg.2013.00808) took three measures of images from it. The values are those of
the Aesthetics Toolbox (Redies et al., 2025), without resizing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aesthetic_utils.measures.planes import Planes, as_planes, strips

if TYPE_CHECKING:
    from torch import Tensor

_NOTHING = 1e-8  # strengths and shares below it count as 0, as in the reference


@dataclass(frozen=True, kw_only=True)
class PHOGSettings:
    """Parameters of `phog`; the defaults are the published ones."""

    bins: int = 16  # directions of the gradient in a full turn; the first is centred on 0
    levels: int = 3  # level l cuts the image into 2^l x 2^l cells

    def __post_init__(self) -> None:
        if self.bins < 2 or self.levels < 1:
            raise ValueError("at least 2 bins and 1 level are needed")


@dataclass(frozen=True, kw_only=True)
class PHOG:
    """What `phog` finds in one image."""

    self_similarity: float  # 0: the cells have nothing of the whole image's gradients; 1: the same
    complexity: float  # mean strength of the gradient, levels of 255 per pixel
    anisotropy: float  # standard deviation of the shares of all gradients; 0 = all directions alike


PUBLISHED = PHOGSettings()


def phog(image: Planes | Tensor | np.ndarray, settings: PHOGSettings = PUBLISHED) -> PHOG:
    """Self-similarity, complexity and anisotropy of the gradients, in one pass.

    image: uint8 [3, H, W], or its planes; it is not resized, and complexity falls as images grow, so
    compare only images of one size. The gradient at a pixel is that of the channel of L*a*b*
    (scaled to 8 bits) in which it is steepest, for x and y apart, sign kept.

    complexity is the mean strength, sqrt(gx^2 + gy^2), 0 or more.

    self_similarity compares the histogram of directions, weighted with strength, of every cell with
    that of the whole image: sum of the smaller of the two shares in each bin, times the ratio of the
    mean strengths in whole and cell, the smaller by the larger. The median over the cells of each of
    the levels 1, 2 and 3, averaged over levels; 0 to 1.

    anisotropy is the standard deviation of all bins of the cells of level 3, where each cell has been
    given the same weight and all histograms of all levels together the sum 1.

    An image of one colour has complexity 0, and NaN for the others (the reference says 0). All three
    are NaN for an image too small for the cells: fewer than 8 pixels on a side.
    """
    if min(as_planes(image).grey.shape) < 2**settings.levels:
        return PHOG(self_similarity=np.nan, complexity=np.nan, anisotropy=np.nan)
    strength, angle = _lab_gradient(as_planes(image).lab)
    complexity = float(strength.mean())
    if complexity == 0:
        return PHOG(self_similarity=np.nan, complexity=0.0, anisotropy=np.nan)
    pyramid = histogram_pyramid(strength, angle, settings)
    return PHOG(
        self_similarity=_self_similarity(pyramid),
        complexity=complexity,
        anisotropy=_anisotropy(pyramid),
    )


def eight_bit_lab(lab: np.ndarray) -> np.ndarray:
    """L*a*b* as whole numbers 0 to 255, the way MATLAB stores it: [H, W, 3] -> float64 [3, H, W].

    L* 255 / 100 is rounded, a* + 128 and b* + 128 are cut, as in the reference.
    """
    lightness, a, b = lab.transpose(2, 0, 1)  # [H, W] each
    return np.stack([np.rint(lightness / 100 * 255), np.floor(a + 128), np.floor(b + 128)])


def steepest_gradient(channels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Strength and angle of the gradient: [C, H, W] -> two arrays [H, W], the angle in turns, 0 to 1.

    Central differences, one-sided at the border; of the channels the value of largest magnitude,
    and of two opposite ones the positive.
    """
    gy, gx = (_largest(g) for g in np.gradient(channels, axis=(1, 2)))  # [H, W] each
    # +0.5 as in the reference: an angle of 0 belongs to a gradient that points to the left
    return np.sqrt(gx * gx + gy * gy), np.arctan2(gy, gx) / (2 * np.pi) + 0.5


def _lab_gradient(lab: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`steepest_gradient` of `eight_bit_lab`, in strips that see the rows above and below."""
    height, width = lab.shape[:2]
    strength, angle = np.empty((height, width)), np.empty((height, width))
    for rows in strips(height, width):
        top, bottom = max(rows.start - 2, 0), min(rows.stop + 2, height)
        inside = slice(rows.start - top, rows.stop - top)
        found = steepest_gradient(eight_bit_lab(lab[top:bottom]))
        strength[rows], angle[rows] = (plane[inside] for plane in found)
    return strength, angle


def histogram_pyramid(
    strength: np.ndarray, angle: np.ndarray, settings: PHOGSettings = PUBLISHED
) -> list[np.ndarray]:
    """Histograms of the angle, weighted with strength, from the whole image down to the smallest cells.

    strength, angle (in turns): [H, W] -> a list whose entry l is float64 [2^l, 2^l, bins].
    """
    side = 2**settings.levels
    row, column = (_cells(n, side) for n in strength.shape)
    height, width = strength.shape
    place = np.empty((height, width), dtype=np.intp)
    for rows in strips(height, width):
        direction = np.floor(angle[rows] * settings.bins + 0.5).astype(np.intp) % settings.bins
        place[rows] = (row[rows, None] * side + column) * settings.bins + direction
    flat = np.bincount(place.ravel(), strength.ravel(), side * side * settings.bins)
    pyramid = [flat.reshape(side, side, settings.bins)]
    while (half := len(pyramid[0]) // 2) > 0:
        # exact, because every border between larger cells is one between smaller ones
        quarters = pyramid[0].reshape(half, 2, half, 2, settings.bins)
        pyramid.insert(0, quarters.sum(axis=(1, 3)))
    return pyramid


def _largest(values: np.ndarray) -> np.ndarray:
    high, low = values.max(0), values.min(0)
    return np.where(-low > high, low, high)


def _cells(pixels: int, cells: int) -> np.ndarray:
    """The cell of each pixel in a row; the borders are at round(j * pixels / cells)."""
    borders = np.rint(np.arange(1, cells) * (pixels / cells))
    return np.searchsorted(borders, np.arange(pixels), side="right")


def _shares(histograms: np.ndarray) -> np.ndarray:
    total = histograms.sum(-1, keepdims=True)
    return np.divide(histograms, total, where=total > 0, out=np.zeros_like(histograms))


def _self_similarity(pyramid: list[np.ndarray]) -> float:
    whole, *levels = pyramid
    medians = []
    for cells in levels:
        alike = np.minimum(_shares(whole), _shares(cells)).sum(-1)  # [2^l, 2^l]
        a, b = whole.mean(-1), cells.mean(-1) * cells[..., 0].size
        ratio = np.minimum(a, b) / np.maximum(a, b)
        medians.append(np.median(np.where(np.minimum(a, b) < _NOTHING, 0, alike * ratio)))
    return float(np.mean(medians))


def _anisotropy(pyramid: list[np.ndarray]) -> float:
    shares = [_shares(cells) for cells in pyramid]
    return float(shares[-1].std() / sum(s.sum() for s in shares))
