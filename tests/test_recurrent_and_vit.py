"""Networks that read rows and networks of attention, against torch's own layers and against loops."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from aesthetic_utils.exercises.lesson_3_3 import head, lstm_step, rnn_step
from aesthetic_utils.models import RecurrentConfig, RowReader, ViT, ViTConfig
from aesthetic_utils.models.recurrent import input_gradients, rows_of
from aesthetic_utils.models.vit import (
    Block,
    SelfAttention,
    attention_rollout,
    attention_weights,
    patches_of,
)

SMALL_VIT = ViTConfig(classes=3, image_size=8, patch=2, width=12, depth=2, heads=3)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def small_reader(cell: str) -> RowReader:
    return RowReader(RecurrentConfig(classes=3, cell=cell, image_size=6, hidden=5)).double()


# ---- reading rows


def test_a_row_is_what_stands_beside_each_other_and_white_is_nothing():
    config = RecurrentConfig(image_size=4)
    x = torch.ones(2, 3, 4, 4)
    x[1, 2, 3, 0] = 0.25  # blue of the last row's first pixel
    rows = rows_of(x, config)
    assert rows.shape == (2, 4, 12) and rows[0].eq(0).all()
    assert rows[1].nonzero().tolist() == [[3, 8]] and rows[1, 3, 8] == 1.5


def test_a_plain_network_is_its_step_again_and_again():
    model, x = small_reader("rnn"), torch.rand(2, 3, 6, 6, dtype=torch.float64)
    U, W, b1, b2 = model.read.parameters()
    h = torch.zeros(2, 5, dtype=torch.float64)
    for row in rows_of(x, model.config).unbind(1):
        h = rnn_step(row, h, U, W, b1 + b2)
    torch.testing.assert_close(model(x), model.classify(h))


def test_an_lstm_is_its_step_again_and_again():
    model, x = small_reader("lstm"), torch.rand(2, 3, 6, 6, dtype=torch.float64)
    U, W, b1, b2 = model.read.parameters()
    h = c = torch.zeros(2, 5, dtype=torch.float64)
    for row in rows_of(x, model.config).unbind(1):
        h, c = lstm_step(row, h, c, U, W, b1 + b2)
    torch.testing.assert_close(model(x), model.classify(h))


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_the_gradient_of_a_row_is_the_slope_of_the_loss(cell):
    model, x = small_reader(cell), torch.rand(2, 3, 6, 6, dtype=torch.float64)
    labels = torch.tensor([0, 2])
    found = input_gradients(model, x, labels)
    assert found.shape == (2, 6) and all(p.grad is None for p in model.parameters())
    row = rows_of(x, model.config)[:1, 2]  # of the first picture
    slopes = torch.zeros_like(row)
    for i in range(row.shape[1]):
        moved = x[:1].repeat(2, 1, 1, 1)
        for sign, picture in zip((1, -1), moved, strict=True):
            picture[i // 6, 2, i % 6] -= sign * 1e-5 / 2  # a row is 2 (1 - x)
        loss = F.cross_entropy(model(moved), labels[:1].repeat(2), reduction="none")
        slopes[0, i] = (loss[0] - loss[1]).detach() / 2e-5
    assert slopes.norm().item() == pytest.approx(found[0, 2].item(), rel=1e-6)


@pytest.mark.parametrize("shape", [(2, 3, 6, 5), (2, 1, 6, 6), (3, 6, 6)])
def test_another_size_is_refused_by_both(shape):
    with pytest.raises(ValueError, match="image_size"):
        small_reader("lstm")(torch.rand(shape).double())
    with pytest.raises(ValueError, match="image_size"):
        ViT(SMALL_VIT)(torch.rand(shape))


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (lambda: RecurrentConfig(cell="transformer"), "rnn, lstm, gru"),
        (lambda: RecurrentConfig(hidden=0), "at least 1"),
        (lambda: ViTConfig(patch=5), "no multiple of patch 5"),
        (lambda: ViTConfig(width=10), "4 heads"),
    ],
)
def test_settings_that_fit_nothing_are_refused(config, says):
    with pytest.raises(ValueError, match=says):
        config()


# ---- attention


def test_attention_is_torchs_and_the_learners():
    q, k, v = (torch.randn(2, 3, 7, 4, dtype=torch.float64) for _ in range(3))
    found = attention_weights(q, k)
    torch.testing.assert_close(found.sum(-1), torch.ones(2, 3, 7, dtype=torch.float64))
    torch.testing.assert_close(found @ v, F.scaled_dot_product_attention(q, k, v))
    x, own = torch.randn(7, 6).double(), [torch.randn(6, 4).double() for _ in range(3)]
    torch.testing.assert_close(
        head(x, *own), F.scaled_dot_product_attention(*((x @ w)[None] for w in own))[0]
    )


def with_weights_of(layer: SelfAttention) -> nn.MultiheadAttention:
    """torch's own attention with the weights of ours, which joins them in the same order."""
    theirs = nn.MultiheadAttention(layer.mix.in_features, layer.heads, batch_first=True)
    theirs.in_proj_weight.data, theirs.in_proj_bias.data = (
        layer.ask.weight.data,
        layer.ask.bias.data,
    )
    theirs.out_proj.weight.data, theirs.out_proj.bias.data = (
        layer.mix.weight.data,
        layer.mix.bias.data,
    )
    return theirs


