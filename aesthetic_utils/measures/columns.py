"""All measures of an image at once, each under the name of its column."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aesthetic_utils.measures import (
    colour,
    complexity,
    composition,
    edges,
    fractal,
    gradients,
    spectrum,
)
from aesthetic_utils.measures.planes import Planes, as_planes

if TYPE_CHECKING:
    from torch import Tensor

_INF = math.inf


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What one column of the table means."""

    group: Callable[[Planes], dict[str, float]]  # computes this and its kin in one pass
    unit: str
    range: tuple[float, float]  # the least and the largest value there can be; both may be infinite
    reference: str | None  # the column of the Aesthetics Toolbox's own table, or "athec: key"
    meaning: str


def measure(
    image: Planes | Tensor | np.ndarray,
    columns: Sequence[str] | None = None,
    failures: dict[str, str] | None = None,
) -> dict[str, float]:
    """All measures of an image by column name, in the order of MEASURES; or those of `columns` alone.

    image: uint8 [3, H, W], or its planes. NaN where a measure is not defined for the image; each
    measure's docstring says when. What is computed together is computed once. With a dict `failures` a
    group of measures that breaks off costs none of the others: its columns are NaN, and the dict gets the
    reason under their names. Raises ValueError for a column that is not in MEASURES.
    """
    names = tuple(MEASURES) if columns is None else tuple(columns)
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        raise ValueError(f"no measure is called {unknown[0]!r}; there are {', '.join(MEASURES)}")
    planes = as_planes(image)
    values: dict[str, float] = {}
    for group in dict.fromkeys(MEASURES[name].group for name in names):
        try:
            values |= group(planes)
        except MemoryError:
            raise
        except Exception as error:
            if failures is None:
                raise
            own = [name for name in names if MEASURES[name].group is group]
            values |= dict.fromkeys(own, math.nan)
            failures |= dict.fromkeys(own, f"{type(error).__name__}: {error}")
    return {name: float(values[name]) for name in names}


def _size(planes: Planes) -> dict[str, float]:
    size = planes.width + planes.height
    return {"image_size": size, "aspect_ratio": planes.width / planes.height}


def _colour(planes: Planes) -> dict[str, float]:
    values = {
        "color_entropy": colour.color_entropy(planes),
        "hue_count": colour.hue_count(planes),
        **colour.space_statistics(planes, "HSV"),
    }
    planes.release("hsv")  # no other measure needs it, and L*a*b* is as large
    return values | {
        "contrast_range": colour.contrast_range(planes),
        "colourfulness": colour.colourfulness(planes),
        **colour.space_statistics(planes, "RGB"),
        "rms_contrast": colour.rms_contrast(planes),
        "luminance_entropy": colour.luminance_entropy(planes),
        **colour.space_statistics(planes, "Lab"),
    }


def _composition(planes: Planes) -> dict[str, float]:
    mirrored, centre = composition.normalised_mirror_symmetry(planes), composition.dcm(planes)
    return {
        "mirror_symmetry": composition.mirror_symmetry(planes),
        "normalised_mirror_symmetry_lr": mirrored.left_right,
        "normalised_mirror_symmetry_ud": mirrored.top_bottom,
        "dcm_distance": centre.distance,
        "dcm_x": centre.x,
        "dcm_y": centre.y,
        "balance": composition.balance(planes),
        "homogeneity": composition.homogeneity(planes),
        "rule_of_thirds": composition.rule_of_thirds(planes).share,
    }


def _spectrum(planes: Planes) -> dict[str, float]:
    redies = spectrum.fourier_redies(planes)
    return {
        "fourier_slope_redies": redies.slope,
        "fourier_sigma": redies.sigma,
        "fourier_slope_spehar": spectrum.fourier_slope_spehar(planes),
        "fourier_slope_mather": spectrum.fourier_slope_mather(planes),
    }


def _fractal(planes: Planes) -> dict[str, float]:
    return {"fractal_2d": fractal.fractal_2d(planes), "fractal_3d": fractal.fractal_3d(planes)}


