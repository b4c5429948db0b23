"""The ranking against closed forms, an independent optimiser and simulated choices."""

import itertools
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from scipy.stats import norm, spearmanr

from aesthetic_utils.judgements import bradley_terry
from aesthetic_utils.judgements.bradley_terry import (
    PairVotes,
    PreferenceError,
    agreement,
    davidson_chances,
    difference,
    fit_davidson,
    fit_ranking,
    prediction_ceiling,
    rank_intervals,
    rater_bootstrap,
    repeat_agreement,
    score_intervals,
)
from aesthetic_utils.judgements.next_pair import LAST, expected_information, next_pair
from aesthetic_utils.judgements.simulated_raters import simulate_pairs


def choices(*pairs: tuple[int, int], items: int = 3, **other) -> PairVotes:
    """Votes from (winner, loser)."""
    ends = np.array(pairs).reshape(-1, 2)
    names = tuple("abcdefghijklmnop"[:items])
    return PairVotes(winner=ends[:, 0], loser=ends[:, 1], items=names, **other)


def loss(score: np.ndarray, votes: PairVotes, ridge: float) -> float:
    """Negative log-likelihood and penalty, vote by vote."""
    half = np.where(votes.tie, 0.5, 1.0)
    gap = score[votes.winner] - score[votes.loser]
    total = (half * np.log1p(np.exp(-gap)) + (1 - half) * np.log1p(np.exp(gap))).sum()
    return total + ridge / 2 * (score**2).sum()


# ---- the votes


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"loser": [1]}, r"loser is \(1,\); 2 votes need \[2\]"),
        ({"loser": [1, 3]}, "indices of the 3 items"),
        ({"winner": [-1, 2]}, "indices of the 3 items"),
        ({"loser": [0, 1]}, "compared with itself"),
        ({"rater": [0, 1]}, "indices of the 1 raters"),
        ({"tie": [True]}, r"tie is \(1,\)"),
    ],
)
def test_votes_that_make_no_sense(change, says):
    right = {"winner": [0, 2], "loser": [1, 1], "items": ("a", "b", "c")}
    with pytest.raises(ValueError, match=says):
        PairVotes(**right | change)


def test_wins_and_ties_are_counted():
    votes = choices((0, 1), (0, 1), (1, 0), (2, 1), tie=np.array([0, 0, 0, 1]))
    assert votes.wins.tolist() == [[0, 2, 0], [1, 0, 0.5], [0, 0.5, 0]]
    assert len(votes.where(votes.winner == 0)) == 2


# ---- the ranking


def test_two_items_have_a_closed_form():
    votes = choices(*[(0, 1)] * 9, *[(1, 0)] * 3, items=2)
    ranking = fit_ranking(votes, ridge=0)
    gap = difference(ranking, 0, 1)
    assert gap.value == pytest.approx(np.log(9 / 3))
    half = norm.ppf(0.975) * np.sqrt(1 / 9 + 1 / 3)  # of a log odds ratio
    assert (gap.low, gap.high) == pytest.approx((gap.value - half, gap.value + half))
    assert ranking.score.sum() == pytest.approx(0)
    assert ranking.log_likelihood == pytest.approx(9 * np.log(0.75) + 3 * np.log(0.25))
    assert ranking.standard_error == pytest.approx(np.full(2, np.sqrt(1 / 9 + 1 / 3) / 2))


@pytest.mark.parametrize("ridge", [0, 0.1, 2])
def test_the_scores_are_those_of_another_optimiser(ridge):
    votes = simulate_pairs(np.array([1.0, 0.3, -0.2, -1.1, 0.0]), 60, seed=2)
    votes = PairVotes(
        winner=votes.winner, loser=votes.loser, items=votes.items, tie=np.arange(60) % 7 == 0
    )
    ranking = fit_ranking(votes, ridge=ridge)
    other = minimize(loss, np.zeros(5), (votes, ridge), tol=1e-10)
    np.testing.assert_allclose(ranking.score, other.x - other.x.mean(), atol=2e-5)


