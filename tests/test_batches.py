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
    batches = TensorBatches(IMAGES, batch_size=4, drop_last=True)
    assert len(batches) == 2
    assert [len(images) for (images,) in batches] == [4, 4]
    assert [len(images) for (images,) in TensorBatches(IMAGES, batch_size=4)] == [4, 4, 2]
    assert len(TensorBatches(IMAGES, batch_size=5)) == 2, "no rest, no batch more"
    assert len(TensorBatches(IMAGES, batch_size=10, drop_last=True)) == 1


def test_without_shuffling_the_order_is_the_given_one_and_all_labels_come_along():
    batches = TensorBatches(IMAGES, LABELS, 2 * LABELS, batch_size=4, shuffle=False)
    for _ in range(2):
        rows = [(a.tolist(), b.tolist()) for _, a, b in batches]
        assert rows[2] == ([8, 9], [16, 18])
        assert [label for labels, _ in rows for label in labels] == list(range(10))


def test_every_epoch_of_every_seed_has_an_order_of_its_own():
    orders = []
    for seed in range(3):
        batches = TensorBatches(IMAGES, LABELS, batch_size=10, seed=seed)
        orders += [tuple(labels.tolist()) for _ in range(4) for _, labels in batches]
    assert len(set(orders)) == 12
    again = TensorBatches(IMAGES, LABELS, batch_size=10)
    assert tuple(again.batch(2)[1].tolist()) == orders[2], "whatever was drawn before"


def test_float_images_stay_as_they_are_and_the_set_is_not_changed():
    images = torch.rand(4, 3, 8, 8)
    (found,) = TensorBatches(images, batch_size=4, shuffle=False).batch(0)
    assert torch.equal(found, images)
    white = torch.full((2, 3, 8, 8), 255, dtype=torch.uint8)
    batches = TensorBatches(white, batch_size=2)
    assert (batches.batch(0)[0] == 1).all() and (batches.batch(1)[0] == 1).all()


def test_augmentations_get_the_batch_one_after_the_other_with_its_generator():
    drawn = []

    def brighter(images, generator):
        drawn.append(torch.rand(1, generator=generator).item())
        return images + 1

    batches = TensorBatches(IMAGES, batch_size=10, shuffle=False, augment=[brighter, brighter])
    (images,) = batches.batch(3)
    torch.testing.assert_close(images[:, 0, 0, 0] * 255, LABELS.float() + 2)
    batches.batch(3), batches.batch(4)
    assert drawn[:2] == drawn[2:4] and len(set(drawn)) == 4


def test_flip_mirrors_some_and_keeps_the_others():
    images = torch.rand(64, 3, 4, 4)
    flipped = random_flip(images, step_generator(0, 0))
    mirrored = (flipped == images.flip(3)).flatten(1).all(1)
    kept = (flipped == images).flatten(1).all(1)
    assert (mirrored ^ kept).all()
    assert 16 < mirrored.sum() < 48


def test_random_changes_depend_on_the_generator_alone():
    images = torch.rand(16, 3, 8, 8)
    for change in (random_flip, random_shift):
        a, b = change(images, step_generator(1, 0)), change(images, step_generator(1, 0))
        assert torch.equal(a, b)
        assert not torch.equal(a, change(images, step_generator(1, 1)))


@pytest.mark.parametrize("pixels", [4, 1])
def test_each_image_is_shifted_by_itself_as_far_as_allowed_each_way(pixels):
    """Brightness that rises to the right and downwards: the middle pixel says where it came from."""
    y, x = torch.meshgrid(torch.arange(11), torch.arange(15), indexing="ij")
    images = torch.stack([y, x]).expand(3000, 2, 11, 15)
    options = {} if pixels == 4 else {"pixels": pixels}  # 4 by default
    moved = random_shift(images, step_generator(0, 0), **options)
    dy, dx = (moved[:, :, 5, 7] - torch.tensor([5, 7])).T
    reach = range(-pixels, pixels + 1)
    assert set(zip(dy.tolist(), dx.tolist(), strict=True)) == {(a, b) for a in reach for b in reach}
    rows = (y + dy[:, None, None]).clamp(0, 10)
    columns = (x + dx[:, None, None]).clamp(0, 14)
    assert torch.equal(moved, torch.stack([rows, columns], 1))


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


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"batch_size": 11, "drop_last": True}])
def test_a_batch_that_cannot_be_filled_is_named(options):
    with pytest.raises(ValueError, match=f"batch_size is {options['batch_size']} for 10 images"):
        TensorBatches(IMAGES, **options)
    assert len(TensorBatches(IMAGES, batch_size=1)) == 10
    assert len(TensorBatches(IMAGES, batch_size=11)) == 1
