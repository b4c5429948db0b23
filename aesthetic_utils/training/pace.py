"""How many steps of a training fit into a time, measured before it begins."""

import time
from collections.abc import Callable
from pathlib import Path

import torch

from aesthetic_utils.training.checkpoint import checkpoint_config
from aesthetic_utils.training.devices import current_team

SPARE = 0.06  # of the time, for validation, checkpoints and a slower spell


def steps_that_fit(
    step: Callable[[], object],
    minutes: float,
    *,
    at_most: int,
    path: Path | None = None,
    warm_up: int = 3,
    seconds: float = 4.0,
) -> int:
    """Steps for a schedule that ends with the time: at most `at_most`, at least 1.

    step: makes one step of training, on copies that may be thrown away; it is called for so many `seconds`
    path: of the run's checkpoint; where it exists, the steps that it was begun with are the answer, so that
        the run goes on with its schedule
    """
    if path is not None and path.exists():
        begun = checkpoint_config(path) or {}
        return int(begun.get("steps", at_most))
    for _ in range(warm_up):
        step()
    _wait()
    team, start, done = current_team(), time.perf_counter(), 0
    while done < at_most and team.agreed(time.perf_counter() - start) < seconds:
        step()
        done += 1
        if done % 16 == 0:  # kernels are started ahead of the clock
            _wait()
    _wait()
    spent = team.agreed(time.perf_counter() - start)
    fit = 60 * minutes * (1 - SPARE) / (spent / done)
    return max(1, min(at_most, int(fit)))


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
