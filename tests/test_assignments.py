"""The assignments: what their tests prove, what learners get, and a class's notebooks graded by otter-grader."""

import csv
import json
import os
import re
import zipfile
from pathlib import Path

import nbformat
import pytest

from aesthetic_utils.cli import main as cli
from aesthetic_utils.cli.grade import Limits
from aesthetic_utils.cli.grade_assignment import (  # fmt: skip
    Marked,
    Question,
    _read,
    mark_notebook,
    read_questions,
)
from tools.assignments import (
    SOURCES,
    AssignmentError,
    make,
    prove,
    read_assignment,
)

NAMES = sorted(path.stem for path in SOURCES.glob("*.md") if path.stem != "README")
CLASS = "AESTHETIC_GRADE_CLASS"


def test_there_are_four():
    assert NAMES == ["convolution", "gan_game", "super_resolution", "votes"]


@pytest.mark.parametrize("name", NAMES)
def test_each_hidden_test_rejects_an_answer_that_passes_what_learners_see(name):
    assignment = read_assignment(SOURCES / f"{name}.md")
    hidden = [test for question in assignment.questions for test in question.hidden]
    assert prove(assignment) >= len(hidden) >= 8
    assert all(test.looks_for and test.wrong for test in hidden)


SOURCE = """# T

```python setup
import math
```

## twice (2)

Double it.

```python
def twice(x):
    ...
```

```python solution
def twice(x):
    return 2 * x
```

```python test
assert twice(2) == 4
```

```python hidden: other numbers
assert twice(3) == 6
```

```python wrong
def twice(x):
    return x * x
```
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("return 2 * x", "return 3 * x", "the solution does not pass"),
        ("twice(x):\n    ...", "twice(x):\n    return 4", "what learners start from passes"),
        ("twice(3) == 6", "twice(0) == 0", "lets a wrong answer pass"),
        ("return x * x", "return 7", "already fails the tests that are seen"),
        ("```python wrong\ndef twice(x):\n    return x * x\n```\n", "", "nothing shows what"),
        ("```python hidden: other numbers\nassert twice(3) == 6\n```\n", "", "'wrong' is not understood"),
        ("```python test\nassert twice(2) == 4\n```\n", "", "it needs a start, a solution"),
        ("## twice (2)", "twice", "has no question"),
    ],
)  # fmt: skip
def test_an_assignment_that_proves_nothing_is_not_made(tmp_path, old, new, says):
    assert old in SOURCE
    path = tmp_path / "t.md"
    path.write_text(SOURCE)
    assert prove(read_assignment(path)) == 1
    path.write_text(SOURCE.replace(old, new))
    with pytest.raises(AssignmentError, match=re.escape(says)):
        prove(read_assignment(path))


# ---- made by otter


@pytest.fixture(scope="module")
def votes(tmp_path_factory) -> Path:
    """The folder of one assignment as it is made."""
    pytest.importorskip("otter")
    folder = tmp_path_factory.mktemp("assignments")
    said = make(SOURCES / "votes.md", folder)
    assert said.startswith("votes: 5 questions, 16 points, ")
    return folder / "votes"


def test_learners_get_no_solution_and_no_hidden_test(votes):
    assignment = read_assignment(SOURCES / "votes.md")
    text = (votes / "student" / "votes.ipynb").read_text("utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    for question in assignment.questions:
        assert question.starter.strip() in code
        solved = set(question.solution.strip().splitlines()) - set(question.starter.splitlines())
        hidden = [line for test in question.hidden for line in test.code.strip().splitlines()]
        seen = "\n".join(question.tests)
        for line in [*solved, *hidden]:
            assert line in seen or json.dumps(line)[1:-1].strip() not in text, line
        assert any(question.tests[0].strip() in source for source in code)
    assert "otter" not in "".join(code)  # nothing to install
    assert "test_case" not in json.dumps(notebook.metadata) and notebook.metadata["otter"] == {"assignment_name": "votes"}  # fmt: skip


def test_the_autograder_says_what_it_holds(votes, tmp_path):
    questions = read_questions(votes / "autograder.zip")
    assignment = read_assignment(SOURCES / "votes.md")
    assert {q.name: (q.points, q.tests) for q in questions} == {
        q.name: (q.points, len(q.tests) + len(q.hidden)) for q in assignment.questions
    }
    for content, says in ((None, "cannot be read"), (b"no zip", "is no autograder"), ({}, "has no tests"),
                          ({"tests/a.py": "test = 1 +"}, "is no autograder"), ({"tests/a.py": "x = 1"}, "is no autograder")):  # fmt: skip
        path = tmp_path / "a.zip"
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content is not None:
            with zipfile.ZipFile(path, "w") as archive:
                for name, text in content.items():
                    archive.writestr(name, text)
        with pytest.raises(Exception, match=says):
            read_questions(path)


def answered(votes: Path, **changed: str) -> nbformat.NotebookNode:
    """The teacher's notebook, with other answers to some questions."""
    notebook = nbformat.read(votes / "autograder" / "votes.ipynb", as_version=4)
    for cell in notebook.cells:
        for name in cell.metadata.get("otter", {}).get("tests", []):
            if name in changed:
                cell.source = changed[name]
    notebook.metadata["otter"] = {"assignment_name": "votes"}
    return notebook


