"""Training a classifier is what its settings say; predictions are in order."""

from dataclasses import asdict, replace
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aesthetic_utils.data.batches import TensorBatches, random_flip, random_shift
from aesthetic_utils.models import ArticleCNN, CNNConfig
from aesthetic_utils.published.results import load_result
from aesthetic_utils.runtime import Precision
from aesthetic_utils.statistics.intervals import wilson_interval
from aesthetic_utils.training import classification
from aesthetic_utils.training.checkpoint import CheckpointError
from aesthetic_utils.training.classification import (
    ClassifierSettings,
    classification_step,
    evaluate_classifier,
    predict,
    train_classifier,
)
from aesthetic_utils.training.optimization import warmup_cosine

SMALL = ClassifierSettings(epochs=2, batch_size=4, dropout=0.0, shift=1)


@pytest.fixture(scope="module")
def data():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (10, 3, 8, 8), dtype=torch.uint8, generator=generator)
    return images, torch.arange(10) % 3


def plain_loop(settings: ClassifierSettings, images, labels, seed: int) -> ArticleCNN:
    """The training as one would write it down from its settings."""
    torch.manual_seed(seed)
    model = ArticleCNN(CNNConfig(classes=3, image_size=8))
    adamw = torch.optim.AdamW(
        model.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )
    augment = [random_flip] if settings.flip else []
    if settings.shift:
        augment.append(partial(random_shift, pixels=settings.shift))
    size = settings.batch_size
    batches = TensorBatches(images, labels, batch_size=size, augment=augment, seed=seed)
    steps = settings.epochs * -(-len(images) // settings.batch_size)
    for step in range(steps):
        adamw.param_groups[0]["lr"] = settings.learning_rate * warmup_cosine(step / steps)
        x, y = batches.batch(step)
        adamw.zero_grad()
        F.cross_entropy(model(x), y, label_smoothing=settings.label_smoothing).backward()
        adamw.step()
    return model


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize(
    "changes",
    [{}, {"flip": False}, {"shift": 0}, {"flip": False, "shift": 0}, {"shift": 3}, {"epochs": 3},
     {"label_smoothing": 0.5}, {"weight_decay": 9.0}, {"learning_rate": 0.02}, {"batch_size": 10}],
    ids=str,
)  # fmt: skip
def test_training_is_what_its_settings_say(data, changes, seed):
    settings = replace(SMALL, **changes)
    model, run = train_classifier(settings, *data, 3, seed=seed)
    expected = plain_loop(settings, *data, seed)
    for name, weight in model.state_dict().items():
        torch.testing.assert_close(weight, expected.state_dict()[name], msg=name)
    assert run.step == settings.epochs * -(-10 // settings.batch_size)


def test_the_defaults_are_the_published_runs():
    published = load_result("cnn_emoji_designer")["settings"]
    assert asdict(ClassifierSettings()) | {"epochs": published["epochs"]} == published
    assert ClassifierSettings().batch_size == 64, "the article's"


def test_training_uses_the_dropout_of_its_settings(data):
    model, _ = train_classifier(replace(SMALL, dropout=0.4), *data, 3, minutes=0)
    assert model.config.dropout == 0.4 and model.training


def test_without_time_nothing_is_trained_and_the_losses_are_kept(data):
    _, run = train_classifier(SMALL, *data, 3, minutes=0)
    assert run.step == 0 and run.history == []
    _, run = train_classifier(SMALL, *data, 3)
    assert [row["step"] for row in run.history] == [0, 5]
    assert run.history[0]["loss"] == pytest.approx(1.1, abs=0.2), "log 3: it knows nothing yet"


def test_a_finished_run_is_loaded_and_another_seed_is_refused(data, tmp_path):
    path = tmp_path / "c.safetensors"
    first, _ = train_classifier(SMALL, *data, 3, path=path)
    again, run = train_classifier(replace(SMALL), *data, 3, path=path)
    assert run.step == 6 and all(
        torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True)
    )
    with pytest.raises(CheckpointError, match="seed"):
        train_classifier(SMALL, *data, 3, path=path, seed=1)
    with pytest.raises(CheckpointError, match="weight_decay"):
        train_classifier(replace(SMALL, weight_decay=0.0), *data, 3, path=path)


@pytest.mark.parametrize("channels_last", [True, False])
def test_number_format_and_layout_reach_the_step(data, monkeypatch, channels_last):
    seen = []

    def step(model, optimizer, images, labels, *, precision, scaler, **rest):
        layout = torch.channels_last if channels_last else torch.contiguous_format
        assert images.is_contiguous(memory_format=layout)
        assert model.conv2.weight.is_contiguous(memory_format=layout)
        seen.append((precision, scaler.is_enabled()))
        return torch.zeros(())

    monkeypatch.setattr(classification, "classification_step", step)
    precision = Precision(dtype=torch.float16, channels_last=channels_last)
    train_classifier(replace(SMALL, shift=0, flip=False), *data, 3, precision=precision)
    assert seen == [(precision, True)] * 6


def test_the_step_returns_the_loss_before_it_and_works_in_the_named_format():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    images, labels = torch.rand(5, 3, 2, 2), torch.tensor([0, 1, 2, 2, 1])
    sgd = torch.optim.SGD(model.parameters(), 0.5)
    for smoothing in (0.0, 0.3):
        expected = F.cross_entropy(model(images), labels, label_smoothing=smoothing)
        found = classification_step(model, sgd, images, labels, label_smoothing=smoothing)
        torch.testing.assert_close(found, expected.detach())
        assert not found.requires_grad and F.cross_entropy(model(images), labels) < expected
    expected = F.cross_entropy(model(images), labels)
    torch.testing.assert_close(classification_step(model, sgd, images, labels), expected.detach())
    formats = []
    model[1].register_forward_hook(lambda module, inputs, out: formats.append(out.dtype))
    half = Precision(dtype=torch.bfloat16)
    loss = classification_step(model, sgd, images, labels, precision=half)
    assert formats == [torch.bfloat16] and loss.dtype == torch.float32


# --------------------------------------------------------------------------------------------------
# predictions


class Grey(nn.Module):
    """Logits (1 - mean, mean) of an image in [0, 1]; counts how many it was given at once."""

    def __init__(self):
        super().__init__()
        self.one, self.sizes = nn.Parameter(torch.ones(())), []

    def forward(self, x):
        self.sizes.append(len(x))
        assert not self.training and not torch.is_grad_enabled()
        mean = x.mean((1, 2, 3)) * self.one
        return torch.stack([1 - mean, mean], 1)


def test_predictions_are_in_order_for_images_in_the_unit_range():
    levels = torch.tensor([0, 51, 102, 204, 255], dtype=torch.uint8)
    images = levels[:, None, None, None].expand(5, 3, 2, 2)
    model = Grey()
    found = predict(model, images, batch_size=2)
    torch.testing.assert_close(found[:, 1], torch.tensor([0.0, 0.2, 0.4, 0.8, 1.0]))
    assert model.sizes == [2, 2, 1] and model.training


def test_accuracy_comes_with_its_interval():
    images = torch.tensor([0, 200, 90, 255], dtype=torch.uint8)[:, None, None, None].expand(
        4, 3, 2, 2
    )
    found = evaluate_classifier(Grey(), images, torch.tensor([0, 1, 1, 1]))  # the third is wrong
    low, high = wilson_interval(3, 4)
    assert found == {"accuracy": 0.75, "low": low, "high": high, "n": 4}
