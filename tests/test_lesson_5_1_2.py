"""Lesson 5.1.2: its exercises."""

import numpy as np
import pytest
import torch

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.exercises.lesson_5_1_2 import hill
from aesthetic_utils.statistics.intervals import wilson_interval
from aesthetic_utils.training import reward, tuning

EXERCISES = exercises_of("5_1_2")


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("reward_loss", 0, "Which one was chosen"),
        ("reward_loss", 1, "sign"),
        ("reward_loss", 2, "mean over the votes"),
        ("reward_loss", 3, "logarithm is missing"),
        ("reward_loss", 4, "without end"),
        ("reward_loss", 5, "dots"),
        ("reward_loss", 6, "log 2"),
        ("reward_loss", 7, "on paper"),
        ("best_of", 0, "order of their rewards"),
        ("best_of", 1, "worst of n"),
        ("best_of", 2, "Sort by the rewards"),
        ("best_of", 3, "all samples"),
        ("best_of", 4, "top 1/n"),
        ("best_of", 5, "differences"),
        ("best_of", 6, "dots"),
        ("best_of", 7, "plain mean"),
        ("bound", 0, "second term is missing"),
        ("bound", 1, "n = 1"),
        ("bound", 2, "natural"),
        ("bound", 3, "taken away"),
        ("bound", 4, "dots"),
        ("bound", 5, "should be"),
        ("climb", 0, "downhill"),
        ("climb", 1, "sum"),
        ("climb", 2, "Add the step"),
        ("climb", 3, "itself"),
        ("climb", 4, "dots"),
        ("climb", 5, "gradient of the score"),
        ("climb", 6, "history"),
    ],
)
def test_each_mistake_gets_its_hint(name, number, words):
    assert words in verdict(EXERCISES[name], EXERCISES[name].wrong_examples[number])


def test_the_answers_are_what_the_package_does():
    a, b = torch.randn(9), torch.randn(9)
    torch.testing.assert_close(EXERCISES["reward_loss"].answer(a, b), reward.reward_loss(a, b))
    rewards, values = np.random.default_rng(0).normal(size=(2, 50))
    ours = EXERCISES["best_of"].answer(rewards, values, 7)
    assert ours == pytest.approx(tuning.best_of_n(rewards, values, 7))
    assert EXERCISES["bound"].answer(64) == pytest.approx(tuning.best_of_n_bound(64))
    z = torch.randn(4, 2)
    stepped = EXERCISES["climb"].answer(hill, z, 0.2)
    gradient = torch.stack([-2 * z[:, 0] + z[:, 1], 3 + z[:, 0]], 1)
    torch.testing.assert_close(stepped, z + 0.2 * gradient)


def test_numbers():
    mean = torch.zeros(100)
    mean[3] = 3
    law = tuning.Latent(mean=mean, spread=torch.ones(100))
    assert EXERCISES["moved"].answer == pytest.approx(law.kl)
    k = EXERCISES["of_thirty"].answer
    assert wilson_interval(k - 1, 30)[0] < 0.5 < wilson_interval(k, 30)[0]
