"""SRGAN: its discriminator, its step, what lies between two networks, and the plane."""

import copy

import pytest
import torch

from aesthetic_utils.data import load_photo
from aesthetic_utils.metrics import frechet_distance
from aesthetic_utils.models import ConvNet, ConvNetConfig, SRResNet, SRResNetConfig
from aesthetic_utils.models.srgan import SRDiscriminator, SRDiscriminatorConfig
from aesthetic_utils.runtime import Precision
from aesthetic_utils.training import patches, perception, srgan
from aesthetic_utils.training import super_resolution as sr

SMALL = SRResNetConfig(blocks=1, channels=8, scale=2, image_skip=True, batch_norm=False)


def network(seed: int = 0) -> SRResNet:
    torch.manual_seed(seed)
    model = SRResNet(SMALL)
    torch.nn.init.normal_(model.to_image.weight, std=0.01)  # not the bicubic picture
    return model


def judge(size: int = 32) -> SRDiscriminator:
    torch.manual_seed(1)
    return SRDiscriminator(SRDiscriminatorConfig(image_size=size, channels=4))


def state(module) -> dict:
    return {k: v.clone() for k, v in module.state_dict().items()}


def same(module, before: dict) -> bool:
    return all(torch.equal(v, before[k]) for k, v in module.state_dict().items())


# --------------------------------------------------------------------------------------------------
# the discriminator


def test_the_discriminator_is_that_of_figure_4():
    model = SRDiscriminator(SRDiscriminatorConfig())
    widths = [m.out_channels for m in model.modules() if isinstance(m, torch.nn.Conv2d)]
    assert widths == [64, 64, 128, 128, 256, 256, 512, 512]
    assert model.to_logit[0].weight.shape == (1024, 512 * 6 * 6)
    with torch.no_grad():
        assert model(torch.rand(2, 3, 96, 96)).shape == (2,)


def test_wrong_sizes_are_named():
    with pytest.raises(ValueError, match="multiple of 16"):
        SRDiscriminatorConfig(image_size=40)
    with pytest.raises(ValueError, match=r"\[N, 3, 32, 32\]; got \(1, 3, 48, 48\)"):
        judge()(torch.rand(1, 3, 48, 48))


# --------------------------------------------------------------------------------------------------
# the step


def looker() -> ConvNet:
    torch.manual_seed(2)
    return ConvNet(ConvNetConfig(widths=(4, 6, 6))).eval().requires_grad_(False)


def only(**weights: float) -> srgan.SRGANSettings:
    """Settings in which all terms but these weigh nothing."""
    return srgan.SRGANSettings(**{"pixels": 0.0, "features": 0.0, "adversarial": 0.0} | weights)


def step(model, d, adam, low, high, settings, **options):
    return srgan.perceptual_step(model(low), high, looker(), d, adam, settings, **options)


def test_the_step_moves_the_network_and_leaves_the_discriminator_alone():
    model, d = network(), judge().eval()
    before, before_d = state(model), state(d)
    adam = torch.optim.Adam(model.parameters(), 1e-3)
    low, high = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 32, 32)
    step(model, d, adam, low, high, only(adversarial=0.1))
    assert not same(model, before) and same(d, before_d)
    assert all(p.grad is None and p.requires_grad for p in d.parameters())


def test_with_the_pixels_alone_it_is_the_step_of_srresnet():
    low, high = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 32, 32)
    a, b, d = network(), network(), judge().eval()
    adams = [torch.optim.Adam(m.parameters(), 1e-3) for m in (a, b)]
    terms = step(a, d, adams[0], low, high, only(pixels=1.0))
    assert terms["pixels"] == sr.super_resolution_step(b, adams[1], low, high)
    assert same(a, state(b))


@pytest.mark.parametrize(("weight", "term"), [("adversarial", "doubt"), ("features", "features")])
def test_each_further_term_goes_down_when_it_alone_is_taught(weight, term):
    model, d = network(), judge().eval()
    adam = torch.optim.Adam(model.parameters(), 1e-3)
    low, high = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 32, 32)
    terms = [step(model, d, adam, low, high, only(**{weight: 10.0}))[term] for _ in range(20)]
    assert terms[-1] < terms[0]


def test_the_loss_is_the_weighted_sum_of_its_terms():
    """One step of plain gradient descent on a sum moves as far as the steps on its parts together."""
    low, high, d = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 32, 32), judge().eval()
    weights = {"pixels": 0.5, "features": 2.0, "adversarial": 0.1}

    def moved(settings) -> list[torch.Tensor]:
        model = network()
        sgd = torch.optim.SGD(model.parameters(), lr=0.1)
        step(model, d, sgd, low, high, settings)
        return [a - b for a, b in zip(model.parameters(), network().parameters(), strict=True)]

    parts = [moved(only(**{name: weight})) for name, weight in weights.items()]
    for whole, *each in zip(moved(only(**weights)), *parts, strict=True):
        torch.testing.assert_close(whole, sum(each), atol=1e-6, rtol=1e-3)


