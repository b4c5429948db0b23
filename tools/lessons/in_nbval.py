"""What the lessons have to do beyond running once: a plugin of pytest, which runs beside nbval and in its kernels.

    python -m pytest -p tools.lessons.in_nbval --nbval-lax --nbval-current-env \\
      --nbval-sanitize-with tests/sanitize.cfg notebooks

Without `-p` nbval does the same, and runs each cell once. With it,

    a cell runs a second time right after the first, and says the same again where its text is compared; what it
      shows with plotting.show is made, and not drawn again;
    the claims of a cell, and of the cells of text up to the next one of code, give an answer, whichever;
    of the cells whose text does not depend on the mode, a notebook has at least SAME_EVERYWHERE compared.

What is amiss is a failure of that cell: of the last one for what concerns the whole notebook.
"""

from __future__ import annotations

import configparser
import contextlib
import re
from collections.abc import Generator
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from tools.lessons.claims import Verdict, claims_of, printed_by
from tools.lessons.client import LOAD, drawing, question, value_of, verdicts
from tools.lessons.warm_kernels import warm_kernels

ROOT = Path(__file__).resolve().parents[2]
COMPARED = "nbval-check-output"  # a cell whose text nbval compares with what was published
SAME_EVERYWHERE = (
    0.5  # of the cells whose text is the same in smoke and full mode, so many are compared
)
FEW = 3  # notebooks for which it does not pay to warm anything up
ONCE = pytest.StashKey[dict[int, str]]()  # of a notebook: cell -> what it said in its first run


# ---- cells and their texts; a cell is named by its place among all cells of the notebook, from 0


def tags(cell: nbformat.NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def code_cells(notebook: nbformat.NotebookNode) -> dict[int, nbformat.NotebookNode]:
    """The cells of code by their index among all, without those that only set up."""
    cells = {i: cell for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"}
    return {i: cell for i, cell in cells.items() if not {"setup", "imports"} & tags(cell)}


def has_picture(outputs: list[nbformat.NotebookNode]) -> bool:
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    return any(kind.startswith("image/") for kind in kinds)


def text_of(outputs: list[nbformat.NotebookNode]) -> str:
    """What the outputs of a cell say, as nbval compares it (tests/sanitize.cfg); of a picture nothing."""
    said = []
    for output in outputs:
        if output.output_type == "stream":
            said.append(output.text)
        elif not has_picture([output]):
            said.append(output.get("data", {}).get("text/plain", "").rstrip() + "\n")
    text = "".join(said)
    rules = configparser.RawConfigParser()
    rules.read(ROOT / "tests" / "sanitize.cfg", encoding="utf-8")
    for name in rules.sections():
        text = re.sub(rules[name]["regex"], rules[name]["replace"], text)
    return text.strip()


def too_few_compared(notebook: nbformat.NotebookNode, once: dict[int, str]) -> str:
    """What to do where too few cells are compared; "" elsewhere. once: what each cell said, by its index."""
    cells = code_cells(notebook)
    same = [i for i, cell in cells.items() if once[i] and once[i] == text_of(cell.outputs)]
    others = [i + 1 for i in same if COMPARED not in tags(cells[i])]
    share = 1 - len(others) / len(same) if same else 0.0
    if share >= SAME_EVERYWHERE:
        return ""
    return (
        f"{share:.0%} of {len(same)} cells are compared. Tag those of {others} (counted from 1, cells of text too)"
        f" with {COMPARED} whose text is the same on every machine"
    )


# ---- beside nbval


def pytest_collection_finish(session: pytest.Session) -> None:
    """Of many notebooks the kernels start at once (warm_kernels.py)."""
    if len({item.path for item in session.items if isinstance(item, IPyNbCell)}) > FEW:
        kernels = contextlib.ExitStack()
        kernels.enter_context(warm_kernels())
        session.config.add_cleanup(kernels.close)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    if not isinstance(item, IPyNbCell):
        return (yield)
    file, place = item.parent, place_of(item)
    if ONCE not in file.stash:
        file.stash[ONCE] = {}
        ask(file, LOAD)
    notebook, once = file.nb, file.stash[ONCE]
    if not file.timed_out:
        ask(file, drawing(True))
    done = yield  # nbval's own run
    once[place] = text_of(item.test_outputs)
    run_again(item, once[place])
    if unanswered := [str(v) for v in judge(item, place) if v.held is None]:
        item.raise_cell_error("claims without an answer:\n" + "\n".join(unanswered))
    if set(code_cells(notebook)) <= set(once) and place == last_place(notebook):
        if problem := too_few_compared(notebook, once):
            item.raise_cell_error(problem)
    return done


def place_of(item: IPyNbCell) -> int:
    return next(i for i, cell in enumerate(item.parent.nb.cells) if cell is item.cell)


def last_place(notebook: nbformat.NotebookNode) -> int:
    return max(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")


def run_again(item: IPyNbCell, once: str) -> None:
    """As nbval runs it, but its figure is not drawn; what it says then is compared with the first run, too."""
    ask(item.parent, drawing(False))
    try:
        item.runtest()
    except NbCellError as error:
        error.args = (f"In its second run: {error}",)
        raise
    if COMPARED in tags(item.cell) and text_of(item.test_outputs) != once:
        item.raise_cell_error("Its text is compared, and is another in the second run")


def judge(item: IPyNbCell, place: int) -> list[Verdict]:
    """What becomes of the claims of a cell of code, and of those of text below it, up to the next one of code."""
    printed, found = printed_by(nbformat.from_dict({"outputs": item.test_outputs})), []
    for number, cell in enumerate(item.parent.nb.cells[place:], start=place + 1):
        if cell.cell_type == "code" and number > place + 1:
            break
        if claims_of(cell):
            found += verdicts(cell, number, ask(item.parent, question(cell, printed)))
    return found


def ask(file: IPyNbFile, expression: str) -> Any:
    """The value of a Python expression in the kernel of a notebook, which counts and shows nothing of it."""
    kernel = file.kernel
    asked = {"silent": True, "store_history": False, "user_expressions": {"it": expression}}
    message = kernel.kc.execute("", **asked)
    while True:
        try:
            reply = kernel.get_message("shell", timeout=5)
        except Empty:
            if not kernel.is_alive():
                raise RuntimeError("the kernel died") from None
            continue
        if reply["parent_header"].get("msg_id") == message:
            return value_of(reply)
