"""The published super-resolution and restoration runs: settings, training loop, evaluation."""

import copy
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data.benchmarks import load_set5
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.data.images import as_jpeg
from aesthetic_utils.data.photo_folder import read_photo_folder
from aesthetic_utils.data.photos import load_photos, photo_names
from aesthetic_utils.metrics import super_resolution_scores
from aesthetic_utils.models import SRResNet, SRResNetConfig
from aesthetic_utils.published.run import PublishedRun, checkpoint_path, record, thinned
from aesthetic_utils.runtime import (
    Precision,
    by_mode,
    choose_precision,
    default_device,
    seed_everything,
    step_generator,
)
from aesthetic_utils.storage import AestheticError, write_json
from aesthetic_utils.training.checkpoint import fingerprint, plain_config
from aesthetic_utils.training.gradient_graph import GradientGraph
from aesthetic_utils.training.optimization import set_learning_rate, update_ema, warmup_cosine
from aesthetic_utils.training.pace import steps_that_fit
from aesthetic_utils.training.patches import PatchPool, patch_pool
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
    super_resolution_loss,
    super_resolution_step,
    upscale,
)

DAMAGES = {  # name -> blur in pixels, noise as a share of the range
    "noise 15": (0.0, 15 / 255),
    "noise 25": (0.0, 25 / 255),
    "blur 1.2": (1.2, 0.0),
    "blur 0.8, noise 10": (0.8, 10 / 255),
}
MORE_DAMAGES = {  # the same, and the quality of the JPEG file that comes after, if one does
    "noise 50": (0.0, 50 / 255, None),
    "JPEG 10": (0.0, 0.0, 10),
    "JPEG 30": (0.0, 0.0, 30),
    "blur 0.8, noise 10, JPEG 40": (0.8, 10 / 255, 40),
}
VALIDATIONS = 12  # looks at the validation photographs during a run


@dataclass(frozen=True, kw_only=True)
class SuperResolutionSettings:
    """Settings of one training run."""

    scale: int = 4  # 1: restoration of damaged photographs at their own size
    blocks: int = 16
    channels: int = 64
    batch_norm: bool = False  # the paper has it
    image_skip: bool = True  # the paper has none; without it this many steps do not beat bicubic
    edge_kernel: int = 9  # of the first and the last layer, as in the paper
    convolved_skip: bool = False  # see SRResNetConfig
    patch: int = 24  # pixels of the small patch, as in the paper
    batch_size: int = 8  # the paper has 16 on a GPU
    reject: float = 0.3  # share of the places in the photographs with the least detail, never drawn
    steps: int = 40_000  # at most; `planned` takes as many as fit into the time
    learning_rate: float = 3e-4  # peak; at 1e-3 the network without norms diverges
    ema_decay: float = 0.999  # the averaged weights are the result


def settings_by_mode(kind: str) -> SuperResolutionSettings:
    """The sizes of a run in each mode; kind: "x4", "x4 light" or "restore".

    A GPU gets the larger patches and batches that fill it.
    """
    shapes = {"x4": X4, "x4 light": X4_LIGHT, "restore": RESTORE}
    shape = shapes[kind]
    small = {"blocks": 2, "channels": 16, "batch_size": 2, "patch": 16, "steps": 2}
    brief = {"blocks": 4, "channels": 32, "steps": 600}
    large = GPU_BATCHES.get(kind, {}) if default_device().type == "cuda" else {}
    return by_mode(
        smoke=replace(shape, **small), laptop=replace(shape, **brief), full=replace(shape, **large)
    )


X4 = SuperResolutionSettings()
# for browsers: 247,000 weights, 1 MB
X4_LIGHT = replace(
    X4, blocks=8, channels=32, convolved_skip=True, learning_rate=8e-4, batch_size=16
)
# at its own size a photograph has 16 times the pixels, so restoration has a smaller network
RESTORE = replace(X4, scale=1, blocks=8, channels=48, edge_kernel=5, patch=48, learning_rate=5e-4)
GPU_BATCHES = {
    "x4": {"patch": 48, "batch_size": 32, "steps": 500_000, "learning_rate": 4e-4},
    "x4 light": {"patch": 48, "batch_size": 32, "steps": 500_000},
    "restore": {"patch": 96, "batch_size": 32, "steps": 500_000},
}


