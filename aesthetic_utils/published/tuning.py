"""The studio in which the generator of drawings is tuned to taste: who draws, who looks, and what is measured.

Four lookers are kept apart. The *reward* sees pictures through `EYES` (a classifier of categories). The simulated
*viewers* see four measures, and through `OTHER_EYES` (a classifier of designers) how far a picture is from the nearest
drawing. A third classifier, `RULER`, which has seen photographs alone and which nobody here tries to please, measures
Frechet distance and coverage. What the reward is asked to please is never what measures the drawings.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.generator_metrics import (
    Ruler,
    gaps_to,
    likeness,
    memorised,
    principal_components,
    small_pixels,
)
from aesthetic_utils.models import DCGANConfig, Generator
from aesthetic_utils.training.reward import Reward, fit_reward
from aesthetic_utils.training.rulers import load_classifier, seen_by
from aesthetic_utils.training.weights import load_weights, weights_info

# the modules of viewers load scipy and scikit-image, which is slow: where they are needed, they are imported
if TYPE_CHECKING:
    from aesthetic_utils.judgements.simulated_viewers import Distances, Viewers

GENERATOR = "gan_emoji"
EYES, OTHER_EYES, RULER = "resnet_emoji_category", "resnet_emoji_designer", "convnet_cifar10"
TYPICAL = 2_000  # training drawings, at random, whose means are the prototypes
OWNERS, OTHERS = 5, 20  # simulated viewers: whose taste is learned, one at a time, and who looks on


def untuned() -> Generator:
    """A fresh copy of the published generator, p0, in `eval`: a picture depends on its own z alone."""
    network = Generator(DCGANConfig(**weights_info(GENERATOR)["config"]))
    return load_weights(network, GENERATOR).eval()


@torch.no_grad()
def drawn_from(generator: nn.Module, z: Tensor, *, chunk: int = 256) -> Tensor:
    """z [N, Z] -> pictures [N, 3, 32, 32] in [0, 1], a chunk at a time, no gradients."""
    return torch.cat([generator(part) / 2 + 0.5 for part in z.split(chunk)])


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Pictures as the lookers see them; all but `features` is what the viewers' tastes are made of."""

    features: Tensor  # [N, 256], through EYES: what a reward gets
    measures: np.ndarray  # [N, 4]
    distance: np.ndarray  # [N], from the nearest training drawing through OTHER_EYES, standardised

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True, kw_only=True)
class Studio:
    """`open_studio` makes it."""

    eyes: nn.Module
    other_eyes: nn.Module
    library: Tensor  # [M, 256], the training drawings through OTHER_EYES, standardised
    library_scale: tuple[Tensor, Tensor]  # mean and sd, [256] each
    pixels: Tensor  # [M, 768], the training drawings averaged to 16 x 16
    prototypes: Tensor  # [8, 256], the mean drawing of each category through EYES
    drawings: "Distances"  # of held-out drawings from the nearest training drawing
    z: Tensor  # [N, Z], of the pool
    pool: Seen  # pictures of the untuned generator: what votes are cast on, and the unit of all tastes
    viewers: "Viewers"  # the owners first, then the others

    def look(self, images: Tensor) -> Seen:
        """Pictures [N, 3, 32, 32] in [0, 1] as the lookers see them."""
        from aesthetic_utils.judgements.simulated_audience import taste_measures

        measures = taste_measures((images * 255).round().byte())
        away = nearest_distance(self.other_eyes, images, self.library, self.library_scale)
        return Seen(features=seen_by(self.eyes, images), measures=measures, distance=away)

    def tastes(self, seen: Seen) -> np.ndarray:
        """The true taste of every viewer: [OWNERS + OTHERS, N]."""
        return self.viewers.taste(seen.measures, self.drawings.excess(seen.distance))

    def score(self, reward: Reward) -> Callable[[Tensor], Tensor]:
        """What `training.tuning` climbs: pictures -> rewards, with gradients through the frozen eyes."""
        return lambda images: reward(self.eyes.features(images))


def nearest_distance(
    eyes: nn.Module, images: Tensor, library: Tensor, scale: tuple[Tensor, Tensor]
) -> np.ndarray:
    """How far each picture is from its nearest row of the library, both standardised: [N]."""
    seen = (seen_by(eyes, images) - scale[0]) / scale[1]
    return torch.cat([torch.cdist(part, library).amin(1) for part in seen.split(500)]).numpy()


