"""Make the four assignments: a notebook for learners, yours with the solutions, and the autograder of otter-grader.

    python -m tools.assignments                        all, into _build/assignments
    python -m tools.assignments assignments/votes.md   this one
    python -m tools.assignments --out FOLDER

The sources are Markdown (assignments/README.md). Before anything is written, every solution has to pass every test, what
learners start from has to fail, and every hidden test has to reject the wrong answers below it, each of which passes all the
tests that learners see.

    NAME/student/NAME.ipynb         without solutions; its checks are plain assertions, so a learner needs no otter
    NAME/autograder/NAME.ipynb      with the solutions and all tests
    NAME/autograder.zip             for `aesthetic grade FOLDER --assignment ...` and for `otter run`
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from aesthetic_utils.cli.common import require_installed
from aesthetic_utils.storage import AestheticError
from tools.modes import ROOT

SOURCES = ROOT / "assignments"
OUT = ROOT / "_build" / "assignments"
BLOCK = re.compile(r"^```python(?: ([^\n]*))?\n(.*?)^```\n?", re.MULTILINE | re.DOTALL)
QUESTION = re.compile(r"^## (\w+) \((\d+)\)\n", re.MULTILINE)
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


class AssignmentError(AestheticError):
    """A source that makes no assignment; the message says what to change in it."""


@dataclass(kw_only=True)
class Hidden:
    """A test that learners do not see."""

    looks_for: str
    code: str
    wrong: list[str] = field(default_factory=list)  # answers that it rejects


@dataclass(kw_only=True)
class Question:
    """One function that learners write."""

    name: str
    points: int
    text: str
    starter: str = ""
    solution: str = ""
    tests: list[str] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)


@dataclass(kw_only=True)
class Assignment:
    name: str
    text: str
    setup: str
    questions: list[Question]


# --------------------------------------------------------------------------------------------------
# a source


def read_assignment(path: Path) -> Assignment:
    """Raises AssignmentError for a source that lacks something."""
    pieces = QUESTION.split(
        path.read_text("utf-8")
    )  # text before, then name, points and text of each
    setup = "".join(code for kind, code in BLOCK.findall(pieces[0]) if kind == "setup")
    names, points, texts = pieces[1::3], pieces[2::3], pieces[3::3]
    questions = [
        _question(path, name, int(value), text)
        for name, value, text in zip(names, points, texts, strict=True)
    ]
    if not questions:
        raise AssignmentError(f"{path.name} has no question: a heading such as ## name (3)")
    text = BLOCK.sub("", pieces[0]).strip()
    return Assignment(name=path.stem, text=text, setup=setup, questions=questions)


def _question(path: Path, name: str, points: int, text: str) -> Question:
    made = Question(name=name, points=points, text=BLOCK.sub("", text).strip())
    for kind, code in BLOCK.findall(text):
        if kind == "":
            made.starter = code
        elif kind == "solution":
            made.solution = code
        elif kind == "test":
            made.tests.append(code)
        elif kind.startswith("hidden: "):
            made.hidden.append(Hidden(looks_for=kind.removeprefix("hidden: "), code=code))
        elif kind == "wrong" and made.hidden:
            made.hidden[-1].wrong.append(code)
        else:
            raise AssignmentError(f"{path.name}, {name}: a block {kind!r} is not understood")
    if not (made.starter and made.solution and made.tests and made.hidden):
        raise AssignmentError(
            f"{path.name}, {name}: it needs a start, a solution, a test and a hidden test"
        )
    return made


# --------------------------------------------------------------------------------------------------
# what it has to prove


def prove(assignment: Assignment) -> int:
    """Raises AssignmentError unless each test tells right from wrong; how many wrong answers were rejected."""
    names: dict[str, Any] = {}
    _run(assignment.setup, names)
    rejected = 0
    for question in assignment.questions:
        where = f"{assignment.name}, {question.name}"
        every = [*question.tests, *(hidden.code for hidden in question.hidden)]
        if not all(_passes(test, question.solution, names) for test in every):
            raise AssignmentError(f"{where}: the solution does not pass")
        if all(_passes(test, question.starter, names) for test in question.tests):
            raise AssignmentError(f"{where}: what learners start from passes")
        for hidden in question.hidden:
            if not hidden.wrong:
                raise AssignmentError(f"{where}: nothing shows what {hidden.looks_for!r} rejects")
            for wrong in hidden.wrong:
                if not all(_passes(test, wrong, names) for test in question.tests):
                    raise AssignmentError(
                        f"{where}: a wrong answer to {hidden.looks_for!r} already fails the tests that are seen"
                    )
                if _passes(hidden.code, wrong, names):
                    raise AssignmentError(f"{where}: {hidden.looks_for!r} lets a wrong answer pass")
                rejected += 1
        _run(question.solution, names)  # later questions may use it
    return rejected


def _passes(test: str, answer: str, names: dict[str, Any]) -> bool:
    own = dict(names)
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            _run(answer, own)
            _run(test, own)
        except Exception:
            return False
    return True


def _run(code: str, names: dict[str, Any]) -> None:
    exec(compile(code, "assignment", "exec"), names)


# --------------------------------------------------------------------------------------------------
# notebooks


def master(assignment: Assignment) -> NotebookNode:
    """The notebook from which `otter assign` makes the others."""
    settings = "init_cell: false\nexport_cell: false\nrun_tests: false\ngenerate: true"
    cells = [
        new_raw_cell(f"# ASSIGNMENT CONFIG\nname: {assignment.name}\n{settings}"),
        new_markdown_cell(assignment.text), new_code_cell(assignment.setup.strip()),
    ]  # fmt: skip
    for question in assignment.questions:
        head = f"name: {question.name}\npoints: {question.points}\ncheck_cell: false"
        cells += [
            new_raw_cell(f"# BEGIN QUESTION\n{head}"),
            new_markdown_cell(f"## {question.name}\n\n{question.text}\n\n*{question.points} points*"),
            new_raw_cell("# BEGIN SOLUTION"),
            new_code_cell(
                f"# BEGIN SOLUTION NO PROMPT\n{question.solution}# END SOLUTION\n"
                f'""" # BEGIN PROMPT\n{question.starter}""" # END PROMPT'
            ),
            new_raw_cell("# END SOLUTION"),
            new_raw_cell("# BEGIN TESTS"),
            *(new_code_cell(test.strip()) for test in question.tests),
            *(new_code_cell(_with_settings(hidden)) for hidden in question.hidden),
            new_raw_cell("# END TESTS"),
            new_raw_cell("# END QUESTION"),
        ]  # fmt: skip
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


