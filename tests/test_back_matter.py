"""The article map, the questions and answers, the glossary and the references are complete."""

import re

import pytest
import torch
from errata import pages
from errata.pages import BOOK, HERE

FAQ = BOOK / "6-faq" / "faq.md"
PAGE_TORCH = "2.15"  # the version whose messages the pages quote
ERROR = re.compile(r"^(\w+Error): ", re.MULTILINE)
MARKED = re.compile(r"\{(?:zh|article-section)\}`([^`]*)`")  # Chinese, in its role


def data_lines(name: str) -> list[str]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def snippets() -> list[tuple[pages.Block, str | None]]:
    """Every ```python block of the questions, with the ```text block right after it, if any."""
    blocks = pages.code_blocks(FAQ)
    found = []
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block.language == "python":
            own = after and after.language == "text" and after.follows < after.line
            end = block.line + block.text.count("\n") + 2
            found.append((block, after.text if own and after.line == end + 1 else None))
    return found


@pytest.mark.parametrize(("block", "printed"), snippets(), ids=lambda v: getattr(v, "line", ""))
def test_snippets_print_what_the_page_says(block: pages.Block, printed: str | None):
    result = pages.run(block.text)
    if printed is None:
        assert result.error is None, result.message
        return
    message = ERROR.search(printed)
    assert (result.error is None) == (message is None), result.message
    said, quoted = printed, ""
    if message:
        said, quoted = printed[: message.start()], printed[message.start() :]
    assert result.output == said
    if message and torch.__version__.startswith(PAGE_TORCH):
        assert pages.agrees(result.message, quoted)
    elif message:
        assert type(result.error).__name__ == message[1]


def test_questions_are_enough_and_of_one_form():
    text = FAQ.read_text(encoding="utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    questions = {part.splitlines()[0]: re.split(r"^### ", part, flags=re.M)[1:] for part in parts}
    assert len(questions["Four questions of principle"]) == 4
    others = [q for name, qs in questions.items() for q in qs if not name.startswith("Four ")]
    assert len(others) >= 15
    complete = [q for q in others if all(f"**{w}.**" in q for w in ("Symptom", "Cause", "Cure"))]
    assert len(complete) >= 15


def test_every_text_block_of_the_questions_belongs_to_a_snippet():
    blocks = pages.code_blocks(FAQ)
    assert {b.language for b in blocks} == {"python", "text"}
    assert sum(b.language == "text" for b in blocks) == sum(p is not None for _, p in snippets())


def test_map_has_every_heading_of_the_article():
    text = (BOOK / "article_map.md").read_text(encoding="utf-8")
    text = MARKED.sub(r"\1", text)
    rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    headings = data_lines("headings.txt")
    first = rows.index(headings[0])
    assert rows[first : first + len(headings)] == headings
    for line in text.splitlines():
        if line.startswith("| ") and line.split("|")[1].strip() in headings:
            assert re.fullmatch(r" \[[^]]+\]\(#sec-[\w-]+\) ", line.split("|")[2])


def glossary_entries() -> list[list[str]]:
    """The names of each entry of the glossary."""
    text = (BOOK / "6-faq" / "glossary.md").read_text(encoding="utf-8")
    text = MARKED.sub(r"\1", text)
    body = text[text.index(":sorted:") : text.rindex("```")].split("\n\n")[1:]
    return [[x for x in entry.splitlines() if not x.startswith(" ")] for entry in body]


def test_glossary_has_every_term_of_the_article_in_both_languages():
    entries = glossary_entries()
    names = [name for entry in entries for name in entry]
    assert len(names) == len(set(names))
    assert not set(data_lines("terms.txt")) - set(names)
    for entry in entries:
        assert re.match(r"[A-Za-zé-]", entry[0]) and len(entry) >= 2, entry


def test_glossary_source_is_sorted():
    first = [entry[0].lower() for entry in glossary_entries()]
    assert first == sorted(first)


def test_references_page_has_all_six_of_the_article():
    text = (BOOK / "6-faq" / "references.md").read_text(encoding="utf-8")
    assert all(f"| [{i}] " in text for i in range(1, 7))
    keys = set(re.findall(r"^@\w+\{([^,]+),", (BOOK / "references.bib").read_text("utf-8"), re.M))
    cited = {k for group in re.findall(r"\{cite:[tp]\}`([^`]+)`", text) for k in group.split(",")}
    assert cited and cited <= keys
