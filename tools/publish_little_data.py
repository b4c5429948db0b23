"""How many drawings does a GAN need? The DCGAN on a sixteenth, a quarter and all of the drawings, moved and still.

    python -m tools.publish_little_data [--run-dir runs] [--draw-only]

Moved: both players see all pictures shifted by some pixels, drawn anew in each step; still: they do not. Like the chains of
tools/publish_own_samples.py the trainings can be made elsewhere, with --draw-only. Without it all pictures are measured,
and aesthetic_utils/results/little_data.json is written.
"""

import argparse
import sys
from itertools import product
from pathlib import Path

from aesthetic_utils import runtime
from aesthetic_utils.generator_metrics import BESIDE, Ruler
from aesthetic_utils.published.flow import some_of as some_drawings
from aesthetic_utils.published.parts import kept
from aesthetic_utils.published.results import write_result
from aesthetic_utils.published.run import run_folder
from aesthetic_utils.training.flow import Drawings
from aesthetic_utils.training.rulers import RULERS
from aesthetic_utils.training.weights import weights_info
from tools.modes import refusal
from tools.publish_distances import drawings, some_of
from tools.publish_memorisation import copies
from tools.publish_own_samples import SHOWN, measured_pictures, rulers
from tools.short_generators import (
    all_drawings,
    keep_pictures,
    kept_pictures,
    looked_at,
    machine_of,
    made_of,
    say_machine,
    trained,
)

NAME = "little_data"
PARTS = (16, 4, 1)  # one in so many drawings
WAYS = ("moved", "still")
SEED = 0
TRAININGS = tuple(f"gan_{part}_{way}_{SEED}" for part, way in product(PARTS, WAYS))


def known_to(name: str) -> Drawings:
    """The drawings that a training learns from; so many at least as copies are told apart by."""
    every, part = all_drawings(), int(name.split("_")[1])
    return some_drawings(every, max(BESIDE + 1, len(every.images) // part), SEED)


def train_one(name: str, folder: Path) -> None:
    """Trains, and keeps what the generator draws as pictures.webp in the folder."""
    draw = trained("gan", known_to(name), folder, SEED, shift="moved" in name)
    images, _ = draw(measured_pictures(), SHOWN)
    keep_pictures(images, folder / "pictures.webp")
    say_machine(folder)
    print(name, flush=True)


def row(name: str, folder: Path, by: dict[str, Ruler]) -> dict:
    """What is said of one training, kept beside its pictures."""
    known, file = known_to(name), folder / "pictures.webp"

    def measured() -> dict:
        images, library = kept_pictures(file), known.images.float() / 255
        held_out = some_of(drawings("test"), len(images), 0)
        return looked_at(images, by, SEED) | {
            "copies": copies(images, library),
            "floor": copies(held_out, library),
        }

    head = {
        "drawings": len(known.images),
        "moved": "moved" in name,
        "hardware": machine_of(folder),
    }
    return head | kept(folder / "measured.json", made_of(file, by), measured)


def main(run_dir: Path, draw_only: bool) -> int:
    if not draw_only and (reason := refusal()):
        print(f"publish_little_data: {reason}", file=sys.stderr)
        return 1
    folders = {name: run_folder(run_dir, f"{NAME}_{name}", 0) for name in TRAININGS}
    for name in TRAININGS:
        if not (folders[name] / "made_on.json").exists():
            train_one(name, folders[name])
    if draw_only:
        return 0
    by = rulers()
    write_result(NAME, {
        "name": NAME, **runtime.describe_run(), "n": measured_pictures(), "seed": SEED,
        "source": {"weights": {name: weights_info(name)["sha256"] for name in RULERS}},
        "held_out": looked_at(some_of(drawings("test"), measured_pictures(), 0), by, 0),
        "rows": [row(name, folders[name], by) for name in TRAININGS],
    })  # fmt: skip
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run-dir", type=Path, default=Path("runs"))
    parser.add_argument("--draw-only", action="store_true", help="train and keep pictures only")
    options = parser.parse_args()
    sys.exit(main(options.run_dir, options.draw_only))
