"""Reading and writing image files."""

from __future__ import annotations

import io
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from aesthetic_utils.storage import AestheticError, atomic_path, reason

if TYPE_CHECKING:
    from torch import Tensor

MAX_PIXELS = 100_000_000  # 300 MB once decoded; a 100-megapixel camera is the largest in use
PICTURE_ENDINGS = (
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".webp", ".avif", ".bmp", ".tif", ".tiff", ".gif",
    ".tga", ".jp2",
)  # fmt: skip  # in small letters: what is looked for in a folder
_OF_A_KIND = (  # what Pillow says of files that may well be whole
    "unsupported", "not supported", "cannot find loader", "not available", "unimplemented", "unhandled",
)  # fmt: skip
_LARGEST = {"JPEG": 65_500, "WEBP": 16_383}  # pixels of a side that such a file can hold
_SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N")
_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".webp": ("WEBP", {"lossless": True}),
    ".bmp": ("BMP", {}),
    ".tif": ("TIFF", {}),
    ".tiff": ("TIFF", {}),
}


class ImageError(AestheticError, ValueError):
    """An image file or an image tensor that cannot be used; says which, why, and what to do."""


def read_image(path: str | Path, *, max_pixels: int = MAX_PIXELS) -> Tensor:
    """Read an image file as RGB: uint8 `[3, H, W]`, values 0 to 255.

    The picture is turned upright if its EXIF data says so; transparency is laid on white; 16-bit
    grey is scaled to 8 bits; CMYK is converted by Pillow's plain formula. Colour profiles are
    ignored, and of an animation the first picture is taken.

    Raises ImageError when the file is missing, unreadable, empty, cut short, not an image, or has
    more than `max_pixels` pixels (a small file can unpack to fill the memory).
    """
    import torch

    pixels = read_pixels(path, max_pixels=max_pixels)
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()  # [3, H, W]


