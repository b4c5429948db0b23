"""Tables of what super-resolution and restoration networks do to whole photographs, and of what others do."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data.benchmarks import load_set5
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.data.images import as_jpeg
from aesthetic_utils.data.photos import load_photos
from aesthetic_utils.metrics import super_resolution_scores
from aesthetic_utils.models import SRResNet
from aesthetic_utils.published.baselines import BASELINES, Baseline
from aesthetic_utils.runtime import step_generator
from aesthetic_utils.training.super_resolution import (
    bicubic_down,
    bicubic_up,
    crop_to_multiple,
    damage,
    eight_bit,
    self_ensemble,
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


def super_resolution_table(
    model: SRResNet, images: dict[str, Tensor], scale: int = 4, *, ensemble: bool = False
) -> list[dict]:
    """Bicubic and network on each photograph: uint8 [3, H, W] by name -> rows with PSNR-Y and SSIM-Y.

    ensemble: the network sees each small picture in its eight orientations; see `self_ensemble`.
    """
    network = (
        partial(self_ensemble, partial(upscale, model)) if ensemble else partial(upscale, model)
    )
    rows = []
    for name, image in images.items():
        target = crop_to_multiple(image[None].float() / 255, scale)
        small = eight_bit(bicubic_down(target, scale))
        results = {"bicubic": bicubic_up(small, scale), "srresnet": network(small[0])[None]}
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


def baseline_means(
    images: dict[str, Tensor],
    validation: dict[str, Tensor],
    choices: int | None = None,
    seed: int = 0,
) -> dict[str, list[dict]]:
    """What the BASELINES make of photographs that are damaged as in `restoration_table`: for each kind, a row a method.

    validation: photographs on which each method's open number is chosen, by the mean PSNR-Y, from its choices, or from
    the first so many of them. A row has the method's name, what it was told, the number, and the means.
    """
    found = {}
    for kind, methods in BASELINES.items():
        found[kind] = []
        for method in methods:
            tried = {
                number: means(_baseline_table(method, kind, number, validation, seed))
                for number in method.choices[:choices]
            }
            best = max(tried, key=lambda number: tried[number]["psnr_y"])
            about = {"method": method.name, "told": method.told, method.number: best}
            found[kind].append(about | means(_baseline_table(method, kind, best, images, seed)))
    return found


def _baseline_table(
    method: Baseline, kind: str, number: float, images: dict[str, Tensor], seed: int
) -> list[dict]:
    rows = []
    for place, (name, image) in enumerate(images.items()):
        target = image[None].float() / 255
        bad = damaged(target, kind, step_generator(seed, place))
        psnr, ssim = super_resolution_scores(method.restore(bad[0], number)[None], target, 4)
        rows.append({"image": name, "psnr_y": psnr.item(), "ssim_y": ssim.item()})
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


def published_baselines() -> dict[str, list[dict]]:
    """`baseline_means` of the test photographs, with the numbers chosen on the validation photographs."""
    few, long_side, choices = runtime.by_mode(
        smoke=(1, 128, 1), laptop=(2, 256, None), full=(None, 384, None)
    )
    photos, validation = (
        {p.name: p.image for p in load_photos(split, side)[:few]}
        for split, side in (("test", long_side), ("validation", min(long_side, 256)))
    )
    return baseline_means(photos, validation, choices)


def sr_metrics(model) -> dict:
    """Tables on the test photographs, and on Set5 where its five images are at hand."""
    few, long_side = runtime.by_mode(smoke=(1, 128), laptop=(4, 384), full=(None, 384))
    photos = {p.name: p.image for p in load_photos("test", long_side)[:few]}
    if model.config.scale == 1:
        rows = restoration_table(model, photos)
        kinds = {k: means(rows, lambda r, k=k: r["damage"] == k) for k in (*DAMAGES, *MORE_DAMAGES)}
        return {"by_damage": kinds, "images": rows, "clean": means(clean_table(model, photos))}
    rows = super_resolution_table(model, photos)
    metrics = {"test": means(rows), "test_images": rows}
    try:
        images = dict(load_set5())
    except MissingDataError:
        return metrics
    set5 = super_resolution_table(model, images)
    eight = means(super_resolution_table(model, images, ensemble=True))
    return metrics | {"set5": means(set5), "set5_images": set5, "set5_self_ensemble": eight}
