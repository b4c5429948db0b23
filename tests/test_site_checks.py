"""Each check of the site, on a page that is broken in just that way: it has to see it."""

from pathlib import Path

import bare_html
import pytest
import site_checks
from bs4 import BeautifulSoup

GOOD = """
<html><head><title>A page</title><link rel="stylesheet" href="style.css"></head>
<body><article><h1 id="top">A page</h1>
<p><a href="other.html#there">there</a> <a href="https://example.org/">elsewhere</a></p>
<img src="picture.png" alt="A tower against the sky">
<div class="cell_output"><div class="output stream">loss 0.31</div></div>
</article></body></html>
"""
OTHER = '<html><head><title>Other</title></head><body><h1 id="there">Other</h1></body></html>'
CHECKS = (
    site_checks.broken_links,
    site_checks.picture_problems,
    site_checks.trouble_shown,
    site_checks.title_problems,
    site_checks.external_requests,
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "picture.png").write_bytes(b"")
    (tmp_path / "style.css").write_text("body { background: url(picture.png) }")
    (tmp_path / "other.html").write_text(OTHER)
    (tmp_path / "page.html").write_text(GOOD)
    return tmp_path


def change(site: Path, old: str, new: str) -> None:
    assert old in GOOD
    (site / "page.html").write_text(GOOD.replace(old, new))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sound_page_passes(check, site):
    assert check(site) == []


@pytest.mark.parametrize(
    ("check", "old", "new", "message"),
    [
        ("broken_links", "other.html#there", "gone.html", "gone.html, which is not there"),
        ("broken_links", "#there", "#nowhere", "no place other.html#nowhere"),
        ("broken_links", "other.html#there", "#nowhere", "no place #nowhere"),
        ("broken_links", "style.css", "no-style.css", "no-style.css, which is not there"),
        ("picture_problems", "picture.png", "gone.png", "gone.png is missing"),
        ("picture_problems", 'alt="A tower against the sky"', "", "no alt text"),
        ("picture_problems", "A tower against the sky", " ", "no alt text"),
        ("picture_problems", "A tower against the sky", "../picture.png", "is a file name"),
        ("trouble_shown", "loss 0.31", "Traceback (most recent call last):", "Traceback"),
        ("trouble_shown", "loss 0.31", "x.py:3: UserWarning: no", "UserWarning"),
        ("trouble_shown", "output stream", "output stderr", "output stderr"),
        ("trouble_shown", "<p>", '<p class="system-message">', "system-message"),
        ("trouble_shown", "<p>", '<p><span class="problematic">x</span>', "problematic"),
        ("title_problems", "<title>A page</title>", "", "no title"),
        ("title_problems", "<title>A page</title>", "<title> </title>", "no title"),
        ("title_problems", '<h1 id="top">A page</h1>', "", "0 headings"),
        ("title_problems", "<p>", "<h1>Again</h1><p>", "2 headings"),
        ("external_requests", "style.css", "https://example.org/a.css", "<link> fetches"),
        ("external_requests", "picture.png", "//example.org/a.png", "<img> fetches"),
        ("external_requests", "<p>", '<script src="https://a.org/a.js"></script><p>', "<script>"),
        ("external_requests", "<p>", '<iframe src="http://a.org"></iframe><p>', "<iframe>"),
        ("external_requests", "<p>", "<style>a{b:url('https://a.org/')}</style><p>", "<style>"),
    ],
)
def test_a_broken_page_is_noticed(check, old, new, message, site):
    change(site, old, new)
    problems = getattr(site_checks, check)(site)
    assert len(problems) == 1
    assert message in problems[0]


def test_a_style_sheet_that_fetches_is_noticed(site):
    (site / "style.css").write_text('@import "https://example.org/font.css";')
    assert len(site_checks.external_requests(site)) == 1


def test_a_link_out_of_the_site_is_noticed(site, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "page.html").write_text('<title>x</title><h1>x</h1><a href="../page.html">out</a>')
    assert "outside the site" in site_checks.broken_links(inner)[0]


def test_a_redirect_needs_its_target_and_no_title(site):
    (site / "index.html").write_text('<meta http-equiv="Refresh" content="0; url=page.html" />')
    assert site_checks.title_problems(site) == []
    assert site_checks.broken_links(site) == []
    (site / "index.html").write_text('<meta http-equiv="Refresh" content="0; url=gone.html" />')
    assert len(site_checks.broken_links(site)) == 1


def test_prose_may_quote_an_error_message(site):
    change(site, "<p>", "<p>It says: Traceback (most recent call last)</p><p>")
    assert site_checks.trouble_shown(site) == []


@pytest.fixture
def toc(tmp_path: Path) -> Path:
    path = tmp_path / "_toc.yml"
    path.write_text(
        "format: jb-book\nroot: page\nparts:\n  - caption: One\n    chapters:\n"
        "      - file: other\n        sections:\n          - file: notebooks/1_lesson\n"
    )
    return path


