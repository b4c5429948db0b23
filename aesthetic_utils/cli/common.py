"""What the commands share."""

import argparse
import glob
import itertools
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from aesthetic_utils.storage import AestheticError

if TYPE_CHECKING:
    from aesthetic_utils.judgements.vote_file import MergedVotes


class UsageError(Exception):
    """The command makes no sense as it was given."""


def require_absent(path: Path, overwrite: bool, option: str = "--out") -> None:
    """Raises AestheticError if something is there already and may not be replaced; a folder never may.

    option: with which the user can name another file.
    """
    if path.is_dir():
        raise AestheticError(f"{path} is a folder; give {option} the path of a file")
    if path.exists() and not overwrite:
        raise AestheticError(
            f"{path} is there already; choose another {option}, or add --overwrite"
        )


def require_installed(what: str, **packages: str) -> None:
    """Raises AestheticError with the command that installs them where optional modules are missing.

    packages: module -> the package that it comes in.
    """
    missing = [package for module, package in packages.items() if find_spec(module) is None]
    if missing:
        python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
        raise AestheticError(
            f"{what} needs {', '.join(missing)}, which this Python does not have; to install it there: "
            f"{python} -m pip install {' '.join(missing)}"
        )


def whole_number(text: str) -> int:
    """The number that an option was given; argparse says what is wrong with another."""
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number above 0")
    return value


def plural(count: int, word: str) -> str:
    """`1 image`, `1,234 images`."""
    return f"{count:,} {word}{'s' * (count != 1)}"


def add_vote_files(parser: argparse.ArgumentParser) -> None:
    """The files of a class, as `votes merge` and `votes report` take them."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="FILES",
        help="the learners' files, or folders of them; patterns such as *.csv are understood",
    )


def merged_votes(given: list[str], out: Path) -> "MergedVotes":
    """The votes of a class; what should be looked at goes to stderr.

    given: files, folders and patterns. out: what is to be written of them. Raises AestheticError if there is no vote,
    if something is not there, and if `out` is or would lie among what is merged.
    """
    from aesthetic_utils.judgements.vote_file import merge_votes

    paths = _found(given)
    table = out.suffix.lower() == ".csv"
    for path in paths:
        if table and path.is_dir() and out.resolve().is_relative_to(path.resolve()):
            raise AestheticError(
                f"{out} would lie among the files that are merged, and be one of them the next "
                "time; choose an --out in another folder"
            )
        if out.resolve() == path.resolve():
            raise AestheticError(f"{out} is one of the files to merge; choose another --out")
    if len(paths) == 1 and paths[0].is_dir():
        merged = merge_votes(paths[0])
    else:
        with tempfile.TemporaryDirectory() as folder:
            _bring_together(paths, Path(folder))
            merged = merge_votes(folder)
    for problem in merged.problems:
        print(f"aesthetic: left out: {problem}", file=sys.stderr)
    for note in merged.notes:
        print(f"aesthetic: note: {note}", file=sys.stderr)
    if not merged.votes:
        raise AestheticError(f"there is no vote in the files; {out} was not written")
    return merged


def _found(given: list[str]) -> list[Path]:
    """The files and folders, each once; Windows leaves patterns to the program."""
    found: dict[Path, None] = {}
    for text in given:
        paths = [Path(text)] if Path(text).exists() else [Path(p) for p in sorted(glob.glob(text))]
        if not paths:
            raise AestheticError(f"there is no file {text}")
        found |= dict.fromkeys(paths)
    return list(found)


def _bring_together(paths: list[Path], folder: Path) -> None:
    """Copies of files, and of the CSV files of folders, in one folder; those of one name get a number, as in `a (2).csv`."""
    for path in paths:
        for one in _csv_files(path) if path.is_dir() else [path]:
            stem, numbers = one.stem.lstrip(".") or "votes", itertools.count(2)
            place = folder / f"{stem}.csv"
            while place.exists():
                place = folder / f"{stem} ({next(numbers)}).csv"
            try:
                shutil.copyfile(one, place)
            except OSError as error:
                raise AestheticError(f"{one} cannot be read: {error.strerror}") from error


def _csv_files(folder: Path) -> list[Path]:
    """Those that `merge_votes` would take."""
    inside = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".csv")
    shown = (p for p in inside if not any(part[0] == "." for part in p.relative_to(folder).parts))
    return [path for path in shown if path.is_file()]