def test_self_attention_is_torchs_multi_head_attention():
    layer, x = SelfAttention(12, 3), torch.randn(2, 5, 12)
    answer, weights = with_weights_of(layer)(x, x, x, average_attn_weights=False)
    torch.testing.assert_close(layer(x), answer, atol=1e-6, rtol=1e-5)
    query, key, _ = layer.queries_keys_values(x)
    torch.testing.assert_close(attention_weights(query, key), weights, atol=1e-6, rtol=1e-5)


def test_a_block_is_torchs_encoder_layer():
    block, x = Block(SMALL_VIT), torch.randn(2, 5, 12)
    theirs = nn.TransformerEncoderLayer(
        12, 3, dim_feedforward=24, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    theirs.self_attn = with_weights_of(block.attend)
    theirs.norm1, theirs.norm2 = block.norm1, block.norm2
    theirs.linear1, theirs.linear2 = block.think[0], block.think[2]
    torch.testing.assert_close(block(x), theirs(x), atol=1e-6, rtol=1e-5)


def test_patches_are_cut_row_by_row():
    x = torch.rand(2, 3, 8, 8)
    theirs = F.unfold(2 * x - 1, 2, stride=2).transpose(1, 2)  # [N, n, C p p]
    torch.testing.assert_close(patches_of(x, SMALL_VIT), theirs)


def shuffled(x: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    """The picture with its patches of 2 x 2 in another order."""
    parts = F.unfold(x, 2, stride=2)[:, :, order]
    return F.fold(parts, x.shape[2:], 2, stride=2)


def test_without_positions_the_order_of_the_patches_does_not_exist():
    x, order = torch.rand(2, 3, 8, 8), torch.randperm(16)
    config = ViTConfig(**{**vars(SMALL_VIT), "positions": False})
    blind, seeing = ViT(config).eval(), ViT(SMALL_VIT).eval()
    torch.testing.assert_close(blind(shuffled(x, order)), blind(x))
    seeing.places.data *= 50  # as if learned
    assert not torch.allclose(seeing(shuffled(x, order)), seeing(x), atol=1e-4)
    expected = seeing(x)
    seeing.places.data = seeing.places.data[:, order]
    torch.testing.assert_close(seeing(shuffled(x, order)), expected)


def test_maps_are_those_by_which_the_network_answers():
    model, x = ViT(SMALL_VIT).eval(), torch.rand(2, 3, 8, 8)
    maps = model.attention_maps(x)
    assert [tuple(m.shape) for m in maps] == [(2, 3, 17, 17)] * 2
    for found in maps:
        torch.testing.assert_close(found.sum(-1), torch.ones(2, 3, 17))
    tokens = model.tokens(x)
    for block, weights in zip(model.blocks, maps, strict=True):  # attention by hand
        value = block.attend.queries_keys_values(block.norm1(tokens))[2]
        told = (weights @ value).transpose(1, 2).flatten(2)
        tokens = tokens + block.attend.mix(told)
        tokens = tokens + block.think(block.norm2(tokens))
    torch.testing.assert_close(model.classify(model.norm(tokens[:, 0])), model(x))


def test_rollout_multiplies_what_each_block_mixes():
    maps = [torch.rand(1, 2, 3, 3).softmax(-1) for _ in range(2)]
    first, second = ((m.mean(1)[0] + torch.eye(3)) / 2 for m in maps)
    found = attention_rollout(maps)
    torch.testing.assert_close(found[0], second @ first)
    torch.testing.assert_close(found.sum(-1), torch.ones(1, 3))
    nobody = [torch.eye(3).expand(1, 2, 3, 3)] * 4  # each looks at itself alone
    torch.testing.assert_close(attention_rollout(nobody)[0], torch.eye(3))
    with pytest.raises(ValueError, match="at least one block"):
        attention_rollout([])


def test_dropout_is_for_training_alone():
    config = ViTConfig(**{**vars(SMALL_VIT), "dropout": 0.5})
    model, x = ViT(config), torch.rand(2, 3, 8, 8)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))
