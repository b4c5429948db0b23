"""The commands `aesthetic measure` and `aesthetic votes`; cli.py puts them beside the others."""

import argparse
import sys
from pathlib import Path

from aesthetic_utils.storage import AestheticError


def add_measure(commands: argparse._SubParsersAction) -> None:
    """Add `aesthetic measure` to the commands."""
    parser = commands.add_parser(
        "measure",
        help="measure images: colour, composition, spectrum, edges and more",
        description="Measure images and write a table with a row for each: file, width, height and "
        "one column a measure, empty where a measure is not defined. Files that cannot be read are "
        "named and left out; the exit code is then 1.",
    )
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="image files, and folders of them"
    )
    parser.add_argument("--csv", type=Path, required=True, help="the table to write")
    parser.add_argument(
        "--workers", type=_count, help="processes (default: by processors and number of images)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a table that is there")
    parser.set_defaults(run=measure)


def measure(options: argparse.Namespace) -> int:
    """`aesthetic measure`: the table of all images that can be measured, the others on stderr."""
    from aesthetic_utils.aesthetics.table import (
        MEASURES,
        MeasureError,
        measure_folder,
        require_writable,
        write_table,
    )

    _require_absent(options.csv, options.overwrite, "--csv")
    require_writable(options.csv)
    found = measure_folder(options.paths, options.workers, progress=sys.stderr.isatty())
    for bad in found.bad:
        print(f"aesthetic: left out: {bad}", file=sys.stderr)
    if not found.rows:
        raise MeasureError(f"no image could be measured; {options.csv} was not written")
    write_table(options.csv, found.rows)
    print(f"{_plural(len(found.rows), 'image')}, {len(MEASURES)} measures: {options.csv}")
    return 1 if found.bad else 0


def add_votes(commands: argparse._SubParsersAction) -> None:
    """Add `aesthetic votes` to the commands."""
    parser = commands.add_parser(
        "votes",
        help="work with files of votes",
        description="Work with the files in which learners keep their votes.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    merge = actions.add_parser(
        "merge",
        help="join the files of a class into one",
        description="Join all CSV files of a folder into one, ordered by time, each vote once and "
        "without those that were taken back. Rows that are no votes are named and left out; the exit "
        "code is then 1.",
    )
    merge.add_argument("folder", type=Path, help="where the learners' files lie")
    merge.add_argument("--out", type=Path, required=True, help="the file to write")
    merge.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    merge.set_defaults(run=merge_votes)


def merge_votes(options: argparse.Namespace) -> int:
    """`aesthetic votes merge`: one file of all votes, and on stderr what should be looked at."""
    from aesthetic_utils.aesthetics import rating_file

    if options.out.resolve().parent == options.folder.resolve():
        raise AestheticError(
            f"{options.out} would lie among the files that are merged, and be one of them the next "
            "time; choose an --out in another folder"
        )
    _require_absent(options.out, options.overwrite, "--out")
    merged = rating_file.merge_votes(options.folder)
    for problem in merged.problems:
        print(f"aesthetic: left out: {problem}", file=sys.stderr)
    for note in merged.notes:
        print(f"aesthetic: note: {note}", file=sys.stderr)
    rating_file.write_votes(options.out, merged.votes)
    raters = len({vote.rater for vote in merged.votes})
    print(
        f"{_plural(len(merged.votes), 'vote')} of {_plural(raters, 'rater')} from "
        f"{_plural(len(merged.files), 'file')}, {_plural(merged.duplicates, 'row')} twice: "
        f"{options.out}"
    )
    return 1 if merged.problems else 0


def _count(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number above 0")
    return value


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' * (count != 1)}"


def _require_absent(path: Path, overwrite: bool, option: str) -> None:
    if path.is_file() and not overwrite:
        raise AestheticError(
            f"{path} is there already; choose another {option}, or add --overwrite"
        )
