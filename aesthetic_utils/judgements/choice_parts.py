"""Private and shared taste from choices: the same questions, put twice to several people.

A choice between two is +1 or -1. Rater i says +1 to question p with a chance of his or her own; m_ip is the mean of
such an answer, 2 chance - 1. The variance of an answer about 0, which is 1, then has three parts:

    shared   mean over questions of (mean over raters of m_ip)^2     what all lean to
    private  mean over questions of the variance over raters of m_ip  what a rater leans to, apart from the others
    noise    1 - mean of m_ip^2                                       what the same rater does not repeat

Two answers of two raters agree by the first part, two answers of one rater by the first and the second; so the parts
are estimated from products of answers. They are the counterpart for choices of `judgements.taste`, which is for scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aesthetic_utils.judgements.bradley_terry import PreferenceError
from aesthetic_utils.statistics.intervals import Interval


@dataclass(frozen=True, kw_only=True)
class ChoiceParts:
    """Parts of the variance of a choice; they sum to 1, and an estimate may come out below 0."""

    shared: Interval
    private: Interval
    noise: Interval
    questions: int  # that two raters or more answered twice


def choice_parts(
    first: np.ndarray, second: np.ndarray, *, repeats: int = 400, confidence: float = 0.95, seed: int = 0
) -> ChoiceParts:  # fmt: skip
    """The parts from two rounds of answers, [R, P] each: +1, -1, or NaN where rater R did not answer question P.

    What counts is what a rater answered in both rounds. Intervals draw raters anew (percentiles; n is their number): they
    are about other people, and these questions. Raises ValueError for arrays of other shapes or values, and
    PreferenceError where no two raters answered a question twice.
    """
    x = np.stack([np.asarray(first, dtype=float), np.asarray(second, dtype=float)])  # [2, R, P]
    if x.ndim != 3 or not np.isin(x[~np.isnan(x)], (-1, 1)).all():
        raise ValueError("both rounds are [R, P] of +1, -1 and NaN")
    there = ~np.isnan(x).any(0)  # [R, P]
    rows = np.flatnonzero(there.any(1))
    there = there[rows]
    mean, same = (np.where(there, y, 0.0) for y in (x[:, rows].mean(0), x[:, rows].prod(0)))
    common = there.sum(0) > 1
    if not common.any():
        raise PreferenceError(
            "no two raters answered the same question twice; let the class vote in a second round"
        )

    def parts(times: np.ndarray) -> np.ndarray:
        """Shared, private and noise, each rater counted so often and never held against himself."""
        n, squares = times @ there, times**2 @ there
        pairs = (n**2 - squares).sum()
        if not pairs:
            return np.full(3, np.nan)
        between = ((times @ mean) ** 2 - times**2 @ mean**2).sum() / pairs
        within = (times @ same).sum() / n.sum()
        return np.array([between, within - between, 1 - within])

    rng, k = np.random.default_rng(seed), len(rows)
    drawn = [parts(np.bincount(rng.integers(k, size=k), minlength=k)) for _ in range(repeats)]
    ends = np.nanquantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)  # [2, 3]
    shared, private, noise = (
        Interval(value=float(v), low=float(a), high=float(b), n=k, confidence=confidence)
        for v, a, b in zip(parts(np.ones(k)), *ends, strict=True)
    )
    return ChoiceParts(shared=shared, private=private, noise=noise, questions=int(common.sum()))


def answers(
    raters: Sequence[str], pairs: Sequence[tuple[str, str]], winners: dict[tuple[str, tuple[str, str]], str]
) -> np.ndarray:  # fmt: skip
    """One round for `choice_parts`, [R, P]: +1 where a rater chose the first of a pair, -1 the second, else NaN.

    winners: (rater, pair) -> which of the two was chosen
    """
    found = np.full((len(raters), len(pairs)), np.nan)
    for i, rater in enumerate(raters):
        for j, pair in enumerate(pairs):
            if (winner := winners.get((rater, pair))) is not None:
                found[i, j] = 1.0 if winner == pair[0] else -1.0
    return found
