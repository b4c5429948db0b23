"""Make the versions of the lessons for a class: for learners, without solutions, for the teacher, and for the wall.

    python -m tools.classroom                                  every lesson, into _build/classroom
    python -m tools.classroom notebooks/4_1_cnn.ipynb          this one
    python -m tools.classroom --out FOLDER

student/   the solutions (tag `solution`) are gone and outputs are cleared. Where the lesson goes on with what a solution
           defines, a folded cell in its place takes the learner's answer once it is right, and the course's until then
           (in rot13, so that nobody reads it by chance).
teacher/   the lesson as it is published, at its head minutes and misconceptions (book/teaching/plans.toml), and below each
           exercise what is said to typical wrong answers.

slides/    a talk for half an hour, one file that needs no network: a figure at a time with what is asked before it and
           what is said of it, the rest as notes for the speaker (tools/slides/outline.py says how cells are tagged for it).

What the first two keep is the lesson's, cell for cell (tests/test_classroom.py). Slides need nbconvert; without it the
others are made, and the command says so.
"""

from __future__ import annotations

import argparse
import ast
import codecs
import copy
import importlib.util
import re
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from symtable import SymbolTable, symtable
from types import ModuleType

import nbformat
from nbformat import NotebookNode

from aesthetic_utils.cli.common import plural
from aesthetic_utils.exercises import exercises_of
from aesthetic_utils.storage import reason
from tools.modes import ROOT
from tools.slides.deck import slides
from tools.slides.outline import TalkError

NOTEBOOKS = ROOT / "notebooks"
OUT = ROOT / "_build" / "classroom"
SOLUTION, NOTES, GO_ON = "solution", "teacher-notes", "go-on"
VERSIONS = ("student", "teacher", "slides")
ABOUT_OUTPUTS = (
    "aesthetic",
    "slideshow",
)  # metadata of a cell: claims, and what a slide asks and says
COMMAND = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)  # of IPython

HAND_OVER = """\
# The lesson goes on with your answer once it is right. Until then it goes on with the course's,
# which stands here in rot13, as puzzle books print answers upside down.
import codecs

from aesthetic_utils.exercises import exercises_of, verdict

{choice}
    exec(codecs.decode({solution}, "rot13"))
"""


IS_RIGHT = 'if verdict(exercises_of("{lesson}")["{exercise}"], {answer}) {sign} "Right.":'


class ClassroomError(RuntimeError):
    """A lesson of which no version can be made; the message says what to change in it."""


# ---- what a cell defines and reads


@dataclass(frozen=True)
class Names:
    """Names of the notebook that a cell gives a value, and those that it reads, in its functions as well."""

    given: frozenset[str]
    read: frozenset[str]


@cache
def names_of(source: str) -> Names:
    """The names of a cell of code; lines that are commands of IPython count as nothing."""
    table = symtable(COMMAND.sub(r"\1pass", source), "cell", "exec")
    top = table.get_symbols()
    given = {s.get_name() for s in top if s.is_assigned() or s.is_imported() or s.is_namespace()}
    read = {s.get_name() for s in top if s.is_referenced()}
    for inner in _inner(table):
        read |= {s.get_name() for s in inner.get_symbols() if s.is_global() and s.is_referenced()}
    return Names(frozenset(given), frozenset(read))


def _set_first(source: str, name: str) -> bool:
    """Whether a cell that both sets and reads a name sets it on an earlier line."""
    nodes = list(ast.walk(ast.parse(COMMAND.sub(r"\1pass", source))))
    same = [node for node in nodes if isinstance(node, ast.Name) and node.id == name]
    reads = [node.lineno for node in same if isinstance(node.ctx, ast.Load)]
    sets = [node.lineno for node in same if isinstance(node.ctx, ast.Store)]
    sets += [
        node.lineno
        for node in nodes
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name
    ]
    return bool(sets and reads) and min(sets) < min(reads)


