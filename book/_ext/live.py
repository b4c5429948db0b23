"""The directive {live}: a figure that a reader can touch, with a still picture in its place.

    ```{live} whose_hand
    :still: figures/emoji_five_designers.webp
    :alt: Eleven things in five rows ...
    :name: fig-five-designers

    The caption.
    ```

gives a <figure> with the still picture, an empty place and the caption. The files of
book/live/whose_hand/ lie at the top of the site, in whose_hand/ (book/live is in html_extra_path).
The page loads its style sheets and figure.js. That loads the other scripts when the place comes near the screen: what
lies in book/live itself, which the figures share, then the figure's own, in alphabetical order. They fill the place;
without them, and on paper, the still picture stands there, as wide as :width: says. :with: names further folders of
book/live, whose files come before those of the figure: `networks` runs trained networks (and the build puts their
weights beside their graphs, from the package's own), `pictures` reads a picture of the reader's, `measures` measures it, `votes` reads
files of votes and ranks by them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

FOLDER = Path("book", "live")
LOADER = "figure.js"  # in FOLDER: loads the other scripts
NETWORKS = "networks"  # in FOLDER, and at the top of the site; list.js in it names the weights
WEIGHTS = Path("aesthetic_utils", "weights")
# before anything is drawn, so that the still picture does not flash up where the script comes
MARK = "document.documentElement.classList.add('live');"
UNMARK = "document.documentElement.classList.remove('live')"


class live_place(nodes.General, nodes.Element):  # noqa: N801 (docutils' spelling)
    """Where the script builds; "live" is the name of the folder, "needed" are those of others."""


def visit_place(writer: Any, node: live_place) -> None:
    # the names were checked to be those of folders
    shared = Path(writer.builder.srcdir) / FOLDER
    names = scripts(shared, *node["needed"], node["live"])
    listed = " ".join(f"{path.relative_to(shared).as_posix()}?v={version(path)}" for path in names)
    writer.body.append(f'<div class="live-place" data-live="{node["live"]}" data-files="{listed}">')


def depart_place(writer: Any, node: live_place) -> None:
    writer.body.append("</div>\n")


class Live(SphinxDirective):
    """See the module."""

    required_arguments = 1
    has_content = True
    option_spec = {
        "still": directives.unchanged_required,
        "alt": directives.unchanged_required,
        "name": directives.unchanged,
        "width": directives.length_or_percentage_or_unitless,
        "with": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """The figure: picture, place, caption."""
        name = self.arguments[0]
        folder = Path(self.env.srcdir) / FOLDER
        known = sorted(path.name for path in folder.glob("*") if path.is_dir())
        needed = self.options.get("with", "").split()
        for each in (name, *needed):
            if each not in known:
                there = ", ".join(known) or "none"
                raise self.error(f"live: no {each!r} in {FOLDER.as_posix()}; there are: {there}")
        for option in ("still", "alt"):
            if not self.options.get(option, "").strip():
                raise self.error(f"live: {name} needs :{option}:, for readers without the script")
        if not self.content:
            raise self.error(f"live: {name} needs a caption")
        for script in scripts(folder, *needed, name):
            self.env.note_dependency(str(script))  # the page names their versions
        size = {"width": self.options["width"]} if "width" in self.options else {}
        image = nodes.image(uri=self.options["still"], alt=self.options["alt"], **size)
        place = live_place(live=name, needed=needed)
        figure = nodes.figure("", image, place, classes=["live"], align="default")
        figure += self.caption()
        self.set_source_info(image)
        self.set_source_info(figure)
        self.add_name(figure)
        return [figure]

    def caption(self) -> nodes.caption:
        parsed = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, parsed)
        if len(parsed) != 1 or not isinstance(parsed[0], nodes.paragraph):
            raise self.error("live: the caption is one paragraph")
        caption = nodes.caption(parsed[0].rawsource, "", *parsed[0].children)
        self.set_source_info(caption)
        return caption


def scripts(shared: Path, *names: str) -> list[Path]:
    """What figure.js loads for a figure: what all share, then the folders of these names, each in alphabetical order."""
    folders = [shared, *(shared / name for name in names)]
    found = [path for folder in folders for path in sorted(folder.glob("*.js"))]
    return [path for path in found if path != shared / LOADER]


def version(file: Path) -> str:
    """Eight digits that change with the file, so that a browser keeps it as long as it is the same."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:8]


def load(app: Any, page: str, template: str, context: dict, doctree: nodes.document | None) -> None:
    """Add what a page's live figures need; what is added in this event is for this page alone."""
    places = list(doctree.findall(live_place)) if doctree else []
    if not places:
        return
    app.add_js_file(None, body=MARK, priority=100)
    shared = Path(app.srcdir) / FOLDER
    needed = sorted({name for place in places for name in place["needed"]})
    names = sorted({place["live"] for place in places} - set(needed))
    for folder in [shared, *(shared / name for name in (*needed, *names))]:
        for sheet in sorted(folder.glob("*.css")):
            app.add_css_file(f"../{sheet.relative_to(shared).as_posix()}")  # from _static
    app.add_js_file(f"../{LOADER}", loading_method="defer", onerror=UNMARK)


def listed(script: Path) -> dict[str, dict]:
    """The networks that a list.js names."""
    return json.loads(script.read_text("utf-8").split("=", 1)[1].strip().rstrip(";"))


def copy_weights(app: Any, failed: Exception | None) -> None:
    """Put the weights of the networks beside their graphs in the site."""
    script = Path(app.srcdir) / FOLDER / NETWORKS / "list.js"
    if failed or app.builder.format != "html" or not script.is_file():
        return
    for name in sorted({network["weights"] for network in listed(script).values()}):
        shutil.copy(Path(app.srcdir) / WEIGHTS / name, Path(app.outdir) / NETWORKS)


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_node(live_place, html=(visit_place, depart_place))
    app.add_directive("live", Live)
    app.connect("html-page-context", load)
    app.connect("build-finished", copy_weights)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
