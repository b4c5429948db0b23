"""Sets of pictures compared: how often one exceeds the other, tests over many measures, tables of distances."""

from itertools import permutations

import numpy as np
from scipy import stats

from aesthetic_utils.statistics.intervals import Interval

EXACT = 7  # so many objects have 5,040 orders, all of which are tried


def above(a: np.ndarray, b: np.ndarray) -> float:
    """Chance that a value of a exceeds one of b, ties counted half; 0.5 where nothing is defined.

    a: [N], b: [M]; NaN is left out. The area under the ROC curve: Mann & Whitney's (1947) statistic by the
    number of pairs.
    """
    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    if not len(a) or not len(b):
        return 0.5
    return float(stats.mannwhitneyu(a, b).statistic / (len(a) * len(b)))


def above_interval(
    a: np.ndarray,
    b: np.ndarray,
    *,
    repeats: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """`above` with a percentile bootstrap that draws each set anew: a [N], b [M], NaN left out.

    n is the size of the smaller set. Where every value of one set exceeds every one of the other all draws are alike,
    and the interval is a point: it then says nothing about other pictures. Raises ValueError for an empty set.
    """
    a, b = np.sort(a[~np.isnan(a)]), np.sort(b[~np.isnan(b)])
    n, m = len(a), len(b)
    if not n or not m:
        raise ValueError("a comparison needs a value on either side")
    below, upto = np.searchsorted(b, a, "left"), np.searchsorted(b, a, "right")  # [N]
    rng = np.random.default_rng(seed)
    drawn: list[float] = []
    for _ in range(repeats):
        times_a, times_b = (np.bincount(rng.integers(k, size=k), minlength=k) for k in (n, m))
        until = np.concatenate([[0], times_b.cumsum()])  # how many of the drawn b come before
        drawn.append(float(times_a @ (until[below] + until[upto])) / (2 * n * m))
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(
        value=above(a, b), low=float(low), high=float(high), n=min(n, m), confidence=confidence
    )


# --------------------------------------------------------------------------------------------------
# the same things by several hands


def concordance(ranks: np.ndarray) -> float:
    """Kendall's W, corrected for ties: ranks [blocks, treatments] -> 0 to 1; NaN if all are tied.

    The share of the variance of ranks within blocks that lies between the treatments. Its mean is
    1 / blocks when there is no difference.
    """
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    within = np.mean(np.sum(centred**2, axis=1))
    return float(np.sum(centred.mean(axis=0) ** 2) / within) if within > 0 else float("nan")


def friedman(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Ranks and p-value of Friedman's test: [blocks, treatments], incomplete blocks left out.

    The p-value is NaN if all are tied. Raises ValueError without a complete block, or for fewer than two treatments.
    """
    complete = values[~np.isnan(values).any(axis=1)]
    if not len(complete) or values.shape[1] < 2:
        raise ValueError(f"a block without a gap and two treatments are needed; of {len(values)} blocks {len(complete)} are complete, with {values.shape[1]} treatments")  # fmt: skip
    ranks = stats.rankdata(complete, axis=1)
    blocks, treatments = ranks.shape
    chi_squared = blocks * (treatments - 1) * concordance(ranks)
    return ranks, float(stats.chi2.sf(chi_squared, treatments - 1))


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's (1979) adjusted p-values: [m] -> [m]."""
    order = np.argsort(p)
    stepped = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Benjamini & Hochberg's (1995) adjusted p-values: [m] -> [m].

    Who calls those up to q differences is wrong about a share of at most q of them on average, if the tests are
    independent.
    """
    order = np.argsort(p)[::-1]  # the largest first
    stepped = np.minimum.accumulate(p[order] * len(p) / np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted


# --------------------------------------------------------------------------------------------------
# tables of distances


def mantel(
    a: np.ndarray, b: np.ndarray, *, draws: int = 5000, seed: int = 0
) -> tuple[float, float]:
    """Do two tables of distances between the same k objects go together? Rank correlation, and its p-value.

    a, b: symmetric [k, k]; the diagonals are not looked at. The k (k - 1) / 2 distances of a table are not
    independent, so the p-value comes from naming the objects of one table anew, in all orders up to 7
    objects and in `draws` random ones beyond: the share of orders with a correlation at least as large.
    With k objects it cannot fall below 1 / k!. NaN for both where all distances of a table are the same, which go with
    nothing. Mantel (1967), with ranks. Raises ValueError for other shapes.
    """
    if a.ndim != 2 or a.shape != b.shape or a.shape[0] != a.shape[1] or len(a) < 3:
        raise ValueError(f"two tables [k >= 3, k] are needed; got {a.shape} and {b.shape}")
    k = len(a)
    upper = np.triu_indices(k, 1)
    one = stats.rankdata(a[upper])
    if min(np.ptp(a[upper]), np.ptp(b[upper])) == 0:
        return float("nan"), float("nan")

    def correlation(order: np.ndarray) -> float:
        two = stats.rankdata(b[np.ix_(order, order)][upper])
        return float(np.corrcoef(one, two)[0, 1])

    if k <= EXACT:
        orders = (np.array(order) for order in permutations(range(k)))
    else:  # the order as it is counts as one of the draws
        rng = np.random.default_rng(seed)
        orders = (rng.permutation(k) if draw else np.arange(k) for draw in range(draws))
    found = correlation(np.arange(k))
    by_chance = np.array([correlation(order) for order in orders])
    return found, float(np.mean(by_chance >= found - 1e-12))


def classical_scaling(squared: np.ndarray, dimensions: int = 2) -> tuple[np.ndarray, float]:
    """Places on a map [k, dimensions], as true to the distances as can be, and the share that they hold.

    squared: **squared** distances [k, k], such as Frechet distances, which are squares of a metric (of
    Wasserstein, between Gaussians). Torgerson (1952). The share is that of the largest eigenvalues in the sum
    of all positive ones: 1 means that the map is exact. Axes and signs mean nothing. The share is NaN where all objects
    lie in one place.
    """
    k = len(squared)
    centre = np.eye(k) - 1 / k
    values, vectors = np.linalg.eigh(-centre @ squared @ centre / 2)
    chosen = np.argsort(values)[::-1][:dimensions]
    kept, whole = values[chosen].clip(0), values.clip(0).sum()
    return vectors[:, chosen] * np.sqrt(kept), float(kept.sum() / whole) if whole else float("nan")
