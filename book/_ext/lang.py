"""The role {zh}`卷积`: a Chinese word, marked as Chinese.

A screen reader then says it instead of spelling it, and a browser takes a Chinese font and not a
Japanese one for the same characters.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxRole


def in_language(text: str, language: str) -> nodes.inline:
    """The text as `<span lang="...">`: docutils writes a class language-xx as that attribute."""
    return nodes.inline(text, text, classes=[f"language-{language}"])


class ChineseRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        return [in_language(self.text, "zh")], []


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_role("zh", ChineseRole())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
