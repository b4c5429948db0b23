"""What the figures `measure_it` and `misleads` compare a picture with, and the picture that they begin with.

    python -m tools.live_measures

Writes book/live/measures/data.js: of each measure that is computed in the page the 101 quantiles over the embedded
photographs (from the record reference_distributions), and one photograph as WebP inside the script, because a page that is
opened from a file may not read its own pictures. And tests/live/measures.json, values by the package.
"""

from __future__ import annotations

import argparse
import io
import json
from base64 import b64decode, b64encode
from pathlib import Path

import numpy as np
from PIL import Image

from aesthetic_utils.data.photos import load_photo
from aesthetic_utils.measures import edges
from aesthetic_utils.measures.columns import MEASURES, measure
from aesthetic_utils.measures.complexity import information_measures
from aesthetic_utils.measures.planes import planes_of_pixels
from aesthetic_utils.measures.reference import place, quantiles

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "book" / "live"
FILE = FOLDER / "measures" / "data.js"
FIXTURE = ROOT / "tests" / "live" / "measures.json"
RECORD = ROOT / "aesthetic_utils" / "results" / "reference_distributions.json"
PHOTO = "animals_hd_butterfly"
QUALITY = 70  # of the WebP
HEAD = """\
// Made by tools/live_measures.py. Quantiles of each measure over the photographs of the course; the butterfly is by
// Jee & Rani Nature Photography (CC BY-SA 4.0), packed smaller: see the page "Data" of the course.
"""
COLUMNS = (
    "mean_Lab_L", "rms_contrast", "luminance_entropy", "contrast_range", "rigau_mb", "colourfulness", "mean_HSV_S",
    "color_entropy", "hue_count", "mirror_symmetry", "normalised_mirror_symmetry_lr", "normalised_mirror_symmetry_ud",
    "dcm_distance", "dcm_x", "dcm_y", "balance", "homogeneity", "rule_of_thirds", "fractal_2d", "fractal_3d",
    "phog_selfsimilarity", "phog_complexity", "phog_anisotropy", "fourier_slope_spehar", "fourier_slope_mather",
    "edge_density", "eoe_1st_order", "fourier_slope_redies", "fourier_sigma",
)  # fmt: skip


def photograph() -> bytes:
    """The photograph at its stored size, as WebP."""
    pixels = load_photo(PHOTO).image.permute(1, 2, 0).numpy()
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "webp", quality=QUALITY, method=6)
    return packed.getvalue()


def reference() -> dict:
    """How many photographs, their long side, and the quantiles of each column."""
    about = json.loads(RECORD.read_text("utf-8"))["sets"]["photographs"]
    levels = {name: [float(f"{v:.5g}") for v in quantiles(name)] for name in COLUMNS}
    return {"images": about["images"], "longSide": about["long_side"][0], "quantiles": levels}


def as_script(packed: bytes) -> str:
    """The JavaScript file: one global."""
    content = {"photograph": f"data:image/webp;base64,{b64encode(packed).decode()}", **reference()}
    text = json.dumps(content, separators=(",", ":")).replace('":[', '":\n[').replace("],", "],\n")
    return f"{HEAD}globalThis.MEASURED = {text};\n"


def read_script() -> dict:
    """What the file holds."""
    return json.loads(FILE.read_text("utf-8").partition(" = ")[2].rstrip().removesuffix(";"))


def stored_photograph() -> np.ndarray:
    """The photograph as a browser shows it, uint8 [H, W, 3]."""
    packed = b64decode(read_script()["photograph"].partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(packed)).convert("RGB"))


# ---- what the scripts are tested against


def pattern(width: int, height: int, seed: int) -> np.ndarray:
    """A picture by a formula of whole numbers, which the tests in JavaScript have too: uint8 [H, W, 3]."""
    y, x, c = np.mgrid[:height, :width, :3]
    return ((x * x * (c + 1) + 3 * x * y + seed * y * y + 40 * c) % 256).astype(np.uint8)


def measured(rgb: np.ndarray) -> dict[str, float | None]:
    """The columns of a picture, without the slow entropy of pairs of edges; None where one is not defined."""
    image = planes_of_pixels(np.ascontiguousarray(rgb))
    names = [name for name in COLUMNS if MEASURES[name].group is not MEASURES["edge_density"].group]
    values = measure(image, [name for name in names if name != "rigau_mb"])
    grey = edges._resized(image.grey, edges.PUBLISHED.pixels)
    strength, kind = edges.strongest_response(grey)
    strong = edges._strong(strength, edges.PUBLISHED.strongest)
    histogram = np.bincount(kind[strong], strength[strong], edges.PUBLISHED.orientations)
    values |= {
        "rigau_mb": information_measures(image).m_b,
        "edge_density": float(strength.mean()),
        "eoe_1st_order": float(edges._entropy(histogram)),
    }
    return {name: None if np.isnan(values[name]) else values[name] for name in COLUMNS}


def fixture() -> dict:
    """Values by the package."""
    sizes = [(96, 64, 7), (64, 64, 5), (31, 40, 2), (130, 130, 3)]
    levels = [0.0, 1.0, 1.0, 1.0, 4.0]
    small = Image.fromarray(pattern(45, 30, 5)).resize((18, 12), Image.Resampling.LANCZOS)
    return {
        "pictures": [
            {"width": w, "height": h, "seed": seed, "values": measured(pattern(w, h, seed))} for w, h, seed in sizes
        ],
        "percentiles": [
            {"value": value, "levels": levels, "place": place(value, np.array(levels))}
            for value in (-1.0, 0.0, 0.25, 1.0, 2.5, 4.0, 9.0)
        ],
        "scaled": np.asarray(small).ravel().tolist(),
    }  # fmt: skip


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    FILE.write_text(as_script(photograph()), "utf-8")
    FIXTURE.write_text(json.dumps(fixture()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
