"""The pictures that lesson 4.6 has judged: drawings and photographs, none of people.

Left out are the emoji of two categories, "Smileys & Emotion" and "People & Body", although they are
drawings of nobody; the few elsewhere that show a human figure or face, the moon's among them; and the
photographs of three statues of people. The course scores no human faces and bodies, not even drawn
ones, since a judge does not know the difference.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.data.photos import load_photo, photo_names, photo_splits

PEOPLE = ("Smileys & Emotion", "People & Body")
STATUES = ("monuments_christTheRedeemer", "monuments_mountRushmore", "monuments_statueofLiberty")
FIGURES = (
    "baby-symbol", "children-crossing", "first-quarter-moon-face", "full-moon-face", "japanese-dolls",
    "last-quarter-moon-face", "mens-room", "moai", "new-moon-face", "performing-arts", "restroom",
    "statue-of-liberty", "sun-with-face", "wind-face", "womens-room",
)  # fmt: skip
SIDE = 64  # pixels


@dataclass(frozen=True, kw_only=True, eq=False)
class JudgedPictures:
    """Square pictures in one tensor; row i of every field belongs to the same picture."""

    images: Tensor  # uint8 [N, 3, 64, 64]
    names: tuple[str, ...]  # "penguin by noto", "monuments_petra"
    category: tuple[str, ...]  # Unicode's group of a drawing, "photograph: monuments"
    maker: tuple[str, ...]  # designer of a drawing, "photograph"
    held_out: np.ndarray  # bool [N]: in no training of this course

    def __len__(self) -> int:
        return len(self.images)

    @property
    def photograph(self) -> np.ndarray:
        """bool [N]."""
        return np.array([maker == "photograph" for maker in self.maker])


def load_judged(
    ideas: int | None = None, photographs: int | None = None, *, seed: int = 0
) -> JudgedPictures:
    """Drawings of so many ideas by each of the five designers, and so many photographs; None: all.

    Which ones is drawn with `seed`. Held out are those of the validation and test splits, in which all
    designs of an idea are together. Photographs are cut to their middle square and made small.
    """
    emoji = load_emoji("all", size=SIDE)
    training = set(load_emoji("train", size=SIDE).names)
    people = [emoji.category_names.index(name) for name in PEOPLE]
    usable = ~torch.isin(emoji.category, torch.tensor(people))
    rng = np.random.default_rng(seed)
    shown = {name for name, ok in zip(emoji.names, usable, strict=True) if ok}
    pool = sorted(shown - set(FIGURES))
    chosen = set(rng.permutation(pool)[:ideas])
    rows = [i for i, name in enumerate(emoji.names) if name in chosen]
    makers = [emoji.designer_names[emoji.designer[i]] for i in rows]
    pool = [name for name in photo_names() if name not in STATUES]
    photos = sorted(rng.permutation(pool)[:photographs].tolist())
    splits = photo_splits()
    return JudgedPictures(
        images=torch.cat([emoji.images[rows], *(small_square(name)[None] for name in photos)]),
        names=(*(f"{emoji.names[i]} by {m}" for i, m in zip(rows, makers, strict=True)), *photos),
        category=(
            *(emoji.category_names[emoji.category[i]] for i in rows),
            *(f"photograph: {name.split('_')[0]}" for name in photos),
        ),
        maker=(*makers, *["photograph"] * len(photos)),
        held_out=np.array(
            [emoji.names[i] not in training for i in rows]
            + [splits[name] != "train" for name in photos]
        ),
    )


def small_square(name: str) -> Tensor:
    """The middle square of a photograph: uint8 [3, 64, 64]."""
    image = load_photo(name).image  # [3, H, W]
    side = min(image.shape[1:])
    y, x = ((length - side) // 2 for length in image.shape[1:])
    square = image[None, :, y : y + side, x : x + side].float()
    small = F.interpolate(square, size=(SIDE, SIDE), mode="bilinear", antialias=True)
    return small[0].round().clamp(0, 255).to(torch.uint8)
