"""Slides: which cells of a lesson are in a talk, and that its page is whole and asks nobody for anything."""

import re
from functools import cache
from pathlib import Path

import nbformat
import pytest

from tools.slides import deck as page
from tools.slides.outline import (
    FEWEST,
    MOST,
    chosen,
    deck_of,
    first_sentences,
    outline_of,
    paragraphs,
    question,
    slide_type,
)

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PICTURE = {"image/png": "iVBORw0KGgo="}


@cache
def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def of_kind(deck, kind: str) -> list:
    return [cell for cell in deck.cells if slide_type(cell) == kind]


# ---- every lesson


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_lesson_is_a_talk_of_ten_to_twenty_slides(path):
    lesson = read(path)
    deck = deck_of(lesson)
    nbformat.validate(deck)
    starts = of_kind(deck, "slide")
    assert FEWEST <= len(starts) <= MOST
    assert starts[0].source.startswith(lesson.cells[0].source.splitlines()[0])
    pictures = [cell for cell in deck.cells if cell.cell_type == "code"]
    solved = {c.source for c in lesson.cells if "solution" in c.metadata.get("tags", [])}
    assert len(pictures) >= 3 and not solved & {cell.source for cell in pictures}
    for cell in pictures:
        for output in cell.outputs:
            assert output.metadata.alt or "image/png" not in output.data, (
                "a figure without alt text"
            )
    # a slide holds what a wall can show; the rest is in the notes
    shown = [c.source for c in deck.cells if c.cell_type == "markdown" and slide_type(c) != "notes"]
    assert max(len(text) for text in shown) < 1300
    assert sum(map(len, shown)) < sum(len(c.source) for c in of_kind(deck, "notes"))


def test_every_paragraph_of_a_section_with_a_figure_is_on_its_slide_or_in_the_notes():
    lesson = read(ROOT / "notebooks" / "3_2_the_gan_game.ipynb")
    outline, deck = outline_of(lesson), deck_of(lesson)
    notes = "\n".join(cell.source for cell in of_kind(deck, "notes"))
    for one in chosen(outline.shown):
        for text in (*one.before, *one.after):
            assert text in notes


def test_the_page_holds_everything_it_needs():
    lesson = read(ROOT / "notebooks" / "3_2_the_gan_game.ipynb")
    made = page.slides(lesson)
    assert made.count("<section") == 2 * len(of_kind(deck_of(lesson), "slide"))
    assert "FORMULA0" not in made and made.count('class="katex"') >= 8
    for address in re.findall(r'(?:src|href)="([^"]+)"', made):
        loads = re.search(rf'<(?:link|script|img|iframe)[^>]*"{re.escape(address)}"', made)
        assert loads is None or address.startswith(("data:", "${")), (
            address
        )  # ${: a template of reveal.js
    assert not re.search(r"url\((?!data:|#)[\"']?\w", made) and "@import" not in made
    assert "unpkg" not in made and "mathjax" not in made.lower()
    assert 'alt=""' not in made and "<aside" in made and "notes.js" not in made


# ---- the rule, on small made-up lessons


def lesson_of(*cells) -> nbformat.NotebookNode:
    """Cells: a text, or (slide type or "", source, outputs) of a cell of code."""
    made = []
    for cell in cells:
        if isinstance(cell, str):
            made.append(nbformat.v4.new_markdown_cell(cell))
        else:
            kind, source, data = cell
            output = [nbformat.v4.new_output("display_data", data=data)] if data else []
            made.append(nbformat.v4.new_code_cell(source, outputs=output))
            if kind:
                made[-1].metadata["slideshow"] = {"slide_type": kind}
    return nbformat.v4.new_notebook(cells=made)


START = "# Lesson 9: Stars\n\nA star is counted.\nAt the end you can\n\n- count;\n- stop.\n\nIt takes a minute."


def test_a_figure_stands_between_what_is_asked_and_what_is_said():
    deck = deck_of(
        lesson_of(
            START,
            "## Counting\n\nGuess how many there are. Then look.",
            ("", "draw()", PICTURE),
            "There are seven. Nobody had said so. [A page](https://example.org) knows more.",
        )
    )
    kinds = [(slide_type(cell), cell.source) for cell in deck.cells]
    assert kinds[0] == ("slide", "# Lesson 9: Stars\n\nA star is counted.")
    assert ("slide", "## At the end you can\n\n- count;\n- stop.") in kinds
    at = kinds.index(("slide", "### Counting\n\n*Guess how many there are.*"))
    assert kinds[at + 1] == ("-", "draw()") and "no-input" in deck.cells[at + 1].metadata.tags
    assert kinds[at + 2] == ("fragment", "There are seven. Nobody had said so. A page knows more.")
    assert kinds[at + 3][0] == "notes" and "Then look." in kinds[at + 3][1]


def test_a_cell_may_say_itself_what_it_is():
    deck = deck_of(
        lesson_of(
            START,
            "## Counting",
            ("skip", "left_out()", PICTURE),
            ("slide", "put_in()", None),
            ("fragment", "with_it()", PICTURE),
            "## Later",
            ("", "draw()", PICTURE),
        )
    )
    code = [(slide_type(cell), cell.source) for cell in deck.cells if cell.cell_type == "code"]
    assert code == [("-", "put_in()"), ("fragment", "with_it()"), ("-", "draw()")]
    (put_in,) = [cell for cell in deck.cells if cell.source == "put_in()"]
    assert "no-input" not in put_in.metadata.tags  # without an output its code is what one sees


def test_of_many_figures_every_section_keeps_its_first():
    cells = [START]
    for n in range(9):
        cells += [
            f"## Part {n}",
            ("", f"first_{n}()", PICTURE),
            *[("", f"more_{n}()", PICTURE)] * 3,
        ]
    kept = [one.cell.source for one in chosen(outline_of(lesson_of(*cells)).shown)]
    assert {f"first_{n}()" for n in range(9)} <= set(kept) and len(kept) == 14
    tall = {"text/html": "<table>" + "<tr></tr>" * 30 + "</table>"}
    assert outline_of(lesson_of(START, "## A", ("", "table()", tall))).shown == []


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("One. Two. Three.", 8, "One."),
        ("One. Two. Three.", 12, "One. Two."),
        ("**One. Two.** Three.", 5, "**One. Two.**"),
        ("It costs $a. B$ or so. More.", 10, "It costs $a. B$ or so."),
        ("As Ng et al. (2024) say. More.", 5, "As Ng et al. (2024) say."),
        ("Judge the maps. You", 300, "Judge the maps."),
    ],
)
def test_sentences_are_never_cut(text, most, expected):
    assert first_sentences(text, most) == expected


def test_questions_are_found_and_fences_stay_whole():
    assert (
        question(["Look at it.", "It has a shape. Which is it? Then run the cell."])
        == "Which is it?"
    )
    assert question(["No more than that."]) == ""
    assert paragraphs("a\n\n```\nb\n\nc\n```\n\n$$x\n\ny$$") == [
        "a",
        "```\nb\n\nc\n```",
        "$$x\n\ny$$",
    ]


def test_formulas_are_set_and_code_is_left_alone():
    deck = lesson_of("A $x^2$ and `a $b$ c` and $$y$$")
    made = page.take_formulas(deck)
    assert len(made) == 2 and all("katex" in one for one in made)
    assert deck.cells[0].source == "A FORMULA0000X and `a $b$ c` and FORMULA0001X"
