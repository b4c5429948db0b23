"""JPEG on batches, against the files that Pillow writes."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from aesthetic_utils.data import load_photo
from aesthetic_utils.data.images import ImageError, as_jpeg
from aesthetic_utils.training.jpeg import cosine_basis, jpeg, quality_factor


@pytest.fixture(scope="module")
def photo() -> torch.Tensor:
    return load_photo("animals_lemur", long_side=384).image[:, :151, :203] / 255


@pytest.mark.parametrize("quality", [5, 10, 30, 50, 75, 95])
def test_it_comes_near_to_pillows_files(photo, quality):
    """Not all is equal: programs take rounded numbers for colours and transform."""
    ours = jpeg(photo[None], torch.tensor([float(quality)]))[0]
    theirs = as_jpeg(photo, quality)
    damage = (theirs - photo).abs().mean()
    assert (ours - theirs).abs().mean() < 0.8 / 255 and (
        ours - photo
    ).abs().mean() == pytest.approx(damage.item(), rel=0.05)


def test_pillows_file_is_what_comes_back(photo):
    pixels = (photo * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=40)
    expected = torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1) / 255
    assert torch.equal(as_jpeg(photo, 40), expected)
    with pytest.raises(ImageError, match="lies in"):
        as_jpeg(photo.double() * 2, 40)


def test_each_image_of_a_batch_has_its_own_quality(photo):
    images, quality = photo[None].repeat(3, 1, 1, 1), torch.tensor([8.0, 40.0, 95.0])
    together = jpeg(images, quality)
    alone = [jpeg(images[:1], q[None])[0] for q in quality]
    assert torch.equal(together, torch.stack(alone))
    errors = (together - images).square().mean((1, 2, 3))
    assert errors[0] > 2 * errors[1] > 4 * errors[2]


def test_levels_are_those_of_a_file(photo):
    found = jpeg(photo[None], torch.tensor([20.0]))
    assert found.shape == (1, *photo.shape) and 0 <= found.min() and found.max() <= 1
    assert torch.equal(found, (found * 255).round() / 255)


def test_the_factors_are_those_of_the_program():
    """5000 / q per cent below 50 and 200 - 2 q per cent from there, whole numbers."""
    quality = torch.tensor([1.0, 10.0, 30.0, 50.0, 75.0, 100.0])
    expected = [50.0, 5.0, 1.66, 1.0, 0.5, 0.0]
    assert quality_factor(quality).tolist() == pytest.approx(expected)


def test_the_transform_keeps_lengths_and_angles():
    basis = cosine_basis()
    torch.testing.assert_close(basis @ basis.T, torch.eye(8))
    assert basis[0].tolist() == pytest.approx([8**-0.5] * 8)
