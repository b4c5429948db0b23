"""The command `aesthetic grade`: the exercises of a class's notebooks, one row a notebook.

Each notebook runs in a process of its own, in an empty folder, with limits of time, memory and file size, and in smoke
mode. That guards the teacher's computer against accidents: loops that do not end, memory that fills, a notebook
that is none. It is no prison: what a learner wrote runs with the rights of whoever grades, so grade strangers' notebooks
on a computer that holds nothing.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aesthetic_utils.cli.common import plural, require_absent, whole_number
from aesthetic_utils.spreadsheet import plain, write_rows
from aesthetic_utils.storage import AestheticError

SECONDS, MEGABYTES = 300, 4000  # a lesson takes 25 s and 1 GB in smoke mode
CELL_SECONDS = 60
FILE_MEGABYTES = 200  # that a notebook may write, a file
READ = 2_000_000  # bytes that are read of what a notebook said
UNTOUCHED = "Not yet. Replace the dots in the function."  # what the checks say of a function as the lesson gives it
RIGHT, WRONG, NONE, MISSING = "right", "not yet", "no answer", "missing"


@dataclass(kw_only=True)
class Graded:
    """What became of one notebook."""

    file: str
    status: str = "ok"  # or why not all of it could be graded
    answers: dict[str, str] = field(
        default_factory=dict
    )  # key -> RIGHT, WRONG or NONE; the best of several
    errors: int = 0  # cells that raised
    seconds: float = 0.0

    @property
    def right(self) -> int:
        return sum(answer == RIGHT for answer in self.answers.values())


def add_grade(commands: argparse._SubParsersAction) -> None:
    """Add `aesthetic grade` to the commands."""
    parser = commands.add_parser(
        "grade",
        help="grade the exercises of a folder of notebooks",
        description="Run the notebooks of a folder one after the other, each in a process of its own with limits, and write "
        "which of their exercises are right. A notebook that is broken, empty or does not end is named, and the others are "
        "graded; the exit code is then 1. What learners wrote is executed with your rights: grade strangers' notebooks on a "
        "computer that holds nothing.",
    )
    parser.add_argument(
        "folder", type=Path, help="where the notebooks lie; subfolders are looked through"
    )
    parser.add_argument(
        "--csv", type=Path, required=True, help="the table to write, one row a notebook"
    )
    parser.add_argument(
        "--assignment", type=Path, metavar="AUTOGRADER.zip", help="grade by the tests of an assignment that `make assignments` "
        "made, hidden ones too, with otter-grader, instead of by the exercises of the lessons",
    )  # fmt: skip
    parser.add_argument("--seconds", type=whole_number, default=SECONDS, help="that a notebook may take (default: %(default)s)")  # fmt: skip
    parser.add_argument("--cell-seconds", type=whole_number, default=CELL_SECONDS, help="that one of its cells may take (default: %(default)s)")  # fmt: skip
    parser.add_argument("--memory", type=whole_number, default=MEGABYTES, help="that it may take, in MB, on Linux (default: %(default)s)")  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace a table that is there")
    parser.set_defaults(run=grade)


def grade(options: argparse.Namespace) -> int:
    """`aesthetic grade`: the table, and a line a notebook on the way."""
    require_absent(options.csv, options.overwrite, "--csv")
    if not options.folder.is_dir():
        raise AestheticError(f"{options.folder} is no folder; name the one with the notebooks")
    paths = sorted(
        path
        for path in options.folder.rglob("*.ipynb")
        if not any(part.startswith(".") for part in path.relative_to(options.folder).parts)
    )
    if not paths:
        raise AestheticError(f"there is no notebook in {options.folder}")
    limits = Limits(
        seconds=options.seconds, cell_seconds=options.cell_seconds, megabytes=options.memory
    )
    if options.assignment is not None:
        from aesthetic_utils.cli.grade_assignment import grade_assignment

        return grade_assignment(options.assignment, paths, options.folder, options.csv, limits)
    graded = []
    for path in paths:
        found = grade_notebook(path, limits)
        found.file = path.relative_to(options.folder).as_posix()
        graded.append(found)
        said = "" if found.status == "ok" else f"; {found.status}"
        print(f"{found.file}: {found.right} of {len(expected(found))} right{said}", flush=True)
    write_table(options.csv, graded)
    trouble = sum(found.status != "ok" for found in graded)
    print(f"{plural(len(graded), 'notebook')}, {trouble} with trouble: {options.csv}")
    return 1 if trouble else 0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a notebook may take: seconds of the clock, for all of it and for one cell, and megabytes, on Linux."""

    seconds: float = SECONDS
    cell_seconds: float = CELL_SECONDS
    megabytes: int = MEGABYTES


def grade_notebook(path: Path, limits: Limits = Limits()) -> Graded:
    """Run one notebook in a process of its own; whatever it does, this returns."""
    found, began = Graded(file=path.name), time.monotonic()
    said, late = run_worker("grade_worker", path, limits)
    _read(found, said, late)
    found.seconds = time.monotonic() - began
    return found


