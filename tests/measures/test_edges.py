"""Edge measures against the Aesthetics Toolbox, a plain count of pairs, and what turning must not change."""

import math

import numpy as np
import pytest
import torch
from reference_images import grey_image, reference_image
from scipy import ndimage

from aesthetic_utils.measures import edges
from aesthetic_utils.measures.edges import EdgeSettings, edge_statistics

# Aesthetics Toolbox (Redies et al., 2025): edge density, first and second order entropy
TOOLBOX = {
    "astronaut": (130.2281809, 4.439480043, 4.403498048),
    "chelsea": (72.03665766, 4.520586652, 4.442567204),
    "text": (72.99669026, 3.612362568, 4.079487063),
    "white_noise": (257.5046798, 4.582467635, 4.577894394),
    "noise_f1.5": (48.52382131, 4.567636569, 4.537183538),
    "disc": (25.31851533, 4.573183504, 1.728501817),
}

FEW = EdgeSettings(strongest=60, nearest=3, farthest=17, pixels=1200)


def values(image, **settings) -> tuple[float, float, float]:
    found = edge_statistics(image, EdgeSettings(**settings))
    return found.edge_density, found.eoe_1st_order, found.eoe_2nd_order


@pytest.mark.parametrize("name", TOOLBOX)
def test_measures_are_the_toolboxs(name):
    """1e-3: Pillow's resampling may change in the last bit, and chance breaks ties in the toolbox."""
    expected = pytest.approx(TOOLBOX[name], rel=1e-3, abs=1e-9)
    assert values(reference_image(name)) == expected


def test_the_bank_holds_odd_filters_that_turn():
    bank = edges.gabor_bank()
    assert bank.shape == (12, 31, 31)
    np.testing.assert_array_equal(bank, -bank[:, ::-1, ::-1])
    np.testing.assert_allclose(np.rot90(bank[0]), bank[6], atol=1e-12)  # a quarter of the turn
    assert np.abs(bank[:, :8]).max() == 0 < np.abs(bank[:, 8]).max()  # 15 x 15 is left of 31 x 31


def test_responses_against_scipys_convolution():
    grey = np.random.default_rng(0).integers(0, 256, (40, 57))
    half = edges.gabor_bank()
    plain = [ndimage.convolve(grey.astype(float), f) for f in [*half, *(-half)]]
    strength, number = edges.strongest_response(grey)
    np.testing.assert_allclose(strength, np.max(plain, axis=0), rtol=1e-12)
    np.testing.assert_array_equal(number, np.argmax(plain, axis=0))


def test_orientation_is_that_of_the_step():
    """Filter 6 of 24 answers to a step that is bright on the right, filter 0 to one bright below."""
    grey = np.full((60, 60), 200)
    grey[:, :30] = 100
    strength, number = edges.strongest_response(grey)
    assert number[30, 29] == 6 and strength[30, 29] == strength.max() > 0 == strength[30, 5]
    assert edges.strongest_response(grey[:, ::-1])[1][30, 30] == 18
    assert edges.strongest_response(grey.T)[1][29, 30] == 0


def test_pairs_against_a_plain_count():
    rng = np.random.default_rng(1)
    place = np.sort(rng.choice(40 * 50, 60, replace=False))
    y, x = place // 50, place % 50
    kind, weight = rng.integers(0, 24, 60), rng.random(60)
    expected = np.zeros((15, 48, 24))
    for p in range(60):
        for q in range(60):
            distance = round(math.hypot(y[q] - y[p], x[q] - x[p]))
            if 3 <= distance <= 17:
                seen = round(math.atan2(y[q] - y[p], x[q] - x[p]) / math.tau * 48)
                cell = distance - 3, (seen + 2 * kind[p]) % 48, (kind[q] - kind[p]) % 24
                expected[cell] += weight[p] * weight[q]
    found = edges.pair_histogram(y, x, kind, weight, FEW)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert found.sum() > 0


def test_turning_the_image_changes_nothing():
    """A direction that is measured the wrong way round would show here."""
    image = reference_image("astronaut")[:, :300, 100:500]  # 120,000 pixels: not resized
    few = {"strongest": 2000}
    expected = pytest.approx(values(image, **few), rel=1e-9)
    assert values(torch.rot90(image, 1, (1, 2)), **few) == expected
    assert values(torch.rot90(image, 2, (1, 2)), **few) == expected


def test_bars_have_two_orientations_and_noise_all():
    few = {"strongest": 3000}
    bars = grey_image(np.tile(np.arange(400) // 20 % 2 * 255, (300, 1)))
    assert values(bars, **few)[1] == pytest.approx(1, abs=0.05)  # dark to light, light to dark
    ramp = reference_image("gradient")
    assert values(ramp, **few)[1:] == pytest.approx((0, 0), abs=1e-9)
    noise = grey_image(np.random.default_rng(0).integers(0, 256, (300, 400)))
    assert values(noise, **few)[1] == pytest.approx(math.log2(24), abs=0.02)


def test_every_edge_at_the_last_place_is_kept():
    strength = np.array([[5.0, 3, 3, 0], [3, 1, 0, 0]])
    assert edges._strong(strength, 2).sum() == 4
    assert edges._strong(strength, 7).sum() == 5  # no edge without strength
    assert edges._strong(strength, 100).sum() == 5


def test_images_without_edges():
    found = edge_statistics(torch.full((3, 50, 50), 77, dtype=torch.uint8))
    assert found.edge_density == 0
    assert math.isnan(found.eoe_1st_order) and math.isnan(found.eoe_2nd_order)
    thread = grey_image(np.random.default_rng(0).integers(0, 256, (1, 130_000)))
    assert all(math.isnan(v) for v in values(thread))
    assert math.isfinite(values(thread[..., :400], strongest=3000)[2])


def test_wrong_settings_are_named():
    with pytest.raises(ValueError, match="even"):
        EdgeSettings(orientations=23)
    with pytest.raises(ValueError, match="nearest"):
        EdgeSettings(nearest=0)
