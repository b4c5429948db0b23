"""The live figures that learn: the numbers of their tests are torch's, their points are drawings, and they are light."""

import json
import sys
from pathlib import Path

import pytest
import torch

from aesthetic_utils.data import load_emoji
from tools import live_by_hand
from tools.whose_hand import look

ROOT = Path(__file__).resolve().parent.parent
LIVE = ROOT / "book" / "live"
FIXTURES = ROOT / "tests" / "live"


def flat(value) -> list[float]:
    if isinstance(value, dict):
        return [x for key in sorted(value) for x in flat(value[key])]
    return [x for part in value for x in flat(part)] if isinstance(value, list) else [value]


def test_the_numbers_of_the_tests_in_javascript_are_those_of_torch():
    sys.path.insert(0, str(FIXTURES))
    import play_fixtures

    kept = json.loads((FIXTURES / "play.json").read_text("utf-8"))
    again = play_fixtures.fixtures()
    assert kept.keys() == again.keys()
    assert [x for x in flat(kept) if isinstance(x, str)] == []
    assert flat(kept) == pytest.approx(flat(again), rel=1e-9, abs=1e-11)


def test_the_points_are_drawings_of_the_two_designers():
    text = (live_by_hand.FOLDER / "data.js").read_text("utf-8")
    assert text == live_by_hand.as_script()
    stored = json.loads(text.partition(" = ")[2].rstrip().removesuffix(";"))
    drawings = load_emoji("train", size=32, designers=("noto", "openmoji"))
    raw = look(drawings.images)[:, :2].double()
    tenths = (10 * (raw - raw.mean(0)) / raw.std(0)).round().int()
    there = {(*row, hand) for row, hand in zip(tenths.tolist(), drawings.designer.tolist(), strict=True)}  # fmt: skip
    assert {tuple(point) for point in stored["black"]} <= there
    for points in stored.values():
        hands = torch.tensor(points)[:, 2]
        assert hands.bincount().tolist() == [live_by_hand.EACH] * 2


@pytest.mark.parametrize("name", ["by_hand", "rotation", "gan_plane", "descent"])
def test_a_figure_is_light(name):
    """With what it shares with others, in bytes, not packed."""
    shared = [path for path in LIVE.iterdir() if path.is_file()]
    files = list((LIVE / name).iterdir())
    assert {"model.js", "view.js", f"{name}.css"} <= {path.name for path in files}
    assert sum(path.stat().st_size for path in files) < 35_000
    assert sum(path.stat().st_size for path in [*shared, *files]) < 72_000
