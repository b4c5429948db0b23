"""The live figure "attention": its data, and the values that its script is tested against, are what the tool gives."""

import base64
import gzip
import json

import numpy as np
import pytest
import torch
from PIL import Image

from aesthetic_utils.data.emoji import load_emoji
from tools import live_attention


@pytest.fixture(scope="module")
def stored() -> dict:
    text = (live_attention.FOLDER / "data.js").read_text("utf-8")
    return json.loads(text.partition(" = ")[2].rstrip().removesuffix(";"))


@pytest.fixture(scope="module")
def packed() -> dict[str, np.ndarray]:
    return live_attention.packed()


def flat(value) -> list[float]:
    if isinstance(value, dict):
        return [x for key in sorted(value) for x in flat(value[key])]
    return [x for part in value for x in flat(part)] if isinstance(value, list) else [value]


def test_the_data_are_the_networks(stored, packed):
    content, at = gzip.decompress(base64.b64decode(stored["packed"])), 0
    for name, part in packed.items():
        kept = np.frombuffer(content, part.dtype, part.size, at).reshape(part.shape).astype(int)
        at += part.nbytes
        # another processor may round otherwise
        difference = np.abs(kept - part)
        assert (difference > 0).mean() < 0.01, name
        assert name == "tops" or difference.max() <= 1, name
    assert at == len(content)


def test_the_values_that_the_script_is_tested_against_are_torchs():
    kept = json.loads(live_attention.FIXTURE.read_text("utf-8"))
    again = live_attention.fixture()
    assert kept.keys() == again.keys()
    assert flat(kept) == pytest.approx(flat(again), abs=2e-5)


def test_shares_add_up_and_a_patch_that_is_white_already_changes_nothing():
    images, _ = live_attention.chosen()
    shares = live_attention.looks(images)
    assert torch.allclose(shares.sum(-1), torch.ones(()), atol=1e-5)
    white = images.unfold(2, 4, 4).unfold(3, 4, 4).permute(0, 2, 3, 1, 4, 5).flatten(3).amin(3)
    empty = (white == 255).flatten(1)  # [D, 64]
    found = live_attention.answers(images)
    unchanged = (found[:, 1:] - found[:, :1]).abs().amax(-1)
    assert empty.any() and unchanged[empty].max() < 1e-5


def test_the_drawings_are_held_out_and_as_the_network_sees_them(stored):
    names = {name for name, _, _ in live_attention.CHOSEN}
    assert not names & set(load_emoji("train", ideas="all").names)
    images, hands = live_attention.chosen()
    assert stored["drawn"] == hands.tolist()
    picture = np.asarray(Image.open(live_attention.FOLDER / "drawings.webp").convert("RGB"))
    expected = np.concatenate(list(images.permute(0, 2, 3, 1).numpy()), axis=1)
    assert np.abs(picture.astype(int) - expected).mean() < 3  # of 255: 96 colours for all of them


def test_the_still_picture_is_what_the_tool_draws():
    kept = np.asarray(Image.open(live_attention.STILL).convert("RGB")).astype(int)
    drawn = np.asarray(live_attention.still()).astype(int)
    assert kept.shape == drawn.shape
    assert np.abs(kept - drawn).max() <= 2


def test_the_figure_is_light():
    """Without what it shares with others, in bytes, not packed."""
    files = list(live_attention.FOLDER.iterdir())
    assert sum(path.stat().st_size for path in files) < 45_000
    assert live_attention.STILL.stat().st_size < 4_000
