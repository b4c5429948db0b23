"""Published judgements by people: the votes of AVA, and ratings of dog pictures given twice.

Neither comes with this package. Both are known by their content, whatever the form of the file.

AVA: photographs of the contest site DPChallenge with votes from 1 to 10 by its members: Murray,
Marchesotti & Perronnin (2012), https://doi.org/10.1109/CVPR.2012.6247954. Read here are the votes on
25,551 of them, those that idealo's image-quality-assessment publishes as test labels. The
photographs belong to their authors and are not read.

Dogs: 55 pictures of dogs, morphs made by a network, each rated twice by 100 people: Brielmann,
Berentelg & Dayan (2023), https://doi.org/10.1098/rstb.2022.0414.
"""

import csv
import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from aesthetic_utils.data.download import MissingDataError, data_root, fetch
from aesthetic_utils.storage import reason

AVA_FILES = ("ratings/ava_vote_histograms.csv.gz", "ava/ava_labels_test.json")
AVA_PLACE = AVA_FILES[1]  # where a download goes
AVA_URL = (
    "https://raw.githubusercontent.com/idealo/image-quality-assessment/"
    "ae482174a1212b8c0e9e9e5bdfc41fdc31df9eb4/data/AVA/ava_labels_test.json"
)
AVA_SIZE = 3_833_601  # bytes
AVA_DIGEST = "69779234fbdbf832e105db789763c51b3124dba614e9d8de909f49233dbf5eca"  # of the numbers
DOG_FILES = ("dogs/ratings.csv", "dogs/merged_rating_data.csv")
DOG_SOURCE = "https://github.com/aenneb/test-aesthetic-value-model"
DOG_DIGEST = "1d56942a7e2d4046d1f20145f2b33d8e5474b49b8bb6c765c9bf6b0e121fac6b"  # of the numbers
DOG_IMAGES = "https://github.com/berentelg/experiment_aesthetic_value_model"
DOG_STEPS = 500  # of the slider, from 0 to 1
T = TypeVar("T")
UNREADABLE = (ValueError, KeyError, TypeError, IndexError, EOFError, zlib.error)


@dataclass(frozen=True, kw_only=True, eq=False)
class VoteHistograms:
    """Votes per image; who gave them is not known."""

    image_ids: np.ndarray  # int64 [N]
    counts: np.ndarray  # int64 [N, 10]: how many gave 1, 2, ... 10

    def __len__(self) -> int:
        return len(self.image_ids)


@dataclass(frozen=True, kw_only=True, eq=False)
class RaterScores:
    """Ratings by known raters, all items by all raters in all rounds."""

    values: np.ndarray  # float64 [R, I, T] in [0, 1]: rater, item, round
    raters: tuple[str, ...]
    items: tuple[str, ...]  # names of the picture files


# --------------------------------------------------------------------------------------------------
# AVA


def load_ava_votes(
    root: str | Path | None = None,
    download: bool = False,
    *,
    url: str = AVA_URL,
    size: int = AVA_SIZE,
    digest: str = AVA_DIGEST,
) -> VoteHistograms:
    """The votes of 25,551 photographs of AVA, in the order of their numbers there.

    root        the folder that holds ratings/ava_vote_histograms.csv.gz (columns image_id, n1, ... n10)
                or ava/ava_labels_test.json; without it AESTHETIC_DATA, or ~/.cache/aesthetic_utils
    download    fetch the JSON file (3.8 MB) to `root` when neither is there
    url, size, digest   of the published file; tests use others

    Raises MissingDataError when the votes are not there or are others, DownloadError when they cannot
    be fetched.
    """
    root = data_root(root)
    path = _first(root, AVA_FILES)
    if path is None and download:
        path = root / AVA_PLACE
        hint = f"Without one: {_place_ava(root)}"
        fetch(url, path, sha256=None, size=size, offline_hint=hint, verify=_verifier(digest))
    if path is None:
        raise MissingDataError(
            f"the votes of AVA are not in {root}, neither as {' nor as '.join(AVA_FILES)}. With a "
            f"network: load_ava_votes(download=True). Without one: {_place_ava(root)}"
        )
    votes = _parsed(path, _parse_ava, _place_ava(root))
    if (found := ava_digest(votes)) != digest:
        raise MissingDataError(_other(path, "the votes of AVA", found, _place_ava(root)))
    return votes


def ava_digest(votes: VoteHistograms) -> str:
    """SHA-256 of the numbers: a line for each image, its id and ten counts with commas between."""
    table = np.column_stack([votes.image_ids, votes.counts])
    lines = "".join(",".join(map(str, row)) + "\n" for row in table.tolist())
    return hashlib.sha256(lines.encode()).hexdigest()


def _parse_ava(data: bytes) -> VoteHistograms:
    if data[:2] == b"\x1f\x8b":  # gzip
        rows = list(csv.reader(io.StringIO(gzip.decompress(data).decode())))[1:]
    else:
        rows = [[row["image_id"], *row["label"]] for row in json.loads(data)]
    table = np.array(rows).astype(np.int64)  # [N, 11]
    table = table[table[:, 0].argsort(kind="stable")]
    return VoteHistograms(image_ids=table[:, 0], counts=table[:, 1:])


