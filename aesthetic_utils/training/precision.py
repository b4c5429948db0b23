"""The number format of a run: named by whoever starts it, or that of its checkpoint, or the fastest."""

from collections.abc import Callable
from pathlib import Path

import torch

from aesthetic_utils.runtime import Precision
from aesthetic_utils.storage import AestheticError
from aesthetic_utils.training.checkpoint import CheckpointError, checkpoint_config
from aesthetic_utils.training.devices import current_team

AUTO = "auto"
PRECISIONS = {
    "float32": Precision(),
    "float32-channels-last": Precision(channels_last=True),
    "bfloat16": Precision(dtype=torch.bfloat16, channels_last=True),
    "float16": Precision(dtype=torch.float16, channels_last=True),
}  # what --precision may name
NAMES = (AUTO, *PRECISIONS)


def run_precision(name: str, path: Path, choose: Callable[[], Precision]) -> Precision:
    """The format in which a run with its checkpoint at `path` computes.

    name: a key of PRECISIONS, or "auto": the checkpoint's, and what `choose` finds for a new run.

    Raises AestheticError for another name, CheckpointError if the checkpoint was begun in another format.
    """
    if name not in NAMES:
        raise AestheticError(f"no number format {name!r}; there are {', '.join(NAMES)}")
    begun = (checkpoint_config(path) or {}).get("precision") if path.exists() else None
    if begun is None:
        return current_team().agreed(choose()) if name == AUTO else PRECISIONS[name]
    there = stated(begun)
    if name not in (AUTO, _name_of(there)):
        raise CheckpointError(
            f"{path} was begun in the format {_name_of(there)} and cannot go on in {name}; "
            f"leave --precision out, or begin again elsewhere (--run-dir)"
        )
    return there


def stated(text: str) -> Precision:
    """The format that a checkpoint or a result states, such as "float32, channels_first"."""
    for precision in PRECISIONS.values():
        if str(precision) == text:
            return precision
    raise AestheticError(f"no number format is stated as {text!r}; begin the run again")


def _name_of(precision: Precision) -> str:
    return next(name for name, value in PRECISIONS.items() if value == precision)
