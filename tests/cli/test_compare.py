"""The command `aesthetic compare`: what it finds, what it says of sizes, and a page that needs nothing else."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from aesthetic_utils.cli import main as cli
from aesthetic_utils.measures.compare import compare_measures, read_measures, size_note
from aesthetic_utils.measures.table import write_table
from aesthetic_utils.statistics.comparison import above, above_interval, benjamini_hochberg

COLUMNS = ["rms_contrast", "balance", "colourfulness", "fractal_2d"]


def write(path: Path, n: int, *, shift: float = 0.0, width: int = 512, seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    rows = [
        {
            "file": f"{k}.png", "width": width, "height": 384, "enlarged": "",
            "rms_contrast": rng.normal() + shift, "balance": rng.normal(), "colourfulness": rng.normal(),
            "fractal_2d": float("nan") if k > 1 else 1.5,
        }
        for k in range(n)
    ]  # fmt: skip
    write_table(path, rows, COLUMNS)
    return path


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """For normals one standard deviation apart the chance is Phi(1 / sqrt 2) = .760."""
    rng, hits = np.random.default_rng(0), 0
    for _ in range(400):
        found = above_interval(rng.normal(1, 1, 25), rng.normal(0, 1, 40))
        hits += found.low <= 0.76025 <= found.high
    assert 0.92 <= hits / 400 <= 0.98


def test_the_interval_of_sets_that_do_not_overlap_and_of_ties():
    high, low = np.arange(10.0) + 100, np.arange(12.0)
    found = above_interval(high, low)
    assert (found.value, found.high) == (1, 1) and found.low == pytest.approx(0.7)
    a, b = np.array([1.0, 2, 2, 3, np.nan]), np.array([2.0, 2, 1])
    assert above_interval(a, b).value == pytest.approx(above(a, b)) == pytest.approx(7.5 / 12)
    with pytest.raises(ValueError, match="two values"):
        above_interval(a[:1], b)


def test_adjusted_p_values_are_scipys():
    p = np.random.default_rng(0).random(30) ** 3
    np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p), rtol=1e-12)


def test_compare(capsys, tmp_path):
    a, b = write(tmp_path / "a.csv", 40, shift=2.0), write(tmp_path / "b.csv", 50, seed=1)
    assert cli.main(["compare", str(a), str(b)]) == 0
    said, err = capsys.readouterr()
    assert said.splitlines()[0].startswith("rms_contrast: 0.89 [0.80, 0.94]") and not err
    text = (tmp_path / "a_b.html").read_text(encoding="utf-8")
    sure = [c for c in compare_measures(read_measures(a), read_measures(b)) if c.holm < 0.05]
    assert f"{len(sure)} of 3 measures differ" in text and "about the same size" in text
    assert not re.search(r"https?://|<script|<link|src=", text)
    assert cli.main(["compare", str(a), str(b)]) == 1
    assert "add --overwrite" in capsys.readouterr().err


def test_columns_and_their_order(tmp_path):
    a = read_measures(write(tmp_path / "a.csv", 40, shift=2.0))
    b = read_measures(write(tmp_path / "b.csv", 50, seed=1))
    found = compare_measures(a, b)
    assert found[0].name == "rms_contrast" and {c.name for c in found} == set(COLUMNS[:3])
    assert found[0].counts == (40, 50) and found[0].holm < 1e-6
    assert found[0].medians[0] == np.median(a["rms_contrast"])
    assert all(
        c.p <= c.bh + 1e-12 and c.bh <= c.holm + 1e-12 and c.low <= c.chance <= c.high
        for c in found
    )
    swapped = {c.name: c for c in compare_measures(b, a)}
    assert swapped["balance"].chance == pytest.approx(1 - next(
        c.chance for c in found if c.name == "balance"
    ))  # fmt: skip


def test_sizes_are_looked_at_first(capsys, tmp_path):
    a, b = write(tmp_path / "a.csv", 5), write(tmp_path / "b.csv", 6, width=1024)
    assert "in size (medians 0.197 and 0.393" in size_note(read_measures(a), read_measures(b))
    assert cli.main(["compare", str(a), str(b), "--out", str(tmp_path / "c.html")]) == 0
    assert "differ in size" in capsys.readouterr().err
    assert "and in shape" in (tmp_path / "c.html").read_text()
    assert size_note(read_measures(a), read_measures(a)) == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "no table"), ("a,b\n1,2\n", "no table"), ("width,height,balance\n1,2,x\n", "no number")],
)
def test_what_is_no_table(capsys, tmp_path, content, words):
    (tmp_path / "bad.csv").write_text(content)
    good = write(tmp_path / "a.csv", 5)
    assert cli.main(["compare", str(good), str(tmp_path / "bad.csv")]) == 1
    assert words in capsys.readouterr().err
    few = write(tmp_path / "few.csv", 2)
    assert cli.main(["compare", str(good), str(few)]) == 1
    assert "3 numbers or more" in capsys.readouterr().err
