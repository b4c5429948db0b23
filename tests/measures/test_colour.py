"""Tone and colour against the Aesthetics Toolbox, athec and images whose values can be told by hand."""

import math

import numpy as np
import pytest
import torch
from reference_images import grey_image, reference_image
from scipy import stats

from aesthetic_utils.measures import colour
from aesthetic_utils.measures.colour import ContrastRange, HueCount
from aesthetic_utils.measures.planes import planes

# Aesthetics Toolbox (Redies et al., 2025): RMS contrast, luminance entropy, colour entropy
TONE = {
    "astronaut": (30.05570068, 7.399370297, 5.631606328),
    "camera": (30.09755969, 7.122695607, 0),
    "chelsea": (12.8102232, 7.352794436, 4.202976512),
    "immunohistochemistry": (17.81758495, 7.289517958, 5.247530851),
    "grass": (15.65938242, 7.276127857, 0),
    "brick": (10.16655154, 5.455265335, 0),
    "page": (21.93759824, 7.324449037, 0),
    "text": (9.357113937, 6.133721984, 0),
    "white_noise": (29.47266205, 7.896337468, 0),
    "noise_f1": (15.80106088, 7.316692642, 0),
    "noise_f1.5": (15.69771121, 7.25555135, 0),
    "gradient": (29.48066884, 7.8984375, 0),
    "checkerboard": (50, 1, 0),
    "disc": (46.11755944, 0.8894729139, 0),
}
# means and standard deviations of R, G, B, L*, a*, b*, H, S, V from the same
CHANNELS = {
    "astronaut": (
        (141.5624924, 105.7594452, 96.47507477, 47.71758867, 13.56862749, 11.95833951)
        + (0.02237536699, 0.3565854789, 0.5607393302),
        (82.03894198, 76.61546116, 77.85342949, 30.05570068, 17.66337884, 18.33186292)
        + (0.09489088887, 0.3453718099, 0.318696955),
    ),
    "chelsea": (
        (147.6730894, 111.4444789, 86.79785661, 49.80623659, 11.37337738, 19.46017162)
        + (0.06293698764, 0.4316509307, 0.5791437474),
        (32.25149388, 32.32157206, 37.42590131, 12.8102232, 4.215741717, 9.095189556)
        + (0.023437215, 0.1743278575, 0.126387149),
    ),
    "immunohistochemistry": (
        (177.2538795, 159.7674828, 143.9542961, 66.56562273, 4.77145217, 11.32685093)
        + (0.07271480273, 0.2492972457, 0.7050565981),
        (37.54114516, 49.96634901, 63.6707992, 17.81758495, 4.539391492, 12.56273671)
        + (0.1616049035, 0.2064733835, 0.1508112855),
    ),
    "page": (
        (171.5448298, 171.5448298, 171.5448298, 69.42170699, -0.001806983226, 0.003425200252)
        + (0, 0, 0.6727248229),
        (56.81485762, 56.81485762, 56.81485762, 21.93759824, 0.0004668652804, 0.0008849598076)
        + (0, 0, 0.2228033632),
    ),
}
# athec 0.1.2 (Peng, 2022): colourfulness, hue count, contrast range
ATHEC = {
    "astronaut": (72.60516482, 5, 207),
    "camera": (0, 0, 199),
    "chelsea": (37.95735956, 2, 103),
    "immunohistochemistry": (40.33289515, 2, 138),
    "grass": (0, 0, 127),
    "brick": (0, 0, 78),
    "page": (0, 0, 158),
    "text": (0, 0, 59),
    "white_noise": (0, 0, 230),
    "noise_f1": (0, 0, 132),
    "noise_f1.5": (0, 0, 126),
    "gradient": (0, 0, 231),
    "checkerboard": (0, 0, 256),
    "disc": (0, 0, 256),
}


def flat(*rgb: int, height: int = 20, width: int = 30) -> torch.Tensor:
    """One colour all over."""
    return torch.tensor(rgb, dtype=torch.uint8)[:, None, None].expand(3, height, width).clone()


def beside(*images: torch.Tensor) -> torch.Tensor:
    return torch.cat(images, dim=2)


@pytest.mark.parametrize("name", TONE)
def test_tone_is_the_toolboxs(name):
    image = planes(reference_image(name))
    found = colour.rms_contrast(image), colour.luminance_entropy(image), colour.color_entropy(image)
    assert found == pytest.approx(TONE[name], rel=1e-6)


@pytest.mark.parametrize("name", CHANNELS)
def test_channels_are_the_toolboxs(name):
    found = colour.channel_statistics(reference_image(name))
    names = [f"{space}_{c}" for space in ("RGB", "Lab", "HSV") for c in space]
    means, deviations = CHANNELS[name]
    assert [found[f"mean_{n}"] for n in names] == pytest.approx(means, rel=1e-6)
    assert [found[f"std_{n}"] for n in names] == pytest.approx(deviations, rel=1e-6)
    assert len(found) == 18


@pytest.mark.parametrize("name", ATHEC)
def test_colours_are_athecs(name):
    image = planes(reference_image(name))
    found = colour.colourfulness(image), colour.hue_count(image), colour.contrast_range(image)
    assert found == pytest.approx(ATHEC[name], rel=1e-6)


