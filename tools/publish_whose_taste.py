"""What lesson 5.1.4 quotes of people's ratings: aggregates, never a single picture or person.

    AESTHETIC_DATA=FOLDER python -m tools.publish_whose_taste

Writes aesthetic_utils/results/whose_taste.json, from the mean beauty of OASIS's pictures and the ratings of the dog pictures.
A minute on one core. In smoke mode, which a copy of the repository alone can have, simulated ratings stand in for what is not on
this machine.
"""

import argparse
import sys
from dataclasses import asdict

import numpy as np

from aesthetic_utils import runtime
from aesthetic_utils.data import oasis, ratings
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.judgements import personal_taste, taste
from aesthetic_utils.judgements.simulated_pictures import simulate_beauty_means
from aesthetic_utils.statistics import groups
from aesthetic_utils.statistics.intervals import bootstrap
from tools.modes import NO_DATA, refusal
from tools.publish_votes import DOG_SOURCE, SEED, SIMULATED, write

OASIS_SOURCE = {
    "paper": "Brielmann & Pelli (2019), Intense Beauty Requires Intense Pleasure, "
    "https://doi.org/10.3389/fpsyg.2019.02420",
    "file": f"means_per_image.csv, published by the authors at {oasis.SOURCE}",
    "sha256_of_numbers": oasis.DIGEST,
    "what": "mean beauty from 1 to 7 of the 900 pictures of OASIS, by 757 people online",
}
PEOPLE = "Person"  # OASIS's category
LEADS = (("own", "crowd"), ("mixture", "crowd"), ("mixture", "own"), ("kindred", "mixture"), ("parabola", "own"))  # fmt: skip


# --------------------------------------------------------------------------------------------------
# what is in a picture


def noun_results(means: oasis.BeautyMeans, *, repeats: int) -> dict:
    """How much of mean beauty is known from other pictures of the same noun."""
    nouns, category = np.array(means.nouns), np.array(means.category)
    company = [noun for noun in set(nouns) if (nouns == noun).sum() > 1]
    free = category != PEOPLE
    return {
        "pictures": len(means),
        "nouns": len(set(nouns)),
        "nouns_with_company": len(company),
        "pictures_with_company": int(np.isin(nouns, company).sum()),
        "raters_of_a_picture": {"min": int(means.raters.min()), "max": int(means.raters.max())},
        "noise_share": means.noise_share,
        "noun": _explained(means.mean, nouns, repeats),
        "category": _explained(means.mean, category, repeats),
        "without_people": _explained(means.mean[free], nouns[free], repeats),
        "within": {
            name: _explained(means.mean[category == name], nouns[category == name], repeats)
            for name in sorted(set(category))
        },
    }


def _explained(values: np.ndarray, names: np.ndarray, repeats: int) -> dict:
    chance = groups.explained_by_chance(values, names, repeats=repeats, seed=SEED)
    found = asdict(groups.explained_interval(values, names, repeats=repeats, seed=SEED))
    return found | {
        "pictures": int(np.isfinite(groups.mean_of_the_others(values, names)).sum()),
        "chance": {"median": np.median(chance), "max": chance.max(), "draws": len(chance)},
    }


# --------------------------------------------------------------------------------------------------
# one person's taste