def test_standard_errors_come_from_the_observed_information():
    votes = simulate_pairs(np.array([1.0, 0.3, -0.2, -1.1]), 50, seed=3)
    ranking = fit_ranking(votes, ridge=0.5)
    step, eye = 1e-4, np.eye(4)
    around = [[a * eye[i] + b * eye[j] for a in (step, -step) for b in (step, -step)]
              for i, j in itertools.product(range(4), repeat=2)]  # fmt: skip
    f = [[loss(ranking.score + d, votes, 0.5) for d in four] for four in around]
    hessian = np.array([(a - b - c + d) / (4 * step**2) for a, b, c, d in f]).reshape(4, 4)
    centre = eye - 0.25
    expected = centre @ np.linalg.inv(hessian) @ centre
    np.testing.assert_allclose(ranking.covariance, expected, rtol=2e-4, atol=1e-6)


def test_intervals_cover_the_simulated_truth_as_often_as_they_say():
    truth = np.array([1.2, 0.6, 0.2, -0.4, -0.6, -1.0])
    scores, ranks = [], []
    for seed in range(120):
        ranking = fit_ranking(simulate_pairs(truth, 120, seed=seed), ridge=0)
        low, high = score_intervals(ranking, confidence=0.9)
        scores.append((low < truth) & (truth < high))
        best, worst = rank_intervals(ranking, confidence=0.9, draws=300)
        ranks.append((best <= np.arange(1, 7)) & (np.arange(1, 7) <= worst))
    assert 0.87 < np.mean(scores) < 0.93  # 720 intervals
    assert np.mean(ranks) > 0.9  # ranks are whole numbers: their intervals cover more


def test_more_votes_tell_more():
    truth = np.linspace(-1, 1, 8)
    few, many = (fit_ranking(simulate_pairs(truth, n, seed=4)) for n in (60, 6000))
    assert many.standard_error.mean() < few.standard_error.mean() / 5
    assert many.rank.tolist() == [8, 7, 6, 5, 4, 3, 2, 1]
    best, worst = rank_intervals(many)
    assert (worst - best).max() <= 1 and (best <= many.rank).all() and (many.rank <= worst).all()


def test_ridge_draws_scores_to_each_other_and_bounds_them():
    votes = choices(*[(0, 1)] * 5, (1, 2), (2, 1))
    scores = [fit_ranking(votes, ridge=ridge).score[0] for ridge in (0.01, 0.1, 1, 100)]
    assert scores == sorted(scores, reverse=True) and scores[-1] < 0.1
    nothing = fit_ranking(choices())
    np.testing.assert_allclose(nothing.score, 0)
    assert nothing.standard_error == pytest.approx(np.full(3, np.sqrt(1 / 0.1 * 2 / 3)))


def test_an_unbeaten_item_has_no_score_without_ridge():
    votes = choices((0, 1), (0, 2), (1, 2), (2, 1))
    with pytest.raises(PreferenceError, match="^a never lost against .* or use ridge above 0$"):
        fit_ranking(votes, ridge=0)
    assert fit_ranking(votes).note.startswith("a never lost")
    tied = choices((0, 1), (0, 2), (1, 2), (2, 1), (0, 1), tie=np.array([0, 0, 0, 0, 1]))
    assert fit_ranking(tied, ridge=0).note == ""  # half a win links back


def test_groups_that_never_met_are_named():
    votes = choices((0, 1), (1, 0), (2, 3), (3, 2), (3, 4), (4, 2), items=5)
    with pytest.raises(PreferenceError, match="2 groups .* one of them a, b: how the groups"):
        fit_ranking(votes, ridge=0)
    assert "2 groups" in fit_ranking(votes).note
    linked = choices((0, 1), (1, 0), (2, 3), (3, 2), (3, 4), (4, 2), (0, 4), (4, 0), items=5)
    assert fit_ranking(linked, ridge=0).note == ""


def dense_newton(votes: PairVotes, ridge: float) -> tuple[np.ndarray, np.ndarray, float]:
    """The plain way, over all pairs of items: scores, their covariance, log-likelihood."""
    wins = votes.wins
    games, k = wins + wins.T, len(wins)
    score = np.zeros(k)
    for _ in range(50):
        p = expit(score[:, None] - score)
        weight = games * p * (1 - p)
        information = np.diag(weight.sum(1)) - weight + ridge * np.eye(k) + 1 / k
        score = score + np.linalg.solve(information, (wins - games * p).sum(1) - ridge * score)
        score = score - score.mean()
    centre = np.eye(k) - 1 / k
    covariance = centre @ np.linalg.inv(information) @ centre
    return score, covariance, float((wins * log_expit(score[:, None] - score)).sum())


