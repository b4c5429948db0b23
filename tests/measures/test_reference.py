"""Percentiles: known answers, monotone, and a record that is what the pictures give."""

import json
import math

import numpy as np
import pytest

from aesthetic_utils.data import load_emoji, load_photos
from aesthetic_utils.measures.columns import MEASURES, measure
from aesthetic_utils.measures.reference import digits, percentile, place, quantiles
from aesthetic_utils.published.results import load_result
from tools import publish_reference

SETS = ("photographs", "drawings")
EVEN = np.linspace(10, 20, 101)  # quantiles of values spread evenly from 10 to 20


# ---- where a value lies


@pytest.mark.parametrize(
    ("value", "expected"),
    [(10, 0), (20, 100), (15, 50), (12.5, 25), (12.53, 25.3), (9, 0), (21, 100),
     (-math.inf, 0), (math.inf, 100)],
)  # fmt: skip
def test_known_answers_among_evenly_spread_values(value, expected):
    assert place(value, EVEN) == pytest.approx(expected)


def test_a_value_that_many_share_counts_half_of_them():
    levels = np.repeat([1.0, 2.0, 3.0], [21, 60, 20])  # 0..20, 21..80, 81..100
    assert [place(v, levels) for v in (1.0, 2.0, 3.0)] == [10, 50.5, 90.5]
    assert 20 < place(1.5, levels) < 21 and 80 < place(2.5, levels) < 81


def test_it_agrees_with_the_mean_rank_of_the_values_themselves():
    """An independent witness: scipy's count over 2,000 values, some of them tied."""
    from scipy.stats import percentileofscore

    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(0, 1, 1600), np.full(400, 0.5)])
    levels = np.quantile(values, np.linspace(0, 1, 101))
    for value in (-2.0, -1.0, 0.0, 0.5, 0.8, 2.0):
        assert place(value, levels) == pytest.approx(
            percentileofscore(values, value, "mean"), abs=1
        )


def test_nan_gives_nan():
    assert math.isnan(place(math.nan, EVEN))
    assert math.isnan(place(15, np.full(101, np.nan)))
    assert math.isnan(percentile("rms_contrast", math.nan))
    assert math.isnan(percentile("fourier_slope_mather", -1.2, of="drawings"))


# ---- the record


@pytest.mark.parametrize("of", SETS)
@pytest.mark.parametrize("name", MEASURES)
def test_percentiles_rise_with_the_value(name, of):
    levels = quantiles(name, of)
    if np.isnan(levels).any():
        assert (name, of) == ("fourier_slope_mather", "drawings")
        return
    assert levels.shape == (101,) and (np.diff(levels) >= 0).all()
    low, high = MEASURES[name].range
    assert digits(low) <= levels[0] and levels[-1] <= digits(high)
    margin = levels[-1] - levels[0] + 1
    grid = np.linspace(levels[0] - margin, levels[-1] + margin, 997)
    found = np.array([percentile(name, value, of) for value in grid])
    assert (np.diff(found) >= 0).all() and found[0] == 0 and found[-1] == 100


def test_the_median_is_at_fifty():
    for name in ("rms_contrast", "fourier_slope_redies", "eoe_2nd_order"):
        for of in SETS:
            assert percentile(name, quantiles(name, of)[50], of) == pytest.approx(50)


def test_a_value_kept_with_six_digits_meets_its_own_kind():
    """768 by 432 is the shape of 40 of the 115 photographs: the rounding must not put it beside them."""
    shapes = np.array([p.image.shape[2] / p.image.shape[1] for p in load_photos("all")])
    ratio = 768 / 432
    expected = 100 * ((shapes < ratio).mean() + (shapes == ratio).mean() / 2)
    assert percentile("aspect_ratio", ratio) == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(("of", "place_of_one"), [("photographs", 7), ("drawings", 123)])
def test_a_picture_of_the_set_lies_inside_it(of, place_of_one):
    images = (
        [p.image for p in load_photos("all")]
        if of == "photographs"
        else load_emoji("test", size=publish_reference.DRAWING_SIDE).images
    )
    for name, value in measure(images[place_of_one]).items():
        levels = quantiles(name, of)
        if not np.isnan(levels).any() and not math.isnan(value):
            assert levels[0] <= digits(value) <= levels[-1], name


def test_the_cheap_columns_are_those_of_the_pictures_themselves():
    """Without the package's measures: mean red and the size, from the pixels."""
    images = [p.image.numpy() for p in load_photos("all")]
    for name, values in {
        "image_size": [sum(i.shape[1:]) for i in images],
        "mean_RGB_R": [i[0].mean() for i in images],
        "std_RGB_G": [i[1].std() for i in images],
    }.items():
        expected = np.quantile(values, np.linspace(0, 1, 101))
        np.testing.assert_allclose(quantiles(name), expected, rtol=1e-5)


def test_the_record_has_every_column_and_says_of_what():
    record = load_result("reference_distributions")
    assert record["mode"] == "full" and record["hardware"] and record["versions"]["numpy"]
    assert tuple(record["sets"]) == SETS
    for one, images in zip(record["sets"].values(), (115, 500), strict=True):
        assert list(one["measures"]) == list(MEASURES)
        assert one["images"] == images
        assert all(0 <= column["n"] <= images for column in one["measures"].values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "beauty", "value": 1}, "no measure is called 'beauty'; there are image_size"),
        (
            {"name": "balance", "value": 1, "of": "paintings"},
            "no reference pictures are called 'paintings'; there are photographs, drawings",
        ),
    ],
)
def test_unknown_names_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        percentile(**arguments)


# ---- the tool


def test_a_distribution_leaves_out_what_is_undefined():
    found = publish_reference.distribution(np.array([3.0, np.nan, 1.0]))
    assert found["n"] == 2
    assert found["quantiles"] == pytest.approx(np.linspace(1, 3, 101), rel=1e-5)
    assert publish_reference.distribution(np.array([np.nan])) == {"n": 0}


def test_what_is_written_is_json_with_its_provenance(tmp_path, monkeypatch):
    monkeypatch.setattr(publish_reference, "results_folder", lambda: tmp_path)
    publish_reference.write(publish_reference.reference_sets(limit=2))
    record = json.loads((tmp_path / "reference_distributions.json").read_text("utf-8"))
    assert record["name"] == "reference_distributions" and record["versions"] and record["date"]
    assert record["sets"]["drawings"]["measures"]["balance"]["n"] == 2
    assert record["sets"]["drawings"]["measures"]["fourier_slope_mather"] == {"n": 0}
