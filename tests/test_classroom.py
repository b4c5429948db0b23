"""The versions of the lessons for a class: what they keep, what they lose, and that they run."""

import codecs
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from aesthetic_utils.exercises import NO_ANSWER
from tools import classroom
from tools.classroom import (
    GO_ON,
    NOTES,
    ClassroomError,
    checks,
    is_solution,
    names_of,
    needed,
    rot13_literal,
    student_version,
    teacher_version,
)
from tools.slides.outline import deck_of

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SHORT = ("3_2_the_gan_game", "3_3_recurrence_and_attention")  # the second goes on with solutions
# the name of the answer: what a learner might write
RIGHT = (
    "def rnn_step(x, h, U, W, b):\n    mine = True\n    return torch.tanh(x @ U.T + h @ W.T + b)\n"
)


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request) -> nbformat.NotebookNode:
    return read(request.param)


@cache
def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def tagged(cell, tag: str) -> bool:
    return tag in cell.metadata.get("tags", [])


# ---- what the versions are made of


def test_the_student_version_is_the_lesson_without_solutions_and_outputs(lesson):
    made = student_version(lesson)
    kept = [cell for cell in made.cells if not tagged(cell, GO_ON)]
    source = [cell for cell in lesson.cells if not is_solution(cell)]
    assert len(kept) == len(source) < len(lesson.cells)
    for cell, original in zip(kept, source, strict=True):
        original = dict(original, metadata=dict(original.metadata))
        for about_outputs in ("aesthetic", "slideshow"):
            original["metadata"].pop(about_outputs, None)
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None
            original |= {"outputs": [], "execution_count": None}
        assert dict(cell) == original
    assert {**made.metadata, "aesthetic": None} == {**lesson.metadata, "aesthetic": None}


def test_no_solution_can_be_read_in_the_student_version(lesson):
    made = student_version(lesson)
    text = "\n".join(cell.source for cell in made.cells)
    for cell in filter(is_solution, lesson.cells):
        code = classroom.without_checks(cell.source).strip()
        assert code and code not in text
    assert "# Solution" not in text and '"claims"' not in nbformat.writes(made)
    assert '"say"' not in nbformat.writes(made)  # it reads aloud what is still to be found


def test_what_only_a_solution_defines_is_read_by_no_cell_that_stays(lesson):
    made = code_of(student_version(lesson))
    names = {cell.id: names_of(cell.source) for cell in code_of(lesson)}
    stays = {cell.id for cell in made if not tagged(cell, GO_ON)}
    given = set().union(
        *(names[cell.id].given for cell in made)
    )  # in place of a solution: what that gives
    lost = set().union(*(n.given for n in names.values())) - given
    read = set().union(*(names[id].read for id in stays))
    assert lost and not lost & read


def code_of(notebook) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_teacher_version_is_the_lesson_and_notes(lesson):
    made = teacher_version(lesson)
    assert [cell for cell in made.cells if not tagged(cell, NOTES)] == lesson.cells
    assert made.metadata == lesson.metadata
    notes = [i for i, cell in enumerate(made.cells) if tagged(cell, NOTES)]
    for i in notes:
        above = next(cell for cell in made.cells[i - 1 :: -1] if not tagged(cell, NOTES))
        (key,) = [key for key, _ in checks(above.source) if f"`{key}`" in made.cells[i].source]
        assert made.cells[i].source.count("\n- ") >= 1 and key
    nbformat.validate(made)


def test_every_published_solution_passed_its_check(lesson):
    asked = {key for c in code_of(lesson) if not is_solution(c) and "check(" in c.source for key, _ in checks(c.source)}  # fmt: skip
    passed = set()
    for cell in code_of(lesson):
        if is_solution(cell) and (keys := checks(cell.source)):
            said = "".join(o.text for o in cell.outputs if o.output_type == "stream")
            assert said.count("Right.") == len(keys) and "Not yet" not in said, cell.source
            passed |= {key for key, _ in keys}
    assert asked == passed and asked


def test_the_talk_can_be_made_of_the_teacher_version_as_well():
    lesson = read(ROOT / "notebooks" / "3_2_the_gan_game.ipynb")
    teacher = teacher_version(lesson, name="3_2_the_gan_game")
    assert len(teacher.cells) > len(lesson.cells) and deck_of(teacher) == deck_of(lesson)


# ---- they run


