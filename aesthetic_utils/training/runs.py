"""The published runs: what was trained, how it was measured, and where the results are kept.

    aesthetic train cnn_emoji_designer --seed 0 --minutes 10

A result is a JSON file in results/ (settings, seeds, hardware, versions, date, metrics, the course of the
losses, the hash of the weights) beside the weights in aesthetic_utils/weights/. What a run keeps on its
way lies in runs/NAME/seed_N/.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

import torch
from torch import Tensor, nn

from aesthetic_utils import runtime
from aesthetic_utils.data.benchmarks import load_set5
from aesthetic_utils.data.cifar10 import load_cifar10
from aesthetic_utils.data.download import MissingDataError
from aesthetic_utils.data.emoji import load_emoji
from aesthetic_utils.data.photos import load_photos
from aesthetic_utils.metrics import confusion_matrix, mean_and_interval
from aesthetic_utils.models import ArticleCNN, CNNConfig, DCGANConfig, Generator, SRResNet
from aesthetic_utils.storage import AestheticError, reason, write_json
from aesthetic_utils.training import sr_experiments as sr
from aesthetic_utils.training import srgan
from aesthetic_utils.training.checkpoint import plain_config
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
from aesthetic_utils.training.precision import AUTO, run_precision, stated
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


def publish(name: str, model: nn.Module, result: dict) -> dict:
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


def run_folder(run_dir: Path, name: str, seed: int) -> Path:
    """The folder of a run of one seed, which is made: checkpoint, pictures and weights lie in it."""
    folder = Path(run_dir) / name / f"seed_{seed}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass  # better said now than after the first minute
    except FileExistsError as error:
        raise AestheticError(f"the folder {folder} cannot be made: a file is there") from error
    except OSError as error:
        raise AestheticError(f"nothing can be written in {folder}: {reason(error)}") from error
    return folder


def checkpoint_path(run_dir: Path, name: str, seed: int) -> Path:
    """Where a run keeps its checkpoint; the folder is made."""
    return run_folder(run_dir, name, seed) / "checkpoint.safetensors"


def record(settings, precision: runtime.Precision, seed: int, run: Run, metrics: dict) -> dict:
    """What the results file says of a run of one seed; `steps` are those done.

    The oldest published records have neither `planned_steps` nor `stopped_by`.
    """
    return {
        "settings": asdict(settings), "precision": str(precision), "seeds": [seed],
        "planned_steps": run.steps, "steps": run.step, "stopped_by": run.stopped_by,
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
    name: str, seed: int, run_dir: Path, minutes: float | None = None, precision: str = AUTO
) -> tuple[ArticleCNN, dict]:
    """One seed of one classifier: the network, and what it scores on the held-out images."""
    path = checkpoint_path(run_dir, name, seed)
    images, labels, held_out, expected, names = cnn_data(name)
    settings = cnn_settings(cifar=name == "cnn_cifar10")
    device = runtime.default_device()
    example = images[: settings.batch_size].to(device).float() / 255
    probe = ArticleCNN(CNNConfig(classes=len(names))).to(device)
    chosen = run_precision(precision, path, lambda: runtime.choose_precision(probe, example))
    model, run = train_classifier(
        settings, images, labels, len(names), seed=seed, precision=chosen, path=path, minutes=minutes
    )  # fmt: skip
    predicted = predict(model, held_out).argmax(1)
    metrics = {
        "scores": evaluate_classifier(model, held_out, expected),
        "confusion": confusion_matrix(predicted, expected, len(names)).tolist(),
    }
    return model, record(settings, chosen, seed, run, metrics)


def linear_baseline(
    images: Tensor, labels: Tensor, held_out: Tensor, expected: Tensor, classes: int
) -> float:
    """Accuracy of a linear classifier on the pixels (ridge regression on one-hot targets)."""
    x, y = (i.flatten(1).double() / 255 for i in (images, held_out))
    mean = x.mean(0)
    x, y = x - mean, y - mean
    targets = nn.functional.one_hot(labels, classes).double()
    ridge = 0.1 * len(x) * torch.eye(x.shape[1], dtype=torch.double)
    weights = torch.linalg.solve(x.T @ x + ridge, x.T @ (targets - targets.mean(0)))
    scores = y @ weights + targets.mean(0)
    return (scores.argmax(1) == expected).double().mean().item()


def publish_cnn(
    name: str, run_dir: Path, seeds: tuple[int, ...] = SEEDS, precision: str = AUTO
) -> dict:
    """Trains every seed (or resumes), publishes the first network and the scores of all."""
    images, labels, held_out, expected, names = cnn_data(name)
    trained = [run_cnn(name, seed, run_dir, precision=precision) for seed in seeds]
    (model, first), scores = trained[0], [result["metrics"]["scores"] for _, result in trained]
    metrics = {
        "accuracy": mean_and_interval([s["accuracy"] for s in scores]),
        "by_seed": [{"seed": seed} | s for seed, s in zip(seeds, scores, strict=True)],
        "majority": (expected == labels.mode().values).double().mean().item(),
        "linear": linear_baseline(images, labels, held_out, expected, len(names)),
        "confusion": first["metrics"]["confusion"],
        "classes": list(names),
    }
    return publish(name, model, first | {"seeds": list(seeds), "metrics": metrics})


def publish_one(
    name: str, run_dir: Path, seed: int = 0, minutes: float | None = None, precision: str = AUTO
) -> dict:
    """Trains (or resumes) a GAN or super-resolution run and publishes it."""
    run = RUNS[name]
    model, result = run.function(name, seed, Path(run_dir), minutes, precision)
    if run.extras is not None:
        result["metrics"] |= run.extras(run_folder(run_dir, name, seed), seed, result)
    return publish(name, model, result)


def publish_run(
    name: str, run_dir: Path, minutes: float | None = None, precision: str = AUTO
) -> dict:
    """Trains (or resumes) any of RUNS as it is published; `minutes` are for those with one seed."""
    if RUNS[name].family == "cnn":
        return publish_cnn(name, run_dir, precision=precision)
    return publish_one(name, run_dir, minutes=minutes, precision=precision)


# --------------------------------------------------------------------------------------------------
# GAN


def run_gan(
    name: str, seed: int, run_dir: Path, minutes: float | None = None, precision: str = AUTO
) -> tuple[Generator, dict]:
    """`gan_emoji`, or one of the runs broken on purpose such as `gan_mode_collapse`."""
    path = checkpoint_path(run_dir, name, seed)
    settings = gan_settings()
    if RUNS[name].kind in BROKEN:
        settings = broken(RUNS[name].kind, settings)
    device = runtime.default_device()
    images = load_emoji("train").images
    probe = Generator(DCGANConfig(base_channels=settings.base_channels)).to(device)
    z = torch.randn(settings.batch_size, 100, device=device)
    chosen = run_precision(precision, path, lambda: runtime.choose_precision(probe, z))
    watch = keep_rows(path.parent)
    average, _, run = train_gan(
        settings, images, seed=seed, precision=chosen, path=path, minutes=minutes, watch=watch
    )
    watch(run.step, average)  # the last row, if the run ends at one
    return average, record(settings, chosen, seed, run, gan_metrics(average))


def sheet_over_time(folder: Path, seed: int, result: dict) -> dict:
    """Publishes the samples that the run kept on its way; the steps that they were taken at."""
    out = ROOT / "results" / "gan_emoji_sheets.webp"
    return {"sheet_steps": join_rows(folder, out, result["steps"])}


# --------------------------------------------------------------------------------------------------
# super-resolution


def run_sr(
    name: str, seed: int, run_dir: Path, minutes: float | None = None, precision: str = AUTO
) -> tuple[SRResNet, dict]:
    """`srresnet_x4` or `srresnet_restore`: the averaged network, and its tables on held-out photographs."""
    path = checkpoint_path(run_dir, name, seed)
    settings = sr.settings_by_mode(1 if name == "srresnet_restore" else 4)
    low, high = sr.training_tiles(settings.scale)
    chosen = run_precision(precision, path, lambda: sr.fastest_precision(settings, low))
    model, run = sr.train_super_resolution(
        settings, low, high, seed=seed, precision=chosen, path=path, minutes=minutes
    )
    return model, record(settings, chosen, seed, run, sr_metrics(model))


def run_srgan(
    name: str, seed: int, run_dir: Path, minutes: float | None = None, precision: str = AUTO
) -> tuple[SRResNet, dict]:
    """The published SRResNet, trained on against a discriminator, and both on the plane."""
    path = checkpoint_path(run_dir, name, seed)
    settings, start = srgan.settings_by_mode(), srgan.load_start()
    low, high = sr.training_tiles(start.config.scale)
    timed = sr.settings_by_mode(start.config.scale)
    chosen = run_precision(precision, path, lambda: sr.fastest_precision(timed, low))
    model, run = srgan.train_srgan(
        settings, start, low, high, seed=seed, precision=chosen, path=path, minutes=minutes
    )
    metrics = srgan.srgan_metrics(start, model)
    return model, record(settings, chosen, seed, run, metrics) | {
        "start": weights_info(srgan.START)["sha256"]
    }


def kept_short_runs(folder: Path, seed: int, result: dict) -> dict:
    """The comparison of `sr.short_runs`, trained once and then kept beside the checkpoint.

    They compute in the format of the run itself. What is kept is taken only if it was made with the
    same settings.
    """
    file, settings = folder / "short_runs.json", plain_config(sr.short_settings())
    made_by = {"seed": seed, "settings": settings, "mode": runtime.run_mode()}
    made_by |= {"precision": result["precision"]}
    if file.exists() and (kept := json.loads(file.read_text(encoding="utf-8")))["of"] == made_by:
        return {"short_runs": kept["rows"]}
    rows = sr.short_runs(seed, stated(result["precision"]))
    write_json(file, {"of": made_by, "rows": rows})
    return {"short_runs": rows}


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
# the one list of runs: the command `aesthetic train`, the tools and the tests read it


@dataclass(frozen=True, kw_only=True)
class PublishedRun:
    """One published run. A call trains one seed, keeps its weights beside the checkpoint and says what it measured."""

    family: str  # "cnn", "gan", "srresnet" or "srgan"
    kind: str  # which of its family: "emoji category", "mode collapse", "x4"
    function: Callable[..., tuple[nn.Module, dict]]  # (name, seed, run_dir, minutes, precision)
    short: str | None = None  # what `aesthetic train` takes for it, too
    extras: Callable[[Path, int, dict], dict] | None = (
        None  # (folder, seed, result) -> more metrics
    )

    @property
    def name(self) -> str:
        """Of the run, its weights and its results file."""
        return f"{self.family} {self.kind}".replace(" ", "_")

    def __call__(
        self,
        seed: int = 0,
        run_dir: str | Path = "runs",
        time_budget_s: float | None = None,
        precision: str = AUTO,
    ) -> dict:
        runtime.keep_freed_memory()
        minutes = time_budget_s / 60 if time_budget_s else None
        model, result = self.function(self.name, seed, Path(run_dir), minutes, precision)
        file = run_folder(run_dir, self.name, seed) / "weights.safetensors"
        save_weights(model, file, config=model.config)
        return {"name": self.name, "file": str(file)} | result


def _by_name(*runs: PublishedRun) -> dict[str, PublishedRun]:
    return {run.name: run for run in runs}


RUNS = _by_name(
    PublishedRun(family="cnn", kind="emoji category", function=run_cnn, short="cnn"),
    PublishedRun(family="cnn", kind="emoji designer", function=run_cnn),
    PublishedRun(family="cnn", kind="cifar10", function=run_cnn),
    PublishedRun(family="gan", kind="emoji", function=run_gan, short="gan", extras=sheet_over_time),
    *(PublishedRun(family="gan", kind=kind, function=run_gan) for kind in BROKEN),
    PublishedRun(
        family="srresnet", kind="x4", function=run_sr, short="srresnet", extras=kept_short_runs
    ),
    PublishedRun(family="srresnet", kind="restore", function=run_sr),
    PublishedRun(family="srgan", kind="x4", function=run_srgan),  # learns on from srresnet_x4
)
SHORT_NAMES = {run.short: name for name, run in RUNS.items() if run.short}