def test_the_eyes_are_shown_means_of_squares_from_a_corner_on():
    image = torch.arange(30.0).view(1, 1, 5, 6)
    assert torch.equal(srgan.shown(image, (0, 0), 1), image)
    expected = torch.tensor([[[[10.5, 12.5], [22.5, 24.5]]]])  # rows 1 to 4, columns 1 to 4
    assert torch.equal(srgan.shown(image, (1, 1), 2), expected)


def test_training_starts_from_the_network_and_leaves_it_as_it_was(tmp_path):
    start, eyes = network(), looker()
    before, before_eyes = state(start), state(eyes)
    photos = torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8)
    pool = patches.patch_pool(photos, 2, 16)
    settings = srgan.SRGANSettings(steps=3, patch=16, batch_size=2, channels=4, learning_rate=1e-5)
    path, looks = tmp_path / "checkpoint.safetensors", []
    options = {"precision": Precision(), "path": path}
    model, run = srgan.train_srgan(
        settings, start, eyes, pool, validate=lambda m: looks.append(m) or {"look": 1.0}, **options
    )
    assert same(start, before) and same(eyes, before_eyes) and not same(model, before)
    x = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        assert (model(x) - start(x)).abs().max() < 0.01, "three small steps away from the start"
    terms = {"step", "discriminator", "pixels", "features", "doubt"}
    assert run.step == 3 and set(run.history[0]) == terms
    assert run.history[-1] == {"step": 2, "look": 1.0} and len(looks) == 3
    _, resumed = srgan.train_srgan(settings, start, eyes, pool, **options)
    assert resumed.step == 3, "a finished run is not trained again"


# --------------------------------------------------------------------------------------------------
# between two networks


def test_between_two_networks_lie_the_means_of_their_weights():
    a, b = network(0), network(1)
    assert same(srgan.between(a, b, 0.0), state(a)) and same(srgan.between(a, b, 1.0), state(b))
    middle = srgan.between(a, b, 0.25).state_dict()
    for name, weight in a.state_dict().items():
        expected = 0.75 * weight + 0.25 * b.state_dict()[name]
        assert torch.allclose(middle[name], expected, atol=1e-6)


def test_only_networks_of_one_kind_can_be_mixed():
    other = SRResNet(SRResNetConfig(blocks=2, channels=8, scale=2))
    with pytest.raises(ValueError, match="different settings"):
        srgan.between(network(), other, 0.5)


# --------------------------------------------------------------------------------------------------
# the plane


@pytest.fixture(scope="module")
def eyes():
    return perception.load_eyes()


@pytest.fixture(scope="module")
def photos() -> list[torch.Tensor]:
    return [load_photo(name, long_side=384).image[:, :160, :192] / 255 for name in
            ("animals_hd_heron", "animals_lemur")]  # fmt: skip


def test_tiles_cover_an_image_without_overlap():
    image = torch.arange(3 * 70 * 40.0).view(3, 70, 40)
    tiles = sr.cut_tiles(image, 32)
    assert tiles.shape == (2, 3, 32, 32)
    assert torch.equal(tiles[1], image[:, 32:64, :32])


def test_each_patch_gets_its_features(eyes, photos):
    features = perception.patch_features(photos, eyes)
    assert [f.shape for f in features] == [(30, 256)] * 2
    with torch.no_grad():
        alone = eyes.features(photos[1][None, :, 32:64, 160:192])
    assert torch.allclose(features[1][11], alone[0], atol=1e-4)


def test_what_was_enlarged_is_as_large_as_the_original():
    photo = load_photo("animals_lemur", long_side=384).image[:, :101, :83]
    found = perception.enlargements(photo, {"mine": copy.deepcopy(four_times())})
    assert list(found) == ["original", "nearest", "bicubic", "mine"]
    assert {tuple(image.shape) for image in found.values()} == {(3, 100, 80)}
    assert torch.equal(found["mine"], found["bicubic"]), "its last layer is zero"
    blocks = found["nearest"].unfold(1, 4, 4).unfold(2, 4, 4)
    assert (blocks == blocks[..., :1, :1]).all()
    for image in found.values():
        assert torch.equal(image, sr.eight_bit(image))


def four_times() -> SRResNet:
    return SRResNet(SRResNetConfig(blocks=1, channels=8, image_skip=True)).eval()


