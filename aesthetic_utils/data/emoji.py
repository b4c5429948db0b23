"""The embedded emoji designs: the same ideas, each drawn by five designers."""

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
    category_names: tuple[str, ...]  # Unicode's groups
    designer_names: tuple[str, ...]
    split: str

    def __len__(self) -> int:
        return len(self.images)


def load_emoji(
    split: str = "train", size: int = 32, designers: tuple[str, ...] | list[str] | None = None
) -> EmojiSet:
    """The embedded emoji designs as one tensor.

    split: `train`, `validation`, `test` or `all`. The split is by idea, never by image: all designs
        of an idea, and its variants (the 24 clock faces, say), are in one split.
    size: 64 as stored, or 32, averaged from 64.
    designers: names from `EMOJI_DESIGNERS`; all five by default. Labels index the names given.

    Raises ValueError for another split, size or designer. Images are ordered by designer, then name.
    Licences differ by designer: see `emoji_attribution`.
    """
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}; use one of {', '.join(SPLITS)}")
    if size not in (32, 64):
        raise ValueError(f"size is {size}; the designs are given at 32 or 64 pixels")
    designers = tuple(designers or EMOJI_DESIGNERS)
    unknown = [d for d in designers if d not in EMOJI_DESIGNERS]
    if unknown:
        raise ValueError(f"no designer {unknown[0]!r}; there are {', '.join(EMOJI_DESIGNERS)}")
    index = _index()
    rows = [i for i, entry in enumerate(index) if split in ("all", entry["split"])]
    images = torch.cat([_sheet(d)[rows] for d in designers])  # [N, 3, 64, 64]
    if size == 32:
        images = F.avg_pool2d(images.float(), 2).round().to(torch.uint8)  # [N, 3, 32, 32]
    category = torch.tensor([EMOJI_CATEGORIES.index(index[i]["category"]) for i in rows])
    return EmojiSet(
        images=images,
        category=category.repeat(len(designers)),
        designer=torch.arange(len(designers)).repeat_interleave(len(rows)),
        names=[index[i]["name"] for i in rows] * len(designers),
        category_names=EMOJI_CATEGORIES,
        designer_names=designers,
        split=split,
    )


def emoji_attribution() -> list[dict[str, str]]:
    """One row a designer: title, author, licence, source, package, version, file, SHA-256."""
    with _file("attribution.csv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def _file(name: str) -> Any:
    return resources.files("aesthetic_utils.data") / "files" / "emoji" / name


@functools.cache
def _index() -> list[dict[str, str]]:
    return json.loads(_file("names.json").read_text(encoding="utf-8"))


@functools.cache
def _sheet(designer: str) -> Tensor:
    """All designs of one designer, uint8 [names, 3, 64, 64], in the order of names.json."""
    with _file(f"{designer}.webp").open("rb") as file:
        pixels = torch.from_numpy(np.array(Image.open(file).convert("RGB")))  # [H, W, 3]
    tiles = pixels.unfold(0, STORED_SIZE, STORED_SIZE).unfold(1, STORED_SIZE, STORED_SIZE)
    return tiles.flatten(0, 1)[: len(_index())].contiguous()  # [names, 3, 64, 64]
