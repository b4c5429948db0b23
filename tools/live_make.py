"""What the generators of the page "Make it" can be asked, and the values that its script is tested against.

    python -m tools.live_make

Writes book/live/make_it/data.js (categories, hands and words of the published flow) and tests/live/make_it.json, values by
torch. Nothing of it depends on the weights of a network, but for its list of words.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor

from aesthetic_utils.data.emoji import EMOJI_CATEGORIES, EMOJI_HANDS
from aesthetic_utils.models.stylegan2 import mix_styles, truncate
from aesthetic_utils.models.unet import Conditions, word_numbers
from aesthetic_utils.training.flow import SOLVERS, guided
from aesthetic_utils.training.weights import weights_info
from tools.figures.data_pages import FURTHER_TITLES, TITLES

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "book" / "live" / "make_it" / "data.js"
FIXTURE = ROOT / "tests" / "live" / "make_it.json"
HEAD = "// Made by tools/live_make.py: what the published flow can be asked.\n"


def words() -> tuple[str, ...]:
    """The words that the published flow knows, in its order."""
    return tuple(weights_info("flow_emoji")["config"]["words"])


def data() -> dict:
    hands = [(TITLES | FURTHER_TITLES)[hand] for hand in EMOJI_HANDS]
    return {"categories": list(EMOJI_CATEGORIES), "hands": hands, "words": " ".join(words())}


def as_script() -> str:
    return f"{HEAD}globalThis.MAKE_IT = {json.dumps(data(), ensure_ascii=False, indent=0)};\n"


# ---- what the script is tested against


def toy_velocity(x: Tensor, t: Tensor) -> Tensor:
    """A field with curved ways."""
    return torch.sin(3 * x) + t.view(-1, 1) * x - 0.5


class ToyNetwork(torch.nn.Module):
    """Answers that tell what was asked."""

    def forward(self, x: Tensor, t: Tensor, asked: Conditions) -> Tensor:
        said = 1 + asked.category + 10 * asked.designer + 100 * asked.words.sum(1)
        return x * said.view(-1, 1, 1, 1) + t.view(-1, 1, 1, 1)


def ways() -> list[dict]:
    x = torch.tensor([[-1.5, 0.2, 1.0, 2.5]], dtype=torch.float64)
    return [
        {"solver": solver, "steps": steps, "x": x[0].tolist(), "end": follow(toy_velocity, x, steps)[0].tolist()}
        for solver, follow in SOLVERS.items()
        for steps in (1, 4, 9)
    ]  # fmt: skip


def guidance() -> list[dict]:
    x, t = torch.arange(6.0).view(2, 3, 1, 1), torch.full((2,), 0.5)
    numbers = word_numbers(["cat heart"] * 2, words())
    asked = Conditions(torch.tensor([2, 2]), torch.tensor([3, 3]), numbers)
    return [
        {"strength": s, "words": numbers[0].tolist(), "v": guided(ToyNetwork(), asked, (s,) * 3)(x, t).flatten().tolist()}
        for s in (0.0, 1.0, 2.5)
    ]  # fmt: skip


def styles() -> dict:
    a, b, mean = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    rows = [w.expand(1, 8, -1) for w in (a, b)]
    return {
        "a": a.tolist(), "b": b.tolist(), "mean": mean.tolist(),
        "truncated": truncate(a, mean, 0.7).tolist(),
        "from_3": mix_styles(*rows, torch.tensor([3])).flatten().tolist(),
        "from_5": mix_styles(*rows, torch.tensor([5])).flatten().tolist(),
    }  # fmt: skip


def fixture() -> dict:
    return {"ways": ways(), "guidance": guidance(), "styles": styles()}


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    FILE.write_text(as_script(), "utf-8")
    FIXTURE.write_text(json.dumps(fixture()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
