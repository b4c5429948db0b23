"""Lesson 4.7: its exercises, and the one sentence that stands in the code of a solution."""

import re
from pathlib import Path

import nbformat
import pytest

from aesthetic_utils.exercises import exercises_of, verdict

ROOT = Path(__file__).resolve().parent.parent
EXERCISES = exercises_of("4_7")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "equal? Half"),
        (1, "half, not whole"),
        (2, "larger one"),
        (3, "Divide"),
        (4, "should be"),
    ],
)
def test_each_mistake_gets_its_hint(number, words):
    assert words in verdict(EXERCISES["exceeds"], EXERCISES["exceeds"].wrong_examples[number])


def test_dots_in_a_function_are_noticed():
    assert "dots" in verdict(EXERCISES["exceeds"], lambda *_: ...)


def test_the_mean_of_pictures_is_what_the_comment_in_its_solution_says():
    notebook = nbformat.read(ROOT / "notebooks" / "4_7_one_ruler.ipynb", as_version=4)
    (cell,) = (c for c in notebook.cells if "# The mean of pictures is as accurate" in c.source)
    (table,) = (o.data["text/plain"] for o in cell.outputs if "data" in o)
    rows = (re.split(r" {2,}", line.strip()) for line in table.split("\n")[1:])
    found = {name: (float(psnr), float(distance)) for name, psnr, distance in rows}
    (a, near), (b, far) = found["mean of the pictures"], found["half way in weights"]
    assert abs(a - b) < 0.11 and near < far - 1
