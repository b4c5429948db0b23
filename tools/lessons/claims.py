"""Claims: the sentences of a lesson that say what came out, each bound to what has to be true for it.

A cell that reads a result aloud carries them in its metadata, where neither the book nor Colab shows them:

    "aesthetic": {"claims": [{"says": "falls to a third", "check": "0.28 < losses[-1] / losses[0] < 0.39"}]}

`says` quotes the cell: its text, or for a code cell the alternative text or caption of its picture. `check` is a Python
expression in the lesson's own names at that place, in full mode; `printed` is what the nearest code cell (above, or
the cell itself) wrote to stdout. tools/publish.py refuses a lesson with a claim that does not hold.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

import nbformat


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of one claim; `held` is None for one that raised or gave neither True nor False."""

    cell: int  # counted from 1, cells of text too
    says: str
    check: str
    held: bool | None
    note: str

    def __str__(self) -> str:
        became = "is false" if self.held is False else self.note
        because = f" ({self.note})" if self.held is False and self.note else ""
        return f"cell {self.cell} says {self.says!r}, but {self.check} {became}{because}"


def claims_of(cell: nbformat.NotebookNode) -> list[dict[str, str]]:
    """The claims of a cell. ValueError for one that has not just `says` and `check`, both strings."""
    claims = cell.metadata.get("aesthetic", {}).get("claims", [])
    for claim in claims:
        if set(claim) != {"says", "check"} or not all(isinstance(v, str) for v in claim.values()):
            raise ValueError(f"a claim has two strings, `says` and `check`; this has {dict(claim)}")
    return [dict(claim) for claim in claims]


def claims_hash(notebook: nbformat.NotebookNode) -> str:
    """SHA-256 of all claims in order, each with the number of code cells that have run before it."""
    digest, ran = hashlib.sha256(), 0
    for cell in notebook.cells:
        ran += cell.cell_type == "code"
        for claim in claims_of(cell):
            digest.update(json.dumps([ran, claim["says"], claim["check"]]).encode() + b"\0")
    return digest.hexdigest()


def said_of_picture(cell: nbformat.NotebookNode) -> tuple[str, str]:
    """The alternative text and the caption of a cell's picture; empty where there is none."""
    about = cell.metadata.get("mystnb", {})
    alt, caption = about.get("image", {}).get("alt", ""), about.get("figure", {}).get("caption", "")
    return alt.strip(), caption.strip()


def printed_by(cell: nbformat.NotebookNode) -> str:
    """What a code cell wrote to stdout."""
    streams = [output for output in cell.outputs if output.output_type == "stream"]
    return "".join(output.text for output in streams if output.name == "stdout")


def quotation_problems(notebook: nbformat.NotebookNode) -> Iterator[str]:
    """Claims that quote what their cell does not say, and checks that are no Python expression."""
    for number, cell in enumerate(notebook.cells, start=1):
        text = "\n".join(said_of_picture(cell)) if cell.cell_type == "code" else cell.source
        for claim in claims_of(cell):
            said = " ".join(claim["says"].split())
            if not said or said not in " ".join(text.split()):
                yield f"cell {number} does not say {claim['says']!r}"
            try:
                compile(claim["check"], "<claim>", "eval")
            except SyntaxError as error:
                yield f"cell {number}: {claim['check']} is no expression: {error.msg}"
