"""Private and shared taste, found again in simulated classes."""

import numpy as np
import pytest

from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.data.ratings import load_dog_ratings
from aesthetic_utils.judgements.simulated_raters import simulate_class, simulate_pairs
from aesthetic_utils.judgements.taste import (
    beholder_interval,
    complete_raters,
    index_on_other_items,
    rater_correlations,
    taste_parts,
)


def test_a_worked_example():
    """Two raters, two items, two rounds; sums of squares by hand: 0.5, 12.5, 4.5 and 4 in all."""
    parts = taste_parts(np.array([[[1, 3], [6, 6]], [[4, 4], [4, 6]]]))
    assert parts.noise == pytest.approx(4 / 4)
    assert parts.interaction == pytest.approx((4.5 - 1) / 2)
    assert parts.item == pytest.approx((12.5 - 4.5) / 4)
    assert parts.rater == pytest.approx((0.5 - 4.5) / 4)  # below 0, and counted as 0 in b2
    assert parts.b1 == parts.b2 == pytest.approx(1.75 / 3.75)


def test_the_parts_are_the_settings_of_a_large_simulated_class():
    simulated = simulate_class(
        150, 150, shared=1.0, private=0.8, leniency=0.5, noise=0.6, rounds=3, seed=1
    )
    parts = taste_parts(simulated.ratings)
    assert parts.item == pytest.approx(simulated.shared.var(ddof=1), rel=0.02)
    assert parts.rater == pytest.approx(simulated.leniency.var(ddof=1), rel=0.05)
    assert parts.interaction == pytest.approx(0.64, rel=0.03)
    assert parts.noise == pytest.approx(0.36, rel=0.03)


def test_the_partition_is_that_of_single_ratings():
    """Its shares, found again as correlations of ratings that have some of the parts in common."""
    simulated = simulate_class(
        400, 400, shared=1.0, private=0.8, leniency=0.5, noise=0.6, rounds=2, seed=5
    )
    x = simulated.ratings
    found = taste_parts(x).partition
    rng = np.random.default_rng(0)
    r, s = rng.integers(400, size=(2, 300_000))
    i, j = rng.integers(400, size=(2, 300_000))
    two, items = r != s, i != j  # of different people, of different items

    def together(a, b):
        return np.corrcoef(a, b)[0, 1]

    assert sum(found.values()) == pytest.approx(1)
    assert found["item"] == pytest.approx(together(x[r, i, 0][two], x[s, i, 1][two]), abs=0.01)
    assert found["rater"] == pytest.approx(together(x[r, i, 0][items], x[r, j, 1][items]), abs=0.01)
    assert 1 - found["noise"] == pytest.approx(
        together(x[:, :, 0].ravel(), x[:, :, 1].ravel()), abs=0.01
    )
    below = taste_parts(np.array([[[1, 3], [6, 6]], [[4, 4], [4, 6]]])).partition
    assert below["rater"] == 0 and sum(below.values()) == pytest.approx(1)


def test_the_same_people_differ_more_on_items_that_are_alike():
    varied = simulate_class(60, 400, shared=1.0, private=1.0, seed=6)
    middle = np.argsort(abs(varied.shared))[:200]  # the same people, items of middling appeal
    narrow = varied.shared[middle].std(ddof=1) / varied.shared.std(ddof=1)
    b = taste_parts(varied.ratings).b1
    assert taste_parts(varied.ratings[:, middle]).b1 == pytest.approx(
        index_on_other_items(b, narrow), abs=0.03
    )
    assert (
        index_on_other_items(0.5, 0.5) == pytest.approx(0.8) and index_on_other_items(0.3, 1) == 0.3
    )
    with pytest.raises(ValueError, match="index must be in 0..1"):
        index_on_other_items(1.2, 1)


def test_estimates_are_right_on_average_in_small_classes():
    classes = [simulate_class(6, 8, private=0.7, seed=s) for s in range(400)]
    parts = [taste_parts(c.ratings) for c in classes]
    expected = {"item": 1.0, "rater": 0.25, "interaction": 0.49, "noise": 0.49}
    for name, truth in expected.items():
        values = np.array([getattr(p, name) for p in parts])
        assert abs(values.mean() - truth) < 3 * values.std() / 20, name


