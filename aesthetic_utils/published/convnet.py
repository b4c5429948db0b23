"""CIFAR-10 from the article's network to 94 %: the best recipe, large first filters, and the ladder between.

    aesthetic train convnet_cifar10        # the recipe; convnet_filters_7x7: first filters one can look at
    aesthetic train cifar10_ladder         # one change after the other, each measured; ships no network

The ladder's network is narrow and sees the images four times, so that a processor climbs it in three quarters of an
hour; the recipe is wide and meant for a GPU. All learn from 45,000 of the 50,000 training images and are judged on
the other 5,000 (data/cifar10.py), the recipe on the official test images too where they are at hand.
"""

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from aesthetic_utils import runtime
from aesthetic_utils.data.cifar10 import LabelledImages, load_cifar10
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.metrics import confusion_matrix
from aesthetic_utils.models import CNNConfig, ConvNetConfig
from aesthetic_utils.published.parts import kept, known, over_seeds
from aesthetic_utils.published.run import PublishedRun, checkpoint_path, record
from aesthetic_utils.runtime import Precision, by_mode
from aesthetic_utils.statistics.intervals import mean_and_interval
from aesthetic_utils.training.checkpoint import plain_config
from aesthetic_utils.training.classification import classification_step
from aesthetic_utils.training.convnet import (
    VIEWS,
    ConvNetSettings,
    accuracy,
    make_optimizer,
    predict_views,
    train_convnet,
    untrained,
)
from aesthetic_utils.training.precision import run_precision, stated
from aesthetic_utils.training.weights import load_weights, save_weights

SEEDS = (0, 1, 2)


def network(**changes: Any) -> ConvNetConfig:
    """The best network, with changes; a narrow one in smoke mode."""
    widths = by_mode(smoke=(8, 8, 8), laptop=(64, 256, 256), full=(64, 256, 256))
    return ConvNetConfig(**{"widths": widths} | changes)


def settings_by_mode(full: int) -> ConvNetSettings:
    """The best recipe, with so many epochs in full mode."""
    return ConvNetSettings(epochs=by_mode(smoke=1, laptop=4, full=full))


def training_images() -> LabelledImages:
    """The 45,000; in laptop mode the first 10,000, in smoke mode 100."""
    train = load_cifar10(split="train")
    first = by_mode(smoke=100, laptop=10_000, full=None)
    return replace(train, images=train.images[:first], labels=train.labels[:first])


def fastest_precision(config: ConvNetConfig, images: Tensor) -> Precision:
    """What `choose_precision` finds for this network; on a CPU by a tenth of a batch, which is enough there."""
    device = runtime.default_device()
    example = images[: 100 if device.type == "cpu" else 1000].to(device).float() / 255
    return runtime.choose_precision(untrained(config, images).to(device), example, rounds=3)


# --------------------------------------------------------------------------------------------------
# the recipe, and large first filters

RECIPES = {  # kind -> changes of the network, epochs in full mode
    "cifar10": ({}, 20),
    # long enough for decay to take what is random out of the first filters
    "filters 7x7": ({"first": "learned", "first_kernel": 7, "first_maps": 64}, 60),
}


def train_recipe(
    kind: str, seed: int, folder: Path, minutes: float | None, precision: str
) -> tuple[nn.Module, dict]:
    """One seed of one of RECIPES: the averaged network, and its accuracy in each of VIEWS."""
    changes, full = RECIPES[kind]
    config, settings = network(**changes), settings_by_mode(full)
    train, held_out = training_images(), load_cifar10(split="validation")
    path = checkpoint_path(folder)
    chosen = run_precision(precision, path, lambda: fastest_precision(config, train.images))
    model, run = train_convnet(
        config, settings, train.images, train.labels, seed=seed, precision=chosen, path=path,
        minutes=minutes, held_out=(held_out.images, held_out.labels),
    )  # fmt: skip
    metrics = recipe_metrics(model, held_out, folder)
    return model, record(settings, chosen, seed, run, metrics) | {"network": plain_config(config)}


