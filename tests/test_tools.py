"""The tools start as their docstrings say, such as `python -m tools.NAME`, in the root of the repository."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from forks import Forks

REPOSITORY = Path(__file__).parents[1]
SHARED = {"modes", "short_generators"}  # imported by others, and no tool
TOOLS = sorted(p for p in (REPOSITORY / "tools").glob("*.py") if p.stem not in SHARED)


@pytest.fixture
def start(installed):
    """start(tool, *arguments, **environment): as from a terminal, with the package installed and no more.

    With the repository itself on the path, as pytest has it, a tool would find its neighbours by luck.
    """

    def start(tool: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        return installed.run(*documented(tool), *arguments, cwd=REPOSITORY, **environment)

    return start


def documented(tool: Path) -> list[str]:
    """What follows `python` where the tool's docstring says how to start it."""
    words = tool.read_text("utf-8").split('"""')[1]
    found = re.search(rf"python (-m tools\.{tool.stem}|tools/{tool.stem}\.py)\b", words)
    assert found, f"{tool.name} does not say how it is started"
    return found[1].split()


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.stem)
def test_every_tool_says_what_it_does(start, tool):
    done = start(tool, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() and "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["publish_votes", "publish_data_worth"])
def test_without_its_data_a_tool_says_what_is_missing(start, name, tmp_path):
    here = {"AESTHETIC_DATA": str(tmp_path), "AESTHETIC_MODE": "full"}
    done = start(REPOSITORY / "tools" / f"{name}.py", **here)
    assert done.returncode == 3 and done.stderr.startswith(f"{name}: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "publish_votes",
        "publish_judging",
        "publish_measures",
        "publish_distances",
        "publish_data_worth",
        "publish_flow",
        "publish_generator_seeds",
        "publish_memorisation",
        "publish_whose_taste",
        "publish_tuning",
        "publish_own_samples",
        "publish_little_data",
        "lesson_times",
        "publish_cost",
        "publish_learning_curves",
        "publish_looked_at",
        "publish_privacy",
    ],
)
def test_published_records_come_from_full_runs_alone(start, name):
    if not (REPOSITORY / ".git").exists():
        pytest.skip("a copy that is not under version control may be tried out")
    done = start(REPOSITORY / "tools" / f"{name}.py", AESTHETIC_MODE="smoke")
    assert done.returncode == 1 and "set AESTHETIC_MODE=full" in done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """A copy of the repository in which tools may write; what does not change is shared."""
    folder = tmp_path_factory.mktemp("copy") / "course"
    left_out = (
        ".git",
        ".venv",
        "_build",
        "__pycache__",
        ".*_cache",
        "*.egg-info",
        "runs",
        "shared",
    )
    shutil.copytree(REPOSITORY, folder, ignore=shutil.ignore_patterns(*left_out))
    return folder


TRIED = {  # the documented commands that need no network, as small as they can be; the others: test_results.py
    "benchmark": "--seconds 0.1 --only families overhead loops",  # precision: test_benchmark.py
    "fonts": "--check",
    "icons": "",
    "live_attention": "",
    "live_ballots": "",
    "live_by_hand": "",
    "live_convolution": "",
    "live_lab": "",
    "live_make": "",
    "live_measures": "",
    "live_people": "",
    "live_plane": "",
    "live_taste": "",
    "mutate": "aesthetic_utils/lazy.py --sample 1",
    "publish_measures --columns": "",
    "publish_measures --limit": "2",
    "repo": "somebody/elsewhere",
    "results --dry-run": "",
    "results": "data_sets",
    "vendor": "--check",
    "whose_hand": "",
}


@pytest.fixture(scope="module")
def there(copy):
    """What is started there uses the package that lies there."""
    with Forks(copy) as forks:
        yield forks


@pytest.mark.parametrize("command", TRIED)
def test_documented_commands_do_what_they_say(copy, there, command):
    name, *option = command.split()
    tool = documented(copy / "tools" / f"{name}.py")
    done = there.run(*tool, *option, *TRIED[command].split(), cwd=copy, AESTHETIC_MODE="smoke")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_tool_is_tried():
    """Here, or by making all records; but those that fetch from the network or from a package manager."""
    tried = {command.split()[0] for command in TRIED}
    tried |= {"train", "publish_votes", "publish_judging", "publish_reference"}  # test_results.py
    tried |= {"publish_whose_taste"}  # test_results.py
    tried |= {"publish_distances"}  # test_results.py
    tried |= {"publish"}  # test_published.py
    tried |= {"gpu_runs"}  # test_gpu_runs.py
    # each has a test file of its own
    tried |= {"export_onnx", "publish_data_worth", "publish_flow", "publish_memorisation"}
    tried |= {
        "assignments",
        "classroom",
        "editions",
        "handout",
        "lesson_times",
        "live_networks",
        "publish_cost",
        "publish_generator_seeds",
        "publish_learning_curves",
        "publish_little_data",
        "publish_looked_at",
        "publish_own_samples",
        "publish_privacy",
        "publish_tuning",
        "student_branch",
        "usb",
    }
    tried |= {"build_data"}  # npm and apt-get
    assert tried == {tool.stem for tool in TOOLS}


def test_published_weights_come_from_full_runs_alone(start, tmp_path):
    train = REPOSITORY / "tools" / "train.py"
    done = start(train, "gan_emoji", "--run-dir", str(tmp_path), AESTHETIC_MODE="smoke")
    assert done.returncode == 1 and "set AESTHETIC_MODE=full" in done.stderr
    done = start(train, "gpt", AESTHETIC_MODE="full")
    assert done.returncode == 2 and "no run 'gpt'; there are cnn_emoji_category" in done.stderr
    done = start(train, "gan_emoji", "--precision", "int8", AESTHETIC_MODE="full")
    assert done.returncode == 2 and "float32-channels-last" in done.stderr
    assert not list(tmp_path.iterdir())
