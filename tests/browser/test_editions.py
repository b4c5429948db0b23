"""The line at the top of an edition's pages, in a browser."""

import re

import pytest

from tools.editions import BANNER

CONTRAST = """link => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[0-9.]+/g).map((c) => (c / 255 <= 0.04045 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = getComputedStyle(link.closest("aside")).backgroundColor;
  const both = [luminance(getComputedStyle(link).color), luminance(ground)].sort((a, b) => b - a);
  return (both[0] + 0.05) / (both[1] + 0.05);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_way_to_the_current_course_can_be_read(scheme, browser, address):
    page = browser.new_page(color_scheme=scheme)
    page.goto(f"{address}book/cite.html")
    banner = BANNER.format(year="2026", current="../index.html")
    page.evaluate("banner => document.body.insertAdjacentHTML('afterbegin', banner)", banner)
    link = page.get_by_role("link", name="To the current course")
    assert re.fullmatch(r"rgb\(.*\)", link.evaluate("a => getComputedStyle(a.closest('aside')).backgroundColor"))  # fmt: skip
    assert link.evaluate(CONTRAST) > 4.5
    page.close()
