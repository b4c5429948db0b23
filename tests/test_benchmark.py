"""The parts of tools/benchmark.py that are not tried with the tool itself (test_tools.py)."""

import torch
from torch import nn

from aesthetic_utils.runtime import Precision
from aesthetic_utils.training import classification
from tools import benchmark


def family() -> benchmark.Family:
    """A network of one layer."""
    return benchmark.Family(
        name="toy",
        module=classification,
        images=2,
        probe=lambda: (nn.Conv2d(3, 4, 3), torch.rand(2, 3, 8, 8)),
        train=lambda precision: None,
    )


def test_the_chosen_format_is_timed_against_plain_float32(monkeypatch):
    halves = Precision(dtype=torch.bfloat16)
    monkeypatch.setattr(benchmark.runtime, "choose_precision", lambda *a: halves)
    ticks = iter([0.0, 3.0, 0.0, 2.0] * 3)  # the clock before and after each: 3 seconds, then 2
    monkeypatch.setattr(benchmark, "clock", lambda: next(ticks))
    assert benchmark.speed_of_choice(family(), rounds=2) == (halves, 1.5)
    monkeypatch.setattr(benchmark.runtime, "choose_precision", lambda *a: Precision())
    assert benchmark.speed_of_choice(family(), rounds=2) == (Precision(), 1.0)


def test_what_is_slower_than_plain_float32_is_marked_and_avx2_is_tried(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(benchmark, "families", lambda: [family()])
    monkeypatch.setattr(benchmark, "speed_of_choice", lambda f, rounds: (Precision(), 0.9))
    monkeypatch.setattr(benchmark.subprocess, "run", lambda c, env, check: asked.append((c, env)))
    monkeypatch.delenv("ATEN_CPU_CAPABILITY", raising=False)
    benchmark.measure_precision_twice()
    assert "toy         0.90   float32, channels_first  BELOW 0.97" in capsys.readouterr().out
    [(command, env)] = asked
    assert command[1:] == ["-m", "tools.benchmark", "--only", "precision"]
    assert env["ATEN_CPU_CAPABILITY"] == "avx2" and env["ONEDNN_MAX_CPU_ISA"] == "AVX2"
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "avx2")
    benchmark.measure_precision_twice()
    assert len(asked) == 1, "the second process starts no third"
