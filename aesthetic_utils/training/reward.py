"""Rewards learned from votes on pairs, on frozen eyes, by the model of Bradley and Terry (1952).

A reward is a number for each picture; the first of a pair is chosen with probability sigmoid(r(a) - r(b)). It is
known up to a constant only, so it is centred and scaled on pictures of the *untuned* generator: its unit is their sd.
"""

from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def reward_loss(chosen: Tensor, other: Tensor) -> Tensor:
    """Minus the mean log-chance of what was chosen: rewards [V] of the chosen and of the others -> a number.

    -log sigmoid(a - b) = log(1 + exp(b - a)), as softplus, which does not overflow.
    """
    return F.softplus(other - chosen).mean()


class Reward(nn.Module):
    """Features [N, D] -> rewards [N]: linear (no hidden layer), or with one hidden layer.

    Features are standardised by the reference pictures, and so is the reward, once `settle` was called.
    """

    def __init__(self, reference: Tensor, *, hidden: int = 0):
        """reference: features [M, D] of pictures of the untuned generator. Raises ValueError for other shapes."""
        super().__init__()
        if reference.ndim != 2 or len(reference) < 2:
            raise ValueError(f"reference features are [M, D]; got {tuple(reference.shape)}")
        self.register_buffer("mean", reference.mean(0))
        self.register_buffer("spread", reference.std(0).clamp(min=1e-6))
        self.register_buffer("centre", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))
        widths = [reference.shape[1], hidden, 1] if hidden else [reference.shape[1], 1]
        layers = [nn.Linear(a, b) for a, b in pairwise(widths)]
        self.layers = nn.Sequential(layers[0], *(m for fc in layers[1:] for m in (nn.GELU(), fc)))

    def forward(self, features: Tensor) -> Tensor:
        x = (features - self.mean) / self.spread  # [N, D]
        return (self.layers(x)[:, 0] - self.centre) / self.scale  # [N]

    @torch.no_grad()
    def settle(self, reference: Tensor) -> "Reward":
        """Mean 0 and sd 1 on these features [M, D]; itself."""
        r = self(reference)
        self.centre += self.scale * r.mean()
        self.scale *= r.std().clamp(min=1e-6)
        return self.requires_grad_(False).eval()


def fit_reward(
    reference: Tensor,
    chosen: Tensor,
    other: Tensor,
    *,
    hidden: int = 0,
    decay: float = 100.0,
    steps: int = 60,
    seed: int = 0,
) -> Reward:
    """A reward that explains the votes, settled on the reference pictures.

    reference: features [M, D] of the untuned generator's pictures; chosen, other: features [V, D] of both sides of
    each vote. decay: the weights' squares are added to the sum of the losses with half this factor, which is a
    normal prior of variance 1/decay. L-BFGS over all votes; the same for the same seed. Raises ValueError where the two
    sides are of different shape or there is no vote.
    """
    if chosen.shape != other.shape or not len(chosen):
        raise ValueError(
            f"as many chosen as others are needed, and at least one vote; got {tuple(chosen.shape)} "
            f"and {tuple(other.shape)}"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        reward = Reward(reference, hidden=hidden)
    if not hidden:
        nn.init.zeros_(reward.layers[0].weight)
    weights = [p for p in reward.parameters() if p.ndim == 2]
    solver = torch.optim.LBFGS(
        reward.parameters(), max_iter=steps, line_search_fn="strong_wolfe", tolerance_grad=1e-6
    )

    def closure() -> Tensor:
        solver.zero_grad()
        penalty = sum(w.square().sum() for w in weights) * decay / (2 * len(chosen))
        loss = reward_loss(reward(chosen), reward(other)) + penalty
        loss.backward()
        return loss

    solver.step(closure)
    return reward.settle(reference)


def pair_accuracy(rewards: Tensor, chosen: Tensor, other: Tensor) -> float:
    """The share of pairs whose first has the higher reward, ties half: rewards [M], indices int [V] and [V]."""
    return ((rewards[chosen] - rewards[other]).sign().double().mean().item() + 1) / 2


def ensemble(fit: Callable[..., Reward], chosen: Tensor, other: Tensor, *, members: int = 5,
             seed: int = 0) -> list[Reward]:  # fmt: skip
    """Rewards that were each fitted to as many votes, drawn with replacement; `fit(chosen, other)` makes one."""
    chance = torch.Generator().manual_seed(seed)
    draws = (torch.randint(len(chosen), (len(chosen),), generator=chance) for _ in range(members))
    return [fit(chosen[draw], other[draw]) for draw in draws]
