"""Tables of the book's own directives, as docutils nodes."""

from __future__ import annotations

from docutils import nodes


def entry(text: str, *, address: str = "", code: bool = False) -> nodes.entry:
    """A cell: plain text, a link to `address`, or code."""
    paragraph = nodes.paragraph()
    if address:
        paragraph += nodes.reference("", text, refuri=address)
    else:
        paragraph += nodes.literal(text=text) if code else nodes.Text(text)
    return nodes.entry("", paragraph)


def table(head: list[str], rows: list[list[nodes.entry]], name: str) -> nodes.table:
    """A table with a head; `name` is its class in custom.css."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += nodes.thead("", nodes.row("", *map(entry, head)))
    group += nodes.tbody("", *(nodes.row("", *cells) for cells in rows))
    return nodes.table("", group, classes=[name])
