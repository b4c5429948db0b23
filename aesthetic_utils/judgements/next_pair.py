"""Which pair to ask about next, so that few answers tell much."""

import numpy as np
from scipy.special import expit

from aesthetic_utils.judgements.bradley_terry import (
    RIDGE,
    PairVotes,
    Ranking,
    fit_ranking,
    outcomes,
)

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(21)  # for means over a standard normal
LAST = 5  # a question that is repeated is none of the last so many


def expected_information(ranking: Ranking) -> np.ndarray:
    """[K, K]: what the answer to each pair is expected to tell about the scores, in nats.

    Entropy of the answer less what of it would remain if the scores were known (Houlsby et al. 2011),
    for scores normal around the fitted ones: high where the outcome is open because the scores are
    not known, low where it is open because the items are alike.
    """
    c, s = ranking.covariance, ranking.score
    mean = s[:, None] - s
    variance = c.diagonal()[:, None] + c.diagonal() - 2 * c
    weights = WEIGHTS / WEIGHTS.sum()
    chance, remaining = np.zeros_like(mean), np.zeros_like(mean)
    for node, weight in zip(NODES, weights, strict=True):
        p = expit(mean + np.sqrt(variance.clip(0)) * node)
        chance += weight * p
        remaining += weight * _entropy(p)
    return _entropy(chance) - remaining


def next_pair(
    votes: PairVotes, *, repeat_share: float = 0.0, ridge: float = RIDGE, seed: int = 0
) -> tuple[int, int]:
    """Indices of the items to show left and right: the pair whose answer promises to tell most.

    votes: those so far, usually of one rater; may be empty
    repeat_share: how often to ask again about a pair judged once, but not lately, to measure repeat
        agreement; otherwise no pair comes twice until all have been judged

    The same votes and seed give the same pair. Equally good pairs, and sides, are drawn. Raises ValueError
    for fewer than two items, a share outside 0 to 1, or a ridge that is not above 0.
    """
    if len(votes.items) < 2 or not 0 <= repeat_share <= 1 or not 0 < ridge < np.inf:
        raise ValueError(
            "next_pair needs two items, a repeat_share from 0 to 1 and a finite ridge above 0; got "
            f"{len(votes.items)}, {repeat_share} and {ridge}"
        )
    rng = np.random.default_rng([seed, len(votes)])
    k = len(votes.items)
    low, high, _ = outcomes(votes)
    judged = np.bincount(low * k + high, minlength=k * k).reshape(k, k)
    wants_repeat = rng.random() < repeat_share
    single = judged == 1
    single[low[-LAST:], high[-LAST:]] = False
    if wants_repeat and single.any():
        candidates = np.argwhere(single)
    else:
        gain = expected_information(fit_ranking(votes, ridge=ridge))
        gain[np.tril_indices(k)] = -np.inf
        if (judged > 0).sum() < k * (k - 1) // 2:
            gain[judged > 0] = -np.inf
        candidates = np.argwhere(gain >= gain.max() - 1e-9)
    left, right = rng.permutation(candidates[rng.integers(len(candidates))])
    return int(left), int(right)


def _entropy(p: np.ndarray) -> np.ndarray:
    """Of an answer that is yes with probability p, in nats."""
    q = np.clip(p, 1e-12, 1 - 1e-12)
    return -(q * np.log(q) + (1 - q) * np.log(1 - q))
