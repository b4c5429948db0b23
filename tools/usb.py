"""Make a folder for a USB stick from which a class without a network can read the course, and run its lessons.

    python -m tools.usb                                   everything, into _build/usb
    python -m tools.usb --kit reading                     the pages and the live figures alone, without PyTorch
    python -m tools.usb --platforms windows,macos --python 3.12,3.13
    python -m tools.usb --torch default                   on Linux PyTorch for graphics cards, 3 GB, in place of the CPU's
    python -m tools.usb --data FOLDER                     also CIFAR-10 and Set5, if they lie in that folder
    python -m tools.usb --platforms linux-arm             Linux on ARM, which the others leave out
    AESTHETIC_MODE=full python -m tools.usb --record      makes nothing: measures the stick that is there, and tries it

start.html   the page to open first
site/        the book, as `make book` built it
notebooks/   the lessons as a class gets them (tools/classroom.py: no solutions, no outputs)
wheels/      the packages for the systems that were named, the course's own with drawings, photographs and weights
install.*    one script a system; each starts install.py, which compares hashes, installs and can try a lesson
SHA256SUMS   the hash of every file

What a run that was stopped has fetched stays, if its hash is right; a file that was cut short is fetched again. The network
is used for the packages alone. `uv` resolves them for other systems than this one, since pip would ask this one's markers.

The record, aesthetic_utils/results/stick.json, holds the size of each part, and how long `sh install.sh --try` takes on
this computer where no route leads out of it (a network namespace of Linux). The page "Where it runs" quotes it.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging import tags
from packaging.utils import parse_wheel_filename

from aesthetic_utils.storage import file_digest, write_json

ROOT = Path(__file__).resolve().parent.parent
OUT, SITE, PARTS = ROOT / "_build" / "usb", ROOT / "_build" / "html", ROOT / "tools" / "kit"
SUMS = "SHA256SUMS"
SCRIPTS = {"install.py": "install.py", "install.sh": "install.sh", "install.bat": "install.bat", "install.command": "install.sh"}  # fmt: skip
RECORD = ROOT / "aesthetic_utils" / "results" / "stick.json"
ARCHIVES = ("cifar-10-python.tar.gz", "cifar-10-binary.tar.gz", "Set5")
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
WANTED = ("jupyterlab", "setuptools>=77")  # beside what the package asks for
MACOS = "14.0"  # the oldest, for which PyTorch has wheels
AT_A_TIME = 12  # packages a call of pip; a stop costs no more than these


class KitError(RuntimeError):
    """What keeps the folder from being made; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A kind of computer: how uv calls it, and the tags of the wheels that it takes, the best first."""

    uv: str
    wheels: tuple[str, ...]


def _linux(machine: str) -> Platform:
    old = {"x86_64": ("manylinux2010_x86_64", "manylinux1_x86_64")}.get(machine, ())
    new = (f"manylinux_2_{n}_{machine}" for n in range(28, 4, -1))
    wheels = (*new, f"manylinux2014_{machine}", *old, f"linux_{machine}")
    return Platform(uv=f"{machine}-manylinux_2_28", wheels=wheels)


PLATFORMS = {
    "windows": Platform(uv="x86_64-pc-windows-msvc", wheels=("win_amd64",)),
    "macos": Platform(uv="aarch64-apple-darwin", wheels=tuple(tags.mac_platforms(tuple(map(int, MACOS.split("."))), "arm64"))),
    "linux": _linux("x86_64"),
    "linux-arm": _linux("aarch64"),
}  # fmt: skip
USUAL = ("windows", "macos", "linux")
TORCH = re.compile(
    r"(torch|triton|nvidia_|cuda_)"
)  # PyTorch, and what it brings for graphics cards


# ---- the packages


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package in one version, and the hashes of the files that it may come in."""

    pin: str  # name==version
    hashes: frozenset[str]


