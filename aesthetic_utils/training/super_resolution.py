"""Super-resolution and restoration: pairs of patches, the training step, and use on whole photographs.

Images are float in [0, 1], [N, 3, H, W]; stored patches are uint8.
"""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.models.srresnet import enlarged
from aesthetic_utils.runtime import Precision, evaluating, step_generator
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
    x = torch.arange(-radius, radius + 1, dtype=torch.float32)
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
    noise = torch.randn(images.shape, generator=generator).to(images.device)
    strength = sigma_noise.to(images.device)[:, None, None, None]
    return eight_bit(blur(images, sigma_blur) + noise * strength)


def random_damage(images: Tensor, generator: torch.Generator) -> Tensor:
    """Blur up to 1.6 pixels and noise up to 25 / 255, drawn for each image, either absent in a third."""
    n = len(images)
    amounts = torch.rand(2, n, generator=generator)
    present = torch.rand(2, n, generator=generator) > 1 / 3
    sigma_blur, sigma_noise = amounts * present
    return damage(images, 1.6 * sigma_blur, 25 / 255 * sigma_noise, generator)


# --------------------------------------------------------------------------------------------------
# training patches


def patch_pairs(photos: Iterable[Tensor], scale: int, tile: int = 32) -> tuple[Tensor, Tensor]:
    """Cuts photographs into aligned tiles: uint8 [3, H, W] each -> low [M, 3, t, t], high [M, 3, st, st].

    Each photograph is made small as a whole and then cut, so that no tile has seen an edge that a user's
    photograph would not have. Both come as uint8 in channels_last layout.
    """
    low, high = [], []
    for photo in photos:
        image = crop_to_multiple(photo[None], scale)
        small = (bicubic_down(image.float() / 255, scale) * 255).round().to(torch.uint8)
        low.append(cut_tiles(small[0], tile))
        high.append(cut_tiles(image[0], tile * scale))
    return tuple(torch.cat(x).contiguous(memory_format=torch.channels_last) for x in (low, high))


def cut_tiles(image: Tensor, size: int) -> Tensor:
    """[C, H, W] -> [M, C, size, size], without the rest at the right and at the bottom."""
    tiles = image.unfold(1, size, size).unfold(2, size, size)  # [C, rows, columns, size, size]
    return tiles.flatten(1, 2).transpose(0, 1)


def sample_patches(
    low: Tensor, high: Tensor, *, patch: int, batch_size: int, seed: int, step: int
) -> tuple[Tensor, Tensor]:
    """A batch of random aligned crops, mirrored and turned: float [B, 3, p, p] and [B, 3, sp, sp] in [0, 1].

    Depends on seed and step alone, so a restarted training sees what an unbroken one would have seen.
    """
    generator = step_generator(seed, step)
    scale = high.shape[-1] // low.shape[-1]
    tile = torch.randint(len(low), (batch_size,), generator=generator)
    y, x = torch.randint(low.shape[-1] - patch + 1, (2, batch_size), generator=generator)
    pair = _crop(low, tile, y, x, patch), _crop(high, tile, scale * y, scale * x, scale * patch)
    mirror, turns = (
        torch.randint(2, (1,), generator=generator),
        torch.randint(4, (1,), generator=generator),
    )
    if mirror:
        pair = tuple(p.flip(3) for p in pair)
    return tuple(p.rot90(int(turns), (2, 3)).float().div_(255) for p in pair)


def _crop(tiles: Tensor, tile: Tensor, y: Tensor, x: Tensor, size: int) -> Tensor:
    """Crops of one size from different places of different tiles, in one indexing."""
    steps = torch.arange(size)
    rows, columns = (y[:, None] + steps)[:, :, None], (x[:, None] + steps)[:, None, :]
    index = [i.to(tiles.device) for i in (tile[:, None, None], rows, columns)]
    return tiles.permute(0, 2, 3, 1)[tuple(index)].permute(0, 3, 1, 2)  # [B, 3, size, size]


# --------------------------------------------------------------------------------------------------
# the step, and the finished network at work


def super_resolution_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    low: Tensor,
    high: Tensor,
    *,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    scaler: torch.amp.GradScaler | None = None,
) -> Tensor:
    """One update on the mean absolute error; returns the loss as a scalar.

    Departure from Ledig et al. (2017), equation 4, who take the squared error: the absolute error is
    less ruled by the few worst pixels and reaches a higher PSNR in a short training (Lim et al. 2017).
    """
    with precision.autocast(low.device):
        restored = model(low)
    loss = F.l1_loss(restored.float(), high)
    update_weights(loss, optimizer, scaler)
    return loss.detach()


def upscale(model: nn.Module, image: Tensor, *, tile: int = 128, overlap: int = 16) -> Tensor:
    """A whole photograph through the network in overlapping tiles: [3, H, W] -> [3, sH, sW], in [0, 1].

    image: float in [0, 1]. tile, overlap: in input pixels; the tiles' borders, where the network sees
    zeros instead of neighbours, are thrown away.
    """
    if image.ndim != 3 or not image.is_floating_point():
        raise ValueError(
            f"upscale takes one float image [3, H, W]; got {image.dtype} {tuple(image.shape)}"
        )
    if not 0 <= overlap < tile:
        raise ValueError(f"overlap is {overlap}; it must be from 0 to less than tile = {tile}")
    scale, (_, h, w) = model.config.scale, image.shape
    weight = next(model.parameters())
    out = torch.empty(3, h * scale, w * scale)
    with evaluating(model):
        for top in range(0, h, tile):
            for left in range(0, w, tile):
                y, x = max(top - overlap, 0), max(left - overlap, 0)
                window = image[None, :, y : top + tile + overlap, x : left + tile + overlap]
                result = model(window.to(weight)).float().clamp(0, 1).cpu()[0]
                bottom, right = min(top + tile, h), min(left + tile, w)
                out[:, top * scale : bottom * scale, left * scale : right * scale] = result[
                    :,
                    (top - y) * scale : (bottom - y) * scale,
                    (left - x) * scale : (right - x) * scale,
                ]
    return out
