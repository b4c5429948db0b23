"""What of a lesson is in a talk: its promise, the cells that are tagged, one at a time, its summary.

The cells are chosen by hand, in their metadata, in the words of JupyterLab:

    "slideshow": {"slide_type": "slide", "ask": "How many are there?", "say": "There are seven."}

`slide` and `subslide` put a cell on a slide of its own, `fragment` on the slide before, a click later; `notes` puts it into the
notes there; `skip` leaves it out, text as well. `ask` stands above the figure, `say` appears below it, a click later. Both are
optional, for cells of code, and quote whole sentences of the lesson, so that what holds for its text holds for its slides.

Around them stand, by the lesson's structure, the title with the promise; what one can do at the end; what it has to do with
beauty; the summary; a question from the exercises. The text around a figure goes to the speaker's notes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

OPENS = re.compile(r"(?:At the end you can|In this\s+lesson you)\s*$")  # the list of what one can
SEEN = ("image/png", "image/jpeg", "image/svg+xml", "text/html")
HEADING = re.compile(r"^(#{1,3}) +(.+)$")
LINK = re.compile(r"!?\[((?:[^\]\[]|\[[^\]]*\])*)\]\([^)]*\)")
END = re.compile(r"[.?!][\"*)]{0,3}(?=\s+(?:[\"*(]{0,3}[A-Z]|\$))")  # of a sentence
BEAUTY = re.compile(r"What (?:(?:this|it) has|has this) to do with (?:beauty|taste)\??$")
BOLD = re.compile(r"\*\*([^*]+[.?!])\*\*")
SUMMARY = re.compile(r"(?:Summary|What to take along)$")
EXERCISES = "Exercises"
LONG = 420  # characters of the lesson's text on a slide
TYPES = ("slide", "subslide", "fragment", "notes", "skip", "-", "")
QUOTES = ("ask", "say")
HOW = (
    "give each cell of the talk the slide type `slide` (JupyterLab: Property Inspector; in the metadata of the cell: "
    '"slideshow": {"slide_type": "slide"})'
)


class TalkError(ValueError):
    """A lesson of which no talk can be made; the message names the cells and says what to change."""


@dataclass
class Shown:
    """A cell that is on a slide of its own, with the text around it."""

    section: str
    cell: NotebookNode
    before: list[str] = field(default_factory=list)  # paragraphs
    after: list[str] = field(default_factory=list)
    with_it: list[NotebookNode] = field(default_factory=list)  # cells that asked to be fragments


@dataclass
class Outline:
    """The parts of a talk, before they become slides."""

    title: str
    promise: list[str] = field(default_factory=list)
    aims: str = ""
    shown: list[Shown] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)  # section -> its paragraphs
    exercises: list[str] = field(default_factory=list)  # their questions
    asked: list[str] = field(default_factory=list)  # what the learner is asked on the way


def slide_type(cell: NotebookNode) -> str:
    return cell.metadata.get("slideshow", {}).get("slide_type", "")


def paragraphs(source: str) -> list[str]:
    """Blocks of Markdown that blank lines or headings part; fences and displayed formulas stay whole."""
    blocks: list[str] = []
    inside = ""
    for part in re.split(r"(\n\s*\n|\n(?=#{1,3} ))", source.strip()):
        inside += part
        if inside.count("```") % 2 == 0 and inside.count("$$") % 2 == 0:
            blocks.append(inside)
            inside = ""
    return [block.strip() for block in [*blocks, inside] if block.strip()]


def plain(text: str) -> str:
    """A text without its links, on one line unless it is a list."""
    text = LINK.sub(r"\1", text)
    return text if re.match(r"^(?:[-*]|\d+\.) ", text) else " ".join(text.split())


def sentences(text: str) -> list[str]:
    ends = [0, *(found.end() for found in END.finditer(text)), len(text)]
    return [text[a:b].strip() for a, b in itertools.pairwise(ends)]


def first_sentences(text: str, most: int) -> str:
    """As many sentences from the beginning as have room; at least one, and never half of an emphasis or formula.

    Words that a list goes on with, such as "You" before what a learner can do at the end, are left out.
    """
    made = ""
    for sentence in sentences(plain(text)):
        if made and sentence in ("You", "In this lesson you", "At the end you can"):
            break
        if made and len(made) + len(sentence) >= most and _whole(made):
            break
        made = f"{made} {sentence}".strip()
    return made


def _whole(text: str) -> bool:
    return text.count("**") % 2 == 0 and text.count("$") % 2 == 0


# ---- what a cell's metadata say


def quoted(cell: NotebookNode, word: str) -> str:
    """What a cell asks or says on its slide; "" where it does not."""
    return cell.metadata.get("slideshow", {}).get(word, "")


def problems(notebook: NotebookNode) -> list[str]:
    """What is wrong with the tags of a talk: a line for each, with the place of the cell and the words; none where all is well."""
    lesson = [
        " ".join(plain(block).split())
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for block in paragraphs(cell.source)
    ]
    found = []
    for place, cell in enumerate(notebook.cells, start=1):
        found += [f"cell {place}: {wrong}" for wrong in _wrong(cell, lesson)]
    if not any(slide_type(cell) in ("slide", "subslide") for cell in notebook.cells):
        found.append(f"no cell is on a slide: {HOW}")
    return found


def _wrong(cell: NotebookNode, lesson: list[str]) -> Iterator[str]:
    about = cell.metadata.get("slideshow", {})
    kind = slide_type(cell)
    if kind not in TYPES:
        yield f"the slide type {kind!r} is none of {', '.join(TYPES[:-2])}"
    for word in about.keys() - {"slide_type", *QUOTES}:
        yield f"`slideshow` has {word!r}; it may have slide_type, ask and say"
    for word in QUOTES & about.keys():
        if cell.cell_type != "code" or kind not in ("slide", "subslide"):
            yield f"it has `{word}`, which belongs to a cell of code with the slide type slide"
        if not isinstance(about[word], str):
            yield f"`{word}` has to be a text, and is {about[word]!r}"
            continue
        if not _whole(about[word]):
            yield f"`{word}` cuts an emphasis or a formula in two: {about[word]!r}"
        for sentence in sentences(about[word]):
            if not any(_stands_in(sentence, text) for text in lesson):
                yield f"`{word}` is not in the lesson's text, as a whole sentence, word for word: {sentence!r}"


def _stands_in(sentence: str, text: str) -> bool:
    """Whether a text has this sentence from its beginning to its end, at the start of an item of a list or after a colon as well."""
    begins = r'(?:^|[.?!:]["*)]* | [-*] |^[-*] )["*(]*'
    found = re.search(rf'{begins}{re.escape(sentence)}(?=$|["*)]* )', text)
    ends = sentence.rstrip('"*)')[-1:] in tuple(".?!")
    return found is not None and ends and not sentence.lstrip('"*(')[:1].islower()


# ---- the parts of a lesson


def outline_of(notebook: NotebookNode) -> Outline:
    """The parts of a lesson that a talk is made of. Raises TalkError where `problems` finds some."""
    if wrong := problems(notebook):
        raise TalkError("\n  ".join(["the tags of its talk:", *wrong]))
    reader = _Reader()
    for cell in notebook.cells:
        reader.read(cell)
    reader.leave_section()
    return reader.made


class _Reader:
    """Goes through the cells of a lesson and keeps what a talk needs."""

    def __init__(self) -> None:
        self.made = Outline(title="")
        self.section = ""
        self.exercises = False  # whether these are exercises
        self.question = False  # whether a question of the exercises comes next
        self.last: Shown | None = None  # slide of the section
        self.follows = False  # whether text still belongs to that slide
        self.pending: list[str] = []  # paragraphs that belong to the next slide

    def read(self, cell: NotebookNode) -> None:
        kind = slide_type(cell)
        if kind == "skip":
            return
        if kind in ("slide", "subslide"):
            self.last, self.follows = Shown(self.section, cell, before=self.pending), True
            self.made.shown.append(self.last)
            self.pending = []
        elif kind == "notes" and self.last is not None:
            self.last.after.append(cell.source)
        elif kind == "fragment" and self.last is not None:
            self.last.with_it.append(cell)
        elif cell.cell_type == "markdown":
            for block in paragraphs(cell.source):
                self.text(block)
        else:
            self.code(cell)

    def code(self, cell: NotebookNode) -> None:
        """A cell that is on no slide: what follows an output is about that."""
        self.follows = self.follows and not cell.outputs
        asks = "check(" in cell.source and "solution" not in cell.metadata.get("tags", [])
        above = self.made.texts.get(self.section)
        if asks and above and not self.exercises:
            self.made.asked.append(above[-1])

    def text(self, block: str) -> None:
        heading = HEADING.match(block)
        if heading and len(heading[1]) == 1:
            self.made.title = heading[2]
        elif heading:
            if len(heading[1]) == 2:
                self.leave_section()
                self.section = heading[2]
            self.exercises = self.section == EXERCISES
            self.question = "Exercise" in heading[2] and heading[2] != EXERCISES
        elif not self.section:
            _open(self.made, block)
        else:
            if self.question and "?" in block:
                self.made.exercises.append(block)
            self.question = False
            if self.exercises:
                return
            self.made.texts.setdefault(self.section, []).append(block)
            after = self.last.after if self.last is not None and self.follows else self.pending
            after.append(block)

    def leave_section(self) -> None:
        """What is left of a section belongs to its last slide."""
        if self.last is not None:
            self.last.after += self.pending
        self.last, self.follows, self.pending = None, False, []


def _open(made: Outline, block: str) -> None:
    if block.startswith("- "):
        made.aims = plain(block)
    elif not made.aims:
        made.promise.append(OPENS.sub("", block).strip())


# ---- the slides


def deck_of(notebook: NotebookNode) -> NotebookNode:
    """A notebook whose cells are slides, fragments and notes: what nbconvert's slides are made of."""
    outline = outline_of(notebook)
    cells = list(_slides(outline))
    for number, cell in enumerate(cells):
        cell.id = f"slide-{number}"
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata = {"title": outline.title, "kernelspec": notebook.metadata.get("kernelspec", {})}
    return made


