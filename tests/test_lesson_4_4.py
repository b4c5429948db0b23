"""Lesson 4.4: what its exercises accept, and the arithmetic that it reads aloud."""

import pytest
import torch

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.models.stylegan2 import StyleGAN2Config, modulated_conv2d, truncate
from aesthetic_utils.training.stylegan2 import StyleGAN2Settings

EXERCISES = exercises_of("4_4")


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_different_mistakes_get_different_hints(name):
    exercise = EXERCISES[name]
    mistakes = (*exercise.hints, *exercise.wrong_examples)
    given = {verdict(exercise, wrong) for wrong in mistakes}
    assert len(given) == len(mistakes) and all(g.startswith("Not yet. ") for g in given)


@pytest.mark.parametrize("name", ["modulated", "pulled"])
def test_unchanged_dots_get_a_hint_of_their_own(name):
    assert "dots" in verdict(EXERCISES[name], lambda *_: ...)


def test_a_tensor_of_another_shape_is_named():
    said = verdict(EXERCISES["modulated"], lambda x, *_: x)
    assert "[2, 4, 5, 5]" in said and "[2, 3, 5, 5]" in said


def test_answers_are_those_of_the_package():
    sizes = StyleGAN2Config(channels=(8, 8, 8, 8, 8))
    assert (sizes.image_size, sizes.layers) == (64, EXERCISES["styles"].answer)
    assert StyleGAN2Config().layers == 8
    settings = StyleGAN2Settings()
    lazy = settings.gamma / 2 * settings.r1_interval
    assert lazy == pytest.approx(EXERCISES["lazy"].answer)
    assert verdict(EXERCISES["modulated"], modulated_conv2d) == "Right."
    assert verdict(EXERCISES["pulled"], truncate) == "Right."


def test_a_single_precision_answer_is_right_too():
    right = EXERCISES["modulated"].answer
    assert (
        verdict(EXERCISES["modulated"], lambda *a: right(*(t.float() for t in a)).double())
        == "Right."
    )
    assert torch.allclose(
        EXERCISES["pulled"].answer(torch.ones(1, 2), torch.zeros(2), 0.5), torch.tensor(0.5)
    )
