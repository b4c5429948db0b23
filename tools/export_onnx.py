"""A published super-resolution network as an ONNX file, for browsers and phones, compared with PyTorch.

    python -m tools.export_onnx srresnet_x4_light --out light.onnx

Needs the extra `onnx`. The file takes float32 images [N, 3, H, W] in [0, 1], of any N, H and W, and gives
[N, 3, sH, sW], about [0, 1] but not clamped. Its bicubic picture is a convolution with fixed weights
(`SRResNetConfig.convolved_skip`), since ONNX has no bicubic interpolation with this kernel. Weights are stored as
float16, as in the file that they come from, and cast when the network is loaded: nothing is lost. The file is written
only if ONNX Runtime gives what PyTorch gives, within 1e-4 on a photograph of the test set.
"""

import argparse
import dataclasses
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aesthetic_utils.data.photos import load_photos
from aesthetic_utils.models import SRResNet, SRResNetConfig
from aesthetic_utils.runtime import by_mode, evaluating
from aesthetic_utils.storage import AestheticError, atomic_path
from aesthetic_utils.training.weights import load_weights, weights_info

OPSET = 18  # of ONNX; the oldest that PyTorch's exporter writes without converting
TOLERANCE = 1e-4  # of values from 0 to 1
PACKAGES = "pip install onnx onnxscript onnxruntime"


def load_network(name: str) -> SRResNet:
    """A published super-resolution network in float32, with its skip as a convolution. Raises AestheticError."""
    settings = weights_info(name)["config"]
    if "scale" not in settings:
        raise AestheticError(
            f"{name} is no super-resolution network; name one such as srresnet_x4_light"
        )
    config = dataclasses.replace(SRResNetConfig(**settings), convolved_skip=True)
    return load_weights(SRResNet(config), name).float()


def exported(model: SRResNet) -> Any:
    """The network as an ONNX model, with N, H and W free."""
    example = torch.zeros(2, model.config.image_channels, 16, 20)
    sides = {0: "batch", 2: "height", 3: "width"}
    with evaluating(model):
        program = torch.onnx.export(
            model, (example,), dynamo=True, opset_version=OPSET, verbose=False,
            input_names=["image"], output_names=["enlarged"], dynamic_shapes={"x": sides},
        )  # fmt: skip
    return program.model_proto


def lightened(graph_file: Any) -> Any:
    """The same model without the exporter's notes, its weights as float16 where that loses nothing."""
    from onnx import TensorProto, helper, numpy_helper

    graph, casts = graph_file.graph, []
    for part in (graph_file, graph, *graph.node, *graph.input, *graph.output, *graph.value_info):
        part.ClearField("metadata_props")
    graph.ClearField("value_info")
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        weight.ClearField("metadata_props")
        half = values.astype("float16")
        if weight.data_type == TensorProto.FLOAT and (half.astype("float32") == values).all():
            name = weight.name
            weight.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
            casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    graph.ClearField("node")
    graph.node.extend(nodes)
    return graph_file


def difference(file: Path, model: SRResNet, images: Tensor) -> float:
    """The largest difference between the file in ONNX Runtime and the model in PyTorch, on float [N, 3, H, W]."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    with evaluating(model):
        expected = model(images)
    [found] = session.run(None, {"image": images.numpy()})
    return float((torch.from_numpy(found) - expected).abs().max())


def export(name: str, out: Path) -> float:
    """Writes the network; the largest difference on a photograph.

    Raises AestheticError for another network, or a difference above TOLERANCE; then nothing is written.
    """
    model = load_network(name)
    proto = lightened(exported(model))
    notes = {"name": name, "weights": weights_info(name)["sha256"], "licence": "CC BY 4.0"}
    notes["image"] = (
        f"float32 [N, 3, H, W], RGB in [0, 1]; enlarged: {model.config.scale} times larger"
    )
    for key, value in notes.items():
        proto.metadata_props.add(key=key, value=value)
    long_side = by_mode(smoke=96, laptop=384, full=384)
    photo = load_photos("test", long_side)[0].image[None].float() / 255  # [1, 3, H, W]
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "network.onnx"
        trial.write_bytes(proto.SerializeToString())
        found = difference(trial, model, photo)
    if not found <= TOLERANCE:
        raise AestheticError(f"{name} differs from PyTorch by {found:.1e} in ONNX Runtime")
    with atomic_path(out) as part:
        part.write_bytes(proto.SerializeToString())
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", help="a published network, such as srresnet_x4_light")
    parser.add_argument("--out", type=Path, required=True, help="the file, which is replaced")
    options = parser.parse_args(arguments)
    try:
        found = export(options.name, options.out)
    except AestheticError as error:
        print(f"export_onnx: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(f"export_onnx: {error.name} is missing: {PACKAGES}", file=sys.stderr)
        return 1
    size = options.out.stat().st_size
    print(
        f"{options.out}: {size:,} bytes, opset {OPSET}, differs from PyTorch by {found:.1e} at most"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
