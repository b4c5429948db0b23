"""The two steps of the GAN game, the loop that plays it, and measures of what comes out."""

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.data.batches import TensorBatches, random_flip
from aesthetic_utils.losses import discriminator_loss, generator_loss
from aesthetic_utils.models import DCGANConfig, Discriminator, Generator
from aesthetic_utils.runtime import (
    Precision,
    default_device,
    evaluating,
    seed_everything,
    step_generator,
)
from aesthetic_utils.training.checkpoint import fingerprint
from aesthetic_utils.training.devices import current_team
from aesthetic_utils.training.optimization import update_ema, update_weights
from aesthetic_utils.training.run import Run, seed_step


@dataclass(frozen=True, kw_only=True)
class GANSettings:
    """Settings of one training run; learning rate, beta1 and batch size follow section 4 of Radford et al."""

    steps: int = 12_000
    batch_size: int = 64  # the paper has 128
    base_channels: int = 48
    latent_dim: int = 100
    learning_rate: float = 2e-4
    discriminator_learning_rate: float = 2e-4
    beta1: float = 0.5  # Adam's default of 0.9 lets the game swing
    generator_steps: int = 1  # for each step of the discriminator
    discriminator_norm: bool = True  # batch norm between its layers
    ema_decay: float = 0.999  # samples come from the averaged generator
    shift: int = 4  # both players see images moved by up to so many pixels; 0 = off
    swap_labels: bool = False  # the article's error: real images taught as fake


def discriminator_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    real: Tensor,
    z: Tensor,
    *,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    scaler: torch.amp.GradScaler | None = None,
    loss_function: Callable[[Tensor, Tensor], Tensor] = discriminator_loss,
) -> Tensor:
    """Teaches the discriminator: real images up, generated ones down. Returns the loss.

    real: [N, C, H, W] in [-1, 1]; z: [N, latent_dim]; loss_function takes logits of real images and
    of generated ones. scaler: of this optimizer alone, so that a step of the other player that overflows does not
    change its factor.
    """
    with precision.autocast(real.device):
        with torch.no_grad():  # this step must not move the generator
            fake = generator(z)
        real_logits, fake_logits = discriminator(real), discriminator(fake)
    loss = loss_function(real_logits.float(), fake_logits.float())
    update_weights(loss, optimizer, scaler)
    return loss.detach()


def generator_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    z: Tensor,
    *,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    scaler: torch.amp.GradScaler | None = None,
) -> Tensor:
    """Teaches the generator to be taken for real. Returns the loss. scaler: of this optimizer alone.

    The discriminator passes the gradient on but collects none of its own: the article's listing
    leaves one behind, which the next discriminator step then adds to its own.
    """
    discriminator.requires_grad_(False)
    try:
        with precision.autocast(z.device):
            logits = discriminator(generator(z))
        loss = generator_loss(logits.float())
        update_weights(loss, optimizer, scaler)
    finally:
        discriminator.requires_grad_(True)
    return loss.detach()


class Shifted(nn.Module):
    """A discriminator that sees every image, real or generated, moved at random.

    With few training images a discriminator learns them by heart; moving what it sees, for both
    kinds and differentiably, prevents that (Zhao et al. 2020, https://arxiv.org/abs/2006.10738).
    """

    def __init__(self, discriminator: nn.Module, pixels: int):
        super().__init__()
        self.discriminator, self.pixels = discriminator, pixels

    def forward(self, images: Tensor) -> Tensor:
        return self.discriminator(shift_together(images, self.pixels))


def shift_together(images: Tensor, pixels: int) -> Tensor:
    """Moves each quarter of a batch by an offset of its own; white (1) fills the gap."""
    moved = []
    for part in images.chunk(4):
        dy, dx = torch.randint(-pixels, pixels + 1, (2,)).tolist()
        moved.append(F.pad(part, (dx, -dx, dy, -dy), value=1.0))
    return torch.cat(moved)


