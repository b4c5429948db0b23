"""The file in which a learner's own votes are kept, on the learner's machine.

A CSV file in UTF-8, one row an event, in the order in which things happened; rows are only ever
added. Columns:

    version      1
    session      one sitting: 1 to 32 letters, digits, - and _
    rater        the same kind of name, made by `new_rater_id`: no name, no address, nothing personal
    task         pair, scale or undo
    left, right  pair: the names of the two items as they were shown; empty for scale
    item         scale: the name of the item; empty for pair
    choice       pair: left, right or tie; empty for scale
    score        scale: a number from 1 to 10; empty for pair
    response_ms  whole milliseconds from showing to answering; empty if not measured
    time         of the answer, in ISO 8601 and UTC: 2026-03-01T09:30:00.000Z

An undo repeats session, rater, left, right and item of the vote that it takes back, which is the
latest such vote before it; choice, score and response_ms are empty. Further columns, another order
of columns and semicolons instead of commas, as a spreadsheet may write them, are accepted.
"""

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aesthetic_utils.judgements.vote_record import COLUMNS, Vote, checked, from_row, now, to_row
from aesthetic_utils.storage import AestheticError, atomic_path, reason


class RatingFileError(AestheticError):
    """A file that cannot be read or written as votes; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A row that was left out; it stays in the file as it is."""

    file: str
    line: int  # from 1, the header being the first
    reason: str
    text: str = ""  # of the row

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class MergedVotes:
    """The votes of a folder's files."""

    votes: list[Vote]
    problems: list[Problem]
    files: dict[str, int]  # file -> votes and undos in it that are in no file before it
    duplicates: int  # rows that were in an earlier file already
    notes: list[str]  # what whoever merges should look at


# --------------------------------------------------------------------------------------------------
# writing


def append_vote(path: str | Path, vote: Vote) -> None:
    """Add a vote to the file, which is made if need be; when this returns the vote is on disk.

    A last line that a crash cut off is left as it is, on a line of its own. Raises RatingFileError when the
    file is something else or cannot be written, ValueError for a vote that would not be read back.
    """
    path = Path(path)
    row = to_row(checked(vote))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:  # every write goes to the end, whoever else writes
            file.seek(0)
            first = file.readline()
            if first:
                columns, delimiter = _header(_decode(first), path.name)
                file.seek(-1, os.SEEK_END)
                text = "" if file.read(1) == b"\n" else "\n"
            else:
                columns, delimiter, text = list(COLUMNS), ",", _line(COLUMNS, ",")
            text += _line([row.get(column, "") for column in columns], delimiter)
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RatingFileError(f"{path} cannot be written: {reason(error)}") from error


def undo_vote(path: str | Path, *, rater: str, session: str) -> Vote | None:
    """Take back the rater's latest vote of this session; gives that vote, or None if there is none."""
    votes, _ = read_votes(path) if Path(path).exists() else ([], [])
    votes = [vote for vote in votes if (vote.rater, vote.session) == (rater, session)]
    if not votes:
        return None
    append_undo(path, votes[-1])
    return votes[-1]


def append_undo(path: str | Path, vote: Vote) -> None:
    """Take back a vote that is in the file, the latest on its target; the file is not read for it."""
    undo = replace(vote, task="undo", choice="", score=None, response_ms=None, time=now())
    append_vote(path, undo)


def write_votes(path: str | Path, votes: list[Vote]) -> None:
    """Write a file of votes at one go, as after a merge; an old one is replaced only by a whole one."""
    rows = [to_row(checked(vote)) for vote in votes]
    lines = [_line([row[column] for column in COLUMNS], ",") for row in rows]
    try:
        with atomic_path(path) as part:
            part.write_text(_line(COLUMNS, ",") + "".join(lines), encoding="utf-8", newline="")
    except OSError as error:
        raise RatingFileError(f"{path} cannot be written: {reason(error)}") from error


# --------------------------------------------------------------------------------------------------
# reading


def read_votes(path: str | Path) -> tuple[list[Vote], list[Problem]]:
    """The votes of a file that were not taken back, in order, and the rows that are no votes.

    One bad row costs no other. Raises RatingFileError when the file is missing or has another header.
    """
    rows, problems = _read_rows(Path(path))
    votes, stray = _without_undone(rows)
    return votes, sorted(problems + stray, key=lambda problem: problem.line)


