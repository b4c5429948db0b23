"""Restored pictures on the plane of Blau & Michaeli (2018), "The Perception-Distortion Tradeoff".

Distortion: how far each picture is from its own original (PSNR, SSIM). Perception: how far all of them
together are from looking like photographs, section 2.2 there: a distance between two distributions,
here the Frechet distance of small patches in the features of a classifier. It says what the classifier
tells apart, and not what people like. https://arxiv.org/abs/1711.06077
"""

from collections.abc import Iterable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.metrics import frechet_distance, super_resolution_scores
from aesthetic_utils.models import ArticleCNN, CNNConfig, SRResNet
from aesthetic_utils.runtime import evaluating
from aesthetic_utils.training.super_resolution import (
    bicubic_down,
    bicubic_up,
    crop_to_multiple,
    cut_tiles,
    eight_bit,
    upscale,
)
from aesthetic_utils.training.weights import load_weights, weights_info

EYES = "cnn_cifar10"  # the classifier of photographs whose features are compared


def load_eyes(name: str = EYES) -> ArticleCNN:
    """One of the project's classifiers, ready to look at patches."""
    return load_weights(ArticleCNN(CNNConfig(**weights_info(name)["config"])), name).float().eval()


def patch_features(images: Iterable[Tensor], eyes: ArticleCNN) -> list[Tensor]:
    """Features of all patches of each image, without overlap: [3, H, W] in [0, 1] -> [M, D] each.

    M = floor(H / s) * floor(W / s) for a classifier of s x s pixels.
    """
    weight = next(eyes.parameters())
    with evaluating(eyes):
        return [
            eyes.features(cut_tiles(image, eyes.config.image_size).to(weight)).cpu()
            for image in images
        ]


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
    results: Mapping[str, Sequence[Tensor]], eyes: ArticleCNN, *, scale: int = 4
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
