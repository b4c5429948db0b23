"""What the exercises share in which a learner builds a block: it has to compute what the package's computes."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Build = Callable[..., nn.Module]


def verify_block(
    build: Build, wanted: Build, mistakes: Sequence[tuple[Build, str]], *cases: tuple[tuple, Tensor]
) -> str | None:
    """None if the block gives the same as the wanted one, with the same weights, in each case; else a hint.

    cases: the arguments of `build`, and what the block is shown. mistakes: other blocks, each with what to say of it.
    """
    for arguments, x in cases:
        given = build(*arguments)
        if given is ...:
            return "Replace the dots in the function."
        if not isinstance(given, nn.Module):
            return "The function should return a block: an nn.Module such as nn.Sequential(...)."
        if same_block(given, wanted(*arguments), x):
            continue
        for mistake, hint in mistakes:
            if same_block(given, mistake(*arguments), x):
                return hint
        return _difference(given, wanted(*arguments), x)
    return None


def same_block(a: nn.Module, b: nn.Module, x: Tensor) -> bool:
    """Whether two blocks hold tensors of the same shapes, in the same order, and compute the same with the same ones."""
    try:
        shown = [shown_to(block, x) for block in (a, b)]
    except (RuntimeError, ValueError):  # shapes that do not go together
        return False
    return _shapes(a) == _shapes(b) and all(map(torch.equal, *shown))


def shown_to(block: nn.Module, x: Tensor) -> list[Tensor]:
    """What a block makes of x in both modes, with weights that depend on their order alone."""
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for tensor in block.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(0.5 + torch.rand(tensor.shape, generator=draw))
        return [block.eval()(x), block.train()(x)]


def _shapes(block: nn.Module) -> list[tuple[int, ...]]:
    return [tuple(tensor.shape) for tensor in block.state_dict().values()]


def _difference(given: nn.Module, wanted: nn.Module, x: Tensor) -> str:
    """What shows of a block that is not known as a mistake."""
    try:
        mine = list(shown_to(given, x)[0].shape)
    except (RuntimeError, ValueError) as error:
        return f"Shown maps of the shape {list(x.shape)} the block raises: {error}"
    theirs = list(shown_to(wanted, x)[0].shape)
    if mine != theirs:
        return f"From {list(x.shape)} comes {theirs}, and this gives {mine}."
    counts = [sum(p.numel() for p in block.parameters()) for block in (given, wanted)]
    if counts[0] != counts[1]:
        return f"The block should learn {counts[1]:,d} numbers, and this learns {counts[0]:,d}."
    return "Shapes are right, numbers are not: which layers does the lesson's block have, in which order?"
