"""Short trainings of every network, which one process makes and two: `accelerate launch tests/small_runs.py FOLDER`.

Nothing in them is drawn inside a network (no dropout, no shift), so that two processes have to do what one does.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from aesthetic_utils.cli.main import main as command
from aesthetic_utils.models import ConvNet, ConvNetConfig, SRResNet, SRResNetConfig, ViT, ViTConfig
from aesthetic_utils.models.resnet import ResNetConfig
from aesthetic_utils.models.stylegan2 import StyleGAN2Config
from aesthetic_utils.models.unet import Conditions, UNetConfig
from aesthetic_utils.published import super_resolution as sr
from aesthetic_utils.runtime import Precision
from aesthetic_utils.training import (
    classification,
    convnet,
    drawings,
    flow,
    gan,
    resnet,
    srgan,
    style,
    stylegan2,
)
from aesthetic_utils.training.devices import joined
from aesthetic_utils.training.patches import patch_pool
from aesthetic_utils.training.run import Run


def images(n: int, size: int) -> Tensor:
    """Random pictures, uint8 [n, 3, size, size]."""
    generator = torch.Generator().manual_seed(5)
    return torch.randint(0, 256, (n, 3, size, size), dtype=torch.uint8, generator=generator)


LABELS = torch.arange(32) % 3


def train_cnn() -> tuple[nn.Module, Run]:
    settings = classification.ClassifierSettings(epochs=1, batch_size=8, dropout=0.0, shift=1)
    return classification.train_classifier(settings, images(32, 8), LABELS, 3)


def train_convnet() -> tuple[nn.Module, Run]:
    config = ConvNetConfig(classes=3, widths=(4, 6, 6))
    settings = convnet.ConvNetSettings(epochs=1, batch_size=8, learning_rate=1.0)
    return convnet.train_convnet(config, settings, images(32, 32), LABELS)


def train_resnet() -> tuple[nn.Module, Run]:
    config = ResNetConfig(classes=3, channels=(4, 8), dropout=0.0)
    settings = resnet.ResNetSettings(epochs=1, batch_size=8, second_task=0.5, cut_out=3)
    return resnet.train_resnet(config, settings, images(32, 16), LABELS, second_labels=LABELS // 2)


def train_gan() -> tuple[nn.Module, Run]:
    settings = gan.GANSettings(steps=4, batch_size=8, base_channels=4, latent_dim=8, shift=0)
    average, _, run = gan.train_gan(settings, images(32, 16))
    return average, run


def train_stylegan2() -> tuple[nn.Module, Run]:
    config = StyleGAN2Config(channels=(4, 4, 4), latent_dim=4, style_dim=4, noise=False)
    settings = stylegan2.StyleGAN2Settings(steps=4, batch_size=8, config=config, r1_interval=2)
    average, _, run = stylegan2.train_stylegan2(settings, images(32, 16))
    return average, run


def train_srresnet() -> tuple[nn.Module, Run]:
    settings = sr.SuperResolutionSettings(
        scale=2, blocks=2, channels=8, batch_norm=True, patch=8, batch_size=4, steps=4
    )
    return sr.train_super_resolution(
        settings, patch_pool([*images(2, 40)], 2, 8), precision=Precision()
    )


def train_srgan() -> tuple[nn.Module, Run]:
    torch.manual_seed(0)
    start = SRResNet(SRResNetConfig(blocks=1, channels=4, scale=2, batch_norm=False))
    eyes = ConvNet(ConvNetConfig(widths=(4, 6, 6)))
    settings = srgan.SRGANSettings(steps=3, patch=16, batch_size=4, channels=4)
    pool = patch_pool([*images(2, 80)], 2, 16)
    return srgan.train_srgan(settings, start, eyes, pool, precision=Precision())


def train_style() -> tuple[nn.Module, Run]:
    torch.manual_seed(0)
    eyes = ConvNet(ConvNetConfig(widths=(4, 6, 6)))
    settings = style.StyleSettings(steps=3, patch=16, batch_size=4, channels=(4, 4, 4), blocks=1)
    pictures = images(2, 40).float() / 255
    grams = style.style_of(eyes.eval(), pictures, settings.depths)
    styles = {name: [g[i] for g in grams] for i, name in enumerate("ab")}
    pool = patch_pool([*images(2, 40)], 1, 16)
    return style.train_style(settings, eyes, pool, styles, precision=Precision())


def train_transformer() -> tuple[nn.Module, Run]:
    torch.manual_seed(0)
    model = ViT(ViTConfig(classes=3, image_size=8, patch=4, width=8, depth=1, heads=2))
    settings = drawings.DrawingSettings(steps=4, batch_size=8, shift=1)
    return drawings.train_on_drawings(model, settings, images(32, 8), LABELS, 3)


def train_flow() -> tuple[nn.Module, Run]:
    config = UNetConfig(
        channels=4, multipliers=(1, 2), condition=8, groups=2, heads=2, words=("a",)
    )
    words = torch.zeros(32, 8, dtype=torch.int64)
    drawings = flow.Drawings(
        images=images(32, 8), conditions=Conditions(LABELS, LABELS, words), may_mirror=LABELS > 0
    )
    settings = flow.FlowSettings(steps=4, batch_size=8, validate_every=2)
    return flow.train_flow(config, settings, drawings, looks={"train": drawings})


RUNS: dict[str, Callable[[], tuple[nn.Module, Run]]] = {
    "cnn": train_cnn,
    "convnet": train_convnet,
    "resnet": train_resnet,
    "gan": train_gan,
    "flow": train_flow,
    "stylegan2": train_stylegan2,
    "super_resolution": train_srresnet,
    "srgan": train_srgan,
    "style": train_style,
    "locality": train_transformer,
}  # by family, as in the registry
NO_LOOP = {"transfer"}  # it measures many small networks, each in seconds, on one device


def weights_and_losses(name: str) -> dict[str, Tensor]:
    """What a run ends with: its network's weights and what it logged, which is every step."""
    log = Run.log
    try:
        Run.log = lambda run, step, *, every=1, **values: log(run, step, every=1, **values)
        model, run = RUNS[name]()
    finally:
        Run.log = log
    losses = [v for row in run.history for k, v in row.items() if k != "step"]
    return model.state_dict() | {"losses": torch.tensor(losses)}


COMMAND = ["train", "srresnet_x4_light", "--mode", "smoke", "--precision", "float32", "--run-dir"]


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    with joined() as team:
        for name in RUNS:
            save_file(weights_and_losses(name), folder / f"{name}_{team.rank}.safetensors")
        (folder / f"processes_{team.rank}").write_text(str(team.count), encoding="utf-8")
        command([*COMMAND, str(folder)])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
