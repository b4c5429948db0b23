"""An additive classifier: each column adds points for each class, along a broken line that can be drawn.

A generalised additive model (Hastie & Tibshirani 1986, https://doi.org/10.1214/ss/1177013604) with broken lines for
its functions and a softmax on the sums.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F


@dataclass(frozen=True, kw_only=True, eq=False)
class AdditiveModel:
    """logits = level + the sum of one broken line a column; each line has the mean 0 over the training rows."""

    knots: np.ndarray  # [D, K], rising
    heights: np.ndarray  # [D, K, classes], the lines at their knots
    level: np.ndarray  # [classes]

    def contributions(self, x: np.ndarray) -> np.ndarray:
        """What each column adds: [N, D] -> [N, D, classes]. Beyond the first and last knot a line is level."""
        hats = hat_functions(x, self.knots)  # [N, D, K]
        return np.einsum("ndk,dkc->ndc", hats, self.heights)

    def logits(self, x: np.ndarray) -> np.ndarray:
        """[N, D] -> [N, classes]."""
        return self.level + self.contributions(x).sum(1)

    def as_dict(self, digits: int = 4) -> dict[str, list]:
        """For a record: numbers of so many digits."""
        return {
            key: np.vectorize(lambda v: float(f"{v:.{digits}g}"))(getattr(self, key)).tolist()
            for key in ("knots", "heights", "level")
        }

    @classmethod
    def from_dict(cls, found: dict) -> "AdditiveModel":
        return cls(**{key: np.array(found[key]) for key in ("knots", "heights", "level")})


def hat_functions(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Shares of the two knots between which each value lies: [N, D], [D, K] -> [N, D, K], rows sum to 1."""
    if x.ndim != 2 or knots.ndim != 2 or x.shape[1] != len(knots):
        raise ValueError(
            f"x [N, D] and knots [D, K] are needed; got {np.shape(x)}, {np.shape(knots)}"
        )
    hats = np.zeros((*x.shape, knots.shape[1]))
    for d, (column, own) in enumerate(zip(x.T, knots, strict=True)):
        value = column.clip(own[0], own[-1])
        right = np.searchsorted(own, value, side="right").clip(1, len(own) - 1)
        width = own[right] - own[right - 1]
        share = (value - own[right - 1]) / np.where(width > 0, width, 1)
        rows = np.arange(len(x))
        hats[rows, d, right - 1] = 1 - share
        hats[rows, d, right] = share
    return hats


def fit_additive(
    x: np.ndarray, y: np.ndarray, classes: int, *, knots: int = 7, penalty: float = 1e-3
) -> AdditiveModel:
    """Cross-entropy plus penalty times the mean square of the heights, to its minimum: [N, D], int [N].

    The knots lie at quantiles of a column, so that equally many rows lie between them. Raises ValueError
    for rows without labels, a column that does not vary, and fewer than two knots.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y)
    if x.ndim != 2 or y.shape != (len(x),) or knots < 2:
        raise ValueError(
            f"x [N, D], y [N] and two knots are needed; got {x.shape}, {y.shape}, {knots}"
        )
    if (x.std(0) < 1e-12).any():
        raise ValueError(f"column {int(x.std(0).argmin())} does not vary; leave it out")
    places = np.quantile(x, np.linspace(0, 1, knots), axis=0).T  # [D, K]
    hats = torch.from_numpy(hat_functions(x, places)).flatten(1)  # [N, D K]
    weights = torch.zeros(hats.shape[1], classes, dtype=torch.double, requires_grad=True)
    level = torch.zeros(classes, dtype=torch.double, requires_grad=True)
    target = torch.from_numpy(y).long()
    optimizer = torch.optim.LBFGS([weights, level], max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        found = F.cross_entropy(hats @ weights + level, target) + penalty * weights.square().mean()
        found.backward()
        return found

    optimizer.step(loss)
    heights = weights.detach().numpy().reshape(*places.shape, classes)
    mean = np.einsum("ndk,dkc->dc", hats.view(len(x), *places.shape).numpy(), heights) / len(x)
    return AdditiveModel(
        knots=places, heights=heights - mean[:, None], level=level.detach().numpy() + mean.sum(0)
    )
