"""Answers and hints for lesson 4.1.2, CIFAR-10, from the article's network to 94 %."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.exercises import Exercise
from aesthetic_utils.training.optimization import triangle

DOTS = "Replace the dots in the function."


# --------------------------------------------------------------------------------------------------
# a residual block


class ResidualBlock(nn.Module):
    """A right answer, and with other `steps` the wrong ones."""

    steps: tuple[str, ...] = ("pool", "norm1", "gelu", "add", "gelu after")

    def __init__(self, inputs: int, maps: int):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(inputs, maps, 3, padding=1), nn.BatchNorm2d(maps)
        self.conv2, self.norm2 = nn.Conv2d(maps, maps, 3, padding=1), nn.BatchNorm2d(maps)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        x = F.max_pool2d(x, 2) if "pool" in self.steps else x
        x = self.norm1(x) if "norm1" in self.steps else x
        x = F.gelu(x) if "gelu" in self.steps else x
        change = self.norm2(self.conv2(x))
        change = F.gelu(change) if "gelu inside" in self.steps else change
        y = x + change if "add" in self.steps else change
        return F.gelu(y) if "gelu after" in self.steps else y


def without(*steps: str, plus: tuple[str, ...] = ()) -> type[ResidualBlock]:
    """The block without some of its steps, or with others."""
    kept = tuple(step for step in ResidualBlock.steps if step not in steps) + plus
    return type("Wrong", (ResidualBlock,), {"steps": kept})


BLOCK_HINTS = (  # steps that a wrong block may lack, or has besides; what to say then
    (without("add"), "Nothing is added: the block's second half has to join its own input."),
    (without("gelu after"), "One more GELU, after the sum."),
    (without("gelu after", plus=("gelu inside",)), "GELU comes after the sum, not before it."),
    (without("gelu"), "A GELU is missing after the first normalisation."),
    (without("norm1"), "The first normalisation is missing."),
)


@torch.no_grad()
def verify_residual_block(block: Callable[[int, int], nn.Module]) -> str | None:
    """Gives the block and a right one the same weights and the same input, and compares what comes out."""
    torch.manual_seed(0)
    right, given, x = ResidualBlock(3, 8), block(3, 8), torch.randn(4, 3, 8, 8)
    if given.state_dict().keys() != right.state_dict().keys():
        return "Keep the layers conv1, norm1, conv2 and norm2; only forward is yours."
    weights = right.state_dict()
    given.load_state_dict(weights)
    y = given(x)
    if y is ...:
        return DOTS
    if y.shape != (4, 8, 4, 4):
        return f"[4, 3, 8, 8] should become [4, 8, 4, 4], and became {list(y.shape)}."
    for wrong, hint in BLOCK_HINTS:
        other = wrong(3, 8)
        other.load_state_dict(weights)
        if torch.allclose(y, other(x), atol=1e-5):
            return hint
    if torch.allclose(y, right(x), atol=1e-5):
        return None
    return "Convolution, maximum, normalisation, GELU; convolution, normalisation; sum; GELU."


# --------------------------------------------------------------------------------------------------
# whitening


def whitening(patches: Tensor) -> Tensor:
    """Filters [D, D] after which patches [N, D] are uncorrelated and of variance 1."""
    values, vectors = torch.linalg.eigh(torch.cov(patches.T))
    return (vectors / values.sqrt()).T


def verify_whitening(whitening: Callable[[Tensor], Tensor]) -> str | None:
    """Filters patches whose numbers depend on each other; any filters that whiten them are right."""
    generator = torch.Generator().manual_seed(0)
    mixing = torch.randn(6, 6, generator=generator, dtype=torch.float64)
    patches = torch.randn(4000, 6, generator=generator, dtype=torch.float64) @ mixing + 1
    filters = whitening(patches)
    if filters is ...:
        return DOTS
    if not isinstance(filters, Tensor) or filters.shape != (6, 6):
        return "Patches of 6 numbers want 6 filters of 6 numbers: [6, 6]."
    covariance = torch.cov((patches @ filters.double().T).T)
    identity = torch.eye(6, dtype=torch.float64)
    if torch.allclose(covariance, identity, atol=0.01):
        return None
    turned = torch.cov((patches @ filters.double()).T)
    if torch.allclose(turned, identity, atol=0.01):
        return "Your filters stand in the columns; one filter a row is wanted."
    spread = covariance.diagonal()
    if (covariance - spread.diag()).abs().max() < 0.01 * spread.max():
        return (
            f"The outputs are uncorrelated, but their variances run from {spread.min():.2g} to "
            f"{spread.max():.2g}. Divide each filter by a standard deviation."
        )
    return "The outputs are still correlated. Which directions of the covariance matrix are not?"


# --------------------------------------------------------------------------------------------------
# flips, schedule, averages, views


def flipped(begins: Tensor, epoch: int) -> Tensor:
    """Which images an epoch mirrors, where `begins` [N] says which ones the first epoch mirrors."""
    return begins if epoch % 2 == 0 else ~begins


def verify_flipped(flipped: Callable[[Tensor, int], Tensor]) -> str | None:
    """Tries four epochs; in each pair of neighbours every image has to be shown both ways."""
    begins = torch.tensor([True, False, False, True])
    epochs = [flipped(begins, epoch) for epoch in range(4)]
    if any(epoch is ... for epoch in epochs):
        return DOTS
    seen = torch.stack([torch.as_tensor(epoch) for epoch in epochs]).bool()  # [4, N]
    if seen.shape != (4, 4):
        return "One True or False is wanted for each image."
    if torch.equal(seen, torch.stack([begins, ~begins, begins, ~begins])):
        return None
    if (seen == seen[:, :1]).all():
        return "All images are mirrored together; half of them should begin the other way round."
    if (seen == seen[0]).all():
        return "Every epoch mirrors the same images; the epoch's number has to matter."
    if torch.equal(seen[0], ~begins):
        return "Epochs are counted from 0, and epoch 0 mirrors those that `begins` names."
    return "From each epoch to the next, every image changes sides."


def verify_triangle(factor: Callable[[float], float]) -> str | None:
    """Compares the schedule with its four corners and with the middles of its two sides."""
    at = [factor(progress) for progress in (0.0, 0.115, 0.23, 0.615, 1.0)]
    if any(value is ... for value in at):
        return DOTS
    right = [triangle(progress) for progress in (0.0, 0.115, 0.23, 0.615, 1.0)]
    wrong = [abs(float(a) - b) > 1e-6 for a, b in zip(at, right, strict=True)]
    if not any(wrong):
        return None
    if wrong[2]:
        return f"At progress 0.23 the factor is 1, and yours is {float(at[2]):.3g}."
    if wrong[0]:
        return f"At the beginning the factor is 0.2, and yours is {float(at[0]):.3g}."
    if wrong[4]:
        return f"At the end the factor is 0.07, and yours is {float(at[4]):.3g}."
    return "The three corners are right. Between them run straight lines."


def averaged(average: Tensor, weights: Tensor, decay: float) -> Tensor:
    """One step of a running average that keeps the share `decay` of itself."""
    return decay * average + (1 - decay) * weights


def verify_averaged(averaged: Callable[[Tensor, Tensor, float], Tensor]) -> str | None:
    """Averages two tensors with a decay of 0.9."""
    old, new = torch.tensor([1.0, 2.0]), torch.tensor([3.0, -2.0])
    result = averaged(old, new, 0.9)
    if result is ...:
        return DOTS
    if not isinstance(result, Tensor) or result.shape != old.shape:
        return "The average has the shape of the weights."
    if torch.allclose(result, 0.9 * old + 0.1 * new):
        return None
    if torch.allclose(result, 0.1 * old + 0.9 * new):
        return "The other way round: the decay is what the average *keeps*."
    if torch.allclose(result, 0.9 * old + new):
        return "The two shares have to add up to 1, or the average grows without limit."
    return "A share of the old average, and the rest of the new weights."


def mirror_view(model: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """Logits averaged over each image and its mirror image."""
    return (model(images) + model(images.flip(3))) / 2


def verify_mirror_view(mirror_view: Callable[..., Tensor]) -> str | None:
    """Uses a `network` that answers with the sum of the top left quarter, so that each flip shows."""
    images = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))

    def network(x: Tensor) -> Tensor:
        return x[:, :, :4, :4].sum((2, 3))  # [N, 3]

    result = mirror_view(network, images)
    if result is ...:
        return DOTS
    if not isinstance(result, Tensor) or result.shape != (3, 3):
        return "One row of logits is wanted for each image."
    across, down = network(images.flip(3)), network(images.flip(2))
    plain = network(images)
    if torch.allclose(result, (plain + across) / 2, atol=1e-5):
        return None
    if torch.allclose(result, (plain + down) / 2, atol=1e-5):
        return "You stood the pictures on their heads: in [N, C, H, W] the width is axis 3."
    if torch.allclose(result, plain + across, atol=1e-5):
        return "The mean of the two answers, not their sum."
    if torch.allclose(result, across, atol=1e-5):
        return "This asks about the mirror image alone; ask about both."
    return "Ask about the images and about their mirror images, and take the mean."


def _gap(share: float, classes: int) -> float:
    return math.log((1 - share + share / classes) / (share / classes))


EXERCISES: dict[str, Exercise] = {
    "residual_block": Exercise(
        answer=ResidualBlock,
        verify=verify_residual_block,
        wrong_examples=(
            *(wrong for wrong, _ in BLOCK_HINTS),
            without("pool"),
            lambda inputs, maps: nn.Conv2d(inputs, maps, 3),
        ),
    ),
    "whitening": Exercise(
        answer=whitening,
        verify=verify_whitening,
        wrong_examples=(
            lambda patches: torch.linalg.eigh(torch.cov(patches.T))[1].T,
            lambda patches: whitening(patches).T,
            lambda patches: torch.eye(6),
            lambda patches: torch.cov(patches.T)[0],
        ),
    ),
    "flipped": Exercise(
        answer=flipped,
        verify=verify_flipped,
        wrong_examples=(
            lambda begins, epoch: begins,
            lambda begins, epoch: torch.full_like(begins, epoch % 2 == 1),
            lambda begins, epoch: begins if epoch % 2 else ~begins,
            lambda begins, epoch: begins if epoch < 2 else ~begins,
        ),
    ),
    "triangle": Exercise(
        answer=triangle,
        verify=verify_triangle,
        wrong_examples=(
            lambda progress: 0.5,
            lambda progress: triangle(progress, start=0.0),
            lambda progress: triangle(progress, end=0.0),
            lambda progress: triangle(progress) ** (1 if progress in (0.0, 0.23, 1.0) else 2),
        ),
    ),
    "smoothed_gap": Exercise(
        answer=_gap(0.2, 10),
        tolerance=0.006,
        hints={
            math.log(0.8 / 0.2): "0.2 is spread over all ten classes; a wrong one gets 0.02.",
            math.log(0.8 / 0.02): "The true class gets its tenth of the spread share, too.",
            0.82 / 0.02: "That is the ratio of the two probabilities. A logit is its logarithm.",
            math.log(0.82): "That is the logarithm of one probability; the gap needs both.",
        },
        default_hint="A softmax hits its target when logits differ like the logarithms of the target.",
    ),
    "averaged": Exercise(
        answer=averaged,
        verify=verify_averaged,
        wrong_examples=(
            lambda average, weights, decay: (1 - decay) * average + decay * weights,
            lambda average, weights, decay: decay * average + weights,
            lambda average, weights, decay: (average + weights) / 2,
            lambda average, weights, decay: 0.0,
        ),
    ),
    "mirror_view": Exercise(
        answer=mirror_view,
        verify=verify_mirror_view,
        wrong_examples=(
            lambda model, images: (model(images) + model(images.flip(2))) / 2,
            lambda model, images: model(images) + model(images.flip(3)),
            lambda model, images: model(images.flip(3)),
            lambda model, images: model(images),
            lambda model, images: model(images).sum(),
        ),
    ),
}
