"""Two sets of pictures, measured by `aesthetic measure`, set side by side."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from aesthetic_utils import page
from aesthetic_utils.measures.columns import MEASURES
from aesthetic_utils.statistics.comparison import above_interval, benjamini_hochberg, holm
from aesthetic_utils.storage import AestheticError, reason

FEWEST = 3  # pictures of a set for which a column has a number, or it is left out
SIZE_COLUMNS = ("image_size", "aspect_ratio")


class CompareError(AestheticError):
    """Tables that cannot be compared; says why."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One column in both sets."""

    name: str
    medians: tuple[float, float]
    counts: tuple[int, int]  # pictures with a number
    chance: float  # that a picture of the first exceeds one of the second; ties count half
    low: float
    high: float
    p: float
    holm: float
    bh: float


def read_measures(path: str | Path) -> dict[str, np.ndarray]:
    """The columns of a table as `write_table` writes it: float64 [N] each, an empty field is NaN.

    Columns: width, height, and those of MEASURES that are there. Raises CompareError for other files.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise CompareError(f"{path} cannot be read: {why}") from error
    names = [n for n in ("width", "height", *MEASURES) if rows and n in rows[0]]
    if not {"width", "height"} <= set(names) or len(names) < 3:
        raise CompareError(
            f"{path} is no table of `aesthetic measure`: it has no rows or no columns of it"
        )
    try:
        return {n: np.array([float(row[n] or "nan") for row in rows]) for n in names}
    except (TypeError, ValueError) as error:
        raise CompareError(f"{path} holds what is no number ({error})") from error


def compare_measures(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> list[Compared]:
    """Every column that both tables have, those that differ most first.

    p: Mann-Whitney's test, two-sided; holm and bh: adjusted for the number of columns. Columns of the
    size are left out, and those with fewer than FEWEST numbers in a set or no variation in either.
    Raises CompareError if none is left.
    """
    from scipy.stats import mannwhitneyu

    found = []
    for name in MEASURES:
        if name in SIZE_COLUMNS or name not in a or name not in b:
            continue
        x, y = (v[name][np.isfinite(v[name])] for v in (a, b))
        if min(len(x), len(y)) < FEWEST or len(np.unique(np.concatenate([x, y]))) < 2:
            continue
        found.append((name, x, y, float(mannwhitneyu(x, y).pvalue)))
    if not found:
        raise CompareError(f"no column has {FEWEST} numbers or more in both tables")
    p = np.array([each[3] for each in found])
    compared = []
    for (name, x, y, value), by_holm, by_bh in zip(
        found, holm(p), benjamini_hochberg(p), strict=True
    ):
        chance = above_interval(x, y)
        compared.append(
            Compared(
                name=name, medians=(float(np.median(x)), float(np.median(y))), counts=(len(x), len(y)),
                chance=chance.value, low=chance.low, high=chance.high, p=value, holm=float(by_holm),
                bh=float(by_bh),
            )
        )  # fmt: skip
    return sorted(compared, key=lambda c: -abs(c.chance - 0.5))


def size_note(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> str:
    """What to say before anything else if the sets differ in size or shape; "" if they do not.

    They do when the median area differs by more than a tenth, or the median shape by more than a twentieth.
    """
    area = [float(np.median(v["width"] * v["height"])) for v in (a, b)]
    shape = [float(np.median(v["width"] / v["height"])) for v in (a, b)]
    found = []
    if abs(math.log(area[0] / area[1])) > math.log(1.1):
        found.append(f"in size (medians {area[0] / 1e6:.3g} and {area[1] / 1e6:.3g} megapixels)")
    if abs(math.log(shape[0] / shape[1])) > math.log(1.05):
        found.append(f"in shape (medians {shape[0]:.3g} and {shape[1]:.3g}, width by height)")
    if not found:
        return ""
    return (
        f"The pictures differ {' and '.join(found)}. Many measures change with it, so a difference below "
        "may be one of the files and not of the pictures. Measure both again with --size or --pixels, "
        "and --crop or --pad."
    )


def reference_quartiles() -> tuple[int, int, dict[str, tuple[float, float, float]]]:
    """Of the course's photographs: how many, their longer side in pixels, and quartiles by column."""
    text = resources.files("aesthetic_utils").joinpath("results/image_measures.json").read_text()
    found = json.loads(text)["photographs"]
    columns = {k: (v["p25"], v["p50"], v["p75"]) for k, v in found["measures"].items()}
    return found["images"], found["long_side"], columns


def comparison_page(
    names: tuple[str, str], a: dict[str, np.ndarray], b: dict[str, np.ndarray]
) -> str:
    """The comparison as one HTML page: the check of sizes, a figure, a table."""
    compared = compare_measures(a, b)
    first, second = names
    n = len(a["width"]), len(b["width"])
    sure = sum(c.holm < 0.05 for c in compared)
    note = size_note(a, b)
    parts = [
        page.paragraph(f"{n[0]:,} pictures of {first} and {n[1]:,} of {second}, {len(compared)} measures."),
        page.paragraph(note or "The two sets have about the same size and shape.", note=bool(note)),
        page.paragraph(
            f"{sure} of {len(compared)} measures differ when the number of tests is taken into account "
            "(Holm, 5 %). A difference says that the pictures are not alike, not which are better."
        ),
        page.heading("How often one exceeds the other"),
        page.paragraph(
            f"The chance that a picture drawn from {first} has a larger value than one drawn from {second}, "
            "with its 95 % interval; 0.5 is no difference. The twenty measures that differ most."
        ),
        page.chart(
            [page.Bar(name=c.name, value=c.chance, low=c.low, high=c.high) for c in compared[:20]],
            f"chance that {first} exceeds {second}", ends=(0.0, 1.0), line=0.5,
        ),
        page.heading("All measures"),
        _table(compared, names),
    ]  # fmt: skip
    return page.page(f"{first} and {second} compared", parts)


def _table(compared: Sequence[Compared], names: tuple[str, str]) -> str:
    images, side, quartiles = reference_quartiles()
    head = [
        "measure", "unit", f"median, {names[0]}", f"median, {names[1]}", "chance", "95 % interval", "p",
        "Holm", "Benjamini-Hochberg", "middle half of the course's photographs",
    ]  # fmt: skip
    rows: list[list[str | float]] = []
    for c in compared:
        middle = quartiles.get(c.name)
        ends = f"{page.number(middle[0])} to {page.number(middle[2])}" if middle else "–"
        rows.append([
            c.name, MEASURES[c.name].unit, *c.medians, c.chance,
            f"{c.low:.2f} to {c.high:.2f}", c.p, c.holm, c.bh, ends,
        ])  # fmt: skip
    about = page.paragraph(
        f"The last column is of {images} photographs, with {side} pixels on the longer side; it compares "
        "with pictures of that size alone. Holm's adjusted p bounds the chance of even one false find, "
        "Benjamini and Hochberg's the share of false ones among the finds."
    )
    return about + page.table(head, rows)
