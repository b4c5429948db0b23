"""The live figure "attention", in Chromium on the built page, opened from the disk."""

from pathlib import Path

import pytest

SITE = Path(__file__).resolve().parents[2] / "_build" / "html" / "book"
PAGE = SITE / "3-algorithms" / "3_3_1_looking_and_mattering.html"
PLACE = '.live-place[data-live="attention"]'


@pytest.fixture(scope="module")
def open_figure(watched):
    """Opens the figure at a state; "" is without one."""
    with watched() as open_url:

        def open_it(state: str = "", **options):
            page = open_url(PAGE.as_uri() + state, **options)
            if options.get("java_script_enabled", True):
                page.locator(PLACE).evaluate("(place) => place.scrollIntoView()")
                page.wait_for_function(
                    "document.querySelector('.attention-said')?.textContent.length > 0"
                )
            return page

        yield open_it


def said(page) -> str:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)))")
    return page.locator(".attention-said").inner_text().replace("\u00a0", " ")


def middle(page, row: int, column: int) -> tuple[float, float]:
    """Of a patch, counted from 1, on the screen."""
    board = page.locator(".attention-board")
    board.evaluate("(board) => board.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = board.bounding_box()
    side = box["width"] / 8
    return box["x"] + (column - 0.5) * side, box["y"] + (row - 0.5) * side


def test_hovering_looks_a_click_holds_and_blotting_says_what_it_costs(open_figure):
    page = open_figure()
    assert "Which patch does the answer rest on?" in said(page)
    page.mouse.move(*middle(page, 2, 4))
    assert said(page).startswith("The patch in row 2, column 4 looks")
    page.mouse.move(5, 5)
    assert said(page).startswith("The patch in row 6, column 3 looks")
    page.mouse.click(*middle(page, 4, 3))
    page.mouse.move(5, 5)
    assert said(page).startswith("The patch in row 4, column 3 looks")
    assert page.evaluate("location.hash") == "#attention-2-0-26-p-0"
    page.get_by_role("button", name="Blot it out").click()
    assert "no other patch matters as much" in said(page)
    assert page.locator(".attention-mark:visible").count() == 10
    page.get_by_role("button", name="what matters").click()
    assert page.evaluate("location.hash") == "#attention-2-0-26-w-1"
    veils = page.locator(".attention-veil")
    assert veils.nth(26).get_attribute("opacity") == "0.000"
    assert float(veils.nth(42).get_attribute("opacity")) > 0.5


def test_a_link_opens_a_state_and_keys_lead_on(open_figure):
    page = open_figure("#attention-1-3-20-a-1")
    assert "lowers noto from 50 % to 4 %" in said(page)
    board = page.get_by_role("slider", name="Patch")
    board.focus()
    for key in ("ArrowDown", "ArrowRight", "Space"):
        page.keyboard.press(key)
    assert said(page).startswith("The patch in row 4, column 6 looks")
    assert page.evaluate("location.hash") == "#attention-1-3-29-a-0"
    assert board.get_attribute("aria-valuetext") == "row 4, column 6"
    page.wait_for_function(
        "document.querySelector('.attention [role=status]').textContent.startsWith('The patch in row 4, column 6')"
    )
    page.get_by_role("button", name="sloth").click()
    page.get_by_role("button", name="mean").click()
    said(page)
    assert page.evaluate("location.hash") == "#attention-4-0-29-a-0"


def test_a_phone_shows_it_and_a_finger_chooses(open_figure):
    phone = {"viewport": {"width": 360, "height": 800}, "has_touch": True, "is_mobile": True}
    page = open_figure("#attention-0-0-38-w-1", **phone)
    for width in (320, 360):
        page.set_viewport_size({"width": width, "height": 800})
        said(page)
        edge = page.locator(f"{PLACE} *").evaluate_all(
            "(all) => Math.max(...all.map((one) => one.getBoundingClientRect().right))"
        )
        assert edge <= width
        for button in page.locator(f"{PLACE} .live-button").all():
            assert button.bounding_box()["height"] > 43.9
    page.touchscreen.tap(*middle(page, 1, 1))
    assert said(page).startswith("The patch in row 1, column 1 looks")
    assert page.evaluate("location.hash") == "#attention-0-0-0-w-1"


def test_without_javascript_and_on_paper_the_still_picture_stands_there(open_figure):
    def still(page):
        return page.locator("#fig-attention img")

    assert still(open_figure(java_script_enabled=False)).is_visible()
    page = open_figure("#attention-2-0-26-a-1")
    assert not still(page).is_visible()
    page.emulate_media(media="print")
    assert still(page).is_visible()
    assert not page.locator(PLACE).is_visible()
