"""Figures of sections 2.3 and 3.2: the two players, the value of their game, and how it is trained.

Blue is real, orange is generated, in every plot; every curve is computed here.
"""

import numpy as np
import torch
from grids import (
    BLUE,
    BROWN,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    RED,
    arrow,
    box,
    canvas,
    label,
    line,
    main,
)
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch.nn import functional as F

from aesthetic_utils.models import DCGANConfig, Discriminator, Generator

# --------------------------------------------------------------------------------------------------
# section 2.3


def gan_two_players() -> Figure:
    fig, ax = canvas(15.6, 12.6)
    box(ax, 0.4, 6.9, 2.9, 1.6, "noise $z$", kind="plain", fontsize=12)
    box(ax, 4.6, 6.7, 3.6, 2.0, "generator\n$G$", kind="filter", fontsize=12)
    box(ax, 9.6, 6.9, 4.4, 1.6, "generated\npictures", kind="filter", fontsize=11)
    box(ax, 0.4, 0.9, 3.9, 1.6, "collection", kind="input", fontsize=12)
    box(ax, 5.4, 0.9, 3.6, 1.6, "real pictures", kind="input", fontsize=11)
    box(ax, 10.4, 3.6, 4.2, 2.0, "discriminator\n$D$", kind="output", fontsize=12)
    arrow(ax, (3.3, 7.7), (4.6, 7.7))
    arrow(ax, (8.2, 7.7), (9.6, 7.7))
    arrow(ax, (4.3, 1.7), (5.4, 1.7))
    arrow(ax, (9.0, 1.7), (11.6, 3.6))
    arrow(ax, (11.6, 6.9), (11.6, 5.6))
    arrow(ax, (10.4, 4.6), (7.6, 4.6))
    label(ax, 5.6, 4.2, "“real with\nprobability 0.3”", fontsize=11)
    label(ax, 5.6, 5.45, "the verdict", fontsize=10, color=GREY)
    # the two lessons
    arrow(ax, (14.2, 3.6), (14.6, 1.5), color=GREEN, dashed=True, style="<|-", curve=-0.3)
    label(ax, 12.9, 0.75, "lesson for $D$:\ntell them apart", fontsize=10.5, color=GREEN)
    ax.plot([14.3, 14.3, 6.4, 6.4], [5.6, 10.3, 10.3, 9.0], color=RED, lw=1.5, ls=(0, (3, 2)))
    arrow(ax, (6.4, 9.4), (6.4, 8.7), color=RED, lw=1.5)
    label(
        ax,
        8.0,
        11.4,
        "lesson for $G$, through $D$ and its pictures:\nbe taken for real",
        fontsize=10.5,
        color=RED,
    )
    return fig


# --------------------------------------------------------------------------------------------------
# section 3.2


def bell(x: np.ndarray, centre: float, width: float) -> np.ndarray:
    return np.exp(-((x - centre) ** 2) / (2 * width**2)) / (width * np.sqrt(2 * np.pi))


def two_hills(x: np.ndarray) -> np.ndarray:
    return 0.5 * bell(x, -1.2, 0.45) + 0.5 * bell(x, 1.0, 0.6)


