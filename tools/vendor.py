"""Rebuild what the book takes from npm: typefaces, icons, KaTeX for formulas, ONNX Runtime for networks in
pages, reveal.js for slides.

    python -m tools.vendor            fetch the pinned packages, write files and manifest
    python -m tools.vendor --check    compare the files with the manifest; needs no network

The site loads nothing from another host, so that it works on a classroom's laptop without a
network and tells nobody who reads it. Each package is fetched by `npm pack` at a fixed version,
and its archive compared with the hash below before a file is taken from it. Fonts are cut down to what the
pages use, which makes them a tenth as heavy.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "book" / "vendor"
Files = dict[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Package:
    name: str  # as npm calls it
    version: str
    integrity: str  # of the npm archive, as `npm view NAME@VERSION dist.integrity` gives it
    licence: str  # SPDX
    purpose: str
    folder: str  # below book/vendor, and of the built site
    sources: tuple[str, ...]  # files of the package that are needed
    prepare: Callable[[Files], Files]  # from these to the files of the folder


# ---- what is made of the packages' files

LATIN = [*range(0x20, 0x100), 0x131, 0x152, 0x153, *range(0x2009, 0x2015), 0x2018, 0x2019, 0x201C,
         0x201D, 0x2022, 0x2026, 0x202F, 0x2030, 0x2032, 0x2033, 0x20AC, *range(0x2190, 0x2194),
         0x2212, 0x2248, 0x2260, 0x2264, 0x2265]  # fmt: skip
LATIN_EXTENDED = [
    *range(0x100, 0x180),
    *range(0x218, 0x21C),
    0x2C7,
    0x2D8,
    0x2D9,
    0x2DA,
    0x2DB,
    0x2DD,
]
FEATURES = ["kern", "liga", "lnum", "tnum", "ccmp", "locl", "mark"]
ICONS = {  # name in Font Awesome 6 -> its character
    "magnifying-glass": 0xF002, "download": 0xF019, "list": 0xF03A, "circle-half-stroke": 0xF042,
    "arrow-up": 0xF062, "expand": 0xF065, "chevron-down": 0xF078, "bars": 0xF0C9, "lightbulb": 0xF0EB,
    "angle-left": 0xF104, "angle-right": 0xF105, "rocket": 0xF135, "file": 0xF15B, "sun": 0xF185,
    "moon": 0xF186, "file-pdf": 0xF1C1, "xmark": 0xF00D, "pencil": 0xF303,
}  # fmt: skip
BRANDS = {"github": 0xF09B}
FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
# of KaTeX's typefaces those that the formulas of this book use; tests/test_site.py looks for others
MATHS = ("Main-Regular", "Math-Italic", "AMS-Regular", "Caligraphic-Regular", "Size1-Regular",
         "Size2-Regular", "Size3-Regular", "Size4-Regular")  # fmt: skip

CAPITALS = {"AMS-Regular", "Caligraphic-Regular"}  # used for \\mathbb and \\mathcal alone


def cut_font(content: bytes, characters: list[int], family: str, axes: dict | None = None) -> bytes:
    """A font with these characters alone, its axes fixed or limited, under a name of its own.

    The Open Font License reserves the original's name for the original.
    """
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    font = TTFont(io.BytesIO(content), recalcTimestamp=False)
    options = subset.Options(layout_features=FEATURES)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    if axes:
        plain = io.BytesIO()
        font.flavor = None
        font.save(plain)
        font = TTFont(io.BytesIO(plain.getvalue()), recalcTimestamp=False)
        font = instancer.instantiateVariableFont(font, axes)
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6, 16, 25):
            record.string = family.replace(" ", "") if record.nameID == 6 else family
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def source_serif(files: Files) -> Files:
    """The text's typeface, regular to semibold, at the optical size of text."""
    axes = {"latin": {"wght": (400, 600), "opsz": 18}, "latin-ext": {"wght": (400, 600)}}
    characters = {"latin": LATIN, "latin-ext": LATIN_EXTENDED}
    made = {"LICENSE": files["LICENSE"]}
    for subset, suffix in (("latin", ""), ("latin-ext", "-ext")):
        for style, ending in (("normal", ""), ("italic", "-italic")):
            axis = "opsz" if subset == "latin" else "wght"
            content = files[FONT.format(subset=subset, axis=axis, style=style)]
            font = cut_font(content, characters[subset], "Course Serif", axes[subset])
            made[f"serif{suffix}{ending}.woff2"] = font
    return made


def embedded(content: bytes) -> str:
    return f"url(data:font/woff2;base64,{base64.b64encode(content).decode()}) format('woff2')"


