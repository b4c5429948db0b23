"""The measures of many images, in parallel, and as a table in a CSV file."""

import csv
import importlib.metadata
import math
import multiprocessing
import os
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path

from PIL import Image
from tqdm.auto import tqdm

from aesthetic_utils.data.images import MAX_PIXELS, PICTURE_ENDINGS, read_pixels
from aesthetic_utils.measures.columns import MEASURES, Measure, measure
from aesthetic_utils.measures.memory import available_memory, workers_that_fit
from aesthetic_utils.measures.planes import planes_of_pixels
from aesthetic_utils.measures.preparation import NOTHING, Preparation, enlarged_columns, prepared
from aesthetic_utils.storage import AestheticError, atomic_path, reason

__all__ = [
    "ENDINGS", "KILLED", "MEASURES", "BadFile", "Measure", "MeasureError", "MeasuredFolder", "Result",
    "Row", "image_files", "measure", "measure_folder", "measured_one_by_one", "one_file", "passed_over",
    "require_writable", "table_columns", "worker_count", "worker_note", "write_description",
    "write_table",
]  # fmt: skip

ENDINGS = PICTURE_ENDINGS
OTHER_PICTURES = (
    ".heic", ".heif", ".jxl", ".svg", ".psd", ".xcf", ".eps", ".dng", ".cr2", ".cr3", ".nef", ".arw",
    ".orf", ".rw2", ".raf", ".raw", ".pdf",
)  # fmt: skip  # pictures that Pillow does not read, named when they are passed over
FILE_COLUMNS = {
    "file": ("the image file, as it was given or found", "text"),
    "width": ("columns of pixels of the picture that was measured", "pixels"),
    "height": ("rows of pixels of the picture that was measured", "pixels"),
    "enlarged": (
        "what was enlarged, and so has detail that the file has not: 'picture' for all of it, and the "
        "columns whose measures bring a small picture to a size of their own",
        "names",
    ),
}
_MOST_WORKERS = 61  # Windows cannot wait for more
_AHEAD = 4  # pictures for each process that are given out before their turn
_PAYS_S = 4.0  # seconds of measuring that make up for starting a process


class MeasureError(AestheticError):
    """Images that cannot be measured or a table that cannot be written; the message says why."""


@dataclass(frozen=True, kw_only=True)
class BadFile:
    """A file that was left out."""

    file: str
    reason: str

    def __str__(self) -> str:
        return self.reason if self.file in self.reason else f"{self.file}: {self.reason}"


Row = dict[str, str | int | float]


@dataclass(frozen=True, kw_only=True)
class MeasuredFolder:
    """What `measure_folder` gives: a row an image in the order of the files, and what was left out."""

    rows: list[Row]  # file, width, height, enlarged, then the columns
    bad: list[BadFile]
    notes: list[str] = field(default_factory=list)  # measures that broke off, files passed over


# --------------------------------------------------------------------------------------------------
# measuring


def image_files(paths: Iterable[str | Path]) -> list[Path]:
    """The files among the paths as they are, and the images in the folders and their subfolders.

    In a folder a file is an image when its ending, in small or capital letters, is one of ENDINGS and its
    name does not begin with a dot; they come sorted by path. No file comes twice. Raises MeasureError
    for a folder without images. `passed_over` tells which other pictures lie there.
    """
    files = []
    for path in map(Path, paths):
        if not path.is_dir():
            files.append(path)
            continue
        found = [file for file in _visible(path) if file.suffix.lower() in ENDINGS]
        if not found:
            others = passed_over([path])
            there = f"; there are {others}, which cannot be read here" if others else ""
            raise MeasureError(
                f"there are no images in {path}; looked for {', '.join(ENDINGS)}{there}"
            )
        files += found
    return list(dict.fromkeys(files))


def passed_over(paths: Iterable[str | Path]) -> str:
    """What `image_files` leaves out of folders though it is a picture: "3 files (.heic 2, .svg 1)", or ""."""
    counts = Counter(
        file.suffix.lower()
        for path in map(Path, paths)
        if path.is_dir()
        for file in _visible(path)
        if file.suffix.lower() in OTHER_PICTURES
    )
    if not counts:
        return ""
    n = sum(counts.values())
    kinds = ", ".join(f"{ending} {count}" for ending, count in sorted(counts.items()))
    return f"{n} file{'s' * (n != 1)} ({kinds})"


def _visible(folder: Path) -> list[Path]:
    return sorted(f for f in folder.rglob("*") if not f.name.startswith(".") and f.is_file())


