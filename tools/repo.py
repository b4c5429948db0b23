"""Move the project to another repository: rewrite everything that depends on its slug.

    python -m tools.repo owner/name

The slug, `owner/name`, stands in one place: `[project.urls] Repository` in pyproject.toml. What
repeats it, because it has no way to read it there (the Colab cell of each notebook, _config.yml,
the clone line of the README, CITATION.cff), is rewritten here, and nothing else is touched. The
addresses of the published pages follow from it: book/_ext/sharing.py asks `pages_address`.
Needs the standard library only, so that the Pages workflow can run it before installing.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = {".cff", ".cfg", ".ipynb", ".json", ".md", ".py", ".toml", ".txt", ".yaml", ".yml"}
SKIPPED_FOLDERS = {
    ".git",
    ".venv",
    "_build",
    "build",
    "dist",
    "vendor",
    "__pycache__",
    ".ipynb_checkpoints",
    ".pytest_cache",
    ".ruff_cache",
}
SLUG = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}")


class SlugError(ValueError):
    """The slug is missing, or is not of the form owner/name."""


def read_slug(root: Path) -> str:
    """The slug that pyproject.toml names, as `owner/name`."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    url = project["urls"]["Repository"]
    slug = url.removeprefix("https://github.com/")
    if slug == url or not SLUG.fullmatch(slug):
        raise SlugError(f"pyproject.toml: Repository is {url!r}, not https://github.com/owner/name")
    return slug


def text_files(root: Path) -> list[Path]:
    """Every text file of the project: what git ignores and what others made is left out."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(d for d in folders if d not in SKIPPED_FOLDERS and ".egg-info" not in d)
        found += [Path(folder, name) for name in sorted(names) if Path(name).suffix in SUFFIXES]
    return found


def pages_address(slug: str) -> str:
    """Where GitHub Pages publishes a repository: its own folder, or the root of its owner's site."""
    owner, name = slug.split("/")
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"


def spellings(slug: str) -> tuple[str, str]:
    """The forms in which a slug appears: in repository addresses, and in that of its Pages site."""
    return slug, pages_address(slug).removeprefix("https://").rstrip("/")


def rewrite(root: Path, new: str) -> list[Path]:
    """Replace the project's slug by `new` below `root`; the files that changed."""
    if not SLUG.fullmatch(new):
        raise SlugError(f"{new!r} is not of the form owner/name")
    pairs = list(zip(spellings(read_slug(root)), spellings(new), strict=True))
    changed = []
    for path in text_files(root):
        # as bytes: line ends and the formatting of the notebooks stay as they are
        before = after = path.read_bytes()
        for old_text, new_text in pairs:
            # a longer name that merely begins or ends like ours is somebody else's
            pattern = rb"(?<![\w.-])" + re.escape(old_text.encode()) + rb"(?![\w-])"
            after = re.sub(pattern, lambda _, text=new_text: text.encode(), after)
        if after != before:
            path.write_bytes(after)
            changed.append(path)
    return changed


def main(arguments: list[str]) -> int:
    if arguments in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    if len(arguments) != 1:
        print("Say where the project moves to: make repo SLUG=owner/name", file=sys.stderr)
        return 2
    try:
        old, changed = read_slug(ROOT), rewrite(ROOT, arguments[0])
    except SlugError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{old} -> {arguments[0]}: {len(changed)} files rewritten")
    for path in changed:
        print(f"  {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
