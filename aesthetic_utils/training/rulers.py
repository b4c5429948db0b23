"""Published classifiers as rulers: sets of pictures compared by what a network sees in them.

A distance in the features of a classifier says what that classifier tells apart, and not what people see.
So it comes with the name of the ruler, the number of pictures, and the same distance of other real pictures.
"""

from typing import Any

import torch
from torch import Tensor, nn

from aesthetic_utils.models import (
    ArticleCNN,
    CNNConfig,
    ConvNet,
    ConvNetConfig,
    ResNet,
    ResNetConfig,
)
from aesthetic_utils.runtime import evaluating
from aesthetic_utils.training.weights import WeightsError, load_weights, weights_info

FAMILIES: dict[str, tuple[Any, Any]] = {
    "cnn": (ArticleCNN, CNNConfig),
    "convnet": (ConvNet, ConvNetConfig),
    "resnet": (ResNet, ResNetConfig),
}
RULERS = ("resnet_emoji_designer", "resnet_emoji_category", "convnet_cifar10")


def load_classifier(name: str) -> Any:
    """One of the published classifiers, ready to look: its `features` are [N, D], its output [N, classes].

    The first word of the name says which network it is. Raises WeightsError for a name of no classifier,
    or one that the package has no weights of.
    """
    family = name.partition("_")[0]
    if family not in FAMILIES:
        raise WeightsError(f"{name!r} is no classifier; names begin with {', '.join(FAMILIES)}")
    network, config = FAMILIES[family]
    return load_weights(network(config(**weights_info(name)["config"])), name).eval()


def seen_by(network: nn.Module, images: Tensor, *, chunk: int = 250) -> Tensor:
    """`network.features` of float images [N, C, H, W] in [0, 1], a chunk at a time: [N, D], no gradients."""
    with evaluating(network):
        return torch.cat([network.features(part) for part in images.split(chunk)])
