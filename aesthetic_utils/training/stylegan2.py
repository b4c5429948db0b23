"""The steps of a StyleGAN2, the changes that both players see, and the loop.

Karras et al. (2020), "Analyzing and Improving the Image Quality of StyleGAN",
https://arxiv.org/abs/1912.04958. What keeps the discriminator from learning few drawings by heart follows Zhao et al.
(2020), "Differentiable Augmentation for Data-Efficient GAN Training", https://arxiv.org/abs/2006.10738, with white
where their code has zero, a middle grey. Departures: fewer pictures are made of two styles, path lengths are not regularised
unless asked for, and the average of the weights forgets faster.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from aesthetic_utils.data.batches import TensorBatches, pixels_from
from aesthetic_utils.losses import discriminator_loss, generator_loss
from aesthetic_utils.models.stylegan2 import (
    StyleDiscriminator,
    StyleGAN2Config,
    StyleGenerator,
    mix_styles,
    truncate,
)
from aesthetic_utils.runtime import (
    Precision,
    default_device,
    evaluating,
    seed_everything,
    step_generator,
)
from aesthetic_utils.training.checkpoint import fingerprint
from aesthetic_utils.training.devices import MeanOfAll, current_team
from aesthetic_utils.training.optimization import update_ema, update_weights
from aesthetic_utils.training.run import Run, seed_step


@dataclass(frozen=True, kw_only=True)
class StyleGAN2Settings:
    """Settings of one training run."""

    steps: int = 24_000
    batch_size: int = 32  # a multiple of the discriminator's groups of 4
    config: StyleGAN2Config = field(default_factory=StyleGAN2Config)
    learning_rate: float = 2.5e-3  # of both players; large, because weights are divided when used
    beta2: float = 0.99  # of Adam; beta1 is 0
    gamma: float = 0.01  # weight of R1; it grows with the pixels: 10 at 1024 x 1024 in the paper
    r1_interval: int = 16  # steps from one R1 to the next
    path_length: float = 0.0  # weight of the path lengths' regulariser; 0 = off, 2 in the paper
    path_interval: int = 8  # steps from one to the next
    mixing: float = 0.5  # share of the pictures made with two styles; 0.9 in the paper
    half_life: int = 10_000  # pictures after which half of the averaged weights is new
    ramp: float = 0.05  # or this share of the pictures seen so far, if that is less
    shift: int = 4  # pixels; both players see pictures moved by up to so many
    hole: int = 12  # pixels; and with a white square of so many
    hole_share: float = 0.5  # of the pictures


# --------------------------------------------------------------------------------------------------
# the changes that both players see


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What is done to each picture of a batch before the discriminator sees it, drawn or generated."""

    shift: Tensor  # int64 [N, 2], pixels down and to the right
    corner: Tensor  # int64 [N, 2], the first row and column of the square; outside the picture: no square
    hole: int  # side of the square in pixels

    def __call__(self, images: Tensor) -> Tensor:
        """Pictures [N, C, H, W] in [-1, 1], white = 1, moved and with their squares; differentiable."""
        n, _, h, w = images.shape
        rows, columns = (torch.arange(k, device=images.device)[None] for k in (h, w))
        y, x = rows - self.shift[:, :1], columns - self.shift[:, 1:]  # [N, H], [N, W]: from where
        moved = pixels_from(images, y.clamp(0, h - 1), x.clamp(0, w - 1))  # [N, C, H, W]
        outside = ((y < 0) | (y >= h))[:, :, None] | ((x < 0) | (x >= w))[:, None, :]
        down, across = rows - self.corner[:, :1], columns - self.corner[:, 1:]
        inside = ((down >= 0) & (down < self.hole))[:, :, None]
        inside = inside & ((across >= 0) & (across < self.hole))[:, None, :]
        return moved.masked_fill((outside | inside)[:, None], 1.0)


