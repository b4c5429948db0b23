"""The embedded emoji and photographs: what is promised about them."""

import hashlib
import json
from collections import defaultdict
from importlib import resources

import pytest
import torch

from aesthetic_utils.data import load_emoji, load_photo, load_photos, photo_names
from aesthetic_utils.data.emoji import (
    EMOJI_DESIGNERS,
    EMOJI_HANDS,
    SPLITS,
    drawing_attribution,
    emoji_attribution,
)
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
        ({"ideas": "most"}, "common or all"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(arguments, message):
    with pytest.raises(ValueError, match=message):
        load_emoji(**arguments)


CORE_SHEETS = {  # the lessons' published outputs rest on these very pictures and names
    "noto.webp": "ad1d62fce0df6053b447d6cf416d5159216c972ae85a8121c31aa8d1302e67e4",
    "twemoji.webp": "315c0640ca00042e17af9fe73ca9f3f2ad1dd67ff2bbb97c0c67396f5fe81c3d",
    "fluent.webp": "228fa887ae6e87571e7b9662bd44abfd98456e0f448d1fedc459d0760ead1b61",
    "emojione.webp": "28b7b7811e5b2626d370f3cdacde93350f3cd5f8c5f26410377147dfc759b06b",
    "openmoji.webp": "fb4b9be1d40333f9dfaebe1a41c04c13e762458a4d21f06fe63b013c2808fa28",
    "names.json": "72ccfda9452a306facc283625575a902a6c12fa263a43fef281eefe4f125631b",
}


def test_the_core_is_as_it_always_was():
    for name, expected in CORE_SHEETS.items():
        data = (FILES / "emoji" / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == expected, name
    emoji, index = load_emoji("all"), json.loads((FILES / "emoji" / "names.json").read_text())
    assert emoji.names == [row["name"] for row in index] * 5
    split = {row["name"]: row["split"] for row in index}
    for name in ("train", "validation", "test"):
        assert {split[n] for n in load_emoji(name).names} == {name}


@pytest.fixture(scope="module")
def every():
    return load_emoji("all", size=64, ideas="all")


def test_ten_hands_drew_more_than_twelve_thousand_pictures(every):
    assert every.designer_names == EMOJI_HANDS and len(EMOJI_HANDS) == 10
    rows = {row["designer"]: int(row["drawings"]) for row in emoji_attribution()}
    assert every.designer.bincount().tolist() == [rows[hand] for hand in EMOJI_HANDS]
    assert len(every) == sum(rows.values()) > 12_500 and min(rows.values()) > 550
    assert every.category.bincount().min() > 500


def test_no_drawing_is_empty_and_none_is_twice_among_those_added(every):
    flat = every.images.flatten(1)
    for part in every.images.split(1000):
        ink = (part.amin(1) < 250).flatten(1).float().mean(1)  # [N]
        assert ink.min() > 0.03
        assert part.flatten(1).float().std(1).min() > 1, "one colour from corner to corner"
    common = set(load_emoji("all", designers=["noto"]).names)
    for hand in range(10):
        rows = (every.designer == hand).nonzero()[:, 0].tolist()
        seen = {}
        for i in rows:
            seen.setdefault(flat[i].numpy().tobytes(), []).append(every.names[i])
        for names in seen.values():
            assert len(names) == 1 or (hand < 5 and set(names) <= common), (
                EMOJI_HANDS[hand],
                names,
            )


def test_a_code_point_is_one_idea_in_every_hand(every):
    name, category = {}, {}
    for n, c, k in zip(every.names, every.code_points, every.category.tolist(), strict=True):
        assert name.setdefault(c, n) == n and category.setdefault(c, k) == k
    assert len(set(name.values())) == len(name)
    pairs = list(zip(every.designer.tolist(), every.code_points, strict=True))
    assert len(set(pairs)) == len(pairs), "one drawing a hand and code point"
    skins = {f"{value:x}" for value in range(0x1F3FB, 0x1F400)}
    assert not any(skins & set(c.split("-")) for c in name)
    assert name["1f423"] == "hatching-chick" and name["1f680"] == "rocket"


def rank_of_the_same(a, b):
    """Share of b's rows that are less like a row of a than b's row of the same number; the median."""
    likeness = a @ b.T
    return (likeness < likeness.diagonal()[:, None]).float().mean(1).median().item()


def test_of_all_drawings_by_another_hand_that_of_the_same_idea_is_among_the_most_alike(every):
    pool, rows = torch.nn.functional.avg_pool2d, {}
    small = torch.cat([pool(part.float(), 8).flatten(1) for part in every.images.split(1000)])
    small = torch.nn.functional.normalize(small - small.mean(1, keepdim=True), dim=1)  # [N, 192]
    for i, (hand, name) in enumerate(zip(every.designer.tolist(), every.names, strict=True)):
        rows.setdefault(EMOJI_HANDS[hand], {})[name] = i
    for hand in EMOJI_HANDS[1:]:
        names = [name for name in rows["noto"] if name in rows[hand]]
        a, b = (small[[rows[h][name] for name in names]] for h in ("noto", hand))
        assert rank_of_the_same(a, b) > 0.9, hand
        assert rank_of_the_same(a, b.roll(37, 0)) < 0.75, "else the measure says nothing"


def test_the_larger_split_contains_the_core_and_shares_no_idea():
    common = {s: set(load_emoji(s, designers=["noto"]).names) for s in SPLITS}
    larger = {s: load_emoji(s, ideas="all") for s in SPLITS}
    names = {s: set(emoji.names) for s, emoji in larger.items()}
    for split in SPLITS:
        assert common[split] <= names[split]
    held_out = common["validation"] | common["test"]
    assert not held_out & names["train"] and not common["train"] & (
        names["validation"] | names["test"]
    )
    codes = {s: set(larger[s].code_points) for s in ("train", "validation", "test")}
    assert sum(map(len, codes.values())) == len(set.union(*codes.values()))
    assert 0.08 < len(larger["test"]) / len(larger["all"]) < 0.12


def test_variants_of_an_idea_are_on_one_side():
    """Runner, running man and running woman; every family of names of the core with what was added to it."""
    from tools.emoji.drawings import family

    side = {}
    for split in ("train", "validation", "test"):
        for name in set(load_emoji(split, ideas="all").names):
            side.setdefault(family(name), set()).add(split)
    common = {family(n) for n in load_emoji("all", designers=["noto"]).names}
    assert all(len(side[f]) == 1 for f in common)
    for words in ("scientist", "genie", "pilot"):
        assert len(side[words]) == 1


def test_hands_can_be_chosen_and_their_common_ideas():
    two = load_emoji("test", designers=["streamline", "noto"])
    half = len(two) // 2
    assert two.names[:half] == two.names[half:] and two.designer.tolist() == [0] * half + [1] * half
    assert 0 < half < 100 and set(two.names) <= set(load_emoji("test").names)
    alone = load_emoji("test", designers=["streamline"], ideas="all")
    assert set(two.names) <= set(alone.names) and alone.designer_names == ("streamline",)
    assert alone.names == sorted(alone.names)
    noto = load_emoji("test", designers=["noto"], ideas="all")
    core = load_emoji("test", designers=["noto"])
    rows = [noto.names.index(n) for n in core.names]
    assert torch.equal(noto.images[rows], core.images)


def test_every_hand_has_a_licence_and_share_alike_has_files_of_its_own():
    rows = {row["designer"]: row for row in emoji_attribution()}
    assert tuple(rows) == EMOJI_HANDS and EMOJI_HANDS[:5] == EMOJI_DESIGNERS
    assert all(row["license"] and row["source"] and row["author"] for row in rows.values())
    manifest = json.loads((FILES / "emoji" / "manifest.json").read_text())["sha256"]
    sheets = {}
    for hand, row in rows.items():
        for file, sha in ((row["file"], row["sha256"]), (row["more"], row["more_sha256"])):
            if file:
                assert manifest[file] == sha and sheets.setdefault(file, hand) == hand
    assert set(sheets) == {name for name in manifest if name.endswith(".webp")}
    alike = {hand for hand, row in rows.items() if "SA" in row["license"]}
    assert alike == {"openmoji", "emojione-v1"}


def test_a_drawing_says_whose_it_is():
    row = drawing_attribution("rocket", "fxemoji")
    assert (row["code_point"], row["icon"], row["license"]) == ("1f680", "rocket", "CC-BY-4.0")
    assert drawing_attribution("ewe", "fxemoji")["icon"] == "sheep"
    for name, hand in (("rocket", "apple"), ("dragon-rider", "noto")):
        with pytest.raises(ValueError, match="no drawing"):
            drawing_attribution(name, hand)


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
