"""The pages "Mend it" and "Name it": their data, and the numbers that their arithmetic is tested against."""

import json
import re

import pytest
import torch
from torch import Tensor, nn

from aesthetic_utils.data import load_emoji
from aesthetic_utils.runtime import evaluating
from tools import live_lab, live_networks

MODEL = (live_lab.LIVE / "mend_it" / "model.js").read_text("utf-8")


def reach(name: str) -> int:
    """How many pixels around a tile the page takes with it."""
    return int(re.search(rf"{name}: \{{.*?reach: (\d+)", MODEL)[1])


def output(model: nn.Module, image: Tensor) -> Tensor:
    with evaluating(model):
        return model(image)


@pytest.mark.parametrize("name", ["srresnet_x4_light", "srresnet_restore"])
def test_a_tile_gives_what_the_whole_picture_gives(name):
    """The part that is kept, within rounding; one pixel less around it would be seen, two for the half pixel of x4."""
    model = live_networks.network(live_networks.GRAPHS[name])
    around, scale = reach(name), 4 if name == "srresnet_x4_light" else 1
    image = torch.rand(1, 3, 20 + 2 * around, 30, generator=torch.Generator().manual_seed(0))
    whole = output(model, image)[..., 8 * scale :, :]

    def rest(cut: int) -> float:
        """The largest difference from row 8 on, of a tile that begins there with `around - cut` rows more."""
        top = around + 8 - (around - cut)
        tile = output(model, image[..., top:, :])
        kept = tile[..., (around - cut) * scale :, :]
        return float((kept - whole[..., around * scale :, :]).abs().max())

    assert rest(0) < 2e-5
    assert rest(2) > rest(0)


def test_the_fixture_is_what_pytorch_and_the_package_give():
    stored = json.loads(live_lab.FIXTURE.read_text("utf-8"))
    assert stored["mend_it"] == live_lab.mend_fixture()
    new = live_lab.name_fixture()
    for kind in live_lab.KINDS:
        for key in ("chances", "covered", "falls"):
            assert stored["name_it"][kind][key] == pytest.approx(new[kind][key], abs=1e-3)


def test_the_names_are_those_of_the_held_out_drawings():
    script = (live_lab.LIVE / "name_it" / "data.js").read_text("utf-8")
    data = json.loads(script.split("=", 1)[1].strip().rstrip(";"))
    emoji = load_emoji("test")
    assert [name for name, _ in data["ideas"]] == emoji.names[: len(data["ideas"])]
    assert [kind for _, kind in data["ideas"]] == emoji.category[: len(data["ideas"])].tolist()
    strips = {path.stem for path in (live_lab.LIVE / "whose_hand" / "ideas").glob("*.webp")}
    assert strips == {name for name, _ in data["ideas"]}


def test_the_stills_are_light():
    for name in ("lab_mend_it", "lab_name_it"):
        assert (live_lab.FIGURES / f"{name}.webp").stat().st_size < 40_000