def build(settings: SuperResolutionSettings) -> SRResNet:
    """The network that the settings describe."""
    names = [field.name for field in fields(SRResNetConfig) if hasattr(settings, field.name)]
    return SRResNet(SRResNetConfig(**{name: getattr(settings, name) for name in names}))


def train_super_resolution(
    settings: SuperResolutionSettings,
    pool: PatchPool,
    *,
    seed: int = 0,
    precision: Precision,
    path: Path | None = None,
    minutes: float | None = None,
    validate: Callable[[SRResNet], dict[str, float]] | None = None,
) -> tuple[SRResNet, Run]:
    """Trains on patches from `patch_pool`; with scale 1 the inputs are damaged anew in every batch.

    validate: called with the averaged network VALIDATIONS times and at the end; what it gives goes into
    the history. Returns the average of the weights over the last steps, as a network, and the finished run.
    """
    seed_everything(seed)
    device = default_device()
    model = precision.place(build(settings), device)
    average = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
    scaler = precision.scaler(device)
    pool = pool.to(device)
    data = fingerprint(pool.low, pool.high, pool.places)
    run = Run(
        steps=settings.steps, models={"model": model, "average": average},
        optimizers={"adam": optimizer}, precision=precision, scalers={"adam": scaler},
        config=asdict(settings) | {"seed": seed, "data": data}, path=path,
        minutes=minutes, label=f"SRResNet x{settings.scale}",
    )  # fmt: skip
    model.train()
    step_of = fastest_step(model, optimizer, precision, scaler)
    every = max(settings.steps // VALIDATIONS, 1)
    for step, progress in run:
        set_learning_rate(optimizer, settings.learning_rate * warmup_cosine(progress))
        x, y = pool.sample(batch_size=settings.batch_size, seed=seed, step=step)
        if settings.scale == 1:
            x = random_damage(x, step_generator(seed + 1, step, device))
        loss = step_of(x, y)
        update_ema(average, model, min(settings.ema_decay, (1 + step) / (10 + step)))
        run.log(step, loss=loss)
        refuse_divergence(run)
        if validate is not None and ((step + 1) % every == 0 or step == settings.steps - 1):
            run.log(step, every=1, **validate(average))
    return average, run


def refuse_divergence(run: Run) -> None:
    """Raises AestheticError when the last loss that was logged is no number."""
    if run.history and not math.isfinite(run.history[-1].get("loss", 0.0)):
        raise AestheticError(f"the loss is no number by step {run.step:,}; lower the learning rate")


def fastest_step(
    model: SRResNet,
    optimizer: torch.optim.Optimizer,
    precision: Precision,
    scaler: torch.amp.GradScaler,
) -> Callable[[Tensor, Tensor], Tensor]:
    """(low, high) -> loss: `super_resolution_step`, on a CUDA device by a recording of its passes."""
    if not next(model.parameters()).is_cuda or scaler.is_enabled():
        options: dict[str, Any] = {"precision": precision, "scaler": scaler}
        return partial(super_resolution_step, model, optimizer, **options)
    gradients = GradientGraph(partial(super_resolution_loss, model, precision=precision), model)

    def step(low: Tensor, high: Tensor) -> Tensor:
        loss = gradients(low, high)
        optimizer.step()
        return loss

    return step


def planned(
    settings: SuperResolutionSettings,
    pool: PatchPool,
    precision: Precision,
    minutes: float | None,
    path: Path | None = None,
) -> SuperResolutionSettings:
    """The settings with as many steps as fit into the minutes, by a trial on this machine; see `steps_that_fit`."""
    if minutes is None:
        return settings
    device = default_device()
    model, pool = precision.place(build(settings), device).train(), pool.to(device)
    average = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.0, fused=True)
    step_of = fastest_step(model, optimizer, precision, precision.scaler(device))

    def step() -> None:
        x, y = pool.sample(batch_size=settings.batch_size, seed=0, step=0)
        if settings.scale == 1:
            x = random_damage(x, step_generator(0, 0, device))
        step_of(x, y)
        update_ema(average, model, 0.999)

    steps = steps_that_fit(step, minutes, at_most=settings.steps, path=path)
    return replace(settings, steps=steps)


