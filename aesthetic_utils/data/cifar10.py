"""CIFAR-10, the data set of the article's classifier.

60,000 photographs of ten kinds of things, 32 x 32 pixels: Krizhevsky (2009), "Learning Multiple
Layers of Features from Tiny Images", https://www.cs.toronto.edu/~kriz/cifar.html. It does not come
with this package: the loader reads torchvision's download or the official binary version.
"""

import codecs
import pickle
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aesthetic_utils.data.download import DownloadError, MissingDataError, data_root, fetch
from aesthetic_utils.storage import atomic_path, file_digest, reason

CLASS_NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
SPLITS = ("train", "validation", "test")
HOLD_OUT = 10  # one training image in ten, the last of each class, is kept for validation
IMAGE_BYTES = 3 * 32 * 32
HOMEPAGE = "https://www.cs.toronto.edu/~kriz/cifar.html"


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledImages:
    """Images with one label each."""

    images: Tensor  # uint8 [N, 3, H, W]
    labels: Tensor  # int64 [N], indices into class_names
    class_names: tuple[str, ...]
    split: str

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, kw_only=True)
class Archive:
    """One file on the network that holds the whole set."""

    url: str
    sha256: str
    size: int  # bytes


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One of the forms in which the set is published."""

    folder: str
    algorithm: str  # of the hashes
    train: Mapping[str, str]  # file -> hash, in the official order
    test: Mapping[str, str]
    other: Mapping[str, str]  # belongs to the set and is not read here
    read: Callable[[Path], tuple[np.ndarray, np.ndarray]]  # file -> uint8 [N, 3072], labels [N]
    archive: Archive | None = None


def load_cifar10(
    root: str | Path | None = None,
    split: str = "train",
    download: bool = False,
    *,
    layouts: tuple[Layout, ...] = (),
) -> LabelledImages:
    """CIFAR-10 as tensors: images uint8 `[N, 3, 32, 32]`, values 0 to 255; labels int64 `[N]`.

    root        the folder that holds `cifar-10-batches-py` (what torchvision downloads) or
                `cifar-10-batches-bin` (the official binary version); without it the environment's
                AESTHETIC_DATA, or ~/.cache/aesthetic_utils
    split       "train": 45,000 of the official 50,000; "validation": the other 5,000, the last 500
                of each class, always the same ones; "test": the official 10,000
    download    fetch the set (170 MB) to `root` when it is not there
    layouts     the forms to look for; the published ones, with their hashes, when empty

    Every file is compared with its published hash before it is read. Raises MissingDataError when a
    file is missing or damaged, DownloadError when it cannot be fetched.
    """
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}; CIFAR-10 has {', '.join(SPLITS)}")
    layouts = layouts or (PYTHON, BINARY)
    root = data_root(root)
    layout = _find(root, split, layouts)
    if layout is None and download:
        layout = next(layout for layout in layouts if layout.archive)
        _download(root, layout)
    if layout is None:
        raise MissingDataError(_missing(root, split, layouts))
    images, labels = _read(root, layout, layout.test if split == "test" else layout.train)
    if split != "test":
        held_out = hold_out(labels)
        chosen = held_out if split == "validation" else ~held_out
        images, labels = images[chosen], labels[chosen]
    return LabelledImages(images=images, labels=labels, class_names=CLASS_NAMES, split=split)


def find_cifar10(
    root: str | Path | None = None, split: str = "train", *, layouts: tuple[Layout, ...] = ()
) -> Path | None:
    """The folder that holds all files of a split, not yet compared with their hashes; or None."""
    layout = _find(data_root(root), split, layouts or (PYTHON, BINARY))
    return data_root(root) / layout.folder if layout else None


def hold_out(labels: Tensor) -> Tensor:
    """bool [N]: true for the last tenth of each class, in the order in which the images stand."""
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique():
        places = (labels == label).nonzero().squeeze(1)
        chosen[places[len(places) - len(places) // HOLD_OUT :]] = True
    return chosen


def _find(root: Path, split: str, layouts: tuple[Layout, ...]) -> Layout | None:
    for layout in layouts:
        wanted = layout.test if split == "test" else layout.train
        if all((root / layout.folder / name).is_file() for name in wanted):
            return layout
    return None


def _read(root: Path, layout: Layout, files: Mapping[str, str]) -> tuple[Tensor, Tensor]:
    parts = []
    for name, expected in files.items():
        path = root / layout.folder / name
        found = file_digest(path, layout.algorithm)
        if found != expected:
            raise MissingDataError(
                f"{path} is damaged, or is not CIFAR-10: its {layout.algorithm.upper()} is "
                f"{found}, expected {expected}. Delete the folder {path.parent} and get the set "
                "again, for example with load_cifar10(download=True)"
            )
        parts.append(layout.read(path))
    pixels = np.concatenate([pixels for pixels, _ in parts])  # [N, 3072]
    labels = np.concatenate([labels for _, labels in parts])  # [N]
    images = torch.from_numpy(pixels).view(-1, 3, 32, 32)  # planes: red, green, blue
    return images, torch.from_numpy(labels.astype(np.int64))


def _read_binary(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Rows of one label byte and 3,072 pixel bytes."""
    rows = np.fromfile(path, dtype=np.uint8).reshape(-1, 1 + IMAGE_BYTES)
    return rows[:, 1:], rows[:, 0]


