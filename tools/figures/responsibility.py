"""Figure of section 5.3: what a threshold makes of votes.

`python tools/figures/responsibility.py` draws it into book/figures.
"""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from grids import (
    BLUE,
    WIDTH,
    main,
)
from matplotlib.figure import Figure

# The votes of 25,551 photographs of AVA (Murray et al. 2012), as counted by tools/publish_votes.py.
RESULTS = Path(__file__).resolve().parents[2] / "aesthetic_utils" / "results" / "ava_votes.json"
# From the same votes: mean share of each vote from 1 to 10, per cent, on the 1,195 photographs with a
# mean above 4.9, to 5, and on the 1,206 with a mean above 5, to 5.1.
JUST_BELOW = (1.06, 2.80, 7.93, 22.45, 36.12, 19.03, 6.63, 2.57, 0.89, 0.53)
JUST_ABOVE = (0.94, 2.51, 7.22, 20.72, 35.92, 20.54, 7.56, 2.96, 1.00, 0.62)

HALF_A_POINT = 0.5
BROWN = "#9A5B00"
NOT_GOOD, GOOD = ("#FBE6C8", "#F2B866"), ("#DCEAF5", "#9CC6E3")  # far from the threshold, near it


def threshold() -> Figure:
    fig, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.1), layout="constrained")
    _all_photographs(left)
    votes = np.arange(1, 11)
    right.bar(votes - 0.2, JUST_BELOW, 0.4, color=NOT_GOOD[1], edgecolor=BROWN, lw=0.5)
    right.bar(votes + 0.2, JUST_ABOVE, 0.4, color=GOOD[1], edgecolor=BLUE, lw=0.5)
    right.set(xlabel="vote", ylabel="% of the votes", xticks=[1, 3, 5, 7, 10], ylim=(0, 44))
    right.set_title("close to the line", fontsize=11)
    right.text(10.6, 41, "mean 4.9 to 5: “not good”", color=BROWN, fontsize=10, ha="right")
    right.text(10.6, 37, "mean 5 to 5.1: “good”", color=BLUE, fontsize=10, ha="right")
    return fig


def _all_photographs(ax: plt.Axes) -> None:
    results = json.loads(RESULTS.read_text("utf-8"))
    edges, counts = (np.array(results["histogram_of_means"][key]) for key in ("edges", "images"))
    label = results["label"]
    centres, step = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    share = 100 * counts / counts.sum()
    near = abs(centres - label["threshold"]) < HALF_A_POINT
    good = centres > label["threshold"]
    for side, colours, edge in ((~good, NOT_GOOD, BROWN), (good, GOOD, BLUE)):
        for where, colour in ((side & ~near, colours[0]), (side & near, colours[1])):
            ax.bar(centres[where], share[where], step, color=colour, edgecolor=edge, lw=0.5)
    ax.plot([label["threshold"]] * 2, [0, 17.6], color="#222222", lw=1.6)
    ax.text(label["threshold"] - 0.15, 15.6, f"“not good”\n{1 - label['good']:.0%}", color=BROWN,
            fontsize=10, ha="right")  # fmt: skip
    ax.text(
        label["threshold"] + 0.15, 15.6, f"“good”\n{label['good']:.0%}", color=BLUE, fontsize=10
    )
    ax.annotate(
        f"{label['within_half']:.0%} within\nhalf a point", (4.62, 6.6), (2.45, 9.4), fontsize=10,
        arrowprops={"arrowstyle": "-", "color": "#555555", "lw": 0.8},
    )  # fmt: skip
    ax.set(xlabel="mean vote of a photograph", ylabel="% of photographs", ylim=(0, 18.5))
    ax.set(xlim=(2.3, 7.8), xticks=range(3, 8), yticks=range(0, 16, 5))
    ax.set_title("all photographs", fontsize=11)


FIGURES = {"responsibility_threshold": threshold}

if __name__ == "__main__":
    raise SystemExit(main(FIGURES))
