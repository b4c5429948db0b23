"""The pictures and numbers of the live figure "taste", and the values that its scripts are tested against.

    python -m tools.live_taste

Writes data.js, the photographs and one strip of drawings into book/live/taste/, the still pictures of the page, and
tests/live/taste.json. The penguins are those of the figure "whose_hand", the crops those of "plane". The judge is that of
lesson 4.6, trained anew without the pictures shown here, whose scores it gives. Two minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from scipy.stats import rankdata
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data import load_emoji, load_photo
from aesthetic_utils.data.emoji import EMOJI_DESIGNERS
from aesthetic_utils.data.judged import FIGURES, PEOPLE, load_judged, small_square
from aesthetic_utils.judgements import bradley_terry
from aesthetic_utils.judgements.next_pair import expected_information
from aesthetic_utils.judgements.simulated_audience import Audience, taste_measures
from aesthetic_utils.measures import measure
from aesthetic_utils.models import DCGANConfig, Generator
from aesthetic_utils.models.judge import Eyes, Judge
from aesthetic_utils.published.results import load_result
from aesthetic_utils.runtime import evaluating
from aesthetic_utils.training import judging, load_weights, weights_info
from aesthetic_utils.training.rulers import load_classifier
from tools.live_plane import CROPS
from tools.modes import refusal
from tools.publish_distances import dcgan, stylegan
from tools.whose_hand import TITLES, strip

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "book" / "live" / "taste"
FIXTURE = ROOT / "tests" / "live" / "taste.json"
STILL = ROOT / "book" / "figures" / "taste_pairs.webp"
EVOLUTION = ROOT / "book" / "live" / "evolve" / "example.webp"
PHOTOGRAPHS = {  # those of lesson 2.5, so that the lesson reads the same file; and what a screen reader calls them
    "animals_hd_alpaca": "Alpaca", "animals_hd_bee": "Bee", "animals_hd_heron": "Heron",
    "animals_lemur": "Lemur", "monuments_petra": "Petra", "monuments_tajMahal": "Taj Mahal",
    "monuments_greatPyramidOfGiza": "Great Pyramid", "wallpapers_analogpattern_by_Peter_Nerlich": "Pattern",
    "monuments_schwerinPalace": "Schwerin Palace", "wallpapers_Wine_by_Jakkub_Mede": "Wine",
    "wallpapers_Infinite-Sea_by_Aury88": "Sea", "wallpapers_sunset_by_Aitzol_Berasategi": "Sunset",
}  # fmt: skip
COLUMNS = {  # also those of lesson 2.5
    "mean_Lab_L": "lightness", "rms_contrast": "contrast", "colourfulness": "colourfulness",
    "phog_complexity": "complexity", "normalised_mirror_symmetry_lr": "mirror symmetry",
}  # fmt: skip
IDEA = "penguin"
METHODS = {"bicubic": "bicubic", "srresnet_x4_light": "SRResNet", "srgan_x4": "SRGAN"}
GENERATORS = {"gan_emoji": (dcgan, "our DCGAN"), "stylegan2_emoji": (stylegan, "our StyleGAN2")}
LONG_SIDE, QUALITY = 432, 68  # of the photographs
EACH = 4  # drawings of a maker
SIDE = 32  # of a drawing, in pixels: what the generators draw
SEED = 0
HEAD = """\
// Made by tools/live_taste.py: pictures, their measures, and what the judge of lesson 4.6 gives them.
// The photographs beside this file keep their authors' licences: see the page "Data" of the course.
"""


# ---- drawings by people and by generators


def shows_nobody(images: Tensor) -> Tensor:
    """Which float [N, 3, 32, 32] in [0, 1] the classifier takes for neither a face nor people: bool [N]."""
    network = load_classifier("resnet_emoji_category")
    with torch.inference_mode():
        chances = network(images).softmax(1)  # [N, 8]
    of_people = load_emoji("test").category_names
    chances = chances[:, [i for i, name in enumerate(of_people) if name not in PEOPLE]]
    return chances.sum(1) > 0.9


def generated(name: str) -> Tensor:
    """The first EACH drawings of a generator that show nobody: uint8 [EACH, 3, 32, 32]."""
    artist, _ = GENERATORS[name]
    images = artist(name).draw(40, SEED)
    chosen = images[shows_nobody(images)][:EACH]
    return (chosen * 255).round().to(torch.uint8)


def by_people() -> tuple[list[str], Tensor]:
    """EACH held-out drawings, of different ideas and hands: names, and uint8 [EACH, 3, 32, 32]."""
    emoji = load_emoji("test", size=SIDE)
    people = [emoji.category_names.index(name) for name in PEOPLE]
    symbols = emoji.category_names.index("Symbols")
    pool = [
        name
        for name, category in zip(emoji.names, emoji.category.tolist(), strict=True)
        if category not in (*people, symbols) and name not in (*FIGURES, IDEA)
    ]
    ideas = np.random.default_rng(SEED).permutation(sorted(set(pool)))[:EACH].tolist()
    rows = [
        next(
            row
            for row, name in enumerate(emoji.names)
            if name == idea and int(emoji.designer[row]) == hand
        )
        for hand, idea in enumerate(ideas)
    ]
    names = [f"{emoji.names[i]} by {emoji.designer_names[emoji.designer[i]]}" for i in rows]
    return names, emoji.images[rows]


def drawings() -> tuple[list[tuple[str, str]], Tensor]:
    """(name, maker) of each drawing of the strip, and uint8 [N, 3, 32, 32]."""
    names, images = by_people()
    found, parts = [(name, "people") for name in names], [images]
    for maker in GENERATORS:
        found += [(f"drawing {i + 1} by {maker}", maker) for i in range(EACH)]
        parts.append(generated(maker))
    return found, torch.cat(parts)


def penguins() -> Tensor:
    """The five designers' drawings of the idea: uint8 [5, 3, 64, 64]."""
    emoji = load_emoji("test", size=64)
    rows = [i for i, name in enumerate(emoji.names) if name == IDEA]  # ordered by designer
    return emoji.images[rows]