def icons(files: Files) -> Files:
    """A stylesheet with the icons that the theme's pages show; the fonts are in it."""
    rules = []
    for family, weight, source, named in (
        ("Font Awesome 6 Free", 900, "webfonts/fa-solid-900.woff2", ICONS),
        ("Font Awesome 6 Brands", 400, "webfonts/fa-brands-400.woff2", BRANDS),
    ):
        font = cut_font(files[source], list(named.values()), "Course Icons")
        rules.append(
            f'@font-face{{font-family:"{family}";font-weight:{weight};src:{embedded(font)}}}'
        )
        rules += [f'.fa-{name}:before{{content:"\\{code:x}"}}' for name, code in named.items()]
    return {"icons.css": "\n".join(rules).encode() + b"\n", "LICENSE": files["LICENSE.txt"]}


def katex(files: Files) -> Files:
    """The stylesheet of the formulas, with its fonts inside.

    Inside, because a browser may refuse a font of its own file to a page opened from a disk.
    """
    css = files["dist/katex.min.css"].decode()
    kept = []
    for face in FONT_FACE.findall(css):
        name = re.search(r"KaTeX_([\w-]+)\.woff2", face)[1]
        if name in MATHS:
            content = files[f"dist/fonts/KaTeX_{name}.woff2"]
            if name in CAPITALS:
                content = cut_font(content, list(range(ord("A"), ord("Z") + 1)), "Course Maths")
            font = embedded(content)
            kept.append(re.sub(r"src:[^}]*", f"src:{font};font-display:block", face))
    css = "\n".join(kept) + "\n" + FONT_FACE.sub("", css)
    return {"katex.css": css.encode(), "LICENSE": files["LICENSE"]}


MIT = """\
MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""  # of ONNX Runtime, whose npm archive names the licence and does not hold its text


def onnxruntime(files: Files) -> Files:
    """The runtime on the processor alone. Its WebAssembly is packed, and unpacked by the page: 3.7 MB instead of 14."""
    script, program = (files[f"dist/{name}"] for name in ORT)
    return {
        "ort.mjs": re.sub(rb"\n//# sourceMappingURL=.*", b"", script),
        "ort.wasm.gz": gzip.compress(program, 9, mtime=0),
        "LICENSE": MIT.encode(),
    }


def revealjs(files: Files) -> Files:
    """The frame of a talk: its script without the address of a map, its rules, and no theme."""
    script = re.sub(rb"\n//# sourceMappingURL=.*", b"", files["dist/reveal.js"])
    return {
        "reveal.js": script,
        "reveal.css": files["dist/reveal.css"],
        "LICENSE": files["LICENSE"],
    }


ORT = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
FONT = "files/source-serif-4-{subset}-{axis}-{style}.woff2"
KATEX_SOURCES = (
    "dist/katex.min.css",
    *(f"dist/fonts/KaTeX_{name}.woff2" for name in MATHS),
    "LICENSE",
)
KATEX = {
    "name": "katex", "version": "0.19.1", "licence": "MIT",
    "integrity": (
        "sha512-jG8uKntjSEcm2EpQOh0XturpPuuC9r3Sq5HLHdsFdWZT27E672SF19QEi"
        "+of0/YeOy15lDgRhKvr5614uRrEfA=="
    ),
}  # fmt: skip

PACKAGES = (
    Package(
        **KATEX,
        purpose="the look of the formulas",
        folder="katex",
        sources=KATEX_SOURCES,
        prepare=katex,
    ),
    Package(
        **KATEX,
        purpose="sets the formulas when the book is built (book/_ext/formulas.py)",
        folder="../_ext/katex",
        sources=("dist/katex.min.js", "LICENSE"),
        prepare=lambda files: {
            "katex.min.js": files["dist/katex.min.js"],
            "LICENSE": files["LICENSE"],
        },
    ),
    Package(
        name="@fortawesome/fontawesome-free",
        version="6.5.2",
        integrity=(
            "sha512-hRILoInAx8GNT5IMkrtIt9blOdrqHOnPBH+k70aWUAqPZPgopb9G5EQJFpaBx"
            "/S8zp2fC+mPW349Bziuk1o28Q=="
        ),
        licence="OFL-1.1",
        purpose="the icons of the theme that pages show",
        folder="icons",
        sources=("webfonts/fa-solid-900.woff2", "webfonts/fa-brands-400.woff2", "LICENSE.txt"),
        prepare=icons,
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
        sources=(
            *(
                FONT.format(subset="latin", axis="opsz", style=style)
                for style in ("normal", "italic")
            ),
            *(
                FONT.format(subset="latin-ext", axis="wght", style=style)
                for style in ("normal", "italic")
            ),
            "LICENSE",
        ),
        prepare=source_serif,
    ),
    Package(
        name="onnxruntime-web",
        version="1.30.0",
        integrity=(
            "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL"
            "02Vb7QmRMDs1SigqR4CXAfKYQ=="
        ),
        licence="MIT",
        purpose="runs the trained networks of the laboratory in the page",
        folder="ort",
        sources=tuple(f"dist/{name}" for name in ORT),
        prepare=onnxruntime,
    ),
    Package(
        name="reveal.js",
        version="5.2.1",
        integrity=(
            "sha512-r7//6mIM5p34hFiDMvYfXgyjXqGRta+/psd9YtytsgRlrpRzFv4RbH76TXd2q"
            "D+7ZPZEbpBDhdRhJaFgfQ7zNQ=="
        ),
        licence="MIT",
        purpose="goes into the slides of a lesson (tools/slides); the site has none of it",
        folder="../../tools/slides/reveal",
        sources=("dist/reveal.js", "dist/reveal.css", "LICENSE"),
        prepare=revealjs,
    ),
)

README = """\
# Typefaces, icons, formulas, networks

