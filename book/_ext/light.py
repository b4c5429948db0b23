"""Light pages: what the theme ships and no page uses is left out when the site is built.

The theme brings every icon twice, a stylesheet for every component it knows, source maps and translations: a
megabyte and a half before a word appears. At the end of a build this extension

- makes one stylesheet of all, `_static/course.css`, with the rules whose classes occur in the site;
- takes from the head of each page the scripts that this page does not need, and lets none block the page;
- removes the files that nothing asks for any more, and the outputs from the notebooks that are offered as
  downloads, which a learner makes again.

tests/browser/test_pages.py measures what a browser then fetches.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import tinycss2

SHEET = "course.css"
FIRST_FONT = "fonts/serif.woff2"  # goes into the stylesheet: the first words come in their typeface
# classes that scripts of the theme add, which stand in no page
ADDED_BY_SCRIPTS = """show showing hide fade collapse collapsing collapsed active scrolled noprint disabled
    dropdown-menu-dark pst-sidebar-hidden tooltip tooltip-inner tooltip-arrow bs-tooltip-auto bs-tooltip-top
    bs-tooltip-bottom bs-tooltip-start bs-tooltip-end expanded dark light auto success tooltipped
    o-tooltip--left copybtn search-button-field""".split()
NO_SCRIPTS = {
    "fontawesome.js",
    "sphinx_highlight.js",
    "sphinx-thebe.js",
    "togglebutton.js",
}  # of no page
WHERE_NEEDED = {  # script -> what stands in the pages that need it
    "design-tabs.js": "sd-tab", "clipboard.min.js": 'class="highlight', "copybutton.js": 'class="highlight',
}  # fmt: skip
UNUSED = [  # globs below _static
    *(f"**/{name}" for name in NO_SCRIPTS), "**/*.map", "locales", "vendor", "scripts/*.LICENSE.txt", "styles",
    "sphinx-thebe.*", "searchtools.js", "language_data.js", "sbt-webpack-macros.html", "webpack-macros.html",
    "*.css", "play-solid.svg", "check-solid.svg", "copy-button.svg", "copybutton_funcs.js",
    "file.png", "minus.png", "plus.png", "images/logo_binder.svg", "images/logo_jupyterhub.svg",
    "images/logo_deepnote.svg",
]  # fmt: skip
STYLESHEET = re.compile(r'<link rel="stylesheet"[^>]*?href="([^"?]*)[^"]*"[^>]*>|'
                        r'<link href="([^"?]*)[^"]*" rel="stylesheet"[^>]*>')  # fmt: skip
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>\s*", re.S)
THEME = """(function (page) {
  var stored = null;
  try { stored = localStorage.getItem("mode"); } catch (blocked) {}
  page.mode = stored || "auto";
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  page.theme = page.mode === "auto" ? (dark ? "dark" : "light") : page.mode;
})(document.documentElement.dataset);"""


# ---- stylesheets


def names(pages: Iterable[str], scripts: Iterable[str]) -> set[str]:
    """Every class and id of the pages, and every word of the scripts, which may add others."""
    found = set(ADDED_BY_SCRIPTS)
    for text in pages:
        for value in re.findall(r"""\b(?:class|id)=["']([^"']*)["']""", text):
            found.update(value.split())
    for text in scripts:
        found.update(re.findall(r"[\w-]+", text))
    return found


def is_used(selector: str, known: set[str]) -> bool:
    """Whether each class and id of a selector is a known word, those in :not(...), :is(...) aside."""
    named = re.findall(
        r"[.#]((?:[\w-]|\\.)+)", re.sub(r":(?:not|is|where|has)\([^()]*\)", "", selector)
    )
    return all(re.sub(r"\\(.)", r"\1", name) in known for name in named)


def selectors(text: str) -> Iterator[str]:
    """The parts of a selector list: commas inside brackets do not part."""
    depth, start = 0, 0
    for i, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            yield text[start:i].strip()
            start = i + 1
    yield text[start:].strip()


def needed(rules: Iterable, known: set[str]) -> str:
    """The rules that can apply to something in the site, without comments."""
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            head = tinycss2.serialize(rule.prelude)
            used = [s for s in selectors(head) if is_used(s, known)]
            body = squeezed(tinycss2.serialize(rule.content))
            if used and body:
                kept.append(f"{','.join(map(squeezed, used))}{{{body}}}")
        elif rule.type == "at-rule" and rule.at_keyword in (
            "media",
            "supports",
            "layer",
            "container",
        ):
            inner = needed(tinycss2.parse_rule_list(rule.content, True, True), known)
            if inner:
                kept.append(
                    f"@{rule.at_keyword} {squeezed(tinycss2.serialize(rule.prelude))}{{{inner}}}"
                )
        elif rule.type == "at-rule" and rule.at_keyword not in ("import", "charset"):
            kept.append(squeezed(rule.serialize()))
    return "\n".join(kept)


def squeezed(css: str) -> str:
    """CSS without comments and superfluous blanks; data addresses and strings stay as they are."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    return re.sub(r"\s+", " ", css).strip().replace("; ", ";")


def own_fonts_only(css: str) -> str:
    """Without the theme's own icon fonts; book/vendor/icons has those that are used."""
    return re.sub(r"@font-face\s*\{[^}]*vendor/fontawesome[^}]*\}", "", css)


def one_sheet(static: Path, files: list[str], known: set[str]) -> str:
    """The stylesheets, in their order, as one."""
    css = []
    for name in files:
        text = own_fonts_only((static / name).resolve().read_text("utf-8"))
        css.append(needed(tinycss2.parse_stylesheet(text, True, True), known))
    font = base64.b64encode((static.parent / FIRST_FONT).read_bytes()).decode()
    return "\n".join(css).replace(f"../{FIRST_FONT}", f"data:font/woff2;base64,{font}")


