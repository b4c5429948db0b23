"""Fourier slopes against the Aesthetics Toolbox, against noise of known slope and against definitions."""

import math

import numpy as np
import pytest
import torch
from reference_images import grey_image, reference_image

from aesthetic_utils.data.images import ImageError
from aesthetic_utils.measures import spectrum
from aesthetic_utils.measures.planes import planes

NAN = math.nan

# Aesthetics Toolbox (Redies et al., 2025): Redies slope and sigma, Spehar, Mather
TOOLBOX = {
    "astronaut": (-3.130850225, 0.01107968259, -1.544547471, -1.477116485),
    "camera": (-2.701580797, 0.006570722439, -1.300000585, -1.31941389),
    "chelsea": (-3.024666059, 0.01835420796, -1.363475213, -1.383121106),
    "immunohistochemistry": (-2.836623584, 0.09197286521, -1.554701746, -1.207956819),
    "grass": (-1.878255285, 0.049986091, -1.143861842, -0.8194241558),
    "brick": (-3.129695927, 0.1623896312, -1.429852577, -1.519228259),
    "page": (-2.358369247, 0.2858378932, -0.8521238528, -0.6206555168),
    "text": (-2.66131795, 0.1604817953, -1.512280225, -0.9800253208),
    "white_noise": (-1.427120369, 0.9459548851, 0.00393928541, 0.002511435731),
    "noise_f1": (-2.100914977, 0.006338308215, -0.9894982271, -1.000285251),
    "noise_f1.5": (-3.116884179, 0.004998547596, -1.478888618, -1.497799556),
    "gradient": (-3.038371952, 0.0009807101506, -1.87893773, -1.457428205),
    "checkerboard": (-0.2536800275, 1.269394911, NAN, NAN),
    "disc": (-3.506890552, 0.06109811151, -1.359355082, -1.43652236),
}


@pytest.mark.parametrize("name", TOOLBOX)
def test_slopes_are_the_toolboxs(name):
    slope, sigma, spehar, mather = TOOLBOX[name]
    image = planes(reference_image(name))
    fit = spectrum.fourier_redies(image)
    # Pillow's resampling may change in the last bit between versions
    assert (fit.slope, fit.sigma) == pytest.approx((slope, sigma), rel=1e-3)
    exact = (spectrum.fourier_slope_spehar(image), spectrum.fourier_slope_mather(image))
    assert exact == pytest.approx((spehar, mather), rel=1e-6, nan_ok=True)


@pytest.mark.parametrize("a", [0.5, 1.0, 1.5])
def test_noise_of_known_slope(a):
    """Amplitude 1 / f^a: the amplitude slopes are -a, the power slope -2a, as well as 8 bits allow."""
    noise = spectrum.spectral_noise(512, a, seed=1)
    assert spectrum.fourier_slope_mather(noise) == pytest.approx(-a, abs=0.003)
    assert spectrum.fourier_slope_spehar(noise) == pytest.approx(-a, abs=0.03)
    assert spectrum.fourier_redies(noise).slope == pytest.approx(-2 * a, abs=0.13)
    large = spectrum.spectral_noise(1024, a, seed=1)  # not resized: closer
    assert spectrum.fourier_redies(large).slope == pytest.approx(-2 * a, abs=0.08)


def test_size_alone_moves_the_published_power_slope():
    """White noise has slope 0; enlarged to 1024 pixels it loses its high frequencies."""
    slopes = {
        n: spectrum.fourier_redies(grey_image(np.random.default_rng(0).integers(0, 256, (n, n))))
        for n in (256, 512, 1024)
    }
    assert [slopes[n].slope for n in slopes] == pytest.approx([-1.43, -0.05, 0.01], abs=0.02)
    assert slopes[256].sigma > 100 * slopes[1024].sigma  # and no longer has a straight spectrum


def test_noise_has_the_mean_and_spread_it_promises():
    noise = spectrum.spectral_noise(256, 1.0, seed=3)
    assert noise.shape == (3, 256, 256) and noise.dtype == torch.uint8
    assert torch.equal(noise[0], noise[1]) and torch.equal(noise[0], noise[2])
    grey = noise[0].double()
    assert (grey.mean().item(), grey.std().item()) == pytest.approx((128, 40), abs=0.5)
    assert torch.equal(noise, spectrum.spectral_noise(256, 1.0, seed=3))
    assert not torch.equal(noise, spectrum.spectral_noise(256, 1.0, seed=4))
    assert abs(spectrum.fourier_slope_mather(spectrum.spectral_noise(256, 0.0))) < 0.02


