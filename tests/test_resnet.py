"""The residual network: its block, its shapes, its training."""

from dataclasses import replace
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aesthetic_utils.models import ResidualBlock, ResNet, ResNetConfig
from aesthetic_utils.training import resnet as training
from aesthetic_utils.training.checkpoint import CheckpointError
from aesthetic_utils.training.resnet import (
    ResNetSettings,
    train_resnet,
    two_task_step,
    weight_groups,
)

SMALL = ResNetConfig(classes=3, channels=(4, 6, 8))
SETTINGS = ResNetSettings(epochs=2, batch_size=4, validate_every=1)


@pytest.fixture
def data():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (10, 3, 16, 16), dtype=torch.uint8, generator=generator)
    return images, torch.randint(0, 3, (10,), generator=generator)


def test_an_untrained_block_passes_on_what_it_gets():
    x = torch.randn(2, 5, 8, 8).relu()
    torch.testing.assert_close(ResidualBlock(5, 5)(x), x)


def test_a_block_is_its_formula():
    """Written again with functions: He et al., equation 2, batch norm after each convolution."""
    torch.manual_seed(0)
    block, x = ResidualBlock(3, 5, stride=2).train(), torch.randn(6, 3, 8, 8)
    nn.init.normal_(block.norm2.weight)

    def normal(y, norm):
        mean, variance = (
            y.mean((0, 2, 3), keepdim=True),
            y.var((0, 2, 3), keepdim=True, correction=0),
        )
        scale, shift = (p[None, :, None, None] for p in (norm.weight, norm.bias))
        return (y - mean) / (variance + norm.eps).sqrt() * scale + shift

    inside = normal(F.conv2d(x, block.conv1.weight, stride=2, padding=1), block.norm1).relu()
    inside = normal(F.conv2d(inside, block.conv2.weight, padding=1), block.norm2)
    around = normal(F.conv2d(x, block.around[0].weight, stride=2), block.around[1])
    torch.testing.assert_close(block(x), (around + inside).relu())


def test_the_way_around_is_learned_only_where_the_shape_changes():
    assert isinstance(ResidualBlock(4, 4).around, nn.Identity)
    for block in (ResidualBlock(4, 5), ResidualBlock(4, 4, stride=2)):
        assert block.around[0].weight.shape[2:] == (1, 1)


@pytest.mark.parametrize("blocks", [1, 2])
def test_shapes(blocks):
    network = ResNet(replace(SMALL, blocks=blocks)).eval()
    x = torch.rand(2, 3, 16, 24)
    assert network(x).shape == (2, 3)
    features = network.features(x)
    assert features.shape == (2, 8) and (features >= 0).all()
    torch.testing.assert_close(network(x), network.classify(features))
    assert len(network.blocks) == 2 * blocks


def test_the_mean_makes_it_indifferent_to_the_size():
    network = ResNet(SMALL).eval()
    flat = torch.rand(1, 3, 1, 1)
    inner = [
        network.blocks(network.stem(flat.expand(1, 3, s, s) - 0.5))[0, :, 3, 3] for s in (32, 64)
    ]
    torch.testing.assert_close(*inner)


@pytest.mark.parametrize("shape", [(2, 1, 16, 16), (2, 3, 18, 16), (3, 16, 16)])
def test_other_images_are_refused(shape):
    with pytest.raises(ValueError, match=r"takes images \[N, 3, H, W\], H and W multiples of 4"):
        ResNet(SMALL)(torch.zeros(shape))


@pytest.mark.parametrize(
    ("changes", "message"), [({"channels": (4,)}, "channels"), ({"blocks": 0}, "blocks")]
)
def test_impossible_networks_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **changes)


@pytest.mark.parametrize("changes", [{"epochs": 0}, {"cut_out": 4}])
def test_impossible_settings_are_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        replace(SETTINGS, **changes)


def test_only_filters_and_matrices_decay():
    network = ResNet(SMALL)
    decaying, others = weight_groups(network, 0.1)
    assert (decaying["weight_decay"], others["weight_decay"]) == (0.1, 0.0)
    names = {id(p): n for n, p in network.named_parameters()}
    assert {names[id(p)] for p in others["params"]} == {n for n in names.values() if n.endswith("bias") or "norm" in n
                                                        or n.endswith(".1.weight")}  # fmt: skip
    assert len(decaying["params"]) + len(others["params"]) == len(names)