def _with_settings(hidden: Hidden) -> str:
    said = f'hidden: true\nfailure_message: "{hidden.looks_for}"'
    return f'""" # BEGIN TEST CONFIG\n{said}\n""" # END TEST CONFIG\n{hidden.code.strip()}'


def for_learners(notebook: NotebookNode, assignment: Assignment) -> NotebookNode:
    """What `otter assign` made for learners, with the tests that they see as cells that need no otter."""
    tests = {question.name: question.tests for question in assignment.questions}
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        for name in cell.metadata.get("otter", {}).get("tests", []):
            code = "\n".join(test.strip() for test in tests[name])
            cells.append(new_code_cell(f'# a check of {name}\n{code}\nprint("These checks pass.")'))
    notebook.cells = cells
    notebook.metadata["otter"] = {
        "assignment_name": assignment.name
    }  # the tests lie in the autograder
    return notebook


def make(path: Path, out: Path) -> str:
    """Prove an assignment and write its notebooks; what was made, in a line."""
    assignment = read_assignment(path)
    rejected = prove(assignment)
    made = out / assignment.name
    with tempfile.TemporaryDirectory() as folder:
        _assign(master(assignment), Path(folder), assignment.name)
        dist = Path(folder) / "dist"
        learners = dist / "student" / f"{assignment.name}.ipynb"
        notebook = for_learners(nbformat.read(learners, as_version=4), assignment)
        shutil.rmtree(made, ignore_errors=True)
        (made / "student").mkdir(parents=True)
        (made / "autograder").mkdir()
        nbformat.write(notebook, made / "student" / learners.name)
        shutil.copy(dist / "autograder" / learners.name, made / "autograder")
        (packed,) = (dist / "autograder").glob("*.zip")
        shutil.copy(packed, made / "autograder.zip")
    hidden = sum(len(question.hidden) for question in assignment.questions)
    points = sum(question.points for question in assignment.questions)
    return (
        f"{assignment.name}: {len(assignment.questions)} questions, {points} points, {hidden} hidden tests, "
        f"which reject {rejected} wrong answers"
    )


def _assign(notebook: NotebookNode, folder: Path, name: str) -> None:
    from otter.assign import main as otter_assign

    nbformat.write(notebook, folder / f"{name}.ipynb")
    otter_assign(
        str(folder / f"{name}.ipynb"), str(folder / "dist"), no_pdfs=True, no_run_tests=True
    )


def main(arguments: list[str] | None = None) -> int:
    assert __doc__
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sources", nargs="*", type=Path, help="sources; all of them without")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)
    sources = options.sources or sorted(p for p in SOURCES.glob("*.md") if p.stem != "README")
    try:
        require_installed("an autograder", otter="otter-grader")
        for source in sources:
            print(make(source, options.out), flush=True)
    except (AestheticError, OSError) as error:
        print(f"assignments: {error}", file=sys.stderr)
        return 1
    print(f"In {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
