"""One thread that writes: what comes while a commit is on its way to disk goes into the next one, all together.

A disk takes some milliseconds to say that it has a vote for good. Three hundred voters who each wait for a commit of their
own would wait for each other; so a commit takes whatever has gathered, and everybody in it hears at the same time.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
MOST = 500  # in one commit


class Writer:
    """Does work in transactions, in a thread of its own, from `start` to `stop`.

    together: does several pieces of work in one transaction and gives what each returned; what it returns is on disk.
    """

    def __init__(self, together: Callable[[Sequence[Work]], list[Any]]) -> None:
        self._together = together
        self._queue: queue.SimpleQueue[tuple[Work, asyncio.Future] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="votes", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when all that was handed over is on disk."""
        self._queue.put(None)
        self._thread.join()

    async def done(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What the work returned, once it is on disk; raises what the transaction raised."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put((work, future))
        return await future

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, over = [first], False
            while len(batch) < MOST and not over and not self._queue.empty():
                more = self._queue.get()
                over = more is None
                batch += [] if more is None else [more]
            self._write(batch)
            if over:
                return

    def _write(self, batch: list[tuple[Work, asyncio.Future]]) -> None:
        futures = [future for _, future in batch]
        try:
            results = self._together([work for work, _ in batch])
        except Exception as error:  # nothing of the batch is kept, and everybody in it hears so
            _tell(futures, [error] * len(futures), failed=True)
        else:
            _tell(futures, results, failed=False)


def _tell(futures: list[asyncio.Future], results: list[Any], *, failed: bool) -> None:
    def tell() -> None:
        for future, result in zip(futures, results, strict=True):
            if not future.done():  # whoever asked may have gone
                (future.set_exception if failed else future.set_result)(result)

    try:
        futures[0].get_loop().call_soon_threadsafe(tell)
    except RuntimeError:  # the program ends, and nobody waits any more
        pass
