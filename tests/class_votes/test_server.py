"""A class votes: thirty clients at once, a program that is killed, and requests that no phone would send."""

import asyncio
import http.client
import json
import re
import signal
import socket
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette")

from class_programs import start, stop

from aesthetic_utils.class_votes import app as app_module
from aesthetic_utils.class_votes import server as server_module
from aesthetic_utils.class_votes import voting
from aesthetic_utils.class_votes.app import BODY_LIMIT, votes_csv
from aesthetic_utils.class_votes.limits import Limiter
from aesthetic_utils.class_votes.room import Room, class_pairs, read_pictures
from aesthetic_utils.class_votes.server import ClassServer
from aesthetic_utils.class_votes.store import VoteStore
from aesthetic_utils.class_votes.voting import Classroom
from aesthetic_utils.class_votes.writer import Writer
from aesthetic_utils.judgements.vote_file import read_votes

SQL = "x'); DROP TABLE votes; --"
ITEMS = ("<script>alert(1)</script>", SQL, "plain", "grün")
JPEG = b"\xff\xd8 no more than a stand-in"


class Client:
    """One phone: one connection, and the secret it was given."""

    def __init__(self, port: int, room: str = "KXPQB") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.room, self.secret, self.voter = room, "", ""

    def send(self, path: str, body: object, **headers: str) -> tuple[int, dict]:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = {"Content-Type": "application/json", "X-Voter": self.secret} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        self.connection.request("POST", path, sent, head)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def get(self, path: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def join(self) -> "Client":
        status, said = self.send("/join", {"room": self.room})
        assert status == 200, said
        self.secret, self.voter = said["secret"], said["voter"]
        return self

    def next(self) -> dict:
        status, said = self.send("/next", {"room": self.room})
        assert status == 200, said
        return said

    def vote(self, asked: dict, choice: str, /, **more) -> tuple[int, dict]:
        body = {
            "room": self.room,
            "round": asked["round"],
            "pair": asked["pair"],
            "choice": choice,
            "ms": 900,
        }
        return self.send("/vote", body | more)  # fmt: skip

    def close(self) -> None:
        self.connection.close()


def new_store(folder: Path) -> VoteStore:
    store = VoteStore(folder / "votes.sqlite")
    pairs = class_pairs(len(ITEMS), 6)
    store.open_room(Room(code="KXPQB", question=f"Which? {SQL}", items=ITEMS, pairs=pairs))
    return store


@contextmanager
def running(store: VoteStore):
    server = ClassServer(Classroom(store, dict.fromkeys(ITEMS, JPEG)), host="127.0.0.1")
    server.classroom.answers = Limiter(rate=1000, burst=1000)  # clients here do not think
    thread = threading.Thread(target=server.serve, kwargs={"hours": 1})
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(5)
        assert not thread.is_alive()


@pytest.fixture
def store(tmp_path):
    store = new_store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def server(store):
    with running(store) as server:
        yield server


@pytest.fixture
def client(server):
    client = Client(server.port)
    yield client
    client.close()


@pytest.fixture(scope="module")
def open_server(tmp_path_factory):
    """One for all tests whose requests change nothing but by a voter of their own."""
    store = new_store(tmp_path_factory.mktemp("class"))
    with running(store) as server:
        server.classroom.guesses = server.classroom.joins = Limiter(rate=1000, burst=1000)
        yield server
    store.close()


@pytest.fixture
def visitor(open_server):
    client = Client(open_server.port)
    yield client
    client.close()


def teacher(client: Client, server: ClassServer, do: str) -> tuple[int, dict]:
    return client.send("/teacher", {"do": do}, X_Teacher=server.classroom.store.teacher)


# ---- a class


def vote_through(client: Client, prefers: dict[str, int]) -> list[float]:
    """Answer until nothing is asked: the item of the higher number; seconds of each vote."""
    took, said = [], client.next()
    while asked := said.get("asked"):
        left, right = asked["left"][1], asked["right"][1]
        choice = "left" if prefers[left] > prefers[right] else "right"
        began = time.perf_counter()
        status, said = client.vote(asked, choice)
        took.append(time.perf_counter() - began)
        assert status == 200, said
    return took


def test_thirty_clients_vote_at_once(server, store):
    """Two camps of fifteen, each of one mind, in two rounds."""
    camps = [{item: i for i, item in enumerate(order)} for order in (ITEMS, ITEMS[::-1])]
    with ThreadPoolExecutor(30) as pool:
        clients = list(pool.map(lambda _: Client(server.port).join(), range(30)))
        prefers = [camps[i % 2] for i in range(30)]
        list(pool.map(vote_through, clients, prefers))
        assert clients[0].next() == {"wait": True}
        assert teacher(clients[0], server, "open") == (200, {})
        list(pool.map(vote_through, clients, prefers))
    assert all(client.next() == {"done": True} for client in clients)
    votes = store.votes()
    assert len(votes) == 30 * 6 * 2 and len({vote.rater for vote in votes}) == 30
    status, board = teacher(clients[0], server, "board")
    assert status == 200 and board["joined"] == board["finished"] == 30 and board["cannot"] == {}
    # of two voters of thirty, 2 * 105 of 435 pairs are of one camp
    assert board["agreement"]["value"] == pytest.approx(210 / 435)
    assert board["parts"]["noise"]["value"] == 0 and board["parts"]["private"]["value"] > 0.9
    assert {row["item"] for row in board["ranking"]} == set(ITEMS)
    assert np.allclose([row["score"] for row in board["ranking"]], 0, atol=1e-6)
    sides = {(v.rater, v.session, v.left, v.right) for v in votes}
    assert all((r, s[:-1] + "2", b, a) in sides for r, s, a, b in sides if s.endswith("1"))
    for client in clients:
        client.close()


def test_a_class_scores_pictures_on_a_scale(tmp_path):
    """Six of one mind and six of the other, who repeat themselves."""
    store = VoteStore(tmp_path / "v.sqlite")
    pairs = tuple((i, i) for i in range(4))
    store.open_room(Room(code="KXPQB", question="How much?", items=ITEMS, pairs=pairs))
    store.open_round(2)
    with running(store) as server:
        for i in range(12):
            client = Client(server.port).join()
            said = client.next()
            while asked := said.get("asked"):
                number, name = asked["item"]
                assert asked["scale"] == [1, 7] and ITEMS[number] == name and "left" not in asked
                if i == 0:
                    for wrong in ("left", 0, 8, 2.5, True, "3", None, [3]):
                        assert client.vote(asked, wrong)[0] == 400
                status, said = client.vote(asked, 1 + number if i % 2 else 7 - number)
                assert status == 200
            client.close()
        client = Client(server.port)
        status, board = teacher(client, server, "board")
        votes = teacher(client, server, "export")[1]["csv"]
        client.close()
    assert status == 200 and board["scale"] == [1, 7] and board["votes"] == 12 * 4 * 2
    assert [row["score"] for row in board["ranking"]] == [4, 4, 4, 4]
    assert board["agreement"]["value"] < 0.1 and board["parts"]["private"]["value"] > 0.9
    (tmp_path / "out.csv").write_text(votes, encoding="utf-8", newline="")
    read, problems = read_votes(tmp_path / "out.csv")
    assert not problems and read == store.votes()
    assert {(vote.task, vote.scale) for vote in read} == {("scale", (1, 7))}
    store.close()


def test_a_vote_that_is_sent_twice_is_kept_once_and_the_first_stays(client, store):
    asked = client.join().next()["asked"]
    assert client.vote(asked, "left")[0] == client.vote(asked, "right")[0] == 200
    assert [vote.choice for vote in store.votes()] == ["left"]


def test_who_comes_back_goes_on(client, server, store):
    first = client.join().next()["asked"]
    client.vote(first, "left")
    client.close()
    again = Client(server.port)
    again.secret = client.secret
    assert again.next()["place"] == 2 and again.next()["asked"]["pair"] != first["pair"]
    again.close()


def test_the_export_is_the_package_s_file_of_votes(client, server, store, tmp_path):
    client.join()
    vote_through(client, {item: i for i, item in enumerate(ITEMS)})
    status, said = teacher(client, server, "export")
    assert status == 200 and said["name"] == "votes_KXPQB.csv"
    (tmp_path / "out.csv").write_text(said["csv"], encoding="utf-8", newline="")
    votes, problems = read_votes(tmp_path / "out.csv")
    assert not problems and votes == store.votes() and len(votes) == 6
    assert {vote.question for vote in votes} == {f"Which? {SQL}"} and votes[0].session == "KXPQB-1"
    assert any(
        SQL in (vote.left, vote.right) for vote in votes
    )  # it stayed text, and the table is there


def test_delete_all_leaves_nothing_of_anybody(client, server, store):
    client.join()
    client.vote(client.next()["asked"], "left")
    kept = b"".join(p.read_bytes() for p in store.path.parent.glob("votes.sqlite*"))
    assert client.voter.encode() in kept
    assert teacher(client, server, "delete") == (200, {})
    kept = b"".join(p.read_bytes() for p in store.path.parent.glob("votes.sqlite*"))
    assert client.voter.encode() not in kept and store.votes() == [] and store.count_voters() == 0
    assert client.send("/next", {"room": "KXPQB"})[0] == 401
    assert client.join().next()["place"] == 1  # the room is open to go on


def test_a_voter_takes_the_own_votes_out_and_nobody_else_s(client, server, store):
    other = Client(server.port).join()
    other.vote(other.next()["asked"], "left")
    client.join()
    asked = client.next()["asked"]
    client.vote(asked, "left")
    assert client.send("/leave", {"room": "BCDFG"})[0] == 403
    assert client.send("/leave", {"room": "KXPQB"}) == (200, {})
    kept = b"".join(p.read_bytes() for p in store.path.parent.glob("votes.sqlite*"))
    assert client.voter.encode() not in kept and other.voter.encode() in kept
    assert [vote.rater for vote in store.votes()] == [other.voter] and store.count_voters() == 1
    assert client.send("/leave", {"room": "KXPQB"})[0] == 401
    assert client.vote(asked, "left")[0] == 401
    assert other.next()["place"] == 2
    other.close()


# ---- the program is killed


def test_kill_9_loses_no_vote_that_was_acknowledged(tmp_path):
    process, port, code, _ = start(tmp_path)
    acknowledged: list[tuple[str, int]] = []
    clients = [Client(port, code).join() for _ in range(8)]

    def vote_until_it_dies(client: Client) -> None:
        try:
            said = client.next()
            while asked := said.get("asked"):
                status, said = client.vote(asked, "left")
                assert status == 200
                acknowledged.append((client.voter, asked["pair"]))
                time.sleep(0.02)
        except (OSError, http.client.HTTPException):
            pass

    threads = [threading.Thread(target=vote_until_it_dies, args=(c,)) for c in clients]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 30:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    for thread in threads:
        thread.join(10)
    assert 30 <= len(acknowledged) < 8 * 12  # in the middle
    store = VoteStore(tmp_path / "class.sqlite")
    kept = {(c.voter, pair) for c in clients for _, pair in store.answered(c.voter)}
    assert set(acknowledged) <= kept and len(store.votes()) == len(kept) <= len(acknowledged) + 8
    store.close()

    process, port, again, key = start(tmp_path)  # the same file goes on
    assert again == code
    back = Client(port, code)
    back.secret = clients[0].secret
    assert back.next().get("place", 13) == 1 + len([v for v, _ in kept if v == clients[0].voter])
    out, err = stop(process, port, key)
    assert "Traceback" not in err
    assert out.startswith("Stopped. ") and f"{len(kept)} votes in" in out
    for client in (*clients, back):
        client.close()


def test_a_disk_that_fails_is_said_and_the_same_vote_is_kept_later(
    client, server, store, monkeypatch
):
    def full(works):
        raise sqlite3.OperationalError("database or disk is full")

    asked = client.join().next()["asked"]
    with monkeypatch.context() as patched:
        patched.setattr(server.classroom.writer, "_together", full)
        status, said = client.vote(asked, "left")
        assert status == 503 and "try again" in said["error"] and "disk" not in said["error"]
        assert store.votes() == []
    assert client.vote(asked, "left")[0] == 200 and len(store.votes()) == 1


def test_what_gathers_while_a_commit_is_on_its_way_goes_into_the_next(store):
    """And everybody hears of it once it is on disk."""
    commits, go = [], threading.Event()

    def together(works):
        go.wait(5)
        commits.append(len(works))
        return store.together(works)

    async def ten() -> list[str]:
        writer = Writer(together)
        writer.start()
        asking = [
            asyncio.create_task(writer.done(partial(VoteStore.insert_voter, most=99)))
            for _ in range(10)
        ]
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in asking)
        go.set()
        made = await asyncio.gather(*asking)
        writer.stop()
        return [voter for voter, _ in made]

    assert len(set(asyncio.run(ten()))) == 10 == store.count_voters()
    assert sum(commits) == 10 and len(commits) <= 2


