"""Rewards from votes."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from aesthetic_utils.training.reward import (
    Reward,
    ensemble,
    fit_reward,
    pair_accuracy,
    reward_loss,
)


def votes(count: int, seed: int = 0):
    """Features of pictures, and votes by a known linear taste without noise: [300, 6], [V, 6] twice, [300]."""
    draw = torch.Generator().manual_seed(seed)
    features = torch.randn(300, 6, generator=draw) * torch.arange(1, 7) + 3
    taste = features @ torch.tensor([1.0, -0.5, 0, 0, 0.2, 0])
    pairs = torch.randint(300, (count, 2), generator=draw)
    first = (taste[pairs[:, 0]] > taste[pairs[:, 1]])[:, None]
    pairs = torch.where(first, pairs, pairs.flip(1))
    return features, features[pairs[:, 0]], features[pairs[:, 1]], taste


def test_the_loss_is_minus_the_log_chance():
    a, b = torch.randn(50).double(), torch.randn(50).double()
    torch.testing.assert_close(reward_loss(a, b), -torch.sigmoid(a - b).log().mean())
    assert reward_loss(torch.zeros(3), torch.zeros(3)).item() == pytest.approx(np.log(2))
    assert torch.isfinite(reward_loss(torch.tensor([-1e4]), torch.tensor([1e4])))


def test_a_linear_reward_is_where_another_solver_finds_it():
    features, chosen, other, _ = votes(80)
    reward = fit_reward(features, chosen, other, decay=5.0)
    x = ((chosen - other) / features.std(0)).double().numpy()

    def loss(w):
        return np.logaddexp(0, -x @ w).sum() + 2.5 * w @ w

    best = minimize(loss, np.zeros(6), method="BFGS", tol=1e-9).x
    mine = reward.layers[0].weight[0].double().numpy()
    np.testing.assert_allclose(mine, best, rtol=2e-2, atol=2e-3)


@pytest.mark.parametrize("hidden", [0, 8])
def test_it_finds_the_taste_and_is_settled(hidden):
    features, chosen, other, taste = votes(1500)
    reward = fit_reward(features, chosen, other, hidden=hidden, decay=1.0)
    r = reward(features)
    assert r.mean().abs() < 1e-4 and r.std().item() == pytest.approx(1, abs=1e-4)
    assert torch.corrcoef(torch.stack([r, taste]))[0, 1] > 0.95
    assert not any(p.requires_grad for p in reward.parameters())
    again = fit_reward(features, chosen, other, hidden=hidden, decay=1.0)
    torch.testing.assert_close(again(features), r)


def test_gradients_go_through_a_settled_reward():
    features, chosen, other, _ = votes(50)
    x = features[:4].clone().requires_grad_()
    fit_reward(features, chosen, other)(x).sum().backward()
    assert x.grad.abs().sum() > 0


def test_members_of_an_ensemble_differ_and_an_accuracy_counts_pairs():
    features, chosen, other, _ = votes(40)
    members = ensemble(lambda a, b: fit_reward(features, a, b), chosen, other, members=3)
    said = torch.stack([member(features) for member in members])
    assert (said[0] - said[1]).abs().max() > 0.01
    r = torch.tensor([3.0, 1.0, 2.0])
    assert pair_accuracy(r, torch.tensor([0, 1]), torch.tensor([1, 2])) == 0.5
    assert pair_accuracy(torch.ones(3), torch.tensor([0, 1]), torch.tensor([1, 2])) == 0.5


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"\[M, D\]"):
        Reward(torch.zeros(3))
    with pytest.raises(ValueError, match="at least one vote"):
        fit_reward(torch.randn(5, 2), torch.zeros(0, 2), torch.zeros(0, 2))
