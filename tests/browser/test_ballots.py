"""The page of votes from files in Chromium: what is dropped comes in whole or not at all, and gives the package's numbers."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aesthetic_utils.class_votes.board import board_numbers
from aesthetic_utils.class_votes.room import Room
from aesthetic_utils.cli.main import main
from aesthetic_utils.judgements.vote_file import read_votes, write_votes
from aesthetic_utils.judgements.vote_record import Vote

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
PAGE = "book/teaching/votes_from_files.html"
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
NAMES = ("<b>bold</b>", "dog", "a'\"picture")
ROOM = Room(code="KXPQB", question="Which?", items=NAMES, pairs=((0, 1), (0, 2), (1, 2)))
DROP = """(files) => {
  const all = new DataTransfer();
  for (const [name, text] of files)
    all.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
  for (const kind of ["dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: all, bubbles: true, cancelable: true}));
}"""


def votes_of(voter: int) -> list[Vote]:
    """Two rounds; the last voter likes the opposite."""
    votes = []
    for round in (1, 2):
        for a, b in ROOM.pairs:
            at = datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(seconds=60 * voter + len(votes))
            left, right = (NAMES[a], NAMES[b])[:: 1 if round == 1 else -1]
            votes.append(Vote(
                session=f"s-{round}", rater=f"r-{voter}", task="pair", left=left, right=right, response_ms=700,
                choice="left" if (round == 1) != (voter == 2) else "right", time=at, question="Which?",
            ))  # fmt: skip
    return votes


@pytest.fixture
def files(tmp_path) -> list[Path]:
    """Three good ones, then four bad ones; the first of these has a script for its name."""
    folder = tmp_path / "class"
    folder.mkdir()
    for voter in range(3):
        write_votes(folder / f"{voter}.csv", votes_of(voter))
    head, row, *_ = (folder / "0.csv").read_text("utf-8").splitlines()
    bad = {
        "<img src=x onerror=alert(1)>.csv": "name,mark\nann,2\n",
        "none.csv": head,
        "scale.csv": f"{head}\n{row}\n2,s,r-9,scale,,,dog,,9,,2026-03-01T09:00:00Z,1,7,How much?\n",
        "script.csv": f"{head}\n{row.replace('r-0', '<script>')}\n",
    }
    for name, text in bad.items():
        (folder / name).write_text(text, "utf-8")
    return [*(folder / f"{voter}.csv" for voter in range(3)), *(folder / name for name in bad)]


@pytest.fixture
def open_page(watched, address):
    """Opens the page, with no way to another host, and waits until the figure is there."""
    with watched() as open_url:

        def open_it(url: str = "", **options):
            page = open_url("about:blank", **options)
            page.route("**/*", lambda route: route.continue_() if route.request.url.startswith((address, "file:")) else route.abort())  # fmt: skip
            page.goto(url or address + PAGE)
            place(page).scroll_into_view_if_needed()
            if options.get("java_script_enabled", True):
                page.locator(".ballots-choose").wait_for()
            return page

        yield open_it


def place(page):
    return page.locator('.live-place[data-live="ballots"]')


def text(page, selector: str = ".ballots") -> str:
    return page.locator(selector).inner_text().replace("\u00a0", " ")


def test_dropped_files_come_in_whole_or_not_at_all_and_give_the_package_s_numbers(open_page, files, tmp_path):  # fmt: skip
    page = open_page((SITE / PAGE).as_uri())
    asked = []
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(DROP, [[f.name, base64.b64encode(f.read_bytes()).decode()] for f in files])
    page.locator(".ballots-ranking").wait_for()
    assert text(page, ".ballots-notice").startswith("3 files came in. 4 files did not")
    reasons = dict(zip(sorted(f.name for f in files[3:]), page.locator(".ballots-refused .ballots-said").all_inner_texts(), strict=True))  # fmt: skip
    assert "its first line lacks version" in reasons[files[3].name]
    assert reasons["none.csv"] == "There is no vote in it."
    assert reasons["scale.csv"].startswith("Line 3 is no vote: score is '9'; a number from 1 to 7")
    assert reasons["script.csv"].startswith("Line 2 is no vote: rater is '<script>'")
    assert page.locator(".ballots :is(b, script, img)").count() == 0
    numbers = board_numbers(ROOM, [vote for voter in range(3) for vote in votes_of(voter)])
    assert text(page, ".ballots-count") == "18 votes of 3 voters on “Which?” (pairs)."
    for part in (numbers["agreement"], numbers["parts"]["private"]):
        value, low, high = (f"{100 * part[key]:.0f} %" for key in ("value", "low", "high"))
        assert f"{value} ({low} to {high})".replace("-", "−") in text(page)
    rows = page.locator(".ballots-ranking tbody tr")
    assert rows.locator("th > span").all_inner_texts() == [row["item"] for row in numbers["ranking"]]  # fmt: skip
    first = numbers["ranking"][0]
    assert f"{first['low']:.2f} to {first['high']:.2f}".replace("-", "−") in rows.first.inner_text()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the merged file").click()
    merged = tmp_path / "merged.csv"
    assert main(["votes", "merge", *map(str, files[:3]), "--out", str(merged)]) == 0
    assert Path(saved.value.path()).read_bytes() == merged.read_bytes()
    assert len(read_votes(merged)[0]) == 18
    assert [one for one in asked if not one.startswith("blob:")] == []


def test_the_keyboard_chooses_and_removes_files(open_page, files):
    page = open_page()
    chosen = [files[:2], [files[1], files[2], files[4]]]
    # one listener from the beginning: a new one for each key may come too late for it
    page.on("filechooser", lambda chooser: chooser.set_files(chosen.pop(0)))
    page.locator(".ballots-choose").focus()
    page.wait_for_timeout(100)
    page.keyboard.press("Enter")
    page.get_by_text("2 files came in.").wait_for()
    page.keyboard.press("Enter")
    said = (
        "1 file came in. 1 file of the same name and content had been here already. 1 file did not"
    )
    page.get_by_text(said).wait_for()
    page.get_by_role("button", name="Remove 1.csv").focus()
    page.keyboard.press("Enter")
    page.get_by_text("1.csv is out.").wait_for()
    assert text(page, ".ballots-count").startswith("12 votes of 2 voters")
    assert page.evaluate("document.activeElement.className").endswith("ballots-remove")
    page.get_by_role("button", name="Remove all files").click()
    page.get_by_text("All files are out.").wait_for()
    assert page.locator(".ballots-ranking").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "Choose files"


def test_a_phone_in_the_dark_and_a_screen_reader(open_page, files):
    axe = pytest.importorskip("axe_playwright_python")
    page = open_page(color_scheme="dark", **PHONE)
    page.get_by_role("button", name="Show an invented class").tap()
    page.locator(".ballots-count", has_text="An invented class: 216 votes of 9 voters").wait_for()
    asked = "How much do you like this picture, from 1, not at all, to 7, very much? " * 2
    score = {"session": "s", "rater": "r-7", "task": "scale", "item": "dog", "score": 3, "scale": (1, 7), "question": asked}  # fmt: skip
    write_votes(files[0].with_name("scores.csv"), [Vote(time=votes_of(0)[0].time, **score)])
    page.locator(".ballots input").set_input_files([*files, files[0].with_name("scores.csv")])
    page.locator(".ballots-count", has_text="18 votes of 3 voters").wait_for()
    select = page.locator(".ballots select").bounding_box()
    assert select["x"] + select["width"] <= 360
    page.locator(".ballots select").select_option(index=1)
    assert text(page, ".ballots-count").startswith("1 vote of 1 voter on “How much")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for button in place(page).locator(".live-button:visible").all():
        assert button.bounding_box()["height"] >= 44
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run(document.querySelector('.live-place'))")["violations"]
    assert [v["id"] for v in found] == []


def test_on_paper_stands_what_the_votes_say_and_without_javascript_the_command(open_page, files):
    page = open_page()
    still = page.locator("#fig-ballots img").first
    page.emulate_media(media="print")
    assert still.is_visible() and not place(page).is_visible()
    page.emulate_media(media="screen")
    page.locator(".ballots input").set_input_files(files[:3])
    page.locator(".ballots-ranking").wait_for()
    page.emulate_media(media="print")
    assert page.locator(".ballots-ranking").is_visible() and not still.is_visible()
    assert not page.locator(".ballots-drop").is_visible()
    plain = open_page(java_script_enabled=False)
    assert plain.locator("#fig-ballots img").first.is_visible()
    assert "aesthetic votes merge" in plain.locator("#fig-ballots figcaption").inner_text()
