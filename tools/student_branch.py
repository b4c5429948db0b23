"""Put the lessons as learners get them, without solutions and outputs, on a branch of the repository.

    python -m tools.student_branch                  into _build/student, to look at
    python -m tools.student_branch --push origin    commit it on top of the branch `student` there

notebooks/     the lessons (tools/classroom.py), each under its own name; the first cell installs the package where it is missing
.binder/       what mybinder.org installs for them
README.md      what this is, and a list; and the licences

Nothing is checked out, and no commit is lost: the new one follows what the branch had, so that a learner's copy of it can be
brought up to date. Where nothing has changed, there is no new one. .github/workflows/pages.yml does it after the tests; a
fork gets a branch of its own, with its own address in the first cells. Links of a hub (tools/hub/links.py) and of the page
"Where it runs" lead there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from tools import classroom
from tools.modes import ROOT
from tools.repo import pages_address, read_slug

BRANCH = "student"
OUT = ROOT / "_build" / BRANCH
LICENCES = ("LICENSE", "LICENSE-CONTENT")
ABOUT = """\
# The lessons, for learners

These are the lessons of [Deep Learning and Human Aesthetics]({pages}), without their solutions and outputs. They are made from
[the course]({repository}) whenever it changes; this branch is not edited by hand. [Where it runs]({pages}book/where_it_runs.html)
has links that open each of them in Colab, on Kaggle and on Binder. Code: MIT. Text and figures: CC BY 4.0.

{lessons}
"""


class BranchError(RuntimeError):
    """What keeps the branch from being made; the message says what git or a lesson said."""


# ---- what it holds


def fill(out: Path) -> list[Path]:
    """Write the branch's files into an empty folder; gives the lessons. Raises BranchError where one has no such version."""
    if out.exists() and any(out.iterdir()):
        raise BranchError(f"{out} is not empty; remove it, or name another folder")
    lessons = sorted(classroom.NOTEBOOKS.glob("*.ipynb"))
    with tempfile.TemporaryDirectory() as made:
        for lesson in lessons:
            try:
                classroom.write_versions(lesson, Path(made), ["student"])
            except classroom.ClassroomError as error:
                raise BranchError(f"{lesson.name}: {error}") from error
        shutil.copytree(Path(made, "student"), out / "notebooks")
    shutil.copytree(ROOT / ".binder", out / ".binder")
    needs = out / ".binder" / "requirements.txt"
    needs.write_text(for_binder(needs.read_text("utf-8")), "utf-8")
    for name in LICENCES:
        shutil.copyfile(ROOT / name, out / name)
    (out / "README.md").write_text(readme(out), "utf-8")
    return sorted((out / "notebooks").glob("*.ipynb"))


def for_binder(text: str) -> str:
    """The course's requirements for Binder, where the package is not the folder itself. Raises BranchError for others."""
    lines = text.splitlines()
    if "." not in lines:
        raise BranchError(".binder/requirements.txt does not install the repository ('.')")
    package = f"aesthetic-utils @ git+https://github.com/{read_slug(ROOT)}"
    kept = [line for line in lines if not line.startswith("#")]
    return "\n".join(package if line == "." else line for line in kept) + "\n"


def readme(out: Path) -> str:
    slug = read_slug(ROOT)
    rows = []
    for lesson in sorted((out / "notebooks").glob("*.ipynb")):
        title = nbformat.read(lesson, as_version=4).cells[0].source.splitlines()[0].lstrip("# ")
        rows.append(f"- [{title}](notebooks/{lesson.name})")
    return ABOUT.format(
        pages=pages_address(slug),
        repository=f"https://github.com/{slug}",
        lessons="\n".join(rows),
    )


# ---- where it goes


def git(repository: Path, *arguments: str | Path, **environment: str) -> str:
    """What a command of git prints. Raises BranchError where it fails."""
    command = ["git", "-C", str(repository), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)
    if done.returncode:
        raise BranchError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def push(folder: Path, remote: str, repository: Path = ROOT) -> str | None:
    """Commit the folder on top of the remote's branch; gives the commit, None where nothing is new.

    Raises BranchError where git refuses: for a branch that meanwhile went on elsewhere, too, since nothing is forced.
    """
    ref = f"refs/heads/{BRANCH}"
    last, _, _ = git(repository, "ls-remote", remote, ref).partition("\t")
    if last:
        git(repository, "fetch", "--quiet", "--no-tags", remote, ref)
    with (
        tempfile.TemporaryDirectory() as scratch
    ):  # an index of its own: that of the repository stays as it is
        index = {"GIT_INDEX_FILE": str(Path(scratch, "index"))}
        git(repository, f"--work-tree={folder.resolve()}", "add", "--all", "--force", ".", **index)
        tree = git(repository, "write-tree", **index)
    if last and git(repository, "rev-parse", f"{last}^{{tree}}") == tree:
        return None
    source = git(repository, "rev-parse", "--short", "HEAD")
    parent = ["-p", last] if last else []
    commit = git(
        repository, "commit-tree", tree, *parent, "-m", f"The lessons of {source}, for learners"
    )
    git(repository, "push", "--quiet", remote, f"{commit}:{ref}")
    return commit


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=OUT, help="folder; default _build/student")
    parser.add_argument("--push", metavar="REMOTE", help="commit and push; the folder goes away")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            out = Path(scratch, BRANCH) if options.push else options.out
            if out == OUT:
                shutil.rmtree(OUT, ignore_errors=True)
            lessons = fill(out)
            size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
            print(f"{len(lessons)} lessons, {size / 1e6:.1f} MB")
            if options.push:
                commit = push(out, options.push)
                print(f"{BRANCH}: {commit or 'nothing has changed'}")
    except (BranchError, OSError) as error:
        print(f"student_branch: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
