"""The pages and answers of a class that votes, as a Starlette application.

It refuses requests for another host than the one it was started for (so that no page elsewhere can reach it under a
name of its own), bodies above BODY_LIMIT bytes, more requests than the limits allow, and whatever is no answer to a question
that was asked. It logs nothing, sets no cookie, and writes no address of a voter.

    GET  /  /board  /voter.js  /board.js  /class.css         the pages
    GET  /picture/CODE/N                                      the picture number N of the room
    POST /join     {room}                                  -> {voter, secret}
    POST /next     {room}                                  -> {asked} or {wait} or {done}        with X-Voter: SECRET
    POST /vote     {room, round, pair, choice, ms}         -> the same                           with X-Voter: SECRET
    POST /leave    {room}                                  -> {}; the votes are deleted          with X-Voter: SECRET
    POST /teacher  {do: board, open, export, delete, stop} -> numbers, votes, or {}              with X-Teacher: KEY
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aesthetic_utils.class_votes.qr import qr_svg
from aesthetic_utils.class_votes.store import VoteStore
from aesthetic_utils.class_votes.voting import Classroom, Refusal, read_object, same

BODY_LIMIT = 2_000  # bytes; a vote has a hundred
BODY_S = 20.0  # that a body may take to arrive
PAGES = {
    "/": ("voter.html", "text/html"), "/board": ("board.html", "text/html"), "/voter.js": ("voter.js", "text/javascript"),
    "/board.js": ("board.js", "text/javascript"), "/class.css": ("class.css", "text/css"),
}  # fmt: skip
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()), (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]  # fmt: skip


def make_app(classroom: Classroom, address: str, stop: Callable[[], None]) -> Starlette:
    """The application of one room.

    address: host and port under which it is reached, such as 192.168.1.20:8777. stop: ends the server, soon.
    """
    port = address.rpartition(":")[2]
    hosts = {address, f"127.0.0.1:{port}", f"localhost:{port}"}
    voters, teacher = Voters(classroom), Teacher(classroom, address, stop)
    app = Starlette(
        routes=[
            *(Route(path, _page(name, kind)) for path, (name, kind) in PAGES.items()),
            Route("/picture/{code}/{number}", voters.picture),
            Route("/join", voters.join, methods=["POST"]),
            Route("/next", voters.next, methods=["POST"]),
            Route("/vote", voters.vote, methods=["POST"]),
            Route("/leave", voters.leave, methods=["POST"]),
            Route("/teacher", teacher.answer, methods=["POST"]),
        ],
        middleware=[Middleware(Guard, hosts=hosts)],
        exception_handlers={
            Refusal: _refused, HTTPException: _no_page, sqlite3.Error: _not_stored, OSError: _not_stored,
        },
    )  # fmt: skip
    app.router.redirect_slashes = False
    return app


class Guard:
    """Answers for its own hosts alone, and puts on every answer what a browser must not do with it."""

    def __init__(self, app: ASGIApp, hosts: set[str]) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        if host in self.hosts:
            return await self.app(scope, receive, guarded)
        answer = _error(HTTPStatus.MISDIRECTED_REQUEST, "this is another computer's name")
        await answer(scope, receive, guarded)


class Voters:
    """What phones ask for."""

    def __init__(self, classroom: Classroom) -> None:
        self.classroom = classroom

    async def picture(self, request: Request) -> Response:
        number, pictures = request.path_params["number"], self.classroom.pictures
        self.classroom.require_room(request.path_params["code"], _address(request))
        if not (number.isascii() and number.isdecimal() and len(number) < 4):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if int(number) >= len(pictures):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        keep = {"cache-control": "private, max-age=3600"}
        return Response(pictures[int(number)], media_type="image/jpeg", headers=keep)

    async def join(self, request: Request) -> Response:
        await self._sent(request)
        return _json(await self.classroom.join(_address(request)))

    async def next(self, request: Request) -> Response:
        await self._sent(request)
        voter = self.classroom.require_voter(request.headers.get("x-voter", ""))
        return _json(self.classroom.question(voter))

    async def vote(self, request: Request) -> Response:
        sent = await self._sent(request)
        voter = self.classroom.require_voter(request.headers.get("x-voter", ""))
        return _json(await self.classroom.vote(voter, sent))

    async def leave(self, request: Request) -> Response:
        await self._sent(request)
        voter = self.classroom.require_voter(request.headers.get("x-voter", ""))
        await self.classroom.leave(voter)
        return _json({})

    async def _sent(self, request: Request) -> dict[str, Any]:
        sent = await _read(request)
        self.classroom.require_room(sent.get("room"), _address(request))
        return sent


class Teacher:
    """What the board asks for; each request carries the teacher's key."""

    def __init__(self, classroom: Classroom, address: str, stop: Callable[[], None]) -> None:
        self.classroom, self.key, self.stop = classroom, classroom.store.teacher, stop
        self.page = f"http://{address}/"
        self.qr = qr_svg(f"{self.page}?room={classroom.room.code}")

    async def answer(self, request: Request) -> Response:
        sent = await _read(request)
        if not same(request.headers.get("x-teacher", ""), self.key):
            self.classroom.require_few_guesses(_address(request))
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                "this page is the teacher's; open the address that the program printed",
            )
        do = {
            "board": self.board, "export": self.export, "open": self.change, "delete": self.change, "stop": self.end,
        }  # fmt: skip
        what = sent.get("do")
        if not isinstance(what, str) or what not in do:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"the teacher can {', '.join(do)}")
        return _json(await do[what](what))

    async def board(self, _: str) -> dict[str, Any]:
        return await self.classroom.board() | {"address": self.page, "qr": self.qr}

    async def export(self, _: str) -> dict[str, Any]:
        csv = await asyncio.to_thread(votes_csv, self.classroom.store)
        return {"name": f"votes_{self.classroom.room.code}.csv", "csv": csv}

    async def change(self, what: str) -> dict[str, Any]:
        await self.classroom.change(what)
        return {}

    async def end(self, _: str) -> dict[str, Any]:
        self.stop()
        return {}


