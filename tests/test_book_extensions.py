"""The book's own Sphinx extensions: quoted results, alt text, attribution, provenance."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import provenance
import pytest
from attribution import licence_address, photo_cells
from measures import range_text, rows

import results
from aesthetic_utils.aesthetics.measures import MEASURES

ROOT = Path(__file__).resolve().parent.parent
RUN = {
    "accuracy": {"mean": 0.97312, "of_seed": [0.97, 0.98]},
    "hardware": "a laptop",
    "images": 5230,
}
CONFIGURATION = f"""\
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_nb", "results", "figure_alt", "attribution", "measures", "provenance"]
nb_execution_mode = "off"
myst_enable_extensions = ["colon_fence"]
"""


# ---- {result}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "results"
    path.mkdir()
    (path / "cnn.json").write_text(json.dumps(RUN))
    return path


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cnn:accuracy.mean:.1%", "97.3%"),
        ("cnn:accuracy.of_seed[1]:.2f", "0.98"),
        ("cnn:accuracy.of_seed.0:.2f", "0.97"),
        ("cnn:accuracy.of_seed[-1]", "0.98"),
        ("cnn:images:,", "5,230"),
        ("cnn:hardware", "a laptop"),
    ],
)
def test_a_result_is_quoted_in_the_form_asked_for(text, shown, folder):
    assert results.quote(text, folder) == shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gan:loss", r"no results/gan\.json; there are: cnn"),
        ("cnn:accuracy.median", "no 'median' at accuracy; there are: mean, of_seed"),
        ("cnn:speed", "no 'speed' at the top; there are: accuracy, hardware, images"),
        ("cnn:accuracy.of_seed[2]", r"accuracy.of_seed has 2 elements: no \[2\]"),
        ("cnn:accuracy.of_seed.mean", "is a list: 'mean' is not an index"),
        ("cnn:images.mean", "images is the value 5230"),
        ("cnn:accuracy", "no single value; go on with: mean, of_seed"),
        ("cnn:accuracy.of_seed", r"no single value; go on with: \[0\] to \[1\]"),
        ("cnn:hardware:.1%", "'a laptop' cannot be written as '.1%'"),
        ("cnn", "write it as FILE:path"),
    ],
)
def test_a_quotation_that_does_not_fit_says_why(text, message, folder):
    with pytest.raises(results.ResultError, match=message):
        results.quote(text, folder)


def test_a_broken_file_is_named(folder):
    (folder / "cnn.json").write_text("{")
    with pytest.raises(results.ResultError, match=r"cnn\.json is not JSON"):
        results.quote("cnn:images", folder)


# ---- small books


@pytest.fixture
def book(tmp_path: Path, folder: Path) -> Path:
    (tmp_path / "conf.py").write_text(CONFIGURATION)
    return tmp_path


def build(book: Path) -> tuple[int, str]:
    """Builds the book strictly: exit code, and what went wrong."""
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", ".", "out"]
    done = subprocess.run(command, cwd=book, capture_output=True, text=True)
    return done.returncode, done.stderr


def page(book: Path, name: str = "index") -> str:
    return (book / "out" / f"{name}.html").read_text("utf-8")


def notebook(metadata: dict, alt: str | None) -> nbformat.NotebookNode:
    """A lesson that shows one picture, of one pixel."""
    pixel = (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
        "gg=="
    )
    output = nbformat.v4.new_output("display_data", data={"image/png": pixel})
    if alt is not None:
        output.metadata["image/png"] = {"alt": alt, "width": 40}
    cells = [
        nbformat.v4.new_markdown_cell("# A lesson"),
        nbformat.v4.new_code_cell("show()", outputs=[output], execution_count=1),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, **metadata})


def test_a_page_follows_the_result_that_it_quotes(book, folder):
    (book / "index.md").write_text("# Page\n\nAccuracy {result}`cnn:accuracy.mean:.1%`.\n")
    assert build(book) == (0, "")
    assert "97.3%" in page(book)
    changed = {**RUN, "accuracy": {"mean": 0.5}}
    (folder / "cnn.json").write_text(json.dumps(changed))
    assert build(book) == (0, "")
    assert "50.0%" in page(book)


def test_a_missing_result_stops_the_build(book):
    (book / "index.md").write_text("# Page\n\nLoss {result}`gan:loss`.\n")
    code, said = build(book)
    assert code != 0
    assert "index.md:3" in said and "no results/gan.json" in said


def test_a_picture_of_a_notebook_keeps_its_alt_text(book):
    nbformat.write(notebook({}, "A tower & the sky"), book / "index.ipynb")
    assert build(book) == (0, "")
    assert 'alt="A tower &amp; the sky"' in page(book)
    assert "width: 40px" in page(book)


@pytest.mark.parametrize("alt", [None, " "])
def test_a_picture_without_alt_text_stops_the_build(alt, book):
    nbformat.write(notebook({}, alt), book / "index.ipynb")
    code, said = build(book)
    assert code != 0
    assert "a picture without alt text" in said


def test_a_lesson_says_where_its_outputs_come_from(book):
    run = {
        "mode": "full",
        "date": "2026-11-02",
        "hardware": "a large machine",
        "versions": {"python": "3.12.1", "torch": "2.15.0"},
        "seconds": 754.0,
    }
    (book / "notebooks").mkdir()
    (book / "index.md").write_text(
        "# Book\n\n```{lessons}\n```\n\n```{toctree}\nnotebooks/1_lesson\nnotebooks/2_lesson\n```\n"
    )
    nbformat.write(notebook({"aesthetic": run}, "A dot"), book / "notebooks" / "1_lesson.ipynb")
    nbformat.write(notebook({}, "A dot"), book / "notebooks" / "2_lesson.ipynb")
    assert build(book) == (0, "")
    lesson = page(book, "notebooks/1_lesson")
    assert "made in full mode on 2026-11-02 with Python 3.12.1 and PyTorch 2.15.0" in lesson
    assert "in 13 minutes on a large machine" in lesson
    assert "13 minutes" in page(book) and "not published yet" in page(book)
    assert 'href="notebooks/1_lesson.html"' in page(book)


@pytest.mark.parametrize(
    ("seconds", "words"), [(41.3, "41 seconds"), (754, "13 minutes"), (9000, "2.5 hours")]
)
def test_durations_are_as_exact_as_anyone_needs(seconds, words):
    assert provenance.duration(seconds) == words


ROW = {
    "file": "monuments_petra.webp",
    "group": "monuments",
    "width": "768",
    "height": "512",
    "author": "Ann",
    "license": "CC-BY-SA-3.0",
    "source": "https://example.org/petra",
    "note": "cropping",
    "package": "photos",
}


def test_attribution_names_author_licence_source_and_changes():
    texts, addresses = zip(*photo_cells(ROW), strict=True)
    assert texts[:3] == ("monuments petra", "Ann", "CC-BY-SA-3.0")
    assert texts[4] == "cropping; resized, saved as WebP"
    assert addresses[0] == "https://example.org/petra"
    assert addresses[2] == "https://creativecommons.org/licenses/by-sa/3.0/"


def test_an_unknown_licence_is_refused():
    with pytest.raises(KeyError, match="unknown licence 'all rights'"):
        licence_address("all rights")


def test_an_attribution_table_is_made_of_the_embedded_file(book):
    target = book / "aesthetic_utils" / "data" / "files" / "photos"
    target.mkdir(parents=True)
    lines = [",".join(ROW), ",".join(ROW.values())]
    (target / "attribution.csv").write_text("\n".join(lines) + "\n")
    (book / "index.md").write_text("# Page\n\n```{attribution} photos\n:group: monuments\n```\n")
    assert build(book) == (0, "")
    assert 'href="https://example.org/petra"' in page(book)
    (book / "index.md").write_text("# Page\n\n```{attribution} photos\n:group: fish\n```\n")
    code, said = build(book)
    assert code != 0 and "no picture of photos in the group" in said


# ---- {measures}


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ((0, 8), "0 to 8"),
        ((-0.5, 0.5), "−0.5 to 0.5"),
        ((0, float("inf")), "0 and up"),
        ((float("-inf"), 1), "up to 1"),
        ((float("-inf"), float("inf")), "any"),
    ],
)
def test_a_range_is_written_in_words(ends, text):
    assert range_text(*ends) == text


def test_the_page_of_the_measures_has_every_column_once():
    text = (ROOT / "book" / "6-faq" / "measures.md").read_text("utf-8")
    groups = [line.split()[1] for line in text.splitlines() if line.startswith(":group:")]
    shown = [row[0] for group in groups for row in rows(group)]
    assert shown == list(MEASURES)


def test_a_table_of_measures_is_made_of_the_package(book):
    (book / "index.md").write_text("# Page\n\n```{measures}\n:group: fractal\n```\n")
    assert build(book) == (0, "")
    assert "fractal_2d" in page(book) and "rms_contrast" not in page(book)
    (book / "index.md").write_text("# Page\n\n```{measures}\n:group: taste\n```\n")
    code, said = build(book)
    assert code != 0 and "no column belongs to the group 'taste'" in said
