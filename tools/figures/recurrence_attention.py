"""Figures of section 3.3: recurrence, its gradients, the LSTM cell, and self-attention."""

import numpy as np
from grids import (
    BLUE,
    BROWN,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PAPER,
    RED,
    arrow,
    box,
    canvas,
    frame,
    label,
    line,
    main,
)
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure


def rnn_unrolled() -> Figure:
    fig, ax = canvas(16.4, 8.6)
    for t, x in enumerate((3.0, 7.0, 11.0), start=1):
        box(ax, x, 3.4, 1.9, 1.6, f"$h_{t}$", kind="filter", fontsize=13)
        box(ax, x + 0.2, 6.6, 1.5, 1.2, f"$x_{t}$", kind="input", fontsize=13)
        box(ax, x + 0.2, 0.6, 1.5, 1.2, f"$y_{t}$", kind="output", fontsize=13)
        arrow(ax, (x + 0.95, 6.6), (x + 0.95, 5.05), color=ORANGE, lw=1.6)
        arrow(ax, (x + 0.95, 3.4), (x + 0.95, 1.85), color=ORANGE, lw=1.6)
        arrow(ax, (x + 1.9, 4.2), (x + 3.95, 4.2), color=ORANGE, lw=1.6)
        label(ax, x + 1.3, 5.85, "$U$", color=BROWN, fontsize=12)
        label(ax, x + 1.3, 2.65, "$V$", color=BROWN, fontsize=12)
        label(ax, x + 2.85, 3.75, "$W$", color=BROWN, fontsize=12)
    label(ax, 0.9, 4.2, "$h_0 = 0$", fontsize=12)
    arrow(ax, (1.9, 4.2), (2.95, 4.2), color=ORANGE, lw=1.6)
    label(ax, 15.6, 4.2, "\u2026", fontsize=14)
    label(ax, 0.9, 7.2, "input", color=BLUE)
    label(ax, 0.9, 1.2, "output", color=GREEN)
    return fig


def recurrent_gradient(scale: float, steps: int = 50, size: int = 64) -> np.ndarray:
    """Norm of d h_T / d h_{T-k} for k = 0..steps, one random tanh network."""
    rng = np.random.default_rng(1)
    weights = scale * np.linalg.qr(rng.standard_normal((size, size)))[0]
    h = 0.1 * rng.standard_normal(size)
    states = []
    for _ in range(steps):
        h = np.tanh(weights @ h + 0.05 * rng.standard_normal(size))
        states.append(h)
    product, norms = np.eye(size), [1.0]
    for state in reversed(states):
        product = product @ ((1 - state**2)[:, None] * weights)
        norms.append(np.linalg.norm(product, 2))
    return np.array(norms)


def rnn_vanishing() -> Figure:
    fig, ax = plt.subplots(figsize=(5.2, 3.3))
    steps = np.arange(51)
    for base, color, style in ((0.9, BLUE, "-"), (1.0, GREY, "--"), (1.1, RED, "-.")):
        ax.semilogy(steps, base**steps, style, color=color, linewidth=2)
        ax.text(51, base**50, f"${base:g}^k$", color=color, fontsize=12, va="center")
    for scale, color in ((0.9, BLUE),):
        ax.semilogy(steps, recurrent_gradient(scale), color=color, linewidth=1, alpha=0.9)
    ax.text(
        49,
        1.5e-3,
        "thin: a tanh network\nwith $\\|W\\|=0.9$",
        color=BLUE,
        ha="right",
        va="top",
        fontsize=10.5,
    )
    ax.set_xlim(0, 50)
    ax.set_ylim(1e-5, 1e3)
    ax.set_xlabel("steps back in time, $k$")
    ax.set_ylabel("gradient, relative")
    fig.subplots_adjust(left=0.14, right=0.88, top=0.96, bottom=0.18)
    return fig


def operation(ax: Axes, x: float, y: float, sign: str) -> None:
    ax.plot(x, y, "o", markersize=15, markerfacecolor=PAPER, markeredgecolor=INK, zorder=6)
    label(ax, x, y, sign, fontsize=12)


