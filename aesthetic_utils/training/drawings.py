"""Training any classifier of drawings from scratch by one recipe, so that architectures can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from aesthetic_utils.checks import require_byte_images, require_indices
from aesthetic_utils.data.augment_drawings import shift_on_white
from aesthetic_utils.data.batches import Augmentation, TensorBatches
from aesthetic_utils.runtime import Precision, default_device
from aesthetic_utils.training.checkpoint import fingerprint
from aesthetic_utils.training.classification import classification_step
from aesthetic_utils.training.devices import current_team
from aesthetic_utils.training.optimization import set_learning_rate, warmup_cosine
from aesthetic_utils.training.resnet import weight_groups
from aesthetic_utils.training.run import Run, seed_step

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True, kw_only=True)
class DrawingSettings:
    """Settings of one training run; in steps, so that few drawings do not mean few steps."""

    steps: int = 1500
    batch_size: int = 64
    learning_rate: float = 1e-3  # peak; warm-up, then a cosine
    weight_decay: float = 0.05  # of filters and matrices, not of biases and normalisations
    label_smoothing: float = 0.1  # share of the target spread over all classes
    shift: int = 3  # move each drawing by up to so many pixels, white behind it

    def __post_init__(self) -> None:
        if min(self.steps, self.batch_size) < 1:
            raise ValueError("steps and batch_size must be at least 1")


def train_on_drawings(
    model: Network,
    settings: DrawingSettings,
    images: Tensor,
    labels: Tensor,
    classes: int,
    *,
    seed: int = 0,
    changes: Sequence[Augmentation] = (),
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    path: Path | None = None,
    minutes: float | None = None,
) -> tuple[Network, Run]:
    """Trains a network as it was made on uint8 drawings [N, C, S, S] on white with int64 labels [N].

    model: takes float images in [0, 1] and gives logits. Batches and shifts depend on the seed, the weights to
    begin with are the model's own. changes: of a batch, after its shift. Raises ValueError for other images, labels that are no classes, or too few of them.
    """
    require_byte_images(images)
    labels = require_indices(labels, "labels", classes)
    device, team = default_device(), current_team()
    model = team.prepared(precision.place(model, device))
    groups = weight_groups(model, settings.weight_decay)
    optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)
    shift = partial(shift_on_white, pixels=settings.shift)
    augment: list[Augmentation] = [*[shift] * bool(settings.shift), *changes]
    batches = TensorBatches(
        images, labels, batch_size=settings.batch_size, device=device, seed=seed, augment=augment,
        channels_last=precision.channels_last, drop_last=len(images) > settings.batch_size,
    )  # fmt: skip
    scaler = precision.scaler(device)
    run = Run(
        steps=settings.steps, models={"net": model}, optimizers={"adamw": optimizer},
        config={"settings": settings, "seed": seed, "data": fingerprint(images, labels)},
        precision=precision, scalers={"adam": scaler}, path=path, minutes=minutes,
        label=type(model).__name__,
    )  # fmt: skip
    model.train()
    for step, progress in run:
        seed_step(team.seed(seed + 1), step, device)  # dropout: apart from what the batch draws
        set_learning_rate(optimizer, settings.learning_rate * warmup_cosine(progress))
        loss = classification_step(
            model, optimizer, *team.share(*batches.batch(step)),
            label_smoothing=settings.label_smoothing, precision=precision, scaler=scaler,
        )  # fmt: skip
        run.log(step, loss=loss)
    return model, run
