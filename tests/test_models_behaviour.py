"""What networks do with numbers: how they start, what they drop, how steep they are."""

import pytest
import torch
from torch import nn

from aesthetic_utils.data import load_photo
from aesthetic_utils.metrics import super_resolution_scores
from aesthetic_utils.models import (
    ArticleCNN,
    CNNConfig,
    DCGANConfig,
    Discriminator,
    Generator,
    SRResNet,
    SRResNetConfig,
)
from aesthetic_utils.models.dcgan import down_block, up_block
from aesthetic_utils.models.srgan import SRDiscriminator, SRDiscriminatorConfig
from aesthetic_utils.models.srresnet import ResidualBlock
from aesthetic_utils.training.super_resolution import bicubic_down, bicubic_up, eight_bit
from aesthetic_utils.training.weights import load_weights, weights_info

# --------------------------------------------------------------------------------------------------
# the article's network


def echo(dropout: float) -> ArticleCNN:
    """A network whose logits are its hidden units, so that what is dropped can be seen."""
    model = ArticleCNN(CNNConfig(classes=400, hidden=400, image_size=8, dropout=dropout))
    nn.init.eye_(model.fc2.weight)
    nn.init.zeros_(model.fc2.bias)
    return model


def test_dropout_drops_its_share_in_training_and_nothing_afterwards():
    torch.manual_seed(0)
    model, images = echo(0.25), torch.rand(8, 3, 8, 8)
    hidden = model.features(images)
    used = hidden > 0
    out = model.train()(images)
    dropped = (out == 0) & used
    assert (dropped.sum() / used.sum()).item() == pytest.approx(0.25, abs=0.04)
    torch.testing.assert_close(out[~dropped], hidden[~dropped] / 0.75)  # the mean stays
    torch.testing.assert_close(model.eval()(images), hidden)


def test_without_dropout_training_and_evaluation_are_the_same():
    torch.manual_seed(0)
    model, images = echo(0.0), torch.rand(2, 3, 8, 8)
    assert torch.equal(model.train()(images), model.eval()(images))


# --------------------------------------------------------------------------------------------------
# DCGAN


@pytest.mark.parametrize("make", [Generator, Discriminator])
def test_dcgan_starts_as_the_paper_says(make):
    """Radford et al. (2016), section 4: weights around 0 with a deviation of 0.02; norms around 1."""
    torch.manual_seed(0)
    model = make(DCGANConfig(base_channels=32))
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            error = 0.02 / module.weight.numel() ** 0.5  # of the mean
            assert module.weight.mean().item() == pytest.approx(0, abs=5 * error)
            assert module.weight.std().item() == pytest.approx(0.02, rel=0.12)
        elif isinstance(module, nn.BatchNorm2d):
            assert module.weight.mean().item() == pytest.approx(1, abs=0.02)
            assert 0.01 < module.weight.std().item() < 0.03
            assert (module.bias == 0).all()


def test_the_norms_of_an_untrained_generator_pass_the_picture_on():
    """Each block's output has the spread of a rectified standard normal: 0.58. A start at 0 kills it."""
    torch.manual_seed(0)
    model = Generator(DCGANConfig(base_channels=16))
    x = torch.randn(64, 100)[:, :, None, None]
    for block in model.blocks:
        x = block(x)
        assert x.std().item() == pytest.approx(0.58, abs=0.03)


def test_leaky_relu_passes_a_fifth_of_what_is_negative():
    torch.manual_seed(0)
    for block in (
        down_block(3, 4, norm=False),
        SRDiscriminator(SRDiscriminatorConfig(image_size=16, channels=4)).head,
    ):
        x = torch.randn(2, 3, 16, 16)
        before = block[0](x)
        assert (before < 0).any()
        torch.testing.assert_close(block(x), torch.where(before < 0, 0.2 * before, before))
    slopes = [
        m.negative_slope
        for model in (Discriminator(DCGANConfig()), SRDiscriminator(SRDiscriminatorConfig()))
        for m in model.modules()
        if isinstance(m, nn.LeakyReLU)
    ]
    assert slopes == [0.2] * (3 + 9)


def test_generator_and_discriminator_have_the_papers_layers():
    config = DCGANConfig(image_size=64, base_channels=128)
    up = [m for m in Generator(config).modules() if isinstance(m, nn.ConvTranspose2d)]
    down = [m for m in Discriminator(config).modules() if isinstance(m, nn.Conv2d)]
    assert [m.in_channels for m in up] == [100, 1024, 512, 256, 128], "figure 1"
    assert [m.out_channels for m in down] == [128, 256, 512, 1024, 1]
    norms = [isinstance(block[1], nn.BatchNorm2d) for block in Discriminator(config).blocks]
    assert norms == [False, True, True, True], "none beside the image"
    assert [m.bias is not None for m in up] == [False] * 4 + [True]
    assert [m.bias is not None for m in down] == [True, False, False, False, True]


def test_a_block_doubles_what_the_other_halves():
    assert up_block(3, 5)(torch.rand(2, 3, 6, 10)).shape == (2, 5, 12, 20)
    assert down_block(3, 5)(torch.rand(2, 3, 6, 10)).shape == (2, 5, 3, 5)
    assert (up_block(3, 5)(torch.randn(2, 3, 4, 4)) >= 0).all()


def test_pictures_use_the_whole_range_from_minus_one_to_one():
    """tanh of the last layer, not something that cuts at 0."""
    torch.manual_seed(0)
    model = Generator(DCGANConfig(image_size=16, base_channels=8))
    nn.init.normal_(model.to_image.weight, std=1.0)
    images = model(torch.randn(8, 100))
    assert images.min() < -0.9 and images.max() > 0.9


# --------------------------------------------------------------------------------------------------
# SRResNet and SRGAN's discriminator


