"""The pictures of the figure in section 3.1.1 in which a reader moves a convolution.

    python -m tools.live_convolution

Writes book/live/convolution/data.js: a drawing of 9 x 9 pixels in five greys, and a photograph in grey,
small, as WebP inside the script, because a page that is opened from a file may not read its own pictures.
"""

from __future__ import annotations

import argparse
import io
import json
from base64 import b64encode
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.data.photos import load_photo

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "book" / "live" / "convolution" / "data.js"
DRAWING = ("alien-monster", "twemoji")
SIDE, GREYS = 9, 4  # a pixel is 0, 1, 2, 3 or 4
PHOTO, WIDTH, HEIGHT = "monuments_brandenburgGate", 160, 120
HEAD = """\
// Made by tools/live_convolution.py. The drawing is by Twemoji (CC BY 4.0), made smaller and grey; the photograph,
// the Brandenburg Gate by Evans1551 (public domain), made smaller and grey: see the page "Data" of the course.
"""


def grey(image: Tensor) -> Tensor:
    """Luma of uint8 [3, H, W], from 0 to 255: float [H, W]."""
    return (torch.tensor([0.299, 0.587, 0.114])[:, None, None] * image).sum(0)


def drawing() -> list[int]:
    """The drawing row by row, its darkest pixel 0 and its brightest 4."""
    name, designer = DRAWING
    emoji = load_emoji("train", size=64, designers=(designer,))
    small = adaptive_avg_pool2d(grey(emoji.images[emoji.names.index(name)])[None], SIDE)[0]
    shares = (small - small.min()) / (small.max() - small.min())
    return (shares * GREYS).round().int().flatten().tolist()


def photograph() -> Image.Image:
    """The photograph in grey, 4 : 3."""
    pixels = grey(load_photo(PHOTO, long_side=WIDTH).image).round().to(torch.uint8)
    top = (len(pixels) - HEIGHT) // 2
    return Image.fromarray(pixels[top : top + HEIGHT].numpy())


def as_script(picture: Image.Image) -> str:
    """The JavaScript file: one global."""
    packed = io.BytesIO()
    picture.convert("RGB").save(packed, "webp", quality=70, method=6)
    photo = {
        "width": picture.width,
        "height": picture.height,
        "source": f"data:image/webp;base64,{b64encode(packed.getvalue()).decode()}",
    }
    content = json.dumps({"drawing": drawing(), "photo": photo}, separators=(",", ":"))
    return f"{HEAD}globalThis.CONVOLUTION = {content};\n"


def read_script(path: Path = FILE) -> dict:
    """What a file written by `as_script` holds."""
    return json.loads(path.read_text("utf-8").partition(" = ")[2].rstrip().removesuffix(";"))


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    FILE.write_text(as_script(photograph()), "utf-8")
    print(f"{FILE.relative_to(ROOT)}: {FILE.stat().st_size} bytes")
