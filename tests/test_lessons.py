"""The lessons as a learner reads them: short cells; and what of their outputs is compared.

`make lessons` executes them, with what tools/lessons/in_nbval.py asks of each cell.
"""

import re
from pathlib import Path

import nbformat
import pytest

from tools.lessons.in_nbval import COMPARED, code_cells, has_picture, tags

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request) -> Path:
    return request.param


@pytest.fixture
def notebook(path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


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


# ---- every exercise has its question

EXERCISE = re.compile(r"(?m)^### Exercise (\d+)\b")


def test_exercises_are_counted_without_a_gap(notebook):
    """From 1, or on from those that are asked on the way, before the heading: a gap is a question that went missing."""
    asked_before, numbers, under = 0, [], False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            under = under or "## Exercises" in cell.source.splitlines()
            numbers += [int(number) for number in EXERCISE.findall(cell.source)]
        elif not (under or numbers) and "solution" not in tags(cell):
            asked_before += "\ncheck(" in cell.source
    first = numbers[0] if numbers else 1
    assert numbers == [*range(first, first + len(numbers))]
    assert first == 1 or (under and first == 1 + asked_before), (
        f"exercise {first} is the first: where is exercise 1?"
    )
