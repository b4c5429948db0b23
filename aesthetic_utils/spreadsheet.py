"""Tables that a teacher opens in a spreadsheet."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from aesthetic_utils.storage import AestheticError, atomic_path, reason


def write_rows(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A CSV file of a head and rows, whole or not at all; AestheticError where it cannot be written."""
    try:
        with atomic_path(path) as part, part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([head, *rows])
    except OSError as error:
        raise AestheticError(f"{path} cannot be written: {reason(error)}") from error


def plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text
