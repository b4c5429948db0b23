"""Set5 is known by its pixels: here by those of five made-up pictures."""

import dataclasses
import hashlib

import numpy as np
import pytest
import torch
from PIL import Image

from aesthetic_utils.data.benchmarks import SET5, load_set5, pixel_hash
from aesthetic_utils.data.download import DownloadError, MissingDataError
from aesthetic_utils.data.images import read_image, save_image


@dataclasses.dataclass
class Pictures:
    images: dict
    table: dict


@pytest.fixture
def five() -> Pictures:
    generator = torch.Generator().manual_seed(5)
    images, table = {}, {}
    for number, name in enumerate(SET5):
        height, width = 12 + number, 16
        image = torch.randint(0, 256, (3, height, width), generator=generator, dtype=torch.uint8)
        rows = np.ascontiguousarray(image.permute(1, 2, 0).numpy())
        images[name] = image
        table[name] = (width, height, hashlib.sha256(rows.tobytes()).hexdigest())
    return Pictures(images, table)


def save(five: Pictures, folder, pattern: str) -> None:
    for number, (name, image) in enumerate(five.images.items(), start=1):
        save_image(image, folder / pattern.format(name=name, number=number))


@pytest.mark.parametrize(
    "pattern",
    [
        "{name}.png",
        "img_{number:03d}.png",
        "Set5/{name}.bmp",
        "Set5/image_SRF_4/img_{number:03d}_SRF_4_HR.png",
        "sr/Set5/HR/{name}.png",
    ],
)
def test_any_usual_naming(tmp_path, five, pattern):
    save(five, tmp_path, pattern)
    found = load_set5(tmp_path, table=five.table)
    assert [name for name, _ in found] == ["baby", "bird", "butterfly", "head", "woman"]
    assert all(torch.equal(image, five.images[name]) for name, image in found)


def test_low_resolution_copies_do_not_disturb(tmp_path, five):
    save(five, tmp_path, "Set5/{name}.png")
    for name, image in five.images.items():
        save_image(image[:, ::2, ::2], tmp_path / "Set5" / f"{name}_LR.png")
    assert len(load_set5(tmp_path, table=five.table)) == 5


def test_one_changed_pixel_is_refused(tmp_path, five):
    save(five, tmp_path, "img_{number:03d}.png")
    changed = five.images["butterfly"].clone()
    changed[0, 0, 0] ^= 1
    save_image(changed, tmp_path / "img_003.png")
    (tmp_path / "notes.png").write_text("not a picture")
    with pytest.raises(MissingDataError) as caught:
        load_set5(tmp_path, table=five.table)
    assert str(caught.value).startswith("butterfly of Set5 not found")
    assert "Right in size but not in pixels (recompressed, or damaged): img_003.png." in str(
        caught.value
    )


def test_missing_says_what_to_do(tmp_path):
    with pytest.raises(MissingDataError) as caught:
        load_set5(tmp_path / "nowhere")
    for words in ("baby, bird", "download=True", "SelfExSR", str(tmp_path / "nowhere" / "Set5")):
        assert words in str(caught.value)


@pytest.fixture
def server(folder_server):
    return f"{folder_server}/{{number}}.png"


def test_download(tmp_path, five, server):
    save(five, tmp_path / "server", "{number}.png")
    root = tmp_path / "root"
    found = load_set5(root, download=True, table=five.table, url=server)
    assert all(torch.equal(image, five.images[name]) for name, image in found)
    assert len(load_set5(root, table=five.table)) == 5


def test_download_of_another_picture_is_refused(tmp_path, five, server):
    save(five, tmp_path / "server", "{number}.png")
    save_image(five.images["baby"], tmp_path / "server" / "2.png")
    with pytest.raises(DownloadError, match="its pixels are not those of 'bird'"):
        load_set5(tmp_path / "root", download=True, table=five.table, url=server)
    assert [path.name for path in (tmp_path / "root" / "Set5").iterdir()] == ["baby.png"]


def test_the_hash_is_that_of_pillows_bytes(tmp_path, five):
    save_image(five.images["head"], tmp_path / "head.png")
    rows = Image.open(tmp_path / "head.png").convert("RGB").tobytes()
    assert pixel_hash(read_image(tmp_path / "head.png")) == hashlib.sha256(rows).hexdigest()


def test_the_real_pictures_where_they_are():
    try:
        found = dict(load_set5())
    except MissingDataError:
        pytest.skip("Set5 is not on this machine")
    assert all(found[name].shape == (3, height, width) for name, (width, height, _) in SET5.items())
