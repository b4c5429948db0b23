"""Lessons on paper: nothing wider than the page, links that lead somewhere, a PDF of A4 pages."""

import re
from pathlib import Path
from typing import Any

import pytest

from tools import handout

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
LESSONS = ("2_4_measuring_beauty", "3_4_super_resolution_mathematics")  # wide tables; formulas
# What would not be on the paper: more than 20 pixels beyond the text, or in a box that would have to scroll.
CUT = """() => {
  const article = document.querySelector("article.bd-article"), edge = article.getBoundingClientRect();
  const cut = [];
  for (const e of article.querySelectorAll("*")) {
    if (!e.checkVisibility() || e.closest(".katex-mathml, noscript, svg *, button")) continue;
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    if (box.right > edge.right + 20 || box.left < edge.left - 20) cut.push(`${e.tagName} ends at ${box.right}`);
    const scrolls = getComputedStyle(e).overflowX !== "visible" && e.scrollWidth > e.clientWidth + 3;
    if (scrolls && e.clientWidth) cut.push(`${e.tagName} ${e.className} scrolls: ${e.textContent.slice(0, 40)}`);
  }
  return cut;
}"""


@pytest.mark.parametrize("name", LESSONS)
def test_no_line_and_no_figure_is_cut_off_on_paper(browser: Any, name: str) -> None:
    page = handout.open_page(browser, (SITE / "notebooks" / f"{name}.html").resolve(), unfold=True)
    assert page.evaluate(CUT) == []
    assert page.evaluate(
        "[...document.images].every(i => !i.checkVisibility() || i.naturalWidth > 0)"
    )
    links = page.eval_on_selector_all("article a[href]", "all => all.map(a => a.href)")
    own = [link for link in links if link.startswith("file:") and "#" not in link]
    assert links and own == [], "a link of a printed page leads into somebody's folder"
    page.context.close()


def test_a_lesson_becomes_pages_of_a4(browser: Any, tmp_path: Path) -> None:
    page = (SITE / "notebooks" / "3_2_the_gan_game.html").resolve()
    size = handout.print_page(browser, page, tmp_path / "lesson.pdf")
    pdf = (tmp_path / "lesson.pdf").read_bytes()
    assert len(pdf) == size > 100_000 and pdf.startswith(b"%PDF")
    boxes = set(re.findall(rb"/MediaBox\s*\[([^\]]+)\]", pdf))
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 8
    assert {tuple(round(float(n)) for n in box.split()) for box in boxes} == {(0, 0, 596, 843)}


def test_the_book_is_one_page_of_all_articles() -> None:
    names = handout.pages_in_order(SITE)
    assert len(names) > 60 and len(set(names)) == len(names)
    few = names[:2] + [n for n in names if "3_2_the_gan_game" in n]
    made = handout.one_page(SITE, few)
    assert made.count("<article") == 3 and "<script" not in made
    ids = re.findall(r' id="([^"]+)"', made)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'href="#([^"]+)"', made):
        assert target in ids or target.startswith("p"), target


def test_without_a_site_the_tool_says_what_to_do(tmp_path: Path, capsys: Any) -> None:
    assert handout.main(["--site", str(tmp_path)]) == 1
    assert "make book" in capsys.readouterr().err
    assert handout.main(["notebooks/4_1_cn.ipynb", "--site", str(tmp_path)]) == 1
    assert "there is no notebooks/4_1_cn.ipynb; name lessons" in capsys.readouterr().err
