"""How far scores of several raters can be relied on: intraclass correlations and Krippendorff's alpha."""

from dataclasses import dataclass

import numpy as np

from aesthetic_utils.statistics.intervals import Interval


@dataclass(frozen=True, kw_only=True)
class IntraclassCorrelations:
    """Of one matrix of scores; named as by McGraw & Wong (1996). Estimates may come out below 0."""

    one: Interval  # ICC(1): one score, when nothing is known of who gave it
    consistency: Interval  # ICC(C,1): one rater, the raters' levels left out
    agreement: Interval  # ICC(A,1): one rater, the raters' levels counted as error
    consistency_of_mean: Interval  # ICC(C,k), Cronbach's alpha: the mean of all raters
    agreement_of_mean: Interval  # ICC(A,k)


def intraclass_correlations(
    scores: np.ndarray, *, confidence: float = 0.95
) -> IntraclassCorrelations:
    """From the two-way analysis of variance: scores [R, I], a row a rater, none missing.

    The five of Shrout & Fleiss (1979), there called ICC(1,1), (3,1), (2,1), (3,k) and (2,k), with the intervals
    from F distributions that they give; n of an interval is the number of items. NaN where nothing varies, and for
    a mean of all raters that is the same for every item.
    Raises ValueError for fewer than two raters or items, and for scores that are missing.
    """
    x = np.asarray(scores, dtype=float)
    if x.ndim != 2 or min(x.shape) < 2 or not np.isfinite(x).all():
        raise ValueError(
            f"scores must be [R, I], at least two raters and two items, none missing; got {x.shape}"
        )
    k, n = x.shape
    items = k * x.mean(0).var(ddof=1)  # mean squares
    raters = n * x.mean(1).var(ddof=1)
    within = x.var(0, ddof=1).mean()
    rest = max(float(((within * n * (k - 1)) - raters * (k - 1)) / ((n - 1) * (k - 1))), 0.0)
    one = _interval(items, within, k, n, n * (k - 1), confidence)
    consistency = _interval(items, rest, k, n, (n - 1) * (k - 1), confidence)
    agreement = _agreement(items, raters, rest, k, n, confidence)
    return IntraclassCorrelations(
        one=one,
        consistency=consistency,
        agreement=agreement,
        consistency_of_mean=_of_mean(consistency, k),
        agreement_of_mean=_of_mean(agreement, k),
    )


def _interval(
    items: float, error: float, k: int, n: int, freedom: int, confidence: float
) -> Interval:
    """(F - 1) / (F + k - 1), with F between the ends of its confidence interval."""
    from scipy.stats import f  # slow to import

    tail = (1 + confidence) / 2

    def icc(ratio: float) -> float:
        above, below = items - ratio * error, items + ratio * (k - 1) * error
        return float(above / below) if below > 0 else float("nan")

    low, high = icc(f.ppf(tail, n - 1, freedom)), icc(1 / f.ppf(tail, freedom, n - 1))
    return Interval(value=icc(1), low=low, high=high, n=n, confidence=confidence)


def _agreement(
    items: float, raters: float, rest: float, k: int, n: int, confidence: float
) -> Interval:
    """ICC(A,1) with the interval of Shrout & Fleiss (1979), by Satterthwaite's degrees of freedom."""
    from scipy.stats import f  # slow to import

    whole = items + (k - 1) * rest + k * (raters - rest) / n
    if not whole > 0:
        nan = float("nan")
        return Interval(value=nan, low=nan, high=nan, n=n, confidence=confidence)
    value = float((items - rest) / whole)
    if rest == 0:  # without noise no degrees of freedom can be had
        return Interval(value=value, low=value, high=value, n=n, confidence=confidence)
    ratio = raters / rest
    a, b = k * value * ratio, n * (1 + (k - 1) * value) - k * value
    freedom = (k - 1) * (n - 1) * (a + b) ** 2 / ((n - 1) * a**2 + b**2)
    tail, mixed = (1 + confidence) / 2, k * raters + (k * n - k - n) * rest
    up, down = f.ppf(tail, n - 1, freedom), f.ppf(tail, freedom, n - 1)
    low = n * (items / up - rest) / (mixed + n * items / up)  # so that `up` may be infinite
    high = n * (down * items - rest) / (mixed + n * down * items)
    return Interval(value=value, low=float(low), high=float(high), n=n, confidence=confidence)


def spearman_brown(one: float, raters: int) -> float:
    """Reliability of the mean of so many raters from that of one: k r / (1 + (k - 1) r).

    k and r are the number of raters and the correlation of two of them. r = -1 / (k - 1), which is the least that k
    raters can have, as two camps of equal size do that want the opposite, says that their mean does not vary: then it
    has no reliability, and NaN is given.
    """
    below = 1 + (raters - 1) * one
    return raters * one / below if below > 1e-12 else float("nan")


def _of_mean(one: Interval, k: int) -> Interval:
    value, low, high = (spearman_brown(r, k) for r in (one.value, one.low, one.high))
    return Interval(value=value, low=low, high=high, n=one.n, confidence=one.confidence)


def krippendorff_alpha(
    scores: np.ndarray, *, repeats: int = 1000, confidence: float = 0.95, seed: int = 0
) -> Interval:
    """Krippendorff's alpha for numbers (interval data): scores [R, I], NaN where there is none.

    1 - observed / expected disagreement, both mean squared differences: of the scores of one item, and of all
    scores. 1 when all agree, 0 for scores that were dealt at random. Krippendorff (2011), "Computing Krippendorff's
    Alpha-Reliability". Items with a single score do not count. The interval is a percentile bootstrap over items, n
    their number. NaN where all scores are the same; ValueError where no two items have two scores each.
    """
    x = np.asarray(scores, dtype=float)
    if x.ndim != 2 or np.isinf(x).any():
        raise ValueError(f"scores must be [R, I], of finite numbers or NaN; got {x.shape}")
    count = (~np.isnan(x)).sum(0)
    x, count = x[:, count > 1], count[count > 1]
    if len(count) < 2:
        raise ValueError("alpha needs two items with two scores each")
    centred = x - np.nanmean(x)  # changes no difference, and keeps the digits
    sums, squares = np.nansum(centred, 0), np.nansum(centred**2, 0)
    observed = (count * squares - sums**2) / (count - 1)

    def alpha(items: np.ndarray) -> float:
        n = count[items].sum()
        spread = n * squares[items].sum() - sums[items].sum() ** 2
        if spread <= 1e-12 * max(n * squares.sum(), 1e-300):
            return float("nan")
        return float(1 - (n - 1) * observed[items].sum() / spread)

    rng = np.random.default_rng(seed)
    drawn = np.array([alpha(rng.integers(len(count), size=len(count))) for _ in range(repeats)])
    value, drawn = alpha(np.arange(len(count))), drawn[~np.isnan(drawn)]
    low = high = float("nan")
    if len(drawn):
        low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(
        value=value, low=float(low), high=float(high), n=len(count), confidence=confidence
    )