def run_worker(
    worker: str, path: Path, limits: Limits, *arguments: str
) -> tuple[list[dict[str, Any]], bool]:
    """What a worker of this package wrote about a notebook, and whether it was stopped because it took too long.

    It is started as `worker NOTEBOOK RESULTS CELL_SECONDS *arguments` in an empty folder. Lines that are no JSON object are
    passed over.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        results, inside = Path(folder) / "results", Path(folder) / "work"
        inside.mkdir()
        results.touch()
        command = [sys.executable, "-m", f"aesthetic_utils.cli.{worker}"]
        command += [str(path.resolve()), str(results), str(limits.cell_seconds), *arguments]
        process = subprocess.Popen(
            command, cwd=inside, env=_environment(inside), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=_limited(limits),
        )  # fmt: skip
        try:
            process.wait(limits.seconds)
            late = False
        except subprocess.TimeoutExpired:
            late = True
        finally:
            _end(process)
        with results.open("rb") as file:
            lines = file.read(READ).decode("utf-8", "replace").splitlines()
    return _objects(lines), late


def _objects(lines: list[str]) -> list[dict[str, Any]]:
    said = []
    for line in lines:
        try:
            one = json.loads(line)
        except (ValueError, RecursionError):
            continue
        said += [one] if isinstance(one, dict) else []
    return said


def _environment(home: Path) -> dict[str, str]:
    """What a notebook may know of this computer."""
    package = str(Path(__file__).parents[2])
    kept = ("PATH", "SYSTEMROOT", "LANG", "LC_ALL", "AESTHETIC_DATA", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "HOME": str(home), "AESTHETIC_MODE": "smoke", "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTHONUTF8": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH")))),
    }  # fmt: skip


def _limited(limits: Limits) -> Any:
    """What the process does before it runs anything; None where the system has no such limits."""
    try:
        import resource
    except ImportError:  # Windows: the time alone is limited
        return None

    def limit() -> None:
        for what, most in (
            (resource.RLIMIT_DATA, limits.megabytes * 2**20),
            (resource.RLIMIT_FSIZE, FILE_MEGABYTES * 2**20),
            (resource.RLIMIT_CPU, int(2 * limits.seconds) + 1),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(what, (most, most))

    return limit


def _end(process: subprocess.Popen) -> None:
    """The process and all that it started, also what began a session of its own, as kernels of Jupyter do."""
    started = _descendants(process.pid)
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    for child in started:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(child, signal.SIGKILL)
    process.wait()


def _descendants(pid: int) -> list[int]:
    """Children of a process, and theirs, where the system tells (Linux)."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            after_name = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(after_name[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def _read(found: Graded, said: list[dict[str, Any]], late: bool) -> None:
    """What the worker wrote, into `found`."""
    slow, memory = ([s[name] for s in said if name in s] for name in ("slow", "memory"))
    found.errors = sum("error" in s for s in said)
    for s in said:
        if "verdict" in s and _is_exercise(key := str(s.get("key"))):
            _keep_best(found.answers, key, str(s["verdict"]))
    if trouble := why_not_whole(said, late):
        found.status = trouble
    elif memory:
        found.status = f"too much memory in cell {memory[0]}"
    elif slow:
        found.status = f"too slow in cell {slow[0]}"
    elif not found.answers:
        found.status = "no exercise of the course is in it"


def why_not_whole(said: list[dict[str, Any]], late: bool) -> str:
    """Why a notebook did not run from its first cell to its last, by what its worker wrote; "" if it did."""
    if broken := [s["broken"] for s in said if "broken" in s]:
        return f"broken: {broken[0]}"
    if any(s.get("cells") == 0 for s in said):
        return "empty: it has no cell of code"
    if late:
        return "stopped: it took too long"
    if not any("end" in s for s in said):
        return "stopped: it ended itself, or took too much memory"
    return ""


def _is_exercise(key: str) -> bool:
    from aesthetic_utils.exercises import exercises_of, lesson_names

    lesson, _, name = key.partition("/")
    return lesson in lesson_names() and name in exercises_of(lesson)


def _keep_best(answers: dict[str, str], key: str, verdict: str) -> None:
    from aesthetic_utils.exercises import NO_ANSWER

    nothing = verdict in (NO_ANSWER, UNTOUCHED)
    now = RIGHT if verdict == "Right." else NONE if nothing else WRONG
    rank = (NONE, WRONG, RIGHT)
    if key not in answers or rank.index(now) > rank.index(answers[key]):
        answers[key] = now


def expected(found: Graded) -> list[str]:
    """Keys of all exercises of the lessons that a notebook answers."""
    from aesthetic_utils.exercises import exercises_of

    lessons = sorted({key.partition("/")[0] for key in found.answers})
    return [f"{lesson}/{name}" for lesson in lessons for name in exercises_of(lesson)]


def write_table(path: Path, graded: list[Graded]) -> None:
    """One row a notebook, one column an exercise; of an exercise of another lesson nothing is said."""
    keys = sorted({key for found in graded for key in expected(found)})
    head = ["file", "status", "right", "of", "cells that raised", "seconds", *keys]
    rows = []
    for found in graded:
        mine = expected(found)
        states = [found.answers.get(key, MISSING) if key in mine else "" for key in keys]
        row = [found.right, len(mine), found.errors, f"{found.seconds:.1f}", *states]
        rows.append([plain(found.file), plain(found.status), *row])
    write_rows(path, head, rows)
