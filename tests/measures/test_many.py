"""Very many pictures: rows on the disk, the part file, Parquet, and a cluster whose workers die."""

import csv
import json
import math
import os
import signal
import sys
from pathlib import Path

import pytest
import torch

from aesthetic_utils.cli import main as cli
from aesthetic_utils.cli.measure import Tally
from aesthetic_utils.data.images import save_image
from aesthetic_utils.measures import cluster, part_file, table
from aesthetic_utils.measures.part_file import PartFile, PartFileError
from aesthetic_utils.measures.table import BadFile, MeasureError

COLUMNS = "balance,mean_RGB_R,aspect_ratio"


@pytest.fixture
def folder(tmp_path) -> Path:
    """24 small pictures, each of another grey and noise of its own, and one that is none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for n in range(24):
        noise = torch.randint(0, 99, (3, 12, 16), generator=torch.Generator().manual_seed(n))
        save_image((noise + 5 * n).to(torch.uint8), folder / f"{n:02}.png")
    (folder / "words.png").write_text("words")
    return folder


def measured(folder: Path, out: Path, *more: str) -> int:
    kind = f"--{out.suffix[1:]}"
    return cli.main(["measure", str(folder), kind, str(out), "--columns", COLUMNS, *more])


def row(file: str, value: float = 1.0) -> dict:
    return {"file": file, "width": 2, "height": 3, "enlarged": "", "balance": value}


# --------------------------------------------------------------------------------------------------
# the part file


def test_the_part_file_gives_rows_in_any_order_and_each_once(tmp_path):
    part = PartFile(tmp_path / "t.csv", {"a": 1})
    with part.open():
        for n in (2, 0, 1):
            part.add(row(f"{n}", n))
        assert [r["balance"] for r in part.rows(["0", "none", "1", "2"])] == [0, 1, 2]
    again = PartFile(tmp_path / "t.csv", {"a": 1})
    with again.open(["1", "2"]):
        assert len(again) == 2 and "0" not in again
        again.add(row("3", 3))
        assert [r["balance"] for r in again.rows(["3", "2", "1", "0"])] == [3, 2, 1]


def test_a_row_that_was_torn_or_stands_twice_costs_nothing(tmp_path):
    part = PartFile(tmp_path / "t.csv", {})
    with part.open():
        part.add(row("a", 1))
    line = json.dumps({"seen": [], "row": row("a", 2)})
    with part.path.open("a") as file:
        file.write(f'{line}\n{{"seen": [], "row": {{"file": "b"')
    with part.open(["a", "b"]):
        assert [r["balance"] for r in part.rows(["a", "b"])] == [2]
        part.add(row("b", 3))
    with part.open(["a", "b"]):
        assert [r["balance"] for r in part.rows(["a", "b"])] == [2, 3]


def test_other_settings_are_refused_and_the_rows_stay(tmp_path):
    part = PartFile(tmp_path / "t.csv", {"a": 1})
    with part.open():
        part.add(row("a"))
    before = part.path.read_bytes()
    with pytest.raises(PartFileError, match="other settings"):
        PartFile(tmp_path / "t.csv", {"a": 2}).open(["a"])
    assert part.path.read_bytes() == before


def test_rows_reach_the_disk_in_time_and_not_one_by_one(tmp_path, monkeypatch):
    clock, forced = [0.0], []
    monkeypatch.setattr(part_file.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(part_file.os, "fsync", lambda _: forced.append(clock[0]))
    part = PartFile(tmp_path / "t.csv", {})
    with part.open():
        for n in range(100):
            clock[0] = 10 + n / 20  # twenty rows a second, for five seconds
            part.add(row(f"{n}"))
        assert len(part.path.read_bytes().splitlines()) == 101, "every row has left this process"
        assert 4 <= len(forced) <= 6


# --------------------------------------------------------------------------------------------------
# memory, cost, Parquet


def test_few_pictures_are_given_out_before_their_turn(monkeypatch):
    """However many there are: of a thousand never more than four for each process."""
    waiting = []

    class Future:
        def __init__(self, file):
            self.file = file
            waiting.append(file)

        def result(self):
            waiting.remove(self.file)
            return self.file

    class Pool:
        def __init__(self, *_, **__):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def submit(self, work, *file):
            return Future(*(file or (work(),)))

    monkeypatch.setattr(table, "ProcessPoolExecutor", Pool)
    files, found, most = [str(n) for n in range(1000)], [], 0
    for file in table.measured_one_by_one(files, 3, str):
        found.append(file)
        most = max(most, len(waiting))
    assert found == files and most == 12


def test_the_cost_of_a_million_pictures():
    """86,400 seconds are a day of a core."""
    tally = Tally(measured=1000, pixels=250_000_000, seconds=864.0)
    assert tally.cost() == (
        "0.86 s of a core for a picture of 0.25 megapixels; a million such pictures would take 10 days of a core"
    )
    assert Tally(bad=[BadFile(file="a", reason="b")], seconds=3.0).cost() == ""


def test_the_command_says_what_it_measured(folder, tmp_path, capsys):
    assert measured(folder, tmp_path / "out.csv", "--workers", "1") == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("24 images, 3 measures: ")
    assert " s of a core for a picture of 0.00019 megapixels; a million such pictures" in said[1]


def test_parquet_holds_what_the_csv_holds(folder, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    for name in ("out.csv", "out.parquet"):
        assert measured(folder, tmp_path / name, "--workers", "1") == 1
    with open(tmp_path / "out.csv", newline="") as file:
        expected = list(csv.DictReader(file))
    found = parquet.read_table(tmp_path / "out.parquet")
    assert found.column_names == list(expected[0])
    for one, other in zip(found.to_pylist(), expected, strict=True):
        assert {k: "" if v is None else str(v) for k, v in one.items()} == other
    assert not list(tmp_path.glob("*.part"))


def test_parquet_of_what_is_not_defined_and_of_odd_names(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    from aesthetic_utils.measures import parquet

    monkeypatch.setattr(parquet, "_ROWS_AT_A_TIME", 2)
    rows = (row(name, value) for name, value in [("a", 1.0), ("caf\udce9", math.nan), ("c", 3.0)])
    parquet.write_parquet(tmp_path / "t.parquet", rows, ["balance"])
    found = parquet.require_pyarrow().parquet.ParquetFile(tmp_path / "t.parquet")
    assert found.num_row_groups == 2
    table_ = found.read().to_pydict()
    assert table_["balance"] == [1.0, None, 3.0] and table_["file"] == ["a", "caf\\udce9", "c"]


@pytest.mark.parametrize(
    ("option", "missing", "says"),
    [("--parquet", "pyarrow", "pip install 'aesthetic"), ("--dask", "distributed", "needs Dask")],
)
def test_what_is_not_installed_is_named(
    folder, tmp_path, capsys, monkeypatch, option, missing, says
):
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.setitem(sys.modules, f"{missing}.parquet", None)
    more = [str(tmp_path / "o.parquet")] if option == "--parquet" else ["local", "--csv", "o.csv"]
    monkeypatch.chdir(tmp_path)
    assert cli.main(["measure", str(folder), option, *more]) == 1
    assert says in capsys.readouterr().err


# --------------------------------------------------------------------------------------------------
# a cluster


@pytest.fixture(scope="module")
def two_workers():
    """A cluster of this computer: two processes, each of which is started again when it dies."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50, memory_limit=0
    ) as cluster_:
        yield cluster_


