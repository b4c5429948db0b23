"""How pages are found, shared and cited: descriptions, cards, the root page, citations."""

import datetime
import shutil
import subprocess
from pathlib import Path

import cards
import pytest
import sharing
import site_checks
import yaml
from docutils import nodes
from PIL import Image, ImageColor
from small_books import build

from tools import repo

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "book" / "_static"
COURSE = sharing.read_course(ROOT)
FONTS, LOGO = ROOT / sharing.FONTS, ROOT / sharing.LOGO
LONG = "This sentence is long enough to say what a page is about, and has no formula in it."


# ---- the course


def test_all_addresses_follow_from_the_slug():
    slug = repo.read_slug(ROOT)
    assert COURSE.repository == f"https://github.com/{slug}"
    assert COURSE.address == repo.pages_address(slug)
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cff["url"] == COURSE.address
    assert cff["repository-code"] == COURSE.repository


def test_the_citation_file_names_the_version_of_the_package():
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cff["version"] == COURSE.version
    assert isinstance(cff["date-released"], datetime.date)
    assert len(COURSE.abstract) <= sharing.LENGTH  # the description of the landing page, whole


def commit(folder: Path, name: str, day: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(day)
    git(folder, "add", "-A")
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false"]
    git(folder, *who, "commit", "-q", "-m", "x", date=f"{day}T12:00:00+00:00")


def git(folder: Path, *arguments: str, date: str = "") -> None:
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
    environment = {"PATH": shutil.os.environ["PATH"], "HOME": str(folder), **dates}
    subprocess.run(["git", *arguments], cwd=folder, check=True, env=environment)


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_the_date_of_a_file_is_that_of_its_last_commit(tmp_path):
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "-q")
    commit(origin, "book/a.md", "2026-01-02")
    commit(origin, "book/für alle.md", "2026-03-04")
    commit(origin, "b.md", "2026-05-06")
    commit(origin, "book/a.md", "2026-07-08")
    found = sharing.last_changes(origin)
    assert {name: day.isoformat() for name, day in found.items()} == {
        "book/a.md": "2026-07-08",
        "book/für alle.md": "2026-03-04",
        "b.md": "2026-05-06",
    }
    # one commit alone would date every file to the day of the last
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{origin}", "shallow")
    assert sharing.last_changes(tmp_path / "shallow") == {}


