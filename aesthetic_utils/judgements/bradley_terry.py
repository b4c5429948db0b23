"""Choices between two, and the ranking they give, with its uncertainty.

The model is that of Bradley & Terry (1952): an item with score s wins against one with score t with
probability 1 / (1 + exp(t - s)). Scores are in logits and have mean 0: without ties a difference of 1
means 73 wins in 100.

Ties. `fit_ranking` counts a tie as half a win for each of the two. That is a convention, and it draws
the scores together: a tie says "about alike", and half a win says "a coin". `fit_davidson` gives ties a
probability of their own (Davidson 1970) and keeps the scale; for choices without ties the two agree.

Several raters. Choices of one person go together, so a ranking of several people's choices takes its
errors from drawing people anew (`rater_bootstrap`), not from counting choices. Whose choices are pooled
is up to the caller: the ranking of several raters need not be that of any of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import minimize
from scipy.sparse import coo_array, csr_array, diags_array, triu
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import cg
from scipy.special import expit, log_expit, logsumexp
from scipy.stats import norm, t

from aesthetic_utils.statistics.intervals import Interval, wilson_interval
from aesthetic_utils.storage import AestheticError

RIDGE = 0.1  # of the fit: a normal prior on scores with standard deviation 1 / sqrt(0.1) = 3.2
_DIRECT = 500  # items up to which a Newton step is solved directly; above by conjugate gradients
_TOGETHER = 100  # items up to which the draws of a bootstrap are solved together
_BLOCK = 256  # draws that are solved for together


class PreferenceError(AestheticError):
    """Choices from which no ranking can be had; the message says what is missing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PairVotes:
    """Choices in the order in which they were made; entries of the arrays are indices."""

    winner: np.ndarray  # int64 [M], into items; either of the two for a tie
    loser: np.ndarray  # int64 [M]
    items: tuple[str, ...]
    rater: np.ndarray = None  # type: ignore[assignment]  # int64 [M], into raters; None: one rater
    tie: np.ndarray = None  # type: ignore[assignment]  # bool [M]; None: no ties
    raters: tuple[str, ...] = ("rater",)

    def __post_init__(self) -> None:
        m = len(self.winner)
        given = {"rater": np.zeros(m) if self.rater is None else self.rater}
        given |= {"tie": np.zeros(m) if self.tie is None else self.tie}
        kinds = {"winner": np.int64, "loser": np.int64, "rater": np.int64, "tie": bool}
        for name, kind in kinds.items():
            array = np.asarray(given.get(name, getattr(self, name)), dtype=kind)
            object.__setattr__(self, name, array)
            if array.shape != (m,):
                raise ValueError(f"{name} is {array.shape}; {m} votes need [{m}]")
        both = np.stack([self.winner, self.loser])
        if m and not (0 <= both.min() and both.max() < len(self.items)):
            raise ValueError(f"winner and loser must be indices of the {len(self.items)} items")
        if m and not (0 <= self.rater.min() and self.rater.max() < len(self.raters)):
            raise ValueError(f"rater must hold indices of the {len(self.raters)} raters")
        if (self.winner == self.loser).any():
            raise ValueError("an item cannot be compared with itself")

    def __len__(self) -> int:
        return len(self.winner)

    def where(self, chosen: np.ndarray) -> "PairVotes":
        """The votes at a bool [M] or at indices; items and raters stay."""
        arrays = ("winner", "loser", "rater", "tie")
        return replace(self, **{name: getattr(self, name)[chosen] for name in arrays})

    @property
    def wins(self) -> np.ndarray:
        """[K, K]: how often the row's item beat the column's."""
        return self.sparse_wins.toarray()

    @property
    def sparse_wins(self) -> csr_array:
        """`wins` without its zeros, which are nearly all where there are many items."""
        return self.weighted_wins(np.ones(len(self)))

    def weighted_wins(self, weight: np.ndarray) -> csr_array:
        """`sparse_wins` with each vote counted so often: weight [M] of at least 0."""
        share = np.where(self.tie, 0.5, 1.0)
        ends = np.stack([self.winner, self.loser])
        values = np.concatenate([weight * share, weight * (1 - share)])
        entries = values, np.concatenate([ends, ends[::-1]], axis=1)
        wins = csr_array(coo_array(entries, shape=(len(self.items),) * 2))
        wins.sum_duplicates()
        wins.eliminate_zeros()
        return wins


