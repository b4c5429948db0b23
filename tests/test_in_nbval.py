"""What `make lessons` finds beyond what nbval does: in small made-up notebooks, all in one run of it."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
COMPARED = ["nbval-check-output"]
COUNTS = "runs = globals().get('runs', 0) + 1\nprint(runs)"


def code(source: str, printed: str = "", tags: list[str] | None = None, claim: str = "", count=1):
    """A cell as it is published, with what it printed then; claim: a check."""
    outputs = [nbformat.v4.new_output("stream", text=printed)] if printed else []
    cell = nbformat.v4.new_code_cell(source, outputs=outputs, execution_count=count)
    cell.metadata = {"tags": tags or []} | claimed(claim)
    return cell


def text(claim: str = ""):
    return nbformat.v4.new_markdown_cell("It is so.", metadata=claimed(claim))


def claimed(check: str) -> dict:
    return {"aesthetic": {"claims": [{"says": "It is so.", "check": check}]}} if check else {}


FAULTS = [
    (code("kept = [1]"), ""),
    (code("kept.pop()", tags=["hide-cell"]), "In its second run: Cell execution caused"),
    (code(COUNTS, "1\n", COMPARED), "In its second run: Cell outputs differ"),
    (code(COUNTS, tags=COMPARED, count=None), "another in the second run"),
    (code(COUNTS, "1\n"), ""),
    (code("1 / 2", claim="1 / 0"), "cell 6 says 'It is so.', but 1 / 0 raises ZeroDivisionError"),
    (code("size = 3"), "cell 9 says 'It is so.', but size gives 3, neither"),
    (text("size == 4"), None),  # false, which is an answer
    (text("size"), None),
    (code("print(size + 4)"), ""),
    (text("int(printed) == 7 and size == 3"), None),
    (code("raise ValueError"), "Cell execution caused an exception"),
]  # and what is said of each; of text nothing
SOUND = [
    code("import random", tags=["imports"]),
    code(
        "print(random.Random(0).random())", "0.8444218515250481\n", COMPARED, "float(printed) < 0"
    ),
]
UNTAGGED = [code(f"print({i})", f"{i}\n", COMPARED if i == 1 else None) for i in range(3)]
UNTAGGED += [code("1"), code("print('smoke')", "full\n")]


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> dict[str, list[str]]:
    """{notebook: what is wrong with each cell of code, "" for nothing}."""
    folder = tmp_path_factory.mktemp("notebooks")
    cells = {"faults": [cell for cell, _ in FAULTS], "sound": SOUND, "untagged": UNTAGGED}
    for name, these in cells.items():
        nbformat.write(nbformat.v4.new_notebook(cells=these), folder / f"{name}.ipynb")
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "no:cacheprovider"]
    command += ["-p", "tools.lessons.in_nbval", "--color=no"]
    command += ["--nbval-lax", "--nbval-current-env", "--nbval-sanitize-with", "tests/sanitize.cfg"]
    command += [f"--junitxml={report}", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stdout + done.stderr
    found: dict[str, list[str]] = {name: [] for name in cells}
    for case in ET.parse(report).iter("testcase"):
        failure = case.find("failure")
        found[case.get("classname").split(".")[-2]].append("" if failure is None else failure.text)
    return found


def test_each_fault_is_a_failure_of_its_cell(said):
    expected = [wrong for cell, wrong in FAULTS if cell.cell_type == "code"]
    assert len(said["faults"]) == len(expected)
    for number, (found, wrong) in enumerate(zip(said["faults"], expected, strict=True)):
        assert bool(found) == bool(wrong), found
        assert wrong in found
        assert not wrong or f"Cell {number}: " in found


def test_a_sound_notebook_passes(said):
    assert said["sound"] == [""] * len(SOUND)


def test_too_few_compared_cells_are_a_failure_of_the_last_one(said):
    *others, last = said["untagged"]
    assert others == [""] * len(others)
    assert "33% of 3 cells are compared. Tag those of [1, 3]" in last
