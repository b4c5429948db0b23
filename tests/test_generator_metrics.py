"""The protocol of generators: each measure against its exact answer, and the whole of it on sets that are known."""

import math
import statistics

import pytest
import torch
from torch import Tensor

from aesthetic_utils import generator_metrics as gm
from aesthetic_utils.metrics import frechet_distance, precision_recall


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# --------------------------------------------------------------------------------------------------
# density and coverage


def by_loops(real: Tensor, made: Tensor, k: int) -> tuple[float, float]:
    """Density and coverage as their definitions say them, a row at a time."""
    balls, covered = 0, 0
    for i, x in enumerate(real):
        others = [(x - y).norm().item() for j, y in enumerate(real) if j != i]
        reach = sorted(others)[k - 1]
        inside = sum((x - g).norm().item() <= reach for g in made)
        balls, covered = balls + inside, covered + (inside > 0)
    return balls / (k * len(made)), covered / len(real)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_density_and_coverage_are_their_definitions_by_loops(k):
    real, made = normal(0, 30, 3), 0.6 * normal(1, 25, 3) + 0.4
    found = gm.density_coverage(real, made, neighbours=k)
    assert found == pytest.approx(by_loops(real, made, k))
    assert gm.density_coverage(real, made, neighbours=k, chunk=7) == pytest.approx(found)


def test_a_row_is_not_its_own_neighbour():
    """Points 0, 1, 3, 7 on a line: with one neighbour the ball around 7 reaches to 3 and no farther."""
    real = torch.tensor([[0.0], [1], [3], [7]])
    assert gm.density_coverage(real, torch.tensor([[10.9]]), neighbours=1) == (1, 0.25)
    assert gm.density_coverage(real, torch.tensor([[11.1]]), neighbours=1) == (0, 0)
    assert gm.density_coverage(real, torch.tensor([[12.9]]), neighbours=2) == (0.5, 0.25)


def test_for_one_law_density_is_one_and_coverage_what_is_expected():
    """Means of 40 pairs of sets of 300 from one law; also with fewer generated rows than real ones."""
    for made in (300, 100):
        found = [
            gm.density_coverage(normal(2 * i, 300, 8), normal(2 * i + 1, made, 8))
            for i in range(40)
        ]
        density, coverage = (statistics.mean(column) for column in zip(*found, strict=True))
        errors = [statistics.stdev(column) / math.sqrt(40) for column in zip(*found, strict=True)]
        assert density == pytest.approx(1, abs=4 * errors[0]) and errors[0] < 0.02
        assert coverage == pytest.approx(gm.expected_coverage(300, made), abs=4 * errors[1])


def test_expected_coverage_is_the_chance_that_k_draws_without_putting_back_are_all_real():
    assert gm.expected_coverage(500, 500) == pytest.approx(0.9692, abs=5e-5)
    for n, m, k in ((6, 6, 5), (40, 9, 3), (500, 500, 5)):
        all_real = math.comb(n - 1, k) / math.comb(n + m - 1, k)
        assert gm.expected_coverage(n, m, neighbours=k) == pytest.approx(1 - all_real)
    assert gm.expected_coverage(10**6, 10**6) == pytest.approx(1 - 2**-5, abs=1e-5)


def test_copies_collapse_and_what_is_far_away():
    real = normal(0, 200, 4)
    density, coverage = gm.density_coverage(real, real)
    assert coverage == 1 and density == pytest.approx(6 / 5), "five neighbours and itself"
    one = real[:1].expand(200, -1)
    density, coverage = gm.density_coverage(real, one)
    assert coverage == pytest.approx(density * 5 / 200), "the same balls are hit 200 times"
    assert gm.density_coverage(real, real + 100) == (0, 0)


def test_what_has_no_neighbours_or_other_features_is_refused():
    with pytest.raises(ValueError, match="5 neighbours need 6 real rows"):
        gm.density_coverage(normal(0, 5, 2), normal(1, 9, 2))
    with pytest.raises(ValueError, match=r"got \(9, 2\), \(9, 3\)"):
        gm.density_coverage(normal(0, 9, 2), normal(1, 9, 3))
    broken = normal(1, 9, 2)
    broken[3, 1] = math.nan
    with pytest.raises(ValueError, match="generated features must be finite; 1 of 18"):
        gm.density_coverage(normal(0, 9, 2), broken)
    with pytest.raises(ValueError, match="got 5"):
        gm.expected_coverage(5, 5)


