"""What the lessons quote of published judgements: aggregates, never a single image or person.

    AESTHETIC_DATA=FOLDER python -m tools.publish_votes

Writes the records ava_votes and dog_ratings into aesthetic_utils/results/. Takes about a minute on one core.
In smoke mode, which a copy of the repository alone can have, simulated votes stand in for what is not on this machine.
"""

import argparse
import sys
from dataclasses import asdict

import numpy as np

from aesthetic_utils import runtime
from aesthetic_utils.data import ratings
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.judgements import taste, vote_histograms
from aesthetic_utils.judgements.simulated_raters import simulate_class, simulate_votes
from aesthetic_utils.published.results import write_result
from aesthetic_utils.statistics.intervals import bootstrap
from tools.modes import NO_DATA, refusal

SEED = 0
REPEATS = 400  # of a bootstrap over images
GROUPS = (1, 2, 5, 10, 20, 50, 100)  # voters
PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
BINS = np.arange(1, 10.01, 0.25)  # of mean votes
THRESHOLD = 5  # "good" in the literature: a mean above it

AVA_SOURCE = {
    "paper": "Murray, Marchesotti & Perronnin (2012), AVA: A Large-Scale Database for Aesthetic "
    "Visual Analysis, https://doi.org/10.1109/CVPR.2012.6247954",
    "file": ratings.AVA_URL,
    "sha256_of_numbers": ratings.AVA_DIGEST,
    "what": "votes from 1 to 10 of members of DPChallenge; 25,551 of AVA's photographs",
}
DOG_SOURCE = {
    "paper": "Brielmann, Berentelg & Dayan (2023), Modelling individual aesthetic judgements over "
    "time, https://doi.org/10.1098/rstb.2022.0414",
    "file": f"published by the authors at {ratings.DOG_SOURCE}",
    "sha256_of_numbers": ratings.DOG_DIGEST,
    "what": "ratings from 0 to 1 of 55 morphed pictures of dogs by 100 people in two rounds",
}


# --------------------------------------------------------------------------------------------------
# AVA


def ava_results(counts: np.ndarray, *, repeats: int = REPEATS) -> dict:
    """All aggregates of vote histograms [N, 10]."""
    return {
        "images": len(counts),
        "votes": int(counts.sum()),
        "votes_per_image": _range(counts.sum(1)),
        **_describe_means(counts, repeats),
        "variance": asdict(vote_histograms.variance_parts(counts)),
        "icc": _interval(vote_histograms.icc, counts, repeats),
        "reliability": _interval(vote_histograms.reliability, counts, repeats),
        "one_against_crowd": _interval(vote_histograms.one_against_crowd, counts, repeats),
        "groups": _groups(counts),
        "pair_agreement": _pairs(counts),
        "label": _label(counts),
        "baseline_emd": {
            f"r{r}": _interval(lambda h, r=r: vote_histograms.baseline_emd(h, r=r), counts, repeats)
            for r in (1, 2)
        },
    }


def _describe_means(counts: np.ndarray, repeats: int) -> dict:
    mean, spread = vote_histograms.means(counts), vote_histograms.spreads(counts)
    gaussian = vote_histograms.gaussian_histogram(mean, spread)
    return {
        "mean": _interval(lambda h: vote_histograms.means(h).mean(), counts, repeats),
        "sd_of_means": mean.std(),
        "means": _range(mean) | {f"p{p}": np.percentile(mean, p) for p in PERCENTILES},
        "shares": {
            "from_4_to_6": ((mean >= 4) & (mean <= 6)).mean(),
            "above_7": (mean > 7).mean(),
            "below_4": (mean < 4).mean(),
        },
        "histogram_of_means": {
            "edges": BINS.tolist(),
            "images": np.histogram(mean, BINS)[0].tolist(),
        },
        "share_of_votes": (counts.sum(0) / counts.sum()).tolist(),
        "spread": _range(spread)
        | {f"p{p}": np.percentile(spread, p) for p in (5, 95)}
        | {
            "reliability": vote_histograms.spread_reliability(counts, seed=SEED),
            "from_own_mean": vote_histograms.spread_from_mean(counts),
        },
        "gaussian_emd_r2": vote_histograms.emd(counts, gaussian, r=2).mean(),
    }


def _groups(counts: np.ndarray) -> dict:
    """Agreement of two groups of k voters, and of k voters with all others."""
    icc, found = vote_histograms.icc(counts), {}
    for k in GROUPS:
        found[f"k{k}"] = {
            "voters": k,
            "images": int((counts.sum(1) >= 2 * k).sum()),
            "two_groups": vote_histograms.group_correlation(counts, k, seed=SEED),
            "spearman_brown": vote_histograms.spearman_brown(icc, k),
            "against_crowd": vote_histograms.one_against_crowd(counts)
            if k == 1
            else vote_histograms.group_against_crowd(counts, k, seed=SEED),
        }
    return found


