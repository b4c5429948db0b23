"""Where a value stands among the pictures of this course: the percentile of a measure.

The distributions are the record `reference_distributions`, made by `python -m tools.publish_reference`: 101 quantiles
of every column over the embedded photographs and over embedded drawings, each at the size at which it ships.
"""

import functools
import json
import math
from importlib import resources

import numpy as np

RECORD = "reference_distributions"
QUANTILES = 101  # the least value, each per cent, the largest value


def digits(value: float) -> float:
    """Six significant digits, as the record keeps them; a value is compared after the same rounding."""
    return float(f"{value:.6g}")


def percentile(name: str, value: float, of: str = "photographs") -> float:
    """How many per cent of the reference pictures have a smaller value, from 0 to 100; 50 is the median.

    name: a column of `MEASURES`; value: what `measure` gives for it, in its unit; of: "photographs" (115, long side of
    768 pixels) or "drawings" (500 emoji of 64 x 64 pixels). Many measures change with the size of the picture: bring
    yours to the size of the reference before you measure it.

    The quantiles are joined by straight lines. A value that many pictures share counts half of them, like a mean rank.
    A value below all others gives 0, one above all 100. NaN for NaN, and where the measure is defined for no
    reference picture (Mather's slope needs 128 pixels). Pictures for which it is not defined do not count. A mean hue
    (`mean_HSV_H`) is an angle, and its percentile counts from red at 0 turns; it says little. Raises ValueError for a
    column or a set that the record does not have.
    """
    return place(digits(value), quantiles(name, of))


def quantiles(name: str, of: str = "photographs") -> np.ndarray:
    """The 101 quantiles of a column over a reference set, rising, in the unit of the column: [101].

    All NaN where the measure is defined for none of its pictures. Raises ValueError as `percentile` does.
    """
    sets = _record()["sets"]
    if of not in sets:
        raise ValueError(f"no reference pictures are called {of!r}; there are {', '.join(sets)}")
    columns = sets[of]["measures"]
    if name not in columns:
        raise ValueError(f"no measure is called {name!r}; there are {', '.join(columns)}")
    found = columns[name].get("quantiles")
    return np.array(found) if found else np.full(QUANTILES, np.nan)


def place(value: float, levels: np.ndarray) -> float:
    """Where a value lies among rising, evenly spaced quantiles [n]: 0 at the first or below, 100 at the last or above.

    Between two of them on the straight line; at several that are equal in the middle of them. NaN if the value or the
    quantiles are.
    """
    if math.isnan(value) or np.isnan(levels).any():
        return math.nan
    first, after = (int(np.searchsorted(levels, value, side)) for side in ("left", "right"))
    steps = len(levels) - 1
    if after > first:
        position = (first + after - 1) / 2
    else:
        position = float(np.interp(value, levels, np.arange(len(levels))))
    return 100 * position / steps


@functools.cache
def _record() -> dict:
    file = resources.files("aesthetic_utils") / "results" / f"{RECORD}.json"
    return json.loads(file.read_text("utf-8"))
