"""The page of a talk: one file that asks nobody for anything. Needs nbconvert (`pip install nbconvert`).

nbconvert turns the cells of an outline into reveal.js's sections, by the template in course/; reveal.js (tools/vendor.py), the
look, the typeface and the stylesheet of the formulas are in the file. Formulas are set here, by KaTeX.
"""

from __future__ import annotations

import base64
import html
import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

from nbformat import NotebookNode

from tools.modes import ROOT
from tools.slides.outline import deck_of

HERE = Path(__file__).parent
VENDOR = ROOT / "book" / "vendor"
MATHS = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$\n]+(?:\n[^$\n]+)?)\$", re.DOTALL)
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
MARK = "FORMULA{:04d}X"


@cache
def formulas() -> ModuleType:
    """The book's extension that sets formulas; extensions are no package, so that Sphinx finds them by name."""
    spec = importlib.util.spec_from_file_location(
        "formulas", ROOT / "book" / "_ext" / "formulas.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def take_formulas(deck: NotebookNode) -> list[str]:
    """Replaces the formulas of a deck by marks that Markdown leaves alone; the HTML of each, in order."""
    made: list[str] = []

    def mark(found: re.Match[str]) -> str:
        tex = found[1] if found[1] is not None else found[2]
        text = formulas().lines(tex) if found[1] is not None else " ".join(tex.split())
        made.append(formulas().typeset(text, found[1] is not None))
        return MARK.format(len(made) - 1)

    for cell in deck.cells:
        if cell.cell_type == "markdown":
            codes = CODE.findall(cell.source)
            parts = CODE.split(cell.source)
            done = [MATHS.sub(mark, part) for part in parts]
            cell.source = done[0] + "".join(c + d for c, d in zip(codes, done[1:], strict=True))
    return made


def typeface() -> str:
    """The rule for the text's typeface, with the font inside."""
    font = base64.b64encode((VENDOR / "fonts" / "serif.woff2").read_bytes()).decode()
    return (
        '@font-face{font-family:"Course Serif";font-weight:400 600;'
        f"src:url(data:font/woff2;base64,{font}) format('woff2')}}"
    )


def slides(lesson: NotebookNode) -> str:
    """The HTML of a lesson's talk. Raises ImportError without nbconvert."""
    from nbconvert.exporters import SlidesExporter

    deck = deck_of(lesson)
    set_formulas = take_formulas(deck)
    exporter = SlidesExporter(
        template_name="course",
        extra_template_basedirs=[str(HERE)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    exporter.register_preprocessor(_without_code(), enabled=True)
    maths = (VENDOR / "katex" / "katex.css").read_text("utf-8") if set_formulas else ""
    inside = {
        "look": (HERE / "deck.css").read_text("utf-8"),
        "frame": (HERE / "reveal" / "reveal.css").read_text("utf-8"),
        "script": (HERE / "reveal" / "reveal.js").read_text("utf-8"),
        "notes": (HERE / "notes.js").read_text("utf-8"),
        "typeface": typeface(),
        "maths": maths,
        "title": html.escape(deck.metadata.title),
    }
    body, _ = exporter.from_notebook_node(deck, resources={"course": inside})
    for number, formula in enumerate(set_formulas):
        body = body.replace(MARK.format(number), formula)
    return body


def _without_code() -> object:
    from nbconvert.preprocessors import TagRemovePreprocessor

    return TagRemovePreprocessor(remove_input_tags={"no-input"}, enabled=True)
