"""The measures in the page: equal to the package's on photographs and drawings, and their data are what we have."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.data.photos import load_photos
from aesthetic_utils.measures.reference import quantiles
from tools import live_measures

ROOT = live_measures.ROOT
NEAR = 1e-3  # of a value, or of 1 where it is smaller
RUN = """
const {readFileSync} = require("node:fs");
const Measures = require("./book/live/measures/model.js");
const folder = process.argv[1];
const found = JSON.parse(readFileSync(`${folder}/sizes.json`, "utf-8")).map(([width, height], i) =>
  Measures.measure({width, height, rgb: new Uint8Array(readFileSync(`${folder}/${i}.rgb`))}));
console.log(JSON.stringify(found));
"""


def pixels(image) -> np.ndarray:
    """uint8 [3, H, W] -> [H, W, 3]."""
    return np.ascontiguousarray(image.permute(1, 2, 0).numpy())


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    """Photographs that were held out, two at their full size and ten smaller, and drawings."""
    held_out = [photo.image for photo in load_photos("test")[:2]]
    held_out += [photo.image for photo in load_photos("test", long_side=200)[2:12]]
    drawings = load_emoji("test", size=64).images[::125]
    return [pixels(image) for image in [*held_out, *drawings]]


def test_measures_in_the_page_are_those_of_the_package(pictures, tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the measures in JavaScript are not tested")
    for i, rgb in enumerate(pictures):
        (tmp_path / f"{i}.rgb").write_bytes(rgb.tobytes())
    sizes = [(rgb.shape[1], rgb.shape[0]) for rgb in pictures]
    (tmp_path / "sizes.json").write_text(json.dumps(sizes))
    done = subprocess.run(
        [node, "-e", RUN, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    found = json.loads(done.stdout)
    assert len(found) == len(pictures) == 16
    for rgb, values in zip(pictures, found, strict=True):
        expected = live_measures.measured(rgb)
        assert len(expected) >= 15 and values.keys() == expected.keys()
        for name, value in expected.items():
            if value is None:
                assert values[name] is None, name  # JSON has no NaN
            else:
                assert values[name] == pytest.approx(value, rel=NEAR, abs=NEAR), name


def test_the_values_of_the_node_tests_are_those_of_the_package():
    kept = json.loads(live_measures.FIXTURE.read_text("utf-8"))
    again = json.loads(json.dumps(live_measures.fixture()))
    assert kept["percentiles"] == again["percentiles"]
    for one, other in zip(kept["pictures"], again["pictures"], strict=True):
        for name, value in other["values"].items():
            assert one["values"][name] == (value and pytest.approx(value, rel=1e-9)), name


def test_the_quantiles_are_those_of_the_record():
    stored = live_measures.read_script()
    assert stored["images"] == 115 and stored["longSide"] == 768
    assert list(stored["quantiles"]) == list(live_measures.COLUMNS)
    for name, levels in stored["quantiles"].items():
        np.testing.assert_allclose(levels, quantiles(name), rtol=1e-4)


def test_the_photograph_is_one_of_the_course():
    stored = live_measures.stored_photograph().astype(int)
    original = pixels(live_measures.load_photo(live_measures.PHOTO).image)
    assert stored.shape == original.shape
    assert np.abs(stored - original).mean() < 4


def test_the_figures_are_light():
    """In bytes, not packed: the measures and their data once, and what each figure has of its own."""
    folder = live_measures.FOLDER
    weight = {
        name: sum(path.stat().st_size for path in (folder / name).iterdir())
        for name in ("measures", "measure_it", "misleads")
    }
    assert weight["measures"] < 110_000
    assert weight["measure_it"] < 30_000 and weight["misleads"] < 20_000