def draw_changes(n: int, settings: StyleGAN2Settings, generator: torch.Generator) -> Changes:
    """Changes for n pictures; on the CPU.

    A square may stick out of the picture by up to half of its side. A change that is always made would be learned as
    a part of the drawings if nothing told it from them; half of the pictures have no square.
    """
    size = settings.config.image_size
    shift = torch.randint(-settings.shift, settings.shift + 1, (n, 2), generator=generator)
    middle = torch.randint(0, size + 1, (n, 2), generator=generator)
    without = torch.rand(n, 1, generator=generator) >= settings.hole_share
    corner = (middle - settings.hole // 2).masked_fill(without, size)  # [N, 2]
    return Changes(shift=shift, corner=corner, hole=settings.hole)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What a player's step draws for its generated pictures."""

    z: Tensor  # [N, 2, latent_dim], two for each picture
    crossover: Tensor  # int64 [N], the first layer that takes the second style
    changes: Changes

    def styles(self, generator: StyleGenerator) -> Tensor:
        """[N, L, style_dim], of one z or two."""
        a, b = (generator.styles(z) for z in self.z.unbind(1))
        return mix_styles(a, b, self.crossover)


def draw_turn(n: int, settings: StyleGAN2Settings, generator: torch.Generator) -> Turn:
    """A turn with n pictures; on the CPU. Of those with two styles each crossover is as likely as another."""
    layers = settings.config.layers
    crossover = torch.randint(1, layers, (n,), generator=generator)
    alone = torch.rand(n, generator=generator) >= settings.mixing
    return Turn(
        z=torch.randn(n, 2, settings.config.latent_dim, generator=generator),
        crossover=crossover.masked_fill(alone, layers),
        changes=draw_changes(n, settings, generator),
    )


def handed_out(drawn: Any, device: torch.device) -> Any:
    """Changes or a turn on a device, of them this process's rows."""
    parts = {}
    for part in fields(drawn):
        value = getattr(drawn, part.name)
        if isinstance(value, Tensor):
            (value,) = current_team().share(value.to(device))
        elif is_dataclass(value):
            value = handed_out(value, device)
        parts[part.name] = value
    return type(drawn)(**parts)


# --------------------------------------------------------------------------------------------------
# penalties


def r1_penalty(
    discriminator: nn.Module, real: Tensor, changes: Callable[[Tensor], Tensor]
) -> Tensor:
    """E[|gradient of D(changed x) with respect to x|^2], a scalar with a graph; x: real images [N, C, H, W].

    Mescheder et al. (2018), R1 without gamma / 2, https://arxiv.org/abs/1801.04406. The gradient is taken
    at the pictures as they were before the changes, through these. In float32: call it outside of an autocast.
    """
    real = real.detach().requires_grad_(True)
    logits = discriminator(changes(real))  # [N]
    (gradient,) = torch.autograd.grad(logits.sum(), real, create_graph=True)  # [N, C, H, W]
    return gradient.square().sum((1, 2, 3)).mean()


def path_lengths(images: Tensor, styles: Tensor, noise: Tensor) -> Tensor:
    """How far images move when their styles do, one number a picture: [N], with a graph.

    images: [N, C, H, W], made of styles [N, L, D]; noise: [N, C, H, W], normal. |J^T y| for one random direction y of
    the image, over sqrt(H W), as a root mean square over layers. Karras et al. (2020), path length
    regularisation; the mean over layers follows from one w being given to all of them.
    """
    h, w = images.shape[2:]
    (gradient,) = torch.autograd.grad(
        (images * noise / math.sqrt(h * w)).sum(), styles, create_graph=True
    )  # [N, L, D]
    return gradient.square().sum(2).mean(1).sqrt()


class PathTarget(nn.Module):
    """The length that all paths are drawn to: their own moving average."""

    mean: Tensor

    def __init__(self, decay: float = 0.99):
        super().__init__()
        self.decay = decay
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, lengths: Tensor) -> Tensor:
        """E[(length - average)^2], after the average has moved: lengths [N] to a scalar; no gradient through it."""
        batch = lengths.detach().mean()
        if current_team().count > 1:
            batch = MeanOfAll.apply(batch)
        self.mean.lerp_(batch, 1 - self.decay)
        return (lengths - self.mean).square().mean()


# --------------------------------------------------------------------------------------------------
# steps


