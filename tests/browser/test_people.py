"""The live figures about people's judgements, in Chromium on the built pages, opened from the disk."""

import re
from pathlib import Path

import pytest
from live_page import come_to, place, sentence

SITE = Path(__file__).resolve().parents[2] / "_build" / "html" / "book"
PAGES = {
    "fechner": "1-background/index.html",
    "inverted_u": "1-background/index.html",
    "how_many": "2-concepts/2_4_human_aesthetics.html",
    "threshold": "5-future/5_3_responsibility.html",
    "plane": "3-algorithms/3_4_super_resolution.html",
}
STATES = {
    "fechner": "#fechner-0001a",
    "inverted_u": "#inverted_u-15-camps-shown",
    "how_many": "#how_many-20-0ab-shown",
    "threshold": "#threshold-57",
    "plane": "#plane-2-0-original",
}
# without answering yet
SQUARE, GOLDEN, THREE_TO_TWO = "long side 1.00", "long side 1.62", "long side 1.50"


@pytest.fixture
def open_figure(watched):
    """Opens a figure's page at a state."""
    with watched() as open_url:

        def open_it(name: str, state: str | None = None, **options):
            hash = STATES[name] if state is None else state
            page = open_url((SITE / PAGES[name]).as_uri() + hash, **options)
            if options.get("java_script_enabled", True):
                come_to(page, name)
            return page

        yield open_it


def card(page, name: str):
    return page.get_by_role("button", name=name)


def drag(page, plot, start: float, end: float) -> None:
    """Along a plot by the mouse, from a share of its width to another."""
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + start * box["width"], height)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], height, steps=4)
    page.mouse.up()


# ---- Fechner


def test_a_choice_by_mouse_after_a_card_was_dragged(open_figure):
    page = open_figure("fechner")
    assert "pleases you most" in sentence(page, "fechner")
    assert page.locator(".fechner-card").count() == 10
    golden = card(page, GOLDEN)
    box, table = golden.bounding_box(), page.locator(".fechner-table").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(table["x"] + table["width"] / 2, table["y"] + table["height"] / 2 + 9, steps=4)
    page.mouse.up()
    moved = golden.bounding_box()
    assert abs(moved["x"] - box["x"]) + abs(moved["y"] - box["y"]) > 5
    assert "pleases you most" in sentence(page, "fechner")  # a drag is no choice
    golden.click()
    assert "pleases you least" in sentence(page, "fechner")
    assert page.evaluate("location.hash") == "#fechner-0001a"
    card(page, SQUARE).click()
    said = sentence(page, "fechner")
    assert "So did 35 % of the choices in 1876; 65 % went to another" in said
    assert "as 27.8 % did" in said
    label = page.locator(".fechner-result").get_attribute("aria-label")
    assert "34:21: most pleasing 35, least pleasing 0 per cent." in label
    assert page.locator(".fechner-you", has_text="you").count() == 2


def test_two_rounds_by_the_keyboard_alone(open_figure):
    page = open_figure("fechner")

    def press(name: str) -> None:
        card(page, name).focus()
        page.keyboard.press("Enter")

    press(GOLDEN)
    press(GOLDEN)  # the same cannot be both
    assert page.locator(".fechner-card").count() == 10
    press(SQUARE)
    assert page.evaluate("document.activeElement.textContent") == "Lay them out again"
    page.keyboard.press("Enter")
    before = card(page, GOLDEN).bounding_box()
    card(page, GOLDEN).focus()
    page.keyboard.press("ArrowRight")
    assert card(page, GOLDEN).bounding_box()["x"] > before["x"]
    press(THREE_TO_TWO)
    press(SQUARE)
    assert sentence(page, "fechner").startswith(
        "Before, you chose the golden rectangle, 34:21, and now 3:2, its neighbour. Fechner saw"
    )
    spoken = place(page, "fechner").locator("[role=status]")
    page.wait_for_timeout(300)
    assert spoken.text_content().replace("\u00a0", " ") == sentence(page, "fechner")


