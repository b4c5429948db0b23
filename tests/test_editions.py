"""A year's edition of the book: packed once, kept beside the current one, marked as what it is."""

import re
import tarfile
from pathlib import Path

import pytest
import yaml

from tools import editions

ROOT = Path(__file__).parents[1]


@pytest.fixture
def site(tmp_path) -> Path:
    site = tmp_path / "html"
    (site / "book" / "a").mkdir(parents=True)
    for name in ("index.html", "book/a/page.html", "404.html"):
        (site / name).write_text(
            '<html><head lang="en"><title>t</title></head><body class="x">text</body></html>'
        )
    (site / "robots.txt").write_text("all")
    return site


def test_an_edition_comes_back_as_it_was_with_a_line_at_the_top(site, tmp_path):
    archive = editions.freeze("edition-2026", site, tmp_path / "out")
    assert archive.name == "edition-2026.tar.gz"
    (site / "book" / "a" / "page.html").write_text("the course went on")
    assert editions.add(archive.parent, site) == ["2026"]
    page = (site / "editions" / "2026" / "book" / "a" / "page.html").read_text()
    assert '<body class="x"><aside' in page and "the edition of 2026" in page
    assert '<head lang="en"><meta name="robots" content="noindex"><title>t</title>' in page
    [current] = re.findall(r'href="([^"]+)"', page)
    here = site / "editions" / "2026" / "book" / "a"
    assert (here / current).resolve() == site / "index.html"
    assert not (site / "editions" / "2026" / "robots.txt").exists()
    assert (site / "book" / "a" / "page.html").read_text() == "the course went on"


def test_adding_twice_changes_nothing_and_editions_do_not_nest(site, tmp_path):
    archive = editions.freeze("edition-2026", site, tmp_path / "out")
    editions.add(archive.parent, site)
    once = (site / "editions" / "2026" / "index.html").read_text()
    editions.add(archive.parent, site)
    assert (site / "editions" / "2026" / "index.html").read_text() == once
    assert editions.marked(once, "2026", "") == once
    second = editions.freeze("edition-2027", site, tmp_path / "out")
    with tarfile.open(second) as tar:
        assert not [name for name in tar.getnames() if name.startswith("editions")]
    assert editions.add(tmp_path / "out", site) == ["2026", "2027"]


@pytest.mark.parametrize("tag", ["v1.0", "edition-26", "edition-2026-b", "../edition-2026"])
def test_another_tag_is_no_edition(tag, site, tmp_path):
    with pytest.raises(editions.EditionError, match="no edition"):
        editions.freeze(tag, site, tmp_path)


def test_an_archive_cannot_write_elsewhere(site, tmp_path):
    bad = tmp_path / "bad"
    bad.mkdir()
    (tmp_path / "x").write_text("x")
    with tarfile.open(bad / "edition-2026.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "x", "../../../outside.html")
    with pytest.raises(tarfile.TarError):
        editions.add(bad, site)
    assert not (tmp_path / "outside.html").exists()


def test_the_workflows_use_the_same_names():
    """What the one keeps with a release the other fetches."""
    texts = {
        n: (ROOT / ".github" / "workflows" / f"{n}.yml").read_text() for n in ("editions", "pages")
    }
    frozen = yaml.safe_load(texts["editions"])
    assert frozen[True]["push"] == {"tags": ["edition-20[0-9][0-9]"]}  # YAML reads `on` as true
    assert '"_build/$GITHUB_REF_NAME.tar.gz"' in texts["editions"]
    assert 'startswith("edition-")' in texts["pages"] and '"$tag.tar.gz"' in texts["pages"]
    steps = [
        step.get("run", "") for step in yaml.safe_load(texts["pages"])["jobs"]["publish"]["steps"]
    ]
    places = [n for n, run in enumerate(steps) if run == "make book" or "tools.editions add" in run]
    assert len(places) == 2, "the book first, then the editions into it"


def test_citation_file_has_what_its_format_asks_for():
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cff)
    assert cff["cff-version"] == "1.2.0" and cff["type"] in ("software", "dataset")
    assert all("name" in a or {"family-names", "given-names"} & set(a) for a in cff["authors"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(cff["date-released"]))