def read_pins(text: str) -> list[Package]:
    """The packages of a file of requirements with hashes, as uv and pip-tools write it."""
    found = []
    for entry in text.replace("\\\n", " ").splitlines():
        pin, *options = entry.split()[:1] + re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)
        found.append(Package(pin=pin, hashes=frozenset(options)))
    return found


def resolve(platform: str, python: str, torch: str) -> list[Package]:
    """What the lessons need on such a computer, in the versions of requirements.txt."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}") or shutil.which("uv")
    if uv is None:
        raise KitError(
            "the packages of other systems are resolved by uv; `make usb` installs it (pip install uv)"
        )
    with tempfile.TemporaryDirectory() as folder:
        wanted, pins = Path(folder, "wanted.in"), Path(folder, "pins.txt")
        wanted.write_text("\n".join([*course_needs(), *WANTED]))
        pins.write_text("\n".join(known_versions()))
        command = [
            uv,
            "pip",
            "compile",
            "--quiet",
            "--generate-hashes",
            "--no-annotate",
            "--no-header",
        ]
        command += ["--only-binary", ":all:", "--python-version", python]
        command += ["--python-platform", PLATFORMS[platform].uv, "--constraint", pins, wanted]
        if platform.startswith("linux") and torch == "cpu":
            command += ["--torch-backend", "cpu"]
        environment = os.environ | {"MACOSX_DEPLOYMENT_TARGET": MACOS}  # which uv asks
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise KitError(
            f"no set of packages fits {platform} with Python {python}: {done.stderr.strip()}"
        )
    return read_pins(done.stdout)


def course_needs() -> list[str]:
    import tomllib

    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]


def known_versions() -> list[str]:
    """The pins of the repository, which are what the lessons were run with."""
    lines = [
        line
        for name in ("requirements-book.txt", "requirements.txt")
        for line in (ROOT / name).read_text("utf-8").splitlines()
    ]
    return [line for line in lines if re.match(r"[A-Za-z][\w.-]*==", line)]


def fits(wheel: str, platform: str, python: str) -> bool:
    """Whether a computer of that kind, with that Python, takes the wheel of this name."""
    version = tuple(map(int, python.split(".")))
    wheels = list(PLATFORMS[platform].wheels)
    good = {*tags.cpython_tags(version, platforms=wheels), *tags.compatible_tags(version, f"cp{''.join(python.split('.'))}", wheels)}  # fmt: skip
    return not good.isdisjoint(parse_wheel_filename(wheel)[3])


def fetch(packages: list[Package], platform: str, python: str, torch: str, into: Path) -> None:
    """Download these packages by pip, which compares the hashes."""
    listed = into / "wanted.txt"
    listed.write_text(
        "\n".join(
            " ".join([p.pin, *(f"--hash=sha256:{h}" for h in sorted(p.hashes))]) for p in packages
        )
    )
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += [
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "--python-version",
        python,
    ]
    command += ["--implementation", "cp", "--dest", into, "--requirement", listed]
    for name in PLATFORMS[platform].wheels:
        command += ["--platform", name]
    if platform.startswith("linux") and torch == "cpu":
        command += ["--extra-index-url", CPU_INDEX]
    if subprocess.run(command).returncode:
        raise KitError(
            "pip could not fetch the packages; what is there stays, and the same command goes on"
        )
    listed.unlink()


def fill_wheels(
    out: Path, platforms: Iterable[str], pythons: Iterable[str], torch: str
) -> set[str]:
    """Fetch what wheels/ lacks for these systems; gives the names of the files that belong there."""
    folder = out / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    belong: set[str] = set()
    for platform in platforms:
        for python in pythons:
            packages = resolve(platform, python, torch)
            belong |= _fill(folder, packages, platform, python, torch)
    own = own_wheel(folder)
    for file in folder.iterdir():
        if file.name not in belong | {own}:
            print(f"usb: {file.name} is cut short, changed or no longer needed: removed")
            file.unlink() if file.is_file() else shutil.rmtree(file)
    return belong | {own}


def _fill(
    folder: Path, packages: list[Package], platform: str, python: str, torch: str
) -> set[str]:
    there = {file_digest(file): file.name for file in folder.glob("*.whl")}

    def has(package: Package) -> list[str]:
        names = [there[h] for h in package.hashes if h in there]
        return [name for name in names if fits(name, platform, python)]

    missing = [package for package in packages if not has(package)]
    print(
        f"usb: {platform}, Python {python}: {len(packages)} packages, {len(missing)} to fetch",
        flush=True,
    )
    for begin in range(0, len(missing), AT_A_TIME):
        with tempfile.TemporaryDirectory(dir=folder) as into:
            fetch(missing[begin : begin + AT_A_TIME], platform, python, torch, Path(into))
            for file in Path(into).glob("*.whl"):
                digest = file_digest(file)
                file.replace(folder / file.name)  # whole or not at all
                there[digest] = file.name
    lacking = [package.pin for package in packages if not has(package)]
    if lacking:
        raise KitError(f"{platform}, Python {python}: pip fetched no wheel of {', '.join(lacking)}")
    return {name for package in packages for name in has(package)}


def own_wheel(folder: Path) -> str:
    """Build the course's package, if the one that is there is not of this code; gives the file's name."""
    with tempfile.TemporaryDirectory(dir=folder) as into:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--no-build-isolation", "--wheel-dir", into, ROOT]
        if subprocess.run(command).returncode:
            raise KitError("pip could not build the course's package; what it says stands above")
        [made] = Path(into).glob("*.whl")
        old = folder / made.name
        if not (old.exists() and file_digest(old) == file_digest(made)):
            made.replace(old)
    return made.name


# ---- the rest


def mirror(source: Path, target: Path) -> None:
    """Make `target` hold the files of `source` and no others; what is the same is not written again."""
    wanted = {file.relative_to(source) for file in source.rglob("*") if file.is_file()}
    for file in [f for f in target.rglob("*") if f.is_file()]:
        if file.relative_to(target) not in wanted:
            file.unlink()
    for name in sorted(wanted):
        copy = target / name
        if copy.exists() and file_digest(copy) == file_digest(source / name):
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        part = copy.with_name(f".{copy.name}.part")
        shutil.copyfile(source / name, part)
        part.replace(copy)


def fill_notebooks(out: Path) -> None:
    """The learners' versions of the lessons."""
    from tools import classroom  # loads PyTorch, which the kit for reading does without

    with tempfile.TemporaryDirectory() as made:
        for lesson in sorted(classroom.NOTEBOOKS.glob("*.ipynb")):
            try:
                classroom.write_versions(lesson, Path(made), ["student"])
            except classroom.ClassroomError as error:
                raise KitError(f"{lesson.name}: {error}") from error
        mirror(Path(made, "student"), out / "notebooks")


