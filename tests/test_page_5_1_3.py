"""What page 5.1.3 says of the record of tuning holds in it: which expectations were met, and the ends of its ranges."""

from aesthetic_utils.published.results import load_result


def test_what_the_page_calls_met_was_met():
    verdicts = load_result("tuned_to_taste")["verdicts"]
    assert {name: row["met"] for name, row in verdicts.items()} == {
        "a": True, "b": True, "c": False, "d": True, "e": True, "f": False, "g": True,
    }  # fmt: skip
    assert verdicts["c"]["higher"] and not verdicts["c"]["later"]
    assert all(row["stopped"] < 0 < row["best"] for row in verdicts["f"]["votes"].values())


def test_the_ends_of_its_ranges_are_the_ends():
    record = load_result("tuned_to_taste")
    verdicts = record["verdicts"]
    shares = {v: row["share"] for v, row in verdicts["e"]["votes"].items() if int(v) >= 200}
    worst = {v: row["worst"] for v, row in verdicts["e"]["votes"].items() if int(v) >= 200}
    assert min(shares, key=shares.get) == "200" and max(shares.values()) < 0.345
    assert max(worst, key=worst.get) == "500" and min(worst, key=worst.get) == "8000"
    assert min(verdicts["g"]["tuned"].values()) == verdicts["g"]["tuned"]["50"]
    assert record["viewers"]["owners"] == 5
