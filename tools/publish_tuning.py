"""The generator of drawings tuned to a simulated viewer's taste, for five viewers: what lesson 5.1.2 reads.

    python -m tools.publish_tuning [--run-dir runs]

Nothing of the viewers is data. Five simulated viewers vote on pairs of pictures of the DCGAN; rewards are learned from 50 to
8,000 votes each; the generator is tuned to the rewards by best of n, by weighing, by direct preference optimisation and by
the gradient, with a truncation beside them that knows of no taste; and on the way it is measured what the reward says, what
its owner truly thinks, what others think, and what becomes of the pictures. What counts as met was written down first
(`verdicts`). Writes aesthetic_utils/results/tuned_to_taste.json. Some 12 minutes on one core; each part is kept in the run
folder, and a run that was broken off goes on.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from aesthetic_utils import runtime
from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.generator_metrics import Ruler
from aesthetic_utils.judgements.simulated_viewers import (
    ViewerSettings,
    agreement_with_oneself,
    agreement_with_taste,
    chance,
    random_pairs,
)
from aesthetic_utils.published.parts import kept
from aesthetic_utils.published.results import write_result
from aesthetic_utils.published.run import run_folder
from aesthetic_utils.published.tuning import (
    EYES,
    GENERATOR,
    OTHER_EYES,
    OWNERS,
    RULER,
    Studio,
    ask,
    drawn_from,
    learn,
    learner,
    open_studio,
    photographs_ruler,
    report,
    sides,
    untuned,
)
from aesthetic_utils.statistics.intervals import mean_and_interval
from aesthetic_utils.training import tuning
from aesthetic_utils.training.reward import Reward, ensemble, pair_accuracy
from aesthetic_utils.training.rulers import seen_by
from aesthetic_utils.training.weights import weights_info
from tools.modes import refusal

NAME = "tuned_to_taste"
NS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
INTERVALS = ("proxy", "owner", "others", "worst", "gap")  # of these the record has intervals
ASCENT_RATE, TUNING_RATE, BATCH = 0.05, 2e-4, 32
BETAS = (2.0, 1.0, 0.5)  # of reward weights, in sd of the reward
SHIFTS = (1.0, 2.0, 4.0, 6.0)  # of direct preference optimisation: |mean| = |slope| / beta
TRUNCATIONS = (1.0, 0.8, 0.6, 0.4, 0.2)
ROUNDS = 3
RULED = 3_000  # training drawings, at random, that the Frechet distance goes to

Row = dict[str, Any]


def sizes() -> dict[str, Any]:
    """What is drawn and asked, by mode."""
    return runtime.by_mode(
        smoke=dict(
            pool=120, drawings=150, owners=2, votes=(50, 60), tuned=(50, 60), some=(50, 60), images=20, climbing=8,
            climb=(0, 1), tune=(0, 1, 2), fresh=60, blocks=(1, 4),
        ),
        laptop=dict(
            pool=2_048, drawings=None, owners=2, votes=(50, 500), tuned=(50, 500), some=(50, 500), images=100,
            climbing=50, climb=(0, 5, 20), tune=(0, 5, 20, 40), fresh=512, blocks=(1, 4),
        ),
        full=dict(
            pool=4_096, drawings=None, owners=OWNERS, votes=(50, 100, 200, 500, 2_000, 8_000),
            tuned=(50, 200, 2_000, 8_000), some=(50, 2_000), images=200, climbing=64,
            climb=(0, 5, 10, 20, 40), tune=(0, 5, 10, 20, 30, 40, 60, 80), fresh=256,
            blocks=(1, 4, 16),
        ),
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------
# one owner, one way of tuning: rows by strength


def rewards_learned(studio: Studio, owner: int, votes: int) -> Row:
    """How well rewards know the owner's taste on the pool, and how best of n by them ends."""
    truth = studio.tastes(studio.pool)  # [R, N]
    pairs = random_pairs(len(studio.pool), 10_000, np.random.default_rng(99))
    liked = truth[owner][pairs[:, 0]] > truth[owner][pairs[:, 1]]
    pairs = torch.from_numpy(np.where(liked[:, None], pairs, pairs[:, ::-1]))
    found = {}
    for kind, hidden in (("linear", 0), ("hidden", 64)):
        reward = learn(studio, ask(studio, owner, votes), hidden=hidden)
        r = reward(studio.pool.features)
        values = np.concatenate([r.numpy()[None], truth, studio.pool.distance[None]])
        best = np.stack([tuning.best_of_n(r.numpy(), values, n) for n in NS], axis=1)  # [R + 2, S]
        found[kind] = {
            "accuracy": pair_accuracy(r, *pairs.T),
            "r": float(np.corrcoef(r.numpy(), truth[owner])[0, 1]),
            "proxy": best[0].tolist(),
            "owner": best[1 + owner].tolist(),
            "others": best[1 + OWNERS : -1].mean(0).tolist(),
            "worst": best[1 + OWNERS : -1].min(0).tolist(),
            "nearest": best[-1].tolist(),
        }
    return found