def ring(items: int) -> PairVotes:
    """Each item beat the next, and the next beat it as often again: linked in one long chain only."""
    this, other = np.arange(items), (np.arange(items) + 1) % items
    ends = [np.concatenate([this, this, other]), np.concatenate([other, other, this])]
    return PairVotes(winner=ends[0], loser=ends[1], items=tuple(map(str, this)))


@pytest.mark.parametrize("direct", [0, 500], ids=["conjugate gradients", "direct"])
@pytest.mark.parametrize(("items", "asked", "ridge"), [(5, 80, 0), (40, 900, 0.1), (600, 1500, 2)])
def test_scores_and_errors_are_those_of_the_plain_way(monkeypatch, items, asked, ridge, direct):
    monkeypatch.setattr(bradley_terry, "_DIRECT", direct)
    votes = simulate_pairs(np.linspace(-1, 1, items), asked, seed=items)
    votes = PairVotes(
        winner=votes.winner, loser=votes.loser, items=votes.items, tie=np.arange(len(votes)) % 9 == 0
    )  # fmt: skip
    score, covariance, log_likelihood = dense_newton(votes, ridge)
    ranking = fit_ranking(votes, ridge=ridge)
    np.testing.assert_allclose(ranking.score, score, atol=1e-8)
    np.testing.assert_allclose(ranking.covariance, covariance, atol=1e-8)
    np.testing.assert_allclose(ranking.covariance, ranking.covariance.T, atol=1e-15)
    assert ranking.log_likelihood == pytest.approx(log_likelihood, rel=1e-12)


def test_a_long_chain_is_solved_as_well():
    """Six hundred items that hang together by neighbours alone: the worst for an iteration."""
    votes = ring(600)
    score, covariance, _ = dense_newton(votes, 0)
    ranking = fit_ranking(votes, ridge=0)
    np.testing.assert_allclose(ranking.score, score, atol=1e-6)
    np.testing.assert_allclose(ranking.standard_error, np.sqrt(covariance.diagonal()), rtol=1e-6)


def test_many_items_need_memory_for_their_votes_and_not_for_all_pairs():
    items, asked = 3000, 9000  # one number for each pair of items would be 72 MB
    rng = np.random.default_rng(0)
    winner = rng.integers(0, items, asked)
    votes = PairVotes(
        winner=winner,
        loser=(winner + rng.integers(1, items, asked)) % items,
        items=tuple(map(str, range(items))),
    )
    tracemalloc.start()
    try:
        ranking = fit_ranking(votes)
        fitted = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        errors = ranking.standard_error
        inverted = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert fitted < 20e6 and inverted < 1.3 * 8 * items**2
    assert errors.shape == (items,) and (errors > 0).all()


def test_settings_that_make_no_sense():
    with pytest.raises(ValueError, match="two items and ridge >= 0"):
        fit_ranking(choices((0, 1)), ridge=-1)


# ---- choices of several people


def classmates(raters: int, pairs: int, seed: int, items: int = 8) -> PairVotes:
    """Choices of people with a taste of their own beside the shared one."""
    shared = np.linspace(-1.5, 1.5, items)
    taste = shared + np.random.default_rng(seed).normal(0, 1, (raters, items))
    return simulate_pairs(taste, pairs, seed=seed)


def test_drawing_raters_anew_gives_the_errors_of_the_sandwich():
    """The witness: information^-1 times the raters' gradients squared times information^-1."""
    votes = classmates(60, 40, seed=1)
    ranking, k = fit_ranking(votes, ridge=0.5), 8
    gradients = np.zeros((60, k))
    surprise = 1 - expit(ranking.score[votes.winner] - ranking.score[votes.loser])
    np.add.at(gradients, (votes.rater, votes.winner), surprise)
    np.add.at(gradients, (votes.rater, votes.loser), -surprise)
    gradients -= gradients.mean(0)
    bread = np.linalg.inv(ranking.information.toarray() + 1 / k)
    sandwich = bread @ gradients.T @ gradients @ bread * 60 / 59
    expected = np.sqrt(sandwich.diagonal() - 2 * sandwich.mean(0) + sandwich.mean())
    assert ranking.raters == 60 and len(rater_bootstrap(votes, repeats=7)) == 7
    np.testing.assert_allclose(ranking.standard_error, expected, rtol=0.12)
    assert ranking.standard_error.mean() > 1.3 * np.sqrt(ranking.covariance.diagonal()).mean()


