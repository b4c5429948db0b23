"""Every page in a browser: its weight, who can use it, and whether everything fits.

The budgets are what a browser fetches before anybody scrolls, compressed, from an empty cache.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import site_checks

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
PAGES = [p.relative_to(SITE).as_posix() for p in site_checks.pages(SITE)] if SITE.is_dir() else []

KB = 1000
BUDGETS = {"index.html": 350 * KB, "book/intro.html": 350 * KB}  # the landing page
TEXT, LESSON = 400 * KB, 900 * KB
SPOKEN = ("critical", "serious")  # what axe may not find
# What leaves its box, at the width of the window. A table, a formula and a figure may scroll in theirs.
CUT = """() => {
  const cut = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) cut.push(`the page: ${root.scrollWidth} px`);
  for (const pre of document.querySelectorAll("article pre")) {
    if (pre.checkVisibility() && pre.scrollWidth > pre.clientWidth + 1)
      cut.push(`code: ${pre.textContent.trim().slice(0, 60)}`);
  }
  for (const image of document.querySelectorAll("article a.picture img")) {
    const least = parseFloat(getComputedStyle(image.parentElement).getPropertyValue("--least"));
    if (image.checkVisibility() && image.clientWidth + 1 < Math.min(least || 0, image.getAttribute("width")))
      cut.push(`type below 9 px in ${image.getAttribute("src")}: ${image.clientWidth} of ${least}`);
  }
  return cut;
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll(
    ".bd-header-article button, .bd-header-article label, .page-head a, .prev-next-area a, .bd-article .sd-btn,"
    + " .bd-article details > summary")]
  .filter(e => e.checkVisibility() && (e.offsetHeight < 44 || e.offsetWidth < 44))
  .map(e => `${e.className || e.tagName} ${e.offsetWidth} x ${e.offsetHeight}`)"""
# Blocks of code and formulas look alike, and so do the links of the contents and the entries of long lists:
# a few stand for the rest.
THIN_OUT = """() => {
  for (const [selector, kept] of [["article .highlight pre", 3], ["article .katex", 5], ["article .ln", 20]])
    [...document.querySelectorAll(selector)].slice(kept).forEach(e => e.replaceChildren(e.textContent.slice(0, 20)));
  for (const [selector, kept] of [["nav.bd-links li", 12], ["article .citation-list > *", 12],
                                  ["article dl.glossary > *", 24], ["article .indextable li", 12],
                                  ["article tbody tr", 40]])
    [...document.querySelectorAll(selector)].slice(kept).forEach(e => e.remove());
}"""
# Live figures are loaded near the screen; each comes there in turn, and has to be built.
LIVE = """async () => {
  for (const place of document.querySelectorAll(".live-place")) {
    place.scrollIntoView({behavior: "instant"});
    const until = performance.now() + 20000;
    while (place.matches(":empty")) {
      if (performance.now() > until) return place.dataset.live;
      await new Promise(done => setTimeout(done, 20));
    }
  }
  scrollTo({top: 0, behavior: "instant"});
  return null;
}"""
THEMES = [f"document.documentElement.dataset.theme = '{theme}'" for theme in ("dark", "light")]
# two messages of the theme that mean nothing
BENIGN = re.compile(r"THEBE_JS_URL|Got invalid theme mode")


def budget(name: str) -> int:
    return BUDGETS.get(name, LESSON if name.startswith("notebooks/") else TEXT)


def axe_source() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


def axe(page: Any, *rules: str) -> list[str]:
    """What axe-core finds: serious and critical alone; all rules, or those named."""
    only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    options = {"resultTypes": ["violations"], "preload": False, "selectors": False} | only
    found = page.evaluate(f"axe.run(document, {json.dumps(options)})")["violations"]
    return [
        f"{v['id']} ({v['impact']}): {v['nodes'][0]['html'][:160]} and {len(v['nodes']) - 1} more"
        for v in found
        if v["impact"] in SPOKEN
    ]


def watch(page: Any, session: Any, host: str) -> tuple[dict, Callable[[], None]]:
    """Counts bytes, and collects what goes wrong, until the function that it also returns is called."""
    seen = {"bytes": 0, "troubles": []}

    def finished(event: dict) -> None:
        seen["bytes"] += event["encodedDataLength"]

    def asked(request: Any) -> None:
        if urlsplit(request.url).scheme in ("http", "https") and not request.url.startswith(host):
            seen["troubles"].append(f"asks another host: {request.url}")

    def said(message: Any) -> None:
        if message.type in ("error", "warning") and not BENIGN.search(message.text):
            seen["troubles"].append(f"console: {message.text}")

    def broke(error: Any) -> None:
        seen["troubles"].append(f"error: {error}")

    def failed(request: Any) -> None:
        seen["troubles"].append(f"failed: {request.url}")

    listeners = {"request": asked, "console": said, "pageerror": broke, "requestfailed": failed}
    session.on("Network.loadingFinished", finished)
    for event, listener in listeners.items():
        page.on(event, listener)

    def stop() -> None:
        session.remove_listener("Network.loadingFinished", finished)
        for event, listener in listeners.items():
            page.remove_listener(event, listener)

    return seen, stop


@pytest.fixture(scope="module")
def source() -> str:
    return axe_source()


class Tab:
    """A tab for one visit after the other: to start one anew costs a quarter of a visit.

    Each visit finds an empty cache and an empty storage, and the window as it was at first.
    """

    EMPTY = "try { localStorage.clear(); sessionStorage.clear() } catch { /* no page of ours */ }"

    def __init__(self, browser: Any, host: str) -> None:
        self.browser, self.host, self.page = browser, host, None

    def __enter__(self) -> tuple[Any, dict]:
        if self.page is None:
            context = self.browser.new_context(color_scheme="light")
            context.add_init_script(self.EMPTY)
            self.page = context.new_page()
            self.session = context.new_cdp_session(self.page)
            self.session.send("Network.enable")
            self.session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        everything = {"origin": self.host.rstrip("/"), "storageTypes": "all"}
        self.session.send("Storage.clearDataForOrigin", everything)
        self.page.emulate_media(media="screen")
        self.page.set_viewport_size({"width": 1280, "height": 800})
        seen, self.stop_watching = watch(self.page, self.session, self.host)
        return self.page, seen

    def __exit__(self, kind: Any, *_: Any) -> None:
        self.page.evaluate(
            "stop()"
        ) if kind is None else self.close()  # what is under way is of this visit
        self.stop_watching()

    def close(self) -> None:
        if self.page is not None:
            self.page.context.close()
        self.page = None


@pytest.fixture(scope="module")
def tab(browser, address):
    tab = Tab(browser, address)
    yield tab
    tab.close()


@pytest.mark.parametrize("name", [name for name in PAGES if name != "404.html"] or ["no site"])
def test_a_page(name, tab, address, source, record_property):
    """One visit, many questions, so that a page is loaded once: everything that is wrong is listed."""
    with tab as (page, seen):
        page.goto(address + name, wait_until="networkidle")
        weight, problems = seen["bytes"], []
        record_property("bytes", weight)
        if weight > budget(name):
            problems.append(f"weighs {weight / KB:.0f} KB, more than {budget(name) / KB:.0f} KB")
        if missing := page.evaluate(LIVE):
            problems.append(f"not built: {missing}")
        problems += fit_problems(page)
        problems += access_problems(page, source)
    problems += seen["troubles"]
    assert not problems, "\n" + "\n".join(problems)


def fit_problems(page: Any) -> list[str]:
    """What does not fit at 1280 and 360 pixels and on paper; the window is as before afterwards."""
    problems = [f"at 1280 px: {cut}" for cut in page.evaluate(CUT)]
    page.set_viewport_size({"width": 360, "height": 740})
    problems += [f"at 360 px: {cut}" for cut in page.evaluate(CUT)]
    problems += [f"small target: {target}" for target in page.evaluate(SMALL_TARGETS)]
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 1000})  # A4 within its margins
    problems += [f"on paper: {cut}" for cut in page.evaluate(CUT) if cut.startswith("code")]
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("globalThis.resized = performance.now()")
    return problems


def access_problems(page: Any, source: str) -> list[str]:
    """What axe-core finds, dark and light."""
    page.evaluate(THIN_OUT)
    page.add_style_tag(content="* { transition: none !important }")
    page.evaluate(source)
    dark, light = THEMES
    page.evaluate(dark)
    problems = [f"dark: {found}" for found in axe(page, "color-contrast")]
    page.evaluate(light)
    page.wait_for_function(
        "performance.now() > resized + 400"
    )  # what can be scrolled, the theme sees 300 ms later
    return problems + [f"light: {found}" for found in axe(page)]


def test_formulas_and_colours_do_not_need_javascript(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "book/3-algorithms/3_1_1_convolution_layer.html")
    assert page.locator(".katex-html").first.is_visible()
    assert "\\sum" not in page.locator("article").inner_text()
    colour = "getComputedStyle(document.body).getPropertyValue('--pst-color-text-base').trim()"
    context.close()
    context = browser.new_context(java_script_enabled=True)
    page = context.new_page()
    page.goto(address + "book/3-algorithms/3_1_1_convolution_layer.html")
    assert page.evaluate(colour) == "#2a2825"
    context.close()


def test_a_picture_opens_large_and_the_keyboard_closes_it(browser, address):
    page = browser.new_page()
    page.goto(address + "book/3-algorithms/3_1_1_convolution_layer.html")
    picture = page.locator("a.picture:visible").first
    picture.focus()
    page.keyboard.press("Enter")
    assert page.locator("dialog.large img").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("dialog.large").count() == 0
    assert picture.evaluate("link => link === document.activeElement")
    page.close()


def test_a_formula_is_copied_as_tex(browser, address):
    page = browser.new_page()
    page.goto(address + "book/3-algorithms/3_1_1_convolution_layer.html")
    copied = page.evaluate("""() => {
      const paragraph = [...document.querySelectorAll("article p")].find(p => p.querySelector(".katex"));
      getSelection().selectAllChildren(paragraph);
      const event = new ClipboardEvent("copy", {clipboardData: new DataTransfer(), bubbles: true, cancelable: true});
      paragraph.dispatchEvent(event);
      return event.clipboardData.getData("text/plain");
    }""")
    assert copied.startswith("Written as a formula, with $x$ the input picture, $y$ the output"), (
        copied
    )
    page.close()


def test_a_long_line_of_code_is_copied_without_its_marks(browser, address):
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto(address + "notebooks/4_1_cnn.html")
    code = page.locator("div.cell:not(:has(details)) div.cell_input pre").first
    assert "↪" not in code.inner_text() and "\n\n\n" not in code.inner_text()
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_shows_one_version_of_each_picture(scheme, browser, address):
    page = browser.new_page(color_scheme=scheme)
    page.goto(address + "book/3-algorithms/3_1_1_convolution_layer.html", wait_until="networkidle")
    other = {"light": "dark", "dark": "light"}[scheme]
    drawn = page.locator("figure:not(.live)")  # the still of a live figure gives way to it
    assert drawn.locator(f"a.picture.on-{scheme}").first.is_visible()
    assert not page.locator(f"a.picture.on-{other}").first.is_visible()
    grounds = page.evaluate("""() => [...document.querySelectorAll("article img")].map(
        i => getComputedStyle(i).filter + getComputedStyle(i).backgroundColor)""")
    assert set(grounds) == {"nonergba(0, 0, 0, 0)"}, "no card, no dimming"
    page.close()