def discriminator_step(
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    real: Tensor,
    fake: Tensor,
    *,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    scaler: torch.amp.GradScaler | None = None,
) -> tuple[Tensor, Tensor]:
    """Teaches the discriminator: real images up, generated ones down. Returns loss and mean sign of D(real).

    real, fake: changed images [N, C, S, S], without a graph. The sign is 0 while the discriminator guesses, and 1 where it
    knows every drawing: Karras et al. (2020), "Training Generative Adversarial Networks with Limited Data", https://arxiv.org/abs/2006.06676.
    """
    with precision.autocast(real.device):
        real_logits, fake_logits = discriminator(real), discriminator(fake)
    loss = discriminator_loss(real_logits.float(), fake_logits.float())
    update_weights(loss, optimizer, scaler)
    return loss.detach(), real_logits.detach().float().sign().mean()


def r1_step(
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    real: Tensor,
    changes: Callable[[Tensor], Tensor],
    weight: float,
) -> Tensor:
    """Flattens the discriminator around the real images: one step on weight x `r1_penalty`, which it returns."""
    penalty = r1_penalty(discriminator, real, changes)
    update_weights(weight * penalty, optimizer)
    return penalty.detach()


def generator_step(
    generator: StyleGenerator,
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    turn: Turn,
    *,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    scaler: torch.amp.GradScaler | None = None,
) -> Tensor:
    """Teaches the generator to be taken for real. Returns the loss."""
    discriminator.requires_grad_(False)
    try:
        with precision.autocast(generator.start.device):
            fake = turn.changes(generator.synthesis(turn.styles(generator)))
            logits = discriminator(fake)
        loss = generator_loss(logits.float())
        update_weights(loss, optimizer, scaler)
    finally:
        discriminator.requires_grad_(True)
    return loss.detach()


def path_step(
    generator: StyleGenerator,
    optimizer: torch.optim.Optimizer,
    z: Tensor,
    target: PathTarget,
    weight: float,
) -> Tensor:
    """Makes steps in w move images alike everywhere: one step on weight x the penalty, which it returns.

    z: [N, latent_dim]. In float32: call it outside of an autocast.
    """
    styles = generator.styles(z)  # [N, L, D]
    images = generator.synthesis(styles)
    penalty = target(path_lengths(images, styles, torch.randn_like(images)))
    update_weights(weight * penalty, optimizer)
    return penalty.detach()


def ema_decay(step: int, settings: StyleGAN2Settings) -> float:
    """Decay of the averaged weights at a step: they are half new after `half_life` pictures, sooner at first."""
    seen = (step + 1) * settings.batch_size
    return 0.5 ** (settings.batch_size / min(settings.half_life, settings.ramp * seen))


def lazy_adam(network: nn.Module, settings: StyleGAN2Settings, interval: int) -> torch.optim.Adam:
    """Adam for a player that takes one step more every `interval` steps: slower by c = interval / (interval + 1).

    Karras et al. (2020), lazy regularisation: learning rate c lr, and beta^c for beta.
    """
    c = interval / (interval + 1)
    betas = (0.0, settings.beta2**c)
    return torch.optim.Adam(network.parameters(), c * settings.learning_rate, betas, fused=True)


# --------------------------------------------------------------------------------------------------
# the run


