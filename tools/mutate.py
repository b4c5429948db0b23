"""Do the tests notice a fault? Change the code a little, run its tests, list the changes that survive.

    python -m tools.mutate aesthetic_utils/losses.py aesthetic_utils/models --sample 60
    python -m tools.mutate aesthetic_utils/metrics.py --at aesthetic_utils/metrics.py:63

Each mutant is the code with one change: another comparison or operator, a number one larger, a `not`, a
minus or a keyword left out, `min` for `max`, a statement skipped. Its tests are the files in tests/ that
import the changed module, run with `pytest -x -q` in a copy of the repository. A mutant is killed by a
test that fails or that does not end in time. Those that survive are printed with file, line and change:
each is either a missing test or a change that makes no difference. The same seed draws the same mutants as
long as the modules stay as they are. Runs on Linux and macOS, with what the tests need and nothing more.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# imported once, before the processes part, so that not every mutant pays for it
PRELOADED = """
    pytest numpy matplotlib.pyplot scipy.ndimage scipy.stats skimage.data skimage.metrics
    torch torchmetrics.functional.image torchmetrics.image.fid
""".split()
LEFT_OUT = (".git", ".venv", "_build", "__pycache__", ".*_cache", "*.egg-info")

# --------------------------------------------------------------------------------------------------
# mutants

COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
PAIRS = {
    "min": "max",
    "minimum": "maximum",
    "clamp_min": "clamp_max",
    "any": "all",
    "argmin": "argmax",
}
SWAPPED = PAIRS | {b: a for a, b in PAIRS.items()}


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A module's source with one change."""

    path: Path  # of the module, from the repository's root
    line: int
    change: str  # in words that a reader can find in the source
    source: str

    def __str__(self) -> str:
        return f"{self.path.as_posix()}:{self.line}: {self.change}"


def mutants(source: str, path: Path) -> list[Mutant]:
    """Every mutant of a module, in the order of its source."""
    tree = ast.parse(source)
    found = []
    for parent, field, index, node in list(places(tree)):
        for new in changed(node):
            if ast.dump(new) == ast.dump(node):
                continue
            put(parent, field, index, new)
            text = ast.unparse(ast.fix_missing_locations(tree))
            put(parent, field, index, node)
            found.append(
                Mutant(path=path, line=node.lineno, change=described(node, new), source=text)
            )
    return sorted(found, key=lambda m: (m.line, m.change))


def described(old: ast.AST, new: ast.AST) -> str:
    """A change in words; of a call that lost a keyword its name and that keyword alone."""
    if isinstance(old, ast.Call):
        kept = {k.arg for k in new.keywords}
        (lost,) = (k for k in old.keywords if k.arg not in kept)
        return f"{ast.unparse(old.func)}(...) without {ast.unparse(lost)}"
    return f"{ast.unparse(old)}  ->  {ast.unparse(new)}"


def places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Everything that may change, as (parent, field, index, node); types, decorators and words may not."""
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list"}:
            continue
        for i, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr):
                continue
            if hasattr(child, "lineno"):
                yield node, field, i if isinstance(value, list) else None, child
            yield from places(child)


def put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def changed(node: ast.AST) -> Iterator[ast.AST]:
    """The node in each of its changed forms."""
    match node:
        case ast.Compare():
            for i, operator in enumerate(node.ops):
                new = copy.deepcopy(node)
                new.ops[i] = COMPARISONS[type(operator)]()
                yield new
        case ast.BinOp() | ast.BoolOp() if type(node.op) in OPERATORS:
            new = copy.deepcopy(node)
            new.op = OPERATORS[type(node.op)]()
            yield new
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant(value=bool()):
            yield ast.copy_location(ast.Constant(not node.value), node)
        case ast.Constant(value=int() | float()):
            yield ast.copy_location(ast.Constant(node.value + 1), node)
        case ast.Name(id=name) if name in SWAPPED:
            yield ast.copy_location(ast.Name(SWAPPED[name], node.ctx), node)
        case ast.Attribute(attr=name) if name in SWAPPED:
            yield ast.copy_location(ast.Attribute(node.value, SWAPPED[name], node.ctx), node)
        case ast.Call(keywords=keywords):
            for i, keyword in enumerate(keywords):
                if keyword.arg is not None:
                    new = copy.deepcopy(node)
                    del new.keywords[i]
                    yield new
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            yield ast.copy_location(ast.Pass(), node)
        case ast.Assign(targets=[target]) if not isinstance(target, ast.Tuple):
            names = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
            if not isinstance(target, ast.Name) or target.id in names:  # something is there already
                yield ast.copy_location(ast.Pass(), node)


# --------------------------------------------------------------------------------------------------
# the tests of a module


def module_name(path: Path) -> str:
    """aesthetic_utils/models/cnn.py -> aesthetic_utils.models.cnn"""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path, root: Path) -> set[str]:
    """Modules of the repository that a file imports, those behind a package's names included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
            package = root.joinpath(*node.module.split("."), "__init__.py")
            if package.exists() and package != path:
                found |= homes(package, {alias.name for alias in node.names})
    return found


