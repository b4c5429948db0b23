"""The full runs that are worth a GPU, the most worth first, within a time.

    AESTHETIC_MODE=full python tools/gpu_runs.py --minutes 9 --out gpu --photos FOLDER
    AESTHETIC_MODE=full python tools/gpu_runs.py --minutes 5 --out gpu --only srresnet_x4

What a published run consists of, its weights and its record, is written to the folder --out as soon as it is
there, so that what comes later can fail or be cut off. To publish them, copy the .safetensors files to
aesthetic_utils/weights and the .json files to aesthetic_utils/results. The time of a run is its share of what
is left when it begins; one that does not use its time leaves it to the others, and one for which less than
MINIMUM seconds of training are left is left out.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aesthetic_utils import runtime
from aesthetic_utils.published.registry import RUNS
from aesthetic_utils.training.precision import AUTO, NAMES

MINIMUM = 10.0  # seconds of training


@dataclass(frozen=True, kw_only=True)
class Part:
    """A run's part of the time; further runs join PLAN with a line of their own."""

    name: str  # of RUNS
    share: float  # of the time, in proportion to the others that are still to come
    beside: float  # seconds that it needs beside its steps: data, trials, measuring


PLAN = (
    Part(name="srresnet_x4", share=0.76, beside=45),
    Part(name="srresnet_x4_light", share=0.09, beside=15),
    Part(name="srresnet_restore", share=0.15, beside=30),
    Part(name="srgan_x4", share=0.3, beside=90),
    Part(name="convnet_cifar10", share=0.1, beside=10),
    Part(name="convnet_filters_7x7", share=0.1, beside=5),
    Part(name="resnet_emoji_designer", share=0.2, beside=15),
    Part(name="resnet_emoji_category", share=0.2, beside=10),
    Part(name="stylizer_four", share=0.1, beside=60),
    Part(name="locality_curves", share=0.2, beside=20),
    Part(name="flow_emoji", share=0.2, beside=30),
    Part(name="stylegan2_emoji", share=0.3, beside=20),
)


def seconds_for(parts: Sequence[Part], left: float) -> float:
    """Seconds of training for the first of the parts, when so many are left for all of them."""
    steps = left - sum(part.beside for part in parts)
    return steps * parts[0].share / sum(part.share for part in parts)


def run_plan(plan: Sequence[Part], minutes: float, out: Path, **options) -> list[str]:
    """Runs one after the other; what became of each, one line a run, which is also printed."""
    end = time.monotonic() + 60 * minutes
    out.mkdir(parents=True, exist_ok=True)
    said = []
    for number, part in enumerate(plan):
        began = time.monotonic()
        seconds = seconds_for(plan[number:], end - began)
        if seconds < MINIMUM:
            said.append(f"{part.name}: left out, {seconds:.0f} s of training would be left for it")
        else:
            said.append(f"{part.name}: {one_run(part.name, seconds, out, **options)}")
        said[-1] += f" ({time.monotonic() - began:.0f} s in all)"
        print(said[-1], flush=True)
    return said


def one_run(
    name: str,
    seconds: float,
    out: Path,
    *,
    run_dir: Path = Path("runs"),
    precision: str = AUTO,
    photos: Path | None = None,
) -> str:
    """Writes weights and record of a run; says what it measured, or why there is nothing."""
    run = RUNS[name]
    options = {"photos": photos} if photos and "photos" in run.takes else {}
    minutes = seconds / 60 / len(run.seeds)
    try:
        result = run.publish(run_dir, minutes, precision, into=out, **options)
    except Exception as error:
        traceback.print_exc()
        return f"failed, {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return (
        f"{result['steps']:,} steps of {result['planned_steps']:,}, {headline(result['metrics'])}"
    )


def headline(metrics: dict) -> str:
    """The means of a record in one line, those inside a group of means by their names."""
    found = []
    for name, values in metrics.items():
        if isinstance(values, dict):
            found += [f"{name} {k} {v:.3f}" for k, v in values.items() if isinstance(v, float)]
            groups = {f"{name} {k}": v for k, v in values.items() if isinstance(v, dict)}
            found += [headline(groups)] if groups else []
    return ", ".join(found)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, required=True, help="for everything together")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and records")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these runs, in this order")
    parser.add_argument("--photos", type=Path, help="photographs in full size to train on")
    parser.add_argument("--run-dir", type=Path, default=Path("runs"), help="for checkpoints (runs)")
    parser.add_argument("--precision", choices=NAMES, default=AUTO, help="number format (auto)")
    options = parser.parse_args(arguments)
    plan = {part.name: part for part in PLAN}
    unknown = [name for name in options.only or () if name not in plan]
    if unknown:
        parser.error(f"no run {unknown[0]!r} in the plan; there are {', '.join(plan)}")
    if not options.minutes > 0:
        parser.error(f"--minutes is {options.minutes:g}; it must be above 0")
    chosen = [plan[name] for name in options.only or plan]
    print(runtime.hardware_line(), flush=True)
    said = run_plan(
        chosen, options.minutes, options.out,
        run_dir=options.run_dir, precision=options.precision, photos=options.photos,
    )  # fmt: skip
    return int(any(": failed" in line for line in said))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
