"""The experiment on labels: who sees what, what is recorded, and what is found in classes with a known effect."""

import numpy as np
import pytest
import torch

from aesthetic_utils.judgements import label_experiment as labels
from aesthetic_utils.judgements import vote_file
from aesthetic_utils.judgements.vote_record import pair_vote, scale_vote
from aesthetic_utils.widgets import RatingSession


@pytest.mark.parametrize(("raters", "pictures"), [(8, 12), (7, 5), (1, 2)])
def test_half_of_the_pictures_and_half_of_the_class(raters, pictures):
    found = labels.deal_labels(raters, pictures, seed=5)
    assert found.shape == (raters, pictures)
    assert set(found.sum(1)) <= {pictures // 2, (pictures + 1) // 2}
    even = found[: raters // 2 * 2]
    assert (even.sum(0) == len(even) // 2).all()  # each picture carries each label equally often
    if raters > 3:
        assert (found[0] != found[2]).any()
    with pytest.raises(ValueError, match="two pictures"):
        labels.deal_labels(3, 1)


def test_a_class_s_files_hold_the_conditions(tmp_path):
    items, by_ai = ["fox", "boat", "pear (ripe)", "moon"], labels.deal_labels(3, 4, seed=2)
    for r, row in enumerate(by_ai):
        shown = {labels.labelled(i, ai): np.zeros((4, 4, 3)) for i, ai in zip(items, row, strict=True)}  # fmt: skip
        sitting = RatingSession(shown, task="scale", rater=f"r-{r}", path=tmp_path / f"{r}.csv", repeat_share=0)  # fmt: skip
        while not sitting.done:
            sitting.vote(1 + items.index(labels.unlabelled(sitting.current.items[0])[0]))
    found = labels.as_labelled(vote_file.merge_votes(tmp_path).votes)
    order = [items.index(item) for item in found.items]
    np.testing.assert_array_equal(found.by_ai, by_ai[:, order])
    np.testing.assert_array_equal(found.scores, np.tile(order, (3, 1)) + 1)


def test_who_saw_both_labels_is_named():
    about = dict(rater="r-1", session="s", scale=(1, 7))
    votes = [scale_vote(item=labels.labelled("fox", ai), score=3, **about) for ai in (True, False)]
    with pytest.raises(ValueError, match="r-1 has scored 'fox' under both labels"):
        labels.as_labelled(votes)
    others = [scale_vote(item="fox", score=3, **about), pair_vote(rater="r-1", session="s", left="a", right="b", choice="tie")]  # fmt: skip
    assert labels.as_labelled([*votes[:1], *others]).scores.shape == (1, 1)
    with pytest.raises(ValueError, match="does not end in"):
        labels.unlabelled("fox")


def test_the_effect_by_hand():
    by_ai = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]], bool)
    scores = np.array([10.0, 20, 30, 40]) + np.array([[0.0], [5], [1], [2]]) - 4 * by_ai
    found = labels.label_effect(scores, by_ai)
    np.testing.assert_allclose(found.each, -4)
    assert found.mean.value == pytest.approx(-4) and found.mean.n == 4 and found.spread == 0
    plain = labels.label_effect(scores, by_ai, adjust=False)
    np.testing.assert_allclose(plain.each, [-24, 16, -14, 6])  # which pictures were labelled how


def test_missing_scores_and_people_with_too_few_are_left_out():
    scores, by_ai = labels.simulate_labels(12, 20, -8, seed=1)
    scores[0, by_ai[0]] = np.nan
    scores[1, :3] = np.nan
    found = labels.label_effect(scores, by_ai)
    assert found.mean.n == 11 and np.isfinite(found.each).all()
    with pytest.raises(ValueError, match="three are needed"):
        labels.label_effect(scores[:2], by_ai[:2])
    with pytest.raises(ValueError, match="scores and labels"):
        labels.label_effect(scores, by_ai[:, :4])


def test_people_whose_scores_never_vary_have_the_effect_of_all():
    by_ai = np.tile([True, False], (4, 4))
    scores = np.random.default_rng(0).normal(size=(4, 8))
    scores[0] = 3
    found = labels.label_effect(scores, by_ai, adjust=False)
    assert found.spread == found.error[0] == found.each[0] == 0
    np.testing.assert_allclose(found.shrunk, found.mean.value)
    assert not labels.label_effect(np.ones((4, 8)), by_ai).shrunk.any()


def test_a_rater_without_a_score_changes_nothing():
    scores, by_ai = labels.simulate_labels(6, 8, -5, seed=2)
    more = np.vstack([scores, np.full((1, 8), np.nan)]), np.vstack([by_ai, by_ai[:1]])
    assert labels.label_effect(*more).mean == labels.label_effect(scores, by_ai).mean


def test_no_number_of_raters_finds_no_effect():
    for effect, pictures in ((0, 24), (3, 0)):
        with pytest.raises(ValueError, match="an effect other than 0"):
            labels.raters_needed(effect, pictures)
    with pytest.raises(ValueError, match="two raters"):
        labels.power(1, 8, 3, classes=2)


def test_the_interval_holds_the_effect_19_times_in_20():
    held, p = 0, []
    for seed in range(150):
        found = labels.label_effect(*labels.simulate_labels(14, 16, -3, seed=seed), flips=1)
        held += found.mean.low < -3 < found.mean.high
        if seed < 60:
            none = labels.simulate_labels(14, 16, 0, seed=1000 + seed)
            p.append(labels.label_effect(*none, flips=200).p)
    assert 0.9 < held / 150 < 0.99
    assert 0.35 < np.mean(p) < 0.65


def test_people_s_own_effects_are_found_with_many_pictures():
    people = labels.Population(private=5, noise=5, spread=8)
    scores, by_ai = labels.simulate_labels(60, 120, -4, people=people, seed=3)
    found = labels.label_effect(scores, by_ai)
    assert found.spread == pytest.approx(8, abs=1.5)
    assert abs(found.shrunk - found.mean.value).mean() < abs(found.each - found.mean.value).mean()


def test_power_agrees_with_the_formula_and_labels_between_people_need_more():
    n = labels.raters_needed(6, 24)
    assert labels.power(n + 1, 24, -6, classes=300) == pytest.approx(0.8, abs=0.08)
    assert labels.power(n, 24, 0, classes=300) < 0.09
    assert labels.power(n, 24, -6, classes=200, between=True) < 0.35
    assert labels.power(n, 24, -6, classes=200, adjust=False) < labels.power(n, 24, -6, classes=200)


def test_a_rater_sees_the_label_below_the_picture():
    picture = torch.randint(0, 256, (3, 20, 64)).to(torch.uint8)
    ai, person = (labels.with_label(picture, by_ai) for by_ai in (True, False))
    assert ai.shape == (3, 4 * 29, 4 * 64) and ai.dtype == torch.uint8
    assert torch.equal(ai[:, :80:4, ::4], picture) and torch.equal(ai[:, :80], person[:, :80])
    inks = [(p[:, 80:] < 128).sum().item() for p in (ai, person)]
    assert 100 < inks[0] < inks[1]  # "a person" is the longer label
    with pytest.raises(ValueError, match="uint8"):
        labels.with_label(picture / 255, True)
