"""The published super-resolution and restoration runs: settings, data, training loop."""

import copy
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data.photo_folder import as_tensor, read_photo_folder, with_copies
from aesthetic_utils.data.photos import load_photos, photo_names
from aesthetic_utils.models import SRResNet, SRResNetConfig
from aesthetic_utils.published.baselines import BASELINES
from aesthetic_utils.published.parts import curves, kept
from aesthetic_utils.published.results import available_results, load_result
from aesthetic_utils.published.run import PublishedRun, checkpoint_path, record
from aesthetic_utils.published.super_resolution_tables import (
    means,
    published_baselines,
    restoration_table,
    sr_metrics,
    super_resolution_table,
)
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
from aesthetic_utils.training.devices import current_team
from aesthetic_utils.training.gradient_graph import fastest_step
from aesthetic_utils.training.optimization import set_learning_rate, update_ema, warmup_cosine
from aesthetic_utils.training.pace import steps_that_fit
from aesthetic_utils.training.patches import PatchPool, patch_pool
from aesthetic_utils.training.precision import run_precision, stated
from aesthetic_utils.training.run import Run
from aesthetic_utils.training.super_resolution import (
    DamageSettings,
    random_damage,
    super_resolution_loss,
)
from aesthetic_utils.training.weights import load_weights, weights_info

