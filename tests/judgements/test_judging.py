"""Learning to judge: losses, the judge, ridge regression, the simulated audience, saliency."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from aesthetic_utils.data import load_emoji
from aesthetic_utils.data.judged import FIGURES, PEOPLE, STATUES, load_judged
from aesthetic_utils.data.photos import photo_names
from aesthetic_utils.judgements import vote_histograms
from aesthetic_utils.judgements.filtering import keep_best, kept_shares, shares_by_chance
from aesthetic_utils.judgements.simulated_audience import Audience, TasteSettings, taste_measures
from aesthetic_utils.losses import emd_loss, ranking_loss
from aesthetic_utils.models import ArticleCNN, CNNConfig, Eyes, Judge, JudgeConfig, lite
from aesthetic_utils.published.results import load_result
from aesthetic_utils.saliency import gradient_times_input, occlusion
from aesthetic_utils.statistics.ridge import (
    fit_ridge,
    kinless_splits,
    left_out_predictions,
    random_splits,
    thinned_splits,
)
from aesthetic_utils.training.judging import (
    JudgeSettings,
    correlation,
    evaluate_judge,
    histogram_step,
    image_features,
    judge_optimizer,
    ranking_step,
    train_judge,
)
from tools import publish_judging

# ---- losses


def test_emd_loss_is_the_mean_over_images_of_the_distance_of_each():
    logits = torch.tensor(np.random.default_rng(0).normal(0, 2, (6, 10)))
    counts = torch.tensor(np.random.default_rng(1).integers(1, 9, (6, 10)))
    expected = vote_histograms.emd(logits.softmax(1).numpy(), counts.numpy(), r=2)
    assert emd_loss(logits, counts).item() == pytest.approx(expected.mean())
    one_root = ((expected**2).mean()) ** 0.5
    assert abs(emd_loss(logits, counts).item() - one_root) > 1e-3


def test_emd_loss_of_everybody_one_step_off_is_a_tenth():
    sure = torch.full((1, 10), -1000.0).index_fill(1, torch.tensor([4]), 0.0)
    given = F.one_hot(torch.tensor([5]), 10)
    assert emd_loss(sure, given, r=1).item() == pytest.approx(0.1)


def test_emd_loss_can_be_descended():
    logits = torch.zeros(1, 10, dtype=torch.float64, requires_grad=True)
    given = torch.tensor([[0.0, 0, 0, 0, 0, 0, 0, 1, 3, 1]], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: emd_loss(x, given), [logits])
    emd_loss(logits, given).backward()
    assert logits.grad[0, 0] > 0 > logits.grad[0, 8]


def test_ranking_loss_is_the_likelihood_of_bradley_and_terry():
    winners, losers = torch.tensor([1.0, -2.0]), torch.tensor([0.5, 3.0])
    chance = 1 / (1 + torch.exp(losers - winners))
    torch.testing.assert_close(ranking_loss(winners, losers), -chance.log().mean())
    torch.testing.assert_close(ranking_loss(winners, winners), torch.tensor(2.0).log())
    both = (ranking_loss(winners, losers) + ranking_loss(losers, winners)) / 2
    torch.testing.assert_close(ranking_loss(winners, losers, torch.tensor([True, True])), both)


# ---- the judge


def test_an_untrained_judge_answers_with_the_mean_histogram():
    features = torch.rand(7, 5)
    counts = torch.tensor(np.random.default_rng(0).multinomial(30, [0.1] * 10, 7))
    judge = Judge(JudgeConfig(features=5)).prepare(features, counts).eval()
    expected = torch.tensor(vote_histograms.mean_histogram(counts)).float()
    torch.testing.assert_close(judge.histogram(torch.rand(3, 5) * 9), expected.expand(3, 10))
    mean = vote_histograms.means(counts).mean()
    assert judge.score(torch.rand(1, 5)).item() == pytest.approx(mean, rel=1e-5)
    with pytest.raises(ValueError, match=r"\[N, 5\]; got \(2, 4\)"):
        judge(torch.rand(2, 4))


def test_a_judge_sees_standardised_features_and_a_constant_one_is_harmless():
    features = torch.tensor([[0.0, 10, 5], [2.0, 30, 5]])
    counts = torch.tensor([[3, 1, 0], [1, 3, 4]])
    judge = Judge(JudgeConfig(features=3, bins=3, dropout=0.0)).prepare(features, counts)
    assert (judge.head.weight == 0).all()
    torch.testing.assert_close(judge.histogram(features)[0, 0].item(), (3 / 4 + 1 / 8) / 2)
    torch.nn.init.eye_(judge.head.weight)
    torch.nn.init.zeros_(judge.head.bias)
    torch.testing.assert_close(judge(features)[:, :2], torch.tensor([[-1.0, -1], [1, 1]]))
    least = 1e-3 * features.std().item()
    assert judge(features + torch.tensor([0, 0, least]))[0, 2].item() == pytest.approx(1, rel=1e-3)
    never = Judge(JudgeConfig(features=3, bins=3)).prepare(
        features, counts * torch.tensor([1, 1, 0])
    )
    assert never.eval().histogram(features)[0, 2].item() == pytest.approx(1e-4, rel=1e-3)


def test_a_judge_drops_half_of_its_features_in_training_alone():
    torch.manual_seed(0)
    judge = Judge(JudgeConfig(features=200, bins=200))
    torch.nn.init.eye_(judge.head.weight)
    features = torch.rand(20, 200) + 1
    out = judge.train()(features)
    assert (out == 0).float().mean().item() == pytest.approx(0.5, abs=0.05)
    torch.testing.assert_close(out[out != 0], 2 * features[out != 0])
    torch.testing.assert_close(judge.eval()(features), features)


def test_a_score_is_the_mean_vote_or_with_one_bin_the_logit():
    judge = Judge(JudgeConfig(features=2, bins=4)).eval()
    torch.nn.init.constant_(judge.head.bias[3:], 60.0)
    torch.testing.assert_close(judge.score(torch.rand(3, 2)), torch.full((3,), 4.0))
    bare = Judge(JudgeConfig(features=2, bins=1)).eval()
    torch.nn.init.constant_(bare.head.bias, -2.5)
    torch.testing.assert_close(bare.score(torch.rand(3, 2)), torch.full((3,), -2.5))
    with pytest.raises(ValueError, match=r"\[N, 2\]; got \(2,\)"):
        judge(torch.rand(2))


def test_a_judge_learns_what_its_features_say():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4))
    truth = vote_histograms.gaussian_histogram(5.5 + x[:, 0], np.full(300, 1.3))
    features, counts = torch.tensor(x).float(), torch.tensor(rng.multinomial(50, truth)).float()
    settings = JudgeSettings(steps=60, learning_rate=0.05, dropout=0.0)
    judge = train_judge(features[:200], counts[:200], settings=settings)
    found = evaluate_judge(judge, features[200:], counts[200:])
    assert found["n"] == 100 and found["lcc"] > 0.95
    constant = vote_histograms.emd(
        vote_histograms.mean_histogram(counts[:200]), counts[200:].numpy(), r=2
    ).mean()
    assert found["emd_r2"] < 0.5 * constant


def test_a_judge_learns_from_pairs():
    torch.manual_seed(0)
    x = torch.randn(60, 3)
    a, b = torch.randint(60, (2, 400))
    a_wins = x[a, 1] > x[b, 1]
    winners, losers = x[torch.where(a_wins, a, b)], x[torch.where(a_wins, b, a)]
    judge = Judge(JudgeConfig(features=3, bins=1, dropout=0.0)).prepare(x)
    optimizer = judge_optimizer(judge, JudgeSettings(learning_rate=0.1))
    losses = [ranking_step(judge, optimizer, winners, losers).item() for _ in range(40)]
    assert losses[0] == pytest.approx(np.log(2), abs=1e-6) and losses[-1] < 0.3
    assert correlation(judge.score(x).detach().numpy(), x[:, 1].numpy()) > 0.95


def test_a_step_gives_the_loss_before_it():
    features, counts = torch.randn(20, 6), torch.randint(1, 9, (20, 10))
    judge = Judge(JudgeConfig(features=6, dropout=0.0)).prepare(features, counts)
    before = emd_loss(judge(features), counts)
    optimizer = judge_optimizer(judge, JudgeSettings())
    torch.testing.assert_close(histogram_step(judge, optimizer, features, counts), before.detach())
    assert emd_loss(judge(features), counts) < before


def test_features_come_in_order_and_leave_the_network_as_it_was():
    network = ArticleCNN(CNNConfig()).train()
    images = torch.randint(256, (5, 3, 32, 32), dtype=torch.uint8)
    found = image_features(network, images, batch_size=2)
    torch.testing.assert_close(found, network.features(images / 255).detach())
    assert network.training and not found.requires_grad


def test_eyes_see_side_by_side_and_stay_frozen():
    networks = [ArticleCNN(CNNConfig(hidden=16)), ArticleCNN(CNNConfig(hidden=8))]
    eyes = Eyes(networks)
    x = torch.rand(2, 3, 64, 64, requires_grad=True)
    found = eyes.features(x)
    assert found.shape == (2, 24)
    torch.testing.assert_close(found[:, 16:], networks[1].features(F.avg_pool2d(x, 2)))
    found.sum().backward()
    assert x.grad.abs().sum() > 0 and networks[0].fc1.weight.grad is None


def test_a_constant_judge_has_no_correlation():
    assert np.isnan(correlation(np.ones(5), np.arange(5)))
    assert correlation(np.exp(np.arange(5)), np.arange(5), ranks=True) == pytest.approx(1)


# ---- the optional network


def test_without_its_packages_the_optional_network_says_what_to_install(monkeypatch):
    monkeypatch.setattr(lite, "PACKAGES", ("no_such_package_anywhere",))
    assert not lite.has_lite0()
    with pytest.raises(lite.MissingPackageError, match=r"pip install .*without"):
        lite.load_lite0()


def test_the_optional_network_where_it_is_installed():
    if not lite.has_lite0():
        pytest.skip("efficientnet-lite0 is not installed (extra judging)")
    found = image_features(lite.load_lite0(), torch.zeros(2, 3, 64, 64, dtype=torch.uint8))
    assert found.shape == (2, 1280) and 0 <= found.min() and found.max() <= 6


# ---- ridge


def test_ridge_finds_a_line_and_shrinks_noise():
    rng = np.random.default_rng(0)
    x = rng.normal(5, 3, (80, 6))
    y = 2 + x @ [1, -2, 0, 0, 0, 0.5]
    fitted = fit_ridge(x, y, penalties=(1e-9,))
    np.testing.assert_allclose(fitted.predict(x), y, rtol=1e-6)
    noise = fit_ridge(rng.normal(size=(30, 200)), rng.normal(size=30))
    assert noise.penalty >= 100


def test_ridge_agrees_with_leaving_each_row_out():
    """The penalty that the closed formula chooses is the one that wins when each row is really left out."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(25, 8))
    x = (x - x.mean(0)) / x.std(0)
    y = x[:, 0] + rng.normal(0, 1.5, 25)
    penalties = (0.1, 3.0, 30.0, 3000.0)

    def error(penalty: float) -> float:
        left = []
        for i in range(25):
            kept = np.arange(25) != i
            a, b = np.c_[np.ones(24), x[kept]], y[kept]
            shrunk = np.diag([0.0] + [penalty] * 8)
            w = np.linalg.solve(a.T @ a + shrunk, a.T @ b)
            left.append((y[i] - w[0] - x[i] @ w[1:]) ** 2)
        return float(np.mean(left))

    assert fit_ridge(x, y, penalties=penalties).penalty == min(penalties, key=error)


