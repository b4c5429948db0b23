"""The pages of a class that votes: a phone, and the board on the wall."""

import io
import threading

import pytest
from PIL import Image

pytest.importorskip("starlette")

from aesthetic_utils.class_votes.room import Room, class_pairs, read_pictures
from aesthetic_utils.class_votes.server import ClassServer
from aesthetic_utils.class_votes.store import VoteStore
from aesthetic_utils.class_votes.tracking import measure_pictures
from aesthetic_utils.class_votes.voting import Classroom
from aesthetic_utils.judgements.vote_file import read_votes

NAMES = ("<b>bold</b>", "plain", "'); DROP TABLE votes; --")


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for i in range(3):
        Image.new("RGB", (90, 60), (80 * i, 90, 120)).save(folder / f"{i}.png")
    pictures = dict(zip(NAMES, read_pictures(folder).values(), strict=True))
    store = VoteStore(tmp_path / "votes.sqlite")
    store.open_room(Room(code="KXPQB", question="Which?", items=NAMES, pairs=class_pairs(3, 3)))
    classroom = Classroom(store, pictures, measure_pictures(pictures))
    server = ClassServer(classroom, host="127.0.0.1")
    thread = threading.Thread(target=server.serve, kwargs={"hours": 1})
    thread.start()
    yield server
    server.stop()
    thread.join(5)
    store.close()


def test_a_phone_votes_in_two_rounds_and_the_board_shows_it(browser, server):
    address = f"http://{server.address}/"
    errors: list[str] = []
    phone = opened(browser, f"{address}?room=kxpqb", 360, errors)
    board = opened(browser, f"{address}board#{server.classroom.store.teacher}", 1280, errors)
    code = board.get_by_role("img", name="QR code of the address")
    code.wait_for()
    assert code.bounding_box()["width"] > 140 and board.locator("#qr svg path").count() == 2
    inside = "e => e.ownerSVGElement.getBBox().width"  # it is drawn, and no unknown element
    assert code.locator("path").last.evaluate(inside) > 25
    phone.get_by_role("button", name="Join").click()
    board.get_by_text("The numbers come when all who joined have answered.").wait_for(
        timeout=20_000
    )
    answer(phone, 1)
    phone.get_by_text("The second round opens here").wait_for()
    board.get_by_text("1 joined, 1 of them have answered all.").wait_for(timeout=20_000)
    board.get_by_text("One round cannot tell private taste from noise.").wait_for()
    assert board.get_by_text("The numbers come when").is_hidden()
    board.get_by_role("button", name="Open the second round").click()
    answer(phone, 2)
    phone.get_by_text("Look at the board.").wait_for()
    row = board.get_by_role("row", name="<b>bold</b>")  # a name is text
    row.wait_for(timeout=20_000)
    assert board.locator("b").count() == 0 and board.get_by_role("row").count() == 4
    board.set_viewport_size({"width": 360, "height": 800})
    assert board.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with board.expect_download() as download:
        board.get_by_role("button", name="Save the votes").click()
    votes, problems = read_votes(download.value.path())
    assert len(votes) == 6 and not problems
    board.on("dialog", lambda dialog: dialog.accept())
    board.get_by_role("button", name="Delete all").click()
    board.get_by_text("All votes and voters are deleted.").wait_for()
    assert server.classroom.store.votes() == [] and errors == []
    phone.reload()
    phone.get_by_text("Join again to vote.").wait_for()
    phone.get_by_role("button", name="Join").click()
    answer(phone, 1)
    phone.get_by_text("The second round opens here").wait_for()
    assert len(server.classroom.store.votes()) == 3
    phone.on("dialog", lambda dialog: dialog.accept())
    phone.get_by_role("button", name="Take my votes out").click()
    phone.get_by_role("heading", name="Your votes are deleted").wait_for()
    assert server.classroom.store.votes() == []
    phone.goto(f"{address}?room=bcdfg")  # the next class, in the same tab
    assert phone.get_by_label("The code on the board").input_value() == "BCDFG"
    assert phone.evaluate("sessionStorage.length") == 0
    for page in (phone, board):
        page.close()


def test_a_reader_finds_the_address_on_the_board_light_and_dark(browser, server):
    """From a picture of the whole wall, as a phone takes it; without colours exchanged, which not every phone tries."""
    reader = pytest.importorskip("zxingcpp")
    board = opened(
        browser, f"http://{server.address}/board#{server.classroom.store.teacher}", 1280, []
    )
    board.get_by_role("img", name="QR code of the address").wait_for()
    for scheme in ("light", "dark"):
        board.emulate_media(color_scheme=scheme)
        wall = Image.open(io.BytesIO(board.screenshot())).convert("L")
        assert (wall.getpixel((2, 2)) > 128) == (scheme == "light")
        [found] = reader.read_barcodes(wall, try_invert=False)
        assert found.text == f"http://{server.address}/?room=KXPQB"
    board.close()


def test_a_phone_scores_pictures(browser, tmp_path):
    store = VoteStore(tmp_path / "votes.sqlite")
    pairs = tuple((i, i) for i in range(3))
    store.open_room(Room(code="KXPQB", question="How much?", items=NAMES, pairs=pairs))
    server = ClassServer(Classroom(store, dict.fromkeys(NAMES, b"")), host="127.0.0.1")
    thread = threading.Thread(target=server.serve, kwargs={"hours": 1})
    thread.start()
    phone = browser.new_page(viewport={"width": 360, "height": 740})
    phone.goto(f"http://{server.address}/?room=kxpqb")
    phone.get_by_role("button", name="Join").click()
    for place in (1, 2, 3):
        phone.get_by_text(f"Question {place} of 3, round 1").wait_for(timeout=20_000)
        assert phone.get_by_role("group", name="score").get_by_role("button").count() == 7
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        phone.wait_for_timeout(300)
        phone.get_by_role("button", name=str(place + 2), exact=True).click()
    phone.get_by_text("The second round opens here").wait_for()
    phone.goto(f"http://{server.address}/board#{store.teacher}")
    phone.get_by_role("row", name="<b>bold</b>").wait_for(timeout=20_000)
    phone.close()
    server.stop()
    thread.join(5)
    assert sorted(vote.score for vote in store.votes()) == [3, 4, 5]
    store.close()


def opened(browser, url: str, width: int, errors: list[str]):
    page = browser.new_page(viewport={"width": width, "height": 800}, accept_downloads=True)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return page


def answer(phone, number: int) -> None:
    """The three questions of a round, by the first picture."""
    for place in (1, 2, 3):
        phone.get_by_text(f"Question {place} of 3, round {number}").wait_for(timeout=20_000)
        phone.wait_for_timeout(300)  # a quicker tap is taken for one on the question before
        phone.get_by_role("button", name="first picture").click()
