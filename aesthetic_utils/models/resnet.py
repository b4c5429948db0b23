"""A small residual network for drawings, after He et al. (2016)."""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class ResNetConfig:
    """Settings of a `ResNet`."""

    classes: int = 10
    image_channels: int = 3  # 3 = RGB, 1 = grey
    channels: tuple[int, ...] = (32, 64, 128, 256)  # after the first layer, then after each stage
    blocks: int = 1  # residual blocks a stage; the first of a stage halves height and width
    dropout: float = 0.0  # share of the features dropped in training

    def __post_init__(self) -> None:
        if len(self.channels) < 2:
            raise ValueError(f"channels are {self.channels}; a stage needs channels in and out")
        if self.blocks < 1:
            raise ValueError(f"blocks is {self.blocks}; a stage needs at least one")


class ResidualBlock(nn.Module):
    """Two convolutions whose result is added to what came in: relu(x + F(x)).

    He et al. (2016), https://arxiv.org/abs/1512.03385, equations 1 and 2: where shape or size changes, the
    way around is a 1 x 1 convolution. In: [N, channels_in, H, W]; out: [N, channels_out, H/stride, W/stride].

    The last normalisation starts at 0 (Goyal et al. 2017, https://arxiv.org/abs/1706.02677, section 5.1), so
    that an untrained block passes on what it gets.
    """

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels_out)
        nn.init.zeros_(self.norm2.weight)
        self.around: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels_out:
            self.around = nn.Sequential(
                nn.Conv2d(channels_in, channels_out, 1, stride, bias=False),
                nn.BatchNorm2d(channels_out),
            )

    def forward(self, x: Tensor) -> Tensor:
        change = F.relu(self.norm1(self.conv1(x)))  # [N, C_out, H/s, W/s]
        change = self.norm2(self.conv2(change))  # [N, C_out, H/s, W/s]
        return F.relu(self.around(x) + change)


class ResNet(nn.Module):
    """A first convolution, stages of residual blocks, a mean over the picture, a linear layer.

    In: float [N, image_channels, S, S], values in [0, 1], S a multiple of 2 to the number of stages.
    Out: logits [N, classes].
    """

    def __init__(self, config: ResNetConfig):
        super().__init__()
        self.config = config
        first, *stages = config.channels
        self.stem = nn.Sequential(
            nn.Conv2d(config.image_channels, first, 3, padding=1, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(),
        )
        self.blocks = nn.Sequential()
        before = first
        for channels in stages:
            for i in range(config.blocks):
                self.blocks.append(ResidualBlock(before, channels, stride=2 if i == 0 else 1))
                before = channels
        self.dropout = nn.Dropout(config.dropout)
        self.classify = nn.Linear(before, config.classes)

    def features(self, x: Tensor) -> Tensor:
        """What the network sees in a picture: its last maps, averaged over the picture; [N, C], >= 0."""
        c, stages = self.config.image_channels, len(self.config.channels) - 1
        if x.ndim != 4 or x.shape[1] != c or x.shape[2] % 2**stages or x.shape[3] % 2**stages:
            raise ValueError(
                f"this ResNet takes images [N, {c}, H, W], H and W multiples of {2**stages}; "
                f"got {tuple(x.shape)}"
            )
        x = self.stem(x - 0.5)  # [N, 32, 32, 32]
        x = self.blocks(x)  # [N, 256, 4, 4]
        return x.mean((2, 3))  # [N, 256]

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.dropout(self.features(x)))  # [N, classes]
