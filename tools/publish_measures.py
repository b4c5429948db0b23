"""What the pages quote of measured images: aggregates over the embedded photographs and drawings.

    python -m tools.publish_measures              writes aesthetic_utils/results/image_measures.json
    python -m tools.publish_measures --limit 5    tries it on five images of each set, writes nothing
    python -m tools.publish_measures --columns    writes book/6-faq/measures.json, at once

Every comparison is made at one size, which stands beside it. Takes about five minutes on one core.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy import stats
from torch import Tensor
from tqdm import tqdm

from aesthetic_utils import runtime
from aesthetic_utils.data import load_emoji, load_photos
from aesthetic_utils.measures import measure
from aesthetic_utils.measures.columns import MEASURES, measure_small
from aesthetic_utils.models import DCGANConfig, Generator
from aesthetic_utils.published.results import results_folder
from aesthetic_utils.statistics.comparison import above, concordance, friedman, holm
from aesthetic_utils.statistics.intervals import bootstrap
from aesthetic_utils.storage import write_json
from aesthetic_utils.training import load_weights, sample, weights_info
from tools.modes import refusal

COLUMNS = Path(__file__).resolve().parent.parent / "book" / "6-faq" / "measures.json"
SEED = 0
PHOTO_SIDE = 512  # pixels of the long side
DRAWING_SIDE = 64  # as stored
SMALL_SIDE = 32  # what the generator makes
SMALL_COUNT = 200  # images of each small set but the photographs
FEW_IDEAS = 8  # for showing what a correction does when data are scarce
REPEATS = 2000  # of a bootstrap
LEVEL = 0.05
GENERATOR = "gan_emoji"


def tabulate(
    images: Iterable[Tensor], measures: Callable[[Tensor], dict[str, float]], what: str
) -> dict[str, np.ndarray]:
    """Column -> values [N]."""
    rows = [measures(image) for image in tqdm(images, desc=what, unit="image")]
    return {column: np.array([row[column] for row in rows]) for column in rows[0]}


def small_square(image: Tensor, side: int = SMALL_SIDE) -> Tensor:
    """The middle square, averaged down: uint8 [3, H, W] -> [3, side, side]."""
    edge = min(image.shape[1:])
    top, left = (image.shape[1] - edge) // 2, (image.shape[2] - edge) // 2
    square = image[None, :, top : top + edge, left : left + edge].float()
    return F.interpolate(square, (side, side), mode="area")[0].round().to(torch.uint8)


def one_of_each_kind(names: Sequence[str]) -> list[int]:
    """Places of the first name with each first word: twelve keycaps are one idea and not twelve."""
    first: dict[str, int] = {}
    for place, name in enumerate(names):
        first.setdefault(name.split("-")[0], place)
    return list(first.values())


def describe(table: dict[str, np.ndarray]) -> dict[str, dict]:
    """n, mean, sd and quartiles of each column; undefined values are left out, and n counts the rest."""
    found = {}
    for column, values in table.items():
        values = values[~np.isnan(values)]
        found[column] = {"n": len(values)}
        if len(values) > 1:
            found[column] |= {"mean": values.mean(), "sd": values.std(ddof=1)}
            found[column] |= {f"p{q}": np.percentile(values, q) for q in (25, 50, 75)}
    return found


def findings(values: np.ndarray) -> dict[str, int]:
    """How many measures of [blocks, treatments, measures] differ at the level, plain and corrected."""
    p = np.array([friedman(values[:, :, j])[1] for j in range(values.shape[2])])
    p = p[~np.isnan(p)]
    adjusted = {"plain": p, "benjamini_hochberg": stats.false_discovery_control(p), "holm": holm(p)}
    return {name: int((q < LEVEL).sum()) for name, q in adjusted.items()} | {"tested": len(p)}


def compare_designers(
    values: np.ndarray, columns: Sequence[str], designers: Sequence[str], repeats: int
) -> dict:
    """Friedman's test of every measure of [ideas, designers, measures], and how large the differences are."""
    tested = [friedman(values[:, :, j]) for j in range(len(columns))]
    p = np.array([p for _, p in tested])
    defined = ~np.isnan(p)
    by_holm, by_bh = np.full(len(p), np.nan), np.full(len(p), np.nan)
    by_holm[defined], by_bh[defined] = holm(p[defined]), stats.false_discovery_control(p[defined])
    found = {}
    for j, column in enumerate(columns):
        ranks = tested[j][0]
        found[column] = {
            "kendall_w": asdict(bootstrap(concordance, ranks, repeats=repeats, seed=SEED)),
            "p": p[j],
            "p_benjamini_hochberg": by_bh[j],
            "p_holm": by_holm[j],
            "mean_rank": dict(zip(designers, ranks.mean(axis=0), strict=True)),
        }
    in_order = np.tile(np.arange(len(designers)), (len(values), 1))
    dealt = np.random.default_rng(SEED).permuted(in_order, axis=1)
    by_chance = np.take_along_axis(values, dealt[:, :, None], axis=1)
    parts = {"all_ideas": values, "few_ideas": values[:FEW_IDEAS], "dealt_at_random": by_chance}
    return {
        "by_measure": found,
        "few_ideas": FEW_IDEAS,
        "level": LEVEL,
        "findings": {name: findings(part) for name, part in parts.items()},
    }


