"""What is done to a picture before it is measured: cut or filled up, and brought to a size."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from PIL import Image

FOURIER_SIDE, EDGE_PIXELS = 1024, 120_000  # to which these measures bring every picture themselves
_OWN_SIZE = {
    "fourier_slope_redies": FOURIER_SIDE, "fourier_sigma": FOURIER_SIDE,
    "edge_density": EDGE_PIXELS, "eoe_1st_order": EDGE_PIXELS, "eoe_2nd_order": EDGE_PIXELS,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """First cropped or padded, then resized; nothing by default.

    Raises ValueError for two ways at once, and for sizes below 8 pixels.
    """

    size: int | None = None  # pixels of the longer side, up or down
    pixels: int | None = None  # width times height, up or down, the shape kept
    crop: bool = False  # to the largest square in the middle
    pad: bool = False  # to a square, with white on both sides

    def __post_init__(self) -> None:
        if self.crop and self.pad:
            raise ValueError("a picture is cropped or padded to a square, not both")
        if self.size is not None and self.pixels is not None:
            raise ValueError(
                "size is that of the longer side and pixels the area: give one of them"
            )
        if (self.size is not None and self.size < 8) or (
            self.pixels is not None and self.pixels < 64
        ):
            raise ValueError("size must be at least 8 pixels, and pixels at least 64")

    @property
    def changes(self) -> bool:
        """Whether anything is done."""
        return self != Preparation()

    def described(self) -> str:
        """In words, for a table's description."""
        parts = [name for name in ("crop", "pad") if getattr(self, name)]
        parts += [f"{k} {v}" for k, v in asdict(self).items() if k in ("size", "pixels") and v]
        return ", ".join(parts) or "as in the file"


NOTHING = Preparation()


def prepared(rgb: np.ndarray, how: Preparation) -> tuple[np.ndarray, bool]:
    """The picture made ready: uint8 [H, W, 3] -> uint8 [h, w, 3], and whether it was enlarged.

    Resizing is Pillow's bicubic interpolation, with antialiasing when it makes smaller.
    """
    if not how.changes:
        return rgb, False
    if how.crop:
        side = min(rgb.shape[:2])
        top, left = ((n - side) // 2 for n in rgb.shape[:2])
        rgb = rgb[top : top + side, left : left + side]
    elif how.pad:
        side = max(rgb.shape[:2])
        white = np.full((side, side, 3), 255, dtype=np.uint8)
        top, left = ((side - n) // 2 for n in rgb.shape[:2])
        white[top : top + rgb.shape[0], left : left + rgb.shape[1]] = rgb
        rgb = white
    h, w = rgb.shape[:2]
    factor = 1.0
    if how.size is not None:
        factor = how.size / max(h, w)
    elif how.pixels is not None:
        factor = (how.pixels / (h * w)) ** 0.5
    to = max(round(w * factor), 1), max(round(h * factor), 1)
    if to != (w, h):
        rgb = np.array(Image.fromarray(rgb).resize(to, Image.Resampling.BICUBIC))
    return np.ascontiguousarray(rgb), to[0] > w or to[1] > h


def enlarged_columns(height: int, width: int, columns: tuple[str, ...]) -> list[str]:
    """Those of the columns whose measures enlarge a picture of this size before they look at it."""
    has = {FOURIER_SIDE: max(height, width), EDGE_PIXELS: height * width}
    return [c for c in columns if c in _OWN_SIZE and has[_OWN_SIZE[c]] < _OWN_SIZE[c]]
