"""Figures about the three tasks and where the field went: sections 1.1 to 1.3 and 5.1.

`python tools/figures/tasks.py` draws them all into book/figures; with names, only those.
"""

import matplotlib.pyplot as plt
import numpy as np
from grids import (
    BLUE,
    BROWN,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    WIDTH,
    arrow,
    box,
    canvas,
    label,
    main,
)
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse, Polygon, Rectangle

# SRGAN paper (Ledig et al. 2017), BSD100, x4: PSNR in dB, mean opinion score of 26 raters.
BSD100 = {"bicubic": (25.94, 1.47), "SRResNet": (27.58, 2.29), "SRGAN": (25.16, 3.56)}
ORIGINAL_SCORE = 4.46
# ImageNet 256 x 256, class-conditional: year, FID, as each paper's abstract reports it.
MANY_STEPS = (("ADM", 2021.4, 4.59), ("DiT", 2022.9, 2.27), ("VAR", 2024.3, 1.73))
ONE_STEP = (("pMF", 2026.1, 2.22), ("W-Flow", 2026.4, 1.29))
ON_THE_RULER = (("FD-loss", 2026.3, 0.72),)

# --------------------------------------------------------------------------------------------------
# content and style

HANDS = ("flat", "line", "paper")
LOOK = {
    "flat": dict(edgecolor="none", linewidth=0),
    "line": dict(edgecolor="black", linewidth=2.2),
    "paper": dict(edgecolor="#55463A", linewidth=0.8, hatch="////"),
}


def paint(hand: str, colour: str) -> dict:
    faces = {"flat": colour, "line": colour if colour == "#F5C542" else "white", "paper": "#EFE6D6"}
    return LOOK[hand] | {"facecolor": faces[hand]}


def sun(ax: Axes, x: float, y: float, hand: str) -> None:
    for angle in np.linspace(0, 2 * np.pi, 8, endpoint=False):
        spread = np.array([-0.16, 0.16])
        inner = [(x + 0.72 * np.cos(a), y + 0.72 * np.sin(a)) for a in angle + spread]
        tip = (x + 1.12 * np.cos(angle), y + 1.12 * np.sin(angle))
        ax.add_patch(Polygon([*inner, tip], **paint(hand, "#F5C542")))
    ax.add_patch(Circle((x, y), 0.6, **paint(hand, "#F5C542")))


def house(ax: Axes, x: float, y: float, hand: str) -> None:
    ax.add_patch(Rectangle((x - 0.75, y - 0.15), 1.5, 1.15, **paint(hand, "#E9A36B")))
    roof = [(x - 1.05, y - 0.15), (x, y - 1.05), (x + 1.05, y - 0.15)]
    ax.add_patch(Polygon(roof, **paint(hand, "#C0504D")))
    ax.add_patch(Rectangle((x - 0.22, y + 0.35), 0.44, 0.65, **paint(hand, "#6C8EBF")))


def fish(ax: Axes, x: float, y: float, hand: str) -> None:
    tail = [(x + 0.5, y), (x + 1.1, y - 0.5), (x + 1.1, y + 0.5)]
    ax.add_patch(Polygon(tail, **paint(hand, "#4F9D8B")))
    ax.add_patch(Ellipse((x - 0.15, y), 1.7, 1.0, **paint(hand, "#5BB5A2")))
    ax.add_patch(Circle((x - 0.6, y - 0.1), 0.08, facecolor="black"))