def _inner(table: SymbolTable) -> Iterator[SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _inner(child)


def checks(source: str) -> list[tuple[str, str]]:
    """The (key, name) of each `check("KEY", name)` of a cell."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        (call.args[0].value, call.args[1].id)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "check" and len(call.args) == 2
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[1], ast.Name)
    ]


def is_solution(cell: NotebookNode) -> bool:
    return SOLUTION in cell.metadata.get("tags", [])


def needed(notebook: NotebookNode, place: int) -> set[str]:
    """Names that the solution at this place defines and cells that stay read afterwards."""
    wanted, found = set(names_of(notebook.cells[place].source).given), set()
    for cell in notebook.cells[place + 1 :]:
        if cell.cell_type != "code" or is_solution(cell):
            continue
        names = names_of(cell.source)
        own = {name for name in names.given & names.read if _set_first(cell.source, name)}
        found |= (wanted & names.read) - own
        wanted -= names.given
    return found


# ---- the versions


def student_version(notebook: NotebookNode) -> NotebookNode:
    """The lesson without solutions and outputs; what was said of the outputs, and the tags of the talk, go with them.

    Raises ClassroomError where the lesson goes on with something of a solution that no `check` asks for.
    """
    made = copy.deepcopy(notebook)
    made.metadata.pop("aesthetic", None)
    made.cells = []
    for place, cell in enumerate(notebook.cells):
        if is_solution(cell):
            if wanted := needed(notebook, place):
                made.cells.append(_hand_over(notebook, place, wanted))
            continue
        cell = copy.deepcopy(cell)
        for about_outputs in ABOUT_OUTPUTS:
            cell.metadata.pop(about_outputs, None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        made.cells.append(cell)
    return made


def _hand_over(notebook: NotebookNode, place: int, wanted: set[str]) -> NotebookNode:
    """The cell that stands for a solution on which the lesson goes on."""
    keys = {name: key for key, name in checks(notebook.cells[place].source)}
    asked = _asked(notebook, place)
    missing = {name for name in wanted if keys.get(name) not in asked}
    if missing or len(wanted) != 1:
        raise ClassroomError(
            f"cell {place + 1}, a solution, defines {', '.join(sorted(missing or wanted))}, with which the lesson goes "
            "on; let the exercise above ask for just that with check(...), or define it in a cell that stays"
        )
    (name,) = wanted
    lesson, _, exercise = keys[name].partition("/")
    answer = asked[keys[name]]
    sign = "!=" if answer == name else "=="
    choice = IS_RIGHT.format(lesson=lesson, exercise=exercise, answer=answer, sign=sign)
    if answer != name:
        choice += f"\n    {name} = {answer}\nelse:"
    solution = rot13_literal(without_checks(notebook.cells[place].source))
    source = HAND_OVER.format(choice=choice, solution=solution).rstrip()
    made = nbformat.v4.new_code_cell(source, metadata={"tags": ["hide-cell", GO_ON]})
    made.metadata["jupyter"] = {"source_hidden": True}  # how JupyterLab folds a cell
    made.id = notebook.cells[place].id
    return made


def without_checks(source: str) -> str:
    """A solution without its title and without the lines that call `check`."""
    calls = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.Expr) and checks(ast.unparse(node))
    ]
    gone = {line for node in calls for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    lines = [line for n, line in enumerate(source.splitlines(), start=1) if n not in gone]
    return "\n".join(lines).replace("# Solution\n", "", 1).strip() + "\n"


def rot13_literal(text: str) -> str:
    """A string of Python that is the text in rot13, over several lines where that is possible."""
    turned = codecs.encode(text, "rot13")
    return repr(turned) if "'''" in turned or "\\" in turned else f"'''\n{turned}'''"


def _asked(notebook: NotebookNode, place: int) -> dict[str, str]:
    """What the cells above ask for: key -> name of the learner's answer."""
    above = [c for c in notebook.cells[:place] if c.cell_type == "code" and not is_solution(c)]
    found: dict[str, str] = {}
    for cell in above:
        if "check(" in cell.source:
            found |= dict(checks(cell.source))
    return found


@cache
def _plans() -> ModuleType:
    """The book's extension that shows plans; extensions are no package, so that Sphinx finds them by name."""
    spec = importlib.util.spec_from_file_location("plans", ROOT / "book" / "_ext" / "plans.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def for_the_head(name: str) -> str:
    """Minutes and misconceptions of the lesson of this name, as Markdown; "" where it has no plan."""
    about = _plans().toml(ROOT / "book" / "teaching" / "plans.toml").get(name)
    if about is None:
        return ""
    parts = [
        "**For the teacher: minutes**",
        _plans().minutes_table(ROOT, name),
        "**Misconceptions**",
        _plans().misconceptions(about["wrong"]),
    ]
    return "\n\n".join(
        [*parts, "**To discuss**", "\n".join(f"- {prompt}" for prompt in about["discuss"])]
    )


def teacher_version(notebook: NotebookNode, name: str = "") -> NotebookNode:
    """The lesson with its solutions and outputs, notes on wrong answers below each exercise, and, by its name, the plan's notes."""
    made = copy.deepcopy(notebook)
    made.cells = []
    for cell in notebook.cells:
        made.cells.append(copy.deepcopy(cell))
        if cell.cell_type == "code" and not is_solution(cell) and "check(" in cell.source:
            made.cells += [
                _note(note, f"notes-{n}-{cell.id}")
                for n, (key, _) in enumerate(checks(cell.source))
                if (note := wrong_answers(key))
            ]  # fmt: skip
    if head := for_the_head(name):
        made.cells.insert(1, _note(head, "notes-plan"))
    return made


def _note(text: str, name: str) -> NotebookNode:
    """A cell for the teacher, which a talk leaves out."""
    about = {"tags": [NOTES], "slideshow": {"slide_type": "skip"}}
    return nbformat.v4.new_markdown_cell(text, metadata=about, id=name)


def wrong_answers(key: str) -> str:
    """What learners answer wrongly, and what the check then says, as Markdown; "" where no list of them is kept."""
    lesson, _, name = key.partition("/")
    hints = exercises_of(lesson)[name].hints
    if not hints:
        return ""
    rows = [f"- `{_shown(wrong)}`: {hint}" for wrong, hint in hints.items()]
    return f"**For the teacher: wrong answers to `{key}`, and their hints**\n\n" + "\n".join(rows)


def _shown(answer: object) -> str:
    """An answer as a learner would write it, on one line."""
    if callable(answer):
        return getattr(answer, "__name__", "a function")
    text = " ".join(repr(answer).split()).replace("`", "'")
    return text if len(text) <= 80 else text[:77] + "..."


def has_slides() -> bool:
    """Whether slides can be made here."""
    return importlib.util.find_spec("nbconvert") is not None


def write_versions(
    lesson: Path, out: Path, versions: Collection[str] = VERSIONS
) -> dict[str, Path]:
    """The files of these versions of one lesson: version -> path."""
    notebook = _read(lesson)
    written = {}
    made_of = {
        "student": student_version,
        "teacher": partial(teacher_version, name=lesson.stem),
    }
    for version in [name for name in made_of if name in versions]:
        made = made_of[version](notebook)
        nbformat.validate(made)
        written[version] = _write(nbformat.writes(made) + "\n", out / version / lesson.name)
    if "slides" in versions and has_slides():
        path = out / "slides" / f"{lesson.stem}.html"
        written["slides"] = _write(slides(notebook), path)
    return written


def _read(lesson: Path) -> NotebookNode:
    """The notebook; ClassroomError where there is none."""
    try:
        return nbformat.read(lesson, as_version=4)
    except OSError as error:
        raise ClassroomError(reason(error)) from error
    except nbformat.reader.NotJSONError:
        raise ClassroomError("this is no notebook; name one of the folder notebooks") from None


def _write(text: str, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    return part.replace(path)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("notebooks", nargs="*", type=Path, help="lessons; all where none is named")
    parser.add_argument("--out", type=Path, default=OUT, help="folder; default _build/classroom")
    options = parser.parse_args(arguments)
    sizes = dict.fromkeys(VERSIONS, 0)
    lessons = options.notebooks or sorted(NOTEBOOKS.glob("*.ipynb"))
    for lesson in lessons:
        try:
            written = write_versions(lesson, options.out)
        except (ClassroomError, TalkError, OSError, nbformat.reader.NotJSONError) as error:
            print(f"classroom: {lesson}: {error}", file=sys.stderr)
            return 1
        for version, path in written.items():
            sizes[version] += path.stat().st_size
    for version, size in sizes.items():
        if size:
            print(f"{options.out / version}: {plural(len(lessons), 'lesson')}, {size / 1e6:.1f} MB")
    if not has_slides():
        print("no slides: they need nbconvert (pip install nbconvert)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
