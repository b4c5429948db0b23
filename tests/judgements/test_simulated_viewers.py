"""Single simulated viewers: their units, their wavering, and what they mind."""

import numpy as np
import pytest

from aesthetic_utils.judgements.simulated_viewers import (
    Distances,
    Viewers,
    ViewerSettings,
    agreement_with_oneself,
    agreement_with_taste,
    chance,
    noise_for,
    random_pairs,
    vote,
)


@pytest.fixture(scope="module")
def measures() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2000, 4))


@pytest.fixture(scope="module")
def viewers(measures) -> Viewers:
    return Viewers(measures, np.abs(measures[:, 0]) / 4, 6, seed=1)


def test_tastes_are_in_units_of_the_reference_pictures(viewers, measures):
    tastes = viewers.taste(measures, np.abs(measures[:, 0]) / 4)
    np.testing.assert_allclose(tastes.mean(1), 0, atol=1e-9)
    np.testing.assert_allclose(tastes.std(1), 1)


def test_the_unreal_is_minded_in_a_straight_line_without_an_end(viewers, measures):
    here, near, far = (viewers.taste(measures[:1], np.array([e]))[:, 0] for e in (0.0, 1.0, 5.0))
    np.testing.assert_allclose(here - far, 5 * (here - near))
    np.testing.assert_allclose((here - near) * viewers.scale, viewers.settings.unreal)


def test_middle_complexity_is_liked_best_by_somebody_without_a_weight_for_it(measures):
    viewers = Viewers(measures, np.zeros(len(measures)), 40, seed=0)
    flat = np.argmin(np.abs(viewers.audience.weights[:, 2]))
    row = np.tile(measures.mean(0), (3, 1))
    row[:, 2] += np.array([-1.5, 0, 1.5]) * measures[:, 2].std()
    low, middle, high = viewers.taste(row, np.zeros(3))[flat]
    assert middle > low and middle > high


def test_distances_count_from_what_is_usual_for_real_drawings():
    limits = Distances(usual=5.0, far=9.0)
    np.testing.assert_allclose(
        limits.excess(np.array([1.0, 5.0, 7.0, 9.0, 17.0])), [0, 0, 0.5, 1, 3]
    )


@pytest.mark.parametrize("share", [0.65, 0.75])
def test_a_vote_agrees_with_the_taste_as_often_as_it_should(share):
    taste, rng = np.random.default_rng(2).normal(size=3000), np.random.default_rng(3)
    waver = noise_for(taste, share)
    pairs = random_pairs(len(taste), 40_000, rng)
    given = vote(taste, pairs, waver, rng)
    assert (taste[given[:, 0]] > taste[given[:, 1]]).mean() == pytest.approx(share, abs=0.02)
    again = vote(taste, pairs, waver, rng)
    same = (given == again).all(1).mean()
    p = chance(taste, pairs, waver)
    assert same == pytest.approx(agreement_with_oneself(p), abs=0.01)
    assert agreement_with_oneself(p) < agreement_with_taste(p)


def test_pairs_are_of_two_items():
    pairs = random_pairs(3, 500, np.random.default_rng(0))
    assert (pairs[:, 0] != pairs[:, 1]).all() and set(pairs.ravel()) == {0, 1, 2}


def test_what_cannot_be_is_refused(measures):
    with pytest.raises(ValueError, match="one each"):
        Viewers(measures, np.zeros(3), 2)
    with pytest.raises(ValueError, match="two items"):
        random_pairs(1, 5, np.random.default_rng(0))
    with pytest.raises(ValueError, match="between 0.5 and 1"):
        noise_for(measures[:, 0], 0.5)
    assert ViewerSettings().agreement == 0.7
