"""What noisy gradients give away, counted: the accountant of differentially private training.

A training step adds normal noise, of sigma times the largest length of one picture's gradient, to the sum of a batch's
gradients. The batch holds each picture with chance q, independently. Counted is in Rényi's divergence, which steps add up, and
then turned into epsilon at a given delta. opacus does the same, and more tightly (`accountant="prv"`); this is the version
that fits on a page.
"""

import math
from collections.abc import Sequence

import numpy as np

ORDERS = (*range(2, 65), 80, 128, 256, 512)  # whole ones, for which the sum below is exact


def gaussian_rdp(order: float, sigma: float) -> float:
    """Rényi divergence of one step in which every picture takes part: order / (2 sigma^2).

    Mironov (2017), Rényi Differential Privacy, https://arxiv.org/abs/1702.07476.
    """
    _require(sigma > 0 and order > 1, f"sigma above 0 and an order above 1, not {sigma} and {order}")  # fmt: skip
    return order / (2 * sigma**2)


def sampled_rdp(order: int, sigma: float, share: float) -> float:
    """The same where each picture takes part with the chance `share`; the order is a whole number from 2.

    log(sum_k binomial(order, k) (1 - q)^(order - k) q^k exp((k^2 - k) / (2 sigma^2))) / (order - 1): Mironov, Talwar & Zhang
    (2019), Rényi Differential Privacy of the Sampled Gaussian Mechanism, section 3.3, https://arxiv.org/abs/1908.10530.
    """
    _require(sigma > 0 and order == int(order) >= 2, f"sigma above 0 and a whole order from 2, not {sigma} and {order}")  # fmt: skip
    _require(0 < share <= 1, f"a share above 0 and up to 1, not {share}")
    if share == 1:
        return gaussian_rdp(order, sigma)
    k = np.arange(order + 1)
    choose = [math.lgamma(order + 1) - math.lgamma(i + 1) - math.lgamma(order - i + 1) for i in k]
    terms = (
        choose + (order - k) * np.log1p(-share) + k * np.log(share) + (k * k - k) / (2 * sigma**2)
    )
    return float(np.logaddexp.reduce(terms) / (order - 1))


def epsilon_of(rdp: Sequence[float], orders: Sequence[float], delta: float) -> float:
    """The smallest epsilon, over the orders, that this divergence allows at delta.

    rdp + log((a - 1) / a) - (log delta + log a) / (a - 1), a the order: Balle, Barthe, Gaboardi, Hsu & Sato (2020), Hypothesis
    Testing Interpretations and Rényi Differential Privacy, theorem 21, https://arxiv.org/abs/1905.09982, as in opacus.
    """
    _require(0 < delta < 1, f"a delta between 0 and 1, not {delta}")
    a = np.asarray(orders, dtype=float)
    every = np.asarray(rdp) + np.log1p(-1 / a) - (math.log(delta) + np.log(a)) / (a - 1)
    return max(0.0, float(every.min()))


def training_epsilon(sigma: float, share: float, steps: int, delta: float) -> float:
    """Epsilon of a whole training: divergences of its steps add up."""
    return epsilon_of([steps * sampled_rdp(a, sigma, share) for a in ORDERS], ORDERS, delta)


def exact_delta(epsilon: float, sigma: float) -> float:
    """The least delta of *one* step in which every picture takes part, without a bound on the way.

    Phi(1 / (2 sigma) - epsilon sigma) - e^epsilon Phi(-1 / (2 sigma) - epsilon sigma): Balle & Wang (2018), Improving the Gaussian
    Mechanism for Differential Privacy, theorem 8, https://arxiv.org/abs/1805.06530.
    """
    from scipy.stats import norm  # slow to import

    half = 1 / (2 * sigma)
    return float(norm.cdf(half - epsilon * sigma) - math.exp(epsilon) * norm.cdf(-half - epsilon * sigma))  # fmt: skip


def exact_epsilon(sigma: float, delta: float) -> float:
    """The epsilon at which `exact_delta` is delta, by halving."""
    _require(sigma > 0 and 0 < delta < 1, f"sigma above 0 and a delta in 0..1, not {sigma}, {delta}")  # fmt: skip
    low, high = 0.0, 1.0
    if exact_delta(low, sigma) <= delta:
        return 0.0
    while exact_delta(high, sigma) > delta:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if exact_delta(middle, sigma) > delta else (low, middle)
    return high


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"needed is {what}")
