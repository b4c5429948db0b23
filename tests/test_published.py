"""The committed notebooks: run in full mode, unchanged since, nothing amiss in their outputs."""

import copy
import io
import shutil
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from PIL import Image

from aesthetic_utils.dark import versions
from tools import publish
from tools.lessons import claims, sources

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_it_is_a_valid_notebook_for_any_kernel(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def test_it_says_where_its_outputs_come_from(notebook):
    run = notebook.metadata.get("aesthetic")
    assert run, "not published: run `make publish`"
    assert run["mode"] == "full"
    assert run["hardware"] and run["date"] and run["seconds"] > 0
    assert {"python", "torch", "numpy"} <= set(run["versions"])


def test_its_outputs_belong_to_its_code(notebook):
    run = notebook.metadata.get("aesthetic")
    assert run, "not published: run `make publish`"
    assert run["code_sha256"] == publish.code_hash(notebook), "the code changed after publishing"


def test_its_claims_quote_it_and_held(notebook):
    assert list(claims.quotation_problems(notebook)) == []
    run = notebook.metadata.get("aesthetic", {})
    assert "claims_sha256" in run, "not published, or before claims were kept: run `make publish`"
    assert run["claims_sha256"] == claims.claims_hash(notebook), "claims changed after publishing"


def test_what_it_used_is_still_what_it_was(request, notebook):
    run, name = notebook.metadata.get("aesthetic", {}), request.node.callspec.id
    assert "sources" in run, "not published, or before sources were kept: run `make publish`"
    assert {"aesthetic_utils", "aesthetic_utils.plotting"} <= set(run["sources"])
    changed = sources.changes(run, ROOT, publish.PACKAGE)
    again = f"make publish NOTEBOOKS=notebooks/{name}.ipynb"
    assert not changed, f"since {name} was published, {'; '.join(changed)}. Run: {again}"


def test_every_cell_was_run_in_order(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_no_output_is_an_error_a_warning_or_a_picture_without_alt_text(notebook):
    assert publish.output_problems(notebook) == []


# ---- the tool that publishes


def small_notebook(*sources: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture
def full_mode(monkeypatch):
    monkeypatch.delenv("AESTHETIC_MODE", raising=False)


def test_publishing_stores_outputs_and_provenance(tmp_path, full_mode, monkeypatch):
    path, clock = tmp_path / "lesson.ipynb", iter((0.0, 3600.0))
    monkeypatch.setattr(publish, "time", SimpleNamespace(monotonic=clock.__next__))
    talk = {"slide_type": "slide", "say": "It is full."}
    lesson = small_notebook("import os", "print(os.environ['AESTHETIC_MODE'])")
    lesson.cells[1].metadata["slideshow"] = talk
    nbformat.write(lesson, path)
    assert publish.main([str(path)]) == 0
    stored = nbformat.read(path, as_version=4)
    assert stored.cells[1].metadata.slideshow == talk
    assert stored.cells[1].outputs[0].text == "full\n"
    assert [cell.execution_count for cell in stored.cells] == [1, 2]
    assert stored.metadata.aesthetic.mode == "full"
    assert stored.metadata.aesthetic.code_sha256 == publish.code_hash(stored)
    assert 0 < stored.metadata.aesthetic.seconds < 60  # of the hour that the computer was busy
    assert list(tmp_path.iterdir()) == [path]  # nothing left beside it


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("raise ValueError('broken')", "broken"),
        ("import sys; print('careful', file=sys.stderr)", "writes to stderr"),
        ("import warnings; warnings.warn('careful')", "writes to stderr"),
    ],
)
def test_a_notebook_that_fails_stays_as_it_was(source, message, tmp_path, full_mode, capsys):
    path = tmp_path / "lesson.ipynb"
    nbformat.write(small_notebook(source), path)
    before = path.read_bytes()
    assert publish.main([str(path)]) == 1
    assert message in capsys.readouterr().err
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_outputs_of_another_mode_are_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    path = tmp_path / "lesson.ipynb"
    nbformat.write(small_notebook("1 + 1"), path)
    assert publish.main([str(path)]) == 1
    assert "only outputs of full mode are published" in capsys.readouterr().err
    assert not nbformat.read(path, as_version=4).metadata.get("aesthetic")


def test_the_hash_follows_the_code_and_not_the_repository():
    notebook = small_notebook("%pip install ann/course", "x = 1")
    notebook.cells[0].metadata["tags"] = ["setup"]
    moved, edited = copy.deepcopy(notebook), copy.deepcopy(notebook)
    moved.cells[0].source = "%pip install bob/kurs"
    edited.cells[1].source = "x = 2"
    assert publish.code_hash(moved) == publish.code_hash(notebook)
    assert publish.code_hash(edited) != publish.code_hash(notebook)


def test_a_picture_needs_alt_text_and_a_caption():
    notebook = small_notebook("show()")
    cell = notebook.cells[0]
    data = {"image/png": "aGk=", "text/plain": "<Figure>"}
    cell.outputs = [nbformat.v4.new_output("display_data", data=data)]
    assert len(publish.output_problems(notebook)) == 2
    cell.metadata["mystnb"] = {"image": {"alt": "A tower against the evening sky."}}
    assert "without a caption" in publish.output_problems(notebook)[0]
    cell.metadata["mystnb"]["figure"] = {"caption": "A tower."}
    assert publish.output_problems(notebook) == []
    cell.outputs *= 2
    assert "2 pictures" in publish.output_problems(notebook)[0]


# ---- claims

CLAIMING = """
import numpy as np
from aesthetic_utils.data import load_photo, photo_names
from aesthetic_utils.published.results import load_result
from aesthetic_utils.training import weights_info
x, name = 3, photo_names()[0]
load_photo(name), load_result("cnn_emoji_category"), weights_info("resnet_emoji_designer")
np.random.seed(0)
print("7 of 8")
"""
AFTERWARDS = (
    "print(np.random.rand() == np.random.RandomState(0).rand(), x, len(In), 'printed' in globals())"
)


def claiming_notebook(*checks: str) -> nbformat.NotebookNode:
    """Code, a text with a claim for each check, and code that prints whether a claim left a trace."""
    notebook = small_notebook(CLAIMING, AFTERWARDS)
    made = [{"says": "seven of eight", "check": check} for check in checks]
    text = nbformat.v4.new_markdown_cell(
        "It was seven\nof eight.", metadata={"aesthetic": {"claims": made}}
    )
    notebook.cells.insert(1, text)
    return notebook


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A notebook whose claims hold, as it was published."""
    path = tmp_path_factory.mktemp("published") / "lesson.ipynb"
    checks = (
        "'7 of 8' in printed",
        "np.random.rand() < 2",
        "(x := 5) == 5",
        "np.mean([x, 3]) == x",
    )
    nbformat.write(claiming_notebook(*checks), path)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AESTHETIC_MODE", raising=False)
        assert publish.main([str(path)]) == 0
    return nbformat.read(path, as_version=4)


def test_claims_are_judged_without_a_trace(published):
    assert [cell.get("execution_count") for cell in published.cells] == [1, None, 2]
    assert published.cells[2].outputs[0].text == "True 3 3 False\n"
    assert published.metadata.aesthetic.claims_sha256 == claims.claims_hash(published)


def test_a_lesson_with_a_claim_that_does_not_hold_stays_as_it_was(tmp_path, full_mode, capsys):
    path = tmp_path / "lesson.ipynb"
    checks = ("x == 3", "x > 3 and np.mean([x, 4]) < 1", "1 / 0 == 1", "printed", "x == 4")
    nbformat.write(claiming_notebook(*checks), path)
    before = path.read_bytes()
    assert publish.main([str(path)]) == 1
    said = capsys.readouterr().err
    assert "cell 2 says 'seven of eight', but x > 3 and" in said
    assert "x is 3; np.mean([x, 4]) is np.float64(3.5)" in said
    assert "1 / 0 == 1 raises ZeroDivisionError" in said and "neither True nor False" in said
    assert "x == 4 is false (x is 3)" in said and "x == 3 is" not in said
    assert path.read_bytes() == before


def test_checking_a_small_run_asks_claims_for_an_answer_and_writes_nothing(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    path = tmp_path / "lesson.ipynb"
    nbformat.write(claiming_notebook("x == 4", "x == 3"), path)
    before = path.read_bytes()
    assert publish.main(["--check", str(path)]) == 0
    assert "in smoke mode, 1 of 2 claims hold" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_a_claim_quotes_its_cell():
    assert list(claims.quotation_problems(claiming_notebook("x == 3"))) == []
    notebook = claiming_notebook("x ==", "x == 3")
    notebook.cells[1].metadata.aesthetic.claims[1].says = "eight of eight"
    notebook.cells[0].metadata = nbformat.from_dict(
        {
            "mystnb": {"figure": {"caption": "Nearly white."}, "image": {"alt": "White."}},
            "aesthetic": {
                "claims": [{"says": says, "check": "x"} for says in ("Nearly white", "x")]
            },
        }
    )
    wrong = list(claims.quotation_problems(notebook))
    assert wrong == [
        "cell 1 does not say 'x'",
        "cell 2: x == is no expression: invalid syntax",
        "cell 2 does not say 'eight of eight'",
    ]
    notebook.cells[1].metadata.aesthetic.claims[0] = {"says": "seven", "checks": "x"}
    with pytest.raises(ValueError, match="a claim has two strings"):
        list(claims.quotation_problems(notebook))


def test_the_hash_of_claims_follows_what_they_say_and_where(published):
    def changed(edit) -> bool:
        other = copy.deepcopy(published)
        edit(other)
        return claims.claims_hash(other) != claims.claims_hash(published)

    about = "aesthetic"
    assert changed(lambda n: n.cells[1].metadata[about].claims[0].update(check="True"))
    assert changed(lambda n: n.cells[1].metadata[about].claims[0].update(says="seven"))
    assert changed(lambda n: n.cells[1].metadata[about].claims.pop())
    assert changed(lambda n: n.cells.insert(1, n.cells.pop(2)))  # judged after another cell
    assert not changed(lambda n: n.cells.insert(1, nbformat.v4.new_markdown_cell("A word.")))


# ---- what a published lesson depends on


def test_a_published_lesson_knows_the_code_and_the_files_that_it_used(published):
    run = published.metadata.aesthetic
    assert {"aesthetic_utils", "aesthetic_utils.data.photos"} <= set(run.sources)
    assert not [name for name in run.sources if name.startswith("aesthetic_utils.cli")]
    assert "results/cnn_emoji_category.json" in run.loaded
    assert "weights/resnet_emoji_designer.safetensors" in run.loaded
    assert sum(name.startswith("data/files/photos/") for name in run.loaded) == 2  # list, picture
    assert not [name for name in run.loaded if name.endswith((".py", ".pyc"))]
    assert sources.changes(run, ROOT, publish.PACKAGE) == []


def test_changed_code_and_files_are_noticed_and_a_comment_is_not(published, tmp_path):
    run, package = published.metadata.aesthetic, tmp_path / "aesthetic_utils"
    for module in run.sources:
        path = sources.module_file(module, ROOT)
        target = package / path.relative_to(publish.PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for name in run.loaded:
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(publish.PACKAGE / name, package / name)
    assert sources.changes(run, tmp_path, package) == []

    photos, runtime = package / "data" / "photos.py", package / "runtime.py"
    photos.write_text(photos.read_text("utf-8") + "\n# a comment\n", "utf-8")
    assert sources.changes(run, tmp_path, package) == []
    photos.write_text(photos.read_text("utf-8").replace(": str", ":  bytes", 1), "utf-8")
    runtime.unlink()
    with (package / "results" / "cnn_emoji_category.json").open("a") as file:
        file.write(" ")
    assert set(sources.changes(run, tmp_path, package)) == {
        "the code of aesthetic_utils.data.photos changed",
        "the module aesthetic_utils.runtime is gone",
        "the file aesthetic_utils/results/cnn_emoji_category.json changed",
    }


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("x = 1", "x = 2", False),
        ("x = 1", "x  =  1  # a number", True),
        ("def f():\n    'Says.'\n    return 1", "def f():\n    return 1", True),
        ("class A:\n    'Says.'", "class A:\n    'Says more.'", True),
        ("def f():\n    return 'says'", "def f():\n    return 'said'", False),
        ("f(1)", "f(1.0)", False),
        ("f(None)", "f()", False),
        ("def f(): 'a'; x = 'b'", "def f(): 'a'; x = 'c'", False),
        ("x = f'{a}b'", "x = f'{a}c'", False),
        ("x = f'{a}'", "x = f'{a!r}'", False),
    ],
)
def test_the_hash_of_code_follows_what_it_does(before, after, same):
    assert (sources.code_hash(before) == sources.code_hash(after)) == same


def test_a_package_that_changes_while_a_lesson_runs_is_refused():
    class Client:
        used = {"home": str(publish.PACKAGE), "modules": ["aesthetic_utils"], "files": []}

    now = sources.state(publish.PACKAGE)
    assert publish.provenance(Client, now)["sources"].keys() == {"aesthetic_utils"}
    with pytest.raises(publish.Refused, match="changed while the lesson ran: __init__.py"):
        publish.provenance(Client, now | {"__init__.py": (0, 0)})
    Client.used = Client.used | {"home": "/elsewhere/aesthetic_utils"}
    with pytest.raises(publish.Refused, match="imported the package from /elsewhere"):
        publish.provenance(Client, now)


# ---- pictures in few bytes


def png_of(pixels: np.ndarray) -> bytes:
    stored = io.BytesIO()
    Image.fromarray(pixels).save(stored, "PNG", compress_level=1)
    return stored.getvalue()


def test_pictures_are_packed_without_a_loss():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 4), dtype=np.uint8)
    pixels[:, 30:] = 255  # something to pack
    pixels[..., 3] = 255
    opaque = png_of(pixels)
    packed = publish.smaller_png(opaque)
    assert len(packed) < 0.9 * len(opaque)
    np.testing.assert_array_equal(Image.open(io.BytesIO(packed)).convert("RGBA"), pixels)
    pixels[0, 0, 3] = 7  # now the transparency says something
    clear = publish.smaller_png(png_of(pixels))
    np.testing.assert_array_equal(Image.open(io.BytesIO(clear)), pixels)
    assert publish.smaller_png(packed) == packed


def test_wide_photographs_get_fewer_pixels_and_their_dark_version_with_them():
    photograph = np.random.default_rng(0).integers(0, 256, (200, 1600, 3), dtype=np.uint8)
    light, patch = photograph.copy(), np.full((200, 1600, 4), publish.SAME, dtype=np.uint8)
    light[:40] = 255  # the ground above the photograph, with a black word on it
    light[10:30, 400:800] = 0
    patch[:40] = 0
    patch[10:30, 400:800] = (219, 219, 219, 255)
    small, twin = publish.fewer_pixels(png_of(light), png_of(patch))
    bright, dark = (np.asarray(version) for version in versions(small, twin))
    assert bright.shape == dark.shape == (125, 1000, 4)
    np.testing.assert_array_equal(bright[30:], dark[30:])  # the photograph is one in both
    assert (dark[10:15, 270:480] == (219, 219, 219, 255)).all(), "light ink"
    assert (dark[:3, :, 3] == 0).all() and (bright[:3, :, 3] == 0).all(), "no ground"
    assert publish.fewer_pixels(small, twin) == (small, twin), (
        "published again, nothing more is lost"
    )
    drawing = png_of(np.full((200, 1600, 3), 255, dtype=np.uint8))
    assert publish.fewer_pixels(drawing, None) == (drawing, None)


def test_many_colours_get_fewer_levels_and_few_keep_theirs():
    colours = np.random.default_rng(0).integers(0, 256, (160, 160, 4), dtype=np.uint8)
    colours[0, :2] = [[0, 0, 0, 255], [255, 255, 255, 255]]
    fewer = publish.fewer_levels(png_of(colours))
    found = np.asarray(Image.open(io.BytesIO(fewer)))
    assert abs(found.astype(int) - colours)[..., :3].max() == 2
    assert len(np.unique(found[..., :3])) == 64
    assert (found[..., 3] == colours[..., 3]).all() and (found[0, :2] == colours[0, :2]).all()
    assert publish.fewer_levels(fewer) == fewer, "published again, nothing more is lost"
    drawing = png_of(colours[:30, :40])
    assert publish.fewer_levels(drawing) == drawing


def test_photographs_get_the_colours_that_fit_them_and_keep_black_and_white():
    x, y = np.meshgrid(np.arange(300), np.arange(200))
    grain = np.random.default_rng(0).integers(-9, 10, (200, 300, 3))
    photograph = np.stack([x * 255 // 300, y * 255 // 200, (x + y) // 3 + 40], -1) + grain
    photograph = photograph.clip(1, 254).astype(np.uint8)
    photograph[:20], photograph[5:10, 40:90] = 255, 0  # its title
    few = publish.fewer_colours(png_of(photograph))
    assert len(few) < 0.7 * len(publish.fewer_levels(png_of(photograph)))
    found = np.asarray(Image.open(io.BytesIO(few)).convert("RGB"))
    assert len(np.unique(found.reshape(-1, 3), axis=0)) <= 256
    np.testing.assert_array_equal(found[:20], photograph[:20])
    blurred = [pixels.reshape(20, 10, 30, 10, 3).mean((1, 3)) for pixels in (found, photograph)]
    assert np.abs(blurred[0] - blurred[1])[3:].mean() < 2, "mixed from dot to dot"
    assert publish.fewer_colours(few) == few, "published again, nothing more is lost"
    clear = np.dstack([photograph, np.full((200, 300), 200, np.uint8)])
    assert publish.fewer_colours(png_of(clear)) == publish.fewer_levels(png_of(clear))


def test_charts_get_a_palette_and_hardly_change():
    ramp = np.clip(np.add.outer(np.arange(200), np.arange(300)) % 83 * 4, 0, 255)  # soft edges
    chart = np.stack([ramp, np.full_like(ramp, 90), 255 - ramp // 2], -1).astype(np.uint8)
    chart[:30] = 255
    few = publish.fewer_colours(png_of(chart))
    assert Image.open(io.BytesIO(few)).mode == "P"
    found = np.asarray(Image.open(io.BytesIO(few)).convert("RGB"))
    assert np.abs(found.astype(int) - chart).mean() < 0.5 and (found[:30] == 255).all()
    assert publish.fewer_colours(few) == few, "published again, nothing more is lost"
