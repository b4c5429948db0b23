"""Composition against the Aesthetics Toolbox, plain loops, and figures whose place is known."""

import math

import numpy as np
import pytest
import torch
from reference_images import grey_image, reference_image

from aesthetic_utils.measures import composition
from aesthetic_utils.measures.composition import DcmSettings, HomogeneitySettings, ThirdsSettings
from aesthetic_utils.measures.planes import planes

# Aesthetics Toolbox (Redies et al., 2025): mirror symmetry, DCM distance, x, y, balance, homogeneity
TOOLBOX = {
    "astronaut": (17.11457423, 12.4142567, -0.013671875, -0.060546875, 10.12029788, 96.82323739),
    "camera": (13.94440762, 19.95631215, 0.076171875, -0.064453125, 14.18424899, 86.72382499),
    "chelsea": (18.4481957, 3.399056753, -0.00332594235, -0.01666666667, 11.48386788, 99.42234459),
    "immunohistochemistry": (
        33.3284438, 15.27938064, 0.041015625, 0.064453125, 9.550598658, 96.61386469,
    ),
    "grass": (17.20740332, 1.5625, -0.0078125, 0, 0.950470464, 99.93157337),
    "brick": (66.96890194, 0.390625, -0.001953125, 0, 0.3256403823, 99.93161201),
    "page": (15.82399273, 29.03079582, 0.1432291667, -0.02356020942, 24.46112613, 90.17510122),
    "text": (2.120519191, 2.683657029, 0.006696428571, 0.01162790698, 22.5998174, 96.38842793),
    "white_noise": (25.08474097, 0.78125, 0, -0.00390625, 0.2025850732, 99.89745123),
    "noise_f1": (25.96777061, 4.296875, -0.021484375, 0, 3.555468864, 98.69888937),
    "noise_f1.5": (28.85412546, 7.074519639, -0.03515625, 0.00390625, 6.158745536, 95.13866625),
    "gradient": (26.2687502, 32.82179928, 0.1640625, -0.00390625, 14.77314669, 86.49194125),
    "checkerboard": (25.06510417, 1.104854346, -0.00390625, -0.00390625, 2.153015137, 99.89871745),
    "disc": (35.07015387, 1.104854346, -0.00390625, -0.00390625, 33.44937338, 80.04415248),
}  # fmt: skip
SIZES = [(12, 12), (13, 13), (12, 17), (17, 12), (11, 20)]


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Mostly light, like ink on paper."""
    return np.random.default_rng(seed).integers(0, 256, (height, width)) // 2 + 128


def spot(y: int, x: int, height: int = 60, width: int = 60, size: int = 6) -> torch.Tensor:
    """A black square on white, its middle at y, x."""
    grey = np.full((height, width), 255)
    grey[y - size // 2 : y + size // 2, x - size // 2 : x + size // 2] = 0
    return grey_image(grey)


@pytest.mark.parametrize("name", TOOLBOX)
def test_measures_are_the_toolboxs(name):
    image = planes(reference_image(name))
    centre = composition.dcm(image)
    found = (
        composition.mirror_symmetry(image), centre.distance, centre.x, centre.y,
        composition.balance(image), composition.homogeneity(image),
    )  # fmt: skip
    assert found == pytest.approx(TOOLBOX[name], rel=1e-6)


# --------------------------------------------------------------------------------------------------
# symmetry


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_mirror_symmetry_against_loops(height, width):
    dark = np.random.default_rng(3).random((height, width)) < 0.6
    expected = [plain_symmetry(dark), plain_symmetry(dark.T)]
    if height == width:
        expected += [plain_diagonal(dark), plain_diagonal(np.rot90(dark))]
    found = composition.mirror_symmetry(grey_image(np.where(dark, 20, 220)))
    assert found == pytest.approx(100 * np.mean(expected), rel=1e-12)


def plain_symmetry(dark: np.ndarray) -> float:
    height, width = dark.shape
    half = height // 2
    total = 0.0
    for i in range(width):
        for j in range(half):
            total += dark[j, i] * dark[height - 1 - j, i] * (1 + j / (half - 1))
    return total * 2 / (3 * width * half)


def plain_diagonal(dark: np.ndarray) -> float:
    size = len(dark)
    total = 0.0
    for i in range(1, size):
        for j in range(i):
            total += dark[i, j] * dark[j, i] * (1 + (j + 1) / i)
    return total * 2 / (3 * size * (size - 1) / 2)


def test_published_symmetry_is_mostly_darkness():
    """A perfectly symmetric disc scores little; light on dark it scores more."""
    disc = reference_image("disc")
    assert composition.mirror_symmetry(disc) < 36
    assert composition.mirror_symmetry(255 - disc) > 60
    for image in (disc, 255 - disc):
        assert composition.normalised_mirror_symmetry(image).left_right == pytest.approx(1)


def test_normalised_symmetry():
    half = torch.from_numpy(noise(40, 30)).expand(3, -1, -1).to(torch.uint8)
    left_right = composition.normalised_mirror_symmetry(torch.cat([half, half.flip(2)], 2))
    assert left_right.left_right == pytest.approx(1) and abs(left_right.top_bottom) < 0.1
    top_bottom = composition.normalised_mirror_symmetry(torch.cat([half, half.flip(1)], 1))
    assert top_bottom.top_bottom == pytest.approx(1) and abs(top_bottom.left_right) < 0.1
    board = composition.normalised_mirror_symmetry(reference_image("checkerboard"))
    assert (board.left_right, board.top_bottom) == pytest.approx((-1, -1))
    white = composition.normalised_mirror_symmetry(reference_image("white_noise"))
    assert abs(white.left_right) < 0.02 and abs(white.top_bottom) < 0.02


def test_normalised_symmetry_is_a_correlation():
    image = planes(reference_image("chelsea"))
    lightness = image.lab[..., 0]
    expected = np.corrcoef(lightness.ravel(), lightness[:, ::-1].ravel())[0, 1]
    found = composition.normalised_mirror_symmetry(image).left_right
    assert found == pytest.approx(expected, rel=1e-9)


# --------------------------------------------------------------------------------------------------
# mass


def test_centre_of_mass_of_a_spot():
    """A dark spot on white; rounding and counting from 1 can cost a pixel."""
    found = composition.dcm(spot(y=15, x=45))
    assert found.x == pytest.approx(0.5 - 45 / 60, abs=1 / 60)
    assert found.y == pytest.approx(0.5 - 15 / 60, abs=1 / 60)
    assert found.distance == pytest.approx(200 * math.hypot(found.x, found.y))
    inverted = composition.dcm(255 - spot(y=15, x=45))  # now mass is light
    assert (inverted.x, inverted.y) == (found.x, found.y)


def test_the_exact_centre_of_mass():
    """As published, rounding and counting from 1 put the middle of a centred disc beside the middle."""
    disc = reference_image("disc")
    exact = composition.dcm(disc, DcmSettings(rounded=False))
    assert (exact.distance, exact.x, exact.y) == pytest.approx((0, 0, 0), abs=1e-12)
    assert composition.dcm(disc).distance > 1
    exact = composition.dcm(spot(y=15, x=45), DcmSettings(rounded=False))
    assert (exact.x, exact.y) == pytest.approx((-0.25, 0.25))


def test_centre_of_mass_against_loops():
    for height, width in SIZES:
        grey = noise(height, width, seed=width)
        mass = 255 - grey
        y = sum(i * mass[i, j] for i in range(height) for j in range(width)) / mass.sum()
        x = sum(j * mass[i, j] for i in range(height) for j in range(width)) / mass.sum()
        found = composition.dcm(grey_image(grey))
        expected = 0.5 - (round(x) + 1) / width, 0.5 - (round(y) + 1) / height
        assert (found.x, found.y) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_balance_against_loops(height, width):
    grey = noise(height, width, seed=height)
    expected = plain_balance(255 - grey)
    assert composition.balance(grey_image(grey)) == pytest.approx(expected, rel=1e-12)


def plain_balance(mass: np.ndarray) -> float:
    def difference(first, second) -> float:
        return abs(mass[first].sum() - mass[second].sum())

    height, width = mass.shape
    y, x = np.mgrid[:height, :width]
    falling, rising = x - y, x - (width - 1) + y  # 0 on the diagonals from the upper corners
    along = [
        (x, width // 2, width // 2, width // 4, width // 4, width),
        (y, height // 2, height // 2, height // 4, height // 4, height),
    ]
    parts = []
    for place, first, second, low, high, size in along:
        parts.append(difference(place < first, place >= size - second))
        outside = (place < low) | (place >= size - high)
        parts.append(difference(outside, ~outside))
    down, right = height - int(height / math.sqrt(2)), width - int(width / math.sqrt(2))
    for place in (falling, rising):
        parts.append(difference(place > 0, place < 0))
        # below the falling diagonal and below the rising one lies the lower edge, with its own limit
        outside = (place >= right) | (place <= -down)
        if place is rising:
            outside = (place >= down) | (place <= -right)
        parts.append(difference(outside, ~outside))
    return 100 * sum(parts) / 8 / mass.sum()


def test_balance_of_halves():
    """All mass in the left half: left-right 100, top-bottom 0."""
    grey = np.full((64, 64), 255)
    grey[:, :32] = 0
    even = np.tile([[0, 255], [255, 0]], (32, 32))
    assert composition.balance(grey_image(even)) < 2 < 25 < composition.balance(grey_image(grey))


def test_homogeneity_of_known_figures():
    assert composition.homogeneity(spot(33, 33, size=4)) == pytest.approx(0, abs=1e-12)
    grey = np.full((50, 50), 255)
    grey[np.arange(50), np.arange(50)] = 0
    assert composition.homogeneity(grey_image(grey)) == pytest.approx(100)
    grey = np.full((50, 50), 255)
    grey[:, 12] = 0  # one column of cells, all rows
    assert composition.homogeneity(grey_image(grey)) == pytest.approx(50)
    two = HomogeneitySettings(cells=2)
    assert composition.homogeneity(spot(30, 30), two) == pytest.approx(100)


def test_homogeneity_gives_the_last_cells_the_rest():
    grey = np.full((29, 39), 255)
    grey[0, 0], grey[18:, 27:] = 0, 0  # cells of 2 x 3 pixels: all but the first lies in the last
    share = np.array([1, 11 * 12]) / (1 + 11 * 12)
    expected = 100 * -np.sum(share * np.log10(share))
    assert composition.homogeneity(grey_image(grey)) == pytest.approx(expected)


# --------------------------------------------------------------------------------------------------
# thirds


def test_thirds_map():
    hills = composition.thirds_map(90, 60)
    assert hills.shape == (90, 60) and 0 < hills.min() < hills.max() <= 1
    for flipped in (hills[::-1], hills[:, ::-1]):
        assert np.allclose(hills, flipped)
    beside = math.exp(-72 * ((0.5 / 90) ** 2 + (0.5 / 60) ** 2))  # half a pixel from the point
    assert hills[29:31, 19:21] == pytest.approx(beside) and hills.max() == pytest.approx(beside)
    assert composition.thirds_map(3, 3)[1, 1] == pytest.approx(math.exp(-4))  # two spreads each way
    assert composition.thirds_map(5, 5, ThirdsSettings(spread=100)) == pytest.approx(1, abs=1e-3)


def test_a_spot_on_a_third_weighs_there():
    shares = [composition.rule_of_thirds(spot(y, x)) for y, x in [(20, 20), (30, 30), (55, 55)]]
    on, middle, corner = (s.share for s in shares)
    assert on > middle > corner and on > 0.5
    assert shares[0].even == pytest.approx(0.1667, abs=1e-3)
    for y, x in [(20, 40), (40, 20), (40, 40)]:
        assert composition.rule_of_thirds(spot(y, x)).share == pytest.approx(on)


def test_even_weight_gives_the_even_share():
    found = composition.rule_of_thirds(reference_image("checkerboard"))
    assert found.share == pytest.approx(found.even)


# --------------------------------------------------------------------------------------------------
# edges of the definitions


@pytest.mark.parametrize("value", [0, 100, 255])
def test_one_grey(value):
    image = torch.full((3, 20, 30), value, dtype=torch.uint8)
    assert composition.mirror_symmetry(image) == pytest.approx(100)
    mirrored = composition.normalised_mirror_symmetry(image)
    undefined = [mirrored.left_right, mirrored.top_bottom, composition.homogeneity(image)]
    undefined.append(composition.rule_of_thirds(image).share)
    if value != 100:  # there is no mass at all
        undefined += [composition.balance(image), composition.dcm(image).distance]
    assert all(map(math.isnan, undefined))


def test_tiny_images():
    image = grey_image(np.array([[10, 200, 30]]))
    assert math.isnan(composition.mirror_symmetry(image))
    assert math.isnan(composition.homogeneity(image))
    assert math.isfinite(composition.dcm(image).distance)
    assert math.isfinite(composition.balance(image))
    assert math.isfinite(composition.rule_of_thirds(image).share)


def test_settings_are_checked():
    with pytest.raises(ValueError, match="cells"):
        HomogeneitySettings(cells=1)
    with pytest.raises(ValueError, match="spread"):
        ThirdsSettings(spread=0)
