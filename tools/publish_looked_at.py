"""What did it look at? Maps of small networks with a planted shortcut, a glass box beside them, and advice on crops.

    python -m tools.publish_looked_at

Trains two small networks a seed, one on drawings of which one hand's bear a mark and one on the same without it; judges four
methods by the planted place, by randomised weights and by covering; does the last two for the published network as well; fits
an additive model on measures; and lets a judge crop photographs. Writes aesthetic_utils/results/looked_at.json. Needs captum
(the extra `challenges`). Six minutes on one core.
"""

import argparse
import sys

import numpy as np
import torch
from torch import Tensor, nn

from aesthetic_utils import runtime
from aesthetic_utils.data import load_emoji, load_photo, photo_names
from aesthetic_utils.data.emoji import EmojiSet
from aesthetic_utils.data.judged import STATUES, load_judged
from aesthetic_utils.measures import measure
from aesthetic_utils.models import Eyes
from aesthetic_utils.statistics.additive import AdditiveModel, fit_additive
from aesthetic_utils.statistics.intervals import bootstrap, wilson_interval
from aesthetic_utils.training import attribution as maps_by
from aesthetic_utils.training.classification import evaluate_classifier, predict
from aesthetic_utils.training.crops import Adviser, crop_boxes, cut, train_adviser
from aesthetic_utils.training.rulers import load_classifier
from aesthetic_utils.training.shortcut import (
    Mark,
    ReaderSettings,
    mark_region,
    put_mark,
    train_reader,
)
from aesthetic_utils.training.weights import weights_info
from tools.modes import refusal
from tools.publish_judging import COLUMNS
from tools.publish_votes import write

HAND, OWN = "emojione", "resnet_emoji_designer"
EYES = ("resnet_emoji_designer", "resnet_emoji_category")
AROUND = 2  # pixels around the mark that still count as the place
TRIES = (1, 3, 10, 30, 60)  # crops to choose from
SEEDS = (0, 1, 2)
NAME = "looked_at"


def planted(images: Tensor, labels: Tensor, hand: int) -> Tensor:
    """The images, those of one hand with the mark."""
    marked = images.clone()
    marked[labels == hand] = put_mark(images[labels == hand], Mark())
    return marked


def recall_of(network: nn.Module, images: Tensor, hand: int) -> float:
    """Share of the images that are given to the hand."""
    return float((predict(network, images).argmax(1) == hand).float().mean())


def planted_run(seed: int, train: EmojiSet, test: EmojiSet, epochs: int, n: int) -> dict:
    """One pair of networks, and what four methods say of them."""
    hand, classes = train.designer_names.index(HAND), len(train.designer_names)
    settings = ReaderSettings(epochs=epochs)
    learned = planted(train.images, train.designer, hand), train.images
    reader, clean = (
        train_reader(x, train.designer, classes, settings=settings, seed=seed) for x in learned
    )
    own = test.designer == hand
    marked, others = put_mark(test.images[own], Mark()), test.images[~own]
    asked = marked[:n].float() / 255
    labels = torch.full((len(asked),), hand)
    near = mark_region(Mark(), asked.shape[-1], around=AROUND)
    found = {
        "accuracy": {
            "as_trained": evaluate_classifier(
                reader, planted(test.images, test.designer, hand), test.designer
            ),
            "without_mark": evaluate_classifier(reader, test.images, test.designer),
            "clean_network": evaluate_classifier(clean, test.images, test.designer),
        },
        "given_to_hand": {
            "own_marked": recall_of(reader, marked, hand),
            "own_plain": recall_of(reader, test.images[own], hand),
            "others_marked": recall_of(reader, put_mark(others, Mark()), hand),
            "others_plain": recall_of(reader, others, hand),
            "clean_others_marked": recall_of(clean, put_mark(others, Mark()), hand),
        },
        "area": float(near.float().mean()),
    }
    random = maps_by.randomised(reader, train.images[:512].float() / 255, seed=seed)
    rows = tested(reader, random, asked, labels)
    blind = maps_by.LogOdds(clean)
    for name, row in rows.items():
        maps = row.pop("maps")
        row["mass"] = float(maps_by.mass_share(maps, near).mean())
        row["points"] = float(maps_by.points_into(maps, near).float().mean())
        if name in maps_by.METHODS:
            other = maps_by.attribution(name, blind, asked, labels)
            row["mass_clean"] = float(maps_by.mass_share(other, near).mean())
            row["points_clean"] = float(maps_by.points_into(other, near).float().mean())
    return {"seed": seed, "n": len(asked)} | found | {"methods": rows}


