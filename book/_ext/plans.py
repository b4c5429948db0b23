"""What a teacher wants to know before a lesson, and whole courses, from book/teaching/*.toml and the record of times.

    ```{plan} 3_1_convolution_and_pooling
    ```                                     one lesson
    ```{a-course} Twelve weeks
    ```                                     a whole course
    ```{costs}
    ```                                     a table of all lessons: minutes, processor, memory, download

Goals are the lesson's own ("At the end you can"); minutes are computed from the record lesson_times by the rates that stand
in it. A lesson without a plan or without a measured time says so.
"""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

GOALS = re.compile(
    r"(?:At\s+the\s+end\s+you\s+can|lesson\s+you|\bYou)\s*\n+((?:- .*\n?(?:  .*\n?)*)+)"
)
NBSP = "\u00a0"  # a number stays beside its unit
LEVELS = ("begins", "can do it", "can explain it")


@cache
def toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


@cache
def record(root: Path) -> dict[str, Any]:
    path = root / "aesthetic_utils" / "results" / "lesson_times.json"
    return json.loads(path.read_text("utf-8"))


def sections(times: dict[str, Any], lesson: str) -> list[dict[str, Any]]:
    """The sections of a lesson in the record: column -> value; none where it is not measured."""
    rows = times["lessons"].get(lesson, {}).get("sections", [])
    return [dict(zip(times["columns"], row, strict=True)) for row in rows]


def minutes(
    section: dict[str, Any], rates: dict[str, Any], mode: str = "laptop"
) -> dict[str, float]:
    """Minutes for reading, running and the exercises of a section."""
    each = rates["minutes_an_exercise"]
    return {
        "reading": section["words"] / rates["words_a_minute"]
        + section["lines"] / rates["lines_of_code_a_minute"]
        + section["pictures"] * rates["minutes_a_picture"],
        "running": (section[mode] or 0) / 60,
        "exercises": each["answer"] * section["answers"]
        + each["function"] * section["functions"]
        + each["open"] * section["open"],
    }


def total(times: dict[str, Any], lesson: str, only: list[str] | None = None) -> dict[str, float]:
    """Minutes of a lesson, or of these sections of it."""
    made = {"reading": 0.0, "running": 0.0, "exercises": 0.0}
    for section in sections(times, lesson):
        if only is None or section["title"] in only:
            for kind, value in minutes(section, times["rates"]).items():
                made[kind] += value
    return made


def goals(root: Path, lesson: str) -> str:
    """The lesson's own list of what one can at its end, as Markdown; "" where it has none."""
    path = root / "notebooks" / f"{lesson}.ipynb"
    cell = json.loads(path.read_text("utf-8"))["cells"][0]["source"]
    found = GOALS.search("".join(cell) + "\n")
    return found[1].strip() if found else ""


def plan(root: Path, lesson: str) -> str:
    """The Markdown of a lesson's plan."""
    about = toml(root / "book" / "teaching" / "plans.toml").get(lesson)
    if about is None:
        return "*The plan of this lesson is not written yet.*"
    parts = [f"[To the lesson](../../notebooks/{lesson}.ipynb)", "**Goals**", goals(root, lesson)]
    parts += ["**Before it.** " + about["know"], "**Minutes**", minutes_table(root, lesson)]
    parts += ["**Three misconceptions, and the question that brings each to light**"]
    parts += [misconceptions(about["wrong"])]
    parts += ["**To discuss**", "\n".join(f"- {prompt}" for prompt in about["discuss"])]
    parts += ["**Without a computer.** " + about["without"]]
    levels = " | ".join(LEVELS)
    parts += [f"| {levels} |\n| --- | --- | --- |\n| {' | '.join(about['rubric'])} |"]
    return "\n\n".join(parts)


def misconceptions(wrong: list[list[str]]) -> str:
    """What learners believe, what to ask, and what to listen for, as Markdown."""
    return "\n".join(
        f"- *{belief}* **Ask:** {question} **Listen for:** {answer}"
        for belief, question, answer in wrong
    )


def label(lesson: str) -> str:
    """The label of a lesson's plan in the book."""
    return "plan-" + lesson.replace("_", "-")


def minutes_table(root: Path, lesson: str) -> str:
    """A table of a lesson's minutes, section by section, as Markdown."""
    times = record(root)
    rows = []
    for section in sections(times, lesson):
        m = minutes(section, times["rates"])
        cells = (m["reading"], m["running"], m["exercises"])
        rows.append(f"| {section['title']} | " + " | ".join(_shown(c) for c in cells) + " |")
    if not rows:
        return "*Not measured yet.*"
    m = total(times, lesson)
    rows.append("| **together** | " + " | ".join(_shown(m[k]) for k in m) + " |")
    return (
        "| section | reading | running | exercises |\n| --- | ---: | ---: | ---: |\n"
        + "\n".join(rows)
    )