def _gradients(planes: Planes) -> dict[str, float]:
    found = gradients.phog(planes)
    planes.release("lab")  # the groups that follow need grey and RGB alone
    return {
        "phog_selfsimilarity": found.self_similarity,
        "phog_complexity": found.complexity,
        "phog_anisotropy": found.anisotropy,
    }


def _edges(planes: Planes) -> dict[str, float]:
    found = edges.edge_statistics(planes)
    return {
        "edge_density": found.edge_density,
        "eoe_1st_order": found.eoe_1st_order,
        "eoe_2nd_order": found.eoe_2nd_order,
    }


def _complexity(planes: Planes) -> dict[str, float]:
    information = complexity.information_measures(planes)
    return {
        "png_bytes_per_pixel": complexity.png_bytes_per_pixel(planes),
        "jpeg_bytes_per_pixel": complexity.jpeg_bytes_per_pixel(planes),
        "rigau_mb": information.m_b,
        "rigau_mk": information.m_k,
    }


# --------------------------------------------------------------------------------------------------
# the columns


def _channels() -> Iterator[tuple]:
    extremes = {
        "RGB": {"R": (0, 255), "G": (0, 255), "B": (0, 255)},
        "Lab": {"L": (0, 100), "a": (-87, 99), "b": (-108, 95)},  # of all sRGB colours, widened
        "HSV": {"H": (0, 1), "S": (0, 1), "V": (0, 1)},
    }
    ambiguous = {("mean", "RGB", "B"), ("mean", "Lab", "b"), ("std", "Lab", "b")}
    for word, name in (("mean", "mean"), ("std", "standard deviation")):
        for space, channels in extremes.items():
            for channel, (low, high) in channels.items():
                suffix = f" ({space})" if (word, space, channel) in ambiguous else ""
                hue = channel == "H"
                unit = "turns" if hue else {"RGB": "levels", "Lab": "L*a*b*", "HSV": "1"}[space]
                limits = (low, high) if word == "mean" else (0, _INF if hue else (high - low) / 2)
                yield (
                    f"{word}_{space}_{channel}", _colour, unit, limits,
                    f"{word} {channel} channel{suffix}",
                    f"{'circular ' * hue}{name} of {channel} in {space}",
                )  # fmt: skip


