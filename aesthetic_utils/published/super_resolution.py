"""The published super-resolution and restoration runs: settings, training loop, evaluation."""

import copy
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data.benchmarks import load_set5
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.data.photos import load_photos
from aesthetic_utils.metrics import super_resolution_scores
from aesthetic_utils.models import SRResNet, SRResNetConfig
from aesthetic_utils.published.run import PublishedRun, checkpoint_path, record
from aesthetic_utils.runtime import (
    Precision,
    by_mode,
    choose_precision,
    default_device,
    seed_everything,
    step_generator,
)
from aesthetic_utils.storage import write_json
from aesthetic_utils.training.checkpoint import fingerprint, plain_config
from aesthetic_utils.training.optimization import set_learning_rate, update_ema, warmup_cosine
from aesthetic_utils.training.precision import run_precision, stated
from aesthetic_utils.training.run import Run
from aesthetic_utils.training.super_resolution import (
    bicubic_down,
    bicubic_up,
    crop_to_multiple,
    damage,
    eight_bit,
    patch_pairs,
    random_damage,
    sample_patches,
    super_resolution_step,
    upscale,
)

DAMAGES = {  # name -> blur in pixels, noise as a share of the range
    "noise 15": (0.0, 15 / 255),
    "noise 25": (0.0, 25 / 255),
    "blur 1.2": (1.2, 0.0),
    "blur 0.8, noise 10": (0.8, 10 / 255),
}


@dataclass(frozen=True, kw_only=True)
class SuperResolutionSettings:
    """Settings of one training run."""

    scale: int = 4  # 1: restoration of damaged photographs at their own size
    blocks: int = 16
    channels: int = 64
    batch_norm: bool = False  # the paper has it
    image_skip: bool = True  # the paper has none; without it this many steps do not beat bicubic
    patch: int = 24  # pixels of the small patch, as in the paper
    batch_size: int = 8  # the paper has 16 on a GPU
    steps: int = 40_000
    learning_rate: float = 3e-4  # peak; at 1e-3 the network without norms diverges
    ema_decay: float = 0.999  # the averaged weights are the result


def settings_by_mode(scale: int) -> SuperResolutionSettings:
    """The sizes of a run in each mode."""
    small = {"blocks": 2, "channels": 16, "batch_size": 2}
    patch = 24 if scale > 1 else 48
    # at its own size a photograph has 16 times the pixels, so restoration has a smaller network
    whole = {} if scale > 1 else {"blocks": 6, "channels": 32}
    return by_mode(
        smoke=SuperResolutionSettings(scale=scale, patch=16, steps=2, **small),
        laptop=SuperResolutionSettings(scale=scale, patch=patch, blocks=4, channels=32, steps=600),
        full=SuperResolutionSettings(scale=scale, patch=patch, **whole),
    )


def build(settings: SuperResolutionSettings) -> SRResNet:
    """The network that the settings describe."""
    names = [field.name for field in fields(SRResNetConfig) if hasattr(settings, field.name)]
    return SRResNet(SRResNetConfig(**{name: getattr(settings, name) for name in names}))


def train_super_resolution(
    settings: SuperResolutionSettings,
    low: Tensor,
    high: Tensor,
    *,
    seed: int = 0,
    precision: Precision,
    path: Path | None = None,
    minutes: float | None = None,
) -> tuple[SRResNet, Run]:
    """Trains on tiles from `patch_pairs`; with scale 1 the inputs are damaged anew in every batch.

    Returns the average of the weights over the last steps, as a network, and the finished run.
    """
    seed_everything(seed)
    device = default_device()
    model = precision.place(build(settings), device)
    average = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
    scaler = precision.scaler(device)
    low, high = low.to(device), high.to(device)
    run = Run(
        steps=settings.steps, models={"model": model, "average": average},
        optimizers={"adam": optimizer}, precision=precision, scalers={"adam": scaler},
        config=asdict(settings) | {"seed": seed, "data": fingerprint(low, high)}, path=path,
        minutes=minutes, label=f"SRResNet x{settings.scale}",
    )  # fmt: skip
    model.train()
    for step, progress in run:
        set_learning_rate(optimizer, settings.learning_rate * warmup_cosine(progress))
        size = {"patch": settings.patch, "batch_size": settings.batch_size}
        x, y = sample_patches(low, high, **size, seed=seed, step=step)
        if settings.scale == 1:
            x = random_damage(x, step_generator(seed + 1, step))
        loss = super_resolution_step(model, optimizer, x, y, precision=precision, scaler=scaler)
        update_ema(average, model, min(settings.ema_decay, (1 + step) / (10 + step)))
        run.log(step, loss=loss)
    return average, run


def training_tiles(scale: int) -> tuple[Tensor, Tensor]:
    """Tiles of the training photographs; in smoke mode of the first three."""
    photos = load_photos("train")[: by_mode(smoke=3, laptop=None, full=None)]
    tile = 32 if scale > 1 else 64
    return patch_pairs([p.image for p in photos], scale, tile)


def fastest_precision(settings: SuperResolutionSettings, low: Tensor) -> Precision:
    """What `choose_precision` finds for this network on patches of `low`, uint8 [M, 3, t, t]."""
    example = low[:4, :, : settings.patch, : settings.patch].to(default_device()).float() / 255
    return choose_precision(build(settings).to(default_device()), example, rounds=3)


VARIANTS = {  # the paper's network, and what ours does otherwise, one thing after the other
    "as Ledig et al.": {"batch_norm": True, "image_skip": False},
    "with the image skip": {"batch_norm": True, "image_skip": True},
    "and without batch norm": {"batch_norm": False, "image_skip": True},
}


