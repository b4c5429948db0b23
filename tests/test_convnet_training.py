"""Training a ConvNet is what its settings say, goes on as if never stopped, and waits for no device."""

import copy
import signal
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from small_images import smooth_images
from torch import nn

from aesthetic_utils.data.augmented import AugmentedBatches
from aesthetic_utils.models import ArticleCNN, CNNConfig, ConvNet, ConvNetConfig
from aesthetic_utils.models.convnet import init_from_images
from aesthetic_utils.runtime import Precision
from aesthetic_utils.training import convnet
from aesthetic_utils.training.checkpoint import CheckpointError
from aesthetic_utils.training.classification import classification_step
from aesthetic_utils.training.convnet import (
    ConvNetSettings,
    accuracy,
    make_optimizer,
    predict_views,
    set_rates,
    sgd_rate,
    shown,
    train_convnet,
    train_first_bias,
)
from aesthetic_utils.training.optimization import look_ahead, triangle
from aesthetic_utils.training.precision import PRECISIONS
from aesthetic_utils.training.run import Run

CONFIG = ConvNetConfig(widths=(6, 8), classes=3)
SETTINGS = ConvNetSettings(epochs=4, batch_size=4, learning_rate=1.0, whitening_bias_epochs=2)
PLAIN = {  # every device off
    "optimizer": "adam", "learning_rate": 1e-3, "triangle": False, "label_smoothing": 0.0, "flip": "none",
    "shift": 0, "look_ahead": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def data():
    return smooth_images(14, 12), torch.arange(14) % 3


# --------------------------------------------------------------------------------------------------
# devices


def test_the_triangle_rises_to_one_and_falls_in_straight_lines():
    knots = [triangle(p) for p in (0, 0.115, 0.23, 0.615, 1)]
    assert knots == pytest.approx([0.2, 0.6, 1.0, 0.535, 0.07])
    assert triangle(0.5, peak=0.5, start=0, end=0) == 1


def test_look_ahead_takes_both_to_the_average_and_leaves_counters():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3))
    average = copy.deepcopy(model)
    model(torch.rand(4, 2, 5, 5))  # moves the statistics and the counter
    with torch.no_grad():
        model[0].weight.add_(1)
    old, new = copy.deepcopy(average.state_dict()), copy.deepcopy(model.state_dict())
    look_ahead(average, model, decay=0.75)
    for name, value in average.state_dict().items():
        expected = 0.75 * old[name] + 0.25 * new[name] if value.is_floating_point() else new[name]
        torch.testing.assert_close(value, expected, msg=name)
        assert torch.equal(value, model.state_dict()[name]), name
    assert model[1].num_batches_tracked == 1


def test_momentum_and_batch_size_do_not_change_the_step_per_image():
    """On a constant gradient of 1 the weight moves by rate x (1/(1-m)) / (1 + 1/(1-m)) per 1,024 images."""
    for momentum, batch_size in [(0.85, 1000), (0.85, 250), (0.5, 512)]:
        weight = nn.Parameter(torch.zeros((), dtype=torch.double))
        rate = sgd_rate(11.5, batch_size, momentum)
        sgd = torch.optim.SGD([weight], rate, momentum=momentum, nesterov=True)
        for _ in range(200):
            before = weight.item()
            weight.grad = torch.ones_like(weight)
            sgd.step()
        long = 1 / (1 - momentum)
        expected = 11.5 * batch_size / 1024 * long / (1 + long)
        assert before - weight.item() == pytest.approx(expected)


def test_norm_shifts_learn_faster_and_all_weights_decay_alike():
    settings = ConvNetSettings()
    sgd = make_optimizer(ConvNet(CONFIG), settings)
    others, shifts = sgd.param_groups
    assert (
        sorted({p.shape for p in shifts["params"]}) == [(6,), (8,)] and len(shifts["params"]) == 4
    )
    assert len(others["params"]) == 4 + 1 + 1, "convolutions, head, bias of the first layer"
    rate = sgd_rate(11.5, 1000, 0.85)
    assert others["lr"] == rate and shifts["lr"] == pytest.approx(64 * rate)
    for group in sgd.param_groups:  # what decay takes off a weight at one step, before momentum
        assert group["lr"] * group["weight_decay"] == pytest.approx(rate * 0.0153 / 11.5)
    set_rates(sgd, 0.25)
    assert others["lr"] == rate / 4 and shifts["lr"] == pytest.approx(16 * rate)
    adam = make_optimizer(ConvNet(CONFIG), ConvNetSettings(optimizer="adam", learning_rate=1e-3))
    assert len(adam.param_groups) == 1 and adam.param_groups[0]["weight_decay"] == 0


