"""Where things stand in an image: symmetry, balance, centre of mass, evenness, thirds.

The published measures follow the Aesthetics Toolbox (Redies et al., 2025), slips included, so that
numbers can be compared; their docstrings say what they overlook.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from skimage.filters import threshold_otsu

from aesthetic_utils.measures.colour import entropy_bits
from aesthetic_utils.measures.planes import Planes, as_planes, strips

if TYPE_CHECKING:
    from torch import Tensor

_MIDDLE_GREY = 128  # a pixel below is dark, any other light


def _mass(grey: np.ndarray, light_from: int = _MIDDLE_GREY) -> np.ndarray:
    """Grey levels as weights, int64 [H, W]: the rarer half of the scale is the figure and weighs more.

    `light_from=127` counts grey level 127 on both sides: a slip of the published programs for balance
    and homogeneity, kept for the sake of equal numbers.
    """
    dark, light = (grey < _MIDDLE_GREY).sum(), (grey >= light_from).sum()
    return (255 - grey if dark <= light else grey).astype(np.int64)


# --------------------------------------------------------------------------------------------------
# symmetry


def mirror_symmetry(image: Planes | Tensor | np.ndarray) -> float:
    """Mirror symmetry as published: how much dark meets dark when the image is folded, 0 to 100.

    Huebner & Fillinger (2016), "Comparison of objective measures for predicting perceptual balance
    and visual aesthetic preference", Frontiers in Psychology 7, 335. A pixel is dark if it is not
    above Otsu's threshold; pairs of dark pixels that mirror each other count more the nearer they
    are to the axis; the mean over the upright and the level axis, and over both diagonals if the
    image is square. image: uint8 [3, H, W] or its planes. A constant image counts as dark
    throughout: 100 (100 + 100 / 3H if square). NaN if a side is shorter than 2 pixels.

    It is mostly a measure of darkness: a white picture with a symmetric dark disc scores low, a
    picture that is dark nearly everywhere scores high whatever it shows. See `normalised_mirror_symmetry`.
    """
    grey = as_planes(image).grey
    if min(grey.shape) < 2:
        return math.nan
    dark = grey <= threshold_otsu(grey)  # [H, W]
    scores = [_folded(dark), _folded(dark.T)]
    if dark.shape[0] == dark.shape[1]:
        scores += [_folded_diagonally(dark), _folded_diagonally(np.rot90(dark))]
    return 100 * sum(scores) / len(scores)


def _folded(dark: np.ndarray) -> float:
    """Weighted share of dark pairs above and below the level axis; 1 if all is dark."""
    half = len(dark) // 2
    pairs = (dark[:half] & dark[::-1][:half]).sum(1)  # [half], from the edge to the axis
    weights = 1 + np.arange(half) / max(half - 1, 1)  # 1 at the edge, 2 at the axis
    return float(pairs @ weights) * 2 / (3 * dark.shape[1] * half)


def _folded_diagonally(dark: np.ndarray) -> float:
    """The same on both sides of the main diagonal of a square; 1 + 2 / 3H if all is dark."""
    size = len(dark)
    row, column = np.ogrid[1:size, :size]
    weights = np.tril(1 + (column + 1) / row)  # [H - 1, H]: of the rows from the second on
    pairs = (dark & dark.T)[1:]
    return float((weights * pairs).sum()) * 4 / (3 * size * (size - 1))


@dataclass(frozen=True, kw_only=True)
class NormalisedSymmetry:
    """Correlation of an image with its mirror images; 1 mirrored exactly, 0 by chance, -1 inverted."""

    left_right: float
    top_bottom: float


def normalised_mirror_symmetry(image: Planes | Tensor | np.ndarray) -> NormalisedSymmetry:
    """Mirror symmetry that darkness does not move: the correlation of L* with its own mirror image.

    This is the course's own measure and no published one. Pearson's correlation over all pixels:
    brightness and contrast of the image drop out. image: uint8 [3, H, W] or its planes -> -1 to 1
    for both axes; NaN for an image of one lightness, in which there is nothing to mirror.
    """
    lightness = as_planes(image).lab[..., 0]  # [H, W]
    if lightness.min() == lightness.max():
        return NormalisedSymmetry(left_right=math.nan, top_bottom=math.nan)
    centred = lightness - lightness.mean()
    variance = (centred**2).mean()
    return NormalisedSymmetry(
        left_right=float((centred * centred[:, ::-1]).mean() / variance),
        top_bottom=float((centred * centred[::-1]).mean() / variance),
    )


# --------------------------------------------------------------------------------------------------
# mass


@dataclass(frozen=True, kw_only=True)
class DcmSettings:
    """Parameters of `dcm`; the default is the published one."""

    rounded: bool = True  # the centroid to whole pixels, counted from 1; False: left exact


@dataclass(frozen=True, kw_only=True)
class CentreDeviation:
    """How far the centre of mass lies from the middle of the image."""

    distance: float  # percent of half a side; up to 141 in a corner
    x: float  # share of the width, -0.5 to 0.5; above 0 where the mass lies to the left
    y: float  # share of the height; above 0 where the mass lies in the upper half


DCM = DcmSettings()


def dcm(image: Planes | Tensor | np.ndarray, settings: DcmSettings = DCM) -> CentreDeviation:
    """Deviation of the centre of mass (DCM) of the grey image from its middle.

    Huebner & Fillinger (2016), as for `mirror_symmetry`. Grey levels are masses, inverted if no more
    than half of the pixels are dark, so that the figure is heavy and the ground is light. As
    published the centroid is rounded to whole pixels counted from 1, so that a disc in the very
    middle of 256 pixels has a distance of 1.1 and not 0; `rounded=False` gives 0.
    image: uint8 [3, H, W] or its planes. NaN if nothing has mass (black or white throughout).
    """
    mass = _mass(as_planes(image).grey)
    total = mass.sum()
    if total == 0:
        return CentreDeviation(distance=math.nan, x=math.nan, y=math.nan)
    deviations = []
    for along in (mass.sum(0), mass.sum(1)):  # [W], [H]
        centre = along @ np.arange(len(along)) / total
        centre = np.round(centre) + 1 if settings.rounded else centre + 0.5
        deviations.append(float(0.5 - centre / len(along)))
    x, y = deviations
    return CentreDeviation(distance=100 * math.hypot(x, y) / 0.5, x=x, y=y)


def balance(image: Planes | Tensor | np.ndarray) -> float:
    """Imbalance of the masses of the grey image, 0 (balanced) to 100.

    Wilson & Chatterjee (2005), the "Assessment of Preference for Balance", with grey levels as
    masses as in Huebner & Fillinger (2016). The mean of eight differences between parts, each in
    percent of the whole mass: left and right half, upper and lower half, the two sides of either
    diagonal, and for each of the four axes the inner against the outer half. The name says balance
    and the number imbalance. image: uint8 [3, H, W] or its planes; NaN if nothing has mass.
    """
    mass = _mass(as_planes(image).grey, light_from=_MIDDLE_GREY - 1)
    total = int(mass.sum())
    if total == 0:
        return math.nan
    differences = [_straight(mass.sum(0)), _straight(mass.sum(1))]
    differences += [_slanted(mass), _slanted(np.rot90(mass))]
    return 100 * float(np.mean(differences)) / total


def _straight(along: np.ndarray) -> tuple[float, float]:
    """First against last half, and inner against outer, of masses along an axis [K]."""
    size = len(along)
    return _parts(along, size // 2, size - size // 2, size // 4, size - size // 4)


def _slanted(mass: np.ndarray) -> tuple[float, float]:
    """The same across the main diagonal of [H, W]; the outer corners hold about half the area."""
    height, width = mass.shape
    row, column = np.ogrid[:height, :width]
    along = np.zeros(height + width - 1)
    for rows in strips(height, width):
        diagonal = (
            column - row[rows] + height - 1
        )  # 0 at the lower left, H - 1 on the main diagonal
        along += np.bincount(diagonal.ravel(), mass[rows].ravel(), len(along))
    lower, upper = int(height * math.sqrt(0.5)), int(width * math.sqrt(0.5))
    return _parts(along, height - 1, height, lower, height - 1 + width - upper)


def _parts(
    along: np.ndarray, first: int, last: int, outer_first: int, outer_last: int
) -> tuple[float, float]:
    halves = abs(along[:first].sum() - along[last:].sum())
    outer = along[:outer_first].sum() + along[outer_last:].sum()
    return float(halves), float(abs(along.sum() - 2 * outer))


@dataclass(frozen=True, kw_only=True)
class HomogeneitySettings:
    """Parameters of `homogeneity`; the default is the published one."""

    cells: int = 10  # columns and rows of the grid

    def __post_init__(self) -> None:
        if self.cells < 2:
            raise ValueError("cells must be at least 2")


HOMOGENEITY = HomogeneitySettings()


def homogeneity(
    image: Planes | Tensor | np.ndarray, settings: HomogeneitySettings = HOMOGENEITY
) -> float:
    """How evenly the figure spreads over columns and rows, 0 (all in one) to 100 (even).

    Huebner & Fillinger (2016), as for `mirror_symmetry`: the pixels that Otsu's threshold finds
    heavy are counted in ten columns and in ten rows; the mean of both entropies in percent of log2
    10. A diagonal line spreads evenly over both and scores 100. image: uint8 [3, H, W] or its
    planes. NaN for a constant image, which has no figure, and if a side is shorter than 10 pixels.
    """
    mass = _mass(as_planes(image).grey, light_from=_MIDDLE_GREY - 1)
    if min(mass.shape) < settings.cells or mass.min() == mass.max():
        return math.nan
    heavy = mass > threshold_otsu(mass)  # [H, W]
    entropies = [
        entropy_bits(np.bincount(_cell(len(along), settings.cells), weights=along) / heavy.sum())
        for along in (heavy.sum(0), heavy.sum(1))
    ]
    return 100 * sum(entropies) / 2 / math.log2(settings.cells)


def _cell(size: int, bins: int) -> np.ndarray:
    """Which of the equal cells each of `size` pixels is in; the last one takes those left over."""
    return np.minimum(np.arange(size) // (size // bins), bins - 1)


# --------------------------------------------------------------------------------------------------
# thirds


@dataclass(frozen=True, kw_only=True)
class ThirdsSettings:
    """Parameters of the rule-of-thirds map; a choice of this course."""

    spread: float = 1 / 12  # standard deviation of the bell around each point, share of the side

    def __post_init__(self) -> None:
        if not self.spread > 0:
            raise ValueError(f"spread is {self.spread}; it must be above 0")


@dataclass(frozen=True, kw_only=True)
class ThirdsWeight:
    """How much of an image's visual weight lies at the four points."""

    share: float  # of the visual weight, each pixel counted by the map
    even: float  # the same for weight spread evenly over the image; about .17

    @property
    def lift(self) -> float:
        """share / even: above 1 where the points have more than their due."""
        return self.share / self.even


