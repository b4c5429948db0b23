"""Attacks on membership, the accountant, private training, and votes as fingerprints."""

import math
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from aesthetic_utils.judgements import fingerprints, personal_taste
from aesthetic_utils.models.groupnorm_cnn import GroupNormCNN, GroupNormCNNConfig
from aesthetic_utils.published.results import load_result
from aesthetic_utils.statistics import accounting, membership
from aesthetic_utils.training import private
from tools import publish_privacy as tool

# ---- membership


def test_curve_and_area_belong_together():
    rng = np.random.default_rng(0)
    members, others = rng.normal(1, 1, 300), rng.normal(0, 1, 400)
    accused, found = membership.curve(members, others)
    assert accused[0] == found[0] == 0 and accused[-1] == found[-1] == 1
    assert np.trapezoid(found, accused) == pytest.approx(membership.auc(members, others))
    # normal laws one spread apart: Phi(1 / sqrt 2)
    assert membership.auc(members, others) == pytest.approx(0.760, abs=0.04)
    assert membership.found_at(members, others, 0.01) == found[accused <= 0.01].max()


def test_ties_are_worth_nothing():
    assert membership.auc(np.ones(5), np.ones(3)) == 0.5
    assert membership.found_at(np.ones(5), np.ones(3), 0.5) == 0
    with pytest.raises(ValueError, match="row of numbers"):
        membership.auc(np.array([np.nan]), np.ones(3))


def test_log_odds_are_log_p_over_the_rest():
    logits, labels = np.random.default_rng(0).normal(size=(6, 4)), np.array([0, 1, 2, 3, 0, 1])
    p = torch.tensor(logits).softmax(1).numpy()[np.arange(6), labels]
    np.testing.assert_allclose(membership.log_odds(logits, labels), np.log(p / (1 - p)))
    assert membership.log_odds(np.array([[900.0, -900.0]]), np.array([0])) == 1800  # no overflow


def test_shadows_find_what_a_threshold_cannot():
    """Pictures of very different difficulty: one threshold for all is lost, a law for each is not."""
    rng = np.random.default_rng(1)
    inside = membership.halves(600, 16, seed=2)
    assert (inside.sum(0) == 8).all() and (inside[0] ^ inside[1]).all()
    odds = rng.normal(0, 5, 600) + 2.0 * inside + rng.normal(0, 0.7, inside.shape)
    score = membership.likelihood_ratio(odds[0], odds[1:], inside[1:])
    plain = membership.auc(odds[0][inside[0]], odds[0][~inside[0]])
    better = membership.auc(score[inside[0]], score[~inside[0]])
    assert plain < 0.68 and better > 0.95
    with pytest.raises(ValueError, match="out of another"):
        membership.likelihood_ratio(odds[0], odds[1:2], inside[1:2])


def test_the_bound_is_met_by_the_best_attack_on_randomised_answers():
    """Who answers truthfully with the chance e / (1 + e) gives away epsilon = 1, exactly."""
    truth = math.e / (1 + math.e)
    assert membership.most_found(1 - truth, 1.0) == pytest.approx(truth)
    assert membership.most_found(0.01, 0.0, 0.0) == pytest.approx(0.01)
    assert membership.most_found(0.01, 8.0, 1e-4) == pytest.approx(1 - math.exp(-8) * 0.9899)
    with pytest.raises(ValueError, match="epsilon"):
        membership.most_found(0.1, -1.0)


# ---- the accountant


