"""The live figures about people's judgements: that their data, and the values of their tests, are what we have."""

import json
import sys

import numpy as np
import pytest

from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.data.ratings import load_ava_votes
from aesthetic_utils.judgements import vote_histograms
from tools import live_people

FIGURES = {
    name: live_people.FOLDER / name for name in ("fechner", "inverted_u", "how_many", "threshold")
}


@pytest.fixture(scope="module")
def record() -> dict:
    return live_people.record()


@pytest.fixture(scope="module")
def votes() -> np.ndarray:
    try:
        return load_ava_votes().counts
    except MissingDataError:
        pytest.skip("the votes of AVA are not on this machine")


def stored(name: str) -> dict:
    return live_people.read_script(FIGURES[name] / "data.js")


def flat(value) -> list[float]:
    if isinstance(value, dict):
        return [x for key in sorted(value) for x in flat(value[key])]
    return [x for part in value for x in flat(part)] if isinstance(value, list) else [value]


def test_the_values_that_the_scripts_are_tested_against_are_those_of_the_package():
    kept = json.loads(live_people.FIXTURE.read_text("utf-8"))
    again = live_people.fixture()
    assert kept.keys() == again.keys()
    assert flat(kept) == pytest.approx(flat(again))


def test_the_rectangles_are_those_of_the_drawn_figure():
    assert stored("fechner")["rectangles"] == live_people.rectangles()
    best, worst = (sum(row[i] for row in live_people.rectangles()) for i in (2, 3))
    assert best == pytest.approx(100, abs=0.2) and worst == pytest.approx(100, abs=0.2)  # rounded


def test_sixty_parts_have_the_mean_and_the_agreement_of_all_photographs(record):
    data = stored("how_many")
    shares = np.array(data["parts"])
    assert shares.shape == (60, 10) and (shares.sum(1) == 10_000).all()
    means = shares @ np.arange(1, 11) / 10_000
    assert (np.diff(means) > 0).all()
    assert means.mean() == pytest.approx(record["mean"]["value"], abs=1e-3)
    assert means.std() == pytest.approx(record["sd_of_means"], rel=0.02)
    # a little above: the parts' means still hold the chance of some 211 votes each
    assert live_people.icc_of(shares / 10_000) == pytest.approx(record["icc"]["value"], abs=0.005)
    assert data["icc"] == record["icc"]["value"]
    assert data["measured"] == [[g["voters"], g["two_groups"]] for g in record["groups"].values()]


def test_at_five_the_threshold_has_the_published_numbers(record):
    data, label = stored("threshold"), record["label"]
    good, near, *flipped, not_above = data["shares"][50 - data["cuts"][0]]
    expected = [label["flipped"][f"k{k}"] for k in data["voters"]]
    assert [good, near, *flipped] == pytest.approx(
        [label["good"], label["within_half"], *expected], abs=6e-5
    )
    assert not_above == pytest.approx(label["just_good"]["votes_of_5_or_less"], abs=6e-5)
    assert sum(data["images"]) == record["images"]
    assert data["images"][51 - data["first"]] == label["just_good"]["images"]


def test_the_votes_beside_the_cut_are_those_of_the_drawn_figure():
    sys.path.insert(0, str(live_people.ROOT / "tools" / "figures"))
    from responsibility import JUST_ABOVE, JUST_BELOW

    data = stored("threshold")
    at = 50 - data["cuts"][0]
    drawn = np.array([JUST_BELOW, JUST_ABOVE])
    np.testing.assert_allclose(np.array(data["votes"][at : at + 2]) / 100, drawn, atol=0.011)


def test_no_average_is_over_few_photographs():
    data = stored("threshold")
    first, last = data["cuts"][0] - data["first"], data["cuts"][1] + 1 - data["first"]
    assert min(data["images"][first : last + 1]) >= 180
    assert stored("how_many")["images"] // 60 >= 180


def test_the_data_are_made_from_the_votes(votes):
    assert stored("how_many") == live_people.how_many_data(votes)
    data = stored("threshold")
    steps = live_people.tenths(votes)
    assert data["images"] == np.bincount(steps - data["first"]).tolist()
    below = vote_histograms.mean_histogram(votes[steps == data["cuts"][0]])
    np.testing.assert_allclose(np.array(data["votes"][0]) / 10_000, below, atol=1e-4)


def test_a_mean_on_the_edge_of_a_tenth_is_counted_below_it():
    counts = np.zeros((3, 10), int)
    counts[0, 4] = 7  # 5 exactly
    counts[1, [4, 5]] = 9, 1  # 5.1 exactly
    counts[2, [4, 5]] = 99, 1  # a little above 5
    assert live_people.tenths(counts).tolist() == [50, 51, 51]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_light(name):
    """With what it shares with others, in bytes, not packed."""
    shared = [path for path in live_people.FOLDER.iterdir() if path.is_file()]
    files = [path for path in FIGURES[name].iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in [*shared, *files]) < 60_000
    assert sum(path.stat().st_size for path in files) < 20_000
