"""Edges: how strong they are, which way they run, and which way they run beside each other.

Redies, Brachmann & Wagemans (2017), "High entropy of edge orientations characterizes visual artworks
from diverse cultural backgrounds", Vision Research 133, 130-144; with the conventions of the
Aesthetics Toolbox (Redies et al., 2025), whose values these functions give.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from scipy import fft
from scipy.special import entr

from aesthetic_utils.measures.planes import Planes, as_planes

if TYPE_CHECKING:
    from torch import Tensor

_DECIMALS = 4  # the published filters are rounded to so many
_TOGETHER = 16  # edges that are paired with all others at once; keeps the arrays inside the cache


@dataclass(frozen=True, kw_only=True)
class EdgeSettings:
    """Parameters of the edge measures; the defaults are the published ones."""

    pixels: int = 120_000  # area to which every image is resized, up or down
    filter_size: int = 31  # pixels; odd
    frequency: float = 1 / 8  # of the Gabor filters, cycles per pixel
    bandwidth: float = 4.0  # of the Gabor filters at half response, octaves
    orientations: int = 24  # in a full turn; opposite ones differ in which side is the bright one
    directions: int = 48  # in which one edge can lie from another, in a full turn
    strongest: int = 10_000  # edges that are kept
    nearest: int = 20  # pixels between the edges of a pair, the least ...
    farthest: int = 239  # ... and the most

    def __post_init__(self) -> None:
        if self.orientations % 2 or self.directions % self.orientations:
            raise ValueError("orientations must be even, and directions a multiple of them")
        if not 1 <= self.nearest <= self.farthest or self.filter_size % 2 == 0:
            raise ValueError("1 <= nearest <= farthest is needed, and an odd filter_size")


@dataclass(frozen=True, kw_only=True)
class EdgeStatistics:
    """What `edge_statistics` finds in one image."""

    edge_density: float  # mean response of the best filter at each pixel, grey levels
    eoe_1st_order: float  # entropy of the orientations, bits
    eoe_2nd_order: float  # mean entropy of the orientations relative to another edge, bits


PUBLISHED = EdgeSettings()


def edge_statistics(
    image: Planes | Tensor | np.ndarray, settings: EdgeSettings = PUBLISHED
) -> EdgeStatistics:
    """Edge density and the edge-orientation entropies of first and second order, in one pass.

    image: uint8 [3, H, W], or its planes. The grey image is resized to `pixels` (Lanczos) and
    filtered with a bank of Gabor filters; at each pixel the best filter gives the strength of an
    edge and its orientation, one of 24.

    edge_density is the mean strength, 0 or more. The entropies look at the 10,000 strongest edges
    (more where several share the last place) and lie between 0 and log2(24) = 4.585 bits:
    first order is that of the histogram of orientations, each edge counted with its strength;
    second order is that of the histogram of orientation differences of two edges, counted with the
    product of their strengths, for each distance of 20 to 239 pixels and each of the 48 directions
    in which the second is seen from the first (measured from the first one's orientation), averaged
    over the directions and then over the distances. Bins with a weight of 1 or less are left out.

    Equal strengths are equal here; the reference's rounding errors choose among them, which can move
    its entropies by 1e-5 in a photograph and more in a drawing of straight lines.

    An image without any edge has density 0 and entropies NaN (the reference gives 0 to the first);
    the second order is NaN too when no two edges lie at such a distance, and all three are when one
    side of the resized image would be less than a pixel.
    """
    grey = _resized(as_planes(image).grey, settings.pixels)
    if grey is None:
        nan = float("nan")
        return EdgeStatistics(edge_density=nan, eoe_1st_order=nan, eoe_2nd_order=nan)
    strength, orientation = strongest_response(grey, settings)
    y, x = np.nonzero(_strong(strength, settings.strongest))
    weight, kind = strength[y, x], orientation[y, x]  # [edges]
    histogram = np.bincount(kind, weight, settings.orientations).astype(float)
    pairs = pair_histogram(y, x, kind, weight, settings)
    return EdgeStatistics(
        edge_density=float(strength.mean()),
        eoe_1st_order=float(_entropy(histogram)),
        eoe_2nd_order=_mean_entropy(pairs),
    )


# --------------------------------------------------------------------------------------------------
# filters


def gabor_bank(settings: EdgeSettings = PUBLISHED) -> np.ndarray:
    """The odd Gabor filters of half a turn: float64 [orientations / 2, size, size].

    exp(-r^2 / (2 sigma^2)) cos(2 pi f (x sin t + y cos t) + pi / 2), rounded to 4 decimals as the
    reference does; sigma, 1.70 pixels, follows from frequency and bandwidth. The filters of the
    other half turn are the negatives of these.
    """
    octaves = 2.0**settings.bandwidth
    sigma = (octaves + 1) / (octaves - 1) * np.sqrt(np.log(2) / 2) / (np.pi * settings.frequency)
    half = settings.filter_size // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(float)
    envelope = np.exp(-(x * x + y * y) / (2 * sigma**2)).round(_DECIMALS)  # [size, size]
    angles = np.arange(settings.orientations // 2) * 2 * np.pi / settings.orientations
    t = angles[:, None, None]
    wave = np.cos(2 * np.pi * settings.frequency * (x * np.sin(t) + y * np.cos(t)) + np.pi / 2)
    return (envelope * wave).round(_DECIMALS)  # [orientations / 2, size, size]


def strongest_response(
    grey: np.ndarray, settings: EdgeSettings = PUBLISHED
) -> tuple[np.ndarray, np.ndarray]:
    """The response of the best filter at each pixel and its number: [H, W] -> two arrays [H, W].

    grey: integers from 0 to 255; the image is mirrored at its border. Filter 0 answers to a border
    that is bright below, filter 6 (of 24) to one that is bright on the right, and so round. Of equal
    filters the first wins. Filters and image are whole numbers up to a factor, so the convolution, done by Fourier
    transform and rounded to whole numbers again, is exact: ties are ties on every machine.
    """
    scale = 10.0**_DECIMALS
    filters = _whole_filters(settings)
    padded = np.pad(grey.astype(float), filters.shape[1] // 2, mode="symmetric")
    shape = tuple(fft.next_fast_len(side, real=True) for side in padded.shape)
    products = fft.rfft2(padded, shape) * _filter_spectra(settings, shape)
    # the transform's convolution is circular; from the filter's size on that makes no difference
    first = filters.shape[1] - 1
    valid = (slice(first, first + side) for side in grey.shape)
    responses = np.rint(fft.irfft2(products, shape)[:, *valid])
    best, number = responses[0].copy(), np.zeros(grey.shape, dtype=np.intp)
    for k, response in enumerate([*responses, *(-responses)]):
        np.copyto(number, k, where=response > best)
        np.maximum(best, response, out=best)
    return best / scale, number


def _whole_filters(settings: EdgeSettings) -> np.ndarray:
    """The bank as whole numbers, without the wide border of zeros that the rounding leaves."""
    filters = np.rint(gabor_bank(settings) * 10.0**_DECIMALS)
    used = np.abs(filters).max(0) > 0
    margin = int(np.argmax(used.any(0)))
    return filters[:, margin : len(used) - margin, margin : len(used) - margin]


@functools.lru_cache(maxsize=2)  # a set of images mostly has one size, upright and lying
def _filter_spectra(settings: EdgeSettings, shape: tuple[int, int]) -> np.ndarray:
    return fft.rfft2(_whole_filters(settings), shape)


def _resized(grey: np.ndarray, pixels: int) -> np.ndarray | None:
    height, width = grey.shape
    scale = np.sqrt(pixels / (width * height))
    size = int(width * scale), int(height * scale)
    if min(size) < 1:
        return None
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.LANCZOS))


def _strong(strength: np.ndarray, count: int) -> np.ndarray:
    if strength.size <= count:
        return strength > 0
    return (strength > 0) & (strength >= np.partition(strength, -count, axis=None)[-count])


# --------------------------------------------------------------------------------------------------
# pairs of edges


def pair_histogram(
    y: np.ndarray,
    x: np.ndarray,
    orientation: np.ndarray,
    weight: np.ndarray,
    settings: EdgeSettings = PUBLISHED,
) -> np.ndarray:
    """All ordered pairs of edges by distance, direction and relative orientation.

    y, x, orientation (0 to orientations - 1), weight: [edges], in the order of reading, row by row.
    Returns [distances, directions, orientations]: the summed products of the weights. An edge seen
    at distance d (rounded) in the image direction a (rounded to the 48) from one of orientation o
    counts in direction a + o, and in the difference of the orientations, both modulo a full turn.

    Each pair is looked at once, in the order of reading; the pair turned round is added at the end.
    """
    turn, full = settings.orientations, settings.directions
    step = full // turn
    shape = (settings.farthest + 1 - settings.nearest, full, turn)
    lookup, stride = _displacement_bins(int(x.max(initial=0)) + 1, settings)
    place = y * stride + x  # the difference of two places tells their displacement
    pairs = np.zeros(shape)
    for first in range(turn):
        counted = np.zeros(np.prod(shape) + turn)  # and a bin for what is not wanted
        members = np.flatnonzero(orientation == first)
        for start in range(0, len(members), _TOGETHER):
            some = members[start : start + _TOGETHER]
            others = slice(some[0], np.searchsorted(y, y[some[-1]] + settings.farthest + 1))
            # before the first edge or too far below: clipped to the table's ends, unwanted bins
            bins = lookup.take(place[others] - place[some, None], mode="clip")  # [some, others]
            bins += orientation[others]
            np.add.at(counted, bins.ravel(), np.outer(weight[some], weight[others]).ravel())
        by_second = counted[: pairs.size].reshape(shape)
        pairs += np.roll(by_second, (step * first, -first), axis=(1, 2))
    turned = np.zeros(shape)
    for r in range(turn):
        turned[:, :, -r % turn] = np.roll(pairs[:, :, r], full // 2 + step * r, axis=1)
    return pairs + turned


def _displacement_bins(width: int, settings: EdgeSettings) -> tuple[np.ndarray, int]:
    """For every displacement dy * stride + dx its place in the flat histogram, and the stride."""
    stride = 2 * width
    number = np.arange((settings.farthest + 1) * stride + 1)
    dy = (number + width) // stride
    dx = number - dy * stride  # -width to width - 1
    distance = np.rint(np.hypot(dy, dx)).astype(np.intp)
    turns = np.arctan2(dy, dx) / (2 * np.pi)
    direction = np.rint(turns * settings.directions).astype(np.intp) % settings.directions
    rings = settings.farthest + 1 - settings.nearest
    cell = (distance - settings.nearest) * settings.directions + direction
    wanted = (distance >= settings.nearest) & (distance <= settings.farthest)
    cell = np.where(wanted, cell, rings * settings.directions)
    return cell * settings.orientations, stride


def _entropy(histogram: np.ndarray) -> np.ndarray:
    """Shannon entropy in bits over the last axis; NaN where the histogram is empty."""
    total = histogram.sum(-1, keepdims=True)
    shares = np.divide(histogram, total, where=total > 0, out=np.zeros_like(histogram))
    return np.where(total[..., 0] > 0, entr(shares).sum(-1) / np.log(2), np.nan)


def _mean_entropy(pairs: np.ndarray) -> float:
    """Mean over distances of the mean over directions of the entropy of [distances, directions, :]."""
    filled = pairs.sum(-1) > 1  # [distances, directions]; as in the reference
    sums = np.where(filled, _entropy(pairs), 0).sum(1)  # [distances]
    directions = filled.sum(1)
    some = directions > 0
    return float(np.mean(sums[some] / directions[some])) if some.any() else float("nan")
