"""What other projects expect of the same quantities, in their own examples."""

import numpy as np
import pytest
import torch
from reference_images import reference_image

from aesthetic_utils import metrics
from aesthetic_utils.judgements.bradley_terry import PairVotes, fit_ranking


def test_noise_on_the_camera_man():
    """IPOL's imdiff on scikit-image's picture and noise: 22.409353 dB and .357959.

    Theirs for the tests of `skimage.metrics`, which allow 1e-4 and 1e-3.
    """
    camera = reference_image("camera")[0].numpy().astype(float)  # [512, 512]
    noise = np.random.RandomState(5).randn(*camera.shape)
    noisy = np.clip(camera + 20 * noise, 0, 255).astype(np.uint8)
    a, b = (torch.from_numpy(x / 255.0)[None, None] for x in (noisy, camera))
    assert metrics.psnr(a, b).item() == pytest.approx(22.409353363576034, abs=1e-6)
    assert metrics.ssim(a, b).item() == pytest.approx(0.357959091663361, abs=1e-5)


def test_torchmetrics_example_of_psnr():
    """Levels 0 to 3: 2.5527 dB in the documentation of torchmetrics."""
    said, right = torch.tensor([[0.0, 1], [2, 3]]), torch.tensor([[3.0, 2], [1, 0]])
    found = metrics.psnr(*(x[None, None] / 3 for x in (said, right)))
    assert found.item() == pytest.approx(2.5527, abs=5e-5)


def test_torchmetrics_example_of_ssim():
    """Noise and three quarters of it: .9219 in the documentation of torchmetrics, with other noise."""
    noise = torch.rand(3, 3, 256, 256, generator=torch.Generator().manual_seed(0))
    assert metrics.ssim(0.75 * noise, noise).mean().item() == pytest.approx(0.9219, abs=5e-4)


def test_a_chain_of_three_games():
    """The example of choix, a prior of variance 8: its mode here, where choix gives the posterior's mean."""
    votes = PairVotes(winner=np.array([0, 1, 2]), loser=np.array([1, 2, 3]), items=tuple("abcd"))
    found = fit_ranking(votes, ridge=1 / 8).score
    assert found == pytest.approx([1.750, 0.477, -0.477, -1.750], abs=5e-4)
