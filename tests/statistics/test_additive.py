"""The additive classifier, against sums that are known and against the definition of its lines."""

import json

import numpy as np
import pytest

from aesthetic_utils.statistics.additive import AdditiveModel, fit_additive, hat_functions


def test_hats_interpolate():
    knots = np.array([[0.0, 1.0, 3.0], [0.0, 0.0, 2.0]])
    x = np.array([[0.5, 1.0], [3.0, -1.0], [9.0, 0.5]])
    hats = hat_functions(x, knots)
    np.testing.assert_allclose(hats.sum(2), 1)
    lines = np.array([[1.0, 5.0, 2.0], [7.0, 7.0, 3.0]])
    for d in range(2):
        wanted = np.interp(x[:, d], knots[d], lines[d])
        np.testing.assert_allclose((hats[:, d] * lines[d]).sum(1), wanted)
    with pytest.raises(ValueError, match="knots"):
        hat_functions(x[:, :1], knots)


def test_a_sum_of_curves_is_found():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 3))
    score = np.stack([2 * np.abs(x[:, 0]) - x[:, 1], np.zeros(len(x)), x[:, 1] - 1], 1)
    y = (score + rng.gumbel(size=score.shape)).argmax(1)
    model = fit_additive(x[:1500], y[:1500], 3)
    said, best = model.logits(x[1500:]).argmax(1), score[1500:].argmax(1)
    assert (said == y[1500:]).mean() > (best == y[1500:]).mean() - 0.03
    size = np.abs(model.contributions(x)).mean((0, 2))
    assert size[2] < 0.3 * size[:2].min()  # the third column says nothing


def test_contributions_add_up_and_have_the_mean_zero():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(300, 4)), rng.integers(3, size=300)
    model = fit_additive(x, y, 3)
    parts = model.contributions(x)
    np.testing.assert_allclose(parts.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(model.level + parts.sum(1), model.logits(x))
    again = AdditiveModel.from_dict(json.loads(json.dumps(model.as_dict(digits=9))))
    np.testing.assert_allclose(again.logits(x), model.logits(x), atol=1e-6)


@pytest.mark.parametrize(
    ("x", "knots", "words"),
    [(np.zeros((5, 1)), 7, "does not vary"), (np.eye(5), 1, "two knots"), (np.zeros(5), 7, "needed")],
)  # fmt: skip
def test_what_cannot_be_fitted_is_named(x, knots, words):
    with pytest.raises(ValueError, match=words):
        fit_additive(x, np.zeros(5, dtype=int), 2, knots=knots)