# ---- the judge


def trained_judge(unseen: Sequence[str]) -> tuple[Eyes, Judge]:
    """Eyes and judge of lesson 4.6, trained on its simulated audience's votes, without pictures of these names."""
    pictures = load_judged(
        ideas=runtime.by_mode(smoke=24, laptop=None, full=None),
        photographs=runtime.by_mode(smoke=12, laptop=None, full=None),
    )
    counts = Audience(taste_measures(pictures.images), viewers=60)
    votes = torch.tensor(counts.vote(taste_measures(pictures.images)).histograms).float()
    held = pictures.held_out | np.isin(pictures.names, unseen)
    eyes = Eyes([load_classifier(f"resnet_emoji_{what}") for what in ("designer", "category")])
    seen = judging.image_features(eyes, pictures.images[~held])
    return eyes, judging.train_judge(seen, votes[~held])


def scores(eyes: Eyes, judge: Judge, images: Tensor) -> list[float]:
    """Expected mean votes, from 1 to 10, of uint8 [N, 3, 64, 64]."""
    with torch.inference_mode():
        return [round(float(s), 3) for s in judge.score(judging.image_features(eyes, images))]


# ---- data.js


def item(name: str, thing: str, file: str, tile: int = 0, tiles: int = 1, **more: Any) -> dict:
    """One picture: its name in the file of votes, what it stands for, and where it lies in a strip of tiles."""
    return {"name": name, "thing": thing, "file": file, "tile": tile, "tiles": tiles} | more


def measures() -> list[list[float]]:
    """[12][5]: the measures of the photographs as stored, as lesson 2.5 takes them."""
    found = [measure(load_photo(name).image, list(COLUMNS)) for name in PHOTOGRAPHS]
    return [[float(f"{row[column]:.5g}") for column in COLUMNS] for row in found]


def photograph_items(said: Sequence[float]) -> list[dict]:
    rows = zip(PHOTOGRAPHS.items(), measures(), said, strict=True)
    return [
        item(name, name, f"taste/{i}.webp", title=title, measures=values, judge=score)
        for i, ((name, title), values, score) in enumerate(rows)
    ]


def crop_items() -> list[dict]:
    tiles = dict(zip(METHODS, (0, 1, 5), strict=True))  # of the seven of "plane"
    return [
        item(f"{crop} by {method}", method, f"plane/{crop}.webp", tiles[method], 7, topic=crop)
        for crop in CROPS
        for method in METHODS
    ]