def above_interval(a: np.ndarray, b: np.ndarray, repeats: int) -> dict:
    """`above` with a percentile bootstrap over both sets."""
    rng = np.random.default_rng(SEED)
    drawn = [above(rng.choice(a, len(a)), rng.choice(b, len(b))) for _ in range(repeats)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return {"value": above(a, b), "low": low, "high": high, "n": [len(a), len(b)]}


def photographs(limit: int | None) -> dict:
    """All measures of all photographs."""
    images = [photo.image for photo in load_photos("all", PHOTO_SIDE)[:limit]]
    table = tabulate(images, measure, "photographs")
    return {"images": len(images), "long_side": PHOTO_SIDE, "measures": describe(table)}


def drawings(limit: int | None, repeats: int) -> dict:
    """The same ideas by five designers, each idea a block."""
    emoji = load_emoji("test", size=DRAWING_SIDE)
    count = len(emoji) // len(emoji.designer_names)
    ideas = one_of_each_kind(emoji.names[:count])[:limit]
    images = [emoji.images[d * count + i] for i in ideas for d in range(len(emoji.designer_names))]
    table = tabulate(images, measure_small, "drawings")
    shape = len(ideas), len(emoji.designer_names)
    by_idea = {column: values.reshape(shape) for column, values in table.items()}
    return {
        "ideas": len(ideas),
        "side": DRAWING_SIDE,
        "by_designer": {
            designer: describe({column: values[:, d] for column, values in by_idea.items()})
            for d, designer in enumerate(emoji.designer_names)
        },
        "comparison": compare_designers(
            np.stack(list(by_idea.values()), axis=-1), list(by_idea), emoji.designer_names, repeats
        ),
    }


def small_sets(limit: int | None, repeats: int) -> dict:
    """Photographs, generated pictures and held-out drawings, each against training drawings."""
    count = min(limit or SMALL_COUNT, SMALL_COUNT)
    artist = Generator(DCGANConfig(**weights_info(GENERATOR)["config"]))
    made = sample(load_weights(artist, GENERATOR).eval(), count, seed=SEED)  # [N, 3, 32, 32]
    sets = {
        "photographs": [small_square(photo.image) for photo in load_photos("all")[:limit]],
        "generated": list((255 * made).round().to(torch.uint8)),
        "held_out": list(_some(load_emoji("test", size=SMALL_SIDE).images, count)),
        "training": list(_some(load_emoji("train", size=SMALL_SIDE).images, count)),
    }
    tables = {name: tabulate(images, measure_small, name) for name, images in sets.items()}
    reference = tables["training"]
    return {
        "side": SMALL_SIDE,
        "weights": weights_info(GENERATOR)["sha256"],
        "sets": {
            name: {"images": len(sets[name]), "measures": describe(table)}
            for name, table in tables.items()
        },
        "above_training": {
            name: {
                column: above_interval(values, reference[column], repeats)
                for column, values in table.items()
            }
            for name, table in tables.items()
            if name != "training"
        },
    }


def _some(images: Tensor, count: int) -> Tensor:
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(SEED))
    return images[order[:count]]


def image_measures(*, limit: int | None = None, repeats: int = REPEATS) -> dict:
    """All aggregates; `limit` takes so many images or ideas of each set."""
    return {
        "photographs": photographs(limit),
        "drawings": drawings(limit, repeats),
        "small": small_sets(limit, min(repeats, 200)),
    }


def plain(value):
    """The same as JSON holds it: six significant digits, null for what is not defined."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return value


def write(results: dict) -> None:
    """The record image_measures, with where the numbers come from."""
    source = {
        "photographs": "the embedded photographs of this course",
        "drawings": "the embedded emoji of the split 'test', one idea for each first word of a name",
        "definitions": "aesthetic_utils.measures, after Redies et al. (2025)",
    }
    result = {"name": "image_measures"} | runtime.describe_run() | {"seed": SEED, "source": source}
    write_json(results_folder() / "image_measures.json", result | plain(results), allow_nan=False)


def column_table() -> list[dict]:
    """What each column means, for the book, which is built without PyTorch; no end of a range is None."""
    return [
        {"name": name, "group": m.group.__name__.strip("_"), "meaning": m.meaning, "unit": m.unit,
         "range": [end if math.isfinite(end) else None for end in m.range], "reference": m.reference}
        for name, m in MEASURES.items()
    ]  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=int, help="images of each set; nothing is written")
    parser.add_argument("--columns", action="store_true", help="only what each column means")
    options = parser.parse_args(arguments)
    if options.columns:
        write_json(COLUMNS, column_table())
        return 0
    limit = options.limit
    if limit is not None and limit < 2:
        parser.error("--limit must be at least 2")
    if limit:
        found = plain(image_measures(limit=limit, repeats=20))
        print(json.dumps(found["drawings"]["comparison"]["findings"], allow_nan=False))
    elif reason := refusal():
        print(f"publish_measures: {reason}", file=sys.stderr)
        return 1
    else:
        few, repeats = runtime.by_mode(smoke=(2, 5), laptop=(20, 200), full=(None, REPEATS))
        write(image_measures(limit=few, repeats=repeats))
    return 0


if __name__ == "__main__":
    sys.exit(main())
