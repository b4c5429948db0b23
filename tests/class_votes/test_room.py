"""What a class is asked, and the commands `aesthetic class ...` without their server."""

import io
import json
import re
import sqlite3
import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from aesthetic_utils.class_votes.board import board_numbers
from aesthetic_utils.class_votes.room import Room, class_pairs, new_code, order_for, read_pictures
from aesthetic_utils.class_votes.store import VoteStore, vote_row
from aesthetic_utils.class_votes.tracking import measure_pictures, tracked
from aesthetic_utils.cli import main as cli
from aesthetic_utils.judgements.vote_file import read_votes
from aesthetic_utils.judgements.vote_record import pair_vote, scale_vote
from aesthetic_utils.storage import AestheticError


@pytest.mark.parametrize(("items", "questions"), [(2, 5), (3, 2), (8, 12), (8, 28), (8, 99), (5, 10), (20, 20)])  # fmt: skip
def test_pairs_are_different_and_link_all_items_evenly(items, questions):
    pairs = class_pairs(items, questions)
    assert len(pairs) == len(set(pairs)) == min(questions, items * (items - 1) // 2)
    assert all(0 <= a < b < items for a, b in pairs)
    if questions >= items:
        times = Counter(i for pair in pairs for i in pair)
        assert len(times) == items and max(times.values()) - min(times.values()) <= 2
        linked, new = {0}, {0}
        while new:
            new = {i for pair in pairs if set(pair) & linked for i in pair} - linked
            linked |= new
        assert len(linked) == items


def room(items: int = 6, questions: int = 9) -> Room:
    names = tuple(f"item {i}" for i in range(items))
    return Room(code=new_code(), question="Which?", items=names, pairs=class_pairs(items, questions))  # fmt: skip


def joined(store: VoteStore) -> tuple[str, str]:
    return store.together([partial(VoteStore.insert_voter, most=9)])[0]


def kept(store: VoteStore, row) -> bool:
    return store.together([lambda db: VoteStore.insert_vote(db, row)])[0]


def test_the_second_round_asks_the_same_with_the_sides_swapped_in_another_order():
    asked = room()
    first, second = (order_for(asked, "r-1", number) for number in (1, 2))
    assert [q.pair for q in first] != [q.pair for q in second]
    sides = {q.pair: (q.left, q.right) for q in first}
    assert {q.pair: (q.right, q.left) for q in second} == sides and len(sides) == 9
    assert order_for(asked, "r-1", 1) == first  # the same when asked again
    left = [order_for(asked, f"r-{i}", 1)[0].left for i in range(200)]
    assert len(set(left)) == 6  # voters begin elsewhere


def test_codes_are_drawn():
    codes = {new_code() for _ in range(200)}
    assert len(codes) > 195 and all(len(c) == 5 and c.isupper() and not set(c) & set("AEIOUY") for c in codes)  # fmt: skip


def test_the_course_s_pictures_are_there():
    found = read_pictures(None)
    assert len(found) == 8 and all(data.startswith(b"\xff\xd8") for data in found.values())
    assert sum(map(len, found.values())) < 1_500_000


@pytest.mark.parametrize("said", ["are 0 pictures", "is 1 picture"])
def test_too_few_pictures(tmp_path, said):
    (tmp_path / "notes.txt").touch()
    if "1" in said:
        (tmp_path / "1.png").touch()
    with pytest.raises(AestheticError, match=f"there {said} in "):
        read_pictures(tmp_path)
    with pytest.raises(AestheticError, match="is no folder"):
        read_pictures(tmp_path / "none")


def test_a_file_that_is_no_picture_is_named(tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("<svg onload=alert(1)>")
    with pytest.raises(AestheticError, match=r"b\.png"):
        read_pictures(tmp_path)


@pytest.mark.parametrize("others", [["IMG_2.HEIC"], ["IMG_2.heic", "raw.CR2"]])
def test_a_picture_of_a_kind_that_is_not_read_is_not_passed_over(tmp_path, others):
    """A class would vote without it, and nobody would know."""
    for name in ("a.png", "b.png"):
        Image.new("RGB", (9, 9)).save(tmp_path / name)
    for name in (*others, ".hidden.heic", "notes.txt"):
        (tmp_path / name).touch()
    more = " and 1 more" if others[1:] else ""
    with pytest.raises(AestheticError, match=rf"^IMG_2\.\w+{more} in .* as JPEG or take them out"):
        read_pictures(tmp_path)
    for name in others:
        (tmp_path / name).unlink()
    assert list(read_pictures(tmp_path)) == ["a", "b"]


def test_the_board_of_nobody():
    found = board_numbers(room(), [])
    assert found["cannot"] == {"agreement": "There is no vote yet."} and found["ranking"] == []


def test_the_board_after_one_round_says_what_it_cannot():
    asked = room(3, 3)
    votes = [
        pair_vote(rater=f"r-{i}", session=f"{asked.code}-1", left="item 0", right="item 1", choice="left", question="Which?")
        for i in range(3)
    ]  # fmt: skip
    found = board_numbers(asked, votes, repeats=50)
    assert found["agreement"]["value"] == 1 and found["agreement"]["common"] == 3
    assert found["parts"] is None and "second round" in found["cannot"]["parts"]
    assert [row["item"] for row in found["ranking"]][0] == "item 0"
    assert any("never compared" in note for note in found["notes"])


def test_the_board_of_one_score_holds_no_number_that_json_lacks():
    asked = replace(room(3), pairs=((0, 0), (1, 1), (2, 2)))
    one = scale_vote(rater="r-1", session="KXPQB-1", item="item 1", score=5, scale=(1, 7))
    found = board_numbers(asked, [one])
    json.dumps(found, allow_nan=False)
    assert (
        found["ranking"][0]["score"] == 5 and found["ranking"][0]["low"] is None and found["cannot"]
    )
    assert room(3).scale is None and asked.scale == (1, 7)


def test_a_file_that_is_none_of_a_class_is_refused(tmp_path):
    (tmp_path / "text.sqlite").write_text(
        "no database, but longer than a header of one would be" * 20
    )
    with pytest.raises(AestheticError, match="cannot be used for votes"):
        VoteStore(tmp_path / "text.sqlite")


def test_a_vote_that_fails_leaves_the_store_as_it_was(tmp_path, monkeypatch):
    store, asked = VoteStore(tmp_path / "v.sqlite"), room()
    store.open_room(asked)
    question = order_for(asked, "r-1", 1)[0]
    with pytest.raises(sqlite3.IntegrityError), store._transaction() as db:
        db.execute("INSERT INTO voters VALUES ('a', 'r-1')")
        db.execute("INSERT INTO voters VALUES ('b', 'r-1')")
    assert store.count_voters() == 0
    voter, _ = joined(store)
    assert kept(store, vote_row(asked, voter, question, "left", 5))
    assert not kept(store, vote_row(asked, voter, question, "right", 5))
    assert not kept(store, vote_row(asked, "r-gone", question, "right", 5))  # and deleted meanwhile
    with pytest.raises(ValueError, match="choice is"):
        vote_row(asked, "r-1", question, "up", 5)
    assert [vote.choice for vote in store.votes()] == ["left"]
    store.close()


def test_measures_that_track_the_class_come_with_their_uncertainty():
    names = [f"item {i}" for i in range(6)]
    shades = {name: np.full((40, 60, 3), 30 * i, dtype=np.uint8) for i, name in enumerate(names)}
    shades["item 5"][:, ::2] = 0
    measured = measure_pictures({name: as_png(pixels) for name, pixels in shades.items()})
    assert [round(measured[name]["mean_Lab_L"]) for name in names[:3]] == [0, 11, 25]
    asked = room(6, 9)
    votes = [
        pair_vote(rater=f"r-{i}", session=f"{asked.code}-1", left=names[a], right=names[b], choice="right")
        for i in range(6) for a, b in asked.pairs
    ]  # fmt: skip
    found = board_numbers(asked, votes, measured, repeats=20)["tracked"]
    row = next(row for row in found if row["measure"] == "lightness")
    assert row["value"] > 0.8 and row["low"] < row["value"] < row["high"] and row["n"] == 6
    assert found == sorted(found, key=lambda row: -abs(row["value"]))
    assert "colourfulness" not in {row["measure"] for row in found}  # grey: the same for all
    four = dict.fromkeys(names[:4], 0.0) | {"item 0": 1.0}
    assert tracked(four, measured) == []


def as_png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_the_qr_code_is_the_same_on_the_wall_and_in_the_terminal():
    segno = pytest.importorskip("segno")
    from aesthetic_utils.class_votes.qr import BORDER, qr_svg, qr_text

    text = "http://192.168.100.200:8777/?room=KXPQB"
    made = segno.make_qr(text, error="m").matrix
    rows = qr_text(text).splitlines()
    above, below = {" ": (0, 0), "\u2580": (1, 0), "\u2584": (0, 1), "\u2588": (1, 1)}, []
    for row in rows:
        below += [
            [above[c][half] == 0 for c in row] for half in (0, 1)
        ]  # dark is what is not drawn
    inner = [row[BORDER:-BORDER] for row in below[BORDER : BORDER + len(made)]]
    assert [[int(d) for d in row] for row in inner] == [list(map(int, row)) for row in made]
    svg = ElementTree.fromstring(qr_svg(text))
    assert svg.get("viewBox") == f"0 0 {len(made) + 2 * BORDER} {len(made) + 2 * BORDER}"
    drawn = next(
        path.get("d") for path in svg.iter("{http://www.w3.org/2000/svg}path") if path.get("stroke")
    )
    x, y, dark = 0.0, 0.0, set()
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", drawn):
        steps = [float(n) for n in re.findall(r"-?[\d.]+", numbers)]
        if command == "h":
            dark |= {(int(y), int(x) + i) for i in range(int(steps[0]))}
            x += steps[0]
        else:
            x, y = (0 if command == "M" else x) + steps[0], (0 if command == "M" else y) + steps[1]
    assert dark == {(r + BORDER, c + BORDER) for r, row in enumerate(made) for c, on in enumerate(row) if on}  # fmt: skip


def drawn(svg: str, width: int, ground: int) -> Image.Image:
    """A picture of an SVG element on a page of this grey."""
    resvg = pytest.importorskip("resvg_py")
    svg = svg.replace("<svg ", f'<svg width="{width}" height="{width}" ', 1)
    code = Image.open(io.BytesIO(resvg.svg_to_bytes(svg_string=svg))).convert("RGBA")
    page = Image.new("RGBA", (width + 80, width + 80), (ground, ground, ground, 255))
    page.alpha_composite(code, (40, 40))
    return page.convert("L")


def on_a_terminal(text: str, ink: int, ground: int) -> Image.Image:
    """What a terminal shows whose characters are 8 x 16 points."""
    halves = {" ": (0, 0), "\u2580": (1, 0), "\u2584": (0, 1), "\u2588": (1, 1)}
    lines = [[halves[c][half] for c in line] for line in text.splitlines() for half in (0, 1)]
    shown = np.where(np.array(lines, dtype=bool), ink, ground).astype(np.uint8)
    return Image.fromarray(np.pad(shown.repeat(8, 0).repeat(8, 1), 24, constant_values=ground))


ROOM = "http://192.168.100.200:8777/?room=KXPQB"


@pytest.mark.parametrize("ground", [253, 22], ids=["light", "dark"])
@pytest.mark.parametrize("width", [144, 256])  # the smallest and the largest on the board
def test_a_reader_finds_the_address_in_the_code_on_the_wall(width, ground):
    """A reader that knows nothing of what wrote the code; the board itself: tests/browser/test_class.py."""
    pytest.importorskip("segno")
    reader = pytest.importorskip("zxingcpp")
    from aesthetic_utils.class_votes.qr import qr_svg

    [found] = reader.read_barcodes(drawn(qr_svg(ROOM), width, ground), try_invert=False)
    assert (found.text, found.format) == (ROOM, reader.BarcodeFormat.QRCode)


def test_a_reader_finds_the_address_in_the_code_of_the_terminal():
    """Light on dark. On a light terminal that is told no colours a reader has to exchange them, which not every one does."""
    pytest.importorskip("segno")
    reader = pytest.importorskip("zxingcpp")
    from aesthetic_utils.class_votes.qr import LIGHT_ON_DARK, PLAIN, qr_text

    [found] = reader.read_barcodes(on_a_terminal(qr_text(ROOM), 220, 20), try_invert=False)
    assert found.text == ROOM
    light = on_a_terminal(qr_text(ROOM), 20, 250)
    assert not reader.read_barcodes(light, try_invert=False)
    assert [code.text for code in reader.read_barcodes(light)] == [ROOM]
    told = qr_text(ROOM, colours=True).splitlines()
    assert [LIGHT_ON_DARK + line + PLAIN for line in qr_text(ROOM).splitlines()] == told


# ---- commands


def test_without_its_packages_the_command_says_how_to_get_them(capsys, monkeypatch):
    monkeypatch.setattr("aesthetic_utils.cli.common.find_spec", lambda name: None)
    code, out, err = run(capsys, "class", "serve", "--address", "127.0.0.1")
    assert (code, out) == (1, "")
    assert (
        f"{sys.executable} -m pip install starlette uvicorn segno" in err
    )  # and no other Python's pip


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    code = cli.main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


def test_export_writes_what_the_store_holds(capsys, tmp_path):
    store, asked = VoteStore(tmp_path / "v.sqlite"), room()
    store.open_room(asked)
    voter, _ = joined(store)
    for question in order_for(asked, voter, 1):
        kept(store, vote_row(asked, voter, question, "right", 800))
    expected = store.votes()
    store.close()
    code, said, _ = run(capsys, "class", "export", tmp_path / "v.sqlite", "--out", tmp_path / "v.csv")  # fmt: skip
    assert code == 0 and said.startswith("9 votes of 1 voter: ")
    assert read_votes(tmp_path / "v.csv") == (expected, [])
    code, _, err = run(capsys, "class", "export", tmp_path / "w.sqlite", "--out", tmp_path / "w.csv")  # fmt: skip
    assert code == 1 and "is not there" in err and not (tmp_path / "w.sqlite").exists()


def test_a_file_of_other_pictures_does_not_go_on(capsys, tmp_path):
    store = VoteStore(tmp_path / "v.sqlite")
    store.open_room(room())
    store.close()
    code, _, err = run(capsys, "class", "serve", "--votes", tmp_path / "v.sqlite", "--address", "127.0.0.1")  # fmt: skip
    assert code == 1 and "is of other pictures (item 0, item 1, item 2" in err


@pytest.fixture
def serve(capsys, monkeypatch, tmp_path):
    """Runs `aesthetic class serve` on four small pictures, without the three hours in which it serves."""
    from aesthetic_utils.class_votes.server import ClassServer

    monkeypatch.setattr(ClassServer, "serve", lambda self, hours: self._socket.close())
    (tmp_path / "pictures").mkdir()
    for i in range(4):
        Image.new("RGB", (40, 30), (60 * i, 90, 120)).save(tmp_path / "pictures" / f"{i}.png")
    always = (tmp_path / "pictures", "--votes", tmp_path / "v.sqlite", "--address", "127.0.0.1", "--port", 0)  # fmt: skip
    return partial(run, capsys, "class", "serve", *always)


def test_a_room_that_is_there_does_not_take_the_options_of_another(serve):
    """The second class of a morning is not asked what the first one was, without a word."""
    assert serve()[0] == 0
    for options in (["--scale"], ["--question", "Which is warmer?"], ["--questions", "3"]):
        code, _, err = serve(*options)
        assert code == 1 and f"another {options[0]};" in err and "give another --votes" in err


def test_a_question_that_no_file_can_hold_leaves_no_file(serve, tmp_path):
    code, _, err = serve("--question", "Which\none?")
    assert code == 1 and "in one line of at most 200 characters" in err
    assert not (tmp_path / "v.sqlite").exists()


def test_a_file_that_goes_on_says_whose_votes_are_in_it(serve, tmp_path):
    _, said, _ = serve()
    assert "goes on" not in said
    assert f"aesthetic class export {tmp_path / 'v.sqlite'} --out votes.csv" in said
    store = VoteStore(tmp_path / "v.sqlite")
    voter, _ = joined(store)
    asked = store.room()
    kept(store, vote_row(asked, voter, order_for(asked, voter, 1)[0], "right", 800))
    store.close()
    _, said, _ = serve("--questions", 12)
    assert "goes on with the room of this file: 1 voter, 1 vote, the last of " in said
    assert "; round 1 is open." in said and "Another class gets a file of its own" in said


@pytest.mark.parametrize(
    ("wrong", "says"),
    [(["--hours", "0"], "is no time"), (["--hours", "x"], "is no time"), (["--port", "70000"], "is no port"),
     (["--questions", "0"], "no whole number")],
)  # fmt: skip
def test_options_that_make_no_sense(capsys, wrong, says):
    with pytest.raises(SystemExit) as end:
        cli.main(["class", "serve", *wrong])
    assert end.value.code == 2 and says in capsys.readouterr().err
