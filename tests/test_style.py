"""Style: the layers that are compared, Gram matrices, pixels that are painted, and the network."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aesthetic_utils.models import ConvNet, ConvNetConfig
from aesthetic_utils.models.stylizer import (
    Stylizer,
    StylizerConfig,
    adaptive_instance_norm,
    instance_norm,
)
from aesthetic_utils.published import style as published
from aesthetic_utils.published.registry import RUNS
from aesthetic_utils.runtime import Precision
from aesthetic_utils.training.style import (
    CONTENT,
    content_distance,
    gram_matrix,
    hands,
    layer_maps,
    outside,
    paint_pixels,
    share_of,
    style_distances,
    style_of,
    stylize,
)
from aesthetic_utils.training.weights import load_weights, weights_info


@pytest.fixture
def eyes() -> ConvNet:
    torch.manual_seed(0)
    return ConvNet(ConvNetConfig(widths=(4, 6, 6), dirac=False)).eval()


def random(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(1))


def test_layers_halve_and_agree_with_the_network_but_for_the_pooling(eyes, monkeypatch):
    x = random(2, 3, 16, 24)
    found = layer_maps(eyes, x, 7)
    sides = [(16, 24), (8, 12), (8, 12), (4, 6), (4, 6), (2, 3), (2, 3)]
    assert [tuple(maps.shape[2:]) for maps in found] == sides
    assert [len(layer_maps(eyes, x, n)) for n in range(1, 8)] == list(range(1, 8))
    for fewer in range(1, 7):
        assert all(map(torch.equal, layer_maps(eyes, x, fewer), found))
    monkeypatch.setattr(F, "avg_pool2d", F.max_pool2d)
    monkeypatch.setattr(F, "pad", lambda x, *a, **k: x)
    with torch.no_grad():
        assert all(map(torch.equal, layer_maps(eyes, x, 7)[::2], eyes.maps(x)))


def test_layers_refuse_what_they_cannot_see(eyes):
    with pytest.raises(ValueError, match="1 to 7"):
        layer_maps(eyes, random(1, 3, 8, 8), 8)
    with pytest.raises(ValueError, match="8 pixels"):
        layer_maps(eyes, random(1, 3, 4, 8))


def test_a_gram_matrix_is_the_mean_of_outer_products_and_forgets_the_places():
    maps = random(2, 3, 4, 5).double()
    by_hand = torch.stack([sum(torch.outer(v, v) for v in x.flatten(1).T) / 20 for x in maps])
    torch.testing.assert_close(gram_matrix(maps).double(), by_hand, rtol=1e-5, atol=1e-6)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(0))
    shuffled = maps.flatten(2)[:, :, order].view_as(maps)
    torch.testing.assert_close(gram_matrix(shuffled), gram_matrix(maps))
    assert content_distance(shuffled, maps).min() > 0.1


def test_distances_are_shares_of_what_they_are_measured_against():
    maps = random(2, 3, 4, 4)
    target = [gram_matrix(maps)]
    torch.testing.assert_close(style_distances([maps], target), torch.zeros(2, 1))
    torch.testing.assert_close(style_distances([0 * maps], target), torch.ones(2, 1))
    torch.testing.assert_close(style_distances([2 * maps], target), 9 * torch.ones(2, 1))
    torch.testing.assert_close(content_distance(0 * maps, maps), torch.ones(2))
    torch.testing.assert_close(content_distance(3 * maps, maps), 4 * torch.ones(2))
    assert outside(torch.tensor([-1.0, 0.0, 1.0, 3.0]).view(1, 1, 2, 2)).item() == 5 / 4


def test_painting_comes_nearer_to_the_style_and_stays_a_picture(eyes):
    content, style = random(1, 3, 16, 16), random(1, 3, 20, 12).square()
    said = []
    painted = paint_pixels(eyes, content, style, steps=6, watch=lambda *row: said.append(row))
    assert painted.shape == content.shape and painted.min() >= 0 and painted.max() <= 1
    target = style_of(eyes, style)
    with torch.no_grad():
        before, after = (
            style_distances(layer_maps(eyes, x), target).sum() for x in (content, painted)
        )
        kept = content_distance(*(layer_maps(eyes, x)[CONTENT] for x in (painted, content)))
    assert after < 0.5 * before and 0 < kept < 1
    assert [row[0] for row in said] == list(range(6)) and said[-1][2] < said[0][2]
    assert all(p.grad is None for p in eyes.parameters())


def test_a_texture_forgets_the_content(eyes):
    content, style = random(2, 1, 3, 16, 16)[:, 0:1].unbind(0)
    other = 1 - content
    start = torch.full_like(content, 0.5)
    painted = [
        paint_pixels(eyes, x, style, steps=2, weight=math.inf, start=start)
        for x in (content, other)
    ]
    assert torch.equal(*painted)


def test_instance_norm_is_torchs_and_the_adaptive_one_gives_statistics_on():
    x, y = random(2, 3, 8, 8), 5 * random(2, 3, 6, 4) + 2
    torch.testing.assert_close(instance_norm(x), F.instance_norm(x))
    mixed = adaptive_instance_norm(x, y)
    torch.testing.assert_close(mixed.mean((2, 3)), y.mean((2, 3)))
    torch.testing.assert_close(
        mixed.std((2, 3), correction=0), y.std((2, 3), correction=0), rtol=1e-3, atol=1e-3
    )
    with pytest.raises(ValueError, match="same C"):
        adaptive_instance_norm(x, y[:, :2])


def test_a_fresh_stylizer_gives_the_photograph_back_and_a_trained_one_depends_on_the_style():
    torch.manual_seed(0)
    network = Stylizer(StylizerConfig(styles=("a", "b"), channels=(4, 4, 4), blocks=1))
    images, mix = random(2, 3, 16, 12), torch.eye(2)
    assert torch.equal(network(images, mix), images)
    nn.init.normal_(network.to_image.weight)
    torch.testing.assert_close(network(images, mix)[:1], network(images[:1], mix[:1]))
    plain = network(images, mix)
    network.layers[-1].norm.shift.data[1] += torch.arange(4.0)  # of style b alone
    changed = network(images, mix)
    assert torch.equal(changed[0], plain[0]) and not torch.allclose(changed[1], plain[1])
    with pytest.raises(ValueError, match="multiples of 4"):
        network(images[:, :, :15], mix)
    with pytest.raises(ValueError, match="each of 2 styles"):
        network(images, mix[:, :1])


def test_a_mosaic_holds_drawings_of_one_hand_as_they_are():
    images = torch.arange(5, dtype=torch.uint8)[:, None, None, None].expand(5, 3, 32, 32).clone()
    images[:, :, 0, 0] = 200  # a corner, which has to lie at the corners of the tiles
    source = hands(images, torch.tensor([0, 0, 1, 1, 1]))
    assert source.first.tolist() == [0, 2] and source.counts.tolist() == [2, 3]
    picture = source.mosaics(torch.tensor([1, 0]), 2, torch.Generator().manual_seed(0)) * 255
    assert picture.shape == (2, 3, 64, 64)
    assert (picture[:, :, ::32, ::32] == 200).all() and (picture == 200).sum() == 2 * 3 * 4
    assert set(picture[0].unique().tolist()) <= {2, 3, 4, 200}
    assert set(picture[1].unique().tolist()) <= {0, 1, 200}


def test_the_published_run_trains_goes_on_and_measures(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    monkeypatch.setattr(published, "choose_precision", lambda model, images: Precision())
    run = RUNS["stylizer_four"]
    result = run.publish(run_dir=tmp_path, into=tmp_path)
    assert result["steps"] == 2 and result["weights"]["bytes"] > 0
    rows = {row["method"]: row for row in result["metrics"]["methods"]}
    assert rows["photograph"]["content"] == 0 and rows["photograph"]["style"] > 1
    assert rows["drawings"]["style"] == pytest.approx(0, abs=1e-6)
    assert rows["colours alone"]["content"] > 0 and 0 <= rows["drawings"]["named"] <= 1
    file = tmp_path / "stylizer_four.safetensors"
    network = load_weights(Stylizer(StylizerConfig(**weights_info(file)["config"])), file)
    assert share_of(network, night=1.0).tolist() == [0, 0, 0, 1]
    with pytest.raises(ValueError, match="no style 'day'; this network has openmoji"):
        share_of(network, day=1.0)
    image = random(1, 3, 21, 18)  # no multiples of 4
    assert stylize(network, image, share_of(network, openmoji=0.5, night=0.5)).shape == image.shape
    monkeypatch.setattr(published, "style_metrics", lambda *a: {})
    capsys.readouterr()
    run(run_dir=tmp_path)
    assert "was finished before" in capsys.readouterr().err
