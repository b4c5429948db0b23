"""The rating session without widgets: questions, votes, undo, and going on after a break."""

import itertools

import numpy as np
import pytest

from aesthetic_utils.judgements.bradley_terry import fit_ranking, repeat_agreement
from aesthetic_utils.judgements.vote_file import RatingFileError, read_votes
from aesthetic_utils.judgements.vote_record import as_pairs, as_ratings
from aesthetic_utils.widgets import session as session_module
from aesthetic_utils.widgets.session import RatingSession, RatingSessionError

ITEMS = ("ash", "birch", "cedar", "elm", "fir", "gorse")


def session(path, **settings) -> RatingSession:
    return RatingSession(ITEMS, path=path, **{"rater": "ann", **settings})


def prefers(liked: dict[str, float], question) -> str:
    left, right = (liked[item] for item in question.items)
    return "left" if left > right else "right"


def test_every_vote_is_on_disk_before_the_next_question(tmp_path):
    path = tmp_path / "votes.csv"
    sitting = session(path, questions=5)
    assert not path.exists()
    for n in range(1, 6):
        asked = sitting.current.items
        sitting.vote("left")
        votes, problems = read_votes(path)
        assert len(votes) == n and problems == []
        assert (votes[-1].left, votes[-1].right, votes[-1].choice) == (*asked, "left")
    assert sitting.done and sitting.current is None and sitting.answered == 5
    with pytest.raises(RatingSessionError, match="over"):
        sitting.vote("left")


def test_a_new_session_goes_on_where_the_last_one_was(tmp_path):
    path, whole = tmp_path / "votes.csv", tmp_path / "whole.csv"
    liked = dict(zip(ITEMS, range(6), strict=True))
    unbroken = session(whole, questions=12)
    asked = []
    while not unbroken.done:
        asked.append(unbroken.current)
        unbroken.vote(prefers(liked, unbroken.current))
    seen = []
    for _ in range(12):  # a fresh session for each single question
        broken = session(path, questions=12)
        seen.append(broken.current)
        broken.vote(prefers(liked, broken.current))
    assert seen == asked
    assert session(path, questions=12).done


def test_undo_asks_the_same_question_again(tmp_path):
    sitting = session(tmp_path / "votes.csv", questions=4)
    assert sitting.undo() is None
    sitting.vote("left")
    asked = sitting.current
    sitting.vote("right")
    assert sitting.undo().choice == "right"
    assert sitting.current == asked and sitting.answered == 1
    for _ in range(3):
        sitting.vote("tie")
    assert sitting.done
    sitting.undo()
    assert not sitting.done, "the last answer can be taken back as well"


def test_undo_leaves_earlier_sittings_alone(tmp_path):
    session(tmp_path / "votes.csv").vote("left")
    later = session(tmp_path / "votes.csv")
    assert later.undo() is None and later.answered == 1


@pytest.fixture
def reads(monkeypatch) -> list:
    """The paths of the files that were read as a whole, one entry each time."""
    reads = []

    def recorded(path):
        reads.append(path)
        return read_votes(path)

    monkeypatch.setattr(session_module, "read_votes", recorded)
    return reads


@pytest.mark.parametrize("task", ["pair", "scale"])
def test_what_is_counted_along_is_what_the_file_says(tmp_path, reads, task):
    """After any votes and undos, as if the file had been read again; and it was not."""
    path, rng = tmp_path / "votes.csv", np.random.default_rng(3)
    session(path, task=task).vote("left" if task == "pair" else 4)
    session(path, task=task, rater="bob").vote("tie" if task == "pair" else 2)
    sitting = session(path, task=task, repeat_share=1)
    reads.clear()
    for _ in range(60):
        if sitting.done or rng.random() < 0.3:
            sitting.undo()
        else:
            answers = ("left", "right", "tie") if task == "pair" else range(1, 8)
            sitting.vote(answers[rng.integers(len(answers))])
        assert reads == [], "the file was read again"
        again = session(path, task=task, repeat_share=1)
        assert sitting.votes == again.votes and sitting.current == again.current
        reads.clear()


