"""A training run that can be killed, resumed and stopped on time, while its loop stays a plain `for`."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm.auto import tqdm

from aesthetic_utils.training.checkpoint import load_checkpoint, save_checkpoint


@dataclass(kw_only=True)
class Run:
    """Iterates over the steps that are left, as pairs (step, progress from 0 to 1).

        run = Run(steps=1000, models={"cnn": model}, optimizers={"adam": optimizer}, path=path)
        for step, progress in run:
            set_learning_rate(optimizer, peak * warmup_cosine(progress))
            loss = classification_step(model, optimizer, *batches.batch(step))
            run.log(step, loss=loss)

    With a `path` a checkpoint is written there once a minute and at the end, and an existing one is
    resumed. With `minutes` the loop ends when they are used up, the time before a restart included;
    `progress` then follows the clock if the clock is ahead of the steps, so that a learning rate that
    falls with it has come down by the end.

    Without `minutes` a run that was killed and resumed ends with the same weights as an unbroken
    one, provided that what a step draws depends on its number (`TensorBatches.batch`,
    `step_generator`) and not on a running generator.
    """

    steps: int
    models: Mapping[str, nn.Module]
    optimizers: Mapping[str, Optimizer]
    config: Any = None  # compared with the checkpoint's
    path: Path | None = None
    minutes: float | None = None
    checkpoint_every_s: float = 60.0
    label: str = "training"
    history: list[dict[str, float]] = field(default_factory=list)  # what was logged
    step: int = 0  # steps done
    elapsed: float = 0.0  # seconds, over all restarts

    def __iter__(self) -> Iterator[tuple[int, float]]:
        self._resume()
        before, start = self.elapsed, time.monotonic()
        saved_at = start
        with tqdm(total=self.steps, initial=self.step, desc=self.label, mininterval=1.0) as bar:
            while self.step < self.steps and not self._out_of_time():
                yield self.step, self.progress
                self.step += 1
                self.elapsed = before + time.monotonic() - start
                bar.update()
                if self.history:
                    bar.set_postfix(
                        {k: f"{v:.3g}" for k, v in self.history[-1].items() if k != "step"},
                        refresh=False,
                    )
                if time.monotonic() - saved_at > self.checkpoint_every_s:
                    self.save()
                    saved_at = time.monotonic()
        self.save()

    @property
    def progress(self) -> float:
        """Share that is done, by the steps or by the clock, whichever is further."""
        by_clock = self.elapsed / (60 * self.minutes) if self.minutes else 0.0
        return min(max(self.step / self.steps, by_clock), 1.0)

    def log(self, step: int, *, every: int = 50, **values: Any) -> None:
        """Keeps the numbers of every `every`-th step in `history` (tensors are read only then)."""
        if step % every == 0 or step == self.steps - 1:
            numbers = {k: v.detach() if isinstance(v, Tensor) else v for k, v in values.items()}
            self.history.append({"step": step} | {k: float(v) for k, v in numbers.items()})

    def save(self) -> None:
        """Writes the checkpoint now, if the run has a path."""
        if self.path is not None:
            extra = {"history": self.history, "elapsed": self.elapsed}
            save_checkpoint(
                self.path, models=self.models, optimizers=self.optimizers, step=self.step,
                config=self.config, extra=extra,
            )  # fmt: skip

    def _resume(self) -> None:
        if self.path is not None and self.step == 0 and Path(self.path).exists():
            extra: dict[str, Any] = {}
            self.step = load_checkpoint(
                self.path, models=self.models, optimizers=self.optimizers, config=self.config, extra=extra
            )  # fmt: skip
            self.history, self.elapsed = extra["history"], extra["elapsed"]

    def _out_of_time(self) -> bool:
        return self.minutes is not None and self.elapsed >= 60 * self.minutes
