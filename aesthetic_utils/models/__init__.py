"""Networks: one architecture, one file."""

from aesthetic_utils.models.cnn import ArticleCNN, CNNConfig
from aesthetic_utils.models.dcgan import DCGANConfig, Discriminator, Generator
from aesthetic_utils.models.judge import Judge, JudgeConfig
from aesthetic_utils.models.srresnet import SRResNet, SRResNetConfig

__all__ = [
    "ArticleCNN",
    "CNNConfig",
    "DCGANConfig",
    "Discriminator",
    "Generator",
    "Judge",
    "JudgeConfig",
    "SRResNet",
    "SRResNetConfig",
]
