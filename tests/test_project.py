"""The project as a whole: one slug, a tidy root, versions that fit together, nothing stray."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools import repo, vendor

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ROOT_ENTRIES = {
    ".binder", ".ci", ".devcontainer", ".gitattributes", ".github", ".gitignore", "CITATION.cff", "CONTRIBUTING.md", "LICENSE",
    "LICENSE-CONTENT", "Makefile", "README.md", "_config.yml", "_toc.yml", "aesthetic_utils",
    "assignments", "book", "notebooks", "pyproject.toml", "requirements.txt", "requirements-book.txt", "tests",
    "tools",
}  # fmt: skip
SETUP_CELL = """\
try:
    import aesthetic_utils
except ModuleNotFoundError:  # on Colab, or wherever the package is missing
    %pip install -q "aesthetic-utils @ git+https://github.com/{slug}"
    try:
        import aesthetic_utils
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "The course's package was not installed; pip says above why. Is there a"
            " network, and does the address after git+ open in a browser? If not,"
            " upload a copy of the repository and run: %pip install ./ITS-FOLDER"
        ) from None\
"""


def committed_files() -> list[Path]:
    """What git tracks or would track, relative to the root; without git, what lies there."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        files = [Path(name) for name in done.stdout.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):  # an archive of the repository, say
        files = [path.relative_to(ROOT) for path in repo.text_files(ROOT)]
    return [path for path in files if (ROOT / path).is_file()]


# ---- the slug


def slugs_named(root: Path) -> dict[str, set[str]]:
    """Where the slug is repeated, and what stands there."""
    found = {}
    patterns = {
        "_config.yml": r"^  url: https://github\.com/(\S+)$",
        "CITATION.cff": r"^repository-code: ['\"]?https://github\.com/([^'\"\s]+)",
        "README.md": r"git clone https://github\.com/(\S+)",
        "book/how_to_use.md": r"git clone https://github\.com/(\S+)",
    }
    for name, pattern in patterns.items():
        found[name] = set(re.findall(pattern, (root / name).read_text("utf-8"), re.MULTILINE))
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        text = "".join("".join(cell["source"]) for cell in json.loads(path.read_text())["cells"])
        found[f"notebooks/{path.name}"] = set(
            re.findall(r"git\+https://github\.com/([\w./-]+)", text)
        )
    return found


def test_the_slug_is_the_same_everywhere():
    slug = repo.read_slug(ROOT)
    for name, slugs in slugs_named(ROOT).items():
        assert slugs == {slug}, name


def test_another_slug_replaces_the_old_one_and_nothing_else(tmp_path):
    old, new = repo.read_slug(ROOT), "/".join(["some-body", "another.course"])
    pairs = list(zip(repo.spellings(old), repo.spellings(new), strict=True))
    before = {}
    for path in repo.text_files(ROOT):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
        before[copy] = path.read_bytes()

    changed = repo.rewrite(tmp_path, new)

    assert repo.read_slug(tmp_path) == new
    assert all(slugs == {new} for slugs in slugs_named(tmp_path).values())
    assert {tmp_path / "pyproject.toml", tmp_path / "_config.yml"} <= set(changed)
    for path, content in before.items():
        after = path.read_bytes()
        for old_text, new_text in pairs:
            assert old_text.encode() not in after
            after = after.replace(new_text.encode(), old_text.encode())
        # going back gives the same bytes: nothing but the slug was touched
        assert after == content, path
    repo.rewrite(tmp_path, old)
    assert all(path.read_bytes() == content for path, content in before.items())


@pytest.mark.parametrize("slug", ["", "name", "owner/", "a/b/c", "owner/na me", "https://x/y"])
def test_a_slug_that_is_none_is_refused(slug, tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with pytest.raises(repo.SlugError, match="owner/name"):
        repo.rewrite(tmp_path, slug)


def test_longer_names_that_contain_the_slug_stay(tmp_path):
    text = '[project]\nname = "x"\n[project.urls]\nRepository = "https://github.com/ann/course"\n'
    (tmp_path / "pyproject.toml").write_text(text)
    page = tmp_path / "page.md"
    page.write_text("joann/course ann/course-two ann/course.git https://ann.github.io/course/")
    repo.rewrite(tmp_path, "bob/kurs")
    assert page.read_text() == (
        "joann/course ann/course-two bob/kurs.git https://bob.github.io/kurs/"
    )


@pytest.mark.parametrize(
    ("slug", "address"),
    [
        ("ann/course", "https://ann.github.io/course/"),
        ("Ann/Course", "https://ann.github.io/Course/"),
        ("Ann/ann.github.io", "https://ann.github.io/"),
    ],
)
def test_pages_have_the_address_that_github_gives_them(slug, address):
    assert repo.pages_address(slug) == address


def workflow(name: str) -> dict:
    return yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text("utf-8"))


