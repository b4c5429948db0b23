"""Each estimator against votes counted one by one, and against simulated voters whose truth is known."""

import numpy as np
import pytest
import torch

from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.data.ratings import load_ava_votes
from aesthetic_utils.judgements import vote_histograms
from aesthetic_utils.judgements.simulated_raters import simulate_votes
from aesthetic_utils.statistics.intervals import bootstrap

SMALL = np.array([[0, 3, 1, 0], [2, 2, 2, 2], [0, 0, 1, 5], [4, 1, 0, 1]])


def one_by_one(histogram: np.ndarray) -> np.ndarray:
    """The votes themselves: [0, 3, 1] -> 2, 2, 2, 3."""
    return np.repeat(np.arange(1, len(histogram) + 1), histogram)


# ---- one image


def test_mean_and_spread_are_those_of_the_votes():
    lists = [one_by_one(h) for h in SMALL]
    np.testing.assert_allclose(vote_histograms.means(SMALL), [v.mean() for v in lists])
    np.testing.assert_allclose(vote_histograms.spreads(SMALL), [v.std() for v in lists])
    np.testing.assert_allclose(
        vote_histograms.means(torch.from_numpy(SMALL)), vote_histograms.means(SMALL)
    )


def test_the_mean_histogram_counts_images_and_not_votes():
    uneven = np.array([[1, 0], [0, 99]])
    np.testing.assert_allclose(vote_histograms.mean_histogram(uneven), [0.5, 0.5])


def test_a_gaussian_cut_into_bins():
    shares = vote_histograms.gaussian_histogram(np.array([5.5, 3.0]), np.array([1.0, 0.8]))
    np.testing.assert_allclose(shares.sum(1), 1)
    np.testing.assert_allclose(shares[0], shares[0, ::-1])
    assert shares[0, 5] == pytest.approx(0.341345, abs=1e-5)  # from 5.5 to 6.5: 0 to 1 sd


@pytest.mark.parametrize("distance", [0, 1, 4, 9])
def test_emd_of_two_certain_votes(distance):
    p, q = np.eye(10)[0], np.eye(10)[distance]
    assert vote_histograms.emd(p, q, r=1) == pytest.approx(distance / 10)
    assert vote_histograms.emd(p, q, r=2) == pytest.approx((distance / 10) ** 0.5)
    assert vote_histograms.emd(p, q) == vote_histograms.emd(p, q, r=2)  # as NIMA takes it


def test_emd_takes_counts_and_probabilities_alike():
    p, q = SMALL / SMALL.sum(1, keepdims=True), np.array([0.1, 0.2, 0.3, 0.4])
    np.testing.assert_allclose(vote_histograms.emd(SMALL, 10 * q), vote_histograms.emd(p, q))
    np.testing.assert_allclose(vote_histograms.emd(SMALL, q), vote_histograms.emd(q, SMALL))


def test_emd_is_taken_image_by_image_and_not_over_the_batch():
    p, q = np.eye(10)[[0, 0]], np.eye(10)[[1, 9]]
    each = vote_histograms.emd(p, q, r=2)
    np.testing.assert_allclose(each, [0.1**0.5, 0.9**0.5])
    pooled = np.sqrt(((p - q).cumsum(1) ** 2).mean())  # the bug of a published implementation
    assert abs(pooled - each.mean()) > 0.05


def test_emd_of_tensors_can_be_differentiated():
    p = torch.tensor([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]], dtype=torch.double, requires_grad=True)
    q = torch.tensor([[0.1, 0.1, 0.8], [0.5, 0.1, 0.4]], dtype=torch.double)
    np.testing.assert_allclose(
        vote_histograms.emd(p, q).detach(), vote_histograms.emd(p.detach().numpy(), q.numpy())
    )
    assert torch.autograd.gradcheck(vote_histograms.emd, (p, q))


def test_baseline_emd():
    p = SMALL / SMALL.sum(1, keepdims=True)
    expected = np.mean([abs(np.cumsum(row - p.mean(0))).mean() for row in p])
    assert vote_histograms.baseline_emd(SMALL, r=1) == pytest.approx(expected)
    assert vote_histograms.baseline_emd(np.tile(SMALL[0], (3, 1)), r=2) == pytest.approx(0)


