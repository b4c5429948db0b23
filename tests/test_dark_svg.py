"""Drawn figures: letters large enough for a phone, no ground of their own, and dark twins to read."""

import math
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from dark_svg import AREAS, DARK, FAINT, GROUND, LETTERS, LINES, PAPER, dark_twin
from matplotlib.path import Path as Outline

ROOT = Path(__file__).resolve().parent.parent
FIGURES = sorted((ROOT / "book" / "figures").glob("*.svg"))
PHONE = 344  # width in pixels that a figure has on a telephone of 360
SVG, HREF = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
# figures that contain drawn pictures, whose colours are no part of the palette
PICTURES = {"content_and_style", "many_originals", "three_generators"}

every_figure = pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.stem)


# ---- a small reader of the files that matplotlib writes


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def over(colour: str, alpha: float, ground: str) -> str:
    parts = [
        round(alpha * int(colour[i : i + 2], 16) + (1 - alpha) * int(ground[i : i + 2], 16))
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)


def style(element: ET.Element) -> dict[str, str]:
    pairs = (part.split(":", 1) for part in element.get("style", "").split(";") if part.strip())
    return {name.strip(): value.strip() for name, value in pairs}


def outline(d: str) -> np.ndarray:
    """The corners of a path of absolute commands; of a curve only its end."""
    corners = []
    for numbers in re.findall(r"[MLCQ]([^MLCQZz]*)", d):
        values = [float(x) for x in numbers.split()]
        corners.append(values[-2:])
    return np.array(corners)


def painted(root: ET.Element) -> Iterator[tuple[str, object]]:
    """In the order of painting: ("area", (corners, colour, alpha)) and ("text", (x, y, colour))."""
    shapes = {e.get("id"): e.get("d") for e in root.iter(f"{SVG}path") if e.get("id")}
    marks = {e for defs in root.iter(f"{SVG}defs") for e in defs.iter()}

    def walk(element: ET.Element) -> Iterator[tuple[str, object]]:
        if element in marks:
            return
        if element.get("id", "").startswith("text_"):
            *behind, inner = element.findall(f"{SVG}g")
            for box in behind:
                yield from walk(box)
            x, y = map(float, re.search(r"translate\(([^)]*)\)", inner.get("transform"))[1].split())
            upright = "rotate" in inner.get("transform")
            at = (x - 3, y - 3) if upright else (x + 3, y - 3)
            yield "text", (*at, style(inner).get("fill", "#000000"))
            return
        look = style(element)
        if element.tag in (f"{SVG}path", f"{SVG}use") and look.get("fill", "none")[0] == "#":
            corners = outline(element.get("d") or shapes[element.get(HREF)[1:]])
            corners = corners + (float(element.get("x", 0)), float(element.get("y", 0)))
            alpha = float(look.get("fill-opacity", 1)) * float(look.get("opacity", 1))
            yield "area", (corners, look["fill"], alpha)
        for child in element:
            yield from walk(child)

    return walk(root)


def faint_letters(svg: str, ground: str, *, least: float) -> list[str]:
    """Texts whose contrast with what lies under their first letter is below `least`."""
    areas, faint = [], []
    for kind, item in painted(ET.fromstring(svg)):
        if kind == "area":
            areas.append(item)
            continue
        x, y, colour = item
        under = ground
        for corners, fill, alpha in areas:
            if len(corners) > 2 and Outline(corners).contains_point((x, y)):
                under = over(fill, alpha, under)
        if contrast(colour, under) < least:
            faint.append(f"{colour} on {under} at {x:.0f}, {y:.0f}")
    return faint


# ---- the committed figures


@every_figure
def test_the_smallest_letters_can_be_read_on_a_phone(path):
    root = ET.parse(path).getroot()
    points = float(root.get("data-smallest-type"))
    width = float(root.get("width").removesuffix("pt"))
    assert points * PHONE / width >= 9, "CSS pixels on a telephone"


@every_figure
def test_a_figure_has_no_ground_of_its_own_and_can_be_read_on_the_page(path):
    svg = path.read_text("utf-8")
    width, height = map(float, ET.fromstring(svg).get("viewBox").split()[2:])
    for kind, item in painted(ET.fromstring(svg)):
        if kind == "area":
            corners, _, alpha = item
            covers = np.ptp(corners, axis=0) >= (0.99 * width, 0.99 * height)
            assert not (covers.all() and alpha), "an area covers the whole figure"
    assert faint_letters(svg, PAPER, least=4.5) == []


@every_figure
def test_the_dark_twin_is_the_same_drawing_and_can_be_read(path):
    svg = path.read_text("utf-8")
    twin = dark_twin(svg)
    assert twin != svg
    without = re.compile(r"#[0-9a-f]{6}\b")
    assert without.sub("", twin) == without.sub("", svg), "only colours differ"
    assert faint_letters(twin, GROUND, least=4.5) == []
    images = re.compile(r"data:image/png;base64,[^\"]*")
    assert images.findall(twin) == images.findall(svg)


