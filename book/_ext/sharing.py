"""How the pages are found, shared and cited.

For each page: a description, its canonical address, what Open Graph and Twitter want to know, a
social card (cards.py), and the facts for its foot (_templates/colophon.html): version, licences,
date of the last change, the address at which to edit it. For the site: sitemap.xml, robots.txt,
404.html, and a root page that is the landing page itself. For the page on citing:

    ```{citation} plain          or bibtex: the course
    ```
    ```{citation} plain
    :page: notebooks/4_1_cnn     one page of it
    ```

All addresses follow from the slug in pyproject.toml (tools/repo.py), names and version from
CITATION.cff and pyproject.toml, and dates from the history of the repository, if there is one.
"""

from __future__ import annotations

import datetime
import html
import importlib.util
import posixpath
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cards
import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

CARDS = "cards"  # the folder of the social cards in the site
FONTS = Path("book", "vendor", "fonts")
LOGO = Path("book", "_static", "logo.png")
LENGTH = 160  # characters of a description, at most
SHORTEST = 60  # a paragraph of fewer characters does not describe a page
NO_INDEX = ("404", "search", "genindex")  # pages that no search engine should list
DEFAULT_BRANCH = "main"


# ---- what the course says of itself


@dataclass(frozen=True, kw_only=True)
class Course:
    """What every page repeats."""

    title: str
    authors: str
    abstract: str
    version: str
    released: datetime.date
    doi: str
    address: str  # of the published site, with a slash at the end
    repository: str
    branch: str
    dates: dict[str, datetime.date]  # last change of a file, by its path; empty without a history

    def page_address(self, page: str, root_page: str) -> str:
        """The canonical address; the landing page has that of the site."""
        return self.address if page == root_page else f"{self.address}{page}.html"


def load_repo_tool(root: Path) -> Any:
    """tools/repo.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("_repo", root / "tools" / "repo.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_course(root: Path, branch: str = DEFAULT_BRANCH) -> Course:
    """The facts about the course, from the files of its repository."""
    repo = load_repo_tool(root)
    slug = repo.read_slug(root)
    cff = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    return Course(
        title=cff["title"],
        authors=", ".join(person_name(author) for author in cff["authors"]),
        abstract=" ".join(cff["abstract"].split()),
        version=project["version"],
        released=cff["date-released"],
        doi=cff.get("doi", ""),
        address=repo.pages_address(slug),
        repository=f"https://github.com/{slug}",
        branch=branch,
        dates=last_changes(root),
    )


def person_name(author: dict[str, str]) -> str:
    """The name of an author in CITATION.cff: a person's two names, or an entity's one."""
    return author.get("name") or f"{author['given-names']} {author['family-names']}"


def last_changes(root: Path) -> dict[str, datetime.date]:
    """The day of the last commit of every file below `root`; empty without a whole history.

    One call of git for all. A shallow checkout has only its last commit, which would then seem to
    have changed everything, so it counts as no history.
    """

    def git(*arguments: str) -> str:
        command = ["git", "-c", "core.quotePath=false", *arguments]
        done = subprocess.run(command, cwd=root, capture_output=True, check=True)
        return done.stdout.decode()

    try:
        if git("rev-parse", "--is-shallow-repository").strip() != "false":
            return {}
        log = git("log", "--format=%x00%cs", "--name-only", "--no-renames", "--relative", "--", ".")
    except (OSError, subprocess.CalledProcessError):  # no git, or an archive without a history
        return {}
    dates: dict[str, datetime.date] = {}
    for commit in log.split("\0")[1:]:  # the newest first
        day, *files = commit.split("\n")
        for name in filter(None, files):
            dates.setdefault(name, datetime.date.fromisoformat(day))
    return dates


def day_in_words(day: datetime.date) -> str:
    return f"{day.day} {day:%B %Y}"


# ---- description


def shorten(text: str, length: int = LENGTH) -> str:
    """At most `length` characters: whole sentences if they say enough, or else whole words."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    ends = [found.end() for found in re.finditer(r"[.?!][”\"’)]?(?= )", text[: length + 1])]
    if ends and ends[-1] >= length // 2:
        return text[: ends[-1]]
    return text[:length].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"


