"""The embedded emoji designs: the same ideas, each drawn by several hands.

The core are the ideas that five designers all drew. Around it stands whatever else they and five further
hands drew, one drawing a code point and hand, without flags and without variants of skin tone.
"""

import csv
import functools
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

EMOJI_DESIGNERS = ("noto", "twemoji", "fluent", "emojione", "openmoji")
EMOJI_HANDS = (  # the designers of the core and five further hands
    *EMOJI_DESIGNERS, "noto-v1", "fluent-color", "fxemoji", "streamline", "emojione-v1",
)  # fmt: skip
EMOJI_CATEGORIES = (
    "Smileys & Emotion",
    "People & Body",
    "Animals & Nature",
    "Food & Drink",
    "Travel & Places",
    "Activities",
    "Objects",
    "Symbols",
)
SPLITS = ("train", "validation", "test", "all")
STORED_SIZE = 64  # pixels


@dataclass(frozen=True, kw_only=True)
class EmojiSet:
    """Emoji designs with their labels; row i of every field belongs to the same image."""

    images: Tensor  # uint8 [N, 3, S, S], on white
    category: Tensor  # int64 [N], index into category_names
    designer: Tensor  # int64 [N], index into designer_names
    names: list[str]  # N captions such as "hatching-chick"
    code_points: list[str]  # N, such as "1f423", or "1f469-200d-1f680" for a sequence
    category_names: tuple[str, ...]  # Unicode's groups
    designer_names: tuple[str, ...]
    split: str

    def __len__(self) -> int:
        return len(self.images)


def load_emoji(
    split: str = "train",
    size: int = 32,
    designers: tuple[str, ...] | list[str] | None = None,
    *,
    ideas: str = "common",
) -> EmojiSet:
    """The embedded emoji designs as one tensor.

    split: `train`, `validation`, `test` or `all`. The split is by idea, never by image: all designs
        of an idea, and its variants (the 24 clock faces, say), are in one split. What is held out of the
        common ideas is held out of all.
    size: 64 as stored, or 32, averaged from 64.
    designers: names from `EMOJI_HANDS`; by default the five of `EMOJI_DESIGNERS` for the common ideas and
        all ten for all. Labels index the names given.
    ideas: `common` gives those of the five designers' common ideas that everybody named drew, so that each
        has every idea; `all` gives every drawing of everybody named.

    Raises ValueError for another split, size, designer or choice of ideas. Images are ordered by designer,
    then name. Licences differ by designer: see `emoji_attribution`.
    """
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}; use one of {', '.join(SPLITS)}")
    if size not in (32, 64):
        raise ValueError(f"size is {size}; the designs are given at 32 or 64 pixels")
    if ideas not in ("common", "all"):
        raise ValueError(f"ideas is {ideas!r}; use common or all")
    designers = tuple(designers or (EMOJI_DESIGNERS if ideas == "common" else EMOJI_HANDS))
    unknown = [d for d in designers if d not in EMOJI_HANDS]
    if unknown:
        raise ValueError(f"no designer {unknown[0]!r}; there are {', '.join(EMOJI_HANDS)}")
    rows = [row for row in _drawings() if split in ("all", row["split"])]
    if ideas == "common":
        rows = [row for row in rows if row["core"] and all(row[d] for d in designers)]
    drawn = [[row for row in rows if row[d]] for d in designers]
    images = torch.cat(
        [_tiles(d, [row["name"] for row in own]) for d, own in zip(designers, drawn, strict=True)]
    )  # [N, 3, 64, 64]
    if size == 32:
        images = torch.cat([_halved(part) for part in images.split(1000)])  # [N, 3, 32, 32]
    every = [row for own in drawn for row in own]
    return EmojiSet(
        images=images,
        category=torch.tensor([EMOJI_CATEGORIES.index(row["category"]) for row in every]),
        designer=torch.arange(len(designers)).repeat_interleave(
            torch.tensor([len(own) for own in drawn])
        ),
        names=[row["name"] for row in every],
        code_points=[row["code_point"] for row in every],
        category_names=EMOJI_CATEGORIES,
        designer_names=designers,
        split=split,
    )


def emoji_attribution() -> list[dict[str, str]]:
    """One row a hand: title, author, licence, source, package, version, sheets, SHA-256, drawings."""
    return _table("attribution.csv")


def drawing_attribution(name: str, designer: str) -> dict[str, str]:
    """Whose one drawing is: name, code_point, icon (its name in the package), and the row of its hand.

    Raises ValueError for a drawing that there is not.
    """
    row = next((r for r in _drawings() if r["name"] == name), {})
    if designer not in EMOJI_HANDS or not row.get(designer):
        raise ValueError(f"there is no drawing of {name!r} by {designer!r}")
    hand = next(h for h in emoji_attribution() if h["designer"] == designer)
    return {"name": name, "code_point": row["code_point"], "icon": row[designer]} | hand


def _halved(images: Tensor) -> Tensor:
    """uint8 [N, 3, 64, 64] -> [N, 3, 32, 32], means of four pixels."""
    return F.avg_pool2d(images.float(), 2).round().to(torch.uint8)


def _file(name: str) -> Any:
    return resources.files("aesthetic_utils.data") / "files" / "emoji" / name


def _table(name: str) -> list[dict[str, str]]:
    with _file(name).open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@functools.cache
def _common_names() -> list[str]:
    """The ideas of the core, in the order of its sheets."""
    return [row["name"] for row in json.loads(_file("names.json").read_text(encoding="utf-8"))]


@functools.cache
def _drawings() -> list[dict[str, str]]:
    """One row an idea, by name: code point, category, split, the icon of every hand, "core" or ""."""
    core = set(_common_names())
    return [row | {"core": "core" * (row["name"] in core)} for row in _table("drawings.csv")]


@functools.cache
def _places(designer: str) -> dict[str, int]:
    """name -> tile of the hand's sheets, which are counted through."""
    drawn = [row["name"] for row in _drawings() if row[designer]]
    if designer in EMOJI_DESIGNERS:
        common = set(_common_names())
        drawn = _common_names() + [name for name in drawn if name not in common]
    return {name: place for place, name in enumerate(drawn)}


def _tiles(designer: str, names: list[str]) -> Tensor:
    """Designs of one hand by name, uint8 [names, 3, 64, 64]."""
    places = [_places(designer)[name] for name in names]
    if designer not in EMOJI_DESIGNERS:
        return _sheet(designer)[places]
    first = len(_common_names())
    if all(place < first for place in places):  # the larger sheet is not read for nothing
        return _sheet(designer)[places]
    return torch.cat([_sheet(designer)[:first], _sheet(f"{designer}_more")])[places]


@functools.cache
def _sheet(name: str) -> Tensor:
    """The tiles of one sheet, uint8 [tiles, 3, 64, 64]; white ones may follow at the end."""
    with _file(f"{name}.webp").open("rb") as file:
        pixels = torch.from_numpy(np.array(Image.open(file).convert("RGB")))  # [H, W, 3]
    tiles = pixels.unfold(0, STORED_SIZE, STORED_SIZE).unfold(1, STORED_SIZE, STORED_SIZE)
    return tiles.flatten(0, 1).contiguous()  # [tiles, 3, 64, 64]