@pytest.mark.parametrize(
    ("histograms", "says"),
    [
        ([[0.5, 0.5]], "whole numbers"),
        ([[1, -1]], "none below 0"),
        ([[1, 2], [0, 0]], "image 1 has no votes"),
        ([1, 2], r"\[N, K\]"),
        (np.zeros((0, 10)), r"\[N, K\]"),
    ],
)
def test_what_are_no_histograms(histograms, says):
    with pytest.raises(ValueError, match=says):
        vote_histograms.means(np.array(histograms))


# ---- agreement


def test_icc_is_that_of_the_analysis_of_variance():
    counts = np.random.default_rng(3).multinomial(12, [0.1, 0.2, 0.4, 0.2, 0.1], size=30)
    lists = np.array([one_by_one(h) for h in counts])
    between = 12 * lists.mean(1).var(ddof=1)
    within = lists.var(axis=1, ddof=1).mean()
    expected = (between - within) / (between + 11 * within)
    assert vote_histograms.icc(counts) == pytest.approx(expected)


@pytest.mark.parametrize("voters", [5, 40])
def test_icc_recovers_a_simulated_truth(voters):
    simulated = simulate_votes(1500, voters, seed=1)
    found = bootstrap(vote_histograms.icc, simulated.counts, repeats=200)
    assert found.low < simulated.parts.icc < found.high
    assert found.high - found.low < 0.06
    naive = vote_histograms.means(simulated.counts).var()
    naive /= naive + vote_histograms.spreads(simulated.counts).mean() ** 2  # leaves the chance in
    assert naive > found.high or voters > 5


def test_reliability_is_the_share_of_truth_in_the_means():
    simulated = simulate_votes(3000, 10, seed=2)
    truth = simulated.truth @ np.arange(1, 11)
    squared = np.corrcoef(truth, vote_histograms.means(simulated.counts))[0, 1] ** 2
    found = bootstrap(vote_histograms.reliability, simulated.counts, repeats=200)
    assert found.low < squared < found.high
    expected = vote_histograms.spearman_brown(vote_histograms.icc(simulated.counts), 10)
    assert found.value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("k", [1, 5, 20])
def test_disjoint_groups_agree_as_spearman_and_brown_say(k):
    simulated = simulate_votes(4000, 60, seed=3)
    expected = vote_histograms.spearman_brown(simulated.parts.icc, k)
    assert vote_histograms.group_correlation(simulated.counts, k) == pytest.approx(
        expected, abs=0.015
    )


def test_images_with_too_few_voters_are_left_out_of_the_groups():
    counts = np.vstack([simulate_votes(50, 40, seed=4).counts, np.eye(10, dtype=int)])
    kept = vote_histograms.group_correlation(counts[:50], 20, seed=7)
    assert vote_histograms.group_correlation(counts, 20, seed=7) == pytest.approx(kept)


def test_images_with_enough_voters_for_one_group_only_are_left_out_too():
    many, few = simulate_votes(50, 40, seed=4).counts, simulate_votes(20, 39, seed=5).counts
    kept = vote_histograms.group_correlation(many, 20, seed=7)
    assert vote_histograms.group_correlation(np.vstack([many, few]), 20, seed=7) == pytest.approx(
        kept
    )


def test_drawing_voters_is_without_replacement():
    rng = np.random.default_rng(0)
    drawn = vote_histograms.draw_voters(np.repeat(SMALL[:2], 4000, axis=0), 3, rng)
    assert (drawn.sum(1) == 3).all() and (drawn <= np.repeat(SMALL[:2], 4000, axis=0)).all()
    np.testing.assert_allclose(drawn[:4000].mean(0), [0, 2.25, 0.75, 0], atol=0.03)
    np.testing.assert_allclose(drawn[4000:].mean(0), 0.75, atol=0.04)
    # hypergeometric, not binomial: 3 of 8 without replacement, two of a kind
    assert drawn[4000:, 0].var() == pytest.approx(3 * 0.25 * 0.75 * 5 / 7, rel=0.06)
    np.testing.assert_array_equal(vote_histograms.draw_voters(SMALL[:1], 4, rng), SMALL[:1])
    with pytest.raises(ValueError, match="5 voters cannot be drawn where an image has 4"):
        vote_histograms.draw_voters(SMALL, 5, rng)


