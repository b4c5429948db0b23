"""The command `aesthetic challenge`: a class's generators compared with drawings that were hidden from them."""

from __future__ import annotations

import argparse
import hashlib
import hmac
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aesthetic_utils.cli.common import plural, require_absent
from aesthetic_utils.storage import AestheticError, atomic_path, reason

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from aesthetic_utils.challenge.page import Entry, Liked
    from aesthetic_utils.challenge.scoring import Judge

SHOWN = 25  # pictures of an entry on the board and in the vote


def add_challenge(commands: argparse._SubParsersAction) -> None:
    """Add `aesthetic challenge` to the commands."""
    parser = commands.add_parser(
        "challenge",
        help="score a class's generated pictures",
        description="Compare a class's generators with drawings that were hidden from them.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    score = actions.add_parser(
        "score",
        help="score a folder of submissions",
        description="Score every submission of a folder (500 pictures of 32 x 32 pixels as .npz, .safetensors or a .png sheet "
        "of tiles) by its Frechet distance to hidden drawings, by coverage and by the share of copies, beside real drawings "
        "and copied ones. A file that cannot be scored is named, and the others are scored; the exit code is then 1. Some ten "
        "seconds of one core a submission.",
    )
    score.add_argument("folder", type=Path, help="where the submissions lie")
    score.add_argument("--csv", type=Path, required=True, help="the table to write")
    score.add_argument("--secret", type=Path, default=Path("challenge_secret.txt"), help="the file with the secret that chooses the hidden drawings; made if it is not there (default: %(default)s)")  # fmt: skip
    score.add_argument("--board", type=Path, help="a page for the wall to write")
    score.add_argument("--vote-pictures", type=Path, metavar="FOLDER", help="write a picture of each entry, under a number, for `aesthetic class serve FOLDER`")  # fmt: skip
    score.add_argument("--votes", type=Path, help="the file of the class's votes, from `aesthetic class export`, to show on the board")  # fmt: skip
    score.add_argument("--overwrite", action="store_true", help="replace files that are there")
    score.set_defaults(run=score_folder)
    secret = actions.add_parser(
        "secret",
        help="make the secret, and print its fingerprint",
        description="Make the secret that chooses the hidden drawings, if it is not there, and print its SHA-256: to be shown "
        "on the first day, before anybody hands in, so that all can check on the last that it was not changed.",
    )
    secret.add_argument("--secret", type=Path, default=Path("challenge_secret.txt"), help="its file (default: %(default)s)")  # fmt: skip
    secret.set_defaults(run=show_fingerprint)


def show_fingerprint(options: argparse.Namespace) -> None:
    """`aesthetic challenge secret`: the fingerprint of the secret, which is made if it is not there."""
    from aesthetic_utils.challenge.split import fingerprint, read_secret

    was_there = options.secret.exists()
    print(f"SHA-256 of the secret: {fingerprint(read_secret(options.secret))}")
    print(
        f"{options.secret} {'was there' if was_there else 'is new'}; show nobody what is in it before the last day"
    )


def score_folder(options: argparse.Namespace) -> int:
    """`aesthetic challenge score`: table and page, and a line a submission on the way."""
    from aesthetic_utils import runtime
    from aesthetic_utils.challenge.page import board_page, write_scores
    from aesthetic_utils.challenge.scoring import RULER
    from aesthetic_utils.challenge.split import fingerprint, read_secret
    from aesthetic_utils.challenge.submissions import COUNT, ENDINGS

    require_absent(options.csv, options.overwrite, "--csv")
    if options.board is not None:
        require_absent(options.board, options.overwrite, "--board")
    if not options.folder.is_dir():
        raise AestheticError(f"{options.folder} is no folder; name the one with the submissions")
    own = [options.secret, options.csv, options.board]
    paths = sorted(p for p in options.folder.iterdir() if _is_submission(p) and p not in own)
    if not paths:
        raise AestheticError(f"there is no submission in {options.folder} ({', '.join(ENDINGS)})")
    count = runtime.by_mode(smoke=40, laptop=COUNT, full=COUNT)
    secret = read_secret(options.secret)
    print(f"SHA-256 of the secret: {fingerprint(secret)}", flush=True)
    entries = _with_votes(_scored(paths, secret, count), options.votes)
    if options.vote_pictures is not None:
        _write_vote_pictures(options.vote_pictures, entries)
    write_scores(options.csv, entries)
    if options.board is not None:
        page = board_page(entries, fingerprint=fingerprint(secret), count=count, ruler=RULER)
        _write(options.board, page)
    bad = sum(entry.status != "ok" for entry in entries)
    print(f"{plural(len(paths), 'submission')}, {bad} that could not be scored: {options.csv}")
    return 1 if bad else 0


