"""What several test files share."""

import http.server
import signal
import threading
from functools import partial
from pathlib import Path

import pytest
from forks import Forks


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def folder_server(tmp_path, monkeypatch):
    """The address of a server on this machine that serves the folder `tmp_path / "server"`."""
    monkeypatch.setenv("no_proxy", "*")
    handler = partial(Quiet, directory=str(tmp_path / "server"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(5)


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """Starts programs (forks.Forks) that find the package as if it were installed, and nothing else of the repository."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "aesthetic_utils").symlink_to(Path(__file__).parents[1] / "aesthetic_utils")
    with Forks(folder) as forks:
        yield forks


@pytest.fixture(autouse=True)
def look_of_figures():
    """What a test sets for its figures is gone after it."""
    import matplotlib

    with matplotlib.rc_context():
        yield


@pytest.fixture(autouse=True)
def ctrl_c():
    """Ctrl-C means what it does at a terminal, also where the tests run in the background and ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