def measure_folder(
    paths: str | Path | Iterable[str | Path],
    workers: int | None = None,
    progress: bool = True,
    *,
    columns: Sequence[str] | None = None,
    preparation: Preparation = NOTHING,
    known: Mapping[str, Row] | None = None,
    keep: Callable[[Row], None] | None = None,
    max_pixels: int = MAX_PIXELS,
) -> MeasuredFolder:
    """Measure image files and all images in folders, several at a time.

    workers: processes at most, each of which takes one image at a time; None chooses by the processors
        and the memory, 1 stays in this process, and there are fewer where more do not pay (`worker_count`). A script that asks for more than one
        must start its work under `if __name__ == "__main__":`
    columns: those to measure, of MEASURES; all if None
    preparation: what is done to each picture first
    known: rows by file that need not be measured again
    keep: is called with each new row as it comes, before the work goes on
    max_pixels: larger pictures are left out

    A file that cannot be read or measured is left out and named in `bad`; so is one whose process was
    killed, as systems do when memory runs out. A measure that breaks off is NaN and named in `notes`.
    Raises MeasureError for a folder without images, and when no process can be started; ValueError for
    workers below 1 and columns that there are not.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    names = tuple(MEASURES) if columns is None else tuple(columns)
    if unknown := [name for name in names if name not in MEASURES]:
        raise ValueError(f"no measure is called {unknown[0]!r}; there are {', '.join(MEASURES)}")
    files = [str(file) for file in image_files(given)]
    known = known or {}
    todo = [file for file in files if file not in known]
    count = worker_count(workers, todo)
    work = one_file(names, preparation, max_pixels)
    rows, bad, notes = dict(known), [], worker_note(workers, count)
    with tqdm(total=len(todo), unit="image", desc="measuring", disable=not progress) as bar:
        for result, failures, _ in measured_one_by_one(todo, count, work):
            if isinstance(result, BadFile):
                bad.append(result)
            else:
                rows[str(result["file"])] = result
                if keep is not None:
                    keep(result)
            notes += failures
            bar.update()
    if others := passed_over(given):
        notes.append(f"passed over, since such pictures cannot be read here: {others}")
    return MeasuredFolder(rows=[rows[f] for f in files if f in rows], bad=bad, notes=notes)


Result = tuple[Row | BadFile, list[str], float]  # what became of a file, notes, seconds of a core


def one_file(
    columns: tuple[str, ...], preparation: Preparation, max_pixels: int
) -> Callable[[str], Result]:
    """What measures one file; it can be sent to other processes and other computers."""
    return partial(_timed, columns=columns, preparation=preparation, max_pixels=max_pixels)


def worker_note(workers: int | None, count: int) -> list[str]:
    """What to say where fewer processes measure than were asked for."""
    if workers is None or count >= workers:
        return []
    less = f"{count} worker{'s' * (count > 1)} instead of {workers}"
    return [f"{less}: to start more would take longer than it saves"]


def measured_one_by_one(
    files: Sequence[str], workers: int, work: Callable[[str], Result]
) -> Iterator[Result]:
    """What `work` gives for each of the files, in their order, by so many processes of this computer.

    A few results for each process wait in memory, and no more, however many files there are.
    """
    if workers == 1:
        yield from map(work, files)
        return
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        sys.exit(1)  # a script's worker that runs the script again: its parent says what is wrong
    while files:
        done = 0
        try:
            for result in _in_pool(work, files, workers):
                done += 1
                yield result
            return
        except BrokenProcessPool:  # somebody ended a process: go on, at last one by one
            files = files[done:]
            if workers > 1:
                workers = max(workers // 2, 1)
                continue
        yield BadFile(file=files[0], reason=KILLED), [], 0.0
        files = files[1:]


KILLED = (
    "the process that measured it was ended from outside, most likely because the memory ran out; make "
    "it smaller, or measure a smaller copy of it with --size"
)


def _in_pool(work: Callable[[str], Result], files: Sequence[str], workers: int) -> Iterator[Result]:
    # spawn everywhere: a fork copies locks that threads of a library may hold
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_leave_ctrl_c_to_parent) as pool:
        try:
            pool.submit(os.getpid).result()
        except BrokenProcessPool as error:
            raise MeasureError(
                "no process could be started to measure in; in a script of your own, put the call under "
                'if __name__ == "__main__":, or use workers=1'
            ) from error
        coming = iter(files)
        waiting = deque(pool.submit(work, file) for file in islice(coming, _AHEAD * workers))
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(pool.submit(work, file) for file in islice(coming, 1))
            yield result


def _timed(
    file: str, columns: tuple[str, ...], preparation: Preparation, max_pixels: int
) -> Result:
    before = time.process_time()
    found, notes = _measure_file(file, columns, preparation, max_pixels)
    return found, notes, time.process_time() - before


def _measure_file(
    file: str, columns: tuple[str, ...], preparation: Preparation, max_pixels: int
) -> tuple[Row | BadFile, list[str]]:
    try:
        rgb, larger = prepared(read_pixels(file, max_pixels=max_pixels), preparation)
        image = planes_of_pixels(rgb)
        failures: dict[str, str] = {}
        values = measure(image, columns, failures)
        enlarged = ["picture"] * larger + enlarged_columns(image.height, image.width, columns)
        row: Row = {
            "file": file, "width": image.width, "height": image.height, "enlarged": " ".join(enlarged)
        }  # fmt: skip
        causes = dict.fromkeys(failures.values())
        notes = [
            f"{file}: {', '.join(c for c in failures if failures[c] == cause)} cannot be computed ({cause})"
            for cause in causes
        ]
        return row | values, notes
    except AestheticError as error:
        return BadFile(file=file, reason=str(error)), []
    except MemoryError:
        return BadFile(file=file, reason="it does not fit into the memory; make it smaller"), []
    except Exception as error:  # one odd image must not cost the table of all others
        why = f"it cannot be measured ({type(error).__name__}: {error})"
        return BadFile(file=file, reason=why), []


def worker_count(workers: int | None, files: Sequence[str | Path]) -> int:
    """How many processes measure these files: no more than were asked for, and none that does not pay.

    Starting one takes as long as four seconds of measuring; what a file takes is guessed from the size of its image,
    so that two processes are not slower than one. None stands for the number of processors, or for
    as many as the memory holds, if that is less. ValueError for workers below 1.
    """
    if workers is None:
        affinity = getattr(os, "sched_getaffinity", None)  # not on every system
        workers = len(affinity(0)) if affinity else os.cpu_count() or 1
        workers = min(workers, workers_that_fit(files, available_memory()) or workers)
    if workers < 1:
        raise ValueError(f"workers is {workers}; it must be at least 1")
    most = min(workers, len(files), _MOST_WORKERS)
    seconds = 0.0
    for file in files:
        if seconds >= most * _PAYS_S:
            break
        seconds += _expected_s(file)
    return max(min(most, int(seconds / _PAYS_S)), 1)


def _expected_s(file: str | Path) -> float:
    """About how many seconds of one core measuring the file takes; 0 if it cannot be read."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file) as image:
            return 0.3 + 1.2e-6 * image.width * image.height
    except Exception:  # whoever measures it says what is wrong
        return 0.0


