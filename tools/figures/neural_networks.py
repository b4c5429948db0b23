"""Figures of sections 2.1 and 2.2: neurons, graphs, backpropagation, and what convolution changes.

`python tools/figures/neural_networks.py` draws them all into book/figures; with names, only those.
"""

import json

import matplotlib.pyplot as plt
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
    RED,
    ROOT,
    WIDTH,
    arrow,
    canvas,
    label,
    main,
)
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch


def node(ax: Axes, x: float, y: float, text: str = "", *, kind: str = "plain", r: float = 0.55,
         fontsize: float = 11) -> None:  # fmt: skip
    ax.add_patch(
        Circle((x, y), r, facecolor=FILL[kind], edgecolor=EDGE[kind], linewidth=1.1, zorder=4)
    )
    if text:
        label(ax, x, y, text, fontsize=fontsize)


def edge(ax: Axes, start: tuple, end: tuple, *, color: str = "#777777", r: float = 0.55,
         lw: float = 1.1, head: float = 8) -> None:  # fmt: skip
    a, b = np.array(start, float), np.array(end, float)
    u = (b - a) / np.linalg.norm(b - a)
    arrow(ax, tuple(a + u * r), tuple(b - u * (r + 0.05)), color=color, lw=lw, head=head)


# --------------------------------------------------------------------------------------------------
# 2.1


def neuron() -> Figure:
    fig, ax = canvas(15, 6.2)
    inputs = ((1.2, 1.1, "$x_1$"), (1.2, 3.1, "$x_2$"), (1.2, 5.1, "$x_3$"))
    for i, (x, y, text) in enumerate(inputs):
        node(ax, x, y, text, kind="input", fontsize=12)
        edge(ax, (x, y), (6.0, 3.1), color=ORANGE, lw=1.5, r=0.7)
        label(ax, 3.3, (1.45, 2.75, 4.85)[i], f"$w_{i + 1}$", fontsize=12, color=BROWN)
    node(ax, 6.0, 3.1, "$+$", r=0.8, fontsize=15)
    label(ax, 6.0, 0.6, "$b$", fontsize=12, color=BROWN)
    arrow(ax, (6.0, 0.95), (6.0, 2.25), color=ORANGE, lw=1.5)
    arrow(ax, (6.85, 3.1), (9.0, 3.1))
    label(ax, 7.85, 2.6, "$z$", fontsize=12)
    node(ax, 9.95, 3.1, "", r=0.9)
    t = np.linspace(-1, 1, 60)
    ax.plot(9.95 + 0.6 * t, 3.1 - 0.45 * np.tanh(3 * t), color=INK, lw=1.6, zorder=6)
    arrow(ax, (10.9, 3.1), (12.9, 3.1))
    node(ax, 13.6, 3.1, "$h$", kind="output", r=0.65, fontsize=12)
    label(ax, 6.0, 5.3, "weighted sum", fontsize=11)
    label(ax, 9.95, 5.3, "nonlinearity", fontsize=11)
    label(ax, 13.4, 5.3, "output", fontsize=11)
    return fig


def graph_or_loop() -> Figure:
    fig, ax = canvas(15, 6.9)
    label(ax, 3.4, 0.5, "feed-forward: no way back", fontsize=11, bold=True)
    layers = ((0.9, (2.4, 4.6)), (3.4, (1.7, 3.5, 5.3)), (5.9, (3.5,)))
    kinds = ("input", "plain", "output")
    for (x0, ys0), (x1, ys1) in zip(layers, layers[1:], strict=False):
        for a in ys0:
            for b in ys1:
                edge(ax, (x0, a), (x1, b), r=0.5)
    for (x, ys), kind in zip(layers, kinds, strict=True):
        for y in ys:
            node(ax, x, y, kind=kind, r=0.5)
    label(ax, 3.4, 6.5, "a directed acyclic graph", fontsize=10.5, color="#555555")
    label(ax, 11.4, 0.5, "recurrent: a loop", fontsize=11, bold=True)
    node(ax, 9.0, 3.5, "$x_t$", kind="input", r=0.6)
    node(ax, 11.6, 3.5, "$h$", r=0.6)
    node(ax, 14.1, 3.5, "$y_t$", kind="output", r=0.6)
    edge(ax, (9.0, 3.5), (11.6, 3.5), r=0.62)
    edge(ax, (11.6, 3.5), (14.1, 3.5), r=0.62)
    ax.add_patch(
        FancyArrowPatch((12.0, 3.02), (11.2, 3.02), connectionstyle="arc3,rad=1.9", color=RED,
                        arrowstyle="-|>", mutation_scale=10, lw=1.6, zorder=5)
    )  # fmt: skip
    label(ax, 12.9, 1.9, "next\ntime step", fontsize=10.5, color=RED, ha="left")
    label(ax, 11.4, 6.5, "not acyclic until unrolled in time", fontsize=10.5, color="#555555")
    ax.plot([7.4, 7.4], [0.2, 6.7], color="#DDDDDD", lw=1)
    return fig


