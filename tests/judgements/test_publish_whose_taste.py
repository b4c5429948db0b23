"""The record of lesson 5.1.4: aggregates only, and what is found where the truth is known."""

import pytest

from aesthetic_utils.data import oasis, ratings
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.judgements import personal_taste
from aesthetic_utils.judgements.simulated_pictures import simulate_beauty_means
from aesthetic_utils.published import results
from tools import publish_whose_taste as tool
from tools.publish_votes import rounded

STORED = results.load_result("whose_taste")


def walk(value, path=""):
    yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()  # fmt: skip
    for key, part in inner:
        yield from walk(part, f"{path}.{key}")


def test_only_aggregates_with_their_sources_are_kept():
    assert {s["sha256_of_numbers"] for s in STORED["source"].values()} == {oasis.DIGEST, ratings.DOG_DIGEST}  # fmt: skip
    assert max(len(v) for _, v in walk(STORED) if isinstance(v, list)) == len(personal_taste.VOTES)
    for path, inner in walk(STORED):
        if isinstance(inner, dict) and "low" in inner:
            assert inner["low"] <= inner["value"] <= inner["high"], path


def test_the_tool_finds_what_was_put_in():
    people = personal_taste.simulate_people(24, seed=1)
    found = tool.personal_results(people.ratings, people.items, deals=1, repeats=40)
    assert set(found) == set(STORED["dogs"]) and found["starting_pictures"] == 7
    assert found["taste"]["mixture"][-1]["value"] > found["taste"]["own"][-1]["value"]
    assert found["correlations"]["own"][0] is None  # without votes no preference
    made = simulate_beauty_means(seed=1)
    nouns = tool.noun_results(made, repeats=40)
    assert set(nouns) == set(STORED["oasis"])
    assert nouns["noun"]["low"] < 0.7 < nouns["noun"]["high"]
    assert nouns["noun"]["chance"]["max"] < 0.1


def test_without_the_data_nothing_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("AESTHETIC_DATA", str(tmp_path))
    monkeypatch.setenv("AESTHETIC_MODE", "full")
    monkeypatch.setattr(results, "results_folder", lambda: tmp_path)
    assert tool.main() == 3
    assert "the beauty means of OASIS are not in" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_record_is_that_of_the_data():
    try:
        means, dogs = oasis.load_beauty_means(), ratings.load_dog_ratings()
    except MissingDataError:
        pytest.skip("the ratings are not on this machine (AESTHETIC_DATA)")
    found = rounded(tool.noun_results(means, repeats=10))
    assert found["noun"]["value"] == pytest.approx(STORED["oasis"]["noun"]["value"])
    shares, _ = personal_taste.morph_shares(dogs.items)
    curves = personal_taste.learning_curves(
        dogs.values, shares, repeats=STORED["dogs"]["deals"], votes=(20,), methods=("mixture",)
    )
    stored = STORED["dogs"]["taste"]["mixture"][personal_taste.VOTES.index(20)]["value"]
    assert curves.explained("mixture")[0] == pytest.approx(stored, rel=0.02)
