"""The file in which a learner's own votes are kept, on the learner's machine.

A CSV file in UTF-8, one row an event, in the order in which things happened; rows are only ever
added. Columns:

    version      2
    session      one sitting: 1 to 32 letters, digits, - and _
    rater        the same kind of name, made by `new_rater_id`: no name, no address, nothing personal
    task         pair, scale or undo
    left, right  pair: the names of the two items as they were shown; empty for scale
    item         scale: the name of the item; empty for pair
    choice       pair: left, right or tie; empty for scale
    score        scale: a number from lowest to highest; empty for pair
    response_ms  whole milliseconds from showing to answering; empty if not measured
    time         of the answer, in ISO 8601 and UTC: 2026-03-01T09:30:00.000Z
    lowest, highest  scale: the ends of the scale that the score is on; empty for pair
    question     what was asked, in the words that were shown; empty if not recorded

An undo repeats session, rater, left, right, item and question of the vote that it takes back, which is
the latest such vote before it; choice, score, lowest, highest and response_ms are empty.

Version 1 had neither lowest, highest nor question, and scores from 1 to 10. It is read as before, its scores as on
a scale that is not known; the first vote that is added to such a file gives it the three columns.

Read as well is what other programs make of a file: further columns (such as the row numbers of pandas and R), another
order of columns, semicolons or tabs between them, quoted fields, a byte order mark or a line sep=; at the beginning,
UTF-16, the line ends of Windows, whole numbers as 812.0, a decimal comma where the separator is no comma, NA for nothing.
"""

import csv
import io
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from aesthetic_utils.judgements.vote_record import (
    COLUMNS,
    SINCE_2,
    Vote,
    checked,
    from_row,
    mixtures,
    now,
    to_row,
)
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
    """The votes of a folder's files; a file is named by its path from the folder on."""

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
        _bring_up_to_date(path)
        with path.open("ab+") as file:  # every write goes to the end, whoever else writes
            file.seek(0)
            first = file.readline()
            if first:
                columns, delimiter = _header(_decode(first, path.name), path.name)
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


