"""The published residual networks: who drew a drawing, and what it shows.

    aesthetic train resnet_emoji_designer

They learn from all training drawings of all ten hands and are judged on the held-out drawings of the core, of
the five designers who all drew the same ideas.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data.augment_drawings import mirror_images
from aesthetic_utils.data.emoji import EMOJI_DESIGNERS, load_emoji
from aesthetic_utils.metrics import confusion_matrix
from aesthetic_utils.models.resnet import ResNet, ResNetConfig
from aesthetic_utils.published.run import PublishedRun, checkpoint_path, record
from aesthetic_utils.statistics.intervals import mean_and_interval, wilson_interval
from aesthetic_utils.training.checkpoint import plain_config
from aesthetic_utils.training.classification import evaluate_classifier, predict
from aesthetic_utils.training.precision import run_precision
from aesthetic_utils.training.resnet import ResNetSettings, train_resnet

SEEDS = (0, 1, 2)


SECOND_TASK = {"emoji category": 0.5, "emoji designer": 0.0}  # weight of naming the idea itself


def settings_by_mode(kind: str) -> ResNetSettings:
    """The published recipe at the size of the mode.

    What a drawing shows is learned together with its idea, of which there are some two thousand: eight
    categories alone ask too little of the features. Who drew it is not.
    """
    epochs = runtime.by_mode(smoke=1, laptop=4, full=60)
    return ResNetSettings(epochs=epochs, second_task=SECOND_TASK[kind])


def network(classes: int) -> ResNetConfig:
    """The published network; a narrow one in smoke mode."""
    channels = runtime.by_mode(smoke=(4, 8), laptop=(32, 64, 128, 256), full=(32, 64, 128, 256))
    return ResNetConfig(classes=classes, channels=channels, dropout=0.2)


def label_of(kind: str) -> str:
    """ "emoji designer" -> "designer"."""
    return kind.removeprefix("emoji ")


def training_drawings(kind: str) -> tuple[Tensor, Tensor, Tensor]:
    """Every training drawing of the ten hands, and the mirror images that stay true; labels, and ideas.

    uint8 [N, 3, 32, 32], int64 [N] and int64 [N]; 200 of them in smoke mode.
    """
    emoji = load_emoji("train", ideas="all")
    mirrored, rows = mirror_images(emoji)
    images, rows = torch.cat([emoji.images, mirrored]), torch.cat([torch.arange(len(emoji)), rows])
    step = runtime.by_mode(smoke=len(images) // 200, laptop=1, full=1)
    numbers = {name: i for i, name in enumerate(sorted(set(emoji.names)))}
    ideas = torch.tensor([numbers[name] for name in emoji.names])
    rows = rows[::step]
    return images[::step], getattr(emoji, label_of(kind))[rows], ideas[rows]


def train_emoji(
    kind: str, seed: int, folder: Path, minutes: float | None, precision: str
) -> tuple[ResNet, dict]:
    """One seed of one question: the network, and what it scores on the held-out drawings.

    kind: "emoji designer" or "emoji category".
    """
    path, label = checkpoint_path(folder), label_of(kind)
    images, labels, ideas = training_drawings(kind)
    names = class_names(kind)
    config, settings = network(len(names)), settings_by_mode(kind)
    device = runtime.default_device()
    example = images[: settings.batch_size].to(device).float() / 255
    chosen = run_precision(
        precision, path, lambda: runtime.choose_precision(ResNet(config).to(device), example)
    )
    validation = load_emoji("validation")  # its designers are the first five of the ten hands
    model, run = train_resnet(
        config, settings, images, labels, seed=seed, precision=chosen, path=path, minutes=minutes,
        validation=(validation.images, getattr(validation, label)), second_labels=ideas,
    )  # fmt: skip
    result = record(settings, chosen, seed, run, emoji_metrics(model, kind))
    return model, result | {"network": plain_config(config), "training_pictures": len(images)}


def class_names(kind: str) -> tuple[str, ...]:
    """What the network's outputs stand for."""
    emoji = load_emoji("test", ideas="all")
    return getattr(emoji, f"{label_of(kind)}_names")


def emoji_metrics(model: ResNet, kind: str) -> dict:
    """Scores on the held-out drawings of the core, and of all hands; for hands also among the core's five.

    A network that knows ten hands may name one of the other five for a drawing of the core, which counts as
    wrong in "scores"; "among_five" lets it choose among the five alone, as a network must that knows no other.
    """
    core, everything = load_emoji("test"), load_emoji("test", ideas="all")
    label = label_of(kind)
    expected = getattr(core, label)
    logits = predict(model, core.images)
    metrics = {
        "scores": evaluate_classifier(model, core.images, expected),
        "all_hands": evaluate_classifier(model, everything.images, getattr(everything, label)),
        "confusion": confusion_matrix(logits.argmax(1), expected, len(class_names(kind))).tolist(),
    }
    if label == "designer":
        right = int((logits[:, : len(EMOJI_DESIGNERS)].argmax(1) == expected).sum())
        low, high = wilson_interval(right, len(core))
        metrics["among_five"] = {
            "accuracy": right / len(core),
            "low": low,
            "high": high,
            "n": len(core),
        }
    return metrics


def emoji_summary(kind: str, records: Sequence[dict]) -> dict:
    """Mean and interval over the seeds of each score, the scores of each seed, the confusions of the first."""
    metrics = [each["metrics"] for each in records]
    expected = getattr(load_emoji("test"), label_of(kind))
    scores = [key for key in ("scores", "among_five", "all_hands") if key in metrics[0]]
    return {
        "accuracy": mean_and_interval([m["scores"]["accuracy"] for m in metrics]),
        **{key: mean_and_interval([m[key]["accuracy"] for m in metrics]) for key in scores[1:]},
        "by_seed": [
            {"seed": each["seeds"][0], "minutes": each["minutes"]} | {key: each["metrics"][key] for key in scores}
            for each in records
        ],
        "majority": int(expected.bincount().max()) / len(expected),
        "confusion": metrics[0]["confusion"],
        "classes": list(class_names(kind)),
    }  # fmt: skip


RUNS = tuple(
    PublishedRun(family="resnet", kind=kind, train=train_emoji, seeds=SEEDS, summary=emoji_summary)
    for kind in ("emoji designer", "emoji category")
)
