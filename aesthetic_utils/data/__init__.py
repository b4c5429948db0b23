"""Data: embedded sets, public sets read from disk, and batches made of one tensor."""

from aesthetic_utils.data.batches import TensorBatches, random_flip, random_shift
from aesthetic_utils.data.benchmarks import load_set5
from aesthetic_utils.data.cifar10 import LabelledImages, load_cifar10
from aesthetic_utils.data.emoji import (
    EMOJI_CATEGORIES,
    EMOJI_DESIGNERS,
    EmojiSet,
    emoji_attribution,
    load_emoji,
)
from aesthetic_utils.data.images import ImageError, read_image, save_image
from aesthetic_utils.data.photos import Photo, load_photo, load_photos, photo_names
from aesthetic_utils.data.ratings import dog_pictures, load_ava_votes, load_dog_ratings

__all__ = [
    "EMOJI_CATEGORIES",
    "EMOJI_DESIGNERS",
    "EmojiSet",
    "ImageError",
    "LabelledImages",
    "Photo",
    "TensorBatches",
    "dog_pictures",
    "emoji_attribution",
    "load_ava_votes",
    "load_cifar10",
    "load_dog_ratings",
    "load_emoji",
    "load_photo",
    "load_photos",
    "load_set5",
    "photo_names",
    "random_flip",
    "random_shift",
    "read_image",
    "save_image",
]
