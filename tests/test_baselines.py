"""The methods that the restorer is compared with."""

import numpy as np
import pytest
import torch

from aesthetic_utils.data import load_photos
from aesthetic_utils.data.images import as_jpeg
from aesthetic_utils.metrics import super_resolution_scores
from aesthetic_utils.published import baselines
from aesthetic_utils.published.super_resolution_tables import DAMAGES, MORE_DAMAGES, damaged
from aesthetic_utils.runtime import step_generator
from aesthetic_utils.training.super_resolution import blur


@pytest.fixture(scope="module")
def photo():
    return load_photos("validation", 96)[0].image / 255


def score(image, photo) -> float:
    return super_resolution_scores(image[None], photo[None], 4)[0].item()


def test_the_point_spread_is_the_blur_of_the_tables():
    point = torch.zeros(1, 1, 17, 17, dtype=torch.float64)
    point[..., 8, 8] = 1
    spread = blur(point, torch.tensor([1.2]))[0, 0, 4:-4, 4:-4]
    np.testing.assert_allclose(baselines.point_spread(1.2), spread, atol=1e-7)


@pytest.mark.parametrize("kind", sorted(baselines.BASELINES))
def test_every_baseline_helps_on_its_kind_and_keeps_shape_and_range(kind, photo):
    bad = damaged(photo[None], kind, step_generator(0, 0))[0]
    for method in baselines.BASELINES[kind]:
        found = max(
            (method.restore(bad, number) for number in method.choices[:2]),
            key=lambda image: score(image, photo),
        )
        assert found.shape == photo.shape and found.dtype == torch.float32
        assert found.min() >= 0 and found.max() <= 1
        assert score(found, photo) > score(bad, photo) + 0.2, method.name
    assert kind in {**DAMAGES, **MORE_DAMAGES}


def test_each_colour_is_sharpened_alone_and_a_plain_one_stays(photo):
    plain = torch.stack([torch.full((40, 50), level) for level in (0.2, 0.5, 0.9)])
    for restore, number in (
        (baselines.wiener_filter, 1e-3), (baselines.richardson_lucy_steps, 5)
    ):  # fmt: skip
        # Richardson-Lucy sees black beyond the border that the picture is continued by
        torch.testing.assert_close(restore(plain, 1.2, number), plain, atol=2e-3, rtol=0)
    turned = baselines.wiener_filter(photo.transpose(1, 2), 1.2, 1e-3).transpose(1, 2)
    straight = baselines.wiener_filter(photo, 1.2, 1e-3)
    torch.testing.assert_close(turned, straight, atol=1e-4, rtol=0)


def test_compressed_again_is_the_mean_over_all_shifts(photo):
    small = photo[:, :24, :31]
    assert torch.equal(baselines.jpeg_again(small, 10, 0.0), small)
    whole = baselines.jpeg_again(small, 10, 1.0)
    half = baselines.jpeg_again(small, 10, 0.5)
    torch.testing.assert_close(half, (whole + small) / 2)
    wide = np.pad(small.numpy(), ((0, 0), (8, 8), (8, 8)), mode="reflect")
    parts = [
        as_jpeg(torch.from_numpy(wide[:, y : y + 32, x : x + 39].copy()), 10)[
            :, 8 - y : 32 - y, 8 - x : 39 - x
        ]
        for y in range(1, 9)
        for x in range(1, 9)
    ]
    torch.testing.assert_close(whole, torch.stack(parts).mean(0), atol=1e-5, rtol=0)
    plain = torch.full((3, 20, 20), 0.5)
    torch.testing.assert_close(baselines.jpeg_again(plain, 10, 1.0), plain, atol=1 / 255, rtol=0)
