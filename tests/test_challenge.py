"""The generation challenge: what is hidden, what may be handed in, how it is scored, and what the board says."""

import csv
import hashlib
import io
import re
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from aesthetic_utils.challenge.page import Entry, Liked, board_page
from aesthetic_utils.challenge.scoring import (  # fmt: skip
    CHEAT,
    FLOOR,
    RULER,
    Score,
    controls,
    make_judge,
    places,
    score,
)
from aesthetic_utils.challenge.split import fingerprint, is_hidden, read_secret, split_drawings
from aesthetic_utils.challenge.submissions import SubmissionError, read_submission, sheet
from aesthetic_utils.cli import main as cli
from aesthetic_utils.data import load_emoji
from aesthetic_utils.judgements.vote_file import append_vote
from aesthetic_utils.judgements.vote_record import pair_vote
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.rulers import load_classifier, seen_by

SECRET = "a secret of a teacher"
N = 40  # pictures an entry, in smoke mode


# ---- what is hidden


def test_half_of_the_ideas_are_hidden_and_another_secret_hides_others():
    ideas = sorted(set(load_emoji("test", ideas="all").names))
    mine = [is_hidden(idea, SECRET) for idea in ideas]
    other = [is_hidden(idea, SECRET + "!") for idea in ideas]
    assert 0.35 < np.mean(mine) < 0.65 and np.mean(np.array(mine) == other) < 0.7
    split = split_drawings(SECRET, every=20)
    assert len(split.train) == pytest.approx(10_574 / 20, abs=2)
    assert len(split.hidden) + len(split.others) == pytest.approx(2 * 1106 / 20, abs=30)
    assert (
        split.hidden.shape[1:] == (3, 32, 32) and 0 <= split.hidden.min() <= split.hidden.max() <= 1
    )


def test_a_secret_is_made_once_and_its_fingerprint_tells_nothing_but_changes(tmp_path):
    made = read_secret(tmp_path / "s.txt")
    assert len(made) == 32 and read_secret(tmp_path / "s.txt") == made
    assert re.fullmatch("[0-9a-f]{64}", fingerprint(made)) and fingerprint(made) != fingerprint(SECRET)  # fmt: skip
    (tmp_path / "short.txt").write_text("1234")
    with pytest.raises(AestheticError, match="fewer than 16"):
        read_secret(tmp_path / "short.txt")


# ---- what is handed in


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.randint(0, 256, (N, 3, 32, 32), generator=torch.Generator().manual_seed(0)) / 255


def test_the_same_pictures_come_in_five_ways(images, tmp_path):
    eight_bit = (255 * images).round().byte()
    np.savez(tmp_path / "a.npz", eight_bit.numpy())
    np.savez_compressed(tmp_path / "b.npz", images.permute(0, 2, 3, 1).numpy())
    save_file({"x": images}, tmp_path / "c.safetensors")
    save_file({"x": images.bfloat16()}, tmp_path / "d.safetensors")
    Image.fromarray(sheet(images, columns=8)).save(tmp_path / "e.PNG")
    for name in ("a.npz", "b.npz", "c.safetensors", "d.safetensors", "e.PNG"):
        found = read_submission(tmp_path / name, count=N)
        tolerance = 4e-3 if name[0] == "d" else 1e-6
        assert found.dtype == torch.float32 and torch.allclose(found, images, atol=tolerance), name


def npz(*arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, *arrays)
    return buffer.getvalue()


def png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


