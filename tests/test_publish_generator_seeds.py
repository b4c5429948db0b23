"""The tool that trains one generator twice, with toys."""

import pytest

from tools import publish_generator_seeds as tool


@pytest.fixture(autouse=True)
def smoke(monkeypatch, tmp_path):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    monkeypatch.chdir(tmp_path)


def by_brightness(draw, *_) -> dict:
    """In place of the rulers, whose own tests are elsewhere."""
    return {"rulers": {"pixels": {"mean": {"mean": draw(4, 0).mean().item()}}}}


def test_the_first_seed_is_the_published_one_and_the_others_are_trained_once(monkeypatch):
    written = {}
    monkeypatch.setattr(tool, "refusal", lambda: None)
    monkeypatch.setattr(tool, "drawn", lambda: None)
    monkeypatch.setattr(tool, "judged", by_brightness)
    monkeypatch.setattr(tool, "write_result", lambda name, record: written.update({name: record}))
    assert tool.main(tool.Path("runs")) == 0
    first = written["generator_seeds"]
    shipped = tool.weights_path("gan_emoji")
    assert [tool.weights_of(seed, tool.Path("runs")) == shipped for seed in (0, 1)] == [True, False]
    bright = first["rulers"]["pixels"]["mean"]
    assert bright["n"] == 2 and bright["low"] <= bright["mean"] <= bright["high"]
    assert len(set(bright["values"])) == 2, "two trainings, two generators"
    monkeypatch.setattr(tool, "judged", lambda *_: pytest.fail("judged again"))
    assert tool.main(tool.Path("runs")) == 0
    assert written["generator_seeds"]["rulers"] == first["rulers"]