def open_studio(
    pool: int, *, drawings: int | None = None, seed: int = 0
) -> Studio:  # fmt: skip
    """Everybody takes their places: `pool` pictures of the untuned generator are drawn and looked at.

    drawings: how many training drawings are in the library, all by default. Some 40 seconds of one core for 4,096 pictures.
    """
    from aesthetic_utils.judgements.simulated_audience import taste_measures
    from aesthetic_utils.judgements.simulated_viewers import Distances, Viewers

    eyes, other_eyes = (load_classifier(name).requires_grad_(False) for name in (EYES, OTHER_EYES))
    train = load_emoji("train", ideas="all")
    some = torch.randperm(len(train.images), generator=torch.Generator().manual_seed(seed))[
        :drawings
    ]
    images = train.images[some].float() / 255
    held_out = (
        load_emoji("test", ideas="all").images[: drawings and max(drawings // 4, 50)].float() / 255
    )
    library = seen_by(other_eyes, images)
    scale = library.mean(0), library.std(0).clamp(min=1e-6)
    library = (library - scale[0]) / scale[1]
    usual = nearest_distance(other_eyes, held_out, library, scale)
    limits = Distances(usual=float(np.median(usual)), far=float(np.quantile(usual, 0.99)))
    z = torch.randn(pool, 100, generator=torch.Generator().manual_seed(seed))
    made = drawn_from(untuned(), z)
    seen = Seen(
        features=seen_by(eyes, made),
        measures=taste_measures((made * 255).round().byte()),
        distance=nearest_distance(other_eyes, made, library, scale),
    )
    viewers = Viewers(seen.measures, limits.excess(seen.distance), OWNERS + OTHERS)
    by_eyes, labels = seen_by(eyes, images[:TYPICAL]), train.category[some][:TYPICAL]
    prototypes = torch.stack([by_eyes[labels == k].mean(0) for k in labels.unique()])
    return Studio(
        eyes=eyes, other_eyes=other_eyes, library=library, library_scale=scale,
        pixels=small_pixels(images), prototypes=prototypes, drawings=limits, z=z, pool=seen,
        viewers=viewers,
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------
# votes, and what is learned from them


def ask(studio: Studio, owner: int, votes: int, *, seed: int = 0) -> np.ndarray:
    """One viewer votes on random pairs of the pool: int [V, 2], the chosen first.

    The same seed asks the same questions first, however many there are.
    """
    from aesthetic_utils.judgements.simulated_viewers import random_pairs, vote

    taste = studio.tastes(studio.pool)[owner]
    rng = np.random.default_rng([seed, owner])
    pairs = random_pairs(len(taste), max(votes, 8_000), rng)
    return vote(taste, pairs, studio.viewers.waver[owner], rng)[:votes]


def learn(studio: Studio, votes: np.ndarray, *, hidden: int = 0, seed: int = 0) -> Reward:
    """A reward from votes on the pool, int [V, 2]."""
    return learner(studio, hidden, seed)(*sides(studio, votes))


def learner(studio: Studio, hidden: int = 0, seed: int = 0) -> Callable[[Tensor, Tensor], Reward]:
    """What makes a reward from the features of both sides; a network of one hidden layer is held less tightly."""
    decay = 30.0 if hidden else 300.0
    return partial(fit_reward, studio.pool.features, hidden=hidden, decay=decay, seed=seed)


def sides(studio: Studio, votes: np.ndarray) -> tuple[Tensor, Tensor]:
    """The features of what was chosen and of what was not: [V, 256] each."""
    features = studio.pool.features
    return features[torch.from_numpy(votes[:, 0])], features[torch.from_numpy(votes[:, 1])]


# --------------------------------------------------------------------------------------------------
# what became of the pictures


def photographs_ruler(train: Tensor) -> Ruler:
    """The ruler that nobody tries to please, from training drawings [M, 3, 32, 32]."""
    look = partial(seen_by, load_classifier(RULER))
    seen = look(train)
    return Ruler(look=look, train=seen, held_out=seen[:1], project=principal_components(seen))


def report(
    studio: Studio,
    images: Tensor,
    owner: int,
    *,
    proxy: Reward | None = None,
    judges: Sequence[Reward] = (),
    rulers: Mapping[str, Ruler] = {},
) -> dict[str, float]:  # fmt: skip
    """What is told of a set of pictures: means, tastes and rewards in sd of the untuned generator's pictures."""
    seen = studio.look(images)
    tastes = studio.tastes(seen).mean(1)  # [R]
    row = {"owner": tastes[owner], "others": tastes[OWNERS:].mean(), "worst": tastes[OWNERS:].min()}
    if proxy is not None:
        row["proxy"] = proxy(seen.features).mean()
    if judges:
        row["judges"] = min(float(judge(seen.features).mean()) for judge in judges)
    row |= {
        "nearest": np.median(seen.distance),
        "typicality": torch.cdist(seen.features, studio.prototypes).amin(1).mean(),
        "memorised": memorised(gaps_to(small_pixels(images)[None], studio.pixels).nearest).double().mean(),
    }  # fmt: skip
    for name, ruler in rulers.items():
        found = likeness(ruler.look(images), ruler)
        row |= {f"{key}_{name}": found[key] for key in ("frechet", "coverage")}
    return {key: round(float(value), 4) for key, value in row.items()}


def library_ruler(studio: Studio) -> Ruler:
    """The drawings through OTHER_EYES as a ruler, without looking at them again: for coverage in a lesson."""

    def look(images: Tensor) -> Tensor:
        mean, spread = studio.library_scale
        return (seen_by(studio.other_eyes, images) - mean) / spread

    return Ruler(
        look=look, train=studio.library, held_out=studio.library[:1],
        project=principal_components(studio.library),
    )  # fmt: skip
