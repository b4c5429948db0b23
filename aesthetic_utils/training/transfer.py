"""Transfer: a network that learned one thing serves another, frozen under a linear layer or trained on."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.checks import require_byte_images, require_finite, require_indices
from aesthetic_utils.data.batches import Augmentation, TensorBatches
from aesthetic_utils.runtime import evaluating, seed_everything
from aesthetic_utils.training.classification import classification_step
from aesthetic_utils.training.convnet import set_rates
from aesthetic_utils.training.optimization import warmup_cosine
from aesthetic_utils.training.run import seed_step

PENALTIES = (
    100.0,
    10.0,
    1.0,
    0.1,
    0.01,
    0.001,
)  # of a probe; each fit starts where the one before ended
FOLDS = 5
ONE_SPLIT_FROM = 1000  # labels; from there on one held-out fifth is enough to choose a penalty
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


# --------------------------------------------------------------------------------------------------
# frozen features and a linear head


@dataclass(frozen=True, kw_only=True, eq=False)
class Probe:
    """A linear classifier of features: logits = ((f - centre) / spread) @ weight.T + bias."""

    centre: Tensor  # [D], means of the features it was fitted to
    spread: Tensor  # [D], their standard deviations, none of them tiny
    weight: Tensor  # [K, D]
    bias: Tensor  # [K]
    penalty: float

    def logits(self, features: Tensor) -> Tensor:
        """[N, D] -> [N, K], float32."""
        x = (features - self.centre) / self.spread
        return x @ self.weight.T + self.bias


def fit_probe(
    features: Tensor,
    labels: Tensor,
    classes: int,
    *,
    penalties: Sequence[float] = PENALTIES,
    seed: int = 0,
) -> Probe:
    """Logistic regression on standardised features [N, D] with int64 labels [N].

    The penalty is the one of `penalties`, from large to small, with the least cross-entropy on labelled pictures
    that were left out, in five folds drawn with `seed` (from 1,000 labels on in one of them). Nothing but
    the N labelled pictures is looked at. Raises ValueError for fewer than four of them, other shapes, features
    that are not finite, and labels that are no classes.
    """
    labels = require_indices(labels, "labels", classes)
    if features.ndim != 2 or len(features) != len(labels) or len(labels) < 4:
        raise ValueError(
            f"features [N, D] and labels [N] are needed, N of at least 4; got "
            f"{tuple(features.shape)} and {tuple(labels.shape)}"
        )
    require_finite(features, "features")
    centre, spread = standardisation(features)
    x = (features - centre) / spread
    penalty = penalties[0]
    if len(penalties) > 1:
        losses = left_out_losses(x, labels, classes, penalties, seed=seed)  # [P]
        penalty = penalties[int(losses.argmin())]
    weight, bias = logistic_regression(x, labels, classes, penalty)
    return Probe(centre=centre, spread=spread, weight=weight, bias=bias, penalty=penalty)


def standardisation(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and spread of each of D features [N, D]; a spread is at least a tenth of their mean.

    With few pictures some features hardly vary among them, and dividing by that little would let a new
    picture get any prediction whatever.
    """
    spread = features.std(0, correction=0)  # [D]
    return features.mean(0), spread.clamp(min=max(0.1 * float(spread.mean()), 1e-6))