def gan_best_discriminator() -> Figure:
    """The best discriminator against three generators: far off, close, perfect."""
    x = np.linspace(-3.2, 5.2, 301)
    p = two_hills(x)
    stages = (
        ("far off", bell(x, 3.0, 0.6)),
        ("closer", 0.25 * bell(x, -1.0, 0.7) + 0.75 * bell(x, 1.3, 0.8)),
        ("perfect", p),
    )
    fig, axes = plt.subplots(3, 1, figsize=(5.2, 5.4), sharex=True)
    for ax, (name, q) in zip(axes, stages, strict=True):
        best = p / (p + q + 1e-12)
        m = (p + q) / 2
        js = 0.5 * np.trapezoid(p * np.log((p + 1e-300) / (m + 1e-300)), x)
        js += 0.5 * np.trapezoid(q * np.log((q + 1e-300) / (m + 1e-300)), x)
        ax.fill_between(x, p, color=BLUE, alpha=0.25, lw=0)
        ax.fill_between(x, q, color=ORANGE, alpha=0.35, lw=0)
        ax.plot(x, p, color=BLUE, lw=1.4, label="$p_{\\mathrm{data}}$")
        ax.plot(
            x, q, color=ORANGE, lw=1.4, ls="-" if name != "perfect" else (0, (4, 3)), label="$p_g$"
        )
        seen = np.maximum(p, q) > 0.003
        ax.plot(x[seen], best[seen], color=INK, lw=2, label="$D^*$")
        ax.axhline(0.5, color=GREY, lw=0.7, ls=":")
        ax.set_ylim(0, 1.08)
        ax.set_yticks([0, 0.5, 1])
        value = -np.log(4) + 2 * js
        ax.set_title(f"{name}:  value {value:.2f}".replace("-", "\u2212"), fontsize=11, loc="left")
    axes[0].legend(loc="upper center", ncols=3, fontsize=11, bbox_to_anchor=(0.62, 1.32))
    axes[2].set_xlabel("all possible pictures, on one line")
    fig.subplots_adjust(left=0.09, right=0.98, top=0.92, bottom=0.1, hspace=0.42)
    return fig


def gan_value() -> Figure:
    """Two bell curves of width 1 at distance theta: the value at D*, and two slopes."""
    x = np.linspace(-12, 20, 16_001)
    theta = np.linspace(0, 8, 81)
    p = bell(x, 0.0, 1.0)
    value, minimax, other = [], [], []
    for t in theta:
        q = bell(x, t, 1.0)
        m = (p + q) / 2
        js = 0.5 * np.trapezoid(p * np.log(p / m), x) + 0.5 * np.trapezoid(q * np.log(q / m), x)
        best = p / (p + q)
        value.append(-np.log(4) + 2 * js)
        minimax.append(t * np.trapezoid(q * best, x))
        other.append(t * np.trapezoid(q * (1 - best), x))
    fig, (left, right) = plt.subplots(1, 2, figsize=(5.2, 2.7))
    left.plot(theta, value, color=INK, lw=2)
    left.axhline(0, color=GREY, lw=0.7, ls=":")
    left.axhline(-np.log(4), color=GREY, lw=0.7, ls=":")
    left.text(8, -np.log(4) + 0.04, "$-\\log 4$", ha="right", color=GREY)
    left.set_title("value against $D^*$", fontsize=11)
    right.plot(theta, other, color=GREEN, lw=2)
    right.plot(theta, minimax, color=RED, lw=2)
    right.text(4.6, 5.6, "$-\\log D$", color=GREEN, ha="right")
    right.text(5.0, 0.5, "$\\log(1-D)$", color=RED)
    right.set_title("pull towards the data", fontsize=11)
    for ax in (left, right):
        ax.set_xlabel("distance $\\theta$")
        ax.set_xticks([0, 2, 4, 6, 8])
    fig.subplots_adjust(left=0.1, right=0.98, top=0.9, bottom=0.21, wspace=0.25)
    return fig


# --------------------------------------------------------------------------------------------------
# section 3.2.1


