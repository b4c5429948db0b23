"""The published style run: one network that repaints photographs in the manner of two hands and of two pictures.

aesthetic train stylizer_four
"""

import copy
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from aesthetic_utils.data.emoji import EMOJI_HANDS, load_emoji
from aesthetic_utils.data.photos import load_photo, load_photos
from aesthetic_utils.models import ConvNet, ResNet
from aesthetic_utils.models.stylizer import Stylizer, adaptive_instance_norm
from aesthetic_utils.published.run import PublishedRun, checkpoint_path, record
from aesthetic_utils.runtime import Precision, by_mode, choose_precision, default_device, evaluating
from aesthetic_utils.training.patches import PatchPool, patch_pool
from aesthetic_utils.training.precision import run_precision
from aesthetic_utils.training.rulers import load_classifier
from aesthetic_utils.training.style import (
    CONTENT,
    EYES,
    TILE,
    Hands,
    StyleSettings,
    content_distance,
    hands,
    layer_maps,
    paint_pixels,
    style_distances,
    style_of,
    stylize,
    train_style,
)
from aesthetic_utils.training.super_resolution import cut_tiles
from aesthetic_utils.training.weights import weights_info

JUDGE = "resnet_emoji_designer"  # asked whose hand a painted photograph is
LONG_SIDE = 320  # pixels of the photographs: what is drawn in a patch of 64 can still be made out
REJECT = 0.5  # share of the places with the least detail, never drawn: in a plain sky there is nothing to paint
HANDS = ("openmoji", "fluent-color")  # one draws outlines, the other shades
PICTURES = {  # name of a style -> the photograph or drawn wallpaper that it is taken from
    "brushes": "wallpapers_Picture_1A_by_freespace",
    "night": "wallpapers_Infinite-Sea_by_Aury88",
}


def settings_by_mode() -> StyleSettings:
    """The sizes of a run in each mode."""
    return by_mode(
        smoke=StyleSettings(steps=2, patch=32, batch_size=2, channels=(4, 4, 4), blocks=1),
        laptop=StyleSettings(steps=300),
        full=StyleSettings(),
    )


def training_pool(settings: StyleSettings) -> PatchPool:
    """Patches of the embedded training photographs."""
    few = by_mode(smoke=3, laptop=None, full=None)
    photos = [photo.image for photo in load_photos("train", LONG_SIDE)[:few]]
    return patch_pool(photos, 1, settings.patch, reject=REJECT)


def drawings(split: str) -> Hands:
    """The drawings of a split by all ten hands, as a source of mosaics."""
    drawn = load_emoji(split, size=TILE, ideas="all")
    return hands(drawn.images, drawn.designer)