def lstm_cell() -> Figure:
    fig, ax = canvas(16.0, 10.8)
    line(ax, (0.6, 1.8), (15.2, 1.8), color=GREEN, lw=2.4, zorder=3)
    arrow(ax, (14.6, 1.8), (15.6, 1.8), color=GREEN, lw=2.4)
    label(ax, 1.0, 1.1, "$c_{t-1}$", fontsize=13, color=GREEN)
    label(ax, 15.1, 1.1, "$c_t$", fontsize=13, color=GREEN)
    gates = (
        (2.4, "$f_t$\nforget"),
        (5.5, "$i_t$\nwrite"),
        (8.6, "$\\tilde c_t$\ncandidate"),
        (11.7, "$o_t$\nshow"),
    )
    for x, text in gates:
        box(ax, x, 6.2, 2.4, 1.9, text, kind="filter", fontsize=11.5)
        arrow(ax, (x + 1.2, 9.3), (x + 1.2, 8.15), lw=1.0, head=7)
    line(ax, (0.6, 9.3), (12.9, 9.3), color=INK, lw=1.3)
    label(ax, 0.6, 9.95, "$h_{t-1}$ and $x_t$", ha="left", fontsize=12)
    operation(ax, 3.6, 1.8, "\u00d7")
    arrow(ax, (3.6, 6.2), (3.6, 2.35))
    operation(ax, 8.2, 1.8, "+")
    operation(ax, 8.2, 4.3, "\u00d7")
    arrow(ax, (8.2, 3.75), (8.2, 2.35))
    arrow(ax, (6.7, 6.2), (7.85, 4.65))
    arrow(ax, (9.8, 6.2), (8.55, 4.65))
    operation(ax, 12.9, 4.3, "\u00d7")
    arrow(ax, (12.9, 6.2), (12.9, 4.85))
    arrow(ax, (12.9, 1.8), (12.9, 3.75))
    label(ax, 13.2, 2.9, "tanh", ha="left", fontsize=10.5)
    arrow(ax, (13.45, 4.3), (15.6, 4.3))
    label(ax, 15.1, 5.0, "$h_t$", fontsize=13)
    label(ax, 5.9, 1.1, "the old memory, kept", fontsize=10, color=GREEN)
    return fig


def attention_flow() -> Figure:
    fig, ax = canvas(16.0, 14.2)
    tokens = "tokens  $X$\n$n \\times d$"
    box(ax, 5.6, 12.2, 4.8, 1.6, tokens, kind="input", fontsize=11.5)
    for x, name, how in (
        (0.6, "$Q$", "$X W_Q$"),
        (6.0, "$K$", "$X W_K$"),
        (11.4, "$V$", "$X W_V$"),
    ):
        box(ax, x, 8.9, 4.0, 1.5, f"{name} = {how}", kind="filter", fontsize=11.5)
        arrow(ax, (8.0, 12.2), (x + 2.0, 10.45))
    label(ax, 1.3, 10.85, "asks", fontsize=10.5, color=GREY)
    label(ax, 6.9, 10.85, "offers", fontsize=10.5, color=GREY)
    label(ax, 14.7, 10.85, "tells", fontsize=10.5, color=GREY)
    box(ax, 2.4, 5.9, 5.8, 1.5, r"scores  $QK^{\top}\!/\sqrt{d_k}$", kind="plain", fontsize=11.5)
    arrow(ax, (2.6, 8.9), (4.4, 7.45))
    arrow(ax, (8.0, 8.9), (6.2, 7.45))
    box(ax, 2.4, 3.2, 5.8, 1.5, "softmax: rows sum to 1", kind="plain", fontsize=11.5)
    arrow(ax, (5.3, 5.9), (5.3, 4.75))
    box(
        ax,
        5.0,
        0.4,
        6.0,
        1.6,
        "weighted mean of $V$\n$n \\times d_v$",
        kind="output",
        fontsize=11.5,
    )
    arrow(ax, (5.3, 3.2), (7.2, 2.05))
    arrow(ax, (13.4, 8.9), (9.4, 2.05), curve=-0.15)
    label(ax, 8.5, 6.65, "$n \\times n$", ha="left", fontsize=11, color=GREY)
    return fig


