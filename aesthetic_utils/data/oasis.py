"""Published mean beauty of the 900 pictures of OASIS, with what each shows. Neither numbers nor pictures come with this package.

OASIS: photographs of many themes, Kurdi, Lozano & Banaji (2016), https://doi.org/10.3758/s13428-016-0715-3. Their
beauty was rated by 757 people online: Brielmann & Pelli (2019), https://doi.org/10.3389/fpsyg.2019.02420. The pictures are
not read.
"""

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aesthetic_utils.data.download import MissingDataError, data_root
from aesthetic_utils.storage import reason

FILES = ("ratings/oasis_beauty_means.csv", "oasis/means_per_image.csv")
SOURCE = "https://github.com/aenneb/OASIS-beauty"
DIGEST = "256ee408e055bc16f8975694082e81bfe6f10b589974620c82d8d86560e01abd"  # of the numbers
NAMES = {"theme": ("theme",), "category": ("category",), "mean": ("beauty_mean",), "sd": ("beauty_sd",), "n": ("n_raters", "n")}  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class BeautyMeans:
    """One row a picture; who rated is not known."""

    themes: tuple[str, ...]  # "Acorns1"
    category: tuple[str, ...]  # "Animal", "Object", "Person" or "Scene"
    mean: np.ndarray  # [N], mean beauty, 1 to 7
    spread: np.ndarray  # [N], standard deviation over raters
    raters: np.ndarray  # int64 [N]

    def __len__(self) -> int:
        return len(self.themes)

    @property
    def nouns(self) -> tuple[str, ...]:
        """What a picture shows, by its theme without the number: "Acorns"."""
        return tuple(noun_of(theme) for theme in self.themes)

    @property
    def noise_share(self) -> float:
        """Share of the variance of the means that would differ with other raters: mean of spread^2 / raters."""
        return float((self.spread**2 / self.raters).mean() / self.mean.var())


def noun_of(theme: str) -> str:
    """The theme of a picture without its number."""
    return re.sub(r"\s*\d+$", "", theme)


def load_beauty_means(
    root: str | Path | None = None, *, digest: str | None = DIGEST
) -> BeautyMeans:
    """Mean beauty from 1 to 7 of 900 pictures, in the order of OASIS.

    root    the folder that holds ratings/oasis_beauty_means.csv or oasis/means_per_image.csv as its
            authors publish it; without it AESTHETIC_DATA, or ~/.cache/aesthetic_utils
    digest  of the numbers that the lessons quote; None reads others, such as fewer pictures, as well

    Raises MissingDataError when the means are not there or are others.
    """
    root = data_root(root)
    places = [root / place for name in FILES for place in (name, Path(name).name)]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise MissingDataError(
            f"the beauty means of OASIS are not in {root}, neither as {' nor as '.join(FILES)}; {_place(root)}"
        )
    try:
        found = _parse(path.read_bytes())
    except OSError as error:
        raise MissingDataError(f"{path} cannot be read: {reason(error)}") from error
    except (ValueError, KeyError, IndexError) as error:
        raise MissingDataError(f"{path} is damaged, or something else ({error}); {_place(root)}") from error  # fmt: skip
    if digest is not None and (other := means_digest(found)) != digest:
        raise MissingDataError(
            f"{path} can be read but does not hold the beauty means that the lessons quote: the SHA-256 of its numbers "
            f"is {other}. Replace it ({_place(root)}), or read it as it is by load_beauty_means(digest=None)"
        )
    return found


def means_digest(found: BeautyMeans) -> str:
    """SHA-256 of the numbers, a line a picture, however they are written."""
    lines = [
        f"{theme},{category},{mean:.4f},{spread:.6f},{raters}"
        for theme, category, mean, spread, raters in zip(
            found.themes, found.category, found.mean, found.spread, found.raters, strict=True
        )
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _parse(data: bytes) -> BeautyMeans:
    rows = [{k.lower(): v for k, v in row.items() if k} for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig")))]  # fmt: skip
    if not rows:
        raise ValueError("it has no rows")
    column = {key: next((n for n in names if n in rows[0]), names[0]) for key, names in NAMES.items()}  # fmt: skip
    means, spreads = (np.array([float(row[column[key]]) for row in rows]) for key in ("mean", "sd"))
    if not (np.isfinite(means).all() and np.isfinite(spreads).all()):
        raise ValueError("a mean or a standard deviation is missing")
    return BeautyMeans(
        themes=tuple(row[column["theme"]].strip() for row in rows),
        category=tuple(row[column["category"]].strip() for row in rows),
        mean=means, spread=spreads, raters=np.array([int(row[column["n"]]) for row in rows]),
    )  # fmt: skip


def _place(root: Path) -> str:
    return (
        f"get means_per_image.csv from {SOURCE} and put it at {root / FILES[1]}, or name the folder that holds oasis/ "
        "with root=... or AESTHETIC_DATA. What the lessons quote of it is in results/whose_taste.json."
    )
