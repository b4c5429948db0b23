"""Answers and hints for lesson 3.2, The GAN game."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from aesthetic_utils.exercises import Exercise

LOG2 = math.log(2)
D_THERE = 1 / (1 + math.exp(4))  # the discriminator's answer where the logit is -4

Divergence = Callable[[Tensor, Tensor], Tensor | float]


def divergence(p: Tensor, q: Tensor) -> Tensor:
    """Jensen-Shannon divergence of two distributions [K], in bits."""
    m = (p + q) / 2
    nats = (torch.xlogy(p, p) + torch.xlogy(q, q)).sum() / 2 - torch.xlogy(m, m).sum()
    return nats / math.log(2)


def in_nats(p: Tensor, q: Tensor) -> Tensor:
    """The usual slip: natural logarithms."""
    return divergence(p, q) * math.log(2)


def without_half(p: Tensor, q: Tensor) -> Tensor:
    """The sum of both divergences from the middle where their mean is wanted."""
    return 2 * divergence(p, q)


def leibler(p: Tensor, q: Tensor) -> Tensor:
    """KL(p|q) in bits, which is not symmetric."""
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum() / math.log(2)


def careless(p: Tensor, q: Tensor) -> Tensor:
    """Breaks on zeros: 0 * log 0 is not a number in floating point."""
    m = (p + q) / 2
    return ((p * (p / m).log2()).sum() + (q * (q / m).log2()).sum()) / 2


def verify_js_bits(js_bits: Divergence) -> str | None:
    """A hint for the first mistake that shows on distributions with and without zeros."""
    p, q = torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.1, 0.6, 0.3])
    given = js_bits(p, q)
    if given is ...:
        return "Replace the dots in the function."
    given, wanted = float(given), float(divergence(p, q))
    for mistake, hint in (
        (in_nats, "This is in nats. How many nats are a bit?"),
        (without_half, "Twice too much: take the mean of the two divergences, not their sum."),
        (leibler, "This is KL(p|q). Compare each of the two with their mixture m instead."),
    ):
        if abs(given - float(mistake(p, q))) < 1e-5:
            return hint
    if abs(given - wanted) > 1e-5:
        return f"For p = {p.tolist()} and q = {q.tolist()} it should be {wanted:.4f}, and is {given:.4f}."
    apart = float(js_bits(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])))
    if math.isnan(apart):
        return "With a zero among the probabilities it is NaN: 0 log 0 has to count as 0 (torch.xlogy)."
    if abs(apart - 1) > 1e-5:
        return (
            f"Two distributions with nothing in common should be 1 bit apart, and are {apart:.4f}."
        )
    return None


EXERCISES = {
    "tie": Exercise(
        answer=2 * LOG2,
        tolerance=5e-3,  # 1.39, as lesson 2.3 prints it, is right
        hints={
            -2 * LOG2: "That is the value V of the game. The discriminator's loss is -V.",
            LOG2: "That is one of the two terms: one for real pictures, one for generated ones.",
            0.0: "A loss of zero would mean that it is always certain and always right. Against a "
            "perfect generator?",
            0.5: "One half is what it answers. What is the loss of that answer?",
        },
        default_hint="It answers one half to everything: put D = 1/2 into both terms.",
    ),
    "js_bits": Exercise(
        answer=divergence,
        verify=verify_js_bits,
        wrong_examples=(in_nats, without_half, leibler, careless, lambda p, q: torch.tensor(0.2)),
        default_hint="Write the mixture m first, then the two divergences from it.",
    ),
    "gradient": Exercise(
        answer=-D_THERE,
        tolerance=6e-4,
        hints={
            D_THERE: "Raising a lowers this loss. Which sign does its derivative have?",
            D_THERE - 1: "That is the derivative of the non-saturating loss.",
            0.0: "It is small, and not zero. Three decimals are asked for.",
        },
        default_hint="The derivative of log(1 - sigmoid(a)) is -sigmoid(a).",
    ),
    "doubling": Exercise(
        answer=140,
        hints={
            139: "After 139 steps it is still a little below twice the distance.",
            70: "Each step multiplies the squared distance by 1.01. Twice the distance is how much of that?",
            8: "The factor of a step is not 1.1: the step is at a right angle to the way outwards.",
            7: "The factor of a step is not 1.1: the step is at a right angle to the way outwards.",
        },
        default_hint="Each step multiplies the distance by the square root of 1 + 0.1 squared.",
    ),
    "smoothing": Exercise(
        answer=0.45,
        tolerance=1e-3,
        hints={
            0.5: "That would be without smoothing.",
            0.9: "That is the answer where there are only real pictures.",
            0.55: "The smoothing pulls the answer down: 0.9 p over p + q.",
            0.95: "Smoothed labels are never above 0.9, so how could the best answer be?",
        },
        default_hint="Put p = q into the formula for smoothed labels.",
    ),
    "accidents": Exercise(
        answer=("c", "a", "b"),
        hints={
            ("c", "b", "a"): "In whose turn may the pictures be cut off from the generator?",
            ("a", "c", "b"): "Which line leaves the discriminator a gradient of its opponent's?",
            ("b", "a", "c"): "Cutting the fakes off in the discriminator's turn inverts nothing.",
        },
        default_hint="Ask of every line which networks hold a gradient after it.",
    ),
}
