"""Photographs of a user's folder."""

import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from aesthetic_utils.data.images import ImageError, read_image
from aesthetic_utils.data.photo_folder import halved, read_photo_folder


def picture(path, w: int, h: int, seed: int = 0) -> None:
    smooth = np.random.default_rng(seed).integers(
        0, 256, (h // 8 + 1, w // 8 + 1, 3), dtype=np.uint8
    )
    Image.fromarray(smooth).resize((w, h), Image.Resampling.BICUBIC).save(path)


@pytest.fixture
def folder(tmp_path):
    picture(tmp_path / "b.png", 90, 70)
    picture(tmp_path / "a.webp", 201, 140, 1)
    picture(tmp_path / "held out.png", 100, 100, 2)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "deeper").mkdir()
    return tmp_path


def test_photographs_come_by_name_in_full_size(folder):
    found = read_photo_folder(folder, leave_out=["held out"], copies=0, least=32)
    assert found.names == ("a", "b")
    expected = [read_image(folder / name) for name in ("a.webp", "b.png")]
    assert all(torch.equal(x, y) for x, y in zip(found.images, expected, strict=True))
    assert found.described() == {
        "photographs": 2, "megapixels": round((201 * 140 + 90 * 70) / 1e6, 2), "sha256": found.sha256
    }  # fmt: skip


def test_large_ones_are_halved_and_copies_have_half_the_pixels_of_the_one_before(folder):
    found = read_photo_folder(folder, leave_out=["held out"], longest=95, copies=3, least=32)
    sizes = [tuple(x.shape[1:]) for x in found.images]
    first = [(70, 100), (49, 71), (35, 50)]
    assert sizes == [*first, (70, 90), (49, 64), (35, 45)], "what is shorter than 32 is not kept"
    large = Image.open(folder / "a.webp").convert("RGB")
    assert np.array_equal(np.array(halved(large)), found.images[0].permute(1, 2, 0).numpy())
    assert halved(large).size == (100, 70), "the odd column is cut"
    half = np.array(halved(large).resize((50, 35), Image.Resampling.BICUBIC))
    assert np.array_equal(half, found.images[2].permute(1, 2, 0).numpy())


def test_sizes_that_are_too_large_are_left_out_and_their_copies_stay(folder):
    found = read_photo_folder(folder, leave_out=["held out"], copies=2, least=32, most=110)
    sizes = [tuple(x.shape[1:]) for x in found.images]
    assert sizes == [(70, 100), (70, 90), (49, 64), (35, 45)] and found.names == ("a", "b")
    only = read_photo_folder(folder, leave_out=["held out"], copies=0, least=32, most=110)
    assert only.names == ("b",) and only.sha256 != found.sha256
    with pytest.raises(ImageError, match="at most 20 along the longer side"):
        read_photo_folder(folder, copies=0, least=8, most=20)


def test_small_ones_are_passed_over(folder):
    found = read_photo_folder(folder, least=99)
    assert found.names == ("a", "held out")
    assert [tuple(x.shape[1:]) for x in found.images] == [(140, 201), (99, 142), (100, 100)]


def test_the_hash_is_of_the_contents_and_of_nothing_else(folder, tmp_path):
    options = {"least": 32, "copies": 0}
    before = read_photo_folder(folder, **options).sha256
    shutil.move(folder / "a.webp", folder / "z.webp")
    assert read_photo_folder(folder, **options).sha256 == before
    assert read_photo_folder(folder, leave_out=["b"], **options).sha256 != before
    picture(folder / "b.png", 90, 70, seed=9)
    assert read_photo_folder(folder, **options).sha256 != before


def test_the_result_does_not_depend_on_the_threads(folder):
    one, many = (read_photo_folder(folder, workers=n, least=32) for n in (1, 4))
    assert one.names == many.names and one.sha256 == many.sha256
    assert all(torch.equal(a, b) for a, b in zip(one.images, many.images, strict=True))


def test_what_cannot_be_read_is_named(folder, tmp_path):
    with pytest.raises(ImageError, match="is not a folder"):
        read_photo_folder(folder / "b.png")
    with pytest.raises(ImageError, match="holds no photograph to train on.*1000 pixels"):
        read_photo_folder(folder, least=1000)
    (folder / "broken.png").write_bytes(b"\x89PNG nothing more")
    with pytest.raises(ImageError, match=r"broken\.png"):
        read_photo_folder(folder, least=32)