def wrong(name: str) -> str:
    questions = read_assignment(SOURCES / "votes.md").questions
    return next(q for q in questions if q.name == name).hidden[0].wrong[0]


def test_a_notebook_is_graded_by_tests_that_it_never_saw(votes, tmp_path):
    """An answer that passes what learners see, one that is none, and a cell that raises."""
    notebook = answered(votes, best_share=wrong("best_share"), win_chance="def win_chance(a, b):\n    ...")  # fmt: skip
    notebook.metadata["kernelspec"] = {"name": "somebody's own", "display_name": "x"}
    notebook.cells.insert(1, nbformat.v4.new_code_cell("1 / 0"))
    nbformat.write(notebook, tmp_path / "a.ipynb")
    questions = read_questions(votes / "autograder.zip")
    found = mark_notebook(tmp_path / "a.ipynb", votes / "autograder.zip", questions, Limits())
    assert found.status == "ok"
    assert found.passed == {"win_chance": 0, "fit_scores": 3, "best_share": 1, "best_correlation": 3, "standard_error": 3}  # fmt: skip
    assert found.score == pytest.approx(16 - 2 - 1.5)
    assert found.missed[2] == "a model may be right more often than a person agrees with herself"


def test_what_no_autograder_would_say_is_not_believed():
    questions = [Question(name="a", points=2, tests=2)]
    found = Marked(file="x")
    said = [
        {"question": "a", "score": 99},
        {"question": "b", "score": 1},
        {"question": [], "score": 1},
    ]
    _read(found, questions, [*said, {"end": True}], late=False)
    assert found.scores == {} and found.status.startswith("graded in part")


# ---- a class


HOSTILE = {
    "broken.ipynb": ('{"cells": [', "broken: it is no notebook", 0),
    "empty.ipynb": ([], "empty: ", 0),
    "other.ipynb": ("gan_game", "broken: it is the assignment 'gan_game'", 0),
    "endless.ipynb": (["while True:\n    pass"], "1 cell took too long", 16),
    "stubborn.ipynb": (
        ["import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    time.sleep(1)"],
        "stopped: it took too long", 0,
    ),
    "leaves.ipynb": (["import os\nos._exit(0)"], "broken: it could not be graded (DeadKernelError", 0),
    "greedy.ipynb": (["kept = [bytearray(2**30) for _ in range(8)]"], "ok", 16),
    "removes.ipynb": (["import shutil, os\nshutil.rmtree(os.getcwd())"], "graded in part", 0),
    "starts.ipynb": (
        ["import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)  # mark'])"], "ok", 16,
    ),
}  # fmt: skip


@pytest.mark.skipif(CLASS not in os.environ, reason=f"takes minutes; set {CLASS}=1 to grade thirty notebooks")  # fmt: skip
def test_a_class_of_thirty_with_hostile_notebooks(votes, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(30 - len(HOSTILE)):
        notebook = answered(votes, **({"best_share": wrong("best_share")} if i % 3 == 0 else {}))
        nbformat.write(notebook, folder / f"good_{i:02d}.ipynb")
    for name, (content, _, _) in HOSTILE.items():
        notebook = answered(votes)
        if isinstance(content, list):
            notebook.cells = [nbformat.v4.new_code_cell(c) for c in content] + (notebook.cells if content else [])  # fmt: skip
        elif content == "gan_game":
            notebook.metadata["otter"] = {"assignment_name": content}
        else:
            (folder / name).write_text(content)
            continue
        nbformat.write(notebook, folder / name)
    out = tmp_path / "grades.csv"
    limits = ["--cell-seconds", "5", "--seconds", "90", "--memory", "3000"]
    code = cli.main(["grade", str(folder), "--assignment", str(votes / "autograder.zip"), "--csv", str(out), *limits])  # fmt: skip
    with out.open(encoding="utf-8", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert code == 1 and len(rows) == 30
    for i in range(30 - len(HOSTILE)):
        row = rows[f"good_{i:02d}.ipynb"]
        assert (row["status"], float(row["points"])) == ("ok", 14.5 if i % 3 == 0 else 16)
    for name, (_, status, points) in HOSTILE.items():
        row = rows[name]
        assert row["status"].startswith(status) and float(row["points"]) == points, row
    left = [p for p in Path("/proc").glob("[0-9]*/cmdline") if b"time.sleep(300)  # mark" in p.read_bytes()]  # fmt: skip
    assert not left
