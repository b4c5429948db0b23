"""Social cards: the picture of a page that a messenger or a search engine shows beside its link.

A card is a PNG of 1200 x 630 pixels with the logo, the name of the course, the title of the page
and its first picture. It is drawn when the book is built, from what the repository holds, and no
page loads it: only its address stands in the head.
"""

from __future__ import annotations

import hashlib
import io
import re
from functools import cache
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFont, PngImagePlugin

try:
    import resvg_py
except ModuleNotFoundError:  # without it, a page whose pictures are all vector drawings has none
    resvg_py = None

WIDTH, HEIGHT = SIZE = (1200, 630)
MARGIN = 60
HEAD = 150  # the title begins below
GAP = 40  # between title and picture
FRAME = 20  # white around a picture
LIMIT = 48_000  # bytes of a card
COLOURS = (96, 48, 24, 12)  # of the picture: fewer, until the card is small enough
SHARES = (1, 0.75, 0.5)  # of the room for a picture: less, if few colours do not do
WIDE = 1.7  # a picture whose sides have a larger ratio goes below the title, others beside it
TITLE_SIZES = range(76, 35, -4)
PAPER, WHITE, INK, MUTED, RULE = "#fdfcfa", "#ffffff", "#1d1b19", "#67625a", "#e2dcd0"
LOGO_COLOURS = ("#3f86a6", "#7fb2c9", "#c8553d")
STEPS = 5  # from the ground to each colour of type and logo, for smooth edges
DRAWING = 3  # version of the drawing below: a card of another version is drawn again

Box = tuple[int, int, int, int]  # left, top, right, bottom


class CardError(OSError):
    """A picture that cannot be read, or a title for which there is no room."""


@cache
def font(path: Path, size: int, weight: int) -> ImageFont.FreeTypeFont:
    """The typeface of the pages at a size in pixels."""
    face = ImageFont.truetype(str(path), size)
    face.set_variation_by_axes([weight, min(size, 60)])  # weight, optical size
    return face


