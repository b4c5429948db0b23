"""Asking a person about pictures, one question after the other: the part without buttons.

The file of votes is the only lasting memory. What was answered is read from it, so that a session that ends
in the middle, for whatever reason, goes on where it was when the next one opens the same file. An open session
counts its own votes along, and reads the file again only after something else has changed it.
"""

import math
import secrets
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aesthetic_utils.judgements.next_pair import LAST, next_pair
from aesthetic_utils.judgements.vote_file import Problem, append_undo, append_vote, read_votes
from aesthetic_utils.judgements.vote_record import (
    CHOICES,
    ITEM,
    Vote,
    as_pairs,
    new_rater_id,
    pair_vote,
    scale_vote,
)
from aesthetic_utils.storage import AestheticError

TASKS = ("pair", "scale")
SCALE = (1, 7)  # of the task "scale"
QUESTIONS = {"pair": "Which of the two do you like better?", "scale": "How much do you like it?"}


class RatingSessionError(AestheticError):
    """A session that cannot start, or an answer that fits no question."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is shown now: two items side by side, or one."""

    items: tuple[str, ...]  # (left, right) of a pair, (item,) of a scale

    @property
    def task(self) -> str:
        return "pair" if len(self.items) == 2 else "scale"


class RatingSession:
    """One sitting of one rater.

    items         names of what is judged, at least two
    task          "pair": which of two is liked better; "scale": how much one is liked, 1 to 7
    path          the file of votes; made at the first vote, continued if it is there
    rater         who rates; None: whoever the file belongs to, or a new name that says nothing
    seed          of the order; with the rater's name it decides sides and order
    repeat_share  of the questions, those asked a second time. Pairs: as `next_pair` mixes them in. Scale:
                  this share of the items comes again after all have been rated once; 1 means two full rounds
    question      what is asked, in place of QUESTIONS[task]; it is kept with every vote
    questions     how many to ask; None: three for each item (pair), or the rounds described (scale)
    clock         seconds, for the time an answer takes

    Raises RatingSessionError when the settings make no session, and RatingFileError when the file is no file
    of votes. Votes of other raters, on other items and on another question stay in the file and are not looked at;
    those of files that did not keep the question count.
    """

    def __init__(
        self,
        items: Iterable[str],
        *,
        task: str = "pair",
        path: str | Path,
        rater: str | None = None,
        seed: int = 0,
        repeat_share: float = 0.15,
        question: str | None = None,
        questions: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.items = tuple(items)
        if task not in TASKS:
            raise RatingSessionError(f"task is {task!r}; there are {' and '.join(TASKS)}")
        if len(set(self.items)) != len(self.items) or len(self.items) < 2:
            raise RatingSessionError("a session needs two items or more, each with its own name")
        if not 0 <= repeat_share <= 1:
            raise RatingSessionError(f"repeat_share is {repeat_share}; a share is from 0 to 1")
        self.task, self.path, self.repeat_share = task, Path(path), repeat_share
        self.question = question or QUESTIONS[task]
        if not ITEM.fullmatch(self.question):
            raise RatingSessionError(
                f"the question is {self.question!r}; give it in one line of at most 200 characters"
            )
        self.rater = rater or _owner(self.path)
        self.name = f"s-{secrets.token_hex(4)}"  # of this sitting
        self.seed = zlib.crc32(f"{seed} {self.rater}".encode())  # raters see different sides
        self.stopped = False
        self.problems: list[Problem] = []  # rows of the file that are no votes
        self._clock = clock
        plan = 3 * len(self.items) if task == "pair" else len(self.items) + self._second_round
        self.questions = plan if questions is None else questions
        self._read()

    # ---- where it stands

    @property
    def answered(self) -> int:
        return len(self.votes)

    @property
    def done(self) -> bool:
        """Whether nothing is left to ask, or the rater has stopped."""
        return self.current is None

    @property
    def current(self) -> Question | None:
        """What to show now; None when the session is over."""
        return None if self.stopped else self._question

    # ---- what the rater does

    def vote(self, choice: str | float) -> Vote:
        """Store the answer to the current question: left, right or tie, or a number from 1 to 7.

        When this returns the vote is on disk. Raises RatingSessionError for another answer and when there is
        no question, RatingFileError when the file cannot be written; nothing has changed then.
        """
        question = self.current
        if question is None:
            raise RatingSessionError("the session is over; a new one on the same file goes on")
        waited = round(1000 * (self._clock() - self._shown))
        common: dict[str, Any] = {
            "rater": self.rater,
            "session": self.name,
            "question": self.question,
            "response_ms": max(0, waited),
        }
        if question.task == "pair":
            if choice not in CHOICES:
                raise RatingSessionError(f"the answer is {choice!r}; give {', '.join(CHOICES)}")
            left, right = question.items
            vote = pair_vote(left=left, right=right, choice=choice, **common)
        else:
            if isinstance(choice, str) or not SCALE[0] <= choice <= SCALE[1]:
                raise RatingSessionError(
                    f"the answer is {choice!r}; give a number from {SCALE[0]} to {SCALE[1]}"
                )
            vote = scale_vote(item=question.items[0], score=choice, scale=SCALE, **common)
        alone = self._stamp() == self._known
        append_vote(self.path, vote)
        if alone:
            self._go_on([*self.votes, vote])
        else:
            self._read()
        return vote

    def undo(self) -> Vote | None:
        """Take back the latest vote of this sitting and ask again; None if there is none left.

        What is in the file from earlier sittings stays.
        """
        if self._stamp() != self._known:
            self._read()
        given = (i for i in reversed(range(len(self.votes))) if self.votes[i].session == self.name)
        last = next(given, None)
        if last is None:
            return None
        taken = self.votes[last]
        append_undo(self.path, taken)
        self._go_on(self.votes[:last] + self.votes[last + 1 :])
        return taken

    def stop(self) -> None:
        """End the session; all votes are stored already."""
        self.stopped = True

    # ---- inside

    def _read(self) -> None:
        """Votes from the file, and the question that follows from them."""
        votes, self.problems = read_votes(self.path) if self.path.exists() else ([], [])
        known = set(self.items)
        self._go_on(
            [
                vote
                for vote in votes
                if vote.rater == self.rater
                and vote.task == self.task
                and vote.question in ("", self.question)
                and vote.scale in (None, SCALE)
                and known.issuperset(filter(None, (vote.left, vote.right, vote.item)))
            ]
        )

    def _go_on(self, votes: list[Vote]) -> None:
        """The question that follows from the votes, which are those of the file as it is now."""
        self.votes, self._known = votes, self._stamp()
        self._question = self._next() if len(self.votes) < self.questions else None
        self._shown = self._clock()

    def _stamp(self) -> tuple[int, int] | None:
        """What tells whether the file has changed: its size and time; None if there is none."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns

    def _next(self) -> Question | None:
        if self.task == "pair":
            pairs = as_pairs(self.votes, self.items)
            pair = next_pair(pairs, repeat_share=self.repeat_share, seed=self.seed)
            return Question(items=tuple(self.items[i] for i in pair))
        rated = Counter(vote.item for vote in self.votes)
        left = [item for item in self._order() if item not in rated]
        if left:
            return Question(items=(left[0],))
        again = [item for item in self._again() if rated[item] < 2]
        return Question(items=(again[0],)) if again else None

    def _order(self, turn: int = 0) -> list[str]:
        rng = np.random.default_rng([self.seed, turn])
        return [self.items[i] for i in rng.permutation(len(self.items))]

    @property
    def _second_round(self) -> int:
        return math.ceil(self.repeat_share * len(self.items))

    def _again(self) -> list[str]:
        """Items to be rated a second time, those that came last in the first round at the end."""
        recent = self._order()[-LAST:]
        order = sorted(self._order(1), key=lambda item: item in recent)  # stable
        return order[: self._second_round]


def _owner(path: Path) -> str:
    """The only rater in the file, or a new name."""
    raters = {vote.rater for vote in read_votes(path)[0]} if path.exists() else set()
    if len(raters) > 1:
        names = ", ".join(sorted(raters))
        raise RatingSessionError(
            f"{path} holds votes of {names}: say whose session this is with rater=..., or choose "
            "another file"
        )
    return raters.pop() if raters else new_rater_id()