def test_errors_of_a_class_are_those_over_classes_and_counting_choices_is_too_sure():
    rankings = [fit_ranking(classmates(10, 30, seed=s)) for s in range(60)]
    scores = np.array([r.score for r in rankings])
    real = scores.std(0, ddof=1).mean()
    assert np.mean([r.standard_error for r in rankings]) == pytest.approx(real, rel=0.12)
    assert np.mean([np.sqrt(r.covariance.diagonal()) for r in rankings]) < 0.85 * real
    ends = [score_intervals(r) for r in rankings]
    hits = [(low <= scores.mean(0)) & (scores.mean(0) <= high) for low, high in ends]
    assert 0.92 <= np.mean(hits) <= 0.99
    gap = difference(rankings[0], 7, 0)
    assert gap.n == 10 and gap.low < scores.mean(0)[7] - scores.mean(0)[0] < gap.high
    best, worst = rank_intervals(rankings[0])
    assert (best <= rankings[0].rank).all() and (rankings[0].rank <= worst).all()


def test_all_draws_together_are_those_one_by_one(monkeypatch):
    votes = classmates(5, 20, seed=3)
    together = rater_bootstrap(votes, repeats=20)
    monkeypatch.setattr(bradley_terry, "_TOGETHER", 0)
    np.testing.assert_allclose(rater_bootstrap(votes, repeats=20), together, atol=1e-6)
    unlinked = choices((0, 1), (1, 0), (1, 2), (2, 1), rater=[0, 0, 1, 1], raters=("a", "b"))
    assert np.isfinite(rater_bootstrap(unlinked, ridge=0, repeats=10)).all()


def test_one_rater_has_the_errors_of_choices():
    votes = simulate_pairs(np.linspace(-1, 1, 5), 60, seed=2)
    ranking = fit_ranking(votes)
    assert ranking.raters == 1 and ranking.uncertainty is ranking.covariance
    with pytest.raises(PreferenceError, match="choices of two raters"):
        rater_bootstrap(votes)


# ---- ties


def with_ties(score: np.ndarray, nu: float, asked: int, seed: int) -> PairVotes:
    """Answers drawn from Davidson's three chances, written out."""
    rng, k = np.random.default_rng(seed), len(score)
    a = rng.integers(k, size=asked)
    b = (a + rng.integers(1, k, asked)) % k
    worth = np.exp(score)
    win, lose, tie = worth[a], worth[b], nu * np.sqrt(worth[a] * worth[b])
    u = rng.random(asked) * (win + lose + tie)
    won, tied = u < win, u >= win + lose
    return PairVotes(
        winner=np.where(won | tied, a, b), loser=np.where(won | tied, b, a),
        items=tuple(map(str, range(k))), tie=tied,
    )  # fmt: skip


def test_davidson_finds_scores_and_ties_and_half_wins_shrink_the_scale():
    truth = np.linspace(-1.5, 1.5, 7)
    votes = with_ties(truth, 1.0, 30_000, seed=0)
    found = fit_davidson(votes)
    np.testing.assert_allclose(found.score, truth, atol=0.1)
    assert found.tie_strength == pytest.approx(1, abs=0.05)
    half = fit_ranking(votes).score
    slope = (half @ truth) / (truth @ truth)
    assert 0.62 < slope < 0.72


def test_davidson_is_the_maximum_that_another_optimiser_finds():
    """The likelihood from the three chances as Davidson writes them, without gradients."""
    votes, ridge = with_ties(np.array([-1.0, 0.0, 0.3, 0.7]), 0.6, 120, seed=1), 0.3

    def loss(x: np.ndarray) -> float:
        worth, nu = np.exp(x[:4]), x[4] ** 2
        a, b = worth[votes.winner], worth[votes.loser]
        tie = nu * np.sqrt(a * b)
        said = np.where(votes.tie, tie, a) / (a + b + tie)
        return -np.log(said).sum() + ridge / 2 * (x[:4] ** 2).sum()

    start = np.append(np.zeros(4), 1.0)
    plain = minimize(
        loss,
        start,
        method="Nelder-Mead",
        options={"maxiter": 20_000, "xatol": 1e-7, "fatol": 1e-10},
    )
    found = fit_davidson(votes, ridge=ridge)
    np.testing.assert_allclose(found.score, plain.x[:4] - plain.x[:4].mean(), atol=2e-4)
    assert found.tie_strength == pytest.approx(plain.x[4] ** 2, abs=2e-4)
    assert found.log_likelihood == pytest.approx(
        -loss(np.append(found.score, found.tie_strength**0.5)) + ridge / 2 * (found.score**2).sum()
    )