# --------------------------------------------------------------------------------------------------
# the ranking


@dataclass(frozen=True, kw_only=True, eq=False)
class Ranking:
    """Scores of items by the model of Bradley & Terry."""

    items: tuple[str, ...]
    score: np.ndarray  # [K], logits, mean 0
    information: csr_array  # [K, K], second derivatives of the penalty and -log_likelihood
    log_likelihood: float
    ridge: float
    votes: int
    note: str = ""  # what the reader of the scores has to know about missing comparisons
    pooled: PairVotes | None = None  # the choices, where they are those of more than one rater

    @property
    def raters(self) -> int:
        """How many people's choices are in it."""
        return 1 if self.pooled is None else len(np.unique(self.pooled.rater))

    @cached_property
    def uncertainty(self) -> np.ndarray:
        """[K, K], of the scores, had other people of this kind been asked; all intervals come from it.

        `covariance` for one rater. For several, of the scores of `rater_bootstrap`, times
        raters / (raters - 1), because a sample varies less about its own mean than about the true one.
        """
        if self.pooled is None:
            return self.covariance
        scores = rater_bootstrap(self.pooled, ridge=self.ridge)  # [B, K]
        return np.cov(scores.T, bias=True) * self.raters / (self.raters - 1)

    @cached_property
    def covariance(self) -> np.ndarray:
        """[K, K], of the scores if every choice were independent of every other: for one rater.

        Computed when it is first asked for, and exact for any K.

        The inverse of the information by Cholesky's factors, within one array of 8 K^2 bytes; the
        scores alone need neither that memory nor the K^3 operations.
        """
        return _centred_inverse(self.information)

    @property
    def standard_error(self) -> np.ndarray:
        """[K], of each score against the mean of all."""
        return np.sqrt(self.uncertainty.diagonal().clip(0))

    @property
    def rank(self) -> np.ndarray:
        """[K], 1 for the highest score."""
        return (-self.score).argsort(kind="stable").argsort() + 1


def fit_ranking(votes: PairVotes, *, ridge: float = RIDGE) -> Ranking:
    """Scores by maximum likelihood, with a penalty of ridge / 2 times the sum of their squares.

    With ridge the scores are the most probable ones under a normal prior of standard deviation
    1 / sqrt(ridge), and there are always some. Without (0) they are those of maximum likelihood, which
    exist only where every item is linked to every other by a chain of wins (Ford 1957); otherwise
    PreferenceError says what is missing. A tie counts as half a win for each: see `fit_davidson`.
    Standard errors of one rater's scores come from the observed information, second derivatives at the
    maximum, ridge included; those of several raters' from drawing raters anew (`rater_bootstrap`). Time
    and memory go with the votes, not with the pairs that there could be; see `Ranking.covariance` for
    what the errors need on top.
    """
    if not 0 <= ridge < np.inf or len(votes.items) < 2:
        raise ValueError(f"a ranking needs two items and ridge >= 0, not {ridge}")
    wins = votes.sparse_wins
    note = _missing_links(wins, votes.items)
    if note and not ridge:
        raise PreferenceError(f"{note} Collect more votes, or use ridge above 0")
    score, information, log_likelihood = _maximise(wins, ridge)
    return Ranking(
        items=votes.items,
        score=score,
        information=information,
        log_likelihood=log_likelihood,
        ridge=ridge,
        votes=len(votes),
        note=note,
        pooled=votes if len(np.unique(votes.rater)) > 1 else None,
    )


def rater_bootstrap(
    votes: PairVotes, *, ridge: float = RIDGE, repeats: int = 400, seed: int = 0
) -> np.ndarray:
    """Scores [repeats, K] of as many raters as there are, drawn from them with replacement.

    A rater brings all of his or her choices along, so that the spread of the scores holds the
    differences between people, which standard errors that count choices leave out. Where a drawn class
    leaves ridge = 0 without a maximum, RIDGE stands in. Raises PreferenceError for fewer than two
    raters; with fewer than about ten the spread itself is only roughly known.
    """
    raters = np.unique(votes.rater)
    if len(raters) < 2:
        raise PreferenceError("drawing raters anew needs the choices of two raters at least")
    drawn = np.random.default_rng(seed).choice(raters, (repeats, len(raters)))
    times = np.stack([np.bincount(row, minlength=len(votes.raters)) for row in drawn])  # [B, R]
    if len(votes.items) <= _TOGETHER and ridge:
        return _maximise_together(votes, times, ridge)
    found = []
    for row in times:
        wins = votes.weighted_wins(row[votes.rater].astype(float))
        needed = ridge or (RIDGE if _missing_links(wins, votes.items) else 0)
        found.append(_maximise(wins, needed)[0])
    return np.array(found)