def test_ridge_does_not_run_off_outside_its_training():
    x = np.c_[np.arange(10.0), [0.0] * 9 + [1e-9]]
    fitted = fit_ridge(x, np.arange(10.0), penalties=(1e-6,))
    assert abs(fitted.predict(np.array([[5.0, 1e6]]))[0]) < 10


def test_left_out_rows_are_predicted_without_themselves():
    x = np.random.default_rng(0).normal(size=(20, 3))
    y = np.random.default_rng(1).normal(size=20)
    splits = random_splits(20, 4, seed=0)
    assert sorted(np.concatenate([test for _, test in splits])) == list(range(20))
    before = left_out_predictions(x, y, splits)
    changed = y.copy()
    changed[splits[0][1]] += 100
    after = left_out_predictions(x, changed, splits)
    np.testing.assert_allclose(before[splits[0][1]], after[splits[0][1]])
    with pytest.raises(ValueError, match="training and test"):
        left_out_predictions(x, y, [(np.arange(20), np.arange(20))])
    with pytest.raises(ValueError, match="10 rows are in no test"):
        left_out_predictions(x, y, [(np.arange(10), np.arange(10, 20))])


def test_thinned_training_is_smaller_and_tests_stay():
    splits = random_splits(20, 4, seed=0)
    thin = thinned_splits(splits, 7)
    for (train, test), (few, same) in zip(splits, thin, strict=True):
        assert len(few) == len(set(few)) == 7  # no row is drawn twice
        assert set(few) <= set(train) and (same == test).all()


