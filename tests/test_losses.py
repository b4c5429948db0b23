"""Losses against their equations, by hand and by torch's own functions."""

import math

import pytest
import torch
import torch.nn.functional as F

from aesthetic_utils import losses

PROBABILITIES = torch.tensor([0.2, 0.5, 0.9], dtype=torch.double)
LOGITS = PROBABILITIES.logit()


def test_a_discriminator_that_knows_nothing_pays_two_log_two():
    assert losses.discriminator_loss(torch.zeros(5), torch.zeros(3)).item() == pytest.approx(
        2 * math.log(2)
    )


def test_the_discriminators_loss_is_equation_1_for_batches_of_any_size():
    real = torch.tensor([0.7, 0.4], dtype=torch.double)
    expected = -real.log().mean() - (1 - PROBABILITIES).log().mean()
    torch.testing.assert_close(losses.discriminator_loss(real.logit(), LOGITS), expected)


def test_the_generators_losses_are_those_of_goodfellow():
    torch.testing.assert_close(losses.generator_loss(LOGITS), -PROBABILITIES.log().mean())
    torch.testing.assert_close(
        losses.generator_loss_saturating(LOGITS), (1 - PROBABILITIES).log().mean()
    )


def test_very_sure_players_do_not_overflow():
    sure = torch.tensor([1000.0])
    assert losses.discriminator_loss(sure, -sure) == 0
    assert losses.discriminator_loss(-sure, sure) == 2000
    assert losses.generator_loss(-sure) == 1000 and losses.generator_loss_saturating(sure) == -1000


def test_emd_loss_of_all_votes_at_the_wrong_end():
    """10 bins, nine steps apart: the cumulative shares differ by 1 in nine of ten bins."""
    says_1 = torch.tensor([[60.0, *[0.0] * 9]])
    all_10 = torch.tensor([[0.0] * 9 + [7.0]])  # counts
    assert losses.emd_loss(says_1, all_10).item() == pytest.approx(math.sqrt(0.9))
    assert losses.emd_loss(says_1, all_10, r=1).item() == pytest.approx(0.9)


def test_a_tie_is_half_a_win_for_each():
    winners = torch.tensor([2.0, 0.5, -1.0], dtype=torch.double)
    losers = torch.tensor([0.5, 1.5, -1.0], dtype=torch.double)
    ties = torch.tensor([False, True, True])
    share = torch.where(ties, 0.5, 1.0).double()  # of the win that goes to the first
    expected = F.binary_cross_entropy_with_logits(winners - losers, share)
    torch.testing.assert_close(losses.ranking_loss(winners, losers, ties), expected)
    plain = F.binary_cross_entropy_with_logits(winners - losers, torch.ones(3).double())
    torch.testing.assert_close(losses.ranking_loss(winners, losers), plain)


# --------------------------------------------------------------------------------------------------
# features


def test_the_feature_distance_goes_by_the_angle_alone():
    """Two places: the same direction, whatever its length, counts 0; a right angle counts 2; the mean is 1."""
    a = torch.tensor([[1.0, 0.0], [0.0, 2.0]]).view(1, 2, 1, 2)  # directions (1, 0) and (0, 1)
    b = torch.tensor([[7.0, 3.0], [0.0, 0.0]]).view(1, 2, 1, 2)  # (1, 0) and (1, 0)
    torch.testing.assert_close(losses.feature_distance([a], [b]), torch.tensor([[1.0]]))
    torch.testing.assert_close(losses.feature_distance([a], [-a]), torch.tensor([[4.0]]))


def test_the_feature_distance_is_two_less_twice_the_cosine_at_each_depth():
    torch.manual_seed(0)
    shapes = ((3, 5, 4, 6), (3, 8, 2, 3))
    a, b = ([torch.randn(shape) for shape in shapes] for _ in range(2))
    expected = [
        (2 - 2 * F.cosine_similarity(x, y, dim=1)).mean((1, 2)) for x, y in zip(a, b, strict=True)
    ]
    found = losses.feature_distance(a, b)
    assert found.shape == (3, 2)
    torch.testing.assert_close(found, torch.stack(expected, 1))
    assert losses.feature_distance(a, a).max() < 1e-6


def test_where_a_network_sees_nothing_the_feature_distance_has_a_gradient():
    nothing, something = torch.zeros(1, 4, 2, 2, requires_grad=True), torch.ones(1, 4, 2, 2)
    distance = losses.feature_distance([nothing], [something]).sum()
    distance.backward()
    assert distance.item() == pytest.approx(1) and nothing.grad.isfinite().all()


def test_maps_that_do_not_belong_together_have_no_feature_distance():
    x = torch.ones(1, 2, 3, 3)
    for pair in (([], []), ([x], [x, x]), ([x], [x[..., :2]]), ([x[0]], [x[0]])):
        with pytest.raises(ValueError, match="at the same depths"):
            losses.feature_distance(*pair)