def test_it_stops_by_itself(store):
    server = ClassServer(Classroom(store, dict.fromkeys(ITEMS, JPEG)), host="127.0.0.1")
    began = time.monotonic()
    assert server.serve(hours=0.2 / 3600) == "time" and 0.2 <= time.monotonic() - began < 5
    assert store.votes() == []  # the store stays open


# ---- what is refused


def test_another_room_is_refused_and_guessing_ends(client, server):
    server.classroom.guesses = Limiter(rate=0.001, burst=3)
    for code in ("KXPQC", "", SQL):
        status, said = client.send("/join", {"room": code})
        assert status == 403 and "no such room" in said["error"]
    assert client.send("/join", {"room": "KXPQC"})[0] == 429
    assert client.send("/join", {"room": 7})[0] == 429


def test_too_many_who_join_at_once_wait_and_a_full_room_stays_full(client, server, monkeypatch):
    server.classroom.joins = Limiter(rate=0.001, burst=2)
    assert [client.send("/join", {"room": "KXPQB"})[0] for _ in range(3)] == [200, 200, 429]
    server.classroom.joins = Limiter(rate=1, burst=9)
    monkeypatch.setattr(voting, "MOST_VOTERS", 2)
    status, said = client.send("/join", {"room": "KXPQB"})
    assert status == 403 and "it holds 2 voters" in said["error"]