# ---- pages


def scripts(head: str, body: str, options: str) -> str:
    """The head with the scripts that the page needs; those of files no longer hold the page up."""

    def keep(match: re.Match) -> str:
        attributes, text = match[1], match[2]
        name = re.search(r'src="(?:[^"]*/)?([^"/?]+)', attributes)
        if name is None:
            if "localStorage" in text:
                return f"<script>{THEME}</script>\n"
            old = ("toggleHint", "toggleOpenOnPrint", "togglebuttonSelector", "MathJax")
            return "" if any(word in text for word in old) else match[0]
        if name[1] == "documentation_options.js":
            return f"<script>{options}</script>\n"
        if name[1] in NO_SCRIPTS or WHERE_NEEDED.get(name[1], "") not in body:
            return ""
        later = "" if "defer" in attributes or "type=" in attributes else " defer"
        return match[0].replace("<script", f"<script{later}", 1)

    return SCRIPT.sub(keep, head)


def lighten(page: str, sheet: str, options: str) -> str:
    """A page of the theme with one stylesheet and without the scripts that it does not need.

    sheet: address of the stylesheet below _static, with its version. options: what
    documentation_options.js says, which goes into the page.
    """
    page = page.replace(
        'data-theme="auto"', 'data-theme="light"', 1
    )  # what holds without JavaScript
    head, body = page.split("</head>", 1)
    root = re.search(r'data-content_root="([^"]*)"', head)[1]
    own = [m[0] for m in STYLESHEET.finditer(head) if is_of_page(m[1] or m[2])]
    head = STYLESHEET.sub("", head)
    head = re.sub(r'<link rel="preload" as="script"[^>]*>\s*', "", head)
    head = re.sub(r'<meta name="viewport"[^>]*>\s*', "", head)
    link = f'<link rel="stylesheet" href="{root}_static/{sheet}" />'
    viewport = '<meta name="viewport" content="width=device-width, initial-scale=1" />'
    head = head.replace("<title>", f"{viewport}\n    <title>", 1)
    head = scripts(head, body, options) + "\n".join([link, *own]) + "\n  "
    body = named(
        re.sub(r'<div id="jb-print-docs-body".*?(?=<div id="searchbox">)', "", body, flags=re.S)
    )
    return re.sub(r"\n\s*\n+", "\n", head) + "</head>" + body


def named(body: str) -> str:
    """Names, for those who hear a page, for what the theme shows as a sign alone."""
    body = re.sub(
        r"(>([^<>]+)</a><details[^>]*>)<summary>",
        r'\1<summary aria-label="Pages of \2">',
        body,
    )
    body = body.replace('<div role="list" class="citation-list">', '<div class="citation-list">')
    return body.replace(
        '<dialog id="pst-search-dialog">', '<dialog id="pst-search-dialog" aria-label="Search">'
    )


def is_of_page(address: str) -> bool:
    """Whether a stylesheet belongs to single pages: it lies outside of _static, as katex/katex.css."""
    inside = address.split("_static/", 1)[-1]
    return inside.startswith("../") or "_static/" not in address


def theme_sheets(pages: Iterable[str]) -> dict[str, None]:
    """The stylesheets below _static that pages ask for, in order; not SHEET, for which unchanged pages ask already."""
    found = {}
    for text in pages:
        for match in STYLESHEET.finditer(text):
            address = match[1] or match[2]
            if not is_of_page(address):
                found[address.split("_static/", 1)[1]] = None
    found.pop(SHEET, None)
    return found


def finish(app: Any, error: Exception | None) -> None:
    """Sphinx calls this at the end of a build."""
    if error or app.builder.format != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    pages = {path: path.read_text("utf-8") for path in site.rglob("*.html")
             if not {"_static", "_sources"} & set(path.relative_to(site).parts)}  # fmt: skip
    pages = {path: text for path, text in pages.items() if "<head>" in text and "_static" in text}
    files = theme_sheets(pages.values())
    if "styles/theme.css" in files:  # which only imports this
        files = {"basic.css" if name == "styles/theme.css" else name: None for name in files}
    files = {name: None for name in files if (static / name).is_file()}
    if not files:
        return  # nothing was written anew
    last = "custom.css"
    order = [name for name in files if name != last] + ["../icons/icons.css", last]
    js = [
        p.read_text("utf-8")
        for p in static.rglob("*.js")
        if "bootstrap" not in p.name and "fontawesome" not in p.name
    ]
    css = one_sheet(static, order, names(pages.values(), js))
    (static / SHEET).write_text(css, "utf-8")
    version = hashlib.sha256(css.encode()).hexdigest()[:8]
    options = (static / "documentation_options.js").read_text("utf-8").strip()
    for path, text in pages.items():
        path.write_text(lighten(text, f"{SHEET}?v={version}", options), "utf-8")
    remove_unused(static)
    for notebook in (site / "_sources").rglob("*.ipynb"):
        without_outputs(notebook)


def remove_unused(static: Path) -> None:
    """Deletes the files of UNUSED, and folders that are then empty."""
    for pattern in UNUSED:
        for path in sorted(static.glob(pattern), reverse=True):
            for file in [path, *path.rglob("*")] if path.is_dir() else [path]:
                if file.is_file() and file.name != SHEET:
                    file.unlink()
    for folder in sorted((p for p in static.rglob("*") if p.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def without_outputs(path: Path) -> None:
    """A notebook as a learner downloads it."""
    notebook = json.loads(path.read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("build-finished", finish, priority=700)  # after the theme has written its own
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