def recipe_metrics(model: nn.Module, held_out: LabelledImages, folder: Path) -> dict:
    """Accuracies in single precision; also with the weights in half precision, as they are shipped."""
    images, labels = held_out.images, held_out.labels
    file = folder / "weights.safetensors"
    save_weights(model, file, config=model.config)
    shipped = load_weights(copy.deepcopy(model), file)
    found = predict_views(model, images).argmax(1)
    metrics = {
        "views": {view: accuracy(model, images, labels, view) for view in VIEWS},
        "shipped": accuracy(shipped, images, labels),
        "confusion": confusion_matrix(found, labels, len(held_out.class_names)).tolist(),
    }
    try:
        test = load_cifar10(split="test")
    except MissingDataError:
        return metrics
    views = {view: accuracy(model, test.images, test.labels, view) for view in VIEWS}
    return metrics | {"test_views": views}


def recipe_summary(kind: str, records: Sequence[dict]) -> dict:
    """The accuracies of all seeds in each of VIEWS, and the confusions of the first."""
    metrics = [each["metrics"] for each in records]
    return {
        "accuracy": mean_and_interval([m["views"]["plain"]["accuracy"] for m in metrics]),
        "views": {
            view.replace(" ", "_"): mean_and_interval([m["views"][view]["accuracy"] for m in metrics])
            for view in VIEWS
        },
        "by_seed": [
            {"seed": each["seeds"][0], "minutes": each["minutes"]} | each["metrics"]["views"] for each in records
        ],
        "minutes": mean_and_interval([each["minutes"] for each in records]),
        "shipped": metrics[0]["shipped"],
        "confusion": metrics[0]["confusion"],
        "classes": list(load_cifar10(split="validation").class_names),
    } | {key: metrics[0][key] for key in ("test_views",) if key in metrics[0]}  # fmt: skip