def activations() -> Figure:
    z = np.linspace(-4, 4, 401)
    sigmoid = 1 / (1 + np.exp(-z))
    curves = (
        ("sigmoid", sigmoid, sigmoid * (1 - sigmoid), (-0.2, 1.2)),
        ("tanh", np.tanh(z), 1 - np.tanh(z) ** 2, (-1.2, 1.2)),
        ("relu", np.maximum(z, 0), (z > 0).astype(float), (-0.4, 2.4)),
    )
    fig, axes = plt.subplots(1, 3, figsize=(WIDTH, 2.2), layout="constrained")
    for ax, (name, value, slope, limits) in zip(axes, curves, strict=True):
        ax.axhline(0, color="#DDDDDD", lw=0.8)
        ax.plot(z, value, color=BLUE, lw=2, label="value")
        ax.plot(z, slope, color=ORANGE, lw=1.6, ls="--", label="slope")
        ax.set_title(name, fontsize=11)
        ax.set(xlabel="$z$", xlim=(-4, 4), ylim=limits, xticks=[-4, 0, 4])
        ax.tick_params(labelsize=10)
    axes[2].legend(fontsize=10, loc="upper left", borderpad=0, handlelength=1.3)
    return fig


def backpropagation() -> Figure:
    """The worked example of section 2.1, forwards (green) and backwards (red)."""
    w1, w2 = np.array([[1.0, 0], [0, -1]]), np.array([[1.0, -1], [0, 1]])
    x, target = np.array([1, 0.5]), np.array([0, 1.0])
    h = np.tanh(w1 @ x)
    a = w2 @ h
    p = np.exp(a) / np.exp(a).sum()
    at_a = p - target
    at_z = (w2.T @ at_a) * (1 - h**2)
    fig, ax = canvas(15, 9.4)
    columns, rows = (1.5, 6.0, 10.5), (3.0, 6.6)
    names = (("$x_1$", "$x_2$"), ("$h_1$", "$h_2$"), ("$a_1$", "$a_2$"))
    kinds = ("input", "plain", "output")
    for column, x0 in enumerate(columns[:2]):
        weights = (w1, w2)[column]
        for i, y0 in enumerate(rows):
            for j, y1 in enumerate(rows):
                live = weights[j, i] != 0
                edge(ax, (x0, y0), (columns[column + 1], y1), r=0.72, lw=1.5 if live else 0.7,
                     color=ORANGE if live else "#CCCCCC")  # fmt: skip
    for column, (x0, pair, kind) in enumerate(zip(columns, names, kinds, strict=True)):
        for row, (y0, name) in enumerate(zip(rows, pair, strict=True)):
            node(ax, x0, y0, name, kind=kind, r=0.7, fontsize=12)
            up = row == 0
            value = (x, h, a)[column][row]
            y_value, y_blame = (y0 - 1.05, y0 - 1.65) if up else (y0 + 1.05, y0 + 1.65)
            label(ax, x0, y_value, f"{value:.2f}".replace("-", "−"), color=GREEN, fontsize=11)
            if column:
                blame = (at_z, at_a)[column - 1][row]
                text = f"{blame:+.2f}".replace("-", "−")
                label(ax, x0, y_blame, text, color=RED, fontsize=11)
    for x0, y0, weight in (
        (3.75, 2.65, "1"), (3.75, 6.95, "−1"), (8.25, 2.65, "1"), (8.25, 6.95, "1"),
        (7.65, 5.75, "−1"),
    ):  # fmt: skip
        label(ax, x0, y0, weight, fontsize=11, color=BROWN)
    for row, y0 in enumerate(rows):
        up = row == 0
        label(ax, 12.9, y0, f"$\\hat p_{row + 1}$ = {p[row]:.2f}", fontsize=11, ha="left")
        label(ax, 12.9, y0 + (-0.65 if up else 0.65), f"$t_{row + 1}$ = {target[row]:.0f}",
              fontsize=11, ha="left", color="#555555")  # fmt: skip
        arrow(ax, (11.3, y0), (12.7, y0))
    label(ax, 0.3, 0.45, "green: the signal, forwards", fontsize=10.5, ha="left", color=GREEN)
    label(ax, 7.3, 0.45, "red: the blame, backwards", fontsize=10.5, ha="left", color=RED)
    return fig


