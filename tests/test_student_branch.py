"""The branch with the lessons for learners: what it holds, that links lead there, and that no commit on it is lost."""

import json
import subprocess
from pathlib import Path

import launch
import pytest
import yaml

from tools import classroom, student_branch
from tools.hub import links
from tools.repo import read_slug

ROOT = Path(__file__).parents[1]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
REPOSITORY = f"https://github.com/{read_slug(ROOT)}"


# ---- what it holds


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("branch") / "student"
    assert student_branch.main(["--out", str(out)]) == 0
    return out


def test_it_holds_every_lesson_without_solutions_and_outputs(folder):
    there = sorted((folder / "notebooks").iterdir())
    assert [path.name for path in there] == [path.name for path in LESSONS]
    for path, lesson in zip(there, LESSONS, strict=True):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        assert not any("solution" in cell["metadata"].get("tags", []) for cell in cells), path.name
        assert not any(cell.get("outputs") for cell in cells), path.name
        [first, *_] = [cell for cell in cells if cell["cell_type"] == "code"]
        published = json.loads(lesson.read_text("utf-8"))["cells"]
        [its_first, *_] = [cell for cell in published if cell["cell_type"] == "code"]
        assert first["source"] == its_first["source"], "it installs the package where it is missing"


def test_binder_installs_the_package_from_the_repository(folder):
    lines = (folder / ".binder" / "requirements.txt").read_text().splitlines()
    assert lines[-1] == f"aesthetic-utils @ git+{REPOSITORY}" and "." not in lines
    assert any(line.startswith("--extra-index-url") for line in lines), "PyTorch for processors"
    assert (folder / ".binder" / "runtime.txt").read_text().startswith("python-3.")
    with pytest.raises(student_branch.BranchError, match="does not install the repository"):
        student_branch.for_binder("torch\n")


def test_every_link_to_the_branch_leads_to_a_file_that_is_there(folder, capsys):
    assert launch.STUDENT == student_branch.BRANCH
    for lesson in LESSONS:
        page = f"notebooks/{lesson.stem}"
        for place in ("Colab", "Kaggle"):
            address = launch.PLACES[place](REPOSITORY, launch.STUDENT, page)
            assert (folder / address.partition("/blob/student/")[2]).is_file()
        address = launch.PLACES["Binder"](REPOSITORY, launch.STUDENT, page)
        assert (folder / address.partition("lab/tree/")[2]).is_file()
        assert f"](notebooks/{lesson.name})" in (folder / "README.md").read_text("utf-8")
    assert links.main(["https://hub.example.org"]) == 0
    assert capsys.readouterr().out.count(f"branch={student_branch.BRANCH}&") == len(LESSONS)


def test_what_lies_in_the_folder_is_not_mixed_with_it(folder, capsys):
    assert student_branch.main(["--out", str(folder)]) == 1
    assert "is not empty" in capsys.readouterr().err


# ---- where it goes


def git(repository: Path, *arguments: str) -> str:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """A repository with a commit on main, and where it is pushed to (`origin`)."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "somebody@example.org")
    here = tmp_path / "course"
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "origin.git"], check=True)
    subprocess.run(["git", "init", "-q", "-b", "main", here], check=True)
    (here / "text").write_text("the course")
    (here / ".gitignore").write_text("*.md\n")
    git(here, "add", ".")
    git(here, "commit", "-q", "-m", "first")
    git(here, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(here, "push", "-q", "origin", "main")
    return here


@pytest.fixture
def lessons(tmp_path) -> Path:
    made = tmp_path / "made"
    (made / "notebooks").mkdir(parents=True)
    for name in ("a.ipynb", "b.ipynb"):
        (made / "notebooks" / name).write_text("{}")
    (made / "README.md").write_text("kept, whatever the course itself leaves out")
    return made


def test_a_commit_follows_what_the_branch_had(repository, lessons):
    first = student_branch.push(lessons, "origin", repository)
    origin = repository.parent / "origin.git"
    assert git(origin, "rev-parse", "student") == first
    assert git(origin, "ls-tree", "-r", "--name-only", "student").split() == [
        "README.md", "notebooks/a.ipynb", "notebooks/b.ipynb",
    ]  # fmt: skip
    assert student_branch.push(lessons, "origin", repository) is None, "nothing is new"
    (lessons / "notebooks" / "a.ipynb").unlink()
    second = student_branch.push(lessons, "origin", repository)
    assert git(origin, "log", "--format=%H", "student").split() == [second, first]
    assert "a.ipynb" not in git(origin, "ls-tree", "-r", "--name-only", "student")
    assert git(repository, "status", "--porcelain") == "", "the repository is as it was"
    assert git(origin, "rev-parse", "main") == git(repository, "rev-parse", "main")


def test_a_branch_that_went_on_meanwhile_is_not_overwritten(repository, lessons, monkeypatch):
    student_branch.push(lessons, "origin", repository)
    (lessons / "README.md").write_text("changed")
    real, others = student_branch.git, []

    def slow(where, name, *more, **environment):
        if name == "push" and not others:
            tree = git(repository, "rev-parse", "main^{tree}")
            last = git(repository.parent / "origin.git", "rev-parse", "student")
            others.append(git(repository, "commit-tree", tree, "-p", last, "-m", "meanwhile"))
            git(repository, "push", "-q", "origin", f"{others[0]}:refs/heads/student")
        return real(where, name, *more, **environment)

    monkeypatch.setattr(student_branch, "git", slow)
    with pytest.raises(student_branch.BranchError, match="git push: "):
        student_branch.push(lessons, "origin", repository)
    assert git(repository.parent / "origin.git", "rev-parse", "student") == others[0]


def test_a_lesson_without_such_a_version_is_named(tmp_path, monkeypatch, capsys):
    def fail(lesson, *_):
        raise classroom.ClassroomError("cell 3")

    monkeypatch.setattr(classroom, "write_versions", fail)
    assert student_branch.main(["--out", str(tmp_path / "out")]) == 1
    assert f"{LESSONS[0].name}: cell 3" in capsys.readouterr().err


def test_the_workflow_makes_it_after_the_tests_with_the_address_of_the_fork():
    job = yaml.safe_load((ROOT / ".github" / "workflows" / "pages.yml").read_text())["jobs"][
        "student"
    ]
    assert job["needs"] == "test" and job["permissions"] == {"contents": "write"}
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands[0] == 'make repo SLUG="$GITHUB_REPOSITORY"'
    assert commands[-1] == ".venv/bin/python -m tools.student_branch --push origin"
    assert "force" not in json.dumps(job)