def test_davidson_without_ties_is_bradley_and_terry():
    votes = simulate_pairs(np.linspace(-1, 1, 5), 200, seed=2)
    found, plain = fit_davidson(votes), fit_ranking(votes)
    assert found.tie_strength == 0
    np.testing.assert_array_equal(found.score, plain.score)
    np.testing.assert_allclose(davidson_chances(np.array([1.0]), 0)[0], expit(1), atol=1e-12)
    win, tie, loss_ = davidson_chances(np.array([0.0, 2.0]), 1.0)
    assert tie[0] == pytest.approx(1 / 3)
    np.testing.assert_allclose(win / loss_, np.exp([0, 2]))
    np.testing.assert_allclose(win + tie + loss_, 1)


def test_ties_that_make_no_sense():
    with pytest.raises(PreferenceError, match="all answers are ties"):
        fit_davidson(choices((0, 1), tie=np.array([1])))
    with pytest.raises(ValueError, match="ridge > 0"):
        fit_davidson(choices((0, 1)), ridge=0)
    with pytest.raises(ValueError, match="at least 0"):
        davidson_chances(np.zeros(1), -1)


# ---- agreement


def test_the_best_predictor_of_a_rater_lies_between_the_two_ends():
    """Simulated answers, and a predictor that knows every chance."""
    rng = np.random.default_rng(0)
    for spread in (0.3, 1, 3):
        p = expit(rng.normal(0, spread, 200))
        answers = rng.random((2, 4000, 200)) < p
        repeat = (answers[0] == answers[1]).mean()
        right = (answers[0] == (p > 0.5)).mean()
        least, most = prediction_ceiling(repeat)
        assert least - 0.003 < right < most + 0.003
    assert prediction_ceiling(0.7**2 + 0.3**2)[1] == pytest.approx(0.7)
    assert prediction_ceiling(1.0) == (1.0, 1.0) and prediction_ceiling(0.4) == (0.5, 0.5)
    with pytest.raises(ValueError, match="share from 0 to 1"):
        prediction_ceiling(1.2)


def test_repeat_agreement_compares_a_question_with_the_time_before():
    votes = choices((0, 1), (2, 1), (0, 1), (1, 0), (1, 2), (0, 2))
    found = repeat_agreement(votes)  # 0-1: same, then changed; 1-2: changed; 0-2: once
    assert (found.value, found.n) == (pytest.approx(1 / 3), 3) and found.low < 1 / 3 < found.high
    half = repeat_agreement(choices((0, 1), (1, 0), tie=np.array([0, 1])))
    assert half.value == 0.5
    assert repeat_agreement(choices((0, 1), (1, 0), tie=np.array([1, 1]))).value == 1


def test_another_raters_answer_is_no_repetition():
    votes = choices((0, 1), (1, 0), rater=np.array([0, 1]), raters=("x", "y"))
    with pytest.raises(PreferenceError, match="no rater judged a pair twice"):
        repeat_agreement(votes)


def test_repeat_agreement_recovers_a_simulated_truth():
    taste = np.random.default_rng(1).normal(0, 1.5, 30)
    votes = simulate_pairs(taste, 400, repeats=2, seed=5)
    p = 1 / (1 + np.exp(taste[votes.loser] - taste[votes.winner]))
    truth = (p**2 + (1 - p) ** 2).mean()
    found = repeat_agreement(votes)
    assert found.low < truth < found.high and found.high - found.low < 0.09
    once = np.maximum(p, 1 - p).mean()  # being right is another thing than repeating oneself
    assert not found.low < once < found.high


