"""Lesson 4.2: what its exercises accept, and what it says of lengths, losses and sizes."""

import math

import pytest
import torch
from torch import nn

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.losses import discriminator_loss
from aesthetic_utils.models import DCGANConfig, Generator
from aesthetic_utils.training.gan import BROKEN

EXERCISES = exercises_of("4_2")


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_different_mistakes_get_different_hints(name):
    exercise = EXERCISES[name]
    mistakes = (*exercise.hints, *exercise.wrong_examples)
    given = {verdict(exercise, wrong) for wrong in mistakes}
    assert len(given) == len(mistakes) and all(g.startswith("Not yet. ") for g in given)


def test_unchanged_dots_get_a_hint_of_their_own():
    assert "dots" in verdict(EXERCISES["arc"], lambda *_: ...)


def test_answers_are_those_of_the_package():
    doublings = EXERCISES["doublings"].answer
    assert len(Generator(DCGANConfig(image_size=128, base_channels=1)).blocks) == doublings
    logit = torch.logit(torch.tensor([0.8]))
    assert discriminator_loss(logit, logit).item() == pytest.approx(EXERCISES["fooled"].answer)
    assert EXERCISES["diagnosis"].answer in BROKEN
    assert set(EXERCISES["diagnosis"].hints) < set(BROKEN)


def test_a_generator_of_three_doublings_stops_at_8_pixels():
    layers = [nn.ConvTranspose2d(a, b, 4, 2, 1) for a, b in ((100, 64), (64, 32), (32, 3))]
    assert nn.Sequential(*layers)(torch.zeros(1, 100, 1, 1)).shape == (1, 3, 8, 8)


def test_the_middle_of_a_line_is_too_short_and_of_an_arc_is_not():
    a, b = torch.randn(2, 2000, 100, generator=torch.Generator().manual_seed(0))
    assert a.norm(dim=1).mean().item() == pytest.approx(10, rel=0.01)
    assert ((a + b) / 2).norm(dim=1).mean().item() == pytest.approx(10 / math.sqrt(2), rel=0.01)
    middle = EXERCISES["arc"].answer(a[0], b[0], 0.5)
    assert a[0].norm() * 0.9 < middle.norm() < b[0].norm() * 1.2


def test_too_strong_means_two_hundred_times():
    change = BROKEN["discriminator too strong"]
    assert change["discriminator_learning_rate"] / change["learning_rate"] == pytest.approx(200)
