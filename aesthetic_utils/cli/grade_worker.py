"""Runs one learner's notebook and writes what became of its exercises: started by `aesthetic grade`, for itself alone.

    python -m aesthetic_utils.cli.grade_worker NOTEBOOK RESULTS CELL_SECONDS

Cells run one after the other without Jupyter, and an error in one does not stop the next. After each the answers that it
hands to `check("KEY", answer)` are judged by the package's own functions, which were taken before the first cell ran;
what a learner does to `check` changes nothing. Cells that are solutions of the lesson are run and not judged. RESULTS gets a
line of JSON for each thing that is known, at once, so that it survives whatever the next cell does.
"""

import ast
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

COMMAND = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)  # of IPython
NOT_JUDGED = {"solution", "go-on"}  # tags
MOST_BYTES = 50_000_000  # of a notebook; ours have 5


class CellTooSlow(BaseException):
    """A cell that took its time; no `except Exception` of a learner holds it up."""


def code_cells(text: str) -> list[tuple[str, bool]]:
    """(source, whether its answers count) of each cell of code. ValueError says why it is no notebook."""
    try:
        cells = json.loads(text)["cells"]
        found = []
        for cell in cells:
            if cell["cell_type"] == "code":
                source = "".join(cell["source"])
                tags = set(cell.get("metadata", {}).get("tags", []))
                counts = not tags & NOT_JUDGED and not source.startswith("# Solution")
                found.append((COMMAND.sub(r"\1pass", source), counts))
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError):
        raise ValueError("it is no notebook of format 4") from None
    return found


def answers(source: str) -> list[tuple[str, ast.expr]]:
    """(key, answer) of each `check("KEY", answer)` of a cell."""
    try:
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [
        (call.args[0].value, call.args[1])
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "check" and len(call.args) == 2
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    ]


@contextlib.contextmanager
def no_longer_than(seconds: float) -> Iterator[None]:
    """CellTooSlow after so many seconds, where the system has such an alarm."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def over(*_: Any) -> None:
        raise CellTooSlow

    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def run(cells: list[tuple[str, bool]], seconds: float, results: Any) -> None:
    """Run the cells, and write lines such as {"key": "3_1/parameters", "verdict": "Right."} and {"error": ...}."""
    judge = _judge() if any(counts and answers(source) for source, counts in cells) else None
    dumps = json.dumps

    def say(**what: object) -> None:
        results.write(dumps(what) + "\n")
        results.flush()

    names: dict[str, Any] = {"__name__": "__main__"}
    for number, (source, counts) in enumerate(cells, start=1):
        with _problems(say, number), no_longer_than(seconds):
            exec(compile(source, f"cell {number}", "exec"), names)
        if judge is None or not counts:
            continue
        for key, answer in answers(source):
            with _problems(say, number), no_longer_than(seconds):
                given = eval(compile(ast.Expression(answer), "answer", "eval"), names)
                say(key=key, verdict=judge(key, given))
    say(end=True)


def _judge() -> Callable[[str, Any], str]:
    """(key, answer) -> what `check` says, as the package has it now; slow to import, and so no part of a cell's time."""
    from aesthetic_utils.exercises import exercises_of, verdict

    def judge(key: str, answer: Any) -> str:
        lesson, _, name = key.partition("/")
        return verdict(exercises_of(lesson)[name], answer)

    return judge


@contextlib.contextmanager
def _problems(say: Any, cell: int) -> Iterator[None]:
    """What a cell raises is written down, and the next one runs."""
    try:
        yield
    except MemoryError:
        say(memory=cell)
    except CellTooSlow:
        say(slow=cell)
    except BaseException as error:  # SystemExit, KeyboardInterrupt, and whatever a learner made
        say(error=cell, kind=type(error).__name__[:80])


def main(notebook: str, results: str, seconds: str) -> int:
    """Run a notebook and write what became of its cells into `results`, a line each; gives the exit code."""
    path = Path(notebook)
    with open(results, "a", encoding="utf-8") as file:
        try:
            if path.stat().st_size > MOST_BYTES:
                raise ValueError(f"it has more than {MOST_BYTES // 10**6} MB")
            cells = code_cells(path.read_bytes().decode("utf-8", "replace"))
        except (OSError, ValueError) as error:
            file.write(json.dumps({"broken": str(error)}) + "\n")
            return 0
        file.write(json.dumps({"cells": len(cells)}) + "\n")
        file.flush()
        os.environ.setdefault("MPLBACKEND", "Agg")
        run(cells, float(seconds), file)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
