"""The live figures: the directive, the game's rules (by node), and that its data is what we have."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import small_books
import torch
from bs4 import BeautifulSoup
from PIL import Image

from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.statistics.intervals import wilson_interval
from tools import whose_hand

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = f"""\
import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_nb", "live"]
nb_execution_mode = "off"
numfig = True
html_extra_path = ["book/live"]
"""
LIVE = """\
```{live} toy
:still: still.png
:alt: A still toy
:name: fig-toy

It moves, says [the index](index.md).
```
"""


# ---- the directive


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "conf.py").write_text(CONFIGURATION)
    toy = tmp_path / "book" / "live" / "toy"
    toy.mkdir(parents=True)
    for name in ("view.js", "data.js", "toy.css", "sprite.webp"):
        (toy / name).write_text(f"/* {name} */")
    for shared in ("live.css", "figure.js", "chart.js"):
        (toy.parent / shared).touch()
    Image.new("RGB", (2, 2)).save(tmp_path / "still.png")
    (tmp_path / "index.md").write_text(
        "# Index\n\n{numref}`fig-toy`\n\n```{toctree}\nsub/toy\n```\n"
    )
    (tmp_path / "sub").mkdir()
    return tmp_path


def build(book: Path, text: str) -> tuple[int, str]:
    """Builds the book, strictly, with a page sub/toy: exit code, and what went wrong."""
    (book / "sub" / "toy.md").write_text(text)
    return small_books.build(book)


def page(book: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((book / "out" / f"{name}.html").read_text("utf-8"), "html.parser")


def loaded(book: Path, name: str) -> list[str]:
    """The files of live figures that a page loads, relative to the site; each has to be there."""
    elements = page(book, name).select("script[src], link[rel=stylesheet]")
    addresses = [e.get("src") or e["href"] for e in elements]
    folder, site = (book / "out" / name).parent, (book / "out").resolve()
    paths = [(folder / address.partition("?")[0]).resolve() for address in addresses]
    assert all(path.is_file() for path in paths)
    files = [path.relative_to(site).as_posix() for path in paths]
    return [file for file in files if not file.startswith("_static/")]


def later(book: Path, name: str) -> list[str]:
    """The scripts that figure.js loads when the figure comes near the screen; each has to be there."""
    place = page(book, name).find("div", class_="live-place")
    files = [address.partition("?v=") for address in place["data-files"].split()]
    assert all(re.fullmatch("[0-9a-f]{8}", version) for _, _, version in files)
    assert all((book / "out" / file).is_file() for file, _, _ in files)
    return [file for file, _, _ in files]


def test_a_live_figure_is_a_figure_with_a_still_picture_a_place_and_a_caption(book):
    text = "# Toy\n\n" + LIVE.replace("still.png", "../still.png").replace(
        "index.md", "../index.md"
    )
    assert build(book, text) == (0, "")
    figure = page(book, "sub/toy").find("figure")
    assert figure["id"] == "fig-toy" and "live" in figure["class"]
    assert figure.img["alt"] == "A still toy"
    place = figure.find("div", class_="live-place")
    assert place["data-live"] == "toy" and not place.get_text(strip=True)
    assert figure.figcaption.find("a", href="../index.html")
    order = [element.name for element in figure.find_all(["img", "div", "figcaption"])]
    assert order == ["img", "div", "figcaption"]
    assert page(book, "index").find("a", href="sub/toy.html#fig-toy").text == "Fig. 1"


def test_scripts_and_styles_are_loaded_by_the_pages_that_use_them_and_no_other(book):
    text = "# Toy\n\n" + LIVE.replace("still.png", "../still.png").replace(
        "index.md", "../index.md"
    )
    assert build(book, text) == (0, "")
    assert sorted(loaded(book, "sub/toy")) == ["figure.js", "live.css", "toy/toy.css"]
    [script] = page(book, "sub/toy").find_all("script", src=re.compile(r"/figure\.js"))
    assert script.has_attr("defer") and script.get("type") != "module"
    # what is shared, then in alphabetical order
    assert later(book, "sub/toy") == ["chart.js", "toy/data.js", "toy/view.js"]
    assert loaded(book, "index") == []
    assert "classList" not in str(page(book, "index").head)


def test_a_changed_script_gets_a_new_address(book):
    text = "# Toy\n\n" + LIVE.replace("still.png", "../still.png").replace(
        "index.md", "../index.md"
    )
    assert build(book, text) == (0, "")
    old = page(book, "sub/toy").find("div", class_="live-place")["data-files"].split()
    (book / "book" / "live" / "toy" / "view.js").write_text("/* another */")
    assert build(book, text) == (0, "")
    new = page(book, "sub/toy").find("div", class_="live-place")["data-files"].split()
    assert [a == b for a, b in zip(old, new, strict=True)] == [True, True, False]


def test_a_figure_takes_what_it_needs_with_it_and_networks_their_weights(book):
    networks, weights = book / "book" / "live" / "networks", book / "aesthetic_utils" / "weights"
    networks.mkdir()
    weights.mkdir(parents=True)
    (networks / "list.js").write_text(
        '// a note\nNETWORKS = {\n"a":{"weights": "a.safetensors"}\n};\n'
    )
    (weights / "a.safetensors").write_bytes(b"weights")
    (weights / "b.safetensors").write_bytes(b"of no page")
    text = LIVE.replace("still.png", "../still.png").replace("index.md", "../index.md")
    assert build(book, "# Toy\n\n" + text.replace(":name:", ":with: networks\n:name:")) == (0, "")
    assert later(book, "sub/toy") == [
        "chart.js",
        "networks/list.js",
        "toy/data.js",
        "toy/view.js",
    ]
    assert [path.name for path in (book / "out" / "networks").glob("*.safetensors")] == [
        "a.safetensors"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (":name:", ":with: ball\n:name:", "no 'ball' in book/live; there are: toy"),
        ("{live} toy", "{live} ball", "no 'ball' in book/live; there are: toy"),
        (":still: still.png\n", "", "toy needs :still:"),
        (":alt: A still toy\n", "", "toy needs :alt:"),
        ("It moves, says [the index](index.md).\n", "", "toy needs a caption"),
        ("It moves", "- a\n- b\n\nIt moves", "the caption is one paragraph"),
    ],
)
def test_a_live_figure_that_lacks_something_stops_the_build(old, new, message, book):
    assert old in LIVE
    text = LIVE.replace(old, new).replace("still.png", "../still.png")
    code, said = build(book, "# Toy\n\n" + text.replace("index.md", "../index.md"))
    assert code != 0
    assert message in said


# ---- the rules of the game


def test_the_rules_hold_in_javascript():
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the JavaScript of the game is not tested")
    tests = [str(path) for path in sorted((ROOT / "tests" / "live").glob("*.test.mjs"))]
    assert tests
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(
        [node, "--test", *tests], capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert done.returncode == 0, done.stdout


# ---- its data


@pytest.fixture(scope="module")
def stored() -> dict:
    return whose_hand.read_script(whose_hand.FOLDER / "data.js")


def test_the_answers_are_those_of_the_published_classifier(stored):
    names, images = whose_hand.by_idea(load_emoji("test", size=32))
    assert [idea["name"] for idea in stored["ideas"]] == names
    chosen = [0, 17, 55, 99]
    answers = whose_hand.chances(images[chosen].flatten(0, 1)).unflatten(0, (len(chosen), -1))
    expected = torch.tensor([stored["ideas"][i]["chances"] for i in chosen])
    # in thousandths; another processor may round otherwise
    torch.testing.assert_close(answers, expected, atol=2, rtol=0)


def test_the_stored_answers_give_the_published_accuracy(stored):
    record = json.loads(
        (ROOT / "aesthetic_utils" / "results" / "resnet_emoji_designer.json").read_text("utf-8")
    )
    published = record["metrics"]["by_seed"][0]["among_five"]
    chances = torch.tensor([idea["chances"] for idea in stored["ideas"]])  # [I, D, D]
    assert (chances.sum(2) == 1000).all()
    right = int((chances.argmax(2) == torch.arange(5)).sum())
    assert right == round(published["accuracy"] * published["n"])
    assert wilson_interval(right, 500) == pytest.approx((published["low"], published["high"]))
    top = chances.sort(2, descending=True).values
    assert (top[..., 0] > top[..., 1]).all()  # no tie: the largest is the network's answer


def test_the_strips_are_the_held_out_drawings_pixel_by_pixel(stored):
    names, images = whose_hand.by_idea(load_emoji("test", size=64))
    files = {path.stem for path in (whose_hand.FOLDER / "ideas").glob("*")}
    assert files == set(names)
    for i in (0, 17, 55, 99):
        picture = Image.open(whose_hand.FOLDER / "ideas" / f"{names[i]}.webp").convert("RGB")
        np.testing.assert_array_equal(
            np.asarray(picture), np.concatenate(images[i].permute(0, 2, 3, 1).numpy(), axis=1)
        )


def test_the_examples_come_from_the_training_ideas(stored):
    training = set(load_emoji("train").names)
    assert set(stored["examples"]) <= training
    assert not {idea["name"] for idea in stored["ideas"]} & training
    picture = np.asarray(Image.open(whose_hand.FOLDER / "examples.webp").convert("RGB"))
    difference = np.abs(picture.astype(int) - np.asarray(whose_hand.examples()))
    assert difference.mean() < 1.5  # of 255: 256 colours for all of them


def test_the_game_is_light():
    """What the page loads at once (scripts, style, examples, two strips), in bytes, not packed."""
    files = [path for path in whose_hand.FOLDER.iterdir() if path.is_file()]
    strips = sorted(path.stat().st_size for path in (whose_hand.FOLDER / "ideas").iterdir())
    assert sum(path.stat().st_size for path in files) + sum(strips[-2:]) < 110_000
    assert strips[-1] < 20_000


def test_a_look_is_measured_on_what_is_drawn():
    drawing = torch.full((1, 3, 4, 4), 255, dtype=torch.uint8)
    drawing[0, :, 0, :] = 0  # four black pixels
    drawing[0, :, 1, :2] = torch.tensor([200, 0, 0], dtype=torch.uint8)[:, None]  # and two red ones
    assert whose_hand.look(drawing).tolist() == [[67, 33, 2]]
    with pytest.raises(ValueError, match="white all over"):
        whose_hand.look(torch.full((1, 3, 4, 4), 255, dtype=torch.uint8))


def test_thousandths_add_up_and_stay_near():
    shares = torch.rand(200, 5, generator=torch.Generator().manual_seed(0)).double().softmax(1)
    whole = whose_hand.thousandths(shares)
    assert (whole.sum(1) == 1000).all()
    assert (whole - 1000 * shares).abs().max() < 1
