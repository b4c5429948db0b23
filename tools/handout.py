"""Print lessons, or the whole book, as PDF files for paper: A4, readable in black and white, with page numbers.

    python -m tools.handout                             every lesson, into _build/handout
    python -m tools.handout notebooks/4_1_cnn.ipynb     this one
    python -m tools.handout --book                      every page of the book in one file
    python -m tools.handout --solutions                 with the folded cells unfolded

Prints the built site (`make book`) by Chromium, with the rules for paper that its pages have. Folded cells, the solutions
among them, stay folded unless asked for. Links within what is printed lead there, all others to the published site. Chromium
comes with the system (on Debian and Ubuntu: apt install chromium), what drives it with pip install playwright.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from aesthetic_utils.cli.common import plural
from tools.modes import ROOT

SITE = ROOT / "_build" / "html"
OUT = ROOT / "_build" / "handout"
NOTEBOOKS = ROOT / "notebooks"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MARGINS = {"top": "16mm", "bottom": "18mm", "left": "18mm", "right": "18mm"}
WIDE = round((210 - 2 * 18) / 25.4 * 96)  # pixels of a line of A4 between the margins
LOOK = """
  .bd-article details > summary ~ * { break-inside: auto; }
  .bd-article figure, .bd-article .figure, .bd-article table, .bd-article tr, .bd-article img { break-inside: avoid; }
  .bd-article img { max-height: 235mm; max-width: 100% !important; object-fit: contain; }
  .bd-article h2, .bd-article h3 { break-after: avoid; }
  article.bd-article + article.bd-article { break-before: page; }
