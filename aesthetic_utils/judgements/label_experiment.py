"""Does a picture please less when it is said to be made by a machine? An experiment for a class, with labels dealt at random.

Every rater scores every picture once, half of them under the label "made by AI" and half under "made by a person",
whoever made them. Which half is drawn anew for every second rater; the next rater gets the other half, so that each picture
carries each label equally often. The condition is written down with each vote, in the item's name (`labelled`), and is read from
there: nobody has to remember who saw what.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from aesthetic_utils.judgements.vote_record import Vote, as_ratings
from aesthetic_utils.statistics.intervals import Interval

AI, PERSON = "AI", "a person"
LABELLED = re.compile(rf"(.+) \(said to be by ({AI}|{PERSON})\)")


# --------------------------------------------------------------------------------------------------
# asking


def deal_labels(raters: int, pictures: int, *, seed: int = 0) -> np.ndarray:
    """Who sees which picture labelled as AI's: bool [R, I], half of each row, raters 0 and 1 complementary, and so on.

    With an odd number of pictures one of a pair of raters sees one AI label more. ValueError for fewer than two pictures.
    """
    if raters < 1 or pictures < 2:
        raise ValueError(
            f"a rater and two pictures are needed at least, not {raters} and {pictures}"
        )
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(pictures) < pictures // 2 for _ in range((raters + 1) // 2)]
    return np.array([row for one in rows for row in (one, ~one)])[:raters]


def labelled(item: str, by_ai: bool) -> str:
    """The item's name with what is said of it, as it is shown and recorded."""
    return f"{item} (said to be by {AI if by_ai else PERSON})"


def unlabelled(name: str) -> tuple[str, bool]:
    """Item and label of a recorded name; ValueError for a name without a label."""
    found = LABELLED.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} does not end in '(said to be by {AI})' or '({PERSON})'")
    return found[1], found[2] == AI