@pytest.mark.parametrize("batch_norm", [True, False])
def test_the_long_skip_carries_the_first_layer_around_all_blocks(batch_norm):
    torch.manual_seed(0)
    model = SRResNet(SRResNetConfig(scale=1, blocks=2, channels=4, batch_norm=batch_norm)).eval()
    nn.init.zeros_(model.merge[0].weight)
    if not batch_norm:
        nn.init.zeros_(model.merge[0].bias)
    x = torch.rand(1, 3, 8, 8)
    torch.testing.assert_close(model(x), model.to_image(model.head(x)))


@pytest.mark.parametrize("batch_norm", [True, False])
def test_a_block_adds_what_it_has_learned_to_its_input(batch_norm):
    torch.manual_seed(0)
    block = ResidualBlock(4, batch_norm).eval()
    x = torch.randn(2, 4, 6, 6)
    body = block.body(x)
    assert body.abs().mean() > 0.01
    torch.testing.assert_close(block(x), x + body)


def test_the_published_network_enlarges_better_than_bicubic_interpolation():
    """The weights fit the code: a changed sign or order of layers would ruin the picture."""
    config = SRResNetConfig(**weights_info("srresnet_x4")["config"])
    model = load_weights(SRResNet(config), "srresnet_x4").float().eval()
    photo = load_photo("animals_lemur", long_side=384).image[None, :, 100:228, 100:228] / 255
    small = eight_bit(bicubic_down(photo, 4))
    with torch.no_grad():
        ours, _ = super_resolution_scores(model(small), photo, 4)
    bicubic, _ = super_resolution_scores(bicubic_up(small, 4), photo, 4)
    assert ours.item() > bicubic.item() + 0.3


def test_blocks_without_norms_start_at_a_tenth_of_their_strength():
    torch.manual_seed(0)
    usual = SRResNet(SRResNetConfig(blocks=1, channels=32)).blocks[0].body
    gentle = SRResNet(SRResNetConfig(blocks=1, channels=32, batch_norm=False)).blocks[0].body
    ratios = [(gentle[i].weight.std() / usual[i].weight.std()).item() for i in (0, 3)]
    assert ratios == pytest.approx([1, 0.1], rel=0.05)


def test_srgans_discriminator_centres_the_image():
    """Mid-grey is 0 to its first layer, so that only the biases answer."""
    torch.manual_seed(0)
    model = SRDiscriminator(SRDiscriminatorConfig(image_size=16, channels=4)).eval()
    seen = []
    model.head[0].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    images = torch.stack([torch.full((3, 16, 16), v) for v in (0.0, 0.5, 1.0)])
    model(images)
    assert torch.equal(seen[0][:, 0, 0, 0], torch.tensor([-1.0, 0.0, 1.0]))


# --------------------------------------------------------------------------------------------------
# sizes


@pytest.mark.parametrize("size", [8, 128])
@pytest.mark.parametrize("channels", [1, 3])
def test_dcgan_makes_and_judges_the_smallest_images_and_large_ones_grey_or_in_colour(
    size, channels
):
    config = DCGANConfig(image_size=size, image_channels=channels, base_channels=2, latent_dim=5)
    images = Generator(config)(torch.randn(2, 5))
    assert images.shape == (2, channels, size, size)
    assert Discriminator(config)(images).shape == (2,)
    with pytest.raises(ValueError, match=f"{channels}, {size}, {size}"):
        Discriminator(config)(images.repeat(1, 2, 1, 1))


@pytest.mark.parametrize("size", [4, 24, 0])
def test_dcgan_refuses_what_no_doubling_reaches(size):
    with pytest.raises(ValueError, match="power of two from 8 up"):
        DCGANConfig(image_size=size)


@pytest.mark.parametrize("scale", [1, 2, 4, 8])
@pytest.mark.parametrize("skip", [True, False])
def test_srresnet_enlarges_by_each_scale_grey_or_in_colour(scale, skip):
    for channels in (1, 3):
        config = SRResNetConfig(
            scale=scale, blocks=1, channels=4, image_channels=channels, image_skip=skip
        )
        out = SRResNet(config)(torch.rand(2, channels, 5, 7))
        assert out.shape == (2, channels, 5 * scale, 7 * scale)


def test_classifiers_of_other_sizes_and_channels():
    config = CNNConfig(classes=4, image_size=12, image_channels=1, channels=(3, 5), hidden=6)
    model = ArticleCNN(config)
    assert model(torch.rand(2, 1, 12, 12)).shape == (2, 4)
    assert model.features(torch.rand(2, 1, 12, 12)).shape == (2, 6)
    assert [tuple(m.weight.shape) for m in (model.conv1, model.conv2, model.fc1)] == [
        (3, 1, 3, 3), (5, 3, 3, 3), (6, 5 * 3 * 3)]  # fmt: skip


def test_no_number_is_learned_that_a_norm_takes_away():
    """A bias before a batch norm has no effect: every convolution has one of the two."""
    config = SRDiscriminatorConfig(image_size=16, channels=2)
    for model in (SRDiscriminator(config), SRResNet(SRResNetConfig(blocks=1, channels=4))):
        layers = list(model.modules())
        for layer, following in zip(layers, layers[1:], strict=False):
            if isinstance(layer, nn.Conv2d):
                assert (layer.bias is None) == isinstance(following, nn.BatchNorm2d)


def test_srgans_discriminator_of_other_sizes():
    config = SRDiscriminatorConfig(image_size=16, image_channels=1, channels=2)
    assert SRDiscriminator(config)(torch.rand(3, 1, 16, 16)).shape == (3,)
    with pytest.raises(ValueError, match="multiple of 16"):
        SRDiscriminatorConfig(image_size=0)
