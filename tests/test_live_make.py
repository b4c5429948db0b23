"""The page Make it: that its data, and the values of its tests, are what we have."""

import json

import pytest

from tools import live_make


def flat(value) -> list:
    if isinstance(value, dict):
        return [x for key in sorted(value) for x in flat(value[key])]
    return [x for part in value for x in flat(part)] if isinstance(value, list) else [value]


def test_the_page_asks_for_what_the_published_flow_knows():
    assert live_make.FILE.read_text("utf-8") == live_make.as_script()


def test_the_values_that_the_script_is_tested_against_are_those_of_torch():
    kept, again = json.loads(live_make.FIXTURE.read_text("utf-8")), live_make.fixture()
    for one, other in zip(flat(kept), flat(again), strict=True):
        assert one == (other if isinstance(other, str) else pytest.approx(other, rel=1e-5))
