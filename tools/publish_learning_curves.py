"""How many drawings are enough? A classifier and a flow on a part of the drawings, in several ways.

    python -m tools.publish_learning_curves [--run-dir runs]

The classifiers are those of aesthetic_utils/published/learning_curves.py. The flow has the network of lesson 5.1 at half of its
width. Its pictures are measured as those of the DCGAN in little_data, from the same drawings. Moved: each drawing is shown moved
by some pixels, differently each time, and the network is told by how much (Karras et al. 2022, https://arxiv.org/abs/2206.00364,
appendix F.2), so that it can be asked for drawings that stand still. What was trained and measured is kept in the run folder, and
a run that was broken off goes on. Some 30 minutes on one core.
"""

import argparse
import math
import sys
import time
from dataclasses import asdict, replace
from functools import partial
from itertools import product
from pathlib import Path

import torch
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data.augment_drawings import shift_on_white
from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.generator_metrics import Ruler, principal_components
from aesthetic_utils.models.unet import LONGEST, Conditions, UNet, UNetConfig
from aesthetic_utils.published import learning_curves
from aesthetic_utils.published.flow import drawings_of
from aesthetic_utils.published.flow import some_of as some_drawings
from aesthetic_utils.published.parts import kept
from aesthetic_utils.published.results import write_result
from aesthetic_utils.published.run import checkpoint_path, run_folder
from aesthetic_utils.training.flow import (
    Drawings,
    FlowSettings,
    fixed_loss,
    sample_flow,
    train_flow,
)
from aesthetic_utils.training.rulers import load_classifier, seen_by
from aesthetic_utils.training.weights import weights_info
from tools.modes import refusal
from tools.publish_distances import drawings
from tools.publish_little_data import PARTS, SEED, WAYS, known_to
from tools.publish_memorisation import copies
from tools.publish_own_samples import measured_pictures
from tools.short_generators import as_bytes, chosen_rows, looked_at, rows_of

NAME = "learning_curves"
EYES = learning_curves.BODIES["photographs"]
SHIFT = 3  # pixels, as in the training of the classifiers
PLACES = 2 * SHIFT + 1  # that a drawing may have, in each direction


def flows() -> list[str]:
    """What is trained; a count of copies needs 51 drawings, which a sixteenth of the few of smoke mode is not."""
    parts = runtime.by_mode(smoke=PARTS[1:2], laptop=PARTS, full=PARTS)
    return [f"flow_{part}_{way}_{SEED}" for part, way in product(parts, WAYS)]


def network() -> UNetConfig:
    """Half as wide as the published one; it is told how far a picture was moved where that one reads words."""
    told = tuple(f"{way}{i}" for way in ("down", "right") for i in range(PLACES))
    narrow = runtime.by_mode(smoke=8, laptop=16, full=16)
    return UNetConfig(channels=narrow, condition=64, words=told)


