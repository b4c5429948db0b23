"""Widgets for Jupyter and Colab: thin skins over classes that work without them.

Nothing is loaded before it is asked for: ipywidgets brings IPython with it.
"""

import importlib
from typing import Any

_HOME = {
    "Question": "session",
    "Rater": "rater",
    "RatingSession": "session",
    "RatingSessionError": "session",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
