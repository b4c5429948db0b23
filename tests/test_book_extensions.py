"""The book's own Sphinx extensions: quoted results, alt text, attribution, provenance."""

import json
from base64 import b64encode
from pathlib import Path

import figure_numbers
import formulas
import lesson_source
import light
import nbformat
import page_head
import provenance
import pytest
import results
from attribution import licence_address, photo_cells
from bs4 import BeautifulSoup
from measures import middle_text, range_text, rows, short
from PIL import Image
from small_books import build

from aesthetic_utils import plotting
from aesthetic_utils.dark import DARK_TWIN, dark_patch
from aesthetic_utils.measures.columns import MEASURES
from tools import publish_measures

ROOT = Path(__file__).resolve().parent.parent
RUN = {
    "accuracy": {"mean": 0.97312, "of_seed": [0.97, 0.98]},
    "hardware": "a laptop",
    "images": 5230,
}
CONFIGURATION = f"""\
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_nb", "results", "pictures", "figure_numbers", "code_lines", "formulas", "attribution",
              "measures", "provenance"]
nb_execution_mode = "off"
myst_enable_extensions = ["colon_fence", "dollarmath", "amsmath"]
html_math_renderer = "katex"
numfig = True
"""


# ---- {result}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / results.FOLDER
    path.mkdir(parents=True)
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
        ("gan:loss", r"no .*results/gan\.json; there are: cnn"),
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


def page(book: Path, name: str = "index") -> str:
    return (book / "out" / f"{name}.html").read_text("utf-8")


def notebook(metadata: dict, alt: str | None, **cell: object) -> nbformat.NotebookNode:
    """A lesson that shows one picture, of one pixel; `cell` is further metadata of its cell."""
    pixel = (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
        "gg=="
    )
    output = nbformat.v4.new_output("display_data", data={"image/png": pixel})
    output.metadata["image/png"] = {"width": 400, "height": 400, "smallest_type": 9.0}
    about = {"image": {"alt": alt} if alt is not None else {}, **cell.pop("mystnb", {})}
    code = nbformat.v4.new_code_cell("show()", outputs=[output], execution_count=1)
    code.metadata.update({"mystnb": about, **cell})
    cells = [nbformat.v4.new_markdown_cell("# A lesson"), code]
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


def test_a_picture_of_a_notebook_is_light_sized_lazy_and_described(book):
    nbformat.write(notebook({}, "A tower & the sky"), book / "index.ipynb")
    assert build(book) == (0, "")
    soup = BeautifulSoup(page(book), "html.parser")
    (image,) = soup.select("a.picture img")
    assert image["alt"] == "A tower & the sky"
    assert (image["width"], image["height"], image["loading"]) == ("400", "400", "lazy")
    assert image["src"].endswith(".webp") and (book / "out" / image["src"]).is_file()
    # type of 9 points is 12.5 pixels at this width: it may shrink to 9
    assert image.parent["href"] == image["src"] and image.parent["style"] == "--least:288px"


def test_a_figure_with_a_patch_for_the_dark_has_two_versions(book):
    lesson = notebook({}, "A line on a ground")
    figure = plotting.plt.figure(figsize=(1, 1))
    figure.gca().plot([0, 1])
    light = plotting.png(figure)
    data = lesson.cells[1].outputs[0].data
    data["image/png"] = b64encode(light).decode()
    data[DARK_TWIN] = b64encode(dark_patch(figure, light, plotting.png)).decode()
    nbformat.write(lesson, book / "index.ipynb")
    assert build(book) == (0, "")
    soup = BeautifulSoup(page(book), "html.parser")
    ground = {}
    for version in ("light", "dark"):
        (image,) = soup.select(f"a.picture.on-{version} img")
        picture = Image.open(book / "out" / image["src"]).convert("RGBA")
        assert picture.getpixel((0, 0))[3] == 0, "its ground is the page's"
        ink = [
            p[:3]
            for p in picture.get_flattened_data()
            if p[3] == 255 and max(p[:3]) - min(p[:3]) < 9
        ]
        ground[version] = sum(map(sum, ink)) / len(ink)
    assert ground["light"] < 300 < ground["dark"], (
        "dark ink on a light page, light ink on a dark one"
    )


