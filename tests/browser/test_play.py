"""The live figures that learn, in Chromium on the built pages, opened from the disk."""

import re
from pathlib import Path

import pytest
from live_page import come_to, place, sentence

SITE = Path(__file__).resolve().parents[2] / "_build" / "html" / "book"
PAGES = {
    "by_hand": "2-concepts/2_1_neural_networks.html",
    "descent": "3-algorithms/3_1_3_training.html",
    "rotation": "3-algorithms/3_2_3_gan_training.html",
    "gan_plane": "3-algorithms/3_2_3_gan_training.html",
}
STATES = {
    "by_hand": "#by_hand-xor-3-e-20-100",
    "descent": "#descent-n24_9-25-34-4-38",
    "rotation": "#rotation-20_0-3-5",
    "gan_plane": "#gan_plane-two-ns-1-10-1-50",
}


@pytest.fixture(scope="module")
def open_figure(watched):
    """Opens a figure's page at a state; "" is without one."""
    with watched() as open_url:

        def open_it(name: str, state: str | None = None, **options):
            hash = STATES[name] if state is None else state
            page = open_url((SITE / PAGES[name]).as_uri() + hash, **options)
            if options.get("java_script_enabled", True):
                come_to(page, name)
            return page

        yield open_it


def pull(page, handle, right: float, down: float) -> None:
    """By the mouse, a handle of a plot, by so many pixels."""
    handle.evaluate("(handle) => handle.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = handle.locator("circle").last.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=4)
    page.mouse.up()


def handle(page, name: str, label: str):
    return place(page, name).get_by_role("slider", name=label)


def press(page, name: str, label: str, *keys: str) -> None:
    handle(page, name, label).focus()
    for key in keys:
        page.keyboard.press(key)


def loss(page) -> float:
    return float(re.search(r"loss is ([\d.]+)", sentence(page, "by_hand"))[1])


# ---- train by hand


def test_a_line_is_moved_by_hand_and_then_by_descent(open_figure):
    page = open_figure("by_hand", "")
    before = loss(page)
    assert "How small can you make the loss?" in sentence(page, "by_hand")
    assert page.locator(".hand-ahead").count() == 0, "no help before the first guess"
    pull(page, handle(page, "by_hand", "Arrow of the line"), 60, 30)
    turned = loss(page)
    assert turned < before
    press(page, "by_hand", "The line: moves it", "ArrowLeft", "ArrowLeft")
    assert loss(page) != turned
    assert re.fullmatch(r"#by_hand-black-0-h[n\d_]+-20-0", page.evaluate("location.hash"))
    page.get_by_role("button", name="Step").click()
    assert "After 1 step the loss is" in sentence(page, "by_hand")
    assert "Your own hand reached" in sentence(page, "by_hand")
    assert page.locator(".hand-ahead").count() == 1
    page.get_by_role("button", name="Play").first.click()
    page.wait_for_function(
        "/After \\d\\d+ steps/.test(document.querySelector('.hand-said').textContent)"
    )
    page.get_by_role("button", name="Pause").click()
    assert loss(page) < turned


def test_a_point_is_dragged_and_units_are_added(open_figure):
    page = open_figure("by_hand", "#by_hand-xor-0-z-20-0")
    assert "14 points of 28" in sentence(page, "by_hand")
    press(page, "by_hand", "A point", "PageDown", "ArrowRight", "ArrowUp")
    assert page.evaluate("location.hash").startswith("#by_hand-p")
    page.get_by_role("spinbutton", name="hidden units").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    sentence(page, "by_hand")
    assert page.locator(".hand-sheet:visible").count() == 2
    page.locator(".hand-sheet").nth(1).click()
    assert page.locator(".hand-sheet").nth(1).get_attribute("aria-pressed") == "true"


def test_the_links_of_section_2_1_show_what_goes_wrong(open_figure):
    page = open_figure("by_hand", "", reduced_motion="reduce")
    for link, words in (
        ("start at zero", "No weight gets a gradient"),
        ("as copies", "The 3 units are twins."),
        ("learning rate of 32", "The rate is beyond 2/λ"),
        ("four groups in a cross", "No straight line parts these points"),
        ("four hidden neurons", "no point of 28 lies on the wrong side"),
    ):
        page.get_by_role("link", name=link).click()
        page.wait_for_function(
            f"document.querySelector('.hand-said')?.textContent.includes({words!r})"
        )


# ---- optimisers


def test_the_limits_are_marked_after_a_guess(open_figure):
    page = open_figure("descent", "")
    assert "How far can η go" in sentence(page, "descent")
    assert page.locator(".descent .play-flags text").count() == 0
    press(page, "descent", "η of gradient descent", "ArrowRight", "ArrowRight")
    assert "2/λ = 0.08" in page.locator(".descent .play-flags").first.text_content()
    assert "gradient descent arrives" in sentence(page, "descent")
    press(page, "descent", "η of gradient descent", "ArrowRight", "ArrowRight")
    assert "With momentum the limit lies further right" in sentence(page, "descent")
    before = page.locator(".descent-contour.held").get_attribute("ry")
    pull(page, handle(page, "descent", "Side of the ravine"), 0, -40)
    assert float(page.locator(".descent-contour.held").get_attribute("ry")) > float(before)
    assert "gradient descent arrives" in sentence(page, "descent")
    pull(page, handle(page, "descent", "Start of the trails"), 30, 20)
    assert not page.evaluate("location.hash").startswith("#descent-n24_9-")


# ---- the smallest game


def test_no_step_is_short_enough_and_friction_helps(open_figure):
    page = open_figure("rotation", "")
    assert "Will smaller steps turn" in sentence(page, "rotation")
    assert not page.locator(".game-table").is_visible()
    press(page, "rotation", "length of a step", "Home")
    assert "no η, however small" in sentence(page, "rotation")
    assert "×\u00a01.001, outwards" in page.locator(".game-table").inner_text()
    press(page, "rotation", "penalty on y", "ArrowRight", "ArrowRight")
    assert "even simultaneous steps arrive" in sentence(page, "rotation")
    pull(page, handle(page, "rotation", "Start of the trails"), 40, -40)
    assert re.fullmatch(r"#rotation-1\d_[5-9]-0-2", page.evaluate("location.hash"))


# ---- a GAN in the plane


def test_turns_are_taken_and_the_loss_is_changed(open_figure):
    page = open_figure("gan_plane", "")
    said = sentence(page, "gan_plane")
    assert said.startswith("After 40 rounds:") and "Will G find all five heaps?" in said
    arrows = page.locator(".plane-arrows").get_attribute("d")
    page.get_by_role("button", name="log(1 − D)").last.click()
    assert "so log(1 − D) pulls at them" in sentence(page, "gan_plane")
    assert page.locator(".plane-arrows").get_attribute("d") != arrows
    made = page.locator(".plane-made").get_attribute("d")
    page.get_by_role("button", name="D’s turn").click()
    sentence(page, "gan_plane")
    assert page.locator(".plane-made").get_attribute("d") == made, "G waits"
    page.get_by_role("button", name="G’s turn").click()
    sentence(page, "gan_plane")
    assert page.locator(".plane-made").get_attribute("d") != made


def test_it_collapses_and_own_data_are_drawn(open_figure):
    page = open_figure("gan_plane")
    page.wait_for_function("document.querySelector('.plane-said').textContent.includes('After 50')")
    assert "A collapse" in sentence(page, "gan_plane")
    page.get_by_role("button", name="Cure it").click()
    page.wait_for_function(
        "/After [6-9]\\d/.test(document.querySelector('.plane-said').textContent)"
    )
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Draw data").click()
    box = page.locator(".plane-board").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 60, steps=12)
    page.mouse.up()
    press(page, "gan_plane", "Pen", "ArrowDown", "ArrowDown")
    drawn = int(re.search(r"(\d+) of 150 points", sentence(page, "gan_plane"))[1])
    assert drawn >= 10
    assert re.match(r"#gan_plane-p([0-9a-z]{2})+-ns-5-1-", page.evaluate("location.hash"))


