"""What the course itself cost: the times of all published records, added up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aesthetic_utils.published.results import available_results, load_result


@dataclass(kw_only=True)
class CourseCost:
    """Minutes of trainings and measurements that records state."""

    cpu: float = 0.0  # minutes of processor cores
    gpu: float = 0.0  # minutes of GPUs
    parts: dict[str, tuple[str, float]] = field(default_factory=dict)  # record -> device, minutes
    without: list[str] = field(default_factory=list)  # records that state no time
    clock: list[str] = field(default_factory=list)  # records that state a clock's time, on a CPU
    first_only: list[str] = field(default_factory=list)  # records of several seeds with one's time


def course_cost(records: Iterable[Mapping[str, Any]]) -> CourseCost:
    """The minutes that records state, CPU and GPU apart; a record is a dict with "name".

    Of each record in this order: the processor's time of the whole; that of its rows; a clock's time of each seed; a
    clock's time. A GPU's time is a clock's. A training that began with an earlier one ("start") has that one's time
    added, on the hardware that it had. What a record does not state is not guessed.
    """
    total = CourseCost()
    for record in records:
        name = str(record.get("name", "?"))
        minutes, kind = _minutes(record)
        if minutes is None:
            total.without.append(name)
            continue
        device = "gpu" if "NVIDIA" in record.get("hardware", "") else "cpu"
        if kind == "clock" and device == "cpu":
            total.clock.append(name)
        if kind == "first":
            total.first_only.append(name)
        total.parts[name] = device, minutes
        _add(total, device, minutes)
        start = record.get("start")
        while isinstance(start, Mapping):
            _add(total, "gpu" if "NVIDIA" in start["hardware"] else "cpu", start["minutes"])
            start = start.get("start")
    return total


def published_records() -> list[dict]:
    """All records of the package, each with its name; of those that were measured, and of those that were trained."""
    return [{"name": name} | load_result(name) for name in available_results()]


def _add(total: CourseCost, device: str, minutes: float) -> None:
    if device == "gpu":
        total.gpu += minutes
    else:
        total.cpu += minutes


def _of_row(row: Mapping[str, Any]) -> float | None:
    """The processor's minutes of a part of a record."""
    if "cpu_minutes" in row:
        return row["cpu_minutes"]
    return row["cpu_seconds"] / 60 if "cpu_seconds" in row else None


def _minutes(record: Mapping[str, Any]) -> tuple[float | None, str]:
    """Minutes, and of what kind: "processor", "clock", or "first" where only the first of several seeds is stated."""
    metrics = record.get("metrics", {})
    if "cpu_minutes" in record:
        return record["cpu_minutes"], "processor"
    if "processor_minutes" in metrics:
        return metrics["processor_minutes"], "processor"
    for rows in (record.get("rows", []), metrics.get("rows", []), record.get("photographs", [])):
        if stated := [minutes for row in rows if (minutes := _of_row(row)) is not None]:
            return sum(stated), "processor"
    seeds = metrics.get("by_seed", [])
    if seeds and all("minutes" in seed for seed in seeds):
        return sum(seed["minutes"] for seed in seeds), "clock"
    if "minutes" not in record:
        return None, ""
    return record["minutes"], "first" if len(record.get("seeds", [])) > 1 else "clock"
