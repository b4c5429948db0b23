"""The command `aesthetic measure`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from aesthetic_utils.cli.common import UsageError, plural, require_absent, whole_number
from aesthetic_utils.storage import AestheticError

if TYPE_CHECKING:
    from aesthetic_utils.measures.preparation import Preparation
    from aesthetic_utils.measures.table import MeasuredFolder


def add_measure(commands: argparse._SubParsersAction) -> None:
    """Add `aesthetic measure` to the commands."""
    parser = commands.add_parser(
        "measure",
        help="measure images: colour, composition, spectrum, edges and more",
        description="Measure images and write a table with a row for each: file, width, height, what was "
        "enlarged, and one column a measure, empty where a measure is not defined. What the columns mean "
        "is written beside it, as NAME.columns.csv. Rows are kept in NAME.csv.part as they come: a run "
        "that was stopped goes on with --resume. Files that cannot be read are named and left out; the "
        "exit code is then 1.",
    )
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="image files, and folders of them"
    )
    parser.add_argument("--csv", type=Path, required=True, help="the table to write")
    parser.add_argument(
        "--columns",
        metavar="A,B,...",
        help="measure these alone (default: all; unknown ones list them)",
    )
    parser.add_argument(
        "--workers",
        type=whole_number,
        help="processes (default: by processors, memory and number of images)",
    )
    size = parser.add_argument_group("what is done to each picture first (default: nothing)")
    size.add_argument("--crop", action="store_true", help="cut the largest square from its middle")
    size.add_argument("--pad", action="store_true", help="fill it up to a square with white")
    size.add_argument("--size", type=whole_number, help="pixels of the longer side, up or down")
    size.add_argument("--pixels", type=whole_number, help="width times height, up or down")
    parser.add_argument(
        "--max-megapixels", type=float, default=100, help="larger pictures are left out (100)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a table that is there")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with a run that was stopped, from its .part file",
    )
    parser.set_defaults(run=measure)


def measure(options: argparse.Namespace) -> int:
    """`aesthetic measure`: the table of all images that can be measured, the others on stderr."""
    from aesthetic_utils.measures import table

    if not 0 < options.max_megapixels < 1e6:  # false for NaN
        raise UsageError(
            f"--max-megapixels is {options.max_megapixels:g}; it must be above 0 and below a million"
        )
    columns = _columns(options.columns, table.MEASURES)
    preparation = _preparation(options)
    require_absent(options.csv, options.overwrite, "--csv")
    table.require_writable(options.csv)
    found = _measured(options, columns, preparation)
    for bad in found.bad:
        print(f"aesthetic: left out: {bad}", file=sys.stderr)
    for note in found.notes:
        print(f"aesthetic: note: {note}", file=sys.stderr)
    if not found.rows:
        raise table.MeasureError(f"no image could be measured; {options.csv} was not written")
    table.write_table(options.csv, found.rows, columns)
    table.write_description(options.csv, columns, preparation)
    print(f"{plural(len(found.rows), 'image')}, {plural(len(columns), 'measure')}: {options.csv}")
    return 1 if found.bad else 0


def _measured(
    options: argparse.Namespace, columns: list[str], preparation: Preparation
) -> MeasuredFolder:
    """All rows, each kept in the part file as it comes; that file goes when the rows are all there."""
    from aesthetic_utils.measures import table
    from aesthetic_utils.measures.part_file import PartFile

    part = PartFile(options.csv, {"columns": columns, "pictures": preparation.described()})
    files = [str(file) for file in table.image_files(options.paths)]
    if part.path.exists() and not (options.resume or options.overwrite):
        raise AestheticError(
            f"{part.path} holds rows of a run that was stopped; add --resume to go on with it, or "
            "--overwrite to begin again"
        )
    known = part.known(files) if options.resume else {}
    if options.resume:
        print(f"aesthetic: {plural(len(known), 'image')} measured before", file=sys.stderr)
    with part.open(known):
        try:
            found = table.measure_folder(
                options.paths, options.workers, progress=sys.stderr.isatty(), columns=columns,
                preparation=preparation, known=known, keep=part.add,
                max_pixels=int(options.max_megapixels * 1e6),
            )  # fmt: skip
        except BaseException:
            print(
                f"aesthetic: what was measured is kept in {part.path}; the same command with --resume "
                "goes on",
                file=sys.stderr,
            )
            raise
    part.remove()
    return found


def _columns(text: str | None, measures: Collection[str]) -> list[str]:
    if text is None:
        return list(measures)
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in measures]
    if unknown or not names:
        raise UsageError(
            f"--columns: no measure is called {(unknown or [text])[0]!r}; there are {', '.join(measures)}"
        )
    return names


def _preparation(options: argparse.Namespace) -> Preparation:
    from aesthetic_utils.measures.preparation import Preparation

    try:
        return Preparation(
            size=options.size, pixels=options.pixels, crop=options.crop, pad=options.pad
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