def test_more_blur_is_further_in_both_directions(eyes, photos):
    results = {"original": photos}
    for sigma in (0.5, 1.0, 2.0):
        spread = torch.tensor([sigma])
        results[f"blur {sigma}"] = [sr.blur(p[None], spread)[0] for p in photos]
    rows = perception.perception_distortion(results, eyes)
    assert [r["method"] for r in rows] == list(results)[1:]
    assert rows[0]["psnr_y"] > rows[1]["psnr_y"] > rows[2]["psnr_y"]
    assert 0 < rows[0]["frechet"] < rows[1]["frechet"] < rows[2]["frechet"]
    assert {(r["n"], r["patches"]) for r in rows} == {(2, 60)} and "wins" not in rows[0]


def test_the_distance_is_that_of_all_patches_and_wins_are_by_image(eyes, photos):
    soft = [sr.blur(p[None], torch.tensor([2.0]))[0] for p in photos]
    mixed = [photos[0] * 0.99, sr.blur(photos[1][None], torch.tensor([3.0]))[0]]
    results = {"original": photos, "bicubic": soft, "mixed": mixed}
    rows = {r["method"]: r for r in perception.perception_distortion(results, eyes)}
    features = [torch.cat(perception.patch_features(i, eyes)) for i in (mixed, photos)]
    assert rows["mixed"]["frechet"] == pytest.approx(frechet_distance(*features))
    assert rows["mixed"]["wins"] == 1 and rows["bicubic"]["wins"] == 0


class Enlarger(torch.nn.Module):
    """Twice as large, times one number, whose float16 gradient needs scaling."""

    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.tensor(0.5))

    def forward(self, low):
        return Half.apply(low.repeat_interleave(2, 2).repeat_interleave(2, 3) * self.gain)


class Half(torch.autograd.Function):
    """The same; the gradient is a ten-millionth, and passes through float16."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return (gradient * 1e-7).half().float()


class Passing(torch.nn.Module):
    """Eyes that see the pixels."""

    def maps(self, x, depths=None):
        return [x]


def test_the_perceptual_step_scales_what_float16_cannot_hold():
    def gain(scaler) -> float:
        model, critic = Enlarger(), torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(48, 1))
        sgd = torch.optim.SGD(model.parameters(), lr=1e6)
        low, high = torch.ones(2, 3, 2, 2), torch.ones(2, 3, 4, 4)
        srgan.perceptual_step(
            model(low), high, Passing(), critic, sgd, only(pixels=1.0), scaler=scaler
        )
        assert all(p.grad is None for p in critic.parameters())
        return model.gain.item()

    assert gain(None) == 0.5
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**12)
    assert gain(scaler) > 0.51 and scaler.get_scale() == 2.0**12


# --------------------------------------------------------------------------------------------------
# what drives the distance, and the second ruler


def test_bands_add_up_and_hold_what_their_blurs_take_away(photos):
    parts = perception.bands(photos[0])
    torch.testing.assert_close(sum(parts), photos[0], atol=1e-5, rtol=0)
    columns = torch.arange(192)
    for period, band in ((3, 0), (8, 1), (15, 2), (96, 3)):
        wave = 0.5 + 0.4 * torch.sin(2 * torch.pi * columns / period).expand(3, 160, 192)
        energy = [perception._energy(part) for part in perception.bands(wave)]
        assert max(range(4), key=energy.__getitem__) == band


def test_a_distance_made_by_one_band_goes_when_that_band_is_given_back(eyes, photos):
    originals = [photo * 0.8 + 0.1 for photo in photos]
    soft = [photo - perception.bands(photo)[0] for photo in originals]
    found = perception.distance_by_band(soft, originals, eyes)
    left = [row["frechet"] for row in found["by_band"]]
    assert left[0] < 0.1 * found["frechet"] and min(left[1:]) > 0.5 * found["frechet"]
    energy = [row["energy"] for row in found["by_band"]]
    assert energy[0] < 0.2 and energy[3] == pytest.approx(1, abs=0.02)


class Squares(torch.nn.Module):
    """Stands in for EfficientNet-lite0: what it sees are mean colours of squares, at two sizes."""

    def maps(self, x):
        return [torch.nn.functional.avg_pool2d(x, size) for size in (2, 4)]


def test_the_second_ruler_compares_each_picture_with_its_own_original(photos):
    turned = [photo.flip(0) for photo in photos]  # red and blue exchanged
    results = {"original": photos, "same": [p * 0.5 for p in photos], "turned": turned}
    found = perception.second_ruler(results, Squares())
    assert list(found) == ["same", "turned"] and found["same"].shape == (2, 2)
    assert found["same"].max() < 1e-4, "half as bright has the same colours"
    cosine = torch.nn.functional.cosine_similarity(
        *(torch.nn.functional.avg_pool2d(x[1][None], 4) for x in (photos, turned))
    )
    torch.testing.assert_close(found["turned"][1, 1], (2 - 2 * cosine).mean())
    assert perception.nearer(found["same"], found["turned"]) == [2, 2]
    assert perception.nearer(found["turned"], found["same"]) == [0, 0]
