"""What a run depended on, as hashes: of code without its comments and docstrings, of other files as they are."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def canonical(node: object) -> object:
    """A syntax tree as nested tuples that read the same under every version of Python that the package supports.

    Docstrings are left out, and so is what is empty or None: later versions have fields that older ones lack, and
    3.12 puts an empty text at the end of some f-strings.
    """
    if isinstance(node, list):
        return [canonical(item) for item in node]
    if isinstance(node, ast.JoinedStr):
        parts = (part for part in node.values if getattr(part, "value", None) != "")
        return ("JoinedStr", *map(canonical, parts))
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if isinstance(node, ast.Constant):
        return ("Constant", repr(node.value))
    if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
        fields["body"] = node.body[1:]
    kept = ((name, canonical(value)) for name, value in fields.items() if value not in (None, []))
    return (type(node).__name__, *kept)


def code_hash(source: str) -> str:
    """SHA-256 of what Python code does, to the letter: comments, docstrings and line breaks do not count."""
    return hashlib.sha256(repr(canonical(ast.parse(source))).encode()).hexdigest()


@cache
def _hash_of(path: Path, stamp: tuple[int, int], *, as_code: bool) -> str:
    if as_code:
        return code_hash(path.read_text("utf-8"))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _hash(path: Path, *, as_code: bool) -> str:
    stat = path.stat()
    return _hash_of(path, (stat.st_mtime_ns, stat.st_size), as_code=as_code)


def module_file(module: str, root: Path) -> Path:
    """Where a module of the package lies below `root`, or would lie."""
    path = root.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def module_hashes(modules: list[str], root: Path) -> dict[str, str]:
    """{module: hash of its code}; FileNotFoundError for one that is not there."""
    return {name: _hash(module_file(name, root), as_code=True) for name in modules}


def file_hashes(files: list[str], package: Path) -> dict[str, str]:
    """{path below the package: SHA-256 of the file}; FileNotFoundError for one that is not there."""
    return {name: _hash(package / name, as_code=False) for name in files}


def state(package: Path) -> dict[str, tuple[int, int]]:
    """Size and time of each file of the package: to see whether one changes while a lesson runs."""
    files = (path for path in package.rglob("*") if path.suffix != ".pyc" and path.is_file())
    return {
        path.relative_to(package).as_posix(): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in files
    }


def changes(run: dict, root: Path, package: Path) -> list[str]:
    """What differs today from what the run of a lesson used; `run`: the metadata `aesthetic` of its notebook."""
    found = []
    for module, was in run.get("sources", {}).items():
        path = module_file(module, root)
        if not path.is_file():
            found.append(f"the module {module} is gone")
        elif _hash(path, as_code=True) != was:
            found.append(f"the code of {module} changed")
    for name, was in run.get("loaded", {}).items():
        path = package / name
        if not path.is_file():
            found.append(f"the file {package.name}/{name} is gone")
        elif _hash(path, as_code=False) != was:
            found.append(f"the file {package.name}/{name} changed")
    return found
