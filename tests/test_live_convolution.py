"""The live figures of sections 3.1.1 and 3.1.2: their numbers are torch's, their pictures ours, and they are light."""

import io
import json
import sys
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools import live_convolution

ROOT = Path(__file__).resolve().parent.parent
LIVE = ROOT / "book" / "live"
FIXTURES = ROOT / "tests" / "live"


@pytest.fixture(scope="module")
def torch_says() -> dict[str, dict]:
    sys.path.insert(0, str(FIXTURES))
    import torch_fixtures

    return torch_fixtures.fixtures()


@pytest.mark.parametrize("name", ["convolution", "stack", "stamp", "shift"])
def test_the_numbers_of_the_tests_in_javascript_are_those_of_torch(torch_says, name):
    assert json.loads((FIXTURES / f"{name}.json").read_text("utf-8")) == torch_says[name]


def test_the_drawing_and_the_photograph_are_the_embedded_ones():
    stored = live_convolution.read_script()
    assert stored["drawing"] == live_convolution.drawing()
    kind, _, packed = stored["photo"]["source"].partition(",")
    assert kind == "data:image/webp;base64"
    picture = Image.open(io.BytesIO(b64decode(packed))).convert("L")
    assert picture.size == (stored["photo"]["width"], stored["photo"]["height"])
    expected = np.asarray(live_convolution.photograph(), dtype=float)
    assert (
        np.abs(np.asarray(picture, dtype=float) - expected).mean() < 6
    )  # of 255: it is packed with loss


@pytest.mark.parametrize(
    ("name", "most"),
    [("convolution", 60_000), ("stack", 30_000), ("stamp", 20_000), ("shift", 20_000)],
)
def test_a_figure_is_light(name, most):
    """Its scripts and its style, in bytes, not packed."""
    files = list((LIVE / name).iterdir())
    assert {"model.js", "view.js", f"{name}.css"} <= {path.name for path in files}
    assert sum(path.stat().st_size for path in files) < most
