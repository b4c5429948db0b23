"""What torch says of convolutions, for the tests of the live figures in JavaScript.

    PYTHONPATH=. python tests/live/torch_fixtures.py

writes tests/live/convolution.json, stack.json, stamp.json and shift.json; tests/test_live_convolution.py asks torch again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

FOLDER = Path(__file__).resolve().parent
FIGURES = FOLDER.parents[1] / "tools" / "figures"

SETTINGS = (  # n, k, P, s, d
    (5, 3, 0, 1, 1),
    (5, 3, 1, 2, 1),
    (6, 3, 0, 2, 1),
    (8, 3, 0, 3, 1),
    (7, 2, 1, 1, 1),
    (7, 2, 0, 4, 1),  # gaps between the windows
    (9, 3, 2, 1, 2),
    (9, 5, 2, 2, 1),
    (9, 4, 1, 2, 2),
    (7, 1, 0, 2, 1),
    (5, 3, 2, 4, 3),
)
STACKS = (  # kind, k, s, d, P
    "c3111.p2210.c3111.p2210",  # the two-block network
    "c3111.c3111.c3111",
    "c3110.c3120.c3140",
    "c5112.c3211.p3210",
    "c7213.p3211.c1110.c3122",
    "c4211.c4211",
)
STAMPS = (  # k, s, P, layers, weights
    (3, 2, 0, 1, (1, 1, 1)),
    (4, 2, 1, 1, (1, 1, 1, 1)),
    (3, 2, 0, 3, (1, 2, 1)),
    (5, 3, 1, 2, (1, 0, 2, 3, 1)),
    (2, 4, 0, 1, (1, 1)),
    (6, 3, 2, 2, (4, 1, 0, 0, 3, 4)),
)


ROWS = (  # of 16 pixels
    [3, 1, 0, 0] * 4,
    [4, 0] * 8,
    [0, 1, 2, 3, 4, 3, 2, 1] * 2,
    [0, 4, 2, 2, 1, 3, 0, 0, 4, 4, 1, 0, 2, 3, 3, 1],
)


def whole(values: Tensor) -> list[int]:
    """Numbers that are whole, row by row."""
    assert torch.equal(values, values.round())
    return values.detach().flatten().int().tolist()


def numbers(low: int, high: int, side: int, generator: torch.Generator) -> Tensor:
    """Whole numbers from `low` to `high`: float64 [1, 1, side, side]."""
    return torch.randint(low, high + 1, (1, 1, side, side), generator=generator).double()


def layer(n: int, k: int, P: int, s: int, d: int, generator: torch.Generator) -> dict:
    """One convolution and its gradients, by autograd."""
    x = numbers(0, 4, n, generator).requires_grad_()
    w = numbers(-9, 9, k, generator).requires_grad_()
    y = F.conv2d(x, w, padding=P, stride=s, dilation=d)
    delta = numbers(-3, 3, y.shape[-1], generator)
    y.backward(delta)
    spare = (n + 2 * P - d * (k - 1) - 1) % s  # so that the transposed layer gives n pixels back
    back = F.conv_transpose2d(delta, w, padding=P, stride=s, dilation=d, output_padding=spare)
    ones = F.conv_transpose2d(
        torch.ones_like(y),
        torch.ones_like(w),
        padding=P,
        stride=s,
        dilation=d,
        output_padding=spare,
    )
    return {
        "settings": {"n": n, "k": k, "P": P, "s": s, "d": d},
        "m": y.shape[-1],
        "x": whole(x),
        "w": whole(w),
        "delta": whole(delta),
        "y": whole(y),
        "input_gradient": whole(x.grad),
        "transposed": whole(back),
        "weight_gradient": whole(w.grad),
        "readers": whole(ones),
    }


def photograph(generator: torch.Generator) -> dict:
    """A picture that is not square, in hundredths."""
    x = torch.randint(0, 101, (1, 1, 7, 11), generator=generator).double()
    w = numbers(-9, 9, 3, generator)
    y = F.conv2d(x, w, padding=1, stride=2, dilation=2)
    return {"x": whole(x), "w": whole(w), "y": whole(y), "shape": list(y.shape[2:])}


def page_example() -> dict:
    """The post and the filter that section 3.1.1 works out, from the drawn figure."""
    sys.path.insert(0, str(FIGURES))
    import convolution  # noqa: PLC0415 (tools/figures is no package)

    x, w = (torch.from_numpy(a).double() for a in (convolution.PICTURE, convolution.EDGE_FILTER))
    return {"x": whole(x), "w": whole(w), "y": whole(F.conv2d(x[None, None], w[None, None]))}


def stack(code: str, n: int = 32) -> dict:
    """Sizes of the levels, and by how many paths each pixel reaches each cell of the last, by autograd."""
    x = torch.zeros(1, 1, n, dtype=torch.float64, requires_grad=True)
    levels = [x]
    for part in code.split("."):
        k, s, d, P = map(int, part[1:])
        ones = torch.ones(1, 1, k, dtype=torch.float64)
        levels.append(F.conv1d(levels[-1], ones, stride=s, dilation=d, padding=P))
    y = levels[-1].flatten()
    paths = [whole(torch.autograd.grad(value, x, retain_graph=True)[0]) for value in y]
    return {"layers": code, "sizes": [level.shape[-1] for level in levels], "paths": paths}


def stamp(k: int, s: int, P: int, layers: int, weights: tuple[int, ...]) -> dict:
    """What five ones become in one dimension, and the same in two."""
    w = torch.tensor(weights, dtype=torch.float64)
    row = torch.ones(1, 1, 5, dtype=torch.float64)
    square = torch.ones(1, 1, 5, 5, dtype=torch.float64)
    for _ in range(layers):
        row = F.conv_transpose1d(row, w[None, None], stride=s, padding=P)
        square = F.conv_transpose2d(square, torch.outer(w, w)[None, None], stride=s, padding=P)
    settings = {"k": k, "s": s, "P": P, "layers": layers}
    return {"settings": settings, "w": list(weights), "row": whole(row), "square": whole(square)}


def halved(pixels: list[int]) -> dict:
    """Four ways of halving a periodic row, by torch's pooling, at both phases, in quarters."""
    phases = []
    for by in (0, 1):
        row = torch.tensor(pixels, dtype=torch.float64).roll(by)[None, None]
        round_it = F.pad(row, (0, 1), mode="circular")
        dense = F.max_pool1d(round_it, 2, stride=1)
        blur = torch.tensor([[[0.25, 0.5, 0.25]]], dtype=torch.float64)
        ways = {
            "second": row[..., ::2],
            "max": F.max_pool1d(row, 2),
            "average": F.avg_pool1d(row, 2),
            "blur": F.conv1d(F.pad(dense, (1, 1), mode="circular"), blur, stride=2),
        }
        phases.append({way: whole(4 * values) for way, values in ways.items()})
    return {"row": pixels, "phases": phases}


def fixtures() -> dict[str, dict]:
    """What each file holds."""
    generator = torch.Generator().manual_seed(0)
    return {
        "convolution": {
            "page": page_example(),
            "layers": [layer(*settings, generator) for settings in SETTINGS],
            "photograph": photograph(generator),
        },
        "stack": {"stacks": [stack(code) for code in STACKS]},
        "stamp": {"stamps": [stamp(*settings) for settings in STAMPS]},
        "shift": {"rows": [halved(row) for row in ROWS]},
    }


if __name__ == "__main__":
    for name, content in fixtures().items():
        (FOLDER / f"{name}.json").write_text(
            json.dumps(content, separators=(",", ":")) + "\n", "utf-8"
        )