def test_principal_components_are_the_directions_of_most_variance():
    turn = torch.linalg.qr(normal(3, 6, 6)).Q
    x = normal(0, 500, 6) * torch.tensor([5.0, 3, 1, 0.1, 0.1, 0.1]) @ turn + 7
    project = gm.principal_components(x, 2)
    seen = project(x)
    assert seen.shape == (500, 2) and seen.mean(0).abs().max() < 1e-4
    torch.testing.assert_close(project.axes.T @ project.axes, torch.eye(2), atol=1e-5, rtol=0)
    singular = torch.linalg.svdvals(x - x.mean(0))[:2]  # of scikit-learn's PCA, too
    torch.testing.assert_close(seen.norm(dim=0), singular, rtol=1e-4, atol=0)
    assert gm.principal_components(x, 50).axes.shape == (6, 6), "no more than there are"


# --------------------------------------------------------------------------------------------------
# copies


def pictures(seed: int, n: int) -> Tensor:
    """White pictures with a block of noise in the middle: [n, 3, 32, 32]."""
    images = torch.ones(n, 3, 32, 32)
    images[:, :, 4:28, 4:28] = torch.rand(
        n, 3, 24, 24, generator=torch.Generator().manual_seed(seed)
    )
    return images


def moved_copies(images: Tensor) -> Tensor:
    """Each mirrored or not, and moved by up to two pixels: 25 moves of each kind in turn."""
    moves = gm.versions(images)
    return torch.stack([moves[i % 50, i] for i in range(len(images))])


def test_versions_are_all_moves_of_the_picture_and_of_its_mirror_image():
    images = torch.ones(2, 1, 7, 7)
    images[:, :, 3, 2] = 0
    found = gm.versions(images, 2)
    assert found.shape == (50, 2, 1, 7, 7) and torch.equal(found[0], images)
    spots = {tuple((x[1, 0] == 0).nonzero()[0].tolist()) for x in found}
    assert spots == {(y, x) for y in range(1, 6) for x in range(7)}
    assert len({x.numpy().tobytes() for x in found}) == 50 - 15, "three columns are met twice"
    assert gm.versions(images, 0).shape[0] == 2 and (found == 0).sum() == 100
    with pytest.raises(ValueError, match="divide 8-bit"):
        gm.versions((images * 255).byte())


def test_gaps_are_those_of_the_nearest_version_in_pieces_as_at_once(monkeypatch):
    seen, library = normal(0, 3, 10, 4), normal(1, 60, 4)
    apart = (seen[:, :, None] - library).norm(dim=3).amin(0)  # [10, 60]
    within = apart.quantile(0.3, dim=1)
    for piece in (3, 64):
        monkeypatch.setattr(gm, "PIECE", piece)
        gaps, nearer, version = gm.gaps_to(seen, library, within=within)
        torch.testing.assert_close(gaps, apart.sort(dim=1).values[:, :51], atol=1e-4, rtol=1e-4)
        assert torch.equal(nearer, (apart < within[:, None]).sum(1))
        nearest = (seen[:, :, None] - library).norm(dim=3).amin(2)  # [3, 10]
        assert torch.equal(version, nearest.argmin(0))
    assert not gm.gaps_to(seen, library).nearer.any()
    with pytest.raises(ValueError, match="at least 51 rows is needed; this one has 50"):
        gm.gaps_to(seen, library[:50])
    with pytest.raises(ValueError, match=r"got \(10, 4\), \(60, 4\)"):
        gm.gaps_to(seen[0], library)


def test_a_copy_is_much_nearer_to_one_drawing_than_to_the_fifty_behind_it():
    gaps = torch.full((3, 51), 2.0)
    gaps[:, 0] = torch.tensor([0.99, 1.0, 1.01])
    assert gm.memorised(gaps).tolist() == [True, False, False]
    gaps[:, 1] = 102  # a mean of 4
    assert gm.memorised(gaps).all()
    with pytest.raises(ValueError, match=r"got \(3, 1\)"):
        gm.memorised(gaps[:, :1])


def test_nearer_to_training_is_the_mean_over_all_choices_of_as_many():
    """Of 5 drawings 2 are taken: with 3 nearer ones, C(2, 2) of C(5, 2) choices miss them all."""
    found = [gm.nearer_to_training(torch.tensor([r]), 5, 2) for r in range(6)]
    assert found == pytest.approx([0, 0.4, 0.7, 0.9, 1, 1])
    assert gm.nearer_to_training(torch.tensor([0, 3]), 5, 2) == pytest.approx(0.45)
    assert gm.nearer_to_training(torch.tensor([0, 1, 7]), 7, 7) == pytest.approx(2 / 3)
    for held_out in (0, 6):
        with pytest.raises(ValueError, match=f"{held_out} of 5"):
            gm.nearer_to_training(torch.tensor([0]), 5, held_out)


