"""What is known of a flow without learning: the velocity of a mixture of Gaussians, and how DDPM, DDIM and EDM say it.

Diffusion models put a drawing and noise together with other factors. Each of their places is one of ours, shrunk or
stretched, at a time with the same ratio of drawing to noise:

    flow matching   x = (1 - t) x_0 + t e
    DDPM and DDIM   y = sqrt(A) x_0 + sqrt(1 - A) e       A = (1 - t)^2 / ((1 - t)^2 + t^2)
    EDM             z = x_0 + sigma e                     sigma = t / (1 - t)

Ho et al. (2020), https://arxiv.org/abs/2006.11239; Song et al. (2021), https://arxiv.org/abs/2010.02502; Karras
et al. (2022), https://arxiv.org/abs/2206.00364. Places are [N, ...]; times, shares and levels are numbers or [N].
"""

from typing import TypeAlias

import torch
from torch import Tensor

Number: TypeAlias = Tensor | float


def _beside(number: Number, x: Tensor) -> Tensor:
    """A number for all of x [N, ...], or one for each row, in a shape that multiplies it."""
    number = torch.as_tensor(number, dtype=x.dtype, device=x.device)
    return number.view(-1, *[1] * (x.ndim - 1)) if number.ndim else number


# --------------------------------------------------------------------------------------------------
# the velocity of a mixture of Gaussians


def mixture_velocity(x: Tensor, t: Tensor, centres: Tensor, spread: float) -> Tensor:
    """The mean of e - x_0 over all pairs that pass through x at time t, where data are round clusters of equal size.

    x: [N, D]; t: [N] in [0, 1]; centres: [K, D]; spread: the standard deviation of each cluster, above 0. Given the cluster
    k, place and velocity are normal together: with c = (1 - t)^2 spread^2 + t^2 and the gap g = x - (1 - t) centre,

        E[x_0 | x, k] = centre + (1 - t) spread^2 g / c        E[e | x, k] = t g / c

    and the clusters count as likely as they make x. Our derivation; a test compares it with pairs.
    """
    t = t[:, None, None]  # [N, 1, 1]
    gap = x[:, None] - (1 - t) * centres  # [N, K, D]
    variance = (1 - t) ** 2 * spread**2 + t**2  # [N, 1, 1]
    share = torch.softmax(-(gap.square().sum(2) / variance[..., 0]) / 2, dim=1)  # [N, K]
    velocity = (t - (1 - t) * spread**2) * gap / variance - centres  # [N, K, D]
    return (share[..., None] * velocity).sum(1)  # [N, D]


# --------------------------------------------------------------------------------------------------
# one place, one velocity, three ways to say it


def clean_and_noise(x: Tensor, velocity: Tensor, t: Number) -> tuple[Tensor, Tensor]:
    """What a velocity takes for the drawing and for the noise: x - t v and x + (1 - t) v."""
    time = _beside(t, x)
    return x - time * velocity, x + (1 - time) * velocity


def share_at(t: Number) -> Tensor:
    """The A of DDPM at our time t: the share of the drawing in the variance, from 1 at t = 0 to 0 at t = 1."""
    t = torch.as_tensor(t)
    return (1 - t) ** 2 / ((1 - t) ** 2 + t**2)


def time_of_share(share: Number) -> Tensor:
    """Our time for an A of DDPM in [0, 1]; the inverse of `share_at`."""
    share = torch.as_tensor(share)
    return (1 - share).sqrt() / (share.sqrt() + (1 - share).sqrt())


def level_at(t: Number) -> Tensor:
    """The sigma of EDM at our time t in [0, 1): noise in units of the drawing."""
    t = torch.as_tensor(t)
    return t / (1 - t)


def time_of_level(sigma: Number) -> Tensor:
    """Our time for a sigma of EDM, at least 0; the inverse of `level_at`."""
    sigma = torch.as_tensor(sigma)
    return sigma / (1 + sigma)


def to_ddpm(x: Tensor, t: Number) -> Tensor:
    """Our place x at t as DDPM and DDIM have it, at the share A = share_at(t)."""
    time = _beside(t, x)
    return x / ((1 - time) ** 2 + time**2).sqrt()


def from_ddpm(y: Tensor, share: Number) -> Tensor:
    """A place of DDPM with share A as ours, at the time time_of_share(A)."""
    a = _beside(share, y)
    return y / (a.sqrt() + (1 - a).sqrt())


def to_edm(x: Tensor, t: Number) -> Tensor:
    """Our place x at t below 1 as EDM has it, at sigma = level_at(t)."""
    return x / (1 - _beside(t, x))


def from_edm(z: Tensor, sigma: Number) -> Tensor:
    """A place of EDM as ours, at the time time_of_level(sigma)."""
    return z / (1 + _beside(sigma, z))


def v_prediction(x: Tensor, velocity: Tensor, t: Number) -> Tensor:
    """What Salimans and Ho (2022) call v: sqrt(A) e - sqrt(1 - A) x_0, https://arxiv.org/abs/2202.00512.

    It is the velocity along the circle on which DDPM's places lie, where ours is that along a straight line.
    """
    clean, noise = clean_and_noise(x, velocity, t)
    a = _beside(share_at(t), x)
    return a.sqrt() * noise - (1 - a).sqrt() * clean


# --------------------------------------------------------------------------------------------------
# one step of each


def ddim_step(
    y: Tensor,
    noise: Tensor,
    share: float,
    next_share: float,
    *,
    eta: float = 0.0,
    fresh: Tensor | None = None,
) -> Tensor:
    """One step of DDIM from the share A to a larger one: Song et al. (2021).

    y: a place of DDPM; noise: what the network takes for e there; fresh: new noise, for eta above 0. eta = 0 draws
    nothing and eta = 1 is a step of DDPM. Raises ValueError for an eta above 0 without fresh noise.
    """
    clean = (y - (1 - share) ** 0.5 * noise) / share**0.5
    sigma = eta * ((1 - next_share) / (1 - share) * (1 - share / next_share)) ** 0.5
    ahead = next_share**0.5 * clean + max(1 - next_share - sigma**2, 0.0) ** 0.5 * noise
    if sigma == 0:
        return ahead
    if fresh is None:
        raise ValueError(f"eta is {eta}, which draws new noise: give it as fresh")
    return ahead + sigma * fresh


def ddpm_step(y: Tensor, noise: Tensor, share: float, next_share: float, fresh: Tensor) -> Tensor:
    """One step of DDPM from the share A_t to A_(t-1): Ho et al. (2020), with the smaller of its two variances.

    y: a place of DDPM; noise: what the network takes for e there; fresh: new noise of the same shape.
    """
    kept = share / next_share  # alpha_t
    mean = (y - (1 - kept) / (1 - share) ** 0.5 * noise) / kept**0.5
    return mean + ((1 - kept) * (1 - next_share) / (1 - share)) ** 0.5 * fresh


def edm_step(z: Tensor, clean: Tensor, sigma: float, next_sigma: float) -> Tensor:
    """One Euler step of EDM: Karras et al. (2022).

    clean: what the network takes for the drawing at z.
    """
    return z + (next_sigma - sigma) * (z - clean) / sigma
