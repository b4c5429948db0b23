"""One person's taste from a few ratings: the ridge, the ceiling, the curves; on people whose taste is known."""

import numpy as np
import pytest

from aesthetic_utils.judgements import personal_taste as personal
from aesthetic_utils.judgements import taste
from aesthetic_utils.judgements.personal_taste import learning_curves, ridge_towards


@pytest.fixture(scope="module")
def people():
    return personal.simulate_people(60, seed=3)


@pytest.fixture(scope="module")
def shares(people):
    return personal.morph_shares(people.items)[0]


@pytest.fixture(scope="module")
def curves(people, shares):
    return learning_curves(people.ratings, shares, repeats=1)


# ---- the ceiling


def test_no_prediction_passes_the_ceiling_and_the_truth_meets_it():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200_000)
    for noise in (0.3, 1.0, 3.0):
        rounds = truth + rng.normal(0, noise, (3, len(truth)))
        rho = np.corrcoef(rounds[0], rounds[1])[0, 1]
        met = np.corrcoef(truth, rounds[2])[0, 1]
        assert met == pytest.approx(float(personal.ceiling(rho)), abs=0.01)
        mean = np.corrcoef(truth, rounds[:2].mean(0))[0, 1]
        assert mean == pytest.approx(float(personal.ceiling(rho, rounds=2)), abs=0.01)
        assert rho < met  # one's own first answer is no ceiling
    assert personal.ceiling([-0.2, 0.25, 1]).tolist() == [0, 0.5, 1]


def test_the_interval_of_a_correlation_holds_it_19_times_in_20():
    rng, held = np.random.default_rng(1), 0
    for _ in range(400):
        x = rng.normal(size=(2, 55))
        x[1] = 0.6 * x[0] + 0.8 * x[1]
        found = personal.correlation_interval(float(np.corrcoef(x)[0, 1]), 55)
        held += found.low < 0.6 < found.high
    assert 0.92 < held / 400 < 0.98
    with pytest.raises(ValueError, match="4 pairs"):
        personal.correlation_interval(0.5, 3)


# ---- the ridge


def test_without_rows_the_prior_and_with_many_the_least_squares():
    rng = np.random.default_rng(0)
    x, prior = rng.normal(size=(30, 4)), np.array([1.0, -2.0, 0.5, 3.0])
    y = x @ [0.0, 1.0, 2.0, -1.0] + rng.normal(0, 0.1, 30)
    np.testing.assert_array_equal(ridge_towards(x[:0], y[:0], prior, 2.0), prior)
    np.testing.assert_allclose(ridge_towards(x, y, prior, 1e-9), np.linalg.lstsq(x, y)[0], rtol=1e-6)  # fmt: skip
    np.testing.assert_allclose(ridge_towards(x, y, prior, 1e12), prior, rtol=1e-6)


def test_it_makes_its_sum_of_squares_least():
    rng = np.random.default_rng(1)
    x, y, prior, penalty = (
        rng.normal(size=(9, 3)),
        rng.normal(size=9),
        rng.normal(size=3),
        [1, 5, 2],
    )

    def cost(w):
        return ((y - x @ w) ** 2).sum() + (penalty * (w - prior) ** 2).sum()

    best = ridge_towards(x, y, prior, np.array(penalty))
    for _ in range(50):
        assert cost(best) <= cost(best + rng.normal(0, 0.01, 3))


def test_likeness_says_the_same_as_weights(people, shares):
    """Predictions by weights of variance v, and by the covariance that they imply between items."""
    x = shares - shares.mean(0)
    known, v, noise = np.arange(0, 40, 3), 0.4, 0.02
    y, crowd = people.ratings[5, known, 0], people.taste.mean(0)
    weights = ridge_towards(x[known], y - crowd[known], np.zeros(x.shape[1]), noise / v)
    found = personal.predict_from_likeness(v * x @ x.T, crowd, known, y, noise)
    np.testing.assert_allclose(found, crowd + x @ weights, rtol=1e-7)


@pytest.mark.parametrize(
    ("x", "y", "prior", "penalty", "words"),
    [
        (np.ones((3, 2)), np.ones(2), np.ones(2), 1.0, "are needed"),
        (np.ones((3, 2)), np.ones(3), np.ones(3), 1.0, "are needed"),
        (np.ones((3, 2)), np.ones(3), np.ones(2), 0.0, "above 0"),
    ],
)
def test_bad_input_of_the_ridge_is_named(x, y, prior, penalty, words):
    with pytest.raises(ValueError, match=words):
        ridge_towards(x, y, prior, penalty)


# ---- what items are made of


def test_names_say_what_a_morph_is_made_of():
    found, names = personal.morph_shares(["41_start.png", "pair_5_41_out_tensor0.2500.png"])
    assert names == ("5", "41") and found.tolist() == [[0, 1], [0.75, 0.25]]
    with pytest.raises(ValueError, match="not named like a morph"):
        personal.morph_shares(["otter.png"])


def test_differences_of_others_do_not_know_the_rater(people):
    changed = people.ratings.copy()
    before = personal.differences_of_others(changed)
    changed[7] += np.random.default_rng(0).normal(0, 0.3, changed[7].shape)
    after = personal.differences_of_others(changed)
    crowd_moved = abs(after - before).mean((1, 2))
    assert crowd_moved[7] < crowd_moved[np.arange(60) != 7].min() / 3
    np.testing.assert_allclose(np.trace(after, axis1=1, axis2=2), after.shape[1])


