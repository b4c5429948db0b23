"""Lesson 3.4: what its exercises accept, and the facts that it and page 3.4 read aloud, worked out another way."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from aesthetic_utils.exercises import exercises_of, lesson_3_4, verdict
from aesthetic_utils.metrics import psnr, rgb_to_y, ssim
from aesthetic_utils.models import SRResNet, SRResNetConfig
from aesthetic_utils.models.srresnet import cubic

EXERCISES = exercises_of("3_4")
EXACT = torch.float64
PAGE = Path(__file__).resolve().parent.parent / "book/3-algorithms/3_4_super_resolution.md"


def page() -> str:
    return PAGE.read_text("utf-8")


# --------------------------------------------------------------------------------------------------
# exercises


@pytest.mark.parametrize("name", sorted(EXERCISES))
def test_different_mistakes_get_different_hints(name):
    exercise = EXERCISES[name]
    mistakes = (*exercise.hints, *exercise.wrong_examples)
    given = {verdict(exercise, wrong) for wrong in mistakes}
    assert len(given) >= len(mistakes) - ("blocks" == name), "59 and 120 blocks share a reason"
    assert not any("raised" in g for g in given)


@pytest.mark.parametrize("name", [n for n, e in EXERCISES.items() if e.verify])
def test_dots_and_other_things_are_no_functions(name):
    exercise = EXERCISES[name]
    assert "dots" in verdict(exercise, lambda *_: ...)
    assert verdict(exercise, lambda *_: "grey").startswith("Not yet. ")
    assert "None" in verdict(exercise, None)


def test_dots_in_a_tuple_are_noticed():
    assert "dots" in verdict(EXERCISES["source"], lambda *_: (..., ..., ...))


def test_answers_in_float32_are_right():
    window = lesson_3_4.window_similarity
    assert verdict(EXERCISES["kernel"], lambda u, a=-0.5: cubic(u, a).float()) == "Right."
    assert verdict(EXERCISES["luma"], lambda x: rgb_to_y(x).float()) == "Right."
    assert verdict(EXERCISES["similarity"], lambda x, y, w: window(x, y, w).item()) == "Right."


def test_a_place_that_is_wrong_is_named():
    def wrong_in_a_corner(c: int, row: int, column: int, r: int) -> tuple[int, int, int]:
        channel, i, j = lesson_3_4.source(c, row, column, r)
        return channel, i, j + (column == 5)

    assert "(0, 0, 5)" in verdict(EXERCISES["source"], wrong_in_a_corner)


def test_source_is_the_shuffle_of_torch():
    x = torch.arange(27.0 * 2 * 3).view(27, 2, 3)
    shuffled = F.pixel_shuffle(x, 3)
    for place in itertools.product(range(3), range(6), range(9)):
        assert shuffled[place] == x[lesson_3_4.source(*place, 3)]


@pytest.mark.parametrize("r", [2, 3, 4])
def test_sub_pixel_and_transposed_convolution_are_one(r):
    x, w = torch.randn(2, 5, 4, 6, dtype=EXACT), torch.randn(2 * r * r, 5, 3, 3, dtype=EXACT)
    one = F.pixel_shuffle(F.conv2d(x, w, padding=1), r)
    other = F.conv_transpose2d(x, lesson_3_4.interleaved(w, r), stride=r, padding=r)
    torch.testing.assert_close(one, other)


def test_window_similarity_averages_to_the_package():
    x, y = torch.rand(2, 1, 1, 14, 13, dtype=EXACT)
    bell = torch.exp(-((torch.arange(11, dtype=EXACT) - 5) ** 2) / 4.5)
    window = torch.outer(bell, bell) / bell.sum() ** 2
    patches = [F.unfold(p, 11)[0].T.view(-1, 11, 11) for p in (x, y)]
    values = [lesson_3_4.window_similarity(p, q, window) for p, q in zip(*patches, strict=True)]
    assert torch.stack(values).mean().item() == pytest.approx(ssim(x, y).item(), abs=1e-9)


def test_blocks_are_those_that_a_gradient_needs():
    """On the widest network that is still quick: the field of b blocks is 16 + 4 b."""
    for blocks in (0, 3):
        x = torch.rand(1, 1, 40, 40, dtype=EXACT, requires_grad=True)
        config = SRResNetConfig(blocks=blocks, channels=2, image_channels=1)
        torch.manual_seed(0)
        SRResNet(config).double().eval()(x)[0, 0, 81, 80].backward()
        assert (x.grad.abs().sum((0, 1, 2)) > 0).sum() == 16 + 4 * blocks
    answer = EXERCISES["blocks"].answer
    assert 16 + 4 * (answer - 1) < 256 <= 16 + 4 * answer


def test_the_present_is_what_luma_gives_a_grey_error():
    reference = torch.full((1, 3, 8, 8), 0.5, dtype=EXACT)
    image = reference + 0.1
    gain = psnr(rgb_to_y(image), rgb_to_y(reference)) - psnr(image, reference)
    assert gain.item() == pytest.approx(EXERCISES["present"].answer)
    assert f"= {EXERCISES['present'].answer:.2f}$ dB" in page()


def test_noise_gains_in_luma_what_its_weights_say():
    weights = np.array([65.481, 128.553, 24.966]) / 255
    assert -10 * np.log10((weights**2).sum()) == pytest.approx(4.82, abs=0.005)
    assert "4.8 dB" in page()


# --------------------------------------------------------------------------------------------------
# making pictures small


def interpolated(power: int, a: float, x: float = 4.3) -> float:
    places = torch.arange(10, dtype=EXACT)
    return float((cubic(x - places, a) * places**power).sum())


def test_only_one_bicubic_keeps_lines_and_parabolas():
    for power in range(3):
        assert interpolated(power, -0.5) == pytest.approx(4.3**power)
    assert interpolated(0, -0.75) == pytest.approx(1)
    assert abs(interpolated(1, -0.75) - 4.3) > 0.01


def shrinking(n: int, r: int, *, widened: bool = True) -> Tensor:
    """The lesson's matrix, [n / r, n]."""
    centres = r * (torch.arange(n // r, dtype=EXACT) + 0.5) - 0.5
    weights = cubic((torch.arange(n) - centres[:, None]) / (r if widened else 1))
    return weights / weights.sum(1, keepdim=True)


def test_shrinking_is_that_of_torch_and_of_pillow():
    x = torch.rand(24, 32, dtype=torch.float32)
    mine = shrinking(24, 4) @ x.double() @ shrinking(32, 4).T
    theirs = F.interpolate(x[None, None].double(), (6, 8), mode="bicubic", antialias=True)
    torch.testing.assert_close(mine, theirs[0, 0])
    pillow = Image.fromarray(x.numpy(), mode="F").resize((8, 6), Image.Resampling.BICUBIC)
    np.testing.assert_allclose(np.asarray(pillow), mine.numpy(), atol=1e-6)


def test_stripes_of_five_pixels_come_back_as_false_ones_unless_the_kernel_is_widened():
    def arrives(widened: bool) -> float:
        stripes = torch.exp(2j * math.pi * torch.arange(80, dtype=EXACT) / 5)
        return float((shrinking(80, 4, widened=widened)[10].to(stripes.dtype) @ stripes).abs())

    assert (round(arrives(False), 2), round(arrives(True), 2)) == (0.95, 0.03)
    assert "95 per cent" in page() and "3 per cent" in page()


def test_fifteen_of_sixteen_directions_leave_no_trace():
    assert torch.linalg.matrix_rank(shrinking(48, 4)) == 12
    assert 1 - (12 / 48) ** 2 == 15 / 16


# --------------------------------------------------------------------------------------------------
# the world of 4096 pictures, without tensors of probabilities


@pytest.fixture(scope="module")
def world() -> dict[tuple[int, ...], list[tuple[tuple[int, ...], float]]]:
    """Small picture (whites in each four) -> its originals, each with its probability."""
    found: dict = {}
    for x in itertools.product((0, 1), repeat=12):
        alike = sum(a == b for a, b in itertools.pairwise(x))
        y = tuple(sum(x[i : i + 4]) for i in (0, 4, 8))
        found.setdefault(y, []).append((x, 0.5 * 0.8**alike * 0.2 ** (11 - alike)))
    return found


def test_a_draw_costs_exactly_twice_the_mean(world):
    assert len(world) == 125
    mean_error = draw_error = total = 0.0
    for originals in world.values():
        x = np.array([o for o, _ in originals], float)
        p = np.array([chance for _, chance in originals])
        total += p.sum()
        mean = p @ x / p.sum()
        mean_error += p @ ((x - mean) ** 2).mean(1)
        gaps = ((x[:, None] - x[None]) ** 2).mean(2)  # every original against every draw
        draw_error += p @ gaps @ p / p.sum()
    assert total == pytest.approx(1) and draw_error / mean_error == pytest.approx(2)
    assert mean_error == pytest.approx(0.0812, abs=5e-5)
    assert 10 * math.log10(2) == pytest.approx(EXERCISES["draw"].answer)


def test_numbers_of_the_world_stand_on_the_page(world):
    mean = median = apart = certain = 0.0
    drawn: dict = {}  # what the medians are -> how often
    for originals in world.values():
        p = np.array([chance for _, chance in originals])
        white = p @ np.array([o for o, _ in originals], float) / p.sum()
        mean += p.sum() * (white * (1 - white)).mean()
        median += p.sum() * np.minimum(white, 1 - white).mean()
        certain += p.sum() if len(originals) == 1 else 0.0
        answer = tuple((white > 0.5 + 1e-9).astype(int).tolist())
        drawn[answer] = drawn.get(answer, 0.0) + p.sum()
    for originals in world.values():
        apart += sum(abs(drawn.get(x, 0.0) - p) for x, p in originals) / 2
    rows = {  # squared and absolute error, total variation
        "the mean of the originals": (mean, 2 * mean, 1 - certain),
        "the median of each pixel": (median, median, apart),
        "one of the originals, drawn at random": (2 * mean, 2 * mean, 0.0),
    }
    for name, (squared, absolute, variation) in rows.items():
        assert f"| {name} | {squared:.3f} | {absolute:.3f} | {variation:.2f} |" in page()


def test_the_posterior_of_the_lesson_is_that_of_the_world(world):
    pictures = torch.tensor(list(itertools.product((0.0, 1.0), repeat=12)), dtype=EXACT)
    prior = torch.tensor([p for _, p in sorted(sum(world.values(), []))], dtype=EXACT)
    small = pictures.view(-1, 3, 4).mean(2)
    given = lesson_3_4.bayes(torch.tensor([1.0, 0.5, 0.0], dtype=EXACT), small, prior)
    chances = [p for _, p in world[4, 2, 0]]
    expected = sorted(p / sum(chances) for p in chances)
    np.testing.assert_allclose(sorted(given[given > 0].tolist()), expected)
    assert max(expected) == pytest.approx(0.798, abs=5e-4)
