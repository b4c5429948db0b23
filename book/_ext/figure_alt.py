"""Alt text for the pictures that notebooks show.

`plotting.show(fig, alt=...)` stores the alt text where IPython puts it: in the metadata of the
output, under the mime type of the picture. MyST-NB reads width and height from there, but not
`alt`. This extension adds a mime renderer that does; a picture without alt text is a warning, and
so stops a strict build.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from myst_nb.core import render

PICTURES = {"image/png", "image/jpeg", "image/gif", "image/svg+xml"}


class AltText:
    """A MyST-NB mime renderer: the built-in picture, with the alt text of its output."""

    mime_priority_overrides = ()

    @staticmethod
    def handle_mime(
        renderer: render.NbElementRenderer, data: render.MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        if data.mime_type not in PICTURES:
            return None  # not ours: the built-in renderers go on
        alt = str(data.output_metadata.get(data.mime_type, {}).get("alt") or "").strip()
        if not alt:
            renderer.logger.warning(
                "a picture without alt text: end the cell with plotting.show(fig, alt=...)",
                subtype="image",
                line=data.line,
            )
        pictures = renderer.render_image(data)
        for picture in pictures:
            picture["alt"] = alt
        return pictures


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    # MyST-NB finds its plug-ins among the entry points of installed packages only; a book's own
    # extension is none, so it joins the list as the list is read.
    installed = render.load_mime_renders
    if not getattr(installed, "has_alt_text", False):

        def with_alt_text() -> list:
            return [AltText, *installed()]

        with_alt_text.has_alt_text = True
        render.load_mime_renders = with_alt_text
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
