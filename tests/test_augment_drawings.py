"""Changes of drawings: what moves, what is covered, and what must not be mirrored."""

import pytest
import torch

from aesthetic_utils.data import cut_out_white, load_emoji, mirror_images, shift_on_white


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


def dark(n=64, size=16):
    """uint8 [n, 3, size, size] without a single white pixel."""
    return torch.randint(0, 255, (n, 3, size, size), dtype=torch.uint8, generator=torch.Generator())


def test_a_shifted_drawing_is_a_part_of_the_old_one_on_white(generator):
    images = dark()
    moved = shift_on_white(images, generator, 3)
    assert moved.dtype == torch.uint8 and moved.shape == images.shape
    canvas = torch.full((64, 3, 22, 22), 255, dtype=torch.uint8)
    canvas[:, :, 3:19, 3:19] = images
    found = set()
    for drawing, place in zip(moved, canvas, strict=True):
        places = [
            (dy, dx)
            for dy in range(7)
            for dx in range(7)
            if torch.equal(drawing, place[:, dy : dy + 16, dx : dx + 16])
        ]
        assert len(places) == 1
        found |= set(places)
    assert {y for y, _ in found} == {x for _, x in found} == set(range(7))


def test_without_pixels_to_go_nothing_moves(generator):
    assert torch.equal(shift_on_white(dark(), generator, 0), dark())


def test_the_cut_out_is_one_white_square_and_nothing_else_changes(generator):
    images = dark(500)
    covered = cut_out_white(images, generator, 5)
    changed = (covered != images).any(1)  # [N, H, W]
    assert (covered[changed[:, None].expand_as(covered)] == 255).all()
    rows, columns = changed.any(2).sum(1), changed.any(1).sum(1)
    assert torch.equal(changed.flatten(1).sum(1), rows * columns), "a rectangle"
    assert rows.max() == columns.max() == 5 and rows.min() == columns.min() == 3, (
        "cut at the border"
    )
    assert (changed.float().mean(0) > 0).all(), "every place is covered at some time"


def test_the_same_seed_changes_in_the_same_way():
    for function in (shift_on_white, cut_out_white):
        one, same, other = (function(dark(), torch.Generator().manual_seed(s)) for s in (1, 1, 2))
        assert torch.equal(one, same) and not torch.equal(one, other)


def test_mirrored_drawings_hold_no_direction_and_nothing_written():
    emoji = load_emoji("test", ideas="all")
    mirrored, rows = mirror_images(emoji)
    assert torch.equal(mirrored.flip(3), emoji.images[rows])
    kept = {emoji.names[i] for i in set(range(len(emoji))) - set(rows.tolist())}
    assert len(rows) > 0.5 * len(emoji) and kept
    everything = load_emoji("all", designers=["noto"], ideas="all")
    names = {everything.names[i] for i in mirror_images(everything)[1].tolist()}
    assert not names & {"one-oclock", "left-arrow", "backhand-index-pointing-left", "keycap-1",
                        "input-latin-letters", "no-entry", "atm-sign", "newspaper", "calendar"}  # fmt: skip
    assert names >= {"penguin", "hatching-chick", "grinning-face", "rocket", "banana"}
