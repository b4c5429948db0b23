"""Draw the bitmaps that some readers of the site need, from the two vector drawings.

    python -m tools.icons

Browsers that read no SVG icon take favicon.ico, a phone's home screen takes
apple-touch-icon.png, and the social cards carry logo.png. All four lie in book/_static; the
drawings are favicon.svg and logo.svg there. Needs the extra `build-data` (CairoSVG).
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from PIL import Image

STATIC = Path(__file__).resolve().parent.parent / "book" / "_static"
PAPER = "#fdfcfa"  # the ground of a page; a home screen shows transparent parts black
ICON_SIZES = (16, 32, 48)
TOUCH_SIZE, TOUCH_MARGIN = 180, 22
LOGO_WIDTH = 288  # three times as wide as the cards show it


def draw(path: Path, width: int) -> Image.Image:
    """An SVG file as an RGBA picture of the given width."""
    import cairosvg  # an extra of this tool

    return Image.open(io.BytesIO(cairosvg.svg2png(url=str(path), output_width=width)))


def touch_icon(drawing: Path) -> Image.Image:
    """The square icon of a home screen: opaque, with a margin that rounded corners may eat."""
    icon = Image.new("RGB", (TOUCH_SIZE, TOUCH_SIZE), PAPER)
    mark = draw(drawing, TOUCH_SIZE - 2 * TOUCH_MARGIN)
    icon.paste(mark, (TOUCH_MARGIN, TOUCH_MARGIN), mark)
    return icon


def main() -> None:
    favicon = STATIC / "favicon.svg"
    icons = [draw(favicon, size) for size in ICON_SIZES]
    icons[-1].save(
        STATIC / "favicon.ico",
        sizes=[(size, size) for size in ICON_SIZES],
        append_images=icons[:-1],
    )
    touch_icon(favicon).save(STATIC / "apple-touch-icon.png", optimize=True)
    draw(STATIC / "logo.svg", LOGO_WIDTH).save(STATIC / "logo.png", optimize=True)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    main()
