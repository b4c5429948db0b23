"""What the loop of the GAN hands to its two steps, and what comes out of it."""

from collections import Counter
from dataclasses import asdict, replace
from functools import partial

import pytest
import torch
from torch import nn

from aesthetic_utils.losses import discriminator_loss
from aesthetic_utils.models import DCGANConfig, Generator
from aesthetic_utils.published.results import load_result
from aesthetic_utils.runtime import Precision, step_generator
from aesthetic_utils.training import gan
from aesthetic_utils.training.checkpoint import CheckpointError, checkpoint_config
from aesthetic_utils.training.gan import GANSettings, sample, shift_together, train_gan

SMALL = GANSettings(steps=4, batch_size=3, base_channels=4, latent_dim=6, shift=0)


@pytest.fixture(scope="module")
def images():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (7, 3, 16, 16), dtype=torch.uint8, generator=generator)
    images[:, :, 0, :2] = torch.tensor([0, 255], dtype=torch.uint8)
    return images


@pytest.fixture
def calls(monkeypatch):
    """Everything that the loop hands to its steps, which still do their work."""
    calls = {"discriminator": [], "generator": [], "decays": []}
    steps = {n: getattr(gan, f"{n}_step") for n in ("discriminator", "generator")}

    def watched(name):
        def step(*arguments, **options):
            calls[name].append((arguments, options))
            return steps[name](*arguments, **options)

        return step

    for name in steps:
        monkeypatch.setattr(gan, f"{name}_step", watched(name))
    update = gan.update_ema

    def update_ema(average, model, decay):
        calls["decays"].append(decay)
        update(average, model, decay)

    monkeypatch.setattr(gan, "update_ema", update_ema)
    return calls


def noise(calls) -> list[torch.Tensor]:
    d = [arguments[4] for arguments, _ in calls["discriminator"]]
    return d + [arguments[3] for arguments, _ in calls["generator"]]


def test_the_players_see_images_from_minus_one_to_one_and_fresh_noise(calls, images):
    train_gan(SMALL, images)
    for (_, judge, _, real, z), _ in calls["discriminator"]:
        assert real.shape == (3, 3, 16, 16) and z.shape == (3, 6)
        assert real.min() == -1 and real.max() == 1
        assert not isinstance(judge, gan.Shifted)
    drawn = torch.stack(noise(calls))
    assert drawn.unique().numel() == drawn.numel() == 8 * 3 * 6, "no z is used twice"
    assert drawn.mean().abs() < 0.3 and 0.8 < drawn.std() < 1.2


def test_half_of_the_images_are_mirrored(calls, images):
    train_gan(replace(SMALL, steps=20), images)
    known = [2 * x.float() / 255 - 1 for x in images]
    found = Counter()
    for (_, _, _, real, _), _ in calls["discriminator"]:
        for x in real:
            found["kept"] += any(torch.allclose(x, k) for k in known)
            found["mirrored"] += any(torch.allclose(x, k.flip(2)) for k in known)
    assert found.total() == 60 and 15 < found["mirrored"] < 45


def test_a_seed_repeats_the_run_and_another_one_does_not(calls, images):
    networks = [train_gan(SMALL, images, seed=seed)[0] for seed in (0, 0, 1)]
    weights = [n.to_image.weight for n in networks]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    drawn = [arguments[4] for arguments, _ in calls["discriminator"]]
    assert torch.equal(drawn[0], drawn[4]) and not torch.equal(drawn[0], drawn[8])


def test_optimisers_have_the_rates_and_momenta_of_the_settings(calls, images):
    settings = replace(SMALL, learning_rate=3e-4, discriminator_learning_rate=5e-4, beta1=0.3)
    _, discriminator, run = train_gan(settings, images)
    (generator, judge, adam_d, *_), _ = calls["discriminator"][0]
    adam_g = calls["generator"][0][0][2]
    assert judge is discriminator
    for adam, network, rate in ((adam_g, generator, 3e-4), (adam_d, judge, 5e-4)):
        (group,) = adam.param_groups
        assert group["lr"] == rate and group["betas"] == (0.3, 0.999)
        assert {id(p) for p in group["params"]} == {id(p) for p in network.parameters()}
    assert (generator.config.base_channels, generator.config.latent_dim) == (4, 6)
    assert run.step == 4 and set(run.history[-1]) == {"step", "discriminator", "generator"}


def test_the_average_follows_quickly_at_first_and_then_as_slowly_as_asked_for(calls, images):
    average, _, _ = train_gan(replace(SMALL, ema_decay=0.25), images)
    assert calls["decays"] == [1 / 10, 2 / 11, 3 / 12, 0.25]
    trained = calls["generator"][-1][0][0]
    assert average is not trained
    assert not torch.equal(average.to_image.weight, trained.to_image.weight)