def test_the_code_may_be_typed_in_small_letters(client):
    assert client.send("/join", {"room": " kxpqb "})[0] == 200


def test_a_body_of_10_mb_is_refused_without_being_read(server, store):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        head = (
            f"POST /vote HTTP/1.1\r\nHost: {server.address}\r\nContent-Type: application/json\r\n"
        )
        raw.sendall(f"{head}Content-Length: 10485760\r\n\r\n".encode())
        answer = raw.recv(4096)  # before a byte of the body was sent
        assert answer.startswith(b"HTTP/1.1 413 ") and b"connection: close" in answer
    client = Client(server.port).join()  # and the next one is served
    assert client.send("/vote", b" " * (BODY_LIMIT + 1))[0] == 413
    client.close()
    assert store.votes() == []


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"not json", {}, 400),
        (b"[1]", {}, 400),
        (b"[" * 1999, {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"{}", {"Content_Type": "text/plain"}, 415),  # what a form of another site can send
        (b"{}", {"Host": "evil.example"}, 421),
        (b"{}", {}, 403),  # no room
    ],
)
def test_bodies_that_are_none(visitor, body, headers, status):
    assert visitor.join().send("/next", body, **headers)[0] == status


@pytest.mark.parametrize("length", ["-1", "9" * 40, "1, 2"])
def test_lengths_that_are_none(open_server, length):
    head = f"POST /next HTTP/1.1\r\nHost: {open_server.address}\r\nContent-Length: {length}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", open_server.port), timeout=10) as raw:
        raw.sendall(head.encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_a_body_without_a_length_is_refused(open_server):
    head = f"POST /next HTTP/1.1\r\nHost: {open_server.address}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n"
    with socket.create_connection(("127.0.0.1", open_server.port), timeout=10) as raw:
        raw.sendall(head.encode())
        assert raw.recv(4096).startswith(b"HTTP/1.1 411 ")


def test_who_says_nothing_or_half_of_it_is_let_go(store, monkeypatch):
    monkeypatch.setattr(server_module, "IDLE_S", 0.3)
    monkeypatch.setattr(app_module, "BODY_S", 0.3)
    with running(store) as server:
        half = f"POST /next HTTP/1.1\r\nHost: {server.address}\r\n"
        body = f"{half}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{{"
        raw = [socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(3)]
        for connection, said in zip(raw, ("", half, body), strict=True):
            connection.sendall(said.encode())
        answers = [connection.recv(4096) for connection in raw]
        for connection in raw:
            connection.close()
    assert answers[:2] == [b"", b""] and answers[2].startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "wrong",
    [
        {"round": 2}, {"round": 0}, {"round": True}, {"round": "1"}, {"pair": 6}, {"pair": -1}, {"pair": SQL},
        {"choice": "tie"}, {"choice": SQL}, {"choice": ["left"]}, {"choice": None}, {"ms": -1}, {"ms": 1.5},
        {"ms": 10**9}, {"ms": "<b>"}, {"pair": 10**400},
    ],
)  # fmt: skip
def test_answers_to_no_question_are_refused(visitor, open_server, wrong):
    asked = visitor.join().next()["asked"]
    status, said = visitor.vote(asked, "left", **wrong)
    assert status == 400 and said["error"]
    assert open_server.classroom.store.answered(visitor.voter) == set()
    again = Client(open_server.port)
    again.secret = visitor.secret
    assert again.next()["asked"] == asked
    again.close()