def step_sizes() -> Figure:
    grid = np.linspace(-1.65, 1.65, 200)
    fig, axes = plt.subplots(1, 3, figsize=(WIDTH, 2.1), sharey=True, layout="constrained")
    cases = ((0.06, "too small"), (0.35, "about right"), (1.06, "too large"))
    for ax, (rate, name) in zip(axes, cases, strict=True):
        w = [1.3 if rate < 1 else 0.75]
        for _ in range(6):
            w.append(w[-1] - rate * 2 * w[-1])  # the loss is w squared
        w = np.array(w)
        ax.plot(grid, grid**2, color="#BBBBBB", lw=1.5)
        ax.plot(w, w**2, "o-", color=ORANGE, ms=4, lw=1)
        ax.plot(w[0], w[0] ** 2, "o", color=BLUE, ms=6)
        ax.set_title(name, fontsize=11)
        ax.set(xlabel="weight", xticks=[], yticks=[], ylim=(-0.1, 2.8))
    axes[0].set_ylabel("loss")
    return fig


def learned(points: np.ndarray, hidden: int, seed: int = 4) -> tuple[list[np.ndarray], ...]:
    """Weights and biases after 2,000 steps of gradient descent: points are rows of x, y, kind."""
    rng = np.random.default_rng(seed)
    sizes = [2, hidden, 1] if hidden else [2, 1]
    layers = [rng.standard_normal((b, a)) for a, b in zip(sizes, sizes[1:], strict=False)]
    biases = [rng.uniform(-0.8, 0.8, b) for b in sizes[1:]]
    x, kind = points[:, :2], points[:, 2:]
    for _ in range(2000):
        h = np.maximum(0, x @ layers[0].T + biases[0]) if hidden else x
        p = 1 / (1 + np.exp(-(h @ layers[-1].T + biases[-1])))
        delta = (p - kind) / len(x)
        below = (delta @ layers[-1]) * (h > 0)
        layers[-1] -= delta.T @ h
        biases[-1] -= delta.sum(0)
        if hidden:
            layers[0] -= below.T @ x
            biases[0] -= below.sum(0)
    return layers, biases


def by_hand() -> Figure:
    """A line for two designers, a line for a cross, and four hidden units for the cross."""
    script = (ROOT / "book" / "live" / "by_hand" / "data.js").read_text("utf-8")
    drawings = np.array(json.loads(script.partition(" = ")[2].rstrip().removesuffix(";"))["black"])
    drawings = drawings / [10, 10, 1]
    rng = np.random.default_rng(5)
    corner = np.array([(1, 1, 0), (-1, 1, 1), (-1, -1, 0), (1, -1, 1)] * 7, float)
    cross = corner * np.c_[rng.uniform(0.5, 1.9, (28, 2)), np.ones(28)]
    panels = ((drawings, 0, "two designers"), (cross, 0, "a cross"), (cross, 4, "hidden units"))
    fig, axes = plt.subplots(1, 3, figsize=(WIDTH, 2.05), layout="constrained")
    grid = np.stack(np.meshgrid(*[np.linspace(-2.6, 2.6, 41)] * 2), 2)
    for ax, (points, hidden, title) in zip(axes, panels, strict=True):
        layers, biases = learned(points, hidden)
        h = np.maximum(0, grid @ layers[0].T + biases[0]) if hidden else grid
        logit = (h @ layers[-1].T + biases[-1])[..., 0]
        for i in range(hidden):
            unit = grid @ layers[0][i] + biases[0][i]
            ax.contour(*grid.transpose(2, 0, 1), unit, [0], colors=GREY, linewidths=0.7)
        ax.contour(*grid.transpose(2, 0, 1), logit, [0], colors=INK, linewidths=1.8)
        for value, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "^")):
            chosen = points[points[:, 2] == value]
            ax.plot(chosen[:, 0], chosen[:, 1], marker, color=colour, ms=3.4, mew=0)
        ax.set_title(title, fontsize=11)
        ax.set(xlim=(-2.6, 2.6), ylim=(-2.6, 2.6), xticks=[], yticks=[], aspect="equal")
    axes[0].set_xlabel("black")
    axes[0].set_ylabel("saturation")
    return fig


