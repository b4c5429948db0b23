"""Patches from anywhere in many photographs: where they lie, which are drawn, and what a step draws again."""

import pytest
import torch
import torch.nn.functional as F

from aesthetic_utils.training import patches
from aesthetic_utils.training.patches import PatchPool, patch_pool
from aesthetic_utils.training.super_resolution import bicubic_down, bicubic_up


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(h: int, w: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, 256, (3, h, w), dtype=torch.uint8, generator=seeded(seed))


def test_the_eight_ways_are_those_of_a_square():
    square = torch.arange(9).view(3, 3)
    rows, columns = patches.oriented(torch.arange(8), 3)
    found = [square[r, c] for r, c in zip(rows, columns, strict=True)]
    turned = [square.rot90(k) for k in range(4)]
    expected = {tuple(x.flatten().tolist()) for t in turned for x in (t, t.flip(1))}
    assert len(expected) == 8 and {tuple(x.flatten().tolist()) for x in found} == expected
    assert torch.equal(found[0], square)


def numbered(scale: int) -> PatchPool:
    """One photograph in which each pixel says which small pixel it belongs to: 15 x 17 small pixels."""
    small = torch.arange(15 * 17).view(15, 17)
    large = small.repeat_interleave(scale, 0).repeat_interleave(scale, 1)
    low, high = (x.reshape(-1, 1).repeat(1, 3).to(torch.uint8) for x in (small, large))
    y, x = torch.meshgrid(torch.arange(10), torch.arange(12), indexing="ij")
    y, x = y.flatten(), x.flatten()
    places = [17 * y + x, scale * (scale * 17 * y + x), torch.full_like(y, 17)]
    return PatchPool(low=low, high=high, places=torch.stack(places, 1), scale=scale, patch=5)


@pytest.mark.parametrize("scale", [2, 4])
def test_small_and_large_patches_are_of_one_place_and_turned_alike(scale):
    low, high = numbered(scale).sample(batch_size=200, seed=0, step=0)
    assert low.shape == (200, 3, 5, 5) and high.shape == (200, 3, 5 * scale, 5 * scale)
    levels = (low * 255).round().long()
    assert torch.equal(
        (high * 255).round().long(), levels.repeat_interleave(scale, 2).repeat_interleave(scale, 3)
    )
    down, across = levels[:, 0, 1, 0] - levels[:, 0, 0, 0], levels[:, 0, 0, 1] - levels[:, 0, 0, 0]
    assert {(int(a), int(b)) for a, b in zip(down, across, strict=True)} == {
        (17, 1), (17, -1), (-17, 1), (-17, -1), (1, 17), (1, -17), (-1, 17), (-1, -17)
    }  # fmt: skip


def test_a_pool_holds_each_photograph_made_small_as_a_whole():
    photos = [noise(41, 62), noise(60, 47, 1)]
    pool = patch_pool(photos, 4, 6, reject=0.0, stride=1)
    first = photos[0][:, :40, :60]
    small = (bicubic_down(first[None].float() / 255, 4) * 255).round().to(torch.uint8)[0]
    assert torch.equal(pool.low[: 10 * 15].view(10, 15, 3).permute(2, 0, 1), small)
    assert torch.equal(pool.high[: 40 * 60].view(40, 60, 3).permute(2, 0, 1), first)
    assert len(pool.places) == 5 * 10 + 10 * 6, "every place where a patch fits"
    assert len(pool.low) == 10 * 15 + 15 * 11 and len(pool.high) == 16 * len(pool.low)


@pytest.mark.parametrize("scale", [1, 4])
def test_no_patch_reaches_into_another_photograph(scale):
    grey = [torch.full((3, 48, 40 + 4 * i), 30 * i, dtype=torch.uint8) for i in range(4)]
    pool = patch_pool(grey, scale, 8, reject=0.0)
    low, high = pool.sample(batch_size=300, seed=0, step=0)
    assert (low == low[:, :1, :1, :1]).all() and (high == low[:, :1, :1, :1]).all()
    assert len(low[:, 0, 0, 0].unique()) == 4


@pytest.mark.parametrize("scale", [1, 2])
def test_places_without_detail_are_left_out(scale):
    photo = noise(96, 96)
    photo[:, :, :48] = 128  # the left half is flat
    whole = patch_pool([photo], scale, 12, reject=0.0, stride=4)
    half = patch_pool([photo], scale, 12, reject=0.5, stride=4)
    assert len(half.places) == len(whole.places) - int(0.5 * len(whole.places))
    low, _ = half.sample(batch_size=200, seed=0, step=0)
    flat, _ = whole.sample(batch_size=200, seed=0, step=0)
    assert low.std((1, 2, 3)).min() > 0 and flat.std((1, 2, 3)).min() == 0
    assert {tuple(p) for p in half.places.tolist()} < {tuple(p) for p in whole.places.tolist()}


def test_what_reduction_loses_is_bicubics_error():
    image = torch.rand(1, 3, 16, 24, generator=seeded())
    error = (bicubic_up(bicubic_down(image, 4), 4) - image).square().mean(1, keepdim=True)
    found = patches.lost_detail(image, 4)
    assert found.shape == (1, 1, 4, 6)
    torch.testing.assert_close(found, F.avg_pool2d(error, 4))
    assert patches.lost_detail(image, 1).shape == (1, 1, 16, 24)
    assert patches.lost_detail(torch.full((1, 3, 8, 8), 0.5), 2).max() < 1e-10


def test_without_enlarging_the_photographs_are_kept_once():
    pool = patch_pool([noise(31, 40)], 1, 8)
    assert pool.high is pool.low and pool.to("cpu").high is pool.to("cpu").low
    low, high = pool.sample(batch_size=3, seed=0, step=0)
    assert torch.equal(low, high)


def test_a_batch_depends_on_seed_and_step_alone():
    pool = patch_pool([noise(64, 64)], 2, 8)
    first = pool.sample(batch_size=4, seed=1, step=7)
    torch.rand(3)
    again = pool.sample(batch_size=4, seed=1, step=7)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], pool.sample(batch_size=4, seed=1, step=8)[0])
    assert not torch.equal(first[0], pool.sample(batch_size=4, seed=2, step=7)[0])


def test_photographs_that_are_too_small_are_named_or_passed_over():
    with pytest.raises(ValueError, match="no photograph has 96 x 96 pixels"):
        patch_pool([noise(95, 200)], 4, 24)
    pool = patch_pool([noise(30, 200), noise(40, 40, 1)], 4, 8)
    assert len(pool.low) == 100
