"""Chapter 3: the exercises of lesson 3.1, the numbers of its pages, and the tools of its figures.

Convolution and pooling are checked in the notebook, cell by cell; here are the numbers that pages
3.1, 3.1.3, 3.3 and 3.4 work out by hand, against PyTorch and against the package's own models.
"""

import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aesthetic_utils.exercises import exercises_of
from aesthetic_utils.models import ArticleCNN, CNNConfig, SRResNet, SRResNetConfig

ROOT = Path(__file__).resolve().parent.parent
FIGURE_TOOLS = (
    "convolution", "pooling", "training", "recurrence_attention", "super_resolution",
)  # fmt: skip
EXERCISES = exercises_of("3_1")


# --------------------------------------------------------------------------------------------------
# exercises


def test_answers_are_those_of_torch():
    row = F.conv1d(torch.zeros(1, 1, 75), torch.zeros(1, 1, 5), stride=2, padding=1, dilation=2)
    assert row.shape[-1] == EXERCISES["output_size"].answer
    layer = nn.Conv2d(48, 96, 5)
    assert sum(p.numel() for p in layer.parameters()) == EXERCISES["parameters"].answer
    x = torch.tensor([[2.0, 3.0, 5.0, 4.0, 1.0]], requires_grad=True)
    F.max_pool1d(x, 3, 2).backward(torch.tensor([[10.0, 20.0]]))
    torch.testing.assert_close(x.grad[0], EXERCISES["pool_gradient"].answer)


def test_receptive_field_is_what_a_gradient_reaches():
    layers = [nn.Conv1d(1, 1, 3, padding=1) for _ in range(3)] + [nn.AvgPool1d(2)]
    layers += [nn.Conv1d(1, 1, 3, padding=2, dilation=2) for _ in range(2)]
    for layer in layers:
        if isinstance(layer, nn.Conv1d):
            nn.init.ones_(layer.weight)
    x = torch.zeros(1, 1, 64, requires_grad=True)
    nn.Sequential(*layers)(x)[0, 0, 16].backward()
    assert (x.grad != 0).sum() == EXERCISES["receptive_field"].answer


# --------------------------------------------------------------------------------------------------
# page 3.1


def test_counts_of_page_3_1():
    """The two columns of the figure, and the hundred million weights of the alternative."""
    assert 3072 * 32_768 + 32_768 == 100_696_064
    cnn = ArticleCNN(CNNConfig())
    learned = [
        sum(p.numel() for p in m.parameters()) for m in (cnn.conv1, cnn.conv2, cnn.fc1, cnn.fc2)
    ]
    assert learned == [896, 18_496, 524_416, 1_290] and sum(learned) == 545_098
    work = [884_736, 4_718_592, 524_288, 1_280]
    assert sum(work) == 6_128_896
    assert round(100 * learned[2] / sum(learned)) == 96 and round(100 * work[1] / sum(work)) == 77
    assert round(100 * learned[1] / sum(learned), 1) == 3.4


# --------------------------------------------------------------------------------------------------
# pages 3.1.1 and 3.1.2: the small examples that the notebook does not repeat


def test_small_numbers_of_page_3_1_1():
    ones = torch.ones(1, 1, 3)
    assert F.conv1d(ones, ones, padding=2).flatten().tolist() == [1, 2, 3, 2, 1]  # paths
    for layers, side, few, many in ((2, 5, 18, 25), (3, 7, 27, 49)):
        assert 1 + 2 * layers == side and layers * 9 == few and side**2 == many
    assert (3 * 32 - 2) ** 2 == 94**2 == 8836 and 8836 * 3 * 32 == 848_256
    assert nn.Conv2d(3, 32, 3).weight.numel() == 864
    assert nn.ConvTranspose2d(100, 64, 4)(torch.zeros(1, 100, 1, 1)).shape[-1] == 4
    spark = torch.tensor([0, 0, 1, 0, 0, 0])
    assert spark[::2].tolist() == [0, 1, 0] and spark.roll(1)[::2].tolist() == [0, 0, 0]