def test_a_file_that_something_else_has_changed_is_read_again(tmp_path, reads):
    path = tmp_path / "votes.csv"
    sitting = session(path, questions=9)
    sitting.vote("left")
    assert reads == []
    other = session(path, questions=9)
    other.vote("right")
    sitting.vote("tie")
    assert [vote.choice for vote in sitting.votes] == ["left", "right", "tie"]
    other.vote("left")
    assert sitting.undo().choice == "tie"
    assert [vote.choice for vote in sitting.votes] == ["left", "right", "left"]
    path.unlink()
    assert sitting.undo() is None and sitting.answered == 0


def test_stop_ends_at_any_time_and_loses_nothing(tmp_path):
    sitting = session(tmp_path / "votes.csv")
    sitting.vote("left")
    sitting.stop()
    assert sitting.done and sitting.answered == 1
    assert session(tmp_path / "votes.csv").answered == 1


def test_pairs_recover_a_ranking_and_measure_repeats(tmp_path):
    liked = dict(zip(ITEMS, (3, 1, 4, 0, 5, 2), strict=True))
    sitting = session(tmp_path / "votes.csv", questions=30, repeat_share=0.4)
    while not sitting.done:
        sitting.vote(prefers(liked, sitting.current))
    pairs = as_pairs(sitting.votes, ITEMS)
    found = fit_ranking(pairs).rank
    assert [ITEMS[i] for i in np.argsort(found)] == sorted(ITEMS, key=liked.get, reverse=True)
    again = repeat_agreement(pairs)
    assert again.value == 1 and again.n >= 6
    left = sum(vote.choice == "left" for vote in sitting.votes)
    assert 6 <= left <= 24, "the preferred one is on either side"


def test_raters_see_other_questions_and_other_sides(tmp_path):
    first = [session(tmp_path / f"{r}.csv", rater=r).current for r in "abcdefgh"]
    assert len(set(first)) >= 5
    again = session(tmp_path / "other.csv", rater="a").current
    assert again == first[0], "the same rater and seed give the same question"


@pytest.mark.parametrize(("share", "asked"), [(0.0, 6), (0.15, 7), (1.0, 12)])
def test_scale_asks_each_item_and_then_a_share_of_them_again(tmp_path, share, asked):
    sitting = session(tmp_path / "votes.csv", task="scale", repeat_share=share)
    seen = []
    while not sitting.done:
        (item,) = sitting.current.items
        seen.append(item)
        sitting.vote(1 + ITEMS.index(item))
    assert len(seen) == sitting.questions == asked
    assert sorted(seen[:6]) == sorted(ITEMS) and len(set(seen[6:])) == asked - 6
    ratings = as_ratings(sitting.votes)
    assert (ratings.values[0, :, 0] == np.arange(1, 7)).all()


def test_the_last_of_the_first_round_do_not_open_the_second(tmp_path):
    names = [f"item {i}" for i in range(12)]
    for rater in "abcdef":
        sitting = RatingSession(
            names, task="scale", path=tmp_path / f"{rater}.csv", rater=rater, repeat_share=1
        )
        seen = []
        while not sitting.done:
            seen.append(sitting.current.items[0])
            sitting.vote(4)
        for item in names:
            first, second = (i for i, name in enumerate(seen) if name == item)
            assert second - first >= 6


def test_the_file_says_who_rates(tmp_path):
    path = tmp_path / "votes.csv"
    new = RatingSession(ITEMS, path=path)
    assert new.rater.startswith("r-")
    new.vote("left")
    assert RatingSession(ITEMS, path=path).rater == new.rater
    session(path, rater="bob").vote("left")
    with pytest.raises(RatingSessionError, match=f"bob, {new.rater}.*rater="):
        RatingSession(ITEMS, path=path)
    assert session(path, rater="bob").answered == 1


