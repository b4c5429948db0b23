"""A shortcut that is planted on purpose, and a small network that may take it.

All training drawings of one hand get a mark in a corner. What a network reads there is then known,
and a method that says where a network looked can be judged against it.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from aesthetic_utils.checks import require_byte_images, require_indices
from aesthetic_utils.models.resnet import ResNet, ResNetConfig
from aesthetic_utils.runtime import seed_everything
from aesthetic_utils.training.classification import classification_step
from aesthetic_utils.training.optimization import set_learning_rate, warmup_cosine
from aesthetic_utils.training.resnet import weight_groups


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A square in the lower right corner."""

    side: int = 3  # pixels
    margin: int = 1  # pixels between it and the edges
    colour: tuple[int, int, int] = (220, 40, 140)  # RGB, 0 to 255


def put_mark(images: Tensor, mark: Mark) -> Tensor:
    """A copy of uint8 images [N, 3, H, W] that bears the mark. Raises ValueError for others, or too small ones."""
    require_byte_images(images)
    _require_room(images.shape[-2:], mark)
    marked = images.clone()
    near = -mark.margin if mark.margin else None
    square = slice(-mark.margin - mark.side, near)
    marked[..., square, square] = torch.tensor(mark.colour, dtype=torch.uint8)[:, None, None]
    return marked


def mark_region(mark: Mark, size: int, *, around: int = 0) -> Tensor:
    """Where the mark lies on size x size pixels, with so many pixels around it: bool [size, size]."""
    _require_room((size, size), mark)
    last = size - mark.margin + around
    first = size - mark.margin - mark.side - around
    region = torch.zeros(size, size, dtype=torch.bool)
    region[max(first, 0) : last, max(first, 0) : last] = True
    return region


def _require_room(shape: tuple[int, ...], mark: Mark) -> None:
    if min(mark.side, mark.margin + 1) < 1 or mark.side + mark.margin > min(shape):
        raise ValueError(f"{mark} does not fit into {shape[0]} x {shape[1]} pixels")


@dataclass(frozen=True, kw_only=True)
class ReaderSettings:
    """Settings of a small `ResNet` and of its training, without shifts and mirroring, which would move the mark."""

    channels: tuple[int, ...] = (16, 32, 64)
    epochs: int = 8
    batch_size: int = 64
    learning_rate: float = 4e-3  # peak; warm-up, then a cosine
    weight_decay: float = 0.05
    label_smoothing: float = 0.1  # share of the target spread over all classes


def train_reader(
    images: Tensor,
    labels: Tensor,
    classes: int,
    *,
    settings: ReaderSettings = ReaderSettings(),  # noqa: B008 (frozen)
    seed: int = 0,
) -> ResNet:
    """A small network for uint8 images [N, 3, S, S] with int64 labels [N], ready to look.

    Raises ValueError for other images, and labels that are no classes.
    """
    require_byte_images(images)
    labels = require_indices(labels, "labels", classes)
    seed_everything(seed)
    network = ResNet(ResNetConfig(classes=classes, channels=settings.channels))
    groups = weight_groups(network, settings.weight_decay)
    optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate)
    chance = torch.Generator().manual_seed(seed)
    per_epoch = max(len(images) // settings.batch_size, 1)
    order = torch.arange(len(images))
    for step in range(steps := settings.epochs * per_epoch):
        if step % per_epoch == 0:
            order = torch.randperm(len(images), generator=chance)
        rows = order[step % per_epoch * settings.batch_size :][: settings.batch_size]
        set_learning_rate(optimizer, settings.learning_rate * warmup_cosine(step / steps))
        classification_step(
            network, optimizer, images[rows].float() / 255, labels[rows],
            label_smoothing=settings.label_smoothing,
        )  # fmt: skip
    return network.eval()
