"""The directive {measures}: what each column of `aesthetic measure` means, as a table.

    ```{measures}
    :group: composition
    ```

The rows come from `aesthetic_utils.aesthetics.measures.MEASURES`, so that page and program cannot
disagree. A group is a module of `aesthetic_utils.aesthetics`, and `size`; without one the table has
every column.
"""

from __future__ import annotations

import math
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective
from tables import entry, table

HEAD = ["Column", "What it is", "Unit", "Range", "In the reference"]


def range_text(low: float, high: float) -> str:
    """ "0 to 8", "0 and up", or "any" for a range with infinite ends."""
    if math.isinf(low) and math.isinf(high):
        return "any"
    if math.isinf(high):
        return f"{low:g} and up"
    return f"up to {high:g}" if math.isinf(low) else f"{low:g} to {high:.4g}".replace("-", "−")


def rows(group: str | None) -> list[list[str]]:
    """The cells of the table; raises KeyError for a group without columns."""
    from aesthetic_utils.aesthetics.measures import MEASURES

    chosen = {
        name: measure
        for name, measure in MEASURES.items()
        if group is None or measure.group.__name__.strip("_") == group
    }
    if not chosen:
        raise KeyError(group)
    return [
        [name, m.meaning, m.unit, range_text(*m.range), m.reference or "none"]
        for name, m in chosen.items()
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