def tested(network: nn.Module, random: nn.Module, images: Tensor, labels: Tensor) -> dict:
    """The tests that need no planted place, for each method and for two maps that know nothing of a network."""
    odds, untaught = maps_by.LogOdds(network), maps_by.LogOdds(random)
    whole = odds.of(images, labels).detach()
    ink = (images < 0.98).any(1)  # [N, S, S]
    found = {m: maps_by.attribution(m, odds, images, labels) for m in maps_by.METHODS}
    found["from black"] = maps_by.integrated_gradients(odds, images, labels, baseline=0.0)
    found["edges"] = maps_by.edge_map(images)
    found["at random"] = torch.rand(ink.shape, generator=torch.Generator().manual_seed(0))
    rows: dict[str, dict] = {}
    for name, maps in found.items():
        covered = maps_by.cover_top(images, maps)
        with torch.no_grad():
            fall = (whole - odds.of(covered, labels)).numpy()
        still = (predict(network, (covered * 255).round().byte()).argmax(1) == labels).float()
        agreement = maps_by.joint_agreement(odds, images, labels, maps)
        rows[name] = {
            "maps": maps,
            "fall": interval(fall), "still": float(still.mean()), "adds_up": interval(agreement),
        }  # fmt: skip
        if name in maps_by.METHODS:
            other = maps_by.attribution(name, untaught, images, labels)
            kinds = {"signed": (maps, other, None), "size": (maps.abs(), other.abs(), None),
                     "size_on_ink": (maps.abs(), other.abs(), ink)}  # fmt: skip
            rows[name]["rank"] = {
                kind: interval(maps_by.rank_correlations(*three)) for kind, three in kinds.items()
            }
    return rows


def interval(values: np.ndarray) -> dict:
    """The mean over images with its bootstrap interval."""
    found = bootstrap(np.mean, values, repeats=500)
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n}


