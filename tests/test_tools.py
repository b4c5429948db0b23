"""The tools start as their docstrings say: `python tools/NAME.py`, in the root of the repository."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
TOOLS = sorted((REPOSITORY / "tools").glob("*.py"))


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """start(tool, *arguments, **environment): as from a terminal, with the package installed and no more.

    With the repository itself on the path, as pytest has it, a tool would find its neighbours by luck.
    """
    installed = tmp_path_factory.mktemp("installed")
    (installed / "aesthetic_utils").symlink_to(REPOSITORY / "aesthetic_utils")

    def start(tool: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        command = [sys.executable, str(tool.relative_to(REPOSITORY)), *arguments]
        here = os.environ | {"PYTHONPATH": str(installed)} | environment
        return subprocess.run(
            command, cwd=REPOSITORY, env=here, capture_output=True, text=True, timeout=120
        )

    return start


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.stem)
def test_every_tool_says_what_it_does(start, tool):
    assert f"python tools/{tool.name}" in tool.read_text("utf-8").split('"""')[1]
    done = start(tool, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() and "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["publish_votes", "publish_judging"])
def test_without_its_data_a_tool_says_what_is_missing(start, name, tmp_path):
    done = start(REPOSITORY / "tools" / f"{name}.py", AESTHETIC_DATA=str(tmp_path))
    assert done.returncode == 1 and done.stderr.startswith(f"{name}: ")
    assert "Traceback" not in done.stderr


def test_published_weights_come_from_full_runs_alone(start, tmp_path):
    train = REPOSITORY / "tools" / "train.py"
    done = start(train, "gan_emoji", "--run-dir", str(tmp_path), AESTHETIC_MODE="smoke")
    assert done.returncode == 1 and "set AESTHETIC_MODE=full" in done.stderr
    done = start(train, "gpt", AESTHETIC_MODE="full")
    assert done.returncode == 2 and "no run 'gpt'; there are cnn_emoji_category" in done.stderr
    done = start(train, "gan_emoji", "--precision", "int8", AESTHETIC_MODE="full")
    assert done.returncode == 2 and "float32-channels-last" in done.stderr
    assert not list(tmp_path.iterdir())
