"""Lesson 2.1: what its exercises accept, and what page 2.1 derives by hand."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aesthetic_utils.exercises import exercises_of, verdict

EXERCISES = exercises_of("2_1")


def test_unchanged_dots_are_no_answer():
    assert verdict(EXERCISES["one_step"], ...).startswith("No answer yet")
    assert "dots" in verdict(EXERCISES["collapse"], lambda *_: ...)
    assert "dots" in verdict(EXERCISES["relu_slope"], lambda _: ...)


def test_parameter_count_is_that_of_torch():
    net = nn.Sequential(nn.Linear(768, 64), nn.Tanh(), nn.Linear(64, 5))
    assert sum(p.numel() for p in net.parameters()) == EXERCISES["parameter_count"].answer


def test_one_step_is_that_of_torch():
    w, b = torch.zeros(2, requires_grad=True), torch.zeros((), requires_grad=True)
    z = w @ torch.tensor([2.0, -1.0]) + b
    F.binary_cross_entropy_with_logits(z, torch.tensor(1.0)).backward()
    new = (*(-w.grad).tolist(), -b.grad.item())
    assert new == pytest.approx(EXERCISES["one_step"].answer)


def test_only_the_output_bias_learns_from_zeros():
    net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    for p in net.parameters():
        nn.init.zeros_(p)
    labels = torch.tensor([0, 0, 0, 1])
    F.cross_entropy(net(torch.randn(4, 2)), labels).backward()
    moved = [name for name, p in net.named_parameters() if p.grad.abs().max() > 0]
    assert moved == ["2.bias"]


def test_the_worked_example_of_page_2_1():
    """Every number that book/2-concepts/2_1_neural_networks.md works out by hand."""
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)).double()
    values = ([[1.0, 0.0], [0.0, -1.0]], [0.0, 0.0], [[1.0, -1.0], [0.0, 1.0]], [0.0, 0.0])
    with torch.no_grad():
        for p, value in zip(net.parameters(), values, strict=True):
            p.copy_(torch.tensor(value))
    x = torch.tensor([[1.0, 0.5]], dtype=torch.float64)
    hidden = net[1](net[0](x))
    logits = net[2](hidden)
    loss = F.cross_entropy(logits, torch.tensor([1]))
    loss.backward()
    close = dict(abs=5e-5)
    assert hidden[0].tolist() == pytest.approx([0.7616, -0.4621], **close)
    assert logits[0].tolist() == pytest.approx([1.2237, -0.4621], **close)
    assert logits.softmax(1)[0].tolist() == pytest.approx([0.8437, 0.1563], **close)
    assert loss.item() == pytest.approx(1.8558, **close)
    assert net[2].weight.grad[0].tolist() == pytest.approx([0.6425, -0.3899], **close)
    assert net[2].weight.grad[1].tolist() == pytest.approx([-0.6425, 0.3899], **close)
    assert net[0].bias.grad.tolist() == pytest.approx([0.3543, -1.3270], **close)
    assert net[0].weight.grad[0].tolist() == pytest.approx([0.3543, 0.1772], **close)
    assert net[0].weight.grad[1].tolist() == pytest.approx([-1.3270, -0.6635], **close)
