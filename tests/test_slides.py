"""Slides: which cells of a lesson are in a talk, and that its page is whole and asks nobody for anything."""

import re
from functools import cache
from pathlib import Path

import nbformat
import pytest

from tools import classroom
from tools.slides import deck as page
from tools.slides.outline import (
    BEAUTY,
    TalkError,
    deck_of,
    first_sentences,
    outline_of,
    paragraphs,
    plain,
    problems,
    slide_type,
)

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PICTURE = {"image/png": "iVBORw0KGgo="}
FEWEST, MOST = (
    8,
    16,
)  # cells of a talk of half an hour, two to three minutes each; five slides more at most are made of text


@cache
def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def of_kind(deck, kind: str) -> list:
    return [cell for cell in deck.cells if slide_type(cell) == kind]


# ---- every lesson


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request) -> nbformat.NotebookNode:
    return read(request.param)


def tagged(lesson) -> list:
    return [cell for cell in lesson.cells if slide_type(cell) in ("slide", "subslide")]


def test_the_slides_of_a_lesson_are_the_cells_that_were_tagged(lesson):
    assert problems(lesson) == []
    on_slides = tagged(lesson)
    assert FEWEST <= len(on_slides) <= MOST
    with_them = [cell for cell in lesson.cells if slide_type(cell) == "fragment"]
    deck = deck_of(lesson)
    nbformat.validate(deck)
    shown = [cell.source for cell in deck.cells if cell.cell_type == "code"]
    code = [cell for cell in lesson.cells if cell in on_slides or cell in with_them]
    assert shown == [cell.source for cell in code if cell.cell_type == "code"]
    assert not any("solution" in cell.metadata.get("tags", []) for cell in code)
    assert len(of_kind(deck, "slide")) <= len(on_slides) + 5
    assert of_kind(deck, "slide")[0].source.startswith(lesson.cells[0].source.splitlines()[0])


def test_what_a_slide_asks_and_says_stands_in_the_lesson(lesson):
    text = " ".join(
        " ".join(plain(block).split())
        for cell in lesson.cells
        if cell.cell_type == "markdown"
        for block in paragraphs(cell.source)
    )
    for cell in tagged(lesson):
        about = dict(cell.metadata.slideshow)
        assert about.pop("slide_type") == "slide" and about.keys() <= {"ask", "say"}
        for sentences in about.values():
            assert len(sentences) <= 420, f"too much for a slide: {sentences}"
            for sentence in re.split(r"(?<=[.?!]) ", sentences):
                assert sentence and sentence in text
    assert sum("say" in cell.metadata.slideshow for cell in tagged(lesson)) >= FEWEST - 1


def test_a_slide_holds_what_a_wall_can_show_and_the_notes_hold_the_rest(lesson):
    deck = deck_of(lesson)
    shown = [c.source for c in deck.cells if c.cell_type == "markdown" and slide_type(c) != "notes"]
    assert max(map(len, shown)) < 1300
    assert sum(map(len, shown)) < sum(len(c.source) for c in of_kind(deck, "notes"))
    for cell in deck.cells:
        for output in cell.get("outputs", []):
            assert "image/png" not in output.get("data", {}) or output.metadata.alt


def test_every_paragraph_of_a_section_with_a_slide_is_once_in_the_notes():
    lesson = read(ROOT / "notebooks" / "3_2_the_gan_game.ipynb")
    outline, deck = outline_of(lesson), deck_of(lesson)
    notes = "\n".join(cell.source for cell in of_kind(deck, "notes"))
    sections = {one.section for one in outline.shown}
    for section in sections:
        for text in outline.texts[section]:
            assert notes.count(text) == (
                2 if BEAUTY.match(section) else 1
            )  # it has a slide in words
    assert len(sections) >= 3


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


# ---- the tags, on small made-up lessons


def lesson_of(*cells) -> nbformat.NotebookNode:
    """Cells: a text, or (slide type or metadata of a slide, source, data of its output or a text that it prints) of a cell of code."""
    made = []
    for cell in cells:
        if isinstance(cell, str):
            made.append(nbformat.v4.new_markdown_cell(cell))
            continue
        about, source, data = cell
        kind, content = (
            ("stream", {"text": data})
            if isinstance(data, str)
            else ("display_data", {"data": data})
        )
        output = [nbformat.v4.new_output(kind, **content)] if data else []
        made.append(nbformat.v4.new_code_cell(source, outputs=output))
        if about:
            about = {"slide_type": about} if isinstance(about, str) else about
            made[-1].metadata["slideshow"] = about
    return nbformat.v4.new_notebook(cells=made)


def slide(**words: str) -> dict:
    return {"slide_type": "slide", **words}


START = "# Lesson 9: Stars\n\nA star is counted.\nAt the end you can\n\n- count;\n- stop.\n\nIt takes a minute."


