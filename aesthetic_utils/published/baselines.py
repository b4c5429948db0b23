"""What restored photographs before networks did, as something to compare with: one or two methods for a kind of damage.

Each is told what was done to the picture (the width of the blur, the strength of the noise, the quality of the file),
which the network is not. The one number that each leaves open is the best of a few on the validation photographs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.data.images import as_jpeg
from aesthetic_utils.training.super_resolution import gaussian_kernels

Restore = Callable[[Tensor, float], Tensor]  # (damaged [3, H, W] in [0, 1], the open number)
BORDER = 24  # pixels by which a picture is continued, mirrored, before it is sharpened


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A method for one kind of damage."""

    name: str
    told: str  # what it knows of the damage
    number: str  # what is chosen on the validation photographs
    choices: tuple[float, ...]
    restore: Restore


def wiener_filter(image: Tensor, sigma: float, balance: float) -> Tensor:
    """Undoes a Gaussian blur of `sigma` pixels by scikit-image's `wiener`: [3, H, W] in [0, 1], and so is the result.

    balance: the larger, the less is amplified. Hunt (1971) and Orieux, Giovannelli & Rodet (2010), as cited there.
    """
    from skimage.restoration import wiener

    return _by_channel(image, lambda plane: wiener(plane, point_spread(sigma), balance))


def richardson_lucy_steps(image: Tensor, sigma: float, steps: float) -> Tensor:
    """The same by so many steps of scikit-image's `richardson_lucy`: Richardson (1972), as cited there."""
    from skimage.restoration import richardson_lucy

    kernel, number = point_spread(sigma), int(steps)
    return _by_channel(image, lambda plane: richardson_lucy(plane, kernel, num_iter=number))


def nonlocal_means(image: Tensor, sigma: float, strength: float) -> Tensor:
    """Takes noise of standard deviation `sigma` away by scikit-image's `denoise_nl_means`: [3, H, W] in [0, 1].

    A pixel becomes a mean of those whose surroundings of 5 x 5 pixels resemble its own, up to 6 pixels away, over
    the three colours together. strength: how unlike they may be, as a multiple of sigma. Buades, Coll & Morel (2005).
    """
    from skimage.restoration import denoise_nl_means

    size = {"patch_size": 5, "patch_distance": 6, "fast_mode": True}
    found = denoise_nl_means(image.numpy(), h=strength * sigma, sigma=sigma, channel_axis=0, **size)
    return torch.from_numpy(np.ascontiguousarray(found)).float().clamp(0, 1)


def jpeg_again(image: Tensor, quality: int, share: float) -> Tensor:
    """Softens the blocks of a JPEG file by compressing it again: [3, H, W] in [0, 1], and so is the result.

    The picture is moved by every number of pixels up to 7 down and to the right, compressed in the same quality, and
    moved back; the answer is the mean of all 64, or of these and the picture itself, by `share`. after Nosratinia,
    "Enhancement of JPEG-compressed images by re-application of JPEG".
    """
    total = torch.zeros_like(image)
    for down in range(8):
        for right in range(8):
            padded = F.pad(image[None], (right, 8 - right, down, 8 - down), mode="reflect")[0]
            again = as_jpeg(padded, quality)
            total += again[:, down : down + image.shape[1], right : right + image.shape[2]]
    return (share * total / 64 + (1 - share) * image).clamp(0, 1)


def point_spread(sigma: float) -> np.ndarray:
    """A Gaussian of `sigma` pixels, [9, 9], sum 1: the blur of the tables."""
    line = gaussian_kernels(torch.tensor([sigma]))[0].double().numpy()
    return np.outer(line, line)


def _by_channel(image: Tensor, restore: Callable[[np.ndarray], np.ndarray]) -> Tensor:
    """Each colour alone, continued at the borders and cut again."""
    wide = F.pad(image[None], [BORDER] * 4, mode="reflect")[0].double().numpy()
    planes = np.stack([restore(plane) for plane in wide])[:, BORDER:-BORDER, BORDER:-BORDER]
    return torch.from_numpy(np.ascontiguousarray(planes)).float().clamp(0, 1)


def _denoiser(levels: int) -> tuple[Baseline, ...]:
    means = Baseline(
        name="non-local means",
        told=f"the noise: {levels} of 255 levels",
        number="strength",
        choices=(0.2, 0.3, 0.4, 0.5, 0.6),
        restore=lambda image, strength: nonlocal_means(image, levels / 255, strength),
    )
    return (means,)


def _deblocker(quality: int) -> tuple[Baseline, ...]:
    again = Baseline(
        name="JPEG again",
        told=f"the quality: {quality}",
        number="share",
        choices=(0.5, 0.75, 1.0),
        restore=lambda image, share: jpeg_again(image, quality, share),
    )
    return (again,)


def _sharpeners(sigma: float) -> tuple[Baseline, ...]:
    told = f"the blur: {sigma} pixels"
    return (
        Baseline(
            name="Wiener filter",
            told=told,
            number="balance",
            choices=(1e-5, 3e-5, 1e-4, 3e-4, 1e-3),
            restore=lambda image, balance: wiener_filter(image, sigma, balance),
        ),
        Baseline(
            name="Richardson-Lucy",
            told=told,
            number="steps",
            choices=(10, 30, 100),
            restore=lambda image, steps: richardson_lucy_steps(image, sigma, steps),
        ),
    )


BASELINES: dict[str, Sequence[Baseline]] = {  # kind of damage -> what is compared
    "noise 15": _denoiser(15),
    "noise 25": _denoiser(25),
    "noise 50": _denoiser(50),
    "blur 1.2": _sharpeners(1.2),
    "JPEG 10": _deblocker(10),
    "JPEG 30": _deblocker(30),
}
