"""The command `aesthetic measure`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aesthetic_utils.cli.common import UsageError, plural, require_absent, whole_number
from aesthetic_utils.storage import AestheticError

if TYPE_CHECKING:
    from aesthetic_utils.measures.part_file import PartFile
    from aesthetic_utils.measures.preparation import Preparation
    from aesthetic_utils.measures.table import BadFile, Result, Row


def add_measure(commands: argparse._SubParsersAction) -> None:
    """Add `aesthetic measure` to the commands."""
    parser = commands.add_parser(
        "measure",
        help="measure images: colour, composition, spectrum, edges and more",
        description="Measure images and write a table with a row for each: file, width, height, what was "
        "enlarged, and one column a measure, empty where a measure is not defined. What the columns mean "
        "is written beside it, as NAME.columns.csv. Rows are kept in NAME.csv.part as they come: a run "
        "that was stopped goes on with --resume. Files that cannot be read are named and left out; the "
        "exit code is then 1. At the end the command says what a million such pictures would cost.",
    )
    parser.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="image files, and folders of them"
    )
    table = parser.add_mutually_exclusive_group(required=True)
    table.add_argument("--csv", type=Path, help="the table to write")
    table.add_argument(
        "--parquet", type=Path, help="the table to write, as Parquet (needs pyarrow)"
    )
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
    parser.add_argument(
        "--dask",
        metavar="ADDRESS",
        help="measure on the cluster of this Dask scheduler, such as tcp://10.0.0.5:8786; `local` starts "
        "workers here. The workers have to find the files under the same paths",
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


@dataclass
class Tally:
    """What became of the pictures, without their rows, which are on the disk."""

    measured: int = 0
    pixels: int = 0  # of those that were measured
    seconds: float = 0.0  # of a core, for these and for those that were left out
    bad: list[BadFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def cost(self) -> str:
        """What a picture took, and what a million of them would take; "" if none was measured."""
        if not self.measured:
            return ""
        each = self.seconds / self.measured
        days = each * 1e6 / 86_400
        return (
            f"{each:.2g} s of a core for a picture of {self.pixels / self.measured / 1e6:.2g} megapixels; "
            f"a million such pictures would take {days:.2g} days of a core"
        )


def measure(options: argparse.Namespace) -> int:
    """`aesthetic measure`: the table of all images that can be measured, the others on stderr."""
    from aesthetic_utils.measures import table

    if not 0 < options.max_megapixels < 1e6:  # false for NaN
        raise UsageError(
            f"--max-megapixels is {options.max_megapixels:g}; it must be above 0 and below a million"
        )
    columns = _columns(options.columns, table.MEASURES)
    preparation = _preparation(options)
    out, write = _out(options)
    require_absent(out, options.overwrite, "--csv" if options.csv else "--parquet")
    table.require_writable(out)
    files = [str(file) for file in table.image_files(options.paths)]
    with _part_file(options, out, columns, preparation, files) as part:
        tally = _measured(options, columns, preparation, files, part)
        for bad in tally.bad:
            print(f"aesthetic: left out: {bad}", file=sys.stderr)
        for note in tally.notes:
            print(f"aesthetic: note: {note}", file=sys.stderr)
        rows = len(part)
        if rows:
            write(out, part.rows(files), columns)
            table.write_description(out, columns, preparation)
    part.remove()
    if not rows:
        raise table.MeasureError(f"no image could be measured; {out} was not written")
    print(f"{plural(rows, 'image')}, {plural(len(columns), 'measure')}: {out}")
    if cost := tally.cost():
        print(cost)
    return 1 if tally.bad else 0


def _out(
    options: argparse.Namespace,
) -> tuple[Path, Callable[[Path, Iterable[Row], Sequence[str]], None]]:
    """The table's path, and what writes it."""
    from aesthetic_utils.measures import parquet, table

    if options.csv:
        return options.csv, table.write_table
    parquet.require_pyarrow()  # better before a week's work than after
    return options.parquet, parquet.write_parquet


@contextmanager
def _part_file(
    options: argparse.Namespace,
    out: Path,
    columns: list[str],
    preparation: Preparation,
    files: list[str],
) -> Iterator[PartFile]:
    """The open part file; where the work breaks off, it stays and the user is told, unless nothing is in it."""
    from aesthetic_utils.measures.part_file import PartFile

    part = PartFile(out, {"columns": columns, "pictures": preparation.described()})
    if part.path.exists() and not (options.resume or options.overwrite):
        raise AestheticError(
            f"{part.path} holds rows of a run that was stopped; add --resume to go on with it, or "
            "--overwrite to begin again"
        )
    with part.open(files if options.resume else None):
        if options.resume:
            print(f"aesthetic: {plural(len(part), 'image')} measured before", file=sys.stderr)
        try:
            yield part
        except BaseException:
            if len(part):
                print(
                    f"aesthetic: what was measured is kept in {part.path}; the same command with --resume "
                    "goes on",
                    file=sys.stderr,
                )
            raise


def _measured(
    options: argparse.Namespace,
    columns: list[str],
    preparation: Preparation,
    files: list[str],
    part: PartFile,
) -> Tally:
    """Measure what the part file has not, and add each row to it as it comes."""
    from aesthetic_utils.measures import cluster, table

    work = table.one_file(tuple(columns), preparation, int(options.max_megapixels * 1e6))
    todo = [file for file in files if file not in part]
    if options.dask and todo:
        with cluster.connected(options.dask, options.workers, todo) as client:
            tally = _tally(cluster.measured_by_cluster(client, todo, work), part, len(todo))
    else:
        count = table.worker_count(options.workers, todo)
        tally = _tally(table.measured_one_by_one(todo, count, work), part, len(todo))
        tally.notes[:0] = table.worker_note(options.workers, count)
    if others := table.passed_over(options.paths):
        tally.notes.append(f"passed over, since such pictures cannot be read here: {others}")
    return tally


def _tally(results: Iterable[Result], part: PartFile, total: int) -> Tally:
    from tqdm.auto import tqdm

    from aesthetic_utils.measures.table import BadFile

    tally = Tally()
    bar = tqdm(total=total, unit="image", desc="measuring", disable=not sys.stderr.isatty())
    with bar:
        for found, notes, seconds in results:
            tally.seconds += seconds
            tally.notes += notes
            if isinstance(found, BadFile):
                tally.bad.append(found)
            else:
                part.add(found)
                tally.measured += 1
                tally.pixels += int(found["width"]) * int(found["height"])
            bar.update()
    return tally


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
