"""The tools that train generators on generators, and on few drawings, with toys."""

import pytest
import torch

from aesthetic_utils.models.unet import Conditions
from tools import publish_little_data, short_generators
from tools import publish_own_samples as tool


@pytest.fixture(autouse=True)
def smoke(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")


@pytest.fixture(scope="module")
def real():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AESTHETIC_MODE", "smoke")
        return short_generators.all_drawings()


@pytest.fixture(scope="module")
def one_ruler():
    """What three classifiers see takes long to find; one says as much about the tools."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AESTHETIC_MODE", "smoke")
        patch.setattr(tool, "RULERS", ("resnet_emoji_category",))
        yield tool.rulers()


def greys_and_reds(n: int, seed: int):
    """A generator whose every second picture is red; it is asked for rows in turn."""
    images = torch.full((n, 3, 32, 32), 128, dtype=torch.uint8)
    images[::2, 0, ::2] = 255
    return images, torch.arange(n) % 100


def test_what_is_learned_next_is_as_much_as_there_was_and_keeps_what_it_was_asked_for(real):
    before = []
    made = tool.food("replaced", real, real, before, greys_and_reds)
    n = len(real.images)
    assert made.images.shape == real.images.shape and bool((made.images[1] == 128).all())
    assert made.conditions.category.tolist() == [
        int(real.conditions.category[i % 100]) for i in range(n)
    ]
    assert made.may_mirror[:100].equal(real.may_mirror[:100])
    more = tool.food("accumulated", real, real, before, greys_and_reds)
    assert len(more.images) == 3 * n and more.images[:n].equal(real.images)
    # a generator that has learned from all of them is asked for rows of all of them
    last = tool.food(
        "replaced",
        real,
        more,
        before,
        lambda k, s: (greys_and_reds(k, s)[0], torch.arange(k) + 2 * n),
    )
    assert last.conditions.designer.equal(more.conditions.designer[2 * n :])


def test_of_twice_as_many_the_more_colourful_half_is_picked(real):
    made = tool.food("picked", real, real, [], greys_and_reds)
    assert len(made.images) == len(real.images)
    assert bool((made.images[:, 0, 0] == 255).all()), "all of the red ones, and no grey one"
    assert tool.colours(greys_and_reds(4, 0)[0]).argsort().tolist()[:2] in ([1, 3], [3, 1])


def test_pictures_come_back_as_they_were(tmp_path):
    images = torch.randint(0, 256, (5, 3, 32, 32), dtype=torch.uint8)
    short_generators.keep_pictures(images, tmp_path / "five.webp")
    back = short_generators.kept_pictures(tmp_path / "five.webp")
    assert short_generators.as_bytes(back).equal(images)


def test_drawings_are_joined_in_order(real):
    both = short_generators.joined(real.rows(slice(3)), real)
    assert len(both.images) == len(both.may_mirror) == len(real.images) + 3
    assert all(isinstance(part, torch.Tensor) for part in both.conditions)
    assert both.conditions.words[3:].equal(real.conditions.words)
    assert isinstance(both.conditions, Conditions) and not bool(both.conditions.words.any())


def test_a_chain_is_trained_once_and_measured_and_shown(monkeypatch, tmp_path, one_ruler):
    written = {}
    monkeypatch.setattr(tool, "rulers", lambda: one_ruler)
    monkeypatch.setattr(tool, "refusal", lambda: None)
    monkeypatch.setattr(tool, "CHAINS", ("gan_picked_0", "flow_accumulated_0"))
    monkeypatch.setattr(tool, "SHOWN_ROWS", {"gan_picked_0": (0, 1, 5)})
    monkeypatch.setattr(tool, "results_folder", lambda: tmp_path)
    monkeypatch.setattr(tool, "write_result", lambda name, record: written.update({name: record}))
    assert tool.main(tmp_path / "runs", [], draw_only=True) == 0 and not written
    monkeypatch.setattr(tool, "run_chain", lambda *_: pytest.fail("trained again"))
    assert tool.main(tmp_path / "runs", [], draw_only=False) == 0
    record = written["own_samples"]
    assert [[row["generation"] for row in chain["rows"]] for chain in record["chains"]] == [
        [0, 1],
        [0, 1],
    ]
    assert (
        record["sheet"] == ["gan_picked_0 0", "gan_picked_0 1"] and (tmp_path / tool.SHEET).exists()
    )
    first = record["chains"][0]["rows"][0]
    assert set(first["rulers"]) == set(one_ruler) and first["colourfulness"] > 0
    assert record["chains"][1]["diet"] == "accumulated" and record["chains"][1]["hardware"]


def test_few_drawings_are_few_and_the_same_for_both_ways(monkeypatch, tmp_path, one_ruler):
    written = {}
    monkeypatch.setattr(publish_little_data, "rulers", lambda: one_ruler)
    monkeypatch.setattr(publish_little_data, "refusal", lambda: None)
    monkeypatch.setattr(publish_little_data, "TRAININGS", ("gan_16_moved_0", "gan_16_still_0"))
    monkeypatch.setattr(
        publish_little_data, "write_result", lambda name, record: written.update({name: record})
    )
    known = publish_little_data.known_to("gan_16_moved_0")
    assert known.images.equal(publish_little_data.known_to("gan_16_still_0").images)
    assert len(known.images) < len(short_generators.all_drawings().images) / 2
    assert publish_little_data.main(tmp_path, draw_only=False) == 0
    rows = written["little_data"]["rows"]
    assert [row["moved"] for row in rows] == [True, False]
    assert all(row["copies"]["n"] == row["floor"]["n"] == 20 for row in rows)
