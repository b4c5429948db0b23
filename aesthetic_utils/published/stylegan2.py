"""The published StyleGAN2: a generator of drawings, with the rows of samples over time.

    aesthetic train stylegan2_emoji

It learns from all training drawings of all ten hands, and their mirror images that stay true. Not its losses say when
it has learned enough, but what the discriminator says of drawings that it never saw: where it takes them for
generated while it knows its own, it learns by heart.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data.augment_drawings import mirror_images
from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.data.images import save_image
from aesthetic_utils.metrics import closest, nearest, variety
from aesthetic_utils.models.stylegan2 import StyleDiscriminator, StyleGAN2Config, StyleGenerator
from aesthetic_utils.published.gan import detail, join_rows
from aesthetic_utils.published.parts import curves
from aesthetic_utils.published.run import PublishedRun, checkpoint_path, record
from aesthetic_utils.training.precision import run_precision
from aesthetic_utils.training.stylegan2 import (
    StyleGAN2Settings,
    draw_changes,
    sample,
    train_stylegan2,
)
from aesthetic_utils.training.weights import save_weights

SHEET_STEPS = (0, 100, 300, 1_000, 2_000, 4_000, 8_000, 16_000, 24_000)
KEPT_EVERY = 2_000  # steps; averaged weights that the run keeps in its folder, to look at later
SHEET = "stylegan2_emoji_sheets.webp"


def settings_by_mode() -> StyleGAN2Settings:
    """The sizes of a run in each mode; on a GPU so many steps that its time decides."""
    small = StyleGAN2Config(channels=(8, 8, 8, 8), latent_dim=8, style_dim=8)
    steps = 100_000 if runtime.default_device().type == "cuda" else StyleGAN2Settings().steps
    return runtime.by_mode(
        smoke=StyleGAN2Settings(steps=2, batch_size=8, config=small),
        laptop=StyleGAN2Settings(steps=400),
        full=StyleGAN2Settings(steps=steps),
    )


def training_drawings() -> Tensor:
    """Every training drawing of the ten hands, and the mirror images that stay true: uint8 [N, 3, 32, 32]."""
    emoji = load_emoji("train", ideas="all")
    images = torch.cat([emoji.images, mirror_images(emoji)[0]])
    return images[:: runtime.by_mode(smoke=len(images) // 200, laptop=1, full=1)]


def keep_on_the_way(folder: Path) -> Callable[[int, StyleGenerator], None]:
    """Keeps 16 samples from always the same z at the steps of SHEET_STEPS, and now and then the weights."""
    from aesthetic_utils.plotting import image_sheet  # slow to import

    def watch(step: int, average: StyleGenerator) -> None:
        if step in SHEET_STEPS:
            save_image(image_sheet(sample(average, 16, seed=1)), folder / f"row_{step}.png")
        if step and step % KEPT_EVERY == 0:
            save_weights(average, folder / f"average_{step}.safetensors", config=average.config)

    return watch


def look_at_held_out(
    settings: StyleGAN2Settings, train: Tensor
) -> Callable[[StyleGenerator, StyleDiscriminator], dict[str, float]]:
    """What a run asks its players on the way, always with the same changes and the same z.

    "known", "held_out", "samples": the mean logit of training drawings, of drawings that nothing was trained on, and of
    generated ones. "nearest": the median distance of a sample to its nearest training drawing, and "nearest_held_out"
    that of a held-out drawing.
    """
    n = runtime.by_mode(smoke=8, laptop=256, full=256)
    held_out = load_emoji("validation").images[:: runtime.by_mode(smoke=40, laptop=1, full=1)][:n]
    library = train.float() / 255
    known = library[:: len(library) // n][:n]
    unknown = held_out.float() / 255
    changes = draw_changes(n, settings, runtime.step_generator(0, 0))
    floor = float(nearest(unknown, library)[0].median())

    def look(average: StyleGenerator, discriminator: StyleDiscriminator) -> dict[str, float]:
        samples = sample(average, n)
        means = {}
        with runtime.evaluating(discriminator):
            for name, images in (("known", known), ("held_out", unknown), ("samples", samples)):
                seen = changes(images * 2 - 1).to(average.start.device)
                means[name] = float(discriminator(seen).mean())
        near = float(nearest(samples, library)[0].median())
        return means | {"nearest": near, "nearest_held_out": floor}

    return look


def stylegan2_metrics(generator: StyleGenerator, train: Tensor, seed: int = 0) -> dict:
    """What can be said of samples by their pixels alone; n = the held-out drawings. See `gan_metrics`."""
    train, test = train.float() / 255, load_emoji("test").images.float() / 255
    n = min(len(test), len(train))
    generated, test = sample(generator, n, seed=seed), test[:n]
    some = torch.randperm(len(train), generator=torch.Generator().manual_seed(seed))[:n]
    return {
        "nearest": {
            "samples_median": float(nearest(generated, train)[0].median()),
            "held_out_median": float(nearest(test, train)[0].median()),
        },
        "variety": variety(generated, train[some]),
        "closest": closest(generated, train[some]),
        "detail": {"samples": detail(generated), "held_out": detail(test)},
    }


def train_published_stylegan2(
    kind: str, seed: int, folder: Path, minutes: float | None, precision: str
) -> tuple[StyleGenerator, dict]:
    """The averaged generator and what its samples are like; `kind` is "emoji"."""
    path, settings = checkpoint_path(folder), settings_by_mode()
    images, device = training_drawings(), runtime.default_device()
    probe = StyleGenerator(settings.config).to(device)
    z = torch.randn(settings.batch_size, settings.config.latent_dim, device=device)
    chosen = run_precision(precision, path, lambda: runtime.choose_precision(probe, z))
    watch = keep_on_the_way(folder)
    average, _, run = train_stylegan2(
        settings, images, seed=seed, precision=chosen, path=path, minutes=minutes, watch=watch,
        look=look_at_held_out(settings, images), look_every=max(settings.steps // 28, 1),
    )  # fmt: skip
    watch(run.step, average)  # the last row, if the run ends at one
    result = record(settings, chosen, seed, run, stylegan2_metrics(average, images))
    learned_from = {
        "drawings": len(load_emoji("train", ideas="all")),
        "with_mirror_images": len(images),
    }
    return average, result | learned_from | curves(run.history, "discriminator")


def sheet_over_time(folder: Path, seed: int, result: dict) -> dict:
    """Joins the samples that the run kept on its way to SHEET; the steps that they were taken at."""
    return {"sheet_steps": join_rows(folder, folder / SHEET, result["steps"], SHEET_STEPS)}


RUNS = (
    PublishedRun(
        family="stylegan2", kind="emoji", train=train_published_stylegan2, extras=sheet_over_time, files=(SHEET,),
    ),
)  # fmt: skip
