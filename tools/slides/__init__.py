"""Slides of a lesson: which of its cells are in a talk (outline.py), and the page that shows them (deck.py, course/)."""
