"""What learners hand in: a file with 500 pictures, read with care, since anybody may have made it."""

import json
import math
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from aesthetic_utils.storage import AestheticError, reason

COUNT, SIDE = 500, 32
ENDINGS = (".npz", ".png", ".safetensors")


class SubmissionError(AestheticError):
    """A file that cannot be scored; the message says what is wrong with it."""


def read_submission(path: Path, *, count: int = COUNT) -> Tensor:
    """The pictures of a file, float [count, 3, 32, 32] in [0, 1].

    .npz and .safetensors: one array [count, 3, 32, 32] or [count, 32, 32, 3], whole numbers from 0 to 255 or numbers from
    0 to 1. .png: a sheet of tiles of 32 x 32 pixels, row by row, RGB; tiles beyond `count` are passed over.
    Raises SubmissionError for everything else; nothing in the file is executed.
    """
    read = {".npz": _from_npz, ".png": _from_png, ".safetensors": _from_safetensors}
    if path.suffix.lower() not in read:
        raise SubmissionError(f"it ends in {path.suffix or 'nothing'}; use {', '.join(ENDINGS)}")
    try:
        array = read[path.suffix.lower()](path, count)
    except SubmissionError:
        raise
    except Exception as error:  # whatever the libraries make of a file that is none
        if isinstance(error, OSError) and error.errno is not None:
            raise SubmissionError(f"it cannot be read: {reason(error)}") from error
        raise SubmissionError(
            f"it is no {path.suffix} file ({type(error).__name__}); write it anew, and try to read it"
        ) from None
    return _checked(array, count)


def _most(count: int) -> int:
    """Bytes of pictures as float64, and some room for a header."""
    return count * 3 * SIDE * SIDE * 8 + 100_000


def _from_npz(path: Path, count: int) -> np.ndarray:
    with zipfile.ZipFile(path) as archive:
        if sum(info.file_size for info in archive.infolist()) > _most(count):
            raise SubmissionError(f"it unpacks to more than {count} pictures take")
    with np.load(path, allow_pickle=False) as arrays:
        if len(arrays.files) != 1:
            raise SubmissionError(f"it holds {len(arrays.files)} arrays; it should hold one")
        return arrays[arrays.files[0]]


def _from_safetensors(path: Path, count: int) -> np.ndarray:
    from safetensors import safe_open

    if path.stat().st_size > _most(count):
        raise SubmissionError(f"it is larger than {count} pictures are")
    with safe_open(path, "pt") as tensors:
        names = list(tensors.keys())
        if len(names) != 1:
            raise SubmissionError(f"it holds {len(names)} tensors; it should hold one")
        found = tensors.get_tensor(names[0])
    return (found.float() if found.is_floating_point() else found).numpy()


def _from_png(path: Path, count: int) -> np.ndarray:
    from PIL import Image

    with Image.open(path, formats=("PNG",)) as opened:
        width, height = opened.size
        tiles = (width // SIDE) * (height // SIDE)
        if width % SIDE or height % SIDE or not count <= tiles <= 2 * count:
            raise SubmissionError(
                f"the sheet has {width} x {height} pixels, which are not {count} tiles of {SIDE} x {SIDE}"
            )
        pixels = np.asarray(opened.convert("RGB"))
    rows = pixels.reshape(height // SIDE, SIDE, width // SIDE, SIDE, 3)
    return rows.transpose(0, 2, 1, 3, 4).reshape(tiles, SIDE, SIDE, 3)[:count]


def _checked(array: np.ndarray, count: int) -> Tensor:
    shapes = ((count, 3, SIDE, SIDE), (count, SIDE, SIDE, 3))
    if array.shape not in shapes:
        raise SubmissionError(
            f"its array is {list(array.shape)[:6]}; it should be {list(shapes[0])} or {list(shapes[1])}"
        )
    if array.dtype.kind not in "uif":
        raise SubmissionError(f"its numbers are {array.dtype}; use uint8 or float32")
    if not np.isfinite(array).all():
        raise SubmissionError("some of its numbers are not finite")
    highest = 1.0 if array.dtype.kind == "f" else 255
    low, high = float(array.min()), float(array.max())
    if low < 0 or high > highest:
        raise SubmissionError(
            f"its numbers go from {low:g} to {high:g}; they should stay within 0 and {highest:g}"
        )
    if array.shape == shapes[1]:
        array = array.transpose(0, 3, 1, 2)
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)) / highest


def sheet(images: Tensor, columns: int) -> np.ndarray:
    """Pictures [N, 3, H, W] in [0, 1] as one, row by row, white where none is left: uint8 [H', W', 3]."""
    n, _, h, w = images.shape
    rows = math.ceil(n / columns)
    tiles = torch.ones(rows * columns, 3, h, w)
    tiles[:n] = images
    laid = tiles.view(rows, columns, 3, h, w).permute(0, 3, 1, 4, 2).reshape(rows * h, columns * w, 3)  # fmt: skip
    return (255 * laid).round().byte().numpy()


def described(path: Path) -> str:
    """A name for a submission, from its file's: what a table and a page can hold."""
    return json.dumps(path.stem, ensure_ascii=False)[1:-1][:60]
