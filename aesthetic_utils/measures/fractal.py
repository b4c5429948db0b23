"""Fractal dimension by counting boxes, of an image's dark shapes (2-D) and of its relief of greys (3-D).

A line has dimension 1, a filled area 2, a coastline something between. Here the dimension is the slope
of a straight line: how fast the number of boxes that are needed grows as the boxes shrink. The values
are those of the Aesthetics Toolbox (Redies et al., 2025).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from aesthetic_utils.measures.planes import Planes, as_planes

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Fractal2D:
    """Parameters of `fractal_2d`."""

    smallest: int = 6  # boxes along a side at which the counting stops

    def __post_init__(self) -> None:
        if self.smallest < 1:
            raise ValueError("smallest must be 1 or more")


@dataclass(frozen=True, kw_only=True)
class Fractal3D:
    """Parameters of `fractal_3d`."""

    step: int = 2  # pixels from one box size to the next

    def __post_init__(self) -> None:
        if self.step < 1:
            raise ValueError("step must be 1 or more")


FRACTAL_2D, FRACTAL_3D = Fractal2D(), Fractal3D()


def fractal_2d(image: Planes | Tensor | np.ndarray, settings: Fractal2D = FRACTAL_2D) -> float:
    """Box-counting dimension of the border between dark and light; Spehar et al. (2003).

    image: uint8 [3, H, W], or its planes. The grey image is squeezed into a square of its short
    side (bicubic); pixels darker than the mean are marked. Again and again 2 x 2 cells become one,
    marked when some of the four were marked but not all, and the marked ones are counted, until no more
    than 6 cells are left along a side. The slope of log2 count over log2 cells along a side is the
    dimension: 1 for a square, 0.7 to 0.9 for a disc or a tilted edge, whose true dimension is 1, and
    above 2 for white noise (borders thicken as they are counted). The count of the pixels themselves is not used.

    NaN when some count is 0 (a gradient, an image of one grey) or only one count is left (a side
    below 28 pixels).
    """
    grey = as_planes(image).grey
    side = min(grey.shape)
    if grey.shape != (side, side):
        grey = np.asarray(Image.fromarray(grey).resize((side, side), Image.Resampling.BICUBIC))
    marked = grey < grey.mean()  # [N, N]
    sizes, counts = [], []
    while (half := len(marked) // 2) > settings.smallest:
        cells = marked[: 2 * half, : 2 * half].reshape(half, 2, half, 2)
        inside = cells.sum(axis=(1, 3))  # [N / 2, N / 2], 0 to 4
        marked = (inside > 0) & (inside < 4)
        sizes.append(half)
        counts.append(int(np.count_nonzero(marked)))
    return _slope(np.log2(sizes), counts, np.log2)


def fractal_3d(image: Planes | Tensor | np.ndarray, settings: Fractal3D = FRACTAL_3D) -> float:
    """Differential box-counting dimension of the grey levels seen as a relief; Mather (2018).

    image: uint8 [3, H, W], or its planes. The central square of 2^k pixels, N on a side, is divided
    into windows of b x b pixels that share one column with their right neighbour; a window takes
    ceil((max - min) / (b / N)) boxes, at least one. b runs from 2^ceil(log2 N^(1/3)) in steps of 2
    while a larger b still gives fewer windows in a row. The slope of ln count over ln(1 / b) is the
    dimension: 2 for a smooth surface, near 3 for noise; of small images more (a flat one of 64
    pixels has 2.4), so compare only images of one size.

    NaN for a square below 32 pixels, which has no room for several b.
    """
    square = _central_square(as_planes(image).grey)
    if len(square) < 32:
        return float("nan")
    boxes = _box_sizes(len(square), settings.step)
    counts = [_relief_boxes(square, b) for b in boxes]
    return _slope(np.log(1 / np.array(boxes)), counts, np.log)


def _slope(x: np.ndarray, counts: list[int], log: Callable) -> float:
    if len(counts) < 2 or min(counts) == 0:
        return float("nan")
    return float(np.polyfit(x, log(counts), 1)[0])


def _central_square(grey: np.ndarray) -> np.ndarray:
    """The largest square of 2^k pixels; its corner is rounded to even as in the reference."""
    size = 2 ** (min(grey.shape).bit_length() - 1)
    top, left = (round((side - size) / 2) for side in grey.shape)
    return grey[top : top + size, left : left + size]


def _box_sizes(size: int, step: int) -> list[int]:
    smallest = 2 ** int(np.ceil(np.log2(size ** (1 / 3))))
    largest = smallest
    while np.ceil(size / largest + 1) <= np.ceil(size / (largest - 1)):
        largest += 1
    return list(range(smallest, largest + 1, step))


def _relief_boxes(square: np.ndarray, box: int) -> int:
    """Boxes of width `box` and height box / N grey levels that cover the relief in all windows."""
    size = len(square)
    rows = len(range(0, size - box - 1, box))  # where the last would just fit, the reference stops
    columns = len(range(0, size - box, box - 1))
    strips = square[: rows * box].reshape(rows, box, size)
    windows = (slice(None), slice(None, columns * (box - 1), box - 1))
    high = sliding_window_view(strips.max(1), box, axis=1)[windows].max(-1)  # [rows, columns]
    low = sliding_window_view(strips.min(1), box, axis=1)[windows].min(-1)
    height = box * (1 / size)  # grey levels
    return int(np.maximum(np.ceil((high - low) / height), 1).sum())
