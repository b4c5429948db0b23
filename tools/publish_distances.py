"""All published generators by one protocol: aggregates that the book's table and lesson 4.2 read.

    python -m tools.publish_distances

Writes aesthetic_utils/results/generator_distances.json from the shipped weights of generators and classifiers; nothing
is trained. A minute or two on one core for each row that is new; what was measured before is kept in the folder
--run-dir. What the measures are says aesthetic_utils/generator_metrics.py. The reference is always the same, all
training drawings of the ten hands; which drawings a generator has learned from stands beside it. Beside the generators
stand held-out drawings (what real ones get), training drawings handed out again, mirrored or moved by a pixel or two
(what a cheat gets), and noise. A family of generators joins with a line in ARTISTS.
"""

import argparse
import functools
import inspect
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aesthetic_utils import generator_metrics, runtime
from aesthetic_utils.data import load_emoji
from aesthetic_utils.generator_metrics import (
    SHIFT,
    Yardstick,
    by_halves,
    expected_coverage,
    judge_generator,
    likeness,
    versions,
    yardstick,
)
from aesthetic_utils.models import DCGANConfig, Generator
from aesthetic_utils.models.stylegan2 import StyleGAN2Config, StyleGenerator
from aesthetic_utils.published.flow import draw_like_training, load_flow
from aesthetic_utils.published.parts import kept, over_seeds
from aesthetic_utils.published.registry import RUNS
from aesthetic_utils.published.results import load_result, write_result
from aesthetic_utils.storage import file_digest
from aesthetic_utils.training import load_weights, sample, stylegan2, weights_info
from aesthetic_utils.training.flow import evaluations
from aesthetic_utils.training.rulers import RULERS, load_classifier, seen_by
from tools.modes import refusal

SEED = 0
STRENGTH = 2.0  # of the asking
DRAWS = 3  # of samples from each generator, seeds 0, 1, 2
HELD_OUT, COPIES, NOISE = "held-out drawings", "training drawings again", "noise"


@dataclass(frozen=True, kw_only=True)
class Artist:
    """A published generator, ready to draw."""

    draw: Callable[[int, int], Tensor]  # (n, seed) -> float [n, 3, 32, 32] in [0, 1]
    parameters: int
    evaluations: int = 1  # of its network, for each picture


def dcgan(name: str) -> Artist:
    """One of the family "gan"."""
    network = load_weights(Generator(DCGANConfig(**weights_info(name)["config"])), name)
    return Artist(
        draw=lambda n, seed: sample(network, n, seed=seed),
        parameters=sum(p.numel() for p in network.parameters()),
    )


def flow(name: str) -> Artist:
    """One of the family "flow": 20 steps of Heun, asked with the strength that tools/publish_flow.py found best."""
    network = load_flow(name)
    return Artist(
        draw=lambda n, seed: draw_like_training(network, n, seed, strength=STRENGTH),
        parameters=sum(p.numel() for p in network.parameters()),
        evaluations=2 * evaluations("heun", 20),  # with and without what is asked
    )


def stylegan(name: str) -> Artist:
    """One of the family "stylegan2", its styles not truncated."""
    config = StyleGAN2Config(**weights_info(name)["config"])
    network = load_weights(StyleGenerator(config), name)
    return Artist(
        draw=lambda n, seed: stylegan2.sample(network, n, seed=seed),
        parameters=sum(p.numel() for p in network.parameters()),
    )


# by family
ARTISTS: dict[str, Callable[[str], Artist]] = {
    "gan": dcgan,
    "stylegan2": stylegan,
    "flow": flow,
}
GENERATORS = tuple(name for name, run in RUNS.items() if run.family in ARTISTS)


def drawings(split: str) -> Tensor:
    """Those of all ten hands, float [N, 3, 32, 32] in [0, 1]; in smoke mode every twentieth."""
    every = runtime.by_mode(smoke=20, laptop=1, full=1)
    return load_emoji(split, ideas="all").images[::every].float() / 255


def some_of(images: Tensor, n: int, seed: int) -> Tensor:
    """n of the images, drawn by the seed."""
    chance = torch.Generator().manual_seed(seed)
    return images[torch.randperm(len(images), generator=chance)[:n]]


def copies(images: Tensor, n: int, seed: int) -> Tensor:
    """n of the images, each mirrored or not and moved by up to two pixels."""
    chosen = versions(some_of(images, n, seed), SHIFT)  # [V, n, 3, 32, 32]
    chance = torch.Generator().manual_seed(seed + 1)
    which = torch.randint(len(chosen), (chosen.shape[1],), generator=chance)
    return chosen[which, torch.arange(len(which))]


def noise(n: int, seed: int) -> Tensor:
    """Pixels that know nothing of each other."""
    return torch.rand(n, 3, 32, 32, generator=torch.Generator().manual_seed(seed))


OTHERS: dict[str, Callable[[int, int], Tensor]] = {
    HELD_OUT: lambda n, seed: some_of(drawings("test"), n, seed),
    COPIES: lambda n, seed: copies(drawings("train"), n, seed),
    NOISE: noise,
}


