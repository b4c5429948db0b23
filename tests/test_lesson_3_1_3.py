"""Lesson 3.1.3: what its exercises accept, against PyTorch, and what page 3.1.3 derives beside it."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.exercises import exercises_of, verdict

EXERCISES = exercises_of("3_1_3")
FUNCTIONS = [name for name, exercise in EXERCISES.items() if exercise.verify]


def answer(name: str):
    return EXERCISES[name].answer


def numbers(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


# ---- what the exercises say


@pytest.mark.parametrize("name", FUNCTIONS)
def test_unchanged_dots_are_named(name):
    assert "dots" in verdict(EXERCISES[name], lambda *_: ...)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_mistake_in_a_function_gets_a_hint_of_its_own(name):
    hints = [verdict(EXERCISES[name], wrong) for wrong in EXERCISES[name].wrong_examples]
    assert len(set(hints)) == len(hints)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            lambda w, m, v, g, step, rate: adam(w, m, v, g, rate, step, hats=False),
            "hats are missing",
        ),
        (lambda w, m, v, g, step, rate: adam(w, m, v, g, rate, step, root=False), "its root"),
        (
            lambda w, m, v, g, step, rate: adam(w, m, v, g, rate, step, inside=True),
            "outside the root",
        ),
    ],
)
def test_hints_for_adam(wrong, says):
    assert says in verdict(EXERCISES["adam"], wrong)


def adam(w, m, v, g, rate, step, *, hats=True, root=True, inside=False):
    """Adam with one mistake."""
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    m_hat, v_hat = (m / (1 - 0.9**step), v / (1 - 0.999**step)) if hats else (m, v)
    if inside:
        return w - rate * m_hat / (v_hat + 1e-8).sqrt(), m, v
    return w - rate * m_hat / ((v_hat.sqrt() if root else v_hat) + 1e-8), m, v


def test_a_step_that_changes_its_argument_is_refused():
    def in_place(w, g, rate):
        w -= rate * g
        return w

    assert "new one" in verdict(EXERCISES["sgd"], in_place)


# ---- their answers against PyTorch


@pytest.mark.parametrize(
    ("make", "step"),
    [
        (
            lambda p: torch.optim.SGD(p, lr=0.1),
            lambda s, g, t: (answer("sgd")(s[0], g, 0.1), *s[1:]),
        ),
        (
            lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
            lambda s, g, t: (*answer("momentum")(s[0], s[1], g, 0.1, 0.9), s[2]),
        ),
        (lambda p: torch.optim.Adam(p, lr=0.1), lambda s, g, t: answer("adam")(*s, g, t, 0.1)),
    ],
    ids=["sgd", "momentum", "adam"],
)
def test_steps_are_those_of_torch(make, step):
    theirs = nn.Parameter(numbers(5))
    optimizer = make([theirs])
    state = (numbers(5), torch.zeros(5).double(), torch.zeros(5).double())
    for tau in range(1, 8):
        g = numbers(5, seed=tau) * torch.tensor([100.0, 1.0, 0.1, 1e-3, 1e-6])
        theirs.grad = g.clone()
        optimizer.step()
        state = step(state, g, tau)
    torch.testing.assert_close(state[0], theirs.detach(), rtol=1e-10, atol=1e-12)


def test_kaiming_is_torch_s_for_the_layer_of_the_exercise():
    torch.manual_seed(0)
    weights = nn.init.kaiming_normal_(torch.empty(512, 32, 3, 3), nonlinearity="relu")
    assert weights.std().item() == pytest.approx(answer("kaiming"), rel=0.01)
    layer = nn.Conv2d(32, 512, 3)  # what PyTorch does unless asked has a hint of its own
    torch_s = min(
        EXERCISES["kaiming"].hints, key=lambda wrong: abs(wrong - layer.weight.std().item())
    )
    assert torch_s == pytest.approx(math.sqrt(1 / (3 * 288)))


def test_smoothed_targets_give_torch_s_loss():
    logits, labels = numbers(6, 5), torch.tensor([0, 1, 2, 3, 4, 0])
    ours = F.cross_entropy(logits, answer("smooth_targets")(labels, 5, 0.1).double())
    torch.testing.assert_close(ours, F.cross_entropy(logits, labels, label_smoothing=0.1))


def test_decay_is_torch_s():
    w = nn.Parameter(torch.ones(1, dtype=torch.float64))
    optimizer = torch.optim.AdamW([w], lr=0.001, weight_decay=0.1)
    for _ in range(1000):
        w.grad = torch.zeros_like(w)
        optimizer.step()
    assert w.item() == pytest.approx(answer("decay"), rel=1e-9)


def test_no_answer_to_five_friends_is_better_than_the_floor():
    said = torch.linspace(0.01, 0.99, 99, dtype=torch.float64)
    losses = -(0.6 * said.log() + 0.4 * (1 - said).log())
    assert losses.min().item() == pytest.approx(answer("floor"), abs=1e-9)
    assert said[losses.argmin()].item() == pytest.approx(0.6)


# ---- batch normalisation


def test_batch_norm_and_its_gradient_are_torch_s():
    x, delta = numbers(9, 4).requires_grad_(), numbers(9, 4, seed=1)
    gamma, beta = numbers(4, seed=2), numbers(4, seed=3)
    y = F.batch_norm(x, None, None, gamma, beta, training=True)
    torch.testing.assert_close(answer("batch_norm")(x, gamma, beta), y)
    (wanted,) = torch.autograd.grad(y, x, delta)
    sigma = (x.var(0, correction=0) + 1e-5).sqrt()
    ours = answer("batch_norm_backward")(delta, (x - x.mean(0)) / sigma, sigma, gamma)
    torch.testing.assert_close(ours, wanted, rtol=1e-10, atol=1e-12)


def test_what_batch_norm_does_to_the_layer_before():
    """The three consequences on page 3.1.3, and the two lives of the layer."""
    torch.manual_seed(0)
    linear, norm = nn.Linear(6, 3), nn.BatchNorm1d(3, eps=1e-12)
    model, x = nn.Sequential(linear, norm, nn.Tanh()).double(), numbers(20, 6)
    before, grads = model(x), []
    for _ in range(2):
        loss = (model(x) ** 3).sum() + model(x)[:7].sum()
        grads.append(torch.autograd.grad(loss, (linear.weight, linear.bias)))
        linear.weight.data *= 10
    linear.weight.data /= 100
    torch.testing.assert_close(model(x), before)
    assert grads[0][1].abs().max() < 1e-12
    torch.testing.assert_close(grads[0][0], 10 * grads[1][0])
    assert (grads[0][0] * linear.weight).sum(1).abs().max() < 1e-9
    averages = norm.running_mean.clone()
    with torch.no_grad():
        model(x + 1)
    assert not torch.equal(averages, norm.running_mean)
    alone, together = model.eval()(x[:1]), model(x)[:1]
    torch.testing.assert_close(alone, together)


# ---- the rest of page 3.1.3


@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
@pytest.mark.parametrize(("share", "stays"), [(0.98, True), (1.02, False)])
def test_the_heavy_ball_s_limit(mu, share, stays):
    curvature, w, v = 3.0, 1.0, 0.0
    for _ in range(2000):
        w, v = answer("momentum")(w, v, curvature * w, share * 2 * (1 + mu) / curvature, mu)
    assert (abs(w) < 1) == stays
    assert answer("largest_rate") == pytest.approx(2 * (1 + 0.5) / 8)


def test_the_squared_noise_of_a_batch_is_that_of_one_picture_divided_by_its_size():
    gradients = numbers(500, 3) * torch.tensor([1.0, 2.0, 3.0])
    of_one = gradients.var(0, correction=0).sum()  # the trace of the covariance
    rows = torch.randint(500, (4000, 8), generator=torch.Generator().manual_seed(0))
    away = gradients[rows].mean(1) - gradients.mean(0)
    assert (away**2).sum(1).mean().item() == pytest.approx(of_one.item() / 8, rel=0.05)
