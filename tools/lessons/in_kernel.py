"""What runs in the kernel of a lesson, beside the lesson and unseen by it.

tools/lessons/client.py loads this file under the name `_beside_the_lesson`, not into the lesson's own names. It
watches which files of the package are read, and evaluates claims. It imports nothing outside the standard library.
"""

import ast
import contextlib
import io
import json
import os
import random
import sys
import warnings
from collections.abc import Iterator
from typing import Any

SHOWN = 160  # characters of a value in a message
_read: set[str] = set()
_drawing: dict[str, Any] = {}  # what draws, while it is set aside


def watch(package: str) -> None:
    """From now on, notes each file below the folder `package` that Python opens for reading, but for its code."""
    folder = os.path.join(os.path.realpath(package), "")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        path, _, flags = arguments
        if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR):
            return
        name = os.path.realpath(os.fsdecode(path))
        if name.startswith(folder) and not name.endswith((".py", ".pyc")):
            _read.add(name[len(folder) :].replace(os.sep, "/"))

    sys.addaudithook(hook)


def used(package: str) -> str:
    """JSON: where the package was imported from, its modules that are loaded, its files that were read."""
    name = os.path.basename(package)
    loaded = {n: m for n, m in sys.modules.items() if n == name or n.startswith(name + ".")}
    file = getattr(loaded.get(name), "__file__", None)
    home = os.path.realpath(os.path.dirname(file)) if file else None
    return json.dumps({"home": home, "modules": sorted(loaded), "files": sorted(_read)})


def draw(wanted: bool) -> None:
    """Whether `aesthetic_utils.plotting.show` draws figures; where not, what it displays is an empty picture.

    Drawing takes half of the time of a lesson in smoke mode.
    """
    plotting = sys.modules.get("aesthetic_utils.plotting")
    if not wanted and plotting and not _drawing:
        for name, instead in (("png", lambda figure: b""), ("smallest_type", lambda figure: None)):
            _drawing[name] = getattr(plotting, name)
            setattr(plotting, name, instead)
    elif wanted and _drawing:
        for name, before in _drawing.items():
            setattr(plotting, name, before)
        _drawing.clear()


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Nothing that happens inside prints, warns, or changes what Python, numpy or torch (on the CPU) draw next."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    by_python = random.getstate()
    by_numpy = numpy.random.get_state() if numpy else None
    by_torch = torch.get_rng_state() if torch else None
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        random.setstate(by_python)
        if numpy:
            numpy.random.set_state(by_numpy)
        if torch:
            torch.set_rng_state(by_torch)


def evaluate(checks: list[str], printed: str, names: dict[str, Any]) -> str:
    """JSON, one entry a check: `held` (true, false, or null for one that gives no yes or no) and a `note`.

    names: those of the lesson, which stay as they are. printed: what the nearest code cell wrote to stdout.
    """
    with undisturbed():
        return json.dumps([_verdict(check, {**names, "printed": printed}) for check in checks])


def _verdict(check: str, names: dict[str, Any]) -> dict[str, Any]:
    try:
        value = eval(compile(check, "<claim>", "eval"), names)
        if not isinstance(value, bool) and hasattr(value, "dtype"):
            value = value.item()  # numpy's and torch's own yes and no
    except Exception as error:
        return {"held": None, "note": f"raises {type(error).__name__}: {error}"}
    if not isinstance(value, bool):
        return {"held": None, "note": f"gives {_shown(value)}, neither True nor False"}
    return {"held": value, "note": "" if value else _sides(check, names)}


def _sides(check: str, names: dict[str, Any]) -> str:
    """What stands on both sides of the comparisons of a check: "losses[-1] is 0.31; 0.8 * losses[0] is 0.25"."""
    values = {}
    for comparison in _comparisons(ast.parse(check, mode="eval").body):
        for side in (comparison.left, *comparison.comparators):
            text = ast.unparse(side)
            if not isinstance(side, ast.Constant):
                with contextlib.suppress(Exception):
                    values[text] = _shown(eval(compile(text, "<claim>", "eval"), names))
    return "; ".join(f"{text} is {value}" for text, value in values.items())


def _comparisons(node: ast.expr) -> Iterator[ast.Compare]:
    if isinstance(node, ast.Compare):
        yield node
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _comparisons(value)
    elif isinstance(node, ast.UnaryOp):
        yield from _comparisons(node.operand)


def _shown(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= SHOWN else text[: SHOWN - 4] + " ..."