VALIDATIONS = 12  # looks at the validation photographs during a run
LONGEST = 800  # pixels of the longer side of what restoration is trained on
CONTINUED = 0.4  # of the peak learning rate, for a network that has learnt before


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
    loss: str = "absolute"  # of LOSSES
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
RESTORE = replace(
    X4, scale=1, blocks=8, channels=48, edge_kernel=5, patch=40, learning_rate=5e-4, loss="decibels"
)
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
    start: SRResNet | None = None,
    validate: Callable[[SRResNet], dict[str, float]] | None = None,
) -> tuple[SRResNet, Run]:
    """Trains on patches from `patch_pool`; with scale 1 the inputs are damaged anew in every batch.

    start: a network with whose weights the training begins, in place of random ones; it stays as it is
    validate: called with the averaged network VALIDATIONS times and at the end; what it gives goes into
    the history. Returns the average of the weights over the last steps, as a network, and the finished run.
    """
    seed_everything(seed)
    device, team = default_device(), current_team()
    model = build(settings)
    if start is not None:
        model.load_state_dict(start.state_dict())
    model = team.prepared(precision.place(model, device))
    average = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
    scaler = precision.scaler(device)
    pool = pool.to(device)
    known = {"data": fingerprint(pool.low, pool.high, pool.places)}
    known |= {"damage": asdict(DamageSettings())} if settings.scale == 1 else {}
    known |= {"start": fingerprint(*start.state_dict().values())} if start is not None else {}
    run = Run(
        steps=settings.steps, models={"model": model, "average": average},
        optimizers={"adam": optimizer}, precision=precision, scalers={"adam": scaler},
        config=asdict(settings) | {"seed": seed} | known, path=path,
        minutes=minutes, label=f"SRResNet x{settings.scale}",
    )  # fmt: skip
    model.train()
    loss_of = partial(super_resolution_loss, model, loss=settings.loss, precision=precision)
    step_of = fastest_step(loss_of, model, optimizer, scaler=scaler)
    every = max(settings.steps // VALIDATIONS, 1)
    for step, progress in run:
        set_learning_rate(optimizer, settings.learning_rate * warmup_cosine(progress))
        x, y = pool.sample(batch_size=settings.batch_size, seed=seed, step=step)
        if settings.scale == 1:
            x = random_damage(x, step_generator(seed + 1, step, device))
        loss = step_of(*team.share(x, y))
        update_ema(average, model, min(settings.ema_decay, (1 + step) / (10 + step)))
        run.log(step, loss=loss)
        if validate is not None and ((step + 1) % every == 0 or step == settings.steps - 1):
            run.log(step, every=1, **validate(average))
    return average, run


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
    scaler = precision.scaler(device)
    loss_of = partial(super_resolution_loss, model, loss=settings.loss, precision=precision)
    step_of = fastest_step(loss_of, model, optimizer, scaler=scaler)

    def step() -> None:
        x, y = pool.sample(batch_size=settings.batch_size, seed=0, step=0)
        if settings.scale == 1:
            x = random_damage(x, step_generator(0, 0, device))
        step_of(*current_team().share(x, y))
        update_ema(average, model, 0.999)

    steps = steps_that_fit(step, minutes, at_most=settings.steps, path=path)
    return replace(settings, steps=steps)


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
    least = settings.scale * settings.patch
    # restoration has to tell blur from what is soft by nature, so it learns from copies that are small and sharp
    most = LONGEST if settings.scale == 1 else None
    if folder is None:
        photos = training_photos()
        described = {"photographs": len(photos), "embedded": True}
        if settings.scale == 1:
            photos = [size for photo in photos for size in sharp_copies(photo, least)]
    else:
        held_out = {*photo_names("validation"), *photo_names("test")}
        read = read_photo_folder(folder, leave_out=held_out, copies=3, least=least, most=most)
        photos, described = list(read.images), read.described()
    options = {"reject": settings.reject, "device": default_device()}
    return patch_pool(photos, settings.scale, settings.patch, **options), described


def sharp_copies(photo: Tensor, least: int) -> list[Tensor]:
    """An embedded photograph and two smaller copies, as `with_copies` makes them, down to `least` pixels a side."""
    image = Image.fromarray(photo.permute(1, 2, 0).contiguous().numpy())
    return [as_tensor(size) for size in with_copies(image, 2) if min(size.size) >= least]


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
# the published runs


def train_sr(
    kind: str,
    seed: int,
    folder: Path,
    minutes: float | None,
    precision: str,
    photos: Path | None = None,
    start: str | Path | None = None,
) -> tuple[SRResNet, dict]:
    """`x4`, `x4 light` or `restore`: the averaged network, and its tables on held-out photographs.

    photos: a folder of photographs to train on, in place of the embedded ones; see `training_pool`.
    start: weights of a network of the same kind that learns on, by their name or path; see `begun_with`. The peak
        of the learning rate is then CONTINUED of the usual one.
    """
    path = checkpoint_path(folder)
    settings = settings_by_mode(kind)
    first = None
    if start is not None:
        first = load_weights(build(settings), start).float()
        settings = replace(settings, learning_rate=CONTINUED * settings.learning_rate)
    pool, data = training_pool(settings, photos)
    chosen = run_precision(precision, path, lambda: fastest_precision(settings))
    settings = planned(settings, pool, chosen, minutes, path)
    model, run = train_super_resolution(
        settings, pool, seed=seed, precision=chosen, path=path, minutes=minutes, start=first,
        validate=kept_validation(folder, settings.scale),
    )  # fmt: skip
    result = record(settings, chosen, seed, run, sr_metrics(model))
    result |= {"data": data} | curves(run.history, "loss")
    result |= {"damage": asdict(DamageSettings())} if settings.scale == 1 else {}
    return model, result | ({"start": begun_with(start)} if start is not None else {})


def begun_with(weights: str | Path) -> dict[str, Any]:
    """What a record says of the weights that a run began with, and of the run that had made them.

    The run is known by its record, in the package or beside the file, if that is of the same weights. Of its metrics
    the means are kept, and not what was measured on each picture.
    """
    info = weights_info(weights)
    name = Path(info["results"] or "").stem
    found = {"name": name, "sha256": info["sha256"]}
    beside = Path(weights).with_suffix(".json")
    if beside.is_file():
        made = json.loads(beside.read_text(encoding="utf-8"))
    elif name in available_results():
        made = load_result(name)
    else:
        return found
    if made.get("weights", {}).get("sha256") != info["sha256"]:
        return found
    told = ("date", "hardware", "precision", "steps", "minutes", "seeds", "data", "settings")
    means_of = {key: value for key, value in made["metrics"].items() if isinstance(value, dict)}
    found |= {key: made[key] for key in (*told, "damage", "start") if key in made}
    return found | {"metrics": means_of}


def kept_validation(folder: Path, scale: int) -> Callable[[SRResNet], dict[str, float]]:
    """What a run asks of its network on the way: the mean PSNR-Y on the validation photographs.

    It is also appended to validation.json in the folder, as it comes.
    """
    few, long_side = by_mode(smoke=(1, 128), laptop=(4, 256), full=(None, 384))
    if scale == 1:  # each photograph is damaged in every way
        few, long_side = min(few or 4, 4), 128
    photos = {p.name: p.image for p in load_photos("validation", long_side)[:few]}
    file, rows = folder / "validation.json", []

    def validate(model: SRResNet) -> dict[str, float]:
        table = super_resolution_table if scale > 1 else restoration_table
        made = table(model, photos)
        found = means(made)
        rows.append({"psnr_y": found["srresnet_psnr_y"], "ssim_y": found["srresnet_ssim_y"]})
        kinds = dict.fromkeys(row["damage"] for row in made if "damage" in row)
        for kind in kinds:
            row = means(made, lambda row, kind=kind: row["damage"] == kind)
            rows[-1][f"{kind}: gain"] = row["srresnet_psnr_y"] - row["damaged_psnr_y"]
        write_json(file, rows)
        return rows[-1]

    return validate


def kept_short_runs(folder: Path, seed: int, result: dict) -> dict:
    """The comparison of `short_runs`, trained once and then kept beside the checkpoint.

    They compute in the format of the run itself. What is kept is taken only if it was made with the
    same settings.
    """
    made_by = {"seed": seed, "settings": plain_config(short_settings()), "mode": runtime.run_mode()}
    made_by |= {"precision": result["precision"]}
    file, precision = folder / "short_runs.json", stated(result["precision"])
    return {"short_runs": kept(file, made_by, lambda: short_runs(seed, precision))}


def kept_baselines(folder: Path, seed: int, result: dict) -> dict:
    """What the methods of BASELINES make of the test photographs, measured once and then kept beside the checkpoint."""
    made_by = {
        f"{kind}: {method.name}": list(method.choices)
        for kind, methods in BASELINES.items()
        for method in methods
    } | {"mode": runtime.run_mode()}
    return {"baselines": kept(folder / "baselines.json", made_by, published_baselines)}


RUNS = (
    PublishedRun(
        family="srresnet", kind="x4", train=train_sr, short="srresnet", extras=kept_short_runs,
        takes=("photos",),
    ),
    PublishedRun(family="srresnet", kind="x4 light", train=train_sr, takes=("photos",)),
    PublishedRun(
        family="srresnet", kind="restore", train=train_sr, extras=kept_baselines,
        takes=("photos", "start"),
    ),
)  # fmt: skip
