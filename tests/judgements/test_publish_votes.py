"""The aggregates in results/ that lessons and pages quote of published judgements."""

import json

import numpy as np
import pytest

from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.data.ratings import load_ava_votes, load_dog_ratings
from aesthetic_utils.judgements import vote_histograms
from aesthetic_utils.judgements.simulated_raters import simulate_class, simulate_votes
from aesthetic_utils.published import results
from tools import publish_votes

STORED = {name: results.load_result(name) for name in ("ava_votes", "dog_ratings")}


def walk(value, path=""):
    """Every number, text, list and dictionary in a result, with its path."""
    yield path, value
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from walk(inner, f"{path}.{key}")


def look_up(result: dict, path: str):
    for step in path.split("."):
        result = result[int(step) if isinstance(result, list) else step]
    return result


@pytest.mark.parametrize(
    ("path", "value", "digits"),
    [
        ("images", 25_551, 0),
        ("mean.value", 5.377, 3),
        ("sd_of_means", 0.734, 3),
        ("spread.mean", 1.43, 2),
        ("icc.value", 0.201, 3),
        ("reliability.value", 0.98, 2),
        ("one_against_crowd.value", 0.444, 3),
        ("groups.k5.against_crowd", 0.74, 2),
        ("groups.k10.against_crowd", 0.84, 2),
        ("groups.k20.two_groups", 0.83, 2),
        ("label.always_good", 0.703, 3),
        ("baseline_emd.r1.value", 0.0636, 4),
        ("baseline_emd.r2.value", 0.0893, 4),
        ("pair_agreement.overall", 0.65, 2),
        ("gaussian_emd_r2", 0.022, 3),
    ],
)
def test_the_known_findings_stand_in_the_results(path, value, digits):
    assert round(look_up(STORED["ava_votes"], path), digits) == value


@pytest.mark.parametrize("result", STORED.values(), ids=STORED)
def test_only_aggregates_with_their_source_are_kept(result):
    assert {"date", "hardware", "versions", "seed", "source"} <= set(result)
    assert result["source"]["paper"] and result["source"]["file"].count("https://") == 1
    assert max(len(v) for _, v in walk(result) if isinstance(v, list)) <= len(publish_votes.BINS)
    assert not [path for path, v in walk(result) if isinstance(v, float) and np.isnan(v)]
    for path, inner in walk(result):
        if isinstance(inner, dict) and "confidence" in inner:
            assert inner["low"] < inner["value"] < inner["high"], path


def test_the_tool_finds_what_was_put_in(tmp_path, monkeypatch):
    simulated = simulate_votes(800, 250, seed=1)
    found = publish_votes.ava_results(simulated.counts, repeats=60)
    assert found["icc"]["low"] < simulated.parts.icc < found["icc"]["high"]
    assert sum(found["histogram_of_means"]["images"]) == found["images"] == 800
    assert found["groups"]["k100"]["images"] == 800
    school = simulate_class(25, 30, seed=2)
    values = (school.ratings / 10 + 0.5).clip(0, 1)
    dogs = publish_votes.dog_results(values, repeats=60)
    assert dogs["b1"]["low"] < school.b1 < dogs["b1"]["high"]
    monkeypatch.setattr(results, "results_folder", lambda: tmp_path)
    publish_votes.write("dog_ratings", publish_votes.DOG_SOURCE, dogs)
    written = json.loads((tmp_path / "dog_ratings.json").read_text("utf-8"))
    assert set(written) == set(STORED["dog_ratings"])
    assert set(found) < set(STORED["ava_votes"])


def test_without_the_data_nothing_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("AESTHETIC_DATA", str(tmp_path))
    monkeypatch.setenv("AESTHETIC_MODE", "full")
    monkeypatch.setattr(results, "results_folder", lambda: tmp_path)
    assert publish_votes.main() == 3
    assert "the votes of AVA are not in" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_results_are_those_of_the_dog_ratings():
    try:
        found = publish_votes.dog_results(load_dog_ratings().values, repeats=2)
    except MissingDataError:
        pytest.skip("the dog ratings are not on this machine (AESTHETIC_DATA)")
    for path, value in walk(publish_votes.rounded(found)):
        if isinstance(value, (int, float)) and path.rsplit(".", 1)[1] not in ("low", "high"):
            assert look_up(STORED["dog_ratings"], path[1:]) == pytest.approx(value, rel=1e-5), path


def test_the_results_are_those_of_the_votes_of_ava():
    try:
        counts = load_ava_votes().counts
    except MissingDataError:
        pytest.skip("the votes of AVA are not on this machine (AESTHETIC_DATA)")
    stored = STORED["ava_votes"]
    assert stored["icc"]["value"] == pytest.approx(vote_histograms.icc(counts), rel=1e-5)
    crowd = vote_histograms.one_against_crowd(counts)
    assert stored["one_against_crowd"]["value"] == pytest.approx(crowd, rel=1e-5)
    assert stored["votes"] == counts.sum()
