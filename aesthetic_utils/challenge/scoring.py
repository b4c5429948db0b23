"""One row of the challenge's table: how like the hidden drawings, how much of them, and how much of it is copied.

The measures are those of `generator_metrics`, in the eyes of one ruler. The Frechet distance and coverage go to the hidden
drawings; copies are looked for among the training drawings, by pixels and by the ruler, and among all drawings
that were held out, which nobody should have learned from.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from aesthetic_utils.challenge.split import Split
from aesthetic_utils.generator_metrics import (
    PIECE,
    SHIFT,
    Ruler,
    Yardstick,
    by_halves,
    gaps_to,
    likeness,
    memorised,
    small_pixels,
    versions,
    yardstick,
)

RULER = "resnet_emoji_designer"
COPIED = 0.05  # above this share of copies, beyond what real drawings have, an entry is not placed
FLOOR, CHEAT = "held-out drawings", "training drawings again"


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a set of pictures gets."""

    frechet: float  # to the hidden drawings; less is better
    frechet_error: float  # standard error over pictures
    coverage: float  # share of hidden drawings that have a picture beside them; more is better
    coverage_error: float
    memorised: float  # share that is taken for copies of training drawings
    peeked: float  # share that is taken for copies of held-out drawings
    distinct: int  # pictures that differ


@dataclass(frozen=True, kw_only=True)
class Judge:
    """The drawings of a challenge as the ruler sees them, made once for all submissions."""

    split: Split
    ruler: Ruler  # to the training drawings
    hidden: Ruler  # to the hidden ones, in the same principal components
    held_out: Tensor  # pixels of all held-out drawings, [M, D]


def make_judge(split: Split, look: Callable[[Tensor], Tensor]) -> Judge:
    """look: what the ruler sees of pictures, such as `seen_by` of RULER."""
    seen: Yardstick = yardstick({RULER: look}, split.train, split.hidden)
    ruler = seen.rulers[RULER]
    both = torch.cat([split.hidden, split.others])
    return Judge(
        split=split, ruler=ruler, hidden=replace(ruler, train=ruler.held_out), held_out=small_pixels(both)
    )  # fmt: skip


def score(images: Tensor, judge: Judge) -> Score:
    """Score pictures, float [N, 3, 32, 32] in [0, 1], at most as many as there are hidden drawings.

    For 500 pictures some ten seconds of one core.
    """
    seen = judge.ruler.look(images)

    def measured(rows: Tensor) -> dict[str, float]:
        return {k: v for k, v in likeness(rows, judge.hidden).items() if k in ("frechet", "coverage")}  # fmt: skip

    found, errors = measured(seen), by_halves(measured, seen, repeats=10)
    pixels = _all_versions(images)
    training = small_pixels(judge.split.train)
    eyes = torch.stack([seen, judge.ruler.look(images.flip(3))])
    copied = memorised(gaps_to(pixels, training).nearest)
    copied |= memorised(gaps_to(eyes, judge.ruler.train).nearest)
    peeked = memorised(gaps_to(pixels, judge.held_out).nearest)
    return Score(
        frechet=found["frechet"], frechet_error=errors["frechet"], coverage=found["coverage"],
        coverage_error=errors["coverage"], memorised=copied.double().mean().item(), peeked=peeked.double().mean().item(),
        distinct=len(torch.unique((255 * images).round().byte().flatten(1), dim=0)),
    )  # fmt: skip


def _all_versions(images: Tensor) -> Tensor:
    """Small pixels of pictures, mirrored and moved: [V, N, D]."""
    parts = [
        torch.stack([small_pixels(version) for version in versions(part, SHIFT)])
        for part in images.split(PIECE)
    ]
    return torch.cat(parts, dim=1)


def controls(judge: Judge, count: int, seed: int = 0) -> dict[str, Tensor]:
    """What real drawings would hand in, and what a cheat would: so many held-out drawings that are not hidden, and so many
    training drawings, each mirrored or moved."""
    chance = torch.Generator().manual_seed(seed)
    others = judge.split.others[torch.randperm(len(judge.split.others), generator=chance)[:count]]
    again = judge.split.train[torch.randperm(len(judge.split.train), generator=chance)[:count]]
    moved = versions(again, SHIFT)  # [V, n, 3, 32, 32]
    which = torch.randint(len(moved), (len(again),), generator=chance)
    return {FLOOR: others, CHEAT: moved[which, torch.arange(len(again))]}


def places(scores: Sequence[Score], beside: Mapping[str, Score]) -> list[int | None]:
    """The place of each entry by its Frechet distance, from 1; None for one that is not placed: too many copies.

    beside: scores of `controls`, which say how many copies real drawings seem to have: held-out ones of the training
    drawings, and training drawings of held-out ones. An entry shares the place of the one before it where their
    distances differ by less than two standard errors of the difference.
    """
    most, most_peeked = beside[FLOOR].memorised + COPIED, beside[CHEAT].peeked + COPIED
    fair = [i for i, s in enumerate(scores) if s.memorised <= most and s.peeked <= most_peeked]
    found: list[int | None] = [None] * len(scores)
    before: int | None = None
    for rank, i in enumerate(sorted(fair, key=lambda i: scores[i].frechet), start=1):
        found[i] = rank
        if before is not None:
            apart = scores[i].frechet - scores[before].frechet
            error = (scores[i].frechet_error ** 2 + scores[before].frechet_error ** 2) ** 0.5
            if apart < 2 * error:
                found[i] = found[before]
                continue
        before = i
    return found
