"""The measures of many images, in parallel, and as a table in a CSV file."""

import csv
import math
import multiprocessing
import os
import signal
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from tqdm.auto import tqdm

from aesthetic_utils.data.images import read_pixels
from aesthetic_utils.measures.columns import MEASURES, Measure, measure
from aesthetic_utils.measures.planes import planes_of_pixels
from aesthetic_utils.storage import AestheticError, atomic_path, reason

__all__ = [
    "ENDINGS", "MEASURES", "BadFile", "Measure", "MeasureError", "MeasuredFolder", "image_files",
    "measure", "measure_folder", "require_writable", "write_table",
]  # fmt: skip

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")
_MOST_WORKERS = 61  # Windows cannot wait for more
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


@dataclass(frozen=True, kw_only=True)
class MeasuredFolder:
    """What `measure_folder` gives: a row an image in the order of the files, and what was left out."""

    rows: list[dict[str, str | int | float]]  # file, width, height, then the columns of MEASURES
    bad: list[BadFile]


Row = dict[str, str | int | float]


# --------------------------------------------------------------------------------------------------
# measuring


def image_files(paths: Iterable[str | Path]) -> list[Path]:
    """The files among the paths as they are, and the images in the folders and their subfolders.

    In a folder a file is an image when its ending is one of ENDINGS and its name does not begin with
    a dot; they come sorted by path. No file comes twice. Raises MeasureError for a folder
    without images.
    """
    files = []
    for path in map(Path, paths):
        if not path.is_dir():
            files.append(path)
            continue
        found = sorted(
            file
            for file in path.rglob("*")
            if file.suffix.lower() in ENDINGS and not file.name.startswith(".") and file.is_file()
        )
        if not found:
            raise MeasureError(f"there are no images in {path}; looked for {', '.join(ENDINGS)}")
        files += found
    return list(dict.fromkeys(files))


def measure_folder(
    paths: str | Path | Iterable[str | Path],
    workers: int | None = None,
    progress: bool = True,
) -> MeasuredFolder:
    """Measure image files and all images in folders, several at a time.

    `workers` is the number of processes at most, each of which takes one image at a time; None chooses by the
    processors. There are fewer, or all stays in this process as with 1, where the images are too few to make up for
    starting processes (`worker_count`). A script that asks for more than one
    must start its work under `if __name__ == "__main__":`. A file that cannot be read or measured is
    left out and named in `bad`. Raises MeasureError for a folder without images, and when a worker
    is killed, as systems do when memory runs out; ValueError for workers below 1.
    """
    files = image_files([paths] if isinstance(paths, str | Path) else paths)
    count = worker_count(workers, files)
    rows: list[Row] = []
    bad: list[BadFile] = []
    with tqdm(total=len(files), unit="image", desc="measuring", disable=not progress) as bar:
        for result in _results([str(file) for file in files], count):
            if isinstance(result, BadFile):
                bad.append(result)
            else:
                rows.append(result)
            bar.update()
    return MeasuredFolder(rows=rows, bad=bad)


def _results(files: Sequence[str], workers: int) -> Iterator[Row | BadFile]:
    if workers == 1:
        yield from map(_measure_file, files)
        return
    # spawn everywhere: a fork copies locks that threads of a library may hold
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(workers, context, initializer=_leave_ctrl_c_to_parent) as pool:
            yield from pool.map(_measure_file, files)
    except BrokenProcessPool as error:
        raise MeasureError(
            "a worker process was ended from outside, most likely because the memory ran out; use "
            "fewer workers, or make very large images smaller"
        ) from error


def _measure_file(file: str) -> Row | BadFile:
    try:
        image = planes_of_pixels(read_pixels(file))
        size = {"width": image.width, "height": image.height}
        return {"file": file, **size, **measure(image)}
    except AestheticError as error:
        return BadFile(file=file, reason=str(error))
    except MemoryError:
        return BadFile(file=file, reason="it does not fit into the memory; make it smaller")
    except Exception as error:  # one odd image must not cost the table of all others
        return BadFile(file=file, reason=f"it cannot be measured ({type(error).__name__}: {error})")


def worker_count(workers: int | None, files: Sequence[str | Path]) -> int:
    """How many processes measure these files: no more than were asked for, and none that does not pay.

    Starting one takes as long as four seconds of measuring; what a file takes is guessed from the size of its image,
    so that two processes are not slower than one. None stands for the number of processors. ValueError for workers
    below 1.
    """
    if workers is None:
        affinity = getattr(os, "sched_getaffinity", None)  # not on every system
        workers = len(affinity(0)) if affinity else os.cpu_count() or 1
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


def write_table(path: str | Path, rows: Sequence[Row]) -> None:
    """Write rows of `measure_folder` as CSV, with all digits; NaN becomes an empty field.

    UTF-8 with a header: file, width, height, then the columns of MEASURES. The file appears whole or
    not at all. Raises MeasureError when it cannot be written.
    """
    columns = ["file", "width", "height", *MEASURES]
    try:
        with atomic_path(path) as part, open(part, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([_field(row[column]) for column in columns] for row in rows)
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