RIGHT = np.zeros((N, 3, 32, 32), np.float32)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.npz", b"no zip", "it is no .npz file"),
        ("a.npz", npz(RIGHT, RIGHT), "it holds 2 arrays"),
        ("a.npz", npz(RIGHT[1:]), "its array is [39, 3, 32, 32]"),
        ("a.npz", npz(RIGHT - 1), "go from -1 to -1"),
        ("a.npz", npz(RIGHT + np.nan), "not finite"),
        ("a.npz", npz(RIGHT.astype(int) + 256), "go from 256 to 256"),
        ("a.npz", npz(RIGHT > 0), "its numbers are bool"),
        ("a.npz", npz(np.array([{}])), "it is no .npz file (ValueError"),  # would unpickle
        ("a.npz", npz(np.zeros((50, *RIGHT.shape))), "it unpacks to more"),  # a bomb
        ("a.safetensors", b"\xff" * 100, "it is no .safetensors file"),
        ("a.safetensors", b"\0" * 2_000_000, "it is larger than"),
        ("a.png", b"\x89PNG", "it is no .png file"),
        ("a.png", png(32 * N + 1, 32), "not 40 tiles"),
        ("a.png", png(32 * (N - 1), 32), "not 40 tiles"),
        ("a.png", png(32 * N, 32 * 32), "not 40 tiles"),
        ("a.pkl", b"", "it ends in .pkl"),
    ],
)  # fmt: skip
def test_what_is_no_submission_is_named(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SubmissionError, match=re.escape(says)):
        read_submission(tmp_path / name, count=N)


# ---- scores


@pytest.fixture(scope="module")
def judge():
    return make_judge(split_drawings(SECRET, every=20), partial(seen_by, load_classifier(RULER)))


def test_real_drawings_are_near_copies_are_found_and_noise_is_far(judge, images):
    beside = {name: score(some, judge) for name, some in controls(judge, N).items()}
    noise = score(images, judge)
    assert beside[FLOOR].frechet < noise.frechet / 3 and beside[FLOOR].coverage > noise.coverage
    assert beside[CHEAT].memorised > 0.9 and beside[FLOOR].memorised < 0.4
    assert noise.memorised == noise.peeked == 0 and noise.distinct == N
    peeker = score(judge.split.hidden[:N], judge)
    assert peeker.peeked > 0.9 and peeker.frechet < beside[FLOOR].frechet
    one = score(images[:1].expand(N, -1, -1, -1), judge)
    assert one.distinct == 1 and one.coverage < beside[FLOOR].coverage


def scored(
    frechet: float, error: float = 1.0, memorised: float = 0.0, peeked: float = 0.0
) -> Score:
    return Score(frechet=frechet, frechet_error=error, coverage=0.5, coverage_error=0.1, memorised=memorised, peeked=peeked, distinct=500)  # fmt: skip


def test_places_are_shared_within_two_standard_errors_and_copies_get_none():
    beside = {
        FLOOR: scored(1, memorised=0.05, peeked=1.0),
        CHEAT: scored(1, memorised=0.97, peeked=0.02),
    }
    table = [scored(20), scored(10), scored(11), scored(12.9), scored(2, memorised=0.11), scored(2, peeked=0.08), scored(3, memorised=0.09, peeked=0.06)]  # fmt: skip
    assert places(table, beside) == [5, 2, 2, 4, None, None, 1]
    assert places([], beside) == []


# ---- the command


