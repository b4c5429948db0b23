"""Lesson 2.5: its exercises, and what it states about votes."""

import math

import numpy as np
import pytest

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.judgements import simulated_raters, taste, vote_histograms
from aesthetic_utils.published.results import load_result

EXERCISES = exercises_of("2_5")


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("voters", 196, "Round up"),
        ("voters", 14, "square"),
        ("voters", 1000, "Solve for n"),
        ("camps", (4.0, 4.0), "divided by ten"),
        ("camps", (0.4, 0.4), "root of 0.4"),
        ("camps", (1.0, 1.0), "cumulative"),
        ("classes", ("wavers", "agrees", "tastes"), "does not waver"),
        ("lazy", EXERCISES["lazy"].wrong_examples[0], "not good"),
        ("lazy", EXERCISES["lazy"].wrong_examples[1], "exactly at it"),
        ("lazy", EXERCISES["lazy"].wrong_examples[2], "proportions"),
        ("lazy", EXERCISES["lazy"].wrong_examples[3], "per cent"),
        ("lazy", EXERCISES["lazy"].wrong_examples[4], "should be 0.750"),
    ],
)
def test_each_mistake_gets_its_hint(name, answer, words):
    assert words in verdict(EXERCISES[name], answer)


def test_no_answer_yet():
    assert verdict(EXERCISES["voters"], ...).startswith("No answer yet")
    assert "dots" in verdict(EXERCISES["lazy"], lambda *_: ...)


def test_answers_are_those_of_the_package():
    error = 1.96 * 1.43 / math.sqrt(EXERCISES["voters"].answer)
    assert error <= 0.2 < 1.96 * 1.43 / math.sqrt(EXERCISES["voters"].answer - 1)
    three, seven = np.eye(10)[2], np.eye(10)[6]
    expected = tuple(vote_histograms.emd(three, seven, r=r) for r in (1, 2))
    assert EXERCISES["camps"].answer == pytest.approx(expected)
    means = np.random.default_rng(0).normal(5.4, 0.7, 500)
    for threshold in (4.5, 5.5, 6.5):
        _, baseline = vote_histograms.label_accuracy(means, means, threshold)
        assert EXERCISES["lazy"].answer(means, threshold) == pytest.approx(baseline)


def test_classes_of_the_fourth_exercise_exist():
    """Simulated classes with such correlations have the beholder index that the answer claims."""
    for private, shared, noise, repeat, pairs, b in (
        (1.0, 0.35, 0.44, 0.85, 0.10, "tastes"),
        (0.25, 1.0, 0.42, 0.85, 0.80, "agrees"),
        (0.2, 0.35, 0.97, 0.15, 0.10, "wavers"),
    ):
        school = simulated_raters.simulate_class(
            60, 400, private=private, shared=shared, noise=noise, leniency=0.0, seed=1
        )
        found = taste.rater_correlations(school.ratings)
        assert found.repeat.mean() == pytest.approx(repeat, abs=0.04)
        assert found.pairs == pytest.approx(pairs, abs=0.04)
        parts = taste.taste_parts(school.ratings)
        largest = {"tastes": parts.interaction, "agrees": parts.item, "wavers": parts.noise}
        assert max(largest, key=largest.get) == b


def test_the_numbers_that_the_lesson_reads_aloud():
    """Those written in its text; all others are printed by its code."""
    ava, dogs = load_result("ava_votes"), load_result("dog_ratings")
    assert f"{ava['spread']['mean']:.2f}" == "1.43"
    assert [f"{ava['spread'][p]:.2f}" for p in ("p5", "p95")] == ["1.11", "1.78"]
    assert ava["shares"]["from_4_to_6"] > 0.75 and 0.01 < ava["shares"]["above_7"] < 0.02
    assert [f"{ava['baseline_emd'][r]['value']:.3f}" for r in ("r1", "r2")] == ["0.064", "0.089"]
    assert (f"{ava['icc']['value']:.2f}", f"{ava['reliability']['value']:.2f}") == ("0.20", "0.98")
    assert f"{ava['one_against_crowd']['value']:.2f}" == "0.44"
    assert 0.64 < ava["pair_agreement"]["overall"] < 0.68  # two out of three
    close = ava["pair_agreement"]["by_gap"][0]
    assert 0.18 < close["pairs"] / ava["pair_agreement"]["pairs"] < 0.22  # one random pair of five
    assert f"{ava['label']['always_good']:.0%}" == "70%"
    assert 1 / 9.5 < ava["label"]["flipped"]["k20"] < 1 / 8.5  # one label in nine
    assert 0.65 < ava["label"]["just_good"]["votes_of_5_or_less"] < 0.69  # two thirds
    shares = [f"{dogs['variance_share'][k]:.0%}" for k in ("item", "interaction", "rater", "noise")]
    assert shares == ["10%", "20%", "38%", "32%"]
    assert 0.6 < dogs["b1"]["value"] < 0.72  # two thirds
    assert f"{dogs['pairs_of_raters']:.2f}" == "0.15"
    assert f"{dogs['reliability_of_the_mean']:.2f}" == "0.95"
