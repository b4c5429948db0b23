"""A simulated audience whose taste is a function of the pictures. Nothing here is data.

Each viewer likes what four measures of a picture say, partly as all do and partly as nobody else
does; on top come what all see and no measure holds, what one viewer sees in one picture, a habit of
using the scale, and noise. So there is something to learn from the pixels, and it is known how much.
The four weights are made up: that people follow any of them is claimed nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from aesthetic_utils.measures import colour, complexity, composition
from aesthetic_utils.measures.planes import as_planes

MEASURES = ("colourfulness", "contrast", "complexity", "symmetry")
SCALE = 10  # votes from 1
REACH = (
    2.0  # in sd: a measure further out counts as if it were here, as photographs are among drawings
)


@dataclass(frozen=True, kw_only=True)
class TasteSettings:
    """An audience's taste, in votes; weights in the order of `MEASURES`, for one sd of each."""

    weights: tuple[float, ...] = (0.6, 0.3, 0.0, 0.3)
    curve: float = 0.3  # how much is lost at one sd from middle complexity: an inverted U
    residue: float = 0.35  # sd of what all see in a picture and no measure holds
    own_weights: float = 0.3  # sd of a viewer's own weights around the common ones
    private: float = 1.0  # sd of what one viewer sees in one picture
    leniency: float = 0.7  # sd of how high a viewer uses the scale
    noise: float = 0.8  # sd of wavering, new for each vote
    middle: float = 5.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Judgements:
    """What an audience said about pictures, and what it was made from."""

    votes: np.ndarray  # int64 [R, I], from 1 to 10
    lawful: np.ndarray  # [I], the mean vote that the measures alone call for

    @property
    def histograms(self) -> np.ndarray:
        """How many viewers gave 1, 2, ... 10: int64 [I, 10]."""
        return np.stack([(self.votes == vote).sum(0) for vote in range(1, SCALE + 1)], axis=1)

    @property
    def ceiling(self) -> float:
        """Correlation of the lawful part with the mean votes: nobody who sees only measures does better."""
        return float(np.corrcoef(self.lawful, self.votes.mean(0))[0, 1])


def taste_measures(images: Tensor | Sequence[Tensor]) -> np.ndarray:
    """The four measures of uint8 images [I, 3, H, W] or a list of [3, H, W]: [I, 4].

    Hasler and Suesstrunk's colourfulness, RMS contrast, PNG bytes per pixel, and the correlation of
    the picture with its mirror image, left and right (1 where there is nothing to mirror).
    """
    rows = []
    for image in images:
        planes = as_planes(image)
        mirrored = composition.normalised_mirror_symmetry(planes).left_right
        rows.append(
            (
                colour.colourfulness(planes),
                colour.rms_contrast(planes),
                complexity.png_bytes_per_pixel(planes),
                1.0 if np.isnan(mirrored) else mirrored,
            )
        )
    return np.array(rows, dtype=float).reshape(-1, len(MEASURES))


class Audience:
    """Simulated viewers. Measures [I, 4] are taken in units of the spread over the pictures given first.

    measures: of the pictures that set the units; viewers: how many
    """

    def __init__(
        self,
        measures: np.ndarray,
        viewers: int,
        *,
        settings: TasteSettings = TasteSettings(),
        seed: int = 0,
    ):
        if len(settings.weights) != len(MEASURES):
            raise ValueError(f"{len(MEASURES)} weights are needed, for {', '.join(MEASURES)}")
        self.settings, self.seed = settings, seed
        self.centre, self.scale = measures.mean(0), measures.std(0)
        rng = np.random.default_rng(seed)
        spread = settings.own_weights
        self.weights = settings.weights + rng.normal(0, spread, (viewers, len(MEASURES)))  # [R, 4]
        self.leniency = rng.normal(0, settings.leniency, viewers)  # [R]

    def liking(self, measures: np.ndarray) -> np.ndarray:
        """What the measures [I, 4] call for with each viewer, in votes, not rounded: [R, I]."""
        z = ((measures - self.centre) / self.scale).clip(-REACH, REACH)  # [I, 4]
        bend = self.settings.curve * (z[:, MEASURES.index("complexity")] ** 2 - 1)  # [I]
        return self.settings.middle + self.weights @ z.T - bend + self.leniency[:, None]

    def lawful(self, measures: np.ndarray) -> np.ndarray:
        """The audience's mean liking as far as the measures [I, 4] decide: [I]."""
        return self.liking(measures).mean(0)

    def vote(self, measures: np.ndarray, *, seed: int = 0) -> Judgements:
        """Everybody votes once on every picture, from 1 to 10."""
        s, rng = self.settings, np.random.default_rng([self.seed, seed])
        liking = self.liking(measures)  # [R, I]
        whole = liking + rng.normal(0, s.residue, liking.shape[1])
        whole += rng.normal(0, s.private, liking.shape) + rng.normal(0, s.noise, liking.shape)
        votes = whole.round().clip(1, SCALE).astype(np.int64)
        return Judgements(votes=votes, lawful=liking.mean(0))
