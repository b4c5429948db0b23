"""Slides in a browser: one file, no other request, nothing cut off, notes for the speaker, and pages in print."""

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tools.classroom import has_slides
from tools.slides.deck import slides

ROOT = Path(__file__).resolve().parents[2]
LESSONS = ("2_4_measuring_beauty", "3_2_the_gan_game")  # the fullest slides; formulas
OVER = """async () => {
  await document.fonts.ready;
  const over = [];
  for (const slide of Reveal.getSlides()) {
    const at = Reveal.getIndices(slide);
    Reveal.slide(at.h, at.v, 99);
    if (slide.scrollHeight > 722 || slide.scrollWidth > 1282) over.push(slide.textContent.slice(0, 60));
  }
  return over;
}"""


@pytest.fixture(scope="module", params=LESSONS)
def deck(request: Any, tmp_path_factory: Any) -> Path:
    if not has_slides():
        pytest.skip("needs nbconvert")
    path = tmp_path_factory.mktemp("slides") / f"{request.param}.html"
    lesson = nbformat.read(ROOT / "notebooks" / f"{request.param}.ipynb", as_version=4)
    path.write_text(slides(lesson), encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Any) -> Any:
    """A page that reaches no host, and fails the test for an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    asked: list[str] = []
    errors: list[str] = []
    context.route("http*://**", lambda route: (asked.append(route.request.url), route.abort()))
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert asked == [] and errors == []


def test_every_slide_fits_and_asks_nobody(deck: Path, page: Any) -> None:
    page.goto(deck.as_uri())
    assert page.evaluate("Reveal.getTotalSlides()") >= 10
    assert page.evaluate(OVER) == []
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")


def test_the_speaker_sees_the_notes_and_what_comes_next(deck: Path, page: Any) -> None:
    page.goto(deck.as_uri())
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    view = opened.value
    page.evaluate("Reveal.slide(2)")
    assert view.locator("#here").inner_text().startswith("3 of")
    assert len(view.locator("#notes").inner_text()) > 100
    assert view.locator("#next").inner_text().startswith("Next: ")
    view.keyboard.press("ArrowRight")
    page.wait_for_function("Reveal.getIndices().h > 2 || Reveal.getIndices().f >= 0")


def test_in_print_every_slide_is_a_page(deck: Path, page: Any) -> None:
    page.goto(f"{deck.as_uri()}?print-pdf")
    page.wait_for_function("document.querySelectorAll('.pdf-page').length >= 10")
    hidden = (
        "[...document.querySelectorAll('.pdf-page .fragment')].filter(f => !f.offsetHeight).length"
    )
    assert page.evaluate(hidden) == 0
    assert page.locator(".speaker-notes-pdf").count() >= 5
