"""Answers and hints for lesson 3.4, The mathematics of super-resolution."""

import itertools
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.exercises import Exercise
from aesthetic_utils.metrics import rgb_to_y
from aesthetic_utils.models.srresnet import cubic

EXACT = torch.float64
REPLACE = "Replace the dots in the function."
Place = tuple[int, int, int]


def same(given: object, wanted: Tensor) -> bool:
    """Whether an answer is this tensor, up to rounding."""
    return (
        isinstance(given, Tensor)
        and given.shape == wanted.shape
        and torch.allclose(given.to(wanted.dtype), wanted, rtol=1e-5, atol=1e-6)
    )


def no_tensor(given: object, shape: tuple[int, ...]) -> str | None:
    """What is wrong with something that should have been a tensor of this shape, if anything is."""
    if given is ...:
        return REPLACE
    if not isinstance(given, Tensor):
        return f"The function should return a tensor, and returns {type(given).__name__}."
    if given.shape != shape:
        return f"The shape should be {list(shape)}, and is {list(given.shape)}."
    if given.is_floating_point() and given.isnan().any():
        return "There are NaNs in the result: is a sum of weights 0?"
    return None


# --------------------------------------------------------------------------------------------------
# the bicubic kernel


def one_sided(u: Tensor, a: float = -0.5) -> Tensor:
    """The usual slip: without the absolute value."""
    near, far = (a + 2) * u**3 - (a + 3) * u**2 + 1, a * (u**3 - 5 * u**2 + 8 * u - 4)
    return torch.where(u <= 1, near, torch.where(u < 2, far, 0.0))


def endless(u: Tensor, a: float = -0.5) -> Tensor:
    """The far piece, used beyond 2 as well."""
    u = u.abs()
    near, far = (a + 2) * u**3 - (a + 3) * u**2 + 1, a * (u**3 - 5 * u**2 + 8 * u - 4)
    return torch.where(u <= 1, near, far)


def stubborn(u: Tensor, a: float = -0.5) -> Tensor:
    """a = -1/2, whatever is asked for."""
    return cubic(u)


def verify_kernel(kernel: Callable[..., Tensor]) -> str | None:
    """A hint for the first mistake that shows at 26 distances, for two values of a."""
    u = torch.linspace(-2.5, 2.5, 26, dtype=EXACT)
    given = kernel(u.clone(), -0.5)
    if complaint := no_tensor(given, u.shape):
        return complaint
    for mistake, hint in (
        (one_sided, "For negative u it differs: the formula has |u|."),
        (endless, "Beyond a distance of 2 the weight is 0."),
    ):
        if same(given, mistake(u)):
            return hint
    for a in (-0.5, -0.75):
        if not same(given := kernel(u.clone(), a), cubic(u, a)):
            if a != -0.5 and same(given, cubic(u)):
                return "With a = -0.75 it gives what -0.5 should give. Is a used everywhere?"
            at = int((given - cubic(u, a)).abs().argmax())
            return f"At u = {u[at]:.1f}, with a = {a}, it should be {cubic(u, a)[at]:.4f}, and is {given[at]:.4f}."
    return None


# --------------------------------------------------------------------------------------------------
# the posterior


def bayes(y: Tensor, small: Tensor, prior: Tensor) -> Tensor:
    """p(x | y) where each x becomes small[x] with certainty: [m], [K, m], [K] -> [K]."""
    weights = prior * (small == y).all(1)
    return weights / weights.sum()


def not_normalised(y: Tensor, small: Tensor, prior: Tensor) -> Tensor:
    """The usual slip: probabilities that do not sum to 1."""
    return prior * (small == y).all(1)


def without_prior(y: Tensor, small: Tensor, prior: Tensor) -> Tensor:
    """All that fit, equally likely."""
    fits = (small == y).all(1).to(prior)
    return fits / fits.sum()


def without_evidence(y: Tensor, small: Tensor, prior: Tensor) -> Tensor:
    """What was thought before y was seen."""
    return prior / prior.sum()


def one_pixel_fits(y: Tensor, small: Tensor, prior: Tensor) -> Tensor:
    """Any pixel of the small picture is enough."""
    weights = prior * (small == y).any(1)
    return weights / weights.sum()


