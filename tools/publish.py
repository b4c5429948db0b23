"""Execute the lessons in full mode and store their outputs, with where these came from.

    python tools/publish.py                            every notebook
    python tools/publish.py notebooks/4_1_cnn.ipynb    this one
    python tools/publish.py --check notebooks/4_1_cnn.ipynb    execute it, judge its claims, write nothing

A notebook is replaced only when every cell of it ran, in one step (written beside it, then
renamed), so that an interrupted run leaves the published one as it was. Its metadata then hold, under `aesthetic`,

    what aesthetic_utils.runtime.describe_run() says of the run, and its seconds, without those it waited for others
    code_sha256     of the code cells that ran
    claims_sha256   of the claims that held (tools/lessons/claims.py)
    sources         of each module of the package that was loaded at the end, its code without comments and docstrings
    loaded          of each other file of the package that was read: weights, results, pictures

and tests/test_published.py compares them with what the repository holds today. Refused are outputs of another mode than
full, outputs that hold a warning, a claim that is false or raises, a package that changed while the lesson ran, and a
picture whose cell has no alternative text or no caption in its metadata:

    "mystnb": {"image": {"alt": "what one sees, in a sentence"}, "figure": {"caption": "what it shows"}}

`--check` runs in the mode that AESTHETIC_MODE names. Elsewhere than in full mode a claim may be false, but not raise.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
from nbclient.exceptions import CellExecutionError, DeadKernelError
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from aesthetic_utils.dark import DARK_TWIN, versions  # noqa: E402
from tools.lessons import claims, sources  # noqa: E402
from tools.lessons.client import PACKAGE, LessonClient  # noqa: E402

NOTEBOOKS = ROOT / "notebooks"
MODE = "full"


class Refused(RuntimeError):
    """These outputs may not be published; the message says why."""


def code_hash(notebook: nbformat.NotebookNode) -> str:
    """SHA-256 of the code in order, without the set-up cell, which names the repository."""
    digest = hashlib.sha256()
    for cell in notebook.cells:
        if cell.cell_type == "code" and "setup" not in cell.metadata.get("tags", []):
            digest.update(cell.source.encode() + b"\0")
    return digest.hexdigest()


PICTURES = ("image/png", "image/svg+xml", "image/jpeg")


def output_problems(notebook: nbformat.NotebookNode) -> list[str]:
    """What may not be published: an error, anything on stderr, a picture without alt text or caption."""
    problems = []
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code_cells, start=1):
        pictures = [kind for o in cell.outputs for kind in PICTURES if kind in o.get("data", {})]
        alt, caption = claims.said_of_picture(cell)
        if pictures and len(alt) < 20:
            problems.append(f"code cell {number} shows a picture without alt text")
        if pictures and not caption:
            problems.append(f"code cell {number} shows a picture without a caption")
        if len(pictures) > 1:
            problems.append(f"code cell {number} shows {len(pictures)} pictures: one a cell")
        for output in cell.outputs:
            if output.output_type == "error":
                problems.append(f"code cell {number} raises {output.ename}: {output.evalue}")
            elif output.output_type == "stream" and output.name == "stderr":
                problems.append(f"code cell {number} writes to stderr: {output.text.strip()[:200]}")
    return problems


def smaller_png(png: bytes) -> bytes:
    """The same pixels in fewer bytes, as far as that goes: without a transparency that nothing uses, packed well."""
    image = Image.open(io.BytesIO(png))
    if image.mode == "RGBA" and image.getextrema()[3] == (255, 255):
        image = image.convert("RGB")
    return min(png_bytes(image), png, key=len)


SAME = (255, 255, 255, 0)  # in the patch of a dark version: as in the light one
PHOTOGRAPHIC = 4_000  # colours; drawings, curves and their smoothed edges have fewer
MANY_COLOURS = 1_500  # from which fewer levels are not seen
WIDE = 1_000  # pixels that a picture of photographs is wide at most
UNSEEN = 1.5  # of 255, by which pixels may change on average
SMALLER = 0.85  # of the bytes: what is not, is not worth a loss


def colours_of(image: Image.Image) -> int:
    """How many different colours its pixels have."""
    return len(image.getcolors(image.width * image.height))


def fewer_pixels(png: bytes, patch: bytes | None = None) -> tuple[bytes, bytes | None]:
    """A picture of photographs, at most WIDE pixels wide, and its patch for dark pages in the same size.

    Others come back as they are, and those that would take no fewer bytes: pictures of enlarged pixels.
    """
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    if image.width <= WIDE or colours_of(image) <= PHOTOGRAPHIC:
        return png, patch
    size = (WIDE, round(image.height * WIDE / image.width))
    smaller = png_bytes(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    if len(fewer_levels(smaller)) > SMALLER * len(fewer_levels(png)):
        return png, patch
    if patch is None:
        return smaller, None
    stored = np.asarray(Image.open(io.BytesIO(patch)).convert("RGBA"))
    same = Image.fromarray(255 * (stored == SAME).all(-1).astype(np.uint8))
    same = np.asarray(same.resize(size, Image.Resampling.BOX)) == 255  # where all of it is
    dark = versions(png, patch)[1].convert("RGBa")  # so that what is transparent lends no colour
    pixels = np.array(dark.resize(size, Image.Resampling.LANCZOS).convert("RGBA"))
    pixels[same] = SAME
    return smaller, png_bytes(Image.fromarray(pixels))


def png_bytes(image: Image.Image) -> bytes:
    packed = io.BytesIO()
    image.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def fewer_levels(png: bytes) -> bytes:
    """A picture of many colours with 64 levels of each in place of 256, which takes a quarter of a photograph's bytes away.

    The nearest of the levels, so that no pixel moves by more than two; black, white and transparency stay. Others come back as they are.
    """
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    if colours_of(image) <= MANY_COLOURS:
        return png
    nearest = [round(round(value * 63 / 255) * 255 / 63) for value in range(256)]
    image = image.point([*nearest * 3, *range(256)])  # the transparency stays
    return min(png_bytes(image), png, key=len)


PALETTE = 254  # colours of a photograph, beside black and white as they are


def fewer_colours(png: bytes) -> bytes:
    """A picture in the 256 colours that fit it best, which halves most pictures: as they are, or mixed from dot to dot.

    As they are where hardly a pixel changes, as in a chart; mixed where there are many, as in a photograph. Black and white stay what they
    are. What has transparency, and what would hardly become smaller, goes through `fewer_levels`.
    """
    image, levels = Image.open(io.BytesIO(png)).convert("RGBA"), fewer_levels(png)
    if image.getextrema()[3][0] < 255:
        return levels
    many, image = colours_of(image) > MANY_COLOURS, image.convert("RGB")
    pixels = np.asarray(image)
    chosen = image.quantize(PALETTE, Image.Quantize.MEDIANCUT, kmeans=2).getpalette()
    colours = Image.new("P", (1, 1))
    colours.putpalette([*chosen, *[0] * (3 * (PALETTE + 1) - len(chosen)), *[255] * 3])
    found = [levels]
    for way in (Image.Dither.NONE, *[Image.Dither.FLOYDSTEINBERG] * many):
        index = np.array(image.quantize(palette=colours, dither=way))
        for number, value in ((PALETTE, 0), (PALETTE + 1, 255)):
            index[(pixels == value).all(-1)] = number
        packed = Image.fromarray(index, "P")
        packed.putpalette(colours.getpalette())
        change = np.abs(np.asarray(packed.convert("RGB")).astype(int) - pixels).mean()
        small = png_bytes(packed)
        if (way != Image.Dither.NONE or change < UNSEEN) and len(small) < SMALLER * len(levels):
            found.append(small)
    return min(found, key=len)


def pack_pictures(notebook: nbformat.NotebookNode) -> None:
    """Stores the pictures of a notebook in fewer bytes; they are most of it, and stay in the history for good."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                png = base64.b64decode(data["image/png"])
                twin = base64.b64decode(data[DARK_TWIN]) if DARK_TWIN in data else None
                png, twin = fewer_pixels(png, twin)
                data["image/png"] = base64.b64encode(smaller_png(fewer_colours(png))).decode()
                if twin is not None:
                    data[DARK_TWIN] = base64.b64encode(smaller_png(fewer_levels(twin))).decode()