def test_a_drawing_has_a_twin_with_other_colours(book):
    drawing = """<svg xmlns="http://www.w3.org/2000/svg" width="75pt" height="30pt" data-smallest-type="12">
    <path d="M0 0L1 1" style="stroke: #222222"/></svg>"""
    (book / "a.svg").write_text(drawing)
    (book / "index.md").write_text("# Page\n\n```{figure} a.svg\n:alt: A line.\n\nA line.\n```\n")
    assert build(book) == (0, "")
    images = BeautifulSoup(page(book), "html.parser").select("figure a.picture img")
    assert [image["width"] for image in images] == ["100", "100"]
    light, dark = ((book / "out" / image["src"]).read_text() for image in images)
    assert light == drawing and "#222222" in light and "#222222" not in dark


# ---- numbers, code, formulas


def test_figures_and_formulas_are_counted_in_each_part():
    numbers = {
        "book/intro": {"figure": {"a": (1,)}},
        "book/3-algorithms/3_1": {"figure": {"b": (2,), "c": (3,)}, "displaymath": {"e": (1,)}},
        "notebooks/3_1_lesson": {"figure": {"d": (4,)}},
        "book/4-code/index": {"figure": {"f": (5,)}},
        "book/data": {"figure": {"g": (6,)}},
    }
    assert figure_numbers.renumbered(numbers) == {
        "book/intro": {"figure": {"a": (1,)}},
        "book/3-algorithms/3_1": {
            "figure": {"b": (3, 1), "c": (3, 2)},
            "displaymath": {"e": (3, 1)},
        },
        "notebooks/3_1_lesson": {"figure": {"d": (3, 3)}},
        "book/4-code/index": {"figure": {"f": (4, 1)}},
        "book/data": {"figure": {"g": (2,)}},
    }


def test_a_picture_of_a_lesson_has_number_and_caption(book):
    (book / "notebooks").mkdir()
    (book / "index.md").write_text("# Book\n\n```{toctree}\nnotebooks/2_lesson\n```\n")
    lesson = notebook({}, "A tower against the sky", mystnb={"figure": {"caption": "A *tower*."}})
    lesson.cells[1].metadata.mystnb["image"] = {"alt": "A tower against the sky"}
    nbformat.write(lesson, book / "notebooks" / "2_lesson.ipynb")
    assert build(book) == (0, "")
    caption = BeautifulSoup(page(book, "notebooks/2_lesson"), "html.parser").figcaption
    assert caption.get_text().strip().startswith("Fig. 2.1 A tower.")


def test_a_lesson_has_label_and_links_to_files_in_the_book_alone(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "book" / "data.md").touch()
    (tmp_path / "notebooks" / "4_1_cnn.ipynb").touch()
    home = "https://ann.github.io/course/"
    text = (
        f"# Lesson 2.5: Votes\n\n[Data]({home}book/data.html#photos), [4.1]({home}notebooks/4_1_cnn.html), "
        f"[gone]({home}book/gone.html), [else](https://else.org/book/data.html)"
    )
    cells = [
        nbformat.v4.new_markdown_cell(text),
        nbformat.v4.new_code_cell(f'"[x]({home}book/data.html)"'),
    ]
    source = nbformat.writes(nbformat.v4.new_notebook(cells=cells))
    page = "notebooks/2_5_votes_and_taste"
    read, unknown = lesson_source.for_the_book(source, page, home, tmp_path)
    told, code = nbformat.reads(read, as_version=4).cells
    assert told.source == (
        "(lesson-2-5)=\n# Lesson 2.5: Votes\n\n[Data](../book/data.md#photos), [4.1](4_1_cnn.ipynb), "
        f"[gone]({home}book/gone.html), [else](https://else.org/book/data.html)"
    )
    assert unknown == [f"{home}book/gone.html"]
    assert code.source == cells[1].source
    assert lesson_source.label("notebooks/1_three_tasks") == "lesson-1"
    assert lesson_source.label("book/data") is None


def test_lines_of_code_can_be_folded_and_copied(book):
    (book / "index.md").write_text("# Page\n\n```python\nif x:\n    y = 1\n```\n")
    assert build(book) == (0, "")
    code = BeautifulSoup(page(book), "html.parser").pre
    assert [line.get_text() for line in code.select(".ln")] == ["if x:\n", "    y = 1\n"]


def test_the_number_of_a_line_stands_in_it(book):
    (book / "index.md").write_text(
        "# Page\n\n```{code-block} python\n:linenos:\nx = 1\ny = 2\n```\n"
    )
    assert build(book) == (0, "")
    code = BeautifulSoup(page(book), "html.parser").pre
    assert [line.get_text() for line in code.select(".ln")] == ["1x = 1\n", "2y = 2\n"]


