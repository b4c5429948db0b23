"""Rebuild aesthetic_utils/data/files/fonts: the typeface of all figures, in pages and lessons.

    python -m tools.fonts            fetch the pinned package from npm, cut the fonts, write a manifest
    python -m tools.fonts --check    compare the files with the manifest; needs no network

The pages are set in Source Serif 4; Source Sans 3 was drawn to go with it. A font that is cut down to
the letters we need is a modified version, which the licence asks to call by another name than
"Source": the family is called Course Sans here. Hinting and unused features are left out as well.
Rebuilding needs fontTools.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tarfile
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tools.vendor import fetch  # noqa: E402 (the root is on the path only now)

FONTS = Path(__file__).resolve().parent.parent / "aesthetic_utils" / "data" / "files" / "fonts"
FAMILY = "Course Sans"
PACKAGE, VERSION = "source-sans", "3.52.0"
INTEGRITY = (  # of the npm archive, as `npm view source-sans@3.52.0 dist.integrity` gives it
    "sha512-xsm7qlMI/JwxwNdp6pvpR6l+aZjn90fzOzoeUz/qoohIYbKbDwQNRIz5/ItYs7"
    "/hvqLirQNUoDFGXSVA3TU9tw=="
)
# style of the source -> (file, style name as font menus show it)
STYLES = {
    "Regular": ("CourseSans-Regular.ttf", "Regular"),
    "It": ("CourseSans-Italic.ttf", "Italic"),
    "Semibold": ("CourseSans-Bold.ttf", "Bold"),  # strong enough, and calmer than the real bold
}
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x180), 0x218, 0x219, 0x21A, 0x21B]
GREEK = [*range(0x391, 0x3A2), *range(0x3A3, 0x3AA), *range(0x3B1, 0x3CA), 0x3D1, 0x3D5, 0x3F5]
ACCENTS = [0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x307, 0x308, 0x30A, 0x30C, 0x338]
SIGNS = "‐‑‒–—―‖‘’‚“”„†‡•…‰′″‹›⁄ⁿ⁰⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉€™ℓΩ⅓⅔←↑→↓↔↕⇐⇒∂∃∀∆∏∑−∙√∞∩∫≈≠≡≤≥■□▲△●○✓✗\u2009"


def rename(font, style: str) -> None:
    """Gives the font our family's name; copyright and licence keep their words."""
    table, postscript = font["name"], f"{FAMILY.replace(' ', '')}-{style}"
    table.names = [n for n in table.names if n.nameID in (0, 13, 14)]
    names = {1: FAMILY, 2: style, 3: f"{VERSION};{postscript}", 4: f"{FAMILY} {style}"}
    names |= {5: f"Version {VERSION}", 6: postscript}
    for number, text in names.items():
        table.setName(text, number, 3, 1, 0x409)
    if style == "Bold":
        font["OS/2"].usWeightClass = 700
        font["OS/2"].fsSelection = font["OS/2"].fsSelection & ~0b1000000 | 0b100000
        font["head"].macStyle |= 1


def cut(source: Path, style: str, target: Path) -> None:
    """Writes the letters that figures use, unhinted, with kerning."""
    from fontTools import subset

    options = subset.Options()
    options.layout_features = ["kern"]
    options.hinting = False
    options.name_IDs = [0, 13, 14]
    options.drop_tables += ["DSIG", "BASE"]
    options.recalc_timestamp = False  # the same package gives the same file
    font = subset.load_font(str(source), options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[*LATIN, *GREEK, *ACCENTS, *map(ord, SIGNS)])
    cutter.subset(font)
    rename(font, style)
    subset.save_font(font, str(target), options)


def rebuild() -> None:
    FONTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with tarfile.open(fetch(PACKAGE, VERSION, INTEGRITY, folder)) as tar:
            tar.extractall(folder, filter="data")
        (FONTS / "LICENSE").write_bytes((folder / "package" / "LICENSE.md").read_bytes())
        for source, (file, style) in STYLES.items():
            cut(folder / "package" / "TTF" / f"SourceSans3-{source}.ttf", style, FONTS / file)
    (FONTS / "manifest.json").write_text(manifest(), "utf-8")


def manifest() -> str:
    """Where the fonts come from, and the hash of each file."""
    files = {}
    for name in ["LICENSE", *(file for file, _ in STYLES.values())]:
        content = (FONTS / name).read_bytes()
        files[name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    source = {"package": PACKAGE, "version": VERSION, "integrity": INTEGRITY}
    about = {"family": FAMILY, "made from": "Source Sans 3", "licence": "OFL-1.1"}
    return json.dumps(about | source | {"files": files}, indent=2) + "\n"


def problems() -> list[str]:
    """Where the folder differs from what this file and the manifest say."""
    try:
        same = (FONTS / "manifest.json").read_text("utf-8") == manifest()
    except FileNotFoundError as error:
        return [f"missing: {error.filename}"]
    return [] if same else ["a font, its licence or the manifest has changed"]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Rebuild or check the fonts of the figures.")
    parser.add_argument("--check", action="store_true", help="compare only; no network")
    if not parser.parse_args(arguments).check:
        rebuild()
    for problem in (found := problems()):
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
