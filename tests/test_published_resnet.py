"""The published residual networks in miniature: what they learn from, what is measured, that they go on."""

import json

import pytest
import torch

from aesthetic_utils import runtime
from aesthetic_utils.data.augment_drawings import mirror_images
from aesthetic_utils.data.emoji import EMOJI_DESIGNERS, EMOJI_HANDS, load_emoji
from aesthetic_utils.published import registry, resnet
from aesthetic_utils.published import run as published_run
from aesthetic_utils.runtime import Precision
from aesthetic_utils.training.weights import load_weights

NAMES = ("resnet_emoji_designer", "resnet_emoji_category")


@pytest.fixture
def smoke(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    monkeypatch.setattr(runtime, "choose_precision", lambda *a, **k: Precision())


def test_both_are_in_the_registry_with_three_seeds():
    assert all(registry.RUNS[name].seeds == (0, 1, 2) for name in NAMES)


def test_they_learn_from_the_training_drawings_of_all_hands_and_true_mirror_images(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "full")
    images, labels, ideas = resnet.training_drawings("emoji designer")
    train = load_emoji("train", ideas="all")
    n = len(train)
    assert torch.equal(images[:n], train.images) and torch.equal(labels[:n], train.designer)
    assert 1.5 * n < len(images) < 2 * n and len(labels) == len(images)
    assert labels[n:].unique().tolist() == list(range(10))
    _, categories, same = resnet.training_drawings("emoji category")
    assert torch.equal(ideas, same) and len(ideas.unique()) == len(set(train.names))
    of_idea = {}  # idea -> its number, which all its drawings have, and their mirror images
    for name, number in zip(train.names, ideas[:n].tolist(), strict=True):
        assert of_idea.setdefault(name, number) == number
    _, mirrored = mirror_images(train)
    assert torch.equal(ideas[n:], ideas[mirrored])
    symbols = train.category_names.index("Symbols")
    assert symbols in categories[:n] and symbols not in categories[n:]
    held_out = load_emoji("test", ideas="all").images.flatten(1)
    known = {row.numpy().tobytes() for row in images.flatten(1)}
    repeated = [i for i, row in enumerate(held_out) if row.numpy().tobytes() in known]
    assert len(repeated) < 0.01 * len(held_out), "a face or two are the same at 32 pixels"


def test_what_is_shown_is_learned_with_its_idea_and_who_drew_it_alone():
    assert resnet.settings_by_mode("emoji category").second_task > 0
    assert resnet.settings_by_mode("emoji designer").second_task == 0


def test_designers_of_the_core_have_the_numbers_of_the_ten_hands():
    assert EMOJI_HANDS[: len(EMOJI_DESIGNERS)] == EMOJI_DESIGNERS
    assert resnet.class_names("emoji designer") == EMOJI_HANDS


class Tells(torch.nn.Module):
    """Logits from a pixel: names hand `first` always, then `second`."""

    def __init__(self, first, second):
        super().__init__()
        self.weight, self.first, self.second = torch.nn.Parameter(torch.zeros(1)), first, second

    def forward(self, x):
        logits = torch.zeros(len(x), 10)
        logits[:, self.first], logits[:, self.second] = 2.0, 1.0
        return logits


def test_a_wrong_hand_outside_of_the_core_counts_unless_only_five_may_be_named():
    metrics = resnet.emoji_metrics(Tells(9, 2), "emoji designer")
    assert metrics["scores"]["accuracy"] == 0.0 and metrics["scores"]["n"] == 500
    assert metrics["among_five"]["accuracy"] == 0.2 and metrics["among_five"]["n"] == 500
    v1 = (load_emoji("test", ideas="all").designer == 9).float().mean().item()
    assert metrics["all_hands"]["accuracy"] == pytest.approx(v1)
    assert "among_five" not in resnet.emoji_metrics(Tells(1, 2), "emoji category")


@pytest.mark.parametrize("name", NAMES)
def test_a_run_trains_is_kept_and_is_not_trained_twice(smoke, tmp_path, name):
    result = registry.RUNS[name](seed=1, run_dir=tmp_path)
    assert result["steps"] == result["planned_steps"] == 1 and result["stopped_by"] == "steps"
    assert json.dumps(result) and result["network"]["classes"] == (10 if "designer" in name else 8)
    again = registry.RUNS[name](seed=1, run_dir=tmp_path)
    assert again["metrics"] == result["metrics"] and again["steps"] == 1
    network = resnet.ResNet(resnet.network(result["network"]["classes"]))
    load_weights(network, result["file"])


def test_publishing_joins_three_seeds(smoke, tmp_path, monkeypatch):
    monkeypatch.setattr(published_run, "publish", lambda name, model, result, into=None: result)
    result = registry.RUNS["resnet_emoji_designer"].publish(tmp_path)
    metrics = result["metrics"]
    assert result["seeds"] == [row["seed"] for row in metrics["by_seed"]] == [0, 1, 2]
    for key, of in (
        ("accuracy", "scores"),
        ("among_five", "among_five"),
        ("all_hands", "all_hands"),
    ):
        mean = sum(row[of]["accuracy"] for row in metrics["by_seed"]) / 3
        assert metrics[key]["mean"] == pytest.approx(mean)
    assert metrics["majority"] == 0.2 and len(metrics["classes"]) == 10
    assert sum(map(sum, metrics["confusion"])) == 500