def train_gan(
    settings: GANSettings,
    images: Tensor,
    *,
    seed: int = 0,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    path: Path | None = None,
    minutes: float | None = None,
    watch: Callable[[int, Generator], None] | None = None,
) -> tuple[Generator, Discriminator, Run]:
    """DCGAN on uint8 images [N, 3, S, S]: the averaged generator, the discriminator and the run.

    watch: called before every step with its number and the averaged generator.
    """
    seed_everything(seed)
    device, team = default_device(), current_team()
    config = DCGANConfig(
        image_size=images.shape[-1],
        latent_dim=settings.latent_dim,
        base_channels=settings.base_channels,
        discriminator_norm=settings.discriminator_norm,
    )
    generator = team.prepared(precision.place(Generator(config), device))
    discriminator = team.prepared(precision.place(Discriminator(config), device))
    average = copy.deepcopy(generator)
    judge = Shifted(discriminator, settings.shift) if settings.shift else discriminator
    betas = (settings.beta1, 0.999)
    adam_g = torch.optim.Adam(generator.parameters(), settings.learning_rate, betas, fused=True)
    rate_d = settings.discriminator_learning_rate
    adam_d = torch.optim.Adam(discriminator.parameters(), rate_d, betas, fused=True)
    batches = TensorBatches(
        images, batch_size=min(settings.batch_size, len(images)), device=device, augment=[random_flip],
        seed=seed, drop_last=True, channels_last=precision.channels_last,
    )  # fmt: skip
    scalers = {name: precision.scaler(device) for name in ("generator", "discriminator")}
    run = Run(
        steps=settings.steps,
        models={"generator": generator, "discriminator": discriminator, "average": average},
        optimizers={"generator": adam_g, "discriminator": adam_d}, scalers=scalers,
        config=begun_with(settings) | {"seed": seed, "data": fingerprint(images)},
        precision=precision, path=path, minutes=minutes, label="GAN",
    )  # fmt: skip
    loss_function = wrong_loss if settings.swap_labels else discriminator_loss
    for step, _ in run:
        if watch is not None:
            watch(step, average)
        seed_step(team.seed(seed), step)  # the shifts, which are drawn on the CPU
        real = batches.batch(step)[0] * 2 - 1  # [N, 3, S, S] in [-1, 1]
        draws = 1 + settings.generator_steps  # one batch of z for each step of either network
        draw = step_generator(seed + 1, step)
        z = torch.randn(draws, len(real), settings.latent_dim, generator=draw).to(device)
        real, *z = team.share(real, *z)
        loss_d = discriminator_step(
            generator, judge, adam_d, real, z[0], precision=precision,
            scaler=scalers["discriminator"], loss_function=loss_function,
        )  # fmt: skip
        loss_g = torch.zeros(())
        for fresh in z[1:]:
            loss_g = generator_step(
                generator, judge, adam_g, fresh, precision=precision, scaler=scalers["generator"]
            )
        update_ema(average, generator, min(settings.ema_decay, (1 + step) / (10 + step)))
        run.log(step, discriminator=loss_d, generator=loss_g)
    return average, discriminator, run


def begun_with(settings: GANSettings) -> dict[str, Any]:
    """What a checkpoint keeps of the settings; not `discriminator_norm` where it is on, as the first ones do not."""
    kept = asdict(settings)
    if settings.discriminator_norm:
        del kept["discriminator_norm"]
    return kept


def wrong_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The article's error, for the gallery of broken runs: real images are taught as fake."""
    return discriminator_loss(fake_logits, real_logits)  # the wrong way round


BROKEN: dict[str, dict[str, Any]] = {
    "mode collapse": {
        "generator_steps": 4,
        "learning_rate": 1e-3,
        "discriminator_norm": False,
        "ema_decay": 0.9,  # the one picture changes; a long average would mix several
    },
    "discriminator too strong": {
        "discriminator_learning_rate": 4e-3,
        "learning_rate": 2e-5,
        "shift": 0,
    },
    "wrong labels": {"swap_labels": True},
}  # name -> what is changed on purpose


def broken(name: str, settings: GANSettings) -> GANSettings:
    """The settings of a run that is broken on purpose; names are the keys of `BROKEN`."""
    if name not in BROKEN:
        raise ValueError(f"no broken run {name!r}; there are {', '.join(BROKEN)}")
    return replace(settings, **BROKEN[name])


def sample(generator: Generator, n: int, *, seed: int = 0, batch_size: int = 256) -> Tensor:
    """n generated images, float [n, 3, S, S] in [0, 1], on the CPU; the same for the same seed."""
    z = torch.randn(n, generator.config.latent_dim, generator=step_generator(seed, 0))
    weight = next(generator.parameters())
    with evaluating(generator):
        images = [generator(part.to(weight)).float().cpu() for part in z.split(batch_size)]
    return torch.cat(images) / 2 + 0.5