def content_and_style() -> Figure:
    fig, ax = canvas(13.2, 10.6)
    for column, (draw, name) in enumerate(((sun, "sun"), (house, "house"), (fish, "fish"))):
        x = 5.1 + 2.9 * column
        label(ax, x, 9.95, name, fontsize=11)
        for row, hand in enumerate(HANDS):
            paper = (x - 1.3, 2.7 + 2.7 * row - 1.25)  # drawings are on white paper on any ground
            ax.add_patch(
                Rectangle(paper, 2.6, 2.5, facecolor="white", edgecolor=GREY, linewidth=0.6)
            )
            draw(ax, x, 2.7 + 2.7 * row, hand)
    for row, hand in enumerate(("colour areas", "black lines", "hatching")):
        label(ax, 3.35, 2.7 + 2.7 * row, hand, fontsize=11, ha="right")
    label(ax, 8.0, 0.45, "content: which column?", fontsize=12, color=BLUE, bold=True)
    arrow(ax, (4.1, 1.05), (11.9, 1.05), color=BLUE, lw=1.8, style="<|-|>")
    label(ax, 0.4, 5.4, "style: which row?", fontsize=12, color=BROWN, bold=True, rotation=90)
    arrow(ax, (1.0, 1.7), (1.0, 9.1), color=ORANGE, lw=1.8, style="<|-|>")
    return fig


# --------------------------------------------------------------------------------------------------
# three ways to make a picture

FACE = np.array(
    [
        [0, 1, 1, 1, 1, 0],
        [1, 1, 1, 1, 1, 1],
        [1, 0, 1, 1, 0, 1],
        [1, 1, 1, 1, 1, 1],
        [1, 1, 0, 0, 1, 1],
        [0, 1, 1, 1, 1, 0],
    ],
    dtype=float,
)


def tile(ax: Axes, x: float, y: float, values: np.ndarray, size: float = 1.5) -> None:
    """A small picture, 0 = white, 1 = green; nan stays empty."""
    cell = size / len(values)
    white, green = np.array([1, 1, 1]), np.array([0.2, 0.6, 0.47])
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            if np.isnan(value):
                continue
            colour = white + (green - white) * np.clip(value, 0, 1)
            corner = (x + j * cell, y + i * cell)
            ax.add_patch(Rectangle(corner, cell, cell, facecolor=colour, edgecolor="none"))
    ax.add_patch(Rectangle((x, y), size, size, facecolor="none", edgecolor=GREY, linewidth=0.9))


def three_generators() -> Figure:
    noise = np.random.default_rng(3).random((6, 6))
    fig, ax = canvas(15, 10.4)
    # adversarial
    label(ax, 0.3, 0.45, "adversarial: one pass", fontsize=11.5, ha="left", bold=True)
    for i, value in enumerate((0.2, 0.9, 0.5, 0.1, 0.7)):
        shade = str(1 - 0.75 * value)
        corner = (1.0, 1.1 + 0.32 * i)
        ax.add_patch(Rectangle(corner, 0.32, 0.32, facecolor=shade, edgecolor=GREY, linewidth=0.7))
    label(ax, 1.16, 3.05, "$z$", fontsize=12)
    arrow(ax, (1.7, 1.9), (4.2, 1.9))
    box(ax, 4.3, 1.3, 3.6, 1.2, "generator", kind="filter", fontsize=11)
    arrow(ax, (8.0, 1.9), (10.4, 1.9))
    tile(ax, 10.6, 1.15, FACE)
    # diffusion
    title = "diffusion: many passes of one network"
    label(ax, 0.3, 3.95, title, fontsize=11.5, ha="left", bold=True)
    for i, share in enumerate((0.0, 0.35, 0.7, 1.0)):
        x = 0.6 + 3.35 * i
        tile(ax, x, 4.6, share * FACE + (1 - share) * noise)
        if i < 3:
            arrow(ax, (x + 1.65, 5.35), (x + 3.2, 5.35), color=ORANGE, lw=1.8)
    label(ax, 7.2, 6.55, "each arrow: a little noise removed", fontsize=10.5, color=BROWN)
    # autoregressive
    label(ax, 0.3, 7.45, "autoregressive: part after part", fontsize=11.5, ha="left", bold=True)
    for i, filled in enumerate((6, 15, 26, 36)):
        x = 0.6 + 3.35 * i
        partial = np.where(np.arange(36).reshape(6, 6) < filled, FACE, np.nan)
        tile(ax, x, 8.1, partial)
        if i < 3:
            arrow(ax, (x + 1.65, 8.85), (x + 3.2, 8.85), color=ORANGE, lw=1.8)
    label(ax, 7.2, 10.05, "each part depends on all before it", fontsize=10.5, color=BROWN)
    return fig


