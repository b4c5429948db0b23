"""What the published flow draws when it is asked: aggregates that lesson 5.1 reads.

    python -m tools.publish_flow

Writes aesthetic_utils/results/flow_measures.json from the shipped weights of the flow and of two classifiers; nothing
is trained. On one core it takes some twenty minutes, most of them for drawing. Three questions: are drawings what was
asked for, by the strength of the asking; can they be asked for by words of names that nobody learned from; and how many
evaluations does a drawing need. Each answer stands beside that of real held-out drawings.
"""

import argparse
import sys
import time
from functools import partial

import torch
from torch import Tensor, nn

from aesthetic_utils import runtime
from aesthetic_utils.data import load_emoji
from aesthetic_utils.data.emoji import EmojiSet
from aesthetic_utils.generator_metrics import Yardstick, judge_generator, likeness, yardstick
from aesthetic_utils.metrics import closest, variety
from aesthetic_utils.models.unet import UNet
from aesthetic_utils.published.flow import conditions_of, load_flow
from aesthetic_utils.published.results import write_result
from aesthetic_utils.statistics.intervals import wilson_interval
from aesthetic_utils.training.flow import evaluations, sample_flow
from aesthetic_utils.training.rulers import load_classifier, seen_by
from aesthetic_utils.training.weights import weights_info
from tools.modes import refusal

SEED = 0
FLOW = "flow_emoji"
RULERS = {"category": "resnet_emoji_category", "designer": "resnet_emoji_designer"}
STRENGTHS = (1.0, 1.5, 2.0, 3.0)
WAYS = (
    ("euler", 5), ("euler", 10), ("euler", 20), ("euler", 39),
    ("heun", 3), ("heun", 5), ("heun", 10), ("heun", 20),
)  # fmt: skip
WORD_STRENGTH = 2.0
PICTURES_A_NAME = 4


def steps() -> int:
    """Of Heun, for whatever is not about the number of steps."""
    return runtime.by_mode(smoke=2, laptop=10, full=20)


def right(network: nn.Module, images: Tensor, labels: Tensor) -> dict:
    """How many pictures are taken for what they were meant to be, with its 95 % interval."""
    with runtime.evaluating(network):
        said = torch.cat([network(part).argmax(1) for part in images.split(250)])
    hits = int((said == labels).sum())
    low, high = wilson_interval(hits, len(labels))
    return {"share": hits / len(labels), "low": low, "high": high, "n": len(labels)}


def typicality(network: nn.Module, images: Tensor, category: Tensor, train: EmojiSet) -> float:
    """Mean distance of pictures to the mean training drawing of their category, in the features of a ruler."""
    seen = seen_by(network, train.images.float() / 255)
    centres = torch.stack([seen[train.category == c].mean(0) for c in range(8)])  # [8, D]
    return float((seen_by(network, images) - centres[category]).norm(dim=1).mean())


def by_strength(
    model: UNet, rulers: dict[str, nn.Module], by: Yardstick, held_out: EmojiSet, train: EmojiSet
) -> list[dict]:
    """One row a strength, the same noise for all, and one of the held-out drawings, whose labels are asked for."""
    asked = conditions_of(held_out, model.config.words).kept("category", "designer")
    some = torch.randperm(len(train), generator=torch.Generator().manual_seed(SEED))
    reference = train.images[some[: len(held_out)]].float() / 255
    rows = []
    for strength in (None, *STRENGTHS):
        if strength is None:
            images = held_out.images.float() / 255
        else:
            images = sample_flow(model, asked, scales=(strength,) * 3, steps=steps(), seed=SEED)
        judged = judge_generator(images, by, seed=SEED)
        rows.append({
            "strength": strength,
            "category": right(rulers["category"], images, held_out.category),
            "designer": right(rulers["designer"], images, held_out.designer),
            **{k: {ruler: judged[ruler][k] for ruler in rulers} for k in ("frechet", "coverage")},
            "memorised": judged["pixels"]["memorised"],
            "variety": variety(images, reference),
            "closest": closest(images, reference),
            "from_the_mean": typicality(rulers["category"], images, held_out.category, train),
            "corner": float(images[..., 0, 0].mean()),
        })  # fmt: skip
    return rows


