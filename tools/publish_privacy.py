"""Who was in it? Attacks on membership in classifiers and generators, private training, and votes as fingerprints.

    AESTHETIC_DATA=FOLDER python -m tools.publish_privacy [--run-dir runs] [--train-only]

Small classifiers of hands are trained on random halves of the core's training drawings: to the end, stopped early, with moved
drawings, and differentially private at several epsilons. Each is then attacked, by its loss and with the others of its kind as
shadows. The published classifiers, GAN and flow are attacked as they are. What 100 people said of dogs is linked to what
they said earlier; without those ratings (AESTHETIC_DATA) nothing is written. Writes aesthetic_utils/results/privacy.json,
aggregates alone: never a picture, a rating or a person. Some seven minutes on one core; every network's part is kept in the
run folder.
"""

import argparse
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data import EmojiSet, load_emoji
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.data.ratings import load_dog_ratings
from aesthetic_utils.generator_metrics import gaps_to, small_pixels
from aesthetic_utils.judgements import fingerprints, personal_taste
from aesthetic_utils.models.groupnorm_cnn import GroupNormCNN, GroupNormCNNConfig
from aesthetic_utils.published.flow import drawings_of, load_flow, some_of
from aesthetic_utils.published.parts import kept
from aesthetic_utils.published.results import write_result
from aesthetic_utils.published.run import run_folder
from aesthetic_utils.statistics import accounting, membership
from aesthetic_utils.statistics.intervals import Interval, mean_and_interval
from aesthetic_utils.training.classification import predict
from aesthetic_utils.training.flow import Drawings, flow_pair
from aesthetic_utils.training.private import (
    PlainSettings,
    PrivateSettings,
    noise_for,
    train_plain,
    train_private,
)
from aesthetic_utils.training.rulers import load_classifier
from aesthetic_utils.training.weights import weights_info
from tools.modes import NO_DATA, refusal
from tools.publish_distances import artist
from tools.publish_distances import drawings as stored
from tools.publish_votes import DOG_SOURCE, SIMULATED, rounded

NAME, SEED = "privacy", 0
EPSILONS = (None, 8.0, 4.0, 2.0, 1.0)  # None: clipped, no noise
CLASSIFIERS = ("resnet_emoji_designer", "resnet_emoji_category")
GENERATORS = ("gan_emoji", "flow_emoji")
ALARMS = np.round(np.logspace(-3, 0, 25), 5)  # false alarms at which curves are kept
STOPPED = 4  # epochs


def plain_kinds() -> dict[str, tuple[PlainSettings, int]]:
    """How a kind is trained, and how many of it."""
    few, epochs = runtime.by_mode(smoke=2, laptop=4, full=16), runtime.by_mode(smoke=1, laptop=10, full=20)  # fmt: skip
    moved = PlainSettings(epochs=2 * epochs, flip=True, shift=3, weight_decay=0.05)
    return {
        "overfitted": (PlainSettings(epochs=epochs), few),
        "moved": (moved, runtime.by_mode(smoke=2, laptop=2, full=4)),
    }


def private_kinds() -> dict[str, tuple[PrivateSettings, int]]:
    few = runtime.by_mode(smoke=2, laptop=2, full=4)
    epsilons = runtime.by_mode(smoke=(8.0,), laptop=(None, 8.0, 1.0), full=EPSILONS)
    base = PrivateSettings(steps=runtime.by_mode(smoke=2, laptop=60, full=120))
    return {f"epsilon {e:g}" if e else "clipped": (replace(base, epsilon=e), few) for e in epsilons}


def pool() -> tuple[EmojiSet, EmojiSet]:
    """Drawings that may be members, and drawings for accuracy."""
    some = runtime.by_mode(smoke=60, laptop=None, full=None)
    return rows_of(load_emoji("train"), some), rows_of(load_emoji("validation"), some)


