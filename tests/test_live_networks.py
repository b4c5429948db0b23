"""The graphs of the networks that pages run: the package's own weights, and the numbers that PyTorch gives."""

import gzip
import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from aesthetic_utils.runtime import evaluating
from aesthetic_utils.training.weights import weights_path
from tools import live_networks, vendor
from tools.live_networks import GRAPHS

MISSING = [n for n in ("onnx", "onnxscript", "onnxruntime") if importlib.util.find_spec(n) is None]
needs_onnx = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


def test_the_list_names_the_files_as_they_are():
    assert (live_networks.FOLDER / "list.js").read_text("utf-8") == live_networks.listed()
    files = {path.name for path in live_networks.FOLDER.glob("*.onnx.gz")}
    assert files == {live_networks.graph_file(name).name for name in GRAPHS}


def test_the_runtime_is_the_vendored_one():
    script = (live_networks.FOLDER / "runtime.js").read_text("utf-8")
    file = vendor.VENDOR / "ort" / "ort.wasm.gz"
    assert f"bytes: {file.stat().st_size}," in script
    assert f'hash: "{live_networks.digest(file)}"' in script


def test_the_graphs_hold_no_weights():
    sizes = [live_networks.graph_file(name).stat().st_size for name in GRAPHS]
    assert sum(sizes) < 40_000


def test_the_fixture_is_what_pytorch_gives():
    stored = json.loads(live_networks.FIXTURE.read_text("utf-8"))
    for name, new in live_networks.fixture().items():
        for key in ("output", "dims", "places"):
            assert stored[name][key] == new[key]
        assert stored[name]["values"] == pytest.approx(new["values"], abs=1e-4 * new["range"])


def test_places_are_those_of_safetensors():
    from safetensors.torch import load_file

    file = weights_path("resnet_emoji_category")
    content, tensors = file.read_bytes(), load_file(file)
    for name, place in live_networks.places(file).items():
        values = tensors[name].numpy().tobytes()
        assert content[place["offset"] : place["offset"] + place["length"]] == values


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    """Graphs and weights beside each other, as in the site."""
    folder = tmp_path_factory.mktemp("networks")
    for name, graph in GRAPHS.items():
        content = gzip.decompress(live_networks.graph_file(name).read_bytes())
        (folder / f"{name}.onnx").write_bytes(content)
        shutil.copy(weights_path(graph.weights), folder)
    return folder


@needs_onnx
@pytest.mark.parametrize("name", GRAPHS)
def test_onnx_runtime_gives_what_pytorch_gives(name, unpacked):
    import onnxruntime

    graph = GRAPHS[name]
    session = onnxruntime.InferenceSession(
        str(unpacked / f"{name}.onnx"), providers=["CPUExecutionProvider"]
    )
    inputs, module = live_networks.examples(graph), live_networks.network(graph)
    for pictures in (2, 1):
        some = {k: v if k == "noise" else v[:pictures] for k, v in inputs.items()}
        with evaluating(module):
            expected = module(*some.values())
        [found] = session.run([graph.output], {k: v.numpy() for k, v in some.items()})
        reach = float(expected.max() - expected.min())
        assert np.abs(found - expected.numpy()).max() < 1e-4 * reach


@needs_onnx
def test_the_noise_of_stylegan2_can_be_turned_off(unpacked):
    import onnxruntime

    session = onnxruntime.InferenceSession(
        str(unpacked / "stylegan2_synthesis.onnx"), providers=["CPUExecutionProvider"]
    )
    graph = GRAPHS["stylegan2_synthesis"]
    inputs, module = live_networks.examples(graph), live_networks.network(graph)
    with evaluating(module):
        for layer in module.part.model.convs:
            layer.strength.zero_()
        expected = module.part(inputs["styles"])
    values = {"styles": inputs["styles"].numpy(), "noise": np.zeros(1, "float32")}
    [found] = session.run(None, values)
    torch.testing.assert_close(torch.from_numpy(found), expected, atol=1e-4, rtol=1e-4)


@needs_onnx
def test_a_fresh_export_gives_the_same_graph():
    """Of one network only, for time: `python -m tools.live_networks --check` compares all."""
    stored = gzip.decompress(live_networks.graph_file("gan_emoji").read_bytes())
    assert live_networks.graph_bytes("gan_emoji") == stored
