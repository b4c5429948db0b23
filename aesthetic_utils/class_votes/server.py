"""The server of a class that votes: where it listens, how long, and how it stops (uvicorn)."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from aesthetic_utils.class_votes.app import make_app
from aesthetic_utils.class_votes.voting import Classroom
from aesthetic_utils.storage import AestheticError, reason

CONNECTIONS = 600  # at once; a phone holds one or two
IDLE_S = 75  # after which a silent connection is closed
WAITING = 512  # connections that are not taken up yet
GRACE_S = 2  # for requests that are on their way when it stops


class ClassServer:
    """Serves one room from `serve` until `stop`.

    host: the address it listens at and answers for; port: 0 for a free one. Raises AestheticError where it cannot
    listen there.
    """

    def __init__(self, classroom: Classroom, *, host: str, port: int = 0) -> None:
        self.classroom = classroom
        self._socket = _listening(host, port)
        self.port = int(self._socket.getsockname()[1])
        self.address = f"{host}:{self.port}"
        app = make_app(classroom, self.address, self.stop)
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                app, http=Patient, loop="asyncio", ws="none", lifespan="off", log_config=None, log_level="error", access_log=False,
                server_header=False, proxy_headers=False, limit_concurrency=CONNECTIONS, backlog=WAITING,
                timeout_keep_alive=IDLE_S, timeout_graceful_shutdown=GRACE_S,
            )
        )  # fmt: skip

    def serve(self, *, hours: float) -> str:
        """Serve until somebody stops it or the time is over; says which: "stopped" or "time". The store stays open."""
        with self._writing():
            return asyncio.run(self._serve(hours * 3600))

    def stop(self) -> None:
        """Ends `serve`, soon; from any thread."""
        self._uvicorn.should_exit = True

    async def _serve(self, seconds: float) -> str:
        over: list[bool] = []

        def end() -> None:
            over.append(True)
            self.stop()

        timer = asyncio.get_running_loop().call_later(seconds, end)
        await self._uvicorn.serve([self._socket])
        timer.cancel()
        return "time" if over else "stopped"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self.classroom.writer.start()
        try:
            yield
        finally:
            self.classroom.writer.stop()
            self._socket.close()


class Patient(H11Protocol):
    """uvicorn's protocol, which also closes a connection on which no whole request begins within IDLE_S seconds.

    uvicorn itself waits for ever for the first request of a connection, and for the rest of one that trickles in.
    """

    _silence: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait_for_a_request()

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before and self._silence is not None:
            self._silence.cancel()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait_for_a_request()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._silence is not None:
            self._silence.cancel()
        super().connection_lost(exc)

    def _wait_for_a_request(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
        self._silence = self.loop.call_later(IDLE_S, self._close_if_silent)

    def _close_if_silent(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


def _listening(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listening = socket.socket(family, kind, protocol)
        try:
            if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows, where the other one means theft
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(WAITING)
        except BaseException:
            listening.close()
            raise
    except (OSError, OverflowError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise AestheticError(
            f"nothing can listen at {host}:{port} ({why}); choose another --address or --port"
        ) from error
    return listening


def lan_address() -> str:
    """This computer's address in the network that it is in; 127.0.0.1 where there is none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # an address for examples (RFC 5737); of UDP this only asks for the way
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
