"""Losses as free functions, one an equation. (Cross-entropy, L1 and MSE are torch's own.)"""

import torch.nn.functional as F
from torch import Tensor


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
