"""Training a `ConvNet`, or the article's network beside it, with devices that can be switched off one by one."""

import copy
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.checks import require_byte_images
from aesthetic_utils.data.augmented import FLIPS, AugmentedBatches
from aesthetic_utils.models import ArticleCNN, CNNConfig, ConvNet, ConvNetConfig
from aesthetic_utils.models.convnet import init_from_images
from aesthetic_utils.runtime import Precision, default_device, evaluating, seed_everything
from aesthetic_utils.statistics.intervals import wilson_interval
from aesthetic_utils.training.checkpoint import fingerprint
from aesthetic_utils.training.classification import classification_step
from aesthetic_utils.training.devices import current_team
from aesthetic_utils.training.optimization import look_ahead, triangle
from aesthetic_utils.training.run import Run

VIEWS = ("plain", "mirror", "mirror and shift")  # how an image is shown when it is judged
OPTIMIZERS = ("adam", "sgd")
LOOK_AHEAD_EVERY = 5  # steps


@dataclass(frozen=True, kw_only=True)
class ConvNetSettings:
    """Settings of one training run; the defaults are the best ones for CIFAR-10.

    Rates, decay and factors are those of Jordan (2024), https://arxiv.org/abs/2404.00498, who trains 9.9 epochs.
    """

    epochs: int = 20
    batch_size: int = 1000
    optimizer: str = "sgd"  # Nesterov's momentum, with weight decay; or "adam", without
    learning_rate: float = 11.5  # peak; sgd: per 1,024 images (`sgd_rate`), adam: as it stands
    momentum: float = 0.85  # sgd
    weight_decay: float = 0.0153  # sgd: per 1,024 images, whatever the learning rate
    bias_factor: float = 64.0  # sgd: batch norm's shifts learn so many times faster
    triangle: bool = True  # the learning rate rises, then falls, in straight lines; else constant
    label_smoothing: float = 0.2  # share of the target spread over all classes
    flip: str = "alternating"  # one of data.augmented.FLIPS
    shift: int = 2  # move each image by up to so many pixels
    whitening_bias_epochs: int = 3  # then the first layer's bias is frozen like its filters
    look_ahead: bool = True  # every fifth step goes back to an average of the weights

    def __post_init__(self) -> None:
        for name, value, known in (
            ("optimizer", self.optimizer, OPTIMIZERS),
            ("flip", self.flip, FLIPS),
        ):
            if value not in known:
                raise ValueError(f"{name} is {value!r}; there are {', '.join(known)}")
        if self.epochs < 1:
            raise ValueError(f"epochs are {self.epochs}; a training needs at least one")


def train_convnet(
    config: ConvNetConfig | CNNConfig,
    settings: ConvNetSettings,
    images: Tensor,
    labels: Tensor,
    *,
    seed: int = 0,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    path: Path | None = None,
    minutes: float | None = None,
    held_out: tuple[Tensor, Tensor] | None = None,
) -> tuple[nn.Module, Run]:
    """A network on uint8 images [N, C, H, W] with int64 labels [N]; the network and its run.

    held_out: images and labels of the same kinds, judged after every epoch as they stand; the share that is
    right goes into the history as "held_out". The clock counts that, too. A set smaller than a batch is one batch.
    """
    settings = replace(settings, batch_size=min(settings.batch_size, len(images)))
    seed_everything(seed)
    device, team = default_device(), current_team()
    model = team.prepared(precision.place(untrained(config, images), device))
    average = copy.deepcopy(model)
    optimizer = make_optimizer(model, settings)
    batches = AugmentedBatches(
        images, labels, batch_size=settings.batch_size, device=device, seed=seed,
        flip=settings.flip, shift=settings.shift, channels_last=precision.channels_last,
    )  # fmt: skip
    scaler = precision.scaler(device)
    run = Run(
        steps=settings.epochs * len(batches), models={"net": model, "average": average},
        optimizers={settings.optimizer: optimizer}, precision=precision,
        scalers={settings.optimizer: scaler}, path=path, minutes=minutes,
        config={"network": config, "settings": settings, "seed": seed, "data": fingerprint(images, labels)},
        label="ConvNet",
    )  # fmt: skip
    model.train()
    for step, progress in run:
        epoch, place = divmod(step, len(batches))
        set_rates(optimizer, triangle(progress) if settings.triangle else 1.0)
        train_first_bias(model, epoch < settings.whitening_bias_epochs)
        loss = classification_step(
            model, optimizer, *team.share(*batches.batch(step)),
            label_smoothing=settings.label_smoothing, precision=precision, scaler=scaler,
        )  # fmt: skip
        if settings.look_ahead and (step + 1) % LOOK_AHEAD_EVERY == 0:
            look_ahead(average, model, decay=average_decay((step + 1) / run.steps))
        run.log(step, loss=loss)
        if held_out is not None and place == len(batches) - 1:
            share = accuracy(model, *held_out, precision=precision)["accuracy"]
            run.log(step, every=1, held_out=share)
    return (average if settings.look_ahead else model), run


