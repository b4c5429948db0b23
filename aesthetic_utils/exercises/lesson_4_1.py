"""Answers and hints for lesson 4.1, A small CNN, repaired and trained."""

from collections.abc import Callable

import torch
from torch import Tensor

from aesthetic_utils.exercises import Exercise


def verify_balanced_accuracy(balanced_accuracy: Callable[[Tensor], float]) -> str | None:
    """Tries a confusion matrix whose three possible mistakes give three different numbers."""
    counts = torch.tensor([[90, 10, 0], [5, 5, 0], [0, 6, 4]])
    result = balanced_accuracy(counts)
    if result is ...:
        return "Replace the dots in the function."
    if isinstance(result, Tensor) and result.numel() != 1:
        return "Average over the classes: one number is wanted."
    share = counts.diagonal() / counts.sum(1)
    result = float(result)
    if abs(result - share.mean().item()) < 1e-6:
        return None
    if abs(result - (counts.diagonal().sum() / counts.sum()).item()) < 1e-6:
        return "This is plain accuracy, in which the large class counts most."
    if abs(result - (counts.diagonal() / counts.sum(0)).mean().item()) < 1e-6:
        return "You divided by columns. How many drawings *are* of a class stands in its row."
    return "Divide each entry of the diagonal by the sum of its row, then take the mean."


def _balanced(counts: Tensor) -> float:
    """A right answer: the mean of the rows' own shares."""
    return (counts.diagonal() / counts.sum(1)).mean().item()


EXERCISES: dict[str, Exercise] = {
    "parameters_at_64": Exercise(
        answer=2_117_317,
        hints={
            544_453: "That is the count at 32 x 32. What do two poolings leave of 64?",
            2_117_088: "Those are the weights. Every filter and every unit also has a bias.",
            8_408_773: "Two poolings, not one: each halves height and width.",
            2_117_962: "Five designers, so the last layer has five units.",
        },
        default_hint="Only fc1 depends on the picture's size: 64 maps of how many numbers enter it?",
    ),
    "largest_size_for_seven": Exercise(
        answer=31,
        hints={
            28: "It fits, and it is what the line was written for. Are there larger ones?",
            29: "It fits. Are there larger ones?",
            30: "It fits. Are there larger ones?",
            32: "Two halvings of 32 are 16 and 8.",
            14: "That is the size after one pooling.",
            7: "That is the size after both poolings; go back to the picture.",
        },
        default_hint="Go backwards: which sizes does a pooling by 2 turn into 7, and which into those?",
    ),
    "receptive_field": Exercise(
        answer=22,
        hints={
            10: "That is after two blocks.",
            13: "The third block works on maps whose neighbours are 4 pixels apart.",
            16: "That is for neighbours 2 pixels apart. How many strides of 2 lie below the third block?",
            18: "That is after the third convolution. A pooling follows.",
            20: "The pooling adds one neighbour, and that is 4 pixels away, too.",
        },
        default_hint="Add, for each layer, (its size - 1) times the product of the strides before it.",
    ),
    "balanced_accuracy": Exercise(
        answer=_balanced,
        verify=verify_balanced_accuracy,
        wrong_examples=(
            lambda counts: (counts.diagonal().sum() / counts.sum()).item(),
            lambda counts: (counts.diagonal() / counts.sum(0)).mean().item(),
            lambda counts: counts.diagonal() / counts.sum(1),
            lambda counts: 0.5,
        ),
    ),
}
