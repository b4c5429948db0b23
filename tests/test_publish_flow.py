"""What is measured of the flow's drawings, on a few of them and with networks that know nothing."""

import pytest
import torch

from aesthetic_utils.data import load_emoji
from aesthetic_utils.generator_metrics import yardstick
from aesthetic_utils.models.unet import UNet, UNetConfig
from aesthetic_utils.published.flow import (
    asked_like,
    conditions_of,
    drawings_of,
    load_flow,
    some_of,
)
from aesthetic_utils.published.registry import RUNS
from tools import publish_flow


class Blind(torch.nn.Module):
    """Always says the same class; sees the mean colour of each quarter."""

    def __init__(self, says: int):
        super().__init__()
        self.says = says

    def features(self, images):
        return torch.nn.functional.adaptive_avg_pool2d(images, 2).flatten(1)  # [N, 12]

    def forward(self, images):
        return (
            torch.nn.functional.one_hot(torch.tensor(self.says), 10).float().repeat(len(images), 1)
        )


@pytest.fixture(scope="module")
def emoji():
    every = load_emoji("test", ideas="all")
    return publish_flow.thinned(every, 6), publish_flow.thinned(every, 90, 12)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    config = UNetConfig(
        channels=4, multipliers=(1, 2), condition=8, groups=2, heads=2, words=("face", "woman")
    )
    return UNet(config).eval()


def test_a_set_is_thinned_row_by_row(emoji):
    every, (_, few) = load_emoji("test", ideas="all"), emoji
    assert len(few) == 12 and few.names[1] == every.names[90]
    assert torch.equal(few.images[1], every.images[90]) and few.designer[1] == every.designer[90]


def test_right_is_the_share_of_the_class_with_its_interval(emoji):
    _, few = emoji
    row = publish_flow.right(Blind(2), few.images.float() / 255, torch.tensor([2] * 9 + [3] * 3))
    assert row["share"] == 0.75 and row["low"] < 0.75 < row["high"] and row["n"] == 12


def test_typical_is_near_to_the_mean_of_the_category(emoji):
    train, _ = emoji
    seen = Blind(0).features(train.images.float() / 255)
    mean = seen[train.category == 1].mean(0)
    flat = mean.view(1, 3, 2, 2).repeat_interleave(16, 2).repeat_interleave(16, 3)  # its quarters
    near = publish_flow.typicality(Blind(0), flat, torch.tensor([1]), train)
    assert near == pytest.approx(0, abs=1e-5)
    assert publish_flow.typicality(Blind(0), 0 * flat, torch.tensor([1]), train) > 1


def test_rows_by_strength_and_by_evaluations(emoji, model, monkeypatch):
    train, few = emoji
    monkeypatch.setattr(publish_flow, "WAYS", (("euler", 2), ("heun", 2)))
    monkeypatch.setattr(publish_flow, "steps", lambda: 1)
    rulers = {"category": Blind(1), "designer": Blind(0)}
    pictures = train.images.float() / 255
    looks = {name: network.features for name, network in rulers.items()}
    by = yardstick(looks, pictures, pictures[:60])
    rows = publish_flow.by_strength(model, rulers, by, few, train)
    assert [row["strength"] for row in rows] == [None, *publish_flow.STRENGTHS]
    for key, labels, says in (("category", few.category, 1), ("designer", few.designer, 0)):
        expected = float((labels == says).double().mean())
        assert all(row[key]["share"] == expected for row in rows)
    assert all(row["frechet"]["category"] >= 0 and 0 <= row["memorised"] <= 1 for row in rows)
    ways = publish_flow.by_evaluations(model, by, few)
    assert [row["evaluations"] for row in ways] == [2, 3]


def test_words_are_asked_of_names_with_a_known_word_alone(model, monkeypatch):
    monkeypatch.setattr(publish_flow, "steps", lambda: 1)
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    every = load_emoji("test", ideas="all")
    named = {name for name in every.names if {"face", "woman"} & set(name.split("-"))}
    found = publish_flow.by_words(model, Blind(1), every)
    assert found["names"] == len(named) > 5
    first = {name: int(every.category[every.names.index(name)]) for name in named}
    share = sum(category == 1 for category in first.values()) / len(named)
    assert found["asked"]["share"] == pytest.approx(share) == found["other_words"]["share"]
    assert found["asked"]["n"] == len(named) <= found["held_out"]["n"]


def test_conditions_and_drawings_of_a_set():
    emoji = load_emoji("test")
    drawings = drawings_of(emoji, ("face",))
    asked = conditions_of(emoji, ("face",))
    assert torch.equal(asked.category, emoji.category + 1)
    symbols = emoji.category_names.index("Symbols")
    assert not drawings.may_mirror[emoji.category == symbols].any() and drawings.may_mirror.any()
    face = emoji.names.index(next(name for name in emoji.names if "face" in name.split("-")))
    assert asked.words[face, 0] == 1
    few = some_of(drawings, 5)
    assert len(few.images) == len(few.conditions.words) == len(few.may_mirror) == 5
    like = asked_like(emoji, 40, ("face",))
    pairs = set(zip(asked.category.tolist(), asked.designer.tolist(), strict=True))
    assert set(zip(like.category.tolist(), like.designer.tolist(), strict=True)) <= pairs
    assert not like.words.any()


def test_the_run_trains_and_publishes(tmp_path, monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    run = RUNS["flow_emoji"]
    result = run.publish(tmp_path / "runs", precision="float32", into=tmp_path)
    assert result["steps"] == 3 and result["stopped_by"] == "steps"
    assert {"train", "validation", "step"} == set(result["validation"][-1])
    assert result["drawings"] > 10_000 and 0 <= result["metrics"]["corner"]["samples"] <= 1
    network = load_flow(str(tmp_path / "flow_emoji.safetensors"))
    assert "cat" in network.config.words and network.config.designers == 10
