"""How much of the variance between values a grouping explains, when each value is predicted by its group's others.

Predicting from the others is what keeps this honest. The mean of a group explains its only member perfectly, and
many small groups explain much of any noise, if a value may take part in its own prediction.
"""

from collections.abc import Sequence

import numpy as np

from aesthetic_utils.statistics.intervals import Interval


def mean_of_the_others(values: np.ndarray, groups: Sequence | np.ndarray) -> np.ndarray:
    """For each value the mean of the other values of its group, NaN for one that is alone: [N] -> [N]."""
    y, index = _checked(values, groups)
    total, size = np.bincount(index, y), np.bincount(index)
    others = size[index] - 1
    alone = np.full(len(y), np.nan)
    return np.divide(total[index] - y, others, out=alone, where=others > 0)


def explained_by_groups(values: np.ndarray, groups: Sequence | np.ndarray) -> float:
    """1 - (squared error of the group's others) / (squared error of all others), over values with company.

    1: the others of the group say it all; 0: no more than the mean of all others; below 0: less. A grouping that
    means nothing comes out below 0, because the mean of few says less than the mean of many.
    """
    own, all_, _ = _errors(values, groups)
    return _share(own, all_)


def explained_interval(
    values: np.ndarray,
    groups: Sequence | np.ndarray,
    *,
    repeats: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """`explained_by_groups` with a percentile bootstrap over groups; n counts the groups of two or more.

    Whole groups are drawn, since values of one group are kin: "had other groups of this kind been collected". Draws in
    which nothing varies say nothing and do not count; NaN where all are so.
    """
    own, all_, index = _errors(values, groups)
    by_group = np.stack([np.bincount(index, own), np.bincount(index, all_)], 1)  # [G, 2]
    n = len(by_group)
    rng = np.random.default_rng(seed)
    draws = by_group[rng.integers(n, size=(repeats, n))].sum(1)  # [repeats, 2]
    draws, low, high = draws[draws[:, 1] > 0], float("nan"), float("nan")
    if len(draws):
        ends = [(1 - confidence) / 2, (1 + confidence) / 2]
        low, high = np.quantile(1 - draws[:, 0] / draws[:, 1], ends)
    value = _share(own, all_)
    return Interval(value=value, low=float(low), high=float(high), n=n, confidence=confidence)


def explained_by_chance(
    values: np.ndarray, groups: Sequence | np.ndarray, *, repeats: int = 1000, seed: int = 0
) -> np.ndarray:
    """What groups of the same sizes explain when the values are dealt to them at random: [repeats]."""
    y, index = _checked(values, groups)
    rng = np.random.default_rng(seed)
    return np.array([explained_by_groups(rng.permutation(y), index) for _ in range(repeats)])


def _errors(
    values: np.ndarray, groups: Sequence | np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Squared errors of the group's others and of all others, and the number of the group; without the lonely."""
    y, index = _checked(values, groups)
    company = np.bincount(index)[index] > 1
    y, index = y[company], np.unique(index[company], return_inverse=True)[1]
    if len(np.unique(index)) < 2:
        raise ValueError("two groups with two values each are needed at least")
    y = y - y[0]  # so that values that are all the same have no error, not one of rounding
    everybody = (y.sum() - y) / (len(y) - 1)
    return (y - mean_of_the_others(y, index)) ** 2, (y - everybody) ** 2, index


def _share(own: np.ndarray, all_: np.ndarray) -> float:
    return float(1 - own.sum() / all_.sum()) if all_.sum() > 0 else float("nan")


def _checked(values: np.ndarray, groups: Sequence | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y = np.asarray(values, dtype=float)
    index = np.unique(np.asarray(groups), return_inverse=True)[1]
    if y.ndim != 1 or index.shape != y.shape or not np.isfinite(y).all():
        raise ValueError(
            f"finite values [N] and a group for each are needed; got {y.shape} and {index.shape}"
        )
    return y, index
