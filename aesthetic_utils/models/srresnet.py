"""SRResNet: super-resolution by residual learning and sub-pixel convolution.

Ledig et al. (2017), "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial
Network", section 2.1.1 and figure 4, https://arxiv.org/abs/1609.04802.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.runtime import without_autocast


@dataclass(frozen=True, kw_only=True)
class SRResNetConfig:
    """Settings of an `SRResNet`; the defaults are the paper's."""

    scale: int = 4  # 1, 2, 4 or 8 times larger; 1 restores without enlarging
    blocks: int = 16  # residual blocks
    channels: int = 64  # of every feature map
    image_channels: int = 3  # 3 = RGB, 1 = grey
    batch_norm: bool = True  # False: without, as Lim et al. (2017), section 3.1
    image_skip: bool = (
        False  # True: the output is added to the bicubic picture, as in Kim et al. (2016)
    )
    edge_kernel: int = 9  # side of the first and of the last filters; odd
    # True: the bicubic picture by one convolution with fixed weights, which ONNX and browsers have
    convolved_skip: bool = False

    def __post_init__(self) -> None:
        if self.scale not in (1, 2, 4, 8):
            raise ValueError(
                f"scale is {self.scale}; each sub-pixel stage doubles: use 1, 2, 4 or 8"
            )
        if self.edge_kernel < 1 or self.edge_kernel % 2 == 0:
            raise ValueError(f"edge_kernel is {self.edge_kernel}; use an odd number, 1 or above")


def norm_or_not(channels: int, batch_norm: bool) -> nn.Module:
    """A batch norm, or nothing in its place, so that the layers keep their numbers."""
    return nn.BatchNorm2d(channels) if batch_norm else nn.Identity()


class ResidualBlock(nn.Module):
    """x + BN(conv(PReLU(BN(conv(x))))): the block learns what is to be added to its input."""

    def __init__(self, channels: int, batch_norm: bool = True):
        super().__init__()
        bias = not batch_norm  # the norm has a bias of its own
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=bias),
            norm_or_not(channels, batch_norm),
            nn.PReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=bias),
            norm_or_not(channels, batch_norm),
        )
        if not batch_norm:  # without a norm, sixteen blocks of full strength would add up
            with torch.no_grad():
                self.body[3].weight.mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)  # [N, C, H, W]


def upsampling_stage(channels: int) -> nn.Sequential:
    """Doubles height and width: four times the channels, then laid out as 2 x 2 pixels."""
    return nn.Sequential(
        nn.Conv2d(channels, 4 * channels, 3, padding=1),  # [N, 4C,  H,  W]
        nn.PixelShuffle(2),  # [N, C, 2H, 2W]
        nn.PReLU(),
    )