def fill_data(out: Path, data: Path) -> None:
    """Those of the optional data sets that lie in the folder."""
    found = [data / name for name in ARCHIVES if (data / name).exists()]
    if not found:
        raise KitError(f"{data} holds none of {', '.join(ARCHIVES)}")
    for path in found:
        if path.is_dir():
            mirror(path, out / "data" / path.name)
        else:
            (out / "data").mkdir(exist_ok=True)
            shutil.copyfile(path, out / "data" / path.name)


def write_scripts(out: Path, pythons: list[str]) -> None:
    minors = " ".join(python.split(".")[1] for python in pythons)
    for name, source in SCRIPTS.items():
        text = (PARTS / source).read_text("utf-8").replace("@MINORS@", minors)
        end = "\r\n" if name.endswith(".bat") else "\n"
        (out / name).write_text(text, "utf-8", newline=end)
        (out / name).chmod(0o755)


def sizes(out: Path) -> dict[str, tuple[int, int]]:
    """Part -> (files, bytes): the folders, and the files at the top together."""
    found: dict[str, tuple[int, int]] = {}
    for file in sorted(f for f in out.rglob("*") if f.is_file()):
        parts = file.relative_to(out).parts
        part = parts[0] + "/" if len(parts) > 1 else "start page and scripts"
        files, size = found.get(part, (0, 0))
        found[part] = files + 1, size + file.stat().st_size
    return found