def run_environment(mode: str = MODE) -> dict[str, str]:
    """The environment of the kernel: the package of this repository, and that mode."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    # with the twin of each figure for a dark page (aesthetic_utils.plotting.show)
    twin = {"AESTHETIC_DARK_TWIN": "1"} if mode == MODE else {}
    return {**os.environ, "AESTHETIC_MODE": mode, "PYTHONPATH": path, **twin}


def asked_mode() -> str:
    return os.environ.get("AESTHETIC_MODE", MODE)


def claim_problems(verdicts: list[claims.Verdict], mode: str = MODE) -> list[str]:
    """The claims that do not hold; elsewhere than in full mode, those that gave neither True nor False."""
    return [str(v) for v in verdicts if v.held is None or (mode == MODE and not v.held)]


def provenance(client: LessonClient, before: dict[str, tuple[int, int]]) -> dict[str, dict]:
    """`sources` and `loaded` of a run that is over; `before`: the state of the package when it began."""
    used = client.used
    if used["home"] not in (None, str(PACKAGE)):
        raise Refused(f"the lesson imported the package from {used['home']}, not from {PACKAGE}")
    now = sources.state(PACKAGE)
    code = [sources.module_file(m, ROOT).relative_to(PACKAGE) for m in used["modules"]]
    names = [*(path.as_posix() for path in code), *used["files"]]
    if changed := [name for name in names if before.get(name) != now.get(name)]:
        raise Refused(f"changed while the lesson ran: {', '.join(changed)}")
    return {
        "sources": sources.module_hashes(used["modules"], ROOT),
        "loaded": sources.file_hashes(used["files"], PACKAGE),
    }


def describe(environment: dict[str, str]) -> dict:
    """Hardware, versions, date and mode, as the package reports them in that environment."""
    program = (
        "import json; from aesthetic_utils.runtime import describe_run; "
        "print(json.dumps(describe_run()))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    provenance = json.loads(done.stdout)
    if provenance.get("mode") != MODE:
        raise Refused(f"the run reports the mode {provenance.get('mode')!r}, not {MODE!r}")
    return provenance


def write_atomically(notebook: nbformat.NotebookNode, path: Path) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        nbformat.write(notebook, temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def run(path: Path, mode: str) -> tuple[LessonClient, float]:
    """Execute one notebook, with its claims; the client that knows the outcome, and the seconds that it took.

    Seconds of the clock, or of the processor if those are fewer: what else a computer does is no part of a lesson.
    """
    notebook = nbformat.read(path, as_version=4)
    if problems := list(claims.quotation_problems(notebook)):
        raise Refused("\n  ".join(["its claims:", *problems]))
    client = LessonClient(notebook, folder=path.parent)
    start, before = time.monotonic(), _of_children()
    client.execute(env=run_environment(mode))
    return client, min(time.monotonic() - start, _of_children() - before or math.inf)


def _of_children() -> float:
    """Processor seconds of the processes that this one has started and that have ended; 0 where a system does not tell."""
    times = os.times()
    return times.children_user + times.children_system


def publish(path: Path) -> str:
    """Execute one notebook and store it in its place; a line that says how long it took."""
    if (mode := asked_mode()) != MODE:
        raise Refused(f"AESTHETIC_MODE is {mode!r}: only outputs of {MODE} mode are published")
    before = sources.state(PACKAGE)
    client, seconds = run(path, MODE)
    notebook = client.nb
    if problems := [*output_problems(notebook), *claim_problems(client.verdicts)]:
        raise Refused("\n  ".join(["its outputs may not be published:", *problems]))
    notebook.metadata["aesthetic"] = {
        **describe(run_environment()),
        "seconds": round(seconds, 1),
        "code_sha256": code_hash(notebook),
        "claims_sha256": claims.claims_hash(notebook),
        **provenance(client, before),
    }
    notebook.metadata.pop("widgets", None)  # no lesson shows a kernel's widget in the page
    pack_pictures(notebook)
    nbformat.validate(notebook)
    write_atomically(notebook, path)
    return f"{seconds:.0f} s, {len(client.verdicts)} claims hold"


def check(path: Path) -> str:
    """Execute one notebook in the mode of the environment and judge it; nothing is written."""
    mode = asked_mode()
    client, seconds = run(path, mode)
    problems = claim_problems(client.verdicts, mode)
    if mode == MODE:
        problems = [*output_problems(client.nb), *problems]
    if problems:
        raise Refused("\n  ".join([f"in {mode} mode:", *problems]))
    held = sum(verdict.held is True for verdict in client.verdicts)
    return f"{seconds:.0f} s in {mode} mode, {held} of {len(client.verdicts)} claims hold"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Execute lessons in full mode, store the outputs.")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of notebooks/")
    parser.add_argument(
        "--check", action="store_true", help="execute and judge the claims, and write nothing"
    )
    options = parser.parse_args(arguments)
    do = check if options.check else publish
    chosen = options.notebooks or sorted(NOTEBOOKS.glob("*.ipynb"))
    if not chosen:
        print(f"No notebook in {NOTEBOOKS}", file=sys.stderr)
        return 1
    failed = 0
    for path in chosen:
        try:
            print(f"{path.name}: {do(path.resolve())}", flush=True)
        except (Refused, CellExecutionError, DeadKernelError, OSError, ValueError) as error:
            failed += 1
            print(f"{path.name} stays as it was: {error}", file=sys.stderr, flush=True)
        except subprocess.CalledProcessError as error:
            failed += 1
            print(f"{path.name} stays as it was: {error.stderr}", file=sys.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