def test_a_missing_page_of_the_table_of_contents_is_noticed(site, toc):
    assert site_checks.missing_pages(site, toc) == ["notebooks/1_lesson has no page"]


def test_a_notebook_outside_the_book_is_noticed(tmp_path, toc):
    for name in ("1_lesson", "2_lesson"):
        (tmp_path / f"{name}.ipynb").touch()
    assert site_checks.notebooks_left_out(tmp_path, toc) == ["2_lesson is not in _toc.yml"]


def test_colab_buttons_are_compared_with_the_repository(site):
    lesson = site / "notebooks" / "1_lesson.html"
    lesson.parent.mkdir()
    button = f'<a href="{site_checks.COLAB}owner/name/blob/main/notebooks/1_lesson.ipynb">C</a>'
    lesson.write_text(button)
    assert site_checks.colab_problems(site, "owner/name") == []
    assert len(site_checks.colab_problems(site, "other/name")) == 1  # of another repository
    lesson.write_text("none")
    assert len(site_checks.colab_problems(site, "owner/name")) == 1  # none on the lesson
    lesson.write_text(button)
    change(site, "<p>", f"{button}<p>")
    assert len(site_checks.colab_problems(site, "owner/name")) == 1  # one where none belongs


def test_the_page_on_where_lessons_run_opens_what_learners_get(site):
    lesson = site / "notebooks" / "1_lesson.html"
    lesson.parent.mkdir()
    button = f'<a href="{site_checks.COLAB}owner/name/blob/main/notebooks/1_lesson.ipynb">C</a>'
    lesson.write_text(button)
    page = site / site_checks.WHERE_IT_RUNS
    page.parent.mkdir(exist_ok=True)
    page.write_text(button.replace("/main/", "/student/"))
    assert site_checks.colab_problems(site, "owner/name") == []
    page.write_text(button)  # with the solutions
    assert len(site_checks.colab_problems(site, "owner/name")) == 1


# ---- what is read by search engines and messengers


ADDRESS = "https://ann.github.io/course/"
TEXT = "A page about nothing in particular, which says so in a sentence of some length."
HEAD = f"""\
<meta name="description" content="{TEXT}"><meta property="og:description" content="{TEXT}">
<meta property="og:url" content="{ADDRESS}page.html"><meta property="og:title" content="A page">
<meta property="og:image" content="{ADDRESS}cards/page.png">
<meta property="og:image:alt" content="A page"><link rel="canonical" href="{ADDRESS}page.html">"""
FOOT = """<footer><div class="colophon"><a rel="license" href="https://a.org/by">CC BY 4.0</a>
<a rel="license" href="https://a.org/mit">MIT</a> <a href="cite.html">How to cite</a></div></footer>"""
SITEMAP = f"<urlset><url><loc>{ADDRESS}page.html</loc></url></urlset>"


