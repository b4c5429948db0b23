"""The command `aesthetic votes report`."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from page_checks import check_page, run

from aesthetic_utils.cli import main as cli
from aesthetic_utils.cli.page import number
from aesthetic_utils.judgements.simulated_raters import simulate_class, simulate_pairs
from aesthetic_utils.judgements.vote_file import write_votes
from aesthetic_utils.judgements.vote_record import Vote

BEGIN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def vote(i: int, rater: str, **more) -> Vote:
    return Vote(session="s1", rater=rater, time=BEGIN + timedelta(seconds=i), **more)


@pytest.fixture
def a_class(tmp_path):
    """Eight learners, a file each: choices among six items, and scores in two rounds."""
    folder = tmp_path / "votes"
    folder.mkdir()
    taste = simulate_class(8, 6, seed=1)
    pairs = simulate_pairs(taste.taste, 20, repeats=2, seed=2)
    for r in range(8):
        own = pairs.where(pairs.rater == r)
        votes = [
            vote(i, f"r-{r}", task="pair", left=f"p{w}", right=f"p{lose}", choice="left")
            for i, (w, lose) in enumerate(zip(own.winner, own.loser, strict=True))
        ]
        for t in range(2):
            votes += [
                vote(100 + 10 * t + i, f"r-{r}", task="scale", item=f"p{i}", scale=(-9.0, 9.0),
                     score=float(taste.ratings[r, i, t]))
                for i in range(6)
            ]  # fmt: skip
        write_votes(folder / f"{r}.csv", votes)
    return folder


def test_report(capsys, a_class, tmp_path):
    out = tmp_path / "page.html"
    code, said, err = run(capsys, "votes", "report", a_class, "--out", out)
    assert code == 0 and not err
    assert said == f"416 votes of 8 raters from 8 files: {out}\n"
    found = check_page(out.read_text("utf-8"))
    for name in (
        "Agreement of two raters", "Repeat agreement", "Least ceiling of prediction",
        "Greatest ceiling of prediction", "Krippendorff's alpha", "ICC(1)", "ICC(C,1)", "ICC(C,k)",
        "Beholder index b1", "Share of private taste", "plausible ranks", "Ranking of the items",
        "Mean score of the items", "What each rater did",
    ):  # fmt: skip
        assert name in found.text
    assert "fewer than 10 raters" in found.text and "cannot say" not in found.text


def test_what_is_missing_is_said(capsys, tmp_path):
    folder = tmp_path / "votes"
    folder.mkdir()
    votes = [
        vote(i, "r-1", task="pair", left="a", right=b, choice="left") for i, b in enumerate("bc")
    ]
    write_votes(folder / "one.csv", votes)
    (folder / "note.csv").write_text("a,b\n1,2\n")
    code, said, err = run(capsys, "votes", "report", folder, "--out", tmp_path / "page.html")
    assert code == 1 and "2 votes of 1 rater" in said and "left out: note.csv" in err
    found = check_page((tmp_path / "page.html").read_text("utf-8"))
    for sentence in (
        "all choices are those of one rater", "no rater judged a pair twice", "never lost against",
        "There is no vote of this kind", "1 row left out", "note.csv is no file of votes",
    ):  # fmt: skip
        assert sentence in found.text


def test_the_notes_are_those_of_a_merge(capsys, a_class, tmp_path):
    votes = [vote(900, "r-1", task="scale", item="p1", score=3.0, scale=(1.0, 7.0))]
    write_votes(a_class / "more.csv", votes)
    _, _, merged = run(capsys, "votes", "merge", a_class, "--out", tmp_path / "all.csv")
    code, _, err = run(capsys, "votes", "report", a_class, "--out", tmp_path / "page.html")
    assert code == 0 and err == merged
    assert "rater r-1 is in" in err and "on different scales" in err
    found = check_page((tmp_path / "page.html").read_text("utf-8"))
    assert "rater r-1 is in 1.csv, more.csv" in found.text
    assert "Nothing of this part was computed. The scores are on different scales" in found.text
    assert (
        "Ranking of the items" in found.text and "Mean score" not in found.text.split("How to")[0]
    )


def test_names_and_questions_stay_text(capsys, tmp_path):
    folder = tmp_path / "votes"
    folder.mkdir()
    evil = '<script>alert("1")</script>'
    names = [evil, "$x_", "<img src=x onerror=alert(1)>", "-->]]>&lt;"]
    rng = np.random.default_rng(0)
    votes = []
    for i in range(24):
        a, b = rng.choice(4, 2, replace=False)
        votes.append(
            vote(i, f"r-{i % 3}", task="pair", left=names[a], right=names[b], choice="left", question=evil)
        )  # fmt: skip
        votes.append(
            vote(i + 50, f"r-{i % 3}", task="scale", item=names[i % 4], score=i % 10 + 1.0)
        )
    write_votes(folder / "one.csv", votes)
    (folder / "<b>.csv").write_text(f"a,b\n{evil},2\n")
    code, _, _ = run(capsys, "votes", "report", folder, "--out", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert code == 1 and "<script" not in text and "<img" not in text and "<b>" not in text
    found = check_page(text)
    for name in (*names, "<b>.csv"):
        assert name in found.text


def test_bad_use_ends_in_a_sentence(capsys, a_class, tmp_path):
    out = tmp_path / "page.html"
    out.write_text("mine")
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "none.csv").write_text("")
    for folder, page, message in (
        (a_class, out, "--overwrite"),
        (tmp_path / "nowhere", tmp_path / "b.html", "there is no file"),
        (empty, tmp_path / "b.html", "no vote in the files"),
        (a_class, a_class / "page.csv", "call it page.html"),
        (a_class, tmp_path, "is a folder"),
    ):
        code, said, err = run(capsys, "votes", "report", folder, "--out", page)
        assert code == 1 and not said and message in err and err.count("\n") == 1
    assert out.read_text() == "mine"
    assert run(capsys, "votes", "report", a_class, "--out", out, "--overwrite")[0] == 0
    with pytest.raises(SystemExit) as stop:
        cli.main(["votes", "report", str(a_class)])
    assert stop.value.code == 2


@pytest.mark.parametrize("command", [["compare"], ["votes", "report"]], ids=" ".join)
def test_help(capsys, command):
    with pytest.raises(SystemExit) as stop:
        cli.main([*command, "--help"])
    said = capsys.readouterr().out
    assert stop.value.code == 0 and "--out" in said and "--overwrite" in said


@pytest.mark.parametrize(
    ("value", "shown"), [(-0.001, "0.00"), (-0.006, "−0.01"), (0.004, "0.00"), (float("nan"), "–"), (1234, "1,234")]
)  # fmt: skip
def test_a_number_in_a_cell_has_no_minus_before_nothing(value, shown):
    assert number(value, 2) == shown