Served by the site itself, so that no page asks another host for anything. Rebuilt from npm by
`make vendor` (tools/vendor.py), which compares each package with its published hash and cuts the fonts down to
what the pages use; the hash of each file is in manifest.json, and a test compares them.

| folder | package | version | licence | what for | size |
| --- | --- | --- | --- | --- | --- |
{rows}

`_config.yml` copies these folders to the top of the site (`html_extra_path`).
"""


def fetch(name: str, version: str, integrity: str, folder: Path) -> Path:
    """The archive of a package from npm, checked against its hash."""
    command = ["npm", "pack", "--silent", f"{name}@{version}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    archive = folder / done.stdout.split()[-1]
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != integrity:
        raise RuntimeError(f"{name}@{version} has another hash: sha512-{digest}")
    return archive


def extract(package: Package, archive: Path) -> None:
    """Writes the folder of a package anew."""
    target = (VENDOR / package.folder).resolve()
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tarfile.open(archive) as tar:
        files = {}
        for source in package.sources:
            member = tar.extractfile(f"package/{source}")
            if member is None:
                raise RuntimeError(f"{package.name}@{package.version} has no {source}")
            files[source] = member.read()
    for name, content in package.prepare(files).items():
        (target / name).write_bytes(content)


def files_of(package: Package) -> list[Path]:
    return sorted(path for path in (VENDOR / package.folder).resolve().glob("*") if path.is_file())


def describe(package: Package) -> dict:
    """What the manifest says of a package: where it came from, and the hash of each file."""
    files = {}
    for path in files_of(package):
        content = path.read_bytes()
        files[path.name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
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
        size = sum(path.stat().st_size for path in files_of(package))
        cells = [f"{package.folder}/", f"`{package.name}`", package.version, package.licence]
        rows.append(f"| {' | '.join(cells)} | {package.purpose} | {size / 1e3:.0f} KB |")
    return README.format(rows="\n".join(rows))


def problems() -> list[str]:
    """Where book/vendor differs from what this file and the manifest say."""
    found = []
    try:
        if json.loads((VENDOR / "manifest.json").read_text("utf-8")) != json.loads(manifest()):
            found.append("a file, or the manifest, has changed")
        if (VENDOR / "README.md").read_text("utf-8") != readme():
            found.append("README.md does not list what is there")
    except FileNotFoundError as error:
        found.append(f"missing: {error.filename}")
    folders = {(VENDOR / package.folder).resolve() for package in PACKAGES}
    known = {VENDOR / "manifest.json", VENDOR / "README.md"}
    strangers = [
        path
        for path in VENDOR.rglob("*")
        if path.is_file() and path.parent.resolve() not in folders and path not in known
    ]
    return found + [f"unlisted: {path.relative_to(VENDOR)}" for path in sorted(strangers)]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Rebuild or check book/vendor.")
    parser.add_argument("--check", action="store_true", help="compare only; no network")
    if not parser.parse_args(arguments).check:
        with tempfile.TemporaryDirectory() as folder:
            for package in PACKAGES:
                archive = fetch(package.name, package.version, package.integrity, Path(folder))
                extract(package, archive)
        (VENDOR / "manifest.json").write_text(manifest(), "utf-8")
        (VENDOR / "README.md").write_text(readme(), "utf-8")
    for problem in (found := problems()):
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
