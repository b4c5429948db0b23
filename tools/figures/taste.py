"""Figures about human taste: sections 1 and 2.4.

`python tools/figures/taste.py` draws them all into book/figures; with names, only those.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from grids import (
    BLUE,
    BROWN,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PAPER,
    WIDTH,
    canvas,
    label,
    main,
)
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from aesthetic_utils.judgements.bradley_terry import PairVotes, fit_ranking
from aesthetic_utils.judgements.report import ranking_rows

# Fechner (1876), as tabulated by Elam (2011): long side over short side, per cent who chose it as
# the most pleasing, per cent who chose it as the least pleasing.
RECTANGLES = (
    ("1:1", 1.0, 3.0, 27.8),
    ("6:5", 6 / 5, 0.2, 19.7),
    ("5:4", 5 / 4, 2.0, 9.4),
    ("4:3", 4 / 3, 2.5, 2.5),
    ("10:7", 10 / 7, 7.7, 1.2),
    ("3:2", 3 / 2, 20.6, 0.4),
    ("34:21", 34 / 21, 35.0, 0.0),
    ("23:13", 23 / 13, 20.0, 0.8),
    ("2:1", 2.0, 7.5, 2.5),
    ("5:2", 5 / 2, 1.5, 35.7),
)
# Share of private taste: source, what was judged, private, shared.
TASTES = (
    ("faces", "Hönekopp 2006", 50),
    ("faces", "Leder et al. 2016", 40),
    ("abstract art", "Leder et al. 2016", 75),
)
# Votes on photographs of AVA: share of each vote from 1 to 10, and the correlation of the means of
# two disjoint groups of k voters.
ROOT = Path(__file__).resolve().parents[2]
AVA = json.loads((ROOT / "aesthetic_utils" / "results" / "ava_votes.json").read_text("utf-8"))
VOTES = tuple(AVA["share_of_votes"])
GROUPS = tuple((group["voters"], group["two_groups"]) for group in AVA["groups"].values())


def fechner_rectangles() -> Figure:
    fig, ax = canvas(15.6, 10.4)
    base = 7.75
    for i, (name, ratio, best, worst) in enumerate(RECTANGLES):
        x = 0.95 + 1.52 * i
        golden = name == "34:21"
        width, height = 1.14 / ratio**0.5, 1.14 * ratio**0.5  # all of one area
        ax.add_patch(
            Rectangle(
                (x - width / 2, 1.15 - height / 2),
                width,
                height,
                facecolor="#FCE2B8" if golden else "#FAFAFA",
                edgecolor=ORANGE if golden else "#777777",
                linewidth=1.4,
            )
        )
        ax.add_patch(Rectangle((x - 0.42, base - best / 8), 0.84, best / 8, color="#F2B866"))
        ax.add_patch(Rectangle((x - 0.42, base), 0.84, worst / 26, color="#D8D8D8"))
        label(ax, x, base - best / 8 - 0.28, f"{best:g}", fontsize=10, bold=golden)
        label(ax, x, base + worst / 26 + 0.28, f"{worst:g}", fontsize=10, color="#555555")
        label(ax, x, 10.05, name, fontsize=10, bold=golden)
    ax.plot([0.2, 15.4], [base, base], color=INK, lw=0.8)
    label(ax, 0.3, 3.9, "most pleasing,\n% of choices", fontsize=10.5, ha="left", color=BROWN)
    label(ax, 9.3, 8.95, "least pleasing, % of choices", fontsize=10.5, color="#555555")
    return fig


def inverted_u() -> Figure:
    """Two groups, one falling and one rising with complexity, and the average of both. Not data."""
    x = np.linspace(0, 1, 200)
    simple, intricate = 1 - x**2, 1 - (1 - x) ** 2
    fig, axes = plt.subplots(1, 2, figsize=(WIDTH, 2.5), sharey=True, layout="constrained")
    axes[0].plot(x, (simple + intricate) / 2, color=INK, lw=2.2)
    axes[0].set_title("the average", fontsize=11)
    axes[1].plot(x, simple, color=BLUE, lw=2)
    axes[1].plot(x, intricate, color=ORANGE, lw=2, ls="--")
    axes[1].plot(x, (simple + intricate) / 2, color=GREY, lw=1, ls=":")
    axes[1].set_title("the people", fontsize=11)
    axes[1].text(0.3, 0.18, "the more,\nthe better", color=BROWN, fontsize=10.5)
    axes[1].text(0.03, 1.02, "the less, the better", color=BLUE, fontsize=10.5)
    for ax in axes:
        ax.set(xlabel="complexity", xticks=[], yticks=[], xlim=(0, 1), ylim=(0, 1.16))
    axes[0].set_ylabel("liking")
    return fig


def private_shared_taste() -> Figure:
    fig, ax = plt.subplots(figsize=(WIDTH, 2.1), layout="constrained")
    top = len(TASTES)
    for i, (what, source, private) in enumerate(TASTES):
        y, shared = top - i, 100 - private
        ax.barh(y, private, color="#F2B866", edgecolor=PAPER, height=0.62)
        ax.barh(y, shared, left=private, color="#9CC6E3", edgecolor=PAPER, height=0.62)
        ax.text(private / 2, y, f"{private} %", ha="center", va="center", fontsize=11)
        ax.text(private + shared / 2, y, f"{shared} %", ha="center", va="center", fontsize=11)
        ax.text(-2, y + 0.14, what, ha="right", va="center", fontsize=11)
        ax.text(-2, y - 0.2, source, ha="right", va="center", fontsize=10, color="#555555")
    ax.text(0, top + 0.55, "one's own, stable in time", fontsize=10.5, color=BROWN)
    ax.text(100, top + 0.55, "shared with others", fontsize=10.5, color=BLUE, ha="right")
    ax.set(xlim=(-42, 101), ylim=(0.5, top + 0.9))
    ax.axis("off")
    return fig


def votes_and_voters() -> Figure:
    fig, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 2.7), layout="constrained")
    left.bar(range(1, 11), [100 * v for v in VOTES], color="#9CC6E3", edgecolor=BLUE, lw=0.8)
    left.set(xlabel="vote", ylabel="% of all votes", xticks=[1, 3, 5, 7, 10])
    left.set_title("what people vote", fontsize=11)
    k, r = zip(*GROUPS, strict=True)
    right.plot(k, r, "o-", color=ORANGE, ms=4)
    right.set_xscale("log")
    right.set(xlabel="voters in each group", ylabel="correlation", ylim=(0, 1))
    right.set_xticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
    right.minorticks_off()
    right.set_title("how two groups agree", fontsize=11)
    right.annotate(
        "two people: 0.21", (1, 0.21), (1.6, 0.06), fontsize=10, color=BROWN,
        arrowprops={"arrowstyle": "-", "color": BROWN, "lw": 0.8},
    )  # fmt: skip
    return fig


def ballots() -> Figure:
    """What the page of votes from files shows of its invented class: the ranking with its intervals."""
    script = (ROOT / "book" / "live" / "ballots" / "data.js").read_text("utf-8")
    told = json.loads(script.partition(" = ")[2].rstrip().removesuffix(";"))
    pairs, n = np.array(told["pairs"]), len(told["pairs"])
    left = np.array([list(row) for row in told["answers"]]) == "L"  # [V, 2 P]
    left[:, n:] ^= True  # the sides are exchanged in the second round
    rater, place = np.indices(left.shape).reshape(2, -1)
    ends = np.where(left.reshape(-1, 1), pairs[place % n], pairs[place % n][:, ::-1])
    voters = tuple(f"{i}" for i in range(len(left)))
    votes = PairVotes(
        winner=ends[:, 0], loser=ends[:, 1], items=tuple(told["items"]), rater=rater, raters=voters
    )
    rows = ranking_rows(fit_ranking(votes), votes)
    fig, ax = plt.subplots(figsize=(WIDTH, 2.9), layout="constrained")
    for row in rows:
        ax.plot([row.low, row.high], [row.rank] * 2, color="#9CC6E3", lw=6, solid_capstyle="butt")
        ax.plot(row.score, row.rank, "|", color=ORANGE, ms=13, mew=3)
    ax.axvline(0, color=GREY, lw=0.8, zorder=0)
    ax.set_yticks([row.rank for row in rows], [row.item for row in rows])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set(ylim=(len(rows) + 0.6, 0.4), xlabel="score in logits, with its 95 % interval")
    return fig


def two_classes() -> Figure:
    """The means of two classes of k voters on sixty "photographs", each an average of many of AVA's; simulated votes."""
    shares = np.array(how_many()["parts"]) / 10_000  # [60, 10]
    rng, votes = np.random.default_rng(0), np.arange(1, 11)
    fig, axes = plt.subplots(1, 3, figsize=(WIDTH, 2.4), sharey=True, layout="constrained")
    for ax, k in zip(axes, (1, 10, 100), strict=True):
        first, second = (rng.multinomial(k, shares) @ votes / k for _ in range(2))
        ax.plot([0.6, 10.4], [0.6, 10.4], color=GREY, lw=0.8)
        ax.scatter(first, second, s=12, color=BLUE, alpha=0.6, lw=0)
        ax.set(xlim=(0.6, 10.4), ylim=(0.6, 10.4), xticks=[1, 5, 10], yticks=[1, 5, 10])
        ax.set_title(f"{k} voter{'s' * (k > 1)}", fontsize=11)
        ax.set_aspect("equal")
    axes[0].set_ylabel("mean in class B")
    axes[1].set_xlabel("mean in class A")
    return fig


