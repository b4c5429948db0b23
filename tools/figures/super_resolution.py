"""Figures of section 3.4: loss of detail, pixel shuffle, SRResNet, what a loss prefers."""

import numpy as np
from grids import (
    BLUE,
    BROWN,
    FILL,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PAPER,
    PURPLE,
    RED,
    arrow,
    box,
    canvas,
    cell,
    label,
    line,
    main,
)
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from aesthetic_utils.data import load_photo
from aesthetic_utils.published.results import load_result

TINTS = ("#D3E6F5", "#FCE2B8", "#EBD9E6", "#DDE8C7")


def gaussian(sigma: float) -> np.ndarray:
    t = np.arange(-int(3 * sigma + 0.5), int(3 * sigma + 0.5) + 1)
    kernel = np.exp(-(t**2) / (2 * sigma**2))
    return kernel / kernel.sum()


def blurred(picture: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur of [H, W, 3], rows then columns, borders mirrored."""
    kernel = gaussian(sigma)
    half = kernel.size // 2
    for axis in (0, 1):
        pad = [(half, half) if a == axis else (0, 0) for a in range(3)]
        wide = np.pad(picture, pad, mode="reflect")
        picture = sum(
            weight * np.take(wide, np.arange(picture.shape[axis]) + offset, axis=axis)
            for offset, weight in enumerate(kernel)
        )
    return picture


def sr_degradation() -> Figure:
    """The drum of Petra's facade, blurred, thinned by 4 in each direction, and with noise."""
    photo = load_photo("monuments_petra", long_side=384).image.permute(1, 2, 0).numpy() / 255.0
    sharp = photo[14:158, 118:262]  # 144 x 144
    soft = blurred(sharp, 1.6)
    thin = soft[2::4, 2::4]
    noisy = np.clip(thin + 0.04 * np.random.default_rng(0).standard_normal(thin.shape), 0, 1)
    panels = (
        (sharp, "$x$,  144 \u00d7 144"),
        (soft, "$Bx$,  blurred"),
        (thin, "$DBx$,  36 \u00d7 36"),
        (noisy, "$y = DBx + n$"),
    )
    fig, axes = plt.subplots(2, 2, figsize=(5.2, 5.6))
    for ax, (picture, title) in zip(axes.flat, panels, strict=True):
        ax.imshow((255 * picture).round().astype(np.uint8), interpolation="nearest")
        ax.set_title(title, fontsize=12)
        ax.axis("off")
    fig.subplots_adjust(left=0.02, right=0.98, top=0.94, bottom=0.01, wspace=0.05, hspace=0.13)
    return fig


def sr_pixel_shuffle() -> Figure:
    fig, ax = canvas(16.6, 9.0)
    for channel in range(4):
        x, y = 0.5 + 3.8 * (channel % 2), 1.4 + 4.0 * (channel // 2)
        for i in range(3):
            for j in range(3):
                cell(ax, x + j, y + i, f"{channel}", kind="plain", fill=TINTS[channel])
        label(ax, x + 1.5, y - 0.45, f"channel {channel}", fontsize=10.5, color=GREY)
    arrow(ax, (7.7, 4.9), (9.5, 4.9))
    for i in range(6):
        for j in range(6):
            channel = 2 * (i % 2) + j % 2
            cell(ax, 10.0 + j, 1.9 + i, f"{channel}", kind="plain", fill=TINTS[channel])
    for k in (0, 2, 4, 6):
        line(ax, (10.0, 1.9 + k), (16.0, 1.9 + k), color=INK, lw=1.6, zorder=5)
        line(ax, (10.0 + k, 1.9), (10.0 + k, 7.9), color=INK, lw=1.6, zorder=5)
    label(ax, 13.0, 1.2, "one map, twice as fine", color=GREEN)
    label(ax, 8.6, 4.3, "$r=2$", fontsize=12)
    label(ax, 13.0, 8.5, "a block comes from one place", fontsize=10.5, color=GREY)
    return fig


def plus(ax: Axes, x: float, y: float) -> None:
    ax.plot(x, y, "o", markersize=13, markerfacecolor=PAPER, markeredgecolor=INK, zorder=6)
    label(ax, x, y, "+", fontsize=12)


def sr_srresnet() -> Figure:
    fig, ax = canvas(17.0, 22.4)
    x, width = 2.0, 6.2
    middle = x + width / 2
    chain = (
        (0.5, 1.2, "small picture, 3 maps", "input"),
        (2.7, 1.7, "conv 9\u00d79, 64 maps\nPReLU", "filter"),
        (5.6, 1.7, "16 residual blocks,\n64 maps", "extra"),
        (8.4, 1.7, "conv 3\u00d73, 64 maps\nbatch norm", "filter"),
        (12.4, 2.2, "conv 3\u00d73, 256 maps\npixel shuffle \u00d72\nPReLU", "filter"),
        (15.6, 2.2, "conv 3\u00d73, 256 maps\npixel shuffle \u00d72\nPReLU", "filter"),
        (18.8, 1.2, "conv 9\u00d79, 3 maps", "filter"),
        (21.0, 1.2, "picture, 4 times as wide", "output"),
    )
    for index, (y, height, text, kind) in enumerate(chain):
        box(ax, x, y, width, height, text, kind=kind, fontsize=10.5)
        if index + 1 < len(chain) and index != 3:
            arrow(ax, (middle, y + height), (middle, chain[index + 1][0]), head=7)
    arrow(ax, (middle, 10.1), (middle, 10.75), head=7)
    plus(ax, middle, 11.2)
    arrow(ax, (middle, 11.65), (middle, 12.4), head=7)
    ax.plot([middle, 0.9, 0.9, middle - 0.9], [5.0, 5.0, 11.2, 11.2], color=BLUE, lw=1.5, zorder=1)
    arrow(ax, (middle - 1.0, 11.2), (middle - 0.45, 11.2), color=BLUE, head=8)
    label(ax, 0.45, 8.1, "skip", rotation=90, color=BLUE, fontsize=10.5)

    left, wide = 11.0, 4.6
    centre = left + wide / 2
    ax.add_patch(Rectangle((10.0, 3.0), 6.7, 12.6, facecolor="#FAF4F8", edgecolor=PURPLE, lw=1))
    label(ax, 13.35, 2.4, "one residual block", color=PURPLE, fontsize=11)
    parts = ("conv 3\u00d73", "batch norm", "PReLU", "conv 3\u00d73", "batch norm")
    arrow(ax, (centre, 3.2), (centre, 4.3), head=7)
    for index, text in enumerate(parts):
        y = 4.3 + 1.75 * index
        box(
            ax,
            left,
            y,
            wide,
            1.1,
            text,
            kind="filter" if "conv" in text else "plain",
            fontsize=10.5,
        )
        arrow(ax, (centre, y + 1.1), (centre, y + 1.75 if index < 4 else y + 1.85), head=6)
    plus(ax, centre, 13.55)
    arrow(ax, (centre, 14.0), (centre, 15.4), head=7)
    ax.plot([centre, 16.2, 16.2, centre + 0.9], [3.7, 3.7, 13.55, 13.55], color=BLUE, lw=1.5)
    arrow(ax, (centre + 1.0, 13.55), (centre + 0.45, 13.55), color=BLUE, head=8)
    ax.plot([x + width, 10.0], [5.8, 3.0], color=PURPLE, lw=0.8, ls=":")
    ax.plot([x + width, 10.0], [7.1, 15.6], color=PURPLE, lw=0.8, ls=":")
    label(
        ax,
        10.2,
        18.4,
        "after Ledig et al. (2017),\nfactor 4 = 2 \u00d7 2",
        ha="left",
        fontsize=10.5,
        color=GREY,
    )
    return fig


def sr_two_edges() -> Figure:
    fig, axes = plt.subplots(2, 2, figsize=(5.2, 3.7), sharex=True, sharey=True)
    first = np.array([0, 0, 0, 1, 1, 1, 1, 1.0])
    second = np.array([0, 0, 0, 0, 0, 1, 1, 1.0])
    mean = (first + second) / 2
    panels = (
        (first, "truth A, probability \u00bd", BLUE, FILL["input"]),
        (second, "truth B, probability \u00bd", BLUE, FILL["input"]),
        (mean, "least squares answers: MSE 0.0625", RED, FILL["error"]),
        (first, "a sharp guess: MSE 0 or 0.25", GREEN, FILL["output"]),
    )
    for ax, (values, title, edge, fill) in zip(axes.flat, panels, strict=True):
        ax.bar(range(8), values, width=1.0, facecolor=fill, edgecolor=edge, linewidth=1.2)
        ax.set_title(title, fontsize=10, color=edge)
        ax.set_ylim(0, 1.1)
        ax.set_xlim(-0.6, 7.6)
        ax.set_yticks([0, 0.5, 1])
        ax.set_xticks([])
        ax.tick_params(labelsize=10)
    fig.subplots_adjust(left=0.07, right=0.99, top=0.92, bottom=0.04, hspace=0.28, wspace=0.08)
    return fig


def sr_perception_distortion() -> Figure:
    """The exact bound for X ~ N(0, 1) seen through Y = X + N(0, 1)."""
    fig, ax = plt.subplots(figsize=(5.2, 3.7))
    least = 0.5
    spread = np.sqrt(least)
    p = np.linspace(0, 1 - spread, 200)
    d = least + (1 - spread - p) ** 2
    edge_d = np.concatenate([d, [least]])
    edge_p = np.concatenate([p, [0.36]])
    ax.fill_betweenx(edge_p, 0.44, edge_d, color="#EEEEEE")
    ax.plot(edge_d, edge_p, color=INK, linewidth=2)
    ax.text(
        0.47,
        0.12,
        "cannot be\nreached",
        fontsize=10.5,
        color="#555555",
        ha="center",
        rotation=90,
        va="center",
    )
    points = (
        (least, 1 - spread, "the mean of all possible originals\n(least squares)", RED, (9, 2)),
        (
            least + (1 - spread) ** 2,
            0.0,
            "the mean, stretched\nto the right spread",
            GREEN,
            (2, 14),
        ),
        (1.0, 0.0, "one original\ndrawn at random", BLUE, (-4, 14)),
    )
    for x, y, text, color, offset in points:
        ax.plot(x, y, "o", color=color, markersize=8, zorder=5, clip_on=False)
        ax.annotate(
            text,
            (x, y),
            xytext=offset,
            textcoords="offset points",
            fontsize=10.5,
            color=color,
            ha="left" if x < 0.9 else "right",
        )
    ax.set_xlim(0.44, 1.05)
    ax.set_ylim(0, 0.36)
    ax.set_xlabel("distortion $D$: mean squared error")
    ax.set_ylabel("distance from real pictures, $P$")
    fig.subplots_adjust(left=0.13, right=0.97, top=0.97, bottom=0.15)
    return fig


def sr_raters() -> Figure:
    """BSD100, factor 4: PSNR against mean opinion score, Ledig et al. (2017)."""
    fig, ax = plt.subplots(figsize=(5.2, 3.2))
    points = (
        ("bicubic", 25.94, 1.47, GREY),
        ("SRResNet (MSE)", 27.58, 2.29, BLUE),
        ("SRGAN", 25.16, 3.56, ORANGE),
    )
    for name, psnr, opinion, color in points:
        ax.plot(psnr, opinion, "o", color=color, markersize=9)
        words = BROWN if color == ORANGE else color
        ax.text(psnr + 0.08, opinion + 0.12, name, color=words, fontsize=11)
    ax.axhline(4.46, color=GREEN, linestyle="--", linewidth=1.2)
    ax.text(28.8, 4.53, "the originals: 4.46", color=GREEN, fontsize=11, va="bottom", ha="right")
    ax.set_xlim(24.8, 28.9)
    ax.set_ylim(1, 5)
    ax.set_xlabel("PSNR, dB (higher: closer to the original pixels)")
    ax.set_ylabel("mean opinion, 1 to 5")
    fig.subplots_adjust(left=0.11, right=0.97, top=0.97, bottom=0.19)
    return fig


def sr_own_plane() -> Figure:
    """The course's own networks on the plane: results/srgan_x4.json."""
    rows = {row["method"]: row for row in load_result("srgan_x4")["metrics"]["plane"]}
    fig, ax = plt.subplots(figsize=(5.2, 3.4))
    way = [row for name, row in rows.items() if name.startswith("sr") or "way" in name]
    ax.plot([r["psnr_y"] for r in way], [r["frechet"] for r in way], "-", color=BLUE, lw=1.2)
    labels = {  # name, and where it stands, in points
        "nearest": ("nearest", 8, 4), "bicubic": ("bicubic", 8, 4), "srresnet": ("SRResNet", 8, 4),
        "50% of the way": ("half way", 8, -8), "srgan": ("SRGAN", 8, -10),
    }  # fmt: skip
    for name, row in rows.items():
        color = BLUE if row in way else GREY
        place = row["psnr_y"], row["frechet"]
        ax.plot(*place, "o", color=color, markersize=8 if name.startswith("sr") else 5)
        if name in labels:
            text, *offset = labels[name]
            ax.annotate(text, place, offset, textcoords="offset points", fontsize=11, color=color)
    ax.set_xlim(25.4, 29.2)
    ax.set_ylim(0, 1.12 * max(row["frechet"] for row in rows.values()))
    ax.set_xlabel("PSNR-Y, dB (higher: closer to the original pixels)")
    ax.set_ylabel("Fréchet distance\n(lower: more like photographs)")
    fig.subplots_adjust(left=0.14, right=0.97, top=0.97, bottom=0.19)
    return fig


FIGURES = {
    "sr_degradation": sr_degradation,
    "sr_pixel_shuffle": sr_pixel_shuffle,
    "sr_srresnet": sr_srresnet,
    "sr_two_edges": sr_two_edges,
    "sr_perception_distortion": sr_perception_distortion,
    "sr_raters": sr_raters,
    "sr_own_plane": sr_own_plane,
}

if __name__ == "__main__":
    raise SystemExit(main(FIGURES))
