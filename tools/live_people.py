"""The data of the live figures about people's judgements, and the values that their scripts are tested against.

    AESTHETIC_DATA=FOLDER python -m tools.live_people

Writes data.js of the figures `fechner`, `how_many` and `threshold` into book/live/, and tests/live/people.json. What
comes from the votes of AVA are averages over 180 photographs and more, never those of a single one; without the votes
(see the page "Data") their files stay as they are.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.data.ratings import load_ava_votes
from aesthetic_utils.judgements import vote_histograms

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "book" / "live"
FIXTURE = ROOT / "tests" / "live" / "people.json"
RECORD = ROOT / "aesthetic_utils" / "results" / "ava_votes.json"
HEAD = "// Made by tools/live_people.py: {what}\n"
PARTS = 60  # of AVA's photographs, sorted by their means, equally many in each
CUTS = range(40, 67)  # thresholds, in tenths of a vote
FEW = (20, 50)  # voters that are left for a label
SEED = 0


def record() -> dict:
    return json.loads(RECORD.read_text("utf-8"))


# ---- Fechner


def rectangles() -> list[list]:
    """Fechner's ten, as the figure of the page has them: name, ratio, per cent most, per cent least pleasing."""
    sys.path.insert(0, str(ROOT / "tools" / "figures"))
    from taste import RECTANGLES  # draws with matplotlib, and is a script

    return [[name, round(ratio, 6), best, worst] for name, ratio, best, worst in RECTANGLES]


# ---- votes


def thousandths(shares: np.ndarray) -> list[list[int]]:
    """Rows that add up to 1 as whole ten-thousandths that add up to 10000 (largest remainders first)."""
    exact = shares * 10_000
    whole = np.floor(exact)
    rank = (whole - exact).argsort(1, kind="stable").argsort(1)
    missing = np.round(10_000 - whole.sum(1, keepdims=True))
    return (whole + (rank < missing)).astype(int).tolist()


def parts(counts: np.ndarray) -> list[list[int]]:
    """Average votes of PARTS equal parts of the photographs, from the lowest means to the highest: [P, 10]."""
    order = vote_histograms.means(counts).argsort(kind="stable")
    shares = [vote_histograms.mean_histogram(counts[part]) for part in np.array_split(order, PARTS)]
    return thousandths(np.stack(shares))