def test_half_black_half_white():
    image = beside(flat(0, 0, 0), flat(255, 255, 255))
    assert colour.rms_contrast(image) == pytest.approx(50)
    assert colour.luminance_entropy(image) == pytest.approx(1)
    assert colour.contrast_range(image) == 256
    assert colour.colourfulness(image) == 0
    assert colour.channel_statistics(image)["std_RGB_R"] == pytest.approx(127.5)


def test_shuffled_pixels_measure_the_same():
    image = reference_image("chelsea")
    order = torch.randperm(300 * 451, generator=torch.Generator().manual_seed(0))
    shuffled = image.reshape(3, -1)[:, order].reshape(3, 451, 300)
    for function in (colour.rms_contrast, colour.luminance_entropy, colour.color_entropy,
                     colour.colourfulness, colour.hue_count, colour.contrast_range):  # fmt: skip
        assert function(shuffled) == pytest.approx(function(image), rel=1e-9), function.__name__


def test_one_bright_pixel_changes_the_entropy():
    """The levels are stretched to the maximum: the docstring warns of it."""
    grey = np.tile(np.arange(1, 5), (40, 10))
    dark = colour.luminance_entropy(grey_image(grey))
    grey[0, 0] = 255
    assert dark == pytest.approx(2)  # four lightnesses, as often
    assert colour.luminance_entropy(grey_image(grey)) < 1.6  # two of the four are now one level


def test_circular_statistics():
    assert colour.circular_mean_std([0.98, 0.02])[0] % 1 == pytest.approx(0, abs=1e-12)
    turns = np.random.default_rng(0).normal(0.9, 0.1, 500) % 1
    expected = stats.circmean(turns, high=1, low=0), stats.circstd(turns, high=1, low=0)
    assert colour.circular_mean_std(turns) == pytest.approx(expected, rel=1e-12)
    assert colour.circular_mean_std([0.3, 0.3]) == pytest.approx((0.3, 0), abs=1e-7)
    assert all(map(math.isnan, colour.circular_mean_std([0.1, 0.6])))


def test_reds_on_both_sides_of_the_turn_have_a_red_mean():
    found = colour.channel_statistics(beside(flat(255, 0, 40), flat(255, 40, 0)))
    assert found["mean_HSV_H"] % 1 == pytest.approx(0, abs=1e-9)
    assert found["std_HSV_H"] == pytest.approx(40 / 255 / 6, rel=2e-2)  # a small angle's own size


def test_colourfulness_by_hand():
    assert colour.colourfulness(flat(200, 100, 50)) == pytest.approx(0.3 * math.hypot(100, 100))
    # red beside its complement: rg = 255 and -255, yb = 127.5 and -127.5, all means 0
    both = beside(flat(255, 0, 0), flat(0, 255, 255))
    assert colour.colourfulness(both) == pytest.approx(math.hypot(255, 127.5))


def test_hues_are_counted():
    vivid = [(200, 20, 20), (200, 200, 20), (20, 200, 20), (20, 200, 200), (20, 20, 200)]
    for n in range(1, 6):
        assert colour.hue_count(beside(*(flat(*rgb) for rgb in vivid[:n]))) == n
    pale, black, glaring = flat(200, 180, 180), flat(30, 5, 5), flat(255, 20, 20)
    assert colour.hue_count(beside(pale, black, glaring)) == 0
    assert colour.hue_count(beside(flat(200, 20, 20, width=97), flat(20, 20, 200, width=3))) == 1
    assert colour.hue_count(beside(flat(200, 20, 20, width=94), flat(20, 20, 200, width=6))) == 2
    strict = HueCount(share=0.5)
    assert colour.hue_count(beside(flat(200, 20, 20), flat(20, 200, 20, width=14)), strict) == 1


def test_all_twenty_hues():
    hue = (np.arange(400) + 0.5) / 400
    rgb = np.clip(np.abs((hue[:, None] * 6 + [0, 4, 2]) % 6 - 3) - 1, 0, 1) * 200 + 20
    image = torch.from_numpy(rgb.T.astype(np.uint8)).reshape(3, 20, 20)
    assert colour.hue_count(image) == 20


def test_contrast_range_against_all_intervals():
    grey = np.random.default_rng(1).normal(225, 12, (50, 41)).clip(200, 255).astype(np.uint8)
    for share in (0, 0.25, 0.9, 0.999):
        widths = [
            high - low + 1
            for low in range(200, 256)
            for high in range(low, 256)
            if np.count_nonzero((grey >= low) & (grey <= high)) > share * grey.size
        ]
        found = colour.contrast_range(grey_image(grey), ContrastRange(share=share))
        assert found == min(widths), share


def test_one_colour():
    for rgb in [(0, 0, 0), (255, 255, 255), (90, 90, 90), (200, 30, 60)]:
        image = flat(*rgb, height=1, width=1)
        assert colour.rms_contrast(image) == pytest.approx(0, abs=1e-9)
        assert colour.luminance_entropy(image) == colour.color_entropy(image) == 0
        assert colour.contrast_range(image) == 1
        found = colour.channel_statistics(image)
        assert all(found[n] == pytest.approx(0, abs=1e-7) for n in found if n.startswith("std"))


def test_settings_are_checked():
    for wrong in ({"bins": 0}, {"bins": 181}, {"darkest": 0.96}):
        with pytest.raises(ValueError, match="bins"):
            HueCount(**wrong)
    with pytest.raises(ValueError, match="share"):
        ContrastRange(share=1)