class SRResNet(nn.Module):
    """A small image in, one `scale` times larger out.

    In: float [N, image_channels, H, W], values in [0, 1]. Out: [N, image_channels, scale * H,
    scale * W], about [0, 1] but not clamped, so that gradients reach every pixel.

    Departures from the paper: convolutions before a batch norm have no bias (it would have no effect).
    With `image_skip` the network learns only what the bicubic picture (at scale 1 the input) lacks: its
    last layer starts at zero, so that before the first step the result is that picture. That shortens
    training many times over; the short runs in results/srresnet_x4.json have by how much.
    """

    def __init__(self, config: SRResNetConfig):
        super().__init__()
        self.config = config
        n, norm = config.channels, config.batch_norm
        edge = {"kernel_size": config.edge_kernel, "padding": config.edge_kernel // 2}
        self.head = nn.Sequential(nn.Conv2d(config.image_channels, n, **edge), nn.PReLU())
        self.blocks = nn.Sequential(*(ResidualBlock(n, norm) for _ in range(config.blocks)))
        self.merge = nn.Sequential(
            nn.Conv2d(n, n, 3, padding=1, bias=not norm), norm_or_not(n, norm)
        )
        stages = config.scale.bit_length() - 1  # log2
        self.upsample = nn.Sequential(*(upsampling_stage(n) for _ in range(stages)))
        self.to_image = nn.Conv2d(n, config.image_channels, **edge)
        if config.convolved_skip:
            self.register_buffer("kernels", bicubic_kernels(config.scale), persistent=False)
        if config.image_skip:
            nn.init.zeros_(self.to_image.weight)
            nn.init.zeros_(self.to_image.bias)

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 4 or x.shape[1] != self.config.image_channels:
            raise ValueError(
                f"SRResNet takes images [N, {self.config.image_channels}, H, W]; got {tuple(x.shape)}"
            )
        shallow = self.head(x)  # [N, C, H, W]
        deep = self.merge(self.blocks(shallow))  # [N, C, H, W]
        image = self.to_image(self.upsample(shallow + deep))  # [N, 3, sH, sW]
        return image + self.skip(x) if self.config.image_skip else image

    def skip(self, x: Tensor) -> Tensor:
        """The bicubic picture to which the output is added: [N, C, H, W] -> [N, C, sH, sW]."""
        scale = self.config.scale
        if self.config.convolved_skip:
            return enlarged_by_convolution(x, scale, self.kernels)
        return enlarged(x, scale)


def enlarged(images: Tensor, scale: int) -> Tensor:
    """Bicubic interpolation (a = -0.5, the kernel of MATLAB and Pillow): [N, C, H, W] -> [N, C, sH, sW]."""
    if scale == 1:
        return images
    size = [scale * side for side in images.shape[-2:]]
    # antialias=True selects that kernel; enlarging, it smooths nothing
    return F.interpolate(images, size, mode="bicubic", antialias=True)


def cubic(x: Tensor, a: float = -0.5) -> Tensor:
    """The weight of a neighbour at a distance of x pixels. Keys (1981), equation 4, where a = -1/2.

    "Cubic Convolution Interpolation for Digital Image Processing", https://doi.org/10.1109/TASSP.1981.1163711.
    """
    x = x.abs()
    near = ((a + 2) * x - (a + 3)) * x.square() + 1
    far = ((x - 5) * x + 8) * a * x - 4 * a
    return torch.where(x < 1, near, torch.where(x < 2, far, 0))


def bicubic_kernels(scale: int) -> Tensor:
    """The weights of `enlarged_by_convolution`: [scale², 1, 5, 5], one filter for each new pixel of a pixel's place.

    The new pixel r of a row lies at (r + 1/2) / scale - 1/2, as seen from the old one; four of the five
    neighbours have a weight.
    """
    places = (torch.arange(scale) + 0.5) / scale - 0.5
    line = cubic(places[:, None] - torch.arange(-2, 3))  # [scale, 5]
    return torch.einsum("ri,sj->rsij", line, line).reshape(-1, 1, 5, 5)


def enlarged_by_convolution(images: Tensor, scale: int, kernels: Tensor | None = None) -> Tensor:
    """What `enlarged` gives, within float32's precision, by convolution and pixel shuffle alone.

    kernels: `bicubic_kernels(scale)`, where they are kept; made anew if None.

    Beside the border the neighbours that there are share the weight of those that are missing: the sum is
    divided by the sum of the weights that fell on the picture. bfloat16 would not hold 256 levels, so the
    picture is always made in the precision of `images`.
    """
    if scale == 1:
        return images
    channels = images.shape[1]
    kernels = (bicubic_kernels(scale) if kernels is None else kernels).to(images)
    inside = torch.ones_like(images[:1, :1])
    with without_autocast(images.device):
        total = F.conv2d(images, kernels.repeat(channels, 1, 1, 1), padding=2, groups=channels)
        weight = F.conv2d(inside, kernels, padding=2)
    return F.pixel_shuffle(total, scale) / F.pixel_shuffle(weight, scale)
