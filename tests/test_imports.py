"""What importing loads, part by part of the package."""

import ast
import json
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import aesthetic_utils

PACKAGE = Path(aesthetic_utils.__file__).parent
# more than a tenth of what torch costs, each: imported where they are used
SLOW = {"matplotlib", "scipy", "skimage", "torchvision", "torchmetrics", "pandas", "IPython"}
DRAWING = {"plotting", "dark"}  # matplotlib is what they are about
PARTS = sorted(m.name for m in pkgutil.iter_modules([str(PACKAGE)]) if m.name not in DRAWING)
WHOLE = (
    "cli",
    "data",
    "exercises",
    "models",
    "published",
    "training",
)  # no module of these is slow, by whatever name


LOAD_EACH = """
import importlib, json, sys
import torch  # which is slow itself and loads nothing else that is
found = {}
for part, modules in json.loads(sys.stdin.read()).items():
    for name in modules:
        importlib.import_module(name)
    found[part] = sorted({name.split(".")[0] for name in sys.modules})
    # the next part finds the package gone again, and what was slow
    for name in [n for n in sys.modules if n.split(".")[0] in {"aesthetic_utils", *SLOW}]:
        del sys.modules[name]
print(json.dumps(found))
"""


def loaded(parts: dict[str, list[str]]) -> dict[str, set[str]]:
    """The top-level names that importing the modules of each part leaves, one part after the other."""
    program = LOAD_EACH.replace("SLOW", repr(SLOW))
    done = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(parts),
        cwd=PACKAGE.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {part: set(names) for part, names in json.loads(done.stdout).items()}


def modules_of(part: str) -> list[str]:
    found = [f"aesthetic_utils.{part}"]
    if part in WHOLE:
        found += [f"{found[0]}.{m.name}" for m in pkgutil.iter_modules([str(PACKAGE / part)])]
    return found


def test_every_part_is_looked_at():
    assert {*WHOLE, "losses", "metrics", "saliency", "statistics"} <= set(PARTS)
    assert "aesthetic_utils.published.gan" in modules_of("published")


def test_importing_a_part_loads_nothing_slow():
    parts = {part: modules_of(part) for part in ["plotting", *PARTS]}
    slow = {part: names & SLOW for part, names in loaded(parts).items()}
    assert slow.pop("plotting") == {"matplotlib"}, "what is slow would be noticed"
    assert slow == dict.fromkeys(PARTS, set())


def test_what_is_loaded_on_demand_is_there_all_the_same():
    from aesthetic_utils import widgets

    assert {"Question", "Rater", "RatingSession", "RatingSessionError"} == set(widgets.__all__)
    assert all(getattr(widgets, name).__name__ == name for name in widgets.__all__)
    assert set(widgets.__all__) <= set(dir(widgets))
    with pytest.raises(AttributeError, match="no attribute 'Slider'"):
        _ = widgets.Slider


# ---- what has to be installed


def imported() -> set[str]:
    """Top-level names of all imports in the package, wherever they stand."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names - {"aesthetic_utils"}


def test_the_package_asks_for_what_it_imports_and_for_nothing_else():
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    names = {"pillow": "PIL", "scikit-image": "skimage", "otter-grader": "otter"}
    asked = {Requirement(text).name for text in project["dependencies"]}
    extras = project["optional-dependencies"]
    used = ("judging", "devices", "challenges", "class", "grading", "cluster")
    optional = {Requirement(text).name for extra in used for text in extras[extra]}
    optional = {names.get(name, name.replace("-", "_")) for name in optional}
    optional |= {"nbconvert", "nbformat"}  # which come with otter-grader
    optional -= {
        "dask",
        "opacus",
    }  # the first comes with distributed; the second, training/private.py asks for by name
    with_ipywidgets = {"IPython"}
    assert imported() == {names.get(n, n) for n in asked} | optional | with_ipywidgets
