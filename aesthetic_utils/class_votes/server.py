"""The server of a class that votes: pages for phones, a board for the wall, and a store behind them.

It needs nothing but Python's own `http.server`, one thread a connection: thirty voters who answer every two seconds are
fifteen requests a second. What it refuses: requests for another host than the one it was started for (so that no page
elsewhere can reach it under a name of its own), bodies above BODY_LIMIT bytes, more requests than the limits allow, and
whatever is no answer to a question that was asked. It logs nothing, sets no cookie, and writes no address of a voter.

    GET  /  /board  /voter.js  /board.js  /class.css         the pages
    GET  /picture/CODE/N                                      the picture number N of the room
    POST /join     {room}                                  -> {voter, secret}
    POST /next     {room}                                  -> {asked} or {wait} or {done}        with X-Voter: SECRET
    POST /vote     {room, round, pair, choice, ms}         -> the same                           with X-Voter: SECRET
    POST /teacher  {do: board, open, export, delete, stop} -> numbers, votes, or {}              with X-Teacher: KEY
"""

import hmac
import json
import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from socketserver import TCPServer
from typing import Any, TypeGuard

from aesthetic_utils.class_votes.board import board_numbers
from aesthetic_utils.class_votes.limits import Limiter
from aesthetic_utils.class_votes.room import ROUNDS, Asked, order_for
from aesthetic_utils.class_votes.store import VoteStore
from aesthetic_utils.storage import AestheticError, reason

BODY_LIMIT = 2_000  # bytes; a vote has a hundred
CONNECTIONS = 600  # at once; a phone holds one or two
MOST_VOTERS = 400
IDLE_S = 75.0  # after which a silent connection is closed
BOARD_EVERY_S = 2.0  # the numbers of the board are computed at most so often
PAGES = {
    "/": ("voter.html", "text/html"), "/board": ("board.html", "text/html"), "/voter.js": ("voter.js", "text/javascript"),
    "/board.js": ("board.js", "text/javascript"), "/class.css": ("class.css", "text/css"),
}  # fmt: skip
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