def _leave_ctrl_c_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


# --------------------------------------------------------------------------------------------------
# the table


def table_columns(columns: Sequence[str] | None = None) -> list[str]:
    """The header of a table: file, width, height, enlarged, then the measures, all of them if None."""
    return [*FILE_COLUMNS, *(MEASURES if columns is None else columns)]


def write_table(
    path: str | Path, rows: Iterable[Row], columns: Sequence[str] | None = None
) -> None:
    """Write rows of `measure_folder` as CSV, with all digits; NaN becomes an empty field.

    UTF-8 with a header, see `table_columns`; bytes of a file's name that are no text are written as
    backslash escapes. The file appears whole or not at all. Raises MeasureError when it cannot be
    written.
    """
    names = table_columns(columns)
    lines = ([_field(row[name]) for name in names] for row in rows)
    _write_csv(path, chain([names], lines))


def write_description(
    path: str | Path, columns: Sequence[str] | None = None, preparation: Preparation = NOTHING
) -> Path:
    """Write what the columns of a table mean, as TABLE.columns.csv beside it; gives the path.

    A row a column: its meaning, unit, least and largest value there can be, where the same quantity is
    found elsewhere, the module that computes it, how the pictures were prepared, and the version.
    """
    version = f"aesthetic-utils {importlib.metadata.version('aesthetic-utils')}"
    how = preparation.described()
    lines = [
        [name, meaning, unit, "", "", "", "", how, version]
        for name, (meaning, unit) in FILE_COLUMNS.items()
    ]
    for name in MEASURES if columns is None else columns:
        item = MEASURES[name]
        low, high = ("" if math.isinf(end) else f"{end:g}" for end in item.range)
        module = f"aesthetic_utils.measures.{item.group.__name__.strip('_')}"
        module = module.replace(".size", ".columns")
        lines.append(
            [name, item.meaning, item.unit, low, high, _elsewhere(item), module, how, version]
        )
    out = Path(path).with_suffix(".columns.csv")
    head = ["column", "meaning", "unit", "least", "largest", "elsewhere", "source", "pictures"]
    _write_csv(out, [[*head, "version"], *lines])
    return out


def _elsewhere(item: Measure) -> str:
    if item.reference is None or item.reference.startswith("athec"):
        return item.reference or ""
    return f"Aesthetics Toolbox: {item.reference}"


def _write_csv(path: str | Path, lines: Iterable[Sequence[object]]) -> None:
    try:
        with (
            atomic_path(path) as part,
            open(part, "w", encoding="utf-8", errors="backslashreplace", newline="") as file,
        ):
            csv.writer(file, lineterminator="\n").writerows(lines)
    except OSError as error:
        raise MeasureError(f"{path} cannot be written: {reason(error)}") from error


def require_writable(path: str | Path) -> None:
    """Raise MeasureError if no file could be written there; better before an hour's work than after."""
    path = Path(path)
    if path.is_dir():
        raise MeasureError(f"{path} is a folder; give the path of a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except FileExistsError as error:
        raise MeasureError(f"{path} cannot be written: {path.parent} is a file") from error
    except OSError as error:
        raise MeasureError(f"{path} cannot be written: {reason(error)}") from error


def _field(value: str | int | float) -> str | int | float:
    return "" if isinstance(value, float) and math.isnan(value) else value
