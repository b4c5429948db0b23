"""Flow matching: pairs, what is forgotten, guidance, sampling, and a training that learns."""

from dataclasses import replace

import pytest
import torch

from aesthetic_utils.models.unet import Conditions, UNet, UNetConfig, no_conditions
from aesthetic_utils.training import flow
from aesthetic_utils.training.optimization import update_weights
from aesthetic_utils.training.precision import PRECISIONS
from aesthetic_utils.training.run import Run

CONFIG = UNetConfig(
    channels=4, multipliers=(1, 2), condition=8, groups=2, heads=2, words=("a", "b")
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def network(seed: int = 0) -> UNet:
    """A small one whose output is not zero, as it is before training."""
    torch.manual_seed(seed)
    model = UNet(CONFIG)
    for p in model.parameters():
        if not p.any():
            torch.nn.init.normal_(p, std=0.1)
    return model.eval()


def asked(n: int = 4) -> Conditions:
    words = torch.zeros(n, 8, dtype=torch.int64)
    words[:, 0] = 1 + torch.arange(n) % 2
    return Conditions(1 + torch.arange(n) % 8, 1 + torch.arange(n) % 10, words)


def test_pairs_go_from_drawing_to_noise_at_constant_velocity():
    clean, noise = torch.rand(3, 3, 4, 4, generator=generator()), torch.randn(3, 3, 4, 4)
    t = torch.tensor([0.0, 0.25, 1.0])
    x, u = flow.flow_pair(clean, noise, t)
    assert torch.equal(x[0], clean[0]) and torch.equal(x[2], noise[2])
    torch.testing.assert_close(x[1], 0.75 * clean[1] + 0.25 * noise[1])
    torch.testing.assert_close(clean[1] + 0.25 * u[1], x[1])
    assert flow.flow_pair(torch.ones(2, 2), torch.zeros(2, 2), torch.rand(2))[0].shape == (2, 2)


def test_times_are_mostly_in_the_middle():
    t = flow.logit_normal(20_000, generator())
    assert 0 < t.min() and t.max() < 1 and abs(t.mean() - 0.5) < 0.01
    inner = ((t > 0.25) & (t < 0.75)).float().mean()  # |normal| < log 3
    assert abs(inner - torch.erf(torch.tensor(3.0).log() / 2**0.5)) < 0.015


def test_conditions_are_forgotten_each_for_itself_and_all_together():
    n = 20_000
    c = flow.forget_some(asked(n), (0.1, 0.3, 0.2, 0.4), generator())
    gone = [c.category == 0, c.designer == 0, c.words[:, 0] == 0]
    for lost, chance in zip(gone, (0.3, 0.2, 0.4), strict=True):
        assert abs(lost.float().mean() - (0.1 + 0.9 * chance)) < 0.015
    every = (gone[0] & gone[1] & gone[2]).float().mean()
    assert abs(every - (0.1 + 0.9 * 0.3 * 0.2 * 0.4)) < 0.01
    kept = ~gone[0]
    assert torch.equal(c.category[kept], asked(n).category[kept])


class Counted(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model, self.rows = model, 0

    def forward(self, x, t, conditions):
        self.rows += len(x)
        return self.model(x, t, conditions)


def test_guidance_is_its_formula_and_costs_what_it_has_to():
    model, c = network(), asked()
    x, t = torch.randn(4, 3, 16, 16, generator=generator()), torch.full((4,), 0.6)
    with torch.no_grad():
        names = Conditions._fields
        v = [model(x, t, c.kept(*names[:i])) for i in range(4)]
        for scales, rows in (((1.5, 2.0, 3.0), 4), ((1, 1, 1), 1), ((2, 2, 2), 2), ((0, 0, 0), 1)):
            counted = Counted(model)
            got = flow.guided(counted, c, scales)(x, t)
            want = v[0] + sum(s * (b - a) for s, a, b in zip(scales, v, v[1:], strict=False))
            torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-4)
            assert counted.rows == 4 * rows


def test_what_nobody_asks_for_is_passed_over():
    model, c = network(), asked().kept("words")
    x, t = torch.randn(4, 3, 16, 16), torch.full((4,), 0.6)
    with torch.no_grad():
        plain, word = model(x, t, c.kept()), model(x, t, c)
        got = flow.guided(model, c, (7.0, 5.0, 2.0))(x, t)
        torch.testing.assert_close(got, plain + 2 * (word - plain), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(flow.guided(model, no_conditions(4), (7, 5, 2))(x, t), plain)


def test_samples_are_pictures_and_the_same_for_the_same_seed_in_any_batch():
    model = network().train()
    one = flow.sample_flow(model, asked(5), steps=2, size=16, seed=3)
    assert one.shape == (5, 3, 16, 16) and one.min() >= 0 and one.max() <= 1
    two = flow.sample_flow(model, asked(5), steps=2, size=16, seed=3, batch_size=2)
    torch.testing.assert_close(one, two)
    assert not torch.equal(one, flow.sample_flow(model, asked(5), steps=2, size=16, seed=4))
    assert model.training, "left as it was"
    with pytest.raises(ValueError, match="euler or heun"):
        flow.sample_flow(model, asked(1), solver="magic")


def test_rows_of_drawings_keep_picture_and_conditions_together():
    every = drawings(6)
    some = every.rows(torch.tensor([4, 1]))
    assert torch.equal(some.images, every.images[[4, 1]])
    assert torch.equal(some.may_mirror, every.may_mirror[[4, 1]])
    for part, whole in zip(some.conditions, every.conditions, strict=True):
        assert torch.equal(part, whole[[4, 1]])
    assert len(every.rows(slice(2)).conditions.words) == 2
    assert every.conditions.to("meta").words.is_meta


def test_the_velocity_alone_computes_in_another_format():
    model, seen = network(), []
    model.register_forward_hook(lambda module, inputs, made: seen.append(made.dtype))
    x, t = torch.randn(4, 3, 16, 16, generator=generator()), torch.full((4,), 0.6)
    with torch.no_grad():
        plain = flow.velocity_of(model, asked())(x, t)
        half = flow.velocity_of(model, asked(), PRECISIONS["bfloat16"])
        loss = flow.flow_loss(half, x, x.flip(0), t)
    assert torch.equal(plain, model(x, t, asked()))
    assert seen[:2] == [torch.float32, torch.bfloat16] and loss.dtype == torch.float32


@pytest.mark.parametrize("solver", flow.SOLVERS)
def test_evaluations_are_counted_right_and_the_way_is_watched(solver):
    called, seen = [], []

    def velocity(x, t):
        called.append(float(t[0]))
        return torch.ones_like(x)

    end = flow.SOLVERS[solver](velocity, torch.zeros(2, 1), 4, watch=lambda t, x: seen.append(t))
    assert len(called) == flow.evaluations(solver, 4) and min(called) > 0
    torch.testing.assert_close(end, torch.full((2, 1), -1.0))
    assert seen == [1.0, 0.75, 0.5, 0.25, 0.0]


def drawings(n: int = 16) -> flow.Drawings:
    """White pictures with a dark half: on the left where the category is odd, else on the right."""
    images = torch.full((n, 3, 16, 16), 255, dtype=torch.uint8)
    images[::2, :, :, :8] = 30
    images[1::2, :, :, 8:] = 30
    words = torch.zeros(n, 8, dtype=torch.int64)
    category = 1 + torch.arange(n) % 2
    return flow.Drawings(
        images=images,
        conditions=Conditions(category, torch.zeros_like(category), words),
        may_mirror=torch.zeros(n, dtype=torch.bool),
    )


def test_only_half_of_those_that_may_are_mirrored():
    pictures, may = torch.rand(4000, 1, 2, 2), torch.arange(4000) % 2 == 0
    done = flow.mirror_some(pictures, may, generator())
    turned = (done == pictures.flip(3)).all((1, 2, 3))
    assert not turned[~may].any() and abs(turned[may].float().mean() - 0.5) < 0.05
    assert torch.equal(done[~turned], pictures[~turned])


def test_it_learns_and_looks_and_keeps_an_average():
    settings = flow.FlowSettings(steps=60, batch_size=8, learning_rate=5e-3, validate_every=20)
    seen = []
    average, run = flow.train_flow(
        CONFIG, settings, drawings(), looks={"train": drawings()},
        watch=lambda step, model: seen.append(step),
    )  # fmt: skip
    looks = [row["train"] for row in run.history if "train" in row]
    assert seen == list(range(60)) and len(looks) == 3
    assert looks[2] < looks[1] < 0.98 * looks[0] and looks[2] < 0.95 * looks[0]
    again = float(flow.fixed_loss(average, drawings(), flow.Precision()))
    assert again == pytest.approx(looks[-1])
    weights = zip(average.parameters(), run.models["net"].parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in weights)


@pytest.mark.parametrize("format", ["float32", "bfloat16"])
def test_a_run_that_was_cut_off_ends_like_an_unbroken_one(format, tmp_path, monkeypatch):
    settings = flow.FlowSettings(steps=6, batch_size=8, validate_every=3)

    def train(**options):
        return flow.train_flow(
            CONFIG, settings, drawings(), precision=PRECISIONS[format], **options
        )

    def cut(step, model):
        if step == 4:
            raise KeyboardInterrupt

    whole, unbroken = train(looks={"train": drawings()})
    always = Run.__init__.__kwdefaults__ | {"checkpoint_every_s": 0.0}
    monkeypatch.setattr(Run.__init__, "__kwdefaults__", always)
    with pytest.raises(KeyboardInterrupt):
        train(path=tmp_path / "run.safetensors", watch=cut)
    again, run = train(path=tmp_path / "run.safetensors")
    assert run.step == 6 and len(unbroken.history) == 4
    for a, b in zip(whole.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_long_gradients_are_shortened_and_short_ones_are_not():
    weight = torch.nn.Parameter(torch.zeros(4))
    for scale, moved in ((10.0, 1.0), (0.25, 0.5)):
        weight.data.zero_()
        sgd = torch.optim.SGD([weight], lr=1.0)
        update_weights((scale * weight).sum(), sgd, clip=1.0)  # a gradient of length 2 * scale
        assert weight.detach().norm() == pytest.approx(moved, rel=1e-4)


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"batch_size": 0}, {"forget": (0.1, 0.2, 0.3, 1.0)}]
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValueError):
        replace(flow.FlowSettings(), **wrong)
