"""Drawing kit for the figures of part 3: cells, planes, arrows, and how a figure is saved.

One colour means one thing in every figure: blue is what comes in, orange is what is learned (or
the window that slides), green is what goes out, grey dashes are padding. Figures are 5.2 inches
wide with letters of 10 points and more, so that they can still be read on a telephone. Their ground
is transparent, and book/_ext/dark_svg.py knows a counterpart for each colour named here: use these
names, or add the new colour there.
"""

import argparse
import io
import itertools
import math
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle
from matplotlib.text import Text

ROOT = pathlib.Path(__file__).resolve().parents[2]
for face in sorted((ROOT / "aesthetic_utils" / "data" / "files" / "fonts").glob("*.ttf")):
    font_manager.fontManager.addfont(face)
FONT = "Course Sans"  # made by tools/fonts.py
WIDTH = 5.2  # inches
INK = "#222222"
PAPER = "#FDFCFA"  # the page's own ground, where something has to be covered
GREY = "#6E6E6E"
BROWN = "#9A5B00"  # words that belong to something orange, which is too light for letters
BLUE, ORANGE, GREEN, RED, PURPLE = "#0072B2", "#D98200", "#00855F", "#C44E00", "#9C5A8C"
FILL = {
    "input": "#D3E6F5",
    "filter": "#FCE2B8",
    "output": "#CDEBDD",
    "padding": PAPER,
    "plain": "#F3F3F3",
    "error": "#F8D5C6",
    "extra": "#EBD9E6",
}
EDGE = {
    "input": BLUE,
    "filter": ORANGE,
    "output": GREEN,
    "padding": "#A0A0A0",
    "plain": "#8A8A8A",
    "error": RED,
    "extra": PURPLE,
}

STYLE = {
    "font.family": [FONT, "DejaVu Sans"],  # the second has the few signs that the first lacks
    "font.size": 11,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "legend.fontsize": 10.5,
    "mathtext.fontset": "custom",
    "mathtext.rm": FONT,
    "mathtext.it": f"{FONT}:italic",
    "mathtext.cal": f"{FONT}:italic",
    "mathtext.bf": f"{FONT}:bold",
    "mathtext.bfit": f"{FONT}:bold",
    "mathtext.sf": FONT,
    "mathtext.tt": "DejaVu Sans Mono",
    "mathtext.fallback": "stixsans",
    "svg.fonttype": "path",
    "svg.hashsalt": "figures of part 3",  # the same picture gives the same file
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "legend.frameon": False,
}

Point = tuple[float, float]


def canvas(width: float, height: float, *, inches: float = WIDTH) -> tuple[Figure, Axes]:
    """An empty drawing of `width` by `height` units; y grows downwards, as rows do."""
    fig = plt.figure(figsize=(inches, inches * height / width))
    ax = fig.add_axes((0, 0, 1, 1))
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    ax.set_aspect("equal")
    ax.axis("off")
    return fig, ax


def cell(
    ax: Axes,
    x: float,
    y: float,
    value: object = "",
    *,
    kind: str = "input",
    size: float = 1.0,
    fontsize: float = 11,
    fill: str | None = None,
    bold: bool = False,
    zorder: float = 2,
) -> None:
    """One square with its upper left corner at (x, y)."""
    dashed = kind == "padding"
    ax.add_patch(
        Rectangle(
            (x, y),
            size,
            size,
            facecolor=fill or FILL[kind],
            edgecolor=EDGE[kind],
            linewidth=0.7 if dashed else 0.9,
            linestyle=(0, (2.5, 2)) if dashed else "-",
            zorder=zorder,
        )
    )
    text = f"{value:g}".replace("-", "\u2212") if isinstance(value, int | float) else str(value)
    if text:
        ax.text(
            x + size / 2,
            y + size / 2,
            text,
            ha="center",
            va="center_baseline",
            fontsize=fontsize,
            fontweight="bold" if bold else "normal",
            color=GREY if dashed else INK,
            zorder=zorder + 1,
        )


