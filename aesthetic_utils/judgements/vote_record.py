"""One vote of a learner: made, checked, as a row of a file, and many of them as arrays."""

import math
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from aesthetic_utils.judgements.bradley_terry import PairVotes
from aesthetic_utils.storage import AestheticError

VERSION = 2
READ = ("1", "2")  # versions
SCORES = (1, 10)  # of a score of version 1, which does not say its scale
CHOICES = ("left", "right", "tie")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
ITEM = re.compile(r"[^\x00-\x1f\x7f\ufffd]{1,200}")
COLUMNS = (
    "version", "session", "rater", "task", "left", "right", "item", "choice", "score",
    "response_ms", "time", "lowest", "highest", "question",
)  # fmt: skip
SINCE_2 = ("lowest", "highest", "question")  # columns that a file of version 1 does not have

Scale = tuple[float, float]  # its lowest and its highest score


class MixedVotesError(AestheticError, ValueError):
    """Votes that cannot be taken together: scores of other scales, or answers to other questions."""


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
    scale: Scale | None = None  # of the score; None in a row of version 1, which does not say it
    question: str = ""  # as it was asked; empty where it was not recorded

    @property
    def target(self) -> tuple[str, ...]:
        """What the vote is about, and who gave it."""
        return self.rater, self.session, self.left, self.right, self.item, self.question


def new_rater_id() -> str:
    """A random name for a rater, such as r-5f3a90c2, that says nothing about the person."""
    return f"r-{secrets.token_hex(4)}"


def pair_vote(
    *,
    rater: str,
    session: str,
    left: str,
    right: str,
    choice: str,
    question: str = "",
    response_ms: int | None = None,
) -> Vote:
    """A choice between two items, given now; choice is "left", "right" or "tie"."""
    return checked(
        Vote(
            session=session, rater=rater, task="pair", left=left, right=right, choice=choice,
            question=question, response_ms=response_ms, time=now(),
        )
    )  # fmt: skip