def test_without_a_secret_nobody_votes_and_with_one_s_own_nobody_else_s(client, server, store):
    assert client.send("/next", {"room": "KXPQB"})[0] == 401
    assert client.send("/next", {"room": "KXPQB"}, X_Voter=SQL)[0] == 401
    asked = client.join().next()["asked"]
    client.vote(asked, "left")
    other = Client(server.port).join()
    assert other.voter != client.voter and other.next()["place"] == 1
    for do in ("board", "export", "delete", "stop"):
        for key in ("", other.secret, SQL, "KXPQB"):
            assert other.send("/teacher", {"do": do}, X_Teacher=key)[0] == 403
    assert teacher(other, server, "fly")[0] == 400
    said = json.dumps([other.next(), other.vote(other.next()["asked"], "left")[1]])
    assert client.voter not in said and client.secret not in said
    other.close()


def test_too_quick_votes_wait(client, server, store):
    server.classroom.answers = Limiter(rate=0.001, burst=2)
    asked = client.join().next()["asked"]
    assert client.vote(asked, "left")[0] == 200
    assert client.vote(asked, "left")[0] == 429


def test_a_bucket_fills_again_and_askers_are_forgotten(monkeypatch):
    now = [0.0]
    limiter = Limiter(rate=2, burst=3, clock=lambda: now[0])
    assert [limiter.allows("a") for _ in range(4)] == [True] * 3 + [False]
    assert limiter.allows("b")
    now[0] = 0.5
    assert [limiter.allows("a") for _ in range(2)] == [True, False]
    monkeypatch.setattr("aesthetic_utils.class_votes.limits.KEPT", 10)
    now[0] = 100.0
    for asker in range(50):
        limiter.allows(str(asker))
    assert len(limiter._left) <= 11


