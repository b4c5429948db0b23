"""Training a `ResNet` on drawings."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.data.augment_drawings import cut_out_white, shift_on_white
from aesthetic_utils.data.batches import TensorBatches
from aesthetic_utils.models.resnet import ResNet, ResNetConfig
from aesthetic_utils.runtime import Precision, default_device, seed_everything
from aesthetic_utils.training.checkpoint import fingerprint
from aesthetic_utils.training.classification import classification_step, evaluate_classifier
from aesthetic_utils.training.devices import current_team
from aesthetic_utils.training.optimization import set_learning_rate, update_weights, warmup_cosine
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
    second_task: float = (
        0.0  # weight of a second question that shares the features; see `train_resnet`
    )
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


def two_task_step(
    model: ResNet,
    second: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: Tensor,
    labels: Tensor,
    second_labels: Tensor,
    *,
    weight: float,
    label_smoothing: float = 0.0,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    scaler: torch.amp.GradScaler | None = None,
) -> Tensor:
    """One update on the cross-entropy of the labels plus `weight` times that of the second labels.

    images: float [N, C, H, W] in [0, 1]; both labels int64 [N]. second: features [N, F] -> logits. Returns the
    cross-entropy of the labels alone, a scalar, so that it compares with `classification_step`.
    """
    with precision.autocast(images.device):
        features = model.dropout(model.features(images))  # [N, F]
        logits, second_logits = model.classify(features), second(features)
    loss = F.cross_entropy(logits.float(), labels, label_smoothing=label_smoothing)
    other = F.cross_entropy(second_logits.float(), second_labels, label_smoothing=label_smoothing)
    update_weights(loss + weight * other, optimizer, scaler)
    return loss.detach()


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
    second_labels: Tensor | None = None,
) -> tuple[ResNet, Run]:
    """A network on uint8 drawings [N, C, S, S] on white with int64 labels [N]; the network and its run.

    second_labels: int64 [N], answers to a second question, such as which idea a drawing shows. With
    `settings.second_task` above 0 a further linear layer on the same features learns them, and its
    cross-entropy is added with that weight: features have to hold more than the first question asks for
    (multitask learning, Caruana 1997, https://doi.org/10.1023/A:1007379606734). That layer is not returned.
    validation: images and labels of the same kinds, judged every few epochs and at the end; the share that
    is right goes into the history as "validation".
    """
    seed_everything(seed)
    device, team = default_device(), current_team()
    model = team.prepared(precision.place(ResNet(config), device))
    models, answers = {"net": model}, [labels]
    if settings.second_task:
        if second_labels is None:
            raise ValueError("settings.second_task is above 0; give second_labels, too")
        features = model.classify.in_features
        second = nn.Linear(features, int(second_labels.max()) + 1)
        models["second"] = team.prepared(second.to(device))
        answers.append(second_labels)
    groups = weight_groups(nn.ModuleDict(models), settings.weight_decay)
    optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)
    augment = [partial(shift_on_white, pixels=settings.shift)] * bool(settings.shift)
    augment += [partial(cut_out_white, side=settings.cut_out)] * bool(settings.cut_out)
    batches = TensorBatches(
        images, *answers, batch_size=settings.batch_size, device=device, seed=seed, augment=augment,
        channels_last=precision.channels_last, drop_last=len(images) > settings.batch_size,
    )  # fmt: skip
    scaler = precision.scaler(device)
    run = Run(
        steps=settings.epochs * len(batches), models=models, optimizers={"adamw": optimizer},
        config={"network": config, "settings": settings, "seed": seed, "data": fingerprint(images, *answers)},
        precision=precision, scalers={"adam": scaler}, path=path, minutes=minutes, label="ResNet",
    )  # fmt: skip
    every = settings.validate_every * len(batches)
    model.train()
    for step, progress in run:
        seed_step(team.seed(seed + 1), step, device)  # dropout: apart from what the batch draws
        set_learning_rate(optimizer, settings.learning_rate * warmup_cosine(progress))
        options: dict[str, Any] = {"label_smoothing": settings.label_smoothing}
        options |= {"precision": precision, "scaler": scaler}
        batch = team.share(*batches.batch(step))
        if settings.second_task:
            loss = two_task_step(
                model, models["second"], optimizer, *batch, weight=settings.second_task, **options
            )  # fmt: skip
        else:
            loss = classification_step(model, optimizer, *batch, **options)
        run.log(step, loss=loss)
        if validation is not None and ((step + 1) % every == 0 or step + 1 == run.steps):
            right = evaluate_classifier(model, *validation)["accuracy"]
            run.log(step, every=1, validation=right)
    return model, run
