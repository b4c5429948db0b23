"""What becomes of generators that learn from what generators drew: the DCGAN and the flow, generation after generation.

    python -m tools.publish_own_samples [--run-dir runs] [--only gan_replaced_0 ...] [--draw-only]

The first generation learns from all training drawings. Each later one is trained from its beginning on as many pictures
of the one before ("replaced"); on these together with the drawings and all pictures so far ("accumulated"); or on the
more colourful half of twice as many ("picked"), as if a public with one taste had chosen what is kept. Each chain
is a part of its own, which can be trained elsewhere with --only and --draw-only: what a generation drew is kept in the run
folder as pictures, and what was kept is not made again. Without --draw-only all pictures are measured, and
aesthetic_utils/results/own_samples.json is written.
"""

import argparse
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.generator_metrics import Ruler, yardstick
from aesthetic_utils.measures.colour import colourfulness
from aesthetic_utils.published.parts import kept
from aesthetic_utils.published.results import results_folder, write_result
from aesthetic_utils.published.run import run_folder
from aesthetic_utils.training.flow import Drawings
from aesthetic_utils.training.rulers import RULERS, load_classifier, seen_by
from aesthetic_utils.training.weights import weights_info
from tools.modes import refusal
from tools.publish_distances import drawings, some_of
from tools.short_generators import (
    Draw,
    all_drawings,
    joined,
    keep_pictures,
    kept_pictures,
    looked_at,
    machine_of,
    made_of,
    say_machine,
    trained,
)

NAME = "own_samples"
CHAINS = (
    "gan_replaced_0", "gan_replaced_1", "gan_accumulated_0", "gan_picked_0",
    "flow_replaced_0", "flow_replaced_1", "flow_accumulated_0",
)  # fmt: skip
SHOWN = 10_000  # the seed of the pictures that are measured; those that are learned from have small ones


def generations(name: str) -> int:
    """Of a chain, after the first. A flow takes longer to learn and to draw, and an accumulated collection grows."""
    kind, diet, _ = name.split("_")
    full = 1 if diet == "accumulated" else 3 if kind == "flow" else 5
    return runtime.by_mode(smoke=1, laptop=1, full=full)


def measured_pictures() -> int:
    """Of each generation."""
    return runtime.by_mode(smoke=20, laptop=100, full=500)


def colours(images: Tensor) -> Tensor:
    """The colourfulness of pictures, uint8 [N, 3, S, S] -> [N]."""
    return torch.tensor([colourfulness(image) for image in images])


def food(
    diet: str, real: Drawings, known: Drawings, before: list[Drawings], draw: Draw
) -> Drawings:
    """What the next generation learns from; known: what the last one, which draws now, has learned from."""
    n = len(real.images)
    images, rows = draw(2 * n if diet == "picked" else n, len(before) + 1)
    made = replace(known.rows(rows), images=images)
    if diet == "picked":
        made = made.rows(colours(images).argsort(descending=True)[:n])
    before.append(made)
    return joined(real, *before) if diet == "accumulated" else made


def run_chain(name: str, folder: Path) -> None:
    """Trains all generations of a chain and keeps what each draws, as generation_K.webp in the folder."""
    kind, diet, number = name.split("_")
    real = known = all_drawings()
    before: list[Drawings] = []
    for generation in range(generations(name) + 1):
        draw = trained(kind, known, folder / f"generation_{generation}", int(number))
        print(f"{name}: generation {generation}", flush=True)
        images, _ = draw(measured_pictures(), SHOWN)
        keep_pictures(images, folder / f"generation_{generation}.webp")
        say_machine(folder)
        if generation < generations(name):
            known = food(diet, real, known, before, draw)


def complete(name: str, folder: Path) -> bool:
    """Whether every generation of a chain has drawn."""
    last = generations(name)
    return all((folder / f"generation_{k}.webp").exists() for k in range(last + 1))


def rulers() -> dict[str, Ruler]:
    """The classifiers, and all training drawings as they see them."""
    looks = {name: partial(seen_by, load_classifier(name)) for name in RULERS}
    return dict(yardstick(looks, drawings("train"), drawings("validation")).rulers)


SHEET = "own_samples_sheet.webp"
SHOWN_ROWS = {  # which generations of which chains
    "gan_replaced_0": (0, 1, 3, 5), "gan_picked_0": (1, 3, 5), "flow_replaced_0": (0, 1, 2, 3),
}  # fmt: skip
COLUMNS = 16


def write_sheet(folders: dict[str, Path], file: Path) -> list[str]:
    """The first pictures of some generations, a row each, as one picture; what the rows are, from top to bottom."""
    names, rows = [], []
    for chain, shown in SHOWN_ROWS.items():
        for generation in (g for g in shown if g <= generations(chain)):
            pictures = kept_pictures(folders[chain] / f"generation_{generation}.webp")[:COLUMNS]
            rows.append(torch.cat(list(pictures), 2))  # [3, 32, 32 COLUMNS]
            names.append(f"{chain} {generation}")
    sheet = (torch.cat(rows, 1) * 255).round().to(torch.uint8).permute(1, 2, 0)
    Image.fromarray(sheet.numpy()).save(file, quality=90, method=6)
    return names


def measured(images: Tensor, by: dict[str, Ruler], seed: int) -> dict:
    """A row: what is said of 500 pictures of one generation, or of as many drawings."""
    row = looked_at(images, by, seed)
    return row | {"colourfulness": round(float(colours((images * 255).to(torch.uint8)).mean()), 3)}


def chain_rows(name: str, folder: Path, by: dict[str, Ruler]) -> list[dict]:
    """A row for each generation, kept beside its pictures."""
    rows = []
    for generation in range(generations(name) + 1):
        file = folder / f"generation_{generation}.webp"
        seen = partial(measured, kept_pictures(file), by, 0)
        row = kept(file.with_suffix(".json"), made_of(file, by), seen)
        rows.append({"generation": generation} | row)
    return rows


def main(run_dir: Path, only: list[str], draw_only: bool) -> int:
    if not draw_only and (reason := refusal()):
        print(f"publish_own_samples: {reason}", file=sys.stderr)
        return 1
    folders = {name: run_folder(run_dir, f"{NAME}_{name}", 0) for name in CHAINS}
    for name in only or CHAINS:
        if not complete(name, folders[name]):
            run_chain(name, folders[name])
    if draw_only:
        return 0
    by = rulers()
    real = some_of(drawings("test"), measured_pictures(), 0)
    sheet = write_sheet(folders, results_folder() / SHEET)
    write_result(NAME, {
        "name": NAME, **runtime.describe_run(), "n": measured_pictures(),
        "sheet": sheet,
        "drawings": len(all_drawings().images),
        "source": {"weights": {name: weights_info(name)["sha256"] for name in RULERS}},
        "held_out": measured(real, by, 0),
        "chains": [
            {"kind": name.split("_")[0], "diet": name.split("_")[1], "seed": int(name[-1]),
             "hardware": machine_of(folders[name]),
             "rows": chain_rows(name, folders[name], by)}
            for name in CHAINS
        ],
    })  # fmt: skip
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run-dir", type=Path, default=Path("runs"))
    parser.add_argument("--only", nargs="+", choices=CHAINS, default=[], metavar="CHAIN")
    parser.add_argument("--draw-only", action="store_true", help="train and keep pictures only")
    options = parser.parse_args()
    sys.exit(main(options.run_dir, options.only, options.draw_only))
