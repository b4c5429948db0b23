"""Super-resolution and restoration: what damages pictures, the training step, and use on whole photographs.

Images are float in [0, 1], [N, 3, H, W]; stored patches are uint8.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from aesthetic_utils.checks import require_range
from aesthetic_utils.models.srresnet import enlarged
from aesthetic_utils.runtime import Precision, evaluating
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.jpeg import jpeg
from aesthetic_utils.training.optimization import update_weights

# --------------------------------------------------------------------------------------------------
# degradations


def bicubic_down(images: Tensor, scale: int) -> Tensor:
    """`scale` times smaller by bicubic interpolation with antialiasing, as in MATLAB's imresize.

    [N, C, H, W] -> [N, C, H / scale, W / scale]; H and W must be multiples of `scale`.
    """
    h, w = images.shape[-2:]
    if h % scale or w % scale:
        raise ValueError(
            f"{h} x {w} pixels cannot be divided by {scale}; crop first (crop_to_multiple)"
        )
    size = (h // scale, w // scale)
    return F.interpolate(images, size, mode="bicubic", antialias=True).clamp(0, 1)


def bicubic_up(images: Tensor, scale: int) -> Tensor:
    """`scale` times larger by bicubic interpolation (a = -0.5): the baseline to beat."""
    return enlarged(images, scale).clamp(0, 1)


def crop_to_multiple(images: Tensor, multiple: int) -> Tensor:
    """Cuts right and bottom so that height and width are multiples."""
    h, w = (side - side % multiple for side in images.shape[-2:])
    return images[..., :h, :w]


def eight_bit(images: Tensor) -> Tensor:
    """The nearest of the 256 levels an image file can hold, still float in [0, 1]."""
    return (images.clamp(0, 1) * 255).round() / 255


def gaussian_kernels(sigma: Tensor, radius: int = 4) -> Tensor:
    """Sampled one-dimensional Gaussians that sum to 1: sigma [N] in pixels -> [N, 2 * radius + 1]."""
    x = torch.arange(-radius, radius + 1, dtype=torch.float32, device=sigma.device)
    weights = torch.exp(-0.5 * (x / sigma.clamp_min(1e-3)[:, None]) ** 2)
    return weights / weights.sum(1, keepdim=True)


def blur(images: Tensor, sigma: Tensor) -> Tensor:
    """Gaussian blur with a standard deviation for each image: [N, C, H, W], sigma [N] in pixels."""
    n, c, h, w = images.shape
    kernels = gaussian_kernels(sigma).to(images).repeat_interleave(c, 0)  # [N * C, K]
    radius = kernels.shape[1] // 2
    x = F.pad(images, [radius] * 4, mode="reflect").reshape(
        1, n * c, h + 2 * radius, w + 2 * radius
    )
    x = F.conv2d(x, kernels[:, None, :, None], groups=n * c)
    x = F.conv2d(x, kernels[:, None, None, :], groups=n * c)
    return x.reshape(n, c, h, w)


def damage(
    images: Tensor, sigma_blur: Tensor, sigma_noise: Tensor, generator: torch.Generator
) -> Tensor:
    """Blurs, adds Gaussian noise and rounds to 8 bits: the article's "damaged or blurred images".

    sigma_blur [N] in pixels; sigma_noise [N] as a share of the range (25 / 255 is strong).
    """
    noise = torch.randn(images.shape, generator=generator, device=generator.device)
    strength = sigma_noise.to(images.device)[:, None, None, None]
    return eight_bit(blur(images, sigma_blur) + noise.to(images.device) * strength)


@dataclass(frozen=True, kw_only=True)
class DamageSettings:
    """How often each kind of damage is drawn, and how strong it gets; what remains to 1 is a mixture."""

    clean: float = (
        0.05  # share that stays as it is: a network has to learn to leave such pictures alone
    )
    blur: float = 0.15  # share that is blurred and nothing else
    noise: float = 0.2
    jpeg: float = 0.4  # learnt last and slowest: of what it takes away one decibel can be had back
    strongest_blur: float = 2.0  # pixels; drawn evenly from 0
    strongest_noise: float = 50 / 255  # share of the range; drawn evenly from 0
    quality: tuple[float, float] = (5.0, 95.0)  # of JPEG; its logarithm is drawn evenly


def random_damage(
    images: Tensor,
    generator: torch.Generator,
    settings: DamageSettings = DamageSettings(),  # noqa: B008 (frozen)
) -> Tensor:
    """Damages each image in a way drawn for it, in the order in which a camera does: blur, noise, JPEG.

    [N, 3, H, W] in [0, 1], 8-bit levels out. In a mixture each of the three is there with probability one
    half. All numbers come from `generator`; with one on the device nothing waits for the processor.
    """
    n, device = len(images), generator.device
    amounts = torch.rand(3, n, generator=generator, device=device)
    present = which_damage(n, generator, settings)
    blurred, noisy = settings.strongest_blur * amounts[0], settings.strongest_noise * amounts[1]
    worst, best = settings.quality
    quality = (worst * (best / worst) ** amounts[2]).to(images.device)
    damaged = damage(images, blurred * present[0], noisy * present[1], generator)
    compressed = present[2].to(images.device)[:, None, None, None]
    return torch.where(compressed, jpeg(damaged, quality), damaged)


def which_damage(n: int, generator: torch.Generator, settings: DamageSettings) -> Tensor:
    """Whether each of n images is blurred, noisy, compressed: bool [3, n]."""
    kind, *coins = torch.rand(4, n, generator=generator, device=generator.device)
    shares = torch.tensor([settings.clean, settings.blur, settings.noise, settings.jpeg])
    ends = shares.cumsum(0).tolist()
    mixed = kind >= ends[3]
    alone = [(kind >= a) & (kind < b) for a, b in pairwise(ends)]
    return torch.stack([one | mixed & (coin < 0.5) for one, coin in zip(alone, coins, strict=True)])


def cut_tiles(image: Tensor, size: int) -> Tensor:
    """[C, H, W] -> [M, C, size, size], without the rest at the right and at the bottom."""
    tiles = image.unfold(1, size, size).unfold(2, size, size)  # [C, rows, columns, size, size]
    return tiles.flatten(1, 2).transpose(0, 1)


# --------------------------------------------------------------------------------------------------
# the step, and the finished network at work


def decibel_loss(restored: Tensor, high: Tensor, floor: float = 1e-3) -> Tensor:
    """The mean over the pictures of ln(squared error + floor): [N, C, H, W] twice -> a scalar.

    To halve a picture's error is worth the same whether it was large or small, as in the PSNR. In the mean absolute
    error of a mixed batch the noisy pictures outweigh those that are a little soft. floor: a PSNR of 30 dB, beyond which
    little is to be gained. With one of 40 dB the pictures to which little or nothing was done rule in their turn: their
    gradients are up to ten times as large, and what JPEG takes away was hardly restored. The loss of Chen et al.
    (2021), "HINet", with a higher floor.
    """
    errors = (restored - high).square().flatten(1).mean(1)
    return (errors + floor).log().mean()


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "absolute": F.l1_loss,
    "decibels": decibel_loss,
}


def super_resolution_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    low: Tensor,
    high: Tensor,
    *,
    loss: str = "absolute",
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    scaler: torch.amp.GradScaler | None = None,
) -> Tensor:
    """One update on the mean absolute error, or another of LOSSES; returns it as a scalar.

    Departure from Ledig et al. (2017), equation 4, who take the squared error: the absolute error is
    less ruled by the few worst pixels and reaches a higher PSNR in a short training (Lim et al. 2017).
    """
    value = super_resolution_loss(model, low, high, loss=loss, precision=precision)
    update_weights(value, optimizer, scaler)
    return value.detach()


def super_resolution_loss(
    model: nn.Module,
    low: Tensor,
    high: Tensor,
    *,
    loss: str = "absolute",
    precision: Precision = Precision(),  # noqa: B008 (frozen)
) -> Tensor:
    """The mean absolute error over all pixels, or another of LOSSES, a scalar."""
    with precision.autocast(low.device):
        restored = model(low)
    return LOSSES[loss](restored.float(), high)


# Bytes for what the layers of a network hold while it enlarges. glibc can leave as many again in gaps
# between freed feature maps, so that the process takes up to 1.4 GB beside what torch needs itself.
WORKING_MEMORY = 750_000_000


def upscale(
    model: nn.Module,
    image: Tensor,
    *,
    tile: int | None = None,
    overlap: int = 16,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    as_bytes: bool = False,
    progress: bool = False,
) -> Tensor:
    """A whole photograph through the network, in overlapping tiles if it is large: [3, H, W] -> [3, sH, sW].

    image: float in [0, 1], and so is the result; as_bytes gives uint8, which needs a quarter of the memory.
    tile, overlap: in input pixels; the tiles' borders, where the network sees zeros instead of
    neighbours, are thrown away. Without tile the picture is cut into as few pieces as keep the network
    within WORKING_MEMORY: one of 270 x 270 stays whole, and one of 512 x 512 costs 6 % more in bfloat16
    than it would whole. precision: the model must have been placed in its layout.
    """
    if image.ndim != 3 or not image.is_floating_point():
        raise ValueError(
            f"upscale takes one float image [3, H, W]; got {image.dtype} {tuple(image.shape)}"
        )
    require_range(image, "the image", -0.5, 1.5)  # interpolation may overshoot a little
    if overlap < 0 or (tile is not None and overlap >= tile):
        raise ValueError(f"overlap is {overlap}; it must be from 0 to less than tile = {tile}")
    scale, (_, h, w) = model.config.scale, image.shape
    weight = next(model.parameters())
    layout = torch.channels_last if precision.channels_last else torch.contiguous_format
    sides = (tile, tile) if tile else tile_sides(h, w, overlap, _pixels_at_once(model, precision))
    out = torch.empty(3, h * scale, w * scale, dtype=torch.uint8 if as_bytes else torch.float32)
    tiles = [(top, left) for top in range(0, h, sides[0]) for left in range(0, w, sides[1])]
    with evaluating(model), precision.autocast(weight.device):
        for top, left in tqdm(tiles, desc="enlarging", unit="tile", disable=not progress):
            y, x = max(top - overlap, 0), max(left - overlap, 0)
            bottom, right = min(top + sides[0], h), min(left + sides[1], w)
            window = image[None, :, y : bottom + overlap, x : right + overlap].to(weight)
            result = model(window.contiguous(memory_format=layout)).float().clamp(0, 1)[0]
            inside = result[
                :,
                (top - y) * scale : (bottom - y) * scale,
                (left - x) * scale : (right - x) * scale,
            ]
            target = out[:, top * scale : bottom * scale, left * scale : right * scale]
            target.copy_(_levels(inside) if as_bytes else inside)
    return out


def self_ensemble(restore: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
    """The mean of what comes out for a picture in its eight orientations, each turned back: [3, H, W] -> [3, sH, sW].

    restore: such as `partial(upscale, model)`; it is called eight times. Timofte, Rothe & Van Gool (2016), "Seven
    ways to improve example-based single image super resolution"; Lim et al. (2017), section 3.4.
    """
    results = []
    for mirrored in (False, True):
        for turns in range(4):
            seen = image.flip(-1) if mirrored else image
            result = restore(seen.rot90(turns, (-2, -1))).rot90(-turns, (-2, -1))
            results.append(result.flip(-1) if mirrored else result)
    return torch.stack(results).mean(0)


def tile_sides(height: int, width: int, overlap: int, pixels: int) -> tuple[int, int]:
    """Height and width of tiles that with their overlap have at most so many pixels.

    Of all ways to cut the picture into rows and columns of equal tiles, the one that computes least
    twice. Tiles do not get smaller than 32 x 32, however few the pixels.
    """

    def windows(side: int, parts: int) -> tuple[int, int]:
        """The longest window of a side cut into parts, and all windows together."""
        tile = -(-side // parts)
        parts = -(-side // tile)
        return min(tile + min(parts - 1, 2) * overlap, side), side + 2 * overlap * (parts - 1)

    most = [max(side // 32, 1) for side in (height, width)]
    smallest, best = math.inf, most
    for rows in range(1, most[0] + 1):
        for columns in range(1, most[1] + 1):
            (tall, all_rows), (wide, all_columns) = windows(height, rows), windows(width, columns)
            if tall * wide <= pixels:
                if all_rows * all_columns < smallest:
                    smallest, best = all_rows * all_columns, [rows, columns]
                break  # more columns only add overlap
    return -(-height // best[0]), -(-width // best[1])


def _pixels_at_once(model: nn.Module, precision: Precision) -> int:
    """Input pixels whose feature maps fit into WORKING_MEMORY; measured: 2.5 maps of the last stage."""
    size = precision.dtype.itemsize
    maps = 2.5 * model.config.channels * max(model.config.scale**2, 2)
    return int(WORKING_MEMORY / (maps * size))


def _levels(image: Tensor) -> Tensor:
    """The nearest of the 256 levels, uint8."""
    if not image.isfinite().all():
        raise AestheticError("the network gives values that are no numbers; get other weights")
    return (image * 255).round().to(torch.uint8)
