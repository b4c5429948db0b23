"""Make the published records anew, those that are not up to date, in an order in which each finds what it needs.

    python -m tools.results                          what has changed; on a CPU this takes many hours
    python -m tools.results --dry-run                says what would be made, and why
    python -m tools.results gan_emoji --minutes 30   these, and what they need

A record of aesthetic_utils/results/ is up to date when it was made, by this tool, of what is there now: the code that
makes it (comments, docstrings and line breaks do not count), the embedded data, and the weights that it starts from
or looks through. tools/results_made.json keeps the hashes of that, and of what was made. Runs of one family go on from
their checkpoints in runs/, as `python -m tools.train` does. What needs data that are not here is left out and named.

In another mode than full everything happens in a copy of the repository, in a temporary folder that goes away
afterwards, or in --into FOLDER, which must not be there yet:

    AESTHETIC_MODE=smoke python -m tools.results
"""

from __future__ import annotations

import argparse
import ast
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from aesthetic_utils import runtime
from aesthetic_utils.published.registry import RUNS
from aesthetic_utils.storage import file_digest, write_json
from aesthetic_utils.training.rulers import RULERS
from tools.modes import NO_DATA, ROOT
from tools.publish_distances import GENERATORS

MADE = Path("tools", "results_made.json")
RESULTS, WEIGHTS = Path("aesthetic_utils", "results"), Path("aesthetic_utils", "weights")
PACKAGES = ("aesthetic_utils", "tools")
EYES = {
    "srgan": ("srresnet_x4_light", "convnet_filters_7x7", "convnet_cifar10"),
    "stylizer": ("convnet_cifar10", "resnet_emoji_designer"),
    "transfer": ("convnet_cifar10", "resnet_emoji_designer"),
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """A command that makes records."""

    command: tuple[str, ...]  # after `python -m`
    makes: tuple[str, ...]  # records
    module: str  # whose code, with all that it imports, decides what is made
    needs: tuple[str, ...] = ()  # names of published weights
    files: tuple[Path, ...] = ()  # what else is made
    ships: bool = True  # a run: its weights are made, too

    @property
    def trains(self) -> bool:
        return self.command[0] == "tools.train"

    @property
    def outputs(self) -> tuple[Path, ...]:
        """All files that are made, from the root of the repository."""
        weights = [
            WEIGHTS / f"{name}.safetensors" for name in self.makes if self.trains and self.ships
        ]
        return *(RESULTS / f"{name}.json" for name in self.makes), *weights, *self.files


def steps() -> list[Step]:
    """Every step, those that others need before them."""
    runs = [
        Step(
            command=("tools.train", name), makes=(name,), module=run.train.__module__,
            needs=EYES.get(run.family, ()), ships=run.ships_network,
            files=tuple(RESULTS / file for file in run.files),
        )
        for name, run in RUNS.items()
    ]  # fmt: skip
    others = [
        Step(
            command=("tools.publish_votes",), makes=("ava_votes", "dog_ratings"),
            module="tools.publish_votes",
        ),
        Step(
            command=("tools.publish_whose_taste",), makes=("whose_taste",),
            module="tools.publish_whose_taste",
        ),
        Step(
            command=("tools.publish_privacy",), makes=("privacy",),
            module="tools.publish_privacy", needs=(*RULERS[:2], "gan_emoji", "flow_emoji"),
        ),
        Step(
            command=("tools.publish_judging",), makes=("dog_predictor",),
            module="tools.publish_judging", needs=RULERS[:2],
        ),
        Step(
            command=("tools.publish_distances",), makes=("generator_distances",),
            module="tools.publish_distances",
            needs=(*RULERS, *GENERATORS),
        ),
        Step(
            command=("tools.publish_tuning",), makes=("tuned_to_taste",),
            module="tools.publish_tuning", needs=("gan_emoji", *RULERS),
        ),
        Step(
            command=("tools.publish_generator_seeds",), makes=("generator_seeds",),
            module="tools.publish_generator_seeds", needs=(*RULERS, "gan_emoji"),
        ),
        Step(
            command=("tools.publish_data_worth",), makes=("super_resolution_data",),
            module="tools.publish_data_worth",
        ),
        Step(
            command=("tools.publish_flow",), makes=("flow_measures",),
            module="tools.publish_flow", needs=("flow_emoji", *RULERS[:2]),
        ),
        Step(
            command=("tools.publish_memorisation",), makes=("flow_memorisation",),
            module="tools.publish_memorisation", needs=("flow_emoji",),
        ),
        Step(
            command=("tools.publish_own_samples",), makes=("own_samples",),
            module="tools.publish_own_samples", needs=RULERS,
        ),
        Step(
            command=("tools.publish_little_data",), makes=("little_data",),
            module="tools.publish_little_data", needs=RULERS,
        ),
        Step(
            command=("tools.publish_looked_at",), makes=("looked_at",),
            module="tools.publish_looked_at", needs=RULERS[:2],
        ),
        Step(
            command=("tools.publish_learning_curves",), makes=("learning_curves",),
            module="tools.publish_learning_curves",
            needs=("convnet_cifar10", "resnet_emoji_designer"),
        ),
        Step(
            command=("tools.publish_cost",), makes=("what_it_costs",),
            module="tools.publish_cost",
            needs=("resnet_emoji_category", "srresnet_x4_light"),
        ),
        Step(
            command=("tools.publish_measures",), makes=("image_measures",),
            module="tools.publish_measures", needs=("gan_emoji",),
        ),
        Step(
            command=("tools.publish_reference",), makes=("reference_distributions",),
            module="tools.publish_reference",
        ),
        Step(
            command=("tools.lesson_times",), makes=("lesson_times",), module="tools.lesson_times",
        ),
        Step(
            command=("tools.usb", "--record"), makes=("stick",), module="tools.usb",
        ),
        Step(
            command=("tools.hub.try_hub", "--record"), makes=("hub",), module="tools.hub.try_hub",
        ),
        Step(
            command=("tools.figures.data_pages", "--counts"), makes=("data_sets",),
            module="tools.figures.data_pages",
        ),
    ]  # fmt: skip
    return in_order([*runs, *others])


def in_order(found: Sequence[Step]) -> list[Step]:
    """The steps, each after those that make what it needs; ValueError for what nothing makes, and for a circle."""
    makers = {name: step for step in found for name in step.makes}
    ordered: list[Step] = []

    def add(step: Step, above: tuple[Step, ...]) -> None:
        if step in above:
            raise ValueError(f"{step.makes[0]} needs itself")
        for name in step.needs:
            if name not in makers:
                raise ValueError(f"{step.makes[0]} needs {name}, which nothing makes")
            add(makers[name], (*above, step))
        if step not in ordered:
            ordered.append(step)

    for step in found:
        add(step, ())
    return ordered


def chosen_steps(names: Sequence[str], every: Sequence[Step]) -> list[Step]:
    """The steps that make these records and what those need, in order; all without a name."""
    wanted = set(names)
    for step in reversed(every):
        if wanted & set(step.makes):
            wanted |= set(step.needs)
    return [step for step in every if not names or wanted & set(step.makes)]


# --------------------------------------------------------------------------------------------------
# what a record is made of


def sources(module: str, root: Path) -> list[Path]:
    """The files of the module and of all that it imports of this repository, directly or not."""
    found: set[Path] = set()
    left = [module]
    while left:
        path = _file(left.pop(), root)
        if path is None or path in found:
            continue
        found.add(path)
        left += _imported(path, root)
    return sorted(found)


def _file(module: str, root: Path) -> Path | None:
    path = root.joinpath(*module.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


def _imported(path: Path, root: Path) -> Iterator[str]:
    """Modules of the repository that a file imports; of a package those that hold the names."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] in PACKAGES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
            for alias in node.names:
                yield _home(node.module or "", alias.name, root)


def _home(module: str, name: str, root: Path) -> str:
    """The module from which `from module import name` takes it."""
    if _file(f"{module}.{name}", root):
        return f"{module}.{name}"
    package = root.joinpath(*module.split("."), "__init__.py")
    if not package.is_file():
        return module
    for node in ast.walk(_tree(package)):
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            return _home(node.module or "", name, root)
        if isinstance(
            node, ast.Dict
        ):  # of aesthetic_utils.lazy: name -> module, or module -> names
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant):
                    there = {n.value for n in ast.walk(value) if isinstance(n, ast.Constant)}
                    if key.value == name:
                        return f"{module}.{there.pop()}"
                    if name in there:
                        return f"{module}.{key.value}"
    return module


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def meaning(path: Path) -> str:
    """A Python file without what does nothing: comments, docstrings, the way it is broken into lines."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def inputs(step: Step, root: Path) -> str:
    """The hash of everything that decides what the step makes."""
    parts = [(str(path.relative_to(root)), meaning(path)) for path in sources(step.module, root)]
    parts += [(name, _digest(root / WEIGHTS / f"{name}.safetensors")) for name in step.needs]
    data = root / "aesthetic_utils" / "data" / "files"
    parts += [
        (str(p.relative_to(root)), _digest(p)) for p in sorted(data.rglob("*")) if p.is_file()
    ]
    return hashlib.sha256(json.dumps([*parts, step.command[1:]]).encode()).hexdigest()


def _digest(path: Path) -> str:
    return file_digest(path) if path.is_file() else ""


def _outputs(step: Step, root: Path) -> dict[str, str]:
    return {path.as_posix(): _digest(root / path) for path in step.outputs}


def why(step: Step, root: Path) -> str | None:
    """Why the step has to be taken; None if what it makes is up to date."""
    missing = [path.name for path in step.outputs if not (root / path).is_file()]
    if missing:
        return f"{', '.join(missing)} missing"
    file = root / MADE
    made = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    known = made.get(step.makes[0])
    if known is None:
        return "of what it was made is not known"
    if known["inputs"] != inputs(step, root):
        return "its code, its data or the weights that it needs have changed"
    if known["outputs"] != _outputs(step, root):
        return "it was changed after it had been made"
    return None


def note(step: Step, of: str, root: Path) -> None:
    """Keep of what the step has made its records."""
    file = root / MADE
    made = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    made[step.makes[0]] = {"inputs": of, "outputs": _outputs(step, root)}
    write_json(file, dict(sorted(made.items())))


# --------------------------------------------------------------------------------------------------
# making


def make(chosen: Sequence[Step], root: Path, minutes: float | None) -> dict[str, str]:
    """Takes each step that has to be taken; record -> "made", "up to date" or what stood in the way."""
    said: dict[str, str] = {}
    for step in chosen:
        stuck = [n for n in step.needs if said.get(n, "made") not in ("made", "up to date")]
        reason = why(step, root)
        if reason is None:
            outcome = "up to date"
        elif stuck and any(not (root / WEIGHTS / f"{n}.safetensors").is_file() for n in stuck):
            outcome = f"not made: it needs {', '.join(stuck)}"
        else:
            print(f"{', '.join(step.makes)}: {reason}", flush=True)
            outcome = take(step, root, minutes)
        said |= dict.fromkeys(step.makes, outcome)
    return said


def take(step: Step, root: Path, minutes: float | None) -> str:
    """Runs the command of a step in the repository at `root`, or in the copy there."""
    command = [sys.executable, "-m", *step.command]
    if step.trains and minutes is not None:
        command += ["--minutes", str(minutes)]
    of = inputs(step, root)
    done = subprocess.run(command, cwd=root, env=os.environ | {"PYTHONPATH": str(root)})
    if done.returncode == NO_DATA:
        return "left out: its data are not here"
    if done.returncode:
        return f"failed (exit code {done.returncode})"
    note(step, of, root)
    return "made"


def copy_repository(folder: Path) -> Path:
    """Package and tools, as a repository of their own; returns where it lies."""
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def plan(chosen: Sequence[Step], root: Path) -> None:
    """Prints what would be made."""
    new: set[str] = set()
    for step in chosen:
        changed = sorted(new & set(step.needs))
        reason = why(step, root) or (changed and f"{', '.join(changed)} is made anew")
        if reason:
            new |= set(step.makes)
        print(f"{', '.join(step.makes)}: {reason or 'up to date'}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="records to make; all without a name")
    parser.add_argument("--dry-run", action="store_true", help="say what would be made and why")
    parser.add_argument("--minutes", type=float, help="stop each seed of a run after so long")
    parser.add_argument("--into", type=Path, help="where the copy lies, in another mode than full")
    options = parser.parse_args(arguments)
    every = steps()
    known = [name for step in every for name in step.makes]
    if unknown := set(options.names) - set(known):
        parser.error(f"no record {min(unknown)!r}; there are {', '.join(known)}")
    chosen = chosen_steps(options.names, every)
    if options.dry_run:
        plan(chosen, ROOT)
        return 0
    if runtime.run_mode() == "full":
        return report(make(chosen, ROOT, options.minutes))
    if options.into is not None:
        return report(make(chosen, copy_repository(options.into), options.minutes))
    with tempfile.TemporaryDirectory() as folder:
        return report(make(chosen, copy_repository(Path(folder) / "copy"), options.minutes))


def report(said: dict[str, str]) -> int:
    """A line a record; 1 if one could not be made though its data are here."""
    for name, outcome in said.items():
        print(f"{name}: {outcome}")
    return int(any(outcome.startswith(("failed", "not made")) for outcome in said.values()))


if __name__ == "__main__":
    sys.exit(main())