def gan_fold() -> Figure:
    """A generator of one number: how it carries the density of z to the density of x."""
    grid = np.linspace(-3.2, 3.2, 4001)
    below = np.cumsum(bell(grid, 0.0, 1.0))
    below /= below[-1]
    above = np.cumsum(two_hills(grid))
    above /= above[-1]
    fig, ax = plt.subplots(figsize=(5.2, 4.0))
    z = np.linspace(-2.4, 2.4, 33)
    x = np.interp(np.interp(z, grid, below), above, grid)
    coarse = grid[::20]
    ax.fill_between(coarse, 0, 1.6 * bell(coarse, 0.0, 1.0), color="#F3F3F3", edgecolor=GREY)
    ax.fill_between(coarse, 2.6, 2.6 + 1.6 * two_hills(coarse), color="#FCE2B8", edgecolor=ORANGE)
    for start, end in zip(z, x, strict=True):
        ax.plot([start, start, end, end], [0, 0.85, 2.35, 2.6], color=PURPLE, lw=0.8)
    ax.text(-3.1, 0.45, "$z$,\nnormal", color=GREY, fontsize=11)
    ax.text(-3.1, 1.55, "$G$", color=PURPLE, fontsize=13)
    ax.text(2.2, 3.2, "$x = G(z)$", color=BROWN, fontsize=11)
    ax.text(0.0, 3.45, "few lines:\nstrays", color=INK, fontsize=10, ha="center")
    arrow(ax, (-0.05, 3.4), (-0.2, 2.78), head=7)
    ax.set_xlim(-3.2, 3.2)
    ax.set_ylim(-0.02, 3.75)
    ax.axis("off")
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01)
    return fig


