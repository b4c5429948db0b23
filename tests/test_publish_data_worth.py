"""The tool that asks what more photographs are worth, with toys."""

import pytest
import torch
from PIL import Image

from tools import publish_data_worth as worth


@pytest.fixture(autouse=True)
def smoke(monkeypatch, tmp_path):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    monkeypatch.chdir(tmp_path)


def test_each_set_is_learned_from_and_the_record_says_how_much_there_was(monkeypatch):
    written = {}
    monkeypatch.setattr(worth, "refusal", lambda: None)
    monkeypatch.setattr(worth, "write_result", lambda name, record: written.update({name: record}))
    assert worth.main() == 0
    rows = written["super_resolution_data"]["rows"]
    assert [row["data"] for row in rows] == [worth.EMBEDDED, worth.CLASSIC, worth.ALL]
    assert [row["photographs"] for row in rows] == [3, 3, 6]
    pixels = [row["megapixels"] for row in rows]
    assert pixels[2] == pytest.approx(pixels[0] + pixels[1], abs=0.15)
    assert all(10 < row["test"]["mean"] < 60 for row in rows)


def test_the_classic_sets_are_read_from_their_three_folders(monkeypatch, tmp_path):
    monkeypatch.setenv("AESTHETIC_MODE", "laptop")
    monkeypatch.setenv("AESTHETIC_DATA", str(tmp_path))
    with pytest.raises(worth.MissingDataError, match="T91 and BSDS500 are not here"):
        worth.photographs()
    sizes = {"T91": 96, "BSDS500/train": 100, "BSDS500/test": 104}
    for name, side in sizes.items():
        (tmp_path / name).mkdir(parents=True)
        Image.effect_noise((side, side), 50).convert("RGB").save(tmp_path / name / "a.png")
    embedded = [torch.zeros(3, 8, 8, dtype=torch.uint8)]
    monkeypatch.setattr(worth, "training_photos", lambda: embedded)
    found = worth.photographs()
    assert [photo.shape[1] for photo in found[worth.CLASSIC]] == [*sizes.values()]
    assert [len(photos) for photos in found.values()] == [1, 3, 4]
