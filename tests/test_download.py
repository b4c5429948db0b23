"""Downloads from a server on this machine that behaves as badly as it is asked to."""

import contextlib
import hashlib
import http.server
import socket
import threading
from pathlib import Path

import pytest

from aesthetic_utils import storage
from aesthetic_utils.data import download
from aesthetic_utils.data.download import DownloadError, data_root, fetch

BODY = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(BODY).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    requests = 0

    def do_GET(self):
        type(self).requests += 1
        if self.path == "/missing":
            return self.send_error(404)
        if self.path == "/busy":
            return self.send_error(503)
        self.send_response(200)
        if self.path != "/unannounced":
            self.send_header("Content-Length", str(10**15 if self.path == "/huge" else len(BODY)))
        self.end_headers()
        if self.path == "/slow":
            threading.Event().wait(1)
        with contextlib.suppress(ConnectionError):  # whoever asked may have left
            self.wfile.write(BODY[: len(BODY) // 2] if self.path == "/cut" else BODY)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(5)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


def fails(url: str, path: Path, **options) -> str:
    """The message of the failure; checks that the folder looks as before."""
    before = {file: file.read_bytes() for file in path.parent.iterdir()}
    with pytest.raises(DownloadError) as caught:
        fetch(url, path, **{"sha256": SHA256} | options)
    assert {file: file.read_bytes() for file in path.parent.iterdir()} == before
    return str(caught.value)


def test_a_whole_file(server, tmp_path):
    path = fetch(f"{server}/file", tmp_path / "new" / "file", sha256=SHA256, size=len(BODY))
    assert path.read_bytes() == BODY
    assert list(path.parent.iterdir()) == [path]


def test_a_server_that_does_not_announce_the_size(server, tmp_path):
    assert fetch(f"{server}/unannounced", tmp_path / "file", sha256=SHA256).read_bytes() == BODY


def test_a_file_that_is_there_is_not_fetched_again(server, tmp_path):
    (tmp_path / "file").write_bytes(BODY)
    before = Handler.requests
    fetch(f"{server}/file", tmp_path / "file", sha256=SHA256)
    assert Handler.requests == before


def test_a_damaged_file_is_replaced(server, tmp_path):
    (tmp_path / "file").write_bytes(BODY[:100])
    assert fetch(f"{server}/file", tmp_path / "file", sha256=SHA256).read_bytes() == BODY


def test_no_network(tmp_path):
    with socket.socket() as closed:  # a port that nobody listens on
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    says = fails(f"http://127.0.0.1:{port}/x", tmp_path / "x", offline_hint="Copy it by hand.")
    assert "is out of reach" in says and says.endswith("Copy it by hand.")


def test_unknown_host(tmp_path, monkeypatch):
    def no_such_host(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    says = fails("http://data.example/x", tmp_path / "x", offline_hint="Copy it by hand.")
    assert "Name or service not known" in says and "Copy it by hand." in says


def test_silent_server(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT_S", 0.1)
    assert "0.1 s" in fails(f"{server}/slow", tmp_path / "x", offline_hint="Later.")


@pytest.mark.parametrize(
    ("page", "says"), [("missing", "404 Not Found; the file may have moved"), ("busy", "later")]
)
def test_http_errors(server, tmp_path, page, says):
    assert says in fails(f"{server}/{page}", tmp_path / "x")


@pytest.mark.parametrize("size", [None, len(BODY)])
def test_cut_short(server, tmp_path, size):
    says = fails(f"{server}/cut", tmp_path / "x", size=size)
    assert "cut short (512,000 of 1,024,000 bytes came)" in says


def test_wrong_hash(server, tmp_path):
    expected = "0" * 64
    says = fails(f"{server}/file", tmp_path / "x", sha256=expected)
    assert "was removed" in says and SHA256 in says and expected in says


def test_the_old_file_survives_a_failure(server, tmp_path):
    (tmp_path / "x").write_bytes(b"old")
    fails(f"{server}/cut", tmp_path / "x")
    fails(f"{server}/file", tmp_path / "x", sha256="0" * 64)


def test_larger_than_it_should_be(server, tmp_path):
    says = fails(f"{server}/unannounced", tmp_path / "x", size=1000)
    assert "larger than the 1,000 bytes" in says


def test_no_room_for_what_is_announced(server, tmp_path):
    assert "AESTHETIC_DATA" in fails(f"{server}/huge", tmp_path / "x")


def test_disk_fills_up_on_the_way(server, tmp_path, monkeypatch):
    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "_force_to_disk", full)
    assert "the disk is full" in fails(f"{server}/file", tmp_path / "x")


def test_own_test_of_the_content(server, tmp_path):
    def verify(path):
        return None if path.read_bytes() == BODY else "other bytes"

    fetch(f"{server}/file", tmp_path / "x", sha256=None, verify=verify)
    says = fails(f"{server}/file", tmp_path / "y", sha256=None, verify=lambda path: "no picture")
    assert says.endswith("was removed: no picture")


def test_only_the_web(tmp_path):
    with pytest.raises(ValueError, match="http and https"):
        fetch("file:///etc/hostname", tmp_path / "x", sha256=None)


def test_data_root(monkeypatch, tmp_path):
    monkeypatch.delenv("AESTHETIC_DATA", raising=False)
    assert data_root() == Path.home() / ".cache" / "aesthetic_utils"
    monkeypatch.setenv("AESTHETIC_DATA", str(tmp_path))
    assert data_root() == tmp_path
    assert data_root("~/elsewhere") == Path.home() / "elsewhere"
