"""The Frechet distance against exact answers and against torchmetrics, and who may have few images."""

import pytest
import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from aesthetic_utils.metrics import frechet_distance


def features(n: int, d: int, *, seed: int, mixed: bool = True) -> Tensor:
    """Correlated features of unequal scale: float64 [N, D]."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=generator, dtype=torch.double)
    return x @ torch.randn(d, d, generator=generator, dtype=torch.double) + seed if mixed else x


def whitened(n: int, d: int) -> Tensor:
    """A sample whose mean is 0 and whose unbiased covariance is the identity, exactly."""
    x = features(n, d, seed=0, mixed=False)
    x = x - x.mean(0)
    return x @ torch.linalg.inv(torch.linalg.cholesky(x.T.cov())).T


class Handed(nn.Module):
    """Gives torchmetrics its "images" back as their features."""

    def __init__(self, num_features: int):
        super().__init__()
        self.num_features = num_features

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1)


def theirs(a: Tensor, b: Tensor) -> float:
    metric = FrechetInceptionDistance(Handed(a.shape[1]), normalize=True).set_dtype(torch.float64)
    metric.update(a[:, :, None, None], real=True)
    metric.update(b[:, :, None, None], real=False)
    return metric.compute().item()


@pytest.mark.parametrize(
    ("n", "m", "d"),
    [
        (500, 500, 3),
        (300, 700, 64),
        (5, 9, 1),
        (92, 92, 128),
        (20, 30, 64),
        (40, 500, 64),
        (2, 2, 16),
    ],
)
def test_it_is_that_of_torchmetrics(n, m, d):
    a, b = features(n, d, seed=0), features(m, d, seed=1)
    assert frechet_distance(a, b) == pytest.approx(theirs(a, b), rel=1e-6)


@pytest.mark.parametrize("n", [10, 400])
def test_equal_sets_have_no_distance_whatever_their_order(n):
    a = features(n, 64, seed=0)
    assert 0 <= frechet_distance(a, a) < 1e-9
    assert 0 <= frechet_distance(a, a.flip(0)) < 1e-9


@pytest.mark.parametrize("n", [10, 400])
def test_a_shift_counts_by_its_square(n):
    a = features(n, 64, seed=0)
    shift = torch.linspace(-1, 2, 64, dtype=torch.double)
    assert frechet_distance(a, a + shift) == pytest.approx(shift.square().sum().item(), rel=1e-9)


def test_scaled_axes_count_by_the_squared_difference_of_their_deviations():
    """For covariances that are diagonal, or share their axes, Tr(...) is sum (s_a - s_b)^2."""
    x = whitened(400, 4)
    s, t = torch.tensor([[1.0, 2, 3, 0], [2, 2, 0.5, 4]], dtype=torch.double)
    expected = (s - t).square().sum().item()
    assert frechet_distance(x * s, x * t) == pytest.approx(expected, rel=1e-9)
    turn = torch.linalg.qr(features(4, 4, seed=3)).Q
    turned = frechet_distance(x * s @ turn, x * t @ turn)
    assert turned == pytest.approx(expected, rel=1e-9)


def test_covariances_without_common_axes():
    """In two dimensions Tr (C_a C_b)^(1/2) = sqrt(Tr C_a C_b + 2 sqrt(det C_a det C_b))."""
    root = torch.linalg.cholesky(torch.tensor([[2.0, 0.9], [0.9, 1.0]], dtype=torch.double))
    x = whitened(200, 2)
    a, b = x @ root.T, x * torch.tensor([1.0, 3.0], dtype=torch.double)
    ca, cb = a.T.cov(), b.T.cov()
    middle = ((ca @ cb).trace() + 2 * (ca.det() * cb.det()).sqrt()).sqrt()
    expected = (ca.trace() + cb.trace() - 2 * middle).item()
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(b, a) == pytest.approx(expected, rel=1e-9)


def test_sets_that_do_not_vary_are_as_far_apart_as_their_points():
    a, b = torch.zeros(5, 3), torch.zeros(7, 3) + torch.tensor([3.0, 4.0, 0.0])
    assert frechet_distance(a, b) == pytest.approx(25)


def test_few_images_count_as_distance():
    a, b = features(2000, 32, seed=0, mixed=False), features(2000, 32, seed=1, mixed=False)
    found = [frechet_distance(a[:n], b[:n]) for n in (20, 200, 2000)]
    assert found[0] > 3 * found[1] > 9 * found[2] > 0


def test_features_of_any_number_format_and_with_gradients_will_do():
    a, b = features(30, 8, seed=0).float(), features(40, 8, seed=1).float()
    expected = frechet_distance(a.double(), b.double())
    assert frechet_distance(a.requires_grad_(), b) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_features_that_are_no_numbers_are_named(bad):
    a = torch.ones(4, 3)
    a[2, 1] = bad
    for pair in ((a, torch.rand(4, 3)), (torch.rand(4, 3), a)):
        with pytest.raises(ValueError, match="finite"):
            frechet_distance(*pair)
