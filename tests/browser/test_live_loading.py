"""When the parts of a live figure are loaded, and what stands there when they are not."""

from __future__ import annotations

import pytest
from live_page import place

PAGE = "book/3-algorithms/3_1_1_convolution_layer.html"
STACK = "**/stack/view.js*"  # of a figure in the second half of that page


@pytest.fixture
def page(browser, address):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url.split("?")[0]))
    yield page
    context.close()


def scripts(page) -> list[str]:
    return [url for url in page.asked if url.endswith("/stack/view.js")]


def test_a_figure_is_loaded_when_it_comes_near_the_screen_and_once(page, address):
    page.goto(address + PAGE, wait_until="networkidle")
    assert scripts(page) == [] and place(page, "stack").is_visible()
    place(page, "stack").scroll_into_view_if_needed()
    place(page, "stack").locator(".live-figure").wait_for()
    page.evaluate("scrollTo(0, 0)")
    place(page, "stack").scroll_into_view_if_needed()
    assert len(scripts(page)) == 1


def test_a_link_to_a_state_of_a_figure_far_below_loads_it(page, address):
    page.goto(address + PAGE, wait_until="networkidle")
    link = page.locator('a[data-live^="#stack-"]').first
    link.dispatch_event("click")
    place(page, "stack").locator(".live-figure").wait_for()
    page.wait_for_function("document.activeElement.dataset.live === 'stack'")
    assert len(scripts(page)) == 1


def test_where_a_script_does_not_arrive_the_still_picture_stays(page, address):
    page.route(STACK, lambda route: route.abort())
    page.goto(address + PAGE)
    still = page.locator("figure.live", has=place(page, "stack")).locator("img:visible")
    place(page, "stack").scroll_into_view_if_needed()
    still.wait_for()
    page.unroute(STACK)
    page.locator('a[data-live^="#stack-"]').first.dispatch_event("click")  # tries again
    place(page, "stack").locator(".live-figure").wait_for()
    assert still.count() == 0
