"""The live figure of the perception-distortion plane: that its numbers and pictures are those of the networks."""

import numpy as np
import pytest
from PIL import Image

from tools import live_plane


def squares(name: str) -> np.ndarray:
    """What a strip shows: [T, S, S, 3]."""
    picture = np.asarray(Image.open(live_plane.FOLDER / f"{name}.webp").convert("RGB"))
    return np.stack(np.split(picture, len(live_plane.TILES), axis=1))


def test_the_points_are_those_of_the_record():
    text = (live_plane.FOLDER / "data.js").read_text("utf-8")
    assert text == live_plane.as_script(live_plane.data())


def test_a_strip_shows_what_the_networks_make_of_a_crop():
    name = "monuments_petra"
    made = live_plane.tiles(name, live_plane.networks()).permute(0, 2, 3, 1).numpy()  # [T, S, S, 3]
    stored = squares(name)
    assert stored.shape == made.shape
    error = abs(stored.astype(int) - made).mean((1, 2, 3))  # of 255
    # each tile is its own: nearer to it than to any other, which is what a lossy file may not change
    distances = abs(stored[:, None].astype(int) - made[None]).mean((2, 3, 4))  # [T, T]
    assert (distances.argmin(1) == np.arange(len(stored))).all()
    assert error.max() < 5


@pytest.mark.parametrize("name", live_plane.CROPS)
def test_towards_srgan_a_crop_gains_fine_detail(name):
    luma = squares(name).mean(3)
    detail = abs(np.diff(luma, axis=2)).mean((1, 2))
    bicubic, *line, original = detail
    assert bicubic < line[0] < line[-1] < original


def test_the_figure_is_light():
    files = list(live_plane.FOLDER.iterdir())
    assert {file.stem for file in files if file.suffix == ".webp"} == set(live_plane.CROPS)
    assert sum(file.stat().st_size for file in files) < 80_000
