"""The data of the live figure "attention", and the values that its script is tested against.

    python -m tools.live_attention

Writes book/live/attention/data.js and drawings.webp, their still picture and tests/live/attention.json: where the patches of a few held-out
drawings look in the first block of lesson 3.3's vision transformer (where a token is still one patch, and no mixture),
where the token that collects the answer looks in the last block, and what the network answers with each patch blotted
out, which is to say white.
"""

from __future__ import annotations

import argparse
import base64
import functools
import gzip
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aesthetic_utils.models import ViT
from aesthetic_utils.published.locality import PATCH, TRANSFORMER, build, drawings
from aesthetic_utils.training import load_weights, predict
from tools.whose_hand import thousandths

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "book" / "live" / "attention"
STILL = ROOT / "book" / "figures" / "attention_looks.webp"
FIXTURE = ROOT / "tests" / "live" / "attention.json"
HEAD = "// Made by tools/live_attention.py: looks and answers of lesson 3.3's vision transformer.\n"
CHOSEN = (  # what is drawn, by whom, as a reader may call it
    ("scientist", "noto", "scientist"),
    ("penguin", "noto", "penguin"),
    ("face-without-mouth", "fxemoji", "face"),
    ("bus-stop", "fluent-color", "bus stop"),
    ("sloth", "noto", "sloth"),
    ("woman-playing-water-polo", "openmoji", "water polo"),
)
LEVELS = 7  # of a stored look: square roots of shares, the largest of a row being the last level
FULL = 255  # stands for a share of 1
VEIL, DARK = (18, 40, 58), 0.82  # over what lies in the dark, as in attention.css and view.js
STILL_OF, TIMES = 2, 7  # drawing in the still picture, and its enlargement
COLOURS = 96  # of the pictures
TESTED = ((0, 0), (0, 28), (1, 19), (3, 45), (5, 64))  # drawing and who looks, in the fixture


@functools.cache
def network() -> ViT:
    return load_weights(build(TRANSFORMER, seed=0), "locality_curves").eval()


def chosen() -> tuple[Tensor, Tensor]:
    """The drawings, uint8 [D, 3, 32, 32], and their hands, int64 [D]."""
    test = drawings("test")
    hands = [test.designer_names[i] for i in test.designer]
    there = {key: row for row, key in enumerate(zip(test.names, hands, strict=True))}
    rows = [there[name, hand] for name, hand, _ in CHOSEN]
    return test.images[rows], test.designer[rows]


@torch.no_grad()
def looks(images: Tensor) -> Tensor:
    """Shares [D, heads, 65, 65]: row 0 is the answer's in the last block, row 1 + p patch p's in the first one."""
    maps = network().attention_maps(images / 255)
    return torch.cat([maps[-1][:, :, :1], maps[0][:, :, 1:]], dim=2)


def levels(shares: Tensor) -> np.ndarray:
    """Rows of shares as whole numbers below LEVELS; their squares are in proportion to the shares."""
    roots = (shares / shares.amax(-1, keepdim=True)).sqrt()
    return bytes_of((LEVELS - 1) * roots)


def with_mean(shares: Tensor) -> Tensor:
    """The mean of the heads, then each: [D, heads, ...] -> [D, 1 + heads, ...]."""
    return torch.cat([shares.mean(1, keepdim=True), shares], dim=1)


def bytes_of(values: Tensor) -> np.ndarray:
    return values.round().byte().numpy()


def answers(images: Tensor) -> Tensor:
    """Probabilities [D, 65, hands]: of the whole drawing, then with each patch white."""
    side = images.shape[-1] // PATCH
    white = torch.eye(side**2, dtype=torch.bool).reshape(-1, 1, side, side)
    white = white.repeat_interleave(PATCH, 2).repeat_interleave(PATCH, 3)  # [64, 1, 32, 32]
    variants = [torch.cat([image[None], image.masked_fill(white, 255)]) for image in images]
    return torch.stack([predict(network(), each).softmax(1) for each in variants])


