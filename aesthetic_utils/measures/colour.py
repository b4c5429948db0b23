"""Tone and colour: how far they spread, over how many hues, and how strong they look.

Nothing here knows where a pixel lies: shuffle the pixels and every value stays. Contrast, entropies
and channel statistics are those of the Aesthetics Toolbox (Redies et al., 2025); colourfulness, hue
count and contrast range give the values of athec 0.1.2 (Peng, 2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import entr

from aesthetic_utils.measures.planes import Planes, as_planes, strips

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class HueCount:
    """Parameters of `hue_count`; the defaults are the published ones."""

    bins: int = 20  # of equal width round the colour circle
    hues: int = 180  # that are told apart before they are put into bins, as in OpenCV's HSV
    saturation: float = 0.2  # a pixel of less has no hue to speak of, ...
    darkest: float = 0.15  # ... nor has one whose value (of HSV) is below this ...
    lightest: float = 0.95  # ... or above this
    share: float = 0.05  # a bin counts when it holds more than this share of the fullest bin

    def __post_init__(self) -> None:
        if not 1 <= self.bins <= self.hues or not 0 <= self.darkest < self.lightest <= 1:
            raise ValueError("1 <= bins <= hues and 0 <= darkest < lightest <= 1 are needed")


@dataclass(frozen=True, kw_only=True)
class ContrastRange:
    """Parameters of `contrast_range`."""

    share: float = 0.9  # of the pixels that the interval holds

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise ValueError(f"share is {self.share}; 0 <= share < 1 is needed")


HUE_COUNT, CONTRAST_RANGE = HueCount(), ContrastRange()


# --------------------------------------------------------------------------------------------------
# tone


def rms_contrast(image: Planes | Tensor | np.ndarray) -> float:
    """Standard deviation of the lightness L*, from 0 to 50; Peli (1990) for root-mean-square contrast.

    image: uint8 [3, H, W], or its planes. 0 for an image of one colour, 50 for one half black and
    half white. The same number as std_Lab_L, under the name that the literature uses.
    """
    return float(as_planes(image).lab[..., 0].std())


def luminance_entropy(image: Planes | Tensor | np.ndarray) -> float:
    """Shannon entropy of the lightness in 256 levels, from 0 to 8 bits.

    image: uint8 [3, H, W], or its planes. The levels are round(255 L* / max L*), so they are
    stretched to the image's own maximum, and one white pixel in a dark image changes the value. 0
    for an image of one colour.
    """
    return _level_entropy(as_planes(image).lab[..., 0])


def contrast_range(
    image: Planes | Tensor | np.ndarray, settings: ContrastRange = CONTRAST_RANGE
) -> int:
    """Width of the shortest interval of grey levels that holds more than 90% of the pixels, 1 to 256.

    image: uint8 [3, H, W], or its planes. The definition is that of athec (Peng, 2022), which counts
    both ends. 1 for an image of one grey, 256
    for a chessboard of black and white.
    """
    counts = np.bincount(as_planes(image).grey.ravel(), minlength=256)
    below = np.concatenate([[0], np.cumsum(counts)])  # pixels darker than level k, 0 to 256
    wanted = settings.share * below[-1]
    # from each lowest level the first end at which enough pixels are inside; 257 where there is none
    ends = np.searchsorted(below, below[:-1] + wanted, side="right")
    inside = ends <= 256
    return int((ends - np.arange(256))[inside].min())


# --------------------------------------------------------------------------------------------------
# colour


def color_entropy(image: Planes | Tensor | np.ndarray) -> float:
    """Shannon entropy of the hue in 256 levels, from 0 to 8 bits; Geller et al. (2022).

    image: uint8 [3, H, W], or its planes. The levels are round(255 H / max H) as in the reference:
    they are stretched to the largest hue of the image, and a hue just below a full turn stands far
    from one just above 0, though both are red. A grey pixel counts as hue 0, red; so a grey image has
    0, as has one of a single hue.
    """
    return _level_entropy(as_planes(image).hsv[..., 0])


def channel_statistics(image: Planes | Tensor | np.ndarray) -> dict[str, float]:
    """Mean and standard deviation of the nine channels of RGB, L*a*b* and HSV, by column name.

    image: uint8 [3, H, W], or its planes. `mean_RGB_R`, `std_RGB_R` and so on: R, G, B from 0 to
    255; L* from 0 to 100, a* (green to red) and b* (blue to yellow) roughly from -110 to 100; hue,
    saturation and value from 0 to 1. Standard deviations are those of the pixels at hand (divided by
    N). Hue is an angle, and its mean and deviation are those of `circular_mean_std`.

    A grey pixel counts as hue 0, as in the reference, so mean and deviation of the hue of a grey
    image are 0; read them beside mean_HSV_S. Both are NaN when the hues cancel each other.
    """
    planes = as_planes(image)
    return {
        k: v for space in ("RGB", "Lab", "HSV") for k, v in space_statistics(planes, space).items()
    }


def space_statistics(planes: Planes, space: str) -> dict[str, float]:
    """Those of `channel_statistics` in one space: RGB, Lab or HSV."""
    plane = getattr(planes, space.lower())
    means, deviations = _mean_std(plane)
    if space == "HSV":
        means[0], deviations[0] = circular_mean_std(plane[..., 0])
    values = {}
    for channel, mean, deviation in zip(space, means, deviations, strict=True):
        values[f"mean_{space}_{channel}"] = float(mean)
        values[f"std_{space}_{channel}"] = float(deviation)
    return values


def circular_mean_std(turns: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of angles in turns: 0.02 and 0.98 are near, and their mean is 0.

    Mardia & Jupp (2000). With R the length of the mean of the unit vectors, the mean is its
    direction, from 0 to 1, and the deviation sqrt(-2 ln R) / (2 pi), 0 when all angles are
    the same and without an upper bound. Both are NaN when the vectors cancel, R < 1e-12.
    """
    angle = 2 * np.pi * np.asarray(turns, dtype=float)
    x, y = np.cos(angle).mean(), np.sin(angle).mean()
    length = min(np.hypot(x, y), 1.0)
    if length < 1e-12:
        return float("nan"), float("nan")
    mean = np.arctan2(y, x) / (2 * np.pi) % 1
    return float(mean), float(np.sqrt(-2 * np.log(length)) / (2 * np.pi))


