"""Simulated raters. Nothing here is data: it is made up, from settings that are then known.

An estimator that cannot find the settings again from what a simulated class answers would not find
the truth about a real one either. Say "simulated" wherever such numbers are shown.
"""

from dataclasses import dataclass

import numpy as np

from aesthetic_utils.judgements.bradley_terry import PairVotes
from aesthetic_utils.judgements.vote_histograms import VarianceParts, gaussian_histogram


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedVotes:
    """Vote histograms whose true distributions are known."""

    counts: np.ndarray  # int64 [N, K]
    truth: np.ndarray  # [N, K], probabilities from which the votes were drawn

    @property
    def parts(self) -> VarianceParts:
        """The true variance between and within these images."""
        scale = np.arange(1, self.truth.shape[1] + 1)
        mean = self.truth @ scale
        within = self.truth @ scale**2 - mean**2
        return VarianceParts(between=float(mean.var(ddof=1)), within=float(within.mean()))


def simulate_votes(
    images: int,
    voters: int | np.ndarray,
    *,
    mean: float = 5.4,
    between: float = 0.75,
    within: float = 1.4,
    votes: int = 10,
    seed: int = 0,
) -> SimulatedVotes:
    """Simulated votes from 1 to `votes`: images differ by `between`, people by `within` (both sd).

    voters: votes per image, one number or [N]. The distributions are normal, cut into bins.
    """
    rng = np.random.default_rng(seed)
    centres = rng.normal(mean, between, images)  # [N]
    truth = gaussian_histogram(centres, np.full(images, within), votes)  # [N, K]
    return SimulatedVotes(counts=rng.multinomial(voters, truth), truth=truth)


@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedClass:
    """A simulated class: each one's taste is a shared part and a private one."""

    shared: np.ndarray  # [I], what all have in common
    private: np.ndarray  # [R, I], what one rater likes apart from the others
    leniency: np.ndarray  # [R], how high a rater uses the scale
    ratings: np.ndarray  # [R, I, T], answers in T rounds
    b1: float  # beholder index of the settings, without leniency
    b2: float  # the same, leniency counted as private

    @property
    def taste(self) -> np.ndarray:
        """What each rater likes, without noise and level: [R, I]."""
        return self.shared + self.private


def simulate_class(
    raters: int,
    items: int,
    *,
    rounds: int = 2,
    shared: float = 1.0,
    private: float = 1.0,
    leniency: float = 0.5,
    noise: float = 0.7,
    scale: tuple[int, int] | None = None,
    seed: int = 0,
) -> SimulatedClass:
    """A simulated class that rates all items in each of `rounds`.

    shared, private, leniency, noise: standard deviations of the normal parts that are added up; noise
        is new for each answer, the others stay
    scale: None for numbers around 0; (1, 10) for answers rounded to a scale around its middle, which
        blurs them, so that the settings come back only roughly
    """
    rng = np.random.default_rng(seed)
    common = rng.normal(0, shared, items)  # [I]
    own = rng.normal(0, private, (raters, items))  # [R, I]
    level = rng.normal(0, leniency, raters)  # [R]
    ratings = (common + own + level[:, None])[:, :, None]
    ratings = ratings + rng.normal(0, noise, (raters, items, rounds))  # [R, I, T]
    if scale is not None:
        ratings = (ratings + sum(scale) / 2).round().clip(*scale)
    kept, lost = private**2, leniency**2
    b1, b2 = kept / (kept + shared**2), (kept + lost) / (kept + lost + shared**2)
    return SimulatedClass(
        shared=common, private=own, leniency=level, ratings=ratings, b1=b1, b2=b2
    )  # fmt: skip


def simulate_pairs(taste: np.ndarray, pairs: int, *, repeats: int = 1, seed: int = 0) -> PairVotes:
    """Simulated choices: each rater judges so many random pairs, each of them `repeats` times.

    taste: [R, I] or [I], in logits: an item wins with probability 1 / (1 + exp(-difference)), the
        model of Bradley & Terry. Multiply a taste by 2 for a rater who wavers less.
    """
    taste = np.atleast_2d(taste)  # [R, I]
    raters, items = taste.shape
    rng = np.random.default_rng(seed)
    a = rng.integers(items, size=(raters, pairs))
    b = (a + rng.integers(1, items, size=a.shape)) % items  # another item, all equally likely
    a, b = (np.tile(x, (1, repeats)).ravel() for x in (a, b))
    rater = np.repeat(np.arange(raters), pairs * repeats)
    chance = 1 / (1 + np.exp(taste[rater, b] - taste[rater, a]))
    first = rng.random(len(a)) < chance
    return PairVotes(
        winner=np.where(first, a, b),
        loser=np.where(first, b, a),
        rater=rater,
        items=tuple(f"item_{i}" for i in range(items)),
        raters=tuple(f"simulated-{r}" for r in range(raters)),
    )
