"""Published judgements from small made-up files; the real ones where they are."""

import csv
import gzip
import io
import json
from pathlib import Path

import numpy as np
import pytest

from aesthetic_utils.data import ratings
from aesthetic_utils.data.download import DownloadError, MissingDataError
from aesthetic_utils.data.ratings import (
    RaterScores,
    VoteHistograms,
    ava_digest,
    dog_pictures,
    load_ava_votes,
    load_dog_ratings,
    rater_digest,
)

IDS = [231, 17, 945]
COUNTS = np.random.default_rng(0).integers(0, 60, (3, 10))
SORTED = VoteHistograms(image_ids=np.sort(IDS), counts=COUNTS[np.argsort(IDS)])
DIGEST = ava_digest(SORTED)


def ava_json(counts: np.ndarray = COUNTS) -> bytes:
    rows = [{"image_id": str(i), "label": row.tolist()} for i, row in zip(IDS, counts, strict=True)]
    return json.dumps(rows, indent=2).encode()


def ava_csv() -> bytes:
    header = ["image_id", *(f"n{k}" for k in range(1, 11))]
    lines = [",".join(map(str, row)) for row in (header, *np.column_stack([IDS, COUNTS]))]
    return gzip.compress("\n".join(lines).encode())


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


# ---- AVA


@pytest.mark.parametrize(
    ("place", "data"),
    [
        ("ratings/ava_vote_histograms.csv.gz", ava_csv()),
        ("ava_vote_histograms.csv.gz", ava_csv()),
        ("ava/ava_labels_test.json", ava_json()),
        ("ava_labels_test.json", ava_json()),
    ],
)
def test_both_forms_give_the_same_votes(tmp_path, monkeypatch, place, data):
    put(tmp_path / place, data)
    monkeypatch.setenv("AESTHETIC_DATA", str(tmp_path))
    votes = load_ava_votes(digest=DIGEST)
    assert votes.image_ids.tolist() == [17, 231, 945] and len(votes) == 3
    np.testing.assert_array_equal(votes.counts, SORTED.counts)
    assert votes.counts.dtype == np.int64


def test_one_changed_vote_is_noticed(tmp_path):
    changed = COUNTS.copy()
    changed[1, 4] += 1
    put(tmp_path / "ava_labels_test.json", ava_json(changed))
    with pytest.raises(
        MissingDataError, match="does not hold the votes of AVA .* SHA-256 .* Replace"
    ):
        load_ava_votes(tmp_path, digest=DIGEST)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x1f\x8b\x08", ava_csv()[:-40], b"[1, 2", b'[{"id": 1}]', b"[]"],
    ids=["empty", "header cut", "end cut", "JSON cut", "other JSON", "no rows"],
)
def test_a_damaged_file_is_named(tmp_path, data):
    path = put(tmp_path / "ava/ava_labels_test.json", data)
    with pytest.raises(MissingDataError, match="is damaged, or something else") as caught:
        load_ava_votes(tmp_path)
    assert str(path) in str(caught.value) and ratings.AVA_URL in str(caught.value)


def test_missing_votes_say_what_to_do(tmp_path):
    with pytest.raises(MissingDataError) as caught:
        load_ava_votes(tmp_path)
    place = str(tmp_path / "ava" / "ava_labels_test.json")
    for words in ("download=True", ratings.AVA_URL, place, "AESTHETIC_DATA", "results/ava_votes"):
        assert words in str(caught.value)


@pytest.fixture
def server(folder_server):
    return f"{folder_server}/votes.json"


def test_download(tmp_path, server):
    data = ava_json()
    put(tmp_path / "server/votes.json", data)
    root = tmp_path / "root"
    here = {"url": server, "size": len(data), "digest": DIGEST}
    assert len(load_ava_votes(root, download=True, **here)) == 3
    (tmp_path / "server/votes.json").unlink()
    assert len(load_ava_votes(root, download=True, **here)) == 3  # not fetched again
    assert [p.name for p in root.rglob("*") if p.is_file()] == ["ava_labels_test.json"]


@pytest.mark.parametrize("content", [ava_json(COUNTS + 1), b"<html>sorry</html>"])
def test_a_download_of_something_else_leaves_nothing(tmp_path, server, content):
    put(tmp_path / "server/votes.json", content)
    root = tmp_path / "root"
    with pytest.raises(DownloadError, match="cannot be read as votes|its votes are others"):
        load_ava_votes(root, download=True, url=server, size=len(content), digest=DIGEST)
    assert not [p for p in root.rglob("*") if p.is_file()]


