"""Answers and hints for lesson 3.1, Convolution and pooling."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from aesthetic_utils.exercises import Exercise

Correlation = Callable[[Tensor, Tensor, int, int], Tensor]
READY_MADE = (torch.conv1d, torch.conv2d, torch.conv3d, torch.conv_transpose2d)


class Watch(TorchFunctionMode):
    """Notes within a `with` block whether one of PyTorch's own convolutions is called."""

    seen = False

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        self.seen = self.seen or func in READY_MADE
        return func(*args, **(kwargs or {}))


def verify_correlation(correlate_with: Correlation) -> str | None:
    """A hint for the first mistake that shows on maps and filters that are not square."""
    generator = torch.Generator().manual_seed(0)
    for stride, padding in ((1, 0), (1, 2), (2, 0), (3, 1)):
        x = torch.randn(9, 12, generator=generator)
        w = torch.randn(3, 4, generator=generator)
        with Watch() as watch:
            given = correlate_with(x, w, stride, padding)
        if watch.seen:
            return "PyTorch's own convolution does the work here. Write the loops yourself."
        if given is ...:
            return "Replace the dots in the function."
        if not isinstance(given, Tensor):
            return "Return a tensor [rows, columns]."
        wanted = _correlate(x, w, stride, padding)
        hint = _difference(given, wanted, x, w, stride, padding)
        if hint is not None:
            return hint
    return None


def _difference(
    given: Tensor, wanted: Tensor, x: Tensor, w: Tensor, stride: int, padding: int
) -> str | None:
    setting = f"(tried with stride {stride}, padding {padding})"
    if given.shape != wanted.shape:
        shapes = f"the output should be {list(wanted.shape)} and is {list(given.shape)}"
        if stride > 1 and given.shape == _correlate(x, w, 1, padding).shape:
            return f"The stride is not used: {shapes} {setting}."
        if padding and given.shape == _correlate(x, w, stride, 0).shape:
            return f"The padding is not used: {shapes} {setting}."
        return f"The formula of the output size is not met: {shapes} {setting}."
    if torch.allclose(given, wanted, atol=1e-4):
        return None
    if torch.allclose(given, _correlate(x, w.flip(0, 1), stride, padding), atol=1e-4):
        return f"This turns the filter by half a turn; here it stays as it is {setting}."
    if stride > 1 and torch.allclose(given, _cut(x, w, padding, wanted.shape), atol=1e-4):
        return (
            f"The size is right, but the window moves by one pixel and not by the stride {setting}."
        )
    return f"The shape is right, the numbers are not: where does the window start? {setting}"


def _correlate(x: Tensor, w: Tensor, stride: int, padding: int) -> Tensor:
    """[H, W] and [k, l]; every window times the filter, summed."""
    windows = F.pad(x, [padding] * 4).unfold(0, w.shape[0], stride).unfold(1, w.shape[1], stride)
    return (windows * w).sum((2, 3))  # [rows, columns]


def _ready_made(x: Tensor, w: Tensor, stride: int, padding: int) -> Tensor:
    """Calls what it was to write."""
    return F.conv2d(x[None, None], w[None, None], stride=stride, padding=padding)[0, 0]


def _cut(x: Tensor, w: Tensor, padding: int, shape: torch.Size) -> Tensor:
    """What comes of a right size and a window that forgets the stride."""
    return _correlate(x, w, 1, padding)[: shape[0], : shape[1]]


def _turned(x: Tensor, w: Tensor, stride: int, padding: int) -> Tensor:
    """Takes the convolution of mathematics, which turns the filter, for that of networks."""
    return _correlate(x, w.flip(0, 1), stride, padding)


def _without_stride(x: Tensor, w: Tensor, stride: int, padding: int) -> Tensor:
    """Looks at every place, as if the stride said nothing."""
    return _correlate(x, w, 1, padding)


def _without_padding(x: Tensor, w: Tensor, stride: int, padding: int) -> Tensor:
    """Takes the window to stay inside the picture whatever is asked."""
    return _correlate(x, w, stride, 0)


def _slow_window(x: Tensor, w: Tensor, stride: int, padding: int) -> Tensor:
    """Takes the stride for a matter of the size of the output alone; the window moves by one."""
    return _cut(x, w, padding, _correlate(x, w, stride, padding).shape)


def _one_short(x: Tensor, w: Tensor, stride: int, padding: int) -> Tensor:
    """Forgets that the start at 0 is a place, too."""
    return _correlate(x, w, stride, padding)[:-1, :-1]


def _one_off(x: Tensor, w: Tensor, stride: int, padding: int) -> Tensor:
    """Begins to count rows at one."""
    return _correlate(x.roll(1, 0), w, stride, padding)


EXERCISES: dict[str, Exercise] = {
    "output_size": Exercise(
        answer=35,
        hints={
            37: "That is the size without the dilation: how many pixels does the filter span?",
            34: "Nearly. Padding is added on both sides, and the start at 0 counts as a place too.",
            36: "Divide first and round down, then add the one for the start at 0; and mind d.",
            69: "That is the size for stride 1.",
            34.5: "A size is a whole number: which way is it rounded, and what is added then?",
        },
        default_hint="Put the numbers into (n + 2P - d(k-1) - 1)/s, round down, add 1.",
    ),
    "parameters": Exercise(
        answer=115_296,
        hints={
            115_200: "Those are the weights. What else does each filter have?",
            115_248: "There is one bias for each filter, that is, for each output map.",
            2_496: "A filter reaches through all 48 maps, not through one.",
            46_118_400: "The same filter serves all places: the size of the maps does not count.",
            46_080_000: "Those are the multiply-adds.",
        },
        default_hint="Count for one filter first: C times k times k weights, and its bias.",
    ),
    "receptive_field": Exercise(
        answer=24,
        hints={
            16: "One factor is missing behind the pooling: both the dilation and the jump widen.",
            12: "Behind the pooling neighbours are two pixels apart; the dilation doubles that.",
            23: "The pooling has a window of two: it widens the field by one jump.",
        },
        default_hint="Go layer by layer: add d(k-1) times the jump so far, then multiply the jump.",
    ),
    "pool_gradient": Exercise(
        answer=torch.tensor([0.0, 0.0, 30.0, 0.0, 0.0]),
        hints={
            torch.tensor([0.0, 0.0, 20.0, 0.0, 0.0]): (
                "The second window has overwritten the first: what two windows send adds up."
            ),
            torch.tensor([0.0, 0.0, 10.0, 20.0, 0.0]): (
                "The second window holds 5, 4 and 1: which of them wins?"
            ),
            torch.tensor([10 / 3, 10 / 3, 10.0, 20 / 3, 20 / 3]): (
                "That is average pooling. A maximum sends everything to its winner."
            ),
            torch.tensor([10.0, 10.0, 30.0, 20.0, 20.0]): (
                "Only the winner of a window receives something."
            ),
        },
        default_hint="Write down the two windows and their winners, then add what each one sends.",
    ),
    "correlate_with": Exercise(
        answer=_correlate,
        verify=verify_correlation,
        wrong_examples=(
            lambda *_: ...,
            lambda *_: 0.0,
            _ready_made,
            _turned,
            _without_stride,
            _without_padding,
            _slow_window,
            _one_short,
            _one_off,
        ),
    ),
}
