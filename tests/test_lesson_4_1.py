"""Lesson 4.1 and lesson 1: what their exercises accept, and the numbers that the lessons derive."""

import pytest
import torch
from torch import nn

from aesthetic_utils import metrics
from aesthetic_utils.data import load_emoji
from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.models import ArticleCNN, CNNConfig
from aesthetic_utils.training import predict
from aesthetic_utils.training.rulers import load_classifier

EXERCISES = exercises_of("4_1")


def parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def test_parameter_counts_are_those_of_the_network():
    exercise = EXERCISES["parameters_at_64"]
    big = ArticleCNN(CNNConfig(classes=5, image_size=64))
    assert parameters(big) == exercise.answer
    # the numbers that get a hint of their own are the counts that their mistakes lead to
    assert parameters(ArticleCNN(CNNConfig(classes=5))) in exercise.hints
    assert parameters(ArticleCNN(CNNConfig(classes=10, image_size=64))) in exercise.hints
    assert sum(p.numel() for p in big.parameters() if p.ndim > 1) in exercise.hints
    assert parameters(big) + 128 * 64 * (32 * 32 - 16 * 16) in exercise.hints


@pytest.mark.parametrize("size", [27, 28, 31, 32])
def test_seven_is_left_of_28_to_31_pixels(size):
    model = ArticleCNN(CNNConfig())
    x = torch.zeros(1, 3, size, size)
    left = model.pool(model.conv2(model.pool(model.conv1(x)))).shape[-1]
    assert (left == 7) == (28 <= size <= EXERCISES["largest_size_for_seven"].answer)


def test_receptive_field_is_what_gradients_reach():
    model, average = ArticleCNN(CNNConfig()), nn.AvgPool2d(2)
    third = nn.Conv2d(64, 64, 3, padding=1)
    x = torch.ones(1, 3, 64, 64, requires_grad=True)
    two_blocks = average(model.conv2(average(model.conv1(x))))
    average(third(two_blocks))[0, :, 4, 4].sum().backward()
    columns = (x.grad[0].abs().sum((0, 1)) > 0).sum()
    assert columns == EXERCISES["receptive_field"].answer


@pytest.mark.parametrize(("lesson", "name"), [("4_1", "balanced_accuracy"), ("1", "cover")])
def test_each_mistake_in_a_function_gets_a_hint_of_its_own(lesson, name):
    exercise = exercises_of(lesson)[name]
    hints = [verdict(exercise, wrong) for wrong in exercise.wrong_examples]
    assert len(set(hints)) == len(hints)
    assert not any("raised" in hint for hint in hints)
    assert "dots" in verdict(exercise, lambda *_: ...)


def test_the_most_frequent_confusion_is_emojione_taken_for_noto():
    """What the lesson reads from the confusion matrix of the published designer network."""
    drawings, network = load_emoji("test"), load_classifier("resnet_emoji_designer")
    answers = predict(network, drawings.images)[:, :5].argmax(1)
    counts = metrics.confusion_matrix(answers, drawings.designer, 5).fill_diagonal_(0)
    truth, said = divmod(int(counts.argmax()), 5)
    names = drawings.designer_names
    assert (names[truth], names[said]) == ("emojione", "noto")
