"""What transfer is worth: networks of four origins, frozen or trained on, for two targets with few labels or many.

    aesthetic train transfer_learning

No network is shipped: the record holds one row for each cell of the matrix and seed, and means over the seeds. The
networks take the pictures at the size they were trained for, 32 pixels, or, EfficientNet-lite0, at the stored 64.
"""

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils import runtime
from aesthetic_utils.data.augment_drawings import shift_on_white
from aesthetic_utils.data.batches import Augmentation, random_flip, random_shift
from aesthetic_utils.data.emoji import EMOJI_DESIGNERS, EMOJI_HANDS, load_emoji
from aesthetic_utils.data.judged import small_square
from aesthetic_utils.data.photos import photo_names
from aesthetic_utils.models.convnet import ConvNet, ConvNetConfig
from aesthetic_utils.models.lite import has_lite0, load_lite0
from aesthetic_utils.models.resnet import ResNet, ResNetConfig
from aesthetic_utils.published.parts import kept, known, over_seeds
from aesthetic_utils.published.run import PublishedRun
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.classification import predict
from aesthetic_utils.training.judging import image_features
from aesthetic_utils.training.precision import AUTO
from aesthetic_utils.training.transfer import (
    FineTuneSettings,
    Transferred,
    fine_tune,
    fit_probe,
    with_new_head,
)
from aesthetic_utils.training.weights import load_weights, weights_info

SEEDS = (0, 1, 2)
LITE_SIDE = 128  # pixels to which EfficientNet-lite0 resizes; 224, as in its training, takes three times as long
FROZEN, TUNED, PROBED = "frozen", "fine-tuned", "probe, then fine-tuned"
SCRATCH = "from scratch"


# --------------------------------------------------------------------------------------------------
# where features come from


@dataclass(frozen=True, kw_only=True)
class Source:
    """A body: where it comes from, and what it takes."""

    side: int  # pixels of the pictures that it gets
    features: int  # numbers that it gives for a picture
    build: Callable[[int], nn.Module]  # seed -> a body
    trained: bool = True
    weights: str | None = None  # name of those that come with the package


def random_resnet(seed: int) -> nn.Module:
    runtime.seed_everything(seed)
    return ResNet(ResNetConfig(dropout=0.0))


def drawings_resnet(_: int) -> nn.Module:
    return load_weights(ResNet(ResNetConfig(classes=len(EMOJI_HANDS))), "resnet_emoji_designer")


def photographs_convnet(_: int) -> nn.Module:
    return load_weights(ConvNet(ConvNetConfig()), "convnet_cifar10")


def imagenet_lite0(_: int) -> nn.Module:
    """In the layout in which it takes two thirds of the time on a processor."""
    return load_lite0(LITE_SIDE).to(memory_format=torch.channels_last)


SOURCES: Mapping[str, Source] = {
    "random ResNet": Source(side=32, features=256, build=random_resnet, trained=False),
    "drawings": Source(
        side=32, features=256, build=drawings_resnet, weights="resnet_emoji_designer"
    ),
    "small photographs": Source(
        side=32, features=256, build=photographs_convnet, weights="convnet_cifar10"
    ),
    "ImageNet": Source(side=64, features=1280, build=imagenet_lite0),
}


def build(source: str, seed: int = 0) -> nn.Module:
    """A fresh body of a source, in evaluation mode, on the device of this machine."""
    return SOURCES[source].build(seed).to(runtime.default_device()).eval()


