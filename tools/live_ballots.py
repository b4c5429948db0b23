"""The invented class of the live figure `ballots`, which shows what a class's files say.

    python -m tools.live_ballots

Writes data.js into book/live/ballots/: eight pictures of the course, the pairs that a class is asked, and what each of nine invented
voters answers in two rounds, an L or an R a question. A voter's liking of a picture is one part that all share and one that is
the voter's own, both drawn from a normal distribution, and an answer follows the model of Bradley and Terry.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from aesthetic_utils.class_votes.room import QUESTION, class_pairs

SCRIPT = Path(__file__).resolve().parent.parent / "book" / "live" / "ballots" / "data.js"
PICTURES = (
    "dragonfly", "infinite sea", "wine", "mountains", "sunset", "Petra", "Neuschwanstein", "scarlet macaw",
)  # fmt: skip
HEAD = "// Made by tools/live_ballots.py: a class that does not exist.\n"
VOTERS, QUESTIONS, ROUNDS, SEED = 9, 12, 2, 7
SHARED, PRIVATE = 1.2, 1.2  # standard deviations of liking, in logits


def invented() -> dict:
    """Question, items, pairs, and the answers of each voter: first round, then second."""
    rng = np.random.default_rng(SEED)
    pairs = np.array(class_pairs(len(PICTURES), QUESTIONS))
    liking = SHARED * rng.normal(size=len(PICTURES))
    liking = liking + PRIVATE * rng.normal(size=(VOTERS, len(PICTURES)))  # [V, I]
    gap = liking[:, pairs[:, 0]] - liking[:, pairs[:, 1]]  # [V, P]
    # in the second round the sides are exchanged: left is then the pair's second
    chance = np.concatenate([gap, -gap], axis=1)
    left = rng.random(chance.shape) < 1 / (1 + np.exp(-chance))
    return {
        "question": QUESTION,
        "items": list(PICTURES),
        "pairs": pairs.tolist(),
        "answers": ["".join("RL"[int(x)] for x in row) for row in left],
    }


def as_script(content: dict) -> str:
    return f"{HEAD}globalThis.BALLOTS = {json.dumps(content)};\n"


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    SCRIPT.write_text(as_script(invented()), "utf-8")


if __name__ == "__main__":
    main()