def of_laws(made: Tensor, train: Tensor, held_out: Tensor) -> dict[str, float]:
    ruler = gm.Ruler(
        look=lambda x: x, train=train, held_out=held_out, project=gm.principal_components(train)
    )
    return gm.copying(gm.copy_gaps(made[None], ruler)[1], ruler)


def test_pictures_of_the_same_law_are_as_near_to_held_out_drawings_as_to_training_drawings():
    found = [
        of_laws(normal(3 * i, 100, 5), normal(3 * i + 1, 400, 5), normal(3 * i + 2, 90, 5))
        for i in range(30)
    ]
    nearer = [row["nearer_to_training"] for row in found]
    error = statistics.stdev(nearer) / math.sqrt(30)
    assert statistics.mean(nearer) == pytest.approx(0.5, abs=4 * error) and error < 0.01


def test_copies_are_found_and_what_was_held_out_is_not_called_one():
    train, held_out = normal(0, 90, 20), normal(1, 90, 20)
    assert of_laws(train, train, held_out) == {"memorised": 1, "nearer_to_training": 1}
    assert of_laws(held_out, train, held_out) == {"memorised": 0, "nearer_to_training": 0}
    half = torch.cat([train[:45], normal(2, 45, 20)])
    assert of_laws(half, train, held_out)["memorised"] == 0.5


def every_third(images: Tensor) -> Tensor:
    """Features that change with every move: some of the pixels."""
    return images[..., ::3, ::3].flatten(1)


def test_copies_that_were_mirrored_and_moved_are_found_by_pixels_and_by_rulers():
    train, held_out, new = pictures(0, 60), pictures(1, 60), pictures(2, 60)
    by = gm.yardstick({"every third": every_third}, train, held_out)
    for row in gm.judge_generator(moved_copies(train), by).values():
        assert row["memorised"] == row["nearer_to_training"] == 1
    for row in gm.judge_generator(new, by).values():
        assert row["memorised"] == 0
    for row in gm.judge_generator(moved_copies(train), by, shift=0).values():
        assert row["memorised"] < 0.2


def test_small_pixels_are_means_of_four():
    images = torch.rand(2, 3, 32, 32)
    means = images.unfold(2, 2, 2).unfold(3, 2, 2).mean((4, 5))
    torch.testing.assert_close(gm.small_pixels(images), means.flatten(1))


# --------------------------------------------------------------------------------------------------
# the whole row


def test_a_row_holds_what_the_single_measures_say():
    look = gm.small_pixels
    train, held_out, made = pictures(0, 80), pictures(1, 60), pictures(2, 60)
    by = gm.yardstick({"small": look}, train, held_out)
    rows = gm.judge_generator(made, by, seed=3, shift=0)
    assert list(rows) == ["pixels", "small"]
    some = torch.randperm(80, generator=torch.Generator().manual_seed(3))[:60]
    project = by.rulers["small"].project
    real, seen = project(look(train[some])), project(look(made))
    assert real.shape == (60, 32)
    row = rows["small"]
    assert row["frechet"] == frechet_distance(look(made), look(train))
    assert (row["precision"], row["recall"]) == precision_recall(real, seen)
    assert (row["density"], row["coverage"]) == gm.density_coverage(real, seen)
    mirrored = torch.stack([look(made), look(made.flip(3))])
    assert rows["pixels"] == gm.copying(gm.copy_gaps(mirrored, by.pixels)[1], by.pixels)
    assert rows["pixels"].items() <= row.items()
    with pytest.raises(ValueError, match="81 pictures need as many training drawings; got 80"):
        gm.judge_generator(pictures(0, 81), by, shift=0)
    with pytest.raises(ValueError, match="training drawings must be float"):
        gm.yardstick({}, (255 * train).byte(), held_out)


def test_the_error_of_a_mean_from_halves_is_the_textbooks():
    rows = normal(0, 400, 1)
    found = gm.by_halves(lambda x: {"mean": x.mean().item(), "one": 1.0}, rows, repeats=400)
    assert found["mean"] == pytest.approx(rows.std().item() / 20, rel=0.15) and found["one"] == 0
    for wrong in ((rows[:1], 20), (rows, 1)):
        with pytest.raises(ValueError, match="two rows and two repeats"):
            gm.by_halves(lambda x: {"mean": x.mean().item()}, wrong[0], repeats=wrong[1])