def test_a_link_lays_the_same_table(open_figure):
    def laid() -> list:
        page = open_figure("fechner")
        return page.evaluate(
            "[...document.querySelectorAll('.fechner-card')].map((card) => card.style.cssText)"
        )

    assert laid() == laid()


# ---- the inverted U


def test_the_peak_is_dragged_and_the_people_are_hidden_until_one_has_decided(open_figure):
    page = open_figure("inverted_u", "")
    assert "How many of the 30 like that best? Decide" in sentence(page, "inverted_u")
    assert page.locator(".u-people path").count() == 0
    drag(page, page.locator(".u .live-plot"), 0.5, 0.7)
    assert "a complexity of 0.7, in between" in sentence(page, "inverted_u")
    page.keyboard.press("ArrowLeft")
    assert "a complexity of 0.67, in between" in sentence(page, "inverted_u")
    page.get_by_role("button", name="Hardly anyone does").click()
    assert page.locator(".u-people .rises").count() == 20
    said = sentence(page, "inverted_u")
    assert "None of them likes that best. 10 like the simplest pictures best, 20 the most" in said
    average = page.locator(".u-average").get_attribute("d")
    page.get_by_role("button", name="Others with the same average").click()
    assert "All of them like that best." in sentence(page, "inverted_u")
    assert page.locator(".u-average").get_attribute("d") == average
    assert page.evaluate("location.hash") == "#inverted_u-20-hill-shown"


# ---- how many people is a score?


def test_voters_are_dragged_and_the_numbers_come_after_a_guess(open_figure):
    page = open_figure("how_many", "")
    assert "one voter in each" in sentence(page, "how_many")
    assert page.locator(".many-curve").count() == 0
    curve = page.locator(".many .live-plot").nth(2)
    drag(page, curve, 0.1, 0.53)
    assert "15 voters in each" in sentence(page, "how_many")
    page.get_by_role("button", name="Look").click()
    said = sentence(page, "how_many")
    assert "You stopped at 15 voters, where 0.79 is to be expected; 0.90 takes 36." in said
    assert "Two single people correlate by 0.20, as before." in said
    assert page.locator(".many-measured").count() == 7
    page.locator(".many-handle").focus()
    page.keyboard.press("End")
    found = re.search(r"correlate by (0\.\d\d) this time, by 0\.98", sentence(page, "how_many"))
    assert found and float(found[1]) > 0.95
    assert "Two single people correlate by 0.20" in sentence(page, "how_many")
    assert page.locator(".many-handle").get_attribute("aria-valuetext") == "200"
    page.get_by_role("button", name="Two other classes").click()
    assert re.fullmatch(r"#how_many-200-[0-9a-z]{3}-shown", page.evaluate("location.hash"))


def test_a_dot_shows_its_votes(open_figure):
    page = open_figure("how_many")

    def outline() -> str:
        sentence(page, "how_many")
        return page.locator(".many-all").first.get_attribute("height")

    heights = [outline()]
    page.locator(".many-dot").nth(2).dispatch_event("click")
    heights.append(outline())
    page.locator(".many-ring").focus()
    page.keyboard.press("Home")
    heights.append(outline())
    assert len(set(heights)) == 3
    assert page.locator(".many-ring").get_attribute("aria-valuetext") == "1, mean 3.4"


# ---- what a threshold does


def test_the_cut_is_dragged_and_renames_what_it_passes(open_figure):
    page = open_figure("threshold", "")
    said = sentence(page, "threshold")
    assert said.startswith("Cut at 5.0, 70 % of the photographs are “good”, and 46 % lie within")
    assert page.locator(".renamed").count() == 0
    drag(page, page.locator(".cut .live-plot").first, 0.49, 0.585)
    assert page.evaluate("location.hash") == "#threshold-55"
    assert "27 % have another name, and not one vote has changed" in sentence(page, "threshold")
    assert page.locator(".cut-poor.renamed").count() == 5
    # two keys within a frame
    page.locator(".cut .live-handle").evaluate(
        "(handle) => [1, 2].forEach(() => handle.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'})))"
    )
    assert sentence(page, "threshold").startswith("Cut at 5.7,")
    assert page.locator(".cut .live-handle").get_attribute("aria-valuetext") == "5.7"


