"""Print the link of each lesson with which a learner of a hub gets it and opens it (nbgitpuller).

    python -m tools.hub.links https://hub.example.org
    python -m tools.hub.links https://hub.example.org --repo https://github.com/me/my-class --branch main --folder ""

A second click brings what has changed since, and keeps what the learner has written. By default the lessons come without
their solutions from the branch `student` of the course's repository (tools/student_branch.py). Lessons that you have changed: put
the folder _build/classroom/student of `make classroom` into a repository of your own, and name it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path, PurePosixPath
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tools.repo import read_slug  # noqa: E402


def link(hub: str, repo: str, branch: str, notebook: str) -> str:
    """The address that pulls the repository into the learner's folder and opens the notebook in JupyterLab.

    hub: address of the hub. notebook: path in the repository. ValueError for a hub that is no web address.
    """
    if urlsplit(hub).scheme not in ("http", "https") or not urlsplit(hub).netloc:
        raise ValueError(f"{hub!r} is no address of a hub, such as https://hub.example.org")
    name = PurePosixPath(urlsplit(repo).path).name.removesuffix(".git")
    query = {
        "repo": repo,
        "branch": branch,
        "depth": 1,
        "targetpath": name,
        "urlpath": f"lab/tree/{name}/{notebook}",
    }
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(query)}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("hub", help="the hub's address")
    parser.add_argument("--repo", default=f"https://github.com/{read_slug(ROOT)}")
    parser.add_argument("--branch", default="student")
    parser.add_argument("--folder", default="notebooks", help="where the lessons lie in it")
    options = parser.parse_args(arguments)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = str(PurePosixPath(options.folder, path.name))
        try:
            print(f"{path.stem}\t{link(options.hub, options.repo, options.branch, notebook)}")
        except ValueError as error:
            parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
