"""The published networks as graphs for the browser: ONNX files without weights, which point into the package's own.

    python -m tools.live_networks            write book/live/networks/*.onnx.gz, list.js, and the numbers for the tests
    python -m tools.live_networks --check    export anew and compare; writes nothing

Needs the extra `onnx`. A graph is some kilobytes, packed by gzip: each tensor of a weights file that it uses is an initialiser with
external data, whose place is that file (`NAME.safetensors`, beside the graph), an offset and a length; float16 is cast
when the network is loaded. The build copies those files into the site (book/_ext/live.py), so that nothing is stored
twice. N, the number of pictures, is free in every graph; height and width are free in the two that mend pictures.
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import json
import struct
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from aesthetic_utils.models import (
    DCGANConfig,
    Generator,
    ResNet,
    ResNetConfig,
    SRResNet,
    SRResNetConfig,
)
from aesthetic_utils.models.stylegan2 import StyleGAN2Config, StyleGenerator
from aesthetic_utils.models.unet import LONGEST, Conditions, UNet, UNetConfig
from aesthetic_utils.runtime import evaluating
from aesthetic_utils.storage import file_digest
from aesthetic_utils.training.weights import load_weights, weights_info, weights_path
from tools.export_onnx import OPSET, PACKAGES

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "book" / "live" / "networks"
FIXTURE = ROOT / "tests" / "live" / "networks.json"
SEED = 13  # of the inputs that the tests use
SHOWN = 64  # values of an output that the fixture keeps, evenly spread
STORED = {"F16": "FLOAT16", "F32": "FLOAT"}  # safetensors -> ONNX


# ---- networks as the pages call them


class Part(nn.Module):
    """One method of a network as a module: `Part(generator, "mapping")`."""

    def __init__(self, model: nn.Module, method: str):
        super().__init__()
        self.model, self.method = model, method

    def forward(self, x: Tensor) -> Tensor:
        return getattr(self.model, self.method)(x)


class Synthesis(nn.Module):
    """w for each layer [N, L, style_dim], and by what the noise is multiplied [1] -> images [N, 3, S, S]."""

    def __init__(self, model: StyleGenerator):
        super().__init__()
        self.part = Part(model, "synthesis")

    def forward(self, styles: Tensor, noise: Tensor) -> Tensor:
        own = self.part.named_parameters()
        strengths = {k: v * noise[0] for k, v in own if k.endswith(".strength")}
        return functional_call(self.part, strengths, (styles,))


class Velocity(nn.Module):
    """Noisy pictures [N, 3, 32, 32], t [N], category [N], designer [N], words [N, 8] -> velocities [N, 3, 32, 32].

    What is asked for is int32: category, designer and words count from 1, and 0 asks for nothing.
    """

    def __init__(self, model: UNet):
        super().__init__()
        self.model = model

    def forward(
        self, x: Tensor, t: Tensor, category: Tensor, designer: Tensor, words: Tensor
    ) -> Tensor:
        return self.model(x, t, Conditions(category.long(), designer.long(), words.long()))


@dataclass(frozen=True, kw_only=True)
class Graph:
    """One file: which weights, which module, what goes in and comes out."""

    weights: str
    build: Callable[[dict], nn.Module]  # from the settings in the weights file
    inputs: dict[str, Callable[[], Tensor]]  # name -> an example, of two pictures
    output: str
    sides: bool = False  # whether height and width are free
    wrap: Callable[[Any], nn.Module] = lambda model: model


def normal(*shape: int) -> Callable[[], Tensor]:
    return lambda: torch.randn(shape)


def uniform(*shape: int) -> Callable[[], Tensor]:
    return lambda: torch.rand(shape)


def whole(high: int, *shape: int) -> Callable[[], Tensor]:
    return lambda: torch.randint(high, shape, dtype=torch.int32)


def flow(settings: dict) -> UNet:
    return UNet(UNetConfig(**settings | {k: tuple(settings[k]) for k in ("multipliers", "words")}))


def stylegan2(settings: dict) -> StyleGenerator:
    return StyleGenerator(StyleGAN2Config(**settings))


def resnet(settings: dict) -> ResNet:
    return ResNet(ResNetConfig(**settings | {"channels": tuple(settings["channels"])}))


def srresnet(settings: dict) -> SRResNet:
    config = SRResNetConfig(**settings)
    return SRResNet(dataclasses.replace(config, convolved_skip=config.scale > 1))


DRAWING = {"image": uniform(2, 3, 32, 32)}
GRAPHS = {
    "gan_emoji": Graph(
        weights="gan_emoji", build=lambda s: Generator(DCGANConfig(**s)),
        inputs={"z": normal(2, 100)}, output="image",
    ),
    "stylegan2_mapping": Graph(
        weights="stylegan2_emoji", build=stylegan2, wrap=lambda m: Part(m, "mapping"),
        inputs={"z": normal(2, 128)}, output="w",
    ),
    "stylegan2_synthesis": Graph(
        weights="stylegan2_emoji", build=stylegan2, wrap=Synthesis,
        inputs={"styles": normal(2, 8, 128), "noise": uniform(1)}, output="image",
    ),
    "flow_emoji": Graph(
        weights="flow_emoji", build=flow, wrap=Velocity,
        inputs={
            "x": normal(2, 3, 32, 32), "t": uniform(2), "category": whole(9, 2),
            "designer": whole(11, 2), "words": whole(3, 2, LONGEST),
        },
        output="velocity",
    ),
    "resnet_emoji_category": Graph(
        weights="resnet_emoji_category", build=resnet, inputs=DRAWING, output="logits"
    ),
    "resnet_emoji_designer": Graph(
        weights="resnet_emoji_designer", build=resnet, inputs=DRAWING, output="logits"
    ),
    "srresnet_x4_light": Graph(
        weights="srresnet_x4_light", build=srresnet, inputs={"image": uniform(2, 3, 12, 10)},
        output="enlarged", sides=True,
    ),
    "srresnet_restore": Graph(
        weights="srresnet_restore", build=srresnet, inputs={"image": uniform(2, 3, 12, 10)},
        output="restored", sides=True,
    ),
}  # fmt: skip


def examples(graph: Graph) -> dict[str, Tensor]:
    """Inputs that are the same each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return {name: draw() for name, draw in graph.inputs.items()}