def title_box(ratio: float | None) -> Box:
    """Where the title goes, beside or above a picture of that width to height, or without one."""
    left, right, bottom = MARGIN, WIDTH - MARGIN, HEIGHT - MARGIN
    if ratio is None:
        return left, HEAD, right, bottom
    return (left, HEAD, right, 290) if ratio > WIDE else (left, HEAD, WIDTH // 2 + 20, bottom)


def picture_box(ratio: float, title_end: int) -> Box:
    """Where the picture goes: all that the title leaves."""
    right, bottom = WIDTH - MARGIN, HEIGHT - MARGIN
    if ratio > WIDE:
        return MARGIN, title_end + GAP, right, bottom + MARGIN // 3
    return title_box(ratio)[2] + GAP, MARGIN, right, bottom


def lines_of(text: str, face: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The text broken into lines of at most that width; empty if a word alone is wider."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if face.getlength(longer) <= width:
            lines[-1] = longer
        elif face.getlength(word) <= width:
            lines.append(word)
        else:
            return []
    return lines


def fit(text: str, path: Path, box: Box) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest type in which a title fills no more than the box."""
    for size in TITLE_SIZES:
        face = font(path, size, 600)
        lines = lines_of(text, face, box[2] - box[0])
        if lines and len(lines) * line_height(face) <= box[3] - box[1]:
            return face, lines
    raise CardError(f"the title is too long for a card: {text!r}")


def line_height(face: ImageFont.FreeTypeFont) -> int:
    return round(1.16 * face.size)


def read_picture(path: Path) -> Image.Image:
    """A picture of a page as RGB, on white."""
    try:
        if path.suffix == ".svg":
            data = resvg_py.svg_to_bytes(
                svg_path=str(path), width=WIDTH, dpi=96, skip_system_fonts=True
            )
            picture = Image.open(io.BytesIO(bytes(data)))
        else:
            picture = Image.open(path)
        picture = picture.convert("RGBA")
    except (OSError, ValueError) as error:
        raise CardError(f"{path.name} cannot be read for a card: {error}") from None
    ground = Image.new("RGBA", picture.size, WHITE)
    return Image.alpha_composite(ground, picture).convert("RGB")


def can_read(path: Path) -> bool:
    """Whether `read_picture` can, going by the kind of the file."""
    kinds = {".png", ".webp", ".jpg", ".jpeg", ".gif"} | ({".svg"} if resvg_py else set())
    return path.suffix.lower() in kinds


def paste(card: Image.Image, picture: Image.Image, box: Box, share: float) -> None:
    """The picture in a white frame in the middle of the box; `share` 1 is as large as it fits."""
    room = (box[2] - box[0] - 2 * FRAME, box[3] - box[1] - 2 * FRAME)
    scale = share * min(room[0] / picture.width, room[1] / picture.height)
    size = (max(1, round(scale * picture.width)), max(1, round(scale * picture.height)))
    x, y = (box[0] + box[2] - size[0]) // 2, (box[1] + box[3] - size[1]) // 2
    frame = (x - FRAME, y - FRAME, x + size[0] + FRAME - 1, y + size[1] + FRAME - 1)
    ImageDraw.Draw(card).rounded_rectangle(frame, 12, WHITE, RULE, 2)
    card.paste(picture.resize(size, Image.Resampling.LANCZOS), (x, y))


def write_lines(
    card: Image.Image, lines: list[str], face: ImageFont.FreeTypeFont, at: tuple[int, int], ink: str
) -> int:
    """Lines of text below one another; returns where they end."""
    pen, (x, y) = ImageDraw.Draw(card), at
    for line in lines:
        pen.text((x, y), line, ink, face, anchor="la")
        y += line_height(face)
    return y


def draw(
    title: str, head: str, picture: Image.Image | None, fonts: Path, logo: Path, share: float = 1
) -> Image.Image:
    """A card as an RGB picture; `head` is the small line beside the logo."""
    serif = fonts / "serif.woff2"
    card = Image.new("RGB", SIZE, PAPER)
    mark = Image.open(logo).convert("RGBA")
    small = mark.resize((96, 64), Image.Resampling.LANCZOS)
    card.paste(small, (MARGIN, 52), small)
    ratio = picture.width / picture.height if picture else None
    box = title_box(ratio)
    face, left = font(serif, 30, 400), MARGIN + 116
    lines = lines_of(head, face, box[2] - left)
    write_lines(card, lines, face, (left, 84 - len(lines) * line_height(face) // 2), MUTED)
    face, lines = fit(title, serif, box)
    end = write_lines(card, lines, face, (MARGIN, HEAD), INK)
    if picture:
        paste(card, picture, picture_box(ratio, end), share)
    else:
        card.paste(mark, (WIDTH - MARGIN - mark.width, HEIGHT - MARGIN - mark.height), mark)
    return card


def fixed_colours() -> list[int]:
    """The colours of type and logo, and those between them and the ground, as a flat list."""
    flat = [*ImageColor.getrgb(PAPER), *ImageColor.getrgb(WHITE), *ImageColor.getrgb(RULE)]
    ground = ImageColor.getrgb(PAPER)
    for colour in (INK, MUTED, *LOGO_COLOURS):
        ink = ImageColor.getrgb(colour)
        for step in range(1, STEPS + 1):
            pairs = zip(ground, ink, strict=True)
            flat += [round(low + (high - low) * step / STEPS) for low, high in pairs]
    return flat


def encode(card: Image.Image, key: str) -> bytes:
    """The card as a PNG, of at most LIMIT bytes if fewer colours make it so."""
    about = PngImagePlugin.PngInfo()
    about.add_text("key", key)
    for colours in COLOURS:
        own = card.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        palette = Image.new("P", (1, 1))
        palette.putpalette(fixed_colours() + own.getpalette()[: 3 * colours])
        few = card.quantize(palette=palette, dither=Image.Dither.NONE)
        buffer = io.BytesIO()
        few.save(buffer, "PNG", compress_level=9, pnginfo=about)
        if buffer.tell() <= LIMIT:
            break
    return buffer.getvalue()


def is_current(path: Path, key: str) -> bool:
    """Whether the card that an earlier build left is what would be drawn now."""
    try:
        with Image.open(path) as card:
            return card.info.get("key") == key
    except OSError:
        return False


def write_card(
    path: Path, *, title: str, head: str, picture: Path | None, fonts: Path, logo: Path
) -> None:
    """Draw the card of a page, unless it is there already."""
    title = re.sub(r"\s+", " ", title).strip()
    seen = picture.read_bytes() if picture else b""
    parts = [str(DRAWING).encode(), title.encode(), head.encode(), seen, logo.read_bytes()]
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()
    if is_current(path, key):
        return
    shown = read_picture(picture) if picture else None
    for share in SHARES:
        data = encode(draw(title, head, shown, fonts, logo, share), key)
        if len(data) <= LIMIT:
            break
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