# ---- the plane


def test_six_blind_choices_appear_in_the_plane(open_figure):
    page = open_figure("plane", "")
    for pair in range(6):
        assert f"Pair {pair + 1} of 6" in sentence(page, "plane")
        assert page.locator(".plane-dot").count() == 0
        page.locator(".plane-tile").nth(pair % 2).focus()
        page.keyboard.press("Enter")
    said = sentence(page, "plane")
    assert re.search(r"Half way: 27.9 dB.* In \d of 6 pairs you took the picture further", said)
    taken = page.locator(".plane-taken").evaluate_all(
        "(rings) => rings.map((ring) => +ring.getAttribute('r'))"
    )
    assert sum((r - 9) / 3.5 for r in taken if r) == 6
    page.keyboard.press("End")  # to the right: SRResNet
    assert sentence(page, "plane").startswith("SRResNet: 28.3 dB, at a distance of 51")
    assert page.evaluate("location.hash") == "#plane-0-0-original"


def test_the_crop_follows_the_point(open_figure):
    page = open_figure("plane")

    def shown() -> str:
        sentence(page, "plane")
        style = "getComputedStyle(document.querySelector('.plane-under'))"
        return page.evaluate(f"{style}.backgroundImage + {style}.backgroundPosition")

    before = shown()
    drag(page, page.locator(".plane .live-plot"), 0.7, 0.5)
    assert page.evaluate("location.hash") == "#plane-4-0-original"
    after = shown()
    assert after != before
    page.get_by_role("button", name="Petra").click()
    assert shown() != after
    drag(page, page.locator(".plane-viewer"), 0.5, 0.25)
    split = page.locator(".plane-divider").get_attribute("aria-valuenow")
    assert 23 <= int(split) <= 27
    page.get_by_role("button", name="Show the error").click()
    assert page.locator(".plane-viewer.error").is_visible()


# ---- all of them


@pytest.mark.parametrize("name", PAGES)
def test_a_state_in_the_address_is_shown_and_brought_to_the_screen(open_figure, name):
    page = open_figure(name)
    page.wait_for_timeout(200)
    box = place(page, name).bounding_box()
    assert -50 < box["y"] < 900
    assert page.evaluate("location.hash") == STATES[name]


@pytest.mark.parametrize("width", [320, 360])
@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_it_without_scrolling_sideways(open_figure, name, width):
    page = open_figure(
        name, viewport={"width": width, "height": 800}, has_touch=True, is_mobile=True
    )
    sentence(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for button in place(page, name).locator(".live-button:visible").all():
        assert button.bounding_box()["height"] >= 44
    if name == "fechner":
        card(page, GOLDEN).tap()
        card(page, SQUARE).tap()
        assert "So did 35 %" in sentence(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    if name == "threshold":
        plot = page.locator(".cut .live-plot").first
        box = plot.bounding_box()
        page.touchscreen.tap(box["x"] + box["width"] * 0.4, box["y"] + 60)
        assert not sentence(page, name).startswith("Cut at 5.7")


@pytest.mark.parametrize("name", PAGES)
def test_without_javascript_and_on_paper_the_still_picture_stands_there(open_figure, name):
    def pictures(page):
        figure = page.locator("figure", has=place(page, name))
        return [image for image in figure.locator("img").all() if image.is_visible()]

    plain = open_figure(name, java_script_enabled=False)
    assert len(pictures(plain)) == 1
    page = open_figure(name)
    assert pictures(page) == []
    page.emulate_media(media="print")
    assert len(pictures(page)) == 1
    assert not place(page, name).is_visible()


def test_less_motion_for_those_who_ask_for_it(open_figure):
    def duration(**options) -> str:
        page = open_figure("fechner", **options)
        card(page, GOLDEN).click()
        card(page, SQUARE).click()
        return page.evaluate(
            "getComputedStyle(document.querySelector('.fechner-bar')).transitionDuration"
        )

    assert duration() != "0s"
    assert duration(reduced_motion="reduce") == "0s"
