"""Answers and hints for lesson 1, Three tasks."""

from collections.abc import Callable

import torch
from torch import Tensor

from aesthetic_utils.exercises import Exercise

Cover = Callable[[Tensor, int, int], Tensor]  # [3, H, W], row, column -> [3, H, W]


def verify_cover(cover: Cover) -> str | None:
    """Tries a dark picture, whose covered square must be white and everything else as before."""
    picture = torch.linspace(0, 0.5, 3 * 32 * 32).reshape(3, 32, 32)
    given, wanted = picture.clone(), _cover(picture, 4, 20)
    result = cover(given, 4, 20)
    if result is ...:
        return "Replace the dots in the function."
    if not isinstance(result, Tensor) or result.shape != picture.shape:
        return "Return a picture of the same shape, [3, 32, 32]."
    if not torch.equal(given, picture):
        return "The picture that was given has changed too. Begin with picture.clone()."
    if torch.equal(result, wanted):
        return None
    if torch.equal(result, _cover(picture, 20, 4)):
        return "Rows and columns are exchanged: the axes of a picture are [3, rows, columns]."
    if torch.equal(result, _cover(picture, 4, 20, light=0.0)):
        return "That is black. White is full light."
    return "Set picture[:, row : row + 8, column : column + 8] of the copy to white."


def _cover(picture: Tensor, row: int, column: int, light: float = 1.0) -> Tensor:
    """A right answer: the square of the copy in one `light`, which is white."""
    covered = picture.clone()
    covered[:, row : row + 8, column : column + 8] = light
    return covered


def _cover_in_place(picture: Tensor, row: int, column: int) -> Tensor:
    """Takes a picture that was handed in for one of its own, and changes it."""
    picture[:, row : row + 8, column : column + 8] = 1
    return picture


EXERCISES: dict[str, Exercise] = {
    "share_left": Exercise(
        answer=1 / 16,
        hints={
            0.25: "That would be four times fewer rows. The columns become fewer as well.",
            15 / 16: "That is what was lost.",
            16: "That is how many pixels become one; the share is the other way round.",
            1 / 48: "The three colours are there before and after.",
        },
        default_hint="Count the pixels before and after, and divide.",
    ),
    "psnr": Exercise(
        answer=20.0,
        tolerance=0.01,
        hints={
            2.0: "The logarithm is right. It is multiplied by 10.",
            -20.0: "The sign: it is the logarithm of 1 / MSE.",
            40.0: "The error is squared already; 0.01 is the mean of the squares.",
            100.0: "That is 1 / MSE; take its logarithm.",
        },
        default_hint="1 / 0.01 is 100. What is its logarithm to the base 10?",
    ),
    "can_say_nothing": Exercise(
        answer=False,
        hints={True: "Add up the eight probabilities of any picture."},
    ),
    "cover": Exercise(
        answer=_cover,
        verify=verify_cover,
        wrong_examples=(
            _cover_in_place,
            lambda picture, row, column: _cover(picture, column, row),
            lambda picture, row, column: _cover(picture, row, column, light=0.0),
            lambda picture, row, column: picture[:, row : row + 8, column : column + 8],
            lambda picture, row, column: picture.clone(),
        ),
    ),
}