def test_no_network_says_what_to_do(tmp_path):
    closed = "http://127.0.0.1:9/votes.json"
    with pytest.raises(DownloadError, match="out of reach.*Without one: get https://raw.github"):
        load_ava_votes(tmp_path, download=True, url=closed)


# ---- dogs


def scores(raters: int = 3) -> RaterScores:
    items = ("5_start.png", "pair_5_41_out_tensor0.3333.png")
    steps = np.random.default_rng(1).integers(0, 501, (raters, 2, 2))
    return RaterScores(
        values=steps / 500, raters=tuple(f"s{i:03d}" for i in range(raters)), items=items
    )  # fmt: skip


def dog_rows(scores: RaterScores) -> list[list]:
    return [
        [rater, item, t + 1, scores.values[r, i, t]]
        for r, rater in enumerate(scores.raters)
        for i, item in enumerate(scores.items)
        for t in range(2)
    ]


def table(header: list[str], rows: list[list]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def test_ratings_as_an_array(tmp_path):
    made = scores()
    rows = dog_rows(made)[::-1]
    put(tmp_path / "dogs/ratings.csv", table(["rater", "file", "block", "rating"], rows))
    found = load_dog_ratings(tmp_path, digest=rater_digest(made))
    np.testing.assert_array_equal(found.values, made.values)
    assert found.raters == made.raters and found.items == made.items


def test_the_file_of_the_authors_is_known_by_its_content(tmp_path):
    """Other names for columns, raters and pictures; folders and brackets in the latter."""
    made = scores()
    names = {"s000": "q22fa", "s001": "0xmq6", "s002": "eunhf"}
    rows = [
        [n, names[rater], value, f"images/experiment/{item.replace('0.3333', '(0.3333)')}", block]
        for n, (rater, item, block, value) in enumerate(dog_rows(made))
    ]
    header = ["", "subj", "rating", "raw_image_name", "block"]
    put(tmp_path / "dogs/merged_rating_data.csv", table(header, rows))
    found = load_dog_ratings(tmp_path, digest=rater_digest(made))
    assert found.items == made.items and found.raters == ("0xmq6", "eunhf", "q22fa")
    np.testing.assert_array_equal(found.values, made.values[[1, 2, 0]])


def test_other_ratings_are_refused_unless_asked_for(tmp_path):
    rows = dog_rows(scores())
    put(tmp_path / "ratings.csv", table(["rater", "file", "block", "rating"], rows))
    with pytest.raises(MissingDataError, match=r"digest=None.*SHA-256 of its numbers"):
        load_dog_ratings(tmp_path)
    assert load_dog_ratings(tmp_path, digest=None).values.shape == (3, 2, 2)
    put(tmp_path / "ratings.csv", table(["rater", "file", "block", "rating"], rows[:-1]))
    with pytest.raises(MissingDataError, match="not every rater rated every picture"):
        load_dog_ratings(tmp_path, digest=None)


def test_missing_ratings_say_what_to_do(tmp_path):
    with pytest.raises(MissingDataError) as caught:
        load_dog_ratings(tmp_path)
    place = str(tmp_path / "dogs" / "merged_rating_data.csv")
    for words in (ratings.DOG_SOURCE, place, "AESTHETIC_DATA", "results/dog_ratings.json"):
        assert words in str(caught.value)


def test_dog_pictures_go_by_names_without_brackets(tmp_path):
    folder = tmp_path / "dogs" / "images"
    put(folder / "pair_5_41_out_tensor(0.3333).png", b"")
    put(folder / "5_start.png", b"")
    found = dog_pictures(tmp_path, items=scores().items)
    assert list(found) == list(scores().items) and all(path.is_file() for path in found.values())
    with pytest.raises(MissingDataError, match=r"\(64_start.png, ...\); get the folder"):
        dog_pictures(tmp_path, items=["64_start.png"])
    with pytest.raises(MissingDataError, match=r"\(all, ...\)"):
        dog_pictures(tmp_path / "nowhere")


# ---- the real ones


def test_the_real_votes_where_they_are():
    try:
        votes = load_ava_votes()
    except MissingDataError:
        pytest.skip("the votes of AVA are not on this machine (AESTHETIC_DATA)")
    assert votes.counts.shape == (25_551, 10) and votes.counts.sum() == 5_385_059
    assert votes.counts[votes.image_ids == 231893].tolist() == [[2, 8, 19, 36, 76, 52, 16, 9, 3, 2]]


def test_the_real_dogs_where_they_are():
    try:
        found = load_dog_ratings()
    except MissingDataError:
        pytest.skip("the dog ratings are not on this machine (AESTHETIC_DATA)")
    assert found.values.shape == (100, 55, 2)
    assert found.values.min() == 0 and found.values.max() == 1
