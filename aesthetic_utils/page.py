"""One HTML page that holds all it shows: text, tables and simple charts, nothing fetched from elsewhere."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; text-align: left; border-bottom: 1px solid #8886; vertical-align: top; }
td.n { text-align: right; }
.note { border-left: .3rem solid #b60; padding-left: .8rem; }
div { overflow-x: auto; }
"""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A value with its interval, one line of a chart."""

    name: str
    value: float
    low: float
    high: float


def page(title: str, parts: Sequence[str]) -> str:
    """The whole document; parts are what the functions below give."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{html.escape(title)}</h1>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def heading(text: str) -> str:
    """A heading within the page."""
    return f"<h2>{html.escape(text)}</h2>"


def paragraph(text: str, *, note: bool = False) -> str:
    """A paragraph of plain text; a note stands out."""
    kind = ' class="note"' if note else ""
    return f"<p{kind}>{html.escape(text)}</p>"


def table(head: Sequence[str], rows: Sequence[Sequence[str | float]]) -> str:
    """Rows under a head; numbers are written with three significant digits, NaN as a dash."""
    top = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    lines = ("".join(map(_cell, row)) for row in rows)
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f"<div><table><thead><tr>{top}</tr></thead><tbody>\n{body}\n</tbody></table></div>"


def chart(
    bars: Sequence[Bar], label: str, *, ends: tuple[float, float], line: float | None = None
) -> str:
    """Points with their intervals, one below the other, as SVG; `line` is drawn upright through all."""
    row, left, wide = 20, 240, 440
    low, high = ends

    def x(value: float) -> float:
        return left + wide * (min(max(value, low), high) - low) / (high - low)

    height = row * len(bars) + 44
    drawn = []
    if line is not None:
        drawn.append(f'<path d="M{x(line):.1f} 0V{height - 40}" stroke-dasharray="4"/>')
    for k, bar in enumerate(bars):
        y = row * k + 14
        drawn.append(
            f'<text x="{left - 10}" y="{y + 4}" text-anchor="end" stroke="none">{html.escape(bar.name)}</text>'
        )
        if math.isfinite(bar.low) and math.isfinite(bar.high):
            drawn.append(f'<path d="M{x(bar.low):.1f} {y}H{x(bar.high):.1f}"/>')
        if math.isfinite(bar.value):
            drawn.append(f'<circle cx="{x(bar.value):.1f}" cy="{y}" r="4"/>')
    for value in (low, (low + high) / 2, high):
        drawn.append(
            f'<text x="{x(value):.1f}" y="{height - 24}" text-anchor="middle" stroke="none">{value:.3g}</text>'
        )
    drawn.append(
        f'<text x="{left + wide / 2}" y="{height - 6}" text-anchor="middle" stroke="none">{html.escape(label)}</text>'
    )
    return (
        f'<div><svg viewBox="0 0 {left + wide + 30} {height}" width="{left + wide + 30}" role="img" '
        f'aria-label="{html.escape(label)}" fill="currentColor" stroke="currentColor" font-size="13">'
        + "".join(drawn)
        + "</svg></div>"
    )


def number(value: float) -> str:
    """Three significant digits, or a dash for NaN."""
    return "–" if math.isnan(value) else f"{value:.3g}"


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return f"<td>{html.escape(value)}</td>"
    text = f"{value:,}" if isinstance(value, int) else number(value)
    return f'<td class="n">{text}</td>'
