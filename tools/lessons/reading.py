"""What of a lesson there is to read, and how long that takes: words, lines of code, pictures, exercises, section by section.

Counts come from the notebook as it is stored. The rates are assumptions, the same for every lesson, and stand here alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from nbformat import NotebookNode

WORDS_A_MINUTE = 180  # of text that is read to be understood
LINES_A_MINUTE = 12  # of code that is not folded
MINUTES_A_PICTURE = 0.5
MINUTES_AN_EXERCISE = {"answer": 3, "function": 10, "open": 20}
FOLDED = {"hide-cell", "hide-input", "setup", "imports", "solution"}
HEADING = re.compile(r"^(#{1,3}) +(.+?) *$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
MATHS = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
WORD = re.compile(r"\w[\w'.,%-]*")
OPENING, REFERENCES = "Opening", "References"


@dataclass
class Section:
    """What stands between two headings of the second level."""

    title: str
    words: int = 0
    lines: int = 0
    pictures: int = 0
    answers: int = 0  # exercises that ask for a number or a choice
    functions: int = 0  # exercises that ask for code of one's own
    open: int = 0  # exercises that nothing checks

    @property
    def exercises(self) -> int:
        return self.answers + self.functions + self.open

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def words(markdown: str) -> int:
    """Words of a text; a formula counts as one, an address as none."""
    text = MATHS.sub(" formula ", FENCE.sub(" ", markdown))
    return len(WORD.findall(LINK.sub(r"\1", text)))


def asked(source: str) -> dict[str, bool]:
    """The exercises that a cell of code asks for: key -> whether the answer is a function or a class."""
    if "check(" not in source:
        return {}
    tree = ast.parse(re.sub(r"^[ \t]*[%!].*$", "pass", source, flags=re.MULTILINE))
    own = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _name(n.func) == "check"]
    return {
        call.args[0].value: _name(call.args[1]) in own
        for call in calls
        if len(call.args) == 2 and isinstance(call.args[0], ast.Constant)
    }


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def folded(cell: NotebookNode) -> bool:
    return bool(FOLDED & set(cell.metadata.get("tags", [])))


def sections_of(notebook: NotebookNode) -> tuple[list[Section], list[int]]:
    """The sections of a lesson without its references, and for each of its cells the number of the section in which it ends."""
    found, places = [Section(OPENING)], []
    waiting = False  # an exercise whose question no cell has checked yet
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            waiting = _read(cell.source, found, waiting)
        elif cell.cell_type == "code" and not folded(cell):
            here, keys = found[-1], asked(cell.source)
            here.lines += sum(bool(line.strip()) for line in cell.source.splitlines())
            here.functions += sum(keys.values())
            here.answers += len(keys) - sum(keys.values())
            waiting = waiting and not keys
        if cell.cell_type == "code":
            found[-1].pictures += _pictures(cell)
        places.append(len(found) - 1)
    found[-1].open += waiting
    kept = [s for s in found if s.title != REFERENCES]
    return kept, [min(place, len(kept) - 1) for place in places]


def _read(source: str, found: list[Section], waiting: bool) -> bool:
    """Add a cell of text to the sections; whether an exercise waits for its check after it."""
    text, end = FENCE.sub(" ", source), 0
    for heading in HEADING.finditer(text):
        found[-1].words += words(text[end : heading.start()])
        level, title = len(heading[1]), heading[2]
        if level == 2 or "xercise" in title:
            found[-1].open += waiting
            waiting = title.startswith("Exercise ") or title == "One to investigate"
        if level == 2:
            found.append(Section(re.sub(r"[`*]", "", title)))
        end = heading.end() if level < 3 else heading.start(2)
    found[-1].words += words(text[end:])
    return waiting


def _pictures(cell: NotebookNode) -> int:
    kinds = [set(output.get("data", {})) for output in cell.get("outputs", [])]
    return sum(bool({"image/png", "image/svg+xml", "image/jpeg", "text/html"} & k) for k in kinds)


def minutes(section: Mapping[str, Any], mode: str = "laptop") -> dict[str, float]:
    """Minutes for a section of the record: reading, running and exercises. Without a measured time running is 0."""
    reading = section["words"] / WORDS_A_MINUTE + section["lines"] / LINES_A_MINUTE
    kinds = (("answer", "answers"), ("function", "functions"), ("open", "open"))
    return {
        "reading": reading + section["pictures"] * MINUTES_A_PICTURE,
        "running": (section.get(mode) or 0) / 60,
        "exercises": sum(MINUTES_AN_EXERCISE[kind] * section[key] for kind, key in kinds),
    }