@pytest.mark.parametrize(
    ("tag", "words"),
    [("solution", "A solution"), ("imports", "Imports"), ("other", "Show code cell content")],
)
def test_a_folded_cell_says_what_opens(tag, words, book):
    nbformat.write(
        notebook({}, "A tower against the sky", tags=[tag, "hide-cell"]), book / "index.ipynb"
    )
    assert build(book) == (0, "")
    (summary,) = BeautifulSoup(page(book), "html.parser").select("details.hide > summary")
    assert summary.get_text() == words and not summary.has_attr("aria-label")


def test_formulas_are_set_when_the_book_is_built(book):
    text = (
        "# Page\n\nIn a line $x^2$.\n\n```{math}\n:label: sum\n\\sum_i x_i\n```\n\nSee {eq}`sum`.\n"
    )
    (book / "index.md").write_text(text)
    assert build(book) == (0, "")
    soup = BeautifulSoup(page(book), "html.parser")
    assert [a.get_text() for a in soup.select("annotation")] == ["x^2", "\\sum_i x_i"]
    assert len(soup.select("math")) == 2, "read aloud and copied as MathML"
    assert soup.select_one(".eqno").get_text().startswith("(1)")
    assert "(1)" in [a.get_text() for a in soup.select('a[href="#equation-sum"]')]
    assert not [s for s in soup.select("script[src]") if "math" in s["src"].lower()]
    assert soup.select('link[href$="katex/katex.css"]')


def test_a_page_without_formulas_loads_nothing_for_them(book):
    (book / "index.md").write_text("# Page\n\nText.\n")
    assert build(book) == (0, "")
    assert "katex" not in page(book)


def test_a_formula_that_cannot_be_set_stops_the_build(book):
    (book / "index.md").write_text("# Page\n\nThis $\\frac{1$ is broken.\n")
    code, said = build(book)
    assert code != 0 and "index.md:3" in said and "frac{1" in said


def test_lines_of_a_formula_are_aligned_and_equations_stacked():
    assert formulas.lines("a = b") == "a = b"
    assert formulas.lines(r"a &= b \\\\ c &= d") == r"\begin{split}a &= b \\\\ c &= d\end{split}"
    assert formulas.lines("a = b\n\nc = d") == r"\begin{gathered}a = b \\ c = d\end{gathered}"


# ---- head of a page


def test_reading_time_counts_words_and_lines_of_code():
    body = "<p>" + "word " * 400 + "</p><pre>" + "x = 1\n" * 60 + "</pre>"
    assert page_head.reading_minutes(body) == pytest.approx(4)
    assert page_head.reading_minutes(
        body + "<details><p>" + "word " * 400 + "</p></details>"
    ) == pytest.approx(4)


@pytest.mark.parametrize(
    ("number", "words"), [(0.2, "1 minute"), (12.4, "12 minutes"), (33, "35 minutes")]
)
def test_minutes_are_as_exact_as_anyone_needs(number, words):
    assert page_head.minutes(number) == words


def test_colab_opens_the_notebook_of_the_repository():
    address = page_head.colab("https://github.com/ann/course/", "main", "notebooks/1_a")
    assert (
        address
        == "https://colab.research.google.com/github/ann/course/blob/main/notebooks/1_a.ipynb"
    )


# ---- light pages


def test_rules_that_can_apply_are_kept_and_others_go():
    css = """/* a */ .used, .unused { color: red } .unused:hover { color: blue }
    p:not(.unused) { margin: 0 } b:is(.used, .unused) { left: 1px } @media print { .used a { color: black } .unused { top: 0 } }
    .a\\:b { left: 0 } @font-face { font-family: X; src: url(x.woff2) }"""
    kept = light.needed(light.tinycss2.parse_stylesheet(css, True, True), {"used", "a:b"})
    assert kept.split("\n") == [
        ".used{color: red}", "p:not(.unused){margin: 0}",
        "b:is(.used, .unused){left: 1px}", "@media print{.used a{color: black}}",
        r".a\:b{left: 0}", "@font-face { font-family: X;src: url(x.woff2) }",
    ]  # fmt: skip