def test_a_linear_map_that_commutes_with_shifts_is_a_convolution():
    torch.manual_seed(0)
    w = torch.randn(7, dtype=torch.float64)
    circulant = torch.stack([w.roll(i) for i in range(7)])  # A[i, j] = w[j - i]
    shift = torch.eye(7, dtype=torch.float64).roll(1, 0)
    torch.testing.assert_close(circulant @ shift, shift @ circulant)
    x = torch.randn(7, dtype=torch.float64)
    correlation = torch.stack([sum(w[p] * x[(i + p) % 7] for p in range(7)) for i in range(7)])
    torch.testing.assert_close(circulant @ x, correlation)


def test_small_numbers_of_page_3_1_2():
    stripes = torch.tensor([[1.0, -1.0] * 4])
    for shifted in (stripes, stripes.roll(1)):
        assert F.max_pool1d(shifted, 2).unique().tolist() == [1]
        assert F.avg_pool1d(shifted, 2).unique().tolist() == [0]
    assert stripes[:, ::2].unique().tolist() == [1] and stripes[:, 1::2].unique().tolist() == [-1]
    spike = torch.tensor([[8.0, 0.0, 0.0, 0.0]])
    assert F.max_pool1d(spike, 4).item() == 8 and F.avg_pool1d(spike, 4).item() == 2
    window = torch.tensor([1.0, 3.0, 5.0, 2.0], dtype=torch.float64)
    assert (window**60).mean() ** (1 / 60) == pytest.approx(5, rel=0.03)  # towards the maximum
    negative = torch.full((1, 1, 2, 2), -3.0)
    assert F.max_pool2d(negative, 2, padding=1).max() == -3  # padded with minus infinity
    assert F.avg_pool2d(negative, 2, padding=1).max() == -0.75  # padded zeros are counted


# --------------------------------------------------------------------------------------------------
# page 3.1.3


def test_he_initialisation_keeps_the_spread_and_torch_default_is_a_sixth():
    fans = (3 * 9, 32 * 9, 64 * 8 * 8, 128)
    assert [round(math.sqrt(2 / n), 3) for n in fans] == [0.272, 0.083, 0.022, 0.125]
    torch.manual_seed(0)
    weights = nn.Conv2d(32, 64, 3).weight  # 18,432 draws: the variance is known to 1 per cent
    assert weights.var().item() == pytest.approx((2 / 288) / 6, rel=0.03)
    assert weights.abs().max().item() == pytest.approx(1 / math.sqrt(288), rel=0.01)


def test_softmax_gradient_is_claim_minus_truth():
    z = torch.tensor([[2.0, 1.0, 0.0, -1.0]], requires_grad=True)
    loss = F.cross_entropy(z, torch.tensor([1]))
    loss.backward()
    assert loss.item() == pytest.approx(1.440, abs=5e-4)
    assert z.softmax(1)[0, 1].item() == pytest.approx(0.2369, abs=5e-5)
    assert z.grad[0].tolist() == pytest.approx([0.64, -0.76, 0.09, 0.03], abs=5e-3)
    assert F.cross_entropy(torch.zeros(1, 10), torch.tensor([3])).item() == pytest.approx(
        2.303, abs=5e-4
    )


def test_soft_targets_have_the_same_gradient_and_a_floor():
    z = torch.randn(1, 10, generator=torch.Generator().manual_seed(0), requires_grad=True)
    votes = torch.rand(1, 10, generator=torch.Generator().manual_seed(1))
    votes = votes / votes.sum()
    F.cross_entropy(z, votes).backward()
    torch.testing.assert_close(z.grad, (z.softmax(1) - votes).detach())
    entropy = -(votes * votes.log()).sum()
    torch.testing.assert_close(F.cross_entropy(votes.log(), votes), entropy)


def test_steps_of_an_epoch():
    assert divmod(45_000, 64) == (703, 8)


def test_optimisers_in_a_valley():
    assert (25 - 1) / (25 + 1) == pytest.approx(0.923, abs=5e-4)
    assert (math.sqrt(25) - 1) / (math.sqrt(25) + 1) == pytest.approx(0.667, abs=5e-4)
    theta = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.Adam([theta], lr=0.001)
    theta.grad = torch.tensor([100.0, 0.01])
    optimizer.step()  # the first step is as long for both
    torch.testing.assert_close(theta.detach(), torch.full((2,), -0.001), rtol=1e-5, atol=0)


