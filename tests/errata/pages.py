"""Reads the code of a page: its blocks, and the diffs by which the errata repair a listing."""

import contextlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

import torch

HERE = Path(__file__).parent
BOOK = HERE.parents[1] / "book"
ERRATA = BOOK / "4-code" / "errata.md"
LISTINGS = {"cnn": "listing_4_1", "gan": "listing_4_2"}
FENCE = re.compile(r"^(?P<fence>`{3,})(?:\{code-block\} *)?(?P<language>\w*) *$")
NAME = re.compile(r"^:name: *(?P<name>\S+) *$")


@dataclass(frozen=True)
class Block:
    """A fenced block of code: ```python, or ```{code-block} python with `:name:`."""

    language: str
    name: str  # "" where the page gives none
    text: str
    line: int  # of the fence, counted from 1
    follows: int  # of the last line of text before it that is not blank


def code_blocks(page: Path) -> list[Block]:
    """All blocks of a page, in its order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    blocks, i, last_text = [], 0, 0
    while i < len(lines):
        start = FENCE.match(lines[i])
        if not start or not start["language"]:
            last_text = i + 1 if lines[i].strip() else last_text
            i += 1
            continue
        end = next(j for j in range(i + 1, len(lines)) if lines[j].strip() == start["fence"])
        body, name = lines[i + 1 : end], ""
        while body and body[0].startswith(":"):
            option = NAME.match(body.pop(0))
            name = option["name"] if option else name
        text = "\n".join(body).strip("\n") + "\n"
        blocks.append(Block(start["language"], name, text, i + 1, last_text))
        i, last_text = end + 1, end + 1
    return blocks


def printed(listing: str) -> str:
    """A listing as the article prints it, its indentation restored."""
    return (HERE / f"{LISTINGS[listing]}.txt").read_text(encoding="utf-8")


def repaired(listing: str) -> str:
    """The same listing after all repairs of the page, as the page shows it."""
    name = LISTINGS[listing].replace("listing", "repaired")
    return (HERE / f"{name}.txt").read_text(encoding="utf-8")


def apply_diff(source: str, diff: str) -> str:
    """The source with the hunks of a diff applied; each must fit in exactly one place.

    Hunks are separated by lines that start with @@. Raises ValueError where one does not fit.
    """
    for hunk in re.split(r"^@@.*\n", diff, flags=re.MULTILINE):
        lines = hunk.splitlines()
        old = "".join(f"{x[1:]}\n" for x in lines if not x.startswith("+"))
        new = "".join(f"{x[1:]}\n" for x in lines if not x.startswith("-"))
        places = [m.start() for m in re.finditer(f"(?m)^{re.escape(old)}", source)]
        if len(places) != 1:
            raise ValueError(f"this hunk fits in {len(places)} places:\n{hunk}")
        source = source[: places[0]] + new + source[places[0] + len(old) :]
    return source


def state(listing: str, until: str | None = None) -> str:
    """A listing with the repairs that the page makes before the block named `until`; None: all."""
    source = printed(listing)
    for block in code_blocks(ERRATA):
        if block.name == until:
            break
        if block.name.startswith(f"{listing}-") and block.name.endswith("-fix"):
            source = apply_diff(source, block.text)
    return source


@dataclass
class Run:
    """What became of a program: its names, what it printed, and the error that stopped it."""

    names: dict
    output: str = ""
    error: Exception | None = None

    @property
    def message(self) -> str:
        """Type and text of the error, as the last line of a traceback shows them."""
        if self.error is None:
            return "no error"
        text = getattr(self.error, "msg", None) or str(self.error)  # SyntaxError adds its place
        return f"{type(self.error).__name__}: {text}"


def run(source: str, names: dict | None = None, *, file: str = "listing.py") -> Run:
    """Executes a program from seed 0, or in the names that an earlier one left."""
    if names is None:
        torch.manual_seed(0)
    result = Run(names if names is not None else {"__name__": "__main__"})
    printed_text = io.StringIO()
    with contextlib.redirect_stdout(printed_text):
        try:
            exec(compile(source, file, "exec"), result.names)
        except Exception as error:  # the error is what we came for
            result.error = error
    result.output = printed_text.getvalue()
    return result


def as_one_line(text: str) -> str:
    """A message without the line breaks that a page needs."""
    return " ".join(text.split())


def agrees(message: str, quoted: str) -> bool:
    """Whether a page's quotation, which may end in "...", is this message."""
    message, quoted = as_one_line(message), as_one_line(quoted)
    if quoted.endswith(" ..."):
        return message.startswith(quoted.removesuffix(" ..."))
    return message == quoted
