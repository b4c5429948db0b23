"""Keep a year's edition of the book beside the current one.

    python -m tools.editions freeze edition-2026     pack the book of _build/html as _build/edition-2026.tar.gz
    python -m tools.editions add FOLDER              unpack the archives of a folder into _build/html/editions/YEAR

A tag `edition-YEAR` makes .github/workflows/editions.yml build the book, pack it, and keep the archive with the release of
that name. Whenever pages.yml publishes the current book, it fetches these archives and puts each where it belongs. So an
edition is built once, and its pages stay as they were. All that is added to them is a line at the top with the way to the
current course, and a word to search engines, which should find that one.
Needs the standard library only.
"""

from __future__ import annotations

import argparse
import re
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
TAG = re.compile(r"edition-(20\d\d)(?:\.tar\.gz)?")
NO_INDEX = '<meta name="robots" content="noindex">'
BANNER = (
    '<aside class="bd-header-announcement" aria-label="Edition"><div class="bd-header-announcement__content">'
    'This is the edition of {year}, which stays as it is. <a style="color:inherit" href="{current}">To the current course</a></div></aside>'
)


class EditionError(RuntimeError):
    """What cannot be packed or added; the message says why."""


def year_of(name: str) -> str:
    """The year of a tag or an archive. Raises EditionError for a name of another form."""
    found = TAG.fullmatch(name)
    if found is None:
        raise EditionError(f"{name!r} is no edition; such a tag is called edition-2026")
    return found[1]


def freeze(tag: str, site: Path, out: Path) -> Path:
    """Pack the built book, without editions that are in it; gives the archive."""
    year = year_of(tag)
    if not (site / "index.html").exists():
        raise EditionError(f"there is no book in {site}; `make book` builds it")

    def kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return None if Path(member.name).parts[:1] == ("editions",) else member

    out.mkdir(parents=True, exist_ok=True)
    archive = out / f"edition-{year}.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for path in sorted(site.iterdir()):
            tar.add(path, path.name, filter=kept)
    return archive


def add(folder: Path, site: Path) -> list[str]:
    """Unpack each archive of the folder, and mark its pages; gives the years."""
    years = []
    for archive in sorted(folder.glob("*.tar.gz")):
        year = year_of(archive.name)
        target = site / "editions" / year
        target.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as tar:
            tar.extractall(target, filter="data")  # nothing outside the folder
        for page in target.rglob("*.html"):
            depth = len(page.relative_to(site).parts) - 1
            page.write_text(marked(page.read_text("utf-8"), year, "../" * depth), "utf-8")
        for name in ("robots.txt", "sitemap.xml", "404.html"):  # of a whole site, not of a part
            (target / name).unlink(missing_ok=True)
        years.append(year)
    return years


def marked(page: str, year: str, to_top: str) -> str:
    """A page with the line at its top; a second time changes nothing."""
    if NO_INDEX in page:
        return page
    banner = BANNER.format(year=year, current=f"{to_top}index.html")
    page = re.sub(r"<head\b[^>]*>", lambda head: f"{head[0]}{NO_INDEX}", page, count=1)
    return re.sub(r"<body\b[^>]*>", lambda body: f"{body[0]}{banner}", page, count=1)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("freeze").add_argument("tag")
    commands.add_parser("add").add_argument("folder", type=Path)
    options = parser.parse_args(arguments)
    try:
        if options.command == "freeze":
            print(freeze(options.tag, SITE, SITE.parent))
        else:
            print("editions:", *(add(options.folder, SITE) or ["none yet"]))
    except (EditionError, OSError, tarfile.TarError) as error:
        print(f"editions: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
