"""The board from files: what the page says and writes of votes is what the package says and writes of the same files."""

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from aesthetic_utils.class_votes.board import board_numbers
from aesthetic_utils.class_votes.room import Room, class_pairs
from aesthetic_utils.cli import main as cli
from aesthetic_utils.judgements.bradley_terry import fit_ranking
from aesthetic_utils.judgements.report import pair_agreement, ranking_rows
from aesthetic_utils.judgements.vote_file import merge_votes, write_votes
from aesthetic_utils.judgements.vote_record import COLUMNS, Vote, as_pairs
from tools import live_ballots

ROOT = Path(__file__).resolve().parent.parent
BEGIN = datetime(2026, 3, 1, 9, tzinfo=UTC)
SCRIPT = """
const [record, model] = ["votes/record", "ballots/model"].map((name) => require(`./book/live/${name}.js`));
const fs = require("node:fs");
const [folder] = process.argv.slice(-1);
const files = fs.readdirSync(folder).map((name) => ({ name, ...model.opened(fs.readFileSync(`${folder}/${name}`)) }));
const taken = files.filter(({ votes }) => votes);
const merged = record.merge(taken);
process.stdout.write(JSON.stringify({
  csv: record.csvOf(merged.votes), duplicates: merged.duplicates, fresh: Object.fromEntries(merged.fresh),
  refused: Object.fromEntries(files.filter((f) => f.refused).map((f) => [f.name, f.refused])),
  said: Object.fromEntries(taken.map((f) => [f.name, model.broughtSaid(f, merged)])),
  doubts: model.doubtsOf(merged),
  groups: model.groupsOf(merged.votes).map((group) => ({ said: model.groupSaid(group), ...model.board(group) })),
}));
"""


