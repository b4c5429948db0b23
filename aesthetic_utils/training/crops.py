"""Advice that can be checked: a judge's best crop of a photograph, and what its audience says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.checks import require_byte_images
from aesthetic_utils.data.judged import JudgedPictures
from aesthetic_utils.models.judge import Judge
from aesthetic_utils.training.judging import JudgeSettings, image_features, train_judge

if TYPE_CHECKING:  # what it measures pictures with is slow to load
    from aesthetic_utils.judgements.simulated_audience import Audience

SIDE = 64  # pixels of a picture that is judged


def crop_boxes(height: int, width: int, n: int, *, least: float = 0.5, seed: int = 0) -> np.ndarray:
    """Squares (top, left, side) within a picture: int64 [n, 3]; the first is the largest one in the middle.

    The others have a side of `least` to 1 times the shorter side of the picture, and lie anywhere.
    """
    if not 0 < least <= 1 or n < 1:
        raise ValueError(f"least is above 0 and at most 1, n at least 1; got {least} and {n}")
    rng, short = np.random.default_rng(seed), min(height, width)
    side = (short * rng.uniform(least, 1, n)).astype(np.int64).clip(1)
    side[0] = short
    top, left = ((rng.random(n) * (length - side + 1)).astype(np.int64) for length in (height, width))  # fmt: skip
    top[0], left[0] = (height - short) // 2, (width - short) // 2
    return np.stack([top, left, side], 1)


def cut(image: Tensor, boxes: np.ndarray) -> Tensor:
    """The squares of a uint8 image [3, H, W], made small: uint8 [n, 3, 64, 64]."""
    require_byte_images(image[None])
    small = [
        F.interpolate(
            image[None, :, y : y + side, x : x + side].float(), size=(SIDE, SIDE),
            mode="bilinear", antialias=True,
        )[0]
        for y, x, side in boxes.tolist()
    ]  # fmt: skip
    return torch.stack(small).round().clamp(0, 255).to(torch.uint8)


@dataclass(frozen=True, kw_only=True, eq=False)
class Adviser:
    """A judge that learned from a simulated audience, and that audience, which can be asked at any time."""

    judge: Judge
    eyes: torch.nn.Module
    audience: Audience
    error: float  # root mean square, in votes, on photographs that were held out
    correlation: float  # on the same
    photographs: int  # so many

    def predicted(self, images: Tensor) -> np.ndarray:
        """The mean vote, 1 to 10, that the judge expects for uint8 images [N, 3, 64, 64]: [N]."""
        with torch.no_grad():
            return self.judge.score(image_features(self.eyes, images)).numpy()

    def given(self, images: Tensor) -> np.ndarray:
        """What the audience's likings make of them in the mean, without noise: [N]."""
        from aesthetic_utils.judgements.simulated_audience import taste_measures

        return self.audience.lawful(taste_measures(images))


def train_adviser(
    pictures: JudgedPictures, eyes: torch.nn.Module, *, viewers: int = 60, steps: int = 200
) -> Adviser:
    """As in lesson 4.6: frozen eyes, one linear layer, the votes of a simulated audience on what is not held out."""
    from aesthetic_utils.judgements.simulated_audience import Audience, taste_measures

    measures = taste_measures(pictures.images)
    audience = Audience(measures, viewers=viewers)
    votes = audience.vote(measures)
    seen, learn = image_features(eyes, pictures.images), ~pictures.held_out
    histograms = torch.tensor(votes.histograms).float()
    judge = train_judge(seen[learn], histograms[learn], settings=JudgeSettings(steps=steps))
    test = pictures.held_out & pictures.photograph
    given = votes.votes.mean(0)[test]
    with torch.no_grad():
        said = judge.score(seen[test]).numpy()
    return Adviser(
        judge=judge, eyes=eyes, audience=audience, error=float(np.sqrt(((said - given) ** 2).mean())),
        correlation=float(np.corrcoef(said, given)[0, 1]), photographs=int(test.sum()),
    )  # fmt: skip
