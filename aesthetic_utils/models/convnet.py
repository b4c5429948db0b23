"""A convolutional network from plain to 94 % on CIFAR-10: each device of its settings can be switched off."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FIRST_LAYERS = ("none", "whitening", "learned")


@dataclass(frozen=True, kw_only=True)
class ConvNetConfig:
    """Settings of a `ConvNet`; the defaults are those of the best network for CIFAR-10."""

    classes: int = 10
    image_channels: int = 3  # 3 = RGB, 1 = grey
    widths: tuple[int, ...] = (64, 256, 256)  # maps of each block; each block halves the size
    first: str = "whitening"  # what comes before the blocks: one of FIRST_LAYERS
    first_kernel: int = 2  # pixels, height and width of its filters
    first_maps: int = 64  # of a learned first layer; a whitening one has 2 * channels * kernel^2
    batch_norm: bool = True
    norm_momentum: float = 0.4  # weight of the newest batch in the running statistics
    residual: bool = True  # add a block's input to what its second convolution makes of it
    dirac: bool = True  # filters begin by handing their input on
    logit_scale: float = 1 / 9  # keeps the first logits, and with them the first steps, small

    def __post_init__(self) -> None:
        if self.first not in FIRST_LAYERS:
            raise ValueError(
                f"first is {self.first!r}; a ConvNet has one of {', '.join(FIRST_LAYERS)}"
            )
        if not self.widths or min(self.widths) < 1:
            raise ValueError(f"widths are {self.widths}; each block needs at least one map")
        if self.first == "learned" and self.first_kernel % 2 == 0:
            raise ValueError(
                f"first_kernel is {self.first_kernel}; a learned first layer keeps the image's size, "
                "which needs an odd number"
            )


class ConvNet(nn.Module):
    """Blocks of two convolutions, the largest value of each map, one linear layer: a logit a class.

    In: float [N, image_channels, H, W], values in [0, 1]; H and W as small as `smallest_image` says.
    Out: [N, classes].

    After Jordan (2024), "94 % on CIFAR-10 in 3.29 seconds on a single GPU", https://arxiv.org/abs/2404.00498,
    which has no residual connections. `init_from_images` gives it the mean and spread of the training
    images and the filters of a whitening layer; without that call the layer's filters are random.
    """

    mean: Tensor  # [1, C, 1, 1], of the training images
    spread: Tensor  # [1, C, 1, 1], their standard deviation

    def __init__(self, config: ConvNetConfig):
        super().__init__()
        self.config = config
        channels = config.image_channels
        self.register_buffer("mean", torch.full((1, channels, 1, 1), 0.5))
        self.register_buffer("spread", torch.full((1, channels, 1, 1), 0.25))
        self.first = first_layer(config)
        before = (first_maps(config), *config.widths)
        self.blocks = nn.ModuleList(
            Block(inputs, maps, config)
            for inputs, maps in zip(before, config.widths, strict=False)  # before is one longer
        )
        self.head = nn.Linear(config.widths[-1], config.classes, bias=False)

    def maps(self, x: Tensor, depths: int | None = None) -> list[Tensor]:
        """What the first layer and each block make of an image: `depths` of them, from the first on, or all.

        With 32 x 32 pixels [N, 24, 31, 31], [N, 64, 15, 15], [N, 256, 7, 7] and [N, 256, 3, 3].
        """
        smallest = smallest_image(self.config)
        if x.ndim != 4 or x.shape[1] != self.config.image_channels or min(x.shape[2:]) < smallest:
            raise ValueError(
                f"ConvNet takes images [N, {self.config.image_channels}, H, W] of at least {smallest} "
                f"pixels; got {tuple(x.shape)}"
            )
        x = (x - self.mean) / self.spread  # [N, C, 32, 32]
        found = [self.first(x)]  # whitening 2 x 2: [N, 24, 31, 31]
        for block in self.blocks[: None if depths is None else depths - 1]:
            found.append(block(found[-1]))
        return found

    def features(self, x: Tensor) -> Tensor:
        """What the network sees in an image: the largest value of each of its last maps, [N, widths[-1]]."""
        last = self.maps(x)[-1]  # [N, 256, 3, 3]
        return F.max_pool2d(last, kernel_size=last.shape[2:]).flatten(1)  # [N, 256]

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x)) * self.config.logit_scale  # [N, classes]


class Block(nn.Module):
    """Convolution, pooling by 2, convolution; batch norm and GELU after each, a path around the second.

    In: [N, inputs, H, W]. Out: [N, maps, H // 2, W // 2].
    """

    def __init__(self, inputs: int, maps: int, config: ConvNetConfig):
        super().__init__()
        self.conv1, self.norm1 = convolution(inputs, maps, config), normalisation(maps, config)
        self.conv2, self.norm2 = convolution(maps, maps, config), normalisation(maps, config)
        self.residual = config.residual

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.conv1(x), kernel_size=2)  # [N, maps, H/2, W/2]
        x = F.gelu(self.norm1(x))
        change = self.norm2(self.conv2(x))
        return F.gelu(x + change if self.residual else change)


# --------------------------------------------------------------------------------------------------
# layers


def convolution(inputs: int, maps: int, config: ConvNetConfig) -> nn.Conv2d:
    """3 x 3, the size stays; a bias only where no batch norm follows, which has one."""
    layer = nn.Conv2d(inputs, maps, kernel_size=3, padding=1, bias=not config.batch_norm)
    if config.dirac:
        identity_start_(layer.weight)
    return layer


def normalisation(maps: int, config: ConvNetConfig) -> nn.Module:
    """Batch norm with a learned shift and no learned scale, or nothing."""
    if not config.batch_norm:
        return nn.Identity()
    norm = nn.BatchNorm2d(maps, momentum=config.norm_momentum)
    norm.weight.requires_grad_(False)  # stays 1: the convolution after it can scale as well
    return norm


def smallest_image(config: ConvNetConfig) -> int:
    """Pixels that an image needs in height and width, so that a pixel is left after the last block."""
    cut = config.first_kernel - 1 if config.first == "whitening" else 0  # that layer does not pad
    return 2 ** len(config.widths) + cut


def first_maps(config: ConvNetConfig) -> int:
    """Maps that reach the first block."""
    whitened = 2 * config.image_channels * config.first_kernel**2  # every direction with both signs
    return {
        "none": config.image_channels, "whitening": whitened, "learned": config.first_maps,
    }[config.first]  # fmt: skip


def first_layer(config: ConvNetConfig) -> nn.Module:
    """What comes before the blocks. The filters of a whitening layer are never trained, its bias is."""
    if config.first == "none":
        return nn.Identity()
    inputs, maps, kernel = config.image_channels, first_maps(config), config.first_kernel
    if config.first == "whitening":
        layer = nn.Conv2d(inputs, maps, kernel)
        layer.weight.requires_grad_(False)
        nn.init.zeros_(layer.bias)
        return nn.Sequential(layer, nn.GELU())
    layer = nn.Conv2d(inputs, maps, kernel, padding=kernel // 2, bias=not config.batch_norm)
    return nn.Sequential(layer, normalisation(maps, config), nn.GELU())


# --------------------------------------------------------------------------------------------------
# beginnings


@torch.no_grad()
def identity_start_(weight: Tensor) -> Tensor:
    """Makes the first filters hand on one input map each, unchanged; in place, and returned.

    weight: [maps, inputs, k, k] with k odd. Filter i < min(maps, inputs) becomes 1 at the centre of input i
    and 0 elsewhere; the others stay as they are. In Jordan (2024) this is the identity initialization.
    """
    nn.init.dirac_(weight[: weight.shape[1]])
    return weight


def whitening_filters(images: Tensor, kernel: int, *, epsilon: float = 5e-4) -> Tensor:
    """Filters that make the patches of these images uncorrelated and of variance 1, each with both signs.

    images: float [N, C, H, W]. Returns [2 * C * kernel^2, C, kernel, kernel], those of the largest variance
    first, then the negatives of all in the same order. With v an eigenvector of the covariance of all
    kernel x kernel patches and λ its eigenvalue a filter is v / sqrt(λ + epsilon): epsilon keeps directions
    in which the patches hardly vary from being blown up.
    """
    channels = images.shape[1]
    patches = F.unfold(images.double(), kernel)  # [N, C k k, positions]
    patches = patches.transpose(0, 1).flatten(1)  # [C k k, all patches]
    values, vectors = torch.linalg.eigh(torch.cov(patches))  # ascending; one vector a column
    filters = (vectors / (values + epsilon).sqrt()).T.flip(0)  # [C k k, C k k], one filter a row
    filters = filters.reshape(-1, channels, kernel, kernel).to(images.dtype)
    return torch.cat([filters, -filters])


@torch.no_grad()
def init_from_images(model: ConvNet, images: Tensor, *, sample: int = 1000) -> None:
    """Gives the network the mean and spread of its training images, and a whitening layer its filters.

    images: uint8 [N, C, H, W], on the CPU. All are computed from `sample` of them, or a few more, evenly spread.
    """
    pixels = images[:: max(1, len(images) // sample)].float() / 255
    spread, mean = torch.std_mean(pixels, dim=(0, 2, 3), keepdim=True)  # [1, C, 1, 1]
    model.mean.copy_(mean)
    model.spread.copy_(spread)
    if model.config.first == "whitening":
        filters = whitening_filters((pixels - mean) / spread, model.config.first_kernel)
        model.first[0].weight.copy_(filters)
