"""Plans for teachers: every lesson has one with all its parts, and the minutes of whole courses add up to the record's."""

import importlib.util
import re
from pathlib import Path

import nbformat
import pytest

from tools import lesson_times
from tools.classroom import NOTES, teacher_version
from tools.lessons import reading

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def extension():
    spec = importlib.util.spec_from_file_location("plans", ROOT / "book" / "_ext" / "plans.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


plans = extension()
PLANS = plans.toml(ROOT / "book" / "teaching" / "plans.toml")
COURSES = plans.toml(ROOT / "book" / "teaching" / "courses.toml")["course"]
TIMES = plans.record(ROOT)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_lesson_has_a_plan_with_all_its_parts(path):
    about = PLANS[path.stem]
    assert set(about) == {"know", "wrong", "discuss", "without", "rubric"}
    assert len(about["wrong"]) == 3 == len(about["rubric"]) and len(about["discuss"]) >= 2
    assert all(len(one) == 3 and "?" in one[1] for one in about["wrong"])
    assert all(len(text) > 20 for text in (about["know"], about["without"], *about["discuss"]))
    assert plans.goals(ROOT, path.stem).count("\n- ") >= 2
    made = plans.plan(ROOT, path.stem)
    assert "not measured" not in made.lower() and "**together**" in made
    pages = "".join(p.read_text("utf-8") for p in (ROOT / "book" / "teaching").glob("plans_*.md"))
    head = rf"^\({plans.label(path.stem)}\)=\n## Lesson .+\n\n```{{plan}} {path.stem}\n"  # courses lead there
    assert re.search(head, pages, re.MULTILINE)


def test_there_is_no_plan_for_a_lesson_that_is_not_there():
    assert set(PLANS) <= {path.stem for path in LESSONS}


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_record_counts_what_the_lesson_holds(path):
    """A lesson that has changed much is counted again: python -m tools.lesson_times --count"""
    found, _ = reading.sections_of(nbformat.read(path, as_version=4))
    known = plans.sections(TIMES, path.stem)
    for key in ("words", "lines"):
        there = sum(getattr(section, key) for section in found)
        assert sum(section[key] for section in known) == pytest.approx(there, rel=0.1)
    assert sum(s["answers"] + s["functions"] + s["open"] for s in known) == sum(
        s.exercises for s in found
    )
    for section in known:
        assert plans.minutes(section, TIMES["rates"]) == reading.minutes(section)


def test_what_was_measured_of_other_sections_is_not_taken_over(tmp_path):
    """A heading that came back makes the seconds of its sections unknown, and `--count` says so instead of mixing them up."""
    path = tmp_path / "9_stars.ipynb"
    lesson = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(text) for text in ("# Stars", "## Counted", "Seven.")]
    )
    nbformat.write(lesson, path)
    run = {"code": lesson_times.code_hash(lesson), "seconds": [0.1, 0.2]}
    assert lesson_times.that_hold({"9_stars": {"smoke": run}}, [path]) == {
        "9_stars": {"smoke": run}
    }
    lesson.cells[2].source += "\n\n## Summary\n\nSeven, to this day."
    nbformat.write(lesson, path)
    assert lesson_times.that_hold({"9_stars": {"smoke": run}}, [path]) == {"9_stars": {}}


@pytest.mark.parametrize("course", COURSES, ids=lambda course: course["name"])
def test_the_minutes_of_a_course_add_up(course):
    for session in course["sessions"]:
        in_class, at_home = plans.session(TIMES, session)
        assert in_class == sum(part[0] for part in session["parts"]) and 40 <= in_class <= 200
        for lesson in session.get("lessons", []):
            assert lesson in TIMES["lessons"]
        if session.get("lessons"):
            assert in_class == 90 and at_home <= 150
        for part in session["parts"]:
            if len(part) == 2:
                continue
            if len(part) == 3:  # the activity of a plan
                assert words(part[1]) & words(PLANS[part[2]]["without"]), part[1]
                continue
            given, _, lesson, sections = part
            assert set(sections) <= {section["title"] for section in plans.sections(TIMES, lesson)}
            taken = plans.total(TIMES, lesson, sections)
            assert given >= taken["reading"] + taken["running"], part[1]
    made = plans.a_course(ROOT, course["name"])
    whole = sum(part[0] for session in course["sessions"] for part in session["parts"])
    assert f"{len(course['sessions'])} sessions, {whole} minutes in class" in made.replace(
        "1 session,", "1 sessions,"
    )