def colourfulness(image: Planes | Tensor | np.ndarray) -> float:
    """How colourful an image looks; Hasler & Suesstrunk (2003), Proc. SPIE 5007, 87-95.

    image: uint8 [3, H, W], or its planes. With rg = R - G and yb = (R + G) / 2 - B from 0 to 255,
    sqrt(s_rg^2 + s_yb^2) + 0.3 sqrt(m_rg^2 + m_yb^2), s the standard deviations and m the means. The
    authors fitted it to judgements of photographs. 0 for a grey image; one colour all over has
    0.3 of its distance from grey.
    """
    red, green, blue = as_planes(image).rgb.astype(np.int16).transpose(2, 0, 1)  # [H, W] each
    red_green, yellow_blue = (red - green).astype(float), (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    return float(spread + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()))


def hue_count(image: Planes | Tensor | np.ndarray, settings: HueCount = HUE_COUNT) -> int:
    """Number of different hues, 0 to 20; Ke, Tang & Jing (2006), CVPR, 419-426.

    image: uint8 [3, H, W], or its planes. The hues of all pixels that are neither grey, nearly
    black nor nearly white are sorted into 20 bins of 18 degrees; a bin counts when it holds more
    than 5% of what the fullest holds. (The paper's feature is 20 minus this number.) Hues are
    rounded to 2 degrees first, as athec does; an image with a hue on the border of two bins can have
    one more or less without that. 0 for a grey image, one of a single hue has 1.
    """
    hue, saturation, value = as_planes(image).hsv.transpose(2, 0, 1)  # [H, W] each
    coloured = saturation > settings.saturation
    coloured &= (value > settings.darkest) & (value < settings.lightest)
    whole = np.rint(hue[coloured] * settings.hues).astype(np.intp) % settings.hues
    counts = np.bincount(whole * settings.bins // settings.hues, minlength=settings.bins)
    return int(np.count_nonzero(counts > settings.share * counts.max()))


def level_shares(levels: np.ndarray) -> np.ndarray:
    """The share of pixels at each whole-numbered level from 0 to 255: float64 [256], sum 1."""
    return np.bincount(levels.ravel(), minlength=256) / levels.size


def entropy_bits(shares: np.ndarray) -> float:
    """Shannon entropy, -sum p log2 p, of shares that sum to 1; empty ones add nothing."""
    return float(entr(shares).sum() / np.log(2))


def _level_entropy(plane: np.ndarray) -> float:
    highest = plane.max()
    counts = np.zeros(256, dtype=np.intp)
    for rows in strips(*plane.shape):
        scaled = plane[rows] / highest if highest > 0 else plane[rows]
        levels = np.rint(scaled * 255).clip(0).astype(np.intp)
        counts += np.bincount(levels.ravel(), minlength=256)
    return entropy_bits(counts / plane.size)


def _mean_std(plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per channel: [H, W, 3] -> two arrays [3]; channel by channel, which is twice as fast."""
    channels = (np.ascontiguousarray(plane[..., k], dtype=float) for k in range(3))
    means, deviations = zip(*((c.mean(), c.std()) for c in channels), strict=True)
    return np.array(means), np.array(deviations)
