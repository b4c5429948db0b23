"""Answers and hints for lesson 3.1.3, Training by gradient descent."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.exercises import Exercise
from aesthetic_utils.training.optimization import warmup_cosine

Pair = tuple[Tensor, Tensor]
Triple = tuple[Tensor, Tensor, Tensor]
DOTS = "Replace the dots in the function."


def _numbers(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def _same(given: object, wanted: Tensor) -> bool:
    return (
        isinstance(given, Tensor)
        and given.shape == wanted.shape
        and torch.allclose(given.to(wanted.dtype), wanted, rtol=1e-9, atol=1e-12)
    )


# --------------------------------------------------------------------------------------------------
# steps


def sgd_step(w: Tensor, g: Tensor, rate: float) -> Tensor:
    """Gradient descent: the new weights."""
    return w - rate * g


def momentum_step(w: Tensor, v: Tensor, g: Tensor, rate: float, mu: float) -> Pair:
    """Polyak's heavy ball as torch.optim.SGD has it: new weights and velocity."""
    v = mu * v + g
    return w - rate * v, v


def adam_step(
    w: Tensor, m: Tensor, v: Tensor, g: Tensor, step: int, rate: float,
    betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
) -> Triple:  # fmt: skip
    """Adam, Kingma & Ba (2015), algorithm 1; `step` counts from 1. New weights and both averages."""
    m = betas[0] * m + (1 - betas[0]) * g
    v = betas[1] * v + (1 - betas[1]) * g**2
    m_hat, v_hat = m / (1 - betas[0] ** step), v / (1 - betas[1] ** step)
    return w - rate * m_hat / (v_hat.sqrt() + eps), m, v


def verify_sgd(step: Callable[[Tensor, Tensor, float], Tensor]) -> str | None:
    """A hint for a wrong step of gradient descent, None for the right one."""
    w, g, rate = _numbers(3, 2), _numbers(3, 2, seed=1), 0.25
    before = w.clone()
    new = step(w, g, rate)
    if new is ...:
        return DOTS
    if not torch.equal(w, before):
        return "This changes the tensor that was handed in. Return a new one: w - ..., not w -= ..."
    for mistake, hint in (
        (w + rate * g, "Uphill: the gradient points to where the loss grows."),
        (w - g, "The step size is missing."),
        (rate * g, "That is the length of the step. Return where it leads to."),
        (-rate * g, "That is the step. Return where it leads to: the new weights."),
    ):
        if _same(new, mistake):
            return hint
    return None if _same(new, sgd_step(w, g, rate)) else "Subtract rate * g from w."


def verify_momentum(step: Callable[..., Pair]) -> str | None:
    """A hint for a wrong step with momentum, None for the right one. Three steps are tried."""
    w = wanted_w = _numbers(4)
    v = wanted_v = torch.zeros(4, dtype=torch.float64)
    for tau in range(1, 4):
        g = _numbers(4, seed=tau)
        result = step(w, v, g, 0.1, 0.8)
        if result is ...:
            return DOTS
        if not isinstance(result, tuple | list) or len(result) != 2:
            return "Return two tensors: the new weights, and v, which the next step needs."
        wanted_w, wanted_v = momentum_step(wanted_w, wanted_v, g, 0.1, 0.8)
        if not (_same(result[0], wanted_w) and _same(result[1], wanted_v)):
            return _momentum_hint(w, v, g, *result)
        w, v = result
    return None


def _momentum_hint(w: Tensor, v: Tensor, g: Tensor, new_w: Tensor, new_v: Tensor) -> str:
    if _same(new_v, 0.8 * v + 0.2 * g):
        return "This v is an average, with weights 0.8 and 0.2. Here the gradient is added whole."
    if _same(new_v, 0.8 * v - 0.1 * g):
        return "Another convention, with the step size inside v. Here v holds gradients only."
    if not _same(new_v, 0.8 * v + g):
        return "First v: what is left of the old one, mu * v, plus the gradient."
    if _same(new_w, w - 0.1 * v):
        return "v is right; but the step is taken along the new v, not the old one."
    return "v is right. Then the weights move by rate * v, downhill."