# ---- pages and pictures


def test_pages_and_pictures(client, server):
    for path, kind in (("/", "text/html"), ("/board", "text/html"), ("/voter.js", "text/javascript"),
                       ("/board.js", "text/javascript"), ("/class.css", "text/css")):  # fmt: skip
        status, headers, body = client.get(path)
        assert status == 200 and headers["Content-Type"] == f"{kind}; charset=utf-8" and body
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store" and "Set-Cookie" not in headers
        hosts = set(re.findall(rb"(?:https?:)?//[a-z][\w.]+\.\w+", body)) - {b"http://www.w3.org"}
        assert not hosts, "a page names another host"
        assert server.classroom.store.teacher.encode() not in body and b"KXPQB" not in body
    assert client.get("/picture/KXPQB/3")[2] == JPEG
    for path, status in (("/picture/KXPQC/0", 403), ("/picture/KXPQB/4", 404), ("/picture/KXPQB/-1", 404),
                         ("/picture/KXPQB/..%2f", 404), ("/../server.py", 404), ("/votes", 404)):  # fmt: skip
        other = Client(server.port)
        assert other.get(path)[0] == status, path
        other.close()


def test_names_reach_pages_as_text():
    """The scripts put no text into a page as HTML."""
    folder = Path(server_module.__file__).parent / "pages"
    for name in ("voter.js", "board.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(",
            (folder / name).read_text(),
        )


def test_own_pictures_lose_size_and_place(tmp_path):
    for name in ("a", "b"):
        exif = Image.Exif()
        exif.get_ifd(0x8825)[1] = "N"  # GPS
        exif[0x010F] = "Camera of somebody"
        Image.effect_noise((1000, 750), 50).convert("RGB").save(tmp_path / f"{name}.jpg", exif=exif)
    assert b"Camera of somebody" in (tmp_path / "a.jpg").read_bytes()
    found = read_pictures(tmp_path)
    assert list(found) == ["a", "b"]
    (tmp_path / "out.jpg").write_bytes(found["a"])
    with Image.open(tmp_path / "out.jpg") as picture:
        assert picture.size == (800, 600) and not picture.getexif()
    assert b"Camera of somebody" not in found["a"] and b"Exif" not in found["a"]


def test_votes_csv_of_no_votes_has_a_header(store):
    assert (
        votes_csv(store).startswith("version,session,rater,") and votes_csv(store).count("\n") == 1
    )
