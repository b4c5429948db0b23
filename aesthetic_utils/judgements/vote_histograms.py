"""What anonymous votes say: spread, agreement, reliability, and what a threshold makes of them.

Everywhere `histograms` are counts [N, K]: row = image, column = vote from 1 to K, entry = how many
people gave it. Who voted is unknown, so a voter's own level cannot be taken out: it counts as
disagreement. Arrays are numpy's; a torch tensor on the CPU will do. Whatever is drawn at random
takes a seed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aesthetic_utils.statistics.distances import emd

GAPS = (0, 0.25, 0.5, 1, 1.5, 2, 3)  # between two images' means, in votes; the last one is open


# --------------------------------------------------------------------------------------------------
# one image


def means(histograms: np.ndarray) -> np.ndarray:
    """Mean vote of each image: [N, K] -> [N], from 1 to K."""
    counts = _counts(histograms)
    return counts @ _scale(counts) / counts.sum(1)


def spreads(histograms: np.ndarray) -> np.ndarray:
    """Standard deviation of each image's votes (divisor n, not n - 1): [N, K] -> [N]."""
    counts = _counts(histograms)
    squares = (_scale(counts) - means(counts)[:, None]) ** 2  # [N, K]
    return np.sqrt((counts * squares).sum(1) / counts.sum(1))


def mean_histogram(histograms: np.ndarray) -> np.ndarray:
    """The data set's average distribution [K], each image counting the same; sums to 1."""
    counts = _counts(histograms)
    return (counts / counts.sum(1, keepdims=True)).mean(0)


def gaussian_histogram(mean: np.ndarray, sd: np.ndarray, votes: int = 10) -> np.ndarray:
    """Normal distributions [N] cut into the bins of a scale from 1 to `votes`: [N, votes], rows sum to 1."""
    from scipy.stats import norm  # here, so that the losses, which use `emd`, import in no time

    edges = np.arange(votes + 1) + 0.5
    cumulative = norm.cdf(edges, np.asarray(mean)[:, None], np.asarray(sd)[:, None])
    shares = np.diff(cumulative, axis=1)  # [N, votes]
    return shares / shares.sum(1, keepdims=True)


def baseline_emd(histograms: np.ndarray, *, r: int = 2) -> float:
    """Mean EMD of answering `mean_histogram` for every image: what a predictor has to beat."""
    counts = _counts(histograms)
    return float(emd(counts, mean_histogram(counts), r=r).mean())


# --------------------------------------------------------------------------------------------------
# agreement and reliability


@dataclass(frozen=True, kw_only=True)
class VarianceParts:
    """Where the variance of single votes lies, in squared votes."""

    between: float  # of the images' true means
    within: float  # of the people who look at one image

    @property
    def icc(self) -> float:
        """Share that lies between images; NaN where nothing varies."""
        return _ratio(self.between, self.between + self.within)


def variance_parts(histograms: np.ndarray) -> VarianceParts:
    """Variance between images and within them, each image counting the same whatever its votes.

    One-way random effects: within is the mean of the images' unbiased variances, between the variance
    of their means less what chance adds to it. With equally many votes per image this is the analysis
    of variance. Needs two images, and two votes for each.
    """
    counts = _counts(histograms)
    n = counts.sum(1)
    if len(counts) < 2 or n.min() < 2:
        raise ValueError("variance between and within images needs two images with two votes each")
    variances = spreads(counts) ** 2 * n / (n - 1)  # [N]
    between = means(counts).var(ddof=1) - (variances / n).mean()
    return VarianceParts(between=float(between), within=float(variances.mean()))


def icc(histograms: np.ndarray) -> float:
    """ICC(1): correlation of two random people's votes on one image (Shrout & Fleiss 1979, case 1).

    NaN where everybody says the same of everything.
    """
    return variance_parts(histograms).icc


def spearman_brown(reliability: float, voters: float) -> float:
    """Reliability of the mean of `voters` people, from that of one (the ICC); NaN stays NaN."""
    return voters * reliability / (1 + (voters - 1) * reliability)