def prose_until_formula(paragraph: nodes.Element) -> tuple[str, bool]:
    """The text of a paragraph as far as it can be read as plain text, and whether that is all."""
    text = ""
    for node in paragraph.findall():
        code = isinstance(node, nodes.literal) and not re.fullmatch(r"[\w .-]+", node.astext())
        if code or isinstance(node, nodes.math | nodes.math_block | nodes.problematic):
            return text, False
        if isinstance(node, nodes.Text) and not isinstance(node.parent, nodes.raw):
            text += node.astext()
    return text, True


def stands_in_article(node: nodes.Element) -> bool:
    """Whether a paragraph belongs to the running text: no caption, list, table, note or output."""
    while not isinstance(node.parent, nodes.document):
        node = node.parent
        lead = isinstance(node, nodes.container) and "lead" in node["classes"]
        if not (isinstance(node, nodes.section) or lead):
            return False
    return True


def describe(doctree: nodes.document) -> str:
    """The first paragraph of an article that says something in plain words, shortened; or ""."""
    for paragraph in filter(stands_in_article, doctree.findall(nodes.paragraph)):
        text, whole = prose_until_formula(paragraph)
        if not whole and len(text) <= LENGTH:  # keep what comes before the sentence of the formula
            text = re.match(r"(.*[.?!][”\"’)]?(?= )|)", text, re.DOTALL).group(0)
        if len(text) >= SHORTEST:
            return shorten(text)
    return ""


def written_description(doctree: nodes.document) -> str:
    """What the front matter of a page says (html_meta: description), or ""."""
    for node in doctree.findall(nodes.meta):
        if node.get("name") == "description":
            return node["content"]
    return ""


def first_picture(doctree: nodes.document, source: Path) -> Path | None:
    """The file of the first picture of a page that a card can show."""
    for image in doctree.findall(nodes.image):
        for name in (image.get("candidates", {}).get("*"), image["uri"]):
            path = source / (name or "")
            if name and path.is_file() and cards.can_read(path):
                return path
    return None


# ---- the head of a page


def tag(name: str, /, **attributes: str) -> str:
    written = (f'{key.rstrip("_")}="{html.escape(value)}"' for key, value in attributes.items())
    return f"<{name} {' '.join(written)}>"


def meta_tags(
    course: Course, *, title: str, address: str, description: str, card: str, is_root: bool
) -> Iterator[str]:
    """Open Graph, and what Twitter wants beside it. The card is given by its full address."""
    facts = {
        "og:title": title,
        "og:type": "website" if is_root else "article",
        "og:url": address,
        "og:site_name": course.title,
        "og:locale": "en_GB",
        "og:description": description,
        "og:image": card,
        "og:image:type": "image/png",
        "og:image:width": str(cards.WIDTH),
        "og:image:height": str(cards.HEIGHT),
        "og:image:alt": f"{title}, in the course {course.title}"
        if title != course.title
        else title,
    }
    yield from (tag("meta", property=key, content=value) for key, value in facts.items() if value)
    yield tag("meta", name="twitter:card", content="summary_large_image")


def icon_tags(pathto: Callable[..., str]) -> Iterator[str]:
    """Icons for those who cannot use the vector drawing that the theme names."""
    yield tag("link", rel="icon", href=pathto("_static/favicon.ico", 1), sizes="32x32")
    touch = pathto("_static/apple-touch-icon.png", 1)
    yield tag("link", rel="apple-touch-icon", href=touch, sizes="180x180")


