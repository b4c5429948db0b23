"""The directive {attribution}: who made the embedded pictures, as a table.

    ```{attribution} photos
    :group: monuments
    ```

`photos` gives one row a photograph (all, or one group), `emoji` one row a hand. Both are read
from the attribution.csv that ships beside the pictures, so that page and data cannot disagree.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective
from tables import entry, table

FILES = Path("aesthetic_utils", "data", "files")
LICENCES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-2.0": "https://creativecommons.org/licenses/by/2.0/",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-2.0": "https://creativecommons.org/licenses/by-sa/2.0/",
    "CC-BY-SA-3.0": "https://creativecommons.org/licenses/by-sa/3.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "Public domain": "",
}

# what a cell of the table is made of: its text, and where it leads ("" for nowhere)
Cell = tuple[str, str]


def picture_name(file: str) -> str:
    """What a photograph is called in prose: "monuments_petra.webp" -> "monuments petra"."""
    return Path(file).stem.replace("_", " ")


def photo_cells(row: dict[str, str]) -> list[Cell]:
    """The cells of one photograph."""
    source = row["source"] if row["source"].startswith("http") else ""
    changes = "; ".join(filter(None, [row["note"], "resized, saved as WebP"]))
    package = row["package"] if source else f"{row['package']} ({row['source']})"
    return [
        (picture_name(row["file"]), source),
        (row["author"], ""),
        (row["license"], licence_address(row["license"])),
        (f"{row['width']} × {row['height']}", ""),
        (changes, ""),
        (package, ""),
    ]


def emoji_cells(row: dict[str, str]) -> list[Cell]:
    """The cells of one hand's set."""
    return [
        (row["title"], row["source"]),
        (row["author"], ""),
        (row["license"], row["license_url"]),
        (f"{row['package']} {row['version']}", ""),
        (row["drawings"], ""),
        (", ".join(filter(None, [row["file"], row["more"]])), ""),
    ]


TABLES = {
    "photos": (photo_cells, ["Photograph", "Author", "Licence", "Pixels", "Changes", "Package"]),
    "emoji": (emoji_cells, ["Design", "Author", "Licence", "Package", "Drawings", "Files"]),
}


def licence_address(name: str) -> str:
    """Where the text of a licence is; raises KeyError for one that is not in LICENCES."""
    if name not in LICENCES:
        raise KeyError(f"unknown licence {name!r}: add its address to book/_ext/attribution.py")
    return LICENCES[name]


class Attribution(SphinxDirective):
    """See the module."""

    required_arguments = 1
    option_spec = {"group": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """The table."""
        name = self.arguments[0]
        if name not in TABLES:
            raise self.error(f"attribution: {name!r} is none of {', '.join(TABLES)}")
        to_cells, head = TABLES[name]
        path = Path(self.env.srcdir) / FILES / name / "attribution.csv"
        self.env.note_dependency(str(path))
        try:
            rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
            if "group" in self.options:
                rows = [row for row in rows if row["group"] == self.options["group"]]
            cells = [to_cells(row) for row in rows]
        except (OSError, KeyError) as error:
            raise self.error(f"attribution: {path.name} of {name}: {error}") from None
        if not cells:
            raise self.error(f"attribution: no picture of {name} in the group {self.options}")
        lines = [[entry(text, address=address) for text, address in row] for row in cells]
        return [table(head, lines, "attribution")]


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_directive("attribution", Attribution)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
