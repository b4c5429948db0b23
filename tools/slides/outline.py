"""What of a lesson is in a talk: its promise, a figure or table at a time with the sentence that reads it aloud, its summary.

The rule, which needs no change of a lesson: the title with the promise; what one can do at the end; of each section the first
figure or table, then second ones as long as there is room; what it has to do with beauty; the summary; a question from the
exercises. Above a figure stands the question that the lesson asks before it, below it, a click later, what the lesson says of
it. All the text around goes to the speaker's notes.

A cell that names its part itself overrides the rule, in the words of JupyterLab (`slideshow.slide_type` in its metadata):
`slide` and `subslide` put it in, `fragment` puts it on the slide before, `notes` into the notes there, `skip` leaves it out.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

OPENS = re.compile(r"(?:At the end you can|In this\s+lesson you)\s*$")  # the list of what one can
LEADS_ON = re.compile(
    r"(?:Now|Make|Let|Then|Ask|Give|Take|Suppose|Write|Here|Put|Next)\b"
)  # to what comes next
FEWEST, MOST, SHOWN = 10, 20, 14  # slides of a talk; figures and tables among them
PICTURES = ("image/png", "image/jpeg", "image/svg+xml")
SEEN = (*PICTURES, "text/html")
HEADING = re.compile(r"^(#{1,3}) +(.+)$")
LINK = re.compile(r"!?\[((?:[^\]\[]|\[[^\]]*\])*)\]\([^)]*\)")
END = re.compile(r"[.?!][\"*)]{0,3}(?=\s+[\"*(]{0,3}[A-Z])")  # of a sentence
ASKS = re.compile(r"\b[Gg]uess\b|\b[Bb]efore you (?:look|run)\b|\?")
BEAUTY = re.compile(r"What (?:this|it) has to do with (?:beauty|taste)$")
SUMMARY = re.compile(r"(?:Summary|What to take along)$")
EXERCISES = "Exercises"
TALL = 14  # rows of a table that no wall shows
SAID, ASKED, LONG = 260, 220, 420  # characters


@dataclass
class Shown:
    """A figure or table, or a cell that was put in by its metadata, with the text around it."""

    section: str
    cell: NotebookNode
    forced: bool = False
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
    exercise: str = ""
    asked: list[str] = field(default_factory=list)  # what the learner is asked on the way


def slide_type(cell: NotebookNode) -> str:
    return cell.metadata.get("slideshow", {}).get("slide_type", "")


def paragraphs(source: str) -> list[str]:
    """Blocks of Markdown that blank lines part; fences and displayed formulas stay whole."""
    blocks: list[str] = []
    inside = ""
    for block in re.split(r"\n\s*\n", source.strip()):
        inside = f"{inside}\n\n{block}" if inside else block
        if inside.count("```") % 2 == 0 and inside.count("$$") % 2 == 0:
            blocks.append(inside)
            inside = ""
    return blocks + [inside] * bool(inside)


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


def question(before: list[str]) -> str:
    """What the lesson asks before a figure: the last sentence that asks or wants a guess; "" where there is none."""
    for text in reversed(before[-2:]):
        if text.startswith(("-", "$$", "|", "```")):
            continue
        asking = [s for s in sentences(plain(text)) if ASKS.search(s) and _whole(s)]
        if asking and len(asking[-1]) <= ASKED:
            return asking[-1]
    return ""


def outline_of(notebook: NotebookNode) -> Outline:
    """The parts of a lesson that a talk is made of."""
    made = Outline(title="")
    section, exercises, first, last = "", False, False, None
    pending: list[str] = []  # paragraphs since the last figure of the section
    for cell in notebook.cells:
        kind = slide_type(cell)
        if kind == "skip":
            continue
        if last is not None and kind in ("fragment", "notes"):
            if kind == "notes":
                last.after.append(cell.source)
            else:
                last.with_it.append(cell)
            continue
        if kind in ("slide", "subslide") or (
            not exercises and cell.cell_type == "code" and _is_seen(cell)
        ):
            last = Shown(section, cell, bool(kind), before=pending)
            made.shown.append(last)
            pending = []
            continue
        if cell.cell_type != "markdown":
            if (
                "check(" in cell.source
                and pending
                and not exercises
                and "solution" not in cell.metadata.get("tags", [])
            ):
                made.asked.append(pending[-1])
            continue
        for block in paragraphs(cell.source):
            heading = HEADING.match(block)
            if heading and len(heading[1]) == 1:
                made.title = heading[2]
            elif heading:
                if len(heading[1]) == 2:
                    section, last, pending = heading[2], None, []
                exercises = section == EXERCISES or "xercise" in heading[2]
                first = exercises and "Exercise" in heading[2]  # what follows is its question
            elif not section:
                _open(made, block)
            elif exercises:
                if first and "?" in block and (not made.exercise or made.exercise.endswith(":")):
                    made.exercise = block
                first = False
            else:
                made.texts.setdefault(section, []).append(block)
                pending.append(block)
                if last is not None:
                    last.after.append(block)
    made.exercise = made.exercise or (made.asked[0] if made.asked else "")
    return made


def _open(made: Outline, block: str) -> None:
    if block.startswith("- "):
        made.aims = plain(block)
    elif not made.aims:
        made.promise.append(OPENS.sub("", block).strip())


def _is_seen(cell: NotebookNode) -> bool:
    tags = set(cell.metadata.get("tags", []))
    if tags & {"solution", "setup", "imports"}:
        return False
    return any(
        any(kind in output.get("data", {}) for kind in PICTURES)
        or 0 < output.get("data", {}).get("text/html", "").count("<tr") <= TALL
        for output in cell.outputs
    )


def chosen(shown: list[Shown]) -> list[Shown]:
    """Those that are in the talk: what is forced, the first of each section, then second ones while there is room."""
    ranked, count = [], dict[str, int]()
    for place, one in enumerate(shown):
        picture = any(k in o.get("data", {}) for o in one.cell.get("outputs", []) for k in PICTURES)
        rank = count.get(one.section, 0)
        count[one.section] = rank + 1
        ranked.append((not one.forced, rank, not picture, place))
    kept = sorted(ranked)[: max(SHOWN, sum(one.forced for one in shown))]
    return [shown[place] for *_, place in sorted(kept, key=lambda key: key[-1])]


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
    told: set[str] = set()  # paragraphs that are in the notes of a slide before
    kept, end = chosen(outline.shown), list(_end(outline))
    for one in kept:
        yield from _shown(one, told)
        told |= {*one.before, *one.after}
    have = 1 + bool(outline.aims) + len(kept) + sum(slide_type(cell) == "slide" for cell in end)
    yield from _in_words(outline, FEWEST - have)
    yield from end


def _end(outline: Outline) -> Iterator[NotebookNode]:
    """What the lesson has to do with beauty, its summary, a question."""
    for title, texts in outline.texts.items():
        said = [text for text in texts if not text.startswith(("$$", "|", "```", "- "))]
        bullets = [text for text in texts if text.startswith("- ")]
        if BEAUTY.match(title) and said:
            yield _text(f"## {title}\n\n{first_sentences(said[0], LONG)}", "slide")
            yield _text("\n\n".join(texts), "notes")
        if SUMMARY.match(title) and bullets:
            yield _text(f"## {title}\n\n{plain(bullets[0])}", "slide", "dense")
    if outline.exercise:
        yield _text(f"## A question for you\n\n{first_sentences(outline.exercise, LONG)}", "slide")
        yield _text(outline.exercise, "notes")


def _in_words(outline: Outline, most: int) -> Iterator[NotebookNode]:
    """Where a lesson has few figures: sections without one, with their first sentences, then what it asks on the way."""
    have = {one.section for one in outline.shown}
    left = [
        (title, texts)
        for title, texts in outline.texts.items()
        if title not in have and not BEAUTY.match(title) and not SUMMARY.match(title)
    ]
    for title, texts in left[: max(most, 0)]:
        yield _text(f"## {title}\n\n{first_sentences(texts[0], LONG)}", "slide")
        yield _text("\n\n".join(texts), "notes")
    for asked in outline.asked[: max(most - len(left), 0)]:
        yield _text(f"## What do you say?\n\n{first_sentences(asked, LONG)}", "slide")
        yield _text(asked, "notes")


def _shown(one: Shown, told: set[str]) -> Iterator[NotebookNode]:
    if one.cell.cell_type == "markdown":
        yield _text(one.cell.source, "slide")
    else:
        asked = question(one.before)
        text = f"### {one.section}" + (
            f"\n\n*{asked}*" if asked and "*" not in asked else f"\n\n{asked}"
        )
        yield _text(text, "slide")
        yield _figure(one.cell)
    for cell in one.with_it:
        yield (
            _text(cell.source, "fragment")
            if cell.cell_type == "markdown"
            else _figure(cell, "fragment")
        )
    said = next((t for t in one.after if not t.startswith(("$$", "|", "```", "- ", "**Guess"))), "")
    if said and not LEADS_ON.match(said) and one.cell.cell_type == "code":
        kept = first_sentences(said, SAID)
        if not kept.endswith(":"):
            yield _text(kept, "fragment")
    before = [text for text in one.before if text not in told]
    notes = [*before, *(["*(the figure)*"] if before and one.after else []), *one.after]
    if notes:
        yield _text("\n\n".join(notes), "notes")


def _text(source: str, kind: str, look: str = "") -> NotebookNode:
    tags = [look] if look else []
    return nbformat.v4.new_markdown_cell(
        source, metadata={"slideshow": {"slide_type": kind}, "tags": tags}
    )


def _figure(cell: NotebookNode, kind: str = "-") -> NotebookNode:
    """The cell with what one sees of its outputs; its code goes with it only where nothing is seen."""
    about = cell.metadata.get("mystnb", {})
    made = nbformat.v4.new_code_cell(cell.source, execution_count=cell.execution_count)
    seen = []
    for output in cell.outputs:
        data = {k: v for k, v in output.get("data", {}).items() if k in SEEN}
        if data:
            alt = about.get("image", {}).get("alt", "")
            seen.append(nbformat.v4.new_output("display_data", data=data, metadata={"alt": alt}))
    made.outputs = seen or cell.outputs
    tags = ["no-input"] if seen else []
    made.metadata = {"slideshow": {"slide_type": kind}, "tags": tags}
    return made