COMPUTED = {
    "2,496",
    "0.673",
    "23.98",
    "16.9",
    "18,432",
    "4.7",
}  # by the question itself: 96 * (25 + 1), ...


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_number_of_a_plan_stands_in_its_lesson(path):
    """A lesson that is published anew with other results: its plan has to say so, too."""
    lesson = nbformat.read(path, as_version=4)
    said = [cell.source for cell in lesson.cells]
    for cell in lesson.cells:  # what its outputs say, and not the bytes of pictures
        for output in cell.get("outputs", []):
            shown = output.get("data", {})
            said += [
                output.get("text", ""),
                shown.get("text/plain", ""),
                shown.get("text/html", ""),
            ]
    exercises = f"lesson_{re.match(r'[0-9]+(?:_[0-9]+)*', path.stem)[0]}.py"
    said.append((ROOT / "aesthetic_utils" / "exercises" / exercises).read_text("utf-8"))
    text = "\n".join(said).replace("_", "").replace(",", "")
    plan = PLANS[path.stem]
    told = " ".join([*(part for one in plan["wrong"] for part in one), *plan["discuss"]])
    for number in re.findall(r"(?<![\w.])\d[\d,]*\.?\d*(?<![.,])|(?<!\d)\.\d+", told):
        assert number in COMPUTED or number.replace(",", "") in text, number


def in_class(session):
    """(minutes, lesson, sections or None for all) of each part of a session that works through its lesson."""
    for part in session["parts"]:
        if session.get("lessons") and re.match("The lesson|Lesson", part[1]):
            lesson = session["lessons"][0]
            titles = [section["title"] for section in plans.sections(TIMES, lesson)]
            last = re.search(r"up to \*(.+?)\*", part[1])
            yield part[0], lesson, titles[: titles.index(last[1]) + 1] if last else None


def test_a_week_has_time_for_as_much_of_its_lesson_as_it_names():
    weeks = [part for course in COURSES for one in course["sessions"] for part in in_class(one)]
    assert len(weeks) == 12
    for given, lesson, titles in weeks:
        taken = plans.total(TIMES, lesson, titles)
        assert given >= round(taken["reading"] + taken["running"]), (lesson, given, taken)


def words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[^\W_]{4,}", text)}


def test_what_to_ask_and_what_to_listen_for_are_told_apart_on_the_page_and_in_the_lesson():
    belief, question, answer = PLANS["2_5_votes_and_taste"]["wrong"][0]
    line = f"- *{belief}* **Ask:** {question} **Listen for:** {answer}\n"
    lesson = nbformat.read(ROOT / "notebooks" / "2_5_votes_and_taste.ipynb", as_version=4)
    assert line in plans.plan(ROOT, "2_5_votes_and_taste")
    assert line in teacher_version(lesson, name="2_5_votes_and_taste").cells[1].source


def test_the_teacher_has_minutes_and_misconceptions_at_the_head_of_a_lesson():
    lesson = nbformat.read(ROOT / "notebooks" / "3_2_the_gan_game.ipynb", as_version=4)
    made = teacher_version(lesson, name="3_2_the_gan_game")
    head = made.cells[1]
    assert NOTES in head.metadata.tags and "| **together** |" in head.source
    assert all(belief in head.source for belief, *_ in PLANS["3_2_the_gan_game"]["wrong"])
    assert [c for c in made.cells if NOTES not in c.metadata.get("tags", [])] == lesson.cells


# ---- counting, on small made-up lessons


def test_what_is_counted():
    new = nbformat.v4
    code = new.new_code_cell("x = 1\n\ny = 2")
    folded = new.new_code_cell("z = 1", metadata={"tags": ["hide-cell"]})
    asks = new.new_code_cell('answer = ...\ncheck("9/a", answer)')
    writes = new.new_code_cell('def f():\n    return ...\n\n\ncheck("9/f", f)')
    text = "# T\n\nTwo words.\n\n## A\n\nSee [a page](https://x.org) and $x^2$."
    cells = [
        new.new_markdown_cell(text),
        code,
        folded,
        new.new_markdown_cell("## Exercises\n\n### Exercise 1: a"),
        asks,
    ]
    cells += [new.new_markdown_cell("### Exercise 2: b"), writes, new.new_markdown_cell("### Exercise 3: open\n\nTry.\n\n## References\n\n- Somebody")]  # fmt: skip
    found, places = reading.sections_of(new.new_notebook(cells=cells))
    assert [s.title for s in found] == ["Opening", "A", "Exercises"]
    assert [s.words for s in found[:2]] == [2, 5]
    assert found[1].lines == 2 and found[1].exercises == 0
    assert (found[2].answers, found[2].functions, found[2].open) == (1, 1, 1)
    assert places == [1, 1, 1, 2, 2, 2, 2, 2]