def test_the_accountant_agrees_with_opacus():
    rdp = private.opacus_part("opacus.accountants", "RDPAccountant")
    for sigma, share, steps in ((1.1, 0.1, 120), (4.0, 1.0, 1), (0.8, 0.02, 40)):
        theirs = rdp()
        theirs.history = [(sigma, share, steps)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            other = theirs.get_epsilon(delta=1e-4)
        assert accounting.training_epsilon(sigma, share, steps, 1e-4) == pytest.approx(
            other, rel=0.02
        )


def test_one_step_costs_no_more_than_the_bound_says():
    assert accounting.exact_delta(accounting.exact_epsilon(2.0, 1e-4), 2.0) == pytest.approx(1e-4)
    for sigma in (1.0, 4.0):
        exact = accounting.exact_epsilon(sigma, 1e-4)
        assert exact < accounting.training_epsilon(sigma, 1.0, 1, 1e-4) < 1.3 * exact
        assert accounting.training_epsilon(sigma, 0.1, 1, 1e-4) < exact
    assert accounting.sampled_rdp(8, 1.5, 1.0) == accounting.gaussian_rdp(8, 1.5)
    with pytest.raises(ValueError, match="share"):
        accounting.sampled_rdp(8, 1.5, 0.0)


# ---- private training

CONFIG = GroupNormCNNConfig(classes=3, width=4)


@pytest.fixture(scope="module")
def few():
    chance = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (24, 3, 32, 32), generator=chance, dtype=torch.uint8)
    return images, torch.arange(24) % 3


def test_no_picture_looks_at_another(few):
    torch.manual_seed(0)
    model = GroupNormCNN(CONFIG).train()
    x = few[0].float() / 255
    torch.testing.assert_close(model(x)[:5], model(x[:5]))
    assert not any(isinstance(m, nn.BatchNorm2d) for m in model.modules())
    with pytest.raises(ValueError, match="32, 32"):
        model(x[:, :, :8])
    with pytest.raises(ValueError, match="multiple of 8"):
        GroupNormCNNConfig(image_size=30)


def test_our_gradient_is_that_of_opacus(few):
    """The same batch, clipped and added: without noise, by hand and by the library."""
    torch.manual_seed(0)
    model = GroupNormCNN(CONFIG)
    single = []
    for x, y in zip(few[0].float() / 255, few[1], strict=True):
        model.zero_grad()
        nn.functional.cross_entropy(model(x[None]), y[None]).backward()
        single.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    ours = private.private_gradient(torch.stack(single), 0.5, 0.0, torch.Generator()) / len(few[0])
    wrapped = private.opacus_part("opacus.grad_sample", "GradSampleModule")(model)
    optimizer = private.opacus_part("opacus.optimizers", "DPOptimizer")(
        torch.optim.SGD(wrapped.parameters(), lr=1.0), noise_multiplier=0.0, max_grad_norm=0.5,
        expected_batch_size=len(few[0]),
    )  # fmt: skip
    before = torch.cat([p.detach().flatten().clone() for p in model.parameters()])
    optimizer.zero_grad()
    private.private_step(wrapped, optimizer, *few, share=1.0)
    after = torch.cat([p.detach().flatten() for p in model.parameters()])
    torch.testing.assert_close(before - after, ours, rtol=1e-3, atol=1e-6)


def test_noise_is_in_clipping_lengths():
    gradients = torch.zeros(3, 4000)
    noise = private.private_gradient(gradients, 0.5, 4.0, torch.Generator().manual_seed(0))
    assert float(noise.std()) == pytest.approx(2.0, rel=0.05)


def test_training_depends_on_its_seed_alone_and_says_what_is_missing(few, monkeypatch):
    settings = private.PrivateSettings(steps=2, share=0.5)
    a, b = (private.train_private(settings, CONFIG, *few, sigma=1.0, seed=4) for _ in range(2))
    assert all(p.equal(q) for p, q in zip(a.parameters(), b.parameters(), strict=True))
    assert not a.training and all(getattr(p, "grad_sample", None) is None for p in a.parameters())
    seen = []
    plain = private.PlainSettings(epochs=2, batch_size=8, flip=True, shift=1)
    private.train_plain(plain, CONFIG, *few, watch=lambda epoch, _: seen.append(epoch))
    assert seen == [1, 2]
    assert private.noise_for(private.PrivateSettings(epsilon=None)) == 0

    def missing(name):
        raise ModuleNotFoundError(name, name="opacus")

    monkeypatch.setattr(private.importlib, "import_module", missing)
    with pytest.raises(private.MissingExtraError, match="pip install opacus"):
        private.noise_for(settings)


