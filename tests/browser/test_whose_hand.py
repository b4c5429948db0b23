"""The game of the landing page, played in Chromium on the built page, opened from the disk."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "_build" / "html" / "book" / "intro.html"
SEED = "#whose_hand-00042"


@pytest.fixture
def open_page(watched):
    """Opens the landing page at a state of the game."""
    with watched() as open_url:
        yield lambda hash=SEED, **options: open_url(PAGE.as_uri() + hash, **options)


def truth(page) -> int:
    """Whose hand it is, from the data and the seed in the address, by the game's own rules."""
    return page.evaluate(
        """() => {
            const shown = document.querySelector('.hand-round').textContent.match(/\\d+/)[0];
            const rounds = WhoseHand.drawRounds(WhoseHand.seedOf(location.hash), WHOSE_HAND.ideas.length, 5);
            return rounds[shown - 1].designer;
        }"""
    )


def status(page) -> str:
    return page.locator(".hand [role=status]").inner_text().replace("\u00a0", " ")


def play(page, answer) -> None:
    """Ten rounds by the keyboard alone; `answer` gives a designer from the round and the truth."""
    for i in range(10):
        assert page.locator(".hand-round").inner_text() == f"Drawing {i + 1} of 10"
        page.keyboard.press(str(answer(i, truth(page)) + 1))
        page.keyboard.press("Enter")


def test_the_first_drawing_is_there_at_once(open_page):
    page = open_page("")
    assert page.locator(".hand-row:enabled").count() == 5
    assert page.locator(".hand-drawing").bounding_box()["width"] > 100
    assert not page.locator("figure.live > img, figure.live > a > img").is_visible()


def test_ten_rounds_by_the_keyboard(open_page):
    page = open_page()
    play(page, lambda i, right: right if i < 8 else (right + 1) % 5)
    head = page.locator(".hand-head").inner_text()
    assert re.fullmatch(r"You 8 of 10, the network \d+\.", head)
    said = page.locator(".hand-end").inner_text().replace("\u00a0", " ")
    assert "49 to 94 % for you" in said or "49 to 94 %, for both" in said
    assert re.search(r"Over all 500 held-out drawings the network is right on \d+: \d+ %", said)
    label = page.locator(".hand-chart").get_attribute("aria-label").replace("\u00a0", " ")
    assert label.startswith("You: 8 of 10, interval 49 to 94 %.")
    assert page.locator(".hand-gallery li").count() == 10


def test_the_link_at_the_end_replays_the_same_ten(open_page):
    page = open_page("")
    page.keyboard.press("1")
    seed = page.evaluate("location.hash")
    assert re.fullmatch(r"#whose_hand-[0-9a-z]{5}", seed)
    names = [page.locator(".hand-idea").inner_text()]
    for _ in range(9):
        page.keyboard.press("Enter")
        names.append(page.locator(".hand-idea").inner_text())
        page.keyboard.press("1")
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="the same ten again")
    assert link.get_attribute("href") == seed
    link.click()
    assert page.locator(".hand-idea").inner_text() == names[0]
    again = open_page(seed)
    assert again.locator(".hand-idea").inner_text() == names[0]
    assert len(set(names)) == 10
    page.evaluate("location.hash = '#whose_hand-zzzzz'")
    page.wait_for_function(f"document.querySelector('.hand-idea').textContent !== {names[0]!r}")


def test_ten_new_drawings_are_other_ones(open_page):
    page = open_page()
    play(page, lambda i, right: 0)
    page.get_by_role("button", name="Ten new drawings").click()
    assert page.locator(".hand-round").inner_text() == "Drawing 1 of 10"
    assert page.evaluate("location.hash") not in ("", SEED)


