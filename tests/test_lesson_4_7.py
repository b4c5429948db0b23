"""Lesson 4.7: its exercises, and what its text reads aloud from the stored outputs."""

import re
from pathlib import Path

import nbformat
import pytest

from aesthetic_utils.exercises import exercises_of, verdict
from aesthetic_utils.training.runs import load_result

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
def printed() -> str:
    """All that the cells of the lesson print."""
    notebook = nbformat.read(ROOT / "notebooks" / "4_7_one_ruler.ipynb", as_version=4)
    return "\n".join(
        output.text
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream"
    )


def number(pattern: str, text: str) -> float:
    found = re.search(pattern + r"\s*([-+]?\d+\.?\d*)", text)
    assert found, f"{pattern!r} is not printed"
    return float(found[1])


def methods(printed: str) -> dict[str, tuple[float, float]]:
    """PSNR and distance of each method on the plane."""
    rows = re.findall(r"^(\S.*?)\s+PSNR-Y\s+([\d.]+) dB\s+distance\s+([\d.]+)  ", printed, re.M)
    return {name: (float(psnr), float(distance)) for name, psnr, distance in rows}


def test_the_plane_is_the_recorded_one(printed):
    found, names = methods(printed), {"SRResNet": "srresnet", "half way": "50% of the way"}
    names |= {"nearest": "nearest", "bicubic": "bicubic", "SRGAN": "srgan"}
    rows = {row["method"]: row for row in load_result("srgan_x4")["metrics"]["plane"]}
    for shown, recorded in names.items():
        row = rows[recorded]
        assert found[shown][0] == pytest.approx(row["psnr_y"], abs=0.02)
        assert found[shown][1] == pytest.approx(row["frechet"], abs=0.1)


def test_what_is_said_of_the_plane(printed):
    found = methods(printed)
    (psnr, distance), (half_psnr, half_distance) = found["SRResNet"], found["half way"]
    assert all(p < psnr for name, (p, d) in found.items() if d < distance), "an empty corner"
    assert found["bicubic"][0] < psnr and found["bicubic"][1] > distance
    assert half_psnr < psnr and found["SRGAN"][1] < half_distance < distance
    grain = found["SRResNet + grain"]
    assert 0.4 < psnr - grain[0] < 0.6, "half a decibel"
    assert 0.2 < 1 - grain[1] / distance < 0.35, "more than a quarter"


def test_the_mean_of_pictures_is_what_its_comment_says(printed):
    found = dict(
        re.findall(r"^(mean of the pictures|half way in weights) +(PSNR.*)$", printed, re.M)
    )
    (a, near), (b, far) = (map(float, re.findall(r"\d+\.\d+", row)) for row in found.values())
    assert abs(a - b) < 0.11 and near < far - 1


def test_what_is_said_of_the_measures(printed):
    few, many = re.search(r"standard deviation: (\d+) of (\d+) measures", printed).groups()
    assert 0.6 < int(few) / int(many) < 0.72, "two in three"
    assert int(re.search(r"in (\d+) of these 12", printed)[1]) == 12


def test_what_is_said_of_the_noise(printed):
    rows = re.findall(r"^(\w+) +([\d.]+), under the noise ([\d.]+)$", printed, re.M)
    left = {name: (float(b) - 0.5) / (float(a) - 0.5) for name, a, b in rows}
    four = ["color_entropy", "png_bytes_per_pixel", "hue_count", "luminance_entropy"]
    assert sorted(list(left)[:4]) == sorted(four) and 0.4 < sum(left[n] for n in four) / 4 < 0.6
    assert left["color_entropy"] < 0.5, "more than half of the gap is gone"
    assert all(0.9 < left[n] < 1.1 for n in ("normalised_mirror_symmetry_lr", "fractal_2d"))


def test_what_is_said_of_floors(printed):
    floors = [float(x) for x in re.findall(r"patches of one kind:\s+([\d.]+)", printed)]
    assert len(floors) == 3 and floors[0] > floors[1] > floors[2] > 1
    assert floors[0] / floors[2] > 3, "a quarter of the pictures, more than three times the floor"
    generated, floor = (number(f"as they are .*{w}", printed) for w in ("generated", r"\(floor\)"))
    assert 1.4 < generated / floor < 2


def test_what_is_said_of_hands(printed):
    rows = dict(re.findall(r"^(?:trained on|by) (.+?)\s+(\d+%\s+\d+)%", printed, re.M))
    shares = {name: [int(x) for x in row.split("%")] for name, row in rows.items()}
    assert shares["designers"][0] > 65 and shares["designers"][1] < 10
    assert shares["categories"][1] > 3 * shares["designers"][1]
    assert shares["nothing"][0] >= shares["CIFAR-10"][0] and shares["nothing"][1] > 20
    tables = re.findall(r"^(\S.* and .*?)\s+([+-][\d.]+) \(p = ([\d.]+)\)\s+([+-][\d.]+) \(p = ([\d.]+)\)$", printed, re.M)  # fmt: skip
    assert len(tables) == 10
    assert [names for names, *_, p in tables if float(p) <= 0.05] == ["CIFAR-10 and nothing"]
    assert sum(float(p) <= 0.05 for _, _, p, *_ in tables) == 6


def test_what_is_said_of_the_maps(printed):
    gaps = re.findall(r"^  (\S.* and \S.*?)\s+([\d.]+)\s+([\d.]+)$", printed, re.M)
    photo, emoji = ({name: float(row[i]) for name, *row in gaps} for i in (0, 1))
    others, mended = "photographs and other photographs", "photographs and bicubic ones"
    assert photo[mended] > 2 * photo[others]
    assert emoji[others] / 7 < emoji[mended] < emoji[others] / 5, "a sixth"
    assert photo["Noto and OpenMoji"] > photo["Noto and photographs"]
    assert emoji["Noto and OpenMoji"] < emoji["Noto and photographs"] / 2
