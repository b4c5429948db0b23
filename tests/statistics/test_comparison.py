"""Comparisons of sets: by hand, against scipy, and against tables whose answer is known."""

import math

import numpy as np
import pytest
from scipy import stats

from aesthetic_utils.statistics import comparison


def test_above_counts_ties_half_and_leaves_out_what_is_missing():
    assert comparison.above(np.array([1.0, 2.0]), np.array([1.0, 0.0])) == 0.875
    assert comparison.above(np.array([1.0, np.nan]), np.array([0.0, np.nan])) == 1
    assert comparison.above(np.array([np.nan]), np.array([0.0])) == 0.5


# --------------------------------------------------------------------------------------------------
# the same things by several hands


def designs(ideas: int = 30, designers: int = 5, seed: int = 0) -> np.ndarray:
    """Scores with ties, [ideas, designers], that differ far more between ideas than in them."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 100, (ideas, 1)) + rng.integers(0, 4, (ideas, designers))


def test_friedman_is_that_of_scipy_and_w_its_share():
    values = designs()
    ranks, p = comparison.friedman(values)
    expected = stats.friedmanchisquare(*values.T)
    assert p == pytest.approx(expected.pvalue)
    assert comparison.concordance(ranks) == pytest.approx(expected.statistic / (30 * 4))


def test_w_is_1_for_one_order_and_1_over_n_by_chance():
    same = np.tile(np.arange(5.0), (12, 1))
    assert comparison.concordance(same) == pytest.approx(1)
    assert math.isnan(comparison.concordance(np.ones((12, 5))))
    rng = np.random.default_rng(0)
    drawn = [comparison.concordance(rng.permuted(same, axis=1)) for _ in range(400)]
    assert np.mean(drawn) == pytest.approx(1 / 12, rel=0.1)


def test_ideas_with_a_missing_value_are_left_out():
    values = designs().astype(float)
    values[3, 1] = np.nan
    ranks, p = comparison.friedman(values)
    assert len(ranks) == 29
    assert p == pytest.approx(stats.friedmanchisquare(*np.delete(values, 3, axis=0).T).pvalue)


def test_holm_by_hand():
    adjusted = comparison.holm(np.array([0.04, 0.001, 0.3, 0.012]))
    assert adjusted == pytest.approx([0.08, 0.004, 0.3, 0.036])
    assert comparison.holm(np.array([0.5, 0.6])) == pytest.approx([1, 1])


# --------------------------------------------------------------------------------------------------
# tables of distances


def table(points: np.ndarray) -> np.ndarray:
    """Distances [k, k] of points [k, d]."""
    return np.linalg.norm(points[:, None] - points, axis=-1)


def test_a_table_goes_with_itself_and_no_order_does_better():
    distances = table(np.random.default_rng(0).standard_normal((5, 3)))
    correlation, p = comparison.mantel(distances, distances**3)
    assert correlation == pytest.approx(1) and p == pytest.approx(1 / 120)


def test_mantel_by_hand():
    """Three objects: six orders, each of which permutes the three distances."""
    a = np.array([[0, 1, 2], [1, 0, 3], [2, 3, 0.0]])
    b = np.array([[0, 1, 3], [1, 0, 2], [3, 2, 0.0]])
    correlation, p = comparison.mantel(a, b)
    assert correlation == pytest.approx(0.5)
    assert p == pytest.approx(3 / 6)  # of 1, .5, .5, -.5, -.5, -1


def test_unrelated_tables_are_called_related_as_often_as_the_level_says():
    rng = np.random.default_rng(0)
    p = [
        comparison.mantel(*(table(rng.standard_normal((5, 3))) for _ in "ab"))[1]
        for _ in range(150)
    ]
    assert 0.01 < np.mean(np.array(p) <= 0.05) < 0.12


def test_many_objects_are_drawn_and_the_order_as_it_is_counts():
    points = np.random.default_rng(1).standard_normal((9, 2))
    correlation, p = comparison.mantel(table(points), table(points + 0.01), draws=200)
    assert correlation == pytest.approx(1) and p == pytest.approx(1 / 200)


@pytest.mark.parametrize("shapes", [((5, 5), (4, 4)), ((5, 4), (5, 4)), ((2, 2), (2, 2))])
def test_tables_that_cannot_be_compared(shapes):
    with pytest.raises(ValueError, match="tables"):
        comparison.mantel(*(np.zeros(shape) for shape in shapes))


def test_a_table_in_which_all_are_equally_far_apart_goes_with_nothing():
    """Such a correlation is 0 / 0; the share of orders that reach it would be 0, the smallest p-value there is."""
    distances, same = table(np.random.default_rng(0).standard_normal((4, 3))), 1 - np.eye(4)
    for a, b in ((distances, same), (same, distances), (same, same)):
        assert np.isnan(comparison.mantel(a, b)).all()
    assert np.isnan(comparison.classical_scaling(np.zeros((4, 4)))[1])


def test_friedman_needs_a_complete_block_and_two_treatments():
    assert np.isnan(comparison.friedman(np.ones((3, 4)))[1])  # all tied
    for values in (np.full((3, 4), np.nan), np.ones((3, 1))):
        with pytest.raises(ValueError, match="two treatments are needed"):
            comparison.friedman(values)


def test_a_map_of_points_in_the_plane_is_exact():
    points = np.random.default_rng(0).standard_normal((7, 2))
    places, share = comparison.classical_scaling(table(points) ** 2)
    assert share == pytest.approx(1)
    assert table(places) == pytest.approx(table(points))


def test_a_map_of_a_simplex_holds_two_of_its_dimensions():
    """Five points all equally far apart need four dimensions."""
    places, share = comparison.classical_scaling(1 - np.eye(5))
    assert places.shape == (5, 2) and share == pytest.approx(0.5)