def verify_posterior(posterior: Callable[[Tensor, Tensor, Tensor], Tensor]) -> str | None:
    """A hint for the first mistake that shows in a world of 16 pictures of four pixels."""
    pictures = torch.tensor(list(itertools.product((0.0, 1.0), repeat=4)), dtype=EXACT)
    small = pictures.view(-1, 2, 2).mean(2)  # [16, 2]
    prior = torch.arange(1, 17, dtype=EXACT) / 136
    y = torch.tensor([0.5, 1.0], dtype=EXACT)
    given, wanted = posterior(y.clone(), small.clone(), prior.clone()), bayes(y, small, prior)
    if complaint := no_tensor(given, wanted.shape):
        return complaint
    for mistake, hint in (
        (not_normalised, "Pictures that fit are weighted rightly, but together they must be 1."),
        (without_prior, "Of two pictures that fit, the more usual one is more probable."),
        (without_evidence, "These are the probabilities before y was seen. Which pictures fit y?"),
        (one_pixel_fits, "A picture fits only if all pixels of its small version agree with y."),
    ):
        if same(given, mistake(y, small, prior)):
            return hint
    if not same(given, wanted):
        fits = wanted.nonzero().flatten().tolist()
        return f"In a trial with 16 pictures only {fits} should have a chance; yours sum to {given.sum():.3f}."
    return None


# --------------------------------------------------------------------------------------------------
# the pixel shuffle


def source(c: int, row: int, column: int, r: int) -> Place:
    """Channel, row and column of the input of a pixel shuffle: Shi et al. (2016), equation 4, in PyTorch's order."""
    return c * r**2 + row % r * r + column % r, row // r, column // r


def columns_first(c: int, row: int, column: int, r: int) -> Place:
    """The usual slip: the offsets exchanged."""
    return c * r**2 + column % r * r + row % r, row // r, column // r


def colours_fastest(c: int, row: int, column: int, r: int) -> Place:
    """As if the channels of one place stood together: for three colours."""
    return (row % r * r + column % r) * 3 + c, row // r, column // r


def blocks_as_offsets(c: int, row: int, column: int, r: int) -> Place:
    """Quotient and remainder exchanged."""
    return c * r**2 + row // r * r + column // r, row % r, column % r


def first_colour_only(c: int, row: int, column: int, r: int) -> Place:
    """Without c."""
    return row % r * r + column % r, row // r, column // r


def verify_source(function: Callable[[int, int, int, int], Place]) -> str | None:
    """A hint for the first mistake that shows on three colours of 4 x 6 pixels, r = 2."""
    places = list(itertools.product(range(3), range(4), range(6)))
    given: list[Place] = []
    for place in places:
        answer = function(*place, 2)
        if answer is ... or (isinstance(answer, tuple) and ... in answer):
            return REPLACE
        if not isinstance(answer, tuple | list) or len(answer) != 3:
            return "Return three whole numbers: channel, row, column."
        given.append((int(answer[0]), int(answer[1]), int(answer[2])))
    for mistake, hint in (
        (columns_first, "Row and column offset are exchanged: channel c r^2 + a r + b, a the row."),
        (colours_fastest, "The r^2 channels of one colour stand together: the colour is slowest."),
        (blocks_as_offsets, "The block is the quotient, the place inside it the remainder."),
        (first_colour_only, "All colours take from the channels of colour 0."),
    ):
        if given == [mistake(*place, 2) for place in places]:
            return hint
    wanted = [source(*place, 2) for place in places]
    for place, g, w in zip(places, given, wanted, strict=True):
        if g != w:
            return (
                f"With r = 2, pixel (c, row, column) = {place} comes from {w}, and yours says {g}."
            )
    return None


# --------------------------------------------------------------------------------------------------
# sub-pixel convolution as transposed convolution