def plain_title(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", markup)).split())


def source_link(course: Course, source: str) -> dict[str, str]:
    """Where to change a page. GitHub's editor shows a notebook as raw JSON, so that is only shown."""
    if source.endswith(".ipynb"):
        address = f"{course.repository}/blob/{course.branch}/{source}"
        return {"address": address, "text": "This lesson’s notebook on GitHub"}
    return {
        "address": f"{course.repository}/edit/{course.branch}/{source}",
        "text": "Edit this page",
    }


def add_to_page(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    course: Course = app.sharing_course
    root_page = app.config.root_doc
    context["course"] = course
    head = list(icon_tags(context["pathto"]))
    if pagename in NO_INDEX or doctree is None:
        context["pageurl"] = None
        head.append(tag("meta", name="robots", content="noindex"))
        if pagename == "404":
            head.insert(0, base_tag(course.address))
    else:
        source = Path(app.env.doc2path(pagename)).relative_to(app.srcdir).as_posix()
        date = course.dates.get(source)
        context["page_date"] = (date.isoformat(), day_in_words(date)) if date else None
        context["page_source"] = source_link(course, source)
        context["pageurl"] = course.page_address(pagename, root_page)
        title = course.title if pagename == root_page else plain_title(context["title"])
        draw_card(app, pagename, title, doctree)
        description = written_description(doctree)
        if not description:
            described = course.abstract if pagename == root_page else describe(doctree)
            description = shorten(described or f"{title}, a page of the course {course.title}.")
            head.append(tag("meta", name="description", content=description))
        head += meta_tags(
            course,
            title=title,
            address=context["pageurl"],
            description=description,
            card=f"{course.address}{CARDS}/{pagename}.png",
            is_root=pagename == root_page,
        )
    context["metatags"] = "\n    ".join([context.get("metatags", ""), *head])


def draw_card(app: Any, pagename: str, title: str, doctree: nodes.document) -> None:
    course, source = app.sharing_course, Path(app.srcdir)
    try:
        cards.write_card(
            Path(app.outdir, CARDS, f"{pagename}.png"),
            title=title,
            head="An open course" if title == course.title else course.title,
            picture=first_picture(doctree, source),
            fonts=source / FONTS,
            logo=source / LOGO,
        )
    except OSError as error:
        logger.warning("social card: %s", error, location=pagename)


# ---- the page for addresses that lead nowhere


NOT_FOUND = """\
<h1>This page is not there</h1>
<p>The address may have been mistyped, or the page has moved. Begin at the
<a href="index.html">first page of the course</a>, choose from the table of contents, or
<a href="search.html">search the course</a>.</p>
"""


def base_tag(address: str) -> str:
    """What makes the links of 404.html right at whatever address it is shown.

    The server shows that page in place of one at any depth, so its relative addresses are to count
    from the root of the site. Where the site lies elsewhere, on a disk say, the page is only ever
    opened under its own address, and needs no base. With a base, a link to a place on the page
    itself needs the whole address.
    """
    folder = "/" + address.split("/", 3)[3]
    return (
        f'<base href="{folder}"><script>\n'
        f'if (!location.pathname.startsWith("{folder}") || location.protocol === "file:")\n'
        '  document.querySelector("base").remove();\n'
        'else addEventListener("DOMContentLoaded", () => {\n'
        "  for (const link of document.querySelectorAll('a[href^=\"#\"]'))\n"
        '    link.href = location.pathname + link.getAttribute("href");\n'
        "});\n"
        "</script>"
    )


def not_found_page(app: Any) -> Iterator[tuple[str, dict[str, str], str]]:
    yield "404", {"title": "This page is not there", "body": NOT_FOUND}, "page.html"


# ---- the root page


TAG = re.compile(r"""<[a-zA-Z][\w-]*(?:[^<>"']|"[^"]*"|'[^']*')*>""")
ATTRIBUTE = re.compile(r"""(?<=\s)([\w:-]+)=(?:"([^"]*)"|'([^']*)')""")
QUOTED = re.compile(r"""(?<=["'])\.\./[^"'\s]*(?=["'])""")  # an address inside a script
ADDRESSES = {"href", "src", "poster", "action", "xlink:href", "data-content_root"}
SETS = {"srcset", "imagesrcset"}


def move_address(address: str, folder: str) -> str:
    """An address that was relative to a folder of the site, relative to its root."""
    if not address or re.match(r"[a-zA-Z][\w+.-]*:|[/#?]", address):
        return address
    path, mark, rest = re.match(r"([^?#]*)([?#]?)(.*)", address, re.DOTALL).groups()
    moved = posixpath.normpath(posixpath.join(folder, path))
    if path.endswith("/") or moved == ".":
        moved += "/"
    return moved + mark + rest


def move_page(page: str, folder: str, is_file: Callable[[str], bool]) -> str:
    """A page of a folder of the site, for the root: all relative addresses changed.

    Attributes that may or may not hold an address (data-..., style) and strings in scripts are
    changed only if they lead to a file of the site.
    """

    def if_file(address: str) -> str:
        moved = move_address(address, folder)
        return moved if is_file(re.split("[?#]", moved)[0]) else address

    def attribute(found: re.Match[str]) -> str:
        name, value = found[1].lower(), found[2] if found[2] is not None else found[3]
        if name in ADDRESSES:
            moved = move_address(value, folder)
        elif name in SETS:
            moved = re.sub(r"(^|,)(\s*)([^\s,]+)", lambda m: m[1] + m[2] + if_file(m[3]), value)
        elif name == "style":
            moved = re.sub(r"(?<=url\()([^)]+)", lambda m: if_file(m[1].strip("'\" ")), value)
        elif name.startswith("data-"):
            moved = if_file(value)
        else:
            moved = value
        return found[0] if moved == value else found[0].replace(value, moved)

    page = TAG.sub(lambda element: ATTRIBUTE.sub(attribute, element[0]), page)
    return re.sub(
        r"(<script\b[^>]*>)(.*?)(?=</script>)",
        lambda script: script[1] + QUOTED.sub(lambda found: if_file(found[0]), script[2]),
        page,
        flags=re.DOTALL,
    )


def write_root_page(site: Path, root_page: str) -> None:
    """index.html: the landing page, at the address that people share."""
    page = (site / f"{root_page}.html").read_text("utf-8")
    moved = move_page(page, posixpath.dirname(root_page), lambda name: (site / name).is_file())
    (site / "index.html").write_text(moved, "utf-8")


# ---- for search engines


def sitemap(pages: Iterable[tuple[str, datetime.date | None]]) -> str:
    """The sitemap of pages given by address and day of the last change."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
    ]
    for address, day in sorted(pages, key=lambda page: page[0]):
        changed = f"<lastmod>{day.isoformat()}</lastmod>" if day else ""
        lines.append(f"  <url><loc>{html.escape(address)}</loc>{changed}</url>")
    return "\n".join([*lines, "</urlset>", ""])


def robots(address: str) -> str:
    return f"User-agent: *\nAllow: /\n\nSitemap: {address}sitemap.xml\n"


def finish_site(app: Any, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    course, site, root_page = app.sharing_course, Path(app.outdir), app.config.root_doc
    pages = []
    for page in app.env.found_docs:
        source = Path(app.env.doc2path(page)).relative_to(app.srcdir).as_posix()
        pages.append((course.page_address(page, root_page), course.dates.get(source)))
    (site / "sitemap.xml").write_text(sitemap(pages), "utf-8")
    (site / "robots.txt").write_text(robots(course.address), "utf-8")
    write_root_page(site, root_page)


# ---- {citation}


def cite_course(course: Course) -> str:
    """The course in one line."""
    address = f"https://doi.org/{course.doi}" if course.doi else course.address
    return (
        f"{course.authors} ({course.released.year}). {course.title}, "
        f"version {course.version}. {address}"
    )


def cite_page(course: Course, title: str, address: str, day: datetime.date | None) -> str:
    """A page of the course in one line."""
    changed = f", last changed on {day_in_words(day)}" if day else ""
    year = day.year if day else course.released.year
    return (
        f"{course.authors} ({year}). “{title}”. In: {course.title}, "
        f"version {course.version}. {address}{changed}"
    )


def bibtex(
    course: Course, *, kind: str, key: str, fields: Iterable[tuple[str, str]], year: int
) -> str:
    lines = [
        ("author", "{" + course.authors + "}"),  # one more pair: a group, not first and last name
        *fields,
        ("year", str(year)),
        ("note", f"Version {course.version}"),
    ]
    width = max(len(name) for name, _ in lines)
    body = ",\n".join(f"  {name:<{width}} = {{{value}}}" for name, value in lines)
    return f"@{kind}{{{key},\n{body}\n}}"


def bibtex_course(course: Course) -> str:
    fields = [("title", course.title), ("url", course.address)]
    if course.doi:
        fields.append(("doi", course.doi))
    year = course.released.year
    key = f"dlha{year}"
    return bibtex(course, kind="misc", key=key, fields=fields, year=year)


def bibtex_page(
    course: Course, title: str, address: str, day: datetime.date | None, page: str
) -> str:
    key = "dlha-" + posixpath.basename(page).replace("_", "-")
    fields = [("title", title), ("booktitle", course.title), ("url", address)]
    year = day.year if day else course.released.year
    return bibtex(course, kind="incollection", key=key, fields=fields, year=year)


class PageCitation(nodes.General, nodes.Element):
    """Stands for the citation of a page until the titles of all pages are known."""


def show_citation(text: str, style: str) -> nodes.Element:
    if style == "bibtex":
        return nodes.literal_block(text, text, language="bibtex")
    words, address = text.rsplit("https://", 1)[0], re.search(r"https://[^\s,]+", text)[0]
    rest = text[len(words) + len(address) :]
    link = nodes.reference("", address, refuri=address)
    return nodes.block_quote("", nodes.paragraph("", words, link, nodes.Text(rest)))


class Citation(SphinxDirective):
    """See the module."""

    required_arguments = 1
    option_spec = {"page": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        style, page = self.arguments[0], self.options.get("page")
        if style not in ("plain", "bibtex"):
            raise self.error(f"citation: {style!r} is neither plain nor bibtex")
        for name in ("CITATION.cff", "pyproject.toml"):
            self.env.note_dependency(str(Path(self.env.srcdir, name)))
        if page is None:
            course = self.env.app.sharing_course
            write = bibtex_course if style == "bibtex" else cite_course
            return [show_citation(write(course), style)]
        if page not in self.env.found_docs:
            raise self.error(f"citation: there is no page {page}")
        return [PageCitation(page=page, style=style)]


def fill_citations(app: Any, doctree: nodes.document, docname: str) -> None:
    course: Course = app.sharing_course
    for node in list(doctree.findall(PageCitation)):
        page = node["page"]
        source = Path(app.env.doc2path(page)).relative_to(app.srcdir).as_posix()
        title, day = app.env.titles[page].astext(), course.dates.get(source)
        address = course.page_address(page, app.config.root_doc)
        if node["style"] == "bibtex":
            text = bibtex_page(course, title, address, day, page)
        else:
            text = cite_page(course, title, address, day)
        node.replace_self(show_citation(text, node["style"]))


# ---- Sphinx


def prepare(app: Any, config: Any) -> None:
    branch = (config.html_theme_options or {}).get("repository_branch") or DEFAULT_BRANCH
    app.sharing_course = read_course(Path(app.srcdir), branch)
    config.html_baseurl = app.sharing_course.address


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_node(PageCitation)
    app.add_directive("citation", Citation)
    app.connect("config-inited", prepare)
    app.connect("doctree-resolved", fill_citations)
    app.connect("html-collect-pages", not_found_page)
    app.connect("html-page-context", add_to_page, priority=600)
    app.connect("build-finished", finish_site, priority=990)  # when the landing page is finished
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
