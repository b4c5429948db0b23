"""The U-Net: shapes, what it is before training, what steers it, and what it refuses."""

import pytest
import torch

from aesthetic_utils.data import emoji
from aesthetic_utils.models.unet import (
    LONGEST,
    Attention,
    ConditionedBlock,
    Conditions,
    UNet,
    UNetConfig,
    no_conditions,
    waves,
    word_numbers,
)

WORDS = ("cat", "dog", "red")


def small(**changes) -> UNet:
    torch.manual_seed(0)
    options = {"channels": 8, "condition": 16, "words": WORDS}
    return UNet(UNetConfig(**(options | changes))).eval()


def stirred(model: UNet) -> UNet:
    """With random numbers where training begins with zeros."""
    for p in model.parameters():
        if not p.any():
            torch.nn.init.normal_(p, std=0.05)
    return model


def asked(category: int, designer: int, names: str) -> Conditions:
    return Conditions(
        torch.tensor([category]), torch.tensor([designer]), word_numbers([names], WORDS)
    )


@pytest.mark.parametrize(
    ("size", "multipliers"), [(32, (1, 2, 3)), (16, (1, 2)), (64, (1, 1, 2, 2))]
)
def test_a_velocity_has_the_shape_of_its_picture(size, multipliers):
    model = stirred(small(multipliers=multipliers))
    with torch.no_grad():
        v = model(torch.randn(2, 3, size, size), torch.tensor([0.1, 0.9]))
    assert v.shape == (2, 3, size, size) and v.isfinite().all() and v.std() > 0


def test_the_published_network_has_one_million_and_a_half_learned_numbers():
    words = tuple(str(i) for i in range(1224))
    count = sum(p.numel() for p in UNet(UNetConfig(words=words)).parameters())
    assert count == 1_472_003


def test_untrained_it_says_zero_and_its_blocks_pass_on_what_they_get():
    x, c = torch.randn(2, 8, 16, 16), torch.randn(2, 16)
    assert torch.equal(ConditionedBlock(8, 8, 16, 4)(x, c), x)
    assert torch.equal(Attention(8, 2, 4)(x), x)
    assert not small()(torch.randn(1, 3, 32, 32), torch.tensor([0.5])).any()


def test_attention_is_that_of_its_formula():
    torch.manual_seed(0)
    layer = Attention(8, 2, 4)
    torch.nn.init.normal_(layer.out.weight)
    x = torch.randn(1, 8, 3, 3)
    q, k, v = layer.to_qkv(layer.norm(x))[0].flatten(1).chunk(3)  # [8, 9] each
    heads = []
    for rows in (slice(0, 4), slice(4, 8)):
        weights = torch.softmax(q[rows].T @ k[rows] / 4**0.5, dim=1)  # [9, 9]
        heads.append((weights @ v[rows].T).T)
    expected = x + layer.out(torch.cat(heads).view(1, 8, 3, 3))
    torch.testing.assert_close(layer(x), expected)


def test_time_and_each_condition_change_the_velocity():
    model, x = stirred(small()), torch.randn(1, 3, 32, 32)
    half = torch.tensor([0.5])
    with torch.no_grad():
        nothing = model(x, half)
        others = [model(x, torch.tensor([0.6]))]
        others += [model(x, half, asked(*c)) for c in ((1, 0, ""), (0, 1, ""), (0, 0, "red cat"))]
        said = model(x, half, asked(0, 0, "unknown words"))
    assert all((other - nothing).abs().max() > 1e-4 for other in others)
    assert torch.equal(said, nothing), "words that it does not know ask for nothing"


def test_the_order_of_words_does_not_matter_and_their_mean_counts():
    model, t = small(), torch.tensor([0.3])
    one, two = (model.asked(t, asked(0, 0, names)) for names in ("red-cat", "Cat red"))
    torch.testing.assert_close(one, two)
    cat, red = (model.asked(t, asked(0, 0, name)) for name in ("cat", "red"))
    torch.testing.assert_close(one, (cat + red) / 2)


def test_words_are_numbered_and_cut_after_the_longest_name():
    table = word_numbers(["red-dog", "a-red-bird", " ", "cat-" * 20], WORDS)
    assert table.shape == (4, LONGEST) and table.dtype == torch.int64
    assert table[0, :3].tolist() == [3, 2, 0]
    assert table[1, :2].tolist() == [3, 0] and not table[2].any()
    assert table[3].tolist() == [1] * LONGEST


def test_no_name_of_the_drawings_is_cut():
    assert max(len(row["name"].split("-")) for row in emoji._drawings()) <= LONGEST


def test_kept_conditions():
    c = asked(3, 2, "dog")
    kept = c.kept("designer")
    assert kept.category.item() == 0 and kept.designer.item() == 2 and not kept.words.any()
    assert not any(part.any() for part in no_conditions(3))


def test_waves_of_two_times_differ_and_are_sines_and_cosines():
    w = waves(torch.tensor([0.0, 0.001, 0.5]), 32)
    assert w.shape == (3, 32) and w[0].tolist() == [0.0] * 16 + [1.0] * 16
    torch.testing.assert_close(w[1, 0], torch.tensor(1.0).sin())
    torch.testing.assert_close(w.square().sum(1), torch.full((3,), 16.0))


@pytest.mark.parametrize("shape", [(1, 1, 32, 32), (1, 3, 30, 32), (3, 32, 32)])
def test_pictures_that_it_cannot_halve_are_refused(shape):
    with pytest.raises(ValueError, match="multiples of 4"):
        small()(torch.zeros(shape), torch.zeros(1))


@pytest.mark.parametrize(
    "settings", [{"multipliers": (1,)}, {"channels": 30}, {"heads": 5}, {"condition": 15}]
)
def test_settings_that_fit_nothing_are_refused(settings):
    with pytest.raises(ValueError):
        UNetConfig(**settings)