def train_stylegan2(
    settings: StyleGAN2Settings,
    images: Tensor,
    *,
    seed: int = 0,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    path: Path | None = None,
    minutes: float | None = None,
    watch: Callable[[int, StyleGenerator], None] | None = None,
    look: Callable[[StyleGenerator, StyleDiscriminator], dict[str, float]] | None = None,
    look_every: int = 500,
) -> tuple[StyleGenerator, StyleDiscriminator, Run]:
    """StyleGAN2 on uint8 images [N, 3, S, S]: the averaged generator, the discriminator and the run.

    watch: called before every step with its number and the averaged generator. look: called every `look_every` steps
    and after the last with both; what it gives goes into the history.
    """
    seed_everything(seed)
    device, team = default_device(), current_team()
    config, size = settings.config, settings.config.image_size
    if images.shape[2:] != (size, size):
        raise ValueError(f"this StyleGAN2 draws {size} x {size} pixels; got {tuple(images.shape)}")
    generator = team.prepared(precision.place(StyleGenerator(config), device))
    discriminator = team.prepared(precision.place(StyleDiscriminator(config), device))
    average = copy.deepcopy(generator)
    target = PathTarget().to(device)
    steady = settings.path_length > 0
    adam_g = lazy_adam(generator, settings, settings.path_interval if steady else 10**9)
    adam_d = lazy_adam(discriminator, settings, settings.r1_interval)
    batches = TensorBatches(
        images, batch_size=settings.batch_size, device=device, seed=seed, drop_last=True,
        channels_last=precision.channels_last,
    )  # fmt: skip
    scalers = {name: precision.scaler(device) for name in ("generator", "discriminator")}
    run = Run(
        steps=settings.steps,
        models={"generator": generator, "discriminator": discriminator, "average": average, "target": target},
        optimizers={"generator": adam_g, "discriminator": adam_d}, scalers=scalers,
        config=asdict(settings) | {"seed": seed, "data": fingerprint(images)},
        precision=precision, path=path, minutes=minutes, label="StyleGAN2",
    )  # fmt: skip
    for step, _ in run:
        if watch is not None:
            watch(step, average)
        seed_step(team.seed(seed), step, device)  # the noise, which is drawn inside the generator
        (real,) = batches.batch(step)
        real = real * 2 - 1  # [N, 3, S, S] in [-1, 1]
        draw, n = step_generator(seed + 1, step), len(real)
        first, second = (handed_out(draw_turn(n, settings, draw), device) for _ in range(2))
        of_real = handed_out(draw_changes(n, settings, draw), device)
        (real,) = team.share(real)
        with torch.no_grad(), precision.autocast(device):  # this step must not move the generator
            fake = first.changes(generator.synthesis(first.styles(generator)))
        loss_d, sign = discriminator_step(
            discriminator, adam_d, of_real(real), fake, precision=precision,
            scaler=scalers["discriminator"],
        )  # fmt: skip
        values = {"discriminator": loss_d, "sign": sign}
        if step % settings.r1_interval == 0:
            weight = settings.gamma / 2 * settings.r1_interval  # a step for sixteen
            values["r1"] = r1_step(discriminator, adam_d, real, of_real, weight)
        values["generator"] = generator_step(
            generator, discriminator, adam_g, second, precision=precision, scaler=scalers["generator"]
        )  # fmt: skip
        if steady and step % settings.path_interval == 0:
            weight = settings.path_length * settings.path_interval
            values["path"] = path_step(generator, adam_g, first.z[:, 0], target, weight)
        update_ema(average, generator, ema_decay(step, settings))
        run.log(step, every=3 * settings.r1_interval, **values)
        if look is not None and ((step + 1) % look_every == 0 or step == settings.steps - 1):
            run.log(step, every=1, **look(average, discriminator))
    return average, discriminator, run


# --------------------------------------------------------------------------------------------------
# samples


def mean_style(generator: StyleGenerator, *, n: int = 4096, seed: int = 0) -> Tensor:
    """The mean of w over n draws of z: [style_dim], on the generator's device."""
    z = torch.randn(n, generator.config.latent_dim, generator=step_generator(seed, 1))
    with evaluating(generator):
        return generator.mapping(z.to(generator.start)).mean(0)


def sample(
    generator: StyleGenerator, n: int, *, seed: int = 0, psi: float = 1.0, batch_size: int = 250
) -> Tensor:
    """n generated images, float [n, 3, S, S] in [0, 1], on the CPU; the same for the same seed.

    psi: how far styles keep from their mean, see `truncate`. What the generator paints beyond [-1, 1] is cut off.
    """
    z = torch.randn(n, generator.config.latent_dim, generator=step_generator(seed, 0))
    mean = mean_style(generator)
    with evaluating(generator):
        styles = truncate(generator.styles(z.to(mean)), mean, psi)
        made = [generator.synthesis(part).cpu() for part in styles.split(batch_size)]
    return in_unit_range(torch.cat(made))


def in_unit_range(images: Tensor) -> Tensor:
    """From about [-1, 1] to [0, 1], what is beyond cut off."""
    return (images / 2 + 0.5).clamp(0, 1)
