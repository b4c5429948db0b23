"""The search of the book: an index of its own, made from the finished pages.

Sphinx's search knows pages but not sections, no synonyms, and fetches each page it found to quote
from it. This extension switches it off and writes, when the pages are there,

    _static/search/index.js        titles, and in which section each word stands
    _static/search/text/PAGE.js    the plain text of one page, loaded when a result quotes from it
    _static/search/query.js ...    the scripts of book/search, for search.html alone

Everything is a classic script that sets one global, so that it works from file:// too. Spellings,
stems, synonyms and ranking belong to the question and live in book/search/query.js; stop words,
synonyms and the questions that have one known answer are in book/search/words.json.
"""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from bare_html import bare
from bs4 import BeautifulSoup, NavigableString, SoupStrainer, Tag
from sphinx.util import logging

logger = logging.getLogger(__name__)

SOURCE = Path(__file__).resolve().parent.parent / "search"
SERVED = ("query.js", "results.js", "search.css")
FOLDER = PurePosixPath("_static/search")

# What kind of page it is, by the name of its file; query.js says what a kind is worth.
KINDS = {
    "faq": "answer",
    "glossary": "glossary",
    "notation": "reference",
    "measures": "reference",
    "references": "sources",
    "article_map": "reference",
    "errata": "reference",
}
FURNITURE = (
    ".headerlink, script, style, svg, noscript, button, nav, form, input, select, dialog, "
    ".toctree-wrapper, .provenance, .d-print-none, .tag_setup, .cell_output, [aria-hidden=true]"
)
BLOCKS = ["p", "li", "dt", "dd", "td", "th", "div", "figcaption", "br", "pre", "img"]
FORMULA = re.compile(r"^(?:\\\(|\\\[|\$)?\s*(.*?)\s*(?:\\\)|\\\]|\$)?$", re.S)
TOKEN = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]+")
OFTEN = 3  # a word that stands in a section this often is part of its subject


@dataclass
class Section:
    """One heading of a page with the text up to the next."""

    title: str
    anchor: str
    text: str = ""
    code: str = ""


@dataclass
class Page:
    name: str
    part: str
    kind: str
    sections: list[Section] = field(default_factory=list)


# ---- words


def plain(text: str) -> str:
    """Lower case and without accents, so that Fréchet and Frechet are one word."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def words_of(text: str, stop: set[str]) -> list[str]:
    """The words that a question can ask for: no stop words, no single letters, no numbers."""
    return [
        word
        for word in TOKEN.findall(plain(text))
        if word not in stop and not word.isdigit() and (len(word) > 1 or word > "\u3400")
    ]


def postings(sections: list[Section], stop: set[str]) -> dict[str, str]:
    """In which sections each word stands.

    "3 a+ 1-" means sections 3, 13 and 14: distances in base 36. A plus marks a word that stands
    there at least OFTEN times, a minus one that stands only in code; of those only the words are
    kept that prose hardly has, or "image" would be found in every cell.
    """
    prose: dict[str, dict[int, str]] = {}
    code: dict[str, dict[int, str]] = {}
    for number, section in enumerate(sections):
        for word, count in Counter(words_of(section.text, stop)).items():
            prose.setdefault(word, {})[number] = "+" if count >= OFTEN else ""
        for word in words_of(section.code, stop):
            code.setdefault(word, {})[number] = "-"
    found = dict(prose)
    for word, places in code.items():
        if len(prose.get(word, {})) < OFTEN:
            found[word] = places | prose.get(word, {})
    return {word: distances(sorted(places.items())) for word, places in sorted(found.items())}


def distances(places: list[tuple[int, str]]) -> str:
    last, written = 0, []
    for number, mark in places:
        written.append(base36(number - last) + mark)
        last = number
    return " ".join(written)


def base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    head, tail = divmod(number, 36)
    return (base36(head) if head else "") + digits[tail]


# ---- pages


def tidy(article: Tag) -> None:
    """Takes the furniture out of an article; of formulas only single letters stay."""
    for formula in article.select(".math, .katex"):
        if formula.decomposed:
            continue
        source = formula.select_one('annotation[encoding="application/x-tex"]') or formula
        tex = FORMULA.match(source.get_text().strip())[1]
        formula.replace_with(NavigableString(tex if re.fullmatch(r"\w", tex) else "…"))
    for piece in article.select(FURNITURE):
        piece.decompose()
    for block in article.find_all(BLOCKS):
        block.append(" ")  # words of two paragraphs or cells do not run into one


def squeeze(text: str) -> str:
    return re.sub(r"…(?:\s*…)+", "…", re.sub(r"\s+", " ", text)).strip()


def title_of(heading: Tag | None) -> str:
    text = squeeze(heading.get_text()) if heading else ""
    return re.sub(r"[\s:,]*…$", "", text)


def read_section(node: Tag) -> list[Section]:
    """A section and those inside it, each with the text that is its own."""
    heading = node.find(re.compile("^h[1-6]$"), recursive=False)
    section = Section(title_of(heading), node.get("id", ""))
    if heading:
        heading.extract()
    inside = [inner.extract() for inner in node.find_all("section", recursive=False)]
    terms = [term for terms in node.select("dl.glossary") for term in read_glossary(terms)]
    section.code = squeeze(" ".join(block.extract().get_text() for block in node.find_all("pre")))
    section.text = squeeze(node.get_text())
    return [section, *terms, *(found for inner in inside for found in read_section(inner))]


def read_glossary(node: Tag) -> list[Section]:
    """Each entry of a glossary is a section of its own."""
    entries, names, anchor = [], [], ""
    for child in node.extract().find_all(["dt", "dd"], recursive=False):
        if child.name == "dt":
            anchor = anchor or child.get("id", "")
            names.append(squeeze(child.get_text()))
        else:
            entries.append(Section(", ".join(names), anchor, squeeze(child.get_text())))
            names, anchor = [], ""
    return entries


def read_page(html: str) -> list[Section]:
    """The sections of a finished page, the page's own beginning first; its anchor is empty."""
    article = BeautifulSoup(bare(html), "html.parser", parse_only=SoupStrainer("article"))
    tidy(article)
    first = article.select_one("section")
    if first is None:
        return []
    sections = read_section(first)
    sections[0].anchor = ""
    return sections