def _pairs(counts: np.ndarray) -> dict:
    found = vote_histograms.pair_agreement(counts, seed=SEED)
    upper = [*found.gaps[1:], None]
    rows = zip(found.gaps, upper, found.by_gap, found.pairs, strict=True)
    return {
        "overall": found.overall,
        "pairs": sum(found.pairs),
        "by_gap": [{"from": a, "to": b, "agreement": p, "pairs": n} for a, b, p, n in rows],
    }


def _label(counts: np.ndarray) -> dict:
    """What is left of the votes when a mean above 5 is called good."""
    mean = vote_histograms.means(counts)
    just_good = (mean > THRESHOLD) & (mean <= THRESHOLD + 0.1)
    shares = counts[just_good] / counts[just_good].sum(1, keepdims=True)
    return {
        "threshold": THRESHOLD,
        "good": (mean > THRESHOLD).mean(),
        "always_good": vote_histograms.label_accuracy(np.full(len(mean), 10.0), mean)[0],
        "within_half": (abs(mean - THRESHOLD) <= 0.5).mean(),
        "just_good": {
            "images": int(just_good.sum()),
            "votes_of_5_or_less": shares[:, :THRESHOLD].sum(1).mean(),
        },
        "flipped": {
            f"k{k}": vote_histograms.flip_share(counts, k, seed=SEED) for k in (1, 5, 10, 20, 50)
        },
    }


# --------------------------------------------------------------------------------------------------
# dogs


def dog_results(values: np.ndarray, *, repeats: int = 1000) -> dict:
    """All aggregates of ratings [R, I, 2] in [0, 1]."""
    parts, found = taste.taste_parts(values), taste.rater_correlations(values)
    indices = {
        name: asdict(taste.beholder_interval(values, index=name, repeats=repeats, seed=SEED))
        for name in ("b1", "b2")
    }
    by_item = values.mean((0, 2))
    return {
        "raters": values.shape[0],
        "items": values.shape[1],
        "rounds": values.shape[2],
        "ratings": values.size,
        "mean": values.mean(),
        "sd": values.std(),
        "share_of_ratings": (np.histogram(values, 10, (0, 1))[0] / values.size).tolist(),
        "means_of_items": _range(by_item) | {"sd": by_item.std()},
        "variance": asdict(parts),
        "variance_share": parts.partition,
        **indices,
        "repeat": _correlations(found.repeat, repeats),
        "crowd": _correlations(found.crowd, repeats),
        "pairs_of_raters": found.pairs,
        "reliability_of_the_mean": found.mean_of_all,
    }


def _correlations(values: np.ndarray, repeats: int) -> dict:
    """Mean over raters with its interval, and quartiles; raters who always say the same left out."""
    values = values[~np.isnan(values)]
    return {
        "mean": asdict(bootstrap(np.mean, values, repeats=repeats, seed=SEED)),
        **{f"p{p}": np.percentile(values, p) for p in (25, 50, 75)},
        "below_0": (values < 0).mean(),
    }


# --------------------------------------------------------------------------------------------------


def _interval(statistic, counts: np.ndarray, repeats: int) -> dict:
    return asdict(bootstrap(statistic, counts, repeats=repeats, seed=SEED))


def _range(values: np.ndarray) -> dict:
    return {"min": values.min(), "mean": values.mean(), "max": values.max()}


def rounded(value):
    """The same with plain numbers of six significant digits, as JSON holds them."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    return float(f"{value:.6g}") if isinstance(value, float) else value


def write(name: str, source: dict, results: dict) -> None:
    """The record NAME, with where the data and the numbers come from."""
    result = {"name": name} | runtime.describe_run() | {"seed": SEED, "source": source}
    write_result(name, result | rounded(results))


SIMULATED = {"what": "simulated, because the data are not on this machine", "paper": "none"}


def votes() -> tuple[dict, np.ndarray, dict, np.ndarray]:
    """AVA's source and histograms [N, 10], the dogs' source and ratings [R, I, 2] in [0, 1].

    Raises MissingDataError; in smoke mode simulated ones are given instead.
    """
    try:
        ava, dogs = ratings.load_ava_votes().counts, ratings.load_dog_ratings().values
    except MissingDataError:
        if runtime.run_mode() != "smoke":
            raise
        school = simulate_class(12, 20, scale=(1, 9), seed=SEED)
        return SIMULATED, simulate_votes(400, 220, seed=SEED).counts, SIMULATED, school.ratings / 10
    some = runtime.by_mode(smoke=500, laptop=None, full=None)
    return AVA_SOURCE, ava[:some], DOG_SOURCE, dogs


def main() -> int:
    if reason := refusal():
        print(f"publish_votes: {reason}", file=sys.stderr)
        return 1
    try:
        ava_source, counts, dog_source, dogs = votes()
    except MissingDataError as error:
        print(f"publish_votes: {error}", file=sys.stderr)
        return NO_DATA
    ava_repeats, dog_repeats = runtime.by_mode(
        smoke=(5, 5), laptop=(100, 200), full=(REPEATS, 1000)
    )
    write("ava_votes", ava_source, ava_results(counts, repeats=ava_repeats))
    write("dog_ratings", dog_source, dog_results(dogs, repeats=dog_repeats))
    return 0


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    sys.exit(main())
