"""The measures of very many images on several computers, by Dask (the extra `cluster`)."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from aesthetic_utils.measures.table import (
    KILLED,
    BadFile,
    MeasureError,
    Result,
    worker_count,
)

LOCAL = "local"
_AHEAD = 4  # pictures for each worker that are given out at a time
_LOOK_EVERY = 50  # pictures, then the workers are counted again
_WITHIN_S = 20  # a scheduler that has not answered by then is not there
_NUMBERS_FROM = ("numpy", "scipy", "scikit-image", "pillow")


@contextmanager
def connected(address: str, workers: int | None, files: Sequence[str]) -> Iterator[Any]:
    """A `distributed.Client`, for `with`: of the scheduler at `address`, or of workers on this computer for "local".

    workers: how many are started on this computer; by processors, memory and the files if None.
    Raises MeasureError where Dask is not installed, nobody answers, or the workers cannot measure as this computer does.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise MeasureError(
            "--dask needs Dask, which is not installed: pip install 'aesthetic-utils[cluster]'"
        ) from error
    if address == LOCAL:
        count = worker_count(workers, files)
        with (
            LocalCluster(count, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(address, timeout=_WITHIN_S)
    except (OSError, ValueError) as error:
        raise MeasureError(
            f"no Dask scheduler answers at {address} ({error}); start one with `dask scheduler`, whose first "
            "lines say its address"
        ) from error
    with client:
        _require_alike(client)
        yield client


def measured_by_cluster(
    client: Any, files: Sequence[str], work: Callable[[str], Result]
) -> Iterator[Result]:
    """What `work` gives for each of the files, once each, in the order in which they are done.

    At any time a few pictures for each worker are given out and no more. What a worker had when it died is done by
    another one. A file that several died of has a second turn at the end, alone; if that fails too, it is a BadFile.
    Raises MeasureError when the scheduler is gone.
    """
    suspects: list[str] = []
    for file, found in _in_windows(client, files, work, lambda: _AHEAD * max(_threads(client), 1)):
        if found is None:
            suspects.append(file)
        else:
            yield found
    for file, found in _in_windows(client, suspects, work, lambda: 1):
        yield found or (BadFile(file=file, reason=KILLED), [], 0.0)


def _in_windows(
    client: Any, files: Sequence[str], work: Callable[[str], Result], size: Callable[[], int]
) -> Iterator[tuple[str, Result | None]]:
    """A file and what was found, None where too many workers died of it."""
    from distributed import KilledWorker, as_completed

    def give_out() -> list[Any]:
        few = islice(coming, max(most - len(out), 0))
        new = {client.submit(work, file, pure=False): file for file in few}
        out.update(new)
        return list(new)

    coming, most = iter(files), size()
    out: dict[Any, str] = {}
    done = as_completed(give_out())
    for n, future in enumerate(done):
        if n % _LOOK_EVERY == 0:
            most = size()  # workers come and go
        if future not in out:  # a result that was lost with its worker, and came again
            continue
        try:
            found = future.result()
        except KilledWorker:
            found = None
        except Exception as error:  # `work` itself raises nothing
            raise MeasureError(f"the cluster is gone: {error}") from error
        file = out.pop(future)
        future.release()
        done.update(give_out())
        yield file, found


def _threads(client: Any) -> int:
    return sum(client.nthreads().values())


def _require_alike(client: Any) -> None:
    """That each worker has one thread, and the code and the versions that make the numbers."""
    client.wait_for_workers(1, timeout=_WITHIN_S)
    if any(threads > 1 for threads in client.nthreads().values()):
        raise MeasureError(
            "a worker of this cluster has several threads, and pictures are measured one at a time in a process: "
            "start them with `dask worker ADDRESS --nworkers auto --nthreads 1`"
        )
    try:
        theirs = client.run(fingerprint)
    except Exception as error:
        raise MeasureError(
            "the cluster's workers cannot load the course's package, which each of them needs in the version of "
            f"this computer ({type(error).__name__}: {error})"
        ) from error
    ours = fingerprint()
    for worker, found in theirs.items():
        other = [name for name in ours if found.get(name) != ours[name]]
        if other:
            raise MeasureError(
                f"the worker {worker} would measure with another version than this computer of: {', '.join(other)}"
            )


def fingerprint() -> dict[str, str]:
    """What the measures' numbers come from: a hash of their code, and the versions of what they call."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        code.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return {"aesthetic_utils.measures": code.hexdigest()} | {
        name: importlib.metadata.version(name) for name in _NUMBERS_FROM
    }
