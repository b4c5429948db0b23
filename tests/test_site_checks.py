"""Each check of the site, on a page that is broken in just that way: it has to see it."""

from pathlib import Path

import pytest
import site_checks

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