def merge_votes(folder: str | Path) -> MergedVotes:
    """The votes of all CSV files of a folder, ordered by time, each row once however often it is there.

    Files that are no votes are named among the problems. A rater with votes of more than one file is
    named in the notes: one person with two files, or two who took the same name. Raises
    RatingFileError for a missing folder and one without CSV files.
    """
    paths = sorted(Path(folder).glob("*.csv"))
    if not paths:
        raise RatingFileError(f"there are no CSV files in {folder}; put the files to merge there")
    seen: dict[Vote, tuple[str, int]] = {}
    origins: dict[str, set[str]] = {}
    problems, files, total = [], {}, 0
    for path in paths:
        try:
            rows, bad = _read_rows(path)
        except RatingFileError as error:
            problems.append(Problem(file=path.name, line=1, reason=str(error)))
            continue
        new = {row: place for row, place in rows if row not in seen}
        seen.update(new)
        files[path.name], total = len(new), total + len(rows)
        problems += bad
        for row in new:
            origins.setdefault(row.rater, set()).add(path.name)
    rows = sorted(seen.items(), key=lambda item: item[0].time)
    votes, stray = _without_undone(rows)
    notes = [
        f"rater {rater} is in {', '.join(sorted(names))}: one person, or two with the same name?"
        for rater, names in sorted(origins.items())
        if len(names) > 1
    ]
    return MergedVotes(
        votes=votes, problems=problems + stray, files=files, duplicates=total - len(seen), notes=notes
    )  # fmt: skip


Row = tuple[Vote, tuple[str, int]]  # with the file and the line it comes from


def _read_rows(path: Path) -> tuple[list[Row], list[Problem]]:
    """Votes and undos as they stand in the file, and the rows that are neither."""
    try:
        text = _decode(path.read_bytes())
    except OSError as error:
        raise RatingFileError(f"{path} cannot be read: {reason(error)}") from error
    if not text.strip():
        return [], []
    lines = text.split("\n")
    columns, delimiter = _header(lines[0], path.name)
    rows, problems = [], []
    for number, line in enumerate(lines[1:], start=2):
        line = line.rstrip("\r")
        if not line.strip(delimiter + " "):
            continue
        try:  # line by line, so that a stray quotation mark cannot swallow the rest of the file
            values = next(csv.reader([line], delimiter=delimiter, strict=True))
            if len(values) != len(columns):
                raise ValueError(f"it has {len(values)} fields and the header {len(columns)}")
            row = dict(zip(columns, values, strict=True))
            if delimiter == ";":
                row["score"] = row["score"].replace(",", ".")
            rows.append((from_row(row), (path.name, number)))
        except (ValueError, csv.Error) as error:
            problems.append(Problem(file=path.name, line=number, reason=str(error), text=line))
    return rows, problems


def _without_undone(rows: list[Row]) -> tuple[list[Vote], list[Problem]]:
    kept: dict[int, Vote] = {}
    places: dict[tuple[str, ...], list[int]] = {}
    problems = []
    for i, (vote, (file, line)) in enumerate(rows):
        earlier = places.setdefault(vote.target, [])
        if vote.task != "undo":
            kept[i] = vote
            earlier.append(i)
        elif earlier:
            del kept[earlier.pop()]
        else:
            problems.append(
                Problem(file=file, line=line, reason="it undoes a vote that is not here")
            )
    return list(kept.values()), problems


def _header(first: str, name: str) -> tuple[list[str], str]:
    """The columns of a file and what separates them."""
    first = first.strip("\r\n")
    delimiter = max(",;\t", key=first.count)
    columns = [column.strip().strip('"').lower() for column in first.split(delimiter)]
    missing = [column for column in COLUMNS if column not in columns]
    if missing:
        raise RatingFileError(
            f"{name} is no file of votes: its first line lacks {', '.join(missing)}. Choose another "
            "file, or give it the columns that aesthetic_utils.judgements.vote_file lists"
        )
    return columns, delimiter


def _decode(data: bytes) -> str:
    return data.decode("utf-8-sig", errors="replace")


def _line(values: Sequence[str], delimiter: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\n").writerow(values)
    return buffer.getvalue()
