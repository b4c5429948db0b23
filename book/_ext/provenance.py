"""Where the outputs of a lesson come from: a line under each, and a table of all.

tools/publish.py stores hardware, versions, date, mode and duration in the metadata of a notebook.
This extension prints them at the end of the lesson's page, and the directive

    ```{lessons}
    ```

lists every notebook of the book with the time that its published run took.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

FOLDER = "notebooks"


@cache
def read_run(path: Path) -> dict[str, Any]:
    """What is known of the published run of a notebook; empty for one that was not published."""
    notebook = json.loads(path.read_text("utf-8"))
    return notebook["metadata"].get("aesthetic", {})


def duration(seconds: float) -> str:
    """A time in words, as exact as anyone needs it."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"


def sentence(run: dict[str, Any]) -> str:
    versions = run.get("versions", {})
    with_versions = " and ".join(
        f"{name} {versions[key]}"
        for key, name in (("python", "Python"), ("torch", "PyTorch"))
        if key in versions
    )
    return (
        f"The outputs on this page were made in {run['mode']} mode on {run['date']} "
        f"with {with_versions}, in {duration(run['seconds'])} on {run['hardware']}."
    )


def add_line(app: Any, doctree: nodes.document) -> None:
    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix != ".ipynb":
        return
    run = read_run(path)
    sections = list(doctree.findall(nodes.section))
    if run and sections:
        text = sentence(run)
        sections[0] += nodes.container("", nodes.paragraph(text, text), classes=["provenance"])


class Lessons(SphinxDirective):
    """A table: lesson, time and hardware of its published run."""

    def run(self) -> list[nodes.Node]:
        rows = []
        for path in sorted(Path(self.env.srcdir, FOLDER).glob("*.ipynb")):
            self.env.note_dependency(str(path))
            run = read_run(path)
            time = duration(run["seconds"]) if run else "not published yet"
            rows.append([self.link(path), nodes.Text(time), nodes.Text(run.get("hardware", "–"))])
        head = [nodes.Text(text) for text in ("Lesson", "Full run", "on")]
        group = nodes.tgroup(cols=len(head))
        group += [nodes.colspec(colwidth=1) for _ in head]
        group += nodes.thead("", table_row(head))
        group += nodes.tbody("", *map(table_row, rows))
        return [nodes.table("", group, classes=["lessons"])]

    def link(self, path: Path) -> nodes.Node:
        """A cross-reference that Sphinx fills with the title of the lesson."""
        node = addnodes.pending_xref(
            "",
            nodes.inline("", path.stem),
            refdomain="std",
            reftype="doc",
            reftarget=f"/{FOLDER}/{path.stem}",
            refexplicit=False,
            refwarn=True,
            refdoc=self.env.docname,
        )
        return node


def table_row(cells: list[nodes.Node]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_directive("lessons", Lessons)
    app.connect("doctree-read", add_line)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