def _bring_up_to_date(path: Path) -> None:
    """Make a file ready for a row of today: UTF-8, its first line the columns, none of them missing.

    A file that is so already is not touched. In another every whole row gets as many empty fields as columns are new;
    other lines stay as they are.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        first = file.readline()
    if not first.strip():
        return
    text = _decode(first, path.name)
    wide = b"\0" in first or first.startswith(_UTF16)  # two bytes a letter
    if not wide and not _SEPARATOR.match(text):
        columns, _ = _header(text, path.name)
        if set(SINCE_2) <= set(columns):
            return
    text = _SEPARATOR.sub("", _decode(path.read_bytes(), path.name))
    lines = _lines(text)
    columns, delimiter = _header(lines[0], path.name)
    new = [column for column in SINCE_2 if column not in columns]
    for i, line in enumerate(lines):
        with suppress(csv.Error):  # what is no row stays what it is
            fields = columns if i == 0 else _fields(line, delimiter)
            if len(fields) == len(columns):
                added = new if i == 0 else [""] * len(new)
                lines[i] = _line([*fields, *added], delimiter).rstrip("\n")
    with atomic_path(path) as part:
        part.write_text("\n".join(lines), encoding="utf-8", newline="")


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
    undo = replace(
        vote, task="undo", choice="", score=None, scale=None, response_ms=None, time=now()
    )
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
    """The votes of all CSV files of a folder and its subfolders, ordered by time, each row once however often it is there.

    Files and folders whose name begins with a dot are passed over. Files that are no votes are named among the problems. A rater
    with votes of more than one file is named in the notes: one person with two files, or two who took the same name;
    and so are scores of different scales and answers to different questions, which `as_ratings` and `as_pairs` refuse.
    Raises RatingFileError for a missing folder and one without CSV files.
    """
    folder = Path(folder)
    seen: dict[Vote, tuple[str, int]] = {}
    origins: dict[str, set[str]] = {}
    problems, files, total = [], {}, 0
    for path in _csv_files(folder):
        name = path.relative_to(folder).as_posix()
        try:
            rows, bad = _read_rows(path, name)
        except RatingFileError as error:
            problems.append(Problem(file=name, line=1, reason=str(error)))
            continue
        new = {row: place for row, place in rows if row not in seen}
        seen.update(new)
        files[name], total = len(new), total + len(rows)
        problems += bad
        for row in new:
            origins.setdefault(row.rater, set()).add(name)
    rows = sorted(seen.items(), key=lambda item: item[0].time)
    votes, stray = _without_undone(rows)
    notes = [
        f"rater {rater} is in {', '.join(sorted(names))}: one person, or two with the same name?"
        for rater, names in sorted(origins.items())
        if len(names) > 1
    ] + [note for task in ("pair", "scale") for note in mixtures(votes, task)]
    return MergedVotes(
        votes=votes, problems=problems + stray, files=files, duplicates=total - len(seen), notes=notes
    )  # fmt: skip


def _csv_files(folder: Path) -> list[Path]:
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() == ".csv"
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )
    if not found:
        raise RatingFileError(f"there are no CSV files in {folder}; put the files to merge there")
    return found


Row = tuple[Vote, tuple[str, int]]  # with the file and the line it comes from


def _read_rows(path: Path, name: str = "") -> tuple[list[Row], list[Problem]]:
    """Votes and undos as they stand in the file, and the rows that are neither.

    name: what the file is called in what is said of it; without one its own.
    """
    name = name or path.name
    try:
        text = _decode(path.read_bytes(), name)
    except OSError as error:
        raise RatingFileError(f"{path} cannot be read: {reason(error)}") from error
    if not text.strip():
        return [], []
    lines = _lines(text)
    first = 1 if _SEPARATOR.match(text) else 0  # the place of the header
    columns, delimiter = _header(lines[first] if first < len(lines) else "", name)
    rows, problems = [], []
    for number, line in enumerate(lines[first + 1 :], start=first + 2):
        if not line.strip(delimiter + " "):
            continue
        try:  # line by line, so that a stray quotation mark cannot swallow the rest of the file
            rows.append((from_row(_row(line, columns, delimiter)), (name, number)))
        except (ValueError, csv.Error) as error:
            problems.append(Problem(file=name, line=number, reason=str(error), text=line))
    return rows, problems


def _row(line: str, columns: list[str], delimiter: str) -> dict[str, str]:
    """The fields of a line by column; ValueError when they are not as many."""
    if "\ufffd" in line:
        raise ValueError('it is unreadable: not in UTF-8. Save the file as "CSV UTF-8"')
    values = _fields(line, delimiter)
    if len(values) != len(columns):
        fields = f"{len(values)} field{'s' * (len(values) != 1)}"
        raise ValueError(f"it has {fields} and the header {len(columns)}")
    row = dict(zip(columns, values, strict=True))
    if delimiter != ",":
        row |= {name: row[name].replace(",", ".") for name in _NUMBERS if name in row}
    return row


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


# --------------------------------------------------------------------------------------------------
# what the bytes of a file mean

_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # how a file in it begins
_SPREADSHEET = b"PK\x03\x04"  # how one of Excel or LibreOffice begins, whatever it is called
_SEPARATOR = re.compile(r"sep=.\s*\n", re.IGNORECASE)  # a first line for Excel alone
_NUMBERS = ("version", "score", "response_ms", "lowest", "highest")


def _header(first: str, name: str) -> tuple[list[str], str]:
    """The columns of a file and what separates them."""
    first = first.strip("\r\n")
    delimiter = max(",;\t", key=first.count)
    columns = [column.strip().strip('"').lower() for column in first.split(delimiter)]
    missing = [column for column in COLUMNS if column not in (*columns, *SINCE_2)]
    if missing:
        raise RatingFileError(
            f"{name} is no file of votes: its first line lacks {', '.join(missing)}. Choose another "
            "file, or give it the columns that aesthetic_utils.judgements.vote_file lists"
        )
    return columns, delimiter


def _decode(data: bytes, name: str) -> str:
    """The text of a file, or of its beginning."""
    if data.startswith(_SPREADSHEET):
        raise RatingFileError(f"{name} is a spreadsheet; open it there and save it as CSV")
    if data.startswith(_UTF16):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data[:2]:  # without a mark at its beginning
        order = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
        return data.decode(order, errors="replace")
    return data.decode("utf-8-sig", errors="replace")


def _lines(text: str) -> list[str]:
    return re.split("\r\n|\r|\n", text)


def _fields(line: str, delimiter: str) -> list[str]:
    """The fields of a line, of one too that some program has put into quotes as a whole."""
    (fields,) = csv.reader([line], delimiter=delimiter, strict=True)
    if len(fields) == 1 and delimiter in fields[0]:
        (fields,) = csv.reader(fields, delimiter=delimiter, strict=True)
    return fields


def _line(values: Sequence[str], delimiter: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\n").writerow(values)
    return buffer.getvalue()
