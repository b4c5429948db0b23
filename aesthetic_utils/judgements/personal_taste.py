"""One person's taste from a few of his or her ratings, with everybody else's as what is believed beforehand.

Ratings are arrays [R, I, 2]: rater, item, round. Learned is from first-round ratings of some items; predicted are
second-round ratings of others. The method is ridge regression towards a prior: the weights of the crowd, moved as far as
the person's own ratings speak against them. It is written twice, with weights (`ridge_towards`), and with the
likeness between items that the weights imply (`predict_from_likeness`), which gives the same answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aesthetic_utils.judgements import taste
from aesthetic_utils.statistics.intervals import Interval

FACTORS = (
    0.03,
    0.1,
    0.3,
    1.0,
    3.0,
)  # sizes of private taste, in variances of it, of which one is chosen
PERSONAL = ("own", "parabola", "mixture", "kindred")  # methods that learn which items a rater likes
METHODS = ("crowd", "level", *PERSONAL)
VOTES = (0, 5, 10, 20, 35, 50)


# --------------------------------------------------------------------------------------------------
# one person who wavers


def ceiling(reliability: float | np.ndarray, rounds: int = 1) -> np.ndarray:
    """The highest correlation that any prediction can have with ratings of this reliability.

    A rating is taste plus an error of its own, r = t + e, and e goes with nothing else. Then for any prediction p
    corr(p, r) = corr(p, t) sqrt(rho), with rho = var(t) / var(r), the correlation of two rounds; Spearman (1904) named
    the shrinking attenuation. rounds: of how many the ratings are the mean, whose reliability is
    k rho / (1 + (k - 1) rho). A reliability below 0 counts as 0.
    """
    rho = np.clip(reliability, 0.0, 1.0)
    return np.sqrt(rounds * rho / (1 + (rounds - 1) * rho))


def correlation_interval(r: float, n: int, *, confidence: float = 0.95) -> Interval:
    """Interval of a correlation over n pairs by Fisher's z; n of at least 4."""
    from scipy.stats import norm  # slow to import

    if n < 4 or not -1 <= r <= 1:
        raise ValueError(f"a correlation in -1..1 over 4 pairs or more is needed, not {r} over {n}")
    half = norm.ppf((1 + confidence) / 2) / np.sqrt(n - 3)
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    low, high = np.tanh([z - half, z + half])
    return Interval(value=r, low=float(low), high=float(high), n=n, confidence=confidence)


# --------------------------------------------------------------------------------------------------
# ridge regression towards a prior


def ridge_towards(
    x: np.ndarray, y: np.ndarray, prior: np.ndarray, penalty: float | np.ndarray
) -> np.ndarray:
    """The weights w that make |y - x w|^2 + penalty |w - prior|^2 least: x [N, D], y [N], prior [D] -> [D].

    prior + (x'x + penalty I)^-1 x'(y - x prior): without rows the prior, with many the least squares. As a Bayesian reads it, the
    mean of the posterior for weights spread around the prior with variance (noise variance) / penalty. penalty may be [D],
    one a weight; ValueError unless it is above 0.
    """
    x, y, prior = (np.asarray(a, dtype=float) for a in (x, y, prior))
    if x.ndim != 2 or y.shape != x.shape[:1] or prior.shape != x.shape[1:]:
        raise ValueError(f"x [N, D], y [N], prior [D] are needed, not {x.shape}, {y.shape}, {prior.shape}")  # fmt: skip
    if not np.all(np.asarray(penalty) > 0):
        raise ValueError(f"a penalty above 0 is needed, not {penalty}")
    pull = np.eye(x.shape[1]) * penalty
    return prior + np.linalg.solve(x.T @ x + pull, x.T @ (y - x @ prior))


