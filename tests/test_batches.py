"""Batches from one tensor."""

import pytest
import torch

from aesthetic_utils.data import TensorBatches, random_flip, random_shift
from aesthetic_utils.runtime import step_generator

IMAGES = torch.arange(10, dtype=torch.uint8)[:, None, None, None].expand(10, 3, 8, 8).contiguous()
LABELS = torch.arange(10)


def test_an_epoch_gives_every_image_once_with_its_label():
    batches = TensorBatches(IMAGES, LABELS, batch_size=4)
    seen = []
    for images, labels in batches:
        assert images.dtype == torch.float32
        assert torch.allclose(images[:, 0, 0, 0] * 255, labels.float())
        seen += labels.tolist()
    assert sorted(seen) == list(range(10))
    assert len(batches) == 3


def test_epochs_differ_and_a_seed_repeats_them():
    def two_epochs(seed):
        batches = TensorBatches(IMAGES, LABELS, batch_size=10, seed=seed)
        return [next(iter(batches))[1].tolist() for _ in range(2)]

    first = two_epochs(0)
    assert first[0] != first[1]
    assert first == two_epochs(0) != two_epochs(1)


def test_a_batch_by_its_number_is_the_batch_of_the_loop():
    make = lambda: TensorBatches(IMAGES, LABELS, batch_size=3, augment=[random_flip])  # noqa: E731
    looped = [b for _ in range(2) for b in [*make_epochs(make())]][:8]
    by_number = [make().batch(step) for step in range(8)]
    for (a, x), (b, y) in zip(looped, by_number, strict=True):
        assert torch.equal(a, b)
        assert torch.equal(x, y)


def make_epochs(batches):
    for _ in range(2):
        yield from batches


def test_channels_last_keeps_values_and_changes_layout():
    plain = TensorBatches(IMAGES, batch_size=5).batch(1)[0]
    last = TensorBatches(IMAGES, batch_size=5, channels_last=True).batch(1)[0]
    assert torch.equal(plain, last)
    assert last.is_contiguous(memory_format=torch.channels_last)


def test_drop_last_leaves_out_the_rest():
    assert len(TensorBatches(IMAGES, batch_size=4, drop_last=True)) == 2


def test_flip_mirrors_some_and_keeps_the_others():
    images = torch.rand(64, 3, 4, 4)
    flipped = random_flip(images, step_generator(0, 0))
    mirrored = (flipped == images.flip(3)).flatten(1).all(1)
    kept = (flipped == images).flatten(1).all(1)
    assert (mirrored ^ kept).all()
    assert 16 < mirrored.sum() < 48


def test_shift_moves_by_whole_pixels_and_repeats_the_border():
    images = torch.rand(1, 1, 9, 9)
    moved = random_shift(images, step_generator(0, 3), pixels=2)[0, 0]
    padded = torch.nn.functional.pad(images, [2] * 4, mode="replicate")[0, 0]
    windows = [padded[y : y + 9, x : x + 9] for y in range(5) for x in range(5)]
    assert any(torch.equal(moved, w) for w in windows)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((IMAGES[0],), r"\[N, C, H, W\]"),
        ((IMAGES[:0],), "N > 0"),
        ((IMAGES, LABELS[:9]), "10 images, but 9 labels"),
    ],
)
def test_wrong_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        TensorBatches(*arguments)
