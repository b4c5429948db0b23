"""What a grouping explains, when each value is predicted by its group's others."""

import numpy as np
import pytest

from aesthetic_utils.statistics import groups


def test_the_mean_of_the_others_leaves_the_value_itself_out():
    found = groups.mean_of_the_others([1.0, 3.0, 8.0, 5.0, 7.0], ["a", "a", "a", "b", "c"])
    np.testing.assert_allclose(found[:3], [5.5, 4.5, 2.0])
    assert np.isnan(found[3:]).all()


def test_by_hand():
    values, names = np.array([1.0, 3.0, 6.0, 8.0, 100.0]), ["a", "a", "b", "b", "alone"]
    others = np.array([17, 15, 12, 10]) / 3  # without the lonely value
    share = 1 - (4 * 2.0**2) / ((values[:4] - others) ** 2).sum()
    assert groups.explained_by_groups(values, names) == pytest.approx(share)


def test_it_estimates_the_share_of_the_variance_between_groups():
    """Of large groups; with n in a group, the mean of n - 1 others has 1 / (n - 1) of the variance within."""
    rng = np.random.default_rng(0)
    names = np.repeat(np.arange(400), 20)
    values = rng.normal(0, 3, 400)[names] + rng.normal(0, 2, len(names))
    expected = 1 - 4 * (1 + 1 / 19) / 13
    found = groups.explained_interval(values, names, repeats=200)
    assert found.low < expected < found.high and found.n == 400
    assert found.value == pytest.approx(expected, abs=0.03)


def test_groups_that_mean_nothing_explain_less_than_nothing():
    rng = np.random.default_rng(1)
    names, values = np.repeat(np.arange(100), 3), rng.normal(size=300)
    chance = groups.explained_by_chance(values, names, repeats=200)
    assert np.median(chance) == pytest.approx(-0.5, abs=0.05)  # 1 - (1 + 1/2)
    in_sample = 1 - sum(values[names == g].var() for g in range(100)) / 100 / values.var()
    assert in_sample > 0.25  # what a prediction in which each value takes part would claim


def test_the_order_of_the_values_does_not_matter():
    rng = np.random.default_rng(2)
    names, values = rng.integers(9, size=40), rng.normal(size=40)
    order = rng.permutation(40)
    one = groups.explained_interval(values, names, repeats=50)
    other = groups.explained_interval(values[order], names[order], repeats=50)
    assert one.value == pytest.approx(other.value) and one.low == pytest.approx(other.low)


def test_values_that_do_not_vary_are_explained_by_nothing():
    names = ["a", "a", "b", "b", "c", "c"]
    found = groups.explained_interval(np.full(6, 0.1), names, repeats=50)
    assert np.isnan([found.value, found.low, found.high]).all()
    assert np.isnan(groups.explained_by_groups(np.full(6, 0.1), names))
    some = groups.explained_interval(np.array([3.0, 3, 3, 3, 1, 1]), names, repeats=50)
    assert np.isfinite([some.value, some.low, some.high]).all()


@pytest.mark.parametrize(
    ("values", "names", "words"),
    [
        ([1.0, 2.0], ["a"], "a group for each"),
        ([1.0, np.nan], ["a", "b"], "finite values"),
        ([1.0, 2.0, 3.0], ["a", "a", "b"], "two groups with two values"),
    ],
)
def test_bad_input_is_named(values, names, words):
    with pytest.raises(ValueError, match=words):
        groups.explained_by_groups(values, names)
