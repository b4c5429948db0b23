"""The embedded emoji and photographs: what is promised about them."""

import hashlib
import json
from collections import defaultdict
from importlib import resources

import pytest
import torch

from aesthetic_utils.data import load_emoji, load_photo, load_photos, photo_names
from aesthetic_utils.data.emoji import EMOJI_DESIGNERS, SPLITS, emoji_attribution
from aesthetic_utils.data.photos import photo_splits

FILES = resources.files("aesthetic_utils.data") / "files"


@pytest.mark.parametrize("folder", ["emoji", "photos"])
def test_every_file_has_the_hash_it_was_built_with(folder):
    manifest = json.loads((FILES / folder / "manifest.json").read_text())["sha256"]
    present = {p.name for p in (FILES / folder).iterdir()} - {"manifest.json"}
    assert present == set(manifest)
    for name, expected in manifest.items():
        assert hashlib.sha256((FILES / folder / name).read_bytes()).hexdigest() == expected, name


def test_a_thousand_ideas_by_five_designers():
    emoji = load_emoji("all", size=64)
    assert emoji.images.shape == (5 * 1046, 3, 64, 64)
    assert emoji.images.dtype == torch.uint8
    assert len(set(emoji.names)) == 1046
    assert emoji.designer.bincount().tolist() == [1046] * 5
    assert emoji.category.bincount().min() > 50
    assert emoji.images[:, :, 0, 0].float().mean() > 230  # white corners


def test_splits_share_no_idea_and_make_up_the_whole():
    names = {s: set(load_emoji(s).names) for s in SPLITS}
    assert names["train"] | names["validation"] | names["test"] == names["all"]
    assert len(names["train"]) + len(names["validation"]) + len(names["test"]) == 1046
    clocks = defaultdict(set)
    for split in ("train", "validation", "test"):
        clocks["clock"] |= {split for n in names[split] if "oclock" in n}
    assert len(clocks["clock"]) == 1


def test_the_same_row_is_the_same_idea_for_every_designer():
    emoji = load_emoji("test")
    names = [
        [n for n, d in zip(emoji.names, emoji.designer, strict=True) if d == i] for i in range(5)
    ]
    assert all(n == names[0] for n in names)
    some = load_emoji("test", designers=["openmoji", "noto"])
    assert some.designer_names == ("openmoji", "noto")
    assert torch.equal(some.images[some.designer == 1], emoji.images[emoji.designer == 0])


def test_small_images_are_averages_of_the_stored_ones():
    large, small = load_emoji("test", 64).images.float(), load_emoji("test", 32).images.float()
    assert (torch.nn.functional.avg_pool2d(large, 2) - small).abs().max() <= 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "dev"}, "train, validation, test, all"),
        ({"size": 48}, "32 or 64"),
        ({"designers": ["apple"]}, "noto, twemoji"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(arguments, message):
    with pytest.raises(ValueError, match=message):
        load_emoji(**arguments)


def test_every_designer_has_a_licence():
    rows = {row["designer"]: row for row in emoji_attribution()}
    assert set(rows) == set(EMOJI_DESIGNERS)
    assert all(row["license"] and row["source"] and row["author"] for row in rows.values())


def test_photographs_and_their_splits():
    splits = photo_splits()
    assert len(splits) == 115
    counts = {s: len(photo_names(s)) for s in SPLITS}
    assert counts["train"] + counts["validation"] + counts["test"] == counts["all"] == 115
    assert min(counts.values()) >= 10
    for photo in load_photos("test"):
        assert photo.image.dtype == torch.uint8
        assert photo.image.shape[0] == 3
        assert 512 <= max(photo.image.shape) <= 768, photo.name
        assert photo.attribution.author and photo.attribution.license and photo.attribution.source


def test_a_photograph_by_name_and_size():
    assert max(load_photo("monuments_petra", 128).image.shape) == 128
    with pytest.raises(ValueError, match="photo_names"):
        load_photo("monuments_atlantis")
    with pytest.raises(ValueError, match="long_side is 4096"):
        load_photo("monuments_petra", 4096)
