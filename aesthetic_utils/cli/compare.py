"""The command `aesthetic compare`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from aesthetic_utils.cli.common import UsageError, plural, require_absent

if TYPE_CHECKING:
    from aesthetic_utils.measures.compare import Comparison

CLEAR = 0.05  # differences with an adjusted p below it are marked


def add_compare(commands: argparse._SubParsersAction) -> None:
    """Add `aesthetic compare` to the commands."""
    parser = commands.add_parser(
        "compare",
        help="compare two tables of measures",
        description="Compare two tables of `aesthetic measure`, measure by measure: medians, the chance that a "
        "picture of B exceeds one of A with its interval, and p-values adjusted for the number of measures. The sizes "
        "of the pictures are compared first. The result is one HTML page that needs nothing else.",
    )
    parser.add_argument("a", type=Path, metavar="A.csv", help="the table of one set of pictures")
    parser.add_argument("b", type=Path, metavar="B.csv", help="the table of the other")
    parser.add_argument("--out", type=Path, required=True, help="the page to write")
    parser.add_argument("--csv", type=Path, help="a table of the numbers to write as well")
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")
    parser.set_defaults(run=compare)


def compare(options: argparse.Namespace) -> int:
    """`aesthetic compare`: the page, and the numbers as a table if they were asked for."""
    from aesthetic_utils.cli.page import write_page
    from aesthetic_utils.measures.compare import compare_tables, read_table, write_comparison

    written = {"--out": options.out} | ({"--csv": options.csv} if options.csv else {})
    for option, path in written.items():
        if path.resolve() in (options.a.resolve(), options.b.resolve()):
            raise UsageError(f"{option} {path} is one of the tables to compare; name another file")
        require_absent(path, options.overwrite, option)
    if options.csv and options.csv.resolve() == options.out.resolve():
        raise UsageError("--out and --csv are the same file")
    if options.a.resolve() == options.b.resolve():
        raise UsageError(f"{options.a} would be compared with itself; name two tables")
    found = compare_tables(read_table(options.a), read_table(options.b))
    write_page(options.out, comparison_page(found))
    if options.csv:
        write_comparison(options.csv, found)
    clear = sum(row.p_holm < CLEAR for row in found.rows)
    print(
        f"{plural(len(found.a), 'picture')} and {plural(len(found.b), 'picture')}, "
        f"{plural(len(found.rows), 'measure')}, {clear} with p below {CLEAR} after Holm: "
        f"{' and '.join(str(path) for path in written.values())}"
    )
    return 0


def comparison_page(found: "Comparison") -> str:
    """The comparison as an HTML page."""
    from aesthetic_utils.cli.page import bullets, heading, page, paragraph, warning

    a, b = found.a, found.b
    check = found.size.sentence
    body = [
        paragraph(
            f"A is {a.name} with {plural(len(a), 'picture')}, B is {b.name} with {plural(len(b), 'picture')}. "
            f"{plural(len(found.rows), 'measure')} compared."
        ),
        heading("Size first"),
        paragraph(check) if found.size.differ is False else warning(check),
        *([heading("Before you read on"), bullets(found.notes)] if found.notes else []),
        heading("How often B exceeds A"),
        _figure(found),
        _table(found),
        heading("How it was computed"),
        bullets(_method(found)),
    ]
    return page(f"{a.name} and {b.name} compared", body)


def _figure(found: "Comparison") -> str:
    from aesthetic_utils.cli.page import figure, intervals_figure

    rows = found.rows
    marked = [row.p_bh < CLEAR for row in rows]
    drawn = intervals_figure(
        [row.measure for row in rows],
        [(row.chance.value, row.chance.low, row.chance.high) for row in rows],
        label="chance that a picture of B has the larger value",
        middle=0.5,
        marked=marked,
        limits=(-0.02, 1.02),
    )
    top = rows[0]
    alt = (
        f"For each of {plural(len(rows), 'measure')} the chance that B exceeds A, with its interval, the clearest difference "
        f"on top: {top.measure}, {top.chance.value:.2f}. {sum(marked)} are marked. The numbers are in the table below."
    )
    caption = (
        f"The chance that a picture of B exceeds one of A, with 95 % intervals; the broken line at 0.5 is no difference. "
        f"Filled squares: p below {CLEAR} after Benjamini and Hochberg."
    )
    return figure(drawn, alt, caption)


def _table(found: "Comparison") -> str:
    from aesthetic_utils.cli.page import number, p_value, significant, table
    from aesthetic_utils.measures.columns import MEASURES

    lines = []
    for row in found.rows:
        known = MEASURES.get(row.measure)
        chance = row.chance
        lines.append([
            row.measure, known.unit if known else "", significant(row.median_a), significant(row.median_b),
            number(chance.value), f"{number(chance.low)} to {number(chance.high)}", p_value(row.p),
            p_value(row.p_holm), p_value(row.p_bh), number(row.missing_a), number(row.missing_b),
        ])  # fmt: skip
    head = [
        "measure", "unit", "median of A", "median of B", "B exceeds A", "95 % interval", "p", "p (Holm)", "p (BH)",
        "missing in A", "missing in B",
    ]  # fmt: skip
    return table("The measures, the clearest difference first", head, lines, texts=[1])


def _method(found: "Comparison") -> list[str]:
    return [
        "B exceeds A: of all pairs of a picture of A and one of B, the share in which that of B has the larger value, ties "
        "counted half (Mann and Whitney). 0.5 is no difference, 0 and 1 are sets that do not overlap.",
        f"95 % interval: percentiles over {1000:,} draws of the pictures of each set. It says what other pictures of the "
        "same two kinds might have given, and nothing about pictures of another kind.",
        "p: the two-sided test of Mann and Whitney, with ties by the normal approximation. It takes the pictures "
        "as independent; several of one series are not.",
        f"p (Holm) keeps the chance of any false alarm among the {plural(len(found.rows), 'measure')} at the level you choose; "
        "p (BH), of Benjamini and Hochberg, the share of false alarms among those you call different.",
        "Missing: pictures for which the measure is not defined. They are left out of that measure alone.",
    ]