def interleaved(w: Tensor, r: int, *, flip: bool = True, exchange: bool = False) -> Tensor:
    """[K r^2, C, 3, 3] -> [C, K, 3r, 3r]: conv (padding 1) and shuffle = transposed conv (stride r, padding r)."""
    v = w.new_empty(w.shape[1], w.shape[0] // r**2, 3 * r, 3 * r)
    for a, b, p, q in itertools.product(range(r), range(r), range(3), range(3)):
        channel = b * r + a if exchange else a * r + b
        row, column = (2 - p, 2 - q) if flip else (p, q)
        v[:, :, r * row + a, r * column + b] = w[channel :: r**2, :, p, q].T
    return v


def forwards(w: Tensor, r: int) -> Tensor:
    """The usual slip: not turned round."""
    return interleaved(w, r, flip=False)


def offsets_exchanged(w: Tensor, r: int) -> Tensor:
    """Row and column offset exchanged."""
    return interleaved(w, r, exchange=True)


def channels_exchanged(w: Tensor, r: int) -> Tensor:
    """[K, C, ...], the order of a convolution."""
    return interleaved(w, r).transpose(0, 1)


def verify_interleave(function: Callable[[Tensor, int], Tensor]) -> str | None:
    """A hint for the first mistake that shows on random weights: two colours, four maps, r = 2."""
    generator = torch.Generator().manual_seed(0)
    w = torch.randn(8, 4, 3, 3, generator=generator, dtype=EXACT)
    x = torch.randn(1, 4, 5, 6, generator=generator, dtype=EXACT)
    given = function(w.clone(), 2)
    if given is ...:
        return REPLACE
    if isinstance(given, Tensor) and same(given, channels_exchanged(w, 2)):
        return "A transposed convolution has its input maps first: [C, K, 3r, 3r]."
    if complaint := no_tensor(given, (4, 2, 6, 6)):
        return complaint
    for mistake, hint in (
        (forwards, "The filters must be turned round: u = r (2 - p) + a."),
        (offsets_exchanged, "Row and column offset are exchanged: channel a r + b, a the row."),
    ):
        if same(given, mistake(w, 2)):
            return hint
    wanted = F.pixel_shuffle(F.conv2d(x, w, padding=1), 2)
    made = F.conv_transpose2d(x, given.to(EXACT), stride=2, padding=2)
    if not same(made, wanted):
        wrong = (made - wanted).abs().max().item()
        return f"The shape is right, and the two layers differ by up to {wrong:.2f} on a trial picture."
    return None


# --------------------------------------------------------------------------------------------------
# luma and SSIM


def full_range(rgb: Tensor) -> Tensor:
    """The usual slip: the Y of JPEG files, from 0 to 1."""
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=rgb.dtype)
    return (weights[:, None, None] * rgb).sum(1, keepdim=True)


def without_offset(rgb: Tensor) -> Tensor:
    """Without the 16."""
    return rgb_to_y(rgb) - 16 / 255


def in_levels(rgb: Tensor) -> Tensor:
    """From 16 to 235."""
    return rgb_to_y(rgb) * 255


def channels_backwards(rgb: Tensor) -> Tensor:
    """Blue first."""
    return rgb_to_y(rgb.flip(1))


def verify_luma(luma: Callable[[Tensor], Tensor]) -> str | None:
    """A hint for the first mistake that shows on random colours."""
    rgb = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0), dtype=EXACT)
    given = luma(rgb.clone())
    if given is ...:
        return REPLACE
    if isinstance(given, Tensor) and given.shape == (2, 4, 5):
        return "The axis of the channels should stay: [N, 1, H, W] (keepdim=True)."
    if complaint := no_tensor(given, (2, 1, 4, 5)):
        return complaint
    for mistake, hint in (
        (
            full_range,
            "This is the full-range Y of JPEG, from 0 to 1. The protocol takes the other.",
        ),
        (without_offset, "Black should be 16/255, not 0."),
        (in_levels, "This is in levels from 0 to 255: divide by 255."),
        (channels_backwards, "Red and blue are exchanged."),
    ):
        if same(given, mistake(rgb)):
            return hint
    if not same(given, rgb_to_y(rgb)):
        white = luma(torch.ones(1, 3, 1, 1, dtype=EXACT)).item()
        return f"White should be {235 / 255:.4f}, and is {white:.4f}."
    return None


def window_similarity(
    x: Tensor, y: Tensor, weights: Tensor, *, c1: float = 0.01**2, c2: float = 0.03**2
) -> Tensor:
    """Equation 13 of Wang et al. (2004) in one window, data range 1: three tensors of one shape -> []."""
    mx, my = (weights * x).sum(), (weights * y).sum()
    vx, vy = (weights * x * x).sum() - mx**2, (weights * y * y).sum() - my**2
    vxy = (weights * x * y).sum() - mx * my
    index = (2 * mx * my + c1) * (2 * vxy + c2)
    return index / ((mx**2 + my**2 + c1) * (vx + vy + c2))


def in_255(x: Tensor, y: Tensor, weights: Tensor) -> Tensor:
    """The usual slip: the constants of 8-bit levels."""
    return window_similarity(x, y, weights, c1=2.55**2, c2=7.65**2)


def not_squared(x: Tensor, y: Tensor, weights: Tensor) -> Tensor:
    """0.01 and 0.03 themselves."""
    return window_similarity(x, y, weights, c1=0.01, c2=0.03)


def without_constants(x: Tensor, y: Tensor, weights: Tensor) -> Tensor:
    """The universal quality index, C = 0."""
    return window_similarity(x, y, weights, c1=0.0, c2=0.0)


def unweighted(x: Tensor, y: Tensor, weights: Tensor) -> Tensor:
    """Every pixel counts the same."""
    return window_similarity(x, y, torch.full_like(weights, 1 / weights.numel()))


