"""The roles {article}, {article-section} and {zh}; and that pages speak of their subject."""

import re
from pathlib import Path

import article_mark
import pytest
import small_books
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
MAP = BOOK / "article_map.md"
MARK = re.compile(r"\{article\}`([^`]*)`")
ROW = re.compile(r"^\| \{article-section\}`(\d[\d.]*\d|\d)[^`]*` \| \[[^]]*\]\(#([\w-]+)\)", re.M)
NAMES_IT = re.compile(r"\bthe\s+article(?:'s)?\b", re.IGNORECASE)
ABOUT_IT = {"article_map.md", "4-code/errata.md"}
LANDING = {"intro.md", "cite.md"}  # may say where the course comes from
CONFIGURATION = f"""\
import sys
sys.path.insert(0, {str(BOOK / "_ext")!r})
extensions = ["myst_nb", "lang", "article_mark"]
nb_execution_mode = "off"
"""


def pages() -> dict[str, str]:
    """The pages of the book, by their path below book/."""
    files = sorted(BOOK.rglob("*.md"))
    return {str(f.relative_to(BOOK)): f.read_text("utf-8") for f in files}


# ---- the roles


@pytest.mark.parametrize(
    ("heading", "parts"),
    [
        ("3.1.1 卷积层", ("3.1.1", " ", "卷积层")),
        ("1.背景介绍", ("1", ".", "背景介绍")),
        ("6.附录:常见问题解答", ("6", ".", "附录:常见问题解答")),
        ("参考文献", ("", "", "参考文献")),
    ],
)
def test_a_heading_is_taken_apart_and_loses_nothing(heading, parts):
    assert article_mark.split_heading(heading) == parts
    assert "".join(parts) == heading


@pytest.mark.parametrize("number", ["", "3.", "3-1", "three", "§3"])
def test_what_is_no_number_of_a_section_is_refused(number):
    with pytest.raises(ValueError, match="is not the number of a section"):
        article_mark.label(number)


def build(folder: Path, page: str) -> tuple[int, str, BeautifulSoup | None]:
    """A strict build of `page`, below it in the folder `deep`, and a map with one row."""
    (folder / "conf.py").write_text(CONFIGURATION)
    (folder / "deep").mkdir()
    (folder / "deep" / "page.md").write_text(f"# A page\n\n{page}\n", "utf-8")
    table = "| one | two |\n| --- | --- |\n| {article-section}`3.1.1 卷积层` | a page |\n"
    toc = "```{toctree}\ndeep/page\n```\n"
    (folder / "index.md").write_text(f"# The map\n\n{table}\n{toc}", "utf-8")
    made = small_books.build(folder, "-n")
    html = folder / "out" / "deep" / "page.html"
    return *made, BeautifulSoup(html.read_text("utf-8"), "html.parser") if html.exists() else None


def test_a_mark_leads_to_the_row_of_its_section(tmp_path):
    code, said, soup = build(tmp_path, "A sentence.{article}`3.1.1` And {zh}`卷积`.")
    assert code == 0, said
    link = soup.select_one("sup.article-mark a")
    assert link.get_text() == "§3.1.1"
    assert link["title"] == "Section 3.1.1 of the article from which the course grew"
    page, anchor = link["href"].split("#")
    assert page == "../index.html"
    row = BeautifulSoup((tmp_path / "out" / "index.html").read_text("utf-8"), "html.parser")
    target = row.find(id=anchor)
    assert target.get_text() == "3.1.1 卷积层" and target.find_parent("td")
    assert target.find(lang="zh").get_text() == "卷积层"
    assert soup.find("span", lang="zh").get_text() == "卷积"


@pytest.mark.parametrize(
    ("mark", "message"),
    [("7.9", "article-7-9"), ("three", "'three' is not the number of a section")],
)
def test_a_mark_without_a_row_stops_a_strict_build(mark, message, tmp_path):
    code, said, _ = build(tmp_path, f"A sentence.{{article}}`{mark}`")
    assert code != 0
    assert message in said


# ---- the book


def test_a_mark_stands_on_the_page_to_which_its_row_leads():
    rows = dict(ROW.findall(MAP.read_text("utf-8")))
    assert len(rows) > 20
    marked = []
    for name, text in pages().items():
        marks = MARK.findall(text)
        marked += marks
        if name == "article_map.md":
            continue
        assert len(marks) <= 1, f"{name} has {len(marks)} marks; one is enough"
        for number in marks:
            assert f"({rows[number]})=" in text, f"{name}: the row of {number} leads elsewhere"
    assert len(marked) > 15


def test_pages_speak_of_their_subject_and_not_of_the_article():
    found = {name: len(NAMES_IT.findall(text)) for name, text in pages().items()}
    assert all(found[name] for name in ABOUT_IT)
    loose = found.pop("how_to_use.md") + found.pop("6-faq/glossary.md")
    assert loose <= 2
    elsewhere = {n: k for n, k in found.items() if k and n not in ABOUT_IT | LANDING}
    assert not elsewhere, f"say the matter directly: {elsewhere}"
    assert all(found.get(name, 0) <= 2 for name in LANDING)


def test_every_chinese_word_of_the_text_is_marked_as_chinese():
    chinese = re.compile(r"[\u3400-\u9fff]")
    fenced = re.compile(r"^(`{3,})(?!\{glossary\}|\{figure\}|\{dropdown\}).*?^\1$", re.M | re.S)
    for name, text in pages().items():
        bare = re.sub(r"\{(zh|article-section)\}`[^`]*`", "", fenced.sub("", text))
        lines = [line for line in bare.splitlines() if chinese.search(line)]
        assert not lines, f"{name}: put it into the role zh: {lines}"


def test_code_of_the_pages_fits_their_column():
    code = re.compile(r"^(`{3,})(?:\{code-block\} *)?\w+ *\n(.*?)^\1 *$", re.M | re.S)
    seen = 0
    for name, text in pages().items():
        for _, block in code.findall(text):
            seen += 1
            wide = [line for line in block.splitlines() if len(line) > 88]
            assert not wide, f"{name}: {wide}"
    assert seen > 100
