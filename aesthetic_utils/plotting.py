"""One look for every figure of the course: readable in light and dark, colour-blind safe."""

import base64
import html
import io
import os
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from torch import Tensor

from aesthetic_utils.dark import DARK_TWIN, dark_patch

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
SHOWN_DPI = 100  # a figure of 7 inches is 700 CSS pixels wide on the page, if there is room
DPI = 200  # of the stored picture: twice that, for screens of high density
WIDEST = 1600  # stored pixels; the column of the page has half of that

_STYLE: dict[Any, Any] = {
    "figure.facecolor": "white",  # opaque: a notebook's page may be dark; the book draws a twin
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.dpi": SHOWN_DPI,
    "figure.constrained_layout.use": True,
    "axes.prop_cycle": plt.cycler(color=list(COLOURS.values())),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 12,
    "axes.labelsize": 11,
    "axes.grid": False,
    "font.size": 11,
    "font.family": "sans-serif",
    "font.sans-serif": ["Course Sans", "DejaVu Sans"],
    "mathtext.fontset": "custom",
    "mathtext.rm": "Course Sans",
    "mathtext.it": "Course Sans:italic",
    "mathtext.bf": "Course Sans:bold",
    "mathtext.cal": "Course Sans:italic",
    "mathtext.bfit": "Course Sans:bold",
    "mathtext.sf": "Course Sans",
    "mathtext.fallback": "stixsans",
    "image.cmap": "gray",
    "image.interpolation": "nearest",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


def use_style() -> None:
    """Sets the course's look for all later figures, in the typeface of the book's figures."""
    fonts = resources.files("aesthetic_utils.data") / "files" / "fonts"
    for font in fonts.iterdir() if fonts.is_dir() else ():
        if font.name.endswith(".ttf"):
            font_manager.fontManager.addfont(str(font))
    plt.rcParams.update(_STYLE)


def png(figure: Figure) -> bytes:
    """The figure as the course stores it: PNG, at most WIDEST pixels wide."""
    dpi = min(DPI, WIDEST / figure.get_figwidth())
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()


def smallest_type(figure: Figure) -> float | None:
    """The size in points of the smallest text that is drawn, or None where there is none."""
    texts = [t for t in figure.findobj() if isinstance(t, Text) and t.get_visible()]
    return min((float(t.get_fontsize()) for t in texts if t.get_text().strip()), default=None)


def show(figure: Figure) -> None:
    """Displays a figure and closes it.

    What the figure shows is said in words in the metadata of the notebook's cell, where the book and
    `make publish` read it (`mystnb.image.alt`, and the caption in `mystnb.figure.caption`).
    """
    from IPython.display import display

    width, height = (round(SHOWN_DPI * inches) for inches in figure.get_size_inches())
    about = {"width": width, "height": height}
    if (size := smallest_type(figure)) is not None:
        about["smallest_type"] = round(float(size), 1)
    light = png(figure)
    data = {"image/png": base64.b64encode(light).decode("ascii"), "text/plain": repr(figure)}
    if os.environ.get("AESTHETIC_DARK_TWIN"):  # set by `make publish`: what differs on a dark page
        data[DARK_TWIN] = base64.b64encode(dark_patch(figure, light, png)).decode("ascii")
    plt.close(figure)
    # written out, because Image(metadata=...) is newer than the IPython 7 of Colab
    display(data, metadata={"image/png": about}, raw=True)


@dataclass(frozen=True, kw_only=True)
class Table:
    """Results as a table, with a bar behind the numbers that invite comparison.

        Table(head=["group", "share"], rows=[("food", 0.25), ("faces", 0.5)], formats={"share": "{:.0%}"},
              bars={"share": 1.0})

    head: names of the columns. rows: one sequence a row. formats: a column's format, as in
    str.format. bars: a column and the value that fills its cell; values below 0 get no bar.
    Shown as HTML in a notebook, as text elsewhere. Raises ValueError for a row that is too short or long and
    for a column that is not in `head`.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[object]]
    formats: Mapping[str, str] = field(default_factory=dict)
    bars: Mapping[str, float] = field(default_factory=dict)
    caption: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.head):
                raise ValueError(
                    f"the row {tuple(row)} has {len(row)} cells, the head {len(self.head)}"
                )
        if unknown := (set(self.formats) | set(self.bars)) - set(self.head):
            raise ValueError(f"no column {', '.join(sorted(unknown))} in {', '.join(self.head)}")

    def text(self, name: str, value: object) -> str:
        """A cell as it is shown."""
        return self.formats.get(name, "{}").format(value)

    def __repr__(self) -> str:
        lines = [list(self.head)]
        lines += [
            [self.text(n, v) for n, v in zip(self.head, row, strict=True)] for row in self.rows
        ]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.head))]
        numeric = [self._numeric(i) for i in range(len(self.head))]
        return "\n".join(
            "  ".join(
                cell.rjust(w) if right else cell.ljust(w)
                for cell, w, right in zip(line, widths, numeric, strict=True)
            ).rstrip()
            for line in lines
        )

    def _numeric(self, column: int) -> bool:
        return bool(self.rows) and all(
            isinstance(row[column], int | float) and not isinstance(row[column], bool)
            for row in self.rows
        )

    def _cell(self, column: int, value: Any) -> str:
        name = self.head[column]
        text = html.escape(self.text(name, value))
        if column == 0:
            return f'<th scope="row">{text}</th>'
        style = ' class="number"' if self._numeric(column) else ""
        if name in self.bars:
            share = 100 * min(max(float(value) / self.bars[name], 0), 1)
            style = f' class="number bar" style="--share: {share:.1f}%"'
        return f"<td{style}>{text}</td>"

    def _repr_html_(self) -> str:
        caption = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in self.head)
        body = "".join(
            "<tr>" + "".join(self._cell(i, v) for i, v in enumerate(row)) + "</tr>"
            for row in self.rows
        )
        return (
            f'<table class="table results">{caption}<thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )


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
    axes.set_title(title, fontsize=10)
    axes.axis("off")
    return axes


def wrapped(title: str, inches: float) -> str:
    """A title in lines that fit the width of a picture, broken at spaces and hyphens, never in a word."""
    width = max(6, int(inches * 72 / 4.7))  # 4.7: points of an average letter at 10 points
    lines = (textwrap.wrap(line, width, break_long_words=False) for line in title.split("\n"))
    return "\n".join(line for paragraph in lines for line in paragraph or [""])


def image_grid(
    images: Tensor | Sequence[Tensor],
    *,
    titles: Sequence[str] | None = None,
    columns: int = 8,
    cell: float = 1.2,
) -> Figure:
    """Images in rows of `columns`.

    images: [N, C, H, W] or a list of [C, H, W], uint8 or float in [0, 1]. titles: one for each, in lines as
    `wrapped` breaks them. cell: inches a picture.
    """
    if not len(images):
        raise ValueError("there is no image to show")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    titles = [wrapped(str(title), cell) for title in titles] if titles else [""] * len(images)
    lines = max(title.count("\n") + 1 if title else 0 for title in titles)
    height = cell + 0.2 * lines
    figure, axes = plt.subplots(
        rows, columns, figsize=(columns * cell, rows * height), squeeze=False
    )
    for i, place in enumerate(axes.flat):
        if i < len(images):
            image_axes(place, images[i], titles[i])
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
                fontsize=9.5,
            )
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("the network says")
    axes.set_ylabel("it is")
    return axes