def uncentred(x: Tensor, y: Tensor, weights: Tensor) -> Tensor:
    """Second moments in place of variances."""
    mx, my = (weights * x).sum(), (weights * y).sum()
    vx, vy, vxy = ((weights * p * q).sum() for p, q in ((x, x), (y, y), (x, y)))
    index = (2 * mx * my + 0.01**2) * (2 * vxy + 0.03**2)
    return index / ((mx**2 + my**2 + 0.01**2) * (vx + vy + 0.03**2))


def verify_similarity(function: Callable[[Tensor, Tensor, Tensor], Tensor]) -> str | None:
    """A hint for the first mistake that shows in one window of 5 x 5 pixels."""
    generator = torch.Generator().manual_seed(0)
    x, y, weights = torch.rand(3, 5, 5, generator=generator, dtype=EXACT)
    weights = weights / weights.sum()
    given = function(x.clone(), y.clone(), weights.clone())
    if given is ...:
        return REPLACE
    given = torch.as_tensor(given, dtype=EXACT)
    if complaint := no_tensor(given, ()):
        return complaint
    for mistake, hint in (
        (in_255, "These constants are for levels from 0 to 255; here values run from 0 to 1."),
        (not_squared, "The constants are squares: 0.0001 and 0.0009."),
        (
            without_constants,
            "The two constants are missing; without them an even window gives 0/0.",
        ),
        (unweighted, "The weights are not used: a mean is the sum of w times x."),
        (uncentred, "From the mean square the square of the mean must go, to make a variance."),
    ):
        if same(given, mistake(x, y, weights)):
            return hint
    wanted = window_similarity(x, y, weights)
    if not same(given, wanted):
        return f"In a trial window it should be {wanted:.5f}, and is {given:.5f}."
    return None


EXERCISES = {
    "kernel": Exercise(
        answer=cubic,
        verify=verify_kernel,
        wrong_examples=(one_sided, endless, stubborn, lambda u, a=-0.5: 1 - u.abs()),
    ),
    "posterior": Exercise(
        answer=bayes,
        verify=verify_posterior,
        wrong_examples=(not_normalised, without_prior, without_evidence, one_pixel_fits),
    ),
    "draw": Exercise(
        answer=10 * math.log10(2),
        tolerance=0.06,
        hints={
            0.0: "The draw and the original are both uncertain. Do two uncertainties not add?",
            20 * math.log10(2): "Decibels of a ratio of squared errors: 10 log10, not 20.",
            2.0: "Twice the squared error is right. How many decibels is that?",
            10
            * math.log10(
                1.5
            ): "It is more than half as much again: original and draw have the same variance.",
        },
        default_hint="Write x - x' as (x - mean) - (x' - mean), square it, and take the mean.",
    ),
    "source": Exercise(
        answer=source,
        verify=verify_source,
        wrong_examples=(columns_first, colours_fastest, blocks_as_offsets, first_colour_only),
    ),
    "interleave": Exercise(
        answer=interleaved,
        verify=verify_interleave,
        wrong_examples=(forwards, offsets_exchanged, channels_exchanged),
    ),
    "blocks": Exercise(
        answer=60,
        hints={
            59: "With 59 blocks it is 252 pixels: a little too small.",
            64: "4 pixels a block is right, but a network without blocks already sees 16.",
            44: "So many more than 16 are needed. How many is that altogether?",
            120: "Each block has two convolutions.",
            128: "Each block has two convolutions.",
        },
        default_hint="Each block widens the field by 4 pixels, 2 at either end; without blocks it is 16.",
    ),
    "luma": Exercise(
        answer=rgb_to_y,
        verify=verify_luma,
        wrong_examples=(full_range, without_offset, in_levels, channels_backwards),
    ),
    "present": Exercise(
        answer=20 * math.log10(255 / 219),
        tolerance=6e-3,
        hints={
            10
            * math.log10(
                255 / 219
            ): "The error itself shrinks by this factor, and its square by the square.",
            -20 * math.log10(255 / 219): "A smaller error is a larger PSNR: mind the sign.",
            20 * math.log10(255 / 235): "Black is at 16: the range is 235 - 16 levels.",
            0.0: "The weights of R, G and B in Y sum to 219/255, not to 1.",
        },
        default_hint="By which factor does Y multiply a grey error? Then 20 log10 of its inverse.",
    ),
    "similarity": Exercise(
        answer=window_similarity,
        verify=verify_similarity,
        wrong_examples=(in_255, not_squared, without_constants, unweighted, uncentred),
    ),
}
