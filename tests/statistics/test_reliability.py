"""Intraclass correlations and Krippendorff's alpha: published examples, and independent loops."""

from itertools import permutations

import numpy as np
import pytest

from aesthetic_utils.statistics.comparison import above, above_interval, benjamini_hochberg
from aesthetic_utils.statistics.reliability import (
    intraclass_correlations,
    krippendorff_alpha,
    spearman_brown,
)

NAN = float("nan")
# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: 4 observers, 12 units
KRIPPENDORFF = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
])  # fmt: skip
# Shrout & Fleiss (1979), table 2: 6 targets, 4 judges
SHROUT = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
).T  # fmt: skip


def alpha_by_loop(scores: np.ndarray) -> float:
    """From the definition: squared differences of all ordered pairs, within units and in all."""
    units = [[float(x) for x in unit if x == x] for unit in scores.T]
    units = [unit for unit in units if len(unit) > 1]
    everything = [x for unit in units for x in unit]
    n = len(everything)
    observed = sum(
        (a - b) ** 2 / (len(unit) - 1) for unit in units for a, b in permutations(unit, 2)
    )
    expected = sum((a - b) ** 2 for a, b in permutations(everything, 2))
    return 1 - (observed / n) / (expected / (n * (n - 1)))


def test_alpha_of_the_published_example():
    found = krippendorff_alpha(KRIPPENDORFF)
    assert found.value == pytest.approx(0.849, abs=0.0005)
    assert found.n == 11  # the last unit has one score
    assert found.low < found.value < found.high <= 1


def test_alpha_is_that_of_a_loop():
    rng = np.random.default_rng(3)
    scores = rng.integers(1, 8, (6, 15)) + rng.integers(0, 3, 15) + 1000.0
    scores[rng.random(scores.shape) < 0.3] = NAN
    assert krippendorff_alpha(scores).value == pytest.approx(alpha_by_loop(scores), rel=1e-9)


def test_the_ends_of_alpha():
    same = np.tile(np.arange(5.0), (3, 1))
    assert krippendorff_alpha(same).value == pytest.approx(1)
    noise = np.random.default_rng(0).normal(size=(30, 400))
    assert krippendorff_alpha(noise).value == pytest.approx(0, abs=0.01)
    assert np.isnan(krippendorff_alpha(np.full((3, 4), 2.0)).value)
    with pytest.raises(ValueError, match="two items"):
        krippendorff_alpha(np.array([[1.0, NAN], [NAN, 2.0]]))


def test_the_mean_of_raters_by_hand():
    assert spearman_brown(0.5, 2) == pytest.approx(2 / 3)
    assert spearman_brown(0.25, 4) == pytest.approx(4 / 7)
    assert spearman_brown(-0.1, 4) == pytest.approx(-4 / 7)
    assert np.isnan(
        [spearman_brown(-1 / 3, 4), spearman_brown(-1, 2), spearman_brown(NAN, 3)]
    ).all()


def test_a_mean_that_does_not_vary_has_no_reliability():
    camps = np.array([[1.0, 2, 4], [1, 2, 4], [-1, -2, -4], [-1, -2, -4]])
    found = intraclass_correlations(camps)
    assert found.consistency.value == pytest.approx(-1 / 3)
    assert np.isnan(found.consistency_of_mean.value)
    nothing = intraclass_correlations(np.full((3, 4), 2.0))
    assert np.isnan([nothing.one.value, nothing.consistency_of_mean.value]).all()
    assert np.isnan(nothing.agreement_of_mean.low)


def test_intraclass_correlations_of_the_published_example():
    """Shrout & Fleiss (1979), table 4: .17, .29, .71, .62, .91."""
    found = intraclass_correlations(SHROUT)
    assert found.one.value == pytest.approx(0.17, abs=0.005)
    assert found.agreement.value == pytest.approx(0.29, abs=0.005)
    assert found.consistency.value == pytest.approx(0.71, abs=0.005)
    assert found.agreement_of_mean.value == pytest.approx(0.62, abs=0.005)
    assert found.consistency_of_mean.value == pytest.approx(0.91, abs=0.005)


def test_their_intervals_are_those_of_the_package_psych():
    """As ICC() of R's psych prints them for the same example."""
    found = intraclass_correlations(SHROUT)
    for interval, low, high in (
        (found.one, -0.133, 0.72),
        (found.agreement, 0.019, 0.76),
        (found.consistency, 0.342, 0.95),
        (found.agreement_of_mean, 0.071, 0.93),
        (found.consistency_of_mean, 0.676, 0.99),
    ):
        assert interval.low == pytest.approx(low, abs=0.002)
        assert interval.high == pytest.approx(high, abs=0.006)


def test_the_interval_of_consistency_covers_the_truth():
    rng, hits = np.random.default_rng(0), 0
    for _ in range(200):
        scores = rng.normal(size=20) + rng.normal(size=(8, 20)) + rng.normal(size=(8, 1))
        found = intraclass_correlations(scores).consistency
        hits += found.low <= 0.5 <= found.high
    assert 0.90 <= hits / 200 <= 0.99


def test_scores_that_cannot_be_correlated():
    with pytest.raises(ValueError, match="none missing"):
        intraclass_correlations(KRIPPENDORFF)
    with pytest.raises(ValueError, match="two raters"):
        intraclass_correlations(np.ones((1, 4)))
    perfect = intraclass_correlations(np.tile(np.arange(4.0), (3, 1)))
    assert perfect.consistency.value == perfect.agreement.value == perfect.one.value == 1
    assert np.isnan(intraclass_correlations(np.ones((3, 4))).consistency.value)


def test_benjamini_hochberg_is_that_of_scipy():
    from scipy.stats import false_discovery_control

    p = np.random.default_rng(1).random(40) ** 3
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p), rtol=1e-12)


def test_the_interval_of_above_is_that_of_a_plain_bootstrap():
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 9, 25) + 1.0, rng.integers(0, 9, 14) * 1.0  # with ties
    found = above_interval(np.append(a, NAN), b, repeats=300, seed=5)
    again, drawn = np.random.default_rng(5), []
    a, b = np.sort(a), np.sort(b)
    for _ in range(300):
        rows = again.integers(25, size=25), again.integers(14, size=14)
        drawn.append(above(a[rows[0]], b[rows[1]]))
    assert found.value == above(a, b) and found.n == 14
    assert [found.low, found.high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]))


def test_the_interval_of_above_covers_the_truth():
    rng, hits = np.random.default_rng(0), 0
    for seed in range(200):  # two normal sets one apart: the chance is Phi(1 / sqrt 2) = .760
        a, b = rng.normal(1, 1, 40), rng.normal(0, 1, 30)
        found = above_interval(a, b, repeats=200, seed=seed)
        hits += found.low <= 0.7602 <= found.high
    assert 0.88 <= hits / 200 <= 0.99
    with pytest.raises(ValueError, match="either side"):
        above_interval(np.array([NAN]), np.ones(2))
