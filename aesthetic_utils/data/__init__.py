"""Data: embedded sets, public sets read from disk, and batches made of one tensor.

Nothing is loaded before it is asked for: measuring pictures needs no torch.
"""

import importlib
from typing import Any

_HOMES = {
    "batches": (
        "TensorBatches",
        "random_flip",
        "random_shift",
    ),
    "benchmarks": ("load_set5",),
    "cifar10": (
        "LabelledImages",
        "load_cifar10",
    ),
    "emoji": (
        "EMOJI_CATEGORIES",
        "EMOJI_DESIGNERS",
        "EmojiSet",
        "emoji_attribution",
        "load_emoji",
    ),
    "images": (
        "ImageError",
        "read_image",
        "save_image",
    ),
    "photos": (
        "Photo",
        "load_photo",
        "load_photos",
        "photo_names",
    ),
    "ratings": (
        "dog_pictures",
        "load_ava_votes",
        "load_dog_ratings",
    ),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