def told(studio: Studio, owner: int, reward: Reward, ruler: Ruler, judges: Sequence[Reward] = ()) -> Callable:  # fmt: skip
    """`report` with everything but the pictures."""
    rulers = {"photographs": ruler}
    return partial(report, studio, owner=owner, proxy=reward, judges=judges, rulers=rulers)


def by_choosing(studio: Studio, owner: int, votes: int, ruler: Ruler) -> list[Row]:
    """Sets of pictures that are each the best of n draws."""
    reward = learn(studio, ask(studio, owner, votes))
    r, size = reward(studio.pool.features).numpy(), sizes()
    tell = told(studio, owner, reward, ruler)
    rows = []
    for n in size["blocks"]:
        best = tuning.winners_of_blocks(r, n, size["images"])
        images = drawn_from(untuned(), studio.z[torch.from_numpy(best)])
        rows.append({"n": n, "kl": tuning.best_of_n_bound(n)} | tell(images))
    return rows


def by_weighing(studio: Studio, owner: int, votes: int, ruler: Ruler) -> list[Row]:
    """Weights alone, on the pool, and a normal law of z that is regressed on weighted draws, round after round."""
    reward = learn(studio, ask(studio, owner, votes))
    tell, size, generator = told(studio, owner, reward, ruler), sizes(), untuned()
    truth, rows = studio.tastes(studio.pool)[owner], []
    for beta in BETAS:
        r, z = reward(studio.pool.features).numpy(), studio.z
        w = tuning.reward_weights(r, beta)
        exact = {"ideal_kl": tuning.weighted_kl(w), "ideal_owner": float((w * truth).mean())}
        for turn in range(1, ROUNDS + 1):
            law = tuning.regressed(z, w)
            if turn == ROUNDS:
                images = drawn_from(generator, law.draw(size["images"], seed=5))
                rows.append({"beta": beta, "kl": law.kl} | exact | tell(images))
                break
            z = law.draw(size["fresh"], seed=10 + turn)
            r = reward(seen_by(studio.eyes, drawn_from(generator, z))).numpy()
            w = tuning.reward_weights(r, beta)
    return rows


def by_dpo(studio: Studio, owner: int, votes: int, ruler: Ruler) -> list[Row]:
    """A normal law of z moved by the votes, without a reward; the reward of the same votes looks on."""
    asked = ask(studio, owner, votes)
    tell = told(studio, owner, learn(studio, asked), ruler)
    chosen, other = (studio.z[torch.from_numpy(side)] for side in asked.T)
    slope, rows = tuning.votes_slope(chosen - other), []
    for shift in SHIFTS:
        law = tuning.dpo(chosen, other, float(slope.norm()) / shift, slope)
        images = drawn_from(untuned(), law.draw(sizes()["images"], seed=5))
        rows.append({"shift": shift, "kl": law.kl} | tell(images))
    return rows


def by_ascent(studio: Studio, owner: int, votes: int, ruler: Ruler) -> list[Row]:
    """Each z uphill in the reward of its own picture; nothing holds it back."""
    reward = learn(studio, ask(studio, owner, votes))
    tell, generator = told(studio, owner, reward, ruler), untuned().requires_grad_(False)
    z = torch.randn(sizes()["climbing"], 100, generator=torch.Generator().manual_seed(5))
    optimizer = torch.optim.Adam([z.requires_grad_()], ASCENT_RATE)
    rows, done = [], 0
    for steps in sizes()["climb"]:
        for _ in range(done, steps):
            tuning.ascent_step(generator, studio.score(reward), z, optimizer)
        done = steps
        length = z.detach().norm(dim=1).mean().item()
        rows.append({"step": steps, "length": length} | tell(drawn_from(generator, z.detach())))
    return rows