def write_start(out: Path, platforms: list[str], pythons: list[str]) -> None:
    """The first page, with the size of each part."""
    (out / "start.html").unlink(missing_ok=True)  # it does not count itself
    rows = [
        f"<tr><td>{html.escape(part)}</td><td>{files:,}</td><td>{size / 1e6:,.1f} MB</td></tr>"
        for part, (files, size) in sizes(out).items()
    ]
    lessons = ""
    if platforms:
        lessons = (PARTS / "lessons.html").read_text("utf-8")
        lessons = lessons.replace("@PYTHONS@", " and ".join(pythons))
        lessons = lessons.replace("@PLATFORMS@", ", ".join(platforms))
    page = (PARTS / "start.html").read_text("utf-8").replace("@LESSONS@", lessons)
    page = page.replace("@PARTS@", "\n".join(rows)).replace("@VERSION@", f"Version {version()}")
    (out / "start.html").write_text(page, "utf-8")


def version() -> str:
    return re.findall(r"^version: (\S+)", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)[
        0
    ]


def write_sums(out: Path) -> int:
    """SHA256SUMS, as `sha256sum --check` reads it; gives the number of files."""
    files = sorted(f for f in out.rglob("*") if f.is_file() and f.name != SUMS)
    lines = [f"{file_digest(file)}  {file.relative_to(out).as_posix()}\n" for file in files]
    (out / SUMS).write_text("".join(lines), "utf-8")
    return len(files)


def make(
    out: Path, kit: str, platforms: list[str], pythons: list[str], torch: str, data: Path | None
) -> None:
    if not (SITE / "index.html").exists():
        raise KitError(f"there is no book in {SITE}; `make book` builds it")
    out.mkdir(parents=True, exist_ok=True)
    (out / SUMS).unlink(missing_ok=True)  # a folder that is not complete has none
    mirror(SITE, out / "site")
    if kit == "reading":
        for name in ("wheels", "notebooks", "data"):
            shutil.rmtree(out / name, ignore_errors=True)
        for name in SCRIPTS:
            (out / name).unlink(missing_ok=True)
        platforms = []
    else:
        fill_wheels(out, platforms, pythons, torch)
        fill_notebooks(out)
        if data is not None:
            fill_data(out, data)
        write_scripts(out, pythons)
    write_start(out, platforms, pythons)
    write_sums(out)


# ---- the record

# Run by `unshare`: a network with the loopback device alone, from which no route leads.
OFFLINE = """
ip link set lo up && test -z "$(ip route)" && ! python3 -c "
import socket; socket.create_connection(('192.0.2.1', 80), 2)" 2> /dev/null && exec sh "$1/install.sh" "$2" --try
"""


def install_offline(kit: Path, to: Path) -> subprocess.CompletedProcess:
    """Install from the stick where there is no network, and run a lesson. Linux only, by a Python for which it has packages."""
    command = ["unshare", "--map-root-user", "--net", "sh", "-c", OFFLINE, "sh", kit, to]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON"))}
    return subprocess.run(command, capture_output=True, text=True, env=clean, timeout=3600)


def system_of(wheel: str) -> str:
    """The platform whose computers take the wheel of this name; "shared" for one that fits all."""
    [interpreter, *_] = sorted({tag.interpreter for tag in parse_wheel_filename(wheel)[3]})
    python = f"3.{interpreter[3:]}" if re.fullmatch(r"cp3\d\d", interpreter) else "3.13"
    found = [name for name in PLATFORMS if fits(wheel, name, python)]
    return found[0] if len(found) == 1 else "shared"