def test_unknown_settings_are_named():
    with pytest.raises(ValueError, match="'sdg'.*adam, sgd"):
        ConvNetSettings(optimizer="sdg")
    with pytest.raises(ValueError, match="'mirror'.*alternating"):
        ConvNetSettings(flip="mirror")
    with pytest.raises(ValueError, match="epochs are 0"):
        ConvNetSettings(epochs=0)


# --------------------------------------------------------------------------------------------------
# the loop


def plain_loop(config, settings: ConvNetSettings, images, labels, seed: int) -> nn.Module:
    """The training as one would write it down from its settings."""
    torch.manual_seed(seed)
    if isinstance(config, CNNConfig):
        model = ArticleCNN(config)
    else:
        model = ConvNet(config)
        init_from_images(model, images)
    slow = {k: v.clone() for k, v in model.state_dict().items()}
    rate, decay = settings.learning_rate, 0.0
    if settings.optimizer == "sgd":
        rate = rate * settings.batch_size / 1024 / (1 + 1 / (1 - settings.momentum))
        decay = settings.weight_decay / settings.learning_rate
    trained = {k: p for k, p in model.named_parameters() if p.requires_grad}
    speed = {k: settings.bias_factor if "norm" in k else 1.0 for k in trained}
    moments = {k: torch.zeros_like(p) for k, p in trained.items()}
    adam = torch.optim.Adam(trained.values(), lr=rate)
    batches = AugmentedBatches(
        images, labels, batch_size=settings.batch_size, flip=settings.flip, shift=settings.shift, seed=seed
    )  # fmt: skip
    steps = settings.epochs * len(batches)
    for step in range(steps):
        factor = triangle(step / steps) if settings.triangle else 1.0
        x, y = batches.batch(step)
        loss = F.cross_entropy(model(x), y, label_smoothing=settings.label_smoothing)
        gradients = dict(
            zip(trained, torch.autograd.grad(loss, list(trained.values())), strict=True)
        )
        late = step // len(batches) >= settings.whitening_bias_epochs
        frozen = {"first.0.bias"} if late else set()
        if settings.optimizer == "adam":
            for k, p in trained.items():
                p.grad = None if k in frozen else gradients[k]
            adam.param_groups[0]["lr"] = rate * factor
            adam.step()
        else:
            for k, p in trained.items():
                if k in frozen:
                    continue
                g = gradients[k] + decay / speed[k] * p.detach()
                moments[k] = settings.momentum * moments[k] + g
                move = g + settings.momentum * moments[k]
                p.data -= factor * speed[k] * rate * move
        if settings.look_ahead and (step + 1) % 5 == 0:
            keep = 0.95**5 * ((step + 1) / steps) ** 3
            for k, v in model.state_dict().items():
                if v.is_floating_point():
                    slow[k] = keep * slow[k] + (1 - keep) * v
                    v.copy_(slow[k])
                else:
                    slow[k] = v.clone()
    if settings.look_ahead:
        model.load_state_dict(slow)
    return model


@pytest.mark.parametrize(
    "changes",
    [{}, {"look_ahead": False}, {"triangle": False}, {"flip": "random"}, {"shift": 0}, {"bias_factor": 1.0},
     {"label_smoothing": 0.0}, {"momentum": 0.5}, {"weight_decay": 0.5}, {"whitening_bias_epochs": 0}, PLAIN],
    ids=str,
)  # fmt: skip
def test_training_is_what_its_settings_say(data, changes):
    settings = replace(SETTINGS, **changes)
    model, run = train_convnet(CONFIG, settings, *data, seed=3)
    expected = plain_loop(CONFIG, settings, *data, 3)
    assert run.step == 4 * 3, "what does not fill a batch of 4 is left out"
    for name, value in model.state_dict().items():
        torch.testing.assert_close(
            value, expected.state_dict()[name], rtol=1e-4, atol=1e-5, msg=name
        )


def test_the_articles_network_trains_beside_it(data):
    config = CNNConfig(classes=3, image_size=12)
    settings = replace(SETTINGS, **PLAIN)
    model, _ = train_convnet(config, settings, *data)
    expected = plain_loop(config, settings, *data, 0)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(
            value, expected.state_dict()[name], rtol=1e-4, atol=1e-5, msg=name
        )


