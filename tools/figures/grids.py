"""Drawing kit for the figures of part 3: cells, planes, arrows, and how a figure is saved.

One colour means one thing in every figure: blue is what comes in, orange is what is learned (or
the window that slides), green is what goes out, grey dashes are padding. Figures are 5.2 inches
wide with letters of 9 points and more, so that they can still be read on a telephone.
"""

import argparse
import pathlib
from collections.abc import Callable, Mapping, Sequence

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle

WIDTH = 5.2  # inches
INK = "#222222"
GREY = "#8a8a8a"
BLUE, ORANGE, GREEN, RED, PURPLE = "#0072B2", "#D98200", "#00855F", "#C44E00", "#9C5A8C"
FILL = {
    "input": "#D3E6F5",
    "filter": "#FCE2B8",
    "output": "#CDEBDD",
    "padding": "#FFFFFF",
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
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same everywhere
    "font.size": 10,
    "mathtext.fontset": "cm",
    "svg.fonttype": "path",
    "svg.hashsalt": "figures of part 3",  # the same picture gives the same file
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
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
    fontsize: float = 10,
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
    fontsize: float = 10,
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
    fontsize: float = 10,
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
        linespacing=1.25,
        zorder=4,
    )


def label(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    *,
    fontsize: float = 10,
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
        linespacing=1.3,
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
                edgecolor="white" if strong else EDGE[kind],
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


def save(fig: Figure, path: pathlib.Path) -> None:
    """Write one SVG, opaque and without a date, and close the figure."""
    fig.savefig(path, format="svg", facecolor="white", metadata={"Date": None, "Creator": None})
    plt.close(fig)
    text = path.read_text(encoding="utf-8")
    path.write_text("\n".join(part.rstrip() for part in text.splitlines()) + "\n", encoding="utf-8")


def main(figures: Mapping[str, Callable[[], Figure]]) -> int:
    """Command line of every figure tool: draw all, or those named, into a folder."""
    default = pathlib.Path(__file__).resolve().parents[2] / "book" / "figures"
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
