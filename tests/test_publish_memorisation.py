"""The tool that asks when a flow begins to copy, with toys."""

import pytest
import torch

from aesthetic_utils.data import load_emoji
from tools import publish_memorisation as tool


@pytest.fixture(autouse=True)
def smoke(monkeypatch, tmp_path):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    monkeypatch.chdir(tmp_path)


def test_copies_are_counted_moved_and_mirrored():
    drawings = load_emoji("train").images[:120].float() / 255
    library, others = drawings[:60], drawings[60:64]
    assert tool.copies(library[:4], library)["share"] == 1
    moved = library[:4].flip(3).roll((1, 1), (2, 3))
    assert tool.copies(moved, library)["share"] == 1
    found = tool.copies(torch.cat([library[:2], torch.rand(2, 3, 32, 32)]), library)
    assert (found["share"], found["n"]) == (0.5, 4)
    assert found["low"] < 0.5 < found["high"]
    assert tool.copies(others, library)["share"] < 1


def test_each_number_of_drawings_is_looked_at_on_the_way_and_is_not_trained_twice(
    monkeypatch, tmp_path
):
    row = tool.learn_few(60, (1, 2), tmp_path)
    assert [look["steps"] for look in row["looks"]] == [1, 2]
    assert [look["seen_each"] for look in row["looks"]] == [0.1, 0.3]  # 8 and 16 of 60
    assert all(look["copies"]["n"] == 4 for look in row["looks"])
    assert row["looks"][0]["loss"] != row["looks"][1]["loss"]
    monkeypatch.setattr(tool, "measured", lambda *_: pytest.fail("measured again"))
    assert tool.learn_few(60, (1, 2), tmp_path)["looks"] == row["looks"]


def test_the_published_network_stands_beside_them(monkeypatch):
    written = {}
    monkeypatch.setattr(tool, "refusal", lambda: None)
    monkeypatch.setattr(tool, "write_result", lambda name, record: written.update({name: record}))
    assert tool.main(tool.Path("runs")) == 0
    rows = written["flow_memorisation"]["rows"]
    assert [len(row["looks"]) for row in rows] == [2, 1]
    assert rows[0]["drawings"] == 60 < rows[1]["drawings"]
    about = tool.load_result("flow_emoji")
    seen = about["steps"] * about["settings"]["batch_size"] / about["drawings"]
    assert rows[1]["looks"][0]["seen_each"] == pytest.approx(seen, abs=0.06)
