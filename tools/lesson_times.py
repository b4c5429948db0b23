"""Measure how long each lesson takes: what there is to read, and the processor seconds and memory of each section.

    AESTHETIC_MODE=full python -m tools.lesson_times            what is not measured yet
    AESTHETIC_MODE=full python -m tools.lesson_times --mode smoke notebooks/3_2_the_gan_game.ipynb
    AESTHETIC_MODE=full python -m tools.lesson_times --count    counts words and exercises anew, runs nothing

Writes aesthetic_utils/results/lesson_times.json. Each lesson runs in smoke and in laptop mode, on one thread, in an empty
folder and with no data set but those of the package. Seconds are the processor's, of the kernel and its children, so that
what else a computer does changes them little. What is measured is kept in runs/lesson_times.json until the lesson's code changes; an interrupted run
goes on there. The full mode is not measured here: each lesson holds the seconds of the run that is published.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import CellExecutionError, DeadKernelError

from aesthetic_utils import runtime
from aesthetic_utils.storage import atomic_path, write_json
from tools.lessons import reading
from tools.lessons.client import LessonClient
from tools.modes import NO_DATA, ROOT, refusal
from tools.publish import code_hash, run_environment

NAME = "lesson_times"
NOTEBOOKS = ROOT / "notebooks"
RECORD = ROOT / "aesthetic_utils" / "results" / f"{NAME}.json"
KEPT = ROOT / "runs" / f"{NAME}.json"
MODES = ("smoke", "laptop")
USAGE = (  # seconds of the kernel and its children so far, and the most memory that it held, in MB
    "(lambda r: [sum(r.getrusage(w).ru_utime + r.getrusage(w).ru_stime for w in (r.RUSAGE_SELF, "
    "r.RUSAGE_CHILDREN)), r.getrusage(r.RUSAGE_SELF).ru_maxrss / 1024])(__import__('resource'))"
)


class Stopwatch(LessonClient):
    """A client that asks after each cell what the kernel has used so far, in place of judging claims."""

    def __init__(self, notebook: nbformat.NotebookNode, *, folder: Path) -> None:
        super().__init__(notebook, folder=folder)
        self.usage: list[list[float]] = []

    async def _judge(self, cell: nbformat.NotebookNode, number: int) -> None:
        self.usage.append(await self._ask(USAGE))


def measure(path: Path, mode: str) -> dict[str, Any]:
    """One run of a lesson: seconds of each section, megabytes of memory, megabytes that it fetched."""
    notebook = nbformat.read(path, as_version=4)
    _, places = reading.sections_of(notebook)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        data.mkdir()
        client = Stopwatch(notebook, folder=Path(folder))
        alone = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "AESTHETIC_DATA": str(data)}
        client.execute(env=run_environment(mode) | alone)
        fetched = sum(file.stat().st_size for file in data.rglob("*") if file.is_file())
    seconds = [0.0] * (max(places) + 1)
    before = 0.0
    for place, (so_far, _) in zip(places, client.usage, strict=True):
        seconds[place] += so_far - before
        before = so_far
    return {
        "code": code_hash(notebook),
        "seconds": [round(s, 1) for s in seconds],
        "memory_mb": round(client.usage[-1][1]),
        "download_mb": round(fetched / 1e6, 1),
    }


def describe(path: Path, runs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What the record holds of a lesson; runs: mode -> what `measure` returned."""
    notebook = nbformat.read(path, as_version=4)
    sections, _ = reading.sections_of(notebook)
    rows = [list(section.as_dict().values()) for section in sections]
    for mode in MODES:
        measured = runs.get(mode, {}).get("seconds", [None] * len(rows))
        for row, seconds in zip(rows, measured, strict=True):
            row.append(seconds)
    published = notebook.metadata.get("aesthetic", {})
    title = notebook.cells[0].source.splitlines()[0].lstrip("# ")
    return {
        "title": title,
        "cells": len(notebook.cells),
        "code": code_hash(notebook),
        "cpu_seconds": {mode: round(sum(run["seconds"]), 1) for mode, run in runs.items()},
        "full_seconds": published.get("seconds"),
        "memory_mb": max((run["memory_mb"] for run in runs.values()), default=None),
        "download_mb": max((run["download_mb"] for run in runs.values()), default=None),
        "sections": rows,
    }


