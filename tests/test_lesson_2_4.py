"""Lesson 2.4: what its exercises accept, what it states about its measures, and the published table."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.measures import PolygonOrder, birkhoff_polygon, columns, edges, measure
from aesthetic_utils.measures.planes import planes
from aesthetic_utils.measures.spectrum import radial_spectrum, spectral_noise
from tools import publish_measures

ROOT = Path(__file__).resolve().parent.parent
EXERCISES = exercises_of("2_4")


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_different_mistakes_get_different_hints(name):
    exercise = EXERCISES[name]
    given = [verdict(exercise, wrong) for wrong in (*exercise.hints, *exercise.wrong_examples)]
    assert len(given) >= 4 and len(set(given)) == len(given)
    assert not any("raised" in text or text == "Right." for text in given)


def test_dots_in_a_function_are_noticed():
    assert "dots" in verdict(EXERCISES["symmetry"], lambda *_: ...)


def test_a_map_in_place_of_a_number_is_noticed():
    assert "One number" in verdict(EXERCISES["symmetry"], lambda x: x * x[:, ::-1])


def test_the_symmetry_of_the_exercise_is_that_of_the_package():
    image = torch.randint(0, 256, (3, 20, 31), generator=torch.Generator().manual_seed(0))
    image = image[:1].expand(3, -1, -1).to(torch.uint8)
    found = measure(image, ["normalised_mirror_symmetry_lr"])["normalised_mirror_symmetry_lr"]
    lightness = planes(image).lab[..., 0]
    assert EXERCISES["symmetry"].answer(lightness) == pytest.approx(found)


def test_the_square_leads_and_the_rectangles_cannot_be_told_apart():
    def score(quarter: int, lines: int, network: int) -> float:
        order = PolygonOrder(
            vertical_symmetry=1, equilibrium=1, rotational_symmetry=quarter / 2, network=network
        )
        return birkhoff_polygon(order, lines)

    assert score(4, 4, 2) == 1.5 and score(2, 4, 2) == 1.25
    exercise = EXERCISES["triangle"]
    assert score(3, 3, 0) == pytest.approx(exercise.answer)
    # the numbers that get a hint of their own are those that the mistakes lead to
    assert {1.5, 1.25, 3 * exercise.answer, score(3, 3, 2), 5 / 3, 3.5 / 4} == set(exercise.hints)


def test_the_slope_of_the_power_is_twice_that_of_the_amplitude():
    square = spectral_noise(256, exponent=1.4)[0].numpy()
    rings = np.arange(4, 64)
    slopes = [
        np.polyfit(np.log(rings), np.log(radial_spectrum(square, exponent=e)[rings]), 1)[0]
        for e in (1, 2)
    ]
    assert slopes == pytest.approx([EXERCISES["slope"].answer, -2.8], rel=0.03)


def test_corrections_by_hand_and_by_scipy():
    p, m = np.array([0.001, 0.012, 0.028, 0.045, 0.3]), 5
    holm = next(i for i in range(m) if p[i] >= 0.05 / (m - i))
    hochberg = max(i + 1 for i in range(m) if p[i] < 0.05 * (i + 1) / m)
    assert (int((p < 0.05).sum()), hochberg, holm) == EXERCISES["corrections"].answer
    assert int((stats.false_discovery_control(p) < 0.05).sum()) == hochberg


def test_false_alarms_of_a_paper():
    some = (np.random.default_rng(0).random((20_000, 20)) < 0.05).any(axis=1).mean()
    assert some == pytest.approx(EXERCISES["at_least_one"].answer, abs=0.01)


def test_useless_measures_explain_what_the_lesson_says():
    """Of n pictures m measures without relation explain m / (n - 1) of the variance, on average."""
    rng, found = np.random.default_rng(0), []
    for _ in range(200):
        x, y = rng.standard_normal((90, 45)), rng.standard_normal(90)
        x, y = x - x.mean(0), y - y.mean()
        residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
        found.append(1 - residual @ residual / (y @ y))
    assert np.mean(found) == pytest.approx(45 / 89, abs=0.02)


def test_two_directions_are_one_bit_and_24_are_the_most():
    stripes = np.tile(np.arange(256) // 16 % 2 * 255, (3, 256, 1)).astype(np.uint8)
    strength, direction = edges.strongest_response(planes(stripes).grey)
    strong = strength >= np.sort(strength, axis=None)[-10_000]
    shares = np.bincount(direction[strong], strength[strong], minlength=24)
    shares = shares[shares > 0] / shares.sum()
    assert -(shares * np.log2(shares)).sum() == pytest.approx(1, abs=0.01)
    assert math.log2(24) == pytest.approx(4.58, abs=0.005)


# --------------------------------------------------------------------------------------------------
# tools/publish_measures.py


def test_lesson_and_published_table_use_the_same_measures():
    notebook = json.loads((ROOT / "notebooks" / "2_4_measuring_beauty.ipynb").read_text("utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"]]
    (text,) = [cell for cell in cells if cell.startswith("COLUMNS = (")]
    names: dict = {}
    exec(text.split("\n\n\n")[0], names)
    assert names["COLUMNS"] == columns.SMALL


def test_one_idea_of_each_kind():
    names = ["keycap-0", "keycap-1", "owl", "keycap-2", "locked", "locked-with-key"]
    assert publish_measures.one_of_each_kind(names) == [0, 2, 4]


def test_the_interval_of_above_holds_one_half_for_equal_sets():
    found = publish_measures.above_interval(np.arange(50.0), np.arange(50.0), repeats=50)
    assert found["value"] == 0.5 and found["low"] < 0.5 < found["high"] and found["n"] == [50, 50]


def test_designers_that_differ_in_one_measure_of_many():
    rng = np.random.default_rng(0)
    values = rng.standard_normal((40, 5, 10))
    values[:, 4, 3] += 3
    columns = [f"m{j}" for j in range(10)]
    found = publish_measures.compare_designers(values, columns, list("abcde"), repeats=50)
    by_measure = found["by_measure"]
    assert [c for c in columns if by_measure[c]["p_holm"] < 0.05] == ["m3"]
    assert max(by_measure["m3"]["mean_rank"], key=by_measure["m3"]["mean_rank"].get) == "e"
    w = by_measure["m3"]["kendall_w"]
    assert w["low"] < w["value"] < w["high"] and w["low"] > by_measure["m0"]["kendall_w"]["value"]
    assert found["findings"]["all_ideas"]["holm"] == 1
    assert found["findings"]["dealt_at_random"]["holm"] == 0
    assert all(
        row["p"] <= row["p_benjamini_hochberg"] <= row["p_holm"] for row in by_measure.values()
    )


def test_what_is_written_is_json_with_its_provenance(tmp_path, monkeypatch):
    monkeypatch.setattr(publish_measures, "results_folder", lambda: tmp_path)
    found = publish_measures.drawings(limit=3, repeats=10)
    publish_measures.write({"drawings": found, "undefined": np.float64("nan")})
    result = json.loads((tmp_path / "image_measures.json").read_text("utf-8"))
    assert result["name"] == "image_measures" and result["hardware"] and result["undefined"] is None
    drawings = result["drawings"]
    assert drawings["ideas"] == 3 and len(drawings["by_designer"]) == 5
    assert set(drawings["by_designer"]["noto"]) == {
        *columns.SMALL,
        columns.SPEHAR,
    }
    contrast = drawings["by_designer"]["noto"]["rms_contrast"]
    assert contrast["n"] == 3 and contrast["p25"] <= contrast["p50"] <= contrast["p75"]
    assert [path.name for path in tmp_path.iterdir()] == ["image_measures.json"]
