"""StyleGAN2: a generator that is told at every size how to draw, and the discriminator that teaches it.

Karras et al. (2020), "Analyzing and Improving the Image Quality of StyleGAN",
https://arxiv.org/abs/1912.04958. The mapping network and the noise are those of Karras et al. (2019), "A Style-Based
Generator Architecture for Generative Adversarial Networks", https://arxiv.org/abs/1812.04948. Departures: two layers
of mapping instead of eight, few channels, no labels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.runtime import without_autocast

SMALLEST = 4  # pixels; every further entry of `channels` doubles them


@dataclass(frozen=True, kw_only=True)
class StyleGAN2Config:
    """Settings of a `StyleGenerator` and its `StyleDiscriminator`."""

    channels: tuple[int, ...] = (128, 128, 64, 32)  # of the feature maps at 4, 8, 16, 32 pixels
    image_channels: int = 3  # 3 = RGB, 1 = grey
    latent_dim: int = 128  # length of z
    style_dim: int = 128  # length of w
    mapping_layers: int = 2  # from z to w; the paper has 8
    noise: bool = True  # a grain of the generator's own after every convolution
    group: int = 4  # pictures that the discriminator compares with each other

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(self.channels))  # a list, where JSON kept it
        if len(self.channels) < 2:
            raise ValueError(f"channels are {self.channels}; two sizes are the least")
        if self.mapping_layers < 1:
            raise ValueError(f"mapping_layers is {self.mapping_layers}; z needs a way to w")

    @property
    def image_size(self) -> int:
        """Height and width in pixels."""
        return SMALLEST << (len(self.channels) - 1)

    @property
    def sizes(self) -> list[int]:
        """Heights and widths of the feature maps, from 4 up."""
        return [SMALLEST << i for i in range(len(self.channels))]

    @property
    def layers(self) -> int:
        """How many styles a picture takes: one a convolution, and one for its last colours."""
        return 2 * len(self.channels)


# --------------------------------------------------------------------------------------------------
# the arithmetic


def at_least_float32(x: Tensor) -> Tensor:
    """Half precision becomes float32; the rest stays."""
    return x if x.dtype == torch.float64 else x.float()


def pixel_norm(z: Tensor) -> Tensor:
    """Every row scaled to a mean square of 1: [N, D] -> [N, D]; its length is then sqrt(D), and not 1."""
    return z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def demodulation(weight: Tensor, style: Tensor) -> Tensor:
    """By what each output channel is divided: 1 / sqrt(sum of (style_i w_oikl)^2 over i, k, l), [N, O].

    weight: [O, I, k, k]; style: [N, I]. Karras et al. (2020): outputs have unit variance again, if the inputs had
    and were independent. In float32 at least: a sum of a thousand squares has too
    many digits for half precision.
    """
    weight, style = at_least_float32(weight), at_least_float32(style)
    with without_autocast(weight.device):
        squares = style.square() @ weight.square().sum((2, 3)).T  # [N, O]
        return (squares + 1e-8).rsqrt()


def modulated_conv2d(
    x: Tensor, weight: Tensor, style: Tensor, *, demodulate: bool = True, up: bool = False
) -> Tensor:
    """A convolution whose weights each picture scales for itself: [N, I, H, W] -> [N, O, H, W].

    weight: [O, I, k, k], k odd; style: [N, I], a factor for each input channel. up: twice the height and width, by a
    transposed convolution and a blur.

    Karras et al. (2020) scale the weights, w' = s_i w_oikl. A convolution is linear: it is the same to
    scale what goes in, and what comes out by `demodulation`. That needs one convolution for the whole batch, where
    the other way needs one a picture.
    """
    o, i, k, _ = weight.shape
    if x.ndim != 4 or x.shape[1] != i or style.shape != (len(x), i):
        raise ValueError(
            f"weights {tuple(weight.shape)} take x [N, {i}, H, W] and a style [N, {i}]; got "
            f"{tuple(x.shape)} and {tuple(style.shape)}"
        )
    x = x * style.to(x.dtype)[:, :, None, None]  # [N, I, H, W]
    if up:
        x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2, padding=k // 2 - 1)
        x = blur(x, padding=1, gain=4.0)  # [N, O, 2H + 1, 2W + 1] -> [N, O, 2H, 2W]
    else:
        x = F.conv2d(x, weight, padding=k // 2)  # [N, O, H, W]
    if demodulate:
        x = x * demodulation(weight, style).to(x.dtype)[:, :, None, None]
    return x


def blur(x: Tensor, *, padding: int, gain: float = 1.0) -> Tensor:
    """Each channel smoothed by (1, 3, 3, 1) / 8 down and across, with zeros around it, times `gain`.

    [N, C, H, W] -> [N, C, H', W'] with H' = H + 2 padding - 3. Taken before every halving and after
    every doubling, so that no fine grid comes of them: Zhang (2019), https://arxiv.org/abs/1904.11486.
    """
    taps = x.new_tensor([1.0, 3.0, 3.0, 1.0]) / 8
    kernel = (gain * taps[:, None] * taps).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(x, kernel, padding=padding, groups=x.shape[1])


def minibatch_std(x: Tensor, group: int) -> Tensor:
    """One more channel that says how much the pictures of a group differ: [N, C, H, W] -> [N, C + 1, H, W].

    The standard deviation over the `group` pictures that follow each other, at each place and channel, with 1 / group
    (not 1 / (group - 1)), averaged over places and channels: one number a group. Karras et al. (2018), section 3,
    https://arxiv.org/abs/1710.10196. A generator that always draws the same gives itself away by it.

    Raises ValueError for a number of pictures that groups do not divide.
    """
    n, _, h, w = x.shape
    if n % group:
        raise ValueError(
            f"{n} pictures cannot be divided into groups of {group}; use a multiple of {group}"
        )
    together = at_least_float32(x).unflatten(0, (-1, group))  # [N / G, G, C, H, W]
    centred = together - together.mean(1, keepdim=True)
    spread = (centred.square().mean(1) + 1e-8).sqrt().mean((1, 2, 3))  # [N / G]
    more = spread.repeat_interleave(group).to(x.dtype)[:, None, None, None]  # [N, 1, 1, 1]
    return torch.cat([x, more.expand(n, 1, h, w)], 1)  # [N, C + 1, H, W]


def truncate(w: Tensor, mean: Tensor, psi: float) -> Tensor:
    """mean + psi (w - mean): styles [..., D] pulled towards the mean style [D]; psi = 1 leaves them, 0 is the mean.

    The truncation trick in w of Karras et al. (2019).
    """
    return mean.lerp(w, psi)


def mix_styles(a: Tensor, b: Tensor, crossover: Tensor) -> Tensor:
    """The styles of a before a layer and those of b from it on: [N, L, D] each -> [N, L, D].

    crossover: int64 [N], the first layer that takes b's; L takes none. Karras et al. (2019), section 3.1.
    """
    layer = torch.arange(a.shape[1], device=a.device)  # [L]
    return torch.where((layer < crossover[:, None])[:, :, None], a, b)


# --------------------------------------------------------------------------------------------------
# layers with an equalised learning rate


class EqualLinear(nn.Module):
    """A linear layer whose stored weights are all of size 1: [N, inputs] -> [N, outputs].

    They are divided by sqrt(inputs) when they are used, so that an optimiser which moves every weight by about as
    much (Adam) treats all layers alike: Karras et al. (2018), section 4.1. slow: the layer learns so much slower,
    0.01 in the mapping network (Karras et al. 2019). bias: its value at the start. It computes in the
    format of its weights, in an autocast too: it is small, and styles and logits deserve their digits.
    """

    def __init__(self, inputs: int, outputs: int, *, bias: float = 0.0, slow: float = 1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / slow)
        self.bias = nn.Parameter(torch.full((outputs,), bias / slow))
        self.gain, self.slow = slow / math.sqrt(inputs), slow

    def forward(self, x: Tensor) -> Tensor:
        with without_autocast(x.device):
            return F.linear(x.to(self.weight.dtype), self.weight * self.gain, self.bias * self.slow)


class EqualConv2d(nn.Module):
    """A convolution with an equalised learning rate: [N, inputs, H, W] -> [N, outputs, H, W]; see `EqualLinear`.

    halve: a blur and a stride of 2 instead, H and W even: [N, outputs, H / 2, W / 2].
    """

    def __init__(
        self, inputs: int, outputs: int, k: int, *, bias: bool = True, halve: bool = False
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, k, k))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.gain, self.halve = 1 / math.sqrt(inputs * k * k), halve

    def forward(self, x: Tensor) -> Tensor:
        weight, k = self.weight * self.gain, self.weight.shape[-1]
        if not self.halve:
            return F.conv2d(x, weight, self.bias, padding=k // 2)
        if (
            k == 1
        ):  # a blur with a stride would do; on a processor its gradient takes ten times as long
            return F.conv2d(blur(x, padding=1)[:, :, ::2, ::2], weight, self.bias)
        return F.conv2d(blur(x, padding=k // 2 + 1), weight, self.bias, stride=2)


def active(x: Tensor) -> Tensor:
    """Leaky ReLU, times sqrt(2) to keep the mean square."""
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


# --------------------------------------------------------------------------------------------------
# the generator


class MappingNetwork(nn.Module):
    """From z, which is normal, to w, which has whatever distribution serves: [N, latent_dim] -> [N, style_dim]."""

    def __init__(self, config: StyleGAN2Config):
        super().__init__()
        widths = [config.latent_dim] + [config.style_dim] * config.mapping_layers
        self.layers = nn.ModuleList(
            EqualLinear(a, b, slow=0.01) for a, b in zip(widths, widths[1:], strict=False)
        )

    def forward(self, z: Tensor) -> Tensor:
        w = pixel_norm(z)
        for layer in self.layers:
            w = active(layer(w))
        return w  # [N, style_dim]


class StyledConv(nn.Module):
    """A 3 x 3 modulated convolution, noise, a bias and an activation; up: twice the height and width.

    In: maps [N, inputs, H, W] and styles w [N, style_dim]. In training the noise is drawn anew each time; in evaluation
    it is always the same, which is stored, so that a style gives one picture.
    """

    noise: Tensor

    def __init__(self, config: StyleGAN2Config, inputs: int, outputs: int, size: int, *, up: bool):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.style = EqualLinear(config.style_dim, inputs, bias=1.0)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.strength = nn.Parameter(torch.zeros(())) if config.noise else None
        self.register_buffer("noise", torch.randn(1, 1, size, size) if config.noise else None)
        self.up = up

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        x = modulated_conv2d(x, self.weight, self.style(w), up=self.up)  # [N, O, S, S]
        if self.strength is not None:
            drawn = torch.randn_like(x[:, :1]) if self.training else self.noise
            x = x + (drawn * self.strength).to(x.dtype)
        return active(x + self.bias.to(x.dtype)[:, None, None])


class ToImage(nn.Module):
    """Maps to colours by a modulated 1 x 1 convolution: [N, inputs, S, S] -> float32 [N, image_channels, S, S]."""

    def __init__(self, config: StyleGAN2Config, inputs: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(config.image_channels, inputs, 1, 1))
        self.style = EqualLinear(config.style_dim, inputs, bias=1.0)
        self.bias = nn.Parameter(torch.zeros(config.image_channels))
        self.gain = 1 / math.sqrt(inputs)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.style(w) * self.gain  # no demodulation makes up for the number of inputs
        image = modulated_conv2d(x, self.weight, style, demodulate=False)
        return image.float() + self.bias[:, None, None]


class StyleGenerator(nn.Module):
    """z in, an image out: [N, latent_dim] -> [N, image_channels, S, S], about in [-1, 1], with no hard bounds.

    `mapping` makes styles of z, `synthesis` images of styles. Every size adds its own picture to the enlarged
    picture of the size below (Karras et al. 2020, output skips).
    """

    def __init__(self, config: StyleGAN2Config):
        super().__init__()
        self.config = config
        first, *larger = config.channels
        self.mapping = MappingNetwork(config)
        self.start = nn.Parameter(
            torch.randn(first, SMALLEST, SMALLEST)
        )  # where every picture begins
        self.convs = nn.ModuleList([StyledConv(config, first, first, SMALLEST, up=False)])
        self.to_image = nn.ModuleList([ToImage(config, first)])
        before = first
        for size, channels in zip(config.sizes[1:], larger, strict=True):
            self.convs.append(StyledConv(config, before, channels, size, up=True))
            self.convs.append(StyledConv(config, channels, channels, size, up=False))
            self.to_image.append(ToImage(config, channels))
            before = channels

    def styles(self, z: Tensor) -> Tensor:
        """The same w for every layer: [N, latent_dim] -> [N, L, style_dim]."""
        if z.ndim != 2 or z.shape[1] != self.config.latent_dim:
            raise ValueError(
                f"the generator takes z of shape [N, {self.config.latent_dim}]; got {tuple(z.shape)}"
            )
        return self.mapping(z)[:, None].expand(-1, self.config.layers, -1)

    def synthesis(self, styles: Tensor) -> Tensor:
        """Styles for each layer to images: [N, L, style_dim] -> [N, image_channels, S, S].

        Layer l is the l-th convolution. The colours of a size take the style of the first convolution of the next.
        """
        shape = (self.config.layers, self.config.style_dim)
        if styles.ndim != 3 or styles.shape[1:] != shape:
            raise ValueError(
                f"styles have the shape [N, {shape[0]}, {shape[1]}], pictures first; got {tuple(styles.shape)}"
            )
        w = styles.unbind(1)  # L of [N, style_dim]
        x = self.start.expand(len(styles), -1, -1, -1)  # [N, C, 4, 4]
        x = self.convs[0](x, w[0])
        image = self.to_image[0](x, w[1])  # [N, 3, 4, 4]
        for size, colours in enumerate(self.to_image[1:], 1):
            x = self.convs[2 * size - 1](x, w[2 * size - 1])  # [N, C, 2S, 2S]
            x = self.convs[2 * size](x, w[2 * size])
            image = F.interpolate(image, scale_factor=2, mode="bilinear")
            image = image + colours(x, w[2 * size + 1])  # [N, 3, 2S, 2S]
        return image

    def forward(self, z: Tensor) -> Tensor:
        return self.synthesis(self.styles(z))


# --------------------------------------------------------------------------------------------------
# the discriminator


class DownBlock(nn.Module):
    """Two convolutions and a way around them, half the height and width: [N, C, S, S] -> [N, C', S / 2, S / 2]."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv1 = EqualConv2d(inputs, inputs, 3)
        self.conv2 = EqualConv2d(inputs, outputs, 3, halve=True)
        self.around = EqualConv2d(inputs, outputs, 1, bias=False, halve=True)

    def forward(self, x: Tensor) -> Tensor:
        y = active(self.conv2(active(self.conv1(x))))
        return (y + self.around(x)) / math.sqrt(2)  # two terms of variance 1


class StyleDiscriminator(nn.Module):
    """An image in [-1, 1] in, one logit out, positive for "real": [N, 3, S, S] -> [N].

    N has to be a multiple of the group size of `minibatch_std`.
    """

    def __init__(self, config: StyleGAN2Config):
        super().__init__()
        self.config = config
        widths: Sequence[int] = config.channels[::-1]  # narrowest first
        self.from_image = EqualConv2d(config.image_channels, widths[0], 1)
        self.blocks = nn.Sequential(
            *(DownBlock(a, b) for a, b in zip(widths, widths[1:], strict=False))
        )
        last = widths[-1]
        self.conv = EqualConv2d(last + 1, last, 3)
        self.linear = EqualLinear(last * SMALLEST**2, last)
        self.to_logit = EqualLinear(last, 1)

    def forward(self, image: Tensor) -> Tensor:
        c, s = self.config.image_channels, self.config.image_size
        if image.ndim != 4 or image.shape[1:] != (c, s, s):
            raise ValueError(
                f"the discriminator takes images [N, {c}, {s}, {s}]; got {tuple(image.shape)}"
            )
        x = active(self.from_image(image))  # [N, n, S, S]
        x = self.blocks(x)  # [N, 4n, 4, 4]
        x = minibatch_std(x, self.config.group)  # [N, 4n + 1, 4, 4]
        x = active(self.conv(x))
        x = active(self.linear(x.flatten(1)))  # [N, 4n]
        return self.to_logit(x).flatten()  # [N]
