"""The published SRGAN: what is kept of its measures, and its record."""

import pytest
import torch

from aesthetic_utils.models.lite import DEPTHS
from aesthetic_utils.published import srgan
from aesthetic_utils.published.parts import kept
from aesthetic_utils.published.results import load_result
from aesthetic_utils.training.weights import weights_info


def test_what_was_measured_is_taken_from_its_folder_as_long_as_it_is_of_the_same_things(tmp_path):
    calls = []

    def measure() -> dict:
        calls.append(1)
        return {"number": len(calls)}

    for of, number in (({"a": 1}, 1), ({"a": 1}, 1), ({"a": 2}, 2), ({"a": 1}, 3)):
        assert kept(tmp_path / "metrics.json", of, measure) == {"number": number}
    assert kept(tmp_path / "plane.json", {"a": 1}, measure) == {"number": 4}


def test_the_middle_of_a_picture_is_as_far_from_each_side():
    image = torch.arange(7 * 10).view(1, 7, 10)
    assert torch.equal(srgan.middle(image, 4), image[:, 1:5, 3:7])
    assert torch.equal(srgan.middle(image, 8), image[:, :, 1:9]), "a smaller side stays whole"


def test_the_summary_has_the_mean_of_the_seeds_and_each_of_them():
    records = [
        {
            "seeds": [seed], "steps": 10 + seed, "minutes": 1.0,
            "metrics": {
                "eyes": "some", "srgan": {"psnr_y": 26.0 + seed, "ssim_y": 0.7, "frechet": 9.0 - seed},
                "second_ruler": {"n": seed},
            },
        }
        for seed in (0, 1, 2)
    ]  # fmt: skip
    found = srgan.srgan_summary("x4", records)
    assert found["over_seeds"]["psnr_y"]["mean"] == pytest.approx(27)
    assert found["over_seeds"]["frechet"]["mean"] == pytest.approx(8)
    assert [row["steps"] for row in found["by_seed"]] == [10, 11, 12]
    assert [row["second_ruler"]["n"] for row in found["by_seed"]] == [0, 1, 2]
    assert found["second_ruler"] == {"n": 0}


def test_the_record_is_of_three_seeds_of_the_networks_that_ship():
    record = load_result("srgan_x4")
    assert record["seeds"] == [row["seed"] for row in record["metrics"]["by_seed"]] == [0, 1, 2]
    assert record["start"] == weights_info(srgan.START)["sha256"]
    assert record["teacher"] == {
        "name": srgan.TEACHER,
        "sha256": weights_info(srgan.TEACHER)["sha256"],
    }
    assert record["metrics"]["eyes"] == srgan.EYES != srgan.TEACHER, (
        "a ruler is not one's own teacher"
    )
    for row in record["metrics"]["by_seed"]:
        ruler = row["second_ruler"]
        assert ruler["n"] == 24 and ruler["after_blocks"] == list(DEPTHS)
        for method, counts in ruler["nearer_than_srresnet"].items():
            assert len(counts) == 4 and all(0 <= count <= 24 for count in counts)
            assert len(ruler["distance"][method]) == 4


def test_the_plane_of_the_record_ends_in_its_first_seed():
    metrics = load_result("srgan_x4")["metrics"]
    *_, end = metrics["plane"]
    assert end["method"] == "srgan" and [row["method"] for row in metrics["plane"]][:3] == [
        "nearest", "bicubic", "srresnet",
    ]  # fmt: skip
    for key in ("psnr_y", "ssim_y", "frechet"):
        assert end[key] == pytest.approx(metrics["by_seed"][0][key], rel=0.01), "half precision"
