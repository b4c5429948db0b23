"""`aesthetic grade --assignment`: the notebooks of a class by the tests of one assignment, seen and hidden (otter-grader).

What `otter run` does, notebook by notebook, each in a process of its own with the limits of `aesthetic grade`: no container,
no network. The kernel in which a learner's code runs also runs the tests; so whoever means to can forge a result. Hidden tests keep
honest mistakes from passing, and no more.
"""

import ast
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aesthetic_utils.cli.common import plural, require_installed
from aesthetic_utils.cli.grade import Limits, run_worker, why_not_whole
from aesthetic_utils.spreadsheet import plain, write_rows
from aesthetic_utils.storage import AestheticError, reason

LONGEST = 208  # characters of what is said of a broken notebook


@dataclass(frozen=True, kw_only=True)
class Question:
    """What an autograder says of one of its questions."""

    name: str
    points: float
    tests: int


@dataclass(kw_only=True)
class Marked:
    """What became of one notebook."""

    file: str
    status: str = "ok"  # or why not all of it could be graded
    scores: dict[str, float] = field(default_factory=dict)  # question -> points
    passed: dict[str, int] = field(default_factory=dict)  # question -> tests
    missed: list[str] = field(default_factory=list)  # what the hidden tests that failed look for
    seconds: float = 0.0

    @property
    def score(self) -> float:
        return sum(self.scores.values())


def grade_assignment(
    autograder: Path, paths: list[Path], folder: Path, table: Path, limits: Limits
) -> int:
    """Grade notebooks that lie in a folder, write the table, and say a line a notebook; 1 where one had trouble."""
    require_installed("grading assignments", otter="otter-grader")
    questions = read_questions(autograder)
    total = sum(question.points for question in questions)
    marked = []
    for path in paths:
        found = mark_notebook(path, autograder, questions, limits)
        found.file = path.relative_to(folder).as_posix()
        marked.append(found)
        said = "" if found.status == "ok" else f"; {found.status}"
        print(f"{found.file}: {found.score:g} of {total:g} points{said}", flush=True)
    write_marks(table, questions, marked)
    trouble = sum(found.status != "ok" for found in marked)
    print(f"{plural(len(marked), 'notebook')}, {trouble} with trouble: {table}")
    return 1 if trouble else 0


def read_questions(autograder: Path) -> list[Question]:
    """The questions of an autograder, by name; AestheticError for a file that is none."""
    found = []
    try:
        with zipfile.ZipFile(autograder) as archive:
            for name in sorted(archive.namelist()):
                if name.startswith("tests/") and name.endswith(".py"):
                    test = _literal(archive.read(name).decode("utf-8"))
                    cases = test["suites"][0]["cases"]
                    found.append(
                        Question(
                            name=str(test["name"]), points=float(test["points"]), tests=len(cases)
                        )
                    )
    except OSError as error:
        raise AestheticError(f"{autograder} cannot be read: {reason(error)}") from error
    except (zipfile.BadZipFile, KeyError, IndexError, TypeError, ValueError, SyntaxError):
        raise AestheticError(
            f"{autograder} is no autograder; name the autograder.zip that `make assignments` wrote"
        ) from None
    if not found:
        raise AestheticError(f"{autograder} has no tests; name the autograder.zip of an assignment")
    return found


def _literal(source: str) -> dict[str, Any]:
    """The `test` of a test file; nothing of it is executed."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "test":
            value = ast.literal_eval(statement.value)
            if isinstance(value, dict):
                return value
    raise ValueError("there is no test")


def mark_notebook(
    path: Path, autograder: Path, questions: list[Question], limits: Limits
) -> Marked:
    """Grade one notebook in a process of its own; whatever it does, this returns."""
    found, began = Marked(file=path.name), time.monotonic()
    said, late = run_worker("otter_worker", path, limits, str(autograder.resolve()))
    _read(found, questions, said, late)
    found.seconds = time.monotonic() - began
    return found


def _read(found: Marked, questions: list[Question], said: list[dict[str, Any]], late: bool) -> None:
    """What the worker wrote, into `found`; what no autograder would say is passed over."""
    most = {question.name: question.points for question in questions}
    for one in said:
        score, name = one.get("score"), one.get("question")
        if isinstance(score, int | float) and isinstance(name, str) and name in most:
            if 0 <= score <= most[name] + 1e-9:
                found.scores[name] = float(score)
                found.passed[name] = int(one.get("passed", 0))
                found.missed += [str(text)[:200] for text in one.get("missed", [])]
    if trouble := why_not_whole(said, late):
        found.status = trouble[:LONGEST]
    elif set(found.scores) != set(most):
        found.status = "graded in part: the tests gave no result for some questions"
    elif slow := next((one["slow"] for one in said if "slow" in one), 0):
        found.status = (
            f"{plural(slow, 'cell')} took too long and {'was' if slow == 1 else 'were'} stopped"
        )


def write_marks(path: Path, questions: list[Question], marked: list[Marked]) -> None:
    """One row a notebook: the points, then of each question how many of its tests passed."""
    head = ["file", "status", "points", "of", "seconds", *(question.name for question in questions)]
    total = sum(question.points for question in questions)
    rows = []
    for found in marked:
        passed = [f"{found.passed.get(q.name, 0)} of {q.tests}" for q in questions]
        row = [f"{found.score:g}", f"{total:g}", f"{found.seconds:.1f}", *passed]
        missed = "; ".join(found.missed)
        rows.append([plain(found.file), plain(found.status), *row, plain(missed)])
    write_rows(path, [*head, "hidden tests that failed"], rows)
