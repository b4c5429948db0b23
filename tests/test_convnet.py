"""The network to 94 % and its devices, each against what it should do."""

import pytest
import torch
import torch.nn.functional as F
from small_images import smooth_images

from aesthetic_utils.models import ConvNet, ConvNetConfig
from aesthetic_utils.models.convnet import (
    FIRST_LAYERS,
    Block,
    identity_start_,
    init_from_images,
    smallest_image,
    whitening_filters,
)

SMALL = {"widths": (8, 12, 16), "classes": 5}


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("first", FIRST_LAYERS)
def test_every_combination_of_devices_gives_one_logit_a_class(first, residual, batch_norm):
    kernel = 7 if first == "learned" else 2
    config = ConvNetConfig(
        first=first, first_kernel=kernel, residual=residual, batch_norm=batch_norm, **SMALL
    )
    model = ConvNet(config)
    for size in (32, smallest_image(config)):
        assert model(torch.rand(2, 3, size, size)).shape == (2, 5)
    with pytest.raises(ValueError, match="of at least"):
        model(torch.rand(2, 3, smallest_image(config) - 1, 32))
    with pytest.raises(ValueError, match=r"\[N, 3, H, W\]"):
        model(torch.rand(2, 1, 32, 32))


def test_the_default_has_the_shapes_that_the_code_notes_and_two_million_weights():
    model, shapes = ConvNet(ConvNetConfig()), []
    for layer in [model.first, *model.blocks]:
        layer.register_forward_hook(lambda module, inputs, out: shapes.append(tuple(out.shape)))
    model(torch.rand(2, 3, 32, 32))
    assert shapes == [(2, 24, 31, 31), (2, 64, 15, 15), (2, 256, 7, 7), (2, 256, 3, 3)]
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(1.97e6, rel=0.01)


def test_each_device_is_one_setting():
    count = lambda **changes: sum(  # noqa: E731
        p.numel() for p in ConvNet(ConvNetConfig(**SMALL | changes)).parameters()
    )
    assert count() == count(residual=False) == count(dirac=False) == count(logit_scale=1.0)
    maps = 2 * (8 + 12 + 16)
    assert count() - count(batch_norm=False) == maps, "scale and shift in place of one bias a map"
    assert count() - count(first="none") == (24 - 3) * 8 * 9 + 24 * 3 * 4 + 24
    learned = count(first="learned", first_kernel=7, first_maps=10)
    assert learned - count(first="none") == (10 - 3) * 8 * 9 + 10 * 3 * 49 + 2 * 10


def test_unknown_settings_are_named():
    with pytest.raises(ValueError, match="'white'.*none, whitening, learned"):
        ConvNetConfig(first="white")
    with pytest.raises(ValueError, match="odd"):
        ConvNetConfig(first="learned", first_kernel=4)
    with pytest.raises(ValueError, match="at least one map"):
        ConvNetConfig(widths=())


def test_a_block_is_the_formula_of_its_docstring():
    torch.manual_seed(0)
    for residual in (True, False):
        block = Block(3, 4, ConvNetConfig(residual=residual, dirac=False)).eval()
        block.norm2.running_mean.fill_(0.1)
        x = torch.rand(2, 3, 8, 8)
        a = F.max_pool2d(F.conv2d(x, block.conv1.weight, padding=1), 2)
        a = F.gelu(a / (1 + 1e-5) ** 0.5)
        b = (F.conv2d(a, block.conv2.weight, padding=1) - 0.1) / (1 + 1e-5) ** 0.5
        torch.testing.assert_close(block(x), F.gelu(a + b if residual else b))


