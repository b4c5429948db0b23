"""No Thebe in the pages.

jupyter-book always loads sphinx-thebe, which writes its configuration, twice, with the address of a
foreign server, into every page, whether the page can run code or not. This book runs code in
Colab and in Jupyter; so these two listeners are taken off before they do anything.
"""

from __future__ import annotations

from typing import Any

LISTENERS = {"init_thebe_core", "update_thebe_context"}


def take_off(app: Any, config: Any) -> None:
    for listeners in list(app.events.listeners.values()):
        for listener in list(listeners):
            if getattr(listener.handler, "__name__", "") in LISTENERS:
                app.disconnect(listener.id)


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("config-inited", take_off, priority=1)  # before sphinx-thebe's own
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