def _shown(value: float) -> str:
    return "" if value == 0 else "< 1" if value < 0.75 else f"{value:.0f}"


ON_THE_LESSON = re.compile(
    r"(?:The lesson|Lesson|Exercise)"
)  # how a part of a session in class begins that works on it


def session(times: dict[str, Any], one: dict[str, Any]) -> tuple[int, int]:
    """Minutes of a session in class, and at home: what its lessons take beyond the time on them in class."""
    whole = sum(sum(total(times, name).values()) for name in one.get("lessons", []))
    on_them = sum(part[0] for part in one["parts"] if ON_THE_LESSON.match(part[1]))
    at_home = max(0, round(whole) - on_them) if one.get("lessons") else 0
    return sum(part[0] for part in one["parts"]), at_home


def a_course(root: Path, name: str) -> str:
    """The Markdown of a whole course. Raises KeyError for one that is not there."""
    times, made = record(root), []
    known = {c["name"]: c for c in toml(root / "book" / "teaching" / "courses.toml")["course"]}
    for course in (known[name],):
        made += [course["about"]]
        sums = [session(times, one) for one in course["sessions"]]
        home = sum(at_home for _, at_home in sums)
        made.append(
            f"**{len(sums)} sessions, {sum(c for c, _ in sums)} minutes in class"
            + (f", {home} at home.**" if home else ".**")
        )
        for one, (in_class, at_home) in zip(course["sessions"], sums, strict=True):
            made.append(
                f"**{one['title']}**, {in_class} minutes"
                + (f" and {at_home} at home" if at_home else "")
            )
            made.append("\n".join(f"- {part[0]} min: {_linked(part)}" for part in one["parts"]))
            if one.get("lessons"):
                made.append(
                    "; ".join(
                        f"[](../../notebooks/{n}.ipynb) ({{ref}}`plan <{label(n)}>`)"
                        for n in one["lessons"]
                    )
                )
    return "\n\n".join(made)


def _linked(part: list[Any]) -> str:
    """A part of a session, with links to its lesson and to the lesson's plan, or, where it is one, to the activity's plan."""
    if len(part) == 2:
        return part[1]
    lesson = part[2]
    if len(part) == 3:
        return f"{part[1]} ({{ref}}`plan <{label(lesson)}>`)"
    return f"[{part[1]}](../../notebooks/{lesson}.ipynb) ({{ref}}`plan <{label(lesson)}>`)"


def costs(root: Path) -> str:
    """The Markdown of a table of what each lesson takes."""
    times, rows = record(root), []
    for name, lesson in times["lessons"].items():
        m = total(times, name)
        seconds = lesson["cpu_seconds"]
        memory = f"{lesson['memory_mb'] / 1000:.1f}{NBSP}GB" if lesson["memory_mb"] else ""
        fetched = (
            f"{lesson['download_mb']:.0f}{NBSP}MB" if lesson["download_mb"] is not None else ""
        )
        full = f"{lesson['full_seconds']:.0f}{NBSP}s" if lesson["full_seconds"] else ""
        rows.append(
            f"| [](../../notebooks/{name}.ipynb) | {m['reading']:.0f} | {m['exercises']:.0f} "
            f"| {seconds.get('smoke', 0):.0f}{NBSP}s | {seconds.get('laptop', 0):.0f}{NBSP}s | {full} | {memory} | {fetched} |"
        )
    head = "| lesson | reading, min | exercises, min | smoke | laptop | full | memory | fetched |"
    return head + "\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n" + "\n".join(rows)


class _Markdown(SphinxDirective):
    """Markdown that is made when the book is built."""

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir)
        for name in ("plans.toml", "courses.toml"):
            self.env.note_dependency(str(root / "book" / "teaching" / name))
        self.env.note_dependency(str(root / "aesthetic_utils" / "results" / "lesson_times.json"))
        container = nodes.container(classes=["plan"])
        self.state.nested_parse(StringList(self.text(root).splitlines(), "plans"), 0, container)
        return container.children

    def text(self, root: Path) -> str:
        raise NotImplementedError


class Plan(_Markdown):
    required_arguments = 1

    def text(self, root: Path) -> str:
        return plan(root, self.arguments[0])


class Course(_Markdown):
    required_arguments = 1
    final_argument_whitespace = True

    def text(self, root: Path) -> str:
        return a_course(root, self.arguments[0])


class Costs(_Markdown):
    def text(self, root: Path) -> str:
        return costs(root)


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_directive("plan", Plan)
    app.add_directive("a-course", Course)
    app.add_directive("costs", Costs)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