def parts(out: Path) -> dict[str, dict[str, float]]:
    """Part of a stick -> files and megabytes; packages by who takes them, and what PyTorch and the course are of these."""
    rows = {part.strip("/"): row for part, row in sizes(out).items() if part != "wheels/"}
    found = {part: {"files": files, "megabytes": size / 1e6} for part, (files, size) in rows.items()}  # fmt: skip
    for wheel in sorted((out / "wheels").glob("*.whl")):
        row = found.setdefault(
            system_of(wheel.name), {"files": 0, "megabytes": 0.0, "pytorch": 0.0, "course": 0.0}
        )
        size = wheel.stat().st_size / 1e6
        row["files"] += 1
        row["megabytes"] += size
        row["pytorch"] += size * bool(TORCH.match(wheel.name))
        row["course"] += size * wheel.name.startswith("aesthetic_utils-")
    for row in found.values():
        if "pytorch" in row:
            row["other"] = row["megabytes"] - row["pytorch"] - row["course"]
    return {part: {k: round(v, 1) for k, v in row.items()} for part, row in found.items()}


def tried(out: Path) -> dict[str, Any]:
    """How long an installation without a network takes here, with a lesson at its end. Raises KitError where it fails."""
    busy = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        done = install_offline(out.resolve(), Path(folder, "to"))
        seconds = time.monotonic() - begin
    if done.returncode:
        raise KitError(f"without a network it could not be installed: {done.stdout}{done.stderr}")
    return {"minutes": round(seconds / 60, 1), "cores": os.cpu_count(), "load_before": busy}


def record(out: Path) -> None:
    """Write the sizes of the stick's parts, and the trial. Raises KitError where that fails."""
    from aesthetic_utils import runtime  # loads PyTorch, which the kit for reading does without

    found = parts(out)
    pythons = sorted({m[1] for f in (out / "wheels").glob("torch-*") if (m := re.search(r"-cp3(\d+)-", f.name))})  # fmt: skip
    write_json(
        RECORD,
        {
            "name": "stick",
            **runtime.describe_run(),
            "course": version(),
            "pythons": [f"3.{minor}" for minor in pythons],
            "parts": found,
            "reading_megabytes": found["site"]["megabytes"],
            "without_a_network": tried(out),
        },
    )


def listed(known: Iterable[str]) -> Callable[[str], list[str]]:
    """An option's type: names of these, separated by commas."""

    def parse(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        if not names or (unknown := [name for name in names if name not in known]):
            raise argparse.ArgumentTypeError(
                f"{(unknown if names else [text])[0]!r} is none of {', '.join(known)}"
            )
        return list(dict.fromkeys(names))

    return parse


def publish(out: Path) -> int:
    """`--record`; gives the exit code."""
    from tools.modes import NO_DATA, refusal  # loads PyTorch

    code, reason = 1, refusal()
    if reason is None and not (out / SUMS).exists():
        code, reason = NO_DATA, f"there is no complete stick in {out}; `make usb` makes one"
    elif reason is None and shutil.which("unshare") is None:
        code, reason = NO_DATA, "the trial without a network needs `unshare`, of Linux"
    if reason is None:
        try:
            record(out)
            print(RECORD.relative_to(ROOT))
            return 0
        except (KitError, OSError) as error:
            reason = str(error)
    print(f"usb: {reason}", file=sys.stderr)
    return code


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--kit", choices=["full", "reading"], default="full")
    parser.add_argument("--platforms", type=listed(PLATFORMS), default=list(USUAL))
    parser.add_argument("--python", type=listed(["3.11", "3.12", "3.13"]), default=["3.12"])
    parser.add_argument("--torch", choices=["cpu", "default"], default="cpu")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--record", action="store_true", help="measure the stick that is there")
    options = parser.parse_args(arguments)
    if options.record:
        return publish(options.out)
    try:
        make(
            options.out, options.kit, options.platforms, options.python, options.torch, options.data
        )
    except (KitError, OSError) as error:
        print(f"usb: {error}", file=sys.stderr)
        return 1
    for part, (files, size) in sizes(options.out).items():
        print(f"{size / 1e6:10,.1f} MB  {files:6,} files  {part}")
    total = sum(size for _, size in sizes(options.out).values())
    print(f"{total / 1e6:10,.1f} MB  {options.out}: open start.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
