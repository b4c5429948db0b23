"""Was this picture in the training set? Scores of attacks, and what an attack has found.

A score is a number a picture, the larger the more it looks like a member. Sources: Yeom, Giacomelli, Fredrikson & Jha
(2018), Privacy Risk in Machine Learning, https://arxiv.org/abs/1709.01604 (the loss as a score); Carlini, Chien, Nasr, Song,
Terzis & Tramèr (2022), Membership Inference Attacks From First Principles, https://arxiv.org/abs/2112.03570 (the
likelihood ratio, and the share that is found at few false alarms).
"""

from collections.abc import Callable

import numpy as np

from aesthetic_utils.statistics.intervals import Interval

FALSE_ALARMS = 0.01  # the share of non-members that an attack may accuse, where one number is given
SMALLEST_SPREAD = 1e-6


def log_odds(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How sure a classifier is of the right answer: log p / (1 - p), from logits [N, K] and labels [N] -> [N].

    Unlike the loss it stays roughly normal where p is near 1 (Carlini et al. 2022).
    """
    logits = np.asarray(logits, dtype=float)
    if logits.ndim != 2 or np.shape(labels) != logits.shape[:1]:
        raise ValueError(f"logits [N, K] and labels [N] are needed, not {logits.shape} and {np.shape(labels)}")  # fmt: skip
    rows = np.arange(len(logits))
    right = logits[rows, labels]
    others = logits.copy()
    others[rows, labels] = -np.inf
    top = others.max(1)
    return right - top - np.log(np.exp(others - top[:, None]).sum(1))


def curve(members: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of non-members accused and of members found, for every threshold, from (0, 0) to (1, 1).

    members [M], others [N]: scores. Equal scores cross the threshold together.
    """
    members, others = _scores(members), _scores(others)
    thresholds = np.unique(np.concatenate([members, others]))[::-1]
    accused = (len(others) - np.searchsorted(np.sort(others), thresholds, side="left")) / len(
        others
    )
    found = (len(members) - np.searchsorted(np.sort(members), thresholds, side="left")) / len(
        members
    )
    return np.concatenate([[0.0], accused]), np.concatenate([[0.0], found])


def auc(members: np.ndarray, others: np.ndarray) -> float:
    """The chance that a member has a larger score than a non-member; a tie counts half. 0.5 is guessing."""
    members, others = _scores(members), np.sort(_scores(others))
    below = np.searchsorted(others, members, side="left")
    upto = np.searchsorted(others, members, side="right")
    return float((below + upto).mean() / 2 / len(others))


def found_at(members: np.ndarray, others: np.ndarray, false_alarms: float = FALSE_ALARMS) -> float:
    """The share of members found when at most this share of non-members may be accused."""
    accused, found = curve(members, others)
    return float(found[accused <= false_alarms + 1e-12].max())


def with_interval(
    statistic: Callable[[np.ndarray, np.ndarray], float],
    members: np.ndarray,
    others: np.ndarray,
    *,
    repeats: int = 400,
    seed: int = 0,
) -> Interval:
    """`auc` or `found_at` with its 95 % percentile bootstrap; members and non-members are each resampled."""
    members, others = _scores(members), _scores(others)
    rng = np.random.default_rng(seed)
    values = [
        statistic(rng.choice(members, len(members)), rng.choice(others, len(others)))
        for _ in range(repeats)
    ]
    low, high = np.quantile(values, [0.025, 0.975])
    value = statistic(members, others)
    return Interval(value=value, low=float(low), high=float(high), n=len(members) + len(others))


def likelihood_ratio(target: np.ndarray, shadows: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """How much likelier a picture's log-odds are if the target has learned it: log of a ratio, [N].

    target   [N], log-odds of each picture under the attacked network
    shadows  [S, N], the same under networks that the attacker trained on random halves of the same kind of pictures
    inside   bool [S, N], which pictures a shadow has learned; each picture needs one that has and one that has not

    Two normal laws a picture, with a mean each and, since shadows are few, one variance for all members and one for all
    non-members (Carlini et al. 2022 propose such a global variance where shadows are few). Both means are taken over equally
    many shadows: where halves come in pairs, how many of the others have learned a picture tells whether the target has.
    """
    target, shadows, inside = (
        np.asarray(target, float),
        np.asarray(shadows, float),
        np.asarray(inside, bool),
    )
    if shadows.shape != inside.shape or shadows.shape[1:] != target.shape:
        raise ValueError(f"target [N], shadows [S, N] and inside [S, N] are needed, not {target.shape}, {shadows.shape}, {inside.shape}")  # fmt: skip
    if not (inside.any(0).all() and (~inside).any(0).all()):
        raise ValueError(
            "each picture has to be in at least one shadow's half and out of another's"
        )
    equal = np.minimum(inside.sum(0), (~inside).sum(0))  # [N]
    likelihoods = []
    for part in (inside, ~inside):
        count = part.sum(0)
        own = (shadows * part).sum(0) / count  # [N]
        left = ((shadows - own) ** 2 * part).sum() / max((count - 1).sum(), 1)
        used = part & (np.cumsum(part, 0) <= equal)
        mean = (shadows * used).sum(0) / equal  # [N]
        spread = np.maximum(left * (1 + 1 / equal), SMALLEST_SPREAD)  # the mean is uncertain, too
        likelihoods.append(-((target - mean) ** 2) / (2 * spread) - 0.5 * np.log(spread))
    return likelihoods[0] - likelihoods[1]


def halves(pictures: int, networks: int, seed: int = 0) -> np.ndarray:
    """Which pictures each network learns: bool [networks, pictures], in pairs that share the pictures out.

    networks is even, so that each picture is learned by exactly half of them.
    """
    if networks < 2 or networks % 2 or pictures < 2:
        raise ValueError(f"an even number of networks and two pictures or more are needed, not {networks} and {pictures}")  # fmt: skip
    rng, rows = np.random.default_rng(seed), []
    for _ in range(networks // 2):
        half = np.zeros(pictures, dtype=bool)
        half[rng.permutation(pictures)[: pictures // 2]] = True
        rows += [half, ~half]
    return np.array(rows)


def most_found(false_alarms: float, epsilon: float, delta: float = 0.0) -> float:
    """The largest share of members that any attack can find if training was (epsilon, delta)-private, in [0, 1].

    e^epsilon f + delta and 1 - e^-epsilon (1 - delta - f), whichever is less: Kairouz, Oh & Viswanath (2015), The Composition
    Theorem for Differential Privacy, https://arxiv.org/abs/1311.0776.
    """
    if not (0 <= false_alarms <= 1 and epsilon >= 0 and 0 <= delta <= 1):
        raise ValueError(f"shares in 0..1 and an epsilon of 0 or more are needed, not {false_alarms}, {epsilon}, {delta}")  # fmt: skip
    upper = np.exp(epsilon) * false_alarms + delta
    lower = 1 - np.exp(-epsilon) * (1 - delta - false_alarms)
    return float(np.clip(min(upper, lower), 0, 1))


def _scores(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or not len(values) or np.isnan(values).any():
        raise ValueError(f"scores are a row of numbers, and these are {values.shape}")
    return values
