"""The optional network of features, with a stand-in for its weights."""

import torch
from torch import nn

from aesthetic_utils.models.lite import DEPTHS, SIDE, Lite0


class Echo(nn.Module):
    """Feature maps that are the image itself."""

    def extract_features(self, x):
        self.seen = x
        return x


def test_images_are_resized_and_scaled_as_in_its_training():
    """EfficientNet-lite was trained on (level - 127) / 128 of 224 x 224 pixels."""
    echo = Echo()
    images = torch.stack([torch.full((3, 50, 80), v) for v in (0.0, 127 / 255, 1.0)])
    images[:, 1] = 1.0  # a channel of its own
    found = Lite0(echo).features(images)
    assert echo.seen.shape == (3, 3, 224, 224) and found.shape == (3, 3)
    torch.testing.assert_close(found[:, 0], torch.tensor([-127 / 128, 0.0, 1.0]))
    torch.testing.assert_close(found[:, 1], torch.ones(3))
    assert torch.equal(Lite0(echo)(images), found)


def test_a_fine_pattern_becomes_its_mean_and_no_coarse_one():
    echo, stripes = Echo(), torch.zeros(1, 3, 896, 896)
    stripes[..., ::4] = 1
    Lite0(echo).features(stripes)
    inner = echo.seen[..., 8:-8]
    torch.testing.assert_close(
        inner, torch.full_like(inner, (255 / 4 - 127) / 128), atol=0.02, rtol=0
    )


def test_its_sizes_are_those_of_the_paper():
    assert SIDE == 224


class Counting(nn.Module):
    """Stands in for the network: every block halves the size, and adds 1."""

    def __init__(self):
        super().__init__()
        self._conv_stem = self._bn0 = self._swish = nn.Identity()
        self._blocks = [lambda x: x[..., ::2, ::2] + 1 if x.shape[-1] > 1 else x + 1] * 16


def test_maps_are_taken_after_four_blocks_of_images_that_are_not_resized():
    images = torch.full((2, 3, 32, 32), 127 / 255)  # 0 in the range of its training
    maps = Lite0(Counting()).maps(images)
    assert [float(x.mean()) for x in maps] == [number + 1 for number in DEPTHS]
    assert [x.shape[-1] for x in maps] == [16, 4, 1, 1]
