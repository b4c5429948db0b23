"""Starts and stops `aesthetic class serve` as a program of its own, for the tests of the class."""

import http.client
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from PIL import Image

REPOSITORY = Path(__file__).parents[1]
PHONES = REPOSITORY / "tests" / "class_votes" / "phones.py"


def start(folder: Path) -> tuple[subprocess.Popen, int, str, str]:
    """The command, on eight small pictures: its process, port, room code and teacher's key."""
    pictures = folder / "pictures"
    if not pictures.is_dir():
        pictures.mkdir()
        for i in range(8):
            Image.new("RGB", (40, 30), (30 * i, 0, 0)).save(pictures / f"{i}.png")
    command = [sys.executable, "-m", "aesthetic_utils.cli", "class", "serve", str(pictures)]
    command += ["--address", "127.0.0.1", "--port", "0", "--votes", str(folder / "class.sqlite")]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)  # fmt: skip
    said = ""
    while "Stops by itself" not in said and (line := process.stdout.readline()):
        said += line
    found = re.search(r"127\.0\.0\.1:(\d+)/\?room=([A-Z]{5})\n.*board#(\S+) ", said, re.DOTALL)
    assert found and "\u2588" in said, said + process.stderr.read()
    return process, int(found[1]), found[2], found[3]


def stop(process: subprocess.Popen, port: int, key: str) -> tuple[str, str]:
    """The teacher's button; what the program wrote after that, on stdout and stderr."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    head = {"Content-Type": "application/json", "X-Teacher": key}
    connection.request("POST", "/teacher", json.dumps({"do": "stop"}), head)
    assert connection.getresponse().status == 200
    connection.close()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    return out, err
