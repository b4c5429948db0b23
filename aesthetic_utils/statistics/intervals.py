"""Estimates with their confidence intervals."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate with its confidence interval."""

    value: float
    low: float
    high: float
    n: int  # units that were resampled or counted
    confidence: float = 0.95

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}], n = {self.n:,}"


def bootstrap(
    statistic: Callable[..., float],
    *data: np.ndarray,
    repeats: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap over images: rows of all arrays are resampled together, with replacement.

    For statistics that are averages over images. It answers "had other images of this kind been
    drawn"; the voters are taken as they are.
    """
    arrays = [np.asarray(d) for d in data]
    n = len(arrays[0])
    rng = np.random.default_rng(seed)
    rows = (rng.integers(n, size=n) for _ in range(repeats))
    values = [statistic(*(a[r] for a in arrays)) for r in rows]
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    value = float(statistic(*arrays))
    return Interval(value=value, low=float(low), high=float(high), n=n, confidence=confidence)


def wilson_interval(successes: float, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Confidence interval of a share by Wilson's score method; sound for small n and near 0 or 1.

    successes: from 0 to n; a tie may count half.
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"{successes} of {n} is no share")
    from scipy.stats import norm  # slow to import

    z = norm.ppf((1 + confidence) / 2)
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return centre - half, centre + half


def mean_and_interval(values: Sequence[float], *, confidence: float = 0.95) -> dict[str, float]:
    """Mean, standard deviation and t interval of repeated runs, as the results files hold them."""
    n, mean = len(values), float(np.mean(values))
    if n < 2:
        raise ValueError("an interval needs at least two runs")
    from scipy.stats import t  # slow to import

    sd = float(np.std(values, ddof=1))
    half = float(t.ppf((1 + confidence) / 2, n - 1)) * sd / math.sqrt(n)
    return {"mean": mean, "sd": sd, "low": mean - half, "high": mean + half, "n": n}