def training_tiles(scale: int) -> tuple[Tensor, Tensor]:
    """Tiles of the embedded training photographs; in smoke mode of the first three."""
    tile = 32 if scale > 1 else 64
    return patch_pairs(training_photos(), scale, tile)


def training_photos() -> list[Tensor]:
    """The embedded training photographs, uint8 [3, H, W]; in smoke mode the first three."""
    photos = load_photos("train")[: by_mode(smoke=3, laptop=None, full=None)]
    return [photo.image for photo in photos]


def training_pool(
    settings: SuperResolutionSettings, folder: Path | None = None
) -> tuple[PatchPool, dict]:
    """The patches to train on, and what a record says of the photographs that they come from.

    folder: photographs of the user's in full size; those of the embedded set that are for validation and
    for testing are left out by their names. Without one the embedded training photographs are taken.
    """
    if folder is None:
        photos = training_photos()
        described = {"photographs": len(photos), "embedded": True}
    else:
        held_out = {*photo_names("validation"), *photo_names("test")}
        # copies are for enlarging, where what is small in one photograph is large in another
        size = {"copies": 3 if settings.scale > 1 else 0, "least": settings.scale * settings.patch}
        read = read_photo_folder(folder, leave_out=held_out, **size)
        photos, described = list(read.images), read.described()
    options = {"reject": settings.reject, "device": default_device()}
    return patch_pool(photos, settings.scale, settings.patch, **options), described


def fastest_precision(settings: SuperResolutionSettings) -> Precision:
    """What `choose_precision` finds for this network on a batch of the size that it is trained with."""
    size = (settings.batch_size, 3, settings.patch, settings.patch)
    device = default_device()
    return choose_precision(build(settings).to(device), torch.rand(size, device=device), rounds=3)


VARIANTS = {  # the paper's network, and what ours does otherwise, one thing after the other
    "as Ledig et al.": {"batch_norm": True, "image_skip": False},
    "with the image skip": {"batch_norm": True, "image_skip": True},
    "and without batch norm": {"batch_norm": False, "image_skip": True},
}


SHORT = {"patch": 24, "batch_size": 8, "learning_rate": 3e-4}  # the same on every machine


def short_settings() -> SuperResolutionSettings:
    """What the runs of `short_runs` have in common."""
    return replace(settings_by_mode("x4"), steps=by_mode(smoke=2, laptop=100, full=300), **SHORT)


def short_runs(seed: int = 0, precision: Precision | None = None) -> list[dict]:
    """Each of VARIANTS after the same few steps: rows with the means over the test photographs.

    precision: without one each variant computes in what is fastest for it.
    """
    few = by_mode(smoke=1, laptop=4, full=None)
    photos = {p.name: p.image for p in load_photos("test", 384)[:few]}
    pool, _ = training_pool(short_settings())
    rows = []
    for name, changes in VARIANTS.items():
        variant = replace(short_settings(), **changes)
        chosen = precision or fastest_precision(variant)
        model, run = train_super_resolution(variant, pool, seed=seed, precision=chosen)
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
    """Damaged input and restored output for each photograph and each entry of DAMAGES and MORE_DAMAGES."""
    rows = []
    for number, (name, image) in enumerate(images.items()):
        target = image[None].float() / 255
        for kind in (*DAMAGES, *MORE_DAMAGES):
            bad = damaged(target, kind, step_generator(seed, number))
            results = {"damaged": bad, "srresnet": upscale(model, bad[0])[None]}
            rows.append({"image": name, "damage": kind} | _scores(results, target, 4))
    return rows


