"""The published ConvNets and the ladder: each rung one change, kept as it is done, summed up honestly."""

from dataclasses import asdict, replace

import pytest
import torch
from small_images import smooth_images

from aesthetic_utils.data.cifar10 import CLASS_NAMES, LabelledImages
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.models import CNNConfig, ConvNet, ConvNetConfig
from aesthetic_utils.published import convnet, registry, results
from aesthetic_utils.training.convnet import ConvNetSettings
from aesthetic_utils.training.weights import load_weights, weights_info

NAMES = ["convnet_cifar10", "convnet_filters_7x7", "cifar10_ladder"]


def no_test_set(split="train"):
    if split == "test":
        raise MissingDataError("no test images")
    n = {"train": 300, "validation": 40}[split]
    images, labels = smooth_images(n, 32), torch.arange(n) % 10
    return LabelledImages(images=images, labels=labels, class_names=CLASS_NAMES, split=split)


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    monkeypatch.setattr(convnet, "load_cifar10", no_test_set)
    monkeypatch.setattr(results, "results_folder", lambda: tmp_path / "results")


def differences(a, b) -> dict:
    return {k: (v, asdict(b).get(k)) for k, v in asdict(a).items() if asdict(b).get(k) != v}


def test_each_rung_of_the_ladder_changes_what_it_names(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "full")
    rungs = convnet.ladder()
    assert rungs[0].network == CNNConfig() and rungs[0].settings.epochs == 4
    assert len({rung.name for rung in rungs}) == len(rungs) == len(convnet.CHANGES) + 1
    for before, rung in zip(rungs, rungs[1:], strict=False):
        training = differences(rung.settings, before.settings)
        same_kind = type(rung.network) is type(before.network)
        network = differences(rung.network, before.network) if same_kind else {"all": ()}
        assert training or network, rung.name
        if rung.name not in ("mirror", "momentum", "deeper"):
            assert len(training) + len(network) == 1, rung.name
    assert {rung.settings.epochs for rung in rungs} == {4}, "the same budget for all"
    widths = {rung.network.widths for rung in rungs if isinstance(rung.network, ConvNetConfig)}
    assert widths == {convnet.NARROW}


def test_the_top_of_the_ladder_is_the_published_recipe_narrow_and_short(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "full")
    top = next(rung for rung in convnet.ladder() if rung.name == "look_ahead")
    assert top.network == convnet.top()
    assert replace(top.network, widths=(64, 256, 256)) == convnet.network() == ConvNetConfig()
    wide = replace(top.settings, epochs=20, batch_size=1000)
    assert wide == convnet.settings_by_mode(20) == ConvNetSettings()


def test_the_ladder_keeps_each_rung_and_goes_on_where_it_stopped(tmp_path, monkeypatch):
    trained = []

    def train(config, settings, *data, **options):
        trained.append(settings)
        return original(config, settings, *data, **options)

    original = convnet.train_convnet
    monkeypatch.setattr(convnet, "train_convnet", train)
    monkeypatch.setattr(convnet, "CHANGES", convnet.CHANGES[:2])
    run = registry.RUNS["cifar10_ladder"]
    first = run(run_dir=tmp_path, precision="float32")
    assert len(trained) == 3 and first["skipped"] == [] and first["file"] is None
    folder = tmp_path / "cifar10_ladder" / "seed_0"
    files = ["article.json", "batches.json", "deeper.json"]
    assert sorted(p.name for p in folder.iterdir()) == files
    (folder / "batches.json").unlink()
    again = run(run_dir=tmp_path, precision="float32")
    assert len(trained) == 4, "only what was missing"
    views = lambda result: [row["views"] for row in result["metrics"]["rows"]]  # noqa: E731
    assert views(again) == views(first)
    assert [row["name"] for row in again["metrics"]["rows"]] == ["article", "batches", "deeper"]