def grid(
    ax: Axes,
    x: float,
    y: float,
    values: Sequence[Sequence[object]] | np.ndarray,
    *,
    kind: str = "input",
    size: float = 1.0,
    fontsize: float = 11,
    kinds: Mapping[tuple[int, int], str] | None = None,
) -> None:
    """A table of cells; `kinds` recolours single cells by (row, column)."""
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            shown = value.item() if isinstance(value, np.generic) else value
            own = (kinds or {}).get((i, j), kind)
            cell(ax, x + j * size, y + i * size, shown, kind=own, size=size, fontsize=fontsize)


def frame(
    ax: Axes, x: float, y: float, width: float, height: float, color: str = ORANGE, lw: float = 2.4
) -> None:
    """A heavy outline: the window."""
    ax.add_patch(
        Rectangle((x, y), width, height, facecolor="none", edgecolor=color, linewidth=lw, zorder=6)
    )


def box(
    ax: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    text: str,
    *,
    kind: str = "plain",
    fontsize: float = 11,
    rounding: float = 0.12,
) -> None:
    """A rounded box with centred text."""
    ax.add_patch(
        FancyBboxPatch(
            (x + rounding, y + rounding),
            width - 2 * rounding,
            height - 2 * rounding,
            boxstyle=f"round,pad={rounding}",
            facecolor=FILL[kind],
            edgecolor=EDGE[kind],
            linewidth=1.0,
            zorder=3,
        )
    )
    ax.text(
        x + width / 2,
        y + height / 2,
        text,
        ha="center",
        va="center",
        fontsize=fontsize,
        linespacing=1.0,
        zorder=4,
    )


def label(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    *,
    fontsize: float = 11,
    color: str = INK,
    ha: str = "center",
    va: str = "center",
    bold: bool = False,
    rotation: float = 0,
) -> None:
    ax.text(
        x,
        y,
        text,
        ha=ha,
        va=va,
        fontsize=fontsize,
        color=color,
        fontweight="bold" if bold else "normal",
        rotation=rotation,
        linespacing=1.05,
        zorder=8,
    )


def arrow(
    ax: Axes,
    start: Point,
    end: Point,
    *,
    color: str = "#555555",
    lw: float = 1.3,
    curve: float = 0.0,
    style: str = "-|>",
    dashed: bool = False,
    head: float = 9,
    zorder: float = 5,
) -> None:
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle=style,
            mutation_scale=head,
            connectionstyle=f"arc3,rad={curve}",
            color=color,
            linewidth=lw,
            linestyle=(0, (3, 2)) if dashed else "-",
            shrinkA=0,
            shrinkB=0,
            zorder=zorder,
        )
    )


def line(
    ax: Axes, start: Point, end: Point, *, color: str = GREY, lw: float = 0.9, zorder: float = 1
) -> None:
    ax.plot([start[0], end[0]], [start[1], end[1]], color=color, linewidth=lw, zorder=zorder)


class Plane:
    """A grid seen from the side: rows run towards the reader, columns to the right."""

    def __init__(self, ax: Axes, x: float, y: float, *, lean: float = 0.42, depth: float = 0.5):
        self.ax, self.x, self.y, self.lean, self.depth = ax, x, y, lean, depth

    def corner(self, row: float, column: float) -> Point:
        return self.x + column - self.lean * row, self.y + self.depth * row

    def quad(self, row: float, column: float, rows: float = 1, columns: float = 1) -> list[Point]:
        return [
            self.corner(row, column),
            self.corner(row, column + columns),
            self.corner(row + rows, column + columns),
            self.corner(row + rows, column),
        ]

    def cell(self, row: int, column: int, kind: str, *, strong: bool = False) -> None:
        dashed = kind == "padding"
        self.ax.add_patch(
            Polygon(
                self.quad(row, column),
                closed=True,
                facecolor=EDGE[kind] if strong else FILL[kind],
                edgecolor=PAPER if strong else EDGE[kind],
                linewidth=0.6,
                linestyle=(0, (2, 1.6)) if dashed else "-",
                zorder=2,
            )
        )

    def outline(self, row: float, column: float, rows: float, columns: float, color: str) -> None:
        self.ax.add_patch(
            Polygon(
                self.quad(row, column, rows, columns),
                closed=True,
                facecolor="none",
                edgecolor=color,
                linewidth=1.8,
                joinstyle="round",
                zorder=5,
            )
        )


