"""Maps of where a classifier looked, a planted shortcut, and the tests of such maps, on networks whose answer is known."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from aesthetic_utils.models import ResNet, ResNetConfig
from aesthetic_utils.training import attribution as by
from aesthetic_utils.training.shortcut import (
    Mark,
    ReaderSettings,
    mark_region,
    put_mark,
    train_reader,
)


class Adds(nn.Module):
    """Two classes whose logits are linear in the pixels, so that every map has a known answer."""

    def __init__(self, weights: Tensor):
        super().__init__()
        self.weights = weights  # [S, S]
        self.blocks = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        logit = ((1 - x).mean(1) * self.weights).sum((1, 2))
        return torch.stack([logit, torch.zeros_like(logit)], 1)


@pytest.fixture
def added() -> tuple[by.LogOdds, Tensor, Tensor]:
    chance = torch.Generator().manual_seed(0)
    images = torch.rand(3, 3, 16, 16, generator=chance)
    weights = torch.randn(16, 16, generator=chance)
    return by.LogOdds(Adds(weights)), images, weights


def test_log_odds_are_those_of_the_softmax():
    logits = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    odds = by.LogOdds(nn.Identity())
    p = logits.double().softmax(1)
    torch.testing.assert_close(odds(logits).double(), (p / (1 - p)).log(), rtol=1e-4, atol=1e-4)
    labels = torch.tensor([0, 4, 2, 1])
    torch.testing.assert_close(odds.of(logits, labels), odds(logits)[range(4), labels])


def test_asking_leaves_the_network_as_it_was():
    network = ResNet(ResNetConfig(classes=2, channels=(4, 8))).eval()
    odds, images = by.LogOdds(network), torch.rand(2, 3, 8, 8)
    labels = torch.zeros(2, dtype=torch.int64)
    by.joint_agreement(odds, images, labels, torch.rand(2, 8, 8), cells=4, covered=2, sets=3)
    assert not network.training and not network.stem[1].training


@pytest.mark.parametrize("method", ["integrated gradients", "gradient x input"])
def test_slopes_of_a_sum_are_its_parts(added, method):
    if method in by.OF_CAPTUM:
        pytest.importorskip("captum")
    odds, images, weights = added
    labels = torch.zeros(3, dtype=torch.int64)
    maps = by.attribution(method, odds, images, labels)
    torch.testing.assert_close(maps, (1 - images).mean(1) * weights, rtol=1e-3, atol=1e-5)
    assert by.joint_agreement(odds, images, labels, maps, cells=4, covered=3) == pytest.approx(1.0, abs=1e-4)  # fmt: skip


def test_covering_spreads_each_square_over_its_pixels():
    falls = torch.tensor([[[1.0, 3.0], [5.0, 7.0]]])
    maps = by.spread_squares(falls, 4, 2, 7)
    assert maps.shape == (1, 7, 7)
    assert maps[0, 0, 0] == 1 and maps[0, 0, 3] == 2 and maps[0, 2, 2] == 4 and maps[0, 5, 5] == 7
    assert maps[0, 6].eq(0).all()


def test_grad_cam_is_high_where_the_network_reads():
    pytest.importorskip("captum")
    images, labels = torch.rand(40, 3, 16, 16), torch.arange(40) % 2
    images[labels == 1, :, 10:, 10:] = 0.0
    network = ResNet(ResNetConfig(classes=2, channels=(4, 8)))
    torch.manual_seed(0)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(20):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(images), labels).backward()
        optimizer.step()
    region = torch.zeros(16, 16, dtype=torch.bool)
    region[9:, 9:] = True
    dark = labels == 1
    maps = by.attribution("Grad-CAM", by.LogOdds(network.eval()), images[dark], labels[dark])
    assert maps.shape == (20, 16, 16) and (maps >= 0).all()
    assert by.mass_share(maps, region).mean() > 2 * region.float().mean()


def test_measures_of_a_map():
    maps = torch.tensor([[[3.0, 1.0], [-2.0, 0.0]], [[2.0, 6.0], [2.0, -5.0]], [[0.0, 0.0]] * 2])
    left = torch.tensor([[True, False], [True, False]])
    assert by.mass_share(maps, left).tolist() == pytest.approx([0.75, 0.4, 0])
    assert by.points_into(maps, left).tolist() == [True, False, False]
    assert by.rank_correlations(maps, maps).tolist() == pytest.approx([1, 1, 0])
    assert by.rank_correlations(maps, maps.exp(), left.expand(3, 2, 2))[:2] == pytest.approx([1, 0])
    with pytest.raises(ValueError, match="one shape"):
        by.rank_correlations(maps, maps[:1])


def test_the_top_is_covered():
    images, maps = torch.zeros(2, 3, 10, 10), torch.rand(2, 10, 10)
    covered = by.cover_top(images, maps, 0.1)
    assert (covered.sum((1, 2, 3)) == 30).all()
    for values, painted in zip(maps, covered[:, 0] == 1, strict=True):
        assert values[painted].min() > values[~painted].max()
    with pytest.raises(ValueError, match="share"):
        by.cover_top(images, maps, 0.0)


def test_random_weights_are_others_and_normalised():
    network = ResNet(ResNetConfig(classes=2, channels=(4, 8))).eval()
    images = torch.rand(16, 3, 8, 8)
    other = by.randomised(network, images, seed=1)
    assert not other.training and not torch.equal(other.classify.weight, network.classify.weight)
    assert not torch.equal(other.stem[1].running_mean, network.stem[1].running_mean)
    assert torch.equal(network.stem[1].running_mean, torch.zeros(4))


def test_mistakes_are_named(added, monkeypatch):
    odds, images, _ = added
    labels = torch.zeros(3, dtype=torch.int64)
    with pytest.raises(ValueError, match="no method 'magic'"):
        by.attribution("magic", odds, images, labels)
    monkeypatch.setattr(by, "has_captum", lambda: False)
    with pytest.raises(ModuleNotFoundError, match="pip install captum"):
        by.attribution("Grad-CAM", odds, images, labels)


def test_a_flat_picture_has_no_edges():
    picture = torch.ones(1, 3, 6, 6)
    assert by.edge_map(picture).eq(0).all()
    picture[..., 3:] = 0
    assert by.edge_map(picture)[0, :, 2].eq(1).all() and by.edge_map(picture).sum() == 6


def test_the_mark_lies_in_its_region_and_nowhere_else():
    images = torch.full((2, 3, 12, 12), 255, dtype=torch.uint8)
    mark = Mark(side=2, margin=1)
    changed = (put_mark(images, mark) != images).any(1)
    assert torch.equal(changed[0], mark_region(mark, 12)) and changed.sum() == 8
    assert images.eq(255).all()
    assert mark_region(mark, 12, around=1).sum() == 16
    assert mark_region(mark, 12, around=3)[6:, 6:].all()
    with pytest.raises(ValueError, match="does not fit"):
        put_mark(images, Mark(side=12, margin=1))


def test_a_small_network_takes_the_shortcut():
    """Noise, in which the mark is all there is to learn."""
    chance = torch.Generator().manual_seed(0)
    images = torch.randint(120, 136, (96, 3, 16, 16), generator=chance).byte()
    labels = torch.arange(96) % 2
    images[labels == 1] = put_mark(images[labels == 1], Mark())
    settings = ReaderSettings(channels=(4, 8), epochs=8, batch_size=16, learning_rate=0.02)
    network = train_reader(images, labels, 2, settings=settings)
    assert not network.training
    found = network(images.float() / 255).argmax(1)
    assert (found == labels).float().mean() > 0.95
    again = train_reader(images, labels, 2, settings=settings)
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))  # fmt: skip
    with pytest.raises(ValueError):
        train_reader(images, labels + 1, 2)


def test_agreement_is_none_where_nothing_changes():
    odds = by.LogOdds(Adds(torch.zeros(8, 8)))
    images, labels = torch.rand(2, 3, 8, 8), torch.zeros(2, dtype=torch.int64)
    found = by.joint_agreement(odds, images, labels, torch.rand(2, 8, 8), covered=4, sets=5)
    assert np.array_equal(found, np.zeros(2))
