"""Classification: the training step, the loop, and the evaluation."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.checks import require_byte_images, require_indices
from aesthetic_utils.data.batches import TensorBatches, random_flip, random_shift
from aesthetic_utils.models import ArticleCNN, CNNConfig
from aesthetic_utils.runtime import Precision, default_device, evaluating, seed_everything
from aesthetic_utils.statistics.intervals import wilson_interval
from aesthetic_utils.training.checkpoint import fingerprint
from aesthetic_utils.training.devices import current_team
from aesthetic_utils.training.optimization import set_learning_rate, update_weights, warmup_cosine
from aesthetic_utils.training.run import Run, seed_step


@dataclass(frozen=True, kw_only=True)
class ClassifierSettings:
    """Settings of one training run of the article's network."""

    epochs: int = 30
    batch_size: int = 64  # the article's
    learning_rate: float = 2e-3  # peak; warm-up, then a cosine
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1  # share of the target spread over all classes
    dropout: float = 0.3
    flip: bool = True  # mirror half of the images
    shift: int = 3  # move each image by up to so many pixels


def classification_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: Tensor,
    labels: Tensor,
    *,
    label_smoothing: float = 0.0,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    scaler: torch.amp.GradScaler | None = None,
) -> Tensor:
    """One update on the cross-entropy; returns the loss as a scalar.

    images: float [N, C, H, W] in [0, 1]; labels: int64 [N].
    """
    with precision.autocast(images.device):
        logits = model(images)  # [N, classes]
    loss = F.cross_entropy(logits.float(), labels, label_smoothing=label_smoothing)
    update_weights(loss, optimizer, scaler)
    return loss.detach()


def train_classifier(
    settings: ClassifierSettings,
    images: Tensor,
    labels: Tensor,
    classes: int,
    *,
    seed: int = 0,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    path: Path | None = None,
    minutes: float | None = None,
) -> tuple[ArticleCNN, Run]:
    """The article's network on uint8 images [N, 3, S, S] with int64 labels [N]; the network and its run.

    Raises ValueError for other images, or labels that are no classes.
    """
    require_byte_images(images)
    labels = require_indices(labels, "labels", classes)
    if len(labels) != len(images):
        raise ValueError(f"{len(images)} images need as many labels; got {len(labels)}")
    seed_everything(seed)
    device, team = default_device(), current_team()
    config = CNNConfig(classes=classes, image_size=images.shape[-1], dropout=settings.dropout)
    model = team.prepared(precision.place(ArticleCNN(config), device))
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
        fused=True,
    )
    augment = [random_flip] * settings.flip + [partial(random_shift, pixels=settings.shift)]
    batches = TensorBatches(
        images, labels, batch_size=settings.batch_size, device=device, seed=seed,
        augment=augment if settings.shift else augment[:-1], channels_last=precision.channels_last,
    )  # fmt: skip
    scaler = precision.scaler(device)
    run = Run(
        steps=settings.epochs * len(batches), models={"cnn": model}, optimizers={"adamw": optimizer},
        config={"settings": settings, "seed": seed, "data": fingerprint(images, labels)},
        precision=precision, scalers={"adam": scaler}, path=path, minutes=minutes, label="CNN",
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


def predict(model: nn.Module, images: Tensor, *, batch_size: int = 512) -> Tensor:
    """Logits of uint8 images [N, C, H, W], in order: [N, classes], on the CPU.

    Raises ValueError for other images, such as float ones, which would be divided by 255 once more.
    """
    require_byte_images(images)
    weight = next(model.parameters())
    with evaluating(model):
        return torch.cat(
            [
                model(x.to(weight.device).float() / 255).float().cpu()
                for x in images.split(batch_size)
            ]
        )


def evaluate_classifier(model: nn.Module, images: Tensor, labels: Tensor) -> dict[str, float]:
    """Accuracy with its 95 % Wilson interval and the number of images it rests on."""
    if labels.shape != images.shape[:1] or not len(images):
        raise ValueError(
            f"images [N, C, H, W] and labels [N] are needed; got {tuple(images.shape)} and "
            f"{tuple(labels.shape)}"
        )
    correct = int((predict(model, images).argmax(1) == labels).sum())
    low, high = wilson_interval(correct, len(labels))
    return {"accuracy": correct / len(labels), "low": low, "high": high, "n": len(labels)}
