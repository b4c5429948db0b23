"""Single simulated viewers who also mind what is no drawing. Made up from end to end; nothing here is data.

The viewers of `Audience` like what four measures say, each in a way of their own: colour and contrast, a middle
complexity (an optimum inside the range), and likeness to the mirror image. A generator that is tuned to please them can
leave the drawings without their minding it. So these viewers lose liking with the distance of a picture from the nearest
drawing, as another network sees it than the one that a reward looks through. How much they lose is made up as well, and
the same for all: that a tuned generator is liked less in the end is built in, *when* it is liked less is not.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from aesthetic_utils.judgements.simulated_audience import Audience, TasteSettings


@dataclass(frozen=True, kw_only=True)
class ViewerSettings:
    """How the viewers are made."""

    taste: TasteSettings = TasteSettings(own_weights=0.5)  # wide apart: single people agree little
    unreal: float = (
        1.0  # votes lost where a picture is as far out as the 99th percentile of real drawings
    )
    agreement: float = 0.7  # how often one vote agrees with the viewer's own true taste


@dataclass(frozen=True, kw_only=True)
class Distances:
    """What distances from the nearest drawing real drawings have that nobody has trained with."""

    usual: float  # their median
    far: float  # their 99th percentile

    def excess(self, distance: np.ndarray) -> np.ndarray:
        """0 up to the usual distance, 1 at the far one, and on in a straight line: [I] -> [I]."""
        return np.maximum(0.0, (distance - self.usual) / (self.far - self.usual))


class Viewers:
    """Simulated viewers, each alone. Tastes are in units of each viewer's spread over the reference pictures.

    measures: [I, 4], `taste_measures` of the reference pictures; excess: [I], `Distances.excess` of theirs. Raises
    ValueError where the two do not go together, and where a viewer likes all reference pictures alike.
    """

    def __init__(
        self,
        measures: np.ndarray,
        excess: np.ndarray,
        viewers: int,
        *,
        settings: ViewerSettings = ViewerSettings(),
        seed: int = 0,
    ):
        if len(measures) != len(excess):
            raise ValueError(
                f"{len(measures)} rows of measures and {len(excess)} distances; one each"
            )
        self.settings = settings
        self.audience = Audience(measures, viewers, settings=settings.taste, seed=seed)
        self.centre, self.scale = np.zeros(viewers), np.ones(viewers)
        raw = self.taste(measures, excess)
        self.centre, self.scale = raw.mean(1), raw.std(1)
        if not (self.scale > 0).all():
            raise ValueError("a viewer likes all reference pictures alike; give more of them")
        self.waver = np.array(
            [noise_for(row / spread, settings.agreement)
             for row, spread in zip(raw - self.centre[:, None], self.scale, strict=True)]
        )  # fmt: skip

    def taste(self, measures: np.ndarray, excess: np.ndarray) -> np.ndarray:
        """The true taste of each viewer for pictures: [I, 4], [I] -> [R, I], mean 0 and sd 1 over the reference."""
        liking = self.audience.liking(measures) - self.settings.unreal * excess
        return (liking - self.centre[:, None]) / self.scale[:, None]


def chance(taste: np.ndarray, pairs: np.ndarray, waver: float) -> np.ndarray:
    """How likely the first of each pair is chosen: Bradley and Terry (1952), with wavering as the unit.

    taste: [I]; pairs: int [V, 2]; waver above 0, in units of the taste. [V]
    """
    return expit((taste[pairs[:, 0]] - taste[pairs[:, 1]]) / waver)


def vote(
    taste: np.ndarray, pairs: np.ndarray, waver: float, rng: np.random.Generator
) -> np.ndarray:
    """One vote on each pair: the pairs again, [V, 2], the one that was chosen first."""
    first = rng.random(len(pairs)) < chance(taste, pairs, waver)
    return np.where(first[:, None], pairs, pairs[:, ::-1])


def random_pairs(items: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Pairs of two different items, all equally likely: int [V, 2]. Raises ValueError below two items."""
    if items < 2:
        raise ValueError(f"a pair needs two items; there are {items}")
    a = rng.integers(items, size=count)
    return np.stack([a, (a + rng.integers(1, items, size=count)) % items], axis=1)


def agreement_with_taste(p: np.ndarray) -> float:
    """How often a vote goes to the one that is liked better, from the chances of the first: mean of max(p, 1 - p)."""
    return float(np.maximum(p, 1 - p).mean())


def agreement_with_oneself(p: np.ndarray) -> float:
    """How often a second vote on the same pair is the same: the mean of p^2 + (1 - p)^2."""
    return float((p**2 + (1 - p) ** 2).mean())


def noise_for(taste: np.ndarray, agreement: float, *, pairs: int = 4000, seed: int = 0) -> float:
    """The wavering at which a vote on a random pair agrees with the taste [I] so often.

    Raises ValueError for a share that is not between a coin (1/2) and certainty (1).
    """
    if not 0.5 < agreement < 1:
        raise ValueError(f"agreement lies between 0.5 and 1; got {agreement}")
    some = random_pairs(len(taste), pairs, np.random.default_rng(seed))

    def off(log_waver: float) -> float:
        return agreement_with_taste(chance(taste, some, np.exp(log_waver))) - agreement

    return float(np.exp(brentq(off, -8, 8)))