def data(eyes: Eyes, judge: Judge) -> dict:
    """What data.js holds. Pairs are of one group; of one topic too where there are topics; and of two things."""
    names, images = drawings()
    enlarged = images.repeat_interleave(2, 2).repeat_interleave(2, 3)  # [N, 3, 64, 64]
    squares = torch.stack([small_square(name) for name in PHOTOGRAPHS])
    of_photos, of_designs, of_drawings = (
        scores(eyes, judge, x) for x in (squares, penguins(), enlarged)
    )
    designs = [
        item(f"{IDEA} by {d}", d, f"whose_hand/ideas/{IDEA}.webp", i, 5, judge=of_designs[i])
        for i, d in enumerate(EMOJI_DESIGNERS)
    ]
    drawn = [
        item(name, maker, "taste/drawings.webp", i, len(names), judge=of_drawings[i])
        for i, (name, maker) in enumerate(names)
    ]
    things = {
        "designs": {name: TITLES[name] for name in EMOJI_DESIGNERS},
        "crops": METHODS,
        "drawings": {"people": "people"} | {name: said for name, (_, said) in GENERATORS.items()},
    }
    return {
        "measures": list(COLUMNS.values()),
        "crowd": round(load_result("ava_votes")["pair_agreement"]["overall"], 3),
        "things": things,
        "groups": {
            "photographs": photograph_items(of_photos),
            "designs": designs,
            "crops": crop_items(),
            "drawings": drawn,
        },
    }


def as_script(content: dict) -> str:
    """One line for each picture."""
    text = json.dumps(content, separators=(",", ":")).replace('{"name"', '\n{"name"')
    return f"{HEAD}globalThis.TASTE = {text};\n"


def read_script(path: Path) -> dict:
    return json.loads(path.read_text("utf-8").partition(" = ")[2].rstrip().removesuffix(";"))


# ---- what the scripts are tested against


def simulated_votes(items: int, votes: int, seed: int, ties: float) -> bradley_terry.PairVotes:
    """Choices of a rater who likes later items better; each fourth question is the one before, turned."""
    rng = np.random.default_rng(seed)
    ends = [rng.permutation(items)[:2] for _ in range(votes)]
    for i in range(3, votes, 4):
        ends[i] = ends[i - 1][::-1]
    first = [rng.random() < 1 / (1 + np.exp((b - a) / 3)) for a, b in ends]
    won = [(a, b) if left else (b, a) for (a, b), left in zip(ends, first, strict=True)]
    return bradley_terry.PairVotes(
        winner=np.array([a for a, _ in won]),
        loser=np.array([b for _, b in won]),
        items=tuple("abcdefghijklmnop"[:items]),
        tie=rng.random(votes) < ties,
    )


def fitted(votes: bradley_terry.PairVotes) -> dict:
    """What the package says of choices."""
    ranking = bradley_terry.fit_ranking(votes)
    low, high = bradley_terry.score_intervals(ranking)
    best, worst = bradley_terry.rank_intervals(ranking, draws=20_000)
    again = bradley_terry.repeat_agreement(votes)
    return {
        "items": len(votes.items),
        "votes": np.stack([votes.winner, votes.loser, votes.tie], 1).astype(int).tolist(),
        "score": ranking.score.tolist(),
        "low": low.tolist(),
        "high": high.tolist(),
        "best": best.tolist(),
        "worst": worst.tolist(),
        "information": expected_information(ranking).tolist(),
        "again": [again.value * again.n, again.n, again.low, again.high],
    }


def rank_correlation(x: np.ndarray, y: np.ndarray) -> dict:
    """Spearman's, and its interval by Fisher's z with the error of Bonett & Wright (2000)."""
    rho = float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])
    half = 1.959963984540054 * np.sqrt((1 + rho**2 / 2) / (len(x) - 3))
    low, high = np.tanh(np.arctanh(rho) + np.array([-half, half]))
    return {"x": x.tolist(), "y": y.tolist(), "rho": rho, "low": float(low), "high": float(high)}