def reliability(histograms: np.ndarray) -> float:
    """Share of the variance of the images' means that is not chance: true over observed variance.

    NaN where all means are the same, so that there is nothing to be sure of.
    """
    return _ratio(variance_parts(histograms).between, float(means(histograms).var(ddof=1)))


def spread_reliability(histograms: np.ndarray, *, seed: int = 0) -> float:
    """How far images' spreads are reproducible: what there is to learn about disagreement.

    The voters of each image are split into halves at random, the two spreads correlated over images,
    and the correlation brought to all voters by Spearman and Brown. Needs four votes for each image.
    """
    counts = _counts(histograms)
    if counts.sum(1).min() < 4:
        raise ValueError("the spread of two halves needs four votes for each image")
    rng = np.random.default_rng(seed)
    half = np.stack(
        [rng.multivariate_hypergeometric(row, int(row.sum()) // 2) for row in counts]
    )  # [N, K]
    r = _correlation(spreads(half), spreads(counts - half))
    return spearman_brown(r, 2)


def spread_from_mean(histograms: np.ndarray) -> float:
    """Correlation of images' spreads with a parabola in their own means, fitted to them by least squares.

    Means near an end of the scale leave little room to spread, so a predictor of means foretells
    some of the spreads without knowing anything else about disagreement.
    """
    mean, spread = means(histograms), spreads(histograms)
    return _correlation(np.polyval(np.polyfit(mean, spread, 2), mean), spread)


def draw_voters(histograms: np.ndarray, voters: int, rng: np.random.Generator) -> np.ndarray:
    """`voters` people of each image, drawn without replacement: counts [N, K], rows sum to `voters`.

    Raises ValueError where an image has fewer votes.
    """
    counts = _counts(histograms)
    left = counts.sum(1)  # votes in the bins to the right of those already drawn from
    if voters < 1 or left.min() < voters:
        raise ValueError(f"{voters} voters cannot be drawn where an image has {left.min()}")
    wanted = np.full(len(counts), voters)
    drawn = np.empty_like(counts)
    for k in range(counts.shape[1]):  # bin by bin: what is still wanted, from what is still there
        left = left - counts[:, k]
        drawn[:, k] = rng.hypergeometric(counts[:, k], left, wanted)
        wanted = wanted - drawn[:, k]
    return drawn


def group_correlation(
    histograms: np.ndarray, voters: int, *, repeats: int = 5, seed: int = 0
) -> float:
    """Correlation over images of the means of two disjoint random groups of so many voters.

    Images with too few votes for both groups are left out. The mean of `repeats` draws.
    """
    counts = _counts(histograms)
    counts = counts[counts.sum(1) >= 2 * voters]
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(repeats):
        first = draw_voters(counts, voters, rng)
        second = draw_voters(counts - first, voters, rng)
        found.append(_correlation(means(first), means(second)))
    return float(np.mean(found))


def one_against_crowd(histograms: np.ndarray) -> float:
    """Correlation of one random voter's vote with the mean of all others, over images; exact.

    The limit of drawing a voter from each image again and again. A perfect predictor of the crowd
    would reach 1: this number says how far a person is from the crowd and not how good a taste is. NaN for
    one image, over which nothing can go together, and where the votes do not vary.
    """
    counts = _counts(histograms)
    scale, n = _scale(counts), counts.sum(1, keepdims=True)
    if n.min() < 2:
        raise ValueError("a voter and the others: each image needs two votes")
    others = (counts @ scale[:, None] - scale) / (n - 1)  # [N, K]: mean without one vote of k
    vote = np.broadcast_to(scale, others.shape)
    return _correlation(vote, others, counts / n) if len(counts) > 1 else math.nan


def group_against_crowd(
    histograms: np.ndarray, voters: int, *, repeats: int = 5, seed: int = 0
) -> float:
    """Correlation over images of the mean of so many random voters with the mean of all others."""
    counts = _counts(histograms)
    counts = counts[counts.sum(1) > voters]
    rng = np.random.default_rng(seed)
    groups = (draw_voters(counts, voters, rng) for _ in range(repeats))
    return float(np.mean([_correlation(means(g), means(counts - g)) for g in groups]))


@dataclass(frozen=True, kw_only=True)
class PairAgreement:
    """How often one voter orders two images as the crowd does; a tie counts half."""

    overall: float
    gaps: tuple[float, ...]  # lower ends of the bins of the difference between the crowd's means
    by_gap: tuple[float, ...]  # NaN where no pair fell
    pairs: tuple[int, ...]  # pairs in each bin


def pair_agreement(
    histograms: np.ndarray, *, pairs: int = 200_000, gaps: Sequence[float] = GAPS, seed: int = 0
) -> PairAgreement:
    """Agreement of single voters with the crowd's order on random pairs of images.

    For each pair the chance is exact, over all votes of one image against all of the other; only the
    pairs are drawn. Pairs whose means are equal have no order and are left out.
    """
    counts = _counts(histograms)
    shares, mean = counts / counts.sum(1, keepdims=True), means(counts)
    a, b = np.random.default_rng(seed).integers(len(counts), size=(2, pairs))
    a, b = np.where(mean[a] > mean[b], (a, b), (b, a))  # a is the one the crowd prefers
    a, b = a[mean[a] > mean[b]], b[mean[a] > mean[b]]
    below = shares.cumsum(1) - shares / 2  # [N, K]: share under vote k, and half of those at it
    right = (shares[a] * below[b]).sum(1)  # [pairs]
    bins = np.searchsorted(gaps, mean[a] - mean[b], side="right") - 1
    where = [bins == i for i in range(len(gaps))]
    return PairAgreement(
        overall=float(right.mean()),
        gaps=tuple(gaps),
        by_gap=tuple(float(right[w].mean()) if w.any() else float("nan") for w in where),
        pairs=tuple(int(w.sum()) for w in where),
    )


# --------------------------------------------------------------------------------------------------
# what a threshold makes of votes


def label_accuracy(
    predicted: np.ndarray, observed: np.ndarray, threshold: float = 5
) -> tuple[float, float]:
    """Accuracy of "mean > threshold", and that of always giving the commoner answer.

    predicted, observed: mean votes [N]. The first without the second says nothing.
    """
    good = np.asarray(observed) > threshold
    accuracy = ((np.asarray(predicted) > threshold) == good).mean()
    return float(accuracy), float(max(good.mean(), 1 - good.mean()))


def flip_share(
    histograms: np.ndarray, voters: int, *, threshold: float = 5, repeats: int = 5, seed: int = 0
) -> float:
    """Share of images whose label "mean > threshold" changes if only so many of their voters are asked."""
    counts = _counts(histograms)
    rng = np.random.default_rng(seed)
    groups = (draw_voters(counts, voters, rng) for _ in range(repeats))
    return 1 - float(
        np.mean([label_accuracy(means(g), means(counts), threshold)[0] for g in groups])
    )


# --------------------------------------------------------------------------------------------------


def _counts(histograms: np.ndarray) -> np.ndarray:
    """The histograms as int64 [N, K]; raises ValueError for what are no counts of votes."""
    counts = np.asarray(histograms)
    if counts.ndim != 2 or counts.shape[1] < 2 or not len(counts):
        raise ValueError(f"histograms must be [N, K] with K of at least 2; got {counts.shape}")
    whole = counts.astype(np.int64)
    if (whole != counts).any() or whole.min() < 0:
        raise ValueError("histograms must hold counts: whole numbers, none below 0")
    if not whole.any(1).all():
        raise ValueError(f"image {int(whole.any(1).argmin())} has no votes")
    return whole


def _scale(counts: np.ndarray) -> np.ndarray:
    return np.arange(1, counts.shape[1] + 1)  # [K]


def _correlation(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> float:
    weights = np.ones(x.shape) if weights is None else weights
    x, y = (v - np.average(v, weights=weights) for v in (x, y))
    spread = np.sqrt((weights * x**2).sum() * (weights * y**2).sum())
    return float((weights * x * y).sum() / spread) if spread > 1e-12 else math.nan


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 1e-12 else math.nan
