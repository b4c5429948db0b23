"""One HTML page that needs nothing else: its look, tables and figures are inside, and it has no script."""

import html
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aesthetic_utils.storage import AestheticError, atomic_path, reason

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#010203"  # drawn in it, text and axes take the colour of the page's text
BLUE, ORANGE = "#2b7bba", "#d55e00"  # at least 3 : 1 on white and on the dark ground

STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1b1b1b; --line: #8a8a8a; --box: #fff4d6; --edge: #9a6700; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #16181b; --ink: #e8e8e8; --line: #8a8a8a; --box: #3a2f10; --edge: #e0b040; }
}
@media print { :root { color-scheme: light; --ground: #fff; --ink: #000; --box: #fff; --edge: #000; } }
body { background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif;
  margin: 2rem auto; max-width: 62rem; padding: 0 1rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .6rem; text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; white-space: nowrap; }
thead th { vertical-align: bottom; }
figure { margin: 1.5rem 0; }
figure svg { max-width: 100%; height: auto; }
.warning { background: var(--box); border: 2px solid var(--edge); padding: .6rem 1rem; }
@media print {
  body { margin: 0; max-width: none; font-size: 9pt; }
  .scroll { overflow: visible; }
  thead { display: table-header-group; }
  tr, figure, .warning { break-inside: avoid; }
}
"""


def page(title: str, body: Sequence[str]) -> str:
    """The page; title is text, body are pieces of HTML."""
    text = escape(title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{text}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{text}</h1>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def escape(text: object) -> str:
    """Text as HTML, whatever it holds."""
    return html.escape(plain(str(text)))


def plain(text: str) -> str:
    """Text in which letters that XML cannot hold, or that turn the order of reading, are squares."""
    return re.sub(
        "[^\t\n\x20-\x7e\xa0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]",
        "□",
        text,
    )


def heading(text: str) -> str:
    """A heading of a section."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str) -> str:
    """A paragraph of plain text."""
    return f"<p>{escape(text)}</p>"


def warning(text: str) -> str:
    """What has to be read before the rest."""
    return f'<p class="warning" role="note"><strong>Warning.</strong> {escape(text)}</p>'


def bullets(texts: Sequence[str]) -> str:
    """A list of sentences; nothing for none."""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{items}</ul>" if items else ""


def number(value: float | int | None, digits: int = 3) -> str:
    """A number as a cell shows it, a dash where there is none."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:z.{digits}f}".replace("-", "\N{MINUS SIGN}")  # z: there is no minus zero


def significant(value: float) -> str:
    """A number of any size, with four digits that count."""
    return number(None) if math.isnan(value) else f"{value:.4g}".replace("-", "\N{MINUS SIGN}")


def p_value(value: float) -> str:
    """A p-value; below .001 only that."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def table(
    caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], texts: Sequence[int] = ()
) -> str:
    """A table whose first column names the rows; `texts` are the columns, besides it, that are not numbers."""
    kinds = ["" if i == 0 or i in texts else ' class="number"' for i in range(len(head))]
    top = "".join(
        f'<th scope="col"{kind}>{escape(name)}</th>' for name, kind in zip(head, kinds, strict=True)
    )
    lines = []
    for row in rows:
        cells = [f'<th scope="row">{escape(row[0])}</th>']
        cells += [f"<td{kinds[i]}>{escape(cell)}</td>" for i, cell in enumerate(row) if i]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody>"
        "</table></div>"
    )


def figure(drawn: "Figure", alt: str, caption: str) -> str:
    """A figure of matplotlib as SVG inside the page; what is drawn in INK follows the page's colour of text."""
    import io
    import warnings

    import matplotlib as mpl

    drawn.patch.set_alpha(0)
    buffer = io.StringIO()
    with (
        mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": caption}),
        warnings.catch_warnings(
            action="ignore"
        ),  # a letter that one typeface lacks, the reader's may have
    ):
        drawn.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{escape(alt)}"', 1)
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def intervals_figure(
    names: Sequence[str],
    rows: Sequence[tuple[float, float, float]],
    *,
    label: str,
    middle: float | None = None,
    marked: Sequence[bool] = (),
    limits: tuple[float, float] | None = None,
) -> "Figure":
    """Values with their intervals, one below the other; marked ones in orange and filled."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    inked = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor")
    style: dict[Any, Any] = dict.fromkeys(inked, INK) | {
        "text.parse_math": False,  # a name may have any letters
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    marked = marked or [False] * len(names)
    with mpl.rc_context(style):
        drawn = Figure(figsize=(7.5, 1.0 + 0.22 * len(names)), layout="constrained")
        axes = drawn.add_subplot(facecolor="none")
        if middle is not None:
            axes.axvline(middle, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
        for i, ((value, low, high), mark) in enumerate(zip(rows, marked, strict=True)):
            colour = ORANGE if mark else BLUE
            if math.isfinite(low) and math.isfinite(high):
                axes.plot([low, high], [i, i], color=colour, linewidth=1.6)
            axes.plot(
                value, i, "s" if mark else "o", color=colour, markersize=5,
                markerfacecolor=colour if mark else "none",
            )  # fmt: skip
        shown = [name if len(name) <= 36 else name[:33] + "..." for name in map(plain, names)]
        axes.set_yticks(range(len(names)), shown)
        axes.set_ylim(len(names) - 0.4, -0.6)  # the first on top
        axes.set_xlabel(label)
        if limits:
            axes.set_xlim(*limits)
    return drawn


def write_page(path: Path, text: str) -> None:
    """Write the page; it appears whole or not at all. AestheticError says why it cannot be written."""
    try:
        with atomic_path(path) as part:
            part.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise AestheticError(f"{path} cannot be written: {reason(error)}") from error
