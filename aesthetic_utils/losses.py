"""Losses as free functions, one an equation. (Cross-entropy, L1 and MSE are torch's own.)"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.statistics.distances import emd


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-E[log D(x)] - E[log(1 - D(G(z)))], the negative of the GAN's value function.

    Goodfellow et al. (2014), equation 1, with D = sigmoid(logit). Logits [N] and [M]; a scalar comes
    out, 2 log 2 = 1.386 where D says one half to everything.
    """
    # softplus(-a) = -log sigmoid(a), without the overflow
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """-E[log D(G(z))], the non-saturating loss of Goodfellow et al. (2014), end of section 3."""
    return F.softplus(-fake_logits).mean()


def generator_loss_saturating(fake_logits: Tensor) -> Tensor:
    """E[log(1 - D(G(z)))], the generator's side of the minimax game, Goodfellow et al. (2014), equation 1.

    Its gradient vanishes where the discriminator is sure that a sample is fake.
    """
    return -F.softplus(fake_logits).mean()


def emd_loss(logits: Tensor, histograms: Tensor, *, r: int = 2) -> Tensor:
    """Mean over images of the earth mover's distance between said and given votes; a scalar, 0 to 1.

    logits: [N, K], of a softmax over the K votes. histograms: [N, K], counts or shares. Talebi &
    Milanfar (2018), with r = 2 in training. The root is taken for each image, before
    the mean: one root over the whole batch is another loss, which a few images far off rule.
    """
    return emd(logits.softmax(-1), histograms, r=r).mean()


def ranking_loss(winners: Tensor, losers: Tensor, ties: Tensor | None = None) -> Tensor:
    """-E[log P(the winner wins)] with P = sigmoid(difference of scores); a scalar, log 2 for equal scores.

    winners, losers: scores [M] in logits. ties: bool [M], pairs that nobody won, half a win for each.
    Burges et al. (2005); the likelihood of Bradley & Terry (1952), with scores that a network gives.
    """
    gap = winners - losers
    loss = F.softplus(-gap)  # [M]
    if ties is not None:
        loss = loss + ties * gap / 2  # softplus(-g) + g / 2 is the mean of both outcomes
    return loss.mean()


def feature_distance(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    """How differently a network sees two batches of images, at each of several depths: [N, depths], 0 to 4.

    a, b: maps at each depth, float [N, C, H, W], of the images and of what they are compared with. At each
    place the C numbers are made a vector of length 1; the squared distance of the two is averaged over the
    places. It is 2 - 2 cos of the angle between them, whatever their lengths. Zhang et al. (2018),
    equation 1, with all learned weights w = 1, https://arxiv.org/abs/1801.03924. Raises ValueError for
    another number of depths or other shapes, and for none.
    """
    shapes = [[tuple(x.shape) for x in maps] for maps in (a, b)]
    if not a or shapes[0] != shapes[1] or any(len(shape) != 4 for shape in shapes[0]):
        raise ValueError(
            "maps [N, C, H, W] at the same depths are needed, and at least one; got the shapes "
            f"{shapes[0]} and {shapes[1]}"
        )
    pairs = zip(a, b, strict=True)
    gaps = [(_unit(x) - _unit(y)).square().sum(1).mean((1, 2)) for x, y in pairs]  # [N] each
    return torch.stack(gaps, 1)  # [N, depths]


def _unit(maps: Tensor) -> Tensor:
    """Vectors of length 1 along the channels; one of length 0 stays, and has a gradient."""
    maps = maps.float()
    return maps * (maps.square().sum(1, keepdim=True) + 1e-8).rsqrt()  # [N, C, H, W]
