"""What the commands share."""

import argparse
import sys
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
        raise AestheticError(
            f"{what} needs {', '.join(missing)}, not installed here: pip install {' '.join(missing)}"
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


def merged_votes(folder: Path, out: Path) -> "MergedVotes":
    """The votes of a class; what should be looked at goes to stderr.

    out: what is to be written of them. Raises AestheticError if there is no vote.
    """
    from aesthetic_utils.judgements.vote_file import merge_votes

    merged = merge_votes(folder)
    for problem in merged.problems:
        print(f"aesthetic: left out: {problem}", file=sys.stderr)
    for note in merged.notes:
        print(f"aesthetic: note: {note}", file=sys.stderr)
    if not merged.votes:
        raise AestheticError(f"there is no vote in the files; {out} was not written")
    return merged