def test_it_learns_what_can_be_learned():
    images, labels = smooth_images(120, 12) // 2, torch.arange(120) % 2
    images[labels == 1, 0] += 60  # redder
    config = ConvNetConfig(widths=(8, 8), classes=2)
    settings = ConvNetSettings(epochs=12, batch_size=20)
    model, run = train_convnet(
        config, settings, images[:100], labels[:100], held_out=(images[100:], labels[100:])
    )
    assert accuracy(model, images[100:], labels[100:])["accuracy"] >= 0.9
    held_out = [row["held_out"] for row in run.history if "held_out" in row]
    assert len(held_out) == 12 and held_out[-1] >= 0.9
    assert [row["step"] for row in run.history if "held_out" in row] == list(range(4, 60, 5))


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
@pytest.mark.parametrize("stop", [2, 5, 7])
def test_a_stopped_run_ends_like_an_unbroken_one_bit_for_bit(
    data, tmp_path, monkeypatch, name, stop
):
    precision = PRECISIONS[name]
    whole, _ = train_convnet(CONFIG, SETTINGS, *data, precision=precision)
    path, log = tmp_path / "c.safetensors", Run.log

    def press(self, step, **values):
        log(self, step, **values)
        if step == stop:
            monkeypatch.undo()
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Run, "log", press)
    with pytest.raises(KeyboardInterrupt):
        train_convnet(CONFIG, SETTINGS, *data, precision=precision, path=path)
    resumed, run = train_convnet(CONFIG, SETTINGS, *data, precision=precision, path=path)
    assert run.step == 12
    for key, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key
    with pytest.raises(CheckpointError, match="shift"):
        train_convnet(CONFIG, replace(SETTINGS, shift=1), *data, precision=precision, path=path)


def test_a_step_waits_for_no_device():
    """On the meta device a tensor left on the CPU and a look at a value both raise."""
    images, labels = smooth_images(14, 12), torch.arange(14) % 3
    model = ConvNet(CONFIG).to("meta")
    average = copy.deepcopy(model)
    settings = replace(SETTINGS, shift=1)
    sgd = make_optimizer(model, settings)
    batches = AugmentedBatches(
        images, labels, batch_size=4, device="meta", flip="alternating", shift=1, channels_last=True
    )
    for step in range(4):
        train_first_bias(model, step < 2)
        loss = classification_step(model, sgd, *batches.batch(step), label_smoothing=0.2)
        look_ahead(average, model, decay=0.5)
        assert loss.is_meta and model.head.weight.grad.is_meta
    with torch.no_grad():
        assert all(model(x).is_meta for _, x in shown(batches.batch(0)[0], "mirror and shift"))


# --------------------------------------------------------------------------------------------------
# judging


def test_views_are_mirrored_and_shifted_by_one_pixel():
    images = torch.rand(2, 3, 6, 6)
    assert [w for w, _ in shown(images, "plain")] == [1.0]
    for view in convnet.VIEWS:
        pictures = shown(images, view)
        assert sum(w for w, _ in pictures) == pytest.approx(1)
        assert all(x.shape == images.shape for _, x in pictures)
    wide = F.pad(images, (1, 1, 1, 1), mode="reflect")
    up_left, down_right = wide[:, :, 2:, 2:], wide[:, :, :6, :6]
    assert torch.equal(up_left[:, :, :5, :5], images[:, :, 1:, 1:])
    expected = [(0.25, images), (0.125, up_left), (0.125, down_right)]
    expected += [(w, x.flip(3)) for w, x in expected]
    found = shown(images, "mirror and shift")
    for (w, x), (v, y) in zip(found, expected, strict=True):
        assert w == v and torch.equal(x, y)
    with pytest.raises(ValueError, match="'tta'.*plain, mirror"):
        shown(images, "tta")


def test_predictions_are_averaged_over_views_in_order_without_touching_the_model(data):
    torch.manual_seed(0)
    model = ConvNet(CONFIG).train()
    before = copy.deepcopy(model.state_dict())
    images, labels = data
    found = predict_views(model, images, "mirror", batch_size=4)
    other = copy.deepcopy(model).eval()
    x = images.float() / 255
    torch.testing.assert_close(found, ((other(x) + other(x.flip(3))) / 2).detach())
    assert model.training and all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    scores = accuracy(model, images, labels, "mirror")
    assert scores["n"] == 14 and scores["low"] < scores["accuracy"] < scores["high"]
    assert scores["accuracy"] == int((found.argmax(1) == labels).sum()) / 14
    half = predict_views(model, images, precision=Precision(dtype=torch.bfloat16))
    assert half.dtype == torch.float32
