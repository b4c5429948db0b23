"""`make results`: what is made anew, in which order, and that all of it can be made."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from forks import Forks

from aesthetic_utils.published.results import available_results
from aesthetic_utils.storage import file_digest
from tools import modes, results
from tools.results import Step, chosen_steps, in_order, meaning, sources, steps, why

REPOSITORY = Path(__file__).parents[1]


def step(name: str, *needs: str, **other) -> Step:
    settings = {"command": ("tools.train", name), "makes": (name,), "module": "aesthetic_utils.a"}
    return Step(**settings | {"needs": needs} | other)


def names(found: list[Step]) -> list[str]:
    return [name for step in found for name in step.makes]


# ---- order


def test_every_record_has_a_step_and_every_weight_that_is_needed_a_maker():
    assert sorted(names(steps())) == available_results()
    before: set[str] = set()
    for one in steps():
        assert set(one.needs) <= before, f"{one.makes[0]} comes before what it needs"
        before |= set(one.makes)


def test_steps_come_after_what_they_need():
    assert names(in_order([step("c", "b", "a"), step("b", "a"), step("a")])) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="b needs z, which nothing makes"):
        in_order([step("b", "z")])
    with pytest.raises(ValueError, match="needs itself"):
        in_order([step("a", "b"), step("b", "a")])


def test_a_step_is_chosen_with_what_it_needs():
    every = in_order([step("a"), step("b", "a"), step("c", "b"), step("d")])
    assert names(chosen_steps(["c"], every)) == ["a", "b", "c"]
    assert names(chosen_steps(["d"], every)) == ["d"]
    assert chosen_steps([], every) == every


# ---- what a record is made of


def test_the_sources_of_a_record_are_what_its_code_imports_and_no_more():
    def of(module: str) -> set[str]:
        return {p.relative_to(REPOSITORY).as_posix() for p in sources(module, REPOSITORY)}

    gan = of("aesthetic_utils.published.gan")
    assert {f"aesthetic_utils/{name}.py" for name in (
        "published/gan", "published/run", "training/gan", "training/run", "models/dcgan", "losses",
        "runtime", "data/emoji",
    )} <= gan  # fmt: skip
    assert not {"aesthetic_utils/training/srgan.py", "aesthetic_utils/training/judging.py"} & gan
    lazily = of("tools.publish_measures")  # by names of a package that loads its modules late
    assert {"aesthetic_utils/measures/columns.py", "aesthetic_utils/measures/edges.py"} <= lazily
    assert "tools/publish_votes.py" in of("tools.publish_judging")


def test_the_meaning_of_a_file_is_its_code(tmp_path):
    def of(text: str) -> str:
        (tmp_path / "m.py").write_text(text)
        return meaning(tmp_path / "m.py")

    code = 'def f(x):\n    """Doubles."""\n    return 2 * x\n'
    assert of(code) == of(
        '"""Words."""\n\ndef f(x):  # twice\n    return (\n        2 * x\n    )\n'
    )
    assert of(code) != of(code.replace("2", "3"))


@pytest.fixture
def made(tmp_path) -> Path:
    """A small repository in which a and then b, which needs a, have been made."""
    for name, text in (("a", "from aesthetic_utils import c\n"), ("b", ""), ("c", "rate = 1\n")):
        file = tmp_path / "aesthetic_utils" / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    for one in (A, B):
        for path in one.outputs:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(f"{path} of the first time")
        results.note(one, results.inputs(one, tmp_path), tmp_path)
    (tmp_path / "tools").mkdir(exist_ok=True)
    return tmp_path


A = step("a")
B = step("b", "a", module="aesthetic_utils.b")
WEIGHTS_A = results.WEIGHTS / "a.safetensors"


def test_what_has_been_made_is_up_to_date(made):
    assert why(A, made) is None and why(B, made) is None


@pytest.mark.parametrize(
    ("file", "text", "stale"),
    [
        ("aesthetic_utils/c.py", "rate = 2\n", {"a": "its code"}),
        ("aesthetic_utils/c.py", "rate = 1  # a comment\n", {}),
        ("aesthetic_utils/b.py", "rate = 2\n", {"b": "its code"}),
        ("aesthetic_utils/data/files/new.png", "", {"a": "its code, its data", "b": "its data"}),
        (WEIGHTS_A, "other", {"a": "was changed after", "b": "the weights that it needs"}),
        (results.RESULTS / "b.json", "other", {"b": "was changed after"}),
        (results.RESULTS / "b.json", None, {"b": "b.json missing"}),
        (results.MADE, "{}", {"a": "not known", "b": "not known"}),
    ],
)
def test_what_changed_says_why(made, file, text, stale):
    (made / file).parent.mkdir(parents=True, exist_ok=True)
    (made / file).unlink() if text is None else (made / file).write_text(text)
    for one in (A, B):
        reason = why(one, made)
        assert (reason is None) == (one.makes[0] not in stale)
        assert stale.get(one.makes[0], "") in (reason or "")


def test_the_plan_names_what_follows_from_what(made, capsys):
    (made / "aesthetic_utils" / "c.py").write_text("rate = 2\n")
    results.plan([A, B], made)
    a, b = capsys.readouterr().out.splitlines()
    assert a.startswith("a: its code") and b == "b: a is made anew"


@pytest.mark.parametrize(
    ("code", "said", "exit_code"),
    [(3, "left out: its data are not here", 0), (5, "failed (exit code 5)", 1)],
)
def test_what_cannot_be_made_is_said(made, monkeypatch, code, said, exit_code):
    """And what needs it is not made without it."""

    def run(command, **_):
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(subprocess, "run", run)
    (made / WEIGHTS_A).unlink()
    found = results.make([A, B, step("d")], made, None)
    assert found == {"a": said, "b": "not made: it needs a", "d": said}
    assert results.report({"d": said}) == exit_code and results.report(found) == 1


def test_in_the_repository_nothing_is_published_but_full_runs(monkeypatch, tmp_path):
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(modes, "ROOT", tmp_path)
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    assert "set AESTHETIC_MODE=full" in modes.refusal()
    monkeypatch.setenv("AESTHETIC_MODE", "full")
    assert modes.refusal() is None
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    (tmp_path / ".git").rmdir()
    assert modes.refusal() is None


# ---- all of it, with toys


MADE_HERE = (
    "image_measures",
    "dog_predictor",
    "ava_votes",
    "reference_distributions",
    "data_sets",
)


def test_records_can_be_made(tmp_path, monkeypatch, capsys):
    """Every command but that of most runs, in smoke mode, in a copy; once more, and nothing is left to do.

    These records and what they need. tests/test_resume.py walks all runs, and the workflow systems.yml makes
    every record once a week. Each command runs in a fork of one process (test_tools.py starts one as it is).
    """
    copy = tmp_path / "copy"
    here = {path: file_digest(path) for path in sorted((REPOSITORY / results.RESULTS).iterdir())}
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    ran = []
    with Forks(copy) as forks:

        def run(command, cwd, env):
            assert command[0] == sys.executable and env["PYTHONPATH"] == str(cwd) == str(copy)
            ran.append(forks.run(*command[1:], cwd=cwd))
            return ran[-1]

        monkeypatch.setattr(subprocess, "run", run)
        code = results.main(["--into", str(copy), *MADE_HERE])
    assert code == 0, "".join(done.stderr for done in ran)
    chosen = chosen_steps(MADE_HERE, steps())
    wanted = names(chosen)
    lines = capsys.readouterr().out.splitlines()
    said = dict(line.split(": ", 1) for line in lines[-len(wanted) :])
    assert sorted(said) == sorted(wanted)
    assert set(said.values()) == {"made"}
    assert all(why(one, copy) is None for one in chosen)
    made = {
        name: json.loads((copy / results.RESULTS / f"{name}.json").read_text("utf-8"))
        for name in said
    }
    assert {record["mode"] for name, record in made.items() if name != "data_sets"} == {"smoke"}
    assert made["image_measures"]["small"]["weights"] == made["gan_emoji"]["weights"]["sha256"]
    assert here == {path: file_digest(path) for path in here}, "the repository's own were touched"
    shutil.rmtree(copy)  # 40 MB
