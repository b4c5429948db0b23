"""One image in the four forms that the measures read: RGB, grey, CIE L*a*b* and HSV.

A conversion is computed when a measure first asks for it and then kept, so that thirty measures of
one image convert it once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from skimage.color import rgb2lab
from skimage.util import img_as_float64

from aesthetic_utils.data.images import ImageError

if TYPE_CHECKING:
    from torch import Tensor


_STRIP = 1 << 18  # pixels that are converted at once
_LARGE = 1 << 22  # pixels from which on memory counts for more than converting twice


@dataclass(frozen=True, eq=False)
class Planes:
    """An 8-bit image and what is derived from it; made by `planes`. The arrays are read-only."""

    rgb: np.ndarray  # [H, W, 3] uint8

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return self.rgb.shape[0]

    @property
    def width(self) -> int:
        """Columns of pixels."""
        return self.rgb.shape[1]

    @cached_property
    def grey(self) -> np.ndarray:
        """Luma of ITU-R BT.601 as Pillow's `convert("L")` rounds it: uint8 [H, W]."""
        return _read_only(np.asarray(Image.fromarray(self.rgb).convert("L")))

    @cached_property
    def lab(self) -> np.ndarray:
        """CIE L*a*b*, illuminant D65, 2 degree observer: float64 [H, W, 3], L* from 0 to 100."""
        return _read_only(_in_strips(rgb2lab, self.rgb))

    @cached_property
    def hsv(self) -> np.ndarray:
        """Hue (a turn of the colour circle is 1), saturation, value: float64 [H, W, 3] in [0, 1]."""
        return _read_only(_in_strips(rgb_to_hsv, self.rgb))

    def release(self, name: str) -> None:
        """Forget "lab" or "hsv" of a large image, whose 24 bytes a pixel are then free again.

        For whoever knows that it will not be asked for again; if it is, it is computed anew.
        """
        if self.height * self.width > _LARGE:
            self.__dict__.pop(name, None)


def planes(image: Tensor | np.ndarray) -> Planes:
    """The forms of one image: uint8 [3, H, W] as `read_image` gives it, torch or numpy.

    Raises ImageError for anything else; the message says what would help.
    """
    torch = sys.modules.get(
        "torch"
    )  # measuring does not load it; whoever has a tensor has it loaded
    if torch is not None and isinstance(image, torch.Tensor):
        image = image.detach().cpu().numpy()
    if not isinstance(image, np.ndarray):
        raise ImageError(f"an image is a tensor or an array, not {type(image).__name__}")
    shape = list(image.shape)
    if image.ndim == 4:
        raise ImageError(f"a batch {shape} was given where one image is wanted: use images[0]")
    if image.ndim == 3 and shape[0] != 3 and shape[2] == 3:
        raise ImageError(f"{shape}: the channels stand last; bring them to the front, [3, H, W]")
    if image.ndim != 3 or shape[0] != 3 or image.size == 0:
        raise ImageError(f"an image to measure has the shape [3, H, W], not {shape}")
    if image.dtype != np.uint8:
        raise ImageError(
            f"an image to measure is uint8, 0 to 255, not {image.dtype}; for float in [0, 1] use "
            "(255 * image).round().to(torch.uint8)"
        )
    rgb = np.ascontiguousarray(image.transpose(1, 2, 0))  # [H, W, 3]
    return Planes(_read_only(rgb.copy() if np.shares_memory(rgb, image) else rgb))


def planes_of_pixels(rgb: np.ndarray) -> Planes:
    """The forms of uint8 [H, W, 3] as `read_pixels` gives it; the array is not copied, but locked."""
    return Planes(_read_only(rgb))


def as_planes(image: Planes | Tensor | np.ndarray) -> Planes:
    """The planes of an image; planes are given back as they are, with all they hold already."""
    return image if isinstance(image, Planes) else planes(image)


def rgb_to_hsv(rgb: np.ndarray) -> np.ndarray:
    """Hue, saturation and value of uint8 [H, W, 3], each float64 in [0, 1]; a grey pixel has hue 0.

    Smith (1978), "Color gamut transform pairs", SIGGRAPH. The same numbers as scikit-image's
    `rgb2hsv`, to the last bit, in a fifth of its time.
    """
    red, green, blue = np.ascontiguousarray(img_as_float64(rgb).transpose(2, 0, 1))  # [H, W] each
    value = np.maximum(np.maximum(red, green), blue)
    range_ = value - np.minimum(np.minimum(red, green), blue)
    is_green, is_blue = green == value, blue == value
    ahead = np.where(is_blue, red - green, np.where(is_green, blue - red, green - blue))
    sector = np.where(is_blue, 4.0, np.where(is_green, 2.0, 0.0))  # in sixths of a turn
    colourful = range_ > 0
    hue = (sector + ahead / np.where(colourful, range_, 1.0)) / 6
    hue = np.where(colourful, np.where(hue < 0, hue + 1, hue), 0.0)
    saturation = range_ / np.where(value > 0, value, 1.0)
    return np.stack([hue, saturation, value], axis=2)  # [H, W, 3]


def strips(height: int, width: int) -> Iterator[slice]:
    """Rows that are worked on at once, so that what is in between needs little memory."""
    rows = max(_STRIP // width, 1)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def _in_strips(convert: Callable[[np.ndarray], np.ndarray], rgb: np.ndarray) -> np.ndarray:
    """A conversion pixel by pixel, uint8 [H, W, 3] -> float64 [H, W, 3]."""
    converted = np.empty(rgb.shape)
    for rows in strips(*rgb.shape[:2]):
        converted[rows] = convert(rgb[rows])
    return converted


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
