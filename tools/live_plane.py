"""The pictures and numbers of the live figure "plane": points between SRResNet and SRGAN, and what each makes of a crop.

    python -m tools.live_plane

Writes data.js and one strip of squares for each crop into book/live/plane/: bicubic, the points of the line from
SRResNet to SRGAN, the original. The numbers are those of the record srgan_x4. Takes about a minute on one core.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data import load_photo
from aesthetic_utils.models import SRResNet, SRResNetConfig
from aesthetic_utils.published.srgan import SHARES, load_start
from aesthetic_utils.training.perception import enlargements
from aesthetic_utils.training.srgan import between
from aesthetic_utils.training.weights import load_weights, weights_info
from tools.modes import refusal

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "book" / "live" / "plane"
RECORD = ROOT / "aesthetic_utils" / "results" / "srgan_x4.json"
LONG_SIDE = 384  # of the photographs that the record measures
SIDE = 96  # of a crop
QUALITY = 88
CROPS = {  # left and top, in pixels
    "animals_koala": (108, 88),
    "monuments_petra": (128, 64),
    "monuments_greatPyramidOfGiza": (112, 124),
}
POINTS = ("srresnet", *(f"{share:.0%} of the way" for share in SHARES), "srgan")
TILES = ("bicubic", *POINTS, "original")
HEAD = """\
// Made by tools/live_plane.py: points of the record srgan_x4 on the plane.
// The photographs beside this file keep their authors' licences: see the page "Data" of the course.
"""


def networks() -> dict[str, SRResNet]:
    """The published networks and those between them, by the name of their point."""
    start = load_start()
    end = load_weights(SRResNet(SRResNetConfig(**weights_info("srgan_x4")["config"])), "srgan_x4")
    made = [start, *(between(start, end.float(), share) for share in SHARES), end.float()]
    return dict(zip(POINTS, made, strict=True))


def tiles(name: str, ways: dict[str, SRResNet]) -> Tensor:
    """A crop in all TILES: uint8 [T, 3, SIDE, SIDE]."""
    left, top = CROPS[name]
    with torch.inference_mode():
        found = enlargements(load_photo(name, LONG_SIDE).image, ways)
    crops = [found[tile][:, top : top + SIDE, left : left + SIDE] for tile in TILES]
    return (torch.stack(crops) * 255).round().to(torch.uint8)


def strip(squares: Tensor) -> Image.Image:
    """uint8 [T, 3, S, S] side by side."""
    return Image.fromarray(torch.cat(list(squares), 2).permute(1, 2, 0).contiguous().numpy())


def data() -> dict:
    """The record's rows for the figure: [PSNR-Y in dB, Fréchet distance], and the names of the crops."""
    rows = {row["method"]: row for row in json.loads(RECORD.read_text("utf-8"))["metrics"]["plane"]}
    place = {
        name: [round(row["psnr_y"], 3), round(row["frechet"], 2)] for name, row in rows.items()
    }
    return {
        "line": [place[name] for name in POINTS],
        "others": {name: place[name] for name in ("nearest", "bicubic")},
        "shares": [0, *SHARES, 1],
        "crops": list(CROPS),
        "photographs": rows["srresnet"]["n"],
    }


def as_script(content: dict) -> str:
    return f"{HEAD}globalThis.PLANE = {json.dumps(content, separators=(',', ':'))};\n"


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    if runtime.run_mode() == "smoke" and (reason := refusal()):
        sys.exit(f"live_plane: {reason}")
    ways = networks()
    for name in CROPS:
        strip(tiles(name, ways)).save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)
    (FOLDER / "data.js").write_text(as_script(data()), "utf-8")


if __name__ == "__main__":
    main()
