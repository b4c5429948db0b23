"""A table of measures as a Parquet file: columns of a kind each, compressed, and read without parsing text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from aesthetic_utils.measures.table import MeasureError, Row, table_columns
from aesthetic_utils.storage import atomic_path, reason

_ROWS_AT_A_TIME = 10_000
_KINDS = {"file": "string", "width": "int32", "height": "int32", "enlarged": "string"}


def require_pyarrow() -> Any:
    """The module `pyarrow`; MeasureError, which says how to install it, where it is not there."""
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MeasureError(
            "Parquet needs pyarrow, which is not installed: pip install 'aesthetic-utils[cluster]', or write --csv"
        ) from error
    return pyarrow


def write_parquet(path: str | Path, rows: Iterable[Row], columns: Sequence[str]) -> None:
    """Write rows as they come, 10,000 in memory at a time; what is not defined is null.

    Names, order and meaning of the columns are those of `write_table`. The file appears whole or not at all.
    """
    pa = require_pyarrow()
    names = table_columns(columns)
    kinds = [pa.type_for_alias(_KINDS.get(name, "float64")) for name in names]
    schema = pa.schema(list(zip(names, kinds, strict=True)))
    try:
        with atomic_path(path) as part, pa.parquet.ParquetWriter(part, schema) as writer:
            coming = iter(rows)
            while some := list(islice(coming, _ROWS_AT_A_TIME)):
                held = {name: [_field(row[name]) for row in some] for name in names}
                writer.write_table(pa.table(held, schema=schema))
    except OSError as error:
        raise MeasureError(f"{path} cannot be written: {reason(error)}") from error


def _field(value: str | int | float) -> str | int | float | None:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return None if math.isnan(value) else value
