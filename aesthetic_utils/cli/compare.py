"""The command `aesthetic compare`."""

import argparse
import sys
from pathlib import Path

from aesthetic_utils.cli.common import plural, require_absent
from aesthetic_utils.storage import AestheticError, atomic_path, reason


def add_compare(commands: argparse._SubParsersAction) -> None:
    """Add `aesthetic compare` to the commands."""
    parser = commands.add_parser(
        "compare",
        help="compare two tables of measures",
        description="Compare two tables that `aesthetic measure` wrote: first whether the pictures have "
        "the same size, then for each measure both medians, how often a picture of the first set exceeds "
        "one of the second, with its interval, and tests adjusted for their number. One HTML page.",
    )
    parser.add_argument("first", type=Path, metavar="A.csv")
    parser.add_argument("second", type=Path, metavar="B.csv")
    parser.add_argument("--out", type=Path, help="the page to write (A_B.html beside the first)")
    parser.add_argument("--overwrite", action="store_true", help="replace a page that is there")
    parser.set_defaults(run=compare)


def compare(options: argparse.Namespace) -> None:
    """`aesthetic compare`: the page, what has to be said of the sizes, and what differs most."""
    from aesthetic_utils.measures.compare import (
        compare_measures,
        comparison_page,
        read_measures,
        size_note,
    )

    names = options.first.stem, options.second.stem
    out = options.out or options.first.with_name(f"{names[0]}_{names[1]}.html")
    require_absent(out, options.overwrite)
    a, b = read_measures(options.first), read_measures(options.second)
    write_page(out, comparison_page(names, a, b))
    if note := size_note(a, b):
        print(f"aesthetic: note: {note}", file=sys.stderr)
    compared = compare_measures(a, b)
    for c in compared[:5]:
        print(f"{c.name}: {c.chance:.2f} [{c.low:.2f}, {c.high:.2f}], Holm p {c.holm:.2g}")
    print(f"{plural(len(compared), 'measure')}: {out}")


def write_page(path: Path, text: str) -> None:
    """Write an HTML page, whole or not at all; AestheticError when it cannot be written."""
    try:
        with atomic_path(path) as part:
            part.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise AestheticError(f"{path} cannot be written: {reason(error)}") from error
