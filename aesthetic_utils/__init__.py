"""Shared code of the course Deep Learning and Human Aesthetics."""