def test_logits_are_scaled_and_images_are_centred():
    config = ConvNetConfig(**SMALL)
    torch.manual_seed(0)
    model = ConvNet(config).eval()
    images = smooth_images(40)
    init_from_images(model, images)
    pixels = images.float() / 255
    torch.testing.assert_close(model.mean.flatten(), pixels.mean((0, 2, 3)))
    torch.testing.assert_close(model.spread.flatten(), pixels.transpose(0, 1).flatten(1).std(1))
    logits = F.linear(model.features(pixels), model.head.weight)
    torch.testing.assert_close(model(pixels), logits / 9)
    # an image of the mean is all zeros behind the centring: only biases, here none, pass the first layer
    flat = model.mean.expand(1, 3, 16, 16)
    assert model.first((flat - model.mean) / model.spread).abs().max() == 0


# --------------------------------------------------------------------------------------------------
# beginnings


@pytest.mark.parametrize("kernel", [2, 3])
def test_whitened_patches_are_uncorrelated_with_variance_one(kernel):
    images = smooth_images(200).double() / 255
    images = images - images.mean((0, 2, 3), keepdim=True)
    filters = whitening_filters(images, kernel, epsilon=0.0)
    directions = 3 * kernel**2
    assert filters.shape == (2 * directions, 3, kernel, kernel)
    seen = F.conv2d(images, filters).transpose(0, 1).flatten(1)  # [maps, places]
    covariance = torch.cov(seen)
    one = torch.eye(directions, dtype=torch.double)
    expected = torch.cat([torch.cat([one, -one], 1), torch.cat([-one, one], 1)])
    torch.testing.assert_close(covariance, expected, rtol=0, atol=1e-6)
    norms = filters[:directions].flatten(1).norm(dim=1)
    assert (norms.diff() >= 0).all(), "the direction of the largest variance needs the least gain"


def test_epsilon_limits_the_gain_where_patches_hardly_vary():
    images = torch.rand(50, 1, 8, 8, generator=torch.Generator().manual_seed(0)).expand(50, 3, 8, 8)
    filters = whitening_filters(images, 2, epsilon=5e-4)  # grey: colour differences are zero
    assert filters.flatten(1).norm(dim=1).max() == pytest.approx(5e-4**-0.5, rel=1e-3)
    assert filters.isfinite().all()


def test_identity_start_hands_the_first_maps_on_and_leaves_the_rest():
    torch.manual_seed(0)
    x = torch.rand(2, 5, 6, 6)
    for maps in (3, 5, 9):
        weight = torch.randn(maps, 5, 3, 3)
        before = weight.clone()
        assert identity_start_(weight) is weight
        out, same = F.conv2d(x, weight, padding=1), min(maps, 5)
        torch.testing.assert_close(out[:, :same], x[:, :same])
        assert torch.equal(weight[same:], before[same:])
    assert torch.equal(
        ConvNet(ConvNetConfig(**SMALL)).blocks[1].conv2.weight[3, 3, 1], torch.eye(3)[1]
    )


def test_the_filters_of_a_whitening_layer_are_not_trained_and_its_bias_is():
    model = ConvNet(ConvNetConfig(**SMALL))
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert "first.0.weight" not in trained and "first.0.bias" in trained
    assert "blocks.0.norm1.bias" in trained and "blocks.0.norm1.weight" not in trained
    learned = ConvNet(ConvNetConfig(first="learned", first_kernel=7, **SMALL))
    assert learned.first[0].weight.requires_grad


def test_maps_come_from_every_depth_and_end_in_the_features():
    torch.manual_seed(0)
    model = ConvNet(ConvNetConfig(widths=(4, 6, 8))).eval()
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        maps, first_two = model.maps(images), model.maps(images, 2)
        features = model.features(images)
    assert [tuple(x.shape[1:]) for x in maps] == [(24, 31, 31), (4, 15, 15), (6, 7, 7), (8, 3, 3)]
    assert torch.equal(maps[-1].amax((2, 3)), features)
    assert len(first_two) == 2 and all(map(torch.equal, first_two, maps))
    with pytest.raises(ValueError, match="at least 9 pixels"):
        model.maps(torch.rand(2, 3, 8, 8))