def test_one_against_the_crowd_is_the_correlation_over_all_voters():
    own, others, weight = [], [], []
    for h in SMALL:
        given = one_by_one(h)
        for i, vote in enumerate(given):
            own.append(vote)
            others.append(np.delete(given, i).mean())
            weight.append(1 / len(given))
    c = np.cov(own, others, aweights=weight)
    expected = c[0, 1] / np.sqrt(c[0, 0] * c[1, 1])
    assert vote_histograms.one_against_crowd(SMALL) == pytest.approx(expected)


def test_one_against_the_crowd_recovers_a_simulated_truth():
    simulated = simulate_votes(2000, 200, seed=5)
    icc = simulated.parts.icc
    expected = np.sqrt(icc * vote_histograms.spearman_brown(icc, 199))  # a person times a crowd
    found = bootstrap(vote_histograms.one_against_crowd, simulated.counts, repeats=100)
    assert found.low < expected < found.high and found.high - found.low < 0.05
    sampled = vote_histograms.group_against_crowd(simulated.counts, 1, repeats=20)
    assert sampled == pytest.approx(found.value, abs=0.015)
    assert vote_histograms.group_against_crowd(simulated.counts, 20) > 0.85


def test_pair_agreement_counts_ties_half():
    shares = [one_by_one(h) for h in SMALL]
    means = vote_histograms.means(SMALL)  # 2.25, 2.5, 3.83, 1.67
    found = vote_histograms.pair_agreement(SMALL, pairs=60_000, gaps=(0, 1))
    chances = {}
    for a, b in ((a, b) for a in range(4) for b in range(4) if means[a] > means[b]):
        versus = np.sign(shares[a][:, None] - shares[b])
        chances[a, b] = (versus + 1).mean() / 2
    assert found.overall == pytest.approx(np.mean(list(chances.values())), abs=0.003)
    near = [chance for (a, b), chance in chances.items() if means[a] - means[b] < 1]
    assert found.by_gap[0] == pytest.approx(np.mean(near), abs=0.003)
    assert sum(found.pairs) == pytest.approx(60_000 * 12 / 16, rel=0.02)  # not with itself


def test_pairs_without_an_order_are_left_out():
    found = vote_histograms.pair_agreement(np.array([[3, 0, 0], [0, 0, 3], [0, 0, 5]]), pairs=1000)
    assert found.overall == 1 and found.by_gap[5] == 1 and np.isnan(found.by_gap[0])
    assert 350 < sum(found.pairs) == found.pairs[5] < 550


# ---- thresholds


def test_accuracy_comes_with_that_of_the_commoner_answer():
    observed = np.array([4.0, 5.0, 5.1, 6.0, 7.0])
    assert vote_histograms.label_accuracy(np.full(5, 9.0), observed) == (0.6, 0.6)
    assert vote_histograms.label_accuracy(observed, observed) == (1.0, 0.6)
    assert vote_histograms.label_accuracy(10 - observed, observed, threshold=6.5) == (0.8, 0.8)


def test_fewer_voters_flip_more_labels():
    simulated = simulate_votes(3000, 100, seed=6)
    assert vote_histograms.flip_share(simulated.counts, 100) == 0
    shares = [vote_histograms.flip_share(simulated.counts, k) for k in (1, 5, 20, 50)]
    assert shares == sorted(shares, reverse=True)
    certain = np.tile(np.array([[0, 0, 7], [7, 0, 0]]), (5, 1))
    assert vote_histograms.flip_share(certain, 1, threshold=2) == 0


# ---- the interval itself


