"""The table of all measures: its columns, its parallel making, and what it says of bad files."""

import csv
import math
import os
import subprocess
import sys
import tracemalloc
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from reference_images import grey_image, reference_image
from skimage.color import rgb2hsv, rgb2lab

import aesthetic_utils.measures
from aesthetic_utils.data.images import save_image
from aesthetic_utils.measures import columns, memory, planes, table
from aesthetic_utils.measures.preparation import Preparation, prepared
from aesthetic_utils.measures.table import MEASURES, MeasureError, measure, measure_folder

REPOSITORY = Path(__file__).parents[2]

# chelsea, 451 x 300, in the Aesthetics Toolbox (Redies et al., 2025) and athec 0.1.2 (Peng, 2022)
CHELSEA = {
    "image_size": 751, "aspect_ratio": 1.503333333, "rms_contrast": 12.8102232,
    "luminance_entropy": 7.352794436, "contrast_range": 103, "color_entropy": 4.202976512,
    "colourfulness": 37.95735956, "hue_count": 2, "mean_RGB_R": 147.6730894,
    "mean_Lab_b": 19.46017162, "mean_HSV_H": 0.06293698764, "std_RGB_G": 32.32157206,
    "std_Lab_a": 4.215741717, "std_HSV_H": 0.023437215, "mirror_symmetry": 18.4481957,
    "dcm_distance": 3.399056753, "dcm_x": -0.00332594235, "dcm_y": -0.01666666667,
    "balance": 11.48386788, "homogeneity": 99.42234459, "fourier_slope_redies": -3.024666059,
    "fourier_sigma": 0.01835420796, "fourier_slope_spehar": -1.363475213,
    "fourier_slope_mather": -1.383121106, "fractal_2d": 1.469168566, "fractal_3d": 2.607941076,
    "phog_selfsimilarity": 0.5817569237, "phog_complexity": 6.940256922,
    "phog_anisotropy": 0.0005439622582, "edge_density": 72.03665766,
    "eoe_1st_order": 4.520586652,
}  # fmt: skip


@pytest.fixture
def cheap(monkeypatch):
    """The mean of red instead of all measures, in this process alone."""
    monkeypatch.setattr(
        table, "measure", lambda image, *_: dict.fromkeys(MEASURES, float(image.rgb[..., 0].mean()))
    )


@pytest.fixture
def folder(tmp_path) -> Path:
    """Three good images, four bad ones, and what is no image at all."""
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    for name, value in {"b.png": 20, "a.JPG": 10, "more/c.png": 30}.items():
        save_image(torch.full((3, 4, 6), value, dtype=torch.uint8), folder / name)
    save_image(reference_image("disc"), folder / "cut.png")
    whole = (folder / "cut.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.jpg").touch()
    (folder / "page.png").write_text("<html></html>")
    (folder / "words.tiff").write_text("words")
    (folder / "notes.txt").write_text("no image")
    (folder / ".hidden.png").write_text("nor this")
    return folder


# --------------------------------------------------------------------------------------------------
# one image


def test_columns_are_the_toolboxs():
    found = measure(reference_image("chelsea"))
    assert list(found) == list(MEASURES)
    assert all(type(value) is float for value in found.values())
    # edges of equal strength, of which the toolbox's rounding errors choose some
    assert found.pop("eoe_2nd_order") == pytest.approx(4.442567204, rel=1e-5)
    assert {name: found[name] for name in CHELSEA} == pytest.approx(CHELSEA, rel=1e-6)
    assert found["normalised_mirror_symmetry_lr"] == pytest.approx(-0.0181564708, rel=1e-6)


@pytest.mark.parametrize(
    "image",
    [
        torch.zeros(3, 1, 1, dtype=torch.uint8),
        torch.full((3, 40, 3), 255, dtype=torch.uint8),
        grey_image(np.random.default_rng(0).integers(0, 256, (30, 500))),
        grey_image(255 * (np.indices((64, 64)).sum(0) % 2)),
    ],
    ids=["a black pixel", "white", "a strip of noise", "a fine chessboard"],
)
def test_any_image_has_a_number_in_the_range_or_none(image):
    for name, value in measure(image).items():
        low, high = MEASURES[name].range
        assert math.isnan(value) or low <= value <= high, name


