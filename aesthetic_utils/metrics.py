"""Measures of results, thin and by published protocol. Images are float in [0, 1] unless said otherwise."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from scipy import stats
from skimage.metrics import structural_similarity
from torch import Tensor, nn

# --------------------------------------------------------------------------------------------------
# images against a reference


def psnr(image: Tensor, reference: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each image in dB: 10 log10(1 / MSE), over all its pixels and channels.

    image, reference: float [N, C, H, W] in [0, 1] -> [N]; identical images give infinity. Average the
    result over images: the PSNR of the mean MSE is another number.
    """
    _same_images(image, reference)
    return -10 * (image - reference).square().flatten(1).mean(1).log10()  # [N]


def ssim(image: Tensor, reference: Tensor) -> Tensor:
    """Structural similarity of each image, with the settings of the original paper.

    image, reference: float [N, C, H, W] in [0, 1], at least 11 pixels each way -> [N], 1 = identical.
    Wang et al. (2004), section III.B: an 11 x 11 Gaussian window with standard deviation 1.5, K1 = 0.01,
    K2 = 0.03; computed by scikit-image, averaged over channels.
    """
    _same_images(image, reference)
    values = [
        structural_similarity(
            x,
            y,
            data_range=1.0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            channel_axis=0,
        )  # fmt: skip
        for x, y in zip(_numpy(image), _numpy(reference), strict=True)
    ]
    return torch.tensor(values, dtype=torch.float64)  # [N]


def rgb_to_y(image: Tensor) -> Tensor:
    """Luma as super-resolution papers measure it: [N, 3, H, W] in [0, 1] -> [N, 1, H, W] in [16/255, 235/255].

    ITU-R BT.601 with the "studio" range, the Y of MATLAB's rgb2ycbcr.
    """
    weights = image.new_tensor([65.481, 128.553, 24.966]) / 255
    return (image * weights[:, None, None]).sum(1, keepdim=True) + 16 / 255  # [N, 1, H, W]


def super_resolution_scores(image: Tensor, reference: Tensor, scale: int) -> tuple[Tensor, Tensor]:
    """PSNR-Y in dB and SSIM-Y by the protocol of the field: 8 bits, luma, `scale` border pixels cut.

    image, reference: float [N, 3, H, W] in [0, 1] -> ([N], [N]). Ledig et al. (2017), section 3.1.
    """
    _same_images(image, reference)
    eight_bit = (image.clamp(0, 1) * 255).round() / 255
    inner = (..., slice(scale, -scale or None), slice(scale, -scale or None))
    a, b = rgb_to_y(eight_bit.double())[inner], rgb_to_y(reference.double())[inner]
    return psnr(a, b), ssim(a, b)


def _same_images(image: Tensor, reference: Tensor) -> None:
    if image.ndim != 4 or image.shape != reference.shape:
        raise ValueError(
            f"two batches [N, C, H, W] of one shape are needed; got {tuple(image.shape)} "
            f"and {tuple(reference.shape)}"
        )
    if not (image.is_floating_point() and reference.is_floating_point()):
        raise ValueError("images must be float in [0, 1]; divide 8-bit images by 255")


def _numpy(images: Tensor) -> np.ndarray:
    return images.detach().cpu().double().numpy()


# --------------------------------------------------------------------------------------------------
# sets of images against each other


class FeatureExtractor(nn.Module):
    """Wraps a function images -> features [N, D] as the module that torchmetrics' Frechet distance takes."""

    def __init__(self, features, num_features: int):
        super().__init__()
        self.features, self.num_features = features, num_features

    def forward(self, images: Tensor) -> Tensor:
        return self.features(images)


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Frechet distance between Gaussians fitted to two sets of features: ||m_a - m_b||^2 + Tr(...).

    a: [N, D], b: [M, D], on a feature extractor that must be named with the result. Heusel et al.
    (2017), section 2, equation 6; computed by torchmetrics in float64. With few images the distance is biased
    upwards: compare only sets of one size, beside the distance of two real sets.

    Raises ValueError for fewer than two rows or different D.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance  # slow to import

    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ValueError(f"features must be [N >= 2, D]; got {tuple(a.shape)} and {tuple(b.shape)}")
    # the features are already there: hand them through as "images" that are their own features
    identity = FeatureExtractor(lambda x: x.flatten(1), a.shape[1])
    metric = FrechetInceptionDistance(identity, normalize=True).set_dtype(torch.float64)
    metric.update(a.double()[:, :, None, None], real=True)
    metric.update(b.double()[:, :, None, None], real=False)
    return float(metric.compute())


def nearest(queries: Tensor, library: Tensor, *, chunk: int = 512) -> tuple[Tensor, Tensor]:
    """For every query the Euclidean distance to the nearest row of the library, and that row's index.

    queries [N, ...], library [M, ...] (flattened) -> ([N], [N]).
    """
    queries, library = queries.flatten(1).float(), library.flatten(1).float()
    found = [torch.cdist(q, library).min(1) for q in queries.split(chunk)]
    return torch.cat([f.values for f in found]), torch.cat([f.indices for f in found])


# --------------------------------------------------------------------------------------------------
# counts and repeated runs


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Share of rows whose largest logit is at the label: logits [N, classes], labels [N]."""
    return (logits.argmax(1) == labels).double().mean().item()


def confusion_matrix(predicted: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Counts [classes, classes]: row = true class, column = predicted class."""
    return torch.bincount(labels * classes + predicted, minlength=classes**2).view(classes, classes)


def wilson_interval(successes: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Confidence interval of a share by Wilson's score method; sound for small n and near 0 or 1."""
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"{successes} of {n} is no share")
    z = stats.norm.ppf((1 + confidence) / 2)
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return centre - half, centre + half


def mean_and_interval(values: Sequence[float], *, confidence: float = 0.95) -> dict[str, float]:
    """Mean, standard deviation and t interval of repeated runs, as the results files hold them."""
    n, mean = len(values), float(np.mean(values))
    if n < 2:
        raise ValueError("an interval needs at least two runs")
    sd = float(np.std(values, ddof=1))
    half = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * sd / math.sqrt(n)
    return {"mean": mean, "sd": sd, "low": mean - half, "high": mean + half, "n": n}
