"""Every kind of image file that can go wrong, and every kind of tensor that is no image."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from aesthetic_utils import storage
from aesthetic_utils.data.images import ImageError, read_image, require_writable_image, save_image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def colour_at(image: torch.Tensor, y: int, x: int) -> tuple[int, ...]:
    return tuple(image[:, y, x].tolist())


def test_rgb_comes_back_bit_for_bit(photo):
    image = read_image(photo)
    assert image.shape == (3, 48, 64) and image.dtype == torch.uint8 and image.is_contiguous()
    np.testing.assert_array_equal(image.permute(1, 2, 0).numpy(), np.asarray(Image.open(photo)))


def test_one_pixel(tmp_path):
    Image.new("RGB", (1, 1), RED).save(tmp_path / "dot.png")
    assert read_image(tmp_path / "dot.png").flatten().tolist() == list(RED)


@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_becomes_three_equal_channels(tmp_path, mode):
    Image.new(mode, (4, 3), 255).save(tmp_path / "grey.png")
    image = read_image(tmp_path / "grey.png")
    assert image.shape == (3, 3, 4) and (image == 255).all()


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_sixteen_bit_grey_is_scaled_and_not_clipped(tmp_path, ending):
    values = np.array([[0, 128, 257, 32768, 65535]], dtype=np.uint16)
    Image.fromarray(values).save(tmp_path / f"deep.{ending}")
    expected = np.rint(values / 257).astype(np.uint8)
    image = read_image(tmp_path / f"deep.{ending}")
    assert image[0].tolist() == expected.tolist() and (image[0] == image[2]).all()


def test_floating_point_is_scaled_or_refused(tmp_path):
    Image.fromarray(np.array([[0.0, 0.5, 1.0]], dtype=np.float32)).save(tmp_path / "ok.tif")
    assert read_image(tmp_path / "ok.tif")[0].tolist() == [[0, 128, 255]]
    Image.fromarray(np.array([[0.0, 40.0]], dtype=np.float32)).save(tmp_path / "wide.tif")
    with pytest.raises(ImageError, match=r"wide\.tif holds floating-point values outside"):
        read_image(tmp_path / "wide.tif")


def test_thirty_two_bit_grey_is_refused(tmp_path):
    Image.fromarray(np.array([[0, 70000]], dtype=np.int32)).save(tmp_path / "wide.tif")
    with pytest.raises(ImageError, match="32-bit values"):
        read_image(tmp_path / "wide.tif")


def test_cmyk_becomes_rgb(tmp_path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "print.jpg", quality=100)
    red, green, blue = colour_at(read_image(tmp_path / "print.jpg"), 4, 4)
    assert red > 245 and green < 10 and blue < 10


def test_palette_with_transparency_is_laid_on_white(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([*BLUE, *GREEN])
    image.putpixel((0, 0), 0)
    image.putpixel((1, 0), 1)
    image.save(tmp_path / "palette.png", transparency=0)
    image = read_image(tmp_path / "palette.png")
    assert colour_at(image, 0, 0) == WHITE and colour_at(image, 0, 1) == GREEN


def test_half_transparent_red_is_pink(tmp_path):
    Image.new("RGBA", (1, 1), (*RED, 128)).save(tmp_path / "glass.png")
    assert colour_at(read_image(tmp_path / "glass.png"), 0, 0) == (255, 127, 127)


def test_transparent_grey_and_transparent_colour_key(tmp_path):
    Image.new("LA", (1, 1), (0, 0)).save(tmp_path / "la.png")
    Image.new("RGB", (1, 1), RED).save(tmp_path / "key.png", transparency=RED)
    for name in ("la.png", "key.png"):
        assert colour_at(read_image(tmp_path / name), 0, 0) == WHITE


def test_exif_rotation_is_undone(tmp_path):
    upright = Image.new("RGB", (3, 2), WHITE)
    upright.putpixel((0, 0), RED)
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its side: turn by 90 degrees clockwise to view
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=exif)
    image = read_image(tmp_path / "turned.png")
    assert image.shape == (3, 2, 3) and colour_at(image, 0, 0) == RED


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("kept", [0.05, 0.5, 0.9])
def test_truncated(tmp_path, photo, kind, kept):
    buffer = io.BytesIO()
    Image.open(photo).save(buffer, kind)
    data = buffer.getvalue()
    cut = tmp_path / f"cut.{kind.lower()}"
    cut.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(ImageError, match=r"cut\.\w+ (is damaged|is not an image)"):
        read_image(cut)


def test_scrambled_middle(photo):
    data = bytearray(photo.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = bytes(40)
    photo.write_bytes(data)
    with pytest.raises(ImageError, match="damaged"):
        read_image(photo)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"Dear reader,\n", "is not an image in a known format"),
        (b"<!DOCTYPE html><html>404</html>", "begins like a web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing"),
    ],
)
def test_not_an_image(tmp_path, content, says):
    path = tmp_path / "letter.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=says) as caught:
        read_image(path)
    assert str(path) in str(caught.value)


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header promises that many pixels and whose data holds none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b""))


@pytest.mark.parametrize("side", [10_001, 12_000, 60_000])
def test_decompression_bomb(tmp_path, side):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_of_size(side, side))
    with pytest.raises(ImageError, match="bomb.png is (too large|larger than Pillow opens)"):
        read_image(path)


def test_the_limit_can_be_set(photo):
    with pytest.raises(ImageError, match=r"64 x 48 pixels; the limit is 3,071"):
        read_image(photo, max_pixels=64 * 48 - 1)
    assert read_image(photo, max_pixels=64 * 48).shape == (3, 48, 64)


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(ImageError, match="no such file"):
        read_image(tmp_path / "nothing.png")
    with pytest.raises(ImageError, match="cannot be read"):
        read_image(tmp_path)


def test_image_error_is_a_value_error():
    assert issubclass(ImageError, ValueError)


@pytest.mark.parametrize("ending", ["png", "webp", "bmp", "tif"])
def test_saved_images_come_back(tmp_path, ending):
    image = torch.randint(0, 256, (3, 5, 7), dtype=torch.uint8)
    path = tmp_path / "new folder" / f"image.{ending}"
    save_image(image, path)
    assert torch.equal(read_image(path), image)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_floats_are_rounded(tmp_path, dtype):
    image = torch.tensor([0.0, 0.25, 1.0], dtype=dtype).view(1, 1, 3)
    save_image(image, tmp_path / "grey.png")
    assert read_image(tmp_path / "grey.png")[0].tolist() == [[0, 64, 255]]


def test_jpeg_is_close(tmp_path):
    image = torch.full((3, 16, 16), 0.5)
    save_image(image, tmp_path / "flat.JPG")
    assert (read_image(tmp_path / "flat.JPG").int() - 128).abs().max() <= 1


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (np.zeros((3, 4, 4)), "torch tensor, not ndarray"),
        (torch.zeros(1, 3, 4, 4), r"save images\[0\]"),
        (torch.zeros(4, 4), r"not \[4, 4\]"),
        (torch.zeros(4, 4, 3), r"not \[4, 4, 3\]"),
        (torch.zeros(3, 0, 4), r"not \[3, 0, 4\]"),
        (torch.zeros(3, 4, 4, dtype=torch.int64), "not int64"),
        (torch.full((3, 4, 4), -1.0), "runs from -1 to -1"),
        (torch.full((3, 4, 4), 255.0), r"use image\.clamp\(0, 1\)"),
        (torch.full((3, 4, 4), float("nan")), "nan"),
    ],
)
def test_what_cannot_be_saved(tmp_path, image, says):
    with pytest.raises(ImageError, match=says):
        save_image(image, tmp_path / "image.png")
    assert list(tmp_path.iterdir()) == []


def test_unknown_ending(tmp_path):
    with pytest.raises(ImageError, match=r"no format is called '\.jpgg'; use one of \.png"):
        save_image(torch.zeros(3, 2, 2), tmp_path / "image.jpgg")


def test_full_disk_keeps_the_old_image(tmp_path, monkeypatch):
    path = tmp_path / "image.png"
    save_image(torch.zeros(3, 2, 2), path)
    before = path.read_bytes()
    monkeypatch.setattr(storage, "_force_to_disk", full_disk)
    with pytest.raises(ImageError, match=r"image\.png cannot be written: the disk is full"):
        save_image(torch.ones(3, 2, 2), path)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def full_disk(path):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    "error", [ValueError("Unable to seek to frame"), IndexError("odd"), SyntaxError("x")]
)
def test_whatever_opening_raises_is_said_in_a_sentence(photo, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(ImageError, match="damaged"):
        read_image(photo)


@pytest.mark.parametrize(
    "error",
    [
        NotImplementedError("Unimplemented pixel format 6"),
        OSError("cannot find loader for this WMF file"),
        OSError("Unsupported BMP bitfields layout"),
        OSError("decoder jpeg2k not available"),
    ],
)
def test_a_kind_that_cannot_be_read_is_not_called_damaged(photo, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(ImageError, match="of a kind that cannot be read here") as caught:
        read_image(photo)
    assert "damaged" not in str(caught.value)


def test_a_whole_bitmap_of_an_odd_kind(tmp_path):
    """Compression 3 with masks that Pillow does not know, in an otherwise whole file."""
    header = struct.pack("<IiiHHIIiiII", 56, 2, 2, 1, 16, 3, 16, 0, 0, 0, 0)
    masks = struct.pack("<IIII", 0xF, 0xF0, 0xF00, 0xF000)
    data = struct.pack("<2sIHHI", b"BM", 14 + 56 + 16, 0, 0, 70) + header + masks + bytes(16)
    (tmp_path / "odd.bmp").write_bytes(data)
    with pytest.raises(ImageError, match="of a kind that cannot be read here"):
        read_image(tmp_path / "odd.bmp")


def test_formats_hold_so_many_pixels(tmp_path):
    require_writable_image(tmp_path / "a.png", 70_000, 9)
    require_writable_image(tmp_path / "a.jpg", 65_500, 9)
    for name, side in (("a.jpg", 65_501), ("a.webp", 16_384)):
        with pytest.raises(ImageError, match="at most .* choose the ending .png"):
            require_writable_image(tmp_path / name, 9, side)
    with pytest.raises(ImageError, match="cannot be written"):
        require_writable_image(tmp_path / "none" / "a.png", 9, 9)
