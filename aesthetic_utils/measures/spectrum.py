"""How the spectrum of an image falls with frequency: three published slopes, and noise to try them on.

The slopes are not interchangeable. Redies fits the power, Spehar and Mather the amplitude, whose
slope is half as steep; and the slope depends on the size of the image, since the frequencies that
are fitted do. Compare only images of one size under one definition.

All three read the ring of frequencies at (rounded) radius r of a square picture and fit a straight
line to logarithms. The values are those of the Aesthetics Toolbox (Redies et al., 2025).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from scipy import fft

from aesthetic_utils.measures.planes import Planes, as_planes

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class RediesSpectrum:
    """Parameters of `fourier_redies`; frequencies in cycles per image."""

    long_side: int = 1024  # pixels; every image is resized to it, up or down
    low: int = 10  # lowest frequency of the fit
    high: int = 256  # highest
    bin_width: int = 2  # mean width of the bins, which are of equal width in log frequency

    def __post_init__(self) -> None:
        if self.long_side % 2 or not 2 <= self.low < self.high <= self.long_side // 2:
            raise ValueError("an even long_side and 2 <= low < high <= long_side / 2 are needed")


@dataclass(frozen=True, kw_only=True)
class SpeharSpectrum:
    """Parameters of `fourier_slope_spehar`."""

    outlier: float = 4.0  # rings with a Cook's distance above outlier / n are left out


@dataclass(frozen=True, kw_only=True)
class MatherSpectrum:
    """Parameters of `fourier_slope_mather`."""

    low: float = 1 / 25  # lowest frequency of the fit, as a share of the highest there is
    high: float = 1 / 2  # highest


@dataclass(frozen=True, kw_only=True)
class SpectrumFit:
    """A straight line through a spectrum in logarithms."""

    slope: float
    sigma: float  # mean squared distance from the line, in squares of log10 power


REDIES, SPEHAR, MATHER = RediesSpectrum(), SpeharSpectrum(), MatherSpectrum()


# --------------------------------------------------------------------------------------------------
# the three slopes


def fourier_redies(
    image: Planes | Tensor | np.ndarray, settings: RediesSpectrum = REDIES
) -> SpectrumFit:
    """Slope of the radial **power** spectrum and the deviation from it, after Redies and colleagues.

    image: uint8 [3, H, W], or its planes. Redies, Hasenstein & Denzler (2007); sigma: Koch, Denzler &
    Redies (2010). The grey image is resized so that its long side has 1024 pixels (Lanczos, also
    upwards: see `long_side`) and padded with its rounded mean to a square; the mean power of the
    rings 10 to 256 is averaged in 123 bins of equal width in log frequency, and
    log10 power = slope * log10 frequency + c is fitted to the bins. sigma is the variance of the
    residuals at the single rings. Photographs have slopes near -2 to -3, white noise 0 if
    it is not resized.

    As in the reference, the power given to frequency f is that of ring f - 1 (its source counted from
    1), and neighbouring bins share their border ring. Unlike the reference, whose rounding makes the
    long side 1023 for one size in eight (322 and 412 are such) and then reads the spectrum one ring
    aside, this always resizes to 1024; there the slopes differ by up to one per cent.

    Both are NaN for an image of one grey, and when a ring is empty of power.
    """
    square = _padded_square(as_planes(image).grey, settings.long_side)
    frequency = np.arange(settings.low, settings.high + 1)  # [F]
    power = radial_spectrum(square)[settings.low - 1 : settings.high]  # [F]
    first, last = _log_bins(settings)  # [bins] each, frequencies
    if power.min() <= 0:
        return SpectrumFit(slope=float("nan"), sigma=float("nan"))
    total = np.concatenate([[0.0], np.cumsum(power)])
    mean = (total[last - settings.low + 1] - total[first - settings.low]) / (last - first + 1)
    slope, constant = _log_line((first + last) / 2, mean, np.log10)
    residuals = np.log10(power) - slope * np.log10(frequency) - constant
    return SpectrumFit(slope=slope, sigma=float(residuals.var()))


def fourier_slope_spehar(
    image: Planes | Tensor | np.ndarray, settings: SpeharSpectrum = SPEHAR
) -> float:
    """Slope of the radial **amplitude** spectrum, outliers removed, after Spehar and colleagues.

    image: uint8 [3, H, W], or its planes. Isherwood et al. (2021), Vision Research 181, 47-60. An odd
    last row or column is dropped; an image that is then not square is cut to its central square of
    2^k pixels. A line is fitted to the mean amplitude over frequency (no logarithms), rings whose
    Cook's distance exceeds 4 / n are left out, mostly the lowest, and
    ln amplitude = slope * ln frequency + c is fitted to the others. Photographs have slopes near -1
    to -1.5, white noise 0.

    NaN for an image of one grey, one with fewer than 8 pixels on a side, and when a ring that
    is kept is empty of amplitude.
    """
    grey = as_planes(image).grey
    if min(grey.shape) < 8:  # Cook's distance needs more rings than the line has parameters
        return float("nan")
    square = _even_square(grey)
    frequency = np.arange(1, len(square) // 2 + 1)
    amplitude = radial_spectrum(square, exponent=1)[1:]
    kept = cooks_distance(frequency, amplitude) <= settings.outlier / len(frequency)
    return _log_line(frequency[kept], amplitude[kept], np.log)[0]


def fourier_slope_mather(
    image: Planes | Tensor | np.ndarray, settings: MatherSpectrum = MATHER
) -> float:
    """Slope of the radial **amplitude** spectrum of lightness over the middle frequencies, after Mather.

    image: uint8 [3, H, W], or its planes. Mather (2014). The central square of 2^k pixels is taken;
    L* is scaled to 0 to 255 and cut to whole numbers; ln power = slope * ln frequency + c is fitted
    to the rings from round(N / 50) - 1 to round(N / 4) - 1 of the square of N pixels, and half the
    slope is returned. (The reference takes the ring before each of the two limits, and so does this.)
    Photographs have slopes near -1 to -1.5, white noise 0.

    NaN for an image of one grey, one whose square has fewer than 128 pixels on a side (the
    lowest ring would be the mean), and when a ring is empty of power.
    """
    lightness = central_power_of_two(as_planes(image).lab[..., 0])  # [N, N]
    levels = np.floor(lightness / 100 * 255)
    nyquist = len(levels) / 2
    rings = np.arange(round(nyquist * settings.low) - 1, round(nyquist * settings.high))
    if len(rings) < 2 or rings[0] < 1:
        return float("nan")
    return _log_line(rings, radial_spectrum(levels)[rings], np.log)[0] / 2


# --------------------------------------------------------------------------------------------------
# parts


def radial_spectrum(square: np.ndarray, *, exponent: float = 2) -> np.ndarray:
    """Mean of |F|^exponent over the frequencies at each rounded radius: [N, N] -> float64 [N / 2 + 1].

    F is the discrete Fourier transform without a factor; N is even; exponent 2 gives the power, 1 the
    amplitude. Entry r is for the radius r in cycles per image, entry 0 the mean alone. A value within
    rounding error of 0 is 0.
    """
    size = len(square)
    if square.shape != (size, size) or size % 2:
        raise ValueError(f"an even square is needed; got {list(square.shape)}")
    square = square.astype(float)
    amplitude = np.abs(fft.rfft2(square))  # [N, N / 2 + 1]
    amplitude[amplitude < 1e-13 * np.linalg.norm(square) * size] = 0
    values = amplitude if exponent == 1 else amplitude**exponent
    ring, times, count = _rings(size)
    return np.bincount(ring, (values * times).ravel())[: len(count)] / count


def spectral_noise(size: int = 512, exponent: float = 1.0, seed: int = 1) -> Tensor:
    """Grey noise whose amplitude falls as 1 / f^exponent: uint8 [3, size, size].

    White Gaussian noise of that seed, filtered in the frequency domain, with mean 128 and standard
    deviation 40 before it is rounded and cut to 0 to 255. Exponent 0 is white noise, 1 is the
    spectrum of many photographs (the power falls with 2), 1.5 looks like clouds.
    """
    import torch

    white = np.random.default_rng(seed).standard_normal((size, size))
    frequency = np.hypot(fft.fftfreq(size)[:, None], fft.fftfreq(size))
    frequency[0, 0] = 1  # the mean; it is set below
    spectrum = fft.fft2(white) / frequency**exponent
    spectrum[0, 0] = 0
    noise = fft.ifft2(spectrum).real
    noise = (noise - noise.mean()) / noise.std()
    grey = (128 + 40 * noise).round().clip(0, 255).astype(np.uint8)  # [N, N]
    return torch.from_numpy(grey).expand(3, -1, -1).contiguous()  # [3, N, N]


def cooks_distance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How much each point moves the straight line fitted to all of them; Cook (1977): [n] -> [n].

    r^2 h / (2 s^2 (1 - h)^2) with the residual r, the leverage h and s^2 = sum r^2 / (n - 2); 0 for
    points that lie on a line.
    """
    centred = x - x.mean()
    slope = (centred @ y) / (centred @ centred)
    residual = y - y.mean() - slope * centred
    leverage = 1 / len(x) + centred**2 / (centred @ centred)
    variance = (residual @ residual) / (len(x) - 2)
    if variance == 0:
        return np.zeros(len(x))
    return residual**2 * leverage / (2 * variance * (1 - leverage) ** 2)


