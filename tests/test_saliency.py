"""Maps of where a score comes from leave the network behind it as it was."""

import torch
from torch import nn

from aesthetic_utils.saliency import gradient_times_input, occlusion


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 1))


def test_a_map_leaves_no_gradient_in_the_network_and_none_is_lost():
    scored = network()
    images = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    scored(images).sum().backward()
    before = [p.grad.clone() for p in scored.parameters()]
    for score in (lambda x: scored(x)[:, 0], lambda x: -scored(x)[:, 0]):
        gradient_times_input(score, images)
        occlusion(score, images)
    for p, grad in zip(scored.parameters(), before, strict=True):
        assert torch.equal(p.grad, grad)

    scored.zero_grad()
    found = gradient_times_input(lambda x: scored(x)[:, 0], images)
    assert all(p.grad is None for p in scored.parameters())
    assert not found.requires_grad and images.grad is None


def test_a_map_is_the_slope_of_each_image_by_itself():
    """Against the slope by finite differences, along the way from the baseline."""
    scored = network().double()
    images = torch.rand(2, 3, 8, 8, dtype=torch.double)
    found = gradient_times_input(lambda x: scored(x)[:, 0], images, baseline=0.0)
    assert found.shape == (2, 8, 8)
    with torch.no_grad():
        ahead, behind = scored(images * (1 + 1e-6)), scored(images * (1 - 1e-6))
    slope = (ahead - behind)[:, 0] / 2e-6
    torch.testing.assert_close(found.sum((1, 2)), slope, rtol=1e-5, atol=1e-6)
