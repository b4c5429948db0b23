"""Figures: two versions of each, tables, and images drawn as they are."""

import base64
import io

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from PIL import Image

from aesthetic_utils import plotting
from aesthetic_utils.dark import DARK_TWIN, dark_patch, versions


def shown_by(monkeypatch, figure) -> tuple[dict, dict]:
    """What `plotting.show` hands to the notebook: the bundle and its metadata."""
    calls = []
    monkeypatch.setattr("IPython.display.display", lambda *a, **k: calls.append((a, k)))
    plotting.show(figure)
    ((data,), options) = calls[0]
    return data, options["metadata"]["image/png"]


def picture(encoded: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(encoded)))


def line_figure() -> plt.Figure:
    plotting.use_style()
    figure, axes = plt.subplots(figsize=(4, 2))
    axes.plot([0, 1], [0, 1], color=plotting.COLOURS["black"])
    axes.imshow([[0.0, 1.0]], extent=(0, 0.2, 0, 0.2), aspect="auto")
    axes.set_title("small", fontsize=9)
    return figure


def test_show_stores_twice_the_shown_width_and_closes_the_figure(monkeypatch):
    figure = line_figure()
    data, about = shown_by(monkeypatch, figure)
    assert (about["width"], about["height"]) == (400, 200)
    assert picture(data["image/png"]).size == (800, 400)
    assert about["smallest_type"] == 9
    assert not plt.fignum_exists(figure.number)


def test_a_wide_figure_is_stored_no_wider_than_a_page_can_show(monkeypatch):
    data, _ = shown_by(monkeypatch, plt.figure(figsize=(12, 1)))
    assert picture(data["image/png"]).width == plotting.WIDEST


def test_the_dark_twin_is_stored_only_where_lessons_are_published(monkeypatch):
    assert DARK_TWIN not in shown_by(monkeypatch, line_figure())[0]
    monkeypatch.setenv("AESTHETIC_DARK_TWIN", "1")
    assert DARK_TWIN in shown_by(monkeypatch, line_figure())[0]


def over(ground: tuple[int, int, int], image: Image.Image) -> np.ndarray:
    page = Image.new("RGB", image.size, ground)
    page.paste(image, (0, 0), image)
    return np.asarray(page).astype(int)


def test_both_versions_of_a_figure_keep_pictures_and_turn_ink():
    figure = line_figure()
    light = plotting.png(figure)
    bright, dark = versions(light, dark_patch(figure, light, plotting.png))
    stored = np.asarray(Image.open(io.BytesIO(light)).convert("RGB")).astype(int)
    on_white, on_black = over((255, 255, 255), bright), over((0, 0, 0), dark)
    assert abs(on_white - stored).max() <= 4, "on white the light version is the stored figure"
    ink = (stored < 60).all(-1) & (np.indices(stored.shape[:2])[0] < 40)  # the title
    assert ink.sum() > 50 and (on_black[ink] > 150).mean() > 0.95, "black ink is light in the dark"
    picture = (np.asarray(bright)[..., 3] == 255) & (np.asarray(dark)[..., 3] == 255)
    white_cell = picture & (stored == 255).all(-1)
    assert white_cell.sum() > 500 and (on_black[white_cell] == 255).all(), "a picture's white stays"
    assert (np.asarray(dark)[:3, :3, 3] == 0).all(), "the ground is the page's"


def test_a_translucent_picture_keeps_the_white_behind_it():
    figure, axes = plotting.plt.subplots(figsize=(2, 2))
    axes.imshow([[0.0, 1.0]], alpha=0.5)
    light = plotting.png(figure)
    bright, dark = versions(light, dark_patch(figure, light, plotting.png))
    middle = (bright.width // 4, bright.height // 2)
    assert dark.getpixel(middle) == bright.getpixel(middle) and dark.getpixel(middle)[3] == 255


def test_a_figure_is_as_it_was_after_its_dark_twin_was_drawn():
    figure = line_figure()
    line = figure.axes[0].lines[0]
    before = line.get_color(), figure.axes[0].title.get_color(), figure.get_facecolor()
    dark_patch(figure, plotting.png(figure), plotting.png)
    assert before == (line.get_color(), figure.axes[0].title.get_color(), figure.get_facecolor())


def test_titles_are_broken_between_words():
    assert plotting.wrapped("left-speech-bubble", 1.0).split("\n") == ["left-speech-", "bubble"]
    assert plotting.wrapped("food\n25%, right", 1.25) == "food\n25%, right"
    assert plotting.wrapped("antidisestablishmentarianism", 0.5) == "antidisestablishmentarianism"


TABLE = {"head": ["group", "share"], "rows": [("food & drink", 0.25), ("faces", 0.5)]}


def test_a_table_is_text_outside_of_notebooks():
    table = plotting.Table(**TABLE, formats={"share": "{:.0%}"})
    assert repr(table) == "group         share\nfood & drink    25%\nfaces           50%"


def test_a_table_has_heads_for_rows_and_columns_and_bars():
    table = plotting.Table(
        **TABLE, formats={"share": "{:.0%}"}, bars={"share": 0.5}, caption="n = 8"
    )
    page = BeautifulSoup(table._repr_html_(), "html.parser")
    assert [th.text for th in page.select("th[scope=row]")] == ["food & drink", "faces"]
    assert [th.text for th in page.select("th[scope=col]")] == ["group", "share"]
    assert [td["style"] for td in page.select("td.bar")] == ["--share: 50.0%", "--share: 100.0%"]
    assert page.caption.text == "n = 8"


def test_a_table_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="1 cells, the head 2"):
        plotting.Table(head=["a", "b"], rows=[(1,)])
    with pytest.raises(ValueError, match="no column c"):
        plotting.Table(head=["a", "b"], rows=[(1, 2)], bars={"c": 1})


def test_grid_has_a_place_for_every_image():
    figure = plotting.image_grid(torch.rand(5, 3, 4, 4), titles="abcde", columns=3)
    assert sum(bool(a.images) for a in figure.axes) == 5
    plt.close(figure)
    with pytest.raises(ValueError, match="no image"):
        plotting.image_grid([])


def test_sheet_puts_images_side_by_side():
    images = torch.zeros(3, 3, 4, 4)
    sheet = plotting.image_sheet(images, columns=2, gap=1)
    assert sheet.shape == (3, 9, 9)
    assert sheet[:, 4].min() == 1 and sheet[:, :4, :4].max() == 0


def test_arrays_are_clamped_and_shapes_checked():
    assert plotting.to_array(torch.tensor([[[2.0, -1.0]]])).tolist() == [[1.0, 0.0]]
    with pytest.raises(ValueError, match="an image is"):
        plotting.to_array(torch.rand(4, 8, 8))
