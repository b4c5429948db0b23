"""Votes as fingerprints: can a person be found again by what she voted?

Somebody knows how each of R people rated some pictures, and gets ratings without names. Each nameless row is compared with
all known ones, and the nearest name is written to it. Narayanan & Shmatikov (2008), Robust De-anonymization of Large
Sparse Datasets, https://doi.org/10.1109/SP.2008.33, did so with subscribers to a film service.
"""

from collections.abc import Callable

import numpy as np

from aesthetic_utils.statistics.intervals import Interval, bootstrap

WAYS = ("pattern", "pattern and level")
Blur = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def likeness(known: np.ndarray, nameless: np.ndarray, way: str = "pattern") -> np.ndarray:
    """How alike rows of ratings [R, k] and [Q, k] of the same k pictures are, the more the larger: [R, Q].

    The mean rater is taken out of both, a picture at a time. "pattern" is the correlation of what is left, which asks
    what a person likes more than others do; "pattern and level" is minus the mean squared difference, which also asks how high
    she rates. A row that has no pattern is like no other.
    """
    if way not in WAYS:
        raise ValueError(f"no way {way!r}; there are {', '.join(WAYS)}")
    known, nameless = np.asarray(known, float), np.asarray(nameless, float)
    if known.ndim != 2 or nameless.ndim != 2 or known.shape[1] != nameless.shape[1]:
        raise ValueError(f"ratings of the same pictures are needed, not {known.shape} and {nameless.shape}")  # fmt: skip
    a, b = known - known.mean(0), nameless - nameless.mean(0)
    if way == "pattern and level":
        return -((a[:, None] - b[None]) ** 2).mean(2)
    a, b = (_unit(rows - rows.mean(1, keepdims=True)) for rows in (a, b))
    return a @ b.T


def places(alike: np.ndarray) -> np.ndarray:
    """In which place the right name stands for each nameless row, 1 for the first: [R, R] -> float [R].

    Row i of both sides is the same person. Those who are exactly as alike share their places.
    """
    if alike.ndim != 2 or alike.shape[0] != alike.shape[1]:
        raise ValueError(f"each nameless row needs its name: a square table, not {alike.shape}")
    right = np.diag(alike)
    return (alike > right).sum(0) + ((alike == right).sum(0) + 1) / 2


def named(
    first: np.ndarray,
    second: np.ndarray,
    votes: int,
    *,
    way: str = "pattern",
    blur: Blur | None = None,
    deals: int = 50,
    repeats: int = 1000,
    seed: int = 0,
) -> Interval:
    """The share of people who are named rightly from so many votes, with its bootstrap over people.

    first, second  ratings [R, I] of the same pictures by the same people at two times; the first with names
    votes          on how many pictures, dealt at random `deals` times
    blur           what is done to the nameless ratings before they are given away
    """
    return bootstrap(np.mean, _hits(first, second, votes, way, blur, deals, seed), repeats=repeats, seed=seed)  # fmt: skip


def _hits(
    first: np.ndarray,
    second: np.ndarray,
    votes: int,
    way: str,
    blur: Blur | None,
    deals: int,
    seed: int,
) -> np.ndarray:
    """How often each person stands in the first place, over the deals: [R]."""
    if first.shape != second.shape or not 1 <= votes <= first.shape[1]:
        raise ValueError(f"{votes} votes of {first.shape} and {second.shape} cannot be compared")
    rng, hits = np.random.default_rng(seed), np.zeros(len(first))
    for _ in range(deals):
        which = rng.permutation(first.shape[1])[:votes]
        given = second[:, which]
        given = given if blur is None else blur(given, rng)
        hits += places(likeness(first[:, which], given, way)) == 1
    return hits / deals


def named_elsewhere(
    first: np.ndarray, second: np.ndarray, votes: int, *, deals: int = 50, seed: int = 0,
    repeats: int = 1000,
) -> Interval:  # fmt: skip
    """The same where the nameless votes are on *other* pictures: only a person's mean and spread can be compared.

    Both are measured in the spread that they have between people.
    """
    if first.shape != second.shape or not 2 <= votes <= first.shape[1] // 2:
        raise ValueError(f"twice {votes} votes are more than {first.shape} holds, or fewer than 4")
    rng, hits = np.random.default_rng(seed), np.zeros(len(first))
    for _ in range(deals):
        which = rng.permutation(first.shape[1])
        sides = (first[:, which[:votes]], second[:, which[votes : 2 * votes]])
        a, b = (np.stack([x.mean(1), x.std(1)], 1) for x in sides)  # [R, 2]
        a, b = ((x - x.mean(0)) / np.maximum(x.std(0), 1e-12) for x in (a, b))
        hits += places(-((a[:, None] - b[None]) ** 2).sum(2)) == 1
    return bootstrap(np.mean, hits / deals, repeats=repeats, seed=seed)


def in_steps(steps: int) -> Blur:
    """Ratings in [0, 1] rounded to so many equally distant values, 2 or more."""
    if steps < 2:
        raise ValueError(f"two values or more are needed, not {steps}")
    return lambda ratings, rng: np.round(np.clip(ratings, 0, 1) * (steps - 1)) / (steps - 1)


def with_noise(spread: float) -> Blur:
    """Normal noise added to every rating; not cut to 0..1."""
    return lambda ratings, rng: ratings + rng.normal(0, spread, ratings.shape)


def in_groups(size: int) -> Blur:
    """Each person's ratings replaced by the mean of a random group of so many people, 1 or more, herself among them."""
    if size < 1:
        raise ValueError(f"one person or more are a group, not {size}")

    def blur(ratings: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        given = np.empty_like(ratings)
        for group in np.array_split(rng.permutation(len(ratings)), max(1, len(ratings) // size)):
            given[group] = ratings[group].mean(0)
        return given

    return blur


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
