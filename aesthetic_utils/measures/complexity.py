"""Order and complexity: Birkhoff's formula, its information-theoretic heirs, and compression.

The fewer bytes a picture can be packed into, the more of it can be foretold from the rest of it. The
size of a compressed file is a rough measure of complexity that agrees fairly well with what people
call complex (Forsythe, Mulhern & Sawey, 2008; Forsythe et al., 2011).
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from aesthetic_utils.measures.colour import entropy_bits, level_shares
from aesthetic_utils.measures.planes import Planes, as_planes

if TYPE_CHECKING:
    from torch import Tensor

JPEG_LARGEST = 65_500  # pixels of a side, the limit of libjpeg
_GREY_BITS = 8.0  # what a pixel of 256 equally frequent greys tells


@dataclass(frozen=True, kw_only=True)
class Compression:
    """Parameters of the compressed sizes."""

    png_level: int = 6  # effort of zlib, 0 to 9; 6 is its own default
    jpeg_quality: int = 75  # the usual default; 1 to 95
    jpeg_subsampling: str = "4:2:0"  # colour at half the resolution, as most files have it

    def __post_init__(self) -> None:
        if not 0 <= self.png_level <= 9 or not 1 <= self.jpeg_quality <= 95:
            raise ValueError("0 <= png_level <= 9 and 1 <= jpeg_quality <= 95 are needed")


@dataclass(frozen=True, kw_only=True)
class PolygonOrder:
    """Birkhoff's five elements of the order of a polygon, as one counts them on the figure."""

    vertical_symmetry: int = 0  # V: 1 if it is symmetric about an upright axis
    equilibrium: int = 0  # E: 1 if it seems to stand at rest, -1 if it seems to fall, 0 between
    rotational_symmetry: float = 0  # R: q / 2 if a q-th of a turn (q > 1) brings it onto itself
    network: int = 0  # HV: 2 if its sides lie in a grid of level and upright lines, 1 if nearly
    unsatisfactory: int = 0  # F: faults of form, such as points too near together or many niches

    def __post_init__(self) -> None:
        if self.vertical_symmetry not in (0, 1) or self.equilibrium not in (-1, 0, 1):
            raise ValueError("vertical_symmetry is 0 or 1, equilibrium -1, 0 or 1")
        if self.network not in (0, 1, 2):
            raise ValueError("network is 0, 1 or 2")
        if self.rotational_symmetry < 0 or self.unsatisfactory < 0:
            raise ValueError("rotational_symmetry and unsatisfactory are 0 or more")

    @property
    def total(self) -> float:
        """O = V + E + R + HV - F."""
        gained = self.vertical_symmetry + self.equilibrium + self.rotational_symmetry + self.network
        return gained - self.unsatisfactory


@dataclass(frozen=True, kw_only=True)
class InformationMeasures:
    """What `information_measures` finds in one image."""

    m_b: float  # redundancy of the palette, 0 to 1
    m_k: float  # compressibility of the image, at most 1


COMPRESSION = Compression()


# --------------------------------------------------------------------------------------------------
# polygons


def birkhoff_polygon(order: PolygonOrder, lines: int) -> float:
    """Birkhoff's aesthetic measure of a polygon, M = O / C; Birkhoff (1933), Aesthetic Measure.

    O = V + E + R + HV - F is the order, C = `lines` the complexity: the number of different straight
    lines on which the sides lie (4 for a square, 8 for a Greek cross with its 12 sides). A square has
    (1 + 1 + 2 + 2) / 4 = 1.5, a rectangle 1.25, an equilateral triangle on its side 3.5 / 3. What V,
    E, R, HV and F are is for the eye to decide; tests of the formula against preferences found
    correlations from .70 down to .05 (Eysenck, 1941). Raises ValueError for fewer than 3 lines.
    """
    if lines < 3:
        raise ValueError(f"a polygon has sides on at least 3 lines, not {lines}")
    return order.total / lines


