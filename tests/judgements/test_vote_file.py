"""The file of a learner's votes: nothing is lost, and what is wrong is named."""

import os
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from aesthetic_utils.judgements import vote_file, vote_record
from aesthetic_utils.judgements.vote_file import (
    RatingFileError,
    append_vote,
    merge_votes,
    read_votes,
    undo_vote,
    write_votes,
)
from aesthetic_utils.judgements.vote_record import (
    COLUMNS,
    Vote,
    as_pairs,
    as_ratings,
    new_rater_id,
    pair_vote,
    scale_vote,
)

HEADER = ",".join(COLUMNS) + "\n"
WHO = {"rater": "r-1", "session": "s-1"}
GOOD = "1,s-1,r-1,pair,cat,dog,,left,,812,2026-03-01T09:30:00.000Z"


def pair(left: str = "cat", right: str = "dog", choice: str = "left", **other) -> Vote:
    return pair_vote(**WHO | {"left": left, "right": right, "choice": choice} | other)


def score(item: str, value: float, **other) -> Vote:
    return scale_vote(**WHO | {"item": item, "score": value} | other)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "votes" / "mine.csv"


# ---- writing and reading


def test_votes_come_back_as_they_were_given(path):
    given = [
        pair(response_ms=812),
        pair("owl", "Straße, \"nachts\"; 夜"),
        score("cat", 7),
        score("dog", 6.5, response_ms=0),
        pair(choice="tie"),
    ]  # fmt: skip
    for vote in given:
        append_vote(path, vote)
    assert read_votes(path) == (given, [])
    assert path.read_text("utf-8").startswith(HEADER)


def test_the_documented_row_is_what_is_written(path):
    vote = Vote(
        **WHO, task="pair", left="cat", right="dog", choice="left", response_ms=812,
        time=datetime(2026, 3, 1, 10, 30, tzinfo=timezone(timedelta(hours=1))),
    )  # fmt: skip
    append_vote(path, vote)
    assert path.read_text("utf-8") == HEADER + GOOD + "\n"
    assert all(name in vote_file.__doc__ for name in COLUMNS)


def test_every_vote_is_on_disk_when_append_returns(path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(path.stat().st_size))
    for vote in (pair(), pair(), score("cat", 3)):
        append_vote(path, vote)
        assert synced[-1] == path.stat().st_size and len(read_votes(path)[0]) == len(synced)


@pytest.mark.parametrize(
    ("maker", "change", "says"),
    [
        (pair, {"choice": "both"}, "choice is 'both'; there are left, right, tie"),
        (pair, {"right": "cat"}, "left and right are both 'cat'"),
        (pair, {"left": ""}, "left is ''"),
        (pair, {"left": "a\nb"}, "left is .* empty, too long or unreadable"),
        (pair, {"rater": "Anna Schmidt"}, "rater is 'Anna Schmidt'; 1 to 32 letters"),
        (pair, {"rater": "anna@school.example"}, "rater is"),
        (pair, {"session": "x" * 33}, "session is"),
        (pair, {"response_ms": -1}, "response_ms is '-1'"),
    ],
)
def test_a_vote_that_would_not_be_read_back_is_not_made(maker, change, says):
    with pytest.raises(ValueError, match=says):
        maker(**change)


@pytest.mark.parametrize("value", [0.99, 10.5, float("nan"), float("inf")])
def test_scores_have_ends(value):
    with pytest.raises(ValueError, match="a number from 1 to 10"):
        score("cat", value)


def test_a_time_without_zone_is_not_written(path):
    with pytest.raises(ValueError, match="time zone"):
        append_vote(path, Vote(**WHO, task="scale", item="cat", score=3, time=datetime(2026, 3, 1)))
    assert not path.exists()


def test_rater_ids_are_random_and_allowed():
    names = {new_rater_id() for _ in range(100)}
    assert len(names) == 100 and all(vote_record.NAME.fullmatch(name) for name in names)


# ---- undo


def test_undo_takes_back_the_latest_vote_of_the_session(path):
    first, second = pair(), score("cat", 4)
    other = scale_vote(rater="r-2", session="s-1", item="owl", score=9)
    for vote in (first, second, other):
        append_vote(path, vote)
    assert undo_vote(path, **WHO) == second
    assert read_votes(path) == ([first, other], [])
    append_vote(path, score("cat", 8))
    assert [vote.score for vote in read_votes(path)[0]] == [None, 9, 8]
    assert undo_vote(path, **WHO).score == 8
    assert undo_vote(path, **WHO) == first
    assert undo_vote(path, **WHO) is None
    assert read_votes(path) == ([other], [])
    assert len(path.read_text("utf-8").splitlines()) == 8  # nothing is ever removed


