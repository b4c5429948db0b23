"""Lesson 4.3: what its exercises accept, and the arithmetic that it reads aloud."""

import pytest
import torch
import torch.nn.functional as F

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.metrics import psnr
from aesthetic_utils.training.super_resolution import bicubic_down

EXERCISES = exercises_of("4_3")


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_different_mistakes_get_different_hints(name):
    exercise = EXERCISES[name]
    mistakes = (*exercise.hints, *exercise.wrong_examples)
    given = {verdict(exercise, wrong) for wrong in mistakes}
    assert len(given) == len(mistakes) and all(g.startswith("Not yet. ") for g in given)
    assert not any("raised" in g for g in given)


def test_unchanged_dots_are_no_answer():
    assert verdict(EXERCISES["shuffle"], (..., ...)).startswith("No answer yet")
    assert "dots" in verdict(EXERCISES["unshuffle"], lambda *_: ...)


def test_the_channel_is_the_one_torch_takes():
    channels, green = EXERCISES["shuffle"].answer
    x = torch.arange(float(channels)).view(1, channels, 1, 1)
    assert F.pixel_shuffle(x, 4)[0, 1, 2, 3] == green


def test_decibels_and_means_are_those_of_the_package():
    reference = torch.zeros(4, 3, 8, 8, dtype=torch.float64)
    errors = torch.tensor([0.1, 0.05, 0.2, 0.02], dtype=torch.float64)
    image = errors.view(4, 1, 1, 1).expand_as(reference)
    values = psnr(image, reference)  # the second error is half the first: a quarter, squared
    assert (values[1] - values[0]).item() == pytest.approx(EXERCISES["decibels"].answer)
    assert values[2:].mean().item() == pytest.approx(EXERCISES["mean_psnr"].answer)


def test_best_guesses_minimise_their_losses():
    grid = torch.linspace(0, 1, 101, dtype=torch.float64)
    squared = 0.6 * grid**2 + 0.4 * (1 - grid) ** 2
    absolute = 0.6 * grid + 0.4 * (1 - grid)
    assert (grid[squared.argmin()].item(), grid[absolute.argmin()].item()) == EXERCISES[
        "best_guess"
    ].answer


def test_a_fine_checkerboard_disappears_when_a_picture_is_made_small():
    board = (torch.arange(64)[:, None] + torch.arange(64)) % 2
    image = (0.5 + 0.05 * (1 - 2 * board)).expand(1, 3, -1, -1)
    assert (bicubic_down(image, 4) - 0.5).abs()[..., 2:-2, 2:-2].max() < 0.25 / 255


def test_the_mean_of_sharp_edges_beats_every_one_of_them():
    edges = torch.stack([(torch.arange(12) >= k).double() for k in (4, 5, 6, 7, 8)])
    errors = [(edges - guess).square().mean() for guess in (edges.mean(0), *edges)]
    assert all(errors[0] < e for e in errors[1:])
