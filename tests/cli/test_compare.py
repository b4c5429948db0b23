"""The command `aesthetic compare`."""

import csv
from pathlib import Path

import numpy as np
import pytest
from page_checks import check_page, run
from scipy.stats import mannwhitneyu

from aesthetic_utils.cli import main as cli
from aesthetic_utils.measures.compare import (
    CompareError,
    check_sizes,
    compare_tables,
    read_table,
)


def write(path: Path, columns: dict[str, list], delimiter: str = ",") -> Path:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def table(path: Path, n: int, shift: float = 0.0, side: int = 512, seed: int = 0, **more) -> Path:
    rng = np.random.default_rng(seed)
    columns = {
        "file": [f"{path.stem}_{i}.jpg" for i in range(n)],
        "width": [side] * n,
        "height": [side] * n,
        "colourfulness": list(rng.normal(30 + shift, 5, n)),
        "balance": list(rng.normal(50, 5, n)),
    }
    return write(path, columns | more)


def test_compare(capsys, tmp_path):
    a, b = table(tmp_path / "a.csv", 40), table(tmp_path / "b.csv", 30, shift=5, seed=1)
    out, numbers = tmp_path / "page.html", tmp_path / "numbers.csv"
    code, said, err = run(capsys, "compare", a, b, "--out", out, "--csv", numbers)
    assert code == 0 and not err
    assert said.startswith("40 pictures and 30 pictures, 2 measures, 1 with p below 0.05")
    found = check_page(out.read_text("utf-8"))
    assert "All pictures have the same size" in found.text and "Warning" not in found.text
    with open(numbers, encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["measure"], second["measure"]) == ("colourfulness", "balance")
    x, y = (read_table(path).values["colourfulness"] for path in (a, b))
    assert float(first["b_exceeds_a"]) == pytest.approx(np.mean(y[:, None] > x))
    assert float(first["median_b"]) == pytest.approx(np.median(y))
    p = mannwhitneyu(x, y).pvalue
    assert float(first["p"]) == pytest.approx(p)
    assert float(first["p_holm"]) == float(first["p_bh"]) == pytest.approx(2 * p)
    assert float(first["b_exceeds_a_low"]) < float(first["b_exceeds_a"])
    assert f"{np.mean(y[:, None] > x):.3f}" in found.text


def test_sizes_come_first(capsys, tmp_path):
    a, b = table(tmp_path / "a.csv", 9), table(tmp_path / "b.csv", 9, side=1024)
    code, _, _ = run(capsys, "compare", a, b, "--out", tmp_path / "page.html")
    found = check_page((tmp_path / "page.html").read_text("utf-8"))
    assert code == 0
    where = found.text.index("The pictures of the two sets differ in size")
    assert "512 pixels in a.csv and 1024 pixels in b.csv" in found.text
    assert where < found.text.index("How often B exceeds A")


def test_what_counts_as_one_size(tmp_path):
    def check(widths_a, widths_b):
        tables = []
        for name, widths in (("a", widths_a), ("b", widths_b)):
            n = len(widths)
            columns = {"width": widths, "height": [300] * n, "balance": range(n)}
            tables.append(read_table(write(tmp_path / f"{name}.csv", columns)))
        return check_sizes(*tables)

    assert check([300, 300], [300]).differ is False
    varied = check([300, 400, 500], [310, 400, 500])
    assert varied.differ is False and "not all" in varied.sentence
    assert check([300, 400, 500], [400, 400, 400]).differ is True  # the medians are alike
    shape = check([200, 200], [290, 290])  # pictures of 300 pixels in height
    assert (
        shape.differ is False
        and "alike in the long side and differ in the number" in shape.sentence
    )
    assert check([300, ""], [300, 300]).differ is None
    assert check([0, 300], [300, 300]).differ is None


def test_missing_values_and_columns_are_counted(tmp_path):
    n = 12
    a = table(tmp_path / "a.csv", n, phog_anisotropy=["", "NA"] + [0.5] * (n - 2))
    b = table(
        tmp_path / "b.csv", n, phog_anisotropy=[0.1] + [""] * (n - 1), of_mine=[1] * n,
        words=["x"] * n, enlarged=["edge_density"] * 3 + [""] * (n - 3),
    )  # fmt: skip
    found = compare_tables(read_table(a), read_table(b))
    assert [row.measure for row in found.rows if row.missing_a or row.missing_b] == []
    notes = " ".join(found.notes)
    assert "phog_anisotropy; not compared" in notes and "Only b.csv has of_mine" in notes
    assert "No numbers in b.csv: words" in notes and "Of 3 of 12 pictures in b.csv" in notes
    b = table(tmp_path / "b.csv", n, phog_anisotropy=[0.1, 0.2] + [""] * (n - 2))
    (row,) = [r for r in compare_tables(read_table(a), read_table(b)).rows if r.missing_a]
    assert (row.missing_a, row.missing_b, row.count_a, row.count_b) == (2, 10, 10, 2)
    assert row.chance.value == 0  # every value of b is smaller


