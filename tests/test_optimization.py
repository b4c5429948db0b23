"""One update of the weights, the learning rate's course, and the average of the weights."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from aesthetic_utils.models import DCGANConfig, Generator
from aesthetic_utils.training.optimization import (
    set_learning_rate,
    update_ema,
    update_weights,
    warmup_cosine,
)

# --------------------------------------------------------------------------------------------------
# one update


def line(weight: float = 1.0) -> tuple[nn.Linear, torch.optim.SGD]:
    """y = weight * x, with plain gradient descent at rate 0.1."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, weight)
    return model, torch.optim.SGD(model.parameters(), 0.1)


def test_an_update_moves_against_the_gradient_of_its_own_loss_alone():
    model, sgd = line()
    x = torch.ones(1, 1)
    model(x).mul(100).sum().backward()  # a gradient left behind by somebody else
    for expected in (0.8, 0.64):  # w <- w - 0.1 * 2 w, of the loss w^2
        update_weights(model(x).square().sum(), sgd)
        assert model.weight.item() == pytest.approx(expected)


def test_with_a_scaler_the_weights_move_by_the_same_amount():
    model, sgd = line()
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=1)
    update_weights(model(torch.ones(1, 1)).square().sum(), sgd, scaler)
    assert model.weight.item() == pytest.approx(0.8)
    assert scaler.get_scale() == 2048, "after a good step a larger factor is tried"


def test_a_gradient_that_overflows_is_left_out_and_the_factor_halved():
    model, sgd = line()
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    update_weights(model(torch.ones(1, 1)).sum() * torch.inf, sgd, scaler)
    assert model.weight.item() == 1 and scaler.get_scale() == 512


# --------------------------------------------------------------------------------------------------
# the learning rate


def test_the_learning_rate_rises_in_a_line_and_falls_along_a_cosine():
    assert warmup_cosine(0.0) == 1e-3, "a first step that does nothing would be wasted"
    assert warmup_cosine(0.0125) == pytest.approx(0.25)
    assert warmup_cosine(0.1, warmup=0.4) == pytest.approx(0.25)
    assert warmup_cosine(0.7, warmup=0.4) == pytest.approx(0.5), "half of the way down"
    assert warmup_cosine(0.05) == 1.0
    assert warmup_cosine(1.0) == warmup_cosine(1.3) == pytest.approx(0)


def test_without_a_warm_up_it_is_torchs_cosine():
    _, sgd = line()
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, T_max=20)
    for step in range(21):
        expected = sgd.param_groups[0]["lr"] / 0.1
        assert warmup_cosine(step / 20, warmup=0.0) == pytest.approx(expected, abs=1e-9)
        sgd.step()
        schedule.step()


def test_the_rate_is_set_in_every_group():
    first, second = nn.Linear(1, 1), nn.Linear(1, 1)
    groups = [{"params": first.parameters()}, {"params": second.parameters(), "lr": 3.0}]
    sgd = torch.optim.SGD(groups, lr=1.0)
    set_learning_rate(sgd, 0.25)
    assert [group["lr"] for group in sgd.param_groups] == [0.25, 0.25]


# --------------------------------------------------------------------------------------------------
# the average of the weights


def test_the_average_is_torchs_averaged_model_statistics_of_the_norms_included():
    """A generator in training: its weights and its batch norms' statistics change at every step."""
    torch.manual_seed(0)
    model = Generator(DCGANConfig(image_size=16, base_channels=4, latent_dim=8))
    average = copy.deepcopy(model)
    witness = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    witness.update_parameters(model)  # the first one copies
    sgd = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(5):
        update_weights(-model(torch.randn(8, 8)).mean(), sgd)
        update_ema(average, model, 0.9)
        witness.update_parameters(model)
    expected = witness.module.state_dict()
    for name, value in average.state_dict().items():
        torch.testing.assert_close(value, expected[name], msg=name)
    z = torch.randn(4, 8)
    torch.testing.assert_close(average.eval()(z), witness.module.eval()(z))
    assert average.blocks[0][1].num_batches_tracked == 5


def test_after_n_updates_the_start_counts_for_decay_to_the_n():
    average, model = nn.Linear(1, 1), nn.Linear(1, 1)
    nn.init.ones_(average.weight)
    nn.init.zeros_(model.weight)
    for _ in range(10):
        update_ema(average, model, 0.8)
    assert average.weight.item() == pytest.approx(math.pow(0.8, 10))
    assert average.weight.requires_grad and average.weight.grad_fn is None


def test_networks_of_different_kinds_have_no_average():
    with_statistics, without = nn.BatchNorm1d(2), nn.BatchNorm1d(2, track_running_stats=False)
    for pair in ((with_statistics, without), (without, with_statistics)):
        with pytest.raises(ValueError, match="zip"):
            update_ema(*pair, 0.9)
    with pytest.raises(ValueError, match="zip"):
        update_ema(nn.Linear(2, 2), nn.Linear(2, 2, bias=False), 0.9)
