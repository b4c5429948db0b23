"""Rows of a table kept as they come, so that a stop, a crash or a power cut loses none of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aesthetic_utils.storage import AestheticError, reason

Row = dict[str, str | int | float]


class PartFileError(AestheticError):
    """Rows that cannot be kept or taken up again; says why and what to do."""


class PartFile:
    """`TABLE.part` beside a table: the settings in its first line, then a row a line, as JSON.

    A line that was torn by a crash is left out. A row is taken up again only while its file has the same
    size and time of change as when it was measured.
    """

    def __init__(self, table: str | Path, settings: Mapping[str, Any]):
        self.path = Path(table).with_name(f"{Path(table).name}.part")
        self.settings = json.loads(json.dumps(dict(settings)))
        self._file: Any = None

    def known(self, files: Sequence[str]) -> dict[str, Row]:
        """The rows that are there of these files, by file; none if there is no part file.

        Raises PartFileError if they were measured with other settings.
        """
        try:
            lines = self.path.read_text(encoding="ascii", errors="replace").splitlines(True)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise PartFileError(f"{self.path} cannot be read: {reason(error)}") from error
        found = [x for line in lines if line.endswith("\n") and (x := _parsed(line)) is not None]
        if not found or found[0].get("settings") != self.settings:
            raise PartFileError(
                f"{self.path} was begun with other settings; go on with those, or begin again with "
                "--overwrite"
            )
        rows = {
            x["row"]["file"]: x["row"] for x in found[1:] if x["seen"] == _seen(x["row"]["file"])
        }
        return {file: rows[file] for file in files if file in rows}

    def open(self, rows: Mapping[str, Row]) -> PartFile:
        """Begin the file anew with these rows; `with part.open({}):` closes it at the end."""
        self._guard(lambda: self._begin(rows))
        return self

    def add(self, row: Row) -> None:
        """Write a row; it survives the end of this process from now on."""
        self._guard(lambda: self._write({"seen": _seen(str(row["file"])), "row": row}))

    def remove(self) -> None:
        """Delete the file, once the table is written."""
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> PartFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _begin(self, rows: Mapping[str, Row]) -> None:
        fresh = self.path.with_name(f".{self.path.name}.new")
        self._file = fresh.open("w", encoding="ascii")
        self._write({"settings": self.settings})
        for row in rows.values():
            self._write({"seen": _seen(str(row["file"])), "row": row})
        self._file.close()
        os.replace(fresh, self.path)  # whatever happens, the old rows or all of them are there
        self._file = self.path.open("a", encoding="ascii")

    def _write(self, what: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(what) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())  # a power cut takes what has not reached the disk

    def _guard(self, work: Any) -> None:
        try:
            work()
        except OSError as error:
            raise PartFileError(f"{self.path} cannot be written: {reason(error)}") from error


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and value.keys() & {"settings", "row"} else None


def _seen(file: str) -> list[int]:
    try:
        found = os.stat(file)
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns]
