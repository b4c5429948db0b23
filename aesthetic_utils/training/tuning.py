"""Ways to make a generator please a reward, from choosing to changing its weights, and how far each goes from it.

p0 is the untuned generator, r the reward of a picture. All aim at more reward; the ideal of strength 1/beta is
p* ~ p0 exp(r / beta), the solution of max E r - beta KL(p || p0).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

Score = Callable[[Tensor], Tensor]  # pictures [N, 3, H, W] in [0, 1] -> rewards [N], with gradients


# --------------------------------------------------------------------------------------------------
# choosing


def best_of_n_weights(count: int, n: int) -> np.ndarray:
    """The chance of each of `count` scored samples, worst first, to be the best of n drawn with replacement: [count].

    (i / N)^n - ((i - 1) / N)^n for the i-th smallest of N, so that no new drawing is needed. Raises ValueError for n
    below 1.
    """
    if n < 1 or count < 1:
        raise ValueError(f"n and the number of samples are at least 1; got {n} and {count}")
    return np.diff((np.arange(count + 1) / count) ** n)


def best_of_n_bound(n: int) -> float:
    """The most that best of n can be away from p0: KL <= log n - (n - 1) / n, Beirami et al. (2401.01879)."""
    return float(np.log(n) - (n - 1) / n)


def best_of_n(rewards: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
    """The mean of values [..., N] where the best of n by rewards [N] is taken: [...]."""
    order = np.argsort(rewards, kind="stable")
    return values[..., order] @ best_of_n_weights(len(rewards), n)


def winners_of_blocks(rewards: np.ndarray, n: int, count: int) -> np.ndarray:
    """Samples of best of n that share no draw: the best of each block of n, in order, the first `count` blocks.

    Raises ValueError where there are fewer blocks.
    """
    blocks = len(rewards) // n
    if blocks < count:
        raise ValueError(f"{len(rewards)} samples are {blocks} blocks of {n}; {count} are needed")
    best = rewards[: count * n].reshape(count, n).argmax(1)
    return np.arange(count) * n + best


# --------------------------------------------------------------------------------------------------
# weighing


def reward_weights(rewards: np.ndarray, beta: float) -> np.ndarray:
    """exp(r / beta) over its mean: rewards [N] -> weights of mean 1, [N]. Raises ValueError unless beta > 0."""
    if not beta > 0:
        raise ValueError(f"beta has to be above 0; got {beta}")
    w = np.exp((rewards - rewards.max()) / beta)
    return w / w.mean()


def weighted_kl(weights: np.ndarray) -> float:
    """KL(p || p0) of a law whose samples are those of p0 with weights of mean 1: E[w log w], >= 0."""
    w = weights[weights > 0]
    return float((w * np.log(w)).sum() / len(weights))


@dataclass(frozen=True, kw_only=True)
class Latent:
    """A normal law of z with independent parts, in place of the generator's own N(0, I)."""

    mean: Tensor  # [Z]
    spread: Tensor  # [Z], standard deviations

    def draw(self, n: int, *, seed: int = 0) -> Tensor:
        """z [n, Z]; laws with the same seed start from the same noise."""
        noise = torch.randn(n, len(self.mean), generator=torch.Generator().manual_seed(seed))
        return self.mean + self.spread * noise

    @property
    def kl(self) -> float:
        """KL to N(0, I) of z, exact; the pictures' is at most that, since a picture is a function of its z."""
        variance = self.spread**2
        return 0.5 * (variance + self.mean**2 - 1 - variance.log()).sum().item()


def regressed(z: Tensor, weights: np.ndarray) -> Latent:
    """Reward-weighted regression of z: the normal law that explains weighted z [N, Z] best.

    Peters & Schaal (2007): a regression needs the likelihood of what is weighted. A GAN gives none for its pictures, its
    z has one. Weights above their 99th percentile count as that.
    """
    w = torch.from_numpy(np.minimum(weights, np.quantile(weights, 0.99))).to(z)[:, None]
    w = w / w.sum()
    mean = (w * z).sum(0)
    return Latent(mean=mean, spread=(w * (z - mean) ** 2).sum(0).sqrt())


