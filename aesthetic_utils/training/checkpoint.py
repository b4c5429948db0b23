"""Stopping a training run and going on with it as if nothing had happened.

A checkpoint is one safetensors file: the tensors of networks, optimisers and random generators,
and beside them, as JSON in the file's metadata, everything that is not a tensor. Reading it runs no
code, unlike a pickle (`torch.save`).
"""

import dataclasses
import enum
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from aesthetic_utils.storage import AestheticError, atomic_path, reason

FORMAT = 1
KEY, CHECKSUM = "aesthetic_utils.checkpoint", "aesthetic_utils.checksum"  # in the metadata
LENGTHS = ("epochs", "steps")  # settings that say how long a run is
IMPLEMENTATION = ("fused", "foreach", "capturable")  # how an optimiser computes, not what


class CheckpointError(AestheticError):
    """A checkpoint that cannot be written or does not fit; says what differs and what to do."""


def save_checkpoint(
    path: str | Path,
    *,
    models: Mapping[str, nn.Module],
    optimizers: Mapping[str, Optimizer] | None = None,
    step: int,
    generators: Mapping[str, torch.Generator] | None = None,
    config: Any = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Write everything that a training run needs to go on, in one file.

    models, optimizers, generators    by names of your choice; `torch.default_generator` is the one
                                      behind torch.rand and dropout on the CPU
    step        steps done so far
    config      dict or dataclass; `load_checkpoint` refuses a file with another one
    extra       numbers, texts, tensors, and lists, tuples and dicts of them, such as the state of
                a scheduler or the losses so far

    The file is replaced in one move: whenever the process dies, there is a whole checkpoint, this
    one or the one before. Raises CheckpointError when it cannot be written; the old file stays.
    """
    tensors: dict[str, Tensor] = {}
    tree = {
        "format": FORMAT,
        "step": step,
        "config": plain_config(config),
        "models": {name: _pack_model(model, name, tensors) for name, model in models.items()},
        "optimizers": {
            name: [type(opt).__name__, _pack(opt.state_dict(), f"optimizers.{name}", tensors)]
            for name, opt in (optimizers or {}).items()
        },
        "generators": {
            name: _pack(generator.get_state(), f"generators.{name}", tensors)
            for name, generator in (generators or {}).items()
        },
        "extra": _pack(dict(extra or {}), "extra", tensors),
    }
    text = json.dumps(tree)
    _write(Path(path), tensors, {KEY: text, CHECKSUM: _checksum(text, tensors)})


def load_checkpoint(
    path: str | Path,
    *,
    models: Mapping[str, nn.Module],
    optimizers: Mapping[str, Optimizer] | None = None,
    generators: Mapping[str, torch.Generator] | None = None,
    config: Any = None,
    extra: dict[str, Any] | None = None,
) -> int:
    """Put what `save_checkpoint` wrote back into the objects given here; return the step.

    `extra`, if given, is a dict that receives what was saved as extra. `config=None` compares no
    configuration. Tensors come to the devices on which models and optimisers are.

    Everything is compared before anything is changed. Raises CheckpointError when the file is
    missing, damaged, a pickle, or of another architecture, optimiser or configuration.
    """
    path = Path(path)
    tree, tensors = _read(path)
    problems = [
        *_config_problems(tree["config"], config),
        *_name_problems("models", tree, models),
        *_name_problems("optimizers", tree, optimizers or {}),
        *_name_problems("generators", tree, generators or {}),
    ]
    if not problems:
        states = {name: plain_names(_unpack(tree["models"][name], tensors)) for name in models}
        problems += [p for name in models for p in _model_problems(name, states, models)]
    saved = {name: tree["optimizers"][name] for name in optimizers or {}} if not problems else {}
    for name, (kind, packed) in saved.items():
        saved[name] = _unpack(packed, tensors)
        problems += _optimizer_problems(name, kind, saved[name], optimizers[name])
    if problems:
        raise CheckpointError(_does_not_fit(path, problems))
    for name, model in models.items():
        own = model.state_dict()
        model.load_state_dict(
            dict(zip(own, (states[name][k] for k in plain_names(own)), strict=True))
        )
    for name, optimizer in (optimizers or {}).items():
        optimizer.load_state_dict(_laid_out(saved[name], optimizer))
    for name, generator in (generators or {}).items():
        generator.set_state(_unpack(tree["generators"][name], tensors))
    if extra is not None:
        extra.update(_unpack(tree["extra"], tensors))
    return tree["step"]


def checkpoint_config(path: str | Path) -> Any:
    """The configuration that a checkpoint was saved with, as JSON gives it back; None if with none.

    Raises CheckpointError as `load_checkpoint` does for a file that is missing, damaged or a pickle.
    """
    return _read(Path(path))[0]["config"]


def fingerprint(*tensors: Tensor, rows: int = 64) -> str:
    """A short hash by which a run knows its data again: kinds, shapes, and up to so many rows of each."""
    total = hashlib.sha256()
    for tensor in tensors:
        x = tensor.detach().reshape(tensor.shape or (1,))
        chosen = torch.linspace(0, len(x) - 1, min(len(x), rows)).long()
        chosen = chosen.clamp_max(len(x) - 1)  # float32 does not hold every number above 16 million
        x = x[chosen.to(x.device)].cpu().contiguous()
        total.update(_kind(tensor).encode())
        total.update(x.view(-1).view(torch.uint8).numpy())
    return total.hexdigest()[:16]


# --------------------------------------------------------------------------------------------------
# trees of values as JSON and tensors


def _pack(value: Any, place: str, tensors: dict[str, Tensor]) -> Any:
    """What JSON can hold; tensors go to `tensors` under their place, and leave a reference.

    JSON has neither tuples nor numbers as keys, and both occur in optimisers: they are marked.
    """
    if isinstance(value, Tensor):
        while place in tensors:  # {"a": {"b": ...}, "a.b": ...}
            place += "'"
        tensors[place] = value.detach().cpu().contiguous().clone()
        return {"tensor": place}
    if isinstance(value, Mapping):
        items = [[key, _pack(item, f"{place}.{key}", tensors)] for key, item in value.items()]
        return {"dict": items}
    if isinstance(value, list | tuple):
        items = [_pack(item, f"{place}.{i}", tensors) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise CheckpointError(
        f"{place} is of the type {type(value).__name__}; a checkpoint holds numbers, texts, "
        "tensors, and lists, tuples and dicts of them"
    )


def _unpack(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        return tensors[value["tensor"]]
    if "tuple" in value:
        return tuple(_unpack(item, tensors) for item in value["tuple"])
    return {key: _unpack(item, tensors) for key, item in value["dict"]}


def _pack_model(model: nn.Module, name: str, tensors: dict[str, Tensor]) -> Any:
    return _pack(plain_names(model.state_dict()), f"models.{name}", tensors)


def plain_names(state: Mapping[str, Any]) -> dict[str, Any]:
    """A model's tensors under the names that they have without a wrapper, in the same order.

    `DataParallel` and its kin put "module." before all names, `torch.compile` "_orig_mod." before those of
    what it compiled. What is saved must not depend on how the model was run.
    """
    names = [name.replace("_orig_mod.", "") for name in state]
    while names and all(name.startswith("module.") for name in names):
        names = [name.removeprefix("module.") for name in names]
    return dict(zip(names, state.values(), strict=True))


def plain_config(config: Any) -> Any:
    """A configuration as it looks after a trip through JSON, so that two can be compared."""
    if config is None:
        return None
    if dataclasses.is_dataclass(config):
        config = dataclasses.asdict(config)
    return json.loads(json.dumps(config, default=_plain_value, sort_keys=True))


def _plain_value(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return dataclasses.asdict(value)
    return value.value if isinstance(value, enum.Enum) else str(value)


# --------------------------------------------------------------------------------------------------
# files


def _write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    from safetensors.torch import save

    try:
        with atomic_path(path) as part:
            part.write_bytes(save(tensors, metadata))
    except OSError as error:
        kept = "the one that was there is untouched" if path.exists() else "nothing was written"
        raise CheckpointError(
            f"the checkpoint {path} cannot be saved: {reason(error)} ({kept})"
        ) from error


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    tensors, metadata = read_safetensors(path, CheckpointError)
    if KEY not in metadata:
        raise CheckpointError(
            f"{path} holds tensors but is no checkpoint of this package; for weights alone use "
            "load_weights"
        )
    if metadata.get(CHECKSUM) != _checksum(metadata[KEY], tensors):
        raise CheckpointError(_corrupted(path, "its content does not match its checksum"))
    tree = json.loads(metadata[KEY])
    if tree.get("format") != FORMAT:
        raise CheckpointError(
            f"{path} was written by another version of this package (format "
            f"{tree.get('format')}, here {FORMAT}); begin again, or install that version"
        )
    return tree, tensors


def read_safetensors(
    path: Path, error_type: type[AestheticError]
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the metadata of a safetensors file.

    Raises `error_type` when there is no such file, or it is a pickle or damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with path.open("rb") as file:
            start = file.read(16)
        if start.startswith((b"PK\x03\x04", b"\x80")) and start[8:9] != b"{":
            # a brace after the 8 bytes of a length, any length, is how safetensors begins
            raise error_type(
                f"{path} is a pickle (torch.save): loading one can run any code, so it is refused. "
                "Load only safetensors; whoever made the file can save it as such"
            )
        with safe_open(path, framework="pt") as file:
            # cloned, or they would hold on to the file, which the next save replaces
            tensors = {key: file.get_tensor(key).clone() for key in file.keys()}
            return tensors, file.metadata() or {}
    except SafetensorError as error:
        raise error_type(_corrupted(path, str(error))) from error
    except OSError as error:
        raise error_type(f"{path} cannot be read: {reason(error)}") from error


def _checksum(text: str, tensors: Mapping[str, Tensor]) -> str:
    total = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        total.update(name.encode())
        total.update(tensors[name].contiguous().view(-1).view(torch.uint8).numpy())
    return total.hexdigest()


def _corrupted(path: Path, why: str) -> str:
    return f"{path} is damaged ({why}); delete it and begin again, or take an older copy"


# --------------------------------------------------------------------------------------------------
# what does not fit


def _does_not_fit(path: Path, problems: list[str]) -> str:
    shown = "; ".join(problems[:3])
    more = f"; and {len(problems) - 3} more differences" if len(problems) > 3 else ""
    longer = any(f"{word} is" in problem for problem in problems for word in LENGTHS)
    why = (
        " A run cannot be lengthened: on its way to the planned end the learning rate has come down. For "
        "more of the same, train anew for longer, or from its weights."
    ) * (longer and len(problems) == 1)
    return (
        f"{path} was saved by another run: {shown}{more}.{why} Continue with the settings it was saved "
        "with, or choose another place (--run-dir) or delete this file to begin again"
    )


def _config_problems(saved: Any, config: Any, place: str = "") -> list[str]:
    if not place:
        if saved is None or config is None:
            return []
        config = plain_config(config)
    if isinstance(saved, dict) and isinstance(config, dict):
        names = sorted({*saved, *config})
        absent = "absent"
        pairs = [(saved.get(n, absent), config.get(n, absent), f"{place}.{n}") for n in names]
        return [problem for pair in pairs for problem in _config_problems(*pair)]
    if saved == config:
        return []
    return [f"setting {place.removeprefix('.') or 'config'} is {saved!r} there and {config!r} here"]


def _name_problems(kind: str, tree: dict[str, Any], given: Mapping[str, Any]) -> list[str]:
    there, here = ", ".join(sorted(tree[kind])) or "none", ", ".join(sorted(given)) or "none"
    return [] if there == here else [f"its {kind} are {there}, and here they are {here}"]


def _model_problems(name: str, states: Mapping[str, dict], models: Mapping[str, nn.Module]):
    saved, present = states[name], plain_names(models[name].state_dict())
    problems = [f"{name}.{key} is only there" for key in saved if key not in present]
    problems += [f"{name}.{key} is only here" for key in present if key not in saved]
    for key in saved.keys() & present.keys():
        there, here = _kind(saved[key]), _kind(present[key])
        if there != here:
            problems.append(f"{name}.{key} is {there} there and {here} here")
    return sorted(problems)


def _kind(x: Tensor) -> str:
    return f"{str(x.dtype).removeprefix('torch.')} {list(x.shape)}"


def _optimizer_problems(name: str, kind: str, saved: dict, optimizer: Optimizer) -> list[str]:
    if kind != type(optimizer).__name__:
        return [f"optimiser {name} is {kind} there and {type(optimizer).__name__} here"]
    there = [len(group["params"]) for group in saved["param_groups"]]
    here = [len(group["params"]) for group in optimizer.param_groups]
    if there != here:
        return [f"optimiser {name} has groups of {there} tensors there and of {here} here"]
    return []


def _laid_out(saved: dict[str, Any], optimizer: Optimizer) -> dict[str, Any]:
    """The saved state in the memory layout of the parameters it belongs to.

    The file holds every tensor in [N, C, H, W] order; a fused Adam runs over the memory of a
    channels_last parameter and its averages side by side, and would pair the wrong numbers.
    How an optimiser computes (fused or not) stays as it is here.
    """
    params = [p for group in optimizer.param_groups for p in group["params"]]
    state = {
        index: {key: _like(value, params[index]) for key, value in values.items()}
        for index, values in saved["state"].items()
    }
    groups = []
    for there, here in zip(saved["param_groups"], optimizer.param_groups, strict=True):
        groups.append(there | {key: here[key] for key in IMPLEMENTATION if key in here})
    return {"state": state, "param_groups": groups}


def _like(value: Any, parameter: Tensor) -> Any:
    if not isinstance(value, Tensor) or value.shape != parameter.shape:
        return value
    return torch.empty_like(parameter, dtype=value.dtype, device="cpu").copy_(value)
