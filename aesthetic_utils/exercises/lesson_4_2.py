"""Answers and hints for lesson 4.2, A GAN that draws emoji."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from aesthetic_utils.exercises import Exercise
from aesthetic_utils.exercises.built import Build, verify_block
from aesthetic_utils.models.dcgan import down_block, up_block

Path = Callable[[Tensor, Tensor, float], Tensor]


def arc(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Spherical interpolation, safe for parallel vectors."""
    angle = torch.acos(((a * b).sum() / (a.norm() * b.norm())).clamp(-1, 1))
    if angle < 1e-3:
        return line(a, b, t)
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def line(a: Tensor, b: Tensor, t: float) -> Tensor:
    """The usual slip: a straight line, whose middle is too short."""
    return (1 - t) * a + t * b


def backwards(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Starts at b."""
    return arc(b, a, t)


def careless(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Divides by the sine of zero for parallel vectors."""
    angle = torch.acos((a * b).sum() / (a.norm() * b.norm()))
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def verify_arc(path: Path) -> str | None:
    """A hint for the first mistake that shows on a quarter circle, at its ends, or at angle zero."""
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    given = path(a, b, 1 / 3)
    if given is ...:
        return "Replace the dots in the function."
    if torch.allclose(given, line(a, b, 1 / 3), atol=1e-5):
        return "This is the straight line; its middle is too short. Weigh with sines of the angle."
    if torch.allclose(given, arc(b, a, 1 / 3), atol=1e-5):
        return "It runs from b to a: at t = 0 it has to be at a."
    if not torch.allclose(given, arc(a, b, 1 / 3), atol=1e-5):
        return (
            "A third of the way from (2, 0) to (0, 2) it should be at 30 degrees and of length 2."
        )
    if not torch.allclose(path(a, a.clone(), 0.5), a, atol=1e-5):
        return "From a vector to itself it has to stay there; the sine of angle zero is zero."
    return None


def up(inputs: int, outputs: int, *, bias: bool = False) -> list[nn.Module]:
    """The layers of an up block; the mistakes are made of them."""
    convolution = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=bias)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]


def down(inputs: int, outputs: int, norm: bool = True, *, bias: bool | None = None) -> list:
    """The layers of a down block."""
    bias = not norm if bias is None else bias
    convolution = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=bias)
    return [convolution, nn.BatchNorm2d(outputs) if norm else nn.Identity(), nn.LeakyReLU(0.2)]


def up_of_conv(inputs: int, outputs: int) -> nn.Module:
    """Takes a stride of 2 to double, whichever way round the convolution is."""
    convolution = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False)
    return nn.Sequential(convolution, *up(inputs, outputs)[1:])


UP_MISTAKES: tuple[tuple[Build, str], ...] = (
    (lambda a, b: nn.Sequential(*up(a, b, bias=True)), "A bias before a norm does nothing: the norm takes it away."),
    (lambda a, b: nn.Sequential(*up(a, b)[::2]), "Batch norm is missing."),
    (lambda a, b: nn.Sequential(*up(a, b)[:2], nn.LeakyReLU(0.2)), "The generator has plain ReLU; LeakyReLU is the discriminator's."),
    (lambda a, b: nn.Sequential(up(a, b)[0], nn.ReLU(), nn.BatchNorm2d(b)), "First the norm, then ReLU."),
    (up_of_conv, "This halves. The transposed convolution doubles."),
)  # fmt: skip
DOWN_MISTAKES: tuple[tuple[Build, str], ...] = (
    (lambda a, b, norm: nn.Sequential(*down(a, b, norm)[:2], nn.ReLU()), "Plain ReLU cuts gradients off; LeakyReLU lets a fifth of them pass."),
    (lambda a, b, norm: nn.Sequential(*down(a, b, norm)[:2], nn.LeakyReLU()), "LeakyReLU's slope is 0.2 here; without a number it is 0.01."),
    (lambda a, b, norm: nn.Sequential(*down(a, b, True)), "With norm=False there is no batch norm."),
    (lambda a, b, norm: nn.Sequential(*down(a, b, norm, bias=False)), "Where no norm follows, the convolution needs its bias."),
    (lambda a, b, norm: nn.Sequential(*down(a, b, norm, bias=True)), "Where a norm follows, the bias does nothing: leave it out."),
)  # fmt: skip
MAPS = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(1)) - 0.7


def verify_up(build: Build) -> str | None:
    return verify_block(build, up_block, UP_MISTAKES, ((3, 2), MAPS))


def package_down(inputs: int, outputs: int, norm: bool = True) -> nn.Module:
    return down_block(inputs, outputs, norm=norm)


def verify_down(build: Build) -> str | None:
    return verify_block(
        build, package_down, DOWN_MISTAKES, ((3, 2, True), MAPS), ((3, 2, False), MAPS)
    )


EXERCISES = {
    "doublings": Exercise(
        answer=5,
        hints={
            7: "That would start from a single pixel: the first block gives 4 x 4 already.",
            32: "This is the factor 128 / 4. How many doublings make it?",
            4: "Include the last layer, which doubles too and makes the image.",
            6: "Count from 4: 8, 16, 32, ...",
        },
        default_hint="Start with 4 pixels and double until you have 128.",
    ),
    "fooled": Exercise(
        answer=-math.log(0.8) - math.log(0.2),
        tolerance=5e-3,  # two decimals are asked for
        hints={
            -2
            * math.log(0.8): "For generated pictures it ought to say 0: that term is -log(1 - D).",
            -math.log(0.8): "This is the part of the real pictures alone.",
            -math.log(0.2): "This is the part of the generated pictures alone.",
            2 * math.log(2): "That is for D = 1/2. Put D = 0.8 into both terms.",
        },
        default_hint="Add -log D for the real pictures and -log(1 - D) for the generated ones.",
    ),
    "arc": Exercise(answer=arc, verify=verify_arc, wrong_examples=(line, backwards, careless)),
    "frechet": Exercise(
        answer=10,
        hints={
            9: "The means give 9; the spreads differ as well.",
            12: "The second term is the square of a difference of standard deviations.",
            18: "Variances were given: take their roots before the difference.",
            4: "Square the difference of the means.",
        },
        default_hint="Square the difference of the means and that of the standard deviations, and add.",
    ),
    "diagnosis": Exercise(
        answer="discriminator too strong",
        hints={
            "mode collapse": "Then the samples would hardly differ, and the judge would be fooled now and then.",
            "wrong labels": "Then both losses would be small: both players would be paid for the same thing.",
        },
        default_hint="Answer with one of the three names, between quotes.",
    ),
    "up_block": Exercise(
        answer=up_block, verify=verify_up, wrong_examples=tuple(f for f, _ in UP_MISTAKES)
    ),
    "down_block": Exercise(
        answer=package_down, verify=verify_down, wrong_examples=tuple(f for f, _ in DOWN_MISTAKES)
    ),
}