# ---- votes


def test_people_who_do_not_waver_are_found_and_strangers_by_chance():
    rng = np.random.default_rng(0)
    first = rng.normal(size=(30, 12))
    same = fingerprints.named(first, first + 1e-6, 6, deals=3, repeats=20)
    assert same.value == 1 and same.n == 30
    strangers = fingerprints.named(first, rng.normal(size=(30, 12)), 6, deals=40, repeats=20)
    assert strangers.value == pytest.approx(1 / 30, abs=0.03)
    with pytest.raises(ValueError, match="13 votes"):
        fingerprints.named(first, first, 13)


def test_what_is_blurred_is_found_less_and_level_helps():
    people = personal_taste.simulate_people(60, seed=0).ratings
    first, second = people[:, :, 0], people[:, :, 1]

    def share(way="pattern", blur=None):
        return fingerprints.named(first, second, 30, way=way, blur=blur, deals=8, repeats=20).value

    assert share("pattern and level") > share() > share(blur=fingerprints.with_noise(0.3))
    assert share(blur=fingerprints.in_groups(30)) < 0.12 < share()
    assert share(blur=fingerprints.in_steps(5)) > 0.6 * share()
    with pytest.raises(ValueError, match="pattern and level"):
        share("colour")
    with pytest.raises(ValueError, match="are a group, not 0"):
        fingerprints.in_groups(0)
    elsewhere = fingerprints.named_elsewhere(first, second, 20, deals=8, repeats=20)
    assert 1 / 60 < elsewhere.value < share("pattern and level")


def test_places_are_shared_by_those_who_are_as_alike():
    assert fingerprints.places(np.array([[3.0, 1, 1], [2, 1, 0], [1, 1, 2]])).tolist() == [1, 2, 1]
    with pytest.raises(ValueError, match="square"):
        fingerprints.places(np.ones((2, 3)))
    halves = fingerprints.in_steps(3)(np.array([[0.1, 0.3, 0.9]]), np.random.default_rng(0))
    assert halves.tolist() == [[0.0, 0.5, 1.0]]


# ---- the tool


def test_the_tool_tries_everything_and_keeps_its_networks(monkeypatch, tmp_path):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    monkeypatch.setenv("AESTHETIC_DATA", str(tmp_path))
    monkeypatch.setattr(tool, "refusal", lambda: None)
    written = {}
    monkeypatch.setattr(tool, "write_result", lambda name, record: written.update({name: record}))
    assert tool.main(tmp_path, train_only=True) == 0 and not written
    monkeypatch.setattr(tool, "train_plain", lambda *_, **__: pytest.fail("trained again"))
    monkeypatch.setattr(tool, "stranger", lambda what: GroupNormCNN(GroupNormCNNConfig(classes=8)))
    assert tool.main(tmp_path, train_only=False) == 0
    record, stored = written["privacy"], load_result("privacy")
    assert set(record) == set(stored)
    assert set(record["classifiers"]["stopped"]) <= set(stored["classifiers"]["stopped"])
    row = stored["classifiers"]["overfitted"]
    assert row["accuracy"]["known"]["mean"] > row["accuracy"]["not_known"]["mean"]
    for epsilon in (1, 2, 4, 8):
        kind = stored["classifiers"][f"epsilon {epsilon}"]
        assert kind["epsilon"] == pytest.approx(epsilon, rel=0.03)


def test_the_record_holds_no_person_and_no_picture():
    def longest(value) -> int:
        if isinstance(value, dict):
            return max(map(longest, value.values()), default=0)
        return len(value) if isinstance(value, list) else 0

    stored = load_result("privacy")
    assert longest(stored) <= len(tool.ALARMS)
