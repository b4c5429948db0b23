"""Batches that are mirrored and moved: each draw against a slow witness."""

import pytest
import torch
import torch.nn.functional as F

from aesthetic_utils.data.augmented import AugmentedBatches, moved, reflected

N, SIZE = 12, 8
IMAGES = torch.randint(
    256, (N, 3, SIZE, SIZE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
)
LABELS = torch.arange(N)


def make(**options):
    return AugmentedBatches(IMAGES, LABELS, **{"batch_size": 4, "seed": 5} | options)


def epoch_of(batches, epoch: int) -> dict[int, torch.Tensor]:
    """label -> image, of a whole epoch."""
    steps = range(epoch * len(batches), (epoch + 1) * len(batches))
    pairs = [batches.batch(step) for step in steps]
    return {int(y): x for images, labels in pairs for x, y in zip(images, labels, strict=True)}


def is_mirrored(seen: torch.Tensor, label: int) -> bool:
    image = IMAGES[label].float() / 255
    mirrored = torch.allclose(seen, image.flip(2))
    assert mirrored != torch.allclose(seen, image), "one or the other"
    return mirrored


def test_reflection_is_that_of_padding():
    row = torch.arange(6.0)[None, None]
    padded = F.pad(row, (5, 5), mode="reflect").flatten()
    assert torch.equal(padded, row.flatten()[reflected(torch.arange(-5, 11), 6)])


def test_moved_images_are_padded_flipped_and_cropped_ones():
    generator = torch.Generator().manual_seed(1)
    rows = torch.randint(N, (40,), generator=generator)
    mirrored = torch.randint(2, (40,), generator=generator)
    down, right = torch.randint(-3, 4, (2, 40), generator=generator)
    found = moved(IMAGES.permute(0, 2, 3, 1), rows, mirrored, down, right)
    for image, row, flip, dy, dx in zip(found, rows, mirrored, down, right, strict=True):
        source = IMAGES[row].flip(2) if flip else IMAGES[row]
        wide = F.pad(source[None].float(), (3, 3, 3, 3), mode="reflect")[0]
        expected = wide[:, 3 - dy : 3 - dy + SIZE, 3 - dx : 3 - dx + SIZE]
        assert torch.equal(image.float(), expected)


def test_without_augmentation_every_image_comes_once_as_it_is():
    seen = epoch_of(make(), 0)
    assert sorted(seen) == list(range(N))
    for label, image in seen.items():
        torch.testing.assert_close(image, IMAGES[label].float() / 255)
    assert list(epoch_of(make(), 1)) != list(seen), "another order"
    assert list(epoch_of(make(seed=6), 0)) != list(seen)


def test_a_random_flip_mirrors_about_half_and_draws_anew():
    batches = make(flip="random")
    epochs = [
        [is_mirrored(x, y) for y, x in sorted(epoch_of(batches, e).items())] for e in range(40)
    ]
    assert 0.4 < torch.tensor(epochs).float().mean() < 0.6
    both = sum(
        a != b for e in range(0, 40, 2) for a, b in zip(epochs[e], epochs[e + 1], strict=True)
    )
    assert 0.4 < both / (20 * N) < 0.6, "half of the pairs of epochs show one side twice"


def test_an_alternating_flip_shows_both_sides_in_any_two_epochs():
    batches = make(flip="alternating")
    epochs = [
        [is_mirrored(x, y) for y, x in sorted(epoch_of(batches, e).items())] for e in range(4)
    ]
    assert epochs[0] == epochs[2] and epochs[1] == epochs[3]
    assert all(a != b for a, b in zip(epochs[0], epochs[1], strict=True))
    assert 0 < sum(epochs[0]) < N
    other = epoch_of(make(flip="alternating", seed=6), 0)
    assert [is_mirrored(x, y) for y, x in sorted(other.items())] != epochs[0]


def test_shifts_stay_within_their_bound_and_reach_it():
    rows, _, down, right = make(shift=2, batch_size=12)._draws(0)
    draws = torch.cat([make(shift=2)._draws(epoch)[2:] for epoch in range(20)], 1)
    assert draws.unique().tolist() == [-2, -1, 0, 1, 2]
    assert not torch.equal(down, right) and sorted(rows.tolist()) == list(range(N))


def test_a_batch_depends_on_seed_and_number_alone():
    options = {"flip": "alternating", "shift": 2}
    forwards = [make(**options).batch(step) for step in range(7)]
    batches = make(**options)
    for step in (6, 2, 4, 0, 5, 1, 3):
        for a, b in zip(batches.batch(step), forwards[step], strict=True):
            assert torch.equal(a, b)


def test_the_rest_is_left_out_and_the_layout_is_as_asked():
    batches = make(batch_size=5, channels_last=True)
    assert len(batches) == 2
    images, _ = batches.batch(0)
    assert images.shape == (5, 3, SIZE, SIZE) and images.dtype == torch.float32
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert make(batch_size=5).batch(0)[0].is_contiguous()


@pytest.mark.parametrize(
    "options, words",
    [({"flip": "both"}, "'both'.*alternating"), ({"shift": 8}, "shift is 8"), ({"shift": -1}, "shift"),
     ({"batch_size": 13}, "13 for 12"), ({"batch_size": 0}, "batch_size is 0")],
    ids=str,
)  # fmt: skip
def test_settings_that_make_no_sense_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        make(**options)


def test_images_of_another_kind_are_refused():
    for images, labels in [(IMAGES.float(), LABELS), (IMAGES[0], LABELS), (IMAGES, LABELS[:3])]:
        with pytest.raises(ValueError, match=r"uint8 \[N, C, H, W\]"):
            AugmentedBatches(images, labels, batch_size=2)
