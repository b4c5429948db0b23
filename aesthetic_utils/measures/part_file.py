"""Rows of a table kept as they come, so that a stop, a crash or a power cut loses none of them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from aesthetic_utils.storage import AestheticError, reason

Row = dict[str, str | int | float]
_DISK_EVERY_S = 1.0  # what a power cut may cost; the end of this process alone costs nothing


class PartFileError(AestheticError):
    """Rows that cannot be kept or taken up again; says why and what to do."""


class PartFile:
    """`TABLE.part` beside a table: the settings in its first line, then a row a line, as JSON.

    The rows stay on the disk. What is in memory is the name of each picture and the place of its row in the file. A line that was torn by a crash is left out. A row is taken up again only while its file has
    the same size and time of change as when it was measured.
    """

    def __init__(self, table: str | Path, settings: Mapping[str, Any]):
        self.path = Path(table).with_name(f"{Path(table).name}.part")
        self.settings = json.loads(json.dumps(dict(settings)))
        self._places: dict[str, int] = {}  # file -> where its line begins
        self._file: BinaryIO | None = None
        self._on_disk = 0.0

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, file: object) -> bool:
        return file in self._places

    def open(self, files: Iterable[str] | None = None) -> PartFile:
        """Begin; `with part.open():` closes it at the end.

        files: go on with the rows that are there of these; without, the file begins anew. Raises PartFileError if they
        were measured with other settings.
        """
        self._guard(lambda: self._begin(files))
        return self

    def add(self, row: Row) -> None:
        """Write a row, one for each file; it survives the end of this process from now on."""
        self._guard(lambda: self._write_row({"seen": _seen(str(row["file"])), "row": row}))

    def rows(self, files: Iterable[str]) -> Iterator[Row]:
        """The rows of those of the files that have one, in the order of the files, read one by one."""
        self._require_open().flush()
        with self.path.open("rb") as file:
            for name in files:
                if name in self._places:
                    file.seek(self._places[name])
                    yield json.loads(file.readline())["row"]

    def remove(self) -> None:
        """Delete the file, once the table is written."""
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> PartFile:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        """Close it. After an error a file without a row goes, which would only be in the way of the next try."""
        file = self._require_open()
        self._guard(lambda: os.fsync(file.fileno()))
        file.close()
        if error is not None and not len(self):
            self.remove()

    def _begin(self, files: Iterable[str] | None) -> None:
        """A fresh file with the rows that still hold, which then takes the place of the old one."""
        fresh = self.path.with_name(f".{self.path.name}.new")
        with fresh.open("wb") as self._file:
            self._write({"settings": self.settings})
            if files is not None:
                wanted = set(files)
                for kept in self._known():
                    if kept["row"]["file"] in wanted and kept["seen"] == _seen(kept["row"]["file"]):
                        self._write_row(kept)
        os.replace(fresh, self.path)  # whatever happens, the old rows or all of them are there
        self._file = self.path.open("ab")

    def _known(self) -> Iterator[dict[str, Any]]:
        """The lines of the file of a run that was stopped; none if there is no such file."""
        try:
            with self.path.open("rb") as file:
                lines = (found for line in file if (found := _parsed(line)) is not None)
                if next(lines, {}).get("settings") != self.settings:
                    raise PartFileError(
                        f"{self.path} was begun with other settings; go on with those, or begin again "
                        "with --overwrite"
                    )
                yield from (found for found in lines if "row" in found)
        except FileNotFoundError:
            return

    def _write_row(self, what: Mapping[str, Any]) -> None:
        self._places[what["row"]["file"]] = self._write(what)

    def _write(self, what: Mapping[str, Any]) -> int:
        """Where the line begins."""
        file = self._require_open()
        place = file.tell()
        file.write(json.dumps(what).encode("ascii") + b"\n")
        file.flush()
        if time.monotonic() - self._on_disk > _DISK_EVERY_S:
            os.fsync(file.fileno())  # a power cut takes what has not reached the disk
            self._on_disk = time.monotonic()
        return place

    def _require_open(self) -> BinaryIO:
        if self._file is None:
            raise ValueError("the file is not open; use `with part.open():`")
        return self._file

    def _guard(self, work: Callable[[], object]) -> None:
        try:
            work()
        except OSError as error:
            raise PartFileError(f"{self.path} cannot be written: {reason(error)}") from error


def _parsed(line: bytes) -> dict[str, Any] | None:
    """A line that was written to its end; None for another."""
    try:
        value = json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None
    return value if isinstance(value, dict) and value.keys() & {"settings", "row"} else None


def _seen(file: str) -> list[int]:
    try:
        found = os.stat(file)
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns]