def fixture() -> dict:
    rng = np.random.default_rng(SEED)
    x, y = rng.normal(size=(2, 12)).round(1)  # with ties
    cases = [(12, 14, 0.0), (12, 40, 0.2), (5, 6, 0.0), (3, 4, 0.3)]
    return {
        "fits": [fitted(simulated_votes(k, n, SEED + k + n, ties)) for k, n, ties in cases],
        "correlations": [rank_correlation(x, y), rank_correlation(x, x + 0.4 * y)],
    }


# ---- pictures


def photograph(name: str) -> Image.Image:
    return Image.fromarray(load_photo(name, LONG_SIDE).image.permute(1, 2, 0).numpy())


def still() -> Image.Image:
    """Four pairs, one of each kind, on white: what the page asks about."""
    side, gap = 180, 10
    strips = [Image.open(ROOT / "book" / "live" / "plane" / "monuments_petra.webp")]
    strips.append(Image.open(FOLDER / "drawings.webp"))
    penguin = penguins().permute(0, 2, 3, 1).numpy()
    pictures = [photograph(name) for name in ("animals_hd_heron", "monuments_tajMahal")]
    pictures += [Image.fromarray(penguin[i]) for i in (0, 4)]
    pictures += [strips[0].crop((96 * i, 0, 96 * i + 96, 96)) for i in (0, 5)]
    pictures += [strips[1].crop((SIDE * i, 0, SIDE * i + SIDE, SIDE)) for i in (0, 5)]
    sheet = Image.new("RGB", (4 * (2 * side + gap) + 3 * 40, side), "white")
    for i, picture in enumerate(pictures):
        short = min(picture.size)
        left, top = ((length - short) // 2 for length in picture.size)
        square = picture.convert("RGB").crop((left, top, left + short, top + short))
        square = square.resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(square, (i * (side + gap) + (i // 2) * (40 - gap), 0))
    return sheet


def evolution(turns: int = 3) -> Image.Image:
    """Generations of nine drawings by the DCGAN; in each the most colourful is chosen, framed, and parent of the next."""
    name, reach, edge = "gan_emoji", 0.6, (168, 67, 42)
    network = load_weights(Generator(DCGANConfig(**weights_info(name)["config"])), name)
    chance = torch.Generator().manual_seed(SEED)
    z = torch.randn(9, network.config.latent_dim, generator=chance)
    cell, gap = 66, 24
    sheet = Image.new("RGB", (turns * 3 * cell + (turns - 1) * gap, 3 * cell), "white")
    for turn in range(turns):
        with evaluating(network):
            images = ((network(z) / 2 + 0.5) * 255).round().clamp(0, 255).to(torch.uint8)
        best = int(
            np.argmax([measure(image, ["colourfulness"])["colourfulness"] for image in images])
        )
        for i, image in enumerate(images):
            picture = Image.fromarray(image.permute(1, 2, 0).numpy())
            left, top = turn * (3 * cell + gap) + i % 3 * cell, i // 3 * cell
            if i == best:
                sheet.paste(edge, (left, top, left + cell, top + cell))
            sheet.paste(picture.resize((60, 60), Image.Resampling.BICUBIC), (left + 3, top + 3))
        noise = torch.randn(z.shape, generator=chance)
        parent = z[best].clone()
        z = (1 - reach**2) ** 0.5 * parent + reach * noise
        z[4] = parent
    return sheet


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    if runtime.run_mode() == "smoke" and (reason := refusal()):
        sys.exit(f"live_taste: {reason}")
    for i, name in enumerate(PHOTOGRAPHS):
        photograph(name).save(FOLDER / f"{i}.webp", quality=QUALITY, method=6)
    _, images = drawings()
    strip(images).save(FOLDER / "drawings.webp", lossless=True, quality=100, method=6)
    still().save(STILL, quality=72, method=6)
    evolution().save(EVOLUTION, quality=72, method=6)
    FIXTURE.write_text(json.dumps(fixture()) + "\n", "utf-8")
    unseen = [*PHOTOGRAPHS, *(f"{IDEA} by {designer}" for designer in EMOJI_DESIGNERS)]
    (FOLDER / "data.js").write_text(as_script(data(*trained_judge(unseen))), "utf-8")


if __name__ == "__main__":
    main()
