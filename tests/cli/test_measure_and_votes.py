"""The commands `aesthetic measure` and `aesthetic votes merge`; their bad use is in test_cli.py."""

import csv
from pathlib import Path

import pytest
from PIL import Image

from aesthetic_utils.cli import main as cli
from aesthetic_utils.data.images import read_image
from aesthetic_utils.judgements.vote_file import append_vote, read_votes
from aesthetic_utils.judgements.vote_record import pair_vote, scale_vote
from aesthetic_utils.measures import table


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    code = cli.main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.linear_gradient("L").convert("RGB").resize((60, 40)).save(tmp_path / "photo.jpg")
    return tmp_path / "photo.jpg"


# --------------------------------------------------------------------------------------------------
# measure


@pytest.fixture
def brightness(monkeypatch):
    """Stands in for all measures, which take a second an image."""
    monkeypatch.setattr(
        table,
        "measure",
        lambda image, names, _: dict.fromkeys(names, float(image.grey.mean())),
    )


def read_csv(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_measure(capsys, photo, tmp_path):
    out = tmp_path / "tables" / "out.csv"
    code, said, err = run(capsys, "measure", photo, "--csv", out, "--workers", 1)
    assert code == 0 and not err
    assert said.splitlines()[0] == f"1 image, {len(table.MEASURES)} measures: {out}"
    (row,) = read_csv(out)
    assert (row["file"], row["width"], row["height"]) == (str(photo), "60", "40")
    expected = table.measure(read_image(photo))
    found = {name: float(row[name] or "nan") for name in table.MEASURES}
    assert found == pytest.approx(expected, nan_ok=True, rel=1e-12)


def test_measure_starts_no_worker_that_does_not_pay_and_says_so(
    capsys, photo, tmp_path, brightness
):
    """With one the stand-in for all measures is called here; another process would not know it."""
    other = tmp_path / "other.jpg"
    other.write_bytes(photo.read_bytes())
    command = ["measure", photo, other, "--csv", tmp_path / "out.csv", "--workers", 2]
    code, _, err = run(capsys, *command)
    assert code == 0 and len(read_csv(tmp_path / "out.csv")) == 2
    note = "1 worker instead of 2: to start more would take longer than it saves"
    assert err == f"aesthetic: note: {note}\n"


def test_measure_names_bad_files(capsys, photo, tmp_path, brightness):
    (tmp_path / "bad.jpg").write_text("words")
    out = tmp_path / "out.csv"
    command = ["measure", tmp_path, tmp_path / "none.png", "--csv", out, "--workers", 1]
    code, said, err = run(capsys, *command)
    assert code == 1 and said.startswith("1 image, ")
    assert [row["file"] for row in read_csv(out)] == [str(photo)]
    bad, missing = err.splitlines()
    assert bad.startswith("aesthetic: left out: ") and "bad.jpg is not an image" in bad
    assert "none.png" in missing and "no such file" in missing


def test_measure_replaces_nothing_unasked(capsys, photo, tmp_path, brightness):
    out = tmp_path / "out.csv"
    out.write_text("mine")
    command = ["measure", photo, "--csv", out, "--workers", 1]
    code, _, err = run(capsys, *command)
    assert code == 1 and "add --overwrite" in err and out.read_text() == "mine"
    assert run(capsys, *command, "--overwrite")[0] == 0
    assert len(read_csv(out)) == 1


def test_measure_says_what_is_wrong(capsys, photo, tmp_path, brightness):
    def says(path: Path, out: Path) -> str:
        code, said, err = run(capsys, "measure", path, "--csv", out, "--workers", 1)
        assert code == 1 and not said and err.startswith("aesthetic: ")
        return err

    empty = tmp_path / "empty"
    empty.mkdir()
    assert "there are no images in" in says(empty, tmp_path / "out.csv")
    assert "is a folder" in says(photo, tmp_path)
    assert "is a file" in says(photo, photo / "out.csv")
    assert "no image could be measured" in says(tmp_path / "none.png", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_measure_chosen_columns_of_prepared_pictures(capsys, photo, tmp_path):
    out = tmp_path / "out.csv"
    options = ["--columns", "balance,aspect_ratio", "--crop", "--size", 80, "--workers", 1]
    code, said, _ = run(capsys, "measure", photo, "--csv", out, *options)
    assert code == 0 and said.splitlines()[0] == f"1 image, 2 measures: {out}"
    (row,) = read_csv(out)
    assert list(row) == ["file", "width", "height", "enlarged", "balance", "aspect_ratio"]
    assert (row["width"], row["height"], row["enlarged"]) == ("80", "80", "picture")
    assert row["aspect_ratio"] == "1.0"
    described = read_csv(tmp_path / "out.columns.csv")
    assert [line["column"] for line in described] == list(row)
    assert described[-1]["pictures"] == "crop, size 80"


def test_a_cluster_that_does_not_answer_leaves_nothing_that_is_in_the_way(
    capsys, tmp_path, monkeypatch
):
    def away(*_):
        raise table.MeasureError("no Dask scheduler answers")

    monkeypatch.setattr("aesthetic_utils.measures.cluster.connected", away)
    Image.new("RGB", (9, 8)).save(tmp_path / "a.png")
    command = ["measure", tmp_path / "a.png", "--csv", tmp_path / "out.csv", "--columns", "balance"]
    for _ in range(2):  # the second time as the first: nobody has to resume nothing
        code, _, err = run(capsys, *command, "--dask", "tcp://127.0.0.1:9")
        assert code == 1 and err == "aesthetic: no Dask scheduler answers\n"
        assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_measure_stopped_and_started_again(capsys, tmp_path, monkeypatch):
    """Four pictures, stopped at the third; a torn line; one changed since; then the other two."""
    folder, out, seen = tmp_path / "in", tmp_path / "out.csv", []
    folder.mkdir()
    for level in range(4):
        Image.new("RGB", (9, 8), (level,) * 3).save(folder / f"{level}.png")

    def once(image, names, _):
        level = int(image.rgb[0, 0, 0])
        seen.append(level)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return dict.fromkeys(names, float(level))

    monkeypatch.setattr(table, "measure", once)
    command = ["measure", folder, "--csv", out, "--workers", 1, "--columns", "balance"]
    code, _, err = run(capsys, *command)
    part = tmp_path / "out.csv.part"
    assert code == 130 and "--resume goes on" in err and not out.exists()
    assert len(part.read_text().splitlines()) == 3, "the settings and two rows"
    with part.open("a") as file:
        file.write('{"seen": [1, 2], "row": {"file": "to')
    Image.new("RGB", (9, 8), (7,) * 3).save(folder / "1.png")

    code, _, err = run(capsys, *command)
    assert code == 1 and "add --resume" in err and part.exists()
    code, _, err = run(capsys, *command[:-1], "homogeneity", "--resume")
    assert code == 1 and "other settings" in err and part.exists()
    code, _, err = run(capsys, *command, "--resume")
    assert code == 0 and "1 image measured before" in err and not part.exists()
    assert seen == [0, 1, 2, 7, 2, 3]
    assert [float(row["balance"]) for row in read_csv(out)] == [0, 7, 2, 3]


def test_measure_a_name_that_is_no_text(capsys, photo, tmp_path, brightness):
    folder, out = tmp_path / "in", tmp_path / "out.csv"
    folder.mkdir()
    try:
        (folder / "caf\udce9.jpg").write_bytes(photo.read_bytes())
    except OSError:
        pytest.skip("this file system has no such names")
    (folder / "ok.jpg").write_bytes(photo.read_bytes())
    assert run(capsys, "measure", folder, "--csv", out, "--workers", 1)[0] == 0
    names = [Path(row["file"]).name for row in read_csv(out)]
    assert names == [r"caf\udce9.jpg", "ok.jpg"]


# --------------------------------------------------------------------------------------------------
# votes


@pytest.fixture
def votes(tmp_path) -> Path:
    """A folder with the files of two learners, the second of whom handed in a copy too."""
    folder = tmp_path / "class"
    for who, choice in (("r-1", "left"), ("r-2", "right"), ("r-2", "tie")):
        vote = pair_vote(rater=who, session="s-1", left="cat", right="dog", choice=choice)
        append_vote(folder / f"{who}.csv", vote)
    (folder / "copy.csv").write_bytes((folder / "r-2.csv").read_bytes())
    return folder


def test_votes_merge(capsys, votes, tmp_path):
    (votes / "copy.csv").unlink()
    out = tmp_path / "merged.csv"
    code, said, err = run(capsys, "votes", "merge", votes, "--out", out)
    assert code == 0 and not err
    assert said == f"3 votes of 2 raters from 2 files, 0 rows twice: {out}\n"
    merged, problems = read_votes(out)
    assert [vote.choice for vote in merged] == ["left", "right", "tie"] and not problems


def test_votes_merge_names_bad_rows_and_copies(capsys, votes, tmp_path):
    with open(votes / "r-2.csv", "a", encoding="utf-8") as file:
        file.write("1,s-1,r-2,pair,cat,dog,,perhaps,,812,2026-03-01T09:30:00.000Z\n")
    later = pair_vote(rater="r-2", session="s-2", left="cat", right="owl", choice="left")
    append_vote(votes / "copy.csv", later)
    code, said, err = run(capsys, "votes", "merge", votes, "--out", tmp_path / "merged.csv")
    assert code == 1 and said.startswith("4 votes of 2 raters from 3 files, 2 rows twice: ")
    assert "aesthetic: left out: r-2.csv, line 4: " in err
    assert len(read_votes(tmp_path / "merged.csv")[0]) == 4


def test_votes_merge_says_what_is_wrong(capsys, votes, tmp_path):
    def says(folder: Path, out: Path) -> str:
        code, said, err = run(capsys, "votes", "merge", folder, "--out", out)
        assert code == 1 and not said and err.startswith("aesthetic: ")
        return err

    out = tmp_path / "merged.csv"
    (tmp_path / "file").touch()
    assert "there is no file" in says(tmp_path / "nowhere", out)
    (tmp_path / "empty").mkdir()
    assert "there are no CSV files in" in says(tmp_path / "empty", out)
    assert "would lie among the files" in says(votes, votes / "merged.csv")
    assert "cannot be written" in says(votes, tmp_path / "file" / "merged.csv")
    out.write_text("mine")
    assert "add --overwrite" in says(votes, out) and out.read_text() == "mine"
    assert run(capsys, "votes", "merge", votes, "--out", out, "--overwrite")[0] == 0
    assert len(read_votes(out)[0]) == 3


def test_votes_merge_replaces_no_good_file_by_an_empty_one(capsys, votes, tmp_path):
    out = tmp_path / "merged.csv"
    assert run(capsys, "votes", "merge", votes, "--out", out)[0] == 0
    good = out.read_bytes()
    for file in votes.iterdir():
        file.write_text("name,mark\nann,2\n")
    code, said, err = run(capsys, "votes", "merge", votes, "--out", out, "--overwrite")
    assert code == 1 and not said and out.read_bytes() == good
    assert err.count("left out: ") == 3
    assert err.endswith(f"there is no vote in the files; {out} was not written\n")


def test_votes_merge_looks_into_subfolders(capsys, votes, tmp_path):
    votes.rename(tmp_path / "course")
    (tmp_path / "course" / "late").mkdir()
    (tmp_path / "course" / "copy.csv").rename(tmp_path / "course" / "late" / "mine.CSV")
    code, said, err = run(
        capsys, "votes", "merge", tmp_path / "course", "--out", tmp_path / "merged.csv"
    )
    assert code == 0 and said.startswith("3 votes of 2 raters from 3 files, 2 rows twice: ")
    inside = tmp_path / "course" / "late" / "merged.csv"
    code, _, err = run(capsys, "votes", "merge", tmp_path / "course", "--out", inside)
    assert code == 1 and "would lie among the files" in err and not inside.exists()


def test_votes_merge_takes_files_of_one_name_and_patterns_and_folders(capsys, tmp_path):
    for i in range(4):
        (tmp_path / str(i)).mkdir()
        vote = pair_vote(rater=f"r-{i}", session="s", left="a", right="b", choice="left")
        append_vote(tmp_path / str(i) / "my_votes.csv", vote)
    append_vote(tmp_path / "3" / ".old" / "my_votes.csv", vote)
    out, one = tmp_path / "all.csv", tmp_path / "0" / "my_votes.csv"
    with open(tmp_path / "2" / "my_votes.csv", "a", encoding="utf-8") as file:
        file.write("a stain\n")
    several = [one, one, tmp_path / "[12]" / "*.csv", tmp_path / "3"]
    code, said, err = run(capsys, "votes", "merge", *several, "--out", out)
    assert code == 1 and said.startswith("4 votes of 4 raters from 4 files, 0 rows twice")
    assert err.startswith("aesthetic: left out: my_votes (3).csv, line 3: it has 1 field")
    assert len(read_votes(out)[0]) == 4
    code, _, err = run(capsys, "votes", "merge", tmp_path / "no*.csv", "--out", tmp_path / "x.csv")
    assert code == 1 and "there is no file" in err
    code, _, err = run(capsys, "votes", "merge", one, out, "--out", one, "--overwrite")
    assert code == 1 and "is one of the files to merge" in err and len(read_votes(one)[0]) == 1


def test_votes_merge_notes_that_scales_differ(capsys, votes, tmp_path):
    for n, highest in enumerate((7, 10)):
        vote = scale_vote(
            rater=f"r-{n + 3}", session="s-1", item="cat", score=5, scale=(1, highest)
        )
        append_vote(votes / f"{n}.csv", vote)
    code, said, err = run(capsys, "votes", "merge", votes, "--out", tmp_path / "merged.csv")
    assert code == 0 and said.startswith("5 votes")
    assert (
        "aesthetic: note: the scores are on different scales: 1 to 10 (1 vote), 1 to 7 (1 vote)"
        in err
    )
