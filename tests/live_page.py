"""What the tests of live figures in a browser ask of a page."""


def place(page, name: str):
    """Where the figure of that name is built."""
    return page.locator(f'.live-place[data-live="{name}"]')


def come_to(page, name: str) -> None:
    """Scrolls to a figure, and waits until it is loaded and built."""
    place(page, name).evaluate("(place) => place.scrollIntoView()")
    place(page, name).locator("> *").first.wait_for()


def sentence(page, name: str) -> str:
    """The sentence beside a figure, once it has been drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)))")
    return place(page, name).locator(".live-sentence").inner_text().replace("\u00a0", " ")
