"""Answers and hints for lesson 4.4, StyleGAN2."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.exercises import Exercise

Convolution = Callable[[Tensor, Tensor, Tensor], Tensor]
Pull = Callable[[Tensor, Tensor, float], Tensor]


def convolved(x: Tensor, weight: Tensor, style: Tensor) -> Tensor:
    """Scaled inputs, one convolution for all pictures."""
    return F.conv2d(x * style[:, :, None, None], weight, padding=weight.shape[-1] // 2)


def modulated(x: Tensor, weight: Tensor, style: Tensor) -> Tensor:
    """A right answer: the outputs of each picture divided by the norm of its own filters."""
    squares = style.square() @ weight.square().sum((2, 3)).T  # [N, O]
    return convolved(x, weight, style) / (squares + 1e-8).sqrt()[:, :, None, None]


def without_root(x: Tensor, weight: Tensor, style: Tensor) -> Tensor:
    """Divides by the sum of squares."""
    squares = style.square() @ weight.square().sum((2, 3)).T
    return convolved(x, weight, style) / (squares + 1e-8)[:, :, None, None]


def style_forgotten(x: Tensor, weight: Tensor, style: Tensor) -> Tensor:
    """Divides by the norm of the filters as they were before the style."""
    norm = weight.square().sum((1, 2, 3)).sqrt()
    return convolved(x, weight, style) / norm[None, :, None, None]


def by_its_own_size(x: Tensor, weight: Tensor, style: Tensor) -> Tensor:
    """Normalises what comes out, as StyleGAN did."""
    y = convolved(x, weight, style)
    return y / y.std((2, 3), keepdim=True)


def verify_modulated(given: Convolution) -> str | None:
    """A hint for the first mistake that shows on two pictures with styles of their own."""
    g = torch.Generator().manual_seed(0)
    x, weight, style = (
        torch.randn(*shape, generator=g, dtype=torch.float64)
        for shape in ((2, 3, 5, 5), (4, 3, 3, 3), (2, 3))
    )
    found, right = given(x, weight, style), modulated(x, weight, style)
    if found is ...:
        return "Replace the dots in the function."
    if found.shape != right.shape:
        return f"[2, 3, 5, 5] should become {list(right.shape)}; this has {list(found.shape)}."
    if torch.allclose(found, convolved(x, weight, style)):
        return "That is the modulation. What comes out has still to be divided."
    if torch.allclose(found, without_root(x, weight, style)):
        return "This divides by the sum of the squares; take its root."
    if torch.allclose(found, style_forgotten(x, weight, style)):
        return "The filters that are used are s w, so the style belongs into the sum, squared."
    if torch.allclose(found, by_its_own_size(x, weight, style)):
        return "This looks at the maps that came out. Divide by what the weights foretell."
    if not torch.allclose(found, right, atol=1e-5):
        return "Inputs times the style, a convolution, divided by sqrt(sum of (s w)^2) for each picture."
    return None


def pulled(w: Tensor, mean: Tensor, psi: float) -> Tensor:
    """A right answer."""
    return mean + psi * (w - mean)


def towards_zero(w: Tensor, mean: Tensor, psi: float) -> Tensor:
    """Forgets where the mean is."""
    return psi * w


def turned_round(w: Tensor, mean: Tensor, psi: float) -> Tensor:
    """At psi = 1 it gives the mean."""
    return w + psi * (mean - w)


def added(w: Tensor, mean: Tensor, psi: float) -> Tensor:
    """The mean is added, and the style not measured from it."""
    return mean + psi * w


def verify_pulled(given: Pull) -> str | None:
    """A hint for the first mistake that shows on one style and at both ends."""
    w, mean = torch.tensor([[4.0, 0.0]]), torch.tensor([2.0, 2.0])
    found = given(w, mean, 0.25)
    if found is ...:
        return "Replace the dots in the function."
    if torch.allclose(found, towards_zero(w, mean, 0.25)):
        return "This pulls towards zero, and the mean is somewhere else."
    if torch.allclose(found, turned_round(w, mean, 0.25)):
        return "The wrong way round: psi = 1 leaves the style as it is, psi = 0 gives the mean."
    if torch.allclose(found, added(w, mean, 0.25)):
        return "Measure the style from the mean, w - mean, before you shorten it."
    if not torch.allclose(found, pulled(w, mean, 0.25)):
        return "Go from the mean the share psi of the way to w."
    return None


EXERCISES = {
    "modulated": Exercise(
        answer=modulated,
        verify=verify_modulated,
        wrong_examples=(convolved, without_root, style_forgotten, by_its_own_size),
    ),
    "pulled": Exercise(
        answer=pulled, verify=verify_pulled, wrong_examples=(towards_zero, turned_round, added)
    ),
    "styles": Exercise(
        answer=10,
        hints={
            5: "There are five sizes, 4 to 64, and a style for each convolution.",
            8: "That is for 32 pixels; 64 are one size more.",
            9: "These are the convolutions. The last colours take a style, too.",
            12: "That is for 128 pixels.",
        },
        default_hint="One at 4 x 4, two at each size above, one for the last colours.",
    ),
    "lazy": Exercise(
        answer=0.08,
        hints={
            0.005: "That is gamma / 2, as if it were taken at every step.",
            0.16: "R1 has the factor gamma / 2.",
            0.01: "That is gamma. R1 has gamma / 2, and one step stands for sixteen.",
        },
        default_hint="gamma / 2, and one step stands for sixteen.",
    ),
    "reports": Exercise(
        answer=("by heart", "collapse", "crushed"),
        hints={
            ("by heart", "crushed", "collapse"): "C: a large penalty flattens the discriminator.",
            ("collapse", "by heart", "crushed"): "A: why would *held-out* drawings look generated?",
            ("crushed", "collapse", "by heart"): "A: a crushed discriminator says 0 to everything.",
        },
        default_hint="Ask for each which drawings the discriminator tells from which.",
    ),
}
