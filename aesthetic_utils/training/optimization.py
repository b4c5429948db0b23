"""What every training loop shares: one update, the learning rate's course, an average of the weights."""

import math

import torch
from torch import Tensor, nn

from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.devices import current_team


class TrainingError(AestheticError):
    """A training that cannot go on; the message says why and what to try."""


def update_weights(
    loss: Tensor,
    optimizer: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler | None = None,
    *,
    clip: float | None = None,
) -> None:
    """Forgets the old gradients, computes the new ones, moves the weights.

    clip: the largest norm of all gradients together; longer ones are shortened to it (Pascanu et al. 2013,
    https://arxiv.org/abs/1211.5063). None leaves them as they are.

    scaler: keeps small float16 gradients from becoming zero, and leaves out steps that overflow; None for
    any other format. Where several processes train together, the gradients are the mean of theirs. Raises TrainingError, before a weight is touched, for a loss that is NaN or infinite:
    here on the CPU, where looking costs nothing, and on a GPU when `Run` reads the loss or saves.
    """
    if loss.device.type == "cpu" and (scaler is None or not scaler.is_enabled()):
        require_finite_loss(float(loss.detach()))
    optimizer.zero_grad(set_to_none=True)
    if scaler is None:
        loss.backward()
        current_team().average_gradients(optimizer)
        shorten_gradients(optimizer, clip)
        optimizer.step()
        return
    scaler.scale(loss).backward()
    current_team().average_gradients(optimizer)
    if clip is not None:
        scaler.unscale_(optimizer)
    shorten_gradients(optimizer, clip)
    scaler.step(optimizer)
    scaler.update()


def shorten_gradients(optimizer: torch.optim.Optimizer, norm: float | None) -> None:
    """Shortens the gradients of all weights to a norm that they may have together; None does nothing."""
    if norm is not None:
        weights = [p for group in optimizer.param_groups for p in group["params"]]
        nn.utils.clip_grad_norm_(weights, norm)


def require_finite_loss(loss: float, name: str = "the loss") -> None:
    """Raises TrainingError if a number that training goes by is NaN or infinite."""
    if not math.isfinite(loss):
        raise TrainingError(
            f"{name} is {loss}, from which nothing can be learned any more. Usual causes: a learning rate "
            "that is too high, or NaN among the data. Lower the rate or look at the data; the last "
            "checkpoint, if there is one, was kept"
        )


def warmup_cosine(progress: float, *, warmup: float = 0.05) -> float:
    """Factor on the peak learning rate: up in a straight line, then down to 0 along a cosine.

    progress: share of the training that is done, from 0 to 1. Loshchilov & Hutter (2017), equation 5,
    with one period and a warm-up before it.
    """
    if progress < warmup:
        return max(progress / warmup, 1e-3)
    return 0.5 * (1 + math.cos(math.pi * min((progress - warmup) / (1 - warmup), 1.0)))


def triangle(
    progress: float, *, peak: float = 0.23, start: float = 0.2, end: float = 0.07
) -> float:
    """Factor on the peak learning rate: from `start` up to 1 at `peak`, then down to `end`, in straight lines.

    progress: share of the training that is done, from 0 to 1. The defaults are those of Jordan (2024),
    https://arxiv.org/abs/2404.00498, for CIFAR-10.
    """
    if progress < peak:
        return start + (1 - start) * progress / peak
    return 1 + (end - 1) * (progress - peak) / (1 - peak)


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


@torch.no_grad()
def look_ahead(average: nn.Module, model: nn.Module, decay: float) -> None:
    """average <- decay * average + (1 - decay) * model, and the model goes on from there; statistics, too.

    Zhang et al. (2019), "Lookahead Optimizer: k steps forward, 1 step back", https://arxiv.org/abs/1907.08610,
    algorithm 1, with alpha = 1 - decay. Counters, which are whole numbers, stay the model's own.
    """
    for a, b in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if a.is_floating_point():
            a.lerp_(b, 1 - decay)
            b.copy_(a)
        else:
            a.copy_(b)
