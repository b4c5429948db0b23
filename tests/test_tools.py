"""The tools start as their docstrings say, such as `python -m tools.NAME`, in the root of the repository."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
SHARED = {"modes"}  # imported by others, and no tool
TOOLS = sorted(p for p in (REPOSITORY / "tools").glob("*.py") if p.stem not in SHARED)


FORKS = '''
"""Runs each command that it reads in a fork of itself, which has the slow imports behind it."""
import json, os, runpy, sys, traceback
import aesthetic_utils.published.registry

for line in sys.stdin:
    command, environment, out, err = json.loads(line)
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    for number, file in ((1, out), (2, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.update(environment)
    code = 1
    try:
        if command[0] == "-m":
            sys.argv, sys.path[0] = command[1:], os.getcwd()
            runpy.run_module(command[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv, sys.path[0] = command, os.path.dirname(os.path.abspath(command[0]))
            runpy.run_path(command[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(code)
'''


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """start(tool, *arguments, **environment): as from a terminal, with the package installed and no more.

    With the repository itself on the path, as pytest has it, a tool would find its neighbours by luck. Where a
    process can be forked, the package is imported once for all of them.
    """
    folder = tmp_path_factory.mktemp("installed")
    (folder / "aesthetic_utils").symlink_to(REPOSITORY / "aesthetic_utils")
    installed = os.environ | {"PYTHONPATH": str(folder)}
    options = {"cwd": REPOSITORY, "text": True}
    if not hasattr(os, "fork"):

        def start(tool: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
            command = [sys.executable, *documented(tool), *arguments]
            here = installed | environment
            return subprocess.run(command, env=here, capture_output=True, timeout=600, **options)

        yield start
        return

    parent = subprocess.Popen(
        [sys.executable, "-c", FORKS], env=installed, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options
    )  # fmt: skip
    out, err = folder / "out", folder / "err"

    def start(tool: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        command = [*documented(tool), *arguments]
        line = json.dumps([command, environment, str(out), str(err)])
        print(line, file=parent.stdin, flush=True)
        code = int(parent.stdout.readline())
        return subprocess.CompletedProcess(
            command, code, out.read_text("utf-8"), err.read_text("utf-8")
        )

    yield start
    parent.communicate()


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
    "live_people": "",
    "live_plane": "",
    "mutate": "aesthetic_utils/lazy.py --sample 1",
    "publish_measures --columns": "",
    "publish_measures --limit": "2",
    "repo": "somebody/elsewhere",
    "results --dry-run": "",
    "results": "data_sets",
    "vendor": "--check",
    "whose_hand": "",
}


@pytest.mark.parametrize("command", TRIED)
def test_documented_commands_do_what_they_say(copy, command):
    name, *option = command.split()
    tool = copy / "tools" / f"{name}.py"
    done = subprocess.run(
        [sys.executable, *documented(tool), *option, *TRIED[command].split()],
        cwd=copy, env=os.environ | {"PYTHONPATH": str(copy), "AESTHETIC_MODE": "smoke"},
        capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_tool_is_tried():
    """Here, or by making all records; but those that fetch from the network or from a package manager."""
    tried = {command.split()[0] for command in TRIED}
    tried |= {"train", "publish_votes", "publish_judging", "publish_reference"}  # test_results.py
    tried |= {"publish_distances"}  # test_results.py
    tried |= {"publish"}  # test_published.py
    tried |= {"gpu_runs"}  # test_gpu_runs.py
    tried |= {"export_onnx", "publish_data_worth"}  # each has a test file of its own
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
