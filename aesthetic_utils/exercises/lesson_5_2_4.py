"""Answers and hints for lesson 5.2.4, what it costs."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.exercises import Exercise

Rounded = Callable[[Tensor], tuple[Tensor, Tensor]]
Soft = Callable[[Tensor, Tensor, float], Tensor]
Front = Callable[[Sequence[float], Sequence[float]], list]
DOTS = "Replace the dots in the function."


# ---- eight bits


def rounded(weight: Tensor) -> tuple[Tensor, Tensor]:
    """A right answer: int8 weights [C_out, ...] and the scale of each filter, [C_out]."""
    scale = weight.abs().flatten(1).amax(1) / 127
    steps = weight / scale.view(-1, *[1] * (weight.ndim - 1))
    return steps.round().to(torch.int8), scale


def one_scale(weight: Tensor) -> tuple[Tensor, Tensor]:
    """One scale for all filters."""
    scale = weight.abs().max() / 127
    return (weight / scale).round().to(torch.int8), scale.expand(len(weight))


def cut_off(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Forgets to round: what comes after the point is dropped."""
    _, scale = rounded(weight)
    return (weight / scale.view(-1, 1)).to(torch.int8), scale


def too_large(weight: Tensor) -> tuple[Tensor, Tensor]:
    """128 levels on the positive side, of which int8 has 127."""
    scale = weight.abs().flatten(1).amax(1) / 128
    return (weight / scale.view(-1, 1)).round().to(torch.int8), scale


def signed_largest(weight: Tensor) -> tuple[Tensor, Tensor]:
    """The largest weight, in place of the largest absolute weight."""
    scale = weight.flatten(1).amax(1) / 127
    return (weight / scale.view(-1, 1)).round().to(torch.int8), scale