def test_a_figure_stands_between_what_is_asked_and_what_is_said():
    words = slide(ask="Guess how many there are.", say="There are seven. A page knows more.")
    deck = deck_of(
        lesson_of(
            START,
            "## Counting\n\nGuess how many there are. Then look.",
            (words, "draw()", PICTURE),
            "There are seven.\nNobody had said so. [A\npage](https://example.org) knows more.",
        )
    )
    kinds = [(slide_type(cell), cell.source) for cell in deck.cells]
    assert kinds[0] == ("slide", "# Lesson 9: Stars\n\nA star is counted.")
    assert ("slide", "## At the end you can\n\n- count;\n- stop.") in kinds
    at = kinds.index(("slide", "### Counting"))
    assert kinds[at + 1 : at + 4] == [
        ("-", words["ask"]),
        ("-", "draw()"),
        ("fragment", words["say"]),
    ]
    assert "no-input" in deck.cells[at + 2].metadata.tags
    assert kinds[at + 4][0] == "notes" and "Then look." in kinds[at + 4][1]


def test_what_beauty_has_to_do_with_it_is_not_said_twice():
    lesson = lesson_of(
        START,
        "## What this has to do with beauty\n\nHow many please?",
        (slide(ask="How many please?", say="Two do."), "draw()", PICTURE),
        "Two do.\n\nPeople differ.",
    )
    starts = [cell.source for cell in of_kind(deck_of(lesson), "slide")]
    assert starts[2:] == [
        "### What this has to do with beauty",
        "## What this has to do with beauty\n\nPeople differ.",
    ]


@pytest.mark.parametrize(
    "title",
    ["What it has to do with taste", "What this has to do with beauty", "What has this to do with beauty?"],
)  # fmt: skip
def test_a_talk_says_what_it_has_to_do_with_beauty_however_the_lesson_asks(title):
    lesson = lesson_of(START, (slide(), "draw()", PICTURE), f"## {title}\n\nPeople differ.")
    starts = [cell.source for cell in of_kind(deck_of(lesson), "slide")]
    assert f"## {title}\n\nPeople differ." in starts


def test_nothing_is_in_a_talk_that_was_not_tagged():
    deck = deck_of(
        lesson_of(
            START,
            "## Counting\n\nTo begin with.",
            ("", "not_tagged()", PICTURE),
            ("skip", "left_out()", PICTURE),
            ("slide", "put_in()", None),
            ("fragment", "with_it()", PICTURE),
            "About what is put in.",
            ("", "not_tagged_either()", PICTURE),
            "About the next.",
            ("subslide", "printed()", "seven"),
            "## Later\n\nNot in the talk.",
            ("", "draw()", PICTURE),
        )
    )
    code = [(slide_type(cell), cell.source) for cell in deck.cells if cell.cell_type == "code"]
    assert code == [("-", "put_in()"), ("fragment", "with_it()"), ("-", "printed()")]
    bare = [
        c.source for c in deck.cells if c.cell_type == "code" and "no-input" not in c.metadata.tags
    ]
    assert bare == ["put_in()"]  # without an output its code is what one sees
    notes = [cell.source for cell in of_kind(deck, "notes")][1:]
    assert notes == [
        "To begin with.\n\n*(the figure)*\n\nAbout what is put in.",
        "About the next.",
    ]


SAID = '## Counting\n\nThere are seven, e.g. here. **So: "Seven." It is.** Or\n[not](x).\n\n- An item. More\n- Next $a. B$.'


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ({"say": "There are seven, e.g. here."}, ""),
        ({"say": "Or not. There are seven, e.g. here."}, ""),
        ({"say": '**So: "Seven." It is.**'}, ""),
        ({"say": "An item.", "ask": "Next $a. B$."}, ""),
        ({"say": "There are eight."}, "cell 3: `say` is not in the lesson's text.*'There are eight.'"),
        ({"ask": "There are seven"}, "`ask` is not in the lesson's text, as a whole sentence"),
        ({"say": "are seven, e.g. here."}, "as a whole sentence"),
        ({"say": "here."}, "as a whole sentence"),
        ({"say": '**So: "Seven."'}, "cuts an emphasis"),
        ({"say": ["Or not."]}, "`say` has to be a text"),
        ({"says": "Or not."}, "`slideshow` has 'says'"),
        ({"slide_type": "slides"}, "the slide type 'slides' is none of slide, subslide"),
        ({"slide_type": "skip", "say": "Or not."}, "belongs to a cell of code with the slide type"),
    ],
)  # fmt: skip
def test_words_that_are_not_the_lesson_s_are_named(words, wrong):
    lesson = lesson_of(
        START, SAID, (slide(**words) | words, "draw()", PICTURE), ("slide", "more()", PICTURE)
    )
    if wrong:
        with pytest.raises(TalkError, match=wrong):
            deck_of(lesson)
    else:
        assert problems(lesson) == []


def test_a_lesson_without_a_tagged_cell_says_what_to_do(tmp_path, capsys):
    lesson = lesson_of(START, "## Counting", ("", "draw()", PICTURE))
    with pytest.raises(TalkError, match="no cell is on a slide: give each cell of the talk"):
        deck_of(lesson)
    path = tmp_path / "stars.ipynb"
    nbformat.write(lesson, path)
    assert classroom.main([str(path), "--out", str(tmp_path / "out")]) == 1
    assert "stars.ipynb: the tags of its talk:" in capsys.readouterr().err


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


def test_headings_part_paragraphs_and_fences_stay_whole():
    assert paragraphs("a\nb\n## C\n\nd") == ["a\nb", "## C", "d"]
    assert paragraphs("```\na\n# b\n```") == ["```\na\n# b\n```"]
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