@functools.cache
def drawn() -> Yardstick:
    """All training drawings, and those that copying is measured with, as the rulers see them: a minute of one core."""
    looks = {name: partial(seen_by, load_classifier(name)) for name in RULERS}
    return yardstick(looks, drawings("train"), drawings("validation"))


def judged(draw: Callable[[int, int], Tensor], by: Yardstick, count: int, draws: int) -> dict:
    """A row of the table: "rulers", its numbers by each, and "seconds" of the processor for a picture.

    A number is the mean over the draws with its interval; "half_error" its standard error from halves of the first.
    """
    shift = runtime.by_mode(smoke=0, laptop=SHIFT, full=SHIFT)
    draw(2, 0)  # what is done once is no work for a picture
    began = time.process_time()
    sets = [draw(count, seed) for seed in range(draws)]
    seconds = (time.process_time() - began) / (count * draws)
    found = [judge_generator(images, by, seed=i, shift=shift) for i, images in enumerate(sets)]
    table = {name: summary([each[name] for each in found]) for name in found[0]}
    for name, ruler in by.rulers.items():
        errors = by_halves(partial(likeness, ruler=ruler), ruler.look(sets[0]))
        for key, error in errors.items():
            table[name][key]["half_error"] = round(error, 4)
    return {"rulers": table, "seconds": float(f"{seconds:.2g}")}


def summary(found: list[dict[str, float]]) -> dict[str, dict]:
    """Mean and interval of each number over the draws."""
    values = {key: [row[key] for row in found] for key in found[0]}
    return {
        key: {k: round(v, 4) for k, v in over_seeds(drawn).items()} for key, drawn in values.items()
    }


def facts(name: str, artist: Artist, seconds: float) -> dict[str, Any]:
    """What stands beside a generator's numbers: its size, its training and the work of drawing."""
    run = load_result(name)
    return {
        "parameters": artist.parameters, "evaluations": artist.evaluations,
        "cpu_milliseconds_a_picture": round(1000 * seconds, 3),
        "drawings": run.get("drawings", len(load_emoji("train"))),  # the first records: the core
        **{key: run[key] for key in ("steps", "minutes", "cpu_minutes", "hardware") if key in run},
    }  # fmt: skip


def row(name: str, folder: Path, count: int, draws: int) -> dict:
    """`judged` of what has that name, kept in the folder until something that it was made of changes."""
    print(f"{name} ...", flush=True)
    shown = [*RULERS, *([name] if name in GENERATORS else [])]
    of = {
        "weights": {each: weights_info(each)["sha256"] for each in shown},
        "measures": file_digest(Path(generator_metrics.__file__)),
        "here": [inspect.getsource(part) for part in (judged, summary, copies, some_of, noise)],
        "sizes": [count, draws], "mode": runtime.run_mode(),
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name.replace(' ', '_')}.json"
    draw = OTHERS[name] if name in OTHERS else artist(name).draw
    return kept(file, of, lambda: judged(draw, drawn(), count, draws))


@functools.cache
def artist(name: str) -> Artist:
    """A published generator, whose weights are read once for its row and for its facts."""
    return ARTISTS[RUNS[name].family](name)


def table(folder: Path, count: int, draws: int) -> dict:
    """The parts of the record: "generators", what is said of each; "pixels"; and "rulers".

    "in_floors" says how many times as far a set is as the held-out drawings are.
    """
    found = {name: row(name, folder, count, draws) for name in (*OTHERS, *GENERATORS)}
    by = {
        ruler: {name: each["rulers"][ruler] for name, each in found.items()}
        for ruler in ("pixels", *RULERS)
    }
    for ruler in RULERS:
        floor = by[ruler][HELD_OUT]["frechet"]["mean"]
        for numbers in by[ruler].values():
            numbers["in_floors"] = round(numbers["frechet"]["mean"] / floor, 2)
    return {
        "n": count, "draws": draws, "reference": len(drawings("train")),
        "held_out": len(drawings("validation")),
        "expected_coverage": round(expected_coverage(count, count), 4),
        "generators": {
            name: facts(name, artist(name), found[name]["seconds"]) for name in GENERATORS
        },
        "pixels": by.pop("pixels"), "rulers": by,
    }  # fmt: skip


def main(folder: Path) -> int:
    if reason := refusal():
        print(f"publish_distances: {reason}", file=sys.stderr)
        return 1
    count, draws = runtime.by_mode(smoke=(50, 1), laptop=(500, 1), full=(500, DRAWS))
    source = {
        "drawings": "the embedded emoji of ten hands: 'train' is the reference, 'test' the floor, "
        "'validation' what copying is measured with",
        "weights": {name: weights_info(name)["sha256"] for name in (*RULERS, *GENERATORS)},
        "definitions": "aesthetic_utils.generator_metrics",
    }
    head = (
        {"name": "generator_distances"} | runtime.describe_run() | {"seed": SEED, "source": source}
    )
    write_result("generator_distances", head | table(folder, count, draws))
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--run-dir", type=Path, default=Path("runs"), help="for what was measured (runs)"
    )
    sys.exit(main(parser.parse_args().run_dir / "generator_distances"))