def png(width: int, height: int, size: int = 100) -> bytes:
    sizes = width.to_bytes(4) + height.to_bytes(4)
    return (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + sizes).ljust(size, b"\0")


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A site of one page that says all that it should, and of a search page."""
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "page.png").write_bytes(png(1200, 630))
    (tmp_path / "page.html").write_text(f"<head>{HEAD}</head><body>{FOOT}</body>")
    search = f'<head><meta name="robots" content="noindex"></head><body>{FOOT}</body>'
    (tmp_path / "search.html").write_text(search)
    (tmp_path / "sitemap.xml").write_text(SITEMAP)
    (tmp_path / "robots.txt").write_text(f"Sitemap: {ADDRESS}sitemap.xml\n")
    return tmp_path


def test_a_page_that_says_all_passes(shared):
    assert site_checks.head_problems(shared, ADDRESS) == []
    assert site_checks.foot_problems(shared) == []
    assert site_checks.sitemap_problems(shared, ADDRESS) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('canonical" href="https://ann', 'canonical" href="https://bob', "are not"),
        (f'og:url" content="{ADDRESS}', f'og:url" content="{ADDRESS}x/', "are not"),
        (TEXT, "Too short.", "the description is"),
        (TEXT, TEXT * 3, "the description is"),
        (TEXT, r"Here \(x\)" + TEXT, "the description is"),
        (TEXT, "Contents " + TEXT, "the description is"),
        (f'og:description" content="{TEXT}', 'og:description" content="x', "two descriptions"),
        ('og:title" content="A page"', 'og:title" content=""', "no title"),
        ("cards/page.png", "cards/gone.png", "no social card"),
        ("https://ann.github.io/course/cards", "cards", "no social card"),
    ],
)
def test_a_head_that_says_too_little_is_noticed(shared, old, new, message):
    assert old in HEAD
    page = shared / "page.html"
    page.write_text(page.read_text().replace(old, new))
    [problem] = site_checks.head_problems(shared, ADDRESS)
    assert message in problem


@pytest.mark.parametrize("card", [png(600, 315), png(1200, 630, size=60_001), b"GIF89a"])
def test_a_card_of_the_wrong_size_is_noticed(shared, card):
    (shared / "cards" / "page.png").write_bytes(card)
    [problem] = site_checks.head_problems(shared, ADDRESS)
    assert "its card has" in problem


def test_two_pages_with_one_description_are_noticed(shared):
    other = (shared / "page.html").read_text().replace("page.html", "zebra.html")
    (shared / "zebra.html").write_text(other)
    [problem] = site_checks.head_problems(shared, ADDRESS)
    assert "zebra.html: its description is also that of" in problem


def test_cards_that_are_too_heavy_together_are_noticed(shared):
    for number in range(51):
        (shared / "cards" / f"{number}.png").write_bytes(png(1200, 630, size=59_999))
    [problem] = site_checks.head_problems(shared, ADDRESS)
    assert "together" in problem


def test_a_search_page_that_may_be_listed_is_noticed(shared):
    (shared / "search.html").write_text("<head></head>")
    assert any("search.html" in problem for problem in site_checks.head_problems(shared, ADDRESS))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('rel="license" href="https://a.org/mit"', 'href="https://a.org/mit"', "no licences"),
        ("CC BY 4.0", "CC BY-NC 4.0", "no licences"),
        ("cite.html", "city.html", "how to cite"),
    ],
)
def test_a_foot_without_licence_or_citation_is_noticed(shared, old, new, message):
    page = shared / "page.html"
    page.write_text(page.read_text().replace(old, new))
    [problem] = site_checks.foot_problems(shared)
    assert message in problem


def test_a_sitemap_that_differs_from_the_site_is_noticed(shared):
    (shared / "sitemap.xml").write_text(SITEMAP.replace("page.html", "pages.html"))
    assert len(site_checks.sitemap_problems(shared, ADDRESS)) == 2
    (shared / "sitemap.xml").write_text(f"<urlset>{SITEMAP}{SITEMAP}</urlset>")
    assert site_checks.sitemap_problems(shared, ADDRESS) == ["sitemap.xml names a page twice"]
    (shared / "sitemap.xml").write_text(SITEMAP)
    (shared / "robots.txt").write_text("Allow: /")
    [problem] = site_checks.sitemap_problems(shared, ADDRESS)
    assert "robots.txt" in problem


def test_a_root_page_that_is_not_the_landing_page_is_noticed(tmp_path):
    (tmp_path / "book").mkdir()
    landing = '<article>Welcome <a href="../a.html">on</a> <a href="#x">down</a></article>'
    (tmp_path / "book" / "intro.html").write_text(landing)
    root = tmp_path / "index.html"
    root.write_text(landing.replace("../", ""))
    assert site_checks.root_page_problems(tmp_path) == []
    for wrong, message in (
        (landing, "leads to ../a.html"),
        (landing.replace("../", "").replace("Welcome", "Hello"), "another text"),
        ('<meta http-equiv="Refresh" content="0; url=book/intro.html">', "elsewhere"),
    ):
        root.write_text(wrong)
        [problem] = site_checks.root_page_problems(tmp_path)
        assert message in problem


def test_the_landing_page_may_lead_to_the_first_lesson_in_colab(site):
    landing = site / site_checks.LANDING
    landing.parent.mkdir()
    address = f"{site_checks.COLAB}owner/name/blob/main/"
    right = f'<a href="{address}{site_checks.FIRST_LESSON}">C</a>'
    landing.write_text(right)
    assert site_checks.colab_problems(site, "owner/name") == []
    assert len(site_checks.colab_problems(site, "other/name")) == 1  # of another repository
    landing.write_text(f'{right} <a href="{address}notebooks/2_other.ipynb">C</a>')
    assert len(site_checks.colab_problems(site, "owner/name")) == 1
    landing.write_text("none")
    assert site_checks.colab_problems(site, "owner/name") == []


FORMULA = (
    '<p>a <span class="katex"><span class="katex-mathml"><math><mi>x</mi></math></span><span class="katex-html"'
    ' aria-hidden="true"><span class="base"><span class="mord mathnormal">x</span></span></span></span> b'
    ' <span\nclass="katex-html">y</span></p><pre><span class="k">if</span> <a href="#"><span class="n">z</span></a></pre>'
)


def test_without_layout_and_colours_text_and_links_are_the_same():
    rest, layouts = bare_html.parts(FORMULA)
    assert "".join(layouts).count("<span") == 4 and "katex-html" not in rest
    assert [layout.endswith(">") and ">x<" in layout for layout in layouts] == [True, False]
    soup = BeautifulSoup(bare_html.bare(FORMULA), "html.parser")
    assert soup.get_text() == "a x b if z" and soup.math and soup.a["href"] == "#"
    assert not soup.find_all("span", class_=["k", "n"])
    with pytest.raises(ValueError, match="no end of the formula '<span class=\"katex-html"):
        bare_html.bare('<p><span class="katex-html"><span>x</span></p>')