def test_a_folder_is_scored_with_its_bad_files_and_its_votes(
    judge, images, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    monkeypatch.setattr("aesthetic_utils.cli.challenge._judge", lambda secret: judge)
    folder = tmp_path / "in"
    folder.mkdir()
    np.savez(folder / "=noise.npz", images.numpy())
    train = judge.split.train
    mixed = (train[:N] + train[N : 2 * N]) / 2
    np.savez(folder / "<b>mixed</b>.npz".replace("/", "_"), mixed.numpy())
    np.savez(folder / "peeked.npz", judge.split.hidden[:N].numpy())
    (folder / "broken.npz").write_bytes(b"x")
    (folder / "notes.txt").write_text("hello")
    (folder / ".hidden").write_text("")
    (tmp_path / "secret.txt").write_text(SECRET)
    votes = tmp_path / "votes.csv"
    command = ["challenge", "score", folder, "--csv", tmp_path / "s.csv", "--secret", tmp_path / "secret.txt",
               "--vote-pictures", tmp_path / "vote", "--overwrite"]  # fmt: skip
    assert cli.main(list(map(str, command))) == 1
    rows = table(tmp_path / "s.csv")
    assert list(rows)[0] == "<b>mixed<_b>" and rows["<b>mixed<_b>"]["place"] == "1"
    assert set(rows) == {"<b>mixed<_b>", "'=noise", "peeked", "broken", "notes", FLOOR, CHEAT}
    assert rows["peeked"]["place"] == "" and float(rows["peeked"]["frechet"]) < float(
        rows[FLOOR]["frechet"]
    )
    assert rows["broken"]["status"].startswith("it is no .npz") and rows["notes"]["status"].startswith("it ends in .txt")  # fmt: skip
    shown = sorted(path.name for path in (tmp_path / "vote").iterdir())
    assert shown == sorted(
        f"{rows[name]['vote_name']}.png" for name in ("<b>mixed<_b>", "'=noise", "peeked")
    )
    with Image.open(tmp_path / "vote" / shown[0]) as picture:
        assert picture.size == (640, 640)
    better, worse = rows["<b>mixed<_b>"]["vote_name"], rows["'=noise"]["vote_name"]
    for i in range(5):
        append_vote(votes, pair_vote(rater=f"r-{i}", session="s", left=better, right=worse, choice="left"))  # fmt: skip
    board = tmp_path / "board.html"
    assert cli.main(list(map(str, [*command, "--votes", votes, "--board", board]))) == 1
    rows = table(tmp_path / "s.csv")
    assert float(rows["<b>mixed<_b>"]["liked"]) > 0 > float(rows["'=noise"]["liked"])
    page = board.read_text("utf-8")
    assert "&lt;b&gt;mixed" in page and "<b>mixed" not in page and fingerprint(SECRET) in page
    assert SECRET not in page and "<script" not in page and not re.search(r"https?://", page)
    capsys.readouterr()


def test_the_fingerprint_can_be_shown_before_anybody_hands_in(tmp_path, capsys):
    secret = tmp_path / "secret.txt"
    command = ["challenge", "secret", "--secret", str(secret)]
    assert cli.main(command) == 0
    first = capsys.readouterr().out
    made = secret.read_text().strip()
    assert hashlib.sha256(made.encode()).hexdigest() in first and "is new" in first
    assert made not in first
    assert cli.main(command) == 0
    again = capsys.readouterr().out
    assert again.splitlines()[0] == first.splitlines()[0] and "was there" in again


def table(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize(("made", "says"), [(False, "is no folder"), (True, "no submission in")])
def test_a_folder_without_submissions(tmp_path, capsys, made, says):
    folder = tmp_path / "in"
    if made:
        folder.mkdir()
    assert cli.main(["challenge", "score", str(folder), "--csv", str(tmp_path / "s.csv")]) == 1
    assert says in capsys.readouterr().err and not (tmp_path / "s.csv").exists()


def test_the_board_holds_names_as_text_and_what_can_be_gamed():
    entries = [
        Entry(name="<img src=x onerror=alert(1)>", vote_name="set_01", score=scored(3), place=1, liked=Liked(score=-1, low=-2, high=0)),
        Entry(name="b", status="it is <bad>"),
    ]  # fmt: skip
    page = board_page(entries, fingerprint="ab", count=500, ruler=RULER)
    assert "<img src=x" not in page and "it is &lt;bad&gt;" in page and "What can be gamed" in page
    assert "\u22121.00 (\u22122.00 to 0.00)" in page


def test_zip_with_a_lie_about_its_size(tmp_path):
    """The library stops at the size that the archive names."""
    path = tmp_path / "a.npz"
    path.write_bytes(npz(RIGHT))
    with zipfile.ZipFile(path) as archive:
        assert archive.infolist()[0].file_size < 1_100_000
    assert read_submission(path, count=N).shape == RIGHT.shape