def test_rungs_that_do_not_fit_into_the_time_are_left_out_and_named(tmp_path, monkeypatch):
    ticks = iter(range(0, 10_000, 10))
    monkeypatch.setattr(convnet.time, "monotonic", lambda: float(next(ticks)))
    monkeypatch.setattr(convnet, "measure_rung", lambda rung, *rest: {
        "name": rung.name, "change": rung.change, "seed": 0, "precision": "float32, channels_first", "steps": 3,
        "seconds": 10.0, "cpu_seconds": 9.0, "weights": 1, "n": 40, "loss": 1.0, "views": dict.fromkeys(convnet.VIEWS, 0.5),
    })  # fmt: skip
    result = registry.RUNS["cifar10_ladder"](
        run_dir=tmp_path, time_budget_s=65, precision="float32"
    )
    done = [row["name"] for row in result["metrics"]["rows"]]
    assert done == ["article", "batches"] and result["stopped_by"] == "clock"
    assert done + result["skipped"] == [rung.name for rung in convnet.ladder()]
    nothing = registry.RUNS["cifar10_ladder"](seed=1, run_dir=tmp_path, time_budget_s=1e-9)
    assert nothing["metrics"]["rows"] == [] and len(nothing["skipped"]) == len(convnet.ladder())
    both = convnet.ladder_summary("ladder", [result, nothing])
    assert list(both["rungs"]) == done, "a seed without time takes nothing from another"


def test_gains_are_differences_at_the_same_seed():
    def seed(number, *shares):
        rows = [
            {"name": name, "change": name, "seed": number, "seconds": 2.0, "cpu_seconds": 1.0, "weights": 5, "n": 40,
             "views": {"plain": share, "mirror": share + 0.01, "mirror and shift": share + 0.02}}
            for name, share in zip("abc", shares, strict=False)
        ]  # fmt: skip
        return {"seeds": [number], "skipped": ["c"][: 3 - len(shares)], "metrics": {"rows": rows}}

    summary = convnet.ladder_summary("ladder", [seed(0, 0.5, 0.6, 0.7), seed(1, 0.6, 0.8)])
    rungs = summary["rungs"]
    assert rungs["a"]["gain"] is None and rungs["a"]["views"]["plain"]["mean"] == pytest.approx(
        0.55
    )
    assert rungs["b"]["cpu_seconds"]["mean"] == 1.0 and rungs["b"]["seconds"]["mean"] == 2.0
    assert rungs["b"]["gain"]["mean"] == pytest.approx(0.15) and rungs["b"]["gain"]["n"] == 2
    assert rungs["c"]["gain"] == {"mean": pytest.approx(0.1), "n": 1} and rungs["c"]["seeds"] == [0]
    assert rungs["b"]["views"]["mirror_and_shift"]["mean"] == pytest.approx(0.72)
    assert summary["skipped"] == [{"seed": 0, "rungs": []}, {"seed": 1, "rungs": ["c"]}]


@pytest.mark.parametrize("name", NAMES)
def test_each_run_is_published_in_smoke_mode(name, tmp_path, monkeypatch):
    from aesthetic_utils.training import weights

    monkeypatch.setattr(weights, "_folder", lambda: tmp_path / "weights")
    run = registry.RUNS[name]
    run = replace(run, seeds=run.seeds[:2])
    written = run.publish(tmp_path / "runs", precision="float32")
    assert written == results.load_result(name) | {"name": name}
    assert written["seeds"] == list(run.seeds) and written["steps"] > 0
    if name == "cifar10_ladder":
        assert not (tmp_path / "weights").exists()
        rungs = written["metrics"]["rungs"]
        assert list(rungs) == [rung.name for rung in convnet.ladder()]
        assert all(rung["views"]["plain"]["n"] == 2 for rung in rungs.values())
        cost = written["metrics"]["cost"]
        assert list(cost) == list(rungs) and all(0 < seconds < 60 for seconds in cost.values())
        return
    model = ConvNet(ConvNetConfig(**weights_info(name)["config"]))
    load_weights(model, name)
    scores = convnet.accuracy(
        model, no_test_set("validation").images, no_test_set("validation").labels
    )
    metrics = written["metrics"]
    assert scores == metrics["shipped"]
    if name == "convnet_cifar10":
        assert metrics["accuracy"]["n"] == 2 and len(metrics["by_seed"]) == 2
        assert metrics["views"].keys() == {"plain", "mirror", "mirror_and_shift"}
    else:
        assert model.first[0].weight.shape == (64, 3, 7, 7)