def votes_csv(store: VoteStore) -> str:
    """All votes as the package's file of votes (`judgements.vote_file`)."""
    from aesthetic_utils.judgements.vote_file import write_votes

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "votes.csv"
        write_votes(path, store.votes())
        return path.read_text("utf-8")


# --------------------------------------------------------------------------------------------------
# requests and answers


def _page(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    body = (resources.files("aesthetic_utils.class_votes") / "pages" / name).read_bytes()

    async def page(request: Request) -> Response:
        kept = {"content-type": f"{kind}; charset=utf-8", "cache-control": "no-store"}
        return Response(body, headers=kept)

    return page


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


async def _read(request: Request) -> dict[str, Any]:
    """The JSON object that was sent; refuses a large body before it reads any of it."""
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdecimal()):
        raise Refusal(HTTPStatus.LENGTH_REQUIRED, "say how long the body is")
    if len(length) > 9 or int(length) > BODY_LIMIT:
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {BODY_LIMIT} bytes are read")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":  # which no form of another site can send
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send application/json")
    try:
        async with asyncio.timeout(BODY_S):
            body = await request.body()
    except TimeoutError:
        raise Refusal(HTTPStatus.REQUEST_TIMEOUT, "the body took too long") from None
    except ClientDisconnect:
        raise Refusal(HTTPStatus.BAD_REQUEST, "the body broke off") from None
    return read_object(body)


def _json(value: dict[str, Any]) -> Response:
    return JSONResponse(value, headers={"cache-control": "no-store"})


def _error(status: HTTPStatus, message: str) -> Response:
    """The connection ends with it: the body may not have been read."""
    headers = {"cache-control": "no-store", "connection": "close"}
    return JSONResponse({"error": message}, status, headers)


async def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return _error(refusal.status, str(refusal))


async def _no_page(request: Request, error: Exception) -> Response:
    return _error(HTTPStatus.NOT_FOUND, "there is no such page")


async def _not_stored(request: Request, error: Exception) -> Response:
    return _error(HTTPStatus.SERVICE_UNAVAILABLE, "it could not be stored; try again")
