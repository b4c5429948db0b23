"""Modes, seeds, number formats."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from aesthetic_utils import runtime
from aesthetic_utils.runtime import Precision, choose_precision


def test_mode_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "smoke")
    assert runtime.run_mode() == "smoke"
    assert runtime.by_mode(smoke=1, laptop=2, full=3) == 1


def test_unknown_mode_is_named_with_those_there_are(monkeypatch):
    monkeypatch.setenv("AESTHETIC_MODE", "fast")
    with pytest.raises(ValueError, match="'fast'.*smoke, laptop, full"):
        runtime.run_mode()


def test_step_generator_depends_on_seed_and_step_alone():
    draws = [
        torch.rand(3, generator=runtime.step_generator(*key))
        for key in [(0, 5), (0, 5), (0, 6), (1, 5)]
    ]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert not torch.equal(draws[0], draws[3])


def test_every_seed_and_step_has_a_generator_of_its_own():
    """Steps from -60, since epochs draw their order from negative ones."""
    keys = [(seed, step) for seed in range(12) for step in range(-60, 120)]
    first = {
        torch.randint(2**62, (), generator=runtime.step_generator(*key)).item() for key in keys
    }
    assert len(first) == len(keys)


class Slow(nn.Conv2d):
    """A convolution that is much slower in whatever is not plain float32 and channels first."""

    def __init__(self, slow_everywhere_else: bool):
        super().__init__(3, 8, 3)
        self.slow_everywhere_else = slow_everywhere_else

    def forward(self, x):
        import time

        plain = not torch.is_autocast_enabled("cpu") and x.is_contiguous()
        time.sleep(0.02 if plain != self.slow_everywhere_else else 0.0)
        return super().forward(x)


@pytest.mark.parametrize("other_is_slow", [True, False])
def test_precision_is_chosen_by_the_clock(other_is_slow):
    model = Slow(other_is_slow)
    chosen = choose_precision(model, torch.rand(2, 3, 32, 32), rounds=3)
    # `Slow(True)` sleeps unless plain; so plain float32 must win, and must lose otherwise
    assert (chosen == Precision()) == other_is_slow
    forward = choose_precision(model, torch.rand(2, 3, 32, 32), rounds=3, training=False)
    assert (forward == Precision()) == other_is_slow
    assert all(p.grad is None for p in model.parameters()), "the model itself must stay as it was"


def test_importing_the_package_costs_little_more_than_torch():
    """At most a tenth on top of torch (a ratio of counted modules, since clocks are noisy)."""
    code = (
        "import sys, torch; n = len(sys.modules); import aesthetic_utils, aesthetic_utils.models, "
        "aesthetic_utils.losses; print(n, len(sys.modules), 'torchvision' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after, torchvision = out.stdout.split()
    assert int(after) <= 1.1 * int(before)
    assert torchvision == "False"


def test_describe_run_names_what_a_result_needs():
    description = runtime.describe_run()
    assert {"date", "mode", "hardware", "versions"} <= set(description)
    assert torch.__version__.startswith(description["versions"]["torch"])
