"""Architectures: shapes, counts of numbers, and what each refuses."""

import pytest
import torch
from torch import nn

from aesthetic_utils.models import (
    ArticleCNN,
    CNNConfig,
    DCGANConfig,
    Discriminator,
    Generator,
    SRResNet,
    SRResNetConfig,
)
from aesthetic_utils.models.srresnet import (
    bicubic_kernels,
    cubic,
    enlarged,
    enlarged_by_convolution,
)
from aesthetic_utils.training.super_resolution import bicubic_up


def count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def test_article_cnn_has_the_size_derived_by_hand():
    model = ArticleCNN(CNNConfig())
    convolutions = 32 * (3 * 9 + 1) + 64 * (32 * 9 + 1)
    dense = 128 * (64 * 8 * 8 + 1) + 10 * (128 + 1)
    assert count(model) == convolutions + dense == 545_098
    assert model(torch.rand(2, 3, 32, 32)).shape == (2, 10)
    assert model.features(torch.rand(2, 3, 32, 32)).min() >= 0


def test_pooling_before_relu_is_the_articles_network_in_values_and_gradients():
    torch.manual_seed(0)
    model = ArticleCNN(CNNConfig(dropout=0.0)).double()
    images = torch.randn(2, 3, 32, 32, dtype=torch.double, requires_grad=True)
    x = model.pool(torch.relu(model.conv1(images)))
    x = model.pool(torch.relu(model.conv2(x)))
    as_printed = model.fc2(torch.relu(model.fc1(x.flatten(1))))
    torch.testing.assert_close(model(images), as_printed)
    weights = torch.randn_like(as_printed)
    gradients = [
        torch.autograd.grad((out * weights).sum(), [images, *model.parameters()])
        for out in (model(images), as_printed)
    ]
    torch.testing.assert_close(*gradients)


def test_generator_and_discriminator_fit_together_at_several_sizes():
    for size in (16, 32, 64):
        config = DCGANConfig(image_size=size, base_channels=8)
        images = Generator(config)(torch.randn(2, 100))
        assert images.shape == (2, 3, size, size)
        assert images.abs().max() <= 1
        assert Discriminator(config)(images).shape == (2,)


def test_srresnet_has_the_papers_parts():
    model = SRResNet(SRResNetConfig())
    assert len(model.blocks) == 16
    assert count(model) == 1_547_350
    small = SRResNet(SRResNetConfig(blocks=1, channels=8))
    assert small(torch.rand(1, 3, 6, 5)).shape == (1, 3, 24, 20)
    same = SRResNet(SRResNetConfig(scale=1, blocks=1, channels=8))
    assert same(torch.rand(1, 3, 6, 5)).shape == (1, 3, 6, 5)


def test_residual_blocks_are_identities_when_their_last_norm_is_zero():
    model = SRResNet(SRResNetConfig(blocks=2, channels=8)).eval()
    for block in model.blocks:
        nn.init.zeros_(block.body[-1].weight)
    x = torch.rand(1, 8, 5, 5)
    assert torch.equal(model.blocks(x), x)


@pytest.mark.parametrize("scale", [1, 4])
def test_with_an_image_skip_the_untrained_network_is_bicubic_interpolation(scale):
    torch.manual_seed(0)
    small = torch.rand(1, 3, 9, 7)
    model = SRResNet(SRResNetConfig(scale=scale, blocks=1, channels=8, image_skip=True))
    assert torch.equal(model(small).clamp(0, 1), bicubic_up(small, scale))
    assert scale == 4 or torch.equal(model(small), small)
    model(small).square().sum().backward()  # and it can leave that start
    assert model.to_image.weight.grad.abs().max() > 0


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (17, 24)])
def test_the_convolved_picture_is_the_bicubic_one_up_to_its_border(scale, size):
    images = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    found = enlarged_by_convolution(images, scale)
    torch.testing.assert_close(found, enlarged(images, scale), atol=1e-6, rtol=0)


def test_cubic_weights_are_those_of_keys():
    values = cubic(torch.tensor([0.0, 0.5, 1.0, -1.5, 2.0, 3.0])).tolist()
    assert values == pytest.approx([1, 0.5625, 0, -0.0625, 0, 0])
    torch.testing.assert_close(bicubic_kernels(4).sum((1, 2, 3)), torch.ones(16))


def test_the_light_network_is_small_and_starts_as_the_bicubic_picture():
    shape = {"blocks": 8, "channels": 32, "batch_norm": False, "image_skip": True}
    model = SRResNet(SRResNetConfig(**shape, convolved_skip=True)).eval()
    assert 4 * count(model) < 1_000_000, "bytes in single precision"
    images = torch.rand(1, 3, 13, 9)
    torch.testing.assert_close(model(images), enlarged(images, 4), atol=1e-6, rtol=0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(model(images), enlarged(images, 4), atol=1e-6, rtol=0)
    plain = SRResNet(SRResNetConfig(**shape)).state_dict()
    assert model.state_dict().keys() == plain.keys(), "the fixed weights are not stored"


def test_the_first_and_the_last_filters_have_the_size_asked_for():
    model = SRResNet(SRResNetConfig(blocks=1, channels=8, edge_kernel=5))
    assert model.head[0].kernel_size == model.to_image.kernel_size == (5, 5)
    assert model(torch.rand(1, 3, 6, 5)).shape == (1, 3, 24, 20)


def test_without_batch_norm_convolutions_have_biases_and_pictures_do_not_meet():
    model = SRResNet(SRResNetConfig(blocks=2, channels=8, batch_norm=False))
    assert not any(isinstance(m, nn.BatchNorm2d) for m in model.modules())
    assert all(m.bias is not None for m in model.modules() if isinstance(m, nn.Conv2d))
    images = torch.rand(3, 3, 8, 8)
    torch.testing.assert_close(model(images)[:1], model(images[:1]))  # in training mode, too


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ArticleCNN(CNNConfig())(torch.rand(1, 3, 28, 28)), r"\[N, 3, 32, 32\].*28"),
        (lambda: ArticleCNN(CNNConfig())(torch.rand(1, 1, 32, 32)), r"got \(1, 1, 32, 32\)"),
        (lambda: CNNConfig(image_size=30), "multiple of 4"),
        (lambda: DCGANConfig(image_size=48), "power of two"),
        (lambda: Generator(DCGANConfig())(torch.rand(1, 100, 1, 1)), r"\[N, 100\]"),
        (lambda: Discriminator(DCGANConfig())(torch.rand(1, 3, 8, 8)), r"got \(1, 3, 8, 8\)"),
        (lambda: SRResNetConfig(scale=3), "1, 2, 4 or 8"),
        (lambda: SRResNetConfig(edge_kernel=4), "edge_kernel is 4.*odd"),
        (lambda: SRResNet(SRResNetConfig())(torch.rand(1, 1, 8, 8)), r"\[N, 3, H, W\]"),
    ],
)
def test_wrong_shapes_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
