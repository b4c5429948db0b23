"""Fetching public files: to the end and unaltered, or not at all."""

import http.client
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from aesthetic_utils.storage import AestheticError, atomic_path, file_digest, reason

TIMEOUT_S = 30  # without a byte, before the connection is given up
CHUNK = 1 << 18  # bytes
DEFAULT_ROOT = "~/.cache/aesthetic_utils"


class DownloadError(AestheticError):
    """A file that could not be fetched whole and unaltered; nothing was left behind."""


class MissingDataError(AestheticError, FileNotFoundError):
    """A data set that is not here, or is damaged; says where it was looked for and what to do."""


def data_root(root: str | Path | None = None) -> Path:
    """Where data sets that do not come with the package live.

    The argument, or else the environment's AESTHETIC_DATA, or else ~/.cache/aesthetic_utils.
    """
    return Path(root or os.environ.get("AESTHETIC_DATA") or DEFAULT_ROOT).expanduser()


def fetch(
    url: str,
    path: str | Path,
    *,
    sha256: str | None,
    size: int | None = None,
    offline_hint: str = "",
    verify: Callable[[Path], str | None] | None = None,
) -> Path:
    """Download `url` to `path`, unless the right file is there already; give the path back.

    sha256          hash of the file's bytes; None where only the decoded content is published
    size            in bytes, where it is known: more is never downloaded
    offline_hint    what to do without a network; ends the message when the server is out of reach
    verify          a further test of the finished file: None if it is right, else what is wrong

    The file comes to a temporary name beside `path` and is renamed when it has passed. Raises
    DownloadError, and ValueError for a url that is not http or https.
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"fetch takes http and https addresses, not {url!r}")
    path = Path(path)
    if sha256 is not None and path.is_file() and file_digest(path) == sha256:
        return path
    try:
        with atomic_path(path) as part:
            _stream(url, part, size)
            _compare(url, part, sha256, verify)
    except urllib.error.HTTPError as error:
        error.close()  # it holds the connection
        raise DownloadError(_refused(url, error)) from error
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError) as error:
        raise DownloadError(_unreachable(url, error, offline_hint)) from error
    except ConnectionError as error:
        raise DownloadError(_cut_short(url, f"the connection broke: {error}")) from error
    except OSError as error:
        raise DownloadError(f"{url} cannot be saved as {path}: {reason(error)}") from error
    return path


def _stream(url: str, part: Path, size: int | None) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "aesthetic-utils"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response, part.open("wb") as file:
        announced = response.headers.get("Content-Length")
        total = size if size is not None else int(announced) if announced else None
        _require_space(url, part, total)
        received = 0
        with tqdm(total=total, unit="B", unit_scale=True, desc=part.name[1:20], leave=False) as bar:
            while chunk := response.read(CHUNK):
                received += len(chunk)
                if total is not None and received > total:
                    raise DownloadError(f"{url} is larger than the {total:,} bytes it should have")
                file.write(chunk)
                bar.update(len(chunk))
    if total is not None and received < total:
        raise DownloadError(_cut_short(url, f"{received:,} of {total:,} bytes came"))


def _require_space(url: str, part: Path, total: int | None) -> None:
    free = shutil.disk_usage(part.parent).free
    if total is not None and total > free:
        raise DownloadError(
            f"{url} needs {total:,} bytes and the disk of {part.parent} has {free:,} left; free "
            "some space, or choose another place with AESTHETIC_DATA"
        )


def _compare(
    url: str, part: Path, sha256: str | None, verify: Callable[[Path], str | None] | None
) -> None:
    if sha256 is not None:
        found = file_digest(part)
        if found != sha256:
            raise DownloadError(
                f"{url} is not the file it should be, and was removed: its SHA-256 is {found}, "
                f"expected {sha256}. Try again; if it stays so, the file was changed at its source"
            )
    complaint = verify(part) if verify is not None else None
    if complaint is not None:
        raise DownloadError(f"{url} is not the file it should be, and was removed: {complaint}")


def _refused(url: str, error: urllib.error.HTTPError) -> str:
    later = error.code == 429 or error.code >= 500
    advice = "try again later" if later else "the file may have moved; get it by hand"
    return f"{url}: the server answered {error.code} {error.reason}; {advice}"


def _unreachable(url: str, error: Exception, offline_hint: str) -> str:
    why = getattr(error, "reason", None) or error
    if isinstance(why, TimeoutError):
        why = f"no answer within {TIMEOUT_S} s"
    message = f"{url} is out of reach ({why}): is there a network, and does it allow this address?"
    return f"{message} {offline_hint}".strip()


def _cut_short(url: str, what: str) -> str:
    return f"{url}: the download was cut short ({what}) and was removed; try again"
