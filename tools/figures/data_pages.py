"""The pictures of the pages "Data" and "Welcome", and the counts that "Data" quotes.

    python -m tools.figures.data_pages             all of it
    python -m tools.figures.data_pages --counts    the counts alone

Writes book/figures/data_*.webp, book/figures/emoji_*.webp and aesthetic_utils/results/data_sets.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image
from torch import Tensor

matplotlib.use("agg")
ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

import matplotlib.pyplot as plt  # noqa: E402

from aesthetic_utils.data import load_emoji, load_photos, photo_names  # noqa: E402

FIGURES = ROOT / "book" / "figures"
COUNTS = ROOT / "aesthetic_utils" / "results" / "data_sets.json"
FILES = ROOT / "aesthetic_utils" / "data" / "files"
INK, MUTED, PAPER = "#2a2825", "#67625a", "#ffffff"
TITLES = {
    "noto": "Noto",
    "twemoji": "Twemoji",
    "fluent": "Fluent",
    "emojione": "EmojiOne",
    "openmoji": "OpenMoji",
}
FURTHER_TITLES = {
    "noto-v1": "Noto, blobs",
    "fluent-color": "Fluent, color",
    "fxemoji": "FxEmojis",
    "streamline": "Streamline",
    "emojione-v1": "EmojiOne 1.5",
}
IDEAS = (
    "grinning-face", "face-with-tears-of-joy", "ghost", "octopus", "red-apple", "hamburger",
    "rocket", "house", "guitar", "light-bulb", "red-heart",
)  # fmt: skip
FURTHER_IDEAS = (  # the same where the further hands drew them
    *IDEAS[:7], "castle", "guitar", "penguin", "broken-heart",
)  # fmt: skip
GROUPS = {
    "data_photos_monuments": ("monuments",),
    "data_photos_animals": ("animals", "animals_hd"),
    "data_photos_wallpapers": ("wallpapers",),
}


def save(figure: plt.Figure, name: str) -> None:
    figure.savefig(FIGURES / f"{name}.webp", dpi=180, facecolor=PAPER, pil_kwargs={"quality": 88})
    plt.close(figure)
    print(f"book/figures/{name}.webp")


def rows_of_tiles(
    rows: list[list[np.ndarray]], labels: list[str], cell: float = 0.72
) -> plt.Figure:
    """Tiles in rows, each row with its name at the left."""
    margin, columns = 1.25, max(map(len, rows))
    width, height = margin + columns * cell + 0.1, len(rows) * cell + 0.2
    figure = plt.figure(figsize=(width, height))
    for i, (row, text) in enumerate(zip(rows, labels, strict=True)):
        bottom = height - 0.1 - (i + 1) * cell
        figure.text(
            (margin - 0.18) / width,
            (bottom + cell / 2) / height,
            text,
            ha="right",
            va="center",
            color=INK,
            fontsize=9.5,
            linespacing=1.35,
        )
        for j, tile in enumerate(row):
            left, side = margin + j * cell, 0.86 * cell
            box = (left / width, bottom / height, side / width, side / height)
            axes = figure.add_axes(box)
            axes.imshow(tile, interpolation="bicubic")
            axes.set_axis_off()
    return figure


def tile(image: Tensor) -> np.ndarray:
    """uint8 [3, H, W] -> [H, W, 3], as matplotlib and PIL take it."""
    return image.permute(1, 2, 0).numpy()


def hands(titles: dict[str, str], ideas: tuple[str, ...], name: str) -> None:
    """Eleven ideas, each as some of the hands drew it."""
    rows = []
    for hand in titles:
        emoji = load_emoji("all", size=64, designers=[hand])
        rows.append([tile(emoji.images[emoji.names.index(idea)]) for idea in ideas])
    save(rows_of_tiles(rows, list(titles.values())), name)


def categories() -> None:
    """The first designs of each category, spread evenly over its names."""
    emoji = load_emoji("all", size=64, designers=["noto"])
    rows, labels = [], []
    for index, name in enumerate(emoji.category_names):
        members = [i for i, category in enumerate(emoji.category.tolist()) if category == index]
        chosen = [members[round(k)] for k in np.linspace(0, len(members) - 1, 11)]
        rows.append([tile(emoji.images[i]) for i in chosen])
        labels.append(f"{name}\n({len(members)})".replace(" & ", " &\n"))
    save(rows_of_tiles(rows, labels), "emoji_categories")


def contact_sheet(name: str, groups: tuple[str, ...], columns: int = 12, size: int = 112) -> None:
    """Every photograph of some groups, cropped to a square, as one picture."""
    photos = [photo for photo in load_photos("all") if photo.group in groups]
    rows = -(-len(photos) // columns)
    gap = 6
    sheet = Image.new("RGB", (columns * (size + gap) - gap, rows * (size + gap) - gap), PAPER)
    for i, photo in enumerate(photos):
        picture = Image.fromarray(tile(photo.image))
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        square = picture.resize(
            (size, size), Image.Resampling.LANCZOS, (left, top, left + side, top + side)
        )
        sheet.paste(square, (i % columns * (size + gap), i // columns * (size + gap)))
    sheet.save(FIGURES / f"{name}.webp", quality=84, method=6)
    print(f"book/figures/{name}.webp")


def counts() -> dict:
    """What there is of each set, as the loaders give it."""
    emoji, photos = load_emoji("all", size=64), load_photos("all")
    ideas = emoji.names[: len(emoji) // len(emoji.designer_names)]
    of_category = Counter(emoji.category[: len(ideas)].tolist())
    return {
        "emoji": {
            "ideas": len(ideas),
            "designers": len(emoji.designer_names),
            "images": len(emoji),
            "categories": len(emoji.category_names),
            "largest_category": max(of_category.values()),
            "smallest_category": min(of_category.values()),
            "split": {
                split: len(load_emoji(split, designers=["noto"]))
                for split in ("train", "validation", "test")
            },
            "megabytes": megabytes("emoji"),
        },
        "emoji_all": counts_of_all(),
        "photos": {
            "photographs": len(photos),
            "groups": dict(sorted(Counter(photo.group for photo in photos).items())),
            "split": {split: len(photo_names(split)) for split in ("train", "validation", "test")},
            "long_side": max(max(photo.image.shape[1:]) for photo in photos),
            "short_side": min(min(photo.image.shape[1:]) for photo in photos),
            "megabytes": megabytes("photos"),
        },
    }


def counts_of_all() -> dict:
    """What there is of the drawings of all ten hands."""
    emoji = load_emoji("all", ideas="all")
    return {
        "ideas": len(set(emoji.names)),
        "hands": len(emoji.designer_names),
        "images": len(emoji),
        "by_all": sum(n == len(emoji.designer_names) for n in Counter(emoji.names).values()),
        "by_hand": dict(zip(emoji.designer_names, emoji.designer.bincount().tolist(), strict=True)),
        "split": {s: len(load_emoji(s, ideas="all")) for s in ("train", "validation", "test")},
        "ideas_by_split": {
            s: len(set(load_emoji(s, ideas="all").names)) for s in ("train", "validation", "test")
        },
    }


def megabytes(folder: str) -> float:
    size = sum(path.stat().st_size for path in (FILES / folder).iterdir() if path.is_file())
    return round(size / 1e6, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--counts", action="store_true", help="write the counts alone")
    if not parser.parse_args().counts:
        FIGURES.mkdir(exist_ok=True)
        hands(TITLES, IDEAS, "emoji_five_designers")
        hands(FURTHER_TITLES, FURTHER_IDEAS, "emoji_further_hands")
        categories()
        for name, groups in GROUPS.items():
            contact_sheet(name, groups)
    COUNTS.write_text(json.dumps(counts(), indent=2) + "\n", "utf-8")
    print(COUNTS.relative_to(ROOT))


if __name__ == "__main__":
    main()
