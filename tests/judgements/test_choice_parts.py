"""Private and shared taste from choices: known classes give their known parts."""

import numpy as np
import pytest

from aesthetic_utils.judgements.bradley_terry import PreferenceError
from aesthetic_utils.judgements.choice_parts import answers, choice_parts


def drawn(chance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(chance.shape) < chance, 1.0, -1.0)


def test_a_class_of_one_mind_shares_everything():
    said = np.tile([1.0, -1.0, 1.0], (4, 1))
    found = choice_parts(said, said)
    assert [found.shared.value, found.private.value, found.noise.value] == [1, 0, 0]
    assert (found.shared.low, found.shared.high, found.shared.n) == (
        1,
        1,
        4,
    ) and found.questions == 3


def test_two_camps_that_stay_by_it_are_private_taste():
    """Half of the class says the contrary of the other half: of 4 raters a pair agrees in 1 case of 3."""
    said = np.array([[1.0, 1.0], [1.0, 1.0], [-1.0, -1.0], [-1.0, -1.0]])
    found = choice_parts(said, said)
    assert found.shared.value == pytest.approx(-1 / 3) and found.noise.value == 0
    assert found.private.value == pytest.approx(4 / 3)


def test_parts_are_right_on_average_over_classes():
    """Against the chances that the answers were drawn with, also where answers are missing."""
    rng = np.random.default_rng(0)
    taste = rng.normal(0, 1, 12) + rng.normal(0, 1.5, (400, 12))  # [R, P], of 400 people
    chance = 1 / (1 + np.exp(-taste))
    lean = 2 * chance - 1
    shared, all_ = (lean.mean(0) ** 2).mean(), (lean**2).mean()
    found = []
    for _ in range(300):
        some = chance[rng.choice(400, 15, replace=False)]
        first, second = drawn(some, rng), drawn(some, rng)
        second[rng.random(second.shape) < 0.2] = np.nan
        parts = choice_parts(first, second, repeats=2)
        found.append([parts.shared.value, parts.private.value, parts.noise.value])
    error = np.std(found, 0) / np.sqrt(300)
    assert (abs(np.mean(found, 0) - [shared, all_ - shared, 1 - all_]) < 4 * error).all()
    assert np.sum(found, 1) == pytest.approx(1)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(1)
    lean = np.tanh(rng.normal(0, 0.5, 10) + rng.normal(0, 0.7, (2000, 10)))
    shared, held = (lean.mean(0) ** 2).mean(), []
    for seed in range(100):
        some = (1 + lean[rng.choice(2000, 25, replace=False)]) / 2
        found = choice_parts(drawn(some, rng), drawn(some, rng), repeats=200, seed=seed).shared
        held.append(found.low <= shared <= found.high)
    assert 0.85 <= np.mean(held) <= 1


def test_without_repeats_of_two_raters_nothing_can_be_said():
    said = np.array([[1.0, -1.0], [1.0, 1.0]])
    gone = np.full((2, 2), np.nan)
    gone[0] = 1  # one rater alone came to the second round
    for second in (np.full((2, 2), np.nan), gone):
        with pytest.raises(PreferenceError, match="second round"):
            choice_parts(said, second)


@pytest.mark.parametrize("bad", [np.ones(3), np.zeros((2, 2)), np.full((2, 2), 0.5)])
def test_what_is_no_answer_is_refused(bad):
    with pytest.raises(ValueError, match="are"):
        choice_parts(bad, bad)


def test_answers_go_by_the_pair_and_not_by_the_side():
    winners = {("r1", ("a", "b")): "b", ("r2", ("a", "b")): "a", ("r2", ("a", "c")): "a"}
    found = answers(["r1", "r2"], [("a", "b"), ("a", "c")], winners)
    np.testing.assert_array_equal(found, [[-1, np.nan], [1, 1]])