# ---- all of them


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_it_without_scrolling_sideways(open_figure, name):
    page = open_figure(name, viewport={"width": 360, "height": 800}, has_touch=True, is_mobile=True)
    for width in (320, 360):
        page.set_viewport_size({"width": width, "height": 800})
        sentence(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        targets = (
            ".live-button:visible, .live-select:visible, .live-scrub:visible, .hand-sheet:visible"
        )
        for target in place(page, name).locator(targets).all():
            box = target.bounding_box()
            assert box["height"] >= 44 and box["x"] + box["width"] <= width
    rails = place(page, name).locator(".live-surface")
    if rails.count():
        before = page.evaluate("location.hash")
        rails.first.scroll_into_view_if_needed()
        box = rails.first.bounding_box()
        page.touchscreen.tap(box["x"] + 0.2 * box["width"], box["y"] + box["height"] - 20)
        sentence(page, name)
        assert page.evaluate("location.hash") != before


@pytest.mark.parametrize("name", PAGES)
def test_without_javascript_and_on_paper_the_still_picture_stands_there(open_figure, name):
    def pictures(page):
        figure = page.locator("figure", has=place(page, name))
        return [image for image in figure.locator("img").all() if image.is_visible()]

    plain = open_figure(name, java_script_enabled=False)
    assert len(pictures(plain)) == 1
    page = open_figure(name)
    assert pictures(page) == []
    assert page.evaluate("location.hash") == STATES[name]
    spoken = place(page, name).locator("[role=status]")
    page.wait_for_function(
        f"document.querySelector('.live-place[data-live={name}] [role=status]').textContent"
    )
    assert spoken.text_content()[:30] == sentence(page, name)[:30] or name == "gan_plane"
    page.emulate_media(media="print")
    assert len(pictures(page)) == 1
    assert not place(page, name).is_visible()
