"""Lesson 4.6: its exercises, and what it states."""

import pytest

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.published.results import load_result

EXERCISES = exercises_of("4_6")


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("emd", 0, "whole batch"),
        ("emd", 1, "root is missing"),
        ("emd", 2, "cumulative"),
        ("emd", 3, "not the sum"),
        ("emd", 4, "not over the images"),
        ("emd", 5, "r = 1"),
        ("emd", 6, "should be"),
        ("ranking", 0, "sign is turned"),
        ("ranking", 1, "mean over the pairs"),
        ("ranking", 2, "minus its logarithm"),
        ("ranking", 3, "hinge"),
        ("ranking", 4, "overflows"),
        ("ranking", 5, "should be"),
    ],
)
def test_each_mistake_gets_its_hint(name, number, words):
    assert words in verdict(EXERCISES[name], EXERCISES[name].wrong_examples[number])


def test_no_answer_yet():
    assert verdict(EXERCISES["ceiling"], ...).startswith("No answer yet")
    assert "dots" in verdict(EXERCISES["emd"], lambda p, q: ...)


def test_the_numbers_that_the_lesson_reads_aloud():
    """Those written in its text; all others are printed by its code."""
    ava, dogs = load_result("ava_votes"), load_result("dog_predictor")
    assert [f"{ava['baseline_emd'][r]['value']:.4f}" for r in ("r1", "r2")] == ["0.0636", "0.0893"]
    assert f"{ava['one_against_crowd']['value']:.2f}" == "0.44"
    found = dogs["features"]
    for kind in ("measures", "resnet", "lite0"):
        assert found[kind]["random"]["lcc"] > 0.7 and found[kind]["random_few"]["lcc"] > 0.65
        assert found[kind]["kinless"]["lcc"] < 0.3
    assert [f"{found[k]['random']['lcc']:.2f}" for k in ("measures", "lite0")] == ["0.75", "0.90"]
    shares = [found[k]["kinless"]["explained_of_constant"] for k in ("measures", "resnet", "lite0")]
    assert [f"{share:+.0%}" for share in shares] == ["-67%", "+17%", "+40%"]
    constant, codes = dogs["constant"]["kinless"], dogs["which_dog"]
    assert f"{constant['lcc']:.2f}" == "-0.79" and f"{constant['explained']:.2f}" == "-0.62"
    assert f"{codes['n22']['random']['lcc']['mean']:.2f}" == "0.81"
    strangers = codes["n7"]["kinless"]["lcc"]
    assert strangers["low"] < found["lite0"]["kinless"]["lcc"] < strangers["high"]
    assert f"{dogs['training_pictures']['kinless']:.0f}" == "31"
    assert f"{dogs['training_pictures']['random']:.0f}" == "50"
    halves, camps = dogs["whose_taste"]["random_halves"], dogs["whose_taste"]["camps"]
    assert abs(halves["same"] - halves["other"]) < 0.05
    assert camps["trained_on_b"]["tested_on_b"] > 0.75
    assert camps["trained_on_a"]["tested_on_a"] < 0.4 and camps["trained_on_b"]["tested_on_a"] < 0.4
    assert 1 / 6.5 < dogs["single_raters"]["against_prediction"] < 1 / 5  # nearly one in five
