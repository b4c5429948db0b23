"""StyleGAN2: its arithmetic against plainer ways to the same numbers, and what its training hands from step to step."""

import copy
import math
from dataclasses import replace
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aesthetic_utils.losses import discriminator_loss, generator_loss
from aesthetic_utils.models import stylegan2 as network
from aesthetic_utils.models.stylegan2 import (
    EqualConv2d,
    EqualLinear,
    StyledConv,
    StyleDiscriminator,
    StyleGAN2Config,
    StyleGenerator,
    minibatch_std,
    mix_styles,
    modulated_conv2d,
    truncate,
)
from aesthetic_utils.runtime import Precision, evaluating, step_generator
from aesthetic_utils.training import stylegan2 as training
from aesthetic_utils.training.checkpoint import CheckpointError
from aesthetic_utils.training.stylegan2 import (
    Changes,
    PathTarget,
    StyleGAN2Settings,
    draw_changes,
    draw_turn,
    ema_decay,
    mean_style,
    path_lengths,
    r1_penalty,
    sample,
    train_stylegan2,
)

TINY = StyleGAN2Config(channels=(6, 5, 4), latent_dim=7, style_dim=8, group=2)
SMALL = StyleGAN2Settings(steps=4, batch_size=4, config=TINY, r1_interval=2)
BF16 = Precision(dtype=torch.bfloat16, channels_last=True)


@pytest.fixture(scope="module")
def images():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (9, 3, 16, 16), dtype=torch.uint8, generator=generator)
    images[:, :, 0, :2] = torch.tensor([0, 255], dtype=torch.uint8)
    return images


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


# --------------------------------------------------------------------------------------------------
# modulated convolution


