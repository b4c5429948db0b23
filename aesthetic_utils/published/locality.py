"""What locality buys: a convolutional network, a transformer and two that read rows, equally large, on drawings.

    aesthetic train locality_curves

Who of ten hands drew it? The networks learn from few drawings or many, with the same number of steps and with the
same time, and from drawings whose patches are in another order. The weights that are shipped are those of the first
seed's vision transformer that learned from all drawings.
"""

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from aesthetic_utils import runtime
from aesthetic_utils.data.emoji import EMOJI_HANDS, EmojiSet, load_emoji
from aesthetic_utils.models.recurrent import RecurrentConfig, RowReader
from aesthetic_utils.models.resnet import ResNet, ResNetConfig
from aesthetic_utils.models.vit import ViT, ViTConfig
from aesthetic_utils.published.parts import kept, known, over_seeds
from aesthetic_utils.published.run import PublishedRun
from aesthetic_utils.runtime import Precision
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.classification import classification_step, evaluate_classifier
from aesthetic_utils.training.drawings import DrawingSettings, train_on_drawings
from aesthetic_utils.training.precision import AUTO
from aesthetic_utils.training.weights import load_weights, save_weights

SEEDS = (0, 1, 2)
CLASSES = len(EMOJI_HANDS)
TRANSFORMER = "vision transformer"
PATCH = 4  # pixels, side of what is put in another order; the transformer's patches


# --------------------------------------------------------------------------------------------------
# the networks


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """One kind of network, with some 110,000 to 125,000 weights."""

    build: Callable[[], nn.Module]
    rate: float  # the best of three or four on validation drawings: 2,000 to learn from, 300 steps, one seed
    channels_last: bool = False  # where it is faster on a processor


ARCHITECTURES: Mapping[str, Architecture] = {
    "CNN": Architecture(
        build=lambda: ResNet(ResNetConfig(classes=CLASSES, channels=(16, 24, 40, 80))),
        rate=8e-3,
        channels_last=True,
    ),
    TRANSFORMER: Architecture(
        build=lambda: ViT(ViTConfig(classes=CLASSES, patch=PATCH)), rate=2e-3
    ),
    "LSTM": Architecture(
        build=lambda: RowReader(RecurrentConfig(classes=CLASSES, hidden=128)), rate=8e-3
    ),
    "plain recurrent": Architecture(
        build=lambda: RowReader(RecurrentConfig(classes=CLASSES, cell="rnn", hidden=300)), rate=3e-3
    ),
}


def build(network: str, seed: int) -> nn.Module:
    """A network with fresh weights."""
    runtime.seed_everything(seed)
    return ARCHITECTURES[network].build()


def precision_of(network: str) -> Precision:
    """float32 for all; the layout that suits the network."""
    return Precision(channels_last=ARCHITECTURES[network].channels_last)


# --------------------------------------------------------------------------------------------------
# the drawings


@functools.cache
def drawings(split: str) -> EmojiSet:
    """All drawings of all ten hands in a split, 32 x 32 pixels."""
    return load_emoji(split, ideas="all")


def chosen_rows(count: int | None, seed: int) -> Tensor:
    """Which training drawings a seed learns from: the first of an order of its own; None for all."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randperm(len(drawings("train")), generator=generator)[:count]


def tested() -> EmojiSet:
    """The held-out drawings of all ten hands."""
    return drawings("test")


def other_order(side: int) -> Tensor:
    """One order of `side` x `side` places, int64 [side * side], the same for every picture and seed."""
    return torch.randperm(side * side, generator=torch.Generator().manual_seed(0))


def reordered(images: Tensor, _: torch.Generator | None = None, *, patch: int = PATCH) -> Tensor:
    """Pictures [N, C, S, S] whose patches have changed places, in all pictures alike; each patch stays as it is.

    The second argument is what every change of a batch is given.
    """
    n, c, s = images.shape[:3]
    side = s // patch
    cut = images.reshape(n, c, side, patch, side, patch).permute(0, 2, 4, 1, 3, 5)
    moved = cut.flatten(1, 2)[:, other_order(side).to(images.device)]  # [N, side^2, C, p, p]
    return moved.unflatten(1, (side, side)).permute(0, 3, 1, 4, 2, 5).reshape(n, c, s, s)


# --------------------------------------------------------------------------------------------------
# what is compared


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One network that learns from so many drawings."""

    network: str
    drawings: int | None  # None: all
    budget: str = (
        "steps"  # or "time": as much as the transformer takes for its steps on all drawings
    )
    order: str = "as drawn"  # or "patches reordered"

    @property
    def file(self) -> str:
        words = f"{self.network} {self.drawings or 'all'} {self.budget} {self.order}"
        return words.replace(" ", "_") + ".json"


