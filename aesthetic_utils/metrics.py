"""Measures of results, thin and by published protocol. Images are float in [0, 1] unless said otherwise."""

import math

import numpy as np
import torch
from torch import Tensor

from aesthetic_utils.checks import (
    require_finite,
    require_indices,
    require_range,
    require_unit_images,
)

WINDOW = 11  # pixels, of SSIM's window
NEAR = (-0.5, 1.5)  # what an image with an error added may reach; the reference is in [0, 1]
OVERSHOOT = (
    -2.0,
    3.0,
)  # what a network's output may reach where it is cut to [0, 1] before measuring

# --------------------------------------------------------------------------------------------------
# images against a reference


def psnr(image: Tensor, reference: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each image in dB: 10 log10(1 / MSE), over all its pixels and channels.

    image, reference: float [N, C, H, W] in [0, 1] -> [N]; identical images give infinity. Average the
    result over images: the PSNR of the mean MSE is another number. Computed in float32 at least. Raises
    ValueError for other shapes, number types and ranges.
    """
    _same_images(image, reference)
    if image.dtype != torch.float64 or reference.dtype != torch.float64:
        image, reference = image.float(), reference.float()  # half precision would cost two digits
    return -10 * (image - reference).square().flatten(1).mean(1).log10()  # [N]


def ssim(image: Tensor, reference: Tensor) -> Tensor:
    """Structural similarity of each image, with the settings of the original paper.

    image, reference: float [N, C, H, W] in [0, 1], at least 11 pixels each way -> [N], 1 = identical.
    Wang et al. (2004), section III.B: an 11 x 11 Gaussian window with standard deviation 1.5, K1 = 0.01,
    K2 = 0.03; averaged over channels, and over the pixels whose window lies in the picture. It is what
    scikit-image gives with these settings. Raises ValueError for other shapes, number types and ranges.
    """
    _same_images(image, reference)
    values = [_similarity(x, y) for x, y in zip(_numpy(image), _numpy(reference), strict=True)]
    return torch.tensor(values, dtype=torch.float64)  # [N]


def _similarity(x: np.ndarray, y: np.ndarray) -> float:
    """Equation 13 of Wang et al. (2004), averaged over pixels and channels: float64 [C, H, W] each."""
    from scipy.ndimage import gaussian_filter  # slow to import

    if min(x.shape[1:]) < WINDOW:
        h, w = x.shape[1:]
        raise ValueError(f"images of 11 x 11 pixels or more are needed; got {h} x {w}")

    def mean(values: np.ndarray) -> np.ndarray:
        return gaussian_filter(values, (0, 1.5, 1.5), truncate=3.5)

    ux, uy = mean(x), mean(y)
    vx, vy, vxy = mean(x * x) - ux * ux, mean(y * y) - uy * uy, mean(x * y) - ux * uy
    c1, c2 = 0.01**2, 0.03**2
    index = (2 * ux * uy + c1) * (2 * vxy + c2) / ((ux**2 + uy**2 + c1) * (vx + vy + c2))
    return index[:, 5:-5, 5:-5].mean()


def rgb_to_y(image: Tensor) -> Tensor:
    """Luma as super-resolution papers measure it: [N, 3, H, W] in [0, 1] -> [N, 1, H, W] in [16/255, 235/255].

    ITU-R BT.601 with the "studio" range, the Y of MATLAB's rgb2ycbcr. Raises ValueError for another shape,
    number type or range.
    """
    require_unit_images(image, "the image", channels=3)
    weights = image.new_tensor([65.481, 128.553, 24.966]) / 255
    return (image * weights[:, None, None]).sum(1, keepdim=True) + 16 / 255  # [N, 1, H, W]


def super_resolution_scores(image: Tensor, reference: Tensor, scale: int) -> tuple[Tensor, Tensor]:
    """PSNR-Y in dB and SSIM-Y by the protocol of the field: 8 bits, luma, `scale` border pixels cut.

    image, reference: float [N, 3, H, W] in [0, 1] -> ([N], [N]). Ledig et al. (2017), section 3.1. A
    network's output may overshoot, and is cut as a file would cut it; the reference may not. Raises
    ValueError for that, for other shapes and number types, and for fewer than 11 + 2 * scale pixels.
    """
    _same_shape(image, reference)
    require_unit_images(reference, "the reference", channels=3)
    require_range(image, "the image", *OVERSHOOT)
    if scale < 0 or min(image.shape[2:]) < WINDOW + 2 * scale:
        h, w = image.shape[2:]
        raise ValueError(
            f"images of {WINDOW + 2 * scale} pixels or more each way are needed for scale {scale}, whose "
            f"border of as many pixels is cut; got {h} x {w}"
        )
    eight_bit = (image.clamp(0, 1) * 255).round() / 255
    inner = (..., slice(scale, -scale or None), slice(scale, -scale or None))
    a, b = rgb_to_y(eight_bit.double())[inner], rgb_to_y(reference.double())[inner]
    return psnr(a, b), ssim(a, b)


def _same_images(image: Tensor, reference: Tensor) -> None:
    _same_shape(image, reference)
    require_unit_images(reference, "the reference")
    require_range(image, "the image", *NEAR)


def _same_shape(image: Tensor, reference: Tensor) -> None:
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


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Frechet distance between Gaussians fitted to two sets of features, in float64.

    ||m_a - m_b||^2 + Tr(C_a + C_b - 2 (C_a C_b)^(1/2)) with means m and unbiased covariances C: Heusel et al.
    (2017), equation 6. a: [N, D], b: [M, D], on a feature extractor that must be named with the result.
    With few images the distance is biased upwards: compare only sets
    of one size, beside the distance of two real sets.

    Raises ValueError for fewer than two rows, different D, or features that are not finite.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ValueError(f"features must be [N >= 2, D]; got {tuple(a.shape)} and {tuple(b.shape)}")
    a, b = a.detach().cpu().double(), b.detach().cpu().double()
    require_finite(a, "features")
    require_finite(b, "features")
    x, y = _covariance_root(a), _covariance_root(b)
    gap = (a.mean(0) - b.mean(0)).square().sum()
    traces = x.square().sum() + y.square().sum()
    # C_a C_b has the eigenvalues of the symmetric x C_b x^T = (x y^T)(x y^T)^T, and zeros. Their roots are the
    # singular values of x y^T. With N < D many are 0, and the root of a rounded 0 would be far from it
    root = torch.linalg.svdvals(x @ y.T).sum()
    return max(float(gap + traces - 2 * root), 0.0)


def _covariance_root(features: Tensor) -> Tensor:
    """A matrix r with r^T r = the covariance of the rows: [N, D] -> [min(N, D), D]."""
    centred = (features - features.mean(0)) / math.sqrt(len(features) - 1)
    return torch.linalg.qr(centred, mode="r").R


def nearest(queries: Tensor, library: Tensor, *, chunk: int = 512) -> tuple[Tensor, Tensor]:
    """For every query the Euclidean distance to the nearest row of the library, and that row's index.

    queries [N, ...], library [M, ...] (flattened) -> ([N], [N]). Raises ValueError for rows of different
    length, an empty library, or values that are not finite.
    """
    if queries[:1].numel() != library[:1].numel() or not len(library):
        raise ValueError(
            f"rows of one length are needed; got {tuple(queries.shape)} and {tuple(library.shape)}"
        )
    require_finite(queries, "queries")
    require_finite(library, "the library")
    queries, library = queries.flatten(1).float(), library.flatten(1).float()
    found = [torch.cdist(q, library).min(1) for q in queries.split(chunk)]
    return torch.cat([f.values for f in found]), torch.cat([f.indices for f in found])


def variety(images: Tensor, reference: Tensor) -> float:
    """How much images differ from each other, as a share of how much the reference images do.

    The mean Euclidean distance over all pairs, of images [N, ...] over that of reference [M, ...]. Near 0:
    all images are alike. It says nothing of quality: noise has variety, too. NaN where all reference images
    are the same.

    Raises ValueError for fewer than two images on either side, or values that are not finite.
    """
    if min(len(images), len(reference)) < 2:
        raise ValueError(
            f"variety needs two images of each set; got {len(images)}, {len(reference)}"
        )
    require_finite(images, "images")
    require_finite(reference, "the reference")
    ours, theirs = (torch.pdist(x.flatten(1).float()).mean() for x in (images, reference))
    return float(ours / theirs) if theirs > 0 else math.nan


def closest(images: Tensor, reference: Tensor) -> float:
    """How far each image is from the most similar other one, as a share of that among the reference images.

    A generator that has collapsed into a few pictures has a value near 0, however different these few are:
    there `variety` sees nothing. Images [N, ...], reference [M, ...]; N and M should be equal, because
    neighbours come nearer the more there are. NaN where every reference image is there twice.

    Raises ValueError for fewer than two images on either side, or values that are not finite.
    """
    if min(len(images), len(reference)) < 2:
        raise ValueError(
            f"neighbours need two images of each set; got {len(images)}, {len(reference)}"
        )
    require_finite(images, "images")
    require_finite(reference, "the reference")
    gaps = []
    for x in (images.flatten(1).float(), reference.flatten(1).float()):
        distance = torch.cdist(x, x).fill_diagonal_(math.inf)  # [N, N]
        gaps.append(distance.min(1).values.mean())
    return float(gaps[0] / gaps[1]) if gaps[1] > 0 else math.nan


def precision_recall(
    real: Tensor, generated: Tensor, *, neighbours: int = 3
) -> tuple[float, float]:
    """The share of generated rows that lie among the real ones, and of real rows among the generated.

    A row lies among a set if it is no farther from one of its members than that member's third nearest
    neighbour is: Kynkaanniemi et al. (2019), equations 1 and 2, with their k = 3. Features
    [N, D] and [M, D]; both numbers depend on N and M, which should be equal.

    Raises ValueError where a set has no such neighbour, the features differ in length, or are not finite.
    """
    if real.ndim != 2 or generated.ndim != 2 or real.shape[1] != generated.shape[1]:
        raise ValueError(f"features must be [N, D]; got {real.shape} and {generated.shape}")
    if min(len(real), len(generated)) <= neighbours:
        raise ValueError(
            f"{neighbours} neighbours need at least {neighbours + 1} rows of each kind"
        )
    require_finite(real, "real features")
    require_finite(generated, "generated features")
    real, generated = real.double(), generated.double()
    between = torch.cdist(generated, real)  # [M, N]
    reach = [torch.cdist(x, x).kthvalue(neighbours + 1, dim=1).values for x in (real, generated)]
    precision = (between <= reach[0][None]).any(1).double().mean()
    recall = (between.T <= reach[1][None]).any(1).double().mean()
    return float(precision), float(recall)


# --------------------------------------------------------------------------------------------------
# counts and repeated runs


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Share of rows whose largest logit is at the label: logits [N, classes], labels [N].

    Raises ValueError for other shapes, no rows, labels that are no classes, or logits that are NaN.
    """
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or not len(logits):
        raise ValueError(
            f"logits [N, classes] and labels [N] are needed; got {tuple(logits.shape)} and "
            f"{tuple(labels.shape)}"
        )
    if logits.isnan().any():
        raise ValueError("logits must be numbers; some are NaN, whose largest means nothing")
    labels = require_indices(labels, "labels", logits.shape[1])
    return (logits.argmax(1) == labels).double().mean().item()


def confusion_matrix(predicted: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Counts [classes, classes]: row = true class, column = predicted class.

    predicted, labels: whole numbers [N] of any type, from 0 to classes - 1. Raises ValueError for others.
    """
    if predicted.shape != labels.shape:
        raise ValueError(
            f"predicted and labels must be of one length; got {tuple(predicted.shape)} and "
            f"{tuple(labels.shape)}"
        )
    predicted = require_indices(predicted, "predicted", classes)
    labels = require_indices(labels, "labels", classes)
    return torch.bincount(labels * classes + predicted, minlength=classes**2).view(classes, classes)
