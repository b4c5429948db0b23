"""Two roles that tie pages to the sections of the article from which the course grew.

    {article}`3.1.1`                  §3.1.1, small and raised: a link to the section's row
    {article-section}`3.1.1 卷积层`    in the row: the heading as printed, where the link arrives

A mark whose section has no row, or that names no section, stops a strict build.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from lang import in_language
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import make_refnode

logger = logging.getLogger(__name__)
NUMBER = re.compile(r"\d+(\.\d+)*")
TITLE = "Section {} of the article from which the course grew"


def label(number: str) -> str:
    """The label of a section's row, "article-3-1-1" for "3.1.1"."""
    if not NUMBER.fullmatch(number):
        raise ValueError(f"{number!r} is not the number of a section, such as 3.1.1")
    return "article-" + number.replace(".", "-")


def split_heading(heading: str) -> tuple[str, str, str]:
    """Number, what stands between, and words: "3.1", " ", "卷积神经网络"; the number may be ""."""
    number = NUMBER.match(heading)
    if not number:
        return "", "", heading
    words = heading[number.end() :].lstrip(". ")
    return number[0], heading[number.end() : len(heading) - len(words)], words


class MarkRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        number = self.text.strip()
        try:
            target = label(number)
        except ValueError as error:
            logger.warning("{article}: %s", error, location=self.get_location())
            return [nodes.Text(number)], []
        link = addnodes.pending_xref(
            "",
            nodes.inline("", f"§{number}"),
            refdomain="",
            reftype="article",
            reftarget=target,
            refwarn=True,
            number=number,
        )
        return [nodes.superscript("", "", link, classes=["article-mark"])], []


class SectionRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        number, between, words = split_heading(self.text.strip())
        heading = nodes.inline("", "", nodes.Text(number + between), in_language(words, "zh"))
        if number:
            heading["names"].append(label(number))
            self.inliner.document.note_explicit_target(heading)
        return [heading], []


def resolve(app: Any, env: Any, node: addnodes.pending_xref, content: nodes.Node) -> Any:
    """The link of a mark, once all pages are read; None leaves the warning to Sphinx."""
    if node["reftype"] != "article":
        return None
    found = env.get_domain("std").anonlabels.get(node["reftarget"])
    if found is None:
        return None
    page, anchor = found
    title = TITLE.format(node["number"])
    return make_refnode(app.builder, node["refdoc"], page, anchor, content, title)


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_role("article", MarkRole())
    app.add_role("article-section", SectionRole())
    app.connect("missing-reference", resolve)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
