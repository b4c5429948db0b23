"""Compression, Birkhoff's polygons and the information measures on images of known content."""

import io
import math
import zlib

import numpy as np
import pytest
import torch
from PIL import Image
from reference_images import grey_image, reference_image

from aesthetic_utils.measures import complexity
from aesthetic_utils.measures.complexity import Compression, PolygonOrder, birkhoff_polygon


@pytest.mark.parametrize(
    ("order", "lines", "expected"),
    [  # V, E, R, HV, F
        ((1, 1, 2, 2, 0), 4, 1.5),  # square
        ((1, 1, 1, 2, 0), 4, 1.25),  # rectangle
        ((1, 1, 1.5, 0, 0), 3, 7 / 6),  # equilateral triangle on its side
        ((1, 1, 2.5, 0, 0), 5, 0.9),  # five-pointed star
        ((0, -1, 0, 0, 2), 4, -0.75),
        ((0, 0, 0, 1, 0), 4, 0.25),  # sides that lie nearly in a grid, and nothing else
    ],
)
def test_birkhoffs_polygons(order, lines, expected):
    names = ("vertical_symmetry", "equilibrium", "rotational_symmetry", "network", "unsatisfactory")
    elements = PolygonOrder(**dict(zip(names, order, strict=True)))
    assert birkhoff_polygon(elements, lines) == pytest.approx(expected)


def test_impossible_polygons():
    with pytest.raises(ValueError, match="3 lines"):
        birkhoff_polygon(PolygonOrder(), 2)
    for wrong in (
        {"vertical_symmetry": 2}, {"equilibrium": -2}, {"network": 3}, {"rotational_symmetry": -1},
        {"unsatisfactory": -1},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=next(iter(wrong))):
            PolygonOrder(**wrong)


def test_noise_cannot_be_compressed():
    rgb = np.random.default_rng(0).integers(0, 256, (3, 128, 128)).astype(np.uint8)
    assert complexity.png_bytes_per_pixel(rgb) == pytest.approx(3, rel=0.01)
    found = complexity.information_measures(reference_image("white_noise"))
    assert found.m_b == pytest.approx(0, abs=1e-3)
    assert -0.02 < found.m_k < 0.01


def test_a_plain_image_is_all_order():
    plain = torch.full((3, 256, 256), 90, dtype=torch.uint8)
    found = complexity.information_measures(plain)
    assert found.m_b == 1
    assert 0.99 < found.m_k < 1
    assert 0 < complexity.png_bytes_per_pixel(plain) < 0.02
    assert 0 < complexity.jpeg_bytes_per_pixel(plain) < 0.03


def test_m_b_by_hand_and_blind_to_place():
    grey = np.repeat([0, 60, 120, 180], 64 * 16).reshape(64, 64)
    found = complexity.information_measures(grey_image(grey))
    shuffled = np.random.default_rng(1).permutation(grey.ravel()).reshape(64, 64)
    mixed = complexity.information_measures(grey_image(shuffled))
    assert found.m_b == pytest.approx(0.75)  # 2 of 8 bits
    assert mixed.m_b == pytest.approx(found.m_b)
    # the entropy of the greys is what a code blind to place can reach; order in space saves more
    assert mixed.m_k < 0.76 < 0.95 < found.m_k


def test_sizes_follow_the_content():
    smooth, rough = reference_image("noise_f1.5"), reference_image("noise_f1")
    for function in (complexity.png_bytes_per_pixel, complexity.jpeg_bytes_per_pixel):
        sizes = [function(i) for i in (reference_image("disc"), smooth, rough)]
        assert sizes == sorted(sizes), function.__name__
        assert function(rough) > 2 * function(reference_image("gradient"))


def test_png_is_counted_without_its_headers():
    """The pixels of a PNG are one zlib stream, which unpacks to a filter byte and a row, and so on."""
    image = reference_image("chelsea")[:, :64, :50]
    data = complexity._encoded(image.permute(1, 2, 0).numpy(), format="PNG", compress_level=6)
    start = data.index(b"IDAT") + 4
    stream = zlib.decompressobj()
    assert len(stream.decompress(data[start:])) == 64 * (1 + 3 * 50)
    packed = len(data[start:]) - len(stream.unused_data)
    assert complexity.png_bytes_per_pixel(image) == packed / (64 * 50)


def test_jpeg_is_counted_without_its_headers():
    """Two images of one size differ in what is counted by as much as their files do."""
    first, second = (reference_image("chelsea")[:, y : y + 160, :160] for y in (0, 140))
    files = []
    for image in (first, second):
        buffer = io.BytesIO()
        Image.fromarray(image.permute(1, 2, 0).numpy()).save(
            buffer, format="JPEG", quality=75, subsampling="4:2:0"
        )
        files.append(len(buffer.getvalue()))
    counted = [complexity.jpeg_bytes_per_pixel(image) * 160 * 160 for image in (first, second)]
    assert counted[0] - counted[1] == pytest.approx(files[0] - files[1])
    assert 500 < files[0] - counted[0] < 800


def test_settings():
    image = reference_image("astronaut")[:, 100:200, 100:200]
    fine = complexity.jpeg_bytes_per_pixel(image, Compression(jpeg_quality=95))
    assert fine > 1.5 * complexity.jpeg_bytes_per_pixel(image)
    stored = complexity.png_bytes_per_pixel(image, Compression(png_level=0))
    assert stored == pytest.approx(3, rel=0.01)
    for wrong in ({"png_level": 10}, {"jpeg_quality": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Compression(**wrong)


def test_a_single_pixel():
    pixel = torch.full((3, 1, 1), 7, dtype=torch.uint8)
    assert complexity.information_measures(pixel).m_b == 1
    for function in (complexity.png_bytes_per_pixel, complexity.jpeg_bytes_per_pixel):
        assert math.isfinite(function(pixel))