class Refusal(Exception):
    """A request that is not answered as asked; the message is for whoever asked."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class ClassServer(ThreadingHTTPServer):
    """Serves one room until `shutdown`.

    pictures: item -> JPEG file, in the order of the room's items. host: the address it listens at and answers for;
    port: 0 for a free one. Raises AestheticError where it cannot listen there.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, store: VoteStore, pictures: dict[str, bytes], *, host: str, port: int = 0
    ) -> None:
        room = store.room()
        if room is None or tuple(pictures) != room.items:
            raise AestheticError(
                "the pictures are not those of the room; start with a new file of votes"
            )
        try:
            super().__init__((host, port), Handler)
        except (OSError, OverflowError) as error:
            why = reason(error) if isinstance(error, OSError) else str(error)
            raise AestheticError(
                f"nothing can listen at {host}:{port} ({why}); choose another --address or --port"
            ) from error
        self.store, self.room, self.pictures = store, room, tuple(pictures.values())
        self.teacher = store.teacher
        self.address = f"{host}:{self.server_port}"
        self.hosts = {f"{name}:{self.server_port}" for name in (host, "127.0.0.1", "localhost")}
        folder = resources.files("aesthetic_utils.class_votes") / "pages"
        self.pages = {
            path: (folder.joinpath(name).read_bytes(), kind) for path, (name, kind) in PAGES.items()
        }
        self.joins = Limiter(rate=10, burst=100)  # by address; a class may share one
        self.guesses = Limiter(
            rate=0.5, burst=30
        )  # wrong codes and keys, by address: 5,400 of 3.2 million in 3 h
        self.answers = Limiter(rate=5, burst=20)  # by voter
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        self._board: tuple[float, dict[str, Any]] | None = None
        self._board_lock = threading.Lock()

    def server_bind(self) -> None:
        """Without the look-up of the host's name that http.server does, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = (
            str(self.server_address[0]),
            int(self.server_address[1]),
        )

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A phone that went away is no news."""

    def board(self) -> dict[str, Any]:
        """The numbers of the board, computed anew if they are older than BOARD_EVERY_S."""
        with self._board_lock:
            if self._board is None or time.monotonic() - self._board[0] > BOARD_EVERY_S:
                self._board = (time.monotonic(), board_numbers(self.room, self.store.votes()))
            found = dict(self._board[1])
        found |= {
            "address": f"http://{self.address}/", "room": self.room.code, "question": self.room.question,
            "round": self.store.round, "rounds": ROUNDS, "joined": self.store.count_voters(),
            "asked": len(self.room.pairs), "items": self.room.items,
        }  # fmt: skip
        return found

    def forget_board(self) -> None:
        with self._board_lock:
            self._board = None

    def stop_soon(self) -> None:
        """`shutdown` from a thread of its own: one that serves would wait for itself."""
        threading.Thread(target=self.shutdown, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: ClassServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "aesthetic-class", ""
    timeout = IDLE_S

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a log would hold addresses."""

    def _answer(self, route: Callable[[], tuple[bytes, str]]) -> None:
        try:
            if self.headers.get("Host", "") not in self.server.hosts:
                raise Refusal(
                    HTTPStatus.MISDIRECTED_REQUEST,
                    f"this is http://{self.server.address}/ and nothing else",
                )
            body, kind = route()
            status = HTTPStatus.OK
        except Refusal as refusal:
            status = refusal.status
            body, kind = _json({"error": str(refusal)})
            self.close_connection = True  # its body may not have been read
        except (sqlite3.Error, OSError):
            status = HTTPStatus.SERVICE_UNAVAILABLE
            body, kind = _json({"error": "it could not be stored; try again"})
            self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header(
            "Cache-Control", "private, max-age=3600" if kind == "image/jpeg" else "no-store"
        )
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    # ---- what there is to get

    def _get(self) -> tuple[bytes, str]:
        path = self.path.partition("?")[0]
        if path in self.server.pages:
            body, kind = self.server.pages[path]
            return body, f"{kind}; charset=utf-8"
        empty, first, code, number = (*path.split("/"), "", "", "")[:4]
        if (empty, first) == ("", "picture") and path.count("/") == 3:
            self._require_room(code)
            if (
                number.isascii()
                and number.isdecimal()
                and len(number) < 4
                and int(number) < len(self.server.pictures)
            ):
                return self.server.pictures[int(number)], "image/jpeg"
        raise Refusal(HTTPStatus.NOT_FOUND, "there is no such page")

    # ---- what is sent

    def _post(self) -> tuple[bytes, str]:
        routes = {
            "/join": self._join,
            "/next": self._next,
            "/vote": self._vote,
            "/teacher": self._teacher,
        }
        if self.path not in routes:
            raise Refusal(HTTPStatus.NOT_FOUND, "there is no such page")
        return _json(routes[self.path](self._read_json()))

    def _read_json(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            raise Refusal(HTTPStatus.LENGTH_REQUIRED, "say how long the body is")
        if len(length) > 9 or int(length) > BODY_LIMIT:
            raise Refusal(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {BODY_LIMIT} bytes are read"
            )
        if (
            self.headers.get_content_type() != "application/json"
        ):  # which no form of another site can send
            raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send application/json")
        try:
            sent = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            sent = None
        if not isinstance(sent, dict):
            raise Refusal(HTTPStatus.BAD_REQUEST, "this is no JSON object")
        return sent

    def _require_room(self, code: object) -> None:
        """Refuses another room, and whoever tries many."""
        if not _same(code.strip().upper() if isinstance(code, str) else "", self.server.room.code):
            if not self.server.guesses.allows(self.client_address[0]):
                raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many tries; wait a minute")
            raise Refusal(
                HTTPStatus.FORBIDDEN, "there is no such room; look at the code on the board"
            )

    def _require_voter(self, sent: dict[str, Any]) -> str:
        self._require_room(sent.get("room"))
        voter = self.server.store.voter(self.headers.get("X-Voter", ""))
        if voter is None:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "join the room first")
        if not self.server.answers.allows(voter):
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too quick; wait a second")
        return voter

    def _join(self, sent: dict[str, Any]) -> dict[str, Any]:
        self._require_room(sent.get("room"))
        if not self.server.joins.allows(self.client_address[0]):
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS, "too many have joined from here; wait a minute"
            )
        if self.server.store.count_voters() >= MOST_VOTERS:
            raise Refusal(HTTPStatus.FORBIDDEN, f"the room is full: it holds {MOST_VOTERS} voters")
        voter, secret = self.server.store.new_voter()
        return {"voter": voter, "secret": secret}

    def _next(self, sent: dict[str, Any]) -> dict[str, Any]:
        return self._question(self._require_voter(sent))

    def _vote(self, sent: dict[str, Any]) -> dict[str, Any]:
        voter, room = self._require_voter(sent), self.server.room
        round, pair = sent.get("round"), sent.get("pair")
        choice, ms = sent.get("choice"), sent.get("ms")
        if not _whole(round, 1, self.server.store.round) or not _whole(
            pair, 0, len(room.pairs) - 1
        ):
            raise Refusal(HTTPStatus.BAD_REQUEST, "this question was not asked")
        if choice not in ("left", "right") or not (ms is None or _whole(ms, 0, 10**9 - 1)):
            raise Refusal(
                HTTPStatus.BAD_REQUEST, "the answer is left or right, in whole milliseconds"
            )
        asked = next(q for q in order_for(room, voter, round) if q.pair == pair)
        self.server.store.add(room, voter, asked, choice, ms)
        return self._question(voter)

    def _question(self, voter: str) -> dict[str, Any]:
        """What this voter is asked now, or why nothing."""
        store, room = self.server.store, self.server.room
        done = store.answered(voter)
        for round in range(1, store.round + 1):
            left = [q for q in order_for(room, voter, round) if (round, q.pair) not in done]
            if left:
                return {
                    "asked": self._shown(left[0]),
                    "place": len(room.pairs) - len(left) + 1,
                    "of": len(room.pairs),
                }
        return {"wait": True} if store.round < ROUNDS else {"done": True}

    def _shown(self, asked: Asked) -> dict[str, Any]:
        room = self.server.room
        return {
            "round": asked.round, "pair": asked.pair, "question": room.question,
            "left": [asked.left, room.items[asked.left]], "right": [asked.right, room.items[asked.right]],
        }  # fmt: skip

    # ---- the teacher's

    def _teacher(self, sent: dict[str, Any]) -> dict[str, Any]:
        if not _same(self.headers.get("X-Teacher", ""), self.server.teacher):
            if not self.server.guesses.allows(self.client_address[0]):
                raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many tries; wait a minute")
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                "this page is the teacher's; open the address that the program printed",
            )
        server, do = self.server, sent.get("do")
        if do == "board":
            return server.board()
        if do == "export":
            return {"name": f"votes_{server.room.code}.csv", "csv": votes_csv(server.store)}
        if do == "open":
            server.store.open_round(ROUNDS)
        elif do == "delete":
            server.store.delete_all()
        elif do == "stop":
            server.stop_soon()
        else:
            raise Refusal(
                HTTPStatus.BAD_REQUEST, "the teacher can board, open, export, delete and stop"
            )
        server.forget_board()
        return {}


def votes_csv(store: VoteStore) -> str:
    """All votes as the package's file of votes (`judgements.vote_file`)."""
    from aesthetic_utils.judgements.vote_file import write_votes

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "votes.csv"
        write_votes(path, store.votes())
        return path.read_text("utf-8")


def serve(server: ClassServer, *, hours: float) -> str:
    """Serve until somebody stops it or the time is over; says which: "stopped" or "time". The store stays open."""
    over = threading.Event()

    def end() -> None:
        over.set()
        server.shutdown()

    timer = threading.Timer(hours * 3600, end)
    timer.daemon = True
    timer.start()
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        timer.cancel()
        server.server_close()
    return "time" if over.is_set() else "stopped"


def lan_address() -> str:
    """This computer's address in the network that it is in; 127.0.0.1 where there is none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(
                ("192.0.2.1", 9)
            )  # an address for examples (RFC 5737); of UDP this only asks for the way
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def _same(given: str, expected: str) -> bool:
    """Compared in a time that does not tell how much is right."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _whole(value: object, low: int, high: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _json(value: dict[str, Any]) -> tuple[bytes, str]:
    return json.dumps(value).encode("ascii"), "application/json"