def central_power_of_two(plane: np.ndarray) -> np.ndarray:
    """The central square of 2^k pixels, the largest there is: [H, W] -> [2^k, 2^k]."""
    size = 2 ** (min(plane.shape).bit_length() - 1)
    top, left = (side // 2 - size // 2 for side in plane.shape)
    return plane[top : top + size, left : left + size]


@functools.lru_cache(maxsize=4)  # a set of images mostly has one size, and three slopes to fit
def _rings(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ring of each frequency of rfft2, how often it stands in the full spectrum, and the rings' sizes."""
    y, x = fft.fftfreq(size, 1 / size), np.arange(size // 2 + 1)
    ring = np.rint(np.hypot(y[:, None], x)).astype(np.intp).ravel()
    times = np.where((x == 0) | (x == size // 2), 1.0, 2.0)  # [N / 2 + 1]
    count = np.bincount(ring, np.tile(times, size))[: size // 2 + 1]
    return ring, times, count


def _log_line(x: np.ndarray, y: np.ndarray, log: Callable) -> tuple[float, float]:
    """Slope and constant of the least-squares line through (log x, log y); NaN where there is none."""
    if len(x) < 2 or np.min(y) <= 0:
        return float("nan"), float("nan")
    slope, constant = np.polyfit(log(x), log(y), 1)
    return float(slope), float(constant)


def _log_bins(settings: RediesSpectrum) -> tuple[np.ndarray, np.ndarray]:
    """First and last frequency of each bin; the limits are cut to whole numbers, the last included."""
    low, high = np.log10(settings.low), np.log10(settings.high)
    bins = int(np.ceil((settings.high - settings.low) / settings.bin_width))
    limits = low + np.arange(bins + 1) * ((high - low) / bins)
    limits = np.floor(10**limits).astype(np.intp)
    return limits[:-1], limits[1:]


def _padded_square(grey: np.ndarray, long_side: int) -> np.ndarray:
    """The image resized to that long side, in the middle of a square of its own mean."""
    longest = max(grey.shape)
    height, width = (
        long_side if side == longest else max(int(side * (long_side / longest)), 1)
        for side in grey.shape
    )
    resized = Image.fromarray(grey).resize((width, height), Image.Resampling.LANCZOS)
    square = np.full((long_side, long_side), round(grey.mean()))
    top, left = (long_side // 2 - side // 2 for side in (height, width))
    square[top : top + height, left : left + width] = resized
    return square


def _even_square(grey: np.ndarray) -> np.ndarray:
    height, width = (side - side % 2 for side in grey.shape)
    even = grey[:height, :width]
    return even if height == width else central_power_of_two(even)
