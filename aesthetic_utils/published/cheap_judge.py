"""A judge of taste on cheaper eyes: one made-up viewer's votes, the same for all, and what judges make of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.training.reward import fit_reward

DECAY = 300.0  # of `fit_reward`, as for the judges of lesson 5.1.2


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Drawings, one made-up viewer's votes on some, and which of two others this viewer truly likes better."""

    known: Tensor  # uint8 [N, 3, 32, 32], drawings that were voted on
    votes: Tensor  # int64 [V, 2], rows of `known`, the chosen first
    new: Tensor  # uint8 [M, 3, 32, 32], held-out drawings
    pairs: Tensor  # int64 [P, 2], rows of `new`, the one that is liked better first
    with_taste: (
        float  # how often a vote of the viewer's on these pairs goes with the viewer's taste
    )
    with_oneself: float  # how often two votes of the viewer's on one pair are the same


def open_panel(*, known: int = 1200, votes: int = 600, pairs: int = 4000, seed: int = 0) -> Panel:
    """One viewer of `simulated_viewers`, whose taste is made of four measures of a picture; twenty seconds or so.

    known: so many training drawings of all hands, and at most as many held-out ones.
    """
    # slow to load
    from aesthetic_utils.judgements.simulated_audience import taste_measures
    from aesthetic_utils.judgements.simulated_viewers import (
        Viewers,
        agreement_with_oneself,
        agreement_with_taste,
        chance,
        random_pairs,
        vote,
    )

    train, test = load_emoji("train", ideas="all"), load_emoji("test", ideas="all")
    rows = torch.randperm(len(train.images), generator=torch.Generator().manual_seed(seed))[:known]
    seen, new = train.images[rows], test.images[:known]
    measures, other = taste_measures(seen), taste_measures(new)
    viewers = Viewers(measures, np.zeros(len(seen)), 2, seed=seed)
    rng, waver = np.random.default_rng(seed), viewers.waver[0]
    taste = viewers.taste(measures, np.zeros(len(seen)))[0]
    liked = viewers.taste(other, np.zeros(len(new)))[0]
    chosen = vote(taste, random_pairs(len(seen), votes, rng), waver, rng)
    asked = random_pairs(len(new), pairs, rng)
    p = chance(liked, asked, waver)
    better = np.where((liked[asked[:, 0]] >= liked[asked[:, 1]])[:, None], asked, asked[:, ::-1])
    return Panel(
        known=seen, votes=torch.from_numpy(chosen.copy()), new=new,
        pairs=torch.from_numpy(better.copy()), with_taste=agreement_with_taste(p),
        with_oneself=agreement_with_oneself(p),
    )  # fmt: skip


def verdicts(eyes: Callable[[Tensor], Tensor], panel: Panel, *, chunk: int = 250) -> Tensor:
    """Which pairs a judge gets right that learned from the votes on what these eyes see: bool [P].

    eyes: float [N, 3, 32, 32] in [0, 1] -> features [N, D]. The mean is the judge's agreement with the viewer's taste.
    """
    with torch.no_grad():
        seen, new = (
            torch.cat([eyes(part.float() / 255).float() for part in images.split(chunk)])
            for images in (panel.known, panel.new)
        )
    chosen, other = panel.votes.T
    judge = fit_reward(seen, seen[chosen], seen[other], decay=DECAY)
    rewards = judge(new)
    return rewards[panel.pairs[:, 0]] > rewards[panel.pairs[:, 1]]
