"""PSNR and SSIM of known pictures against the values of other programs.

image_quality.csv holds, for two photographs of scikit-image under eight kinds of damage:

sha256             the first 12 digits of the hash of the damaged picture's bytes, row by row
psnr               scikit-image, peak_signal_noise_ratio of 8-bit pictures
ssim_scikit_image  scikit-image, structural_similarity with the settings of Wang et al. (2004)
ssim_piq           piq, ssim(downsample=False): PyTorch in float32, an implementation of its own

The pictures are rebuilt here and compared by their hash, so that no value is read off another picture.
"""

import csv
import functools
import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage
from skimage import data
from torch import Tensor

from aesthetic_utils import metrics

with open(Path(__file__).with_name("image_quality.csv"), encoding="utf-8", newline="") as lines:
    ROWS = list(csv.DictReader(lines))


def smaller(picture: np.ndarray) -> Image.Image:
    whole = Image.fromarray(picture)
    return whole.resize((whole.width // 4, whole.height // 4), Image.Resampling.BICUBIC)


def larger(picture: np.ndarray, filter: Image.Resampling) -> np.ndarray:
    return np.asarray(smaller(picture).resize(picture.shape[1::-1], filter))


def as_jpeg(picture: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=10)
    return np.asarray(Image.open(file))


def damaged(picture: np.ndarray, kind: str) -> np.ndarray:
    """uint8 [H, W] or [H, W, 3], damaged in one of the ways of the table."""
    x = picture.astype(float)
    sigma = (2, 2, 0)[: x.ndim]
    values = {
        "blur2": lambda: ndimage.gaussian_filter(x, sigma),
        "noise15": lambda: x + np.random.default_rng(0).normal(0, 15, x.shape),
        "jpeg10": lambda: as_jpeg(picture),
        "bicubic_x4": lambda: larger(picture, Image.Resampling.BICUBIC),
        "nearest_x4": lambda: larger(picture, Image.Resampling.NEAREST),
        "meanshift+12": lambda: x + 12,
        "contrast1.2": lambda: (x - x.mean()) * 1.2 + x.mean(),
        "shift1px": lambda: np.roll(x, 1, axis=1),
    }[kind]()
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


@functools.cache
def pair(name: str, kind: str) -> tuple[Tensor, Tensor]:
    """The damaged picture and the original: float64 [1, C, H, W] in [0, 1] each."""
    original = getattr(data, name)()
    picture = damaged(original, kind)
    row = next(r for r in ROWS if (r["image"], r["degradation"]) == (name, kind))
    if hashlib.sha256(picture.tobytes()).hexdigest()[:12] != row["sha256"]:
        if kind == "jpeg10":
            pytest.skip("this machine's JPEG library makes other pixels")
        pytest.fail(f"{name}, {kind}: not the picture that was measured")
    return tuple(
        torch.from_numpy(np.atleast_3d(a)).permute(2, 0, 1)[None].double() / 255
        for a in (picture, original)
    )


every_row = pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r['image']} {r['degradation']}")


@every_row
def test_psnr_and_ssim_are_those_of_scikit_image_to_float_accuracy(row):
    picture, original = pair(row["image"], row["degradation"])
    assert metrics.psnr(picture, original).item() == pytest.approx(float(row["psnr"]), abs=1e-9)
    found = metrics.ssim(picture, original).item()
    assert found == pytest.approx(float(row["ssim_scikit_image"]), abs=1e-9)


@every_row
def test_ssim_is_that_of_another_implementation_to_its_float32(row):
    picture, original = pair(row["image"], row["degradation"])
    assert metrics.ssim(picture, original).item() == pytest.approx(float(row["ssim_piq"]), abs=1e-4)
