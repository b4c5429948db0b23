"""The command `aesthetic measure`."""

import argparse
import sys
from pathlib import Path

from aesthetic_utils.cli.common import plural, require_absent, whole_number


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
        "--workers",
        type=whole_number,
        help="processes at most (default: as there are processors); fewer where the images are too few to pay",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a table that is there")
    parser.set_defaults(run=measure)


def measure(options: argparse.Namespace) -> int:
    """`aesthetic measure`: the table of all images that can be measured, the others on stderr."""
    from aesthetic_utils.measures.table import (
        MEASURES,
        MeasureError,
        image_files,
        measure_folder,
        require_writable,
        worker_count,
        write_table,
    )

    require_absent(options.csv, options.overwrite, "--csv")
    require_writable(options.csv)
    files = image_files(options.paths)
    workers = worker_count(options.workers, files)
    if options.workers and workers < options.workers:
        print(
            f"aesthetic: {plural(workers, 'worker')} for {plural(len(files), 'image')}: to start more would take "
            "longer than it saves",
            file=sys.stderr,
        )
    found = measure_folder(files, workers, progress=sys.stderr.isatty())
    for bad in found.bad:
        print(f"aesthetic: left out: {bad}", file=sys.stderr)
    if not found.rows:
        raise MeasureError(f"no image could be measured; {options.csv} was not written")
    write_table(options.csv, found.rows)
    print(f"{plural(len(found.rows), 'image')}, {len(MEASURES)} measures: {options.csv}")
    return 1 if found.bad else 0
