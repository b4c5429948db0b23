"""Learning curves: what is drawn, by a classifier that knows a 64th, a 32nd, ... or all of the drawings of ten hands.

Four ways to make the most of few drawings: from scratch; from scratch with drawings that are moved and, where that leaves them
true, mirrored; and a linear classifier on the frozen features of one of two networks that have learned something else before. All
four learn from the same drawings of a seed, each size from the first of one order. In a fifth, "whole ideas", a network learns
from scratch from as many drawings that were chosen idea by idea, with every hand's drawing of each. The first two are also given
four times as many steps, for two of the sizes.
`tools/publish_learning_curves.py` runs them all.
"""

import functools
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data.augment_drawings import mirror_images
from aesthetic_utils.data.emoji import EMOJI_CATEGORIES, EmojiSet, load_emoji
from aesthetic_utils.models.cnn import ArticleCNN, CNNConfig
from aesthetic_utils.published.parts import kept
from aesthetic_utils.training.classification import predict
from aesthetic_utils.training.drawings import DrawingSettings, train_on_drawings
from aesthetic_utils.training.judging import image_features
from aesthetic_utils.training.rulers import load_classifier
from aesthetic_utils.training.transfer import fit_probe

SEEDS = (0, 1, 2)
PARTS = (64, 32, 16, 8, 4, 2, 1)  # one in so many drawings
STEPS = {64: 200, 32: 250, 16: 300, 8: 350, 4: 450, 2: 600, 1: 800}  # of a training from scratch
RATE = 5e-3  # peak; of 2e-3 and 5e-3 the better one on validation drawings, a quarter to learn from, one seed
PENALTIES = (1.0, 0.1, 0.01)  # of a linear classifier, which chooses among them by itself
SCRATCH = ("plain", "moved", "whole ideas")
BODIES: Mapping[str, str] = {  # whose frozen features a linear classifier is given
    "photographs": "convnet_cifar10",
    "hands": "resnet_emoji_designer",
}
WAYS = (*SCRATCH, *BODIES)
LONGER = ("plain, longer", "moved, longer")  # with four times the steps
LONGER_PARTS = (16, 4)
CLASSES = len(EMOJI_CATEGORIES)


# --------------------------------------------------------------------------------------------------
# the drawings


def drawings(split: str) -> EmojiSet:
    """All drawings of all ten hands in a split, 32 x 32 pixels; in smoke mode every fiftieth."""
    return every_so_many(split, runtime.by_mode(smoke=50, laptop=1, full=1))


@functools.cache
def every_so_many(split: str, step: int) -> EmojiSet:
    """Every `step`-th of all drawings of all ten hands in a split."""
    emoji = load_emoji(split, ideas="all")
    return some_drawings(emoji, torch.arange(0, len(emoji), step))