def _read_pickle(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with path.open("rb") as file:
        batch = ArrayUnpickler(file, encoding="bytes").load()
    return batch[b"data"], np.asarray(batch[b"labels"])


class ArrayUnpickler(pickle.Unpickler):
    """Reads pickles of numbers, texts, containers and numpy arrays, and refuses anything else.

    A pickle may name any function to be called on loading; these are the only ones let through.
    """

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "numpy":
            if name == "_reconstruct":  # its module has moved over the years
                return np.empty(0).__reduce__()[0]
            if name in ("ndarray", "dtype"):
                return getattr(np, name)
        if (module, name) == ("_codecs", "encode"):  # how Python 3 writes bytes for Python 2
            return _latin1
        raise pickle.UnpicklingError(f"this pickle wants to call {module}.{name}; not loaded")


def _latin1(text: str, encoding: str) -> bytes:
    return codecs.encode(text, "latin1")


def _download(root: Path, layout: Layout) -> None:
    archive = layout.archive
    assert archive is not None, "only a layout with an archive is downloaded"
    path = root / archive.url.rsplit("/", 1)[-1]
    hint = f"Without one: {_how_to_place(root, (layout,))}"
    fetch(archive.url, path, sha256=archive.sha256, size=archive.size, offline_hint=hint)
    try:
        _unpack(path, root, layout)
    except OSError as error:
        raise DownloadError(f"{path} cannot be unpacked in {root}: {reason(error)}") from error
    path.unlink()


def _unpack(path: Path, root: Path, layout: Layout) -> None:
    with tarfile.open(path) as tar:
        for name in (*layout.train, *layout.test, *layout.other):
            member = tar.extractfile(f"{layout.folder}/{name}")
            assert member is not None, "the archive is the one whose hash is known"
            with member, atomic_path(root / layout.folder / name) as part:
                part.write_bytes(member.read())


def _missing(root: Path, split: str, layouts: tuple[Layout, ...]) -> str:
    lacking = []
    for layout in layouts:
        wanted = layout.test if split == "test" else layout.train
        names = [name for name in wanted if not (root / layout.folder / name).is_file()]
        if (root / layout.folder).is_dir():
            lacking.append(f"{root / layout.folder} lacks {', '.join(names)}")
    found = "; ".join(lacking) or f"neither of its folders is in {root}"
    return (
        f"the {split} images of CIFAR-10 are not here: {found}. With a network: "
        f'load_cifar10(split="{split}", download=True). Without one: {_how_to_place(root, layouts)}'
    )


def _how_to_place(root: Path, layouts: tuple[Layout, ...]) -> str:
    places = " or ".join(f"{root / layout.folder}" for layout in layouts)
    return (
        f"get the python or the binary version from {HOMEPAGE} on another machine, unpack it so "
        f"that its files lie in {places}, or name the folder that holds it with root=... or "
        "AESTHETIC_DATA. The emoji designs (load_emoji) need no download."
    )


PYTHON = Layout(  # hashes as in torchvision.datasets.CIFAR10; the archive's SHA-256 as in Keras
    folder="cifar-10-batches-py",
    algorithm="md5",
    train={
        "data_batch_1": "c99cafc152244af753f735de768cd75f",
        "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "data_batch_4": "634d18415352ddfa80567beed471001a",
        "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    },
    test={"test_batch": "40351d587109b95175f43aff81a1287e"},
    other={"batches.meta": "5ff9c542aee3614f3951f8cda6e48888"},  # torchvision asks for it
    read=_read_pickle,
    archive=Archive(
        url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        size=170_498_071,
    ),
)
BINARY = Layout(  # hashes as in MXNet's gluon.data.vision.CIFAR10
    folder="cifar-10-batches-bin",
    algorithm="sha1",
    train={
        "data_batch_1.bin": "aadd24acce27caa71bf4b10992e9e7b2d74c2540",
        "data_batch_2.bin": "c0ba65cce70568cd57b4e03e9ac8d2a5367c1795",
        "data_batch_3.bin": "1dd00a74ab1d17a6e7d73e185b69dbf31242f295",
        "data_batch_4.bin": "aab85764eb3584312d3c7f65fd2fd016e36a258e",
        "data_batch_5.bin": "26e2849e66a845b7f1e4614ae70f4889ae604628",
    },
    test={"test_batch.bin": "67eb016db431130d61cd03c7ad570b013799c88c"},
    other={},
    read=_read_binary,
)