# --------------------------------------------------------------------------------------------------
# 2.2


def three_ideas() -> Figure:
    """Full, local, local and shared connections between seven inputs and their outputs."""
    fig, ax = canvas(15.4, 10.6)
    palette = (BLUE, ORANGE, GREEN, RED, "#9C5A8C", "#555555", "#8C6D31")
    panels = (
        (1.3, "connected to all", "7 · 5 = 35 weights"),
        (4.9, "local", "3 · 5 = 15 weights"),
        (8.5, "local and shared", "3 weights"),
    )
    for y, title, count in panels:
        top, bottom = y - 0.35, y + 1.55
        xs = [6.0 + 1.3 * i for i in range(7)]
        ys = xs[1:-1]
        for j, out in enumerate(ys):
            reach = range(7) if title == "connected to all" else range(j, j + 3)
            for tap, i in enumerate(reach):
                if title == "local and shared":
                    colour, lw = palette[tap], 1.8
                elif title == "local":
                    colour, lw = palette[(3 * j + tap) % 7], 1.3
                else:
                    colour, lw = "#999999", 0.8
                ax.plot([xs[i], out], [bottom, top], color=colour, lw=lw, zorder=1)
        for x in xs:
            node(ax, x, bottom, kind="input", r=0.27)
        for x in ys:
            node(ax, x, top, kind="output", r=0.27)
        label(ax, 0.3, y + 0.2, title, fontsize=11.5, ha="left", bold=True)
        label(ax, 0.3, y + 0.95, count, fontsize=11, ha="left", color=BROWN)
    return fig


def growing_view() -> Figure:
    """What a unit sees, layer by layer, with 3-wide windows."""
    fig, ax = canvas(15.4, 6.6)
    xs = [1.2 + 1.2 * i for i in range(9)]
    layers = ((5.6, range(9)), (3.9, range(1, 8)), (2.2, range(2, 7)))
    chosen = 4
    for depth in (1, 2):
        y0, y1 = layers[depth - 1][0], layers[depth][0]
        for j in layers[depth][1]:
            inside = abs(j - chosen) <= (1 if depth == 1 else 0)
            for i in (j - 1, j, j + 1):
                ax.plot([xs[i], xs[j]], [y0, y1], color=ORANGE if inside else "#DDDDDD",
                        lw=1.6 if inside else 0.8, zorder=2 if inside else 1)  # fmt: skip
    for depth, (y, columns) in enumerate(layers):
        for i in columns:
            seen = abs(i - chosen) <= 2 - depth
            kind = ("input", "plain", "output")[depth] if seen else "padding"
            node(ax, xs[i], y, kind=kind, r=0.3)
    for y, text in ((5.6, "pixels: sees 1"), (3.9, "layer 1: sees 3"), (2.2, "layer 2: sees 5")):
        label(ax, 11.9, y, text, fontsize=10.5, ha="left")
    label(ax, xs[chosen], 1.2, "one unit", fontsize=11, color=GREEN)
    ax.plot([xs[2] - 0.35, xs[6] + 0.35], [6.2, 6.2], color=GREY, lw=1.2)
    return fig


FIGURES = {
    "neuron": neuron,
    "graph_or_loop": graph_or_loop,
    "activations": activations,
    "backpropagation": backpropagation,
    "step_sizes": step_sizes,
    "by_hand": by_hand,
    "three_ideas": three_ideas,
    "growing_view": growing_view,
}

if __name__ == "__main__":
    raise SystemExit(main(FIGURES))
