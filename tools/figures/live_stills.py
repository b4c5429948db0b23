"""Still pictures of live figures that are too rich to draw: photographs of the built pages.

`make book`, then `python tools/figures/live_stills.py` takes them all into book/figures; with names, only those. Needs
Chromium and Playwright, as the tests in the browser do.
"""

import argparse
import io
import shutil
import threading
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SITE, FIGURES = ROOT / "_build" / "html", ROOT / "book" / "figures"
WIDTH, SCALE, QUALITY = 1160, 1.25, 45  # of the window in pixels, of its pixels, of the WebP
LOWEST = 520  # pixels of a figure that are shown


def measured(page: Page) -> None:
    """Waits until all measures are there."""
    page.wait_for_function(
        "[...document.querySelectorAll('.mis .live-sentence, .mea .live-sentence')].some((p) => p.textContent !== '')"
    )


def loaded(page: Page) -> None:
    """Loads the first generator and lets it draw."""
    page.locator(".network-load:visible").click()
    page.locator(".make-cells canvas").nth(8).wait_for(timeout=60_000)
    page.wait_for_timeout(500)


STILLS: dict[str, tuple[str, str, Callable[[Page], None]]] = {  # name: page, address, when it is ready
    "misleads": ("book/2-concepts/2_4_human_aesthetics", "#misleads-512-5", measured),
    "measure_it": ("book/lab/measure_it", "#measure_it-8.6.74.94-0", measured),
    "make_it": ("book/lab/make_it", "", loaded),
}  # fmt: skip


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


PART = {
    "make_it": ".make-panel:visible"
}  # what is shown, if not the whole place: buttons above it stay in the page


def photograph(page: Page, name: str) -> bytes:
    """The place of a figure, or a part of it, from its top, as PNG."""
    box = page.locator(PART.get(name, f'.live-place[data-live="{name}"]')).bounding_box()
    assert box is not None
    clip = {
        "x": box["x"],
        "y": box["y"],
        "width": box["width"],
        "height": min(box["height"], LOWEST),
    }
    return page.screenshot(clip=clip, full_page=True)


def take(name: str, address: str) -> Path:
    where, hash_, ready = STILLS[name]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(
            viewport={"width": WIDTH, "height": 1000},
            device_scale_factor=SCALE,
            reduced_motion="reduce",
        )
        page.goto(f"{address}/{where}.html{hash_}")
        page.locator(f'.live-place[data-live="{name}"]').scroll_into_view_if_needed()
        ready(page)
        page.add_style_tag(content="#pst-back-to-top { display: none !important }")
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        page.wait_for_timeout(300)
        picture = Image.open(io.BytesIO(photograph(page, name))).convert("RGB")
        browser.close()
    path = FIGURES / f"live_{name}.webp"
    picture.save(path, quality=QUALITY, method=6)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(STILLS)}")
    names = parser.parse_args().names or list(STILLS)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in names:
        path = take(name, f"http://127.0.0.1:{server.server_port}")
        print(path.relative_to(ROOT), path.stat().st_size)
    server.shutdown()


if __name__ == "__main__":
    main()
