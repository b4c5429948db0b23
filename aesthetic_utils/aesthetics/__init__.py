"""Measures of single images."""
