"""The points of the live figure "by_hand": drawings of two designers, each as two numbers.

    python -m tools.live_by_hand

Writes book/live/by_hand/data.js: for each pair of properties, drawings of the training set that a seed has chosen, as
[horizontal, vertical, designer], in tenths, after the shift and stretch that give all of them mean 0 and variance 1.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor

from aesthetic_utils.data import load_emoji
from tools.whose_hand import look

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "book" / "live" / "by_hand"
EACH = 14  # drawings of each designer
REACH = (
    2.4  # how far from the mean a chosen drawing may lie: the side of the figure is a little longer
)
SEED = 10
HEAD = "// Made by tools/live_by_hand.py: drawings of two designers as points.\n"


def extent(images: Tensor) -> Tensor:
    """Width and height of what is drawn, in tiles: uint8 [N, 3, H, W] -> [N, 2]."""
    drawn = images.amin(1) < 0.95 * 255  # [N, H, W]
    return torch.stack([drawn.any(1).double().mean(1), drawn.any(2).double().mean(1)], 1)


PAIRS = {  # what is measured, and of whom
    "black": (("noto", "openmoji"), lambda images: look(images)[:, :2].double()),
    "size": (("noto", "fluent"), extent),
}


def chosen(pair: str) -> list[list[int]]:
    """Drawings as points in tenths: [horizontal, vertical, 0 or 1], no two in one place, those of both hands in turn."""
    designers, measure = PAIRS[pair]
    drawings = load_emoji("train", size=32, designers=designers)
    raw = measure(drawings.images)
    tenths = (10 * (raw - raw.mean(0)) / raw.std(0)).round().long()
    points: list[list[int]] = []
    left = {0: EACH, 1: EACH}
    for row in torch.randperm(len(drawings), generator=torch.Generator().manual_seed(SEED)):
        x, y, hand = *tenths[row].tolist(), int(drawings.designer[row])
        near = any(abs(x - a) < 2 and abs(y - b) < 2 for a, b, _ in points)
        if left[hand] and not near and max(abs(x), abs(y)) <= 10 * REACH:
            points.append([x, y, hand])
            left[hand] -= 1
    return sorted(points, key=lambda point: point[2])


def as_script() -> str:
    return f"{HEAD}globalThis.BY_HAND = {json.dumps({pair: chosen(pair) for pair in PAIRS})};\n"


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    (FOLDER / "data.js").write_text(as_script(), "utf-8")


if __name__ == "__main__":
    main()