def test_other_votes_in_the_file_are_left_alone(tmp_path):
    path = tmp_path / "votes.csv"
    session(path).vote("left")
    session(path, task="scale").vote(3)
    others = RatingSession(("x", "y"), path=path, rater="ann")
    assert others.answered == 0
    others.vote("tie")
    assert session(path).answered == 1 and session(path, task="scale").answered == 1
    assert len(read_votes(path)[0]) == 3


def test_the_file_says_what_was_asked_and_on_which_scale(tmp_path):
    path = tmp_path / "votes.csv"
    session(path).vote("left")
    session(path, task="scale", question="How kind is it?").vote(3)
    choice, given = read_votes(path)[0]
    assert (choice.question, choice.scale) == ("Which of the two do you like better?", None)
    assert (given.question, given.scale) == ("How kind is it?", (1, 7))


def test_answers_to_another_question_are_left_alone(tmp_path):
    path = tmp_path / "votes.csv"
    session(path, task="scale").vote(3)
    kind = session(path, task="scale", question="How kind is it?")
    assert kind.answered == 0
    kind.vote(5)
    assert session(path, task="scale").answered == 1


def test_answers_that_do_not_say_their_question_count(tmp_path):
    """Those of files of version 1."""
    path = tmp_path / "votes.csv"
    old = "version,session,rater,task,left,right,item,choice,score,response_ms,time\n"
    old += "1,s-1,ann,scale,,,ash,,3,,2026-03-01T09:31:00.000Z\n"
    path.write_text(old)
    sitting = session(path, task="scale")
    assert sitting.answered == 1 and sitting.current.items != ("ash",)
    sitting.vote(7)
    assert sitting.answered == session(path, task="scale").answered == 2


def test_bad_rows_are_named_and_stay(tmp_path):
    path = tmp_path / "votes.csv"
    session(path).vote("left")
    with path.open("a") as file:
        file.write("1,broken\n")
    sitting = session(path)
    assert [problem.line for problem in sitting.problems] == [3] and sitting.answered == 1
    sitting.vote("left")
    assert "1,broken" in path.read_text() and sitting.answered == 2


def test_time_runs_from_the_question_to_its_answer(tmp_path):
    seconds = itertools.count(start=100, step=1.5)
    sitting = session(tmp_path / "votes.csv", clock=lambda: next(seconds))
    assert sitting.vote("left").response_ms == 1500
    assert sitting.vote("left").response_ms == 1500


@pytest.mark.parametrize(
    ("task", "answer"), [("pair", "up"), ("pair", 3), ("scale", "left"), ("scale", 8)]
)
def test_an_answer_of_the_wrong_kind_changes_nothing(tmp_path, task, answer):
    sitting = session(tmp_path / "votes.csv", task=task)
    asked = sitting.current
    with pytest.raises(RatingSessionError, match="give"):
        sitting.vote(answer)
    assert sitting.current == asked and not sitting.path.exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"task": "rank"}, "pair and scale"),
        ({"items": ("one",)}, "two items"),
        ({"items": ("one", "one")}, "own name"),
        ({"repeat_share": 1.5}, "from 0 to 1"),
        ({"question": "Which\none?"}, "in one line of at most 200"),
    ],
)
def test_settings_that_make_no_session_are_refused(tmp_path, settings, words):
    with pytest.raises(RatingSessionError, match=words):
        RatingSession(**{"items": ITEMS, "path": tmp_path / "votes.csv", **settings})


def test_another_file_is_not_written_over(tmp_path):
    path = tmp_path / "budget.csv"
    path.write_text("month,sum\nMay,3\n")
    with pytest.raises(RatingFileError, match="no file of votes"):
        session(path)
    assert path.read_text() == "month,sum\nMay,3\n"
