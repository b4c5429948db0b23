"""Simulated pictures with nouns, like those of OASIS. Nothing here is data: it is made up, from settings that are then known."""

import numpy as np

from aesthetic_utils.data.oasis import BeautyMeans

CATEGORIES = ("Animal", "Object", "Person", "Scene")


def simulate_beauty_means(
    *,
    nouns: int = 248,
    mean: float = 4.34,
    category: float = 0.39,
    noun: float = 0.98,
    picture: float = 0.57,
    spread: float = 1.5,
    raters: int = 189,
    seed: int = 0,
) -> BeautyMeans:
    """Simulated mean beauty, 1 to 7, of pictures that show one of `nouns` things each.

    mean, category, noun, picture: where all lie, and standard deviations of what a category, a noun of it, and a single picture
        add; with the numbers set here the others of a noun explain about as much as on OASIS
    spread, raters: standard deviation over raters, and their number, whose mean is given

    A noun has 1 to 31 pictures, about a third of the nouns one only.
    """
    rng = np.random.default_rng(seed)
    sizes = np.minimum(rng.geometric(0.36, nouns), 31) + (rng.random(nouns) < 0.12) * 6
    kind = rng.integers(len(CATEGORIES), size=nouns)
    level = rng.normal(0, category, len(CATEGORIES))[kind] + rng.normal(0, noun, nouns)
    of = np.repeat(np.arange(nouns), sizes)
    beauty = mean + level[of] + rng.normal(0, np.hypot(picture, spread / raters**0.5), len(of))
    number = np.concatenate([np.arange(1, n + 1) for n in sizes])
    return BeautyMeans(
        themes=tuple(f"Thing{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}{k}" for n, k in zip(of, number, strict=True)),
        category=tuple(CATEGORIES[kind[n]] for n in of),
        mean=beauty.clip(1, 7), spread=np.full(len(of), spread),
        raters=np.full(len(of), raters),
    )  # fmt: skip