def extremes() -> list[torch.Tensor]:
    """Pictures that go as far as the measures can."""
    half, line, corner = np.zeros((64, 64)), np.full((60, 60), 255), np.full((60, 60), 255)
    half[:, 32:], line[np.arange(60), np.arange(60)], corner[:6, :6] = 255, 0, 0
    hue = (np.arange(4096) + 0.5) / 4096
    circle = np.clip(np.abs((hue[:, None] * 6 + [0, 4, 2]) % 6 - 3) - 1, 0, 1) * 200 + 20
    red_and_white = torch.full((3, 64, 64), 255, dtype=torch.uint8)
    red_and_white[1:, :, :32] = 0
    return [
        *(torch.full((3, 256, 256), grey, dtype=torch.uint8) for grey in (0, 255)),
        grey_image(half), grey_image(line), grey_image(corner),
        grey_image(np.indices((64, 64)).sum(0) % 2 * 255), reference_image("gradient"),
        grey_image(np.arange(65536).reshape(256, 256) % 256),
        torch.from_numpy(circle.T.astype(np.uint8)).reshape(3, 64, 64), red_and_white,
        red_and_white[..., :32],
    ]  # fmt: skip


def test_what_is_said_to_be_the_least_and_the_largest_value_is_reached():
    """By a picture each, or to within 2% where pictures can only come near."""
    both = [f"{kind}_{c}" for kind in ("mean_RGB", "std_RGB") for c in "RGB"] + [
        "rms_contrast", "luminance_entropy", "contrast_range", "color_entropy", "hue_count",
        "mean_Lab_L", "std_Lab_L", "mean_HSV_S", "std_HSV_S", "mean_HSV_V", "std_HSV_V",
        "normalised_mirror_symmetry_lr", "normalised_mirror_symmetry_ud", "homogeneity", "rigau_mb",
    ]  # fmt: skip
    least = [
        *both, "colourfulness", "std_Lab_a", "std_Lab_b", "std_HSV_H", "mean_HSV_H",
        "phog_selfsimilarity", "phog_complexity",
    ]  # fmt: skip
    edges = ["edge_density", "eoe_1st_order", "eoe_2nd_order"]
    found = [measure(image, [*least, "rigau_mk"]) for image in extremes()]
    found.append(measure(reference_image("gradient"), edges))  # all edges run one way
    found.append(measure(torch.zeros(3, 64, 64, dtype=torch.uint8), edges))

    def end(name: str, of) -> float:
        return of(v[name] for v in found if not math.isnan(v.get(name, math.nan)))

    for name in [*least, *edges]:
        assert end(name, min) == pytest.approx(MEASURES[name].range[0], abs=1e-6), name
    for name in (*both, "rigau_mk"):
        assert end(name, max) == pytest.approx(MEASURES[name].range[1], rel=0.02), name


def test_each_measure_is_described():
    for name, item in MEASURES.items():
        assert name.isidentifier() and item.unit and item.meaning and item.range[0] < item.range[1]
    references = [item.reference for item in MEASURES.values() if item.reference]
    assert len(set(references)) == len(references)


def test_what_is_computed_together_is_computed_once(monkeypatch):
    calls = []
    edge_statistics = columns.edges.edge_statistics
    monkeypatch.setattr(
        columns.edges, "edge_statistics", lambda p: calls.append(p) or edge_statistics(p)
    )
    image = reference_image("disc")
    two = ["eoe_2nd_order", "edge_density"]
    assert list(measure(image, two)) == two
    assert len(calls) == 1
    assert list(measure(image, ["rms_contrast"])) == ["rms_contrast"]
    assert len(calls) == 1


