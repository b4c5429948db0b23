"""The command `aesthetic`: train networks, enlarge and measure photographs, merge votes, list data.

Exit code 0 when it worked, 1 when it did not, 2 when the command was not understood. What a user
can put right is said in a sentence on stderr, without a traceback. Heavy modules are imported by
the commands that use them, so that `aesthetic --help` answers at once.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from aesthetic_utils import cli_data
from aesthetic_utils.aesthetics import commands as aesthetics_commands
from aesthetic_utils.storage import AestheticError

MODES = ("smoke", "laptop", "full")
STOPPED = 130  # what a shell expects of a program that Ctrl-C ended


class UsageError(Exception):
    """The command makes no sense as it was given."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; `arguments` are those of the command line if None. Gives the exit code."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        return options.run(options) or 0
    except UsageError as error:
        parser.error(str(error))
    except AestheticError as error:
        print(f"aesthetic: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("aesthetic: stopped", file=sys.stderr)
        return STOPPED


def build_parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = argparse.ArgumentParser(
        prog="aesthetic", description="The tools of the course Deep Learning and Human Aesthetics."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_train(commands)
    _add_upscale(commands)
    aesthetics_commands.add_measure(commands)
    aesthetics_commands.add_votes(commands)
    cli_data.add_data(commands)
    return parser


# --------------------------------------------------------------------------------------------------
# train


def _add_train(commands) -> None:
    parser = commands.add_parser(
        "train",
        help="train one of the course's networks",
        description="Train a network as for the published results. A run that was stopped goes on "
        "where its last checkpoint stands, with the same seed in the same --run-dir. Ctrl-C saves one.",
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
    parser.add_argument("--mode", choices=MODES, help="instead of the environment's AESTHETIC_MODE")
    parser.set_defaults(run=train)


def train(options: argparse.Namespace) -> None:
    """`aesthetic train`: call the named run and print what it measured."""
    if not options.minutes > 0:
        raise UsageError(f"--minutes is {options.minutes:g}; it must be above 0")
    if options.seed < 0:
        raise UsageError(f"--seed is {options.seed}; it must be 0 or above")
    _choose_mode(options.mode)
    from aesthetic_utils.training.precision import NAMES
    from aesthetic_utils.training.runs import RUNS, SHORT_NAMES

    name = SHORT_NAMES.get(options.name, options.name)
    if name not in RUNS:
        short = ", ".join(f"{short} ({full})" for short, full in SHORT_NAMES.items())
        raise UsageError(f"no run {options.name!r}; there are {', '.join(RUNS)}; in short: {short}")
    if options.precision not in NAMES:
        raise UsageError(f"--precision is {options.precision!r}; there are {', '.join(NAMES)}")
    result = RUNS[name](
        seed=options.seed, run_dir=options.run_dir, time_budget_s=60 * options.minutes,
        precision=options.precision,
    )  # fmt: skip
    print(json.dumps(result, indent=2, default=str))


def _choose_mode(mode: str | None) -> None:
    if mode is not None:
        os.environ["AESTHETIC_MODE"] = mode
    from aesthetic_utils.runtime import run_mode

    try:
        run_mode()
    except ValueError as error:
        raise UsageError(str(error)) from error


# --------------------------------------------------------------------------------------------------
# upscale


def _add_upscale(commands) -> None:
    parser = commands.add_parser(
        "upscale",
        help="enlarge a photograph four times",
        description="Enlarge a photograph with the course's SRResNet, in the number format that is "
        "fastest on this machine; a large one tile by tile.",
    )
    parser.add_argument("photo", type=Path)
    parser.add_argument(
        "--out", type=Path, help="where to write it (photo_x4.png beside the photo)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    parser.add_argument(
        "--weights", default="srresnet_x4", help="name or .safetensors file (srresnet_x4)"
    )
    parser.add_argument(
        "--tile", type=int, help="side in pixels, less needs less memory (default: about 1 GB)"
    )
    parser.add_argument(
        "--max-megapixels", type=float, default=25, help="larger photos are refused (25)"
    )
    parser.add_argument("--device", help="cpu, cuda, mps (default: the fastest there is)")
    parser.set_defaults(run=upscale)


def upscale(options: argparse.Namespace) -> None:
    """`aesthetic upscale`: read, enlarge, write, and say how long it took."""
    if options.tile is not None and options.tile < 32:
        raise UsageError(f"--tile is {options.tile}; it must be at least 32")
    from aesthetic_utils.data.images import image_format, read_image, save_image
    from aesthetic_utils.training.super_resolution import upscale as enlarge

    if options.out is not None:  # better said before the work than after it
        image_format(options.out)
        _require_absent(options.out, options.overwrite)
    photo = read_image(options.photo, max_pixels=int(options.max_megapixels * 1e6))
    model = _super_resolution(options.weights, options.device)
    ending = f"x{model.config.scale}" if model.config.scale > 1 else "restored"
    out = options.out or options.photo.with_name(f"{options.photo.stem}_{ending}.png")
    _require_absent(out, options.overwrite)
    start = time.perf_counter()
    precision = _fastest_precision(model, photo)
    try:
        large = enlarge(
            model, photo / 255, tile=options.tile, precision=precision, as_bytes=True,
            progress=sys.stderr.isatty(),
        )  # fmt: skip
    except (MemoryError, RuntimeError) as error:
        if "memory" not in str(error).lower() and not isinstance(error, MemoryError):
            raise
        raise AestheticError(
            f"{options.photo} does not fit into the memory; make it smaller or lower --tile"
        ) from error
    save_image(large, out)
    seconds = time.perf_counter() - start
    print(f"{_size(photo)} -> {_size(large)} pixels in {seconds:.1f} s ({precision}): {out}")


def _fastest_precision(model, photo):
    """By a timing of the forward pass on a corner of the photo; puts the model into its layout."""
    from aesthetic_utils.runtime import Precision, choose_precision

    weight, precision = next(model.parameters()), Precision()
    if photo[0].numel() > 20_000:  # of fewer pixels the choice would take longer than the work
        corner = (photo[None, :, :32, :32] / 255).to(weight)
        precision = choose_precision(model, corner, rounds=3, training=False)
    precision.place(model, weight.device)
    return precision


def _super_resolution(weights: str, device: str | None):
    import torch

    from aesthetic_utils.models import SRResNet, SRResNetConfig
    from aesthetic_utils.runtime import default_device
    from aesthetic_utils.training.weights import WeightsError, load_weights, weights_info

    config = weights_info(weights).get("config")
    try:
        model = SRResNet(SRResNetConfig(**(config or {})))
    except TypeError as error:  # settings of something else
        raise WeightsError(f"the weights {weights} are not those of an SRResNet") from error
    model = load_weights(model, weights).eval()
    try:
        return model.to(torch.device(device) if device else default_device())
    except (RuntimeError, AssertionError) as error:  # torch built without that device says either
        reason = str(error).splitlines()[0]
        raise UsageError(f"--device {device} cannot be used: {reason}") from error


def _require_absent(path: Path, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise AestheticError(f"{path} is there already; choose another --out, or add --overwrite")


def _size(image) -> str:
    return f"{image.shape[2]} x {image.shape[1]}"


if __name__ == "__main__":
    sys.exit(main())