def node(script: str, *arguments: object) -> dict:
    """What a script in JavaScript writes."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed: the JavaScript of the board from files is not tested")
    command = [program, "-e", script, "--", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def a_class(voters: int, items: int, *, scale: tuple | None = None, missing: float = 0.1) -> tuple:
    """A room, and votes of two rounds in it, as `aesthetic class export` writes them; some are missing."""
    rng = np.random.default_rng(voters)
    names = tuple(f"item {i}" for i in rng.permutation(items))
    pairs = class_pairs(items, 2 * items) if scale is None else tuple((i, i) for i in range(items))
    room = Room(code="KXPQB", question="Which?", items=names, pairs=pairs)
    liking = rng.normal(size=items) + rng.normal(size=(voters, items))
    votes = []
    for v in range(voters):
        for round in (1, 2):
            for p in rng.permutation(len(pairs)):
                a, b = pairs[p] if round == 1 else pairs[p][::-1]
                at = BEGIN + timedelta(seconds=len(votes), hours=round, milliseconds=v)
                own = {"session": f"KXPQB-{round}", "rater": f"r-{v:02d}", "time": at, "question": "Which?"}  # fmt: skip
                if rng.random() < missing:
                    continue
                if scale is None:
                    left = rng.random() < 1 / (1 + np.exp(liking[v, b] - liking[v, a]))
                    own |= {"task": "pair", "left": names[a], "right": names[b], "choice": "left" if left else "right"}  # fmt: skip
                else:
                    score = float(np.clip(np.round(4 + liking[v, a] + rng.normal() / 2), *scale))
                    own |= {"task": "scale", "item": names[a], "score": score, "scale": scale}
                votes.append(Vote(response_ms=900, **own))
    return room, sorted(votes, key=lambda vote: vote.time)


def page(folder: Path) -> dict:
    """What the page says of the files of a folder."""
    return node(SCRIPT, folder)


def same_board(found: dict, expected: dict) -> None:
    """Values to ten digits, intervals to six, plausible ranks but for a draw on the edge."""
    assert (found["votes"], found["voters"]) == (expected["votes"], expected["voters"])
    assert found["cannot"] == expected["cannot"] and found["notes"] == expected["notes"]
    for part in ("agreement", "parts"):
        for name, value in flat(expected[part]):
            given = dict(flat(found[part]))[name]
            if isinstance(value, float):
                assert given == pytest.approx(value, abs=1e-9), (part, name)
            else:
                assert given == value, (part, name)
    assert [row["item"] for row in found["ranking"]] == [row["item"] for row in expected["ranking"]]
    for row, wanted in zip(found["ranking"], expected["ranking"], strict=True):
        assert (row["votes"], row["rank"]) == (wanted["votes"], wanted["rank"])
        for name in ("score", "low", "high"):
            assert row[name] == pytest.approx(wanted[name], abs=1e-6), name
        for name in ("best", "worst"):
            assert row[name] == pytest.approx(wanted[name], abs=1), name


def flat(value: dict | None, before: str = "") -> list:
    """Names and numbers of nested dictionaries."""
    if value is None:
        return []
    found = []
    for name, one in value.items():
        found += flat(one, f"{before}{name}.") if isinstance(one, dict) else [(before + name, one)]
    return found


@pytest.mark.parametrize("voters", [2, 12])
def test_pairs_of_a_class_give_the_board_of_the_server(tmp_path, voters):
    room, votes = a_class(voters, 8)
    write_votes(tmp_path / "votes_KXPQB.csv", votes)
    [found] = page(tmp_path)["groups"]
    expected = board_numbers(room, votes)
    if voters == 2:
        note = "With two voters the interval of their agreement counts questions; it says nothing about other people."
        expected["notes"].append(note)
    assert found["parts"].pop("ties") == 0
    same_board(found, expected)


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_scores_of_a_class_give_the_board_of_the_server(tmp_path, missing):
    room, votes = a_class(6, 7, scale=(1, 7), missing=missing)
    for rater in {vote.rater for vote in votes}:
        write_votes(tmp_path / f"{rater}.csv", [vote for vote in votes if vote.rater == rater])
    [found] = page(tmp_path)["groups"]
    assert found["parts"] is not None and found["agreement"] is not None
    same_board(found, board_numbers(room, votes))


def test_one_round_and_one_voter_say_what_they_cannot(tmp_path):
    room, votes = a_class(6, 6)
    first = [vote for vote in votes if vote.session.endswith("1")]
    write_votes(tmp_path / "a.csv", first)
    [found] = page(tmp_path)["groups"]
    expected = board_numbers(room, first)
    assert found["parts"] is None and len(expected["cannot"]) == 1
    same_board(found, expected)
    one = [vote for vote in votes if vote.rater == "r-03"]
    write_votes(tmp_path / "a.csv", one)
    [found] = page(tmp_path)["groups"]
    assert found["agreement"] is None and found["parts"] is None and len(found["cannot"]) == 2
    assert "This is the ranking of one person" in found["notes"][-1]
    rows = ranking_rows(fit_ranking(as_pairs(one)), as_pairs(one))
    for row, wanted in zip(found["ranking"], rows, strict=True):
        assert row["item"] == wanted.item
        assert (row["score"], row["low"], row["high"]) == pytest.approx((wanted.score, wanted.low, wanted.high), abs=1e-6)  # fmt: skip


def test_ties_and_pictures_that_never_met(tmp_path):
    """As the taste laboratory writes them: an answer may be a tie, and pictures fall into groups."""
    rng = np.random.default_rng(3)
    votes = []
    for n in range(160):
        group = "abcd" if n % 2 else "wxyz"
        left, right = rng.permutation(list(group))[:2]
        choice = rng.choice(["left", "right", "tie"], p=[0.5, 0.3, 0.2])
        votes.append(Vote(
            session="s-1", rater=f"r-{n // 40}", task="pair", left=str(left), right=str(right), choice=str(choice),
            time=BEGIN + timedelta(seconds=n),
        ))  # fmt: skip
    write_votes(tmp_path / "a.csv", votes)
    [found] = page(tmp_path)["groups"]
    pairs = as_pairs(votes)
    agreement, common = pair_agreement(pairs, repeats=400)
    kept = found["agreement"]
    assert (kept["value"], kept["low"], kept["high"]) == pytest.approx((agreement.value, agreement.low, agreement.high))  # fmt: skip
    assert kept["common"] == common
    ranking = fit_ranking(pairs)
    for row, wanted in zip(found["ranking"], ranking_rows(ranking, pairs), strict=True):
        assert (row["item"], row["votes"]) == (wanted.item, wanted.votes)
        assert (row["score"], row["low"], row["high"]) == pytest.approx((wanted.score, wanted.low, wanted.high), abs=1e-6)  # fmt: skip
    assert found["notes"][0] == ranking.note and "2 groups that were never compared" in ranking.note
    assert found["parts"]["ties"] > 0
    assert "leaves out" in found["notes"][-1]


# ---- files


def text_of(votes: list[Vote], folder: Path) -> str:
    write_votes(folder / "some.csv", votes)
    text = (folder / "some.csv").read_text("utf-8")
    (folder / "some.csv").unlink()
    return text


@pytest.fixture
def good(tmp_path) -> Path:
    """A folder of files as programs make them of the same format, all of which the package reads without a complaint."""
    _, votes = a_class(4, 5)
    _, scores = a_class(3, 4, scale=(0.5, 5))
    by = {rater: [v for v in votes if v.rater == rater] for rater in sorted({v.rater for v in votes})}  # fmt: skip
    folder = tmp_path / "good"
    folder.mkdir()
    texts = [text_of(by[rater], folder) for rater in by]
    (folder / "a.csv").write_bytes(("\ufeff" + texts[0].replace("\n", "\r\n")).encode("utf-8"))
    excel = "sep=;\n" + texts[1].replace(",", ";").replace(";900;", ";900.0;")
    (folder / "b (2).csv").write_bytes(excel.encode("utf-16"))
    plain = texts[2].splitlines()
    numbered = [f"{'' if not i else i},{line.replace(',,', ',NA,', 1)}" for i, line in enumerate(plain)]  # fmt: skip
    (folder / "B.CSV").write_text("\n".join(numbered), "utf-8")
    (folder / "tabs.csv").write_bytes(texts[3].replace(",", "\t").encode("utf-16-le"))
    comma = text_of(scores, folder).replace(",", ";").replace(".5;", ",5;")
    (folder / "scores.csv").write_text(comma, "utf-8")
    copy = texts[0].splitlines()[:9] + [texts[0].splitlines()[1]]
    (folder / "copy.csv").write_text("\n".join(copy), "utf-8")
    undo = ["2,s-1,r-x,pair,a,b,,left,,,2026-03-01 11:00:00.1234567+00:00,,,\u201cQ\u201d",
            "2,s-1,r-x,pair,c,\"d, \"\"e\"\"\",,tie,,12,20260301T110000Z,,,\u201cQ\u201d",
            "2,s-1,r-x,undo,a,b,,,,,2026-03-01T12:00Z,,,\u201cQ\u201d"]  # fmt: skip
    (folder / "undo.csv").write_text("\n".join([",".join(COLUMNS), *undo]), "utf-8")
    first = [c for c in COLUMNS if c not in ("lowest", "highest", "question")]
    old = [",".join(first), "1,s-1,r-y,scale,,,a,,7.25,,2026-03-01T10:00:00Z", '"1,s-1,r-y,scale,,,b,,1e1,,2026-03-01T10:00:01Z"']  # fmt: skip
    (folder / "version_1.csv").write_text("\n".join(old), "utf-8")
    return folder


def test_the_merged_file_is_that_of_the_command_byte_by_byte(capsys, good, tmp_path):
    out = tmp_path / "merged.csv"
    assert cli.main(["votes", "merge", str(good), "--out", str(out)]) == 0, capsys.readouterr().err
    expected, found = merge_votes(good), page(good)
    assert found["refused"] == {} and expected.problems == []
    assert found["csv"].encode("utf-8") == out.read_bytes()
    assert found["duplicates"] == expected.duplicates == 9
    assert found["fresh"] == expected.files
    assert found["said"]["copy.csv"].endswith("counted once.") and "All of it" in found["said"]["copy.csv"]  # fmt: skip
    assert "r-00 is in a.csv and copy.csv" not in " ".join(
        found["doubts"]
    )  # the copy brings nothing
    assert (
        len(found["groups"]) == 4
    )  # three questions of pairs and scores; one scale was not recorded


def test_a_file_with_a_bad_line_is_refused_whole_and_the_reason_is_the_package_s(tmp_path):
    _, votes = a_class(3, 4)
    head, row, *rest = text_of(votes, tmp_path).splitlines()
    row = row.replace("item 0", "x").replace("item 1", "y").replace("item 2", "x").replace("item 3", "y")  # fmt: skip
    fields = dict(zip(COLUMNS, row.split(","), strict=True))
    scale = {"task": "scale", "left": "", "right": "", "choice": "", "item": "x", "lowest": "1", "highest": "7"}  # fmt: skip
    wrong = {
        "scale": scale | {"score": "9"},
        "no scale": scale | {"score": "5", "lowest": "7"},
        "choice": {"choice": "both"},
        "same": {"right": fields["left"]},
        "name": {"rater": "<script>alert(1)</script>"},
        "long": {"left": "a" * 201},
        "time": {"time": "2026-02-30T10:00:00Z"},
        "zone": {"time": "2026-02-28T10:00:00+01:00"},
        "ms": {"response_ms": "12.5"},
        "version": {"version": "3"},
        "task": {"task": "rank"},
        "filled": {"item": "z"},
        "end": {"lowest": "1"},
        "quote": {"question": '"open'},
        "closed": {"question": '"a"b'},
        "many": {"question": "a,b"},
        "unseen": {"rater": "r-\x07\u2028"},
    }
    for name, change in wrong.items():
        bad = ",".join((fields | change)[column] for column in COLUMNS)
        (tmp_path / f"{name}.csv").write_text("\n".join([head, *rest, bad]), "utf-8")
    (tmp_path / "latin.csv").write_bytes("\n".join([head, row.replace("Which?", "schön")]).encode("latin-1"))  # fmt: skip
    refused = page(tmp_path)["refused"]
    problems = {problem.file: problem for problem in merge_votes(tmp_path).problems}
    assert set(refused) == set(problems) and len(refused) == len(wrong) + 1
    for name, said in refused.items():
        assert said == f"Line {problems[name].line} is no vote: {problems[name].reason}. Nothing of the file was taken."  # fmt: skip


def test_files_that_are_none_are_named(tmp_path):
    head = ",".join(COLUMNS)
    row = "2,s-1,r-x,pair,a,b,,left,,,2026-03-01T11:00:00Z,,,"
    undo = "2,s-1,r-x,undo,a,b,,,,,2026-03-01T12:00:00Z,,,"
    contents = {
        "empty": b"", "header": head.encode(), "undone": f"{head}\n{row}\n{undo}".encode(),
        "marks": b"name,mark\nann,2\n", "lesson": b'{"cells": []}', "sheet": b"PK\x03\x04....", "store": b"SQLite format 3\0....",
        "two": f"{head}\nx\ny\nz".encode(), "large": b"a" * 10_000_001,
    }  # fmt: skip
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    refused = page(tmp_path)["refused"]
    for name, said in {
        "empty": "There is no vote in it.", "header": "There is no vote in it.", "undone": "not taken back",
        "marks": "its first line lacks version, session, rater", "lesson": "is no file of votes", "sheet": "save it as CSV",
        "store": "Save the votes on the board", "two": "So are 2 other lines. Nothing of", "large": "up to 10 MB",
    }.items():  # fmt: skip
        assert said in refused[name], (name, refused[name])


def test_doubts_about_who_voted_are_said(tmp_path):
    _, votes = a_class(3, 5)
    text = text_of([vote for vote in votes if vote.rater == "r-00"], tmp_path)
    lines = text.splitlines(keepends=True)
    half = len(lines) // 2
    (tmp_path / "a.csv").write_text("".join(lines[:half]), "utf-8")
    (tmp_path / "b.csv").write_text("".join([lines[0], *lines[half:]]), "utf-8")
    (tmp_path / "c.csv").write_text(text.replace("r-00", "r-99"), "utf-8")
    stray = lines[1].replace(",pair,", ",undo,").replace(",left,", ",,").replace(",right,", ",,")
    stray = stray.replace(",900,", ",,").replace("r-00", "r-98")
    (tmp_path / "d.csv").write_text("".join([*lines, stray]).replace("r-00", "r-77").replace("2026", "2025"), "utf-8")  # fmt: skip
    doubts = page(tmp_path)["doubts"]
    assert len(doubts) == 3, doubts
    assert doubts[0].startswith("r-00 is in a.csv and b.csv: one person, or two with the same name?")  # fmt: skip
    assert doubts[1].startswith("r-00 (in a.csv and b.csv) and r-99 (in c.csv) gave ")
    assert doubts[2] == f"d.csv, line {len(lines) + 1}: it takes back a vote that is not here."


# ---- the parts


def test_draws_and_student_s_quantiles_are_those_of_numpy_and_scipy():
    script = """
      const [draws, estimates] = ["draws", "estimates"].map((name) => require(`./book/live/ballots/${name}.js`));
      const drawn = [[0, 7], [0, 400], [1, 3], [4294967295, 3000000000]].map(([seed, n]) => {
        const next = draws.generator(seed);
        return Array.from({length: 501}, () => next(n));
      });
      process.stdout.write(JSON.stringify({drawn, t: [1, 2, 3, 8, 29, 399].map(estimates.studentQuantile)}));
    """
    found = node(script)
    for row, (seed, n) in zip(found["drawn"], [(0, 7), (0, 400), (1, 3), (2**32 - 1, 3 * 10**9)], strict=True):  # fmt: skip
        assert row == np.random.default_rng(seed).integers(n, size=501).tolist()
    assert found["t"] == pytest.approx(t.ppf(0.975, [1, 2, 3, 8, 29, 399]), rel=1e-9)


def test_the_invented_class_is_what_the_tool_makes():
    assert live_ballots.SCRIPT.read_text("utf-8") == live_ballots.as_script(live_ballots.invented())