def left_out_losses(
    x: Tensor, labels: Tensor, classes: int, penalties: Sequence[float], *, seed: int = 0
) -> Tensor:
    """Cross-entropy of each penalty on pictures [N, D] that the fit did not see: [P]."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    folds = list(order.chunk(min(FOLDS, len(x))))
    losses = torch.zeros(len(penalties))
    for fold in folds[: 1 if len(x) >= ONE_SPLIT_FROM else None]:
        rest = torch.ones(len(x), dtype=torch.bool)
        rest[fold] = False
        start = None
        for i, penalty in enumerate(penalties):
            start = logistic_regression(x[rest], labels[rest], classes, penalty, start=start)
            logits = x[fold] @ start[0].T + start[1]
            losses[i] += F.cross_entropy(logits, labels[fold], reduction="sum")
    return losses


def probe_loss(weight: Tensor, bias: Tensor, x: Tensor, labels: Tensor, penalty: float) -> Tensor:
    """Mean cross-entropy plus penalty / 2 times the sum of all squares of weight [K, D] and bias [K].

    The cross-entropy is convex in both, the squares are strictly so: with a penalty above 0 there is exactly
    one minimum.
    """
    squares = weight.square().sum() + bias.square().sum()
    return F.cross_entropy(x @ weight.T + bias, labels) + penalty / 2 * squares


def logistic_regression(
    x: Tensor,
    labels: Tensor,
    classes: int,
    penalty: float,
    *,
    start: tuple[Tensor, Tensor] | None = None,
    steps: int = 200,
) -> tuple[Tensor, Tensor]:
    """The weight [K, D] and bias [K] with the least `probe_loss` on x [N, D], by L-BFGS; float32.

    start: where the search begins; it ends in the same place from everywhere. Raises ValueError for a
    penalty that is not above 0.
    """
    if not penalty > 0:
        raise ValueError(f"penalty is {penalty}; only above 0 is there always one minimum")
    wide = x.double()
    begin = start or (torch.zeros(classes, x.shape[1]), torch.zeros(classes))
    weight, bias = (part.double().clone().requires_grad_() for part in begin)
    search = torch.optim.LBFGS(
        [weight, bias], max_iter=steps, tolerance_grad=1e-6, tolerance_change=1e-10,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def loss() -> Tensor:
        search.zero_grad()
        value = probe_loss(weight, bias, wide, labels, penalty)
        value.backward()
        return value

    search.step(loss)
    return weight.detach().float(), bias.detach().float()


# --------------------------------------------------------------------------------------------------
# fine-tuning


@dataclass(frozen=True, kw_only=True)
class FineTuneSettings:
    """Settings of one fine-tuning."""

    steps: int = 100
    batch_size: int = 32
    learning_rate: float = 1e-3  # peak, of the head and the last layer below it
    lowest_rate: float = 0.1  # of the first layer, as a share of that; between them geometric
    weight_decay: float = 0.01
    hold_statistics: bool = True  # batch norm keeps the means and variances that it came with

    def __post_init__(self) -> None:
        if min(self.steps, self.batch_size) < 1:
            raise ValueError("steps and batch_size must be at least 1")
        if not 0 < self.lowest_rate <= 1:
            raise ValueError(f"lowest_rate is {self.lowest_rate}; a share above 0, at most 1")


class Transferred(nn.Module):
    """A network without its own last layer, the body, and a new linear one, the head.

    In: float [N, 3, H, W] in [0, 1], as the body takes it. Out: logits [N, classes]. The features are standardised
    on the way: by buffers that do not learn, so that a head means the same for every body.
    """

    centre: Tensor  # [D]
    spread: Tensor  # [D]

    def __init__(self, body: nn.Module, features: int, classes: int):
        super().__init__()
        self.body = body
        self.register_buffer("centre", torch.zeros(features))
        self.register_buffer("spread", torch.ones(features))
        self.head = nn.Linear(features, classes)

    def features(self, x: Tensor) -> Tensor:
        """[N, 3, H, W] -> [N, D], what the body sees."""
        return self.body.features(x)

    def forward(self, x: Tensor) -> Tensor:
        f = (self.body.features(x) - self.centre) / self.spread  # [N, D]
        return self.head(f)  # [N, classes]


def with_new_head(
    body: nn.Module, features: Tensor, classes: int, *, probe: Probe | None = None, seed: int = 0
) -> Transferred:
    """A copy of a body under a new head: random, or the one of a probe.

    features: [N, D], what the body sees in the labelled pictures, by which they are standardised. The head of a
    probe makes it the two-step way of Kumar et al. (2022), https://arxiv.org/abs/2202.10054: linear probing,
    then fine-tuning.
    """
    seed_everything(seed)
    model = Transferred(copy.deepcopy(body), features.shape[1], classes)
    centre, spread = standardisation(features) if probe is None else (probe.centre, probe.spread)
    with torch.no_grad():
        model.centre.copy_(centre)
        model.spread.copy_(spread)
        if probe is not None:
            model.head.weight.copy_(probe.weight)
            model.head.bias.copy_(probe.bias)
    return model


def rate_groups(model: Transferred, settings: FineTuneSettings) -> list[dict]:
    """The weights for an optimizer, a group for each layer, from the image up; the head comes last.

    A layer is a filter bank or matrix with the smaller weights that follow it. Rates rise from the first
    layer to the last by one factor a layer. Howard & Ruder (2018), https://arxiv.org/abs/1801.06146, call this
    discriminative fine-tuning. Biases and normalisations do not decay, as in `training.resnet`.
    """
    layers: list[list[nn.Parameter]] = [[]]
    for weight in model.body.parameters():  # in the order in which the networks here name them
        if weight.ndim > 1 and layers[-1]:
            layers.append([])
        layers[-1].append(weight)
    learning = [[p for p in layer if p.requires_grad] for layer in layers]
    learning = [layer for layer in learning if layer] + [list(model.head.parameters())]
    groups = []
    for height, layer in enumerate(learning):
        share = settings.lowest_rate ** (1 - height / max(len(learning) - 1, 1))
        peak = settings.learning_rate * share
        for of, decay in ((True, settings.weight_decay), (False, 0.0)):
            own = [p for p in layer if (p.ndim > 1) == of]
            if own:
                groups.append({"params": own, "lr": peak, "peak": peak, "weight_decay": decay})
    return groups


def hold_statistics(model: nn.Module) -> None:
    """Batch norm uses the means and variances that it has, and keeps them, whatever mode the rest is in.

    To be called after every `model.train()`, which lets them go. Its scale and shift still learn.
    """
    for module in model.modules():
        if isinstance(module, NORMS):
            module.eval()


def fine_tune(
    model: Transferred,
    images: Tensor,
    labels: Tensor,
    *,
    settings: FineTuneSettings = FineTuneSettings(),  # noqa: B008 (frozen)
    augment: Sequence[Augmentation] = (),
    seed: int = 0,
) -> list[float]:
    """Trains body and head, in place, on uint8 images [N, 3, H, W] with int64 labels [N]; the loss of each step.

    A body that comes with random weights learns from scratch. Raises ValueError for other images or labels, and
    TrainingError for a loss that is not finite.
    """
    require_byte_images(images)
    labels = require_indices(labels, "labels", model.head.out_features)
    optimizer = torch.optim.AdamW(rate_groups(model, settings), lr=settings.learning_rate)
    batches = TensorBatches(
        images, labels, batch_size=min(settings.batch_size, len(images)), seed=seed, augment=augment,
        device=model.head.weight.device, drop_last=True,
    )  # fmt: skip
    model.train()
    if settings.hold_statistics:
        hold_statistics(model)
    losses = []
    for step in range(settings.steps):
        seed_step(seed + 1, step)  # dropout: apart from what the batch draws
        set_rates(optimizer, warmup_cosine(step / settings.steps))
        losses.append(classification_step(model, optimizer, *batches.batch(step)).item())
    model.eval()
    return losses


def feature_change(before: nn.Module, after: nn.Module, images: Tensor) -> Tensor:
    """How far each picture's features moved, as a share of their length before: uint8 [N, 3, H, W] -> [N].

    |f_after - f_before| / |f_before|, 0 for a body that was left alone.
    """
    require_byte_images(images)
    with evaluating(before, after):
        x = images.to(next(before.parameters()).device).float() / 255
        old, new = before.features(x), after.features(x)  # [N, D]
    return ((new - old).norm(dim=1) / old.norm(dim=1).clamp(min=1e-12)).cpu()