def test_without_a_history_there_are_no_dates(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert sharing.last_changes(tmp_path) == {}
    monkeypatch.setenv("PATH", "")
    assert sharing.last_changes(ROOT) == {}


# ---- descriptions


def page(*parts: nodes.Node) -> nodes.document:
    document = nodes.document(None, None)
    document += nodes.section("", nodes.title("", "A title"), *parts)
    return document


def paragraph(*parts: nodes.Node | str) -> nodes.paragraph:
    return nodes.paragraph("", "", *(nodes.Text(p) if isinstance(p, str) else p for p in parts))


FORMULA = nodes.math("", r"\frac{a}{b}")


@pytest.mark.parametrize(
    "before",
    [
        paragraph("Too short."),
        nodes.note("", paragraph("A note. " + "x " * 60)),
        nodes.figure("", nodes.caption("", "A caption. " + "x " * 60)),
        nodes.bullet_list("", nodes.list_item("", paragraph("An entry. " + "x " * 60))),
        nodes.container("", paragraph("Provenance. " + "x " * 60), classes=["provenance"]),
        nodes.literal_block("", "print('a program') " * 9),
        paragraph("A sentence that has ", FORMULA, " in its middle, and goes on for long."),
        paragraph("A sentence that names ", nodes.literal("", "f(x)"), " and then goes on " * 5),
    ],
    ids=lambda node: type(node).__name__,
)
def test_the_description_is_the_first_plain_paragraph(before):
    assert sharing.describe(page(before, paragraph(LONG))) == LONG


def test_the_lead_of_the_landing_page_is_running_text():
    lead = nodes.container("", paragraph(LONG), classes=["lead"])
    assert sharing.describe(page(lead)) == LONG


def test_what_stands_before_the_sentence_of_a_formula_is_kept():
    assert sharing.describe(page(paragraph(LONG, " But here is ", FORMULA, "."))) == LONG
    assert sharing.describe(page(paragraph("But ", FORMULA))) == ""


def test_names_set_as_code_are_words():
    text = paragraph(nodes.literal("", "aesthetic measure"), " reads pictures, " + LONG)
    assert sharing.describe(page(text)).startswith("aesthetic measure reads pictures")


def test_shortening_keeps_whole_sentences_or_whole_words():
    sentences = "One sentence of eight words stands right here. " * 5
    assert sharing.shorten(sentences) == " ".join(sentences.split()[:24])
    words = "word " * 60
    short = sharing.shorten(words)
    assert len(short) <= sharing.LENGTH + 1
    assert short.removesuffix("…").split() == ["word"] * len(short.split())
    assert sharing.shorten("  two\n words ") == "two words"


# ---- the root page


PAGE = """\
<html data-content_root="../"><head><link href="../_static/a.css?v=1" rel="stylesheet">
<link rel="canonical" href="https://ann.github.io/course/"></head><body data-page="1/2">
<a href="data.html#top">x</a> <a href="#here">y</a> <a href="mailto:a@b.c">m</a>
<img src="../i/p.png" srcset="../i/p.png 1x, ../i/q.png 2x" alt="../i/p.png" data-large="../i/q.png">
<i style="background: url('../i/p.png')"></i><form action="../search.html"></form>
<script src="../a.js"></script><script>load("../i/p.png", "../i/none.png"); "a<b"</script>
<pre>&lt;a href="../i/p.png"&gt;</pre></body></html>
"""
FILES = {"i/p.png", "i/q.png", "a.js", "search.html", "book/data.html", "_static/a.css"}


def test_a_page_moved_to_the_root_leads_where_it_led():
    moved = sharing.move_page(PAGE, "book", FILES.__contains__)
    expected = (
        PAGE.replace('content_root="../"', 'content_root="./"')
        .replace('href="../_static', 'href="_static')
        .replace('"data.html#top"', '"book/data.html#top"')
        .replace('src="../', 'src="')
        .replace('srcset="../i/p.png 1x, ../i/q.png', 'srcset="i/p.png 1x, i/q.png')
        .replace('data-large="../', 'data-large="')
        .replace("url('../i/p.png')", "url(i/p.png)")
        .replace('action="../', 'action="')
        .replace('load("../', 'load("')
    )
    assert moved == expected


@pytest.mark.parametrize(
    ("address", "moved"),
    [
        ("", ""),
        ("#a", "#a"),
        ("?q=1", "?q=1"),
        ("/a", "/a"),
        ("//a.org/b", "//a.org/b"),
        ("data:image/png;base64,AAAA", "data:image/png;base64,AAAA"),
        ("../", "./"),
        ("./", "book/"),
        ("../a/", "a/"),
        ("1-background/index.html?a=../b#c", "book/1-background/index.html?a=../b#c"),
    ],
)
def test_addresses_are_moved_by_a_folder(address, moved):
    assert sharing.move_address(address, "book") == moved


# ---- cards


PICTURES = [None, (300, 100), (400, 400), (100, 900)]


@pytest.mark.parametrize("size", PICTURES, ids=str)
def test_a_card_has_the_size_that_messengers_ask_for(tmp_path, size):
    picture = None
    if size:
        picture = tmp_path / "picture.png"
        Image.effect_noise(size, 90).save(picture)  # the worst that can be compressed
    card = tmp_path / "cards" / "page.png"
    facts = {"head": "A course", "picture": picture, "fonts": FONTS, "logo": LOGO}
    cards.write_card(card, title="A title of several words", **facts)
    with Image.open(card) as image:
        assert image.size == (1200, 630)
        pixels = image.convert("RGB")
        ground, ink = pixels.getpixel((5, 5)), min(c for _, c in pixels.getcolors())
    # whatever colours the picture has, type and ground keep theirs
    assert ground == pytest.approx(ImageColor.getrgb(cards.PAPER), abs=2)
    assert max(ink) <= 40
    assert site_checks.png_size(card) == site_checks.CARD_SIZE
    assert card.stat().st_size <= site_checks.CARD_BYTES


def test_a_card_is_drawn_again_only_when_something_changed(tmp_path):
    card = tmp_path / "page.png"
    facts = {"head": "A course", "picture": None, "fonts": FONTS, "logo": LOGO}
    cards.write_card(card, title="One", **facts)
    first, time = card.read_bytes(), card.stat().st_mtime_ns
    cards.write_card(card, title="One", **facts)
    assert card.stat().st_mtime_ns == time
    cards.write_card(card, title="Two", **facts)
    assert card.read_bytes() != first


def test_a_title_that_fits_no_card_is_refused():
    with pytest.raises(cards.CardError, match="too long"):
        cards.fit("word " * 200, FONTS / "serif.woff2", cards.title_box(None))


def test_a_picture_that_is_none_is_refused(tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(cards.CardError, match=r"broken\.png"):
        cards.read_picture(broken)


DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="90pt" height="30pt" viewBox="0 0 9 3">'
    '<path d="M0 0H3V3H0z" style="fill: #ff0000"/></svg>'
)


@pytest.mark.skipif(cards.resvg_py is None, reason="needs resvg-py")
def test_a_vector_drawing_is_drawn_on_white(tmp_path):
    path = tmp_path / "drawing.svg"
    path.write_text(DRAWING)
    picture = cards.read_picture(path)
    assert picture.size == (1200, 400)
    assert picture.getpixel((100, 200)) == (255, 0, 0)
    assert picture.getpixel((900, 200)) == (255, 255, 255)


def test_without_a_renderer_vector_drawings_are_passed_over(monkeypatch):
    monkeypatch.setattr(cards, "resvg_py", None)
    assert not cards.can_read(Path("a.svg"))
    assert cards.can_read(Path("a.webp"))


@pytest.mark.parametrize("ratio", [0.2, 1.0, 1.7, 1.8, 6.0])
def test_title_and_picture_lie_on_the_card_and_apart(ratio):
    title = cards.title_box(ratio)
    picture = cards.picture_box(ratio, title[3])
    for left, top, right, bottom in (title, picture):
        assert 0 <= left < right <= cards.WIDTH
        assert 0 <= top < bottom <= cards.HEIGHT
    assert picture[0] >= title[2] or picture[1] >= title[3]


# ---- icons


def test_icons_have_the_sizes_that_are_named_and_the_colours_of_the_drawing():
    with Image.open(STATIC / "favicon.ico") as icon:
        assert icon.ico.sizes() == {(16, 16), (32, 32), (48, 48)}
        middle = icon.ico.getimage((32, 32)).convert("RGB").getpixel((16, 16))
    with Image.open(STATIC / "apple-touch-icon.png") as touch:
        assert touch.size == (180, 180)
        assert touch.mode == "RGB"  # a home screen shows transparent parts black
        assert touch.getpixel((90, 90)) == middle == ImageColor.getrgb("#c8553d")
        assert touch.getpixel((0, 0)) == ImageColor.getrgb(cards.PAPER)
    assert "#c8553d" in (STATIC / "favicon.svg").read_text("utf-8")


# ---- search engines, and a book of two pages


def test_a_sitemap_is_sorted_and_escaped():
    day = datetime.date(2026, 1, 2)
    text = sharing.sitemap([("https://a.org/b?c&d", None), ("https://a.org/", day)])
    assert text.index("a.org/</loc><lastmod>2026-01-02") < text.index("b?c&amp;d</loc></url>")


CONFIGURATION = f"""\
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_parser", "sharing"]
root_doc = "book/intro"
html_theme = "basic"
exclude_patterns = ["tools", "README.md"]
"""
INTRO = f"# A course\n\n![Noise](noise.png)\n\n{LONG} And more.\n\n```{{toctree}}\ncite\n```\n"
CITE = """\
---
myst:
  html_meta:
    description: Written by hand & kept.
---
# Citing

```{citation} plain
```
```{citation} bibtex
:page: book/intro
```
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name in (sharing.FONTS / "serif.woff2", sharing.LOGO, "tools/repo.py", "CITATION.cff"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (folder / "pyproject.toml").write_text(project)
    repo.rewrite(folder, "Bob/kurs")  # a fork
    Image.effect_noise((90, 60), 50).save(folder / "book" / "noise.png")
    (folder / "conf.py").write_text(CONFIGURATION)
    (folder / "book" / "intro.md").write_text(INTRO)
    (folder / "book" / "cite.md").write_text(CITE)
    code, said = build(folder, out="site")
    assert code == 0, said
    return folder / "site"


BOB = "https://bob.github.io/kurs/"


def test_a_fork_has_addresses_of_its_own(book):
    for name in ("index", "book/intro", "book/cite"):
        text = (book / f"{name}.html").read_text("utf-8")
        assert COURSE.address not in text
        soup = site_checks.parse(book / f"{name}.html")
        wanted = BOB if name != "book/cite" else f"{BOB}book/cite.html"
        assert site_checks.canonical(soup) == site_checks.meta(soup)["og:url"] == wanted
        card = site_checks.meta(soup)["og:image"]
        assert site_checks.card_problems(book, name, card, BOB) == []


def test_a_written_description_is_kept_and_stands_once(book):
    told = site_checks.meta(site_checks.parse(book / "book" / "cite.html"))
    assert told["description"] == told["og:description"] == "Written by hand & kept."


def test_the_landing_page_is_described_by_the_citation_file(book):
    told = site_checks.meta(site_checks.parse(book / "index.html"))
    assert told["description"] == COURSE.abstract


def test_the_site_has_a_root_page_and_a_sitemap(book):
    assert site_checks.root_page_problems(book) == []
    assert site_checks.sitemap_problems(book, BOB) == []


def test_the_page_for_lost_readers_works_at_any_depth(book):
    soup = site_checks.parse(book / "404.html")
    assert soup.base["href"] == "/kurs/"
    # the base has to come before the first address that it is for
    assert str(soup.head).index("<base") < str(soup.head).index("href=", 30)
    for _, address in site_checks.addresses(soup.body):
        assert not address.startswith(("/", "..")), address
    assert "noindex" in site_checks.meta(soup)["robots"]


def test_citations_say_what_the_citation_file_says(book):
    soup = site_checks.parse(book / "book" / "cite.html")
    plain = " ".join(soup.blockquote.get_text().split())
    year = COURSE.released.year
    assert plain == (f"{COURSE.authors} ({year}). {COURSE.title}, version {COURSE.version}. {BOB}")
    entry = soup.pre.get_text()
    assert entry.startswith("@incollection{dlha-intro,")
    assert f"author    = {{{{{COURSE.authors}}}}}" in entry  # a group, in two pairs of braces
    assert "title     = {A course}" in entry
    assert f"url       = {{{BOB}}}" in entry