def test_agreement_goes_by_names():
    a = choices((0, 1), (1, 2))
    b = PairVotes(winner=[2, 2, 0], loser=[1, 0, 1], items=("c", "b", "a"))  # a>b, a>c, c>b
    found = agreement(a, b)
    assert (found.value, found.n) == (0.5, 2)
    assert agreement(a, a).value == agreement(b, b).value == 1
    with pytest.raises(PreferenceError, match="no pair in common"):
        agreement(a, choices((0, 2)))


# ---- the next question


def test_expected_information_is_the_mutual_information():
    ranking = fit_ranking(choices((0, 1), (0, 1), (1, 0), (2, 3), items=4), ridge=0.5)
    found = expected_information(ranking)

    def entropy(p: float) -> float:
        return -(p * np.log(p) + (1 - p) * np.log(1 - p))

    for a, b in itertools.combinations(range(4), 2):
        c = ranking.covariance
        mean, sd = ranking.score[a] - ranking.score[b], np.sqrt(c[a, a] + c[b, b] - 2 * c[a, b])
        chance = quad(lambda d, m=mean, s=sd: norm.pdf(d, m, s) / (1 + np.exp(-d)), -12, 12)[0]
        rest = quad(
            lambda d, m=mean, s=sd: norm.pdf(d, m, s) * entropy(1 / (1 + np.exp(-d))), -12, 12
        )[0]
        assert found[a, b] == pytest.approx(entropy(chance) - rest, abs=2e-4)
    np.testing.assert_allclose(found, found.T, atol=1e-12)
    np.testing.assert_allclose(found.diagonal(), 0, atol=1e-12)


def test_the_pair_that_tells_most_is_chosen():
    votes = choices(*[(0, 1), (1, 0)] * 20, (2, 0), (2, 1), items=4)  # 3 was never asked about
    gain = expected_information(fit_ranking(votes))
    gain[votes.wins + votes.wins.T > 0] = -1
    best = set(np.unravel_index(gain.argmax(), gain.shape))
    assert set(next_pair(votes)) == best and 3 in best


def test_the_ridge_of_the_caller_decides_on_the_next_pair():
    """After these votes a weak and a strong prior ask about different pairs."""
    votes = choices((0, 1), (1, 0), (1, 2), (2, 3), (0, 3), (0, 2), (0, 2), (0, 1), items=6)
    best = []
    for ridge in (0.01, 5.0):
        gain = expected_information(fit_ranking(votes, ridge=ridge))
        gain[votes.wins + votes.wins.T > 0] = -1
        assert gain[next_pair(votes, ridge=ridge)] == pytest.approx(gain.max(), abs=1e-9)
        best.append(frozenset(np.argwhere(gain > gain.max() - 1e-9).ravel().tolist()))
    assert best[0] != best[1]


def test_the_same_votes_and_seed_give_the_same_pair():
    votes = choices((0, 1), items=8)
    assert next_pair(votes, seed=3) == next_pair(votes, seed=3)
    assert len({next_pair(votes, seed=s) for s in range(30)}) > 5  # sides and equals are drawn
    sides = [next_pair(choices(items=2), seed=s) for s in range(40)]
    assert 10 < sum(left == 0 for left, _ in sides) < 30


def ask(questions: int, items: int, *, seed: int = 0, **options) -> PairVotes:
    """Simulated answers to actively chosen questions."""
    rng = np.random.default_rng(seed)
    taste = np.linspace(-2, 2, items)
    given: list[tuple[int, int]] = []
    for _ in range(questions):
        a, b = next_pair(choices(*given, items=items), seed=seed, **options)
        given.append((a, b) if rng.random() < 1 / (1 + np.exp(taste[b] - taste[a])) else (b, a))
    return choices(*given, items=items)


def test_no_pair_comes_twice_until_all_have_been_judged():
    votes = ask(17, 6)
    first = {frozenset(pair) for pair in zip(votes.winner[:15], votes.loser[:15], strict=True)}
    assert len(first) == 15 and len(votes) == 17


def test_repeats_come_at_the_share_asked_for_and_not_at_once():
    votes = ask(120, 16, repeat_share=0.25)
    pairs = [frozenset(pair) for pair in zip(votes.winner, votes.loser, strict=True)]
    again = [i for i, pair in enumerate(pairs) if pair in pairs[:i]]
    assert 18 <= len(again) <= 42
    assert min(i - pairs.index(pairs[i]) for i in again) > LAST
    assert max(pairs.count(pair) for pair in pairs) == 2


