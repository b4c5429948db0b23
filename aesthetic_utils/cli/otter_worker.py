"""Grades one notebook as `otter run` does: started by `aesthetic grade --assignment`, for itself alone.

    python -m aesthetic_utils.cli.otter_worker NOTEBOOK RESULTS CELL_SECONDS AUTOGRADER.zip

RESULTS gets a line of JSON for each thing that is known. A cell that takes longer than CELL_SECONDS is interrupted, and the next one
runs; a kernel that does not obey ends with this process, which whoever started it kills.
"""

import functools
import json
import sys
from pathlib import Path
from typing import Any

MOST_BYTES = 50_000_000  # of a notebook


class Unusable(Exception):
    """A notebook that cannot be graded; the message says why."""


def main(notebook: str, results: str, seconds: str, autograder: str) -> int:
    """Grade a notebook by an autograder's tests and write what was found into `results`, a line each; gives the exit code."""
    with open(results, "a", encoding="utf-8") as file:

        def say(**what: object) -> None:
            file.write(json.dumps(what) + "\n")
            file.flush()

        try:
            cells = prepare(Path(notebook), Path("answers.ipynb"), assignment_of(autograder))
            say(cells=cells)
            if cells:
                grade(autograder, float(seconds), say)
        except Unusable as error:
            say(broken=str(error))
    return 0


def assignment_of(autograder: str) -> str:
    """The name of the assignment that an autograder is for."""
    import zipfile

    with zipfile.ZipFile(autograder) as archive:
        return str(json.loads(archive.read("otter_config.json")).get("assignment_name", ""))


def prepare(notebook: Path, out: Path, assignment: str) -> int:
    """Write a notebook as it can be run here; how many of its cells are code. Raises Unusable for none, or another one.

    It gets this Python as its kernel, whatever it was written with, and the assignment's name where it lost its own.
    """
    import nbformat

    try:
        if notebook.stat().st_size > MOST_BYTES:
            raise Unusable(f"it has more than {MOST_BYTES // 10**6} MB")
        made: Any = nbformat.reads(notebook.read_bytes().decode("utf-8", "replace"), as_version=4)
        cells = [cell for cell in made.cells if cell.cell_type == "code"]
        name = made.metadata.get("otter", {}).get("assignment_name", assignment)
        if name != assignment:
            raise Unusable(f"it is the assignment {str(name)[:80]!r}, not {assignment!r}")
        made.metadata["otter"] = {"assignment_name": assignment}
        made.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        nbformat.write(made, out)
    except Unusable:
        raise
    except Exception as error:  # whatever a file can be that is no notebook
        raise Unusable(f"it is no notebook ({type(error).__name__})") from None
    return len(cells)


def grade(autograder: str, seconds: float, say: Any) -> None:
    """Run it, and say what became of each question."""
    from nbconvert import preprocessors
    from otter.run import main as otter_run

    slow = []

    class Patient(preprocessors.ExecutePreprocessor):
        """Interrupts a cell that takes too long, and goes on."""

        async def _async_handle_timeout(self, timeout: int, cell: Any = None) -> Any:
            slow.append(timeout)
            return await super()._async_handle_timeout(timeout, cell)

    # which otter takes from there when it executes a notebook
    patient = functools.partial(Patient, timeout=seconds, interrupt_on_timeout=True)
    setattr(preprocessors, "ExecutePreprocessor", patient)  # noqa: B010
    try:
        found = otter_run("answers.ipynb", autograder=autograder, output_dir=None, no_logo=True)
    except Exception as error:
        raise Unusable(f"it could not be graded ({type(error).__name__}: {error})") from None
    for name, file in found.results.items():
        results = file.test_case_results
        missed = [_looks_for(one) for one in results if one.test_case.hidden and not one.passed]
        passed = sum(bool(one.passed) for one in results)
        say(question=name, score=file.score, passed=passed, missed=missed)
    if slow:
        say(slow=len(slow))
    say(end=True)


def _looks_for(result: Any) -> str:
    return str(result.test_case.failure_message or result.test_case.name)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
