"""Weights go to half precision and back; only safetensors of the right architecture are loaded."""

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from aesthetic_utils import storage
from aesthetic_utils.storage import file_digest
from aesthetic_utils.training import weights
from aesthetic_utils.training.checkpoint import load_checkpoint, save_checkpoint
from aesthetic_utils.training.weights import (
    WeightsError,
    available_weights,
    load_weights,
    save_weights,
    weights_info,
)

REPOSITORY = Path(__file__).parents[1]
WEIGHTS = REPOSITORY / "aesthetic_utils" / "weights"
LARGEST_TOTAL = 40_000_000  # bytes


def network(width: int = 4) -> nn.Sequential:
    model = nn.Sequential(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.PReLU())
    for _ in range(3):
        model(1 + 300 * torch.rand(2, 3, 8, 8))
    return model


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tiny.safetensors"


@pytest.fixture
def saved(path: Path) -> Path:
    torch.manual_seed(0)
    save_weights(network(), path, config={"width": 4}, metadata={"results": "results/tiny.json"})
    return path


def test_there_and_back(path):
    model, other = network(), network()
    save_weights(model, path, config={"width": 4})
    assert load_weights(other, path) is other
    for (name, a), b in zip(model.state_dict().items(), other.state_dict().values(), strict=True):
        assert b.dtype == a.dtype
        kept = name.startswith("1.running") or not a.is_floating_point()
        assert torch.equal(b, a if kept else a.half().float()), name


def test_half_precision_but_for_statistics_and_counters(saved):
    kinds = {name: value.dtype for name, value in load_file(saved).items()}
    assert kinds["0.weight"] == kinds["1.weight"] == kinds["2.weight"] == torch.float16
    assert kinds["1.running_var"] == kinds["1.running_mean"] == torch.float32
    assert kinds["1.num_batches_tracked"] == torch.int64


def test_what_half_precision_cannot_hold_stays_whole(path):
    model = nn.Linear(1, 1)
    model.weight.data.fill_(1e5)
    save_weights(model, path, config={})
    assert load_weights(nn.Linear(1, 1), path).weight.item() == 1e5


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_the_model_keeps_its_number_format_and_layout(saved, dtype):
    model = network().to(dtype=dtype, memory_format=torch.channels_last)
    load_weights(model, saved)
    assert model[0].weight.dtype == dtype and model[0].weight.requires_grad
    assert model[0].weight.is_contiguous(memory_format=torch.channels_last)


def test_what_the_file_says_of_itself(path):
    said = save_weights(network(), path, config={"width": 4}, metadata={"results": "r.json"})
    info = weights_info(path)
    assert info["config"] == {"width": 4} and info["results"] == "r.json"
    assert said == {"file": path.name, "sha256": file_digest(path), "bytes": path.stat().st_size}
    assert said.items() <= info.items()


def test_the_same_weights_make_the_same_file(path):
    model = network()
    first, second = (save_weights(model, path, config={"b": 1, "a": 2}) for _ in range(2))
    assert first == second


def test_another_architecture_names_what_differs(saved):
    model = network(5)
    before = model[0].weight.clone()
    with pytest.raises(WeightsError, match=r"0\.bias is \[4\] in the file and \[5\] in the model"):
        load_weights(model, saved)
    assert torch.equal(model[0].weight, before)
    longer = nn.Sequential(*network(), nn.Linear(2, 2))
    with pytest.raises(WeightsError, match=r"3\.bias is missing in the file; 3\.weight is missing"):
        load_weights(longer, saved)
    with pytest.raises(WeightsError, match=r"1\.bias is unknown to the model.*and \d more"):
        load_weights(nn.Sequential(network()[0]), saved)


def test_taking_what_fits(saved):
    longer = nn.Sequential(*network(), nn.Linear(2, 2))
    before = longer[3].weight.clone()
    load_weights(longer, saved, strict=False)
    assert torch.equal(longer[0].weight, load_file(saved)["0.weight"].float())
    assert torch.equal(longer[3].weight, before)


