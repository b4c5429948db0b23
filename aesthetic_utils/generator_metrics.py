"""One protocol for all generators: are their pictures like the drawings, do they cover them, are they copies of them?

Each number is of one set of pictures in the eyes of one ruler, whose name belongs to it. It is read beside the same
number of held-out drawings (what real ones get), of training drawings handed out again (what a cheat gets) and of
noise. Pictures are float [N, 3, H, W] in [0, 1], what a ruler sees of them is float [N, D].
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.checks import require_finite, require_unit_images
from aesthetic_utils.metrics import frechet_distance, precision_recall

NEIGHBOURS = 5  # that density and coverage look at
COMPONENTS = 32  # principal components in which neighbours are looked for
BESIDE = 50  # drawings behind the nearest one, which say how near is near
COPY = 0.5  # a picture nearer than so much of their mean distance is taken for a copy
SHIFT = 2  # pixels by which a copy may have been moved
SMALL = 16  # pixels each way, at which pictures are compared by their pixels
PIECE = 32  # pictures at a time: with 50 versions of each and 11,000 drawings 70 MB

Look = Callable[[Tensor], Tensor]  # pictures [N, 3, H, W] -> what a ruler sees of them, [N, D]


# --------------------------------------------------------------------------------------------------
# how like, and how much of it


def density_coverage(
    real: Tensor, generated: Tensor, *, neighbours: int = NEIGHBOURS, chunk: int = 512
) -> tuple[float, float]:
    """How thickly generated rows lie among the real ones, and the share of real rows that have one beside them.

    Around each real row a ball reaches to its k-th nearest real neighbour, itself not counted. Density: in how many
    balls a generated row lies, on average, over k; 1 where both sets come from one law, and it may be more. Coverage:
    the share of balls with a generated row inside; for one law see `expected_coverage`. Naeem et al. (2020),
    https://arxiv.org/abs/2002.09797; a row at the edge of a ball counts as inside.

    real: [N, D], generated: [M, D]. Raises ValueError where a row has no such neighbour, for features of different
    length, and for values that are not finite.
    """
    if real.ndim != 2 or generated.ndim != 2 or real.shape[1] != generated.shape[1]:
        raise ValueError(
            f"features must be [N, D] and [M, D]; got {tuple(real.shape)}, {tuple(generated.shape)}"
        )
    if len(real) <= neighbours or neighbours < 1 or not len(generated):
        raise ValueError(
            f"{neighbours} neighbours need {neighbours + 1} real rows and a generated one; got "
            f"{len(real)} and {len(generated)}"
        )
    require_finite(real, "real features")
    require_finite(generated, "generated features")
    real, generated = real.double(), generated.double()
    inside = 0
    covered = []
    for part in real.split(chunk):
        reach = torch.cdist(part, real).kthvalue(neighbours + 1, dim=1).values  # the first: itself
        hits = (torch.cdist(part, generated) <= reach[:, None]).sum(1)  # [chunk]
        inside += int(hits.sum())
        covered.append(hits > 0)
    return inside / (neighbours * len(generated)), float(torch.cat(covered).double().mean())


def expected_coverage(real: int, generated: int, *, neighbours: int = NEIGHBOURS) -> float:
    """The mean coverage of sets of these sizes that come from one law, whatever the law.

    A real row is left out if its k nearest of all the others, real or generated, are real ones. Raises ValueError
    where there are not as many real neighbours.
    """
    if real <= neighbours or neighbours < 1:
        raise ValueError(f"{neighbours} neighbours need {neighbours + 1} real rows; got {real}")
    others = real + generated - 1
    return 1 - math.prod((real - 1 - j) / (others - j) for j in range(neighbours))


@dataclass(frozen=True, kw_only=True)
class Projection:
    """Onto the leading principal components of a set of features."""

    mean: Tensor  # [D]
    axes: Tensor  # [D, K], orthonormal

    def __call__(self, features: Tensor) -> Tensor:
        return (features - self.mean) @ self.axes  # [N, K]


def principal_components(features: Tensor, count: int = COMPONENTS) -> Projection:
    """The directions in which features [N, D] vary most, at most D of them; in float64 inside."""
    x = features.double()
    mean = x.mean(0)
    _, vectors = torch.linalg.eigh((x - mean).T @ (x - mean))  # ascending
    axes = vectors[:, -count:].flip(1)
    return Projection(mean=mean.to(features), axes=axes.to(features))


# --------------------------------------------------------------------------------------------------
# copies


def versions(images: Tensor, shift: int = SHIFT) -> Tensor:
    """Pictures as they would stand if moved or mirrored: [N, C, H, W] -> [V, N, C, H, W], white filling the gaps.

    All moves of up to `shift` pixels each way of the picture and of its mirror image: V = 2 (2 shift + 1)^2, first
    the picture itself.
    """
    require_unit_images(images)
    moves = sorted(range(-shift, shift + 1), key=abs)
    return torch.stack(
        [
            F.pad(kind, (dx, -dx, dy, -dy), value=1.0)
            for kind in (images, images.flip(3))
            for dy in moves
            for dx in moves
        ]
    )


def small_pixels(images: Tensor) -> Tensor:
    """The pixels of pictures averaged to 16 x 16, which forgives a fine grain: [N, C, H, W] -> [N, 256 C]."""
    return F.adaptive_avg_pool2d(images, SMALL).flatten(1)


class Gaps(NamedTuple):
    """How far pictures are from a library: see `gaps_to`."""

    nearest: Tensor  # [N, count], distances to the nearest rows of the library, the smallest first
    nearer: Tensor  # [N], how many of its rows are nearer than `within`
    version: Tensor  # [N], which version of the picture comes nearest of all


def gaps_to(
    seen: Tensor, library: Tensor, *, count: int = BESIDE + 1, within: Tensor | None = None
) -> Gaps:
    """The distances of pictures to their nearest rows of a library.

    seen: [V, N, D], all versions of N pictures; the nearest version counts, for each row of the library by itself.
    library: [M, D]; within: a distance for each picture, [N], by default 0. Raises ValueError for a library of fewer
    rows than `count`, other shapes, and values that are not finite.
    """
    if seen.ndim != 3 or library.ndim != 2 or seen.shape[2] != library.shape[1]:
        raise ValueError(
            f"[V, N, D] and a library [M, D] are needed; got {tuple(seen.shape)}, {tuple(library.shape)}"
        )
    if len(library) < count:
        raise ValueError(
            f"a library of at least {count} rows is needed; this one has {len(library)}"
        )
    require_finite(seen, "what is seen of the pictures")
    require_finite(library, "the library")
    within = torch.zeros(seen.shape[1]) if within is None else within
    found = []
    for part, reach in zip(seen.split(PIECE, dim=1), within.split(PIECE), strict=True):
        apart = torch.cdist(part.flatten(0, 1), library).view(*part.shape[:2], -1)  # [V, n, M]
        version = apart.amin(2).argmin(0)  # [n]
        apart = apart.amin(0)  # [n, M]
        nearest = apart.topk(count, largest=False).values
        found.append((nearest, (apart < reach[:, None]).sum(1), version))
    return Gaps(*(torch.cat(column) for column in zip(*found, strict=True)))


def memorised(gaps: Tensor) -> Tensor:
    """Which pictures are taken for copies: [N, 51] from `gaps_to` -> bool [N].

    One that is less than half as far from its nearest drawing as from the fifty behind it, on average: a threshold of
    our own, after the relative distance of Carlini et al. (2023), https://arxiv.org/abs/2301.13188. Relatives of one
    sign are flagged, too: held-out drawings say how often. Raises ValueError without drawings behind the nearest.
    """
    if gaps.ndim != 2 or gaps.shape[1] < 2:
        raise ValueError(f"distances [N, 2 or more] are needed; got {tuple(gaps.shape)}")
    return gaps[:, 0] < COPY * gaps[:, 1:].mean(1)


def nearer_to_training(nearer: Tensor, training: int, held_out: int) -> float:
    """How often a picture is nearer to training drawings than to as many held-out ones: 0.5 if nothing is copied.

    nearer: [N], for each picture the number of training drawings that are nearer to it than the nearest held-out
    drawing. Of the training drawings as many are taken as were held out, and the mean goes over all choices. So it is
    1 for copies where both sets are of one size, and less where only some of the training drawings are taken: the row
    of the copies says how much. Raises ValueError if fewer training drawings than held-out ones are there.
    """
    if not 0 < held_out <= training:
        raise ValueError(f"{held_out} of {training} training drawings cannot be taken")
    left = (training - nearer).double()  # [N], those that are not nearer
    n, m = torch.tensor(float(training)).double(), held_out
    log_none = (left + 1).lgamma() - (left - m + 1).clamp(min=1).lgamma()
    log_none = log_none - (n + 1).lgamma() + (n - m + 1).lgamma()  # of C(left, m) / C(n, m)
    none = torch.where(left >= m, log_none.exp(), 0.0)
    return float(1 - none.mean())


# --------------------------------------------------------------------------------------------------
# one row by each ruler


@dataclass(frozen=True, kw_only=True)
class Ruler:
    """What generators are judged against, as one ruler sees it: `yardstick` makes it."""

    look: Look
    train: Tensor  # [N, D], all training drawings
    held_out: Tensor  # [M, D], drawings that no generator has learned from
    project: Projection  # onto the principal components of the training drawings


@dataclass(frozen=True, kw_only=True)
class Yardstick:
    """The drawings, seen once for many judgements, by their pixels and by each ruler."""

    pixels: Ruler
    rulers: Mapping[str, Ruler]


def yardstick(looks: Mapping[str, Look], train: Tensor, held_out: Tensor) -> Yardstick:
    """What `judge_generator` needs, from training drawings and held-out ones, float [N, 3, H, W] in [0, 1].

    looks: name of a ruler -> what it sees of pictures, such as `seen_by` of a classifier. The held-out drawings are
    those that copying is measured with; those that are judged in a generator's place have to be others.
    """
    require_unit_images(train, "training drawings")
    require_unit_images(held_out, "held-out drawings")
    return Yardstick(
        pixels=_ruler(small_pixels, train, held_out),
        rulers={name: _ruler(look, train, held_out) for name, look in looks.items()},
    )


def _ruler(look: Look, train: Tensor, held_out: Tensor) -> Ruler:
    seen = look(train)
    return Ruler(look=look, train=seen, held_out=look(held_out), project=principal_components(seen))


def judge_generator(
    samples: Tensor, by: Yardstick, *, seed: int = 0, shift: int = SHIFT
) -> dict[str, dict[str, float]]:
    """One row of the table of generators by each ruler: pictures float [N, 3, H, W] in [0, 1] -> ruler -> number.

    By "pixels": "memorised" and "nearer_to_training"; by each other ruler these and "frechet", "precision", "recall",
    "density" and "coverage" (`likeness`, to which `seed` belongs). A copy may have been mirrored and moved by up to
    `shift` pixels: the pixels are compared in all such versions, and a classifier looks at four of each picture: as
    it is, mirrored, and as it comes nearest, pixel by pixel, to a training drawing and to a held-out one. For 500
    pictures and 10,600 drawings some 25 seconds of one core, and less than 1 GB.
    """
    seen = torch.cat(
        [
            torch.stack([by.pixels.look(version) for version in versions(part, shift)])
            for part in samples.split(PIECE)
        ],
        dim=1,
    )  # [V, N, D]
    to_held_out, to_train = copy_gaps(seen, by.pixels)
    aligned = [one_version(samples, to.version, shift) for to in (to_train, to_held_out)]
    looked_at = torch.stack([samples, samples.flip(3), *aligned])  # [4, N, 3, H, W]
    rows = {"pixels": copying(to_train, by.pixels)}
    for name, ruler in by.rulers.items():
        eyes = torch.stack([ruler.look(images) for images in looked_at])  # [4, N, D]
        _, gaps = copy_gaps(eyes, ruler)
        rows[name] = likeness(eyes[0], ruler, seed=seed) | copying(gaps, ruler)
    return rows


def one_version(images: Tensor, which: Tensor, shift: int) -> Tensor:
    """Of each picture the version of that number in `versions`: [N, C, H, W], [N] -> [N, C, H, W]."""
    return torch.cat(
        [versions(images[i : i + 1], shift)[number] for i, number in enumerate(which.tolist())]
    )


def likeness(seen: Tensor, ruler: Ruler, *, seed: int = 0) -> dict[str, float]:
    """"frechet", "precision", "recall", "density" and "coverage" of what a ruler sees of pictures, [N, D].

    The Frechet distance goes to all training drawings, in all features. The other four compare with as many training
    drawings as there are pictures, drawn by `seed`, in 32 principal components, because in many dimensions neighbours
    say little. Raises ValueError for more pictures than training drawings, and as the single measures do.
    """  # fmt: skip
    if len(seen) > len(ruler.train):
        raise ValueError(
            f"{len(seen)} pictures need as many training drawings; got {len(ruler.train)}"
        )
    chance = torch.Generator().manual_seed(seed)
    some = torch.randperm(len(ruler.train), generator=chance)[: len(seen)]
    real, made = ruler.project(ruler.train[some]), ruler.project(seen)
    precision, recall = precision_recall(real, made)
    density, coverage = density_coverage(real, made)
    return {
        "frechet": frechet_distance(seen, ruler.train), "precision": precision, "recall": recall,
        "density": density, "coverage": coverage,
    }  # fmt: skip


def copy_gaps(seen: Tensor, ruler: Ruler) -> tuple[Gaps, Gaps]:
    """How far all versions of pictures [V, N, D] are from the held-out drawings, and from the training drawings.

    The latter with how many are nearer than the nearest held-out drawing.
    """
    to_held_out = gaps_to(seen, ruler.held_out, count=1)
    return to_held_out, gaps_to(seen, ruler.train, within=to_held_out.nearest[:, 0])


def copying(to_train: Gaps, ruler: Ruler) -> dict[str, float]:
    """"memorised", the share that is taken for copies, and "nearer_to_training"."""  # fmt: skip
    n, m = len(ruler.train), len(ruler.held_out)
    return {
        "memorised": memorised(to_train.nearest).double().mean().item(),
        "nearer_to_training": nearer_to_training(to_train.nearer, n, m),
    }


def by_halves(
    measure: Callable[[Tensor], Mapping[str, float]],
    rows: Tensor,
    *,
    repeats: int = 20,
    seed: int = 0,
) -> dict[str, float]:
    """The standard error of each number that `measure` finds in rows [N, ...], from random halves of them.

    A half drawn without replacement varies, for a mean, exactly as much as a fresh set of full size would: the halves
    are half as large, and each pair of them shares half of its rows. The usual bootstrap would hand out rows twice,
    and a row that is its own neighbour upsets whatever looks at neighbours. Raises ValueError for fewer than two rows
    or repeats.
    """
    if len(rows) < 2 or repeats < 2:
        raise ValueError(f"two rows and two repeats are needed; got {len(rows)} and {repeats}")
    chance = torch.Generator().manual_seed(seed)
    halves = (torch.randperm(len(rows), generator=chance)[: len(rows) // 2] for _ in range(repeats))
    found = [measure(rows[half]) for half in halves]
    return {
        key: torch.tensor([row[key] for row in found], dtype=torch.float64).std().item()
        for key in found[0]
    }
