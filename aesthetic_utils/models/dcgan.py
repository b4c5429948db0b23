"""DCGAN: a generator of transposed convolutions and a discriminator of strided ones.

Radford, Metz & Chintala (2016), "Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks", section 3, https://arxiv.org/abs/1511.06434.
"""

from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class DCGANConfig:
    """Settings of a `Generator` and its `Discriminator`."""

    image_size: int = 32  # pixels: 16, 32, 64, ...; each doubling is one more block
    image_channels: int = 3  # 3 = RGB, 1 = grey
    latent_dim: int = 100  # length of z
    base_channels: int = 64  # channels beside the image; they double as the size halves
    discriminator_norm: bool = (
        True  # batch norm, which lets it see that all pictures of a batch are alike
    )

    def __post_init__(self) -> None:
        if self.image_size < 8 or self.image_size & (self.image_size - 1):
            raise ValueError(f"image_size is {self.image_size}; use a power of two from 8 up")

    @property
    def widths(self) -> list[int]:
        """Channels of the feature maps from the size beside the image down to 4 x 4."""
        halvings = self.image_size.bit_length() - 3  # 32 -> 16 -> 8 -> 4 is three
        return [self.base_channels << i for i in range(halvings)]


def up_block(inputs: int, outputs: int, *, stride: int = 2, padding: int = 1) -> nn.Sequential:
    """Twice the height and width (1 x 1 to 4 x 4 with stride 1 and no padding)."""
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def down_block(inputs: int, outputs: int, *, norm: bool = True) -> nn.Sequential:
    """Half the height and width."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=not norm),
        nn.BatchNorm2d(outputs) if norm else nn.Identity(),
        nn.LeakyReLU(0.2),
    )


class Generator(nn.Module):
    """A latent vector in, an image in [-1, 1] out: [N, latent_dim] -> [N, 3, image_size, image_size]."""

    def __init__(self, config: DCGANConfig):
        super().__init__()
        self.config = config
        widths = config.widths[::-1]  # widest first
        self.blocks = nn.Sequential(
            up_block(config.latent_dim, widths[0], stride=1, padding=0),  # [N, 4n,  4,  4]
            *(up_block(a, b) for a, b in zip(widths, widths[1:], strict=False)),  # [N, n, 16, 16]
        )
        self.to_image = nn.ConvTranspose2d(
            widths[-1], config.image_channels, 4, stride=2, padding=1
        )
        self.apply(initialise)

    def forward(self, z: Tensor) -> Tensor:
        if z.ndim != 2 or z.shape[1] != self.config.latent_dim:
            raise ValueError(
                f"the generator takes z of shape [N, {self.config.latent_dim}]; got {tuple(z.shape)}"
            )
        x = self.blocks(z[:, :, None, None])  # [N, n, 16, 16]
        return self.to_image(x).tanh()  # [N, 3, 32, 32]


class Discriminator(nn.Module):
    """An image in [-1, 1] in, one logit out, positive for "real": [N, 3, S, S] -> [N].

    Departure from the paper: a logit without the sigmoid, which the loss takes over.
    """

    def __init__(self, config: DCGANConfig):
        super().__init__()
        self.config = config
        widths = config.widths
        self.blocks = nn.Sequential(
            down_block(config.image_channels, widths[0], norm=False),  # [N,  n, 16, 16]
            *(
                down_block(a, b, norm=config.discriminator_norm)
                for a, b in zip(widths, widths[1:], strict=False)
            ),  # [N, 4n, 4, 4]
        )
        self.to_logit = nn.Conv2d(widths[-1], 1, 4)
        self.apply(initialise)

    def forward(self, image: Tensor) -> Tensor:
        c, s = self.config.image_channels, self.config.image_size
        if image.ndim != 4 or image.shape[1:] != (c, s, s):
            raise ValueError(
                f"the discriminator takes images [N, {c}, {s}, {s}]; got {tuple(image.shape)}"
            )
        return self.to_logit(self.blocks(image)).flatten()  # [N, 4n, 4, 4] -> [N]


def initialise(module: nn.Module) -> None:
    """Normal weights with standard deviation 0.02, section 4 of the paper; norms start near 1."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