def personal_results(
    values: np.ndarray, items: tuple[str, ...], *, deals: int, repeats: int
) -> dict:
    """What votes of one person buy, from ratings [R, I, 2] in [0, 1]."""
    shares, starts = personal_taste.morph_shares(items)
    curves = personal_taste.learning_curves(values, shares, repeats=deals, seed=SEED)
    kinless = personal_taste.learning_curves(
        values, shares, votes=(0, 50), repeats=deals, kinless=True, seed=SEED
    )
    stranger = personal_taste.learning_curves(
        values, shares, methods=("own", "mixture", "kindred"), repeats=deals, seed=SEED,
        voters=np.roll(np.arange(len(values)), 1),
    )  # fmt: skip
    return {
        "raters": values.shape[0],
        "items": values.shape[1],
        "starting_pictures": len(starts),
        "deals": deals,
        "votes": list(curves.votes),
        "taste": _curves(curves, "taste", repeats),
        "level": _curves(curves, "level", repeats),
        "leads": {
            f"{a}_over_{b}": _numbers(curves.intervals(a, b, repeats=repeats, seed=SEED))
            for a, b in LEADS
        },
        "correlations": {
            method: [_mean(r[:, v], repeats) for v in range(len(curves.votes))]
            for method, r in curves.correlations.items()
        },
        "factors": curves.factors,
        "repeat": _mean(curves.repeat, repeats),
        "ceiling": _mean(personal_taste.ceiling(curves.repeat), repeats),
        "noise_sd": curves.noise[0].mean() ** 0.5,
        "kinless": _curves(kinless, "taste", repeats),
        "stranger": _curves(stranger, "taste", repeats),
        "better_off": _better_off(curves),
        "blends": _blends(values, shares, repeats),
        "rounds": _mean((values[:, :, 1] - values[:, :, 0]).mean(1), repeats),
        "mean_of_all": taste.rater_correlations(values).mean_of_all,
    }


def _curves(curves: personal_taste.LearningCurves, about: str, repeats: int) -> dict:
    return {
        method: _numbers(curves.intervals(method, about=about, repeats=repeats, seed=SEED))
        for method in getattr(curves, about)
    }


def _numbers(intervals: list) -> list[dict]:
    return [{"value": i.value, "low": i.low, "high": i.high} for i in intervals]


def _mean(values: np.ndarray, repeats: int) -> dict | None:
    """Mean over raters with its interval; None where no rater has a value."""
    values = values[~np.isnan(values)]
    return asdict(bootstrap(np.mean, values, repeats=repeats, seed=SEED)) if len(values) else None


def _better_off(curves: personal_taste.LearningCurves) -> dict:
    """Share of raters whom a method serves better than the crowd does."""
    return {
        method: (curves.taste[method] < curves.taste["crowd"]).mean(0).tolist()
        for method in personal_taste.PERSONAL
    }


def _blends(values: np.ndarray, shares: np.ndarray, repeats: int) -> dict:
    """How far even blends lie above what they are made of, and whether that grows from round to round."""
    rounds = [personal_taste.blend_bonus(values[:, :, t], shares) for t in (0, 1)]
    return {
        "first": _mean(rounds[0], repeats),
        "second": _mean(rounds[1], repeats),
        "change": _mean(rounds[1] - rounds[0], repeats),
        "above_0": (sum(rounds) > 0).mean(),
    }


# --------------------------------------------------------------------------------------------------


def data() -> tuple[dict, oasis.BeautyMeans, dict, np.ndarray, tuple[str, ...]]:
    """OASIS's source and means, the dogs' source, ratings [R, I, 2] and names of the pictures.

    Raises MissingDataError; in smoke mode simulated ones are given instead.
    """
    try:
        means, dogs = oasis.load_beauty_means(), ratings.load_dog_ratings()
    except MissingDataError:
        if runtime.run_mode() != "smoke":
            raise
        people = personal_taste.simulate_people(12, seed=SEED)
        return SIMULATED, simulate_beauty_means(seed=SEED), SIMULATED, people.ratings, people.items
    some = runtime.by_mode(smoke=12, laptop=None, full=None)
    return OASIS_SOURCE, means, DOG_SOURCE, dogs.values[:some], dogs.items


def main() -> int:
    if reason := refusal():
        print(f"publish_whose_taste: {reason}", file=sys.stderr)
        return 1
    try:
        pictures, means, people, values, items = data()
    except MissingDataError as error:
        print(f"publish_whose_taste: {error}", file=sys.stderr)
        return NO_DATA
    deals, repeats = runtime.by_mode(smoke=(1, 20), laptop=(4, 400), full=(10, 2000))
    results = {
        "oasis": noun_results(means, repeats=repeats),
        "dogs": personal_results(values, items, deals=deals, repeats=repeats),
    }
    write("whose_taste", {"oasis": pictures, "dogs": people}, results)
    return 0


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    sys.exit(main())
