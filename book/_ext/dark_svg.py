"""A dark twin of each drawn figure: the palette of tools/figures, turned for the page's dark ground.

`dark_twin` exchanges the colours of lines, letters and areas by an explicit dictionary and leaves
everything else as it is. A colour that is not in the dictionary belongs to a picture inside the
figure (a pixel, a photograph, a colour map), where lightness means something: it stays.
"""

import re

GROUND = "#17191c"  # --pst-color-background of the dark theme, in book/_static/custom.css
PAPER = "#fdfcfa"  # the same of the light theme

LETTERS = {  # and strong lines: contrast with the ground at least 4.5
    "#222222": "#e6e1d7",  # INK
    "#555555": "#bdb8ae",
    "#6e6e6e": "#a39d92",  # GREY
    "#9a5b00": "#e6b566",  # BROWN
    "#0072b2": "#6bb6e6",  # BLUE
    "#d98200": "#f0a030",  # ORANGE
    "#00855f": "#4fc49c",  # GREEN
    "#c44e00": "#f08a55",  # RED
    "#9c5a8c": "#d394c3",  # PURPLE
}
LINES = {  # edges and lines that are never letters: at least 3
    "#777777": "#9a968f",
    "#8a8a8a": "#8c8880",
    "#999999": "#83807a",
    "#a0a0a0": "#76736e",
    "#aaaaaa": "#76736e",
    "#3b6fb6": "#86aef0",
    "#8c6d31": "#c2a35c",
}
FAINT = {  # guides that stand back in the light too
    "#bbbbbb": "#5d6066",
    "#bdbdbd": "#55595f",
    "#c8c8c8": "#50545a",
    "#cccccc": "#484c52",
    "#d0d0d0": "#484c52",
    "#dddddd": "#363a40",
}
AREAS = {  # grounds of boxes, cells and bars, dark enough for light letters
    PAPER: GROUND,
    "#d3e6f5": "#1f3a50",  # input
    "#fce2b8": "#503a16",  # filter
    "#cdebdd": "#1d4334",  # output
    "#f3f3f3": "#2a2d32",  # plain
    "#f8d5c6": "#54301f",  # error
    "#ebd9e6": "#472f42",  # extra
    "#dde8c7": "#36431f",
    "#9cc6e3": "#2c5a80",
    "#f2b866": "#7d5214",
    "#dceaf5": "#1c3143",
    "#fbe6c8": "#412f13",
    "#e6f4ee": "#1a342b",
    "#8ccbaf": "#2a6a51",
    "#faf4f8": "#221d22",
    "#fafafa": "#22262b",
    "#eeeeee": "#26292e",
    "#d8d8d8": "#4a4d52",
}
DARK = LETTERS | LINES | FAINT | AREAS

_COLOUR = re.compile(r"((?:fill|stroke|stop-color)(?::\s*|=\"))(#[0-9a-fA-F]{6})\b")


def dark_twin(svg: str) -> str:
    """The same drawing in the colours for a dark ground."""
    return _COLOUR.sub(lambda m: m[1] + DARK.get(m[2].lower(), m[2]), svg)
