"""The live figures of sections 3.1.1 and 3.1.2 in Chromium, on the built pages, opened from the disk."""

import re
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PART = ROOT / "_build" / "html" / "book" / "3-algorithms"
FIGURES = ("convolution", "stack", "stamp")  # of section 3.1.1


@pytest.fixture(scope="module")
def open_page(watched):
    """Opens the page of a figure there, and waits until it is built."""
    with watched() as open_url:

        def open_it(figure: str, hash: str = "", **options):
            name = "3_1_1_convolution_layer" if figure in FIGURES else "3_1_2_pooling_layer"
            page = open_url((PART / f"{name}.html").as_uri() + hash, **options)
            page.locator(f"#fig-{figure}").scroll_into_view_if_needed()
            if options.get("java_script_enabled", True):
                page.locator(f"#fig-{figure} .live-place > *").first.wait_for()
            return page

        yield open_it


@pytest.fixture(scope="module")
def visited(open_page):
    """Section 3.1.1, opened once for the tests that begin with `show`; it does not scroll smoothly."""
    return open_page("convolution", reduced_motion="reduce")


def show(page, hash: str) -> None:
    """Shows the state of an address, as a link to it does."""
    page.evaluate("hash => { location.hash = ''; location.hash = hash; }", hash)
    frame(page)
    frame(page)


def numbers(page, part: str, text: str = "text") -> list[str]:
    """What stands in the cells of a grid, row by row; "" where a cell has no such text."""
    return page.evaluate(
        """([part, text]) => [...document.querySelectorAll(`.conv-${part} .conv-cell`)]
            .map(cell => [cell.querySelector('rect'), cell.querySelector(text)?.textContent ?? ""])
            .sort(([a], [b]) => a.getAttribute('y') - b.getAttribute('y') || a.getAttribute('x') - b.getAttribute('x'))
            .map(([, text]) => text.replace('\\u2212', '-'))""",
        [part, text],
    )


def middle_of(page, part: str, row: int, column: int) -> tuple[float, float]:
    """Where the cell of a grid lies in the window."""
    box = page.locator(f".conv-{part}").bounding_box()
    side = box["width"] / len(numbers(page, part)) ** 0.5
    return box["x"] + (column + 0.5) * side, box["y"] + (row + 0.5) * side


def frame(page) -> None:
    """Waits until what was asked for is drawn."""
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def point(page, part: str, row: int, column: int) -> None:
    page.mouse.move(*middle_of(page, part, row, column))
    frame(page)


def drag(page, start: tuple[float, float], right: float, down: float) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + right, start[1] + down, steps=4)
    page.mouse.up()
    frame(page)


def status(page, figure: str) -> str:
    prefix = {"convolution": "conv", "stack": "stack", "stamp": "stamp"}[figure]
    return page.locator(f".{prefix}-status:visible").inner_text()


def spinner(page, figure: str, name: str):
    """A number that can be dragged."""
    return page.locator(f"#fig-{figure}").get_by_role("spinbutton", name=name, exact=True)


def press(page, figure: str, name: str, *keys: str) -> None:
    spinner(page, figure, name).focus()
    for key in keys:
        page.keyboard.press(key)


# ---- one convolution


def test_pixels_and_outputs_are_pointed_at_painted_and_dragged(open_page):
    page = open_page("convolution")
    assert numbers(page, "output") == ["?"] * 3 + ["15"] + ["?"] * 5
    assert "4·1 + 4·2 + 1·(−1) + 4·1 = 15. Move on" in status(page, "convolution")
    for row in range(3):
        for column in range(3):
            point(page, "output", row, column)
    assert numbers(page, "output") == ["16", "12", "-15", "15", "9", "-13", "12", "8", "-11"]
    point(page, "input", 2, 2)
    weights = numbers(page, "output", ".conv-corner")
    assert weights == ["×1", "×0", "×-1", "×2", "×0", "×-2", "×1", "×0", "×-1"]
    assert "read by 9 outputs" in status(page, "convolution")
    point(page, "input", 0, 1)
    assert numbers(page, "output", ".conv-corner") == ["×0", "×-1"] + [""] * 7
    drag(page, middle_of(page, "input", 0, 0), 60, 0)
    assert numbers(page, "input")[:5] == ["4", "4", "4", "4", "0"]
    assert numbers(page, "output") == ["12", "8", "-15", "15", "9", "-13", "12", "8", "-11"]
    drag(page, middle_of(page, "filter", 1, 1), 0, -40)
    assert numbers(page, "filter")[4] == "3"
    drag(page, middle_of(page, "filter", 1, 1), 0, 400)
    assert numbers(page, "filter")[4] == "-9"


POST = "#convolution-53011-89a79b89a-99dd99add99bddaabddabbddb-"  # and "f"


