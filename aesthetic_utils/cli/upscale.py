"""The command `aesthetic upscale`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from aesthetic_utils.cli.common import UsageError, require_absent
from aesthetic_utils.storage import AestheticError

if TYPE_CHECKING:  # slow to import
    from torch import Tensor

    from aesthetic_utils.models import SRResNet
    from aesthetic_utils.runtime import Precision


def add_upscale(commands: argparse._SubParsersAction) -> None:
    """Add `aesthetic upscale` to the commands."""
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
    if not 0 < options.max_megapixels < 1e6:  # false for NaN
        raise UsageError(
            f"--max-megapixels is {options.max_megapixels:g}; it must be above 0 and below a million"
        )
    from aesthetic_utils.data.images import (
        image_format,
        read_image,
        require_writable_image,
        save_image,
    )
    from aesthetic_utils.training.super_resolution import upscale as enlarge

    if options.out is not None:  # better said before the work than after it
        image_format(options.out)
        require_absent(options.out, options.overwrite)
    photo = read_image(options.photo, max_pixels=int(options.max_megapixels * 1e6))
    model = _super_resolution(options.weights, options.device)
    ending = f"x{model.config.scale}" if model.config.scale > 1 else "restored"
    out = options.out or options.photo.with_name(f"{options.photo.stem}_{ending}.png")
    require_absent(out, options.overwrite)
    require_writable_image(out, *(model.config.scale * side for side in photo.shape[1:]))
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


def _fastest_precision(model: SRResNet, photo: Tensor) -> Precision:
    """By a timing of the forward pass on a corner of the photo; puts the model into its layout."""
    from aesthetic_utils.runtime import Precision, choose_precision

    weight, precision = next(model.parameters()), Precision()
    if photo[0].numel() > 20_000:  # of fewer pixels the choice would take longer than the work
        corner = (photo[None, :, :32, :32] / 255).to(weight)
        precision = choose_precision(model, corner, rounds=3, training=False)
    precision.place(model, weight.device)
    return precision


def _super_resolution(weights: str, device: str | None) -> SRResNet:
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


def _size(image: Tensor) -> str:
    return f"{image.shape[2]} x {image.shape[1]}"