def part_of(name: str, env: Any) -> str:
    """The title of the part of the book that a page belongs to; empty for a part itself."""
    above = {
        child: parent for parent, children in env.toctree_includes.items() for child in children
    }
    part = name
    while above.get(part, env.config.root_doc) != env.config.root_doc:
        part = above[part]
    return "" if part == name else env.titles[part].astext()


def read_pages(app: Any) -> list[Page]:
    pages = []
    for name in sorted(app.env.found_docs):
        file = Path(app.builder.get_outfilename(name))
        if not file.is_file():
            continue
        stem = PurePosixPath(name).name
        kind = KINDS.get(stem, "lesson" if name.startswith("notebooks/") else "page")
        pages.append(Page(name, part_of(name, app.env), kind, read_page(file.read_text("utf-8"))))
    return [page for page in pages if page.sections]


# ---- files


def without_section(answers: list[dict[str, Any]], pages: list[Page]) -> list[str]:
    """Answers of words.json whose page or section is not in the book."""
    there = {f"{page.name}#{section.anchor}" for page in pages for section in page.sections}
    return [answer["at"] for answer in answers if answer["at"] not in there]


def script(target: str, data: Any) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"{target} = {text};\n"


def text_file(name: str) -> str:
    return name.replace("/", ".") + ".js"


def write_index(pages: list[Page], language: dict[str, Any], folder: Path) -> None:
    """Writes index.js and the text of each page."""
    texts = folder / "text"
    shutil.rmtree(texts, ignore_errors=True)
    texts.mkdir(parents=True)
    stop = {word for word in plain(language["stop"]).split()}
    sections = [section for page in pages for section in page.sections]
    index = {
        "language": language,
        "pages": [
            {
                "name": page.name,
                "part": page.part,
                "kind": page.kind,
                "sections": [[section.title, section.anchor] for section in page.sections],
            }
            for page in pages
        ],
        "words": postings(sections, stop),
    }
    (folder / "index.js").write_text(script("globalThis.courseSearchIndex", index), "utf-8")
    for page in pages:
        target = "(globalThis.courseSearchTexts ||= {})[" + json.dumps(page.name) + "]"
        text = script(target, [section.text for section in page.sections])
        (texts / text_file(page.name)).write_text(text, "utf-8")


def finish(app: Any, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    language = json.loads((SOURCE / "words.json").read_text("utf-8"))
    pages = read_pages(app)
    for place in without_section(language["answers"], pages):
        logger.warning("book/search/words.json: no section %s in the book", place)
    write_index(pages, language, folder)
    for name in SERVED:
        shutil.copyfile(SOURCE / name, folder / name)


def use_own_template(app: Any, config: Any) -> None:
    config.templates_path.append(str(SOURCE))


def switch_off(app: Any) -> None:
    """Without Sphinx's own index; the page is added below."""
    app.builder.search = False


def search_page(app: Any) -> list[tuple[str, dict[str, Any], str]]:
    return [("search", {}, "search.html")] if app.builder.name == "html" else []


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("config-inited", use_own_template)
    app.connect("builder-inited", switch_off)
    app.connect("html-collect-pages", search_page)
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
