"""The numbers on the wall: how far the class agrees, its ranking, and what of its taste is shared."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from aesthetic_utils.class_votes.room import Room
from aesthetic_utils.class_votes.tracking import Measured, tracked
from aesthetic_utils.judgements.bradley_terry import PreferenceError, fit_ranking
from aesthetic_utils.judgements.choice_parts import answers, choice_parts
from aesthetic_utils.judgements.report import FEW_RATERS, pair_agreement, ranking_rows
from aesthetic_utils.judgements.vote_record import Vote, as_pairs
from aesthetic_utils.statistics.intervals import Interval


def board_numbers(
    room: Room, votes: Sequence[Vote], measured: Measured | None = None, *, repeats: int = 400
) -> dict[str, Any]:
    """What the board shows of these votes, as JSON holds it; what cannot be said yet is a sentence in `cannot`.

    The ranking and the agreement are of both rounds together. measured: the measures of the pictures, for what goes
    with the ranking. repeats: draws of each bootstrap.
    """
    found: dict[str, Any] = {
        "votes": len(votes), "voters": len({vote.rater for vote in votes}),
        "agreement": None, "ranking": [], "parts": None, "tracked": [], "cannot": [], "notes": [],
    }  # fmt: skip
    if not votes:
        found["cannot"].append("There is no vote yet.")
        return found
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
        found["cannot"].append(
            "How far two voters agree: no two have answered the same question yet."
        )
    try:
        found["parts"] = _parts(room, votes, repeats)
    except PreferenceError:
        found["cannot"].append(
            "What is shared and what is private: one round cannot tell private taste from noise. It takes a second "
            "round, and two voters who answered the same question in both."
        )
    return found


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
