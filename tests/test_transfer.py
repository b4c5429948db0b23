"""Transfer: a probe has one solution, a body moves as it is told, and the published matrix is what it says."""

import copy
import json

import pytest
import torch
from scipy.optimize import minimize
from small_images import smooth_images
from torch import nn

from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.models import ConvNet, ConvNetConfig, ResNet, ResNetConfig
from aesthetic_utils.models.lite import Lite0, MissingPackageError
from aesthetic_utils.published import registry
from aesthetic_utils.published import transfer as published
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.transfer import (
    FineTuneSettings,
    feature_change,
    fine_tune,
    fit_probe,
    hold_statistics,
    left_out_losses,
    logistic_regression,
    probe_loss,
    rate_groups,
    standardisation,
    with_new_head,
)
from tools import results

SMALL = ResNetConfig(classes=4, channels=(4, 6), dropout=0.0)


def blobs(n: int, noise: float, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Three classes around three corners of a triangle in the first two of six numbers."""
    g = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 3
    corners = torch.tensor([[0.0, 1.0], [1.0, -0.5], [-1.0, -0.5]])
    x = noise * torch.randn(n, 6, generator=g)
    x[:, :2] += corners[labels]
    return x, labels


# ---- the probe


def test_a_probe_ends_in_the_same_place_from_everywhere_and_scipy_finds_it_too():
    x, labels = blobs(30, noise=0.6)
    ends = []
    for seed in range(3):
        g = torch.Generator().manual_seed(seed)
        start = 3 * torch.randn(3, 6, generator=g), torch.randn(3, generator=g)
        ends.append(logistic_regression(x, labels, 3, 0.1, start=start))
    for weight, bias in ends[1:]:
        torch.testing.assert_close(weight, ends[0][0], atol=1e-4, rtol=0)
        torch.testing.assert_close(bias, ends[0][1], atol=1e-4, rtol=0)

    def loss(flat):
        flat = torch.tensor(flat)
        return probe_loss(flat[:18].reshape(3, 6), flat[18:], x.double(), labels, 0.1).item()

    found = minimize(loss, torch.zeros(21).double().numpy(), method="BFGS").x
    torch.testing.assert_close(
        ends[0][0].flatten(), torch.tensor(found[:18]).float(), atol=1e-3, rtol=0
    )


def test_a_class_that_nobody_labelled_does_not_run_away():
    x, labels = blobs(30, noise=0.6)
    weight, bias = logistic_regression(x, labels, 4, 0.01)
    assert bias.isfinite().all() and abs(bias[3]) < 100
    logits = x @ weight.T + bias
    assert (logits.argmax(1) != 3).all()


def test_the_penalty_is_chosen_by_what_was_left_out():
    clean, noise = blobs(60, noise=0.1), blobs(60, noise=0.1)
    shuffled = noise[1][torch.randperm(60, generator=torch.Generator().manual_seed(1))]
    penalties = (10.0, 0.001)
    assert left_out_losses(*clean, 3, penalties).argmin() == 1
    assert left_out_losses(noise[0], shuffled, 3, penalties).argmin() == 0
    assert fit_probe(*clean, 3).penalty < fit_probe(noise[0], shuffled, 3).penalty


def test_a_probe_answers_for_features_as_they_come():
    x, labels = blobs(60, noise=0.2)
    probe = fit_probe(1000 + 50 * x, labels, 3)
    new, expected = blobs(90, noise=0.2, seed=1)
    assert (probe.logits(1000 + 50 * new).argmax(1) == expected).double().mean() > 0.95


def test_no_spread_is_tiny():
    features = torch.randn(20, 4, generator=torch.Generator().manual_seed(0))
    features[:, 2] = 5.0
    centre, spread = standardisation(features)
    assert spread[2] == pytest.approx(0.1 * float(features.std(0, correction=0).mean()))
    torch.testing.assert_close(spread[:2], features[:, :2].std(0, correction=0))
    assert (standardisation(torch.ones(5, 3))[1] > 0).all()


@pytest.mark.parametrize(
    ("features", "labels", "says"),
    [
        (torch.zeros(3, 2), torch.zeros(3).long(), "at least 4"),
        (torch.zeros(6, 2), torch.zeros(5).long(), "N of at least 4; got"),
        (torch.full((6, 2), torch.nan), torch.zeros(6).long(), "must be finite"),
        (torch.zeros(6, 2), torch.full((6,), 3), "from 0 to 2"),
    ],
)
def test_what_cannot_be_probed_is_refused(features, labels, says):
    with pytest.raises(ValueError, match=says):
        fit_probe(features, labels, 3)


def test_without_a_penalty_there_is_no_promise():
    with pytest.raises(ValueError, match="only above 0"):
        logistic_regression(*blobs(9, noise=0.1), 3, 0.0)


# ---- a new head


def test_the_head_of_a_probe_says_what_the_probe_said():
    body = ResNet(SMALL).eval()
    images = smooth_images(12, 16).float() / 255
    with torch.no_grad():
        features = body.features(images)
    probe = fit_probe(features, torch.arange(12) % 3, 3)
    model = with_new_head(body, features, 3, probe=probe).eval()
    with torch.no_grad():
        torch.testing.assert_close(model(images), probe.logits(features))
    with_random = with_new_head(body, features, 3, seed=1)
    assert not torch.allclose(with_random.head.weight, probe.weight)
    assert torch.equal(
        with_random.head.weight, with_new_head(body, features, 3, seed=1).head.weight
    )
    model.body.stem[0].weight.data.zero_()
    assert body.stem[0].weight.any(), "the body is a copy"


@pytest.mark.parametrize("body", [ResNet(SMALL), ConvNet(ConvNetConfig(widths=(6, 8)))])
def test_each_weight_that_learns_is_in_one_group_and_rates_rise_to_the_head(body):
    model = with_new_head(body, torch.randn(8, body.features(torch.rand(1, 3, 32, 32)).shape[1]), 3)
    settings = FineTuneSettings(learning_rate=1e-2, lowest_rate=0.1, weight_decay=0.3)
    groups = rate_groups(model, settings)
    learning = [p for p in model.parameters() if p.requires_grad]
    grouped = [p for group in groups for p in group["params"]]
    assert sorted(map(id, learning)) == sorted(map(id, grouped))
    rates = sorted({group["peak"] for group in groups})
    assert rates[0] == pytest.approx(1e-3) and rates[-1] == 1e-2
    factors = torch.tensor(rates[1:]) / torch.tensor(rates[:-1])
    torch.testing.assert_close(factors, factors[:1].expand_as(factors), rtol=1e-4, atol=0)
    head = [g for g in groups if any(p is model.head.weight for p in g["params"])]
    assert head[0]["peak"] == 1e-2
    assert [g["peak"] for g in groups] == sorted(g["peak"] for g in groups)
    for group in groups:
        assert group["weight_decay"] == (0.3 if group["params"][0].ndim > 1 else 0.0)


def test_rates_that_make_no_sense_are_refused():
    for wrong in ({"lowest_rate": 0.0}, {"lowest_rate": 1.5}, {"steps": 0}):
        with pytest.raises(ValueError, match="lowest_rate|steps"):
            FineTuneSettings(**wrong)


# ---- fine-tuning


def two_kinds(n: int = 24) -> tuple[torch.Tensor, torch.Tensor]:
    """Images that are light above or below."""
    images = smooth_images(n, 16) // 2
    labels = torch.arange(n) % 2
    for image, label in zip(images, labels, strict=True):
        image[:, 8 * label : 8 * label + 8] += 120
    return images, labels


def tuned(hold: bool, seed: int = 0):
    images, labels = two_kinds()
    torch.manual_seed(0)
    body = ResNet(SMALL).eval()
    with torch.no_grad():
        features = body.features(images.float() / 255)
    model = with_new_head(body, features, 2)
    settings = FineTuneSettings(steps=60, batch_size=8, learning_rate=2e-2, hold_statistics=hold)
    return body, model, fine_tune(model, images, labels, settings=settings, seed=seed)


def test_it_learns_and_ends_alike_with_the_same_seed():
    body, model, losses = tuned(hold=True)
    images, labels = two_kinds()
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])
    with torch.no_grad():
        assert (model(images.float() / 255).argmax(1) == labels).double().mean() > 0.9
    assert not model.training and feature_change(body, model.body, images).min() > 0
    assert tuned(hold=True)[2] == losses and tuned(hold=True, seed=1)[2] != losses


@pytest.mark.parametrize("hold", [True, False])
def test_statistics_are_held_or_follow(hold):
    body, model, _ = tuned(hold)
    norms = [m for m in body.modules() if isinstance(m, nn.BatchNorm2d)]
    after = [m for m in model.body.modules() if isinstance(m, nn.BatchNorm2d)]
    pairs = list(zip(norms, after, strict=True))
    assert all(torch.equal(a.running_mean, b.running_mean) == hold for a, b in pairs)
    assert any(not torch.equal(a.bias, b.bias) for a, b in pairs), "shifts learn either way"


def test_only_batch_norm_stands_still():
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Dropout()).train()
    hold_statistics(model)
    assert [m.training for m in model] == [True, False, True]


def test_features_that_did_not_move_moved_by_nothing():
    body = ResNet(SMALL).eval()
    images = smooth_images(5, 16)
    assert feature_change(body, copy.deepcopy(body), images).tolist() == [0.0] * 5

    class Doubled(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = body

        def features(self, x):
            return 2 * self.body.features(x)

    torch.testing.assert_close(feature_change(body, Doubled(), images), torch.ones(5))
    with pytest.raises(ValueError, match="uint8"):
        feature_change(body, body, images.float())


# ---- the published matrix


@pytest.fixture(scope="module")
def small_targets():
    """What one test has read of the pictures serves the others."""
    for kept in (published.load_target, published.seen_by):
        kept.cache_clear()
    yield
    for kept in (published.load_target, published.seen_by):
        kept.cache_clear()


@pytest.fixture
def smoke(monkeypatch, small_targets):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    monkeypatch.setattr(published, "has_lite0", lambda: False)


def test_no_idea_is_labelled_and_tested_and_the_other_hands_are_others(smoke):
    target = published.load_target("category")
    sets = [load_emoji("train"), load_emoji("test")]
    [(pool, tests)] = target.splits(seed=0)
    assert len(pool) == len(sets[0]) and sorted(pool.tolist()) == list(range(len(pool)))
    assert not set(sets[0].names) & set(sets[1].names)
    assert all(rows.min() >= len(pool) for rows in tests.values())
    assert not set(tests["same hands"].tolist()) & set(tests["other hands"].tolist())
    assert torch.equal(target.labels[pool], sets[0].category[pool])
    [(again, _)], [(different, _)] = target.splits(seed=0), target.splits(seed=1)
    assert torch.equal(pool, again) and not torch.equal(pool, different)


def test_two_halves_of_the_photographs_test_each_other(smoke):
    target = published.load_target("photographs")
    parts = [(pool, tests["other half"]) for pool, tests in target.splits(seed=0)]
    for pool, test in parts:
        assert sorted([*pool.tolist(), *test.tolist()]) == list(range(96))
        assert target.labels[pool].double().mean() == 0.5 == target.labels[test].double().mean()
    assert sorted(parts[0][0].tolist()) == sorted(parts[1][1].tolist())


def test_half_size_is_that_of_the_embedded_drawings():
    large, small = (load_emoji("test", size=side).images for side in (64, 32))
    assert torch.equal(published.to_side(large, 32), small)
    assert torch.equal(published.to_side(large, 64), large)


def test_what_a_frozen_cell_scores_is_a_probe_on_its_features(smoke):
    cell = published.Cell(target="category", source="drawings", method="frozen", labels=20)
    row = published.measure_cell(cell, seed=3)
    target = published.load_target("category")
    [(order, tests)] = target.splits(seed=3)
    body = published.build("drawings")
    rows, test = order[:20], tests["same hands"]
    with torch.no_grad():
        a, b = (
            body.features(published.to_side(target.images[r], 32) / 255.0) for r in (rows, test)
        )
    said = fit_probe(a, target.labels[rows], 8, seed=3).logits(b).argmax(1)
    right = (said == target.labels[test]).double().mean().item()
    assert row["accuracy"]["same hands"] == pytest.approx(right) and row["n"]["same hands"] == 20


def test_a_run_keeps_each_cell_goes_on_and_is_summed_up(smoke, tmp_path, monkeypatch):
    measured = []
    original = published.measure_cell

    def measure(cell, seed):
        measured.append(cell)
        return original(cell, seed)

    monkeypatch.setattr(published, "measure_cell", measure)
    run = registry.RUNS["transfer_learning"]
    first = run(run_dir=tmp_path)
    assert len(measured) == first["steps"] == len(published.cells()) and first["file"] is None
    assert {cell.method for cell in measured} == {
        "frozen", "fine-tuned", "from scratch", "probe, then fine-tuned",
    }  # fmt: skip
    kept = tmp_path / "transfer_learning" / "seed_0" / measured[0].file
    kept.unlink()
    again = run(run_dir=tmp_path)
    assert len(measured) == first["steps"] + 1, "only what was missing"
    scores = [[row["accuracy"] for row in result["metrics"]["rows"]] for result in (first, again)]
    assert scores[0] == scores[1]
    summary = published.transfer_summary("learning", [first, again])
    cell = summary["means"]["category"]["same hands"]["drawings"]["frozen"]["20"]
    assert cell["n"] == 2 and cell["sd"] == 0.0 and json.dumps(summary)
    late = run(seed=1, run_dir=tmp_path, time_budget_s=1e-9)
    assert late["stopped_by"] == "clock" and len(late["skipped"]) == len(published.cells())


def test_what_it_cannot_do_it_says(smoke, tmp_path, monkeypatch):
    run = registry.RUNS["transfer_learning"]
    with pytest.raises(AestheticError, match="float32 alone"):
        run(run_dir=tmp_path, precision="bfloat16")
    monkeypatch.setenv("AESTHETIC_MODE", "full")
    monkeypatch.setattr("aesthetic_utils.models.lite.has_lite0", lambda: False)
    with pytest.raises(MissingPackageError, match="pip install"):
        run(run_dir=tmp_path)


def test_a_run_that_ships_no_network_has_no_weights_to_wait_for():
    made = {step.makes[0]: step for step in results.steps()}
    assert [p.name for p in made["transfer_learning"].outputs] == ["transfer_learning.json"]
    assert "convnet_cifar10.safetensors" in {p.name for p in made["convnet_cifar10"].outputs}


def test_the_side_of_lite0_is_a_multiple_of_32():
    class Echo(nn.Module):
        def extract_features(self, x):
            self.seen = x
            return x

    echo = Echo()
    assert Lite0(echo, side=96).features(torch.rand(2, 3, 64, 64)).shape == (2, 3)
    assert echo.seen.shape[-2:] == (96, 96)
    with pytest.raises(ValueError, match="multiple of 32"):
        Lite0(echo, side=100)