def damaged(image: Tensor, kind: str, generator: torch.Generator) -> Tensor:
    """A photograph, float [1, 3, H, W], damaged as the tables say; JPEG is Pillow's, not that of the training."""
    table = MORE_DAMAGES | {name: (*amounts, None) for name, amounts in DAMAGES.items()}
    sigma_blur, sigma_noise, quality = table[kind]
    bad = damage(image, torch.tensor([sigma_blur]), torch.tensor([sigma_noise]), generator)
    return bad if quality is None else as_jpeg(bad[0], quality)[None]


def clean_table(model: SRResNet, images: dict[str, Tensor]) -> list[dict]:
    """Photographs to which nothing was done, restored all the same: what the network spoils, as PSNR-Y and SSIM-Y."""
    rows = []
    for name, image in images.items():
        target = image[None].float() / 255
        restored = upscale(model, target[0])[None]
        rows.append({"image": name} | _scores({"srresnet": restored}, target, 4))
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
    kind: str,
    seed: int,
    folder: Path,
    minutes: float | None,
    precision: str,
    photos: Path | None = None,
) -> tuple[SRResNet, dict]:
    """`x4`, `x4 light` or `restore`: the averaged network, and its tables on held-out photographs.

    photos: a folder of photographs to train on, in place of the embedded ones; see `training_pool`.
    """
    path = checkpoint_path(folder)
    settings = settings_by_mode(kind)
    pool, data = training_pool(settings, photos)
    chosen = run_precision(precision, path, lambda: fastest_precision(settings))
    settings = planned(settings, pool, chosen, minutes, path)
    model, run = train_super_resolution(
        settings, pool, seed=seed, precision=chosen, path=path, minutes=minutes,
        validate=kept_validation(folder, settings.scale),
    )  # fmt: skip
    result = record(settings, chosen, seed, run, sr_metrics(model))
    losses = [row for row in run.history if "loss" in row]
    looks = [row for row in run.history if "loss" not in row]
    return model, result | {"data": data, "history": thinned(losses), "validation": thinned(looks)}


def kept_validation(folder: Path, scale: int) -> Callable[[SRResNet], dict[str, float]]:
    """What a run asks of its network on the way: the mean PSNR-Y on the validation photographs.

    It is also appended to validation.json in the folder, as it comes.
    """
    few, long_side = by_mode(smoke=(1, 128), laptop=(4, 256), full=(None, 384))
    if scale == 1:  # each photograph is damaged in every way
        few, long_side = min(few or 4, 4), min(long_side, 256)
    photos = {p.name: p.image for p in load_photos("validation", long_side)[:few]}
    file, rows = folder / "validation.json", []

    def validate(model: SRResNet) -> dict[str, float]:
        table = super_resolution_table if scale > 1 else restoration_table
        found = means(table(model, photos))
        rows.append({"psnr_y": found["srresnet_psnr_y"], "ssim_y": found["srresnet_ssim_y"]})
        write_json(file, rows)
        return rows[-1]

    return validate


def sr_metrics(model) -> dict:
    """Tables on the test photographs, and on Set5 where its five images are at hand."""
    few = runtime.by_mode(smoke=1, laptop=4, full=None)
    photos = {p.name: p.image for p in load_photos("test", 384)[:few]}
    if model.config.scale == 1:
        rows = restoration_table(model, photos)
        kinds = {k: means(rows, lambda r, k=k: r["damage"] == k) for k in (*DAMAGES, *MORE_DAMAGES)}
        return {"by_damage": kinds, "images": rows, "clean": means(clean_table(model, photos))}
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
        family="srresnet", kind="x4", train=train_sr, short="srresnet", extras=kept_short_runs,
        takes=("photos",),
    ),
    PublishedRun(family="srresnet", kind="x4 light", train=train_sr, takes=("photos",)),
    PublishedRun(family="srresnet", kind="restore", train=train_sr, takes=("photos",)),
)  # fmt: skip
