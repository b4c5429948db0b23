"""The widget over the session, driven as a browser would drive it."""

import base64
import io

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from PIL import Image

from aesthetic_utils.judgements.vote_file import read_votes
from aesthetic_utils.widgets import Rater
from aesthetic_utils.widgets.rater import SHOWN_HEIGHT, TOO_FAST_S, png_bytes

NAMES = ("red_kite", "blue tit", '<owl> & "co"', "wren")


@pytest.fixture
def images() -> dict[str, torch.Tensor]:
    shades = torch.tensor([10, 90, 170, 250], dtype=torch.uint8)
    return {n: s.expand(3, 24, 32).clone() for n, s in zip(NAMES, shades, strict=True)}


@pytest.fixture
def clock():
    """Seconds that pass only when told so: clock.now += 1."""

    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    return Clock()


@pytest.fixture
def rater(images, tmp_path, clock):
    return Rater(images, path=tmp_path / "votes.csv", rater="ann", questions=6, clock=clock)


def press(rater, clock, text: str) -> None:
    clock.now += 1
    (button,) = (b for b in (*rater.answers, rater.undo, rater.stop) if b.description == text)
    if not button.disabled:
        button.click()


def shown(rater) -> list[dict]:
    return [img.attrs for img in BeautifulSoup(rater.pictures.value, "html.parser").find_all("img")]


def pixels(source: str) -> np.ndarray:
    data = source.removeprefix("data:image/png;base64,")
    return np.array(Image.open(io.BytesIO(base64.b64decode(data, validate=True))))


def test_it_shows_the_pictures_of_the_question(rater, images):
    left, right = rater.session.current.items
    for attributes, name, side in zip(shown(rater), (left, right), ("left", "right"), strict=True):
        assert (pixels(attributes["src"]) == images[name].permute(1, 2, 0).numpy()).all()
        assert attributes["alt"] == f"{side} picture: {name.replace('_', ' ')}"
    assert "better" in rater.question.value


def test_a_button_stores_a_vote_and_brings_the_next_question(rater, clock):
    asked, before = rater.session.current.items, rater.pictures.value
    press(rater, clock, "Right")
    (vote,), _ = read_votes(rater.session.path)
    assert (vote.left, vote.right, vote.choice, vote.response_ms) == (*asked, "right", 1000)
    assert rater.pictures.value != before
    assert "1 of 6 answers" in rater.status.value


def test_buttons_stay_the_same_so_that_the_focus_does(rater, clock):
    before = [id(button) for button in rater.answers]
    press(rater, clock, "Equal")
    assert [id(button) for button in rater.answers] == before
    assert [button.description for button in rater.answers] == ["Left", "Equal", "Right"]
    assert all(b.tooltip for b in (*rater.answers, rater.undo, rater.stop))
    assert list(rater.children[2].children) == rater.answers, "Tab goes from left to right"


def test_undo_and_stop(rater, clock):
    press(rater, clock, "Undo")
    assert "nothing to take back" in rater.status.value
    asked = rater.pictures.value
    press(rater, clock, "Left")
    press(rater, clock, "Undo")
    assert rater.pictures.value == asked and "Taken back" in rater.status.value
    press(rater, clock, "Stop")
    assert rater.session.done and rater.pictures.value == ""
    assert all(button.disabled for button in (*rater.answers, rater.stop))
    assert "0 of 6" in rater.status.value


def test_a_second_click_in_haste_is_no_vote(rater, clock):
    clock.now += 1
    rater.answers[0].click()
    clock.now += TOO_FAST_S / 2
    rater.answers[0].click()
    assert rater.session.answered == 1
    clock.now += TOO_FAST_S
    rater.answers[0].click()
    assert rater.session.answered == 2


def test_it_ends_and_goes_on(rater, clock, images, tmp_path):
    for _ in range(6):
        press(rater, clock, "Left")
    assert rater.session.done and "Thank you" in rater.status.value and not rater.undo.disabled
    press(rater, clock, "Undo")
    assert not rater.session.done and not rater.answers[0].disabled
    later = Rater(images, path=tmp_path / "votes.csv", questions=8, clock=clock)
    assert later.session.rater == "ann" and "Going on with the 5" in later.status.value


def test_the_scale_has_seven_buttons_between_words(images, tmp_path, clock):
    rater = Rater(
        images, task="scale", path=tmp_path / "votes.csv", rater="ann", repeat_share=1, clock=clock
    )
    assert [button.description for button in rater.answers] == list("1234567")
    assert "not at all" in rater.children[2].children[0].value
    assert len(shown(rater)) == 1
    for _ in range(8):
        press(rater, clock, "5")
    assert rater.session.done
    assert [vote.score for vote in read_votes(rater.session.path)[0]] == [5] * 8


def test_another_question_can_be_asked(images, tmp_path, clock):
    asked = {"question": "How alike are a & b?", "ends": ("apart", "<one> hand")}
    rater = Rater(images, task="scale", path=tmp_path / "votes.csv", clock=clock, **asked)
    assert "alike are a &amp; b?" in rater.question.value and "much" not in rater.question.value
    labels = [rater.children[2].children[i].value for i in (0, -1)]
    assert labels == ["apart", "&lt;one&gt; hand"]
    press(rater, clock, "4")
    (vote,), _ = read_votes(tmp_path / "votes.csv")
    assert (vote.question, vote.scale) == ("How alike are a & b?", (1, 7))


def test_a_file_that_cannot_be_written_is_told_and_the_question_stays(rater, clock):
    rater.session.path.mkdir()
    asked = rater.pictures.value
    press(rater, clock, "Left")
    assert "cannot be" in rater.status.value and rater.pictures.value == asked
    rater.session.path.rmdir()
    press(rater, clock, "Left")
    assert rater.session.answered == 1


def test_names_and_messages_cannot_break_the_page(images, tmp_path, clock):
    strange = Rater(
        images, task="scale", path=tmp_path / "a<b>.csv", rater="ann", repeat_share=0, clock=clock
    )
    alts = set()
    for _ in range(4):
        (attributes,) = shown(strange)
        alts.add(attributes["alt"])
        press(strange, clock, "4")
    assert 'picture: <owl> & "co"' in alts and "a&lt;b&gt;.csv" in strange.status.value


def test_pictures_are_shrunk_and_small_ones_not_blown_up(images, tmp_path):
    wide = torch.rand(3, 600, 1200)
    assert pixels_of(png_bytes(wide)).shape == (240, 480, 3)
    assert pixels_of(png_bytes(images["wren"])).shape == (24, 32, 3)
    assert pixels_of(png_bytes(torch.ones(3, 4, 4))).min() == 255
    rater = Rater({"a": wide, "b": images["wren"]}, path=tmp_path / "votes.csv")
    heights = {a["alt"][-1]: a["style"].split(";")[0] for a in shown(rater)}
    assert heights == {"a": f"height:{SHOWN_HEIGHT}px", "b": "height:72px"}
    with pytest.raises(ValueError, match="3, H, W"):
        png_bytes(torch.zeros(24, 32))


def pixels_of(data: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(data)))
