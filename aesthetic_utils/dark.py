"""The dark twin of a figure: the same picture with light ink on a transparent ground.

A figure is stored once, on white. What differs on a dark page (text, axes, the ground) is stored beside
it as a patch, from which the book makes both versions; photographs and colour maps stay as they are.
"""

import contextlib
import io
from collections.abc import Callable, Iterator

import numpy as np
from matplotlib import colors as mcolors
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.typing import ColorType
from PIL import Image

DARK_TWIN = "application/vnd.aesthetic-utils.dark+png"  # mime type of the patch
INK = 0.86  # lightness of what is black in the light version
PAPER = (0.0, 0.0, 0.0, 0.0)  # ground of the twin


def twin_colour(colour: ColorType) -> tuple[float, float, float, float]:
    """The counterpart of a neutral colour: black becomes light grey, grey its mirror; others stay."""
    red, green, blue, alpha = mcolors.to_rgba(colour)
    if max(red, green, blue) - min(red, green, blue) > 0.08:
        return red, green, blue, alpha
    light = INK - (red + green + blue) / 3 * (INK - 0.12)
    return light, light, light, alpha


def _over_picture(artist: Artist) -> bool:
    """Whether a text lies in the data of axes that show a picture or a map, whose ground stays."""
    axes = artist.axes
    return isinstance(axes, Axes) and artist in axes.texts and bool(axes.images or _maps(axes))


def _maps(axes: Axes) -> list[Collection]:
    return [c for c in axes.collections if c.get_array() is not None]


def _shines_through(axes: Axes) -> bool:
    """Whether a picture in these axes is translucent: its colours need the white behind it."""
    return any(p.get_alpha() not in (None, 1) for p in [*axes.images, *_maps(axes)])


def _changes(figure: Figure) -> Iterator[tuple[Callable, object, object]]:
    """For each property that changes: its setter, the value on a dark ground, and the value now."""
    grounds = {figure.patch: None} | {axes.patch: axes for axes in figure.findobj(Axes)}
    for ground, axes in grounds.items():
        if axes is None or not _shines_through(axes):
            yield ground.set_facecolor, PAPER, ground.get_facecolor()
    for artist in figure.findobj():
        if artist in grounds:
            continue
        if (
            isinstance(artist, Text)
            and not _over_picture(artist)
            and artist.get_bbox_patch() is None
        ):
            yield artist.set_color, twin_colour(artist.get_color()), artist.get_color()
        elif isinstance(artist, Line2D):
            for part in ("color", "markerfacecolor", "markeredgecolor"):
                now = getattr(artist, f"get_{part}")()
                if not (isinstance(now, str) and now in ("none", "auto")):
                    yield getattr(artist, f"set_{part}"), twin_colour(now), now
        elif isinstance(artist, Patch):
            for part in ("edgecolor", "facecolor"):
                now = getattr(artist, f"get_{part}")()
                yield getattr(artist, f"set_{part}"), twin_colour(now), now
        elif isinstance(artist, Collection) and artist.get_array() is None:
            for part in ("edgecolor", "facecolor"):
                now = getattr(artist, f"get_{part}")()
                if len(now):
                    yield getattr(artist, f"set_{part}"), [twin_colour(c) for c in now], now


@contextlib.contextmanager
def in_the_dark(figure: Figure) -> Iterator[None]:
    """The figure with light ink on no ground inside; as it was afterwards."""
    changes = list(_changes(figure))
    try:
        for setter, dark, _ in changes:
            setter(dark)
        yield
    finally:
        for setter, _, before in changes:
            setter(before)


def dark_patch(figure: Figure, light: bytes, draw: Callable[[Figure], bytes]) -> bytes:
    """What the dark version has otherwise than the light one, as a PNG of the same size.

    light: the figure as PNG, on white. draw: makes a PNG of a figure. A pixel of the patch is the
    dark version's; where that is opaque and the same as in the light version it is (255, 255, 255, 0), and
    where there is only ground (0, 0, 0, 0).
    """
    bright = np.asarray(Image.open(io.BytesIO(light)).convert("RGB"))
    figure.set_layout_engine("none")  # which would move the axes a little at every drawing
    with in_the_dark(figure), rc_context({"savefig.facecolor": PAPER}):  # savefig paints its own
        drawn = draw(figure)
    dark = np.array(Image.open(io.BytesIO(drawn)).convert("RGBA"))
    opaque = dark[..., 3] == 255
    same = opaque & (dark[..., :3] == bright).all(-1)
    dark[same] = (255, 255, 255, 0)
    dark[~opaque & (dark[..., 3] == 0)] = 0
    buffer = io.BytesIO()
    Image.fromarray(dark).save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def versions(light: bytes, patch: bytes) -> tuple[Image.Image, Image.Image]:
    """The two versions for a page, RGBA with a transparent ground, from the stored figure and its patch."""
    bright = np.asarray(Image.open(io.BytesIO(light)).convert("RGB"))
    changed = np.asarray(Image.open(io.BytesIO(patch)).convert("RGBA"))
    same = (changed == (255, 255, 255, 0)).all(-1)
    alpha = np.where(same, 255, changed[..., 3]).astype(np.uint8)
    dark = np.dstack([np.where(same[..., None], bright, changed[..., :3]), alpha])
    share = np.maximum(alpha, 1)[..., None] / 255
    ink = (bright - 255 * (1 - share)) / share  # what lies on white with this opacity
    ink = np.where(alpha[..., None] > 0, ink, 0).clip(0, 255).round().astype(np.uint8)
    return Image.fromarray(np.dstack([ink, alpha])), Image.fromarray(dark)
