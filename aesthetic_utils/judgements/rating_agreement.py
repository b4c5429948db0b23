"""How far raters agree who gave the same items scores: Krippendorff's alpha, intraclass correlations."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class IntraclassCorrelations:
    """Shrout & Fleiss (1979): of one rater's scores, and of the mean of all; NaN where nothing varies."""

    one_way: float  # ICC(1,1): who rated what is not known
    agreement: float  # ICC(2,1): a rater's level counts as disagreement
    consistency: float  # ICC(3,1): it does not
    mean_agreement: float  # ICC(2,k)
    mean_consistency: float  # ICC(3,k), Cronbach's alpha
    raters: int
    items: int


def krippendorff_alpha(ratings: np.ndarray) -> float:
    """Krippendorff's alpha for scores at equal intervals: [R, I], NaN where there is none.

    1 - observed / expected disagreement with squared differences (Krippendorff 2011, "Computing
    Krippendorff's alpha-reliability"): 1 all agree, 0 as by chance, below 0 worse. Items with fewer than
    two scores are left out. NaN where no scores can be paired, or where all are the same.
    """
    x = np.asarray(ratings, dtype=float)
    if x.ndim != 2:
        raise ValueError(f"ratings must be [R, I]; got {x.shape}")
    x = x[:, (~np.isnan(x)).sum(0) >= 2]
    if not x.size:
        return math.nan
    n = (~np.isnan(x)).sum(0)  # [I]
    within = n * np.nanvar(x, axis=0)  # of the pairs of an item, half the sum of squares by n
    observed = 2 * (n * within / (n - 1)).sum() / n.sum()
    values = x[~np.isnan(x)]
    expected = 2 * len(values) * values.var() / (len(values) - 1)
    return float(1 - observed / expected) if expected > 0 else math.nan


def intraclass_correlations(ratings: np.ndarray) -> IntraclassCorrelations:
    """All of one complete table: [R, I], two raters and two items at least.

    Raises ValueError for other shapes and for missing scores.
    """
    x = np.asarray(ratings, dtype=float)
    if x.ndim != 2 or min(x.shape) < 2 or np.isnan(x).any():
        raise ValueError(f"a complete table [R >= 2, I >= 2] is needed; got {x.shape}")
    k, n = x.shape
    by_item = k * x.mean(0).var(ddof=1)  # mean squares
    by_rater = n * x.mean(1).var(ddof=1)
    within = x.var(axis=0, ddof=1).mean()
    rest = (within * n * (k - 1) - by_rater * (k - 1)) / ((n - 1) * (k - 1))
    return IntraclassCorrelations(
        one_way=_ratio(by_item - within, by_item + (k - 1) * within),
        agreement=_ratio(by_item - rest, by_item + (k - 1) * rest + k * (by_rater - rest) / n),
        consistency=_ratio(by_item - rest, by_item + (k - 1) * rest),
        mean_agreement=_ratio(by_item - rest, by_item + (by_rater - rest) / n),
        mean_consistency=_ratio(by_item - rest, by_item),
        raters=k,
        items=n,
    )


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 1e-12 else math.nan
