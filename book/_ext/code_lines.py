"""Code and output that fit: each line is an element, so that a long one can be folded with a mark.

Where the box is too narrow (a phone, a sheet of paper), the stylesheet breaks a line and sets ↪ before its
continuation. What is copied is the line without the mark. A folded cell says in words what opens.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput
from pygments.formatters import HtmlFormatter
from sphinx.highlighting import PygmentsBridge
from sphinx.transforms.post_transforms import SphinxPostTransform

PROMPTS = {  # tag of a cell -> what its folded line says
    "setup": "Set-up: installs the course's package where it is missing",
    "imports": "Imports",
    "solution": "A solution",
}


class Lines(HtmlFormatter):
    """Pygments' HTML, with each line of source in <span class="ln">."""

    def wrap(self, source: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """Pygments calls this when a line has its number, if it gets one."""
        return super().wrap(
            (is_source, f'<span class="ln">{line}</span>' if is_source else line)
            for is_source, line in source
        )


class Prompts(SphinxPostTransform):
    """Gives each folded cell the words of its tag."""

    default_priority = 250  # after MyST-NB has folded the cells
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") != "cell_code":
                continue
            tags = [name.removeprefix("tag_") for name in cell["classes"]]
            words = [PROMPTS[tag] for tag in tags if tag in PROMPTS]
            for folded in cell.children:
                if words and isinstance(folded, HideCodeCellNode):
                    folded["prompt_show"] = words[0]


def visit_folded(translator: Any, node: HideCodeCellNode) -> None:
    """A folded cell: its summary is its name for everybody."""
    classes = " ".join(["hide", *node["classes"]])
    summary = html.escape(node["prompt_show"])
    translator.body.append(f'<details class="{classes}">\n<summary>{summary}</summary>\n')


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    PygmentsBridge.html_formatter = Lines
    app.add_post_transform(Prompts)
    app.add_node(HideCodeCellNode, override=True, html=(visit_folded, depart_HideCellInput))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
