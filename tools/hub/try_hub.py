"""Start a JupyterHub on this computer, let learners come in and run a lesson at once, and measure their memory.

    HUB_ENVIRONMENT/bin/python tools/hub/try_hub.py --learners 10 --proxy PATH/configurable-http-proxy
    AESTHETIC_MODE=full HUB_ENVIRONMENT/bin/python -m tools.hub.try_hub --record      one learner, then ten, twice

The environment is what the learners share: jupyterhub, jupyterhub-firstuseauthenticator, jupyterlab, nbgitpuller and the
course's package; configurable-http-proxy comes from npm. Linux only, since memory is read from /proc. Where root starts it,
the hub and the learners' servers run as `nobody`, so that they cannot write where the packages lie, as in The Littlest
JupyterHub. The record is aesthetic_utils/results/hub.json, which the page "Where it runs" quotes.

Each learner sets a password, gets a server, fetches the lesson by nbgitpuller, runs it cell by cell over the kernel's
websocket, and tries to write into the shared environment. Prints what was measured as JSON; exit code 1 if anything failed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

try:
    import requests
    import websocket
except ModuleNotFoundError:
    pass  # `lacking` names what is missing, before anything is tried

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from tools.modes import NO_DATA, refusal  # noqa: E402

RECORD = ROOT / "aesthetic_utils" / "results" / "hub.json"
PACKAGES = {  # module -> what to install
    "jupyterhub": "jupyterhub", "firstuseauthenticator": "jupyterhub-firstuseauthenticator", "jupyterlab": "jupyterlab",
    "nbgitpuller": "nbgitpuller", "requests": "requests", "websocket": "websocket-client",
}  # fmt: skip
TRIALS = (1, 10, 10)  # learners at once
GOOD = ("all_let_in", "no_stranger_let_in", "environment_is_read_only")
LESSON = "2_1_neural_network_from_scratch.ipynb"
WAIT_S = 900
FORBIDDEN = "import sys, os; open(os.path.join(os.path.dirname(os.__file__), 'mine.py'), 'w')"


class Learner:
    """A browser of one learner, without the browser."""

    def __init__(self, hub: str, name: str, password: str) -> None:
        self.hub, self.name, self.password, self.lost = hub, name, password, 0
        self.web = requests.Session()
        self.server = f"{hub}/user/{name}"

    def log_in(self) -> bool:
        """Whether the hub lets the learner in; the first password that comes with a name is the name's."""
        self.web.get(f"{self.hub}/hub/login", timeout=WAIT_S)
        data = {"username": self.name, "password": self.password, "_xsrf": self._xsrf("/hub/")}
        answer = self.web.post(
            f"{self.hub}/hub/login", data=data, timeout=WAIT_S, allow_redirects=False
        )
        return answer.status_code == 302

    def start(self) -> None:
        """Ask for a server and wait until it answers."""
        self.web.get(f"{self.hub}/hub/spawn/{self.name}", timeout=WAIT_S)
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            answer = self.web.get(f"{self.server}/lab", timeout=WAIT_S)
            if answer.ok and answer.url.startswith(f"{self.server}/lab"):
                return
            time.sleep(1)
        raise TimeoutError(f"{self.name}: no server after {WAIT_S} s")

    def pull(self, repository: str, lesson: str) -> dict[str, Any]:
        """Fetch the lesson by nbgitpuller; gives its notebook."""
        query = {"repo": repository, "branch": "main", "targetpath": "lessons"}
        with self.web.get(
            f"{self.server}/git-pull/api", params=query, timeout=WAIT_S, stream=True
        ) as events:
            events.raise_for_status()
            phases = [
                json.loads(line[6:]) for line in events.iter_lines() if line.startswith(b"data: ")
            ]
        if phases[-1]["phase"] != "finished":
            raise RuntimeError(f"{self.name}: nbgitpuller: {phases[-1]}")
        answer = self.web.get(f"{self.server}/api/contents/lessons/{lesson}", timeout=WAIT_S)
        answer.raise_for_status()
        return answer.json()["content"]

    def run(self, notebook: dict[str, Any]) -> tuple[int, bool]:
        """Run all cells; gives their number, and whether the shared environment refused to be written to."""
        answer = self.web.post(
            f"{self.server}/api/kernels", json={"name": "python3", "path": "lessons"}, timeout=WAIT_S,
            headers={"X-XSRFToken": self._xsrf(f"/user/{self.name}/")},
        )  # fmt: skip
        answer.raise_for_status()
        address = f"{self.server.replace('http', 'ws', 1)}/api/kernels/{answer.json()['id']}"
        kernel = Kernel(f"{address}/channels?session_id={uuid.uuid4().hex}", self._cookies())
        cells = [c["source"] for c in notebook["cells"] if c["cell_type"] == "code"]
        for number, source in enumerate(cells, start=1):
            if error := kernel.execute(source):
                raise RuntimeError(f"{self.name}: cell {number}: {error}")
        refused = "PermissionError" in (kernel.execute(FORBIDDEN) or "")
        self.lost = kernel.lost
        return len(cells), refused

    def _cookies(self) -> str:
        """What a browser sends to the learner's server."""
        path = f"/user/{self.name}/"
        return "; ".join(f"{c.name}={c.value}" for c in self.web.cookies if path.startswith(c.path))

    def _xsrf(self, path: str) -> str:
        return next(c.value for c in self.web.cookies if c.name == "_xsrf" and c.path == path)