def verify_adam(step: Callable[..., Triple]) -> str | None:
    """A hint for a wrong step of Adam, None for the right one. Three steps are tried, each from the right state."""
    w = _numbers(4)
    m = v = torch.zeros(4, dtype=torch.float64)
    hint = None  # of the latest wrong step: in the first, m and its hat cannot be told apart
    for tau in range(1, 4):
        g = _numbers(4, seed=tau) * torch.tensor([100.0, 1.0, 0.01, 1e-7])
        result = step(w, m, v, g, tau, 0.1)
        if result is ...:
            return DOTS
        if not isinstance(result, tuple | list) or len(result) != 3:
            return "Return three tensors: the new weights, m and v."
        wanted = adam_step(w, m, v, g, tau, 0.1)
        if not all(_same(a, b) for a, b in zip(result, wanted, strict=True)):
            hint = _adam_hint(w, result, wanted, tau)
        w, m, v = wanted
    return hint


def _adam_hint(w: Tensor, result: Triple, wanted: Triple, tau: int) -> str:
    new_w, m, v = result
    _, right_m, right_v = wanted
    m_hat, v_hat = right_m / (1 - 0.9**tau), right_v / (1 - 0.999**tau)
    if _same(m, m_hat) or _same(v, v_hat):
        return "Keep m and v without hats for the next step; the hats are for this step alone."
    if not (_same(m, right_m) and _same(v, right_v)):
        return (
            "m and v are averages: 0.9 of the old m and 0.1 of g; 0.999 of the old v, and of g**2?"
        )
    if _same(new_w, w - 0.1 * right_m / (right_v.sqrt() + 1e-8)):
        return "The hats are missing: both averages started at zero, and are too small at first."
    if _same(new_w, w - 0.1 * m_hat / (v_hat + 1e-8)):
        return "v is an average of squares. Divide by its root."
    if _same(new_w, w - 0.1 * m_hat / (v_hat + 1e-8).sqrt()):
        return "eps stands outside the root: sqrt(v_hat) + eps."
    if _same(new_w, w + 0.1 * m_hat / (v_hat.sqrt() + 1e-8)):
        return "Uphill: subtract the step."
    return "m and v are right. Now w - rate * m_hat / (sqrt(v_hat) + eps)."


# --------------------------------------------------------------------------------------------------
# schedule and targets


def verify_schedule(factor: Callable[[float], float]) -> str | None:
    """A hint for a wrong warm-up and cosine, None for the right one."""
    shares = (0.01, 0.025, 0.05, 0.2, 0.525, 0.8, 1.0)
    given = [factor(share) for share in shares]
    if given[0] is ...:
        return DOTS
    given = [float(value) for value in given]
    wanted = [warmup_cosine(share) for share in shares]
    if all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(given, wanted, strict=True)):
        return None
    if given[0] >= 0.9:
        return "There is no warm-up: after a hundredth of the training the factor should be 0.2."
    if not all(
        math.isclose(a, b, abs_tol=1e-9) for a, b in zip(given[:3], wanted[:3], strict=True)
    ):
        return "Look at the warm-up: in a straight line from 0 to 1, which is reached at 0.05."
    if given[-1] < -0.5:
        return "A cosine goes down to -1. Bring it between 0 and 1."
    if abs(given[4] - 0.5 * (1 + math.cos(math.pi * 0.525))) < 1e-9:
        return "The cosine should begin where the warm-up ends: count its share from there."
    return "After the warm-up: half a cosine from 1 to 0. Halfway, at 0.525, it is one half."


def smooth_targets(labels: Tensor, classes: int, share: float) -> Tensor:
    """One-hot targets [N, K] with `share` spread evenly over all K classes."""
    return (1 - share) * F.one_hot(labels, classes) + share / classes


