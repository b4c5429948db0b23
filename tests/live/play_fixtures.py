"""What torch says of small networks, optimisers and games, for the tests of the live figures that learn.

    PYTHONPATH=. python tests/live/play_fixtures.py

writes tests/live/play.json; tests/test_live_play.py asks torch again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FILE = Path(__file__).resolve().parent / "play.json"
SIZES = (([2, 1], 0.0), ([2, 4, 1], 0.0), ([2, 5, 4, 2], 0.2))  # of networks, and their leak
GAN = ([2, 16, 16, 2], [2, 16, 16, 1])
LEAK = 0.2
GAMES = ((0.2, 0.0), (0.5, 0.3), (1.2, 0.1), (0.9, 1.4))  # length of a step, penalty
RAVINES = (
    (25.0, 0.07, 0.7, 0.6),
    (4.0, 0.3, 0.9, 0.1),
    (90.0, 0.02, 0.0, 0.02),
)  # kappa, eta, mu, Adam's eta
STEPS = 12


def numbers(values: Tensor) -> list[float]:
    return [float(f"{value:.12g}") for value in values.detach().flatten().tolist()]


def network(sizes: list[int], leak: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(inputs, outputs, dtype=torch.float64), nn.LeakyReLU(leak)]
    return nn.Sequential(*layers[:-1])


def fill(net: nn.Module, theta: Tensor) -> None:
    """All numbers of a network from one list, in the order of its parameters."""
    nn.utils.vector_to_parameters(theta, net.parameters())


def count(sizes: list[int]) -> int:
    return sum(b * (a + 1) for a, b in zip(sizes, sizes[1:], strict=False))


def gradient(loss: Tensor, net: nn.Module) -> Tensor:
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(net.parameters()))])


def rounded(*shape: int, generator: torch.Generator) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64).mul(1000).round() / 1000


def passes(sizes: list[int], leak: float, generator: torch.Generator) -> dict:
    """One network forwards and backwards."""
    net, theta = network(sizes, leak), rounded(count(sizes), generator=generator)
    fill(net, theta)
    x = rounded(6, sizes[0], generator=generator).requires_grad_()
    delta = rounded(6, sizes[-1], generator=generator)
    y = net(x)
    loss = (y * delta).sum()
    by_input = torch.autograd.grad(loss, x, retain_graph=True)[0]
    return {
        "sizes": sizes, "leak": leak, "theta": numbers(theta), "x": numbers(x), "delta": numbers(delta),
        "y": numbers(y), "gradient": numbers(gradient(loss, net)), "input": numbers(by_input),
    }  # fmt: skip


def adam(generator: torch.Generator) -> dict:
    theta = rounded(3, generator=generator).requires_grad_()
    start = numbers(theta)
    optimizer = torch.optim.Adam([theta], lr=0.05, betas=(0.5, 0.99))
    gradients, places = rounded(5, 3, generator=generator), []
    for g in gradients:
        theta.grad = g.clone()
        optimizer.step()
        places.append(numbers(theta))
    return {"start": start, "gradients": [numbers(g) for g in gradients], "places": places}


def by_hand(hidden: int, generator: torch.Generator) -> dict:
    """Loss, gradient, the steepest curvature, and where twelve steps lead."""
    sizes = [2, hidden, 1] if hidden else [2, 1]
    points = torch.cat(
        [rounded(9, 2, generator=generator), torch.tensor([[0.0], [1], [0]] * 3).double()], 1
    )
    theta = rounded(count(sizes), generator=generator)

    def loss_of(flat: Tensor) -> Tensor:
        h, at = points[:, :2], 0
        for layer, (a, b) in enumerate(zip(sizes, sizes[1:], strict=False)):
            w, bias = flat[at : at + a * b].view(b, a), flat[at + a * b : at + b * (a + 1)]
            h, at = h @ w.T + bias, at + b * (a + 1)
            h = h.relu() if layer < len(sizes) - 2 else h
        return F.binary_cross_entropy_with_logits(h[:, 0], points[:, 2])

    hessian = torch.autograd.functional.hessian(loss_of, theta)
    weights = theta.clone().requires_grad_()
    optimizer = torch.optim.SGD([weights], lr=0.3)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss_of(weights).backward()
        optimizer.step()
    start = theta.clone().requires_grad_()
    loss = loss_of(start)
    return {
        "hidden": hidden, "points": [numbers(p) for p in points], "theta": numbers(theta), "loss": loss.item(),
        "gradient": numbers(torch.autograd.grad(loss, start)[0]),
        "curvature": torch.linalg.eigvalsh(hessian).max().item(), "after": numbers(weights),
    }  # fmt: skip


def waves(n: int, phase: float) -> Tensor:
    """Weights that both languages can make."""
    return 0.6 * torch.sin(1.7 * torch.arange(n, dtype=torch.float64) + phase)


def some(values: Tensor) -> list[float]:
    """Every seventh number, their sum and their length."""
    return numbers(torch.cat([values[::7], values.sum()[None], values.norm()[None]]))


def gan(generator: torch.Generator) -> dict:
    """The gradients of both players, by autograd."""
    maker, judge = (network(sizes, LEAK) for sizes in GAN)
    for net, sizes, phase in zip((maker, judge), GAN, (0.3, 1.1), strict=True):
        fill(net, waves(count(sizes), phase))
    z, real = (rounded(5, 2, generator=generator) for _ in range(2))
    fake = maker(z)
    on_real, on_fake = judge(real), judge(fake.detach())
    judged = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
    kinds: dict[str, Callable[[Tensor], Tensor]] = {
        "ns": lambda a: F.softplus(-a).mean(),
        "sat": lambda a: torch.log1p(-a.sigmoid()).mean(),
    }
    made = {kind: loss(judge(maker(z))) for kind, loss in kinds.items()}
    return {
        "z": numbers(z), "real": numbers(real), "fake": numbers(fake), "judge": judged.item(),
        "judge_gradient": some(gradient(judged, judge)),
        "maker": {kind: loss.item() for kind, loss in made.items()},
        "maker_gradient": {kind: some(gradient(loss, maker)) for kind, loss in made.items()},
    }  # fmt: skip


def players(place: Tensor, gamma: float) -> Tensor:
    """Where both want to go, from V = xy - gamma y^2 / 2 by autograd."""
    x, y = (part.clone().requires_grad_() for part in place)
    by_x, by_y = torch.autograd.grad(x * y - gamma * y**2 / 2, (x, y))
    return torch.stack([-by_x, by_y])


def game(eta: float, gamma: float) -> dict:
    """Five steps of each rule from (1, 0.5), and the length of the larger eigenvalue."""

    def simultaneous(place: Tensor) -> Tensor:
        return place + eta * players(place, gamma)

    def alternating(place: Tensor) -> Tensor:
        first = torch.stack([simultaneous(place)[0], place[1]])
        return torch.stack([first[0], simultaneous(first)[1]])

    def extragradient(place: Tensor) -> Tensor:
        return place + eta * players(simultaneous(place), gamma)

    result = {}
    for rule in (simultaneous, alternating, extragradient):
        places = [torch.tensor([1.0, 0.5], dtype=torch.float64)]
        for _ in range(5):
            places.append(rule(places[-1]))
        matrix = torch.stack([rule(axis) for axis in torch.eye(2, dtype=torch.float64)], 1)
        growth = torch.linalg.eigvals(matrix).abs().max().item()
        result[rule.__name__] = {"places": [numbers(p) for p in places], "growth": growth}
    return {"eta": eta, "gamma": gamma, "rules": result}


def ravine(kappa: float, eta: float, mu: float, own: float) -> dict:
    """Twelve steps of torch's optimisers down (x^2 + kappa y^2) / 2."""
    result = {}
    makers: dict[str, Callable[[list[Tensor]], torch.optim.Optimizer]] = {
        "gradient descent": lambda p: torch.optim.SGD(p, lr=eta),
        "momentum": lambda p: torch.optim.SGD(p, lr=eta, momentum=mu),
        "Adam": lambda p: torch.optim.Adam(p, lr=own),
    }
    for rule, maker in makers.items():
        at = torch.tensor([-2.4, 0.9], dtype=torch.float64, requires_grad=True)
        optimizer, places = maker([at]), [numbers(at)]
        for _ in range(STEPS):
            optimizer.zero_grad()
            ((at[0] ** 2 + kappa * at[1] ** 2) / 2).backward()
            optimizer.step()
            places.append(numbers(at))
        result[rule] = places
    return {"kappa": kappa, "settings": {"eta": eta, "mu": mu, "adam": own}, "rules": result}


def fixtures() -> dict:
    """What the file holds."""
    generator = torch.Generator().manual_seed(0)
    return {
        "networks": [passes(*setting, generator) for setting in SIZES],
        "adam": adam(generator),
        "by_hand": [by_hand(hidden, generator) for hidden in (0, 1, 3)],
        "gan": gan(generator),
        "games": [game(*setting) for setting in GAMES],
        "ravines": [ravine(*setting) for setting in RAVINES],
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(fixtures(), separators=(",", ":")) + "\n", "utf-8")
