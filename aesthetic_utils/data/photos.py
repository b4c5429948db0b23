"""The embedded open photographs: animals, monuments and landscapes, each with its attribution."""

import csv
import functools
import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aesthetic_utils.data.emoji import SPLITS


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """Whom to name when a photograph is shown, and under which licence it stands."""

    author: str
    license: str  # SPDX identifier, or "Public domain"
    source: str  # page of the original
    changes: str  # what was done to it

    def __str__(self) -> str:
        return f"{self.author}, {self.license}, {self.source}"


@dataclass(frozen=True, kw_only=True)
class Photo:
    """One photograph."""

    image: Tensor  # uint8 [3, H, W]
    name: str  # "monuments_petra"
    group: str  # "animals", "animals_hd", "monuments" or "wallpapers"
    attribution: Attribution


def load_photos(split: str = "train", long_side: int | None = None) -> list[Photo]:
    """The embedded photographs in alphabetical order.

    split: `train` (four fifths), `validation`, `test` or `all`, fixed by a hash of the name in each group.
    long_side: resize so that the longer side has so many pixels (at most the stored 768); None
        keeps the stored size.

    Raises ValueError for another split or a long side out of range.
    """
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}; use one of {', '.join(SPLITS)}")
    splits = photo_splits()
    return [load_photo(n, long_side) for n in _rows() if split in ("all", splits[n])]


def load_photo(name: str, long_side: int | None = None) -> Photo:
    """One embedded photograph by its name; `photo_names()` lists them."""
    if name not in _rows():
        raise ValueError(
            f"no photograph {name!r}; photo_names() lists the {len(_rows())} there are"
        )
    row = _rows()[name]
    with _file(row["file"]).open("rb") as file:
        image = Image.open(file).convert("RGB")
    if long_side is not None:
        image = _resized(image, long_side)
    changes = "; ".join(filter(None, [row["note"], "resized", "re-encoded as WebP"]))
    return Photo(
        image=torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous(),  # [3, H, W]
        name=name,
        group=row["group"],
        attribution=Attribution(
            author=row["author"], license=row["license"], source=row["source"], changes=changes
        ),
    )


def photo_names(split: str = "all") -> list[str]:
    """Names of the photographs of a split, in alphabetical order."""
    splits = photo_splits()
    return [n for n in _rows() if split in ("all", splits[n])]


@functools.cache
def photo_splits() -> dict[str, str]:
    """name -> split: in each group a tenth for validation, a tenth for test, by a hash of the name."""
    splits = {}
    for group in sorted({row["group"] for row in _rows().values()}):
        members = [n for n, row in _rows().items() if row["group"] == group]
        members.sort(key=lambda n: hashlib.sha256(n.encode()).hexdigest())
        tenth = round(len(members) / 10)
        for i, name in enumerate(members):
            splits[name] = "test" if i < tenth else "validation" if i < 2 * tenth else "train"
    return splits


def _resized(image: Image.Image, long_side: int) -> Image.Image:
    if not 16 <= long_side <= max(image.size):
        raise ValueError(
            f"long_side is {long_side}; {max(image.size)} pixels are stored, 16 the least"
        )
    scale = long_side / max(image.size)
    return image.resize([round(s * scale) for s in image.size], Image.Resampling.LANCZOS)


def _file(name: str) -> Any:
    return resources.files("aesthetic_utils.data") / "files" / "photos" / name


@functools.cache
def _rows() -> dict[str, dict[str, str]]:
    with _file("attribution.csv").open(newline="", encoding="utf-8") as lines:
        rows = {row["file"].removesuffix(".webp"): row for row in csv.DictReader(lines)}
    return dict(sorted(rows.items()))