# --------------------------------------------------------------------------------------------------
# images


def information_measures(
    image: Planes | Tensor | np.ndarray, settings: Compression = COMPRESSION
) -> InformationMeasures:
    """Birkhoff's M = O / C in information theory; Rigau, Feixas & Sbert (2007).

    image: uint8 [3, H, W], or its planes; of N pixels, each one of 256 greys, at most 8 bits. Order is
    what is saved of the bits that the picture could have taken, complexity is those bits. Departure
    from the authors, who take colours of 24 bits: an entropy over 16 million colours cannot be
    estimated from a picture of fewer pixels.

    m_b = (8 - H) / 8 with the entropy H of the greys: 0 when all 256 are equally frequent, 1 for
    one grey. It does not see where the pixels lie.

    m_k = (8 N - K) / (8 N) with K, which stands for the Kolmogorov complexity that cannot be
    computed, the bits of the grey image as PNG (here without the file's header): nearly 1 for a
    plain image, near 0 for white noise, a little below 0 when the compressor finds nothing. Compare
    values of one compressor alone.
    """
    grey = as_planes(image).grey
    packed = 8 * _png_bytes(grey, settings)
    return InformationMeasures(
        m_b=(_GREY_BITS - entropy_bits(level_shares(grey))) / _GREY_BITS,
        m_k=1 - packed / (_GREY_BITS * grey.size),
    )


def png_bytes_per_pixel(
    image: Planes | Tensor | np.ndarray, settings: Compression = COMPRESSION
) -> float:
    """Size of the colours as PNG, without loss: bytes per pixel, above 0; noise in colour has 3.

    image: uint8 [3, H, W], or its planes. The headers of the file are left out, since in small images
    they would outweigh the picture. Versions of zlib differ by a few per cent: compare values made
    by one installation alone.
    """
    rgb = as_planes(image).rgb
    return _png_bytes(rgb, settings) / (rgb.size / 3)


def jpeg_bytes_per_pixel(
    image: Planes | Tensor | np.ndarray, settings: Compression = COMPRESSION
) -> float:
    """Size of what JPEG keeps of the image at quality 75: bytes per pixel, above 0.

    image: uint8 [3, H, W], or its planes. Tables and headers are left out, as for PNG. JPEG drops
    what people hardly see, so noise of low contrast costs it little. It works in blocks of 8 or 16
    pixels; of an image of few blocks this says nothing. Versions of the encoder differ slightly. NaN for
    a side of more than 65,500 pixels, such as a scroll's, which JPEG cannot hold.
    """
    rgb = as_planes(image).rgb
    if max(rgb.shape) > JPEG_LARGEST:
        return math.nan
    data = _encoded(
        rgb, format="JPEG", quality=settings.jpeg_quality, subsampling=settings.jpeg_subsampling
    )
    return len(_jpeg_scan(data)) / (rgb.size / 3)


def _png_bytes(pixels: np.ndarray, settings: Compression) -> int:
    """Bytes of the compressed pixels in a PNG file of [H, W] or [H, W, 3]."""
    data = _encoded(pixels, format="PNG", compress_level=settings.png_level)
    place, size = 8, 0  # behind the signature
    while place < len(data):  # a chunk: length of the content, name, content, checksum
        length, name = int.from_bytes(data[place : place + 4]), data[place + 4 : place + 8]
        size += length if name == b"IDAT" else 0
        place += 12 + length
    return size


def _jpeg_scan(data: bytes) -> bytes:
    """What follows the header of the (only) scan in a JPEG file."""
    place = 2  # behind the start marker
    while True:  # a segment: marker, length with its own two bytes, content
        marker, length = data[place : place + 2], int.from_bytes(data[place + 2 : place + 4])
        place += 2 + length
        if marker == b"\xff\xda":
            return data[place:-2]  # without the end marker


def _encoded(pixels: np.ndarray, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, **options)
    return buffer.getvalue()
