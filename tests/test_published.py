"""The committed notebooks: run in full mode, unchanged since, nothing amiss in their outputs."""

import copy
from pathlib import Path

import nbformat
import pytest

from tools import publish

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_it_is_a_valid_notebook_for_any_kernel(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def test_it_says_where_its_outputs_come_from(notebook):
    run = notebook.metadata.get("aesthetic")
    assert run, "not published: run `make publish`"
    assert run["mode"] == "full"
    assert run["hardware"] and run["date"] and run["seconds"] > 0
    assert {"python", "torch", "numpy"} <= set(run["versions"])


def test_its_outputs_belong_to_its_code(notebook):
    run = notebook.metadata.get("aesthetic")
    assert run, "not published: run `make publish`"
    assert run["code_sha256"] == publish.code_hash(notebook), "the code changed after publishing"


def test_every_cell_was_run_in_order(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_no_output_is_an_error_a_warning_or_a_picture_without_alt_text(notebook):
    assert publish.output_problems(notebook) == []


# ---- the tool that publishes


def small_notebook(*sources: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture
def full_mode(monkeypatch):
    monkeypatch.delenv("AESTHETIC_MODE", raising=False)


def test_publishing_stores_outputs_and_provenance(tmp_path, full_mode):
    path = tmp_path / "lesson.ipynb"
    nbformat.write(small_notebook("import os", "print(os.environ['AESTHETIC_MODE'])"), path)
    assert publish.main([str(path)]) == 0
    stored = nbformat.read(path, as_version=4)
    assert stored.cells[1].outputs[0].text == "full\n"
    assert [cell.execution_count for cell in stored.cells] == [1, 2]
    assert stored.metadata.aesthetic.mode == "full"
    assert stored.metadata.aesthetic.code_sha256 == publish.code_hash(stored)
    assert list(tmp_path.iterdir()) == [path]  # nothing left beside it


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("raise ValueError('broken')", "broken"),
        ("import sys; print('careful', file=sys.stderr)", "writes to stderr"),
        ("import warnings; warnings.warn('careful')", "writes to stderr"),
    ],
)
def test_a_notebook_that_fails_stays_as_it_was(source, message, tmp_path, full_mode, capsys):
    path = tmp_path / "lesson.ipynb"
    nbformat.write(small_notebook(source), path)
    before = path.read_bytes()
    assert publish.main([str(path)]) == 1
    assert message in capsys.readouterr().err
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_outputs_of_another_mode_are_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    path = tmp_path / "lesson.ipynb"
    nbformat.write(small_notebook("1 + 1"), path)
    assert publish.main([str(path)]) == 1
    assert "only outputs of full mode are published" in capsys.readouterr().err
    assert not nbformat.read(path, as_version=4).metadata.get("aesthetic")


def test_the_hash_follows_the_code_and_not_the_repository():
    notebook = small_notebook("%pip install ann/course", "x = 1")
    notebook.cells[0].metadata["tags"] = ["setup"]
    moved, edited = copy.deepcopy(notebook), copy.deepcopy(notebook)
    moved.cells[0].source = "%pip install bob/kurs"
    edited.cells[1].source = "x = 2"
    assert publish.code_hash(moved) == publish.code_hash(notebook)
    assert publish.code_hash(edited) != publish.code_hash(notebook)


def test_a_picture_needs_alt_text_and_a_caption():
    notebook = small_notebook("show()")
    cell = notebook.cells[0]
    data = {"image/png": "aGk=", "text/plain": "<Figure>"}
    cell.outputs = [nbformat.v4.new_output("display_data", data=data)]
    assert len(publish.output_problems(notebook)) == 2
    cell.metadata["mystnb"] = {"image": {"alt": "A tower against the evening sky."}}
    assert "without a caption" in publish.output_problems(notebook)[0]
    cell.metadata["mystnb"]["figure"] = {"caption": "A tower."}
    assert publish.output_problems(notebook) == []
    cell.outputs *= 2
    assert "2 pictures" in publish.output_problems(notebook)[0]
