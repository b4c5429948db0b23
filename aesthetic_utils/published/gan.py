"""The published GAN runs: settings, the sheet of samples over time, and the measures of a generator."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.data.images import read_image, save_image
from aesthetic_utils.metrics import closest, nearest, variety
from aesthetic_utils.models import DCGANConfig, Generator
from aesthetic_utils.published.run import PublishedRun, checkpoint_path, record
from aesthetic_utils.training.gan import BROKEN, GANSettings, broken, sample, train_gan
from aesthetic_utils.training.precision import run_precision


def gan_settings(kind: str = "emoji") -> GANSettings:
    """Sizes by run mode. A run that is broken on purpose is short and narrow: what it shows needs no more."""
    settings = runtime.by_mode(
        smoke=GANSettings(steps=2, batch_size=8, base_channels=8),
        laptop=GANSettings(steps=400),
        full=GANSettings(steps=8_000),
    )
    if kind not in BROKEN:
        return settings
    short = min(settings.steps, 1_000), min(settings.base_channels, 24)
    return broken(kind, replace(settings, steps=short[0], base_channels=short[1]))


SHEETS = "gan_emoji_sheets.webp"
SHEET_STEPS = (0, 100, 300, 1000, 2000, 3000, 4000, 6000, 8000)


def keep_rows(folder: Path) -> Callable[[int, Generator], None]:
    """Keeps 16 samples from always the same z at the steps of SHEET_STEPS, as row_STEP.png."""
    from aesthetic_utils.plotting import image_sheet  # slow to import

    def watch(step: int, generator: Generator) -> None:
        if step in SHEET_STEPS:
            save_image(image_sheet(sample(generator, 16, seed=1)), folder / f"row_{step}.png")

    return watch


def join_rows(folder: Path, out: Path, done: int, at: Sequence[int] = SHEET_STEPS) -> list[int]:
    """Joins the rows that a run kept at these steps from top to bottom into one picture; returns their steps.

    done: steps of the run. Rows of other steps, which an earlier run left there, are passed over.
    """
    steps = [s for s in at if s <= done and (folder / f"row_{s}.png").exists()]
    rows = [read_image(folder / f"row_{step}.png") for step in steps]
    save_image(torch.cat([F.pad(row, (0, 0, 0, 2), value=255) for row in rows], 1), out)
    return steps


def gan_metrics(generator: Generator, seed: int = 0) -> dict:
    """What can be said of samples by their pixels alone: copies, variety, detail; n = the held-out drawings.

    Distances in the features of the published classifiers stand in a record of their own, generator_distances:
    a better ruler measures a generator anew and does not train it anew.
    """
    train, test = (
        load_emoji(split, ideas="all").images.float() / 255 for split in ("train", "test")
    )
    n = len(test)
    generated = sample(generator, n, seed=seed)
    some = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))[:n]
    near, _ = nearest(generated, train)
    near_test, _ = nearest(test, train)
    return {
        "nearest": {
            "samples_median": near.median().item(),
            "held_out_median": near_test.median().item(),
        },
        "variety": variety(generated, train[some]),
        "closest": closest(generated, train[some]),
        "detail": {
            "samples": detail(generated),
            "centre": detail(centre(generator)),
            "mean_drawing": detail(train.mean(0, keepdim=True)),
        },
    }


def detail(images: Tensor) -> float:
    """Mean change from one pixel to the next, across plus down, of images [N, C, H, W]."""
    across = (images[..., 1:] - images[..., :-1]).abs().mean()
    down = (images[..., 1:, :] - images[..., :-1, :]).abs().mean()
    return float(across + down)


def centre(generator: Generator) -> Tensor:
    """What a generator makes of z = 0, [1, 3, S, S] in [0, 1]."""
    z = torch.zeros(1, generator.config.latent_dim).to(next(generator.parameters()))
    with runtime.evaluating(generator):
        return generator(z).float().cpu() / 2 + 0.5


def train_published_gan(
    kind: str, seed: int, folder: Path, minutes: float | None, precision: str
) -> tuple[Generator, dict]:
    """`emoji`, or one of the runs broken on purpose such as `mode collapse`."""
    path = checkpoint_path(folder)
    settings = gan_settings(kind)
    device = runtime.default_device()
    images = load_emoji("train", ideas="all").images
    probe = Generator(DCGANConfig(base_channels=settings.base_channels)).to(device)
    z = torch.randn(settings.batch_size, 100, device=device)
    chosen = run_precision(precision, path, lambda: runtime.choose_precision(probe, z))
    watch = keep_rows(folder)
    average, _, run = train_gan(
        settings, images, seed=seed, precision=chosen, path=path, minutes=minutes, watch=watch
    )
    watch(run.step, average)  # the last row, if the run ends at one
    result = record(settings, chosen, seed, run, gan_metrics(average))
    return average, result | {"drawings": len(images)}


def sheet_over_time(folder: Path, seed: int, result: dict) -> dict:
    """Joins the samples that the run kept on its way to SHEETS; the steps that they were taken at."""
    return {"sheet_steps": join_rows(folder, folder / SHEETS, result["steps"])}


RUNS = (
    PublishedRun(
        family="gan", kind="emoji", train=train_published_gan, short="gan", extras=sheet_over_time,
        files=(SHEETS,),
    ),
    *(PublishedRun(family="gan", kind=kind, train=train_published_gan) for kind in BROKEN),
)  # fmt: skip
