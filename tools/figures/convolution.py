"""Figures of sections 3.1 and 3.1.1: the network, and everything about convolution.

`python tools/figures/convolution.py` draws them all into book/figures; with names, only those.
"""

import numpy as np
from grids import (
    BLUE,
    BROWN,
    EDGE,
    FILL,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PAPER,
    PURPLE,
    RED,
    Plane,
    arrow,
    box,
    canvas,
    cell,
    frame,
    grid,
    label,
    line,
    main,
)
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from numpy.lib.stride_tricks import sliding_window_view

# The worked example of section 3.1.1: a bright post on a dark ground, and an upright-edge filter.
PICTURE = np.array(
    [
        [0, 0, 4, 4, 0],
        [0, 1, 4, 4, 0],
        [0, 2, 4, 4, 1],
        [1, 2, 4, 4, 1],
        [2, 2, 4, 4, 2],
    ]
)
EDGE_FILTER = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
TAPS = (ORANGE, PURPLE, "#3B6FB6")  # the three weights of a filter in one dimension


def correlate(picture: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Cross-correlation without padding."""
    windows = sliding_window_view(picture, weights.shape)
    return np.einsum("ijpq,pq->ij", windows, weights)


def signed(number: int) -> str:
    return f"{number}".replace("-", "\u2212")


def conv_sliding() -> Figure:
    fig, ax = canvas(15.2, 10.0)
    result = correlate(PICTURE, EDGE_FILTER)
    row, column = 1, 0
    window = {(row + p, column + q): "filter" for p in range(3) for q in range(3)}
    grid(ax, 0.5, 1.3, PICTURE, kinds=window)
    frame(ax, 0.5 + column, 1.3 + row, 3, 3)
    grid(ax, 7.0, 2.3, EDGE_FILTER, kind="filter")
    kinds = {(i, j): "plain" for i in range(3) for j in range(3) if (i, j) > (row, column)}
    shown = [
        [signed(v) if (i, j) not in kinds else "" for j, v in enumerate(r)]
        for i, r in enumerate(result)
    ]
    grid(ax, 11.6, 2.3, shown, kind="output", kinds=kinds)
    frame(ax, 11.6 + column, 2.3 + row, 1, 1, GREEN)
    label(ax, 6.25, 3.8, r"$\star$", fontsize=16)
    label(ax, 10.8, 3.8, "=", fontsize=14)
    label(ax, 3.0, 0.7, "input $x$", color=BLUE, fontsize=12)
    label(ax, 8.5, 1.7, "filter $w$", color=BROWN, fontsize=12)
    label(ax, 13.1, 1.7, "output $y$", color=GREEN, fontsize=12)
    for p in range(3):
        terms = [
            f"{PICTURE[row + p, column + q]}\u00b7({signed(EDGE_FILTER[p, q])})"
            if EDGE_FILTER[p, q] < 0
            else f"{PICTURE[row + p, column + q]}\u00b7{EDGE_FILTER[p, q]}"
            for q in range(3)
        ]
        total = int((PICTURE[row + p, column : column + 3] * EDGE_FILTER[p]).sum())
        y = 7.0 + 0.75 * p
        label(ax, 1.9, y, f"row {p}:", ha="right", color=GREY)
        label(ax, 2.3, y, "  +  ".join(terms), ha="left")
        label(ax, 8.1, y, "=", ha="center")
        label(ax, 9.0, y, signed(total), ha="right")
    line(ax, (8.3, 8.85), (9.1, 8.85), color=INK)
    label(ax, 8.25, 9.4, "$y_{1,0}$  =", ha="right", color=GREEN, fontsize=12)
    label(ax, 9.0, 9.4, signed(int(result[row, column])), ha="right", bold=True, color=GREEN)
    arrow(ax, (9.4, 9.3), (12.1, 5.45), color=GREEN, curve=0.25, lw=1.1)
    return fig


def conv_flip() -> Figure:
    fig, ax = canvas(15.4, 11.2)
    spark = np.zeros((5, 5), dtype=int)
    spark[2, 2] = 1
    weights = np.arange(1, 10).reshape(3, 3)
    grid(ax, 0.4, 2.9, spark, kinds={(2, 2): "filter"})
    grid(ax, 6.5, 3.9, weights, kind="filter")
    grid(ax, 12.0, 1.2, correlate(spark, weights), kind="output")
    grid(ax, 12.0, 7.2, correlate(spark, weights[::-1, ::-1]), kind="output")
    label(ax, 2.9, 2.3, "one bright pixel", color=BLUE)
    label(ax, 8.0, 3.3, "filter", color=BROWN)
    label(ax, 13.5, 0.6, "cross-correlation", color=GREEN)
    label(ax, 13.5, 4.45, "the filter after\nhalf a turn", fontsize=10.5, va="top")
    label(ax, 13.5, 6.65, "convolution", color=GREEN)
    label(ax, 13.5, 10.4, "the filter, upright", fontsize=10.5, va="top")
    arrow(ax, (9.8, 4.9), (11.7, 3.2), curve=-0.15)
    arrow(ax, (9.8, 5.9), (11.7, 8.2), curve=0.15)
    label(ax, 6.0, 5.4, r"$\star$", fontsize=14)
    label(ax, 10.6, 3.35, r"$x_{i+p}$", fontsize=12)
    label(ax, 10.2, 7.75, r"$x_{i-p}$", fontsize=12)
    return fig


def arithmetic_panel(
    ax: Axes,
    x: float,
    y: float,
    *,
    n: int,
    k: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    at: tuple[int, int],
) -> None:
    """Input plane below, output plane above, one window and the output cell it feeds."""
    side = n + 2 * padding
    span = dilation * (k - 1) + 1
    m = (side - span) // stride + 1
    below = Plane(ax, x, y)
    above = Plane(ax, x + (side - m) / 2 - 0.21 * (side - m), y - 0.62 * m - 1.3)
    top, left = at[0] * stride, at[1] * stride
    taps = {(top + dilation * p, left + dilation * q) for p in range(k) for q in range(k)}
    for i in range(side):
        for j in range(side):
            inside = padding <= i < padding + n and padding <= j < padding + n
            kind = "filter" if (i, j) in taps else "input" if inside else "padding"
            below.cell(i, j, kind, strong=False)
    below.outline(top, left, span, span, ORANGE)
    for i in range(m):
        for j in range(m):
            above.cell(i, j, "output", strong=(i, j) == at)
    for row, column in ((0, 0), (0, 1), (1, 1), (1, 0)):
        line(
            ax,
            above.corner(at[0] + row, at[1] + column),
            below.corner(top + span * row, left + span * column),
            color=ORANGE,
            lw=0.8,
            zorder=4,
        )


def conv_arithmetic() -> Figure:
    fig, ax = canvas(21.8, 22.9)
    arithmetic_panel(ax, 4.6, 6.0, n=4, k=3, at=(0, 0))
    arithmetic_panel(ax, 14.4, 6.0, n=5, k=3, padding=1, at=(0, 3))
    arithmetic_panel(ax, 3.4, 16.2, n=5, k=3, padding=1, stride=2, at=(1, 1))
    arithmetic_panel(ax, 14.4, 16.2, n=7, k=3, dilation=2, at=(1, 0))
    captions = (
        (5.6, 10.1, "nothing added", "$n=4,\\ k=3$", "$m=2$"),
        (16.4, 10.1, "padding", "$n=5,\\ k=3,\\ P=1$", "$m=5$"),
        (5.6, 20.4, "stride", "$n=5,\\ k=3,\\ P=1,\\ s=2$", "$m=3$"),
        (16.4, 20.4, "dilation", "$n=7,\\ k=3,\\ d=2$", "$m=3$"),
    )
    for x, y, name, sizes, result in captions:
        label(ax, x, y, name, bold=True, fontsize=11.5)
        label(ax, x, y + 0.95, sizes, fontsize=12)
        label(ax, x, y + 1.85, result, fontsize=12, color=GREEN)
    return fig


def strip(
    ax: Axes, y: float, *, n: int, k: int, padding: int, stride: int, dilation: int, note: str
) -> None:
    """One padded row of pixels and, below it, every window that fits."""
    side = n + 2 * padding
    span = dilation * (k - 1) + 1
    m = (side - span) // stride + 1
    x = 0.5
    seen = {s * stride + dilation * p for s in range(m) for p in range(k)}
    for j in range(side):
        inside = padding <= j < padding + n
        kind = "input" if inside else "padding"
        past = j >= (m - 1) * stride + span
        cell(ax, x + j, y, "" if inside else "0", kind="error" if past and j not in seen else kind)
    for step in range(m):
        row = y + 1.35 + 0.62 * step
        start = x + step * stride
        line(ax, (start + 0.08, row), (start + span - 0.08, row), color=ORANGE, lw=1.6, zorder=3)
        for p in range(k):
            ax.plot(start + dilation * p + 0.5, row, "o", color=ORANGE, markersize=5.5, zorder=4)
        arrow(ax, (x + side + 0.2, row), (x + side + 1.0, row), color=GREY, lw=0.8, head=6)
        cell(ax, x + side + 1.15, row - 0.27, "", kind="output", size=0.54)
    label(ax, 0.5, y - 0.55, note, ha="left", fontsize=11)


def conv_output_size() -> Figure:
    fig, ax = canvas(14.6, 16.3)
    strip(
        ax,
        1.2,
        n=7,
        k=3,
        padding=1,
        stride=2,
        dilation=1,
        note="$n=7,\\ P=1,\\ k=3,\\ s=2$:   $(7+2-3)/2=3$,  so  $m=4$",
    )
    strip(
        ax,
        6.7,
        n=8,
        k=3,
        padding=1,
        stride=2,
        dilation=1,
        note="$n=8$:   $(8+2-3)/2=3.5$, rounded down:  $m=4$",
    )
    strip(
        ax,
        12.2,
        n=8,
        k=3,
        padding=0,
        stride=1,
        dilation=2,
        note="$n=8,\\ P=0,\\ s=1$, dilation $d=2$:   $m=8-5+1=4$",
    )
    label(ax, 14.3, 9.5, "no window\ncomes\nhere", fontsize=10, color=RED, ha="right", va="center")
    arrow(ax, (13.2, 8.75), (10.55, 7.5), color=RED, lw=0.9, head=7, curve=0.25)
    return fig


def sheets(
    ax: Axes, x: float, y: float, count: int, side: float, kind: str, *, step: float = 0.32
) -> None:
    """A stack of square maps, the first in front."""
    for index in reversed(range(count)):
        ax.add_patch(
            Rectangle(
                (x + index * step, y - index * step),
                side,
                side,
                facecolor=FILL[kind],
                edgecolor=EDGE[kind],
                linewidth=0.9,
                zorder=2 + 0.1 * (count - index),
            )
        )


def conv_channels() -> Figure:
    fig, ax = canvas(15.6, 10.6)
    sheets(ax, 0.4, 4.2, 3, 3.6, "input")
    frame(ax, 1.2, 5.4, 0.9, 0.9)
    for row in range(3):
        sheets(ax, 6.9, 2.4 + 2.5 * row - (0.0 if row < 2 else -0.5), 3, 0.95, "filter", step=0.22)
    label(ax, 7.55, 6.75, "\u22ee", fontsize=15)
    sheets(ax, 11.2, 4.2, 4, 3.2, "output")
    cell(ax, 12.1, 5.3, "", kind="output", size=0.34, fill=GREEN, zorder=7)
    for y in (2.9, 5.4, 8.4):
        arrow(ax, (2.15, 5.8), (6.7, y), color=GREY, lw=0.8, head=7)
        arrow(ax, (8.5, y - 0.1), (11.0, 5.8), color=GREY, lw=0.8, head=7)
    label(ax, 2.6, 0.75, "$C=3$ input maps", color=BLUE)
    label(ax, 7.6, 0.75, "$K=32$ filters", color=BROWN)
    label(ax, 13.1, 0.75, "$K=32$ output maps", color=GREEN)
    label(ax, 2.6, 8.7, "$3 \\times 32 \\times 32$", fontsize=12)
    label(ax, 7.6, 9.75, "each $3 \\times 3 \\times 3$,\none bias", fontsize=11)
    label(ax, 13.1, 8.7, "$32 \\times 32 \\times 32$", fontsize=12)
    return fig


def conv_receptive_field() -> Figure:
    fig, ax = canvas(30.4, 14.8)
    left = 6.2
    rows = (  # name, jump, centre of unit 0, units drawn, units in the cone
        ("input", 1, 0.0, range(20), range(5, 15)),
        ("conv 3\u00d73", 1, 0.0, range(20), range(6, 14)),
        ("pool 2\u00d72", 2, 0.5, range(10), range(3, 7)),
        ("conv 3\u00d73", 2, 0.5, range(10), range(4, 6)),
        ("pool 2\u00d72", 4, 1.5, range(5), range(2, 3)),
    )
    sizes = ((1, 1), (3, 1), (4, 2), (8, 2), (10, 4))
    height = 1.0
    tops = [12.0 - 2.55 * index for index in range(5)]
    edges = []
    for (name, jump, first, units, cone), top, (field, step) in zip(rows, tops, sizes, strict=True):
        for unit in units:
            x = left + first + jump * unit - jump / 2
            lit = unit in cone
            kind = "plain" if not lit else "input" if name == "input" else "output"
            ax.add_patch(
                Rectangle(
                    (x, top),
                    jump,
                    height,
                    facecolor=FILL[kind],
                    edgecolor=EDGE[kind] if lit else "#BDBDBD",
                    linewidth=0.9 if lit else 0.6,
                    zorder=3 if lit else 2,
                )
            )
        edges.append(
            (
                left + first + jump * cone.start - jump / 2,
                left + first + jump * (cone.stop - 1) + jump / 2,
            )
        )
        label(ax, 5.2, top + height / 2, name, ha="right", fontsize=11)
        label(ax, 30.2, top - 0.1, f"$R={field}$", ha="right", fontsize=12)
        label(ax, 30.2, top + 1.05, f"$J={step}$", ha="right", fontsize=12, color=GREY)
    for lower in range(4):
        (a, b), (c, d) = edges[lower], edges[lower + 1]
        quad = [
            (a, tops[lower]),
            (b, tops[lower]),
            (d, tops[lower + 1] + 1),
            (c, tops[lower + 1] + 1),
        ]
        ax.add_patch(Polygon(quad, facecolor=ORANGE, alpha=0.14, edgecolor="none", zorder=1))
    a, b = edges[0]
    arrow(ax, (a, 13.6), (b, 13.6), color=BLUE, style="<|-|>", lw=1.1, head=7)
    label(ax, (a + b) / 2, 14.25, "10 pixels", color=BLUE, fontsize=10.5)
    label(ax, left + 9.5, 0.7, "one number of the last map", color=GREEN, fontsize=11)
    arrow(ax, (left + 9.5, 1.05), (left + 9.5, 1.75), color=GREEN, lw=1.0, head=7)
    return fig


def banded(n: int, stride: int = 1) -> list[list[str]]:
    """The matrix of a filter of three weights on n inputs, as text."""
    rows = (n - 3) // stride + 1
    table = [["" for _ in range(n)] for _ in range(rows)]
    for i in range(rows):
        for p in range(3):
            table[i][i * stride + p] = f"$w_{p}$"
    return table


def matrix(ax: Axes, x: float, y: float, table: list[list[str]]) -> None:
    for i, row in enumerate(table):
        for j, text in enumerate(row):
            if text:
                tap = int(text[3])
                cell(ax, x + j, y + i, text, kind="plain", fill=TAPS[tap] + "55", fontsize=12)
            else:
                cell(ax, x + j, y + i, "", kind="plain", fill=PAPER, zorder=1.5)


def conv_matrix() -> Figure:
    fig, ax = canvas(14.6, 18.0)
    x_names = [[f"$x_{j}$"] for j in range(6)]
    y_names = [[f"$y_{i}$"] for i in range(4)]
    label(ax, 0.4, 0.6, "Convolution:  $y = A\\,x$", ha="left", fontsize=12)
    grid(ax, 1.0, 2.5, y_names, kind="output", fontsize=12)
    label(ax, 2.9, 4.5, "=", fontsize=13)
    matrix(ax, 3.8, 2.5, banded(6))
    grid(ax, 10.6, 1.5, x_names, kind="input", fontsize=12)
    label(
        ax,
        0.4,
        8.1,
        "4 rows, one for each place of the window",
        ha="left",
        fontsize=10.5,
        color=GREY,
    )
    label(ax, 0.4, 9.4, r"Transposed convolution:  $x' = A^{\!\top} y$", ha="left", fontsize=12)
    grid(ax, 1.0, 10.4, [[f"$x'_{j}$"] for j in range(6)], kind="input", fontsize=12)
    label(ax, 2.9, 13.4, "=", fontsize=13)
    transposed = [list(column) for column in zip(*banded(6), strict=True)]
    matrix(ax, 3.8, 10.4, transposed)
    grid(ax, 8.6, 11.4, y_names, kind="output", fontsize=12)
    label(ax, 12.1, 13.4, "each $y_i$\nstamps the\nwhole filter\nonce", fontsize=10.5, color=GREY)
    label(
        ax, 0.4, 17.3, "6 rows, one for each pixel to be made", ha="left", fontsize=10.5, color=GREY
    )
    return fig


def stamps(ax: Axes, x: float, y: float, k: int, title: str) -> None:
    """Three inputs stamp a filter of k weights at distance two; the counts are added below."""
    inputs, stride = 3, 2
    length = (inputs - 1) * stride + k
    counts = np.zeros(length, dtype=int)
    label(ax, x + length / 2, y - 0.65, title, fontsize=11)
    for i in range(inputs):
        for p in range(k):
            cell(ax, x + i * stride + p, y + 1.15 * i, "", kind="filter", size=1)
            counts[i * stride + p] += 1
    line(ax, (x - 0.2, y + 3.55), (x + length + 0.2, y + 3.55), color=INK)
    for j, count in enumerate(counts):
        fill = {1: "#E6F4EE", 2: "#8CCBAF"}[int(count)]
        cell(ax, x + j, y + 3.75, int(count), kind="output", fill=fill)


def conv_checkerboard() -> Figure:
    fig, ax = canvas(18.4, 16.6)
    stamps(ax, 0.7, 1.4, 3, "$k=3,\\ s=2$: uneven")
    stamps(ax, 9.8, 1.4, 4, "$k=4,\\ s=2$: even inside")
    shades = LinearSegmentedColormap.from_list("stamps", ["#E6F4EE", "#00593F"])
    for left, k in ((0.9, 3), (10.3, 4)):
        line_counts = np.zeros(2 * 6 + k, dtype=int)
        for i in range(7):
            line_counts[2 * i : 2 * i + k] += 1
        overlap = np.outer(line_counts, line_counts)
        inner = overlap[1:-1, 1:-1] if k == 4 else overlap
        bottom, top = 15.9, 8.9
        ax.imshow(
            inner,
            cmap=shades,
            vmin=0.5,
            vmax=4,
            extent=(left, left + 7, bottom, top),
            interpolation="nearest",
            zorder=2,
        )
        frame(ax, left, top, 7, 7, color=INK, lw=0.8)
        label(ax, left + 3.5, 8.2, "in two dimensions", fontsize=10.5, color=GREY)
    ax.set_xlim(0, 18.4)
    ax.set_ylim(16.6, 0)
    return fig


def leaf() -> np.ndarray:
    """A small picture with a direction: a post with a flag, 14 x 14."""
    picture = np.zeros((14, 14))
    picture[3:12, 4] = 1
    picture[3:7, 5:9] = [[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]]
    return picture


def conv_equivariance() -> Figure:
    fig, ax = canvas(15.6, 14.6)
    picture = leaf()
    moved = np.roll(picture, (-1, 3), axis=(0, 1))
    weights = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    edges = correlate(np.pad(picture, 1), weights)
    moved_edges = correlate(np.pad(moved, 1), weights)
    places = {"a": (1.0, 1.2), "b": (9.6, 1.2), "c": (1.0, 8.6), "d": (9.6, 8.6)}
    pictures = {"a": picture, "b": moved, "c": edges, "d": moved_edges}
    diverging = LinearSegmentedColormap.from_list("edges", [RED, "white", BLUE])
    plain = LinearSegmentedColormap.from_list("input", ["#EDF4FA", BLUE])
    side = 5.0
    for key, (x, y) in places.items():
        first = key in "ab"
        ax.imshow(
            pictures[key],
            cmap=plain if first else diverging,
            vmin=0 if first else -4,
            vmax=1 if first else 4,
            extent=(x, x + side, y + side, y),
            interpolation="nearest",
        )
        frame(ax, x, y, side, side, color=BLUE if first else GREEN, lw=1.2)
    ax.set_xlim(0, 15.6)
    ax.set_ylim(14.6, 0)
    arrow(ax, (6.3, 3.7), (9.3, 3.7))
    arrow(ax, (6.3, 11.1), (9.3, 11.1))
    arrow(ax, (3.5, 6.4), (3.5, 8.4))
    arrow(ax, (12.1, 6.4), (12.1, 8.4))
    label(ax, 7.8, 3.2, "shift", fontsize=11)
    label(ax, 7.8, 10.6, "shift", fontsize=11)
    label(ax, 3.2, 7.4, "filter", ha="right", fontsize=11)
    label(ax, 12.4, 7.4, "filter", ha="left", fontsize=11)
    label(ax, 3.5, 0.65, "picture $x$", color=BLUE)
    label(ax, 12.1, 0.65, "shifted picture $T_a x$", color=BLUE)
    label(ax, 3.5, 14.1, r"$w \star x$", color=GREEN, fontsize=12)
    label(ax, 12.1, 14.1, r"$w \star T_a x \;=\; T_a\,(w \star x)$", color=GREEN, fontsize=12)
    return fig


def wires(ax: Axes, x: float, y: float, lit: set[tuple[int, int]], *, up: bool) -> None:
    """Five inputs, three outputs, one coloured wire for each weight; `lit` are drawn strong."""
    gap = 1.55
    xs = [x + gap * j for j in range(5)]
    ys = [x + gap * (i + 1) for i in range(3)]
    for i in range(3):
        for p in range(3):
            strong = (i, p) in lit
            start, end = (ys[i], y + 0.42), (xs[i + p], y + 3.58)
            arrow(
                ax,
                end if not up else start,
                start if not up else end,
                color=TAPS[p] if strong else "#D0D0D0",
                lw=2.0 if strong else 0.8,
                head=8 if strong else 5,
                zorder=4 if strong else 2,
            )
    for j, place in enumerate(xs):
        node(ax, place, y + 4.0, f"$x_{j}$", "input")
    for i, place in enumerate(ys):
        node(ax, place, y, f"$y_{i}$" if not up else f"$\\delta_{i}$", "output")


def node(ax: Axes, x: float, y: float, text: str, kind: str) -> None:
    ax.plot(
        x, y, "o", markersize=18, markerfacecolor=FILL[kind], markeredgecolor=EDGE[kind], zorder=5
    )
    label(ax, x, y, text, fontsize=12)


def conv_gradient() -> Figure:
    fig, ax = canvas(17.6, 16.4)
    everything = {(i, p) for i in range(3) for p in range(3)}
    wires(ax, 0.9, 2.1, everything, up=False)
    label(ax, 4.0, 0.6, "forward", bold=True)
    label(ax, 4.0, 7.4, "$y_i = w_0 x_i + w_1 x_{i+1} + w_2 x_{i+2}$", fontsize=12)
    wires(ax, 10.5, 2.1, {(0, 2), (1, 1), (2, 0)}, up=True)
    label(ax, 13.6, 0.6, "back to one pixel", bold=True)
    label(
        ax,
        13.6,
        7.4,
        r"$\partial L/\partial x_2 = w_2 \delta_0 + w_1 \delta_1 + w_0 \delta_2$",
        fontsize=12,
    )
    wires(ax, 0.9, 10.5, {(0, 1), (1, 1), (2, 1)}, up=True)
    label(ax, 4.0, 9.0, "back to one weight", bold=True)
    label(
        ax,
        4.0,
        15.8,
        r"$\partial L/\partial w_1 = \delta_0 x_1 + \delta_1 x_2 + \delta_2 x_3$",
        fontsize=12,
    )
    for index, color in enumerate(TAPS):
        y = 10.6 + 1.2 * index
        line(ax, (10.9, y), (12.3, y), color=color, lw=2.4)
        label(ax, 12.7, y, f"weight $w_{index}$", ha="left")
    label(
        ax,
        10.9,
        14.6,
        "$\\delta_i = \\partial L/\\partial y_i$ arrives\nfrom the layer above",
        ha="left",
    )
    return fig


def cnn_article() -> Figure:
    fig, ax = canvas(16.0, 16.6)
    steps = (  # text of the box, kind, what it costs
        ("picture   $3 \\times 32 \\times 32$", "input", "", ""),
        ("convolution 3\u00d73, padding 1, ReLU", "filter", "896", "884,736"),
        ("max pooling 2\u00d72", "plain", "0", ""),
        ("convolution 3\u00d73, padding 1, ReLU", "filter", "18,496", "4,718,592"),
        ("max pooling 2\u00d72", "plain", "0", ""),
        ("fully connected, ReLU", "filter", "524,416", "524,288"),
        ("fully connected", "filter", "1,290", "1,280"),
        ("10 logits", "output", "", ""),
    )
    shapes = (
        "",
        "$32 \\times 32 \\times 32$",
        "$32 \\times 16 \\times 16$",
        "$64 \\times 16 \\times 16$",
        "$64 \\times 8 \\times 8 = 4096$",
        "$128$",
        "$10$",
        "",
    )
    label(ax, 4.55, 0.65, "layer", color=GREY)
    label(ax, 12.1, 0.65, "learned\nnumbers", color=GREY, fontsize=10.5, ha="right")
    label(ax, 15.7, 0.65, "multiply-\nadds", color=GREY, fontsize=10.5, ha="right")
    y = 1.4
    for index, (text, kind, learned, work) in enumerate(steps):
        box(ax, 0.3, y, 8.6, 1.1, text, kind=kind, fontsize=10.5)
        label(ax, 12.1, y + 0.55, learned, ha="right")
        label(ax, 15.7, y + 0.55, work, ha="right")
        if index < len(steps) - 1:
            arrow(ax, (4.6, y + 1.1), (4.6, y + 1.95), lw=1.0, head=7)
            label(ax, 4.95, y + 1.5, shapes[index], ha="left", fontsize=11, color=GREEN)
        y += 1.95
    label(ax, 12.1, y - 1.4, "545,098", ha="right", bold=True)
    label(ax, 15.7, y - 1.4, "6,128,896", ha="right", bold=True)
    for right in (12.1, 15.7):
        line(ax, (right - 2.4, y - 2.05), (right, y - 2.05), color=INK)
    return fig


FIGURES = {
    "cnn_article": cnn_article,
    "conv_sliding": conv_sliding,
    "conv_flip": conv_flip,
    "conv_arithmetic": conv_arithmetic,
    "conv_output_size": conv_output_size,
    "conv_channels": conv_channels,
    "conv_receptive_field": conv_receptive_field,
    "conv_matrix": conv_matrix,
    "conv_checkerboard": conv_checkerboard,
    "conv_equivariance": conv_equivariance,
    "conv_gradient": conv_gradient,
}

if __name__ == "__main__":
    raise SystemExit(main(FIGURES))