@pytest.mark.xdist_group("a cluster")
def test_a_worker_that_is_killed_costs_nothing_and_nothing_comes_twice(
    two_workers, folder, tmp_path, monkeypatch
):
    """One of the two processes is killed after the fifth row, while it has pictures given out."""
    from distributed import Client

    with Client(two_workers) as client:
        victim = next(iter(client.run(os.getpid).values()))
    added, real = [], PartFile.add

    def add(self, row):
        real(self, row)
        added.append(row["file"])
        if len(added) == 5:
            os.kill(victim, getattr(signal, "SIGKILL", signal.SIGTERM))

    monkeypatch.setattr(PartFile, "add", add)
    address = two_workers.scheduler_address
    assert measured(folder, tmp_path / "cluster.csv", "--dask", address) == 1
    monkeypatch.undo()
    assert sorted(added) == sorted(str(file) for file in folder.glob("[0-9]*.png"))
    assert measured(folder, tmp_path / "alone.csv", "--workers", "1") == 1
    assert (tmp_path / "cluster.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes()


def test_a_picture_that_kills_each_worker_is_named_and_the_others_are_there(monkeypatch):
    """As one does for which the memory is too small. Dask gives up its neighbours, too, if they were on those workers."""
    distributed = pytest.importorskip("distributed")
    out, most, tried = set(), [], []

    class Future:
        def __init__(self, file):
            self.file = file
            out.add(self)
            most.append(len(out))

        def result(self):
            tried.append(self.file)
            if self.file == "3" or (self.file in "45" and tried.count(self.file) == 1):
                raise distributed.KilledWorker("task", "worker", 3)
            return row(self.file), [], 0.0

        def release(self):
            out.discard(self)

    class Completed(list):
        update = list.extend

    class Client:
        def submit(self, work, file, pure):
            return Future(file)

        def nthreads(self):
            return {"tcp://one": 1}

    monkeypatch.setattr(distributed, "as_completed", Completed)
    files = [str(n) for n in range(9)]
    found = list(cluster.measured_by_cluster(Client(), files, row))
    bad = [one for one, _, _ in found if isinstance(one, BadFile)]
    assert [one.file for one in bad] == ["3"] and "ended from outside" in bad[0].reason
    assert sorted(one["file"] for one, _, _ in found if one not in bad) == list("01245678")
    assert max(most) == 4 and not out, "four for a worker, and none stays"


@pytest.mark.xdist_group("a cluster")
def test_a_cluster_with_another_version_is_refused(
    two_workers, folder, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(cluster, "fingerprint", lambda: {"numpy": str(os.getpid())})
    address = two_workers.scheduler_address
    assert measured(folder, tmp_path / "out.csv", "--dask", address) == 1
    assert "with another version than this computer of: numpy" in capsys.readouterr().err


def test_nobody_at_the_address(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "_WITHIN_S", 0.2)
    with (
        pytest.raises(MeasureError, match="no Dask scheduler answers at tcp://127.0.0.1:9"),
        cluster.connected("tcp://127.0.0.1:9", None, []),
    ):
        pass
