"""Training patches from anywhere in many photographs, all of which lie in two flat tensors on the device.

Drawing a batch is a handful of tensor operations, whatever the number and the sizes of the photographs.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.runtime import step_generator
from aesthetic_utils.training.super_resolution import bicubic_down, bicubic_up, crop_to_multiple


@dataclass(frozen=True, kw_only=True)
class PatchPool:
    """Photographs, small and large, pixel after pixel, and the places where a patch with detail begins."""

    low: Tensor  # uint8 [P, 3]: the pixels of all small pictures, row by row
    high: Tensor  # uint8 [scale² P, 3]: of all large ones; at scale 1 the same tensor
    places: Tensor  # int64 [M, 3]: first pixel in `low`, first pixel in `high`, width of the small picture
    scale: int
    patch: int  # side of a small patch in pixels

    def to(self, device: torch.device | str) -> "PatchPool":
        """The same pool in the memory of a device."""
        low, places = self.low.to(device), self.places.to(device)
        high = low if self.high is self.low else self.high.to(device)
        return replace(self, low=low, high=high, places=places)

    def sample(self, *, batch_size: int, seed: int, step: int) -> tuple[Tensor, Tensor]:
        """A batch of aligned patches: float [B, 3, p, p] and [B, 3, sp, sp] in [0, 1], channels_last.

        Each patch is turned and mirrored in one of the eight ways. What is drawn depends on seed and step
        alone, so a restarted training sees what an unbroken one would have seen.
        """
        generator = step_generator(seed, step)
        place = torch.randint(len(self.places), (batch_size,), generator=generator)
        way = torch.randint(8, (batch_size,), generator=generator).to(self.low.device)
        first_low, first_high, width = self.places[place.to(self.low.device)].T
        low = _cut(self.low, first_low, width, way, self.patch)
        size = self.scale * self.patch
        high = (
            low if self.scale == 1 else _cut(self.high, first_high, width * self.scale, way, size)
        )
        return tuple(x.permute(0, 3, 1, 2).float().div_(255) for x in (low, high))  # fmt: skip


def oriented(way: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Row and column from which each pixel of a square comes, in one of the eight ways: each [B, size, size].

    way: int64 [B], 0 to 7. Bit 0 exchanges rows and columns, bit 1 reverses the rows, bit 2 the columns;
    0 leaves the square as it is.
    """
    line = torch.arange(size, device=way.device)
    swap, up, left = ((way >> bit & 1).bool()[:, None, None] for bit in range(3))
    i, j = line[None, :, None], line[None, None, :]
    rows, columns = torch.where(swap, j, i), torch.where(swap, i, j)
    return torch.where(up, size - 1 - rows, rows), torch.where(left, size - 1 - columns, columns)


def _cut(pixels: Tensor, first: Tensor, width: Tensor, way: Tensor, size: int) -> Tensor:
    rows, columns = oriented(way, size)
    return pixels[
        first[:, None, None] + rows * width[:, None, None] + columns
    ]  # [B, size, size, 3]


def patch_pool(
    photos: Iterable[Tensor],
    scale: int,
    patch: int,
    *,
    reject: float = 0.3,
    stride: int | None = None,
    device: torch.device | str = "cpu",
) -> PatchPool:
    """Photographs, uint8 [3, H, W] each, as a pool of pairs of patches.

    Each photograph is made small as a whole, so that no patch has seen an edge that a user's photograph
    would not have. Of the places on a grid of `stride` pixels (of the small picture; a sixth of the patch
    if None) the share `reject` is left out where the least detail is, by `lost_detail`: sky and blur, of
    which bicubic interpolation is a good copy already and nothing can be learnt.

    Raises ValueError when no photograph is as large as a patch.
    """
    stride = stride or max(patch // 6, 1)
    lows, highs, places, details = [], [], [], []
    first_low = first_high = 0
    for photo in photos:
        if min(photo.shape[-2:]) < scale * patch:
            continue
        large = crop_to_multiple(photo[None].to(device), max(scale, 2))
        image = large.float() / 255
        small = large if scale == 1 else (bicubic_down(image, scale) * 255).round().to(torch.uint8)
        detail, width = lost_detail(image, scale), small.shape[-1]
        detail = F.avg_pool2d(detail, patch, stride)[0, 0]  # [rows, columns]
        y, x = (stride * torch.arange(n, device=device) for n in detail.shape)
        y, x = (c.flatten() for c in torch.meshgrid(y, x, indexing="ij"))
        low_at, high_at = first_low + y * width + x, first_high + scale * (y * scale * width + x)
        places.append(torch.stack([low_at, high_at, torch.full_like(y, width)], 1))
        details.append(detail.flatten())
        lows.append(_pixels(small))
        highs.append(_pixels(large))
        first_low, first_high = first_low + len(lows[-1]), first_high + len(highs[-1])
    if not places:
        side = scale * patch
        raise ValueError(f"no photograph has {side} x {side} pixels, the size of one patch")
    low = torch.cat(lows)
    high = low if scale == 1 else torch.cat(highs)
    kept = _best(torch.cat(details), reject)
    return PatchPool(low=low, high=high, places=torch.cat(places)[kept], scale=scale, patch=patch)


def lost_detail(image: Tensor, scale: int) -> Tensor:
    """What bicubic reduction and enlargement lose around each small pixel: float [1, 3, H, W] -> [1, 1, H/s, W/s].

    The mean squared error over channels and pixels. At scale 1, where nothing is made smaller, the loss of
    a reduction to one half is taken, at the size of the picture.
    """
    reduced = max(scale, 2)
    error = bicubic_up(bicubic_down(image, reduced), reduced) - image
    error = error.square().mean(1, keepdim=True)  # [1, 1, H, W]
    return error if scale == 1 else F.avg_pool2d(error, scale)


def _best(detail: Tensor, reject: float) -> Tensor:
    """The places that remain when the share with the least detail is left out; at least one."""
    order = detail.argsort(stable=True)
    return order[min(math.floor(reject * len(order)), len(order) - 1) :].sort().values


def _pixels(image: Tensor) -> Tensor:
    return image[0].permute(1, 2, 0).reshape(-1, 3)  # [H * W, 3]
