"""Lesson 4.7: its exercises, and what its text reads aloud from the stored outputs."""

import re
from pathlib import Path

import nbformat
import pytest

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.published.results import load_result

ROOT = Path(__file__).resolve().parent.parent
EXERCISES = exercises_of("4_7")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "equal? Half"),
        (1, "half, not whole"),
        (2, "larger one"),
        (3, "Divide"),
        (4, "should be"),
    ],
)
def test_each_mistake_gets_its_hint(number, words):
    assert words in verdict(EXERCISES["exceeds"], EXERCISES["exceeds"].wrong_examples[number])


def test_dots_in_a_function_are_noticed():
    assert "dots" in verdict(EXERCISES["exceeds"], lambda *_: ...)


# --------------------------------------------------------------------------------------------------
# the outputs


@pytest.fixture(scope="module")
def outputs() -> list:
    """All outputs of the lesson's cells, in order."""
    notebook = nbformat.read(ROOT / "notebooks" / "4_7_one_ruler.ipynb", as_version=4)
    return [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]


@pytest.fixture(scope="module")
def printed(outputs) -> str:
    """All that the cells of the lesson print."""
    return "\n".join(output.text for output in outputs if output.output_type == "stream")


@pytest.fixture(scope="module")
def tables(outputs) -> dict[str, dict[str, list[str]]]:
    """The lesson's tables by the head of their first column: name of a row -> its other cells."""
    found = {}
    for output in outputs:
        data = output.get("data", {})
        if "table results" in data.get("text/html", ""):
            head, *rows = (
                re.split(r" {2,}", line.strip()) for line in data["text/plain"].split("\n")
            )
            assert head[0] not in found and all(len(row) == len(head) for row in rows)
            found[head[0]] = {name: cells for name, *cells in rows}
    return found


def values(table: dict[str, list[str]]) -> dict[str, list[float]]:
    """The cells of a table as numbers; per cent as fractions."""
    return {
        name: [float(c[:-1]) / 100 if c.endswith("%") else float(c) for c in cells]
        for name, cells in table.items()
    }


def methods(tables) -> dict[str, tuple[float, float]]:
    """PSNR and distance of each method on the plane."""
    rows = values(tables["method on the plane"])
    return {name: (psnr, distance) for name, (psnr, distance, _) in rows.items()}


def test_the_plane_is_the_recorded_one(tables):
    found, names = methods(tables), {"SRResNet": "srresnet", "half way": "50% of the way"}
    names |= {"nearest": "nearest", "bicubic": "bicubic", "SRGAN": "srgan"}
    rows = {row["method"]: row for row in load_result("srgan_x4")["metrics"]["plane"]}
    for shown, recorded in names.items():
        row = rows[recorded]
        assert found[shown][0] == pytest.approx(row["psnr_y"], abs=0.02)
        assert found[shown][1] == pytest.approx(row["frechet"], abs=0.1)


def test_what_is_said_of_the_plane(tables):
    found = methods(tables)
    (psnr, distance), (half_psnr, half_distance) = found["SRResNet"], found["half way"]
    assert all(p < psnr for name, (p, d) in found.items() if d < distance), "an empty corner"
    assert found["bicubic"][0] < psnr and found["bicubic"][1] > distance
    assert half_psnr < psnr and found["SRGAN"][1] < half_distance < distance
    grain = found["SRResNet + grain"]
    assert 0.4 < psnr - grain[0] < 0.6, "half a decibel"
    assert 0.2 < 1 - grain[1] / distance < 0.35, "more than a quarter"


def test_the_mean_of_pictures_is_what_its_comment_says(tables):
    found = values(tables["mixture"])
    (a, near), (b, far) = found["mean of the pictures"], found["half way in weights"]
    assert abs(a - b) < 0.11 and near < far - 1


def test_what_is_said_of_the_measures(printed):
    few, many = re.search(r"standard deviation: (\d+) of (\d+) measures", printed).groups()
    assert 0.6 < int(few) / int(many) < 0.72, "two in three"
    assert int(re.search(r"in (\d+) of these 12", printed)[1]) == 12


def test_what_is_said_of_the_noise(tables):
    rows = values(tables["measure"])
    left = {name: (under - 0.5) / (plain - 0.5) for name, (plain, under) in rows.items()}
    four = ["color_entropy", "png_bytes_per_pixel", "hue_count", "luminance_entropy"]
    assert sorted(list(left)[:4]) == sorted(four) and 0.4 < sum(left[n] for n in four) / 4 < 0.6
    assert left["color_entropy"] < 0.5, "more than half of the gap is gone"
    assert all(0.9 < left[n] < 1.1 for n in ("normalised_mirror_symmetry_lr", "fractal_2d"))


def test_blur_lengthens_the_distance_from_nothing(tables):
    distances = [row[0] for row in values(tables["blur in pixels"]).values()]
    assert distances[0] == 0 and distances == sorted(distances) and distances[-1] > 10


def test_what_is_said_of_floors(tables):
    floors = [row[0] for row in values(tables["patches in each set"]).values()]
    assert len(floors) == 3 and floors[0] > floors[1] > floors[2] > 1
    assert floors[0] / floors[2] > 3, "a quarter of the pictures, more than three times the floor"
    for generated, floor in values(tables["pictures"]).values():
        assert 1.5 < generated / floor < 2, "more than one and a half times the floor"


def test_what_is_said_of_hands(tables):
    shares = values(tables["asked of"])
    designers, categories = shares["trained on designers"], shares["trained on categories"]
    nothing, cifar = shares["trained on nothing"], shares["trained on CIFAR-10"]
    assert designers[0] > 0.65 and designers[1] < 0.10
    assert categories[1] > 3 * designers[1]
    assert nothing[0] >= cifar[0] and nothing[1] > 0.20
    agreement = values(tables["two rulers"])
    assert len(agreement) == 10
    below = {name for name, (_, _, _, p) in agreement.items() if p <= 0.05}
    assert below == {"CIFAR-10 and nothing"}
    assert sum(p <= 0.05 for _, p, _, _ in agreement.values()) == 6


def test_what_is_said_of_the_maps(tables):
    gaps = values(tables["two sets"])
    photo, emoji = ({name: row[i] for name, row in gaps.items()} for i in (0, 1))
    others, mended = "photographs and other photographs", "photographs and bicubic ones"
    assert photo[mended] > 2 * photo[others]
    assert emoji[others] / 7 < emoji[mended] < emoji[others] / 5, "a sixth"
    assert photo["Noto and OpenMoji"] > photo["Noto and photographs"]
    assert emoji["Noto and OpenMoji"] < emoji["Noto and photographs"] / 2
