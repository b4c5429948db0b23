"""Batches from one tensor that holds the whole set: no worker processes, no work per image."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from aesthetic_utils.runtime import step_generator

Augmentation = Callable[[Tensor, torch.Generator], Tensor]  # [N, C, H, W] in, the same shape out


class TensorBatches:
    """Iterates over images and labels in batches, on the device, as float images in [0, 1].

    images: uint8 [N, C, H, W] (or float in [0, 1]; kept as it is)
    labels: any number of tensors with N rows
    augment: functions (images, generator) -> images, applied to every batch
    drop_last: leave out the last batch when it is smaller

    Every `for` over it is one epoch, in a new order. The order and the augmentation of a batch
    depend on the seed and the batch's number alone, so `batch(step)` gives the same after a restart.

    Raises ValueError for images that are not [N, C, H, W], labels of another length, or no image.
    """

    def __init__(
        self,
        images: Tensor,
        *labels: Tensor,
        batch_size: int = 64,
        device: torch.device | str | None = None,
        augment: Sequence[Augmentation] = (),
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
        channels_last: bool = False,
    ):
        if images.ndim != 4 or not len(images):
            raise ValueError(f"images must be [N, C, H, W] with N > 0; got {tuple(images.shape)}")
        for tensor in labels:
            if len(tensor) != len(images):
                raise ValueError(f"{len(images)} images, but {len(tensor)} labels")
        if batch_size < 1 or (drop_last and batch_size > len(images)):
            raise ValueError(f"batch_size is {batch_size} for {len(images)} images")
        device = torch.device(device or "cpu")
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.images = images.to(device).contiguous(memory_format=layout)
        self.labels = [tensor.to(device) for tensor in labels]
        self.batch_size, self.augment = batch_size, tuple(augment)
        self.shuffle, self.seed, self.drop_last = shuffle, seed, drop_last
        self.channels_last = channels_last
        self.epoch = 0  # of the next `for`
        self._order: tuple[int, Tensor] | None = None  # epoch and its order

    def __len__(self) -> int:
        """Batches in an epoch."""
        whole, rest = divmod(len(self.images), self.batch_size)
        return whole + bool(rest and not self.drop_last)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        first = self.epoch * len(self)
        self.epoch += 1
        for step in range(first, first + len(self)):
            yield self.batch(step)

    def batch(self, step: int) -> tuple[Tensor, ...]:
        """The batch with this number, counted through all epochs."""
        epoch, position = divmod(step, len(self))
        rows = self._rows(epoch)[position * self.batch_size : (position + 1) * self.batch_size]
        images = _rows_of(self.images, rows, self.channels_last)  # [B, C, H, W]
        generator = step_generator(self.seed, step) if self.augment else None
        for function in self.augment:
            images = function(images, generator)
        if images.dtype == torch.uint8:
            images = images.float().div_(255)
        return images, *(tensor[rows] for tensor in self.labels)

    def _rows(self, epoch: int) -> Tensor:
        if self._order is None or self._order[0] != epoch:
            n = len(self.images)
            generator = step_generator(self.seed, -1 - epoch)  # negative: apart from every batch's
            order = torch.randperm(n, generator=generator) if self.shuffle else torch.arange(n)
            self._order = epoch, order.to(self.images.device)
        return self._order[1]


def _rows_of(images: Tensor, rows: Tensor, channels_last: bool) -> Tensor:
    """images[rows], keeping the memory layout, which plain indexing may not."""
    if channels_last:
        return images.permute(0, 2, 3, 1).index_select(0, rows).permute(0, 3, 1, 2)
    return images.index_select(0, rows)


# --------------------------------------------------------------------------------------------------
# augmentations


def random_flip(images: Tensor, generator: torch.Generator) -> Tensor:
    """Mirrors each image left to right with probability one half."""
    flip = (torch.rand(len(images), generator=generator) < 0.5).to(images.device)
    h, w = images.shape[2:]
    columns = torch.arange(w, device=images.device)
    columns = torch.where(flip[:, None], w - 1 - columns, columns)  # [N, W]
    return pixels_from(images, torch.arange(h, device=images.device)[None], columns)


def random_shift(images: Tensor, generator: torch.Generator, pixels: int = 4) -> Tensor:
    """Moves each image by up to `pixels` in both directions; the border pixels fill the gap."""
    n, _, h, w = images.shape
    dy, dx = torch.randint(-pixels, pixels + 1, (2, n, 1), generator=generator).to(images.device)
    rows = (torch.arange(h, device=images.device) + dy).clamp_(0, h - 1)  # [N, H]
    columns = (torch.arange(w, device=images.device) + dx).clamp_(0, w - 1)  # [N, W]
    return pixels_from(images, rows, columns)


def pixels_from(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Images put together from other places of themselves: [N, C, H, W], channels last in memory.

    rows: int64 [N, H] (or [1, H] for all alike), the row from which each row comes; columns: int64 [N, W]. One list of whole
    pixels is several times faster on a processor than an index for each axis.
    """
    n, c, h, w = images.shape
    first = h * torch.arange(n, device=images.device)[:, None]  # [N, 1]
    places = (first + rows)[:, :, None] * w + columns[:, None, :]  # [N, H, W]
    pixels = images.permute(0, 2, 3, 1).reshape(-1, c)
    return pixels.index_select(0, places.flatten()).view(n, h, w, c).permute(0, 3, 1, 2)
