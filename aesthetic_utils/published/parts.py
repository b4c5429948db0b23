"""What records are put together from: parts that were measured once and kept, curves, and numbers over the seeds."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from aesthetic_utils.published.run import thinned
from aesthetic_utils.statistics.intervals import mean_and_interval
from aesthetic_utils.storage import write_json


def known(file: Path, of: dict) -> Any:
    """What a file keeps, if it was made of the same things; else None."""
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found.get("measured") if found.get("of") == of else None


def kept(file: Path, of: dict, measure: Callable[[], Any]) -> Any:
    """What was measured, kept in a file and taken from there if it was made of the same things.

    of: what decides the outcome, such as settings and seed, as JSON gives it back (lists, no tuples).
    """
    found = known(file, of)
    if found is None:
        found = measure()
        write_json(file, {"of": of, "measured": found})
    return found


def curves(history: list[dict], loss: str) -> dict[str, list[dict]]:
    """A run's history for its record: "history", the rows with this loss, and "validation", the looks between them."""
    losses = [row for row in history if loss in row]
    looks = [row for row in history if loss not in row]
    return {"history": thinned(losses), "validation": thinned(looks)}


def over_seeds(values: Sequence[float]) -> dict[str, float]:
    """Mean and interval of repeated runs; of a single one its value alone."""
    return mean_and_interval(values) if len(values) > 1 else {"mean": values[0], "n": 1}
