"""The command `aesthetic train`."""

import argparse
import json
import os
from pathlib import Path

from aesthetic_utils.cli.common import UsageError

MODES = ("smoke", "laptop", "full")


def add_train(commands: argparse._SubParsersAction) -> None:
    """Add `aesthetic train` to the commands."""
    parser = commands.add_parser(
        "train",
        help="train one of the course's networks",
        description="Train a network as for the published results. A run that was stopped goes on "
        "where its last checkpoint stands, with the same seed in the same --run-dir. Ctrl-C saves one. "
        "Several graphics cards: accelerate launch --num_processes N -m aesthetic_utils.cli train NAME",
    )
    parser.add_argument(
        "name", help="cnn, gan, srresnet, or a published run (an unknown name lists them)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default 0)")
    parser.add_argument("--minutes", type=float, default=30, help="time to train (default 30)")
    parser.add_argument(
        "--run-dir", type=Path, default=Path("runs"), help="for checkpoints and results (runs)"
    )
    parser.add_argument(
        "--precision",
        default="auto",
        metavar="FORMAT",
        help="float32, float32-channels-last, bfloat16, float16, or auto (default): the fastest on "
        "this machine; a run that goes on keeps the format it began with",
    )
    parser.add_argument(
        "--photos",
        type=Path,
        metavar="FOLDER",
        help="photographs to train a super-resolution network on, in full size, in place of the embedded ones; "
        "those that are held out are left out by their names",
    )
    parser.add_argument("--mode", choices=MODES, help="instead of the environment's AESTHETIC_MODE")
    parser.set_defaults(run=train)


def train(options: argparse.Namespace) -> None:
    """`aesthetic train`: call the named run and print what it measured."""
    if not options.minutes > 0:
        raise UsageError(f"--minutes is {options.minutes:g}; it must be above 0")
    if options.seed < 0:
        raise UsageError(f"--seed is {options.seed}; it must be 0 or above")
    _choose_mode(options.mode)
    from aesthetic_utils.published.registry import RUNS, SHORT_NAMES
    from aesthetic_utils.training.devices import joined
    from aesthetic_utils.training.precision import NAMES

    name = SHORT_NAMES.get(options.name, options.name)
    if name not in RUNS:
        short = ", ".join(f"{short} ({full})" for short, full in SHORT_NAMES.items())
        raise UsageError(f"no run {options.name!r}; there are {', '.join(RUNS)}; in short: {short}")
    if options.precision not in NAMES:
        raise UsageError(f"--precision is {options.precision!r}; there are {', '.join(NAMES)}")
    if options.photos and "photos" not in RUNS[name].takes:
        takers = ", ".join(run.name for run in RUNS.values() if "photos" in run.takes)
        raise UsageError(f"--photos is for {takers}; {name} has other data")
    with joined() as team:
        result = RUNS[name](
            seed=options.seed, run_dir=options.run_dir, time_budget_s=60 * options.minutes,
            precision=options.precision, **({"photos": options.photos} if options.photos else {}),
        )  # fmt: skip
        if team.main:
            print(json.dumps(result, indent=2, default=str))


def _choose_mode(mode: str | None) -> None:
    if mode is not None:
        os.environ["AESTHETIC_MODE"] = mode
    from aesthetic_utils.runtime import run_mode

    try:
        run_mode()
    except ValueError as error:
        raise UsageError(str(error)) from error