def test_momentum_is_the_formula_of_the_page():
    theta, v = torch.ones(3, requires_grad=True), torch.zeros(3)
    optimizer = torch.optim.SGD([theta], lr=0.1, momentum=0.9)
    expected = torch.ones(3)
    for step in range(4):
        g = torch.tensor([1.0, -2.0, 0.5]) * (step + 1)
        theta.grad = g.clone()
        optimizer.step()
        v = 0.9 * v + g
        expected = expected - 0.1 * v
    torch.testing.assert_close(theta.detach(), expected)


def test_adam_is_the_formula_of_the_page():
    theta, m, v = torch.ones(3, requires_grad=True), torch.zeros(3), torch.zeros(3)
    optimizer = torch.optim.Adam([theta], lr=0.01)
    expected = torch.ones(3)
    for step in range(1, 5):
        g = torch.tensor([1.0, -2.0, 0.5]) * step
        theta.grad = g.clone()
        optimizer.step()
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        expected = expected - 0.01 * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
    torch.testing.assert_close(theta.detach(), expected)


def test_earth_mover_distance_knows_that_five_is_next_to_six():
    def emd(claim: int, truth: int) -> float:
        p, t = torch.eye(10)[claim - 1], torch.eye(10)[truth - 1]
        return (p.cumsum(0) - t.cumsum(0)).abs().mean().item()

    assert emd(6, 5) == pytest.approx(0.1) and emd(10, 5) == pytest.approx(0.5)


# --------------------------------------------------------------------------------------------------
# page 3.3


def test_recurrence_is_that_of_torch():
    torch.manual_seed(0)
    rnn = nn.RNN(input_size=3, hidden_size=5)
    x, h = torch.randn(7, 1, 3), torch.zeros(1, 5)
    for row in x:
        h = torch.tanh(
            F.linear(h, rnn.weight_hh_l0, rnn.bias_hh_l0)
            + F.linear(row, rnn.weight_ih_l0, rnn.bias_ih_l0)
        )
    torch.testing.assert_close(rnn(x)[1][0], h)
    assert 0.9**50 == pytest.approx(0.005, abs=5e-4) and 0.9**100 == pytest.approx(3e-5, abs=5e-6)
    assert round(1.1**100) == 13_781


def test_lstm_is_the_formula_of_the_page():
    torch.manual_seed(0)
    cell = nn.LSTMCell(3, 4)
    x, h, c = torch.randn(1, 3), torch.randn(1, 4), torch.randn(1, 4)
    gates = F.linear(x, cell.weight_ih, cell.bias_ih) + F.linear(h, cell.weight_hh, cell.bias_hh)
    write, forget, news, show = gates.chunk(4, dim=1)  # the order in which PyTorch keeps them
    memory = forget.sigmoid() * c + write.sigmoid() * news.tanh()
    torch.testing.assert_close(cell(x, (h, c)), (show.sigmoid() * memory.tanh(), memory))


def test_scores_have_the_variance_of_their_length():
    generator = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 20_000, 64, generator=generator)
    assert (q * k).sum(1).var().item() == pytest.approx(64, rel=0.05)


def test_attention_is_that_of_torch_and_permutation_equivariant():
    torch.manual_seed(0)
    x, weights = torch.randn(9, 8), torch.randn(3, 8, 8)

    def attention(tokens: torch.Tensor) -> torch.Tensor:
        q, k, v = (tokens @ w for w in weights)
        return (q @ k.T / math.sqrt(8)).softmax(1) @ v

    q, k, v = ((x @ w)[None] for w in weights)
    torch.testing.assert_close(F.scaled_dot_product_attention(q, k, v)[0], attention(x))
    order = torch.randperm(9)
    torch.testing.assert_close(attention(x[order]), attention(x)[order])