def test_likeness_needs_a_difference():
    with pytest.raises(ValueError, match="all 4 items are made of the same"):
        personal.kinship(np.full((4, 2), 0.5))
    rng = np.random.default_rng(0)
    ratings = (rng.random((1, 6, 1)) + rng.random((5, 1, 1))).repeat(2, 2)  # levels alone
    with pytest.raises(ValueError, match="by their levels alone"):
        personal.differences_of_others(ratings)
    ratings[3] = rng.random((6, 2))
    assert np.isfinite(personal.differences_of_others(ratings)).all()


# ---- what votes buy


def test_more_votes_help_and_the_mixture_is_never_worse(curves):
    for method in ("own", "mixture"):
        found = curves.explained(method)
        assert (np.diff(found) > -0.02).all() and found[-1] > found[0] + 0.2
    assert (curves.explained("mixture") > curves.explained("own") - 0.01).all()
    assert (curves.explained("mixture")[1:] > curves.explained("crowd")[1:]).all()


def test_without_votes_nobody_knows_more_than_the_crowd(curves):
    assert curves.explained("own")[0] == pytest.approx(0, abs=0.01)
    for method in ("level", "mixture", "kindred"):
        np.testing.assert_allclose(curves.taste[method][:, 0], curves.taste["crowd"][:, 0])


def test_a_level_is_no_taste(curves):
    np.testing.assert_allclose(curves.taste["level"], curves.taste["crowd"], atol=1e-12)
    at_level = curves.explained("level", about="level")
    assert at_level[1] > curves.explained("crowd", about="level")[1] + 0.2


def test_who_knows_the_taste_explains_all_of_it(people, shares):
    """The measure itself, on its known answer: predictions by the true taste come out at 1."""
    deals = personal._deals(shares, 11, 4, 0, False)
    truth = np.broadcast_to(people.taste, (4, 1, *people.taste.shape))
    error, level, r = personal._errors(truth, people.ratings[:, :, 1], deals)
    curves = learning_curves(people.ratings, shares, votes=(0,), methods=("crowd",))
    share = 1 - (error.mean() - curves.noise[0].mean()) / (
        curves.nothing[0].mean() - curves.noise[0].mean()
    )
    assert share == pytest.approx(1, abs=0.04)
    assert level.mean() == pytest.approx(curves.noise[1].mean(), rel=0.06)
    assert r.mean() == pytest.approx(personal.ceiling(curves.repeat).mean(), abs=0.03)


def test_somebody_else_s_votes_buy_nothing(people, shares, curves):
    found = learning_curves(
        people.ratings, shares, repeats=1, methods=("mixture",), voters=np.roll(np.arange(60), 1)
    )
    assert found.explained("mixture")[-1] < curves.explained("crowd")[-1] + 0.03
    assert found.explained("mixture")[-1] < curves.explained("mixture")[-1] - 0.15


def test_nothing_is_learned_by_shares_from_pictures_that_share_nothing(people, shares):
    found = learning_curves(people.ratings, shares, repeats=1, kinless=True, votes=(0, 50), methods=("crowd", "mixture"))  # fmt: skip
    deals = personal._deals(shares, 11, 1, 0, True)[0]
    for tested, order in deals:
        assert not (shares[tested].max(0) * shares[order].max(0)).any()
    assert found.explained("mixture")[1] < found.explained("crowd")[1] + 0.05


def test_intervals_are_of_raters(curves):
    [*_, last] = curves.intervals("mixture", "crowd", repeats=200)
    expected = (curves.explained("mixture") - curves.explained("crowd"))[-1]
    assert last.value == pytest.approx(expected) and last.low < expected < last.high
    assert last.n == 60


def test_bad_input_of_the_curves_is_named(people, shares):
    with pytest.raises(ValueError, match="no method 'guess'"):
        learning_curves(people.ratings, shares, methods=("guess",))
    with pytest.raises(ValueError, match="4 raters"):
        learning_curves(people.ratings[:, :, :1], shares)


# ---- the model that stands still


def test_a_round_cloud_puts_blends_above_the_line(shares):
    """Value that falls with the squared distance from a point is shares and even_blend, and no more."""
    rng = np.random.default_rng(0)
    middle = rng.dirichlet(np.ones(shares.shape[1]), 8)  # [R, S]
    value = -((shares - middle[:, None]) ** 2).sum(2)  # [R, I]
    np.testing.assert_allclose(personal.blend_bonus(value, shares), 0.5)
    np.testing.assert_allclose(personal.blend_bonus(rng.normal(size=(8, 7)) @ shares.T, shares), 0, atol=1e-12)  # fmt: skip
    assert personal.even_blend(np.array([[1, 0], [0.5, 0.5]])).tolist() == [0, 1]


def test_simulated_people_have_the_variances_that_were_set():
    found = [taste.taste_parts(personal.simulate_people(seed=s).ratings) for s in range(6)]
    assert np.mean([p.item for p in found]) == pytest.approx(0.0071, rel=0.08)
    assert np.mean([p.interaction for p in found]) == pytest.approx(0.0146, rel=0.06)
    assert np.mean([p.noise for p in found]) == pytest.approx(0.0236, rel=0.03)
    assert np.mean([p.rater for p in found]) == pytest.approx(0.0274, rel=0.1)
