"""The report of a class: settings of simulated classes found again, and what cannot be said."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np
import pytest

from aesthetic_utils.judgements.bradley_terry import PairVotes, PreferenceError
from aesthetic_utils.judgements.report import (
    class_report,
    complete_block,
    pair_agreement,
)
from aesthetic_utils.judgements.simulated_raters import simulate_class, simulate_pairs
from aesthetic_utils.judgements.vote_record import Vote, as_pairs

BEGIN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def pair_votes(pairs: PairVotes, question: str = "") -> list[Vote]:
    """The rows of a file for simulated choices."""
    return [
        Vote(
            session="s1", rater=pairs.raters[r], task="pair", left=pairs.items[w], right=pairs.items[lose],
            choice="tie" if tie else "left", time=BEGIN + timedelta(seconds=i), response_ms=1500,
            question=question,
        )
        for i, (r, w, lose, tie) in enumerate(
            zip(pairs.rater, pairs.winner, pairs.loser, pairs.tie, strict=True)
        )
    ]  # fmt: skip


def scale_votes(ratings: np.ndarray, scale=(-20.0, 20.0)) -> list[Vote]:
    """The rows of a file for ratings [R, I, T]; NaN is no row."""
    votes = []
    for t in range(ratings.shape[2]):
        for r in range(ratings.shape[0]):
            votes += [
                Vote(
                    session=f"round-{t}", rater=f"r-{r}", task="scale", item=f"item_{i:02d}",
                    score=float(ratings[r, i, t]), scale=scale, time=BEGIN + timedelta(seconds=len(votes) + i),
                )
                for i in range(ratings.shape[1])
                if not np.isnan(ratings[r, i, t])
            ]  # fmt: skip
    return votes


def named(part, name: str):
    (found,) = [finding for finding in part.findings if finding.name == name]
    return found


# ---- choices


def test_agreement_of_pairs_is_that_of_a_loop():
    taste = np.random.default_rng(0).normal(size=(5, 6))
    pairs = simulate_pairs(taste, 25, seed=1)
    tie = np.random.default_rng(1).random(len(pairs)) < 0.2
    pairs = PairVotes(
        winner=pairs.winner, loser=pairs.loser, rater=pairs.rater, tie=tie, items=pairs.items,
        raters=pairs.raters,
    )  # fmt: skip
    answers: list[dict[tuple[int, int], list[float]]] = [{} for _ in range(5)]
    for w, lose, r, t in zip(pairs.winner, pairs.loser, pairs.rater, pairs.tie, strict=True):
        outcome = 0 if t else 1 if w < lose else -1
        answers[r].setdefault((min(w, lose), max(w, lose)), []).append(outcome)
    same = [
        np.mean([1 - abs(x - y) / 2 for x in a[key] for y in b[key]])
        for a, b in combinations(answers, 2)
        for key in a.keys() & b.keys()
    ]
    found, common = pair_agreement(pairs)
    assert common == len(same) and found.n == 5
    assert found.value == pytest.approx(np.mean(same))
    assert found.low < found.value < found.high


def test_agreement_needs_a_pair_in_common():
    apart = PairVotes(winner=[0, 2], loser=[1, 3], rater=[0, 1], items=tuple("abcd"), raters=("x", "y"))  # fmt: skip
    with pytest.raises(PreferenceError, match="same pair"):
        pair_agreement(apart)
    report = class_report(pair_votes(apart))
    assert any("no two raters judged the same pair" in text for text in report.pairs.cannot)


def test_a_class_that_chooses():
    """All have one taste, so that the ranking is known, and so are agreement and repetition."""
    taste = np.tile(np.linspace(-2, 2, 8), (12, 1))
    pairs = simulate_pairs(taste, 60, repeats=2, seed=3)
    report = class_report(pair_votes(pairs), repeats=200)
    part = report.pairs
    assert report.scores is None and len(report.raters) == 12
    assert report.raters[0].choices == 120 and report.raters[0].median_seconds == 1.5
    a, b = np.triu_indices(8, 1)
    chance = 1 / (1 + np.exp(taste[0, a] - taste[0, b]))
    once = np.mean(chance**2 + (1 - chance) ** 2)
    repeat = named(part, "Repeat agreement")
    assert repeat.low < once < repeat.high
    agreement = named(part, "Agreement of two raters")
    assert agreement.low < once < agreement.high  # with one taste, others are as near as oneself
    least, most = (named(part, f"{word} ceiling of prediction") for word in ("Least", "Greatest"))
    best = np.mean(np.maximum(chance, 1 - chance))
    assert least.value == repeat.value and least.low <= best <= most.high
    assert most.value == pytest.approx((1 + np.sqrt(2 * repeat.value - 1)) / 2)
    order = [int(row.item.removeprefix("item_")) for row in part.items]
    assert np.corrcoef(order, range(8))[0, 1] < -0.9
    assert all(row.best <= row.rank <= row.worst for row in part.items)
    assert all(row.low <= row.score <= row.high for row in part.items)
    assert not part.cannot


def test_choices_of_one_rater():
    report = class_report(pair_votes(simulate_pairs(np.linspace(-1, 1, 5), 10, seed=0)))
    said = " ".join(report.pairs.cannot)
    assert "those of one rater" in said and len(report.pairs.items) == 5
    assert any("one person" in note for note in report.pairs.notes)


def test_choices_without_repeats():
    pairs = PairVotes(winner=[0, 0], loser=[1, 1], rater=[0, 1], items=tuple("ab"), raters=("x", "y"))  # fmt: skip
    part = class_report(pair_votes(pairs)).pairs
    assert named(part, "Agreement of two raters").value == 1
    assert any("no rater judged a pair twice" in text for text in part.cannot)
    assert any("never lost" in note for note in part.notes)
    assert any("With two raters" in note for note in part.notes)


def test_answers_to_two_questions_are_not_taken_together():
    pairs = simulate_pairs(np.zeros((3, 4)), 10)
    votes = pair_votes(pairs, "Which is nicer?") + pair_votes(pairs, "Which is older?")
    part = class_report(votes).pairs
    assert not part.findings and not part.items
    assert "different questions" in part.cannot[0]


# ---- scores


def test_a_class_that_scores():
    """The settings come back within their intervals."""
    simulated = simulate_class(25, 30, shared=1, private=1, leniency=0.5, noise=0.7, seed=4)
    part = class_report(scale_votes(simulated.ratings), repeats=200).scores
    for name, truth in (("Beholder index b1", simulated.b1), ("Beholder index b2", simulated.b2)):
        found = named(part, name)
        assert found.low < truth < found.high
    whole = 1 + 1 + 0.25 + 0.49
    consistency, single = 1 / (1 + 1 + 0.49), 1 / whole
    for name, truth in (("ICC(C,1)", consistency), ("ICC(A,1)", single), ("ICC(1)", single)):
        found = named(part, name)
        assert found.low < truth < found.high
    assert named(part, "Krippendorff's alpha").value == pytest.approx(
        named(part, "ICC(A,1)").value, abs=0.03
    )
    shares = [f.value for f in part.findings if f.name.startswith("Share of")]
    assert sum(shares) == pytest.approx(1)
    assert named(part, "Share of noise").value == pytest.approx(0.49 / whole, abs=0.04)
    assert (
        named(part, "Correlation with oneself").value > named(part, "ICC(C,1)").value
    )  # private taste is repeated
    means = simulated.ratings.mean((0, 2))
    assert part.items[0].item == f"item_{means.argmax():02d}"
    assert part.items[0].score == pytest.approx(means.max(), abs=1e-9)
    assert part.items[0].votes == 50 and not part.cannot


def test_one_round_tells_no_private_taste():
    part = class_report(scale_votes(simulate_class(5, 6, rounds=1).ratings), repeats=50).scores
    assert any("no rater scored an item twice" in text for text in part.cannot)
    assert named(part, "ICC(1)")


def test_gaps_are_left_out_and_named():
    ratings = simulate_class(6, 8, seed=2).ratings
    ratings[0, 3:] = np.nan
    ratings[2, 5, 1] = np.nan
    part = class_report(scale_votes(ratings), repeats=50).scores
    said = " ".join(part.notes)
    assert "computed over the 5 of 6 raters and 8 of 8 items" in said
    assert named(part, "Beholder index b1").basis in (
        "4 raters × 8 items × 2 rounds", "5 raters × 7 items × 2 rounds",
    )  # fmt: skip


def test_scores_that_say_nothing():
    same = class_report(scale_votes(np.full((3, 4, 2), 5.0)), repeats=20).scores
    assert any("all scores are the same" in text for text in same.cannot)
    alone = class_report(scale_votes(np.random.default_rng(0).normal(size=(1, 4, 2)))).scores
    assert any("one rater" in text for text in alone.cannot) and len(alone.items) == 4
    ratings = np.full((2, 4, 1), np.nan)
    ratings[0, :2], ratings[1, 2:] = [[1], [2]], [[3], [4]]
    apart = class_report(scale_votes(ratings), repeats=20).scores
    assert len([text for text in apart.cannot if "two raters" in text]) == 2
    assert np.isnan(apart.items[0].low)
    ratings = simulate_class(3, 4).ratings
    ratings[:2] = 3.0  # two who always say the same
    bored = class_report(scale_votes(ratings), repeats=20).scores
    assert any("fewer than two raters gave different scores" in text for text in bored.cannot)


def test_two_voters_who_want_the_opposite_get_their_report():
    one = np.array([[1, 2, 4, 8, 8.5]]).T.repeat(2, 1)
    part = class_report(scale_votes(np.array([one, -one])), repeats=20).scores
    assert named(part, "Correlation with oneself").value == pytest.approx(1)
    assert named(part, "Correlation with the others").value == pytest.approx(-1)
    assert named(part, "ICC(C,1)").value == pytest.approx(-1)
    assert np.isnan(named(part, "ICC(C,k)").value)  # their mean is flat


def test_scores_on_two_scales_are_not_taken_together():
    ratings = np.clip(simulate_class(3, 4).ratings, -1, 1)
    votes = scale_votes(ratings) + scale_votes(ratings, scale=(-5.0, 5.0))
    assert "different scales" in class_report(votes).scores.cannot[0]


def test_a_complete_block_has_no_gap():
    rng = np.random.default_rng(0)
    for _ in range(20):
        there = rng.random((7, 9)) < 0.8
        rows, columns = complete_block(there)
        assert there[np.ix_(rows, columns)].all()
    assert [len(x) for x in complete_block(np.ones((3, 4), dtype=bool))] == [3, 4]
    assert not len(complete_block(np.zeros((3, 4), dtype=bool))[0])


def test_no_votes_no_report():
    with pytest.raises(ValueError, match="no vote"):
        class_report([])


def test_votes_go_through_the_file(tmp_path):
    from aesthetic_utils.judgements.vote_file import merge_votes, write_votes

    pairs = simulate_pairs(np.zeros((2, 4)), 6)
    write_votes(tmp_path / "a.csv", pair_votes(pairs))
    assert len(as_pairs(merge_votes(tmp_path).votes)) == 12
