"""Ridge regression for few pictures and many numbers, and predictions of what was left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

PENALTIES = tuple(10.0**k for k in np.arange(-2, 5.01, 0.5))


@dataclass(frozen=True, kw_only=True, eq=False)
class Ridge:
    """y = mean + ((x - centre) / scale) @ weights, for x within the range of the training rows."""

    centre: np.ndarray  # [D]
    scale: np.ndarray  # [D]
    weights: np.ndarray  # [D]
    low: np.ndarray  # [D], least value in training
    high: np.ndarray  # [D]
    mean: float
    penalty: float

    def predict(self, x: np.ndarray) -> np.ndarray:
        """[N, D] -> [N]. A column outside its range in training is taken at the end of that range.

        With more columns than rows some hardly vary in training, and a picture a hundred of their
        spreads away would get any prediction whatever.
        """
        x = np.clip(x, self.low, self.high)
        return self.mean + ((x - self.centre) / self.scale) @ self.weights


def fit_ridge(x: np.ndarray, y: np.ndarray, *, penalties: Sequence[float] = PENALTIES) -> Ridge:
    """Least squares plus a penalty on the squared weights, on standardised columns: [N, D], [N].

    Hoerl & Kennard (1970). Of several penalties the one with the smallest leave-one-out error within
    these N is taken. Columns that do not vary get no weight.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 2 or y.shape != (len(x),) or len(x) < 3:
        raise ValueError(
            f"x [N, D] and y [N] are needed, N of at least 3; got {x.shape}, {y.shape}"
        )
    centre, scale = x.mean(0), x.std(0)
    scale = np.where(scale > 1e-12, scale, np.inf)
    u, d, vt = np.linalg.svd((x - centre) / scale, full_matrices=False)
    mean = y.mean()
    along = u.T @ (y - mean)  # [K]
    errors = []
    for penalty in penalties:
        shrink = d**2 / (d**2 + penalty)
        leverage = 1 / len(y) + (u**2) @ shrink  # [N]
        left_out = (y - mean - u @ (shrink * along)) / (1 - leverage).clip(1e-6)
        errors.append((left_out**2).mean())
    penalty = penalties[int(np.argmin(errors))]
    weights = vt.T @ (d / (d**2 + penalty) * along)
    return Ridge(
        centre=centre, scale=scale, weights=weights, low=x.min(0), high=x.max(0), mean=float(mean),
        penalty=penalty,
    )  # fmt: skip


def left_out_predictions(
    x: np.ndarray,
    y: np.ndarray,
    splits: Iterable[tuple[np.ndarray, np.ndarray]],
    *,
    penalties: Sequence[float] = PENALTIES,
) -> np.ndarray:
    """What a ridge fitted to the training rows says of the test rows of each split: [N].

    splits: pairs (train, test) of index arrays; every row has to be in one test at least, and gets
    the mean of what is said of it. The penalty is chosen within the training rows.
    """
    total, times = np.zeros(len(y)), np.zeros(len(y))
    for train, test in splits:
        if np.intersect1d(train, test).size:
            raise ValueError("a row is in training and test of one split")
        total[test] += fit_ridge(x[train], y[train], penalties=penalties).predict(x[test])
        times[test] += 1
    if not times.all():
        raise ValueError(f"{int((times == 0).sum())} rows are in no test")
    return total / times


def random_splits(n: int, folds: int, *, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each of n rows in the test of one of so many splits, at random."""
    parts = np.array_split(np.random.default_rng(seed).permutation(n), folds)
    return [(np.setdiff1d(np.arange(n), part), part) for part in parts]


def kinless_splits(parents: Sequence[frozenset]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows with the same parents are tested together, on what is learned from rows that share none.

    For pictures made of others, where leaving out one picture leaves its siblings in.
    """
    splits = []
    for group in dict.fromkeys(parents):
        test = [i for i, own in enumerate(parents) if own == group]
        train = [i for i, own in enumerate(parents) if not own & group]
        splits.append((np.array(train), np.array(test)))
    return splits


def thinned_splits(
    splits: Sequence[tuple[np.ndarray, np.ndarray]], rows: int, *, seed: int = 0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The same tests with so many training rows, drawn at random: a control for smaller training."""
    rng = np.random.default_rng(seed)
    return [(np.sort(rng.choice(train, rows, replace=False)), test) for train, test in splits]
