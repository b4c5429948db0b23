"""Figures of section 3.1.3: the five steps, initialisation, softmax, optimisers, when to stop.

Every curve is computed here, with fixed seeds; nothing is sketched.
"""

import numpy as np
from grids import (
    BLUE,
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
    label,
    main,
)
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse


def training_loop() -> Figure:
    fig, ax = canvas(15.6, 15.0)
    steps = (
        ("1   initialise", "plain", "weights random, of variance $2/n_{\\mathrm{in}}$"),
        ("2   forward", "input", "picture \u2192 features \u2192 logits $z$"),
        ("3   loss", "error", "how surprised by the label: $-\\log p_c$"),
        ("4   step", "filter", "gradient by the chain rule, then downhill"),
        ("5   again?", "output", "until the validation loss stops falling"),
    )
    y = 0.5
    for index, (name, kind, text) in enumerate(steps):
        box(ax, 2.6, y, 4.2, 1.5, name, kind=kind, fontsize=11.5)
        label(ax, 7.2, y + 0.75, text, ha="left", fontsize=10.5)
        if index < len(steps) - 1:
            arrow(ax, (4.7, y + 1.5), (4.7, y + 2.75))
        y += 2.75
    ax.plot([2.6, 1.3, 1.3, 2.0], [12.25, 12.25, 4.0, 4.0], color="#555555", lw=1.3)
    arrow(ax, (1.9, 4.0), (2.6, 4.0))
    label(ax, 0.85, 8.1, "next batch", rotation=90, color=GREY)
    arrow(ax, (4.7, 13.0), (4.7, 14.1))
    label(ax, 4.7, 14.5, "stop; test once", color=GREEN)
    return fig


