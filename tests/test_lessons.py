"""The lessons as a learner uses them: short cells, that may be run again; and what of their outputs is compared.

Each lesson is executed once, in smoke mode, every code cell twice in a row.
"""

import configparser
import os
import re
from pathlib import Path

import nbformat
import pytest

from tools import publish
from tools.lessons.client import LessonClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
COMPARED = "nbval-check-output"  # a cell whose text nbval compares with what was published
SAME_EVERYWHERE = (
    0.5  # of the cells whose text is the same in smoke and full mode, so many are compared
)
A_CELL_MAY_TAKE_S = 300


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request) -> Path:
    return request.param


@pytest.fixture
def notebook(path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def tags(cell: nbformat.NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def code_cells(notebook: nbformat.NotebookNode) -> dict[int, nbformat.NotebookNode]:
    """The cells of code by their index among all, without those that only set up."""
    cells = {i: cell for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"}
    return {i: cell for i, cell in cells.items() if not {"setup", "imports"} & tags(cell)}


def kinds(outputs: list[nbformat.NotebookNode]) -> set[str]:
    return {kind for output in outputs for kind in output.get("data", {})}


def has_picture(outputs: list[nbformat.NotebookNode]) -> bool:
    return any(kind.startswith("image/") for kind in kinds(outputs))


def text_of(outputs: list[nbformat.NotebookNode]) -> str:
    """What the outputs of a cell say, as nbval compares it (tests/sanitize.cfg); of a picture nothing."""
    said = []
    for output in outputs:
        if output.output_type == "stream":
            said.append(output.text)
        elif not has_picture([output]):
            said.append(output.get("data", {}).get("text/plain", "").rstrip() + "\n")
    text = "".join(said)
    rules = configparser.RawConfigParser()
    rules.read(ROOT / "tests" / "sanitize.cfg", encoding="utf-8")
    for name in rules.sections():
        text = re.sub(rules[name]["regex"], rules[name]["replace"], text)
    return text.strip()


# ---- what a run shows


def processor_seconds() -> float:
    """Of the kernels that have ended; 0 on Windows, which does not say."""
    used = os.times()
    return used.children_user + used.children_system


def test_cells_run_twice_claims_answer_and_texts_are_compared(path, notebook, record_property):
    """A cell that is run again works; a claim answers; half of what is the same on every machine is compared."""
    published = {i: text_of(cell.outputs) for i, cell in code_cells(notebook).items()}
    client = LessonClient(notebook, folder=path.parent, times=2, timeout=A_CELL_MAY_TAKE_S)
    before = processor_seconds()
    client.execute(env=publish.run_environment("smoke"))
    seconds = processor_seconds() - before
    record_property("processor_seconds", round(seconds))
    print(f"{path.stem}: {seconds:.0f} processor seconds")

    unanswered = [str(verdict) for verdict in client.verdicts if verdict.held is None]
    assert not unanswered, "in smoke mode:\n" + "\n".join(unanswered)

    once = {i: text_of(client.runs[i][0]) for i in published}
    again = {i: text_of(client.runs[i][1]) for i in published}
    compared = [i for i, cell in code_cells(notebook).items() if COMPARED in tags(cell)]
    wavering = [i + 1 for i in compared if once[i] != again[i]]
    assert not wavering, f"cells {wavering} are compared, and say something else when run again"
    same = [i for i, text in published.items() if text and text == once[i]]
    share = sum(i in compared for i in same) / max(len(same), 1)
    others = [i + 1 for i in same if i not in compared]
    assert share >= SAME_EVERYWHERE, (
        f"{share:.0%} of {len(same)} cells are compared. Tag those of {others} with {COMPARED} whose text is the"
        " same on every machine"
    )


def test_only_text_is_compared(notebook):
    """Pictures differ by a pixel between versions of the libraries that draw them."""
    wrong = [
        i + 1
        for i, cell in code_cells(notebook).items()
        if COMPARED in tags(cell) and (has_picture(cell.outputs) or "plotting.show" in cell.source)
    ]
    assert not wrong, f"cells {wrong} show a picture and are tagged {COMPARED}"


# ---- short cells

LONG = 15  # lines; a cell that is longer is hard to read in one go
LONGEST = 25
# Cells that are longer than LONG, folded ones not counted. These numbers may only fall.
LONGER = {
    "1_three_tasks": 1,
    "2_1_neural_network_from_scratch": 1,
    "2_3_gan_in_two_dimensions": 5,
    "3_2_the_gan_game": 6,
}


def test_cells_are_short(path, notebook):
    shown = [cell for cell in code_cells(notebook).values() if "hide-cell" not in tags(cell)]
    lines = [len(cell.source.splitlines()) for cell in shown]
    assert max(lines) <= LONGEST
    longer = [cell.source.splitlines()[0] for cell, n in zip(shown, lines, strict=True) if n > LONG]
    assert len(longer) <= LONGER.get(path.stem, 0), f"split one of those that begin with {longer}"
