"""Distances between distributions."""

from typing import Any


def emd(p: Any, q: Any, *, r: int = 2) -> Any:
    """Earth mover's distance of each pair of histograms: [..., K] and [..., K] -> [...], 0 to 1.

    (1/K sum_k |P(k) - Q(k)|^r)^(1/r) with cumulative distributions P and Q, for each image by itself:
    the loss of NIMA (Talebi & Milanfar 2018), there with r = 2. Counts and probabilities may be
    mixed; both are normalised. Takes arrays or tensors; tensors can be differentiated, and where the
    distance is 0, its least value, the slope is taken to be 0 (a subgradient), as it is not unique.
    """
    if r < 1:
        raise ValueError(f"r is {r}; a distance needs r of at least 1")
    difference = p / p.sum(-1)[..., None] - q / q.sum(-1)[..., None]
    gaps = abs(difference.cumsum(-1))
    power = (gaps**r).mean(-1)
    if r == 1:
        return power
    zero = power == 0  # where the root has no finite slope
    return (power + zero) ** (1 / r) * ~zero
