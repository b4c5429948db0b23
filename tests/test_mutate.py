"""The tool that asks whether tests notice a fault."""

import os
from pathlib import Path

import pytest

from tools import mutate

SOURCE = '''"""Words stay."""
def f(x: int | None, *, deep: bool = True) -> int | None:
    """These too."""
    x += 3
    g(x, key=2)
    return -max(x, 1) if not x <= 2 and deep else f"{x + 1}"
'''


def changes(source: str) -> list[str]:
    return [m.change for m in mutate.mutants(source, Path("m.py"))]


def test_every_kind_of_change_is_tried_and_types_and_words_are_not():
    assert sorted(changes(SOURCE)) == sorted(
        [
            "True  ->  False",
            "x += 3  ->  pass",
            "3  ->  4",
            "g(x, key=2)  ->  pass",
            "g(...) without key=2",
            "2  ->  3",
            "-max(x, 1)  ->  max(x, 1)",
            "max  ->  min",
            "1  ->  2",
            "not x <= 2 and deep  ->  not x <= 2 or deep",
            "not x <= 2  ->  x <= 2",
            "x <= 2  ->  x < 2",
            "2  ->  3",
        ]
    )


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("a = b // 2 * 2", "b // 2 * 2  ->  b // 2 / 2"),
        ("a = b is None", "b is None  ->  b is not None"),
        ("a.b = 1", "a.b = 1  ->  pass"),
        ("a = a.clamp_min(c)", "a = a.clamp_min(c)  ->  pass"),
        ("a = b.clamp_min(c)", "b.clamp_min  ->  b.clamp_max"),
    ],
)
def test_further_changes(code, change):
    assert change in changes(code)


def test_a_mutant_is_the_source_with_one_change_at_its_line():
    mutants = mutate.mutants("a = 1\nb = a + 1\n", Path("m.py"))
    assert [(m.line, m.source) for m in mutants] == [
        (1, "a = 2\nb = a + 1"),
        (2, "a = 1\nb = a + 2"),
        (2, "a = 1\nb = a - 1"),
    ]


@pytest.fixture
def repository(tmp_path):
    """A package with a name from within, and three test files of which two import its module."""
    files = {
        "pack/__init__.py": "from pack.half import half\n",
        "pack/half.py": "def half(x):\n    return x / 2\n",
        "tests/test_a.py": "import os, sys\nfrom pack import half\n\ndef test():\n    assert half(2) == 1\n",
        "tests/test_half.py": "from pack.half import half\n\ndef test():\n    assert half(0) == 0\n",
        "tests/test_other.py": "import pack\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_modules_tests_are_those_that_import_it_the_namesake_first(repository):
    found = mutate.tests_of(Path("pack/half.py"), repository)
    assert [path.name for path in found] == ["test_half.py", "test_a.py"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that can fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_what_tests_notice_is_killed_and_the_rest_survives(repository, capfd):
    path = Path("pack/half.py")
    before = (repository / path).read_text()
    found = mutate.judge(mutate.mutants(before, path), repository, 60)
    assert {m.change: outcome for m, outcome in found} == {
        "x / 2  ->  x * 2": "failed",
        "2  ->  3": "failed",
    }
    assert (repository / path).read_text() == before
    (repository / "tests/test_a.py").unlink()  # what is left is true of 0 alone
    found = mutate.judge(mutate.mutants(before, path), repository, 60)
    assert {outcome for _, outcome in found} == {"passed"}
    mutate.report(found, 2)
    assert "2 survived" in capfd.readouterr().out
