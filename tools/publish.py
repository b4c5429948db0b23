"""Execute the lessons in full mode and store their outputs, with where these came from.

    python tools/publish.py                            every notebook
    python tools/publish.py notebooks/4_1_cnn.ipynb    this one

A notebook is replaced only when every cell of it ran, in one step (written beside it, then
renamed), so that an interrupted run leaves the published one as it was. Its metadata then hold,
under `aesthetic`, what `aesthetic_utils.runtime.describe_run()` says of the run, and a hash of the
code that ran: tests/test_published.py compares it with the code that stands in the notebook.
Outputs of another mode than full, and outputs that hold a warning, are refused; so is a picture whose
cell has no alternative text or no caption in its metadata:

    "mystnb": {"image": {"alt": "what one sees, in a sentence"}, "figure": {"caption": "what it shows"}}
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


PICTURES = ("image/png", "image/svg+xml", "image/jpeg")


def said_of_picture(cell: nbformat.NotebookNode) -> tuple[str, str]:
    """The alternative text and the caption of a cell's picture; empty where there is none."""
    about = cell.metadata.get("mystnb", {})
    alt, caption = about.get("image", {}).get("alt", ""), about.get("figure", {}).get("caption", "")
    return alt.strip(), caption.strip()


def output_problems(notebook: nbformat.NotebookNode) -> list[str]:
    """What may not be published: an error, anything on stderr, a picture without alt text or caption."""
    problems = []
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code_cells, start=1):
        pictures = [kind for o in cell.outputs for kind in PICTURES if kind in o.get("data", {})]
        alt, caption = said_of_picture(cell)
        if pictures and len(alt) < 20:
            problems.append(f"code cell {number} shows a picture without alt text")
        if pictures and not caption:
            problems.append(f"code cell {number} shows a picture without a caption")
        if len(pictures) > 1:
            problems.append(f"code cell {number} shows {len(pictures)} pictures: one a cell")
        for output in cell.outputs:
            if output.output_type == "error":
                problems.append(f"code cell {number} raises {output.ename}: {output.evalue}")
            elif output.output_type == "stream" and output.name == "stderr":
                problems.append(f"code cell {number} writes to stderr: {output.text.strip()[:200]}")
    return problems


def run_environment() -> dict[str, str]:
    """The environment of the kernel: full mode, and no other asked for."""
    asked = os.environ.get("AESTHETIC_MODE", MODE)
    if asked != MODE:
        raise Refused(f"AESTHETIC_MODE is {asked!r}: only outputs of {MODE} mode are published")
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    # with the twin of each figure for a dark page (aesthetic_utils.plotting.show)
    twin = {"AESTHETIC_DARK_TWIN": "1"}
    return {**os.environ, "AESTHETIC_MODE": MODE, "PYTHONPATH": path, **twin}


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