def rows_of(drawings: EmojiSet, some: int | None) -> EmojiSet:
    """So many of the drawings, spread over all of them."""
    rows = np.linspace(0, len(drawings) - 1, some or len(drawings)).round().astype(int)
    return replace(
        drawings, images=drawings.images[rows], category=drawings.category[rows],
        designer=drawings.designer[rows], names=[drawings.names[i] for i in rows],
        code_points=[drawings.code_points[i] for i in rows],
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------
# classifiers: training


def said(model: GroupNormCNN, drawings: EmojiSet, unseen: EmojiSet, inside: np.ndarray) -> dict:
    """What one network gives away: log-odds and loss a drawing, and how often it is right."""
    logits, labels = predict(model, drawings.images), drawings.designer
    loss = F.cross_entropy(logits, labels, reduction="none")
    right = (logits.argmax(1) == labels).numpy()
    new = (predict(model, unseen.images).argmax(1) == unseen.designer).float().mean()
    return {
        "log_odds": membership.log_odds(logits.numpy(), labels.numpy()).round(3).tolist(),
        "loss": [float(f"{x:.4g}") for x in loss.tolist()],
        "known": float(right[inside].mean()), "not_known": float(right[~inside].mean()),
        "new": float(new),
    }  # fmt: skip


def trained(kind: str, number: int, folder: Path) -> dict[str, dict]:
    """What the network of this number says, by kind; for an overfitted one what it said when it was young, too."""
    drawings, unseen = pool()
    plain, private = plain_kinds(), private_kinds()
    settings, count = (plain | private)[kind]
    inside = membership.halves(len(drawings), count, SEED)[number]
    config = GroupNormCNNConfig(classes=len(drawings.designer_names))
    images, labels = drawings.images[inside], drawings.designer[inside]
    young: dict[str, dict] = {}

    def look(epoch: int, model: GroupNormCNN) -> None:
        if kind == "overfitted" and epoch == min(STOPPED, settings.epochs):
            young["stopped"] = said(model, drawings, unseen, inside)

    def train() -> dict:
        began = time.process_time()
        if kind in plain:
            model = train_plain(settings, config, images, labels, seed=number, watch=look)
        else:
            model = train_private(settings, config, images, labels, seed=number)
        seconds = time.process_time() - began
        print(f"{kind} {number}: {seconds:.1f} s", flush=True)
        what = {kind: said(model, drawings, unseen, inside)} | young
        return what | {"seconds": round(seconds, 2)}

    of = asdict(settings) | {"mode": runtime.run_mode(), "seed": number, "networks": count}
    return kept(folder / f"{kind.replace(' ', '_')}_{number}.json", of, train)


# --------------------------------------------------------------------------------------------------
# classifiers: attacks


def attacked(rows: list[dict], inside: np.ndarray) -> dict:
    """Both attacks on every network of a kind, each with the others as shadows: means over networks."""
    odds = np.array([row["log_odds"] for row in rows])
    scores = {"loss": [-np.array(row["loss"]) for row in rows]}
    if len(rows) > 2:
        scores["shadows"] = [
            membership.likelihood_ratio(odds[i], np.delete(odds, i, 0), np.delete(inside, i, 0))
            for i in range(len(rows))
        ]
    found = {
        name: over_networks([(s[i], s[~i]) for s, i in zip(each, inside, strict=True)])
        for name, each in scores.items()
    }
    accuracy = {
        key: mean_and_interval([row[key] for row in rows]) for key in ("known", "not_known", "new")
    }
    return {"networks": len(rows), "accuracy": accuracy, "attacks": found}


def over_networks(pairs: list[tuple[np.ndarray, np.ndarray]]) -> dict:
    curves = [membership.curve(*pair) for pair in pairs]
    found = [[float(f[a <= x + 1e-12].max()) for x in ALARMS] for a, f in curves]
    return {
        "auc": mean_and_interval([membership.auc(*pair) for pair in pairs]),
        "found": mean_and_interval([membership.found_at(*pair) for pair in pairs]),
        "curve": np.mean(found, 0).tolist(),
    }


def classifier_results(folder: Path) -> dict:
    """All kinds; the run folder has what each network said."""
    drawings, _ = pool()
    results: dict = {}
    for kind, (settings, count) in (plain_kinds() | private_kinds()).items():
        rows = [trained(kind, number, folder) for number in range(count)]
        inside = membership.halves(len(drawings), count, SEED)
        seconds = sum(row["seconds"] for row in rows)
        about = {"settings": asdict(settings), "cpu_minutes": round(seconds / 60, 2)}
        if isinstance(settings, PrivateSettings) and settings.epsilon:
            sigma = noise_for(settings)
            about |= {"sigma": sigma, "epsilon": accounting.training_epsilon(sigma, settings.share, settings.steps, settings.delta)}  # fmt: skip
        results[kind] = about | attacked([row[kind] for row in rows], inside)
        if kind == "overfitted":
            results["stopped"] = {"settings": asdict(replace(settings, epochs=min(STOPPED, settings.epochs)))} | attacked([row["stopped"] for row in rows], inside)  # fmt: skip
    return results


# --------------------------------------------------------------------------------------------------
# what is published already


def pair_of(members: np.ndarray, others: np.ndarray) -> dict:
    """One attack on one network: with bootstrap intervals over drawings."""
    repeats = runtime.by_mode(smoke=20, laptop=200, full=400)

    def interval(statistic) -> Interval:
        return membership.with_interval(statistic, members, others, repeats=repeats, seed=SEED)

    return {"auc": asdict(interval(membership.auc)), "found": asdict(interval(membership.found_at))}


def losses(model: torch.nn.Module, drawings: EmojiSet, what: str) -> np.ndarray:
    labels = getattr(drawings, what)
    return -F.cross_entropy(predict(model, drawings.images), labels, reduction="none").numpy()


def stranger(what: str) -> GroupNormCNN:
    """A network that knows neither what is attacked nor what is held against it: it has learned from the validation set."""
    _, unseen = pool()
    labels = getattr(unseen, what)
    config = GroupNormCNNConfig(classes=8 if what == "category" else 5)
    return train_plain(PlainSettings(epochs=STOPPED), config, unseen.images, labels, seed=SEED)


def published_results() -> dict:
    """Attacks by the loss on published classifiers, and the same "attack" through a stranger's eyes, which has to find nothing."""
    some = runtime.by_mode(smoke=20, laptop=200, full=500)
    members, others = (rows_of(load_emoji(split), some) for split in ("train", "test"))
    results = {}
    for name in CLASSIFIERS:
        what = name.removeprefix("resnet_emoji_")
        blind, model = stranger(what), load_classifier(name)
        accuracy = [
            float((predict(model, d.images).argmax(1) == getattr(d, what)).float().mean())
            for d in (members, others)
        ]
        results[name] = {
            "drawings": [len(members), len(others)], "known": accuracy[0], "new": accuracy[1],
            "loss": pair_of(losses(model, members, what), losses(model, others, what)),
            "stranger": pair_of(losses(blind, members, what), losses(blind, others, what)),
        }  # fmt: skip
    return results


# --------------------------------------------------------------------------------------------------
# generators


def nearest(images: Tensor, library: Tensor) -> np.ndarray:
    """Minus the distance of each picture to the nearest of a library: [N]; both float [N, 3, 32, 32] in [0, 1]."""
    gaps = gaps_to(small_pixels(images)[None], small_pixels(library), count=1)
    return -gaps.nearest[:, 0].numpy()


def flow_losses(drawings: Drawings, times: int) -> np.ndarray:
    """Minus the flow's loss at each drawing, at the same times and noises for all: [N]."""
    model = load_flow()
    clean = drawings.images.float() / 127.5 - 1  # [N, 3, 32, 32]
    total = torch.zeros(len(clean))
    with runtime.evaluating(model):
        for i in range(times):
            chance = torch.Generator().manual_seed(i)
            noise = torch.randn(1, 3, 32, 32, generator=chance).expand_as(clean)
            t = torch.full((len(clean),), (i + 0.5) / times)
            for part in torch.arange(len(clean)).split(128):
                x, target = flow_pair(clean[part], noise[part], t[part])
                error = model(x, t[part], drawings.conditions.rows(part)).float() - target
                total[part] += error.square().mean((1, 2, 3))
    return -(total / times).numpy()


def roughness(images: Tensor) -> np.ndarray:
    """How much neighbouring pixels differ: what an attack knows that has seen no network."""
    right, down = images.diff(dim=3).abs().mean((1, 2, 3)), images.diff(dim=2).abs().mean((1, 2, 3))
    return -(right + down).numpy()


def generator_results() -> dict:
    """Was a drawing learned from? By the nearest of many samples, by the flow's loss; and blindly, which has to find nothing."""
    some, samples = runtime.by_mode(smoke=(12, 30), laptop=(100, 1000), full=(500, 10_000))
    split = {"members": "train", "others": "test"}
    sets = {k: some_of(drawings_of(load_emoji(s, ideas="all"), ()), some) for k, s in split.items()}
    pixels = {k: d.images.float() / 255 for k, d in sets.items()}
    made = artist("gan_emoji").draw(samples, SEED)
    times = runtime.by_mode(smoke=1, laptop=2, full=4)

    def attack(score) -> dict:
        return pair_of(score("members"), score("others"))

    return {
        "drawings": some, "samples": samples, "times": times,
        "gan_emoji nearest sample": attack(lambda k: nearest(pixels[k], made)),
        "flow_emoji loss": attack(lambda k: flow_losses(sets[k], times)),
        "blind roughness": attack(lambda k: roughness(pixels[k])),
        "blind nearest validation drawing": attack(lambda k: nearest(pixels[k], stored("validation"))),
    }  # fmt: skip


# --------------------------------------------------------------------------------------------------
# votes


BLURS = {
    "as given": None,
    "rounded to 5 values": fingerprints.in_steps(5),
    "rounded to 2 values": fingerprints.in_steps(2),
    "noise of 0.1": fingerprints.with_noise(0.1),
    "noise of 0.2": fingerprints.with_noise(0.2),
    "noise of 0.5": fingerprints.with_noise(0.5),
    "means of groups of 3": fingerprints.in_groups(3),
    "means of groups of 5": fingerprints.in_groups(5),
    "means of groups of 10": fingerprints.in_groups(10),
}


def vote_results(values: np.ndarray) -> dict:
    """How many people are named from ratings [R, I, 2] in [0, 1]: the first round has names, the second none."""
    first, second = values[:, :, 0], values[:, :, 1]
    every, halved = runtime.by_mode(smoke=((5, 10), (5,)), laptop=((5, 10, 20, 40), (5, 10, 20)), full=((5, 10, 20, 40, 55), (5, 10, 20, 27)))  # fmt: skip
    deals = runtime.by_mode(smoke=2, laptop=10, full=50)
    blurred = max(k for k in every if k <= 40)
    return {
        "people": len(values), "pictures": values.shape[1], "votes": list(every), "deals": deals,
        "chance": 1 / len(values),
        "same pictures": {
            way: [asdict(fingerprints.named(first, second, k, way=way, deals=deals, seed=SEED)) for k in every]
            for way in fingerprints.WAYS
        },
        "other pictures": {
            "votes": list(halved),
            "named": [asdict(fingerprints.named_elsewhere(first, second, k, deals=deals, seed=SEED)) for k in halved],
        },
        "blurred": {"votes": blurred} | {
            name: {
                way: asdict(fingerprints.named(first, second, blurred, way=way, blur=blur, deals=deals, seed=SEED))
                for way in fingerprints.WAYS
            } | {"crowd": crowd_kept(second, blur)}
            for name, blur in BLURS.items()
        },
    }  # fmt: skip


def crowd_kept(ratings: np.ndarray, blur: fingerprints.Blur | None) -> float:
    """The correlation of the crowd's mean a picture, before and after: what blurring costs whoever wants to know it."""
    given = ratings if blur is None else blur(ratings, np.random.default_rng(SEED))
    return float(np.corrcoef(ratings.mean(0), given.mean(0))[0, 1])


def people() -> tuple[dict, np.ndarray]:
    """The ratings' source, and ratings [R, I, 2]; in smoke mode simulated ones, if they are not on this machine."""
    try:
        return DOG_SOURCE, load_dog_ratings().values
    except MissingDataError:
        if runtime.run_mode() != "smoke":
            raise
        return SIMULATED, personal_taste.simulate_people(12, seed=SEED).ratings


def main(run_dir: Path, train_only: bool) -> int:
    if reason := refusal():
        print(f"publish_privacy: {reason}", file=sys.stderr)
        return 1
    folder = run_folder(run_dir, NAME, SEED)
    classifiers = classifier_results(folder)
    if train_only:
        return 0
    try:
        source, values = people()
    except MissingDataError as error:
        print(f"publish_privacy: {error}", file=sys.stderr)
        return NO_DATA
    made_up = personal_taste.simulate_people(len(values), seed=SEED).ratings
    drawings, _ = pool()
    results = {
        "drawings": len(drawings), "alarms": ALARMS.tolist(), "classifiers": classifiers,
        "published": published_results(), "generators": generator_results(),
        "votes": {"people": vote_results(values), "simulated": vote_results(made_up)},
    }  # fmt: skip
    weights = {name: weights_info(name)["sha256"] for name in (*CLASSIFIERS, *GENERATORS)}
    head = {"name": NAME} | runtime.describe_run() | {"seed": SEED}
    write_result(NAME, head | {"source": {"dogs": source, "weights": weights}} | rounded(results))
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run-dir", type=Path, default=Path("runs"))
    parser.add_argument(
        "--train-only", action="store_true", help="train and keep what networks say"
    )
    options = parser.parse_args()
    sys.exit(main(options.run_dir, options.train_only))
