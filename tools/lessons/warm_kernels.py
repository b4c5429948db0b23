"""Kernels for tests: each is a fork of one process that has the slow imports of other packages behind it.

    with warm_kernels():
        ...  # what jupyter_client starts in here, for this Python, starts at once

Such a kernel is as fresh as any other but for those modules: they are in `sys.modules` with what they import, and none
of the course's own is. `make publish` starts its kernels from nothing, and so learns whether a lesson imports what it needs.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import jupyter_client.provisioning.local_provisioner as local

# torch._dynamo: an optimizer imports it when it is made
SLOW = ("ipykernel.kernelapp", "matplotlib.pyplot", "scipy.stats", "torch._dynamo", "torchvision")
INLINE = (
    "module://matplotlib_inline.backend_inline"  # what a kernel sets before matplotlib is imported
)
SERVER = '''
"""Reads ["start", module, arguments, folder, environment] and answers with a process's id, or ["poll", id] and
answers with its exit code, or null while it runs."""
import gc, importlib, json, os, random, runpy, sys, traceback

del sys.path[0]  # the folder in which this runs
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError:
        pass  # a lesson that needs it says so
gc.collect()
gc.freeze()


def become(module, arguments, folder, environment):
    """Goes on as `python -m module arguments` there."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    os.environ["JPY_PARENT_PID"] = str(os.getppid())  # a kernel ends when its parent does
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    sys.argv = [module, *arguments]
    sys.path.insert(0, os.getcwd())
    runpy.run_module(module, run_name="__main__", alter_sys=True)


for line in sys.stdin:
    what, *rest = json.loads(line)
    if what == "poll":
        done, status = os.waitpid(rest[0], os.WNOHANG)
        print(json.dumps(os.waitstatus_to_exitcode(status) if done else None), flush=True)
        continue
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        code = 1
        try:
            become(*rest)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
        os._exit(code)
    try:
        os.setpgid(child, child)  # both do: whoever is first
    except OSError:
        pass
    print(child, flush=True)
os._exit(0)  # without what the imported libraries do, and say, at an end
'''


class Server:
    """The process that is forked; it ends with `close`, and when this one ends."""

    def __init__(self, modules: Sequence[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, *modules], start_new_session=True, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"MPLBACKEND": INLINE} | os.environ,
        )  # fmt: skip

    def ask(self, *message: Any) -> Any:
        assert self.process.stdin and self.process.stdout
        print(json.dumps(message), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"what forks kernels has ended, with {self.process.wait()}")
        return json.loads(answer)

    def close(self) -> None:
        self.process.communicate()


class Forked:
    """What jupyter_client asks of a subprocess.Popen."""

    stdin = stdout = stderr = None

    def __init__(self, server: Server, *started: Any) -> None:
        self.server, self.returncode = server, None
        self.pid: int = server.ask("start", *started)

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self.server.ask("poll", self.pid)
        return self.returncode

    def wait(self) -> int:
        while self.poll() is None:
            time.sleep(0.01)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


@contextlib.contextmanager
def warm_kernels(modules: Sequence[str] = SLOW) -> Iterator[None]:
    """Inside, kernels of this Python are forks. Elsewhere than on Linux they start as always: on Windows there is no
    fork, and macOS lets a process crash that forks after it has loaded what draws windows.

    modules: imported before the first fork. A kernel does without those that are not installed.
    """
    cold, servers = local.launch_kernel, []

    def warm(command: list[str], **options: Any) -> Any:
        environment = dict(options.get("env") or os.environ)
        elsewhere = environment.get("PYTHONPATH") != os.environ.get("PYTHONPATH")
        this = command[0] == sys.executable and "-m" in command
        if sys.platform != "linux" or elsewhere or not this:
            return cold(command, **options)
        if not servers:
            servers.append(Server(modules))
        module, *arguments = command[command.index("-m") + 1 :]
        folder = str(options.get("cwd") or os.getcwd())
        return Forked(servers[0], module, arguments, folder, environment)

    local.launch_kernel = warm
    try:
        yield
    finally:
        local.launch_kernel = cold
        for server in servers:
            server.close()