# --------------------------------------------------------------------------------------------------
# restoration


def strip(ax: Axes, x: float, y: float, values: np.ndarray, width: float = 0.72) -> None:
    for i, value in enumerate(values):
        shade = str(1 - 0.82 * value)
        corner = (x + i * width, y)
        ax.add_patch(Rectangle(corner, width, 0.72, facecolor=shade, edgecolor=GREY, linewidth=0.7))


def many_originals() -> Figure:
    fig, ax = canvas(15, 7.6)
    label(ax, 3.2, 0.5, "four sharp originals", fontsize=11, bold=True)
    for i in range(4):
        original = np.zeros(8)
        original[i] = 1
        y = 1.1 + 1.15 * i
        strip(ax, 0.3, y, original)
        arrow(ax, (6.3, y + 0.36), (9.3, 2.75 + 0.1 * i), color=GREY, lw=1.0, head=8)
    label(ax, 11.1, 0.5, "one small picture", fontsize=11, bold=True)
    strip(ax, 9.6, 2.55, np.array([0.25, 0.0]), width=1.5)
    label(ax, 11.1, 1.85, "each pixel = mean of four", fontsize=10.5, color="#555555")
    arrow(ax, (11.1, 3.5), (11.1, 5.1), color=ORANGE, lw=1.8)
    label(ax, 11.35, 4.3, "smallest\nsquared error", fontsize=10.5, ha="left", color=BROWN)
    strip(ax, 8.25, 5.3, np.array([0.25] * 4 + [0.0] * 4))
    label(ax, 11.1, 6.7, "the mean of all four:\nno line anywhere", fontsize=11, bold=False)
    return fig


def srgan_plane() -> Figure:
    fig, ax = plt.subplots(figsize=(WIDTH, 3.1), layout="constrained")
    colours = {"bicubic": GREY, "SRResNet": BLUE, "SRGAN": ORANGE}
    for name, (psnr, score) in BSD100.items():
        ax.plot(psnr, score, "o", ms=9, color=colours[name])
        right = name != "SRResNet"
        ax.text(psnr + (0.1 if right else -0.1), score, name, va="center",
                ha="left" if right else "right", fontsize=11)  # fmt: skip
    ax.axhline(ORIGINAL_SCORE, color=GREEN, ls="--", lw=1.2)
    ax.text(24.75, ORIGINAL_SCORE - 0.1, "the originals", color=GREEN, va="top", fontsize=10.5)
    ax.set(xlabel="PSNR in dB: nearer to the original, pixel by pixel", xlim=(24.7, 28.1))
    ax.set(ylabel="mean opinion of 26 people", ylim=(1, 5), yticks=[1, 2, 3, 4, 5])
    return fig


# --------------------------------------------------------------------------------------------------
# where image generation went


def fid_over_time() -> Figure:
    fig, ax = plt.subplots(figsize=(WIDTH, 3.2), layout="constrained")
    series = (
        (MANY_STEPS, "o", BLUE, "several or many passes"),
        (ONE_STEP, "^", ORANGE, "one pass"),
        (ON_THE_RULER, "*", PURPLE, "one pass, trained on the measure itself"),
    )
    for points, marker, colour, name in series:
        ax.plot([p[1] for p in points], [p[2] for p in points], marker, color=colour,
                ms=12 if marker == "*" else 8, label=name)  # fmt: skip
        for text, year, fid in points:
            ax.text(year - 0.17, fid, text, fontsize=10.5, ha="right", va="center", color=INK)
    ax.set(xlim=(2020.5, 2027), ylim=(0, 5.2), xticks=range(2021, 2027), ylabel="FID")
    ax.legend(fontsize=10, loc="upper right")
    return fig


FIGURES = {
    "content_and_style": content_and_style,
    "three_generators": three_generators,
    "many_originals": many_originals,
    "srgan_plane": srgan_plane,
    "fid_over_time": fid_over_time,
}

if __name__ == "__main__":
    raise SystemExit(main(FIGURES))
