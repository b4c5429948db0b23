"""Crops of a photograph, and the judge that advises."""

import numpy as np
import pytest
import torch
from torch import nn

from aesthetic_utils.data.judged import load_judged
from aesthetic_utils.judgements.simulated_audience import taste_measures
from aesthetic_utils.training.crops import crop_boxes, cut, train_adviser


def test_the_first_crop_is_the_middle_and_all_lie_inside():
    boxes = crop_boxes(40, 60, 200, seed=3)
    assert boxes[0].tolist() == [0, 10, 40]
    top, left, side = boxes.T
    assert (top >= 0).all() and (left >= 0).all()
    assert (top + side <= 40).all() and (left + side <= 60).all()
    assert side.min() >= 20 and side[1:].max() < 40 and left.max() > 25
    assert np.array_equal(boxes[:50], crop_boxes(40, 60, 200, seed=3)[:50])
    with pytest.raises(ValueError, match="least"):
        crop_boxes(40, 60, 5, least=0)


def test_a_crop_shows_what_lies_there():
    image = torch.zeros(3, 128, 128, dtype=torch.uint8)
    image[0, :64, :64] = 200
    crops = cut(image, np.array([[0, 0, 64], [64, 64, 64], [0, 0, 128]]))
    assert crops.shape == (3, 3, 64, 64) and crops.dtype == torch.uint8
    assert crops[0, 0].eq(200).all() and crops[1].eq(0).all()
    assert abs(float(crops[2, 0].float().mean()) - 50) < 2


class Means(nn.Module):
    """Eyes that see the mean colour and its spread."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def features(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x.mean((2, 3)), x.std((2, 3))], 1) * self.scale


def test_an_adviser_learns_from_what_is_not_held_out_and_can_be_checked():
    pictures = load_judged(ideas=6, photographs=20)
    adviser = train_adviser(pictures, Means(), viewers=20, steps=40)
    said, given = adviser.predicted(pictures.images), adviser.given(pictures.images)
    assert said.shape == given.shape == (len(pictures),)
    assert 1 <= said.min() and said.max() <= 10
    assert np.corrcoef(said, given)[0, 1] > 0.4
    test = pictures.held_out & pictures.photograph
    assert adviser.photographs == test.sum() > 0
    given = adviser.audience.vote(taste_measures(pictures.images)).votes.mean(0)[test]
    assert adviser.error == pytest.approx(np.sqrt(np.mean((said[test] - given) ** 2)), rel=1e-4)
    assert adviser.correlation == pytest.approx(np.corrcoef(said[test], given)[0, 1], abs=1e-4)
