"""Figures, tables and formulas are numbered by part: Fig. 3.12 stands in part 3, whatever its page.

The headings carry their numbers in their text, so Sphinx knows of no sections that it could count by. The
part is read from the file's name: book/3-algorithms/..., notebooks/3_1_...; all other pages count
together.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

PART = re.compile(r"^(?:book/(\d+)-|notebooks/(\d+)_)")


def part_of(page: str) -> tuple[int, ...]:
    """(3,) for a page of part 3; () for one that belongs to none."""
    match = PART.match(page)
    return (int(match[1] or match[2]),) if match else ()


def renumbered(numbers: dict[str, dict[str, dict[str, tuple]]]) -> dict:
    """Sphinx's running numbers, page -> kind -> id -> number, counted anew in each part."""
    order = [(number, page, kind, name) for page, kinds in numbers.items()
             for kind, names in kinds.items() for name, number in names.items()]  # fmt: skip
    count: Counter = Counter()
    new: dict = {page: {kind: {} for kind in kinds} for page, kinds in numbers.items()}
    for _number, page, kind, name in sorted(order, key=lambda entry: entry[0]):
        part = part_of(page)
        place = (kind, part)
        count[place] += 1
        new[page][kind][name] = (*part, count[place])
    return new


def renumber(app: Any, env: Any) -> list[str]:
    """Sphinx calls this when all pages were read and its own numbers are there."""
    env.toc_fignumbers = renumbered(env.toc_fignumbers)
    return list(env.toc_fignumbers)


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("env-get-updated", renumber, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
