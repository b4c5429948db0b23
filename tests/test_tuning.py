"""Ways to tune a generator, and how far each goes."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from aesthetic_utils.training import tuning


def test_best_of_n_is_what_drawing_gives():
    rng = np.random.default_rng(0)
    rewards = rng.normal(size=40)
    values = np.stack([rewards, rng.normal(size=40)])
    drawn = rng.integers(40, size=(60_000, 4))
    best = drawn[np.arange(60_000), rewards[drawn].argmax(1)]
    found = tuning.best_of_n(rewards, values, 4)
    np.testing.assert_allclose(found, values[:, best].mean(1), atol=0.02)
    np.testing.assert_allclose(tuning.best_of_n(rewards, values, 1), values.mean(1))


def test_the_bound_is_reached_where_no_two_draws_are_alike():
    """For a continuous law the density of the best is n u^(n-1), whose KL is the bound exactly."""
    u = (np.arange(500_000) + 0.5) / 500_000
    for n in (1, 2, 8):
        density = n * u ** (n - 1)
        kl = (density * np.log(density)).mean()
        assert tuning.best_of_n_bound(n) == pytest.approx(kl, abs=1e-3)


def test_winners_come_from_blocks_of_their_own():
    rewards = np.array([1, 3, 2, 0, 9, 8, 7, 7.5])
    assert tuning.winners_of_blocks(rewards, 4, 2).tolist() == [1, 4]
    assert tuning.winners_of_blocks(rewards, 1, 3).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="2 blocks of 4"):
        tuning.winners_of_blocks(rewards, 4, 3)


def test_weights_move_a_normal_law_as_far_as_they_should():
    """N(0, 1) weighed by exp(x / beta) is N(1 / beta, 1), at a KL of 1 / (2 beta^2)."""
    x = np.random.default_rng(0).normal(size=400_000)
    w = tuning.reward_weights(x, 2.0)
    assert w.mean() == pytest.approx(1)
    assert (w * x).mean() == pytest.approx(0.5, abs=0.01)
    assert tuning.weighted_kl(w) == pytest.approx(1 / 8, abs=0.01)
    assert tuning.weighted_kl(np.ones(5)) == 0
    with pytest.raises(ValueError, match="above 0"):
        tuning.reward_weights(x, 0)


def test_regression_of_z_finds_a_law_and_its_distance():
    z = torch.randn(60_000, 3, generator=torch.Generator().manual_seed(0))
    law = tuning.regressed(z, tuning.reward_weights(z[:, 0].numpy(), 2.0))
    torch.testing.assert_close(law.mean, torch.tensor([0.5, 0, 0]), atol=0.05, rtol=0)
    exact = kl_divergence(Normal(law.mean, law.spread), Normal(0.0, 1.0))
    assert law.kl == pytest.approx(exact.sum().item(), rel=1e-3, abs=1e-5)
    assert torch.equal(law.draw(5, seed=3), law.draw(5, seed=3))


def test_dpo_is_at_the_minimum_of_its_loss_whatever_beta():
    chosen, other = torch.randn(2, 90, 4, generator=torch.Generator().manual_seed(0)).double()
    for beta in (0.5, 2.0):
        law = tuning.dpo(chosen, other, beta, decay=3.0)
        mean = law.mean.clone().requires_grad_()
        loss = 90 * tuning.dpo_loss(mean, chosen, other, beta)
        (loss + 1.5 * (beta * mean).square().sum()).backward()
        assert mean.grad.abs().max() < 1e-8
        assert law.kl == pytest.approx(0.5 * law.mean.square().sum().item())


def test_dpo_loss_is_the_papers_for_two_normal_laws():
    chosen, other = torch.randn(2, 7, 4).double()
    mean = torch.randn(4).double()
    new, old = Normal(mean, 1.0), Normal(torch.zeros(4).double(), 1.0)
    ratio = [(new.log_prob(z) - old.log_prob(z)).sum(-1) for z in (chosen, other)]
    wanted = -torch.sigmoid(0.3 * (ratio[0] - ratio[1])).log().mean()
    torch.testing.assert_close(tuning.dpo_loss(mean, chosen, other, 0.3), wanted)


class Toy(nn.Module):
    """z [N, 2] -> "pictures" [N, 2] in [-1, 1]."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor([0.3, 0.3]))

    def forward(self, z):
        return (self.gain * z).tanh()


def score(images):
    return images[:, 0] - images[:, 1]


def test_ascent_moves_z_alone_and_tuning_the_weights_alone():
    generator, z = Toy(), torch.randn(6, 2).requires_grad_()
    before, gain = z.detach().clone(), generator.gain.detach().clone()
    first = tuning.ascent_step(generator, score, z, torch.optim.SGD([z], 0.1))
    assert not torch.equal(z, before) and torch.equal(generator.gain, gain)
    assert score(tuning.pictures(generator, z)).mean().item() > first
    fresh, sgd = torch.tensor([[1.0, -1.0]]), torch.optim.SGD(generator.parameters(), 0.1)
    start = tuning.tuning_step(generator, score, fresh, sgd)
    assert score(tuning.pictures(generator, fresh)).mean().item() > start


def test_a_goodhart_curve_gives_its_numbers_back():
    kl = np.array([0, 0.5, 1, 2, 4, 8])
    d = np.sqrt(kl)
    assert tuning.goodhart_fit(kl, d * (0.9 - 0.2 * d)) == pytest.approx((0.9, 0.2))
    with pytest.raises(ValueError, match="two strengths"):
        tuning.goodhart_fit(np.array([0, 1.0]), np.array([0, 1.0]))


def test_stopping_is_before_the_first_fall():
    assert tuning.stop_at(np.array([0, 0.2, 0.5, 0.4, 0.9])) == 2
    assert tuning.stop_at(np.array([0, 0.2, 0.3])) == 2
    assert tuning.stop_at(np.array([0.1, 0.0])) == 0