def test_pages_are_published_with_the_slug_of_the_repository_they_run_in():
    commands = [step.get("run", "") for step in workflow("pages.yml")["jobs"]["publish"]["steps"]]
    assert commands.index('make repo SLUG="$GITHUB_REPOSITORY"') < commands.index("make book")


def test_pages_are_published_only_after_the_tests_have_passed():
    jobs = workflow("pages.yml")["jobs"]
    called = ROOT / jobs[jobs["publish"]["needs"]]["uses"]
    steps = workflow(called.name)["jobs"]["test"]["steps"]
    assert any(step.get("run") == ".ci/run" for step in steps)
    assert "exec make test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_date_of_a_page_is_read_from_the_whole_history():
    """A shallow checkout has one commit, and would give every page the date of the last one."""
    [checkout] = [
        step
        for step in workflow("pages.yml")["jobs"]["publish"]["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    ]
    assert checkout["with"]["fetch-depth"] == 0


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_cell_installs_the_package_where_it_is_missing(path):
    cells = [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    assert "".join(cells[0]["source"]) == SETUP_CELL.format(slug=repo.read_slug(ROOT))
    assert "setup" in cells[0]["metadata"].get("tags", [])


@pytest.mark.parametrize("pip_works", [True, False])
def test_the_first_cell_stops_the_lesson_where_the_package_cannot_be_installed(
    pip_works, monkeypatch
):
    """`%pip` itself raises nothing when it fails, and a lesson that runs on fails later and says less."""
    asked = []

    class Kernel:
        def run_line_magic(self, name: str, line: str) -> None:
            asked.append((name, line))
            if pip_works:
                monkeypatch.setitem(sys.modules, "aesthetic_utils", ModuleType("aesthetic_utils"))

    monkeypatch.setitem(sys.modules, "aesthetic_utils", None)  # to import it fails
    cell = TransformerManager().transform_cell(SETUP_CELL.format(slug="ann/course"))
    names = {"get_ipython": Kernel}
    if pip_works:
        exec(cell, names)
        assert names["aesthetic_utils"] is sys.modules["aesthetic_utils"]
    else:
        with pytest.raises(ModuleNotFoundError, match="was not installed; pip says above why"):
            exec(cell, names)
    assert [name for name, _ in asked] == ["pip"]
    assert "git+https://github.com/ann/course" in asked[0][1]


# ---- versions


def pins(path: Path) -> dict[str, Version]:
    lines = path.read_text("utf-8").splitlines()
    pairs = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {canonicalize_name(name): Version(version) for name, version in pairs}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_package_asks_for_lower_bounds_only():
    for text in project()["dependencies"]:
        operators = [specifier.operator for specifier in Requirement(text).specifier]
        assert operators == [">="], text


def test_requirements_pin_every_dependency_within_its_bounds():
    pinned = pins(ROOT / "requirements.txt") | pins(ROOT / "requirements-book.txt")
    extras = project()["optional-dependencies"]
    extras.pop("judging")  # lesson 4.6 runs without; nobody has to install it
    extras = extras.values()
    for text in [*project()["dependencies"], *(text for extra in extras for text in extra)]:
        requirement = Requirement(text)
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{text}, pinned {version}"


def requirement_lines(name: str) -> list[str]:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_requirements_are_exact_and_begin_with_the_book_and_end_with_the_package():
    first, *middle, last = requirement_lines("requirements.txt")
    assert (first, last) == ("-r requirements-book.txt", "-e .")
    lines = middle + requirement_lines("requirements-book.txt")
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
    names = [canonicalize_name(line.partition("==")[0]) for line in lines]
    assert len(names) == len(set(names)), "a version stands in one place"


def test_the_book_is_rendered_without_pytorch():
    heavy = {"torch", "torchvision", "scikit-image", "scipy", "torchmetrics"}
    assert not heavy & set(pins(ROOT / "requirements-book.txt"))
    for text in project()["optional-dependencies"]["book"]:
        requirement = Requirement(text)
        version = pins(ROOT / "requirements-book.txt")[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), text


def test_the_extensions_of_the_book_import_no_pytorch():
    """Each by itself, as Sphinx does it, in a Python that refuses PyTorch."""
    names = sorted(path.stem for path in (ROOT / "book" / "_ext").glob("*.py"))
    refuse = (
        "import sys; sys.modules['torch'] = sys.modules['skimage'] = sys.modules['scipy'] = None; "
    )
    program = (
        refuse + f"sys.path.insert(0, 'book/_ext'); import {', '.join(names)}; import pictures; "
    )
    program += "assert pictures.dark().DARK_TWIN"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_installing_in_colab_changes_no_version_there():
    installed = pins(ROOT / "tests" / "colab_versions.txt")
    assert Version("3.13") in Requirement(f"python{project()['requires-python']}").specifier
    for text in project()["dependencies"]:
        requirement = Requirement(text)
        version = installed.get(canonicalize_name(requirement.name))
        assert version is not None, f"{text} would be installed beside our package"
        assert requirement.specifier.contains(version), f"{text} would replace {version}"


# ---- files


def test_the_root_holds_what_it_should():
    assert {path.parts[0] for path in committed_files()} <= ROOT_ENTRIES


def test_the_root_lacks_nothing():
    assert all((ROOT / name).exists() for name in ROOT_ENTRIES)


# paths of somebody's own computer, and marks of unfinished work
STRAY = re.compile(
    r"(?<![\w.~/-])/(?:home|Users|root|mnt|media|work|workspace|tmp)/[\w.-]+"
    r"|\b[A-Z]:\\\\?Users\b"
    r"|\b(?:TODO|FIXME|XXX|TBD)\b"
    r"|\b[Ll]orem ipsum\b"
)


@pytest.mark.parametrize(
    "text",
    ["open('/home/ann/x.png')", "/tmp/model.pt", "C:\\Users\\ann", "# TODO: later", "lorem ipsum"],
)
def test_stray_text_would_be_noticed(text):
    assert STRAY.search(text)


@pytest.mark.parametrize(
    "text", ["tests/home/x", "https://a.org/home/x", "~/work/x", "a / work / b", "TODOS", "${tmp}"]
)
def test_other_text_is_not_taken_for_stray(text):
    assert not STRAY.search(text)


def test_no_path_of_a_machine_and_no_unfinished_mark_is_committed():
    here = Path(__file__).relative_to(ROOT)
    found = []
    for path in committed_files():
        if path.suffix in repo.SUFFIXES | {".svg", ".css", ".bib"} and path != here:
            if "vendor" in path.parts:
                continue
            for number, line in enumerate((ROOT / path).read_text("utf-8").splitlines(), start=1):
                if len(line) < 20_000 and (match := STRAY.search(line)):  # longer: a picture
                    found.append(f"{path}:{number}: {match.group(0)}")
    assert not found, "\n".join(found)


def test_no_file_is_too_large_for_a_clone():
    sizes = {path: (ROOT / path).stat().st_size for path in committed_files()}
    assert max(sizes.values()) < 12_000_000
    data = sum(
        size
        for path, size in sizes.items()
        if path.parts[:3] == ("aesthetic_utils", "data", "files")
    )
    weights = sum(size for path, size in sizes.items() if path.parts[1:2] == ("weights",))
    assert data < 40_000_000
    assert weights < 40_000_000


def test_vendored_libraries_are_what_the_manifest_says():
    assert vendor.problems() == []


def test_a_changed_library_is_noticed(tmp_path, monkeypatch):
    copy = tmp_path / "book" / "vendor"
    shutil.copytree(vendor.VENDOR, copy)
    shutil.copytree(vendor.VENDOR.parent / "_ext" / "katex", tmp_path / "book" / "_ext" / "katex")
    slides = vendor.VENDOR.parents[1] / "tools" / "slides" / "reveal"
    shutil.copytree(slides, tmp_path / "tools" / "slides" / "reveal")
    monkeypatch.setattr(vendor, "VENDOR", copy)
    assert vendor.problems() == []
    (copy / "katex" / "katex.css").write_text("changed")
    (copy / "stranger.js").write_text("")
    assert len(vendor.problems()) == 3  # the hash, the size in README.md, the unlisted file


def test_continuous_integration_runs_what_a_contributor_runs():
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert lines[-1] == "exec make test"
    assert "export AESTHETIC_BROWSER=required" in lines, "no check of the pages is skipped there"
    assert not [line for line in lines if "pytest" in line]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_the_package_imports_without_the_tools_around_it():
    assert importlib.util.find_spec("aesthetic_utils") is not None
    program = "import sys, aesthetic_utils; sys.exit('sphinx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0


# ---- lessons


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_lesson_carries_its_number_in_its_title(path):
    """So that tab, search, next and previous show it; the table of contents gives no other title."""
    first = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
    number = re.match(r"# Lesson ([\d.]+): \S", first)[1]
    assert path.stem.startswith(number.replace(".", "_") + "_")
    assert "title:" not in (ROOT / "_toc.yml").read_text("utf-8").replace("title: Deep", "")


ONLY_IN_THE_BOOK = {
    "a label or a directive": r"^\([\w-]+\)=\s*$|^\s*:::|^\s*```+\{",
    "a role": r"\{[a-z:-]+\}`",
    "a link to a file; write the address of the published page": r"\]\((?![a-z]+:|#)[^)]+\)",
}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_colab_and_jupyterlab_show_no_markup_and_no_dead_link(path):
    """book/_ext/lesson_source.py gives labels and links to files to the book alone."""
    for number, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"], start=1):
        text = "".join(cell["source"]) if cell["cell_type"] == "markdown" else ""
        for what, pattern in ONLY_IN_THE_BOOK.items():
            found = re.search(pattern, text, re.MULTILINE)
            assert not found, f"cell {number} holds {what}: {found[0]}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_set_up_and_imports_are_folded_and_alone(path):
    """The first code cell installs, the second imports; both are folded, and no later cell imports."""
    cells = [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    tags = [set(cell["metadata"].get("tags", [])) for cell in cells]
    assert {"setup", "hide-cell"} <= tags[0] and {"imports", "hide-cell"} <= tags[1]
    assert "plotting.use_style()" in "".join(cells[1]["source"])
    assert not any({"setup", "imports"} & later for later in tags[2:])


# ---- continuous integration

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MINORS = {11, 12, 13}  # of Python 3: those that README.md names


def jobs() -> dict[str, dict]:
    """All jobs that have steps of their own, as "file/job"."""
    return {
        f"{path.stem}/{name}": job
        for path in WORKFLOWS
        for name, job in workflow(path.name)["jobs"].items()
        if "uses" not in job
    }


def commands(job: dict) -> list[str]:
    return [line for step in job["steps"] for line in step.get("run", "").splitlines()]


def triggers(name: str) -> dict:
    return workflow(name)[True]  # YAML 1.1 reads the key `on` as true


def test_workflows_take_actions_by_major_version_the_same_one_everywhere():
    used: dict[str, set[str]] = {}
    for job in jobs().values():
        for step in job["steps"]:
            if "uses" in step:
                action, _, version = step["uses"].partition("@")
                used.setdefault(action, set()).add(version)
    assert {"actions/checkout", "actions/setup-python"} <= set(used)
    for action, versions in used.items():
        assert len(versions) == 1 and re.fullmatch(r"v\d+", *versions), f"{action}: {versions}"


@pytest.mark.parametrize("name", jobs())
def test_a_job_ends_has_few_rights_and_names_what_is_there(name):
    job, file = jobs()[name], f"{name.partition('/')[0]}.yml"
    assert 0 < job["timeout-minutes"] <= 90
    assert workflow(file)["permissions"] == {"contents": "read"}
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for command in commands(job):
        if command.startswith("make "):
            assert command.split()[1] in targets, command
        for named in re.findall(r"(?<![\w./-])[\w./-]+\.(?:txt|cfg|py)\b", command):
            assert (ROOT / named).is_file(), command
    for step in job["steps"]:
        if pattern := step.get("with", {}).get("cache-dependency-path"):
            assert list(ROOT.glob(pattern)), pattern


def test_make_help_names_each_target_once():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    [recipe] = re.findall(r"^help:\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    named = re.findall(r'^\t@echo "make (\w+) ', recipe, re.MULTILINE)
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    parts = {"help", "code", "site", "units", "lessons", "format"}  # of another, or named beside it
    assert sorted(named) == sorted(set(phony.split()) - parts)


def test_linux_runs_every_python_that_the_readme_names_at_every_change():
    low, high = min(MINORS), max(MINORS)
    assert f"With Python 3.{low} to 3.{high}" in (ROOT / "README.md").read_text("utf-8")
    assert Version(f"3.{low}") in Requirement(f"python{project()['requires-python']}").specifier
    assert (
        Version(f"3.{low - 1}")
        not in Requirement(f"python{project()['requires-python']}").specifier
    )
    matrix = workflow("tests.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert matrix == [f"3.{minor}" for minor in sorted(MINORS)]  # in quotes: not the number 3.1
    assert {"push", "pull_request", "workflow_call"} <= set(triggers("tests.yml"))


def nbval_command() -> str:
    """How the Makefile runs the lessons, without what shares the work out between processes."""
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ")
    [line] = [line for line in makefile.splitlines() if "--nbval-lax" in line]
    line = re.sub(r"-n \$\(WORKERS\) --dist loadscope", "", line.partition("$(BIN)/")[2])
    return " ".join(line.split())


def test_colab_s_versions_are_constraints_under_which_every_lesson_runs():
    """Preinstalled first, then the package, which pip may not exchange them for, then the lessons: with nbval alone."""
    job = workflow("tests.yml")["jobs"]["colab"]
    [python] = [
        s["with"]["python-version"] for s in job["steps"] if "setup-python" in s.get("uses", "")
    ]
    versions = "tests/colab_versions.txt"
    assert f"Python {python}" in (ROOT / versions).read_text("utf-8")
    assert job["env"]["AESTHETIC_MODE"] == "smoke"
    there, package, tools, lessons = commands(job)
    assert there.startswith(f"pip install -r {versions}")
    assert package == f"pip install -c {versions} ."
    assert tools == f'pip install -c {versions} ".[test]"'
    assert lessons == nbval_command().replace(
        "python -m pytest -p tools.lessons.in_nbval", "pytest"
    )


def powershell(text: str) -> tuple[list[str], dict[str, str]]:
    """The commands in a page's PowerShell, and the variables that it sets."""
    blocks = re.findall(r"^```powershell\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    variables = dict(re.findall(r'^\$env:(\w+) = "(\w+)"$', "\n".join(lines), re.MULTILINE))
    return [line for line in lines if not line.startswith("$env:")], variables


def test_windows_runs_once_a_week_what_the_readme_tells_its_readers():
    job = workflow("systems.yml")["jobs"]["windows"]
    assert job["defaults"]["run"]["shell"] == "powershell"  # 5.1, which Windows brings
    told, variables = powershell((ROOT / "README.md").read_text("utf-8"))
    assert commands(job) == told
    assert all(len(step.get("run", "").splitlines()) <= 1 for step in job["steps"])
    assert not [line for line in told if "&&" in line or line.startswith("set ")]
    [lessons] = [step for step in job["steps"] if "--nbval-lax" in step.get("run", "")]
    set_there = job["env"] | lessons["env"]
    assert variables and variables.items() <= set_there.items()
    assert lessons["run"] == ".venv\\Scripts\\" + nbval_command()


def test_windows_runs_the_commands_of_make_lint():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    [recipe] = re.findall(r"^lint:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    programs = [line.strip().replace("$(BIN)/", ".venv\\Scripts\\") for line in recipe.splitlines()]
    assert {p.split("\\")[2].split()[0] for p in programs} == {
        "ruff",
        "mypy",
        "lint-imports",
        "check-jsonschema",
    }
    told, _ = powershell((ROOT / "README.md").read_text("utf-8"))
    start = told.index(programs[0])
    assert told[start : start + len(programs)] == programs


def test_macos_and_windows_run_once_a_week():
    assert set(triggers("systems.yml")) == {"schedule", "workflow_dispatch"}
    [when] = triggers("systems.yml")["schedule"]
    minute, hour, day, month, weekday = when["cron"].split()
    assert minute.isdigit() and hour.isdigit() and weekday.isdigit() and (day, month) == ("*", "*")
    assert "make test" in commands(workflow("systems.yml")["jobs"]["macos"])


def test_updates_of_what_the_project_names_come_once_a_week_in_one_request():
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))["updates"]
    by_kind = {update["package-ecosystem"]: update for update in updates}
    assert set(by_kind) == {"github-actions", "pip"}
    for update in updates:
        assert update["schedule"] == {"interval": "weekly"} and update["directory"] == "/"
        assert update["cooldown"] == {"default-days": 7}
        [group] = update["groups"].values()
        assert group == {"patterns": ["*"]}
    pip = by_kind["pip"]
    assert pip["versioning-strategy"] == "increase-if-necessary", "lower bounds stay for Colab"
    extras = project()["optional-dependencies"]
    extras.pop("judging")
    texts = [*project()["dependencies"], *(text for extra in extras.values() for text in extra)]
    named = {canonicalize_name(Requirement(text).name) for text in texts}
    assert named <= {entry["dependency-name"] for entry in pip["allow"]}
    bounds = {r.name: r.specifier for r in map(Requirement, extras["book"])}
    for entry in pip["ignore"]:  # what is held back there is held back in pyproject.toml too
        [version] = entry["versions"]
        assert Version(version.removeprefix(">=")) not in bounds[entry["dependency-name"]]


# ---- types and directions of imports


@pytest.fixture
def package_copy(tmp_path):
    """The package's modules and the settings of its tools in a folder of their own."""
    for path in (ROOT / "aesthetic_utils").rglob("*.py"):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(root: Path) -> tuple[int, str]:
    program = "import sys; from importlinter.cli import lint_imports; "
    program += "sys.exit(lint_imports(no_cache=True))"
    environment = os.environ | {"PYTHONPATH": str(root), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + text, "utf-8")


def test_imports_go_down(package_copy):
    code, said = lint_imports(package_copy)
    assert code == 0, said


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("storage", "from aesthetic_utils import runtime", "storage -> .*runtime"),
        ("models/cnn", "def f():\n    from aesthetic_utils import data", "models.cnn -> .*data"),
        (
            "training/run",
            "from aesthetic_utils.published import gan",
            "training.run -> .*published.gan",
        ),
        ("metrics", "from aesthetic_utils.training import run", "metrics -> .*training.run"),
        ("measures/edges", "from aesthetic_utils.judgements import taste", "edges -> .*taste"),
        (
            "exercises/lesson_1",
            "from aesthetic_utils.exercises import lesson_2_1",
            "lesson_1 -> .*lesson_2_1",
        ),
    ],
)
def test_an_import_that_goes_up_or_sideways_is_noticed(module, line, broken, package_copy):
    append(package_copy / "aesthetic_utils" / f"{module}.py", f"\n{line}\n")
    code, said = lint_imports(package_copy)
    assert code == 1
    assert re.search(broken, said), said


def test_a_module_without_a_place_is_noticed(package_copy):
    (package_copy / "aesthetic_utils" / "newcomer.py").write_text('"""Nobody knows it."""\n')
    code, said = lint_imports(package_copy)
    assert code == 1
    assert "newcomer" in said


@pytest.mark.parametrize(
    ("mistake", "code"),
    [
        ("def twice(x):\n    return 2 * x", "no-untyped-def"),
        ('def size(path: Path) -> int:\n    return path.name + ""', "return-value"),
        ("def length(text: str | None) -> int:\n    return len(text)", "arg-type"),
        ("if (found := file_digest('a')) is None:\n    found = 'b'", "unreachable"),
    ],
)
def test_a_mistake_in_types_is_noticed(mistake, code, tmp_path):
    folder = tmp_path / "aesthetic_utils"
    folder.mkdir()
    shutil.copy(ROOT / "aesthetic_utils" / "storage.py", folder)
    (folder / "__init__.py").touch()
    settings = (ROOT / "pyproject.toml").read_text("utf-8")
    (tmp_path / "pyproject.toml").write_text(
        settings.replace("warn_unused_configs = true", "warn_unused_configs = false"), "utf-8"
    )
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache")]
    right = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert right.returncode == 0, right.stdout
    append(folder / "storage.py", f"\n\n{mistake}\n")
    wrong = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert wrong.returncode == 1
    assert f"[{code}]" in wrong.stdout
