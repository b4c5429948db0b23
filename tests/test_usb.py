"""The folder for a USB stick: what lies where, hashes, going on after a stop; and its installation without a network.

The real thing, with all packages, is tried where AESTHETIC_KIT names a folder that `make usb` made:

    AESTHETIC_KIT=_build/usb python -m pytest tests/test_usb.py -k network
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import classroom, usb

ROOT = Path(__file__).parents[1]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
CP = f"cp{HERE.replace('.', '')}"


def wheel(folder: Path, name: str, tag: str, files: dict[str, str] | None = None) -> Path:
    """A wheel that pip installs."""
    base, version, path = f"{name}-1.0", "1.0", folder / f"{name}-1.0-{tag}.whl"
    info = f"{base}.dist-info"
    files = dict(files or {f"{name}.py": f"# {tag}\n"})
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"
    record = "".join(
        f"{file},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}\n"
        for file, text in files.items()
    )
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
        archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return path


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """A book, a lesson and a registry of small wheels in place of the real ones; .asked are the pins that were fetched."""
    shelf = tmp_path / "registry"
    shelf.mkdir()
    wheel(shelf, "jupyterlab", "py3-none-any")
    for tag in ("win_amd64", "macosx_14_0_arm64", "manylinux_2_28_x86_64"):
        wheel(shelf, "torch", f"{CP}-{CP}-{tag}")
    own = wheel(tmp_path, "aesthetic_utils", "py3-none-any")
    site = tmp_path / "html"
    (site / "book").mkdir(parents=True)
    (site / "index.html").write_text("the book")
    (site / "book" / "intro.html").write_text("a page" * 100)

    class Registry:
        asked: list[str] = []

        def resolve(self, platform, python, torch):
            hashes = {
                name: frozenset(usb.file_digest(f) for f in shelf.glob(f"{name}-*"))
                for name in ("torch", "jupyterlab")
            }
            return [usb.Package(pin=f"{name}==1.0", hashes=h) for name, h in hashes.items()]

        def fetch(self, packages, platform, python, torch, into):
            for package in packages:
                self.asked.append(f"{platform} {package.pin}")
                for file in shelf.glob(f"{package.pin.partition('==')[0]}-*"):
                    if usb.fits(file.name, platform, python):
                        shutil.copy(file, into)

        def own_wheel(self, folder):
            shutil.copy(own, folder)
            return own.name

    found = Registry()
    found.asked = []
    for name in ("resolve", "fetch", "own_wheel"):
        monkeypatch.setattr(usb, name, getattr(found, name))
    monkeypatch.setattr(usb, "SITE", site)
    lessons = tmp_path / "lessons"
    lessons.mkdir()
    shutil.copy(ROOT / "notebooks" / "2_1_neural_network_from_scratch.ipynb", lessons)
    monkeypatch.setattr(classroom, "NOTEBOOKS", lessons)
    return found


@pytest.fixture
def kit(registry, tmp_path, capsys) -> Path:
    assert usb.main(["--out", str(tmp_path / "usb"), "--python", HERE]) == 0
    return tmp_path / "usb"


def install(kit: Path, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess:
    command = [sys.executable, kit / "install.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


# ---- what lies where


def test_the_stick_holds_book_lessons_packages_and_scripts(kit):
    assert (kit / "site" / "book" / "intro.html").read_text() == "a page" * 100
    names = sorted(file.name for file in (kit / "wheels").iterdir())
    assert names == sorted(
        [
            "aesthetic_utils-1.0-py3-none-any.whl",
            "jupyterlab-1.0-py3-none-any.whl",
            *(f"torch-1.0-{CP}-{CP}-{tag}.whl" for tag in ("win_amd64", "macosx_14_0_arm64", "manylinux_2_28_x86_64")),
        ]
    )  # fmt: skip
    lesson = (kit / "notebooks" / "2_1_neural_network_from_scratch.ipynb").read_text("utf-8")
    assert '"solution"' not in lesson and '"outputs": []' in lesson
    for name in usb.SCRIPTS:
        assert "@" not in (kit / name).read_text().replace("$@", "").replace("@echo", "")
        assert (kit / name).stat().st_mode & 0o111
    assert b"\r\n" in (kit / "install.bat").read_bytes()
    assert b"\r" not in (kit / "install.sh").read_bytes()


def test_the_start_page_leads_to_the_book_and_says_the_sizes(kit):
    page = (kit / "start.html").read_text("utf-8")
    assert 'href="site/index.html"' in page and "http" not in page.replace(
        "http.server", ""
    ).replace("http://localhost:8000/start.html", "")
    assert f"Python {HERE} on windows, macos, linux" in page
    sizes = usb.sizes(kit)
    assert sizes["site/"] == (2, 608)
    assert set(sizes) == {"site/", "wheels/", "notebooks/", "start page and scripts"}
    assert sizes["wheels/"][1] == sum(f.stat().st_size for f in (kit / "wheels").iterdir())
    assert "<td>wheels/</td><td>5</td>" in page


def test_every_file_has_its_hash_in_the_form_of_sha256sum(kit):
    lines = (kit / "SHA256SUMS").read_text().splitlines()
    files = {f.relative_to(kit).as_posix() for f in kit.rglob("*") if f.is_file()}
    assert {line[66:] for line in lines} == files - {"SHA256SUMS"}
    for line in lines:
        assert line[64:66] == "  " and line[:64] == usb.file_digest(kit / line[66:])


def test_the_kit_for_reading_has_pages_alone_and_takes_the_rest_away(kit):
    assert usb.main(["--out", str(kit), "--kit", "reading"]) == 0
    assert sorted(p.name for p in kit.iterdir()) == ["SHA256SUMS", "site", "start.html"]
    assert "install." not in (kit / "start.html").read_text()


# ---- the record


def test_the_record_divides_the_packages_by_who_takes_them(kit):
    [own] = (kit / "wheels").glob("aesthetic_utils-*")
    own.write_bytes(own.read_bytes() + b"0" * 2_000_000)
    found = usb.parts(kit)
    assert set(found) == {"site", "notebooks", "start page and scripts", "shared", "windows", "macos", "linux"}  # fmt: skip
    assert found["shared"]["files"] == 2 and found["shared"]["course"] == 2.0
    assert found["windows"]["files"] == found["macos"]["files"] == found["linux"]["files"] == 1
    packages = [row for row in found.values() if "course" in row]
    total = sum(file.stat().st_size for file in (kit / "wheels").iterdir()) / 1e6
    assert sum(row["megabytes"] for row in packages) == pytest.approx(total, abs=0.3)


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("torch-2.0-cp312-cp312-manylinux_2_28_aarch64.whl", "linux-arm"),
        ("torch-2.0-cp311-none-macosx_14_0_arm64.whl", "macos"),
        ("argon2-1.0-cp39-abi3-win_amd64.whl", "windows"),
        ("nvidia_nccl-2.0-py3-none-manylinux_2_18_x86_64.whl", "linux"),
        ("attrs-1.0-py2.py3-none-any.whl", "shared"),
    ],
)
def test_whose_a_package_is(name, system):
    assert usb.system_of(name) == system


def test_what_is_no_complete_stick_is_not_measured(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(usb, "RECORD", tmp_path / "stick.json")
    monkeypatch.setenv("AESTHETIC_MODE", "full")
    assert usb.main(["--record", "--out", str(tmp_path)]) == 3
    assert "there is no complete stick" in capsys.readouterr().err
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    if (ROOT / ".git").exists():
        assert usb.main(["--record", "--out", str(tmp_path)]) == 1
        assert "set AESTHETIC_MODE=full" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


# ---- going on


def test_the_course_s_package_is_built_again_over_an_older_one(tmp_path, monkeypatch):
    def build(command, **_):
        into = Path(command[command.index("--wheel-dir") + 1])
        (into / "aesthetic_utils-1.0-py3-none-any.whl").write_text("new")
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(usb.subprocess, "run", build)
    old = tmp_path / "aesthetic_utils-1.0-py3-none-any.whl"
    old.write_text("old")
    assert usb.own_wheel(tmp_path) == old.name
    assert old.read_text() == "new" and list(tmp_path.iterdir()) == [old]


def test_a_second_run_fetches_nothing(kit, registry):
    assert len(registry.asked) == 4, "torch for each of three systems, jupyterlab once"
    before = (kit / "SHA256SUMS").read_bytes()
    registry.asked.clear()
    assert usb.main(["--out", str(kit), "--python", HERE]) == 0
    assert registry.asked == [] and (kit / "SHA256SUMS").read_bytes() == before


def test_a_file_that_was_cut_is_fetched_again_and_a_stranger_goes(kit, registry):
    [torch] = (kit / "wheels").glob("torch-*win*")
    whole = torch.read_bytes()
    torch.write_bytes(whole[: len(whole) // 2])
    (kit / "wheels" / "torch-0.9-py3-none-any.whl").write_bytes(b"old")
    (kit / "site" / "book" / "intro.html").write_text("cut")
    (kit / "site" / "gone.html").write_text("of an older book")
    registry.asked.clear()
    assert usb.main(["--out", str(kit), "--python", HERE]) == 0
    assert registry.asked == ["windows torch==1.0"]
    assert torch.read_bytes() == whole and len(list((kit / "wheels").iterdir())) == 5
    assert (kit / "site" / "book" / "intro.html").read_text() == "a page" * 100
    assert not (kit / "site" / "gone.html").exists()


def test_a_run_that_stops_keeps_what_it_fetched_and_is_no_complete_stick(
    registry, tmp_path, monkeypatch, capsys
):
    out, real = tmp_path / "usb", registry.fetch

    def stop(packages, platform, *more):
        if platform == "macos":
            raise usb.KitError("no network")
        real(packages, platform, *more)

    monkeypatch.setattr(usb, "fetch", stop)
    assert usb.main(["--out", str(out), "--python", HERE]) == 1
    assert "usb: no network" in capsys.readouterr().err
    assert len(list((out / "wheels").glob("*.whl"))) == 2 and not (out / "SHA256SUMS").exists()
    monkeypatch.setattr(usb, "fetch", real)
    registry.asked.clear()
    assert usb.main(["--out", str(out), "--python", HERE]) == 0
    assert registry.asked == ["macos torch==1.0", "linux torch==1.0"]


def test_a_package_without_a_wheel_is_named(registry, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(usb, "fetch", lambda *_: None)
    assert usb.main(["--out", str(tmp_path / "usb"), "--python", HERE]) == 1
    assert "pip fetched no wheel of torch==1.0, jupyterlab==1.0" in capsys.readouterr().err


def test_hashes_as_uv_writes_them():
    one, two = "a" * 64, "b" * 64
    text = f"attrs==1.0 \\\n    --hash=sha256:{one} \\\n    --hash=sha256:{two}\ntorch==2.0+cpu --hash=sha256:{one}\n"
    assert usb.read_pins(text) == [
        usb.Package(pin="attrs==1.0", hashes=frozenset({one, two})),
        usb.Package(pin="torch==2.0+cpu", hashes=frozenset({one})),
    ]


@pytest.mark.parametrize(
    ("name", "takes"),
    [
        ("torch-2.0-cp312-cp312-win_amd64.whl", {"windows"}),
        ("torch-2.0-cp312-none-macosx_14_0_arm64.whl", {"macos"}),
        ("torch-2.0-cp312-none-macosx_15_0_arm64.whl", set()),
        ("torch-2.0-cp312-cp312-manylinux_2_28_aarch64.whl", {"linux-arm"}),
        ("numpy-2.0-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl", {"linux"}),
        ("numpy-2.0-cp313-cp313-manylinux_2_28_x86_64.whl", set()),
        ("argon2-1.0-cp39-abi3-win_amd64.whl", {"windows"}),
        ("attrs-1.0-py3-none-any.whl", {"windows", "macos", "linux", "linux-arm"}),
    ],
)
def test_which_computer_takes_which_wheel(name, takes):
    assert {platform for platform in usb.PLATFORMS if usb.fits(name, platform, "3.12")} == takes


# ---- installing


def test_a_changed_file_is_refused(kit, tmp_path):
    assert "all as they were" in install(kit, "--check").stdout
    [torch] = (kit / "wheels").glob("torch-*win*")
    torch.write_bytes(torch.read_bytes()[:-1] + b"!")
    for arguments in (["--check"], [tmp_path / "to"]):
        done = install(kit, *arguments)
        assert done.returncode == 1 and f"cut short or changed: wheels/{torch.name}" in done.stderr
    assert not (tmp_path / "to").exists(), "nothing is installed from a stick that is not whole"
    (kit / "SHA256SUMS").unlink()
    assert "this copy of the stick is not complete" in install(kit, "--check").stderr


def test_another_python_is_told_which_one_the_stick_is_for(kit):
    text = (kit / "SHA256SUMS").read_text().replace(f"-{CP}-{CP}-", "-cp39-cp39-")
    (kit / "SHA256SUMS").write_text(text)
    done = install(kit, kit / "to")
    assert done.returncode == 1 and f"this is Python {HERE}" in done.stderr
    assert "packages for Python 3.9" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="the start file of Linux and macOS")
def test_it_installs_from_the_stick_alone_and_leaves_a_learners_work(kit, tmp_path):
    """The packages are small stand-ins; that the real ones work: the test below."""
    to = tmp_path / "home" / "my course"
    (to / "notebooks").mkdir(parents=True)
    mine = to / "notebooks" / "2_1_neural_network_from_scratch.ipynb"
    mine.write_text("my answers")
    done = subprocess.run(
        ["sh", kit / "install.sh", to], capture_output=True, text=True,
        env={**os.environ, "PIP_INDEX_URL": "http://127.0.0.1:9", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert mine.read_text() == "my answers"
    packages = next((to / "env" / "lib").glob("python*/site-packages"))
    assert {"aesthetic_utils.py", "jupyterlab.py"} <= {p.name for p in packages.iterdir()}
    assert "env/bin/jupyter-lab" in (to / "start.command").read_text()


@pytest.mark.skipif(
    not os.environ.get("AESTHETIC_KIT"), reason="AESTHETIC_KIT names no folder that `make usb` made"
)
def test_a_computer_without_a_network_installs_and_runs_a_lesson(tmp_path):
    """In a network namespace that has the loopback device alone: no route leads out of it."""
    done = usb.install_offline(Path(os.environ["AESTHETIC_KIT"]).resolve(), tmp_path / "to")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the lesson ran from its first cell to its last" in done.stdout
