"""A judge of pictures, and the eyes it looks through: features in, how people will vote out.

The design of NIMA (Talebi & Milanfar 2018, https://arxiv.org/abs/1709.05424): features, dropout, one
linear layer, a softmax over the votes. There the network below was trained along; here it is frozen,
so that training takes seconds and every difference is one between heads or between features.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.checks import require_finite


@dataclass(frozen=True, kw_only=True)
class JudgeConfig:
    """Settings of a `Judge`."""

    features: int = 128  # numbers that stand for a picture
    bins: int = 10  # votes from 1 to so many; 1: a bare score, for a judge trained on pairs
    dropout: float = 0.5  # NIMA has 0.75, over 1,000 features and more


class Judge(nn.Module):
    """Standardise, drop, one linear layer: features [N, D] in, logits of the votes [N, bins] out."""

    centre: Tensor
    spread: Tensor

    def __init__(self, config: JudgeConfig):
        super().__init__()
        self.config = config
        self.register_buffer("centre", torch.zeros(config.features))
        self.register_buffer("spread", torch.ones(config.features))
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.features, config.bins)
        nn.init.zeros_(self.head.weight)  # at first the picture makes no difference
        nn.init.zeros_(self.head.bias)

    @torch.no_grad()
    def prepare(self, features: Tensor, histograms: Tensor | None = None) -> "Judge":
        """Learn mean and spread of the training features [N, D], and start from the mean histogram.

        histograms: [N, bins], counts or shares; with them the untrained judge answers every picture
        with their mean, the best answer of somebody who does not look. Raises ValueError for other
        shapes, features that are not finite, and pictures without votes.
        """
        if features.ndim != 2 or features.shape[1] != self.config.features or not len(features):
            wanted = f"[N, {self.config.features}]"
            raise ValueError(f"this Judge takes features {wanted}; got {tuple(features.shape)}")
        require_finite(features, "features")
        spread = features.std(0, correction=0)
        least = 1e-3 * features.std()
        self.centre.copy_(features.mean(0))
        self.spread.copy_(spread.clamp_min(least) if least > 0 else torch.ones_like(spread))
        if histograms is not None:
            _check_histograms(histograms, len(features), self.config.bins)
            shares = histograms / histograms.sum(1, keepdim=True)
            self.head.bias.copy_(shares.mean(0).clamp_min(1e-4).log())
        return self

    def forward(self, features: Tensor) -> Tensor:
        if features.ndim != 2 or features.shape[1] != self.config.features:
            wanted = f"[N, {self.config.features}]"
            raise ValueError(f"this Judge takes features {wanted}; got {tuple(features.shape)}")
        x = (features - self.centre) / self.spread  # [N, D]
        return self.head(self.dropout(x))  # [N, bins]

    def histogram(self, features: Tensor) -> Tensor:
        """Expected shares of the votes 1, 2, ...: [N, bins], rows sum to 1."""
        return self(features).softmax(-1)

    def score(self, features: Tensor) -> Tensor:
        """Expected mean vote [N], from 1 to bins; with one bin the bare score, in logits."""
        if self.config.bins == 1:
            return self(features)[:, 0]
        votes = torch.arange(1, self.config.bins + 1, device=features.device).to(features)
        return self.histogram(features) @ votes


def _check_histograms(histograms: Tensor, n: int, bins: int) -> None:
    if histograms.shape != (n, bins):
        raise ValueError(f"histograms must be [{n}, {bins}]; got {tuple(histograms.shape)}")
    require_finite(histograms, "histograms")
    if (histograms < 0).any() or not (histograms.sum(1) > 0).all():
        raise ValueError("histograms must be 0 or more, with a vote for each picture")


class Eyes(nn.Module):
    """Several networks that look at the same picture; what they see stands side by side.

    networks: with a method `features`, such as `ArticleCNN`, for images of `side` pixels. They are
    frozen: a gradient goes through them to the pixels, and none to their weights.
    """

    def __init__(self, networks: Sequence[nn.Module], side: int = 32):
        super().__init__()
        self.networks, self.side = nn.ModuleList(networks), side
        self.eval().requires_grad_(False)

    def features(self, x: Tensor) -> Tensor:
        """Float [N, 3, H, W] in [0, 1], H and W multiples of the side -> [N, D]."""
        x = F.adaptive_avg_pool2d(x, self.side)  # [N, 3, side, side]
        return torch.cat([network.features(x) for network in self.networks], dim=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.features(x)