def test_kin_is_left_out_together():
    parents = [frozenset(p) for p in ("a", "b", "c", "ab", "ab", "bc")]
    splits = kinless_splits(parents)
    found = {tuple(test): train.tolist() for train, test in splits}
    assert found[(3, 4)] == [2] and found[(0,)] == [1, 2, 5]


# ---- the simulated audience


@pytest.fixture(scope="module")
def measures():
    return np.random.default_rng(0).normal([50, 20, 0.6, 0.5], [30, 7, 0.2, 0.3], (400, 4))


def test_an_audience_likes_what_it_was_told_to(measures):
    settings = TasteSettings(weights=(1, 0, 0, 0), curve=0, residue=0, own_weights=0)
    audience = Audience(measures, 80, settings=settings)
    said = audience.vote(measures)
    assert correlation(said.votes.mean(0), measures[:, 0]) > 0.97
    assert abs(correlation(said.votes.mean(0), measures[:, 1])) < 0.12
    np.testing.assert_array_equal(said.histograms.sum(1), 80)
    np.testing.assert_allclose(vote_histograms.means(said.histograms), said.votes.mean(0))
    np.testing.assert_allclose(said.lawful, audience.lawful(measures))


def test_the_curve_is_an_inverted_u(measures):
    settings = TasteSettings(weights=(0, 0, 0, 0), curve=0.5, own_weights=0)
    audience = Audience(measures, 10, settings=settings)
    rows = np.tile(audience.centre, (3, 1))
    rows[:, 2] += audience.scale[2] * np.array([-1, 0, 1])
    low, middle, high = audience.lawful(rows)
    assert low == pytest.approx(high) and middle - low == pytest.approx(0.5)


