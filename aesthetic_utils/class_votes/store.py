"""Where the votes of a class are kept: one SQLite file on the teacher's computer.

A vote is on disk before it is acknowledged: the file keeps a write-ahead log (WAL) and forces it to disk at every
commit, so that neither the end of the program nor that of the computer takes one away. There are no names in it: a voter is
called as the server chose (`new_rater_id`), and is known again by the hash of a secret that only the voter's page has.
"""

import hashlib
import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from aesthetic_utils.class_votes.room import Asked, Room
from aesthetic_utils.judgements.vote_record import Vote, checked, new_rater_id, now
from aesthetic_utils.storage import AestheticError

SCHEMA = """
CREATE TABLE IF NOT EXISTS room (
  code TEXT NOT NULL, question TEXT NOT NULL, items TEXT NOT NULL, pairs TEXT NOT NULL,
  round INTEGER NOT NULL, teacher TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS voters (secret TEXT PRIMARY KEY, voter TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS votes (
  room TEXT NOT NULL, voter TEXT NOT NULL, round INTEGER NOT NULL, pair INTEGER NOT NULL,
  left TEXT NOT NULL, right TEXT NOT NULL, choice TEXT NOT NULL,
  response_ms INTEGER, time TEXT NOT NULL, PRIMARY KEY (room, voter, round, pair));
"""


VoteRow = tuple[str, str, int, int, str, str, str, int | None, str]  # as the table has it


class VoteStore:
    """The file of one room; made if it is not there. Safe to use from several threads.

    It is written through one connection and read through others, so that nobody who reads waits for the disk.
    path: such as class_votes.sqlite. Raises AestheticError where the file cannot be used, or is no such file.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._writing, self._reading = path, threading.RLock(), threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = self._connect()
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
            self._db.executescript(SCHEMA)
            self._reader = self._connect()
        except (sqlite3.Error, OSError) as error:
            raise AestheticError(
                f"{path} cannot be used for votes: {error}; choose another file"
            ) from error

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)

    def close(self) -> None:
        with self._writing, self._reading:
            self._reader.close()
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the block is on disk at its end, or nothing of it."""
        with self._writing:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _read(self, query: str, *values: object) -> list[tuple]:
        with self._reading:
            return self._reader.execute(query, values).fetchall()

    def together(self, works: Sequence[Callable[[sqlite3.Connection], Any]]) -> list[Any]:
        """What each of several pieces of work returns, all in one transaction: on disk when this returns, or none of it."""
        with self._transaction() as db:
            return [work(db) for work in works]

    # ---- the room

    def room(self) -> Room | None:
        """The room of the file; None in a new one."""
        rows = self._read("SELECT code, question, items, pairs FROM room")
        if not rows:
            return None
        code, question, items, pairs = rows[0]
        both = tuple((a, b) for a, b in json.loads(pairs))
        return Room(code=code, question=question, items=tuple(json.loads(items)), pairs=both)

    def open_room(self, room: Room) -> None:
        """Keep the room in a new file."""
        row = (
            room.code,
            room.question,
            json.dumps(room.items),
            json.dumps(room.pairs),
            1,
            secrets.token_urlsafe(12),
        )
        with self._transaction() as db:
            db.execute("INSERT INTO room VALUES (?, ?, ?, ?, ?, ?)", row)

    @property
    def teacher(self) -> str:
        """The key of the teacher's page."""
        return str(self._read("SELECT teacher FROM room")[0][0])

    @property
    def round(self) -> int:
        """The round that is open, from 1."""
        return int(self._read("SELECT round FROM room")[0][0])

    def open_round(self, number: int) -> None:
        with self._transaction() as db:
            db.execute("UPDATE room SET round = ?", (number,))

    # ---- voters and votes

    @staticmethod
    def insert_voter(db: sqlite3.Connection, *, most: int) -> tuple[str, str] | None:
        """(name, secret) of somebody who joins; the secret is kept as a hash. None where there are `most` already."""
        if db.execute("SELECT count(*) FROM voters").fetchone()[0] >= most:
            return None
        voter, secret = new_rater_id(), secrets.token_urlsafe(18)
        db.execute("INSERT INTO voters VALUES (?, ?)", (_hash(secret), voter))
        return voter, secret

    @staticmethod
    def insert_vote(db: sqlite3.Connection, row: VoteRow) -> bool:
        """Keep a vote of `vote_row`. False where the question has its answer already, which stays, and where the voter is gone."""
        done = db.execute(
            "INSERT OR IGNORE INTO votes SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE ? IN (SELECT voter FROM voters)",
            (*row, row[1]),
        )
        return done.rowcount == 1

    @staticmethod
    def delete_voter(db: sqlite3.Connection, voter: str) -> None:
        """Take one voter and the votes of that voter out; `empty_log` takes them out of the log as well."""
        db.execute("DELETE FROM votes WHERE voter = ?", (voter,))
        db.execute("DELETE FROM voters WHERE voter = ?", (voter,))

    def empty_log(self) -> None:
        """Bring all that the log holds into the file, and leave nothing in the log."""
        with self._writing:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def voter(self, secret: str) -> str | None:
        """Whose secret it is; None for nobody's."""
        rows = self._read("SELECT voter FROM voters WHERE secret = ?", _hash(secret))
        return str(rows[0][0]) if rows else None

    def count_voters(self) -> int:
        return int(self._read("SELECT count(*) FROM voters")[0][0])

    def answered(self, voter: str) -> set[tuple[int, int]]:
        """(round, pair) of what a voter has answered."""
        rows = self._read("SELECT round, pair FROM votes WHERE voter = ?", voter)
        return {(round, pair) for round, pair in rows}

    def votes(self) -> list[Vote]:
        """All votes in the order in which they came, as the package's files have them; `session` ends with the round.

        They are read through a connection of their own: thousands of rows keep nobody waiting.
        """
        room = self.room()
        query = "SELECT room, round, voter, left, right, choice, response_ms, time FROM votes ORDER BY rowid"
        with closing(self._connect()) as db:
            rows = db.execute(query).fetchall()
        return [] if room is None else [_vote(room, *row[1:]) for row in rows]

    def delete_all(self) -> None:
        """Take every vote and every voter out of the file, and the traces of them out of its free space and its log."""
        with self._writing:
            with self._transaction() as db:
                db.execute("DELETE FROM votes")
                db.execute("DELETE FROM voters")
                db.execute("UPDATE room SET round = 1")
            self._db.execute("VACUUM")
            self.empty_log()


def vote_row(
    room: Room, voter: str, asked: Asked, choice: str | int, response_ms: int | None
) -> VoteRow:
    """An answer, given now, as the table keeps it; ValueError for a vote that a file of votes could not hold.

    choice: "left" or "right", or the score where the room has a scale.
    """
    left, right, time = room.items[asked.left], room.items[asked.right], now().isoformat()
    checked(_vote(room, asked.round, voter, left, right, str(choice), response_ms, time))
    return room.code, voter, asked.round, asked.pair, left, right, str(choice), response_ms, time


def _vote(
    room: Room, round: int, voter: str, left: str, right: str, choice: str, ms: int | None, time: str
) -> Vote:  # fmt: skip
    """A row of the table as the package's files have it."""
    own: dict[str, Any] = {"task": "pair", "left": left, "right": right, "choice": choice}
    if room.scale is not None:
        own = {"task": "scale", "item": left, "score": float(choice), "scale": room.scale}
    return Vote(
        session=f"{room.code}-{round}", rater=voter, response_ms=ms, time=datetime.fromisoformat(time),
        question=room.question, **own,
    )  # fmt: skip


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
