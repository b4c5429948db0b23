"""Figures: alt text by construction, and images drawn as they are."""

import base64

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest
import torch

from aesthetic_utils import plotting


def test_show_stores_the_alt_text_beside_the_picture(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *a, **k: shown.append((a, k)))
    figure, ax = plt.subplots()
    ax.plot([0, 1])
    plotting.show(figure, alt="A line that rises from left to right.")
    ((data,), options) = shown[0]
    assert options["metadata"]["image/png"]["alt"] == "A line that rises from left to right."
    assert data["text/plain"] == "A line that rises from left to right."
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG") and options["raw"]
    assert not plt.fignum_exists(figure.number)


def test_show_refuses_a_figure_without_alt_text():
    with pytest.raises(ValueError, match="alt text"):
        plotting.show(plt.figure(), alt=" ")
    plt.close("all")


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