STEPS = {500: 350, 2000: 650, None: 1200}  # batches of 64, by the number of drawings
REORDERED = ("CNN", "LSTM")  # to the transformer every order of patches is as good as another


def cells() -> list[Cell]:
    """What is compared, what matters most first; a corner of it in smoke mode."""
    all_sizes = [Cell(network=n, drawings=size) for size in STEPS for n in ARCHITECTURES]
    moved = [Cell(network=n, drawings=2000, order="patches reordered") for n in REORDERED]
    timed = [
        Cell(network=n, drawings=None, budget="time") for n in ("CNN", "LSTM", "plain recurrent")
    ]
    few = [c for c in all_sizes if c.drawings == 500]
    few += [
        Cell(network=TRANSFORMER, drawings=None), *moved[:1],
        Cell(network="LSTM", drawings=None, budget="time"),
    ]  # fmt: skip
    return runtime.by_mode(smoke=few, laptop=all_sizes, full=all_sizes + moved + timed)


def settings_of(cell: Cell, steps: int | None = None) -> DrawingSettings:
    """How a cell trains; `steps` where a time decides them."""
    planned = STEPS[cell.drawings] if steps is None else steps
    return DrawingSettings(
        steps=runtime.by_mode(smoke=2, laptop=max(1, planned // 4), full=planned),
        batch_size=runtime.by_mode(smoke=8, laptop=64, full=64),
        learning_rate=ARCHITECTURES[cell.network].rate,
    )


def step_cost(network: str) -> float:
    """Seconds of one step with 64 drawings, the fastest of six; of processor time where no GPU computes.

    Processor time and the fastest step, so that a busy machine says nearly what an idle one does.
    """
    device, precision = runtime.default_device(), precision_of(network)
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    model = precision.place(build(network, 0), device).train()
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    size = runtime.by_mode(smoke=8, laptop=64, full=64)
    images = drawings("train").images[:size].to(device).float() / 255
    labels = drawings("train").designer[:size].to(device)
    fastest = float("inf")
    for turn in range(runtime.by_mode(smoke=2, laptop=7, full=7)):
        begun = clock()
        float(classification_step(model, optimizer, images, labels, precision=precision))
        fastest = min(fastest, clock() - begun) if turn else fastest  # the first one allocates
    return fastest


def steps_in_equal_time(costs: Mapping[str, float], network: str) -> int:
    """Steps of a network for which it takes as long as the transformer for its own on all drawings."""
    return round(STEPS[None] * costs[TRANSFORMER] / costs[network])


def train_cell(cell: Cell, settings: DrawingSettings, seed: int) -> tuple[nn.Module, dict]:
    """The network of a cell, and what it scores on the held-out drawings of all ten hands."""
    rows = chosen_rows(cell.drawings, seed)
    train, test = drawings("train"), tested()
    moved = cell.order != "as drawn"
    begun = time.process_time()
    model, run = train_on_drawings(
        build(cell.network, seed), settings, train.images[rows], train.designer[rows], CLASSES,
        seed=seed, precision=precision_of(cell.network), changes=(reordered,) * moved,
    )  # fmt: skip
    seconds = time.process_time() - begun
    step = runtime.by_mode(smoke=25, laptop=1, full=1)
    images = reordered(test.images) if moved else test.images
    scores = evaluate_classifier(model, images[::step], test.designer[::step])
    return model, {
        **asdict(cell), "drawings": len(rows), "seed": seed, "steps": run.step,
        "pictures_seen": run.step * settings.batch_size, "processor_seconds": round(seconds, 2),
        "last_loss": round(run.history[-1]["loss"], 4), **scores,
    }  # fmt: skip


# --------------------------------------------------------------------------------------------------
# the run


def train_locality(
    kind: str, seed: int, folder: Path, minutes: float | None, precision: str
) -> tuple[nn.Module, dict]:
    """One seed of every cell, or of as many as fit into the minutes; the transformer of all drawings.

    A cell is kept as soon as it is measured, and taken from there again. Raises AestheticError for a number format
    other than float32, in which all is computed, and when the minutes were over before the transformer's turn.
    """
    if precision not in (AUTO, "float32"):
        raise AestheticError(f"this run computes in float32 alone, not in {precision}")
    begun, planned = time.monotonic(), 0
    rows: list[dict] = []
    skipped: list[str] = []
    costs = kept(
        folder / "costs.json", {"mode": runtime.run_mode()},
        lambda: {name: step_cost(name) for name in ARCHITECTURES},
    )  # fmt: skip
    weights = folder / "transformer.safetensors"
    for cell in cells():
        steps = steps_in_equal_time(costs, cell.network) if cell.budget == "time" else None
        settings = settings_of(cell, steps)
        planned += settings.steps
        of = {"cell": asdict(cell), "settings": asdict(settings), "seed": seed}
        row = known(folder / cell.file, of)
        if row is None or (ships(cell) and not weights.exists()):
            if minutes is not None and time.monotonic() - begun > 60 * minutes and rows:
                skipped.append(cell.file.removesuffix(".json"))
                continue
            model, row = train_cell(cell, settings, seed)
            if ships(cell):
                save_weights(model, weights, config=model.config)
            kept(folder / cell.file, of, partial(dict, row))
        rows.append(row)
    if not weights.exists():
        raise AestheticError(
            "the time was over before the transformer had learned from all drawings; give more minutes, or go on "
            "with the same run folder"
        )
    record = locality_record(rows, skipped, costs, seed) | {"planned_steps": planned}
    return load_weights(build(TRANSFORMER, seed), weights), record


def ships(cell: Cell) -> bool:
    """Whether the network of a cell is the one whose weights are kept."""
    return cell == Cell(network=TRANSFORMER, drawings=None)


def locality_record(
    rows: list[dict], skipped: list[str], costs: Mapping[str, float], seed: int
) -> dict:
    """What the record says of one seed."""
    weights = {name: sum(p.numel() for p in build(name, 0).parameters()) for name in ARCHITECTURES}
    return {
        "settings": {name: asdict(settings_of(Cell(network=name, drawings=None))) for name in ARCHITECTURES},
        "weights_of": weights, "precision": str(Precision()), "seeds": [seed],
        "steps": sum(row["steps"] for row in rows),
        "stopped_by": "clock" if skipped else "steps", "skipped": skipped,
        "minutes": round(sum(row["processor_seconds"] for row in rows) / 60, 2),
        "metrics": {"rows": rows, "step_cost": {name: round(cost, 5) for name, cost in costs.items()}},
    }  # fmt: skip


def locality_summary(kind: str, records: Sequence[dict]) -> dict:
    """All rows, and for each order, budget, network and number of drawings the mean over the seeds."""
    rows = [row for each in records for row in each["metrics"]["rows"]]
    values: dict[tuple[str, str, str, str], list[float]] = {}
    for row in rows:
        key = row["order"], row["budget"], row["network"], str(row["drawings"])
        values.setdefault(key, []).append(row["accuracy"])
    means: dict = {}
    for (order, budget, network, count), found in values.items():
        place = means.setdefault(order, {}).setdefault(budget, {}).setdefault(network, {})
        place[count] = over_seeds(found)
    labels = tested().designer
    return {
        "means": means, "rows": rows, "majority": int(labels.bincount().max()) / len(labels), "n": len(labels),
        "step_cost": {
            name: min(each["metrics"]["step_cost"][name] for each in records) for name in ARCHITECTURES
        },
        "processor_minutes": round(sum(row["processor_seconds"] for row in rows) / 60, 1),
    }  # fmt: skip


RUNS = (
    PublishedRun(
        family="locality",
        kind="curves",
        train=train_locality,
        seeds=SEEDS,
        summary=locality_summary,
    ),
)