def verify_smooth_targets(smooth: Callable[[Tensor, int, float], Tensor]) -> str | None:
    """A hint for wrong smoothed targets, None for the right ones."""
    labels, classes, share = torch.tensor([2, 0, 4]), 5, 0.1
    targets = smooth(labels, classes, share)
    if targets is ...:
        return DOTS
    if not isinstance(targets, Tensor) or targets.shape != (3, classes):
        return "Return a tensor [N, K]: one row a label, one column a class."
    one_hot, targets = F.one_hot(labels, classes).double(), targets.double()
    if torch.allclose(targets, one_hot):
        return "These are the targets without smoothing."
    if torch.allclose(targets, one_hot * 0.9 + (1 - one_hot) * 0.025, atol=1e-6):
        return "The share is spread over all classes, the right one too: it ends at 0.92, not 0.9."
    if not torch.allclose(targets.sum(1), torch.ones(3, dtype=torch.float64), atol=1e-6):
        return "Each row is a distribution: its sum has to be 1."
    right = torch.allclose(targets, smooth_targets(labels, classes, share).double(), atol=1e-6)
    return None if right else "Keep 1 - share of the one-hot row, and add share / classes to all."


# --------------------------------------------------------------------------------------------------
# batch normalisation


def batch_norm(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    """x [B, D] normalised over the batch, each unit by itself, then scaled and shifted."""
    sigma = (x.var(0, correction=0) + eps).sqrt()
    return gamma * (x - x.mean(0)) / sigma + beta


def batch_norm_backward(delta: Tensor, x_hat: Tensor, sigma: Tensor, gamma: Tensor) -> Tensor:
    """The loss's derivative by the input [B, D], from that by the output."""
    return gamma / sigma * (delta - delta.mean(0) - x_hat * (delta * x_hat).mean(0))


def verify_batch_norm(layer: Callable[..., Tensor]) -> str | None:
    """A hint for a wrong batch normalisation, None for the right one."""
    x, gamma, beta = 3 * _numbers(6, 4) + 2, _numbers(4, seed=1), _numbers(4, seed=2)
    y = layer(x, gamma, beta)
    if y is ...:
        return DOTS
    eps, centred = 1e-5, x - x.mean(0)
    x_hat = centred / (x.var(0, correction=0) + eps).sqrt()
    per_row = (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True, correction=0) + eps).sqrt()
    for mistake, hint in (
        (gamma * per_row + beta, "Mean and spread over the batch, axis 0: each unit by itself."),
        (
            gamma * centred / (x.var(0) + eps).sqrt() + beta,
            "Divide the sum of squares by B, not by B - 1: var(0, correction=0).",
        ),
        (x_hat, "Normalised rightly. The learned scale and shift are missing."),
        (gamma * centred / (x.var(0, correction=0) + eps) + beta, "Divide by the root of it."),
    ):
        if _same(y, mistake):
            return hint
    right = _same(y, batch_norm(x, gamma, beta))
    return None if right else "gamma * (x - mean) / sqrt(var + eps) + beta, over axis 0."