def test_equal_values_are_no_difference(tmp_path):
    a = read_table(write(tmp_path / "a.csv", {"balance": [3] * 5}))
    b = read_table(write(tmp_path / "b.csv", {"balance": [3] * 4}))
    (row,) = compare_tables(a, b).rows
    assert (row.p, row.p_holm, row.p_bh, row.chance.value) == (1, 1, 1, 0.5)


def test_tables_as_other_programs_write_them(tmp_path):
    n = {"": [0, 1], "Unnamed: 0": [0, 1], "balance": ["1,5", "2,5"], "width": [9, 9]}
    path = write(tmp_path / "a.csv", n, delimiter=";")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    found = read_table(path)
    assert list(found.values) == ["balance"] and found.values["balance"].tolist() == [1.5, 2.5]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no row below"),
        (b"file,balance\n", "no row below"),
        (b"balance,balance\n1,2\n", "balance twice"),
        (b"file,balance\na,1,2\n", "row 2: it has 3 fields and the header 2"),
        (b"file,balance\na,1\nb,many\n", "column balance, row 3: 'many' is no finite number"),
        (b"file,balance\na,inf\n", "'inf' is no finite number"),
        (b"file,width,balance\na,wide,1\n", "column width, row 2"),
        (b"file,title\na,b\n", "no column of numbers"),
        (b"\xff\xfeb\0a\0", "no text in UTF-8"),
    ],
)
def test_what_is_no_table_is_said(tmp_path, data, message):
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(CompareError, match=message):
        read_table(tmp_path / "a.csv")


def test_what_cannot_be_compared_ends_in_a_sentence(capsys, tmp_path):
    a = write(tmp_path / "a.csv", {"balance": [1, 2]})
    other = write(tmp_path / "b.csv", {"homogeneity": [1, 2]})
    few = write(tmp_path / "c.csv", {"balance": [1]})
    out = tmp_path / "page.html"
    for b, message in (
        (other, "no measure in common"),
        (few, "no measure has 2 values"),
        (tmp_path / "none.csv", "no such file"),
        (tmp_path, "cannot be read"),
    ):
        code, said, err = run(capsys, "compare", a, b, "--out", out)
        assert code == 1 and not said and message in err and err.count("\n") == 1
    assert not out.exists()
    for arguments in (
        (a, a, "--out", out),
        (a, few, "--out", a, "--overwrite"),
        (a, few, "--out", out, "--csv", out),
    ):
        with pytest.raises(SystemExit) as stop:
            cli.main(["compare", *map(str, arguments)])
        assert stop.value.code == 2
    assert a.read_text().startswith("balance")


def test_nothing_is_replaced_unasked(capsys, tmp_path):
    a, b = table(tmp_path / "a.csv", 5), table(tmp_path / "b.csv", 5, seed=1)
    out = tmp_path / "page.html"
    out.write_text("mine")
    command = ["compare", a, b, "--out", out]
    code, _, err = run(capsys, *command)
    assert code == 1 and "--overwrite" in err and out.read_text() == "mine"
    assert run(capsys, *command, "--overwrite")[0] == 0 and out.read_text("utf-8") != "mine"


def test_names_stay_text(capsys, tmp_path):
    evil = "<script>alert(1)</script>$x_$-->\x1b\u202e"
    n = 6
    a = write(tmp_path / "a<b>&.csv", {evil: range(n), "width": [9] * n, "height": [9] * n})
    b = write(tmp_path / "b.csv", {evil: range(3, n + 3), "width": [9] * n, "height": [9] * n})
    code, _, _ = run(capsys, "compare", a, b, "--out", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert code == 0 and "<script" not in text and "\x1b" not in text and "\u202e" not in text
    found = check_page(text)
    assert "<script>alert(1)</script>$x_$" in found.text and "a<b>&.csv" in found.text


def test_the_page_is_the_same_every_time(capsys, tmp_path):
    a, b = table(tmp_path / "a.csv", 5), table(tmp_path / "b.csv", 5, seed=1)
    pages = []
    for _ in range(2):
        run(capsys, "compare", a, b, "--out", tmp_path / "page.html", "--overwrite")
        pages.append((tmp_path / "page.html").read_bytes())
    assert pages[0] == pages[1]
