"""Where the votes of a class are kept: one SQLite file on the teacher's computer.

A vote is on disk before it is acknowledged: the file keeps a write-ahead log (WAL) and forces it to disk at every
vote, so that neither the end of the program nor that of the computer takes one away. There are no names in it: a voter is
called as the server chose (`new_rater_id`), and is known again by the hash of a secret that only the voter's page has.
"""

import hashlib
import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

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
  left TEXT NOT NULL, right TEXT NOT NULL, choice TEXT NOT NULL CHECK (choice IN ('left', 'right')),
  response_ms INTEGER, time TEXT NOT NULL, PRIMARY KEY (room, voter, round, pair));
"""


class VoteStore:
    """The file of one room; made if it is not there. Safe to use from several threads.

    path: such as class_votes.sqlite. Raises AestheticError where the file cannot be used, or is no such file.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._lock = path, threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
            self._db.executescript(SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise AestheticError(
                f"{path} cannot be used for votes: {error}; choose another file"
            ) from error

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the block is on disk at its end, or nothing of it."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # ---- the room

    def room(self) -> Room | None:
        """The room of the file; None in a new one."""
        with self._lock:
            row = self._db.execute("SELECT code, question, items, pairs FROM room").fetchone()
        if row is None:
            return None
        pairs = tuple((a, b) for a, b in json.loads(row[3]))
        return Room(code=row[0], question=row[1], items=tuple(json.loads(row[2])), pairs=pairs)

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
        with self._lock:
            return str(self._db.execute("SELECT teacher FROM room").fetchone()[0])

    @property
    def round(self) -> int:
        """The round that is open, from 1."""
        with self._lock:
            return int(self._db.execute("SELECT round FROM room").fetchone()[0])

    def open_round(self, number: int) -> None:
        with self._transaction() as db:
            db.execute("UPDATE room SET round = ?", (number,))

    # ---- voters and votes

    def new_voter(self) -> tuple[str, str]:
        """(name, secret) of somebody who joins; the secret is kept as a hash."""
        voter, secret = new_rater_id(), secrets.token_urlsafe(18)
        with self._transaction() as db:
            db.execute("INSERT INTO voters VALUES (?, ?)", (_hash(secret), voter))
        return voter, secret

    def voter(self, secret: str) -> str | None:
        """Whose secret it is; None for nobody's."""
        with self._lock:
            row = self._db.execute(
                "SELECT voter FROM voters WHERE secret = ?", (_hash(secret),)
            ).fetchone()
        return None if row is None else str(row[0])

    def count_voters(self) -> int:
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM voters").fetchone()[0])

    def add(
        self, room: Room, voter: str, asked: Asked, choice: str, response_ms: int | None
    ) -> bool:
        """Keep a vote; on disk when this returns. False where the question has its answer already: the first one stays.

        Raises ValueError for a vote that a file of votes could not hold.
        """
        vote = Vote(
            session=f"{room.code}-{asked.round}", rater=voter, task="pair", left=room.items[asked.left],
            right=room.items[asked.right], choice=choice, response_ms=response_ms, time=now(), question=room.question,
        )  # fmt: skip
        vote = checked(vote)
        row = (
            room.code,
            voter,
            asked.round,
            asked.pair,
            vote.left,
            vote.right,
            vote.choice,
            vote.response_ms,
            vote.time.isoformat(),
        )
        with self._transaction() as db:
            done = db.execute("INSERT OR IGNORE INTO votes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            return done.rowcount == 1

    def answered(self, voter: str) -> set[tuple[int, int]]:
        """(round, pair) of what a voter has answered."""
        with self._lock:
            rows = self._db.execute(
                "SELECT round, pair FROM votes WHERE voter = ?", (voter,)
            ).fetchall()
        return {(round, pair) for round, pair in rows}

    def votes(self) -> list[Vote]:
        """All votes in the order in which they came, as the package's files have them; `session` ends with the round."""
        room = self.room()
        query = "SELECT room, round, voter, left, right, choice, response_ms, time FROM votes ORDER BY rowid"
        with self._lock:
            rows = self._db.execute(query).fetchall()
        return [
            Vote(
                session=f"{code}-{round}", rater=voter, task="pair", left=left, right=right, choice=choice,
                response_ms=ms, time=datetime.fromisoformat(time), question=room.question if room else "",
            )
            for code, round, voter, left, right, choice, ms, time in rows
        ]  # fmt: skip

    def delete_all(self) -> None:
        """Take every vote and every voter out of the file, and the traces of them out of its free space and its log."""
        with self._lock:
            with self._transaction() as db:
                db.execute("DELETE FROM votes")
                db.execute("DELETE FROM voters")
                db.execute("UPDATE room SET round = 1")
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
