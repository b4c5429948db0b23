"""The article's network on two questions to the drawings and on CIFAR-10: the first rungs of two ladders.

The records say how far it comes. Its weights are not shipped: what the course looks at and measures with are the
better networks of `published.resnet` and `published.convnet`.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from aesthetic_utils import runtime
from aesthetic_utils.data.cifar10 import load_cifar10
from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.metrics import confusion_matrix
from aesthetic_utils.models import ArticleCNN, CNNConfig
from aesthetic_utils.published.run import PublishedRun, checkpoint_path, record
from aesthetic_utils.statistics.intervals import mean_and_interval
from aesthetic_utils.training.classification import (
    ClassifierSettings,
    evaluate_classifier,
    predict,
    train_classifier,
)
from aesthetic_utils.training.precision import run_precision

SEEDS = (0, 1, 2)


def cnn_settings(cifar: bool = False) -> ClassifierSettings:
    """Sizes by run mode."""
    epochs = runtime.by_mode(smoke=1, laptop=4, full=20 if cifar else 12)
    return ClassifierSettings(epochs=epochs, shift=4 if cifar else 3)


def cnn_data(kind: str) -> tuple[Tensor, Tensor, Tensor, Tensor, tuple[str, ...]]:
    """Training images and labels, held-out images and labels, and the names of the classes.

    kind: "cifar10", "emoji category" or "emoji designer".
    """
    if kind == "cifar10":
        train, held_out = load_cifar10(split="train"), load_cifar10(split="validation")
        return train.images, train.labels, held_out.images, held_out.labels, train.class_names
    label = kind.removeprefix("emoji ")
    train, test = load_emoji("train"), load_emoji("test")
    names = getattr(train, f"{label}_names")
    return train.images, getattr(train, label), test.images, getattr(test, label), names


def train_cnn(
    kind: str, seed: int, folder: Path, minutes: float | None, precision: str
) -> tuple[ArticleCNN, dict]:
    """One seed of one classifier: the network, and what it scores on the held-out images."""
    path = checkpoint_path(folder)
    images, labels, held_out, expected, names = cnn_data(kind)
    settings = cnn_settings(cifar=kind == "cifar10")
    device = runtime.default_device()
    example = images[: settings.batch_size].to(device).float() / 255
    probe = ArticleCNN(CNNConfig(classes=len(names))).to(device)
    chosen = run_precision(precision, path, lambda: runtime.choose_precision(probe, example))
    model, run = train_classifier(
        settings, images, labels, len(names), seed=seed, precision=chosen, path=path, minutes=minutes
    )  # fmt: skip
    predicted = predict(model, held_out).argmax(1)
    metrics = {
        "scores": evaluate_classifier(model, held_out, expected),
        "confusion": confusion_matrix(predicted, expected, len(names)).tolist(),
    }
    return model, record(settings, chosen, seed, run, metrics)


def linear_baseline(
    images: Tensor, labels: Tensor, held_out: Tensor, expected: Tensor, classes: int
) -> float:
    """Accuracy of a linear classifier on the pixels (ridge regression on one-hot targets)."""
    x, y = (i.flatten(1).double() / 255 for i in (images, held_out))
    mean = x.mean(0)
    x, y = x - mean, y - mean
    targets = nn.functional.one_hot(labels, classes).double()
    ridge = 0.1 * len(x) * torch.eye(x.shape[1], dtype=torch.double)
    weights = torch.linalg.solve(x.T @ x + ridge, x.T @ (targets - targets.mean(0)))
    scores = y @ weights + targets.mean(0)
    return (scores.argmax(1) == expected).double().mean().item()


def cnn_summary(kind: str, records: Sequence[dict]) -> dict:
    """The scores of all seeds beside two baselines, and the confusions of the first."""
    images, labels, held_out, expected, names = cnn_data(kind)
    scores = [{"seed": each["seeds"][0]} | each["metrics"]["scores"] for each in records]
    return {
        "accuracy": mean_and_interval([s["accuracy"] for s in scores]),
        "by_seed": scores,
        "majority": (expected == labels.mode().values).double().mean().item(),
        "linear": linear_baseline(images, labels, held_out, expected, len(names)),
        "confusion": records[0]["metrics"]["confusion"],
        "classes": list(names),
    }


RUNS = tuple(
    PublishedRun(
        family="cnn", kind=kind, train=train_cnn, seeds=SEEDS, summary=cnn_summary, short=short,
        ships_network=False,
    )
    for kind, short in (("emoji category", "cnn"), ("emoji designer", None), ("cifar10", None))
)  # fmt: skip