def verify_batch_norm_backward(backward: Callable[..., Tensor]) -> str | None:
    """A hint for a wrong gradient of batch normalisation, None for the right one."""
    x, delta, gamma = _numbers(6, 4), _numbers(6, 4, seed=1), _numbers(4, seed=2)
    sigma = (x.var(0, correction=0) + 1e-5).sqrt()
    x_hat = (x - x.mean(0)) / sigma
    result = backward(delta, x_hat, sigma, gamma)
    if result is ...:
        return DOTS
    scale, along = gamma / sigma, x_hat * (delta * x_hat).mean(0)
    for mistake, hint in (
        (scale * delta, "That treats mean and spread as constants. Both contain every x."),
        (scale * (delta - delta.mean(0)), "The mean is dealt with. The spread depends on x, too."),
        (scale * (delta - along), "The spread is dealt with. The mean depends on x, too."),
        (
            scale * (delta - delta.sum(0) - x_hat * (delta * x_hat).sum(0)),
            "Means over the batch, not sums.",
        ),
        (
            scale * (delta - delta.mean(0) - delta * (x_hat * x_hat).mean(0)),
            "In the last term the mean is that of delta * x_hat, and x_hat stands before it.",
        ),
    ):
        if _same(result, mistake):
            return hint
    right = _same(result, batch_norm_backward(delta, x_hat, sigma, gamma))
    return None if right else "gamma / sigma * (delta - its mean - x_hat * mean of delta * x_hat)."


# --------------------------------------------------------------------------------------------------