def to_side(images: Tensor, side: int) -> Tensor:
    """uint8 [N, 3, 64, 64] as they are, or averaged to [N, 3, 32, 32]."""
    if images.shape[-1] == side:
        return images
    small = [F.avg_pool2d(part.float(), images.shape[-1] // side) for part in images.split(1000)]
    return torch.cat(small).round().to(torch.uint8)


# --------------------------------------------------------------------------------------------------
# what they are used for


@dataclass(frozen=True, kw_only=True, eq=False)
class Target:
    """Pictures with labels, and how they are split: which are drawn to be labelled, which are tested."""

    images: Tensor  # uint8 [N, 3, 64, 64]
    labels: Tensor  # int64 [N]
    classes: int
    parts: tuple[tuple[Tensor, Mapping[str, Tensor]], ...]  # pool of rows, and test -> rows
    augment: Callable[[int], list[Augmentation]]  # side in pixels -> changes in training

    def splits(self, seed: int) -> Iterator[tuple[Tensor, Mapping[str, Tensor]]]:
        """The rows of each pool in the order in which they are labelled, and the rows of its tests."""
        generator = torch.Generator().manual_seed(seed)
        for pool, tests in self.parts:
            yield pool[torch.randperm(len(pool), generator=generator)], tests


def category_target() -> Target:
    """What is drawn: the five designers' drawings, tested on held-out ideas by these and by five other hands."""
    train, test = load_emoji("train", size=64), load_emoji("test", size=64)
    others = load_emoji("test", size=64, designers=EMOJI_HANDS[len(EMOJI_DESIGNERS) :], ideas="all")
    sets = (train, test, others)
    step = runtime.by_mode(smoke=25, laptop=2, full=1)  # of the tests
    ends = torch.tensor([len(s) for s in sets]).cumsum(0).tolist()
    tests = {
        "same hands": torch.arange(ends[0], ends[1], step),
        "other hands": torch.arange(ends[1], ends[2], step),
    }
    return Target(
        images=torch.cat([s.images for s in sets]),
        labels=torch.cat([s.category for s in sets]),
        classes=len(train.category_names),
        parts=((torch.arange(ends[0]), tests),),
        augment=lambda side: [partial(shift_on_white, pixels=3 * side // 32)],
    )


def photograph_target() -> Target:
    """Animal or monument: the middle squares of the embedded photographs, in two halves that test each other."""
    names = [n for n in photo_names() if n.startswith(("animals", "monuments"))]
    labels = torch.tensor([int(name.startswith("monuments")) for name in names])
    halves = [torch.arange(first, len(names), 2) for first in (0, 1)]  # names are in order
    return Target(
        images=torch.stack([small_square(name) for name in names]),
        labels=labels,
        classes=2,
        parts=tuple(
            (own, {"other half": other})
            for own, other in zip(halves, reversed(halves), strict=True)
        ),
        augment=lambda side: [random_flip, partial(random_shift, pixels=3 * side // 32)],
    )


@functools.cache
def load_target(name: str) -> Target:
    """ "category" or "photographs"."""
    return photograph_target() if name == "photographs" else category_target()


# --------------------------------------------------------------------------------------------------
# the matrix


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One way to use one body for one target, with so many labels."""

    target: str
    source: str
    method: str
    labels: int

    @property
    def file(self) -> str:
        words = f"{self.target} {self.source} {self.method} {self.labels}"
        return words.replace(",", "").replace(" ", "_") + ".json"


LABELS = {"category": (20, 80, 320, 1280), "photographs": (8, 16, 48)}
PICTURES_SEEN = {16: 320, 48: 640, 20: 640, 80: 1280, 320: 2560, 1280: 5120}
RATES = {
    TUNED: 1e-3,
    PROBED: 3e-4,
    SCRATCH: 3e-3,
}  # not searched for: a few tries on validation drawings


TRAINED_ON: Mapping[tuple[str, str, str], tuple[int, ...]] = {  # the rest of it would take hours
    ("photographs", "random ResNet", SCRATCH): (16, 48),
    ("photographs", "drawings", TUNED): (16, 48),
    ("photographs", "small photographs", TUNED): (16, 48),
    ("photographs", "ImageNet", TUNED): (16, 48),
    ("category", "random ResNet", SCRATCH): (20, 80, 320, 1280),
    ("category", "drawings", TUNED): (20, 80, 320, 1280),
    ("category", "drawings", PROBED): (20, 80, 320),
    ("category", "small photographs", TUNED): (80,),
    ("category", "ImageNet", TUNED): (80, 320),
}


def cells() -> list[Cell]:
    """The matrix, what is cheap first; a corner of it in smoke mode."""
    sources = [s for s in SOURCES if s != "ImageNet" or has_lite0()]
    found = [
        Cell(target=target, source=source, method=FROZEN, labels=n)
        for target, numbers in LABELS.items()
        for source in sources
        for n in numbers
    ]
    tuned = [
        Cell(target=target, source=source, method=method, labels=n)
        for (target, source, method), numbers in TRAINED_ON.items()
        for n in numbers
        if source in sources
    ]
    found += sorted(tuned, key=lambda cell: cell.labels)  # the time of a cell grows with its labels
    few = [c for c in found if (c.target, c.labels) == ("category", 20) and c.source != "ImageNet"]
    few.append(Cell(target="photographs", source="drawings", method=FROZEN, labels=16))
    return runtime.by_mode(smoke=few, laptop=found, full=found)


def settings_of(cell: Cell) -> FineTuneSettings:
    """How a cell trains: pictures seen by the number of labels; the ImageNet body, which is slower, sees a third."""
    seen = PICTURES_SEEN[cell.labels] // (3 if cell.source == "ImageNet" else 1)
    seen = runtime.by_mode(smoke=16, laptop=seen // 4, full=seen)
    batch = min(32, cell.labels)
    scratch = cell.method == SCRATCH
    return FineTuneSettings(
        steps=max(1, seen // batch), batch_size=batch, learning_rate=RATES[cell.method],
        lowest_rate=1.0 if scratch else 0.1, hold_statistics=not scratch,
    )  # fmt: skip


def measure_cell(cell: Cell, seed: int) -> dict:
    """What is right of what was tested, in each test of the cell's target, over its splits together."""
    target = load_target(cell.target)
    features = seen_by(cell.target, cell.source, seed)
    right: dict[str, int] = {}
    of: dict[str, int] = {}
    begun = time.process_time()
    for order, tests in target.splits(seed):
        logits = answers(cell, target, features, order[: cell.labels], tests, seed)
        for name, rows in tests.items():
            hits = int((logits[name].argmax(1) == target.labels[rows]).sum())
            right[name], of[name] = right.get(name, 0) + hits, of.get(name, 0) + len(rows)
    return asdict(cell) | {
        "seed": seed,
        "accuracy": {name: right[name] / of[name] for name in of},
        "n": of,
        "processor_seconds": round(time.process_time() - begun, 2),
    }


def answers(
    cell: Cell,
    target: Target,
    features: Tensor,
    rows: Tensor,
    tests: Mapping[str, Tensor],
    seed: int,
) -> dict[str, Tensor]:
    """The logits for each test [N, classes] of what was learned from the labelled rows."""
    labels = target.labels[rows]
    probe = None
    if cell.method in (FROZEN, PROBED):
        probe = fit_probe(features[rows], labels, target.classes, seed=seed)
    if probe is not None and cell.method == FROZEN:
        return {name: probe.logits(features[test]) for name, test in tests.items()}
    side, body = SOURCES[cell.source].side, build(cell.source, seed)
    if cell.method == SCRATCH:
        model = Transferred(body, features.shape[1], target.classes)
    else:
        model = with_new_head(body, features[rows], target.classes, probe=probe, seed=seed)
    model = model.to(runtime.default_device())
    fine_tune(
        model, to_side(target.images[rows], side), labels, settings=settings_of(cell),
        augment=target.augment(side), seed=seed,
    )  # fmt: skip
    return {
        name: predict(model, to_side(target.images[test], side)) for name, test in tests.items()
    }


@functools.lru_cache(maxsize=len(LABELS) * len(SOURCES))
def seen_by(target: str, source: str, seed: int) -> Tensor:
    """A body's features of the pictures that a seed uses [N, D], NaN in the rows of all others."""
    chosen, whole = load_target(target), SOURCES[source]
    used = [[order[: max(LABELS[target])], *tests.values()] for order, tests in chosen.splits(seed)]
    rows = torch.cat([part for parts in used for part in parts]).unique()
    features = torch.full((len(chosen.images), whole.features), float("nan"))
    pictures = to_side(chosen.images[rows], whole.side)
    features[rows] = image_features(build(source, seed), pictures)
    return features


# --------------------------------------------------------------------------------------------------
# the run


def train_transfer(
    kind: str, seed: int, folder: Path, minutes: float | None, precision: str
) -> tuple[None, dict]:
    """One seed of every cell, or of as many as fit into the minutes.

    A cell is kept as soon as it is measured, and taken from there again. Raises MissingPackageError in full mode
    without EfficientNet-lite0, whose cells would be missing, and AestheticError for a number format other than
    float32, in which all is computed.
    """
    if precision not in (AUTO, "float32"):
        raise AestheticError(f"this run computes in float32 alone, not in {precision}")
    if runtime.run_mode() == "full" and not has_lite0():
        load_lite0()  # which says what is missing
    begun = time.monotonic()
    rows: list[dict] = []
    skipped: list[str] = []
    for cell in cells():
        of = made_of(cell, seed)
        file = folder / cell.file
        row = known(file, of)
        if row is None:
            if minutes is not None and time.monotonic() - begun > 60 * minutes:
                skipped.append(cell.file.removesuffix(".json"))
                continue
            row = kept(file, of, partial(measure_cell, cell, seed))
        rows.append(row)
    return None, transfer_record(rows, skipped, seed)


def made_of(cell: Cell, seed: int) -> dict:
    """What a kept row has to agree with."""
    settings = None if cell.method == FROZEN else asdict(settings_of(cell))
    return {
        "cell": asdict(cell), "settings": settings, "seed": seed, "weights": digest_of(cell.source),
        "mode": runtime.run_mode(),
    }  # fmt: skip


@functools.cache
def digest_of(source: str) -> str | None:
    """SHA-256 of the weights of a source that come with the package."""
    name = SOURCES[source].weights
    return weights_info(name)["sha256"] if name else None


def transfer_record(rows: list[dict], skipped: list[str], seed: int) -> dict:
    """What the record says of one seed."""
    every = cells()
    tuned = {c.method: c for c in every if c.method != FROZEN}
    return {
        "settings": {method: asdict(settings_of(cell)) for method, cell in tuned.items()}
        | {"pictures_seen": PICTURES_SEEN, "lite0_side": LITE_SIDE},
        "sources": {name: digest_of(name) for name in SOURCES},
        "precision": str(runtime.Precision()), "seeds": [seed], "steps": len(rows), "planned_steps": len(every),
        "stopped_by": "clock" if skipped else "steps", "skipped": skipped,
        "minutes": round(sum(row["processor_seconds"] for row in rows) / 60, 2), "metrics": {"rows": rows},
    }  # fmt: skip


def transfer_summary(kind: str, records: Sequence[dict]) -> dict:
    """All rows, and for each target, test, source, method and number of labels the mean over the seeds."""
    rows = [row for each in records for row in each["metrics"]["rows"]]
    means: dict = {}
    values: dict[tuple, list[float]] = {}
    for row in rows:
        for test, accuracy in row["accuracy"].items():
            key = row["target"], test, row["source"], row["method"], str(row["labels"])
            values.setdefault(key, []).append(accuracy)
    for key, found in values.items():
        *above, last = key
        place = means
        for part in above:
            place = place.setdefault(part, {})
        place[last] = over_seeds(found)
    majority = {
        name: float(load_target(name).labels.bincount().max() / len(load_target(name).labels))
        for name in LABELS
    }
    return {
        "means": means, "majority": majority, "rows": rows,
        "skipped": [{"seed": each["seeds"][0], "cells": each["skipped"]} for each in records],
        "processor_minutes": round(sum(row["processor_seconds"] for row in rows) / 60, 1),
    }  # fmt: skip


RUNS = (
    PublishedRun(
        family="transfer", kind="learning", train=train_transfer, seeds=SEEDS, summary=transfer_summary,
        ships_network=False,
    ),
)  # fmt: skip