def by_gradient(studio: Studio, owner: int, votes: int, ruler: Ruler) -> list[Row]:
    """The generator's weights by the gradient of the reward; five judges, from other votes, look on."""
    reward = learn(studio, ask(studio, owner, votes))
    judges = ensemble(learner(studio), *sides(studio, ask(studio, owner, votes, seed=1)))
    tell, generator = told(studio, owner, reward, ruler, judges), untuned()
    optimizer = torch.optim.Adam(generator.parameters(), TUNING_RATE, betas=(0.5, 0.999))
    fresh = torch.Generator().manual_seed(owner)
    z = torch.randn(sizes()["images"], 100, generator=torch.Generator().manual_seed(5))
    rows, done = [], 0
    for steps in sizes()["tune"]:
        for _ in range(done, steps):
            batch = torch.randn(BATCH, 100, generator=fresh)
            tuning.tuning_step(generator, studio.score(reward), batch, optimizer)
        done = steps
        rows.append({"step": steps} | tell(drawn_from(generator, z)))
    return rows


def by_truncation(studio: Studio, owner: int, ruler: Ruler) -> list[Row]:
    """Shorter z, which knows of no taste: what averageness alone gets."""
    z = torch.randn(sizes()["images"], 100, generator=torch.Generator().manual_seed(5 + owner))
    look = partial(report, studio, owner=owner, rulers={"photographs": ruler})
    return [{"psi": psi} | look(drawn_from(untuned(), psi * z)) for psi in TRUNCATIONS]


# --------------------------------------------------------------------------------------------------
# over the owners


def column(runs: Sequence[list[Row]], key: str) -> np.ndarray:
    """One number of all owners and strengths: [O, S]."""
    return np.array([[row[key] for row in rows] for rows in runs])


def curves(runs: Sequence[list[Row]]) -> dict[str, Any]:
    """Means over the owners at each strength; of `INTERVALS` with the ends of their 95 % intervals."""
    table: dict[str, Any] = {}
    keys = [key for key in runs[0][0]] + (["gap"] if "proxy" in runs[0][0] else [])
    for key in keys:
        values = column(runs, "proxy") - column(runs, "owner") if key == "gap" else column(runs, key)  # fmt: skip
        table[key] = rounded(values.mean(0))
        if key in INTERVALS:
            table[f"{key}_low"], table[f"{key}_high"] = map(rounded, ends(values))
    return table


