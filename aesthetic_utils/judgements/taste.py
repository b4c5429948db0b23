"""Private and shared taste, from raters who rate the same items more than once.

Ratings are arrays [R, I, T]: rater, item, round. What a rater repeats and others do not share is
private taste; what all share is shared taste; what nobody repeats is noise. One round cannot tell
private taste from noise.

All of it is about these items as much as about these people. Shared taste is the variance between
items, so the same people come out as more private, and agree less, on items that are alike: see
`index_on_other_items`.
"""

from dataclasses import asdict, dataclass

import numpy as np

from aesthetic_utils.statistics.intervals import Interval
from aesthetic_utils.statistics.reliability import spearman_brown


@dataclass(frozen=True, kw_only=True)
class TasteParts:
    """Variance components of ratings; estimates by analysis of variance may come out below 0."""

    item: float  # shared taste: items that all like better than others
    rater: float  # level: raters who give more to everything
    interaction: float  # private taste: what a rater likes apart from the others
    noise: float  # what the same rater does not repeat

    @property
    def partition(self) -> dict[str, float]:
        """Share of each part in the whole variance; parts below 0 count as 0, and the shares sum to 1.

        The variance partitioning coefficients that Martinez, Funk & Todorov (2020) advise to report
        beside an index, since an index leaves out how much is level and noise; from the analysis of
        variance in place of their mixed model. NaN where nothing varies.
        """
        parts = {name: max(value, 0.0) for name, value in asdict(self).items()}
        whole = sum(parts.values())
        return {name: value / whole if whole else float("nan") for name, value in parts.items()}

    @property
    def b1(self) -> float:
        """Beholder index: private / (private + shared); 0 nobody differs, 1 nobody agrees."""
        return _share(self.interaction, self.item)

    @property
    def b2(self) -> float:
        """The same with the raters' level counted as private taste: an upper bound."""
        return _share(max(self.interaction, 0) + max(self.rater, 0), self.item)


def taste_parts(ratings: np.ndarray) -> TasteParts:
    """Two-way random-effects analysis of variance with repeats: ratings [R, I, T], all there.

    The components whose ratio is Hoenekopp's (2006) beholder index. Raises ValueError for fewer than two
    raters, items or rounds, and for missing ratings (`complete_raters` drops raters who miss some).
    """
    x = _complete(ratings)
    raters, items, rounds = x.shape
    cell, by_rater, by_item, all_ = x.mean(2), x.mean((1, 2)), x.mean((0, 2)), x.mean()
    ms_rater = items * rounds * by_rater.var(ddof=1)
    ms_item = raters * rounds * by_item.var(ddof=1)
    rest = cell - by_rater[:, None] - by_item + all_  # [R, I]
    ms_both = rounds * (rest**2).sum() / ((raters - 1) * (items - 1))
    ms_noise = ((x - cell[:, :, None]) ** 2).sum() / (raters * items * (rounds - 1))
    return TasteParts(
        item=float((ms_item - ms_both) / (raters * rounds)),
        rater=float((ms_rater - ms_both) / (items * rounds)),
        interaction=float((ms_both - ms_noise) / rounds),
        noise=float(ms_noise),
    )


def index_on_other_items(index: float, spread: float) -> float:
    """What a beholder index would be on items whose shared appeal varies `spread` times as much (sd).

    Private taste is taken to stay as it is: b / (b + (1 - b) spread^2). With it two studies can be
    compared only as far as one knows how varied the items of each were. index in 0..1, spread >= 0.
    """
    if not (0 <= index <= 1 and spread >= 0):
        raise ValueError(f"index must be in 0..1 and spread at least 0, not {index} and {spread}")
    return _share(index, (1 - index) * spread**2)


