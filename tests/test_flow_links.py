"""The velocity of a mixture of Gaussians, and the same way told by DDPM, DDIM and EDM."""

import pytest
import torch

from aesthetic_utils.training.flow import euler, flow_loss, flow_pair, heun, times
from aesthetic_utils.training.flow_links import (
    clean_and_noise,
    ddim_step,
    ddpm_step,
    edm_step,
    from_ddpm,
    from_edm,
    level_at,
    mixture_velocity,
    share_at,
    time_of_level,
    time_of_share,
    to_ddpm,
    to_edm,
    v_prediction,
)

T = torch.tensor([0.02, 0.3, 0.5, 0.71, 0.97], dtype=torch.float64)


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


CLEAN, NOISE = drawn(5, 3, 4, 4), drawn(5, 3, 4, 4, seed=1)
X, V = flow_pair(CLEAN, NOISE, T)


def wide(number: torch.Tensor) -> torch.Tensor:
    return number[:, None, None, None]


def test_place_and_velocity_give_back_drawing_and_noise():
    clean, noise = clean_and_noise(X, V, T)
    torch.testing.assert_close(clean, CLEAN)
    torch.testing.assert_close(noise, NOISE)


def test_times_shares_and_levels_are_inverses():
    torch.testing.assert_close(time_of_share(share_at(T)), T)
    torch.testing.assert_close(time_of_level(level_at(T)), T)
    a = share_at(T)
    torch.testing.assert_close(a / (1 - a), level_at(T) ** -2)  # one ratio of drawing to noise
    assert time_of_share(1.0) == 0 and time_of_share(0.0) == 1 and time_of_level(0.0) == 0


def test_places_are_those_of_ddpm_and_edm_and_come_back():
    a, sigma = share_at(T), level_at(T)
    y, z = to_ddpm(X, T), to_edm(X, T)
    torch.testing.assert_close(y, wide(a.sqrt()) * CLEAN + wide((1 - a).sqrt()) * NOISE)
    torch.testing.assert_close(z, CLEAN + wide(sigma) * NOISE)
    torch.testing.assert_close(from_ddpm(y, a), X)
    torch.testing.assert_close(from_edm(z, sigma), X)


def test_v_prediction_is_its_definition_and_gives_the_drawing():
    a, v = share_at(T), v_prediction(X, V, T)
    torch.testing.assert_close(v, wide(a.sqrt()) * NOISE - wide((1 - a).sqrt()) * CLEAN)
    y = to_ddpm(X, T)
    torch.testing.assert_close(wide(a.sqrt()) * y - wide((1 - a).sqrt()) * v, CLEAN)


@pytest.mark.parametrize("then", [0.0, 0.1, 0.45])
def test_one_euler_step_is_one_step_of_ddim_and_of_edm(then):
    now = 0.5
    x, guess = X[2:3], drawn(1, 3, 4, 4, seed=3)  # a network says anything
    clean, noise = clean_and_noise(x, guess, now)
    ours = x + (then - now) * guess
    a, b = float(share_at(torch.tensor(now).double())), float(share_at(torch.tensor(then).double()))
    theirs = ddim_step(to_ddpm(x, now), noise, a, b)
    torch.testing.assert_close(from_ddpm(theirs, b), ours)
    sigmas = [n / (1 - n) for n in (now, then)]
    edm = edm_step(to_edm(x, now), clean, *sigmas)
    torch.testing.assert_close(from_edm(edm, sigmas[1]), ours)


def test_ddim_with_eta_one_is_a_step_of_ddpm():
    y, noise, fresh = drawn(1, 8), drawn(1, 8, seed=1), drawn(1, 8, seed=2)
    one = ddim_step(y, noise, 0.4, 0.5, eta=1.0, fresh=fresh)
    torch.testing.assert_close(one, ddpm_step(y, noise, 0.4, 0.5, fresh))
    with pytest.raises(ValueError, match="fresh"):
        ddim_step(y, noise, 0.4, 0.5, eta=0.5)


# ---- the velocity of a mixture

CENTRES = torch.tensor([[2.0, 0.0], [-1.0, 1.5], [0.0, -2.0]], dtype=torch.float64)


def mixture(n: int, spread: float, seed: int = 5) -> torch.Tensor:
    rows = torch.randint(3, (n,), generator=torch.Generator().manual_seed(seed))
    return CENTRES[rows] + spread * drawn(n, 2, seed=seed + 1)


def test_one_cluster_moves_in_closed_form():
    """Data N(m, s^2): whoever starts at e ends at m + s e."""
    centre, s, start = CENTRES[:1], 0.5, drawn(64, 2)
    end = heun(lambda x, t: mixture_velocity(x, t, centre, s), start, 400)
    torch.testing.assert_close(end, centre + s * start, atol=1e-4, rtol=0)


def test_no_velocity_has_a_smaller_loss():
    clean, noise = mixture(40_000, 0.3), drawn(40_000, 2, seed=9)
    t = torch.linspace(0.05, 0.95, 40_000, dtype=torch.float64)
    best = flow_loss(lambda x, t: mixture_velocity(x, t, CENTRES, 0.3), clean, noise, t)

    def changed(x, t):
        return 1.05 * mixture_velocity(x, t, CENTRES, 0.3) + 0.05

    assert best < flow_loss(changed, clean, noise, t)
    assert best < flow_loss(lambda x, t: mixture_velocity(x, t, CENTRES, 0.4), clean, noise, t)


def test_it_is_the_mean_of_the_pairs_that_pass_by():
    """Near a place, at one time, the mean of e - x_0 over many pairs."""
    n, t = 400_000, 0.6
    x, u = flow_pair(mixture(n, 0.3), drawn(n, 2, seed=9), torch.full((n,), t).double())
    place = torch.tensor([[0.3, 0.2]], dtype=torch.float64)
    near = (x - place).norm(dim=1) < 0.06
    expected = mixture_velocity(place, torch.tensor([t]).double(), CENTRES, 0.3)[0]
    error = u[near].std(0) / near.sum().sqrt()
    assert near.sum() > 500 and ((u[near].mean(0) - expected).abs() < 4 * error + 0.02).all()


def test_the_flow_ends_in_the_mixture():
    end = heun(lambda x, t: mixture_velocity(x, t, CENTRES, 0.1), drawn(3000, 2), 100)
    distance, nearest = torch.cdist(end, CENTRES).min(1)
    assert (distance < 0.5).double().mean() > 0.97
    assert ((nearest.bincount(minlength=3) / 3000 - 1 / 3).abs() < 0.03).all()


# ---- orders


def errors(solver) -> torch.Tensor:
    """Largest error at 10, 20, 40 and 80 steps where data are N(1, 0.5^2) and the end is known."""
    start = torch.linspace(-3, 3, 61, dtype=torch.float64)[:, None]
    centre = torch.ones(1, 1, dtype=torch.float64)
    field = lambda x, t: mixture_velocity(x, t, centre, 0.5)  # noqa: E731
    ends = [solver(field, start, steps) for steps in (10, 20, 40, 80)]
    return torch.stack([(end - 1 - 0.5 * start).abs().max() for end in ends])


def test_the_error_of_euler_halves_and_that_of_heun_falls_to_a_quarter():
    one, two = errors(euler), errors(heun)
    assert ((one[:-1] / one[1:]) - 2).abs().max() < 0.2
    assert ((two[1:-1] / two[2:]) - 4).abs().max() < 0.4
    assert two[1] < one[3] / 3  # 39 evaluations against 80


def test_a_way_of_no_step_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        times(0)
