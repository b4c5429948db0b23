"""Rebuild book/vendor: the browser libraries that the site serves itself.

    python tools/vendor.py            fetch the pinned packages from npm, write files and manifest
    python tools/vendor.py --check    compare the files with the manifest; needs no network

The site loads nothing from another host, so that it works on a classroom's laptop without a
network and tells nobody who reads it. Each package is fetched by `npm pack` at a fixed version,
and its archive compared with the hash below before a file is taken from it.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "book" / "vendor"


@dataclass(frozen=True, kw_only=True)
class Package:
    name: str  # as npm calls it
    version: str
    integrity: str  # of the npm archive, as `npm view NAME@VERSION dist.integrity` gives it
    licence: str  # SPDX
    purpose: str
    folder: str  # below book/vendor, and of the built site
    files: dict[str, str]  # path in the package -> name in the folder


FONT = "files/source-serif-4-{subset}-{axis}-{style}.woff2"

PACKAGES = (
    Package(
        name="mathjax",
        version="3.2.2",
        integrity=(
            "sha512-Bt+SSVU8eBG27zChVewOicYs7Xsdt40qm4+UpHyX7k0/O9NliPc+x77k1/FEsPsjKPZGJvtRZM1vO"
            "+geW0OhGw=="
        ),
        licence="Apache-2.0",
        # As SVG, because browsers may refuse a web font to a page opened from a file; complete,
        # because a part that is loaded on demand would be missing without anybody noticing.
        purpose="sets the formulas, as SVG",
        folder="mathjax",
        files={"es5/tex-svg-full.js": "tex-svg-full.js", "LICENSE": "LICENSE"},
    ),
    Package(
        name="@fontsource-variable/source-serif-4",
        version="5.3.1",
        integrity=(
            "sha512-4Rtay22SC4lMvw11r/+9kxANB6P3M0X8s1NudBC2v0J1KU2y3DcMoNcT3lBoZ/CqLirzf"
            "+StlO6UlJilyrvaUg=="
        ),
        licence="OFL-1.1",
        purpose="the typeface of the text",
        folder="fonts",
        files={
            FONT.format(subset="latin", axis="opsz", style="normal"): "serif.woff2",
            FONT.format(subset="latin", axis="opsz", style="italic"): "serif-italic.woff2",
            FONT.format(subset="latin-ext", axis="wght", style="normal"): "serif-ext.woff2",
            FONT.format(subset="latin-ext", axis="wght", style="italic"): "serif-ext-italic.woff2",
            "LICENSE": "LICENSE",
        },
    ),
)

README = """\
# Browser libraries

Served by the site itself, so that no page asks another host for anything. Rebuilt from npm by
`make vendor` (tools/vendor.py), which compares each package with its published hash; the hash of
each file is in manifest.json, and a test compares them.

| folder | package | version | licence | what for | size |
| --- | --- | --- | --- | --- | --- |
{rows}

`_config.yml` copies these folders to the top of the site (`html_extra_path`).
"""


def fetch(package: Package, folder: Path) -> Path:
    """The package's archive from npm, checked against its hash."""
    command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    archive = folder / done.stdout.split()[-1]
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != package.integrity:
        raise RuntimeError(f"{package.name}@{package.version} has another hash: sha512-{digest}")
    return archive


def extract(package: Package, archive: Path) -> None:
    target = VENDOR / package.folder
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        for source, name in package.files.items():
            member = tar.extractfile(f"package/{source}")
            if member is None:
                raise RuntimeError(f"{package.name}@{package.version} has no {source}")
            (target / name).write_bytes(member.read())


def describe(package: Package) -> dict:
    """What the manifest says of a package: where it came from, and the hash of each file."""
    files = {}
    for name in package.files.values():
        content = (VENDOR / package.folder / name).read_bytes()
        files[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return {
        "package": package.name,
        "version": package.version,
        "licence": package.licence,
        "integrity": package.integrity,
        "folder": package.folder,
        "files": files,
    }


def manifest() -> str:
    return json.dumps([describe(package) for package in PACKAGES], indent=2) + "\n"


def readme() -> str:
    rows = []
    for package in PACKAGES:
        folder = VENDOR / package.folder
        size = sum((folder / name).stat().st_size for name in package.files.values())
        cells = [f"{package.folder}/", f"`{package.name}`", package.version, package.licence]
        rows.append(f"| {' | '.join(cells)} | {package.purpose} | {size / 1e6:.1f} MB |")
    return README.format(rows="\n".join(rows))


def problems() -> list[str]:
    """Where book/vendor differs from what this file and the manifest say."""
    found = []
    try:
        if (VENDOR / "manifest.json").read_text("utf-8") != manifest():
            found.append("a file, or the manifest, has changed")
        if (VENDOR / "README.md").read_text("utf-8") != readme():
            found.append("README.md does not list what is there")
    except FileNotFoundError as error:
        found.append(f"missing: {error.filename}")
    known = {VENDOR / p.folder / name for p in PACKAGES for name in p.files.values()}
    known |= {VENDOR / "manifest.json", VENDOR / "README.md"}
    strangers = [path for path in VENDOR.rglob("*") if path.is_file() and path not in known]
    return found + [f"unlisted: {path.relative_to(VENDOR)}" for path in sorted(strangers)]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Rebuild or check book/vendor.")
    parser.add_argument("--check", action="store_true", help="compare only; no network")
    if not parser.parse_args(arguments).check:
        with tempfile.TemporaryDirectory() as folder:
            for package in PACKAGES:
                extract(package, fetch(package, Path(folder)))
        (VENDOR / "manifest.json").write_text(manifest(), "utf-8")
        (VENDOR / "README.md").write_text(readme(), "utf-8")
    for problem in (found := problems()):
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