@every_figure
def test_every_colour_of_a_drawing_has_a_dark_counterpart(path):
    used = set(re.findall(r"(?:fill|stroke)(?:: |=\")(#[0-9a-f]{6})", path.read_text("utf-8")))
    if path.stem not in PICTURES:
        assert used <= set(DARK), "add the colour to book/_ext/dark_svg.py"


# ---- the dictionary


def test_counterparts_keep_their_contrast():
    assert min(contrast(colour, GROUND) for colour in LETTERS.values()) >= 4.5
    assert min(contrast(colour, GROUND) for colour in LINES.values()) >= 3
    assert min(contrast(LETTERS["#222222"], area) for area in AREAS.values()) >= 4.5
    assert all(1.4 < contrast(colour, GROUND) < 3 for colour in FAINT.values()), "seen, not loud"


def test_counterparts_can_be_told_apart():
    assert len(set(LETTERS.values())) == len(LETTERS)
    assert len(set(AREAS.values())) == len(AREAS)


def test_the_grounds_are_those_of_the_stylesheet():
    css = (ROOT / "book" / "_static" / "custom.css").read_text("utf-8")
    light, dark = re.findall(r"--pst-color-background: (#[0-9a-f]{6});", css)[:2]
    assert (light, dark) == (PAPER, GROUND)


def test_pixels_keep_their_value():
    """No colour of a drawn picture is in the dictionary: greys of strips, and white to green."""
    greys = {f"#{3 * f'{round(255 * (1 - 0.82 * v)):02x}'}" for v in (0, 0.25, 1)}
    greys |= {f"#{3 * f'{round(255 * (1 - 0.75 * v)):02x}'}" for v in (0.2, 0.9, 0.5, 0.1, 0.7)}
    assert not greys & set(DARK)
    white, green = np.array([1, 1, 1]), np.array([0.2, 0.6, 0.47])
    for colour in DARK:
        rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        share = (1 - rgb[0]) / 0.8
        mixed = white + (green - white) * share
        assert abs(mixed - rgb).max() > 1.5 / 255, f"{colour} is a value of a picture too"
    for name in PICTURES:
        svg = (ROOT / "book" / "figures" / f"{name}.svg").read_text("utf-8")
        assert "#ffffff" in svg
        assert svg.count("#ffffff") == dark_twin(svg).count("#ffffff")


def test_only_colours_of_paint_are_exchanged():
    svg = '<use xlink:href="#222222" style="fill: #222222; stroke: #0072B2"/><!-- #222222 -->'
    expected = svg.replace("fill: #222222", "fill: #e6e1d7").replace("#0072B2", "#6bb6e6")
    assert dark_twin(svg) == expected
    assert dark_twin('<rect fill="#ffffff"/>') == '<rect fill="#ffffff"/>'


# ---- the tools


@pytest.fixture
def grids(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "tools" / "figures"), *sys.path])
    import grids

    with grids.plt.rc_context(grids.STYLE):
        yield grids
    grids.plt.close("all")


def test_the_palette_of_the_tools_is_in_the_dictionary(grids):
    named = [grids.INK, grids.GREY, grids.BROWN, grids.BLUE, grids.ORANGE, grids.GREEN, grids.RED]
    named += [grids.PURPLE, grids.PAPER, *grids.FILL.values(), *grids.EDGE.values()]
    assert {colour.lower() for colour in named} <= set(DARK)


def test_the_smallest_visible_letters_are_counted(grids, tmp_path):
    fig, ax = grids.canvas(10, 5)
    grids.label(ax, 5, 1, "large", fontsize=14)
    grids.label(ax, 5, 3, "small", fontsize=12)
    ax.text(1, 1, "", fontsize=4)
    ax.text(1, 1, "hidden", fontsize=5, visible=False)
    assert grids.smallest_type(fig) == 12
    grids.save(fig, tmp_path / "a.svg")
    assert ET.parse(tmp_path / "a.svg").getroot().get("data-smallest-type") == "12"
    assert grids.smallest_type(grids.canvas(1, 1)[0]) == math.inf


@pytest.mark.parametrize(("place", "complaint"), [(9.9, "cut by the edge"), (5.5, "overlap")])
def test_cut_and_overlapping_letters_are_refused(grids, tmp_path, place, complaint):
    fig, ax = grids.canvas(10, 5)
    grids.label(ax, 5, 1, "one label")
    grids.label(ax, place, 1, "another label")
    with pytest.raises(ValueError, match=complaint):
        grids.save(fig, tmp_path / "a.svg")
    assert not (tmp_path / "a.svg").exists()