def test_a_large_image_gives_the_same_in_strips(monkeypatch):
    """Bit by bit, whatever the strips, and planes that are let go are there when asked for again."""
    image = reference_image("chelsea")
    whole = measure(image)
    monkeypatch.setattr(planes, "_STRIP", 7 * image.shape[2] + 3)
    monkeypatch.setattr(planes, "_LARGE", 1000)
    in_strips = planes.as_planes(image)
    assert measure(in_strips) == whole
    assert not {"lab", "hsv"} & set(vars(in_strips))
    np.testing.assert_array_equal(in_strips.lab, rgb2lab(in_strips.rgb))
    np.testing.assert_array_equal(in_strips.hsv, rgb2hsv(in_strips.rgb))


def test_a_large_image_needs_room_for_one_colour_space_at_a_time(monkeypatch):
    """24 bytes a pixel for L*a*b* and as many for what is computed from it; 140 it was before."""
    monkeypatch.setattr(planes, "_STRIP", 1 << 14)
    monkeypatch.setattr(planes, "_LARGE", 1 << 16)
    large = np.random.default_rng(0).integers(0, 256, (3, 900, 1000), dtype=np.uint8)
    groups = (columns._colour, columns._composition)
    names = [n for n, m in MEASURES.items() if m.group in groups]
    image = planes.as_planes(large)
    tracemalloc.start()
    try:
        measure(image, [*names, "phog_complexity"])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 55 * large[0].size


def test_measuring_needs_no_torch(tmp_path):
    """Nor what else takes long to load."""
    save_image(reference_image("disc"), tmp_path / "disc.png")
    picture, out = str(tmp_path / "disc.png"), str(tmp_path / "t.csv")
    program = (
        "import sys; from aesthetic_utils.cli import main as cli; "
        f"code = cli.main(['measure', {picture!r}, '--csv', {out!r}]); "
        "slow = {'torch', 'scipy.signal', 'scipy.stats', 'matplotlib'} & set(sys.modules); "
        "sys.exit(code or str(slow or '') or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_unknown_columns_are_named():
    with pytest.raises(ValueError, match="no measure is called 'beauty'; there are image_size"):
        measure(reference_image("disc"), ["beauty"])


# --------------------------------------------------------------------------------------------------
# many images


def test_files_and_folders(folder):
    found = table.image_files([folder / "notes.txt", folder, folder / "b.png"])
    names = [file.relative_to(folder).as_posix() for file in found]
    assert names == [
        "notes.txt", "a.JPG", "b.png", "cut.png", "empty.jpg", "more/c.png", "page.png", "words.tiff",
    ]  # fmt: skip


def test_bad_files_are_named_and_cost_nothing_else(folder, cheap):
    found = measure_folder(folder, workers=1, progress=False)
    assert [Path(row["file"]).name for row in found.rows] == ["a.JPG", "b.png", "c.png"]
    assert [row["balance"] for row in found.rows] == pytest.approx([10, 20, 30], abs=1)
    assert [(row["width"], row["height"]) for row in found.rows] == 3 * [(6, 4)]
    reasons = {Path(bad.file).name: str(bad) for bad in found.bad}
    assert list(reasons) == ["cut.png", "empty.jpg", "page.png", "words.tiff"]
    for name, words in {"cut.png": "cut short", "empty.jpg": "is empty", "page.png": "web page",
                        "words.tiff": "not an image"}.items():  # fmt: skip
        assert words in reasons[name] and reasons[name].count(str(folder / name)) == 1


def test_what_cannot_be_measured_is_named(folder, monkeypatch):
    for error, words in [(MemoryError(), "memory"), (RuntimeError("odd"), "RuntimeError: odd")]:

        def fail(image, *_, error=error):
            raise error

        monkeypatch.setattr(table, "measure", fail)
        found = measure_folder([folder / "b.png"], workers=1, progress=False)
        assert not found.rows and words in str(found.bad[0])
        assert str(found.bad[0]).startswith(str(folder / "b.png"))


def test_in_parallel_as_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "_PAYS_S", 0.1)  # or nothing so small would have two processes
    for k in range(2):
        grey = np.random.default_rng(k).integers(0, 256, (20, 24 + k))
        save_image(grey_image(grey), tmp_path / f"{k}.png")
    (tmp_path / "0b.png").touch()
    parallel = measure_folder(tmp_path, workers=2, progress=False)
    alone = measure_folder(tmp_path, workers=1, progress=False)
    assert [row["width"] for row in parallel.rows] == [24, 25]
    np.testing.assert_equal(parallel.rows, alone.rows)  # NaN equals NaN here
    assert parallel.bad == alone.bad and len(alone.bad) == 1