def test_the_settings_are_dragged_inside_the_formula(visited, open_page):
    page = visited
    show(page, f"{POST}f")
    page.get_by_label("Picture", exact=True).select_option("drawing")
    stride = spinner(page, "convolution", "stride").bounding_box()
    drag(page, (stride["x"] + 10, stride["y"] + 20), 36, 0)
    assert "⌊6/4⌋ + 1 = 2" in page.locator(".conv-formula").inner_text()
    assert "remainder 2" in page.locator(".conv-size").inner_text()
    assert page.locator(".conv-input .lost").count() == 81 - 36
    address = page.evaluate("location.hash")
    assert address.startswith("#convolution-93041-")
    again = open_page("convolution", address)
    assert again.locator(".conv-input .lost").count() == 81 - 36
    press(again, "convolution", "dilation", "End")
    press(again, "convolution", "side of the filter", "End")
    assert "no window" in again.locator(".conv-formula").inner_text()


def test_the_link_of_the_page_shows_its_example_backwards(visited):
    page = visited
    page.get_by_role("link", name="this example, backwards").click()
    frame(page)
    assert numbers(page, "input") == ["-1", "3", "-2", "-2", "3", "1", "0", "-2", "0"]
    top = "document.querySelector('#fig-convolution').getBoundingClientRect().top"
    page.wait_for_function(f"Math.abs({top}) < 150")  # the page may scroll smoothly
    point(page, "input", 1, 1)
    assert "is 2·2 − 1·1 = 3" in status(page, "convolution")
    drag(page, middle_of(page, "output", 1, 0), 0, -24)
    assert numbers(page, "output") == ["-1", "2", "2", "-1"]


def test_half_a_turn_makes_a_convolution_of_it(visited):
    page = visited
    page.get_by_role("link", name="the bright pixel and the filter").click()
    frame(page)
    assert numbers(page, "output") == [f"{4 * n}" for n in range(9, 0, -1)]
    page.get_by_role("button", name="half a turn").click()
    assert numbers(page, "output") == [f"{4 * n}" for n in range(1, 10)]
    assert numbers(page, "filter") == [f"{n}" for n in range(9, 0, -1)]
    assert "convolution of mathematics" in status(page, "convolution")
    motion = page.locator(".conv-filter > g").evaluate("g => getComputedStyle(g).animationName")
    assert motion == "none"


def test_the_filter_runs_over_a_photograph(visited):
    page = visited
    show(page, f"{POST}f")
    page.get_by_role("button", name="a photograph").click()
    page.wait_for_function("document.querySelector('.conv-part-output canvas').width === 158")
    spread = """() => {
        const canvas = document.querySelector('.conv-part-output canvas');
        const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return [canvas.width, canvas.height, Math.min(...data.filter((_, i) => i % 4 === 0)), Math.max(...data)];
    }"""
    width, height, darkest, brightest = page.evaluate(spread)
    assert (width, height) == (158, 118) and darkest < 60 and brightest > 200
    press(page, "convolution", "stride", "ArrowUp")
    assert page.evaluate(spread)[:2] == [79, 59]


def test_the_keyboard_and_the_voice(visited):
    page = visited
    show(page, f"{POST}f")
    voice = page.locator("#fig-convolution [role=status]")
    page.locator(".conv-filter").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    assert numbers(page, "filter")[:3] == ["-1", "1", "1"]
    page.locator(".conv-input").focus()
    page.keyboard.press("3")
    assert numbers(page, "input")[0] == "3"
    page.wait_for_function(
        "document.querySelector('#fig-convolution [role=status]').textContent.startsWith('Pixel (0, 0)')"
    )
    page.locator(".conv-output").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function(
        "document.querySelector('#fig-convolution [role=status]').textContent.startsWith('Output (1, 0)')"
    )
    assert "= 1" in voice.text_content()


# ---- stack


def fields(page) -> list[str]:
    return page.evaluate(
        "[...document.querySelectorAll('.stack-table tbody tr:not([hidden])')].map(row => row.cells[5].textContent)"
    )


def test_a_guess_comes_before_the_field(open_page):
    page = open_page("stack")
    assert fields(page) == ["1", "?", "?", "?", "?"]
    assert page.locator(".stack-bar").count() == 0
    press(page, "stack", "my guess", "ArrowUp", "ArrowUp")
    page.get_by_role("button", name="Show it").click()
    assert fields(page) == ["1", "3", "4", "8", "10"]
    assert status(page, "stack").startswith(
        "You guessed 7. Cell 4 of level 4 depends on 10 pixels."
    )
    assert page.locator(".stack-bar").count() == 10
    page.keyboard.press("ArrowDown")  # the drawing has the focus
    assert "of level 3 depends on 8 pixels" in status(page, "stack")


