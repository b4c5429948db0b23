"""Files that are either whole or not there: writing, hashing, and saying what went wrong."""

import errno
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ABANDONED_AFTER_S = 24 * 3600  # a part file this old belongs to a process that was killed

_REASONS = {
    errno.ENOSPC: "the disk is full; free some space and try again",
    errno.EDQUOT: "your share of the disk is used up; free some space and try again",
    errno.EFBIG: "the file is larger than this system allows; free some space or ask for more",
    errno.EACCES: "there is no permission to do so; choose another place, or change its rights",
    errno.EPERM: "there is no permission to do so; choose another place, or change its rights",
    errno.EROFS: "the disk can only be read; choose another place",
    errno.ENOENT: "there is no such file or folder; check the path",
    errno.ENOTDIR: "a part of the path is a file and not a folder; check the path",
    errno.EISDIR: "it is a folder and not a file; give the path of a file",
}


class AestheticError(Exception):
    """Something that whoever runs the code can put right; the message says how."""


def reason(error: OSError) -> str:
    """Why the system refused, in words that say what to do."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path`, for `with`; the block writes it.

    When the block ends well the file is forced to disk and renamed to `path`, so that a reader, or
    whoever comes after a crash, finds the old file or the new one and never a half. When the block
    raises, the temporary file is removed and the old one stays.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(path)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        _force_to_disk(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: str | Path, data: object, *, allow_nan: bool = True) -> None:
    """Write `data` as JSON, a value a line, in one step; without `allow_nan`, ValueError for NaN."""
    with atomic_path(path) as part:
        part.write_text(json.dumps(data, indent=1, allow_nan=allow_nan) + "\n", encoding="utf-8")


def file_digest(path: str | Path, algorithm: str = "sha256") -> str:
    """The hash of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: new_hash(algorithm)).hexdigest()


def new_hash(algorithm: str) -> "hashlib._Hash":
    """An empty hash object; MD5 and SHA-1 serve to recognise published files, not for security."""
    return hashlib.new(algorithm, usedforsecurity=False)


def _force_to_disk(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _remove_abandoned(path: Path) -> None:
    now = time.time()
    for part in path.parent.glob(f".{path.name}.*.part"):
        try:
            if now - part.stat().st_mtime > ABANDONED_AFTER_S:
                part.unlink()
        except OSError:  # another process was faster, or it is not ours to remove
            pass
