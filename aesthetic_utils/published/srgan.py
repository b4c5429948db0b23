"""The published SRGAN: the published SRResNet, trained on in the eyes of a classifier and of a discriminator.

aesthetic train srgan_x4 --photos FOLDER
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from aesthetic_utils.data.photos import load_photos
from aesthetic_utils.losses import feature_distance
from aesthetic_utils.models import SRResNet, SRResNetConfig
from aesthetic_utils.models.lite import DEPTHS, has_lite0, load_lite0
from aesthetic_utils.published import super_resolution as sr
from aesthetic_utils.published.parts import curves, kept
from aesthetic_utils.published.run import PublishedRun, checkpoint_path, record
from aesthetic_utils.runtime import by_mode, default_device, evaluating, run_mode
from aesthetic_utils.statistics.intervals import mean_and_interval
from aesthetic_utils.storage import write_json
from aesthetic_utils.training.perception import (
    EYES,
    distance_by_band,
    energies,
    enlargements,
    load_eyes,
    nearer,
    perception_distortion,
    second_ruler,
)
from aesthetic_utils.training.precision import run_precision
from aesthetic_utils.training.srgan import SRGANSettings, between, train_srgan
from aesthetic_utils.training.weights import load_weights, save_weights, weights_info

START = "srresnet_x4_light"  # the network that learns on: a processor takes many more steps with it
TEACHER = (
    "convnet_cifar10"  # the classifier in whose features it learns; EYES, which measure, are others
)
SHARES = (0.25, 0.5, 0.75)  # of the way from the start to the end, for the plane
SEEDS = (0, 1, 2)
HALF_WAY = "50% of the way"
WITHOUT_SRGAN = ("nearest", "bicubic", "srresnet")


def settings_by_mode() -> SRGANSettings:
    """The sizes of a run in each mode; a GPU gets larger batches, and so many steps that its time decides."""
    large = {"batch_size": 16, "steps": 100_000} if default_device().type == "cuda" else {}
    return by_mode(
        smoke=SRGANSettings(steps=2, patch=16, batch_size=2, channels=4),
        laptop=SRGANSettings(steps=100),
        full=SRGANSettings(**large),
    )


def load_start() -> SRResNet:
    """The published SRResNet, in single precision."""
    network = SRResNet(SRResNetConfig(**weights_info(START)["config"]))
    return load_weights(network, START).float()


def held_out(split: str, networks: dict[str, SRResNet]) -> dict[str, list[Tensor]]:
    """Photographs of a split, enlarged in every way: method -> images, "original" among them."""
    few, long_side = by_mode(smoke=(1, 128), laptop=(4, 384), full=(None, 384))
    results: dict[str, list[Tensor]] = {}
    for photo in load_photos(split, long_side)[:few]:
        for method, image in enlargements(photo.image, networks).items():
            results.setdefault(method, []).append(image)
    return results


def srgan_metrics(start: SRResNet, end: SRResNet) -> dict:
    """What one seed measures: where the test photographs lie on the plane, and the second ruler.

    "second_ruler" is None without the optional packages of EfficientNet-lite0.
    """
    start, end = start.cpu(), end.cpu()
    networks = {"srresnet": start, HALF_WAY: between(start, end, 0.5), "srgan": end}
    results = held_out("test", networks)
    (row,) = perception_distortion({m: results[m] for m in ("original", "srgan")}, load_eyes())
    both = {
        m: images + more[m]
        for more in [held_out("validation", networks)]
        for m, images in results.items()
    }
    return {
        "eyes": EYES,
        "srgan": row,
        "second_ruler": by_second_ruler(both) if has_lite0() else None,
    }


def plane_metrics(start: SRResNet, end: SRResNet) -> dict:
    """Test photographs on the plane, enlarged by the start, by the end and by what is between.

    "energy" is that of each of `bands`, as a share of the originals'.
    """
    networks = {"srresnet": start}
    networks |= {f"{share:.0%} of the way": between(start, end, share) for share in SHARES}
    networks |= {"srgan": end}
    results = held_out("test", networks)
    return {
        "plane": perception_distortion(results, load_eyes()),
        "energy": {m: energies(results[m], results["original"]) for m in (*WITHOUT_SRGAN, "srgan")},
    }


def band_metrics() -> dict:
    """Which details make the distance of what needs no SRGAN, in the middle of each test photograph, in two eyes."""
    results = held_out("test", {"srresnet": load_start()})
    middles = {method: [middle(image) for image in images] for method, images in results.items()}
    return {
        name: {
            method: distance_by_band(middles[method], middles["original"], load_eyes(name))
            for method in WITHOUT_SRGAN
        }
        for name in (EYES, TEACHER)
    }


def made_of(**more: object) -> dict:
    """What all measures depend on, but for the code."""
    names = (START, EYES, TEACHER)
    return {"mode": run_mode()} | {n: weights_info(n)["sha256"] for n in names} | more


def first_seed_metrics(folder: Path, seed: int, result: dict) -> dict:
    """What the record says of the shipped network beside `srgan_metrics`: the plane, and what it looks at."""
    file = folder / "weights.safetensors"
    start, info = load_start(), weights_info(file)
    end = load_weights(SRResNet(start.config), file)
    of = made_of(weights=info["sha256"])
    plane = kept(folder / "plane.json", of, lambda: plane_metrics(start, end))
    return plane | {"bands": kept(folder / "bands.json", made_of(), band_metrics)}


def middle(image: Tensor, size: int = 192) -> Tensor:
    """The middle of a picture, or all of a smaller one: [3, H, W] -> [3, size, size]."""
    top, left = (max(side - size, 0) // 2 for side in image.shape[1:])
    return image[:, top : top + size, left : left + size]


def by_second_ruler(results: dict[str, list[Tensor]]) -> dict:
    """Mean distance of each method at each depth, and in how many of the pictures it is nearer than SRResNet."""
    distances = second_ruler(results, load_lite0())
    others = [method for method in distances if method != "srresnet"]
    return {
        "network": "efficientnet-lite0",
        "after_blocks": list(DEPTHS),
        "n": len(results["original"]),
        "distance": {method: d.mean(0).tolist() for method, d in distances.items()},
        "nearer_than_srresnet": {m: nearer(distances[m], distances["srresnet"]) for m in others},
    }


def kept_validation(folder: Path) -> Callable[[SRResNet], dict[str, float]]:
    """What a run asks of its network on the way: PSNR-Y and the distance in the teacher's features.

    Means over the validation photographs; also appended to validation.json in the folder, as they come.
    """
    few, long_side = by_mode(smoke=(1, 128), laptop=(2, 256), full=(6, 256))
    photos = {photo.name: photo.image for photo in load_photos("validation", long_side)[:few]}
    file, rows, teacher = folder / "validation.json", [], load_eyes(TEACHER)

    def validate(model: SRResNet) -> dict[str, float]:
        psnr = sr.means(sr.super_resolution_table(model, photos))["srresnet_psnr_y"]
        gaps = []
        with evaluating(teacher):
            for image in photos.values():
                made = enlargements(image, {"srgan": model})
                seen, expected = (teacher.maps(made[k][None]) for k in ("srgan", "original"))
                gaps.append(float(feature_distance(seen, expected).mean()))
        rows.append({"psnr_y": psnr, "features": sum(gaps) / len(gaps)})
        write_json(file, rows)
        return rows[-1]

    return validate


def train_published_srgan(
    kind: str,
    seed: int,
    folder: Path,
    minutes: float | None,
    precision: str,
    photos: Path | None = None,
) -> tuple[SRResNet, dict]:
    """Both networks and what lies between them, on the plane and by the second ruler.

    photos: a folder of photographs to train on, in place of the embedded ones; see `training_pool`.
    """
    path = checkpoint_path(folder)
    settings, start = settings_by_mode(), load_start()
    like_sr = replace(sr.settings_by_mode("x4"), patch=settings.patch, reject=settings.reject)
    pool, data = sr.training_pool(like_sr, photos)
    chosen = run_precision(precision, path, lambda: sr.fastest_precision(like_sr))
    model, run = train_srgan(
        settings, start, load_eyes(TEACHER), pool, seed=seed, precision=chosen, path=path,
        minutes=minutes, validate=kept_validation(folder),
    )  # fmt: skip
    saved = save_weights(model, folder / "weights.safetensors", config=model.config)
    of = made_of(weights=saved["sha256"], lite0=has_lite0())
    metrics = kept(folder / "metrics.json", of, lambda: srgan_metrics(start, model))
    result = record(settings, chosen, seed, run, metrics)
    return model, result | {
        "data": data,
        "start": weights_info(START)["sha256"],
        "teacher": {"name": TEACHER, "sha256": weights_info(TEACHER)["sha256"]},
    } | curves(run.history, "pixels")


def srgan_summary(kind: str, records: Sequence[dict]) -> dict:
    """Means and intervals over the seeds, and what each measured; the second ruler of the shipped network."""
    metrics = [each["metrics"] for each in records]
    keys = ("psnr_y", "ssim_y", "frechet")
    return {
        "eyes": metrics[0]["eyes"],
        "over_seeds": {key: mean_and_interval([m["srgan"][key] for m in metrics]) for key in keys},
        "by_seed": [
            {"seed": each["seeds"][0], "steps": each["steps"], "minutes": each["minutes"]} | m["srgan"]
            | {"second_ruler": m["second_ruler"]}
            for each, m in zip(records, metrics, strict=True)
        ],
        "second_ruler": metrics[0]["second_ruler"],
    }  # fmt: skip


RUNS = (
    PublishedRun(
        family="srgan", kind="x4", train=train_published_srgan, seeds=SEEDS, summary=srgan_summary,
        takes=("photos",), extras=first_seed_metrics,
    ),
)  # fmt: skip
