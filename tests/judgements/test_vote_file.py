"""The file of a learner's votes: nothing is lost, and what is wrong is named."""

import os
import re
import subprocess
import sys
from dataclasses import replace
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
    SINCE_2,
    MixedVotesError,
    Vote,
    as_pairs,
    as_ratings,
    new_rater_id,
    pair_vote,
    scale_vote,
)

HEADER = ",".join(COLUMNS) + "\n"
WHO = {"rater": "r-1", "session": "s-1"}
ASKED = "Which do you like better?"
GOOD = f"2,s-1,r-1,pair,cat,dog,,left,,812,2026-03-01T09:30:00.000Z,,,{ASKED}"
SCORE = "2,s-1,r-1,scale,,,cat,,6.5,,2026-03-01T09:31:00.000Z,1,7,How beautiful?"
OLD_HEADER = ",".join(column for column in COLUMNS if column not in SINCE_2) + "\n"
OLD = "1,s-1,r-1,pair,cat,dog,,left,,812,2026-03-01T09:30:00.000Z"
OLD_SCORE = "1,s-1,r-1,scale,,,cat,,6.5,,2026-03-01T09:31:00.000Z"


def pair(left: str = "cat", right: str = "dog", choice: str = "left", **other) -> Vote:
    return pair_vote(**WHO | {"left": left, "right": right, "choice": choice} | other)


def score(item: str, value: float, **other) -> Vote:
    return scale_vote(**WHO | {"item": item, "score": value, "scale": (1, 10)} | other)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "votes" / "mine.csv"


# ---- writing and reading


def test_votes_come_back_as_they_were_given(path):
    given = [
        pair(response_ms=812),
        pair("owl", "Straße, \"nachts\"; 夜"),
        score("cat", 7),
        score("dog", 6.5, response_ms=0, scale=(-2.5, 7), question='Beautiful, or "fine"?'),
        pair(choice="tie"),
    ]  # fmt: skip
    for vote in given:
        append_vote(path, vote)
    assert read_votes(path) == (given, [])
    assert path.read_text("utf-8").startswith(HEADER)


def test_the_documented_row_is_what_is_written(path):
    vote = Vote(
        **WHO, task="pair", left="cat", right="dog", choice="left", response_ms=812, question=ASKED,
        time=datetime(2026, 3, 1, 10, 30, tzinfo=timezone(timedelta(hours=1))),
    )  # fmt: skip
    append_vote(path, vote)
    append_vote(
        path,
        Vote(
            **WHO, task="scale", item="cat", score=6.5, scale=(1, 7), question="How beautiful?",
            time=datetime(2026, 3, 1, 9, 31, tzinfo=UTC),
        ),
    )  # fmt: skip
    assert path.read_text("utf-8") == HEADER + GOOD + "\n" + SCORE + "\n"
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
        (pair, {"question": "Which\none?"}, "question is .* too long or unreadable"),
    ],
)
def test_a_vote_that_would_not_be_read_back_is_not_made(maker, change, says):
    with pytest.raises(ValueError, match=says):
        maker(**change)


@pytest.mark.parametrize("value", [0.99, 7.5, float("nan"), float("inf")])
def test_scores_have_the_ends_of_their_scale(value):
    with pytest.raises(ValueError, match="a number from 1 to 7"):
        scale_vote(**WHO, item="cat", score=value, scale=(1, 7))


@pytest.mark.parametrize("scale", [(7, 1), (3, 3), (1, float("inf")), (float("nan"), 7)])
def test_a_scale_has_two_ends(scale):
    with pytest.raises(ValueError, match="two numbers are needed, the first below the second"):
        scale_vote(**WHO, item="cat", score=3, scale=scale)


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
    other = score("owl", 9, rater="r-2")
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
    row = "2,s-1,r-1,undo,cat,owl,,,,,2026-03-01T09:31:00Z,,,"
    path.write_text(f"{HEADER}{GOOD}\n{row}\n", "utf-8")
    votes, problems = read_votes(path)
    assert len(votes) == 1
    assert [str(p) for p in problems] == ["mine.csv, line 3: it undoes a vote that is not here"]


def test_undo_takes_back_the_answer_to_its_question(path):
    kinder, nicer = (pair(question=f"Which is {how}?") for how in ("kinder", "nicer"))
    for vote in (kinder, nicer):
        append_vote(path, vote)
    vote_file.append_undo(path, kinder)
    assert read_votes(path) == ([nicer], [])


