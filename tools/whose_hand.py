"""The data of the landing page's game "Whose hand?".

    python -m tools.whose_hand

Asks the published classifier `resnet_emoji_designer` about every held-out drawing and writes, into
book/live/whose_hand/, its answers (data.js), one strip for each held-out idea with all five
drawings of it (ideas/*.webp, lossless), and the drawings by which a reader comes to know the hands
(examples.webp, in 256 colours, of ideas that the network was trained on).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data.emoji import EMOJI_DESIGNERS, EmojiSet, load_emoji
from aesthetic_utils.training.classification import predict
from aesthetic_utils.training.rulers import load_classifier
from tools.figures.data_pages import TITLES
from tools.modes import refusal

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "book" / "live" / "whose_hand"
WEIGHTS = "resnet_emoji_designer"
EXAMPLES = ("octopus", "grinning-face", "house", "guitar", "hamburger")  # a phone shows the first
HEAD = """\
// Made by tools/whose_hand.py: what the published classifier {weights} says of every held-out drawing.
// The drawings beside this file keep their authors' licences: see the page "Data" of the course.
"""


def by_idea(emoji: EmojiSet) -> tuple[list[str], Tensor]:
    """The ideas' names, and the drawings as uint8 [ideas, designers, 3, S, S]."""
    designers = len(emoji.designer_names)
    names = emoji.names[: len(emoji) // designers]
    images = emoji.images.unflatten(0, (designers, len(names)))  # [D, I, 3, S, S]
    return names, images.transpose(0, 1)  # [I, D, 3, S, S]


def chances(images: Tensor) -> Tensor:
    """The network's probabilities for uint8 [N, 3, 32, 32], in thousandths: int64 [N, designers].

    It knows ten hands; here it chooses, as the reader does, among the five of the core.
    """
    logits = predict(load_classifier(WEIGHTS), images)[:, : len(EMOJI_DESIGNERS)]
    return thousandths(logits.double().softmax(1))


def thousandths(shares: Tensor) -> Tensor:
    """Rows that add up to 1 as whole thousandths that add up to 1000 (largest remainders first)."""
    exact = shares * 1000
    whole = exact.floor()
    rank = (exact - whole).argsort(1, descending=True).argsort(1)
    missing = (1000 - whole.sum(1, keepdim=True)).round()
    return (whole + (rank < missing)).long()


def look(images: Tensor) -> Tensor:
    """What can be said of a drawing without showing it: int64 [N, 3], for uint8 [N, 3, S, S].

    Of the pixels that are not white: how many percent are nearly black (no channel above 64), and
    their mean saturation in percent; and the number of colours, at 4 bits a channel.
    """
    rows = []
    for image in images:
        pixels = image.flatten(1).T.double()  # [S * S, 3]
        inked = pixels[pixels.amin(1) < 250]
        if len(inked) == 0:
            raise ValueError("a drawing is white all over")
        high, low = inked.amax(1), inked.amin(1)
        black = (high <= 64).double().mean()
        saturation = ((high - low) / high.clamp(min=1)).mean()
        colours = len((inked / 16).floor().unique(dim=0))
        rows.append([round(100 * float(black)), round(100 * float(saturation)), colours])
    return torch.tensor(rows)


def strip(drawings: Tensor) -> Image.Image:
    """uint8 [N, 3, S, S] side by side."""
    return Image.fromarray(torch.cat(list(drawings), 2).permute(1, 2, 0).numpy())


def data() -> dict:
    """What data.js holds; arrays over designers are in the order of "designers"."""
    names, small = by_idea(load_emoji("test", size=32))
    _, stored = by_idea(load_emoji("test", size=64))
    _, training = by_idea(load_emoji("train", size=64))
    shape = small.shape[:2]
    answers = chances(small.flatten(0, 1)).unflatten(0, shape)  # [I, D, D]
    looks = look(stored.flatten(0, 1)).unflatten(0, shape)  # [I, D, 3]
    usual = [look(training[:, i]).double().mean(0).round().long() for i in range(shape[1])]
    return {
        "designers": [TITLES[name] for name in EMOJI_DESIGNERS],
        "usual": [row.tolist() for row in usual],
        "examples": list(EXAMPLES),
        "ideas": [
            {"name": name, "chances": answers[i].tolist(), "looks": looks[i].tolist()}
            for i, name in enumerate(names)
        ],
    }


def as_script(content: dict) -> str:
    """The JavaScript file: one global, one line an idea."""
    compact = {"separators": (",", ":")}
    head = {key: value for key, value in content.items() if key != "ideas"}
    ideas = ",\n".join(json.dumps(idea, **compact) for idea in content["ideas"])
    start = json.dumps(head, **compact)[:-1]
    return (
        f'{HEAD.format(weights=WEIGHTS)}globalThis.WHOSE_HAND = {start},"ideas":[\n{ideas}\n]}};\n'
    )


def read_script(path: Path) -> dict:
    """What a file written by `as_script` holds."""
    return json.loads(path.read_text("utf-8").partition(" = ")[2].rstrip().removesuffix(";"))


def examples() -> Image.Image:
    """One row a designer, one column an example."""
    names, images = by_idea(load_emoji("train", size=64))
    chosen = images[[names.index(name) for name in EXAMPLES]]  # [E, D, 3, 64, 64]
    rows = [np.asarray(strip(chosen[:, i])) for i in range(chosen.shape[1])]
    return Image.fromarray(np.concatenate(rows))


def main() -> None:
    smoke = runtime.run_mode() == "smoke"
    if smoke and (reason := refusal()):
        sys.exit(f"whose_hand: {reason}")
    ideas = FOLDER / "ideas"
    ideas.mkdir(parents=True, exist_ok=True)
    (FOLDER / "data.js").write_text(as_script(data()), "utf-8")
    names, images = by_idea(load_emoji("test", size=64))
    for old in set(ideas.glob("*.webp")) - {ideas / f"{name}.webp" for name in names}:
        old.unlink()
    for name, drawings in list(zip(names, images, strict=True))[: 3 if smoke else None]:
        strip(drawings).save(ideas / f"{name}.webp", lossless=True, quality=100, method=6)
    # 256 colours: shown small, they look the same and weigh half
    examples().quantize(256, dither=Image.Dither.NONE).convert("RGB").save(
        FOLDER / "examples.webp", lossless=True, quality=100, method=6
    )
    print(f"{FOLDER.relative_to(ROOT)}: {len(names)} ideas")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    main()
