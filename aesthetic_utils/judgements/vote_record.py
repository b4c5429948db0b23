"""One vote of a learner: made, checked, as a row of a file, and many of them as arrays."""

import math
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from aesthetic_utils.judgements.bradley_terry import PairVotes

VERSION = 1
SCORES = (1, 10)
CHOICES = ("left", "right", "tie")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
ITEM = re.compile(r"[^\x00-\x1f\x7f\ufffd]{1,200}")
COLUMNS = (
    "version", "session", "rater", "task", "left", "right", "item", "choice", "score",
    "response_ms", "time",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One row of the file; `pair_vote` and `scale_vote` make them."""

    session: str
    rater: str
    task: str  # "pair", "scale" or "undo"
    left: str = ""
    right: str = ""
    item: str = ""
    choice: str = ""
    score: float | None = None
    response_ms: int | None = None
    time: datetime

    @property
    def target(self) -> tuple[str, ...]:
        """What the vote is about, and who gave it."""
        return self.rater, self.session, self.left, self.right, self.item


def new_rater_id() -> str:
    """A random name for a rater, such as r-5f3a90c2, that says nothing about the person."""
    return f"r-{secrets.token_hex(4)}"


def pair_vote(
    *, rater: str, session: str, left: str, right: str, choice: str, response_ms: int | None = None
) -> Vote:
    """A choice between two items, given now; choice is "left", "right" or "tie"."""
    return checked(
        Vote(
            session=session, rater=rater, task="pair", left=left, right=right, choice=choice,
            response_ms=response_ms, time=now(),
        )
    )  # fmt: skip


def scale_vote(
    *, rater: str, session: str, item: str, score: float, response_ms: int | None = None
) -> Vote:
    """A score from 1 to 10 for an item, given now."""
    return checked(
        Vote(
            session=session, rater=rater, task="scale", item=item, score=score,
            response_ms=response_ms, time=now(),
        )
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------
# rows of a file


def to_row(vote: Vote) -> dict[str, str]:
    """The columns of a vote; ValueError for a time without a time zone."""
    if vote.time.utcoffset() is None:
        raise ValueError("the time of a vote needs a time zone, such as datetime.UTC")
    time = vote.time.astimezone(UTC).isoformat(timespec="milliseconds")
    return {
        "version": str(VERSION), "session": vote.session, "rater": vote.rater, "task": vote.task,
        "left": vote.left, "right": vote.right, "item": vote.item, "choice": vote.choice,
        "score": "" if vote.score is None else f"{vote.score:.6g}",
        "response_ms": "" if vote.response_ms is None else str(vote.response_ms),
        "time": time.replace("+00:00", "Z"),
    }  # fmt: skip


def checked(vote: Vote) -> Vote:
    """The vote as it will be read back; ValueError if it would not be."""
    return from_row(to_row(vote))


def from_row(row: dict[str, str]) -> Vote:
    """The vote of a row; ValueError says what is wrong with it."""
    if row["version"] != str(VERSION):
        raise ValueError(f"version is {row['version']!r}; this program reads {VERSION}")
    for name in ("session", "rater"):
        if not NAME.fullmatch(row[name]):
            raise ValueError(
                f"{name} is {row[name]!r}; 1 to 32 letters, digits, - and _ are allowed"
            )
    used = {"pair": ("left", "right", "choice"), "scale": ("item", "score")}
    used["undo"] = ("left", "right") if row["left"] else ("item",)
    if row["task"] not in used:
        raise ValueError(f"task is {row['task']!r}; there are {', '.join(used)}")
    for name in ("left", "right", "item", "choice", "score"):
        if name not in used[row["task"]] and row[name]:
            raise ValueError(
                f"{name} is {row[name]!r}; a row of task {row['task']} leaves it empty"
            )
        if name in used[row["task"]] and not ITEM.fullmatch(row[name]):
            raise ValueError(f"{name} is {row[name]!r}, which is empty, too long or unreadable")
    if row["left"] and row["left"] == row["right"]:
        raise ValueError(f"left and right are both {row['left']!r}")
    if row["choice"] and row["choice"] not in CHOICES:
        raise ValueError(f"choice is {row['choice']!r}; there are {', '.join(CHOICES)}")
    texts = {
        name: row[name] for name in ("session", "rater", "task", "left", "right", "item", "choice")
    }
    return Vote(
        **texts, score=_score(row["score"]), response_ms=_milliseconds(row["response_ms"]),
        time=_time(row["time"]),
    )  # fmt: skip


def _score(text: str) -> float | None:
    if not text:
        return None
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not SCORES[0] <= score <= SCORES[1]:  # false for nan as well
        raise ValueError(f"score is {text!r}; a number from {SCORES[0]} to {SCORES[1]} is allowed")
    return score


def _milliseconds(text: str) -> int | None:
    if text and not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(f"response_ms is {text!r}; whole milliseconds are allowed")
    return int(text) if text else None


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.utcoffset() != timedelta(0):
        raise ValueError(f"time is {text!r}; such as 2026-03-01T09:30:00.000Z is needed, in UTC")
    return time


def now() -> datetime:
    """The time in UTC, in the whole milliseconds that a file keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


# --------------------------------------------------------------------------------------------------
# arrays


@dataclass(frozen=True, kw_only=True, eq=False)
class Ratings:
    """Scores as an array."""

    values: np.ndarray  # [R, I, T]: rater, item, round; NaN where there is no score
    raters: tuple[str, ...]
    items: tuple[str, ...]


def as_pairs(votes: Sequence[Vote], items: Sequence[str] | None = None) -> PairVotes:
    """The pair votes among `votes`, in their order.

    items: names in the order that indices shall have; those that occur, in alphabetical order, if None.
        Votes on other items are left out.
    """
    pairs = [vote for vote in votes if vote.task == "pair"]
    if items is None:
        items = sorted({name for vote in pairs for name in (vote.left, vote.right)})
    index = {name: i for i, name in enumerate(items)}
    pairs = [vote for vote in pairs if vote.left in index and vote.right in index]
    raters = {name: i for i, name in enumerate(sorted({vote.rater for vote in pairs}))}
    ends = [(vote.left, vote.right)[:: -1 if vote.choice == "right" else 1] for vote in pairs]
    return PairVotes(
        winner=np.array([index[winner] for winner, _ in ends], dtype=np.int64),
        loser=np.array([index[loser] for _, loser in ends], dtype=np.int64),
        items=tuple(items),
        rater=np.array([raters[vote.rater] for vote in pairs], dtype=np.int64),
        tie=np.array([vote.choice == "tie" for vote in pairs], dtype=bool),
        raters=tuple(raters),
    )


def as_ratings(votes: Sequence[Vote]) -> Ratings:
    """The scores among `votes`: a rater's first score for an item is round 0, the next round 1, ..."""
    scores = [vote for vote in votes if vote.task == "scale"]
    raters = {name: i for i, name in enumerate(sorted({vote.rater for vote in scores}))}
    items = {name: i for i, name in enumerate(sorted({vote.item for vote in scores}))}
    found: dict[tuple[int, int], list[float | None]] = {}
    for vote in scores:
        found.setdefault((raters[vote.rater], items[vote.item]), []).append(vote.score)
    rounds = max(map(len, found.values()), default=0)
    values = np.full((len(raters), len(items), rounds), np.nan)
    for (rater, item), given in found.items():
        values[rater, item, : len(given)] = given
    return Ratings(values=values, raters=tuple(raters), items=tuple(items))