HEAD = """<html data-content_root="../" data-theme="auto"><head><title>T</title>
<link rel="stylesheet" href="../_static/custom.css?v=1" /><link rel="stylesheet" href="../katex/katex.css" />
<script src="../_static/scripts/fontawesome.js?d=1"></script>
<script src="../_static/doctools.js"></script>
<script src="../_static/copybutton.js"></script>
<script>localStorage.getItem("mode")</script></head><body>{body}</body></html>"""


def test_a_page_keeps_the_scripts_that_it_needs_and_none_blocks_it():
    plain = BeautifulSoup(
        light.lighten(HEAD.replace("{body}", ""), "course.css", ""), "html.parser"
    )
    assert [s["src"] for s in plain.select("script[src]")] == ["../_static/doctools.js"]
    assert all(s.has_attr("defer") for s in plain.select("script[src]"))
    sheets = [link["href"] for link in plain.select("link[rel=stylesheet]")]
    assert sheets == ["../_static/course.css", "../katex/katex.css"]
    assert plain.html["data-theme"] == "light", "without JavaScript the page has its colours"
    code = light.lighten(HEAD.replace("{body}", '<div class="highlight">x</div>'), "course.css", "")
    assert "copybutton.js" in code


def test_a_second_build_does_not_put_the_sheet_of_the_first_into_its_own():
    new = HEAD.replace("{body}", "")
    old = light.lighten(new, f"{light.SHEET}?v=1", "")
    assert f"_static/{light.SHEET}?v=1" in old
    assert list(light.theme_sheets([old, new])) == ["custom.css"]


def test_a_sign_has_a_name_for_those_who_hear_the_page():
    body = '<a href="x">3 Algorithms</a><details><summary><i></i></summary></details>'
    assert 'aria-label="Pages of 3 Algorithms"' in light.named(body)


def test_a_downloaded_lesson_has_no_outputs(tmp_path):
    path = tmp_path / "lesson.ipynb"
    nbformat.write(notebook({}, "A dot"), path)
    light.without_outputs(path)
    stored = nbformat.read(path, as_version=4)
    assert stored.cells[1].outputs == [] and stored.cells[1].source == "show()"


# ---- lessons


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
        ((-87, 99, "L*a*b*"), "−87 to 99 L*a*b*"),
        ((0, 8, "bits"), "0 to 8 bits"),
        ((0, None), "0 and up"),
        ((2, None, "pixels"), "2 and up, pixels"),
        ((None, 1), "up to 1"),
        ((None, None), "any"),
    ],
)
def test_a_range_is_written_in_words(ends, text):
    assert range_text(*ends) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1268.0, "1270"), (7.3689, "7.37"), (-2.871, "−2.87"), (0.0000324, "0.0000324"), (0.0, "0"),
     (40.0, "40"), (-0.00049999, "−0.0005")],
)  # fmt: skip
def test_a_value_has_three_digits_and_no_exponent(value, text):
    assert short(value) == text


def test_median_and_middle_half_are_the_quartiles_of_the_quantiles():
    assert middle_text([float(q) for q in range(101)]) == "50 (25 to 75)"


def test_every_measure_has_a_value_for_photographs_inside_its_range():
    columns = json.loads((ROOT / "book" / "6-faq" / "measures.json").read_text("utf-8"))
    shown = {row[0]: row[3] for row in rows(None)}
    for column in columns:
        low, high = column["range"]
        median = float(shown[column["name"]].split()[0].replace("−", "-"))
        assert (low is None or median >= low) and (high is None or median <= high)


def test_the_page_of_the_measures_has_every_column_once():
    text = (ROOT / "book" / "6-faq" / "measures.md").read_text("utf-8")
    groups = [line.split()[1] for line in text.splitlines() if line.startswith(":group:")]
    shown = [row[0] for group in groups for row in rows(group)]
    assert shown == list(MEASURES)


def test_the_columns_that_the_book_reads_are_those_of_the_package():
    stored = json.loads((ROOT / "book" / "6-faq" / "measures.json").read_text("utf-8"))
    assert stored == publish_measures.column_table(), "run tools/publish_measures.py --columns"


def test_a_table_of_measures_is_made_of_the_package(book):
    (book / "index.md").write_text("# Page\n\n```{measures}\n:group: fractal\n```\n")
    assert build(book) == (0, "")
    assert "fractal_2d" in page(book) and "rms_contrast" not in page(book)
    (book / "index.md").write_text("# Page\n\n```{measures}\n:group: taste\n```\n")
    code, said = build(book)
    assert code != 0 and "no column belongs to the group 'taste'" in said
