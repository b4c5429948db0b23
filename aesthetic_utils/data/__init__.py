"""Data: embedded sets, public sets read from disk, and batches made of one tensor.

Nothing is loaded before it is asked for: measuring pictures needs no torch.
"""

from aesthetic_utils.lazy import attach

_HOMES = {
    "augment_drawings": (
        "cut_out_white",
        "mirror_images",
        "shift_on_white",
    ),
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
        "EMOJI_HANDS",
        "EmojiSet",
        "drawing_attribution",
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

__getattr__, __all__ = attach(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