def published_network(test: EmojiSet, train: EmojiSet, n: int) -> dict:
    """The course's own network, of which nobody knows where the evidence is."""
    network = load_classifier(OWN)
    right = (predict(network, test.images).argmax(1) == test.designer).nonzero()[:, 0]
    each = max(n // len(test.designer_names), 1)
    rows = torch.cat([right[test.designer[right] == k][:each] for k in range(5)])
    images, labels = test.images[rows].float() / 255, test.designer[rows]
    random = maps_by.randomised(network, train.images[:512].float() / 255)
    found = tested(network, random, images, labels)
    for row in found.values():
        del row["maps"]
    return {"n": len(rows), "methods": found}


# --------------------------------------------------------------------------------------------------
# a glass box


def measured(images: Tensor) -> np.ndarray:
    """The measures of uint8 images [N, 3, 64, 64]: [N, D]. A drawing without two halves to compare is symmetric."""
    rows = [list(measure(image, COLUMNS).values()) for image in images]
    return np.nan_to_num(np.array(rows, dtype=float), nan=1.0)


def glass_box(some: int | None, n: int | None) -> dict:
    """An additive model of the measures on the same question, and whether what it says of itself is true."""
    train, test = load_emoji("train", size=64), load_emoji("test", size=64)
    chance = torch.Generator().manual_seed(0)
    rows = torch.randperm(len(train), generator=chance)[:some]
    held = torch.randperm(len(test), generator=chance)[:n]
    x, labels = measured(train.images[rows]), train.designer[rows].numpy()
    model = AdditiveModel.from_dict(fit_additive(x, labels, 5).as_dict())
    x, labels = measured(test.images[held]), test.designer[held].numpy()
    right = model.logits(x).argmax(1) == labels
    low, high = wilson_interval(int(right.sum()), len(right))
    at = model.contributions(x)[np.arange(len(x)), :, labels]  # [N, D], for the right hand
    network = load_classifier(OWN)
    small = load_emoji("test")
    seen = predict(network, small.images)[:, :5].argmax(1) == small.designer
    return {
        "columns": list(COLUMNS), "model": model.as_dict(), "training_drawings": len(rows),
        "accuracy": {"accuracy": float(right.mean()), "low": low, "high": high, "n": len(right)},
        "network_among_five": {"accuracy": float(seen.float().mean()), "n": len(seen)},
        "largest": [COLUMNS[i] for i in np.abs(at).mean(0).argsort()[::-1][:5]],
    }  # fmt: skip


# --------------------------------------------------------------------------------------------------
# advice


def advice(ideas: int, photographs: int | None, tries: tuple[int, ...]) -> dict:
    """The best of so many crops by a judge, and what its simulated audience says of them."""
    eyes = Eyes([load_classifier(name) for name in EYES])
    adviser = train_adviser(load_judged(ideas=ideas), eyes)
    names = [n for s in ("validation", "test") for n in photo_names(s) if n not in STATUES]
    found = [crops_of(adviser, name, max(tries)) for name in names[:photographs]]
    said, true = (np.array([row[k] for row in found]) for k in (0, 1))  # [P, max(tries)]
    rows = []
    for n in tries:
        best = said[:, :n].argmax(1)
        at = np.arange(len(said)), best
        promised, kept = said[at] - said[:, 0], true[at] - true[:, 0]
        rows.append(
            {
                "crops": n,
                "promised": interval(promised),
                "kept": interval(kept),
                "better": int((kept > 0).sum()),
                "photographs": len(kept),
            }  # fmt: skip
        )
    best = true.max(1) - true[:, 0]
    return {
        "ideas": ideas, "viewers": len(adviser.audience.weights), "error": adviser.error,
        "correlation": adviser.correlation, "photographs": adviser.photographs,
        "rows": rows, "best_there_is": interval(best),
        "any_crop": interval((true - true[:, :1]).mean(1)),
    }  # fmt: skip


def crops_of(adviser: Adviser, name: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    """What the judge and the audience say of n crops of a photograph: [n], [n]."""
    image = load_photo(name).image
    height, width = image.shape[1:]
    crops = cut(image, crop_boxes(height, width, n))
    return adviser.predicted(crops), adviser.given(crops)


def main() -> int:
    if reason := refusal():
        print(f"publish_looked_at: {reason}", file=sys.stderr)
        return 1
    if not maps_by.has_captum():
        print("publish_looked_at: captum is missing: pip install captum", file=sys.stderr)
        return 1
    train, test = load_emoji("train"), load_emoji("test")
    epochs, n = runtime.by_mode(smoke=(1, 5), laptop=(4, 30), full=(8, 40))
    seeds = runtime.by_mode(smoke=SEEDS[:1], laptop=SEEDS[:2], full=SEEDS)
    some, held = runtime.by_mode(smoke=(60, 20), laptop=(1000, 200), full=(2000, None))
    ideas, photographs = runtime.by_mode(smoke=(4, 2), laptop=(50, 10), full=(100, None))
    tries = runtime.by_mode(smoke=TRIES[:2], laptop=TRIES, full=TRIES)
    source = {"weights": {name: weights_info(name)["sha256"] for name in EYES}}
    runs = []
    for seed in seeds:
        runs.append(planted_run(seed, train, test, epochs, n))
        print("seed", seed, flush=True)
    results: dict[str, object] = {"hand": HAND, "epochs": epochs, "runs": runs}
    results["published"] = published_network(test, train, n)
    print("published", flush=True)
    results["glass_box"] = glass_box(some, held)
    print("glass box", flush=True)
    results["advice"] = advice(ideas, photographs, tries)
    write(NAME, source, results)
    return 0


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    sys.exit(main())