def network(graph: Graph) -> nn.Module:
    """The module in float32, with the published weights."""
    model = graph.build(weights_info(graph.weights)["config"])
    return graph.wrap(load_weights(model, graph.weights).float())


# ---- from a module to a file


def exported(name: str) -> Any:
    """The graph with its weights inside, as PyTorch writes it."""
    graph = GRAPHS[name]
    inputs = examples(graph)
    free = {0: torch.export.Dim.DYNAMIC}
    shapes = tuple(
        {} if name == "noise" else free | ({2: free[0], 3: free[0]} if graph.sides else {})
        for name in inputs
    )
    module = network(graph)
    with evaluating(module), warnings.catch_warnings():
        # of `functional_call`, which puts everything back
        warnings.filterwarnings("ignore", message="While compiling, we found certain side effects")
        program = torch.onnx.export(
            module, tuple(inputs.values()), dynamo=True, optimize=False, opset_version=OPSET,
            verbose=False, input_names=list(inputs), output_names=[graph.output],
            dynamic_shapes=shapes,
        )  # fmt: skip
    return program.model_proto


def places(file: Path) -> dict[str, dict]:
    """Where each tensor lies in a safetensors file: {name: {"dtype", "shape", "offset", "length"}}."""
    with open(file, "rb") as content:
        size = struct.unpack("<Q", content.read(8))[0]
        header = json.loads(content.read(size))
    header.pop("__metadata__", None)
    for place in header.values():
        start, end = place.pop("data_offsets")
        place.update(offset=8 + size + start, length=end - start)
    return header


def external(name: str, weights: str, place: dict) -> Any:
    """An initialiser whose values lie in the weights file."""
    from onnx import TensorProto

    tensor = TensorProto(name=name, dims=place["shape"], data_location=TensorProto.EXTERNAL)
    tensor.data_type = TensorProto.DataType.Value(STORED[place["dtype"]])
    values = {"location": f"{weights}.safetensors"} | {k: place[k] for k in ("offset", "length")}
    for key, value in values.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def outsourced(model: Any, weights: str) -> Any:
    """The same graph with the tensors of the weights file taken from there, and no notes and long names."""
    from onnx import TensorProto, helper, numpy_helper

    graph, casts = model.graph, []
    known = places(weights_path(weights))
    kept = []
    for tensor in graph.initializer:
        place = next((p for k, p in known.items() if named(tensor.name, k)), None)
        if place is None:
            kept.append(numpy_helper.from_array(numpy_helper.to_array(tensor), tensor.name))
        elif place["dtype"] == "F32":
            kept.append(external(tensor.name, weights, place))
        else:
            kept.append(external(f"{tensor.name}.half", weights, place))
            cast = helper.make_node("Cast", [kept[-1].name], [tensor.name], to=TensorProto.FLOAT)
            casts.append(cast)
    nodes = [*casts, *graph.node]
    for part in ("initializer", "node", "value_info"):
        graph.ClearField(part)
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    return shortened(model)