def ends(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the 95 % intervals of means over the owners: [O, S] -> [S], [S]."""
    found = [mean_and_interval(column) for column in values.T]
    return np.array([f["low"] for f in found]), np.array([f["high"] for f in found])


def rounded(values: Sequence[float] | np.ndarray) -> list[float]:
    return [round(float(value), 3) for value in values]


def goodhart(kl: np.ndarray, tastes: np.ndarray) -> dict[str, Any]:
    """alpha and beta of d (alpha - beta d) over the owners, [O, S], and how far off the mean curve lies at most."""
    fits = np.array([tuning.goodhart_fit(kl, taste) for taste in tastes])  # [O, 2]
    d, (alpha, beta) = np.sqrt(kl), fits.mean(0)
    off = np.abs(tastes.mean(0) - d * (alpha - beta * d)).max()
    low, high = ends(fits)
    return {
        "alpha": rounded([alpha, low[0], high[0]]), "beta": rounded([beta, low[1], high[1]]),
        "largest_error": round(float(off), 3),
        "peak_d": round(float(alpha / (2 * beta)), 2) if beta > 0 else None,
    }  # fmt: skip


# --------------------------------------------------------------------------------------------------
# what was decided before the runs


def verdicts(tuned: dict[int, list[list[Row]]], choosing: dict[int, list[Row]],
             plain: list[list[Row]], far: float) -> dict[str, Row]:  # fmt: skip
    """The seven numbers that convince, decided before the runs: each with what was found, and whether it was met.

    tuned: votes -> owner -> rows of `by_gradient`; choosing: votes -> owner -> linear part of `rewards_learned`;
    plain: owner -> rows of `by_truncation`; far: the 99th percentile of held-out drawings' distance.
    """
    few = min(tuned)
    owner = {k: column(runs, "owner") for k, runs in tuned.items()}  # [O, S]
    gap = column(tuned[few], "proxy")[:, -1] - owner[few][:, -1]
    peaks = {k: int(curve.mean(0).argmax()) for k, curve in owner.items()}
    tops = {k: float(owner[k].mean(0)[peak]) for k, peak in peaks.items()}
    return {
        "a": wide_gap(gap),
        "b": peak_and_fall(tuned, owner, peaks),
        "c": later_and_higher([tuned[k][0][peaks[k]]["step"] for k in tuned], list(tops.values())),
        "d": fewer_and_farther(tuned, peaks, far),
        "e": for_whom(choosing),
        "f": stopped(tuned, owner),
        "g": beyond_average(column(plain, "owner").mean(0).max(), tops),
    }


def wide_gap(gap: np.ndarray) -> Row:
    """(a) With the fewest votes the reward promises at least 2 sd more than its owner sees, the interval above 0."""
    found = mean_and_interval(list(gap))
    return {"gap": rounded([found["mean"], found["low"], found["high"]]),
            "met": bool(found["mean"] >= 2 and found["low"] > 0)}  # fmt: skip


def peak_and_fall(tuned: dict, owner: dict, peaks: dict) -> Row:
    """(b) True taste rises to a peak and falls by at least 0.3 sd, while the reward still rises."""
    rows = {}
    for votes, curve in owner.items():
        mean, proxy = curve.mean(0), column(tuned[votes], "proxy").mean(0)
        rows[str(votes)] = {"fall": round(float(mean[peaks[votes]] - mean[-1]), 3),
                            "reward_rise": round(float(proxy[-1] - proxy[peaks[votes]]), 3)}  # fmt: skip
    met = any(row["fall"] >= 0.3 and row["reward_rise"] > 0 for row in rows.values())
    return {"votes": rows, "met": met}


def later_and_higher(steps: list[int], tops: list[float]) -> Row:
    """(c) With more votes the peak comes later and is higher, over all numbers of votes."""
    up = all(np.diff(tops) > 0)
    later = all(np.diff(steps) >= 0) and steps[-1] > steps[0]
    return {"steps": steps, "tops": rounded(tops), "higher": bool(up), "later": bool(later), "met": bool(up and later)}  # fmt: skip


def fewer_and_farther(tuned: dict, peaks: dict, far: float) -> Row:
    """(d) From the peak to the end coverage falls by 0.1, and the distance passes nearly all held-out drawings'."""
    rows = {}
    for votes, runs in tuned.items():
        cover, away = (column(runs, key).mean(0) for key in ("coverage_photographs", "nearest"))
        rows[str(votes)] = {
            "coverage": rounded([cover[0], cover[peaks[votes]], cover[-1]]),
            "nearest": rounded([away[0], away[peaks[votes]], away[-1]]),
        }
    met = all(r["coverage"][1] - r["coverage"][2] >= 0.1 and r["nearest"][2] > far for r in rows.values())  # fmt: skip
    return {"votes": rows, "far": round(far, 3), "met": met}


def for_whom(choosing: dict[int, list[Row]]) -> Row:
    """(e) From 200 votes on others gain at most 0.65 of what the owner gains, and somebody loses 1 sd (best of 256)."""
    at, rows = NS.index(256), {}
    for votes, found in choosing.items():
        gains, others, worst = (np.array([f[key][at] for f in found]) for key in ("owner", "others", "worst"))  # fmt: skip
        rows[str(votes)] = {"owner": round(gains.mean(), 3), "others": round(others.mean(), 3),
                            "share": round(others.mean() / gains.mean(), 3), "worst": round(worst.min(), 3)}  # fmt: skip
    judged = [row for votes, row in rows.items() if int(votes) >= 200] or list(rows.values())
    met = all(row["share"] <= 0.65 for row in judged) and any(row["worst"] <= -1 for row in judged)
    return {"votes": rows, "met": bool(met)}


def stopped(tuned: dict, owner: dict) -> Row:
    """(f) Stopping before the first fall of the most doubtful of five judges keeps 90 % of the peak, at each number."""
    rows = {}
    for votes, runs in tuned.items():
        at = [tuning.stop_at(np.array(row)) for row in column(runs, "judges")]
        mine = np.array([curve[i] for curve, i in zip(owner[votes], at, strict=True)])
        best = owner[votes].max(1)
        rows[str(votes)] = {"steps": [runs[0][i]["step"] for i in at], "stopped": round(mine.mean(), 3),
                            "best": round(best.mean(), 3), "kept": round(mine.mean() / best.mean(), 3)}  # fmt: skip
    return {"votes": rows, "met": all(row["kept"] >= 0.9 for row in rows.values())}


def beyond_average(truncated: float, tops: dict[int, float]) -> Row:
    """(g) Truncation, which knows of no taste, does not reach what the tuned generator reaches, at each number."""
    return {"truncated": round(float(truncated), 3), "tuned": {str(k): round(v, 3) for k, v in tops.items()},
            "met": all(truncated < top for top in tops.values())}  # fmt: skip


# --------------------------------------------------------------------------------------------------


def about_viewers(studio: Studio) -> Row:
    """How the viewers waver and agree, on the pool."""
    truth, pairs = studio.tastes(studio.pool), random_pairs(len(studio.pool), 10_000, np.random.default_rng(3))  # fmt: skip
    p = [chance(truth[i], pairs, studio.viewers.waver[i]) for i in range(OWNERS)]
    between = np.corrcoef(truth)[np.triu_indices(len(truth), 1)]
    return {
        "owners": sizes()["owners"], "others": len(truth) - OWNERS,
        "agreement": rounded([agreement_with_taste(x) for x in p]),
        "repeat": rounded([agreement_with_oneself(x) for x in p]),
        "between": rounded([between.mean(), *np.quantile(between, [0.05, 0.95])]),
        "settings": asdict(studio.viewers.settings),
    }  # fmt: skip


def main(run_dir: Path) -> int:
    if reason := refusal():
        print(f"publish_tuning: {reason}", file=sys.stderr)
        return 1
    size = sizes()
    studio = open_studio(size["pool"], drawings=size["drawings"])
    train = load_emoji("train", ideas="all").images.float() / 255
    some = torch.randperm(len(train), generator=torch.Generator().manual_seed(0))[
        : size["drawings"] or RULED
    ]
    ruler = photographs_ruler(train[some])
    source = {name: weights_info(name)["sha256"] for name in (GENERATOR, EYES, OTHER_EYES, RULER)}
    of = {"weights": source, "mode": runtime.run_mode(), "viewers": asdict(ViewerSettings())}
    of["viewers"]["taste"]["weights"] = list(of["viewers"]["taste"]["weights"])

    ways = {
        "gradient": (size["tuned"], partial(by_gradient, ruler=ruler)),
        "dpo": (size["tuned"], partial(by_dpo, ruler=ruler)),
        "choosing": (size["some"], partial(by_choosing, ruler=ruler)),
        "weighing": (size["some"], partial(by_weighing, ruler=ruler)),
        "ascent": (size["some"], partial(by_ascent, ruler=ruler)),
        "rewards": (size["votes"], rewards_learned),
        "truncation": ((0,), lambda studio, owner, _: by_truncation(studio, owner, ruler)),
    }
    found: dict[str, dict[int, list]] = {name: {k: [] for k in votes} for name, (votes, _) in ways.items()}  # fmt: skip
    for owner in range(size["owners"]):
        for name, (votes, measure) in ways.items():
            for k in votes:
                part = run_folder(run_dir, NAME, owner) / f"{name}_{k}.json"
                measured = partial(measure, studio, owner, k)
                found[name][k].append(kept(part, of, measured))
                print(f"owner {owner}: {name}, {k} votes", flush=True)
    known, plain = found.pop("rewards"), found.pop("truncation")[0]
    record = summary(studio, known, found, plain)
    head = {"name": NAME} | runtime.describe_run() | {"source": {"weights": source}}
    write_result(NAME, head | {"pool": size["pool"], "pictures": size["images"], "climbing": size["climbing"]} | record)  # fmt: skip
    return 0


def summary(studio: Studio, known: dict, ways: dict[str, dict], plain: list) -> Row:
    """The record, from what was measured of each owner."""
    kl = np.array([tuning.best_of_n_bound(n) for n in NS])
    rewards: Row = {}
    for kind in ("linear", "hidden"):
        rewards[kind] = {}
        for votes, found in known.items():
            parts = [f[kind] for f in found]
            row: Row = {key: rounded([f[key] for f in parts]) for key in ("accuracy", "r")}
            if kind == "linear":
                runs = [[{k: f[k][i] for k in ("proxy", "owner", "others", "worst", "nearest")} for i in range(len(NS))] for f in parts]  # fmt: skip
                row |= curves(runs) | {"fit": goodhart(kl, np.array([f["owner"] for f in parts]))}
            else:
                row |= {"owner": rounded(np.mean([f["owner"] for f in parts], 0))}
            rewards[kind][str(votes)] = row
    linear = {votes: [f["linear"] for f in found] for votes, found in known.items()}
    return {
        "viewers": about_viewers(studio),
        "held_out": {"usual": round(studio.drawings.usual, 3), "far": round(studio.drawings.far, 3)},
        "untuned": {"nearest": round(float(np.median(studio.pool.distance)), 3)},
        "best_of": {"n": list(NS), "kl": rounded(kl)} | rewards,
        "ways": {name: {str(k): curves(runs) for k, runs in by_votes.items()} for name, by_votes in ways.items()},
        "truncation": curves(plain),
        "verdicts": verdicts(ways["gradient"], linear, plain, studio.drawings.far),
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run-dir", type=Path, default=Path("runs"))
    sys.exit(main(parser.parse_args().run_dir))