def _slides(outline: Outline) -> Iterator[NotebookNode]:
    promise = first_sentences(outline.promise[0], LONG) if outline.promise else ""
    yield _text(f"# {outline.title}\n\n{promise}", "slide", "title")
    yield _text("\n\n".join(outline.promise), "notes")
    if outline.aims:
        yield _text(f"## At the end you can\n\n{outline.aims}", "slide")
    for one in outline.shown:
        yield from _shown(one)
    yield from _end(outline)


def _end(outline: Outline) -> Iterator[NotebookNode]:
    """What the lesson has to do with beauty, its summary, a question; nothing that a slide before has asked or said."""
    quotes = [quoted(one.cell, word) for one in outline.shown for word in QUOTES]
    told = [sentence for quote in quotes for sentence in sentences(quote) if sentence]
    for title, texts in outline.texts.items():
        bullets = [text for text in texts if text.startswith("- ")]
        if BEAUTY.match(title) and (said := _new(texts, told)):
            yield _text(f"## {title}\n\n{_in_words(said)}", "slide")
            yield _text("\n\n".join(texts), "notes")
        if SUMMARY.match(title) and bullets:
            yield _text(f"## {title}\n\n{plain(bullets[0])}", "slide", "dense")
    questions = _new(outline.exercises, told) or _new(outline.asked, told)
    if questions:
        whole = [text for text in questions if not text.endswith(":")]
        asked = (whole or questions)[0]
        yield _text(f"## A question for you\n\n{first_sentences(asked, LONG)}", "slide")
        yield _text(asked, "notes")


