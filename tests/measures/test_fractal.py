"""Box-counting dimensions against the Aesthetics Toolbox, known shapes and a plain count."""

import math

import numpy as np
import pytest
import torch
from reference_images import grey_image, reference_image

from aesthetic_utils.measures.fractal import Fractal2D, Fractal3D, fractal_2d, fractal_3d
from aesthetic_utils.measures.planes import planes

NAN = math.nan

# Aesthetics Toolbox (Redies et al., 2025): 2-D and 3-D
TOOLBOX = {
    "astronaut": (1.390725647, 2.425079956),
    "camera": (1.481075324, 2.53191002),
    "chelsea": (1.469168566, 2.607941076),
    "immunohistochemistry": (1.43935561, 2.605175123),
    "grass": (1.879381826, 2.808831466),
    "brick": (1.406979745, 2.379843888),
    "page": (1.591026095, 2.576503803),
    "text": (1.441510024, 2.564502044),
    "white_noise": (2.033612123, 3.158355144),
    "noise_f1": (1.816086208, 2.727231777),
    "noise_f1.5": (1.241965172, 2.449279863),
    "gradient": (NAN, 2.09127912),
    "checkerboard": (NAN, 1.985984239),
    "disc": (0.7451211112, 2.056971634),
}


@pytest.mark.parametrize("name", TOOLBOX)
def test_dimensions_are_the_toolboxs(name):
    image = planes(reference_image(name))
    found = (fractal_2d(image), fractal_3d(image))
    assert found == pytest.approx(TOOLBOX[name], rel=1e-6, nan_ok=True)


def test_a_carpet_has_nearly_its_dimension():
    """Sierpinski's carpet: log 8 / log 3 = 1.893; the halved boxes do not fit its thirds."""
    carpet = np.ones((1, 1))
    for _ in range(6):
        blank = np.zeros_like(carpet)
        carpet = np.block([[carpet] * 3, [carpet, blank, carpet], [carpet] * 3])
    assert carpet.shape == (729, 729)
    assert fractal_2d(grey_image(255 * (1 - carpet))) == pytest.approx(1.853, abs=5e-4)


def test_a_straight_border_has_dimension_one():
    grey = np.full((512, 512), 255)
    grey[:, :301] = 0
    assert fractal_2d(grey_image(grey)) == pytest.approx(1, abs=1e-12)


def test_a_smooth_relief_has_dimension_two_and_noise_three():
    y, x = np.mgrid[:512, :512]
    hill = 255 * np.exp(-((x - 256) ** 2 + (y - 256) ** 2) / 2e5)
    noise = np.random.default_rng(0).integers(0, 256, (512, 512))
    assert fractal_3d(grey_image(hill)) == pytest.approx(2, abs=0.15)
    assert fractal_3d(grey_image(np.full((512, 512), 77))) == pytest.approx(2, abs=0.15)
    assert fractal_3d(grey_image(noise)) == pytest.approx(3, abs=0.2)


def test_relief_against_a_plain_count():
    grey = np.random.default_rng(1).integers(0, 256, (40, 33))  # its square: 32 x 32
    square = grey[4:36, 0:32]
    sizes, counts = [4, 6, 8], []
    for b in sizes:
        count = 0
        for top in range(0, 32 - b - 1, b):
            for left in range(0, 32 - b, b - 1):
                window = square[top : top + b, left : left + b]
                count += max(1, math.ceil((window.max() - window.min()) / (b / 32)))
        counts.append(count)
    expected = np.polyfit(-np.log(sizes), np.log(counts), 1)[0]
    assert fractal_3d(grey_image(grey)) == pytest.approx(expected, rel=1e-12)


def test_border_count_against_a_plain_count():
    grey = np.random.default_rng(2).integers(0, 2, (61, 61)) * 255
    marked, points = grey < grey.mean(), []
    while (n := len(marked) // 2) > 6:
        quads = [[marked[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] for j in range(n)] for i in range(n)]
        marked = np.array([[q.any() and not q.all() for q in row] for row in quads])
        points.append((np.log2(n), np.log2(marked.sum())))
    expected = np.polyfit(*zip(*points, strict=True), 1)[0]
    assert fractal_2d(grey_image(grey)) == pytest.approx(expected, rel=1e-12)


def test_where_there_is_no_dimension():
    plain = torch.full((3, 64, 64), 77, dtype=torch.uint8)
    assert math.isnan(fractal_2d(plain))
    chessboard = grey_image(255 * (np.indices((64, 64)).sum(0) % 2))
    assert math.isnan(
        fractal_2d(chessboard)
    )  # all 2 x 2 pixels are mixed, then none of their 2 x 2
    noise = grey_image(np.random.default_rng(0).integers(0, 256, (300, 300)))
    assert math.isnan(fractal_2d(noise[:, :27])) and math.isfinite(fractal_2d(noise[:, :28]))
    assert math.isnan(fractal_3d(noise[:, :31])) and math.isfinite(fractal_3d(noise[:, :32]))
    assert math.isnan(fractal_2d(noise[:, :1])) and math.isnan(fractal_3d(noise[:, :1]))


def test_wrong_settings_are_named():
    with pytest.raises(ValueError, match="smallest"):
        Fractal2D(smallest=0)
    with pytest.raises(ValueError, match="step"):
        Fractal3D(step=0)