class Kernel:
    """A kernel over its websocket. A connection that is lost is made again, as JupyterLab does; the server keeps what
    the kernel says meanwhile for the same session."""

    def __init__(self, address: str, cookies: str) -> None:
        self.address, self.cookies, self.lost = address, cookies, 0
        self.channel = self._connected()

    def _connected(self) -> websocket.WebSocket:
        return websocket.create_connection(self.address, cookie=self.cookies, timeout=WAIT_S)

    def execute(self, source: str) -> str | None:
        """Run a cell and wait for its end; gives its error, None where there was none."""
        name = uuid.uuid4().hex
        header = {"msg_id": name, "msg_type": "execute_request", "username": "", "session": name, "version": "5.3"}  # fmt: skip
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
        request = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}  # fmt: skip
        self.channel.send(json.dumps(request))
        while True:
            try:
                text = self.channel.recv()
            except (websocket.WebSocketConnectionClosedException, ConnectionError):
                self.lost += 1
                if self.lost > 20:
                    raise
                time.sleep(1)
                self.channel = self._connected()
                continue
            message = json.loads(text) if isinstance(text, str) and text else {}
            ours = message.get("parent_header", {}).get("msg_id") == name
            if ours and message["msg_type"] == "execute_reply":
                found = message["content"]
                return (
                    None
                    if found["status"] == "ok"
                    else f"{found.get('ename')}: {found.get('evalue')}"
                )


# ---- memory


