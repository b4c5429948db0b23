"""Widgets for Jupyter and Colab: thin skins over classes that work without them."""

from aesthetic_utils.widgets.rater import Rater
from aesthetic_utils.widgets.session import Question, RatingSession, RatingSessionError

__all__ = ["Question", "Rater", "RatingSession", "RatingSessionError"]
