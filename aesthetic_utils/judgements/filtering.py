"""What a filter leaves of each group, beside what chance would leave."""

from collections.abc import Sequence

import numpy as np

from aesthetic_utils.checks import require_finite


def keep_best(scores: np.ndarray, rows: np.ndarray, share: float = 0.5) -> np.ndarray:
    """Of `rows` (indices into scores [N]) the given share with the highest scores, best first.

    Raises ValueError for a share outside 0 to 1, and for scores of these rows that are not finite: a NaN
    is neither better nor worse than anything.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; from above 0 to 1 can be kept")
    require_finite(np.asarray(scores)[rows], "scores")
    order = np.argsort(-scores[rows], kind="stable")
    return rows[order[: round(share * len(rows))]]


def kept_shares(kept: np.ndarray, rows: np.ndarray, groups: Sequence[str]) -> dict[str, float]:
    """Which share of each group among `rows` is among `kept`; group names in alphabetical order."""
    labels = np.asarray(groups)
    if not np.isin(kept, rows).all():
        raise ValueError("kept must be some of the rows; there are others among them")
    return {
        name: float((labels[kept] == name).sum() / (labels[rows] == name).sum())
        for name in sorted(set(labels[rows].tolist()))
    }


def shares_by_chance(
    rows: np.ndarray,
    groups: Sequence[str],
    *,
    share: float = 0.5,
    repeats: int = 1000,
    confidence: float = 0.99,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Between which shares of each group a random cut of the same size leaves, so often out of 1."""
    rng, n = np.random.default_rng(seed), round(share * len(rows))
    names, group = np.unique(np.asarray(groups)[rows], return_inverse=True)  # [rows]
    cuts = np.stack(
        [np.bincount(rng.permutation(group)[:n], minlength=len(names)) for _ in range(repeats)]
    )
    ends = np.quantile(
        cuts / np.bincount(group), [(1 - confidence) / 2, (1 + confidence) / 2], axis=0
    )
    return {str(k): (float(low), float(high)) for k, low, high in zip(names, *ends, strict=True)}