def short_settings() -> SuperResolutionSettings:
    """What the runs of `short_runs` have in common."""
    return replace(settings_by_mode(4), steps=by_mode(smoke=2, laptop=100, full=300))


def short_runs(seed: int = 0, precision: Precision | None = None) -> list[dict]:
    """Each of VARIANTS after the same few steps: rows with the means over the test photographs.

    precision: without one each variant computes in what is fastest for it.
    """
    few = by_mode(smoke=1, laptop=4, full=None)
    photos = {p.name: p.image for p in load_photos("test", 384)[:few]}
    low, high = training_tiles(4)
    rows = []
    for name, changes in VARIANTS.items():
        variant = replace(short_settings(), **changes)
        chosen = precision or fastest_precision(variant, low)
        model, run = train_super_resolution(variant, low, high, seed=seed, precision=chosen)
        scores = means(super_resolution_table(model, photos))
        rows.append({"variant": name, "steps": run.step, "seed": seed} | scores)
    return rows


# --------------------------------------------------------------------------------------------------
# evaluation on whole photographs


def super_resolution_table(
    model: SRResNet, images: dict[str, Tensor], scale: int = 4
) -> list[dict]:
    """Bicubic and network on each photograph: uint8 [3, H, W] by name -> rows with PSNR-Y and SSIM-Y."""
    rows = []
    for name, image in images.items():
        target = crop_to_multiple(image[None].float() / 255, scale)
        small = eight_bit(bicubic_down(target, scale))
        results = {"bicubic": bicubic_up(small, scale), "srresnet": upscale(model, small[0])[None]}
        rows.append({"image": name} | _scores(results, target, scale))
    return rows


def restoration_table(model: SRResNet, images: dict[str, Tensor], seed: int = 0) -> list[dict]:
    """Damaged input and restored output for each photograph and each entry of DAMAGES."""
    rows = []
    for number, (name, image) in enumerate(images.items()):
        target = image[None].float() / 255
        for kind, (sigma_blur, sigma_noise) in DAMAGES.items():
            generator = step_generator(seed, number)
            bad = damage(target, torch.tensor([sigma_blur]), torch.tensor([sigma_noise]), generator)
            results = {"damaged": bad, "srresnet": upscale(model, bad[0])[None]}
            rows.append({"image": name, "damage": kind} | _scores(results, target, 4))
    return rows


def _scores(results: dict[str, Tensor], target: Tensor, border: int) -> dict[str, float]:
    scores = {}
    for method, image in results.items():
        psnr, ssim = super_resolution_scores(image, target, border)
        scores |= {f"{method}_psnr_y": psnr.item(), f"{method}_ssim_y": ssim.item()}
    return scores


def means(rows: list[dict], group: Callable[[dict], bool] = lambda row: True) -> dict[str, Any]:
    """The mean of every number over the rows of a group, and how many rows they are."""
    chosen = [r for r in rows if group(r)]
    numbers = [k for k, v in chosen[0].items() if isinstance(v, float)]
    return {"n": len(chosen)} | {k: sum(r[k] for r in chosen) / len(chosen) for k in numbers}


# --------------------------------------------------------------------------------------------------
# the published runs


def train_sr(
    kind: str, seed: int, folder: Path, minutes: float | None, precision: str
) -> tuple[SRResNet, dict]:
    """`x4` or `restore`: the averaged network, and its tables on held-out photographs."""
    path = checkpoint_path(folder)
    settings = settings_by_mode(1 if kind == "restore" else 4)
    low, high = training_tiles(settings.scale)
    chosen = run_precision(precision, path, lambda: fastest_precision(settings, low))
    model, run = train_super_resolution(
        settings, low, high, seed=seed, precision=chosen, path=path, minutes=minutes
    )
    return model, record(settings, chosen, seed, run, sr_metrics(model))


def sr_metrics(model) -> dict:
    """Tables on the test photographs, and on Set5 where its five images are at hand."""
    few = runtime.by_mode(smoke=1, laptop=4, full=None)
    photos = {p.name: p.image for p in load_photos("test", 384)[:few]}
    if model.config.scale == 1:
        rows = restoration_table(model, photos)
        kinds = {k: means(rows, lambda r, k=k: r["damage"] == k) for k in DAMAGES}
        return {"by_damage": kinds, "images": rows}
    rows = super_resolution_table(model, photos)
    metrics = {"test": means(rows), "test_images": rows}
    try:
        set5 = super_resolution_table(model, dict(load_set5()))
    except MissingDataError:
        return metrics
    return metrics | {"set5": means(set5), "set5_images": set5}


def kept_short_runs(folder: Path, seed: int, result: dict) -> dict:
    """The comparison of `short_runs`, trained once and then kept beside the checkpoint.

    They compute in the format of the run itself. What is kept is taken only if it was made with the
    same settings.
    """
    file, settings = folder / "short_runs.json", plain_config(short_settings())
    made_by = {"seed": seed, "settings": settings, "mode": runtime.run_mode()}
    made_by |= {"precision": result["precision"]}
    if file.exists() and (kept := json.loads(file.read_text(encoding="utf-8")))["of"] == made_by:
        return {"short_runs": kept["rows"]}
    rows = short_runs(seed, stated(result["precision"]))
    write_json(file, {"of": made_by, "rows": rows})
    return {"short_runs": rows}


RUNS = (
    PublishedRun(
        family="srresnet", kind="x4", train=train_sr, short="srresnet", extras=kept_short_runs
    ),
    PublishedRun(family="srresnet", kind="restore", train=train_sr),
)