def packed() -> dict[str, np.ndarray]:
    """What is stored, by name, in this order."""
    images, _ = chosen()
    shares = looks(images)
    peaks = with_mean(shares)[..., 1:].max(-1)  # of the patches that are looked at
    answer = shares.mean(1)[:, 0, 1:]  # [D, 64]
    whole = thousandths(answers(images).flatten(0, 1)).numpy().astype("<u2")
    return {
        "levels": levels(shares[..., 1:]),  # [D, heads, 65, 64]
        "tops": bytes_of(peaks.indices.float()),  # [D, 1 + heads, 65], which patch
        "peaks": bytes_of(FULL * peaks.values),  # its share
        "answer": bytes_of(
            FULL * answer / answer.amax(-1, keepdim=True)
        ),  # [D, 64], the largest being FULL
        "answers": whole.reshape(
            len(images), -1, whole.shape[-1]
        ),  # [D, 65, hands], in thousandths
    }


def as_script() -> str:
    parts = packed()
    stream = gzip.compress(b"".join(part.tobytes() for part in parts.values()), 9, mtime=0)
    _, hands = chosen()
    content = {
        "drawings": [title for *_, title in CHOSEN],
        "drawn": hands.tolist(),
        "hands": list(drawings("test").designer_names),
        "packed": base64.b64encode(stream).decode(),
    }
    return f"{HEAD}globalThis.ATTENTION = {json.dumps(content)};\n"


def strip() -> Image.Image:
    """The drawings side by side, as the network sees them, in few colours."""
    images, _ = chosen()
    row = np.concatenate(list(images.permute(0, 2, 3, 1).numpy()), axis=1)
    return Image.fromarray(row).quantize(COLOURS, dither=Image.Dither.NONE).convert("RGB")


def still() -> Image.Image:
    """A drawing; the same with the patches in the light that its answer looks at, and those that it rests on."""
    images, _ = chosen()
    image = images[STILL_OF]
    found = answers(images[STILL_OF : STILL_OF + 1])[0]  # [65, hands]
    lost = (found[0] - found[1:])[:, found[0].argmax()].clamp(min=0)
    look = looks(images)[STILL_OF].mean(0)[0, 1:]
    panels = [image.float()]
    for values in (look, lost):
        light = (values / values.amax()).sqrt().reshape(1, 8, 8)
        dark = DARK * (1 - light.repeat_interleave(PATCH, 1).repeat_interleave(PATCH, 2))
        panels.append((1 - dark) * image + dark * torch.tensor(VEIL)[:, None, None])
    row = torch.cat([torch.nn.functional.pad(p, (1, 1, 1, 1), value=255.0) for p in panels], dim=2)
    picture = Image.fromarray(row.round().byte().permute(1, 2, 0).numpy())
    return picture.resize((TIMES * picture.width, TIMES * picture.height), Image.Resampling.NEAREST)


def fixture() -> dict:
    """By torch, not rounded: rows of shares by each head, the patches looked at most, and the answers there."""
    images, _ = chosen()
    shares, found = looks(images).double(), answers(images).double()
    cases = [
        {
            "drawing": d, "asker": asker, "shares": shares[d, :, asker].tolist(),
            "answers": found[d, asker].tolist(),
        }
        for d, asker in TESTED
    ]  # fmt: skip
    lost = torch.stack([each[0, each[0].argmax()] - each[1:, each[0].argmax()] for each in found])
    return {
        "cases": cases,
        "lost most": lost.argmax(1).tolist(),
        "looked at most": shares.mean(1)[:, 0, 1:].argmax(1).tolist(),
    }


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    (FOLDER / "data.js").write_text(as_script(), "utf-8")
    strip().save(FOLDER / "drawings.webp", lossless=True, quality=100, method=6)
    still().save(STILL, lossless=True, quality=100, method=6)
    rounded = json.loads(json.dumps(fixture()), parse_float=lambda text: round(float(text), 6))
    FIXTURE.write_text(json.dumps(rounded) + "\n", "utf-8")


if __name__ == "__main__":
    main()
