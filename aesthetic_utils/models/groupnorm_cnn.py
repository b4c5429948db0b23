"""A small classifier in which no picture looks at another: GroupNorm in place of BatchNorm."""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class GroupNormCNNConfig:
    """Settings of a `GroupNormCNN`."""

    classes: int = 5
    image_size: int = 32  # pixels, height and width; a multiple of 8
    width: int = 16  # channels after the first convolution; a multiple of `groups`
    groups: int = 4  # of channels that are normalised together

    def __post_init__(self) -> None:
        if self.image_size % 8 or self.width % self.groups:
            raise ValueError(
                f"image_size {self.image_size} has to be a multiple of 8, and width {self.width} one of "
                f"groups, {self.groups}"
            )


class GroupNormCNN(nn.Module):
    """Three convolutions with stride 2 and a linear layer: images [N, 3, S, S] in [0, 1] -> logits [N, classes].

    What it says of a picture depends on that picture alone, in training as well, so that a gradient *of one picture*
    exists. BatchNorm would mix the batch.
    """

    def __init__(self, config: GroupNormCNNConfig):
        super().__init__()
        self.config = config
        widths = (3, config.width, 2 * config.width, 4 * config.width)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2, padding=1)
            for a, b in zip(widths, widths[1:], strict=False)
        )
        self.norms = nn.ModuleList(nn.GroupNorm(config.groups, n) for n in widths[1:])
        left = config.image_size // 8
        self.last = nn.Linear(widths[-1] * left * left, config.classes)

    def forward(self, x: Tensor) -> Tensor:
        s = self.config.image_size
        if x.ndim != 4 or x.shape[1:] != (3, s, s):
            raise ValueError(f"GroupNormCNN takes images [N, 3, {s}, {s}]; got {tuple(x.shape)}")
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = F.relu(norm(convolution(x)))  # [N, w, 16, 16], [N, 2w, 8, 8], [N, 4w, 4, 4]
        return self.last(x.flatten(1))  # [N, classes]