def test_what_a_screen_reader_says(open_page):
    page = open_page()
    right = truth(page)
    designers = page.evaluate("WHOSE_HAND.designers")
    drawing = page.locator(".hand-drawing").get_attribute("aria-label").replace("\u00a0", " ")
    assert re.fullmatch(r"[\w ]+: \d+ % of it nearly black, saturation \d+ %, \d+ colours", drawing)
    for name in designers:
        assert name not in drawing
        assert page.get_by_role("button", name=name).is_enabled()
    assert "32 % of it nearly black" in page.locator(".hand").text_content().replace("\u00a0", " ")
    page.get_by_role("button", name=designers[(right + 1) % 5]).click()
    assert designers[right] in status(page) and "It is by" in status(page)
    for i, name in enumerate(designers):
        text = page.locator(".hand-row").nth(i).text_content().replace("\u00a0", " ")
        assert name in text and "%" in text
        assert ("drew it" in text) == (i == right)
    assert page.evaluate("document.activeElement.textContent") == "Next drawing"
    page.keyboard.press("Enter")
    board = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert board.startswith("Drawing 2 of 10: ")


def test_digits_typed_elsewhere_are_no_answers(open_page):
    page = open_page()
    page.evaluate("document.body.append(document.createElement('input'))")
    page.locator("body > input").focus()
    page.keyboard.press("3")
    assert page.locator(".hand-row:enabled").count() == 5
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+3")
    assert page.locator(".hand-row:enabled").count() == 5
    page.keyboard.press("3")
    assert page.locator(".hand-row:enabled").count() == 0


@pytest.mark.parametrize("width", [320, 360, 768])
def test_a_phone_shows_it_without_scrolling_sideways(open_page, width):
    page = open_page(viewport={"width": width, "height": 800}, has_touch=True)

    def check(selector: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for target in page.locator(selector).all():
            box = target.bounding_box()
            assert box["height"] >= 44 and box["width"] >= 44
            assert box["x"] >= 0 and box["x"] + box["width"] <= width

    check(".hand-row, .hand-more")
    boxes = """() => [...document.querySelectorAll('.hand-row')].map((row) => {
        const box = row.getBoundingClientRect();
        return [box.x, box.y + scrollY, box.width, box.height].map(Math.round);
    })"""
    before = page.evaluate(boxes)
    page.locator(".hand-row").nth(2).tap()
    assert page.evaluate(boxes) == before  # nothing jumps
    check(".hand-row, .hand-next")
    page.locator(".hand-next").tap()
    for _ in range(9):
        page.locator(".hand-row").first.tap()
        page.locator(".hand-next").tap()
    check(".hand-again button, .hand-again a")


def test_without_javascript_and_on_paper_the_still_picture_stands_there(open_page):
    page = open_page(java_script_enabled=False)
    picture = page.locator("figure.live img")
    assert picture.is_visible()
    assert not page.locator(".hand").count()
    page = open_page()
    assert not page.locator("figure.live img").is_visible()
    page.emulate_media(media="print")
    assert page.locator("figure.live img").is_visible()
    assert not page.locator(".hand").is_visible()


def test_the_still_picture_can_be_shown_beside_the_game(open_page):
    page = open_page()
    button = page.get_by_role("button", name="Show more drawings of each hand")
    button.click()
    assert page.locator("figure.live img").is_visible()
    page.get_by_role("button", name="Hide them").click()
    assert not page.locator("figure.live img").is_visible()


def test_less_motion_for_those_who_ask_for_it(open_page):
    def duration(**options) -> str:
        page = open_page(**options)
        style = "getComputedStyle(document.querySelector('.hand-bar')).transitionDuration"
        return page.evaluate(style)

    assert duration() != "0s"
    assert duration(reduced_motion="reduce") == "0s"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_text_of_the_game_can_be_read(open_page, scheme):
    """WCAG's contrast ratio of what is written on what lies under it, at least 4.5."""
    page = open_page(color_scheme=scheme)
    page.keyboard.press("2")
    page.wait_for_timeout(400)
    colours = page.evaluate(
        """() => [...document.querySelectorAll('.hand *, .hand-more')]
            .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
            .map((e) => {
                let under = e;
                while (getComputedStyle(under).backgroundColor === 'rgba(0, 0, 0, 0)') under = under.parentElement;
                return [e.className, getComputedStyle(e).color, getComputedStyle(under).backgroundColor];
            })"""
    )
    assert len(colours) > 10
    for name, ink, paper in colours:
        light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, json.dumps([name, ink, paper])


def luminance(colour: str) -> float:
    """WCAG's relative luminance of "rgb(r, g, b)"."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