def test_both_players_see_shifted_images_in_the_number_format_of_the_run(calls, images):
    precision = Precision(dtype=torch.bfloat16, channels_last=True)
    _, discriminator, _ = train_gan(replace(SMALL, shift=2), images, precision=precision)
    for arguments, options in calls["discriminator"] + calls["generator"]:
        judge = arguments[1]
        assert isinstance(judge, gan.Shifted) and judge.pixels == 2
        assert judge.discriminator is discriminator
        assert options["precision"] == precision
    for (generator, _, _, real, _), _ in calls["discriminator"]:
        assert real.is_contiguous(memory_format=torch.channels_last)
        assert generator.to_image.weight.is_contiguous(memory_format=torch.channels_last)


def test_labels_are_right_unless_they_are_to_be_wrong(calls, images):
    for swapped in (False, True):
        train_gan(replace(SMALL, steps=1, swap_labels=swapped), images)
    used = [options["loss_function"] for _, options in calls["discriminator"]]
    assert used == [discriminator_loss, gan.wrong_loss]
    real, fake = torch.tensor([5.0]), torch.tensor([-5.0])
    assert discriminator_loss(real, fake) < 0.02 < 9 < gan.wrong_loss(real, fake)


def test_few_images_make_a_smaller_batch(calls, images):
    train_gan(replace(SMALL, batch_size=64), images)
    assert [len(arguments[3]) for arguments, _ in calls["discriminator"]] == [7] * 4
    train_gan(replace(SMALL, batch_size=4, steps=5), images)  # three are left over, and left out
    assert [len(arguments[3]) for arguments, _ in calls["discriminator"][4:]] == [4] * 5


def test_the_average_is_shown_before_every_step(images):
    seen = []
    average, _, _ = train_gan(
        SMALL, images, watch=lambda step, g: seen.append((step, g, g.to_image.weight.clone()))
    )
    assert [step for step, _, _ in seen] == [0, 1, 2, 3]
    assert all(g is average for _, g, _ in seen)
    assert not torch.equal(seen[0][2], seen[1][2])


class Killed(Exception):
    pass


@pytest.mark.parametrize("shift", [0, 3])
def test_a_run_that_was_killed_ends_where_an_unbroken_one_does(
    images, tmp_path, monkeypatch, shift
):
    """Weights, average, both optimisers, images, noise and shifts."""
    monkeypatch.setattr(gan, "Run", partial(gan.Run, checkpoint_every_s=-1))
    settings, path = replace(SMALL, shift=shift), tmp_path / "gan.safetensors"
    whole = train_gan(settings, images, seed=5)

    def kill(step, _):
        if step == 2:
            raise Killed

    with pytest.raises(Killed):
        train_gan(settings, images, seed=5, path=path, watch=kill)
    torch.rand(3)  # whatever the process drew in between
    resumed = train_gan(settings, images, seed=5, path=path)
    for a, b in zip(whole[:2], resumed[:2], strict=True):
        for name, value in a.state_dict().items():
            assert torch.equal(value, b.state_dict()[name]), name
    with pytest.raises(CheckpointError, match="seed"):
        train_gan(settings, images, seed=6, path=path)
    with pytest.raises(CheckpointError, match="beta1"):
        train_gan(replace(settings, beta1=0.4), images, seed=5, path=path)


def test_a_generator_with_several_turns_moves_as_often(images, monkeypatch):
    turns = []
    monkeypatch.setattr(
        gan, "discriminator_step", lambda *a, **k: turns.append("d") or torch.zeros(())
    )
    monkeypatch.setattr(
        gan, "generator_step", lambda *a, **k: turns.append(a[3]) or torch.zeros(())
    )
    train_gan(replace(SMALL, steps=1, generator_steps=3), images)
    assert turns[0] == "d" and len(turns) == 4
    assert not torch.equal(turns[1], turns[2]), "each turn has noise of its own"


def test_without_norm_a_discriminator_judges_each_picture_alone(images, calls):
    """With it, what it says of a picture depends on the others of the batch."""
    for norm in (True, False):
        train_gan(replace(SMALL, steps=1, discriminator_norm=norm), images)
        (_, judge, *_), _ = calls["discriminator"][-1]
        batch = torch.rand(3, 3, 16, 16)
        judge.train()
        alike = torch.allclose(
            judge(batch)[:1], judge(batch[:1].expand(3, -1, -1, -1))[:1], atol=1e-5
        )
        assert alike != norm


def test_a_checkpoint_from_before_a_setting_goes_on(images, tmp_path):
    """One that does not know `discriminator_norm` had it; with it off a run begins anew."""
    path = tmp_path / "gan.safetensors"
    train_gan(SMALL, images, path=path)
    assert "beta1" in str(checkpoint_config(path)), "it does know the settings of its time"
    assert "discriminator_norm" not in str(checkpoint_config(path))
    with pytest.raises(CheckpointError, match="discriminator_norm"):
        train_gan(replace(SMALL, discriminator_norm=False), images, path=path)


def test_without_time_nothing_is_trained(images):
    assert train_gan(SMALL, images, minutes=0)[2].step == 0


