"""What has to hold on the built site. Each check takes a folder of pages and lists what is wrong.

tests/test_site.py runs them on _build/html, tests/test_site_checks.py on small pages that are
broken on purpose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import yaml
from bare_html import bare, parts
from bs4 import BeautifulSoup, Tag

NO_PAGES = ("_static", "_sources", "mathjax", "fonts")  # folders of the site without pages of ours
COLAB = "https://colab.research.google.com/github/"
WHERE_IT_RUNS = "book/where_it_runs.html"
LANDING, FIRST_LESSON = "book/intro.html", "notebooks/1_three_tasks.ipynb"
IMAGE_ENDINGS = (".png", ".svg", ".webp", ".jpg", ".jpeg", ".gif")
# what a warning or an error looks like in the output of a cell
TROUBLE = re.compile(r"Traceback \(most recent call last\)|\b[A-Z]\w*Warning\b:?")
# elements that fetch something as soon as the page is shown
FETCHING = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "link": ("href",),
}
# links that name something without fetching it
NAMING = {"canonical", "index", "search", "next", "prev", "author", "copyright", "license", "help"}
CSS_URL = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


def pages(site: Path) -> list[Path]:
    """Every page of the site, the one that redirects included."""
    found = site.rglob("*.html")
    return sorted(p for p in found if p.relative_to(site).parts[0] not in NO_PAGES)


@cache
def _parse(path: Path, changed: int) -> BeautifulSoup:
    return BeautifulSoup(bare(path.read_text("utf-8")), "html.parser")


def parse(path: Path) -> BeautifulSoup:
    return _parse(path, path.stat().st_mtime_ns)


def layouts(path: Path) -> list[str]:
    """The HTML that lays out each formula of a page; `parse` leaves it out."""
    return parts(path.read_text("utf-8"))[1]


def is_redirect(soup: BeautifulSoup) -> bool:
    return soup.find("meta", attrs={"http-equiv": re.compile("^refresh$", re.I)}) is not None


def article(soup: BeautifulSoup) -> Tag:
    """What the author wrote, without the theme around it."""
    return soup.find("article") or soup.find("main") or soup


def is_external(address: str) -> bool:
    return address.startswith("//") or urlsplit(address).scheme in ("http", "https", "ftp")


# ---- links


def addresses(soup: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """Every address that a page names, as (tag, address)."""
    for tag, attribute in (("a", "href"), ("link", "href"), ("script", "src"), ("img", "src")):
        for element in soup.find_all(tag):
            if element.get(attribute):
                yield tag, element[attribute]
    for element in soup.find_all("meta", attrs={"http-equiv": re.compile("^refresh$", re.I)}):
        yield "meta", element["content"].partition("url=")[2]


def anchors(path: Path) -> frozenset[str]:
    return _anchors(path, path.stat().st_mtime_ns)


@cache
def _anchors(path: Path, changed: int) -> frozenset[str]:
    soup = _parse(path, changed)
    ids = {element["id"] for element in soup.find_all(id=True)}
    names = {element["name"] for element in soup.find_all("a", attrs={"name": True})}
    return frozenset(ids | names)


def broken_links(site: Path) -> list[str]:
    """Addresses inside the site that lead to no file, or to no such place on a page."""
    problems = []
    for page in pages(site):
        name = page.relative_to(site)
        for tag, address in addresses(parse(page)):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if target.is_dir():
                target /= "index.html"
            if not target.is_file():
                problems.append(f"{name}: <{tag}> leads to {address}, which is not there")
            elif site.resolve() not in target.resolve().parents:
                problems.append(f"{name}: <{tag}> leads to {address}, outside the site")
            elif parts.fragment and target.suffix == ".html" and tag == "a":
                if unquote(parts.fragment) not in anchors(target):
                    problems.append(f"{name}: no place {address}")
    return problems


# ---- pictures


def picture_problems(site: Path) -> list[str]:
    """Pictures without a file, without alt text, or with a file name for an alt text."""
    problems = []
    for page in pages(site):
        name, text = page.relative_to(site), article(parse(page))
        for image in parse(page).find_all("img"):
            source, alt = image.get("src", ""), image.get("alt", "").strip()
            if not source:
                problems.append(f"{name}: a picture without an address")
            elif not is_external(source) and not source.startswith("data:"):
                if not (page.parent / unquote(urlsplit(source).path)).is_file():
                    problems.append(f"{name}: the picture {source} is missing")
            if any(parent is text for parent in image.parents):
                if not alt:
                    problems.append(f"{name}: {source} has no alt text")
                elif alt.lower().endswith(IMAGE_ENDINGS):
                    problems.append(f"{name}: the alt text of {source} is a file name: {alt}")
    return problems


# ---- errors and warnings


def trouble_shown(site: Path) -> list[str]:
    """Tracebacks and warnings in cell outputs, and what Sphinx leaves where it could not go on.

    Prose may quote an error message; the output of a cell may not be one.
    """
    problems = []
    for page in pages(site):
        name, soup = page.relative_to(site), parse(page)
        for element in soup.select(".stderr, .traceback, .system-message, .problematic"):
            problems.append(f"{name}: {' '.join(element['class'])}: {element.get_text()[:120]!r}")
        for element in soup.select(".cell_output .output:not(.stderr, .traceback)"):
            if found := TROUBLE.search(element.get_text()):
                problems.append(f"{name}: a cell shows {found.group(0)!r}")
    return problems


def title_problems(site: Path) -> list[str]:
    """Pages without a title, and articles that have not exactly one heading of level 1."""
    problems = []
    for page in pages(site):
        name, soup = page.relative_to(site), parse(page)
        if is_redirect(soup):
            continue
        if not (soup.title and soup.title.get_text(strip=True)):
            problems.append(f"{name}: no title")
        headings = [h for h in article(soup).find_all("h1") if h.get_text(strip=True)]
        if len(headings) != 1:
            problems.append(f"{name}: {len(headings)} headings of level 1")
    return problems


# ---- completeness


def toc_files(toc: Path) -> list[str]:
    """Every file that _toc.yml names, without its ending, in order."""

    def walk(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.items():
                if key in ("root", "file"):
                    yield value
                else:
                    yield from walk(value)
        elif isinstance(node, list):
            for item in node:
                yield from walk(item)

    return list(walk(yaml.safe_load(toc.read_text("utf-8"))))


def missing_pages(site: Path, toc: Path) -> list[str]:
    return [
        f"{name} has no page" for name in toc_files(toc) if not (site / f"{name}.html").is_file()
    ]


def notebooks_left_out(notebooks: Path, toc: Path) -> list[str]:
    listed = set(toc_files(toc))
    names = sorted(path.stem for path in notebooks.glob("*.ipynb"))
    return [f"{name} is not in {toc.name}" for name in names if f"notebooks/{name}" not in listed]


def colab_problems(site: Path, slug: str, branch: str = "main") -> list[str]:
    """Lessons without a Colab button of this repository, and other pages with one.

    The landing page may lead to the first lesson in Colab, and to nothing else there. The page on where lessons run leads
    to each of them as learners get it.
    """
    address = f"{COLAB}{slug}/blob/{branch}/"
    problems = []
    for page in pages(site):
        name = page.relative_to(site)
        links = {a["href"] for a in parse(page).find_all("a", href=True)}
        links = {link for link in links if link.startswith(COLAB)}
        wanted = set()
        if name.parts[0] == "notebooks":
            wanted = {address + name.with_suffix(".ipynb").as_posix()}
        elif name.as_posix() in (LANDING, "index.html") and links:
            wanted = {address + FIRST_LESSON}
        elif name.as_posix() == WHERE_IT_RUNS:
            lessons = [
                p.relative_to(site).with_suffix(".ipynb") for p in site.glob("notebooks/*.html")
            ]
            wanted = {f"{COLAB}{slug}/blob/student/{lesson.as_posix()}" for lesson in lessons}
        if links != wanted:
            problems.append(f"{name}: Colab buttons {sorted(links)}, expected {sorted(wanted)}")
    return problems


# ---- requests


def external_requests(site: Path) -> list[str]:
    """Addresses on other hosts that a browser would fetch to show a page."""
    problems = []
    for page in pages(site):
        name, soup = page.relative_to(site), parse(page)
        for tag, attributes in FETCHING.items():
            for element in soup.find_all(tag):
                if tag == "link" and set(element.get("rel", [])) <= NAMING:
                    continue
                for attribute in attributes:
                    if is_external(element.get(attribute, "").strip()):
                        problems.append(f"{name}: <{tag}> fetches {element[attribute]}")
        for style in soup.find_all("style"):
            problems += [f"{name}: <style> fetches {url}" for url in css_urls(style.get_text())]
    for sheet in sorted(site.rglob("*.css")):
        urls = css_urls(sheet.read_text("utf-8"))
        problems += [f"{sheet.relative_to(site)} fetches {url}" for url in urls]
    return problems


def css_urls(text: str) -> list[str]:
    found = ("".join(groups) for groups in CSS_URL.findall(text))
    return [url for url in found if is_external(url)]


# ---- notebooks


def read_notebook(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def code_cells(notebook: dict) -> list[dict]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


# ---- what is read by search engines and messengers


UNLISTED = {"404.html", "search.html", "genindex.html"}  # no search engine should list these
CARD_SIZE, CARD_BYTES, CARDS_BYTES = (1200, 630), 60_000, 3_000_000
NO_PROSE = re.compile(r"\\|\$|^Contents\b|[{}<>]")  # TeX, page furniture, markup


def meta(soup: BeautifulSoup) -> dict[str, str]:
    """The named statements in the head of a page; those made twice have both values."""
    found: dict[str, str] = {}
    for element in soup.find_all("meta", content=True):
        name = element.get("property") or element.get("name")
        if name and name != "viewport":
            before = f"{found[name]} | " if name in found else ""
            found[name] = before + element["content"]
    return found


def canonical(soup: BeautifulSoup) -> str:
    return " | ".join(link["href"] for link in soup.find_all("link", rel="canonical"))


def png_size(path: Path) -> tuple[int, int]:
    head = path.read_bytes()[:24]
    if head[:8] != b"\x89PNG\r\n\x1a\n":
        return 0, 0
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def head_problems(site: Path, address: str, root_page: str = "book/intro") -> list[str]:
    """Pages that say nothing of themselves, or not where they are.

    `address` is that of the published site; both index.html and `root_page` stand for it.
    """
    problems = []
    described: dict[str, str] = {}
    for page in pages(site):
        name, soup = page.relative_to(site).as_posix(), parse(page)
        told, named = meta(soup), canonical(soup)
        if name in UNLISTED:
            if "noindex" not in told.get("robots", "") or named:
                problems.append(f"{name}: nobody should list it")
            continue
        wanted = address if name in ("index.html", f"{root_page}.html") else address + name
        text = told.get("description", "")
        if named != wanted or told.get("og:url") != wanted:
            problems.append(f"{name}: {named!r} and {told.get('og:url')!r} are not {wanted!r}")
        if not 50 <= len(text) <= 161 or NO_PROSE.search(text):
            problems.append(f"{name}: the description is {text!r}")
        if described.setdefault(text, wanted) != wanted:
            problems.append(f"{name}: its description is also that of {described[text]}")
        if told.get("og:description") != text:
            problems.append(f"{name}: two descriptions")
        if not told.get("og:title") or not told.get("og:image:alt"):
            problems.append(f"{name}: no title for messengers, or none of the card")
        problems += card_problems(site, name, told.get("og:image", ""), address)
    total = sum(card.stat().st_size for card in site.rglob("cards/**/*.png"))
    if total > CARDS_BYTES:
        problems.append(f"the social cards have {total:,} bytes together")
    return problems


def card_problems(site: Path, name: str, image: str, address: str) -> list[str]:
    card = site / image.removeprefix(address)
    if not image.startswith(address) or not card.is_file():
        return [f"{name}: no social card at {image!r}"]
    if png_size(card) != CARD_SIZE or card.stat().st_size > CARD_BYTES:
        return [f"{name}: its card has {png_size(card)} pixels, {card.stat().st_size:,} bytes"]
    return []


def foot_problems(site: Path) -> list[str]:
    """Pages that do not say under which licences they stand, or how to cite them."""
    problems = []
    for page in pages(site):
        name, soup = page.relative_to(site), parse(page)
        foot = soup.select_one("footer .colophon")
        licences = foot.find_all("a", rel="license") if foot else []
        if [link.get_text() for link in licences] != ["CC BY 4.0", "MIT"]:
            problems.append(f"{name}: no licences at its foot")
        if not (foot and foot.find("a", href=re.compile(r"(^|/)cite\.html$|^#$"))):
            problems.append(f"{name}: does not say how to cite")
    return problems


def sitemap_problems(site: Path, address: str) -> list[str]:
    """Pages that the sitemap leaves out, or names twice, and addresses of no page."""
    tree = ElementTree.parse(site / "sitemap.xml")
    listed = [place.text or "" for place in tree.iter() if place.tag.endswith("loc")]
    listed_pages = [p for p in pages(site) if p.relative_to(site).as_posix() not in UNLISTED]
    wanted = {canonical(parse(page)) for page in listed_pages}
    problems = [f"sitemap.xml leaves out {place}" for place in sorted(wanted - set(listed))]
    problems += [f"sitemap.xml: {place} is no page" for place in sorted(set(listed) - wanted)]
    if len(listed) != len(set(listed)):
        problems.append("sitemap.xml names a page twice")
    if f"Sitemap: {address}sitemap.xml" not in (site / "robots.txt").read_text("utf-8"):
        problems.append("robots.txt does not say where the sitemap is")
    return problems


def root_page_problems(site: Path, root_page: str = "book/intro") -> list[str]:
    """Whether index.html is the landing page itself, and shows what that shows."""
    root, landing = parse(site / "index.html"), parse(site / f"{root_page}.html")
    if is_redirect(root):
        return ["index.html sends its readers elsewhere"]
    problems = []
    if article(root).get_text() != article(landing).get_text():
        problems.append("index.html has another text than the landing page")
    folder = (site / root_page).parent
    for (tag, here), (_, there) in zip(addresses(root), addresses(landing), strict=True):
        parts, other = urlsplit(here), urlsplit(there)
        if other.scheme or not other.path:
            continue
        if (site / parts.path).resolve() != (folder / other.path).resolve():
            problems.append(f"index.html: <{tag}> leads to {here}, the landing page to {there}")
    return problems