@pytest.mark.parametrize("name", SHORT)
def test_no_unsolved_exercise_breaks_a_later_cell(name, tmp_path, monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    made = student_version(read(ROOT / "notebooks" / f"{name}.ipynb"))
    answered = next((c for c in code_of(made) if '"3_3/rnn_step"' in c.source), None)
    if answered is not None:  # one of them solved, and its own answer goes on
        answered.source = RIGHT + '\ncheck("3_3/rnn_step", rnn_step)'
        made.cells.append(nbformat.v4.new_code_cell("print(rnn_step.__code__.co_varnames)"))
    run(made, tmp_path)
    said = [text_of(c) for c in code_of(made) if "check(" in c.source and not tagged(c, GO_ON)]
    right = 0 if answered is None else 1
    assert (
        sum(NO_ANSWER in text or "Replace the dots" in text for text in said) == len(said) - right
    )
    assert sum("Right." in text for text in said) == right
    if answered is not None:
        assert "mine" in text_of(made.cells[-1])


def run(notebook, folder) -> None:
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()


def text_of(cell) -> str:
    return "".join(o.get("text", "") for o in cell.outputs)


# ---- the rules, on small made-up lessons


def made_up(*cells: tuple[str, str]) -> nbformat.NotebookNode:
    """Cells of code: (tag or "", source)."""
    made = [nbformat.v4.new_code_cell(s, metadata={"tags": [t] if t else []}) for t, s in cells]
    return nbformat.v4.new_notebook(cells=made)


ASKED = ("", 'def f(x):\n    return ...\n\n\ncheck("9_1/f", f)')
SOLVED = ("solution", '# Solution\ndef f(x):\n    return x + 1\n\n\ncheck("9_1/f", f)')


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ("f(2)", {"f"}),
        ("def g():\n    return f(1)", {"f"}),
        ("def g(f):\n    return f(1)", set()),  # another f
        ("f = abs\nf(2)", set()),
        ("f(2)\nf = abs", {"f"}),
        ("for f in (1, 2):\n    print(f)", set()),
        ("%timeit f(2)", set()),
        ("print('f')", set()),
    ],
)
def test_what_the_lesson_goes_on_with(later, expected):
    assert needed(made_up(ASKED, SOLVED, ("", later)), 1) == expected


def test_the_course_s_answer_stands_in_until_the_learner_s_is_right(monkeypatch):
    from aesthetic_utils import exercises

    asked = exercises.Exercise(verify=lambda f: None if f(1) == 2 else "No.")
    monkeypatch.setattr(exercises, "exercises_of", lambda lesson: {"f": asked})
    for own in (ASKED[1], ASKED[1].replace("...", "1 + x")):
        names: dict = {"check": lambda *_: None}
        made = student_version(made_up(("", own), SOLVED, ("", "got = f(4)")))
        for cell in made.cells:
            exec(cell.source, names)
        assert names["got"] == 5
        assert (names["f"].__code__.co_filename == "<string>") and len(made.cells) == 3


def test_a_lesson_that_goes_on_with_something_unasked_is_refused():
    solved = ("solution", SOLVED[1] + "\nhelper = 3")
    with pytest.raises(ClassroomError, match="defines helper, with which the lesson goes on"):
        student_version(made_up(ASKED, solved, ("", "helper + 1")))


def test_any_text_survives_being_turned():
    for text in ("def f():\n    pass\n", "a = '''x'''\n", 'b = "\\n"\n', 'c = """doc"""\n'):
        assert codecs.decode(eval(rot13_literal(text)), "rot13").strip() == text.strip()


def test_the_command_writes_all_versions_and_says_what_it_left_out(tmp_path, capsys, monkeypatch):
    lesson = ROOT / "notebooks" / "3_2_the_gan_game.ipynb"
    assert classroom.main([str(lesson), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "no slides" not in said and said.count("1 lesson,") == 3
    files = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file())
    assert files == [
        f"slides/{lesson.stem}.html",
        f"student/{lesson.name}",
        f"teacher/{lesson.name}",
    ]
    monkeypatch.setattr(classroom, "has_slides", lambda: False)
    assert classroom.main([str(lesson), "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "no slides" in said and said.count("1 lesson,") == 2
    assert classroom.main([str(tmp_path / "none.ipynb"), "--out", str(tmp_path)]) == 1
    assert "none.ipynb: there is no such file" in capsys.readouterr().err
    assert classroom.main([str(ROOT / "README.md"), "--out", str(tmp_path)]) == 1
    assert "README.md: this is no notebook; name one" in capsys.readouterr().err