@pytest.mark.parametrize(("shared", "private"), [(0.5, 1.0), (1.0, 1.0), (1.5, 0.5)])
def test_the_beholder_index_recovers_a_simulated_truth(shared, private):
    simulated = simulate_class(30, 40, shared=shared, private=private, noise=0.8, seed=2)
    found = beholder_interval(simulated.ratings, repeats=300)
    assert found.low < simulated.b1 < found.high and found.high - found.low < 0.3
    with_level = beholder_interval(simulated.ratings, index="b2", repeats=300)
    assert with_level.low < simulated.b2 < with_level.high and with_level.value > found.value


def test_taking_noise_for_taste_would_be_noticed():
    simulated = simulate_class(30, 40, shared=1.0, private=0.3, noise=1.5, seed=3)
    found = beholder_interval(simulated.ratings, repeats=300)
    first = simulated.ratings[:, :, 0]  # one round: all that is not shared would count as private
    rest = first - first.mean(1, keepdims=True) - first.mean(0) + first.mean()
    naive = rest.var() / (rest.var() + first.mean(0).var(ddof=1))
    assert found.low < simulated.b1 < found.high < naive


def test_the_intervals_cover_as_often_as_they_say():
    hits = []
    for seed in range(80):
        simulated = simulate_class(20, 30, seed=seed)
        found = beholder_interval(simulated.ratings, repeats=100, seed=seed)
        hits.append(found.low < simulated.b1 < found.high)
    assert 0.87 <= np.mean(hits) <= 1


def test_where_nobody_differs_the_interval_begins_at_0():
    for seed in range(20):
        simulated = simulate_class(10, 20, private=0, noise=1.0, seed=seed)
        assert beholder_interval(simulated.ratings, repeats=100, seed=seed).low == 0


def test_where_nothing_but_noise_is_repeated_the_interval_is_everything():
    ratings = np.array([[[1, 2], [2, 1]], [[2, 1], [1, 2.0]]])
    found = beholder_interval(ratings, repeats=50)
    assert np.isnan(found.value) and (found.low, found.high) == (0, 1)


def test_what_is_resampled_decides_what_the_interval_is_about():
    simulated = simulate_class(40, 12, seed=4)
    widths = {}
    for resample in ("raters", "items", "both"):
        found = beholder_interval(simulated.ratings, resample=resample, repeats=300)
        widths[resample] = found.high - found.low
        assert found.n == {"raters": 40, "items": 12, "both": 12}[resample]
    assert widths["raters"] < widths["items"] < widths["both"]  # 12 items are few


def test_nobody_differs_and_nobody_agrees():
    alike = simulate_class(10, 20, private=0, noise=0.01, leniency=1, seed=5)
    assert taste_parts(alike.ratings).b1 < 0.001
    apart = simulate_class(200, 200, shared=0, seed=6)
    assert taste_parts(apart.ratings).b1 > 0.98
    against = taste_parts(np.array([[[1, 1], [5, 5.1]], [[5, 5], [1.1, 1]]]))
    assert against.item < 0 and against.b1 == 1  # a variance below 0 counts as 0


def test_what_cannot_be_told():
    ratings = simulate_class(5, 6).ratings
    with pytest.raises(ValueError, match="With one round, private taste and noise"):
        taste_parts(ratings[:, :, :1])
    ratings[2, 3, 1] = np.nan
    with pytest.raises(ValueError, match="1 of 5 raters miss a rating; see complete_raters"):
        taste_parts(ratings)
    assert complete_raters(ratings).tolist() == [True, True, False, True, True]
    with pytest.raises(ValueError, match="resample is 'people'"):
        beholder_interval(ratings, resample="people")


def test_correlations_between_raters():
    x = simulate_class(4, 50, seed=7).ratings
    found = rater_correlations(x)
    r = np.corrcoef
    assert found.repeat == pytest.approx([r(a[:, 0], a[:, 1])[0, 1] for a in x])
    others = np.delete(x, 2, axis=0).mean((0, 2))
    assert found.crowd[2] == pytest.approx(r(x[2].mean(1), others)[0, 1])
    rounds = [r(x[:, :, t])[np.triu_indices(4, 1)].mean() for t in (0, 1)]
    assert found.pairs == pytest.approx(np.mean(rounds))
    x[1, :, 0] = 3
    assert np.isnan(rater_correlations(x).repeat).tolist() == [False, True, False, False]