def test_undo_of_a_repeated_question_takes_the_second_answer(path):
    first = pair(choice="left")
    for vote in (first, pair("owl"), pair(choice="right")):
        append_vote(path, vote)
    assert undo_vote(path, **WHO).choice == "right"
    assert [vote.left for vote in read_votes(path)[0]] == ["cat", "owl"]
    assert read_votes(path)[0][0] == first


def test_undo_before_the_first_vote(path):
    assert undo_vote(path, **WHO) is None and not path.exists()


def test_undo_of_what_is_not_there_is_named(path):
    path.parent.mkdir()
    row = "1,s-1,r-1,undo,cat,owl,,,,,2026-03-01T09:31:00Z"
    path.write_text(f"{HEADER}{GOOD}\n{row}\n", "utf-8")
    votes, problems = read_votes(path)
    assert len(votes) == 1
    assert [str(p) for p in problems] == ["mine.csv, line 3: it undoes a vote that is not here"]


# ---- what is wrong with a file


BAD = {
    "2,s-1,r-1,pair,cat,dog,,left,,812,2026-03-01T09:30:00Z": "version is '2'; this program reads 1",
    "1,s-1,r 1,pair,cat,dog,,left,,812,2026-03-01T09:30:00Z": "rater is 'r 1'",
    "1,s-1,r-1,vote,cat,dog,,left,,812,2026-03-01T09:30:00Z": "task is 'vote'; there are pair",
    "1,s-1,r-1,pair,cat,,,left,,812,2026-03-01T09:30:00Z": "right is ''",
    "1,s-1,r-1,pair,cat,dog,,middle,,812,2026-03-01T09:30:00Z": "choice is 'middle'",
    "1,s-1,r-1,pair,cat,dog,,left,5,812,2026-03-01T09:30:00Z": "score is '5'; a row of task pair",
    "1,s-1,r-1,scale,,,cat,,11,812,2026-03-01T09:30:00Z": "score is '11'; a number from 1 to 10",
    "1,s-1,r-1,scale,,,cat,,high,812,2026-03-01T09:30:00Z": "score is 'high'",
    "1,s-1,r-1,scale,,,cat,,nan,812,2026-03-01T09:30:00Z": "score is 'nan'",
    "1,s-1,r-1,pair,cat,dog,,left,,0.8,2026-03-01T09:30:00Z": "response_ms is '0.8'",
    "1,s-1,r-1,pair,cat,dog,,left,,812,2026-03-01T09:30:00": "time is .* in UTC",
    "1,s-1,r-1,pair,cat,dog,,left,,812,2026-03-01T09:30:00+02:00": "time is .* in UTC",
    "1,s-1,r-1,pair,cat,dog,,left,,812,yesterday": "time is 'yesterday'",
    "1,s-1,r-1,pair,cat,do": "it has 6 fields and the header 11",
    '1,s-1,r-1,pair,"cat,dog,,left,,812,2026-03-01T09:30:00Z': "unexpected end of data",
}


@pytest.mark.parametrize(("row", "says"), BAD.items(), ids=[says[:30] for says in BAD.values()])
def test_a_bad_row_is_named_and_costs_no_other(path, row, says):
    path.parent.mkdir()
    path.write_text(f"{HEADER}{GOOD}\n{row}\n{GOOD.replace('left', 'right')}\n", "utf-8")
    votes, problems = read_votes(path)
    assert [vote.choice for vote in votes] == ["left", "right"]
    (problem,) = problems
    assert (problem.file, problem.line, problem.text) == ("mine.csv", 3, row)
    assert re.search(says, problem.reason)


def test_a_row_that_is_not_utf_8(path):
    path.parent.mkdir()
    row = GOOD.replace("cat", "Bär").encode("latin-1")
    path.write_bytes(HEADER.encode() + row + b"\n" + GOOD.encode() + b"\n")
    votes, problems = read_votes(path)
    assert len(votes) == 1 and problems[0].line == 2 and "unreadable" in problems[0].reason