def untrained(config: ConvNetConfig | CNNConfig, images: Tensor) -> nn.Module:
    """The network of these settings as training begins with it, on the CPU; images: uint8 [N, C, H, W]."""
    if isinstance(config, CNNConfig):
        return ArticleCNN(config)
    model = ConvNet(config)
    init_from_images(model, images)
    return model


# --------------------------------------------------------------------------------------------------
# the step's devices


def make_optimizer(model: nn.Module, settings: ConvNetSettings) -> torch.optim.Optimizer:
    """Adam, or SGD with Nesterov's momentum and two groups: batch norm's shifts, and everything else.

    Each group keeps its peak learning rate as "peak", which `set_rates` multiplies.
    """
    if settings.optimizer == "adam":
        trained = [p for p in model.parameters() if p.requires_grad]
        groups = [{"params": trained, "peak": settings.learning_rate}]
        return torch.optim.Adam(groups, lr=settings.learning_rate, fused=True)
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    shifts = [norm.bias for norm in norms]
    known = {id(p) for p in shifts}
    others = [p for p in model.parameters() if p.requires_grad and id(p) not in known]
    rate = sgd_rate(settings.learning_rate, settings.batch_size, settings.momentum)
    decay = settings.weight_decay / settings.learning_rate  # SGD multiplies it by the rate again
    factor = settings.bias_factor
    groups = [
        {"params": others, "lr": rate, "peak": rate, "weight_decay": decay},
        {"params": shifts, "lr": factor * rate, "peak": factor * rate, "weight_decay": decay / factor},
    ]  # fmt: skip
    groups = [group for group in groups if group["params"]]
    return torch.optim.SGD(groups, lr=rate, momentum=settings.momentum, nesterov=True)


def sgd_rate(rate_per_1024: float, batch_size: int, momentum: float) -> float:
    """The learning rate for `torch.optim.SGD` on the mean loss of a batch.

    While the gradient stays the same, momentum m moves the weights by 1 / (1 - m) times the rate at every step, and a
    mean loss has the same gradient however many images it rests on. Dividing by the one and counting the
    other leaves a rate that need not be searched again when momentum or batch size change. Jordan (2024)
    divides by 1 + 1 / (1 - m), and so does this, so that his rates can be used.
    """
    return rate_per_1024 * batch_size / 1024 / (1 + 1 / (1 - momentum))


def set_rates(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Sets the learning rate of each group to `factor` times its peak."""
    for group in optimizer.param_groups:
        group["lr"] = factor * group["peak"]


def train_first_bias(model: nn.Module, trained: bool) -> None:
    """Lets the bias of a whitening layer learn, or freezes it."""
    if isinstance(model, ConvNet) and model.config.first == "whitening":
        model.first[0].bias.requires_grad_(trained)


def average_decay(progress: float) -> float:
    """What the average of the weights keeps at each look ahead: 0 at the beginning, .95^5 = .77 at the end."""
    return 0.95**LOOK_AHEAD_EVERY * progress**3


# --------------------------------------------------------------------------------------------------
# judging


def shown(images: Tensor, view: str) -> list[tuple[float, Tensor]]:
    """The pictures in which an image is judged, with their weights, which sum to 1.

    images: float [N, C, H, W]. "plain": as it is. "mirror": it and its mirror image. "mirror and shift": half
    of the weight on these two, the other half on four: moved by one pixel up and left or down and right, the
    gap filled by reflection, each of them mirrored or not.
    """
    if view not in VIEWS:
        raise ValueError(f"view is {view!r}; there are {', '.join(VIEWS)}")
    if view == "plain":
        return [(1.0, images)]
    if view == "mirror":
        return [(0.5, images), (0.5, images.flip(3))]
    wide = F.pad(images, (1, 1, 1, 1), mode="reflect")  # [N, C, H + 2, W + 2]
    moved = [wide[:, :, 2:, 2:], wide[:, :, :-2, :-2]]
    both = [(0.25, images), *((0.125, x) for x in moved)]
    return both + [(weight, x.flip(3)) for weight, x in both]


def predict_views(
    model: nn.Module,
    images: Tensor,
    view: str = "plain",
    *,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
    batch_size: int = 500,
) -> Tensor:
    """Logits of uint8 images [N, C, H, W], averaged over what `shown` makes of them: [N, classes], on the CPU.

    Raises ValueError for other images, such as float ones, which would be divided by 255 once more.
    """
    require_byte_images(images)
    device = next(model.parameters()).device
    logits = []
    with evaluating(model), precision.autocast(device):
        for x in images.split(batch_size):
            pictures = shown(x.to(device).float() / 255, view)
            logits.append(sum(weight * model(picture).float() for weight, picture in pictures))
    return torch.cat(logits).cpu()


def accuracy(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    view: str = "plain",
    *,
    precision: Precision = Precision(),  # noqa: B008 (frozen)
) -> dict[str, float]:
    """Share that is right, with its 95 % Wilson interval and the number of images it rests on."""
    found = predict_views(model, images, view, precision=precision).argmax(1)
    correct = int((found == labels).sum())
    low, high = wilson_interval(correct, len(labels))
    return {"accuracy": correct / len(labels), "low": low, "high": high, "n": len(labels)}
