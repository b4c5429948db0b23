"""The directive {measures}: what each column of `aesthetic measure` means, as a table.

    ```{measures}
    :group: composition
    ```

The rows come from book/6-faq/measures.json, which `python -m tools.publish_measures --columns` writes
from `aesthetic_utils.measures.columns.MEASURES`, so that the book is built without PyTorch; a test
compares the two. A group is a module of `aesthetic_utils.aesthetics`, and `size`; without one the
table has every column.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective
from tables import entry, table

HEAD = ["Column", "What it is", "Unit", "Range", "In the reference"]


COLUMNS = Path(__file__).resolve().parents[2] / "book" / "6-faq" / "measures.json"


def range_text(low: float | None, high: float | None) -> str:
    """ "0 to 8", "0 and up", or "any" for a range without an end, which is None."""
    if low is None and high is None:
        return "any"
    if high is None:
        return f"{low:g} and up"
    return f"up to {high:g}" if low is None else f"{low:g} to {high:.4g}".replace("-", "−")


def rows(group: str | None) -> list[list[str]]:
    """The cells of the table; raises KeyError for a group without columns."""
    columns = json.loads(COLUMNS.read_text("utf-8"))
    chosen = [c for c in columns if group is None or c["group"] == group]
    if not chosen:
        raise KeyError(group)
    return [
        [c["name"], c["meaning"], c["unit"], range_text(*c["range"]), c["reference"] or "none"]
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
