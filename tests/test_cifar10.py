"""CIFAR-10 from tiny copies of its two forms; the real hashes are compared where the set is."""

import dataclasses
import hashlib
import io
import os
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from aesthetic_utils.data import cifar10
from aesthetic_utils.data.cifar10 import BINARY, PYTHON, Archive, hold_out, load_cifar10
from aesthetic_utils.data.download import DownloadError, MissingDataError

PER_BATCH = 40  # 4 of each class, so 20 of each class in five batches


def batch(number: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(number)
    pixels = rng.integers(0, 256, (PER_BATCH, 3072), dtype=np.uint8)
    return pixels, rng.permutation(np.arange(PER_BATCH) % 10).astype(np.uint8)


def binary_bytes(pixels: np.ndarray, labels: np.ndarray) -> bytes:
    return np.concatenate([labels[:, None], pixels], axis=1).tobytes()


def pickle_bytes(pixels: np.ndarray, labels: np.ndarray) -> bytes:
    content = {b"batch_label": b"batch", b"labels": labels.tolist(), b"data": pixels}
    return pickle.dumps(content, protocol=2)


def tiny(layout: cifar10.Layout, root: Path, write=True) -> cifar10.Layout:
    """Tiny batches in `root`, and the layout with their hashes."""
    to_bytes = binary_bytes if layout is BINARY else pickle_bytes
    hashes = {}
    for number, name in enumerate([*layout.train, *layout.test, *layout.other]):
        data = to_bytes(*batch(number))
        hashes[name] = hashlib.new(layout.algorithm, data).hexdigest()
        if write:
            (root / layout.folder).mkdir(parents=True, exist_ok=True)
            (root / layout.folder / name).write_bytes(data)
    return dataclasses.replace(
        layout,
        train={name: hashes[name] for name in layout.train},
        test={name: hashes[name] for name in layout.test},
        archive=None,
    )


@pytest.mark.parametrize("layout", [PYTHON, BINARY], ids=["python", "binary"])
def test_both_forms_give_the_same_tensors(tmp_path, layout):
    layouts = (tiny(layout, tmp_path),)
    test = load_cifar10(tmp_path, "test", layouts=layouts)
    pixels, labels = batch(5)
    assert test.images.dtype == torch.uint8 and test.labels.dtype == torch.int64
    assert test.images.shape == (PER_BATCH, 3, 32, 32) and test.images.is_contiguous()
    np.testing.assert_array_equal(test.images.numpy().reshape(PER_BATCH, -1), pixels)
    np.testing.assert_array_equal(test.labels.numpy(), labels)
    assert test.split == "test" and len(test) == PER_BATCH and test.class_names[9] == "truck"


def test_train_and_validation_share_nothing_and_miss_nothing(tmp_path):
    layouts = (tiny(BINARY, tmp_path),)
    train = load_cifar10(tmp_path, layouts=layouts)
    validation = load_cifar10(tmp_path, "validation", layouts=layouts)
    assert train.labels.bincount().tolist() == [18] * 10
    assert validation.labels.bincount().tolist() == [2] * 10
    together = {image.numpy().tobytes() for image in [*train.images, *validation.images]}
    assert len(together) == 5 * PER_BATCH


def test_the_hold_out_is_the_last_tenth_of_each_class():
    labels = torch.tensor([0, 1] * 20)
    assert hold_out(labels).nonzero().squeeze(1).tolist() == [36, 37, 38, 39]


def test_damaged_batch(tmp_path):
    layouts = (tiny(BINARY, tmp_path),)
    path = tmp_path / BINARY.folder / "data_batch_3.bin"
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    with pytest.raises(MissingDataError, match=r"data_batch_3\.bin is damaged.*its SHA1 is .*get"):
        load_cifar10(tmp_path, layouts=layouts)
    load_cifar10(tmp_path, "test", layouts=layouts)  # does not need it


def test_a_tiny_copy_is_not_taken_for_the_real_set(tmp_path):
    tiny(PYTHON, tmp_path)
    with pytest.raises(MissingDataError, match="is not CIFAR-10"):
        load_cifar10(tmp_path)


def test_missing_set_says_what_to_do(tmp_path):
    with pytest.raises(MissingDataError) as caught:
        load_cifar10(tmp_path)
    says = str(caught.value)
    for words in (str(tmp_path), "download=True", "cifar-10-batches-py", "AESTHETIC_DATA", "emoji"):
        assert words in says


def test_a_half_set_says_which_files(tmp_path):
    layouts = (tiny(BINARY, tmp_path),)
    (tmp_path / BINARY.folder / "test_batch.bin").unlink()
    with pytest.raises(MissingDataError, match=r"cifar-10-batches-bin lacks test_batch\.bin"):
        load_cifar10(tmp_path, "test", layouts=layouts)


def test_the_root_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("AESTHETIC_DATA", str(tmp_path))
    assert len(load_cifar10(split="test", layouts=(tiny(PYTHON, tmp_path),))) == PER_BATCH


def test_unknown_split():
    with pytest.raises(ValueError, match="no split 'val'; CIFAR-10 has train, validation, test"):
        load_cifar10(split="val")


def test_download(tmp_path, folder_server):
    """From a server on this machine; afterwards torchvision's layout is there and nothing else."""
    layout, archive = archived(tmp_path / "server")
    root = tmp_path / "root"
    archive = dataclasses.replace(archive, url=f"{folder_server}/cifar-10-python.tar.gz")
    layouts = (dataclasses.replace(layout, archive=archive),)
    assert len(load_cifar10(root, "train", download=True, layouts=layouts)) == 180
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert files == {f"{PYTHON.folder}/{n}" for n in [*PYTHON.train, *PYTHON.test, *PYTHON.other]}
    (tmp_path / "server" / "cifar-10-python.tar.gz").unlink()
    load_cifar10(root, "test", download=True, layouts=layouts)  # needs the server no more
    closed = dataclasses.replace(archive, url="http://127.0.0.1:9/cifar-10-python.tar.gz")
    offline = (dataclasses.replace(layout, archive=closed, folder="elsewhere"),)
    with pytest.raises(DownloadError, match="out of reach.*Without one: get the python"):
        load_cifar10(root, "test", download=True, layouts=offline)


def archived(folder: Path) -> tuple[cifar10.Layout, Archive]:
    layout = tiny(PYTHON, folder / "source")
    path = folder / "cifar-10-python.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(folder / "source" / PYTHON.folder, PYTHON.folder)
    data = path.read_bytes()
    return layout, Archive(url="", sha256=hashlib.sha256(data).hexdigest(), size=len(data))


class Harmful:
    def __reduce__(self):
        return os.system, ("echo harm",)


@pytest.mark.parametrize("value", [Harmful(), np.random.default_rng, Path("x")])
def test_a_pickle_that_wants_to_run_something_is_refused(value):
    file = io.BytesIO(pickle.dumps({b"data": value}, protocol=2))
    with pytest.raises(pickle.UnpicklingError, match="wants to call"):
        cifar10.ArrayUnpickler(file, encoding="bytes").load()


def test_the_official_hashes_are_those_of_torchvision():
    official = pytest.importorskip("torchvision.datasets").CIFAR10
    assert dict(map(tuple, official.train_list)) == PYTHON.train
    assert dict(map(tuple, official.test_list)) == PYTHON.test
    assert PYTHON.archive.url == official.url and PYTHON.folder == official.base_folder
    assert PYTHON.other == {official.meta["filename"]: official.meta["md5"]}


def test_the_real_set_where_it_is():
    try:
        train, validation = load_cifar10(), load_cifar10(split="validation")
    except MissingDataError:
        pytest.skip("CIFAR-10 is not on this machine")
    assert train.labels.bincount().tolist() == [4500] * 10
    assert validation.labels.bincount().tolist() == [500] * 10
    mean = train.images.double().mean((0, 2, 3)) / 255  # the published means: .4914 .4822 .4465
    torch.testing.assert_close(
        mean, torch.tensor([0.4914, 0.4822, 0.4465]).double(), atol=5e-4, rtol=0
    )
