"""The tool that tunes the generator to simulated tastes, with toys; and what its verdicts say of made-up curves."""

import numpy as np
import pytest

from tools import publish_tuning as tool


@pytest.fixture(autouse=True)
def smoke(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")


def rows(owner, proxy=None, coverage=None, nearest=None, judges=None):
    """Rows of one owner, one for each strength, at steps 0, 10, 20, ..."""
    n = len(owner)
    parts = {
        "owner": owner, "proxy": proxy or list(range(n)), "coverage_photographs": coverage or [1.0] * n,
        "nearest": nearest or [9.0] * n, "judges": judges or owner,
    }  # fmt: skip
    return [{"step": 10 * i} | {key: part[i] for key, part in parts.items()} for i in range(n)]


PEAK = [0.0, 1.0, 0.5, -2.0]
LATER = [0.0, 0.8, 1.4, 0.2]


def test_a_gap_is_wide_if_its_interval_is_above_0():
    assert tool.wide_gap(np.array([3.0, 3.2, 2.9, 3.1]))["met"]
    assert not tool.wide_gap(np.array([1.0, 1.2, 0.9, 1.1]))["met"]
    assert not tool.wide_gap(np.array([20.0, -15.0, 9.0, 0.0]))["met"]


def test_a_goodhart_curve_falls_while_the_reward_rises():
    for curve, proxy, met in (
        (PEAK, None, True), ([0, 1, 2, 3], None, False), (PEAK, [0, 1, 0.5, 0.4], False),
    ):  # fmt: skip
        tuned = {50: [rows(curve, proxy)]}
        owner = {50: tool.column(tuned[50], "owner")}
        assert tool.peak_and_fall(tuned, owner, {50: int(np.argmax(curve))})["met"] is met


def test_peaks_have_to_come_later_and_higher():
    assert tool.later_and_higher([10, 20, 20], [0.1, 0.2, 0.3])["met"]
    assert not tool.later_and_higher([10, 10, 10], [0.1, 0.2, 0.3])["met"]
    assert not tool.later_and_higher([10, 20, 30], [0.1, 0.3, 0.2])["met"]


def test_pictures_become_fewer_and_farther():
    worse = [rows(PEAK, coverage=[0.9, 0.85, 0.6, 0.4], nearest=[9, 9, 11, 20])]
    assert tool.fewer_and_farther({50: worse}, {50: 1}, far=12.0)["met"]
    assert not tool.fewer_and_farther({50: worse}, {50: 1}, far=25.0)["met"]
    assert not tool.fewer_and_farther({50: [rows(PEAK)]}, {50: 1}, far=5.0)["met"]


def test_for_whom_looks_at_many_votes_only():
    def gains(others, worst):
        at = len(tool.NS)
        return {"owner": [1.0] * at, "others": [others] * at, "worst": [worst] * at}

    few, many, common = gains(0.9, -0.1), gains(0.5, -1.2), gains(0.8, -1.2)
    assert tool.for_whom({50: [few], 200: [many]})["met"]
    assert not tool.for_whom({50: [few], 200: [common]})["met"]
    assert not tool.for_whom({200: [gains(0.5, -0.9)]})["met"]


def test_stopping_early_keeps_what_the_judges_see():
    good = [rows(PEAK), rows(LATER)]
    late = [rows(PEAK, judges=[0, 1, 2, 3])]
    owner = {50: tool.column(good, "owner")}
    found = tool.stopped({50: good}, owner)
    assert found["met"] and found["votes"]["50"]["steps"] == [10, 20]
    assert not tool.stopped({50: late}, {50: tool.column(late, "owner")})["met"]


def test_the_whole_tool_with_toys_keeps_its_parts(monkeypatch, tmp_path):
    written = {}
    monkeypatch.setattr(tool, "refusal", lambda: None)
    monkeypatch.setattr(tool, "write_result", lambda name, record: written.update(record))
    small = tool.sizes() | {"votes": (50,), "tuned": (50,), "some": (50,)}
    monkeypatch.setattr(tool, "sizes", lambda: small)
    monkeypatch.setattr(tool, "BETAS", (1.0,))
    monkeypatch.setattr(tool, "SHIFTS", (1.0,))
    assert tool.main(tmp_path) == 0
    assert set(written["verdicts"]) == set("abcdefg")
    gradient = written["ways"]["gradient"]["50"]
    assert gradient["step"] == [0, 1, 2] and len(gradient["gap_low"]) == 3
    assert written["best_of"]["linear"]["50"]["proxy"][0] == pytest.approx(0, abs=0.01)
    assert all(0 <= share <= 1 for share in gradient["coverage_photographs"])
    parts = sorted(path.name for path in tmp_path.rglob("seed_1/*.json"))
    assert parts == [
        "ascent_50.json", "choosing_50.json", "dpo_50.json", "gradient_50.json", "rewards_50.json",
        "truncation_0.json", "weighing_50.json",
    ]  # fmt: skip
