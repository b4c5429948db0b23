"""Restored pictures on the plane of Blau & Michaeli (2018), "The Perception-Distortion Tradeoff".

Distortion: how far each picture is from its own original (PSNR, SSIM). Perception: how far all of them
together are from looking like photographs, section 2.2 there: a distance between two distributions,
here the Frechet distance of small patches in the features of a classifier. It says what the classifier
tells apart, and not what people like. https://arxiv.org/abs/1711.06077

A second ruler, `second_ruler`, compares each picture with its own original in the features of another network.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.losses import feature_distance
from aesthetic_utils.metrics import frechet_distance, super_resolution_scores
from aesthetic_utils.models import SRResNet
from aesthetic_utils.models.lite import Lite0
from aesthetic_utils.runtime import evaluating
from aesthetic_utils.training.rulers import load_classifier
from aesthetic_utils.training.super_resolution import (
    bicubic_down,
    bicubic_up,
    blur,
    crop_to_multiple,
    cut_tiles,
    eight_bit,
    upscale,
)

EYES = "convnet_filters_7x7"  # the features that are compared; those of SRGAN's loss are others
PATCH = 32  # pixels, the size of the pictures that the classifiers have learned


def load_eyes(name: str = EYES) -> nn.Module:
    """One of the project's classifiers, ready to look at patches; see `load_classifier`."""
    return load_classifier(name)


def patch_features(images: Iterable[Tensor], eyes: nn.Module) -> list[Tensor]:
    """Features of all patches of 32 x 32 pixels of each image, without overlap: [3, H, W] in [0, 1] -> [M, D] each.

    M = floor(H / 32) * floor(W / 32).
    """
    weight = next(eyes.parameters())
    with evaluating(eyes):
        return [eyes.features(cut_tiles(image, PATCH).to(weight)).cpu() for image in images]


def enlargements(
    photo: Tensor, networks: Mapping[str, SRResNet], *, scale: int = 4
) -> dict[str, Tensor]:
    """A photograph made small and brought back: "original", "nearest", "bicubic" and every network.

    photo: uint8 [3, H, W] -> float [3, H', W'] in [0, 1] and 8 bits each, cropped to multiples of scale.
    """
    original = crop_to_multiple(photo[None].float() / 255, scale)
    small = eight_bit(bicubic_down(original, scale))
    found = {
        "original": original[0],
        "nearest": F.interpolate(small, scale_factor=scale, mode="nearest")[0],
        "bicubic": bicubic_up(small, scale)[0],
    }
    found |= {name: upscale(network, small[0]) for name, network in networks.items()}
    return {name: eight_bit(image) for name, image in found.items()}


def perception_distortion(
    results: Mapping[str, Sequence[Tensor]], eyes: nn.Module, *, scale: int = 4
) -> list[dict]:
    """A row for each method: psnr_y in dB, ssim_y (means over images) and frechet (over all patches).

    results: method -> images, float [3, H, W] in [0, 1], in the same order for each; "original" holds what
    they are compared with, and gets no row. `wins` counts the images whose own patches are nearer to
    the original's than those of "bicubic" are, when that is among the methods.
    """
    targets = results["original"]
    reference = patch_features(targets, eyes)
    alone: dict[str, list[float]] = {}  # of each image
    rows = []
    for method, images in results.items():
        if method == "original":
            continue
        scores = [
            super_resolution_scores(a[None], b[None], scale)
            for a, b in zip(images, targets, strict=True)
        ]
        features = patch_features(images, eyes)
        if "bicubic" in results:
            pairs = zip(features, reference, strict=True)
            alone[method] = [frechet_distance(*pair) for pair in pairs]
        psnr, ssim = torch.tensor(scores).mean(0).tolist()
        distance = frechet_distance(torch.cat(features), torch.cat(reference))
        counts = {"n": len(images), "patches": sum(map(len, features))}
        rows.append(
            {"method": method, "psnr_y": psnr, "ssim_y": ssim, "frechet": distance} | counts
        )
    for row in rows if alone else []:
        pairs = zip(alone[row["method"]], alone["bicubic"], strict=True)
        row["wins"] = sum(mine < bicubic for mine, bicubic in pairs)
    return rows


# --------------------------------------------------------------------------------------------------
# what drives the distance


BANDS = (1, 2, 4)  # pixels: standard deviations of blurs whose differences are the bands


def bands(image: Tensor) -> list[Tensor]:
    """An image as a sum of four parts, the finest first: what each blur of BANDS takes away, and the rest.

    [3, H, W] -> four of [3, H, W]: waves of less than about 5 pixels, of 5 to 11, of 11 to 21, and longer ones
    (a blur of sigma halves a wave of 5.3 sigma).
    """
    parts, done = [], 0
    for sigma in BANDS:
        soft = image
        for _ in range(sigma**2 - done):  # variances add up: so many blurs of one pixel
            soft = blur(soft[None], torch.ones(1))[0]
        parts.append(image - soft)
        image, done = soft, sigma**2
    return [*parts, image]


def distance_by_band(
    images: Sequence[Tensor], originals: Sequence[Tensor], eyes: nn.Module
) -> dict[str, Any]:
    """Which details make the Frechet distance of patches: "frechet" as it is, and "by_band", the finest first.

    A row of "by_band" says what is left of the distance when this band alone is taken from the originals
    ("frechet"), and how much energy the images have in it, as a share of that of the originals ("energy").
    images, originals: [3, H, W] in [0, 1] each, in the same order.
    """
    reference = torch.cat(patch_features(originals, eyes))

    def distance(pictures: Iterable[Tensor]) -> float:
        return frechet_distance(torch.cat(patch_features(pictures, eyes)), reference)

    mine, theirs = ([bands(image) for image in x] for x in (images, originals))
    rows = []
    for n, energy in enumerate(energies(images, originals)):
        given_back = [
            (image - a[n] + b[n]).clamp(0, 1)
            for image, a, b in zip(images, mine, theirs, strict=True)
        ]
        rows.append({"frechet": distance(given_back), "energy": energy})
    return {"frechet": distance(images), "by_band": rows}


def energies(images: Sequence[Tensor], originals: Sequence[Tensor]) -> list[float]:
    """The energy of all images in each of `bands`, as a share of that of the originals."""
    sums = [
        [sum(_energy(part) for part in parts) for parts in zip(*map(bands, x), strict=True)]
        for x in (images, originals)
    ]
    return [mine / theirs for mine, theirs in zip(*sums, strict=True)]


def _energy(part: Tensor) -> float:
    """The sum of squares around the mean of each channel."""
    return float((part - part.mean((1, 2), keepdim=True)).square().sum())


# --------------------------------------------------------------------------------------------------
# the second ruler


def second_ruler(results: Mapping[str, Sequence[Tensor]], network: Lite0) -> dict[str, Tensor]:
    """How far each picture is from its own original in the features of EfficientNet-lite0: method -> [N, 4].

    results: as in `perception_distortion`; `feature_distance` at four depths (`Lite0.maps`), whole pictures.
    No network of this course has learned from these features.
    """
    with torch.no_grad():
        targets = [network.maps(image[None]) for image in results["original"]]
        return {
            method: torch.cat([
                feature_distance(network.maps(image[None]), target)
                for image, target in zip(images, targets, strict=True)
            ])
            for method, images in results.items() if method != "original"
        }  # fmt: skip


def nearer(mine: Tensor, others: Tensor) -> list[int]:
    """In how many pictures the first is nearer, at each depth: two [N, depths] -> counts."""
    return (mine < others).sum(0).tolist()