"""
FOOT = (
    '<div style="width:100%;font:8px serif;text-align:center;color:#000">'
    '<span class="title"></span> · <span class="pageNumber"></span> of <span class="totalPages"></span></div>'
)
# Everything that a printer needs is loaded, and links lead to where a reader of paper finds the page.
READY = """async ([base, unfold]) => {
  for (const image of document.images) image.loading = "eager";
  for (const fold of document.querySelectorAll("article details")) fold.open = fold.open || unfold;
  for (const link of document.querySelectorAll("article a[href]")) {
    const to = link.getAttribute("href");
    if (base && !to.startsWith("#") && !/^[a-z]+:/i.test(to)) link.href = new URL(to, base).href;
  }
  await document.fonts.ready;
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
}"""


class HandoutError(RuntimeError):
    """Something is missing that printing needs; the message says what."""


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser. Raises HandoutError where there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise HandoutError("printing needs playwright: pip install playwright") from None
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise HandoutError("printing needs Chromium: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def open_page(browser: Any, path: Path, *, unfold: bool = False, scripts: bool = True) -> Any:
    """A page as it goes to paper: light, as wide as the paper, everything loaded."""
    context = browser.new_context(
        viewport={"width": WIDE, "height": 1000}, color_scheme="light", java_script_enabled=scripts
    )
    page = context.new_page()
    page.emulate_media(media="print", color_scheme="light")
    page.goto(path.as_uri())
    page.add_style_tag(content=LOOK)
    base = page.locator('meta[property="og:url"]')
    page.evaluate(READY, [base.get_attribute("content") if base.count() else "", unfold])
    return page


def print_page(browser: Any, path: Path, to: Path, *, unfold: bool = False) -> int:
    """Prints a page of the site; the bytes of the file."""
    page = open_page(browser, path, unfold=unfold)
    to.parent.mkdir(parents=True, exist_ok=True)
    page.pdf(
        path=to, format="A4", margin=MARGINS, print_background=True, tagged=True, outline=True,
        display_header_footer=True, header_template="<span></span>", footer_template=FOOT,
    )  # fmt: skip
    page.context.close()
    return to.stat().st_size


# ---- the whole book


def pages_in_order(site: Path) -> list[str]:
    """The pages of the book in the order in which one reads it: each names its next one."""
    from bs4 import BeautifulSoup

    found, name = [], "book/intro.html"
    while name and name not in found and (site / name).is_file():
        found.append(name)
        soup = BeautifulSoup((site / name).read_text("utf-8"), "html.parser")
        following = soup.select_one("a.right-next")
        name = urljoin(name, str(following["href"])).split("#")[0] if following else ""
    return found


def one_page(site: Path, names: Sequence[str]) -> str:
    """The HTML of a single page that holds the articles of all of these, linked with each other."""
    from bs4 import BeautifulSoup

    styles: dict[str, None] = {}
    articles = []
    for number, name in enumerate(names):
        soup = BeautifulSoup((site / name).read_text("utf-8"), "html.parser")
        for style in soup.select("head link[rel=stylesheet], head style"):
            if style.name == "link":
                style["href"] = (site / urljoin(name, str(style["href"]).split("?")[0])).as_uri()
            styles[str(style)] = None
        published = soup.select_one('meta[property="og:url"]')
        article = soup.select_one("article.bd-article")
        if article is None:
            continue
        for script in article.select("script"):
            script.decompose()
        _join(article, name, names, number, site, str(published["content"]) if published else "")
        article["id"] = f"p{number}"
        articles.append(str(article))
    return (
        '<!DOCTYPE html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
        f"<title>Deep Learning and Human Aesthetics</title>{''.join(styles)}</head><body>"
        '<div class="bd-container"><div class="bd-container__inner"><main class="bd-main"><div class="bd-content">'
        f'<div class="bd-article-container">{"".join(articles)}</div></div></main></div></div></body></html>'
    )


def _join(
    article: Any, name: str, names: Sequence[str], number: int, site: Path, published: str
) -> None:
    """Ids and addresses of an article, for the one page of all."""
    numbers = {other: place for place, other in enumerate(names)}
    for element in article.select("[id]"):
        element["id"] = f"p{number}-{element['id']}"
    for element in article.select("[src]"):
        if not urlsplit(element["src"]).scheme:
            element["src"] = (site / urljoin(name, element["src"].split("?")[0])).as_uri()
        element["loading"] = "eager"
    for link in article.select("a[href]"):
        address = urlsplit(link["href"])
        if address.scheme:
            continue
        target = urljoin(name, address.path) if address.path else name
        place = numbers.get(target)
        if place is None:
            link["href"] = urljoin(published, link["href"])
        else:
            link["href"] = f"#p{place}-{address.fragment}" if address.fragment else f"#p{place}"


def print_book(browser: Any, site: Path, to: Path, *, unfold: bool = False) -> tuple[int, int]:
    """Prints all pages into one file; how many pages of the site, and the bytes of the file."""
    names = pages_in_order(site)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "book.html")
        path.write_text(one_page(site, names), "utf-8")
        size = print_page(browser, path, to, unfold=unfold)
    return len(names), size


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("notebooks", nargs="*", type=Path, help="lessons; all where none is named")
    parser.add_argument("--book", action="store_true", help="the whole book, in one file")
    parser.add_argument("--solutions", action="store_true", help="unfold what is folded")
    parser.add_argument("--site", type=Path, default=SITE, help="default _build/html")
    parser.add_argument("--out", type=Path, default=OUT, help="folder; default _build/handout")
    options = parser.parse_args(arguments)
    site = options.site.resolve()
    lessons = options.notebooks or sorted(NOTEBOOKS.glob("*.ipynb"))
    if unknown := [str(path) for path in lessons if not path.is_file()]:
        print(
            f"handout: there is no {Path(unknown[0]).as_posix()}; name lessons of the folder notebooks",
            file=sys.stderr,
        )
        return 1
    missing = [p.stem for p in lessons if not (site / "notebooks" / f"{p.stem}.html").is_file()]
    if missing:
        print(
            f"handout: {site} has no page {missing[0]}; build the site: make book", file=sys.stderr
        )
        return 1
    try:
        with chromium() as browser:
            if options.book:
                start = time.monotonic()
                to = options.out / "book.pdf"
                count, size = print_book(browser, site, to, unfold=options.solutions)
                print(
                    f"{to}: {plural(count, 'page')} of the site, {size / 1e6:.1f} MB, {time.monotonic() - start:.0f} s"
                )
                return 0
            total = 0
            for lesson in lessons:
                page = site / "notebooks" / f"{lesson.stem}.html"
                total += print_page(
                    browser, page, options.out / f"{lesson.stem}.pdf", unfold=options.solutions
                )
            print(f"{options.out}: {plural(len(lessons), 'lesson')}, {total / 1e6:.1f} MB")
    except HandoutError as error:
        print(f"handout: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