def test_progress_is_shown(folder, cheap, capsys):
    measure_folder(folder, workers=1)
    assert "7/7" in capsys.readouterr().err


def test_a_killed_worker_costs_one_image_alone(folder, monkeypatch, cheap):
    """In place of the pool one that dies at b.png, whatever its size."""
    sizes = []

    def pool(work, files, workers):
        sizes.append(workers)
        for file in files:
            if file.endswith("b.png"):
                raise BrokenProcessPool
            yield work(file)

    monkeypatch.setattr(table, "_in_pool", pool)
    monkeypatch.setattr(table, "_PAYS_S", 1e-9)
    found = measure_folder(folder, workers=4, progress=False)
    assert [Path(row["file"]).name for row in found.rows] == ["a.JPG", "c.png"]
    assert "ended from outside" in {Path(b.file).name: b.reason for b in found.bad}["b.png"]
    assert sizes == [4, 2, 1, 1] and len(found.bad) == 5


def test_a_script_without_a_main_guard_is_told_so(folder, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from aesthetic_utils.measures import table\n"
        "table._PAYS_S = 1e-9\n"
        f"table.measure_folder({str(folder)!r}, workers=2, progress=False)\n"
    )
    done = subprocess.run(
        [sys.executable, script], cwd=REPOSITORY, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert done.returncode == 1
    assert "__main__" in done.stderr.splitlines()[-1] and "workers=1" in done.stderr


def test_one_measure_that_breaks_off_costs_none_of_the_others(monkeypatch, folder):
    def broken(image):
        raise OSError("odd")

    monkeypatch.setattr(columns.edges, "edge_statistics", broken)
    found = measure_folder([folder / "b.png"], workers=1, progress=False)
    (row,) = found.rows
    assert math.isnan(row["edge_density"]) and math.isnan(row["eoe_2nd_order"])
    assert row["mean_RGB_R"] == 20 and not found.bad
    assert found.notes == [
        f"{folder / 'b.png'}: edge_density, eoe_1st_order, eoe_2nd_order cannot be computed (OSError: odd)"
    ]
    with pytest.raises(OSError, match="odd"):
        measure(reference_image("disc"))


def test_a_scroll_has_all_measures_but_jpegs(tmp_path):
    Image.new("RGB", (1, 65_501), "red").save(tmp_path / "tall.png")
    (row,) = measure_folder(tmp_path / "tall.png", workers=1, progress=False).rows
    assert math.isnan(row["jpeg_bytes_per_pixel"]) and row["mean_RGB_R"] == 255
    assert row["png_bytes_per_pixel"] > 0


def test_rows_come_one_by_one_and_known_ones_are_not_measured_again(folder, cheap):
    kept = []
    paths = [folder / "b.png", folder / "a.JPG"]
    first = measure_folder(paths, workers=1, progress=False, keep=kept.append)
    assert kept == first.rows
    other = {"file": str(paths[0]), "width": 0, "height": 0}
    again = measure_folder(paths, workers=1, progress=False, known={str(paths[0]): other})
    assert again.rows == [other, first.rows[1]]


def test_capitals_browsers_endings_and_what_is_passed_over(tmp_path, cheap):
    for name in ("a.JFIF", "b.jpe", "c.Png", "d.mpo", "e.avif"):
        kind = {"d": "JPEG", "e": "AVIF"}.get(name[0], "JPEG" if name[0] in "ab" else "PNG")
        Image.new("RGB", (8, 8), "red").save(tmp_path / name, format=kind)
    for name in ("f.heic", "g.HEIC", "h.cr2", "notes.txt", ".hidden.heic"):
        (tmp_path / name).touch()
    found = measure_folder(tmp_path, workers=1, progress=False)
    assert [Path(row["file"]).name for row in found.rows] == [
        "a.JFIF", "b.jpe", "c.Png", "d.mpo", "e.avif",
    ]  # fmt: skip
    words = "passed over, since such pictures cannot be read here: 3 files (.cr2 1, .heic 2)"
    assert found.notes == [words]
    for file in [row["file"] for row in found.rows]:
        Path(file).unlink()
    with pytest.raises(MeasureError, match=r"there are 3 files \(\.cr2 1, \.heic 2\)"):
        measure_folder(tmp_path)


def test_what_a_file_takes_is_guessed_from_its_size(tmp_path):
    for side in (100, 1000):
        Image.new("L", (side, 2 * side)).save(tmp_path / f"{side}.png")
    (tmp_path / "bad.png").write_text("words")
    small, large = (table._expected_s(tmp_path / f"{side}.png") for side in (100, 1000))
    assert 0.3 < small < 0.4 and 2 < large < 4
    assert table._expected_s(tmp_path / "bad.png") == table._expected_s(tmp_path / "none.png") == 0


def test_workers(monkeypatch):
    monkeypatch.setattr(table.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(table, "_expected_s", lambda file: 0.5)
    monkeypatch.setattr(table, "available_memory", lambda: None)
    files = ["a.png"] * 1000

    def count(workers, n):
        return table.worker_count(workers, files[:n])

    assert [count(None, n) for n in (0, 1, 15, 16, 1000)] == [1, 1, 1, 2, 8]
    assert [count(3, n) for n in (0, 1, 15, 16, 23, 24, 1000)] == [1, 1, 1, 2, 2, 3, 3]
    assert count(500, 1000) == 61
    monkeypatch.setattr(table, "_expected_s", lambda file: 20.0)  # photographs of 16 megapixels
    assert [count(4, n) for n in (1, 2, 3)] == [1, 2, 3]
    monkeypatch.setattr(table, "available_memory", lambda: 1e9)
    assert count(None, 1000) == 3, "three of 300 MB in 900"
    with pytest.raises(ValueError, match="at least 1"):
        measure_folder([], workers=0)


def test_a_folder_without_images(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(MeasureError, match=r"no images in .*; looked for \.png, \.jpg"):
        measure_folder(tmp_path)


# --------------------------------------------------------------------------------------------------
# the table


def test_the_table_keeps_all_digits(tmp_path):
    values = {name: 1 / (3 + k) for k, name in enumerate(MEASURES)}
    rows = [
        {"file": 'a, "b"; 夜.png', "width": 6, "height": 4, **values},
        {"file": "c.png", "width": 1, "height": 2, **values, "fractal_2d": math.nan},
    ]
    rows = [row | {"enlarged": "picture"} for row in rows]
    path = tmp_path / "new" / "out.csv"
    table.write_table(path, rows)
    with open(path, encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert list(first) == ["file", "width", "height", "enlarged", *MEASURES]
    assert first["file"] == 'a, "b"; 夜.png' and first["width"] == "6"
    assert {name: float(first[name]) for name in MEASURES} == values
    assert second["fractal_2d"] == ""
    assert [entry.name for entry in path.parent.iterdir()] == ["out.csv"]
    assert path.read_bytes().count(b"\n") == 3 and b"\r" not in path.read_bytes()


def test_names_that_are_no_text_are_escaped(tmp_path):
    row = {"file": "caf\udce9.png", "width": 1, "height": 1, "enlarged": "", "balance": 0.5}
    table.write_table(tmp_path / "out.csv", [row], ["balance"])
    assert (tmp_path / "out.csv").read_bytes().splitlines()[1] == rb"caf\udce9.png,1,1,,0.5"


def test_the_description_has_every_column(tmp_path):
    out = table.write_description(
        tmp_path / "out.csv", preparation=Preparation(crop=True, size=512)
    )
    assert out.name == "out.columns.csv"
    with open(out, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["column"] for row in rows] == table.table_columns()
    assert all(
        row["meaning"] and row["unit"] and "aesthetic-utils" in row["version"] for row in rows
    )
    assert {row["pictures"] for row in rows} == {"crop, size 512"}
    contrast = next(row for row in rows if row["column"] == "rms_contrast")
    assert (contrast["least"], contrast["largest"]) == ("0", "50")
    assert contrast["elsewhere"] == "Aesthetics Toolbox: RMS contrast"
    for row in rows[4:]:
        assert (REPOSITORY / (row["source"].replace(".", "/") + ".py")).is_file()


# --------------------------------------------------------------------------------------------------
# what is done to pictures first


@pytest.mark.parametrize(
    ("how", "shape", "larger"),
    [
        ({}, (40, 60), False),
        ({"crop": True}, (40, 40), False),
        ({"pad": True}, (60, 60), False),
        ({"size": 30}, (20, 30), False),
        ({"size": 120}, (80, 120), True),
        ({"pixels": 600}, (20, 30), False),
        ({"crop": True, "size": 80}, (80, 80), True),
    ],
)
def test_pictures_are_made_ready(how, shape, larger):
    rgb = np.zeros((40, 60, 3), np.uint8)
    rgb[:, 10:50] = 90  # the square in the middle
    found, enlarged = prepared(rgb, Preparation(**how))
    assert found.shape == (*shape, 3) and enlarged == larger
    if "crop" in how:
        assert (found == 90).all()
    if "pad" in how:
        assert (
            (found[:10] == 255).all() and (found[10:50] == rgb).all() and (found[50:] == 255).all()
        )


@pytest.mark.parametrize(
    "how", [{"crop": True, "pad": True}, {"size": 9, "pixels": 900}, {"size": 7}, {"pixels": 63}]
)
def test_preparations_that_make_no_sense(how):
    with pytest.raises(ValueError, match="not both|one of them|at least"):
        Preparation(**how)


def test_what_was_enlarged_is_named(tmp_path):
    Image.new("RGB", (400, 300), "red").save(tmp_path / "a.png")
    names = ["fourier_sigma", "edge_density", "balance"]

    def enlarged(**how) -> str:
        found = measure_folder(
            tmp_path / "a.png", 1, False, columns=names, preparation=Preparation(**how)
        )
        (row,) = found.rows
        assert list(row) == [*table.FILE_COLUMNS, *names]
        return row["enlarged"]

    assert enlarged() == "fourier_sigma"
    assert enlarged(size=200) == "fourier_sigma edge_density"
    assert enlarged(size=1024) == "picture"


def test_workers_have_room(tmp_path):
    Image.new("1", (4000, 3000)).save(tmp_path / "a.png")
    files = [str(tmp_path / "a.png"), "none.png"]
    each = memory.bytes_needed(12_000_000)
    assert memory.workers_that_fit(files, 2.5 * each) == 2
    assert memory.workers_that_fit(files, 0.5 * each) == 1
    assert memory.workers_that_fit(files, None) is None
    assert memory.bytes_needed(24_000_000) < 1.5e9
    assert memory.available_memory() > 1e6


def test_tables_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    for path, words in [
        (tmp_path, "is a folder"),
        (tmp_path / "file" / "out.csv", "is a file"),
        (tmp_path / "file" / "deeper" / "out.csv", "cannot be written"),
    ]:
        with pytest.raises(MeasureError, match=words):
            table.require_writable(path)
    with pytest.raises(MeasureError, match="cannot be written"):
        table.write_table(tmp_path / "file" / "out.csv", [])
    table.require_writable(tmp_path / "out.csv")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


# --------------------------------------------------------------------------------------------------
# the package


def test_importing_the_package_loads_nothing():
    program = (
        "import sys, aesthetic_utils.measures as a; "
        "assert 'measure' in dir(a); "
        "assert not {'numpy', 'torch', 'PIL', 'skimage'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY).returncode == 0


def test_all_that_is_exported_is_there():
    for name in aesthetic_utils.measures.__all__:
        exported = getattr(aesthetic_utils.measures, name)
        assert exported is MEASURES or exported.__name__ == name
    with pytest.raises(ImportError, match="beauty"):
        from aesthetic_utils.measures import beauty  # noqa: F401