# ---- what is wrong with a file


BAD = {
    GOOD.replace("2,", "3,", 1): "version is '3'; this program reads 1 and 2",
    GOOD.replace("r-1", "r 1"): "rater is 'r 1'",
    GOOD.replace("pair", "vote"): "task is 'vote'; there are pair",
    GOOD.replace("dog", ""): "right is ''",
    GOOD.replace("left", "middle"): "choice is 'middle'",
    GOOD.replace("left,,", "left,5,"): "score is '5'; a row of task pair",
    GOOD.replace(",,812", ",,0.8"): "response_ms is '0.8'",
    GOOD.replace("00.000Z", "00"): "time is .* in UTC",
    GOOD.replace("00.000Z", "00+02:00"): "time is .* in UTC",
    GOOD.replace("2026-03-01T09:30:00.000Z", "yesterday"): "time is 'yesterday'",
    GOOD.replace("Z,,,", "Z,1,7,"): "a row of task pair has no scale",
    SCORE.replace("6.5", "8"): "score is '8'; a number from 1 to 7",
    SCORE.replace("6.5", "0"): "score is '0'; a number from 1 to 7",
    SCORE.replace("6.5", "high"): "score is 'high'",
    SCORE.replace("6.5", "nan"): "score is 'nan'",
    SCORE.replace("1,7,", "7,1,"): "lowest and highest are '7' and '1'",
    SCORE.replace("1,7,", "1,,"): "lowest and highest are '1' and ''; two numbers",
    SCORE.replace("1,7,", "one,7,"): "lowest and highest are 'one' and '7'",
    SCORE.replace("How beautiful?", "?" * 201): "question is .* too long or unreadable",
    "2,s-1,r-1,pair,cat,do": "it has 6 fields and the header 14",
    "coffee": "it has 1 field and the header 14",
    GOOD.replace("cat", '"cat'): "unexpected end of data",
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
    assert len(votes) == 1 and problems[0].line == 2
    assert 'Save the file as "CSV UTF-8"' in problems[0].reason


def test_a_line_cut_off_by_a_crash_costs_nothing_else(path):
    append_vote(path, pair())
    append_vote(path, pair(choice="right"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    append_vote(path, pair(choice="tie"))
    votes, problems = read_votes(path)
    assert [vote.choice for vote in votes] == ["left", "tie"]
    assert [problem.line for problem in problems] == [3]


OLD_BAD = {
    OLD.replace("1,", "3,", 1): "version is '3'; this program reads 1 and 2",
    OLD_SCORE.replace("6.5", "11"): "score is '11'; a number from 1 to 10",
    OLD + ",,,": "it has 14 fields and the header 11",
}


@pytest.mark.parametrize(("row", "says"), OLD_BAD.items())
def test_a_bad_row_of_version_1(path, row, says):
    path.parent.mkdir()
    path.write_text(f"{OLD_HEADER}{OLD}\n{row}\n", "utf-8")
    votes, (problem,) = read_votes(path)
    assert len(votes) == 1 and says in problem.reason and problem.line == 3


# ---- version 1


def test_a_file_of_version_1_is_read(path):
    path.parent.mkdir()
    undone = OLD.replace("cat", "owl")
    undo = undone.replace("pair", "undo").replace("left", "").replace("812", "")
    path.write_text("\n".join([OLD_HEADER + OLD, undone, undo, OLD_SCORE]), "utf-8")
    (choice, given), problems = read_votes(path)
    assert problems == []
    assert (choice.left, choice.choice, choice.question) == ("cat", "left", "")
    assert (given.score, given.scale, given.question) == (6.5, None, "")


def test_a_file_of_version_1_stays_utf_8_where_the_system_writes_another_encoding(path):
    path.parent.mkdir()
    path.write_text(f"{OLD_HEADER}{OLD.replace('cat', '夜')}\n", "utf-8")
    program = (
        "import sys; from aesthetic_utils.judgements import vote_file as v; "
        "v.append_vote(sys.argv[1], v.read_votes(sys.argv[1])[0][0])"
    )
    ascii_ = os.environ | {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        env=ascii_, cwd=Path(__file__).parents[2], capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    votes, problems = read_votes(path)
    assert [vote.left for vote in votes] == ["夜", "夜"] and not problems


def test_a_file_of_version_1_takes_votes_of_today_and_keeps_all_of_its_own(path):
    path.parent.mkdir()
    path.write_text(f"{OLD_HEADER}{OLD}\na coffee stain\n{OLD_SCORE}\n{OLD[:30]}", "utf-8")
    before, bad = read_votes(path)
    new = score("dog", 3, scale=(0, 5), question="How beautiful?")
    append_vote(path, new)
    append_vote(path, pair("owl", "elk", question=ASKED))
    assert path.read_text("utf-8").splitlines()[:5] == [
        HEADER.strip(), OLD + ",,,", "a coffee stain", OLD_SCORE + ",,,", OLD[:30],
    ]  # fmt: skip
    votes, problems = read_votes(path)
    assert votes[:3] == [*before, new] and votes[3].question == ASKED
    assert [p.line for p in problems] == [p.line for p in bad] == [3, 5]
    undo_vote(path, **WHO)
    undo_vote(path, **WHO)
    assert read_votes(path)[0] == before


def test_a_file_of_today_is_only_added_to(path, monkeypatch):
    monkeypatch.setattr(vote_file, "atomic_path", None)  # nothing may write it anew
    for _ in range(2):
        append_vote(path, pair())
    assert len(read_votes(path)[0]) == 2


# ---- files as other programs write them


def written(columns: list[str], rows: list[str], delimiter: str, mark: str = "") -> str:
    """Rows of GOOD's kind with other columns and another delimiter, ending as on Windows."""
    lines = [mark + delimiter.join(columns)]
    for row in rows:
        values = dict(zip(COLUMNS, row.split(","), strict=True))
        if delimiter != ",":
            values["score"] = values["score"].replace(".", ",")
        lines.append(delimiter.join(values.get(column, "hm") for column in columns))
    return "\r\n".join(lines) + "\r\n"


@pytest.mark.parametrize(
    ("encoding", "delimiter", "mark"),
    [
        ("utf-8", ",", ""),
        ("utf-8-sig", ";", ""),  # Excel, "CSV UTF-8", where the comma is the decimal sign
        ("utf-8", ";", "sep=;\r\n"),
        ("utf-16", "\t", ""),  # Excel, "Unicode Text"
        ("utf-16-le", "\t", ""),
        ("utf-16-be", ";", ""),
    ],
)
def test_what_a_spreadsheet_makes_of_the_file_is_read_and_added_to(path, encoding, delimiter, mark):
    path.parent.mkdir()
    text = written(["note", *reversed(COLUMNS)], [GOOD, SCORE], delimiter, mark)
    path.write_bytes((text + delimiter * 14 + "\r\n").encode(encoding))
    before, problems = read_votes(path)
    assert problems == []
    assert [(vote.left, vote.item, vote.score) for vote in before] == [
        ("cat", "", None),
        ("", "cat", 6.5),
    ]
    assert before[1].scale == (1, 7) and before[0].question == ASKED
    added = score("dög", 3.5)
    append_vote(path, added)
    assert read_votes(path) == ([*before, added], [])


def test_a_file_with_old_line_ends_and_quotes_all_over(path):
    path.parent.mkdir()
    lines = [",".join(f'"{value}"' for value in row.split(",")) for row in (HEADER.strip(), GOOD)]
    path.write_bytes("\r".join(lines).encode())
    assert [vote.choice for vote in read_votes(path)[0]] == ["left"]
    path.write_text(f'"{HEADER.strip()}"\n"{GOOD}"\n')  # as one cell a line
    assert [vote.choice for vote in read_votes(path)[0]] == ["left"]


def test_a_file_that_has_been_through_a_table_of_numbers(path):
    """pandas writes the number of each row, and a column of numbers with gaps as 812.0; R writes NA."""
    path.parent.mkdir()
    pandas = [f"0,{GOOD}", f"1,{SCORE}"]
    pandas = [row.replace("2,s-1", "2.0,s-1").replace(",812,", ",812.0,") for row in pandas]
    pandas = [row.replace(",1,7,", ",1.0,7.0,") for row in pandas]
    path.write_text("Unnamed: 0," + HEADER + "\n".join(pandas) + "\n", "utf-8")
    expected = path.with_name("plain.csv")
    expected.write_text(HEADER + f"{GOOD}\n{SCORE}\n", "utf-8")
    assert read_votes(path) == read_votes(expected)
    r = '"1",2,"s-1","r-1","scale",NA,NA,"NA","NA",6.5,NA,"2026-03-01T09:31:00.000Z",1,7,"NA"'
    path.write_text('"",' + HEADER + r + "\n", "utf-8")
    (vote,), problems = read_votes(path)
    assert problems == [] and (vote.item, vote.score, vote.question) == ("NA", 6.5, "")


@pytest.mark.parametrize("text", ["812.5", "8120000000.0", ".0", "812.", "-812.0"])
def test_only_whole_numbers_may_have_a_point(path, text):
    path.parent.mkdir()
    path.write_text(HEADER + GOOD.replace(",812,", f",{text},") + "\n", "utf-8")
    votes, (problem,) = read_votes(path)
    assert votes == [] and f"response_ms is '{text}'" in problem.reason


def test_a_workbook_is_named_as_one(path):
    path.parent.mkdir()
    path.write_bytes(b"PK\x03\x04 and so on")
    for use in (read_votes, lambda path: append_vote(path, pair())):
        with pytest.raises(RatingFileError, match="mine.csv is a spreadsheet; .* save it as CSV"):
            use(path)
    assert path.read_bytes() == b"PK\x03\x04 and so on"


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


def test_merging_looks_into_subfolders(tmp_path):
    """A folder a learner is what a course platform hands out; all files have the same name there."""
    for who in ("maria", "Jo/late", "maria/.ipynb_checkpoints"):
        append_vote(tmp_path / who / "my_votes.CSV", score("cat", 5, rater=f"r-{len(who)}"))
    (tmp_path / "Jo" / "._my_votes.csv").write_bytes(b"\0\5what macOS leaves in archives")
    (tmp_path / "list.csv").write_text("name,mark\n", "utf-8")
    merged = merge_votes(tmp_path)
    assert list(merged.files) == [
        "Jo/late/my_votes.CSV",
        "maria/my_votes.CSV",
    ]
    assert [(p.file, p.line) for p in merged.problems] == [("list.csv", 1)]
    assert str(merged.problems[0]).startswith("list.csv, line 1: list.csv is no file of votes")


def test_a_class_of_two_scales_and_two_questions_is_noted(tmp_path):
    given = [
        score("cat", 5, rater="r-a", scale=(1, 7), question="How beautiful?"),
        score("dog", 5, rater="r-a", scale=(1, 7), question="How beautiful?"),
        score("cat", 5, rater="r-b", scale=(1, 10), question="How beautiful?"),
        pair(rater="r-a", question="Which is kinder?"),
        pair(rater="r-b", question="Which is nicer?"),
    ]
    for vote in given:
        append_vote(tmp_path / f"{vote.rater}.csv", vote)
    merged = merge_votes(tmp_path)
    assert len(merged.votes) == 5
    choices, scales = merged.notes
    assert choices.startswith(
        'the choices answer different questions: "Which is kinder?" (1 vote), "Which is nicer?" (1 vote).'
    )
    assert scales.startswith(
        "the scores are on different scales: 1 to 7 (2 votes), 1 to 10 (1 vote). Take the votes of one scale"
    )


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


def test_an_array_is_of_one_scale_and_one_question():
    beautiful = {"scale": (1, 7), "question": "How beautiful?"}
    votes = [score("a", 3, **beautiful), score("b", 5, **beautiful), pair(question="Which?")]
    found = as_ratings(votes)
    assert found.scale == (1, 7) and found.question == "How beautiful?"
    with pytest.raises(
        MixedVotesError, match=r"^The scores are on different scales: 1 to 7 \(2 votes\)"
    ):
        as_ratings([*votes, score("a", 3, question="How beautiful?")])
    with pytest.raises(
        MixedVotesError, match=r"answer different questions: \"How beautiful\?\" \(2"
    ):
        as_ratings([*votes, score("a", 3, scale=(1, 7), question="How kind?")])
    with pytest.raises(MixedVotesError, match="^The choices answer different questions"):
        as_pairs([*votes, pair(question="Which not?")])
    some = as_pairs([*votes, pair("x", "y", question="Which not?")], items=["cat", "dog"])
    assert len(some) == 1, "what is left out does not count"


def test_scores_of_version_1_join_others_when_somebody_says_their_scale():
    old = replace(score("a", 3), scale=None)
    new = score("b", 5, scale=(1, 7), question="How beautiful?")
    with pytest.raises(MixedVotesError, match=r"not recorded \(1 vote\).*dataclasses.replace"):
        as_ratings([old, new])
    assert as_ratings([old]).scale is None
    joined = as_ratings([replace(vote, scale=vote.scale or (1, 7)) for vote in (old, new)])
    assert joined.scale == (1, 7) and joined.question == "How beautiful?"
