"""What JPEG does to a picture, on whole batches and on any device, for training networks that undo it.

The lossy steps of the baseline method: ITU-T Recommendation T.81 (1992), annex A (cosine transform,
quantisation) and annex K.1 (the tables that nearly all programs use), and JFIF (1992) for the colours.
Storing the numbers loses nothing and is left out.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.runtime import without_autocast

# T.81, tables K.1 (brightness) and K.2 (colour), row by row
LUMINANCE = """16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"""
CHROMINANCE = """17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99
99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99"""
TO_YCC = (  # JFIF; brightness, then the differences to blue and to red
    (0.299, 0.587, 0.114),
    (-0.168735892, -0.331264108, 0.5),
    (0.5, -0.418687589, -0.081312411),
)


def jpeg(images: Tensor, quality: Tensor) -> Tensor:
    """Each image as it comes back from a JPEG file of its quality: float [N, 3, H, W] in [0, 1], 8-bit levels.

    quality: float [N], 1 to 100, on the scale of the Independent JPEG Group's program, which Pillow has, too.
    Colour is stored at half the resolution, as usual (4:2:0). H and W may be any; where the picture does not
    fill a block of 16 x 16 pixels the border is repeated.
    """
    h, w = images.shape[-2:]
    levels = (images * 255).round()
    padded = F.pad(levels, [0, -w % 16, 0, -h % 16], mode="replicate")
    ycc = _mixed(padded, torch.tensor(TO_YCC)).round()  # [N, 3, H, W]; colours about 0
    bright = _quantised(ycc[:, :1] - 128, _table(LUMINANCE, quality)) + 128
    colour = F.avg_pool2d(ycc[:, 1:], 2)  # [N, 2, H/2, W/2]
    colour = _quantised(colour.round(), _table(CHROMINANCE, quality))
    colour = F.interpolate(colour.round().clamp(-128, 127), scale_factor=2, mode="bilinear")
    back = torch.cat([bright.round().clamp(0, 255), colour], 1)
    rgb = _mixed(back, torch.linalg.inv(torch.tensor(TO_YCC)))
    return rgb[..., :h, :w].round().clamp(0, 255) / 255


def quality_factor(quality: Tensor) -> Tensor:
    """By how much the tables are multiplied, float [N]: 1 at quality 50, 5 at 10, 0 at 100; whole hundredths."""
    quality = quality.clamp(1, 100)
    hundredths = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    return (hundredths + 1e-3).floor() / 100


def _table(numbers: str, quality: Tensor) -> Tensor:
    """Steps of quantisation, float [N, 1, 1, 1, 8, 8], whole and from 1 to 255."""
    table = torch.tensor([float(n) for n in numbers.split()], device=quality.device).view(8, 8)
    scaled = quality_factor(quality)[:, None, None] * table
    # 1e-4: the program computes in whole numbers, where a half is always rounded up
    return (scaled + 0.5 + 1e-4).floor().clamp(1, 255)[:, None, None, None]


def cosine_basis() -> Tensor:
    """The 8 x 8 matrix of the cosine transform, T.81 A.3.3; its rows are orthonormal."""
    k, x = torch.arange(8.0)[:, None], torch.arange(8.0)[None]
    basis = torch.cos((2 * x + 1) * k * math.pi / 16) / 2
    basis[0] /= math.sqrt(2)
    return basis


def _quantised(plane: Tensor, table: Tensor) -> Tensor:
    """[N, C, H, W] through the cosine transform of each 8 x 8 block, rounded to multiples of the table, and back."""
    n, c, h, w = plane.shape
    blocks = plane.view(n, c, h // 8, 8, w // 8, 8).transpose(3, 4)  # [N, C, H/8, W/8, 8, 8]
    basis = cosine_basis().to(plane)
    with without_autocast(plane.device):
        numbers = basis @ blocks @ basis.T
        blocks = basis.T @ ((numbers / table).round() * table) @ basis
    return blocks.transpose(3, 4).reshape(n, c, h, w)


def _mixed(images: Tensor, matrix: Tensor) -> Tensor:
    """Each pixel's three numbers times a matrix, without the shortcuts that GPUs take in products."""
    rows = [sum(m * images[:, i] for i, m in enumerate(row)) for row in matrix.tolist()]
    return torch.stack(rows, 1)  # [N, 3, H, W]
