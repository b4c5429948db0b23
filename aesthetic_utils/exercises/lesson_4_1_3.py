"""Answers and hints for lesson 4.1.3, Transfer."""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import nn

from aesthetic_utils.exercises import Exercise

Rates = Callable[[int, float, float], Sequence[float]]


def geometric(layers: int, top: float, lowest: float) -> list[float]:
    """Learning rates from the first layer, `lowest` times `top`, to the last, `top`, by one factor a layer."""
    return [top * lowest ** (1 - i / (layers - 1)) for i in range(layers)]


def turned_round(layers: int, top: float, lowest: float) -> list[float]:
    """Takes the layers next to the picture for those that have most to learn."""
    return geometric(layers, top, lowest)[::-1]


def straight(layers: int, top: float, lowest: float) -> list[float]:
    """Equal steps instead of an equal factor."""
    return [top * (lowest + (1 - lowest) * i / (layers - 1)) for i in range(layers)]


def one_short(layers: int, top: float, lowest: float) -> list[float]:
    """Divides by the number of layers, so that the first one does not come down to the lowest."""
    return [top * lowest ** (1 - (i + 1) / layers) for i in range(layers)]


def all_alike(layers: int, top: float, lowest: float) -> list[float]:
    """Takes one rate to be good for all layers."""
    return [top] * layers


RATE_MISTAKES = (
    (turned_round, "Turned round: the first layer, next to the picture, gets the lowest rate."),
    (straight, "These grow by equal steps. From layer to layer the factor should be the same."),
    (one_short, "Between n layers there are n - 1 factors: the first rate is not yet the lowest."),
    (all_alike, "All alike. Only the last layer gets the full rate."),
)


def verify_rates(rates: Rates) -> str | None:
    """A hint for the first mistake that shows on five layers."""
    case = (5, 1e-3, 0.1)
    given = rates(*case)
    if given is ...:
        return "Replace the dots in the function."
    found = torch.as_tensor(given, dtype=torch.float64).flatten()
    if len(found) != case[0]:
        return f"Five layers need five rates, and this gives {len(found)}."
    if torch.allclose(found, torch.tensor(geometric(*case), dtype=torch.float64), rtol=1e-6):
        return None
    for mistake, hint in RATE_MISTAKES:
        if torch.allclose(found, torch.tensor(mistake(*case), dtype=torch.float64), rtol=1e-6):
            return hint
    return f"For five layers, 0.001 and 0.1 the first rate should be 0.0001; it is {found[0]:.6f}."


def hold(model: nn.Module) -> None:
    """Batch norm into evaluation mode, everything else as it was."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def whole_network(model: nn.Module) -> None:
    """Takes evaluation mode for a matter of batch norm alone; dropout stops, too."""
    model.eval()


def no_gradients(model: nn.Module) -> None:
    """Takes statistics for weights: without gradients they move all the same."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.requires_grad_(False)


def first_floor(model: nn.Module) -> None:
    """Looks at the children alone, not at what lies inside them."""
    for module in model.children():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def forgotten(model: nn.Module) -> None:
    """Resets what it should keep."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.eval()


def verify_hold(function: Callable[[nn.Module], object]) -> str | None:
    """Tries the function on a small network with batch norm on two floors, and dropout."""
    block = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    model = nn.Sequential(nn.BatchNorm2d(3), block, nn.Dropout(0.5)).train()
    for norm in (model[0], block[1]):
        norm.running_mean.fill_(0.25)
    before = copy.deepcopy(model.state_dict())
    if function(model) is ...:
        return "Replace the dots in the function."
    if any(not torch.equal(value, before[key]) for key, value in model.state_dict().items()):
        return "The function itself changed a statistic or a weight; it should only set modes."
    if not model[2].training:
        return "Dropout stands still, too. Only batch norm should leave the training mode."
    model(torch.rand(8, 3, 6, 6, generator=torch.Generator().manual_seed(0)))
    moved = [i for i, norm in enumerate((model[0], block[1])) if norm.running_mean.mean() != 0.25]
    if moved == [0, 1]:
        return (
            "After a batch the running means have moved: they follow the mode, not the gradients."
        )
    if moved == [1]:
        return "A layer inside a block was missed: modules() goes all the way down, children() not."
    return "The outer layer was missed." if moved else None


EXERCISES = {
    "learned_numbers": Exercise(
        answer=256 * 8 + 8,
        hints={
            256 * 8: "And one bias for each of the eight categories.",
            256 + 8: "Every category has a weight for every feature.",
            256 * 8 + 256: "A bias belongs to a category, not to a feature.",
        },
    ),
    "rates": Exercise(
        answer=geometric,
        verify=verify_rates,
        wrong_examples=(
            *(mistake for mistake, _ in RATE_MISTAKES),
            lambda layers, top, lowest: [top],
            lambda layers, top, lowest: [lowest] * layers,
        ),
    ),
    "hold": Exercise(
        answer=hold,
        verify=verify_hold,
        wrong_examples=(whole_network, no_gradients, first_floor, forgotten, lambda model: ...),
    ),
    "trap": Exercise(
        answer=("statistics", "distortion", "unfinished"),
        hints={
            ("distortion", "statistics", "unfinished"): "Turn the first two round: in which of "
            "them does no weight learn?",
            ("statistics", "unfinished", "distortion"): "Which of the last two is about a "
            "problem with a single optimum?",
            ("unfinished", "distortion", "statistics"): "Which of the first and the last "
            "has to do with the mode that a network is in?",
        },
        default_hint="One word for each claim, in its order; each of the three occurs once.",
    ),
}
