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


def test_the_flow_comes_nearest_and_covers_most_whoever_looks(record):
    for other in (DCGAN, STYLE):
        for ruler in (HANDS, THINGS, PHOTOGRAPHS):
            assert number(record, ruler, FLOW) < 0.9 * number(record, ruler, other)
            flow, there = (number(record, ruler, name, "coverage") for name in (FLOW, other))
            assert flow > there


def test_by_things_the_flow_is_as_near_as_real_drawings_and_covers_as_many(record):
    flow, real = (record["rulers"][THINGS][name]["frechet"] for name in (FLOW, REAL))
    assert abs(flow["mean"] - real["mean"]) < 2 * max(flow["half_error"], real["half_error"])
    assert (
        number(record, THINGS, FLOW, "coverage") > number(record, THINGS, REAL, "coverage") - 0.03
    )
    for ruler in (HANDS, PHOTOGRAPHS):
        assert number(record, ruler, FLOW) > 1.3 * number(record, ruler, REAL)


def test_stylegan2_beats_the_dcgan_by_hands_and_photographs_and_not_by_things(record):
    for ruler in (HANDS, PHOTOGRAPHS):
        assert number(record, ruler, STYLE) < 0.9 * number(record, ruler, DCGAN)
    assert number(record, THINGS, STYLE) > 0.95 * number(record, THINGS, DCGAN)
    minutes = {name: record["generators"][name]["cpu_minutes"] for name in (STYLE, DCGAN)}
    assert 5.5 < minutes[STYLE] / minutes[DCGAN] < 7


def test_none_is_flagged_for_copies_as_often_as_held_out_drawings(record):
    copies = record["pixels"]
    for name in (DCGAN, STYLE, FLOW):
        assert copies[name]["memorised"]["mean"] < copies[REAL]["memorised"]["mean"]