@pytest.mark.parametrize("exponent", [1, 2])
def test_radial_spectrum_is_the_mean_over_the_rings_of_the_full_transform(exponent):
    square = np.random.default_rng(0).normal(size=(32, 32))
    full = np.abs(np.fft.fftshift(np.fft.fft2(square))) ** exponent
    y, x = np.mgrid[-16:16, -16:16]
    ring = np.round(np.sqrt(x**2 + y**2))
    expected = [full[ring == r].mean() for r in range(17)]
    np.testing.assert_allclose(spectrum.radial_spectrum(square, exponent=exponent), expected)


def test_a_wave_has_its_power_in_one_ring():
    y, x = np.mgrid[:64, :64]
    power = spectrum.radial_spectrum(np.cos(2 * np.pi * (3 * x + 4 * y) / 64))
    assert np.flatnonzero(power).tolist() == [5]
    with pytest.raises(ValueError, match="even square"):
        spectrum.radial_spectrum(np.zeros((64, 63)))


def test_cooks_distance_is_how_far_the_fit_moves_without_the_point():
    rng = np.random.default_rng(0)
    x, y = np.arange(12.0), rng.normal(size=12)
    fit = np.polyfit(x, y, 1)
    variance = np.sum((np.polyval(fit, x) - y) ** 2) / 10
    moved = [
        np.sum((np.polyval(np.polyfit(np.delete(x, i), np.delete(y, i), 1) - fit, x)) ** 2)
        for i in range(12)
    ]
    np.testing.assert_allclose(spectrum.cooks_distance(x, y), np.array(moved) / (2 * variance))
    assert not spectrum.cooks_distance(x, np.zeros(12)).any()


def test_slopes_do_not_care_which_side_is_up():
    image = reference_image("chelsea")  # 300 x 451
    turned = image.transpose(1, 2).contiguous()
    for slope in (spectrum.fourier_slope_spehar, spectrum.fourier_slope_mather):
        assert slope(turned) == pytest.approx(slope(image), rel=1e-9)
    redies = spectrum.fourier_redies
    assert redies(turned).slope == pytest.approx(redies(image).slope, rel=1e-3)


@pytest.mark.parametrize("width", [322, 412, 479])
def test_sizes_at_which_the_reference_stumbles_are_resized_like_the_others(width):
    """width * (1024 / width) is a little less than 1024 for these."""
    assert int(width * (1024 / width)) == 1023
    noise = spectrum.spectral_noise(1024, 1.0, seed=2)
    slopes = [spectrum.fourier_redies(noise[:, :200, : width + d]).slope for d in (-1, 0, 1)]
    assert slopes[1] == pytest.approx((slopes[0] + slopes[2]) / 2, abs=0.02)


@pytest.mark.parametrize("shape", [(64, 64), (1, 300), (300, 1), (7, 200), (1, 1)])
def test_plain_images_and_crumbs_have_no_slope(shape):
    plain = torch.full((3, *shape), 77, dtype=torch.uint8)
    values = [
        spectrum.fourier_redies(plain).slope,
        spectrum.fourier_redies(plain).sigma,
        spectrum.fourier_slope_spehar(plain),
        spectrum.fourier_slope_mather(plain),
    ]
    assert all(math.isnan(v) for v in values)


def test_mather_needs_128_pixels_and_spehar_8():
    noise = spectrum.spectral_noise(128, 1.0)
    assert math.isfinite(spectrum.fourier_slope_mather(noise))
    assert math.isnan(spectrum.fourier_slope_mather(noise[:, :127]))
    assert math.isfinite(spectrum.fourier_slope_spehar(noise[:, :9, :8]))
    assert math.isnan(spectrum.fourier_slope_spehar(noise[:, :7, :8]))


def test_wrong_settings_and_images_are_named():
    with pytest.raises(ValueError, match="low < high"):
        spectrum.RediesSpectrum(high=600)
    with pytest.raises(ImageError, match="uint8"):
        spectrum.fourier_slope_spehar(torch.rand(3, 64, 64))
