"""Estimates with their confidence intervals."""

from collections.abc import Callable
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