def for_each_picture(x, weight, style, *, demodulate=True, up=False):
    """The paper's words: scale the weights, divide each filter by its norm, convolve; one picture after the other."""
    made = []
    for picture, scales in zip(x, style, strict=True):
        own = weight * scales[None, :, None, None]
        if demodulate:
            own = own / (own.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        if not up:
            made.append(F.conv2d(picture[None], own, padding=weight.shape[-1] // 2))
            continue
        c, h, w = picture.shape
        wide = torch.zeros(1, c, 2 * h - 1, 2 * w - 1, dtype=x.dtype)
        wide[:, :, ::2, ::2] = picture  # zeros between the pixels
        y = F.conv2d(wide, own.flip(2, 3), padding=2)
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=x.dtype) / 4
        kernel = (taps[:, None] * taps).expand(len(weight), 1, 4, 4)
        made.append(F.conv2d(y, kernel, padding=1, groups=len(weight)))
    return torch.cat(made)


@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize("demodulate", [False, True])
def test_scaled_activations_are_scaled_weights_in_values_and_gradients(demodulate, up):
    x, weight, style = normal(3, 5, 6, 4), normal(4, 5, 3, 3, seed=1), normal(3, 5, seed=2)
    inputs = [t.requires_grad_() for t in (x, weight, style)]
    found = modulated_conv2d(*inputs, demodulate=demodulate, up=up)
    expected = for_each_picture(*inputs, demodulate=demodulate, up=up)
    assert found.shape == (3, 4, 12, 8) if up else (3, 4, 6, 4)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    towards = normal(*found.shape, seed=3)
    gradients = [torch.autograd.grad((y * towards).sum(), inputs) for y in (found, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-9)


def test_demodulation_gives_unit_variance_whatever_the_style():
    x, weight = normal(8, 64, 16, 16), 7 * normal(32, 64, 3, 3, seed=1)
    style = 50 * normal(8, 64, seed=2)
    inner = modulated_conv2d(x, weight, style)[:, :, 1:-1, 1:-1]  # at the border zeros come in
    assert 0.97 < inner.std() < 1.03
    assert modulated_conv2d(x, weight, style, demodulate=False).std() > 1000


def test_demodulation_keeps_its_digits_inside_an_autocast():
    """A sum of 4,608 squares in bfloat16 is off in its third digit; here the result does not change at all."""
    weight = normal(4, 512, 3, 3, dtype=torch.float32)
    style = normal(2, 512, seed=1, dtype=torch.float32)
    plain = network.demodulation(weight, style)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = network.demodulation(weight, style)
        half = network.demodulation(weight, style.bfloat16())
    assert torch.equal(inside, plain) and half.dtype == torch.float32
    exact = network.demodulation(weight.double(), style.double())
    torch.testing.assert_close(plain.double(), exact, rtol=1e-5, atol=0)


def test_weights_and_styles_of_another_width_are_refused():
    with pytest.raises(
        ValueError, match=r"take x \[N, 5, H, W\] and a style \[N, 5\]; got .*\(3, 4\)"
    ):
        modulated_conv2d(normal(3, 5, 4, 4), normal(4, 5, 3, 3), normal(3, 4))
    with pytest.raises(ValueError, match="a style"):
        modulated_conv2d(normal(3, 5, 4, 4), normal(4, 5, 3, 3), normal(1, 5))


def test_a_halving_convolution_blurs_first():
    """A checkerboard, the finest grid there is, is gone before anything is left out; a flat picture stays."""
    fine = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(8, 8)[None, None]
    for k in (1, 3):
        layer = EqualConv2d(1, 1, k, bias=False, halve=True)
        inner = (..., slice(2, -2), slice(2, -2))
        assert layer(fine)[inner].abs().max() < 1e-6
        flat = layer(torch.ones(1, 1, 16, 16))
        assert flat.shape == (1, 1, 8, 8)
        expected = float(layer.weight.detach().sum() * layer.gain)
        torch.testing.assert_close(flat[inner], torch.full((1, 1, 4, 4), expected))


# --------------------------------------------------------------------------------------------------
# the other parts


def test_z_is_scaled_to_a_mean_square_of_one_and_not_to_length_one():
    z = network.pixel_norm(1e3 * normal(4, 128))
    torch.testing.assert_close(z.norm(dim=1), torch.full((4,), math.sqrt(128)).double())


def test_minibatch_std_is_one_number_for_each_group_of_neighbours():
    x = normal(6, 3, 4, 5)
    found = minibatch_std(x, 3)
    assert found.shape == (6, 4, 4, 5) and torch.equal(found[:, :3], x)
    for group, rows in ((x[:3], found[:3]), (x[3:], found[3:])):
        spread = (group.var(0, unbiased=False) + 1e-8).sqrt().mean()
        torch.testing.assert_close(rows[:, 3], spread.expand(3, 4, 5))
    assert not torch.equal(found[0, 3], found[3, 3])


def test_minibatch_std_sees_a_generator_that_repeats_itself():
    same = normal(1, 3, 4, 4).repeat(4, 1, 1, 1)
    assert (
        minibatch_std(same, 4)[:, 3].max()
        < 2e-4
        < 0.5
        < minibatch_std(normal(4, 3, 4, 4), 4)[:, 3].min()
    )


@pytest.mark.parametrize("n", [1, 6, 31])
def test_a_batch_that_groups_of_four_do_not_divide_is_refused(n):
    with pytest.raises(ValueError, match=f"{n} pictures cannot be divided into groups of 4"):
        StyleDiscriminator(StyleGAN2Config(channels=(4, 4)))(torch.zeros(n, 3, 8, 8))


def test_truncation_goes_in_a_straight_line_from_the_mean():
    w, mean = normal(3, 4, 8), normal(8, seed=1)
    assert torch.equal(truncate(w, mean, 1.0), w)
    assert torch.equal(truncate(w, mean, 0.0), mean.expand(3, 4, 8))
    torch.testing.assert_close(truncate(w, mean, 0.25), mean + 0.25 * (w - mean))
    torch.testing.assert_close(truncate(w, mean, -1.0), 2 * mean - w)


def test_mixed_styles_change_from_the_crossover_on():
    a, b = torch.zeros(4, 3, 2), torch.ones(4, 3, 2)
    mixed = mix_styles(a, b, torch.tensor([0, 1, 2, 3]))
    assert mixed[:, :, 0].tolist() == [[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0]]
    assert torch.equal(mixed[..., 0], mixed[..., 1])


def test_layers_keep_the_variance_of_what_comes_in():
    torch.manual_seed(0)
    x = torch.randn(256, 300)
    for layer in (EqualLinear(300, 200), EqualLinear(300, 200, slow=0.01)):
        assert 0.9 < layer(x).std() < 1.1
    maps = EqualConv2d(50, 40, 3)(torch.randn(4, 50, 12, 12))[:, :, 1:-1, 1:-1]
    assert 0.9 < maps.std() < 1.1
    assert 0.9 < network.active(torch.randn(10_000)).square().mean() < 1.1


@pytest.mark.parametrize("slow", [1.0, 0.01])
def test_a_layer_with_an_equalised_rate_moves_by_the_rate_whatever_its_width(slow):
    """Adam moves each stored weight by the rate; what is used moves by rate x slow / sqrt(inputs)."""
    torch.manual_seed(0)
    for inputs in (4, 400):
        layer = EqualLinear(inputs, 3, slow=slow)
        before = layer.weight.detach() * layer.gain
        adam = torch.optim.Adam(layer.parameters(), 0.1)
        layer(torch.rand(8, inputs) + 1).sum().backward()
        adam.step()
        moved = (layer.weight.detach() * layer.gain - before).abs()
        expected = torch.full_like(moved, 0.1 * slow / math.sqrt(inputs))
        torch.testing.assert_close(moved, expected, rtol=0.01, atol=1e-6)


def test_linear_layers_compute_in_their_own_format_inside_an_autocast():
    torch.manual_seed(0)
    layer, x = EqualLinear(64, 8), torch.randn(5, 64)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(layer(x), layer(x.float()))
        assert layer(x.bfloat16()).dtype == torch.float32


# --------------------------------------------------------------------------------------------------
# the two networks


def test_the_networks_fit_together_and_have_the_size_derived_by_hand():
    config = StyleGAN2Config()
    generator, discriminator = StyleGenerator(config), StyleDiscriminator(config)
    assert (config.image_size, config.sizes, config.layers) == (32, [4, 8, 16, 32], 8)
    pictures = generator(torch.randn(4, 128))
    assert pictures.shape == (4, 3, 32, 32) and discriminator(pictures).shape == (4,)
    pairs = [(128, 128), (128, 128), (128, 128), (128, 64), (64, 64), (64, 32), (32, 32)]
    convs = sum(i * o * 9 + o + 1 + 129 * i for i, o in pairs)
    colours = sum(3 * i + 3 + 129 * i for i in (128, 128, 64, 32))
    count = sum(p.numel() for p in generator.parameters())
    assert count == 2 * 128 * 129 + 128 * 16 + convs + colours
    with pytest.raises(ValueError, match=r"takes z of shape \[N, 128\]"):
        generator(torch.randn(4, 100))
    with pytest.raises(ValueError, match=r"\[N, 8, 128\], pictures first; got \(8, 4, 128\)"):
        generator.synthesis(torch.randn(8, 4, 128))
    with pytest.raises(ValueError, match=r"images \[N, 3, 32, 32\]"):
        discriminator(torch.zeros(4, 3, 64, 64))
    for channels, text in (((8,), "two sizes"), ((8, 8), "a way to w")):
        with pytest.raises(ValueError, match=text):
            StyleGAN2Config(channels=channels, mapping_layers=0)


def test_the_picture_is_the_sum_of_the_enlarged_pictures_of_all_sizes():
    """Silence the colours of all sizes but one: what is left adds up to the whole."""
    torch.manual_seed(0)
    generator = StyleGenerator(TINY).eval()
    z, parts = torch.randn(2, 7), []
    for size in range(3):
        one = copy.deepcopy(generator)
        for i, colours in enumerate(one.to_image):
            if i != size:
                nn.init.zeros_(colours.weight)
        parts.append(one(z))
    torch.testing.assert_close(sum(parts), generator(z))
    with torch.no_grad():  # the one of 4 x 4 pixels, twice enlarged
        w = generator.mapping(z)
        picture = generator.to_image[0](
            generator.convs[0](generator.start.expand(2, -1, -1, -1), w), w
        )
    for _ in range(2):
        picture = F.interpolate(picture, scale_factor=2, mode="bilinear")
    torch.testing.assert_close(parts[0], picture)


def test_a_style_reaches_its_layer_and_those_after_it_alone():
    torch.manual_seed(0)
    generator = StyleGenerator(TINY).eval()
    seen = {}
    for i, conv in enumerate(generator.convs):
        conv.register_forward_hook(lambda _, a, out, i=i: seen.setdefault(i, []).append(out))
    a, b = (generator.styles(torch.randn(2, 7)) for _ in range(2))
    generator.synthesis(a)
    generator.synthesis(mix_styles(a, b, torch.tensor([3, 3])))
    same = [torch.equal(*seen[i]) for i in range(len(generator.convs))]
    assert same == [True, True, True, False, False]


def test_noise_is_fresh_in_training_and_always_the_same_in_evaluation():
    torch.manual_seed(0)
    layer = StyledConv(TINY, 6, 6, 4, up=False)
    x, w = torch.randn(2, 6, 4, 4), torch.randn(2, 8)
    assert torch.equal(layer(x, w), layer(x, w)), "noise begins with strength 0"
    nn.init.ones_(layer.strength)
    assert not torch.equal(layer(x, w), layer(x, w))
    assert torch.equal(layer.eval()(x, w), layer(x, w))
    quiet = StyleGenerator(replace(TINY, noise=False))
    z = torch.randn(2, 7)
    assert torch.equal(quiet(z), quiet(z))


def test_the_discriminator_is_a_function_of_its_group_alone():
    torch.manual_seed(0)
    discriminator = StyleDiscriminator(TINY)
    pictures = torch.rand(4, 3, 16, 16)
    torch.testing.assert_close(discriminator(pictures)[:2], discriminator(pictures[:2]))


def test_settings_that_json_has_kept_are_settings():
    config = StyleGAN2Config(**{"channels": [6, 5, 4], "latent_dim": 7, "style_dim": 8, "group": 2})
    assert config == TINY and hash(config) == hash(TINY)


# --------------------------------------------------------------------------------------------------
# changes that both players see


def test_changes_move_pictures_over_white_and_cover_a_square_with_white():
    image = -torch.ones(1, 3, 6, 6)
    image[..., 0, 0] = 0.0  # a mark
    changes = Changes(shift=torch.tensor([[2, 1]]), corner=torch.tensor([[4, 3]]), hole=2)
    expected = torch.ones(1, 3, 6, 6)
    expected[..., 2:, 1:] = -1
    expected[..., 2, 1] = 0.0
    expected[..., 4:6, 3:5] = 1
    assert torch.equal(changes(image), expected)
    none = Changes(shift=torch.zeros(1, 2, dtype=int), corner=torch.full((1, 2), 6), hole=2)
    assert torch.equal(none(image), image)
    over = Changes(shift=torch.zeros(1, 2, dtype=int), corner=torch.tensor([[-1, 5]]), hole=2)
    assert (over(image) == 1).sum() == 3, "one pixel of the square lies in the picture"


def test_changes_pass_the_gradient_on_where_the_picture_is_seen():
    image = torch.rand(1, 1, 6, 6, requires_grad=True)
    changes = Changes(shift=torch.tensor([[-2, 0]]), corner=torch.tensor([[0, 0]]), hole=3)
    (gradient,) = torch.autograd.grad(changes(image).sum(), image)
    expected = torch.ones(1, 1, 6, 6)
    expected[..., :2, :] = 0  # moved out
    expected[..., 2:5, :3] = 0  # under the square
    assert torch.equal(gradient, expected)


def test_drawn_changes_reach_as_far_as_the_settings_say():
    settings = StyleGAN2Settings()
    changes = draw_changes(4000, settings, step_generator(0, 0))
    assert changes.shift.unique().tolist() == list(range(-4, 5))
    squares = (changes.corner < 32).all(1)
    assert 0.47 < squares.double().mean() < 0.53
    assert changes.corner.min() == -6 and changes.corner[squares].max() == 26
    assert (changes.corner[~squares] == 32).all(), "outside"
    again = draw_changes(4000, settings, step_generator(0, 0))
    assert torch.equal(changes.shift, again.shift) and torch.equal(changes.corner, again.corner)


def test_of_the_pictures_with_two_styles_each_crossover_is_as_likely():
    turn = draw_turn(4000, StyleGAN2Settings(), step_generator(0, 0))
    counts = torch.bincount(turn.crossover, minlength=9)
    assert counts[0] == 0 and 0.47 < counts[8] / 4000 < 0.53
    assert counts[1:8].min() > 0.8 * counts[1:8].max() - 20
    assert turn.z.shape == (4000, 2, 128) and abs(turn.z.std() - 1) < 0.01


# --------------------------------------------------------------------------------------------------
# penalties


class Quadratic(nn.Module):
    """D(x) = a |x|^2 / 2, whose gradient is a x."""

    def __init__(self, a: float):
        super().__init__()
        self.a = nn.Parameter(torch.tensor(a, dtype=torch.float64))

    def forward(self, x):
        return self.a * x.square().sum((1, 2, 3)) / 2


def test_r1_is_the_squared_gradient_and_its_gradient_that_of_the_formula():
    x, judge = normal(4, 3, 5, 5), Quadratic(1.5)
    penalty = r1_penalty(judge, x, lambda y: y)
    squares = x.square().sum((1, 2, 3)).mean()
    torch.testing.assert_close(penalty, 1.5**2 * squares)
    torch.testing.assert_close(torch.autograd.grad(penalty, judge.a)[0], 2 * 1.5 * squares)


def test_r1_of_the_network_is_what_differences_say():
    torch.manual_seed(0)
    judge = StyleDiscriminator(TINY).double()
    x, h = normal(2, 3, 16, 16), 1e-5
    penalty = float(r1_penalty(judge, x, lambda y: y).detach())
    total = 0.0
    with torch.no_grad():
        steps = h * torch.eye(x[0].numel()).double().view(-1, *x[0].shape)
        for i in range(2):  # every pixel of either picture, up and down; the logits of both count
            for part in steps.split(128):
                pairs = x.repeat(len(part), 1, 1, 1).view(-1, 2, *x[0].shape)
                up, down = pairs.clone(), pairs.clone()
                up[:, i] += part
                down[:, i] -= part
                logits = [judge(y.flatten(0, 1)).view(-1, 2).sum(1) for y in (up, down)]
                total += float(((logits[0] - logits[1]) / (2 * h)).square().sum())
    assert penalty == pytest.approx(total / 2, rel=1e-5)


def test_r1_is_taken_at_the_pictures_before_the_changes():
    """What a square covers or a shift loses has no gradient; after the changes it would have one."""
    x, judge = normal(1, 3, 6, 6), Quadratic(1.0)
    changes = Changes(shift=torch.tensor([[2, 0]]), corner=torch.tensor([[3, 0]]), hole=3)
    penalty = r1_penalty(judge, x, changes)
    seen = torch.ones(1, 1, 6, 6)
    seen[..., 4:, :] = 0
    seen[..., 1:4, :3] = 0
    torch.testing.assert_close(penalty, (x * seen).square().sum())
    assert penalty < changes(x).square().sum() - 10, "white has a gradient of its own"


def test_path_lengths_are_one_a_picture_and_those_of_a_linear_generator():
    """G(w) = sum over layers of A_l w_l: the gradient of (y . G) is A_l^T y."""
    a, styles = normal(3, 27, 8), normal(5, 3, 8, seed=1).requires_grad_()
    pictures = torch.einsum("lpd,nld->np", a, styles).view(5, 3, 3, 3)
    noise = normal(5, 3, 3, 3, seed=2)
    found = path_lengths(pictures, styles, noise)
    by_hand = torch.einsum("lpd,np->nld", a, noise.flatten(1)) / 3  # sqrt(3 x 3) = 3
    torch.testing.assert_close(found, by_hand.square().sum(2).mean(1).sqrt())
    assert found.shape == (5,)


def test_the_target_of_path_lengths_follows_slowly_and_takes_no_gradient():
    target, lengths = PathTarget(decay=0.9), torch.tensor([1.0, 3.0], requires_grad=True)
    penalty = target(lengths)
    assert float(target.mean) == pytest.approx(0.2)
    assert float(penalty.detach()) == pytest.approx((0.8**2 + 2.8**2) / 2)
    (gradient,) = torch.autograd.grad(penalty, lengths)
    torch.testing.assert_close(gradient, torch.tensor([0.8, 2.8]))
    for _ in range(200):
        target(lengths)
    assert float(target.mean) == pytest.approx(2.0)


# --------------------------------------------------------------------------------------------------
# steps and loop


def test_each_step_moves_its_player_by_its_own_loss_and_leaves_no_gradient_with_the_other():
    torch.manual_seed(0)
    generator = StyleGenerator(replace(TINY, noise=False))
    discriminator = StyleDiscriminator(TINY)
    turn = draw_turn(4, SMALL, step_generator(0, 0))
    real = torch.rand(4, 3, 16, 16) * 2 - 1
    fake = turn.changes(generator.synthesis(turn.styles(generator))).detach()
    with torch.no_grad():
        expected = discriminator_loss(discriminator(real), discriminator(fake))
        sign = discriminator(real).sign().mean()
    sgd = torch.optim.SGD(discriminator.parameters(), 1e-3)
    before = copy.deepcopy(discriminator.state_dict())
    found = training.discriminator_step(discriminator, sgd, real, fake)
    torch.testing.assert_close(found, (expected, sign))
    assert not torch.equal(before["conv.weight"], discriminator.conv.weight)
    assert all(p.grad is None for p in generator.parameters())
    sgd.zero_grad()
    with torch.no_grad():
        expected = generator_loss(discriminator(fake))
    sgd = torch.optim.SGD(generator.parameters(), 1e-3)
    start = generator.start.detach().clone()
    found = training.generator_step(generator, discriminator, sgd, turn)
    torch.testing.assert_close(found, expected)
    assert not torch.equal(start, generator.start)
    assert all(p.grad is None and p.requires_grad for p in discriminator.parameters())


def test_r1_is_lazy_in_single_precision_and_counts_for_the_steps_it_leaves_out(images, monkeypatch):
    taken, step = [], training.r1_step

    def watched(discriminator, adam, real, changes, weight):
        assert not torch.is_autocast_enabled("cpu") and real.dtype == torch.float32
        taken.append((weight, float(step(discriminator, adam, real, changes, weight))))
        return torch.tensor(taken[-1][1])

    monkeypatch.setattr(training, "r1_step", watched)
    _, _, run = train_stylegan2(replace(SMALL, steps=5, gamma=0.3), images, precision=BF16)
    assert [weight for weight, _ in taken] == [0.3 / 2 * 2] * 3
    assert run.history[0]["r1"] == taken[0][1] > 0


def test_a_lazy_player_learns_as_much_slower_as_it_takes_more_steps():
    adam = training.lazy_adam(nn.Linear(2, 2), StyleGAN2Settings(), 16)
    (group,) = adam.param_groups
    assert group["lr"] == pytest.approx(2.5e-3 * 16 / 17)
    assert group["betas"] == (0.0, pytest.approx(0.99 ** (16 / 17)))


def test_the_average_is_half_new_after_its_half_life_and_sooner_at_first():
    settings = StyleGAN2Settings()
    assert ema_decay(10**6, settings) ** (10_000 / 32) == pytest.approx(0.5)
    assert ema_decay(0, settings) < 1e-5, "the untrained start is forgotten at once"
    step = 1_000  # after 32,032 pictures, of which a twentieth is the half-life
    assert ema_decay(step, settings) ** (0.05 * 32_032 / 32) == pytest.approx(0.5)


def test_the_average_has_the_stored_noise_of_the_generator_and_weights_of_its_own(images):
    average, _, run = train_stylegan2(SMALL, images)
    generator = run.models["generator"]
    for a, b in zip(average.buffers(), generator.buffers(), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(average.start, generator.start)


def test_the_players_see_changed_drawings_from_minus_one_to_one(images, monkeypatch):
    seen, step = [], training.discriminator_step

    def watched(discriminator, adam, real, fake, **options):
        seen.append((real, fake, options["precision"]))
        return step(discriminator, adam, real, fake, **options)

    monkeypatch.setattr(training, "discriminator_step", watched)
    train_stylegan2(SMALL, images, precision=BF16)
    assert len(seen) == 4
    for real, fake, precision in seen:
        assert real.shape == fake.shape == (4, 3, 16, 16) and precision == BF16
        assert real.min() == -1 and real.max() == 1 and not fake.requires_grad
        assert not real.requires_grad


class Killed(Exception):
    pass


@pytest.mark.parametrize("path_length", [0.0, 2.0])
def test_a_run_that_was_killed_ends_where_an_unbroken_one_does(
    images, tmp_path, monkeypatch, path_length
):
    """Weights, average, optimisers, noise, z, changes, crossovers and the target of the path lengths."""
    monkeypatch.setattr(training, "Run", partial(training.Run, checkpoint_every_s=-1))
    settings = replace(SMALL, path_length=path_length, path_interval=2)
    path = tmp_path / "stylegan2.safetensors"
    whole = train_stylegan2(settings, images, seed=5)

    def kill(step, _):
        if step == 3:
            raise Killed

    with pytest.raises(Killed):
        train_stylegan2(settings, images, seed=5, path=path, watch=kill)
    torch.rand(3)  # whatever the process drew in between
    resumed = train_stylegan2(settings, images, seed=5, path=path)
    for name, model in whole[2].models.items():
        for key, value in model.state_dict().items():
            assert torch.equal(value, resumed[2].models[name].state_dict()[key]), (name, key)
    assert (whole[2].models["target"].mean > 0) == (path_length > 0)
    assert whole[2].history == resumed[2].history
    with pytest.raises(CheckpointError, match="gamma"):
        train_stylegan2(replace(settings, gamma=1.0), images, seed=5, path=path)


def test_what_is_looked_at_on_the_way_stands_in_the_history(images):
    def look(average, discriminator):
        assert isinstance(average, StyleGenerator) and isinstance(discriminator, StyleDiscriminator)
        return {"held_out": 0.5}

    _, _, run = train_stylegan2(SMALL, images, look=look, look_every=2)
    assert [row["step"] for row in run.history if "held_out" in row] == [1, 3]
    with pytest.raises(ValueError, match="draws 16 x 16 pixels"):
        train_stylegan2(SMALL, images[:, :, :8, :8])


# --------------------------------------------------------------------------------------------------
# samples


def test_samples_lie_in_the_unit_range_and_depend_on_the_seed_alone():
    torch.manual_seed(0)
    generator = StyleGenerator(TINY)
    for conv in generator.convs:
        nn.init.ones_(conv.strength)
    found = sample(generator, 5, seed=2, batch_size=2)
    assert found.shape == (5, 3, 16, 16) and found.min() >= 0 and found.max() <= 1
    assert torch.equal(found, sample(generator, 5, seed=2, batch_size=2)) and generator.training
    torch.testing.assert_close(found, sample(generator, 5, seed=2))
    assert not torch.equal(found, sample(generator, 5, seed=3))
    z = torch.randn(5, 7, generator=step_generator(2, 0))
    with evaluating(generator):
        torch.testing.assert_close(found, (generator(z) / 2 + 0.5).clamp(0, 1))


def test_truncated_samples_come_together_in_the_picture_of_the_mean_style():
    torch.manual_seed(0)
    generator = StyleGenerator(TINY)
    spreads = [sample(generator, 20, psi=psi).std(0).mean() for psi in (0.0, 0.5, 1.0)]
    assert spreads[0] < 1e-6 < spreads[1] < 0.9 * spreads[2]
    mean = mean_style(generator)
    with evaluating(generator):
        centre = generator.synthesis(mean.expand(1, TINY.layers, -1))
    torch.testing.assert_close(sample(generator, 1, psi=0.0), (centre / 2 + 0.5).clamp(0, 1))
    z = torch.randn(4096, 7, generator=step_generator(0, 1))
    torch.testing.assert_close(mean, generator.mapping(z).mean(0).detach())