def beholder_interval(
    ratings: np.ndarray,
    *,
    index: str = "b1",
    resample: str = "both",
    repeats: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """b1 or b2 with a bootstrap interval: ratings [R, I, T].

    resample: "raters", "items" or "both", namely those that stand for others like them

    Rows and columns are drawn with replacement, as in Owen's (2007) pigeonhole bootstrap. Since a
    rater drawn twice brings the same taste twice, the resampled indices are shifted; the interval
    is their quantiles, moved so that their median lies at the estimate. Variances below 0 count as they
    are until the end, or an interval for people who do not differ would begin above 0.
    """
    if resample not in ("raters", "items", "both"):
        raise ValueError(f"resample is {resample!r}; use raters, items or both")
    x = _complete(ratings)
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(repeats):
        draw = x
        if resample != "items":
            draw = draw[rng.integers(len(x), size=len(x))]
        if resample != "raters":
            draw = draw[:, rng.integers(x.shape[1], size=x.shape[1])]
        found.append(_unclipped(taste_parts(draw), index))
    parts = taste_parts(x)
    value = getattr(parts, index)
    draws = np.array(found)[~np.isnan(found)]
    centre = _unclipped(parts, index)
    low, high = 0.0, 1.0  # more noise than taste of either kind: nothing is known
    if len(draws) and not np.isnan(centre):
        ends = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
        low, high = (centre + ends - np.median(draws)).clip(0, 1)
    n = len(x) if resample == "raters" else x.shape[1] if resample == "items" else min(x.shape[:2])
    return Interval(value=value, low=float(low), high=float(high), n=n, confidence=confidence)


@dataclass(frozen=True, kw_only=True, eq=False)
class RaterCorrelations:
    """Correlations over items; NaN where one side does not vary.

    That is so for a rater who always says the same, and for a mean in which opposite tastes cancel out. `pairs` leaves such
    raters out of a round, and is NaN if fewer than two are left in one. `mean_of_all` takes them for raters like the others.
    """

    repeat: np.ndarray  # [R], a rater's first round with the same rater's second
    crowd: np.ndarray  # [R], a rater's mean over rounds with the mean of all others
    pairs: float  # mean over all pairs of raters, one round each
    mean_of_all: float  # reliability of the mean of all, by Spearman and Brown from `pairs`


def rater_correlations(ratings: np.ndarray) -> RaterCorrelations:
    """How raters agree with themselves and with others: ratings [R, I, T], complete, T of at least 2."""
    x = _complete(ratings)
    mean = x.mean(2)  # [R, I]
    others = (mean.sum(0) - mean) / (len(x) - 1)
    rounds = [_rows(x[:, :, t]) for t in range(x.shape[2])]
    pairs = float(np.mean([_between(z) for z in rounds]))
    return RaterCorrelations(
        repeat=(rounds[0] * rounds[1]).sum(1),
        crowd=(_rows(mean) * _rows(others)).sum(1),
        pairs=pairs,
        mean_of_all=spearman_brown(pairs, len(x)),
    )


def complete_raters(ratings: np.ndarray) -> np.ndarray:
    """bool [R]: raters without a missing (NaN) rating."""
    return ~np.isnan(ratings).any((1, 2))


def _complete(ratings: np.ndarray) -> np.ndarray:
    x = np.asarray(ratings, dtype=float)
    if x.ndim != 3 or min(x.shape) < 2:
        raise ValueError(
            f"ratings must be [R, I, T] with at least two raters, items and rounds; got {x.shape}. "
            "With one round, private taste and noise cannot be told apart"
        )
    if np.isnan(x).any():
        missing = int((~complete_raters(x)).sum())
        raise ValueError(f"{missing} of {len(x)} raters miss a rating; see complete_raters")
    return x


def _share(private: float, shared: float) -> float:
    private, shared = max(private, 0), max(shared, 0)  # a variance is not negative
    return private / (private + shared) if private + shared else float("nan")


def _rows(x: np.ndarray) -> np.ndarray:
    """Rows with mean 0 and length 1, so that products are correlations; NaN for a constant row."""
    centred = x - x.mean(1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.divide(centred, length, out=np.full_like(centred, np.nan), where=length > 1e-12)


def _between(rows: np.ndarray) -> float:
    """Mean correlation of two of the raters, from `_rows`; NaN where fewer than two vary."""
    found = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
    found = found[~np.isnan(found)]
    return float(found.mean()) if len(found) else float("nan")


def _unclipped(parts: TasteParts, index: str) -> float:
    """b1 or b2 of variances that may be below 0; NaN where their sum is."""
    private = parts.interaction + (parts.rater if index == "b2" else 0)
    both = private + parts.item
    return private / both if both > 0 else float("nan")
