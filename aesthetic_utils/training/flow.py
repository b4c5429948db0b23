"""Flow matching: pairs of a place and a velocity, the step that learns it, and the ways back from noise to drawing.

Everywhere t = 0 is a drawing and t = 1 is noise. (Lipman et al. count the other way.) Functions of the first two parts
take points of any shape [N, ...]: pictures, or points of the plane.

Lipman et al. (2023), https://arxiv.org/abs/2210.02747; Liu et al. (2023), https://arxiv.org/abs/2209.03003.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from aesthetic_utils.data.batches import TensorBatches
from aesthetic_utils.models.unet import Conditions, UNet, UNetConfig
from aesthetic_utils.runtime import Precision, default_device, evaluating, step_generator
from aesthetic_utils.training.checkpoint import fingerprint
from aesthetic_utils.training.devices import current_team
from aesthetic_utils.training.gradient_graph import fastest_step
from aesthetic_utils.training.optimization import (
    set_learning_rate,
    update_ema,
    warmup_cosine,
)
from aesthetic_utils.training.run import Run

Velocity = Callable[[Tensor, Tensor], Tensor]  # x [N, ...] and t [N] -> [N, ...]

# --------------------------------------------------------------------------------------------------
# what is learned


def flow_pair(clean: Tensor, noise: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """A place on the straight way from a drawing to noise, and the velocity there.

    x_t = (1 - t) x_0 + t e and u = e - x_0, the straight way of Liu et al. (2023). clean, noise:
    [N, ...]; t: [N] in [0, 1]. Both of the shape of clean.
    """
    share = t.view(-1, *[1] * (clean.ndim - 1))  # [N, 1, ...]
    return (1 - share) * clean + share * noise, noise - clean


def logit_normal(
    n: int, generator: torch.Generator, *, mean: float = 0.0, spread: float = 1.0
) -> Tensor:
    """n times in (0, 1) that are mostly in the middle: the logistic function of normal numbers, [n].

    Esser et al. (2024), https://arxiv.org/abs/2403.03206, section 3.1. Near both ends there is little to learn: at t = 1
    the best answer is noise minus the mean drawing, and at t = 0 the noise can hardly be seen.
    """
    return torch.sigmoid(mean + spread * torch.randn(n, generator=generator))


def flow_loss(velocity: Velocity, clean: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """Mean squared error of a velocity field at pairs, over all numbers: a scalar.

    The field that has the least loss is the mean of u over all pairs that pass through x at time t.
    """
    x, target = flow_pair(clean, noise, t)
    return (velocity(x, t).float() - target).square().mean()


def velocity_of(
    model: UNet,
    conditions: Conditions | None,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
) -> Velocity:
    """The velocity of a network for what is asked; it alone computes in the format of `precision`."""

    def velocity(x: Tensor, t: Tensor) -> Tensor:
        with precision.autocast(x.device):
            return model(x, t, conditions)

    return velocity


def forget_some(
    conditions: Conditions, chances: Sequence[float], generator: torch.Generator
) -> Conditions:
    """Conditions of which some are forgotten, so that the network learns to do without them.

    chances: that everything is forgotten, and then that category, designer and words are, each for itself. Ho and Salimans
    (2022), https://arxiv.org/abs/2207.12598, have one condition.
    """
    n = len(conditions.category)
    drawn = torch.rand(len(chances), n, generator=generator)  # [4, N]
    keep = (drawn >= torch.tensor(chances)[:, None]).to(conditions.category.device)
    keep = keep[1:] & keep[0]  # [3, N]
    return Conditions(
        conditions.category * keep[0],
        conditions.designer * keep[1],
        conditions.words * keep[2][:, None],
    )


# --------------------------------------------------------------------------------------------------
# from noise to drawing


def times(steps: int, device: torch.device | str = "cpu") -> Tensor:
    """Where a way of so many steps from noise to drawing stops: 1, ..., 0; [steps + 1]."""
    if steps < 1:
        raise ValueError(f"steps are {steps}; the way from noise to drawing needs at least one")
    return torch.linspace(1, 0, steps + 1, dtype=torch.float64, device=device)


def euler(
    velocity: Velocity,
    x: Tensor,
    steps: int,
    *,
    watch: Callable[[float, Tensor], None] | None = None,
) -> Tensor:
    """Follows the velocity from t = 1 to t = 0 in straight steps: x [N, ...] -> the same shape.

    One evaluation a step; the error falls like 1 / steps. watch: called with t and x before each step and at the end.
    """
    return _follow(velocity, x, steps, watch, corrected=False)


def heun(
    velocity: Velocity,
    x: Tensor,
    steps: int,
    *,
    watch: Callable[[float, Tensor], None] | None = None,
) -> Tensor:
    """As `euler`, but each step goes by the mean of the velocities at its two ends; the error falls like 1 / steps^2.

    Two evaluations a step, but one in the last, which would otherwise ask for the velocity at t = 0, where no noise is
    left to be seen (as in Karras et al. 2022, https://arxiv.org/abs/2206.00364).
    """
    return _follow(velocity, x, steps, watch, corrected=True)


def _follow(
    velocity: Velocity,
    x: Tensor,
    steps: int,
    watch: Callable[[float, Tensor], None] | None,
    *,
    corrected: bool,
) -> Tensor:
    stops = times(steps)
    for now, then in zip(stops[:-1].tolist(), stops[1:].tolist(), strict=True):
        if watch is not None:
            watch(now, x)
        v = velocity(x, x.new_full((len(x),), now))
        ahead = x + (then - now) * v  # [N, ...]
        if corrected and then > 0:
            v = (v + velocity(ahead, x.new_full((len(x),), then))) / 2
            ahead = x + (then - now) * v
        x = ahead
    if watch is not None:
        watch(0.0, x)
    return x


def evaluations(solver: str, steps: int) -> int:
    """How often a solver of SOLVERS asks for the velocity."""
    return {"euler": steps, "heun": 2 * steps - 1}[solver]


SOLVERS = {"euler": euler, "heun": heun}


def guided(
    model: UNet,
    conditions: Conditions,
    scales: Sequence[float],
    *,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
) -> Velocity:
    """The velocity of a network that is pulled towards what is asked, for each condition by a strength of its own.

    scales: of category, designer and words, in this order; 1 is the plain conditional velocity, 0 leaves a condition out.

        v() + s_c (v(c) - v()) + s_d (v(c, d) - v(c)) + s_w (v(c, d, w) - v(c, d))

    Ho and Salimans (2022) for one condition, where their w is our s - 1. What is asked of no picture is passed
    over, and what has the factor 0 is not computed: three strengths of 1 take one evaluation.
    """
    asked = [
        (name, float(scale))
        for name, scale in zip(Conditions._fields, scales, strict=True)
        if bool((getattr(conditions, name) > 0).any())
    ]
    strengths = [1.0, *(scale for _, scale in asked), 0.0]
    parts = []  # what is asked, and the factor of its velocity
    for i in range(len(asked) + 1):
        factor = strengths[i] - strengths[i + 1]
        if factor:
            parts.append((conditions.kept(*(name for name, _ in asked[:i])), factor))

    def velocity(x: Tensor, t: Tensor) -> Tensor:
        k = len(parts)
        every = Conditions(*map(torch.cat, zip(*(c for c, _ in parts), strict=True)))
        plain = velocity_of(model, every.to(x.device), precision)
        v = plain(x.repeat(k, 1, 1, 1), t.repeat(k)).float()  # [k N, C, H, W]
        return sum(f * part for (_, f), part in zip(parts, v.chunk(k), strict=True))

    return velocity


def sample_flow(
    model: UNet,
    conditions: Conditions,
    *,
    scales: Sequence[float] = (1.0, 1.0, 1.0),
    steps: int = 20,
    solver: str = "heun",
    size: int = 32,
    seed: int = 0,
    batch_size: int = 125,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    watch: Callable[[float, Tensor], None] | None = None,
) -> Tensor:
    """Pictures for N conditions, float [N, C, size, size] in [0, 1], on the CPU; the same noise for the same seed.

    scales: see `guided`; solver: a key of SOLVERS. watch: called on the way, for each batch, with t and its pictures in
    [-1, 1]. Raises ValueError for another solver.
    """
    if solver not in SOLVERS:
        raise ValueError(f"solver is {solver!r}; use {' or '.join(SOLVERS)}")
    n, device = len(conditions.category), next(model.parameters()).device
    shape = (n, model.config.image_channels, size, size)
    noise = torch.randn(shape, generator=step_generator(seed, 0))
    layout = torch.channels_last if precision.channels_last else torch.contiguous_format
    done = []
    with evaluating(model):
        for rows in torch.arange(n).split(batch_size):
            velocity = guided(model, conditions.rows(rows), scales, precision=precision)
            x = noise[rows].to(device, memory_format=layout)
            done.append(SOLVERS[solver](velocity, x, steps, watch=watch).cpu())
    return (torch.cat(done).contiguous() / 2 + 0.5).clamp(0, 1)


# --------------------------------------------------------------------------------------------------
# the training


@dataclass(frozen=True, kw_only=True)
class FlowSettings:
    """Settings of one training run."""

    steps: int = 6_000
    batch_size: int = 64
    learning_rate: float = 5e-4  # peak; then a cosine
    warmup_steps: int = 200
    weight_decay: float = 0.01
    clip: float = 1.0  # the largest norm of all gradients together
    ema_decay: float = 0.999  # of the averaged weights, which draw the samples
    # chances that all conditions are forgotten, and category, designer, words each for itself
    forget: tuple[float, float, float, float] = (0.1, 0.3, 0.2, 0.4)
    validate_every: int = 200  # steps

    def __post_init__(self) -> None:
        if min(self.steps, self.batch_size, self.validate_every) < 1:
            raise ValueError("steps, batch_size and validate_every must be at least 1")
        if not all(0 <= chance < 1 for chance in self.forget):
            raise ValueError(f"forget is {self.forget}; chances are at least 0 and below 1")


@dataclass(frozen=True, kw_only=True)
class Drawings:
    """What a flow is trained on, or measured with: row i of every field belongs to one picture."""

    images: Tensor  # uint8 [N, 3, S, S]
    conditions: Conditions
    may_mirror: Tensor  # bool [N], where the mirror image is true, too

    def rows(self, rows: Tensor | slice) -> "Drawings":
        """Some of them, in this order."""
        return Drawings(
            images=self.images[rows],
            conditions=self.conditions.rows(rows),
            may_mirror=self.may_mirror[rows],
        )


def mirror_some(images: Tensor, may: Tensor, generator: torch.Generator) -> Tensor:
    """Mirrors half of the pictures [N, C, H, W] that may be mirrored, bool [N]."""
    half = (torch.rand(len(images), generator=generator) < 0.5).to(images.device)
    return torch.where((half & may)[:, None, None, None], images.flip(3), images)


def fixed_loss(model: UNet, drawings: Drawings, precision: Precision, *, seed: int = 0) -> Tensor:
    """The loss at one fixed pair of time and noise for each drawing: a scalar that compares from step to step.

    Times are spread evenly over (0, 1) and nothing is forgotten.
    """
    n, device = len(drawings.images), next(model.parameters()).device
    t = ((torch.arange(n) + 0.5) / n).to(device)  # [N]
    noise = torch.randn(drawings.images.shape, generator=step_generator(seed, 1)).to(device)
    clean = drawings.images.to(device).float() / 127.5 - 1
    velocity = velocity_of(model, drawings.conditions.to(device), precision)
    with evaluating(model):
        return flow_loss(velocity, clean, noise, t)


def train_flow(
    config: UNetConfig,
    settings: FlowSettings,
    drawings: Drawings,
    *,
    seed: int = 0,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    path: Path | None = None,
    minutes: float | None = None,
    looks: dict[str, Drawings] | None = None,
    watch: Callable[[int, UNet], None] | None = None,
) -> tuple[UNet, Run]:
    """A network that knows the way from noise to drawings: the one with averaged weights, and the run.

    looks: sets of drawings by name, such as "validation"; the averaged network's loss at fixed pairs of each goes into the
    history every few steps. watch: called before every step with its number and the averaged network.
    """
    torch.manual_seed(seed)
    device, team = default_device(), current_team()
    model = team.prepared(precision.place(UNet(config), device))
    average = copy.deepcopy(model)
    optimizer = torch.optim.AdamW(
        model.parameters(), settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )
    batches = TensorBatches(
        drawings.images, *drawings.conditions, drawings.may_mirror,
        batch_size=min(settings.batch_size, len(drawings.images)), device=device, seed=seed,
        drop_last=True, channels_last=precision.channels_last,
    )  # fmt: skip
    scaler = precision.scaler(device)
    run = Run(
        steps=settings.steps, models={"net": model, "average": average},
        optimizers={"adamw": optimizer}, scalers={"adam": scaler},
        config={"network": config, "settings": settings, "seed": seed,
                "data": fingerprint(drawings.images, *drawings.conditions)},
        precision=precision, path=path, minutes=minutes, label="flow",
    )  # fmt: skip

    def loss_of(clean: Tensor, noise: Tensor, t: Tensor, *asked: Tensor) -> Tensor:
        return flow_loss(velocity_of(model, Conditions(*asked), precision), clean, noise, t)

    step_of = fastest_step(loss_of, model, optimizer, scaler=scaler, clip=settings.clip)
    warmup = min(settings.warmup_steps / settings.steps, 0.1)
    for step, progress in run:
        if watch is not None:
            watch(step, average)
        set_learning_rate(
            optimizer, settings.learning_rate * warmup_cosine(progress, warmup=warmup)
        )
        images, *asked, may = batches.batch(step)  # [N, 3, S, S] in [0, 1]
        draw = step_generator(seed + 1, step)
        clean = mirror_some(images, may, draw) * 2 - 1
        noise = torch.randn(clean.shape, generator=draw).to(device)
        t = logit_normal(len(clean), draw).to(device)
        conditions = forget_some(Conditions(*asked), settings.forget, draw)
        loss = step_of(*team.share(clean, noise, t, *conditions))
        update_ema(average, model, min(settings.ema_decay, (1 + step) / (10 + step)))
        run.log(step, loss=loss)
        if looks and ((step + 1) % settings.validate_every == 0 or step + 1 == run.steps):
            run.log(
                step, every=1, **{k: fixed_loss(average, x, precision) for k, x in looks.items()}
            )
    return average, run
