"""The role {result}`FILE:path.to.value:format`: a measured number, read from aesthetic_utils/results/.

    {result}`resnet_emoji_designer:metrics.among_five.mean:.1%`    92.6%
    {result}`srresnet_x4:set5.images[0].psnr:.2f`     33.41
    {result}`srresnet_x4:hardware`                    the value as it stands

`FILE` is FILE.json there; steps of the path are keys, and [0] or .0 an element of a list; the
format is Python's, as in `format(value, ".1%")`. No page types a measured number, so none can
disagree with the run. A page is built again when a file that it quotes changes, and a file, a
step or a format that does not fit stops a strict build.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

logger = logging.getLogger(__name__)
FOLDER = "aesthetic_utils/results"


class ResultError(LookupError):
    """A quotation that cannot be resolved; the message is for whoever writes the page."""


def look_up(data: Any, path: str) -> Any:
    """The value at `path`, such as "set5.images[0].psnr", in nested dicts and lists."""
    value, reached = data, []
    for step in re.sub(r"\[(-?\d+)\]", r".\1", path).split("."):
        place = ".".join(reached) or "the top"
        if isinstance(value, dict):
            if step not in value:
                raise ResultError(f"no {step!r} at {place}; there are: {', '.join(value)}")
            value = value[step]
        elif isinstance(value, list):
            if not re.fullmatch(r"-?\d+", step):
                raise ResultError(f"{place} is a list: {step!r} is not an index")
            if not -len(value) <= int(step) < len(value):
                raise ResultError(f"{place} has {len(value)} elements: no [{step}]")
            value = value[int(step)]
        else:
            raise ResultError(f"{place} is the value {value!r}: nothing below it, so no {step!r}")
        reached.append(step)
    return value


def quote(text: str, folder: Path) -> str:
    """The text that stands for a quotation such as "cnn:accuracy.mean:.1%"."""
    name, _, rest = text.strip().partition(":")
    path, _, spec = rest.partition(":")
    if not name or not path:
        raise ResultError("write it as FILE:path.to.value or FILE:path.to.value:format")
    file = folder / f"{name}.json"
    try:
        data = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        there = ", ".join(sorted(p.stem for p in folder.glob("*.json"))) or "none"
        raise ResultError(f"no {folder.name}/{file.name}; there are: {there}") from None
    except json.JSONDecodeError as error:
        raise ResultError(f"{folder.name}/{file.name} is not JSON: {error}") from None
    value = look_up(data, path)
    if isinstance(value, dict | list):
        raise ResultError(f"{path} is no single value; go on with: {_below(value)}")
    try:
        return format(value, spec)
    except (TypeError, ValueError) as error:
        raise ResultError(f"{value!r} cannot be written as {spec!r}: {error}") from None


def _below(value: dict | list) -> str:
    return ", ".join(value) if isinstance(value, dict) else f"[0] to [{len(value) - 1}]"


class ResultRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        folder = Path(self.env.srcdir) / FOLDER
        self.env.note_dependency(str(folder / f"{self.text.strip().partition(':')[0]}.json"))
        try:
            text = quote(self.text, folder)
        except ResultError as error:
            message = f"result `{self.text}`: {error}"
            logger.error(message, location=self.get_location())
            return [nodes.problematic(self.rawtext, self.rawtext)], []
        return [nodes.inline(self.rawtext, text, classes=["result"])], []


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_role("result", ResultRole())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
