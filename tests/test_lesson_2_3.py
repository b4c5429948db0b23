"""Lesson 2.3: what its exercises accept, and the facts about leaves that its text relies on."""

import torch
from torch import nn

from aesthetic_utils.data import load_emoji
from aesthetic_utils.exercises import exercises_of, verdict

EXERCISES = exercises_of("2_3")


def test_dots_in_a_function_are_noticed():
    assert "dots" in verdict(EXERCISES["coverage"], lambda *_: ...)


def test_three_to_one():
    p, q = 3.0, 1.0
    assert EXERCISES["verdict"].answer == p / (p + q)


def network(inputs: int) -> nn.Sequential:
    """The lesson's discriminator: three hidden layers of 64."""
    layers: list[nn.Module] = []
    for width in (inputs, 64, 64):
        layers += [nn.Linear(width, 64), nn.LeakyReLU()]
    return nn.Sequential(*layers, nn.Linear(64, 1))


def test_parameters_are_those_of_torch():
    count = sum(p.numel() for p in network(3 * 32 * 32).parameters())
    assert count == EXERCISES["parameters"].answer
    hints = EXERCISES["parameters"].hints
    assert sum(p.numel() for p in network(2).parameters()) in hints
    assert sum(p.numel() for p in network(32 * 32).parameters()) in hints
    assert sum(p.numel() for p in network(3 * 32 * 32).parameters() if p.ndim == 2) in hints


def test_coverage_judges_centres_and_not_samples():
    right = EXERCISES["coverage"].answer
    centres = torch.tensor([[0.0, 0.0], [5.0, 0.0]])
    assert right(torch.zeros(10, 2), centres, 1.0) == 0.5
    assert right(torch.tensor([[0.0, 0.0], [5.5, 0.0], [9.0, 9.0]]), centres, 1.0) == 1.0


def test_five_designers_drew_a_maple_leaf_and_agree_in_the_middle():
    emoji = load_emoji("all", size=64)
    leaves = emoji.images[[i for i, name in enumerate(emoji.names) if name == "maple-leaf"]]
    votes = (leaves.amin(1) < 245).sum(0)
    assert leaves.shape == (5, 3, 64, 64)
    assert votes[28:36, 28:36].eq(5).all(), "all five paint the middle"
    assert votes[0, 0] == 0 and votes.eq(1).any(), "nobody the corner, somebody alone a tooth"


def test_share_of_the_data_near_a_centre():
    """The lesson says 98.9 % within three standard deviations, in two dimensions."""
    within = 1 - torch.exp(torch.tensor(-(3.0**2) / 2))
    assert f"{within:.1%}" == "98.9%"