def test_bootstrap_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(8)
    hits = 0
    for seed in range(150):
        sample = rng.normal(3, 2, 60)
        interval = bootstrap(np.mean, sample, repeats=150, confidence=0.8, seed=seed)
        hits += interval.low < 3 < interval.high
        assert interval.value == sample.mean() and interval.n == 60
    assert 0.71 < hits / 150 < 0.88


def test_rows_of_several_arrays_stay_together():
    x = np.arange(50.0)
    interval = bootstrap(lambda a, b: np.corrcoef(a, b)[0, 1], x, 3 * x + 1, repeats=20)
    assert interval.low == pytest.approx(1) and str(interval).startswith(
        "1.000 [1.000, 1.000], n = 50"
    )


# ---- real votes


@pytest.fixture(scope="module")
def ava() -> np.ndarray:
    try:
        return load_ava_votes().counts
    except MissingDataError:
        pytest.skip("the votes of AVA are not on this machine (AESTHETIC_DATA)")


def test_what_the_votes_of_ava_say(ava):
    """Against values found independently of this code, as rounded there."""
    assert vote_histograms.means(ava).mean() == pytest.approx(5.377, abs=5e-4)
    assert vote_histograms.means(ava).std() == pytest.approx(0.734, abs=5e-4)
    assert vote_histograms.spreads(ava).mean() == pytest.approx(1.43, abs=5e-3)
    assert vote_histograms.baseline_emd(ava, r=1) == pytest.approx(0.0636, abs=5e-5)
    assert vote_histograms.baseline_emd(ava, r=2) == pytest.approx(0.0893, abs=5e-5)
    assert vote_histograms.icc(ava) == pytest.approx(0.201, abs=5e-4)
    assert vote_histograms.reliability(ava) == pytest.approx(0.98, abs=2e-3)
    assert vote_histograms.one_against_crowd(ava) == pytest.approx(0.45, abs=0.01)
    assert vote_histograms.pair_agreement(ava).overall == pytest.approx(0.65, abs=5e-3)
    always = np.full(len(ava), 10.0)
    assert vote_histograms.label_accuracy(always, vote_histograms.means(ava))[0] == pytest.approx(
        0.703, abs=5e-4
    )
    assert vote_histograms.flip_share(ava, 20, repeats=2) == pytest.approx(0.109, abs=3e-3)


def test_how_far_spreads_are_reproducible():
    """The witness: the squared correlation with true spreads, which are known here."""
    rng = np.random.default_rng(0)
    centres, widths = rng.normal(5.4, 0.7, 4000), rng.uniform(1.0, 1.9, 4000)
    truth = vote_histograms.gaussian_histogram(centres, widths)
    counts = rng.multinomial(200, truth)
    scale = np.arange(1, 11)
    mean = truth @ scale
    true_spread = np.sqrt(truth @ scale**2 - mean**2)
    expected = np.corrcoef(true_spread, vote_histograms.spreads(counts))[0, 1] ** 2
    assert vote_histograms.spread_reliability(counts) == pytest.approx(expected, abs=0.02)
    alike = rng.multinomial(
        200, vote_histograms.gaussian_histogram(np.full(4000, 5.4), np.full(4000, 1.4))
    )
    assert abs(vote_histograms.spread_reliability(alike)) < 0.08
    with pytest.raises(ValueError, match="four votes"):
        vote_histograms.spread_reliability(np.eye(10, dtype=int) * 3)


def test_spreads_foretold_by_a_parabola_of_the_mean():
    """Means on a parabola, exactly: two voters at a distance that is one."""
    mean = np.array([3, 4, 5, 6, 7, 8])
    counts = np.zeros((6, 10), int)
    for row, (m, d) in enumerate(zip(mean, [2, 1, 1, 1, 2, 2], strict=True)):
        counts[row, m - 1 - d] += 1
        counts[row, m - 1 + d] += 1
    found = vote_histograms.spread_from_mean(counts)
    design = np.stack([mean**0, mean, mean**2], 1).astype(float)
    spread = np.array([2, 1, 1, 1, 2, 2.0])
    fitted = design @ np.linalg.lstsq(design, spread, rcond=None)[0]
    assert found == pytest.approx(np.corrcoef(fitted, spread)[0, 1])
