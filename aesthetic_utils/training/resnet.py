"""Training a `ResNet` on drawings."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from aesthetic_utils.data.augment_drawings import cut_out_white, shift_on_white
from aesthetic_utils.data.batches import TensorBatches
from aesthetic_utils.models.resnet import ResNet, ResNetConfig
from aesthetic_utils.runtime import Precision, default_device, seed_everything
from aesthetic_utils.training.checkpoint import fingerprint
from aesthetic_utils.training.classification import classification_step, evaluate_classifier
from aesthetic_utils.training.optimization import set_learning_rate, warmup_cosine
from aesthetic_utils.training.run import Run, seed_step


@dataclass(frozen=True, kw_only=True)
class ResNetSettings:
    """Settings of one training run on drawings."""

    epochs: int = 60
    batch_size: int = 256
    learning_rate: float = 4e-3  # peak; warm-up, then a cosine
    weight_decay: float = 0.05  # of filters and matrices, not of biases and normalisations
    label_smoothing: float = 0.1  # share of the target spread over all classes
    shift: int = 3  # move each image by up to so many pixels, white behind it
    cut_out: int = 11  # side of a white square on each image, in pixels; 0 for none
    validate_every: int = 10  # epochs

    def __post_init__(self) -> None:
        if min(self.epochs, self.batch_size, self.validate_every) < 1:
            raise ValueError("epochs, batch_size and validate_every must be at least 1")
        if self.cut_out and self.cut_out % 2 == 0:
            raise ValueError(
                f"cut_out is {self.cut_out}; the square has a middle pixel, so use an odd number"
            )


def weight_groups(model: nn.Module, decay: float) -> list[dict]:
    """The weights for an optimizer in two groups: filters and matrices, which decay, and the rest."""
    weights = list(model.parameters())
    return [
        {"params": [p for p in weights if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0},
    ]


def train_resnet(
    config: ResNetConfig,
    settings: ResNetSettings,
    images: Tensor,
    labels: Tensor,
    *,
    seed: int = 0,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    path: Path | None = None,
    minutes: float | None = None,
    validation: tuple[Tensor, Tensor] | None = None,
) -> tuple[ResNet, Run]:
    """A network on uint8 drawings [N, C, S, S] on white with int64 labels [N]; the network and its run.

    validation: images and labels of the same kinds, judged every few epochs and at the end; the share that
    is right goes into the history as "validation".
    """
    seed_everything(seed)
    device = default_device()
    model = precision.place(ResNet(config), device)
    groups = weight_groups(model, settings.weight_decay)
    optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)
    augment = [partial(shift_on_white, pixels=settings.shift)] * bool(settings.shift)
    augment += [partial(cut_out_white, side=settings.cut_out)] * bool(settings.cut_out)
    batches = TensorBatches(
        images, labels, batch_size=settings.batch_size, device=device, seed=seed, augment=augment,
        channels_last=precision.channels_last, drop_last=len(images) > settings.batch_size,
    )  # fmt: skip
    scaler = precision.scaler(device)
    run = Run(
        steps=settings.epochs * len(batches), models={"net": model}, optimizers={"adamw": optimizer},
        config={"network": config, "settings": settings, "seed": seed, "data": fingerprint(images, labels)},
        precision=precision, scalers={"adam": scaler}, path=path, minutes=minutes, label="ResNet",
    )  # fmt: skip
    every = settings.validate_every * len(batches)
    model.train()
    for step, progress in run:
        seed_step(seed + 1, step, device)  # dropout: apart from what the batch draws
        set_learning_rate(optimizer, settings.learning_rate * warmup_cosine(progress))
        loss = classification_step(
            model, optimizer, *batches.batch(step), label_smoothing=settings.label_smoothing,
            precision=precision, scaler=scaler,
        )  # fmt: skip
        run.log(step, loss=loss)
        if validation is not None and ((step + 1) % every == 0 or step + 1 == run.steps):
            right = evaluate_classifier(model, *validation)["accuracy"]
            run.log(step, every=1, validation=right)
    return model, run
