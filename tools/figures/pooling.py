"""Figures of section 3.1.2: pooling windows, overlap, the way back, and aliasing."""

import numpy as np
from grids import (
    BLUE,
    FILL,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    arrow,
    canvas,
    cell,
    grid,
    label,
    line,
    main,
)
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# The worked example of section 3.1.2.
TABLE = np.array([[1, 3, 2, 0], [5, 2, 4, 1], [0, 1, 7, 3], [2, 6, 3, 5]])
TINTS = ("#D3E6F5", "#FCE2B8", "#EBD9E6", "#DDE8C7")


def blocks(table: np.ndarray) -> np.ndarray:
    """The four 2 x 2 windows of a 4 x 4 table, as [window row, window column, 4]."""
    return table.reshape(2, 2, 2, 2).swapaxes(1, 2).reshape(2, 2, 4)


def tinted(ax: Axes, x: float, y: float, table: np.ndarray, bold: np.ndarray | None = None) -> None:
    for i in range(4):
        for j in range(4):
            tint = TINTS[2 * (i // 2) + j // 2]
            strong = bool(bold is not None and bold[i, j])
            cell(ax, x + j, y + i, table[i, j].item(), fill=tint, bold=strong, kind="plain")


def small(ax: Axes, x: float, y: float, table: np.ndarray) -> None:
    for i in range(2):
        for j in range(2):
            cell(ax, x + j, y + i, float(table[i, j]), fill=TINTS[2 * i + j], kind="plain")


def pool_windows() -> Figure:
    fig, ax = canvas(14.0, 7.4)
    windows = blocks(TABLE)
    largest = np.kron(windows.max(-1), np.ones((2, 2), dtype=int)) == TABLE
    tinted(ax, 0.6, 2.0, TABLE, largest)
    small(ax, 10.6, 1.2, windows.max(-1))
    small(ax, 10.6, 4.7, windows.mean(-1))
    arrow(ax, (5.0, 3.6), (10.2, 2.3), curve=-0.1)
    arrow(ax, (5.0, 4.5), (10.2, 5.7), curve=0.1)
    label(ax, 2.6, 1.4, "input, $k=l=s=2$", color=BLUE)
    label(ax, 7.5, 1.75, "the largest", fontsize=11)
    label(ax, 7.5, 6.3, "the average", fontsize=11)
    label(ax, 11.6, 0.65, "max pooling", color=GREEN)
    label(ax, 11.6, 4.15, "average pooling", color=GREEN)
    return fig


def pool_overlap() -> Figure:
    fig, ax = canvas(13.4, 8.4)
    for y, k, text in (
        (1.4, 2, "$k=2,\\ s=2$: windows side by side"),
        (5.8, 3, "$k=3,\\ s=2$: windows overlap"),
    ):
        label(ax, 0.5, y - 0.6, text, ha="left")
        count = (9 - k) // 2 + 1
        shared = {2 * i for i in range(1, count)} if k == 3 else set()
        for j in range(9):
            unused = j >= (count - 1) * 2 + k
            kind = "extra" if j in shared else "plain" if unused else "input"
            cell(ax, 0.5 + j, y, "", kind=kind)
        for i in range(count):
            row = y + 1.3 + 0.34 * (i % 2 if k == 3 else 0)
            start = 0.5 + 2 * i
            line(ax, (start + 0.1, row), (start + k - 0.1, row), color=ORANGE, lw=3.0, zorder=4)
        label(ax, 9.9, y + 0.5, f"{count} windows", ha="left", color=GREEN)
    label(ax, 9.9, 3.0, "last pixel\nunseen", ha="left", fontsize=10.5, color=GREY)
    arrow(ax, (9.8, 2.9), (9.1, 2.5), color=GREY, lw=0.9, head=7)
    label(ax, 9.9, 7.3, "read by two\nwindows", ha="left", fontsize=10.5, color=PURPLE)
    arrow(ax, (9.8, 7.2), (7.1, 6.9), color=PURPLE, lw=0.9, head=7, curve=-0.15)
    return fig


def pool_backward() -> Figure:
    fig, ax = canvas(14.0, 11.6)
    gradient = np.array([[8, 4], [2, 6]])
    windows = blocks(TABLE)
    wide = np.kron(gradient, np.ones((2, 2), dtype=int))
    winners = np.kron(windows.max(-1), np.ones((2, 2), dtype=int)) == TABLE
    small(ax, 0.8, 4.8, gradient)
    label(ax, 1.8, 4.2, r"$\delta = \partial L/\partial y$", color=GREEN, fontsize=12)
    tinted(ax, 8.6, 1.0, np.where(winners, wide, 0), winners)
    tinted(ax, 8.6, 6.8, wide / 4)
    arrow(ax, (3.1, 5.4), (8.2, 3.0), curve=-0.12)
    arrow(ax, (3.1, 6.2), (8.2, 8.8), curve=0.12)
    label(ax, 4.6, 2.9, "all of it\nto the winner", fontsize=11)
    label(ax, 4.9, 9.0, "a quarter\nto each", fontsize=11)
    label(ax, 10.6, 0.5, "max pooling", color=BLUE)
    label(ax, 10.6, 6.3, "average pooling", color=BLUE)
    label(ax, 10.6, 11.3, r"$\partial L/\partial x$", color=BLUE, fontsize=12)
    return fig


def pooled(signal: np.ndarray, method: str) -> np.ndarray:
    """Halve a periodic signal: keep every second value, take maxima or averages, or blur first."""
    after = np.roll(signal, -1)
    if method == "every second":
        return signal[::2]
    if method == "max":
        return np.maximum(signal, after)[::2]
    if method == "average":
        return ((signal + after) / 2)[::2]
    dense = np.maximum(signal, after)
    blurred = (np.roll(dense, 1) + 2 * dense + np.roll(dense, -1)) / 4
    return blurred[::2]


def pool_aliasing() -> Figure:
    """Stripes of period 4, halved at the two possible phases."""
    fig, axes = plt.subplots(5, 2, figsize=(5.2, 5.4), sharex="col")
    n = 24
    t = np.arange(n)
    names = ("every second", "max", "average", "max, blur, halve")
    for column, shift in enumerate((0, 1)):
        signal = (((t - shift) % 4) < 1) * 1.0 + (((t - shift) % 4) == 1) * 0.35
        stripes(axes[0, column], signal, BLUE, FILL["input"])
        axes[0, column].set_title("stripes" if shift == 0 else "moved by one pixel", fontsize=11)
        for row, name in enumerate(names, start=1):
            values = np.repeat(pooled(signal, name), 2)
            stripes(axes[row, column], values, GREEN, FILL["output"])
    for row, name in enumerate(("input", *names)):
        axes[row, 0].set_ylabel(
            name.replace(", ", ",\n"), rotation=0, ha="right", va="center", fontsize=10.5
        )
    fig.subplots_adjust(left=0.2, right=0.98, top=0.93, bottom=0.02, hspace=0.28, wspace=0.08)
    return fig


def stripes(ax: Axes, values: np.ndarray, edge: str, fill: str) -> None:
    ax.fill_between(
        np.arange(values.size + 1),
        np.append(values, values[-1]),
        step="post",
        facecolor=fill,
        edgecolor=edge,
        linewidth=1.2,
    )
    ax.set_ylim(0, 1.12)
    ax.set_xlim(0, values.size)
    ax.set_xticks([])
    ax.set_yticks([])


def pool_global() -> Figure:
    """Two arrangements of the same parts have the same global average."""
    fig, ax = canvas(14.0, 7.2)
    face = np.zeros((5, 5), dtype=int)
    face[1, 1] = face[1, 3] = 1
    face[3, 1:4] = 1
    mixed = face.ravel()[np.random.default_rng(3).permutation(25)].reshape(5, 5)
    for x, table, name in ((0.8, face, "a feature map"), (8.2, mixed, "its numbers, shuffled")):
        kinds = {(int(i), int(j)): "filter" for i, j in np.argwhere(table)}
        grid(ax, x, 1.2, [[""] * 5] * 5, kind="plain", kinds=kinds)
        label(ax, x + 2.5, 0.6, name, color=INK)
        label(ax, x + 2.5, 6.75, "average 5/25 = 0.2", color=GREEN)
    return fig


FIGURES = {
    "pool_windows": pool_windows,
    "pool_overlap": pool_overlap,
    "pool_backward": pool_backward,
    "pool_aliasing": pool_aliasing,
    "pool_global": pool_global,
}

if __name__ == "__main__":
    raise SystemExit(main(FIGURES))
