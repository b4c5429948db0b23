"""Answers and hints for lesson 5.1.2, Tuned to taste."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.exercises import Exercise

Loss = Callable[[Tensor, Tensor], Tensor]
BestOf = Callable[[np.ndarray, np.ndarray, int], float]
Bound = Callable[[int], float]
Score = Callable[[Tensor], Tensor]
Climb = Callable[[Score, Tensor, float], Tensor]

DOTS = "Replace the dots in the function."


# ---- the loss of a reward


def reward_loss(chosen: Tensor, other: Tensor) -> Tensor:
    """Minus the mean log-chance of what was chosen."""
    return F.softplus(other - chosen).mean()


def loss_turned(chosen: Tensor, other: Tensor) -> Tensor:
    """Rewards what was not chosen."""
    return F.softplus(chosen - other).mean()


def loss_positive(chosen: Tensor, other: Tensor) -> Tensor:
    """The log-chance itself, which training would make small."""
    return -F.softplus(other - chosen).mean()


def loss_summed(chosen: Tensor, other: Tensor) -> Tensor:
    """The sum over the votes."""
    return F.softplus(other - chosen).sum()


def loss_without_log(chosen: Tensor, other: Tensor) -> Tensor:
    """The chance, without the logarithm."""
    return -torch.sigmoid(chosen - other).mean()


def loss_of_gap(chosen: Tensor, other: Tensor) -> Tensor:
    """The gap alone, which grows without end."""
    return (other - chosen).mean()


def loss_overflowing(chosen: Tensor, other: Tensor) -> Tensor:
    """Right on paper; far apart, the chance is 0 in float32, and its logarithm is not a number to learn from."""
    return -torch.log(torch.sigmoid(chosen - other)).mean()


LOSS_MISTAKES: tuple[tuple[Loss, str], ...] = (
    (loss_turned, "This is small where the other picture has the higher reward. Which one was chosen?"),
    (loss_positive, "A sign is missing: training makes the loss small, and this is the log-chance itself."),
    (loss_summed, "Take the mean over the votes, so that the number does not grow with their number."),
    (loss_without_log, "The logarithm is missing."),
    (loss_of_gap, "This rewards a gap that grows without end. The chance is a sigmoid of the gap."),
)  # fmt: skip


def verify_loss(given: Loss) -> str | None:
    """A hint for the first mistake that shows on three votes, and on one whose sides are far apart."""
    chosen, other = torch.tensor([1.0, 0.0, -2.0]), torch.tensor([0.5, 1.0, 1.0])
    answer = given(chosen, other)
    if answer is ...:
        return DOTS
    for mistake, hint in LOSS_MISTAKES:
        if _same(answer, mistake(chosen, other)):
            return hint
    if not _same(answer, reward_loss(chosen, other)):
        return "For equal rewards every vote costs log 2 = 0.693. Is that so here, and what do gaps cost?"
    far = given(torch.tensor([-200.0]), torch.tensor([200.0]))
    if not torch.isfinite(far).all():
        return (
            "Right on paper. But for rewards 400 apart sigmoid is 0 in float32, and its logarithm infinite: "
            "use F.logsigmoid or F.softplus."
        )
    return None


# ---- best of n


def best_of(rewards: np.ndarray, values: np.ndarray, n: int) -> float:
    """The mean of a value where the best of n draws by reward is kept, from N scored samples."""
    order = np.argsort(rewards)
    share = np.diff((np.arange(len(rewards) + 1) / len(rewards)) ** n)
    return float(values[order] @ share)


def best_unsorted(rewards: np.ndarray, values: np.ndarray, n: int) -> float:
    """The chances of the worst first, and the samples in any order."""
    return float(values @ np.diff((np.arange(len(rewards) + 1) / len(rewards)) ** n))


def best_from_above(rewards: np.ndarray, values: np.ndarray, n: int) -> float:
    """The best sample first: that is the worst of n."""
    order = np.argsort(-rewards)
    return float(values[order] @ np.diff((np.arange(len(rewards) + 1) / len(rewards)) ** n))


def best_by_value(rewards: np.ndarray, values: np.ndarray, n: int) -> float:
    """Sorts the values by themselves: nobody may choose by a taste that is not known."""
    return float(np.sort(values) @ np.diff((np.arange(len(rewards) + 1) / len(rewards)) ** n))


def best_of_all(rewards: np.ndarray, values: np.ndarray, n: int) -> float:
    """The best of all samples, whatever n."""
    return float(values[rewards.argmax()])


def best_top_share(rewards: np.ndarray, values: np.ndarray, n: int) -> float:
    """The mean of the top 1/n: a cut, where best of n is soft."""
    keep = max(1, round(len(rewards) / n))
    return float(values[np.argsort(-rewards)[:keep]].mean())


def best_cumulative(rewards: np.ndarray, values: np.ndarray, n: int) -> float:
    """(i / N)^n is the chance that the best is among the first i, and not that it is the i-th."""
    order = np.argsort(rewards)
    return float(values[order] @ (np.arange(1, len(rewards) + 1) / len(rewards)) ** n)


BEST_MISTAKES: tuple[tuple[BestOf, str], ...] = (
    (best_unsorted, "The chances belong to the samples in the order of their rewards: sort the values by the rewards."),
    (best_from_above, "The i-th *smallest* reward gets the i-th chance. This is the worst of n."),
    (best_by_value, "Sort by the rewards: whoever chooses sees the reward and not the value."),
    (best_of_all, "This keeps the best of all samples. With n = 1 nothing is chosen, and the mean has to come out."),
    (best_top_share, "The top 1/n is near, but best of n also takes lower ones, when its n draws are bad."),
    (best_cumulative, "(i / N)^n is the chance that the best of n is among the i smallest. Take differences."),
)  # fmt: skip


def verify_best(given: BestOf) -> str | None:
    """A hint for the first mistake that shows on five samples."""
    rewards = np.array([0.3, -1.0, 2.0, 0.9, -0.2])
    values = np.array([5.0, 1.0, 2.0, 7.0, 0.0])
    answer = given(rewards, values, 3)
    if answer is ...:
        return DOTS
    for mistake, hint in BEST_MISTAKES:
        if np.isclose(answer, mistake(rewards, values, 3)):
            return hint
    for n in (1, 2, 3, 8):
        if not np.isclose(given(rewards, values, n), best_of(rewards, values, n)):
            return f"With n = {n} the mean comes out differently. For n = 1 it is the plain mean."
    return None


# ---- how far best of n goes


def bound(n: int) -> float:
    """log n - (n - 1) / n, in nats."""
    return float(np.log(n) - (n - 1) / n)


def bound_log(n: int) -> float:
    """Takes one picture in n for all that the choice costs, and forgets the second term."""
    return float(np.log(n))


def bound_less_one(n: int) -> float:
    """Takes the second term for 1, which it nears only for many pictures."""
    return float(np.log(n) - 1)


def bound_bits(n: int) -> float:
    """Mixes units: bits in the first term, nats in the second."""
    return float(np.log2(n) - (n - 1) / n)


def bound_turned(n: int) -> float:
    """Adds what is to be taken away."""
    return float(np.log(n) + (n - 1) / n)


BOUND_MISTAKES: tuple[tuple[Bound, str], ...] = (
    (bound_log, "log n is the limit of a choice that leaves one picture in n. The second term is missing."),
    (bound_less_one, "At n = 1 nothing is chosen, and the distance has to be 0."),
    (bound_bits, "In nats: the natural logarithm."),
    (bound_turned, "The second term is taken away."),
)  # fmt: skip


def verify_bound(given: Bound) -> str | None:
    """A hint for the first mistake that shows."""
    if given(4) is ...:
        return DOTS
    for mistake, hint in BOUND_MISTAKES:
        if np.isclose(given(4), mistake(4)):
            return hint
    for n in (1, 2, 4, 512):
        if not np.isclose(given(n), bound(n)):
            return f"For n = {n} it should be {bound(n):.3f}."
    return None


# ---- a step uphill


def climb(score: Score, z: Tensor, rate: float) -> Tensor:
    """Each z a step along the gradient of its own score."""
    z = z.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(score(z).sum(), z)
    return (z + rate * gradient).detach()


def climb_down(score: Score, z: Tensor, rate: float) -> Tensor:
    """Goes down, as with a loss."""
    z = z.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(score(z).sum(), z)
    return (z - rate * gradient).detach()


def climb_mean(score: Score, z: Tensor, rate: float) -> Tensor:
    """The gradient of the mean: the more pictures, the shorter the steps."""
    z = z.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(score(z).mean(), z)
    return (z + rate * gradient).detach()


def climb_away(score: Score, z: Tensor, rate: float) -> Tensor:
    """The gradient in place of z."""
    z = z.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(score(z).sum(), z)
    return (rate * gradient).detach()


def climb_square(score: Score, z: Tensor, rate: float) -> Tensor:
    """The gradient of the squared score: away from 0, and downhill where the score is below it."""
    z = z.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(score(z).square().sum(), z)
    return (z + rate * gradient).detach()


CLIMB_MISTAKES: tuple[tuple[Climb, str], ...] = (
    (climb_down, "This goes downhill: we want more of the score."),
    (climb_mean, "Each z has its own score. Take the gradient of their sum, or the steps shrink with the number of pictures."),
    (climb_away, "Add the step to z."),
    (climb_square, "Climb the score itself."),
)  # fmt: skip


def hill(z: Tensor) -> Tensor:
    """A score with a known gradient: [N, 2] -> [N]."""
    return -(z[:, 0] ** 2) + 3 * z[:, 1] + z[:, 0] * z[:, 1] - 1


def verify_climb(given: Climb) -> str | None:
    """A hint for the first mistake that shows on a hill."""
    z = torch.tensor([[1.0, 2.0], [-1.0, 0.5], [0.0, 0.0]])
    answer = given(hill, z.clone(), 0.1)
    if answer is ...:
        return DOTS
    for mistake, hint in CLIMB_MISTAKES:
        if _same(answer, mistake(hill, z, 0.1)):
            return hint
    if not _same(answer, climb(hill, z, 0.1)):
        return "From one place it should go by `rate` times the gradient of the score there."
    if answer.requires_grad:
        return "Give z back without its history: .detach(). Or each step remembers all steps before it."
    return None


def _same(a: Tensor, b: Tensor) -> bool:
    return isinstance(a, Tensor) and a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


EXERCISES: dict[str, Exercise] = {
    "reward_loss": Exercise(
        answer=reward_loss,
        verify=verify_loss,
        wrong_examples=(
            *(mistake for mistake, _ in LOSS_MISTAKES), lambda c, o: ...,
            lambda c, o: (c - o).square().mean(), loss_overflowing,
        ),
    ),
    "best_of": Exercise(
        answer=best_of,
        verify=verify_best,
        wrong_examples=(
            *(mistake for mistake, _ in BEST_MISTAKES), lambda r, v, n: ..., lambda r, v, n: 0.0,
        ),
    ),
    "bound": Exercise(
        answer=bound,
        verify=verify_bound,
        wrong_examples=(
            *(mistake for mistake, _ in BOUND_MISTAKES), lambda n: ..., lambda n: (n - 1) / n,
        ),
    ),
    "climb": Exercise(
        answer=climb,
        verify=verify_climb,
        wrong_examples=(
            *(mistake for mistake, _ in CLIMB_MISTAKES), lambda s, z, r: ..., lambda s, z, r: z,
            lambda s, z, r: climb(s, z, r).requires_grad_(),
        ),
    ),
    "moved": Exercise(
        answer=4.5,
        tolerance=1e-6,
        hints={
            3: "That is how far the mean has gone. KL grows with its square.",
            9: "Half of that: log p / p0 is mean . z - |mean|^2 / 2, and z is the mean on average.",
            1.5: "Square the length first.",
        },
        default_hint="The mean of log p(z) / p0(z) = mean . z - |mean|^2 / 2 where z comes from p.",
    ),
    "of_thirty": Exercise(
        answer=21,
        hints={
            15: "That is what a coin gives.",
            16: "A coin gives 16 of 30 or more nearly every second time.",
            20: "The interval of 20 of 30 still begins below one half.",
        },
        default_hint="Try wilson_interval(k, 30) for k from 15 up: where does it begin above one half?",
    ),
}  # fmt: skip
