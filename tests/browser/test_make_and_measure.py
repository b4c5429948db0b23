"""The figure "misleads" and the pages Make it and Measure it in Chromium, on the built site."""

import io
from pathlib import Path

import pytest
from live_page import come_to, place
from PIL import Image

SITE = Path(__file__).resolve().parents[2] / "_build" / "html" / "book"
PAGES = {"misleads": "2-concepts/2_4_human_aesthetics", "measure_it": "lab/measure_it"}


@pytest.fixture
def open_figure(watched):
    """Opens the page of a figure from the disk, and waits for all measures."""
    with watched() as open_url:

        def open_it(name: str, hash: str = "", **options):
            page = open_url((SITE / f"{PAGES[name]}.html").as_uri() + hash, **options)
            come_to(page, name)
            said(page, name)
            return page

        yield open_it


def said(page, name: str, begin: str = "") -> str:
    """The sentence of a figure, once it begins like this."""
    words = place(page, name).locator(".live-sentence")
    page.wait_for_function(
        "([name, begin]) => { const words = document.querySelector(`[data-live=${name}] .live-sentence`);"
        " return words && words.textContent !== '' && words.textContent.startsWith(begin); }",
        arg=[name, begin],
    )
    return words.inner_text().replace("\u00a0", " ")


def values(page) -> dict[str, str]:
    """What stands beside each measure of the page Measure it."""
    rows = "[...document.querySelectorAll('.mea-measures summary')]"
    cells = "row => [row.children[0].textContent, row.children[1].textContent]"
    return dict(page.evaluate(f"{rows}.map({cells})"))


def sideways(page) -> int:
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


# ---- misleads


def test_a_smaller_picture_has_other_numbers_and_a_mirrored_one_has_not(open_figure):
    page = open_figure("misleads")
    assert said(page, "misleads").startswith("Each dot is where")
    size = place(page, "misleads").get_by_label("size")
    size.focus()
    for _ in range(5):  # the page follows the last
        page.keyboard.press("ArrowLeft")
    assert "slope of the spectrum" in said(page, "misleads", "The same butterfly, shrunk to 256")
    assert page.evaluate("location.hash") == "#misleads-256-0"
    place(page, "misleads").get_by_role("button", name="as it was").click()
    said(page, "misleads", "Each dot")
    place(page, "misleads").get_by_role("button", name="mirror").click()
    assert "seven of the eight stay" in said(page, "misleads", "The same butterfly, mirrored")
    link = page.get_by_role("link", name="a little brighter")
    link.click()
    words = said(page, "misleads", "The same butterfly, made brighter")
    assert "Farthest goes \u201cpublished mirror symmetry\u201d" in words


def test_an_address_shows_its_state_on_a_dark_phone(open_figure):
    options = {"viewport": {"width": 360, "height": 800}, "color_scheme": "dark", "has_touch": True}
    page = open_figure("misleads", "#misleads-192-0-m", **options)
    said(page, "misleads", "The same butterfly, shrunk to 192 pixels and mirrored")
    assert sideways(page) == 0


# ---- measure it


def test_cropping_and_mirroring_move_the_measures(open_figure):
    page = open_figure("measure_it")
    before = values(page)
    assert len(before) == 27 and "\u2026" not in before.values()
    page.get_by_role("button", name="mirror").click()
    page.wait_for_function("location.hash.endsWith('-m')")
    corner = place(page, "measure_it").locator(".mea-rb")
    box = corner.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] - 60, box["y"] - 10, steps=3)
    page.mouse.up()
    page.wait_for_function(
        "document.querySelector('[data-live=measure_it] .live-sentence').textContent.includes('cannot be compared')"
    )
    assert values(page) != before
    handle = place(page, "measure_it").locator(".mea-lt")
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.hash.startsWith('#measure_it-2.0.')")
    page.locator(".mea-lt[aria-valuetext='2 per cent across, 0 down']").wait_for()


def test_an_own_picture_is_measured_and_another_file_gets_a_sentence(open_figure):
    page = open_figure("measure_it", viewport={"width": 360, "height": 800})
    picture = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(picture, "PNG")
    chooser = place(page, "measure_it").locator("input[type=file]")
    chooser.set_input_files(
        {"name": "grey.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    )
    page.wait_for_function(
        "document.querySelector('.mea-measures details:nth-of-type(6) .mea-value').textContent === '0.0'"
    )  # the colourfulness of greys
    assert values(page)["number of hues"] == "0"
    chooser.set_input_files({"name": "a.txt", "mimeType": "image/png", "buffer": b"no picture"})
    page.get_by_text("This is not a picture").wait_for()
    assert values(page)["number of hues"] == "0"
    assert sideways(page) == 0


# ---- make it


@pytest.fixture
def open_make(watched, address):
    """Opens the page Make it over http at a state."""
    with watched() as open_url:

        def open_it(hash: str = "", **options):
            page = open_url(f"{address}book/lab/make_it.html{hash}", **options)
            come_to(page, "make_it")
            page.locator(".network-load:visible").wait_for()
            return page

        yield open_it


def load(page) -> None:
    page.locator(".network-load:visible").click()
    page.locator(".make-panel:visible").wait_for()


LARGE = "document.querySelector('.make-panel:not([hidden]) .make-stage canvas')"


def pixels(page) -> list[int]:
    return page.evaluate(
        f"[...{LARGE}.getContext('2d').getImageData(0, 0, 32, 32).data].filter((_, i) => i % 97 === 0)"
    )


def test_a_walk_between_two_drawings_and_a_file_to_keep(open_make):
    page = open_make()
    load(page)
    page.wait_for_function("document.querySelectorAll('.make-cells canvas').length === 9")
    before = pixels(page)
    strip = page.locator(".make-strip:visible")
    strip.scroll_into_view_if_needed()
    box = strip.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + 20)
    page.wait_for_function("location.hash === '#make_it-gan-60.78-25'")
    page.wait_for_function(
        f"([before]) => String([...{LARGE}.getContext('2d').getImageData(0, 0, 32, 32).data]"
        ".filter((_, i) => i % 97 === 0)) !== before",
        arg=[",".join(map(str, before))],
    )
    page.keyboard.press("ArrowRight")
    assert page.locator(".make-handle:visible").get_attribute("aria-valuenow") == "26"
    with page.expect_download() as kept:
        page.locator("button:visible", has_text="save as PNG").click()
    with Image.open(kept.value.path()) as picture:
        assert picture.size == (512, 512)


def test_the_flow_draws_a_film_that_goes_backwards(open_make):
    hash = "#make_it-flow-3-1.1-30-2-euler-cat.zeppelin"
    options = {"viewport": {"width": 360, "height": 800}, "color_scheme": "dark"}
    page = open_make(hash, **options)
    load(page)
    words = said(page, "make_it", "The end:")
    assert "in 2 steps, which ask the network 2 times" in words
    assert "does not know: zeppelin" in words
    assert page.locator(".make-panel:not([hidden]) .make-cells canvas").count() == 3
    page.locator(".make-handle:visible").focus()
    page.keyboard.press("ArrowLeft")
    said(page, "make_it", "50\u00a0% of this place is noise")
    assert sideways(page) == 0


def test_from_the_disk_a_sentence_says_how_to_serve(watched):
    with watched() as open_url:
        page = open_url((SITE / "lab" / "make_it.html").as_uri())
        come_to(page, "make_it")
        page.get_by_text("This page was opened from a disk").first.wait_for()