def scale_vote(
    *,
    rater: str,
    session: str,
    item: str,
    score: float,
    scale: Scale,
    question: str = "",
    response_ms: int | None = None,
) -> Vote:
    """A score for an item, given now; scale is the lowest and the highest score that there was."""
    return checked(
        Vote(
            session=session, rater=rater, task="scale", item=item, score=score, scale=scale,
            question=question, response_ms=response_ms, time=now(),
        )
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------
# rows of a file


def to_row(vote: Vote) -> dict[str, str]:
    """The columns of a vote; ValueError for a time without a time zone."""
    if vote.time.utcoffset() is None:
        raise ValueError("the time of a vote needs a time zone, such as datetime.UTC")
    time = vote.time.astimezone(UTC).isoformat(timespec="milliseconds")
    lowest, highest = ("", "") if vote.scale is None else (f"{end:.6g}" for end in vote.scale)
    return {
        "version": str(VERSION), "session": vote.session, "rater": vote.rater, "task": vote.task,
        "left": vote.left, "right": vote.right, "item": vote.item, "choice": vote.choice,
        "score": "" if vote.score is None else f"{vote.score:.6g}",
        "response_ms": "" if vote.response_ms is None else str(vote.response_ms),
        "time": time.replace("+00:00", "Z"), "lowest": lowest, "highest": highest,
        "question": vote.question,
    }  # fmt: skip


def checked(vote: Vote) -> Vote:
    """The vote as it will be read back; ValueError if it would not be."""
    return from_row(to_row(vote))


USED = {  # task -> columns that it fills; "undo" fills those of what it takes back
    "pair": ("left", "right", "choice"),
    "scale": ("item", "score"),
    "undo": ("left", "right"),
}


def from_row(row: dict[str, str]) -> Vote:
    """The vote of a row; ValueError says what is wrong with it.

    Columns that came with version 2 may be missing. Whole numbers may have a point and zeros, as pandas
    writes a column with gaps, and a column that the task leaves empty may say NA.
    """
    row = dict.fromkeys(SINCE_2, "") | row
    if _whole(row["version"]) not in READ:
        read = " and ".join(READ)
        raise ValueError(f"version is {row['version']!r}; this program reads {read}")
    for name in ("session", "rater"):
        if not NAME.fullmatch(row[name]):
            raise ValueError(
                f"{name} is {row[name]!r}; 1 to 32 letters, digits, - and _ are allowed"
            )
    if row["task"] not in USED:
        raise ValueError(f"task is {row['task']!r}; there are {', '.join(USED)}")
    row = _without_na(row)
    _check_columns(row, USED[row["task"]] if row["left"] or row["task"] != "undo" else ("item",))
    scale = _scale(row["lowest"], row["highest"])
    texts = ("session", "rater", "task", "left", "right", "item", "choice", "question")
    return Vote(
        **{name: row[name] for name in texts}, scale=scale, score=_score(row["score"], scale),
        response_ms=_milliseconds(row["response_ms"]), time=_time(row["time"]),
    )  # fmt: skip


def _without_na(row: dict[str, str]) -> dict[str, str]:
    """The row with nothing where a program wrote that there is nothing; items may have any name."""
    kept = () if row["task"] == "undo" else USED[row["task"]]
    return {
        name: "" if name not in kept and value in ("NA", "NaN", "nan") else value
        for name, value in row.items()
    }


def _check_columns(row: dict[str, str], used: Sequence[str]) -> None:
    """ValueError unless the columns that the task uses are filled, and the others empty."""
    for name in ("left", "right", "item", "choice", "score"):
        if name not in used and row[name]:
            raise ValueError(
                f"{name} is {row[name]!r}; a row of task {row['task']} leaves it empty"
            )
        if name in used and not ITEM.fullmatch(row[name]):
            raise ValueError(f"{name} is {row[name]!r}, which is empty, too long or unreadable")
    if row["question"] and not ITEM.fullmatch(row["question"]):
        raise ValueError(f"question is {row['question']!r}, which is too long or unreadable")
    if row["task"] != "scale" and (row["lowest"] or row["highest"]):
        raise ValueError(f"a row of task {row['task']} has no scale; lowest and highest stay empty")
    if row["left"] and row["left"] == row["right"]:
        raise ValueError(f"left and right are both {row['left']!r}")
    if row["choice"] and row["choice"] not in CHOICES:
        raise ValueError(f"choice is {row['choice']!r}; there are {', '.join(CHOICES)}")


def _scale(lowest: str, highest: str) -> Scale | None:
    if not lowest and not highest:
        return None
    low, high = _number(lowest), _number(highest)
    if not -math.inf < low < high < math.inf:  # false for nan as well
        raise ValueError(
            f"lowest and highest are {lowest!r} and {highest!r}; two numbers are needed, the first below the second"
        )
    return low, high


def _score(text: str, scale: Scale | None) -> float | None:
    if not text:
        return None
    low, high = scale or SCORES
    score = _number(text)
    if not low <= score <= high:
        raise ValueError(f"score is {text!r}; a number from {low:g} to {high:g} is allowed")
    return score


def _number(text: str) -> float:
    """NaN for what is no number."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _whole(text: str) -> str:
    """The text without the point and the zeros that follow a whole number."""
    return re.sub(r"(?<=[0-9])\.0+$", "", text)


def _milliseconds(text: str) -> int | None:
    if text and not re.fullmatch(r"[0-9]{1,9}", _whole(text)):
        raise ValueError(f"response_ms is {text!r}; whole milliseconds are allowed")
    return int(_whole(text)) if text else None


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
    scale: Scale | None = None  # of all scores; None where it was not recorded
    question: str = ""  # that all scores answer; empty where it was not recorded


def mixtures(votes: Iterable[Vote], task: str) -> list[str]:
    """What keeps the votes of one task from being taken together, a sentence each, which says what to do.

    Scores of two scales, or of one and an unknown one, are a mixture; and answers to two questions. Votes of which
    the question was not recorded go with any one question.
    """
    votes = [vote for vote in votes if vote.task == task]
    found = []
    scales = Counter(vote.scale for vote in votes)
    if task == "scale" and len(scales) > 1:
        said = _counted({_scale_name(scale): n for scale, n in scales.items()})
        remedy = "Take the votes of one scale alone, by their .scale"
        if None in scales:
            remedy += (
                "; to those of version 1 you can give the scale that was used, if you know it, by "
            )
            remedy += "dataclasses.replace(vote, scale=(lowest, highest))"
        found.append(f"the scores are on different scales: {said}. {remedy}.")
    questions = Counter(vote.question for vote in votes if vote.question)
    if len(questions) > 1:
        said = _counted({f'"{question}"': n for question, n in questions.items()})
        kind = {"pair": "choices", "scale": "scores"}[task]
        found.append(
            f"the {kind} answer different questions: {said}. Take the votes on one question alone, by their .question."
        )
    return found


def _scale_name(scale: Scale | None) -> str:
    return "not recorded" if scale is None else f"{scale[0]:g} to {scale[1]:g}"


def _counted(numbers: dict[str, int]) -> str:
    """Names with their counts, the most frequent first: `1 to 7 (12 votes), 1 to 10 (1 vote)`."""
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} ({n:,} vote{'s' * (n != 1)})" for name, n in ordered)


def _require_unmixed(votes: Sequence[Vote], task: str) -> None:
    if found := mixtures(votes, task):
        sentence = " ".join(found)
        raise MixedVotesError(sentence[0].upper() + sentence[1:])


def as_pairs(votes: Sequence[Vote], items: Sequence[str] | None = None) -> PairVotes:
    """The pair votes among `votes`, in their order.

    items: names in the order that indices shall have; those that occur, in alphabetical order, if None.
        Votes on other items are left out.

    Raises MixedVotesError when they answer different questions.
    """
    pairs = [vote for vote in votes if vote.task == "pair"]
    if items is None:
        items = sorted({name for vote in pairs for name in (vote.left, vote.right)})
    index = {name: i for i, name in enumerate(items)}
    pairs = [vote for vote in pairs if vote.left in index and vote.right in index]
    _require_unmixed(pairs, "pair")
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
    """The scores among `votes`: a rater's first score for an item is round 0, the next round 1, ...

    Raises MixedVotesError when they are on different scales or answer different questions.
    """
    scores = [vote for vote in votes if vote.task == "scale"]
    _require_unmixed(scores, "scale")
    raters = {name: i for i, name in enumerate(sorted({vote.rater for vote in scores}))}
    items = {name: i for i, name in enumerate(sorted({vote.item for vote in scores}))}
    found: dict[tuple[int, int], list[float | None]] = {}
    for vote in scores:
        found.setdefault((raters[vote.rater], items[vote.item]), []).append(vote.score)
    rounds = max(map(len, found.values()), default=0)
    values = np.full((len(raters), len(items), rounds), np.nan)
    for (rater, item), given in found.items():
        values[rater, item, : len(given)] = given
    return Ratings(
        values=values, raters=tuple(raters), items=tuple(items),
        scale=scores[0].scale if scores else None,
        question=max((vote.question for vote in scores), default=""),
    )  # fmt: skip
