"""Networks: one architecture, one file."""

from aesthetic_utils.models.cnn import ArticleCNN, CNNConfig
from aesthetic_utils.models.convnet import ConvNet, ConvNetConfig
from aesthetic_utils.models.dcgan import DCGANConfig, Discriminator, Generator
from aesthetic_utils.models.judge import Eyes, Judge, JudgeConfig
from aesthetic_utils.models.recurrent import RecurrentConfig, RowReader
from aesthetic_utils.models.resnet import ResidualBlock, ResNet, ResNetConfig
from aesthetic_utils.models.srresnet import SRResNet, SRResNetConfig
from aesthetic_utils.models.vit import ViT, ViTConfig

__all__ = [
    "ArticleCNN",
    "CNNConfig",
    "ConvNet",
    "ConvNetConfig",
    "DCGANConfig",
    "Discriminator",
    "Eyes",
    "Generator",
    "Judge",
    "JudgeConfig",
    "RecurrentConfig",
    "ResNet",
    "ResNetConfig",
    "ResidualBlock",
    "RowReader",
    "SRResNet",
    "SRResNetConfig",
    "ViT",
    "ViTConfig",
]
