"""A browser and a server for the tests of the built site: `make book` first.

Without Chromium, Playwright or a site these tests are skipped and say so; with AESTHETIC_BROWSER=required, as in
continuous integration, they fail instead.
"""

from __future__ import annotations

import gzip
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import site_checks

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
# a larger nursery: V8 spends a fifth of the time of axe-core on collecting garbage
ARGUMENTS = ["--no-sandbox", "--js-flags=--min-semi-space-size=32"]
PAGES = [p.relative_to(SITE).as_posix() for p in site_checks.pages(SITE)] if SITE.is_dir() else []


def missing(what: str) -> None:
    """Skips, or fails where a browser is required."""
    if os.environ.get("AESTHETIC_BROWSER") == "required":
        pytest.fail(f"the tests in a browser need {what}")
    pytest.skip(f"needs {what}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright: pip install playwright")
    if CHROMIUM is None:
        missing("Chromium, on Debian and Ubuntu: apt install chromium")
    if not PAGES:
        missing("a built site: make book")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def watched(browser: Any) -> Callable[[], AbstractContextManager[Callable[..., Any]]]:
    """`with watched() as open_url:` opens addresses, each in a context with its own options.

    At its end they are closed, and no page may have reported an error or asked for a missing file.
    """

    @contextmanager
    def watch() -> Iterator[Callable[..., Any]]:
        contexts, problems = [], []

        def open_url(url: str, **options: Any) -> Any:
            contexts.append(
                browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
            )
            page = contexts[-1].new_page()
            page.on("pageerror", lambda error: problems.append(str(error)))
            if options.get("java_script_enabled", True):  # or every script is one that failed
                page.on("requestfailed", lambda request: problems.append(request.url))
            page.goto(url)
            return page

        yield open_url
        for context in contexts:
            context.close()
        assert problems == []

    return watch


@cache
def compressed(path: str, changed: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 6, mtime=0)


class Handler(SimpleHTTPRequestHandler):
    """Files of the site as a host on the web sends them: text compressed, and to be kept."""

    TEXT = (".html", ".css", ".js", ".svg", ".json", ".txt", ".xml", ".ipynb", ".md")

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path.split("?")[0]))
        if path.is_dir():
            path /= "index.html"
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(200)
        if path.suffix in self.TEXT:
            content = compressed(str(path), path.stat().st_mtime_ns)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the site is served, on this machine alone."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Handler(*a, directory=str(SITE)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
