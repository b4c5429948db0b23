"""Chapter 3.2: the exercises of lesson 3.2, and the claims and numbers of the pages on GANs.

The notebook checks the mathematics cell by cell; here is what the pages state, against PyTorch and
against the package's own networks and steps.
"""

import math
import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.losses import discriminator_loss, generator_loss, generator_loss_saturating
from aesthetic_utils.models import DCGANConfig, Discriminator, Generator
from aesthetic_utils.published.results import load_result

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "book" / "3-algorithms"
EXERCISES = exercises_of("3_2")
LOG4 = math.log(4)


@pytest.fixture(autouse=True)
def fixed_seed():
    torch.manual_seed(0)


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text("utf-8")


def numbers(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


# --------------------------------------------------------------------------------------------------
# exercises


def test_dots_in_a_function_are_noticed():
    assert "dots" in verdict(EXERCISES["js_bits"], lambda *_: ...)


def test_answers_are_those_of_the_package():
    zeros = torch.zeros(4)
    assert discriminator_loss(zeros, zeros).item() == pytest.approx(EXERCISES["tie"].answer)
    a = torch.tensor([-4.0], requires_grad=True)
    generator_loss_saturating(a).backward()
    assert a.grad.item() == pytest.approx(EXERCISES["gradient"].answer)
    factor, steps = math.sqrt(1.01), EXERCISES["doubling"].answer
    assert factor ** (steps - 1) < 2 <= factor**steps


# --------------------------------------------------------------------------------------------------
# page 3.2: value, best discriminator, Jensen-Shannon


def value(d: Tensor, p: Tensor, q: Tensor) -> Tensor:
    return (p * d.log() + q * (1 - d).log()).sum()


def kl(p: Tensor, q: Tensor) -> Tensor:
    return (p * (p / q).log()).sum()


def js(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (kl(p, m) + kl(q, m)) / 2


def two_distributions(kinds: int = 7) -> tuple[Tensor, Tensor]:
    p, q = torch.randn(2, kinds, dtype=torch.float64).softmax(1)
    return p, q


def test_no_discriminator_beats_the_best_one():
    p, q = two_distributions()
    best = value(p / (p + q), p, q)
    for _ in range(200):
        assert value(torch.rand(7, dtype=torch.float64), p, q) <= best


def test_value_of_the_best_one_is_jensen_shannon():
    p, q = two_distributions()
    torch.testing.assert_close(value(p / (p + q), p, q), -LOG4 + 2 * js(p, q))
    assert value(p / (p + p), p, p).item() == pytest.approx(-LOG4)
    assert value(torch.full((7,), 0.5), p, q).item() == pytest.approx(-LOG4)  # ignorance, too


def test_both_losses_cannot_vanish():
    a = torch.linspace(-20, 20, 401, dtype=torch.float64)
    both = F.softplus(a) + F.softplus(-a)
    assert both.min().item() == pytest.approx(2 * math.log(2))
    assert discriminator_loss(100 + 0 * a, a) + generator_loss(a) >= 2 * math.log(2)


def test_a_mild_taste_grows_exponentially():
    """The 86 per cent of the page, and the shares of the lesson."""
    p = torch.tensor([0.30, 0.25, 0.20, 0.15, 0.08, 0.02])
    w = torch.tensor([0.9, 0.5, 0.6, 0.5, 0.3, 0.2])
    shares = p
    for _ in range(5):
        shares = shares * w / (shares * w).sum()
    torch.testing.assert_close(shares, p * w**5 / (p * w**5).sum())
    assert f"{100 * shares[0]:.0f} per cent" in page("3_2_generative_adversarial_networks")


# --------------------------------------------------------------------------------------------------
# page 3.2.1: the generator


def test_length_of_the_noise():
    lengths = torch.randn(20_000, 100).norm(dim=1)
    assert lengths.mean().item() == pytest.approx(10, abs=0.05)
    assert lengths.std().item() == pytest.approx(0.7, abs=0.02)
    assert lengths.square().std().item() == pytest.approx(math.sqrt(200), abs=0.3)


def test_the_way_along_the_sphere_keeps_the_length():
    a, b = 10 * F.normalize(torch.randn(2, 100, dtype=torch.float64), dim=1)
    omega = torch.acos((a @ b) / 100)
    for t in torch.linspace(0, 1, 11, dtype=torch.float64):
        z = torch.sin((1 - t) * omega) / omega.sin() * a + torch.sin(t * omega) / omega.sin() * b
        assert z.norm().item() == pytest.approx(10)
    assert 10 / math.sqrt(2) == pytest.approx(7.07, abs=0.005)


def test_counts_of_the_two_networks():
    generator, discriminator = Generator(DCGANConfig()), Discriminator(DCGANConfig())
    for text, network, layers in (
        (page("3_2_1_generator"), generator, [*generator.blocks, generator.to_image]),
        (page("3_2_2_discriminator"), discriminator, [*discriminator.blocks, discriminator.to_logit]),
    ):  # fmt: skip
        for count in (numbers(network), *map(numbers, layers)):
            assert f"{count:,}" in text


def test_shapes_of_the_figures():
    generator, discriminator = Generator(DCGANConfig()), Discriminator(DCGANConfig())
    x, sides = torch.randn(2, 100, 1, 1), []
    for layer in [*generator.blocks, generator.to_image]:
        x = layer(x)
        sides.append(tuple(x.shape[1:]))
    assert sides == [(256, 4, 4), (128, 8, 8), (64, 16, 16), (3, 32, 32)]
    sides = []
    for layer in [*discriminator.blocks, discriminator.to_logit]:
        x = layer(x)
        sides.append(tuple(x.shape[1:]))
    assert sides == [(64, 16, 16), (128, 8, 8), (256, 4, 4), (1, 1, 1)]


def test_the_articles_generator_stops_at_eight_pixels():
    x, sides = torch.randn(1, 100, 1, 1), []
    for a, b in ((100, 64), (64, 32), (32, 3)):
        x = nn.ConvTranspose2d(a, b, 4, stride=2, padding=1)(x)
        sides.append(x.shape[-1])
    assert sides == [2, 4, 8]


def test_the_articles_discriminator_gives_one_number():
    x = torch.randn(1, 3, 32, 32)
    sides = []
    for a, b in ((3, 32), (32, 64), (64, 128)):
        x = nn.Conv2d(a, b, 3, stride=2, padding=1)(x)
        sides.append(x.shape[-1])
    assert sides == [16, 8, 4] and nn.Conv2d(128, 1, 4)(x).shape == (1, 1, 1, 1)


# --------------------------------------------------------------------------------------------------
# page 3.2.2: the discriminator


def test_a_classifier_finds_the_logarithm_of_the_ratio():
    """Two normal distributions at +1 and -1: the exact logit is 2x, plus the log odds of a class."""
    x = torch.linspace(-6, 6, 2001, dtype=torch.float64)
    p, q = torch.exp(-((x - 1) ** 2) / 2), torch.exp(-((x + 1) ** 2) / 2)
    for share in (0.5, 0.25):
        weights = torch.zeros(2, dtype=torch.float64, requires_grad=True)
        newton = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

        def loss(weights=weights, newton=newton, share=share):
            newton.zero_grad()
            a = weights[0] + weights[1] * x
            loss = (share * p * F.softplus(-a) + (1 - share) * q * F.softplus(a)).sum() / p.sum()
            loss.backward()
            return loss

        newton.step(loss)
        expected = torch.tensor([math.log(share / (1 - share)), 2.0], dtype=torch.float64)
        torch.testing.assert_close(weights.detach(), expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (0.9, 0.0), (0.9, 0.1)])
def test_smoothed_labels_move_the_best_answer(alpha, beta):
    p, q = two_distributions()
    d = torch.linspace(1e-5, 1 - 1e-5, 100_001, dtype=torch.float64)[:, None]
    gain = (alpha * p + beta * q) * d.log() + ((1 - alpha) * p + (1 - beta) * q) * (1 - d).log()
    best = d[gain.argmax(0), 0]
    torch.testing.assert_close(best, (alpha * p + beta * q) / (p + q), atol=2e-5, rtol=0)


def test_largest_logit_with_smoothed_labels():
    assert math.log(0.9 / 0.1) == pytest.approx(2.2, abs=0.01)


def test_layers_of_spectral_norm_one_lengthen_nothing():
    layers = [nn.Linear(20, 20, bias=False) for _ in range(4)]
    for layer in layers:
        layer.weight.data /= torch.linalg.svdvals(layer.weight.data)[0]
    network = nn.Sequential(*(part for layer in layers for part in (layer, nn.LeakyReLU(0.2))))
    a, b = torch.randn(2, 500, 20)
    assert ((network(a) - network(b)).norm(dim=1) <= (a - b).norm(dim=1) + 1e-5).all()


# --------------------------------------------------------------------------------------------------
# page 3.2.3: training


def test_slopes_of_the_two_generator_losses():
    for logit in (-8.0, -1.0, 0.0, 3.0):
        d = torch.sigmoid(torch.tensor(logit)).item()
        for loss, expected in ((generator_loss_saturating, -d), (generator_loss, d - 1)):
            a = torch.tensor([logit], requires_grad=True)
            loss(a).backward()
            assert a.grad.item() == pytest.approx(expected, abs=1e-6)
    d = torch.sigmoid(torch.tensor(-8.0)).item()
    assert (f"{d:.4f}", f"{1 - d:.4f}") == ("0.0003", "0.9997")
    assert 2900 < (1 - d) / d < 3100  # "three thousand times"


def test_what_the_two_losses_minimise():
    p, q = two_distributions()
    phi = q.log().requires_grad_()
    made = phi.softmax(0)
    best = (p / (p + made)).detach()

    def slope(quantity: Tensor) -> Tensor:
        return torch.autograd.grad(quantity, phi, retain_graph=True)[0]

    torch.testing.assert_close(slope((made * (1 - best).log()).sum()), slope(2 * js(p, made)))
    torch.testing.assert_close(
        slope(-(made * best.log()).sum()), slope(kl(made, p) - 2 * js(p, made))
    )


@pytest.mark.parametrize("eta", [0.05, 0.2, 0.9])
def test_eigenvalues_of_the_three_rules(eta):
    simultaneous = torch.tensor([[1, -eta], [eta, 1]])
    alternating = torch.tensor([[1, -eta], [eta, 1 - eta**2]])
    extragradient = torch.tensor([[1 - eta**2, -eta], [eta, 1 - eta**2]])
    for matrix, expected in (
        (simultaneous, math.sqrt(1 + eta**2)),
        (alternating, 1.0),
        (extragradient, math.sqrt(1 - eta**2 + eta**4)),
    ):
        lengths = torch.linalg.eigvals(matrix).abs()
        torch.testing.assert_close(lengths, torch.full((2,), expected), atol=1e-5, rtol=0)


def test_the_average_of_a_circle_is_its_middle():
    x, y, mean = 1.0, 0.0, torch.zeros(2)
    for _ in range(2000):
        x -= 0.1 * y
        y += 0.1 * x
        mean += torch.tensor([x, y]) / 2000
    assert math.hypot(x, y) > 0.9 and mean.norm() < 0.02


def code_of(name: str, text: str) -> str:
    found = re.search(rf"```\{{code-block\}} python\n:name: {name}\n(.*?)```", text, flags=re.S)
    assert found, f"no code {name}"
    return found.group(1)


def test_the_six_steps_as_printed():
    """The loop of the page runs, and each turn moves its own network and no other."""
    code = code_of("gan-six-steps", page("3_2_3_gan_training"))
    before_loop, loop = code.split("for real in batches:")
    names = {
        "torch": torch, "F": F, "Generator": Generator, "Discriminator": Discriminator,
        "config": DCGANConfig(image_size=8, base_channels=4, latent_dim=5),
    }  # fmt: skip
    exec(before_loop, names)
    networks = {n: names[n] for n in ("generator", "discriminator")}
    first, second = loop.split("    # the generator's turn\n")
    assert "# the discriminator's turn" in first

    def moved_by(turn: str) -> set[str]:
        old = {n: [p.detach().clone() for p in net.parameters()] for n, net in networks.items()}
        exec("for real in [torch.rand(6, 3, 8, 8) * 2 - 1]:\n" + turn.split("\n", 1)[1], names)
        return {
            n
            for n, net in networks.items()
            if any(not torch.equal(a, b) for a, b in zip(old[n], net.parameters(), strict=True))
        }

    assert moved_by(first) == {"discriminator"}
    assert moved_by("\n" + second) == {"generator"}
    names["batches"] = [torch.rand(6, 3, 8, 8) * 2 - 1 for _ in range(2)]
    exec(code, names)
    assert 0 < names["loss_d"].item() < 10 and 0 < names["loss_g"].item() < 10
    steps = {f"step {n}" for n in range(1, 7)}
    assert steps <= set(re.findall(r"step \d", code)), "all six steps are marked"


def test_gradients_left_by_each_kind_of_turn():
    config = DCGANConfig(image_size=8, base_channels=4, latent_dim=5)
    g, d = Generator(config), Discriminator(config)
    real, z = torch.rand(6, 3, 8, 8) * 2 - 1, torch.randn(6, 5)

    def holders(loss: Tensor) -> str:
        for network in (g, d):
            network.zero_grad()
        loss.backward()
        return "".join(
            name
            for name, net in (("G", g), ("D", d))
            if any(p.grad is not None and p.grad.any() for p in net.parameters())
        )

    with torch.no_grad():
        fake = g(z)
    assert holders(discriminator_loss(d(real), d(fake))) == "D"
    assert holders(discriminator_loss(d(real), d(g(z).detach()))) == "D"
    assert holders(discriminator_loss(d(real), d(g(z)))) == "GD"
    assert holders(generator_loss(d(g(z)))) == "GD"


def test_the_articles_discriminator_is_taught_the_opposite():
    config = DCGANConfig(image_size=16, base_channels=8, latent_dim=16)
    g, d = Generator(config), Discriminator(config)
    real, fake = torch.rand(32, 3, 16, 16) * 2 - 1, g(torch.randn(32, 16)).detach()

    def gradient(loss: Tensor) -> Tensor:
        return torch.cat([p.flatten() for p in torch.autograd.grad(loss, list(d.parameters()))])

    right = gradient(discriminator_loss(d(real), d(fake)))
    leftover, own = generator_loss(d(fake)), F.softplus(d(real)).mean()  # fakes "real", real "fake"
    assert F.cosine_similarity(right, gradient(leftover + own), dim=0) < -0.9


def test_friction_makes_the_dirac_gan_converge():
    """One data point at 0, a generator theta, a discriminator a(x) = psi x; R1 = gamma psi^2 / 2."""

    def ends(gamma: float) -> float:
        theta, psi = 1.0, 0.0
        for _ in range(2000):
            theta += 0.1 * psi / (1 + math.exp(-psi * theta))
            psi -= 0.1 * (theta / (1 + math.exp(-psi * theta)) + gamma * psi)
        return math.hypot(theta, psi)

    assert ends(0.0) > 0.5
    assert ends(0.3) < 1e-3 and ends(3.0) < 1e-3
    assert ends(19.0) < 0.1, "the step itself shrinks psi as long as 0.1 gamma < 2"


def test_the_middle_of_the_latent_space_is_emptier_than_the_mean_drawing():
    """As page 3.2.1 says of the published generator, from its record."""
    detail = load_result("gan_emoji")["metrics"]["detail"]
    assert detail["centre"] < 0.0005 < 0.02 < detail["mean_drawing"] < detail["samples"], "empty"


# --------------------------------------------------------------------------------------------------
# figures


def test_figures_come_from_their_tool(tmp_path, installed):
    """It runs, and draws exactly the files that the pages of 2.3 and 3.2 show."""
    script = "tools/figures/gan.py"
    done = installed.run("-W", "error", script, "--out", str(tmp_path), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    folders = (ROOT / "book" / "2-concepts", PAGES)
    pages = "".join(p.read_text("utf-8") for folder in folders for p in folder.glob("*.md"))
    shown = set(re.findall(r"\.\./figures/(gan_\w+\.svg)", pages))
    assert {path.name for path in tmp_path.iterdir()} == shown
    for name in shown:
        svg = (tmp_path / name).read_text("utf-8")
        assert svg.startswith("<?xml") and "<text" not in svg, "letters are drawn as paths"
        assert (ROOT / "book" / "figures" / name).is_file(), f"{name} is not in the book"
