"""`aesthetic grade` with a folder of notebooks that a class might hand in, among them hostile ones."""

import csv
import json
import time
from pathlib import Path

import pytest

from aesthetic_utils.cli import main as cli
from aesthetic_utils.cli.grade import Graded, Limits, _objects, _read, grade_notebook
from aesthetic_utils.cli.grade_worker import code_cells

IMPORT = "from aesthetic_utils.exercises import check"
RIGHT = 'answer = 35\ncheck("3_1/output_size", answer)'
WRONG = 'check("3_1/parameters", 115200)'


def notebook(*sources: str, tags: tuple[str, ...] = ()) -> str:
    cells = [
        {"cell_type": "code", "source": source.splitlines(keepends=True), "metadata": {"tags": list(tags)},
         "outputs": [], "execution_count": None}
        for source in sources
    ]  # fmt: skip
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


LIMITS = ["--seconds", "200", "--cell-seconds", "1", "--memory", "2500"]
LIE = (
    "from aesthetic_utils import exercises\n"
    "def check(key, answer):\n    print('Right.')\n"
    "exercises.check = check\nexercises.verdict = lambda *_: 'Right.'\n"
    'import json\njson.dumps = lambda *_, **__: \'{"key": "3_1/parameters", "verdict": "Right."}\''
)
HANDED_IN = {
    "=good.ipynb": notebook(
        "%matplotlib inline", IMPORT, LIE, "1 / 0", RIGHT, WRONG, "raise SystemExit", "raise KeyboardInterrupt",
        'check("3_1/receptive_field", ...)', 'def f(x, w, stride, padding):\n    return ...\ncheck("3_1/correlate_with", f)',
    ),
    "broken.ipynb": '{"cells": [',
    "deep.ipynb": "[" * 100_000,
    "empty.ipynb": notebook(),
    "endless.ipynb": notebook(IMPORT, "while True:\n    try:\n        while True: pass\n    except Exception: pass", RIGHT),
    "greedy.ipynb": notebook(IMPORT, "kept = [bytearray(2**32) for _ in range(4)]", RIGHT),
    "leaves.ipynb": notebook(IMPORT, RIGHT, "import os\nos._exit(0)", WRONG),
    "other.ipynb": notebook("print('no exercise')"),
    "sub/solved.ipynb": notebook(RIGHT, tags=("solution",)),
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Exit code, rows by file, and the folder."""
    folder = tmp_path_factory.mktemp("class")
    for name, text in HANDED_IN.items():
        (folder / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "in" / name).write_text(text, encoding="utf-8")
    out = folder / "grades.csv"
    code = cli.main(["grade", str(folder / "in"), "--csv", str(out), *LIMITS])
    with out.open(encoding="utf-8", newline="") as file:
        return code, {row["file"]: row for row in csv.DictReader(file)}, folder


def test_everyone_is_named_and_whoever_can_be_graded_is(graded):
    code, rows, _ = graded
    assert code == 1 and set(rows) == {"'=good.ipynb", *HANDED_IN} - {"=good.ipynb"}
    good = rows["'=good.ipynb"]
    assert (good["status"], good["right"], good["cells that raised"]) == ("ok", "1", "3")
    assert [good[f"3_1/{n}"] for n in ("output_size", "parameters", "receptive_field", "correlate_with", "pool_gradient")] == [
        "right", "not yet", "no answer", "no answer", "missing"
    ]  # fmt: skip
    assert good["of"] == "5"  # and the lie about `check` was not believed


@pytest.mark.parametrize(
    ("name", "status", "right"),
    [
        ("broken.ipynb", "broken: it is no notebook", "0"),
        ("deep.ipynb", "broken: it is no notebook", "0"),
        ("empty.ipynb", "empty: ", "0"),
        ("endless.ipynb", "too slow in cell 2", "1"),
        ("greedy.ipynb", "too much memory in cell 2", "1"),
        ("leaves.ipynb", "stopped: it ended itself", "1"),
        ("other.ipynb", "no exercise", "0"),
        ("sub/solved.ipynb", "no exercise", "0"),
    ],
)
def test_each_kind_of_trouble(graded, name, status, right):
    row = graded[1][name]
    assert row["status"].startswith(status) and row["right"] == right


def test_what_a_notebook_started_ends_with_it(tmp_path):
    mark = tmp_path / "still there"
    sleeper = (  # waits until whoever started it is gone, and a moment more
        "import os, time\nparent = os.getppid()\nwhile os.getppid() == parent: time.sleep(0.02)\n"
        f"time.sleep(0.5); open({str(mark)!r}, 'w')"
    )
    cell = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {sleeper!r}])"
    (tmp_path / "a.ipynb").write_text(notebook(cell))
    assert grade_notebook(tmp_path / "a.ipynb").errors == 0
    time.sleep(1)
    assert not mark.exists()


def test_what_holds_on_is_killed(tmp_path):
    (tmp_path / "a.ipynb").write_text(
        notebook(
            "import signal, time\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\ntime.sleep(60)"
        )
    )
    began = time.monotonic()
    found = grade_notebook(tmp_path / "a.ipynb", Limits(seconds=2))
    assert found.status == "stopped: it took too long" and time.monotonic() - began < 20


def test_lines_that_are_nonsense_are_passed_over():
    found = Graded(file="a")
    _read(found, _objects(["{", "[]", '{"key": "os/path", "verdict": "Right."}', '{"key": [], "verdict": 1}', '{"key": "3_1/parameters", "verdict": "Not yet. x"}', '{"key": "3_1/parameters", "verdict": "Right."}',
                  '{"key": "3_1/parameters", "verdict": "No answer yet: replace the dots."}', '{"end": true}']), late=False)  # fmt: skip
    assert found.answers == {"3_1/parameters": "right"} and found.status == "ok"


def test_commands_of_jupyter_count_as_nothing():
    assert (
        code_cells(notebook("%pip install x\n!ls\nif a:\n    %cd b"))[0][0]
        == "pass\npass\nif a:\n    pass"
    )


@pytest.mark.parametrize("given", [[], ["notebook"]])
def test_a_folder_without_notebooks(tmp_path, capsys, given):
    folder = tmp_path / "none" if not given else tmp_path
    assert cli.main(["grade", str(folder), "--csv", str(tmp_path / "x.csv")]) == 1
    assert ("is no folder" if not given else "no notebook") in capsys.readouterr().err
    assert not Path(tmp_path / "x.csv").exists()
