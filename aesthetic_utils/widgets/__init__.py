"""Widgets for Jupyter and Colab: thin skins over classes that work without them.

Nothing is loaded before it is asked for: ipywidgets brings IPython with it.
"""

from aesthetic_utils.lazy import attach

_HOME = {
    "Question": "session",
    "Rater": "rater",
    "RatingSession": "session",
    "RatingSessionError": "session",
}

__getattr__, __all__ = attach(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