# --------------------------------------------------------------------------------------------------
# the ladder


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One training of the ladder."""

    name: str  # in the record and on the page
    change: str  # against the rung before, in words
    network: CNNConfig | ConvNetConfig
    settings: ConvNetSettings


NARROW = (16, 32, 64)  # maps of each block; the recipe has 64, 256, 256
BARE = {  # a ConvNet with every device off
    "first": "none", "batch_norm": False, "residual": False, "dirac": False, "logit_scale": 1.0,
}  # fmt: skip
CHANGES: tuple[tuple[str, str, dict, dict], ...] = (  # name, in words, network, settings
    ("batches", "batches of 500 instead of 64", {}, {"batch_size": 500}),
    ("deeper", "six convolutions, a maximum, one linear layer", BARE, {}),
    ("batch_norm", "batch normalisation", {"batch_norm": True}, {}),
    ("residual", "residual connections", {"residual": True}, {}),
    ("mirror", "half mirrored, all moved by up to 2 pixels", {}, {"flip": "random", "shift": 2}),
    ("schedule", "the learning rate rises and falls", {}, {"triangle": True}),
    ("whitening", "a whitening first layer", {"first": "whitening"}, {}),
    (
        "momentum",
        "momentum and weight decay for Adam, another start",
        {"dirac": True, "logit_scale": 1 / 9},  # the start: filters as identity, small logits
        {"optimizer": "sgd", "learning_rate": 11.5, "bias_factor": 64.0},
    ),
    ("smoothing", "label smoothing of 0.2", {}, {"label_smoothing": 0.2}),
    ("alternating", "each image mirrored in every second epoch", {}, {"flip": "alternating"}),
    ("look_ahead", "weights averaged on the way (Lookahead)", {}, {"look_ahead": True}),
    ("without_residual", "all of it, but no residual connections", {"residual": False}, {}),
)


def ladder() -> list[Rung]:
    """The rungs from the bottom: each is the one before with its change.

    The network is a narrow one and the epochs are few, so that one core of a CPU climbs a rung in a minute: what a
    change is worth here, it need not be worth in the wide network of the recipe.
    """
    epochs = by_mode(smoke=1, laptop=2, full=4)
    widths = by_mode(smoke=(8, 8, 8), laptop=NARROW, full=NARROW)
    settings = ConvNetSettings(
        epochs=epochs, batch_size=64, optimizer="adam", learning_rate=1e-3, bias_factor=1.0, triangle=False,
        label_smoothing=0.0, flip="none", shift=0, look_ahead=False,
    )  # fmt: skip
    rungs = [
        Rung(name="article", change="the article's network, Adam, batches of 64",
             network=CNNConfig(), settings=settings)
    ]  # fmt: skip
    devices: dict[str, Any] = {}
    for name, change, of_network, of_settings in CHANGES:
        devices, settings = devices | of_network, replace(settings, **of_settings)
        config = ConvNetConfig(widths=widths, **devices) if devices else CNNConfig()
        rungs.append(Rung(name=name, change=change, network=config, settings=settings))
    return rungs


def top() -> ConvNetConfig:
    """The network of the ladder with every device on."""
    return next(rung.network for rung in ladder() if rung.name == "look_ahead")


def train_ladder(
    kind: str, seed: int, folder: Path, minutes: float | None, precision: str
) -> tuple[None, dict]:
    """One seed of every rung, or of as many as fit into the minutes; no network is shipped.

    What a rung measured is kept as soon as it is done, and is taken from there again.
    The time of one rung decides whether the next one still fits; those left out are listed as "skipped".
    """
    train, held_out = training_images(), load_cifar10(split="validation")
    begun, longest = time.monotonic(), 0.0
    rows: list[dict] = []
    skipped: list[str] = []
    chosen: Precision | None = None
    for rung in ladder():
        made_by = plain_config({"rung": asdict(rung), "seed": seed, "images": len(train)})
        file = folder / f"{rung.name}.json"
        row = known(file, made_by)
        if row is None:
            left = 60 * minutes - (time.monotonic() - begun) if minutes else float("inf")
            if skipped or left < longest:
                skipped.append(rung.name)
                continue
            chosen = chosen or run_precision(
                precision, checkpoint_path(folder), lambda: fastest_precision(top(), train.images)
            )
            start = time.monotonic()
            # all that is kept of a rung; one that was cut begins again
            row = kept(file, made_by, partial(measure_rung, rung, seed, train, held_out, chosen))
            longest = max(longest, time.monotonic() - start)
        chosen = stated(row["precision"])
        rows.append(row)
    return None, ladder_record(rows, skipped, seed)


def network_for(rung: Rung, train: LabelledImages) -> CNNConfig | ConvNetConfig:
    """The rung's network; the article's is told the classes and the size of the images."""
    if isinstance(rung.network, ConvNetConfig):
        return rung.network
    size = {"classes": len(train.class_names), "image_size": train.images.shape[-1]}
    return replace(rung.network, **size)


def measure_rung(
    rung: Rung,
    seed: int,
    train: LabelledImages,
    held_out: LabelledImages,
    precision: Precision,
) -> dict:
    """Trains one rung; what it is, what it costs and what it scores.

    "seconds" are those of the clock, "cpu_seconds" those that this process spent on processors.
    """
    config = network_for(rung, train)
    begun = time.process_time()
    model, run = train_convnet(
        config, rung.settings, train.images, train.labels, seed=seed, precision=precision
    )
    cpu_seconds = time.process_time() - begun
    weights = sum(p.numel() for p in model.parameters() if p.requires_grad)
    views = {v: accuracy(model, held_out.images, held_out.labels, v)["accuracy"] for v in VIEWS}
    return {
        "name": rung.name, "change": rung.change, "seed": seed, "precision": str(precision),
        "steps": run.step, "seconds": round(run.elapsed, 2), "cpu_seconds": round(cpu_seconds, 2), "weights": weights, "n": len(held_out),
        "loss": round(run.history[-1]["loss"], 4), "views": views,
    }  # fmt: skip


def ladder_record(rows: list[dict], skipped: list[str], seed: int) -> dict:
    """What the ladder's record says of one seed."""
    return {
        "settings": {rung.name: {"change": rung.change, "network": plain_config(rung.network),
                                 "training": plain_config(rung.settings)} for rung in ladder()},
        "precision": rows[-1]["precision"] if rows else None, "seeds": [seed], "steps": sum(row["steps"] for row in rows),
        "planned_steps": None, "stopped_by": "clock" if skipped else "steps", "skipped": skipped,
        "minutes": round(sum(row["seconds"] for row in rows) / 60, 2), "metrics": {"rows": rows},
    }  # fmt: skip