def _verifier(digest: str) -> Callable[[Path], str | None]:
    def verify(path: Path) -> str | None:
        try:
            found = ava_digest(_parse_ava(path.read_bytes()))
        except UNREADABLE as error:
            return f"it cannot be read as votes ({error})"
        return None if found == digest else f"its votes are others, with SHA-256 {found}"

    return verify


def _place_ava(root: Path) -> str:
    return (
        f"get {AVA_URL} on another machine and put it at {root / AVA_PLACE}, or name the folder that "
        "holds it with root=... or AESTHETIC_DATA. What the lessons quote of it is in "
        "results/ava_votes.json."
    )


# --------------------------------------------------------------------------------------------------
# dogs


def load_dog_ratings(
    root: str | Path | None = None, *, digest: str | None = DOG_DIGEST
) -> RaterScores:
    """Ratings from 0 to 1 of 55 pictures by 100 people in two rounds: values [100, 55, 2].

    root    the folder that holds dogs/ratings.csv (columns rater, file, block, rating) or
            dogs/merged_rating_data.csv as its authors publish it; without it AESTHETIC_DATA, or
            ~/.cache/aesthetic_utils
    digest  of the ratings that the lessons quote; None reads others, such as fewer raters, as well

    Raters and pictures are in alphabetical order of their names. Raises MissingDataError when the
    ratings are not there or are others.
    """
    root = data_root(root)
    path = _first(root, DOG_FILES)
    if path is None:
        raise MissingDataError(
            f"the dog ratings are not in {root}, neither as {' nor as '.join(DOG_FILES)}; "
            f"{_place_dogs(root)}"
        )
    scores = _parsed(path, _parse_dogs, _place_dogs(root))
    if digest is not None and (found := rater_digest(scores)) != digest:
        what = "the dog ratings (load_dog_ratings(digest=None) reads others)"
        raise MissingDataError(_other(path, what, found, _place_dogs(root)))
    return scores


def rater_digest(scores: RaterScores) -> str:
    """SHA-256 of the ratings as whole steps of the slider, the same whatever the raters are called."""
    steps = (scores.values * DOG_STEPS).round().astype(int)
    lines = sorted(",".join(map(str, rater.ravel())) for rater in steps)
    names = ",".join(scores.items)
    return hashlib.sha256("\n".join([names, *lines]).encode()).hexdigest()


def _parse_dogs(data: bytes) -> RaterScores:
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    rater, file = ("rater", "file") if "rater" in rows[0] else ("subj", "raw_image_name")
    found = {
        (row[rater], picture_name(row[file]), int(row["block"])): float(row["rating"])
        for row in rows
    }
    raters, items, rounds = (sorted(set(names)) for names in zip(*found, strict=True))
    if not len(rows) == len(found) == len(raters) * len(items) * len(rounds):
        raise ValueError("not every rater rated every picture once in every round")
    values = [[[found[r, i, t] for t in rounds] for i in items] for r in raters]
    return RaterScores(values=np.array(values), raters=tuple(raters), items=tuple(items))


def picture_name(file: str) -> str:
    """A dog picture's name without folder and brackets, which not every copy has."""
    return file.replace("\\", "/").rsplit("/", 1)[-1].replace("(", "").replace(")", "")


def dog_pictures(
    root: str | Path | None = None, *, items: Sequence[str] | None = None
) -> dict[str, Path]:
    """The files of the dog pictures, by the names in `RaterScores.items`.

    Looked for in `dogs/images`. items: those that have to be there; all that are, if None. Raises
    MissingDataError for a picture that is not there.
    """
    folder = data_root(root) / "dogs" / "images"
    found = {picture_name(path.name): path for path in sorted(folder.glob("*.png"))}
    missing = [name for name in items or () if name not in found]
    if missing or not found:
        raise MissingDataError(
            f"dog pictures are missing in {folder} ({', '.join(missing[:3]) or 'all'}, ...); get the "
            f"folder images/experiment of {DOG_IMAGES} (CC BY-SA 4.0) and put its files there"
        )
    return {name: found[name] for name in (items or found)}


def _place_dogs(root: Path) -> str:
    return (
        f"get merged_rating_data.csv from {DOG_SOURCE} and put it at {root / DOG_FILES[1]}, or name "
        "the folder that holds dogs/ with root=... or AESTHETIC_DATA. What the lessons quote of it "
        "is in results/dog_ratings.json."
    )


# --------------------------------------------------------------------------------------------------


def _first(root: Path, names: Sequence[str]) -> Path | None:
    """The first of the files that is there; each may also lie in `root` itself."""
    places = [root / place for name in names for place in (name, Path(name).name)]
    return next((path for path in places if path.is_file()), None)


def _parsed(path: Path, parse: Callable[[bytes], T], advice: str) -> T:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise MissingDataError(f"{path} is damaged ({error}); {advice}") from error
        raise MissingDataError(f"{path} cannot be read: {reason(error)}") from error
    except UNREADABLE as error:
        raise MissingDataError(
            f"{path} is damaged, or something else ({error}); {advice}"
        ) from error


def _other(path: Path, what: str, found: str, advice: str) -> str:
    return (
        f"{path} can be read but does not hold {what} that the lessons quote: the SHA-256 of its "
        f"numbers is {found}. Replace it: {advice}"
    )