def test_two_camps_have_a_mean_that_does_not_vary():
    """Equal camps that want the opposite: their mean is the same for every item, and has no reliability."""
    one = np.array([[1, 2, 4, 8, 8.5]]).T.repeat(2, 1)  # [I, T]
    camps = np.array([one, one, -one, -one])
    for ratings, pairs, crowd in ((camps, -1 / 3, -1), (camps[1:3], -1, -1)):
        found = rater_correlations(ratings)
        assert found.pairs == pytest.approx(pairs) and np.isnan(found.mean_of_all)
        assert found.repeat == pytest.approx(1) and found.crowd == pytest.approx(crowd)
    third = rater_correlations(np.array([one, -one, one[::-1]]))
    assert np.isnan(third.crowd).tolist() == [
        False,
        False,
        True,
    ]  # the mean of the other two is flat
    assert third.mean_of_all == pytest.approx(3 * third.pairs / (1 + 2 * third.pairs))


def test_raters_who_never_vary_are_in_no_pair():
    x = simulate_class(5, 40, seed=3).ratings
    alone, bored = rater_correlations(x), np.concatenate([x, np.full((3, 40, 2), 4.0)])
    found = rater_correlations(bored)
    assert found.pairs == pytest.approx(alone.pairs)
    assert found.mean_of_all == pytest.approx(8 * alone.pairs / (1 + 7 * alone.pairs))
    assert found.crowd[:5] == pytest.approx(alone.crowd) and np.isnan(found.crowd[5:]).all()
    bored[5, :, 1] = x[0, :, 1]  # who varies in one round counts there
    found, second = rater_correlations(bored), np.corrcoef(bored[:6, :, 1])[np.triu_indices(6, 1)]
    first = np.corrcoef(x[:, :, 0])[np.triu_indices(5, 1)]
    assert found.pairs == pytest.approx((first.mean() + second.mean()) / 2)
    bored[5] = 4
    for few in (bored[4:], bored[5:]):  # one who varies, and none
        found = rater_correlations(few)
        assert np.isnan([found.pairs, found.mean_of_all, *found.crowd]).all()


def test_correlations_recover_a_simulated_truth():
    simulated = simulate_class(60, 400, shared=1, private=1, noise=1, seed=8)
    found = rater_correlations(simulated.ratings)
    assert found.repeat.mean() == pytest.approx(2 / 3, abs=0.03)
    assert found.pairs == pytest.approx(1 / 3, abs=0.04)
    observed = np.corrcoef(simulated.ratings[:, :, 0].mean(0), simulated.shared)[0, 1] ** 2
    assert found.mean_of_all == pytest.approx(observed, abs=0.01)


def test_a_scale_rounds_and_ends():
    scores = simulate_class(20, 30, shared=3, scale=(1, 10), seed=9).ratings
    assert set(np.unique(scores)) == set(range(1, 11))


def test_simulated_choices_follow_the_model():
    votes = simulate_pairs(np.array([1.0, 0.0]), 20_000, seed=10)
    assert (votes.winner == 0).mean() == pytest.approx(1 / (1 + np.exp(-1)), abs=0.01)
    several = simulate_pairs(np.zeros((3, 5)), 40, repeats=2)
    assert np.bincount(several.rater).tolist() == [80, 80, 80]
    assert all(name.startswith("simulated") for name in several.raters)
    pair = np.sort([several.winner, several.loser], axis=0)[:, :80]
    np.testing.assert_array_equal(pair[:, :40], pair[:, 40:])


@pytest.fixture(scope="module")
def dogs() -> np.ndarray:
    try:
        return load_dog_ratings().values
    except MissingDataError:
        pytest.skip("the dog ratings are not on this machine (AESTHETIC_DATA)")


def test_taste_in_dogs_is_more_private_than_shared(dogs):
    """Each sum of squares anew, by the textbook's identities instead of by deviations."""
    raters, items, rounds = dogs.shape
    total, correction = (dogs**2).sum(), dogs.sum() ** 2 / dogs.size
    cells = (dogs.sum(2) ** 2).sum() / rounds
    by_rater = (dogs.sum((1, 2)) ** 2).sum() / (items * rounds)
    by_item = (dogs.sum((0, 2)) ** 2).sum() / (raters * rounds)
    noise = (total - cells) / (raters * items * (rounds - 1))
    both = (cells - by_rater - by_item + correction) / ((raters - 1) * (items - 1))
    item = (by_item - correction) / (items - 1)
    parts = taste_parts(dogs)
    assert parts.noise == pytest.approx(noise)
    assert parts.interaction == pytest.approx((both - noise) / rounds)
    assert parts.item == pytest.approx((item - both) / (raters * rounds))
    assert parts.b1 == pytest.approx(0.672, abs=5e-4)