def chosen_rows(part: int, seed: int) -> Tensor:
    """The rows of one in `part` training drawings, the first of an order that is the seed's: int64 [N / part]."""
    n = len(drawings("train"))
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    return order[: n // part]


def whole_ideas(part: int, seed: int) -> Tensor:
    """As many rows as `chosen_rows` gives, idea by idea in an order of the seed's, each with all of its drawings."""
    names = drawings("train").names
    ideas = sorted(set(names))
    order = torch.randperm(len(ideas), generator=torch.Generator().manual_seed(seed)).tolist()
    place = {ideas[i]: turn for turn, i in enumerate(order)}
    rows = sorted(range(len(names)), key=lambda row: place[names[row]])
    return torch.tensor(rows[: len(names) // part])


def rows_of(way: str, part: int, seed: int) -> Tensor:
    """Which training drawings are learned from: int64 [N / part]."""
    return whole_ideas(part, seed) if way == "whole ideas" else chosen_rows(part, seed)


def some_drawings(emoji: EmojiSet, rows: Tensor) -> EmojiSet:
    """The drawings of these rows, as a set."""
    chosen = rows.tolist()
    return EmojiSet(
        images=emoji.images[rows],
        category=emoji.category[rows],
        designer=emoji.designer[rows],
        names=[emoji.names[i] for i in chosen],
        code_points=[emoji.code_points[i] for i in chosen],
        category_names=emoji.category_names,
        designer_names=emoji.designer_names,
        split=emoji.split,
    )


# --------------------------------------------------------------------------------------------------
# the classifiers


def network() -> ArticleCNN:
    """The network of lesson 4.1 at half of its width: 140,000 weights."""
    return ArticleCNN(
        CNNConfig(classes=CLASSES, image_size=32, channels=(16, 32), hidden=64, dropout=0.3)
    )


def settings_of(way: str, part: int) -> DrawingSettings:
    """How a network from scratch learns; the steps depend on the part, and on whether it may take longer."""
    steps = STEPS[part] * (4 if way in LONGER else 1)
    return DrawingSettings(
        steps=runtime.by_mode(smoke=2, laptop=max(1, steps // 4), full=steps),
        batch_size=runtime.by_mode(smoke=8, laptop=64, full=64),
        learning_rate=RATE,
        shift=3 if way.startswith("moved") else 0,
    )


def train_scratch(way: str, emoji: EmojiSet, settings: DrawingSettings, seed: int) -> ArticleCNN:
    """A small network, trained on the drawings of a set to say what is drawn.

    way: "moved" and "moved, longer" show them moved by up to `settings.shift` pixels, and with the mirror images that are true.
    """
    images, labels = emoji.images, emoji.category
    if way.startswith("moved"):
        mirrored, rows = mirror_images(emoji)
        images, labels = torch.cat([images, mirrored]), torch.cat([labels, labels[rows]])
    runtime.seed_everything(seed)
    model, _ = train_on_drawings(
        network(), settings, images, labels, CLASSES, seed=seed,
        precision=runtime.Precision(channels_last=True),
    )  # fmt: skip
    return model


@functools.cache
def features_of(way: str, split: str) -> Tensor:
    """What the frozen network of a way sees in all drawings of a split: [N, 256]."""
    return image_features(load_classifier(BODIES[way]), drawings(split).images)


def logits_of(way: str, part: int, seed: int) -> Tensor:
    """Trains one point of a curve, and gives what it says of the test drawings: [M, classes]."""
    rows, train = rows_of(way, part, seed), drawings("train")
    if way in (*SCRATCH, *LONGER):
        model = train_scratch(way, some_drawings(train, rows), settings_of(way, part), seed)
        return predict(model, drawings("test").images)
    if way not in BODIES:
        raise ValueError(f"way is {way!r}; use one of {', '.join(WAYS)}")
    features = features_of(way, "train")[rows]
    probe = fit_probe(features, train.category[rows], CLASSES, penalties=PENALTIES, seed=seed)
    return probe.logits(features_of(way, "test"))


# --------------------------------------------------------------------------------------------------
# the record


def as_hex(right: Tensor) -> str:
    """Which of M answers are right, bool [M], as the digits of a number: the first answer is its highest bit."""
    bits = "".join("1" if each else "0" for each in right.tolist())
    return f"{int(bits, 2):0{-(-len(bits) // 4)}x}"


def from_hex(digits: str, count: int) -> Tensor:
    """What `as_hex` wrote of `count` answers: bool [count]."""
    return torch.tensor([bit == "1" for bit in f"{int(digits, 16):0{count}b}"])


def point(way: str, part: int, seed: int) -> dict:
    """One point of a curve, with each single answer, so that differences can be resampled by idea."""
    begun = time.process_time()
    right = logits_of(way, part, seed).argmax(1) == drawings("test").category
    rows = rows_of(way, part, seed).tolist()
    return {
        "drawings": len(rows),
        "ideas": len({drawings("train").names[i] for i in rows}),
        "accuracy": round(float(right.float().mean()), 5),
        "right": as_hex(right),
        "processor_seconds": round(time.process_time() - begun, 1),
    }


def planned(parts: Sequence[int]) -> list[tuple[str, int]]:
    """Ways and parts of one seed's points, those of small parts first; "whole ideas" of all drawings are all drawings."""
    found = [(way, part) for part in parts for way in WAYS if (way, part) != ("whole ideas", 1)]
    return found + [(way, part) for part in parts if part in LONGER_PARTS for way in LONGER]


def rows(folder: Path) -> list[dict]:
    """All points of all seeds; kept in the folder one by one, and taken from there again."""
    found = []
    parts = runtime.by_mode(smoke=(4,), laptop=PARTS, full=PARTS)
    for seed in runtime.by_mode(smoke=SEEDS[:1], laptop=SEEDS, full=SEEDS):
        for way, part in planned(parts):
            of = {"way": way, "part": part, "seed": seed}
            scratch = way not in BODIES
            about = of | {"settings": asdict(settings_of(way, part)) if scratch else {}}
            file = folder / f"{way.replace(',', '').replace(' ', '_')}_{part}_{seed}.json"
            row = kept(file, about, functools.partial(point, **of))
            found.append(of | row)
    return found
