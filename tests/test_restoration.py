"""Degradations, tiles, patches, and the finished network on whole photographs."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

from aesthetic_utils.training import super_resolution as sr


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# --------------------------------------------------------------------------------------------------
# blur


SIGMAS = torch.tensor([0.0, 0.6, 1.1, 1.6])


def test_each_image_of_a_batch_gets_its_own_blur():
    images = torch.rand(4, 3, 12, 15, generator=seeded())
    together = sr.blur(images, SIGMAS)
    alone = [
        sr.blur(image[None], sigma[None])[0] for image, sigma in zip(images, SIGMAS, strict=True)
    ]
    torch.testing.assert_close(together, torch.stack(alone))


def test_blur_is_scipys():
    images = torch.rand(4, 3, 12, 15, generator=seeded()).double()
    found = sr.blur(images, SIGMAS)
    for image, sigma, blurred in zip(images[1:], SIGMAS[1:], found[1:], strict=True):
        for channel, ours in zip(image.numpy(), blurred.numpy(), strict=True):
            theirs = ndimage.gaussian_filter(channel, sigma.item(), mode="mirror", radius=4)
            np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_kernels_are_gaussians_that_sum_to_one():
    kernels = sr.gaussian_kernels(torch.tensor([0.0, 1.0, 2.0]), radius=3)
    assert kernels.shape == (3, 7)
    torch.testing.assert_close(kernels.sum(1), torch.ones(3))
    assert kernels[0].tolist() == [0, 0, 0, 1, 0, 0, 0], "no width: the pixel itself"
    assert (kernels[1, 2] / kernels[1, 3]).item() == pytest.approx(np.exp(-1 / 2))
    assert (kernels[2, 1] / kernels[2, 3]).item() == pytest.approx(np.exp(-1 / 2))


# --------------------------------------------------------------------------------------------------
# damage


def test_damage_blurs_each_image_adds_noise_to_each_and_rounds():
    images = torch.rand(3, 3, 16, 16, generator=seeded()) * 0.2 + 0.4
    blurs, noises = torch.tensor([0.0, 1.5, 0.8]), torch.tensor([0.05, 0.0, 0.02])
    found = sr.damage(images, blurs, noises, seeded(1))
    assert torch.equal(found, sr.eight_bit(found))
    added = (found - sr.blur(images, blurs)).flatten(1).std(1)
    torch.testing.assert_close(added, noises, atol=0.003, rtol=0.05)
    again = sr.damage(images, blurs, noises, seeded(1))
    assert torch.equal(found, again)


def test_each_kind_of_damage_has_its_share():
    shares = sr.DamageSettings(clean=0.1, blur=0.3, noise=0.2, jpeg=0.1)
    blurred, noisy, compressed = sr.which_damage(20_000, seeded(), shares)
    alone = {
        "blur": blurred & ~noisy & ~compressed,
        "noise": noisy & ~blurred & ~compressed,
        "jpeg": compressed & ~blurred & ~noisy,
        "clean": ~(blurred | noisy | compressed),
    }
    for kind, found in alone.items():  # a mixture of the other 0.3 may have one kind only, or none
        expected = getattr(shares, kind) + 0.3 / 8
        assert found.float().mean().item() == pytest.approx(expected, abs=0.01), kind
    every = blurred & noisy & compressed
    assert every.float().mean().item() == pytest.approx(0.3 / 8, abs=0.01)


@pytest.mark.parametrize("kind", ["clean", "blur", "noise", "jpeg"])
def test_random_damage_does_what_its_kind_says(kind, monkeypatch):
    none = dict.fromkeys(["clean", "blur", "noise", "jpeg"], 0.0)
    settings = sr.DamageSettings(**none | {kind: 1.0})
    drawn, qualities = [], []
    monkeypatch.setattr(sr, "damage", lambda images, *two: drawn.extend(two) or images)
    monkeypatch.setattr(sr, "jpeg", lambda images, q: qualities.append(q) or images + 1)
    images = torch.zeros(6000, 1, 1, 1)
    found = sr.random_damage(images, seeded(), settings)
    blur, noise = drawn[:2]
    for name, values, largest in (("blur", blur, 2.0), ("noise", noise, 50 / 255)):
        if name == kind:
            assert 0.99 * largest < values.max().item() <= largest
            assert values.mean().item() == pytest.approx(largest / 2, rel=0.05)
        else:
            assert (values == 0).all()
    assert (found == (kind == "jpeg")).all()
    assert 5 <= qualities[0].min() < 6 and 94 < qualities[0].max() <= 95


def test_random_damage_leaves_clean_pictures_and_depends_on_its_generator():
    images = sr.eight_bit(torch.rand(3, 3, 16, 16, generator=seeded(1)))
    clean = sr.DamageSettings(clean=1.0, blur=0.0, noise=0.0, jpeg=0.0)
    assert torch.equal(sr.random_damage(images, seeded(), clean), images)
    found = [sr.random_damage(images, seeded(n)) for n in (5, 5, 6)]
    assert torch.equal(found[0], found[1]) and not torch.equal(found[0], found[2])
    assert torch.equal(found[0], sr.eight_bit(found[0]))


def test_eight_bits_are_the_nearest_levels_of_the_range():
    values = torch.tensor([-0.2, 0.49 / 255, 0.51 / 255, 100.4 / 255, 1.3])
    torch.testing.assert_close(sr.eight_bit(values) * 255, torch.tensor([0.0, 0, 1, 100, 255]))


def test_bicubic_stays_in_the_range_where_the_kernel_overshoots():
    edge = torch.zeros(1, 1, 16, 16)
    edge[..., 8:] = 1
    for image in (sr.bicubic_up(edge, 4), sr.bicubic_down(edge, 2)):
        assert image.min() == 0 and image.max() == 1
    assert sr.bicubic_down(edge, 2).shape == (1, 1, 8, 8)
    with pytest.raises(ValueError, match="16 x 15 pixels cannot be divided by 4"):
        sr.bicubic_down(torch.zeros(1, 1, 16, 15), 4)
    with pytest.raises(ValueError, match="15 x 16 pixels cannot be divided by 4"):
        sr.bicubic_down(torch.zeros(1, 1, 15, 16), 4)


def test_cropping_keeps_the_upper_left():
    image = torch.arange(7 * 10.0).view(1, 1, 7, 10)
    assert torch.equal(sr.crop_to_multiple(image, 4), image[..., :4, :8])
    assert torch.equal(sr.crop_to_multiple(image[..., :4, :8], 4), image[..., :4, :8])


def test_tiles_hold_the_image_row_by_row_without_the_rest():
    image = torch.rand(3, 70, 133, generator=seeded())
    tiles = sr.cut_tiles(image, 32)
    assert tiles.shape == (8, 3, 32, 32)
    for i, tile in enumerate(tiles):
        y, x = divmod(i, 4)
        assert torch.equal(tile, image[:, 32 * y : 32 * y + 32, 32 * x : 32 * x + 32])


# --------------------------------------------------------------------------------------------------
# the step, and whole photographs


def test_in_decibels_every_picture_counts_by_the_factor_of_its_error():
    high = torch.zeros(3, 3, 4, 4, dtype=torch.float64)
    errors = torch.tensor([0.2, 0.05, 0.0], dtype=torch.float64)
    off = errors.view(3, 1, 1, 1).expand_as(high).clone()
    found = sr.decibel_loss(off, high)
    expected = np.mean([np.log(0.04 + 1e-3), np.log(0.0025 + 1e-3), np.log(1e-3)])
    assert found.item() == pytest.approx(expected)
    halved = sr.decibel_loss(off * torch.tensor([1.0, 0.5, 1.0]).view(3, 1, 1, 1), high, floor=0.0)
    assert (halved - sr.decibel_loss(off, high, floor=1e-300)).item() < 0
    off.requires_grad_()
    sr.decibel_loss(off, high).backward()
    pull = off.grad.flatten(1).norm(dim=1)
    assert pull[1] > 1.5 * pull[0] and pull[2] == 0, "the small error pulls harder, none not at all"


def test_the_step_takes_the_loss_that_it_is_told():
    model, low, high = Gain(1, 0.5), torch.full((2, 3, 4, 4), 0.8), torch.ones(2, 3, 4, 4)
    sgd = torch.optim.SGD(model.parameters(), 0.0)
    for name, value in (("absolute", 0.6), ("decibels", np.log(0.36 + 1e-3))):
        assert sr.super_resolution_step(model, sgd, low, high, loss=name).item() == pytest.approx(
            value, rel=1e-5
        )


def test_eight_orientations_are_each_seen_once_and_turned_back():
    image = torch.rand(3, 5, 7, generator=seeded())
    seen = []

    def double(x):
        seen.append(x.clone())
        return x.repeat_interleave(2, 1).repeat_interleave(2, 2)

    found = sr.self_ensemble(double, image)
    torch.testing.assert_close(found, double(image))
    shapes = [tuple(x.shape[1:]) for x in seen[:8]]
    assert sorted(shapes) == [(5, 7)] * 4 + [(7, 5)] * 4
    assert len({x.numpy().tobytes() for x in seen[:8]}) == 8

    def leftmost(x):  # an answer that depends on the direction in which the picture is seen
        return x.clone().index_fill_(2, torch.tensor([0]), 1.0)

    framed = sr.self_ensemble(leftmost, torch.zeros(3, 5, 7))
    assert framed[0, 2].tolist() == [0.25, 0, 0, 0, 0, 0, 0.25]
    assert framed[0, :, 3].tolist() == [0.25, 0, 0, 0, 0.25] and framed[0, 0, 0] == 0.5


class Gain(nn.Module):
    """Repeats every pixel `scale` times each way and multiplies it by one number; no neighbours."""

    def __init__(self, scale: int, gain: float = 1.0):
        super().__init__()
        self.config = type("Config", (), {"scale": scale, "channels": 4})()
        self.gain = nn.Parameter(torch.tensor(gain))
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, x):
        self.shapes.append(tuple(x.shape))
        s = self.config.scale
        return self.gain * x.repeat_interleave(s, 2).repeat_interleave(s, 3)


def test_the_step_returns_and_descends_the_mean_absolute_error():
    model = Gain(2, 0.5)
    low = torch.full((2, 3, 4, 4), 0.8)
    sgd = torch.optim.SGD(model.parameters(), 0.1)
    loss = sr.super_resolution_step(model, sgd, low, torch.ones(2, 3, 8, 8))
    assert loss.item() == pytest.approx(1 - 0.5 * 0.8) and not loss.requires_grad
    assert model.gain.item() == pytest.approx(0.5 + 0.1 * 0.8)


@pytest.mark.parametrize(("tile", "overlap"), [(5, 0), (5, 2), (8, 7), (64, 16)])
def test_tiles_are_put_where_they_belong_and_no_larger_than_asked_for(tile, overlap):
    model = Gain(3).train()
    image = torch.rand(3, 11, 17, generator=seeded())
    out = sr.upscale(model, image, tile=tile, overlap=overlap)
    assert torch.equal(out, image.repeat_interleave(3, 1).repeat_interleave(3, 2))
    largest = tile + 2 * overlap
    assert all(max(shape[2:]) <= largest for shape in model.shapes)
    assert model.training


def test_every_tile_sees_its_overlap_on_all_sides():
    model = Gain(1)
    sr.upscale(model, torch.rand(3, 15, 15), tile=5, overlap=2)
    seen = [shape[2:] for shape in model.shapes]
    sides = (7, 9, 7)  # the photograph ends at the first and the last
    assert seen == [(h, w) for h in sides for w in sides]


def test_without_further_words_a_small_photograph_stays_whole():
    model = Gain(1)
    sr.upscale(model, torch.rand(3, 128, 200))
    assert [shape[2:] for shape in model.shapes] == [(128, 200)]


def test_what_leaves_the_range_is_cut():
    out = sr.upscale(Gain(1, 3.0), torch.full((3, 4, 4), 0.5))
    assert (out == 1).all()
    out = sr.upscale(Gain(1, -1.0), torch.full((3, 4, 4), 0.5))
    assert (out == 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": torch.rand(1, 3, 8, 8)}, r"one float image \[3, H, W\].*\(1, 3, 8, 8\)"),
        ({"image": torch.zeros(3, 8, 8, dtype=torch.uint8)}, "one float image.*uint8"),
        ({"image": torch.rand(3, 8, 8), "overlap": -1}, "overlap is -1"),
        ({"image": torch.rand(3, 8, 8), "tile": 16, "overlap": 16}, "less than tile = 16"),
    ],
)
def test_wrong_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        sr.upscale(Gain(1), **arguments)
