"""Answers and hints for lesson 4.3, Restoring photographs with SRResNet."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.exercises import Exercise
from aesthetic_utils.exercises.built import Build, verify_block
from aesthetic_utils.models.srresnet import ResidualBlock, upsampling_stage

Rearrangement = Callable[[Tensor, int], Tensor]


def unshuffle(x: Tensor, r: int) -> Tensor:
    """[N, C, rH, rW] -> [N, C r^2, H, W], the inverse of the pixel shuffle."""
    n, c, h, w = x.shape
    x = x.reshape(n, c, h // r, r, w // r, r)
    return x.permute(0, 1, 3, 5, 2, 4).reshape(n, c * r * r, h // r, w // r)


def columns_first(x: Tensor, r: int) -> Tensor:
    """The usual slip: row and column inside the block exchanged."""
    n, c, h, w = x.shape
    x = x.reshape(n, c, h // r, r, w // r, r)
    return x.permute(0, 1, 5, 3, 2, 4).reshape(n, c * r * r, h // r, w // r)


def only_reshaped(x: Tensor, r: int) -> Tensor:
    """The right shape, and pixels of different places mixed."""
    n, c, h, w = x.shape
    return x.reshape(n, c * r * r, h // r, w // r)


def offsets_first(x: Tensor, r: int) -> Tensor:
    """Colours fastest, where torch has them slowest."""
    n, c, h, w = x.shape
    x = x.reshape(n, c, h // r, r, w // r, r)
    return x.permute(0, 3, 5, 1, 2, 4).reshape(n, c * r * r, h // r, w // r)


def verify_unshuffle(function: Rearrangement) -> str | None:
    """A hint for the first mistake that shows on two colours of 4 x 6 pixels."""
    x = torch.arange(48.0).view(1, 2, 4, 6)
    given, wanted = function(x.clone(), 2), F.pixel_unshuffle(x, 2)
    if given is ...:
        return "Replace the dots in the function."
    if given.shape != wanted.shape:
        return f"From {list(x.shape)} with r = 2 comes {list(wanted.shape)}, and this is {list(given.shape)}."
    for mistake, hint in (
        (
            columns_first,
            "Rows and columns inside the block are exchanged: channel r a + b is row a, column b.",
        ),
        (
            only_reshaped,
            "A reshape alone mixes places: split height and width first, then permute.",
        ),
        (offsets_first, "The r^2 channels of one colour have to stand together."),
    ):
        if torch.equal(given, mistake(x, 2)):
            return hint
    if not torch.equal(given, wanted):
        return "The shape is right, but pixels are in the wrong channels; pixel_shuffle should undo it."
    return None


class Around(nn.Module):
    """A body, and what is made of it and of its input."""

    def __init__(self, body: nn.Module, join: Callable[[Tensor, Tensor], Tensor]):
        super().__init__()
        self.body, self.join = body, join

    def forward(self, x: Tensor) -> Tensor:
        return self.join(x, self.body(x))


def body(channels: int, *, bias: bool = False, activation: type[nn.Module] = nn.PReLU) -> nn.Module:
    """Convolution, norm, activation, convolution, norm."""
    first, second = (nn.Conv2d(channels, channels, 3, padding=1, bias=bias) for _ in range(2))
    norms = [nn.BatchNorm2d(channels) for _ in range(2)]
    return nn.Sequential(first, norms[0], activation(), second, norms[1])


def added(x: Tensor, change: Tensor) -> Tensor:
    return x + change


RESIDUAL_MISTAKES: tuple[tuple[Build, str], ...] = (
    (body, "The input is not added: y = x + F(x)."),
    (lambda c: Around(body(c), lambda x, y: (x + y).relu()), "Nothing follows the addition, so that the identity passes untouched."),
    (lambda c: Around(body(c, bias=True), added), "A bias before a norm does nothing: the norm takes it away."),
    (lambda c: Around(body(c, activation=nn.ReLU), added), "The activation is PReLU, whose slope is learned."),
    (lambda c: Around(body(c)[:2], added), "One convolution and its norm are missing: there are two of each."),
    (lambda c: Around(nn.Sequential(*body(c), nn.PReLU()), added), "There is one PReLU, between the two halves."),
)  # fmt: skip


def wide(channels: int, times: int = 4) -> nn.Module:
    return nn.Conv2d(channels, times * channels, 3, padding=1)


STAGE_MISTAKES: tuple[tuple[Build, str], ...] = (
    (lambda c: nn.Sequential(wide(c), nn.PixelShuffle(2)), "PReLU is missing."),
    (lambda c: nn.Sequential(wide(c), nn.PixelShuffle(2), nn.ReLU()), "The activation is PReLU, whose slope is learned."),
    (lambda c: nn.Sequential(nn.Upsample(scale_factor=2), wide(c, 1), nn.PReLU()), "This repeats pixels first and convolves at the large size: four times the arithmetic."),
    (lambda c: nn.Sequential(nn.ConvTranspose2d(c, c, 4, 2, 1), nn.PReLU()), "This is the transposed convolution of the GAN; here a convolution makes four times the maps, and a shuffle lays them out."),
    (lambda c: nn.Sequential(wide(c, 16), nn.PixelShuffle(4), nn.PReLU()), "One stage doubles; this makes four times the size at once."),
)  # fmt: skip
MAPS = torch.rand(2, 4, 6, 6, generator=torch.Generator().manual_seed(1)) - 0.7


def verify_residual(build: Build) -> str | None:
    return verify_block(build, ResidualBlock, RESIDUAL_MISTAKES, ((4,), MAPS))


def verify_stage(build: Build) -> str | None:
    return verify_block(build, upsampling_stage, STAGE_MISTAKES, ((4,), MAPS))


EXERCISES = {
    "decibels": Exercise(
        answer=10 * math.log10(4),
        tolerance=0.06,
        hints={
            20 * math.log10(4): "The ratio is one of squared errors: the factor is 10, not 20.",
            4: "A ratio becomes a difference by the logarithm: 10 log10 of the ratio.",
            -10 * math.log10(4): "Less error is more PSNR: mind the sign.",
            10 * math.log(4): "Decibels use the logarithm to base 10.",
        },
        default_hint="PSNR = 10 log10(1 / MSE): take the difference of two of them.",
    ),
    "mean_psnr": Exercise(
        answer=-5 * math.log10(4e-2 * 4e-4),  # the mean of 13.98 and 33.98 dB
        tolerance=0.05,
        hints={
            -10
            * math.log10(
                (4e-2 + 4e-4) / 2
            ): "This is the PSNR of the mean error. The field averages PSNRs.",
            -10 * math.log10(4e-2 * 4e-4): "This is the sum of both; their mean is wanted.",
            -2.5 * math.log10(4e-2 * 4e-4): "The factor is 10, not 5: 0.04 gives 13.98 dB.",
        },
        default_hint="Compute the PSNR of each picture, then the mean of the two.",
    ),
    "shuffle": Exercise(
        answer=(48, 27),
        hints={
            (
                48,
                30,
            ): "Row and column are exchanged: inside a colour the channel is 4 * row + column.",
            (48, 11): "This is red, colour 0: every colour has 16 channels.",
            (
                48,
                34,
            ): "The 16 channels of one colour stand together: the colour is slowest, not fastest.",
            (16, 27): "Sixteen for each of the three colours.",
        },
        default_hint="Channel = colour * r^2 + row * r + column, everything counted from 0.",
    ),
    "unshuffle": Exercise(
        answer=unshuffle,
        verify=verify_unshuffle,
        wrong_examples=(columns_first, only_reshaped, offsets_first),
    ),
    "best_guess": Exercise(
        answer=(0.4, 0.0),
        tolerance=1e-6,
        hints={
            (0.0, 0.4): "The other way round: which of the two is minimised by the mean?",
            (
                0.4,
                0.4,
            ): "The absolute error is minimised by the median, the value in the middle of all.",
            (0.0, 0.0): "For the squared error try 0.1: is it not better than 0?",
            (0.5, 0.5): "The two values are not equally likely.",
            (0.6, 0.0): "Weigh the values: 0.6 times black, which is 0, and 0.4 times white.",
        },
        default_hint="One of them is minimised by the mean, the other by the median.",
    ),
    "residual": Exercise(
        answer=ResidualBlock,
        verify=verify_residual,
        wrong_examples=tuple(f for f, _ in RESIDUAL_MISTAKES),
    ),
    "stage": Exercise(
        answer=upsampling_stage,
        verify=verify_stage,
        wrong_examples=tuple(f for f, _ in STAGE_MISTAKES),
    ),
}
