"""SRGAN: a trained SRResNet learns, against a discriminator, to make pictures that look real.

Ledig et al. (2017), sections 2.2 and 3.2. Their last network compares features of VGG; this is their
SRGAN-MSE, which compares pixels, with the absolute error in place of the squared one.
"""

import copy
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.losses import generator_loss
from aesthetic_utils.models import SRResNet
from aesthetic_utils.models.srgan import SRDiscriminator, SRDiscriminatorConfig
from aesthetic_utils.runtime import Precision, default_device, seed_everything
from aesthetic_utils.training.checkpoint import fingerprint
from aesthetic_utils.training.devices import current_team
from aesthetic_utils.training.gan import discriminator_step
from aesthetic_utils.training.optimization import set_learning_rate, update_ema, update_weights
from aesthetic_utils.training.run import Run
from aesthetic_utils.training.super_resolution import sample_patches


@dataclass(frozen=True, kw_only=True)
class SRGANSettings:
    """Settings of one training run."""

    steps: int = 6_000  # the paper: 200,000
    patch: int = 24  # pixels of the small patch, as in the paper
    batch_size: int = 8  # the paper has 16 on a GPU
    channels: int = 32  # of the discriminator's first layer; the paper has 64
    adversarial: float = (
        1e-2  # weight of the second term; the paper has 1e-3, beside squared errors
    )
    learning_rate: float = 1e-4  # as in the paper; a tenth of it for the second half
    ema_decay: float = 0.999  # the averaged weights are the result


def perceptual_step(
    model: nn.Module,
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    low: Tensor,
    high: Tensor,
    *,
    adversarial: float,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    scaler: torch.amp.GradScaler | None = None,
) -> tuple[Tensor, Tensor]:
    """One update on pixels + adversarial * doubt; returns the two as scalars.

    low: [N, 3, p, p], high: [N, 3, sp, sp], in [0, 1]. Ledig et al. (2017), equations 3 and 6; pixels is
    the mean absolute error, doubt -E[log D(G(low))]. The discriminator collects no gradient.
    """
    discriminator.requires_grad_(False)
    try:
        with precision.autocast(low.device):
            restored = model(low)
            logits = discriminator(restored)
        pixels = F.l1_loss(restored.float(), high)
        doubt = generator_loss(logits.float())
        update_weights(pixels + adversarial * doubt, optimizer, scaler)
    finally:
        discriminator.requires_grad_(True)
    return pixels.detach(), doubt.detach()


def train_srgan(
    settings: SRGANSettings,
    start: SRResNet,
    low: Tensor,
    high: Tensor,
    *,
    seed: int = 0,
    precision: Precision,
    path: Path | None = None,
    minutes: float | None = None,
) -> tuple[SRResNet, Run]:
    """Continues from a trained network, on tiles from `patch_pairs`; `start` itself stays as it is.

    Returns the average of the weights over the last steps, as a network, and the finished run.
    """
    seed_everything(seed)
    device, team = default_device(), current_team()
    model = team.prepared(precision.place(copy.deepcopy(start).float(), device)).train()
    average = copy.deepcopy(model)
    size = settings.patch * start.config.scale
    config = SRDiscriminatorConfig(image_size=size, channels=settings.channels)
    discriminator = team.prepared(precision.place(SRDiscriminator(config), device)).train()
    adam_g, adam_d = (
        torch.optim.Adam(m.parameters(), settings.learning_rate, fused=True)
        for m in (model, discriminator)
    )
    low, high = low.to(device), high.to(device)
    scalers = {name: precision.scaler(device) for name in ("generator", "discriminator")}
    begun_from = fingerprint(*start.state_dict().values())
    run = Run(
        steps=settings.steps,
        models={"model": model, "discriminator": discriminator, "average": average},
        optimizers={"generator": adam_g, "discriminator": adam_d}, scalers=scalers,
        config=asdict(settings) | {"seed": seed, "data": fingerprint(low, high), "start": begun_from},
        precision=precision, path=path, minutes=minutes, label="SRGAN",
    )  # fmt: skip
    for step, progress in run:
        for adam in (adam_g, adam_d):
            set_learning_rate(adam, settings.learning_rate * (1 if progress < 0.5 else 0.1))
        patches = {"patch": settings.patch, "batch_size": settings.batch_size, "seed": seed}
        x, y = team.share(*sample_patches(low, high, **patches, step=step))
        loss_d = discriminator_step(
            model, discriminator, adam_d, y, x, precision=precision, scaler=scalers["discriminator"]
        )
        pixels, doubt = perceptual_step(
            model, discriminator, adam_g, x, y, adversarial=settings.adversarial, precision=precision,
            scaler=scalers["generator"],
        )  # fmt: skip
        update_ema(average, model, min(settings.ema_decay, (1 + step) / (10 + step)))
        run.log(step, discriminator=loss_d, pixels=pixels, doubt=doubt)
    return average, run


def between(a: SRResNet, b: SRResNet, share: float) -> SRResNet:
    """A network whose every weight lies between those of two: (1 - share) * a + share * b.

    Wang et al. (2018), "ESRGAN", section 3.4, https://arxiv.org/abs/1809.00219. It works where one was
    trained starting from the other. Raises ValueError for networks of different settings.
    """
    if a.config != b.config:
        raise ValueError(f"the networks have different settings: {a.config} and {b.config}")
    mixed = copy.deepcopy(a)
    with torch.no_grad():
        for weight, other in zip(mixed.parameters(), b.parameters(), strict=True):
            weight.lerp_(other.to(weight), share)
    return mixed
