"""Runs a lesson cell by cell, judges its claims at their place, and knows what of the package it used."""

from __future__ import annotations

import ast
import json
import queue
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from tools.lessons.claims import Verdict, claims_of, printed_by

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "aesthetic_utils"
BESIDE = "_beside_the_lesson"
_CODE = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location({BESIDE!r}, {str(Path(__file__).with_name("in_kernel.py"))!r})
sys.modules[{BESIDE!r}] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules[{BESIDE!r}])
sys.modules[{BESIDE!r}].watch({str(PACKAGE)!r})
"""
_THERE = f"__import__('sys').modules[{BESIDE!r}]"
# What is asked of a kernel are expressions: this first, which loads in_kernel.py there.
LOAD = f"exec({_CODE!r}, {{}})"


def drawing(wanted: bool) -> str:
    """The expression that lets the course's figures be drawn, or not (in_kernel.py)."""
    return f"{_THERE}.draw({wanted})"


def question(cell: nbformat.NotebookNode, printed: str) -> str:
    """The expression that judges the claims of a cell; printed: what the nearest code cell wrote to stdout."""
    checks = [claim["check"] for claim in claims_of(cell)]
    return f"{_THERE}.evaluate({checks!r}, {printed!r}, get_ipython().user_ns)"


def verdicts(cell: nbformat.NotebookNode, number: int, answer: str) -> list[Verdict]:
    """The answer to that question; number: of the cell, counted from 1, cells of text too."""
    became = json.loads(answer)
    return [
        Verdict(cell=number, **claim, **b) for claim, b in zip(claims_of(cell), became, strict=True)
    ]


def value_of(reply: dict[str, Any]) -> Any:
    """The value of the expression that was sent to a kernel under the name `it`."""
    it = reply["content"].get("user_expressions", {}).get("it", reply["content"])
    if it["status"] != "ok":
        raise RuntimeError(f"the kernel could not answer: {it.get('ename')}: {it.get('evalue')}")
    return ast.literal_eval(it["data"]["text/plain"])


class LessonClient(NotebookClient):
    """A client whose `execute()` leaves, beside the outputs:

    verdicts: what became of each claim, in order.
    used: {"home": the folder that the package was imported from or None, "modules": [...], "files": [...]}.

    notebook: it is executed in place. folder: the working folder. A cell takes what it takes.
    What it asks the kernel changes no name and no count of the lesson, and no number that numpy, torch or Python draw next.
    """

    def __init__(self, notebook: nbformat.NotebookNode, *, folder: Path) -> None:
        super().__init__(
            notebook,
            timeout=None,
            kernel_name="python3",
            record_timing=False,  # times would change the file at every run
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder)}},
        )
        self.verdicts: list[Verdict] = []
        self.used: dict[str, Any] = {"home": None, "modules": [], "files": []}
        self._printed = ""

    async def async_execute_cell(
        self,
        cell: nbformat.NotebookNode,
        cell_index: int,
        execution_count: int | None = None,
        store_history: bool = True,
    ) -> nbformat.NotebookNode:
        if cell_index == 0:
            await self._ask(LOAD)
        await super().async_execute_cell(cell, cell_index, execution_count, store_history)
        if cell.cell_type == "code":
            self._printed = printed_by(cell)
        await self._judge(cell, cell_index + 1)
        if cell_index == len(self.nb.cells) - 1:
            self.used = json.loads(await self._ask(f"{_THERE}.used({str(PACKAGE)!r})"))
        return cell

    async def _judge(self, cell: nbformat.NotebookNode, number: int) -> None:
        if claims_of(cell):
            answer = await self._ask(question(cell, self._printed))
            self.verdicts += verdicts(cell, number, answer)

    async def _ask(self, expression: str) -> Any:
        """The value of a Python expression in the kernel, which counts and shows nothing of it."""
        message = await ensure_async(
            self.kc.execute(
                "", silent=True, store_history=False, user_expressions={"it": expression}
            )
        )
        while True:
            try:
                reply = await ensure_async(self.kc.get_shell_msg(timeout=5))
            except queue.Empty:
                if not await ensure_async(self.km.is_alive()):
                    raise DeadKernelError("Kernel died") from None
                continue
            if reply["parent_header"].get("msg_id") == message:
                return value_of(reply)