def read_pixels(path: str | Path, *, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """`read_image` without torch, which takes seconds to load: uint8 `[H, W, 3]`."""
    path = Path(path)
    try:
        if path.stat().st_size == 0:
            raise ImageError(f"{path} is empty (0 bytes); get the file again")
        with warnings.catch_warnings():
            # Pillow warns of large pictures, where max_pixels decides, and of odd metadata
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                return _decode(image, path, max_pixels)
    except Image.DecompressionBombError as error:
        raise ImageError(
            f"{path} is larger than Pillow opens ({error}). If you trust it, raise "
            "PIL.Image.MAX_IMAGE_PIXELS as well as max_pixels"
        ) from error
    except UnidentifiedImageError as error:
        raise ImageError(_not_an_image(path)) from error
    except ImageError:
        raise
    except OSError as error:
        if error.errno is None:  # not the system but a decoder that found nonsense in the header
            raise ImageError(_unreadable(path, error)) from error
        raise ImageError(f"{path} cannot be read: {reason(error)}") from error
    except MemoryError:
        raise
    except Exception as error:  # on odd headers the decoders raise whatever comes to hand
        raise ImageError(_unreadable(path, error)) from error


def save_image(image: Tensor, path: str | Path) -> None:
    """Write `[3, H, W]` (RGB) or `[1, H, W]` (grey), float in [0, 1] or uint8, to an image file.

    The ending of the path chooses the format. The file appears whole or not at all.
    Raises ImageError when the tensor is not such an image, the ending is unknown, or the disk
    refuses.
    """
    path = Path(path)
    kind, options = image_format(path)
    pixels = _to_uint8(image)
    picture = Image.fromarray(pixels.permute(1, 2, 0).squeeze(2).numpy())  # [H, W, 3] or [H, W]
    try:
        with atomic_path(path) as part:
            picture.save(part, format=kind, **options)
    except OSError as error:
        raise ImageError(f"{path} cannot be written: {reason(error)}") from error


def as_jpeg(image: Tensor, quality: int) -> Tensor:
    """An image as it comes back from a JPEG file: float [3, H, W] in [0, 1], the same out, in 8-bit levels.

    quality: 1 to 95 on Pillow's scale; colours at half the resolution, as is Pillow's default.
    Raises ImageError when the tensor is not such an image.
    """
    import torch

    pixels, file = _to_uint8(image), io.BytesIO()
    picture = Image.fromarray(pixels.permute(1, 2, 0).numpy())
    picture.save(file, "JPEG", quality=quality, subsampling=2)
    back = np.array(Image.open(file))  # [H, W, 3]
    return torch.from_numpy(back).permute(2, 0, 1).float() / 255


def image_format(path: str | Path) -> tuple[str, dict]:
    """Pillow's name of the format a path's ending stands for, and options for writing it.

    Raises ImageError for an unknown ending.
    """
    ending = Path(path).suffix
    if ending.lower() not in _FORMATS:
        endings = ", ".join(_FORMATS)
        raise ImageError(f"{path}: no format is called {ending!r}; use one of {endings}")
    return _FORMATS[ending.lower()]


def require_writable_image(path: str | Path, height: int, width: int) -> None:
    """Raise ImageError if no image of this size could be written there; better before long work than after."""
    path = Path(path)
    kind, _ = image_format(path)
    if max(height, width) > _LARGEST.get(kind, 1 << 31):
        raise ImageError(
            f"{path}: a {kind} file holds at most {_LARGEST[kind]:,} pixels each way, and the picture will "
            f"have {width:,} x {height:,}; choose the ending .png"
        )
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise ImageError(f"{path} cannot be written: {reason(error)}") from error


def _decode(image: Image.Image, path: Path, max_pixels: int) -> np.ndarray:
    width, height = image.size
    if width * height > max_pixels:
        raise ImageError(_too_large(path, f"it has {width} x {height} pixels", max_pixels))
    try:
        image.load()
        image = ImageOps.exif_transpose(image)
        return _rgb(image)
    except ImageError as error:
        raise ImageError(f"{path} {error}") from error
    except MemoryError:
        raise
    except Exception as error:  # on broken data the decoders raise whatever comes to hand
        raise ImageError(_unreadable(path, error)) from error


def _rgb(image: Image.Image) -> np.ndarray:
    """Any of Pillow's modes to uint8 [H, W, 3]."""
    if image.mode in _SIXTEEN_BIT or image.mode in ("I", "F"):
        grey = _grey_from_wide(image)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return np.array(image.convert("RGB"))


def _grey_from_wide(image: Image.Image) -> np.ndarray:
    """16-bit grey to 8 bits, rounded: Pillow's own conversion would clip everything above 255."""
    values = np.asarray(image)
    if image.mode == "F":
        if not (np.isfinite(values).all() and 0 <= values.min() and values.max() <= 1):
            raise ImageError("holds floating-point values outside 0 to 1; rescale it first")
        return np.rint(values * 255).astype(np.uint8)
    values = values.astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise ImageError("holds 32-bit values outside 0 to 65535; convert it to 8 or 16 bits first")
    return ((values * 255 + 32767) // 65535).astype(np.uint8)


def _to_uint8(image: Tensor) -> Tensor:
    import torch

    if not isinstance(image, torch.Tensor):
        raise ImageError(f"an image to save is a torch tensor, not {type(image).__name__}")
    shape = list(image.shape)
    if image.ndim == 4:
        raise ImageError(f"a batch {shape} cannot be one file: save images[0], or make a grid")
    if image.ndim != 3 or shape[0] not in (1, 3) or image.numel() == 0:
        raise ImageError(f"an image to save has the shape [3, H, W] or [1, H, W], not {shape}")
    image = image.detach().cpu()
    if image.dtype == torch.uint8:
        return image
    if not image.is_floating_point():
        raise ImageError(f"an image to save is float in [0, 1] or uint8, not {_dtype_name(image)}")
    low, high = image.min().item(), image.max().item()
    if not (0 <= low and high <= 1):  # also false for NaN
        raise ImageError(
            f"an image to save lies in [0, 1], and this runs from {low:.4g} to {high:.4g}: "
            "use image.clamp(0, 1), or (image + 1) / 2 if it is in [-1, 1]"
        )
    planes = [(plane.float() * 255).round().to(torch.uint8) for plane in image]  # saves memory
    return torch.stack(planes)


def _too_large(path: Path, found: str, max_pixels: int) -> str:
    return (
        f"{path} is too large ({found}; the limit is {max_pixels:,}); a file of this kind can fill "
        "the memory. If you trust it, raise the limit (max_pixels here, --max-megapixels of the commands), "
        "or make it smaller first"
    )


def _unreadable(path: Path, error: Exception) -> str:
    """A whole file of a kind that Pillow does not decode is not damaged, and another copy would not help."""
    words = str(error).lower()
    if isinstance(error, NotImplementedError) or any(word in words for word in _OF_A_KIND):
        return f"{path} is of a kind that cannot be read here ({error}); convert it to PNG or JPEG"
    return f"{path} is damaged or was cut short ({error}); get the file again"


def _not_an_image(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(256).lstrip()
    if start.startswith(b"<"):
        return (
            f"{path} is not an image: it begins like a web page or an SVG drawing. Get the "
            "picture itself, or draw it as PNG first"
        )
    return f"{path} is not an image in a known format; convert it to PNG or JPEG"


def _dtype_name(x: Tensor) -> str:
    return str(x.dtype).removeprefix("torch.")
