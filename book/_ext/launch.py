"""Where a lesson can be opened without installing anything: the directive

    ```{launch}
    ```

makes a table of all lessons, in the order of the book, with a link to each of the places below. Colab, Kaggle and Binder open
the lesson as learners get it, from the branch that tools/student_branch.py makes; the button on the lesson's own page
(page_head.py) opens it as it stands in the book. The addresses follow from the repository and the branch that _config.yml
names. What each place needs in the repository: tests/test_launch.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from docutils import nodes
from page_head import colab
from sphinx.util.docutils import SphinxDirective

STUDENT = "student"  # the branch of the lessons for learners


def kaggle(repository: str, branch: str, page: str) -> str:
    """Where Kaggle copies a notebook of the repository into an account of the reader."""
    return f"https://kaggle.com/kernels/welcome?src={repository.rstrip('/')}/blob/{branch}/{page}.ipynb"


def binder(repository: str, branch: str, page: str) -> str:
    """Where mybinder.org builds the repository and opens a notebook in JupyterLab."""
    slug = repository.rstrip("/").removeprefix("https://github.com/")
    return f"https://mybinder.org/v2/gh/{slug}/{branch}?urlpath=lab/tree/{page}.ipynb"


def codespaces(repository: str, branch: str, page: str) -> str:
    """Where GitHub starts a computer with the repository; the reader opens the notebook there."""
    slug = repository.rstrip("/").removeprefix("https://github.com/")
    return f"https://codespaces.new/{slug}/tree/{branch}"


PLACES: dict[str, Callable[[str, str, str], str]] = {
    "Colab": colab,
    "Kaggle": kaggle,
    "Binder": binder,
    "Codespaces": codespaces,
}


class Launch(SphinxDirective):
    """`{launch}`: the table is filled when all titles are known."""

    def run(self) -> list[nodes.Node]:
        return [launch_table()]


class launch_table(nodes.General, nodes.Element):
    """Stands for the table until the lessons' titles are known."""


def row(cells: list[nodes.Node]) -> nodes.row:
    return nodes.row("", *[nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells])


def table(lessons: dict[str, str], repository: str, branch: str) -> nodes.table:
    """lessons: page -> title. A codespace has the whole repository, of the branch that is given; the others show a notebook."""
    head = row([nodes.Text(text) for text in ("lesson", *PLACES)])
    body = [
        row(
            [
                nodes.Text(title.removeprefix("Lesson ")),
                *(
                    nodes.reference(
                        "", "open", internal=False,
                        refuri=address(repository, branch if place == "Codespaces" else STUDENT, page),
                    )
                    for place, address in PLACES.items()
                ),
            ]
        )
        for page, title in lessons.items()
    ]  # fmt: skip
    widths = [nodes.colspec(colwidth=1) for _ in range(1 + len(PLACES))]
    group = nodes.tgroup(
        "", *widths, nodes.thead("", head), nodes.tbody("", *body), cols=len(widths)
    )
    return nodes.table("", group)


def fill(app: Any, doctree: nodes.document, page: str) -> None:
    """Sphinx calls this when a page is written."""
    for place in list(doctree.findall(launch_table)):
        theme = app.config.html_theme_options
        lessons = {
            name: app.env.titles[name].astext()
            for name in in_order(app.env.toctree_includes, app.config.root_doc)
            if name.startswith("notebooks/")
        }
        place.replace_self(table(lessons, theme["repository_url"], theme["repository_branch"]))


def in_order(below: dict[str, list[str]], page: str) -> list[str]:
    """The pages below a page, as the book orders them."""
    found = []
    for name in below.get(page, []):
        found += [name, *in_order(below, name)]
    return found


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_node(launch_table)
    app.add_directive("launch", Launch)
    app.connect("doctree-resolved", fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
