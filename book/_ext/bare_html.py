"""HTML without what only the eye needs, for whoever reads the text of a page: a fifth of the work for a parser."""

from __future__ import annotations

import re

LAYOUT = re.compile(r'<span\s+class="katex-html"')  # of a formula, which stands before it as MathML
SPAN = re.compile(r"<(/?)span\b[^>]*>")
COLOUR = re.compile(r'<span class="[a-z0-9]{1,3}">([^<]*)</span>')  # Pygments' kinds of words


def parts(html: str) -> tuple[str, list[str]]:
    """The page without the layout of its formulas, and that of each. Raises ValueError where one has no end."""
    kept, layouts, at = [], [], 0
    while start := LAYOUT.search(html, at):
        kept.append(html[at : start.start()])
        depth = 0
        for tag in SPAN.finditer(html, start.start()):
            depth += -1 if tag[1] else 1
            if depth == 0:
                break
        else:
            raise ValueError(f"no end of the formula {html[start.start() :][:80]!r}")
        at = tag.end()
        layouts.append(html[start.start() : at])
    return "".join([*kept, html[at:]]), layouts


def bare(html: str) -> str:
    """The page with the same text, links and pictures: without the layout of formulas and the colours of code."""
    return COLOUR.sub(r"\1", parts(html)[0])
