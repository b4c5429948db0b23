"""What page 5.1 says of the table of generators holds in the record that the table is made of."""

import pytest

from aesthetic_utils.published.results import load_result

DCGAN, STYLE, FLOW, REAL = "gan_emoji", "stylegan2_emoji", "flow_emoji", "held-out drawings"
HANDS, THINGS, PHOTOGRAPHS = "resnet_emoji_designer", "resnet_emoji_category", "convnet_cifar10"


@pytest.fixture(scope="module")
def record() -> dict:
    return load_result("generator_distances")


def number(record: dict, ruler: str, name: str, measure: str = "frechet") -> float:
    return record["rulers"][ruler][name][measure]["mean"]


def test_the_flow_covers_most_and_comes_nearest_by_things_and_photographs(record):
    for other in (DCGAN, STYLE):
        assert number(record, THINGS, FLOW, "coverage") > number(record, THINGS, other, "coverage")
        for ruler in (THINGS, PHOTOGRAPHS):
            assert number(record, ruler, FLOW) < number(record, ruler, other)


def test_by_hands_stylegan2_and_the_flow_are_level(record):
    style, flow = (record["rulers"][HANDS][name]["frechet"] for name in (STYLE, FLOW))
    assert abs(style["mean"] - flow["mean"]) < 3 * max(style["half_error"], flow["half_error"])


def test_stylegan2_beats_the_dcgan_by_hands_and_photographs_and_not_by_things(record):
    for ruler in (HANDS, PHOTOGRAPHS):
        assert number(record, ruler, STYLE) < 0.9 * number(record, ruler, DCGAN)
    assert number(record, THINGS, STYLE) > 0.95 * number(record, THINGS, DCGAN)
    minutes = {name: record["generators"][name]["cpu_minutes"] for name in (STYLE, DCGAN)}
    assert 5.5 < minutes[STYLE] / minutes[DCGAN] < 7


def test_all_are_far_from_real_drawings_and_none_copies(record):
    copies = record["pixels"]
    for name in (DCGAN, STYLE, FLOW):
        assert copies[name]["memorised"]["mean"] < copies[REAL]["memorised"]["mean"]
        for ruler in (HANDS, THINGS, PHOTOGRAPHS):
            assert number(record, ruler, name) > 1.3 * number(record, ruler, REAL)
