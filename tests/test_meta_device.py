"""Faults of devices, found without one: each training loop of the registry on torch's "meta" device.

A tensor there has a shape and no values. What looks at a value, and would make the processor wait for a graphics
card, raises; so does an operation on it and a tensor that was left on the processor.
"""

import pytest
import small_runs
import torch
from torch import Tensor

from aesthetic_utils.published import super_resolution
from aesthetic_utils.published.registry import FAMILIES
from aesthetic_utils.training import (
    classification,
    convnet,
    drawings,
    flow,
    gan,
    resnet,
    srgan,
    style,
    stylegan2,
)
from aesthetic_utils.training.run import Run

MODULES = {
    "cnn": classification,
    "convnet": convnet,
    "resnet": resnet,
    "gan": gan,
    "flow": flow,
    "stylegan2": stylegan2,
    "super_resolution": super_resolution,
    "srgan": srgan,
    "style": style,
    "locality": drawings,
}  # family -> where its loop stands


def test_every_family_of_the_registry_is_here():
    names = {family.__name__.split(".")[-1] for family in FAMILIES}
    assert names - small_runs.NO_LOOP == {*MODULES} == {*small_runs.RUNS}


@pytest.fixture
def on_meta(monkeypatch):
    """on_meta(family): makes its loop run on "meta"; gives the list that is filled with what it logs."""
    logged: list[Tensor] = []

    def log(run: Run, step: int, *, every: int = 50, **values: Tensor) -> None:
        logged.extend(values.values())

    def plain(kind):  # its fused version is for devices with values
        return lambda *a, fused=False, **options: kind(*a, **options)

    def prepare(family: str) -> list[Tensor]:
        module = MODULES[family]
        monkeypatch.setattr(module, "default_device", lambda: torch.device("meta"))
        monkeypatch.setattr(
            module, "fingerprint", lambda *tensors: ""
        )  # looks at values, before the loop
        if hasattr(module, "seed_step"):  # "meta" has no generator
            monkeypatch.setattr(module, "seed_step", lambda *a: None)
        for name in ("Adam", "AdamW"):
            monkeypatch.setattr(torch.optim, name, plain(getattr(torch.optim, name)))
        monkeypatch.setattr(Run, "log", log)
        return logged

    return prepare


@pytest.mark.parametrize("family", MODULES)
def test_a_loop_looks_at_no_value_and_leaves_nothing_on_the_processor(family, on_meta):
    logged = on_meta(family)
    model, run = small_runs.RUNS[family]()
    assert run.step == run.steps >= 3
    assert len(logged) >= run.steps and all(x.is_meta and x.shape == () for x in logged)
    assert all(x.is_meta for net in run.models.values() for x in net.state_dict().values())
    assert all(x.is_meta for x in model.parameters())


def peeks(step, *arguments):
    loss = step(*arguments)
    return loss if loss > 0 else -loss


def keeps_on_the_processor(step, *arguments):
    return (step(*arguments) + torch.ones(2)).sum()


@pytest.mark.parametrize("fault", [peeks, keeps_on_the_processor, lambda step, *a: step(*a).item()])
def test_a_fault_would_be_noticed(fault, on_meta, monkeypatch):
    on_meta("super_resolution")
    fastest = super_resolution.fastest_step

    def faulty(*arguments, **options):
        step = fastest(*arguments, **options)
        return lambda low, high: fault(step, low, high)

    monkeypatch.setattr(super_resolution, "fastest_step", faulty)
    with pytest.raises((RuntimeError, NotImplementedError), match="meta|Meta"):
        small_runs.RUNS["super_resolution"]()