def ladder_summary(kind: str, records: Sequence[dict]) -> dict:
    """Each rung over its seeds: accuracy in each of VIEWS, seconds, and the gain over the rung before.

    A gain is the mean of the differences at the same seed. The last rung takes a device away, so its gain
    is what the network does without it.
    """
    rows = [row for each in records for row in each["metrics"]["rows"]]
    by_rung: dict[str, list[dict]] = {}
    for row in rows:
        by_rung.setdefault(row["name"], []).append(row)
    before: dict[int, float] = {}
    rungs = {}
    for name, same in by_rung.items():
        plain = {row["seed"]: row["views"]["plain"] for row in same}
        gains = [value - before[seed] for seed, value in plain.items() if seed in before]
        rungs[name] = {
            "change": same[0]["change"], "seeds": list(plain), "n": same[0]["n"], "weights": same[0]["weights"],
            "seconds": over_seeds([row["seconds"] for row in same]),
            "cpu_seconds": over_seeds([row["cpu_seconds"] for row in same]),
            "views": {
                view.replace(" ", "_"): over_seeds([row["views"][view] for row in same]) for view in VIEWS
            },
            "gain": over_seeds(gains) if gains else None,
        }  # fmt: skip
        before = plain
    return {
        "rungs": rungs,
        "skipped": [{"seed": each["seeds"][0], "rungs": each["skipped"]} for each in records],
        "rows": rows,
    }


def ladder_costs(folder: Path, seed: int, result: dict) -> dict:
    """Adds "cost": seconds of processor time of each rung's steps, by steps of all rungs in turns.

    The fastest of five steps counts, so that rungs compare on a busy machine, too; "cpu_seconds" of the
    trainings do so only where nothing else ran. On a GPU "seconds" are what to look at.
    """
    train, precision = training_images(), stated(result["precision"])
    trials = {rung.name: one_step(rung, train, precision) for rung in ladder()}
    fastest = dict.fromkeys(trials, float("inf"))
    for turn in range(6):  # the first allocates and is not counted
        for name, trial in trials.items():
            begun = time.process_time()
            trial()
            if turn:
                fastest[name] = min(fastest[name], time.process_time() - begun)
    steps = {row["name"]: row["steps"] for row in result["metrics"]["rows"]}
    return {"cost": {name: round(fastest[name] * n, 2) for name, n in steps.items()}}


def one_step(rung: Rung, train: LabelledImages, precision: Precision) -> Callable[[], Tensor]:
    """A step of a rung's training, to be timed."""
    config, size = network_for(rung, train), min(rung.settings.batch_size, len(train))
    device = runtime.default_device()
    model = precision.place(untrained(config, train.images), device).train()
    optimizer = make_optimizer(model, rung.settings)
    images = train.images[:size].to(device).float() / 255
    if precision.channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    labels, smoothing = train.labels[:size].to(device), rung.settings.label_smoothing
    return lambda: classification_step(
        model, optimizer, images, labels, label_smoothing=smoothing, precision=precision
    )


RUNS = (
    PublishedRun(
        family="convnet", kind="cifar10", train=train_recipe, seeds=SEEDS, summary=recipe_summary,
        short="convnet",
    ),
    PublishedRun(family="convnet", kind="filters 7x7", train=train_recipe),
    PublishedRun(
        family="cifar10", kind="ladder", train=train_ladder, seeds=SEEDS, summary=ladder_summary,
        ships_network=False, extras=ladder_costs,
    ),
)  # fmt: skip