def test_active_questions_find_the_order_sooner_than_random_ones():
    truth = np.linspace(-2, 2, 10)
    active = [fit_ranking(ask(30, 10, seed=s)) for s in range(12)]
    random = [fit_ranking(simulate_pairs(truth, 30, seed=s)) for s in range(40)]
    found = [np.mean([spearmanr(r.score, truth)[0] for r in set_]) for set_ in (active, random)]
    assert found[0] > found[1] + 0.02


# ---- many items


def many(items: int, votes: int, ridge: float):
    """A ranking of items of which each was compared with a few others, all linked."""
    rng = np.random.default_rng(0)
    a = np.concatenate([np.arange(items), rng.integers(items, size=votes - items)])
    b = (a + np.where(np.arange(votes) < items, 1, rng.integers(1, items, votes))) % items
    won = rng.random(votes) < 1 / (1 + np.exp(-(a - b) / items))
    names = tuple(map(str, range(items)))
    pairs = PairVotes(winner=np.where(won, a, b), loser=np.where(won, b, a), items=names)
    return fit_ranking(pairs, ridge=ridge)


@pytest.mark.parametrize("ridge", [0.1, 1.0])
def test_drawn_errors_have_the_covariance_of_the_scores(ridge):
    ranking = many(30, 200, ridge)
    errors = bradley_terry._drawn(ranking.information, ridge, 20_000, np.random.default_rng(1))
    assert errors.shape == (20_000, 30) and abs(errors.sum(1)).max() < 1e-9
    spread = ranking.covariance.diagonal().max()
    assert abs(errors.mean(0)).max() < 0.04 * np.sqrt(spread)
    np.testing.assert_allclose(errors.T @ errors / 20_000, ranking.covariance, atol=0.04 * spread)


def test_the_ranks_of_many_items_come_without_their_covariance(monkeypatch):
    """And are those that the covariance would give, but for chance."""
    ranking = many(60, 900, 0.1)
    best, worst = rank_intervals(ranking)
    monkeypatch.setattr(bradley_terry, "_DIRECT", 10)
    monkeypatch.setattr(bradley_terry, "_centred_inverse", None)  # nothing may ask for it
    quick, slow = rank_intervals(many(60, 900, 0.1))
    assert abs(quick - best).max() <= 2 and abs(slow - worst).max() <= 2
    again = rank_intervals(many(60, 900, 0.1))
    assert (again[0] == quick).all() and (again[1] == slow).all()


def test_solutions_by_conjugate_gradients_are_solutions():
    ranking = many(40, 300, 0.5)
    right = np.random.default_rng(2).standard_normal((40, 3))
    right[:, 1] = 0
    found = bradley_terry._solved(ranking.information, right, tolerance=1e-10)
    np.testing.assert_allclose(
        found, np.linalg.solve(ranking.information.toarray(), right), rtol=1e-8, atol=1e-12
    )


@pytest.mark.parametrize("best", range(4))
def test_the_item_that_never_lost_is_named_whichever_it_is(best):
    """The others beat each other in a circle, and one of them lost to it."""
    ring = [item for item in range(4) if item != best]
    circle = zip(ring, [*ring[1:], ring[0]], strict=True)
    ranking = fit_ranking(choices((best, ring[0]), *circle, items=4))
    assert ranking.note.startswith(f"{'abcd'[best]} never lost against any of the other items")


def test_agreement_goes_by_names_whatever_their_order():
    """One counts items from a, the other from z; both like a better than b."""
    a = PairVotes(winner=np.array([0]), loser=np.array([1]), items=("a", "b", "z"))
    b = PairVotes(winner=np.array([2]), loser=np.array([1]), items=("z", "b", "a"))
    assert agreement(a, b).value == 1
    assert agreement(a, replace(b, winner=b.loser, loser=b.winner)).value == 0


@pytest.mark.parametrize("last", range(3))
def test_several_items_that_beat_all_others_are_named_together(last):
    """Two of three beat each other and the third, whose number must not matter; the third won nothing."""
    one, two = (item for item in range(3) if item != last)
    note = fit_ranking(choices((one, two), (two, one), (one, last), items=3)).note
    assert note.startswith(f"{'abc'[one]}, {'abc'[two]} never lost against any of the other items")