EXERCISES: dict[str, Exercise] = {
    "sgd": Exercise(
        answer=sgd_step,
        verify=verify_sgd,
        wrong_examples=(
            lambda w, g, rate: w + rate * g,
            lambda w, g, rate: w - g,
            lambda w, g, rate: rate * g,
            lambda w, g, rate: -rate * g,
            lambda w, g, rate: w.sub_(rate * g),
            lambda w, g, rate: w,
        ),
    ),
    "momentum": Exercise(
        answer=momentum_step,
        verify=verify_momentum,
        wrong_examples=(
            lambda w, v, g, rate, mu: w - rate * (mu * v + g),
            lambda w, v, g, rate, mu: (w - rate * (mu * v + (1 - mu) * g), mu * v + (1 - mu) * g),
            lambda w, v, g, rate, mu: (w + mu * v - rate * g, mu * v - rate * g),
            lambda w, v, g, rate, mu: (w - rate * v, mu * v + g),
            lambda w, v, g, rate, mu: (w - rate * g, g + v),
            lambda w, v, g, rate, mu: (w + rate * (mu * v + g), mu * v + g),
        ),
    ),
    "adam": Exercise(
        answer=adam_step,
        verify=verify_adam,
        wrong_examples=(
            lambda w, m, v, g, step, rate: w - rate * g.sign(),
            lambda w, m, v, g, step, rate: adam_step(w, m, v, g, 1, rate),
            lambda w, m, v, g, step, rate: adam_step(w, m, v, g, step, -rate),
            lambda w, m, v, g, step, rate: (w, 0.9 * m + g, 0.999 * v + g**2),
            lambda w, m, v, g, step, rate: (
                w,
                (0.9 * m + 0.1 * g) / (1 - 0.9**step),
                0.999 * v + 0.001 * g**2,
            ),
        ),
    ),
    "kaiming": Exercise(
        answer=math.sqrt(2 / 288),
        hints={
            2 / 288: "That is the variance. How large is the standard deviation?",
            math.sqrt(2 / 32): "Each output reads 32 maps at 3 x 3 places.",
            math.sqrt(1 / 288): "This is for a bend that keeps both halves. ReLU keeps one.",
            math.sqrt(1 / (3 * 288)): "This is what PyTorch's layers do unless asked.",
        },
        tolerance=5e-4,
        default_hint="How many numbers does one output read? Then the root of 2 over that.",
    ),
    "schedule": Exercise(
        answer=warmup_cosine,
        verify=verify_schedule,
        wrong_examples=(
            lambda share: 0.5 * (1 + math.cos(math.pi * share)),
            lambda share: min(share / 0.05, 1) * math.cos(math.pi * max(share - 0.05, 0) / 0.95),
            lambda share: (
                min(share / 0.05, 1) * 0.5 * (1 + math.cos(math.pi * share))
                if share > 0.05
                else share / 0.05
            ),
            lambda share: min(share / 0.1, 1.0),
            lambda share: min(share / 0.05, 1) * (1 - max(share - 0.05, 0) / 0.95) ** 2,
        ),
    ),
    "smooth_targets": Exercise(
        answer=smooth_targets,
        verify=verify_smooth_targets,
        wrong_examples=(
            lambda labels, classes, share: F.one_hot(labels, classes).double(),
            lambda labels, classes, share: (
                F.one_hot(labels, classes) * (1 - share)
                + (1 - F.one_hot(labels, classes)) * share / (classes - 1)
            ),
            lambda labels, classes, share: F.one_hot(labels, classes) + share / classes,
            lambda labels, classes, share: torch.full((len(labels), classes), 1 / classes),
            lambda labels, classes, share: share,
        ),
    ),
    "batch_norm": Exercise(
        answer=batch_norm,
        verify=verify_batch_norm,
        wrong_examples=(
            lambda x, gamma, beta: batch_norm(x.T, x.new_ones(6), x.new_zeros(6)).T * gamma + beta,
            lambda x, gamma, beta: gamma * (x - x.mean(0)) / (x.var(0) + 1e-5).sqrt() + beta,
            lambda x, gamma, beta: batch_norm(x, torch.ones_like(gamma), torch.zeros_like(beta)),
            lambda x, gamma, beta: gamma * (x - x.mean(0)) / (x.var(0, correction=0) + 1e-5) + beta,
            lambda x, gamma, beta: gamma * x + beta,
        ),
    ),
    "batch_norm_backward": Exercise(
        answer=batch_norm_backward,
        verify=verify_batch_norm_backward,
        wrong_examples=(
            lambda delta, x_hat, sigma, gamma: gamma / sigma * delta,
            lambda delta, x_hat, sigma, gamma: gamma / sigma * (delta - delta.mean(0)),
            lambda delta, x_hat, sigma, gamma: (
                gamma / sigma * (delta - x_hat * (delta * x_hat).mean(0))
            ),
            lambda delta, x_hat, sigma, gamma: (
                gamma / sigma * (delta - delta.sum(0) - x_hat * (delta * x_hat).sum(0))
            ),
            lambda delta, x_hat, sigma, gamma: (
                gamma / sigma * (delta - delta.mean(0) - delta * (x_hat**2).mean(0))
            ),
            lambda delta, x_hat, sigma, gamma: x_hat,
        ),
    ),
    "largest_rate": Exercise(
        answer=0.375,
        hints={
            0.25: "That is the limit without momentum. The heavy ball's is larger.",
            0.5: "That is 2 / lambda divided by 1 - mu. The limit is another one.",
            0.125: "Momentum lets the steps be larger, not smaller: 1 + mu, not 1 - mu.",
            0.75: "That is for a curvature of 4.",
        },
        tolerance=1e-9,
        default_hint="The gradient is lambda w, so lambda is 8. Then 2 (1 + mu) / lambda.",
    ),
    "decay": Exercise(
        answer=(1 - 1e-4) ** 1000,
        hints={
            0.999: "That is the rate's share alone; the decay is 0.1 of it in each step.",
            0.9999: "That is one step. There are a thousand.",
            0.9: "The thousand steps multiply; they do not add up.",
            (1 - 0.1) ** 1000: "The factor is 1 minus rate times decay.",
        },
        tolerance=5e-4,
        default_hint="Each step multiplies the weight by 1 - 0.001 * 0.1.",
    ),
    "floor": Exercise(
        answer=-(0.6 * math.log(0.6) + 0.4 * math.log(0.4)),
        hints={
            0: "That would need a network that agrees with all five at once.",
            -(0.6 * math.log2(0.6) + 0.4 * math.log2(0.4)): "In bits. The loss has natural logs.",
            -math.log(0.6): "That is the surprise at one 'yes' when 0.6 was said. And at a 'no'?",
            math.log(2): "That is for one half. The five lean towards 'yes'.",
        },
        tolerance=5e-4,
        default_hint="The best answer is 0.6 and 0.4; its loss is the entropy of that.",
    ),
}
