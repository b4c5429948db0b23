"""Losses as free functions, one an equation. (Cross-entropy, L1 and MSE are torch's own.)"""

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