def largest_weight(d: int, scaled: bool, keys: int = 64, draws: int = 400) -> float:
    """Mean of the largest softmax weight over random unit-variance queries and keys."""
    rng = np.random.default_rng(d)
    q, k = rng.standard_normal((draws, 1, d)), rng.standard_normal((draws, keys, d))
    scores = (q * k).sum(-1) / (np.sqrt(d) if scaled else 1.0)
    scores -= scores.max(-1, keepdims=True)
    weights = np.exp(scores)
    return float((weights / weights.sum(-1, keepdims=True)).max(-1).mean())


def attention_scaling() -> Figure:
    fig, ax = plt.subplots(figsize=(5.2, 3.1))
    dims = 2 ** np.arange(0, 11)
    plain = [largest_weight(int(d), False) for d in dims]
    scaled = [largest_weight(int(d), True) for d in dims]
    ax.semilogx(dims, plain, "o-", color=RED, base=2)
    ax.semilogx(dims, scaled, "s-", color=GREEN, base=2)
    ax.axhline(1 / 64, color=GREY, linewidth=0.9, linestyle=":")
    ax.text(dims[-1], 0.034, "all 64 keys alike: 1/64", fontsize=10.5, color=GREY, ha="right")
    ax.text(dims[-1], plain[-1] - 0.06, "$q\\cdot k$", color=RED, ha="right", va="top", fontsize=13)
    ax.text(
        dims[-1],
        scaled[-1] + 0.04,
        "$q\\cdot k/\\sqrt{d}$",
        color=GREEN,
        ha="right",
        va="bottom",
        fontsize=13,
    )
    ax.set_ylim(0, 1)
    ax.set_xlabel("length $d$ of query and key")
    ax.set_ylabel("largest of 64 weights")
    fig.subplots_adjust(left=0.13, right=0.97, top=0.96, bottom=0.18)
    return fig


BUTTERFLY = (
    "..........."
    ".oo.....oo."
    "orro...orro"
    "orbro.orbro"
    "orrrokorrro"
    ".orrokorro."
    "..oorkroo.."
    ".oyyokoyyo."
    ".oyyokoyyo."
    "..oo.k.oo.."
    "..........."
)
COLOURS = {
    ".": (0.93, 0.96, 0.98),
    "o": (0.35, 0.2, 0.1),
    "r": (0.85, 0.35, 0.1),
    "b": (0.1, 0.3, 0.75),
    "y": (0.95, 0.8, 0.3),
    "k": (0.1, 0.1, 0.1),
}


def attention_window() -> Figure:
    """What one pixel of a butterfly reads: a 3 x 3 window, or every pixel of its own colour."""
    fig, axes = plt.subplots(1, 3, figsize=(5.2, 2.35))
    picture = np.array([COLOURS[letter] for letter in BUTTERFLY]).reshape(11, 11, 3)
    row, column = 3, 2
    window = np.zeros((11, 11))
    window[row - 1 : row + 2, column - 1 : column + 2] = 1 / 9
    distance = ((picture - picture[row, column]) ** 2).sum(-1)
    weights = np.exp(-distance / 0.05)
    weights /= weights.sum()
    shades = LinearSegmentedColormap.from_list("weights", ["white", ORANGE])
    titles = ("picture and query", "convolution reads", "attention reads")
    for ax, data, title in zip(axes, (picture, window, weights), titles, strict=True):
        ax.imshow(data, cmap=shades, vmin=0, vmax=None if data.ndim == 3 else data.max())
        ax.set_title(title, fontsize=10.5)
        ax.set_xticks([])
        ax.set_yticks([])
        for spine in ax.spines.values():
            spine.set(visible=True, color="#AAAAAA", linewidth=0.8)
        frame(ax, column - 0.5, row - 0.5, 1, 1, color=GREEN, lw=1.8)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.88, bottom=0.02, wspace=0.06)
    return fig


FIGURES = {
    "rnn_unrolled": rnn_unrolled,
    "rnn_vanishing": rnn_vanishing,
    "lstm_cell": lstm_cell,
    "attention_flow": attention_flow,
    "attention_scaling": attention_scaling,
    "attention_window": attention_window,
}

if __name__ == "__main__":
    raise SystemExit(main(FIGURES))