def _new(texts: list[str], told: list[str]) -> list[str]:
    """Paragraphs, not lists, tables or formulas, of which no sentence was told."""
    said = [text for text in texts if not text.startswith(("$$", "|", "```", "- "))]
    return [text for text in said if not any(one in plain(text) for one in told)]


def _in_words(said: list[str]) -> str:
    """The first of some paragraphs; where it is short, a list of the sentences in bold with which the others begin."""
    text = first_sentences(said[0], LONG)
    if text.endswith(":"):  # what comes then is not on the slide
        text = " ".join(sentences(text)[:-1]) or text
    heads = [found[1] for other in said[1:] if (found := BOLD.match(other))]
    short = len(text) < LONG // 2 and len(heads) >= 2
    return text + "\n\n" * short + "\n".join(f"- {head}" for head in heads if short)


def _shown(one: Shown) -> Iterator[NotebookNode]:
    if one.cell.cell_type == "markdown":
        yield _text(one.cell.source, "slide")
    else:
        yield _text(f"### {one.section}", "slide")
        if asked := quoted(one.cell, "ask"):
            yield _text(asked, "-", "ask")
        yield _figure(one.cell)
    for cell in one.with_it:
        yield (
            _text(cell.source, "fragment")
            if cell.cell_type == "markdown"
            else _figure(cell, "fragment")
        )
    if said := quoted(one.cell, "say"):
        yield _text(said, "fragment")
    between = ["*(the figure)*"] if one.before and one.after else []
    if notes := [*one.before, *between, *one.after]:
        yield _text("\n\n".join(notes), "notes")


def _text(source: str, kind: str, look: str = "") -> NotebookNode:
    tags = [look] if look else []
    return nbformat.v4.new_markdown_cell(
        source, metadata={"slideshow": {"slide_type": kind}, "tags": tags}
    )


def _figure(cell: NotebookNode, kind: str = "-") -> NotebookNode:
    """The cell with what one sees of its outputs: pictures and tables, else what it printed; its code only where it has no output."""
    about = cell.metadata.get("mystnb", {})
    made = nbformat.v4.new_code_cell(cell.source, execution_count=cell.execution_count)
    seen = []
    for output in cell.outputs:
        data = {k: v for k, v in output.get("data", {}).items() if k in SEEN}
        if data:
            alt = about.get("image", {}).get("alt", "")
            seen.append(nbformat.v4.new_output("display_data", data=data, metadata={"alt": alt}))
    made.outputs = seen or cell.outputs
    tags = ["no-input"] if made.outputs else []
    made.metadata = {"slideshow": {"slide_type": kind}, "tags": tags}
    return made