def test_an_unknown_name_lists_the_known(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "_folder", lambda: tmp_path)
    with pytest.raises(WeightsError, match="no weights are called 'cnn'; the package has: none"):
        load_weights(network(), "cnn")
    save_weights(network(), "cnn_emoji", config={})
    with pytest.raises(WeightsError, match="the package has: cnn_emoji"):
        load_weights(network(), "cnn")
    assert available_weights() == ["cnn_emoji"]
    load_weights(network(), "cnn_emoji")


def test_a_missing_file(tmp_path):
    with pytest.raises(WeightsError, match=r"mine\.safetensors is not there"):
        load_weights(network(), tmp_path / "mine.safetensors")


@pytest.mark.parametrize("write", [torch.save, pickle.dump])
def test_a_pickle_is_never_loaded(path, write):
    with path.open("wb") as file:
        write({"0.weight": [1.0]}, file)
    with pytest.raises(WeightsError, match="is a pickle.*Load only safetensors"):
        load_weights(network(), path)


@pytest.mark.parametrize("kept", [0, 9, 0.5, 0.99])
def test_a_damaged_file(saved, kept):
    data = saved.read_bytes()
    saved.write_bytes(data[: kept if isinstance(kept, int) else int(kept * len(data))])
    with pytest.raises(WeightsError, match=r"tiny\.safetensors is damaged"):
        load_weights(network(), saved)


def test_a_foreign_file_and_a_checkpoint(path):
    save_file({"x": torch.zeros(1)}, path)
    assert weights_info(path)["results"] is None
    save_checkpoint(path, models={"model": network()}, step=1)
    with pytest.raises(WeightsError, match="another architecture: 0.bias is missing in the file"):
        load_weights(network(), path)


def test_full_disk(saved, monkeypatch):
    before = saved.read_bytes()

    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "_force_to_disk", full)
    with pytest.raises(WeightsError, match="the disk is full"):
        save_weights(network(5), saved, config={})
    assert saved.read_bytes() == before


# --------------------------------------------------------------------------------------------------
# the weights that come with the package


def recorded() -> dict[str, tuple[str, dict]]:
    """Weights file -> the results file that names it, and what that says of it."""
    found = {}
    for path in sorted((WEIGHTS.parent / "results").glob("*.json")):
        entry = json.loads(path.read_text(encoding="utf-8")).get("weights")
        if entry is not None:
            found[Path(entry["file"]).name] = (f"results/{path.name}", entry)
    return found


def test_every_weights_file_has_its_results_and_every_result_its_weights():
    assert {path.name for path in WEIGHTS.glob("*.safetensors")} == set(recorded())
    assert {p.suffix for p in WEIGHTS.glob("*") if p.is_file()} <= {".safetensors", ".md"}


def test_the_weights_are_those_of_the_published_runs():
    for name, (results, entry) in recorded().items():
        info = weights_info(WEIGHTS / name)
        assert (info["sha256"], info["bytes"]) == (entry["sha256"], entry["bytes"]), name
        assert info["results"] == results and info["config"], name
        floats = [x for x in load_file(WEIGHTS / name).values() if x.is_floating_point()]
        assert all(x.isfinite().all() for x in floats), name


def test_the_weights_are_small_together():
    assert sum(path.stat().st_size for path in WEIGHTS.glob("*")) < LARGEST_TOTAL


@pytest.mark.parametrize("wrap", [nn.DataParallel, torch.compile], ids=["parallel", "compiled"])
def test_a_wrapper_leaves_no_trace(path, wrap):
    """Saved wrapped and loaded plain, and the other way round, weights and checkpoints."""
    torch.manual_seed(1)
    model, plain, wrapped = network(), network(), wrap(network())
    save_weights(wrap(model), path, config={})
    assert "0.weight" in load_file(path)
    for other in (plain, wrapped):
        load_weights(other, path)
        assert torch.equal(list(other.parameters())[0], model[0].weight.half().float())
    checkpoint = path.with_name("checkpoint.safetensors")
    save_checkpoint(checkpoint, models={"net": wrap(model)}, step=3)
    for other in (plain, wrapped):
        assert load_checkpoint(checkpoint, models={"net": other}) == 3
        assert torch.equal(list(other.parameters())[0], model[0].weight)


def test_taking_what_fits_is_not_taking_nothing(saved):
    stranger = nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(WeightsError, match="no tensor of the file fits") as caught:
        load_weights(stranger, saved, strict=False)
    assert "strict=False" not in str(caught.value)
