"""The light network as an ONNX file: small, of any size of picture, and the same numbers as PyTorch's."""

import copy
import importlib.util

import pytest
import torch

from aesthetic_utils.data.photos import load_photos
from aesthetic_utils.storage import AestheticError
from tools import export_onnx

NEEDED = ("onnx", "onnxscript", "onnxruntime")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]


def test_only_super_resolution_networks_are_exported():
    with pytest.raises(
        AestheticError, match="resnet_emoji_designer is no super-resolution network"
    ):
        export_onnx.load_network("resnet_emoji_designer")


def test_what_is_missing_is_said(monkeypatch, tmp_path, capsys):
    def missing(*arguments):
        raise ModuleNotFoundError("No module named 'onnx'", name="onnx")

    monkeypatch.setattr(export_onnx, "export", missing)
    assert export_onnx.main(["srresnet_x4_light", "--out", str(tmp_path / "x.onnx")]) == 1
    assert "onnx is missing: pip install onnx onnxscript onnxruntime" in capsys.readouterr().err


@pytest.mark.skipif(bool(MISSING), reason=f"not installed (the extra `onnx`): {', '.join(MISSING)}")
def test_the_light_network_is_under_a_megabyte_and_gives_what_pytorch_gives(
    tmp_path, monkeypatch, capsys
):
    import onnx

    kept = []
    export = export_onnx.exported
    monkeypatch.setattr(
        export_onnx, "exported", lambda m: kept.append(export(m)) or copy.deepcopy(kept[0])
    )
    file = tmp_path / "light.onnx"
    assert export_onnx.main(["srresnet_x4_light", "--out", str(file)]) == 0
    assert f"{file.stat().st_size:,} bytes, opset 18" in capsys.readouterr().out
    assert file.stat().st_size < 1_000_000

    graph_file = onnx.load(file)
    onnx.checker.check_model(graph_file, full_check=True)
    assert [(o.domain, o.version) for o in graph_file.opset_import] == [("", export_onnx.OPSET)]
    assert {p.key for p in graph_file.metadata_props} >= {"name", "weights", "licence", "image"}

    model = export_onnx.load_network("srresnet_x4_light")
    photo = load_photos("test", 96)[1].image[None].float() / 255
    for images in (photo, photo[..., :33, :40], torch.rand(3, 3, 5, 7)):
        assert export_onnx.difference(file, model, images) < 1e-4
    with torch.no_grad():
        model.to_image.bias += 1e-3
    assert export_onnx.difference(file, model, photo) > 1e-4, "a difference would be noticed"

    before = file.read_bytes()
    monkeypatch.setattr(export_onnx, "exported", lambda m: copy.deepcopy(kept[0]))
    monkeypatch.setattr(export_onnx, "TOLERANCE", 0.0)
    assert export_onnx.main(["srresnet_x4_light", "--out", str(file)]) == 1
    assert "differs from PyTorch by" in capsys.readouterr().err and file.read_bytes() == before
