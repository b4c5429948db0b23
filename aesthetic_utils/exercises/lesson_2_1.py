"""Answers and hints for lesson 2.1, A neural network from scratch."""

from collections.abc import Callable

import torch
from torch import Tensor

from aesthetic_utils.exercises import Exercise


def verify_relu_slope(slope_of_relu: Callable[[Tensor], Tensor]) -> str | None:
    """A hint for a slope of the rectifier that is wrong, None for the right one."""
    hidden = torch.tensor([[0.0, 2.0, 0.5], [3.0, 0.0, 1e-3]])
    wanted = torch.tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
    slope = slope_of_relu(hidden)
    if slope is ...:
        return "Replace the dots in the function."
    if not isinstance(slope, Tensor) or slope.shape != hidden.shape:
        return "Return a tensor of the shape of `hidden`: one slope for each neuron and drawing."
    slope = slope.to(wanted.dtype)
    if torch.equal(slope, hidden):
        return "This is the rectifier once more. How steep is it where it lets its input through?"
    if torch.equal(slope, torch.ones_like(wanted)):
        return "Where the rectifier says 0, nudging z changes nothing. What is the slope there?"
    if torch.equal(slope, 1 - wanted):
        return "The other way round: the slope is 1 where the neuron is on."
    return None if torch.equal(slope, wanted) else "The slope takes two values only, 0 and 1."


def verify_collapse(
    collapse: Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]],
) -> str | None:
    """A hint where two linear layers are joined wrongly into one, None where rightly."""
    generator = torch.Generator().manual_seed(0)
    shapes = ((4, 2), (4,), (3, 4), (3,))
    w1, b1, w2, b2 = (torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes)
    try:
        result = collapse(w1, b1, w2, b2)
    except RuntimeError as error:  # torch says so where shapes do not fit
        return f"The shapes do not fit: W1 is [M, D], b1 [M], W2 [K, M] and b2 [K]. ({error})"
    if result is ...:
        return "Replace the dots in the function."
    if not isinstance(result, tuple | list) or len(result) != 2:
        return "Return two tensors: the weights W and the bias b."
    weights, bias = result
    if weights.shape != (3, 2):
        return f"W should be [K, D], here [3, 2], and yours is {list(weights.shape)}."
    if not torch.allclose(weights, w2 @ w1):
        return "Multiply out A for one input row: which product of matrices stands before x?"
    if bias.shape == b2.shape and torch.allclose(bias, b2):
        return "The bias b1 does not vanish: it passes through the weights of the second layer."
    if bias.shape != b2.shape or not torch.allclose(bias, w2 @ b1 + b2):
        return "W is right. For b, put x = 0 into both layers and see what comes out."
    return None


def _slope(hidden: Tensor) -> Tensor:
    """A right answer: 1 where the neuron is on, else 0."""
    return (hidden > 0).to(hidden.dtype)


def _collapse(w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> tuple[Tensor, Tensor]:
    """A right answer: W2 (W1 x + b1) + b2, multiplied out."""
    return w2 @ w1, w2 @ b1 + b2


EXERCISES: dict[str, Exercise] = {
    "parameter_count": Exercise(
        answer=49_541,
        hints={
            49_472: "Those are the weights. Every neuron also has a bias.",
            49_477: "The hidden neurons have biases too, one each.",
            49_536: "The output neurons have biases too, one each.",
            53_445: "An output neuron reads the 64 hidden values, not the 768 inputs.",
        },
        default_hint="Count layer by layer: every neuron has one weight an input, and one bias.",
    ),
    "one_step": Exercise(
        answer=(1.0, -0.5, 0.5),
        hints={
            (-1.0, 0.5, -0.5): "That step goes uphill: the gradient is subtracted.",
            (1.0, -0.5, 0.0): "The bias moves as well. Its input is always 1.",
            (0.5, 0.5, 0.5): "Each weight's error is multiplied by the weight's own input.",
            (2.0, -1.0, 1.0): "With weights of zero p is 1/2, not 0.",
        },
        tolerance=1e-9,
        default_hint="First p (the logit is 0), then the error p - t, then w - (p - t) x.",
    ),
    "relu_slope": Exercise(
        answer=_slope,
        verify=verify_relu_slope,
        wrong_examples=(lambda hidden: hidden, torch.ones_like, lambda hidden: 1 - hidden**2),
    ),
    "collapse": Exercise(
        answer=_collapse,
        verify=verify_collapse,
        wrong_examples=(
            lambda w1, b1, w2, b2: (w2 @ w1, b2),
            lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1),
            lambda w1, b1, w2, b2: (w1.T @ w2.T, w2 @ b1 + b2),
            lambda w1, b1, w2, b2: (w1 @ w2, w2 @ b1 + b2),  # shapes that do not fit
            lambda w1, b1, w2, b2: (w2 @ w1, b1 + b2),
        ),
    ),
    "zero_start": Exercise(
        answer="b2",
        hints={
            "W1": "What reaches the first layer has passed through W2, and W2 is zero.",
            "b1": "What reaches the first layer has passed through W2, and W2 is zero.",
            "W2": "Its gradient is blame times hidden value, and every hidden value is tanh(0).",
        },
        default_hint="Answer with one of the names W1, b1, W2, b2.",
    ),
}