def settings() -> FlowSettings:
    """32,000 pictures; what was moved is never forgotten alone."""
    steps, batch = runtime.by_mode(smoke=(2, 8), laptop=(100, 16), full=(2_000, 16))
    return FlowSettings(
        steps=steps,
        batch_size=batch,
        warmup_steps=100,
        ema_decay=0.998,
        forget=(0.1, 0.3, 0.2, 0.0),
        validate_every=max(1, steps // 2),
    )


def told_of(conditions: Conditions, down: Tensor, right: Tensor) -> Conditions:
    """The conditions of pictures that were moved, int64 [N] each from -SHIFT to SHIFT."""
    words = torch.zeros(len(down), LONGEST, dtype=torch.int64)
    words[:, 0] = 1 + SHIFT + down
    words[:, 1] = 1 + SHIFT + PLACES + right
    return Conditions(conditions.category, conditions.designer, words)


def standing_still(known: Drawings) -> Drawings:
    """The drawings, of which is said that they were not moved."""
    zero = torch.zeros(len(known.images), dtype=torch.int64)
    return Drawings(
        images=known.images,
        conditions=told_of(known.conditions, zero, zero),
        may_mirror=torch.zeros_like(known.may_mirror),
    )


def moved(known: Drawings, count: int, seed: int) -> Drawings:
    """At least `count` pictures: all drawings as often as needed, moved differently each time."""
    n, images, down, right = len(known.images), [], [], []
    times = math.ceil(count / n)
    for i in range(times):
        number = 1_000 * seed + i
        pair = torch.randint(
            -SHIFT, SHIFT + 1, (2, n, 1), generator=torch.Generator().manual_seed(number)
        )  # what shift_on_white draws: rows and columns are read from there, so that a drawing moves the other way
        images.append(
            shift_on_white(known.images, torch.Generator().manual_seed(number), pixels=SHIFT)
        )
        down.append(-pair[0, :, 0])
        right.append(-pair[1, :, 0])
    every = rows_of(known, torch.arange(n).repeat(times))
    return Drawings(
        images=torch.cat(images),
        conditions=told_of(every.conditions, torch.cat(down), torch.cat(right)),
        may_mirror=torch.zeros(n * times, dtype=torch.bool),
    )


def held_out_drawings() -> Drawings:
    """Validation drawings of all ten hands, of which a flow is asked category and hand."""
    found = drawings_of(load_emoji("validation", ideas="all"), ())
    every = runtime.by_mode(smoke=100, laptop=4, full=4)
    few = rows_of(found, slice(None, None, every))
    return standing_still(
        replace(few, conditions=few.conditions.kept("category", "designer"))
    )


def ruler() -> Ruler:
    """All training drawings in the eyes of the classifier of photographs, as in little_data."""
    look = partial(seen_by, load_classifier(EYES))
    seen = learning_curves.features_of("photographs", "train")
    return Ruler(
        look=look, train=seen, held_out=look(drawings("validation")),
        project=principal_components(seen),
    )  # fmt: skip


def flow_row(name: str, folder: Path, by: dict[str, Ruler]) -> dict:
    """One flow: trained, drawn from and measured, like a row of little_data; with its loss on what it knows and does not."""
    known, s = known_to(name), settings()
    still, unseen = standing_still(known), held_out_drawings()
    learned = moved(known, s.steps * s.batch_size, SEED) if "moved" in name else still
    looks = {"known": some_drawings(still, len(unseen.images), SEED), "held_out": unseen}

    def measured() -> dict:
        begun = time.process_time()
        average, run = train_flow(
            network(), s, learned, seed=SEED, path=checkpoint_path(folder), looks=looks
        )
        seconds = time.process_time() - begun
        print(f"{name}: {run.step} steps, {seconds:.0f} s", flush=True)
        images = drawn(average, still)
        few = images[: runtime.by_mode(smoke=20, laptop=100, full=200)]
        return looked_at(images, by, SEED) | {
            "copies": copies(few, known.images.float() / 255),
            "loss": [
                {"step": row["step"]} | {k: round(row[k], 5) for k in looks}
                for row in run.history
                if "known" in row
            ],
            "untrained": round(float(fixed_loss(UNet(network()), unseen, runtime.Precision())), 5),
            "steps": run.step,
            "processor_seconds": round(seconds, 1),
            "hardware": runtime.describe_run()["hardware"],
        }

    head = {"drawings": len(known.images), "moved": "moved" in name}
    of = {"settings": asdict(s), "network": asdict(network()), "name": name, "drawings": len(known.images)}
    of = {key: {k: list(v) if isinstance(v, tuple) else v for k, v in value.items()}
          if isinstance(value, dict) else value for key, value in of.items()}  # fmt: skip
    return head | kept(folder / "measured.json", of, measured)


def drawn(average: UNet, still: Drawings) -> Tensor:
    """Pictures of the category and hand of drawings that it knows, unmoved: float [n, 3, 32, 32] in whole steps of 1 / 255."""
    asked = rows_of(still, chosen_rows(still, measured_pictures(), SEED)).conditions
    steps = runtime.by_mode(smoke=2, laptop=5, full=10)
    return as_bytes(sample_flow(average, asked, steps=steps, seed=SEED)).float() / 255


def main(run_dir: Path) -> int:
    if reason := refusal():
        print(f"publish_learning_curves: {reason}", file=sys.stderr)
        return 1
    by = {EYES: ruler()}
    made = [flow_row(name, run_folder(run_dir, f"{NAME}_{name}", SEED), by) for name in flows()]
    rows = learning_curves.rows(run_folder(run_dir, NAME, 0))
    write_result(NAME, {
        "name": NAME, **runtime.describe_run(), "n": measured_pictures(),
        "source": {"weights": {
            name: weights_info(name)["sha256"] for name in learning_curves.BODIES.values()
        }},
        "classifiers": rows, "flows": made,
        "minutes": round(sum(r["processor_seconds"] for r in [*rows, *made]) / 60, 1),
    })  # fmt: skip
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run-dir", type=Path, default=Path("runs"))
    options = parser.parse_args()
    sys.exit(main(options.run_dir))
