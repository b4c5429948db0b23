"""The built site: `make book` first. Without a site these tests fail, they do not skip."""

import re
from pathlib import Path

import pytest
import site_checks

from tools.repo import pages_address, read_slug

ROOT = Path(__file__).resolve().parent.parent
TOC = ROOT / "_toc.yml"
pytestmark = pytest.mark.xdist_group("site")  # one process: each page is parsed once


@pytest.fixture(scope="module")
def site() -> Path:
    folder = ROOT / "_build" / "html"
    if not (folder / "book" / "intro.html").is_file():
        pytest.fail(f"no site in {folder}: run `make book`")
    return folder


def none_of(problems: list[str]) -> None:
    assert not problems, "\n" + "\n".join(problems)


def test_links_lead_somewhere(site):
    none_of(site_checks.broken_links(site))


def test_pictures_are_there_and_have_alt_text(site):
    none_of(site_checks.picture_problems(site))


def test_no_page_shows_an_error_or_a_warning(site):
    none_of(site_checks.trouble_shown(site))


def test_every_page_has_one_title(site):
    none_of(site_checks.title_problems(site))


def test_every_entry_of_the_table_of_contents_has_a_page(site):
    none_of(site_checks.missing_pages(site, TOC))


def test_every_notebook_is_in_the_book():
    none_of(site_checks.notebooks_left_out(ROOT / "notebooks", TOC))


def test_colab_buttons_stand_on_lessons_and_only_there(site):
    none_of(site_checks.colab_problems(site, read_slug(ROOT)))


def test_no_page_asks_another_host(site):
    none_of(site_checks.external_requests(site))


def test_formulas_use_the_typefaces_that_are_vendored(site):
    """KaTeX has more typefaces; a formula that needs another one has to bring it (tools/vendor.py)."""
    others = {
        "mathbf",
        "mathit",
        "mathfrak",
        "mathscr",
        "mathsf",
        "mathtt",
        "textbf",
        "textit",
        "boldsymbol",
        "amsrm",
    }
    shapes = {"span", "svg", "path"}  # nothing that leads somewhere or fetches something
    for page in site_checks.pages(site):
        for layout in site_checks.layouts(page):
            named = {
                name for names in re.findall(r' class="([^"]*)"', layout) for name in names.split()
            }
            assert not named & others, page
            assert set(re.findall(r"<(\w+)", layout)) <= shapes, page
            assert not re.search(r" (id|href|src)=", layout), page


def test_every_page_says_what_and_where_it_is(site):
    none_of(site_checks.head_problems(site, pages_address(read_slug(ROOT))))


def test_every_page_names_its_licences_and_how_to_cite_it(site):
    none_of(site_checks.foot_problems(site))


def test_the_sitemap_lists_every_page(site):
    none_of(site_checks.sitemap_problems(site, pages_address(read_slug(ROOT))))


def test_the_root_page_is_the_landing_page(site):
    none_of(site_checks.root_page_problems(site))