def still_floats(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Rounds, and keeps four bytes a number."""
    whole, scale = rounded(weight)
    return whole.float(), scale


def verify_rounded(given: Rounded) -> str | None:
    """A hint for the first mistake that shows on two filters, the second a hundred times smaller."""
    weight = torch.tensor([[0.635, -1.27, 0.0081], [-0.0049, 0.0127, 0.0003]])
    found = given(weight)
    if found is ...:
        return DOTS
    whole, scale = found
    if whole.dtype != torch.int8:
        return "The weights should take one byte each: .to(torch.int8)."
    if scale.shape != (2,):
        return f"Each of the 2 filters needs a scale: [2], and this has {list(scale.shape)}."
    if torch.allclose(scale[0], scale[1]):
        return "The second filter is a hundred times smaller and needs a scale of its own: amax(1)."
    if torch.allclose(scale, weight.abs().amax(1) / 128):
        return "int8 goes from -128 to 127: divide the largest absolute weight by 127."
    if not torch.allclose(scale, weight.abs().amax(1) / 127):
        return "The scale is the largest *absolute* weight of the filter, divided by 127."
    if not whole.equal(rounded(weight)[0]):
        return "Round to the nearest step before turning into int8, which cuts off."
    return None


# ---- the teacher's answers


def soft(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """A right answer: cross-entropy with the teacher's softened answers, times the square of the temperature."""
    answers = (teacher / temperature).softmax(1)
    return F.cross_entropy(logits / temperature, answers) * temperature**2


def unscaled(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Forgets the square."""
    return soft(logits, teacher, temperature) / temperature**2


def teacher_alone(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Softens the teacher alone."""
    answers = (teacher / temperature).softmax(1)
    return F.cross_entropy(logits, answers) * temperature**2


def pupil_alone(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Softens the pupil alone."""
    return F.cross_entropy(logits / temperature, teacher.softmax(1)) * temperature**2


def best_answer(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Takes the teacher's best answer alone: a hard label again."""
    return F.cross_entropy(logits / temperature, teacher.argmax(1)) * temperature**2


def verify_soft(given: Soft) -> str | None:
    """A hint for the first mistake that shows on two pictures and three classes."""
    logits = torch.tensor([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])
    teacher = torch.tensor([[0.0, 4.0, 1.0], [2.0, -1.0, 3.0]])
    found = given(logits, teacher, 4.0)
    if found is ...:
        return DOTS
    for mistake, hint in (
        (unscaled, "Multiply by the square of the temperature, or the soft part hardly moves a weight."),
        (teacher_alone, "The pupil's logits are divided by the temperature, too."),
        (pupil_alone, "The teacher's logits are divided by the temperature, too."),
        (best_answer, "Take all of the teacher's answers: softmax, and not argmax."),
    ):  # fmt: skip
        if torch.allclose(found, mistake(logits, teacher, 4.0)):
            return hint
    wanted = soft(logits, teacher, 4.0)
    if found.shape != wanted.shape or not torch.allclose(found, wanted):
        return f"On a small example this gives {found.tolist()}, and should be {wanted.item():.3f}."
    return None


# ---- the front


def front(costs: Sequence[float], quality: Sequence[float]) -> list:
    """A right answer: what nothing else beats."""
    n = range(len(costs))
    return [
        i
        for i in n
        if not any(
            costs[j] <= costs[i]
            and quality[j] >= quality[i]
            and (costs[j], quality[j]) != (costs[i], quality[i])
            for j in n
        )
    ]


def best_alone(costs: Sequence[float], quality: Sequence[float]) -> list:
    """Only the best."""
    return [max(range(len(costs)), key=lambda i: quality[i])]


def everything(costs: Sequence[float], quality: Sequence[float]) -> list:
    """All."""
    return list(range(len(costs)))


def turned(costs: Sequence[float], quality: Sequence[float]) -> list:
    """Takes a high cost for good."""
    return front([-c for c in costs], quality)


def beats_strictly(costs: Sequence[float], quality: Sequence[float]) -> list:
    """Lets stand what another equals in one and beats in the other."""
    n = range(len(costs))
    return [i for i in n if not any(costs[j] < costs[i] and quality[j] > quality[i] for j in n)]


def verify_front(given: Front) -> str | None:
    """A hint for the first mistake that shows on seven networks."""
    costs, quality = [1, 2, 4, 4, 8, 9, 10], [0.5, 0.6, 0.7, 0.65, 0.6, 0.8, 0.75]
    found = given(costs, quality)
    if found is ...:
        return DOTS
    chosen = sorted(int(i) for i in found)
    if chosen == everything(costs, quality):
        return "The fifth costs 8 and is as good as the second, which costs 2: it is beaten."
    if chosen == best_alone(costs, quality):
        return "The best is one end of the front. The cheapest is the other, whatever it is worth."
    if chosen == sorted(turned(costs, quality)):
        return "A low cost is good, and a high quality."
    if chosen == sorted(beats_strictly(costs, quality)):
        return (
            "The fourth costs as much as the third and is worse: to be beaten in one is enough, if the "
            "other is equal."
        )
    if chosen != front(costs, quality):
        return f"Of seven networks these are the numbers {front(costs, quality)}, and not {chosen}."
    return None


EXERCISES = {
    "layer": Exercise(
        answer=64 * 32 * 9 * 16 * 16,
        hints={
            2 * 64 * 32 * 9 * 16 * 16: "Those are operations, a multiplication and an addition each: half of it.",
            64 * 32 * 9 * 32 * 32: "With a stride of 2 the filter stops at 16 x 16 places, not 32 x 32.",
            64 * 32 * 16 * 16: "The filter is 3 x 3: nine products for each channel that comes in.",
            64 * 9 * 16 * 16: "Each filter looks at all 32 channels that come in.",
            32 * 9 * 16 * 16: "That is one filter. There are 64.",
            64 * 32 * 9: "That is the number of weights. Each is used at 16 x 16 places.",
        },
        default_hint="64 filters, at 16 x 16 places, with 3 x 3 weights for each of 32 channels.",
    ),
    "rounded": Exercise(
        answer=rounded, verify=verify_rounded,
        wrong_examples=(one_scale, cut_off, too_large, signed_largest, still_floats),
    ),
    "soft": Exercise(
        answer=soft, verify=verify_soft,
        wrong_examples=(unscaled, teacher_alone, pupil_alone, best_answer),
    ),
    "front": Exercise(
        answer=front, verify=verify_front,
        wrong_examples=(best_alone, everything, turned, beats_strictly),
    ),
}  # fmt: skip
