"""Measures against formulas, independent implementations and published values."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional.image import structural_similarity_index_measure

from aesthetic_utils import metrics
from aesthetic_utils.data import load_photo, load_set5
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.statistics import intervals
from aesthetic_utils.training.super_resolution import bicubic_down, bicubic_up, eight_bit


@pytest.fixture(scope="module")
def pair():
    image = load_photo("monuments_petra", 512).image[None].double() / 255
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(image.shape, generator=generator, dtype=torch.double)
    return image, (image + 0.05 * noise).clamp(0, 1)


def test_psnr_is_its_formula_for_each_image():
    a = torch.zeros(2, 3, 4, 4)
    b = torch.stack([torch.full((3, 4, 4), 0.1), torch.full((3, 4, 4), 0.01)])
    torch.testing.assert_close(metrics.psnr(a, b), torch.tensor([20.0, 40.0]))
    assert metrics.psnr(a, a).isinf().all()


def test_ssim_is_scikit_images_with_the_papers_settings(pair):
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    for a, b in ((pair[0], pair[1]), (torch.rand(2, 1, 11, 40), torch.rand(2, 1, 11, 40))):
        expected = [
            structural_similarity(x, y, data_range=1.0, channel_axis=0, **settings)
            for x, y in zip(a.double().numpy(), b.double().numpy(), strict=True)
        ]
        assert metrics.ssim(a, b).tolist() == pytest.approx(expected, abs=1e-12)


def test_ssim_agrees_with_torchmetrics(pair):
    """Two implementations; they treat the border differently, so only roughly."""
    image, noisy = pair
    theirs = structural_similarity_index_measure(noisy, image, data_range=1.0)
    assert metrics.ssim(noisy, image).item() == pytest.approx(theirs.item(), abs=0.02)
    assert metrics.ssim(image, image).item() == pytest.approx(1.0)


def test_luma_of_black_white_and_green():
    """MATLAB's rgb2ycbcr gives 16, 235 and 144.553 for them."""
    colours = torch.tensor([[0.0, 0, 0], [1, 1, 1], [0, 1, 0]])[:, :, None, None]
    y = metrics.rgb_to_y(colours).flatten() * 255
    torch.testing.assert_close(y, torch.tensor([16.0, 235.0, 144.553]))