def _is_submission(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def _judge(secret: str) -> Judge:
    from aesthetic_utils import runtime
    from aesthetic_utils.challenge.scoring import RULER, make_judge
    from aesthetic_utils.challenge.split import split_drawings
    from aesthetic_utils.training.rulers import load_classifier, seen_by

    every = runtime.by_mode(smoke=20, laptop=1, full=1)
    return make_judge(split_drawings(secret, every=every), partial(seen_by, load_classifier(RULER)))


def _scored(paths: list[Path], secret: str, count: int) -> list[Entry]:
    """Entries in the order of the board: placed ones, controls among them by distance, then those that are not placed."""
    from aesthetic_utils.challenge.page import Entry
    from aesthetic_utils.challenge.scoring import controls, places, score
    from aesthetic_utils.challenge.submissions import SubmissionError, described, read_submission

    judge = _judge(secret)
    beside = {
        name: (images, score(images, judge)) for name, images in controls(judge, count).items()
    }
    entries = [
        Entry(name=name, score=found, picture=_shown(images), control=True)
        for name, (images, found) in beside.items()
    ]
    made = []
    numbers = _vote_names(paths, secret)
    for path in paths:
        name = described(path)
        try:
            images = read_submission(path, count=count)
        except SubmissionError as error:
            made.append(Entry(name=name, status=str(error)))
            print(f"{name}: {error}", flush=True)
            continue
        found = score(images, judge)
        made.append(Entry(name=name, vote_name=numbers[path], score=found, picture=_shown(images)))
        print(f"{name}: distance {found.frechet:.2f}, coverage {found.coverage:.0%}, copies {found.memorised:.1%}", flush=True)  # fmt: skip
    scores = [entry.score for entry in made if entry.score is not None]
    found_places = iter(places(scores, {name: found for name, (_, found) in beside.items()}))
    made = [replace(e, place=next(found_places)) if e.score is not None else e for e in made]
    return sorted(made, key=_order) + entries


def _order(entry: Entry) -> tuple[bool, bool, float]:
    distance = entry.score.frechet if entry.score else 0.0
    return entry.score is None, entry.place is None, distance


def _shown(images: Tensor) -> np.ndarray:
    from aesthetic_utils.challenge.submissions import sheet

    step = max(1, len(images) // SHOWN)
    return sheet(images[::step][:SHOWN], columns=5)


def _vote_names(paths: list[Path], secret: str) -> dict[Path, str]:
    """A number for each submission, in an order that tells nothing."""
    drawn = sorted(
        paths,
        key=lambda p: hmac.digest(
            secret.encode(), f"vote {p.name}".encode("utf-8", "replace"), hashlib.sha256
        ),
    )
    return {path: f"set_{number:02d}" for number, path in enumerate(drawn, start=1)}


def _write_vote_pictures(folder: Path, entries: list[Entry]) -> None:
    """A picture of each entry that was scored, enlarged fourfold without smoothing."""
    from PIL import Image

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for entry in entries:
            if entry.vote_name and entry.picture is not None:
                picture = Image.fromarray(entry.picture)
                size = (4 * picture.width, 4 * picture.height)
                picture.resize(size, Image.Resampling.NEAREST).save(
                    folder / f"{entry.vote_name}.png"
                )
    except OSError as error:
        raise AestheticError(f"{folder} cannot be written: {reason(error)}") from error


def _with_votes(entries: list[Entry], votes: Path | None) -> list[Entry]:
    liked = _liked(votes, [e.vote_name for e in entries if e.vote_name]) if votes else {}
    return [replace(entry, liked=liked.get(entry.vote_name)) for entry in entries]


def _liked(path: Path, names: list[str]) -> dict[str, Liked]:
    """The class's ranking of the entries it saw."""
    from aesthetic_utils.challenge.page import Liked
    from aesthetic_utils.judgements.bradley_terry import fit_ranking
    from aesthetic_utils.judgements.report import ranking_rows
    from aesthetic_utils.judgements.vote_file import read_votes
    from aesthetic_utils.judgements.vote_record import as_pairs

    votes, _ = read_votes(path)
    votes = [v for v in votes if v.task == "pair" and v.left in names and v.right in names]
    if not votes:
        raise AestheticError(
            f"{path} has no vote on these entries; its pictures are --vote-pictures"
        )
    seen = [name for name in names if any(name in (v.left, v.right) for v in votes)]
    pairs = as_pairs(votes, seen)
    rows = ranking_rows(fit_ranking(pairs), pairs)
    return {row.item: Liked(score=row.score, low=row.low, high=row.high) for row in rows}


def _write(path: Path, text: str) -> None:
    try:
        with atomic_path(path) as part:
            part.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AestheticError(f"{path} cannot be written: {reason(error)}") from error
