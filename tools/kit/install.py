"""Install the course from this stick; no network is used. Python's standard library is all that this needs.

python install.py                 into the folder "aesthetics-course" in your home folder
python install.py FOLDER          elsewhere
python install.py --try           and run a lesson in its short mode, to see that it works
python install.py --check         compare every file of this stick with its hash, and install nothing
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

KIT = Path(__file__).resolve().parent
SUMS = "SHA256SUMS"
PACKAGES = ("aesthetic-utils", "jupyterlab")
TRIED = "2_1_neural_network_from_scratch.ipynb"


class KitError(Exception):
    """Something that whoever installs can put right; the message says how."""


def sums() -> dict[str, str]:
    """file -> its SHA-256, as the stick lists them."""
    try:
        lines = (KIT / SUMS).read_text("utf-8").splitlines()
    except OSError as error:
        raise KitError(f"{SUMS} is missing: this copy of the stick is not complete") from error
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def wrong(files: dict[str, str]) -> list[str]:
    """Those of the files that are missing, cut short or changed."""
    found = []
    for name, digest in files.items():
        try:
            with open(KIT / name, "rb") as file:
                good = hashlib.file_digest(file, "sha256").hexdigest() == digest
        except OSError:
            good = False
        if not good:
            found.append(name)
    return found


def require_good(files: dict[str, str]) -> None:
    """Raises KitError where a file is not what it was when the stick was made."""
    if bad := wrong(files):
        more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
        raise KitError(
            f"these files are missing, cut short or changed: {', '.join(bad[:5])}{more}; copy the stick again"
        )


def require_python(files: dict[str, str]) -> None:
    """Raises KitError where the stick has no packages for this Python."""
    tag = f"-cp{sys.version_info.major}{sys.version_info.minor}-"
    if not any(name.startswith("wheels/torch-") and tag in name for name in files):
        there = sorted(
            {n.split("-cp3")[1].split("-")[0] for n in files if n.startswith("wheels/torch-")}
        )
        raise KitError(
            f"this is Python {sys.version_info.major}.{sys.version_info.minor}, and the stick has packages for "
            f"Python {', '.join('3.' + minor for minor in there) or 'none (it is the kit for reading)'}"
        )


def install(to: Path, files: dict[str, str]) -> Path:
    """An environment and the notebooks in the folder `to`; gives the environment's Python."""
    print(f"an environment in {to / 'env'} ...", flush=True)
    venv.create(to / "env", with_pip=True, clear=True)
    python = to / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    command = [
        python,
        "-m",
        "pip",
        "--isolated",
        "--disable-pip-version-check",
        "install",
        "--quiet",
    ]
    command += ["--no-index", "--find-links", KIT / "wheels", *PACKAGES]
    print("packages from the stick, some minutes ...", flush=True)
    if subprocess.run(command).returncode:
        raise KitError("pip could not install the packages; what it says stands above")
    for name in files:
        if name.startswith("notebooks/"):
            target = to / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():  # a lesson in which somebody has worked stays
                shutil.copyfile(KIT / name, target)
    if (KIT / "data").is_dir():
        shutil.copytree(KIT / "data", to / "data", dirs_exist_ok=True)
    return python


def write_start(to: Path) -> Path:
    """A file that opens the lessons."""
    if os.name == "nt":
        start = to / "start.bat"
        start.write_text(
            '@echo off\r\ncd /d "%~dp0notebooks"\r\n'
            'if exist "%~dp0data" set AESTHETIC_DATA=%~dp0data\r\n'
            '"%~dp0env\\Scripts\\jupyter-lab.exe"\r\n'
        )
        return start
    start = to / "start.command"
    start.write_text(
        '#!/bin/sh\nhere=$(cd "$(dirname "$0")" && pwd)\ncd "$here/notebooks"\n'
        '[ -d "$here/data" ] && export AESTHETIC_DATA="$here/data"\n'
        'exec "$here/env/bin/jupyter-lab"\n'
    )
    start.chmod(0o755)
    return start


def try_lesson(to: Path, python: Path) -> None:
    """Run a lesson in smoke mode."""
    print(f"{TRIED} in smoke mode ...", flush=True)
    out = to / "tried"
    command = [python, "-m", "nbconvert", "--to", "notebook", "--execute"]
    command += ["--output-dir", out, to / "notebooks" / TRIED]
    done = subprocess.run(command, env={**os.environ, "AESTHETIC_MODE": "smoke"}, cwd=to)
    shutil.rmtree(out, ignore_errors=True)
    if done.returncode:
        raise KitError("the lesson did not run; what went wrong stands above")
    print("the lesson ran from its first cell to its last")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path.home() / "aesthetics-course")
    parser.add_argument("--try", dest="tried", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    to = options.folder.resolve()
    try:
        files = sums()
        if options.check:
            require_good(files)
            print(f"{len(files)} files, all as they were when the stick was made")
            return 0
        require_python(files)
        require_good(
            {n: d for n, d in files.items() if n.startswith(("wheels/", "notebooks/", "data/"))}
        )
        python = install(to, files)
        start = write_start(to)
        if options.tried:
            try_lesson(to, python)
    except (KitError, OSError) as error:
        print(f"install: {error}", file=sys.stderr)
        return 1
    print(f"done: {start} opens the lessons")
    return 0


if __name__ == "__main__":
    sys.exit(main())