def test_frechet_distance_of_gaussians_with_known_moments():
    """Samples centred and whitened exactly, then scaled: ||m||^2 + sum (s_a - s_b)^2."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(500, 3, generator=generator, dtype=torch.double)
    x = x - x.mean(0)
    x = x @ torch.linalg.inv(torch.linalg.cholesky(x.T.cov())).T
    a, b = 2 * x, 3 * x + torch.tensor([1.0, 2.0, 0.0])
    assert metrics.frechet_distance(a, b) == pytest.approx(5 + 3 * (3 - 2) ** 2, rel=1e-6)
    assert metrics.frechet_distance(a, a) == pytest.approx(0, abs=1e-6)


def test_wilson_interval_against_published_values():
    """Newcombe (1998), table I: 81 of 263 gives .2553 to .3662, 0 of 20 gives 0 to .1611."""
    assert intervals.wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert intervals.wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_interval_of_three_runs_uses_the_t_distribution():
    summary = intervals.mean_and_interval([1.0, 2.0, 3.0])
    assert summary["mean"] == 2 and summary["sd"] == 1
    assert summary["high"] == pytest.approx(2 + 4.303 / math.sqrt(3), abs=1e-3)


def test_confusion_matrix_rows_are_truth():
    counts = metrics.confusion_matrix(torch.tensor([1, 1, 0]), torch.tensor([0, 1, 0]), 2)
    assert counts.tolist() == [[1, 1], [0, 1]]


def test_nearest_finds_the_closest_row():
    distance, index = metrics.nearest(torch.tensor([[0.0], [9.0]]), torch.tensor([[1.0], [7.0]]))
    assert index.tolist() == [0, 1] and distance.tolist() == [1.0, 2.0]


def test_frechet_distance_needs_two_sets_of_one_kind():
    for a, b in ((1, 5), (5, 1)):
        with pytest.raises(ValueError, match=r"\[N >= 2, D\]"):
            metrics.frechet_distance(torch.rand(a, 3), torch.rand(b, 3))
    with pytest.raises(ValueError, match=r"got \(5, 3\) and \(5, 4\)"):
        metrics.frechet_distance(torch.rand(5, 3), torch.rand(5, 4))
    with pytest.raises(ValueError, match=r"got \(5, 3, 1\)"):
        metrics.frechet_distance(torch.rand(5, 3, 1), torch.rand(5, 3))
    with pytest.raises(ValueError, match=r"and \(5, 3, 1\)"):
        metrics.frechet_distance(torch.rand(5, 3), torch.rand(5, 3, 1))
    assert metrics.frechet_distance(torch.eye(2), torch.eye(2)) == pytest.approx(0, abs=1e-6)


def test_nearest_is_the_same_in_pieces_and_compares_whole_images():
    generator = torch.Generator().manual_seed(0)
    queries, library = (torch.rand(n, 3, 2, 2, generator=generator) for n in (7, 20))
    gaps = (queries[:, None] - library[None]).square().sum((2, 3, 4)).sqrt()  # [7, 20]
    for options in ({}, {"chunk": 3}):
        distance, index = metrics.nearest(queries, library, **options)
        torch.testing.assert_close(distance, gaps.min(1).values, atol=1e-5, rtol=1e-5)
        assert torch.equal(index, gaps.argmin(1))


def test_variety_is_a_share_of_the_mean_distance_between_pairs():
    x = torch.randn(20, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    assert metrics.variety(x, x) == pytest.approx(1)
    assert metrics.variety(0.25 * x + 7, x) == pytest.approx(0.25)
    assert metrics.variety(x[:1].expand(5, -1, -1, -1), x) == 0
    square = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])  # four sides of 1, two diagonals
    assert metrics.variety(square, torch.tensor([[0.0], [1.0]])) == pytest.approx(
        (4 + 2 * 2**0.5) / 6
    )
    with pytest.raises(ValueError, match="two images of each set"):
        metrics.variety(x[:1], x)


def test_closest_sees_a_collapse_into_a_few_pictures_and_variety_does_not():
    x = torch.randn(20, 12, generator=torch.Generator().manual_seed(0))
    assert metrics.closest(x, x) == pytest.approx(1)
    two = 100 * x[:2].repeat(10, 1)
    assert metrics.variety(two, x) > 1 and metrics.closest(two, x) < 1e-3
    assert metrics.closest(
        torch.tensor([[0.0], [1], [3]]), torch.tensor([[0.0], [2]])
    ) == pytest.approx((1 + 1 + 2) / 3 / 2)
    with pytest.raises(ValueError, match="two images of each set"):
        metrics.closest(x[:1], x)


def test_precision_and_recall_are_the_shares_within_reach_by_loops():
    generator = torch.Generator().manual_seed(0)
    real = torch.randn(30, 2, generator=generator)
    made = 0.3 * torch.randn(25, 2, generator=generator) + 0.5

    def share(queries, members):
        inside = 0
        for query in queries:
            for member in members:
                reach = sorted((member - other).norm().item() for other in members)[3]
                if (query - member).norm().item() <= reach:
                    inside += 1
                    break
        return inside / len(queries)

    assert metrics.precision_recall(real, made) == (share(made, real), share(real, made))
    assert metrics.precision_recall(real, real) == (1, 1)
    assert metrics.precision_recall(real, made + 100) == (0, 0)
    collapsed = real[:1].expand(25, -1)  # one good picture, again and again
    assert metrics.precision_recall(real, collapsed) == (1, 1 / 30)
    with pytest.raises(ValueError, match="at least 4 rows"):
        metrics.precision_recall(real[:3], made)
    with pytest.raises(ValueError, match="features must be"):
        metrics.precision_recall(real, made[:, :1])


def test_accuracy_is_the_share_of_right_answers():
    logits = torch.tensor([[1.0, 3, 2], [9, 0, 0], [0, 0, 1]])
    assert metrics.accuracy(logits, torch.tensor([1, 1, 2])) == pytest.approx(2 / 3)


def test_intervals_are_wider_for_more_confidence_and_refuse_what_is_no_share():
    """scipy's own functions as witnesses."""
    for share in ((0, 1), (1, 1), (3, 7), (81, 263)):
        for confidence in (0.8, 0.95):
            theirs = stats.binomtest(*share).proportion_ci(confidence, "wilson")
            found = intervals.wilson_interval(*share, confidence=confidence)
            assert found == pytest.approx(tuple(theirs), abs=1e-12)
    for successes, n in ((-1, 5), (6, 5), (0, 0)):
        with pytest.raises(ValueError, match=f"{successes} of {n} is no share"):
            intervals.wilson_interval(successes, n)
    values = [1.0, 2.5, 2.0, 4.0]
    for confidence in (0.8, 0.95):
        summary = intervals.mean_and_interval(values, confidence=confidence)
        theirs = stats.t.interval(confidence, 3, np.mean(values), stats.sem(values))
        assert (summary["low"], summary["high"]) == pytest.approx(theirs)
    assert summary["n"] == 4 and intervals.mean_and_interval(values) == summary
    assert intervals.mean_and_interval([1.0, 3.0])["mean"] == 2
    with pytest.raises(ValueError, match="two runs"):
        intervals.mean_and_interval([1.0])


