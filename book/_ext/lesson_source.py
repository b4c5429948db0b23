"""Lessons without MyST in their text, so that Colab and JupyterLab show no markup and no dead link.

A notebook begins with its title and links to pages by their published addresses. When the book is built, this extension
gives the title its label, by the number in the name of the file (notebooks/2_5_votes_and_taste.ipynb: `lesson-2-5`),
and makes each address of the book a link between its files, which a strict build checks:

    [2.4](https://OWNER.github.io/NAME/book/2-concepts/2_4_human_aesthetics.html)
 -> [2.4](../book/2-concepts/2_4_human_aesthetics.md)
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import Any

from sharing import load_repo_tool
from sphinx.util import logging

logger = logging.getLogger(__name__)

LESSON = re.compile(r"notebooks/(\d+(?:_\d+)*)_")


def label(page: str) -> str | None:
    """`lesson-2-5` for notebooks/2_5_votes_and_taste; None for a page that is no lesson."""
    match = LESSON.match(page)
    return f"lesson-{match[1].replace('_', '-')}" if match else None


def linked(text: str, page: str, address: str, root: Path) -> tuple[str, list[str]]:
    """Text whose links to pages of the book lead to their files, and the addresses that have none."""
    unknown = []

    def file(match: re.Match[str]) -> str:
        target, rest = match[1], match[2]
        for suffix in (".md", ".ipynb"):
            if (root / f"{target}{suffix}").is_file():
                return f"]({posixpath.relpath(target, posixpath.dirname(page))}{suffix}{rest})"
        unknown.append(f"{address}{target}.html")
        return match[0]

    pattern = rf"\]\({re.escape(address)}([^)#\s]+)\.html((?:#[^)\s]*)?)\)"
    return re.sub(pattern, file, text), unknown


def for_the_book(source: str, page: str, address: str, root: Path) -> tuple[str, list[str]]:
    """A notebook, as JSON, as the book reads it, and the addresses in it that belong to no page."""
    notebook, unknown = json.loads(source), []
    texts = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    for cell in texts:
        cell["source"], wrong = linked("".join(cell["source"]), page, address, root)
        unknown += wrong
    if texts and (name := label(page)):
        texts[0]["source"] = f"({name})=\n{texts[0]['source']}"
    return json.dumps(notebook), unknown


def read(app: Any, page: str, source: list[str]) -> None:
    """Sphinx calls this with the text of each page, which may be changed in its place."""
    if label(page) is None:
        return
    root = Path(app.srcdir)
    repo = load_repo_tool(root)
    address = repo.pages_address(repo.read_slug(root))
    source[0], unknown = for_the_book(source[0], page, address, root)
    for wrong in unknown:
        logger.warning("no page has the address %s", wrong, location=page)


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("source-read", read)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
