"""How many pictures can be measured at once without running out of memory."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from pathlib import Path

BASE = 300e6  # bytes of a process that measures, before it has a picture
BYTES_A_PIXEL = 48  # at the peak, of large pictures; 24 megapixels then come to 1.45 GB
_KEPT_FREE = 0.1  # share of what is available


def bytes_needed(pixels: int) -> float:
    """Memory of one process that measures a picture of so many pixels."""
    return BASE + BYTES_A_PIXEL * pixels


def workers_that_fit(files: Iterable[str | Path], available: float | None) -> int | None:
    """How many processes find room when all have the largest picture; at least 1, None if not known."""
    if available is None:
        return None
    largest = max(map(_pixels, files), default=0)
    return max(int(available * (1 - _KEPT_FREE) / bytes_needed(largest)), 1)


def available_memory() -> float | None:
    """Bytes that processes can still have, within the limit of a container; None if not known."""
    found = [x for x in (_meminfo(), _container()) if x is not None]
    return min(found, default=None)


def _meminfo() -> float | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024.0 * int(line.split()[1])
    except (OSError, ValueError):
        pass
    try:  # not Linux: half of what is built in
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2
    except (AttributeError, OSError, ValueError):
        return None


def _container() -> float | None:
    folder = Path("/sys/fs/cgroup")
    try:
        limit = (folder / "memory.max").read_text().strip()
        used = int((folder / "memory.current").read_text())
        return None if limit == "max" else max(float(int(limit) - used), 0.0)
    except (OSError, ValueError):
        return None


def _pixels(file: str | Path) -> int:
    """As the header of the file says; 0 if it cannot be read."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file) as image:
                return image.width * image.height
    except Exception:  # what is wrong with it is said when it is measured
        return 0