def with_label(picture: Tensor, by_ai: bool, *, enlarge: int = 4) -> Tensor:
    """The picture with its label on a white strip below, as a rater sees it: uint8 [3, H, W] -> [3, enlarge (H + 9), enlarge W].

    Pixels are repeated `enlarge` times. ValueError for pictures of another form.
    """
    if picture.dtype != torch.uint8 or picture.ndim != 3 or len(picture) != 3:
        raise ValueError(f"a picture uint8 [3, H, W] is needed, not {picture.dtype} {tuple(picture.shape)}")  # fmt: skip
    large = picture.repeat_interleave(enlarge, 1).repeat_interleave(enlarge, 2)
    strip = Image.new("RGB", (large.shape[2], 9 * enlarge), "white")
    text, font = f"made by {AI if by_ai else PERSON}", ImageFont.load_default(size=6 * enlarge)
    middle = (strip.width / 2, strip.height / 2)
    ImageDraw.Draw(strip).text(middle, text, fill="black", anchor="mm", font=font)
    return torch.cat([large, torch.from_numpy(np.array(strip)).permute(2, 0, 1)], 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledScores:
    """Scores with their conditions."""

    scores: np.ndarray  # [R, I]; NaN where there is none
    by_ai: np.ndarray  # bool [R, I]: labelled as AI's; False where there is no score
    raters: tuple[str, ...]
    items: tuple[str, ...]


def as_labelled(votes: Sequence[Vote]) -> LabelledScores:
    """The scores among `votes` whose items carry a label; the first of each rater for an item.

    ValueError when a rater has scored one picture under both labels: then he or she knows what the experiment is about.
    Raises MixedVotesError when they are on different scales or answer different questions.
    """
    found = as_ratings([v for v in votes if v.task == "scale" and LABELLED.fullmatch(v.item)])
    names = [unlabelled(name) for name in found.items]
    items = tuple(sorted({item for item, _ in names}))
    scores = np.full((len(found.raters), len(items)), np.nan)
    by_ai = np.zeros(scores.shape, dtype=bool)
    for column, (item, ai) in enumerate(names):
        i, given = items.index(item), found.values[:, column, 0]
        has = ~np.isnan(given)
        if (twice := has & ~np.isnan(scores[:, i])).any():
            who = found.raters[int(twice.argmax())]
            raise ValueError(f"{who} has scored {item!r} under both labels; leave that rater out")
        scores[has, i], by_ai[has, i] = given[has], ai
    return LabelledScores(scores=scores, by_ai=by_ai, raters=found.raters, items=items)


# --------------------------------------------------------------------------------------------------
# answers


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelEffect:
    """Score under "AI" minus score under "a person", in points of the scale."""

    mean: Interval  # over raters, by Student's t
    p: float  # two-sided, by flipping the signs of whole raters
    each: np.ndarray  # [R], a rater's own effect, as far as his or her pictures tell
    error: np.ndarray  # [R], standard error of each
    spread: float  # standard deviation of the true effects between raters; 0 when `each` scatters no more than by error

    @property
    def shrunk(self) -> np.ndarray:
        """Each effect, drawn towards the mean as far as its error asks: [R]. The best guess for one person.

        Without a spread it is the mean for all, also for a rater whose scores never vary and who therefore has no error.
        """
        if self.spread == 0:
            return np.full(len(self.each), self.mean.value)
        known = self.spread**2 / (self.spread**2 + self.error**2)
        return self.mean.value + known * (self.each - self.mean.value)


def label_effect(
    scores: np.ndarray,
    by_ai: np.ndarray,
    *,
    adjust: bool = True,
    flips: int = 2000,
    confidence: float = 0.95,
    seed: int = 0,
) -> LabelEffect:
    """The effect of the label, of the class and of each person: scores [R, I], NaN where there is none, by_ai bool [R, I].

    adjust  first take from each score the picture's mean over all raters, so that it does not matter which pictures happened to be
            labelled how. Each picture has to carry both labels about equally often.

    The unit is the rater: a class of 20 who score 30 pictures is 20, not 600. A rater with fewer than two scores
    under a label is left out. ValueError if fewer than three raters are left.
    """
    from scipy.stats import t  # slow to import

    x = np.array(scores, dtype=float)
    if x.ndim != 2 or np.shape(by_ai) != x.shape:
        raise ValueError(f"scores and labels [R, I] are needed, not {x.shape} and {np.shape(by_ai)}")  # fmt: skip
    if adjust:
        x = x - _column_means(x - _column_means(x.T)[:, None])
    sides = [np.where(np.isnan(x), False, side) for side in (by_ai, ~np.asarray(by_ai))]
    n = np.array([side.sum(1) for side in sides])  # [2, R]
    able = n.min(0) > 1
    if able.sum() < 3:
        raise ValueError(f"{able.sum()} raters have two scores under each label; three are needed")
    x, n, sides = x[able], n[:, able], [side[able] for side in sides]
    means = [np.where(side, x, 0).sum(1) / k for side, k in zip(sides, n, strict=True)]
    rest = sum(
        (np.where(side, x - m[:, None], 0) ** 2).sum(1)
        for side, m in zip(sides, means, strict=True)
    )
    error = np.sqrt(rest / (n.sum(0) - 2) * (1 / n).sum(0))  # [R]
    each = means[0] - means[1]
    r, mean = len(each), float(each.mean())
    half = float(t.ppf((1 + confidence) / 2, r - 1)) * each.std(ddof=1) / np.sqrt(r)
    signs = np.random.default_rng(seed).choice([-1, 1], size=(flips, r))
    as_far = (abs((signs * each).mean(1)) >= abs(mean) - 1e-12).sum()
    spread = max(float(each.var(ddof=1) - (error**2).mean()), 0.0) ** 0.5
    interval = Interval(value=mean, low=mean - half, high=mean + half, n=r, confidence=confidence)
    return LabelEffect(
        mean=interval, p=float((1 + as_far) / (1 + flips)), each=each, error=error, spread=spread
    )


def _column_means(x: np.ndarray) -> np.ndarray:
    """Mean of each column over those who have it, 0 where nobody has."""
    has = ~np.isnan(x)
    return np.where(has, x, 0).sum(0) / has.sum(0).clip(1)


# --------------------------------------------------------------------------------------------------
# made up


@dataclass(frozen=True, kw_only=True)
class Population:
    """How people are taken to rate, in points of a scale from 0 to 100: standard deviations like those of the dogs' raters."""

    item: float = 8.5  # shared taste
    level: float = 16.5  # how high a rater uses the scale
    private: float = 12.1  # taste of one's own
    noise: float = 15.4  # new for every answer
    spread: float = 5.0  # how much the label's effect differs between people


def simulate_labels(
    raters: int,
    pictures: int,
    effect: float,
    *,
    people: Population | None = None,
    by_ai: np.ndarray | None = None,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """A simulated class: scores [R, I] around 50 and labels bool [R, I], dealt anew unless by_ai is given.

    effect: mean of score under "AI" minus score under "a person", in points.
    """
    people = people or Population()
    rng = np.random.default_rng(seed)
    by_ai = deal_labels(raters, pictures, seed=seed) if by_ai is None else by_ai
    own = rng.normal(effect, people.spread, (raters, 1))
    scores = 50 + rng.normal(0, people.item, pictures) + rng.normal(0, people.level, (raters, 1))
    scores = scores + rng.normal(0, np.hypot(people.private, people.noise), (raters, pictures))
    return scores + own * by_ai, by_ai


def power(
    raters: int,
    pictures: int,
    effect: float,
    *,
    people: Population | None = None,
    adjust: bool = True,
    between: bool = False,
    classes: int = 400,
    seed: int = 0,
) -> float:
    """Share of simulated classes in which the 95 % interval of the effect leaves out 0. With effect 0: the false alarms.

    between: the other way to ask, in which each rater sees one label only and the two halves of the class are compared.
    """
    from scipy.stats import t, ttest_ind  # slow to import

    if raters < 2:
        raise ValueError(f"two raters are needed for an interval, not {raters}")
    found, limit = 0, t.ppf(0.975, raters - 1)
    for k in range(classes):
        if between:
            side = np.arange(raters)[:, None] % 2 == np.zeros((1, pictures), int)
            scores, _ = simulate_labels(raters, pictures, effect, people=people, by_ai=side, seed=seed + k)  # fmt: skip
            means = scores.mean(1)
            found += ttest_ind(means[side[:, 0]], means[~side[:, 0]]).pvalue < 0.05
            continue
        scores, by_ai = simulate_labels(raters, pictures, effect, people=people, seed=seed + k)
        if adjust:
            scores = scores - scores.mean(0)
        each = [scores[r, row].mean() - scores[r, ~row].mean() for r, row in enumerate(by_ai)]
        found += abs(np.mean(each)) > limit * np.std(each, ddof=1) / np.sqrt(raters)
    return float(found / classes)


def raters_needed(
    effect: float, pictures: int, *, people: Population | None = None, chance: float = 0.8
) -> int:
    """About how many raters find an effect with that chance: (1.96 + z)^2 var / effect^2, by the normal distribution.

    The variance of one rater's difference is spread^2 + 4 (private^2 + noise^2) / pictures. Small classes need a few more, by
    Student's t. Raises ValueError without an effect, which no number of raters finds, and without a picture.
    """
    from scipy.stats import norm  # slow to import

    if effect == 0 or pictures < 1:
        raise ValueError(f"an effect other than 0 and a picture are needed, not {effect} and {pictures}")  # fmt: skip
    people = people or Population()
    variance = people.spread**2 + 4 * (people.private**2 + people.noise**2) / pictures
    return int(np.ceil((norm.ppf(0.975) + norm.ppf(chance)) ** 2 * variance / effect**2))