def test_what_no_measure_holds_lowers_the_ceiling(measures):
    ceilings = [
        Audience(measures, 50, settings=TasteSettings(residue=residue)).vote(measures).ceiling
        for residue in (0.0, 0.5, 1.5)
    ]
    assert ceilings[0] > 0.93 > ceilings[1] > ceilings[2] + 0.1


def test_measures_of_pictures_with_known_answers():
    plain = torch.full((3, 32, 32), 128, dtype=torch.uint8)
    half = plain.clone()
    half[0, :, 16:] = 255
    found = taste_measures(torch.stack([plain, half, half.flip(-1)]))
    assert found[0, [0, 1, 3]] == pytest.approx([0, 0, 1], abs=1e-9)
    assert found[1, 3] == pytest.approx(-1)
    np.testing.assert_allclose(found[1, [0, 1, 3]], found[2, [0, 1, 3]])


def test_no_people_are_judged():
    pictures = load_judged(ideas=None, photographs=0)
    emoji = load_emoji("all", size=64)
    people = {emoji.category_names.index(name) for name in PEOPLE}
    others = {
        n for n, c in zip(emoji.names, emoji.category.tolist(), strict=True) if c not in people
    }
    assert len(pictures) == 5 * len(others - set(FIGURES))
    assert set(FIGURES) <= others
    assert not set(PEOPLE) & set(pictures.category)
    assert set(STATUES) <= set(photo_names())


def test_held_out_ideas_are_held_out_for_all_designers():
    pictures = load_judged(ideas=40, photographs=4)
    assert len(pictures) == 204 and pictures.photograph.sum() == 4
    assert pictures.images.shape == (204, 3, 64, 64) and pictures.images.dtype == torch.uint8
    idea = [name.split(" by ")[0] for name in pictures.names]
    sides = {}
    for name, held in zip(idea, pictures.held_out, strict=True):
        sides.setdefault(name, set()).add(bool(held))
    assert set(map(len, sides.values())) == {1}
    assert 0 < pictures.held_out.sum() < 100


# ---- saliency


def test_both_maps_are_exact_for_a_score_that_adds_up():
    weights = torch.randn(3, 12, 12, generator=torch.Generator().manual_seed(0))
    images = torch.rand(2, 3, 12, 12, generator=torch.Generator().manual_seed(1))

    def score(x):
        return (x * weights).sum((1, 2, 3))

    found = gradient_times_input(score, images, baseline=1.0)
    expected = score(images) - score(torch.ones_like(images))
    torch.testing.assert_close(found.sum((1, 2)), expected, atol=1e-4, rtol=1e-4)
    falls = occlusion(score, images, size=4, stride=4, fill=1.0)
    assert falls.shape == (2, 3, 3)
    torch.testing.assert_close(
        falls, F.avg_pool2d(found[:, None], 4)[:, 0] * 16, atol=1e-4, rtol=1e-4
    )
    with pytest.raises(ValueError, match="square of 13"):
        occlusion(score, images, size=13)


# ---- the filter


