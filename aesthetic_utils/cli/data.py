"""The command `aesthetic data`."""

import argparse
from collections import Counter
from collections.abc import Callable
from pathlib import Path


def add_data(commands: argparse._SubParsersAction) -> None:
    """Add `aesthetic data` to the commands."""
    parser = commands.add_parser(
        "data",
        help="list the data sets, or download one",
        description="List the data sets: how many pictures, under which licence, and where those "
        "that do not come with the package are looked for.",
    )
    parser.add_argument(
        "--root", type=Path, help="instead of AESTHETIC_DATA or ~/.cache/aesthetic_utils"
    )
    parser.add_argument(
        "--download", choices=["cifar10", "set5", "ava"], help="fetch a set to the root first"
    )
    parser.set_defaults(run=data)


def data(options: argparse.Namespace) -> None:
    """`aesthetic data`: one paragraph a set."""
    from aesthetic_utils.data.benchmarks import load_set5
    from aesthetic_utils.data.cifar10 import load_cifar10
    from aesthetic_utils.data.download import data_root
    from aesthetic_utils.data.ratings import load_ava_votes

    root = data_root(options.root)
    if options.download == "cifar10":
        load_cifar10(root, download=True)
    elif options.download == "set5":
        load_set5(root, download=True)
    elif options.download == "ava":
        load_ava_votes(root, download=True)
    print("Part of the package\n")
    print(_describe_emoji(), _describe_photos(), sep="\n")
    print(f"Not part of the package; looked for in {root}\n")
    print(_describe_cifar10(root), _describe_set5(root), _describe_ratings(root), sep="\n")


def _describe_emoji() -> str:
    from aesthetic_utils.data.emoji import EMOJI_DESIGNERS, emoji_attribution, load_emoji

    sizes = {split: len(set(load_emoji(split).names)) for split in ("train", "validation", "test")}
    rows = emoji_attribution()
    licences = {row["designer"]: f"{row['designer']} ({row['license']})" for row in rows}
    further = [text for hand, text in licences.items() if hand not in EMOJI_DESIGNERS]
    drawings = sum(int(row["drawings"]) for row in rows)
    return (
        f"emoji     {sum(sizes.values())} ideas, each drawn by {len(EMOJI_DESIGNERS)} designers; "
        f"{_counts(sizes)}\n"
        f"          {', '.join(licences[d] for d in EMOJI_DESIGNERS)}\n"
        f"          {drawings:,} drawings in all, by these and by {', '.join(further)}\n"
        '          load_emoji(), load_emoji(ideas="all"), emoji_attribution()\n'
    )


def _describe_photos() -> str:
    from aesthetic_utils.data.photos import load_photos, photo_names

    sizes = {split: len(photo_names(split)) for split in ("train", "validation", "test")}
    licences = Counter(photo.attribution.license for photo in load_photos("all", long_side=64))
    listed = ", ".join(f"{licence} ({n})" for licence, n in licences.most_common())
    return (
        f"photos    {sum(sizes.values())} photographs; {_counts(sizes)}\n"
        f"          {listed}\n"
        "          load_photos(), load_photo(name).attribution\n"
    )


def _describe_cifar10(root: Path) -> str:
    from aesthetic_utils.data.cifar10 import HOMEPAGE, find_cifar10

    found = {split: find_cifar10(root, split) for split in ("train", "test")}
    places = [f"{split} images in {path}" for split, path in found.items() if path is not None]
    return (
        "CIFAR-10  60,000 images of 10 classes; train 45,000, validation 5,000, test 10,000\n"
        f"          no licence is stated; cite Krizhevsky (2009), {HOMEPAGE}\n"
        f"          {'; '.join(places) or 'not here: aesthetic data --download cifar10'}\n"
    )


def _describe_set5(root: Path) -> str:
    from aesthetic_utils.data.benchmarks import load_set5
    from aesthetic_utils.data.download import MissingDataError

    try:
        place = f"all {len(load_set5(root))} are here"
    except MissingDataError:
        place = "not here: aesthetic data --download set5"
    return (
        "Set5      5 images, for comparing super-resolution alone\n"
        "          no licence is stated; Bevilacqua et al. (2012)\n"
        f"          {place}\n"
    )


def _describe_ratings(root: Path) -> str:
    from aesthetic_utils.data.ratings import DOG_SOURCE, load_ava_votes, load_dog_ratings

    votes = _state(load_ava_votes, root, "aesthetic data --download ava")
    dogs = _state(load_dog_ratings, root, f"published at {DOG_SOURCE}")
    return (
        "AVA       votes on 25,551 photographs, without the photographs; Murray et al. (2012)\n"
        f"          {votes}\n"
        "dogs      ratings of 55 pictures by 100 people, twice; Brielmann et al. (2023)\n"
        f"          {dogs}\n"
    )


def _state(load: Callable[[Path], object], root: Path, where: str) -> str:
    from aesthetic_utils.data.download import MissingDataError

    try:
        load(root)
    except MissingDataError:
        return f"not here: {where}"
    return "here"


def _counts(sizes: dict[str, int]) -> str:
    return ", ".join(f"{split} {size}" for split, size in sizes.items())
