"""What every training loop shares: one update, the learning rate's course, an average of the weights."""

import math

import torch
from torch import Tensor, nn


def update_weights(
    loss: Tensor, optimizer: torch.optim.Optimizer, scaler: torch.amp.GradScaler | None = None
) -> None:
    """Forgets the old gradients, computes the new ones, moves the weights.

    scaler: keeps small float16 gradients from becoming zero; None for any other format.
    """
    optimizer.zero_grad(set_to_none=True)
    if scaler is None:
        loss.backward()
        optimizer.step()
        return
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()


def warmup_cosine(progress: float, *, warmup: float = 0.05) -> float:
    """Factor on the peak learning rate: up in a straight line, then down to 0 along a cosine.

    progress: share of the training that is done, from 0 to 1. Loshchilov & Hutter (2017), equation 5,
    with one period and a warm-up before it.
    """
    if progress < warmup:
        return max(progress / warmup, 1e-3)
    return 0.5 * (1 + math.cos(math.pi * min((progress - warmup) / (1 - warmup), 1.0)))


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Sets the learning rate of every parameter group."""
    for group in optimizer.param_groups:
        group["lr"] = rate


@torch.no_grad()
def update_ema(average: nn.Module, model: nn.Module, decay: float) -> None:
    """average <- decay * average + (1 - decay) * model for every weight; statistics and counters are copied."""
    averages = list(average.parameters())
    weights = [p.to(a.dtype) for a, p in zip(averages, model.parameters(), strict=True)]
    torch._foreach_lerp_(averages, weights, 1 - decay)  # on a GPU all in one go
    for a, b in zip(average.buffers(), model.buffers(), strict=True):
        a.copy_(b)
