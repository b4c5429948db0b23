"""Execute the lessons in full mode and store their outputs, with where these came from.

    python tools/publish.py                            every notebook
    python tools/publish.py notebooks/4_1_cnn.ipynb    this one

A notebook is replaced only when every cell of it ran, in one step (written beside it, then
renamed), so that an interrupted run leaves the published one as it was. Its metadata then hold,
under `aesthetic`, what `aesthetic_utils.runtime.describe_run()` says of the run, and a hash of the
code that ran: tests/test_published.py compares it with the code that stands in the notebook.
Outputs of another mode than full, and outputs that hold a warning, are refused.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
MODE = "full"


class Refused(RuntimeError):
    """These outputs may not be published; the message says why."""


def code_hash(notebook: nbformat.NotebookNode) -> str:
    """SHA-256 of the code in order, without the set-up cell, which names the repository."""
    digest = hashlib.sha256()
    for cell in notebook.cells:
        if cell.cell_type == "code" and "setup" not in cell.metadata.get("tags", []):
            digest.update(cell.source.encode() + b"\0")
    return digest.hexdigest()


def output_problems(notebook: nbformat.NotebookNode) -> list[str]:
    """What may not be published: an error, anything on stderr, a picture without alt text."""
    problems = []
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code_cells, start=1):
        for output in cell.outputs:
            if output.output_type == "error":
                problems.append(f"code cell {number} raises {output.ename}: {output.evalue}")
            elif output.output_type == "stream" and output.name == "stderr":
                problems.append(f"code cell {number} writes to stderr: {output.text.strip()[:200]}")
            for kind in ("image/png", "image/svg+xml", "image/jpeg"):
                metadata = output.get("metadata", {}).get(kind, {})
                if kind in output.get("data", {}) and not metadata.get("alt", "").strip():
                    problems.append(f"code cell {number} shows a picture without alt text")
    return problems


def run_environment() -> dict[str, str]:
    """The environment of the kernel: full mode, and no other asked for."""
    asked = os.environ.get("AESTHETIC_MODE", MODE)
    if asked != MODE:
        raise Refused(f"AESTHETIC_MODE is {asked!r}: only outputs of {MODE} mode are published")
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "AESTHETIC_MODE": MODE, "PYTHONPATH": path}


def describe(environment: dict[str, str]) -> dict:
    """Hardware, versions, date and mode, as the package reports them in that environment."""
    program = (
        "import json; from aesthetic_utils.runtime import describe_run; "
        "print(json.dumps(describe_run()))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    provenance = json.loads(done.stdout)
    if provenance.get("mode") != MODE:
        raise Refused(f"the run reports the mode {provenance.get('mode')!r}, not {MODE!r}")
    return provenance


def write_atomically(notebook: nbformat.NotebookNode, path: Path) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        nbformat.write(notebook, temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def publish(path: Path) -> float:
    """Execute one notebook and store it in its place; the seconds that it took."""
    environment = run_environment()
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=None,  # a full training run takes what it takes
        kernel_name="python3",
        record_timing=False,  # times would change the file at every run
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    start = time.monotonic()
    client.execute(env=environment)
    seconds = time.monotonic() - start

    if problems := output_problems(notebook):
        raise Refused("\n  ".join(["its outputs may not be published:", *problems]))
    notebook.metadata["aesthetic"] = {
        **describe(environment),
        "seconds": round(seconds, 1),
        "code_sha256": code_hash(notebook),
    }
    notebook.metadata.pop("widgets", None)  # no lesson shows a kernel's widget in the page
    nbformat.validate(notebook)
    write_atomically(notebook, path)
    return seconds


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Execute lessons in full mode, store the outputs.")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of notebooks/")
    chosen = parser.parse_args(arguments).notebooks or sorted(NOTEBOOKS.glob("*.ipynb"))
    if not chosen:
        print(f"No notebook in {NOTEBOOKS}", file=sys.stderr)
        return 1
    failed = 0
    for path in chosen:
        try:
            print(f"{path.name}: {publish(path.resolve()):.0f} s", flush=True)
        except (Refused, CellExecutionError, DeadKernelError, FileNotFoundError) as error:
            failed += 1
            print(f"{path.name} stays as it was: {error}", file=sys.stderr, flush=True)
        except subprocess.CalledProcessError as error:
            failed += 1
            print(f"{path.name} stays as it was: {error.stderr}", file=sys.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
