"""What a class is asked: which pairs, in which order, and which picture stands on which side."""

import io
import random
import secrets
from dataclasses import dataclass
from pathlib import Path

from aesthetic_utils.storage import AestheticError

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # of a room code; without vowels there are no words
CODE_LENGTH = 5
ROUNDS = 2
LONG_SIDE = 800  # pixels of a picture as it is sent to a phone
FEWEST, MOST = 2, 60  # pictures
QUESTION = "Which of the two do you like better?"
SCALE = (1, 7)  # of scores
SCALE_QUESTION = "How much do you like this picture, from 1, not at all, to 7, very much?"
EMBEDDED = Path(__file__).parents[1] / "data" / "files" / "photos"  # where the course's own lie
DEFAULT = (
    "wallpapers_Dragonfly_by_Bolly", "wallpapers_Infinite-Sea_by_Aury88", "wallpapers_Wine_by_Jakkub_Mede",
    "wallpapers_picosdeeuropa_by_Aitzol_Berasategi", "wallpapers_sunset_by_Aitzol_Berasategi",
    "monuments_petra", "monuments_neuschwansteinCastle", "animals_scarlet_macaw",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Room:
    """One class and what it is asked; kept with its votes."""

    code: str
    question: str
    items: tuple[str, ...]  # names of the pictures
    pairs: tuple[
        tuple[int, int], ...
    ]  # indices of items, the same pairs for everybody; of scores (i, i)

    @property
    def scale(self) -> tuple[int, int] | None:
        """The lowest and the highest score where single pictures are scored; None where pairs are compared."""
        return SCALE if all(a == b for a, b in self.pairs) else None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question as one voter sees it."""

    round: int  # from 1
    pair: int  # index into the room's pairs
    left: int  # index into its items
    right: int  # the same as left where it is scored


def new_code() -> str:
    """A room code such as KXPQB, drawn from 3.2 million."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def class_pairs(items: int, questions: int, seed: int = 0) -> tuple[tuple[int, int], ...]:
    """So many pairs of items, or all where there are fewer; each item is in about as many pairs as any other.

    The items stand in a ring in a drawn order, and pairs are neighbours first, then second neighbours, and so on; so
    that `items` questions link all of them, and a ranking can be had. Raises ValueError for fewer than two items or
    one question.
    """
    if items < 2 or questions < 1:
        raise ValueError(f"pairs need two items and one question, not {items} and {questions}")
    ring = list(range(items))
    random.Random(f"ring {seed}").shuffle(ring)
    found: list[tuple[int, int]] = []
    for step in range(1, items // 2 + 1):
        for i in range(items // 2 if 2 * step == items else items):
            found.append((ring[i], ring[(i + step) % items]))
    return tuple((min(pair), max(pair)) for pair in found[:questions])


def order_for(room: Room, voter: str, round: int) -> list[Asked]:
    """All questions of a round in the order of this voter; the second round swaps the sides of the first."""
    order = list(range(len(room.pairs)))
    random.Random(f"{room.code} {voter} order {round}").shuffle(order)
    sides = random.Random(f"{room.code} {voter} sides")
    swapped = [sides.random() < 0.5 for _ in room.pairs]
    asked = []
    for pair in order:
        a, b = room.pairs[pair]
        if swapped[pair] != (round % 2 == 0):
            a, b = b, a
        asked.append(Asked(round=round, pair=pair, left=a, right=b))
    return asked


def read_pictures(folder: Path | None) -> dict[str, bytes]:
    """Names and JPEG files, at most LONG_SIDE pixels long, without what a camera wrote into them (place, time, owner).

    folder: whose pictures; eight of the course's if None. A name is that of the file without its ending.
    Raises AestheticError for a missing folder, one with too few or too many pictures, for a picture that
    cannot be read, also one of a kind that is not read here, and for two that have the same name.
    """
    from aesthetic_utils.data.images import read_pixels

    paths = [EMBEDDED / f"{name}.webp" for name in DEFAULT] if folder is None else _files(folder)
    if not FEWEST <= len(paths) <= MOST:
        there = "there is 1 picture" if len(paths) == 1 else f"there are {len(paths)} pictures"
        raise AestheticError(f"{there} in {folder}; a class can vote on {FEWEST} to {MOST}")
    found = {}
    for path in paths:
        name = _name(path)
        if name in found:
            raise AestheticError(f"two pictures are called {name}; rename {path}")
        found[name] = _jpeg(read_pixels(path))
    return found


def _files(folder: Path) -> list[Path]:
    """The pictures of a folder; AestheticError for one of a kind that is not read here, since nobody would miss it later."""
    from aesthetic_utils.data.images import PICTURE_ENDINGS
    from aesthetic_utils.measures.table import OTHER_PICTURES

    if not folder.is_dir():
        raise AestheticError(f"{folder} is no folder; name the one with the pictures")
    there = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    others = [p for p in there if p.suffix.lower() in OTHER_PICTURES]
    if others:
        raise AestheticError(
            f"{others[0].name}{f' and {len(others) - 1} more' if others[1:] else ''} in {folder} cannot be read here: save such "
            "pictures as JPEG or take them out of the folder (an iPhone takes JPEG with Settings, Camera, Formats, Most Compatible)"
        )
    return [p for p in there if p.suffix.lower() in PICTURE_ENDINGS]


def _name(path: Path) -> str:
    from aesthetic_utils.judgements.vote_record import ITEM

    if not ITEM.fullmatch(path.stem):
        raise AestheticError(
            f"the name of {path!r} cannot be written to a file of votes; rename the picture"
        )
    return path.stem


def _jpeg(pixels: "object") -> bytes:
    """Pixels [H, W, 3] as a file that holds nothing else."""
    from PIL import Image

    picture = Image.fromarray(pixels)  # type: ignore[arg-type]
    picture.thumbnail((LONG_SIDE, LONG_SIDE))  # never enlarges
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
