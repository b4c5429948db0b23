"""The tool that fills a GPU's minutes: how it shares them, what it leaves behind, what it survives."""

import importlib.util
import json
from pathlib import Path

import pytest

from aesthetic_utils.models import SRResNet, SRResNetConfig
from aesthetic_utils.published import super_resolution as sr
from aesthetic_utils.published.registry import RUNS
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.weights import load_weights, weights_info

ROOT = Path(__file__).parents[1]
spec = importlib.util.spec_from_file_location("gpu_runs", ROOT / "tools" / "gpu_runs.py")
gpu_runs = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gpu_runs)
Part = gpu_runs.Part


@pytest.fixture(autouse=True)
def smoke(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")


def test_every_run_of_the_plan_is_one_of_the_published():
    assert [part.name for part in gpu_runs.PLAN if part.name not in RUNS] == []
    assert all(part.share > 0 and part.beside > 0 for part in gpu_runs.PLAN)


def test_time_is_shared_after_what_is_needed_beside_the_steps():
    parts = [Part(name="a", share=0.6, beside=20), Part(name="b", share=0.2, beside=40)]
    assert gpu_runs.seconds_for(parts, 300) == pytest.approx(240 * 0.6 / 0.8)
    assert gpu_runs.seconds_for(parts[1:], 100) == pytest.approx(60), "the last one gets the rest"
    assert gpu_runs.seconds_for(parts, 50) < 0


def test_each_run_leaves_weights_and_record_and_touches_nothing_else(tmp_path, capsys):
    before = {f: f.stat().st_mtime_ns for f in (ROOT / "aesthetic_utils" / "weights").iterdir()}
    out, name = tmp_path / "out", "srresnet_x4_light"
    options = ["--minutes", "5", "--out", str(out), "--run-dir", str(tmp_path / "runs")]
    options += ["--precision", "bfloat16"]
    assert gpu_runs.main([*options, "--only", name, "srresnet_restore"]) == 0
    said = capsys.readouterr().out
    assert f"{name}: 2 steps of 2, test bicubic_psnr_y" in said and "clean srresnet_psnr_y" in said
    names = {f.name for f in out.iterdir()}
    assert names == {
        f"{n}.{e}" for n in (name, "srresnet_restore") for e in ("json", "safetensors")
    }
    record = json.loads((out / f"{name}.json").read_text("utf-8"))
    assert record["weights"]["file"] == f"{name}.safetensors" and record["mode"] == "smoke"
    assert record["precision"] == "bfloat16, channels_last"
    assert record["data"] == {"photographs": 3, "embedded": True}
    config = weights_info(out / f"{name}.safetensors")["config"]
    load_weights(SRResNet(SRResNetConfig(**config)), out / f"{name}.safetensors")
    after = {f: f.stat().st_mtime_ns for f in (ROOT / "aesthetic_utils" / "weights").iterdir()}
    assert after == before


def test_a_run_that_fails_does_not_take_the_others_along(tmp_path, monkeypatch, capsys):
    train = sr.train_sr

    def fails(kind, *rest, **options):
        if kind == "x4 light":
            raise AestheticError("the first line\nand another")
        return train(kind, *rest, **options)

    for name in ("srresnet_x4_light", "srresnet_restore"):
        monkeypatch.setitem(RUNS, name, sr.replace(RUNS[name], train=fails))
    plan = [
        part for part in gpu_runs.PLAN if part.name in ("srresnet_x4_light", "srresnet_restore")
    ]
    said = gpu_runs.run_plan(plan, 5, tmp_path / "out", run_dir=tmp_path / "runs")
    assert said[0].startswith("srresnet_x4_light: failed, AestheticError: the first line (")
    assert said[1].startswith("srresnet_restore: 2 steps of 2, by_damage noise 15 damaged_psnr_y")
    assert (tmp_path / "out" / "srresnet_restore.json").exists()
    assert "Traceback" in capsys.readouterr().err


def test_a_run_without_time_is_left_out_and_said_so(tmp_path):
    said = gpu_runs.run_plan(gpu_runs.PLAN, 0.1, tmp_path / "out", run_dir=tmp_path / "runs")
    assert all(": left out, " in line for line in said) and len(said) == len(gpu_runs.PLAN)
    assert list((tmp_path / "out").iterdir()) == []


def test_names_that_are_not_in_the_plan_are_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        gpu_runs.main(["--minutes", "1", "--out", str(tmp_path), "--only", "srresnet_x3"])
    assert "no run 'srresnet_x3' in the plan; there are srresnet_x4," in capsys.readouterr().err
    with pytest.raises(SystemExit):
        gpu_runs.main(["--minutes", "0", "--out", str(tmp_path)])
