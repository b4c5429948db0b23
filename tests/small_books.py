"""Small books that a test builds with Sphinx, in the process of the tests: to start another takes longer than a build."""

import copy
import io
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

from sphinx.cmd.build import build_main
from sphinx.config import Config


def build(folder: Path, *options: str, out: str = "out") -> tuple[int, str]:
    """Builds the book in the folder strictly, into `out` there: exit code, and what went wrong."""
    command = ["-b", "html", "-W", "--keep-going", "-q", *options, str(folder), str(folder / out)]
    said, path = io.StringIO(), sys.path[:]
    try:
        with (
            redirect_stderr(said),
            redirect_stdout(io.StringIO()),
            warnings.catch_warnings(record=True) as warned,
            # one of the defaults is a dictionary, into which Sphinx writes
            mock.patch.object(Config, "config_values", copy.deepcopy(Config.config_values)),
        ):
            warnings.resetwarnings()  # as Python has it where it is started
            for kind in (
                DeprecationWarning,
                PendingDeprecationWarning,
                ImportWarning,
                ResourceWarning,
            ):
                warnings.simplefilter("ignore", kind)
            code = build_main(command)
    finally:
        sys.path[:] = path
    return code, said.getvalue() + "".join(f"{warning.message}\n" for warning in warned)