def test_it_learns_what_it_is_shown():
    """Three colours in noise: a few epochs are enough to tell them."""
    torch.manual_seed(0)
    labels = torch.arange(3).repeat(20)
    images = torch.randint(0, 120, (60, 3, 16, 16), dtype=torch.uint8)
    images[torch.arange(60), labels] += 100
    settings = replace(SETTINGS, epochs=12, batch_size=20, cut_out=3)
    _, run = train_resnet(SMALL, settings, images, labels, validation=(images, labels))
    seen = [row["validation"] for row in run.history if "validation" in row]
    assert len(seen) == 12 and seen[-1] > 0.95


def test_a_run_that_was_broken_off_ends_like_an_unbroken_one(data, tmp_path, monkeypatch):
    settings = replace(SETTINGS, epochs=3)
    config = replace(SMALL, dropout=0.3)
    whole, run = train_resnet(config, settings, *data, seed=5, validation=data)
    assert run.step == 3 * 2  # whole batches only
    path, step, calls = tmp_path / "c.safetensors", training.classification_step, []

    def broken(*args, **options):
        calls.append(len(calls))
        if len(calls) == 4:
            raise KeyboardInterrupt
        return step(*args, **options)

    monkeypatch.setattr(training, "classification_step", broken)
    monkeypatch.setattr(training, "Run", partial(training.Run, checkpoint_every_s=0.0))
    with pytest.raises(KeyboardInterrupt):
        train_resnet(config, settings, *data, seed=5, path=path, validation=data)
    again, run = train_resnet(config, settings, *data, seed=5, path=path, validation=data)
    assert run.step == 6 and len(calls) < 10
    for name, weight in whole.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], weight, msg=name)
    with pytest.raises(CheckpointError, match="seed"):
        train_resnet(config, settings, *data, seed=6, path=path)


def test_two_tasks_add_their_losses_on_the_same_features():
    """The update is the gradient of one loss plus the weight times the other, written out."""
    torch.manual_seed(0)
    network, second = ResNet(SMALL).eval(), nn.Linear(8, 5)
    x, a, b = torch.rand(6, 3, 16, 16), torch.randint(0, 3, (6,)), torch.randint(0, 5, (6,))
    weights = [*network.parameters(), *second.parameters()]
    features = network.features(x)
    first_loss = F.cross_entropy(network.classify(features), a, label_smoothing=0.1)
    total = first_loss + 0.4 * F.cross_entropy(second(features), b, label_smoothing=0.1)
    expected = [
        w - 0.1 * g for w, g in zip(weights, torch.autograd.grad(total, weights), strict=True)
    ]
    optimizer = torch.optim.SGD(weights, lr=0.1)
    loss = two_task_step(network, second, optimizer, x, a, b, weight=0.4, label_smoothing=0.1)
    torch.testing.assert_close(loss, first_loss.detach())
    for weight, value in zip(weights, expected, strict=True):
        torch.testing.assert_close(weight.detach(), value.detach())


def test_a_second_task_trains_its_layer_resumes_and_is_not_returned(data, tmp_path):
    images, labels = data
    settings = replace(SETTINGS, second_task=0.5, epochs=3)
    ideas = torch.arange(len(images)) // 2
    path = tmp_path / "c.safetensors"
    network, run = train_resnet(SMALL, settings, images, labels, second_labels=ideas, path=path)
    assert network.classify.out_features == 3 and not hasattr(network, "second")
    plain, _ = train_resnet(SMALL, replace(settings, second_task=0.0), images, labels)
    assert not torch.equal(network.classify.weight, plain.classify.weight)
    assert run.models["second"].out_features == 5
    with pytest.raises(CheckpointError, match="data"):
        train_resnet(SMALL, settings, images, labels, second_labels=ideas.flip(0), path=path)
    with pytest.raises(ValueError, match="second_labels"):
        train_resnet(SMALL, settings, images, labels)
