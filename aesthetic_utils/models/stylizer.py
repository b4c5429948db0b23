"""A network that repaints a photograph in one of several styles, or in a mixture, in one pass.

Johnson, Alahi & Fei-Fei (2016), "Perceptual Losses for Real-Time Style Transfer and Super-Resolution",
https://arxiv.org/abs/1603.08155, with instance normalisation (Ulyanov, Vedaldi & Lempitsky 2016,
https://arxiv.org/abs/1607.08022), whose scale and shift are those of a style (Dumoulin, Shlens & Kudlur 2017, "A Learned
Representation for Artistic Style", https://arxiv.org/abs/1610.07629). Departures: fewer channels, and the network
adds to the photograph in place of painting it from nothing.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FACTOR = 4  # height and width of a picture have to be multiples of it


@dataclass(frozen=True, kw_only=True)
class StylizerConfig:
    """Settings of a `Stylizer`."""

    styles: tuple[str, ...] = ("style",)  # their names, in the order of the network's own numbers
    channels: tuple[int, int, int] = (16, 32, 48)  # at full size, at a half, at a quarter
    blocks: int = 3  # residual blocks at a quarter of the size
    image_channels: int = 3  # 3 = RGB, 1 = grey

    def __post_init__(self) -> None:
        if not self.styles:
            raise ValueError("a Stylizer needs the name of at least one style")
        if min(self.blocks, self.image_channels, *self.channels) < 1:
            raise ValueError(f"every layer needs at least one channel, and one block; got {self}")


def mean_and_spread(x: Tensor, *, epsilon: float = 1e-5) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of every map of every image, [N, C, H, W] -> twice [N, C, 1, 1].

    epsilon is added to the variance (of all places, not of all but one), which keeps a division by it finite.
    """
    variance, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
    return mean, (variance + epsilon).sqrt()


def instance_norm(x: Tensor) -> Tensor:
    """Each map of each image with mean 0 and variance 1 over its own places: [N, C, H, W] -> the same shape.

    Ulyanov et al. (2016), without learned scale and shift.
    """
    mean, spread = mean_and_spread(x)
    return (x - mean) / spread  # [N, C, H, W]


def adaptive_instance_norm(content: Tensor, style: Tensor) -> Tensor:
    """Maps of one picture with the mean and spread of those of another: [N, C, H, W], like `content`.

    sigma(y) (x - mu(x)) / sigma(x) + mu(y) of Huang & Belongie (2017), https://arxiv.org/abs/1703.06868. style:
    [N or 1, C, h, w], of any height and width. Raises ValueError where the maps are not as many.
    """
    if content.ndim != 4 or style.ndim != 4 or content.shape[1] != style.shape[1]:
        raise ValueError(
            "content and style need maps [N, C, H, W] with the same C; got "
            f"{tuple(content.shape)} and {tuple(style.shape)}"
        )
    mean, spread = mean_and_spread(style)
    return instance_norm(content) * spread + mean  # [N, C, H, W]


class StyleNorm(nn.Module):
    """Instance normalisation with a scale and a shift for each map and each style.

    In: maps [N, C, H, W] and the share of each style in each picture, [N, styles]. Out: [N, C, H, W].
    """

    def __init__(self, channels: int, styles: int):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(styles, channels))
        self.shift = nn.Parameter(torch.zeros(styles, channels))

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        scale, shift = (mix @ table for table in (self.scale, self.shift))  # [N, C] each
        return instance_norm(x) * scale[:, :, None, None] + shift[:, :, None, None]


class Layer(nn.Module):
    """Convolution over a mirrored border, `StyleNorm`, and ReLU if wanted; stride 2 halves, `double` doubles first."""

    def __init__(
        self, inputs: int, outputs: int, styles: int, *, kernel: int = 3, stride: int = 1,
        double: bool = False, relu: bool = True,
    ):  # fmt: skip
        super().__init__()
        self.double, self.relu = double, relu
        self.convolution = nn.Conv2d(
            inputs, outputs, kernel, stride, padding=kernel // 2, padding_mode="reflect", bias=False
        )
        self.norm = StyleNorm(outputs, styles)

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        if self.double:  # and then convolve: a transposed convolution would print a checkerboard
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = self.norm(self.convolution(x), mix)
        return F.relu(x) if self.relu else x


class StyleBlock(nn.Module):
    """Two layers whose result is added to what came in: x + F(x)."""

    def __init__(self, channels: int, styles: int):
        super().__init__()
        self.first = Layer(channels, channels, styles)
        self.second = Layer(channels, channels, styles, relu=False)

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        return x + self.second(self.first(x, mix), mix)


class Stylizer(nn.Module):
    """Down to a quarter, residual blocks, up again, and what comes out is added to the photograph.

    In: images [N, image_channels, H, W] in [0, 1], H and W multiples of 4 and at least 12, and mix [N, styles], the share of each
    style. Out: [N, image_channels, H, W], about in [0, 1], not clamped.
    """

    def __init__(self, config: StylizerConfig):
        super().__init__()
        self.config = config
        (a, b, c), n = config.channels, len(config.styles)
        self.layers = nn.ModuleList([
            Layer(config.image_channels, a, n, kernel=5),  # [N, 16, H,   W]
            Layer(a, b, n, stride=2),  # [N, 32, H/2, W/2]
            Layer(b, c, n, stride=2),  # [N, 48, H/4, W/4]
            *(StyleBlock(c, n) for _ in range(config.blocks)),  # [N, 48, H/4, W/4]
            Layer(c, b, n, double=True),  # [N, 32, H/2, W/2]
            Layer(b, a, n, double=True),  # [N, 16, H,   W]
        ])  # fmt: skip
        self.to_image = nn.Conv2d(a, config.image_channels, 5, padding=2, padding_mode="reflect")
        nn.init.zeros_(self.to_image.weight)  # an untrained network gives the photograph back
        nn.init.zeros_(self.to_image.bias)

    def forward(self, images: Tensor, mix: Tensor) -> Tensor:
        n, c, h, w = images.shape
        if c != self.config.image_channels or h % FACTOR or w % FACTOR or min(h, w) < 12:
            raise ValueError(
                f"a Stylizer takes images [N, {self.config.image_channels}, H, W], H and W multiples of {FACTOR} and "
                f"at least 12; got {tuple(images.shape)}"
            )
        if mix.shape != (n, len(self.config.styles)):
            raise ValueError(
                f"mix needs a share for each of {len(self.config.styles)} styles, for each of {n} images; "
                f"got {tuple(mix.shape)}"
            )
        x = images - 0.5
        for layer in self.layers:
            x = layer(x, mix)
        return images + self.to_image(x)  # [N, 3, H, W]