def test_costs_of_attention_and_convolution():
    for side, attention, convolution, ratio in (
        (32, 134_217_728, 37_748_736, 3.6),
        (256, 549_755_813_888, 2_415_919_104, 228),
    ):
        n, d = side * side, 64
        assert 2 * n**2 * d == attention and 9 * d**2 * n == convolution
        assert attention / convolution == pytest.approx(ratio, rel=0.02)
    assert (224 // 16) ** 2 == 196


def test_softmax_jacobian():
    s = torch.randn(5, generator=torch.Generator().manual_seed(0))
    a = s.softmax(0)
    jacobian = torch.autograd.functional.jacobian(lambda t: t.softmax(0), s)
    torch.testing.assert_close(jacobian, a[:, None] * (torch.eye(5) - a[None]))


# --------------------------------------------------------------------------------------------------
# page 3.4


def test_a_checkerboard_and_a_grey_have_the_same_small_picture():
    pictures = torch.tensor([[[0.5, 0.5], [0.5, 0.5]], [[0.9, 0.1], [0.1, 0.9]]])
    assert F.avg_pool2d(pictures, 2).flatten().tolist() == pytest.approx([0.5, 0.5])


def test_bicubic_kernel_of_torch_has_a_of_minus_three_quarters():
    def kernel(u: float, a: float) -> float:
        u = abs(u)
        if u <= 1:
            return (a + 2) * u**3 - (a + 3) * u**2 + 1
        return a * u**3 - 5 * a * u**2 + 8 * a * u - 4 * a if u < 2 else 0.0

    spark = torch.zeros(1, 1, 1, 9)
    spark[..., 4] = 1
    for antialias, a in ((False, -0.75), (True, -0.5)):
        drawn = F.interpolate(spark, size=(1, 36), mode="bicubic", antialias=antialias)[0, 0, 0]
        places = [(j + 0.5) / 4 - 0.5 - 4 for j in range(36)]
        expected = torch.tensor([kernel(u, a) for u in places])
        torch.testing.assert_close(drawn, expected, atol=1e-5, rtol=0)


def test_pixel_shuffle_has_the_index_formula_of_the_page():
    x = torch.randn(1, 2 * 9, 4, 5, generator=torch.Generator().manual_seed(0))
    y = F.pixel_shuffle(x, 3)
    for c, i, j, a, b in ((0, 0, 0, 0, 0), (1, 3, 4, 2, 1), (1, 2, 0, 0, 2)):
        assert y[0, c, 3 * i + a, 3 * j + b] == x[0, 9 * c + 3 * a + b, i, j]


def test_sub_pixel_convolution_is_a_transposed_convolution():
    """3 x 3 filters and a shuffle by 2 are one transposed convolution, 6 x 6 with stride 2."""
    torch.manual_seed(0)
    x, w = torch.randn(1, 3, 7, 7), torch.randn(4, 3, 3, 3)  # four phases of one output map
    shuffled = F.pixel_shuffle(F.conv2d(x, w, padding=1), 2)
    phases = w.flip(2, 3).view(2, 2, 3, 3, 3).permute(2, 3, 0, 4, 1)  # [3, k, a, k, b]
    wide = phases.reshape(3, 1, 6, 6)
    torch.testing.assert_close(
        F.conv_transpose2d(x, wide, stride=2, padding=2), shuffled, atol=1e-5, rtol=0
    )


def test_table_of_srresnet():
    net = SRResNet(SRResNetConfig())

    def learned(*parts: nn.Module) -> int:
        return sum(p.numel() for part in parts for p in part.parameters())

    rows = [learned(part) for part in (net.head, net.blocks, net.merge, net.upsample, net.to_image)]
    assert rows == [15_617, 1_183_760, 36_992, 295_426, 15_555]
    assert learned(net) == 1_547_350 and learned(net.blocks[0]) == 73_985
    weights = {"head": 3 * 64 * 81, "block": 2 * 64 * 64 * 9, "stage": 64 * 256 * 9}
    work = [
        weights["head"], 16 * weights["block"], 64 * 64 * 9, (1 + 4) * weights["stage"],
        16 * weights["head"],
    ]  # fmt: skip
    assert work == [15_552, 1_179_648, 36_864, 737_280, 248_832] and sum(work) == 2_218_176


def test_srresnet_sees_eighty_pixels():
    net = SRResNet(SRResNetConfig(channels=2)).eval().double()
    torch.manual_seed(0)
    for p in net.parameters():
        nn.init.uniform_(p, 0.5, 1.0)  # all positive: no path can cancel another
    x = torch.zeros(1, 3, 90, 90, dtype=torch.float64, requires_grad=True)
    for phase in range(4):
        (touched,) = torch.autograd.grad(net(x)[0, 0, 180 + phase, 180], x)
        lit = touched[0, 0].abs().sum(1).nonzero()
        assert lit.max() - lit.min() + 1 == 80


def test_psnr_numbers():
    assert 10 * math.log10(2) == pytest.approx(3.01, abs=5e-3)
    assert 20 * math.log10(2) == pytest.approx(6.02, abs=5e-3)
    assert -10 * math.log10((1e-2 + 1e-4) / 2) == pytest.approx(23.0, abs=0.05)


def test_two_edges():
    a, b = torch.tensor([[0.0] * 3 + [1.0] * 5, [0.0] * 5 + [1.0] * 3])
    mean = (a + b) / 2
    assert F.mse_loss(mean, a) == F.mse_loss(mean, b) == 0.0625
    assert 10 * math.log10(1 / 0.0625) == pytest.approx(12.0, abs=0.05)
    assert F.mse_loss(a, b) == 0.25 and (F.mse_loss(a, a) + F.mse_loss(a, b)) / 2 == 0.125
    for guess in (mean, a, b):
        assert (F.l1_loss(guess, a) + F.l1_loss(guess, b)) / 2 == 0.125
    assert 0.6 * F.l1_loss(a, a) + 0.4 * F.l1_loss(a, b) < 0.6 * F.l1_loss(
        mean, a
    ) + 0.4 * F.l1_loss(mean, b)


def test_perception_and_distortion_of_one_gaussian_number():
    generator = torch.Generator().manual_seed(0)
    x, n, draw = torch.randn(3, 400_000, generator=generator, dtype=torch.float64)
    mean = (x + n) / 2
    estimates = {0.5: mean, 0.586: mean / math.sqrt(0.5), 1.0: mean + math.sqrt(0.5) * draw}
    for distortion, estimate in estimates.items():
        assert ((x - estimate) ** 2).mean().item() == pytest.approx(distortion, rel=0.01)
    spreads = [e.std().item() for e in estimates.values()]
    assert spreads == pytest.approx([0.707, 1.0, 1.0], rel=0.01)
    assert 0.5 + (1 - math.sqrt(0.5)) ** 2 == pytest.approx(0.586, abs=5e-4)
    assert 0.586 / 0.5 == pytest.approx(1.17, abs=5e-3)


# --------------------------------------------------------------------------------------------------
# figures


@pytest.mark.parametrize("tool", FIGURE_TOOLS)
def test_figures_of_the_book_come_from_their_tools(tool, tmp_path, installed):
    """Each tool runs, and draws exactly the files of its figures that the pages show."""
    script = f"tools/figures/{tool}.py"
    done = installed.run("-W", "error", script, "--out", str(tmp_path), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    drawn = sorted(path.name for path in tmp_path.iterdir())
    pages = "".join(p.read_text("utf-8") for p in (ROOT / "book" / "3-algorithms").glob("*.md"))
    for name in drawn:
        svg = (tmp_path / name).read_text("utf-8")
        assert svg.startswith("<?xml") and "<text" not in svg, "letters are drawn as paths"
        assert f"../figures/{name}" in pages, f"{name} is on no page"
        assert (ROOT / "book" / "figures" / name).is_file(), f"{name} is not in the book"


def test_an_unknown_figure_is_refused(tmp_path, installed):
    script = "tools/figures/pooling.py"
    done = installed.run(script, "no_such_figure", "--out", str(tmp_path), cwd=ROOT)
    assert done.returncode == 2 and "no such figure: no_such_figure" in done.stderr
