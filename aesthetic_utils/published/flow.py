"""The published flow: from noise to drawings, asked for by category, designer and the words of their names.

    aesthetic train flow_emoji

It learns from all training drawings of all ten hands.
"""

import copy
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from aesthetic_utils import runtime
from aesthetic_utils.data.augment_drawings import mirror_images
from aesthetic_utils.data.emoji import EmojiSet, load_emoji
from aesthetic_utils.metrics import closest, nearest, variety
from aesthetic_utils.models.unet import Conditions, UNet, UNetConfig, word_numbers
from aesthetic_utils.published.parts import curves
from aesthetic_utils.published.run import PublishedRun, checkpoint_path, record
from aesthetic_utils.runtime import Precision
from aesthetic_utils.training.flow import (
    Drawings,
    FlowSettings,
    fixed_loss,
    sample_flow,
    train_flow,
)
from aesthetic_utils.training.precision import run_precision
from aesthetic_utils.training.weights import load_weights, save_weights, weights_info

# whose averaged weights a run keeps
KEEP_STEPS = (250, 500, 1_000, 2_000, 3_000, 4_000, 5_000, 8_000, 12_000, 16_000, 20_000)


def flow_settings() -> FlowSettings:
    """Sizes by run mode; a GPU gets larger batches, and more of them."""
    large = {"steps": 24_000, "batch_size": 256, "learning_rate": 1e-3, "ema_decay": 0.9995}
    cuda = runtime.default_device().type == "cuda"
    return runtime.by_mode(
        smoke=FlowSettings(steps=3, batch_size=8, validate_every=2),
        laptop=FlowSettings(steps=400),
        full=FlowSettings(**(large if cuda else {})),
    )


def network() -> UNetConfig:
    """The published network; a narrow one in smoke mode."""
    emoji = load_emoji("train", ideas="all")
    words = sorted({word for name in emoji.names for word in name.split("-")})
    return UNetConfig(
        channels=runtime.by_mode(smoke=8, laptop=32, full=32),
        condition=runtime.by_mode(smoke=16, laptop=128, full=128),
        categories=len(emoji.category_names),
        designers=len(emoji.designer_names),
        words=tuple(words),
    )


def conditions_of(emoji: EmojiSet, words: tuple[str, ...]) -> Conditions:
    """What the drawings of a set are, as a network that knows these words is asked for it.

    Designers are counted as in the set: it has to be one of all ten hands, or of the first five.
    """
    return Conditions(emoji.category + 1, emoji.designer + 1, word_numbers(emoji.names, words))


def drawings_of(emoji: EmojiSet, words: tuple[str, ...]) -> Drawings:
    """Pictures and conditions of a set, and which may be mirrored."""
    may = torch.zeros(len(emoji), dtype=torch.bool)
    may[mirror_images(emoji)[1]] = True
    return Drawings(images=emoji.images, conditions=conditions_of(emoji, words), may_mirror=may)


def some_of(drawings: Drawings, n: int, seed: int = 0) -> Drawings:
    """n drawings drawn at random, or all if there are not more."""
    order = torch.randperm(len(drawings.images), generator=torch.Generator().manual_seed(seed))
    return drawings.rows(order[:n])


class AtHalfTime(nn.Module):
    """A network asked at t = 1/2 for nothing in particular, for a trial of number formats."""

    def __init__(self, model: UNet):
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x, x.new_full((len(x),), 0.5))


def keep_averages(folder: Path) -> Callable[[int, UNet], None]:
    """Keeps the averaged weights at the steps of KEEP_STEPS, as average_STEP.safetensors."""

    def watch(step: int, average: UNet) -> None:
        if step in KEEP_STEPS:
            save_weights(average, folder / f"average_{step}.safetensors", config=average.config)

    return watch


def train_published_flow(
    kind: str, seed: int, folder: Path, minutes: float | None, precision: str
) -> tuple[UNet, dict]:
    """One seed: the network with averaged weights, and what it measures."""
    path, config, settings = checkpoint_path(folder), network(), flow_settings()
    drawings = drawings_of(load_emoji("train", ideas="all"), config.words)
    held_out = drawings_of(load_emoji("validation", ideas="all"), config.words)
    looked_at = runtime.by_mode(smoke=8, laptop=256, full=256)
    device = runtime.default_device()
    noise = torch.randn(settings.batch_size, 3, 32, 32, device=device)
    probe = AtHalfTime(UNet(config)).to(device)
    chosen = run_precision(precision, path, lambda: runtime.choose_precision(probe, noise))
    average, run = train_flow(
        config, settings, drawings, seed=seed, precision=chosen, path=path, minutes=minutes,
        looks={"train": some_of(drawings, looked_at), "validation": some_of(held_out, looked_at)},
        watch=keep_averages(folder),
    )  # fmt: skip
    result = record(settings, chosen, seed, run, flow_metrics(average, seed))
    return average, result | curves(run.history, "loss") | {"drawings": len(drawings.images)}


def load_flow(name: str = "flow_emoji") -> UNet:
    """The published network, ready to draw: a name of the package's weights, or a path."""
    about = weights_info(name)["config"]
    config = UNetConfig(**about | {k: tuple(about[k]) for k in ("multipliers", "words")})
    return load_weights(UNet(config), name).eval()


def draw_like_training(
    model: UNet, n: int, seed: int = 0, *, steps: int | None = None, strength: float = 1.0
) -> Tensor:
    """n pictures, float [n, 3, 32, 32] in [0, 1]: the categories and hands of training drawings are asked for.

    steps: of Heun; by default those of the mode. strength: of the asking (guidance); 1 is plain asking.
    """
    steps = steps or runtime.by_mode(smoke=2, laptop=10, full=20)
    like = asked_like(load_emoji("train", ideas="all"), n, model.config.words, seed)
    return sample_flow(model, like, scales=(strength,) * 3, steps=steps, seed=seed)


def asked_like(emoji: EmojiSet, n: int, words: tuple[str, ...], seed: int = 0) -> Conditions:
    """Category and designer of n drawings of a set, drawn at random, and no words."""
    rows = torch.randint(len(emoji), (n,), generator=torch.Generator().manual_seed(seed))
    return conditions_of(emoji, words).rows(rows).kept("category", "designer")


def flow_metrics(model: UNet, seed: int = 0) -> dict:
    """What can be said of samples by their pixels alone: copies, variety, the white of the ground; and the loss.

    500 samples, asked for the categories and hands of training drawings, without guidance, beside as many held-out
    drawings. Distances in the features of classifiers stand in records of their own.
    """
    n = runtime.by_mode(smoke=8, laptop=64, full=500)
    train, held_out = (
        drawings_of(load_emoji(split, ideas="all"), model.config.words)
        for split in ("train", "test")
    )
    held_out = some_of(held_out, n, seed)
    cpu = copy.deepcopy(model).cpu()
    samples = draw_like_training(cpu, n, seed)
    every, unseen = train.images.float() / 255, held_out.images.float() / 255
    real = some_of(train, n, seed).images.float() / 255
    near, near_unseen = nearest(samples, every)[0], nearest(unseen, every)[0]
    return {
        "nearest": {
            "samples_median": near.median().item(),
            "held_out_median": near_unseen.median().item(),
        },
        "variety": variety(samples, real),
        "closest": closest(samples, real),
        "corner": {
            "samples": samples[..., 0, 0].mean().item(),
            "drawings": real[..., 0, 0].mean().item(),
        },
        "loss": {"held_out": fixed_loss(cpu, held_out, Precision(), seed=seed).item()},
    }


RUNS = (PublishedRun(family="flow", kind="emoji", train=train_published_flow),)
