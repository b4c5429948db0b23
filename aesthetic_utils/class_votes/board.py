"""The numbers on the wall: how far the class agrees, its ranking, and what of its taste is shared."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from aesthetic_utils.class_votes.room import Room
from aesthetic_utils.class_votes.tracking import Measured, tracked
from aesthetic_utils.judgements.bradley_terry import PreferenceError, fit_ranking
from aesthetic_utils.judgements.choice_parts import answers, choice_parts
from aesthetic_utils.judgements.report import (
    FEW_RATERS,
    complete_block,
    mean_rows,
    pair_agreement,
    ranking_rows,
)
from aesthetic_utils.judgements.taste import beholder_interval
from aesthetic_utils.judgements.vote_record import Vote, as_pairs, as_ratings
from aesthetic_utils.statistics.intervals import Interval
from aesthetic_utils.statistics.reliability import krippendorff_alpha


def board_numbers(
    room: Room, votes: Sequence[Vote], measured: Measured | None = None, *, repeats: int = 400
) -> dict[str, Any]:
    """What the board shows of these votes, as JSON holds it; what cannot be said yet has a sentence in `cannot`, by its name.

    The ranking and the agreement are of both rounds together. measured: the measures of the pictures, for what goes
    with the ranking. repeats: draws of each bootstrap.
    """
    found: dict[str, Any] = {
        "votes": len(votes), "voters": len({vote.rater for vote in votes}),
        "agreement": None, "ranking": [], "parts": None, "tracked": [], "cannot": {}, "notes": [],
    }  # fmt: skip
    if not votes:
        found["cannot"]["agreement"] = "There is no vote yet."
        return found
    if room.scale is not None:
        return found | _of_scores(votes, measured, repeats)
    pairs = as_pairs(votes, room.items)
    ranking = fit_ranking(pairs)
    found["ranking"] = [asdict(row) for row in ranking_rows(ranking, pairs)]
    if measured:
        scores = dict(zip(ranking.items, map(float, ranking.score), strict=True))
        found["tracked"] = tracked(scores, measured)
    if ranking.note:
        found["notes"].append(ranking.note)
    if ranking.raters < FEW_RATERS:
        found["notes"].append(
            f"With fewer than {FEW_RATERS} voters the intervals are only roughly known."
        )
    try:
        agreement, common = pair_agreement(pairs, repeats=repeats)
        found["agreement"] = _numbers(agreement) | {"common": common}
    except PreferenceError:
        found["cannot"]["agreement"] = "No two of you have answered the same question yet."
    try:
        found["parts"] = _parts(room, votes, repeats)
    except PreferenceError:
        found["cannot"]["parts"] = (
            "One round cannot tell private taste from noise. It takes the second round, and two voters who answered "
            "the same question in both."
        )
    return found


def _of_scores(votes: Sequence[Vote], measured: Measured | None, repeats: int) -> dict[str, Any]:
    """The same of scores: agreement is Krippendorff's alpha, "private" of the parts the beholder index b1."""
    ratings = as_ratings(votes)
    rows = [asdict(row) for row in mean_rows(ratings)]
    found: dict[str, Any] = {
        "ranking": [{name: _finite(value) for name, value in row.items()} for row in rows]
    }
    scores = {row["item"]: row["score"] for row in rows}
    if measured is not None and scores.keys() >= measured.keys():
        found["tracked"] = tracked(scores, measured)
    cannot = {}
    if (alpha := _alpha(ratings.values[:, :, 0], repeats)) is None:
        cannot["agreement"] = (
            "No two of you have scored the same two pictures, or all scores are alike."
        )
    else:
        basis = f"{alpha.n} pictures with two scores or more"
        found["agreement"] = _numbers(alpha) | {"basis": basis}
    twice = ratings.values[:, :, :2]
    voters, items = complete_block(~np.isnan(twice).any(2))
    if twice.shape[2] == 2 and min(len(voters), len(items)) > 1:
        b1 = beholder_interval(twice[np.ix_(voters, items)], repeats=repeats)
        basis = f"{len(voters)} voters, {len(items)} pictures scored twice"
        if math.isfinite(b1.value):
            found["parts"] = {"private": _numbers(b1) | {"basis": basis}}
    if "parts" not in found:
        cannot["parts"] = (
            "It takes the second round, and two voters who scored the same two pictures in both, not all alike, and more "
            "in the scores than noise."
        )
    return found | {"cannot": cannot}


def _alpha(first: np.ndarray, repeats: int) -> Interval | None:
    try:
        alpha = krippendorff_alpha(first, repeats=repeats)
    except ValueError:
        return None
    return alpha if math.isfinite(alpha.value) else None


def _finite(value: Any) -> Any:
    """JSON has no NaN."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _parts(room: Room, votes: Sequence[Vote], repeats: int) -> dict[str, Any]:
    names = [(room.items[a], room.items[b]) for a, b in room.pairs]
    pair_of = {frozenset(pair): pair for pair in names}
    raters = sorted({vote.rater for vote in votes})
    rounds: list[dict[tuple[str, tuple[str, str]], str]] = [{}, {}]
    for vote in votes:
        pair = pair_of[frozenset((vote.left, vote.right))]
        winner = vote.left if vote.choice == "left" else vote.right
        rounds[int(vote.session.rpartition("-")[2]) - 1][vote.rater, pair] = winner
    first, second = (answers(raters, names, winners) for winners in rounds)
    parts = choice_parts(first, second, repeats=repeats)
    return {name: _numbers(getattr(parts, name)) for name in ("shared", "private", "noise")} | {
        "questions": parts.questions
    }


def _numbers(found: Interval) -> dict[str, Any]:
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n}