def predict_from_likeness(
    likeness: np.ndarray, base: np.ndarray, known: np.ndarray, y: np.ndarray, noise: float
) -> np.ndarray:
    """The same prediction for all items without weights: base + K[:, known] (K[known, known] + noise I)^-1 (y - base[known]).

    likeness  K [..., I, I], the covariance of private taste between items; with weights of variance v it is v x x'
    base      [..., I], what is believed beforehand
    known     [m], numbers of the items that y [..., m] rates
    noise     variance of the noise of one rating, above 0
    """
    if len(known) == 0:
        return np.array(base, dtype=float)
    among = likeness[..., known[:, None], known] + noise * np.eye(len(known))  # [..., m, m]
    surprise = (y - base[..., known])[..., None]  # [..., m, 1]
    return base + (likeness[..., :, known] @ np.linalg.solve(among, surprise))[..., 0]


# --------------------------------------------------------------------------------------------------
# what items are made of


def morph_shares(items: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """How much of which starting picture is in each item, from its file's name: [I, S] with rows that sum to 1, and names.

    "5_start.png" is picture 5; "pair_5_41_out_tensor0.3333.png" is two thirds of 5 and one third of 41. ValueError for
    other names.
    """
    parts = [_parts(item) for item in items]
    names = tuple(sorted({name for found in parts for name in found}, key=lambda n: (len(n), n)))
    return np.array([[found.get(name, 0.0) for name in names] for found in parts]), names


def _parts(item: str) -> dict[str, float]:
    try:
        if item.endswith("_start.png"):
            return {item.split("_")[0]: 1.0}
        one, other = item.removeprefix("pair_").split("_")[:2]
        share = float(item.rsplit("tensor", 1)[1].removesuffix(".png"))
        return {one: 1 - share, other: share}
    except (ValueError, IndexError):
        raise ValueError(f"{item!r} is not named like a morph, pair_A_B_out_tensorSHARE.png") from None  # fmt: skip


def kinship(shares: np.ndarray) -> np.ndarray:
    """Likeness of items by what they are made of, [I, S] -> [I, I], with a mean of 1 on the diagonal.

    Raises ValueError for items that are all made of the same.
    """
    x = shares - shares.mean(0)
    if not np.ptp(shares, axis=0).any():
        raise ValueError(f"all {len(shares)} items are made of the same, and so none is more like another")  # fmt: skip
    product = x @ x.T
    return product / product.diagonal().mean()


def differences_of_others(ratings: np.ndarray) -> np.ndarray:
    """Likeness of items by how *other* raters differ about them: [R, I, 2] -> [R, I, I], diagonal mean of 1.

    For rater r the covariance, over all raters but r, of what is left of a rating without level and crowd: two items
    are alike if whoever likes the one more than others do likes the other more, too. Raises ValueError for raters who differ by
    their levels alone.
    """
    mean = ratings.mean(2)
    rest = mean - mean.mean(1, keepdims=True) - mean.mean(0) + mean.mean()  # [R, I]
    total = rest.T @ rest
    if not np.trace(total) > 1e-20 * np.square(mean).sum():  # more than rounding leaves
        raise ValueError("the raters differ by their levels alone, which does not say what items are alike")  # fmt: skip
    others = total - rest[:, :, None] * rest[:, None, :]  # [R, I, I]
    size = np.trace(others, axis1=1, axis2=2) / others.shape[1]
    return others / size[:, None, None]


# --------------------------------------------------------------------------------------------------
# what votes buy


@dataclass(frozen=True, kw_only=True, eq=False)
class LearningCurves:
    """How well second-round ratings are predicted, a rater a row, by method and number of votes.

    `taste` is about which of the tested pictures a rater likes better: within each part that is tested together, predictions
    and ratings are taken without their means. `level` is about the ratings as they are.
    """

    votes: tuple[int, ...]  # V numbers of first-round ratings that were used
    taste: dict[str, np.ndarray]  # method -> mean squared error [R, V]
    level: dict[str, np.ndarray]  # method -> mean squared error [R, V]
    correlations: dict[
        str, np.ndarray
    ]  # method -> [R, V]; NaN where ratings or predictions do not vary
    nothing: tuple[
        np.ndarray, np.ndarray
    ]  # [R] each: errors of the mean of everybody else, for taste and for level
    noise: tuple[np.ndarray, np.ndarray]  # [R] each: half the mean squared difference of the rounds
    repeat: np.ndarray  # [R], correlation of a rater's two rounds, within parts
    factors: dict[
        str, tuple[float, ...]
    ]  # method -> size of private taste that each half of the raters got

    def explained(
        self, method: str, *, about: str = "taste", raters: np.ndarray | None = None
    ) -> np.ndarray:
        """Share of what can be predicted at all: 1 - (error - noise) / (error of nothing - noise), means over raters: [V].

        The noise of a rating that nobody can predict is known from the two rounds, and is left out above and below.
        """
        rows = slice(None) if raters is None else raters
        which = ("taste", "level").index(about)
        noise = self.noise[which][rows].mean()
        error = getattr(self, about)[method][rows].mean(0) - noise
        return 1 - error / (self.nothing[which][rows].mean() - noise)

    def intervals(
        self,
        method: str,
        against: str | None = None,
        *,
        about: str = "taste",
        repeats: int = 1000,
        seed: int = 0,
    ) -> list[Interval]:
        """`explained` for each number of votes, or its lead over another method, with a bootstrap over raters."""
        rng, n = np.random.default_rng(seed), len(self.repeat)

        def statistic(raters: np.ndarray | None) -> np.ndarray:
            other = self.explained(against, about=about, raters=raters) if against else 0.0
            return self.explained(method, about=about, raters=raters) - other

        draws = np.array([statistic(rng.integers(n, size=n)) for _ in range(repeats)])
        low, high = np.quantile(draws, [0.025, 0.975], axis=0)
        return [
            Interval(value=float(v), low=float(a), high=float(b), n=n)
            for v, a, b in zip(statistic(None), low, high, strict=True)
        ]


def learning_curves(
    ratings: np.ndarray,
    shares: np.ndarray,
    *,
    votes: Sequence[int] = VOTES,
    folds: int = 11,
    repeats: int = 4,
    methods: Sequence[str] = METHODS,
    kinless: bool = False,
    voters: np.ndarray | None = None,
    seed: int = 0,
) -> LearningCurves:
    """What a person's first-round ratings say of his or her second-round ratings of other items.

    ratings  [R, I, 2], of 4 raters or more
    shares   [I, S], what items are made of: the columns on which a person's weights stand
    kinless  learn only from items that share nothing with the tested ones; then from as many as there are
    voters   [R], whose first-round ratings to use for each rater in place of his or her own: a null

    The items are dealt into `folds` parts, `repeats` times. Each part is predicted from the first so many of the others,
    in a random order that is the same for all methods. For rater r the methods take the ratings of all others, and:

    crowd    the mean of the others
    level    the same, moved by how much higher or lower r rates
    own      weights of r alone, drawn towards no preference
    parabola own weights and one more, for the squared distance from a middle: see `blend_bonus`
    mixture  weights of r, drawn towards those of the crowd
    kindred  the same, with likeness by the others' differences in place of shares

    How large private taste is (`FACTORS`) is chosen for one half of the raters on the other half.
    """
    x = np.asarray(ratings, dtype=float)
    if x.ndim != 3 or x.shape[2] != 2 or len(x) < 4 or shares.shape[:1] != x.shape[1:2]:
        raise ValueError(
            f"ratings [R, I, 2] of 4 raters or more and shares [I, S] are needed, not {x.shape}, {shares.shape}"
        )
    if unknown := set(methods) - set(METHODS):
        raise ValueError(f"no method {min(unknown)!r}; there are {', '.join(METHODS)}")
    deals = _deals(shares, folds, repeats, seed, kinless)
    believed, half = _Believed(x, shares), np.random.default_rng(seed).permutation(len(x)) % 2
    given = x[:, :, 0] if voters is None else x[voters, :, 0]
    taste_, level, correlations, chosen = {}, {}, {}, {}
    for method in methods:
        factors = FACTORS if method in PERSONAL else (0.0,)
        said = [_predictions(believed, given, method, f, deals, votes) for f in factors]
        found = [_errors(p, believed.second, deals) for p in said]  # (taste, level, r), [R, V] each
        error = np.array([f[0] for f in found])  # [F, R, V]
        best = [int(error[:, half != side].mean((1, 2)).argmin()) for side in (0, 1)]
        taste_[method], level[method], correlations[method] = (
            np.array([f[k] for f in found])[np.take(best, half), np.arange(len(x))]
            for k in range(3)
        )
        chosen[method] = tuple(factors[b] for b in best)
    one = (len(deals), 1, *x.shape[:2])
    nothing = np.broadcast_to(believed.grand[:, None], one)
    again = np.broadcast_to(believed.first, one)
    blank, second = (_errors(p, believed.second, deals) for p in (nothing, again))
    return LearningCurves(
        votes=tuple(votes), taste=taste_, level=level, correlations=correlations, factors=chosen,
        nothing=(blank[0][:, 0], blank[1][:, 0]), noise=(second[0][:, 0] / 2, second[1][:, 0] / 2),
        repeat=second[2][:, 0],
    )  # fmt: skip


class _Believed:
    """What is believed of each rater before he or she has rated anything: from the others."""

    def __init__(self, x: np.ndarray, shares: np.ndarray):
        mean, parts = x.mean(2), taste.taste_parts(x)
        self.first, self.second = x[:, :, 0], x[:, :, 1]  # [R, I]
        self.crowd = (mean.sum(0) - mean) / (len(x) - 1)  # [R, I]: the mean of all others
        self.grand = self.crowd.mean(1)  # [R]
        self.noise, self.level, self.private = (
            max(v, 1e-9) for v in (parts.noise, parts.rater, parts.interaction)
        )
        bend = even_blend(shares)[:, None]
        self.kin = kinship(shares)
        one_more = kinship(bend) / shares.shape[1] if bend.std() > 0 else 0.0
        self.bent = self.kin + one_more
        self.others = differences_of_others(x)  # [R, I, I]

    def likeness(self, method: str, factor: float) -> np.ndarray:
        """Covariance between items of what a rater's ratings add to what is believed: [I, I] or [R, I, I]."""
        kind = {"parabola": self.bent, "kindred": self.others}.get(method, self.kin)
        return self.level + factor * self.private * kind


def _predictions(
    believed: _Believed,
    first: np.ndarray,
    method: str,
    factor: float,
    deals: list,
    votes: Sequence[int],
) -> np.ndarray:
    """Said of all second-round ratings from first-round ratings [R, I]: [repeats, V, R, I]."""
    base = believed.crowd
    if method in ("own", "parabola"):
        base = np.repeat(believed.grand[:, None], base.shape[1], 1)
    said = np.empty((len(deals), len(votes), *base.shape))
    if method == "crowd":
        said[:] = base
        return said
    likeness = believed.likeness(method, factor)
    for r, deal in enumerate(deals):
        for tested, order in deal:
            for v, m in enumerate(votes):
                known = order[:m]
                given = predict_from_likeness(
                    likeness, base, known, first[:, known], believed.noise
                )
                said[r, v][:, tested] = given[:, tested]
    return said


def _errors(said: np.ndarray, given: np.ndarray, deals: list) -> tuple[np.ndarray, ...]:
    """Squared errors without and with the means of the parts, and correlations without: [R, V] each.

    said [repeats, V, R, I], given [R, I]. The errors without means are per degree of freedom: a part of n has n - 1.
    """
    products, level = np.zeros((3, *said.shape[1:3])), np.zeros(said.shape[1:3])
    free = 0
    for r, deal in enumerate(deals):
        for tested, _ in deal:
            a, b = (
                said[r][:, :, tested],
                np.broadcast_to(given[:, tested], said[r][:, :, tested].shape),
            )
            level += ((a - b) ** 2).sum(2)
            a, b = a - a.mean(2, keepdims=True), b - b.mean(2, keepdims=True)
            products += np.stack([(a * a).sum(2), (b * b).sum(2), (a * b).sum(2)])
            free += len(tested) - 1
    aa, bb, ab = products
    size = np.sqrt(aa * bb)
    nan = np.full(size.shape, np.nan)
    r = np.divide(ab, size, out=nan, where=size > 1e-9)
    return ((aa - 2 * ab + bb) / free).T, (level / (given.shape[1] * len(deals))).T, r.T


def _deals(shares: np.ndarray, folds: int, repeats: int, seed: int, kinless: bool) -> list:
    """For each repeat, pairs (tested items, the others in the order in which they are rated)."""
    rng, deals, items = np.random.default_rng(seed), [], np.arange(len(shares))
    made_of = shares > 0  # [I, S]
    for _ in range(repeats):
        if kinless:
            groups = np.unique(made_of, axis=0, return_inverse=True)[1].ravel()
            parts = [
                p for g in range(groups.max() + 1) if len(p := np.flatnonzero(groups == g)) > 1
            ]
            free = [items[~made_of[:, made_of[part[0]]].any(1)] for part in parts]
        else:
            parts = np.array_split(rng.permutation(items), folds)
            free = [np.setdiff1d(items, part) for part in parts]
        deals.append([(t, rng.permutation(f)) for t, f in zip(parts, free, strict=True)])
    return deals


# --------------------------------------------------------------------------------------------------
# Brielmann and Dayan's model, standing still


def even_blend(shares: np.ndarray) -> np.ndarray:
    """How far each item is a blend: 2 (1 - sum of squared shares), [I, S] -> [I].

    0 for a starting picture, 1 for an even blend of two. It is a constant less twice the squared distance of an item
    from *any* point of the room in which every two starting pictures are equally far apart, but for a linear part.
    """
    return 2 * (1 - (shares**2).sum(1))


def blend_bonus(ratings: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """How far each rater puts even blends above the straight line between the pictures they are made of: [R, I] -> [R].

    Least squares on the shares and on `even_blend`; given is the weight of the latter. In the model of Brielmann & Dayan
    (2022), with a round cloud for what a person expects, it is above 0: value falls with the squared distance from the middle.
    """
    x = np.column_stack([shares, even_blend(shares)])  # [I, S + 1]
    return ratings @ np.linalg.pinv(x)[-1]


# --------------------------------------------------------------------------------------------------
# made up, with known truth


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedPeople:
    """Simulated raters of morphs: nothing here is data."""

    ratings: np.ndarray  # [R, I, 2]
    taste: np.ndarray  # [R, I], without noise
    items: tuple[str, ...]


def simulate_people(
    raters: int = 100,
    *,
    item: float = 0.0071,
    level: float = 0.0274,
    private: float = 0.0146,
    noise: float = 0.0236,
    alike: float = 0.7,
    mean: float = 0.53,
    seed: int = 0,
) -> SimulatedPeople:
    """Simulated raters who rate starting pictures and their blends twice; the variances are those of the dogs' raters.

    item, level, private, noise: variances of shared taste, raters' levels, private taste and noise
    alike: share of shared and private taste that follows from what an item is made of; the rest belongs to the item alone

    Shared taste and levels have exactly the variance that is set, the others on average. Seven starting pictures
    stand in a ring; neighbours, next neighbours and two further pairs are blended at 1/3, 1/2 and 2/3: 55 items. Ratings are
    not cut to 0..1.
    """
    rng, starts = np.random.default_rng(seed), 7
    near = [(a, (a + d) % starts) for a in range(starts) for d in (1, 2)] + [(0, 3), (1, 4)]
    pairs = sorted({tuple(sorted(pair)) for pair in near})
    items = (
        *(f"{a}_start.png" for a in range(starts)),
        *(f"pair_{a}_{b}_out_tensor{s:.4f}.png" for a, b in pairs for s in (1 / 3, 1 / 2, 2 / 3)),
    )
    shares = morph_shares(items)[0]
    root = np.linalg.cholesky(kinship(shares) + 1e-9 * np.eye(len(items)))

    def draw(variance: float, n: int) -> np.ndarray:
        made = rng.standard_normal((n, len(items))) @ root.T * np.sqrt(alike)
        return np.sqrt(variance) * (made + rng.standard_normal(made.shape) * np.sqrt(1 - alike))

    shared, levels = draw(1.0, 1), rng.standard_normal((raters, 1))
    shared = (shared - shared.mean()) * np.sqrt(item) / shared.std()
    levels = (levels - levels.mean()) * np.sqrt(level) / levels.std()
    own = mean + shared + draw(private, raters) + levels
    answers = own[:, :, None] + rng.normal(0, np.sqrt(noise), (*own.shape, 2))
    return SimulatedPeople(ratings=answers, taste=own, items=items)
