"""When does a flow begin to copy? The network of lesson 5.1, trained on 256 and on 1,024 drawings.

    python -m tools.publish_memorisation [--run-dir runs]

Nothing is asked for, neither category nor hand nor words, so that no name leads to a drawing. On the way pictures are
drawn with the averaged weights, and those that are copies are counted as in the table of generators: by their pixels,
mirrored and moved, against the drawings that this network has learned from. Beside them stand held-out drawings by the
same count, and the published network, which has learned from all drawings. Writes
aesthetic_utils/results/flow_memorisation.json; weights are not kept. Some 35 minutes on one core; checkpoints and what
was measured lie in the run folder, and a run that was broken off goes on.
"""

import argparse
import sys
from pathlib import Path

import torch
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data import load_emoji
from aesthetic_utils.generator_metrics import SHIFT, gaps_to, memorised, small_pixels, versions
from aesthetic_utils.models.unet import UNet, no_conditions
from aesthetic_utils.published.flow import AtHalfTime, drawings_of, load_flow, network, some_of
from aesthetic_utils.published.parts import kept
from aesthetic_utils.published.results import load_result, write_result
from aesthetic_utils.published.run import checkpoint_path, run_folder
from aesthetic_utils.statistics.intervals import wilson_interval
from aesthetic_utils.training.flow import (
    Drawings,
    FlowSettings,
    fixed_loss,
    sample_flow,
    train_flow,
)
from aesthetic_utils.training.precision import run_precision
from aesthetic_utils.training.weights import weights_info
from tools.modes import refusal

NAME, SEED, FLOW = "flow_memorisation", 0, "flow_emoji"


def looks_at() -> dict[int, tuple[int, ...]]:
    """After how many steps pictures are counted, by the number of drawings; the last is the end of the training."""
    return runtime.by_mode(
        smoke={60: (1, 2)},
        laptop={64: (50, 100)},
        full={256: (100, 200, 400, 800, 1_200, 1_600), 1_024: (400, 800, 1_600, 2_400, 3_200)},
    )


def settings(steps: int) -> FlowSettings:
    """As the published network's, but for the steps."""
    small = runtime.by_mode(smoke=8, laptop=64, full=64)
    return FlowSettings(steps=steps, batch_size=small, validate_every=steps)


def nameless(drawings: Drawings) -> Drawings:
    """The same pictures, of which nothing is said."""
    return Drawings(
        images=drawings.images,
        conditions=no_conditions(len(drawings.images)),
        may_mirror=drawings.may_mirror,
    )


def copies(images: Tensor, library: Tensor) -> dict:
    """How many pictures are copies of drawings, with the 95 % interval; both float [N, 3, 32, 32] in [0, 1]."""
    seen = torch.stack([small_pixels(version) for version in versions(images, SHIFT)])  # [V, N, D]
    count = int(memorised(gaps_to(seen, small_pixels(library)).nearest).sum())
    low, high = wilson_interval(count, len(images))
    return {"share": count / len(images), "low": low, "high": high, "n": len(images)}


def measured(model: UNet, known: Drawings, unseen: Drawings) -> dict:
    """Copies among pictures of one network, and its loss at fixed pairs of drawings that it knows and does not."""
    n, steps = (
        runtime.by_mode(smoke=4, laptop=32, full=200),
        runtime.by_mode(smoke=2, laptop=5, full=10),
    )
    made = sample_flow(model, no_conditions(n), steps=steps, seed=SEED)
    plain = runtime.Precision()
    return {
        "copies": copies(made, known.images.float() / 255),
        "loss": {
            "known": fixed_loss(model, some_of(known, 256, SEED), plain).item(),
            "held_out": fixed_loss(model, unseen, plain).item(),
        },
    }


def learn_few(count: int, steps: tuple[int, ...], folder: Path) -> dict:
    """One number of drawings: a row for each look, kept in the folder as soon as it is measured."""
    drawings = nameless(drawings_of(load_emoji("train", ideas="all"), ()))
    few, unseen = some_of(drawings, count, SEED), held_out()
    config, shape, path = network(), settings(max(steps)), checkpoint_path(folder)
    device = runtime.default_device()
    noise = torch.randn(shape.batch_size, 3, 32, 32, device=device)
    probe = AtHalfTime(UNet(config)).to(device)
    chosen = run_precision("auto", path, lambda: runtime.choose_precision(probe, noise))
    of = {"drawings": count, "steps": shape.steps, "mode": runtime.run_mode()}

    def look(step: int, average: UNet) -> dict:
        file = folder / f"look_{step}.json"
        return kept(file, of | {"look": step}, lambda: measured(average, few, unseen))

    average, run = train_flow(
        config, shape, few, seed=SEED, precision=chosen, path=path,
        watch=lambda step, average: look(step, average) if step in steps else None,
    )  # fmt: skip
    seen = min(shape.batch_size, count) / count  # of each drawing, a step
    return {
        "drawings": count,
        "floor": copies(unseen.images.float() / 255, few.images.float() / 255),
        "cpu_minutes": round(run.processor_s / 60, 1),
        "looks": [
            {"steps": step, "seen_each": round(step * seen, 1)} | look(step, average)
            for step in steps
        ],
    }


def held_out() -> Drawings:
    """Drawings that no network has learned from."""
    drawings = drawings_of(load_emoji("validation", ideas="all"), ())
    return nameless(some_of(drawings, runtime.by_mode(smoke=8, laptop=64, full=256), SEED))


def published() -> dict:
    """The published network in the same form: it has one look, at its end."""
    drawings = nameless(drawings_of(load_emoji("train", ideas="all"), ()))
    unseen, about = held_out(), load_result(FLOW)
    count = len(drawings.images)
    seen = about["steps"] * about["settings"]["batch_size"] / about["drawings"]
    return {
        "drawings": count,
        "floor": copies(unseen.images.float() / 255, drawings.images.float() / 255),
        "looks": [
            {"steps": about["steps"], "seen_each": round(seen, 1)}
            | measured(load_flow(FLOW), drawings, unseen)
        ],
    }


def main(run_dir: Path) -> int:
    if reason := refusal():
        print(f"publish_memorisation: {reason}", file=sys.stderr)
        return 1
    rows = [
        learn_few(count, steps, run_folder(run_dir, f"{NAME}_{count}", SEED))
        for count, steps in looks_at().items()
    ]
    head = {"name": NAME} | runtime.describe_run() | {"seed": SEED}
    source = {"weights": {FLOW: weights_info(FLOW)["sha256"]}}
    write_result(NAME, head | {"source": source, "rows": [*rows, published()]})
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run-dir", type=Path, default=Path("runs"))
    sys.exit(main(parser.parse_args().run_dir))
