"""Rebuild the embedded data from the packages it comes from.

    python -m tools.build_data emoji     # needs npm and `pip install -e ".[build-data]"`
    python -m tools.build_data photos    # needs apt-get (Debian or Ubuntu)

`--packages DIR` reads packages that are already downloaded instead of asking npm or apt-get.
The emoji designs come out identical to the last pixel; the photographs come out identical with the
Pillow version that `manifest.json` names. `--check` compares with the committed hashes and writes nothing.
"""

import argparse
import csv
import hashlib
import io
import json
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib
from collections import Counter, defaultdict
from pathlib import Path

import PIL
from PIL import Image

FILES = Path(__file__).parents[1] / "aesthetic_utils" / "data" / "files"

TILE = 64  # pixels; every design is stored once at this size
COLUMNS = 35  # tiles in a row of a sheet
SUPERSAMPLING = 4  # rendered this much larger, then averaged

# designer -> package, version, title, author, licence, licence text, home
EMOJI_SETS = {
    "noto": (
        "noto", "1.2.9", "Noto Emoji", "Google", "Apache-2.0",
        "https://www.apache.org/licenses/LICENSE-2.0", "https://github.com/googlefonts/noto-emoji",
    ),
    "twemoji": (
        "twemoji", "1.2.5", "Twemoji", "Twitter and contributors", "CC-BY-4.0",
        "https://creativecommons.org/licenses/by/4.0/", "https://github.com/jdecked/twemoji",
    ),
    "fluent": (
        "fluent-emoji-flat", "1.2.6", "Fluent Emoji (flat)", "Microsoft", "MIT",
        "https://opensource.org/license/mit", "https://github.com/microsoft/fluentui-emoji",
    ),
    "emojione": (
        "emojione", "1.2.3", "EmojiOne 2.3", "Emoji One", "CC-BY-4.0",
        "https://creativecommons.org/licenses/by/4.0/", "https://github.com/EmojiTwo/emojitwo",
    ),
    "openmoji": (
        "openmoji", "1.2.29", "OpenMoji", "OpenMoji (HfG Schwaebisch Gmuend)", "CC-BY-SA-4.0",
        "https://creativecommons.org/licenses/by-sa/4.0/", "https://github.com/hfg-gmuend/openmoji",
    ),
}  # fmt: skip
CATEGORIES = (
    "Smileys & Emotion",
    "People & Body",
    "Animals & Nature",
    "Food & Drink",
    "Travel & Places",
    "Activities",
    "Objects",
    "Symbols",
)
# words that make variants of one idea; variants share a split, so that no idea is in two of them
VARIANT_WORDS = set(
    "man woman men women person people boy girl old baby mr mrs dark light left right up down back "
    "oncoming with face and the open closed first last quarter new full japanese no red blue white "
    "black green yellow orange purple brown large small medium heavy".split()
)

PHOTO_LONG_SIDE = 768  # pixels
PHOTO_QUALITY = 90  # WebP


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def family(name: str) -> str:
    """The idea behind a name: `man-dancing` and `woman-dancing` are one, the 24 clock faces are one."""
    if "oclock" in name or "thirty" in name:
        return "clock"
    words = [w for w in name.split("-") if w not in VARIANT_WORDS]
    return words[0] if words else name


def split_names(names: list[str], category: dict[str, str]) -> dict[str, str]:
    """name -> split: about 80 % train, 10 % validation, 10 % test of each category.

    Ideas are taken in the order of a hash, so that the alphabet plays no part, and never divided.
    """
    families = defaultdict(list)
    for name in names:
        families[family(name)].append(name)
    quota = {c: n / 10 for c, n in Counter(category[name] for name in names).items()}
    taken, split = Counter(), {}
    for key in sorted(families, key=lambda k: sha256(k.encode())):
        members, of = families[key], category[families[key][0]]
        fits = (s for s in ("test", "validation") if taken[s, of] + len(members) <= quota[of])
        choice = next(fits, "train")
        taken[choice, of] += len(members)
        split |= dict.fromkeys(members, choice)
    return split


# --------------------------------------------------------------------------------------------------
# emoji


def open_package(name: str, version: str, packages: Path) -> tarfile.TarFile:
    path = packages / f"iconify-json-{name}-{version}.tgz"
    if not path.exists():
        command = ["npm", "pack", "--silent", f"@iconify-json/{name}@{version}"]
        subprocess.run(command, cwd=packages, check=True, stdout=subprocess.DEVNULL)
    return tarfile.open(path)


def read_json(package: tarfile.TarFile, name: str) -> dict:
    return json.load(package.extractfile(f"package/{name}"))


def render(icon: dict, width: int, height: int) -> Image.Image:
    """One design as an RGB tile on white."""
    import cairosvg  # an extra of this tool alone

    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {icon.get("width", width)} {icon.get("height", height)}">{icon["body"]}</svg>'
    )
    size = TILE * SUPERSAMPLING
    png = cairosvg.svg2png(svg.encode(), output_width=size, output_height=size)
    drawn = Image.open(io.BytesIO(png)).convert("RGBA")
    white = Image.new("RGBA", drawn.size, "white")
    return Image.alpha_composite(white, drawn).convert("RGB").reduce(SUPERSAMPLING)


def build_emoji(packages: Path) -> dict[str, bytes]:
    """Every file of data/files/emoji as bytes."""
    icons, aliases, sizes = {}, {}, {}
    for designer, (name, version, *_) in EMOJI_SETS.items():
        with open_package(name, version, packages) as package:
            data = read_json(package, "icons.json")
            if designer == "noto":
                listing = read_json(package, "metadata.json")["categories"]
        icons[designer], aliases[designer] = data["icons"], data.get("aliases", {})
        sizes[designer] = data.get("width", 16), data.get("height", 16)
    category = {n: c for c in CATEGORIES for n in listing[c]}
    drawn_by_all = set.intersection(*(set(icons[d]) | set(aliases[d]) for d in EMOJI_SETS))
    names = sorted(
        n for n in drawn_by_all if n in category and "skin-tone" not in n and "flag" not in n
    )

    files, rows = {}, []
    for designer, (package, version, title, author, licence, text, home) in EMOJI_SETS.items():
        height = -(-len(names) // COLUMNS) * TILE
        sheet = Image.new("RGB", (COLUMNS * TILE, height), "white")
        for i, name in enumerate(names):
            source = aliases[designer].get(name, {}).get("parent", name)
            tile = render(icons[designer][source], *sizes[designer])
            sheet.paste(tile, (i % COLUMNS * TILE, i // COLUMNS * TILE))
        buffer = io.BytesIO()
        sheet.save(buffer, "WEBP", lossless=True, quality=100, method=6)
        files[f"{designer}.webp"] = buffer.getvalue()
        rows.append(
            dict(
                designer=designer,
                title=title,
                author=author,
                license=licence,
                license_url=text,
                source=home,
                package=f"@iconify-json/{package}",
                version=version,
                file=f"{designer}.webp",
                sha256=sha256(buffer.getvalue()),
            )  # fmt: skip
        )
        print(f"{designer}: {len(names)} designs, {len(buffer.getvalue()) / 1e6:.2f} MB")
    split = split_names(names, category)
    index = [dict(name=n, category=category[n], split=split[n]) for n in names]
    files["names.json"] = (json.dumps(index, indent=0) + "\n").encode()
    files["attribution.csv"] = to_csv(rows)
    return files


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


def to_csv(rows: list[dict]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


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