def numbers(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def half(size: int) -> float:
    """Half the side of the square that stands for a feature map, in units of the drawing."""
    return 0.175 + size / 28


def stage(ax: Axes, x: float, y: float, size: int, channels: int, kind: str, text: str) -> None:
    """A feature map as a stack of squares, larger for larger maps, with its shape below."""
    side = 2 * half(size)
    fill = {"in": "#D3E6F5", "map": "#CDEBDD", "z": "#F3F3F3", "bad": "#F8D5C6"}[kind]
    for back in (0.24, 0.12, 0.0) if channels > 3 else (0.0,):
        ax.add_patch(
            Rectangle(
                (x - side / 2 + back, y - side / 2 - back),
                side,
                side,
                facecolor=fill,
                edgecolor="#555555",
                lw=0.9,
                zorder=3 - back,
            )
        )
    label(ax, x, y + 1.85, text, fontsize=11)


def gan_generator() -> Figure:
    config = DCGANConfig()
    generator = Generator(config)
    layers = [*generator.blocks, generator.to_image]
    fig, ax = canvas(15.6, 11.2)
    xs = (1.5, 4.6, 7.7, 10.9, 14.1)
    shapes = ((1, 100), (4, 256), (8, 128), (16, 64), (32, 3))
    label(ax, 0.2, 0.5, "DCGAN for 32 × 32, as in the package", ha="left", bold=True, fontsize=11)
    for x, (size, channels) in zip(xs, shapes, strict=True):
        kind = "z" if size == 1 else "in" if channels == 3 else "map"
        stage(ax, x, 3.0, size, channels, kind, f"{channels} × {size} × {size}")
    sizes = [size for size, _ in shapes]
    for a, b, small, large, layer in zip(xs, xs[1:], sizes, sizes[1:], layers, strict=False):
        arrow(ax, (a + half(small) + 0.4, 3.0), (b - half(large) - 0.12, 3.0))
        label(
            ax,
            (a + b) / 2,
            5.75,
            f"{numbers(layer):,}".replace(",", "\u2009"),
            fontsize=10.5,
            color=GREY,
        )
    label(ax, 0.2, 5.75, "learned", fontsize=10.5, color=GREY, ha="left")
    line(ax, (0.2, 6.5), (15.4, 6.5))
    label(ax, 0.2, 7.1, "the listing of the errata", ha="left", bold=True, fontsize=11)
    shapes = ((1, 100), (2, 64), (4, 32), (8, 3))
    for x, (size, channels) in zip(xs, shapes, strict=False):
        kind = "z" if size == 1 else "bad" if channels == 3 else "map"
        stage(ax, x, 8.9, size, channels, kind, f"{channels} × {size} × {size}")
    for a, b in zip(xs[:3], xs[1:4], strict=True):
        arrow(ax, (a + 0.75, 8.9), (b - 0.75, 8.9))
    label(ax, 14.0, 8.9, "stops at\n8 × 8", fontsize=11, color=RED)
    return fig


def gan_latent() -> Figure:
    """Lengths of normal vectors, and the length along two ways between two of them."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(5.2, 2.8))
    rng = np.random.default_rng(0)
    for dims, color in ((2, GREY), (10, PURPLE), (100, ORANGE)):
        lengths = np.sort(np.linalg.norm(rng.standard_normal((100_000, dims)), axis=1))
        counts, edges = np.histogram(lengths, bins=np.linspace(0, 14, 141), density=True)
        middle = (edges[1:] + edges[:-1]) / 2
        left.plot(middle, counts, color=color, lw=1.6)
        at = int(counts.argmax())
        words = BROWN if color == ORANGE else color
        left.text(middle[at], counts[at] + 0.02, str(dims), color=words, ha="center", fontsize=11)
    left.set_title("length of $z$", fontsize=11)
    left.set_ylim(0, 0.75)
    left.set_yticks([])
    t = np.linspace(0, 1, 101)
    right.plot(t, 10 * np.sqrt((1 - t) ** 2 + t**2), color=RED, lw=1.8)
    right.plot(t, np.full_like(t, 10.0), color=GREEN, lw=1.8)
    right.fill_between(t, 8.6, 11.4, color=ORANGE, alpha=0.18, lw=0)
    right.text(0.5, 6.65, "straight", color=RED, ha="center")
    right.text(0.5, 11.5, "along the sphere", color=GREEN, ha="center")
    right.set_ylim(6.4, 12)
    right.set_xlabel("from $z_1$ to $z_2$")
    right.set_title("length on the way", fontsize=11)
    fig.subplots_adjust(left=0.04, right=0.98, top=0.88, bottom=0.21, wspace=0.18)
    return fig


# --------------------------------------------------------------------------------------------------
# section 3.2.2


def gan_discriminator() -> Figure:
    config = DCGANConfig()
    discriminator = Discriminator(config)
    layers = [*discriminator.blocks, discriminator.to_logit]
    fig, ax = canvas(15.6, 6.4)
    xs = (1.6, 4.9, 8.1, 11.2, 14.2)
    shapes = ((32, 3), (16, 64), (8, 128), (4, 256), (1, 1))
    for x, (size, channels) in zip(xs, shapes, strict=True):
        kind = "z" if size == 1 else "in" if channels == 3 else "map"
        stage(ax, x, 2.3, size, channels, kind, f"{channels} × {size} × {size}")
    for i, layer in enumerate(layers):
        a, b = xs[i], xs[i + 1]
        start, end = half(shapes[i][0]) + (0.4 if i else 0.15), half(shapes[i + 1][0]) + 0.12
        arrow(ax, (a + start, 2.3), (b - end, 2.3))
        label(
            ax,
            (a + b) / 2,
            5.1,
            f"{numbers(layer):,}".replace(",", "\u2009"),
            fontsize=10.5,
            color=GREY,
        )
    label(ax, 0.2, 5.1, "learned", fontsize=10.5, color=GREY, ha="left")
    label(ax, 14.2, 3.0, "logit $a$", fontsize=11)
    label(ax, 7.8, 6.0, "no sigmoid: the loss takes it over", fontsize=10.5, color=GREY)
    return fig


def gan_smoothing() -> Figure:
    """The best answers with hard labels, with smoothed real labels, with both smoothed."""
    x = np.linspace(-4, 6, 600)
    p, q = bell(x, -0.5, 0.9), 0.6 * bell(x, 0.3, 0.9) + 0.4 * bell(x, 4.0, 0.5)
    fig, (top, bottom) = plt.subplots(
        2, 1, figsize=(5.2, 4.2), sharex=True, gridspec_kw={"height_ratios": (1, 1.7)}
    )
    for density, color, name in ((p, BLUE, "$p_{\\mathrm{data}}$"), (q, ORANGE, "$p_g$")):
        top.fill_between(x, density, color=color, alpha=0.3, lw=0)
        top.plot(x, density, color=color, lw=1.4, label=name)
    top.set_yticks([])
    top.legend(loc="upper right", ncols=2)
    rows = (
        ("labels 1 and 0", 1.0, 0.0, INK, "-"),
        ("labels 0.9 and 0", 0.9, 0.0, GREEN, "-"),
        ("labels 0.9 and 0.1", 0.9, 0.1, RED, "--"),
    )
    for name, alpha, beta, color, style in rows:
        bottom.plot(x, (alpha * p + beta * q) / (p + q), color=color, ls=style, lw=1.9, label=name)
    bottom.axhline(0, color=GREY, lw=0.6)
    bottom.set_ylim(-0.02, 1.05)
    bottom.set_ylabel("best answer $D^*$")
    bottom.legend(loc="upper right", fontsize=10.5, bbox_to_anchor=(1.0, 0.98))
    bottom.annotate(
        "no real picture here,\nand yet no longer 0",
        (4.0, 0.1),
        (3.9, 0.28),
        fontsize=10,
        color=RED,
        ha="center",
        arrowprops={"arrowstyle": "-|>", "color": RED, "lw": 1},
    )
    fig.subplots_adjust(left=0.11, right=0.98, top=0.98, bottom=0.07, hspace=0.1)
    return fig


# --------------------------------------------------------------------------------------------------
# section 3.2.3


def gan_generator_losses() -> Figure:
    a = np.linspace(-6, 6, 400)
    d = 1 / (1 + np.exp(-a))
    fig, (left, right) = plt.subplots(1, 2, figsize=(5.2, 3.0))
    left.plot(a, -np.log(d), color=GREEN, lw=2)
    left.plot(a, np.log(1 - d), color=RED, lw=2)
    left.text(-2.0, 3.2, "$-\\log D$", color=GREEN)
    left.text(0.2, -4.6, "$\\log(1-D)$", color=RED, ha="right")
    left.axhline(0, color=GREY, lw=0.6)
    left.set_title("loss", fontsize=11)
    right.plot(a, 1 - d, color=GREEN, lw=2)
    right.plot(a, d, color=RED, lw=2)
    right.text(2.5, 0.12, "$1-D$", color=GREEN)
    right.text(3.2, 0.85, "$D$", color=RED)
    right.axvspan(-6, -2, color=ORANGE, alpha=0.15, lw=0)
    right.text(-4, 0.46, "where a\nbeginner is", ha="center", fontsize=10)
    right.set_title("strength of its pull", fontsize=11)
    for ax in (left, right):
        ax.set_xlabel("logit $a$ of a generated picture")
        ax.set_xlim(-6, 6)
        ax.set_xticks([-6, -3, 0, 3, 6])
    fig.subplots_adjust(left=0.07, right=0.98, top=0.9, bottom=0.19, wspace=0.2)
    return fig


def gan_turns() -> Figure:
    """Whose gradients go where, in the two turns of a step."""
    fig, ax = canvas(15.6, 15.2)
    # the discriminator's turn
    label(ax, 0.3, 0.6, "the discriminator’s turn", ha="left", bold=True)
    box(ax, 0.3, 1.6, 2.0, 1.5, "$z$")
    box(ax, 3.2, 1.6, 2.6, 1.5, "$G$", kind="plain", fontsize=13)
    box(ax, 8.2, 2.6, 2.8, 1.9, "$D$", kind="filter", fontsize=13)
    box(ax, 3.2, 4.3, 2.6, 1.5, "real $x$", kind="input")
    box(ax, 12.6, 2.8, 2.6, 1.5, "$L_D$", kind="error", fontsize=13)
    arrow(ax, (2.3, 2.35), (3.2, 2.35))
    arrow(ax, (5.8, 2.35), (8.2, 3.1))
    arrow(ax, (5.8, 5.05), (8.2, 4.0))
    arrow(ax, (11.0, 3.3), (12.6, 3.3))
    arrow(ax, (12.6, 3.85), (11.0, 3.85), color=RED, dashed=True, lw=1.6)
    ax.plot([7.0, 7.0], [1.5, 3.6], color=INK, lw=4, zorder=7)
    label(ax, 7.0, 0.95, "no_grad", fontsize=11)
    label(ax, 9.6, 5.2, "moves", fontsize=10.5, color=RED)
    label(ax, 11.2, 6.5, "labels: 1 for real, 0 for generated", fontsize=10.5, color=GREY)
    line(ax, (0.2, 7.3), (15.4, 7.3))
    # the generator's turn
    label(ax, 0.3, 8.1, "the generator’s turn", ha="left", bold=True)
    box(ax, 0.3, 9.5, 2.0, 1.5, "$z$")
    box(ax, 3.2, 9.3, 2.6, 1.9, "$G$", kind="filter", fontsize=13)
    box(ax, 8.2, 9.3, 2.8, 1.9, "$D$", kind="plain", fontsize=13)
    box(ax, 12.6, 9.5, 2.6, 1.5, "$L_G$", kind="error", fontsize=13)
    arrow(ax, (2.3, 10.0), (3.2, 10.0))
    arrow(ax, (5.8, 9.9), (8.2, 9.9))
    arrow(ax, (11.0, 9.9), (12.6, 9.9))
    arrow(ax, (12.6, 10.6), (11.0, 10.6), color=RED, dashed=True, lw=1.6)
    arrow(ax, (8.2, 10.6), (5.8, 10.6), color=RED, dashed=True, lw=1.6)
    label(ax, 4.5, 11.9, "moves", fontsize=10.5, color=RED)
    label(
        ax,
        9.6,
        12.3,
        "collects gradients too;\nthey must be cleared, not used",
        fontsize=10.5,
        color=RED,
    )
    label(ax, 11.2, 14.3, "label: 1, because $G$ wants to be believed", fontsize=10.5, color=GREY)
    return fig


def gan_rotation() -> Figure:
    """V = xy: three ways to take steps of length 0.2 from the same start."""
    eta, steps = 0.2, 70

    def simultaneous(x: float, y: float) -> tuple[float, float]:
        return x - eta * y, y + eta * x

    def alternating(x: float, y: float) -> tuple[float, float]:
        x = x - eta * y
        return x, y + eta * x

    def extragradient(x: float, y: float) -> tuple[float, float]:
        ahead_x, ahead_y = x - eta * y, y + eta * x
        return x - eta * ahead_y, y + eta * ahead_x

    fig, axes = plt.subplots(1, 3, figsize=(5.2, 2.25))
    u, v = np.meshgrid(np.linspace(-2, 2, 5), np.linspace(-2, 2, 5))
    for ax, rule in zip(axes, (simultaneous, alternating, extragradient), strict=True):
        places = [(1.0, 0.0)]
        while len(places) < steps and max(map(abs, places[-1])) < 2.4:
            places.append(rule(*places[-1]))
        ax.quiver(u, v, -v, u, color="#C8C8C8", width=0.01, scale=22)
        ax.plot(*np.array(places).T, color=ORANGE, lw=1.4, marker=".", ms=2.5)
        ax.plot(1, 0, "o", color=ORANGE, ms=4)
        ax.plot(0, 0, "+", color=INK, ms=7, mew=1.4)
        ax.set(xlim=(-2.3, 2.3), ylim=(-2.3, 2.3), aspect="equal", xticks=[], yticks=[])
        ax.set_title(rule.__name__, fontsize=11)
        ax.set_xlabel("$x$", fontsize=12, labelpad=1)
    axes[0].set_ylabel("$y$", fontsize=12, rotation=0, labelpad=6)
    fig.subplots_adjust(left=0.06, right=0.99, top=0.89, bottom=0.1, wspace=0.08)
    return fig


def heaps(n: int, generator: torch.Generator) -> torch.Tensor:
    """Points in five heaps on a circle: [N, 2]."""
    angle = 2 * np.pi * torch.arange(n) / 5 + 0.4
    circle = torch.stack([angle.cos(), angle.sin()], 1)
    return 1.3 * circle + 0.1 * torch.randn(n, 2, generator=generator)


def small(outputs: int) -> torch.nn.Sequential:
    """2-16-16-outputs, weights of variance 2 / inputs."""
    bend = torch.nn.LeakyReLU(0.2)
    layers = [torch.nn.Linear(2, 16), bend, torch.nn.Linear(16, 16), bend]
    net = torch.nn.Sequential(*layers, torch.nn.Linear(16, outputs))
    for layer in net[::2]:
        torch.nn.init.kaiming_normal_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    return net


def played(rounds: int, maker_turns: int) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Generator and discriminator after so many rounds."""
    torch.manual_seed(3)
    generator = torch.Generator().manual_seed(3)
    maker, judge = small(2), small(1)
    adams = [
        torch.optim.Adam(net.parameters(), lr=4e-3, betas=(0.5, 0.999)) for net in (maker, judge)
    ]
    for _ in range(rounds):
        for turn in ["judge"] + ["maker"] * maker_turns:
            fake = maker(torch.randn(64, 2, generator=generator))
            if turn == "maker":
                loss, adam = F.softplus(-judge(fake)).mean(), adams[0]
            else:
                real = heaps(65, generator)[:64]
                loss = F.softplus(-judge(real)).mean() + F.softplus(judge(fake.detach())).mean()
                adam = adams[1]
            adam.zero_grad()
            loss.backward()
            adam.step()
    return maker, judge


def gan_plane() -> Figure:
    """A GAN in the plane: early, late, and with a generator that takes ten turns in a row."""
    real = heaps(25, torch.Generator().manual_seed(0))
    z = torch.randn(30, 2, generator=torch.Generator().manual_seed(1))
    side = torch.linspace(-2, 2, 40)
    grid = torch.stack(torch.meshgrid(side, side, indexing="xy"), 2)
    panels = ((30, 1, "after 30 rounds"), (600, 1, "after 600"), (60, 10, "ten turns of $G$"))
    fig, axes = plt.subplots(1, 3, figsize=(5.2, 2.0))
    for ax, (rounds, turns, title) in zip(axes, panels, strict=True):
        maker, judge = played(rounds, turns)
        with torch.no_grad():
            fake, field = maker(z), judge(grid)[..., 0]
        ax.contour(side, side, field, [0], colors=GREY, linewidths=1)
        ax.plot(*real.T, "o", color=BLUE, ms=2.6, mew=0)
        ax.plot(*fake.T, "o", color=ORANGE, ms=3, mew=0)
        ax.set(xlim=(-2, 2), ylim=(-2, 2), xticks=[], yticks=[], aspect="equal")
        ax.set_title(title, fontsize=11)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.87, bottom=0.02, wspace=0.06)
    return fig


if __name__ == "__main__":
    raise SystemExit(
        main(
            {
                "gan_two_players": gan_two_players,
                "gan_best_discriminator": gan_best_discriminator,
                "gan_value": gan_value,
                "gan_fold": gan_fold,
                "gan_generator": gan_generator,
                "gan_latent": gan_latent,
                "gan_discriminator": gan_discriminator,
                "gan_smoothing": gan_smoothing,
                "gan_generator_losses": gan_generator_losses,
                "gan_turns": gan_turns,
                "gan_rotation": gan_rotation,
                "gan_plane": gan_plane,
            }
        )
    )
