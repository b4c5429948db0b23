"""How far the published generators are from the drawings, by three rulers: aggregates that lesson 4.2 reads.

    python -m tools.publish_distances

Writes aesthetic_utils/results/generator_distances.json from the shipped weights of generators and classifiers; nothing
is trained. A minute or two on one core. The drawings that a classifier learned from are the reference, as they are the
generator's models; the held-out drawings of the core say how far real ones are, and noise how far nothing at all is.
"""

import argparse
import sys
from typing import Any

import torch

from aesthetic_utils import runtime
from aesthetic_utils.data import load_emoji
from aesthetic_utils.models import DCGANConfig, Generator
from aesthetic_utils.published.parts import over_seeds
from aesthetic_utils.published.registry import RUNS
from aesthetic_utils.published.results import write_result
from aesthetic_utils.training import load_weights, sample, weights_info
from aesthetic_utils.training.rulers import RULERS, load_classifier, set_distances
from tools.modes import refusal

SEED = 0
DRAWS = 3  # of samples from each generator, seeds 0, 1, 2
GENERATORS = tuple(name for name, run in RUNS.items() if run.family == "gan")
HELD_OUT, NOISE = "held-out drawings", "noise"


def sets_of(count: int, draws: int) -> dict[tuple[str, int], torch.Tensor]:
    """What is measured, by name and draw, float [count, 3, 32, 32] in [0, 1] each."""
    held_out = load_emoji("test").images.float() / 255
    sets = {(HELD_OUT, 0): held_out[:: len(held_out) // count][:count]}
    for draw in range(draws):
        chance = torch.Generator().manual_seed(draw)
        sets[NOISE, draw] = torch.rand(count, 3, 32, 32, generator=chance)
    for name in GENERATORS:
        artist = load_weights(Generator(DCGANConfig(**weights_info(name)["config"])), name)
        sets |= {(name, draw): sample(artist, count, seed=draw) for draw in range(draws)}
    return sets


def distances(count: int, draws: int) -> dict:
    """Ruler -> set -> "frechet", "precision", "recall": mean and interval over the draws of samples.

    "in_floors" says how many times as far a set is as the held-out drawings are.
    """
    train = load_emoji("train").images.float() / 255
    train = train[:: runtime.by_mode(smoke=20, laptop=1, full=1)]
    some = torch.randperm(len(train), generator=torch.Generator().manual_seed(SEED))[:count]
    sets, found = sets_of(count, draws), {}
    for ruler in RULERS:
        measured = set_distances(load_classifier(ruler), train, sets, some)
        names = dict.fromkeys(name for name, _ in sets)
        found[ruler] = {
            name: summary([row for (of, _), row in measured.items() if of == name])
            for name in names
        }
        floor = found[ruler][HELD_OUT]["frechet"]["mean"]
        for each in found[ruler].values():
            each["in_floors"] = round(each["frechet"]["mean"] / floor, 2)
    return {"n": count, "draws": draws, "reference": len(train), "rulers": found}


def summary(rows: list[dict[str, float]]) -> dict[str, Any]:
    """Mean and interval of each number over the draws; of what was drawn once, the number alone."""
    values = {key: [row[key] for row in rows] for key in rows[0]}
    return {
        key: {k: round(v, 4) for k, v in over_seeds(drawn).items()} for key, drawn in values.items()
    }


def main() -> int:
    if reason := refusal():
        print(f"publish_distances: {reason}", file=sys.stderr)
        return 1
    count, draws = runtime.by_mode(smoke=(50, 1), laptop=(500, 1), full=(500, DRAWS))
    source = {
        "drawings": "the embedded emoji of the five designers: 'train' is the reference, 'test' the floor",
        "weights": {name: weights_info(name)["sha256"] for name in (*RULERS, *GENERATORS)},
        "definitions": "aesthetic_utils.metrics.frechet_distance and precision_recall (k = 3)",
    }
    head = (
        {"name": "generator_distances"} | runtime.describe_run() | {"seed": SEED, "source": source}
    )
    write_result("generator_distances", head | distances(count, draws))
    return 0


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    sys.exit(main())