def test_the_defaults_are_the_published_run_and_broken_ones_differ_as_they_say():
    published = load_result("gan_emoji")["settings"]
    assert published.items() <= asdict(GANSettings(steps=published["steps"])).items()
    collapse = gan.broken("mode collapse", SMALL)
    assert collapse == replace(
        SMALL, generator_steps=4, learning_rate=1e-3, discriminator_norm=False, ema_decay=0.9
    ), "turns and haste, and no look at the batch"
    strong = gan.broken("discriminator too strong", SMALL)
    assert strong.discriminator_learning_rate == pytest.approx(200 * strong.learning_rate)
    assert strong.shift == 0
    assert gan.broken("wrong labels", SMALL) == replace(SMALL, swap_labels=True)
    with pytest.raises(ValueError, match="'too good'; there are mode collapse, "):
        gan.broken("too good", SMALL)


# --------------------------------------------------------------------------------------------------
# shifts and samples


def test_each_quarter_of_a_batch_moves_by_itself_as_far_as_allowed_each_way():
    """One black pixel in the middle: where it lands is the shift."""
    torch.manual_seed(0)
    batch = torch.ones(8, 1, 9, 9)
    batch[:, :, 4, 4] = 0
    seen, alike = set(), 0
    for _ in range(60):
        moved = shift_together(batch, 2)
        assert ((moved == 0).sum((1, 2, 3)) == 1).all() and moved.sum() == batch.sum()
        spots = [tuple((image[0] == 0).nonzero()[0].tolist()) for image in moved]
        assert spots[::2] == spots[1::2], "two images a quarter"
        seen |= set(spots)
        alike += len(set(spots)) == 1
    assert seen == {(y, x) for y in range(2, 7) for x in range(2, 7)}
    assert alike < 3


def test_a_shifted_discriminator_passes_on_the_gradient():
    torch.manual_seed(0)
    judge = gan.Shifted(nn.Flatten(), 1)
    images = torch.rand(4, 1, 5, 5, requires_grad=True)
    judge(images).sum().backward()
    assert (images.grad[:, :, 1:-1, 1:-1] == 1).all()


def test_samples_are_the_generators_pictures_of_the_seeds_noise():
    torch.manual_seed(0)
    generator = Generator(DCGANConfig(image_size=16, base_channels=4, latent_dim=6))
    generator(torch.randn(16, 6))  # norms that have seen something
    found = sample(generator, 5, seed=2, batch_size=2)
    z = torch.randn(5, 6, generator=step_generator(2, 0))
    with torch.no_grad():
        expected = generator.eval()(z)
    torch.testing.assert_close(found, (expected + 1) / 2)
    assert not torch.equal(found, sample(generator, 5, seed=3))
    assert torch.equal(sample(generator, 3), sample(generator, 3, seed=0))


# ---- float16


class Faint(torch.nn.Module):
    """Logits whose float16 gradients are below what float16 can hold, unless they are scaled up."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, images):
        return Half.apply(images.flatten(1).mean(1) * self.weight)


class Half(torch.autograd.Function):
    """Times 1e-6; the gradient passes through float16, as it does in a network that computes in it."""

    @staticmethod
    def forward(ctx, x):
        return x * 1e-6

    @staticmethod
    def backward(ctx, gradient):
        return (gradient * 1e-6 * 0.01).half().float()


class Painter(torch.nn.Module):
    """z [N, 2] -> images [N, 3, 4, 4] of one shade each."""

    def __init__(self):
        super().__init__()
        self.shade = torch.nn.Parameter(torch.tensor(0.5))

    def forward(self, z):
        return (self.shade * z[:, :1, None, None]).expand(-1, 3, 4, 4)


def moved(player: str, scaler) -> tuple[float, float]:
    """How far a step moves the generator and the discriminator."""
    painter, critic = Painter(), Faint()
    of = {"generator": painter, "discriminator": critic}[player]
    sgd = torch.optim.SGD(of.parameters(), lr=1e9)
    z, real = torch.full((8, 2), 0.25), torch.ones(8, 3, 4, 4)
    if player == "generator":
        gan.generator_step(painter, critic, sgd, z, scaler=scaler)
    else:
        gan.discriminator_step(painter, critic, sgd, real, z, scaler=scaler)
    return painter.shade.item() - 0.5, critic.weight.item() - 1


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_gradients_too_small_for_float16_move_the_weights_when_they_are_scaled(player):
    assert moved(player, None) == (0, 0)
    painter, critic = moved(player, torch.amp.GradScaler("cpu", init_scale=2.0**16))
    chosen, other = (painter, critic) if player == "generator" else (critic, painter)
    assert chosen > 0.01 and other == 0


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_a_step_whose_scaled_gradients_overflow_moves_nothing_and_lowers_the_scale(player):
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**50)
    assert moved(player, scaler) == (0, 0)
    assert scaler.get_scale() == 2.0**49