def spread_by_depth(gain: float, depth: int = 30, width: int = 256) -> np.ndarray:
    """Root mean square of the pre-activations of a ReLU network, weights of variance gain/width."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((512, width))
    result = []
    for _ in range(depth):
        weights = rng.standard_normal((width, width)) * np.sqrt(gain / width)
        z = x @ weights
        result.append(np.sqrt((z**2).mean()))
        x = np.maximum(z, 0)
    return np.array(result)


def training_initialisation() -> Figure:
    fig, ax = plt.subplots(figsize=(5.2, 3.5))
    curves = (
        (3.0, "$3/n$", RED, "--"),
        (2.0, "$2/n$  (He)", GREEN, "-"),
        (1.0, "$1/n$", BLUE, "-."),
        (1 / 3, "$1/(3n)$", PURPLE, ":"),
    )
    layers = np.arange(1, 31)
    for gain, name, color, style in curves:
        values = spread_by_depth(gain)
        ax.semilogy(layers, values, style, color=color, linewidth=2)
        ax.text(30.6, values[-1], name, color=color, va="center", fontsize=11)
    ax.set_xlabel("layer")
    ax.set_ylabel("spread of the values $z$ (rms)")
    ax.set_xlim(1, 30)
    ax.set_ylim(1e-12, 1e4)
    ax.set_title("random ReLU network, 256 units a layer", fontsize=11)
    fig.subplots_adjust(left=0.15, right=0.8, top=0.91, bottom=0.17)
    return fig


def training_softmax() -> Figure:
    """Logits (2, 1, 0, -1), the second class true: p, the target, and their difference."""
    fig, axes = plt.subplots(1, 3, figsize=(5.2, 2.7))
    z = np.array([2.0, 1.0, 0.0, -1.0])
    p = np.exp(z) / np.exp(z).sum()
    target = np.array([0.0, 1.0, 0.0, 0.0])
    panels = (
        ("softmax $p$", p, BLUE),
        ("truth $t$", target, GREEN),
        ("gradient $p-t$", p - target, ORANGE),
    )
    for ax, (name, values, color) in zip(axes, panels, strict=True):
        bars = ax.bar(range(4), values, color=color, width=0.7)
        for bar, value in zip(bars, values, strict=True):
            text = f"{value:.2f}".replace("-", "\u2212")
            place = value + 0.04 if value >= 0 else value - 0.04
            ax.text(
                bar.get_x() + 0.35,
                place,
                text,
                ha="center",
                fontsize=10,
                va="bottom" if value >= 0 else "top",
            )
        ax.axhline(0, color=INK, linewidth=0.8)
        ax.set_ylim(-1, 1.22)
        ax.set_xticks(range(4))
        ax.set_title(name, fontsize=11)
        ax.spines["bottom"].set_visible(False)
        ax.tick_params(bottom=False, labelsize=10)
        if ax is not axes[0]:
            ax.set_yticks([])
            ax.spines["left"].set_visible(False)
    axes[1].set_xlabel("class")
    fig.subplots_adjust(left=0.09, right=0.99, top=0.9, bottom=0.2, wspace=0.08)
    return fig


CURVATURE = np.array([1.0, 25.0])  # a valley 25 times steeper across than along
START = np.array([-9.0, 1.6])


def descend(rule: str, steps: int = 40) -> np.ndarray:
    """The path of one optimiser on f(x) = (x_1^2 + 25 x_2^2) / 2, as [steps + 1, 2]."""
    x, v, m, s = START.copy(), np.zeros(2), np.zeros(2), np.zeros(2)
    path = [x.copy()]
    for t in range(1, steps + 1):
        g = CURVATURE * x
        if rule == "gradient descent":
            x = x - 0.07 * g
        elif rule == "momentum":
            v = 0.7 * v + g
            x = x - 0.04 * v
        else:
            m = 0.9 * m + 0.1 * g
            s = 0.999 * s + 0.001 * g**2
            x = x - 0.6 * (m / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
        path.append(x.copy())
    return np.array(path)


def training_optimisers() -> Figure:
    fig, axes = plt.subplots(3, 1, figsize=(5.2, 5.6), sharex=True)
    settings = {
        "gradient descent": r"$\eta=0.07$",
        "momentum": r"$\eta=0.04,\ \mu=0.7$",
        "Adam": r"$\eta=0.6$",
    }
    for ax, (rule, setting) in zip(axes, settings.items(), strict=True):
        for level in (0.3, 2, 6, 14, 26, 42, 62):
            across, along = 2 * np.sqrt(2 * level / CURVATURE)
            ax.add_patch(Ellipse((0, 0), across, along, fill=False, ec="#BBBBBB", lw=0.7))
        path = descend(rule)
        ax.plot(path[:, 0], path[:, 1], "-", color=BLUE, linewidth=1.2)
        ax.plot(path[:, 0], path[:, 1], "o", color=BLUE, markersize=3)
        ax.plot(0, 0, "*", color=ORANGE, markersize=12)
        ax.set_title(f"{rule},  {setting}", fontsize=11, loc="left", pad=4)
        ax.set_ylim(-2.4, 2.4)
        ax.set_xlim(-10.5, 4)
        ax.set_yticks([-2, 0, 2])
        ax.tick_params(labelsize=10)
        value = 0.5 * (CURVATURE * path[20] ** 2).sum()
        words = f"after 20 steps: {value:.2g}"
        ground = {"facecolor": PAPER, "edgecolor": "none", "pad": 1}
        ax.text(3.9, 1.85, words, ha="right", fontsize=10.5, color=BLUE, bbox=ground)
    fig.subplots_adjust(left=0.09, right=0.98, top=0.95, bottom=0.05, hspace=0.28)
    return fig


def learning_curves(steps: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Gradient descent on 40 noisy examples with 60 unknowns: training and validation error."""
    rng = np.random.default_rng(2)
    truth = rng.standard_normal(60) / np.arange(1, 61) ** 0.5
    train, fresh = rng.standard_normal((40, 60)), rng.standard_normal((2000, 60))
    scale = 1 / np.arange(1, 61) ** 0.35  # some directions are seen better than others
    train, fresh = train * scale, fresh * scale
    y = train @ truth + 0.9 * rng.standard_normal(40)
    y_fresh = fresh @ truth + 0.9 * rng.standard_normal(2000)
    w = np.zeros(60)
    rate = 0.2 / np.linalg.eigvalsh(train.T @ train / 40).max()
    losses = []
    for _ in range(steps):
        losses.append((((train @ w - y) ** 2).mean(), ((fresh @ w - y_fresh) ** 2).mean()))
        w -= rate * train.T @ (train @ w - y) / 40
    first, second = np.array(losses).T
    return first, second


def training_when_to_stop() -> Figure:
    fig, ax = plt.subplots(figsize=(5.2, 3.3))
    train, validation = learning_curves()
    steps = np.arange(1, train.size + 1)
    best = int(validation.argmin())
    ax.semilogx(steps, train, color=BLUE, linewidth=2)
    ax.semilogx(steps, validation, color=RED, linewidth=2, linestyle="--")
    ax.axvline(best + 1, color=GREY, linewidth=1)
    ax.plot(best + 1, validation[best], "o", color=RED)
    ax.text((best + 1) * 1.15, 4.35, f"keep the weights\nof step {best + 1}", fontsize=11, va="top")
    ax.text(steps[-1], train[-1] + 0.12, "training", color=BLUE, ha="right")
    ax.text(steps[-1], validation[-1] + 0.12, "validation", color=RED, ha="right")
    ax.set_ylim(0, 4.5)
    ax.set_xlim(1, steps[-1])
    ax.set_xlabel("step")
    ax.set_ylabel("mean squared error")
    fig.subplots_adjust(left=0.11, right=0.97, top=0.97, bottom=0.18)
    return fig


FIGURES = {
    "training_loop": training_loop,
    "training_initialisation": training_initialisation,
    "training_softmax": training_softmax,
    "training_optimisers": training_optimisers,
    "training_when_to_stop": training_when_to_stop,
}

if __name__ == "__main__":
    raise SystemExit(main(FIGURES))
