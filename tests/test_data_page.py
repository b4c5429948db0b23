"""The page "Data" quotes counts of the data as it is, and shows pictures that are there."""

import json
from pathlib import Path

from tools.figures import data_pages

ROOT = Path(__file__).resolve().parent.parent


def test_the_counts_are_those_of_the_loaders():
    stored = json.loads(data_pages.COUNTS.read_text("utf-8"))
    assert stored == data_pages.counts(), "run tools/figures/data_pages.py"


def test_every_picture_of_the_page_is_there():
    page = (ROOT / "book" / "data.md").read_text("utf-8")
    for name in (
        "emoji_five_designers",
        "emoji_further_hands",
        "emoji_categories",
        *data_pages.GROUPS,
    ):
        assert (data_pages.FIGURES / f"{name}.webp").is_file()
        assert name == "emoji_five_designers" or f"figures/{name}.webp" in page


def test_every_idea_of_the_pictures_of_hands_is_drawn_by_all():
    for titles, ideas in (
        (data_pages.TITLES, data_pages.IDEAS),
        (data_pages.FURTHER_TITLES, data_pages.FURTHER_IDEAS),
    ):
        assert set(ideas) <= set(data_pages.load_emoji("all", designers=list(titles)).names)