def learned_styles(eyes: ConvNet, depths: int) -> dict[str, list[Tensor]]:
    """Name -> Gram matrices at each depth, [C, C]: means over mosaics of a hand's drawings, and whole PICTURES."""
    number, side = by_mode(smoke=2, laptop=32, full=64), 2
    source, generator = drawings("train"), torch.Generator().manual_seed(0)
    found = {}
    for name in HANDS:
        hand = torch.full((number,), EMOJI_HANDS.index(name))
        pictures = source.mosaics(hand, side, generator)
        found[name] = [grams.mean(0) for grams in style_of(eyes, pictures, depths)]
    for name, photo in PICTURES.items():
        image = load_photo(photo, LONG_SIDE // 2).image[None].float() / 255
        found[name] = [grams[0] for grams in style_of(eyes, image, depths)]
    return found


def fastest_precision(settings: StyleSettings, eyes: ConvNet) -> Precision:
    """What `choose_precision` finds for the eyes, which do most of the work, on a batch of this training."""
    device = default_device()
    images = torch.rand(settings.batch_size, 3, settings.patch, settings.patch, device=device)
    return choose_precision(copy.deepcopy(eyes).to(device), images)


def pairs(photos: int | None, side: int) -> tuple[Tensor, Tensor]:
    """Middles of held-out photographs, each as often as there are HANDS, and which of these.

    float [hands photos, 3, side, side] in [0, 1] and int64 [hands photos].
    """
    images = [photo.image.float() / 255 for photo in load_photos("test", 2 * side)[:photos]]
    middles = torch.stack([middle(image, side) for image in images])
    which = torch.arange(len(HANDS)).repeat(len(images))
    return middles.repeat_interleave(len(HANDS), 0), which


def middle(image: Tensor, side: int) -> Tensor:
    """The middle of a picture, [3, H, W] -> [3, side, side]."""
    top, left = ((size - side) // 2 for size in image.shape[1:])
    return image[:, top : top + side, left : left + side]


def style_metrics(network: Stylizer, eyes: ConvNet) -> dict:
    """How near each method comes to content and style, whose hand it is taken for, and what it costs.

    "methods": a row each, means over the n pictures of `pairs`. "content" is the distance of the maps from the
    photograph's own, "style" the sum of `style_distances` from the mean of a mosaic of held-out drawings; "named" is the share in
    which JUDGE, on which nobody trained and which has seen drawings alone, names the hand that was asked for, one
    of ten. Seconds are those of one core, a picture.
    """
    side, photos, steps = by_mode(smoke=(32, 1, 2), laptop=(96, 1, 20), full=(96, None, 50))
    content, which = pairs(photos, side)
    hand = torch.tensor([EMOJI_HANDS.index(name) for name in HANDS])[which]
    mosaics = drawings("test").mosaics(hand, side // TILE, torch.Generator().manual_seed(0))
    judge, mix = load_classifier(JUDGE).float(), torch.eye(len(network.config.styles))[which]
    methods: dict[str, Callable[[], Tensor]] = {
        "photograph": lambda: content,
        "colours alone": lambda: adaptive_instance_norm(content, mosaics).clamp(0, 1),
        "network": lambda: torch.cat(
            [stylize(network, x[None], m) for x, m in zip(content, mix, strict=True)]
        ),
        f"pixels, {steps} steps": lambda: paint_pixels(eyes, content, mosaics, steps=steps),
        "drawings": lambda: mosaics,
    }
    rows = []
    for name, method in methods.items():
        began = time.process_time()
        images = method()
        seconds = (time.process_time() - began) / len(content)
        measured = scores(eyes, judge, images, content, mosaics, hand)
        rows.append({"method": name, "seconds": seconds} | measured)
    return {"n": len(content), "side": side, "judge": JUDGE, "methods": rows}


def scores(
    eyes: ConvNet, judge: ResNet, images: Tensor, content: Tensor, style: Tensor, hand: Tensor
) -> dict[str, float]:
    """The means of one method: "content", "style" and "named"; see `style_metrics`."""
    target = style_of(eyes, style)
    with evaluating(eyes, judge):
        seen, own = (layer_maps(eyes, x) for x in (images, content))
        tiles = torch.cat([cut_tiles(image, TILE) for image in images])  # [N M, 3, 32, 32]
        said = judge(tiles).log_softmax(1).unflatten(0, (len(images), -1)).mean(1)  # [N, 10]
    return {
        "content": content_distance(seen[CONTENT], own[CONTENT]).mean().item(),
        "style": style_distances(seen, target).sum(1).mean().item(),
        "named": (said.argmax(1) == hand).double().mean().item(),
    }


def train_published_style(
    kind: str, seed: int, folder: Path, minutes: float | None, precision: str
) -> tuple[Stylizer, dict]:
    """The network, and how near to content and style its pictures are, on held-out photographs."""
    path, settings = checkpoint_path(folder), settings_by_mode()
    eyes = load_classifier(EYES).float()
    chosen = run_precision(precision, path, lambda: fastest_precision(settings, eyes))
    network, run = train_style(
        settings, eyes, training_pool(settings), learned_styles(eyes, settings.depths), seed=seed,
        precision=chosen, path=path, minutes=minutes,
    )  # fmt: skip
    result = record(settings, chosen, seed, run, style_metrics(network.cpu(), eyes))
    return network, result | {"eyes": {"name": EYES, "sha256": weights_info(EYES)["sha256"]}}


RUNS = (PublishedRun(family="stylizer", kind="four", train=train_published_style),)
