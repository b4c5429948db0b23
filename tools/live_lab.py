"""Pictures, names and test values of the pages "Mend it" and "Name it".

    python -m tools.live_lab

Writes the example photographs into book/live/mend_it/, the names of the held-out drawings
into book/live/name_it/data.js, the still pictures of both pages into book/figures/, and what PyTorch and the package
say of small pictures into tests/live/lab.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from aesthetic_utils.data import load_emoji, load_photo
from aesthetic_utils.data.emoji import EMOJI_CATEGORIES, EMOJI_HANDS, emoji_attribution
from aesthetic_utils.metrics import super_resolution_scores
from aesthetic_utils.models import ResNet, ResNetConfig, SRResNet
from aesthetic_utils.runtime import evaluating
from aesthetic_utils.training.super_resolution import bicubic_down, bicubic_up, blur, eight_bit
from aesthetic_utils.training.weights import load_weights, weights_info
from tools.export_onnx import load_network

ROOT = Path(__file__).resolve().parent.parent
LIVE = ROOT / "book" / "live"
FIGURES = ROOT / "book" / "figures"
FIXTURE = ROOT / "tests" / "live" / "lab.json"
EXAMPLES = {"macaw": "animals_scarlet_macaw", "koala": "animals_koala"}  # held out
LONGEST = 512  # pixels of an example
QUALITY = 80
DRAWING = ("taxi", "noto")  # of the still picture
PATCH, STEP = 8, 2  # pixels of 32, of the occlusion
KINDS = ("category", "designer")
EVERY = 31  # which pixels of a map of falls the fixture keeps


def as_file(image: Tensor) -> Image.Image:
    """float [3, H, W] in [0, 1] as a picture."""
    levels = (image.clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(levels.permute(1, 2, 0).numpy())


def as_tensor(picture: Image.Image) -> Tensor:
    """uint8 RGB as float [1, 3, H, W] in [0, 1]."""
    return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)[None].float() / 255


# ---- mend it


def write_examples() -> None:
    for name, photo in EXAMPLES.items():
        picture = as_file(load_photo(photo, LONGEST).image.float() / 255)
        picture.save(LIVE / "mend_it" / f"{name}.webp", quality=QUALITY, method=6)


def mend_still() -> Image.Image:
    """Bicubic interpolation on the left, the light network on the right, of a part of the macaw."""
    high = as_tensor(Image.open(LIVE / "mend_it" / "macaw.webp"))
    high = high[..., : high.shape[2] // 4 * 4, : high.shape[3] // 4 * 4]
    low = eight_bit(bicubic_down(high, 4))
    model: SRResNet = load_network("srresnet_x4_light")
    with evaluating(model):
        mended = model(low)[0].clamp(0, 1)
    half = high.shape[3] // 2
    both = torch.cat([bicubic_up(low, 4)[0][..., :half], mended[..., half:]], 2)
    picture = as_file(both)
    ImageDraw.Draw(picture).line([(half, 0), (half, picture.height)], fill="white", width=3)
    return picture


def mend_fixture() -> dict:
    """What the package makes of small random pictures."""
    generator = torch.Generator().manual_seed(3)

    def some(*shape: int) -> Tensor:
        return eight_bit(torch.rand(shape, generator=generator))

    small, large, soft = some(1, 3, 3, 4), some(1, 3, 12, 16), some(1, 3, 6, 7)
    a, b = some(1, 3, 19, 20), some(1, 3, 19, 20)
    odd = torch.nn.functional.interpolate(large, (7, 9), mode="bicubic", antialias=True)
    return {
        "up": {"from": values(small), "to": values(bicubic_up(small, 4))},
        "down": {"from": values(large), "to": values(bicubic_down(large, 4))},
        "odd": {"from": values(large), "to": values(odd.clamp(0, 1))},
        "blur": {"from": values(soft), "to": values(blur(soft, torch.tensor([1.2])))},
        "psnr": {"a": values(a), "b": values(b)}
        | {str(border): float(super_resolution_scores(a, b, border)[0]) for border in (0, 4)},
    }


def values(image: Tensor) -> dict:
    """float [1, 3, H, W] as a page holds it, with five digits."""
    _, _, h, w = image.shape
    return {"width": w, "height": h, "rgb": [round(v, 5) for v in image.flatten().tolist()]}


# ---- name it


def classifier(kind: str) -> ResNet:
    name = f"resnet_emoji_{kind}"
    settings = weights_info(name)["config"]
    config = ResNetConfig(**settings | {"channels": tuple(settings["channels"])})
    return load_weights(ResNet(config), name).float()


def occluded(image: Tensor) -> Tensor:
    """A white square at every place: [3, 32, 32] -> [P, 3, 32, 32], rows first."""
    places = range(0, 32 - PATCH + 1, STEP)
    copies = []
    for y in places:
        for x in places:
            copies.append(image.clone())
            copies[-1][:, y : y + PATCH, x : x + PATCH] = 1.0
    return torch.stack(copies)


def falls(probability: float, covered: Tensor) -> Tensor:
    """How far a probability falls on average where a square covers a pixel: [P] -> [32, 32]."""
    total, count = torch.zeros(32, 32), torch.zeros(32, 32)
    places = range(0, 32 - PATCH + 1, STEP)
    for p, (y, x) in zip(covered.tolist(), ((y, x) for y in places for x in places), strict=True):
        total[y : y + PATCH, x : x + PATCH] += probability - p
        count[y : y + PATCH, x : x + PATCH] += 1
    return total / count


def drawing(name: str, hand: str) -> Tensor:
    """A held-out drawing, float [3, 32, 32] in [0, 1]."""
    emoji = load_emoji("test", size=32)
    rows = [
        i
        for i, (n, d) in enumerate(zip(emoji.names, emoji.designer.tolist(), strict=True))
        if n == name and emoji.designer_names[d] == hand
    ]
    return emoji.images[rows[0]].float() / 255


def asked(kind: str, image: Tensor) -> tuple[Tensor, Tensor]:
    """The probabilities of a picture [K], and those of its first class where the square covers it [P]."""
    model = classifier(kind)
    with evaluating(model):
        chances = model(image[None]).softmax(1)[0]
        covered = model(occluded(image)).softmax(1)[:, int(chances.argmax())]
    return chances, covered


def name_fixture() -> dict:
    """What the classifiers say of one drawing, and by how much each place counts."""
    name, hand = DRAWING
    found: dict = {"idea": name, "hand": hand}
    for kind in KINDS:
        chances, covered = asked(kind, drawing(name, hand))
        map_ = falls(float(chances.max()), covered).flatten()[::EVERY]
        numbers = {"chances": chances, "covered": covered, "falls": map_}
        found[kind] = {key: [round(v, 5) for v in row.tolist()] for key, row in numbers.items()}
    return found


def write_names() -> None:
    """data.js: the classes of both networks, and the held-out ideas in the order of the strips."""
    emoji = load_emoji("test")
    ideas = len(emoji) // len(emoji.designer_names)
    titles = {row["designer"]: row["title"] for row in emoji_attribution()}
    data = {
        "categories": list(EMOJI_CATEGORIES),
        "designers": [titles[hand] for hand in EMOJI_HANDS],
        "hands": list(emoji.designer_names),
        "ideas": [[emoji.names[i], int(emoji.category[i])] for i in range(ideas)],
    }
    (LIVE / "name_it" / "data.js").write_text(
        "// Made by tools/live_lab.py: the classes, and the held-out drawings that whose_hand/ideas/ holds.\n"
        f"globalThis.NAME_IT = {json.dumps(data, separators=(',', ':'))};\n",
        "utf-8",
    )


def name_still() -> Image.Image:
    """The drawing, and where covering it lowers the probability of what it was taken for."""
    image, side = drawing(*DRAWING), 256
    picture = as_file(image).resize((side, side), Image.Resampling.NEAREST)
    sheet = Image.new("RGB", (3 * side + 32, side), "white")
    sheet.paste(picture, (0, 0))
    for column, kind in enumerate(KINDS, 1):
        chances, covered = asked(kind, image)
        heat = falls(float(chances.max()), covered).clamp_min(0)
        share = (heat / heat.max())[None]
        grey = image.mean(0, keepdim=True) * 0.4 + 0.6
        rust = torch.tensor([0.66, 0.25, 0.0])[:, None, None]
        mixed = as_file(grey * (1 - share) + rust * share)
        mixed = mixed.resize((side, side), Image.Resampling.BICUBIC)
        sheet.paste(mixed, (column * (side + 16), 0))
    return sheet


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args(arguments)
    write_examples()
    write_names()
    mend_still().save(FIGURES / "lab_mend_it.webp", quality=QUALITY, method=6)
    name_still().save(FIGURES / "lab_name_it.webp", quality=QUALITY, method=6)
    fixture = {"mend_it": mend_fixture(), "name_it": name_fixture()}
    FIXTURE.write_text(json.dumps(fixture) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