def test_bicubic_interpolation_is_pillows():
    from PIL import Image

    image = load_photo("monuments_petra", 128).image
    h, w = image.shape[1] // 4 * 4, image.shape[2] // 4 * 4
    image = image[:, :h, :w]
    small = eight_bit(bicubic_down(image[None].float() / 255, 4))[0] * 255
    theirs = Image.fromarray(image.permute(1, 2, 0).numpy()).resize(
        (w // 4, h // 4), Image.Resampling.BICUBIC
    )
    difference = np.abs(small.permute(1, 2, 0).numpy() - np.asarray(theirs))
    assert difference.max() <= 2 and difference.mean() < 0.2  # Pillow rounds after each direction


def test_bicubic_on_set5_gives_the_published_numbers():
    """28.42 dB and .8104 at x4 as Kim et al. (2016, arXiv:1511.04587) print them in table 3."""
    try:
        images = load_set5()
    except MissingDataError:
        pytest.skip("Set5 is not on this machine")
    scores = []
    for _, image in images:
        target = image[None].float() / 255
        output = bicubic_up(eight_bit(bicubic_down(target, 4)), 4)
        scores.append([x.item() for x in metrics.super_resolution_scores(output, target, 4)])
    assert np.mean(scores, axis=0) == pytest.approx([28.42, 0.8104], abs=0.02)


# --------------------------------------------------------------------------------------------------
# the scores of super-resolution


def by_hand(image: np.ndarray, reference: np.ndarray, border: int) -> list[float]:
    """PSNR-Y and SSIM-Y of two pictures [H, W, 3] in [0, 1] as MATLAB programs have it: levels 0 to 255."""
    luma = [
        16 + np.clip(np.round(255 * x), 0, 255) @ [65.481, 128.553, 24.966] / 255
        for x in (image, reference)
    ]
    a, b = (y[border:-border, border:-border] for y in luma)
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return [
        peak_signal_noise_ratio(b, a, data_range=255),
        structural_similarity(b, a, data_range=255, **window),
    ]


@pytest.mark.parametrize("border", [1, 4])
def test_super_resolution_scores_are_those_of_the_protocol_for_each_image(border):
    """Values out of the range, rows and columns of another count, two images of different quality."""
    rng = np.random.default_rng(0)
    reference = np.round(rng.random((2, 26, 33, 3)) * 255) / 255
    image = reference + rng.normal(0, 1, reference.shape) * [[[[0.02]]], [[[0.3]]]]
    assert image.min() < -0.1 and image.max() > 1.1
    tensors = (torch.from_numpy(x).permute(0, 3, 1, 2).float() for x in (image, reference))
    found = torch.stack(metrics.super_resolution_scores(*tensors, border), 1)  # [N, 2]
    expected = [by_hand(*pair, border) for pair in zip(image, reference, strict=True)]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("edge", [np.s_[:4, :], np.s_[-4:, :], np.s_[:, :4], np.s_[:, -4:]])
def test_the_border_does_not_count_and_the_pixel_inside_of_it_does(edge):
    reference = torch.full((1, 3, 32, 24), 0.2)  # level 51
    image = reference.clone()
    image[:, :, *edge] = 0
    assert metrics.super_resolution_scores(image, reference, 4)[0].isinf().all()
    assert metrics.super_resolution_scores(image, reference, 3)[0].isfinite().all()


def test_super_resolution_scores_compare_what_a_file_can_hold():
    reference = torch.ones(1, 3, 24, 24)
    reference[..., 12:] = 0
    beyond = 1.5 * reference - 0.2 * (1 - reference) + 0.4 / 255
    assert metrics.super_resolution_scores(beyond, reference, 2)[0].isinf().all()
    assert metrics.super_resolution_scores(reference, reference, 0)[1] == 1, "no border to cut"


def test_wrong_input_is_named(pair):
    image, _ = pair
    with pytest.raises(ValueError, match="one shape"):
        metrics.psnr(image, image[..., 1:])
    with pytest.raises(ValueError, match="one shape"):
        metrics.ssim(image[0], image[0])
    levels = (image * 255).to(torch.uint8)
    for pictures in ((levels, levels), (levels, image), (image, levels)):
        with pytest.raises(ValueError, match="divide 8-bit"):
            metrics.psnr(*pictures)
