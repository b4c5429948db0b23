"""What a published run is: it trains one seed, keeps what it needs to go on, and says what it measured.

What a run keeps on its way lies in runs/NAME/seed_N/: its checkpoint, pictures, weights.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import nn

from aesthetic_utils import runtime
from aesthetic_utils.published.results import results_folder, write_result
from aesthetic_utils.storage import AestheticError, reason
from aesthetic_utils.training.devices import current_team
from aesthetic_utils.training.precision import AUTO
from aesthetic_utils.training.run import Run
from aesthetic_utils.training.weights import save_weights


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


def checkpoint_path(folder: Path) -> Path:
    """Where a run keeps its checkpoint, in the folder of its seed."""
    return folder / "checkpoint.safetensors"


def record(settings, precision: runtime.Precision, seed: int, run: Run, metrics: dict) -> dict:
    """What the results file says of a run of one seed; `steps` are those done.

    The oldest published records have neither `planned_steps` nor `stopped_by`.
    """
    return {
        "settings": asdict(settings), "precision": str(precision), "seeds": [seed],
        "planned_steps": run.steps, "steps": run.step, "stopped_by": run.stopped_by,
        "minutes": round(run.elapsed / 60, 2), "metrics": metrics, "history": thinned(run.history),
    }  # fmt: skip


def thinned(history: list[dict], points: int = 200) -> list[dict]:
    """At most about `points` rows of a history, rounded, for the results file."""
    chosen = history[:: max(1, len(history) // points)]
    return [{k: round(v, 4) for k, v in row.items()} for row in chosen]


def publish(name: str, model: nn.Module | None, result: dict, into: Path | None = None) -> dict:
    """Writes weights, if there are any, and record of a run into the package, or a folder.

    Returns the record as written.
    """
    result = {"name": name} | runtime.describe_run() | result
    if model is not None:
        place = name if into is None else into / f"{name}.safetensors"
        info = save_weights(
            model, place, config=model.config, metadata={"results": f"results/{name}.json"}
        )
        result = result | {"weights": info}
    write_result(name, result, into)
    return result


@dataclass(frozen=True, kw_only=True)
class PublishedRun:
    """One published run.

    A call trains one seed, or goes on with it, keeps its weights beside the checkpoint and says what it
    measured; `publish` does so for every seed of the published record and writes it. A run that only measures
    has no network: its `train` gives None.
    """

    family: str  # "cnn", "gan", "srresnet" ...
    kind: str  # which of its family: "emoji category", "mode collapse", "x4"
    train: Callable[..., tuple[nn.Module | None, dict]]  # (kind, seed, folder, minutes, precision)
    short: str | None = None  # what `aesthetic train` takes for it, too
    seeds: tuple[int, ...] = (0,)  # of the published record; the first one's network is shipped
    # (kind, the records of all seeds) -> metrics of the published record; None: those of the only seed
    summary: Callable[[str, Sequence[dict]], dict] | None = None
    ships_network: bool = True  # False: the package has its record alone, without weights
    takes: tuple[str, ...] = ()  # further options of `train`, such as "photos"
    # (folder, seed, record) -> what publishing adds to the metrics of the first seed
    extras: Callable[[Path, int, dict], dict] | None = None
    files: tuple[
        str, ...
    ] = ()  # names of what `extras` writes into the run's folder to be published

    @property
    def name(self) -> str:
        """Of the run, its weights and its record."""
        return f"{self.family} {self.kind}".replace(" ", "_")

    def _trained(self, seed, run_dir, minutes, precision, options) -> tuple[nn.Module | None, dict]:
        if unknown := [name for name in options if name not in self.takes]:
            raise AestheticError(f"{self.name} takes no {unknown[0]}; leave it out")
        folder = run_folder(Path(run_dir), self.name, seed)
        return self.train(self.kind, seed, folder, minutes, precision, **options)

    def __call__(
        self,
        seed: int = 0,
        run_dir: str | Path = "runs",
        time_budget_s: float | None = None,
        precision: str = AUTO,
        **options,
    ) -> dict:
        """Train one seed within a budget; what it measured, and where its weights are.

        options: those of `takes`. Raises AestheticError for another one.
        """
        runtime.keep_freed_memory()
        minutes = time_budget_s / 60 if time_budget_s else None
        model, result = self._trained(seed, run_dir, minutes, precision, options)
        if model is None:
            return {"name": self.name, "file": None} | result
        file = run_folder(Path(run_dir), self.name, seed) / "weights.safetensors"
        if current_team().main:
            save_weights(model, file, config=model.config)
        return {"name": self.name, "file": str(file)} | result

    def publish(
        self,
        run_dir: str | Path = "runs",
        minutes: float | None = None,
        precision: str = AUTO,
        into: Path | None = None,
        **options,
    ) -> dict:
        """Train every seed, or go on with it, and publish the first network and the record of all.

        minutes: the budget of one seed; into: a folder for weights, record and the record's pictures, in place of the
        package; options: as in a call.
        """
        runtime.keep_freed_memory()
        trained = [self._trained(seed, run_dir, minutes, precision, options) for seed in self.seeds]
        model, result = trained[0]
        result = result | {"seeds": list(self.seeds)}
        if self.summary is not None:
            result["metrics"] = self.summary(self.kind, [each for _, each in trained])
        if self.extras is not None:
            folder = run_folder(Path(run_dir), self.name, self.seeds[0])
            result["metrics"] = result["metrics"] | self.extras(folder, self.seeds[0], result)
            for file in self.files:
                shutil.copyfile(folder / file, (into or results_folder()) / file)
        return publish(self.name, model if self.ships_network else None, result, into)