THIRDS = ThirdsSettings()


def thirds_map(height: int, width: int, settings: ThirdsSettings = THIRDS) -> np.ndarray:
    """A bell around each of the four points at thirds of the sides, [height, width], 1 on the points.

    exp(-d^2 / (2 spread^2)) with the distance d to the nearest point, across in widths and down in
    heights. The rule of thirds is a convention of picture-making and no law of taste; the bells and
    their width are this course's way to draw it.
    """
    return np.outer(*(_bells(side, settings.spread) for side in (height, width)))


def _bells(side: int, spread: float) -> np.ndarray:
    place = (np.arange(side) + 0.5) / side
    distance = np.minimum(abs(place - 1 / 3), abs(place - 2 / 3))  # [side]
    return np.exp(-(distance**2) / (2 * spread**2))


def visual_weight(image: Planes | Tensor | np.ndarray) -> np.ndarray:
    """How much each pixel stands out: the distance of its colour from the mean colour in L*a*b*, [H, W].

    Achanta, Hemami, Estrada & Suesstrunk (2009), "Frequency-tuned salient region detection", CVPR,
    without the slight blur that they apply first. image: uint8 [3, H, W] or its planes -> 0 or more.
    """
    lab = as_planes(image).lab
    height, width, _ = lab.shape
    mean, weight = lab.mean((0, 1)), np.empty((height, width))
    for rows in strips(height, width):
        weight[rows] = np.sqrt(((lab[rows] - mean) ** 2).sum(2))
    return weight


def rule_of_thirds(
    image: Planes | Tensor | np.ndarray, settings: ThirdsSettings = THIRDS
) -> ThirdsWeight:
    """The share of visual weight around the four points at thirds, beside that of an even image.

    A measure of this course for a convention, not for quality: a subject in the middle has a lift
    below 1. image: uint8 [3, H, W] or its planes. The share is NaN for a constant image, in which
    nothing stands out.
    """
    image = as_planes(image)
    weights = thirds_map(image.height, image.width, settings)
    even = float(weights.mean())
    if (image.rgb == image.rgb[0, 0]).all():
        return ThirdsWeight(share=math.nan, even=even)
    visual = visual_weight(image)
    return ThirdsWeight(share=float((weights * visual).sum() / visual.sum()), even=even)