def named(initialiser: str, tensor: str) -> bool:
    """Whether an initialiser is a tensor of the network, which may stand inside another module."""
    return initialiser == tensor or initialiser.endswith(f".{tensor}")


def shortened(model: Any) -> Any:
    """The model without notes, names of nodes and names of values that nobody outside sees."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    public = {value.name for value in (*graph.input, *graph.output)}
    short: dict[str, str] = {"": ""} | {name: name for name in public}
    for tensor in graph.initializer:
        tensor.name = short.setdefault(tensor.name, f"w{len(short)}")
    for node in graph.node:
        node.ClearField("name")
        for names in (node.input, node.output):
            names[:] = [short.setdefault(name, f"v{len(short)}") for name in names]
    model.producer_version = (
        ""  # so that another version that writes the same graph writes the same file
    )
    graph.name = "network"
    return model


def graph_bytes(name: str) -> bytes:
    """The file of a graph, not packed."""
    model = outsourced(exported(name), GRAPHS[name].weights)
    return model.SerializeToString(deterministic=True)


# ---- what the page and the tests read


def graph_file(name: str) -> Path:
    return FOLDER / f"{name}.onnx.gz"


def digest(file: Path) -> str:
    """A short name for the content of a file: a changed network gets another address."""
    return file_digest(file)[:12]


def listed() -> str:
    """list.js: for each network its files, their sizes in bytes, and the hash of what is in them."""
    entries = {}
    for name, graph in GRAPHS.items():
        file, weights = graph_file(name), weights_path(graph.weights)
        entries[name] = {
            "graph": file.name, "graphBytes": file.stat().st_size, "graphHash": digest(file),
            "weights": weights.name, "weightBytes": weights.stat().st_size, "weightHash": digest(weights),
        }  # fmt: skip
    lines = ",\n".join(f'"{name}":{json.dumps(entry)}' for name, entry in entries.items())
    return (
        "// Made by tools/live_networks.py: the networks that pages can run, and their files.\n"
        f"globalThis.NETWORKS = {{\n{lines}\n}};\n"
    )


def fixture() -> dict:
    """What PyTorch makes of the examples: inputs, and of the output its shape, range and some values."""
    found = {}
    for name, graph in GRAPHS.items():
        inputs, module = examples(graph), network(graph)
        with evaluating(module):
            output = module(*inputs.values())
        flat = output.flatten()
        chosen = torch.linspace(0, len(flat) - 1, min(SHOWN, len(flat))).long()
        found[name] = {
            "output": graph.output,
            "dims": list(output.shape),
            "range": float(flat.max() - flat.min()),
            "places": chosen.tolist(),
            "values": [round(v, 6) for v in flat[chosen].tolist()],
        }
    return found


def example_inputs(name: str) -> dict[str, dict]:
    """The inputs of the fixture, for a page: {name: {"type", "dims", "data"}}."""
    types = {torch.float32: "float32", torch.int32: "int32"}
    return {
        key: {"type": types[value.dtype], "dims": list(value.shape), "data": value.flatten().tolist()}
        for key, value in examples(GRAPHS[name]).items()
    }  # fmt: skip


def write() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in GRAPHS:
        graph_file(name).write_bytes(gzip.compress(graph_bytes(name), 9, mtime=0))
    (FOLDER / "list.js").write_text(listed(), "utf-8")
    FIXTURE.write_text(json.dumps(fixture()) + "\n", "utf-8")


def problems() -> list[str]:
    """Which graphs are not those that an export gives today, and whether the list is up to date."""
    found = [n for n in GRAPHS if gzip.decompress(graph_file(n).read_bytes()) != graph_bytes(n)]
    return found + ([] if (FOLDER / "list.js").read_text("utf-8") == listed() else ["list.js"])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare only")
    options = parser.parse_args(arguments)
    try:
        if not options.check:
            write()
        found = problems()
    except ModuleNotFoundError as error:
        print(f"live_networks: {error.name} is missing: {PACKAGES}", file=sys.stderr)
        return 1
    for name in found:
        print(f"{name} is not what an export gives", file=sys.stderr)
    if not found:
        sizes = {n: graph_file(n).stat().st_size for n in GRAPHS}
        print(", ".join(f"{name} {size:,} bytes" for name, size in sizes.items()))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
