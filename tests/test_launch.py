"""Kaggle, Binder, Codespaces and a hub: right addresses, and what each place needs in the repository."""

import json
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import launch
import pytest
import yaml
from packaging.specifiers import SpecifierSet

from tools.hub import links, try_hub

ROOT = Path(__file__).parents[1]
REPOSITORY = "https://github.com/ann/course"
PAGE = "notebooks/4_1_cnn"


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("Colab", "https://colab.research.google.com/github/ann/course/blob/main/notebooks/4_1_cnn.ipynb"),
        ("Kaggle", "https://kaggle.com/kernels/welcome?src=https://github.com/ann/course/blob/main/notebooks/4_1_cnn.ipynb"),
        ("Binder", "https://mybinder.org/v2/gh/ann/course/main?urlpath=lab/tree/notebooks/4_1_cnn.ipynb"),
        ("Codespaces", "https://codespaces.new/ann/course/tree/main"),
    ],
)  # fmt: skip
def test_the_address_of_each_place(place, address):
    assert launch.PLACES[place](REPOSITORY, "main", PAGE) == address
    assert launch.PLACES[place](f"{REPOSITORY}/", "main", PAGE) == address


def test_the_table_has_a_row_for_each_lesson_and_a_link_for_each_place():
    made = launch.table(
        {PAGE: "Lesson 4.1: A CNN", "notebooks/x": "Lesson 9: X"}, REPOSITORY, "main"
    )
    text = made.astext()
    assert "4.1: A CNN" in text and "Lesson" not in text
    addresses = re.findall(r'refuri="([^"]+)"', str(made))
    assert len(addresses) == 2 * len(launch.PLACES) and len(set(addresses)) == 7, (
        "Codespaces opens the whole repository"
    )
    for address in addresses:
        assert ("/main" in address) == ("codespaces" in address), "learners get no solutions"
        assert ("/student" in address) != ("codespaces" in address)


def test_lessons_come_in_the_order_of_the_book():
    below = {"intro": ["part", "end"], "part": ["notebooks/b", "notebooks/a"]}
    assert launch.in_order(below, "intro") == ["part", "notebooks/b", "notebooks/a", "end"]


def test_binder_finds_the_package_and_a_python_that_it_takes():
    lines = (ROOT / ".binder" / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")][-1] == "."
    python = (ROOT / ".binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert SpecifierSet(asked).contains(python)
    assert not (ROOT / "binder").exists(), "the folder that would be taken in its place"


def test_codespaces_starts_what_the_makefile_installs():
    found = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    command = re.fullmatch(r"make TORCH=cpu (\w+)", found["postCreateCommand"])
    assert f"\n{command[1]}: " in (ROOT / "Makefile").read_text()
    assert found["image"].startswith("mcr.microsoft.com/devcontainers/python:3.")
    assert found["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"].endswith(
        "/.venv/bin/python"
    )


# ---- a hub


def test_the_link_of_a_lesson_pulls_and_opens_it():
    address = urlsplit(
        links.link("https://hub.example.org/", REPOSITORY + ".git", "main", f"{PAGE}.ipynb")
    )
    assert address.path == "/hub/user-redirect/git-pull"
    query = {name: value for name, [value] in parse_qs(address.query).items()}
    assert query["repo"] == REPOSITORY + ".git" and query["branch"] == "main"
    assert (
        query["urlpath"]
        == f"lab/tree/{query['targetpath']}/{PAGE}.ipynb"
        == f"lab/tree/course/{PAGE}.ipynb"
    )


def test_every_lesson_has_a_link(capsys):
    assert links.main(["http://hub.local"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(list((ROOT / "notebooks").glob("*.ipynb")))
    assert all("&branch=student&" in line and "%2Fnotebooks%2F" in line for line in lines)
    assert all(
        line.split("\t")[1].startswith("http://hub.local/hub/user-redirect/") for line in lines
    )
    with pytest.raises(SystemExit):
        links.main(["hub.local"])


def test_a_trial_says_what_it_cannot_begin_without(monkeypatch):
    proc = Path("/proc/self/smaps_rollup").exists()
    monkeypatch.setattr(try_hub, "find_spec", lambda name: None if "hub" in name else name)
    said = try_hub.lacking("sh", try_hub.LESSON)
    assert ("lacks jupyterhub: pip install" if proc else "/proc") in said
    if proc:
        monkeypatch.setattr(try_hub, "find_spec", lambda name: name)
        assert "configurable-http-proxy" in try_hub.lacking("no-such-program", try_hub.LESSON)
        assert "no lesson" in try_hub.lacking("sh", "9_9.ipynb")
        assert try_hub.lacking("sh", try_hub.LESSON) is None


def test_a_trial_is_summed_up_over_its_learners():
    one = {"let_in": True, "stranger_let_in": False, "cells": 42, "environment_is_read_only": True, "lost": 0}  # fmt: skip
    found = [one | {"server_s": s, "lesson_s": 10 * s} for s in (1.0, 2.0, 6.0)]
    memory = try_hub.Memory()
    memory.peak, memory.peak_of_all = {"learner0": 900.0, "learner1": 800.0, "learner2": 1000.0}, 2600.0  # fmt: skip
    options = SimpleNamespace(learners=3, lesson="x.ipynb", mode="smoke")
    made = try_hub.summary(options, found, memory)
    assert (made["server_s_median"], made["lesson_s_median"], made["lesson_s_max"]) == (2, 20, 60)
    assert (made["gb_a_learner_mean"], made["gb_a_learner_max"]) == (0.9, 1.0)
    assert made["gb_of_all_at_once"] == 2.6 and all(made[name] for name in try_hub.GOOD)
    found[1]["stranger_let_in"] = True
    assert not try_hub.summary(options, found, memory)["no_stranger_let_in"]


def test_the_hubs_settings_are_those_that_the_page_names():
    settings = yaml.safe_load((ROOT / "tools" / "hub" / "config.yaml").read_text())
    assert settings["limits"] == {"memory": "2G", "cpu": 2}
    assert settings["auth"]["type"].endswith(".FirstUseAuthenticator")
    assert settings["auth"]["FirstUseAuthenticator"]["create_users"] is True

    class Settings(dict):
        __getattr__, __setattr__ = dict.__getitem__, dict.__setitem__

    found = Settings(Spawner=Settings())
    code = (ROOT / "tools" / "hub" / "course.py").read_text()
    exec(compile(code, "course.py", "exec"), {"get_config": lambda: found})
    assert found.Spawner.environment == {"AESTHETIC_MODE": "laptop", "OMP_NUM_THREADS": "1"}
