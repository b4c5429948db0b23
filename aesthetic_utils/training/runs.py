"""The published runs: what was trained, how it was measured, and where the results are kept.

    aesthetic train cnn_emoji_designer --seed 0 --minutes 10

A result is a JSON file in results/ (settings, seeds, hardware, versions, date, metrics, the course of the
losses, the hash of the weights) beside the weights in aesthetic_utils/weights/.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from importlib import resources
from pathlib import Path

import torch
from torch import Tensor

from aesthetic_utils import runtime
from aesthetic_utils.data.benchmarks import load_set5
from aesthetic_utils.data.cifar10 import load_cifar10
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.data.photos import load_photos
from aesthetic_utils.metrics import confusion_matrix, mean_and_interval
from aesthetic_utils.models import ArticleCNN, CNNConfig, DCGANConfig, Generator, SRResNet
from aesthetic_utils.storage import AestheticError, write_json
from aesthetic_utils.training import sr_experiments as sr
from aesthetic_utils.training import srgan
from aesthetic_utils.training.classification import (
    ClassifierSettings,
    evaluate_classifier,
    predict,
    train_classifier,
)
from aesthetic_utils.training.gan import BROKEN, broken, train_gan
from aesthetic_utils.training.gan_experiments import (
    gan_metrics,
    gan_settings,
    join_rows,
    keep_rows,
)
from aesthetic_utils.training.run import Run
from aesthetic_utils.training.weights import (
    available_weights,
    save_weights,
    weights_info,
)

ROOT = Path(__file__).parents[2]  # of the repository, when the package is installed with -e
SEEDS = (0, 1, 2)


class MissingResultError(AestheticError, FileNotFoundError):
    """A results file that is not there."""


def load_result(name: str) -> dict:
    """The result of a published run: its file in results/, or the copy that came with the package.

    The copy is for an installed package without the repository around it, such as in Colab: a file, or
    what the weights file of a network says of it. Raises MissingResultError, which lists those there are.
    """
    packaged = resources.files("aesthetic_utils.data") / "files" / "results"
    for path in (ROOT / "results" / f"{name}.json", packaged / f"{name}.json"):
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
    if name in available_weights() and "result" in (info := weights_info(name)):
        return info["result"]
    raise MissingResultError(f"no result {name!r}; there are: {', '.join(available_weights())}")


def publish(name: str, model: torch.nn.Module, result: dict) -> dict:
    """Writes weights and results file of a run into the repository; returns the result as written."""
    result = {"name": name} | runtime.describe_run() | result
    metadata = {"results": f"results/{name}.json", "result": result}
    info = save_weights(model, name, config=model.config, metadata=metadata)
    result = result | {"weights": info}
    write_json(ROOT / "results" / f"{name}.json", result)
    return result


def thinned(history: list[dict], points: int = 200) -> list[dict]:
    """At most about `points` rows of a history, rounded, for the results file."""
    chosen = history[:: max(1, len(history) // points)]
    return [{k: round(v, 4) for k, v in row.items()} for row in chosen]


def checkpoint_path(run_dir: Path, name: str) -> Path:
    """Where a run keeps its checkpoint; the folder is made."""
    folder = Path(run_dir) / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "checkpoint.safetensors"


def record(settings, precision: runtime.Precision, seed: int, run: Run, metrics: dict) -> dict:
    """What the results file says of a run of one seed."""
    return {
        "settings": asdict(settings), "precision": str(precision), "seeds": [seed], "steps": run.step,
        "minutes": round(run.elapsed / 60, 2), "metrics": metrics, "history": thinned(run.history),
    }  # fmt: skip


# --------------------------------------------------------------------------------------------------
# classifiers


def cnn_settings(cifar: bool = False) -> ClassifierSettings:
    """Sizes by run mode."""
    epochs = runtime.by_mode(smoke=1, laptop=4, full=20 if cifar else 12)
    return ClassifierSettings(epochs=epochs, shift=4 if cifar else 3)


def cnn_data(name: str) -> tuple[Tensor, Tensor, Tensor, Tensor, tuple[str, ...]]:
    """Training images and labels, held-out images and labels, and the names of the classes."""
    if name == "cnn_cifar10":
        train, held_out = load_cifar10(split="train"), load_cifar10(split="validation")
        return train.images, train.labels, held_out.images, held_out.labels, train.class_names
    label = name.removeprefix("cnn_emoji_")
    train, test = load_emoji("train"), load_emoji("test")
    names = getattr(train, f"{label}_names")
    return train.images, getattr(train, label), test.images, getattr(test, label), names


def run_cnn(
    name: str, seed: int, run_dir: Path, minutes: float | None = None
) -> tuple[ArticleCNN, dict]:
    """One seed of one classifier: the network, and what it scores on the held-out images."""
    images, labels, held_out, expected, names = cnn_data(name)
    settings = cnn_settings(cifar=name == "cnn_cifar10")
    device = runtime.default_device()
    example = images[: settings.batch_size].to(device).float() / 255
    probe = ArticleCNN(CNNConfig(classes=len(names))).to(device)
    precision = runtime.choose_precision(probe, example)
    path = checkpoint_path(run_dir, f"{name}_{seed}")
    model, run = train_classifier(
        settings, images, labels, len(names), seed=seed, precision=precision, path=path, minutes=minutes
    )  # fmt: skip
    scores = evaluate_classifier(model, held_out, expected)
    predicted = predict(model, held_out).argmax(1)
    result = {
        "settings": asdict(settings), "precision": str(precision), "steps": run.step,
        "minutes": round(run.elapsed / 60, 2), "scores": scores, "history": thinned(run.history),
        "confusion": confusion_matrix(predicted, expected, len(names)).tolist(),
    }  # fmt: skip
    return model, result


def linear_baseline(
    images: Tensor, labels: Tensor, held_out: Tensor, expected: Tensor, classes: int
) -> float:
    """Accuracy of a linear classifier on the pixels (ridge regression on one-hot targets)."""
    x, y = (i.flatten(1).double() / 255 for i in (images, held_out))
    mean = x.mean(0)
    x, y = x - mean, y - mean
    targets = torch.nn.functional.one_hot(labels, classes).double()
    ridge = 0.1 * len(x) * torch.eye(x.shape[1], dtype=torch.double)
    weights = torch.linalg.solve(x.T @ x + ridge, x.T @ (targets - targets.mean(0)))
    scores = y @ weights + targets.mean(0)
    return (scores.argmax(1) == expected).double().mean().item()


def publish_cnn(name: str, run_dir: Path, seeds: tuple[int, ...] = SEEDS) -> dict:
    """Trains every seed (or resumes), publishes the first network and the scores of all."""
    images, labels, held_out, expected, names = cnn_data(name)
    models, results = zip(*(run_cnn(name, seed, run_dir) for seed in seeds), strict=True)
    first = results[0]
    metrics = {
        "accuracy": mean_and_interval([r["scores"]["accuracy"] for r in results]),
        "by_seed": [{"seed": s} | r["scores"] for s, r in zip(seeds, results, strict=True)],
        "majority": (expected == labels.mode().values).double().mean().item(),
        "linear": linear_baseline(images, labels, held_out, expected, len(names)),
        "confusion": first["confusion"],
        "classes": list(names),
    }
    kept = {k: first[k] for k in ("settings", "precision", "steps", "minutes", "history")}
    return publish(name, models[0], kept | {"seeds": list(seeds), "metrics": metrics})


def publish_one(name: str, run_dir: Path, seed: int = 0, minutes: float | None = None) -> dict:
    """Trains (or resumes) a GAN or super-resolution run and publishes it."""
    functions = {"gan": run_gan, "srgan": run_srgan, "srresnet": run_sr}
    model, result = functions[name.split("_")[0]](name, seed, Path(run_dir), minutes)
    if name == "gan_emoji":
        rows = Path(run_dir) / name
        steps = join_rows(rows, ROOT / "results" / "gan_emoji_sheets.webp")
        result["metrics"]["sheet_steps"] = steps
    if name == "srresnet_x4":
        result["metrics"]["short_runs"] = kept_short_runs(Path(run_dir) / name, seed)
    return publish(name, model, result)


# --------------------------------------------------------------------------------------------------
# GAN


def run_gan(
    name: str, seed: int, run_dir: Path, minutes: float | None = None
) -> tuple[Generator, dict]:
    """`gan_emoji`, or one of the runs broken on purpose such as `gan_mode_collapse`."""
    settings = gan_settings()
    kind = name.removeprefix("gan_").replace("_", " ")
    if kind in BROKEN:
        settings = broken(kind, settings)
    device = runtime.default_device()
    images = load_emoji("train").images
    probe = Generator(DCGANConfig(base_channels=settings.base_channels)).to(device)
    precision = runtime.choose_precision(
        probe, torch.randn(settings.batch_size, 100, device=device)
    )
    path = checkpoint_path(run_dir, name)
    average, _, run = train_gan(
        settings, images, seed=seed, precision=precision, path=path, minutes=minutes,
        watch=keep_rows(path.parent),
    )  # fmt: skip
    result = record(settings, precision, seed, run, gan_metrics(average))
    return average, result


# --------------------------------------------------------------------------------------------------
# super-resolution


def run_sr(name: str, seed: int, run_dir: Path, minutes: float | None = None):
    """`srresnet_x4` or `srresnet_restore`: the averaged network, and its tables on held-out photographs."""
    settings = sr.settings_by_mode(1 if name == "srresnet_restore" else 4)
    low, high = sr.training_tiles(settings.scale)
    precision = sr.fastest_precision(settings, low)
    path = checkpoint_path(run_dir, name)
    model, run = sr.train_super_resolution(
        settings, low, high, seed=seed, precision=precision, path=path, minutes=minutes
    )
    result = record(settings, precision, seed, run, sr_metrics(model))
    return model, result


def run_srgan(
    name: str, seed: int, run_dir: Path, minutes: float | None = None
) -> tuple[SRResNet, dict]:
    """The published SRResNet, trained on against a discriminator, and both on the plane."""
    settings, start = srgan.settings_by_mode(), srgan.load_start()
    low, high = sr.training_tiles(start.config.scale)
    precision = sr.fastest_precision(sr.settings_by_mode(start.config.scale), low)
    path = checkpoint_path(run_dir, name)
    model, run = srgan.train_srgan(
        settings, start, low, high, seed=seed, precision=precision, path=path, minutes=minutes
    )
    metrics = srgan.srgan_metrics(start, model)
    return model, record(settings, precision, seed, run, metrics) | {
        "start": weights_info(srgan.START)["sha256"]
    }


def kept_short_runs(folder: Path, seed: int) -> list[dict]:
    """The comparison of `sr.short_runs`, trained once and then kept beside the checkpoint."""
    file = folder / "short_runs.json"
    if not file.exists():
        write_json(file, sr.short_runs(seed))
    return json.loads(file.read_text(encoding="utf-8"))


def sr_metrics(model) -> dict:
    """Tables on the test photographs, and on Set5 where its five images are at hand."""
    few = runtime.by_mode(smoke=1, laptop=4, full=None)
    photos = {p.name: p.image for p in load_photos("test", 384)[:few]}
    if model.config.scale == 1:
        rows = sr.restoration_table(model, photos)
        kinds = {k: sr.means(rows, lambda r, k=k: r["damage"] == k) for k in sr.DAMAGES}
        return {"by_damage": kinds, "images": rows}
    rows = sr.super_resolution_table(model, photos)
    metrics = {"test": sr.means(rows), "test_images": rows}
    try:
        set5 = sr.super_resolution_table(model, dict(load_set5()))
    except MissingDataError:
        return metrics
    return metrics | {"set5": sr.means(set5), "set5_images": set5}


# --------------------------------------------------------------------------------------------------


def _runner(function: Callable, name: str) -> Callable[..., dict]:
    def train(
        seed: int = 0, run_dir: str | Path = "runs", time_budget_s: float | None = None
    ) -> dict:
        runtime.keep_freed_memory()
        minutes = time_budget_s / 60 if time_budget_s else None
        model, result = function(name, seed, Path(run_dir), minutes)
        file = Path(run_dir) / name / f"seed_{seed}.safetensors"
        file.parent.mkdir(parents=True, exist_ok=True)
        save_weights(model, file, config=model.config)
        return {"name": name, "file": str(file)} | result

    return train


RUNS: dict[str, Callable[..., dict]] = {
    **{n: _runner(run_cnn, n) for n in ("cnn_emoji_category", "cnn_emoji_designer", "cnn_cifar10")},
    **{f"gan_{n.replace(' ', '_')}": _runner(run_gan, f"gan_{n.replace(' ', '_')}") for n in ("emoji", *BROKEN)},
    **{n: _runner(run_sr, n) for n in ("srresnet_x4", "srresnet_restore")},
    "srgan_x4": _runner(run_srgan, "srgan_x4"),
}  # fmt: skip