def read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def write_record(lessons: Sequence[Path], kept: dict[str, dict[str, Any]]) -> None:
    """The record of all lessons, a section a line."""
    described = {path.stem: describe(path, kept.get(path.stem, {})) for path in lessons}
    record = {
        "name": NAME,
        "mode": runtime.run_mode(),
        "hardware": runtime.hardware(),
        "threads": 1,
        "date": datetime.date.today().isoformat(),
        "rates": {
            "words_a_minute": reading.WORDS_A_MINUTE,
            "lines_of_code_a_minute": reading.LINES_A_MINUTE,
            "minutes_a_picture": reading.MINUTES_A_PICTURE,
            "minutes_an_exercise": reading.MINUTES_AN_EXERCISE,
        },
        "columns": [*reading.Section("").as_dict(), *MODES],
        "lessons": described,
    }
    text = json.dumps(record, indent=1)
    for lesson in described.values():
        for section in lesson["sections"]:
            wide = "\n".join("    " + line for line in json.dumps(section, indent=1).splitlines())
            text = text.replace(wide.lstrip(), json.dumps(section))
    with atomic_path(RECORD) as part:
        part.write_text(text + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("notebooks", nargs="*", type=Path, help="lessons; all where none is named")
    parser.add_argument("--mode", choices=MODES, help="this one alone")
    parser.add_argument("--count", action="store_true", help="run nothing")
    options = parser.parse_args(arguments)
    if reason := refusal():
        print(f"lesson_times: {reason}", file=sys.stderr)
        return 1
    every = sorted(NOTEBOOKS.glob("*.ipynb"))
    if not every:
        print("lesson_times: there are no lessons here", file=sys.stderr)
        return NO_DATA
    kept = that_hold(read_json(KEPT) or from_record(read_json(RECORD)), every)
    failed = 0
    modes = () if options.count else (options.mode,) if options.mode else MODES
    for mode in modes:
        for path in options.notebooks or every:
            known = kept.setdefault(path.stem, {})
            if mode in known:
                continue
            try:
                known[mode] = measure(path, mode)
            except (CellExecutionError, DeadKernelError, RuntimeError) as error:
                failed += 1
                print(f"lesson_times: {path.name}: {error}", file=sys.stderr, flush=True)
                continue
            write_json(KEPT, kept)
            used = known[mode]
            print(
                f"{path.stem} {mode}: {sum(used['seconds']):.0f} s, {used['memory_mb']} MB",
                flush=True,
            )
    write_record(every, kept)
    print(
        f"{RECORD.relative_to(ROOT)}: {len(every)} lessons, {os.path.getsize(RECORD) / 1e3:.0f} KB"
    )
    return 1 if failed else 0


def from_record(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What the record knows of runs, for a computer on which they were not made."""
    columns = record.get("columns", [])
    return {
        lesson: {
            mode: {
                "code": known["code"],
                "seconds": [row[columns.index(mode)] for row in known["sections"]],
                "memory_mb": known["memory_mb"],
                "download_mb": known["download_mb"],
            }
            for mode in known["cpu_seconds"]
        }
        for lesson, known in record.get("lessons", {}).items()
    }


def that_hold(
    kept: dict[str, dict[str, Any]], lessons: Sequence[Path]
) -> dict[str, dict[str, Any]]:
    """Of what was measured, that of lessons as they are: with the same code, in as many sections."""
    found: dict[str, dict[str, Any]] = {}
    for path in lessons:
        notebook = nbformat.read(path, as_version=4)
        now = code_hash(notebook), len(reading.sections_of(notebook)[0])
        runs = kept.get(path.stem, {}).items()
        found[path.stem] = {m: r for m, r in runs if (r["code"], len(r["seconds"])) == now}
    return found


if __name__ == "__main__":
    sys.exit(main())
