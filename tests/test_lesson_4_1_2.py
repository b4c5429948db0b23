"""Lesson 4.1.2: what its exercises accept, and what it derives, found again in another way."""

import math

import pytest
import torch
import torch.nn.functional as F

from aesthetic_utils.data.augmented import AugmentedBatches
from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.models import ConvNetConfig
from aesthetic_utils.models.convnet import Block, whitening_filters

EXERCISES = exercises_of("4_1_2")
FUNCTIONS = [name for name, exercise in EXERCISES.items() if exercise.verify]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_mistake_gets_a_hint_of_its_own(name):
    exercise = EXERCISES[name]
    hints = [verdict(exercise, wrong) for wrong in exercise.wrong_examples]
    assert len(set(hints)) == len(hints)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != "residual_block"])
def test_dots_in_a_function_are_noticed(name):
    assert "dots" in verdict(EXERCISES[name], lambda *_: ...)


def test_dots_in_the_block_are_noticed():
    block = type("Dots", (EXERCISES["residual_block"].answer,), {"forward": lambda self, x: ...})
    assert "dots" in verdict(EXERCISES["residual_block"], block)


def test_the_block_is_that_of_the_package():
    torch.manual_seed(0)
    ours = Block(3, 8, ConvNetConfig())
    mine = EXERCISES["residual_block"].answer(3, 8)
    mine.load_state_dict(ours.state_dict(), strict=False)  # the package's has no bias
    for conv in (mine.conv1, mine.conv2):
        torch.nn.init.zeros_(conv.bias)
    x = torch.randn(4, 3, 8, 8)
    torch.testing.assert_close(mine(x), ours(x))


def test_any_rotation_of_whitening_filters_is_right():
    whitening = EXERCISES["whitening"].answer
    turn, _ = torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64))
    assert verdict(EXERCISES["whitening"], lambda patches: turn @ whitening(patches)) == "Right."
    assert "dots" not in verdict(EXERCISES["whitening"], lambda patches: 2 * whitening(patches))


def test_the_package_s_filters_whiten_as_the_exercise_asks():
    images = torch.rand(40, 3, 8, 8).cumsum(3) / 8  # neighbours are alike
    patches = F.unfold(images, 2).transpose(0, 1).flatten(1).T  # [patches, 12]
    ours = whitening_filters(images, 2, epsilon=0.0)[:12].flatten(1)
    mine = EXERCISES["whitening"].answer(patches.double()).flip(0).float()
    torch.testing.assert_close(ours.abs(), mine.abs(), rtol=1e-3, atol=1e-3)  # signs are free


def test_batches_of_the_package_flip_as_the_exercise_asks():
    images = torch.zeros(8, 1, 2, 2, dtype=torch.uint8)
    images[..., 0] = 255  # light on the left
    batches = AugmentedBatches(images, torch.arange(8), batch_size=8, flip="alternating", seed=3)
    seen = []
    for epoch in range(4):
        x, rows = batches.batch(epoch)
        seen.append((x[:, 0, 0, 0] == 0)[rows.argsort()])
    for epoch in range(4):
        assert torch.equal(EXERCISES["flipped"].answer(seen[0], epoch), seen[epoch])


def test_the_gap_is_where_gradient_descent_on_the_smoothed_loss_ends():
    logits = torch.zeros(1, 10, dtype=torch.float64, requires_grad=True)
    for _ in range(3000):
        loss = F.cross_entropy(logits, torch.tensor([3]), label_smoothing=0.2)
        (slope,) = torch.autograd.grad(loss, logits)
        logits = (logits - 2 * slope).detach().requires_grad_()
    gap = (logits[0, 3] - logits[0, 0]).item()
    assert math.isclose(gap, EXERCISES["smoothed_gap"].answer, abs_tol=1e-3)
    assert math.isclose(loss.item(), -0.82 * math.log(0.82) - 0.18 * math.log(0.02), abs_tol=1e-6)
