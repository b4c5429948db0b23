"""SRGAN: a trained SRResNet learns to make pictures that look real, to a discriminator and to a classifier.

Ledig et al. (2017), sections 2.2 and 3.2, https://arxiv.org/abs/1609.04802. Departures: the classifier is
one that ships with this package and not VGG, its features are compared at several depths as directions
(`feature_distance`), and the pixels stay in the loss, as in Wang et al. (2018), "ESRGAN",
https://arxiv.org/abs/1809.00219.
"""

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.losses import feature_distance, generator_loss
from aesthetic_utils.models import SRResNet
from aesthetic_utils.models.convnet import ConvNet
from aesthetic_utils.models.srgan import SRDiscriminator, SRDiscriminatorConfig
from aesthetic_utils.runtime import Precision, default_device, seed_everything, step_generator
from aesthetic_utils.training.checkpoint import fingerprint
from aesthetic_utils.training.devices import current_team
from aesthetic_utils.training.gan import discriminator_step
from aesthetic_utils.training.optimization import (
    set_learning_rate,
    update_ema,
    update_weights,
    warmup_cosine,
)
from aesthetic_utils.training.patches import PatchPool
from aesthetic_utils.training.run import Run

VALIDATIONS = 6  # looks at the validation photographs during a run


@dataclass(frozen=True, kw_only=True)
class SRGANSettings:
    """Settings of one training run."""

    steps: int = 3_000  # at most; the paper: 200,000
    patch: int = 24  # pixels of the small patch, as in the paper
    batch_size: int = 4  # more steps in the same time; the paper has 16 on a GPU
    reject: float = 0.5  # share of the places in the photographs with the least detail, never drawn
    channels: int = 32  # of the discriminator's first layer; the paper has 64
    pixels: float = 1.0  # weight of the mean absolute error
    features: float = 0.15  # weight of the distance in the classifier's features
    adversarial: float = 3e-3  # weight of the doubt
    shrink: int = 2  # the classifier sees pictures so many times smaller: fine detail is left to the discriminator
    shift: int = 4  # pixels; from a corner drawn within so many, or its pooling prints its grid on the picture
    depths: int = 3  # of the classifier: its first layer and so many blocks less one
    learning_rate: float = 2e-4  # of the enlarger at its peak; the paper has 1e-4 throughout
    ema_decay: float = 0.99  # the averaged weights are the result


def perceptual_step(
    restored: Tensor,
    high: Tensor,
    eyes: ConvNet,
    discriminator: nn.Module,
    optimizer: torch.optim.Optimizer,
    settings: SRGANSettings,
    *,
    corner: tuple[int, int] = (0, 0),
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    scaler: torch.amp.GradScaler | None = None,
) -> dict[str, Tensor]:
    """One update of the network that made `restored`; returns the terms of its loss, scalars without weights.

    restored: with the network's graph, and high, its originals: [N, 3, sp, sp] in [0, 1]. The loss is the
    sum, with the weights of the settings, of "pixels", the mean absolute error; "features", the mean over
    depths of `feature_distance` in the eyes, of what `shown` gives from this corner on; and "doubt", -E[log D(restored)], equation 6 of Ledig et al.
    (2017). Eyes and discriminator collect no gradient.
    """
    discriminator.requires_grad_(False)
    try:
        with precision.autocast(high.device):
            with torch.no_grad():
                expected = eyes.maps(shown(high, corner, settings.shrink), settings.depths)
            seen = eyes.maps(shown(restored, corner, settings.shrink), settings.depths)
            logits = discriminator(restored)
        pixels = F.l1_loss(restored.float(), high)
        features = feature_distance(seen, expected).mean()
        doubt = generator_loss(logits.float())
        loss = (
            settings.pixels * pixels + settings.features * features + settings.adversarial * doubt
        )
        update_weights(loss, optimizer, scaler)
    finally:
        discriminator.requires_grad_(True)
    return {"pixels": pixels.detach(), "features": features.detach(), "doubt": doubt.detach()}


def shown(images: Tensor, corner: tuple[int, int], shrink: int) -> Tensor:
    """Images from row and column `corner` on, each square of shrink x shrink pixels averaged into one.

    [N, C, H, W] -> [N, C, (H - row) // shrink, (W - column) // shrink]. A classifier that halves its maps
    sees some rows and columns better than others; with the corner at random no place is favoured.
    """
    row, column = corner
    return F.avg_pool2d(images[:, :, row:, column:], shrink)


def train_srgan(
    settings: SRGANSettings,
    start: SRResNet,
    eyes: ConvNet,
    pool: PatchPool,
    *,
    seed: int = 0,
    precision: Precision,
    path: Path | None = None,
    minutes: float | None = None,
    validate: Callable[[SRResNet], dict[str, float]] | None = None,
) -> tuple[SRResNet, Run]:
    """Continues from a trained network, on patches from `patch_pool`; `start` and `eyes` stay as they are.

    validate: called with the averaged network VALIDATIONS times and at the end; what it gives goes into the
    history. Returns the average of the weights over the last steps, as a network, and the finished run.
    """
    seed_everything(seed)
    device, team = default_device(), current_team()
    model = team.prepared(precision.place(copy.deepcopy(start).float(), device)).train()
    average = copy.deepcopy(model)
    eyes = precision.place(copy.deepcopy(eyes).float(), device).eval().requires_grad_(False)
    size = settings.patch * start.config.scale
    config = SRDiscriminatorConfig(image_size=size, channels=settings.channels)
    discriminator = team.prepared(precision.place(SRDiscriminator(config), device)).train()
    adam_g, adam_d = (
        torch.optim.Adam(m.parameters(), settings.learning_rate, fused=True)
        for m in (model, discriminator)
    )
    pool = pool.to(device)
    scalers = {name: precision.scaler(device) for name in ("generator", "discriminator")}
    data = fingerprint(pool.low, pool.high, pool.places)
    begun_from = fingerprint(*start.state_dict().values(), *eyes.state_dict().values())
    run = Run(
        steps=settings.steps,
        models={"model": model, "discriminator": discriminator, "average": average},
        optimizers={"generator": adam_g, "discriminator": adam_d}, scalers=scalers,
        config=asdict(settings) | {"seed": seed, "data": data, "start": begun_from},
        precision=precision, path=path, minutes=minutes, label="SRGAN",
    )  # fmt: skip
    every = max(settings.steps // VALIDATIONS, 1)
    untouched = nn.Identity()  # the picture is made once for both players
    for step, progress in run:
        set_learning_rate(adam_g, settings.learning_rate * warmup_cosine(progress))
        x, y = team.share(*pool.sample(batch_size=settings.batch_size, seed=seed, step=step))
        with precision.autocast(device):
            restored = model(x).float()
        loss_d = discriminator_step(
            untouched, discriminator, adam_d, y, restored.detach(), precision=precision,
            scaler=scalers["discriminator"],
        )  # fmt: skip
        row, column = torch.randint(
            settings.shift, (2,), generator=step_generator(seed, step)
        ).tolist()
        terms = perceptual_step(
            restored, y, eyes, discriminator, adam_g, settings, corner=(row, column),
            precision=precision, scaler=scalers["generator"],
        )  # fmt: skip
        update_ema(average, model, min(settings.ema_decay, (1 + step) / (10 + step)))
        run.log(step, discriminator=loss_d, **terms)
        if validate is not None and ((step + 1) % every == 0 or step == settings.steps - 1):
            run.log(step, every=1, **validate(average))
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