def test_a_line_cut_off_by_a_crash_costs_nothing_else(path):
    append_vote(path, pair())
    append_vote(path, pair(choice="right"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    append_vote(path, pair(choice="tie"))
    votes, problems = read_votes(path)
    assert [vote.choice for vote in votes] == ["left", "tie"]
    assert [problem.line for problem in problems] == [3]


def test_what_a_spreadsheet_makes_of_the_file_is_read_and_added_to(path):
    columns = ["note", *reversed(COLUMNS)]
    values = dict(zip(COLUMNS, GOOD.split(","), strict=True))
    values |= {
        "task": "scale",
        "left": "",
        "right": "",
        "choice": "",
        "item": "cat",
        "score": "6,5",
    }
    text = ";".join(columns) + "\r\n" + ";".join(values.get(c, "hm") for c in columns) + "\r\n"
    path.parent.mkdir()
    path.write_bytes(b"\xef\xbb\xbf" + (text + ";" * 11 + "\r\n").encode())
    append_vote(path, score("dog", 3.5))
    votes, problems = read_votes(path)
    assert [(vote.item, vote.score) for vote in votes] == [("cat", 6.5), ("dog", 3.5)]
    assert problems == []


@pytest.mark.parametrize("content", ["image,score\ncat,3\n", '{"votes": []}', "\x89PNG\r\n"])
def test_another_file_is_neither_read_nor_written_to(path, content):
    path.parent.mkdir()
    path.write_text(content, "utf-8")
    with pytest.raises(RatingFileError, match="mine.csv is no file of votes: its first line lacks"):
        read_votes(path)
    with pytest.raises(RatingFileError, match="is no file of votes"):
        append_vote(path, pair())
    assert path.read_text("utf-8") == content.replace("\r\n", "\n")


def test_an_empty_file_has_no_votes_and_takes_the_first(path):
    path.parent.mkdir()
    path.touch()
    assert read_votes(path) == ([], [])
    append_vote(path, pair())
    assert len(read_votes(path)[0]) == 1


def test_what_the_system_refuses_is_said(tmp_path):
    with pytest.raises(RatingFileError, match="cannot be read: there is no such file"):
        read_votes(tmp_path / "nowhere.csv")
    with pytest.raises(RatingFileError, match="cannot be written: it is a folder"):
        append_vote(tmp_path, pair())


# ---- merging


def test_merging_orders_by_time_and_takes_each_row_once(tmp_path):
    a, b = tmp_path / "a.csv", tmp_path / "b.csv"
    minute = timedelta(minutes=1)
    start = datetime(2026, 3, 1, tzinfo=UTC)

    def at(minutes: int, rater: str) -> Vote:
        return Vote(
            rater=rater, session="s-1", task="scale", item=f"i{minutes}", score=5,
            time=start + minutes * minute,
        )  # fmt: skip

    write_votes(a, [at(3, "r-a"), at(1, "r-a")])
    write_votes(b, [at(2, "r-b")])
    (tmp_path / "copy of a.csv").write_bytes(a.read_bytes())
    (tmp_path / "photo.csv").write_text("name,size\n", "utf-8")
    with a.open("a") as file:
        file.write("nonsense\n")
    merged = merge_votes(tmp_path)
    assert [vote.item for vote in merged.votes] == ["i1", "i2", "i3"]
    assert merged.files == {"a.csv": 2, "b.csv": 1, "copy of a.csv": 0}
    assert merged.duplicates == 2 and merged.notes == []
    assert [(p.file, p.line) for p in merged.problems] == [("a.csv", 4), ("photo.csv", 1)]
    write_votes(tmp_path / "merged.csv", merged.votes)
    assert merge_votes(tmp_path).votes == merged.votes


def test_an_undo_holds_for_an_older_copy_as_well(tmp_path):
    mine = tmp_path / "new.csv"
    append_vote(mine, pair())
    append_vote(mine, score("cat", 3))
    (tmp_path / "a_backup.csv").write_bytes(mine.read_bytes())
    undo_vote(mine, **WHO)
    merged = merge_votes(tmp_path)
    assert [vote.task for vote in merged.votes] == ["pair"] and merged.problems == []


def test_one_name_in_two_files_is_noted(tmp_path):
    for name, item in (("a", "cat"), ("b", "dog")):
        append_vote(tmp_path / f"{name}.csv", score(item, 5))
    notes = merge_votes(tmp_path).notes
    assert notes == ["rater r-1 is in a.csv, b.csv: one person, or two with the same name?"]


def test_a_folder_without_votes(tmp_path):
    with pytest.raises(RatingFileError, match="there are no CSV files in"):
        merge_votes(tmp_path / "nowhere")


# ---- arrays


def test_pairs_as_arrays():
    votes = [
        pair("b", "a", "left"),
        pair("a", "c", "right"),
        pair("c", "b", "tie", rater="r-0"),
        score("a", 3),
    ]
    found = as_pairs(votes)
    assert found.items == ("a", "b", "c") and found.raters == ("r-0", "r-1")
    assert found.winner.tolist() == [1, 2, 2] and found.loser.tolist() == [0, 0, 1]
    assert found.rater.tolist() == [1, 1, 0] and found.tie.tolist() == [False, False, True]
    chosen = as_pairs(votes, items=["c", "a"])
    assert chosen.winner.tolist() == [0] and chosen.items == ("c", "a")
    assert len(as_pairs([], items=["x", "y"])) == 0


def test_scores_as_arrays():
    votes = [score("b", 4), score("a", 2), score("b", 6), score("a", 9, rater="r-0"), pair()]
    found = as_ratings(votes)
    assert found.raters == ("r-0", "r-1") and found.items == ("a", "b")
    expected = [[[9, np.nan], [np.nan, np.nan]], [[2, np.nan], [4, 6]]]
    np.testing.assert_array_equal(found.values, expected)
    assert as_ratings([]).values.shape == (0, 0, 0)