def by_evaluations(model: UNet, by: Yardstick, held_out: EmojiSet) -> list[dict]:
    """One row for each way from noise to drawing, all from the same noise, without guidance."""
    asked = conditions_of(held_out, model.config.words).kept("category", "designer")
    rows = []
    for solver, count in WAYS:
        begun = time.process_time()
        images = sample_flow(model, asked, solver=solver, steps=count, seed=SEED)
        seconds = (time.process_time() - begun) / len(images)
        seen = {name: likeness(ruler.look(images), ruler) for name, ruler in by.rulers.items()}
        rows.append({
            "solver": solver, "steps": count, "evaluations": evaluations(solver, count),
            "cpu_seconds_a_picture": round(seconds, 4),
            "frechet": {name: row["frechet"] for name, row in seen.items()},
        })  # fmt: skip
    return rows


def by_words(model: UNet, ruler: nn.Module, held_out: EmojiSet) -> dict:
    """Held-out names of which a word is known: what the drawings show by the category's ruler, and real ones, too.

    Nothing but words is asked for. "other words" asks for those of another held-out name, which says what the network
    would get without listening; "always the most frequent" is the best that one category can do.
    """
    every = conditions_of(held_out, model.config.words)
    known = every.words.any(1)
    names = sorted({name for name, k in zip(held_out.names, known.tolist(), strict=True) if k})
    first = torch.tensor([held_out.names.index(name) for name in names])
    real = torch.tensor([i for i, name in enumerate(held_out.names) if name in set(names)])
    many = runtime.by_mode(smoke=1, laptop=2, full=PICTURES_A_NAME)
    rows = first.repeat(many)
    expected = held_out.category[rows]
    asked = every.rows(rows).kept("words")
    other = every.rows(first.roll(len(first) // 2).repeat(many)).kept("words")
    options = {"scales": (1.0, 1.0, WORD_STRENGTH), "steps": steps(), "seed": SEED}
    pictures = held_out.images[real].float() / 255
    return {
        "names": len(names),
        "strength": WORD_STRENGTH,
        "asked": right(ruler, sample_flow(model, asked, **options), expected),
        "other_words": right(ruler, sample_flow(model, other, **options), expected),
        "held_out": right(ruler, pictures, held_out.category[real]),
        "most_frequent": float(expected.bincount().max() / len(expected)),
    }


def measures() -> dict:
    """All that is written, of one seed."""
    model = load_flow(FLOW)
    rulers = {k: load_classifier(name) for k, name in RULERS.items()}
    few = runtime.by_mode(smoke=20, laptop=4, full=1)  # each so many-th drawing
    train, validation, test = (
        thinned(load_emoji(split, ideas="all"), few) for split in ("train", "validation", "test")
    )
    by = yardstick(
        {k: partial(seen_by, network) for k, network in rulers.items()},
        train.images.float() / 255, validation.images.float() / 255,
    )  # fmt: skip
    count = runtime.by_mode(smoke=20, laptop=100, full=500)
    judged = thinned(test, max(1, len(test) // count), count)
    return {
        "n": len(judged),
        "by_strength": by_strength(model, rulers, by, judged, train),
        "by_evaluations": by_evaluations(model, by, judged),
        "words": by_words(model, rulers["category"], test),
    }


def thinned(emoji: EmojiSet, step: int, most: int | None = None) -> EmojiSet:
    """Each step-th drawing of a set, at most so many."""
    rows = torch.arange(0, len(emoji), step)[:most]
    return EmojiSet(
        images=emoji.images[rows], category=emoji.category[rows], designer=emoji.designer[rows],
        names=[emoji.names[i] for i in rows], code_points=[emoji.code_points[i] for i in rows],
        category_names=emoji.category_names, designer_names=emoji.designer_names, split=emoji.split,
    )  # fmt: skip


def main() -> int:
    if reason := refusal():
        print(f"publish_flow: {reason}", file=sys.stderr)
        return 1
    source = {
        "drawings": "the embedded emoji of all ten hands: 'train', 'validation' and 'test'",
        "weights": {name: weights_info(name)["sha256"] for name in (FLOW, *RULERS.values())},
    }
    head = {"name": "flow_measures"} | runtime.describe_run() | {"seed": SEED, "source": source}
    write_result("flow_measures", head | measures())
    return 0


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    sys.exit(main())
