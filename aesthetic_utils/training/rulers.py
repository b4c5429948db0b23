"""Published classifiers as rulers: sets of pictures compared by what a network sees in them.

A distance in the features of a classifier says what that classifier tells apart, and not what people see.
So it comes with the name of the ruler, the number of pictures, and the same distance of other real pictures.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from aesthetic_utils.metrics import frechet_distance, precision_recall
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


def set_distances(
    network: nn.Module, reference: Tensor, sets: Mapping[str, Tensor], some: Tensor
) -> dict[str, dict[str, float]]:
    """How far each set of images is from the reference, by this ruler: "frechet", "precision", "recall".

    reference, sets: float [N, C, H, W] in [0, 1]; some: int64 [M], the rows of the reference that precision
    and recall take, as many as there are images in a set.
    """
    real = seen_by(network, reference)  # [N, D]
    found = {}
    for name, images in sets.items():
        seen = seen_by(network, images)
        precision, recall = precision_recall(real[some], seen)
        distance = frechet_distance(seen, real)
        found[name] = {"frechet": distance, "precision": precision, "recall": recall}
    return found
