"""One look for every figure of the course: readable in light and dark, colour-blind safe, with alt text."""

import base64
import io
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

# Okabe & Ito's palette, which people with any kind of colour vision can tell apart
COLOURS = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "red": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "black": "#222222",
    "grey": "#8A8A8A",
}
DPI = 110  # of the stored picture; at 2x screens the browser still has enough pixels

_STYLE = {
    "figure.facecolor": "white",  # opaque: the page behind it may be dark
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.dpi": DPI,
    "figure.constrained_layout.use": True,
    "axes.prop_cycle": plt.cycler(color=list(COLOURS.values())),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "axes.grid": False,
    "font.size": 10,
    "image.cmap": "gray",
    "image.interpolation": "nearest",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


def use_style() -> None:
    """Sets the course's look for all later figures."""
    plt.rcParams.update(_STYLE)


def show(figure: Figure, alt: str) -> None:
    """Displays a figure with its alternative text, and closes it.

    alt: what one sees and what it shows, in a sentence or two; read aloud by screen readers and
        required: an empty one raises ValueError.
    """
    from IPython.display import display

    if len(alt.strip()) < 10:
        raise ValueError("alt text is missing: say in a sentence what the figure shows")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    plt.close(figure)
    png = base64.b64encode(buffer.getvalue()).decode("ascii")
    # written out, because Image(alt=...) is newer than the IPython 7 of Colab
    display({"image/png": png, "text/plain": alt}, metadata={"image/png": {"alt": alt}}, raw=True)


def to_array(image: Tensor) -> np.ndarray:
    """[C, H, W] (uint8, or float in [0, 1]) as an array that imshow takes: [H, W, 3] or [H, W]."""
    if image.ndim == 2:
        image = image[None]
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        raise ValueError(f"an image is [H, W], [1, H, W] or [3, H, W]; got {tuple(image.shape)}")
    image = image.detach().cpu()
    if image.is_floating_point():
        image = image.float().clamp(0, 1)
    return image.permute(1, 2, 0).squeeze(2).numpy()


def image_axes(axes: Axes, image: Tensor, title: str = "") -> Axes:
    """Draws one image, without ticks; grey values run from black = 0 to white = 1 (or 255)."""
    array = to_array(image)
    white = 255 if array.dtype == np.uint8 else 1
    axes.imshow(array, vmin=0, vmax=white)
    axes.set_title(title, fontsize=9)
    axes.axis("off")
    return axes


def image_grid(
    images: Tensor | Sequence[Tensor],
    *,
    titles: Sequence[str] | None = None,
    columns: int = 8,
    cell: float = 1.2,
) -> Figure:
    """Images in rows of `columns`.

    images: [N, C, H, W] or a list of [C, H, W], uint8 or float in [0, 1]. cell: inches a picture.
    """
    if not len(images):
        raise ValueError("there is no image to show")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    height = cell * (1.25 if titles else 1.0)
    figure, axes = plt.subplots(
        rows, columns, figsize=(columns * cell, rows * height), squeeze=False
    )
    for i, place in enumerate(axes.flat):
        if i < len(images):
            image_axes(place, images[i], str(titles[i]) if titles else "")
        else:
            place.axis("off")
    return figure


def image_sheet(images: Tensor, *, columns: int = 16, gap: int = 2) -> Tensor:
    """Images laid out as one, with white gaps: [N, C, H, W] in [0, 1] -> [C, rows, columns].

    Much faster to draw than a grid of axes when there are hundreds.
    """
    n, c, h, w = images.shape
    rows = -(-n // columns)
    sheet = torch.ones(c, rows * (h + gap) - gap, columns * (w + gap) - gap)
    for i, image in enumerate(images.detach().cpu()):
        y, x = i // columns * (h + gap), i % columns * (w + gap)
        sheet[:, y : y + h, x : x + w] = image
    return sheet


def curves(axes: Axes, history: Sequence[Mapping[str, float]], names: Mapping[str, str]) -> Axes:
    """Lines of what a run logged: names maps keys of the history to labels."""
    steps = [row["step"] for row in history]
    for key, label in names.items():
        axes.plot(steps, [row[key] for row in history], label=label)
    axes.set_xlabel("training step")
    if len(names) > 1:
        axes.legend()
    return axes


def confusion_axes(axes: Axes, counts: Tensor, names: Sequence[str]) -> Axes:
    """A confusion matrix in per cent of each row: row = true class, column = what the network said."""
    share = counts.double() / counts.sum(1, keepdim=True).clamp_min(1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(share.numpy()):
        if value >= 0.005:
            colour = "white" if value > 0.5 else COLOURS["black"]
            axes.text(
                column,
                row,
                f"{100 * value:.0f}",
                ha="center",
                va="center",
                color=colour,
                fontsize=8,
            )
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("the network says")
    axes.set_ylabel("it is")
    return axes
