"""Trained weights: half-precision safetensors files, some of which come with the package.

A file in `aesthetic_utils/weights/` is called by its bare name. Which run made it, with which
settings and to what effect, stands in the results file that its metadata names.
"""

import importlib.resources
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from aesthetic_utils.storage import AestheticError, atomic_path, file_digest, reason
from aesthetic_utils.training.checkpoint import plain_config, plain_names, read_safetensors

ENDING = ".safetensors"
KEY = "aesthetic_utils.weights"  # of the metadata
STATISTICS = ("running_mean", "running_var")  # of batch norm: a variance may leave fp16's range


class WeightsError(AestheticError):
    """Weights that cannot be written, found or fitted; says why and what to do."""


def save_weights(
    model: nn.Module,
    name_or_path: str | Path,
    *,
    config: Any,
    metadata: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write a model's tensors in half precision; give {"file", "sha256", "bytes"} for the results.

    name_or_path    a bare name for the package's own folder, or a path to a .safetensors file
    config          the dict or dataclass the model was built from
    metadata        anything JSON can hold that belongs to the file; "results" names, relative to
                    the repository, the results file of the run

    Names are those of the model without a wrapper such as `DataParallel` or `torch.compile`.
    Batch norm's statistics stay float32, and so does any tensor that does not fit into float16.
    The file appears whole or not at all. Raises WeightsError when it cannot be written.
    """
    from safetensors.torch import save

    path = weights_path(name_or_path)
    tensors = {key: _to_store(key, value) for key, value in plain_names(model.state_dict()).items()}
    about = {"config": plain_config(config), **(metadata or {})}
    try:
        with atomic_path(path) as part:
            part.write_bytes(save(tensors, {KEY: json.dumps(about)}))
    except OSError as error:
        raise WeightsError(f"the weights {path} cannot be saved: {reason(error)}") from error
    return _identity(path)


def load_weights(model: nn.Module, name_or_path: str | Path, *, strict: bool = True) -> nn.Module:
    """Fill a model with saved weights, in the model's own number format, and give it back.

    name_or_path    a bare name for weights that come with the package (`available_weights` lists
                    them), or a path to a .safetensors file
    strict          False fills what has the same name and shape and leaves the rest as it is

    Raises WeightsError, and leaves the model as it was, when the name is unknown, the file is
    missing, damaged or a pickle, the architecture is another (if strict), or nothing in the file fits.
    """
    path = _existing(name_or_path)
    saved, _ = read_safetensors(path, WeightsError)
    saved, present = plain_names(saved), plain_names(model.state_dict())
    fitting = [k for k in saved if k in present and present[k].shape == saved[k].shape]
    problems = _problems(saved, present)
    if problems and (strict or not fitting):
        raise WeightsError(_does_not_fit(path, problems, len(fitting)))
    for key in fitting:
        present[key].copy_(saved[key])  # state_dict gives the model's own tensors
    return model


def weights_info(name_or_path: str | Path) -> dict[str, Any]:
    """What a weights file says of itself, and which file it is.

    Keys: "config", "results" (None if unknown), whatever else was saved as metadata, "file",
    "sha256" and "bytes". Raises WeightsError as `load_weights` does.
    """
    path = _existing(name_or_path)
    _, metadata = read_safetensors(path, WeightsError)
    return {"results": None, **json.loads(metadata.get(KEY, "{}")), **_identity(path)}


def available_weights() -> list[str]:
    """The names of the weights that come with the package."""
    return sorted(path.stem for path in _folder().glob(f"*{ENDING}"))


def weights_path(name_or_path: str | Path) -> Path:
    """Where the weights of that name or path lie; a bare name means the package's own folder."""
    path = Path(name_or_path)
    if path.suffix == "" and path.name == str(name_or_path):
        return _folder() / f"{path.name}{ENDING}"
    return path


def _folder() -> Path:
    return Path(str(importlib.resources.files("aesthetic_utils"))) / "weights"


def _existing(name_or_path: str | Path) -> Path:
    path = weights_path(name_or_path)
    if path.is_file():
        return path
    if path.parent == _folder():
        known = ", ".join(available_weights()) or "none"
        raise WeightsError(
            f"no weights are called {path.stem!r}; the package has: {known}. For a file of your "
            f"own give its path, with the ending {ENDING}"
        )
    raise WeightsError(f"{path} is not there; check the path")


def _identity(path: Path) -> dict[str, Any]:
    return {"file": path.name, "sha256": file_digest(path), "bytes": path.stat().st_size}


def _to_store(key: str, value: Tensor) -> Tensor:
    value = value.detach().cpu().contiguous().clone()
    if not value.is_floating_point() or key.rsplit(".", 1)[-1] in STATISTICS:
        return value
    half = value.half()
    return half if half.isfinite().all() else value.float()


def _problems(saved: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> list[str]:
    problems = [f"{key} is missing in the file" for key in present if key not in saved]
    problems += [f"{key} is unknown to the model" for key in saved if key not in present]
    for key in present.keys() & saved.keys():
        there, here = list(saved[key].shape), list(present[key].shape)
        if there != here:
            problems.append(f"{key} is {there} in the file and {here} in the model")
    return sorted(problems)


def _does_not_fit(path: Path, problems: list[str], fitting: int) -> str:
    shown = "; ".join(problems[:3])
    more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
    lenient = f", or use strict=False to take the {fitting} tensors that fit" if fitting else ""
    return (
        f"the weights {path} are of another architecture: {shown}{more}. Build the model with the "
        f"settings in weights_info(...)['config']{lenient or '; no tensor of the file fits this one'}"
    )