def _maximise_together(votes: PairVotes, times: np.ndarray, ridge: float) -> np.ndarray:
    """`_maximise` for few items and many draws at once: scores [B, K], raters counted times [B, R]."""
    k, found = len(votes.items), []
    each = np.stack(
        [votes.weighted_wins(votes.rater == r).toarray() for r in range(times.shape[1])]
    )
    penalty = ridge * np.eye(k) + 1 / k  # the second part knows nothing of the scores' mean
    for part in np.array_split(times, -(-len(times) // 50)):
        wins = np.tensordot(part, each, 1)  # [b, K, K]
        score = np.zeros((len(part), k))
        for _ in range(100):
            p = expit(score[:, :, None] - score[:, None])
            surprise = wins * (1 - p)
            gradient = surprise.sum(2) - surprise.sum(1) - ridge * score
            if abs(gradient).max() < 1e-8 * (1 + wins.max()):
                break
            weight = surprise * p
            weight = weight + weight.swapaxes(1, 2)
            information = penalty + weight.sum(2)[:, :, None] * np.eye(k) - weight
            step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
            step = step / np.maximum(1, abs(step).max(1, keepdims=True) / 2)  # no leap at first
            score = score + step - step.mean(1, keepdims=True)
        else:
            raise PreferenceError("the scores do not settle; use a larger ridge")
        found.append(score)
    return np.concatenate(found)


def _maximise(wins: csr_array, ridge: float) -> tuple[np.ndarray, csr_array, float]:
    """Newton's method: the scores, and the information and the log-likelihood there."""
    k, most = wins.shape[0], (wins + wins.T).max()
    above, below = wins.tocoo().coords  # [E]: who won at least half a time against whom

    def log_likelihood(s: np.ndarray) -> float:
        return float((wins.data * log_expit(s[above] - s[below])).sum())

    def objective(s: np.ndarray) -> float:
        return log_likelihood(s) - ridge / 2 * (s**2).sum()

    score = np.zeros(k)
    for _ in range(200):
        p = expit(score[above] - score[below])  # [E]
        surprise = wins.data * (1 - p)
        gradient = np.bincount(above, surprise, k) - np.bincount(below, surprise, k) - ridge * score
        information = _information(above, below, surprise * p, ridge, k)
        if abs(gradient).max() < 1e-9 * (1 + most):
            return score, information, log_likelihood(score)
        step = _newton_step(information, gradient)
        while objective(score + step) < objective(score) - 1e-12 and abs(step).max() > 1e-12:
            step = step / 2
        score = score + step
        score = score - score.mean()
    raise PreferenceError("the scores do not settle; use a larger ridge")


def _information(
    above: np.ndarray, below: np.ndarray, weight: np.ndarray, ridge: float, k: int
) -> csr_array:
    """[K, K]: each pair [E] adds its weight to two items and takes it from what they share."""
    each = np.bincount(above, weight, k) + np.bincount(below, weight, k) + ridge
    shared = coo_array((weight, (above, below)), shape=(k, k))
    return csr_array(diags_array(each) - shared - shared.T)


def _newton_step(information: csr_array, gradient: np.ndarray) -> np.ndarray:
    """The solution of information @ step = gradient; both know nothing of the scores' mean."""
    k = len(gradient)
    if k <= _DIRECT:
        return np.linalg.solve(information.toarray() + 1 / k, gradient)
    scaled = diags_array(1 / information.diagonal())
    # an unfinished solution is a step uphill all the same, and Newton's loop goes on from there
    return cg(information, gradient, rtol=1e-10, maxiter=10 * k, M=scaled)[0]


def _centred_inverse(information: csr_array) -> np.ndarray:
    """The inverse on the scores of mean 0: centre @ inverse @ centre, in place."""
    k = information.shape[0]
    inverse = information.toarray(order="F")
    inverse += 1 / k  # makes it invertible; only differences of scores mean something
    inverse, failed = dpotrf(inverse, lower=1, clean=0, overwrite_a=1)
    if not failed:
        inverse, failed = dpotri(inverse, lower=1, overwrite_c=1)
    if failed:
        raise PreferenceError("the scores are too uncertain for a covariance; use a larger ridge")
    for start in range(0, k, 512):  # LAPACK gives the lower triangle
        rows = slice(start, start + 512)
        corner = np.tril(inverse[rows, rows])
        inverse[rows, rows] = corner + np.tril(corner, -1).T
        inverse[rows, start + 512 :] = inverse[start + 512 :, rows].T
    means = inverse.mean(0)
    inverse -= means
    inverse -= means[:, None]
    inverse += means.mean()
    return inverse


def _missing_links(wins: csr_array, items: Sequence[str]) -> str:
    """What keeps unpenalised scores from existing, in a sentence; empty if nothing does."""
    parts, part = connected_components(wins, directed=False)
    if parts > 1:
        first = [items[i] for i in np.flatnonzero(part == np.bincount(part).argmin()).tolist()]
        return (
            f"The comparisons fall into {parts} groups that were never compared with each other, one "
            f"of them {_named(first)}: how the groups stand to each other is not known."
        )
    groups, group = connected_components(wins, directed=True, connection="strong")
    if groups == 1:
        return ""
    above, below = (group[ends] for ends in wins.tocoo().coords)
    beaten = np.bincount(below[above != below], minlength=groups) > 0
    top = [items[i] for i in np.flatnonzero(group == beaten.argmin()).tolist()]
    return (
        f"{_named(top)} never lost against any of the other items: without ridge the distance to "
        "them is not bounded, and with it the distance is set by the ridge as well."
    )


def _named(items: Sequence[str]) -> str:
    return ", ".join(items[:4]) + (f" and {len(items) - 4} more" if len(items) > 4 else "")


def score_intervals(ranking: Ranking, *, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends [K] of each score's interval, against the mean of all items."""
    half = _quantile(ranking, confidence) * ranking.standard_error
    return ranking.score - half, ranking.score + half


def _quantile(ranking: Ranking, confidence: float) -> float:
    """Of the normal distribution; of Student's, where the errors come from so many raters."""
    tail = (1 + confidence) / 2
    return float(norm.ppf(tail) if ranking.pooled is None else t.ppf(tail, ranking.raters - 1))


def _drawn(
    information: csr_array, ridge: float, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Errors [draws, K] of mean 0 and of the covariance that `information` is the inverse of; each sums to 0.

    Perturb, then solve (Papandreou & Yuille 2010, "Gaussian sampling by local perturbations", NIPS 23):
    the information is a sum of squares, one for each pair and
    one for the prior; noise through their roots has it as its covariance, and the solution of information @ e =
    noise has the inverse. Conjugate gradients, whose operations go with the pairs that were compared.
    """
    pairs = coo_array(triu(information, 1))
    (a, b), root = pairs.coords, np.sqrt(-pairs.data)  # [E]
    k, e = len(information.diagonal()), np.arange(len(root))
    ends = np.concatenate([a, b]), np.concatenate([e, e])
    through = csr_array(coo_array((np.concatenate([root, -root]), ends), shape=(k, len(e))))
    found = []
    for start in range(0, draws, _BLOCK):
        n = min(_BLOCK, draws - start)
        noise = through @ rng.standard_normal((len(e), n))
        noise += np.sqrt(ridge) * rng.standard_normal((k, n))
        error = _solved(information, noise - noise.mean(0))
        found.append((error - error.mean(0)).T)
    return np.concatenate(found)


def _solved(information: csr_array, right: np.ndarray, tolerance: float = 1e-6) -> np.ndarray:
    """The solutions [K, n] of information @ x = right, all by conjugate gradients at once.

    Hestenes & Stiefel (1952), preconditioned by the diagonal; ends when every remainder has come down to `tolerance`
    of its right side.
    """
    scale = 1 / information.diagonal()[:, None]
    x, rest = np.zeros_like(right), right.copy()
    direction = scale * rest
    product = (rest * direction).sum(0)
    enough = tolerance**2 * (right**2).sum(0)
    for _ in range(10 * len(right)):
        if ((rest**2).sum(0) <= enough).all():
            return x
        image = information @ direction
        below = (direction * image).sum(0)
        step = np.divide(product, below, out=np.zeros_like(below), where=below > 0)
        x += step * direction
        rest -= step * image
        scaled = scale * rest
        before, product = product, (rest * scaled).sum(0)
        share = np.divide(product, before, out=np.zeros_like(before), where=before > 0)
        direction = scaled + share * direction
    raise PreferenceError("the scores are too uncertain for intervals; use a larger ridge")


def difference(ranking: Ranking, a: int, b: int, *, confidence: float = 0.95) -> Interval:
    """Score of item a less that of item b: their errors go together, so intervals of single scores
    that overlap do not say that the items are alike."""
    c = ranking.uncertainty
    half = _quantile(ranking, confidence) * np.sqrt(c[a, a] + c[b, b] - 2 * c[a, b])
    value = float(ranking.score[a] - ranking.score[b])
    n = ranking.votes if ranking.pooled is None else ranking.raters
    return Interval(value=value, low=value - half, high=value + half, n=n, confidence=confidence)


def rank_intervals(
    ranking: Ranking, *, confidence: float = 0.95, draws: int = 4000, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Best and worst rank [K] that are plausible for each item, 1 the highest score.

    Quantiles of the ranks in scores drawn from the normal distribution around the fitted ones. Up to 500 items the
    draws come from the covariance; above, where that would take K^3 operations, from the information (`_drawn`).
    """
    rng = np.random.default_rng(seed)
    if len(ranking.score) <= _DIRECT or ranking.pooled is not None:
        values, vectors = np.linalg.eigh(ranking.uncertainty)
        root = vectors * np.sqrt(values.clip(0))
        errors = rng.standard_normal((draws, len(values))) @ root.T  # [draws, K]
    else:
        errors = _drawn(ranking.information, ranking.ridge, draws, rng)
    ranks = (-(ranking.score + errors)).argsort(1).argsort(1) + 1  # [draws, K]
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(ranks, ends, axis=0, method="inverted_cdf")
    return low.astype(int), high.astype(int)


# --------------------------------------------------------------------------------------------------
# ties with a probability of their own


@dataclass(frozen=True, kw_only=True, eq=False)
class TieRanking:
    """Scores of items by the model of Davidson (1970), which gives ties a probability of their own."""

    items: tuple[str, ...]
    score: np.ndarray  # [K], logits, mean 0
    tie_strength: float  # nu, at least 0: two equal items tie with probability nu / (2 + nu)
    log_likelihood: float
    ridge: float
    votes: int


def davidson_chances(gap: np.ndarray, tie_strength: float) -> np.ndarray:
    """Chances [3, ...] of win, tie and loss for an item whose score is higher by `gap`.

    Proportional to exp(gap / 2), nu and exp(-gap / 2): among choices that are no ties the odds are
    those of Bradley & Terry. Davidson (1970).
    """
    if not tie_strength >= 0:
        raise ValueError(f"tie_strength is {tie_strength}; it has to be at least 0")
    gap = np.asarray(gap, dtype=float)
    log = np.stack([gap / 2, np.full_like(gap, np.log(tie_strength or 1e-300)), -gap / 2])
    return np.exp(log - logsumexp(log, axis=0))


def fit_davidson(votes: PairVotes, *, ridge: float = RIDGE) -> TieRanking:
    """Scores and the readiness to call a tie, by maximum likelihood with the penalty of `fit_ranking`.

    Ties do not draw the scores together here: where the choices are simulated from this model the
    scores come back at their own scale. Without ties the result is that of `fit_ranking`, with nu = 0.
    Raises PreferenceError where nobody chose, and ValueError for a ridge that is not above 0.
    """
    if not 0 < ridge < np.inf or len(votes.items) < 2:
        raise ValueError(f"a ranking with ties needs two items and ridge > 0, not {ridge}")
    if not votes.tie.any():
        plain = fit_ranking(votes, ridge=ridge)
        return TieRanking(
            items=votes.items, score=plain.score, tie_strength=0.0, ridge=ridge, votes=len(votes),
            log_likelihood=plain.log_likelihood,
        )  # fmt: skip
    if votes.tie.all():
        raise PreferenceError("all answers are ties, so no scale can be had; ask for choices")
    k, sign = len(votes.items), np.where(votes.tie, 0.0, 0.5)

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        """Of scores [K] and log nu: minus the log-likelihood, the penalty, and the gradient [K + 1]."""
        gap = x[votes.winner] - x[votes.loser]
        chance = davidson_chances(gap, np.exp(x[k]))  # [3, M]
        said = np.where(votes.tie, chance[1], chance[0])
        slope = (chance[0] - chance[2]) / 2 - sign  # of each vote's loss on its gap
        gradient = np.bincount(votes.winner, slope, k) - np.bincount(votes.loser, slope, k)
        on_ties = chance[1].sum() - votes.tie.sum()
        value = -np.log(said).sum() + ridge / 2 * (x[:k] ** 2).sum()
        return value, np.append(gradient + ridge * x[:k], on_ties)

    found = minimize(loss, np.zeros(k + 1), jac=True, method="BFGS", options={"gtol": 1e-7})
    score = found.x[:k] - found.x[:k].mean()
    return TieRanking(
        items=votes.items,
        score=score,
        tie_strength=float(np.exp(found.x[k])),
        log_likelihood=-float(found.fun - ridge / 2 * (found.x[:k] ** 2).sum()),
        ridge=ridge,
        votes=len(votes),
    )


# --------------------------------------------------------------------------------------------------
# agreement


def prediction_ceiling(repeat: float) -> tuple[float, float]:
    """Between what shares of one rater's choices the best predictor gets right, from repeat agreement.

    A rater who chooses one of two with chance p gives the same answer twice with p^2 + (1 - p)^2; who
    knows p always says the likelier one, and is right with max(p, 1 - p). Where every pair has the same
    p that is (1 + sqrt(2 repeat - 1)) / 2. Over pairs of different p it lies between `repeat` and that,
    since the square root is concave (Jensen). Raises ValueError for a repeat agreement outside 0..1;
    below one half nothing but a coin is known, and both ends are 1/2.
    """
    if not 0 <= repeat <= 1:
        raise ValueError(f"repeat agreement is a share from 0 to 1, not {repeat}")
    least = max(repeat, 0.5)
    return least, (1 + (2 * least - 1) ** 0.5) / 2


def repeat_agreement(votes: PairVotes, *, confidence: float = 0.95) -> Interval:
    """How often a rater, asked about a pair again, answers as the time before.

    One tie of two counts half. The interval is Wilson's, n the repeated questions. Raises
    PreferenceError when no rater judged a pair twice.
    """
    low, high, outcome = outcomes(votes)
    pair = (votes.rater * len(votes.items) + low) * len(votes.items) + high
    order = pair.argsort(kind="stable")  # keeps the order in time within a pair
    again = pair[order][1:] == pair[order][:-1]
    change = abs(np.diff(outcome[order]))[again]
    if not len(change):
        raise PreferenceError("no rater judged a pair twice; repeat some questions (repeat_share)")
    return _agreement(change, confidence)


def agreement(a: PairVotes, b: PairVotes, *, confidence: float = 0.95) -> Interval:
    """How often two sets of votes agree on the pairs that both contain; items go by their names.

    Votes of one set on one pair are averaged first. n is the number of common pairs. Raises
    PreferenceError when there is none.
    """
    one, two = _by_name(a), _by_name(b)
    common = sorted(one.keys() & two.keys())
    if not common:
        raise PreferenceError("the two have no pair in common; let both judge the same pairs")
    return _agreement(np.array([abs(one[pair] - two[pair]) for pair in common]), confidence)


def outcomes(votes: PairVotes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The smaller and the larger index of each pair, and 1, 0 or -1: the smaller won, tie, lost."""
    low, high = np.minimum(votes.winner, votes.loser), np.maximum(votes.winner, votes.loser)
    return low, high, np.where(votes.tie, 0.0, np.where(votes.winner == low, 1.0, -1.0))


def _by_name(votes: PairVotes) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], list[float]] = {}
    for low, high, outcome in zip(*outcomes(votes), strict=True):
        names = votes.items[low], votes.items[high]
        swapped = names[0] > names[1]
        key = names[::-1] if swapped else names
        found.setdefault(key, []).append(-outcome if swapped else outcome)
    return {key: float(np.mean(values)) for key, values in found.items()}


def _agreement(change: np.ndarray, confidence: float) -> Interval:
    """From changes of outcome, 0 to 2."""
    n, same = len(change), float((1 - change / 2).sum())
    low, high = wilson_interval(same, n, confidence=confidence)
    return Interval(value=same / n, low=low, high=high, n=n, confidence=confidence)
