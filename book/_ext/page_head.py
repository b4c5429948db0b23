"""Under the title of each page: how long it takes, and for a lesson how to open it.

    About 25 minutes to read · 4 minutes to run     [Open in Colab]  [Download the notebook]

Reading time counts words at 200 a minute and lines of code at two seconds each, without folded cells; running time is
that of the published run. Address and branch of the repository come from _config.yml.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bare_html import bare
from bs4 import BeautifulSoup
from provenance import read_run

WORDS_A_MINUTE = 200
SECONDS_A_LINE = 2
LOOKED_UP = ("references", "glossary", "notation", "measures")  # pages that nobody reads through
COLAB = "https://colab.research.google.com/github"


def reading_minutes(body: str) -> float:
    """Of the article's HTML: prose, captions and tables by words, code by lines."""
    soup = BeautifulSoup(bare(body), "html.parser")
    for element in soup.select("details, .headerlink, script, annotation, .cell_output pre"):
        element.decompose()
    lines = 0
    for code in soup.select("pre"):
        lines += sum(bool(line.strip()) for line in code.get_text().splitlines())
        code.decompose()
    words = len(re.findall(r"\w+", soup.get_text(" ")))
    return words / WORDS_A_MINUTE + lines * SECONDS_A_LINE / 60


def minutes(number: float) -> str:
    """ "1 minute", "25 minutes"; from 20 on in steps of 5."""
    whole = max(1, round(number)) if number < 20 else 5 * round(number / 5)
    return "1 minute" if whole == 1 else f"{whole} minutes"


def facts(body: str, run: dict) -> str:
    """The line of times."""
    text = f"About {minutes(reading_minutes(body))} to read"
    if not run:
        return text
    seconds = run["seconds"]
    return f"{text}, {minutes(seconds / 60) if seconds >= 90 else 'a minute'} to run"


def block(line: str, links: dict[str, str]) -> str:
    """The HTML under the title."""
    buttons = "".join(f'<a class="action" href="{a}">{name}</a>' for name, a in links.items())
    return f'<div class="page-head"><span>{line}</span>{buttons}</div>'


def colab(repository: str, branch: str, page: str) -> str:
    """Where Colab opens a notebook of the repository."""
    slug = repository.rstrip("/").removeprefix("https://github.com/")
    return f"{COLAB}/{slug}/blob/{branch}/{page}.ipynb"


def add_head(app: Any, page: str, template: str, context: dict, doctree: Any) -> None:
    """Sphinx calls this for each page."""
    name = page.rpartition("/")[2]
    if doctree is None or "</h1>" not in context.get("body", ""):
        return
    if page == app.config.root_doc or name in LOOKED_UP:
        return
    path = Path(app.env.doc2path(page))
    links, run = {}, {}
    if path.suffix == ".ipynb":
        run = read_run(path)
        theme = app.config.html_theme_options
        links["Open in Colab"] = colab(theme["repository_url"], theme["repository_branch"], page)
        links["Download"] = f"{context['content_root']}_sources/{page}.ipynb"
    head = block(facts(context["body"], run), links)
    context["body"] = context["body"].replace("</h1>", f"</h1>\n{head}", 1)


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("html-page-context", add_head)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
