"""Where a classifier looked: maps by four methods, and three ways to test such a map.

Images are float [N, 3, S, S] in [0, 1], maps [N, S, S]; a high value says "this spoke for the answer". Integrated
gradients and Grad-CAM are those of captum, an optional package (`pip install captum`).
"""

import copy
import importlib.util

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.checks import require_unit_images
from aesthetic_utils.runtime import evaluating
from aesthetic_utils.saliency import gradient_times_input, occlusion

METHODS = ("occlusion", "integrated gradients", "Grad-CAM", "gradient x input")
OF_CAPTUM = ("integrated gradients", "Grad-CAM")


def has_captum() -> bool:
    return importlib.util.find_spec("captum") is not None


class LogOdds(nn.Module):
    """How much the network holds each class for the right one, against all others: [N, classes], in nats.

    log p - log(1 - p), which goes on growing where the probability p is as good as 1.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network
        self.train(network.training)  # so that evaluating() leaves the network as it was

    def forward(self, images: Tensor) -> Tensor:
        logits = self.network(images)
        own = torch.eye(logits.shape[1], dtype=torch.bool, device=logits.device)
        others = logits[:, None].masked_fill(own, -torch.inf).logsumexp(2)  # [N, classes]
        return logits - others

    def of(self, images: Tensor, labels: Tensor) -> Tensor:
        """Those of one class an image: int64 [N] -> [N]."""
        return self(images).gather(1, labels[:, None])[:, 0]


def attribution(
    method: str,
    odds: LogOdds,
    images: Tensor,
    labels: Tensor,
    *,
    baseline: float = 1.0,
    size: int = 4,
    stride: int = 2,
) -> Tensor:
    """Maps [N, S, S] by one of METHODS, for the log-odds of the labels, int64 [N].

    baseline: the grey with which is compared, 1 for white paper. size, stride: of the square that occlusion moves.
    Raises ValueError for another method, and ModuleNotFoundError where captum is needed and missing.
    """
    if method not in METHODS:
        raise ValueError(f"no method {method!r}; there are {', '.join(METHODS)}")
    require_unit_images(images)
    if method in OF_CAPTUM and not has_captum():
        raise ModuleNotFoundError(
            f"{method} is computed by captum, which is not installed: pip install captum"
        )

    def score(x: Tensor) -> Tensor:
        return odds.of(x, labels)

    if method == "occlusion":
        falls = occlusion(score, images, size=size, stride=stride, fill=baseline)
        return spread_squares(falls, size, stride, images.shape[-1])
    if method == "gradient x input":
        return gradient_times_input(score, images, baseline=baseline)
    if method == "Grad-CAM":
        return grad_cam(odds, images, labels)
    return integrated_gradients(odds, images, labels, baseline=baseline)


def integrated_gradients(
    odds: LogOdds, images: Tensor, labels: Tensor, *, baseline: float = 1.0, steps: int = 32
) -> Tensor:
    """The mean gradient on the straight way from the baseline, times the way: [N, S, S], summed over channels.

    Sundararajan, Taly & Yan (2017), https://arxiv.org/abs/1703.01365, equation 1. The sum over a map is the
    difference of the scores at both ends, up to the error of `steps` points (Gauss-Legendre).
    """
    from captum.attr import IntegratedGradients

    found = IntegratedGradients(odds).attribute(
        images, baselines=baseline, target=labels, n_steps=steps, internal_batch_size=512
    )
    return found.sum(1).detach().float()


def grad_cam(odds: LogOdds, images: Tensor, labels: Tensor) -> Tensor:
    """The last maps of a `ResNet`, weighted by their mean gradients, what is negative cut: [N, S, S].

    Selvaraju et al. (2017), https://arxiv.org/abs/1610.02391; made as large as the picture by interpolation.
    """
    from captum.attr import LayerGradCam

    found = LayerGradCam(odds, odds.network.blocks).attribute(
        images, target=labels, relu_attributions=True
    )  # [N, 1, s, s]
    large = F.interpolate(
        found.detach(), size=images.shape[-2:], mode="bilinear", align_corners=False
    )
    return large[:, 0]


def spread_squares(falls: Tensor, size: int, stride: int, side: int) -> Tensor:
    """What squares [N, rows, columns] say of each pixel, the mean over those that cover it: [N, side, side]."""
    square = torch.ones(1, 1, size, size)
    total = F.conv_transpose2d(falls[:, None], square, stride=stride)
    times = F.conv_transpose2d(torch.ones_like(falls[:, None]), square, stride=stride)
    small = (total / times.clamp(min=1))[:, 0]
    missing = side - small.shape[-1]  # pixels that no square reached, at the right and below
    return F.pad(small, (0, missing, 0, missing))


def edge_map(images: Tensor) -> Tensor:
    """How steep the brightness is at each pixel: a map that knows of no network at all, [N, S, S]."""
    grey = F.pad(images.mean(1), (0, 1, 0, 1), mode="replicate")
    across, down = grey[:, :-1, 1:] - grey[:, :-1, :-1], grey[:, 1:, :-1] - grey[:, :-1, :-1]
    return (across.square() + down.square()).sqrt()


# --------------------------------------------------------------------------------------------------
# tests of a map


def mass_share(maps: Tensor, region: Tensor) -> Tensor:
    """Share of what is positive in each map that lies in the region, bool [S, S]: [N]; 0 for a map without any."""
    positive = maps.clamp(min=0)
    return positive[:, region].sum(1) / positive.sum((1, 2)).clamp(min=1e-12)


def points_into(maps: Tensor, region: Tensor) -> Tensor:
    """Whether the highest pixel of each map lies in the region, the pointing game: bool [N].

    Zhang et al. (2016), https://arxiv.org/abs/1608.00507. A map that is the same everywhere points nowhere.
    """
    flat = maps.flatten(1)
    varies = flat.max(1).values > flat.min(1).values
    return region.flatten()[flat.argmax(1)] & varies


def rank_correlations(a: Tensor, b: Tensor, where: Tensor | None = None) -> np.ndarray:
    """Spearman's correlation of two maps of each image, over the pixels `where`, bool [N, S, S], is true: [N].

    0 where a map is the same everywhere.
    """
    from scipy.stats import rankdata  # slow to import

    if a.shape != b.shape:
        raise ValueError(
            f"maps of one shape are compared; got {tuple(a.shape)} and {tuple(b.shape)}"
        )
    found = []
    for i in range(len(a)):
        rows = where[i].flatten() if where is not None else slice(None)
        one, other = (rankdata(m[i].flatten()[rows].double().numpy()) for m in (a, b))
        varies = len(one) > 1 and min(one.std(), other.std()) > 0
        found.append(float(np.corrcoef(one, other)[0, 1]) if varies else 0.0)
    return np.array(found)


def cover_top(images: Tensor, maps: Tensor, share: float = 0.1, *, fill: float = 1.0) -> Tensor:
    """Images whose pixels with the highest values, such a share of all, are painted over."""
    if not 0 < share <= 1:
        raise ValueError(f"share is above 0 and at most 1; got {share}")
    n = max(round(share * maps[0].numel()), 1)
    top = maps.flatten(1).topk(n, dim=1).indices
    covered = torch.zeros(maps.shape).flatten(1).scatter(1, top, 1.0).view_as(maps).bool()
    return torch.where(covered[:, None], torch.tensor(fill), images)


def randomised(network: nn.Module, images: Tensor, *, seed: int = 0) -> nn.Module:
    """A copy whose weights are drawn anew, all of them, and whose normalisations have seen the images once.

    The end of the test by Adebayo et al. (2018), https://arxiv.org/abs/1810.03292, section 3.
    """
    torch.manual_seed(seed)
    other = copy.deepcopy(network)
    for module in other.modules():
        if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
            module.reset_parameters()
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the plain mean of what it sees
    with torch.no_grad():
        other.train()(images)
    return other.eval()


def joint_agreement(
    odds: LogOdds, images: Tensor, labels: Tensor, maps: Tensor, *,
    cells: int = 8, covered: int = 8, sets: int = 30, seed: int = 0,
) -> np.ndarray:  # fmt: skip
    """How well a map adds up: correlation of its sum over cells with the fall when all of them are covered, [N].

    So many of cells x cells squares are covered in white at once, in so many random sets (Ancona et al. 2018,
    https://arxiv.org/abs/1711.06104, section 4, sensitivity-n). 1 for every additive model; 0 where nothing changes.
    """
    n, side = len(images), images.shape[-1]
    chance = torch.Generator().manual_seed(seed)
    chosen = torch.rand(sets, cells * cells, generator=chance).argsort(1) < covered
    masks = chosen.view(sets, 1, cells, cells).float()
    masks = F.interpolate(masks, size=(side, side))[:, 0].bool()  # [sets, S, S]
    said = torch.stack([maps[:, mask].sum(1) for mask in masks], 1)  # [N, sets]
    with evaluating(odds):
        whole = odds.of(images, labels)
        falls = [whole - odds.of(images.masked_fill(mask, 1.0), labels) for mask in masks]
    found = torch.stack(falls, 1)  # [N, sets]
    rows = zip(said.double().numpy(), found.double().numpy(), strict=True)
    return np.array([_correlation(a, b) for a, b in rows]).reshape(n)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if min(a.std(), b.std()) > 1e-9 else 0.0
