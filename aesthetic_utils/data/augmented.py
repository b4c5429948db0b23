"""Batches that are mirrored and moved on the device, all draws of an epoch at once."""

import torch
from torch import Tensor

from aesthetic_utils.runtime import step_generator

FLIPS = ("none", "random", "alternating")


class AugmentedBatches:
    """Batches of one set that lies on the device, each image mirrored or not and moved by a few pixels.

    images: uint8 [N, C, H, W]; labels: [N, ...]
    flip: "random" mirrors half of the images anew in every epoch; "alternating" draws once which half
        begins mirrored, and then changes sides in every epoch, so that two epochs show each image both ways
        (Jordan, 2024, https://arxiv.org/abs/2404.00498)
    shift: pixels, the furthest move up, down, left and right; the gap shows the image reflected at its edge

    What does not fill a batch is left out, and another epoch draws it. `batch(step)` depends on the seed and
    the step's number alone. The order, the flips and the shifts of an epoch go to the device in one transfer, at
    its beginning: a host that waits for the device at every batch cannot prepare the next one.

    Raises ValueError for images that are not [N, C, H, W] or not uint8, labels of another length, an unknown
    flip, a shift as large as the image, or a batch larger than the set.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        *,
        batch_size: int,
        device: torch.device | str | None = None,
        flip: str = "none",
        shift: int = 0,
        seed: int = 0,
        channels_last: bool = False,
    ):
        if images.ndim != 4 or images.dtype != torch.uint8 or len(images) != len(labels):
            raise ValueError(
                f"images must be uint8 [N, C, H, W] with N labels; got {images.dtype} "
                f"{tuple(images.shape)} with {len(labels)} labels"
            )
        if flip not in FLIPS:
            raise ValueError(f"flip is {flip!r}; there are {', '.join(FLIPS)}")
        if not 0 <= shift < min(images.shape[2:]):
            raise ValueError(f"shift is {shift} pixels for images of {tuple(images.shape[2:])}")
        if not 1 <= batch_size <= len(images):
            raise ValueError(f"batch_size is {batch_size} for {len(images)} images")
        self.device = torch.device(device or "cpu")
        self.pixels = images.to(self.device).permute(0, 2, 3, 1).contiguous()  # [N, H, W, C]
        self.labels = labels.to(self.device)
        self.batch_size, self.flip, self.shift, self.seed = batch_size, flip, shift, seed
        self.channels_last = channels_last
        self._drawn: tuple[int, Tensor] | None = None  # epoch and its draws

    def __len__(self) -> int:
        """Batches in an epoch."""
        return len(self.labels) // self.batch_size

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """The batch with this number, counted through all epochs: float [B, C, H, W] in [0, 1], and labels."""
        epoch, position = divmod(step, len(self))
        chosen = slice(position * self.batch_size, (position + 1) * self.batch_size)
        rows, mirrored, down, right = self._draws(epoch)[:, chosen]  # [B] each
        images = moved(self.pixels, rows, mirrored, down, right)  # uint8 [B, C, H, W]
        if not self.channels_last:
            images = images.contiguous()
        return images.float().div_(255), self.labels[rows]

    def _draws(self, epoch: int) -> Tensor:
        """Of each image in the epoch's order: its row, 1 if mirrored, pixels down and right; int64 [4, N]."""
        if self._drawn is None or self._drawn[0] != epoch:
            n = len(self.labels)
            generator = step_generator(self.seed, -1 - epoch)  # below 0: apart from any other draw
            rows = torch.randperm(n, generator=generator)
            moves = torch.randint(-self.shift, self.shift + 1, (2, n), generator=generator)
            mirrored = torch.zeros(n, dtype=torch.int64)
            if self.flip == "random":
                mirrored = torch.randint(2, (n,), generator=generator)
            elif self.flip == "alternating":
                begins = torch.randint(2, (n,), generator=step_generator(self.seed, 0))
                mirrored = (begins[rows] + epoch) % 2  # by image, whatever its place in the order
            self._drawn = epoch, torch.stack([rows, mirrored, *moves]).to(self.device)
        return self._drawn[1]


def moved(pixels: Tensor, rows: Tensor, mirrored: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Some images of a set, mirrored where `mirrored` is 1, then moved; reflection fills the gaps.

    pixels: [N, H, W, C]; rows, mirrored, down, right: int64 [B]. Returns [B, C, H, W], channels last in memory.
    """
    height, width = pixels.shape[1:3]
    y = reflected(torch.arange(height, device=pixels.device) - down[:, None], height)  # [B, H]
    x = reflected(torch.arange(width, device=pixels.device) - right[:, None], width)  # [B, W]
    x = torch.where(mirrored[:, None] > 0, width - 1 - x, x)
    places = (rows[:, None] * height + y)[:, :, None] * width + x[:, None, :]  # [B, H, W]
    chosen = pixels.reshape(-1, pixels.shape[3]).index_select(0, places.flatten())
    return chosen.view(*places.shape, -1).permute(0, 3, 1, 2)


def reflected(index: Tensor, size: int) -> Tensor:
    """Places outside 0 ... size - 1 reflected at the first and the last one, which are not repeated.

    Defined from 1 - size to 2 size - 2, like padding with mode="reflect".
    """
    return size - 1 - (size - 1 - index.abs()).abs()
