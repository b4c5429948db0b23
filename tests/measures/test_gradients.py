"""PHOG measures against the Aesthetics Toolbox, images of known gradients and plain sums."""

import math

import numpy as np
import pytest
import torch
from reference_images import grey_image, reference_image

from aesthetic_utils.measures import gradients
from aesthetic_utils.measures.gradients import PHOGSettings, phog

# Aesthetics Toolbox (Redies et al., 2025): self-similarity, complexity, anisotropy
TOOLBOX = {
    "astronaut": (0.6148402004, 8.610453848, 0.0006714002635),
    "camera": (0.4680963157, 7.362241611, 0.000553714755),
    "chelsea": (0.5817569237, 6.940256922, 0.0005439622582),
    "immunohistochemistry": (0.8032122644, 10.26814015, 0.0003477220573),
    "grass": (0.8972853304, 23.74146727, 0.0001557257542),
    "brick": (0.8089842282, 6.516601974, 0.00109799574),
    "page": (0.6548075561, 16.04059674, 0.0005449274648),
    "text": (0.7215151182, 8.074175911, 0.0005886626197),
    "white_noise": (0.9599951606, 68.64123399, 0.0001009645653),
    "noise_f1": (0.9570382804, 18.97236639, 6.208970295e-05),
    "noise_f1.5": (0.8919234645, 3.752398762, 0.0002061333275),
    "gradient": (0.9320136286, 1.0, 0.002847781872),
    "checkerboard": (0.92340863, 13.72194209, 0.001359910191),
    "disc": (0.1760200978, 2.066286457, 0.002932339261),
}


def values(image) -> tuple[float, float, float]:
    found = phog(image)
    return found.self_similarity, found.complexity, found.anisotropy


@pytest.mark.parametrize("name", TOOLBOX)
def test_measures_are_the_toolboxs(name):
    assert values(reference_image(name)) == pytest.approx(TOOLBOX[name], rel=1e-6)


def test_a_ramp_has_one_direction():
    """All in one of 16 bins in each cell, and 85 histograms in all: sd = sqrt(1/16 - 1/256) / 85."""
    ramp = reference_image("gradient")
    expected = math.sqrt(1 / 16 - 1 / 256) / 85
    assert phog(ramp).anisotropy == pytest.approx(expected, rel=1e-12)
    assert phog(ramp.transpose(1, 2).contiguous()).anisotropy == pytest.approx(expected, rel=1e-12)


def test_white_noise_has_no_direction_and_is_like_itself():
    noise = grey_image(np.random.default_rng(1).integers(0, 256, (512, 512)))
    found = phog(noise)
    assert found.anisotropy < 1e-4  # a ramp has .0028
    assert found.self_similarity > 0.97


def test_a_tiling_is_like_its_parts():
    tile = reference_image("chelsea")[:, 100:164, 100:164]
    tiled = tile.repeat(1, 8, 8)
    assert phog(tiled).self_similarity > 0.98 > 0.8 > phog(tile).self_similarity


def test_measures_do_not_care_which_side_is_up():
    grey = np.random.default_rng(2).integers(0, 256, (64, 96)) // 16 * 8
    images = [grey, grey[::-1], grey[:, ::-1], grey.T]
    first, *others = [values(grey_image(np.ascontiguousarray(g))) for g in images]
    for other in others:
        assert other == pytest.approx(first, rel=1e-9)


def test_the_steepest_channel_gives_the_gradient():
    channels = np.zeros((3, 9, 9))
    x = np.arange(9.0)
    channels[0], channels[1], channels[2] = x, -3 * x, 2 * x[:, None]
    strength, angle = gradients.steepest_gradient(channels)
    assert strength == pytest.approx(math.hypot(3, 2))
    assert angle == pytest.approx(0.5 + math.atan2(2, -3) / math.tau)


def test_pyramid_against_plain_sums():
    rng = np.random.default_rng(3)
    strength, angle = rng.random((21, 34)), rng.random((21, 34))
    pyramid = gradients.histogram_pyramid(strength, angle, PHOGSettings(bins=8, levels=2))
    assert [p.shape for p in pyramid] == [(1, 1, 8), (2, 2, 8), (4, 4, 8)]
    for level, cells in enumerate(pyramid):
        rows = [round(21 * j / 2**level) for j in range(2**level + 1)]
        columns = [round(34 * j / 2**level) for j in range(2**level + 1)]
        for i, j, k in np.ndindex(cells.shape):
            part = (slice(rows[i], rows[i + 1]), slice(columns[j], columns[j + 1]))
            near = np.abs((angle[part] - k / 8 + 0.5) % 1 - 0.5) < 1 / 16
            assert cells[i, j, k] == pytest.approx(strength[part][near].sum())


def test_faint_gradients_are_compared_like_strong_ones():
    """Self-similarity and anisotropy are of shares: a thousandth of the strength changes nothing."""
    rng = np.random.default_rng(4)
    strength, angle = rng.random((32, 32)), rng.random((32, 32))
    strong, faint = (gradients.histogram_pyramid(s, angle) for s in (strength, strength / 1000))
    for function in (gradients._self_similarity, gradients._anisotropy):
        assert function(faint) == pytest.approx(function(strong), rel=1e-9)


def test_eight_bits_as_matlab_stores_them():
    lab = np.array([[[100.0, -0.4, 0.6], [50.1, -128, 127.9]]])
    assert gradients.eight_bit_lab(lab)[:, 0].T.tolist() == [[255, 127, 128], [128, 0, 255]]


def test_plain_and_tiny_images():
    found = phog(torch.full((3, 64, 64), 77, dtype=torch.uint8))
    assert found.complexity == 0
    assert math.isnan(found.self_similarity) and math.isnan(found.anisotropy)
    noise = grey_image(np.random.default_rng(0).integers(0, 256, (8, 200)))
    assert all(math.isfinite(v) for v in values(noise))
    assert all(math.isnan(v) for v in values(noise[:, :7]))
    with pytest.raises(ValueError, match="level"):
        PHOGSettings(levels=0)
