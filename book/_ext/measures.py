"""The directive {measures}: what each column of `aesthetic measure` means, as a table.

    ```{measures}
    :group: composition
    ```

The rows come from book/6-faq/measures.json, which `python -m tools.publish_measures --columns` writes
from `aesthetic_utils.measures.columns.MEASURES`, so that the book is built without PyTorch; a test
compares the two. A group is a module of `aesthetic_utils.measures`, and `size`; without one the
table has every column. Median and middle half over the photographs come from the record
`reference_distributions`.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective
from tables import entry, table

HEAD = ["Column", "What it is", "Range and unit", "Our photographs", "In the reference"]


ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ROOT / "book" / "6-faq" / "measures.json"
REFERENCE = ROOT / "aesthetic_utils" / "results" / "reference_distributions.json"


def range_text(low: float | None, high: float | None, unit: str = "1") -> str:
    """ "0 to 8 bits", "0 and up, levels", or "any" for a range without an end, which is None; 1 is no unit."""
    named = "" if unit == "1" else unit
    if high is None:
        words = "any" if low is None else f"{low:g} and up"
        return f"{words}, {named}" if named else words
    words = f"up to {high:g}" if low is None else f"{low:g} to {high:.4g}"
    return f"{words} {named}".rstrip().replace("-", "−")


def middle_text(quantiles: list[float]) -> str:
    """ "7.37 (6.96 to 7.56)": the median and the quartiles of 101 quantiles, to three digits."""
    low, median, high = (short(quantiles[q]) for q in (25, 50, 75))
    return f"{median} ({low} to {high})"


def short(value: float) -> str:
    """Three significant digits, never with an exponent: "1270", "0.00032", "−2.87"."""
    rounded = Decimal(f"{value:.3g}").normalize()
    return f"{rounded:f}".replace("-", "−")


def rows(group: str | None) -> list[list[str]]:
    """The cells of the table; raises KeyError for a group without columns."""
    columns = json.loads(COLUMNS.read_text("utf-8"))
    chosen = [c for c in columns if group is None or c["group"] == group]
    if not chosen:
        raise KeyError(group)
    photographs = json.loads(REFERENCE.read_text("utf-8"))["sets"]["photographs"]["measures"]
    return [
        [
            c["name"],
            c["meaning"],
            range_text(*c["range"], c["unit"]),
            middle_text(photographs[c["name"]]["quantiles"]),
            c["reference"] or "none",
        ]
        for c in chosen
    ]


class Measures(SphinxDirective):
    """See the module."""

    option_spec = {"group": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """The table."""
        try:
            cells = rows(self.options.get("group"))
        except KeyError as error:
            raise self.error(f"measures: no column belongs to the group {error}") from None
        lines = [[entry(row[0], code=True), *map(entry, row[1:])] for row in cells]
        return [table(HEAD, lines, "measures")]


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_directive("measures", Measures)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
