"""The article's convolutional network (its section 4.1), with the size error corrected."""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class CNNConfig:
    """Settings of an `ArticleCNN`; the defaults are the article's, for CIFAR-10."""

    classes: int = 10
    image_size: int = 32  # pixels, height and width; a multiple of 4
    image_channels: int = 3  # 3 = RGB, 1 = grey
    channels: tuple[int, int] = (32, 64)  # filters of the two convolution layers
    hidden: int = 128  # units of the first fully connected layer
    dropout: float = 0.0  # share of hidden units dropped in training; the article has none

    def __post_init__(self) -> None:
        if self.image_size % 4:
            raise ValueError(
                f"image_size is {self.image_size}; two poolings by 2 need a multiple of 4"
            )


class ArticleCNN(nn.Module):
    """Two convolutions, two poolings, two fully connected layers: an image in, one logit a class out.

    In: float [N, image_channels, image_size, image_size], values in [0, 1]. Out: [N, classes].

    The article flattens to 64 * 7 * 7, which fits 28 x 28 pixels; two poolings leave 32 x 32 pixels
    at 8 x 8, so the first fully connected layer takes 64 * 8 * 8.
    """

    def __init__(self, config: CNNConfig):
        super().__init__()
        self.config = config
        first, second = config.channels
        left = config.image_size // 4  # height and width after two poolings
        self.conv1 = nn.Conv2d(config.image_channels, first, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(first, second, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.fc1 = nn.Linear(second * left * left, config.hidden)
        self.dropout = nn.Dropout(config.dropout)
        self.fc2 = nn.Linear(config.hidden, config.classes)

    def features(self, x: Tensor) -> Tensor:
        """What the network sees in an image: its last hidden layer, [N, hidden], values >= 0."""
        c, s = self.config.image_channels, self.config.image_size
        if x.ndim != 4 or x.shape[1:] != (c, s, s):
            raise ValueError(f"ArticleCNN takes images [N, {c}, {s}, {s}]; got {tuple(x.shape)}")
        # The article pools what ReLU has cut. The largest of four and ReLU may change places, with the
        # same values and gradients, and ReLU then has a quarter of the work.
        x = F.relu(self.pool(self.conv1(x)))  # [N, 32, 16, 16]
        x = F.relu(self.pool(self.conv2(x)))  # [N, 64,  8,  8]
        return F.relu(self.fc1(x.flatten(1)))  # [N, 128]

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.dropout(self.features(x)))  # [N, classes]
