"""The second player of SRGAN: does a large picture come from a camera or from a network?

Ledig et al. (2017), "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial
Network", section 2.1 and figure 4, https://arxiv.org/abs/1609.04802. The first player is an `SRResNet`.
"""

from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class SRDiscriminatorConfig:
    """Settings of an `SRDiscriminator`; the defaults are the paper's."""

    image_size: int = 96  # pixels, height and width; a multiple of 16
    image_channels: int = 3  # 3 = RGB, 1 = grey
    channels: int = 64  # of the first layer; they double three times

    def __post_init__(self) -> None:
        if self.image_size < 16 or self.image_size % 16:
            raise ValueError(
                f"image_size is {self.image_size}; four halvings need a multiple of 16"
            )


def conv_block(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """3 x 3 convolution, batch norm, LeakyReLU; stride 2 halves height and width."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(0.2),
    )


class SRDiscriminator(nn.Module):
    """An image in, one logit out, positive for "a photograph": [N, 3, S, S] in [0, 1] -> [N].

    Departure from the paper: a logit without the sigmoid, which the loss takes over.
    """

    def __init__(self, config: SRDiscriminatorConfig):
        super().__init__()
        self.config = config
        n, left = config.channels, config.image_size // 16
        widths = [n, 2 * n, 4 * n, 8 * n]
        self.head = nn.Sequential(
            nn.Conv2d(config.image_channels, n, 3, padding=1), nn.LeakyReLU(0.2)
        )
        self.blocks = nn.Sequential(
            conv_block(n, n, 2),
            *(
                nn.Sequential(conv_block(a, b, 1), conv_block(b, b, 2))
                for a, b in zip(widths, widths[1:], strict=False)
            ),
        )
        self.to_logit = nn.Sequential(
            nn.Linear(8 * n * left * left, 16 * n), nn.LeakyReLU(0.2), nn.Linear(16 * n, 1)
        )

    def forward(self, image: Tensor) -> Tensor:
        c, s = self.config.image_channels, self.config.image_size
        if image.ndim != 4 or image.shape[1:] != (c, s, s):
            raise ValueError(
                f"the discriminator takes images [N, {c}, {s}, {s}]; got {tuple(image.shape)}"
            )
        x = self.head(2 * image - 1)  # [N, n, S, S]
        x = self.blocks(x)  # [N, 8n, S / 16, S / 16]
        return self.to_logit(x.flatten(1)).flatten()  # [N]
