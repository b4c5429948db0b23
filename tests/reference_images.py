"""The images whose measures are known from the Aesthetics Toolbox, rebuilt bit by bit.

Photographs and scans come with scikit-image; the synthetic ones are computed. Each is checked
against the hash of the bytes that the toolbox was given, so that a value is never compared with
that of another image.
"""

import functools
import hashlib

import numpy as np
import torch
from skimage import data
from torch import Tensor

from aesthetic_utils.measures.spectrum import spectral_noise

# the first 16 digits of the SHA-256 of the RGB bytes, row by row
HASHES = {
    "astronaut": "a8c429c18afa7b0f",
    "camera": "13e2b4aa92cb1649",
    "chelsea": "416b729128bfb2c3",
    "immunohistochemistry": "c5b3ef509a92f16d",
    "grass": "c7ca5c984d6b5a27",
    "brick": "3501e216fb0968c3",
    "page": "ec733fa2c4086658",
    "text": "36c90cb1af920325",
    "white_noise": "2a7aec405e7db7cc",
    "noise_f1": "92e26fe68bf2af92",
    "noise_f1.5": "45dce2553a0ce3a2",
    "gradient": "fb5f204ed84efa48",
    "checkerboard": "1089347f9e03cbe5",
    "disc": "0c9727fd2cc57361",
}


@functools.cache
def reference_image(name: str) -> Tensor:
    """One of the images by its name in HASHES: uint8 [3, H, W]."""
    array = np.asarray(_arrays()[name]())
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    rgb = np.ascontiguousarray(array.astype(np.uint8))  # [H, W, 3]
    found = hashlib.sha256(rgb.tobytes()).hexdigest()[:16]
    assert found == HASHES[name], f"{name} is not the image that was measured ({found})"
    return torch.from_numpy(rgb).permute(2, 0, 1).contiguous()


def grey_image(array: np.ndarray) -> Tensor:
    """[H, W], values 0 to 255 -> uint8 [3, H, W]."""
    return torch.from_numpy(array.astype(np.uint8)).expand(3, -1, -1).contiguous()


def _arrays():
    y, x = np.mgrid[:256, :256]
    photographs = {n: getattr(data, n) for n in list(HASHES)[:8]}
    return photographs | {
        "white_noise": lambda: np.random.default_rng(0).integers(0, 256, (256, 256)),
        "noise_f1": lambda: spectral_noise(512, 1.0, seed=1)[0],
        "noise_f1.5": lambda: spectral_noise(512, 1.5, seed=1)[0],
        "gradient": lambda: x,
        "checkerboard": lambda: 255 * ((x // 32 + y // 32) % 2),
        "disc": lambda: np.where(np.hypot(x - 127.5, y - 127.5) < 80, 0, 255),
    }