def homes(package: Path, names: set[str]) -> set[str]:
    """Modules from which a package's __init__ takes these names."""
    tree = ast.parse(package.read_text("utf-8"))
    froms = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module]
    return {n.module for n in froms if names & {alias.name for alias in n.names}}


def tests_of(module: Path, root: Path) -> list[Path]:
    """Test files that import a module: its namesake first, then those that import the fewest modules."""
    name = module_name(module)
    found = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        modules = imports(path, root)
        if name in modules:
            namesake = path.stem != f"test_{module.stem}"
            found[path.relative_to(root)] = (namesake, len(modules), path.name)
    return sorted(found, key=found.__getitem__)


# --------------------------------------------------------------------------------------------------
# running them


def run_tests(tests: list[Path], root: Path, limit_s: float) -> str:
    """`passed`, `failed` or `time` (they did not end in time), of tests run in a process of their own."""
    child = os.fork()
    if child == 0:
        os.setsid()
        code = 3
        with contextlib.suppress(BaseException):
            code = _child(tests, root)
        os._exit(code)
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "passed" if status == 0 else "failed"
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "time"


def _child(tests: list[Path], root: Path) -> int:
    import pytest

    os.chdir(root)
    os.environ |= {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.path.insert(0, str(root))
    sys.dont_write_bytecode = True
    with open(root / "pytest.log", "w", encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *map(str, tests)]))


def preload() -> None:
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            __import__(name)


def judge(chosen: list[Mutant], root: Path, limit_s: float) -> list[tuple[Mutant, str]]:
    """Each mutant with what became of it; prints as it goes."""
    tests = {m.path: tests_of(m.path, root) for m in chosen}
    for path, files in tests.items():
        print(f"{path.as_posix()}: {', '.join(f.name for f in files) or 'no test'}", flush=True)
    files = sorted({f for some in tests.values() for f in some})
    if files and run_tests(files, root, 10 * limit_s) != "passed":
        raise SystemExit(f"tests fail without any change:\n{(root / 'pytest.log').read_text()}")
    found = []
    for i, mutant in enumerate(chosen, 1):
        place = root / mutant.path
        before = place.read_bytes()
        place.write_text(mutant.source, encoding="utf-8")
        files = tests[mutant.path]
        start = time.monotonic()
        outcome = run_tests(files, root, limit_s) if files else "passed"
        place.write_bytes(before)
        word = {"passed": "SURVIVED", "failed": "killed", "time": "killed (time)"}[outcome]
        print(f"{i:3} {time.monotonic() - start:4.0f} s  {word:13}  {mutant}", flush=True)
        found.append((mutant, outcome))
    return found


def modules_in(paths: list[Path]) -> list[Path]:
    """Python files that are named, or lie in a folder that is; from the repository's root."""
    found = []
    for path in paths:
        inside = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        found += [p.resolve().relative_to(ROOT) for p in inside]
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="+", type=Path, help="files or folders to change")
    parser.add_argument("--sample", type=int, default=60, help="mutants to draw (default: 60)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--limit", type=float, default=120, help="seconds for the tests of a mutant"
    )
    parser.add_argument(
        "--at", action="append", default=[], help="FILE:LINE, all mutants there instead"
    )
    options = parser.parse_args(arguments)
    every = []
    for path in modules_in(options.modules):
        every += mutants((ROOT / path).read_text("utf-8"), path)
    if options.at:
        chosen = [m for m in every if f"{m.path.as_posix()}:{m.line}" in options.at]
    else:
        chosen = random.Random(options.seed).sample(every, min(options.sample, len(every)))
    preload()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "copy"
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*LEFT_OUT))
        found = judge(chosen, root, options.limit)
    report(found, len(every))
    return 0


def report(found: list[tuple[Mutant, str]], possible: int) -> None:
    """Survivors and the share that was killed, by module and of all."""
    survivors = [m for m, outcome in found if outcome == "passed"]
    print(f"\n{len(survivors)} survived:" if survivors else "\nNone survived.")
    for mutant in survivors:
        print(f"  {mutant}")
    print(f"\n{'killed':>6} {'drawn':>6}")
    for path in sorted({m.path for m, _ in found}):
        outcomes = [outcome for m, outcome in found if m.path == path]
        killed = sum(o != "passed" for o in outcomes)
        print(f"{killed:6} {len(outcomes):6}  {path.as_posix()}")
    killed = len(found) - len(survivors)
    share = f", {killed / len(found):.0%}" if found else ""
    print(f"{killed:6} {len(found):6}  of {possible} possible{share}")


if __name__ == "__main__":
    sys.exit(main())