def how_many() -> dict:
    """The votes that the live figure of the same name uses: tools/live_people.py makes them."""
    script = (ROOT / "book" / "live" / "how_many" / "data.js").read_text("utf-8")
    return json.loads(script.partition(" = ")[2].rstrip().removesuffix(";"))


def spread_of_one_photograph() -> Figure:
    """Where the variance of votes lies: between photographs and within them."""
    fig, ax = canvas(15, 3.3)
    ax.add_patch(Rectangle((0.3, 1.2), 14.4 * 0.201, 1.1, fc="#9CC6E3", ec=PAPER))
    ax.add_patch(Rectangle((0.3 + 14.4 * 0.201, 1.2), 14.4 * 0.799, 1.1, fc="#F2B866", ec=PAPER))
    label(ax, 0.3 + 14.4 * 0.1005, 1.75, "20 %", fontsize=12)
    label(ax, 0.3 + 14.4 * 0.6, 1.75, "80 %", fontsize=12)
    label(ax, 0.3, 0.75, "between photographs", fontsize=10.5, ha="left", color=BLUE)
    label(ax, 14.7, 0.75, "between people looking at one photograph", fontsize=10.5, ha="right",
          color=BROWN)  # fmt: skip
    label(ax, 0.3, 2.75, "this is all that a predictor of mean scores can explain", fontsize=10.5,
          ha="left", color=GREEN)  # fmt: skip
    return fig


FIGURES = {
    "ballots": ballots,
    "fechner_rectangles": fechner_rectangles,
    "inverted_u": inverted_u,
    "private_shared_taste": private_shared_taste,
    "two_classes": two_classes,
    "votes_and_voters": votes_and_voters,
    "votes_variance": spread_of_one_photograph,
}

if __name__ == "__main__":
    raise SystemExit(main(FIGURES))
