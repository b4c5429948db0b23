"""The taste laboratory: that its pictures, numbers and file are those of the package."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aesthetic_utils.data.emoji import EMOJI_DESIGNERS, load_emoji
from aesthetic_utils.data.judged import FIGURES, PEOPLE, STATUES
from aesthetic_utils.judgements.vote_file import read_votes
from aesthetic_utils.judgements.vote_record import as_pairs
from aesthetic_utils.measures import measure
from tools import live_plane, live_taste

ROOT = Path(__file__).resolve().parent.parent
LESSON = ROOT / "notebooks" / "2_5_votes_and_taste.ipynb"


@pytest.fixture(scope="module")
def stored() -> dict:
    return live_taste.read_script(live_taste.FOLDER / "data.js")


@pytest.fixture(scope="module")
def drawn():
    return live_taste.drawings()


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def test_the_values_that_node_compares_with_are_the_packages():
    kept, made = json.loads(live_taste.FIXTURE.read_text("utf-8")), live_taste.fixture()
    for before, now in zip(kept["fits"], made["fits"], strict=True):
        assert before["votes"] == now["votes"]
        for name in ("score", "low", "high", "information", "again"):
            np.testing.assert_allclose(before[name], now[name], atol=1e-8)
    for before, now in zip(kept["correlations"], made["correlations"], strict=True):
        assert before["rho"] == pytest.approx(now["rho"])


def test_the_photographs_and_the_measures_are_those_of_lesson_2_5(stored):
    cells = json.loads(LESSON.read_text("utf-8"))["cells"]
    source = "\n".join("".join(cell["source"]) for cell in cells)
    names = source.partition('NAMES = """')[2].partition('"""')[0].split()
    assert sorted(live_taste.PHOTOGRAPHS) == sorted(names)
    assert all(f'"{column}"' in source for column in live_taste.COLUMNS)
    question = (
        "Which of the two do you like better?"  # votes that answer another would not be taken
    )
    assert question in (live_taste.FOLDER / "model.js").read_text("utf-8")
    for row in stored["groups"]["photographs"][:3]:
        found = measure(live_taste.load_photo(row["name"]).image, list(live_taste.COLUMNS))
        assert row["measures"] == pytest.approx(list(found.values()), rel=1e-4)


def test_every_picture_lies_where_the_data_say(stored):
    for group in stored["groups"].values():
        for row in group:
            with Image.open(ROOT / "book" / "live" / row["file"]) as picture:
                width, height = picture.size
            assert row["tile"] < row["tiles"]
            assert row["tiles"] == 1 or width == row["tiles"] * height
    for i, name in enumerate(live_taste.PHOTOGRAPHS):
        made = np.asarray(live_taste.photograph(name)).astype(int)
        kept = pixels(live_taste.FOLDER / f"{i}.webp")
        assert kept.shape == made.shape and abs(kept - made).mean() < 8
    for row in stored["groups"]["crops"]:
        assert live_plane.TILES[row["tile"]] == row["thing"].partition("_")[0]


def test_the_strip_shows_drawings_that_nobody_learned_from_and_what_the_generators_drew(
    stored, drawn
):
    names, images = drawn
    rows = stored["groups"]["drawings"]
    assert [(row["name"], row["thing"]) for row in rows] == names
    kept = pixels(live_taste.FOLDER / "drawings.webp")
    tiles = np.stack(np.split(kept, len(rows), axis=1)).transpose(0, 3, 1, 2)
    assert abs(tiles - images.numpy().astype(int)).max() <= 3  # the generators, on other processors
    training = set(load_emoji("train").names)
    shown = [name.partition(" by ")[0] for name, maker in names if maker == "people"]
    assert len(set(shown)) == live_taste.EACH and not set(shown) & training


def test_nobody_is_shown(stored):
    emoji = load_emoji("all")
    category = dict(zip(emoji.names, emoji.category.tolist(), strict=True))
    for group in ("designs", "drawings"):
        for row in stored["groups"][group]:
            idea = row["name"].partition(" by ")[0]
            assert idea not in FIGURES
            assert idea not in category or emoji.category_names[category[idea]] not in PEOPLE
    assert not set(live_taste.PHOTOGRAPHS) & set(STATUES)


def test_the_judge_has_a_score_for_what_it_can_see_and_none_for_the_enlargements(stored):
    for name, group in stored["groups"].items():
        found = [row.get("judge") for row in group]
        if name == "crops":
            assert found == [None] * len(group)
        else:
            assert all(1 < score < 10 for score in found) and len(set(found)) == len(found)
    assert [row["thing"] for row in stored["groups"]["designs"]] == list(EMOJI_DESIGNERS)


def test_a_file_of_the_page_is_read_by_the_package(tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the file of the taste laboratory is not tested")
    script = """
      const record = require("./book/live/votes/record.js");
      const about = {rater: "r-0a0b0c0d", session: "s-1", question: "Which, \\"now\\"?", shown: new Date(0)};
      const pairs = [["a", "b, c", "left"], ["b, c", "a", "right"], ["a", "d", "tie"], ["d", "a", "left"]];
      const rows = pairs.map(([left, right, choice], i) =>
        record.choiceRow({...about, left, right, choice, now: new Date(1000 * i + 1)}));
      rows.push(record.undoRow(rows[3], new Date(9000)));
      process.stdout.write(record.asCsv(rows));
    """
    done = subprocess.run(
        [node, "-e", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    file = tmp_path / "my_votes.csv"
    file.write_text(done.stdout, "utf-8")
    votes, problems = read_votes(file)
    assert problems == []
    assert [vote.choice for vote in votes] == ["left", "right", "tie"]
    assert votes[1].response_ms == 1001 and votes[1].question == 'Which, "now"?'
    pairs = as_pairs(votes)
    assert pairs.items == ("a", "b, c", "d") and pairs.winner[:2].tolist() == [0, 0]


def test_the_laboratory_is_light():
    files = list(live_taste.FOLDER.iterdir())
    scripts = sum(file.stat().st_size for file in files if file.suffix == ".js")
    pictures = sum(file.stat().st_size for file in files if file.suffix == ".webp")
    assert scripts < 65_000
    assert pictures < 200_000
    assert live_taste.STILL.stat().st_size < 40_000
