"""Formulas, set when the book is built: KaTeX turns TeX into HTML, with MathML inside.

A page needs then no script for its formulas: they can be copied and read aloud, stand in print, and
do not move the text when they appear. KaTeX itself (vendored, JavaScript) runs in the build, in
V8 as packaged by mini-racer; `katex/katex.css` with its fonts goes to the pages that have a formula.
A formula that KaTeX cannot set is a warning, and so stops a strict build.
"""

from __future__ import annotations

import html
import json
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)
KATEX = Path(__file__).parent / "katex" / "katex.min.js"
STYLE = "katex/katex.css"  # in the site, from book/vendor


class FormulaError(ValueError):
    """A formula that KaTeX refuses; the message says where."""


@cache
def engine() -> Any:
    """V8 with KaTeX loaded."""
    from py_mini_racer import MiniRacer

    context = MiniRacer()
    context.eval(KATEX.read_text("utf-8"))
    context.eval(
        "function set(tex, display) {"
        "  try { return [true, katex.renderToString(tex, {"
        "    displayMode: display, throwOnError: true, strict: false, output: 'htmlAndMathml'})]; }"
        "  catch (error) { return [false, String(error.message)]; } }"
    )
    return context


@cache
def typeset(tex: str, display: bool) -> str:
    """The HTML of a formula. Raises FormulaError with KaTeX's words for TeX that it cannot read."""
    call = f"JSON.stringify(set({json.dumps(tex)}, {json.dumps(display)}))"
    done, result = json.loads(engine().eval(call))
    if not done:
        raise FormulaError(f"{result} in {tex!r}")
    return result


def lines(tex: str) -> str:
    """A displayed formula as Sphinx understands it: blank lines part equations, \\\\ breaks lines."""
    parts = [part.strip() for part in tex.split("\n\n") if part.strip()]
    broken = [rf"\begin{{split}}{p}\end{{split}}" if r"\\" in p else p for p in parts]
    if len(broken) == 1:
        return broken[0]
    return r"\begin{gathered}" + r" \\ ".join(broken) + r"\end{gathered}"


def render(translator: Any, node: nodes.Element, tex: str, display: bool) -> str:
    """The HTML of a node's formula; a warning, and its TeX, where that cannot be set."""
    try:
        return typeset(tex, display)
    except FormulaError as error:
        logger.warning("formula: %s", error, location=node)
        return html.escape(tex)


def visit_inline(translator: Any, node: nodes.math) -> None:
    """Sphinx calls this for a formula in a line."""
    set_formula = render(translator, node, node.astext(), display=False)
    translator.body.append(
        translator.starttag(node, "span", "", CLASS="math notranslate nohighlight")
        + set_formula
        + "</span>"
    )
    raise nodes.SkipNode


def visit_display(translator: Any, node: nodes.math_block) -> None:
    """Sphinx calls this for a displayed formula; with its number and the link to it, if it has any."""
    body = translator.body
    body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        body.append("</span>")
    tex = node.astext() if node["nowrap"] else lines(node.astext())
    body.append(f'<div class="formula">{render(translator, node, tex, True)}</div>')
    body.append("</div>\n")
    raise nodes.SkipNode


def add_style(app: Any, page: str, template: str, context: dict, doctree: Any) -> None:
    """The stylesheet, on pages with a formula only."""
    if doctree is not None and next(doctree.findall(_is_formula), None) is not None:
        app.add_css_file(f"../{STYLE}")


def _is_formula(node: nodes.Node) -> bool:
    return isinstance(node, nodes.math | nodes.math_block)


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_display, None))
    app.connect("html-page-context", add_style)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