_COLUMNS = (
    ("image_size", _size, "pixels", (2, _INF), "Image size (pixels)", "width plus height"),
    ("aspect_ratio", _size, "1", (0, _INF), "Aspect ratio", "width by height"),
    ("rms_contrast", _colour, "L*", (0, 50), "RMS contrast", "spread of the lightness"),
    ("luminance_entropy", _colour, "bits", (0, 8), "Luminance entropy", "variety of lightnesses"),
    ("contrast_range", _colour, "levels", (1, 256), "athec: contrast_range",
        "shortest interval of greys with 90% of the pixels"),
    ("color_entropy", _colour, "bits", (0, 8), "Color entropy", "variety of hues"),
    ("colourfulness", _colour, "levels", (0, _INF), "athec: colorful",
        "spread and strength of the colours"),
    ("hue_count", _colour, "hues", (0, 20), "athec: hue_count", "number of different hues, of 20"),
    *_channels(),
    ("mirror_symmetry", _composition, "%", (0, 109), "Mirror symmetry",
        "mirrored pairs that are both dark"),
    ("normalised_mirror_symmetry_lr", _composition, "1", (-1, 1), None,
        "correlation of lightness with its left-right mirror image"),
    ("normalised_mirror_symmetry_ud", _composition, "1", (-1, 1), None,
        "correlation of lightness with its upside-down mirror image"),
    ("dcm_distance", _composition, "%", (0, 142), "DCM distance",
        "centre of mass from the middle, in half sides"),
    ("dcm_x", _composition, "widths", (-0.5, 0.5), "DCM x position",
        "how far left of the middle the centre of mass lies"),
    ("dcm_y", _composition, "heights", (-0.5, 0.5), "DCM y position",
        "how far above the middle the centre of mass lies"),
    ("balance", _composition, "%", (0, 100), "Balance",
        "difference of mass between halves; 0 is balanced"),
    ("homogeneity", _composition, "%", (0, 100), "Homogeneity",
        "evenness of mass over columns and rows"),
    ("rule_of_thirds", _composition, "1", (0, 1), None,
        "visual weight near the crossings of the thirds; .17 is even"),
    ("fourier_slope_redies", _spectrum, "1", (-_INF, _INF), "Slope Redies",
        "slope of log power over log frequency, at 1024 pixels"),
    ("fourier_sigma", _spectrum, "1", (0, _INF), "Fourier sigma",
        "deviation of the log power from that line"),
    ("fourier_slope_spehar", _spectrum, "1", (-_INF, _INF), "Slope Spehar",
        "slope of log amplitude over log frequency, outliers removed"),
    ("fourier_slope_mather", _spectrum, "1", (-_INF, _INF), "Slope Mather",
        "the same over the middle frequencies of lightness"),
    ("fractal_2d", _fractal, "1", (-_INF, _INF), "2D Fractal dimension",
        "box-counting dimension of the border of dark and light"),
    ("fractal_3d", _fractal, "1", (-_INF, _INF), "3D Fractal dimension",
        "box-counting dimension of the relief of greys"),
    ("phog_selfsimilarity", _gradients, "1", (0, 1), "Self-similarity (PHOG)",
        "likeness of the parts' gradients to the whole's"),
    ("phog_complexity", _gradients, "levels", (0, _INF), "Complexity",
        "mean strength of the gradients"),
    ("phog_anisotropy", _gradients, "1", (0, 1), "Anisotropy",
        "unevenness of the gradients over directions and places"),
    ("edge_density", _edges, "levels", (0, _INF), "Edge density", "mean strength of the edges"),
    ("eoe_1st_order", _edges, "bits", (0, math.log2(24)), "1st-order EOE",
        "variety of the orientations of edges"),
    ("eoe_2nd_order", _edges, "bits", (0, math.log2(24)), "2nd-order EOE",
        "variety of orientations of one edge seen from another"),
    ("png_bytes_per_pixel", _complexity, "bytes", (0, _INF), None, "compressed size without loss"),
    ("jpeg_bytes_per_pixel", _complexity, "bytes", (0, _INF), None,
        "compressed size at JPEG quality 75"),
    ("rigau_mb", _complexity, "1", (0, 1), None,
        "share of the bits saved by the frequencies of the greys"),
    ("rigau_mk", _complexity, "1", (-_INF, 1), None,
        "share of the bits saved by compressing the greys"),
)  # fmt: skip

MEASURES: dict[str, Measure] = {
    name: Measure(group=group, unit=unit, range=limits, reference=reference, meaning=meaning)
    for name, group, unit, limits, reference, meaning in _COLUMNS
}

# --------------------------------------------------------------------------------------------------
# small images

# None that enlarges the image first (Redies' slope, the edges) or is undefined below 128 pixels
# (Mather's slope).
SMALL = (
    "rms_contrast", "luminance_entropy", "mean_Lab_L", "color_entropy", "colourfulness",
    "mean_HSV_S", "hue_count", "mirror_symmetry", "normalised_mirror_symmetry_lr",
    "normalised_mirror_symmetry_ud", "dcm_distance", "balance", "homogeneity", "rule_of_thirds",
    "fractal_2d", "fractal_3d", "phog_selfsimilarity", "phog_complexity", "phog_anisotropy",
    "png_bytes_per_pixel",
)  # fmt: skip
SPEHAR = "fourier_slope_spehar"


def measure_small(image: Planes | Tensor | np.ndarray) -> dict[str, float]:
    """The columns of SMALL and Spehar's slope, which drawings of 32 pixels have too; as `measure`."""
    planes = as_planes(image)
    return measure(planes, SMALL) | {SPEHAR: spectrum.fourier_slope_spehar(planes)}