def dpo_loss(mean: Tensor, chosen: Tensor, other: Tensor, beta: float) -> Tensor:
    """Direct preference optimisation of a law N(mean, I) of z, from the z [V, Z] of both pictures of each vote.

    -log sigmoid(beta [log p(a) / p0(a) - log p(b) / p0(b)]), Rafailov et al. (2305.18290), equation 7. Here
    log p(z) / p0(z) = mean . z - |mean|^2 / 2, and the square leaves the difference: a logistic regression of the votes
    on z, whose slope is beta mean.
    """
    return F.softplus(-beta * (chosen - other) @ mean).mean()


def dpo(chosen: Tensor, other: Tensor, beta: float, slope: Tensor | None = None, *,
        decay: float = 100.0) -> Latent:  # fmt: skip
    """The law N(mean, I) at the minimum of `dpo_loss`, with a penalty on the slope as for a linear reward.

    slope: of an earlier fit, which all beta share; else it is fitted here.
    """
    slope = votes_slope(chosen - other, decay=decay) if slope is None else slope
    return Latent(mean=slope / beta, spread=torch.ones_like(slope))


def votes_slope(difference: Tensor, *, decay: float = 100.0, steps: int = 20) -> Tensor:
    """The slope [Z] of a logistic regression, from chosen minus other [V, Z]; Newton's method, in float64."""
    x = difference.double()
    slope = torch.zeros(x.shape[1], dtype=torch.float64)
    for _ in range(steps):
        p = torch.sigmoid(-x @ slope)  # [V], the chance of what was not chosen
        gradient = x.T @ p - decay * slope
        curvature = (x.T * (p * (1 - p))) @ x + decay * torch.eye(x.shape[1], dtype=torch.float64)
        slope = slope + torch.linalg.solve(curvature, gradient)
    return slope.to(difference)


# --------------------------------------------------------------------------------------------------
# the gradient through the generator


def pictures(generator: nn.Module, z: Tensor) -> Tensor:
    """z [N, Z] -> pictures [N, 3, H, W] in [0, 1]. In `eval` a picture depends on its own z alone."""
    return generator(z) / 2 + 0.5


def ascent_step(generator: nn.Module, score: Score, z: Tensor, optimizer: torch.optim.Optimizer) -> float:  # fmt: skip
    """One step of each z [N, Z] uphill in its own reward; the mean reward before it. `optimizer` moves z alone."""
    rewards = score(pictures(generator, z))
    loss = -rewards.sum()  # a sum: what one picture gains does not depend on how many there are
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return rewards.mean().item()


def tuning_step(generator: nn.Module, score: Score, z: Tensor, optimizer: torch.optim.Optimizer) -> float:  # fmt: skip
    """One step of the generator's weights towards more reward on fresh z [N, Z]; the mean reward before it."""
    rewards = score(pictures(generator, z))
    loss = -rewards.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return rewards.mean().item()


# --------------------------------------------------------------------------------------------------
# reading the curve


def goodhart_fit(kl: np.ndarray, taste: np.ndarray) -> tuple[float, float]:
    """alpha and beta of taste = d (alpha - beta d), d = sqrt(KL), by least squares: Gao et al. (2210.10760), best of n.

    kl, taste: [S]. Raises ValueError for fewer than two strengths with KL above 0.
    """
    d = np.sqrt(kl)
    if (d > 0).sum() < 2:
        raise ValueError("two strengths beside 0 are needed for two numbers")
    design = np.stack([d, -(d**2)], axis=1)
    alpha, beta = np.linalg.lstsq(design, taste, rcond=None)[0]
    return float(alpha), float(beta)


def stop_at(smallest: np.ndarray) -> int:
    """The checkpoint before the first fall of what the most doubtful judge says, [S]; the last if it never falls."""
    falls = np.flatnonzero(np.diff(smallest) < 0)
    return int(falls[0]) if len(falls) else len(smallest) - 1
