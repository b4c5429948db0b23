"""How many steps fit into a time, and the recorded passes of GPUs."""

from functools import partial
from types import SimpleNamespace

import pytest
import torch

from aesthetic_utils.training import gradient_graph, pace
from aesthetic_utils.training.checkpoint import save_checkpoint
from aesthetic_utils.training.gradient_graph import GradientGraph, fastest_step


@pytest.fixture
def clock(monkeypatch):
    """A clock that only steps move on; gives a step of so many seconds, and the list of its calls."""
    now, calls = [0.0], []
    monkeypatch.setattr(pace.time, "perf_counter", lambda: now[0])

    def step(seconds):
        calls.append(seconds)
        now[0] += seconds

    return (lambda seconds: partial(step, seconds)), calls


def test_as_many_steps_as_the_time_allows_with_some_to_spare(clock):
    step, calls = clock
    assert pace.steps_that_fit(step(0.5), 10, at_most=10**6) == int(1200 * (1 - pace.SPARE))
    assert len(calls) == 3 + 8, "three to warm up, then four seconds"


def test_never_more_than_planned_and_never_none(clock):
    step, _ = clock
    assert pace.steps_that_fit(step(0.01), 10, at_most=40) == 40
    assert pace.steps_that_fit(step(90.0), 1, at_most=40) == 1


def test_a_run_that_was_begun_keeps_its_schedule(clock, tmp_path):
    step, calls = clock
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, models={}, step=3, config={"steps": 77})
    assert pace.steps_that_fit(step(0.5), 10, at_most=10**6, path=path) == 77 and not calls


class OnGPU(torch.nn.Linear):
    """Says of its weights that they lie on a GPU."""

    def parameters(self, recurse=True):
        yield SimpleNamespace(is_cuda=True)


@pytest.mark.parametrize(("kind", "clip"), [(torch.nn.Linear, 0.5), (OnGPU, 0.5), (OnGPU, None)])
def test_the_fastest_step_moves_weights_as_a_plain_one_does(kind, clip, monkeypatch):
    """On the CPU, and on a GPU with passes that are made in place of the recorded ones."""

    class Plain(GradientGraph):
        def __call__(self, *inputs):
            loss = self.loss_of(*inputs)
            loss.backward()
            return loss.detach()

    monkeypatch.setattr(gradient_graph, "GradientGraph", Plain)
    torch.manual_seed(0)
    model, x, y = kind(3, 1), torch.randn(8, 3), 5 * torch.randn(8, 1)
    before, numbers = (
        [w.detach().clone() for w in (model.weight, model.bias)],
        [model.weight, model.bias],
    )
    loss_of = lambda x, y: (model(x) - y).square().mean()  # noqa: E731
    gradients = torch.autograd.grad(loss_of(x, y), numbers)
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    assert norm > 1, "long enough to be shortened"
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    step = fastest_step(loss_of, model, torch.optim.SGD(numbers, 0.1), scaler=scaler, clip=clip)
    expected = loss_of(x, y).detach()
    assert step(x, y) == expected and loss_of(x, y) < expected
    for now, was, gradient in zip(numbers, before, gradients, strict=True):
        share = 1 if clip is None else clip / norm
        torch.testing.assert_close(now.detach(), was - 0.1 * share * gradient)


def test_a_graph_wants_a_gpu():
    with pytest.raises(ValueError, match="CUDA device"):
        GradientGraph(lambda x: x.sum(), torch.nn.Identity())(torch.ones(1))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="records on a GPU")
def test_a_recorded_pass_gives_the_gradients_of_a_plain_one():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4)).cuda()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    gradients = GradientGraph(lambda x: (model(x) - 1).square().mean(), model)
    for _ in range(3):
        x = torch.rand(2, 3, 8, 8, device="cuda")
        loss, recorded = gradients(x).clone(), model[0].weight.grad.clone()
        plain = (model(x) - 1).square().mean()
        expected = torch.autograd.grad(plain, model[0].weight)[0]
        torch.testing.assert_close(loss, plain.detach())
        torch.testing.assert_close(recorded, expected)
        optimizer.step()
    assert model[1].num_batches_tracked == 6, "three recorded passes and three plain ones"
    with pytest.raises(ValueError, match="recorded for inputs"):
        gradients(torch.rand(3, 3, 8, 8, device="cuda"))
