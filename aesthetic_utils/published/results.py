"""The records of what was measured: one JSON file each in aesthetic_utils/results/.

The book quotes from them, the lessons read them, and they come with the installed package.
"""

import json
from importlib import resources
from pathlib import Path

from aesthetic_utils.storage import AestheticError, write_json


class MissingResultError(AestheticError, FileNotFoundError):
    """A results file that is not there."""


def results_folder() -> Path:
    """Where the records lie."""
    return Path(str(resources.files("aesthetic_utils"))) / "results"


def available_results() -> list[str]:
    """The names of all records."""
    return sorted(path.stem for path in results_folder().glob("*.json"))


def load_result(name: str) -> dict:
    """The record of a published run or measurement. Raises MissingResultError, which lists those there are."""
    path = results_folder() / f"{name}.json"
    if not path.is_file():
        raise MissingResultError(f"no result {name!r}; there are: {', '.join(available_results())}")
    return json.loads(path.read_text(encoding="utf-8"))


def write_result(name: str, result: dict) -> Path:
    """Keeps a record under that name, in place of an older one."""
    path = results_folder() / f"{name}.json"
    write_json(path, result)
    return path