def tenths(counts: np.ndarray) -> np.ndarray:
    """By how many tenths each photograph's mean is above 0, rounded up, exactly: 50 stands for (4.9, 5]; [N]."""
    return -(-10 * (counts @ np.arange(1, 11)) // counts.sum(1))


def cuts(counts: np.ndarray) -> list[list[float]]:
    """For each threshold: shares "good", within half a point, and flipped with FEW voters; votes not above it."""
    step, mean = tenths(counts), vote_histograms.means(counts)
    rows = []
    for cut in CUTS:
        threshold = cut / 10
        just = counts[step == cut + 1]
        shares = just / just.sum(1, keepdims=True)
        flipped = [
            vote_histograms.flip_share(counts, k, threshold=threshold, seed=SEED) for k in FEW
        ]
        near = (abs(mean - threshold) <= 0.5).mean()
        row = [(step > cut).mean(), near, *flipped, shares[:, : cut // 10].sum(1).mean()]
        rows.append([round(float(value), 4) for value in row])
    return rows


def threshold_data(counts: np.ndarray) -> dict:
    step = tenths(counts)
    around = range(CUTS.start, CUTS.stop + 1)
    beside = [vote_histograms.mean_histogram(counts[step == s]) for s in around]
    return {
        "first": int(step.min()),
        "images": np.bincount(step - step.min()).tolist(),
        "cuts": [CUTS.start, CUTS.stop - 1],
        "voters": list(FEW),
        "shares": cuts(counts),
        "votes": thousandths(np.stack(beside)),
    }


def how_many_data(counts: np.ndarray) -> dict:
    groups = record()["groups"].values()
    return {
        "icc": record()["icc"]["value"],
        "images": len(counts),
        "measured": [[group["voters"], group["two_groups"]] for group in groups],
        "parts": parts(counts),
    }


# ---- what the scripts are tested against


def fixture() -> dict:
    """Values by numpy and the package, of the files as they are."""
    rows = rectangles()
    best = np.array([row[2] for row in rows]) / 100
    shares = np.array(read_script(FOLDER / "how_many" / "data.js")["parts"]) / 10_000
    icc = record()["icc"]["value"]
    rng = np.random.default_rng(SEED)
    x, y = rng.normal(size=(2, 40))
    return {
        "agreement": float((best**2).sum()),
        "camps": camps(),
        "means": (shares @ np.arange(1, 11)).tolist(),
        "icc_of_parts": icc_of(shares),
        "spearman_brown": [[k, vote_histograms.spearman_brown(icc, k)] for k in (1, 2, 36, 200)],
        "voters_for": {f"{r}": first_above(icc, r) for r in (0.5, 0.9, 0.95)},
        "correlation": {"x": x.tolist(), "y": y.tolist(), "r": float(np.corrcoef(x, y)[0, 1])},
    }


def camps() -> list[list[float]]:
    """Of so many of 30 people who rise: where on a grid their average with the others peaks, and how high."""
    grid = np.linspace(0, 1, 3001)
    rows = []
    for rising in (0, 6, 15, 21, 30):
        people = [1 - (1 - grid) ** 2] * rising + [1 - grid**2] * (30 - rising)
        average = np.mean(people, axis=0)
        rows.append([rising, float(grid[average.argmax()]), float(average.max())])
    return rows


def icc_of(shares: np.ndarray) -> float:
    """Share of the variance of single votes that lies between rows of probabilities [P, K]."""
    scale = np.arange(1, shares.shape[1] + 1)
    mean = shares @ scale
    within = (shares @ scale**2 - mean**2).mean()
    return float(mean.var() / (mean.var() + within))


def first_above(icc: float, wanted: float) -> int:
    """The smallest number of voters whose mean has this reliability."""
    return next(k for k in range(1, 1000) if vote_histograms.spearman_brown(icc, k) >= wanted)


# ---- files


def as_script(name: str, what: str, content: dict) -> str:
    """A JavaScript file with one global; one line for each row of a list of rows."""
    lines = []
    for key, value in content.items():
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        if isinstance(value, list) and isinstance(value[0], list):
            text = "[\n" + text[1:-1].replace("],[", "],\n[") + "\n]"
        lines.append(f'"{key}":{text}')
    content_text = ",\n".join(lines)
    return f"{HEAD.format(what=what)}globalThis.{name} = {{{content_text}}};\n"


def read_script(path: Path) -> dict:
    """What a file written by `as_script` holds."""
    return json.loads(path.read_text("utf-8").partition(" = ")[2].rstrip().removesuffix(";"))


def scripts(counts: np.ndarray | None) -> dict[str, str]:
    """The figures' data files by folder; those that need the votes only where there are any."""
    of_ava = "averages of the votes on 25,551 photographs of AVA (Murray et al. 2012)."
    made = {"fechner": as_script(
        "FECHNER", "Fechner's ten rectangles (1876), as tabulated by Elam (2011).", {"rectangles": rectangles()}
    )}  # fmt: skip
    if counts is not None:
        made["how_many"] = as_script("HOW_MANY", of_ava, how_many_data(counts))
        made["threshold"] = as_script("THRESHOLD", of_ava, threshold_data(counts))
    return made


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    try:
        counts = load_ava_votes().counts
    except MissingDataError as missing:
        print(f"live_people: how_many and threshold stay as they are: {missing}", file=sys.stderr)
        counts = None
    for name, script in scripts(counts).items():
        (FOLDER / name / "data.js").write_text(script, "utf-8")
    FIXTURE.write_text(json.dumps(fixture(), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