class Memory(threading.Thread):
    """Looks twice a second at the memory of all processes of each learner.

    A page that several processes share counts in part for each (PSS), so that the sum is what the computer needs.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak: dict[str, float] = {}  # learner -> MB
        self.peak_of_all = 0.0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.5):
            now: dict[str, float] = {}
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    found = re.search(
                        rb"\0JUPYTERHUB_USER=([^\0]+)", b"\0" + (folder / "environ").read_bytes()
                    )
                    if found:
                        lines = (folder / "smaps_rollup").read_text()
                        size = (
                            int(re.findall(r"^Pss:\s+(\d+)", lines, re.MULTILINE)[0]) * 1024 / 1e6
                        )
                        name = found[1].decode()
                        now[name] = now.get(name, 0) + size
                except (OSError, IndexError):
                    continue  # it has ended
            self.peak_of_all = max(self.peak_of_all, sum(now.values()))
            for name, size in now.items():
                self.peak[name] = max(self.peak.get(name, 0), size)


# ---- the trial


def repository(folder: Path, lesson: str) -> str:
    """A repository with the lesson, as a teacher makes one."""
    folder.mkdir()
    shutil.copy(ROOT / "notebooks" / lesson, folder)
    git = ["git", "-C", str(folder), "-c", "user.name=teacher", "-c", "user.email=t@example.org"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "lesson"]):
        subprocess.run([*git, *command], check=True)
    return folder.as_uri()


def start_hub(folder: Path, options: argparse.Namespace) -> subprocess.Popen:
    for name in ("jupyterhub_config.py", "course.py"):
        shutil.copy(HERE / name, folder)
    (folder / "homes").mkdir()
    who = {"user": options.user, "group": "nogroup", "extra_groups": []} if options.user else {}
    if options.user:
        subprocess.run(["chown", "-R", options.user, folder], check=True)
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder), "HUB_PORT": str(options.port),
        "HUB_PROXY": options.proxy, "HUB_MODE": options.mode, "LANG": "C.UTF-8",
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
    }  # fmt: skip
    if "LD_LIBRARY_PATH" in os.environ:
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return subprocess.Popen(
        [sys.executable, "-m", "jupyterhub", "-f", "jupyterhub_config.py"], cwd=folder, env=environment,
        stdout=open(folder / "hub.log", "wb"), stderr=subprocess.STDOUT, **who,
    )  # fmt: skip


def one_learner(hub: str, number: int, source: str, lesson: str) -> dict[str, Any]:
    learner = Learner(hub, f"learner{number}", f"first-password-{number}")
    begin = time.monotonic()
    let_in = learner.log_in()
    learner.start()
    ready = time.monotonic()
    cells, refused = learner.run(learner.pull(source, lesson))
    other = Learner(hub, f"learner{number}", "another-password").log_in()
    return {
        "let_in": let_in, "stranger_let_in": other, "cells": cells, "environment_is_read_only": refused,
        "lost": learner.lost, "server_s": round(ready - begin, 1), "lesson_s": round(time.monotonic() - ready, 1),
    }  # fmt: skip


def trial(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    hub = f"http://127.0.0.1:{options.port}"
    source = repository(folder / "lessons.git", options.lesson)
    process, memory = start_hub(folder, options), Memory()
    try:
        wait_for(f"{hub}/hub/health", process)
        memory.start()
        with ThreadPoolExecutor(options.learners) as pool:
            jobs = [
                pool.submit(one_learner, hub, n, source, options.lesson)
                for n in range(options.learners)
            ]
            found = [job.result() for job in jobs]
    except BaseException:
        print((folder / "hub.log").read_text("utf-8", "replace")[-4000:], file=sys.stderr)
        raise
    finally:
        memory.done.set()
        process.terminate()
        process.wait(60)
    return summary(options, found, memory)


def summary(
    options: argparse.Namespace, found: list[dict[str, Any]], memory: Memory
) -> dict[str, Any]:
    """What the learners met, in one row; a gigabyte is 10^9 bytes."""
    peaks = [memory.peak[f"learner{n}"] / 1000 for n in range(options.learners)]
    return {
        "learners": options.learners, "lesson": options.lesson, "mode": options.mode, "cores": os.cpu_count(),
        "all_let_in": all(f["let_in"] for f in found), "no_stranger_let_in": not any(f["stranger_let_in"] for f in found),
        "environment_is_read_only": all(f["environment_is_read_only"] for f in found),
        "cells_each": min(f["cells"] for f in found),
        "connections_lost": sum(f["lost"] for f in found), "server_s_median": statistics.median(f["server_s"] for f in found),
        "lesson_s_median": statistics.median(f["lesson_s"] for f in found), "lesson_s_max": max(f["lesson_s"] for f in found),
        "gb_a_learner_mean": round(statistics.mean(peaks), 3), "gb_a_learner_max": round(max(peaks), 3),
        "gb_of_all_at_once": round(memory.peak_of_all / 1000, 2),
    }  # fmt: skip


def wait_for(address: str, process: subprocess.Popen) -> None:
    for _ in range(240):
        if process.poll() is not None:
            raise RuntimeError("the hub ended at once")
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.5)
    raise TimeoutError(f"nobody answers at {address}")


def lacking(proxy: str, lesson: str) -> str | None:
    """What the trial cannot begin without on this computer, and where to get it; None where all is there."""
    if not Path("/proc/self/smaps_rollup").exists():
        return "memory is read from /proc, as Linux has it"
    if missing := [package for module, package in PACKAGES.items() if find_spec(module) is None]:
        return f"this Python lacks {', '.join(missing)}: pip install them, and start it with the environment's Python"
    if shutil.which(proxy) is None:
        return (
            f"no program {proxy!r}: npm install configurable-http-proxy, and name it with --proxy"
        )
    if not (ROOT / "notebooks" / lesson).is_file():
        return f"no lesson {ROOT / 'notebooks' / lesson}"
    return None


def one_trial(options: argparse.Namespace) -> dict[str, Any]:
    """A trial in a folder of its own; how busy the computer was before it stands beside what was measured."""
    busy = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        return trial(options, Path(folder)) | {"load_before": busy}


def write_record(trials: list[dict[str, Any]]) -> None:
    from aesthetic_utils import runtime
    from aesthetic_utils.storage import write_json

    about = runtime.describe_run()
    about["versions"] |= {
        name: metadata.version(name) for name in ("jupyterhub", "jupyterlab", "nbgitpuller")
    }
    write_json(RECORD, {"name": "hub", **about, "trials": trials})


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--learners", type=int, default=10)
    parser.add_argument("--record", action="store_true", help="the trials that are published")
    parser.add_argument("--lesson", default=LESSON)
    parser.add_argument("--mode", choices=["smoke", "laptop"], default="smoke")
    parser.add_argument("--port", type=int, default=8310)
    parser.add_argument("--proxy", default="configurable-http-proxy")
    root = hasattr(os, "getuid") and os.getuid() == 0
    parser.add_argument("--user", default="nobody" if root else None, help="who runs the hub and the learners' servers (needs root)")  # fmt: skip
    options = parser.parse_args()
    if options.record and (reason := refusal()):
        print(f"try_hub: {reason}", file=sys.stderr)
        return 1
    if reason := lacking(options.proxy, options.lesson):
        print(f"try_hub: {reason}", file=sys.stderr)
        return NO_DATA
    trials = []
    for learners in TRIALS if options.record else (options.learners,):
        options.learners = learners
        trials.append(one_trial(options))
        print(json.dumps(trials[-1], indent=1), flush=True)
    if not all(found[name] for found in trials for name in GOOD):
        return 1  # and nothing is published
    if options.record:
        write_record(trials)
    return 0


if __name__ == "__main__":
    sys.exit(main())
