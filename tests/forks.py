"""Programs started as from a terminal, but in forks of a process that has the slow imports behind it."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

SERVER = '''
"""Runs each command that it reads in a fork of itself."""
import gc, json, os, runpy, signal, sys, traceback, warnings
import aesthetic_utils.plotting, aesthetic_utils.published.registry
import torch._dynamo  # an optimizer imports it when it is made

gc.collect()
gc.freeze()  # what is imported stays: the collector passes over it, here and in the forks
for line in sys.stdin:
    command, folder, environment, out, err = json.loads(line)
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    for number, file in ((1, out), (2, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    signal.alarm(1800)  # nothing that is tried takes so many seconds
    os.chdir(folder)
    os.environ.update(environment)
    code = 1
    try:
        if command[0] == "-W":
            warnings.simplefilter(command[1])
            command = command[2:]
        if command[0] == "-m":
            sys.argv, sys.path[0] = command[1:], os.getcwd()
            runpy.run_module(command[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv, sys.path[0] = command, os.path.dirname(os.path.abspath(command[0]))
            runpy.run_path(command[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(code)
os._exit(0)  # without what the imported libraries do, and say, at an end
'''


class Forks:
    """Starts `python` with what `run` is given; `package`: the folder in which aesthetic_utils lies, on its path.

    Where a process can be forked, the package is imported once for all that it runs.
    """

    def __init__(self, package: Path) -> None:
        self.environment = os.environ | {"PYTHONPATH": str(package)}
        self.server: subprocess.Popen | None = None

    def __enter__(self) -> Self:
        self.files = tempfile.TemporaryDirectory()
        return self

    def __exit__(self, *error: object) -> None:
        if self.server is not None:
            self.server.communicate()
        self.files.cleanup()

    def run(self, *command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
        """command: [-W action], -m module or a file, and arguments."""
        if not hasattr(os, "fork"):
            return subprocess.run(
                [sys.executable, *command], cwd=cwd, env=self.environment | environment,
                capture_output=True, text=True, timeout=1800,
            )  # fmt: skip
        if self.server is None:
            self.server = subprocess.Popen(
                [sys.executable, "-c", SERVER], env=self.environment, cwd=cwd,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        out, err = (Path(self.files.name, name) for name in ("out", "err"))
        print(
            json.dumps([command, str(cwd), environment, str(out), str(err)]),
            file=self.server.stdin, flush=True,
        )  # fmt: skip
        code = int(self.server.stdout.readline())
        return subprocess.CompletedProcess(
            list(command), code, out.read_text("utf-8"), err.read_text("utf-8")
        )