def test_a_filter_keeps_the_best_and_counts_by_group():
    scores, rows = np.array([3.0, 9.0, 1.0, 5.0, 7.0]), np.array([0, 2, 3, 4])
    assert keep_best(scores, rows).tolist() == [4, 3]
    groups = ("a", "c", "a", "b", "b")
    assert kept_shares(np.array([4, 3]), rows, groups) == {"a": 0.0, "b": 1.0}
    with pytest.raises(ValueError, match="share is 0"):
        keep_best(scores, rows, 0)


def test_chance_keeps_about_the_same_share_of_each_group_and_of_small_ones_less_surely():
    groups = ["large"] * 400 + ["small"] * 20
    found = shares_by_chance(np.arange(420), groups, repeats=300)
    for low, high in found.values():
        assert low < 0.5 < high
    widths = {name: high - low for name, (low, high) in found.items()}
    expected = 2 * 2.576 * (0.25 / 20 * 400 / 419) ** 0.5  # hypergeometric
    assert widths["small"] == pytest.approx(expected, abs=0.12) and widths["large"] < 0.1


# ---- the published results


def test_parents_of_dog_pictures():
    assert publish_judging.dog_parents("5_start.png") == {"5"}
    assert publish_judging.dog_parents("pair_5_41_out_tensor0.3333.png") == {"5", "41"}


def test_a_constant_left_out_by_families_is_far_below_0():
    """Two families of different height: the mean of one is what is said of the other."""
    y = np.array([0.0, 0, 0, 1, 1, 1])
    splits = [(np.arange(3, 6), np.arange(3)), (np.arange(3), np.arange(3, 6))]
    said = publish_judging.constant_predictions(y, splits)
    assert said.tolist() == [1, 1, 1, 0, 0, 0] and np.corrcoef(said, y)[0, 1] == pytest.approx(-1)


def test_codes_of_blends_lie_between_those_of_their_dogs():
    codes = {"5": np.array([0.0, 1.0]), "41": np.array([4.0, -1.0])}
    assert publish_judging.dog_code("41_start.png", codes).tolist() == [4, -1]
    assert publish_judging.dog_code("pair_5_41_out_tensor0.2500.png", codes).tolist() == [1, 0.5]


def test_which_dog_alone_foretells_siblings_and_not_strangers():
    """Invented dogs, each liked for itself alone, and their blends."""
    rng = np.random.default_rng(3)
    names = [str(k) for k in range(8)]
    pairs = [
        f"pair_{a}_{b}_out_tensor{w}.png"
        for a in names
        for b in names
        if a < b
        for w in ("0.3333", "0.6667")
    ]
    items = (*(f"{k}_start.png" for k in names), *pairs)
    liked = {k: rng.normal(size=1) for k in names}
    crowd = np.array([publish_judging.dog_code(item, liked)[0] for item in items])
    splits = {
        "random": random_splits(len(items), 8),
        "kinless": kinless_splits([publish_judging.dog_parents(i) for i in items]),
    }
    constant = {k: publish_judging.constant_predictions(crowd, s) for k, s in splits.items()}
    found = publish_judging._which_dog(items, crowd, splits, constant, 22, 5)
    assert found["random"]["lcc"]["mean"] > 0.8
    assert found["kinless"]["lcc"]["mean"] < 0.2


def test_predictor_results_find_a_planted_taste_and_nothing_in_noise():
    rng = np.random.default_rng(0)
    items = tuple(f"{k}_start.png" for k in range(40))
    taste = rng.normal(size=40)
    values = 0.5 + 0.1 * taste[None, :, None] + rng.normal(0, 0.1, (30, 40, 2))
    features = {
        "measures": np.c_[taste, rng.normal(size=(40, 3))],
        "noise": rng.normal(size=(40, 20)),
    }
    found = publish_judging.predictor_results(features, values.clip(0, 1), items, draws=3, halves=2)
    assert found["features"]["measures"]["random"]["explained"] > 0.9
    assert found["features"]["measures"]["kinless"]["lcc"] > 0.9
    assert found["features"]["measures"]["kinless"]["explained_of_constant"] > 0.9
    assert found["features"]["noise"]["kinless"]["explained_of_constant"] < 0.3
    assert found["constant"]["kinless"]["explained_of_constant"] == 0
    assert found["features"]["noise"]["random"]["explained"] < 0.3
    assert found["whose_taste"]["random_halves"]["other"] > 0.9
    assert found["distribution"]["judge"]["r1"] < found["distribution"]["constant"]["r1"]


def test_the_published_result_is_an_aggregate_with_its_source():
    stored = load_result("dog_predictor")
    assert stored["source"]["paper"].endswith("10.1098/rstb.2022.0414")
    assert stored["items"] == 55 and stored["raters"] == 100
    assert set(stored["features"]) == {"measures", "resnet", "lite0"}