def ticks_shown(ax: Axes) -> Iterator[Text]:
    """Labels of the ticks inside the limits of an axes that shows them."""
    for axis in (ax.xaxis, ax.yaxis) if ax.axison else ():
        low, high = sorted(axis.get_view_interval())
        margin = 1e-9 * (high - low)
        for tick in axis.get_major_ticks():
            if low - margin <= tick.get_loc() <= high + margin:
                yield tick.label1


def texts_shown(fig: Figure) -> list[Text]:
    """The texts that a reader sees, after the figure has been drawn once."""
    hidden = {
        text for ax in fig.axes for axis in (ax.xaxis, ax.yaxis) for text in axis.findobj(Text)
    }
    texts = [text for text in fig.findobj(Text) if text not in hidden]
    for ax in fig.axes:
        texts += ticks_shown(ax)
        texts += [ax.xaxis.label, ax.yaxis.label] if ax.axison else []
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


def smallest_type(fig: Figure) -> float:
    """Size in points of the smallest letters (indices of formulas aside)."""
    return min((text.get_fontsize() for text in texts_shown(fig)), default=math.inf)


def faults(fig: Figure) -> list[str]:
    """Texts that the edge cuts or that overlap; a line of text has some empty room at its borders."""
    fig.canvas.draw()
    scale = 72 / fig.dpi
    boxes = [(text, Text.get_window_extent(text)) for text in texts_shown(fig)]
    found = []
    for text, b in boxes:
        over = max(-b.x0, -b.y0, b.x1 - fig.bbox.x1, b.y1 - fig.bbox.y1) * scale
        if over > 1.0:
            found.append(f"{text.get_text()!r} is cut by the edge: {over:.1f} pt")
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        deep = min(a.x1 - b.x0, b.x1 - a.x0, a.y1 - b.y0, b.y1 - a.y0) * scale
        if deep > 3.0:
            found.append(f"{one.get_text()!r} and {other.get_text()!r} overlap: {deep:.1f} pt")
    return found


def as_svg(fig: Figure) -> str:
    """The figure as text, without ground or date; the root element tells its smallest type."""
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    lines = [part.rstrip() for part in buffer.getvalue().splitlines()]
    lines = [part for part in lines if part]
    opening = next(i for i, part in enumerate(lines) if part.startswith("<svg "))
    lines[opening] = lines[opening].replace(
        "<svg ", f'<svg data-smallest-type="{smallest_type(fig):g}" ', 1
    )
    return "\n".join(lines) + "\n"


def save(fig: Figure, path: pathlib.Path) -> None:
    """Writes one SVG and closes the figure; ValueError where letters are cut or overlap."""
    if found := faults(fig):
        raise ValueError(f"{path.name}: {'; '.join(found)}")
    path.write_text(as_svg(fig), encoding="utf-8")
    plt.close(fig)


def main(figures: Mapping[str, Callable[[], Figure]]) -> int:
    """Command line of every figure tool: draw all, or those named, into a folder."""
    default = ROOT / "book" / "figures"
    parser = argparse.ArgumentParser(description="Draw figures of the book as SVG.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(figures))
    parser.add_argument("--out", type=pathlib.Path, default=default, help="folder to write to")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(figures)
    if unknown:
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    with plt.rc_context(STYLE):
        for name in arguments.names or figures:
            save(figures[name](), arguments.out / f"{name}.svg")
            print(arguments.out / f"{name}.svg")
    return 0