def test_layers_are_changed_carried_added_and_removed(visited):
    page = visited
    show(page, "#stack-c3111.p2210.c3111.p2210-4.4")
    assert page.locator(".stack-bar").count() == 10
    handles = page.locator(".stack-handle")
    last, above = handles.nth(3).bounding_box(), handles.nth(1).bounding_box()
    start = (last["x"] + 10, last["y"] + 20)
    drag(page, start, 0, above["y"] - last["y"])
    assert fields(page) == ["1", "3", "4", "6", "14"]
    assert page.evaluate("location.hash").startswith("#stack-c3111.p2210.p2210.c3111-")
    handles.nth(3).focus()
    page.keyboard.press("ArrowUp")
    assert fields(page) == ["1", "3", "4", "8", "10"]
    press(page, "stack", "width of layer 1", "ArrowUp", "ArrowUp")
    assert fields(page)[1] == "5"
    page.get_by_role("button", name="remove layer 4").click()
    page.get_by_role("button", name="add a convolution").click()
    assert fields(page) == ["1", "5", "6", "10", "14"]
    box = page.locator(".stack-board").bounding_box()
    page.mouse.move(box["x"] + 45, box["y"] + 30)
    assert "padding" in status(page, "stack")


# ---- stamp


def test_the_checkerboard_goes_when_the_stride_divides_the_width(visited):
    page = visited
    show(page, "#stamp-3201-111")
    assert status(page, "stamp").startswith("A checkerboard.")
    press(page, "stamp", "width of the filter", "ArrowUp")
    assert status(page, "stamp").startswith("Even.")
    press(page, "stamp", "weight 1", "ArrowUp")
    assert status(page, "stamp").startswith("A checkerboard.")
    page.get_by_role("link", name="1, 2, 1", exact=True).click()
    page.wait_for_function(
        "document.querySelector('.stamp-status').textContent.startsWith('Even.')"
    )
    box = page.locator(".stamp-board").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 2.5 / 11, box["y"] + box["height"] - 5)
    frame(page)
    assert (
        "2 stamps reach pixel 2, with the weights 1 + 1 = 2."
        in page.locator(".stamp-detail").inner_text()
    )


# ---- all three


def test_a_phone_shows_them_without_scrolling_sideways(open_page):
    page = open_page("convolution", viewport={"width": 360, "height": 800}, has_touch=True)
    x, y = middle_of(page, "input", 2, 2)
    page.touchscreen.tap(x, y)
    assert numbers(page, "input")[12] == "0"
    assert re.match(r"Pixel \(2, 2\)", status(page, "convolution"))
    for width, figure in product((320, 360, 768), FIGURES):
        page.set_viewport_size({"width": width, "height": 800})
        place = page.locator(f"#fig-{figure} .live-place")
        place.scroll_into_view_if_needed()
        place.locator("> *").first.wait_for()
        box = place.bounding_box()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for target in place.locator("button:visible, select:visible, .live-scrub:visible").all():
            inside = target.bounding_box()
            assert inside["height"] >= 44 and inside["width"] >= 24
            assert inside["x"] >= 0 and inside["x"] + inside["width"] <= width
        assert box["width"] <= width


def test_without_javascript_and_on_paper_the_still_pictures_stand_there(open_page, visited):
    page = open_page("convolution", java_script_enabled=False)
    for figure in FIGURES:
        assert page.locator(f"#fig-{figure} img:visible").count() == 1
    page = visited
    assert page.locator("#fig-convolution img:visible").count() == 0
    page.emulate_media(media="print")
    for figure in FIGURES:
        assert page.locator(f"#fig-{figure} img:visible").count() == 1
        assert not page.locator(f"#fig-{figure} .live-place").is_visible()
    page.emulate_media(media="screen")


# ---- pooling under a shift, in section 3.1.2


def test_a_row_that_moves_by_one_pixel(open_page):
    page = open_page("shift")
    status = page.locator(".shift-status")
    assert status.inner_text().startswith("Which of the four")
    assert "%" not in page.locator(".shift-board").text_content()
    box = page.locator(".shift-board").bounding_box()
    drag(page, (box["x"] + 100, box["y"] + 40), box["width"] / 16, 0)
    assert status.inner_text().startswith("Moved by 1 pixel, half a step")
    assert re.findall(r"\d+\s%", page.locator(".shift-board").text_content()) == [
        "33\u00a0%",
        "17\u00a0%",
        "17\u00a0%",
        "8\u00a0%",
    ]
    assert page.locator(".shift-before").count() == 4
    page.locator(".shift-board").focus()
    page.keyboard.press("ArrowRight")
    assert status.inner_text().startswith("Moved by 2 pixels: all four have moved along, by 1,")
    page.mouse.click(box["x"] + box["width"] * 4.5 / 16, box["y"] + 24)
    assert page.evaluate("location.hash") == "#shift-3140310031003100-2"
    page.get_by_role("link", name="the finest stripes").click()
    page.wait_for_function(
        "document.querySelector('.shift-status').textContent.includes('None of the four')"
    )

    page.set_viewport_size({"width": 320, "height": 800})
    frame(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    labels = "[...document.querySelectorAll('.shift-label')].map(t => {const b = t.getBoundingClientRect(); return [b.y, b.x, b.right]})"
    boxes = sorted(tuple(box) for box in page.evaluate(labels))
    for (y, _, right), (below, left, _) in zip(boxes, boxes[1:], strict=False):
        assert below > y + 1 or left >= right
