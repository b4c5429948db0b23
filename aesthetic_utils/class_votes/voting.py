"""What a voter may do, whatever carries it: join, ask what comes next, answer.

Everything that a request says is checked here. A vote is acknowledged when it is on disk, not before.
"""

import asyncio
import hmac
import json
import time
from collections import Counter
from http import HTTPStatus
from typing import Any, TypeGuard

from aesthetic_utils.class_votes.board import board_numbers
from aesthetic_utils.class_votes.limits import Limiter
from aesthetic_utils.class_votes.room import ROUNDS, Asked, order_for
from aesthetic_utils.class_votes.store import VoteStore, vote_row
from aesthetic_utils.class_votes.tracking import Measured
from aesthetic_utils.class_votes.writer import Writer
from aesthetic_utils.storage import AestheticError

MOST_VOTERS = 400
BOARD_EVERY_S = 2.0  # the numbers of the board are computed at most so often,
BOARD_SHARE = 0.1  # and in at most so much of the time, since votes wait for it


class Refusal(Exception):
    """A request that is not answered as asked; the message is for whoever asked."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Classroom:
    """One room while it is open.

    pictures: item -> JPEG file, in the order of the room's items. measured: what `tracking.measure_pictures` found, or
    nothing. Raises AestheticError for the pictures of another room.
    """

    def __init__(
        self, store: VoteStore, pictures: dict[str, bytes], measured: Measured | None = None
    ) -> None:
        room = store.room()
        if room is None or tuple(pictures) != room.items:
            raise AestheticError(
                "the pictures are not those of the room; start with a new file of votes"
            )
        self.store, self.room, self.pictures = store, room, tuple(pictures.values())
        self.measured = measured
        self.writer = Writer(store.together)
        self.joins = Limiter(rate=10, burst=100)  # by address; a class may share one
        self.guesses = Limiter(rate=0.5, burst=30)  # by address: 5,400 of 3.2 million codes in 3 h
        self.answers = Limiter(rate=5, burst=20)  # by voter
        self._board: tuple[float, dict[str, Any]] | None = (
            None  # when it is time again, and what was found
        )
        self._counting = asyncio.Lock()

    # ---- who asks

    def require_room(self, code: object, address: str) -> None:
        """Refuses another room, and whoever tries many."""
        given = code.strip().upper() if isinstance(code, str) else ""
        if not same(given, self.room.code):
            self.require_few_guesses(address)
            raise Refusal(
                HTTPStatus.FORBIDDEN, "there is no such room; look at the code on the board"
            )

    def require_few_guesses(self, address: str) -> None:
        if not self.guesses.allows(address):
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many tries; wait a minute")

    def require_voter(self, secret: str) -> str:
        """Whose secret it is."""
        voter = self.store.voter(secret)
        if voter is None:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "join the room first")
        if not self.answers.allows(voter):
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too quick; wait a second")
        return voter

    # ---- what there is to do

    async def join(self, address: str) -> dict[str, Any]:
        """A name and a secret for somebody new."""
        if not self.joins.allows(address):
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS, "too many have joined from here; wait a minute"
            )
        made = await self.writer.done(lambda db: VoteStore.insert_voter(db, most=MOST_VOTERS))
        if made is None:
            raise Refusal(HTTPStatus.FORBIDDEN, f"the room is full: it holds {MOST_VOTERS} voters")
        return {"voter": made[0], "secret": made[1]}

    async def vote(self, voter: str, sent: dict[str, Any]) -> dict[str, Any]:
        """Keep an answer, and what comes next; the first answer to a question stays."""
        round, pair = sent.get("round"), sent.get("pair")
        choice, ms = sent.get("choice"), sent.get("ms")
        if not (_whole(round, 1, self.store.round) and _whole(pair, 0, len(self.room.pairs) - 1)):
            raise Refusal(HTTPStatus.BAD_REQUEST, "this question was not asked")
        if not (self._is_answer(choice) and (ms is None or _whole(ms, 0, 10**9 - 1))):
            raise Refusal(HTTPStatus.BAD_REQUEST, "this is no answer, in whole milliseconds")
        asked = next(q for q in order_for(self.room, voter, round) if q.pair == pair)
        row = vote_row(self.room, voter, asked, choice, ms)
        await self.writer.done(lambda db: VoteStore.insert_vote(db, row))
        if (round, pair) not in self.store.answered(voter):  # deleted while it was on its way
            raise Refusal(HTTPStatus.UNAUTHORIZED, "join the room first")
        return self.question(voter)

    async def leave(self, voter: str) -> None:
        """Delete the votes of somebody who wants them out, and the voter."""
        await self.writer.done(lambda db: VoteStore.delete_voter(db, voter))
        await asyncio.to_thread(self.store.empty_log)

    def _is_answer(self, choice: object) -> TypeGuard[str | int]:
        scale = self.room.scale
        return choice in ("left", "right") if scale is None else _whole(choice, *scale)

    def question(self, voter: str) -> dict[str, Any]:
        """What this voter is asked now, or why nothing."""
        room, open_round = self.room, self.store.round
        done = self.store.answered(voter)
        for round in range(1, open_round + 1):
            left = [q for q in order_for(room, voter, round) if (round, q.pair) not in done]
            if left:
                place = len(room.pairs) - len(left) + 1
                return {"asked": self._shown(left[0]), "place": place, "of": len(room.pairs)}
        return {"wait": True} if open_round < ROUNDS else {"done": True}

    def _shown(self, asked: Asked) -> dict[str, Any]:
        items, scale = self.room.items, self.room.scale
        shown = {"round": asked.round, "pair": asked.pair, "question": self.room.question}
        left, right = ([i, items[i]] for i in (asked.left, asked.right))
        if scale is not None:
            return shown | {"item": left, "scale": list(scale)}
        return shown | {"left": left, "right": right}

    # ---- the wall

    async def board(self) -> dict[str, Any]:
        """The numbers of the board, computed anew, in a thread, once it is time."""
        async with self._counting:
            began = time.monotonic()
            if self._board is None or began > self._board[0]:
                found = await asyncio.to_thread(self._numbers)
                now = time.monotonic()
                self._board = (now + max(BOARD_EVERY_S, (now - began) / BOARD_SHARE), found)
            numbers = self._board[1]
        return numbers | {
            "room": self.room.code, "question": self.room.question, "round": self.store.round, "rounds": ROUNDS,
            "scale": self.room.scale, "joined": self.store.count_voters(), "asked": len(self.room.pairs), "items": self.room.items,
        }  # fmt: skip

    def _numbers(self) -> dict[str, Any]:
        votes = self.store.votes()
        answers = Counter(vote.rater for vote in votes)
        asked = len(self.room.pairs) * self.store.round
        finished = sum(count >= asked for count in answers.values())
        return board_numbers(self.room, votes, self.measured) | {"finished": finished}

    async def change(self, what: str) -> None:
        """The teacher's "open" of the second round, or "delete" of every vote and voter."""
        async with self._counting:
            do = {"open": lambda: self.store.open_round(ROUNDS), "delete": self.store.delete_all}
            await asyncio.to_thread(do[what])
            self._board = None


def same(given: str, expected: str) -> bool:
    """Compared in a time that does not tell how much is right."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; refuses whatever else it is."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        raise Refusal(HTTPStatus.BAD_REQUEST, "this is no JSON object")
    return sent


def _whole(value: object, low: int, high: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
