"""Public functions refuse what they would get silently wrong: other shapes, number types, ranges, NaN."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from aesthetic_utils import checks, metrics
from aesthetic_utils.judgements import vote_histograms
from aesthetic_utils.judgements.bradley_terry import PairVotes, fit_ranking
from aesthetic_utils.judgements.filtering import keep_best, kept_shares
from aesthetic_utils.judgements.next_pair import next_pair
from aesthetic_utils.losses import emd_loss
from aesthetic_utils.saliency import gradient_times_input, occlusion
from aesthetic_utils.statistics.distances import emd
from aesthetic_utils.training.classification import evaluate_classifier, predict
from aesthetic_utils.training.judging import image_features, train_judge
from aesthetic_utils.training.optimization import TrainingError, update_weights
from aesthetic_utils.training.run import Run

PICTURE = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(0))
OTHER = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(1))

# ---- number types, shapes, ranges


@pytest.mark.parametrize("kind", [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64])
def test_a_confusion_matrix_is_the_same_whatever_the_integers(kind):
    """Counted one by one; with uint8, label * classes + prediction wrapped at 256 from 17 classes on."""
    rng = np.random.default_rng(0)
    predicted, labels = rng.integers(0, 62, (2, 3000))
    expected = np.zeros((62, 62), dtype=int)
    np.add.at(expected, (labels, predicted), 1)
    given = (torch.from_numpy(x).to(kind) for x in (predicted, labels))
    np.testing.assert_array_equal(metrics.confusion_matrix(*given, 62).numpy(), expected)


@pytest.mark.parametrize(
    ("predicted", "labels", "words"),
    [
        (
            torch.tensor([0, 2]),
            torch.tensor([0, 1]),
            "predicted must be from 0 to 1; they run from 0",
        ),
        (torch.tensor([0, 1]), torch.tensor([0, -1]), "labels must be from 0 to 1"),
        (torch.tensor([0.0, 1]), torch.tensor([0, 1]), "whole numbers"),
        (torch.tensor([0]), torch.tensor([0, 1]), "one length"),
    ],
)
def test_a_confusion_matrix_of_what_are_no_classes(predicted, labels, words):
    with pytest.raises(ValueError, match=words):
        metrics.confusion_matrix(predicted, labels, 2)


def _use_psnr(x, y):
    return metrics.psnr(x, y)


def _use_ssim(x, y):
    return metrics.ssim(x, y)


def _use_scores(x, y):
    return metrics.super_resolution_scores(x, y, 4)


def _use_luma(x, y):
    return metrics.rgb_to_y(x)


def _use_gradient(x, y):
    return gradient_times_input(lambda z: z.sum((1, 2, 3)), x)


def _use_cover(x, y):
    return occlusion(lambda z: z.sum((1, 2, 3)), x)


@pytest.mark.parametrize(
    "use", [_use_psnr, _use_ssim, _use_scores, _use_luma, _use_gradient, _use_cover]
)
def test_pictures_in_another_range_are_refused(use):
    use(PICTURE, OTHER)
    for change, words in [
        (lambda x: 255 * x, "divide by 255"),
        (lambda x: 2 * x - 1, r"\(x \+ 1\) / 2"),
        (lambda x: x * float("nan"), "not a number"),
    ]:
        with pytest.raises(ValueError, match=words):
            use(change(PICTURE), change(OTHER))
    with pytest.raises(ValueError, match="divide 8-bit|one shape"):
        use((255 * PICTURE).byte(), (255 * OTHER).byte())


def test_rounding_is_no_other_range():
    checks.require_unit_images(PICTURE.clamp(0, 1) + 1e-6)
    with pytest.raises(ValueError, match="clamp"):
        checks.require_unit_images(PICTURE + 0.05)


def test_half_precision_costs_no_digits():
    a, b = (0.5 + 0.01 * x for x in (PICTURE, OTHER))
    expected = metrics.psnr(a.half().double(), b.half().double()).item()
    assert metrics.psnr(a.half(), b.half()).item() == pytest.approx(expected, abs=1e-4)


def test_too_small_for_the_window():
    with pytest.raises(ValueError, match="11 x 11 pixels or more are needed; got 8 x 9"):
        metrics.ssim(PICTURE[..., :8, :9], PICTURE[..., :8, :9])
    small = PICTURE[..., :16, :16]
    with pytest.raises(ValueError, match="19 pixels or more .* got 16 x 16"):
        metrics.super_resolution_scores(small, small, 4)
    least = PICTURE[..., :19, :19]
    assert metrics.super_resolution_scores(least, least, 4)[1].item() == pytest.approx(1, abs=1e-4)


def test_networks_take_bytes():
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 24 * 24, 2))
    network.features = network.forward
    for function in (predict, image_features):
        with pytest.raises(ValueError, match=r"uint8 .* got float32 .*round\(\)\.byte"):
            function(network, PICTURE)
    with pytest.raises(ValueError, match="needed; got"):
        evaluate_classifier(network, (255 * PICTURE).byte(), torch.tensor([0, 1]))


def test_accuracy_of_what_has_none():
    logits = torch.tensor([[1.0, 2], [2, 1]])
    assert metrics.accuracy(logits, torch.tensor([1, 1], dtype=torch.uint8)) == 0.5
    for bad, labels, words in [
        (logits, torch.tensor([[1], [1]]), "needed"),
        (logits * math.nan, torch.tensor([1, 1]), "NaN"),
        (logits, torch.tensor([1, 5]), "from 0 to 1"),
    ]:
        with pytest.raises(ValueError, match=words):
            metrics.accuracy(bad, labels)


def test_a_score_has_one_number_an_image():
    with pytest.raises(ValueError, match="one number an image"):
        gradient_times_input(lambda x: x.mean((2, 3)), PICTURE)
    with pytest.raises(ValueError, match="one number an image"):
        occlusion(lambda x: x.mean(), PICTURE)


# ---- NaN and infinity


@pytest.mark.parametrize("votes", [2, 4, 5, 8, 10])
def test_a_judge_of_votes_that_are_what_it_says_stays_a_judge(votes):
    features = torch.rand(6, 8, generator=torch.Generator().manual_seed(0))
    shares = train_judge(features, torch.full((6, votes), 3.0)).histogram(features)
    torch.testing.assert_close(shares, torch.full((6, votes), 1 / votes), atol=0.01, rtol=0)


def test_the_slope_at_distance_zero_is_zero_and_elsewhere_as_before():
    logits = torch.zeros(2, 10, dtype=torch.float64, requires_grad=True)
    given = torch.ones(2, 10, dtype=torch.float64)
    given[1, 3] = 5
    loss = emd_loss(logits, given)
    loss.backward()
    assert (logits.grad[0] == 0).all() and logits.grad[1].abs().max() > 1e-3
    one = torch.zeros(1, 10, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: emd_loss(x, given[1:]), [one])
    assert emd(given.numpy()[0], given.numpy()[0]) == 0


def test_features_that_do_not_vary_and_votes_that_are_none():
    judge = train_judge(torch.ones(6, 8), torch.tensor([[1.0, 3.0]]).repeat(6, 1))
    torch.testing.assert_close(
        judge.histogram(torch.ones(1, 8)), torch.tensor([[0.25, 0.75]]), atol=1e-3, rtol=0
    )
    features, votes = torch.rand(6, 8), torch.ones(6, 5)
    for x, h, words in [
        (features * math.nan, votes, "features must be finite; 48 of 48"),
        (features, votes * torch.tensor([0, 1, 1, 1, 1, 1])[:, None], "a vote for each picture"),
        (features, votes[:5], "needed; got"),
    ]:
        with pytest.raises(ValueError, match=words):
            train_judge(x, h)


def test_a_loss_that_is_no_number_stops_before_a_weight_is_touched():
    weight = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    for factor in (math.nan, math.inf):
        with pytest.raises(TrainingError, match="learning rate"):
            update_weights((weight * factor).sum(), optimizer)
    assert weight.tolist() == [1, 1]


def test_a_run_that_blows_up_keeps_its_last_checkpoint(tmp_path):
    model, path = nn.Linear(2, 1), tmp_path / "run.safetensors"
    run = Run(steps=9, models={"net": model}, optimizers={}, path=path, checkpoint_every_s=0)
    with pytest.raises(TrainingError, match=r"weights of net are no numbers .* after 4 of 9 steps"):
        for step, _ in run:
            if step == 3:
                model.weight.data.fill_(math.inf)
    again = nn.Linear(2, 1)
    later = Run(steps=9, models={"net": again}, optimizers={}, path=path)
    first, _ = next(iter(later))
    assert first == 3 and again.weight.isfinite().all()
    with pytest.raises(TrainingError, match="loss of step 5 is nan"):
        later.log(5, every=1, loss=torch.tensor(math.nan))


def test_selections_and_rankings_refuse_what_is_no_number():
    rows = np.arange(4)
    with pytest.raises(ValueError, match="scores must be finite; 1 of 4"):
        keep_best(np.array([1.0, math.nan, 2, 3]), rows)
    assert keep_best(np.array([1.0, math.nan, 2, 3]), np.array([0, 2, 3]), 0.34).tolist() == [3]
    with pytest.raises(ValueError, match="some of the rows"):
        kept_shares(np.array([3]), np.array([0, 1]), list("abca"))
    votes = PairVotes(winner=np.array([0]), loser=np.array([1]), items=("a", "b"))
    for ridge in (math.nan, math.inf):
        with pytest.raises(ValueError, match="ridge"):
            fit_ranking(votes, ridge=ridge)
        with pytest.raises(ValueError, match="ridge"):
            next_pair(votes, ridge=ridge)
    with pytest.raises(ValueError, match="two items"):
        next_pair(PairVotes(winner=np.array([]), loser=np.array([]), items=("a",)))


def test_sets_of_features_that_are_no_numbers():
    x = torch.rand(8, 5)
    bad = x.clone()
    bad[0, 0] = math.nan
    for function in (
        metrics.frechet_distance, metrics.nearest, metrics.variety, metrics.closest,
        metrics.precision_recall,
    ):  # fmt: skip
        function(x, x + 0.1)
        for a, b in ((bad, x), (x, bad)):
            with pytest.raises(ValueError, match="finite; 1 of 40"):
                function(a, b)


# ---- ratios without a denominator, numbers outside their range


def test_the_distance_of_a_set_from_itself_is_zero_and_never_below():
    for n, d in ((2, 64), (8, 128), (500, 128)):
        x = torch.randn(n, d, generator=torch.Generator().manual_seed(n))
        assert 0 <= metrics.frechet_distance(x, x) < 1e-6


def test_nothing_varies_in_the_reference():
    x = torch.rand(4, 3)
    assert math.isnan(metrics.variety(x, torch.ones(4, 3)))
    assert math.isnan(metrics.closest(x, torch.ones(4, 3)))


@pytest.mark.filterwarnings("error")
def test_where_all_agree_no_share_of_the_variance_is_known():
    alike = np.array([[0, 0, 0, 0, 7], [0, 0, 0, 0, 7]])
    same_means = np.tile([0, 0, 1, 2, 3, 2, 1, 0, 0, 0], (6, 1))
    for value in (
        vote_histograms.icc(alike), vote_histograms.reliability(alike),
        vote_histograms.one_against_crowd(alike), vote_histograms.reliability(same_means),
        vote_histograms.one_against_crowd(np.array([[0, 3, 4, 0, 0]])),
    ):  # fmt: skip
        assert math.isnan(value)
    apart = np.array([[0, 0, 7, 0, 0], [0, 0, 0, 0, 7]])
    assert vote_histograms.icc(apart) == 1 and vote_histograms.one_against_crowd(apart) == 1
