"""Changes of a drawing on white that leave true what it shows and who drew it."""

import torch
from torch import Tensor

from aesthetic_utils.data.batches import pixels_from
from aesthetic_utils.data.emoji import EmojiSet

# words of names whose drawings hold a direction, a dial or something written
DIRECTED = frozenset(
    "abacus arrow backhand book books button calendar clock clockwise counterclockwise facing index "
    "keyboard ledger left letter memo newspaper oclock page receipt right scroll sign stopwatch "
    "thirty timer watch".split()
)


def mirror_images(emoji: EmojiSet) -> tuple[Tensor, Tensor]:
    """Mirror images of the drawings of a set that stay true, and the rows that they were made from.

    uint8 [M, 3, S, S] and int64 [M], M <= N. A mirrored letter, dial or arrow is one that nobody draws, and "left"
    becomes "right". So nothing of the category Symbols is mirrored, and nothing whose name has a word of
    DIRECTED.
    """
    symbols = emoji.category_names.index("Symbols")
    rows = [
        i
        for i, (name, category) in enumerate(zip(emoji.names, emoji.category.tolist(), strict=True))
        if category != symbols and DIRECTED.isdisjoint(name.split("-"))
    ]
    chosen = torch.tensor(rows, dtype=torch.int64)
    return emoji.images[chosen].flip(3), chosen


def shift_on_white(images: Tensor, generator: torch.Generator, pixels: int = 3) -> Tensor:
    """Moves each image by up to `pixels` in both directions; white fills the gap.

    images: uint8 [N, C, H, W]; what leaves the frame is lost.
    """
    n, _, h, w = images.shape
    dy, dx = torch.randint(-pixels, pixels + 1, (2, n, 1), generator=generator).to(images.device)
    rows, columns = (torch.arange(k, device=images.device) for k in (h, w))
    rows, columns = rows + dy, columns + dx  # [N, H], [N, W]
    moved = pixels_from(images, rows.clamp(0, h - 1), columns.clamp(0, w - 1))  # [N, C, H, W]
    outside = ((rows < 0) | (rows >= h))[:, :, None] | ((columns < 0) | (columns >= w))[:, None, :]
    return moved.masked_fill(outside[:, None], 255)


def cut_out_white(images: Tensor, generator: torch.Generator, side: int = 11) -> Tensor:
    """A white square of `side` pixels (an odd number) somewhere on each image; at the border, what fits of it.

    images: uint8 [N, C, H, W]. DeVries and Taylor (2017), https://arxiv.org/abs/1708.04552, with white for their
    grey: white is what a drawing has where nothing is drawn.
    """
    n, _, h, w = images.shape
    y = torch.randint(0, h, (n, 1), generator=generator).to(images.device)
    x = torch.randint(0, w, (n, 1), generator=generator).to(images.device)
    rows, columns = (torch.arange(k, device=images.device) for k in (h, w))
    inside = ((rows - y).abs() <= side // 2)[:, :, None] & ((columns - x).abs() <= side // 2)[
        :, None, :
    ]
    return images.masked_fill(inside[:, None], 255)
